//! Which versions of PostgreSQL the product works with.

/// The major versions of PostgreSQL that are supported.
pub(crate) const SUPPORTED_MAJORS: std::ops::RangeInclusive<i32> = 14..=18;
