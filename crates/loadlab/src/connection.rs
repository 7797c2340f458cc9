//! The database of a command: one given by URL, or that of the embedded server.

use std::path::PathBuf;

use anyhow::Context as _;
use store::embedded::{Embedded, EmbeddedOptions, default_data_dir};
use store::{ConnectOptions, Database, StoreError};

use crate::choice::Connection;
use crate::choice::{Choice, environment};

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

    /// Closes the connections, then stops the server, unless others use it.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.database.close().await;
        if let Some(server) = self.server {
            tokio::task::spawn_blocking(move || server.stop()).await?;
            tracing::debug!("the embedded PostgreSQL is no longer used here");
        }
        Ok(())
    }
}

impl Connection {
    /// The data folder, whether or not the embedded server is in it.
    pub(crate) fn folder(&self) -> anyhow::Result<PathBuf> {
        Ok(match self.named_folder(&environment) {
            Some(folder) => folder,
            None => default_data_dir()?,
        })
    }

    /// The text of a database that is not the embedded server's, if there is one.
    pub(crate) fn given_url(&self) -> anyhow::Result<Option<String>> {
        Ok(match self.choose(&environment)? {
            Choice::Given(text) => Some(text),
            Choice::Embedded(_) => None,
        })
    }

    /// Whether neither flags nor variables name a database or a folder.
    pub(crate) fn names_nothing(&self) -> bool {
        matches!(self.choose(&environment), Ok(Choice::Embedded(None)))
    }

    /// How the embedded server runs.
    pub(crate) fn embedded(&self) -> anyhow::Result<EmbeddedOptions> {
        let mut options = EmbeddedOptions::new(self.folder()?);
        options.binaries.clone_from(&self.postgres_bin);
        options.preferred_port = self.postgres_port;
        Ok(options)
    }

    /// Starts or joins the embedded server, or takes the text that was given.
    pub(crate) async fn server(&self) -> anyhow::Result<(String, Option<Embedded>)> {
        if let Some(text) = self.given_url()? {
            return Ok((text, None));
        }
        let overruled = self.overruled(&environment);
        if self.data_dir.is_some() && !overruled.is_empty() {
            tracing::info!(
                "--data-dir names the database; without effect: {}",
                overruled.join(", ")
            );
        }
        let options = self.embedded()?;
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
            Err(StoreError::NotMigrated) => match database.migrate().await {
                // A reader gets an error that says what the owner has to do.
                Err(StoreError::Forbidden { .. } | StoreError::ReadOnly(_)) => {
                    return Err(StoreError::NotMigrated.into());
                }
                other => other?,
            },
            other => other?,
        }
        Ok(Opened {
            database,
            url,
            server,
        })
    }
}
