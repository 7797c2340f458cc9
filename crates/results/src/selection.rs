//! Sets of block traces as they are written in addresses: `blocks:868..871;nodes:a,b`,
//! `run:ramp-3;round:4`, `source:External`, `slower:p95`, `faster:p50`.

/// Where nodes get blocks from, as traces name it.
pub const SOURCES: [&str; 5] = ["External", "Internal", "Catchup", "Reconstruct", "Unknown"];

/// Which block traces. Empty parts select everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Heights, both ends included.
    pub heights: Option<(i64, i64)>,
    /// State hash of one block.
    pub hash: Option<String>,
    /// Nodes.
    pub nodes: Option<Vec<String>>,
    /// The time of a run.
    pub run: Option<String>,
    /// The time of one of its rounds.
    pub round: Option<i32>,
    /// Where the nodes got the blocks from: one of [`SOURCES`].
    pub source: Option<String>,
    /// Only traces that are slower than this percentage of those selected.
    pub slower_percent: Option<usize>,
    /// Only the others: traces that are at most as slow as this percentage of those selected.
    pub faster_percent: Option<usize>,
}

/// Why a text is no selection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{part}\" is no part of a selection: {expected}")]
pub struct SelectionError {
    part: String,
    expected: &'static str,
}

impl Selection {
    /// Reads parts with `;` between them. Errors: [`SelectionError`] names the wrong part.
    pub fn parse(text: &str) -> Result<Self, SelectionError> {
        let mut selection = Self::default();
        for part in text.split(';').filter(|part| !part.trim().is_empty()) {
            let wrong = |expected| SelectionError {
                part: part.to_owned(),
                expected,
            };
            let (key, value) = part.split_once(':').ok_or_else(|| {
                wrong(
                    "write blocks:, hash:, nodes:, run:, round:, source:, slower: or faster:, \
                       and a value",
                )
            })?;
            match key.trim() {
                "blocks" => {
                    let heights = heights(value)
                        .ok_or_else(|| wrong("heights are written as 868 or 868..871"))?;
                    selection.heights = Some(heights);
                }
                "hash" => selection.hash = Some(value.to_owned()),
                "nodes" => selection.nodes = Some(value.split(',').map(str::to_owned).collect()),
                "run" => selection.run = Some(value.to_owned()),
                "round" => {
                    let round = value.parse().ok().filter(|round| *round >= 0);
                    selection.round =
                        Some(round.ok_or_else(|| wrong("a round is a number from 0"))?);
                }
                "source" => {
                    let source = SOURCES
                        .iter()
                        .find(|source| source.eq_ignore_ascii_case(value.trim()));
                    selection.source = Some(
                        (*source.ok_or_else(|| {
                            wrong("a source is External, Internal, Catchup, Reconstruct or Unknown")
                        })?)
                        .to_owned(),
                    );
                }
                "slower" => {
                    let percent = percent(value);
                    selection.slower_percent =
                        Some(percent.ok_or_else(|| wrong("write slower:p1 to slower:p99"))?);
                }
                "faster" => {
                    let percent = percent(value);
                    selection.faster_percent =
                        Some(percent.ok_or_else(|| wrong("write faster:p1 to faster:p99"))?);
                }
                _ => {
                    return Err(wrong(
                        "the parts are blocks:, hash:, nodes:, run:, round:, source:, slower: and faster:",
                    ));
                }
            }
        }
        if selection.round.is_some() && selection.run.is_none() {
            return Err(SelectionError {
                part: text.to_owned(),
                expected: "a round is one of a run: give the run, too",
            });
        }
        Ok(selection)
    }
}

fn percent(text: &str) -> Option<usize> {
    let percent = text.strip_prefix('p')?.parse().ok()?;
    (1..=99).contains(&percent).then_some(percent)
}

fn heights(text: &str) -> Option<(i64, i64)> {
    let (from, until) = text.split_once("..").unwrap_or((text, text));
    let heights = (from.parse().ok()?, until.parse().ok()?);
    (heights.0 <= heights.1 && heights.0 >= 0).then_some(heights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_read() {
        let read = Selection::parse(
            "blocks:868..871;nodes:a,b;run:ramp-3;round:4;source:external;slower:p95;faster:p99",
        );
        let expected = Selection {
            heights: Some((868, 871)),
            hash: None,
            nodes: Some(vec!["a".to_owned(), "b".to_owned()]),
            run: Some("ramp-3".to_owned()),
            round: Some(4),
            source: Some("External".to_owned()),
            slower_percent: Some(95),
            faster_percent: Some(99),
        };
        assert_eq!(read, Ok(expected));
        let one = Selection::parse("blocks:7;").unwrap();
        assert_eq!(one.heights, Some((7, 7)));
        assert_eq!(Selection::parse(""), Ok(Selection::default()));
    }

    #[test]
    fn a_wrong_part_is_named() {
        for (text, part) in [
            ("blocks:9..8", "blocks:9..8"),
            ("nodes:a;blocks:x", "blocks:x"),
            ("slower:p100", "slower:p100"),
            ("faster:50", "faster:50"),
            ("run:a;round:-1", "round:-1"),
            ("fast", "fast"),
            ("speed:9", "speed:9"),
            ("source:disk", "source:disk"),
            ("round:1", "round:1"),
        ] {
            let error = Selection::parse(text).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("\"{part}\" is no part")),
                "{error}"
            );
        }
    }
}
