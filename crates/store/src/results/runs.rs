//! What runs came to: facts from the journal and the traces, made into results.

use std::collections::BTreeMap;

use results::Verdict;
use results::answers::{ExperimentRow, Results};
use results::blocks::Blocks;
use results::fates::{Answer, Fates, Horizon, Load, LoadRequest};
use results::figures::{Figures, Quantiles};
use results::summary::{self, Part};
use results::threshold::Threshold;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::after::Place;
use super::blocks::blocks;
use super::{SETTLED_BLOCKS, SETTLED_SLOTS, ScopeQuery, contested, json, seconds};
use crate::{Database, StoreError};

/// Most experiments whose results are looked at for one choice.
const RUNS_MAX: i64 = 1_000;

/// A run in one deployment. The deployment is none for runs without traces.
pub type RunKey = (String, Option<i32>);

/// Which experiments, in what order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunQuery {
    /// Part of a name.
    pub text: Option<String>,
    /// The deployment; all if none.
    pub deployment_id: Option<i32>,
    /// Status; any if none.
    pub status: Option<String>,
    /// Verdict; any if none.
    pub verdict: Option<Verdict>,
    /// What they are sorted by: one of [`RunQuery::SORT_KEYS`].
    pub sort: String,
    /// The greatest first.
    pub is_descending: bool,
}

impl RunQuery {
    /// What experiments can be sorted by.
    pub const SORT_KEYS: [&'static str; 13] = [
        "started",
        "name",
        "status",
        "deployment",
        "ended",
        "duration",
        "rounds",
        "intended",
        "included",
        "latency_p95",
        "completeness",
        "verdict",
        "seed",
    ];

    /// Whether results must be there before rows can be chosen.
    fn needs_results(&self) -> bool {
        self.verdict.is_some() || ["intended", "completeness", "verdict"].contains(&&*self.sort)
    }

