//! Each kind of row lands in its table, with the values that the reference
//! computes in triggers.

use serde_json::json;
use store::ingest::{ReadingCounts, Stored};
use trace::Process;

use super::{Node, database, gap, rows};

/// A received block: pool events, calls, transactions, an interruption.
const BLOCK: &str = r#"
    ["Transaction_diff_received",1760000400.5]
    {"metadata":{"sender":"peer","diff":[["payment","7mA","exp-0-0-0"],["zkapp:2:1","7mB",null]]}}
    ["Transaction_diff_rejected",1760000400.625]
    {"metadata":{"sender":"peer","diff":[["payment","7mC","m"]],"reason":"Overloaded"}}
    ["Snark_work_added",1760000400.75]
    {"metadata":{"work_ids":[11,12],"txs":[["payment","7mA","exp-0-0-0"],["coinbase","720"]]}}
    ["Snark_work_received",1760000401.5]
    {"metadata":{"work_ids":[11,12],"fee":"0.01","prover":"B62p","sender":"peer"}}
    ["Snark_work_scheduled",1760000401.25]
    {"metadata":{"work_ids":[13]}}
    {"current_block":"3NA"}
    ["External_block_received",1760000402.5]
    {"metadata":{"count":1}}
    {"block_metadata":{"blockchain_length":"7","global_slot":["Since_genesis","9"],
     "transactions":[["coinbase","720",["Applied"]],["payment","7mA","exp-0-0-0",["Applied"]]],
     "interrupt_get_completed_work_at":"3","interrupt_get_completed_work_ids":[11,12],
     "interrupt_get_completed_work_reason":"no proofs"}}
    ["Verify_transaction_snarks",1760000403.5]
    ["Breadcrumb_integrated",1760000404.5]
"#;

fn block() -> String {
    BLOCK.replace("\n     \"", " \"")
}

#[tokio::test]
async fn every_row_lands_with_its_values() {
    let test = database(1).await;
    let mut node = Node::begin(&test, 1, "n").await;
    node.push(&block());
    let stored = node.store(&test).await.unwrap();
    assert_eq!(
        stored,
        Stored {
            checkpoints: 8,
            controls: 7,
            // Block 0, what happens outside of blocks, does not count.
            blocks: 1,
            transactions: 2,
            snark_work: 3
        }
    );

    let traces = rows(&test, "block_trace ORDER BY block_trace_id").await;
    assert_eq!(traces[0]["block_id"], "0");
    assert_eq!(traces[0]["trace_started_at"], -1);
    assert_eq!(traces[0]["trace_completed_at"], -1);
    assert_eq!(
        traces[1],
        json!({
            "deployment_id": 1, "node_name": "n", "block_id": "3NA",
            "trace_started_at": 1_760_000_402.5, "trace_completed_at": 1_760_000_403.5,
            "total_time": 1, "source": "External", "blockchain_length": 7, "global_slot": 9,
            "status": "Success",
            "metadata_json": {
                "blockchain_length": "7", "global_slot": ["Since_genesis", "9"],
                "transactions": [["coinbase", "720", ["Applied"]],
                                 ["payment", "7mA", "exp-0-0-0", ["Applied"]]],
                "interrupt_get_completed_work_at": "3",
                "interrupt_get_completed_work_ids": [11, 12],
                "interrupt_get_completed_work_reason": "no proofs"
            }
        })
    );
    let entries = rows(
        &test,
        "block_trace_checkpoint ORDER BY block_trace_checkpoint_id",
    )
    .await;
    assert_eq!(
        entries[0],
        json!({
            "deployment_id": 1, "source": "M", "main_trace": true, "is_control": false,
            "name": "Transaction_diff_received", "started_at": 1_760_000_400.5,
            "metadata_json": [], "call_id": 0, "gossip": true
        })
    );
    assert_eq!(
        entries[11],
        json!({
            "deployment_id": 1, "source": "M", "main_trace": true, "is_control": true,
            "name": "metadata", "started_at": -1, "metadata_json": {"count": 1},
            "call_id": 0, "gossip": false
        })
    );
    let last = rows(
        &test,
        "last_block_trace_gossip_checkpoint ORDER BY resource",
    )
    .await;
    assert_eq!(last[0]["action"], "rejected");
    assert_eq!(last[1]["resource"], "Snark_work");
    assert_eq!(last[1]["action"], "scheduled");
    assert_eq!(last[1]["started_at"], "2025-10-09T09:00:01.25+00:00");
}

