//! Other engines ask the archive the questions of the document, and PostgreSQL the same ones. Each
//! question stands in the document twice under the same heading: for the database and for an archive.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::python::{DUCKDB, python};
use crate::scene::Scene;

/// Another engine, from Python.
const DATAFUSION: &str = "datafusion==55.0.0";

/// Some blocks have transactions, nodes have produced some. No engine makes a
/// moment of a time that is no number.
const TRANSACTIONS: &str = r#"
DELETE FROM block_trace WHERE trace_started_at = 'NaN';
UPDATE block_trace
   SET metadata_json = jsonb_build_object('transactions', jsonb_build_array(
           '["coinbase", "5Jc", "", ["Applied"]]'::jsonb,
           '["payment", "5Ja", "run-0-1", ["Applied"]]'::jsonb,
           '["payment", "5Jb", "run-0-2", ["Failed", [["Amount_insufficient_to_create_account"]]]]'::jsonb,
           '["zkapp", "5Jd", "run-0-3", ["Failed", [["Cancelled"], ["Overflow", "Cancelled"]]]]'::jsonb))
 WHERE block_trace_id < 16 AND block_trace_id % 2 = 0;
UPDATE block_trace SET source = 'Internal' WHERE block_trace_id IN (3, 6, 7);
"#;

/// A question under its heading: what the database is asked, and each text for an archive with the
/// engine it is for; of all that have none of their own if that is empty.
struct Question {
    heading: String,
    database: String,
    archive: Vec<(String, String)>,
}

/// The document's statements that make views for an engine, and its questions of an archive.
struct Document {
    views: Vec<(String, String)>,
    questions: Vec<Question>,
}

impl Document {
    fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sql.md");
        let text = std::fs::read_to_string(path).unwrap();
        let (database, archive) = text.split_once("\n## Asking an archive\n").unwrap();
        let (views, questions) = archive.split_once("\n### ").unwrap();
        let questions = questions.split("\n### ").map(|section| {
            let (heading, _) = section.split_once('\n').unwrap();
            let begin = format!("\n## {heading}\n");
            let (_, same) = database.split_once(&begin).unwrap();
            Question {
                heading: heading.to_owned(),
                database: blocks(same).remove(0).1,
                archive: blocks(section),
            }
        });
        Self {
            views: blocks(views),
            questions: questions.collect(),
        }
    }

    /// The statements that make the three views.
    fn views_of(&self, engine: &str) -> Vec<String> {
        let (_, view) = self.views.iter().find(|(of, _)| of == engine).unwrap();
        let view = view.replace("deployment_id=7", "deployment_id=1");
        ["block_trace_checkpoint", "tx_traces", "block_trace"]
            .map(|table| view.replace("block_trace", table))
            .to_vec()
    }
}

impl Question {
    fn of(&self, engine: &str) -> String {
        let text = |of| self.archive.iter().find(|(engine, _)| engine == of);
        let (_, question) = text(engine).or_else(|| text("")).unwrap();
        question.trim_end().trim_end_matches(';').to_owned()
    }
}

/// Blocks of SQL with the engine that their fences name.
fn blocks(text: &str) -> Vec<(String, String)> {
    let fences = text.split("```sql").skip(1);
    fences
        .map(|block| {
            let (fence, rest) = block.split_once('\n').unwrap();
            let (sql, _) = rest.split_once("```").unwrap();
            let engine = fence.strip_prefix(" no-run: in ").unwrap_or_default();
            let engine = engine.split(' ').next().unwrap().to_lowercase();
            (engine, sql.to_owned())
        })
        .collect()
}

fn asked(python: &Path, engine: &str, folder: &Path, document: &Document) -> Vec<Vec<Value>> {
    let name = engine.replace("spark", "pyspark");
    let questions = document.questions.iter();
    let input = json!({
        "engine": name,
        "folder": folder,
        "statements": document.views_of(engine),
        "questions": questions.map(|question| question.of(engine)).collect::<Vec<_>>(),
    });
    let mut process = Command::new(python)
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/archive/engines.py"
        ))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = process.stdin.take().unwrap();
    stdin.write_all(input.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = process.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{engine}: {said}");
    let answers = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(answers.lines().last().unwrap()).unwrap()
}

