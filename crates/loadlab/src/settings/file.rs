//! Reading the settings file: every key is one of a command, every value one that its flag takes.

use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::describe::{is_setting, key};

/// Longest settings file.
const BYTES_MAX: u64 = 1 << 20;

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// It cannot be read.
    #[error("cannot read the settings from {}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    /// It is not TOML, has a key that is not known, or a value that cannot be.
    #[error("{}:{line}: {message}", path.display())]
    Wrong {
        path: PathBuf,
        line: usize,
        message: String,
    },
}

/// A value for an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The names of the command and of those above it; none for arguments of all commands.
    pub(super) command: Vec<String>,
    /// The id of the argument.
    pub(super) id: String,
    /// As texts; several for an argument that takes several.
    pub(super) values: Vec<String>,
    /// Where it stands in the file.
    pub(super) line: usize,
    /// The ids of arguments of the same command that exclude it.
    excluded_by: Vec<String>,
}

impl Entry {
    /// Whether something was given that excludes it.
    pub(super) fn is_excluded_by(&self, given: &ArgMatches) -> bool {
        self.excluded_by.iter().any(|id| is_given(given, id))
    }
}

/// Whether a flag or a variable has given an argument.
fn is_given(matches: &ArgMatches, id: &str) -> bool {
    matches!(
        matches.value_source(id),
        Some(ValueSource::CommandLine | ValueSource::EnvVariable)
    )
}

/// Reads a settings file for these commands.
pub(super) fn read(root: &Command, path: &Path) -> Result<Vec<Entry>, SettingsError> {
    let text = text_file::read(path, BYTES_MAX).map_err(|source| SettingsError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    parse(&text, root, path)
}

/// Reads the content of a settings file.
pub(super) fn parse(text: &str, root: &Command, path: &Path) -> Result<Vec<Entry>, SettingsError> {
    let wrong = |span: Option<Range<usize>>, message: String| {
        let start = span.map_or(0, |span| span.start).min(text.len());
        let before = text.get(..start).unwrap_or_default();
        SettingsError::Wrong {
            path: path.to_owned(),
            line: 1 + before.matches('\n').count(),
            message,
        }
    };
    let table = DeTable::parse(text).map_err(|error| {
        wrong(
            error.span(),
            format!("this is not TOML: {}", error.message()),
        )
    })?;
    let command = without_variables(root.clone());
    let mut reader = Reader {
        root: &command,
        found: Vec::new(),
    };
    let read = reader.table(&command, &[], table.get_ref());
    let mut found = reader.found;
    // As they stand in the file, whose tables are in the order of their names.
    found.sort_by_key(|(_, span)| span.start);
    read.map_err(|problem| wrong(Some(problem.span), problem.message))?;
    let line = |span: Range<usize>| match wrong(Some(span), String::new()) {
        SettingsError::Wrong { line, .. } => line,
        SettingsError::Unreadable { .. } => 0,
    };
    let mut entries: Vec<Entry> = Vec::new();
    for (mut entry, span) in found {
        let other = entries.iter().find(|other| {
            other.command == entry.command
                && is_on(other)
                && is_on(&entry)
                && entry.excluded_by.contains(&other.id)
        });
        if let Some(other) = other {
            let (one, two) = (dashed(&entry.id), dashed(&other.id));
            let message = format!(
                "`{one}` and `{two}` (line {}) exclude each other",
                other.line
            );
            return Err(wrong(Some(span), message));
        }
        entry.line = line(span);
        entries.push(entry);
    }
    Ok(entries)
}

/// Whether it says more than that a switch is off.
fn is_on(entry: &Entry) -> bool {
    entry.values != ["false"]
}

fn dashed(id: &str) -> String {
    id.replace('_', "-")
}

/// The command without its environment: a wrong variable is no fault of the file.
fn without_variables(command: Command) -> Command {
    command
        .mut_args(|argument| argument.env(None))
        .mut_subcommands(without_variables)
}

/// What is wrong, and where.
struct Problem {
    span: Range<usize>,
    message: String,
}

struct Reader<'a> {
    root: &'a Command,
    found: Vec<(Entry, Range<usize>)>,
}

