//! The lines of one block, with blanks for what differs from block to block.

use std::sync::Arc;

use mina::StateHash;
use trace::Process;

use crate::log::{ControlItem, LogBody};

/// Time, process and JSON of each line, separated by tabs: an empty block from outside, with the
/// order and the median durations of today's daemons.
const EXTERNAL_BLOCK: &str = include_str!("external_block.tsv");

/// Who made all these blocks.
const CREATOR: &str = "B62qjRMUQStdTQwkBLqAXVL3XKSZJCS3g5JGwKnMtszjnBwZhQHqwcz";

/// The lines of a block.
#[derive(Debug)]
pub(super) struct Template {
    lines: Vec<TemplateLine>,
}

#[derive(Debug)]
pub(super) struct TemplateLine {
    /// After the beginning of the block.
    pub(super) offset_micros: u64,
    pub(super) process: Process,
    body: TemplateBody,
}

#[derive(Debug)]
enum TemplateBody {
    /// The same for all blocks.
    Fixed(LogBody),
    /// Items whose values have blanks.
    Blanks(Vec<(Arc<str>, String)>),
}

impl Template {
    pub(super) fn new() -> Self {
        Self {
            lines: EXTERNAL_BLOCK.lines().filter_map(parse).collect(),
        }
    }

    pub(super) fn lines(&self) -> &[TemplateLine] {
        &self.lines
    }

    /// A line of the block with this number.
    pub(super) fn render(&self, line: usize, block: u64) -> Option<(Process, LogBody)> {
        let line = self.lines.get(line)?;
        let body = match &line.body {
            TemplateBody::Fixed(body) => body.clone(),
            TemplateBody::Blanks(items) => LogBody::Control(
                items
                    .iter()
                    .map(|(item, value)| ControlItem {
                        item: Arc::clone(item),
                        value: fill(value, block).into(),
                    })
                    .collect(),
            ),
        };
        Some((line.process, body))
    }
}

fn parse(line: &str) -> Option<TemplateLine> {
    let mut parts = line.splitn(3, '\t');
    let offset_micros = parts.next()?.parse().ok()?;
    let process = match parts.next()? {
        "verifier" => Process::Verifier,
        _ => Process::Main,
    };
    let json: serde_json::Value = serde_json::from_str(parts.next()?).ok()?;
    let body = match &json {
        serde_json::Value::Object(items) => {
            let items: Vec<(Arc<str>, String)> = items
                .iter()
                .map(|(item, value)| (item.as_str().into(), value.to_string()))
                .collect();
            if items.iter().any(|(_, value)| value.contains('$')) {
                TemplateBody::Blanks(items)
            } else {
                TemplateBody::Fixed(control(items))
            }
        }
        name => TemplateBody::Fixed(LogBody::Checkpoint(name.as_str()?.into())),
    };
    Some(TemplateLine {
        offset_micros,
        process,
        body,
    })
}

fn control(items: impl IntoIterator<Item = (Arc<str>, String)>) -> LogBody {
    LogBody::Control(
        items
            .into_iter()
            .map(|(item, value)| ControlItem {
                item,
                value: value.into(),
            })
            .collect(),
    )
}

fn fill(value: &str, block: u64) -> String {
    let call = 2 * block + 1;
    value
        .replace("$HASH", &state_hash(block + 1))
        .replace("$PARENT", &state_hash(block))
        .replace("$HEIGHT", &(block + 2).to_string())
        .replace("$CREATOR", CREATOR)
        .replace("\"$CALL\"", &call.to_string())
        .replace("\"$NEXT_CALL\"", &(call + 1).to_string())
}

/// A hash that no other block of a generator has.
fn state_hash(block: u64) -> String {
    let mut bytes = [0x5A; 32];
    bytes[..8].copy_from_slice(&block.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
    // The greatest byte is below that of the modulus.
    bytes[31] = 0x11;
    StateHash::from_bytes(bytes).map_or_else(|_| String::new(), |hash| hash.to_string())
}

/// An entry of a burst: four are the arrival and the refusal of one snark work that is known.
pub(crate) fn burst_entry(index: u64) -> LogBody {
    const PROVER: &str = "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i";
    let first = index / 4 * 2 % (1 << 30);
    let details = |reason: &str| {
        let value = format!(
            r#"{{"fee":"0.01","prover":"{PROVER}",{reason}"sender":"10.233.97.39","work_ids":[{first},{}]}}"#,
            first + 1
        );
        control([("metadata".into(), value)])
    };
    match index % 4 {
        0 => LogBody::Checkpoint("Snark_work_received".into()),
        1 => details(""),
        2 => LogBody::Checkpoint("Snark_work_rejected".into()),
        _ => details(r#""reason":"fee_equal","#),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_template_is_read_and_filled() {
        let template = Template::new();
        assert_eq!(template.lines().len(), EXTERNAL_BLOCK.lines().count());
        let mut blanks = 0;
        for line in 0..template.lines().len() {
            let (_, body) = template.render(line, 7).unwrap();
            if let LogBody::Control(items) = &body {
                for item in items.iter() {
                    assert!(!item.value.contains('$'), "{}", item.value);
                    serde_json::from_str::<serde_json::Value>(&item.value).unwrap();
                }
            }
            blanks += usize::from(Some(body) != template.render(line, 8).map(|(_, body)| body));
        }
        assert!(blanks > 5, "only {blanks} lines differ between blocks");
    }

    #[test]
    fn blocks_have_hashes_of_their_own_that_are_valid() {
        for block in [0, 1, 2, u64::MAX] {
            state_hash(block).parse::<StateHash>().unwrap();
        }
        assert_ne!(state_hash(1), state_hash(2));
    }

    #[test]
    fn a_burst_is_made_of_refused_works() {
        let names: Vec<String> = (0..4)
            .map(|index| format!("{:?}", burst_entry(index)))
            .collect();
        assert!(names[0].contains("Snark_work_received"));
        assert!(names[2].contains("Snark_work_rejected"));
        assert!(names[3].contains("fee_equal"));
    }
}
