//! References from parameters to outputs.

use serde_json::{Map, Value};

/// A reference to what a step has put out, in this run or in an earlier one.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// File with the outputs of an earlier run; this run if there is none.
    pub file: Option<String>,
    /// Number of the step; below 0, counted back from the step that refers.
    pub step: i64,
    /// Name of the output.
    pub name: String,
    /// What it stands for when there is no such output.
    pub on_empty: Option<Value>,
}

/// Why an object is no proper reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// Its type is not `output`.
    #[error("unknown type {kind} needed for step {step}")]
    UnknownType {
        /// The type given.
        kind: String,
        /// The step that refers.
        step: u32,
    },
    /// Steps of another run can only be named by their numbers.
    #[error("use of negative step with file is prohibited, needed for step {step}")]
    NegativeWithFile {
        /// The step that refers.
        step: u32,
    },
    /// There is no such output.
    #[error("couldn't find output {name} (step {target}, file \"{file}\") needed for step {step}")]
    NotFound {
        /// Name of the output.
        name: String,
        /// The step referred to.
        target: i64,
        /// The file; empty for this run.
        file: String,
        /// The step that refers.
        step: u32,
    },
    /// The file of an earlier run cannot be used.
    #[error("failed to read output file {file} needed for step {step}: {cause}")]
    Import {
        /// The file.
        file: String,
        /// The step that refers.
        step: u32,
        /// Why.
        cause: String,
    },
}

impl Reference {
    /// A reference within this run.
    #[must_use]
    pub fn to(step: i64, name: &str) -> Self {
        Self {
            file: None,
            step,
            name: name.to_owned(),
            on_empty: None,
        }
    }

    /// The same reference, which stands for an empty list when there is no such output.
    #[must_use]
    pub fn or_empty_list(mut self) -> Self {
        self.on_empty = Some(Value::Array(Vec::new()));
        self
    }

    /// The reference that a parameter value is; nothing for a literal: everything that is no
    /// object, and objects whose members have the wrong types. `step` is the one that refers.
    ///
    /// # Errors
    ///
    /// The value has the members of a reference, but leads nowhere.
    pub fn of(value: &Value, step: u32) -> Result<Option<Self>, ReferenceError> {
        let Some(members) = value.as_object() else {
            return Ok(None);
        };
        let mut kind = "";
        let mut reference = Self::to(0, "");
        for (name, value) in members {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("onEmpty") {
                reference.on_empty = Some(value.clone());
                continue;
            }
            match value {
                Value::Null => {}
                Value::String(text) if is("type") => kind = text,
                Value::String(text) if is("name") => reference.name.clone_from(text),
                Value::String(text) if is("file") => {
                    reference.file = (!text.is_empty()).then(|| text.clone());
                }
                Value::Number(number) if is("step") => match number.as_i64() {
                    Some(step) => reference.step = step,
                    None => return Ok(None),
                },
                _ if ["type", "name", "file", "step"]
                    .iter()
                    .any(|known| is(known)) =>
                {
                    return Ok(None);
                }
                _ => {}
            }
        }
        if kind != "output" {
            return Err(ReferenceError::UnknownType {
                kind: kind.to_owned(),
                step,
            });
        }
        if reference.file.is_some() && reference.step < 0 {
            return Err(ReferenceError::NegativeWithFile { step });
        }
        Ok(Some(reference))
    }

    /// The number of the step referred to, seen from `step`. May be below 0: then there is none.
    #[must_use]
    pub fn target(&self, step: u32) -> i64 {
        if self.step < 0 {
            i64::from(step).saturating_add(self.step)
        } else {
            self.step
        }
    }

    /// The written form, members in the fixed order.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut members = Map::new();
        members.insert("type".to_owned(), "output".into());
        if let Some(file) = &self.file {
            members.insert("file".to_owned(), file.as_str().into());
        }
        members.insert("step".to_owned(), self.step.into());
        members.insert("name".to_owned(), self.name.as_str().into());
        if let Some(on_empty) = &self.on_empty {
            members.insert("onEmpty".to_owned(), on_empty.clone());
        }
        Value::Object(members)
    }

    pub(crate) fn not_found(&self, step: u32) -> ReferenceError {
        ReferenceError::NotFound {
            name: self.name.clone(),
            target: self.target(step),
            file: self.file.clone().unwrap_or_default(),
            step,
        }
    }
}
