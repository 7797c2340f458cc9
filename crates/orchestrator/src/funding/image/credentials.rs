//! Who we are to a registry: nobody first, as public images need no token; then the holder of the token
//! that the operator gave; then the cloud machine, but only to registries that its token is for.

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
/// Most bytes of its answer.
const METADATA_BYTES_MAX: usize = 64 << 10;
/// The registries of the cloud that gives the machine's token.
const CLOUD_REGISTRIES: [&str; 3] = ["gcr.io", ".gcr.io", "-docker.pkg.dev"];

#[derive(Deserialize)]
struct MetadataToken {
    access_token: String,
}

/// Where tokens come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// What the operator gave for the registry.
    pub(crate) given: Option<String>,
    /// The machine's metadata server.
    pub(crate) metadata_host: String,
    /// More registries that the machine's token is for, as the operator says: `host[:port]`.
    pub(crate) machine_token_for: Vec<String>,
}

impl Credentials {
    /// Those of this process.
    pub(crate) fn of_environment(machine_token_for: &[String]) -> Self {
        let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
        Self {
            given: variable(TOKEN_VARIABLE),
            metadata_host: variable(METADATA_VARIABLE).unwrap_or_else(|| METADATA_HOST.to_owned()),
            machine_token_for: machine_token_for.to_vec(),
        }
    }

    /// What is shown to a registry that does not let anybody read the image; nothing if there is no
    /// token for it.
    pub(super) async fn find(&self, registry: &str) -> Option<RegistryAuth> {
        let basic = |token| RegistryAuth::Basic(TOKEN_USER.to_owned(), token);
        if let Some(token) = &self.given {
            return Some(basic(token.clone()));
        }
        if !self.may_see_machine(registry) {
            return None;
        }
        token_of_machine(&self.metadata_host).await.map(basic)
    }

    fn may_see_machine(&self, registry: &str) -> bool {
        let registry = registry.to_ascii_lowercase();
        let is_cloud = CLOUD_REGISTRIES.iter().any(|name| {
            let is_ending = name.starts_with(['.', '-']);
            registry == *name || is_ending && registry.ends_with(name)
        });
        let mut named = self.machine_token_for.iter();
        is_cloud || named.any(|name| name.eq_ignore_ascii_case(&registry))
    }
}

pub(super) async fn token_of_machine(host: &str) -> Option<String> {
    let client = service::proxy::direct()
        .timeout(METADATA_TIME)
        .redirect(reqwest::redirect::Policy::none())
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
    let answer = service::read_body(response, METADATA_BYTES_MAX)
        .await
        .ok()?;
    let token: MetadataToken = serde_json::from_slice(&answer).ok()?;
    Some(token.access_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_token_is_for_registries_of_its_cloud_and_those_that_are_named() {
        let credentials = Credentials {
            machine_token_for: vec!["registry.example.com:5000".to_owned()],
            ..Credentials::default()
        };
        for registry in [
            "gcr.io",
            "eu.gcr.io",
            "Europe-west3-docker.pkg.dev",
            "registry.example.com:5000",
        ] {
            assert!(credentials.may_see_machine(registry), "{registry}");
        }
        for registry in [
            "docker.io",
            "registry.example.com",
            "evilgcr.io",
            "gcr.io.example.com",
            "gcr.io:5000",
            "docker.pkg.dev",
            "127.0.0.1:5000",
            "",
        ] {
            assert!(!credentials.may_see_machine(registry), "{registry}");
        }
    }
}
