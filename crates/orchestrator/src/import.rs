//! Output files of earlier runs.

/// Most bytes of such a file.
const BYTES_MAX: u64 = 256 << 20;

/// Reads a file, or says why not.
pub(crate) async fn read(file: &str) -> Result<String, String> {
    let path = file.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        use std::io::Read as _;
        let mut text = String::new();
        let opened = std::fs::File::open(&path)?;
        opened.take(BYTES_MAX).read_to_string(&mut text)?;
        Ok::<_, std::io::Error>(text)
    });
    match reading.await {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(format!("failed to open output file {file}: {error}")),
        Err(error) => Err(format!("failed to open output file {file}: {error}")),
    }
}
