//! What a table may be besides what it is taken for: said, so that nobody finds out by thousands of strange profiles.

use std::collections::BTreeMap;

use super::experiment_file::{ExperimentColumns, MetricColumn, MetricKind};
use super::guess::counts;
use super::mapping::Field;
use super::numbers::SignEvidence;
use super::read::TableForm;
use super::sniff::TableShape;
use super::weights::Weights;

/// What a column of arms is called.
const ARMS: &[&str] = &[
    "variant",
    "variation",
    "arm",
    "treatment",
    "testgroup",
    "abgroup",
    "abtest",
    "abvariant",
    "experimentgroup",
    "experiment",
    "bucket",
    "version",
    "group",
    "segment",
    "cell",
    "condition",
    "testarm",
    "gruppe",
    "variante",
];

/// What the arm is called that nothing was done to.
const CONTROLS: &[&str] =
    &["control", "ctrl", "no ", "none", "holdout", "baseline", "kontroll", "placebo", "original"];

/// Parts of the names of what tests measure.
const OUTCOMES: &[&str] = &[
    "visit",
    "conver",
    "spend",
    "spent",
    "revenue",
    "order",
    "purchas",
    "retention",
    "retained",
    "click",
    "open",
    "bought",
    "outcome",
    "gamerounds",
    "signup",
    "subscrib",
    "umsatz",
    "gekauft",
];

/// What a unit is called.
const UNITS: &[&str] =
    &["userid", "customerid", "unit", "unitid", "id", "user", "email", "visitorid", "cookieid"];

/// Arms a test has at most.
const MOST_ARMS: usize = 6;

/// Fewer rows than this look like anything.
const FEWEST_ROWS: usize = 8;

/// How the table would be imported as a finished experiment of this name, if it looks like one: a column of few arms, and
/// columns of what each unit did.
#[must_use]
pub fn as_experiment(table: &TableShape, name: &str) -> Option<ExperimentColumns> {
    let plain: Vec<String> = table.header.iter().map(|name| folded(name)).collect();
    let variant = ARMS.iter().find_map(|arm| {
        plain.iter().enumerate().find(|(index, name)| name == arm && arms(table, *index).is_some())
    })?;
    let arms = arms(table, variant.0)?;
    let metrics: Vec<MetricColumn> = plain
        .iter()
        .enumerate()
        .filter(|(_, name)| OUTCOMES.iter().any(|outcome| name.contains(outcome)))
        .filter_map(|(index, _)| {
            let kind = kind(table, index)?;
            Some(MetricColumn { column: table.header.get(index)?.clone(), kind })
        })
        .collect();
    if metrics.is_empty() || table.sample.len() < FEWEST_ROWS {
        return None;
    }
    let unit = UNITS.iter().find_map(|unit| plain.iter().position(|name| name == unit));
    let is_control = |arm: &&String| CONTROLS.iter().any(|word| arm.to_lowercase().starts_with(word));
    Some(ExperimentColumns {
        name: name.to_owned(),
        variant: table.header.get(variant.0)?.clone(),
        control: arms.iter().find(is_control).or(arms.first())?.clone(),
        metrics,
        covariates: Vec::new(),
        unit: unit.and_then(|index| table.header.get(index)).cloned(),
        weights: Weights::default(),
    })
}

/// The arms a column names, if they are few and each is named again and again.
fn arms(table: &TableShape, index: usize) -> Option<Vec<String>> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in table.column(index) {
        *counts.entry(cell).or_default() += 1;
        if cell.is_empty() || counts.len() > MOST_ARMS {
            return None;
        }
    }
    let often = counts.values().sum::<usize>() >= counts.len() * 3;
    (counts.len() > 1 && often).then(|| counts.into_keys().map(str::to_owned).collect())
}

