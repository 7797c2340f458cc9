/** Queries to begin with, with names that this server knows, so that each gives an answer. */

async function realNames(fetcher) {
  const { data } = await fetcher({ query: "{nodes}" });
  const node = data?.nodes?.[0]?.name;
  if (node === undefined) return {};
  const found = await fetcher({
    query: `{blockTraces(node_name: ${JSON.stringify(node)}, order: Descending, maxLength: 20)}`,
  });
  const traces = found.data?.blockTraces?.traces ?? [];
  const trace =
    traces.find((each) => each.status === "Success") ??
    traces.find((each) => each.state_hash !== "0");
  return { node, block: trace?.state_hash };
}

/** The examples, each a tab: its operation names it. */
export async function examples(fetcher) {
  const known = await realNames(fetcher).catch(() => ({}));
  const node = JSON.stringify(known.node ?? "name of a node");
  const block = JSON.stringify(known.block ?? "state hash of a block");
  return [
    { query: "query Deployments {\n  deployments\n  nodes\n}\n" },
    {
      query:
        "query NewestTraces($node: String!, $count: Int) {\n  blockTraces(\n    node_name: $node\n    order: Descending\n    maxLength: $count\n  )\n}\n",
      variables: `{\n  "node": ${node},\n  "count": 10\n}`,
    },
    {
      query: `query Tree {\n  blockStructuredTrace(\n    node_name: ${node}\n    block_identifier: ${block}\n  )\n}\n`,
    },
    {
      query: `query FlatList {\n  blockTrace(\n    node_name: ${node}\n    block_identifier: ${block}\n  )\n}\n`,
    },
    { query: `query Durations {\n  blockTracesDistribution(node_name: ${node})\n}\n` },
  ];
}
