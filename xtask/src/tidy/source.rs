//! The files of the project as the checks see them: lines, in which code and comments are apart,
//! so that a rule about code is not broken by a comment or a message that mentions it.

/// A text file.
pub(super) struct File {
    /// From the root of the project, with `/`.
    pub(super) path: String,
    pub(super) lines: Vec<Line>,
    /// Whether it is compiled for tests or for the build only.
    pub(super) is_test: bool,
}

/// A line of a file.
pub(super) struct Line {
    pub(super) text: String,
    /// The code of a Rust or SQL file; literals of Rust are blank.
    pub(super) code: String,
    /// Comments of a Rust or SQL file, and the lines of documents.
    pub(super) prose: String,
    /// Whether it is compiled for tests only.
    pub(super) is_test: bool,
}

impl File {
    pub(super) fn is(&self, extension: &str) -> bool {
        let found = self.path.rsplit_once('.');
        found.is_some_and(|(_, found)| found == extension)
    }

    /// Lines with their numbers, which begin at 1.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &Line)> {
        (1..).zip(&self.lines)
    }

    /// The code that ships, with its line breaks.
    pub(super) fn shipped_code(&self) -> String {
        let lines = self.lines.iter();
        let shipped = lines.map(|line| if line.is_test { "" } else { &line.code });
        shipped.collect::<Vec<_>>().join("\n")
    }
}

/// Reads files of paths and texts.
pub(super) fn files(texts: Vec<(String, String)>) -> Vec<File> {
    let mut test_modules = Vec::new();
    let mut files = Vec::new();
    for (path, text) in texts {
        files.push(file(path, &text, &mut test_modules));
    }
    for file in &mut files {
        let is_below = test_modules.iter().any(|module| {
            let rest = file.path.strip_prefix(module.as_str());
            rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
        file.is_test |= is_below;
        if file.is_test {
            for line in &mut file.lines {
                line.is_test = true;
            }
        }
    }
    files
}

fn file(path: String, text: &str, test_modules: &mut Vec<String>) -> File {
    let mut file = File {
        // What a build script does is done again by the next build.
        is_test: path
            .split('/')
            .any(|part| matches!(part, "tests" | "tests.rs" | "build.rs")),
        path,
        lines: Vec::new(),
    };
    let (code, prose) = match file.path.rsplit_once('.') {
        Some((_, "rs")) => split(text, "//", true),
        Some((_, "sql")) => split(text, "--", false),
        Some((_, "md")) => (String::new(), text.to_owned()),
        _ => (String::new(), String::new()),
    };
    let (mut code, mut prose) = (code.lines(), prose.lines());
    let mut next = || {
        let part = |of: &mut std::str::Lines<'_>| of.next().unwrap_or_default().to_owned();
        (part(&mut code), part(&mut prose))
    };
    for text in text.lines() {
        let (code, prose) = next();
        file.lines.push(Line {
            text: text.to_owned(),
            code,
            prose,
            is_test: false,
        });
    }
    mark_tests(&mut file, test_modules);
    file
}

/// Marks the items under `#[cfg(test)]`, and notes those that are modules in files of their own.
/// rustfmt puts the end of an item at its own indentation.
fn mark_tests(file: &mut File, modules: &mut Vec<String>) {
    let folder = match file.path.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder.to_owned(),
        _ => file.path.trim_end_matches(".rs").to_owned(),
    };
    let mut indentation = None;
    for line in &mut file.lines {
        let code = line.code.trim();
        let depth = line.code.len() - line.code.trim_start().len();
        if code == "#[cfg(test)]" && indentation.is_none() {
            indentation = Some(depth);
        }
        let Some(begin) = indentation else { continue };
        line.is_test = true;
        if let Some((_, name)) = code.trim_end_matches(';').rsplit_once("mod ")
            && code.ends_with(';')
        {
            modules.push(format!("{folder}/{name}"));
        }
        let is_end = code.ends_with([';', ',']) || code.starts_with('}') || code.ends_with("{}");
        if is_end && depth == begin {
            indentation = None;
        }
    }
}

/// The code and the comments of a text, each as long as the text, with blanks for the rest.
fn split(text: &str, comment: &str, has_literals: bool) -> (String, String) {
    let (mut code, mut comments) = (String::new(), String::new());
    let mut position = 0;
    while let Some(rest) = text.get(position..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let (length, into) = if rest.starts_with(comment) {
            (rest.find('\n').unwrap_or(rest.len()), Some(&mut comments))
        } else if let Some(length) = literal(text, position).filter(|_| has_literals) {
            (length, None)
        } else {
            (first, Some(&mut code))
        };
        let piece = &rest[..length];
        if let Some(into) = into {
            into.push_str(piece);
        }
        position += length;
        for mask in [&mut code, &mut comments] {
            // what is not of this kind is blank
            let missing = &text[mask.len()..position];
            let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
            mask.extend(missing.bytes().map(blank));
        }
    }
    (code, comments)
}

/// The length in bytes of the literal that begins at a position: a text or a character.
fn literal(text: &str, position: usize) -> Option<usize> {
    let rest = &text[position..];
    let before = text[..position].bytes().next_back();
    if let Some(raw) = rest.strip_prefix('r')
        && !before.is_some_and(|byte| is_word(byte) && !matches!(byte, b'b' | b'c'))
    {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inside = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = inside.find(&end).map(|at| at + end.len());
        return Some(2 + hashes + length.unwrap_or(inside.len()));
    }
    let quote = rest
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))?;
    // a lifetime has no second quotation mark behind one character
    let mut inside = rest.char_indices().skip(1);
    if quote == '\'' {
        let mut peek = rest.chars().skip(1);
        if peek.next()? != '\\' && peek.next()? != '\'' {
            return None;
        }
    }
    while let Some((at, character)) = inside.next() {
        if character == '\\' {
            inside.next();
        } else if character == quote {
            return Some(at + 1);
        }
    }
    Some(rest.len())
}

