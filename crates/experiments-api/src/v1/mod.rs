//! The reading API: `/api/v1`. Every answer has `meta`, which says what it rests on, and an `ETag`.

pub(crate) mod answer;
pub(crate) mod blocks;
pub(crate) mod checkpoints;
pub(crate) mod comparison;
pub(crate) mod deployments;
pub(crate) mod experiments;
pub(crate) mod lab;
pub(crate) mod nodes;
pub(crate) mod overview;
pub(crate) mod parameters;
pub(crate) mod transactions;

use axum::Router;
use axum::routing::get;
use store::Database;

pub(crate) fn routes(database: &Database) -> Router<Database> {
    // What reads most, and depends on rows alone.
    let costly = Router::new()
        .route("/api/v1/blocks/matrix", get(blocks::matrix))
        .route("/api/v1/attribution", get(comparison::attribution));
    let database = database.clone();
    let costly = service::kept_answers::keep(costly, move |_| {
        let database = database.clone();
        async move { database.state_of_rows().await.ok() }
    });
    Router::new()
        .merge(costly)
        .route("/api/v1/overview", get(overview::overview))
        .route("/api/v1/series", get(overview::series))
        .route("/api/v1/incidents", get(overview::incidents))
        .route("/api/v1/nodes", get(nodes::nodes))
        .route("/api/v1/nodes/{name}", get(nodes::node))
        .route("/api/v1/deployments", get(lab::deployments))
        .route("/api/v1/gaps", get(lab::gaps))
        .route("/api/v1/completeness/minutes", get(lab::minutes))
        .route("/api/v1/database", get(lab::database))
        .route("/api/v1/leases", get(lab::leases))
        .route("/api/v1/blocks", get(blocks::blocks))
        .route("/api/v1/blocks/{hash}", get(blocks::block))
        .route("/api/v1/checkpoints", get(checkpoints::checkpoints))
        .route("/api/v1/checkpoints/{name}", get(checkpoints::checkpoint))
        .route("/api/v1/transactions", get(transactions::transactions))
        .route("/api/v1/transactions/flow", get(transactions::flow))
        .route("/api/v1/transactions/latency", get(transactions::latency))
        .route(
            "/api/v1/transactions/{hash}",
            get(transactions::transaction),
        )
        .route("/api/v1/snark-work", get(transactions::snark_work))
        .route("/api/v1/comparison", get(comparison::comparison))
        .route("/api/v1/experiments", get(experiments::experiments))
        .route(
            "/api/v1/experiments/{name}/results",
            get(experiments::results),
        )
}
