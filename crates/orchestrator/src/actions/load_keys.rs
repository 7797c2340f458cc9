//! `load-keys`: the private keys of a directory.

use experiment::action::LoadKeys;
use experiment::script::outputs::Output;

use crate::key_files;
use crate::run::{Run, StepError};

/// `load-keys`: the private keys of a directory.
pub(crate) async fn load_keys(run: &Run<'_>, params: &LoadKeys) -> Result<Vec<Output>, StepError> {
    let password = key_files::password(&params.password_env);
    let limit = usize::try_from(params.limit).unwrap_or(usize::MAX);
    let keys = key_files::load_directory(
        run.means.paths.path(&params.dir),
        limit,
        password,
        run.means.cancel.clone(),
    )
    .await?;
    Ok(keys
        .iter()
        .map(|key| Output::secret("key", key.to_base58check().as_str()))
        .collect())
}