/// Whether a byte can be part of an identifier.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether `phrase` stands in a text and is not part of a longer word.
pub(super) fn has_phrase(text: &str, phrase: &str) -> bool {
    let is_inside =
        |one: Option<u8>, other: Option<u8>| one.is_some_and(is_word) && other.is_some_and(is_word);
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].bytes().next_back();
        let after = text[at + phrase.len()..].bytes().next();
        let (first, last) = (phrase.bytes().next(), phrase.bytes().next_back());
        !is_inside(before, first) && !is_inside(last, after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, code: &str, comments: &str) {
        let masks = split(source, "//", true);
        assert_eq!((masks.0.len(), masks.1.len()), (source.len(), source.len()));
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeeze(&masks.0), code, "{source}");
        assert_eq!(squeeze(&masks.1), comments, "{source}");
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        check("a(); // b()\nc();", "a(); c();", "// b()");
        check(r#"f("a // b"); g"#, "f( ); g", "");
        check(r#"f("a \" b", "c")"#, "f( , )", "");
        check(r##"f(r#"a " // b"#); g"##, "f( ); g", "");
        check(r#"b"x" br"y" r"z""#, "b b", "");
        check(r#"let var = "x"; for"y""#, "let var = ; for", "");
        check("// ä “b”\nc", "c", "// ä “b”");
    }

    #[test]
    fn characters_and_lifetimes_are_told_apart() {
        check(r#"'"' a "s""#, "a", "");
        check(r"'\'' b", "b", "");
        check(
            "fn f<'a>(x: &'a str) { 'ä'; }",
            "fn f<'a>(x: &'a str) { ; }",
            "",
        );
    }

    #[test]
    fn source_that_ends_in_the_middle_is_no_problem() {
        for source in ["\"open", "r#\"open", "'", "\"\\", "r", "'a"] {
            split(source, "//", true);
        }
    }

    const MIXED: &str = r#"//! header
fn shipped() { let text = "one"; }
#[cfg(test)]
mod tests {
    fn inner() { let text = "two }"; }
}
fn also_shipped() { let text = "three"; }
#[cfg(test)]
pub(crate) mod testing;
const LAST: &str = "four";
struct A {
    #[cfg(test)]
    counted: u8,
    real: u8,
}
"#;

    fn read(paths: &[&str]) -> Vec<File> {
        let texts = paths
            .iter()
            .map(|path| ((*path).to_owned(), MIXED.to_owned()));
        files(texts.collect())
    }

    #[test]
    fn what_is_compiled_for_tests_only_does_not_count_as_shipped() {
        let files = read(&["crates/a/src/b.rs"]);
        let of_tests = files[0].numbered().filter(|(_, line)| line.is_test);
        let numbers: Vec<usize> = of_tests.map(|(number, _)| number).collect();
        assert_eq!(numbers, [3, 4, 5, 6, 8, 9, 12, 13]);
        let code = files[0].shipped_code();
        assert!(code.contains("also_shipped") && !code.contains("inner"));
        assert!(!files[0].is_test);
    }

    #[test]
    fn files_of_tests_are_tests_as_a_whole() {
        let files = read(&[
            "crates/a/tests/it.rs",
            "crates/a/src/b/tests.rs",
            "crates/a/src/lib.rs",
            "crates/a/src/testing.rs",
            "crates/a/src/testing/more.rs",
            "crates/a/src/c.rs",
            "crates/a/src/c/testing.rs",
        ]);
        let tests: Vec<bool> = files.iter().map(|file| file.is_test).collect();
        assert_eq!(tests, [true, true, false, true, true, false, true]);
        assert!(files[0].shipped_code().trim().is_empty());
    }

    #[test]
    fn a_phrase_is_not_found_inside_a_longer_word() {
        assert!(has_phrase("x tokio::y", "tokio"));
        assert!(!has_phrase("my_tokio tokios", "tokio"));
        assert!(has_phrase("a/b/", "/b/"));
    }
}
