//! Connection texts: how users name a database.
//!
//! Both forms of PostgreSQL's client library are read (its manual, section "Connection Strings"):
//! `postgres://user:password@host:port/name?parameter=value` and `host=… dbname=…`. Hosts may be
//! several, IPv6 addresses stand in brackets, folders of sockets begin with `/`. No error holds a
//! value: it could be a part of a password.

use percent_encoding::percent_decode_str;

/// The schemes of the first form.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// Parameters that are obeyed.
const USED: [&str; 12] = [
    "host",
    "hostaddr",
    "port",
    "user",
    "password",
    "dbname",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "target_session_attrs",
    "options",
];

/// Other names of them, which the driver of earlier versions took.
const ALIASES: [(&str, &str); 5] = [
    ("ssl-mode", "sslmode"),
    ("ssl-root-cert", "sslrootcert"),
    ("ssl-ca", "sslrootcert"),
    ("ssl-cert", "sslcert"),
    ("ssl-key", "sslkey"),
];

/// Parameters without effect here: each connection has its own name, time zone and limits.
const WITHOUT_EFFECT: [&str; 38] = [
    "application_name",
    "fallback_application_name",
    "client_encoding",
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "sslcompression",
    "sslcertmode",
    "sslsni",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "min_protocol_version",
    "max_protocol_version",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "load_balance_hosts",
    // of other clients
    "TimeZone",
    "timezone",
    "search_path",
    "statement_timeout",
    "schema",
    "pgbouncer",
    "binary_parameters",
    "prefer_simple_protocol",
    "default_query_exec_mode",
    "statement_cache_mode",
    "statement_cache_capacity",
    "statement-cache-capacity",
    "description_cache_capacity",
    "pool_max_conns",
    "pool_min_conns",
    "pool_max_conn_lifetime",
    "pool_max_conn_idle_time",
    "pool_health_check_period",
];

/// Parameters that protect a connection in a way that is not available here, with the values that
/// ask for nothing.
const UNAVAILABLE: [(&str, &[&str]); 12] = [
    ("gssencmode", &["disable", "prefer", "allow"]),
    ("channel_binding", &["disable", "prefer"]),
    ("sslnegotiation", &["postgres"]),
    ("replication", &["false", "off", "no", "0"]),
    ("requiressl", &["0"]),
    ("require_auth", &[]),
    ("requirepeer", &[]),
    ("passfile", &[]),
    ("service", &[]),
    ("sslcrl", &[]),
    ("sslcrldir", &[]),
    ("sslpassword", &[]),
];

/// Why a connection text cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Neither of the two forms.
    #[error(
        "the database URL is not of the form postgres://user:password@host:port/database, nor \
         host=… port=… user=… password=… dbname=…"
    )]
    Form,
    /// The host cannot be read.
    #[error(
        "the database URL names no host that can be read: an IPv6 address stands in [brackets], \
         and in user and password the characters /?#@:[]% are written as %2F %3F %23 %40 %3A \
         %5B %5D %25"
    )]
    Host,
    /// Not a number from 1 to 65535.
    #[error("the port of a database URL is a number from 1 to 65535")]
    Port,
    /// Lists of different lengths.
    #[error("a connection text with several hosts names one port for all, or one for each")]
    PortsOfHosts,
    /// A word without a value.
    #[error(
        "a connection text is parameter=value with spaces between; a value with spaces or quotes \
         stands in single quotes, with \\' for a quote and \\\\ for a backslash"
    )]
    NoValue,
    /// A quote that does not end.
    #[error("a quoted value of the connection text does not end")]
    OpenQuote,
    /// Bytes that are no text.
    #[error("the connection text holds bytes that are no UTF-8, or the character NUL")]
    NoText,
    /// A misspelt parameter.
    #[error("`{0}` is no parameter of a connection text")]
    Unknown(String),
    /// A parameter that something else must be done for.
    #[error("the connection text asks for `{0}`, which is not available here; leave it out")]
    Unavailable(&'static str),
    /// A value out of a short list.
    #[error("`{parameter}` is one of {allowed}")]
    Value {
        /// The parameter.
        parameter: &'static str,
        /// The list.
        allowed: &'static str,
    },
}

