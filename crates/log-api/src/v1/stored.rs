//! Reading a trace and what it rests on.

use axum::http::StatusCode;
use axum::response::Response;
use results::answers::{Meta, TraceHead};
use service::ErrorBody;
use store::StoreError;
use store::read::{BlockTraceRow, ENTRIES_MAX, EntriesPage, ReadBudget, StoredBlockTrace};
use store::results::{Missing, ScopeQuery};

use super::reading::Reading;

/// Bytes of the texts of a trace. The longest ones have about 10 MB.
const TEXT_BYTES_MAX: u64 = 64 << 20;

/// Names a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) deployment_id: i32,
    pub(super) node: String,
    pub(super) hash: String,
}

impl Reading {
    /// The newest trace of a name.
    pub(super) async fn stored(&self, name: &Name) -> Result<StoredBlockTrace, ErrorBody> {
        let rows = u64::try_from(ENTRIES_MAX).unwrap_or(u64::MAX);
        let budget = ReadBudget::new(rows.saturating_add(1), TEXT_BYTES_MAX);
        let Name {
            deployment_id,
            node,
            hash,
        } = name;
        let page = EntriesPage::LONGEST;
        let reading = self
            .database
            .block_trace_within(*deployment_id, node, hash, page, &budget);
        reading.await.map_err(failed)?.ok_or_else(|| {
            ErrorBody::new(
                StatusCode::NOT_FOUND,
                "unknown_trace",
                format!("node \"{node}\" has no trace of \"{hash}\" in deployment {deployment_id}"),
            )
        })
    }

    /// What an answer about a trace rests on: the entries of the node in its time.
    pub(super) async fn meta(&self, name: &Name, span: (i64, i64)) -> Result<Meta, ErrorBody> {
        let query = ScopeQuery {
            deployment: Some(name.deployment_id),
            from_us: Some(span.0),
            until_us: Some(span.1.saturating_add(1)),
            nodes: Some(vec![name.node.clone()]),
            ..ScopeQuery::default()
        };
        let scope = self.database.results_scope(query).await.map_err(failed)?;
        let scope = scope.map_err(|missing| match missing {
            Missing::Deployment(id) => unknown_deployment(id),
            Missing::Run(_) => ErrorBody::internal(),
        })?;
        self.database.results_meta(&scope).await.map_err(failed)
    }

    /// Makes a large answer beside the threads that serve connections, a bounded number at once.
    pub(super) async fn make(
        &self,
        make: impl FnOnce() -> Result<Response, ErrorBody> + Send + 'static,
    ) -> Result<Response, ErrorBody> {
        let _permit = self.running.acquire().await;
        tokio::task::spawn_blocking(make)
            .await
            .map_err(|_| ErrorBody::internal())?
    }
}

fn unknown_deployment(id: i32) -> ErrorBody {
    ErrorBody::new(
        StatusCode::NOT_FOUND,
        "unknown_deployment",
        format!("there is no deployment {id}"),
    )
}

/// A failure of the database, or a trace that is too large.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn failed(error: StoreError) -> ErrorBody {
    if matches!(error, StoreError::OverBudget) {
        return ErrorBody::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_large",
            "the texts of this trace have more than 64 MiB; read it in pages by GraphQL",
        );
    }
    if matches!(error, StoreError::Archived { .. }) {
        return ErrorBody::new(StatusCode::GONE, "archived", error.to_string());
    }
    tracing::error!(error = &error as &dyn std::error::Error, "a query failed");
    ErrorBody::internal()
}

/// What a trace is of.
pub(super) fn head(row: &BlockTraceRow) -> TraceHead {
    let known = |number: i32| (number > 0).then(|| i64::from(number));
    TraceHead {
        deployment_id: row.deployment_id,
        node: row.node_name.clone(),
        hash: row.block_id.clone(),
        height: known(row.blockchain_length),
        slot: known(row.global_slot),
        source: row.source.clone(),
        status: row.status.clone(),
        started: (row.started_at > 0.0).then(|| micros(row.started_at)),
        total_s: (row.total_time > 0.0).then_some(row.total_time),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "times of this century")]
pub(super) fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

/// Whether entries were left out.
pub(super) fn is_truncated(stored: &StoredBlockTrace) -> bool {
    i64::try_from(stored.entries.len()).is_ok_and(|entries| entries >= ENTRIES_MAX)
}
