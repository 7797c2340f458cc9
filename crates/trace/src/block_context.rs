//! Where the main process is: its current block, call and tag.

use crate::entry::{CallTag, Entry};
use crate::state::OUTSIDE;

/// What the controls before an entry say about it.
///
/// For readers that pass over entries which are traced already, and then come to entries that are
/// not: [`crate::Tracer::enter`] continues there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockContext {
    pub(crate) block: String,
    pub(crate) call_id: i32,
    pub(crate) tag: Option<String>,
}

impl Default for BlockContext {
    /// Outside any block, as at the start of a trace.
    fn default() -> Self {
        Self {
            block: OUTSIDE.to_owned(),
            call_id: 0,
            tag: None,
        }
    }
}

impl BlockContext {
    /// Takes the next entry of the main process.
    pub fn note(&mut self, entry: &Entry<'_>) {
        match entry {
            Entry::CurrentBlock(id) => id.as_ref().clone_into(&mut self.block),
            Entry::CurrentCall { id, tag } => {
                self.call_id = *id;
                match tag {
                    CallTag::Kept => {}
                    CallTag::Cleared => self.tag = None,
                    CallTag::Set(tag) => self.tag = Some(tag.to_string()),
                }
            }
            _ => {}
        }
    }
}
