//! The parameters that all routes of the reading API share.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use serde::Deserialize;
use service::ErrorBody;
use service::extract::Query;
use store::Database;
use store::results::{Missing, Scope, ScopeQuery};
use utoipa::IntoParams;

use super::answer::{failed, invalid, unknown};

/// Most rows of one answer.
pub(crate) const ROWS_MAX: u32 = 500;

/// Most nodes that a request names.
const NODES_MAX: usize = 1_000;

/// What an answer is about.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ScopeParameters {
    /// The deployment; that of the run, or else the newest, unless given.
    deployment: Option<i32>,
    /// Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970.
    from: Option<String>,
    /// End, likewise.
    until: Option<String>,
    /// A run: what is within its time.
    run: Option<String>,
    /// One of its rounds, from 0.
    round: Option<i32>,
    /// Names of nodes with commas between them.
    nodes: Option<String>,
}

impl ScopeParameters {
    fn query(self) -> Result<ScopeQuery, ErrorBody> {
        if self.round.is_some() && self.run.is_none() {
            return Err(invalid("round", "is one of a run: give the run, too"));
        }
        let nodes: Option<Vec<String>> = self.nodes.map(|nodes| {
            let names = nodes.split(',').filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        });
        if nodes.as_ref().is_some_and(|nodes| nodes.len() > NODES_MAX) {
            let message = format!("must name at most {NODES_MAX} nodes");
            return Err(invalid("nodes", &message));
        }
        let (from_us, until_us) = (time("from", self.from)?, time("until", self.until)?);
        if from_us
            .zip(until_us)
            .is_some_and(|(from, until)| from > until)
        {
            return Err(invalid("from", "must not be after \"until\""));
        }
        Ok(ScopeQuery {
            deployment: self.deployment,
            from_us,
            until_us,
            run: self.run,
            round: self.round,
            nodes: nodes.filter(|nodes| !nodes.is_empty()),
        })
    }
}

/// A time as microseconds since 1970, within the years 1970 to 9999.
fn time(name: &str, text: Option<String>) -> Result<Option<i64>, ErrorBody> {
    const MAX: i64 = 253_402_300_799_999_999;
    let Some(text) = text else { return Ok(None) };
    let micros = text.parse::<i64>().ok().or_else(|| {
        let time = text.parse::<Timestamp>().ok()?;
        Some(time.as_microsecond())
    });
    micros
        .filter(|micros| (0..=MAX).contains(micros))
        .map(Some)
        .ok_or_else(|| {
            invalid(
                name,
                "must be a time such as 2026-01-31T09:00:00Z, or microseconds since 1970",
            )
        })
}

/// The scope of a request, found in the database.
pub(crate) struct InScope(pub(crate) Scope);

impl FromRequestParts<Database> for InScope {
    type Rejection = ErrorBody;

    async fn from_request_parts(parts: &mut Parts, database: &Database) -> Result<Self, ErrorBody> {
        let Query(parameters) =
            Query::<ScopeParameters>::from_request_parts(parts, database).await?;
        let found = database.results_scope(parameters.query()?).await;
        found.map_err(failed)?.map(Self).map_err(missing)
    }
}

/// What a question names and nobody knows.
pub(crate) fn missing(missing: Missing) -> ErrorBody {
    match missing {
        Missing::Deployment(id) => {
            unknown("unknown_deployment", format!("there is no deployment {id}"))
        }
        Missing::Run(name) => unknown_run(&name),
    }
}

pub(crate) fn unknown_run(name: &str) -> ErrorBody {
    unknown("unknown_run", format!("there is no experiment \"{name}\""))
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParameters {
    /// `next` of the page before; the first page unless given.
    cursor: Option<String>,
    /// Most rows, 1 to 500; 100 unless given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl PageParameters {
    /// The number that the cursor is, and how many rows are wanted.
    pub(crate) fn read(&self) -> Result<(Option<i64>, i64), ErrorBody> {
        let (number, limit) = self.place()?;
        match number {
            Some(number) if number < 0 => Err(no_cursor()),
            number => Ok((number, limit)),
        }
    }

    /// The place that the cursor is, and how many rows are wanted.
    pub(crate) fn place<T: FromStr>(&self) -> Result<(Option<T>, i64), ErrorBody> {
        let cursor = self.cursor.as_deref().map(str::parse).transpose();
        let cursor = cursor.map_err(|_| no_cursor())?;
        Ok((cursor, limit(self.limit, 100)?.into()))
    }
}

fn no_cursor() -> ErrorBody {
    invalid("cursor", "must be the \"next\" of an answer")
}

/// A number of rows.
pub(crate) fn limit(limit: Option<u32>, default: u32) -> Result<u32, ErrorBody> {
    match limit {
        None => Ok(default),
        Some(limit) if (1..=ROWS_MAX).contains(&limit) => Ok(limit),
        Some(_) => Err(invalid("limit", &format!("must be from 1 to {ROWS_MAX}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_both_forms() {
        let read = |text: &str| time("from", Some(text.to_owned())).ok().flatten();
        assert_eq!(read("1000001"), Some(1_000_001));
        assert_eq!(read("1970-01-01T00:00:01.000001Z"), Some(1_000_001));
        for wrong in ["", "yesterday", "-1", "1e9", "99999999999999999999"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