    fn value(&self, row: &ExperimentRow) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a count to sort by")]
        match &*self.sort {
            "intended" => row.intended.map(|count| count as f64),
            "completeness" => row.completeness,
            "verdict" => row.verdict.map(|verdict| match verdict {
                Verdict::Fail => 0.0,
                Verdict::NotEnoughData => 1.0,
                Verdict::Pass => 2.0,
            }),
            _ => None,
        }
    }

    /// Leaves those that are wanted, in order. Unknown values come last both ways.
    fn choose(&self, rows: &mut Vec<ExperimentRow>) {
        if let Some(verdict) = self.verdict {
            rows.retain(|row| row.verdict == Some(verdict));
        }
        rows.sort_by(|a, b| match (self.value(a), self.value(b)) {
            (Some(a), Some(b)) if self.is_descending => b.total_cmp(&a),
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
    }
}

/// A page of experiments.
#[derive(Debug, Clone, Default)]
pub struct RunPage {
    /// The rows, newest first.
    pub rows: Vec<ExperimentRow>,
    /// How many there are in all.
    pub total: i64,
    /// Where the next page begins; none after the last.
    pub next: Option<Place>,
}

/// What an experiment is called in a cursor: its name in one deployment.
fn id_of(row: &ExperimentRow) -> String {
    let deployment = row.deployment_id.map(|id| id.to_string());
    format!("{}@{}", row.name, deployment.unwrap_or_default())
}

/// A round, or a run as a whole, as traces have it.
pub(super) struct Span {
    pub(super) round: Option<i32>,
    pub(super) from_us: Option<i64>,
    until_us: Option<i64>,
    sent_us: Option<i64>,
    load_seconds: Option<f64>,
    latency: Quantiles,
    application: Quantiles,
    stored: i64,
    lost: i64,
    unknown_gaps: i64,
    reach_seconds: Option<f64>,
    blocks_after: i64,
    restarts: i64,
}

impl Span {
    /// From its first transaction to its last event, in microseconds.
    pub(super) fn time_us(&self) -> Option<(i64, i64)> {
        self.from_us.zip(self.until_us)
    }
}

/// The loads of a run in a deployment, with their rounds.
pub(super) type Loads = BTreeMap<RunKey, Vec<(i32, Load)>>;
pub(super) type Spans = BTreeMap<RunKey, Vec<Span>>;

impl Database {
    /// A page of experiments with their verdicts. Of more than `RUNS_MAX` experiments, only the newest
    /// are looked at where the choice needs results.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_experiments(
        &self,
        query: &RunQuery,
        place: &Place,
        limit: i64,
    ) -> Result<RunPage, StoreError> {
        let mut reading = self.reading().await?;
        let start = Place::default();
        let (first, most) = if query.needs_results() {
            (&start, RUNS_MAX)
        } else {
            (place, limit.saturating_add(1))
        };
        let rows = sqlx::query(include_str!("sql/run_list.sql"))
            .bind(query.text.as_deref())
            .bind(query.deployment_id)
            .bind(first.number)
            .bind(most)
            .bind(&query.sort)
            .bind(query.is_descending)
            .bind(query.status.as_deref())
            .bind(first.id.as_deref())
            .fetch_all(&mut *reading)
            .await?;
        let mut page = RunPage::default();
        let mut numbers = Vec::with_capacity(rows.len());
        for row in &rows {
            page.total = row.try_get("total")?;
            numbers.push(row.try_get::<i64, _>("number")?);
            page.rows.push(experiment_row(row)?);
        }
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        if !query.needs_results() && page.rows.len() > size {
            page.rows.truncate(size);
            page.next = page
                .rows
                .last()
                .zip(numbers.get(size - 1))
                .map(|(row, number)| Place {
                    number: *number,
                    id: Some(id_of(row)),
                });
        }
        let mut names: Vec<String> = page.rows.iter().map(|row| row.name.clone()).collect();
        names.sort();
        names.dedup();
        let results = run_results(&mut reading, &names).await?;
        for row in &mut page.rows {
            let key = (row.name.clone(), row.deployment_id);
            if let Some(results) = results.get(&key) {
                row.verdict = results.verdict;
                row.completeness = results.run.completeness;
                row.lost_entries = Some(results.run.lost_entries);
                row.unknown_gaps = Some(results.run.unknown_gaps);
                row.intended = results
                    .run
                    .intended
                    .and_then(|count| i64::try_from(count).ok());
            }
        }
        if query.needs_results() {
            query.choose(&mut page.rows);
            page.total = i64::try_from(page.rows.len()).unwrap_or(i64::MAX);
            (page.rows, page.next) = place.page(page.rows, limit, id_of);
        }
        Ok(page)
    }

    /// What a run came to in a deployment; if none is given, in that in which it was started, or else
    /// in the newest that has transactions of it. None for a run of which nothing is known there.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn run_results(
        &self,
        name: &str,
        deployment_id: Option<i32>,
    ) -> Result<Option<Results>, StoreError> {
        let deployment_id = if deployment_id.is_some() {
            deployment_id
        } else {
            let query = ScopeQuery {
                run: Some(name.to_owned()),
                ..ScopeQuery::default()
            };
            let scope = self.results_scope(query).await?;
            scope.ok().and_then(|scope| scope.deployment_id)
        };
        let mut reading = self.reading().await?;
        let mut found = run_results(&mut reading, &[name.to_owned()]).await?;
        // Without traces of the run there is no deployment to look for.
        let is_wanted =
            |key: &RunKey| deployment_id.is_none_or(|id| key.1.is_none_or(|of| of == id));
        let key = found.keys().rev().find(|key| is_wanted(key)).cloned();
        Ok(key.and_then(|key| found.remove(&key)))
    }
}

impl Database {
    /// Whether the setup of a run says that it ends as soon as a round cannot hold a threshold any
    /// more.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn aborts_on_fail(&self, name: &str) -> Result<bool, StoreError> {
        let aborts = sqlx::query_scalar(include_str!("sql/aborts_on_fail.sql"))
            .bind(name)
            .fetch_one(self.pool())
            .await?;
        Ok(aborts)
    }
}

fn experiment_row(row: &PgRow) -> Result<ExperimentRow, StoreError> {
    Ok(ExperimentRow {
        name: row.try_get("name")?,
        deployment_id: row.try_get("deployment_id")?,
        status: row.try_get("status")?,
        seed: row.try_get("seed")?,
        started: row.try_get("started")?,
        ended: row.try_get("ended")?,
        rounds: row.try_get("rounds")?,
        intended: None,
        included: row.try_get("included")?,
        latency_p95_s: row.try_get("latency_p95")?,
        completeness: None,
        lost_entries: None,
        unknown_gaps: None,
        verdict: None,
        recorded_only: row.try_get("recorded_only")?,
    })
}

