//! Nodes as they are in a deployment and a time.

use results::answers::{Node, NodeGap, NodeRestart, NodeState};
use sqlx::Row as _;

use super::{Scope, json_rows};
use crate::{Database, StoreError};

/// What is known of one node beside its row.
#[derive(Debug, Clone, Default)]
pub struct NodeDetails {
    /// Its public key.
    pub submitter: Option<String>,
    /// The build that it submitted last.
    pub release: Option<String>,
    /// How its log was read.
    pub states: Vec<NodeState>,
    /// What is missing.
    pub gaps: Vec<NodeGap>,
    /// Its restarts.
    pub restarts: Vec<NodeRestart>,
}

impl Database {
    /// All nodes of the scope, by name.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_nodes(&self, scope: &Scope) -> Result<Vec<Node>, StoreError> {
        let mut reading = self.reading().await?;
        let query = sqlx::query(include_str!("sql/nodes.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.nodes.as_deref());
        json_rows(query, &mut reading).await
    }

    /// More about one node of the scope.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_node_details(
        &self,
        scope: &Scope,
        node: &str,
    ) -> Result<NodeDetails, StoreError> {
        let mut reading = self.reading().await?;
        let row = sqlx::query(include_str!("sql/node_details.sql"))
            .bind(scope.deployment_id)
            .bind(node)
            .fetch_one(&mut *reading)
            .await?;
        Ok(NodeDetails {
            submitter: row.try_get("submitter")?,
            release: row.try_get("release")?,
            states: super::json(&row, "states")?,
            gaps: super::json(&row, "gaps")?,
            restarts: super::json(&row, "restart_events")?,
        })
    }
}
