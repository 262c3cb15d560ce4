//! Definitions read from their TOML text, faults with their line.

use serde::de::DeserializeOwned;

use crate::model::Problem;

/// The definition a text says, or the problem that keeps it from being read.
pub(super) fn read<T: DeserializeOwned>(text: &str, code: &'static str) -> Result<T, Vec<Problem>> {
    toml::from_str(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        let mut problem = Problem::new(code, message);
        if code == "experiment-syntax" {
            problem = problem.help("`segue experiment library NAME` prints a whole design to start from");
        }
        vec![match error.span() {
            Some(span) => problem.at_line(line_of(text, span.start)),
            None => problem,
        }]
    })
}

fn line_of(text: &str, offset: usize) -> u64 {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
}