pub(super) async fn run_results(
    connection: &mut PgConnection,
    names: &[String],
) -> Result<BTreeMap<RunKey, Results>, StoreError> {
    let loads = loads(connection, names).await?;
    let spans = spans(connection, names).await?;
    let thresholds = thresholds(connection, names).await?;
    let mut results = BTreeMap::new();
    for (key, loads) in loads {
        let spans = spans.get(&key).map_or(&[][..], Vec::as_slice);
        let (run, rounds) = parts(connection, &key, &loads, spans).await?;
        let (thresholds, each_round) = thresholds
            .get(&key.0)
            .map_or((&[][..], false), |(own, each_round)| (own, *each_round));
        let mut found = summary::results(thresholds, &run, &rounds);
        if each_round {
            found = found.bound_by_rounds();
        }
        results.insert(key, found);
    }
    Ok(results)
}

/// The run as a whole, and its rounds in order.
async fn parts(
    connection: &mut PgConnection,
    (name, deployment_id): &RunKey,
    loads: &[(i32, Load)],
    spans: &[Span],
) -> Result<(Part, Vec<Part>), StoreError> {
    let deployment_id = *deployment_id;
    let whole = spans.iter().find(|span| span.round.is_none());
    let chain = match (deployment_id, whole) {
        // The chain is known by what came after, too.
        (Some(id), Some(whole)) => blocks(connection, id, whole.from_us, None).await?,
        _ => Blocks::default(),
    };
    let mut by_round: BTreeMap<i32, Vec<&Load>> = BTreeMap::new();
    for (round, load) in loads {
        by_round.entry(*round).or_default().push(load);
    }
    let mut run = part(whole, &chain);
    let mut rounds = Vec::new();
    for (round, loads) in by_round {
        let span = spans.iter().find(|span| span.round == Some(round));
        let horizon = horizon(connection, deployment_id, span, &loads, &chain).await?;
        let mut part = part(span, &chain);
        part.round = Some(round);
        part.figures.fates = Fates::none();
        for load in loads {
            part.figures.fates.add(load, &horizon);
        }
        rounds.push(part);
    }
    if let (Some(id), Some(whole)) = (deployment_id, whole) {
        for outcome in contested::outcomes(connection, (name, id), whole.time_us(), &chain).await? {
            if let Some(part) = rounds.iter_mut().find(|part| part.round == outcome.round) {
                let fates = &mut part.figures.fates;
                fates.replace(outcome.stored_reason.as_deref(), outcome.reason.as_deref());
            }
        }
    }
    run.figures.fates = Fates::none();
    for round in &rounds {
        run.figures.fates += &round.figures.fates;
    }
    // Pauses between rounds are no load.
    run.figures.load_seconds = rounds
        .iter()
        .filter_map(|round| round.figures.load_seconds)
        .reduce(|sum, seconds| sum + seconds);
    Ok((run, rounds))
}

fn part(span: Option<&Span>, chain: &Blocks) -> Part {
    let Some(span) = span else {
        return Part::default();
    };
    let counts = span
        .from_us
        .zip(span.until_us)
        .map(|(from, until)| chain.count(seconds(from), seconds(until)));
    let positive = |count: i64| u64::try_from(count).unwrap_or(0);
    Part {
        round: span.round,
        from_us: span.from_us,
        until_us: span.until_us,
        figures: Figures {
            load_seconds: span.load_seconds,
            fates: Fates::default(),
            latency: span.latency,
            block_application: span.application,
            blocks: counts.as_ref().map_or(0, |counts| positive(counts.count)),
            orphans: counts
                .as_ref()
                .map_or(0, |counts| positive(counts.orphaned)),
            missed_slots: counts.and_then(|counts| counts.missed_slots.map(positive)),
            restarts: positive(span.restarts),
            completeness: results::answers::Completeness::share_of(span.stored, span.lost),
            lost_entries: span.lost,
            unknown_gaps: span.unknown_gaps,
            slot_seconds: chain.slot_seconds(),
        },
    }
}

/// How far traces reach for a round.
pub(super) async fn horizon(
    connection: &mut PgConnection,
    deployment_id: Option<i32>,
    span: Option<&Span>,
    loads: &[&Load],
    chain: &Blocks,
) -> Result<Horizon, StoreError> {
    let is_over = loads
        .iter()
        .filter_map(|load| load.request.as_ref())
        .all(|request| request.is_over || request.answer == Some(Answer::Refused));
    let Some((span, deployment_id)) = span.zip(deployment_id) else {
        // Nothing was seen of it: what was asked for in its time never came.
        return Ok(Horizon {
            is_settled: is_over,
            ..Horizon::default()
        });
    };
    let waited = span
        .reach_seconds
        .zip(span.sent_us)
        .map(|(reach, sent)| reach - seconds(sent));
    let patience = chain.slot_seconds().map(|slot| slot * SETTLED_SLOTS);
    let is_settled = usize::try_from(span.blocks_after)
        .is_ok_and(|blocks| blocks >= SETTLED_BLOCKS)
        || waited
            .zip(patience)
            .is_some_and(|(waited, patience)| waited >= patience);
    let minutes = sqlx::query_scalar(include_str!("sql/blind_minutes.sql"))
        .bind(deployment_id)
        .bind(span.from_us)
        .bind(span.reach_seconds.map(micros).max(span.until_us))
        .fetch_all(connection)
        .await?;
    Ok(Horizon {
        is_settled: is_settled && is_over,
        from_us: span.from_us,
        blind_minutes_us: minutes,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "times of this century")]
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6) as i64
}

