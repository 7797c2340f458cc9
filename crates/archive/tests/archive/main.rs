//! Archives of a whole deployment, against a real database and a folder.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod engines;
mod faults;
mod faulty_store;
mod killed;
#[path = "../../../open-data/tests/open_data/python.rs"]
mod python;
mod refusals;
mod round_trip;
mod scene;
