//! An error with its causes, in one line.

use std::error::Error;

/// The error and its causes, separated by colons. A cause whose text the line already has is left
/// out.
#[must_use]
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Chained {
        #[error("cannot read")]
        Outer(#[source] Box<Chained>),
        #[error("it failed: no such file")]
        Middle(#[source] Box<Chained>),
        #[error("no such file")]
        Inner,
    }

    #[test]
    fn every_cause_is_told_once() {
        let middle = Chained::Middle(Box::new(Chained::Inner));
        let error = Chained::Outer(Box::new(middle));
        assert_eq!(error_chain(&error), "cannot read: it failed: no such file");
        assert_eq!(error_chain(&Chained::Inner), "no such file");
    }
}
