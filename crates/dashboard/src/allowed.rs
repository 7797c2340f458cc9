//! Which requests of the page are passed on: a list of methods and paths, nothing else.

use axum::http::Method;

/// A service as the page names it: `/api/<name>/…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    Fetcher,
    Traces,
    Results,
    Runs,
}

impl Service {
    pub(crate) const ALL: [Self; 4] = [Self::Fetcher, Self::Traces, Self::Results, Self::Runs];

    /// The name in paths.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Fetcher => "fetcher",
            Self::Traces => "traces",
            Self::Results => "results",
            Self::Runs => "runs",
        }
    }

    /// The name for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Fetcher => "log fetcher",
            Self::Traces => "log API",
            Self::Results => "experiments API",
            Self::Runs => "orchestrator",
        }
    }
}

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Everybody who sees the page may ask.
    Reads,
    /// Needs a token, where there are tokens.
    Asks,
    /// Needs the role operator.
    Changes,
}

use Effect::{Asks, Changes, Reads};
use Service::{Fetcher, Results, Runs, Traces};

const GET: Method = Method::GET;
const POST: Method = Method::POST;

/// `*` stands for one segment.
const ALLOWED: &[(Service, Method, &str, Effect)] = &[
    (Fetcher, GET, "/nodes", Reads),
    (Fetcher, GET, "/v1/completeness", Reads),
    (Fetcher, GET, "/v1/sessions", Reads),
    (Fetcher, POST, "/freeze", Changes),
    (Fetcher, POST, "/unfreeze", Changes),
    (Fetcher, POST, "/reset", Changes),
    (Traces, GET, "/v1/traces/*/*/*", Reads),
    (Traces, GET, "/v1/traces/*/*/*/checkpoints/*", Reads),
    (Traces, GET, "/v1/traces/*/*/*/export", Reads),
    (Traces, GET, "/v1/trace-diff", Reads),
    (Results, GET, "/v1/attribution", Reads),
    (Results, GET, "/v1/blocks", Reads),
    (Results, GET, "/v1/blocks/matrix", Reads),
    (Results, GET, "/v1/blocks/*", Reads),
    (Results, GET, "/v1/checkpoints", Reads),
    (Results, GET, "/v1/checkpoints/*", Reads),
    (Results, GET, "/v1/comparison", Reads),
    (Results, GET, "/v1/completeness/minutes", Reads),
    (Results, GET, "/v1/database", Reads),
    (Results, GET, "/v1/deployments", Reads),
    (Results, GET, "/v1/experiments", Reads),
    (Results, GET, "/v1/experiments/*/results", Reads),
    (Results, GET, "/v1/gaps", Reads),
    (Results, GET, "/v1/incidents", Reads),
    (Results, GET, "/v1/leases", Reads),
    (Results, GET, "/v1/nodes", Reads),
    (Results, GET, "/v1/nodes/*", Reads),
    (Results, GET, "/v1/overview", Reads),
    (Results, GET, "/v1/series", Reads),
    (Results, GET, "/v1/snark-work", Reads),
    (Results, GET, "/v1/transactions", Reads),
    (Results, GET, "/v1/transactions/flow", Reads),
    (Results, GET, "/v1/transactions/latency", Reads),
    (Results, GET, "/v1/transactions/*", Reads),
    (Results, GET, "/v1/audit", Asks),
    (Results, GET, "/v1/tokens", Asks),
    (Results, POST, "/v1/tokens", Changes),
    (Results, Method::DELETE, "/v1/tokens/*", Changes),
    (Results, POST, "/deployments", Changes),
    (Results, POST, "/tracing/cleanup", Changes),
    (Results, Method::PATCH, "/v1/deployments/*", Changes),
    (Results, Method::DELETE, "/v1/deployments/*", Changes),
    (Runs, GET, "/v1/experiments", Reads),
    (Runs, GET, "/v1/experiments/*", Reads),
    (Runs, GET, "/v1/experiments/*/events", Reads),
    (Runs, GET, "/v1/experiments/*/journal", Reads),
    (Runs, GET, "/v1/parameters", Reads),
    // Starts nothing, but takes the orchestrator's time and memory: as there, it needs a token of
    // the visitor's own.
    (Runs, POST, "/v1/experiments/plan", Asks),
    (Runs, POST, "/v1/experiments", Changes),
    (Runs, POST, "/v1/experiments/*/cancel", Changes),
];

