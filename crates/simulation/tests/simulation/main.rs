//! The simulation as its users see it.

mod determinism;
mod support;
mod traces;
