//! Splits Rust source into code, comments and string literals, so that a rule about code is not
//! broken by a comment or a message that mentions it.

/// The source twice over, byte for byte as long as the original and with the same line
/// breaks, each time with only one kind of text and blanks for the others.
pub(super) struct Masks {
    pub(super) code: String,
    pub(super) comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// Splits `source`. Source that does not compile is split somehow: the compiler will complain.
pub(super) fn split(source: &str) -> Masks {
    let bytes = source.as_bytes();
    let mut kinds = vec![Kind::Code; bytes.len()];
    let mut position = 0;
    while position < bytes.len() {
        let rest = &bytes[position..];
        let (length, kind) = if rest.starts_with(b"//") {
            (line_end(rest), Kind::Comment)
        } else if rest.starts_with(b"/*") {
            (block_comment(rest), Kind::Comment)
        } else if let Some(hashes) = raw_string(bytes, position) {
            (raw_string_length(rest, hashes), Kind::Literal)
        } else if rest[0] == b'"' {
            (quoted(rest, b'"'), Kind::Literal)
        } else if rest[0] == b'\'' && is_character(rest) {
            (quoted(rest, b'\''), Kind::Literal)
        } else {
            (1, Kind::Code)
        };
        let end = (position + length).min(bytes.len());
        kinds[position..end].fill(kind);
        position = end;
    }
    Masks {
        code: mask(source, &kinds, Kind::Code),
        comments: mask(source, &kinds, Kind::Comment),
    }
}

fn mask(source: &str, kinds: &[Kind], wanted: Kind) -> String {
    let kept = source.bytes().zip(kinds).map(|(byte, &kind)| {
        if byte == b'\n' || (kind == wanted && byte.is_ascii()) {
            char::from(byte)
        } else {
            ' '
        }
    });
    kept.collect()
}

fn line_end(rest: &[u8]) -> usize {
    rest.iter()
        .position(|&byte| byte == b'\n')
        .unwrap_or(rest.len())
}

/// Block comments nest in Rust.
fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut position = 0;
    while position < rest.len() {
        if rest[position..].starts_with(b"/*") {
            depth += 1;
            position += 2;
        } else if rest[position..].starts_with(b"*/") {
            depth -= 1;
            position += 2;
            if depth == 0 {
                break;
            }
        } else {
            position += 1;
        }
    }
    position
}

/// The number of `#` if a raw string begins here (`r"`, `r#"`; the `b` of `br"` counts as code).
fn raw_string(bytes: &[u8], position: usize) -> Option<usize> {
    let inside_a_word =
        position > 0 && is_word(bytes[position - 1]) && !matches!(bytes[position - 1], b'b' | b'c');
    if bytes[position] != b'r' || inside_a_word {
        return None;
    }
    let hashes = bytes[position + 1..]
        .iter()
        .take_while(|&&byte| byte == b'#')
        .count();
    (bytes.get(position + 1 + hashes) == Some(&b'"')).then_some(hashes)
}

fn raw_string_length(rest: &[u8], hashes: usize) -> usize {
    let mut closing = vec![b'"'];
    closing.resize(hashes + 1, b'#');
    let opening = hashes + 2;
    rest[opening..]
        .windows(closing.len())
        .position(|window| window == closing)
        .map_or(rest.len(), |inside| opening + inside + closing.len())
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut position = 1;
    while position < rest.len() {
        match rest[position] {
            b'\\' => position += 2,
            byte if byte == quote => return position + 1,
            _ => position += 1,
        }
    }
    rest.len()
}

/// Tells a character literal (`'a'`, `'\n'`, `'ä'`) from a lifetime (`'a`).
fn is_character(rest: &[u8]) -> bool {
    match rest.get(1) {
        Some(b'\\') => true,
        Some(byte) if byte.is_ascii() => rest.get(2) == Some(&b'\''),
        Some(_) => true,
        None => false,
    }
}

/// Whether a byte can be part of an identifier.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, code: &str, comments: &str) {
        let masks = split(source);
        assert_eq!(masks.code.len(), source.len());
        assert_eq!(masks.comments.len(), source.len());
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeeze(&masks.code), code, "{source}");
        assert_eq!(squeeze(&masks.comments), comments, "{source}");
    }

    #[test]
    fn comments_are_no_code() {
        check("a(); // b()\nc();", "a(); c();", "// b()");
        check("a /* b /* c */ d */ e", "a e", "/* b /* c */ d */");
    }

    #[test]
    fn strings_are_neither_code_nor_comments() {
        check(r#"f("a // b"); g"#, "f( ); g", "");
        check(r#"f("a \" b", "c")"#, "f( , )", "");
        check(r##"f(r#"a " // b"#); g"##, "f( ); g", "");
        check(r#"b"x" br"y" r"z""#, "b b", "");
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
    fn a_name_that_ends_in_r_does_not_begin_a_raw_string() {
        check(r#"let var = "x"; for"y""#, "let var = ; for", "");
    }

    #[test]
    fn source_that_ends_in_the_middle_is_no_problem() {
        for source in ["\"open", "r#\"open", "/* open", "'", "\"\\"] {
            split(source);
        }
    }
}
