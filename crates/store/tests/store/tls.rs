//! TLS to a server that takes no other connections.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

use store::testing::TestDatabase;
use store::{ConnectOptions, Database, ForClients, StoreError, for_clients};

use crate::embedded;

/// Runs openssl; false where it is not installed.
fn openssl(folder: &Path, arguments: &str) -> bool {
    let status = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

const NEW_KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

/// An authority of its own with this name.
fn authority(folder: &Path, name: &str) -> bool {
    openssl(
        folder,
        &format!("req -x509 {NEW_KEY} -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt"),
    )
}

/// A certificate that the authority `ca` has signed.
fn signed(folder: &Path, name: &str, common_name: &str) -> bool {
    let names = folder.join(format!("{name}.ext"));
    fs::write(names, format!("subjectAltName=DNS:{common_name}")).unwrap();
    openssl(
        folder,
        &format!("req {NEW_KEY} -subj /CN={common_name} -keyout {name}.key -out {name}.csr"),
    ) && openssl(
        folder,
        &format!(
            "x509 -req -days 2 -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile \
             {name}.ext -out {name}.crt"
        ),
    )
}

async fn connect(text: &str) -> Result<Database, StoreError> {
    Database::connect(text, &ConnectOptions::for_queries()).await
}

#[test]
fn a_server_that_demands_tls_is_reached_or_it_is_said_why_not() {
    let folder = embedded::folder();
    let path = folder.path();
    let made = authority(path, "ca")
        && authority(path, "other")
        && signed(path, "server", "localhost")
        && signed(path, "client", "certain");
    if !made {
        println!("SKIPPED: openssl cannot make certificates here");
        return;
    }
    let server = embedded::start(path);
    let data = embedded::instance(path).join("data");
    let owner = fs::metadata(&data).unwrap();
    for name in ["server.crt", "server.key", "ca.crt"] {
        let copy = data.join(name);
        fs::copy(path.join(name), &copy).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::chown(&copy, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    let admin = server.url().to_owned();
    for sql in [
        "CREATE ROLE certain LOGIN PASSWORD 'p:a@s/s'",
        "ALTER SYSTEM SET ssl_ca_file = 'ca.crt'",
        "ALTER SYSTEM SET ssl_cert_file = 'server.crt'",
        "ALTER SYSTEM SET ssl_key_file = 'server.key'",
        "ALTER SYSTEM SET ssl = on",
    ] {
        embedded::execute(&admin, sql).unwrap();
    }
    fs::write(
        data.join("pg_hba.conf"),
        "hostssl all certain 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n\
         hostssl all all 127.0.0.1/32 scram-sha-256\n",
    )
    .unwrap();
    embedded::execute(&admin, "SELECT pg_reload_conf()").unwrap();

    let ForClients { text, password } = for_clients(&admin).unwrap();
    let port = text
        .split_once("port='")
        .unwrap()
        .1
        .split_once('\'')
        .unwrap()
        .0;
    let usual = format!("postgres:{}", password.unwrap());
    let certain = "certain:p%3Aa%40s%2Fs";
    let file = |name: &str| path.join(name).display().to_string();
    let (ca, other) = (file("ca.crt"), file("other.crt"));
    let client = format!(
        "&sslcert={}&sslkey={}",
        file("client.crt"),
        file("client.key")
    );
    let half = format!("&sslcert={}", file("client.crt"));

    let works = "";
    #[rustfmt::skip]
    let cases = [
        // login, host, parameters, what is said
        (usual.as_str(), "127.0.0.1", String::new(), works),
        (&usual, "127.0.0.1", "sslmode=allow".to_owned(), works),
        (&usual, "127.0.0.1", "sslmode=require".to_owned(), works),
        (&usual, "localhost", format!("sslmode=verify-full&sslrootcert={ca}"), works),
        (&usual, "127.0.0.1", format!("sslmode=verify-ca&sslrootcert={ca}"), works),
        (&usual, "127.0.0.1", format!("sslmode=require&sslrootcert={ca}"), works),
        (certain, "localhost", format!("sslmode=verify-full&sslrootcert={ca}{client}"), works),
        (certain, "localhost", format!("sslmode=require{client}"), works),
        (&usual, "127.0.0.1", "sslmode=disable".to_owned(), "without TLS: use sslmode=require"),
        (&usual, "127.0.0.1", format!("sslmode=verify-full&sslrootcert={ca}"), "a name that the certificate is for"),
        (&usual, "localhost", format!("sslmode=verify-full&sslrootcert={other}"), "certificate of its authority with sslrootcert"),
        (&usual, "localhost", format!("sslmode=require&sslrootcert={other}"), "certificate of its authority with sslrootcert"),
        (&usual, "localhost", "sslmode=verify-full".to_owned(), "certificate of its authority with sslrootcert"),
        (&usual, "localhost", "sslmode=verify-full&sslrootcert=/none/ca".to_owned(), "cannot read /none/ca (`sslrootcert`"),
        (certain, "localhost", "sslmode=require".to_owned(), "a client certificate with sslcert and sslkey"),
        (certain, "localhost", format!("sslmode=require{half}"), "sslcert and sslkey"),
    ];
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        for (login, host, parameters, said) in cases {
            let text = format!("postgres://{login}@{host}:{port}/logs?{parameters}");
            match connect(&text).await {
                Ok(database) => {
                    assert_eq!(said, works, "{parameters}");
                    database.ping().await.unwrap();
                }
                Err(error) => {
                    assert_ne!(said, works, "{parameters}: {error:?}");
                    let error = error.to_string();
                    assert!(error.contains("TLS"), "{parameters}: {error}");
                    assert!(error.contains(said), "{parameters}: {error}");
                }
            }
        }
    });
}

#[tokio::test]
async fn a_server_without_tls_is_said_to_be_one() {
    let test = TestDatabase::create_empty().await.unwrap();
    let (address, _) = test.url().split_once('?').unwrap_or((test.url(), ""));
    for mode in ["require", "verify-full"] {
        let error = connect(&format!("{address}?sslmode={mode}"))
            .await
            .unwrap_err();
        // A server of the tests' own has none; one that was given may have it.
        if let StoreError::Tls { remedy, .. } = &error {
            assert!(remedy.contains("sslmode=disable") || remedy.contains("sslrootcert"));
        } else {
            panic!("{error}");
        }
    }
}