/// A request that may be passed on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Passed<'a> {
    pub(crate) service: Service,
    /// The path at the service, encoded as it came.
    pub(crate) path: String,
    pub(crate) effect: Effect,
    /// The path's pattern, for figures.
    pub(crate) pattern: &'a str,
}

/// What `/api/<name><rest>` means, if it may be passed on. `rest` is encoded as it came.
pub(crate) fn find(method: &Method, name: &str, rest: &str) -> Option<Passed<'static>> {
    let service = Service::ALL
        .into_iter()
        .find(|service| service.key() == name)?;
    // `HEAD` asks what `GET` would answer.
    let method = if method == Method::HEAD { &GET } else { method };
    let (_, _, pattern, effect) = ALLOWED.iter().find(|(owner, allowed, pattern, _)| {
        *owner == service && allowed == method && fits(pattern, rest)
    })?;
    let below_api = rest.starts_with("/v1/") || (service == Results && *effect == Changes);
    let path = if below_api {
        format!("/api{rest}")
    } else {
        rest.to_owned()
    };
    Some(Passed {
        service,
        path,
        effect: *effect,
        pattern,
    })
}

fn fits(pattern: &str, path: &str) -> bool {
    let mut wanted = pattern.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("*"), Some(segment)) if is_name(segment) => {}
            (Some(wanted), Some(segment)) if wanted == segment => {}
            _ => return false,
        }
    }
}

/// Whether a segment names something. A segment of dots, encoded or not, would lead elsewhere.
fn is_name(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    !plain.is_empty() && plain != "." && plain != ".." && !plain.contains('\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(method: &Method, name: &str, rest: &str) -> Option<String> {
        find(method, name, rest).map(|passed| passed.path)
    }

    #[test]
    fn paths_are_those_of_the_services() {
        for (method, name, rest, expected) in [
            (GET, "fetcher", "/nodes", "/nodes"),
            (POST, "fetcher", "/freeze", "/freeze"),
            (GET, "fetcher", "/v1/sessions", "/api/v1/sessions"),
            (GET, "results", "/v1/nodes/a%2Fb", "/api/v1/nodes/a%2Fb"),
            (Method::HEAD, "results", "/v1/nodes", "/api/v1/nodes"),
            (POST, "results", "/deployments", "/api/deployments"),
            (
                Method::DELETE,
                "results",
                "/v1/deployments/7",
                "/api/v1/deployments/7",
            ),
            (
                GET,
                "runs",
                "/v1/experiments/a%20b/events",
                "/api/v1/experiments/a%20b/events",
            ),
        ] {
            assert_eq!(
                path(&method, name, rest).as_deref(),
                Some(expected),
                "{rest}"
            );
        }
    }

    #[test]
    fn what_is_not_in_the_list_is_not_passed_on() {
        for (method, name, rest) in [
            (GET, "fetcher", "/freeze"),
            (GET, "fetcher", "/reset"),
            (GET, "fetcher", "/metrics"),
            (POST, "traces", "/graphql"),
            (POST, "fetcher", "/nodes"),
            (GET, "results", "/v1/nodes/"),
            (GET, "results", "/v1/nodes/.."),
            (GET, "results", "/v1/nodes/%2e%2E"),
            (GET, "results", "/v1/nodes/a/b"),
            (GET, "results", "//v1/nodes"),
            (POST, "results", "/node-restarts"),
            (Method::PUT, "results", "/v1/deployments/7"),
            (GET, "simnet", "/api/v1/network"),
            (GET, "", "/nodes"),
        ] {
            assert_eq!(path(&method, name, rest), None, "{method} {name}{rest}");
        }
    }

    #[test]
    fn only_get_is_reading() {
        for (_, method, pattern, effect) in ALLOWED {
            let is_question = *pattern == "/v1/experiments/plan";
            assert_eq!(
                *effect != Changes,
                *method == GET || is_question,
                "{pattern}"
            );
            assert!(*effect != Reads || *method == GET, "{method} {pattern}");
        }
    }
}
