//! Outputs of steps: what a run has put out so far, what earlier runs did, and how references
//! are resolved against both.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::Value;

use super::reference::{Reference, ReferenceError};
use super::{Command, Exact, Params, ScriptError};
use crate::json::{self, Members};

/// One value that a step puts out.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Whether the name stands for a list, of which this is one value.
    pub multi: bool,
    /// Whether it is kept in memory only and never written or shown.
    pub sensitive: bool,
    /// The value.
    pub value: Exact,
}

impl Output {
    /// A value that stands alone.
    #[must_use]
    pub fn single(name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        Self::exact(name, false, Exact::of(&value.into()))
    }

    /// A value as it was written.
    #[must_use]
    pub fn exact(name: impl Into<Cow<'static, str>>, multi: bool, value: Exact) -> Self {
        Self {
            name: name.into(),
            multi,
            sensitive: false,
            value,
        }
    }

    /// One value of a list.
    #[must_use]
    pub fn multi(name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        Self {
            multi: true,
            ..Self::single(name, value)
        }
    }

    /// One secret value of a list.
    #[must_use]
    pub fn secret(name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        Self {
            sensitive: true,
            ..Self::multi(name, value)
        }
    }
}

/// A line of a run's standard output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutputLine {
    /// RFC 3339, UTC, with as many digits of the second as it needs, nine at most. Empty in a line
    /// that has none.
    pub time: String,
    /// Number of the step.
    pub step: u32,
    /// Name of the output.
    pub name: String,
    /// Whether it is one of several values.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub multi: bool,
    /// The value.
    pub value: Exact,
}

impl OutputLine {
    /// The line without its newline.
    ///
    /// # Errors
    ///
    /// Never: its keys are texts and its numbers finite.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        json::to_text(self)
    }
}

impl<'de> Deserialize<'de> for OutputLine {
    /// Reads keys in any case, the last of several, and ignores unknown ones. A name and a value
    /// must be there; without them it is something else.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut line = Self {
            time: String::new(),
            step: 0,
            name: String::new(),
            multi: false,
            value: Exact::of(&Value::Null),
        };
        let (mut has_name, mut has_value) = (false, false);
        for (key, value) in Members::deserialize(deserializer)?.0 {
            let text = value.get();
            let is = |known: &str| key.eq_ignore_ascii_case(known);
            let wrong = |expected: &str| D::Error::custom(format!("{key}: expected {expected}"));
            if is("value") {
                line.value = Exact::of_text(&value);
                has_value = true;
            } else if text == "null" {
                // a field that is null stays at its default
            } else if is("time") {
                line.time = serde_json::from_str(text).map_err(|_| wrong("a text"))?;
            } else if is("step") {
                line.step =
                    serde_json::from_str(text).map_err(|_| wrong("the number of a step"))?;
            } else if is("name") {
                line.name = serde_json::from_str(text).map_err(|_| wrong("a text"))?;
                has_name = true;
            } else if is("multi") {
                line.multi = serde_json::from_str(text).map_err(|_| wrong("true or false"))?;
            }
        }
        match (has_name, has_value) {
            (true, true) => Ok(line),
            (false, _) => Err(D::Error::missing_field("name")),
            (true, false) => Err(D::Error::missing_field("value")),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Stored {
    Single(Exact),
    Multi(Vec<Exact>),
}

type Names = BTreeMap<(i64, String), Stored>;

/// Everything that references can lead to.
///
/// Holds secrets (the keys of `load-keys`), so it is not printed.
#[derive(Clone, Default)]
pub struct Outputs {
    own: Names,
    files: BTreeMap<String, Names>,
}

impl Outputs {
    /// Keeps what a step puts out. A name may stand for one value once, or for several.
    ///
    /// # Errors
    ///
    /// The name stands for one value and has one already.
    pub fn put(&mut self, step: u32, output: &Output) -> Result<(), ScriptError> {
        store(
            &mut self.own,
            (i64::from(step), output.name.to_string()),
            output.multi,
            output.value.clone(),
        )
        .map_err(|()| ScriptError::OutputTwice {
            name: output.name.to_string(),
            step,
        })
    }

    /// Forgets what a step has put out, before it is run again from the start.
    pub fn forget(&mut self, step: u32) {
        self.own.retain(|(of, _), _| *of != i64::from(step));
    }

    /// Whether the outputs of this file were read.
    #[must_use]
    pub fn has_file(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }

    /// Reads the saved standard output of another run. The error is the cause, for
    /// [`ReferenceError::Import`].
    ///
    /// # Errors
    ///
    /// A line is no output.
    pub fn import(&mut self, file: &str, text: &str) -> Result<(), String> {
        let mut names = Names::new();
        for line in serde_json::Deserializer::from_str(text).into_iter::<OutputLine>() {
            let line =
                line.map_err(|error| format!("error decoding output from {file}: {error}"))?;
            let key = (i64::from(line.step), line.name.clone());
            store(&mut names, key, line.multi, line.value).map_err(|()| {
                format!(
                    "wrong output file {file}: outputing multiple values for {} on step {}",
                    line.name, line.step
                )
            })?;
        }
        self.files.insert(file.to_owned(), names);
        Ok(())
    }

    /// Whether there is such an output by now. A list without values does not exist.
    #[must_use]
    pub fn has(&self, reference: &Reference, step: u32) -> bool {
        self.find(reference, step).is_some()
    }

    fn find(&self, reference: &Reference, step: u32) -> Option<&Stored> {
        let names = match &reference.file {
            Some(file) => self.files.get(file)?,
            None => &self.own,
        };
        names.get(&(reference.target(step), reference.name.clone()))
    }

    fn value(&self, reference: &Reference, step: u32) -> Option<Exact> {
        match self.find(reference, step)? {
            Stored::Single(value) => Some(value.clone()),
            Stored::Multi(values) => Some(Exact::list(values)),
        }
    }

    /// The parameters of a command with every reference replaced by its value.
    ///
    /// # Errors
    ///
    /// A reference leads to nothing and has no default.
    pub fn resolve(&self, command: &Command, step: u32) -> Result<Params, ScriptError> {
        command
            .params
            .iter()
            .map(|(name, value)| {
                let written = command.exact(name);
                let exact = |value: &Value| Exact::of(value);
                let resolved = match Reference::of(value, step)? {
                    Some(reference) => self
                        .value(&reference, step)
                        .or_else(|| written?.member("onEmpty"))
                        .or_else(|| reference.on_empty.as_ref().map(exact))
                        .ok_or_else(|| reference.not_found(step))?,
                    None => written.cloned().unwrap_or_else(|| exact(value)),
                };
                Ok((name.clone(), resolved))
            })
            .collect::<Result<Vec<_>, ReferenceError>>()
            .map(Params::from)
            .map_err(|error| ScriptError::Resolving {
                step,
                cause: error.to_string(),
            })
    }
}

fn store(names: &mut Names, key: (i64, String), multi: bool, value: Exact) -> Result<(), ()> {
    match (names.get_mut(&key), multi) {
        (None, true) => {
            names.insert(key, Stored::Multi(vec![value]));
            Ok(())
        }
        (None, false) => {
            names.insert(key, Stored::Single(value));
            Ok(())
        }
        (Some(Stored::Multi(values)), true) => {
            values.push(value);
            Ok(())
        }
        (Some(_), _) => Err(()),
    }
}
