//! Reports of a run with two rounds and a name that is markup.

use std::collections::BTreeMap;

use super::*;
use crate::answers::Meta;
use crate::fates::{Cause, Fates};
use crate::figures::{Figures, Quantiles};
use crate::summary::{Part, results};

fn report() -> Report {
    let part = |round: Option<i32>, applied: u64, failed: u64| Part {
        round,
        figures: Figures {
            load_seconds: Some(60.0),
            fates: Fates {
                intended: Some(100),
                accepted: Some(100),
                seen: applied + failed,
                applied,
                failed,
                never_seen: 100 - applied - failed,
                failures: BTreeMap::from([("Overflow".to_owned(), failed)]),
                causes: BTreeMap::from([(Cause::Busy, 100 - applied - failed)]),
                ..Fates::none()
            },
            latency: Quantiles {
                p50: Some(90.5),
                ..Quantiles::default()
            },
            completeness: Some(0.999_99),
            ..Figures::default()
        },
        ..Part::default()
    };
    let rounds = [part(Some(0), 97, 2), part(Some(1), 97, 2)];
    Report {
        name: "<b>|ramp".to_owned(),
        results: results(&[], &part(None, 97, 2), &rounds),
        slow_checkpoints: Vec::new(),
        meta: Meta::default(),
    }
}

#[test]
fn markdown_is_a_table_that_can_be_pasted() {
    let text = report().markdown();
    assert!(text.starts_with("## &lt;b>\\|ramp\n"), "{text}");
    assert!(
        text.contains("**Verdict: fail: does not hold: applied >= 99%**"),
        "{text}"
    );
    // 99.999 % is not all.
    assert!(text.contains("99.99 % of the log entries"), "{text}");
    assert!(
        text.contains("| 0 | 100 | 100 | 99 | 99 % | 97 | 2 | 0 | 1 | 99 | 90.5 | – |"),
        "{text}"
    );
    assert!(text.contains("- 2 failed: Overflow\n"), "{text}");
    let pipes = |line: &str| line.matches('|').count();
    let table: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert!(table[..5].iter().all(|line| pipes(line) == 16), "{table:?}");
}

#[test]
fn the_page_stands_alone_and_shows_no_markup_of_others() {
    let html = report().html();
    for outside in ["http://", "https://", "src=", "@import", "<script", "<b>"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("<h1>&lt;b&gt;|ramp</h1>"));
    assert_eq!(html.matches("<svg").count(), 3);
    assert_eq!(html.matches("<rect").count(), 18);
    assert!(!html.contains("NaN") && !html.contains("inf"));
    for tag in ["table", "tr", "td", "svg", "ul", "li", "div", "body"] {
        let (opened, closed) = (format!("<{tag}"), format!("</{tag}>"));
        let opened = html.matches(&format!("{opened}>")).count()
            + html.matches(&format!("{opened} ")).count();
        assert_eq!(opened, html.matches(&closed).count(), "{tag}");
    }
}

#[test]
fn csv_has_a_row_for_each_round_and_the_run() {
    let text = report().csv();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line.len() == lines[0].len()));
    let column = lines[0]
        .iter()
        .position(|name| *name == "latency_p50_s")
        .unwrap();
    assert_eq!(lines[1][column], "90.5");
    let unknown = lines[0]
        .iter()
        .position(|name| *name == "latency_p95_s")
        .unwrap();
    assert_eq!(lines[1][unknown], "");
    assert_eq!((lines[1][0], lines[3][0]), ("0", ""));
}

#[test]
fn json_is_the_whole_report() {
    let text = report().json().unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["results"]["run"]["applied"], 97);
}
