//! Reading a setup from command-line flags, in the syntax of the original generator: `-x v`,
//! `-x=v`, `--x`; all flags before the key files.

use mina::Amount;
use nearest::nearest;

use super::decode::comma_separated;
use super::encode::default_text;
use super::flag_number::{self, NotANumber};
use super::parameter::{self, PARAMETERS, Parameter, Place};
use super::{RateShape, Setup};
use crate::seeded_rng::SEED_MAX;

/// What a command line asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Arguments {
    /// The parameters, with the defaults of the command line for those not given.
    pub setup: Setup,
    /// What to print.
    pub mode: Mode,
}

/// What the generator prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// The script.
    #[default]
    Default,
    /// 10,000 samples of a round's rate.
    TpsDistribution,
    /// 10,000 samples of a round's stop ratio.
    StopRatioDistribution,
    /// Something unknown.
    Unknown,
}

/// Why arguments cannot be read. Exit code 2, but for the help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// The help was asked for.
    #[error("{}", usage())]
    Help,
    /// No such flag.
    #[error("flag provided but not defined: -{flag}{}", suggestion(.near.as_deref()))]
    Unknown {
        /// Its name.
        flag: String,
        /// A known one that may have been meant.
        near: Option<String>,
    },
    /// The last argument is a flag without its value.
    #[error("flag needs an argument: -{flag}")]
    NoValue {
        /// Its name.
        flag: String,
    },
    /// Not a flag at all, such as `-=1`.
    #[error("bad flag syntax: {argument}")]
    Syntax {
        /// The argument.
        argument: String,
    },
    /// A value of the wrong type.
    #[error("invalid value \"{value}\" for flag -{flag}: expected {expected}{}",
        .hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
    Value {
        /// The flag's name.
        flag: String,
        /// The value.
        value: String,
        /// What it should be.
        expected: &'static str,
        /// What may have been meant.
        hint: Option<String>,
    },
}

fn suggestion(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean -{near}?"))
        .unwrap_or_default()
}

/// The defaults of the command line: the name `exp-0` and no receiver.
#[must_use]
pub fn defaults() -> Setup {
    Setup {
        experiment_name: "exp-0".to_owned(),
        payment_receiver: String::new(),
        ..Setup::default()
    }
}

/// Reads arguments, without the program's name.
///
/// # Errors
///
/// An argument is unknown, or its value cannot be read.
pub fn from_arguments<T: AsRef<str>>(
    arguments: impl IntoIterator<Item = T>,
) -> Result<Arguments, FlagError> {
    let mut result = Arguments {
        setup: defaults(),
        mode: Mode::default(),
    };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let argument = argument.as_ref();
        if argument == "--" {
            break;
        }
        let Some(flag) = flag_text(argument) else {
            result.setup.priv_keys.push(argument.to_owned());
            break;
        };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (flag, None),
        };
        if name.is_empty() || name.starts_with('-') {
            return Err(FlagError::Syntax {
                argument: argument.to_owned(),
            });
        }
        let next = || arguments.next().map(|value| value.as_ref().to_owned());
        read_flag(&mut result, name, value, next)?;
    }
    let key_files = arguments.map(|file| file.as_ref().to_owned());
    result.setup.priv_keys.extend(key_files);
    Ok(result)
}

/// The flag without its dashes; nothing for a positional argument (a single dash is one).
fn flag_text(argument: &str) -> Option<&str> {
    let flag = argument.strip_prefix('-').filter(|flag| !flag.is_empty())?;
    Some(flag.strip_prefix('-').unwrap_or(flag))
}

