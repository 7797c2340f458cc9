//! DuckDB asks the archive the questions of the document, and PostgreSQL the same ones.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::python::{DUCKDB, python};
use crate::scene::Scene;

/// Prints every row as a line of JSON.
const SCRIPT: &str = r"
import duckdb, json, os, sys
os.chdir(sys.argv[1])
for row in duckdb.sql(sys.argv[2]).fetchall():
    print(json.dumps(row))
";

/// The question of the document that comes after a text.
fn question(after: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/archive.md");
    let document = std::fs::read_to_string(path).unwrap();
    let (_, rest) = document.split_once(after).unwrap();
    let (_, rest) = rest.split_once("```text\n").unwrap();
    let (question, _) = rest.split_once("```").unwrap();
    question.replace("deployment_id = 7", "deployment_id = 1")
}

fn asked(python: &Path, folder: &Path, question: &str) -> Vec<Value> {
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(folder)
        .arg(question)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Equal, but for the last digits of floats.
fn is_near(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_near(a, b))
        }
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= 2e-6 * one.abs().max(1.0)
        }
        _ => one == other,
    }
}

#[tokio::test]
async fn duckdb_answers_the_documents_questions_as_postgresql_does() {
    let Some(python) = python(DUCKDB) else {
        eprintln!("SKIPPED: {DUCKDB} is not there and cannot be installed");
        return;
    };
    let scene = Scene::new().await;
    scene.run(&scene.place()).await.unwrap();
    let same = [
        (
            "which steps of a block take longest",
            "SELECT jsonb_build_array(name, count(*), sum(seconds),
                    percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds))
               FROM (SELECT c.name, lead(c.started_at) OVER (PARTITION BY c.block_trace_id
                            ORDER BY c.started_at, c.block_trace_checkpoint_id)
                            - c.started_at AS seconds
                       FROM block_trace_checkpoint AS c
                       JOIN block_trace AS t USING (block_trace_id, deployment_id)
                      WHERE deployment_id = 1 AND c.main_trace AND NOT c.is_control
                        AND NOT c.gossip AND c.source = 'M'
                        AND c.started_at BETWEEN t.trace_started_at AND t.trace_completed_at
                    ) AS one
              WHERE seconds < 'NaN' GROUP BY name ORDER BY sum(seconds) DESC LIMIT 20",
        ),
        (
            "Which nodes are slow",
            "SELECT jsonb_build_array(node_name, count(*),
                    percentile_cont(0.5) WITHIN GROUP (ORDER BY total_time),
                    percentile_cont(0.95) WITHIN GROUP (ORDER BY total_time),
                    max(blockchain_length))
               FROM block_trace
              WHERE deployment_id = 1 AND block_id <> '0' AND status = 'Success'
                AND source <> 'Internal'
              GROUP BY node_name",
        ),
    ];
    for (after, query) in same {
        let mut there = asked(&python, scene.folder.path(), &question(after));
        let query = format!("SELECT one::text FROM ({query}) AS all_of (one)");
        let here = scene.test.texts(&query);
        let mut here: Vec<Value> = here
            .await
            .unwrap()
            .iter()
            .map(|row| serde_json::from_str(row).unwrap())
            .collect();
        assert!(here.len() > 2);
        // Ties have no order.
        there.sort_by_key(|row| row[0].to_string());
        here.sort_by_key(|row| row[0].to_string());
        assert_eq!(there.len(), here.len());
        for (there, here) in there.iter().zip(&here) {
            assert!(is_near(there, here), "{there} {here}");
        }
    }
}
