INSERT INTO loadlab.uptime_submission
    (submitter, remote_addr, graphql_control_port, peer_id, created_at, block_hash,
     has_snark_work, built_with_commit_sha)
SELECT submitter, remote_addr, graphql_control_port, peer_id, to_timestamp(created_at),
       block_hash, has_snark_work, built_with_commit_sha
  FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::bigint[], $6::text[],
              $7::boolean[], $8::text[])
    AS submission (submitter, remote_addr, graphql_control_port, peer_id, created_at,
                   block_hash, has_snark_work, built_with_commit_sha)
