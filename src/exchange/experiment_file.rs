//! Results of a finished experiment, one row per unit: its arm and the values of its metrics.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::container::Input;
use super::fault::{Fault, quoted};
use super::numbers::{self, DecimalSign, SignEvidence};
use super::plan::flag;
use super::records::{Next, Row};
use super::rejects::{RejectForm, Rejects, restored};
use super::sniff::{Content, TableShape, sniff, unreadable};
use super::weights::Weights;
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
    /// How units were meant to be shared out; evenly where nothing is said.
    #[serde(default, skip_serializing_if = "Weights::is_empty")]
    pub weights: Weights,
}

impl ExperimentColumns {
    /// What is wrong before any file is looked at.
    fn check(&self) -> Result<(), Problem> {
        if self.name.trim().is_empty() {
            return Err(
                Problem::new("experiment-name", "an experiment needs a name").help("write --name email-test")
            );
        }
        if self.metrics.is_empty() {
            return Err(Problem::new("experiment-no-metric", "no metric was named")
                .help("name one: --metric COLUMN:proportion or --metric COLUMN:mean"));
        }
        let given: Vec<&String> =
            self.metrics.iter().map(|metric| &metric.column).chain(&self.covariates).collect();
        match given.iter().enumerate().find(|(index, name)| given[..*index].contains(name)) {
            Some((_, twice)) => Err(Problem::new(
                "experiment-column-twice",
                format!("the column {} is named twice", quoted(twice)),
            )
            .help("a column is one metric or one covariate, which must be known before the experiment")),
            None => Ok(()),
        }
    }
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
    columns.check()?;
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
    /// The variant of every unit's first row, by the hash of the unit.
    seen: HashMap<u128, u32>,
}

