//! A report as one HTML page. It asks for nothing outside of itself, runs no script, and prints.

use std::fmt::Write as _;

use super::chart::{Bar, bars};
use super::model::Report;
use super::numbers::{COLUMNS, UNKNOWN, number};
use crate::Verdict;
use crate::answers::RoundResult;

const STYLE: &str = "
:root{color-scheme:light dark;--text:#18202B;--muted:#4A5565;--line:#D6DBE3;--ground:#fff;
--a:#1F66C7;--b:#D4600A;--c:#733119;--good:#0B7040;--bad:#B3261E;--open:#7A3FA8}
@media(prefers-color-scheme:dark){:root{--text:#E7EBF1;--muted:#AEB8C6;--line:#2C3644;--ground:#161C25;
--a:#5AA2F5;--b:#F2994A;--c:#3FF2BD;--good:#57C98A;--bad:#FF8A80;--open:#CDA2F2}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--ground);max-width:1080px;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2rem}
p{color:var(--muted);margin:.3rem 0}.verdict{font-size:1.1rem;font-weight:600}
.pass{color:var(--good)}.fail{color:var(--bad)}.open{color:var(--open)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.85rem}
th,td{text-align:right;padding:.25rem .4rem;border-bottom:1px solid var(--line)}
th:first-child,td:first-child,td.text,th.text{text-align:left}
tr.all td{font-weight:600;border-top:2px solid var(--line)}
.wide{overflow-x:auto}svg{width:100%;max-width:720px;height:auto;font-size:12px}svg text{fill:var(--text)}
rect.a{fill:var(--a)}rect.b{fill:var(--b)}rect.c{fill:var(--c)}
@media print{:root{--ground:#fff;--text:#000}body{margin:0;max-width:none}h2{break-after:avoid}
table,svg{break-inside:avoid}}";

pub(super) fn page(report: &Report) -> String {
    let mut html = String::new();
    // writing to a text does not fail
    let _ = write(report, &mut html);
    html
}

fn write(report: &Report, html: &mut String) -> std::fmt::Result {
    let results = &report.results;
    let name = escape(&report.name);
    write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'\"><title>{name}</title><style>{STYLE}</style></head><body>\n<h1>{name}</h1>\n"
    )?;
    let class = class(results.verdict);
    writeln!(
        html,
        "<p class=\"verdict {class}\">Verdict: {}</p>",
        escape(&report.verdict_line())
    )?;
    writeln!(html, "<p>{}.</p>", report.completeness_line())?;
    writeln!(
        html,
        "<p>Deployment {}, read {}.</p>",
        report
            .meta
            .deployment_id
            .map_or_else(|| UNKNOWN.to_owned(), |id| id.to_string()),
        escape(&report.meta.as_of)
    )?;
    rounds(html, &results.rounds, &results.run)?;
    thresholds(html, report)?;
    charts(html, &results.rounds)?;
    reasons(html, &results.run)?;
    slow(html, report)?;
    html.push_str("</body></html>\n");
    Ok(())
}

fn class(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        Some(Verdict::Pass) => "pass",
        Some(Verdict::Fail) => "fail",
        Some(Verdict::NotEnoughData) | None => "open",
    }
}

fn rounds(html: &mut String, rounds: &[RoundResult], run: &RoundResult) -> std::fmt::Result {
    html.push_str("<h2>Rounds</h2>\n<div class=\"wide\"><table><thead><tr>");
    for (name, _) in COLUMNS {
        write!(html, "<th scope=\"col\">{name}</th>")?;
    }
    html.push_str("</tr></thead><tbody>");
    for round in rounds.iter().chain([run]) {
        let row = if round.round.is_none() {
            " class=\"all\""
        } else {
            ""
        };
        write!(html, "<tr{row}>")?;
        for (_, cell) in COLUMNS {
            write!(html, "<td>{}</td>", cell(round))?;
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>\n");
    Ok(())
}

fn thresholds(html: &mut String, report: &Report) -> std::fmt::Result {
    html.push_str(
        "<h2>Thresholds</h2>\n<table><thead><tr><th class=\"text\" scope=\"col\">Threshold</th>\
         <th scope=\"col\">Value</th><th scope=\"col\">Verdict</th></tr></thead><tbody>",
    );
    for threshold in &report.results.thresholds {
        write!(
            html,
            "<tr><td class=\"text\">{}</td><td>{} {}</td><td class=\"{}\">{}</td></tr>",
            escape(&threshold.expression),
            number(threshold.value),
            threshold.unit,
            class(Some(threshold.verdict)),
            threshold.verdict
        )?;
    }
    html.push_str("</tbody></table>\n");
    if report.results.default_thresholds {
        html.push_str("<p>The run has no thresholds of its own; these are the usual ones.</p>\n");
    }
    Ok(())
}

/// A series of bars: its name, its style, and its value in a round.
type Series = (&'static str, &'static str, fn(&RoundResult) -> Option<f64>);

fn charts(html: &mut String, rounds: &[RoundResult]) -> std::fmt::Result {
    let each = |series: [Series; 3]| {
        let mut chart = Vec::new();
        for round in rounds {
            for (name, class, value) in series {
                chart.push(Bar {
                    label: format!(
                        "round {} {name}",
                        round
                            .round
                            .map_or_else(String::new, |round| round.to_string())
                    ),
                    series: class,
                    value: value(round),
                });
            }
        }
        chart
    };
    let rates = each([
        ("intended", "a", |round| round.rate.intended),
        ("accepted", "b", |round| round.rate.accepted),
        ("included", "c", |round| round.rate.included),
    ]);
    let latencies = each([
        ("p50", "a", |round| round.latency_s.p50),
        ("p95", "b", |round| round.latency_s.p95),
        ("max", "c", |round| round.latency_s.max),
    ]);
    let applications = each([
        ("p50", "a", |round| round.apply_s.p50),
        ("p95", "b", |round| round.apply_s.p95),
        ("p99", "c", |round| round.apply_s.p99),
    ]);
    for (title, unit, chart) in [
        ("Transactions per minute", "/min", rates),
        ("Time from first seen to in a block", "s", latencies),
        ("Time of nodes for a block", "s", applications),
    ] {
        writeln!(html, "<h2>{title}</h2>\n{}", bars(title, unit, &chart))?;
    }
    Ok(())
}

fn reasons(html: &mut String, run: &RoundResult) -> std::fmt::Result {
    if run.failures.is_empty() && run.never_seen_causes.is_empty() {
        return Ok(());
    }
    html.push_str("<h2>Why transactions did not arrive</h2>\n<ul>");
    for failure in &run.failures {
        write!(
            html,
            "<li>{} failed: {}</li>",
            failure.count,
            escape(&failure.reason)
        )?;
    }
    for cause in &run.never_seen_causes {
        write!(
            html,
            "<li>{} never seen: {}</li>",
            cause.count,
            escape(&cause.cause)
        )?;
    }
    html.push_str("</ul>\n");
    Ok(())
}

fn slow(html: &mut String, report: &Report) -> std::fmt::Result {
    if report.slow_checkpoints.is_empty() {
        return Ok(());
    }
    html.push_str(
        "<h2>What slow blocks were slow in</h2>\n<table><thead><tr><th class=\"text\" \
         scope=\"col\">Checkpoint</th><th scope=\"col\">Share</th><th scope=\"col\">More than usual \
         s</th><th scope=\"col\">Usual s</th></tr></thead><tbody>",
    );
    for row in &report.slow_checkpoints {
        write!(
            html,
            "<tr><td class=\"text\">{}</td><td>{} %</td><td>{}</td><td>{}</td></tr>",
            escape(&row.name),
            number(Some(row.share * 100.0)),
            number(Some(row.excess_s)),
            number(Some(row.base_median_s))
        )?;
    }
    html.push_str("</tbody></table>\n");
    Ok(())
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}
