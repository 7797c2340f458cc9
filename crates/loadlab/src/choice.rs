//! Which database a command works on: what flags say beats what variables say.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

/// Variables with a connection text. The last is that of the original experiments API and
/// orchestrator.
const TEXT_VARIABLES: [&str; 2] = ["DATABASE_URL", "PSQL_CONNECTION_STRING"];

/// The variable with the path of a file that holds a connection text.
const FILE_VARIABLE: &str = "DATABASE_URL_FILE";

/// The variable with the folder of the embedded server.
const FOLDER_VARIABLE: &str = "LOADLAB_DATA_DIR";

/// Which database.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database")]
pub(crate) struct Connection {
    /// The database, as postgres://user:password@host:port/name or as `host=… dbname=…`.
    /// Without it, the embedded server of the data folder is used, and started if need
    /// be. Others on this machine can see arguments: a text with a password belongs into
    /// a variable (`DATABASE_URL`, `PSQL_CONNECTION_STRING`) or a file.
    // Marked as a secret for whatever shows settings.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        alias = "db-uri",
        hide_env_values = true
    )]
    pub(crate) database_url: Option<String>,
    /// A file that holds the database URL. Variable: `DATABASE_URL_FILE`.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub(crate) database_url_file: Option<PathBuf>,
    /// The folder of the embedded server, which is used whatever the variables for other
    /// databases say. Variable: `LOADLAB_DATA_DIR`, which does not beat them. Default:
    /// /var/lib/loadlab for root, else ~/.local/share/loadlab.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The folder with the programs `postgres` and `initdb` of the embedded server.
    #[arg(long, global = true, env = "LOADLAB_POSTGRES_BIN", value_name = "DIR")]
    pub(crate) postgres_bin: Option<PathBuf>,
    /// The port that the embedded server takes at its first start, if it is free.
    #[arg(
        long,
        global = true,
        env = "LOADLAB_POSTGRES_PORT",
        value_name = "PORT",
        default_value_t = 5432
    )]
    pub(crate) postgres_port: u16,
    /// What the settings file says.
    #[arg(skip)]
    pub(crate) file: FileConnection,
}

/// What a settings file says about the database.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileConnection {
    pub(crate) database_url: Option<String>,
    pub(crate) database_url_file: Option<PathBuf>,
    pub(crate) data_dir: Option<PathBuf>,
}

/// The variables that stand for an argument and are read here rather than by the command line: one
/// of them beats a settings file, but not a flag of another name.
pub(crate) fn variables_of(id: &str) -> &'static [&'static str] {
    match id {
        "database_url" => &TEXT_VARIABLES,
        "database_url_file" => &[FILE_VARIABLE],
        "data_dir" => &[FOLDER_VARIABLE],
        _ => &[],
    }
}

/// Longest connection text in a file, in bytes.
const TEXT_BYTES_MAX: u64 = 16 << 10;

/// A database, before anything is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// That of a connection text.
    Given(String),
    /// That of the embedded server: in this folder, else in the usual one.
    Embedded(Option<PathBuf>),
}

/// Reads the environment.
pub(crate) type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The variables of this process. Compose files set variables to nothing: such ones are not there.
pub(crate) fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

impl Connection {
    /// The database to work on.
    pub(crate) fn choose(&self, variable: Variable<'_>) -> anyhow::Result<Choice> {
        if let Some(text) = self.database_url.as_ref().filter(|text| !text.is_empty()) {
            return Ok(Choice::Given(text.clone()));
        }
        if let Some(file) = &self.database_url_file {
            return Ok(Choice::Given(read_text(file)?));
        }
        if let Some(folder) = &self.data_dir {
            return Ok(Choice::Embedded(Some(folder.clone())));
        }
        for name in TEXT_VARIABLES {
            if let Some(text) = variable(name) {
                let text = text.into_string();
                let text = text.map_err(|_| anyhow::anyhow!("{name} is not UTF-8"))?;
                return Ok(Choice::Given(text));
            }
        }
        if let Some(file) = variable(FILE_VARIABLE) {
            return Ok(Choice::Given(read_text(Path::new(&file))?));
        }
        if let Some(folder) = variable(FOLDER_VARIABLE) {
            return Ok(Choice::Embedded(Some(folder.into())));
        }
        let file = &self.file;
        if let Some(text) = file.database_url.as_ref().filter(|text| !text.is_empty()) {
            return Ok(Choice::Given(text.clone()));
        }
        if let Some(file) = &file.database_url_file {
            return Ok(Choice::Given(read_text(file)?));
        }
        Ok(Choice::Embedded(file.data_dir.clone()))
    }

    /// The folder that a flag, a variable or the settings file names, for the embedded server and other files.
    pub(crate) fn named_folder(&self, variable: Variable<'_>) -> Option<PathBuf> {
        let named = || variable(FOLDER_VARIABLE).map(PathBuf::from);
        let flag = self.data_dir.clone();
        flag.or_else(named).or_else(|| self.file.data_dir.clone())
    }

