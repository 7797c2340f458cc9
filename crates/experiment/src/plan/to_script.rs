//! The script of a plan, command by command as the original generator writes it.

use serde_json::{Map, Value, json};

use super::generate::keys_directory;
use super::{FundCommand, Load, Plan, Round};
use crate::duration_text::duration_text;
use crate::memo;
use crate::number::{float, trunc};
use crate::redact;
use crate::script::{Reference, Script};
use crate::setup::Setup;

/// A share below this stops or samples nobody.
const SHARE_LEAST: f64 = 1e-6;

impl Plan {
    /// The script that carries out the plan. It begins with `header`.
    #[must_use]
    pub fn script(&self, header: &str) -> Script {
        let mut writer = Writer {
            setup: &self.setup,
            script: Script::default(),
            steps: 0,
        };
        writer.script.comment(header);
        writer.soft_limit_at_start();
        writer.script.comment("Funding keys for the experiment");
        if let Some(root) = &self.root_funding {
            writer.fund(root);
            writer.command("wait", json!({"sec": 1}));
        }
        for command in self.funding_commands() {
            writer.fund(command);
        }
        for round in &self.rounds {
            writer.round(round);
        }
        writer.script
    }

    /// The header of scripts that a service makes: the setup, without what must not be told.
    #[must_use]
    pub fn service_header(&self) -> String {
        redact::script_header(&self.setup)
    }
}

/// A number as it comes back when the script is read: whole ones are written without a point.
fn number(number: f64) -> Value {
    match trunc(number) {
        Ok(whole) if float(whole).to_bits() == number.to_bits() => whole.into(),
        _ => number.into(),
    }
}

struct Writer<'a> {
    setup: &'a Setup,
    script: Script,
    /// Number of the next step.
    steps: i64,
}

