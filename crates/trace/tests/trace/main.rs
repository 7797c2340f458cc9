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
