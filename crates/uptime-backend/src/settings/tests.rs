//! Tests of what goes with what.

use std::fs;

use tempfile::TempDir;

use super::config_file::whitelist_in;
use super::*;

const KEY: &str = "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq";

fn with_file(json: &str) -> (TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    fs::write(&path, json).unwrap();
    let settings = Settings {
        config_file: Some(path),
        ..Settings::default()
    };
    (folder, settings)
}

fn with_list() -> Settings {
    Settings {
        whitelist_file: Some("whitelist".into()),
        ..Settings::default()
    }
}

#[track_caller]
fn check_problems(settings: Settings, expected: &[&str]) {
    let error = settings.resolve().unwrap_err();
    assert_eq!(error.problems.len(), expected.len(), "{error}");
    for (problem, expected) in error.problems.iter().zip(expected) {
        assert!(problem.contains(expected), "{problem} / {expected}");
    }
}

#[test]
fn the_files_of_the_original_are_understood() {
    let (_folder, settings) =
        with_file(&format!(r#"{{"in_memory": true, "whitelist": ["{KEY}"]}}"#));
    let path = settings.config_file.clone().unwrap();
    let config = settings.resolve().unwrap();
    assert_eq!(config.whitelist, WhitelistSource::ConfigFile(path));
    assert_eq!(config.object_storage, None);
    assert_eq!(config.address, "127.0.0.1:8080".parse().unwrap());

    let (_folder, settings) = with_file(
        r#"{"aws": {"region": "us-west-2", "account_id": "7", "prefix": "lab"}, "gsheet_id": "1x"}"#,
    );
    let config = settings.resolve().unwrap();
    assert_eq!(Some(config.whitelist), WhitelistSource::google_sheet("1x"));
    let expected = ObjectStorage::S3 {
        account_id: "7".to_owned(),
        region: "us-west-2".to_owned(),
        prefix: "lab".to_owned(),
        credentials: None,
    };
    assert_eq!(config.object_storage, Some(expected));
}

#[test]
fn the_variables_of_the_original_are_understood() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.json");
    fs::write(&path, r#"{"access_key_id": "A", "secret_access_key": "S"}"#).unwrap();
    let config = Settings {
        gsheet_id: Some("1x".to_owned()),
        aws_prefix: Some("lab".to_owned()),
        aws_region: Some("us-west-2".to_owned()),
        aws_account_id: Some("7".to_owned()),
        aws_credentials_file: Some(path),
        ..Settings::default()
    };
    let config = config.resolve().unwrap();
    assert_eq!(Some(config.whitelist), WhitelistSource::google_sheet("1x"));
    let Some(ObjectStorage::S3 { credentials, .. }) = config.object_storage else {
        panic!("no S3 storage");
    };
    let shown = format!("{credentials:?}");
    assert!(shown.contains('A') && !shown.contains("\"S\""), "{shown}");
    assert_eq!(credentials.unwrap().secret_access_key, "S");
}

#[test]
fn an_empty_network_means_mainnet_unless_an_id_is_given() {
    let network = |network: Option<&str>, network_id| {
        let settings = Settings {
            network: network.map(str::to_owned),
            network_id,
            ..with_list()
        };
        settings.resolve().unwrap().network
    };
    assert_eq!(network(None, None), NetworkId::Mainnet);
    assert_eq!(network(Some(""), None), NetworkId::Mainnet);
    assert_eq!(network(Some("mainnet"), None), NetworkId::Testnet);
    let testnet = Some(NetworkId::Testnet);
    assert_eq!(network(Some(""), testnet), NetworkId::Testnet);
}

#[test]
fn all_problems_are_told_at_once() {
    let (_folder, settings) = with_file(&format!(
        r#"{{"in_memory": true, "aws": {{}}, "whitelist": ["{KEY}"], "gsheet_id": "1x", "wihtelist": []}}"#
    ));
    check_problems(
        Settings {
            aws_credentials_file: Some("/nowhere/at/all".into()),
            ..settings
        },
        &[
            "unknown setting `wihtelist`",
            "`in_memory` and `aws` exclude each other",
            "/nowhere/at/all: cannot be read",
            "more than one whitelist is given (`whitelist`, `gsheet_id`)",
            "account id, region and prefix",
        ],
    );
}

#[test]
fn a_storage_must_be_chosen_in_a_file() {
    let (_folder, settings) = with_file(&format!(r#"{{"whitelist": ["{KEY}"]}}"#));
    check_problems(settings, &["one of `\"in_memory\": true` and `aws`"]);
}

#[test]
fn a_whitelist_must_be_given_once() {
    check_problems(Settings::default(), &["no whitelist is given"]);
    let (_folder, settings) = with_file(r#"{"in_memory": true, "gsheet_id": ""}"#);
    check_problems(settings, &["no whitelist is given"]);
    check_problems(
        Settings {
            whitelist_url: Some("https://lab.example/keys.csv".to_owned()),
            ..with_list()
        },
        &["(--whitelist-file, --whitelist-url)"],
    );
    check_problems(
        Settings {
            whitelist_url: Some("ftp://lab.example/keys.csv".to_owned()),
            ..Settings::default()
        },
        &["not an http or https URL"],
    );
}

#[test]
fn an_empty_list_is_a_whitelist_of_nobody() {
    let json = r#"{"in_memory": true, "whitelist": []}"#;
    let (_folder, settings) = with_file(json);
    let path = settings.config_file.clone().unwrap();
    let config = settings.resolve().unwrap();
    assert_eq!(config.whitelist, WhitelistSource::ConfigFile(path));
    assert_eq!(whitelist_in(json), Ok(Vec::new()));
}

#[test]
fn a_value_of_the_wrong_type_names_its_key_and_an_empty_file_says_so() {
    for (json, problem) in [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        (
            r#"{"In_Memory": "yes"}"#,
            "`in_memory`: expected true or false",
        ),
        (r#"{"aws": []}"#, "`aws`: expected an object"),
        (
            r#"{"aws": {"region": 7}}"#,
            "`aws`: `region`: expected a text",
        ),
        (
            r#"{"whitelist": [7]}"#,
            "`whitelist`: expected a list of public keys",
        ),
        (
            r#"{"whitelist_file": {}}"#,
            "`whitelist_file`: expected the path of a file",
        ),
        (r#"{"gsheet_id": 1}"#, "`gsheet_id`: expected a text"),
    ] {
        let (_folder, settings) = with_file(json);
        let problem = format!("config.json: not a configuration in JSON: {problem}");
        check_problems(settings, &[problem.as_str()]);
    }
}

#[test]
fn keys_of_the_file_are_read_in_any_case() {
    let json = format!(r#"{{"IN_MEMORY": true, "Whitelist": ["{KEY}"], "AWS": null}}"#);
    let (_folder, settings) = with_file(&json);
    settings.resolve().unwrap();
}

#[test]
fn files_that_are_not_what_they_should_be_are_named() {
    for json in ["", "[]", r#"{"in_memory": "yes"}"#, r#"{"whitelist": [7]}"#] {
        let (_folder, settings) = with_file(json);
        check_problems(settings, &["config.json: not a configuration in JSON"]);
    }
    let (_folder, settings) = with_file(r#"{"secret_access_key": "S"}"#);
    let settings = Settings {
        aws_credentials_file: settings.config_file,
        ..with_list()
    };
    check_problems(settings, &["not a JSON object with `access_key_id`"]);
    let (_folder, settings) = with_file("");
    let settings = Settings {
        aws_credentials_file: settings.config_file,
        ..with_list()
    };
    check_problems(settings, &["the file is empty"]);
    let (_folder, settings) = with_file(&" ".repeat(4 * 1024 * 1024 + 1));
    check_problems(settings, &["more than 4194304 bytes"]);
}

#[test]
fn s3_needs_all_its_parts_and_excludes_a_folder() {
    let part = Settings {
        aws_region: Some("us-west-2".to_owned()),
        aws_prefix: Some(String::new()),
        ..with_list()
    };
    check_problems(part, &["account id, region and prefix"]);
    let both = Settings {
        aws_region: Some("us-west-2".to_owned()),
        aws_prefix: Some("lab".to_owned()),
        aws_account_id: Some("7".to_owned()),
        submissions_dir: Some("submissions".into()),
        ..with_list()
    };
    check_problems(both, &["not both"]);
}

#[test]
fn proxies_are_networks_or_addresses() {
    let check = |text: &str, net: &str| {
        assert_eq!(parse_proxy(text), Ok(net.parse().unwrap()));
    };
    check("10.0.0.0/8", "10.0.0.0/8");
    check("10.0.0.1", "10.0.0.1/32");
    check("fd00::/8", "fd00::/8");
    check("::1", "::1/128");
    assert!(
        parse_proxy("proxy.example")
            .unwrap_err()
            .contains("10.0.0.0/8")
    );
}
