//! All settings: the arguments that the settings file may hold, and what is known of them.

use std::ffi::OsStr;

use clap::{Arg, Command};

use crate::choice::variables_of;

/// Whether an argument may be in the settings file: it has a long name, and is not about the file
/// or the program itself.
pub(super) fn is_setting(argument: &Arg) -> bool {
    let id = argument.get_id().as_str();
    argument.get_long().is_some() && !["settings", "help", "version"].contains(&id)
}

/// Its name in the file.
pub(super) fn key(argument: &Arg) -> Option<&str> {
    argument.get_long()
}

/// The commands that have settings, those above before those below, with their names.
pub(super) fn tables(root: &Command) -> Vec<(Vec<String>, &Command)> {
    let mut found = vec![(Vec::new(), root)];
    let mut at = 0;
    while let Some((path, command)) = found.get(at).cloned() {
        let below = command.get_subcommands().map(|below| {
            let name = below.get_name().to_owned();
            ([path.as_slice(), &[name]].concat(), below)
        });
        let below: Vec<_> = below.collect();
        at += 1;
        // In the order of the help: what is below a command follows it.
        found.splice(at..at, below);
    }
    found.retain(|(_, command)| command.get_arguments().any(is_setting));
    found
}

/// The variables that set it, the first one that is set before the others.
pub(super) fn variables(argument: &Arg) -> Vec<&str> {
    let own = argument.get_env().and_then(OsStr::to_str);
    let others = variables_of(argument.get_id().as_str()).iter().copied();
    own.into_iter().chain(others).collect()
}

/// The help of an argument on one line.
pub(super) fn help(argument: &Arg) -> String {
    let long = argument.get_long_help().or(argument.get_help());
    let text = long.map(ToString::to_string).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first sentence of its help.
pub(super) fn short_help(argument: &Arg) -> String {
    let text = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Its values as TOML: a list where it takes several.
pub(super) fn toml_text(argument: &Arg, values: &[String]) -> String {
    let one = |text: &String| {
        let is_number = text.parse::<f64>().is_ok_and(f64::is_finite)
            && text.starts_with(|first: char| first.is_ascii_digit() || first == '-')
            && text.ends_with(|last: char| last.is_ascii_digit());
        if is_number || text.parse::<bool>().is_ok() {
            return text.clone();
        }
        // A JSON text is one of TOML, too.
        serde_json::Value::from(text.as_str()).to_string()
    };
    match values {
        [value] if !matches!(argument.get_action(), clap::ArgAction::Append) => one(value),
        values => {
            let values: Vec<String> = values.iter().map(one).collect();
            format!("[{}]", values.join(", "))
        }
    }
}

/// Its defaults as texts.
pub(super) fn defaults(argument: &Arg) -> Vec<String> {
    let values = argument.get_default_values().iter();
    values
        .map(|value| value.to_string_lossy().into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn tables_follow_the_order_of_the_help() {
        let root = Cli::command();
        let tables = tables(&root);
        let names: Vec<String> = tables.iter().map(|(path, _)| path.join(".")).collect();
        assert_eq!(names[0], "");
        let place = |name: &str| names.iter().position(|one| one == name).unwrap();
        assert!(place("log-api") < place("log-fetcher"));
        assert!(place("simnet") < place("simnet.record"));
        assert!(place("simnet.record") < place("up"));
        assert!(!names.contains(&"db".to_owned()), "{names:?}");
    }

    #[test]
    fn values_are_shown_as_the_file_takes_them() {
        let one = Arg::new("one");
        let many = Arg::new("many").action(clap::ArgAction::Append);
        let shown = |argument: &Arg, values: &[&str]| {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            toml_text(argument, &values)
        };
        assert_eq!(shown(&one, &["80"]), "80");
        assert_eq!(shown(&one, &["-1.5"]), "-1.5");
        assert_eq!(shown(&one, &["true"]), "true");
        assert_eq!(shown(&one, &["infinity"]), "\"infinity\"");
        assert_eq!(shown(&one, &["a \"b\"\n"]), r#""a \"b\"\n""#);
        assert_eq!(shown(&many, &["a", "1"]), "[\"a\", 1]");
        assert_eq!(shown(&many, &[]), "[]");
    }
}
