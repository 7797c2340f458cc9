//! Tokens: making, listing, revoking, and what checking them needs.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use sqlx::Row as _;

use super::mark_changed;
use crate::{Database, StoreError, Time};

/// Most tokens that are not revoked: services keep all of them in memory.
pub const TOKENS_MAX: i64 = 1_000;

/// Most characters of a name.
const NAME_CHARACTERS: usize = 64;

/// How exactly the last use is known, in seconds.
const USE_NOTED_EVERY_S: f64 = 60.0;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenRole {
    /// Reading.
    Viewer,
    /// Reading and changing.
    Operator,
}

impl TokenRole {
    /// Its name, as in the database, JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for TokenRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for TokenRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Viewer, Self::Operator]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| "the roles are `viewer` and `operator`".to_owned())
    }
}

/// Why a token cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name is empty, too long, or has characters that cannot be shown.
    #[error(
        "the name of a token has 1 to {NAME_CHARACTERS} characters, none of them a control character"
    )]
    Name,
    /// The name is in use.
    #[error("there is a token named \"{0}\": revoke it first, or take another name")]
    NameTaken(String),
    /// There are as many as there may be.
    #[error("there are {TOKENS_MAX} tokens, the most there may be: revoke some first")]
    TooMany,
    /// The database fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for TokenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A token to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewAccessToken<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What it allows.
    pub role: TokenRole,
    /// The SHA-256 hash of the secret.
    pub digest: &'a [u8; 32],
    /// Its validity, in seconds; without a value it has no end.
    pub lifetime_s: Option<f64>,
}

/// A token as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessToken {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `viewer` or `operator`.
    pub role: String,
    /// When it was made.
    pub created_at: Time,
    /// When it ends, if it does.
    pub expires_at: Option<Time>,
    /// Whether that is over.
    pub is_expired: bool,
    /// When it was last used, to a minute.
    pub last_used_at: Option<Time>,
}

/// A token as it is checked.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenDigest {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub role: TokenRole,
    /// The SHA-256 hash of the secret.
    pub digest: [u8; 32],
    /// When it ends, if it does.
    pub expires_at: Option<Time>,
}

impl Database {
    /// Makes a token and gives its number.
    ///
    /// # Errors
    ///
    /// The name cannot be used or is taken, there are too many tokens, or the database fails.
    pub async fn create_access_token(
        &self,
        token: &NewAccessToken<'_>,
    ) -> Result<AccessToken, TokenError> {
        let characters = token.name.chars().count();
        if !(1..=NAME_CHARACTERS).contains(&characters)
            || token.name.chars().any(char::is_control)
            || token.name.trim() != token.name
        {
            return Err(TokenError::Name);
        }
        let mut transaction = self.pool().begin().await?;
        // One at a time, so that there are never more than the limit says.
        sqlx::query("LOCK TABLE loadlab.access_token IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await?;
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM loadlab.access_token WHERE revoked_at IS NULL",
        )
        .fetch_one(&mut *transaction)
        .await?;
        if count >= TOKENS_MAX {
            return Err(TokenError::TooMany);
        }
        let id: Option<i64> = sqlx::query_scalar(
            "INSERT INTO loadlab.access_token (name, role, digest, expires_at)
             VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
             ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING
             RETURNING id",
        )
        .bind(token.name)
        .bind(token.role.as_str())
        .bind(token.digest.as_slice())
        .bind(token.lifetime_s)
        .fetch_optional(&mut *transaction)
        .await?;
        let id = id.ok_or_else(|| TokenError::NameTaken(token.name.to_owned()))?;
        let row = sqlx::query(include_str!("tokens.sql"))
            .bind(id)
            .fetch_one(&mut *transaction)
            .await?;
        let made = read(&row)?;
        mark_changed(&mut transaction).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// The tokens that are not revoked, by name, expired ones included.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn access_tokens(&self) -> Result<Vec<AccessToken>, StoreError> {
        let rows = sqlx::query(include_str!("tokens.sql"))
            .bind(None::<i64>)
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| read(row).map_err(StoreError::from))
            .collect()
    }

    /// What is needed to check tokens: all that are not revoked, expired ones included.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn token_digests(&self) -> Result<Vec<TokenDigest>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, role, digest, expires_at
               FROM loadlab.access_token
              WHERE revoked_at IS NULL
              ORDER BY id LIMIT $1",
        )
        .bind(TOKENS_MAX)
        .fetch_all(self.pool())
        .await?;
        let mut digests = Vec::with_capacity(rows.len());
        for row in rows {
            let role: String = row.try_get("role")?;
            let digest: Vec<u8> = row.try_get("digest")?;
            // The table's own rules exclude everything else.
            let (Ok(role), Ok(digest)) = (role.parse(), digest.try_into()) else {
                continue;
            };
            digests.push(TokenDigest {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                role,
                digest,
                expires_at: row.try_get("expires_at")?,
            });
        }
        Ok(digests)
    }

    /// Ends the token with this number. Gives its name; none if there is no such token.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn revoke_access_token(&self, id: i64) -> Result<Option<String>, StoreError> {
        let mut transaction = self.pool().begin().await?;
        let name = sqlx::query_scalar(
            "UPDATE loadlab.access_token SET revoked_at = clock_timestamp()
              WHERE id = $1 AND revoked_at IS NULL RETURNING name",
        )
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await?;
        if name.is_some() {
            mark_changed(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(name)
    }

    /// Notes that a token was used now, unless that was noted less than a minute ago.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn note_token_use(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE loadlab.access_token SET last_used_at = clock_timestamp()
              WHERE id = $1
                AND (last_used_at IS NULL
                     OR last_used_at <= clock_timestamp() - make_interval(secs => $2))",
        )
        .bind(id)
        .bind(USE_NOTED_EVERY_S)
        .execute(self.pool())
        .await?;
        Ok(())
    }
}

fn read(row: &sqlx::postgres::PgRow) -> Result<AccessToken, sqlx::Error> {
    Ok(AccessToken {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        role: row.try_get("role")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        is_expired: row.try_get("is_expired")?,
        last_used_at: row.try_get("last_used_at")?,
    })
}