pub(super) async fn loads(
    connection: &mut PgConnection,
    names: &[String],
) -> Result<Loads, StoreError> {
    let rows = sqlx::query(include_str!("sql/loads.sql"))
        .bind(names)
        .fetch_all(connection)
        .await?;
    let mut loads = Loads::new();
    for row in &rows {
        let key = (row.try_get("exp")?, row.try_get("deployment_id")?);
        let round = row.try_get("round")?;
        loads.entry(key).or_default().push((round, load(row)?));
    }
    Ok(loads)
}

fn load(row: &PgRow) -> Result<Load, StoreError> {
    let answer: Option<String> = row.try_get("outcome")?;
    let positive = |count: i64| u64::try_from(count).unwrap_or(0);
    let request = row
        .try_get::<bool, _>("is_requested")?
        .then_some(LoadRequest {
            intended: positive(row.try_get("intended")?),
            answer: answer.as_deref().map(|answer| match answer {
                "accepted" => Answer::Accepted,
                "unconfirmed" => Answer::Unconfirmed,
                "refused" => Answer::Refused,
                _ => Answer::Unanswered,
            }),
            is_over: row.try_get("is_over")?,
            is_stopped: row.try_get("is_stopped")?,
            node_was_stopped: row.try_get("node_was_stopped")?,
            has_loss: row.try_get("has_loss")?,
            rejections: row.try_get("rejections")?,
        });
    Ok(Load {
        is_zkapp: row.try_get("is_zkapp")?,
        request,
        pooled: json(row, "pooled")?,
        applied: positive(row.try_get("applied")?),
        failures: json(row, "failures")?,
    })
}

pub(super) async fn spans(
    connection: &mut PgConnection,
    names: &[String],
) -> Result<Spans, StoreError> {
    let rows = sqlx::query(include_str!("sql/spans.sql"))
        .bind(names)
        .fetch_all(connection)
        .await?;
    let mut spans = Spans::new();
    for row in &rows {
        let key = (row.try_get("exp")?, row.try_get("deployment_id")?);
        spans.entry(key).or_default().push(Span {
            round: row.try_get("round")?,
            from_us: row.try_get("from_us")?,
            until_us: row.try_get("until_us")?,
            sent_us: row.try_get("sent_us")?,
            load_seconds: row.try_get("load_seconds")?,
            latency: quantiles(row, "latency")?,
            application: quantiles(row, "application")?,
            stored: row.try_get::<Option<i64>, _>("stored")?.unwrap_or(0),
            lost: row.try_get::<Option<i64>, _>("lost")?.unwrap_or(0),
            unknown_gaps: row.try_get::<Option<i64>, _>("unknown_gaps")?.unwrap_or(0),
            reach_seconds: row.try_get("reach")?,
            blocks_after: row.try_get("blocks_after")?,
            restarts: row.try_get("restarts")?,
        });
    }
    Ok(spans)
}

fn quantiles(row: &PgRow, column: &str) -> Result<Quantiles, StoreError> {
    let values: Vec<Option<f64>> = row.try_get(column)?;
    let value = |index: usize| values.get(index).copied().flatten();
    Ok(Quantiles {
        p50: value(0),
        p90: value(1),
        p95: value(2),
        p99: value(3),
        max: value(4),
    })
}

/// By run: its thresholds, and whether a round that fails one ends it.
async fn thresholds(
    connection: &mut PgConnection,
    names: &[String],
) -> Result<BTreeMap<String, (Vec<Threshold>, bool)>, StoreError> {
    let rows = sqlx::query(include_str!("sql/thresholds.sql"))
        .bind(names)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let texts: Vec<String> = json(row, "thresholds")?;
            // A plan has read them all before the run began.
            let read = texts.iter().filter_map(|text| Threshold::parse(text).ok());
            let each_round = row.try_get("each_round")?;
            Ok((row.try_get("name")?, (read.collect(), each_round)))
        })
        .collect()
}
