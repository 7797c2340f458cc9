//! What the routes share.

use std::sync::Arc;

use axum::http::StatusCode;
use service::ErrorBody;

use crate::faults::FaultError;
use crate::network::LiveNetwork;
use crate::node::Common;
use crate::timetable::Timetable;

/// What the routes know.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) network: Arc<LiveNetwork>,
    pub(crate) common: Arc<Common>,
    pub(crate) timetable: Arc<Timetable>,
}

pub(super) fn unknown_node(error: &FaultError) -> ErrorBody {
    ErrorBody::new(StatusCode::NOT_FOUND, "unknown_node", error.to_string())
}
