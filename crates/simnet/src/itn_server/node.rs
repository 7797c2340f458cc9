//! What the ITN server needs of a node.

use itn::{
    Authenticated, CreateAccountsDetails, CreatedAccount, GatingUpdate, PaymentsDetails, Refusal,
    Uuid, ZkappCommandsDetails,
};

/// Who a node is. It stays the same for all runs of the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeIdentity {
    /// Its port in the gossip network.
    pub(crate) libp2p_port: u16,
    /// Its name in the gossip network; none before the network part has started.
    pub(crate) peer_id: Option<String>,
    /// Whether it has a block production key.
    pub(crate) is_block_producer: bool,
    /// The commit that the daemon was built from, which only the newest report.
    pub(crate) commit_id: String,
}

/// Which daemons a node is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaGeneration {
    /// Daemons of 2024 and 2025.
    Current,
    /// With the additions of MinaProtocol/mina#19616: handles chosen by the caller,
    /// `scheduledTransactions`, `createAccounts`, `auth.commitId`.
    Newest,
}

/// An entry of a node's internal log.
pub(crate) trait LogLine {
    /// From 1 in each run of the node.
    fn id(&self) -> u64;

    /// When it happened, in microseconds since 1970 by the node's clock.
    fn unix_micros(&self) -> i64;

    /// The checkpoint's name, or `@control`.
    fn message(&self) -> &str;

    /// Calls `take` with the name and the JSON text of each item of the metadata, in order.
    fn items(&self, take: &mut dyn FnMut(&str, &str));

    /// The process that wrote it: none for the daemon itself.
    fn process_name(&self) -> Option<&'static str>;
}

/// A node, as its ITN server sees it: the present run of the daemon.
///
/// No method waits for anything. Where a method answers `Err`, the text is the message of the
/// GraphQL error, word for word as the daemon writes it.
pub(crate) trait ItnNode: Send + Sync + 'static {
    type Log: LogLine;

    fn identity(&self) -> NodeIdentity;

    fn generation(&self) -> SchemaGeneration;

    /// Judges a request, and counts it if it is sequenced and accepted: one step, without another
    /// request in between. [`itn::Verifier`] does it.
    fn authenticate(
        &self,
        authorization: Option<&[u8]>,
        body: &[u8],
    ) -> Result<Authenticated, Refusal>;

    /// Names this run of the daemon.
    fn server_uuid(&self) -> Uuid;

    /// The number of the key of the most recent basic request.
    fn signer_sequence_number(&self) -> u16;

    /// Entries of the log with an id not below `start_log_id`, in ascending order.
    fn internal_logs(&self, start_log_id: i64) -> Vec<Self::Log>;

    /// Removes entries with an id not above `end_log_id` and says how many these were.
    fn flush_internal_logs(&self, end_log_id: i64) -> u64;

    /// The slots the producer still has in its queue.
    fn slots_won(&self) -> Result<Vec<u64>, String>;

    /// Starts payments. `senders` are not empty, the fees in order, and the memo prefix short
    /// enough; the ledger is to be looked at. With the handle of a running scheduler it starts
    /// nothing and returns that handle.
    fn schedule_payments(
        &self,
        input: PaymentsDetails,
        handle: Option<Uuid>,
    ) -> Result<Uuid, String>;

    /// Starts zkApp commands; there is at least one fee payer. Handles as for payments.
    fn schedule_zkapp_commands(
        &self,
        input: ZkappCommandsDetails,
        handle: Option<Uuid>,
    ) -> Result<Uuid, String>;

    /// Asks a scheduler to stop at its next step. Whether there is one of this handle.
    fn stop_scheduled_transactions(&self, handle: Uuid) -> bool;

    /// Handles of what runs: payments, zkApp commands and the funding of accounts.
    fn scheduled_transactions(&self) -> Vec<Uuid>;

    /// Makes keys and starts to fund their accounts. With the handle of a running job it returns
    /// that job's accounts again.
    fn create_accounts(
        &self,
        input: CreateAccountsDetails,
        handle: Option<Uuid>,
    ) -> Result<(Uuid, Vec<CreatedAccount>), String>;

    /// Replaces the gating of connections. Hosts of peers are IP addresses. `Err` names those
    /// peers that could not be added.
    fn update_gating(&self, input: GatingUpdate) -> Result<(), Vec<String>>;

    /// Limits the zkApp commands in blocks that this node makes, until it restarts.
    fn set_zkapp_command_limit(&self, limit: Option<i64>);

    /// Lets the daemon end after this many seconds, at least 5. Returns the folder it will remove
    /// if `clean_config` says so.
    fn stop_daemon(&self, delay_seconds: u32, clean_config: bool) -> String;

    /// What `/status` shows.
    fn status(&self) -> serde_json::Value;
}
