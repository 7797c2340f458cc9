//! What a file that is no trace is likely to be.

/// Bytes at the beginning of a file that are looked at.
pub(crate) const HEAD_BYTES: usize = 512;

/// Where a tar archive says what it is.
const TAR_AT: usize = 257;

/// The first bytes of formats that no trace can begin with, and what to do with such a file.
const BEGINNINGS: [(&[u8], &str); 14] = [
    (
        b"\xfd7zXZ\0",
        "xz; unpack it: `xz -dc FILE | loadlab trace import -`",
    ),
    (
        b"BZh",
        "bzip2; unpack it: `bzip2 -dc FILE | loadlab trace import -`",
    ),
    (b"PK\x03\x04", "a zip archive; unpack it"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
    (
        b"\x04\x22\x4d\x18",
        "lz4; unpack it: `lz4 -dc FILE | loadlab trace import -`",
    ),
    (
        b"LZIP",
        "lzip; unpack it: `lzip -dc FILE | loadlab trace import -`",
    ),
    (
        b"\x1f\x9d",
        "compress (.Z); unpack it: `uncompress -c FILE | loadlab trace import -`",
    ),
    (b"\x1f\x8b", "gzip within compressed data; unpack it once"),
    (
        b"\x28\xb5\x2f\xfd",
        "zstd within compressed data; unpack it once",
    ),
    (
        b"\xff\xfe",
        "UTF-16; convert it: `iconv -f UTF-16 -t UTF-8 FILE | loadlab trace import -`",
    ),
    (
        b"\xfe\xff",
        "UTF-16; convert it: `iconv -f UTF-16 -t UTF-8 FILE | loadlab trace import -`",
    ),
    (b"%PDF", "PDF"),
    (b"SQLite format 3\0", "an SQLite database"),
];

/// Beginnings of texts that may be the first lines of a damaged trace, too.
const TEXT_BEGINNINGS: [(&[u8], &str); 4] = [
    (
        b"<!",
        "HTML or XML, perhaps an error page in the place of a download",
    ),
    (
        b"<html",
        "HTML, perhaps an error page in the place of a download",
    ),
    (
        b"<?xml",
        "XML, perhaps an error message in the place of a download",
    ),
    (
        b"{\n",
        "JSON over several lines; a trace has one entry a line",
    ),
];

/// The format of a file that is certainly no trace, by its first bytes.
pub(crate) fn foreign(head: &[u8]) -> Option<&'static str> {
    if head
        .get(TAR_AT..)
        .is_some_and(|rest| rest.starts_with(b"ustar"))
    {
        return Some("a tar archive; unpack it");
    }
    let beginning = BEGINNINGS
        .iter()
        .find(|(beginning, _)| head.starts_with(beginning));
    if let Some((_, format)) = beginning {
        return Some(format);
    }
    let zeros = |from: usize| {
        let bytes = head.iter().skip(from).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    // Half of the bytes of JSON in UTF-16 are 0.
    let (even, odd) = (zeros(0), zeros(1));
    let is_utf16 = |often: usize, seldom: usize| {
        head.len() >= 4 && often > head.len() / 3 && seldom <= head.len() / 16
    };
    if is_utf16(odd, even) {
        Some(
            "UTF-16 without a byte order mark; convert it: \
             `iconv -f UTF-16LE -t UTF-8 FILE | loadlab trace import -`",
        )
    } else if is_utf16(even, odd) {
        Some(
            "UTF-16 without a byte order mark; convert it: \
             `iconv -f UTF-16BE -t UTF-8 FILE | loadlab trace import -`",
        )
    } else {
        None
    }
}

/// The likely format of a file without any entry, by its first bytes.
pub(crate) fn likely(head: &[u8]) -> &'static str {
    let start = head.trim_ascii_start();
    let text = TEXT_BEGINNINGS.iter().find(|(beginning, _)| {
        let start = start.get(..beginning.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(beginning))
    });
    match text {
        Some((_, format)) => format,
        None if start.starts_with(b"[") && !start.starts_with(b"[\"") => {
            "one JSON array; a trace has one entry a line: `jq -c '.[]' FILE`"
        }
        None if head.contains(&0) => "binary data",
        None => "a text of another kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_not_foreign() {
        for line in [
            "[\"X\",1.5]\n",
            "{\"current_block\":\"0\"}\n",
            "{\"id\":1}",
            "e\"}\n[\"X\",1.5]",
            "",
        ] {
            assert_eq!(foreign(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| {
            text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
        };
        let mut tar = vec![b'a'; TAR_AT];
        tar.extend_from_slice(b"ustar\0");
        for (head, expected) in [
            (tar, "a tar archive"),
            (b"BZh91AY".to_vec(), "bzip2"),
            (utf16("\u{feff}[\"X\",1.5]\n", u16::to_le_bytes), "UTF-16; "),
            (utf16("\u{feff}[\"X\",1.5]\n", u16::to_be_bytes), "UTF-16; "),
            (utf16("[\"X\",1.5]\n", u16::to_le_bytes), "UTF-16 without"),
            (utf16("[\"X\",1.5]\n", u16::to_be_bytes), "UTF-16 without"),
        ] {
            let found = foreign(&head);
            assert!(
                found.is_some_and(|found| found.starts_with(expected)),
                "{found:?}"
            );
        }
        for (head, expected) in [
            ("<!DOCTYPE html>", "HTML or XML"),
            ("  <HTML>", "HTML"),
            ("[{\"id\":1}]", "one JSON array"),
            ("[\n {", "one JSON array"),
            ("{\n  \"a\": 1", "JSON over several lines"),
            ("a\0b", "binary data"),
            ("time,name", "a text of another kind"),
        ] {
            let found = likely(head.as_bytes());
            assert!(found.starts_with(expected), "{head}: {found}");
        }
    }
}
