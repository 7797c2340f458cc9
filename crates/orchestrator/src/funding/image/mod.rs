//! The mina executable out of the image of the deployed daemon: of the same build by its nature.

mod credentials;
mod layer;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use itn::AddressPolicy;
use oci_client::client::{Client, ClientConfig, ClientProtocol, linux_amd64_resolver};
use oci_client::errors::OciDistributionError;
use oci_client::manifest::OciImageManifest;
use oci_client::secrets::RegistryAuth;
use oci_client::{ParseError, Reference};
use service::proxy::Proxies;
use tempfile::NamedTempFile;

pub(crate) use credentials::Credentials;
use credentials::TOKEN_VARIABLE;
use layer::{Found, LayerError};

use crate::webhook;

/// The name of the image.
const IMAGE: &str = "mina-daemon";
/// Most bytes of all layers together, as they are transferred.
const LAYERS_BYTES_MAX: i64 = 16 << 30;
/// Most layers of an image.
const LAYERS_MAX: usize = 512;
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// How long a registry may be silent.
const READ_TIME: Duration = Duration::from_mins(1);

/// Where images are, and where what is taken out of them is kept.
#[derive(Debug, Clone)]
pub(crate) struct ImageSource {
    /// Registry and folder: `host[:port]/folder`.
    pub(crate) registry: String,
    /// The operating system that the executable will run on, as the releases of images name it.
    pub(crate) codename: Option<String>,
    /// What is shown to the registry.
    pub(crate) credentials: Credentials,
    /// Takes the executables.
    pub(crate) cache: PathBuf,
}

/// Why there is no executable out of an image.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    #[error("the release {0:?} cannot be the name of a file")]
    Release(String),
    #[error("`minaImageRegistry` and the release make no name of an image")]
    Name(#[source] ParseError),
    #[error(
        "the registry does not let us have {image}: set {TOKEN_VARIABLE} to a token that may read it, \
         or name the registry in `minaImageTokenRegistries` if this machine's own token may"
    )]
    Unauthorized { image: String },
    #[error("the registry is not asked: {0}")]
    Address(String),
    #[error("cannot read {image} from the registry{proxy}")]
    Registry {
        image: String,
        proxy: String,
        source: Box<OciDistributionError>,
    },
    #[error(
        "{image} is larger than {LAYERS_BYTES_MAX} bytes, or has more than {LAYERS_MAX} layers"
    )]
    TooLarge { image: String },
    #[error("a layer of {image} cannot be read")]
    Layer {
        image: String,
        #[source]
        source: LayerError,
    },
    #[error("there is no usr/local/bin/mina in {image}")]
    Absent { image: String },
    #[error("cannot write {}", .path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl ImageSource {
    /// The executable of a release: from the cache, or else out of the image. On failure no file
    /// is left.
    pub(crate) async fn executable(&self, release: &str) -> Result<PathBuf, ImageError> {
        if !is_file_name(release) {
            return Err(ImageError::Release(release.to_owned()));
        }
        let path = self.cache.join(format!("mina-{release}"));
        if path.is_file() {
            return Ok(path);
        }
        let tag = tag(release, self.codename.as_deref());
        let image: Reference = format!("{}/{IMAGE}:{tag}", self.registry)
            .parse()
            .map_err(ImageError::Name)?;
        let failed = |source| ImageError::File {
            path: self.cache.clone(),
            source,
        };
        std::fs::create_dir_all(&self.cache).map_err(failed)?;
        let found = self.find(&image).await?;
        found.as_file().sync_all().map_err(failed)?;
        durable::rename(&found.into_temp_path(), &path).map_err(failed)?;
        Ok(path)
    }

    /// The manifest, and the client that was let in: first as nobody.
    async fn manifest(
        &self,
        image: &Reference,
        proxies: &Proxies,
        proxy: &str,
    ) -> Result<(Client, OciImageManifest), ImageError> {
        let name = image.to_string();
        let mut auth = RegistryAuth::Anonymous;
        loop {
            // A client keeps what it was told, a refusal included.
            let client = client(image, proxies);
            let error = match client.pull_image_manifest(image, &auth).await {
                Ok((manifest, _)) => return Ok((client, manifest)),
                Err(error) => registry_error(&name, proxy, error),
            };
            let was_anonymous = matches!(auth, RegistryAuth::Anonymous);
            let next = match &error {
                ImageError::Unauthorized { .. } if was_anonymous => {
                    self.credentials.find(image.resolve_registry()).await
                }
                _ => None,
            };
            auth = next.ok_or(error)?;
        }
    }

    /// Goes through the layers from the top. A layer that cannot be read or is not what the
    /// manifest says ends the search: a lower one may hold what it has replaced.
    async fn find(&self, image: &Reference) -> Result<NamedTempFile, ImageError> {
        let name = image.to_string();
        let proxies = Proxies::from_env();
        let proxy = proxies.explain(&format!("https://{}/", image.resolve_registry()));
        let registry = |error| registry_error(&name, &proxy, error);
        // A proxy resolves names itself.
        if proxy.is_empty() {
            require_permitted(image.resolve_registry()).await?;
        }
        let (client, manifest) = self.manifest(image, &proxies, &proxy).await?;
        let sizes = manifest.layers.iter().map(|layer| layer.size.max(0));
        let bytes = sizes.fold(0_i64, i64::saturating_add);
        if bytes > LAYERS_BYTES_MAX || manifest.layers.len() > LAYERS_MAX {
            return Err(ImageError::TooLarge { image: name });
        }
        for descriptor in manifest.layers.iter().rev() {
            let failed = |source| ImageError::File {
                path: self.cache.clone(),
                source,
            };
            // It has no name, so that nothing of it stays whatever happens.
            let blob = tempfile::tempfile_in(&self.cache).map_err(failed)?;
            let writer = tokio::fs::File::from_std(blob.try_clone().map_err(failed)?);
            // Compares what came with the digest in the manifest.
            client
                .pull_blob(image, descriptor, writer)
                .await
                .map_err(registry)?;
            let cache = self.cache.clone();
            let searched = tokio::task::spawn_blocking(move || layer::search(blob, &cache)).await;
            let searched = searched
                .map_err(|error| LayerError::Read(std::io::Error::other(error)))
                .and_then(|searched| searched);
            match searched {
                Ok(Found::Executable(file)) => return Ok(file),
                Ok(Found::Nothing) => {}
                Ok(Found::Removed) => break,
                Err(source) => {
                    return Err(ImageError::Layer {
                        image: name,
                        source,
                    });
                }
            }
        }
        Err(ImageError::Absent { image: name })
    }
}

