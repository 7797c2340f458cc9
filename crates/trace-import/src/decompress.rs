//! Plain, gzip and zstd files alike.

use std::io::{self, BufReader, Read};

use crate::format::HEAD_BYTES;

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The content of a file, decompressed if its first bytes say that it is compressed.
pub(crate) struct Content {
    source: Box<dyn Read + Send>,
    compressed: bool,
    /// The first bytes.
    head: Vec<u8>,
    /// How many of them have been given out.
    given: usize,
    /// The compressed data end in the middle.
    cut: bool,
}

impl Content {
    pub(crate) fn of(mut source: impl Read + Send + 'static) -> io::Result<Self> {
        let mut start = [0; 4];
        let length = fill(&mut source, &mut start)?;
        let start = &start[..length];
        let whole = io::Cursor::new(start.to_vec()).chain(source);
        let gzip = start.starts_with(GZIP_MAGIC);
        let zstd = start.starts_with(ZSTD_MAGIC);
        let mut content = Self {
            source: if gzip {
                Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(whole)))
            } else if zstd {
                Box::new(zstd::stream::read::Decoder::new(whole)?)
            } else {
                Box::new(whole)
            },
            compressed: gzip || zstd,
            head: Vec::new(),
            given: 0,
            cut: false,
        };
        let mut head = vec![0; HEAD_BYTES];
        let mut length = 0;
        while length < head.len() {
            match content.read_on(&mut head[length..])? {
                0 => break,
                bytes => length += bytes,
            }
        }
        head.truncate(length);
        content.head = head;
        Ok(content)
    }

    /// The first bytes.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether compressed data have ended in the middle.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Reads on behind the head.
    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cut {
            return Ok(0);
        }
        loop {
            match self.source.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if self.compressed && error.kind() == io::ErrorKind::UnexpectedEof => {
                    self.cut = true;
                    return Ok(0);
                }
                other => return other,
            }
        }
    }
}

impl Read for Content {
    /// Of compressed data that were cut, what there is of them.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut head = &self.head[self.given..];
        if head.is_empty() {
            return self.read_on(buffer);
        }
        let bytes = head.read(buffer)?;
        self.given += bytes;
        Ok(bytes)
    }
}

fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match source.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(bytes) => length += bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn check(compressed: Vec<u8>, expected: &[u8]) {
        let mut content = Vec::new();
        Content::of(io::Cursor::new(compressed))
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
    fn of_a_cut_archive_there_is_what_can_be_read() {
        let text: Vec<u8> = (0..200_000_u32)
            .flat_map(|n| n.to_string().into_bytes())
            .collect();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).expect("writing to memory");
        let gzip = gzip.finish().expect("writing to memory");
        let zstd = zstd::stream::encode_all(text.as_slice(), 1).expect("writing to memory");
        for archive in [gzip, zstd] {
            for length in [5, archive.len() / 2, archive.len() - 1] {
                let cut = io::Cursor::new(archive[..length].to_vec());
                let mut content = Content::of(cut).expect("a decoder");
                let mut read = Vec::new();
                content.read_to_end(&mut read).expect("content");
                assert!(content.is_cut());
                assert!(text.starts_with(&read));
                assert_eq!(length > 5, !read.is_empty());
            }
        }
    }

    #[test]
    fn a_damaged_archive_is_an_error() {
        let damaged = io::Cursor::new(b"\x1f\x8b\x08damaged and long enough".to_vec());
        let read = Content::of(damaged).and_then(|mut content| {
            let mut all = Vec::new();
            content.read_to_end(&mut all)
        });
        assert!(read.is_err());
    }
}
