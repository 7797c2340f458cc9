//! A checkpoint tree as text: names, offsets, durations, and bars.

use trace::flat::FlatCheckpoint;
use trace::tree::TreeNode;

/// The widest that a bar becomes, in characters.
const BAR_MAX: usize = 60;
/// The narrowest that is still of use.
const BAR_MIN: usize = 10;
/// Columns of offset and duration with their blanks.
const NUMBERS: usize = 2 * 13;

/// Lays out the nodes of a tree, in depth-first order, in lines of at most
/// `width` characters.
pub(crate) fn tree(checkpoints: &[FlatCheckpoint], nodes: &[TreeNode], width: usize) -> String {
    let Some(start) = nodes.first().map(|node| checkpoints[node.index].started_at) else {
        return "no checkpoints\n".to_owned();
    };
    let end = nodes
        .iter()
        .map(|node| checkpoints[node.index].started_at + node.duration)
        .fold(start, f64::max);
    let label = |node: &TreeNode| 2 * node.depth + checkpoints[node.index].name.chars().count();
    let labels = nodes
        .iter()
        .map(label)
        .max()
        .unwrap_or(0)
        .max("checkpoint".len());
    let bar = width
        .saturating_sub(labels + NUMBERS + 1)
        .clamp(BAR_MIN, BAR_MAX);
    let mut text = format!(
        "{:<labels$} {:>12} {:>12}\n",
        "checkpoint", "offset", "duration"
    );
    for node in nodes {
        let checkpoint = &checkpoints[node.index];
        let offset = checkpoint.started_at - start;
        let indent = 2 * node.depth;
        let line = format!(
            "{:indent$}{:<name$} {:>12} {:>12} {}",
            "",
            checkpoint.name,
            duration(offset),
            duration(node.duration),
            bar_text(offset, node.duration, end - start, bar),
            name = labels - indent,
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A bar from `offset` on, `duration` long, on a scale of `total` seconds.
fn bar_text(offset: f64, duration: f64, total: f64, width: usize) -> String {
    if total <= 0.0 {
        return String::new();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a small width"
    )]
    let column = |seconds: f64| ((seconds / total) * width as f64).round() as usize;
    let start = column(offset).min(width);
    let end = column(offset + duration).clamp(start, width);
    // What is too short for a character still has a place.
    let mark = if end == start {
        "·".to_owned()
    } else {
        "█".repeat(end - start)
    };
    format!("{}{mark}", " ".repeat(start.min(width - 1)))
}

/// Seconds in the unit that fits: `46.0 µs`, `368.790 ms`, `4.349 s`; `?` for what is no duration.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds.is_nan() || seconds < 0.0 {
        "?".to_owned()
    } else if seconds == 0.0 {
        "0".to_owned()
    } else if seconds < 0.001 {
        format!("{:.1} µs", seconds * 1e6)
    } else if seconds < 1.0 {
        format!("{:.3} ms", seconds * 1e3)
    } else {
        format!("{seconds:.3} s")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use trace::{Compatibility, tree};

    use super::*;

    fn laid_out(width: usize) -> String {
        let checkpoints: Vec<FlatCheckpoint> = [
            ("External_block_received", 100.0),
            ("Build_breadcrumb", 100.3),
            ("Validate_staged_ledger_diff", 100.301),
            ("Check_completed_works", 100.302),
            ("Create_breadcrumb", 100.5),
            ("Breadcrumb_integrated", 101.0),
        ]
        .into_iter()
        .map(|(name, started_at)| FlatCheckpoint {
            name: name.to_owned(),
            started_at,
            duration: 0.0,
            metadata: Map::new(),
        })
        .collect();
        let times: Vec<(&str, f64)> = checkpoints
            .iter()
            .map(|checkpoint| (checkpoint.name.as_str(), checkpoint.started_at))
            .collect();
        let nodes = tree::build(&times, Compatibility::Corrected);
        super::tree(&checkpoints, &nodes, width)
    }

    #[test]
    fn a_tree_has_offsets_durations_and_bars() {
        insta::assert_snapshot!(laid_out(100));
    }

    #[test]
    fn a_narrow_terminal_still_gets_bars() {
        insta::assert_snapshot!(laid_out(40));
    }

    #[test]
    fn an_empty_tree_says_so() {
        assert_eq!(super::tree(&[], &[], 80), "no checkpoints\n");
    }

    #[test]
    fn durations_have_the_unit_that_fits() {
        assert_eq!(duration(0.0), "0");
        assert_eq!(duration(-2_700.296), "?");
        assert_eq!(duration(4.6e-5), "46.0 µs");
        assert_eq!(duration(0.36879), "368.790 ms");
        assert_eq!(duration(4.349), "4.349 s");
    }
}
