//! Who we are to a registry: a token that the operator gave, or that of the cloud machine.

use std::time::Duration;

use oci_client::secrets::RegistryAuth;
use serde::Deserialize;

/// Holds a token for the registry.
pub(super) const TOKEN_VARIABLE: &str = "REGISTRY_ACCESS_TOKEN";
/// Names another metadata server than the usual one.
const METADATA_VARIABLE: &str = "GCE_METADATA_HOST";
const METADATA_HOST: &str = "metadata.google.internal";
/// With this user, the password is an access token.
const TOKEN_USER: &str = "oauth2accesstoken";
/// How long the metadata server may take: on other machines there is none.
const METADATA_TIME: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
struct MetadataToken {
    access_token: String,
}

/// The credentials that are there; none otherwise, as public images need none. Those of a cloud
/// machine are not shown to a registry on this machine.
pub(super) async fn find(on_this_machine: bool) -> RegistryAuth {
    let basic = |token| RegistryAuth::Basic(TOKEN_USER.to_owned(), token);
    if let Ok(token) = std::env::var(TOKEN_VARIABLE)
        && !token.is_empty()
    {
        return basic(token);
    }
    let host = std::env::var(METADATA_VARIABLE).ok();
    if on_this_machine && host.is_none() {
        return RegistryAuth::Anonymous;
    }
    let host = host.unwrap_or_else(|| METADATA_HOST.to_owned());
    token_of_machine(&host)
        .await
        .map_or(RegistryAuth::Anonymous, basic)
}

pub(super) async fn token_of_machine(host: &str) -> Option<String> {
    let client = reqwest::Client::builder()
        .timeout(METADATA_TIME)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .ok()?;
    let path = "computeMetadata/v1/instance/service-accounts/default/token";
    let response = client
        .get(format!("http://{host}/{path}"))
        .header("Metadata-Flavor", "Google")
        .send()
        .await
        .ok()?;
    if !response.status().is_success() {
        return None;
    }
    let token: MetadataToken = response.json().await.ok()?;
    Some(token.access_token)
}
