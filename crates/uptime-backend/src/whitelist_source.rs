//! Where the whitelist comes from: a list, also in a configuration file, a file
//! of its own, or a published sheet.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use itn::AddressPolicy;
use service::proxy::Proxies;
use service::{BodyError, Refusal, read_body};
use tokio::io::AsyncReadExt as _;
use url::Url;

use crate::settings::config_file::whitelist_in;
use crate::whitelist::Whitelist;

/// Longest file or sheet: some 70,000 keys.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Time for fetching a sheet.
const FETCH_TIME_MAX: Duration = Duration::from_secs(30);

/// Redirections that are followed to a sheet.
const REDIRECTIONS_MAX: usize = 5;

/// Where the keys that may submit are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhitelistSource {
    /// These keys.
    List(Vec<String>),
    /// The list `whitelist` of a configuration file, read again when the file
    /// changes. Its other settings are not.
    ConfigFile(PathBuf),
    /// A file with a key at the beginning of each line, read again when it
    /// changes.
    File(PathBuf),
    /// A published table as CSV, with the keys in its first column, read again
    /// every ten minutes.
    Sheet(Url),
}

/// Why a whitelist could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WhitelistError {
    /// The file cannot be read.
    #[error("cannot read the whitelist {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The sheet cannot be fetched.
    #[error("cannot fetch the whitelist{proxy}")]
    Fetch {
        /// The proxy that was asked, if one was.
        proxy: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// The sheet's server answers with an error.
    #[error(
        "the server of the whitelist answers with status {status}{proxy}; is the sheet published?"
    )]
    Status {
        /// The status.
        status: u16,
        /// The proxy that was asked, if one was.
        proxy: String,
    },
    /// Its address is one that no request may go to.
    #[error("the whitelist is not fetched: {0}")]
    Refused(String),
    /// Larger than any whitelist.
    #[error("the whitelist has more than {BYTES_MAX} bytes")]
    TooLarge,
    /// The configuration file has no list of keys (any more).
    #[error("the configuration file {} has no readable `whitelist`: {problem}", path.display())]
    NoList {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Not a text.
    #[error("the whitelist is not UTF-8 text; is the sheet published?")]
    NotText,
}

/// What shows that a file has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileVersion {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl WhitelistSource {
    /// The CSV form of the Google sheet of this id, which must be readable for
    /// everybody with the link.
    #[must_use]
    pub fn google_sheet(id: &str) -> Option<Self> {
        let mut url = Url::parse("https://docs.google.com/spreadsheets/d").ok()?;
        url.path_segments_mut().ok()?.push(id).push("export");
        url.set_query(Some("format=csv"));
        Some(Self::Sheet(url))
    }

    /// Reads the whitelist now.
    pub(crate) async fn read(&self) -> Result<Whitelist, WhitelistError> {
        match self {
            Self::List(keys) => Ok(Whitelist::from_entries(keys.iter().map(String::as_str))),
            Self::ConfigFile(path) => {
                let keys = whitelist_in(&read_file(path).await?).map_err(|problem| {
                    WhitelistError::NoList {
                        path: path.clone(),
                        problem,
                    }
                })?;
                Ok(Whitelist::from_entries(keys.iter().map(String::as_str)))
            }
            Self::File(path) => Ok(Whitelist::from_text(&read_file(path).await?)),
            Self::Sheet(url) => Ok(Whitelist::from_text(&fetch(url).await?)),
        }
    }

    /// The present version of a file, none for other sources.
    pub(crate) async fn file_version(&self) -> Option<FileVersion> {
        let (Self::File(path) | Self::ConfigFile(path)) = self else {
            return None;
        };
        let metadata = tokio::fs::metadata(path).await.ok()?;
        Some(FileVersion {
            modified: metadata.modified().ok(),
            bytes: metadata.len(),
        })
    }
}

async fn read_file(path: &PathBuf) -> Result<String, WhitelistError> {
    let read = async {
        let file = tokio::fs::File::open(path).await?;
        let mut bytes = Vec::new();
        file.take(BYTES_MAX + 1).read_to_end(&mut bytes).await?;
        Ok(bytes)
    };
    let bytes = read.await.map_err(|source| WhitelistError::File {
        path: path.clone(),
        source,
    })?;
    text(bytes)
}

/// A whitelist may be on this machine, but not where no request may go.
fn refusal() -> Refusal {
    let permitted = AddressPolicy::any();
    Arc::new(move |address| {
        permitted
            .refusal(address)
            .map(|refused| refused.to_string())
    })
}

async fn fetch(url: &Url) -> Result<String, WhitelistError> {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    if let Some(reason) = service::refusal_of(url, &refusal()) {
        return Err(WhitelistError::Refused(reason));
    }
    let proxies = Proxies::from_env();
    let failed = |source| WhitelistError::Fetch {
        proxy: proxies.explain(url.as_str()),
        source,
    };
    let client = if let Some(client) = CLIENT.get() {
        client
    } else {
        let made = proxies.client().map_err(failed)?;
        let made = made.timeout(FETCH_TIME_MAX);
        // A sheet's address redirects to where its contents are. A proxy resolves names itself.
        let made = if proxies.explain(url.as_str()).is_empty() {
            service::guarded(made, REDIRECTIONS_MAX, refusal())
        } else {
            made.redirect(reqwest::redirect::Policy::limited(REDIRECTIONS_MAX))
        };
        let made = made.build().map_err(failed)?;
        CLIENT.get_or_init(|| made)
    };
    let response = client.get(url.clone()).send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(WhitelistError::Status {
            status: response.status().as_u16(),
            proxy: proxies.explain(url.as_str()),
        });
    }
    let bytes_max = usize::try_from(BYTES_MAX).unwrap_or(usize::MAX);
    let bytes = read_body(response, bytes_max).await;
    text(bytes.map_err(|error| match error {
        BodyError::TooLarge(_) => WhitelistError::TooLarge,
        BodyError::Http(error) => failed(error),
    })?)
}

