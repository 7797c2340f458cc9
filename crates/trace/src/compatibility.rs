//! Whether answers follow the specification or the original implementation.

/// How trees and distributions are computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compatibility {
    /// With the defects of the original implementation corrected. The default.
    #[default]
    Corrected,
    /// As the original implementation computes them, for comparison:
    /// `Apply_catchup_state_diffs` stands at the top level and entries that
    /// are still open at the end are dropped.
    Original,
}
