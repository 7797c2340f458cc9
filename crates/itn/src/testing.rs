//! What tests and benchmarks of several crates need: addresses, and what all fake nodes have in
//! common.

use http::StatusCode;
use serde_json::{Value, json};

use crate::keys::VerifyingKey;
use crate::uuid::Uuid;
use crate::verifier::{Authenticated, Verifier};

/// Addresses that every [`crate::AddressPolicy`] refuses, whatever it is set to: metadata services
/// of clouds, one link, groups, this network, and IPv6 forms of them.
pub const REFUSED_ALWAYS: [&str; 23] = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2001:0:808:808::5601:5601",
    "::a9fe:a9fe",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "fd00:42::42",
    "100.100.100.200",
    "168.63.129.16",
    "64:ff9b::6464:64c8",
    "192.0.0.192",
    "fe80::1",
    "ff02::1",
    "224.0.0.1",
    "239.1.1.1",
    "255.255.255.255",
    "0.0.0.0",
    "0.1.2.3",
];

/// Who a fake node is. It judges requests as a daemon does; what it answers is the caller's affair.
pub struct FakeIdentity {
    /// Its run, its keys, and their sequence numbers.
    pub verifier: Verifier,
    /// Its name in the gossip network.
    pub peer_id: Option<String>,
    /// Whether it says that it makes blocks.
    pub is_block_producer: bool,
}

/// A request that was let in.
pub struct Asked {
    /// The operation's name, empty where the request has none.
    pub operation: String,
    /// `null` where the request has none.
    pub variables: Value,
    /// With which of the two forms of authorization it came.
    pub authenticated: Authenticated,
}

impl FakeIdentity {
    /// A block producer that takes requests of this key.
    #[must_use]
    pub fn new(uuid: Uuid, key: VerifyingKey) -> Self {
        Self {
            verifier: Verifier::new(uuid, [key]),
            peer_id: Some("12D3KooWtest".to_owned()),
            is_block_producer: true,
        }
    }

    /// Takes a request apart.
    ///
    /// # Errors
    /// Status and text of a daemon's refusal; 400 for a body that is no JSON.
    pub fn judge(
        &mut self,
        authorization: Option<&[u8]>,
        body: &[u8],
    ) -> Result<Asked, (StatusCode, String)> {
        let authenticated = self.verifier.authenticate(authorization, body);
        let authenticated = authenticated.map_err(|refusal| {
            let status = StatusCode::from_u16(refusal.status());
            let status = status.unwrap_or(StatusCode::UNAUTHORIZED);
            (status, refusal.to_string())
        })?;
        let request: Value = serde_json::from_slice(body)
            .map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
        Ok(Asked {
            operation: request["operationName"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            variables: request["variables"].clone(),
            authenticated,
        })
    }

    /// The data of the answer to `Auth`.
    #[must_use]
    pub fn auth(&self) -> Value {
        json!({ "auth": {
            "serverUuid": self.verifier.server_uuid().as_str(),
            "signerSequenceNumber": self.verifier.signer_sequence_number().to_string(),
            "libp2pPort": "8302",
            "peerId": self.peer_id,
            "isBlockProducer": self.is_block_producer,
        }})
    }
}

/// The body of an answer: data, or the message of an error.
#[must_use]
pub fn answer(result: Result<Value, String>) -> Value {
    match result {
        Ok(data) => json!({ "data": data }),
        Err(message) => json!({ "errors": [{ "message": message }], "data": null }),
    }
}
