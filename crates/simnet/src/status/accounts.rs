//! Making accounts, for the stand-in of the mina executable: what the real one does over the
//! daemon's client port.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use mina::{Amount, PublicKey};
use serde::{Deserialize, Serialize};
use service::ErrorBody;
use service::extract::Path;

use super::state::{Status, unknown_node};
use crate::node::Node;

/// Accounts to make and fund.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateAccounts {
    /// Who funds them.
    pub(crate) fee_payer: PublicKey,
    pub(crate) num_accounts: u32,
    /// What all of them get together.
    pub(crate) amount_nanomina: u64,
    pub(crate) fee_nanomina: u64,
}

/// Accounts that are being funded.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CreatedAccounts {
    /// It is among the scheduled transactions of the node until they are funded.
    pub(crate) handle: String,
    /// The private keys.
    pub(crate) private_keys: Vec<String>,
}

/// `POST /api/v1/nodes/{name}/created-accounts`.
pub(super) async fn create(
    State(status): State<Arc<Status>>,
    Path(name): Path<String>,
    request: Result<Json<CreateAccounts>, JsonRejection>,
) -> Result<Json<CreatedAccounts>, ErrorBody> {
    let Json(request) = request
        .map_err(|error| ErrorBody::new(error.status(), "bad_request", error.body_text()))?;
    let node = running_node(&status, &name)?;
    let details = simulation::CreateAccountsDetails {
        fee_payer: request.fee_payer,
        num_accounts: request.num_accounts,
        amount: Amount::from_nanomina(request.amount_nanomina),
        fee: Amount::from_nanomina(request.fee_nanomina),
    };
    let id = node.id();
    let created = node
        .chain()
        .now(|chain| chain.create_accounts(id, &details, None))
        .map_err(|error| {
            ErrorBody::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "not_created",
                error.to_string(),
            )
        })?;
    let keys = created.accounts.iter();
    Ok(Json(CreatedAccounts {
        handle: created.handle.to_string(),
        private_keys: keys.map(|key| key.to_base58check().to_string()).collect(),
    }))
}

/// `GET /api/v1/nodes/{name}/scheduled-transactions`: the handles of what is scheduled.
pub(super) async fn scheduled(
    State(status): State<Arc<Status>>,
    Path(name): Path<String>,
) -> Result<Json<Vec<String>>, ErrorBody> {
    let node = running_node(&status, &name)?;
    let id = node.id();
    let handles = node.chain().now(|chain| chain.scheduled_transactions(id));
    Ok(Json(handles.iter().map(ToString::to_string).collect()))
}

fn running_node(status: &Status, name: &str) -> Result<Arc<Node>, ErrorBody> {
    let node = status
        .network
        .node(name)
        .map_err(|error| unknown_node(&error))?;
    if node.is_running() {
        Ok(Arc::clone(node))
    } else {
        Err(ErrorBody::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "node_stopped",
            format!("node `{name}` is not running"),
        ))
    }
}
