//! Tests of the program itself, as users and scripts start it.

mod database;
mod disk_full;
mod failures;
mod help;
mod import;
mod killed;
mod program;
mod show;
