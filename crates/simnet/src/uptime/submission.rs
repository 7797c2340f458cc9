//! The body of a submission.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mina::{BitOrder, NetworkId, PrivateKey, UptimePayload, schnorr};

/// What a node has to say.
#[derive(Debug)]
pub(crate) struct Submission<'a> {
    /// The bytes of a block.
    pub(crate) block: &'a [u8],
    /// The bytes of a SNARK work.
    pub(crate) snark_work: Option<&'a [u8]>,
    /// In seconds since 1970.
    pub(crate) created_at_unix_seconds: i64,
    /// The node's name in the gossip network.
    pub(crate) peer_id: &'a str,
    /// The port of its ITN server.
    pub(crate) graphql_control_port: u16,
    /// The build it is.
    pub(crate) built_with_commit_sha: &'a str,
    /// Its public key.
    pub(crate) submitter: &'a str,
}

impl Submission<'_> {
    /// The JSON to post, signed. `None` for a time without a text.
    pub(crate) fn signed(&self, key: &PrivateKey, network: NetworkId) -> Option<Vec<u8>> {
        let quoted = |bytes: &[u8]| format!("\"{}\"", STANDARD.encode(bytes));
        let block = quoted(self.block);
        let snark_work = self.snark_work.map(quoted);
        let payload = UptimePayload {
            block: &block,
            created_at_unix_seconds: self.created_at_unix_seconds,
            peer_id: self.peer_id,
            snark_work: snark_work.as_deref(),
            graphql_control_port: i64::from(self.graphql_control_port),
            built_with_commit_sha: self.built_with_commit_sha,
        };
        // What is signed is the JSON of the data.
        let data = payload.to_bytes().ok()?;
        let digest = payload.digest().ok()?;
        let signature = schnorr::sign(key, network, BitOrder::LowestFirst, &digest);
        let mut body = br#"{"payload_version":1,"data":"#.to_vec();
        body.extend(data);
        body.extend(
            format!(
                r#","signature":"{signature}","submitter":"{}"}}"#,
                self.submitter
            )
            .into_bytes(),
        );
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key, text and signatures as in the published description of the scheme.
    #[test]
    fn the_signature_is_that_of_the_scheme() {
        let key: PrivateKey = "EKEEpMELfQkMbJDt2fB4cFXKwSf1x4t7YD4twREy5yuJ84HBZtF9"
            .parse()
            .unwrap();
        let block = STANDARD.decode("zLgvHQzxSh8MWlTjXK+cMA==").unwrap();
        let submitter = key.public_key().to_string();
        let submission = Submission {
            block: &block,
            snark_work: None,
            created_at_unix_seconds: 1_625_156_493,
            peer_id: "MLF0jAGTpL84LLerLddNs5M10NCHM+BwNeMxK78+",
            graphql_control_port: 0,
            built_with_commit_sha: "",
            submitter: &submitter,
        };
        for (network, signature) in [
            (
                NetworkId::Testnet,
                "7mXPW7LX4fDNkT4RxqR6pcAQ5DfMJngPhZFiy21Ww7TkBiqGds5tLvofJuzJfZ2E6msYNkF3kscgTEgHpGcKfuf3ZbJ12z3V",
            ),
            (
                NetworkId::Mainnet,
                "7mXFrWsuKM3Lysx3zL7an6ZjnRDfvcbtGNCSSWLoSWiUZaTq77XNbju5Csw1JjEwXMb8z22MyygWYvfd5MA7ZYwiiE1ryicG",
            ),
        ] {
            let body = submission.signed(&key, network).unwrap();
            let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(json["signature"], signature);
            assert_eq!(json["data"]["created_at"], "2021-07-01T16:21:33Z");
            assert_eq!(
                json["submitter"],
                "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq"
            );
            assert!(json["data"].get("snark_work").is_none());
        }
    }
}
