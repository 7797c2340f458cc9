//! The SQL that the dashboard gives with its panels: it is what the database understands.

use serde_json::Value;
use store::testing::TestDatabase;

/// `{name}` becomes a text, `{deployment}` a number, as the page does it.
fn filled(sql: &str) -> String {
    let mut filled = sql.replace("{deployment}", "1");
    while let Some((before, rest)) = filled.split_once('{') {
        let (name, after) = rest.split_once('}').unwrap();
        assert!(!name.is_empty(), "{sql}");
        filled = format!("{before}'a''b'{after}");
    }
    filled
}

#[tokio::test]
async fn every_sql_of_a_panel_runs() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../web/src/base/takeAway.json"
    );
    let table = std::fs::read_to_string(path).unwrap();
    let table: Vec<Value> = serde_json::from_str(&table).unwrap();
    let test = TestDatabase::create().await.unwrap();
    test.execute("INSERT INTO deployment (metadata_json) VALUES ('{}')")
        .await
        .unwrap();
    let mut run = 0;
    for entry in &table {
        let Some(sql) = entry["sql"].as_str() else {
            continue;
        };
        let read_only = sql.starts_with("SELECT ") || sql.starts_with("WITH ");
        assert!(read_only && !sql.contains(';'), "{sql}");
        let outcome = test.execute(&filled(sql)).await;
        assert!(outcome.is_ok(), "{}: {outcome:?}", entry["routes"]);
        run += 1;
    }
    assert!(run > 25, "{run}");
}
