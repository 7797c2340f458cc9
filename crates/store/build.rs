//! Writes the list of migrations that `src/migrations.rs` includes, so that a new file in
//! `migrations/` needs no other change.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=migrations");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("migrations");
    let mut list = String::from("&[\n");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    for name in names {
        let stem = name.strip_suffix(".sql");
        let (version, description) = stem
            .and_then(|stem| stem.split_once('_'))
            .ok_or_else(|| format!("migrations/{name} is not named <number>_<what>.sql"))?;
        let version: i64 = version.parse()?;
        let description = description.replace('_', " ");
        // as a literal of Rust
        let path = folder.join(&name).display().to_string();
        writeln!(
            list,
            "    ({version}, {description:?}, include_str!({path:?})),"
        )?;
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("migrations.rs"), list)?;
    Ok(())
}