/// A registry may be on this machine, but not where no request may go. The library's client
/// resolves the name once more and follows redirections: those are not judged.
async fn require_permitted(registry: &str) -> Result<(), ImageError> {
    let url = format!("https://{registry}/");
    let checked = webhook::check(&url, &AddressPolicy::any()).await;
    checked.map(drop).map_err(ImageError::Address)
}

fn client(image: &Reference, proxies: &Proxies) -> Client {
    let host = image.resolve_registry().to_owned();
    let protocol = if is_on_this_machine(image) {
        ClientProtocol::HttpsExcept(vec![host])
    } else {
        ClientProtocol::Https
    };
    Client::new(ClientConfig {
        protocol,
        platform_resolver: Some(Box::new(linux_amd64_resolver)),
        connect_timeout: Some(CONNECT_TIME),
        read_timeout: Some(READ_TIME),
        http_proxy: proxies.http().map(str::to_owned),
        https_proxy: proxies.https().map(str::to_owned),
        no_proxy: Some(proxies.excluded().to_owned()),
        ..ClientConfig::default()
    })
}

/// Registries on this machine are spoken to without encryption.
fn is_on_this_machine(image: &Reference) -> bool {
    let registry = image.resolve_registry();
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    host == "localhost"
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

fn registry_error(image: &str, proxy: &str, error: OciDistributionError) -> ImageError {
    let is_refusal = match &error {
        OciDistributionError::UnauthorizedError { .. }
        | OciDistributionError::AuthenticationFailure(_) => true,
        OciDistributionError::ServerError { code, .. } => matches!(code, 401 | 403),
        OciDistributionError::RegistryError { envelope, .. } => envelope.errors.iter().any(|one| {
            use oci_client::errors::OciErrorCode;
            matches!(one.code, OciErrorCode::Unauthorized | OciErrorCode::Denied)
        }),
        _ => false,
    };
    let image = image.to_owned();
    if is_refusal {
        ImageError::Unauthorized { image }
    } else {
        ImageError::Registry {
            image,
            proxy: proxy.to_owned(),
            source: Box::new(error),
        }
    }
}

/// Whether a release can be part of a file name that stays in its folder.
fn is_file_name(release: &str) -> bool {
    !release.is_empty() && !release.contains(['/', '\\', '\0']) && !release.contains("..")
}

/// The tag of a release's image. The last part but one of long releases names the operating
/// system of the image; what is wanted is the one for the system that the executable runs on.
fn tag(release: &str, codename: Option<&str>) -> String {
    let mut parts: Vec<&str> = release.split('-').collect();
    let count = parts.len();
    if let (Some(codename), true) = (codename, count >= 5)
        && let Some(part) = parts.get_mut(count - 2)
    {
        *part = codename;
    }
    parts.join("-")
}

/// What this machine's operating system is called, if it says so.
pub(crate) fn codename() -> Option<String> {
    let text = std::fs::read_to_string("/etc/os-release").ok()?;
    codename_in(&text)
}

fn codename_in(text: &str) -> Option<String> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    let name = line.trim().trim_matches('"');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (!name.is_empty() && name.bytes().all(is_plain)).then(|| name.to_owned())
}

/// The default folder of executables.
pub(crate) fn cache_folder() -> &'static Path {
    Path::new("mina-executable")
}
