//! The database of a command: one given by URL, or that of the embedded server.

use std::path::PathBuf;

use anyhow::Context as _;
use store::embedded::{Embedded, EmbeddedOptions, default_data_dir};
use store::{ConnectOptions, Database, StoreError};

use crate::cli::Connection;

/// An open database, with the server that it needs.
pub(crate) struct Opened {
    pub(crate) database: Database,
    url: String,
    /// Stops when this is dropped, unless others use it.
    server: Option<Embedded>,
}

impl Opened {
    /// The URL, with its password: never to be logged.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Closes the connections, then stops the server.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.database.close().await;
        if let Some(server) = self.server {
            tokio::task::spawn_blocking(move || server.stop()).await?;
        }
        Ok(())
    }
}

/// How the original experiments API and orchestrator are told their database.
const ORIGINAL_URL_VARIABLE: &str = "PSQL_CONNECTION_STRING";

impl Connection {
    /// The data folder, whether or not the embedded server is in it.
    pub(crate) fn folder(&self) -> anyhow::Result<PathBuf> {
        Ok(match &self.data_dir {
            Some(folder) => folder.clone(),
            None => default_data_dir()?,
        })
    }

    /// The URL of a server that is not the embedded one, if there is one.
    pub(crate) fn given_url(&self) -> Option<String> {
        let original = || std::env::var(ORIGINAL_URL_VARIABLE).ok();
        // Compose files set variables to nothing.
        let given = |url: &String| !url.is_empty();
        let url = self.database_url.clone().filter(given);
        url.or_else(original).filter(given)
    }

    /// Starts or joins the embedded server, or takes the URL that was given.
    pub(crate) async fn server(&self) -> anyhow::Result<(String, Option<Embedded>)> {
        if let Some(url) = self.given_url() {
            return Ok((url, None));
        }
        let mut options = EmbeddedOptions::new(self.folder()?);
        options.binaries.clone_from(&self.postgres_bin);
        options.preferred_port = self.postgres_port;
        let server = tokio::task::spawn_blocking(move || Embedded::start(&options))
            .await
            .context("the thread that starts PostgreSQL failed")??;
        Ok((server.url().to_owned(), Some(server)))
    }

    /// Opens the database. A fresh one is prepared.
    pub(crate) async fn open(&self, options: &ConnectOptions) -> anyhow::Result<Opened> {
        let (url, server) = self.server().await?;
        let database = Database::connect(&url, options).await?;
        match database.require_migrated().await {
            Err(StoreError::NotMigrated) => database.migrate().await?,
            other => other?,
        }
        Ok(Opened {
            database,
            url,
            server,
        })
    }
}