/// The parameters of a connection text: names and values, each name once.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    /// Reads a connection text.
    pub(crate) fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if let Some(rest) = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)) {
            return parse_url(rest);
        }
        match text.split_once('=') {
            Some((before, _)) if !before.contains("://") => parse_keywords(text),
            _ => Err(TextError::Form),
        }
    }

    /// The value of a parameter; nothing if it is empty, as for the client library.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Gives a parameter a value; the last one counts.
    pub(crate) fn set(&mut self, name: &str, value: String) -> Result<(), TextError> {
        if value.contains('\0') {
            return Err(TextError::NoText);
        }
        let name = ALIASES
            .iter()
            .find(|(alias, _)| *alias == name)
            .map_or(name, |(_, name)| name);
        if let Some(name) = USED.iter().find(|known| **known == name) {
            self.0.retain(|(known, _)| known != name);
            self.0.push((name, value));
            return Ok(());
        }
        if let Some((name, harmless)) = UNAVAILABLE.iter().find(|(known, _)| *known == name) {
            return if value.is_empty() || harmless.contains(&value.as_str()) {
                Ok(())
            } else {
                Err(TextError::Unavailable(name))
            };
        }
        if WITHOUT_EFFECT.contains(&name) {
            return Ok(());
        }
        if let Some(setting) = name
            .strip_prefix("options[")
            .and_then(|rest| rest.strip_suffix(']'))
        {
            let before = self.get("options").map(|options| format!("{options} "));
            let escaped = value.replace('\\', r"\\").replace(' ', r"\ ");
            let all = format!("{}-c {setting}={escaped}", before.unwrap_or_default());
            return self.set("options", all);
        }
        let is_word = |name: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            (1..=40).contains(&name.len()) && name.bytes().all(plain)
        };
        // What is no word may be a part of a password.
        Err(if is_word(name) {
            TextError::Unknown(name.to_owned())
        } else {
            TextError::NoValue
        })
    }

    /// `host=… dbname=…` for clients that use PostgreSQL's own library, without the password.
    pub(crate) fn without_password(&self) -> String {
        let quoted = |value: &str| value.replace('\\', r"\\").replace('\'', r"\'");
        let texts = self
            .0
            .iter()
            .filter(|(name, value)| *name != "password" && !value.is_empty())
            .map(|(name, value)| format!("{name}='{}'", quoted(value)));
        texts.collect::<Vec<_>>().join(" ")
    }
}

/// What stands after the scheme. The standard's reading comes first; a password that was not
/// encoded is understood where only one reading is possible.
fn parse_url(rest: &str) -> Result<Parameters, TextError> {
    let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    let standard = parse_url_with(rest, authority.rfind('@'));
    let other = || {
        rest.match_indices('@')
            .find_map(|(position, _)| parse_url_with(rest, Some(position)).ok())
    };
    standard.or_else(|error| other().ok_or(error))
}

/// The same, with the position of the `@` after the password.
fn parse_url_with(rest: &str, at: Option<usize>) -> Result<Parameters, TextError> {
    let mut parameters = Parameters::default();
    let (login, after) = match at {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => ("", rest),
    };
    let (hosts, after) = after.split_at(after.find(['/', '?']).unwrap_or(after.len()));
    let (path, query) = after.split_once('?').unwrap_or((after, ""));
    let (names, ports) = parse_hosts(hosts)?;
    if names.iter().any(|name| !name.is_empty()) {
        parameters.set("host", names.join(","))?;
    }
    if ports.iter().any(|port| !port.is_empty()) {
        parameters.set("port", ports.join(","))?;
    }
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    // The end of a password that was not encoded.
    if path.contains('@') {
        return Err(TextError::Host);
    }
    let database = path.strip_prefix('/').unwrap_or(path);
    for (name, value) in [("user", user), ("password", password), ("dbname", database)] {
        if !value.is_empty() {
            parameters.set(name, decoded(value)?)?;
        }
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(TextError::NoValue)?;
        parameters.set(&decoded(name)?, decoded(value)?)?;
    }
    Ok(parameters)
}

