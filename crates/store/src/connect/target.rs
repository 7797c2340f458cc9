//! What a connection text amounts to: servers to try in order, and what is demanded of them.

use std::fmt::Write as _;
use std::str::FromStr as _;
use std::{env, fs};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::text::{Parameters, TextError, parse_port};
use crate::StoreError;

/// Variables of PostgreSQL's client library and the parameters that they stand for where the text
/// has none. (`PGOPTIONS`, `PGPASSFILE` and the file of passwords are read by the driver.)
const VARIABLES: [(&str, &str); 10] = [
    ("PGPORT", "port"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGDATABASE", "dbname"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGHOST", "host"),
];

/// The value of `sslrootcert` for the certificates that the system trusts.
const SYSTEM_CERTIFICATES: &str = "system";

/// Which servers of a list will do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum SessionKind {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    /// A standby, or else any.
    PreferStandby,
}

impl SessionKind {
    /// What the chosen server has to remain: that there was no standby does not change by looking
    /// for one again.
    pub(super) fn to_remain(self) -> Self {
        match self {
            Self::PreferStandby => Self::Any,
            kind => kind,
        }
    }

    fn parse(text: &str) -> Result<Self, TextError> {
        Ok(match text {
            "any" => Self::Any,
            "read-write" => Self::ReadWrite,
            "read-only" => Self::ReadOnly,
            "primary" => Self::Primary,
            "standby" => Self::Standby,
            "prefer-standby" => Self::PreferStandby,
            _ => {
                return Err(TextError::Value {
                    parameter: "target_session_attrs",
                    allowed: "any, read-write, read-only, primary, standby, prefer-standby",
                });
            }
        })
    }
}

/// Servers to try in order, with the login.
#[derive(Clone)]
pub(crate) struct Target {
    parameters: Parameters,
    pub(super) servers: Vec<PgConnectOptions>,
    pub(super) kind: SessionKind,
}

/// How PostgreSQL's own client programs connect.
#[derive(Clone, PartialEq, Eq)]
pub struct ForClients {
    /// A connection text without the password, for their arguments.
    pub text: String,
    /// The password, for the variable `PGPASSWORD`.
    pub password: Option<String>,
}

impl Target {
    /// Reads a connection text. The variables of PostgreSQL's client library stand in for what it
    /// does not say.
    pub(crate) fn parse(text: &str) -> Result<Self, TextError> {
        Self::parse_with(text, |name| env::var(name).ok())
    }

