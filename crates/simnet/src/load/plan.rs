//! How many entries a node has made by when, and at what time each.

use std::time::Duration;

use serde::Deserialize;

use super::template::Template;

/// What nodes write when they do not take part in a simulated chain. Rates and times are in real
/// time, whatever the network's time scale.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Entries per second and node, without bursts: between 0.01 and 100,000.
    pub lines_per_second: f64,
    /// Entries that come all at once, now and then.
    #[serde(default)]
    pub burst: Option<Burst>,
}

/// Many entries at once, as when a peer sends its whole snark pool.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// How many entries: at most 1,000,000.
    pub entries: u32,
    /// Seconds from one burst to the next: between 0.1 and 86,400.
    pub every_seconds: f64,
}

/// Why there cannot be such a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The rate.
    #[error("lines_per_second must be between 0.01 and 100000")]
    Rate,
    /// The size of bursts.
    #[error("a burst has between 1 and 1000000 entries")]
    BurstEntries,
    /// The time between bursts.
    #[error("every_seconds of bursts must be between 0.1 and 86400")]
    BurstEvery,
}

/// A [`Load`], worked out.
#[derive(Debug)]
pub(crate) struct LoadPlan {
    template: Template,
    /// Time for one block, in microseconds.
    period_micros: u64,
    /// When the lines of a block come, in microseconds after its beginning, ascending.
    offsets: Vec<u64>,
    burst: Option<(u64, Duration)>,
}

impl LoadPlan {
    pub(crate) fn new(load: Load) -> Result<Self, LoadError> {
        if !(0.01..=100_000.0).contains(&load.lines_per_second) {
            return Err(LoadError::Rate);
        }
        let burst = match load.burst {
            Some(burst) if !(1..=1_000_000).contains(&burst.entries) => {
                return Err(LoadError::BurstEntries);
            }
            Some(burst) if !(0.1..=86_400.0).contains(&burst.every_seconds) => {
                return Err(LoadError::BurstEvery);
            }
            Some(burst) => Some((
                u64::from(burst.entries),
                Duration::from_secs_f64(burst.every_seconds),
            )),
            None => None,
        };
        let template = Template::new();
        let lines = template.lines();
        // At most 9,300 seconds by the check above.
        #[expect(clippy::cast_precision_loss, reason = "some hundred lines")]
        let period = Duration::from_secs_f64(lines.len() as f64 / load.lines_per_second);
        let period_micros = u64::try_from(period.as_micros()).unwrap_or(u64::MAX);
        // A real block takes half a second; at high rates it has to be done sooner.
        let span = lines.last().map_or(1, |line| line.offset_micros).max(1);
        let fits = period_micros * 9 / 10;
        let offsets = lines
            .iter()
            .map(|line| line.offset_micros * fits.min(span) / span)
            .collect();
        Ok(Self {
            template,
            period_micros,
            offsets,
            burst,
        })
    }

    pub(super) fn template(&self) -> &Template {
        &self.template
    }

    /// Size of and time between bursts.
    pub(super) fn burst(&self) -> Option<(u64, Duration)> {
        self.burst
    }

    /// The time from one block to the next.
    pub(crate) fn period(&self) -> Duration {
        Duration::from_micros(self.period_micros)
    }

    /// Entries made this long after the first block began, bursts apart.
    pub(super) fn entries_until(&self, age: Duration) -> u64 {
        let micros = u64::try_from(age.as_micros()).unwrap_or(u64::MAX);
        let within = micros % self.period_micros;
        let begun = self.offsets.partition_point(|offset| *offset <= within);
        micros / self.period_micros * self.lines() + begun as u64
    }

    /// Block (from 0), line within the block, and time of the entry with this index (from 0).
    pub(super) fn entry(&self, index: u64) -> (u64, usize, Duration) {
        let block = index / self.lines();
        #[expect(clippy::cast_possible_truncation, reason = "below the number of lines")]
        let line = (index % self.lines()) as usize;
        let offset = self.offsets.get(line).copied().unwrap_or(0);
        let micros = block.saturating_mul(self.period_micros) + offset;
        (block, line, Duration::from_micros(micros))
    }

    fn lines(&self) -> u64 {
        self.offsets.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(lines_per_second: f64) -> LoadPlan {
        LoadPlan::new(Load {
            lines_per_second,
            burst: None,
        })
        .unwrap()
    }

    #[test]
    fn the_rate_is_kept() {
        for rate in [0.5, 12.5, 400.0, 20_000.0] {
            let plan = plan(rate);
            let made = plan.entries_until(Duration::from_hours(1));
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let difference = (made as f64 - rate * 3_600.0).abs();
            let lines = f64::from(u32::try_from(plan.lines()).unwrap());
            assert!(
                difference <= lines + rate * 3_600.0 / 1_000.0,
                "{rate}: {made}"
            );
        }
    }

    #[test]
    fn each_entry_is_there_from_its_time_on() {
        let plan = plan(12.5);
        for index in 0..500 {
            let (_, _, time) = plan.entry(index);
            assert!(plan.entries_until(time) > index);
            if let Some(before) = time.checked_sub(Duration::from_micros(1)) {
                assert!(plan.entries_until(before) <= index);
            }
        }
    }

    #[test]
    fn absurd_loads_are_refused() {
        let load = |lines_per_second, burst| {
            LoadPlan::new(Load {
                lines_per_second,
                burst,
            })
            .err()
        };
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
            assert_eq!(load(rate, None), Some(LoadError::Rate), "{rate}");
        }
        let burst = |entries, every_seconds| {
            Some(Burst {
                entries,
                every_seconds,
            })
        };
        assert_eq!(load(1.0, burst(0, 1.0)), Some(LoadError::BurstEntries));
        assert_eq!(
            load(1.0, burst(2_000_000, 1.0)),
            Some(LoadError::BurstEntries)
        );
        assert_eq!(load(1.0, burst(1, 0.0)), Some(LoadError::BurstEvery));
        assert_eq!(load(1.0, burst(1, f64::NAN)), Some(LoadError::BurstEvery));
        assert_eq!(load(1.0, burst(1, 1.0)), None);
    }
}
