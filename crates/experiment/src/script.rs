//! The script language: commands with references to outputs of earlier ones, and comments.
//!
//! A script is a stream of JSON values. Reading is [`Script::parse`], writing `Display`; what a
//! script may not contain is told by [`check`]; while it runs, [`outputs`] holds what its steps
//! have put out and resolves references.

pub mod check;
pub(crate) mod error;
pub(crate) mod exact;
pub mod grouping;
pub mod outputs;
pub(crate) mod params;
mod reference;

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json::{self, Members};

pub use error::ScriptError;
pub use exact::Exact;
pub use params::Params;
pub use reference::{Reference, ReferenceError};

/// Most bytes of a script's text.
pub const BYTES_MAX: usize = 64 << 20;

/// A whole script.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    /// Comments and commands in order.
    pub items: Vec<Item>,
}

/// One value of the stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A text for people who watch the run. `null` is an empty one.
    Comment(Option<String>),
    /// Something to do: a step.
    Command(Command),
}

/// An action and its parameters, references not yet resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Name of the action.
    pub action: String,
    /// Parameters; each top-level member may be a [`Reference`].
    pub params: Map<String, Value>,
    /// Those of them that are lists or objects with numbers in a form that we do not write.
    exact: BTreeMap<String, Exact>,
}

/// A step: a command and its number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    /// Counted from 0, comments not counted.
    pub number: u32,
    /// What to do.
    pub command: &'a Command,
}

impl Script {
    /// Reads a script. The error is that of the first value that is no comment and no command.
    ///
    /// # Errors
    ///
    /// The text is too long, or a value is neither a comment nor a command.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let decoding = |step: u32, cause: String| ScriptError::Decoding { step, cause };
        if text.len() > BYTES_MAX {
            let cause = format!("the script has more than {BYTES_MAX} bytes");
            return Err(decoding(0, cause));
        }
        let mut script = Self::default();
        let mut step = 0;
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let mut begin = 0;
        while let Some(value) = values.next() {
            let value = value.map_err(|error| decoding(step, error.to_string()))?;
            let mut item = Item::from_value(value).map_err(|cause| decoding(step, cause))?;
            let end = values.byte_offset();
            if let Item::Command(command) = &mut item {
                command.keep_numbers(text.get(begin..end).unwrap_or_default());
                step += 1;
            }
            begin = end;
            script.items.push(item);
        }
        Ok(script)
    }

    /// The steps in order.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        let commands = self.items.iter().filter_map(|item| match item {
            Item::Command(command) => Some(command),
            Item::Comment(_) => None,
        });
        (0..)
            .zip(commands)
            .map(|(number, command)| Step { number, command })
    }

    /// Adds a comment.
    pub fn comment(&mut self, text: impl Into<String>) {
        self.items.push(Item::Comment(Some(text.into())));
    }

    /// Adds a command.
    pub fn command(&mut self, action: &str, params: Map<String, Value>) {
        self.items.push(Item::Command(Command {
            action: action.to_owned(),
            params,
            exact: BTreeMap::new(),
        }));
    }
}

impl Item {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(Self::Comment(None)),
            Value::String(text) => Ok(Self::Comment(Some(text))),
            Value::Object(members) => Command::from_members(members).map(Self::Command),
            other => Err(format!(
                "expected a comment or a command, got {}",
                json::describe(&other.to_string())
            )),
        }
    }
}

impl Command {
    fn from_members(members: Map<String, Value>) -> Result<Self, String> {
        let mut command = Self {
            action: String::new(),
            params: Map::new(),
            exact: BTreeMap::new(),
        };
        for (name, value) in members {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            match value {
                Value::Null => {}
                Value::String(action) if is("action") => command.action = action,
                Value::Object(params) if is("params") => command.params = params,
                other if is("action") || is("params") => {
                    let got = json::describe(&other.to_string());
                    let expected = if is("action") { "a text" } else { "an object" };
                    return Err(format!("{name}: expected {expected}, got {got}"));
                }
                // as in the original, other members say nothing
                _ => {}
            }
        }
        Ok(command)
    }

    /// Keeps the form of numbers in lists and objects of the command's text.
    fn keep_numbers(&mut self, text: &str) {
        fn members(text: &str) -> Vec<(String, Box<RawValue>)> {
            serde_json::from_str(text).map_or_else(|_| Vec::new(), |Members(all)| all)
        }
        if !self
            .params
            .values()
            .any(|value| (value.is_array() || value.is_object()) && exact::has_floats(value))
        {
            return;
        }
        // the text was read as a command just now
        let written = members(text)
            .into_iter()
            .filter(|(name, value)| name.eq_ignore_ascii_case("params") && value.get() != "null")
            .flat_map(|(_, params)| members(params.get()));
        for (name, value) in written {
            let exact = Exact::of_text(&value);
            match self.params.get(&name) {
                Some(read) if exact.is_list_or_object() && exact != Exact::of(read) => {
                    self.exact.insert(name, exact);
                }
                _ => {
                    self.exact.remove(&name);
                }
            }
        }
    }

    /// A parameter as it was written.
    fn exact(&self, name: &str) -> Option<&Exact> {
        self.exact.get(name)
    }
}

impl Serialize for Command {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("action", &self.action)?;
        map.serialize_entry("params", &self.params)?;
        map.end()
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Comment(comment) => comment.serialize(serializer),
            Self::Command(command) => command.serialize(serializer),
        }
    }
}

impl fmt::Display for Script {
    /// The text: one value per line, in the form of the original, with a final newline.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in &self.items {
            let line = json::to_text(item).map_err(|_| fmt::Error)?;
            writeln!(formatter, "{line}")?;
        }
        Ok(())
    }
}
