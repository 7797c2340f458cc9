//! What each command needs of the database: a role that only reads is enough for those that read,
//! the embedded server is reached whatever variables say, and flags beat variables.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use store::testing::TestDatabase;

use crate::program::{Said, example, import, loadlab};

/// What a command does with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Reads, and succeeds with these arguments.
    Reads(&'static [&'static str]),
    /// A service that reads, with these arguments.
    Serves(&'static [&'static str]),
    Writes,
    Nothing,
}

/// Every command. One that is not here fails the test: say what it needs.
const COMMANDS: [(&str, Need); 62] = [
    ("trace import", Need::Writes),
    ("trace show", Need::Reads(&["0"])),
    ("trace diff", Need::Reads(&["3NKexampleE", "3NKexampleP"])),
    ("trace export", Need::Reads(&["0", "--format=json"])),
    ("log-api", Need::Serves(&["--port", "0"])),
    ("log-fetcher discovery", Need::Writes),
    ("log-fetcher node-address-port", Need::Writes),
    ("uptime-backend", Need::Writes),
    ("experiments-api", Need::Writes),
    ("orchestrator", Need::Writes),
    ("experiment plan", Need::Nothing),
    // Those of a lab need none here.
    ("experiment run", Need::Nothing),
    ("experiment watch", Need::Nothing),
    ("experiment cancel", Need::Nothing),
    ("deployment new", Need::Nothing),
    ("tracing freeze", Need::Nothing),
    ("tracing unfreeze", Need::Nothing),
    ("tracing reset", Need::Nothing),
    ("tracing cleanup", Need::Nothing),
    ("tracing status", Need::Nothing),
    ("cycle", Need::Nothing),
    ("token new", Need::Writes),
    // The role that only reads need not see who may do what, and who has done it.
    ("token list", Need::Writes),
    ("token revoke", Need::Writes),
    ("audit", Need::Writes),
    ("completions", Need::Nothing),
    ("man", Need::Nothing),
    ("experiment list", Need::Reads(&[])),
    ("experiment status", Need::Reads(&["one"])),
    ("experiment report", Need::Reads(&["one", "--format=csv"])),
    ("experiment compare", Need::Reads(&["one", "one"])),
    ("experiment kill", Need::Writes),
    ("script generate", Need::Nothing),
    ("script run", Need::Nothing),
    ("simnet", Need::Nothing),
    ("simnet record", Need::Nothing),
    ("simnet mina", Need::Nothing),
    ("db migrate", Need::Writes),
    ("db url", Need::Reads(&[])),
    (
        "db psql",
        Need::Reads(&["--", "-Atc", "SELECT count(*) FROM experiments"]),
    ),
    ("db role-reader", Need::Writes),
    ("db distribute", Need::Writes),
    ("db run", Need::Writes),
    // It copies the bookkeeping, too, which that role need not see.
    ("db dump", Need::Writes),
    ("db restore", Need::Writes),
    ("db upgrade", Need::Writes),
    ("dashboard", Need::Nothing),
    ("deployment list", Need::Reads(&[])),
    ("deployment drop", Need::Writes),
    (
        "export",
        Need::Reads(&["--format=csv", "--to={folder}/exported"]),
    ),
    ("archive run", Need::Writes),
    ("archive list", Need::Reads(&[])),
    // It asks the database where the archive is.
    ("archive verify", Need::Writes),
    ("archive restore", Need::Writes),
    ("archive drop", Need::Writes),
    ("up", Need::Writes),
    ("demo", Need::Writes),
    // It says what such a role lacks, and ends with 1.
    ("doctor", Need::Nothing),
    ("version", Need::Nothing),
    ("init", Need::Nothing),
    ("config show", Need::Nothing),
    ("config reference", Need::Nothing),
];

/// The commands below one, by its help; itself if there are none.
fn commands(path: &[String]) -> Vec<String> {
    // Its help is that of the original's generator.
    if path == ["script", "generate"] {
        return vec![path.join(" ")];
    }
    let help = Said::of(loadlab(path).arg("--help")).success();
    let Some((_, listed)) = help.split_once("\nCommands:\n") else {
        return vec![path.join(" ")];
    };
    let names = listed
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help");
    names
        .flat_map(|name| commands(&[path, &[name.to_owned()]].concat()))
        .collect()
}

#[test]
fn of_every_command_it_is_known_what_it_needs() {
    let all = commands(&[]);
    assert!(all.len() > 15, "{all:?}");
    for command in all {
        assert!(
            COMMANDS.iter().any(|(known, _)| *known == command),
            "`loadlab {command}`: say in this file whether it reads or writes the database"
        );
    }
}

