//! The list of all rounds, computed once for each state of the database.
//!
//! Dashboards ask for it again and again, each of them. An answer is as new as the request: the
//! state of the database is looked at after the request came. Requests that come while it is looked
//! at share the next look, so the database computes the list for one of them at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use store::Database;
use tokio::sync::Mutex;

use crate::encoding::{self, RoundRow};
use crate::error::Unread;
use crate::experiments::ROWS_MAX;

/// Clones share the list.
#[derive(Debug, Clone)]
pub(crate) struct RoundsList(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    database: Database,
    /// How many looks at the database have begun.
    looks: AtomicU64,
    last: Mutex<Last>,
}

/// What the last look has found.
#[derive(Debug, Default)]
struct Last {
    /// Its number.
    look: u64,
    /// The state of the database, and the list in it; none before the first and after a failure.
    found: Option<(String, Bytes)>,
}

impl RoundsList {
    pub(crate) fn new(database: Database) -> Self {
        Self(Arc::new(Shared {
            database,
            looks: AtomicU64::new(0),
            last: Mutex::default(),
        }))
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    /// The list as JSON, in the form of the original.
    pub(crate) async fn json(&self) -> Result<Bytes, Unread> {
        let begun = self.0.looks.load(Ordering::Acquire);
        let mut last = self.0.last.lock().await;
        if last.look > begun {
            // This look began after the request came.
            return last
                .found
                .as_ref()
                .map_or(Err(Unread::Failed), |(_, list)| Ok(list.clone()));
        }
        let known = last.found.take();
        last.look = self.0.looks.fetch_add(1, Ordering::AcqRel) + 1;
        let found = self.look(known).await?;
        let list = found.1.clone();
        last.found = Some(found);
        Ok(list)
    }

    async fn look(&self, known: Option<(String, Bytes)>) -> Result<(String, Bytes), Unread> {
        let database = &self.0.database;
        let failed = |error| Unread::failed(&error);
        if let Some((state, list)) = known
            && database.state_of_rows().await.map_err(failed)? == state
        {
            return Ok((state, list));
        }
        let (state, rounds) = database
            .all_experiment_rounds(ROWS_MAX)
            .await
            .map_err(failed)?;
        let rounds: Vec<RoundRow<'_>> = rounds.iter().map(RoundRow::from).collect();
        let list = encoding::bytes(&rounds).ok_or(Unread::Failed)?;
        Ok((state, list.into()))
    }
}
