//! A node of the simulated network as its ITN server sees it.

use itn::{
    Authenticated, CreateAccountsDetails, CreatedAccount, GatingUpdate, NetworkPeer,
    PaymentsDetails, Refusal, Uuid, ZkappCommandsDetails,
};
use mina::PrivateKey;
use serde_json::json;
use simulation::Handle;

use crate::identity::{CONFIG_FOLDER, LIBP2P_PORT};
use crate::itn_server::{ItnNode, LogLine, NodeIdentity, SchemaGeneration};
use crate::log::LogRecord;
use crate::node::Node;

impl LogLine for LogRecord {
    fn id(&self) -> u64 {
        self.id()
    }

    fn unix_micros(&self) -> i64 {
        self.unix_micros()
    }

    fn message(&self) -> &str {
        self.message()
    }

    fn items(&self, take: &mut dyn FnMut(&str, &str)) {
        self.items(take);
    }

    fn process_name(&self) -> Option<&'static str> {
        self.process_name()
    }
}

impl ItnNode for Node {
    type Log = LogRecord;

    fn identity(&self) -> NodeIdentity {
        let identity = self.identity();
        NodeIdentity {
            libp2p_port: LIBP2P_PORT,
            peer_id: Some(identity.peer_id.clone()),
            is_block_producer: identity.is_block_producer,
            commit_id: simulation::COMMIT_ID.to_owned(),
        }
    }

    fn generation(&self) -> SchemaGeneration {
        if self.common().newest_schema {
            SchemaGeneration::Newest
        } else {
            SchemaGeneration::Current
        }
    }

    fn authenticate(
        &self,
        authorization: Option<&[u8]>,
        body: &[u8],
    ) -> Result<Authenticated, Refusal> {
        self.with_verifier(|verifier| verifier.authenticate(authorization, body))
    }

    fn server_uuid(&self) -> Uuid {
        self.with_verifier(|verifier| verifier.server_uuid())
    }

    fn signer_sequence_number(&self) -> u16 {
        self.with_verifier(|verifier| verifier.signer_sequence_number())
    }

    fn internal_logs(&self, start_log_id: i64) -> Vec<LogRecord> {
        self.internal_logs(start_log_id)
    }

    fn flush_internal_logs(&self, end_log_id: i64) -> u64 {
        self.flush_internal_logs(end_log_id)
    }

    fn slots_won(&self) -> Result<Vec<u64>, String> {
        let id = self.id();
        let slots = self.chain().now(|chain| chain.slots_won(id));
        slots
            .map(|slots| slots.into_iter().map(u64::from).collect())
            .map_err(|error| error.to_string())
    }

    fn schedule_payments(
        &self,
        input: PaymentsDetails,
        handle: Option<Uuid>,
    ) -> Result<Uuid, String> {
        let details = simulation::PaymentsDetails {
            senders: input.senders.iter().map(PrivateKey::public_key).collect(),
            receiver: input.receiver,
            amount: input.amount,
            min_fee: input.min_fee,
            max_fee: input.max_fee,
            memo_prefix: input.memo_prefix,
            tps: input.tps,
            duration_min: saturated(input.duration_min),
        };
        let id = self.id();
        let handle = handle.and_then(to_handle);
        let scheduled = self
            .chain()
            .now(|chain| chain.schedule_payments(id, &details, handle));
        to_uuid(scheduled.map_err(|error| error.to_string())?)
    }

    fn schedule_zkapp_commands(
        &self,
        input: ZkappCommandsDetails,
        handle: Option<Uuid>,
    ) -> Result<Uuid, String> {
        let details = simulation::ZkappCommandsDetails {
            fee_payers: input
                .fee_payers
                .iter()
                .map(PrivateKey::public_key)
                .collect(),
            num_zkapps_to_deploy: input.num_zkapps_to_deploy,
            num_new_accounts: input.num_new_accounts,
            tps: input.tps,
            duration_min: saturated(input.duration_min),
            memo_prefix: input.memo_prefix,
            min_balance_change: input.min_balance_change,
            max_balance_change: input.max_balance_change,
            min_new_zkapp_balance: input.min_new_zkapp_balance,
            max_new_zkapp_balance: input.max_new_zkapp_balance,
            init_balance: input.init_balance,
            min_fee: input.min_fee,
            max_fee: input.max_fee,
            deployment_fee: input.deployment_fee,
            account_queue_size: input.account_queue_size,
            max_cost: input.max_cost,
            max_account_updates: input.max_account_updates,
        };
        let id = self.id();
        let handle = handle.and_then(to_handle);
        let scheduled = self
            .chain()
            .now(|chain| chain.schedule_zkapp_commands(id, &details, handle));
        to_uuid(scheduled.map_err(|error| error.to_string())?)
    }

