//! What a report of a run is made of.

use results::attribution::{attribute, keep_slower, keep_usual};
use results::report::Report;

use super::ScopeQuery;
use super::traces::received;
use crate::{Database, StoreError};

impl Database {
    /// A report of a run; none if nothing is known of what it came to.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn run_report(&self, name: &str) -> Result<Option<Report>, StoreError> {
        let query = ScopeQuery {
            run: Some(name.to_owned()),
            ..ScopeQuery::default()
        };
        let Ok(scope) = self.results_scope(query).await? else {
            return Ok(None);
        };
        let Some(results) = self.run_results(name, scope.deployment_id).await? else {
            return Ok(None);
        };
        let (all, _) = self.traces(&scope, &received()).await?;
        let (mut slow, mut usual) = (all.clone(), all);
        keep_slower(&mut slow, 50);
        keep_usual(&mut usual);
        let checkpoints = attribute(&slow, &usual, "").checkpoints;
        let meta = self.results_meta(&scope).await?;
        Ok(Some(Report::new(name, results, checkpoints, meta)))
    }
}
