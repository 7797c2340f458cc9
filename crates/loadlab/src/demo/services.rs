//! The services as a user of theirs asks them: over HTTP, as the published
//! guide does with `curl`.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::guard_arguments::token_of_variables;
use crate::services::{Addresses, Service};
use crate::up::release;

const REQUEST_LIMIT: Duration = Duration::from_mins(1);

/// What is stored and what is lost of a node's log.
#[derive(Debug, Deserialize)]
pub(super) struct NodeCompleteness {
    pub(super) node_name: String,
    stored_entries: u32,
    lost_entries: u32,
}

/// Log entries that are stored, as a part of all that the nodes have written.
pub(super) fn completeness(nodes: &[NodeCompleteness]) -> f64 {
    let sum = |count: fn(&NodeCompleteness) -> u32| -> f64 {
        nodes.iter().map(|node| f64::from(count(node))).sum()
    };
    let (stored, lost) = (
        sum(|node| node.stored_entries),
        sum(|node| node.lost_entries),
    );
    if stored + lost > 0.0 {
        stored / (stored + lost)
    } else {
        0.0
    }
}

/// Clients of the services.
pub(super) struct Services {
    client: Client,
    addresses: Addresses,
}

impl Services {
    pub(super) fn new(addresses: Addresses) -> anyhow::Result<Self> {
        let client = service::proxy::direct()
            .timeout(REQUEST_LIMIT)
            .default_headers(token_of_variables()?)
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self { client, addresses })
    }

    fn url(&self, service: Service, path: &str) -> String {
        self.addresses.url(service) + path
    }

    /// The nodes that the fetcher reads.
    pub(super) async fn nodes(&self) -> anyhow::Result<usize> {
        let nodes = self.get(&self.url(Service::LogFetcher, "/nodes")).await?;
        Ok(nodes.as_array().map_or(0, Vec::len))
    }

    /// `freeze` or `unfreeze`.
    pub(super) async fn tell_fetcher(&self, what: &str) -> anyhow::Result<()> {
        let url = self.url(Service::LogFetcher, &format!("/{what}"));
        let answer = self.client.get(&url).send().await?;
        if !answer.status().is_success() {
            bail!("{url} answers with status {}", answer.status());
        }
        Ok(())
    }

    /// Makes a deployment; gives its id.
    pub(super) async fn new_deployment(&self) -> anyhow::Result<i32> {
        let url = self.url(Service::ExperimentsApi, "/api/deployments");
        let answer = self
            .post(
                &url,
                &json!({"data": {"note": "made by the demo", "release": release()}}),
            )
            .await?;
        answer["deployment_id"]
            .as_i64()
            .and_then(|id| id.try_into().ok())
            .with_context(|| format!("{url} answers {answer}"))
    }

    /// Starts an experiment in the form of the published guide.
    pub(super) async fn start_experiment(&self, setup: &Value) -> anyhow::Result<()> {
        let url = self.url(Service::Orchestrator, "/api/v0/experiment/run");
        let answer = self.post(&url, &json!({"experiment_setup": setup})).await?;
        if answer["result"] != "success" {
            bail!("{url} answers {answer}");
        }
        Ok(())
    }

    /// Everything about a run.
    pub(super) async fn experiment(&self, name: &str) -> anyhow::Result<Value> {
        let path = format!("/api/v1/experiments/{name}");
        self.get(&self.url(Service::Orchestrator, &path)).await
    }

    /// How complete the logs of each node are in a deployment.
    pub(super) async fn completeness(
        &self,
        deployment_id: i32,
    ) -> anyhow::Result<Vec<NodeCompleteness>> {
        let path = format!("/api/v1/completeness?deployment={deployment_id}");
        let url = self.url(Service::LogFetcher, &path);
        serde_json::from_value(self.get(&url).await?)
            .with_context(|| format!("{url} does not answer as expected"))
    }

    /// The state hashes of the blocks that a node has traced in a deployment.
    pub(super) async fn blocks(
        &self,
        deployment_id: i32,
        node_name: &str,
    ) -> anyhow::Result<Vec<String>> {
        let url = self.url(Service::LogApi, "/graphql");
        let query = "query($node:String!,$deployment:Int){\
                     blockTraces(node_name:$node,maxLength:10000,deployment_id:$deployment)}";
        let variables = json!({"node": node_name, "deployment": deployment_id});
        let answer = self
            .post(&url, &json!({"query": query, "variables": variables}))
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

    async fn get(&self, url: &str) -> anyhow::Result<Value> {
        answer(url, self.client.get(url)).await
    }

    async fn post(&self, url: &str, body: &Value) -> anyhow::Result<Value> {
        answer(url, self.client.post(url).json(body)).await
    }
}

/// The JSON that a request is answered with; an error if its status is one.
async fn answer(url: &str, request: RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.send().await?;
    let status = answer.status();
    let body: Value = answer
        .json()
        .await
        .with_context(|| format!("{url} answers with status {status} and no JSON"))?;
    if !status.is_success() {
        bail!("{url} answers with status {status}: {body}");
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completeness_counts_entries_and_not_nodes() {
        let node = |stored_entries, lost_entries| NodeCompleteness {
            node_name: String::new(),
            stored_entries,
            lost_entries,
        };
        let of = |nodes: &[NodeCompleteness]| format!("{:.3}", completeness(nodes));
        assert_eq!(of(&[node(900, 0), node(0, 100)]), "0.900");
        // Nothing stored is nothing complete.
        assert_eq!(of(&[]), "0.000");
    }
}
