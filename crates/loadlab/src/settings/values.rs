//! The values of a settings file as defaults of arguments.
//!
//! Keys are the long names of flags, tables are commands. A value of the file becomes the default
//! of its argument, so that everything else (types, variables, help) stays what it is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command};

use super::file::{self, Entry, SettingsError};
use crate::choice::FileConnection;

/// The file of the working directory, which is read without being named.
pub(crate) const USUAL_FILE: &str = "loadlab.toml";

/// The flag that names another one.
const FLAG: &str = "--settings";

/// The variable that does.
pub(crate) const VARIABLE: &str = "LOADLAB_SETTINGS";

/// Which database: for [`Connection::choose`](crate::choice::Connection::choose) to weigh against
/// variables that belong to no flag.
const OF_THE_CONNECTION: [&str; 3] = ["database_url", "database_url_file", "data_dir"];

/// What the settings file says.
#[derive(Debug)]
pub(crate) struct Settings {
    /// All commands, without the values of the file.
    pub(super) root: Command,
    /// None if there is no file.
    pub(super) path: Option<PathBuf>,
    pub(super) entries: Vec<Entry>,
}

impl Settings {
    /// No values for these commands.
    pub(crate) const fn none(root: Command) -> Self {
        Self {
            root,
            path: None,
            entries: Vec::new(),
        }
    }

    /// Reads the file that the command line or the variable names, or the usual one if it is there.
    pub(crate) fn load(root: Command, line: &[OsString]) -> Result<Self, SettingsError> {
        let variable = std::env::var_os(VARIABLE).filter(|path| !path.is_empty());
        if let Some(path) = named_by(line).or(variable) {
            return Self::read(root, Path::new(&path));
        }
        let usual = Path::new(USUAL_FILE);
        if usual.exists() {
            return Self::read(root, usual);
        }
        Ok(Self::none(root))
    }

    fn read(root: Command, path: &Path) -> Result<Self, SettingsError> {
        let entries = file::read(&root, path)?;
        Ok(Self {
            root,
            path: Some(path.to_owned()),
            entries,
        })
    }

    /// All commands, with the values of the file as defaults, but for those that exclude a flag or
    /// variable that is given with this line.
    pub(crate) fn command_for(&self, line: &[OsString]) -> Command {
        let optional = self.apply(|_| true, |argument, _| argument.required(false));
        let given = optional.try_get_matches_from(line).ok();
        self.apply(
            |entry| {
                let given = given
                    .as_ref()
                    .and_then(|given| below(given, &entry.command));
                given.is_none_or(|given| !entry.is_excluded_by(given))
            },
            with_values,
        )
    }

    /// All commands, with those values of the file as defaults that `is_wanted` for the id of an
    /// argument.
    pub(crate) fn command(&self, is_wanted: impl Fn(&str) -> bool) -> Command {
        self.apply(|entry| is_wanted(&entry.id), with_values)
    }

    fn apply(
        &self,
        is_wanted: impl Fn(&Entry) -> bool,
        change: impl Fn(Arg, &Entry) -> Arg,
    ) -> Command {
        let wanted = self.entries.iter().filter(|entry| {
            let is_connection = OF_THE_CONNECTION.contains(&entry.id.as_str());
            !is_connection && !entry.values.is_empty() && is_wanted(entry)
        });
        wanted.fold(self.root.clone(), |command, entry| {
            within(command, &entry.command, |command| {
                command.mut_arg(&entry.id, |argument| change(argument, entry))
            })
        })
    }

    /// What the file says about the database.
    pub(crate) fn connection(&self) -> FileConnection {
        let of = |id: &str| {
            let entry = self.entries.iter().find(|entry| entry.id == id)?;
            entry.values.first().cloned()
        };
        FileConnection {
            database_url: of("database_url"),
            database_url_file: of("database_url_file").map(PathBuf::from),
            data_dir: of("data_dir").map(PathBuf::from),
        }
    }

    pub(super) fn entry(&self, command: &[String], id: &str) -> Option<&Entry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.command == command && entry.id == id)
    }
}

fn with_values(argument: Arg, entry: &Entry) -> Arg {
    let is_secret = argument.is_hide_env_values_set();
    let argument = argument.required(false).default_values(&entry.values);
    argument.hide_default_value(is_secret)
}

/// Changes a command below another.
fn within(command: Command, path: &[String], change: impl FnOnce(Command) -> Command) -> Command {
    match path.split_first() {
        None => change(command),
        Some((name, rest)) => command.mut_subcommand(name, |below| within(below, rest, change)),
    }
}

/// What was given to a command below another, if it was called.
fn below<'a>(matches: &'a ArgMatches, path: &[String]) -> Option<&'a ArgMatches> {
    let mut names = path.iter();
    names.try_fold(matches, |matches, name| matches.subcommand_matches(name))
}

