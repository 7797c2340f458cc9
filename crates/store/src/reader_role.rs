//! A role that reads everything and can change nothing, for analysis tools and for people.

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection};

use crate::{Database, StoreError};

/// How a role that reads is made.
#[derive(Debug, Clone)]
pub struct ReaderRole {
    /// Its name.
    pub name: String,
    /// Its password; none leaves that of an existing role as it is.
    pub password: Option<String>,
    /// When the server ends a statement of it.
    pub statement_timeout: Duration,
}

/// Why no such role was made.
#[derive(Debug, thiserror::Error)]
pub enum ReaderRoleError {
    /// The name belongs to a role that may do more.
    #[error("`{0}` is a role that may do more than read; choose another name")]
    MayDoMore(String),
    /// The role is new and would have no password.
    #[error("the role `{0}` does not exist yet and needs a password")]
    NoPassword(String),
    /// The database does not answer or refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ReaderRoleError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What is granted, with the name in the place of `$role`.
const GRANTS: &str = "
GRANT USAGE ON SCHEMA public, loadlab TO $role;
GRANT SELECT ON ALL TABLES IN SCHEMA public, loadlab TO $role;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, loadlab TO $role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public, loadlab GRANT SELECT ON TABLES TO $role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public, loadlab GRANT SELECT ON SEQUENCES TO $role;
";

impl Database {
    /// Whether there is a role of this name.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn has_role(&self, name: &str) -> Result<bool, StoreError> {
        let query = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)";
        Ok(sqlx::query_scalar(query)
            .bind(name)
            .fetch_one(self.pool())
            .await?)
    }

    /// Makes a role that reads this database, or gives an existing one what it lacks: the tables of
    /// later deployments are readable, too. Its transactions are read-only from the start.
    ///
    /// # Errors
    ///
    /// The name belongs to another kind of role, or the user may not make roles.
    pub async fn make_reader_role(&self, role: &ReaderRole) -> Result<(), ReaderRoleError> {
        let mut transaction = self.pool().begin().await?;
        let may_do_more: Option<bool> = sqlx::query_scalar(
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication
                    OR rolname = current_user
                    OR EXISTS (SELECT FROM pg_class
                                WHERE relowner = pg_roles.oid
                                  AND relnamespace IN ('public'::regnamespace,
                                                       'loadlab'::regnamespace))
               FROM pg_roles WHERE rolname = $1",
        )
        .bind(&role.name)
        .fetch_optional(&mut *transaction)
        .await?;
        let quoted = quoted(&mut transaction, "%I", &role.name).await?;
        let login = match (may_do_more, &role.password) {
            (Some(true), _) => return Err(ReaderRoleError::MayDoMore(role.name.clone())),
            (None, None) => return Err(ReaderRoleError::NoPassword(role.name.clone())),
            (None, Some(password)) => Some(("CREATE", password)),
            (Some(false), Some(password)) => Some(("ALTER", password)),
            (Some(false), None) => None,
        };
        let login = if let Some((verb, password)) = login {
            let password = self::quoted(&mut transaction, "%L", password).await?;
            format!("{verb} ROLE {quoted} LOGIN PASSWORD {password};")
        } else {
            String::new()
        };
        let timeout = role.statement_timeout.as_millis();
        let grants = GRANTS.replace("$role", &quoted);
        let statements = format!(
            "{login}
             ALTER ROLE {quoted} SET default_transaction_read_only = on;
             ALTER ROLE {quoted} SET statement_timeout = {timeout};
             {grants}"
        );
        // Safe: the server has quoted what is not constant.
        sqlx::raw_sql(AssertSqlSafe(statements))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// A text as part of a statement, quoted by the server.
async fn quoted(
    connection: &mut PgConnection,
    form: &str,
    text: &str,
) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT format($1, $2)")
        .bind(form)
        .bind(text)
        .fetch_one(connection)
        .await
}
