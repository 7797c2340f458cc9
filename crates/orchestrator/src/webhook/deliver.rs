//! Delivering: one POST, to an address that is checked again when the connection is made.

use std::sync::Arc;
use std::time::Duration;

use itn::AddressPolicy;
use serde::Serialize;
use service::request_id;

use super::address;

const REQUEST_TIME: Duration = Duration::from_secs(30);
const USER_AGENT: &str = "mina-orchestrator/1.0";

/// The body of the request.
#[derive(Debug, Serialize)]
pub(crate) struct Payload {
    pub(crate) experiment_name: String,
    pub(crate) success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
}

/// Sends it once. The error names nothing of the address.
pub(crate) async fn deliver(
    url: &str,
    permitted: &AddressPolicy,
    payload: &Payload,
) -> Result<(), String> {
    let url = address::check(url, permitted).await?;
    post(&client(permitted, REQUEST_TIME)?, url, payload).await
}

fn client(permitted: &AddressPolicy, request_time: Duration) -> Result<reqwest::Client, String> {
    let permitted = permitted.clone();
    let refusal = move |address| {
        permitted
            .refusal(address)
            .map(|refused| refused.to_string())
    };
    service::guarded(service::proxy::direct(), 0, Arc::new(refusal))
        .timeout(request_time)
        .user_agent(USER_AGENT)
        .build()
        .map_err(|error| error.without_url().to_string())
}

async fn post(client: &reqwest::Client, url: url::Url, payload: &Payload) -> Result<(), String> {
    let mut request = client.post(url).json(payload);
    if let Some(id) = request_id::to_forward() {
        request = request.header(request_id::HEADER, id);
    }
    let response = request.send().await.map_err(|error| {
        if error.is_timeout() {
            return "the webhook did not answer in time".to_owned();
        }
        error.without_url().to_string()
    })?;
    let status = response.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(format!(
            "webhook returned non-success status code: {}",
            status.as_u16()
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use axum::Router;
    use axum::http::{HeaderMap, StatusCode, header};
    use axum::routing::post as post_route;
    use tokio::net::TcpListener;

    use itn::Reach;

    use super::*;

    fn payload(error: Option<&str>) -> Payload {
        Payload {
            experiment_name: "x".to_owned(),
            success: error.is_none(),
            error: error.map(str::to_owned),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn what_is_told_has_no_empty_members() {
        let text = |payload: &Payload| serde_json::to_string(payload).unwrap();
        assert_eq!(
            text(&payload(None)),
            r#"{"experiment_name":"x","success":true}"#
        );
        assert_eq!(
            text(&payload(Some("no"))),
            r#"{"experiment_name":"x","success":false,"error":"no"}"#
        );
        let with_warnings = Payload {
            warnings: vec!["w".to_owned()],
            ..payload(Some("no"))
        };
        assert_eq!(
            text(&with_warnings),
            r#"{"experiment_name":"x","success":false,"error":"no","warnings":["w"]}"#
        );
    }

    #[tokio::test]
    async fn only_a_status_from_200_to_299_is_success_and_redirects_are_not_followed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let told = |headers: HeaderMap, body: String| async move {
            assert_eq!(headers["content-type"], "application/json");
            assert_eq!(headers["x-request-id"], "of-the-run");
            assert_eq!(body, r#"{"experiment_name":"x","success":true}"#);
            StatusCode::NO_CONTENT
        };
        let router = Router::new()
            .route("/ok", post_route(told))
            .route("/bad", post_route(async || StatusCode::BAD_GATEWAY))
            .route(
                "/away",
                post_route(async || (StatusCode::FOUND, [(header::LOCATION, "/ok")])),
            );
        tokio::spawn(async move { axum::serve(listener, router).await });
        let client = client(&AddressPolicy::new(Reach::Public), REQUEST_TIME).unwrap();
        let send = async |path: &str| {
            let url = format!("http://{address}/{path}").parse().unwrap();
            post(&client, url, &payload(None)).await
        };
        request_id::within("of-the-run".to_owned(), send("ok"))
            .await
            .unwrap();
        let error = |status: u16| {
            Err(format!(
                "webhook returned non-success status code: {status}"
            ))
        };
        assert_eq!(send("bad").await, error(502));
        assert_eq!(send("away").await, error(302));
    }

    #[tokio::test]
    async fn a_receiver_that_does_not_answer_is_waited_for_so_long_and_no_longer() {
        assert_eq!(REQUEST_TIME, Duration::from_secs(30));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // It takes the request and says nothing.
        let router = Router::new().route("/x", post_route(std::future::pending::<StatusCode>));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let url: url::Url = format!("http://{address}/x").parse().unwrap();
        let client = client(
            &AddressPolicy::new(Reach::Public),
            Duration::from_millis(100),
        )
        .unwrap();
        let sent = post(&client, url, &payload(None)).await;
        assert_eq!(sent.unwrap_err(), "the webhook did not answer in time");
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_the_connection_is_made() {
        let private = AddressPolicy::new(Reach::PublicAndPrivate);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let reached = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&reached);
        let answer = async move || {
            count.fetch_add(1, Ordering::Relaxed);
            StatusCode::OK
        };
        let router = Router::new().route("/x", post_route(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let url: url::Url = format!("http://localhost:{port}/x").parse().unwrap();
        let client = |permitted| client(permitted, REQUEST_TIME).unwrap();
        let error = post(&client(&private), url.clone(), &payload(None)).await;
        assert!(error.is_err());
        let by_address = format!("http://127.0.0.1:{port}/x");
        let error = deliver(&by_address, &private, &payload(None)).await;
        assert!(error.is_err());
        assert_eq!(reached.load(Ordering::Relaxed), 0);
        // It is there.
        let permitted = AddressPolicy::new(Reach::Public).with_loopback();
        post(&client(&permitted), url, &payload(None))
            .await
            .unwrap();
        assert_eq!(reached.load(Ordering::Relaxed), 1);
    }
}
