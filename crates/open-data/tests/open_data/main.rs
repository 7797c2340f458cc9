//! Exports of a whole deployment, against a real server.

mod documented;
mod duckdb;
mod files;
mod interrupted;
mod scene;
