//! One Rust source file, with the parts that are tests told apart from those that ship.

use std::ops::Range;

use super::lexer::{self, Masks, is_word};

/// A Rust source file.
pub(super) struct RustFile {
    pub(super) path: String,
    pub(super) text: String,
    masks: Masks,
    tests: Tests,
}

/// Which parts of a file are compiled for tests only.
enum Tests {
    Whole,
    /// These byte ranges.
    Parts(Vec<Range<usize>>),
}

impl RustFile {
    pub(super) fn new(path: String, text: String) -> Self {
        let masks = lexer::split(&text);
        let tests = if is_test_path(&path) {
            Tests::Whole
        } else {
            let items = test_items(&masks.code);
            Tests::Parts(items.into_iter().map(|item| item.region).collect())
        };
        Self {
            path,
            text,
            masks,
            tests,
        }
    }

    /// Marks the whole file as compiled for tests only.
    pub(super) fn mark_as_test(&mut self) {
        self.tests = Tests::Whole;
    }

    pub(super) fn is_test(&self) -> bool {
        matches!(self.tests, Tests::Whole)
    }

    /// Paths, without `.rs`, of modules that this file declares for tests only.
    pub(super) fn test_modules(&self) -> Vec<String> {
        let directory = module_directory(&self.path);
        test_items(&self.masks.code)
            .into_iter()
            .filter_map(|item| item.module)
            .map(|module| format!("{directory}/{module}"))
            .collect()
    }

    /// Lines of code, comments and strings blanked, with their numbers; tests included.
    pub(super) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        numbered(&self.masks.code)
    }

    /// Lines of comments, all else blanked, with their numbers; tests included.
    pub(super) fn comment_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        numbered(&self.masks.comments)
    }

    /// Code, comments and strings blanked, tests blanked as well.
    pub(super) fn shipped_code(&self) -> String {
        let code = self.masks.code.char_indices().map(|(position, character)| {
            if character != '\n' && self.is_in_test(position) {
                ' '
            } else {
                character
            }
        });
        code.collect()
    }

    /// Whether the line (counted from 1) begins in a part for tests only.
    pub(super) fn is_test_line(&self, line: usize) -> bool {
        let before = self.text.split_inclusive('\n').take(line - 1);
        self.is_in_test(before.map(str::len).sum())
    }

    fn is_in_test(&self, position: usize) -> bool {
        match &self.tests {
            Tests::Whole => true,
            Tests::Parts(regions) => regions.iter().any(|region| region.contains(&position)),
        }
    }
}

/// The line, counted from 1, of a byte position.
pub(super) fn line_of(text: &str, position: usize) -> usize {
    1 + text[..position].matches('\n').count()
}

/// Positions where `word` stands in `code` and is not part of a longer identifier.
pub(super) fn word_positions(code: &str, word: &str) -> Vec<usize> {
    let bytes = code.as_bytes();
    code.match_indices(word)
        .map(|(position, _)| position)
        .filter(|&position| {
            let end = position + word.len();
            let begins = position == 0 || !is_word(bytes[position - 1]);
            let ends = bytes.get(end).is_none_or(|&byte| !is_word(byte));
            begins && ends
        })
        .collect()
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

fn is_test_path(path: &str) -> bool {
    path.split('/').any(|part| part == "tests") || path.ends_with("/tests.rs")
}

/// Where the modules declared in the file of this path lie.
fn module_directory(path: &str) -> &str {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "lib.rs" | "main.rs" | "mod.rs" => directory,
        _ => path.strip_suffix(".rs").unwrap_or(path),
    }
}

struct TestItem {
    region: Range<usize>,
    /// The name, if it is a module in a file of its own.
    module: Option<String>,
}

const TEST_ATTRIBUTE: &str = "#[cfg(test)]";

/// Items under `#[cfg(test)]`, each from the attribute to its end.
fn test_items(code: &str) -> Vec<TestItem> {
    let mut items = Vec::new();
    let mut from = 0;
    while let Some(found) = code[from..].find(TEST_ATTRIBUTE) {
        let begin = from + found;
        let after = begin + TEST_ATTRIBUTE.len();
        let end = item_end(code, after);
        items.push(TestItem {
            region: begin..end,
            module: declared_module(&code[after..end]),
        });
        from = end;
    }
    items
}

/// The end of the item after `from`: its semicolon, or the brace that closes its first one.
fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in code.as_bytes()[from..].iter().enumerate() {
        match byte {
            b';' if depth == 0 => return from + offset + 1,
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return from + offset + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// The name in `mod name;`, whatever visibility or attributes stand before it.
fn declared_module(item: &str) -> Option<String> {
    let words: Vec<&str> = item.strip_suffix(';')?.split_whitespace().collect();
    match words.as_slice() {
        [.., "mod", name] => Some((*name).to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
"#;

    fn file(path: &str) -> RustFile {
        RustFile::new(path.to_owned(), MIXED.to_owned())
    }

    #[test]
    fn what_is_compiled_for_tests_only_does_not_count_as_shipped() {
        let file = file("crates/a/src/b.rs");
        let code = file.shipped_code();
        assert!(code.contains("also_shipped") && !code.contains("inner"));
        assert!(file.is_test_line(5) && !file.is_test_line(7));
        assert!(!file.is_test());
    }

    #[test]
    fn a_file_below_tests_is_a_test_as_a_whole() {
        for path in ["crates/a/tests/it.rs", "crates/a/src/b/tests.rs"] {
            assert!(file(path).is_test(), "{path}");
            assert!(file(path).shipped_code().trim().is_empty());
        }
    }

    #[test]
    fn modules_for_tests_in_files_of_their_own_are_named() {
        for (path, module) in [
            ("crates/a/src/lib.rs", "crates/a/src/testing"),
            ("crates/a/src/b.rs", "crates/a/src/b/testing"),
        ] {
            assert_eq!(file(path).test_modules(), [module]);
        }
    }

    #[test]
    fn a_word_is_not_found_inside_a_longer_one() {
        assert_eq!(word_positions("tokio::x my_tokio tokios", "tokio"), [0]);
    }
}
