//! Images in a registry on this machine.

use std::collections::HashMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use oci_client::secrets::RegistryAuth;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::*;

const RELEASE: &str = "3.3.0-alpha1-compatible-90ff48c-bullseye-devnet";
/// The same for this machine.
const TAG: &str = "3.3.0-alpha1-compatible-90ff48c-jammy-devnet";
const MINA: &str = "usr/local/bin/mina";

#[derive(Default)]
struct Registry {
    /// By digest, or by tag.
    manifests: HashMap<String, Vec<u8>>,
    blobs: HashMap<String, Vec<u8>>,
    /// What has been asked for.
    asked: Mutex<Vec<String>>,
    /// The password that is wanted.
    password: Option<&'static str>,
    /// What was shown, if anything was.
    shown: Mutex<Vec<Option<String>>>,
}

fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let mut text = "sha256:".to_owned();
    for byte in digest {
        std::fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}")).unwrap();
    }
    text
}

/// A layer of these files.
fn layer(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive
            .append_data(&mut header, path, content.as_bytes())
            .unwrap();
    }
    archive.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl Registry {
    /// An image of these layers, the lowest first.
    fn with(layers: &[Vec<u8>]) -> Self {
        let mut registry = Self::default();
        let manifest = registry.add(layers);
        registry.manifests.insert(TAG.to_owned(), manifest);
        registry
    }

    fn add(&mut self, layers: &[Vec<u8>]) -> Vec<u8> {
        let config = b"{}".to_vec();
        let mut descriptors = Vec::new();
        for layer in layers {
            descriptors.push(json!({
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": digest(layer), "size": layer.len(),
            }));
            self.blobs.insert(digest(layer), layer.clone());
        }
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": digest(&config), "size": config.len(),
            },
            "layers": descriptors,
        });
        self.blobs.insert(digest(&config), config);
        serde_json::to_vec(&manifest).unwrap()
    }

    async fn start(self) -> (Arc<Self>, String) {
        let registry = Arc::new(self);
        let router = Router::new()
            .route("/v2/", get(base))
            .route("/v2/lab/mina-daemon/{kind}/{name}", get(answer))
            .with_state(Arc::clone(&registry));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (registry, format!("{address}/lab"))
    }

    fn is_permitted(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(header::AUTHORIZATION);
        let shown = shown.map(|value| value.to_str().unwrap().to_owned());
        self.shown.lock().unwrap().push(shown);
        let Some(password) = self.password else {
            return true;
        };
        let engine = base64::engine::general_purpose::STANDARD;
        let wanted = engine.encode(format!("oauth2accesstoken:{password}"));
        headers
            .get(header::AUTHORIZATION)
            .is_some_and(|value| value.to_str().unwrap() == format!("Basic {wanted}"))
    }
}

fn refused() -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"registry\"")];
    (StatusCode::UNAUTHORIZED, challenge).into_response()
}

async fn base(State(registry): State<Arc<Registry>>, headers: HeaderMap) -> Response {
    if registry.is_permitted(&headers) {
        StatusCode::OK.into_response()
    } else {
        refused()
    }
}

async fn answer(
    State(registry): State<Arc<Registry>>,
    UrlPath((kind, name)): UrlPath<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if !registry.is_permitted(&headers) {
        return refused();
    }
    registry.asked.lock().unwrap().push(name.clone());
    let found = match kind.as_str() {
        "manifests" => registry.manifests.get(&name),
        _ => registry.blobs.get(&name),
    };
    let Some(bytes) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let manifest: Option<Value> = serde_json::from_slice(bytes).ok();
    let media = manifest.and_then(|value| Some(value["mediaType"].as_str()?.to_owned()));
    let media = media.unwrap_or_else(|| "application/octet-stream".to_owned());
    ([(header::CONTENT_TYPE, media)], bytes.clone()).into_response()
}

fn source(registry: String, cache: &TempDir) -> ImageSource {
    ImageSource {
        registry,
        codename: Some("jammy".to_owned()),
        credentials: Credentials::default(),
        cache: cache.path().join("cache"),
    }
}

/// What comes of taking the executable out of an image of these layers: its content, or why not.
async fn extracted(layers: &[Vec<u8>]) -> Result<String, String> {
    let (_, registry) = Registry::with(layers).start().await;
    let cache = tempfile::tempdir().unwrap();
    let source = source(registry, &cache);
    let result = source.executable(RELEASE).await;
    let left = std::fs::read_dir(&source.cache).unwrap().count();
    match result {
        Ok(path) => {
            assert_eq!(left, 1);
            assert_eq!(path, source.cache.join(format!("mina-{RELEASE}")));
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o755);
            Ok(std::fs::read_to_string(path).unwrap())
        }
        Err(error) => {
            assert_eq!(left, 0, "no file is left behind");
            Err(service::error_chain(&error))
        }
    }
}

