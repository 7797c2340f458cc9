//! Which known name a misspelt one may mean: parameters of setups, requests and settings, metrics of
//! thresholds.

/// Names that are less alike are no misspellings: 1 is the same name.
const ALIKE_LEAST: f64 = 0.75;

/// The known name that is most like `name`, if any is near enough to be meant. Capitals count as small
/// letters.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&name, &candidate.to_ascii_lowercase()),
                candidate,
            )
        })
        .filter(|(alike, _)| *alike >= ALIKE_LEAST)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_similar_name_is_meant() {
        let known = ["base_tps", "stress_tps", "rounds", "latency"];
        for (name, expected) in [
            ("round", Some("rounds")),
            ("stres_tps", Some("stress_tps")),
            ("BASE_TSP", Some("base_tps")),
            ("latenzy", Some("latency")),
            ("xyzzy", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
    }
}
