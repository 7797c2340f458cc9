//! What `loadlab simnet` prints: its nodes and where everything is.

use std::fmt::Write as _;

use simnet::Description;

use crate::output::{self, OutputFormat};

pub(super) fn print(description: &Description, format: OutputFormat) -> anyhow::Result<()> {
    match format {
        OutputFormat::Text => output::print(&text(description)),
        OutputFormat::Json => output::print_json(description),
    }
}

fn text(description: &Description) -> String {
    let headers = ["NODE", "ITN", "PUBLIC GRAPHQL", "PRODUCES", "SUBMITTER"];
    let rows = description.nodes.iter().map(|node| {
        [
            node.name.clone(),
            node.itn.to_string(),
            node.public_graphql.to_string(),
            if node.is_block_producer { "blocks" } else { "" }.to_owned(),
            node.submitter.clone(),
        ]
    });
    let rows: Vec<[String; 5]> = std::iter::once(headers.map(str::to_owned))
        .chain(rows)
        .collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    // writing to a string cannot fail
    let _written = writeln!(text, "\nstatus  http://{}", description.status);
    if let Some(folder) = &description.folder {
        let _written = writeln!(text, "folder  {folder}");
    }
    text
}

#[cfg(test)]
mod tests {
    use simnet::NodeInfo;

    use super::*;

    #[test]
    fn the_table_is_aligned() {
        let node = |name: &str, port| NodeInfo {
            name: name.to_owned(),
            itn: ([127, 0, 0, 1], port).into(),
            public_graphql: ([127, 0, 0, 1], port + 1).into(),
            submitter: "B62q".to_owned(),
            peer_id: "12D3".to_owned(),
            is_block_producer: port < 1_000,
            is_running: true,
        };
        let description = Description {
            status: ([127, 0, 0, 1], 80).into(),
            folder: Some("net".to_owned()),
            time_scale: 1,
            nodes: vec![node("a", 80), node("whale-0", 10_000)],
        };
        assert_eq!(
            text(&description),
            "\
NODE     ITN              PUBLIC GRAPHQL   PRODUCES  SUBMITTER
a        127.0.0.1:80     127.0.0.1:81     blocks    B62q
whale-0  127.0.0.1:10000  127.0.0.1:10001            B62q

status  http://127.0.0.1:80
folder  net
"
        );
    }
}
