//! Rounds as answers show them.

use serde::{Deserialize, Serialize};

use super::{Load, Plan, Round};

/// One round in answers of the newest version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundInfo {
    /// Payments intended.
    pub payment_count: u64,
    /// zkApp commands intended.
    pub zkapp_count: u64,
    /// Payments per second.
    pub payment_tps: f64,
    /// zkApp commands per second.
    pub zkapp_tps: f64,
    /// Length of the round, minutes.
    pub duration_minutes: u64,
    /// Whether zkApp commands are as costly as they can be.
    pub max_cost: bool,
    /// Whether zkApp load is in a token of its own.
    pub non_default_token: bool,
}

/// One round as it is kept with its run: what answers show, and when its parts are planned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimedRound {
    /// Counts and rates.
    #[serde(flatten)]
    pub info: RoundInfo,
    /// When it begins by plan, seconds after the first.
    pub start_sec: u64,
    /// Seconds before each stop of nodes, counted from the one before.
    pub stop_waits_sec: Vec<u64>,
    /// Seconds from the last stop to the end of the round.
    pub rest_sec: u64,
    /// Minutes until the next round; 0 after the last.
    pub pause_min: u64,
    /// Minutes of the large pause after it; 0 for none.
    pub large_pause_min: u64,
}

/// One round in answers of the first version. Rates count per minute, with two decimals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LegacyRound {
    /// Number of the round, from 0.
    pub no: u32,
    /// Payments per minute.
    pub payments_rate: f64,
    /// zkApp commands per minute.
    pub zkapp_rate: f64,
}

impl Plan {
    /// The rounds in answers of the newest version.
    #[must_use]
    pub fn round_infos(&self) -> Vec<RoundInfo> {
        let duration_minutes = u64::try_from(self.setup.round_duration_min).unwrap_or(0);
        let info = |round: &Round| RoundInfo {
            payment_count: count(round.payments.as_ref()),
            zkapp_count: count(round.zkapps.as_ref()),
            payment_tps: rate(round.payments.as_ref()),
            zkapp_tps: rate(round.zkapps.as_ref()),
            duration_minutes,
            max_cost: round.max_cost,
            non_default_token: self.setup.non_default_token
                && round.zkapps.is_some()
                && !round.max_cost,
        };
        self.rounds.iter().map(info).collect()
    }

    /// The rounds as they are kept with their run.
    #[must_use]
    pub fn timed_rounds(&self) -> Vec<TimedRound> {
        let timed = |(round, info): (&Round, RoundInfo)| TimedRound {
            info,
            start_sec: round.start_sec,
            stop_waits_sec: round.stop_waits_sec.clone(),
            rest_sec: round.rest_sec,
            pause_min: round.pause_min,
            large_pause_min: round.large_pause_min,
        };
        self.rounds
            .iter()
            .zip(self.round_infos())
            .map(timed)
            .collect()
    }

    /// The rounds in answers of the first version, without its defects: rounds from 10 on have
    /// their own numbers, and max-cost rounds their rates.
    #[must_use]
    pub fn legacy_rounds(&self) -> Vec<LegacyRound> {
        let per_minute = |load: Option<&Load>| (rate(load) * 60.0 * 100.0).round() / 100.0;
        let legacy = |round: &Round| LegacyRound {
            no: round.index,
            payments_rate: per_minute(round.payments.as_ref()),
            zkapp_rate: per_minute(round.zkapps.as_ref()),
        };
        self.rounds.iter().map(legacy).collect()
    }
}

fn count(load: Option<&Load>) -> u64 {
    load.map_or(0, |load| load.transactions)
}

fn rate(load: Option<&Load>) -> f64 {
    load.map_or(0.0, |load| load.tps)
}
