//! The simulation as its users see it.

mod accounts;
mod blocks;
mod determinism;
mod gating;
mod lifecycle;
mod payments;
mod structure;
mod submission;
mod support;
mod traces;
mod zkapps;