fn read_flag(
    result: &mut Arguments,
    name: &str,
    value: Option<String>,
    next: impl FnOnce() -> Option<String>,
) -> Result<(), FlagError> {
    if name == "h" || name == "help" {
        return Err(FlagError::Help);
    }
    let parameter = parameter::by_flag(name);
    let is_boolean = parameter
        .is_some_and(|parameter| matches!(parameter.place, Place::Flag(_) | Place::OwnFlag(_)));
    if parameter.is_none() && name != "mode" {
        let known = PARAMETERS.iter().map(|parameter| parameter.flag);
        return Err(FlagError::Unknown {
            flag: name.to_owned(),
            near: nearest(name, known.filter(|flag| !flag.is_empty())).map(str::to_owned),
        });
    }
    let value = match value {
        Some(value) => value,
        None if is_boolean => "true".to_owned(),
        None => next().ok_or_else(|| FlagError::NoValue {
            flag: name.to_owned(),
        })?,
    };
    let Some(parameter) = parameter else {
        result.mode = mode(&value);
        return Ok(());
    };
    set(&mut result.setup, parameter.place, &value).map_err(|problem| FlagError::Value {
        flag: name.to_owned(),
        value,
        expected: parameter.place.expects(),
        hint: match problem {
            NotANumber::Wrong => None,
            NotANumber::Hint(hint) => Some(hint),
        },
    })
}

fn mode(text: &str) -> Mode {
    match text {
        "default" => Mode::Default,
        "tps-distribution" => Mode::TpsDistribution,
        "stop-ratio-distribution" => Mode::StopRatioDistribution,
        _ => Mode::Unknown,
    }
}

/// Sets a value from its text, unless it has the wrong type.
fn set(setup: &mut Setup, place: Place, text: &str) -> Result<(), NotANumber> {
    match place {
        Place::Float(place) => *place(setup) = flag_number::float(text)?,
        Place::Integer(place) => *place(setup) = flag_number::integer(text)?,
        Place::Amount(place) => {
            *place(setup) = Amount::from_nanomina(flag_number::unsigned(text)?);
        }
        Place::Flag(place) | Place::OwnFlag(place) => {
            *place(setup) = boolean(text).ok_or(NotANumber::Wrong)?;
        }
        Place::Text(place) => text.clone_into(place(setup)),
        Place::Texts(place) | Place::CommaTexts(place) | Place::OwnTexts(place) => {
            *place(setup) = comma_separated(text).map(str::to_owned).collect();
        }
        Place::Floats(place) => {
            *place(setup) = comma_separated(text)
                .map(|number| flag_number::float(number.trim()))
                .collect::<Result<_, _>>()?;
        }
        Place::Shape(place) => {
            *place(setup) = text.parse::<RateShape>().map_err(|()| NotANumber::Wrong)?;
        }
        Place::Seed(place) => {
            let seed = flag_number::unsigned(text)?;
            if seed > SEED_MAX {
                return Err(NotANumber::Wrong);
            }
            *place(setup) = Some(seed);
        }
    }
    Ok(())
}

/// The texts that Go's flags take for booleans.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// The help.
#[must_use]
pub fn usage() -> String {
    let defaults = defaults();
    let mut text = "Usage: loadlab script generate [FLAGS] KEY-FILE…\n\nPrints the script of an \
                    experiment. Flags come before the key files. Numbers may be written as 0x10, \
                    0b11, 0o17, 1_000 and 0x1p-1.\n\nFlags:\n"
        .to_owned();
    for parameter in PARAMETERS
        .iter()
        .filter(|parameter| !parameter.flag.is_empty())
    {
        text.push_str(&describe(parameter, &defaults));
    }
    text.push_str(
        "  -mode <text>\n        what to print: default (the script), tps-distribution, \
         stop-ratio-distribution (default default)\n",
    );
    text
}

fn describe(parameter: &Parameter, defaults: &Setup) -> String {
    let value = match parameter.place {
        Place::Float(_) => " <number>",
        Place::Integer(_) | Place::Seed(_) => " <whole number>",
        Place::Amount(_) => " <nanomina>",
        Place::Flag(_) | Place::OwnFlag(_) => "",
        Place::Text(_) | Place::Shape(_) => " <text>",
        Place::Texts(_) | Place::CommaTexts(_) | Place::OwnTexts(_) | Place::Floats(_) => {
            " <a,b,…>"
        }
    };
    let default = default_text(parameter, defaults)
        .map(|text| format!(" (default {text})"))
        .unwrap_or_default();
    let (flag, help) = (parameter.flag, parameter.help);
    format!("  -{flag}{value}\n        {help}{default}\n")
}
