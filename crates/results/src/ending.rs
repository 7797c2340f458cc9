//! When a run that is executed will have waited for all that its script waits for.
//!
//! Scripts wait in seconds of the network, which may run faster than the laboratory; by how much is
//! told by waits that are over or have begun.

use serde_json::Value;

/// What the journal says of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// The step that began last.
    pub step: i64,
    /// When it began, seconds since 1970 by the laboratory's clock.
    pub step_began: f64,
    /// When the wait that it is in ends, likewise.
    pub waits_until: Option<f64>,
    /// Steps that have waited, with the seconds that it took by the laboratory's clock.
    pub waited: Vec<(i64, f64)>,
}

/// When the waits of a script are over, seconds since 1970 by the laboratory's clock; later by what
/// the other steps take. None if that cannot be known: the script cannot be read, waits for a slot, or
/// has not waited yet.
#[must_use]
pub fn ends_at(script: &str, progress: &Progress) -> Option<f64> {
    let waits = waits(script)?;
    let planned = |step: i64| {
        let wait = waits.iter().find(|(number, _)| *number == step);
        wait.and_then(|(_, seconds)| *seconds)
    };
    let left = waits
        .iter()
        .filter(|(step, _)| *step > progress.step)
        .map(|(_, seconds)| *seconds)
        .sum::<Option<f64>>()?;
    let known = progress
        .waited
        .iter()
        .filter_map(|(step, took)| Some((planned(*step).filter(|planned| *planned > 0.0)?, *took)));
    let (mut all_planned, mut all_took) =
        known.fold((0.0, 0.0), |sum, wait| (sum.0 + wait.0, sum.1 + wait.1));
    if all_planned == 0.0
        && let Some(until) = progress.waits_until
        && let Some(seconds) = planned(progress.step)
    {
        (all_planned, all_took) = (seconds, until - progress.step_began);
    }
    let begin = progress.waits_until.unwrap_or(progress.step_began);
    if left == 0.0 {
        return Some(begin);
    }
    (all_planned > 0.0 && all_took > 0.0).then(|| begin + left * all_took / all_planned)
}

/// The steps of a script that wait, with their seconds; none for those that wait for a slot.
fn waits(script: &str) -> Option<Vec<(i64, Option<f64>)>> {
    let mut waits = Vec::new();
    let mut step = 0;
    for value in serde_json::Deserializer::from_str(script).into_iter::<Value>() {
        let Value::Object(command) = value.ok()? else {
            continue;
        };
        let member = |name: &str| {
            let found = command
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value)
        };
        if member("action").and_then(Value::as_str) == Some("wait") {
            let number = |name: &str| {
                let params = member("params").and_then(Value::as_object)?;
                let found = params
                    .iter()
                    .find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.and_then(|(_, value)| value.as_f64())
            };
            let seconds = number("min").unwrap_or(0.0) * 60.0 + number("sec").unwrap_or(0.0);
            let has_slot = number("slot").is_some_and(|slot| slot > 0.0);
            waits.push((step, (!has_slot).then_some(seconds.max(0.0))));
        }
        step += 1;
    }
    Some(waits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = r#""round 0"
        {"action": "load-keys", "params": {}}
        {"action": "wait", "params": {"min": 2}}
        null
        {"action": "stop", "params": {}}
        {"action": "wait", "params": {"min": 1, "sec": 30}}
        {"action": "wait", "params": {"sec": 30}}"#;

    #[test]
    fn what_is_left_is_scaled_by_what_was_waited() {
        let mut progress = Progress {
            step: 2,
            step_began: 1_000.0,
            waits_until: None,
            // 120 s of the network in 12 s of the laboratory
            waited: vec![(1, 12.0)],
        };
        assert_eq!(ends_at(SCRIPT, &progress), Some(1_012.0));
        progress.step = 3;
        progress.waits_until = Some(1_009.0);
        assert_eq!(ends_at(SCRIPT, &progress), Some(1_012.0));
        progress.step = 4;
        progress.waits_until = Some(1_003.0);
        assert_eq!(ends_at(SCRIPT, &progress), Some(1_003.0));
    }

    #[test]
    fn the_first_wait_tells_while_it_is_in_progress() {
        let mut progress = Progress {
            step: 1,
            step_began: 100.0,
            waits_until: Some(220.0),
            waited: Vec::new(),
        };
        assert_eq!(ends_at(SCRIPT, &progress), Some(340.0));
        progress.step = 0;
        progress.waits_until = None;
        assert_eq!(ends_at(SCRIPT, &progress), None, "nothing was waited yet");
        let slots = r#"{"action": "wait", "params": {"slot": 9}} {"action": "stop"}"#;
        progress.step = -1;
        assert_eq!(ends_at(slots, &progress), None);
        progress.step = 1;
        assert_eq!(ends_at(slots, &progress), Some(100.0), "that wait is over");
        assert_eq!(ends_at("{", &progress), None);
    }
}
