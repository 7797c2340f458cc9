//! The trace that the synthetic ones are made from.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::output::inform;
use crate::template::Template;

/// A real trace that may lie beside the workspace.
const RECORDED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/internal-trace.jsonl"
);
/// The composed trace that comes with the program.
pub(crate) const COMPOSED: &str = include_str!("../../loadlab/src/example/internal-trace.jsonl");

/// Reads the trace that was named, else a recorded one if there is one, else
/// takes the composed one.
pub(crate) fn template(named: Option<PathBuf>) -> anyhow::Result<Template> {
    let recorded = || Path::new(RECORDED).is_file().then(|| RECORDED.into());
    let Some(path) = named.or_else(recorded) else {
        inform("the source is the composed example of two blocks");
        return Template::new(COMPOSED);
    };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_name().unwrap_or_default().display().to_string();
    let template =
        Template::new(&text).with_context(|| format!("{} cannot be copied", path.display()))?;
    inform(&format!(
        "the source is {name}: {} lines, {} checkpoints, {} blocks",
        template.lines,
        template.checkpoints,
        template.block_count()
    ));
    Ok(template)
}
