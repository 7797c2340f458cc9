//! The PostgreSQL server of a test run: loadlab's own embedded one, started here because
//! starting a server takes longer than most tests.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// Where the tests read the server's address.
pub(super) const URL_VARIABLE: &str = "LOADLAB_TEST_DATABASE_URL";

/// Time for making a new database directory and starting the server on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(90);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

/// Name of the server's directory, followed by our process number.
const DIRECTORY_PREFIX: &str = "loadlab-test-postgres-";

/// A folder in memory, as Linux has it.
const IN_MEMORY: &str = "/dev/shm";
/// Free memory from which on the databases of tests are kept there, in bytes. They take a part of it.
const IN_MEMORY_MIN: u64 = 8 << 30;

/// A running server. It ends with this value, and with this process however that ends, because the
/// server waits for the end of its standard input.
pub(super) struct Database {
    server: Child,
    directory: PathBuf,
    url: String,
}

/// Starts the server of the loadlab that was built for the tests, in a directory of its own. A
/// build of loadlab alone would have other features, and compile half of the dependencies again.
pub(super) fn start(workspace: &Workspace) -> Result<Database> {
    let target = workspace.target();
    let program = target.join("debug").join("loadlab");
    remove_left_behind(&target)?;
    // Hundreds of tests make and drop a database each, and the server waits for the disk each time.
    if bytes_in_memory().is_some_and(|bytes| bytes >= IN_MEMORY_MIN) {
        let folder = Path::new(IN_MEMORY);
        remove_left_behind(folder)?;
        return start_program(&program, folder);
    }
    start_program(&program, &target)
}

/// What the folder in memory can take without any program having to leave memory.
fn bytes_in_memory() -> Option<u64> {
    let mut df = Command::new("df");
    let df = process::output(df.args(["-B1", "--output=fstype,avail", IN_MEMORY])).ok()?;
    bytes_free(&df, &fs::read_to_string("/proc/meminfo").ok()?)
}

fn bytes_free(df: &str, meminfo: &str) -> Option<u64> {
    let mut fields = df.lines().nth(1)?.split_whitespace();
    if fields.next()? != "tmpfs" {
        return None;
    }
    let folder: u64 = fields.next()?.parse().ok()?;
    let mut lines = meminfo.lines();
    let memory = lines.find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let memory: u64 = memory.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(folder.min(memory.checked_mul(1 << 10)?))
}

/// Starts a server with a directory of its own in `folder`.
fn start_program(program: &Path, folder: &Path) -> Result<Database> {
    let directory = folder.join(format!("{DIRECTORY_PREFIX}{}", std::process::id()));
    // Not one that is there already: the folder may be open to all users.
    fs::create_dir(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let url_file = directory.join("url");

    let server = Command::new(program)
        .args(["db", "run", "--until-stdin-closes", "--data-dir"])
        .arg(directory.join("data"))
        .arg("--url-file")
        .arg(&url_file)
        .stdin(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let mut database = Database {
        server,
        directory,
        url: String::new(),
    };
    database.url = database.wait_for_url(&url_file)?;
    eprintln!("{URL_VARIABLE}={}", database.url);
    Ok(database)
}

impl Database {
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Ends the server and removes its directory.
    pub(super) fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn wait_for_url(&mut self, file: &Path) -> Result<String> {
        let begin = Instant::now();
        while begin.elapsed() < START_LIMIT {
            if let Some(status) = self.server.try_wait()? {
                bail!("the database server ended before it was ready ({status})");
            }
            match fs::read_to_string(file) {
                Ok(text) if !text.trim().is_empty() => return Ok(text.trim().to_owned()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot read {}", file.display()));
                }
            }
            thread::sleep(POLL);
        }
        bail!(
            "the database server was not ready after {} s",
            START_LIMIT.as_secs()
        )
    }

    fn end(&mut self) -> Result<()> {
        drop(self.server.stdin.take());
        let in_time = process::ends_within(&mut self.server, STOP_LIMIT)?;
        if !in_time {
            self.server.kill()?;
            self.server.wait()?;
        }
        match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error)
                    .with_context(|| format!("cannot remove {}", self.directory.display()));
            }
            _ => {}
        }
        if !in_time {
            bail!(
                "the database server did not end within {} s of the end of its input",
                STOP_LIMIT.as_secs()
            );
        }
        Ok(())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // after `stop` there is nothing left to do, which is no error
        if let Err(error) = self.end() {
            eprintln!("the tests' database server: {error:#}");
        }
    }
}

