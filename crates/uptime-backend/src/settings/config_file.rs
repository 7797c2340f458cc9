//! The configuration file of the original, with `whitelist_file` added. Keys
//! are read in any case, as by the original.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The file, with the rules about what goes with what already checked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ConfigFile {
    in_memory: Option<bool>,
    pub(super) aws: Option<Aws>,
    pub(super) whitelist: Option<Vec<String>>,
    pub(super) whitelist_file: Option<PathBuf>,
    pub(super) gsheet_id: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Aws {
    pub(super) account_id: String,
    pub(super) region: String,
    pub(super) prefix: String,
}

/// Members by their names in lower case.
struct Members(Map<String, Value>);

impl Members {
    fn of(members: Map<String, Value>) -> Self {
        let lower = |(name, value): (String, Value)| (name.to_ascii_lowercase(), value);
        Self(members.into_iter().map(lower).collect())
    }

    /// Takes a member out; none if it is absent or null. The error names it.
    fn take<T: DeserializeOwned>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, String> {
        let value = self.0.remove(name).unwrap_or_default();
        serde_json::from_value(value).map_err(|error| {
            // "invalid type: string "x", expected …" says what is there
            let text = error.to_string();
            let got = text.split(", expected").next().unwrap_or_default();
            format!("`{name}`: expected {expected} ({got})")
        })
    }
}

impl ConfigFile {
    /// The file and what is wrong with it; an error if nothing can be read.
    ///
    /// `in_memory` means the database here: the online list, no objects.
    pub(super) fn parse(text: &str) -> Result<(Self, Vec<String>), String> {
        Self::read(text).map_err(|problem| format!("not a configuration in JSON: {problem}"))
    }

    fn read(text: &str) -> Result<(Self, Vec<String>), String> {
        if text.trim().is_empty() {
            return Err("the file is empty".to_owned());
        }
        let members: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut members = Members::of(members);
        let aws: Option<Map<String, Value>> = members.take("aws", "an object")?;
        let mut file = Self {
            in_memory: members.take("in_memory", "true or false")?,
            aws: aws.map(Aws::of).transpose()?,
            whitelist: members.take("whitelist", "a list of public keys")?,
            whitelist_file: members.take("whitelist_file", "the path of a file")?,
            gsheet_id: members.take("gsheet_id", "a text")?,
        };
        // As in the original, empty is absent; but a list that is empty and
        // the only source is a whitelist, of nobody.
        file.gsheet_id = file.gsheet_id.filter(|id| !id.is_empty());
        if file.gsheet_id.is_some() || file.whitelist_file.is_some() {
            file.whitelist = file.whitelist.filter(|keys| !keys.is_empty());
        }
        let mut problems: Vec<String> = members
            .0
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

impl Aws {
    fn of(members: Map<String, Value>) -> Result<Self, String> {
        let mut members = Members::of(members);
        let mut text = |name| {
            let text: Option<String> = members
                .take(name, "a text")
                .map_err(|problem| format!("`aws`: {problem}"))?;
            Ok::<_, String>(text.unwrap_or_default())
        };
        Ok(Self {
            account_id: text("account_id")?,
            region: text("region")?,
            prefix: text("prefix")?,
        })
    }
}

/// The list `whitelist` in the text of a configuration file.
pub(crate) fn whitelist_in(text: &str) -> Result<Vec<String>, String> {
    let (file, _) = ConfigFile::parse(text)?;
    file.whitelist
        .ok_or_else(|| "it names another whitelist, or none".to_owned())
}