/// Arguments with a folder of their own.
fn filled(arguments: &[&str], folder: &Path) -> Vec<String> {
    let folder = folder.display().to_string();
    let fill = |argument: &&str| argument.replace("{folder}", &folder);
    arguments.iter().map(fill).collect()
}

/// The statements of the documentation.
fn documented() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/database.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, after) = text.split_once("## A role that only reads").unwrap();
    let (_, after) = after.split_once("```sql").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

/// The URL of the same database for another role.
fn url_of(test: &TestDatabase, role: &str) -> String {
    let (_, server) = test.url().rsplit_once('@').unwrap();
    format!("postgres://{role}:secret@{server}")
}

#[tokio::test]
async fn a_role_that_only_reads_is_enough_for_every_command_that_reads() {
    let test = TestDatabase::create().await.unwrap();
    Said::of(&mut import(&example(), test.url())).success();
    test.execute(
        "INSERT INTO experiment_state (name, description, status, setup_json)
         VALUES ('one', '', 'success', '{}');
         INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         SELECT 'h', max(deployment_id), 'payment', 'one-0-0-1', now() FROM deployment",
    )
    .await
    .unwrap();
    // A role belongs to the whole server, which others use at the same time.
    let role = format!("reader_{}", std::process::id());
    test.execute(&documented().replace("reader", &role))
        .await
        .unwrap();
    let url = url_of(&test, &role);

    for (command, need) in COMMANDS {
        let words = command.split(' ');
        match need {
            Need::Reads(arguments) => {
                let folder = tempfile::tempdir().unwrap();
                let mut command = loadlab(words.clone());
                command.args(filled(arguments, folder.path()));
                let said = Said::of(command.env("DATABASE_URL", &url));
                assert_eq!(said.code, Some(0), "{command:?}: {}", said.err);
                // What it cannot read (the free room of the disk) is left out: it must not look like
                // nothing.
                if !words.clone().any(|word| ["db", "export"].contains(&word)) {
                    let owner = Said::of(command.env("DATABASE_URL", test.url()));
                    assert_eq!(said.out.lines().count(), owner.out.lines().count());
                    for (line, of_owner) in said.out.lines().zip(owner.out.lines()) {
                        assert!(
                            of_owner.starts_with(line),
                            "{command:?}: {line}, {of_owner}"
                        );
                    }
                }
            }
            Need::Serves(arguments) => {
                let mut command = loadlab(words);
                command.args(arguments).env("DATABASE_URL", &url);
                assert_serves(command.stderr(Stdio::piped()).spawn().unwrap());
            }
            Need::Writes | Need::Nothing => {}
        }
    }

    // Those that write say which privilege is missing, and nothing of PostgreSQL's source.
    let said = Said::of(&mut import(&example(), &url));
    said.assert_failure("permission denied for");
    assert!(said.err.contains("is needed"), "{}", said.err);
    assert!(!said.err.contains("at line"), "{}", said.err);
    test.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .await
        .unwrap();
}

/// The forms of a connection text that lead to the database of a test.
fn connection_texts(test: &TestDatabase) -> Vec<String> {
    let url = url::Url::parse(test.url()).unwrap();
    let (host, port) = (url.host_str().unwrap(), url.port().unwrap_or(5432));
    let (user, database) = (url.username(), url.path().trim_start_matches('/'));
    let password = url.password().unwrap_or_default();
    vec![
        test.url().to_owned(),
        format!(
            "host={host} port={port} user={user} password='{password}' dbname={database} \
             sslmode=disable"
        ),
        // Nobody listens at the first port.
        format!(
            "postgresql://{user}:{password}@{host}:1,{host}:{port}/{database}\
             ?sslmode=disable&target_session_attrs=read-write"
        ),
    ]
}

#[tokio::test]
async fn every_command_that_reads_takes_every_connection_text_from_everywhere() {
    let test = TestDatabase::create().await.unwrap();
    Said::of(&mut import(&example(), test.url())).success();
    test.execute(
        "INSERT INTO experiment_state (name, description, status, setup_json)
         VALUES ('one', '', 'success', '{}');
         INSERT INTO unique_txs (hash, deployment_id, type, memo, time)
         SELECT 'h', max(deployment_id), 'payment', 'one-0-0-1', now() FROM deployment",
    )
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    for text in connection_texts(&test) {
        std::fs::write(&file, format!("{text}\n")).unwrap();
        let path = file.to_str().unwrap();
        for (command, need) in COMMANDS {
            let Need::Reads(arguments) = need else {
                continue;
            };
            for (flag, variable) in [
                (Some(("--database-url", text.as_str())), None),
                (Some(("--database-url-file", path)), None),
                (None, Some(("DATABASE_URL", text.as_str()))),
                (None, Some(("PSQL_CONNECTION_STRING", text.as_str()))),
                (None, Some(("DATABASE_URL_FILE", path))),
            ] {
                let mut called = loadlab(
                    flag.map(|(flag, value)| [flag, value])
                        .into_iter()
                        .flatten(),
                );
                let to = tempfile::tempdir().unwrap();
                called
                    .args(command.split(' '))
                    .args(filled(arguments, to.path()))
                    .envs(variable);
                let said = Said::of(&mut called);
                assert_eq!(said.code, Some(0), "{called:?}: {}", said.err);
            }
        }
    }
}