impl Reader<'_> {
    fn table(
        &mut self,
        command: &Command,
        path: &[String],
        table: &DeTable<'_>,
    ) -> Result<(), Problem> {
        for (name, value) in table {
            let (span, name) = (name.span(), name.get_ref().as_ref());
            let argument = command.get_arguments().find(|argument| {
                is_setting(argument) && argument.get_long().is_some_and(|long| long == name)
            });
            let below = command
                .get_subcommands()
                .find(|below| below.get_name() == name);
            match (argument, below, value.get_ref()) {
                (None, Some(below), DeValue::Table(table)) => {
                    let path = [path, &[name.to_owned()]].concat();
                    self.table(below, &path, table)?;
                }
                (None, Some(_), _) => {
                    let table = [path, &[name.to_owned()]].concat().join(".");
                    let message =
                        format!("`{name}` is a command: its values stand below [{table}]");
                    return Err(Problem { span, message });
                }
                (Some(argument), ..) => {
                    let values = values_of(argument, value)?;
                    self.check(path, name, argument, &values, &value.span())?;
                    let entry = Entry {
                        command: path.to_owned(),
                        id: argument.get_id().to_string(),
                        values,
                        line: 0,
                        excluded_by: excluded_by(command, argument),
                    };
                    self.found.push((entry, span));
                }
                (None, None, _) => {
                    let message = self.unknown(command, path, name);
                    return Err(Problem { span, message });
                }
            }
        }
        Ok(())
    }

    /// Whether the flag takes the values.
    fn check(
        &self,
        path: &[String],
        name: &str,
        argument: &Arg,
        values: &[String],
        span: &Range<usize>,
    ) -> Result<(), Problem> {
        if is_switch(argument) {
            return Ok(());
        }
        for value in values {
            let mut line = vec!["loadlab".to_owned()];
            line.extend_from_slice(path);
            line.push(format!("--{name}={value}"));
            let Err(error) = self.root.clone().try_get_matches_from(line) else {
                continue;
            };
            if matches!(
                error.kind(),
                ErrorKind::InvalidValue | ErrorKind::ValueValidation
            ) {
                let text = error.to_string();
                let lines = text.lines().take_while(|line| !line.is_empty());
                let message = lines.map(str::trim).collect::<Vec<_>>().join(" ");
                let message = message.replacen("error: ", "", 1);
                let (span, message) = (span.clone(), message.replacen("'--", "`", 1));
                let message = message.replacen(" <", "` <", 1).replacen(">'", ">", 1);
                return Err(Problem { span, message });
            }
        }
        Ok(())
    }

    fn unknown(&self, command: &Command, path: &[String], name: &str) -> String {
        let is_global = |argument: &Arg| key(argument) == Some(name) && is_setting(argument);
        if !path.is_empty() && self.root.get_arguments().any(is_global) {
            return format!("`{name}` stands at the top of the file, before the first table");
        }
        let keys = command
            .get_arguments()
            .filter(|argument| is_setting(argument));
        let keys = keys.filter_map(key);
        let tables = command.get_subcommands().map(Command::get_name);
        let near = nearest::nearest(name, keys.chain(tables));
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let table = path.join(".");
        match path {
            [] => format!("unknown key `{name}`{near}"),
            _ => format!("unknown key `{name}` in [{table}]{near}"),
        }
    }
}

/// The ids of what excludes an argument, whichever of the two says so.
fn excluded_by(command: &Command, argument: &Arg) -> Vec<String> {
    let says_so = command.get_arg_conflicts_with(argument);
    let mut ids: Vec<String> = says_so
        .iter()
        .map(|other| other.get_id().to_string())
        .collect();
    for other in command.get_arguments() {
        let excluded = command.get_arg_conflicts_with(other);
        if excluded
            .iter()
            .any(|excluded| excluded.get_id() == argument.get_id())
        {
            ids.push(other.get_id().to_string());
        }
    }
    ids
}

/// Whether it is a flag without a value.
pub(super) fn is_switch(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::SetTrue)
}