    fn stop_scheduled_transactions(&self, handle: Uuid) -> bool {
        let id = self.id();
        let stopped = self
            .chain()
            .now(|chain| chain.stop_scheduled_transactions(id, handle.as_str()));
        stopped.is_ok()
    }

    fn scheduled_transactions(&self) -> Vec<Uuid> {
        let id = self.id();
        let handles = self.chain().now(|chain| chain.scheduled_transactions(id));
        handles
            .into_iter()
            .filter_map(|handle| to_uuid(handle).ok())
            .collect()
    }

    fn create_accounts(
        &self,
        input: CreateAccountsDetails,
        handle: Option<Uuid>,
    ) -> Result<(Uuid, Vec<CreatedAccount>), String> {
        let details = simulation::CreateAccountsDetails {
            fee_payer: input.fee_payer.public_key(),
            num_accounts: input.num_accounts,
            amount: input.amount,
            fee: input.fee,
        };
        let id = self.id();
        let handle = handle.and_then(to_handle);
        let created = self
            .chain()
            .now(|chain| chain.create_accounts(id, &details, handle))
            .map_err(|error| error.to_string())?;
        let accounts = created
            .accounts
            .into_iter()
            .map(|private_key| CreatedAccount {
                public_key: private_key.public_key(),
                private_key,
            });
        Ok((to_uuid(created.handle)?, accounts.collect()))
    }

    fn update_gating(&self, input: GatingUpdate) -> Result<(), Vec<String>> {
        let peers = |peers: Vec<NetworkPeer>| {
            let ids = peers.into_iter().map(|peer| peer.peer_id);
            ids.map(|peer_id| simulation::Peer { peer_id }).collect()
        };
        let update = simulation::GatingUpdate {
            added_peers: peers(input.added_peers),
            isolate: input.isolate,
            banned_peers: peers(input.banned_peers),
            trusted_peers: peers(input.trusted_peers),
        };
        let id = self.id();
        self.chain()
            .now(|chain| chain.update_gating(id, &update))
            .map_err(|error| vec![error.to_string()])
    }

    fn set_zkapp_command_limit(&self, limit: Option<i64>) {
        let limit = limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX));
        let id = self.id();
        self.chain()
            .now(|chain| chain.set_zkapp_command_limit(id, limit));
    }

    fn stop_daemon(&self, delay_seconds: u32, clean_config: bool) -> String {
        let id = self.id();
        let delay = saturated(delay_seconds);
        let stopping = self
            .chain()
            .now(|chain| chain.stop_daemon(id, Some(delay), clean_config, CONFIG_FOLDER));
        if let Err(error) = stopping {
            tracing::debug!(%error, "a daemon does not stop");
        }
        CONFIG_FOLDER.to_owned()
    }

    fn status(&self) -> serde_json::Value {
        let identity = self.identity();
        let id = self.id();
        let (snapshot, status) = self
            .chain()
            .now(|chain| (chain.best_chain(id, 1).pop(), chain.sync_status(id)));
        json!({
            "sync_status": status.map(simulation::SyncStatus::name),
            "blockchain_length": snapshot.as_ref().map(|tip| tip.blockchain_length),
            "state_hash": snapshot.map(|tip| tip.state_hash),
            "commit_id": simulation::COMMIT_ID,
            "block_production_keys": if identity.is_block_producer {
                vec![identity.submitter.as_str()]
            } else {
                Vec::new()
            },
            "addrs_and_ports": {
                "libp2p_port": LIBP2P_PORT,
                "peer": { "peer_id": identity.peer_id },
            },
        })
    }
}

fn to_handle(uuid: Uuid) -> Option<Handle> {
    uuid.as_str().parse().ok()
}

fn to_uuid(handle: Handle) -> Result<Uuid, String> {
    handle
        .to_string()
        .parse()
        .map_err(|_| "not a UUID".to_owned())
}

fn saturated(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
