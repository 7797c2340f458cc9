//! A login of tests, whose password is quick to prove.
//!
//! With each connection a client derives a key from the password, by 4,096 rounds of hashing that
//! keep a stolen verifier from being tried for weak passwords. Without optimisation that takes
//! longer than most tests, which open several connections each. A random password needs no rounds:
//! here there is one.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::StoreError;

/// A role of a server. Name and password follow from the URL of the server with its password, so
/// that all tests know them and nobody else.
pub(super) struct Login {
    name: String,
    verifier: String,
    /// The server's URL, for this role.
    pub(super) url: String,
}

impl Login {
    /// The one for a server. None where the URL has no password.
    pub(super) fn of(url: &str) -> Option<Self> {
        let (scheme, after) = url.split_once("://")?;
        let authority = after.split(['/', '?']).next()?;
        let (user, host) = authority.rsplit_once('@')?;
        user.split_once(':')?;
        let digest = |what: &str| Sha256::digest(format!("{what} of {url}"));
        let number = digest("role")
            .iter()
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        let name = format!("loadlab_test_{number}");
        let password = URL_SAFE_NO_PAD.encode(digest("password"));
        let rest = &after[authority.len()..];
        Some(Self {
            url: format!("{scheme}://{name}:{password}@{host}{rest}"),
            verifier: verifier(&password, &digest("salt")[..16])?,
            name,
        })
    }

    /// Makes the role, if it is missing and the user of the connection may do so.
    pub(super) async fn make(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let (name, verifier) = (&self.name, &self.verifier);
        // Safe: name and verifier are digits and base64.
        let sql = format!(
            "DO $$ BEGIN
                 CREATE ROLE {name} LOGIN SUPERUSER PASSWORD '{verifier}';
             EXCEPTION
                 WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
             END $$"
        );
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// What the server keeps of a password (RFC 5802, and `pg_authid` in PostgreSQL's documentation),
/// with one round of hashing.
fn verifier(password: &str, salt: &[u8]) -> Option<String> {
    let salted = hmac(password.as_bytes(), &[salt, &[0, 0, 0, 1]].concat())?;
    let stored_key = Sha256::digest(hmac(&salted, b"Client Key")?);
    let server_key = hmac(&salted, b"Server Key")?;
    let [salt, stored_key, server_key] =
        [salt, &stored_key, &server_key].map(|bytes| STANDARD.encode(bytes));
    Some(format!("SCRAM-SHA-256$1:{salt}${stored_key}:{server_key}"))
}

fn hmac(key: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    hmac.update(text);
    Some(hmac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_for_the_same_server_and_its_own() {
        let url = "postgres://me:secret@127.0.0.1:5432/logs?sslmode=disable";
        let login = Login::of(url).unwrap();
        let (before, after) = login.url.split_once('@').unwrap();
        assert_eq!(after, "127.0.0.1:5432/logs?sslmode=disable");
        let (name, password) = before["postgres://".len()..].split_once(':').unwrap();
        assert_eq!(name, login.name);
        assert_eq!(Login::of(url).unwrap().url, login.url);
        let other = Login::of(&url.replace("secret", "other")).unwrap();
        assert_ne!(other.name, login.name);
        assert!(!other.url.contains(password));
        assert!(Login::of("postgres://me@127.0.0.1/logs").is_none());
        assert!(Login::of("postgres://127.0.0.1/logs").is_none());
    }
}
