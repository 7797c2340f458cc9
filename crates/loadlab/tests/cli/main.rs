//! Tests of the program itself, as users and scripts start it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod access_matrix;
mod archive;
mod audit;
mod backup;
mod calls;
mod closed_pipes;
mod compare;
mod database;
mod demo;
mod deployment;
mod disk_full;
mod doctor;
mod documents;
mod every_service;
mod failures;
mod help;
mod hosts;
mod hosts_lab;
mod import;
mod kill;
mod killed;
mod killed_services;
mod kubernetes;
mod lab;
mod lab_tokens;
mod lab_truth;
mod metrics;
mod monitoring;
mod needs;
mod open_data;
mod openapi;
mod prefix;
mod program;
mod proxies;
mod public_addresses;
#[path = "../../../open-data/tests/open_data/python.rs"]
mod python;
mod routes;
mod script;
mod settings;
mod several_hosts;
mod show;
mod slow_database;
mod stopping;
mod text_files;
mod two_hosts;
mod up;
mod up_embedded;
mod up_services;
