//! Requests to a simnet.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use service::{BodyError, read_body};

use super::error::StandInError;
use crate::network::NodeInfo;

/// For a whole answer.
const TIME_MAX: Duration = Duration::from_mins(1);

/// Longest answer: the keys of 10,000 accounts take less than one.
const ANSWER_BYTES_MAX: usize = 4 << 20;

#[derive(Debug)]
pub(super) struct Client(reqwest::Client);

impl Client {
    pub(super) fn new() -> Result<Self, StandInError> {
        service::proxy::direct()
            .timeout(TIME_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map(Self)
            .map_err(StandInError::Unreachable)
    }

    /// Asks the public GraphQL of a node; the data of the answer.
    pub(super) async fn graphql(
        &self,
        node: &NodeInfo,
        query: &str,
        variables: Value,
    ) -> Result<Value, StandInError> {
        let url = format!("http://{}/graphql", node.public_graphql);
        let body = json!({"query": query, "variables": variables});
        let mut answer: Value = self.answer(self.0.post(url).json(&body)).await?;
        let message = answer
            .pointer("/errors/0/message")
            .and_then(Value::as_str)
            .map(str::to_owned);
        if let Some(message) = message {
            return Err(StandInError::Refused(message));
        }
        let data = answer.get_mut("data").map(Value::take);
        data.ok_or(StandInError::Answer)
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        url: String,
        body: &impl serde::Serialize,
    ) -> Result<T, StandInError> {
        self.answer(self.0.post(url).json(body)).await
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, url: String) -> Result<T, StandInError> {
        self.answer(self.0.get(url)).await
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, StandInError> {
        let answer = request.send().await.map_err(StandInError::Unreachable)?;
        let is_success = answer.status().is_success();
        let body = read_body(answer, ANSWER_BYTES_MAX).await;
        let body = body.map_err(|error| match error {
            BodyError::TooLarge(_) => StandInError::Answer,
            BodyError::Http(error) => StandInError::Unreachable(error),
        })?;
        if is_success {
            return serde_json::from_slice(&body).map_err(|_| StandInError::Answer);
        }
        let refusal: Value = serde_json::from_slice(&body).map_err(|_| StandInError::Answer)?;
        let message = refusal.pointer("/error/message").or(refusal.get("error"));
        let message = message
            .and_then(Value::as_str)
            .ok_or(StandInError::Answer)?;
        Err(StandInError::Refused(message.to_owned()))
    }
}
