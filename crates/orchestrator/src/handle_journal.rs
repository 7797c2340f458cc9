//! The file that takes the handles of what is started at nodes, one JSON object on each line,
//! before it is started.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    node: &'a str,
    kind: &'a str,
    handle: &'a str,
}

/// Appends a line and waits until it is on disk. A new file can be read by its owner only.
pub(crate) async fn append(
    path: &Path,
    node: &str,
    kind: &str,
    handle: &str,
) -> std::io::Result<()> {
    let line = Line {
        time: jiff::Timestamp::now().to_string(),
        node,
        kind,
        handle,
    };
    let mut text = serde_json::to_vec(&line)?;
    text.push(b'\n');
    let path = path.to_owned();
    let writing = tokio::task::spawn_blocking(move || {
        let mut file = durable::append_to(&path, 0o600)?;
        file.write_all(&text)?;
        file.sync_data()
    });
    writing.await.map_err(std::io::Error::other)?
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn lines_are_appended_to_a_file_of_the_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("handles");
        append(&path, "a:1", "payments", "h1").await.unwrap();
        append(&path, "b:1", "create-accounts", "h2").await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1]["kind"], "create-accounts");
        assert_eq!(lines[1]["handle"], "h2");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
