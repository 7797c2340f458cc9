//! The formats and their names.

use std::fmt;
use std::str::FromStr;

/// A format that a block trace can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A file for <https://ui.perfetto.dev> and `trace_processor`.
    Perfetto,
    /// Spans as OTLP JSON, which OpenTelemetry collectors, Jaeger and Tempo read.
    Otlp,
    /// The tree as loadlab computes it.
    Json,
}

impl Format {
    /// All formats, by name.
    pub const ALL: [Self; 3] = [Self::Perfetto, Self::Otlp, Self::Json];

    /// The name that users choose it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Perfetto => "perfetto",
            Self::Otlp => "otlp",
            Self::Json => "json",
        }
    }

    /// The media type of the bytes.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Perfetto => "application/octet-stream",
            Self::Otlp | Self::Json => "application/json",
        }
    }

    /// How names of such files end, without the point before it.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Perfetto => "pftrace",
            Self::Otlp => "otlp.json",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no format: choose perfetto, otlp or json")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let named = Self::ALL.into_iter().find(|format| format.name() == text);
        named.ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}
