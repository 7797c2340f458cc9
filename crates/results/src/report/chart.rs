//! Bars as inline SVG. They carry their numbers, so that they read without colour.

use std::fmt::Write as _;

use super::numbers::number;

const WIDTH: f64 = 640.0;
const BAR: f64 = 18.0;
const LABEL: f64 = 150.0;

/// A bar with the label before it, and the name of its series for the style.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) series: &'static str,
    pub(super) value: Option<f64>,
}

/// Horizontal bars on one scale. `title` names them for readers of screens.
pub(super) fn bars(title: &str, unit: &str, bars: &[Bar]) -> String {
    let greatest = bars
        .iter()
        .filter_map(|bar| bar.value)
        .filter(|value| value.is_finite())
        .fold(0.0, f64::max);
    #[expect(clippy::cast_precision_loss, reason = "a count of bars")]
    let height = bars.len() as f64 * (BAR + 6.0) + 6.0;
    let mut svg = String::new();
    // writing to a text does not fail
    let _ = write!(
        svg,
        "<svg role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {WIDTH} {height}\">"
    );
    let mut y = 6.0;
    for bar in bars {
        let value = bar.value.filter(|value| value.is_finite());
        let length = if greatest > 0.0 {
            value.unwrap_or(0.0).max(0.0) / greatest * (WIDTH - LABEL - 110.0)
        } else {
            0.0
        };
        let unit = if value.is_some() { unit } else { "" };
        let _ = write!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{}\" x=\"{LABEL}\" y=\"{y:.0}\" width=\"{length:.1}\" height=\"{BAR}\"/>\
             <text x=\"{:.1}\" y=\"{:.0}\">{} {unit}</text>",
            LABEL - 8.0,
            y + BAR - 5.0,
            bar.label,
            bar.series,
            LABEL + length + 6.0,
            y + BAR - 5.0,
            number(value)
        );
        y += BAR + 6.0;
    }
    svg.push_str("</svg>");
    svg
}
