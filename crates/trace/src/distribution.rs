//! How long the checkpoints of one name took: counts and times in nine ranges
//! of duration.
//!
//! The order of the floating-point operations and of the members in the JSON
//! text is part of the promise: clients compare the former to the last bit and
//! read the latter by position.

mod set;

use serde::{Deserialize, Serialize};

pub use set::{DistributionSet, StructuredDistribution};

/// The durations of one checkpoint name, in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Distribution {
    /// The checkpoint's name.
    pub identity: String,
    /// How many durations.
    pub count: u64,
    /// Their sum.
    pub total_time: f64,
    /// Those below 10 µs, also 0 and negative ones.
    pub one_to_ten_us: Range,
    /// Those below 100 µs.
    pub ten_to_one_hundred_us: Range,
    /// Those below 1 ms.
    pub one_hundred_us_to_one_ms: Range,
    /// Those below 10 ms.
    pub one_to_ten_ms: Range,
    /// Those below 100 ms.
    pub ten_to_one_hundred_ms: Range,
    /// Those below 1 s.
    pub one_hundred_ms_to_one_s: Range,
    /// Those below 10 s.
    pub one_to_ten_s: Range,
    /// Those below 100 s.
    pub ten_to_one_hundred_s: Range,
    /// All others.
    pub one_hundred_s: Range,
}

/// The durations of one checkpoint name in one range, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Range {
    /// How many durations.
    pub count: u64,
    /// Their mean, updated with each.
    pub mean_time: f64,
    /// The greatest, at least 0.
    pub max_time: f64,
    /// Their sum.
    pub total_time: f64,
}

impl Distribution {
    /// The distribution of a name without any duration.
    #[must_use]
    pub fn new(identity: String) -> Self {
        Self {
            identity,
            count: 0,
            total_time: 0.0,
            one_to_ten_us: Range::default(),
            ten_to_one_hundred_us: Range::default(),
            one_hundred_us_to_one_ms: Range::default(),
            one_to_ten_ms: Range::default(),
            ten_to_one_hundred_ms: Range::default(),
            one_hundred_ms_to_one_s: Range::default(),
            one_to_ten_s: Range::default(),
            ten_to_one_hundred_s: Range::default(),
            one_hundred_s: Range::default(),
        }
    }

    /// Adds a duration in seconds.
    pub fn record(&mut self, duration: f64) {
        self.count += 1;
        self.total_time += duration;
        self.range_mut(duration).record(duration);
    }

    /// The nine ranges, short durations first.
    #[must_use]
    pub fn ranges(&self) -> [&Range; 9] {
        [
            &self.one_to_ten_us,
            &self.ten_to_one_hundred_us,
            &self.one_hundred_us_to_one_ms,
            &self.one_to_ten_ms,
            &self.ten_to_one_hundred_ms,
            &self.one_hundred_ms_to_one_s,
            &self.one_to_ten_s,
            &self.ten_to_one_hundred_s,
            &self.one_hundred_s,
        ]
    }

    fn range_mut(&mut self, duration: f64) -> &mut Range {
        match duration {
            d if d < 0.000_01 => &mut self.one_to_ten_us,
            d if d < 0.000_1 => &mut self.ten_to_one_hundred_us,
            d if d < 0.001 => &mut self.one_hundred_us_to_one_ms,
            d if d < 0.01 => &mut self.one_to_ten_ms,
            d if d < 0.1 => &mut self.ten_to_one_hundred_ms,
            d if d < 1.0 => &mut self.one_hundred_ms_to_one_s,
            d if d < 10.0 => &mut self.one_to_ten_s,
            d if d < 100.0 => &mut self.ten_to_one_hundred_s,
            _ => &mut self.one_hundred_s,
        }
    }
}

impl Range {
    #[expect(
        clippy::cast_precision_loss,
        reason = "no node sees 2^53 blocks; the mean is defined in doubles"
    )]
    fn record(&mut self, duration: f64) {
        self.count += 1;
        self.total_time += duration;
        self.max_time = self.max_time.max(duration);
        self.mean_time += (duration - self.mean_time) / self.count as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the nine ranges a duration falls into.
    fn check(duration: f64, expected: usize) {
        let mut distribution = Distribution::new("X".to_owned());
        distribution.record(duration);
        let counts = distribution.ranges().map(|range| range.count);
        assert_eq!(
            counts.iter().position(|count| *count == 1),
            Some(expected),
            "{duration}"
        );
    }

    #[test]
    fn a_duration_on_a_boundary_belongs_to_the_upper_range() {
        for (duration, range) in [
            (-1.0, 0),
            (0.0, 0),
            (0.000_009_9, 0),
            (0.000_01, 1),
            (0.000_1, 2),
            (0.001, 3),
            (0.01, 4),
            (0.1, 5),
            (1.0, 6),
            (10.0, 7),
            (99.9, 7),
            (100.0, 8),
            (1e9, 8),
        ] {
            check(duration, range);
        }
    }

    #[test]
    fn the_text_has_its_members_in_the_order_that_clients_read() {
        let mut distribution = Distribution::new("X".to_owned());
        distribution.record(0.5);
        let zeros = r#"{"count":0,"meanTime":0.0,"maxTime":0.0,"totalTime":0.0}"#;
        let expected = [
            r#"{"identity":"X","count":1,"totalTime":0.5,"oneToTenUs":Z,"#,
            r#""tenToOneHundredUs":Z,"oneHundredUsToOneMs":Z,"oneToTenMs":Z,"#,
            r#""tenToOneHundredMs":Z,"oneHundredMsToOneS":"#,
            r#"{"count":1,"meanTime":0.5,"maxTime":0.5,"totalTime":0.5},"#,
            r#""oneToTenS":Z,"tenToOneHundredS":Z,"oneHundredS":Z}"#,
        ]
        .concat()
        .replace('Z', zeros);
        assert_eq!(serde_json::to_string(&distribution).unwrap(), expected);
    }
}
