//! Real submissions of 2021 and 2023, from the test data of the service they
//! were made for (o1-labs/uptime-service-backend, `test/data`). The files are
//! too large for this repository; where they are absent, the test says so.

use mina::NetworkId;
use store::testing::TestDatabase;
use uptime_backend::{Config, WhitelistSource};

use crate::lab::{Answer, Lab};

const SUBMITTERS: [&str; 2] = [
    "B62qoJC4KuLXgTEX2uwQGPNZSnqRTvJHzcEzkWTDFTXMsqdXPNKxJLs",
    "B62qnZEWRGp4eRCzzpVRmEqA8wTPjKmm3NSzGNzxDww9yHHo9vnRdmc",
];

const SUBMISSIONS: [(&str, NetworkId); 3] = [
    ("req-no-snark.json", NetworkId::Mainnet),
    ("req-with-snark.json", NetworkId::Mainnet),
    ("req-v1-with-snark.json", NetworkId::Testnet),
];

#[tokio::test]
async fn real_submissions_are_accepted_on_their_network_only() {
    let test = TestDatabase::create().await.unwrap();
    for network in [NetworkId::Testnet, NetworkId::Mainnet] {
        let keys = SUBMITTERS.map(str::to_owned).to_vec();
        let mut config = Config::new(WhitelistSource::List(keys));
        config.network = network;
        let lab = Lab::start(&test, &config).await;
        for (name, valid_on) in SUBMISSIONS {
            let Some(body) = captured_data::read(&format!("uptime/{name}")) else {
                continue;
            };
            let expected = if network == valid_on {
                Answer::ok()
            } else {
                Answer::error(401, "Invalid signature")
            };
            assert_eq!(lab.submit(body).await, expected, "{name} {network:?}");
        }
    }
}

#[tokio::test]
async fn an_empty_whitelist_refuses_even_real_submissions() {
    let test = TestDatabase::create().await.unwrap();
    let config = Config::new(WhitelistSource::List(Vec::new()));
    let lab = Lab::start(&test, &config).await;
    for (name, _) in SUBMISSIONS {
        let Some(body) = captured_data::read(&format!("uptime/{name}")) else {
            continue;
        };
        let expected = Answer::error(401, "Submitter is not registered");
        assert_eq!(lab.submit(body).await, expected, "{name}");
    }
}
