//! Two traces beside each other.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use results::answers::{TraceDiff, TraceDiffAnswer, TraceDiffColumns, TraceDiffStep};
use serde::Deserialize;
use service::ErrorBody;
use service::etag::answer;
use service::extract::Query;
use service::refusals::ReadRefusals;
use trace::diff::{Excess, Step, align, excess};
use trace::rows::Row;
use utoipa::IntoParams;

use super::parts::{Names, Parts, number};
use super::reading::Reading;
use super::stored::Name;

/// Checkpoints that are named as the cause of a difference.
const EXPLAINED_MAX: usize = 20;

/// Which traces.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DiffParameters {
    /// The trace that is compared with, as `7/node/hash`.
    a: String,
    /// The other one, likewise.
    b: String,
}

/// Two traces, aligned by the path of each step and the order within its parent, so that loops and
/// missing steps stay in their places.
#[utoipa::path(get, path = "/api/v1/trace-diff", params(DiffParameters),
    responses((status = 200, body = TraceDiffAnswer), ReadRefusals))]
pub(crate) async fn trace_diff(
    State(reading): State<Reading>,
    Query(parameters): Query<DiffParameters>,
    headers: HeaderMap,
) -> Result<Response, ErrorBody> {
    let (name_a, name_b) = (name("a", &parameters.a)?, name("b", &parameters.b)?);
    let a = Parts::new(reading.stored(&name_a).await?);
    let b = Parts::new(reading.stored(&name_b).await?);
    let meta = reading.meta(&name_b, b.span().unwrap_or((0, 0))).await?;
    reading
        .make(move || {
            let diff = diff(&a, &b);
            answer(&headers, &TraceDiffAnswer { diff, meta })
        })
        .await
}

/// A trace as deployment, node and hash. Names of nodes may hold slashes.
fn name(parameter: &str, text: &str) -> Result<Name, ErrorBody> {
    let parts = text.split_once('/').and_then(|(deployment, rest)| {
        let (node, hash) = rest.rsplit_once('/')?;
        Some(Name {
            deployment_id: deployment.parse().ok()?,
            node: node.to_owned(),
            hash: hash.to_owned(),
        })
    });
    parts.ok_or_else(|| {
        ErrorBody::parameter(
            parameter,
            "must name a trace as deployment/node/hash, such as 7/node-1/3NK",
            None,
        )
    })
}

fn diff(a: &Parts, b: &Parts) -> TraceDiff {
    let (steps_a, steps_b) = (steps(a), steps(b));
    let mut names = Names::default();
    let mut columns = TraceDiffColumns::default();
    for pair in align(&steps_a, &steps_b) {
        let row = |parts: &Parts, at: Option<usize>| at.and_then(|at| parts.rows.get(at).copied());
        let (of_a, of_b) = (row(a, pair.a), row(b, pair.b));
        let step = pair.a.and_then(|at| steps_a.get(at));
        let step = step.or_else(|| steps_b.get(pair.b?));
        let own = |row: Option<Row>| row.map_or(0, |row| row.own_us);
        columns
            .name
            .push(names.position(step.map_or("", |step| step.name)));
        columns.depth.push(number(pair.depth));
        columns.a_index.push(pair.a.map(number));
        columns.b_index.push(pair.b.map(number));
        columns.a_total_us.push(of_a.map(|row| row.total_us));
        columns.b_total_us.push(of_b.map(|row| row.total_us));
        columns
            .delta_own_us
            .push(own(of_b).saturating_sub(own(of_a)));
    }
    let length = |parts: &Parts| parts.rows.iter().map(|row| row.own_us).sum::<i64>();
    let difference_s = seconds(length(b) - length(a));
    let explained = explained(excess(&steps_a, &steps_b), difference_s);
    let sum: f64 = explained.iter().map(|step| step.delta_s).sum();
    TraceDiff {
        a: a.head.clone(),
        b: b.head.clone(),
        names: names.names,
        columns,
        difference_s,
        residue_s: difference_s - sum,
        explained,
        truncated: a.truncated || b.truncated,
    }
}

/// The greatest differences, whichever sign they have.
fn explained(mut ranked: Vec<Excess<'_>>, difference_s: f64) -> Vec<TraceDiffStep> {
    ranked.sort_by(|one, other| {
        let greater = other.delta_s.abs().total_cmp(&one.delta_s.abs());
        greater.then_with(|| one.name.cmp(other.name))
    });
    ranked.truncate(EXPLAINED_MAX);
    ranked
        .into_iter()
        .map(|step| TraceDiffStep {
            name: step.name.to_owned(),
            delta_s: step.delta_s,
            share: if difference_s == 0.0 {
                0.0
            } else {
                step.delta_s / difference_s
            },
        })
        .collect()
}

fn steps(parts: &Parts) -> Vec<Step<'_>> {
    parts
        .rows
        .iter()
        .map(|row| Step {
            name: parts
                .flat
                .checkpoints
                .get(row.index)
                .map_or("", |checkpoint| checkpoint.name.as_str()),
            depth: row.depth,
            total_s: seconds(row.total_us),
            own_s: seconds(row.own_us),
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "a duration for people")]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_may_have_slashes_in_its_name() {
        let found = name("a", "7/a/b/3NK").unwrap();
        let expected = Name {
            deployment_id: 7,
            node: "a/b".to_owned(),
            hash: "3NK".to_owned(),
        };
        assert_eq!(found, expected);
        for wrong in ["", "7", "7/3NK", "x/node/3NK"] {
            assert!(name("a", wrong).is_err(), "{wrong}");
        }
    }
}
