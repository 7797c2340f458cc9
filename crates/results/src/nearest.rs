//! Which known name a misspelt one may mean.

/// Names further away than this are no misspellings.
const NEAR_ENOUGH: f64 = 0.6;

/// The known name that is most like `text`, if any is near enough.
#[must_use]
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(text, name), name))
        .filter(|(similarity, _)| *similarity > NEAR_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_similar_name_is_meant() {
        let known = ["latency", "nodes", "seen"];
        assert_eq!(nearest("latenzy", known), Some("latency".to_owned()));
        assert_eq!(nearest("xyz", known), None);
    }
}
