//! Tests of what transactions do to accounts.
