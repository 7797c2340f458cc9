//! How long checkpoints take: over a scope by name and group, and one checkpoint in detail.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use results::answers::{CheckpointCall, CheckpointRow};
use results::checkpoints::Times;
use sqlx::Row as _;
use trace::rows::Row;
use trace::{Compatibility, flat, rows};

use super::{Scope, micros};
use crate::{Database, StoreError};

/// Most traces that are looked at, the newest ones: a hundred checkpoints each are two million times.
const TRACES_MAX: i64 = 20_000;

/// Which time of a checkpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stat {
    /// Without its parts.
    #[default]
    Own,
    /// With all its parts.
    Total,
}

impl Stat {
    #[expect(clippy::cast_precision_loss, reason = "a duration for people")]
    fn seconds(self, row: &Row) -> f64 {
        let us = match self {
            Self::Own => row.own_us,
            Self::Total => row.total_us,
        };
        us as f64 / 1e6
    }
}

/// What rows are made for, beside the name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// All traces together.
    #[default]
    None,
    /// Each node.
    Node,
    /// Each round of the run of the scope, by the time in which a trace began.
    Round,
    /// Each deployment.
    Deployment,
}

/// Which times of checkpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckpointQuery {
    /// Which time.
    pub stat: Stat,
    /// What rows are made for.
    pub group: GroupBy,
    /// Deployments; that of the scope if there are none.
    pub deployments: Vec<i32>,
    /// Where the nodes got the blocks from; any if none.
    pub source: Option<String>,
    /// One block, by its state hash; any if none.
    pub block: Option<String>,
    /// Part of a name; any if none.
    pub text: Option<String>,
}

/// What was found, and in how many traces.
#[derive(Debug, Clone, Default)]
pub struct FromTraces<T> {
    /// What was found.
    pub rows: Vec<T>,
    /// Traces that were looked at.
    pub traces: i64,
    /// There are more traces than that.
    pub truncated: bool,
}

/// Most traces of one block that say what is usual.
const NODES_MAX: i64 = 200;

/// Most blocks of one node that say what is usual.
const BLOCKS_MAX: i64 = 100;

/// A part of the traces of a scope.
#[derive(Debug, Clone, Copy)]
struct Only<'a> {
    /// One block.
    hash: Option<&'a str>,
    /// The newest, at most this number.
    most: i64,
    /// All but that of this node and block.
    except: Option<(&'a str, &'a str)>,
}

impl Default for Only<'_> {
    fn default() -> Self {
        Self {
            hash: None,
            most: TRACES_MAX,
            except: None,
        }
    }
}

/// A trace and its steps.
struct Steps {
    deployment_id: i32,
    node: String,
    hash: String,
    /// Names and times, in order of time.
    checkpoints: Vec<(String, f64)>,
    /// Its tree.
    rows: Vec<Row>,
}

impl Steps {
    fn name(&self, row: &Row) -> &str {
        let checkpoint = self.checkpoints.get(row.index);
        checkpoint.map_or("", |(name, _)| name.as_str())
    }

    /// When a step began, microseconds since 1970.
    fn started_us(&self, row: &Row) -> i64 {
        let checkpoint = self.checkpoints.get(row.index);
        checkpoint.map_or(0, |(_, time)| micros(*time))
    }

    /// The steps that something ends: all but the last.
    fn ended(&self) -> impl Iterator<Item = &Row> {
        let last = self.checkpoints.len().saturating_sub(1);
        self.rows.iter().filter(move |row| row.index < last)
    }
}

