//! Every route of every service, and what it needs. A route of the sources that is not here fails a
//! test, and so does one here that the sources do not have.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How `up` names a service, and the crate that has its routes.
pub(crate) const SERVICES: [(&str, &str); 7] = [
    ("uptime backend", "uptime-backend"),
    ("log fetcher", "log-fetcher"),
    ("log API", "log-api"),
    ("experiments API", "experiments-api"),
    ("orchestrator", "orchestrator"),
    ("dashboard", "dashboard"),
    ("simnet", "simnet"),
];

/// What a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Nothing, whatever is configured: what nodes and their readers ask, the greeting of a service,
    /// whose token a request has.
    Open,
    /// A token where reading is restricted.
    Read,
    /// A token where there are tokens.
    Ask,
    /// The role operator where there are tokens.
    Change,
    /// On the trace ports of nodes; as [`Self::Read`].
    TracePort,
    /// At a simulated node, which checks signatures and knows no tokens.
    Node,
}

/// Crate, method (`ANY` for all), path, rule.
pub(crate) const ROUTES: [(&str, &str, &str, Rule); 87] = [
    ("log-fetcher", "ANY", "/freeze", Rule::Change),
    ("log-fetcher", "ANY", "/unfreeze", Rule::Change),
    ("log-fetcher", "ANY", "/reset", Rule::Change),
    ("log-fetcher", "GET", "/nodes", Rule::Read),
    ("log-fetcher", "GET", "/api/v1/completeness", Rule::Read),
    ("log-fetcher", "GET", "/api/v1/sessions", Rule::Read),
    ("log-fetcher", "GET", "/api/v1/summary", Rule::Read),
    ("log-fetcher", "ANY", "/graphql", Rule::TracePort),
    ("uptime-backend", "ANY", "/v1/submit", Rule::Open),
    ("uptime-backend", "ANY", "/v1/online", Rule::Open),
    ("log-api", "ANY", "/", Rule::Open),
    ("log-api", "ANY", "/graphql", Rule::Read),
    ("log-api", "GET", "/graphiql/{file}", Rule::Read),
    ("log-api", "GET", "/api/v1/trace-diff", Rule::Read),
    (
        "log-api",
        "GET",
        "/api/v1/traces/{deployment}/{node}/{hash}",
        Rule::Read,
    ),
    (
        "log-api",
        "GET",
        "/api/v1/traces/{deployment}/{node}/{hash}/checkpoints/{index}",
        Rule::Read,
    ),
    (
        "log-api",
        "GET",
        "/api/v1/traces/{deployment}/{node}/{hash}/export",
        Rule::Read,
    ),
    ("experiments-api", "POST", "/api/deployments", Rule::Change),
    (
        "experiments-api",
        "POST",
        "/api/node-restarts",
        Rule::Change,
    ),
    (
        "experiments-api",
        "POST",
        "/api/tracing/cleanup",
        Rule::Change,
    ),
    ("experiments-api", "POST", "/api/v1/tokens", Rule::Change),
    (
        "experiments-api",
        "DELETE",
        "/api/v1/tokens/{id}",
        Rule::Change,
    ),
    (
        "experiments-api",
        "PATCH",
        "/api/v1/deployments/{id}",
        Rule::Change,
    ),
    (
        "experiments-api",
        "DELETE",
        "/api/v1/deployments/{id}",
        Rule::Change,
    ),
    ("experiments-api", "GET", "/api/v1/tokens", Rule::Ask),
    ("experiments-api", "GET", "/api/v1/audit", Rule::Ask),
    ("experiments-api", "GET", "/api/v1/session", Rule::Open),
    (
        "experiments-api",
        "GET",
        "/api/experiment/{name}",
        Rule::Read,
    ),
    ("experiments-api", "GET", "/api/experiments", Rule::Read),
    ("experiments-api", "GET", "/api/experiments/", Rule::Read),
    ("experiments-api", "GET", "/api/v1/attribution", Rule::Read),
    ("experiments-api", "GET", "/api/v1/blocks", Rule::Read),
    (
        "experiments-api",
        "GET",
        "/api/v1/blocks/matrix",
        Rule::Read,
    ),
    (
        "experiments-api",
        "GET",
        "/api/v1/blocks/{hash}",
        Rule::Read,
    ),
    ("experiments-api", "GET", "/api/v1/checkpoints", Rule::Read),
    (
        "experiments-api",
        "GET",
        "/api/v1/checkpoints/{name}",
        Rule::Read,
    ),
    ("experiments-api", "GET", "/api/v1/comparison", Rule::Read),
    (
        "experiments-api",
        "GET",
        "/api/v1/completeness/minutes",
        Rule::Read,
    ),
    ("experiments-api", "GET", "/api/v1/database", Rule::Read),
    ("experiments-api", "GET", "/api/v1/leases", Rule::Read),
    ("experiments-api", "GET", "/api/v1/deployments", Rule::Read),
    ("experiments-api", "GET", "/api/v1/experiments", Rule::Read),
    (
        "experiments-api",
        "GET",
        "/api/v1/experiments/{name}",
        Rule::Read,
    ),
    (
        "experiments-api",
        "GET",
        "/api/v1/experiments/{name}/events",
        Rule::Read,
    ),
    (
        "experiments-api",
        "GET",
        "/api/v1/experiments/{name}/journal",
        Rule::Read,
    ),
    (
        "experiments-api",
        "GET",
        "/api/v1/experiments/{name}/results",
        Rule::Read,
    ),
    ("experiments-api", "GET", "/api/v1/gaps", Rule::Read),
    ("experiments-api", "GET", "/api/v1/incidents", Rule::Read),
    ("experiments-api", "GET", "/api/v1/nodes", Rule::Read),
    ("experiments-api", "GET", "/api/v1/nodes/{name}", Rule::Read),
    ("experiments-api", "GET", "/api/v1/overview", Rule::Read),
    ("experiments-api", "GET", "/api/v1/series", Rule::Read),
    ("experiments-api", "GET", "/api/v1/snark-work", Rule::Read),
    ("experiments-api", "GET", "/api/v1/transactions", Rule::Read),
    (
        "experiments-api",
        "GET",
        "/api/v1/transactions/flow",
        Rule::Read,
    ),
    (
        "experiments-api",
        "GET",
        "/api/v1/transactions/latency",
        Rule::Read,
    ),
    (
        "experiments-api",
        "GET",
        "/api/v1/transactions/{hash}",
        Rule::Read,
    ),
    (
        "orchestrator",
        "POST",
        "/api/v0/experiment/run",
        Rule::Change,
    ),
    (
        "orchestrator",
        "POST",
        "/api/v0/experiment/cancel",
        Rule::Change,
    ),
    ("orchestrator", "POST", "/api/v1/experiments", Rule::Change),
    (
        "orchestrator",
        "POST",
        "/api/v1/experiments/{name}/cancel",
        Rule::Change,
    ),
    ("orchestrator", "POST", "/api/v0/experiment/test", Rule::Ask),
    (
        "orchestrator",
        "POST",
        "/api/v1/experiments/plan",
        Rule::Ask,
    ),
    (
        "orchestrator",
        "GET",
        "/api/v0/experiment/status",
        Rule::Read,
    ),
    ("orchestrator", "GET", "/api/v1/experiments", Rule::Read),
    (
        "orchestrator",
        "GET",
        "/api/v1/experiments/{name}",
        Rule::Read,
    ),
    (
        "orchestrator",
        "GET",
        "/api/v1/experiments/{name}/journal",
        Rule::Read,
    ),
    (
        "orchestrator",
        "GET",
        "/api/v1/experiments/{name}/events",
        Rule::Read,
    ),
    ("orchestrator", "GET", "/api/v1/parameters", Rule::Read),
    ("dashboard", "GET", "/api/lab/v1/session", Rule::Open),
    ("dashboard", "POST", "/api/lab/v1/session", Rule::Open),
    ("dashboard", "DELETE", "/api/lab/v1/session", Rule::Open),
    ("dashboard", "GET", "/api/lab/v1/clock", Rule::Read),
    ("dashboard", "GET", "/api/lab/v1/search", Rule::Read),
    ("dashboard", "GET", "/api/lab/v1/services", Rule::Read),
    ("dashboard", "GET", "/api/lab/v1/state", Rule::Read),
    ("dashboard", "GET", "/api/lab/v1/stream", Rule::Read),
    ("simnet", "POST", "/api/v1/faults", Rule::Change),
    (
        "simnet",
        "POST",
        "/api/v1/nodes/{name}/created-accounts",
        Rule::Change,
    ),
    ("simnet", "GET", "/", Rule::Read),
    ("simnet", "GET", "/api/v1/network", Rule::Read),
    (
        "simnet",
        "GET",
        "/api/v1/nodes/{name}/scheduled-transactions",
        Rule::Read,
    ),
    (
        "simnet",
        "GET",
        "/api/v1/nodes/{name}/scheduler-runs",
        Rule::Read,
    ),
    ("simnet", "ANY", "/graphql", Rule::Node),
    ("simnet", "ANY", "/", Rule::Node),
    ("simnet", "ANY", "/status", Rule::Node),
    ("simnet", "ANY", "/status/performance", Rule::Node),
];

