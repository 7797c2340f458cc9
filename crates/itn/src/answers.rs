//! Answers of a node that have several parts.

use mina::{PrivateKey, PublicKey};
use serde::{Deserialize, Deserializer};

use crate::bounded::Bounded;
use crate::scalars;
use crate::sequence::Session;
use crate::uuid::Uuid;

/// Most accounts that one answer may hold.
const ACCOUNTS_MAX: usize = 100_000;

/// What a node says of itself to a key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Auth {
    /// Names this run of the daemon.
    pub server_uuid: Uuid,
    /// The number that the next sequenced request of the key must carry.
    #[serde(deserialize_with = "scalars::uint16::deserialize")]
    pub signer_sequence_number: u16,
    /// Its port in the gossip network; left out only by servers that are no daemons.
    #[serde(
        rename = "libp2pPort",
        default,
        deserialize_with = "scalars::uint16::optional"
    )]
    pub libp2p_port: Option<u16>,
    /// Its name in the gossip network, unless it has none yet.
    #[serde(default, deserialize_with = "scalars::optional_text")]
    pub peer_id: Option<String>,
    /// Whether it has a key that produces blocks.
    pub is_block_producer: bool,
}

impl Auth {
    /// What the next sequenced request carries.
    #[must_use]
    pub fn session(&self) -> Session {
        Session {
            server_uuid: self.server_uuid,
            number: self.signer_sequence_number,
        }
    }
}

/// Accounts that a node has made and is funding.
#[derive(Debug, Clone, Deserialize)]
pub struct CreatedAccounts {
    /// Names the funding; it runs as long as the node lists this among its schedulers.
    #[serde(deserialize_with = "scalars::text")]
    pub handle: String,
    /// The accounts.
    #[serde(deserialize_with = "accounts")]
    pub accounts: Vec<CreatedAccount>,
}

/// An account that a node has made.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedAccount {
    /// Its public key.
    pub public_key: PublicKey,
    /// Its private key.
    #[serde(with = "scalars::private_key")]
    pub private_key: PrivateKey,
}

fn accounts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CreatedAccount>, D::Error> {
    Bounded::<_, ACCOUNTS_MAX>::deserialize(deserializer).map(|Bounded(accounts)| accounts)
}

/// Just the commit of `auth`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Commit {
    #[serde(deserialize_with = "scalars::text")]
    pub(crate) commit_id: String,
}
