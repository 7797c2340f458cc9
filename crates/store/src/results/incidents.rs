//! What went wrong, newest first.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use results::answers::{Clock, Incident, IncidentKind};
use serde::Deserialize;

use super::{Scope, json_rows};
use crate::{Database, StoreError};

/// What stays as it is in a part of a path.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An incident with the parts of its page's path.
#[derive(Deserialize)]
struct Row {
    id: String,
    at: String,
    clock: Clock,
    kind: IncidentKind,
    node: Option<String>,
    run: Option<String>,
    text: String,
    until: Option<String>,
    page: String,
    object: String,
    tab: String,
}

impl Database {
    /// What went wrong in the scope, newest first, `limit` of them.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_incidents(
        &self,
        scope: &Scope,
        limit: i64,
    ) -> Result<Vec<Incident>, StoreError> {
        let mut reading = self.reading().await?;
        let query = sqlx::query(include_str!("sql/incidents.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.nodes.as_deref())
            .bind(limit);
        let rows: Vec<Row> = json_rows(query, &mut reading).await?;
        Ok(rows.into_iter().map(incident).collect())
    }
}

fn incident(row: Row) -> Incident {
    let object = utf8_percent_encode(&row.object, PART);
    Incident {
        id: row.id,
        at: row.at,
        clock: row.clock,
        kind: row.kind,
        node: row.node,
        run: row.run,
        text: row.text,
        until: row.until,
        href: format!("/{}/{object}?tab={}", row.page, row.tab),
    }
}
