//! Why a connection could not be opened, told apart by what can be done about it.

use std::borrow::Cow;
use std::io;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::target::{database_name, server};
use crate::StoreError;
use crate::error::Cause;

/// What TLS fails at, as the error says it, and what to do.
const TLS_REMEDIES: [(&str, &str); 6] = [
    (
        "does not support TLS",
        "turn `ssl` on at the server, or use sslmode=disable",
    ),
    (
        "CaUsedAsEndEntity",
        "a certificate that is its own authority cannot be verified: let an authority sign it and \
         name that with sslrootcert, or use sslmode=require, which encrypts only",
    ),
    (
        "UnknownIssuer",
        "name the certificate of its authority with sslrootcert",
    ),
    (
        "not valid for name",
        "connect by a name that the certificate is for, or use sslmode=verify-ca",
    ),
    (
        "ertificateRequired",
        "give a client certificate with sslcert and sslkey",
    ),
    (
        "UnknownCA",
        "the server does not know the authority of the client certificate (sslcert)",
    ),
];

pub(super) fn connect_error(options: &PgConnectOptions, source: sqlx::Error) -> StoreError {
    let server = server(options);
    if is_about_tls(options, &source) {
        let source = Cause::from(source);
        let text = source.to_string();
        let remedy = TLS_REMEDIES
            .iter()
            .find(|(reason, _)| text.contains(reason))
            .map_or(
                "check sslmode, sslrootcert, sslcert and sslkey",
                |(_, remedy)| remedy,
            );
        return StoreError::Tls {
            server,
            remedy,
            source,
        };
    }
    let Some(error) = source.as_database_error() else {
        return StoreError::Unreachable {
            server,
            source: source.into(),
        };
    };
    let user = options.get_username().to_owned();
    let message = error.message();
    let code = error.code().map(Cow::into_owned);
    match code.as_deref() {
        // invalid_authorization_specification; the words are PostgreSQL's own
        Some("28000") if message.contains("client certificate") => StoreError::Tls {
            server,
            remedy: "give a client certificate with sslcert and sslkey",
            source: source.into(),
        },
        Some("28000") if message.contains("pg_hba.conf") => StoreError::NotAdmitted {
            remedy: if message.contains("no encryption") {
                "without TLS: use sslmode=require or verify-full"
            } else {
                "from here: add a line to that file, or use another user or database"
            },
            server,
            user,
            source: source.into(),
        },
        // invalid_password
        Some("28P01" | "28000") => StoreError::AccessDenied {
            server,
            user,
            source: source.into(),
        },
        // invalid_catalog_name
        Some("3D000") => StoreError::DatabaseMissing {
            server,
            database: database_name(options).to_owned(),
        },
        _ => StoreError::from(source),
    }
}

/// Whether the server wants no encryption although it offers it.
pub(super) fn wants_no_tls(options: &PgConnectOptions, error: &StoreError) -> bool {
    matches!(options.get_ssl_mode(), PgSslMode::Prefer)
        && matches!(error, StoreError::NotAdmitted { source, .. }
            if source.to_string().contains("SSL encryption"))
}

fn is_about_tls(options: &PgConnectOptions, error: &sqlx::Error) -> bool {
    if matches!(options.get_ssl_mode(), PgSslMode::Disable) {
        return false;
    }
    match error {
        // The latter: certificate and key do not go together, or hold none.
        sqlx::Error::Tls(_) | sqlx::Error::Configuration(_) => true,
        // What the TLS library reports comes as this kind.
        sqlx::Error::Io(error) => {
            error.kind() == io::ErrorKind::InvalidData || error.to_string().contains("TLS")
        }
        _ => false,
    }
}
