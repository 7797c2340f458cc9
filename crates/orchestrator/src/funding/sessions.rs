//! The counts of nodes as a process finds them when it takes a batch up again.

use std::collections::HashMap;
use std::sync::Arc;

use itn::sequence::Session;
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::nodes::AuthenticatedNode;
use crate::run::StepError;

/// By address of the node: what it said before this process asked it anything else.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Arc<OnceCell<Session>>>>);

impl Sessions {
    /// Asks the node, unless that has been done. Each use of the node begins with this.
    pub(super) async fn note(&self, node: &AuthenticatedNode) -> Result<(), StepError> {
        let noting = self.of(node);
        let noting = noting.get_or_try_init(async || {
            let mut client = node.client().await;
            let auth = client.ask(async |client| client.auth().await).await;
            auth.map(|auth| auth.session()).map_err(StepError::failed)
        });
        noting.await?;
        Ok(())
    }

    /// What the node said then.
    pub(super) fn found(&self, node: &AuthenticatedNode) -> Option<Session> {
        self.of(node).get().copied()
    }

    fn of(&self, node: &AuthenticatedNode) -> Arc<OnceCell<Session>> {
        let mut sessions = self.0.lock();
        Arc::clone(sessions.entry(node.address.clone()).or_default())
    }
}
