//! The configuration file of the original, with `whitelist_file` added.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

/// The file, with the rules about what goes with what already checked.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct ConfigFile {
    #[serde(default)]
    in_memory: Option<bool>,
    #[serde(default)]
    pub(super) aws: Option<Aws>,
    #[serde(default)]
    pub(super) whitelist: Option<Vec<String>>,
    #[serde(default)]
    pub(super) whitelist_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) gsheet_id: Option<String>,
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Aws {
    #[serde(default)]
    pub(super) account_id: String,
    #[serde(default)]
    pub(super) region: String,
    #[serde(default)]
    pub(super) prefix: String,
}

impl ConfigFile {
    /// The file and what is wrong with it; an error if nothing can be read.
    ///
    /// `in_memory` means the database here: the online list, no objects.
    pub(super) fn parse(text: &str) -> Result<(Self, Vec<String>), String> {
        let mut file: Self = serde_json::from_str(text)
            .map_err(|error| format!("not a configuration in JSON: {error}"))?;
        // As in the original, empty is absent; but a list that is empty and
        // the only source is a whitelist, of nobody.
        file.gsheet_id = file.gsheet_id.filter(|id| !id.is_empty());
        if file.gsheet_id.is_some() || file.whitelist_file.is_some() {
            file.whitelist = file.whitelist.filter(|keys| !keys.is_empty());
        }
        let mut problems: Vec<String> = file
            .unknown
            .keys()
            .map(|name| {
                format!(
                    "unknown setting `{name}`; known are in_memory, aws, whitelist, \
                     whitelist_file, gsheet_id"
                )
            })
            .collect();
        match (file.in_memory.unwrap_or(false), &file.aws) {
            (true, Some(_)) => problems.push("`in_memory` and `aws` exclude each other".to_owned()),
            (false, None) => {
                problems.push("one of `\"in_memory\": true` and `aws` is needed".to_owned());
            }
            _ => {}
        }
        Ok((file, problems))
    }
}

/// The list `whitelist` in the text of a configuration file.
pub(crate) fn whitelist_in(text: &str) -> Result<Vec<String>, String> {
    let (file, _) = ConfigFile::parse(text)?;
    file.whitelist
        .ok_or_else(|| "it names another whitelist, or none".to_owned())
}
