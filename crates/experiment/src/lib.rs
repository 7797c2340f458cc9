//! Experiments: setup, validation, plan and script; pure.
