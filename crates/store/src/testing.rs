//! Databases for tests: a fresh, migrated one for each.
//!
//! They are on the server that the environment variable
//! `LOADLAB_TEST_DATABASE_URL` names, whose user must be allowed to create
//! databases, or else on an embedded server that the tests of one process
//! share and that ends with the last of their databases. Cloning a template
//! that was migrated once takes a tenth of the time of migrating.

mod dump;
mod login;
mod small_disk;

use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak, mpsc};
use std::time::Duration;
use std::{env, fs, process, thread};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgTransaction};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::embedded::{Embedded, EmbeddedError, EmbeddedOptions};
use crate::migrations::migrator;
use crate::{ConnectOptions, Database, StoreError, connect};

pub use dump::assert_same;
pub use small_disk::SmallDisk;

use login::Login;
use parking_lot::Mutex;

const URL_VARIABLE: &str = "LOADLAB_TEST_DATABASE_URL";

/// Key of the advisory lock that is held while the template is made.
const TEMPLATE_LOCK: i64 = 0x10AD_1AB0_7E57;

/// How long the end of a test waits until its database is dropped. A connection
/// that the test was just opening holds the server up until the runtime of the
/// test, which waits here, closes it; the server then continues by itself.
const DROP_WAIT_MAX: Duration = Duration::from_secs(2);

/// Why there is no database for a test.
#[derive(Debug, thiserror::Error)]
pub enum TestingError {
    /// No embedded server.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The server does not do what it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No folder for the data of the embedded server.
    #[error("cannot make a temporary folder")]
    Folder(#[from] std::io::Error),
    /// The thread that starts the embedded server has panicked.
    #[error("the embedded server could not be started")]
    Start,
}

/// A migrated, empty database of its own, dropped at the end of the value.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    name: String,
    url: String,
    server: Arc<Server>,
}

impl TestDatabase {
    /// Clones the template, which is made at the first call.
    ///
    /// # Errors
    ///
    /// There is no server for tests, or it refuses.
    pub async fn create() -> Result<Self, TestingError> {
        let server = Server::shared().await?;
        let template = server.ensure_template().await?;
        Self::on(server, Some(&template)).await
    }

    /// A database without any table.
    ///
    /// # Errors
    ///
    /// There is no server for tests, or it refuses.
    pub async fn create_empty() -> Result<Self, TestingError> {
        Self::on(Server::shared().await?, None).await
    }

    async fn on(server: Arc<Server>, template: Option<&str>) -> Result<Self, TestingError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("loadlab_test_{}_{number}", process::id());
        let mut connection = server.connect().await?;
        // An earlier process of the same id may have left its database.
        drop_database(&mut connection, &name).await?;
        create_database(&mut connection, &name, template).await?;
        let url = server.url_of(&name).await?;
        let database = Database::connect(&url, &ConnectOptions::for_writing()).await?;
        Ok(Self {
            database,
            name,
            url,
            server,
        })
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Where to connect, with the password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All rows of all tables with data as text: equal for databases that hold
    /// the same, whatever the ids of the rows are.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn dump(&self) -> Result<String, StoreError> {
        dump::dump(&self.database).await
    }

    /// Every row of every table, to search for what must not be there. Bytes are in
    /// hexadecimal digits.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn contents(&self) -> Result<String, StoreError> {
        let statements = "SELECT format('SELECT to_jsonb(row)::text FROM %I.%I AS row',
                                        schemaname, tablename)
                            FROM pg_tables WHERE schemaname IN ('public', 'loadlab')
                           ORDER BY schemaname, tablename";
        let mut contents = String::new();
        for statement in self.texts(statements).await? {
            for row in self.texts(&statement).await? {
                contents.push_str(&row);
                contents.push('\n');
            }
        }
        Ok(contents)
    }

    /// The first column of the rows that a query gives, which are texts.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn texts(&self, sql: &str) -> Result<Vec<String>, StoreError> {
        // Safe: the text comes from a test.
        let texts = sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .fetch_all(self.database.pool())
            .await?;
        Ok(texts)
    }

    /// Runs statements that set the scene of a test.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn execute(&self, sql: &str) -> Result<(), StoreError> {
        // Safe: the text comes from a test.
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(self.database.pool())
            .await?;
        Ok(())
    }

    /// Locks a table until what is returned is dropped: nobody else reads it meanwhile.
    ///
    /// # Errors
    ///
    /// The database does not answer or refuses.
    pub async fn lock(&self, table: &str) -> Result<LockedTable, StoreError> {
        let mut transaction = self.database.pool().begin().await?;
        let statement = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        // Safe: the name comes from a test.
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await?;
        Ok(LockedTable(transaction))
    }
}

/// A table that a test has locked.
#[derive(Debug)]
pub struct LockedTable(
    #[expect(dead_code, reason = "it ends when it is dropped")] PgTransaction<'static>,
);

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (Arc::clone(&self.server), self.name.clone());
        let (dropped, waiting) = mpsc::channel();
        // The runtime of the test cannot wait in a destructor.
        thread::spawn(move || {
            block_on(async {
                let mut connection = server.connect().await?;
                drop_database(&mut connection, &name).await
            });
            // Nobody waits for the answer any more if it took too long.
            let _ = dropped.send(());
        });
        // At best: what is left does not hurt other tests.
        let _ = waiting.recv_timeout(DROP_WAIT_MAX);
    }
}

