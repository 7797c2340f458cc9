//! One stream of events for each browser: which data have changed, by topic.
//!
//! While a topic is wanted, the dashboard asks the service behind it every few seconds and compares
//! the answer with the one before. A change becomes an event with a number; the newest events are
//! kept, so that a browser that was away gets what it has missed, or is told to ask everything
//! again.

mod fingerprint;
mod history;
mod hub;
mod sse;
mod topic;

pub(crate) use hub::Hub;
pub(crate) use sse::{Wanted, answer};
