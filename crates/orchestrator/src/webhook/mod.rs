//! The webhook of a run: a request when it has ended. The address is a credential: it is kept
//! encrypted, and shown nowhere.

mod address;
mod deliver;

pub(crate) use address::check;
pub(crate) use deliver::{Payload, deliver};
