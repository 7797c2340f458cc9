//! `loadlab init`: a settings file to fill in.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Arg, Args, Command};

use super::describe::{defaults, is_setting, key, short_help, tables, toml_text};
use super::file::is_switch;
use super::values::USUAL_FILE;
use crate::output::{inform, print};
use crate::services::Service;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// The file, which must not exist yet.
    #[arg(value_name = "FILE", default_value = USUAL_FILE)]
    file: PathBuf,
}

pub(crate) fn run(arguments: &InitArguments, root: &Command) -> anyhow::Result<ExitCode> {
    let shown = arguments.file.display();
    write_new(&arguments.file, &text(root))?;
    print(&format!("{shown}\n"))?;
    inform(
        "Every setting in this file is a comment. Remove the # before those that you need, then \
         see the outcome with `loadlab config show`, and start with `loadlab up`.",
    );
    Ok(ExitCode::SUCCESS)
}

/// Writes a file that does not exist yet. It may get a password, so that others need not read it.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let shown = path.display();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{shown} exists already and was left as it is; name another file")
        }
        Err(error) => return Err(error).with_context(|| format!("cannot write {shown}")),
    };
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {shown}"))
}

/// The settings of all commands, of the services, and of `up`.
fn text(root: &Command) -> String {
    let mut text = "# Settings of loadlab. Each line that begins with `# ` and a key shows a \
                    default or an example;\n# remove the `# ` to set it. Flags and variables go \
                    before this file.\n# All settings: docs/configuration.md\n"
        .to_owned();
    let is_wanted = |path: &[String]| match path {
        [] => true,
        [name] => {
            name == "up"
                || Service::ALL
                    .into_iter()
                    .any(|service| service.command() == name)
        }
        _ => false,
    };
    for (path, command) in tables(root) {
        if !is_wanted(&path) {
            continue;
        }
        if let Some(name) = path.first() {
            let about = command.get_about().map(ToString::to_string);
            // writing to a string cannot fail
            let _written = writeln!(text, "\n# {}\n[{name}]", about.unwrap_or_default());
        }
        let arguments = command.get_arguments();
        for argument in arguments.filter(|argument| is_setting(argument) && !argument.is_hide_set())
        {
            let _written = writeln!(text, "\n{}", comment(&short_help(argument)));
            let _written = writeln!(
                text,
                "# {} = {}",
                key(argument).unwrap_or_default(),
                example(argument)
            );
        }
    }
    text
}

/// The default, or something that shows of what kind the value is.
fn example(argument: &Arg) -> String {
    let values = defaults(argument);
    if !values.is_empty() {
        return toml_text(argument, &values);
    }
    if is_switch(argument) {
        return "false".to_owned();
    }
    let names = argument.get_value_names().unwrap_or_default();
    let name = names.first().map_or("…", |name| name.as_str());
    toml_text(argument, &[format!("<{name}>")])
}

/// A comment of lines that fit.
fn comment(text: &str) -> String {
    const WIDTH: usize = 96;
    let mut lines = vec![String::from("##")];
    for word in text.split_whitespace() {
        let is_full = |line: &String| line.chars().count() + 1 + word.chars().count() > WIDTH;
        if lines.last().is_some_and(is_full) {
            lines.push("##".to_owned());
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;
    use crate::settings::file;

    #[test]
    fn the_file_sets_nothing_until_a_comment_becomes_a_setting() {
        let text = text(&Cli::command());
        let path = Path::new("lab.toml");
        assert_eq!(file::parse(&text, &Cli::command(), path).unwrap(), []);
        // Everything that shows a value can be set to it.
        let lines = text.lines().map(|line| match line.strip_prefix("# ") {
            Some(setting) if setting.contains(" = ") && !setting.contains('<') => setting,
            _ => line,
        });
        let set: Vec<&str> = lines.collect();
        let entries = file::parse(&set.join("\n"), &Cli::command(), path).unwrap();
        assert!(entries.len() > 30, "{}", entries.len());
        for wanted in [
            "[log-fetcher]",
            "# secret-key-path = \"<FILE>\"",
            "[up]",
            "# port = 9080",
        ] {
            assert!(text.lines().any(|line| line == wanted), "{wanted}\n{text}");
        }
    }

    #[test]
    fn a_file_that_exists_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lab.toml");
        run(&InitArguments { file: file.clone() }, &Cli::command()).unwrap();
        std::fs::write(&file, "mine").unwrap();
        let error = run(&InitArguments { file: file.clone() }, &Cli::command()).unwrap_err();
        assert!(error.to_string().contains("exists already"), "{error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    }
}
