//! No circles: files of one crate do not use each other in a loop.
//!
//! A file uses another one if its code that ships names something defined there. What a file only
//! re-exports it does not use; neither `mod` declarations nor tests count.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use super::source::{File, is_word};

/// How many re-exports are followed for one name.
const MOST_EXPORTS: usize = 8;

/// Files of a crate use each other in one direction only.
pub(super) fn none(files: &[File]) -> Vec<Finding> {
    let mut crates: BTreeMap<&str, Vec<Module>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is("rs") && !file.is_test) {
        if let Some((root, inside)) = file.path.split_once("/src/") {
            let modules = crates.entry(root).or_default();
            modules.push(Module::new(file, inside));
        }
    }
    crates.values().flat_map(|files| circles(files)).collect()
}

/// A file, and what it names.
struct Module {
    file: String,
    /// Its path from the root of the crate.
    name: Vec<String>,
    imports: Vec<Import>,
    /// Paths outside of `use`.
    paths: Vec<Named>,
    /// Words outside of `use`.
    words: BTreeSet<String>,
}

struct Import {
    named: Named,
    /// Its name in this file.
    alias: String,
    is_export: bool,
}

struct Named {
    /// The module, perhaps an inline one, in which the path stands.
    from: Vec<String>,
    path: Vec<String>,
    line: usize,
}

impl Module {
    fn new(file: &File, inside: &str) -> Self {
        let stem = inside.trim_end_matches(".rs");
        let mut name: Vec<String> = stem.split('/').map(str::to_owned).collect();
        name.pop_if(|last| matches!(last.as_str(), "lib" | "main" | "mod"));
        let mut module = Self {
            file: file.path.clone(),
            name,
            imports: Vec::new(),
            paths: Vec::new(),
            words: BTreeSet::new(),
        };
        let code = file.shipped_code();
        module.read(&code, &tokens(&code));
        module
    }