impl Database {
    /// The times of checkpoints in the scope by name and group, in any order. `bounds_s` are the
    /// ascending upper ends of buckets.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_checkpoints(
        &self,
        scope: &Scope,
        query: &CheckpointQuery,
        bounds_s: &[f64],
    ) -> Result<FromTraces<CheckpointRow>, StoreError> {
        let rounds = match query.group {
            GroupBy::Round => self.round_times(scope).await?,
            _ => Vec::new(),
        };
        let text = query.text.as_deref().map(str::to_lowercase);
        let mut times = Times::default();
        let looked = self
            .each_trace(scope, query, Only::default(), |steps| {
                let group = match query.group {
                    GroupBy::None => None,
                    GroupBy::Node => Some(steps.node.clone()),
                    GroupBy::Deployment => Some(steps.deployment_id.to_string()),
                    GroupBy::Round => {
                        let started = steps.rows.first().map(|row| steps.started_us(row));
                        round_of(&rounds, started).map(|round| round.to_string())
                    }
                };
                for row in steps.ended() {
                    let name = steps.name(row);
                    let is_wanted = text
                        .as_ref()
                        .is_none_or(|text| name.to_lowercase().contains(text));
                    if is_wanted {
                        let parent = row.parent.and_then(|parent| steps.rows.get(parent));
                        let parent = parent.map(|parent| steps.name(parent));
                        times.add(name, parent, group.as_deref(), query.stat.seconds(row));
                    }
                }
            })
            .await?;
        Ok(FromTraces {
            rows: times.rows(bounds_s),
            traces: looked.traces,
            truncated: looked.truncated,
        })
    }

    /// All calls of one checkpoint in the scope, and the row that sums them up; none if there is no
    /// call.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_checkpoint(
        &self,
        scope: &Scope,
        query: &CheckpointQuery,
        name: &str,
        bounds_s: &[f64],
    ) -> Result<Option<(CheckpointRow, FromTraces<CheckpointCall>)>, StoreError> {
        let mut times = Times::default();
        let mut calls = Vec::new();
        let looked = self
            .each_trace(scope, query, Only::default(), |steps| {
                for row in steps.ended().filter(|row| steps.name(row) == name) {
                    let parent = row.parent.and_then(|parent| steps.rows.get(parent));
                    let parent = parent.map(|parent| steps.name(parent));
                    let seconds = query.stat.seconds(row);
                    times.add(name, parent, None, seconds);
                    calls.push(CheckpointCall {
                        deployment_id: steps.deployment_id,
                        node: steps.node.clone(),
                        hash: steps.hash.clone(),
                        index: None,
                        started: steps.started_us(row),
                        total_s: seconds,
                    });
                }
            })
            .await?;
        let row = times
            .rows(bounds_s)
            .into_iter()
            .find(|row| row.name == name);
        Ok(row.map(|row| {
            let calls = FromTraces {
                rows: calls,
                traces: looked.traces,
                truncated: looked.truncated,
            };
            (row, calls)
        }))
    }

    /// Finds the positions of calls of a checkpoint in their traces.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn locate_calls(
        &self,
        name: &str,
        calls: &mut [CheckpointCall],
    ) -> Result<(), StoreError> {
        for call in calls {
            let stored = self
                .block_trace(call.deployment_id, &call.node, &call.hash)
                .await?;
            let Some(stored) = stored else { continue };
            let flat = flat::flatten(stored.entries);
            let checkpoints: Vec<(&str, f64)> = flat
                .checkpoints
                .iter()
                .map(|checkpoint| (checkpoint.name.as_str(), checkpoint.started_at))
                .collect();
            let rows = rows::rows(&checkpoints, 0.0, Compatibility::Corrected);
            let position = rows.iter().position(|row| {
                checkpoints.get(row.index).is_some_and(|(found, time)| {
                    *found == name && micros(*time).abs_diff(call.started) <= 1
                })
            });
            call.index = position.and_then(|position| i64::try_from(position).ok());
        }
        Ok(())
    }

    /// The times of the rounds of the run of a scope: number, beginning and end in microseconds.
    pub(super) async fn round_times(
        &self,
        scope: &Scope,
    ) -> Result<Vec<(i32, i64, i64)>, StoreError> {
        let Some(run) = &scope.run else {
            return Ok(Vec::new());
        };
        let rows = sqlx::query(include_str!("sql/round_times.sql"))
            .bind(run)
            .bind(scope.deployment_id)
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)))
            .collect()
    }

    /// How long checkpoints of the main process took with their parts, in microseconds, in other
    /// traces like this one: of the same block or, where only this node has it, of the newest 100
    /// blocks of the node.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn times_of_others(
        &self,
        deployment_id: i32,
        node: &str,
        hash: &str,
    ) -> Result<HashMap<String, Vec<i64>>, StoreError> {
        let mut scope = Scope {
            deployment_id: Some(deployment_id),
            ..Scope::default()
        };
        let mut only = Only {
            hash: Some(hash),
            most: NODES_MAX,
            except: Some((node, hash)),
        };
        let query = CheckpointQuery::default();
        let mut times: HashMap<String, Vec<i64>> = HashMap::new();
        for _ in 0..2 {
            self.each_trace(&scope, &query, only, |steps| {
                for row in steps.ended() {
                    let times = times.entry(steps.name(row).to_owned());
                    times.or_default().push(row.total_us);
                }
            })
            .await?;
            if !times.is_empty() {
                break;
            }
            scope.nodes = Some(vec![node.to_owned()]);
            only = Only {
                hash: None,
                most: BLOCKS_MAX,
                ..only
            };
        }
        Ok(times)
    }

    /// Gives the traces of a scope one by one, so that only one is held.
    async fn each_trace(
        &self,
        scope: &Scope,
        query: &CheckpointQuery,
        only: Only<'_>,
        mut take: impl FnMut(&Steps),
    ) -> Result<FromTraces<()>, StoreError> {
        let deployments = match (&query.deployments[..], scope.deployment_id) {
            ([], Some(id)) => vec![id],
            (given, _) => given.to_vec(),
        };
        let mut reading = self.reading().await?;
        let mut found = sqlx::query(include_str!("sql/trace_steps.sql"))
            .bind(&deployments)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.nodes.as_deref())
            .bind(query.source.as_deref())
            .bind(only.hash.or(query.block.as_deref()))
            .bind(only.most)
            .bind(only.except.map(|(node, _)| node))
            .bind(only.except.map(|(_, hash)| hash))
            .fetch(&mut *reading);
        let mut looked = FromTraces::default();
        while let Some(row) = found.try_next().await? {
            looked.traces += 1;
            let names: Vec<String> = row.try_get("names")?;
            let times: Vec<f64> = row.try_get("times")?;
            let checkpoints: Vec<(String, f64)> = names.into_iter().zip(times).collect();
            take(&Steps {
                deployment_id: row.try_get("deployment_id")?,
                node: row.try_get("node")?,
                hash: row.try_get("hash")?,
                rows: rows::rows(&checkpoints, 0.0, Compatibility::Corrected),
                checkpoints,
            });
        }
        looked.truncated = looked.traces >= only.most;
        Ok(looked)
    }
}

/// The round in whose time a moment is.
pub(super) fn round_of(rounds: &[(i32, i64, i64)], at_us: Option<i64>) -> Option<i32> {
    let at_us = at_us?;
    let round = rounds
        .iter()
        .find(|(_, from, until)| (*from..=*until).contains(&at_us));
    round.map(|(round, ..)| *round)
}
