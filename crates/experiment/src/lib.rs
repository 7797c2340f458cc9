//! Experiments, from a few parameters to a script: setup, validation, plan, script language, and
//! the part of every action that needs no node.
//!
//! Nothing here does input or output: whether files exist, what they hold, what nodes answer,
//! and where chance begins are arguments. The way of an experiment is
//!
//! 1. [`setup::body`], [`setup::decode`] or [`setup::flags`] read a [`Setup`];
//! 2. [`setup::validate`] lists everything that is wrong with it;
//! 3. [`Plan::new`] decides, from the setup and a seed, everything that can be decided;
//! 4. [`Plan::script`] writes it down as a [`Script`], which people can also write themselves;
//! 5. [`script::check`] looks at a script as a whole, [`Script::groups`] gives its steps in
//!    order, [`script::outputs`] resolves their references, and [`Action`] types them;
//! 6. [`schedule`] deals a load out to nodes;
//! 7. [`remaining_funds`] reckons what is left of the money.

#![warn(clippy::missing_errors_doc)]

pub mod action;
mod duration_text;
mod json;
pub mod memo;
mod mina_text;
mod number;
pub mod plan;
pub mod redact;
pub mod remaining_funds;
pub mod schedule;
pub mod script;
pub mod seeded_rng;
pub mod setup;
pub mod zkapp_load;

pub use action::Action;
pub use duration_text::duration_text;
pub use json::to_text;
pub use number::Overflow;
pub use plan::Plan;
pub use script::Script;
pub use seeded_rng::SeededRng;
pub use setup::Setup;
