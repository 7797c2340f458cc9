//! Nodes as they are in a deployment and a time.

use results::answers::{Node, NodeGap, NodeRestart, NodeState};
use results::node_measures::NodeMeasures;
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
        let mut measures = NodeMeasures::default();
        if let Some(deployment_id) = scope.deployment_id {
            let found = self
                .found_blocks(&mut reading, deployment_id, scope)
                .await?;
            let measured = self.nodes_measured(&mut reading, deployment_id, &found, scope);
            measures = measured.await?;
        }
        let measured: Vec<&str> = measures.names().collect();
        let query = sqlx::query(include_str!("sql/nodes.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.nodes.as_deref())
            .bind(measured);
        let nodes: Vec<Node> = json_rows(query, &mut reading).await?;
        let best = measures.best_height();
        Ok(nodes
            .into_iter()
            .map(|node| with_measure(node, &mut measures, best))
            .collect())
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

/// A node with what it did with blocks; `best` is the greatest height of all nodes.
fn with_measure(node: Node, measures: &mut NodeMeasures, best: Option<i64>) -> Node {
    let measure = measures.take(&node.name);
    Node {
        height: measure.height,
        behind: best.zip(measure.height).map(|(best, own)| best - own),
        lag_s: measure.lag_s,
        lag2_s: measure.lag2_s,
        apply_p50_s: measure.apply_p50_s,
        apply_p95_s: measure.apply_p95_s,
        clock_suspect: measure.clock_suspect,
        spark: measure.spark,
        ..node
    }
}