#[tokio::test]
async fn the_topmost_executable_is_taken_whatever_the_compression() {
    let zstd = zstd::encode_all(layer(&[("./usr/local/bin/mina", "new")]).as_slice(), 1).unwrap();
    let old = gzip(&layer(&[(MINA, "old")]));
    let other = gzip(&layer(&[("etc/hosts", "")]));
    let plain = layer(&[(MINA, "plain")]);
    assert_eq!(
        extracted(&[old.clone(), zstd, other.clone()])
            .await
            .unwrap(),
        "new"
    );
    assert_eq!(extracted(&[old.clone(), plain]).await.unwrap(), "plain");
    assert_eq!(extracted(&[old, other]).await.unwrap(), "old");
}

#[tokio::test]
async fn what_an_upper_layer_removes_is_not_in_the_image() {
    let old = gzip(&layer(&[(MINA, "old")]));
    for whiteout in [
        "usr/local/bin/.wh.mina",
        "usr/local/.wh.bin",
        "usr/.wh..wh..opq",
    ] {
        let removing = gzip(&layer(&[(whiteout, "")]));
        let error = extracted(&[old.clone(), removing]).await.unwrap_err();
        assert!(
            error.starts_with("there is no usr/local/bin/mina in "),
            "{error}"
        );
        // What stands in the same layer was added after the removal.
        let replacing = gzip(&layer(&[(whiteout, ""), (MINA, "new")]));
        assert_eq!(extracted(&[old.clone(), replacing]).await.unwrap(), "new");
    }
    let none = gzip(&layer(&[("etc/hosts", "")]));
    assert!(extracted(&[none]).await.is_err());
}

#[tokio::test]
async fn a_bad_layer_is_an_error_even_if_a_lower_one_has_the_executable() {
    let good = gzip(&layer(&[(MINA, "old")]));
    let top = gzip(&layer(&[(MINA, "new")]));
    // Other bytes than the manifest promises.
    let mut registry = Registry::with(&[good.clone(), top.clone()]);
    registry.blobs.insert(digest(&top), good.clone());
    let (_, address) = registry.start().await;
    let cache = tempfile::tempdir().unwrap();
    let source = source(address, &cache);
    let error = source.executable(RELEASE).await.unwrap_err();
    assert!(service::error_chain(&error).contains("Digest"), "{error}");
    assert_eq!(std::fs::read_dir(&source.cache).unwrap().count(), 0);
    // The right bytes, which are no archive.
    let cut = top[..top.len() / 2].to_vec();
    let error = extracted(&[good.clone(), cut]).await.unwrap_err();
    assert!(error.contains("the archive is damaged"), "{error}");
    // A link instead of a file.
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    header.set_cksum();
    archive.append_link(&mut header, MINA, "/bin/sh").unwrap();
    let link = archive.into_inner().unwrap();
    let error = extracted(&[good, link]).await.unwrap_err();
    assert!(error.contains("is no plain file"), "{error}");
}

#[tokio::test]
async fn an_index_leads_to_the_image_for_this_kind_of_machine() {
    let mut registry = Registry::default();
    let wrong = registry.add(&[gzip(&layer(&[(MINA, "arm")]))]);
    let right = registry.add(&[gzip(&layer(&[(MINA, "amd")]))]);
    let entry = |manifest: &[u8], architecture: &str| {
        json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest(manifest), "size": manifest.len(),
            "platform": {"os": "linux", "architecture": architecture},
        })
    };
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry(&wrong, "arm64"), entry(&right, "amd64")],
    });
    for manifest in [wrong, right] {
        registry.manifests.insert(digest(&manifest), manifest);
    }
    registry
        .manifests
        .insert(TAG.to_owned(), serde_json::to_vec(&index).unwrap());
    let (_, address) = registry.start().await;
    let cache = tempfile::tempdir().unwrap();
    let path = source(address, &cache).executable(RELEASE).await.unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "amd");
}

