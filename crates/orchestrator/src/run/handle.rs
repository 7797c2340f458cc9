//! Handles that we choose for what nodes are asked to do.

use rand::RngCore as _;

/// A random UUID of version 4.
pub(crate) fn new_handle() -> itn::Uuid {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    itn::Uuid::from_random_bytes(bytes)
}