/// Names and ports of a list of hosts, empty where none is given.
fn parse_hosts(hosts: &str) -> Result<(Vec<String>, Vec<String>), TextError> {
    let mut names = Vec::new();
    let mut ports = Vec::new();
    for host in hosts.split(',') {
        let (name, port) = match host.strip_prefix('[') {
            Some(bracketed) => {
                let (name, port) = bracketed.split_once(']').ok_or(TextError::Host)?;
                (name, (!port.is_empty()).then_some(port))
            }
            None => host
                .find(':')
                .map_or((host, None), |at| (&host[..at], Some(&host[at..]))),
        };
        let port = match port.map(|port| port.strip_prefix(':').ok_or(TextError::Host)) {
            Some(port) => port?,
            None => "",
        };
        if !port.is_empty() {
            parse_port(port)?;
        }
        if name.contains(|character: char| r#"@[]<>\^`{|}"' "#.contains(character)) {
            return Err(TextError::Host);
        }
        let name = decoded(name)?;
        // A list is written with commas.
        if name.contains(',') {
            return Err(TextError::Host);
        }
        names.push(name);
        ports.push(port.to_owned());
    }
    Ok((names, ports))
}

pub(super) fn parse_port(port: &str) -> Result<u16, TextError> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(port) if port != 0 && digits => Ok(port),
        _ => Err(TextError::Port),
    }
}

fn decoded(text: &str) -> Result<String, TextError> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(std::borrow::Cow::into_owned)
        .map_err(|_| TextError::NoText)
}

/// `host=… dbname='…'`.
fn parse_keywords(text: &str) -> Result<Parameters, TextError> {
    let mut parameters = Parameters::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or(TextError::NoValue)?;
        let name = name.trim_end();
        if name.contains(char::is_whitespace) {
            return Err(TextError::NoValue);
        }
        let (value, after) = parse_value(after.trim_start())?;
        parameters.set(name, value)?;
        rest = after.trim_start();
    }
    Ok(parameters)
}

