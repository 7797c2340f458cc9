//! Files with encrypted private keys: reading directories of them and writing new ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mina::{KeyFile, PasswordCost, PrivateKey};
use rand::RngCore as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::run::StepError;

/// Most bytes of a key file.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// Most keys of a directory.
const KEYS_MAX: usize = 200_000;

/// A password, wiped when dropped.
pub(crate) type Password = Arc<Zeroizing<Vec<u8>>>;

/// The password in the environment variable of this name; empty if there is none.
pub(crate) fn password(variable: &str) -> Password {
    let value = if variable.is_empty() {
        None
    } else {
        std::env::var_os(variable)
    };
    let bytes = value.map(std::os::unix::ffi::OsStringExt::into_vec);
    Arc::new(Zeroizing::new(bytes.unwrap_or_default()))
}

/// The keys of a directory in the byte order of file names, at most `limit`; 0 for all. Decrypting
/// takes long, so it is done on all processors.
pub(crate) async fn load_directory(
    directory: PathBuf,
    limit: usize,
    password: Password,
    cancel: CancellationToken,
) -> Result<Vec<PrivateKey>, StepError> {
    let mut paths = {
        let folder = directory.clone();
        tokio::task::spawn_blocking(move || list(&folder))
            .await
            .map_err(StepError::joined)?
            .map_err(|error| {
                let shown = directory.display();
                StepError::Failed(format!("failed to read key directory {shown}: {error}"))
            })?
    };
    if limit > 0 {
        paths.truncate(limit);
    }
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut keys: Vec<Option<PrivateKey>> = paths.iter().map(|_| None).collect();
    let mut waiting = paths.into_iter().enumerate();
    let mut tasks = JoinSet::new();
    loop {
        while tasks.len() < threads
            && let Some((index, path)) = waiting.next()
        {
            let password = Arc::clone(&password);
            tasks.spawn_blocking(move || (index, read_key(&path, &password)));
        }
        let joined = tokio::select! {
            () = cancel.cancelled() => return Err(StepError::Cancelled),
            joined = tasks.join_next() => joined,
        };
        let Some(joined) = joined else {
            break;
        };
        let (index, key) = joined.map_err(StepError::joined)?;
        if let Some(slot) = keys.get_mut(index) {
            *slot = Some(key.map_err(StepError::Failed)?);
        }
    }
    Ok(keys.into_iter().flatten().collect())
}

fn list(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "pub") && path.is_file() {
            paths.push(path);
        }
        if paths.len() > KEYS_MAX {
            return Err(std::io::Error::other("too many files"));
        }
    }
    paths.sort_by(|one, other| {
        let bytes = |path: &Path| path.as_os_str().as_encoded_bytes().to_vec();
        bytes(one).cmp(&bytes(other))
    });
    Ok(paths)
}

/// Reads and decrypts a key file. Takes a second and 128 MiB.
pub(crate) fn read_key(path: &Path, password: &[u8]) -> Result<PrivateKey, String> {
    let shown = path.display();
    let json = text_file::read(path, FILE_BYTES_MAX)
        .map_err(|error| format!("failed to open keyfile {shown}: {error}"))?;
    KeyFile::from_json(json.as_bytes())
        .and_then(|file| file.decrypt(password))
        .map_err(|error| format!("failed decoding private key from file {shown}: {error}"))
}

