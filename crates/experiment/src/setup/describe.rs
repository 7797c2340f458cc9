//! Parameters as a form shows them: type, unit, group, default, bounds and choices.

use serde::Serialize;
use serde_json::{Value, json};

use super::parameter::{PARAMETERS, Parameter, Place};
use super::validate::{FUND_KEYS_MAX, MINUTES_MAX, ROUNDS_MAX, STOPS_MAX};
use super::{RateShape, Setup};
use crate::seeded_rng::SEED_MAX;

/// What kind of value a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Any number.
    Number,
    /// A whole number.
    Integer,
    /// An amount of money: a whole number of nanomina.
    Amount,
    /// True or false.
    Flag,
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A list of numbers.
    Numbers,
    /// One of some words.
    Choice,
    /// A whole number that random values are drawn from.
    Seed,
}

/// A parameter as a form shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    /// Its name in requests; a point stands for nesting.
    pub name: &'static str,
    /// Its name in `setup` objects, which requests may use, too.
    pub key: &'static str,
    /// What it takes.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The unit of its number.
    pub unit: Option<&'static str>,
    /// Which parameters it stands with.
    pub group: &'static str,
    /// Its value where a setup does not give one; null where there is none.
    pub default: Value,
    /// What it means.
    pub help: &'static str,
    /// Least value.
    pub min: Option<f64>,
    /// Greatest value.
    pub max: Option<f64>,
    /// The words of a choice.
    pub choices: Vec<&'static str>,
}

/// The groups in the order of a form, with the keys of their parameters.
const GROUPS: [(&str, &[&str]); 6] = [
    (
        "basics",
        &[
            "ExperimentName",
            "Rounds",
            "RoundDurationMin",
            "PauseMin",
            "LargePauseEveryNRounds",
            "LargePauseMin",
            "Seed",
        ],
    ),
    (
        "load",
        &[
            "RateShape",
            "BaseTps",
            "StressTps",
            "RateSteps",
            "MinTps",
            "ZkappRatio",
            "NewAccountRatio",
            "MaxCost",
            "MaxCostMixedTpsRatio",
            "NonDefaultToken",
            "ZkappSoftLimit",
            "Gap",
            "PaymentAmount",
            "MinBalanceChange",
            "MaxBalanceChange",
        ],
    ),
    (
        "nodes",
        &[
            "SenderRatio",
            "SendFromNonBpsOnly",
            "StopsPerRound",
            "MinStopRatio",
            "MaxStopRatio",
            "StopCleanRatio",
            "StopOnlyBps",
            "UseRestartScript",
        ],
    ),
    (
        "money",
        &[
            "Privkeys",
            "PasswordEnv",
            "FundKeyPrefix",
            "GenerateFundKeys",
            "PrivkeysPerFundCmd",
            "PaymentReceiver",
            "FundFee",
            "DeploymentFee",
            "MinPaymentFee",
            "MaxPaymentFee",
            "MinZkappFee",
            "MaxZkappFee",
        ],
    ),
    (
        "rotation",
        &[
            "RotationKeys",
            "RotationServers",
            "RotationPermutation",
            "RotationRatio",
        ],
    ),
    ("thresholds", &["Thresholds", "AbortOnFail"]),
];

/// All parameters, group by group in the order of a form.
#[must_use]
pub fn descriptions() -> Vec<Description> {
    GROUPS
        .iter()
        .flat_map(|(group, keys)| keys.iter().map(move |key| (*group, *key)))
        .filter_map(|(group, key)| {
            let parameter = PARAMETERS.iter().find(|known| known.setup_key == key)?;
            Some(describe(group, parameter))
        })
        .collect()
}

fn describe(group: &'static str, parameter: &'static Parameter) -> Description {
    let (kind, default) = kind_and_default(parameter.place);
    let (min, max) = bounds(parameter.setup_key);
    let choices = match kind {
        Kind::Choice => RateShape::ALL.iter().map(|shape| shape.name()).collect(),
        _ => Vec::new(),
    };
    Description {
        name: parameter.json,
        key: parameter.setup_key,
        kind,
        unit: unit(parameter.setup_key),
        group,
        default,
        help: parameter.help,
        min,
        max,
        choices,
    }
}