#[tokio::test]
async fn pool_events_and_what_follows_from_them() {
    let test = database(1).await;
    let mut node = Node::begin(&test, 1, "n").await;
    node.push(&block());
    node.store(&test).await.unwrap();

    let order = "ORDER BY block_trace_checkpoint_id";
    assert_eq!(
        rows(&test, &format!("tx_traces {order}")).await,
        [
            json!({
                "deployment_id": 1, "node_name": "n", "action": "received",
                "time": "2025-10-09T09:00:00.5+00:00", "sender": "peer", "reason": null,
                "diff": [["payment", "7mA", "exp-0-0-0"], ["zkapp:2:1", "7mB", null]]
            }),
            json!({
                "deployment_id": 1, "node_name": "n", "action": "rejected",
                "time": "2025-10-09T09:00:00.625+00:00", "sender": "peer",
                "reason": "Overloaded", "diff": [["payment", "7mC", "m"]]
            }),
        ]
    );
    assert_eq!(
        rows(&test, "unique_txs ORDER BY hash").await,
        [
            json!({"hash": "7mA", "deployment_id": 1, "type": "payment", "memo": "exp-0-0-0",
                   "time": "2025-10-09T09:00:00.5+00:00"}),
            json!({"hash": "7mB", "deployment_id": 1, "type": "zkapp:2:1", "memo": null,
                   "time": "2025-10-09T09:00:00.5+00:00"}),
        ]
    );
    assert_eq!(
        rows(&test, "block_txs").await,
        [
            json!({"hash": "7mA", "deployment_id": 1, "type": "payment", "memo": "exp-0-0-0",
                   "block_received": "2025-10-09T09:00:02.5+00:00", "result": "Applied",
                   "failure_reason": null})
        ]
    );
    let works = rows(&test, &format!("sw_traces {order}")).await;
    assert_eq!(
        works[0],
        json!({
            "deployment_id": 1, "node_name": "n", "action": "added",
            "time": "2025-10-09T09:00:00.75+00:00", "fst_work_id": 11, "snd_work_id": 12,
            "fee": null, "prover": null, "sender": null, "reason": null,
            "fst_work_type": "payment", "snd_work_type": "coinbase",
            "fst_work_tx_hash": "7mA", "snd_work_tx_hash": "720",
            "fst_work_tx_memo": "exp-0-0-0", "snd_work_tx_memo": null
        })
    );
    assert_eq!(works[2]["snd_work_id"], json!(null));
    assert_eq!(
        rows(&test, "sw_interruptions").await,
        [json!({
            "deployment_id": 1, "time": "2025-10-09T09:00:02.5+00:00", "at": 3,
            "reason": "no proofs", "fst_work_id": 11, "snd_work_id": 12
        })]
    );
}

#[tokio::test]
async fn unique_work_keeps_first_values_and_earliest_times() {
    let test = database(1).await;
    let mut node = Node::begin(&test, 1, "n").await;
    node.push(&block());
    node.store(&test).await.unwrap();
    // Later, elsewhere: other descriptions, an earlier and a later time.
    let mut other = Node::begin(&test, 1, "m").await;
    other.push(
        r#"["Snark_work_received",1760000401.0]
           {"metadata":{"work_ids":[11,12],"fee":"9","prover":"other","sender":"other",
            "txs":[["x","y","z"],["coinbase","1","memo"]]}}
           ["Snark_work_added",1760000999.5]
           {"metadata":{"work_ids":[11,12]}}"#
            .replace(",\n            \"txs\"", ",\"txs\"")
            .as_str(),
    );
    other.store(&test).await.unwrap();
    assert_eq!(
        rows(&test, "uniq_sws ORDER BY fst_work_id").await,
        [
            json!({
                "deployment_id": 1, "fst_work_id": 11, "snd_work_id": 12,
                "fee": "0.01", "prover": "B62p", "sender": "peer",
                "fst_work_type": "payment", "snd_work_type": "coinbase",
                "fst_work_tx_hash": "7mA", "snd_work_tx_hash": "720",
                "fst_work_tx_memo": "exp-0-0-0", "snd_work_tx_memo": "memo",
                "time_added": "2025-10-09T09:00:00.75+00:00",
                "time_received": "2025-10-09T09:00:01+00:00", "time_scheduled": null
            }),
            json!({
                "deployment_id": 1, "fst_work_id": 13, "snd_work_id": null,
                "fee": null, "prover": null, "sender": null,
                "fst_work_type": null, "snd_work_type": null,
                "fst_work_tx_hash": null, "snd_work_tx_hash": null,
                "fst_work_tx_memo": null, "snd_work_tx_memo": null,
                "time_added": null, "time_received": null,
                "time_scheduled": "2025-10-09T09:00:01.25+00:00"
            }),
        ]
    );
}