/// What kind of metric a column's values make: yes and no, or numbers.
fn kind(table: &TableShape, index: usize) -> Option<MetricKind> {
    let mut numbers = SignEvidence::default();
    let (mut flags, mut filled) = (0, 0);
    for cell in table.column(index).filter(|cell| !cell.is_empty()) {
        filled += 1;
        flags += usize::from(super::plan::flag(cell).is_some());
        numbers.see(cell);
    }
    match filled {
        0 => None,
        n if flags == n => Some(MetricKind::Proportion),
        _ if numbers.are_numbers() => Some(MetricKind::Mean),
        _ => None,
    }
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A column that was taken as text although most of its first values are numbers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NearlyNumbers {
    /// The column.
    pub column: String,
    /// Values that are no numbers, of those looked at.
    pub others: u64,
    /// Values looked at.
    pub seen: u64,
    /// The first that is no number.
    pub example: String,
    /// The row of the table it stands in, the header being the first.
    pub row: u64,
}

/// Columns a guessed mapping takes as text for the sake of a few values.
#[must_use]
pub fn nearly_numbers(form: &TableForm) -> Vec<NearlyNumbers> {
    if !form.guessed {
        return Vec::new();
    }
    let items = form.mapping.group.iter().flat_map(|group| group.items.values());
    let fields = form.mapping.properties.values().chain(form.mapping.traits.values()).chain(items);
    fields
        .filter_map(|field| match field {
            Field::Column(column) if counts(column) => nearly(&form.table, column),
            Field::Column(_) | Field::Typed(_) => None,
        })
        .collect()
}

fn nearly(table: &TableShape, column: &str) -> Option<NearlyNumbers> {
    let index = table.header.iter().position(|name| name == column)?;
    let (mut seen, mut others, mut first) = (0, 0, None);
    for (row, cell) in (table.skip as u64 + 1..).zip(table.column(index)).filter(|(_, cell)| !cell.is_empty())
    {
        let mut one = SignEvidence::default();
        one.see(cell);
        seen += 1;
        if one.no_numbers() {
            others += 1;
            first.get_or_insert((row, cell.to_owned()));
        }
    }
    // Most are numbers and some are not; where more are not, the column is text and nobody meant anything else.
    let (row, example) = first.filter(|_| others * 4 <= seen)?;
    Some(NearlyNumbers { column: column.to_owned(), others, seen, example, row })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Form, Input, recognise};

    fn form(text: &str) -> TableForm {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        let input = Input::of(&path).unwrap().remove(0);
        match recognise(input, None, None).unwrap().form {
            Form::Table(form) => *form,
            Form::Messages => unreachable!("a table"),
        }
    }

    fn rows(header: &str, row: impl Fn(usize) -> String) -> String {
        (0..40).fold(format!("{header}\n"), |text, n| format!("{text}{}\n", row(n)))
    }

    #[test]
    fn the_export_of_a_test_is_recognised() {
        let cookie = rows("userid,version,sum_gamerounds,retention_1,retention_7", |n| {
            format!("{n},{},{},{},False", ["gate_30", "gate_40"][n % 2], n * 3, ["True", "False"][n % 2])
        });
        let found = as_experiment(&form(&cookie).table, "cookie").unwrap();
        assert_eq!((found.variant.as_str(), found.control.as_str()), ("version", "gate_30"));
        assert_eq!(found.unit.as_deref(), Some("userid"));
        let said: Vec<String> =
            found.metrics.iter().map(|m| format!("{}:{}", m.column, m.kind.name())).collect();
        assert_eq!(said, ["sum_gamerounds:mean", "retention_1:proportion", "retention_7:proportion"]);
        let mail = rows("userid,segment,visit,spend", |n| {
            format!("{n},{},{},{}.5", ["Mens E-Mail", "No E-Mail", "Womens E-Mail"][n % 3], n % 2, n)
        });
        assert_eq!(as_experiment(&form(&mail).table, "x").unwrap().control, "No E-Mail");
    }

    #[test]
    fn customers_are_no_test() {
        let customers =
            rows("customer_id,segment,city", |n| format!("{n},{},Ulm", ["gold", "silver"][n % 2]));
        assert_eq!(as_experiment(&form(&customers).table, "x"), None, "nothing was measured");
        let unique = rows("customer_id,group,total_spent", |n| format!("{n},g{n},{n}"));
        assert_eq!(as_experiment(&form(&unique).table, "x"), None, "no arms");
    }

    #[test]
    fn a_column_of_numbers_with_a_few_words_is_told() {
        let text = rows("customer_id,points,city", |n| {
            format!("{n},{},Ulm", if n == 6 || n == 9 { "n/a".to_owned() } else { n.to_string() })
        });
        assert_eq!(
            nearly_numbers(&form(&text)),
            [NearlyNumbers {
                column: "points".to_owned(),
                others: 2,
                seen: 40,
                example: "n/a".to_owned(),
                row: 8
            }]
        );
    }
}
