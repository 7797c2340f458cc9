//! Experiments from requests to scripts.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::needless_pass_by_value,
    reason = "a test fails by panicking, and its numbers are small"
)]

mod body;
mod example_script;
mod flags;
mod original_outputs;
mod planning;
mod rare_features_script;
mod script_language;
mod setup_json;
mod simulated_network;
mod simulated_round;
mod validation;

use experiment::Setup;

/// A valid public key.
const RECEIVER: &str = "B62qnKweK4BVxG7TA1VzhNr6GcTejXbrN6ycEQiW4ZgUCxHuWTQta4i";

/// A setup with everything that has no default.
fn setup() -> Setup {
    Setup {
        experiment_name: "demo".to_owned(),
        priv_keys: vec!["/keys/plain1".to_owned()],
        ..Setup::default()
    }
}