#[tokio::test]
async fn calls_of_other_processes_come_with_their_block() {
    let test = database(1).await;
    let mut node = Node::begin(&test, 1, "n").await;
    node.push(&block());
    node.store(&test).await.unwrap();
    node.push_of(
        Process::Verifier,
        r#"{"current_call_id":4}
           ["Verifier_verify_transaction_snarks",1760000403.75]
           {"metadata":{"n":1}}
           ["Verifier_verify_transaction_snarks_done",1760000404.25]"#,
    );
    node.store(&test).await.unwrap();
    let calls = test
        .texts(
            "SELECT block_id || ' ' || name || ' ' || started_at || ' ' || call_id
               FROM block_trace_checkpoint AS entry JOIN block_trace USING (block_trace_id)
              WHERE entry.source = 'V' ORDER BY block_trace_checkpoint_id",
        )
        .await
        .unwrap();
    assert_eq!(
        calls,
        [
            "3NA Verifier_verify_transaction_snarks 1760000403.75 4",
            "3NA metadata -1 4",
            "3NA Verifier_verify_transaction_snarks_done 1760000404.25 4",
        ]
    );
}

#[tokio::test]
async fn durations_of_several_blocks_add_up() {
    let test = database(1).await;
    let mut node = Node::begin(&test, 1, "n").await;
    let mut expected = trace::distribution::DistributionSet::default();
    for block in 1..=3 {
        node.push(&format!(
            r#"{{"current_block":"3N{block}"}}
               ["Begin_external_block_processing",1760000400.0]
               ["Find_parent_breadcrumb",176000040{block}.0]
               ["Breadcrumb_integrated",1760000409.5]"#
        ));
        node.store(&test).await.unwrap();
        expected.record("Begin_external_block_processing", f64::from(block));
        expected.record("Find_parent_breadcrumb", 0.0);
    }
    let text = test.database().distributions_text(1, "n").await.unwrap();
    let found = trace::distribution::DistributionSet::from_stored(&text.unwrap()).unwrap();
    assert_eq!(
        serde_json::to_value(found.by_total_time()).unwrap(),
        serde_json::to_value(expected.by_total_time()).unwrap()
    );
}

#[tokio::test]
async fn what_was_lost_or_not_understood_is_kept_too() {
    let test = database(1).await;
    let mut node = Node::begin(&test, 1, "n").await;
    node.push(r#"{"news":[1]}"#);
    node.push_of(Process::Prover, r#"{"news":2}"#);
    let mut delivery = node.delivery();
    delivery.gaps = vec![gap(Some(3)), gap(None), gap(Some(u64::MAX))];
    delivery.counts = ReadingCounts {
        lines: 9,
        repeated: 1,
        malformed: 2,
        unknown_controls: 2,
        lost: 3,
    };
    test.database().deliver(&mut [delivery]).await.unwrap();
    // Log ids may be any number; the sum of what is missing stays one.
    let mut delivery = node.delivery();
    delivery.counts.lost = u64::MAX;
    test.database().deliver(&mut [delivery]).await.unwrap();

    assert_eq!(
        test.texts(
            "SELECT process || after_entry || ' ' || coalesce(missing::text, '?') || ' ' || reason
               FROM loadlab.gap ORDER BY gap_id"
        )
        .await
        .unwrap(),
        [
            "M7 3 log ids jump",
            "M7 ? log ids jump",
            "M7 9223372036854775807 log ids jump"
        ]
    );
    assert_eq!(
        test.texts(
            "SELECT process || line || content::text FROM loadlab.unknown_control ORDER BY line"
        )
        .await
        .unwrap(),
        [r#"M1{"news": [1]}"#, r#"P2{"news": 2}"#]
    );
    assert_eq!(
        test.texts(
            "SELECT concat_ws(' ', version, lines, repeated_lines, malformed_lines,
                              unknown_controls, lost_entries) FROM loadlab.session"
        )
        .await
        .unwrap(),
        ["2 9 1 2 2 9223372036854775807"]
    );
}