fn kind_and_default(place: Place) -> (Kind, Value) {
    let setup = &mut Setup::default();
    match place {
        Place::Float(at) => (Kind::Number, json!(*at(setup))),
        Place::Integer(at) => (Kind::Integer, json!(*at(setup))),
        Place::Amount(at) => (Kind::Amount, json!(at(setup).nanomina())),
        Place::Flag(at) | Place::OwnFlag(at) => (Kind::Flag, json!(*at(setup))),
        Place::Text(at) => (Kind::Text, json!(at(setup))),
        Place::Texts(at) | Place::CommaTexts(at) | Place::OwnTexts(at) => {
            (Kind::Texts, json!(at(setup)))
        }
        Place::Floats(at) => (Kind::Numbers, json!(at(setup))),
        Place::Shape(at) => (Kind::Choice, json!(at(setup).name())),
        Place::Seed(_) => (Kind::Seed, Value::Null),
    }
}

fn unit(key: &str) -> Option<&'static str> {
    match key {
        "MinTps" | "BaseTps" | "StressTps" | "RateSteps" => Some("tx/s"),
        "RoundDurationMin" | "PauseMin" | "LargePauseMin" => Some("min"),
        "Gap" => Some("s"),
        "MinBalanceChange" | "MaxBalanceChange" | "PaymentAmount" | "DeploymentFee" | "FundFee"
        | "MinZkappFee" | "MaxZkappFee" | "MinPaymentFee" | "MaxPaymentFee" => Some("nanomina"),
        _ => None,
    }
}

/// The bounds of the rules that look at one parameter only.
#[expect(clippy::cast_precision_loss, reason = "bounds are small")]
fn bounds(key: &str) -> (Option<f64>, Option<f64>) {
    let up_to = |least: i64, most: i64| (Some(least as f64), Some(most as f64));
    match key {
        "SenderRatio"
        | "ZkappRatio"
        | "StopCleanRatio"
        | "MinStopRatio"
        | "MaxStopRatio"
        | "MaxCostMixedTpsRatio"
        | "RotationRatio" => up_to(0, 1),
        "MinTps" | "BaseTps" | "StressTps" | "NewAccountRatio" => (Some(0.0), None),
        "Rounds" => up_to(1, ROUNDS_MAX),
        "RoundDurationMin" => up_to(1, MINUTES_MAX),
        "PauseMin" | "LargePauseMin" => up_to(0, MINUTES_MAX),
        "LargePauseEveryNRounds" => (Some(1.0), None),
        "StopsPerRound" => up_to(0, STOPS_MAX),
        "Gap" => up_to(1, MINUTES_MAX * 60),
        "PrivkeysPerFundCmd" => up_to(1, FUND_KEYS_MAX),
        "GenerateFundKeys" => up_to(0, FUND_KEYS_MAX),
        "ZkappSoftLimit" => (None, Some(f64::from(i32::MAX))),
        "Seed" => (Some(0.0), Some(SEED_MAX as f64)),
        _ if unit(key) == Some("nanomina") => (Some(0.0), None),
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_stands_in_one_group_and_has_help() {
        let described = descriptions();
        let mut keys: Vec<&str> = described.iter().map(|each| each.key).collect();
        let mut known: Vec<&str> = PARAMETERS.iter().map(|each| each.setup_key).collect();
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(keys, known);
        assert!(described.iter().all(|each| !each.help.is_empty()));
    }

    #[test]
    fn defaults_are_those_of_a_setup_and_lie_within_the_bounds() {
        for each in descriptions() {
            if let Some(value) = each.default.as_f64() {
                assert!(each.min.is_none_or(|min| value >= min), "{}", each.name);
                assert!(each.max.is_none_or(|max| value <= max), "{}", each.name);
            }
        }
        let described = descriptions();
        let find = |name: &str| described.iter().find(|each| each.name == name).unwrap();
        assert_eq!(find("rounds").default, json!(4));
        assert_eq!(find("fees.fund").default, json!(1_000_000_000));
        assert_eq!(find("fees.fund").unit, Some("nanomina"));
        assert_eq!(
            find("rate_shape").choices,
            ["half-normal", "fixed", "steps", "ramp"]
        );
        assert_eq!(find("seed").default, Value::Null);
    }
}
