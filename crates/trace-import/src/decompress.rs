//! Plain, gzip and zstd files alike.

use std::io::{self, BufReader, Read};

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The content of a file, decompressed if its first bytes say that it is
/// compressed.
pub(crate) fn decompressed(
    mut source: impl Read + Send + 'static,
) -> io::Result<Box<dyn Read + Send>> {
    let mut start = [0; 4];
    let mut length = 0;
    while length < start.len() {
        match source.read(&mut start[length..]) {
            Ok(0) => break,
            Ok(bytes) => length += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let whole = io::Cursor::new(start[..length].to_vec()).chain(source);
    Ok(if start[..length].starts_with(GZIP_MAGIC) {
        Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(whole)))
    } else if start[..length].starts_with(ZSTD_MAGIC) {
        Box::new(zstd::stream::read::Decoder::new(whole)?)
    } else {
        Box::new(whole)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn check(compressed: Vec<u8>, expected: &[u8]) {
        let mut content = Vec::new();
        decompressed(io::Cursor::new(compressed))
            .expect("a decoder")
            .read_to_end(&mut content)
            .expect("content");
        assert_eq!(content, expected);
    }

    #[test]
    fn reads_plain_gzip_and_zstd_in_several_parts() {
        let gzip = |text: &[u8]| {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text).expect("writing to memory");
            encoder.finish().expect("writing to memory")
        };
        let zstd = |text: &[u8]| zstd::stream::encode_all(text, 1).expect("writing to memory");
        check(b"plain".to_vec(), b"plain");
        check(b"p".to_vec(), b"p");
        check(Vec::new(), b"");
        check([gzip(b"one "), gzip(b"two")].concat(), b"one two");
        check([zstd(b"one "), zstd(b"two")].concat(), b"one two");
    }

    #[test]
    fn a_damaged_archive_is_an_error() {
        let mut content = Vec::new();
        let mut reader =
            decompressed(io::Cursor::new(b"\x1f\x8b\x08damaged".to_vec())).expect("ok");
        assert!(reader.read_to_end(&mut content).is_err());
    }
}