impl Writer<'_> {
    /// Adds a command; gives the number of its step.
    fn command(&mut self, action: &str, params: Value) -> i64 {
        let params = match params {
            Value::Object(params) => params,
            _ => Map::new(),
        };
        self.script.command(action, params);
        self.steps += 1;
        self.steps - 1
    }

    fn comment(&mut self, text: String) {
        self.script.comment(text);
    }

    /// A reference from the next step to one before it.
    fn reference(&self, step: i64, name: &str) -> Reference {
        Reference::to(step - self.steps, name)
    }

    fn fund(&mut self, command: &FundCommand) {
        let mut params = json!({
            "amount": command.amount.nanomina(),
            "fee": command.fee.nanomina(),
            "prefix": command.prefix,
            "num": command.accounts,
            "privkeys": command.paid_by,
        });
        self.add_password(&mut params);
        self.command("fund-keys", params);
    }

    fn add_password(&self, params: &mut Value) {
        if !self.setup.password_env.is_empty() {
            params["passwordEnv"] = self.setup.password_env.as_str().into();
        }
    }

    fn soft_limit_at_start(&mut self) {
        if self.setup.zkapp_soft_limit > -2 {
            self.command("discovery", json!({}));
            self.soft_limit();
        }
    }

    /// Sets the limit on the nodes of the discovery just before.
    fn soft_limit(&mut self) {
        let limit = self.setup.zkapp_soft_limit;
        self.comment(format!("Setting zkapp soft limit to {limit}"));
        let nodes = Reference::to(-1, "participant").or_empty_list();
        let limit = if limit < 0 { Value::Null } else { limit.into() };
        let params = json!({"nodes": nodes.to_value(), "limit": limit});
        self.command("set-zkapp-soft-limit", params);
    }

    fn round(&mut self, round: &Round) {
        self.rotation(round);
        let index = round.index;
        let since = duration_text(round.start_sec);
        self.comment(format!("Starting round {index}, {since} after start"));
        let senders = self.senders();
        let busy = self.loads(round, senders);
        let elapsed_sec = self.stops(round, busy);
        self.end(round, elapsed_sec);
    }

    fn rotation(&mut self, round: &Round) {
        let Some(mapping) = &round.rotation else {
            return;
        };
        let mut params = json!({
            "pubkeys": self.setup.rotation_keys,
            "servers": self.setup.rotation_servers,
            "ratio": number(self.setup.rotation_ratio),
            "mapping": mapping,
        });
        self.add_password(&mut params);
        self.command("rotate-balance", params);
    }

    /// Who sends: step and name of the output.
    fn senders(&mut self) -> (i64, &'static str) {
        let only_others = self.setup.send_from_non_bps_only;
        let params = if only_others {
            json!({"noBPs": true})
        } else {
            json!({})
        };
        let mut senders = (self.command("discovery", params), "participant");
        if self.setup.zkapp_soft_limit > -2 {
            if only_others {
                self.command("discovery", json!({}));
            }
            self.soft_limit();
        }
        if 1.0 - self.setup.sender_ratio > SHARE_LEAST {
            let group = self.reference(senders.0, senders.1).or_empty_list();
            let params = json!({
                "group": group.to_value(),
                "ratios": [number(self.setup.sender_ratio)],
            });
            senders = (self.command("sample", params), "group1");
        }
        senders
    }

    /// Schedules the loads. Gives step and name of the output that lists the nodes that send.
    fn loads(&mut self, round: &Round, senders: (i64, &'static str)) -> (i64, &'static str) {
        match (&round.payments, &round.zkapps) {
            (Some(payments), Some(zkapps)) => {
                let zkapp_keys = self.load_keys(round, "zkapps");
                let payment_keys = self.load_keys(round, "payments");
                let zkapps = self.zkapps(round, zkapps, zkapp_keys, senders);
                let payments = self.payments(round, payments, payment_keys, senders);
                let params = json!({
                    "group1": self.reference(payments, "participant").to_value(),
                    "group2": self.reference(zkapps, "participant").to_value(),
                });
                (self.command("join", params), "group")
            }
            (Some(payments), None) => {
                let keys = self.load_keys(round, "payments");
                (self.payments(round, payments, keys, senders), "participant")
            }
            (None, Some(zkapps)) => {
                let keys = self.load_keys(round, "zkapps");
                (self.zkapps(round, zkapps, keys, senders), "participant")
            }
            (None, None) => senders,
        }
    }

    fn load_keys(&mut self, round: &Round, kind: &str) -> i64 {
        let mut params = json!({"dir": keys_directory(self.setup, round.index, kind)});
        self.add_password(&mut params);
        self.command("load-keys", params)
    }

    fn scheduling_comment(&mut self, load: &Load, what: &str) {
        let per_minute = load.tps * 60.0;
        let (count, minutes) = (load.transactions, self.setup.round_duration_min);
        self.comment(format!(
            "Scheduling {count} {what} to be sent over period of {minutes} minutes \
             ({per_minute:.2} txs/min)"
        ));
    }

    fn zkapps(
        &mut self,
        round: &Round,
        load: &Load,
        keys: i64,
        senders: (i64, &'static str),
    ) -> i64 {
        let what = if round.max_cost {
            "max-cost zkapp transactions"
        } else {
            "zkapp transactions"
        };
        self.scheduling_comment(load, what);
        let setup = self.setup;
        let (zkapps, new_account_ratio) = if round.max_cost {
            (crate::zkapp_load::MAX_COST_ZKAPPS, 0.0)
        } else {
            (0, setup.new_account_ratio)
        };
        let mut params = json!({
            "experimentName": memo::experiment_name(&setup.experiment_name, round.index),
            "round": round.index,
            "tps": number(load.tps),
            "minTps": number(setup.min_tps),
            "durationMin": setup.round_duration_min,
            "maxFee": setup.max_zkapp_fee.nanomina(),
            "minFee": setup.min_zkapp_fee.nanomina(),
            "zkapps": zkapps,
            "newAccountRatio": number(new_account_ratio),
            "queueSize": 0,
            "gap": setup.gap,
            "noPrecondition": false,
            "maxCost": round.max_cost,
            "minBalanceChange": setup.min_balance_change.nanomina(),
            "maxBalanceChange": setup.max_balance_change.nanomina(),
            "deploymentFee": setup.deployment_fee.nanomina(),
            "feePayers": self.reference(keys, "key").to_value(),
            "nodes": self.reference(senders.0, senders.1).to_value(),
        });
        if setup.non_default_token && !round.max_cost {
            params["nonDefaultToken"] = true.into();
        }
        self.command("zkapp-txs", params)
    }

    fn payments(
        &mut self,
        round: &Round,
        load: &Load,
        keys: i64,
        senders: (i64, &'static str),
    ) -> i64 {
        self.scheduling_comment(load, "payments");
        let setup = self.setup;
        let params = json!({
            "experimentName": memo::experiment_name(&setup.experiment_name, round.index),
            "round": round.index,
            "tps": number(load.tps),
            "minTps": number(setup.min_tps),
            "durationMin": setup.round_duration_min,
            "maxFee": setup.max_payment_fee.nanomina(),
            "minFee": setup.min_payment_fee.nanomina(),
            "amount": setup.payment_amount.nanomina(),
            "receiver": setup.payment_receiver,
            "feePayers": self.reference(keys, "key").to_value(),
            "nodes": self.reference(senders.0, senders.1).to_value(),
        });
        self.command("payments", params)
    }

    /// Stops nodes that send nothing. Gives the seconds that have passed since the round began.
    fn stops(&mut self, round: &Round, busy: (i64, &'static str)) -> u64 {
        let mut elapsed_sec = 0;
        for wait_sec in &round.stop_waits_sec {
            let index = round.index;
            let since = duration_text(round.start_sec + elapsed_sec);
            let wait = duration_text(*wait_sec);
            self.comment(format!(
                "Running round {index}, {since} after start, waiting for {wait}"
            ));
            self.wait_sec(*wait_sec);
            let params = if self.setup.stop_only_bps {
                json!({"onlyBPs": true})
            } else {
                json!({})
            };
            let found = self.command("discovery", params);
            let params = json!({
                "group": self.reference(found, "participant").or_empty_list().to_value(),
                "except": self.reference(busy.0, busy.1).or_empty_list().to_value(),
            });
            let idle = self.command("except", params);
            self.stop(round, idle);
            elapsed_sec += wait_sec;
        }
        elapsed_sec
    }

    fn stop(&mut self, round: &Round, idle: i64) {
        let shares = [
            (round.stop_clean_ratio, true),
            (round.stop_keep_ratio, false),
        ];
        let shares: Vec<(f64, bool)> = shares
            .into_iter()
            .filter(|(share, _)| *share > SHARE_LEAST)
            .collect();
        if shares.is_empty() {
            return;
        }
        let ratios: Vec<Value> = shares.iter().map(|(share, _)| number(*share)).collect();
        let group = self.reference(idle, "group").or_empty_list();
        let sampled = self.command(
            "sample",
            json!({"group": group.to_value(), "ratios": ratios}),
        );
        let nodes = if self.setup.stop_only_bps {
            "block producers"
        } else {
            "nodes"
        };
        let action = if self.setup.use_restart_script {
            "restart"
        } else {
            "stop-daemon"
        };
        for ((share, clean), number) in shares.into_iter().zip(1..) {
            let percent = 100.0 * share;
            let with = if clean { "with" } else { "without" };
            self.comment(format!("Stopping {percent:.1}% {nodes} {with} cleaning"));
            let group = self.reference(sampled, &format!("group{number}"));
            let mut params = json!({"nodes": group.to_value()});
            if clean {
                params["clean"] = true.into();
            }
            self.command(action, params);
        }
    }

    fn end(&mut self, round: &Round, elapsed_sec: u64) {
        let index = round.index;
        let since = duration_text(round.start_sec + elapsed_sec);
        self.comment(format!(
            "Waiting for remainder of round {index}, {since} after start"
        ));
        self.wait_sec(round.rest_sec);
        let mut now_sec = round.start_sec + elapsed_sec + round.rest_sec;
        let pauses = [
            (round.pause_min, "Pause"),
            (round.large_pause_min, "Large pause"),
        ];
        for (minutes, what) in pauses {
            if minutes > 0 {
                let since = duration_text(now_sec);
                self.comment(format!("{what} after round {index}, {since} after start"));
                self.command("wait", json!({"min": minutes}));
                now_sec += 60 * minutes;
            }
        }
    }

    fn wait_sec(&mut self, seconds: u64) {
        let params = if seconds == 0 {
            json!({})
        } else {
            json!({"sec": seconds})
        };
        self.command("wait", params);
    }
}