/// The file that a command line names. It decides how the line is read, so it is looked for before.
fn named_by(line: &[OsString]) -> Option<OsString> {
    let mut words = line.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        if word == FLAG {
            return words.next().cloned();
        }
        let value = word.to_str().and_then(|word| word.strip_prefix(FLAG));
        if let Some(value) = value.and_then(|value| value.strip_prefix('=')) {
            return Some(value.into());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::{Cli, Command as Job};

    fn settings(text: &str) -> Settings {
        let root = Cli::command();
        Settings {
            path: Some(USUAL_FILE.into()),
            entries: file::parse(text, &root, Path::new(USUAL_FILE)).unwrap(),
            root,
        }
    }

    fn parse(text: &str, line: &[&str]) -> Cli {
        let line: Vec<OsString> = ["loadlab"].iter().chain(line).map(OsString::from).collect();
        Cli::read(&line, &settings(text))
    }

    #[test]
    fn a_file_is_named_by_a_flag_in_either_form() {
        let named = |words: &[&str]| {
            let line: Vec<OsString> = words.iter().map(OsString::from).collect();
            named_by(&line).map(|name| name.into_string().unwrap())
        };
        assert_eq!(named(&["loadlab", "--settings", "a", "up"]).unwrap(), "a");
        assert_eq!(named(&["loadlab", "up", "--settings=b"]).unwrap(), "b");
        assert_eq!(
            named(&["loadlab", "db", "psql", "--", "--settings=b"]),
            None
        );
        assert_eq!(named(&["loadlab", "--settings"]), None);
    }

    #[test]
    fn values_of_the_file_are_below_flags_and_above_defaults() {
        let port = |text: &str, line: &[&str]| match parse(text, line).command {
            Job::LogApi(arguments) => arguments.address().port(),
            other => panic!("{other:?}"),
        };
        let file = "[log-api]\nport = 1\n";
        assert_eq!(port("", &["log-api"]), log_api::DEFAULT_PORT);
        assert_eq!(port(file, &["log-api"]), 1);
        assert_eq!(port(file, &["log-api", "--port", "2"]), 2);
        // Also by another name of the command, and in the form of a text.
        assert_eq!(port("[log-api]\nport = \"3\"\n", &["serve"]), 3);
    }

    #[test]
    fn a_required_flag_may_be_in_the_file() {
        let text = "log = \"warn\"\n[log-fetcher]\nsecret-key-path = \"key\"\n\
                    allow-network = [\"10.0.0.0/8\", \"10.1.0.0/16\"]\n\
                    [orchestrator]\nconfig = \"c\"\nallow-private-webhooks = true\n\
                    [experiment.kill]\npatience = 7\nconfig = \"k\"";
        let cli = parse(text, &["log-fetcher"]);
        assert_eq!(cli.log, "warn");
        let shown = format!("{:?}", cli.command);
        assert!(shown.contains("secret_key_path: \"key\""), "{shown}");
        assert!(
            shown.contains("10.0.0.0/8") && shown.contains("10.1.0.0/16"),
            "{shown}"
        );
        let shown = format!("{:?}", parse(text, &["orchestrator"]).command);
        assert!(shown.contains("allow_private_webhooks: true"), "{shown}");
        let shown = format!("{:?}", parse(text, &["experiment", "kill"]).command);
        assert!(
            shown.contains("patience: 7") && shown.contains("config: \"k\""),
            "{shown}"
        );
    }

    #[test]
    fn a_flag_beats_the_values_of_the_file_that_exclude_it() {
        let shown = |text: &str, line: &[&str]| format!("{:?}", parse(text, line).command);
        let token = "[experiments-api]\ntoken-file = \"t\"\n";
        let plain = shown(token, &["experiments-api"]);
        assert!(plain.contains("token_file: Some(\"t\")"), "{plain}");
        let open = shown(token, &["experiments-api", "--allow-without-token"]);
        assert!(open.contains("token_file: None") && open.contains("allow_without_token: true"));
        let all = "[experiments-api]\nallow-without-token = true\n";
        let closed = shown(all, &["experiments-api", "--token-file", "f"]);
        assert!(closed.contains("token_file: Some(\"f\")"), "{closed}");
        assert!(closed.contains("allow_without_token: false"), "{closed}");
    }

    #[test]
    fn a_secret_of_the_file_is_not_in_the_help() {
        let settings = settings("database-url = \"postgres://u:s3cret@h/d\"\n[up]\nseed = 77\n");
        let line: Vec<OsString> = ["loadlab", "up", "--help"].map(OsString::from).into();
        let help = settings.command_for(&line).try_get_matches_from(&line);
        let help = help.unwrap_err().to_string();
        assert!(help.contains("[default: 77]"), "{help}");
        assert!(!help.contains("s3cret"), "{help}");
    }
}
