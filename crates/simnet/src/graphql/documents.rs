//! Documents, parsed once and kept by their text: a client sends the same few again and again.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql_parser::types::ExecutableDocument;
use parking_lot::Mutex;

/// Most documents kept. Clients that write values into their documents make new ones each time;
/// then all are forgotten now and then.
const KEPT_MAX: usize = 256;
/// Longest document that is kept, in bytes.
const KEPT_BYTES_MAX: usize = 16 << 10;
/// Greatest depth of brackets in a document. The parser goes down with them.
const DEPTH_MAX: usize = 60;

#[derive(Debug, Default)]
pub(super) struct Documents {
    kept: Mutex<HashMap<Box<str>, Arc<ExecutableDocument>>>,
}

/// Why a document cannot be executed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DocumentError {
    /// There is nothing in it.
    Empty,
    /// In the parser's words.
    Syntax(String),
}

impl Documents {
    /// The document of this text.
    pub(super) fn get(&self, text: &str) -> Result<Arc<ExecutableDocument>, DocumentError> {
        let kept = self.kept.lock();
        if let Some(document) = kept.get(text) {
            return Ok(Arc::clone(document));
        }
        drop(kept);
        let document = Arc::new(parse(text)?);
        if text.len() <= KEPT_BYTES_MAX {
            let mut kept = self.kept.lock();
            if kept.len() >= KEPT_MAX {
                kept.clear();
            }
            kept.insert(text.into(), Arc::clone(&document));
        }
        Ok(document)
    }
}

fn parse(text: &str) -> Result<ExecutableDocument, DocumentError> {
    if text.trim().is_empty() {
        return Err(DocumentError::Empty);
    }
    if depth(text) > DEPTH_MAX {
        return Err(DocumentError::Syntax("Nested too deeply".to_owned()));
    }
    async_graphql_parser::parse_query(text).map_err(|error| match error {
        async_graphql_parser::Error::MissingOperation => DocumentError::Empty,
        error => DocumentError::Syntax(error.to_string()),
    })
}

/// Greatest number of brackets open at once, texts and comments left out.
fn depth(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut greatest = 0;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = if let Some(block) = rest.strip_prefix(r#"""""#) {
            after_block(block)
        } else if let Some(string) = rest.strip_prefix('"') {
            after_string(string)
        } else if character == '#' {
            rest.find('\n').map_or("", |end| &rest[end..])
        } else {
            match character {
                '{' | '[' | '(' => depth += 1,
                '}' | ']' | ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            greatest = greatest.max(depth);
            &rest[character.len_utf8()..]
        };
    }
    greatest
}

fn after_block(text: &str) -> &str {
    let mut rest = text;
    while let Some(end) = rest.find(r#"""""#) {
        let is_escaped = rest[..end].ends_with('\\');
        rest = &rest[end + 3..];
        if !is_escaped {
            return rest;
        }
    }
    ""
}

fn after_string(text: &str) -> &str {
    let mut is_escaped = false;
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' | b'\n' => return &text[place + 1..],
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_document_is_parsed_once() {
        let documents = Documents::default();
        let first = documents.get("{ a }").unwrap();
        assert!(Arc::ptr_eq(&first, &documents.get("{ a }").unwrap()));
        let long = format!("{{ a }} # {}", "x".repeat(KEPT_BYTES_MAX));
        let once = documents.get(&long).unwrap();
        assert!(!Arc::ptr_eq(&once, &documents.get(&long).unwrap()));
    }

    #[test]
    fn kept_documents_are_bounded() {
        let documents = Documents::default();
        for index in 0..3 * KEPT_MAX {
            documents.get(&format!("{{ a{index} }}")).unwrap();
        }
        assert!(documents.kept.lock().len() <= KEPT_MAX);
    }

    #[test]
    fn depth_leaves_out_texts_and_comments() {
        for (text, expected) in [
            ("{ a(b: [{c: 1}]) }", 4),
            (r#"{ a(b: "((((\"((((") }"#, 2),
            (r#"{ a(b: """(("(( \""" (("""), c(d: 1) }"#, 2),
            ("{ # {{{{\n a }", 1),
            ("}}}{", 1),
        ] {
            assert_eq!(depth(text), expected, "{text}");
        }
        let hidden = r#"{a(b:"}})")"#.repeat(100);
        assert_eq!(depth(&hidden), 101, "brackets in texts close nothing");
    }

    #[test]
    fn bad_documents_are_told_apart() {
        assert_eq!(parse(" \n").unwrap_err(), DocumentError::Empty);
        let only_fragment = "fragment f on query { a }";
        assert_eq!(parse(only_fragment).unwrap_err(), DocumentError::Empty);
        for text in ["{", "{ a(", "x", &"{a".repeat(5_000), &"[".repeat(100_000)] {
            assert!(
                matches!(parse(text), Err(DocumentError::Syntax(_))),
                "{text:.20}"
            );
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(text in r##"[{}()\[\]$!:@."#a-z0-9\\ \n]{0,80}"##, other in ".{0,40}") {
            let _ = parse(&text);
            let _ = parse(&other);
        }
    }
}