/// Waits until a service says where it listens, and stops it.
fn assert_serves(mut service: Child) {
    let mut errors = service.stderr.take().unwrap();
    let mut said = Vec::new();
    let begun = Instant::now();
    let mut buffer = [0; 1024];
    while !String::from_utf8_lossy(&said).contains("answers at") {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "the service does not listen"
        );
        let length = errors.read(&mut buffer).unwrap();
        assert_ne!(length, 0, "{}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&buffer[..length]);
    }
    kill(
        Pid::from_raw(i32::try_from(service.id()).unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    assert_eq!(service.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn who_may_not_read_is_told_the_privilege() {
    let test = TestDatabase::create().await.unwrap();
    let role = format!("stranger_{}", std::process::id());
    test.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'secret'"))
        .await
        .unwrap();
    let url = url_of(&test, &role);
    let show = || Said::of(loadlab(["trace", "show", "0"]).env("DATABASE_URL", &url));
    show().assert_failure("permission denied for schema loadlab; USAGE on the schema is needed");
    test.execute(&format!("GRANT USAGE ON SCHEMA loadlab TO {role}"))
        .await
        .unwrap();
    show().assert_failure("permission denied for table _sqlx_migrations; SELECT is needed");
    // An empty database is for its owner to prepare.
    let empty = TestDatabase::create_empty().await.unwrap();
    let said = Said::of(loadlab(["trace", "show", "0"]).env("DATABASE_URL", url_of(&empty, &role)));
    said.assert_failure("the database is not prepared for this version; run `loadlab db migrate`");
    test.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .await
        .unwrap();
}

/// Variables of PostgreSQL's client library, each of which would lead elsewhere or to an error.
const HOSTILE: [(&str, &str); 13] = [
    ("PGHOST", "192.0.2.1"),
    ("PGHOSTADDR", "192.0.2.1"),
    ("PGPORT", "1"),
    ("PGUSER", "stranger"),
    ("PGPASSWORD", "wrong"),
    ("PGPASSFILE", "/none"),
    ("PGDATABASE", "elsewhere"),
    ("PGSSLMODE", "verify-full"),
    ("PGSSLROOTCERT", "/none"),
    ("PGSERVICE", "none"),
    ("PGTARGETSESSIONATTRS", "standby"),
    ("PGAPPNAME", "stranger"),
    (
        "PGOPTIONS",
        "-c default_transaction_read_only=on -c no_such_setting=1",
    ),
];

#[tokio::test]
async fn the_folder_of_a_flag_is_used_whatever_variables_say() {
    let elsewhere = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    // The unprivileged user that runs the server must be able to enter.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, elsewhere.url()).unwrap();
    let data = folder.path().join("data");
    let example = example();
    let example = example.to_str().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = loadlab(["--postgres-port", "0", "--data-dir"]);
        command
            .arg(&data)
            .args(arguments)
            .envs(HOSTILE)
            .env("DATABASE_URL", elsewhere.url())
            .env("DATABASE_URL_FILE", &file)
            .env("PSQL_CONNECTION_STRING", elsewhere.url());
        Said::of(&mut command)
    };
    let said = run(&["trace", "import", example, "--node", "n"]);
    let line = "--data-dir names the database; without effect: DATABASE_URL, \
                PSQL_CONNECTION_STRING, DATABASE_URL_FILE";
    assert!(said.err.contains(line), "{}", said.err);
    said.success();
    let counted = "SELECT count(*)::text FROM block_trace";
    assert_eq!(elsewhere.texts(counted).await.unwrap(), ["0"]);
    let shown = run(&["db", "psql", "--", "-Atc", counted]).success();
    assert_eq!(shown, "3\n");
    assert!(run(&["trace", "show", "0"]).code == Some(0));
    assert!(
        run(&["db", "url"])
            .success()
            .ends_with("/logs?sslmode=disable\n")
    );

    // A file keeps the password out of the arguments, and flags beat variables here, too.
    let mut command = loadlab([
        "trace",
        "import",
        example,
        "--node",
        "n",
        "--database-url-file",
    ]);
    command
        .arg(&file)
        .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    Said::of(&mut command).success();
    assert_eq!(elsewhere.texts(counted).await.unwrap(), ["3"]);
}
