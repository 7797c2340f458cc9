//! Rows of pools and blocks that the original derives in triggers.

use crate::mirror::traced;

#[test]
fn content_meets_the_announcement_before_it() {
    let mirror = traced(
        r#"["Snark_work_received",1.5]
        {"metadata":{"work_ids":[1,2],"fee":"0.01","prover":"B62","sender":"10.0.0.1"}}
        ["Verify_transaction_snarks",2.5]
        {"metadata":{"count":2}}
        ["Snark_work_rejected",3.5]
        {"metadata":{"work_ids":[3],"reason":"fee_equal","txs":[["payment","7mX","m-0-0-1"],["merge"]]}}"#,
    );
    assert_eq!(
        mirror.snark_work_events,
        [
            "1 received 1.5 1 Some(2) 0.01 B62 10.0.0.1 - | - - - | - - -",
            "5 rejected 3.5 3 None - - - fee_equal | payment 7mX m-0-0-1 | merge - -",
        ]
    );
    assert_eq!(
        mirror.rows("0"),
        [
            "M Snark_work_received main gossip 1.5 - 0",
            r#"M metadata main control gossip -1 {"work_ids":[1,2],"fee":"0.01","prover":"B62","sender":"10.0.0.1"} 0"#,
            "M Verify_transaction_snarks main 2.5 - 0",
            r#"M metadata main control -1 {"count":2} 0"#,
            "M Snark_work_rejected main gossip 3.5 - 0",
            r#"M metadata main control gossip -1 {"work_ids":[3],"reason":"fee_equal","txs":[["payment","7mX","m-0-0-1"],["merge"]]} 0"#,
        ]
    );
    assert_eq!(mirror.last_gossip[&(0, "Snark_work")], "rejected 3.5");
}

#[test]
fn content_without_any_announcement_is_no_event() {
    let mirror = traced(r#"{"metadata":{"work_ids":[1,2]}}"#);
    assert_eq!(mirror.snark_work_events.len(), 0);
    assert_eq!(mirror.rows("0").len(), 1);
}

#[test]
fn pairing_is_per_trace_and_kind() {
    let mirror = traced(
        r#"["Snark_work_received",1.5]
        {"current_block":"A"}
        {"metadata":{"work_ids":[1,2]}}
        {"current_block":"0"}
        {"metadata":{"diff":[]}}
        {"metadata":{"work_ids":[1,2]}}"#,
    );
    assert_eq!(mirror.snark_work_events.len(), 1);
    assert_eq!(mirror.transaction_events.len(), 0);
}

#[test]
fn gossip_does_not_move_the_times_of_a_block() {
    let mirror = traced(
        r#"{"current_block":"A"}
        ["a",2.5]
        ["Snark_work_received",1.5]
        ["Transaction_diff_received",9.5]"#,
    );
    let trace = mirror.trace("A");
    assert_eq!((trace.started, trace.completed), (2.5, 2.5));
}

#[test]
fn received_diffs_name_their_transactions() {
    let mirror = traced(
        r#"["Transaction_diff_received",1.5]
        {"metadata":{"sender":"10.0.0.1","diff":[["payment","7mA","e-0-0-1"],["zkapp:5:2","7mB",null],["merge"]]}}
        ["Transaction_diff_accepted",2.5]
        {"metadata":{"diff":[["payment","7mA","e-0-0-1"]]}}"#,
    );
    assert_eq!(
        mirror.received,
        ["7mA payment e-0-0-1 1.5", "7mB zkapp:5:2 - 1.5"]
    );
    assert_eq!(
        mirror.transaction_events,
        [
            r#"1 received 1.5 [["payment","7mA","e-0-0-1"],["zkapp:5:2","7mB",null],["merge"]] 10.0.0.1 -"#,
            r#"3 accepted 2.5 [["payment","7mA","e-0-0-1"]] - -"#,
        ]
    );
}

const BLOCK: &str = r#"{"block_metadata":{"transactions":[["payment","7mA","e-0-0-1",["Applied"]],
    ["payment","7mB","e-0-0-2",["Failed",[[["Overflow"]]]]],["payment","7mC","no status"],
    ["fee_transfer",["Applied"]],["coinbase","720",["Applied"]]]}}"#;

#[test]
fn transactions_of_a_block_wait_for_its_start() {
    let block = BLOCK.replace('\n', " ");
    let mirror = traced(&format!(
        "{{\"current_block\":\"A\"}}\n{block}\n[\"External_block_received\",1746628222.5]\n[\"b\",1746628223.5]"
    ));
    assert_eq!(
        mirror.block_transactions,
        [
            "7mA payment e-0-0-1 Applied 1746628222.5",
            "7mB payment e-0-0-2 Failed(Overflow) 1746628222.5",
        ]
    );
    assert!(mirror.starts_lowered.is_empty());
}

#[test]
fn a_start_that_moves_back_is_reported() {
    let block = BLOCK.replace('\n', " ");
    let mirror = traced(&format!(
        "{{\"current_block\":\"A\"}}\n[\"a\",1746628222.5]\n{block}\n[\"b\",1746628221.5]"
    ));
    assert_eq!(mirror.block_transactions.len(), 2);
    assert!(mirror.starts_lowered.contains(&0));
}

#[test]
fn a_clock_that_is_not_set_gives_no_received_times() {
    let block = BLOCK.replace('\n', " ");
    let mirror = traced(&format!(
        "{{\"current_block\":\"A\"}}\n{block}\n[\"a\",100.5]"
    ));
    assert_eq!(mirror.block_transactions.len(), 0);
}

#[test]
fn an_interruption_is_stored_once_per_trace() {
    let interruption = r#"{"block_metadata":{"interrupt_get_completed_work_at":5,"interrupt_get_completed_work_reason":"Snark work for statement not found","interrupt_get_completed_work_ids":[11,12]}}"#;
    let mirror = traced(&format!(
        "{{\"current_block\":\"857\"}}\n[\"a\",1.5]\n{interruption}\n{interruption}"
    ));
    assert_eq!(
        mirror.interruptions,
        ["0 5 Snark work for statement not found 11 Some(12) Some(1.5)"]
    );
}
