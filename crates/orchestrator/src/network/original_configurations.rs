//! Configuration files with the original's reading of them. Its exit codes are
//! part of what scripts know; its messages for wrong types are those of its decoder, which name a
//! field of its source, so only its own texts are compared.

use super::{CommandedNetwork, NetworkError};

/// What is read there.
#[derive(Debug, Clone, Copy)]
enum There {
    /// It starts.
    Starts,
    /// It starts, and fails later: how.
    FailsLater(&'static str),
    /// It refuses the file with this exit code and, where it has one of its own, this text.
    Refuses(u8, Option<&'static str>),
}

/// What is read here.
#[derive(Debug, Clone, Copy)]
enum Here {
    /// The same.
    Same,
    /// It starts.
    Starts,
    /// It is refused with exit code 3, and this in the message.
    Refuses(&'static str),
}

use There::{FailsLater, Refuses, Starts};

const NO_SOURCE: There = Refuses(11, Some("Neither aws nor online url configured"));
const UNDECODABLE: There = Refuses(3, None);

/// `KEY` stands for a good key.
const CONFIGURATIONS: [(&str, There, Here); 49] = [
    // what is needed
    (
        r#"{"key":"KEY","onlineURL":"http://a"}"#,
        Starts,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","aws":{"region":"r","account_id":"1","prefix":"p"}}"#,
        Starts,
        Here::Same,
    ),
    (r#"{"key":"KEY"}"#, NO_SOURCE, Here::Same),
    (r#"{"key":"KEY","onlineURL":""}"#, NO_SOURCE, Here::Same),
    (
        r#"{"key":"KEY","onlineURL":null,"aws":null}"#,
        NO_SOURCE,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","aws":{"region":"r","account_id":"1","prefix":"p"}}"#,
        NO_SOURCE,
        Here::Same,
    ),
    (
        r#"{"onlineURL":"http://a"}"#,
        FailsLater("the first request crashes"),
        Here::Refuses("`key` is missing"),
    ),
    (
        r#"{"key":null,"onlineURL":"http://a"}"#,
        FailsLater("the first request crashes"),
        Here::Refuses("`key` is missing"),
    ),
    (
        r#"{"key":"KEY","aws":{"region":"r"}}"#,
        FailsLater("no submissions are found"),
        Here::Refuses("`aws`: expected an object with region, account_id and prefix"),
    ),
    (
        r#"{"key":"c2VjcmV0","onlineURL":"http://a"}"#,
        UNDECODABLE,
        Here::Same,
    ),
    (
        r#"{"key":"","onlineURL":"http://a"}"#,
        UNDECODABLE,
        Here::Same,
    ),
    (
        r#"{"key":"no base64!","onlineURL":"http://a"}"#,
        UNDECODABLE,
        Here::Same,
    ),
    // keys: any case, unknown ones, repeated ones
    (
        r#"{"KEY":"KEY","onlineurl":"http://a"}"#,
        Starts,
        Here::Same,
    ),
    (
        r#"{"Key":"KEY","OnlineUrl":"http://a","SLOTDURATIONMS":1}"#,
        Starts,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","more":{"a":[1]}}"#,
        Starts,
        Here::Same,
    ),
    (
        r#"{"key":"c2VjcmV0","key":"KEY","onlineURL":"http://a"}"#,
        UNDECODABLE,
        Here::Starts,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","onlineURL":"http://b"}"#,
        Starts,
        Here::Same,
    ),
    // null is like absent
    (
        r#"{"key":"KEY","onlineURL":"http://a","logLevel":null,"logFile":null,"minaExec":null,
            "fundDaemonPorts":null,"slotDurationMs":null,"genesisTimestamp":null,"controlExec":null,
            "urlOverrides":null,"printRequests":null,"fundItnNodes":null,"handleJournal":null,
            "allowUnverifiedMinaExec":null}"#,
        Starts,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","fundDaemonPorts":["1:2",null]}"#,
        FailsLater("the mina executable is given an empty port"),
        Here::Refuses("`fundDaemonPorts`: expected a list of texts"),
    ),
    // values of every key
    (
        r#"{"key":"KEY","onlineURL":"http://a","logLevel":"debug"}"#,
        Starts,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","logLevel":"dpanic"}"#,
        Starts,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","logLevel":"loud"}"#,
        UNDECODABLE,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","slotDurationMs":180000}"#,
        Starts,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","slotDurationMs":-1}"#,
        FailsLater("waits for slots end at once"),
        Here::Refuses("`slotDurationMs`: expected a whole number, not negative"),
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","slotDurationMs":1.5}"#,
        UNDECODABLE,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","slotDurationMs":1e3}"#,
        UNDECODABLE,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","genesisTimestamp":"2024-06-05T00:00:00Z"}"#,
        Starts,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","genesisTimestamp":"2024-06-05T00:00:00.5+02:00"}"#,
        Starts,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","genesisTimestamp":"2024-06-05 00:00:00Z"}"#,
        UNDECODABLE,
        Here::Starts,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","genesisTimestamp":"now"}"#,
        UNDECODABLE,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","genesisTimestamp":""}"#,
        UNDECODABLE,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","urlOverrides":["a/{}"],"fundDaemonPorts":["1:2"],
            "fundItnNodes":["a:1"],"handleJournal":"j","allowUnverifiedMinaExec":true,
            "minaExec":"/bin/mina","controlExec":"/bin/control","logFile":"l","printRequests":true}"#,
        Starts,
        Here::Same,
    ),
    // a value of another type
    (
        r#"{"key":1,"onlineURL":"http://a"}"#,
        UNDECODABLE,
        Here::Refuses("`key`: expected "),
    ),
    (
        r#"{"key":"KEY","onlineURL":1}"#,
        UNDECODABLE,
        Here::Refuses("`onlineURL`: expected "),
    ),
    (
        r#"{"key":"KEY","aws":"r"}"#,
        UNDECODABLE,
        Here::Refuses("`aws`: expected "),
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","printRequests":"true"}"#,
        UNDECODABLE,
        Here::Refuses("`printRequests`: expected true or false, got a text"),
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","fundDaemonPorts":"1:2"}"#,
        UNDECODABLE,
        Here::Refuses("`fundDaemonPorts`: expected a list of texts, got a text"),
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","urlOverrides":{}}"#,
        UNDECODABLE,
        Here::Refuses("`urlOverrides`: expected a list of texts, got an object"),
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","slotDurationMs":"180000"}"#,
        UNDECODABLE,
        Here::Refuses("`slotDurationMs`: expected "),
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","genesisTimestamp":0}"#,
        UNDECODABLE,
        Here::Refuses("`genesisTimestamp`: expected an RFC 3339 time, got a number"),
    ),
    // keys that only we know are unknown there
    (
        r#"{"key":"KEY","onlineURL":"http://a","timeScale":60,"publicGraphql":["3085"]}"#,
        Starts,
        Here::Same,
    ),
    (
        r#"{"key":"KEY","onlineURL":"http://a","timeScale":0}"#,
        Starts,
        Here::Refuses("`timeScale` is a positive number"),
    ),
    // texts that are no object
    ("", UNDECODABLE, Here::Refuses("the file is empty")),
    (" \n", UNDECODABLE, Here::Refuses("the file is empty")),
    (
        "{",
        UNDECODABLE,
        Here::Refuses("not JSON (line 1, column 1)"),
    ),
    ("[]", UNDECODABLE, Here::Refuses("expected one JSON object")),
    (
        "null",
        FailsLater("nothing is configured: exit code 11"),
        Here::Refuses("expected one JSON object"),
    ),
    (
        "{'key':1}",
        UNDECODABLE,
        Here::Refuses("not JSON (line 1, column 2)"),
    ),
    // only the first value is read
    (
        r#"{"key":"KEY","onlineURL":"http://a"} more"#,
        Starts,
        Here::Same,
    ),
];

#[test]
fn configurations_are_read_as_by_the_original_orchestrator() {
    for (text, there, here) in CONFIGURATIONS {
        let read = CommandedNetwork::from_json(
            &text
                .replace("\"KEY\":", "\"keY\":")
                .replace("\"KEY\"", &format!("\"{}\"", super::tests::KEY)),
        );
        let refused_with = |code: u8, part: &str| {
            let error = read.as_ref().map(|_| ()).expect_err(text);
            assert_eq!(NetworkError::exit_code(error), code, "{text}: {error}");
            assert!(error.to_string().contains(part), "{text}: {error}");
        };
        match (here, there) {
            (Here::Same, Starts) | (Here::Starts, _) => {
                assert!(read.is_ok(), "{text}: {:?}", read.err());
            }
            (Here::Same, Refuses(code, message)) => refused_with(code, message.unwrap_or("")),
            (Here::Same, FailsLater(how)) => panic!("{text}: refuse what fails later: {how}"),
            (Here::Refuses(part), _) => refused_with(3, part),
        }
    }
}

/// Where ours differs, compatibility.md has to have a row.
#[test]
fn what_is_started_there_and_refused_here_is_listed() {
    let differs = |(_, there, here): &(&str, There, Here)| {
        !matches!(there, Refuses(..)) && matches!(here, Here::Refuses(_))
    };
    assert_eq!(
        CONFIGURATIONS.iter().filter(|case| differs(case)).count(),
        7
    );
}
