//! For tests: files of the repository that are made from the code, and descriptions of services.

use std::path::Path;

use serde_json::Value;

/// Fails unless the file `path`, relative to the root of the repository, holds `current`. With
/// `LOADLAB_UPDATE_OPENAPI` in the environment the file is written first.
///
/// # Panics
///
/// The file holds something else, or cannot be written.
#[expect(clippy::panic, reason = "a failed test")]
pub fn assert_checked_in(path: &str, current: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    if std::env::var_os("LOADLAB_UPDATE_OPENAPI").is_some()
        && let Err(error) = std::fs::write(&file, current)
    {
        panic!("{path} cannot be written: {error}");
    }
    assert!(
        std::fs::read_to_string(file).is_ok_and(|text| text == current),
        "run this test with LOADLAB_UPDATE_OPENAPI=1 and check {path} in"
    );
}

/// Fails unless everything that an `OpenAPI` document refers to is in it.
///
/// # Panics
///
/// It refers to something else, or is no JSON.
#[expect(clippy::panic, reason = "a failed test")]
pub fn assert_references_exist(document: &str) {
    let parsed: Value = match serde_json::from_str(document) {
        Ok(parsed) => parsed,
        Err(error) => panic!("the document is no JSON: {error}"),
    };
    for reference in document.split("\"$ref\": \"#").skip(1) {
        let pointer = reference.split('"').next().unwrap_or_default();
        assert!(parsed.pointer(pointer).is_some(), "{pointer}");
    }
}