/// What a run uses when the newest deployment is of this release and the executable in its image
/// is this script, beside a configured one that names this commit.
async fn chosen(script: Option<&str>, commit: &str) -> Result<(String, bool), String> {
    let database = store::testing::TestDatabase::create().await.unwrap();
    let metadata = json!({ "release": RELEASE });
    let metadata = metadata.as_object().unwrap();
    let connection = database.database();
    connection.create_deployment(metadata).await.unwrap();
    let layers: Vec<Vec<u8>> = script
        .map(|script| gzip(&layer(&[(MINA, script)])))
        .into_iter()
        .collect();
    let (_, registry) = Registry::with(&layers).start().await;
    let folder = tempfile::tempdir().unwrap();
    let configured = folder.path().join("configured");
    let version = format!("#!/bin/sh\necho 'Mina 1 (commit {commit})'\n");
    std::fs::write(&configured, version).unwrap();
    std::fs::set_permissions(&configured, std::fs::Permissions::from_mode(0o755)).unwrap();
    let network = crate::CommandedNetwork::from_json(
        &json!({
            "key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "onlineURL": "http://127.0.0.1/v1/online",
            "minaExec": configured,
            "minaImageRegistry": registry,
            "minaImageCodename": "jammy",
        })
        .to_string(),
    )
    .unwrap();
    let paths = crate::paths::Paths {
        base: Some(folder.path().to_owned()),
        keys: None,
    };
    let chosen = super::super::commit::choose(&network, &paths, Some(connection)).await?;
    let name = chosen.executable.file_name().unwrap().to_str().unwrap();
    Ok((name.to_owned(), chosen.warning.is_some()))
}

#[tokio::test]
async fn the_executable_of_the_image_is_used_if_it_runs_and_the_configured_one_if_it_matches() {
    let runs = "#!/bin/sh\necho 'Mina 1'\n";
    let (same, other) = ("90ff48c000000000000000000000000000000000", "a".repeat(40));
    let from_image = format!("mina-{RELEASE}");
    assert_eq!(chosen(Some(runs), &other).await, Ok((from_image, false)));
    let error = chosen(Some("#!/bin/sh\nexit 1\n"), same).await.unwrap_err();
    assert!(error.contains("does not report a version"), "{error}");
    assert!(error.contains("Refusing to run"), "{error}");
    let configured = Ok(("configured".to_owned(), true));
    assert_eq!(chosen(None, same).await, configured);
    let error = chosen(None, &other).await.unwrap_err();
    assert!(error.contains("Refusing to run"), "{error}");
}

#[tokio::test]
async fn what_is_in_the_cache_is_not_asked_for_again() {
    let (registry, address) = Registry::with(&[gzip(&layer(&[(MINA, "x")]))])
        .start()
        .await;
    let cache = tempfile::tempdir().unwrap();
    let source = source(address, &cache);
    source.executable(RELEASE).await.unwrap();
    let asked = registry.asked.lock().unwrap().len();
    assert!(asked >= 2);
    source.executable(RELEASE).await.unwrap();
    assert_eq!(registry.asked.lock().unwrap().len(), asked);
}

#[tokio::test]
async fn a_registry_at_an_address_that_no_request_may_go_to_is_not_asked() {
    for address in itn::testing::REFUSED_ALWAYS {
        let host = if address.contains(':') {
            format!("[{address}]:5000")
        } else {
            format!("{address}:5000")
        };
        let refused = require_permitted(&host).await;
        assert!(matches!(refused, Err(ImageError::Address(_))), "{address}");
    }
    for permitted in ["127.0.0.1:5000", "10.0.0.7", "8.8.8.8:443"] {
        require_permitted(permitted).await.unwrap();
    }
}

#[tokio::test]
async fn releases_that_lead_out_of_the_cache_are_refused_before_anything_is_asked() {
    let (registry, address) = Registry::with(&[]).start().await;
    let cache = tempfile::tempdir().unwrap();
    let source = source(address, &cache);
    for release in ["", "../mina", "a/b", "a\\b", ".."] {
        let error = source.executable(release).await.unwrap_err();
        assert!(
            matches!(error, ImageError::Release(_)),
            "{release}: {error}"
        );
    }
    assert!(registry.asked.lock().unwrap().is_empty());
    assert!(!source.cache.exists());
}

#[tokio::test]
async fn a_registry_that_wants_a_token_is_told_of_by_the_variable() {
    let registry = Registry {
        password: Some("secret"),
        ..Registry::with(&[gzip(&layer(&[(MINA, "x")]))])
    };
    let (_, address) = registry.start().await;
    let cache = tempfile::tempdir().unwrap();
    let error = source(address.clone(), &cache).executable(RELEASE).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("REGISTRY_ACCESS_TOKEN"), "{error}");
    // With the right token it is given.
    let image: Reference = format!("{address}/mina-daemon:{TAG}").parse().unwrap();
    let auth = RegistryAuth::Basic("oauth2accesstoken".to_owned(), "secret".to_owned());
    client(&image, &Proxies::default())
        .pull_image_manifest(&image, &auth)
        .await
        .unwrap();
}

