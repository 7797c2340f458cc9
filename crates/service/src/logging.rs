//! Log lines of a process: on standard error, because standard output is for data. Lines that
//! cannot be written (nobody reads them any more, the disk is full) are lost, nothing else.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::str::FromStr;
use std::sync::Arc;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// How a log line is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: one line of text, coloured on a terminal.
    #[default]
    Text,
    /// For programs: one JSON object per line.
    Json,
}

impl FromStr for Format {
    type Err = LoggingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(LoggingError::Format(text.to_owned())),
        }
    }
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The name of the format is unknown.
    #[error("unknown log format `{0}`; use `text` or `json`")]
    Format(String),
    /// The filter cannot be understood.
    #[error("invalid log filter `{filter}`; use a level or a list such as `info,store=debug`")]
    Filter {
        /// The filter as given.
        filter: String,
        /// Where it goes wrong.
        source: tracing_subscriber::filter::ParseError,
    },
    /// The process has a logger already.
    #[error("logging was already set up in this process")]
    AlreadySet(#[from] TryInitError),
}

/// Sets up logging for the whole process, once. `filter` is a level or a list of `target=level`
/// separated by commas, as in `info,store=debug`.
pub fn init(format: Format, filter: &str) -> Result<(), LoggingError> {
    let coloured = io::stderr().is_terminal();
    subscriber(format, filter, coloured, io::stderr)?.try_init()?;
    Ok(())
}

/// As [`init`], but into a file.
pub fn init_into(file: File, format: Format, filter: &str) -> Result<(), LoggingError> {
    subscriber(format, filter, false, Arc::new(file))?.try_init()?;
    Ok(())
}

fn subscriber<W>(
    format: Format,
    filter: &str,
    coloured: bool,
    writer: W,
) -> Result<Box<dyn Subscriber + Send + Sync>, LoggingError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let parsed = EnvFilter::builder()
        .parse(filter)
        .map_err(|source| LoggingError::Filter {
            filter: filter.to_owned(),
            source,
        })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        // It would report lines that cannot be written by `eprintln!`, which panics for the same
        // reason.
        .log_internal_errors(false)
        .with_writer(writer);
    Ok(match format {
        Format::Text => Box::new(builder.with_ansi(coloured).finish()),
        Format::Json => Box::new(builder.json().flatten_event(true).finish()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn logged(format: Format, filter: &str, log: impl FnOnce()) -> String {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let writer = Buffer(Arc::clone(&lines));
        let subscriber = subscriber(format, filter, false, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, log);
        String::from_utf8(lines.lock().unwrap().clone()).unwrap()
    }

    #[derive(Clone)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn text_lines_carry_level_message_and_fields() {
        let text = logged(Format::Text, "info", || {
            tracing::info!(rows = 3, "stored");
        });
        assert!(text.contains("INFO"), "{text}");
        assert!(text.contains("stored rows=3"), "{text}");
    }

    #[test]
    fn json_lines_are_one_object_each_with_fields_at_the_top() {
        let text = logged(Format::Json, "info", || {
            tracing::info!(rows = 3, "stored");
            tracing::info!("again");
        });
        let objects: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(objects.len(), 2);
        assert_eq!(objects[0]["rows"], 3);
        assert_eq!(objects[0]["message"], "stored");
    }

    #[test]
    fn every_line_of_a_request_has_its_id_as_text_and_as_json() {
        use crate::layers::test_client::send;
        use axum::body::Body;
        let answer = || {
            let router = axum::Router::new()
                .route("/", axum::routing::get(async || tracing::info!("at work")));
            let router = crate::layers::standard("test", router, crate::layers::Limits::default());
            let request = axum::http::Request::get("/").header("x-request-id", "edge-7");
            let request = request.body(Body::empty()).unwrap();
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_time().build().unwrap();
            let response = runtime.block_on(send(router, request));
            assert_eq!(response.headers()["x-request-id"], "edge-7");
        };
        for format in [Format::Text, Format::Json] {
            let lines = logged(format, "debug", answer);
            let of_request: Vec<&str> = lines
                .lines()
                .filter(|line| line.contains("at work") || line.contains("request answered"))
                .collect();
            assert_eq!(of_request.len(), 2, "{lines}");
            for line in of_request {
                assert!(
                    line.contains("request_id") && line.contains("edge-7"),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn the_filter_decides_what_is_written() {
        let text = logged(Format::Text, "warn", || {
            tracing::info!("quiet");
            tracing::warn!("loud");
        });
        assert!(!text.contains("quiet") && text.contains("loud"), "{text}");
    }

    #[test]
    fn a_filter_that_cannot_be_understood_is_refused() {
        let error = init(Format::Text, "info,store=verbose").unwrap_err();
        assert!(error.to_string().contains("info,store=verbose"), "{error}");
    }

    #[test]
    fn formats_are_named_text_and_json() {
        assert_eq!("text".parse::<Format>().unwrap(), Format::Text);
        assert_eq!("json".parse::<Format>().unwrap(), Format::Json);
        let error = "xml".parse::<Format>().unwrap_err();
        assert!(error.to_string().contains("`text` or `json`"), "{error}");
    }
}
