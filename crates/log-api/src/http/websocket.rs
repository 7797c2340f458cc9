//! GraphQL over web sockets, in both protocols that are in use.

use std::sync::Arc;

use async_graphql::http::ALL_WEBSOCKET_PROTOCOLS;
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::RequestPartsExt as _;
use axum::extract::{Request, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use crate::graphql::GraphQl;
use crate::limits;

/// Whether a request asks for a web socket.
pub(super) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// Opens a web socket, or refuses with 503 when too many are open.
pub(super) async fn upgrade(
    graphql: GraphQl,
    web_sockets: &Arc<Semaphore>,
    request: Request,
) -> Response {
    let Ok(permit) = Arc::clone(web_sockets).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Too many WebSockets").into_response();
    };
    let (mut parts, _body) = request.into_parts();
    let protocol = match parts.extract::<GraphQLProtocol>().await {
        Ok(protocol) => protocol,
        Err(rejection) => return rejection.into_response(),
    };
    let upgrade = match parts.extract::<WebSocketUpgrade>().await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    upgrade
        .protocols(ALL_WEBSOCKET_PROTOCOLS)
        .max_message_size(limits::BODY_BYTES)
        .on_upgrade(move |socket| async move {
            let serving = GraphQLWebSocket::new(socket, graphql, protocol).serve();
            if tokio::time::timeout(limits::WEB_SOCKET_TIME, serving)
                .await
                .is_err()
            {
                tracing::debug!("a WebSocket reached its greatest age");
            }
            drop(permit);
        })
}