fn values_of(argument: &Arg, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Problem> {
    let problem = |message: &str| Problem {
        span: value.span(),
        message: format!("`{}` {message}", key(argument).unwrap_or_default()),
    };
    if is_switch(argument) {
        let is_on = value.get_ref().as_bool();
        let is_on = is_on.ok_or_else(|| problem("is true or false"))?;
        return Ok(vec![is_on.to_string()]);
    }
    match value.get_ref() {
        DeValue::Array(list) if matches!(argument.get_action(), ArgAction::Append) => list
            .iter()
            .map(|one| text_of(one.get_ref()).ok_or_else(|| problem("is a list of plain values")))
            .collect(),
        DeValue::Array(_) => Err(problem("takes one value and no list")),
        DeValue::Table(_) => Err(problem("takes a value and no table")),
        plain => Ok(text_of(plain).into_iter().collect()),
    }
}

/// A plain value as its flag takes it.
fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(
                |_| Some(number.as_str().to_owned()),
                |number| Some(number.to_string()),
            ),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(is_on) => Some(is_on.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[track_caller]
    fn check_refusal(text: &str, message: &str) {
        let error = parse(text, &Cli::command(), Path::new("lab.toml"))
            .unwrap_err()
            .to_string();
        assert_eq!(error, format!("lab.toml:{message}"));
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is_near() {
        check_refusal(
            "\ndata-dri = \"x\"\n",
            "2: unknown key `data-dri`; did you mean `data-dir`?",
        );
        check_refusal(
            "[log-fetch]\n",
            "1: unknown key `log-fetch`; did you mean `log-fetcher`?",
        );
        check_refusal(
            "log = \"info\"\n[log-api]\n# here\nprot = 1\n",
            "4: unknown key `prot` in [log-api]; did you mean `port`?",
        );
        check_refusal("zzz = 1", "1: unknown key `zzz`");
        check_refusal(
            "[log-api]\ndata-dir = \"x\"",
            "2: `data-dir` stands at the top of the file, before the first table",
        );
        // A settings file names no other one.
        check_refusal("settings = \"x\"", "1: unknown key `settings`");
    }

    #[test]
    fn wrong_values_are_refused_where_they_stand() {
        check_refusal(
            "[log-api]\nport = 70000",
            "2: invalid value '70000' for `port` <PORT>: 70000 is not in 0..=65535",
        );
        check_refusal(
            "[log-api]\ncompatibility = \"new\"",
            "2: invalid value 'new' for `compatibility` <COMPATIBILITY> \
             [possible values: corrected, original]",
        );
        check_refusal(
            "[log-api]\nport = [1]",
            "2: `port` takes one value and no list",
        );
        check_refusal(
            "[log-api.port]\na = 1",
            "1: `port` takes a value and no table",
        );
        check_refusal(
            "log-api = 3",
            "1: `log-api` is a command: its values stand below [log-api]",
        );
        check_refusal(
            "[orchestrator]\nallow-private-webhooks = 1",
            "2: `allow-private-webhooks` is true or false",
        );
        check_refusal(
            "[log-fetcher]\nallow-ports = [[1]]",
            "2: `allow-ports` is a list of plain values",
        );
    }

    #[test]
    fn values_that_exclude_each_other_are_refused() {
        check_refusal(
            "[orchestrator]\ntoken-file = \"t\"\nallow-without-token = true",
            "3: `allow-without-token` and `token-file` (line 2) exclude each other",
        );
        let off = "[orchestrator]\ntoken-file = \"t\"\nallow-without-token = false";
        assert_eq!(
            parse(off, &Cli::command(), Path::new("lab.toml"))
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn what_is_not_toml_is_refused_with_its_line() {
        let error = parse(
            "log = \"info\"\nport 3\n",
            &Cli::command(),
            Path::new("lab.toml"),
        )
        .unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with("lab.toml:2: this is not TOML: "), "{said}");
        let twice = parse(
            "log = \"a\"\nlog = \"b\"",
            &Cli::command(),
            Path::new("lab.toml"),
        )
        .unwrap_err();
        assert!(twice.to_string().starts_with("lab.toml:2: "), "{twice}");
    }

    #[test]
    fn every_kind_of_value_is_taken() {
        let entries = parse(
            "postgres-port = 0x1F\n[simnet]\nlines-per-second = 1.5\n[demo]\nexit = true\n\
             [log-fetcher]\nhandle-status-change = false\n",
            &Cli::command(),
            Path::new("lab.toml"),
        );
        let values: Vec<String> = entries
            .unwrap()
            .into_iter()
            .flat_map(|one| one.values)
            .collect();
        assert_eq!(values, ["31", "1.5", "true", "false"]);
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.toml");
        let size = usize::try_from(BYTES_MAX).unwrap();
        std::fs::write(&path, vec![b'\n'; size]).unwrap();
        assert_eq!(read(&Cli::command(), &path).unwrap(), []);
        std::fs::write(&path, vec![b'\n'; size + 1]).unwrap();
        assert!(matches!(
            read(&Cli::command(), &path),
            Err(SettingsError::Unreadable { .. })
        ));
    }
}
