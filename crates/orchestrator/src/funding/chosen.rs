//! The mina executable of a run.

use std::path::{Path, PathBuf};

use super::commit::choose;
use crate::run::{Level, Run, StepError};

impl Run<'_> {
    /// The mina executable of this run: one of the network's build, if that can be told.
    pub(crate) async fn executable(&self) -> Result<&Path, StepError> {
        let choosing = self.executable.get_or_try_init(async || {
            let (network, paths) = (&self.means.network, &self.means.paths);
            let chosen = choose(network, paths, self.journal.database()).await;
            let chosen = chosen.map_err(StepError::Failed)?;
            if let Some(warning) = chosen.warning
                && self.past.is_empty()
            {
                self.journal.log(Level::Warning, None, warning);
            }
            Ok::<_, StepError>(chosen.executable)
        });
        tokio::select! {
            () = self.means.cancel.cancelled() => Err(StepError::Cancelled),
            chosen = choosing => chosen.map(PathBuf::as_path),
        }
    }
}
