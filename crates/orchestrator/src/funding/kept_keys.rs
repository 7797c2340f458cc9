//! Keys of new accounts from the moment in which a node has told them until each is in a file of
//! its own: one sealed file, written at once.

use std::path::{Path, PathBuf};

use mina::PrivateKey;
use zeroize::Zeroizing;

use super::beside_directory;
use crate::run::StepError;
use crate::seal::{Seal, Sealed};

/// The sealed file of one paying key of one command.
pub(super) struct KeptKeys {
    path: PathBuf,
    seal: Seal,
}

impl KeptKeys {
    /// `prefix` is what the paths of the key files will begin with.
    pub(super) fn new(prefix: &Path, secret: &str) -> Self {
        Self {
            path: beside_directory(prefix, "sealed"),
            seal: Seal::new(secret, Sealed::NewKeys),
        }
    }

    /// Writes the keys, on disk when this returns.
    pub(super) async fn write(&self, keys: &[PrivateKey]) -> Result<(), StepError> {
        let mut lines = Zeroizing::new(String::new());
        for key in keys {
            lines.push_str(key.to_base58check().as_str());
            lines.push('\n');
        }
        let sealed = self.seal.close(&lines);
        let path = self.path.clone();
        let writing = tokio::task::spawn_blocking(move || {
            if let Some(directory) = path.parent() {
                durable::make_folder(directory, 0o700)?;
            }
            let sealed = sealed.ok_or_else(|| std::io::Error::other("cannot encrypt"))?;
            durable::write(&path, 0o600, &sealed)
        });
        writing
            .await
            .map_err(StepError::joined)?
            .map_err(|error| self.failed("write", &error))
    }

    /// The keys that an earlier process has kept.
    pub(super) async fn read(&self) -> Result<Option<Vec<PrivateKey>>, StepError> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
        let sealed = match read.map_err(StepError::joined)? {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("read", &error)),
        };
        let lines = self.seal.open(&sealed).map(Zeroizing::new);
        let keys = lines.and_then(|lines| {
            let keys: Result<Vec<PrivateKey>, _> = lines.lines().map(str::parse).collect();
            keys.ok()
        });
        let unreadable = "it was made with another key of the network, or is damaged";
        keys.map(Some)
            .ok_or_else(|| self.failed("read", &unreadable))
    }

    /// Removes them: each is in a file of its own.
    pub(super) async fn remove(&self) -> Result<(), StepError> {
        let path = self.path.clone();
        let removed = tokio::task::spawn_blocking(move || std::fs::remove_file(path)).await;
        match removed.map_err(StepError::joined)? {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(self.failed("remove", &error))
            }
            _ => Ok(()),
        }
    }

    fn failed(&self, verb: &str, error: &dyn std::fmt::Display) -> StepError {
        StepError::Failed(format!("cannot {verb} {}: {error}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn key(byte: u8) -> PrivateKey {
        PrivateKey::from_uniform_bytes(&[byte; 64]).unwrap()
    }

    #[tokio::test]
    async fn kept_keys_are_sealed_and_outside_of_the_directory_of_keys() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("x/payments/key-0");
        let kept = KeptKeys::new(&prefix, "secret");
        assert!(kept.read().await.unwrap().is_none());
        kept.write(&[key(1), key(2)]).await.unwrap();
        let path = folder.path().join("x/.payments-key-0.sealed");
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(key(1).to_base58check().as_str()));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let read = kept.read().await.unwrap().unwrap();
        let publics: Vec<_> = read.iter().map(PrivateKey::public_key).collect();
        assert_eq!(publics, [key(1).public_key(), key(2).public_key()]);
        let other = KeptKeys::new(&prefix, "other secret");
        assert!(other.read().await.is_err());
        kept.remove().await.unwrap();
        kept.remove().await.unwrap();
        assert!(!path.exists());
    }
}
