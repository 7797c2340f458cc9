//! The settings file: values for flags, below flags and variables and above defaults.

mod describe;
mod file;
mod init;
mod show;
mod values;

pub(crate) use init::{InitArguments, run as init};
pub(crate) use show::{ConfigCommand, run as config};
pub(crate) use values::Settings;
