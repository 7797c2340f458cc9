//! Configuration files, and what is said of bad ones.

use super::*;

pub(super) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn read(more: &str) -> Result<CommandedNetwork, NetworkError> {
    CommandedNetwork::from_json(&format!(r#"{{"key":"{KEY}"{more}}}"#))
}

#[test]
fn keys_may_have_any_case_and_defaults_are_those_of_old() {
    let network = read(
        r#","OnlineUrl":"http://a/v1/online","FUNDDAEMONPORTS":["1:2"],"unknown":1,
           "genesisTimestamp":"1970-01-01T00:00:02Z""#,
    )
    .unwrap();
    assert_eq!(
        network.source,
        Source::Online("http://a/v1/online".to_owned())
    );
    assert_eq!(network.fund_daemon_ports, ["1:2"]);
    assert_eq!(network.genesis_unix_ms, 2000);
    assert_eq!(network.mina_exec, PathBuf::from("mina"));
    assert!(!network.allow_unverified_mina_exec);
}

#[test]
fn a_default_online_list_is_for_files_that_name_no_source() {
    let default = Some("http://default/v1/online");
    let read = |more: &str| {
        let text = format!(r#"{{"key":"{KEY}"{more}}}"#);
        CommandedNetwork::parse(&text, default).map(|network| network.source)
    };
    let online = |url: &str| Source::Online(url.to_owned());
    assert_eq!(read("").unwrap(), online("http://default/v1/online"));
    assert_eq!(
        read(r#","onlineURL":"http://a""#).unwrap(),
        online("http://a")
    );
    let aws = r#","aws":{"region":"r","account_id":"1","prefix":"p"}"#;
    assert!(matches!(read(aws).unwrap(), Source::S3(_)));
    let both = format!(r#","onlineURL":"http://a"{aws}"#);
    assert!(matches!(read(&both), Err(NetworkError::Source)));
}

/// A member of a wrong type, and what is said of it.
const WRONG: [(&str, &str); 22] = [
    (
        r#""key":["c2VjcmV0"]"#,
        "`key`: expected base64 of 32 bytes as a text, got a list",
    ),
    (
        r#""onlineURL":7"#,
        "`onlineURL`: expected a text, got a number",
    ),
    (
        r#""aws":"r""#,
        "`aws`: expected an object with region, account_id and prefix, got a text",
    ),
    (
        r#""aws":{"region":"r"}"#,
        "`aws`: expected an object with region, account_id and prefix, got an object",
    ),
    (
        r#""logLevel":1"#,
        "`logLevel`: expected a text, got a number",
    ),
    (r#""logFile":[]"#, "`logFile`: expected a text, got a list"),
    (
        r#""fundDaemonPorts":"1:2""#,
        "`fundDaemonPorts`: expected a list of texts, got a text",
    ),
    (
        r#""fundDaemonPorts":[1]"#,
        "`fundDaemonPorts`: expected a list of texts, got a list",
    ),
    (
        r#""minaExec":true"#,
        "`minaExec`: expected a text, got true or false",
    ),
    (
        r#""SLOTDURATIONMS":"180000""#,
        "`slotDurationMs`: expected a whole number, not negative, got a text",
    ),
    (
        r#""genesisTimestamp":0"#,
        "`genesisTimestamp`: expected an RFC 3339 time, got a number",
    ),
    (
        r#""timeScale":"60""#,
        "`timeScale`: expected a positive number, got a text",
    ),
    (
        r#""controlExec":{}"#,
        "`controlExec`: expected a text, got an object",
    ),
    (
        r#""urlOverrides":"a""#,
        "`urlOverrides`: expected a list of texts, got a text",
    ),
    (
        r#""printRequests":"true""#,
        "`printRequests`: expected true or false, got a text",
    ),
    (
        r#""fundItnNodes":"a:1""#,
        "`fundItnNodes`: expected a list of texts, got a text",
    ),
    (
        r#""handleJournal":1"#,
        "`handleJournal`: expected a text, got a number",
    ),
    (
        r#""allowUnverifiedMinaExec":1"#,
        "`allowUnverifiedMinaExec`: expected true or false, got a number",
    ),
    (
        r#""publicGraphql":3085"#,
        "`publicGraphql`: expected a list of texts, got a number",
    ),
    (
        r#""minaImageRegistry":1"#,
        "`minaImageRegistry`: expected a text, got a number",
    ),
    (
        r#""minaImageCodename":1"#,
        "`minaImageCodename`: expected a text, got a number",
    ),
    (
        r#""minaImageTokenRegistries":"ghcr.io""#,
        "`minaImageTokenRegistries`: expected a list of texts, got a text",
    ),
];

#[test]
fn a_value_of_the_wrong_type_names_its_key() {
    for (member, message) in WRONG {
        let text = format!(r#"{{"key":"{KEY}",{member}}}"#);
        let error = CommandedNetwork::from_json(&text).unwrap_err();
        assert_eq!(error.exit_code(), 3, "{member}");
        assert_eq!(
            error.to_string(),
            format!("cannot decode the configuration: {message}")
        );
    }
}

#[test]
fn an_empty_file_says_that_it_is_empty() {
    for text in ["", " \n"] {
        let error = CommandedNetwork::from_json(text).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert_eq!(
            error.to_string(),
            "cannot decode the configuration: the file is empty"
        );
    }
    let error = CommandedNetwork::from_json("[]").unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot decode the configuration: expected one JSON object"
    );
}

#[test]
fn harmless_forms_are_accepted() {
    let (one, other) = KEY.split_at(20);
    let text = format!(
        r#"{{"Key":"{one}\r\n{other}\n","onlineurl":"http://a","SlotDurationMs":null,
           "genesisTimestamp":"1970-01-01 00:00:02+00:00"}} more"#
    );
    let network = CommandedNetwork::from_json(&text).unwrap();
    assert_eq!(network.genesis_unix_ms, 2000);
    assert_eq!(
        network.key.verifying_key(),
        read(r#","onlineURL":"http://a""#)
            .unwrap()
            .key
            .verifying_key()
    );
}

#[track_caller]
fn check_refused(result: Result<CommandedNetwork, NetworkError>, exit_code: u8) {
    let error = result.unwrap_err();
    assert_eq!(error.exit_code(), exit_code, "{error}");
    assert!(!error.to_string().contains("c2VjcmV0"), "{error}");
}

#[test]
fn bad_files_are_refused_without_telling_secrets() {
    check_refused(CommandedNetwork::read(Path::new("/nonexistent/file")), 2);
    check_refused(CommandedNetwork::from_json("{"), 3);
    check_refused(
        CommandedNetwork::from_json(r#"{"onlineURL":"http://a"}"#),
        3,
    );
    check_refused(
        CommandedNetwork::from_json(r#"{"key":"c2VjcmV0","onlineURL":"http://a"}"#),
        3,
    );
    check_refused(
        CommandedNetwork::from_json(r#"{"key":["c2VjcmV0"],"onlineURL":"http://a"}"#),
        3,
    );
    check_refused(read(r#","onlineURL":"http://a","printRequests":"true""#), 3);
    check_refused(read(r#","onlineURL":"http://a","logLevel":"loud""#), 3);
    check_refused(read(r#","onlineURL":"http://a","timeScale":0"#), 3);
    check_refused(
        read(r#","onlineURL":"http://a","genesisTimestamp":"now""#),
        3,
    );
    check_refused(read(""), 11);
    check_refused(
        read(r#","onlineURL":"http://a","aws":{"region":"r","account_id":"1","prefix":"p"}"#),
        11,
    );
}
