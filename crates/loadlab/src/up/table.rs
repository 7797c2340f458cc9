//! What `loadlab up` prints: where everything is, what is off, and what to do next.

use std::fmt::Write as _;

use super::Lab;
use crate::services::Service;

pub(crate) fn text(lab: &Lab, database_url: &str) -> String {
    let mut rows = vec![("PostgreSQL".to_owned(), database_url.to_owned())];
    for service in &lab.running {
        let url = lab.addresses.url(*service) + service.page();
        rows.push((service.to_string(), url));
    }
    let mut text = String::new();
    if let Some(simnet) = &lab.simnet {
        let description = simnet.description();
        // writing to a string cannot fail
        let _written = writeln!(
            text,
            "{} nodes at {} times real time\n",
            description.nodes.len(),
            description.time_scale
        );
        rows.push((
            "simnet".to_owned(),
            format!("http://{}", description.status),
        ));
        rows.push((
            "keys and files".to_owned(),
            description.folder.unwrap_or_default(),
        ));
    }
    text.push_str(&table(&rows, &lab.off));
    text.push_str("\nCtrl-C stops everything.\n");
    text
}

fn table(rows: &[(String, String)], off: &[(Service, String)]) -> String {
    let mut text = String::new();
    for (name, value) in rows {
        // writing to a string cannot fail
        let _written = writeln!(text, "  {name:<16}  {value}");
    }
    for (service, why) in off {
        let _written = writeln!(text, "  {:<16}  off: {why}", service.to_string());
    }
    if !off.is_empty() {
        text.push_str("\n`loadlab init` writes a file for settings.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_where_everything_is_and_what_is_off() {
        let rows = [(
            "log API".to_owned(),
            "http://127.0.0.1:9080/graphql".to_owned(),
        )];
        let off = [(Service::Orchestrator, "set CONFIG".to_owned())];
        assert_eq!(
            table(&rows, &off),
            "  log API           http://127.0.0.1:9080/graphql\n  \
             orchestrator      off: set CONFIG\n\n\
             `loadlab init` writes a file for settings.\n"
        );
    }
}