    /// The variables that name a database although a flag names the embedded server.
    pub(crate) fn overruled(&self, variable: Variable<'_>) -> Vec<&'static str> {
        if self.data_dir.is_none() || !matches!(self.choose(variable), Ok(Choice::Embedded(_))) {
            return Vec::new();
        }
        let mut names = TEXT_VARIABLES.to_vec();
        names.push(FILE_VARIABLE);
        names.retain(|name| variable(name).is_some());
        names
    }
}

/// The connection text in a file, such as a secret of a container.
fn read_text(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let text = text_file::read(path, TEXT_BYTES_MAX)
        .with_context(|| format!("cannot read the database URL from {shown}"))?;
    let text = text.trim();
    if text.is_empty() {
        bail!("{shown} is empty: it has to hold a database URL");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn choose(flags: &[&str], variables: &[(&str, &str)]) -> anyhow::Result<Choice> {
        let arguments = ["loadlab", "db", "url"].iter().chain(flags);
        let connection = Cli::try_parse_from(arguments)?.connection;
        connection.choose(&|name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some(value.into())
        })
    }

    type Variables<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn flags_beat_variables() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, "\u{feff}postgres://file\n").unwrap();
        let file = path.to_str().unwrap();
        let given = |text: &str| Choice::Given(text.to_owned());
        let embedded = |folder: &str| Choice::Embedded(Some(folder.into()));
        let url = ("DATABASE_URL", "postgres://variable");
        let original = ("PSQL_CONNECTION_STRING", "host=original");
        let file_variable = ("DATABASE_URL_FILE", file);
        let data = ("LOADLAB_DATA_DIR", "/variable");
        #[rustfmt::skip]
        let cases: [(&[&str], Variables<'_>, Choice); 13] = [
            (&[], &[], Choice::Embedded(None)),
            (&[], &[data], embedded("/variable")),
            (&[], &[url, data], given("postgres://variable")),
            (&[], &[original], given("host=original")),
            (&[], &[original, url], given("postgres://variable")),
            (&[], &[file_variable], given("postgres://file")),
            (&["--data-dir", "/flag"], &[], embedded("/flag")),
            (&["--data-dir", "/flag"], &[data, url, original, file_variable], embedded("/flag")),
            (&["--database-url", "postgres://flag"], &[data, url, original, file_variable], given("postgres://flag")),
            (&["--db-uri", "host=flag"], &[data], given("host=flag")),
            (&["--database-url-file", file], &[data, url, original], given("postgres://file")),
            // The folder is for other files.
            (&["--database-url", "postgres://flag", "--data-dir", "/flag"], &[], given("postgres://flag")),
            (&["--database-url", ""], &[url], given("postgres://variable")),
        ];
        for (flags, variables, expected) in cases {
            let choice = choose(flags, variables).unwrap();
            assert_eq!(choice, expected, "{flags:?} {variables:?}");
        }
        assert!(choose(&["--database-url", "a", "--database-url-file", file], &[]).is_err());
    }

    #[test]
    fn flags_and_variables_beat_the_settings_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, "postgres://in-file").unwrap();
        let given = |text: &str| Choice::Given(text.to_owned());
        let embedded = |folder: &str| Choice::Embedded(Some(folder.into()));
        let settings =
            |url: Option<&str>, file: Option<&Path>, folder: Option<&str>| FileConnection {
                database_url: url.map(str::to_owned),
                database_url_file: file.map(Path::to_owned),
                data_dir: folder.map(PathBuf::from),
            };
        let all = || settings(Some("postgres://s"), Some(&path), Some("/s"));
        let data = ("LOADLAB_DATA_DIR", "/variable");
        let url = ("DATABASE_URL", "postgres://variable");
        #[rustfmt::skip]
        let cases: [(FileConnection, &[&str], Variables<'_>, Choice); 9] = [
            (all(), &[], &[], given("postgres://s")),
            (settings(None, Some(&path), Some("/s")), &[], &[], given("postgres://in-file")),
            (settings(None, None, Some("/s")), &[], &[], embedded("/s")),
            (settings(Some(""), None, None), &[], &[], Choice::Embedded(None)),
            (all(), &[], &[data], embedded("/variable")),
            (all(), &[], &[url], given("postgres://variable")),
            (all(), &["--data-dir", "/flag"], &[], embedded("/flag")),
            (all(), &["--database-url", "postgres://flag"], &[], given("postgres://flag")),
            (settings(None, None, Some("/s")), &[], &[url], given("postgres://variable")),
        ];
        for (file, flags, variables, expected) in cases {
            let arguments = ["loadlab", "db", "url"].iter().chain(flags);
            let mut connection = Cli::try_parse_from(arguments).unwrap().connection;
            connection.file = file;
            let choice = connection.choose(&|name| {
                let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
                Some(value.into())
            });
            assert_eq!(choice.unwrap(), expected, "{flags:?} {variables:?}");
        }
    }

    #[test]
    fn a_file_without_a_url_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        let file = path.to_str().unwrap();
        for (content, said) in [
            (None, "cannot read the database URL"),
            (Some(" \n".to_owned()), "is empty"),
            (
                Some("x".repeat(16 * 1024 + 1)),
                "cannot read the database URL",
            ),
        ] {
            if let Some(content) = content {
                std::fs::write(&path, content).unwrap();
            }
            let error = choose(&["--database-url-file", file], &[]).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
