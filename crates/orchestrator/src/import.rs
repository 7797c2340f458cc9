//! Output files of earlier runs.

/// Most bytes of such a file.
const BYTES_MAX: u64 = 256 << 20;

/// Reads a file, or says why not.
pub(crate) async fn read(file: &str) -> Result<String, String> {
    let path = file.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        text_file::read(path.as_ref(), BYTES_MAX).map(|mut text| std::mem::take(&mut *text))
    });
    match reading.await {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(format!("failed to open output file {file}: {error}")),
        Err(error) => Err(format!("failed to open output file {file}: {error}")),
    }
}
