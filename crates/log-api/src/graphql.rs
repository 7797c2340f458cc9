//! Execution of GraphQL requests: checks, a bound on requests at once, a time limit.

use std::sync::Arc;

use async_graphql::dynamic::{Schema, SchemaError};
use async_graphql::{Request, Response, ServerError, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::queries::{Budget, Queries};
use crate::request_error::RequestError;
use crate::schema::{self, ERROR_CODE};
use crate::{limits, validation};

/// Executes GraphQL requests. Clones share their limits.
#[derive(Clone)]
pub(crate) struct GraphQl {
    schema: Schema,
    running: Arc<Semaphore>,
}

/// An answer, and the permit of its request, to be held until the client has
/// taken it.
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) permit: Option<OwnedSemaphorePermit>,
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
    ) -> Result<Answer, RequestError> {
        let calls = validation::check(&mut request, default_node)?;
        let request = request.data(Budget::new()).data(calls);
        let execution = async {
            // The semaphore is never closed, so there always is a permit.
            let permit = Arc::clone(&self.running).acquire_owned().await.ok();
            (self.schema.execute(request).await, permit)
        };
        let executed = tokio::time::timeout(limits::EXECUTION_TIME, execution).await;
        let Ok((mut response, permit)) = executed else {
            tracing::warn!("a request took longer than {:?}", limits::EXECUTION_TIME);
            return Ok(Answer {
                response: too_slow(),
                permit: None,
            });
        };
        if let Some(refusal) = response.errors.iter().find(|error| !has_code(error)) {
            return Err(RequestError::Refused(refusal.message.clone()));
        }
        if !response.errors.is_empty() {
            // Clients ignore the errors if there is any data.
            response.data = Value::Null;
        }
        Ok(Answer { response, permit })
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