fn too_large(bytes: &[u8]) -> bool {
    u64::try_from(bytes.len()).is_ok_and(|bytes| bytes > BYTES_MAX)
}

fn text(bytes: Vec<u8>) -> Result<String, WhitelistError> {
    if too_large(&bytes) {
        return Err(WhitelistError::TooLarge);
    }
    text_file::from_bytes(bytes).map_err(|_| WhitelistError::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::http::StatusCode;
    use axum::response::Redirect;
    use axum::routing::get;

    const KEY: &str = "B62qrztYfPinaKqpXaYGY6QJ3SSW2NNKs7SajBLF1iFNXW9BoALN2Aq";

    #[test]
    fn a_sheet_id_cannot_name_another_page() {
        let url = |id| match WhitelistSource::google_sheet(id) {
            Some(WhitelistSource::Sheet(url)) => url.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            url("1xiKppb"),
            "https://docs.google.com/spreadsheets/d/1xiKppb/export?format=csv"
        );
        assert_eq!(
            url("a/b?c#d"),
            "https://docs.google.com/spreadsheets/d/a%2Fb%3Fc%23d/export?format=csv"
        );
    }

    async fn read_published(path: &str) -> Result<Whitelist, WhitelistError> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/sheet", get(async || Redirect::temporary("/contents")))
            .route("/contents", get(async || format!("Key,Name\n{KEY},a\n")))
            .route("/gone", get(async || StatusCode::NOT_FOUND))
            .route("/binary", get(async || b"\xFF".to_vec()))
            .route("/huge", get(async || " ".repeat(4 * 1024 * 1024 + 1)))
            .route(
                "/metadata",
                get(async || Redirect::temporary("http://169.254.169.254/latest")),
            )
            .route("/loop", get(async || Redirect::temporary("/loop")));
        let server = tokio::spawn(async { axum::serve(listener, router).await });
        let whitelist = WhitelistSource::Sheet(url.parse().unwrap()).read().await;
        server.abort();
        whitelist
    }

    #[tokio::test]
    async fn a_published_sheet_is_read_through_its_redirection() {
        let whitelist = read_published("/sheet").await.unwrap();
        assert!(whitelist.contains(&KEY.parse().unwrap()));
        assert_eq!(whitelist.bad_entries()[0].entry, "Key");
    }

    #[tokio::test]
    async fn what_is_no_sheet_is_an_error() {
        let error = async |path| read_published(path).await.unwrap_err();
        assert!(matches!(
            error("/gone").await,
            WhitelistError::Status { status: 404, .. }
        ));
        assert!(matches!(error("/binary").await, WhitelistError::NotText));
        assert!(matches!(error("/huge").await, WhitelistError::TooLarge));
        assert!(matches!(error("/loop").await, WhitelistError::Fetch { .. }));
    }

    #[tokio::test]
    async fn a_sheet_at_an_address_that_no_request_may_go_to_is_not_fetched() {
        for address in itn::testing::REFUSED_ALWAYS {
            let host = if address.contains(':') {
                format!("[{address}]")
            } else {
                address.to_string()
            };
            let url = format!("http://{host}/sheet").parse().unwrap();
            let error = WhitelistSource::Sheet(url).read().await.unwrap_err();
            assert!(
                matches!(error, WhitelistError::Refused(_)),
                "{address}: {error}"
            );
        }
        let redirected = read_published("/metadata").await.unwrap_err();
        let said = service::error_chain(&redirected);
        assert!(
            said.contains("it redirects to a link-local address"),
            "{said}"
        );
    }

    #[tokio::test]
    async fn a_file_that_is_absent_or_huge_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("whitelist");
        let source = WhitelistSource::File(path.clone());
        let error = source.read().await.unwrap_err();
        assert!(matches!(error, WhitelistError::File { .. }), "{error}");
        std::fs::write(&path, " ".repeat(4 * 1024 * 1024 + 1)).unwrap();
        let error = source.read().await.unwrap_err();
        assert!(matches!(error, WhitelistError::TooLarge), "{error}");
    }

    #[tokio::test]
    async fn a_byte_order_mark_before_the_keys_is_harmless() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("whitelist");
        let json = format!("{{\"in_memory\":true,\"whitelist\":[\"{KEY}\"]}}");
        for (source, content) in [
            (WhitelistSource::File(path.clone()), KEY),
            (WhitelistSource::ConfigFile(path.clone()), json.as_str()),
        ] {
            std::fs::write(&path, format!("\u{feff}{content}")).unwrap();
            let whitelist = source.read().await.unwrap();
            assert!(whitelist.contains(&KEY.parse().unwrap()));
            assert!(whitelist.bad_entries().is_empty());
        }
    }
}
