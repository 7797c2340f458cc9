//! Batches of the tracer in a real database.

mod expiry;
mod hostile;
mod old_data;
mod rows;
mod sessions;

use serde_json::{Value, json};
use store::StoreError;
use store::ingest::{Delivery, Gap, Reading, ReadingCounts, Session, SessionKind, Stored};
use store::testing::TestDatabase;
use trace::{Process, Tracer, TracerOptions};

/// A node that writes into a database.
struct Node {
    session: Session,
    tracer: Tracer,
    position: u64,
}

impl Node {
    async fn begin(test: &TestDatabase, deployment_id: i32, name: &str) -> Self {
        let opened = test
            .database()
            .begin_session(deployment_id, name, SessionKind::Node, &json!({}))
            .await
            .unwrap();
        assert_eq!(opened.state, []);
        Self {
            session: opened.session,
            tracer: Tracer::new(TracerOptions::default()),
            position: 0,
        }
    }

    /// A second writer of the same session, where the last delivery left it.
    async fn resumed(&self, test: &TestDatabase) -> Self {
        let database = test.database();
        let opened = database.resume_session(self.session.id()).await.unwrap();
        Self {
            session: opened.session,
            tracer: Tracer::restore(TracerOptions::default(), opened.state).unwrap(),
            position: self.position,
        }
    }

    /// Traces lines of the main process; indentation is for the reader.
    fn push(&mut self, lines: &str) {
        self.push_of(Process::Main, lines);
    }

    fn push_of(&mut self, process: Process, lines: &str) {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.position += 1;
            match trace::entry::parse(line.as_bytes()) {
                Ok(entry) => self.tracer.push(process, &entry, self.position),
                Err(error) => panic!("{line}: {error}"),
            }
        }
    }

    /// Everything since the last delivery, to be stored.
    fn delivery(&mut self) -> Delivery<'_> {
        Delivery {
            session: &mut self.session,
            batch: self.tracer.take_batch(),
            cursor: json!({"position": self.position}),
            counts: ReadingCounts::default(),
            gaps: Vec::new(),
            reading: Reading::default(),
        }
    }

    async fn store(&mut self, test: &TestDatabase) -> Result<Stored, StoreError> {
        test.database().deliver(&mut [self.delivery()]).await
    }
}

/// A database with this many deployments.
async fn database(deployments: usize) -> TestDatabase {
    let test = TestDatabase::create().await.unwrap();
    let rows = vec!["('{}')"; deployments].join(", ");
    test.execute(&format!(
        "INSERT INTO deployment (metadata_json) VALUES {rows}"
    ))
    .await
    .unwrap();
    test
}

/// The rows of a table, or of the rest of a query after `FROM`, as JSON without
/// the ids that a database gives.
async fn rows(test: &TestDatabase, from: &str) -> Vec<Value> {
    let sql = format!(
        "SELECT (to_jsonb(row) - 'block_trace_id' - 'block_trace_checkpoint_id')::text
           FROM (SELECT * FROM {from}) AS row"
    );
    let rows = test.texts(&sql).await.unwrap();
    rows.iter()
        .map(|row| serde_json::from_str(row).unwrap())
        .collect()
}

/// A gap of a known size.
fn gap(missing: Option<u64>) -> Gap {
    Gap {
        process: Process::Main,
        after_entry: 7,
        missing,
        reason: "log ids jump".to_owned(),
        from_time: None,
        until_time: None,
    }
}
