//! What the run of the tests says beyond passed and failed: which were slow, which did nothing.
//! Read from the `JUnit` file that `cargo nextest` writes (.config/nextest.toml).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// How many slow tests are named.
const SLOWEST: usize = 10;

/// What a test writes that does not find what it needs.
const SKIPPED: &str = "SKIPPED";

#[derive(Debug, PartialEq)]
struct Test {
    /// The package, the binary and the path of the function.
    name: String,
    seconds: f64,
    /// What it wrote when it did nothing.
    skipped: Option<String>,
}

/// The tests of a run.
pub(super) struct Report {
    tests: Vec<Test>,
}

impl Report {
    /// Reads the report of the last run below this target directory.
    pub(super) fn read(target: &Path) -> Result<Self> {
        let path = target.join("nextest/default/junit.xml");
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read the report {}", path.display()))?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let cases = text.split("<testcase ").skip(1);
        let tests = cases.filter_map(|case| {
            let (head, body) = case.split_once('>')?;
            let body = body.split("</testcase>").next()?;
            let skipped = body
                .lines()
                .find_map(|line| Some(&line[line.find(SKIPPED)?..]));
            Some(Test {
                name: format!(
                    "{} {}",
                    attribute(head, "classname")?,
                    attribute(head, "name")?
                ),
                seconds: attribute(head, "time")?.parse().ok()?,
                skipped: skipped.map(readable),
            })
        });
        Self {
            tests: tests.collect(),
        }
    }

    /// How many tests did nothing.
    pub(super) fn skipped(&self) -> usize {
        let skipped = self.tests.iter().filter(|test| test.skipped.is_some());
        skipped.count()
    }

    /// The slowest tests, and those that did nothing with their reasons.
    pub(super) fn text(&self) -> String {
        let mut slowest: Vec<&Test> = self.tests.iter().collect();
        slowest.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
        let mut text = String::from("slowest tests:\n");
        for test in slowest.into_iter().take(SLOWEST) {
            // writing to a string cannot fail
            let _written = writeln!(text, "{:>7.1} s  {}", test.seconds, test.name);
        }
        for test in &self.tests {
            if let Some(reason) = &test.skipped {
                let _written = writeln!(text, "{}: {reason}", test.name);
            }
        }
        text
    }
}

/// The value of an attribute in the head of an element.
fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut attributes = head.split("\" ");
    let value = attributes.find_map(|attribute| {
        let (key, value) = attribute.split_once("=\"")?;
        (key.trim() == name).then_some(value)
    })?;
    Some(value.trim_end_matches(['"', '/']))
}

/// A line of output without its escapes.
fn readable(line: &str) -> String {
    line.trim()
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, seconds: &str, output: &str) -> String {
        format!(
            "<testcase name=\"{name}\" classname=\"trace::trace\" timestamp=\"2026\" \
             time=\"{seconds}\">\n<system-out>running 1 test\n</system-out>\n\
             <system-err>{output}</system-err>\n</testcase>\n"
        )
    }

    #[test]
    fn skipped_tests_are_counted_and_say_why() {
        let text = case("a::one", "0.5", "SKIPPED: there is no &quot;x&quot;\n")
            + &case("a::two", "1.25", "all is well\n");
        let report = Report::parse(&text);
        assert_eq!(report.skipped(), 1);
        assert_eq!(
            report.text(),
            "slowest tests:\n    1.2 s  trace::trace a::two\n    0.5 s  trace::trace a::one\n\
             trace::trace a::one: SKIPPED: there is no \"x\"\n"
        );
    }

    #[test]
    fn only_the_slowest_tests_are_named() {
        let cases: String = (0..30)
            .map(|second| case(&format!("t{second}"), &format!("{second}.0"), ""))
            .collect();
        let text = Report::parse(&cases).text();
        assert!(text.contains(" t29\n") && text.contains(" t20\n"), "{text}");
        assert!(!text.contains(" t19\n"), "{text}");
    }
}
