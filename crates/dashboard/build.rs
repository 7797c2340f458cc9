//! Puts the built page into the program, compressed beforehand: a table of all files below
//! `assets`.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Brotli's quality, of 11: the last two take ten times as long for three percent.
const QUALITY: u32 = 9;
const WINDOW_BITS: u32 = 22;
const BUFFER_BYTES: usize = 1 << 16;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("assets");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed={}", root.display());
    if !root.join("index.html").is_file() {
        println!(
            "cargo::error=crates/dashboard/assets holds no page: check it out again, or build it \
             with `npm ci && npm run publish:page` in web/ (Node.js 20.19 or newer)"
        );
        return Ok(());
    }
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut table = String::from("static ASSETS: &[Asset] = &[\n");
    for (number, file) in files.iter().enumerate() {
        let path = file.strip_prefix(&root)?.to_str().ok_or("not UTF-8")?;
        let gzip = out.join(format!("{number}.gz"));
        let mut encoder = GzEncoder::new(File::create(&gzip)?, Compression::best());
        io::copy(&mut File::open(file)?, &mut encoder)?;
        encoder.finish()?;
        let brotli = out.join(format!("{number}.br"));
        let writer = File::create(&brotli)?;
        let mut encoder = brotli::CompressorWriter::new(writer, BUFFER_BYTES, QUALITY, WINDOW_BITS);
        io::copy(&mut File::open(file)?, &mut encoder)?;
        drop(encoder);
        // As literals of Rust: a path may hold quotation marks.
        let literal = |path: &Path| path.to_str().map(|path| format!("{path:?}"));
        let (plain, gzip, brotli) = (literal(file), literal(&gzip), literal(&brotli));
        let (Some(plain), Some(gzip), Some(brotli)) = (plain, gzip, brotli) else {
            return Err("the path of the target folder is not UTF-8".into());
        };
        writeln!(
            table,
            "Asset {{ path: {path:?}, plain: include_bytes!({plain}), gzip: \
             include_bytes!({gzip}), brotli: include_bytes!({brotli}) }},"
        )?;
    }
    table.push_str("];\n");
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
