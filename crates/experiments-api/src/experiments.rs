//! Which part of the list of experiments a query string asks for. Pure.

use crate::error::Unread;

/// Most rows of one answer: some 30 MB.
pub const ROWS_MAX: u32 = 100_000;

/// A part of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) limit: u32,
    pub(crate) offset: u32,
}

impl Page {
    /// The whole list.
    pub(crate) const ALL: Self = Self {
        limit: ROWS_MAX,
        offset: 0,
    };
}

/// Reads `limit=<rows>` and `offset=<rows>`; without them everything is asked
/// for, as by clients of the original. Other parameters are left alone.
pub(crate) fn page(query: &str) -> Result<Page, Unread> {
    let mut page = Page::ALL;
    for parameter in query.split('&') {
        match parameter.split_once('=').unwrap_or((parameter, "")) {
            ("limit", text) => page.limit = number("limit", text, ROWS_MAX)?,
            ("offset", text) => page.offset = number("offset", text, u32::MAX)?,
            _ => {}
        }
    }
    Ok(page)
}

fn number(name: &str, text: &str, max: u32) -> Result<u32, Unread> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|&number| digits && number <= max)
        .ok_or_else(|| Unread::Invalid(format!("\"{name}\" must be a number from 0 to {max}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_parameters_everything_is_asked_for() {
        let all = Page {
            limit: ROWS_MAX,
            offset: 0,
        };
        for query in ["", "_=17", "limits=3", "&&"] {
            assert_eq!(page(query), Ok(all), "{query}");
        }
    }

    #[test]
    fn limit_and_offset_choose_a_part() {
        let part = Page {
            limit: 20,
            offset: 40,
        };
        assert_eq!(page("limit=20&offset=40"), Ok(part));
        assert_eq!(page("offset=40&x=1&limit=20"), Ok(part));
    }

    #[test]
    fn what_is_no_number_is_refused_by_name() {
        for (query, name) in [
            ("limit=", "limit"),
            ("limit", "limit"),
            ("limit=-1", "limit"),
            ("limit=+1", "limit"),
            ("limit=1.5", "limit"),
            ("limit=100001", "limit"),
            ("limit=1&offset=x", "offset"),
            ("offset=4294967296", "offset"),
        ] {
            let Err(Unread::Invalid(text)) = page(query) else {
                panic!("{query} was accepted");
            };
            assert!(text.starts_with(&format!("\"{name}\"")), "{query}: {text}");
        }
    }
}