#[derive(Debug)]
struct Server {
    /// Of a database that always exists.
    url: String,
    /// The same for the login of tests.
    tests_url: OnceCell<String>,
    /// Ends before its folder is removed.
    _embedded: Option<(Embedded, TempDir)>,
}

impl Server {
    async fn shared() -> Result<Arc<Self>, TestingError> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        // In a thread, because starting a server blocks; the lock lets the
        // other tests wait for it.
        let found = tokio::task::spawn_blocking(|| {
            let mut shared = SHARED.lock();
            if let Some(server) = shared.upgrade() {
                return Ok(server);
            }
            let server = Arc::new(Self::find()?);
            *shared = Arc::downgrade(&server);
            Ok(server)
        });
        found.await.map_err(|_| TestingError::Start)?
    }

    fn find() -> Result<Self, TestingError> {
        if let Ok(url) = env::var(URL_VARIABLE) {
            return Ok(Self {
                url,
                tests_url: OnceCell::new(),
                _embedded: None,
            });
        }
        let folder = tempfile::Builder::new().prefix("loadlab-test-").tempdir()?;
        // The unprivileged user that runs the server must be able to enter.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let embedded = Embedded::start(&EmbeddedOptions {
            binaries: env::var_os("LOADLAB_POSTGRES_BIN").map(Into::into),
            preferred_port: 0,
            ..EmbeddedOptions::new(folder.path().to_owned())
        })?;
        Ok(Self {
            url: embedded.url().to_owned(),
            tests_url: OnceCell::new(),
            _embedded: Some((embedded, folder)),
        })
    }

    async fn connect(&self) -> Result<PgConnection, StoreError> {
        connect_to(self.tests_url().await?).await
    }

    /// The URL for the login of tests, which is made if it is missing; where that is not possible,
    /// the one that was given.
    async fn tests_url(&self) -> Result<&str, StoreError> {
        let url = self
            .tests_url
            .get_or_try_init(|| self.find_tests_url())
            .await?;
        Ok(url)
    }

    async fn find_tests_url(&self) -> Result<String, StoreError> {
        let Some(login) = Login::of(&self.url) else {
            return Ok(self.url.clone());
        };
        if connect_to(&login.url).await.is_err() {
            login.make(&mut connect_to(&self.url).await?).await?;
            if connect_to(&login.url).await.is_err() {
                return Ok(self.url.clone());
            }
        }
        Ok(login.url)
    }

    /// The same URL with another database.
    async fn url_of(&self, database: &str) -> Result<String, StoreError> {
        let url = self.tests_url().await?;
        let (base, parameters) = match url.split_once('?') {
            Some((base, parameters)) => (base, format!("?{parameters}")),
            None => (url, String::new()),
        };
        let authority = base.find("://").map_or(0, |scheme| scheme + 3);
        let end = base[authority..]
            .find('/')
            .map_or(base.len(), |slash| authority + slash);
        Ok(format!("{}/{database}{parameters}", &base[..end]))
    }

    /// Makes the migrated database that others are cloned from, and gives its
    /// name, which changes with the migrations.
    async fn ensure_template(&self) -> Result<String, StoreError> {
        let template = format!("loadlab_template_{}", migrations_hash());
        let mut connection = self.connect().await?;
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(TEMPLATE_LOCK)
            .execute(&mut connection)
            .await?;
        if !exists(&mut connection, &template).await? {
            let new = format!("{template}_new");
            drop_database(&mut connection, &new).await?;
            create_database(&mut connection, &new, None).await?;
            let url = self.url_of(&new).await?;
            let database = Database::connect(&url, &ConnectOptions::for_writing()).await?;
            database.migrate().await?;
            database.close().await;
            let rename = format!("ALTER DATABASE {new} RENAME TO {template}");
            sqlx::raw_sql(AssertSqlSafe(rename))
                .execute(&mut connection)
                .await?;
        }
        // Ends the lock.
        connection.close().await?;
        Ok(template)
    }
}

async fn connect_to(url: &str) -> Result<PgConnection, StoreError> {
    connect::any_connection(&connect::Target::parse(url)?).await
}

/// A short name for the present migrations.
fn migrations_hash() -> String {
    migrator()
        .iter()
        .flat_map(|migration| migration.checksum.iter())
        // FNV-1a
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
        .to_string()
}

async fn exists(connection: &mut PgConnection, name: &str) -> Result<bool, StoreError> {
    let exists = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(name)
        .fetch_one(connection)
        .await?;
    Ok(exists)
}

async fn create_database(
    connection: &mut PgConnection,
    name: &str,
    template: Option<&str>,
) -> Result<(), StoreError> {
    // Safe, as below: names consist of constants and numbers.
    let sql = match template {
        Some(template) => format!("CREATE DATABASE {name} TEMPLATE {template}"),
        None => format!("CREATE DATABASE {name}"),
    };
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut *connection)
        .await?;
    // No test crashes this server: what is committed need not be on disk at once.
    let sql = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

async fn drop_database(connection: &mut PgConnection, name: &str) -> Result<(), StoreError> {
    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

fn block_on<T>(work: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.ok()?.block_on(work).ok()
}
