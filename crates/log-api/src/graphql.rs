//! Execution of GraphQL requests, the same for every transport: checks, a bound
//! on requests at once, a time limit.

use std::sync::Arc;

use async_graphql::dynamic::{Schema, SchemaError};
use async_graphql::{Data, Executor, Request, Response, ServerError, Value};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::sync::Semaphore;

use crate::queries::Queries;
use crate::request_error::RequestError;
use crate::schema::{self, ERROR_CODE};
use crate::{limits, validation};

/// Executes GraphQL requests. Clones share their limits.
#[derive(Clone)]
pub(crate) struct GraphQl {
    schema: Schema,
    running: Arc<Semaphore>,
}

impl GraphQl {
    pub(crate) fn new(queries: Queries) -> Result<Self, SchemaError> {
        Ok(Self {
            schema: schema::build(queries)?,
            running: Arc::new(Semaphore::new(limits::CONCURRENT_REQUESTS)),
        })
    }

    /// Executes a request. A failure during execution is an answer with `errors`
    /// and without data; a request that cannot be executed is an error.
    /// Where it names no node, `default_node` is meant.
    pub(crate) async fn answer(
        &self,
        mut request: Request,
        default_node: Option<&str>,
    ) -> Result<Response, RequestError> {
        validation::check(&mut request, default_node)?;
        let execution = async {
            // The semaphore is never closed, so there always is a permit.
            let _permit = self.running.acquire().await;
            self.schema.execute(request).await
        };
        let Ok(mut response) = tokio::time::timeout(limits::EXECUTION_TIME, execution).await else {
            tracing::warn!("a request took longer than {:?}", limits::EXECUTION_TIME);
            return Ok(too_slow());
        };
        if let Some(refusal) = response.errors.iter().find(|error| !has_code(error)) {
            return Err(RequestError::Refused(refusal.message.clone()));
        }
        if !response.errors.is_empty() {
            // Clients ignore the errors if there is any data.
            response.data = Value::Null;
        }
        Ok(response)
    }
}

/// Whether the error says that an accepted request failed.
fn has_code(error: &ServerError) -> bool {
    error
        .extensions
        .as_ref()
        .is_some_and(|extensions| extensions.get(ERROR_CODE).is_some())
}

fn too_slow() -> Response {
    let message = format!(
        "The request took longer than {} s; ask for less at once.",
        limits::EXECUTION_TIME.as_secs()
    );
    Response::from_errors(vec![ServerError::new(message, None)])
}

/// For web sockets, where there is no status.
impl Executor for GraphQl {
    async fn execute(&self, request: Request) -> Response {
        self.answer(request, None).await.unwrap_or_else(|error| {
            Response::from_errors(vec![ServerError::new(error.to_string(), None)])
        })
    }

    /// There are no subscriptions: every operation has one answer.
    fn execute_stream(
        &self,
        request: Request,
        _session: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let graphql = self.clone();
        stream::once(async move { graphql.execute(request).await }).boxed()
    }
}
