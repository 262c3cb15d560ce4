//! Imported experiments: one row per unit, its variant and its values, nothing else known of it.

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::Store;
use super::error::Result;
use super::write::BatchWriter;
use crate::model::{BatchId, Decimal, Problem, Time};

/// How a unit's value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// 0 or 1.
    Proportion,
    /// Any number.
    Mean,
}

/// One value given per unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedMetric {
    /// Its name: the column's.
    pub name: String,
    /// How it is read.
    pub kind: MetricKind,
    /// Whether it was measured before the experiment and only adjusts.
    #[serde(default)]
    pub covariate: bool,
}

/// What an imported experiment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedExperiment {
    /// Its name.
    pub name: String,
    /// What identifies a unit: a column, or `row`.
    pub unit: String,
    /// The variants' names, in the order of their codes.
    pub variants: Vec<String>,
    /// The code of the control.
    pub control: u32,
    /// The values, in the order units give them.
    pub metrics: Vec<ImportedMetric>,
}

/// One unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitRow<'a> {
    /// The unit's own value.
    pub unit: &'a str,
    /// The code of its variant.
    pub variant: u32,
    /// One value per metric; `None` is missing.
    pub values: &'a [Option<Decimal>],
}

impl BatchWriter<'_> {
    /// Begins an imported experiment in this batch and returns the number its units are added under.
    ///
    /// # Errors
    /// A problem when another batch holds an experiment of this name.
    pub fn experiment(&mut self, experiment: &ImportedExperiment, now: Time) -> Result<i64> {
        self.ensure_transaction(now)?;
        if let Some(batch) = self.batch_of_experiment(&experiment.name)? {
            return Err(Problem::new(
                "experiment-exists",
                format!("batch {batch} brought an experiment named `{}` already", experiment.name),
            )
            .help(format!("choose another --name, or take that one back: segue batch revert {batch}"))
            .into());
        }
        self.insert(
            "INSERT INTO experiment (batch, name, unit, variants, control, metrics) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                self.batch_number(),
                &experiment.name,
                &experiment.unit,
                serde_json::to_string(&experiment.variants)?,
                experiment.control,
                serde_json::to_string(&experiment.metrics)?,
            ),
        )
    }

    /// Adds a unit; whoever counts the file's rows counts it as one that only the experiment took.
    ///
    /// # Errors
    /// As for [`BatchWriter::write`].
    pub fn unit(&mut self, experiment: i64, row: &UnitRow<'_>, now: Time) -> Result<()> {
        self.ensure_transaction(now)?;
        self.insert(
            "INSERT INTO experiment_unit VALUES (?1, ?2, ?3, ?4)",
            (experiment, row.unit, row.variant, written(row.values)),
        )?;
        self.count_written(1)
    }
}

impl Store {
    /// Visible imported experiments, with the batch that brought each.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn experiments(&self) -> Result<Vec<(BatchId, ImportedExperiment)>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT e.batch, e.name, e.unit, e.variants, e.control, e.metrics FROM experiment AS e
             JOIN batch AS b ON b.id = e.batch AND b.state = 'complete' ORDER BY e.id",
        )?;
        let mut rows = statement.query([])?;
        let mut experiments = Vec::new();
        while let Some(row) = rows.next()? {
            let (variants, metrics): (String, String) = (row.get(3)?, row.get(5)?);
            experiments.push((
                BatchId(row.get(0)?),
                ImportedExperiment {
                    name: row.get(1)?,
                    unit: row.get(2)?,
                    variants: serde_json::from_str(&variants)?,
                    control: row.get(4)?,
                    metrics: serde_json::from_str(&metrics)?,
                },
            ));
        }
        Ok(experiments)
    }

    /// How many rows of a visible imported experiment are in each of its variants, in the order of their codes.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn units_by_variant(&self, name: &str) -> Result<Vec<u64>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT u.variant, count(*) FROM experiment AS e
             JOIN batch AS b ON b.id = e.batch AND b.state = 'complete'
             JOIN experiment_unit AS u ON u.experiment = e.id WHERE e.name = ?1 GROUP BY u.variant",
        )?;
        let mut rows = statement.query([name])?;
        let mut units: Vec<u64> = Vec::new();
        while let Some(row) = rows.next()? {
            let (variant, count): (u32, i64) = (row.get(0)?, row.get(1)?);
            let variant = variant as usize;
            units.resize(units.len().max(variant + 1), 0);
            units[variant] = count.unsigned_abs();
        }
        Ok(units)
    }

    /// Visits every unit of a visible imported experiment, in the order of the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn for_each_unit(&self, name: &str, mut visit: impl FnMut(&UnitRow<'_>)) -> Result<()> {
        let mut statement = self.connection().prepare_cached(
            "SELECT u.unit, u.variant, u.metric_values FROM experiment AS e
             JOIN batch AS b ON b.id = e.batch AND b.state = 'complete'
             JOIN experiment_unit AS u ON u.experiment = e.id WHERE e.name = ?1 ORDER BY u.rowid",
        )?;
        let mut rows = statement.query([name])?;
        while let Some(row) = rows.next()? {
            let values = read(row.get_ref(2)?.as_str().unwrap_or(""))?;
            let unit = row.get_ref(0)?.as_str().unwrap_or("");
            visit(&UnitRow { unit, variant: row.get(1)?, values: &values });
        }
        Ok(())
    }
}

/// Values as a JSON array of numbers, digit by digit: a float would round what is beyond its 53 bits.
fn written(values: &[Option<Decimal>]) -> String {
    let cells: Vec<String> = values
        .iter()
        .map(|value| value.map_or_else(|| "null".to_owned(), |value| value.to_string()))
        .collect();
    format!("[{}]", cells.join(","))
}

/// Values as they were written.
fn read(text: &str) -> Result<Vec<Option<Decimal>>> {
    let damaged = || Problem::new("experiment-values", format!("the values of a unit are damaged: {text}"));
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(damaged)?;
    if inside.is_empty() {
        return Ok(Vec::new());
    }
    let cells = inside.split(',').map(|cell| match cell.trim() {
        "null" => Ok(None),
        number => number.parse().map(Some).map_err(|_| damaged().into()),
    });
    cells.collect()
}

impl BatchWriter<'_> {
    fn batch_of_experiment(&self, name: &str) -> Result<Option<BatchId>> {
        Ok(self
            .reading()
            .prepare_cached(
                "SELECT e.batch FROM experiment AS e JOIN batch AS b ON b.id = e.batch
                 WHERE e.name = ?1 AND b.state = 'complete'",
            )?
            .query_row([name], |row| row.get(0).map(BatchId))
            .optional()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_every_digit() {
        let decimal = |text: &str| text.parse::<Decimal>().ok();
        let values =
            [decimal("922337203685477.5807"), None, decimal("-0.0001"), decimal("3"), decimal("142.44")];
        assert_eq!(written(&values), "[922337203685477.5807,null,-0.0001,3,142.44]");
        assert_eq!(read(&written(&values)).unwrap(), values);
        assert_eq!(read("[]").unwrap(), []);
        assert_eq!(read("[1, 2]").unwrap(), [decimal("1"), decimal("2")]);
        for damaged in ["", "[", "[1", "[x]", "[0.00001]"] {
            assert!(read(damaged).is_err(), "{damaged}");
        }
    }
}
