//! Hosts with addresses of their own on one machine: network namespaces on a bridge, which can be
//! cut off and connected again. Only root may make them.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A network of hosts and this test; removed with the value, after the programs on it.
pub(crate) struct Hosts {
    programs: Vec<Child>,
    /// What the names of all namespaces and links begin with, different for each process.
    prefix: String,
    subnet: [u8; 3],
    names: &'static [&'static str],
}

fn ip(arguments: &str) -> Result<(), String> {
    let output = Command::new("ip")
        .args(arguments.split_whitespace())
        .output()
        .map_err(|error| format!("ip: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("ip {arguments}: {}", said.trim()))
}

/// What the names of our namespaces begin with, followed by the id of the process.
const PREFIX: &str = "loadlab";

/// Removes what tests that were killed have left.
fn remove_left() {
    let found = std::fs::read_dir("/run/netns").into_iter().flatten();
    for file in found.flatten() {
        let name = file.file_name().into_string().unwrap_or_default();
        let pid = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').next());
        let pid =
            pid.filter(|pid| !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit()));
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = ip(&format!("netns del {name}"));
        }
    }
}

impl Hosts {
    /// Makes the namespaces; or says why that cannot be done here.
    pub(crate) fn new(names: &'static [&'static str]) -> Result<Self, String> {
        let pid = std::process::id();
        let byte = |number: u32| u8::try_from(number % 250).unwrap();
        let hosts = Self {
            programs: Vec::new(),
            // A link has a name of 15 characters at most.
            prefix: format!("{PREFIX}{pid}"),
            // For tests of networks (RFC 2544), so that no real host has the address.
            subnet: [198, 18, byte(pid)],
            names,
        };
        remove_left();
        hosts.make()?;
        Ok(hosts)
    }

    fn make(&self) -> Result<(), String> {
        let prefix = &self.prefix;
        let hub = self.namespace("hub");
        ip(&format!("netns add {hub}"))?;
        ip(&format!("-n {hub} link add bridge type bridge"))?;
        ip(&format!("-n {hub} link set bridge up"))?;
        // The test itself, in the namespace that it runs in.
        ip(&format!(
            "link add {prefix} type veth peer name test netns {hub}"
        ))?;
        ip(&format!("-n {hub} link set test master bridge up"))?;
        ip(&format!("addr add {}/24 dev {prefix}", self.at(254)))?;
        ip(&format!("link set {prefix} up"))?;
        for name in self.names {
            let (namespace, address) = (self.namespace(name), self.address(name));
            ip(&format!("netns add {namespace}"))?;
            ip(&format!(
                "-n {hub} link add {name} type veth peer name eth0 netns {namespace}"
            ))?;
            ip(&format!("-n {hub} link set {name} master bridge up"))?;
            ip(&format!("-n {namespace} addr add {address}/24 dev eth0"))?;
            ip(&format!("-n {namespace} link set eth0 up"))?;
            ip(&format!("-n {namespace} link set lo up"))?;
        }
        Ok(())
    }

    fn namespace(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    fn at(&self, host: u8) -> Ipv4Addr {
        let [a, b, c] = self.subnet;
        Ipv4Addr::new(a, b, c, host)
    }

    /// All of the network, as `198.18.7.0/24`.
    pub(crate) fn network(&self) -> String {
        format!("{}/24", self.at(0))
    }

    pub(crate) fn address(&self, name: &str) -> Ipv4Addr {
        let index = self.names.iter().position(|host| *host == name).unwrap();
        self.at(u8::try_from(index + 1).unwrap())
    }

    /// Starts a program on a host. What it says goes to a file.
    pub(crate) fn start(&mut self, name: &str, program: &Command, log: &Path) {
        let mut command = Command::new("ip");
        // It becomes the program, so that its id is that of the child, and ends with the test
        // whatever ends that.
        command.args(["netns", "exec", &self.namespace(name)]);
        command.args(["setpriv", "--pdeathsig=KILL"]);
        command.arg(program.get_program()).args(program.get_args());
        for (variable, value) in program.get_envs() {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        let log = std::fs::File::create(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.programs.push(child);
    }

    /// Cuts a host off from all others, as if its cable was pulled: no packet comes through, and
    /// nobody is told.
    pub(crate) fn cut(&self, name: &str) {
        ip(&format!(
            "-n {} link set {name} down",
            self.namespace("hub")
        ))
        .unwrap();
    }

    /// Connects it again.
    pub(crate) fn connect(&self, name: &str) {
        ip(&format!("-n {} link set {name} up", self.namespace("hub"))).unwrap();
    }

    /// Whether a program has ended that should not have.
    pub(crate) fn all_run(&mut self) -> bool {
        self.programs
            .iter_mut()
            .all(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Ends the programs, the last one first, as by Ctrl-C.
    fn end_programs(&mut self) {
        while let Some(mut child) = self.programs.pop() {
            let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT);
            let begun = Instant::now();
            while matches!(child.try_wait(), Ok(None)) && begun.elapsed() < Duration::from_secs(15)
            {
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        self.end_programs();
        let _ = ip(&format!("link del {}", self.prefix));
        for name in self.names.iter().chain(&["hub"]) {
            let _ = ip(&format!("netns del {}", self.namespace(name)));
        }
    }
}

/// The programs of a PostgreSQL that is installed here.
fn postgres_programs() -> Option<PathBuf> {
    let named = std::env::var_os("LOADLAB_POSTGRES_BIN").map(PathBuf::from);
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let debian = debian.flatten().map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut folders = named.into_iter().chain(debian).chain(path);
    folders.find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// A new server on a host that trusts the whole network; gives its URL. `folder` must be open to
/// other users: PostgreSQL does not run as root.
pub(crate) fn start_postgres(
    hosts: &mut Hosts,
    name: &str,
    folder: &Path,
) -> Result<String, String> {
    let programs = postgres_programs().ok_or("there is no PostgreSQL")?;
    let user = ["postgres", "nobody"]
        .iter()
        .find_map(|name| nix::unistd::User::from_name(name).ok().flatten())
        .ok_or("there is no user for PostgreSQL")?;
    let as_user = |program: &str| {
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={}", user.uid))
            .arg(format!("--regid={}", user.gid))
            .args(["--clear-groups", "--pdeathsig=INT"])
            .arg(programs.join(program))
            .current_dir("/");
        command
    };
    let (data, address) = (folder.join("data"), hosts.address(name));
    std::os::unix::fs::chown(folder, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let made = as_user("initdb")
        .args(["--username=postgres", "--auth=trust", "--no-sync", "-D"])
        .arg(&data)
        .output()
        .map_err(|error| format!("initdb: {error}"))?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned());
    }
    let rules = data.join("pg_hba.conf");
    let mut text = std::fs::read_to_string(&rules).unwrap();
    let _ = writeln!(text, "host all all {} trust", hosts.network());
    std::fs::write(&rules, text).unwrap();
    let mut server = as_user("postgres");
    server.arg("-D").arg(&data);
    server.arg("-k").arg(folder);
    server.args(["-c", &format!("listen_addresses={address}")]);
    hosts.start(name, &server, &folder.with_extension("log"));
    Ok(format!("postgres://postgres@{address}/postgres"))
}
