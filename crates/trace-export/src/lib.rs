//! Block traces in the formats of other tools: Perfetto, OpenTelemetry, JSON.
//!
//! All formats show the same tree of checkpoints with the same times, and nothing that is stored
//! of a checkpoint is left out. No input or output: what [`store`] has read becomes bytes.

mod block_trace;
mod format;
mod json;
mod otlp;
mod perfetto;
mod spans;

pub use block_trace::BlockTrace;
pub use format::{Format, UnknownFormat};

impl BlockTrace {
    /// The trace as a file of this format.
    #[must_use]
    pub fn write(&self, format: Format) -> Vec<u8> {
        match format {
            Format::Perfetto => perfetto::write(self),
            Format::Otlp => otlp::json(self),
            Format::Json => json::write(self),
        }
    }

    /// The spans as the body of a request to an OTLP/HTTP receiver, in its binary form
    /// (`application/x-protobuf`).
    #[must_use]
    pub fn otlp_request(&self) -> Vec<u8> {
        otlp::protobuf(self)
    }
}

#[cfg(test)]
mod tests;