/// Removes directories of earlier runs that were killed.
fn remove_left_behind(folder: &Path) -> Result<()> {
    let Ok(names) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in names.flatten() {
        let name = entry.file_name();
        let Some(process_id) = owner(&name.to_string_lossy()) else {
            continue;
        };
        let alive = process::succeeds(Command::new("kill").args(["-0", &process_id.to_string()]));
        if !alive {
            let path = entry.path();
            eprintln!("removing {}, left behind by a killed run", path.display());
            match fs::remove_dir_all(&path) {
                // that of another user
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
                removed => {
                    removed.with_context(|| format!("cannot remove {}", path.display()))?;
                }
            }
        }
    }
    Ok(())
}

/// The process whose server has (or had) its data in the directory of this name.
fn owner(name: &str) -> Option<u32> {
    name.strip_prefix(DIRECTORY_PREFIX)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A directory of its own for one test, with a shell script in place of loadlab.
    struct Scene {
        target: PathBuf,
        program: PathBuf,
    }

    impl Scene {
        fn new(name: &str, script: &str) -> Self {
            let target = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(&target).unwrap();
            let program = target.join("loadlab");
            fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
            Self { target, program }
        }
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.target).unwrap();
        }
    }

    /// Arguments: db run --until-stdin-closes --data-dir DIRECTORY --url-file FILE
    const WELL_BEHAVED: &str = "\
        test \"$1 $2 $3 $4 $6\" = 'db run --until-stdin-closes --data-dir --url-file' || exit 9
        mkdir \"$5\"
        echo postgres://here > \"$7\"
        cat
        touch \"$0.ended\"";

    #[test]
    fn the_server_runs_until_it_is_stopped_and_leaves_nothing_behind() {
        let scene = Scene::new("well-behaved", WELL_BEHAVED);
        let mut database = start_program(&scene.program, &scene.target).unwrap();
        assert_eq!(database.url(), "postgres://here");
        let directory = database.directory.clone();
        assert!(directory.exists());
        assert!(database.server.try_wait().unwrap().is_none());
        database.stop().unwrap();
        assert!(!directory.exists());
        assert!(scene.target.join("loadlab.ended").exists());
    }

    #[test]
    fn a_server_that_ends_before_it_is_ready_is_an_error() {
        let scene = Scene::new("dies", "exit 7");
        let Err(error) = start_program(&scene.program, &scene.target) else {
            panic!("there is no server");
        };
        assert!(error.to_string().contains("before it was ready"), "{error}");
        let directory = format!("{DIRECTORY_PREFIX}{}", std::process::id());
        assert!(!scene.target.join(directory).exists());
    }

    #[test]
    fn databases_are_kept_in_memory_only_where_there_is_room() {
        let memory = "MemTotal:  9 kB\nMemAvailable:    2048 kB\n";
        for (df, expected) in [
            ("Type Avail\ntmpfs 4194304\n", Some(2 << 20)),
            ("Type Avail\ntmpfs 1024\n", Some(1024)),
            ("Type Avail\next4 4194304\n", None),
            ("", None),
        ] {
            assert_eq!(bytes_free(df, memory), expected, "{df}");
        }
        assert_eq!(bytes_free("Type Avail\ntmpfs 1024\n", ""), None);
    }

    #[test]
    fn only_directories_of_killed_runs_are_removed() {
        let scene = Scene::new("left-behind", "");
        // no process has a number this large, on any system
        let killed = scene.target.join("loadlab-test-postgres-4000000000");
        let running = scene
            .target
            .join(format!("{DIRECTORY_PREFIX}{}", std::process::id()));
        let other = scene.target.join("loadlab-test-postgres-notes");
        for directory in [&killed, &running, &other] {
            fs::create_dir_all(directory).unwrap();
        }
        remove_left_behind(&scene.target).unwrap();
        assert!(!killed.exists());
        assert!(running.exists() && other.exists());
    }
}
