//! What nodes and peers write is stored as it is, whatever it looks like.

use serde_json::{Value, json};

use super::{Node, database, rows};

const TEXTS: [&str; 6] = [
    "'; DROP TABLE block_trace; --",
    "\"quoted\" \\ back\tslash \r",
    "\\N",
    "日本語 🦀 \u{202e}\u{feff}",
    "%s {} $1 ?",
    "\u{1}\u{7f}\u{85}",
];

#[tokio::test]
async fn texts_are_stored_letter_by_letter() {
    let test = database(1).await;
    for (number, text) in TEXTS.iter().enumerate() {
        let name = format!("node {number} {}", text.replace(char::is_control, " "));
        let mut node = Node::begin(&test, 1, &name).await;
        let hash = format!("{number}{text}");
        let lines: Vec<String> = [
            json!({"current_block": text}),
            json!([text, 1_760_000_400.5]),
            json!({"metadata": {*text: text}}),
            json!({"block_metadata": {*text: text, "transactions": [[text, hash, text, [text]]]}}),
            json!(["Transaction_diff_received", 1_760_000_400.5]),
            json!({"metadata": {"diff": [[text, hash, text]], "sender": text, "reason": text}}),
            json!(["Snark_work_received", 1_760_000_400.5]),
            json!({"metadata": {"work_ids": [number], "fee": text, "prover": text,
                   "sender": text, "txs": [[text, text, text], [text, text, text]]}}),
            json!({*text: "unknown"}),
            json!(["Breadcrumb_integrated", 1_760_000_401.5]),
        ]
        .iter()
        .map(Value::to_string)
        .collect();
        node.push(&lines.join("\n"));
        node.store(&test).await.unwrap();

        let trace = &rows(&test, "block_trace ORDER BY block_trace_id DESC LIMIT 1").await[0];
        assert_eq!(trace["node_name"], name.as_str());
        assert_eq!(trace["block_id"], *text);
        assert_eq!(trace["metadata_json"][*text], *text);
        let entry = "block_trace_checkpoint ORDER BY block_trace_checkpoint_id DESC LIMIT 8";
        assert_eq!(
            rows(&test, entry).await[7 - 1]["metadata_json"][*text],
            *text
        );
        assert_eq!(rows(&test, entry).await[7]["name"], *text);
        let ids = "ORDER BY block_trace_checkpoint_id DESC LIMIT 1";
        let event = &rows(&test, &format!("tx_traces {ids}")).await[0];
        assert_eq!(
            (&event["sender"], &event["reason"]),
            (&json!(text), &json!(text))
        );
        assert_eq!(event["diff"], json!([[text, hash, text]]));
        let work = &rows(&test, &format!("sw_traces {ids}")).await[0];
        for column in [
            "fee",
            "prover",
            "sender",
            "fst_work_type",
            "snd_work_tx_memo",
        ] {
            assert_eq!(work[column], *text, "{column}");
        }
    }
    for table in ["unique_txs", "block_txs"] {
        let found = rows(&test, &format!("{table} ORDER BY left(hash, 1)")).await;
        let memos: Vec<_> = found
            .iter()
            .map(|row| row["memo"].as_str().unwrap())
            .collect();
        assert_eq!(memos, TEXTS, "{table}");
    }
    let names = test.database().nodes(1).await.unwrap();
    assert_eq!(names.len(), TEXTS.len());
}

#[tokio::test]
async fn texts_that_are_too_long_for_their_column_are_cut() {
    let test = database(1).await;
    let mut node = Node::begin(&test, 1, "n").await;
    let long = "é".repeat(5_000);
    let lines: Vec<String> = [
        json!(["Snark_work_received", 1_760_000_400.5]),
        json!({"metadata": {"work_ids": [1, 2, 3], "fee": long, "prover": long, "sender": long,
               "reason": long, "txs": [[long, long, long], [long, long, long]]}}),
        json!(["Transaction_diff_received", 1_760_000_400.5]),
        json!({"metadata": {"diff": [[long, long, long]], "sender": long, "reason": long}}),
        json!({"current_block": "é".repeat(500)}),
        json!(["x".repeat(1_000), 1_760_000_400.5]),
        json!({"block_metadata": {"transactions": [[long, long, long, [long]]],
               "interrupt_get_completed_work_at": 1, "interrupt_get_completed_work_ids": [1],
               "interrupt_get_completed_work_reason": long}}),
    ]
    .iter()
    .map(Value::to_string)
    .collect();
    node.push(&lines.join("\n"));
    node.store(&test).await.unwrap();
    let lengths = test
        .texts(
            "SELECT concat_ws(' ', length(fee), length(prover), length(w.sender), length(w.reason),
                              length(fst_work_type), length(snd_work_tx_hash),
                              length(fst_work_tx_memo), length(hash), length(type), length(memo),
                              length(t.sender))
               FROM sw_traces AS w, unique_txs, tx_traces AS t
             UNION ALL
             SELECT concat_ws(' ', length(hash), length(type), length(memo), length(result))
               FROM block_txs
             UNION ALL
             SELECT length(reason)::text FROM sw_interruptions",
        )
        .await
        .unwrap();
    assert_eq!(
        lengths,
        [
            "255 255 255 5000 64 128 5000 128 64 5000 255",
            "128 64 5000 64",
            "5000"
        ]
    );
}

#[tokio::test]
async fn odd_shapes_of_metadata_store_their_row_and_nothing_else() {
    let test = database(1).await;
    let mut node = Node::begin(&test, 1, "n").await;
    node.push(
        r#"["Snark_work_received",1760000400.5]
           {"metadata":{"work_ids":[4294967296,1]}}
           {"metadata":{"work_ids":"none"}}
           ["Transaction_diff_received",1760000400.5]
           {"metadata":{"diff":{"not":"a list"}}}
           {"metadata":{"diff":[7,[],["payment"],["payment",null,"m"],["payment","7mA","m"],["payment","7mA","m"]]}}
           {"current_block":"3NA"}
           ["External_block_received",0.5]
           {"block_metadata":{"blockchain_length":101,"global_slot":"x","transactions":{"a":1}}}
           {"block_metadata":{"global_slot":["Since_genesis","99999999999"],"transactions":[["payment","7mB","m"],["payment","7mC","m",["Applied"]]]}}
           {"block_metadata":{"interrupt_get_completed_work_at":"99999999999"}}
           ["Breadcrumb_integrated",9223372036.5]"#,
    );
    node.store(&test).await.unwrap();
    assert_eq!(
        rows(&test, "unique_txs").await[0]["hash"],
        "7mA",
        "once, though it came twice"
    );
    // The block's clock is not set: its transactions have no time.
    assert_eq!(rows(&test, "block_txs").await, [] as [Value; 0]);
    assert_eq!(rows(&test, "sw_traces").await, [] as [Value; 0]);
    assert_eq!(rows(&test, "sw_interruptions").await, [] as [Value; 0]);
    let block = &rows(&test, "block_trace WHERE block_id = '3NA'").await[0];
    assert_eq!(block["blockchain_length"], 101);
    assert_eq!(block["global_slot"], 0);
    assert_eq!(block["metadata_json"]["global_slot"][1], "99999999999");
}
