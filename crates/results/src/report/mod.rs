//! Reports of a run: one self-contained HTML page, Markdown to paste, rows of CSV.

mod chart;
mod csv;
mod html;
mod markdown;
mod model;
mod numbers;

pub use model::Report;

impl Report {
    /// One page that needs nothing else: styles and charts are within.
    #[must_use]
    pub fn html(&self) -> String {
        html::page(self)
    }

    /// Text to paste into an issue.
    #[must_use]
    pub fn markdown(&self) -> String {
        markdown::text(self)
    }

    /// A line for each round and one for the run, below a line of names. Unknown is empty.
    #[must_use]
    pub fn csv(&self) -> String {
        csv::rows(self)
    }

    /// The whole report as an object.
    ///
    /// # Errors
    /// None is known: all members can be written as JSON.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

#[cfg(test)]
mod tests;
