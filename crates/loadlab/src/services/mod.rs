//! The services that this program has: one list of them, for those that run alone and for `up`.
//! A further service is a variant of [`Service`], of [`ServiceArguments`] and of [`ServiceConfig`];
//! the compiler names the other places.

mod arguments;
mod config;
mod list;

pub(crate) use arguments::{Parsed, ServiceArguments, VariablesTaken};
pub(crate) use config::ServiceConfig;
pub(crate) use list::{Addresses, Neighbours, Service, from_here};
