//! Industry figures shown beside CSAT as context. They are index values of another scale, so no difference is ever made.

use serde::{Deserialize, Serialize};

/// One published figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Benchmark {
    /// The industry, such as `internet retail`.
    pub industry: String,
    /// The index value, 0 to 100.
    pub index: f64,
    /// The year of publication; none where the source gave none.
    #[serde(default)]
    pub year: Option<i32>,
    /// What kind of figure it is.
    pub kind: String,
    /// Where it was published.
    #[serde(default)]
    pub source: String,
}

/// The shipped table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Benchmarks {
    /// The band of a top-box share that is taken as healthy, as shares.
    pub ideal: (f64, f64),
    /// The figures.
    #[serde(rename = "figure")]
    pub figures: Vec<Benchmark>,
}

impl Benchmarks {
    /// The table that ships with the program, which a workspace may replace.
    ///
    /// # Errors
    /// If the shipped table cannot be read, which a test excludes.
    pub fn shipped() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("../../assets/benchmarks.toml"))
    }

    /// One line of context for an industry: `ACSI internet retail 80 (index, another scale: context only)`.
    #[must_use]
    pub fn context(&self, industry: &str) -> Option<String> {
        let figure = self.figures.iter().find(|figure| figure.industry == industry)?;
        let year = figure.year.map(|year| format!(" {year}")).unwrap_or_default();
        Some(format!(
            "{} {}{year} {} (index, another scale: context only)",
            figure.kind, figure.industry, figure.index
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_reads_and_labels_itself() {
        let line = Benchmarks::shipped().unwrap().context("internet retail").unwrap();
        assert_eq!(line, "ACSI internet retail 80 (index, another scale: context only)");
    }
}
