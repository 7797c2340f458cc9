//! The services as a user of theirs asks them: over HTTP, as the published
//! guide does with `curl`.

use std::fmt;

use anyhow::{Context as _, bail};
use results::answers::Results;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::deployment_command;
use crate::lab_client::LabClient;
use crate::services::{Addresses, Service};
use crate::up::release;

/// What is stored and what is lost of a node's log.
#[derive(Debug, Deserialize)]
pub(super) struct NodeCompleteness {
    pub(super) node_name: String,
    stored_entries: u32,
    lost_entries: u32,
    /// Times of which nobody knows how many entries are lost, such as the last moments before a stop.
    unknown_gaps: u32,
}

/// How complete the logs of all nodes are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Completeness {
    /// Entries that are stored, as a part of those that are known to have been written.
    pub(super) share: f64,
    pub(super) unknown_gaps: u32,
}

impl Completeness {
    pub(super) fn of(nodes: &[NodeCompleteness]) -> Self {
        let sum = |count: fn(&NodeCompleteness) -> u32| -> f64 {
            nodes.iter().map(|node| f64::from(count(node))).sum()
        };
        let (stored, lost) = (
            sum(|node| node.stored_entries),
            sum(|node| node.lost_entries),
        );
        let share = if stored + lost > 0.0 {
            stored / (stored + lost)
        } else {
            0.0
        };
        let gaps = nodes.iter().map(|node| node.unknown_gaps);
        Self {
            share,
            unknown_gaps: gaps.fold(0, u32::saturating_add),
        }
    }
}

impl fmt::Display for Completeness {
    /// As the dashboard says it: never rounded up, and no 100 % beside a gap of unknown size.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gaps = match self.unknown_gaps {
            0 => String::new(),
            1 => "1 gap of unknown size".to_owned(),
            more => format!("{more} gaps of unknown size"),
        };
        if self.share >= 1.0 && !gaps.is_empty() {
            return write!(formatter, "no log entry known to be lost, {gaps}");
        }
        // A hair more than the share, which is no exact number, and less than any entry makes.
        let percent = (self.share * 10_000.0 + 1e-7).floor() / 100.0;
        write!(formatter, "{percent:.2} % of all log entries stored")?;
        if gaps.is_empty() {
            return Ok(());
        }
        write!(formatter, ", {gaps}")
    }
}

/// Clients of the services.
pub(super) struct Services(LabClient);

impl Services {
    pub(super) fn new(addresses: &Addresses) -> anyhow::Result<Self> {
        Ok(Self(LabClient::of(addresses)?))
    }

    /// The nodes that the fetcher reads.
    pub(super) async fn nodes(&self) -> anyhow::Result<usize> {
        let nodes = self.0.get(Service::LogFetcher, "/nodes").await?;
        Ok(nodes.as_array().map_or(0, Vec::len))
    }

    /// `freeze` or `unfreeze`.
    pub(super) async fn tell_fetcher(&self, what: &str) -> anyhow::Result<()> {
        self.0.get(Service::LogFetcher, &format!("/{what}")).await?;
        Ok(())
    }

    /// Makes a deployment; gives its id.
    pub(super) async fn new_deployment(&self) -> anyhow::Result<i32> {
        let about = json!({"note": "made by the demo", "release": release()});
        deployment_command::create(&self.0, about).await
    }

    /// Starts an experiment in the form of the published guide.
    pub(super) async fn start_experiment(&self, setup: &Value) -> anyhow::Result<()> {
        let body = json!({"experiment_setup": setup});
        let path = "/api/v0/experiment/run";
        let answer = self
            .0
            .post(Service::Orchestrator, path, Some(&body))
            .await?;
        if answer["result"] != "success" {
            bail!("the orchestrator answers {answer}");
        }
        Ok(())
    }

    /// Everything about a run.
    pub(super) async fn experiment(&self, name: &str) -> anyhow::Result<Value> {
        let path = format!("/api/v1/experiments/{name}");
        self.0.get(Service::Orchestrator, &path).await
    }

    /// What a run came to, by its thresholds.
    pub(super) async fn results(&self, name: &str, deployment_id: i32) -> anyhow::Result<Results> {
        let path = format!("/api/v1/experiments/{name}/results?deployment={deployment_id}");
        let mut answer = self.0.get(Service::ExperimentsApi, &path).await?;
        serde_json::from_value(answer["results"].take())
            .context("the experiments API does not answer as expected")
    }

    /// How complete the logs of each node are in a deployment.
    pub(super) async fn completeness(
        &self,
        deployment_id: i32,
    ) -> anyhow::Result<Vec<NodeCompleteness>> {
        let path = format!("/api/v1/completeness?deployment={deployment_id}");
        serde_json::from_value(self.0.get(Service::LogFetcher, &path).await?)
            .context("the log fetcher does not answer as expected")
    }

    /// The state hashes of the blocks that a node has traced in a deployment.
    pub(super) async fn blocks(
        &self,
        deployment_id: i32,
        node_name: &str,
    ) -> anyhow::Result<Vec<String>> {
        let query = "query($node:String!,$deployment:Int){\
                     blockTraces(node_name:$node,maxLength:10000,deployment_id:$deployment)}";
        let variables = json!({"node": node_name, "deployment": deployment_id});
        let body = json!({"query": query, "variables": variables});
        let answer = self
            .0
            .post(Service::LogApi, "/graphql", Some(&body))
            .await?;
        let traces = answer["data"]["blockTraces"]["traces"]
            .as_array()
            .with_context(|| format!("the log API answers {answer}"))?;
        let hashes = traces
            .iter()
            .filter_map(|trace| trace["state_hash"].as_str());
        Ok(hashes
            .filter(|hash| hash.starts_with("3N"))
            .map(str::to_owned)
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(nodes: &[(u32, u32, u32)]) -> Completeness {
        let nodes: Vec<NodeCompleteness> = nodes
            .iter()
            .map(
                |&(stored_entries, lost_entries, unknown_gaps)| NodeCompleteness {
                    node_name: String::new(),
                    stored_entries,
                    lost_entries,
                    unknown_gaps,
                },
            )
            .collect();
        Completeness::of(&nodes)
    }

    #[test]
    fn completeness_counts_entries_and_not_nodes() {
        let share = |nodes| format!("{:.3}", of(nodes).share);
        assert_eq!(share(&[(900, 0, 0), (0, 100, 0)]), "0.900");
        // Nothing stored is nothing complete.
        assert_eq!(share(&[]), "0.000");
    }

    #[test]
    fn completeness_is_said_as_the_dashboard_says_it() {
        let said = |nodes| of(nodes).to_string();
        assert_eq!(said(&[(900, 0, 0)]), "100.00 % of all log entries stored");
        // A loss is never rounded away.
        assert_eq!(
            said(&[(1_000_000, 1, 0)]),
            "99.99 % of all log entries stored"
        );
        assert_eq!(
            said(&[(900, 0, 1), (900, 0, 1)]),
            "no log entry known to be lost, 2 gaps of unknown size"
        );
        assert_eq!(
            said(&[(900, 100, 1)]),
            "90.00 % of all log entries stored, 1 gap of unknown size"
        );
    }
}