    fn parse_with(
        text: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, TextError> {
        let mut parameters = Parameters::parse(text)?;
        for (name, parameter) in VARIABLES {
            if parameters.get(parameter).is_none()
                && let Some(value) = variable(name)
            {
                parameters.set(parameter, value)?;
            }
        }
        let kind = parameters
            .get("target_session_attrs")
            .map_or(Ok(SessionKind::Any), SessionKind::parse)?;
        let servers = servers(&parameters)?;
        Ok(Self {
            parameters,
            servers,
            kind,
        })
    }

    /// `postgres://user@host:port/database`, without the password.
    pub(crate) fn shown(&self) -> String {
        let Some(first) = self.servers.first() else {
            return String::new();
        };
        let servers: Vec<String> = self.servers.iter().map(server).collect();
        format!(
            "postgres://{}@{}/{}",
            first.get_username(),
            servers.join(","),
            database_name(first),
        )
    }

    /// Fails if a file of TLS cannot be read: the driver's error would not name it.
    pub(super) fn require_files(&self) -> Result<(), StoreError> {
        for parameter in ["sslrootcert", "sslcert", "sslkey"] {
            if let Some(path) = self.parameters.get(parameter)
                && path != SYSTEM_CERTIFICATES
            {
                fs::File::open(path).map_err(|source| StoreError::TlsFile {
                    parameter,
                    path: path.into(),
                    source,
                })?;
            }
        }
        Ok(())
    }

    pub(super) fn for_clients(&self) -> ForClients {
        ForClients {
            text: self.parameters.without_password(),
            password: self.parameters.get("password").map(str::to_owned),
        }
    }
}

fn servers(parameters: &Parameters) -> Result<Vec<PgConnectOptions>, TextError> {
    let named = parameters.get("hostaddr").or(parameters.get("host"));
    let hosts: Vec<Option<&str>> = match named {
        Some(hosts) => hosts.split(',').map(Some).collect(),
        None => vec![None],
    };
    let ports: Vec<&str> = parameters
        .get("port")
        .unwrap_or_default()
        .split(',')
        .collect();
    if ports.len() != 1 && ports.len() != hosts.len() {
        return Err(TextError::PortsOfHosts);
    }
    hosts
        .iter()
        .enumerate()
        .map(|(index, host)| {
            let port = ports
                .get(index)
                .or(ports.first())
                .copied()
                .unwrap_or_default();
            let port = (!port.is_empty()).then(|| parse_port(port)).transpose()?;
            options(parameters, host.filter(|host| !host.is_empty()), port)
        })
        .collect()
}

/// The driver's options for one server. They are handed over as a URL, because only so the driver
/// looks into the file of passwords.
fn options(
    parameters: &Parameters,
    host: Option<&str>,
    port: Option<u16>,
) -> Result<PgConnectOptions, TextError> {
    let root = parameters.get("sslrootcert");
    let mode = tls_mode(parameters.get("sslmode"), root)?;
    let of_text = ["user", "password", "dbname", "sslcert", "sslkey", "options"]
        .map(|name| (name, parameters.get(name)));
    let port = port.map(|port| port.to_string());
    let of_server = [
        ("host", host),
        ("port", port.as_deref()),
        (
            "sslrootcert",
            root.filter(|root| *root != SYSTEM_CERTIFICATES),
        ),
    ];
    let mut url = "postgres:///?".to_owned();
    for (name, value) in of_text.into_iter().chain(of_server) {
        if let Some(value) = value {
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
            // Cannot fail.
            let _ = write!(url, "{name}={value}&");
        }
    }
    let options = PgConnectOptions::from_str(&url).map_err(|_| TextError::Host)?;
    let is_socket = options.get_socket().is_some() || options.get_host().starts_with('/');
    Ok(options
        // Sockets know no TLS.
        .ssl_mode(if is_socket { PgSslMode::Disable } else { mode })
        // What the server does by itself; poolers refuse to be asked for it.
        .extra_float_digits(None)
        .disable_statement_logging())
}

/// As the client library does, a root certificate is compared with also where encryption alone is
/// required, and the system's certificates are for full verification.
fn tls_mode(mode: Option<&str>, root: Option<&str>) -> Result<PgSslMode, TextError> {
    let error = TextError::Value {
        parameter: "sslmode",
        allowed: "disable, allow, prefer, require, verify-ca, verify-full",
    };
    Ok(match (mode, root) {
        (None | Some("verify-full"), Some(SYSTEM_CERTIFICATES)) | (Some("verify-full"), _) => {
            PgSslMode::VerifyFull
        }
        (Some(_), Some(SYSTEM_CERTIFICATES)) => {
            return Err(TextError::Value {
                parameter: "sslmode",
                allowed: "verify-full where sslrootcert is system",
            });
        }
        (Some("disable"), _) => PgSslMode::Disable,
        (None | Some("allow" | "prefer"), _) => PgSslMode::Prefer,
        (Some("require"), None) => PgSslMode::Require,
        (Some("require" | "verify-ca"), Some(_)) => PgSslMode::VerifyCa,
        // Any certificate of any authority that the system trusts would do: no protection.
        (Some("verify-ca"), None) => {
            return Err(TextError::Value {
                parameter: "sslmode",
                allowed: "verify-full unless sslrootcert names a certificate",
            });
        }
        (Some(_), _) => return Err(error),
    })
}

/// `host:port`, or the folder of the socket.
pub(super) fn server(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None if options.get_host().contains(':') => {
            format!("[{}]:{}", options.get_host(), options.get_port())
        }
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// The database that the server takes if none is named is that of the user.
pub(super) fn database_name(options: &PgConnectOptions) -> &str {
    options.get_database().unwrap_or(options.get_username())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        Target::parse_with(text, |_| None).unwrap()
    }

    #[test]
    fn a_shown_target_has_no_password() {
        for (text, expected) in [
            (
                "postgres://lab:s3cret@db.example:5433/logs",
                "postgres://lab@db.example:5433/logs",
            ),
            (
                "postgresql://lab@db:5433/logs?password=s3cret",
                "postgres://lab@db:5433/logs",
            ),
            (
                "host=::1 port=5433 user=lab password=s3cret",
                "postgres://lab@[::1]:5433/lab",
            ),
            (
                "postgres://lab:s3cret@a:1,[::1]:2/logs",
                "postgres://lab@a:1,[::1]:2/logs",
            ),
            (
                "host=a,b port=7 user=lab dbname=logs",
                "postgres://lab@a:7,b:7/logs",
            ),
        ] {
            assert_eq!(target(text).shown(), expected);
        }
    }

    #[test]
    fn variables_stand_in_for_what_the_text_does_not_say() {
        let variable = |name: &str| {
            let value = match name {
                "PGHOST" => "other",
                "PGPORT" => "7",
                "PGUSER" => "me",
                "PGDATABASE" => "mine",
                "PGSSLMODE" => "require",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let with_variables = |text: &str| Target::parse_with(text, variable).unwrap();
        let all = with_variables("postgres://");
        assert_eq!(all.shown(), "postgres://me@other:7/mine");
        assert!(matches!(all.servers[0].get_ssl_mode(), PgSslMode::Require));
        let none = with_variables("postgres://lab@db:5433/logs?sslmode=disable");
        assert_eq!(none.shown(), "postgres://lab@db:5433/logs");
        assert!(matches!(none.servers[0].get_ssl_mode(), PgSslMode::Disable));
    }

    #[test]
    fn how_tls_is_used_follows_from_mode_and_certificate() {
        let mode = |parameters: &str| {
            let text = format!("postgres://lab@h/logs?{parameters}");
            Target::parse_with(&text, |_| None)
                .map(|target| format!("{:?}", target.servers[0].get_ssl_mode()))
        };
        for (parameters, expected) in [
            ("", "Prefer"),
            ("sslmode=disable", "Disable"),
            ("sslmode=allow", "Prefer"),
            ("sslmode=prefer", "Prefer"),
            ("sslmode=require", "Require"),
            ("sslmode=require&sslrootcert=ca.pem", "VerifyCa"),
            ("sslmode=verify-ca&sslrootcert=ca.pem", "VerifyCa"),
            ("sslmode=verify-full&sslrootcert=ca.pem", "VerifyFull"),
            ("sslmode=verify-full", "VerifyFull"),
            ("sslrootcert=system", "VerifyFull"),
            ("sslmode=verify-full&host=/run", "Disable"),
        ] {
            assert_eq!(mode(parameters).as_deref(), Ok(expected), "{parameters}");
        }
        for parameters in [
            "sslmode=verify",
            "sslmode=verify-ca",
            "sslmode=require&sslrootcert=system",
        ] {
            let error = mode(parameters).unwrap_err();
            assert!(matches!(
                error,
                TextError::Value {
                    parameter: "sslmode",
                    ..
                }
            ));
        }
    }

    #[test]
    fn ports_are_those_of_their_hosts() {
        let error = |text: &str| Target::parse_with(text, |_| None).err().unwrap();
        assert_eq!(error("host=a,b,c port=1,2"), TextError::PortsOfHosts);
        assert_eq!(error("host=a port=x"), TextError::Port);
        assert!(matches!(
            error("host=a target_session_attrs=writable"),
            TextError::Value {
                parameter: "target_session_attrs",
                ..
            }
        ));
    }
}
