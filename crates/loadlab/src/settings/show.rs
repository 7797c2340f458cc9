//! `loadlab config`: which settings hold, where they come from, and which there are.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{Arg, Args, Command, Subcommand};
use serde::Serialize;
use url::Url;

use super::describe::{defaults, help, is_setting, key, tables, toml_text, variables};
use super::file::is_switch;
use super::values::{Settings, USUAL_FILE, VARIABLE};
use crate::choice::environment;
use crate::output::{self, OutputFormat};

/// What to do with settings.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show the settings that are not the default, and where each comes from.
    Show(ShowArguments),
    /// Print the documentation of all settings, as Markdown.
    Reference,
}

/// Arguments of `config show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// Show the defaults, too.
    #[arg(long)]
    all: bool,
    /// What is printed.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

/// A setting that holds.
#[derive(Debug, Serialize)]
struct Setting {
    /// The table of the file; empty for settings of all commands.
    table: String,
    key: String,
    /// As it stands in the file, without secrets.
    value: String,
    /// Where it comes from.
    origin: String,
}

pub(crate) fn run(
    command: &ConfigCommand,
    settings: &Settings,
    line: &[OsString],
) -> anyhow::Result<ExitCode> {
    let root = &settings.root;
    match command {
        ConfigCommand::Reference => output::print(&reference(root))?,
        ConfigCommand::Show(arguments) => {
            let flags = Flags::of(root, line);
            let mut list = holding(root, settings, &flags);
            list.retain(|setting| arguments.all || setting.origin != "default");
            match arguments.format {
                OutputFormat::Json => output::print_json(&list)?,
                OutputFormat::Text => output::print(&text(&list, settings))?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The flags of this very command line that are settings of all commands.
struct Flags(Option<clap::ArgMatches>);

impl Flags {
    fn of(root: &Command, line: &[OsString]) -> Self {
        Self(root.clone().try_get_matches_from(line).ok())
    }

    fn values(&self, id: &str) -> Option<Vec<String>> {
        let matches = self.0.as_ref()?;
        // Only flags of all commands are known to the root.
        let known = matches.try_get_raw(id).ok()??;
        (matches.value_source(id) == Some(ValueSource::CommandLine)).then(|| {
            let values = known.map(OsStr::to_string_lossy);
            values.map(std::borrow::Cow::into_owned).collect()
        })
    }
}

/// All settings with a value, and where it comes from.
fn holding(root: &Command, settings: &Settings, flags: &Flags) -> Vec<Setting> {
    let mut found = Vec::new();
    for (path, command) in tables(root) {
        for argument in command
            .get_arguments()
            .filter(|argument| is_setting(argument))
        {
            let id = argument.get_id().as_str();
            let flag = || path.is_empty().then(|| flags.values(id)).flatten();
            let (values, origin) = if let Some(values) = flag() {
                (values, "flag".to_owned())
            } else if let Some((values, name)) = of_environment(argument) {
                (values, format!("variable {name}"))
            } else if let Some(entry) = settings.entry(&path, id) {
                let file = settings.path.as_deref().unwrap_or(USUAL_FILE.as_ref());
                let origin = format!("{}:{}", file.display(), entry.line);
                (entry.values.clone(), origin)
            } else {
                let values = match defaults(argument) {
                    none if none.is_empty() && is_switch(argument) => vec!["false".to_owned()],
                    values => values,
                };
                if values.is_empty() {
                    continue;
                }
                (values, "default".to_owned())
            };
            found.push(Setting {
                table: path.join("."),
                key: key(argument).unwrap_or_default().to_owned(),
                value: shown(argument, values),
                origin,
            });
        }
    }
    found
}

/// The values of an argument's variable, and its name.
fn of_environment(argument: &Arg) -> Option<(Vec<String>, String)> {
    let mut names = variables(argument).into_iter();
    let (name, value) = names.find_map(|name| Some((name, environment(name)?)))?;
    let value = value.to_string_lossy().into_owned();
    let values = match argument.get_value_delimiter() {
        Some(delimiter) => value.split(delimiter).map(str::to_owned).collect(),
        None => vec![value],
    };
    Some((values, name.to_owned()))
}

/// The value without what is secret in it.
fn shown(argument: &Arg, mut values: Vec<String>) -> String {
    for value in &mut values {
        if argument.is_hide_env_values_set() {
            *value = store::redacted_url(value);
        } else if let Ok(url) = Url::parse(value)
            && (!url.username().is_empty() || url.password().is_some() || url.query().is_some())
        {
            *value = service::shown_url(&url);
        }
    }
    toml_text(argument, &values)
}

fn text(list: &[Setting], settings: &Settings) -> String {
    let mut text = match &settings.path {
        Some(path) => format!("# settings file: {}\n", path.display()),
        None => {
            format!("# settings file: none ({USUAL_FILE} is not here, {VARIABLE} is not set)\n")
        }
    };
    let line = |setting: &Setting| format!("{} = {}", setting.key, setting.value);
    let width = list.iter().map(|one| line(one).chars().count()).max();
    let width = width.unwrap_or_default().min(60);
    let mut table = "";
    for setting in list {
        // writing to a string cannot fail
        if setting.table != table {
            table = &setting.table;
            let _written = writeln!(text, "\n[{table}]");
        }
        let _written = writeln!(text, "{:<width$}  # {}", line(setting), setting.origin);
    }
    text
}

/// The documentation of all settings.
fn reference(root: &Command) -> String {
    let mut text = format!(
        "# Settings\n\n\
         Written by `loadlab config reference`; a test compares it with the program.\n\n\
         Every flag can also stand in one TOML file: the keys are the long names of flags, the \
         tables are commands. The file is the one that `--settings FILE` names, else the one of \
         the variable `{VARIABLE}`, else `{USUAL_FILE}` in the working directory. `loadlab init` \
         writes one with comments.\n\n\
         A flag goes before a variable, a variable before the file, the file before the default. \
         A value that excludes another one (a token file and no token at all, say) gives way to \
         that one if it comes from higher up. Keys that are not known and values that cannot be \
         are refused with their line. `loadlab config show` lists the settings that hold and \
         where each comes from, with secrets left out.\n\n\
         ```toml\n\
         log-format = \"json\"\n\n\
         [log-fetcher]\n\
         secret-key-path = \"keys/fetcher_sk\"\n\
         allow-network = [\"10.0.0.0/8\"]\n\
         ```\n\n\
         The token of services may also be in the variable `LOADLAB_TOKEN`.\n"
    );
    for (path, command) in tables(root) {
        let shown: Vec<&Arg> = command
            .get_arguments()
            .filter(|argument| is_setting(argument) && !argument.is_hide_set())
            .collect();
        if shown.is_empty() {
            continue;
        }
        // writing to a string cannot fail
        let _written = match path.as_slice() {
            [] => writeln!(text, "\n## All commands (top of the file)\n"),
            path => writeln!(text, "\n## `[{}]`\n", path.join(".")),
        };
        let _written = writeln!(text, "| key | variable | default | what it is |");
        let _written = writeln!(text, "| --- | --- | --- | --- |");
        for argument in shown {
            let variables: Vec<String> = variables(argument)
                .into_iter()
                .map(|name| format!("`{name}`"))
                .collect();
            let default = match defaults(argument) {
                none if none.is_empty() => String::new(),
                values => format!("`{}`", toml_text(argument, &values)),
            };
            let _written = writeln!(
                text,
                "| `{}` | {} | {default} | {} |",
                key(argument).unwrap_or_default(),
                variables.join(", "),
                about(argument).replace('|', "\\|")
            );
        }
    }
    text
}

/// The help of an argument, with the values that it can have.
fn about(argument: &Arg) -> String {
    let mut text = help(argument);
    let possible: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|_| !is_switch(argument))
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !possible.is_empty() {
        // writing to a string cannot fail
        let _written = write!(text, ". One of {}", possible.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;
    use crate::settings::file;

    fn settings(text: &str) -> Settings {
        let path = Path::new("lab.toml");
        let root = Cli::command();
        Settings {
            path: Some(path.to_owned()),
            entries: file::parse(text, &root, path).unwrap(),
            root,
        }
    }

    #[test]
    fn what_holds_is_shown_with_its_origin_and_without_secrets() {
        let settings = settings(
            "database-url = \"postgres://u:s3cret@h/d\"\n[log-api]\nport = 1\n\
             [log-fetcher]\nonline-url = \"http://lab:s3cret@h/v1/online?x=s3cret\"\n\
             [orchestrator]\nallow-private-webhooks = true\n",
        );
        let mut list = holding(&settings.root, &settings, &Flags(None));
        let all = list.len();
        list.retain(|setting| setting.origin.starts_with("lab.toml"));
        assert!(all > 50, "{all}");
        let text = text(&list, &settings);
        assert_eq!(
            text,
            "# settings file: lab.toml\n\
             database-url = \"postgres://u@h:5432/d\"  # lab.toml:1\n\n\
             [log-api]\n\
             port = 1                                # lab.toml:3\n\n\
             [log-fetcher]\n\
             online-url = \"http://h/v1/online\"       # lab.toml:5\n\n\
             [orchestrator]\n\
             allow-private-webhooks = true           # lab.toml:7\n"
        );
    }

    #[test]
    fn the_documentation_of_settings_is_that_of_the_program() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == reference(&Cli::command()),
            "run `loadlab config reference > docs/configuration.md`"
        );
    }
}