    fn read(&mut self, code: &str, tokens: &[(usize, &str)]) {
        let text = |at: usize| tokens.get(at).map_or("", |(_, text)| text);
        let mut from = self.name.clone();
        let mut depth = 0_usize;
        // how deep the inline modules around the current token stand
        let mut inline: Vec<usize> = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let line = 1 + code[..tokens[at].0].matches('\n').count();
            match text(at) {
                "{" => depth += 1,
                "}" => {
                    depth = depth.saturating_sub(1);
                    if inline.pop_if(|around| *around == depth).is_some() {
                        from.pop();
                    }
                }
                "mod" if text(at + 2) == "{" => {
                    inline.push(depth);
                    from.push(text(at + 1).to_owned());
                }
                "use" => {
                    let is_export = at > 0 && matches!(text(at - 1), "pub" | ")");
                    for (path, alias) in use_tree(tokens, &mut at) {
                        let from = from.clone();
                        let named = Named { from, path, line };
                        self.imports.push(Import {
                            named,
                            alias,
                            is_export,
                        });
                    }
                }
                word if is_name(word) => {
                    let is_first = at == 0 || !matches!(text(at - 1), "::" | ".");
                    let mut path = vec![word.to_owned()];
                    while text(at + 1) == "::" && is_name(text(at + 2)) {
                        path.push(text(at + 2).to_owned());
                        at += 2;
                    }
                    self.words.extend(path.iter().cloned());
                    if is_first && path.len() > 1 {
                        let from = from.clone();
                        self.paths.push(Named { from, path, line });
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// What the file uses itself.
    fn used(&self) -> impl Iterator<Item = &Named> {
        let imports = self
            .imports
            .iter()
            .filter(|import| !import.is_export || self.words.contains(&import.alias));
        imports.map(|import| &import.named).chain(&self.paths)
    }
}

/// Words, `::` and single other characters of `code`, with their positions.
fn tokens(code: &str) -> Vec<(usize, &str)> {
    let bytes = code.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begin = at;
        at += 1;
        if is_word(bytes[begin]) {
            at += bytes[at..]
                .iter()
                .take_while(|byte| is_word(**byte))
                .count();
        } else if bytes[begin..].starts_with(b"::") {
            at += 1;
        }
        if !bytes[begin].is_ascii_whitespace() && bytes[begin].is_ascii() {
            tokens.push((begin, &code[begin..at]));
        }
    }
    tokens
}

fn is_name(text: &str) -> bool {
    text.bytes().next().is_some_and(is_word)
}

/// The paths of a `use`, each with its name in the file; `at` moves on to the semicolon.
fn use_tree(tokens: &[(usize, &str)], at: &mut usize) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut alias = None;
    let mut end = |path: &mut Vec<String>, alias: &mut Option<String>, base: &[String]| {
        if path.len() > base.len() {
            path.pop_if(|last| last == "self");
            let name = alias.take().or_else(|| path.last().cloned());
            found.push((path.clone(), name.unwrap_or_default()));
        }
        path.clear();
        path.extend_from_slice(base);
    };
    loop {
        *at += 1;
        let Some((_, text)) = tokens.get(*at) else {
            break;
        };
        let base = groups.last().map_or(&[][..], Vec::as_slice);
        match *text {
            ";" => {
                end(&mut path, &mut alias, base);
                break;
            }
            "{" => groups.push(path.clone()),
            "," => end(&mut path, &mut alias, base),
            "}" => {
                end(&mut path, &mut alias, base);
                groups.pop();
                // what follows a group is a comma, another brace or the end
                path.clear();
                path.extend(groups.last().into_iter().flatten().cloned());
            }
            "as" => {
                *at += 1;
                alias = tokens.get(*at).map(|(_, text)| (*text).to_owned());
            }
            word if is_name(word) || word == "*" => path.push(word.to_owned()),
            _ => {}
        }
    }
    found
}

/// The file that defines what `path`, written in the module `from`, names, if it is in this crate.
fn definition(files: &[Module], from: &[String], path: &[String], most: usize) -> Option<usize> {
    let most = most.checked_sub(1)?;
    let first = path.first()?.as_str();
    let mut name: Vec<String> = match first {
        "crate" => Vec::new(),
        "self" | "super" => from.to_vec(),
        _ => {
            let is_child = files
                .iter()
                .any(|file| file.name.split_last() == Some((&path[0], from)));
            if !is_child {
                let file = files.iter().find(|file| file.name == from)?;
                let import = file.imports.iter().find(|import| import.alias == first)?;
                let whole = [&import.named.path, &path[1..]].concat();
                return definition(files, &import.named.from, &whole, most);
            }
            from.to_vec()
        }
    };
    let mut at = files.iter().position(|file| file.name.is_empty())?;
    if let Some(found) = files.iter().position(|file| file.name == name) {
        at = found;
    }
    for (index, word) in path.iter().enumerate() {
        match word.as_str() {
            "crate" | "self" => {}
            "super" => {
                name.pop();
            }
            _ => name.push(word.clone()),
        }
        if let Some(found) = files.iter().position(|file| file.name == name) {
            at = found;
        } else if word != "super" && word != "self" {
            let export = files[at]
                .imports
                .iter()
                .find(|import| import.alias == *word);
            let Some(export) = export else {
                return Some(at);
            };
            let whole = [&export.named.path, &path[index + 1..]].concat();
            return definition(files, &export.named.from, &whole, most);
        }
    }
    Some(at)
}

/// One finding for each circle.
fn circles(files: &[Module]) -> Vec<Finding> {
    let uses: Vec<BTreeMap<usize, &Named>> = files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            file.used()
                .filter_map(|named| {
                    let of = definition(files, &named.from, &named.path, MOST_EXPORTS)?;
                    (of != index).then_some((of, named))
                })
                .collect()
        })
        .collect();
    let reached: Vec<BTreeSet<usize>> = (0..files.len()).map(|at| reach(&uses, at)).collect();
    let mut findings = Vec::new();
    for first in 0..files.len() {
        let is_in =
            |other: usize| reached[first].contains(&other) && reached[other].contains(&first);
        if !is_in(first) || (0..first).any(is_in) {
            continue;
        }
        let mut arrows = Vec::new();
        let mut line = None;
        for (user, named) in uses.iter().enumerate().filter(|(user, _)| is_in(*user)) {
            for (of, named) in named.iter().filter(|(of, _)| is_in(**of)) {
                line.get_or_insert(named.line);
                let name = named.path.last().map_or("", String::as_str);
                let (user, of) = (&files[user].file, &files[*of].file);
                arrows.push(format!("{user}:{} uses `{name}` of {of}", named.line));
            }
        }
        let problem = format!(
            "files that use each other can only be understood together: {}",
            arrows.join(", ")
        );
        let remedy = "move what both need into a file below them";
        let file = &files[first].file;
        findings.push(Finding::new(file, line.unwrap_or(1), problem, remedy));
    }
    findings
}

