//! Results of a finished experiment, one row per unit: its arm and the values of its metrics.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::container::Input;
use super::fault::{Fault, quoted};
use super::numbers::{self, DecimalSign, SignEvidence};
use super::plan::flag;
use super::records::{Next, Row};
use super::rejects::{RejectForm, Rejects, restored};
use super::sniff::{Content, TableShape, sniff, unreadable};
use crate::model::decimal::DecimalError;
use crate::model::{Decimal, Problem};

/// What the columns of the file mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentColumns {
    /// The experiment's name.
    pub name: String,
    /// The column of the arm.
    pub variant: String,
    /// The arm the others are compared with.
    pub control: String,
    /// Metric columns and their kinds.
    pub metrics: Vec<MetricColumn>,
    /// Columns known before the experiment.
    #[serde(default)]
    pub covariates: Vec<String>,
    /// The column of the unit; rows are units of their own without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// One metric column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricColumn {
    /// The column.
    pub column: String,
    /// What its values are.
    pub kind: MetricKind,
}

/// What a metric's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// Yes or no per unit.
    Proportion,
    /// A number per unit.
    Mean,
}

impl MetricKind {
    /// The canonical name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Proportion => "proportion",
            Self::Mean => "mean",
        }
    }
}

impl std::str::FromStr for MetricColumn {
    type Err = String;

    /// `visit:proportion`, `spend:mean`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (column, kind) = text
            .rsplit_once(':')
            .ok_or_else(|| format!("`{text}` has no kind; write COLUMN:proportion or COLUMN:mean"))?;
        let kind = match kind {
            "proportion" => MetricKind::Proportion,
            "mean" => MetricKind::Mean,
            other => return Err(format!("`{other}` is no kind of metric; write proportion or mean")),
        };
        Ok(Self { column: column.to_owned(), kind })
    }
}

/// One unit of an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExperimentUnit {
    /// The unit's id, or its row number.
    pub unit: String,
    /// Index into [`ExperimentFile::variants`].
    pub variant: u32,
    /// A value per metric, then per covariate; none where the cell is empty.
    pub values: Vec<Option<Decimal>>,
    /// The line of the file.
    pub line: u64,
}

/// A read experiment.
#[derive(Debug)]
pub struct ExperimentFile {
    /// Arms, the control first, then in order of appearance.
    pub variants: Vec<String>,
    /// Units in file order.
    pub units: Vec<ExperimentUnit>,
    /// Data rows, header aside.
    pub rows: u64,
    /// What was rejected.
    pub rejects: Rejects,
}

/// More arms than this mean that the wrong column was named.
const MOST_ARMS: usize = 50;

/// Reads an experiment file.
///
/// # Errors
/// The file is no table, or a column that was named is not in it, or nobody is in the control arm.
pub fn read_experiment(
    input: &Input,
    columns: &ExperimentColumns,
    rejects: Option<PathBuf>,
    taken: &Arc<AtomicU64>,
) -> Result<ExperimentFile, Problem> {
    let sniffed = sniff(input)?;
    let Content::Table(table) = &sniffed.content else {
        return Err(Problem::new("experiment-not-table", "holds messages, not one row per unit")
            .help("export a CSV with one row per unit")
            .in_file(input.name()));
    };
    let in_file = |problem: Problem| problem.in_file(input.name());
    let mut reader = Reader::of(columns, table).map_err(in_file)?;
    let reject_form =
        RejectForm::Table { header: table.original.clone(), delimiter: table.dialect.delimiter };
    let mut file = ExperimentFile {
        variants: vec![columns.control.clone()],
        units: Vec::new(),
        rows: 0,
        rejects: Rejects::new(rejects, input.name(), reject_form),
    };
    let mut records = sniffed.open_table(input, table, taken)?;
    loop {
        match records.next_row().map_err(|error| unreadable(input, &error))? {
            Next::Row(row) => {
                file.rows += 1;
                if let Err(fault) = reader.row(&row, table, &mut file) {
                    let problem = fault.problem(&table.header, row.line);
                    file.rejects.reject(row.iter().skip(table.added).map(restored), problem);
                }
            }
            Next::Malformed(why, line, text) => {
                file.rows += 1;
                let problem = super::read::malformed(why).problem(&table.header, line);
                file.rejects.reject(std::iter::once(text.as_str()), problem);
            }
            Next::End => break,
        }
    }
    file.rejects.finish();
    reader.check(columns, &file).map_err(in_file)?;
    Ok(file)
}

struct Reader {
    variant: usize,
    unit: Option<usize>,
    metrics: Vec<(usize, MetricKind, DecimalSign)>,
    covariates: Vec<(usize, DecimalSign)>,
    seen: HashSet<u64>,
}

impl Reader {
    fn of(columns: &ExperimentColumns, table: &TableShape) -> Result<Self, Problem> {
        let find = |name: &str| super::plan::find(table, name);
        let sign = |index: usize| {
            let mut evidence = SignEvidence::default();
            table.column(index).for_each(|cell| evidence.see(cell));
            match evidence.sign() {
                Some(sign) => Ok(sign),
                None if table.dialect.delimiter == b';' => Ok(DecimalSign::Comma),
                None => Err(super::survey::unclear_numbers(table, index)),
            }
        };
        if columns.metrics.is_empty() {
            return Err(Problem::new("experiment-no-metric", "no metric was named")
                .help("name one: --metric COLUMN:proportion or --metric COLUMN:mean"));
        }
        Ok(Self {
            variant: find(&columns.variant)?,
            unit: columns.unit.as_deref().map(find).transpose()?,
            metrics: columns
                .metrics
                .iter()
                .map(|metric| {
                    let index = find(&metric.column)?;
                    let sign = match metric.kind {
                        MetricKind::Proportion => DecimalSign::Point,
                        MetricKind::Mean => sign(index)?,
                    };
                    Ok((index, metric.kind, sign))
                })
                .collect::<Result<_, Problem>>()?,
            covariates: columns
                .covariates
                .iter()
                .map(|name| find(name).and_then(|index| sign(index).map(|sign| (index, sign))))
                .collect::<Result<_, _>>()?,
            seen: HashSet::new(),
        })
    }

