//! What `loadlab up` prints: where everything is, and what to do next.

use std::fmt::Write as _;

use super::Lab;

pub(crate) fn text(lab: &Lab, database_url: &str) -> String {
    let addresses = &lab.addresses;
    let description = lab.simnet.description();
    let folder = description.folder.unwrap_or_default();
    let rows = [
        ("PostgreSQL", database_url.to_owned()),
        (
            "uptime backend",
            format!("http://{}/v1/online", addresses.uptime_backend),
        ),
        (
            "log fetcher",
            format!("http://{}/nodes", addresses.log_fetcher),
        ),
        ("log API", format!("http://{}/graphql", addresses.log_api)),
        (
            "experiments API",
            format!("http://{}/api/experiments", addresses.experiments_api),
        ),
        (
            "orchestrator",
            format!("http://{}/api/v1/experiments", addresses.orchestrator),
        ),
        ("simnet", format!("http://{}", description.status)),
        ("keys and files", folder),
    ];
    let mut text = format!(
        "{} nodes at {} times real time\n\n",
        description.nodes.len(),
        description.time_scale
    );
    for (name, value) in rows {
        // writing to a string cannot fail
        let _written = writeln!(text, "  {name:<16}  {value}");
    }
    text.push_str("\nCtrl-C stops everything.\n");
    text
}
