//! Accounts in the ledgers of recent best tips, which all nodes ask for again and again.

use std::collections::HashMap;

use crate::ids::{AccountId, BlockId};
use crate::ledger::Account;

/// Beyond this many, all are forgotten.
const CACHE_MAX: usize = 20_000;

/// Accounts in the ledgers of recent best tips, which all nodes ask for again and again.
#[derive(Debug, Default)]
pub(super) struct AccountCache {
    // looked up only, never iterated: its order cannot leak
    found: HashMap<(BlockId, AccountId), Option<Account>>,
}

impl AccountCache {
    pub(super) fn clear(&mut self) {
        self.found.clear();
    }

    /// The account in the ledger after a block; `find` is called if it is not known.
    pub(super) fn find_or_add(
        &mut self,
        block: BlockId,
        id: AccountId,
        find: impl FnOnce() -> Option<Account>,
    ) -> Option<Account> {
        if let Some(found) = self.found.get(&(block, id)) {
            return *found;
        }
        if self.found.len() >= CACHE_MAX {
            self.found.clear();
        }
        *self.found.entry((block, id)).or_insert_with(find)
    }
}