impl Reader {
    fn of(columns: &ExperimentColumns, table: &TableShape) -> Result<Self, Problem> {
        let find = |name: &str, option: &str| {
            super::plan::find(table, name).map_err(|problem| Problem {
                code: "experiment-column",
                message: format!("the file has no column {}, which {option} names", quoted(name)),
                ..problem
            })
        };
        let metric = |metric: &MetricColumn| {
            let index = find(&metric.column, "--metric")?;
            let sign = match metric.kind {
                MetricKind::Proportion => flags(table, index).map(|()| DecimalSign::Point)?,
                MetricKind::Mean => sign(table, index)?,
            };
            Ok((index, metric.kind, sign))
        };
        let covariate = |name: &String| {
            let index = find(name, "--covariate")?;
            Ok((index, sign(table, index)?))
        };
        Ok(Self {
            variant: find(&columns.variant, "--variant")?,
            unit: columns.unit.as_deref().map(|unit| find(unit, "--unit")).transpose()?,
            metrics: columns.metrics.iter().map(metric).collect::<Result<_, Problem>>()?,
            covariates: columns.covariates.iter().map(covariate).collect::<Result<_, Problem>>()?,
            seen: HashMap::new(),
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
            Some(index) => self.unit(cell(index), variant).map_err(|fault| fault.in_column(index))?,
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

    /// A unit seen again in its variant adds nothing; one seen in another variant is kept, to be excluded and counted.
    fn unit(&mut self, text: &str, variant: u32) -> Result<String, Fault> {
        if text.is_empty() {
            return Err(Fault::new("unit-missing", "the row does not say its unit", "fill the cell"));
        }
        let mut again = true;
        let first = *self.seen.entry(xxh3_128(text.as_bytes())).or_insert_with(|| {
            again = false;
            variant
        });
        if again && first == variant {
            return Err(Fault::new(
                "unit-repeated",
                format!("the unit {} has a row already", quoted(text)),
                "keep one row per unit",
            ));
        }
        Ok(text.to_owned())
    }

    fn check(&self, columns: &ExperimentColumns, file: &ExperimentFile) -> Result<(), Problem> {
        let Some(first) = file.units.first() else { return Err(nobody(file)) };
        let of = |variant: u32| file.units.iter().any(|unit| unit.variant == variant);
        if !of(0) {
            let others: Vec<String> =
                file.variants.iter().skip(1).take(10).map(|name| quoted(name)).collect();
            return Err(Problem::new(
                "experiment-no-control",
                format!("no row is in the control arm {}{}", quoted(&columns.control), rejected(file)),
            )
            .help(format!("the arms are: {}", others.join(", ")))
            .in_column(&columns.variant));
        }
        if file.units.iter().all(|unit| unit.variant == first.variant) {
            return Err(Problem::new(
                "experiment-one-arm",
                format!(
                    "every row is in the arm {}, so there is nothing to compare{}",
                    quoted(&columns.control),
                    rejected(file)
                ),
            )
            .help("name the column of the arm with --variant")
            .in_column(&columns.variant));
        }
        if columns.weights.is_empty() { Ok(()) } else { columns.weights.of(&file.variants).map(|_| ()) }
    }
}

/// A file without a unit is no experiment.
fn nobody(file: &ExperimentFile) -> Problem {
    if file.rows == 0 {
        return Problem::new("experiment-empty", "holds a header and no row").help("export it again");
    }
    let first = file.rejects.shown.first();
    let help = match first.and_then(|first| first.place.column.as_ref().zip(first.help.as_ref())) {
        Some((column, help)) => format!("column {column}: {help}"),
        None => "check the columns that were named".to_owned(),
    };
    Problem::new("experiment-nobody", format!("no row can be taken{}", rejected(file))).help(help)
}

/// What a fault of the whole file may come from.
fn rejected(file: &ExperimentFile) -> String {
    match file.rejects.shown.first() {
        Some(first) => format!(" ({} rejected; the first: {})", file.rejects.count, first.message),
        None => String::new(),
    }
}

/// The decimal sign of a column of numbers.
fn sign(table: &TableShape, index: usize) -> Result<DecimalSign, Problem> {
    let mut evidence = SignEvidence::default();
    table.column(index).for_each(|cell| evidence.see(cell));
    if evidence.no_numbers() {
        return Err(unfit(table, index, "holds no number", "name a column of numbers"));
    }
    match evidence.sign() {
        Some(sign) => Ok(sign),
        None if table.dialect.delimiter == b';' => Ok(DecimalSign::Comma),
        None => Err(super::survey::unclear_numbers(table, index)
            .help("write one of them with its decimals, such as 1234.00, to make it clear")),
    }
}

/// Whether a column can be one of yes and no, by its first rows.
fn flags(table: &TableShape, index: usize) -> Result<(), Problem> {
    let mut said = table.column(index).filter(|cell| !cell.is_empty()).peekable();
    if said.peek().is_none() || said.any(|cell| yes_or_no(cell).is_ok()) {
        return Ok(());
    }
    let help = "a proportion is 0 or 1, true or false, yes or no for each unit";
    Err(unfit(table, index, "holds neither yes nor no", help))
}

fn unfit(table: &TableShape, index: usize, what: &str, help: &str) -> Problem {
    let mut found: Vec<String> = Vec::new();
    for cell in table.column(index).filter(|cell| !cell.is_empty()).map(quoted) {
        if found.len() < 3 && !found.contains(&cell) {
            found.push(cell);
        }
    }
    Problem::new("experiment-metric-column", format!("the column {what} but {}", found.join(", ")))
        .help(help)
        .in_column(table.header.get(index).cloned().unwrap_or_default())
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
            "write a number such as 12.50, or nothing where it is not known",
        ),
        DecimalError::TooFine => Fault::new(
            "number-too-fine",
            format!("{} has more than four decimal places", quoted(text)),
            "round the column to four places with ROUND in a spreadsheet or in SQL and export it again",
        ),
        DecimalError::TooLarge => Fault::new(
            "number-too-large",
            format!("{} is beyond ±922,337,203,685,477.5807", quoted(text)),
            "correct it",
        ),
    })
}