/// Equal, but for the last digits of floats.
fn is_near(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_near(a, b))
        }
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            // Engines round halves differently in the last digit that the questions show.
            (one - other).abs() <= 0.001_01_f64.max(2e-6 * one.abs())
        }
        _ => one == other,
    }
}

/// Rows of the question in the database, with times as seconds.
async fn in_database(scene: &Scene, question: &Question) -> Vec<Value> {
    let newest = "(SELECT max(deployment_id) FROM deployment)";
    let text = question.database.replace(newest, "1");
    // Only the first question has a time, and is about all deployments.
    let text = text.trim_end().trim_end_matches(';');
    let text = text.replace(
        "FROM block_trace\n    ORDER",
        "FROM block_trace WHERE deployment_id = 1 ORDER",
    );
    let query = format!(
        "SELECT (SELECT jsonb_agg(CASE WHEN key = 'time' THEN to_jsonb(extract(epoch FROM (value #>> '{{}}')::timestamptz))
                                       ELSE value END ORDER BY place)
                   FROM json_each(to_json(one)) WITH ORDINALITY AS cell (key, value_json, place)
                  CROSS JOIN LATERAL (SELECT value_json::jsonb AS value) AS of_cell)::text
           FROM ({text}) AS one"
    );
    let rows = scene.test.texts(&query).await.unwrap();
    rows.iter()
        .map(|row| serde_json::from_str(row).unwrap())
        .collect()
}

async fn answers_as_postgresql_does(engine: &str, python: &Path) {
    let scene = Scene::new().await;
    for statement in TRANSACTIONS.split_inclusive(";\n") {
        scene.test.execute(statement).await.unwrap();
    }
    scene.run(&scene.place()).await.unwrap();
    let document = Document::read();
    assert_eq!(document.questions.len(), 7);
    let answers = asked(python, engine, scene.folder.path(), &document);
    for (question, mut there) in document.questions.iter().zip(answers) {
        let mut here = in_database(&scene, question).await;
        assert!(!here.is_empty(), "{}", question.heading);
        // Ties have no order.
        there.sort_by_key(Value::to_string);
        here.sort_by_key(Value::to_string);
        assert_eq!(
            there.len(),
            here.len(),
            "{engine}, {}: {there:?}\n{here:?}",
            question.heading
        );
        for row in &here {
            assert!(
                there.iter().any(|other| is_near(row, other)),
                "{engine}, {}: {row} is not in {there:?}",
                question.heading
            );
        }
    }
}

#[tokio::test]
async fn duckdb_answers_the_documents_questions_as_postgresql_does() {
    match python(DUCKDB) {
        Some(python) => answers_as_postgresql_does("duckdb", &python).await,
        None => eprintln!("SKIPPED: {DUCKDB} is not there and cannot be installed"),
    }
}

#[tokio::test]
async fn datafusion_answers_the_documents_questions_as_postgresql_does() {
    match python(DATAFUSION) {
        Some(python) => answers_as_postgresql_does("datafusion", &python).await,
        None => eprintln!("SKIPPED: {DATAFUSION} is not there and cannot be installed"),
    }
}

/// A Python that has Spark, with Java beside it. Spark is too large to be installed for a test:
/// `LOADLAB_PYSPARK_PYTHON` names one, if it is not the usual one.
fn with_spark() -> Option<PathBuf> {
    let python = std::env::var_os("LOADLAB_PYSPARK_PYTHON").unwrap_or_else(|| "python3".into());
    let succeeds = |program: &OsStr, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        output.is_ok_and(|output| output.status.success())
    };
    let is_there =
        succeeds(OsStr::new("java"), &["-version"]) && succeeds(&python, &["-c", "import pyspark"]);
    is_there.then(|| PathBuf::from(python))
}

#[tokio::test]
async fn spark_on_several_processes_answers_the_documents_questions_as_postgresql_does() {
    match with_spark() {
        Some(python) => answers_as_postgresql_does("spark", &python).await,
        None => eprintln!("SKIPPED: Java or pyspark is not there"),
    }
}
