//! An embedded server in a temporary folder, with an empty database.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use anyhow::Context as _;
use store::embedded::{Embedded, EmbeddedOptions};
use store::{ConnectOptions, Database};
use tempfile::TempDir;

/// Ends, and deletes its data, when dropped.
pub(crate) struct TemporaryServer {
    // In this order: the server ends before its folder goes.
    embedded: Embedded,
    _folder: TempDir,
}

impl TemporaryServer {
    /// Starts the server and prepares its database. `TMPDIR` says where.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let starting = tokio::task::spawn_blocking(|| {
            let folder = tempfile::Builder::new()
                .prefix("loadlab-bench-")
                .tempdir()?;
            // The unprivileged user that runs the server must be able to enter.
            fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
            let mut options = EmbeddedOptions::new(folder.path().join("postgres"));
            options.binaries = std::env::var_os("LOADLAB_POSTGRES_BIN").map(Into::into);
            options.preferred_port = 0;
            anyhow::Ok(Self {
                embedded: Embedded::start(&options)?,
                _folder: folder,
            })
        });
        let server = starting
            .await
            .context("the thread that starts PostgreSQL failed")??;
        let database = server.connect(1).await?;
        database.migrate().await?;
        database.close().await;
        Ok(server)
    }

    pub(crate) fn url(&self) -> &str {
        self.embedded.url()
    }

    pub(crate) async fn connect(&self, connections: u32) -> anyhow::Result<Database> {
        connect(self.url(), connections).await
    }
}

/// Connects for bulk work.
pub(crate) async fn connect(url: &str, connections: u32) -> anyhow::Result<Database> {
    let options = ConnectOptions {
        max_connections: connections,
        ..ConnectOptions::for_writing()
    };
    Ok(Database::connect(url, &options).await?)
}