/// A value, and what follows it.
fn parse_value(text: &str) -> Result<(String, &str), TextError> {
    let quoted = text.strip_prefix('\'');
    let mut value = String::new();
    let text = quoted.unwrap_or(text);
    let mut characters = text.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '\'' if quoted.is_some() => return Ok((value, &text[position + 1..])),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            space if quoted.is_none() && space.is_whitespace() => {
                return Ok((value, &text[position..]));
            }
            other => value.push(other),
        }
    }
    match quoted {
        Some(_) => Err(TextError::OpenQuote),
        None => Ok((value, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = Parameters::parse(text)
            .unwrap_or_else(|error| panic!("{text}: {error}"))
            .0
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        pairs.sort();
        pairs
    }

    #[test]
    fn texts_of_both_forms_are_read() {
        let cases: [(&str, &[(&str, &str)]); 12] = [
            ("postgres://", &[]),
            ("postgresql:///logs", &[("dbname", "logs")]),
            (
                "postgres://lab:secret@db.example:5433/logs",
                &[
                    ("dbname", "logs"),
                    ("host", "db.example"),
                    ("password", "secret"),
                    ("port", "5433"),
                    ("user", "lab"),
                ],
            ),
            (
                "postgres://lab@[2001:db8::1]:5433/logs",
                &[
                    ("dbname", "logs"),
                    ("host", "2001:db8::1"),
                    ("port", "5433"),
                    ("user", "lab"),
                ],
            ),
            ("postgres://[::1]", &[("host", "::1")]),
            (
                "postgres://a:1,[::1],c:3/logs?target_session_attrs=read-write",
                &[
                    ("dbname", "logs"),
                    ("host", "a,::1,c"),
                    ("port", "1,,3"),
                    ("target_session_attrs", "read-write"),
                ],
            ),
            (
                "postgres://%2Frun%2Fpostgresql/logs",
                &[("dbname", "logs"), ("host", "/run/postgresql")],
            ),
            (
                "postgres:///logs?host=/run/postgresql&user=a@b",
                &[
                    ("dbname", "logs"),
                    ("host", "/run/postgresql"),
                    ("user", "a@b"),
                ],
            ),
            (
                "postgres://h?sslmode=require&application_name=x%20y",
                &[("host", "h"), ("sslmode", "require")],
            ),
            ("host=h dbname=logs", &[("dbname", "logs"), ("host", "h")]),
            (
                r"  host = 'h'   port= 5433 password='it\'s \\ ' user=lab",
                &[
                    ("host", "h"),
                    ("password", r"it's \ "),
                    ("port", "5433"),
                    ("user", "lab"),
                ],
            ),
            (
                r"host=h user=a\ b password='' sslmode=disable TimeZone=UTC",
                &[
                    ("host", "h"),
                    ("password", ""),
                    ("sslmode", "disable"),
                    ("user", "a b"),
                ],
            ),
        ];
        for (text, expected) in cases {
            let expected: Vec<(String, String)> = expected
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn every_special_character_can_be_in_a_password() {
        let printable = (b' '..=b'~').map(char::from).chain(['ä', '€', '\t', '\n']);
        for character in printable {
            let password = format!("a{character}b{character}");
            let encoded = percent_encoding::percent_encode(
                password.as_bytes(),
                percent_encoding::NON_ALPHANUMERIC,
            );
            let quoted = password.replace('\\', r"\\").replace('\'', r"\'");
            let mut texts = vec![
                format!("postgres://lab:{encoded}@[::1]:5433/logs"),
                format!("postgres:///logs?host=::1&port=5433&user=lab&password={encoded}"),
                format!("host=::1 port=5433 user=lab password='{quoted}' dbname=logs"),
                // Not encoded: only one reading is possible.
                format!("postgres://lab:{password}@[::1]:5433/logs"),
            ];
            // … but that of a percent sign before two digits.
            if character == '%' {
                texts.truncate(3);
            }
            for text in texts {
                let parameters = Parameters::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
                assert_eq!(
                    parameters.get("password"),
                    Some(password.as_str()),
                    "{text}"
                );
                for (name, value) in [
                    ("host", "::1"),
                    ("port", "5433"),
                    ("user", "lab"),
                    ("dbname", "logs"),
                ] {
                    assert_eq!(parameters.get(name), Some(value), "{text}");
                }
                let handed_on = parameters.without_password();
                assert_eq!(
                    handed_on.matches("::1").count() + handed_on.matches("logs").count(),
                    2,
                    "{handed_on}"
                );
                assert!(!handed_on.contains("password"), "{handed_on}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_its_values() {
        let port = TextError::Port;
        for (text, expected) in [
            ("", TextError::Form),
            ("logs", TextError::Form),
            ("mysql://lab:s3cret@h/logs", TextError::Form),
            ("mysql://lab:s3cret@h/logs?a=b", TextError::Form),
            ("postgres://lab:s3cret@[::1/logs", TextError::Host),
            ("postgres://lab:s3cret@::1/logs", TextError::Port),
            ("postgres://lab:s3cret@h:0/logs", port.clone()),
            ("postgres://lab:s3cret@h:70000/logs", port.clone()),
            ("postgres://lab:s3cret@h:+1/logs", port),
            (
                "postgres://lab:s3cret@h/logs?sslmod=require",
                TextError::Unknown("sslmod".into()),
            ),
            ("postgres://lab:s3cret@h/logs?sslmode", TextError::NoValue),
            ("postgres://lab:%FFs3cret@h/logs", TextError::NoText),
            ("postgres://lab:%00s3cret@h/logs", TextError::NoText),
            (
                "host=h password=s3cret with=spaces s3",
                TextError::Unknown("with".into()),
            ),
            ("host=h password=my s3cret", TextError::NoValue),
            ("host=h password=my s3#cret=x", TextError::NoValue),
            ("host=h password='s3cret", TextError::OpenQuote),
            ("host=h password='it''s' dbname=logs", TextError::NoValue),
            ("host=h sslcrl=s3cret", TextError::Unavailable("sslcrl")),
            (
                "host=h channel_binding=require",
                TextError::Unavailable("channel_binding"),
            ),
        ] {
            let error = Parameters::parse(text).err();
            assert_eq!(error, Some(expected), "{text}");
            assert!(!error.unwrap().to_string().contains("s3"), "{text}");
        }
        assert!(Parameters::parse("host=h channel_binding=prefer").is_ok());
    }
}
