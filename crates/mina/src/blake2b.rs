//! `BLAKE2b` with 32 bytes of output, the hash around Mina's signatures and submissions.

use blake2::{Blake2b256, Digest as _};

pub(crate) fn blake2b_256(data: &[u8]) -> [u8; 32] {
    Blake2b256::digest(data).into()
}
