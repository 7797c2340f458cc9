//! What a question is about: a deployment, a time, nodes; and how complete its log entries are.

use results::answers::{Completeness, Meta};
use sqlx::Row as _;

use crate::{Database, StoreError};

/// The parameters of a question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeQuery {
    /// The deployment; that of the run, or else the newest, if it is not given.
    pub deployment: Option<i32>,
    /// Beginning, microseconds since 1970.
    pub from_us: Option<i64>,
    /// End.
    pub until_us: Option<i64>,
    /// A run: its time, unless one is given.
    pub run: Option<String>,
    /// One of its rounds.
    pub round: Option<i32>,
    /// Nodes; all if none are named.
    pub nodes: Option<Vec<String>>,
}

/// What a question is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// When it was asked, by the database's clock.
    pub as_of: String,
    /// The deployment; none if there is none.
    pub deployment_id: Option<i32>,
    /// Beginning, microseconds since 1970.
    pub from_us: Option<i64>,
    /// End.
    pub until_us: Option<i64>,
    /// The run.
    pub run: Option<String>,
    /// The round.
    pub round: Option<i32>,
    /// Nodes; all if none.
    pub nodes: Option<Vec<String>>,
}

/// What a question names and nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The deployment.
    Deployment(i32),
    /// The run.
    Run(String),
}

impl Scope {
    /// The same without a time.
    pub(super) fn of_all_times(&self) -> Self {
        Self {
            from_us: None,
            until_us: None,
            ..self.clone()
        }
    }
}

impl Database {
    /// Finds what a question is about.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_scope(
        &self,
        query: ScopeQuery,
    ) -> Result<Result<Scope, Missing>, StoreError> {
        let mut reading = self.reading().await?;
        let row = sqlx::query(include_str!("sql/scope.sql"))
            .bind(query.deployment)
            .bind(query.run.as_deref())
            .bind(query.round)
            .fetch_one(&mut *reading)
            .await?;
        if let Some(deployment) = query.deployment
            && !row.try_get::<bool, _>("has_deployment")?
        {
            return Ok(Err(Missing::Deployment(deployment)));
        }
        if let Some(run) = &query.run
            && !row.try_get::<bool, _>("has_run")?
        {
            return Ok(Err(Missing::Run(run.clone())));
        }
        let (from_us, until_us): (Option<i64>, Option<i64>) =
            (row.try_get("from_us")?, row.try_get("until_us")?);
        Ok(Ok(Scope {
            as_of: row.try_get("as_of")?,
            deployment_id: row.try_get("deployment_id")?,
            from_us: query.from_us.or(from_us),
            until_us: query.until_us.or(until_us),
            run: query.run,
            round: query.round,
            nodes: query.nodes,
        }))
    }

    /// What an answer about this rests on.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn results_meta(&self, scope: &Scope) -> Result<Meta, StoreError> {
        let mut reading = self.reading().await?;
        let row = sqlx::query(include_str!("sql/completeness.sql"))
            .bind(scope.deployment_id)
            .bind(scope.from_us)
            .bind(scope.until_us)
            .bind(scope.nodes.as_deref())
            .fetch_one(&mut *reading)
            .await?;
        let (stored, lost) = (row.try_get("stored")?, row.try_get("lost")?);
        Ok(Meta {
            as_of: scope.as_of.clone(),
            deployment_id: scope.deployment_id,
            from: scope.from_us,
            until: scope.until_us,
            total: None,
            next: None,
            completeness: Completeness {
                share: Completeness::share_of(stored, lost),
                stored_entries: stored,
                lost_entries: lost,
                unknown_gaps: row.try_get("unknown_gaps")?,
                nodes: row.try_get("nodes")?,
                nodes_with_loss: row.try_get("nodes_with_loss")?,
            },
        })
    }
}