/// Everything that the file `from` uses, directly or not.
fn reach(uses: &[BTreeMap<usize, &Named>], from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        open.extend(uses[at].keys().filter(|of| reached.insert(**of)));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let paths: Vec<String> = files
            .iter()
            .map(|(name, _)| format!("crates/a/src/{name}"))
            .collect();
        let files: Vec<(&str, &str)> = paths
            .iter()
            .zip(files)
            .map(|(path, (_, text))| (path.as_str(), *text))
            .collect();
        places(none, &files)
    }

    #[test]
    fn files_that_name_each_other_are_a_circle_however_they_do_it() {
        let lib = "mod one;\nmod two;\npub use two::Two;\n";
        for one in [
            "use crate::two::Two;\n",
            "use crate::two::{self, Two as T};\n",
            "use super::{two::{Two}};\n",
            "use crate::Two;\n",
            "use crate::two;\nfn f() { two::g() }\n",
            "fn f() { crate::two::g() }\n",
            "mod inner { use super::super::two::Two; }\n",
            "use super::two::*;\n",
        ] {
            let files = [
                ("lib.rs", lib),
                ("one.rs", one),
                ("two.rs", "use crate::one::One;\n"),
            ];
            assert_eq!(found(&files).len(), 1, "{one}");
        }
    }

    #[test]
    fn a_longer_circle_is_one_finding_at_its_first_file() {
        let files = [
            ("lib.rs", "mod one;\nmod two;\nmod three;\n"),
            ("one.rs", "//! one\nuse crate::two::Two;\n"),
            ("three.rs", "use crate::one::One;\n"),
            ("two.rs", "use crate::three::Three;\n"),
        ];
        assert_eq!(found(&files), ["crates/a/src/one.rs:2"]);
    }

    #[test]
    fn a_module_that_uses_its_own_children_and_is_used_by_them_is_a_circle() {
        let child = ("one/child.rs", "use super::One;\n");
        let uses = "mod child;\nuse child::Child;\npub struct One(Child);\n";
        let calls = "mod child;\npub struct One;\nfn f() { child::f() }\n";
        for one in [uses, calls] {
            let files = [("lib.rs", "mod one;\n"), ("one.rs", one), child];
            assert_eq!(found(&files).len(), 1, "{one}");
        }
    }

    #[test]
    fn re_exports_declarations_tests_and_one_direction_are_none() {
        let tests = "#[cfg(test)]\nmod tests { use crate::two::Two; }\n";
        let exports = "mod child;\npub use child::Child;\npub struct One;\n";
        let files = [
            ("lib.rs", "mod one;\nmod two;\npub use one::Child;\n"),
            ("one/child.rs", "use super::One;\nuse std::fmt;\n"),
            ("one/tests.rs", "use crate::two::Two;\n"),
            ("one.rs", &format!("{exports}{tests}")),
            ("two.rs", "use crate::one::One;\n// crate::two\n"),
        ];
        assert!(found(&files).is_empty());
    }
}