/// The description of its routes, which all but the log API give to everybody.
pub(crate) const DESCRIPTION: &str = "/api/v1/openapi.json";

/// For operators of the machine, at every service.
pub(crate) const HEALTH: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The methods that a test tries.
pub(crate) fn methods(method: &str) -> Vec<&str> {
    match method {
        "ANY" => vec!["GET", "POST"],
        one => vec![one],
    }
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The text of a call from behind its opening bracket to the closing one.
fn arguments(call: &str) -> &str {
    let mut depth = 1;
    let end = call.find(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    &call[..end.unwrap()]
}

/// The methods that handlers are given for, as `get(…).post(…)`.
fn methods_of(handlers: &str) -> Vec<&'static str> {
    const ALL: [(&str, &str); 9] = [
        ("any", "ANY"),
        ("get", "GET"),
        ("post", "POST"),
        ("put", "PUT"),
        ("patch", "PATCH"),
        ("delete", "DELETE"),
        ("head", "HEAD"),
        ("options", "OPTIONS"),
        ("on", "ANY"),
    ];
    let calls = |name: &str| {
        let call = format!("{name}(");
        handlers.match_indices(&call).any(|(at, _)| {
            let before = handlers[..at].chars().next_back();
            before.is_none_or(|before| !before.is_alphanumeric() && before != '_')
        })
    };
    let found = ALL.iter().filter(|(name, _)| calls(name));
    found.map(|(_, method)| *method).collect()
}

/// The sources of a crate, but for its tests.
fn code_of(krate: &str) -> Vec<String> {
    let mut files = Vec::new();
    files_below(&crates().join(krate).join("src"), &mut files);
    files.sort_unstable();
    let files = files.iter();
    let files = files.filter(|file| file.file_stem().is_some_and(|name| name != "tests"));
    let code = files.map(|file| {
        let text = std::fs::read_to_string(file).unwrap();
        text.split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap()
            .to_owned()
    });
    code.collect()
}

/// Method and path of all routes in the sources of a crate.
fn routes_of(krate: &str) -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for code in code_of(krate) {
        for call in code.split(".route(").skip(1) {
            let arguments = arguments(call);
            let path = arguments.split('"').nth(1).unwrap();
            let methods = methods_of(arguments.rsplit('"').next().unwrap());
            assert!(
                !methods.is_empty(),
                "{krate}: methods of {path} are not found"
            );
            for method in methods {
                routes.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    routes
}

/// Calls that answer paths which no `.route(` names.
const OTHER_CALLS: [&str; 6] = [
    "nest",
    "nest_service",
    "route_service",
    "fallback",
    "fallback_service",
    "method_not_allowed_fallback",
];

/// Those that there are: crate, call, how its arguments begin.
const OTHERS: [(&str, &str, &str); 8] = [
    // Files of the page, and what it passes on: that is checked against the table, too.
    ("dashboard", "fallback", "rest"),
    // Says that there is nothing.
    ("experiments-api", "fallback", "async || Refused::NotFound"),
    ("log-api", "fallback", "async || (StatusCode::NOT_FOUND,"),
    ("log-fetcher", "fallback", "async || StatusCode::NOT_FOUND"),
    // Says that the method is not allowed.
    ("log-fetcher", "fallback", "not_allowed"),
    // At a simulated node, which knows no tokens.
    ("simnet", "fallback", "move |request: Request| {"),
    // There, too.
    ("simnet", "fallback", "|| async { (StatusCode::NOT_FOUND,"),
    // The greeting of the original, at every path.
    ("uptime-backend", "fallback", "async || ROOT_TEXT"),
];

/// The crates that may have routes.
fn crates_with_routes() -> Vec<String> {
    let mut found: Vec<_> = std::fs::read_dir(crates())
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        // The routes of `service` are those for operators, which every service has.
        .filter(|name| !["bench", "service"].contains(&name.as_str()))
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn every_route_is_in_the_table() {
    for krate in crates_with_routes() {
        let listed: BTreeSet<(String, String)> = ROUTES
            .iter()
            .filter(|(name, ..)| *name == krate)
            .map(|(_, method, path, _)| ((*method).to_owned(), (*path).to_owned()))
            .collect();
        assert_eq!(routes_of(&krate), listed, "{krate}");
    }
}

#[test]
fn what_answers_beside_the_routes_is_in_the_table() {
    let mut listed: Vec<_> = OTHERS.iter().map(|_| 0).collect();
    for krate in crates_with_routes() {
        for code in code_of(&krate) {
            for name in OTHER_CALLS {
                for call in code.split(&format!(".{name}(")).skip(1) {
                    let given = arguments(call);
                    let words: Vec<&str> = given.split_whitespace().collect();
                    let given = words.join(" ");
                    let at = OTHERS.iter().position(|(of, call, begin)| {
                        *of == krate && *call == name && given.starts_with(begin)
                    });
                    let at = at.unwrap_or_else(|| {
                        panic!("{krate}: say in this file what `.{name}({given})` needs")
                    });
                    listed[at] += 1;
                }
            }
        }
    }
    assert!(listed.iter().all(|times| *times == 1), "{listed:?}");
}

/// What the dashboard passes on, as its source says: method, path of the page, crate and path of the
/// service that is asked. `*` stands for one segment.
pub(crate) fn passed_on() -> Vec<(String, String, &'static str, String)> {
    let file = crates().join("dashboard/src/allowed.rs");
    let text = std::fs::read_to_string(file).unwrap();
    let (_, table) = text.split_once("const ALLOWED").unwrap();
    let (table, _) = table.split_once("];").unwrap();
    let rows = table.lines().filter_map(|line| {
        let line = line.trim().strip_prefix('(')?;
        let cells: Vec<&str> = line.split(", ").collect();
        let (key, krate) = match cells[0] {
            "Fetcher" => ("fetcher", "log-fetcher"),
            "Traces" => ("traces", "log-api"),
            "Results" => ("results", "experiments-api"),
            "Runs" => ("runs", "orchestrator"),
            other => panic!("say here which crate {other} is"),
        };
        let method = cells[1].rsplit("::").next().unwrap().to_owned();
        let path = cells[2].trim_matches('"');
        let below_api = path.starts_with("/v1/") || krate == "experiments-api";
        let asked = if below_api {
            format!("/api{path}")
        } else {
            path.to_owned()
        };
        Some((method, format!("/api/{key}{path}"), krate, asked))
    });
    rows.collect()
}

/// The rule of the route of a service that a path leads to, in which `*` stands for one segment.
pub(crate) fn rule_of(krate: &str, method: &str, path: &str) -> Option<Rule> {
    let fits = |pattern: &str| {
        let (pattern, path): (Vec<&str>, Vec<&str>) =
            (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len()
            && pattern.iter().zip(path).all(|(wanted, given)| {
                *wanted == given || (wanted.starts_with('{') && given == "*")
            })
    };
    let mut found = ROUTES.iter().filter(|(name, allowed, pattern, _)| {
        *name == krate && methods(allowed).contains(&method) && fits(pattern)
    });
    found.next().map(|(.., rule)| *rule)
}

#[test]
fn whatever_the_dashboard_passes_on_is_a_route_of_a_service() {
    let all = passed_on();
    assert!(all.len() > 40, "{all:?}");
    for (method, page, krate, path) in all {
        let rule = rule_of(krate, &method, &path);
        assert!(rule.is_some(), "{method} {page}: {krate} has no {path}");
    }
}
