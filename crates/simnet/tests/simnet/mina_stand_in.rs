//! The stand-in for the mina executable, against a running network.

use std::os::unix::fs::PermissionsExt as _;

use mina::KeyFile;
use simnet::Config;
use simnet::mina_stand_in::{
    CreateAccountsArguments, MinaStandIn, PaymentArguments, StandInError, version_line,
};

use crate::shared::{LIMIT, eventually, start};

#[tokio::test]
async fn accounts_are_made_funded_and_can_be_rotated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net");
    let mut config = Config::nodes(2);
    config.time_scale = 1_000;
    config.folder = Some(path.clone());
    let simnet = start(config).await;
    let mina = MinaStandIn::new(&path).unwrap();
    let prefix = folder.path().join("fund_keys/demo/key-0");
    let arguments = CreateAccountsArguments {
        amount: "300".parse().unwrap(),
        fee: "1".parse().unwrap(),
        key_prefix: prefix.clone(),
        num_accounts: 3,
        privkey_path: path.join("keys/plain1"),
        daemon_port: Some(simnet.nodes()[1].public_graphql.to_string()),
    };
    let funding = mina.create_accounts(&arguments, b"");
    tokio::time::timeout(LIMIT, funding).await.unwrap().unwrap();
    let mut keys = Vec::new();
    for number in 0..3 {
        let file = folder.path().join(format!("fund_keys/demo/key-0-{number}"));
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let json = std::fs::read(&file).unwrap();
        let key = KeyFile::from_json(&json).unwrap().decrypt(b"").unwrap();
        let balance = mina.balance(&key.public_key(), None).await.unwrap();
        let balance = balance.expect("an account").nanomina();
        assert_eq!(balance, 99_000_000_000);
        keys.push(key);
    }

    let payer = std::fs::read_to_string(path.join("keys/plain2.pub")).unwrap();
    let payment = PaymentArguments {
        sender: payer.trim().parse().unwrap(),
        receiver: keys[0].public_key(),
        amount: "2.5".parse().unwrap(),
        fee: "1".parse().unwrap(),
        memo: "rotation".to_owned(),
    };
    let server = simnet.nodes()[0].public_graphql.port().to_string();
    let server = Some(server.as_str());
    let locked = mina.send_payment(&payment, server).await;
    assert!(
        matches!(locked, Err(StandInError::Refused(_))),
        "{locked:?}"
    );
    mina.unlock(&payment.sender, "", server).await.unwrap();
    let id = mina.send_payment(&payment, server).await.unwrap();
    // Behind the second character it depends on the keys, which are drawn.
    assert!(id.starts_with("7m"), "{id}");
    eventually("the payment", async || {
        let balance = mina.balance(&keys[0].public_key(), server).await.unwrap();
        (balance?.nanomina() == 101_500_000_000).then_some(())
    })
    .await;
    simnet.stop().await;
    let away = mina.balance(&keys[0].public_key(), None).await;
    assert!(
        matches!(away, Err(StandInError::Unreachable(_))),
        "{away:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_done_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::nodes(1);
    config.folder = Some(folder.path().to_owned());
    let simnet = start(config).await;
    let mina = MinaStandIn::new(folder.path()).unwrap();
    let arguments = |privkey: &str, amount: &str, daemon: Option<&str>| CreateAccountsArguments {
        amount: amount.parse().unwrap(),
        fee: "1".parse().unwrap(),
        key_prefix: folder.path().join("new/key"),
        num_accounts: 2,
        privkey_path: folder.path().join(privkey),
        daemon_port: daemon.map(str::to_owned),
    };
    let refused = async |arguments: CreateAccountsArguments| {
        let error = mina.create_accounts(&arguments, b"").await;
        error.expect_err("refused")
    };
    let error = refused(arguments("keys/none", "10", None)).await;
    assert!(matches!(error, StandInError::File(_)), "{error:?}");
    let error = refused(arguments("keys/nodes/node-0", "10", None)).await;
    assert!(matches!(error, StandInError::Key { .. }), "{error:?}");
    let error = refused(arguments("keys/plain1", "1", None)).await;
    assert!(matches!(error, StandInError::Refused(_)), "{error:?}");
    let error = refused(arguments("keys/plain1", "10", Some("127.0.0.1:1"))).await;
    assert!(matches!(error, StandInError::UnknownServer(_)), "{error:?}");
    assert!(!folder.path().join("new").exists());
    simnet.stop().await;
}

#[test]
fn the_build_is_told_as_daemons_do() {
    let line = version_line();
    let commit = line.split("(commit ").nth(1).unwrap().trim_end_matches(')');
    assert_eq!(commit.len(), 40, "{line}");
    assert!(commit.bytes().all(|byte| byte.is_ascii_hexdigit()));
}
