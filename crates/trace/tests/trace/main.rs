//! The tracer from bytes to rows: on composed lines, on any cut of them, and
//! on a real trace where it is at hand.

#![expect(
    clippy::float_cmp,
    clippy::unreadable_literal,
    reason = "figures are compared to the last bit, as they were recorded"
)]

mod calls;
mod cuts;
mod derivations;
mod main_process;
mod mirror;
mod real_trace;

use std::path::PathBuf;

/// The folder of captured data, which is not part of the repository.
#[expect(clippy::print_stdout, reason = "a skipped test must say so")]
fn captured_data(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(name);
    let data = std::fs::read(&path).ok();
    if data.is_none() {
        println!("skipped: there is no captured {name}");
    }
    data
}
