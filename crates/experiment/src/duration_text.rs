//! Durations as the comments of scripts show them.

/// Days, hours, mins and secs, always plural, zero parts left out: `47 mins 7 secs`;
/// `immediately` for none.
#[must_use]
pub fn duration_text(seconds: u64) -> String {
    let parts = [
        (seconds / 86_400, "days"),
        (seconds / 3_600 % 24, "hours"),
        (seconds / 60 % 60, "mins"),
        (seconds % 60, "secs"),
    ];
    let texts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if texts.is_empty() {
        return "immediately".to_owned();
    }
    texts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::duration_text;

    #[test]
    fn parts_that_are_zero_are_left_out() {
        assert_eq!(duration_text(0), "immediately");
        assert_eq!(duration_text(45 * 60), "45 mins");
        assert_eq!(duration_text(45 * 60 + 127), "47 mins 7 secs");
        assert_eq!(
            duration_text(86_400 + 3_600 + 60 + 1),
            "1 days 1 hours 1 mins 1 secs"
        );
        assert_eq!(duration_text(2 * 3_600 + 5), "2 hours 5 secs");
    }
}