/// Writes a key encrypted to `path`, and its public key to `<path>.pub`. The file appears whole or
/// not at all, and only its owner can read it.
pub(crate) fn write_key(
    path: &Path,
    key: &PrivateKey,
    password: &[u8],
    cost: PasswordCost,
) -> Result<(), String> {
    let shown = path.display();
    let failed = |error: std::io::Error| format!("failed to write keyfile {shown}: {error}");
    let (mut salt, mut nonce) = ([0; 16], [0; 24]);
    rand::rng().fill_bytes(&mut salt);
    rand::rng().fill_bytes(&mut nonce);
    let file = KeyFile::encrypt(key, password, salt, nonce, cost)
        .map_err(|error| format!("failed to encrypt {shown}: {error}"))?;
    let mut public = path.as_os_str().to_owned();
    public.push(".pub");
    durable::write(
        Path::new(&public),
        0o644,
        format!("{}\n", key.public_key()).as_bytes(),
    )
    .map_err(failed)?;
    durable::write(path, 0o600, file.to_json().as_bytes()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn cheap() -> PasswordCost {
        PasswordCost::new(1 << 20, 1).unwrap()
    }

    fn key(byte: u8) -> PrivateKey {
        PrivateKey::from_uniform_bytes(&[byte; 64]).unwrap()
    }

    fn write(folder: &Path, name: &str, byte: u8) {
        write_key(&folder.join(name), &key(byte), b"pw", cheap()).unwrap();
    }

    #[tokio::test]
    async fn a_directory_is_read_in_the_byte_order_of_its_files() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "key-0-2", 2);
        write(folder.path(), "key-0-10", 10);
        let directory = folder.path().to_owned();
        let password: Password = Arc::new(Zeroizing::new(b"pw".to_vec()));
        let load = |limit, password| {
            load_directory(directory.clone(), limit, password, CancellationToken::new())
        };
        let texts = |keys: Vec<PrivateKey>| -> Vec<String> {
            keys.iter()
                .map(|key| key.public_key().to_string())
                .collect()
        };
        let expected = [key(10), key(2)].map(|key| key.public_key().to_string());
        assert_eq!(
            texts(load(0, Arc::clone(&password)).await.unwrap()),
            expected
        );
        assert_eq!(texts(load(1, password).await.unwrap()), expected[..1]);
        let wrong = load(0, Arc::default()).await.unwrap_err().to_string();
        assert!(
            wrong.contains("failed decoding private key from file"),
            "{wrong}"
        );
    }

    #[test]
    fn a_byte_order_mark_before_a_key_is_harmless() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "key", 1);
        let path = folder.path().join("key");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("\u{feff}{text}")).unwrap();
        let read = read_key(&path, b"pw").unwrap();
        assert_eq!(read.public_key(), key(1).public_key());
    }

    #[test]
    fn keys_are_readable_by_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "key", 1);
        let mode = |name: &str| {
            let metadata = std::fs::metadata(folder.path().join(name)).unwrap();
            metadata.permissions().mode() & 0o777
        };
        assert_eq!((mode("key"), mode("key.pub")), (0o600, 0o644));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        let public = std::fs::read_to_string(folder.path().join("key.pub")).unwrap();
        assert_eq!(public, format!("{}\n", key(1).public_key()));
    }

    #[test]
    fn each_file_has_a_salt_and_a_nonce_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            write(folder.path(), name, 1);
            let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
            serde_json::from_str::<serde_json::Value>(&text).unwrap()
        };
        let (one, other) = (file("one"), file("other"));
        // Files with shorter or longer ones are not read.
        for name in ["pwsalt", "nonce"] {
            assert_ne!(one[name], other[name], "{name}");
        }
        assert_eq!(one["pwdiff"], serde_json::json!([1 << 20, 1]));
        let network = crate::CommandedNetwork::from_json(
            r#"{"key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","onlineURL":"http://a"}"#,
        );
        let config = crate::Config::new(network.unwrap());
        assert_eq!(config.key_file_cost, PasswordCost::MODERATE);
        let standard = KeyFile::encrypt(&key(1), b"", [0; 16], [0; 24], PasswordCost::MODERATE);
        assert!(
            standard
                .unwrap()
                .to_json()
                .contains("\"pwdiff\":[134217728,6]")
        );
    }

    /// A file that another implementation has written.
    #[test]
    fn a_known_file_gives_its_key_to_its_password_only() {
        const FILE: &str = r#"{"box_primitive":"xsalsa20poly1305","pw_primitive":"argon2i","nonce":"6bbfrgNxLBp7RG5iMf81uTrXiFcDQtm7MADpJcf","pwsalt":"8MhTyWstKH88TfYGX7YEfsy6q9aS","pwdiff":[134217728,6],"ciphertext":"C7jod7AJLPGW2HsWr5FwrFdTgUHvLYjnycM1xKJYxy5Y8w3CRvr8PTtkPniGL6Ltg8nQLyZwW"}"#;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, FILE).unwrap();
        let key = read_key(&path, b"perf-test").unwrap();
        assert_eq!(
            key.to_base58check().as_str(),
            "EKDheSqYpEhZgmQkCTWGveu41cX53sd9XRRD9QpwyS8JyJjhG99B"
        );
        let wrong = read_key(&path, b"other").unwrap_err();
        let shown = path.display();
        let expected = format!("failed decoding private key from file {shown}: wrong password");
        assert!(wrong.starts_with(&expected), "{wrong}");
    }

    #[test]
    fn a_password_comes_from_the_variable_that_is_named() {
        // Set for every test by what runs it.
        let given = password("CARGO_MANIFEST_DIR");
        assert_eq!(given.as_slice(), env!("CARGO_MANIFEST_DIR").as_bytes());
        assert!(password("").is_empty());
        assert!(password("LOADLAB_NO_SUCH_VARIABLE").is_empty());
    }

    #[test]
    fn what_is_no_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "{}").unwrap();
        assert!(read_key(&path, b"").is_err());
        let missing = read_key(&folder.path().join("none"), b"").unwrap_err();
        assert!(missing.starts_with("failed to open keyfile "), "{missing}");
    }
}