    fn row(&mut self, row: &Row<'_>, table: &TableShape, file: &mut ExperimentFile) -> Result<(), Fault> {
        let cell = |index: usize| restored(row.get(index + table.added));
        if row.len() < table.header.len() + table.added {
            return Err(Fault::new(
                "csv-too-few-fields",
                format!(
                    "{} fields where the header has {}",
                    row.len() - table.added.min(row.len()),
                    table.header.len()
                ),
                "complete the row",
            ));
        }
        if row.iter().skip(table.header.len() + table.added).any(|cell| !cell.trim().is_empty()) {
            return Err(Fault::new(
                "csv-too-many-fields",
                format!("{} fields where the header has {}", row.len() - table.added, table.header.len()),
                "put quotes around a cell that holds the separator",
            ));
        }
        let variant = self.variant(cell(self.variant), file)?;
        let mut values = Vec::with_capacity(self.metrics.len() + self.covariates.len());
        for (index, kind, sign) in &self.metrics {
            let value = match kind {
                MetricKind::Proportion => yes_or_no(cell(*index)),
                MetricKind::Mean => number(cell(*index), *sign),
            };
            values.push(value.map_err(|fault| fault.in_column(*index))?);
        }
        for (index, sign) in &self.covariates {
            values.push(number(cell(*index), *sign).map_err(|fault| fault.in_column(*index))?);
        }
        let unit = match self.unit {
            None => row.line.to_string(),
            Some(index) => self.unit(cell(index)).map_err(|fault| fault.in_column(index))?,
        };
        file.units.push(ExperimentUnit { unit, variant, values, line: row.line });
        Ok(())
    }

    fn variant(&self, text: &str, file: &mut ExperimentFile) -> Result<u32, Fault> {
        if text.is_empty() {
            return Err(Fault::new("variant-missing", "the row does not say its arm", "fill the cell")
                .in_column(self.variant));
        }
        if let Some(index) = file.variants.iter().position(|known| known == text) {
            return Ok(index as u32);
        }
        if file.variants.len() >= MOST_ARMS {
            return Err(Fault::new(
                "variant-too-many",
                format!("{} would be the arm number {}", quoted(text), MOST_ARMS + 1),
                "name the column of the arm with --variant",
            )
            .in_column(self.variant));
        }
        file.variants.push(text.to_owned());
        Ok((file.variants.len() - 1) as u32)
    }

    fn unit(&mut self, text: &str) -> Result<String, Fault> {
        if text.is_empty() {
            return Err(Fault::new("unit-missing", "the row does not say its unit", "fill the cell"));
        }
        if !self.seen.insert(xxh3_64(text.as_bytes())) {
            return Err(Fault::new(
                "unit-repeated",
                format!("the unit {} has a row already", quoted(text)),
                "keep one row per unit",
            ));
        }
        Ok(text.to_owned())
    }

    fn check(&self, columns: &ExperimentColumns, file: &ExperimentFile) -> Result<(), Problem> {
        if file.units.iter().any(|unit| unit.variant == 0) || file.units.is_empty() {
            return Ok(());
        }
        let others: Vec<String> =
            file.variants.iter().skip(1).take(10).map(|name| format!("`{name}`")).collect();
        Err(Problem::new(
            "experiment-no-control",
            format!("no row is in the control arm `{}`", columns.control),
        )
        .help(format!("the arms are: {}", others.join(", ")))
        .in_column(&columns.variant))
    }
}

fn yes_or_no(text: &str) -> Result<Option<Decimal>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    match flag(text).or_else(|| numbers::parse(text, DecimalSign::Point).ok().and_then(as_flag)) {
        Some(true) => Ok(Some(Decimal::ONE)),
        Some(false) => Ok(Some(Decimal::ZERO)),
        None => Err(Fault::new(
            "proportion-unreadable",
            format!("{} is neither yes nor no", quoted(text)),
            "write 0 or 1, or name the metric COLUMN:mean",
        )),
    }
}

fn as_flag(number: Decimal) -> Option<bool> {
    match number {
        Decimal::ZERO => Some(false),
        Decimal::ONE => Some(true),
        _ => None,
    }
}

fn number(text: &str, sign: DecimalSign) -> Result<Option<Decimal>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    numbers::parse(text, sign).map(Some).map_err(|error| match error {
        DecimalError::NotANumber => Fault::new(
            "number-unreadable",
            format!("{} is no number", quoted(text)),
            "write a number such as 12.50",
        ),
        DecimalError::TooFine => Fault::new(
            "number-too-fine",
            format!("{} has more than four decimal places", quoted(text)),
            "round it to four places",
        ),
        DecimalError::TooLarge => Fault::new(
            "number-too-large",
            format!("{} is beyond ±922,337,203,685,477.5807", quoted(text)),
            "correct it",
        ),
    })
}