/// A metadata server whose machine has this token; its address, and how often it was asked.
async fn metadata_server(token: &'static str) -> (String, Arc<Mutex<u32>>) {
    let asked: Arc<Mutex<u32>> = Arc::default();
    let count = Arc::clone(&asked);
    let router = Router::new().route(
        "/computeMetadata/v1/instance/service-accounts/default/token",
        get(async move || {
            *count.lock().unwrap() += 1;
            axum::Json(json!({ "access_token": token, "expires_in": 1 }))
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, asked)
}

/// Whether the image can be had, and what was shown to the registry.
async fn shown_to(
    password: Option<&'static str>,
    credentials: impl FnOnce(&str) -> Credentials,
) -> (bool, Vec<Option<String>>) {
    let registry = Registry {
        password,
        ..Registry::with(&[gzip(&layer(&[(MINA, "x")]))])
    };
    let (registry, address) = registry.start().await;
    let cache = tempfile::tempdir().unwrap();
    let mut source = source(address.clone(), &cache);
    source.credentials = credentials(address.trim_end_matches("/lab"));
    let is_had = source.executable(RELEASE).await.is_ok();
    let shown = registry.shown.lock().unwrap().clone();
    (is_had, shown)
}

#[tokio::test]
async fn the_token_of_a_cloud_machine_is_shown_to_registries_that_want_one_and_are_named() {
    let (metadata_host, asked) = metadata_server("secret").await;
    let of_machine = |named: Vec<String>| Credentials {
        metadata_host: metadata_host.clone(),
        machine_token_for: named,
        ..Credentials::default()
    };
    let is_nothing = |shown: &[Option<String>]| shown.iter().all(Option::is_none);
    // Public: nobody has to be told who we are, named or not.
    let (is_had, shown) = shown_to(None, |address| of_machine(vec![address.to_owned()])).await;
    assert!(is_had && is_nothing(&shown), "{shown:?}");
    // Wants a token, and is not named for the machine's.
    let (is_had, shown) = shown_to(Some("secret"), |_| of_machine(Vec::new())).await;
    assert!(!is_had && is_nothing(&shown), "{shown:?}");
    assert_eq!(*asked.lock().unwrap(), 0);
    // Wants one, and is named.
    let named = |address: &str| of_machine(vec![address.to_owned()]);
    let (is_had, shown) = shown_to(Some("secret"), named).await;
    assert!(is_had && shown[0].is_none(), "{shown:?}");
    assert_eq!(*asked.lock().unwrap(), 1);
    // The operator's own token is shown, but second too.
    let given = |_: &str| Credentials {
        given: Some("secret".to_owned()),
        ..Credentials::default()
    };
    let (is_had, shown) = shown_to(Some("secret"), given).await;
    assert!(is_had && shown[0].is_none(), "{shown:?}");
}

#[tokio::test]
async fn the_token_of_a_cloud_machine_comes_from_its_metadata_server() {
    let router = Router::new().route(
        "/computeMetadata/v1/instance/service-accounts/default/token",
        get(async |headers: HeaderMap| {
            if headers.get("metadata-flavor").is_none() {
                return StatusCode::FORBIDDEN.into_response();
            }
            axum::Json(json!({"access_token": "t", "expires_in": 1})).into_response()
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let token = credentials::token_of_machine(&address).await;
    assert_eq!(token.as_deref(), Some("t"));
    assert_eq!(credentials::token_of_machine("127.0.0.1:1").await, None);
}

#[test]
fn tags_name_the_operating_system_of_this_machine() {
    assert_eq!(tag(RELEASE, Some("jammy")), TAG);
    assert_eq!(tag(RELEASE, None), RELEASE);
    assert_eq!(tag("4.0.0-rc1-83b4654", Some("jammy")), "4.0.0-rc1-83b4654");
    assert_eq!(
        codename_in("NAME=x\nVERSION_CODENAME=jammy\n"),
        Some("jammy".to_owned())
    );
    assert_eq!(
        codename_in("VERSION_CODENAME=\"bookworm\"\n"),
        Some("bookworm".to_owned())
    );
    assert_eq!(codename_in("VERSION_CODENAME=../x\n"), None);
    assert_eq!(codename_in("NAME=x\n"), None);
}
