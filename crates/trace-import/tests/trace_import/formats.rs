//! Files that are no traces, byte order marks, and files that can be read once only.

use std::io::Write as _;

use store::testing::assert_same;
use trace_import::ImportError;

use crate::scene::{Scene, composed, dump_of};

/// Files of other formats, and how an error names them.
fn others() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let trace = composed(1, 3);
    let utf16 = |mark: &str, bytes: fn(u16) -> [u8; 2]| {
        let text = format!("{mark}{trace}");
        text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    let mut tar = vec![0; 512];
    tar[..7].copy_from_slice(b"t.jsonl");
    tar[257..263].copy_from_slice(b"ustar\0");
    tar.extend_from_slice(trace.as_bytes());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).unwrap();
    let array = format!("[{}]\n", trace.lines().collect::<Vec<_>>().join(",\n "));
    vec![
        ("t.xz", b"\xfd7zXZ\0\0\x04\xe6\n\n\n".to_vec(), "xz"),
        ("t.bz2", b"BZh91AY&SY\n\n".to_vec(), "bzip2"),
        ("t.zip", b"PK\x03\x04\n\n".to_vec(), "zip"),
        ("t.7z", b"7z\xbc\xaf\x27\x1c\n".to_vec(), "7z"),
        ("t.lz4", b"\x04\x22\x4d\x18\n".to_vec(), "lz4"),
        ("t.tar", tar, "tar"),
        ("t.tar.gz", gzip.finish().unwrap(), "tar"),
        ("little.txt", utf16("\u{feff}", u16::to_le_bytes), "UTF-16"),
        ("big.txt", utf16("\u{feff}", u16::to_be_bytes), "UTF-16"),
        ("unmarked.txt", utf16("", u16::to_le_bytes), "UTF-16"),
        ("t.html", b"<!DOCTYPE html>\n<p>404\n".to_vec(), "HTML"),
        ("array.json", array.into_bytes(), "JSON array"),
        (
            "t.csv",
            b"name,time\nX,1.5\n".to_vec(),
            "text of another kind",
        ),
        ("one-line", b"nothing".to_vec(), "text of another kind"),
        ("t.bin", [[7, 0, 9, 10]; 99].concat(), "binary data"),
    ]
}

#[tokio::test]
async fn a_file_of_another_format_is_an_error_that_names_it() {
    let scene = Scene::new().await;
    for (name, content, format) in others() {
        let path = scene.write(name, content);
        for _ in 0..2 {
            let error = scene.try_import(&[&path], "n", None).await.unwrap_err();
            assert!(matches!(error, ImportError::Input(_)), "{error}");
            let message = error.to_string();
            assert!(
                message.contains(name) && message.contains(format),
                "{message}"
            );
        }
    }
    let nothing = "SELECT count(*)::text FROM block_trace_checkpoint
                    UNION ALL SELECT coalesce(sum(lines), 0)::text FROM loadlab.session";
    assert_eq!(scene.test.texts(nothing).await.unwrap(), ["0", "0"]);
}

#[tokio::test]
async fn a_file_of_another_format_beside_a_trace_is_told_and_the_trace_is_stored() {
    let scene = Scene::new().await;
    let path = scene.write("t.jsonl", composed(1, 3));
    scene.write("prover-t.jsonl", "not\na\ntrace\n");
    let error = scene.try_import(&[&path], "n", None).await.unwrap_err();
    assert!(error.to_string().contains("prover-t.jsonl"), "{error}");
    scene.remove("prover-t.jsonl");
    let summary = scene.import(&path).await;
    assert_eq!(summary.already_stored_lines, summary.lines);
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_a_trace() {
    let content = composed(1, 4);
    let expected = dump_of(&[("t.jsonl", content.as_bytes())]).await;
    let marked = format!("\u{feff}{content}");
    assert_same(&dump_of(&[("t.jsonl", marked.as_bytes())]).await, &expected);
    let packed = zstd::stream::encode_all(marked.as_bytes(), 1).unwrap();
    assert_same(&dump_of(&[("t.jsonl.zst", &packed)]).await, &expected);
    // Files that were put together have one in the middle.
    let half = content.match_indices('\n').nth(45).unwrap().0 + 1;
    let (one, other) = content.split_at(half);
    let together = format!("\u{feff}{one}\u{feff}{other}");
    assert_same(
        &dump_of(&[("t.jsonl", together.as_bytes())]).await,
        &expected,
    );
    // A mark alone is an empty file.
    let scene = Scene::new().await;
    let summary = scene.import(&scene.write("t.jsonl", "\u{feff}")).await;
    assert_eq!((summary.lines, summary.malformed_lines), (0, 0));
    // The same file with and without it is the same.
    scene.import(&scene.write("t.jsonl", &content)).await;
    let again = scene.import(&scene.write("marked.jsonl", &marked)).await;
    assert_eq!(again.already_stored_lines, again.lines);
}

#[tokio::test]
async fn what_can_be_read_once_is_read() {
    let content = composed(1, 3);
    let expected = dump_of(&[("t.jsonl", content.as_bytes())]).await;
    let scene = Scene::new().await;
    let pipe = scene.write("t.fifo", "");
    for already in [false, true] {
        std::fs::remove_file(&pipe).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let (written, content) = (pipe.clone(), content.clone());
        let writer = std::thread::spawn(move || std::fs::write(written, content));
        let summary = scene.import(&pipe).await;
        writer.join().unwrap().unwrap();
        assert_eq!(summary.already_stored_lines == summary.lines, already);
    }
    assert_same(&scene.dump().await, &expected);
    // Files of the system say that they are empty.
    let status = std::path::Path::new("/proc/self/status");
    if status.exists() {
        let error = scene.try_import(&[status], "n", None).await.unwrap_err();
        assert!(error.to_string().contains("/proc/self/status"), "{error}");
    }
}
