//! Experiments whose values an import gives: one row per unit with its variant, its metrics and its covariates.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_128;

use super::analysis::{Evidence, MetricEvidence, Role};
use super::collect::Collected;
use super::health::ArmTraffic;
use super::measure::UnitValue;
use super::metric::Metric;
use crate::model::{Decimal, Time};
use crate::stats::Moments;

/// What the rows of an import mean.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenDesign {
    /// The experiment's name.
    pub name: String,
    /// The control's name.
    pub control: String,
    /// Every variant's weight; an even split where none is said. A variant left out has weight zero.
    pub weights: Option<Vec<(String, f64)>>,
    /// The metrics, in the order of a row's values. All of them count as primary.
    pub metrics: Vec<Metric>,
    /// The covariates, in the order of a row's covariates.
    pub covariates: Vec<String>,
}

/// Whether a definition's text is that of an experiment whose values were imported, and no design that could run.
#[must_use]
pub fn is_given(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Kind {
        kind: String,
    }
    toml::from_str::<Kind>(text).is_ok_and(|said| said.kind == "imported")
}

/// Rows taken so far. Rows are kept until all are there, because a unit may turn up again in another variant.
#[derive(Debug, Clone)]
pub struct GivenUnits {
    design: GivenDesign,
    variants: Vec<String>,
    rows: Vec<Row>,
    /// Values and covariates of all rows, one row after the other.
    cells: Vec<Option<Decimal>>,
    /// Row by the hash of its unit: 128 bits, so two units never share one.
    by_unit: HashMap<u128, usize>,
    repeated: u64,
    misfits: u64,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    variant: usize,
    excluded: bool,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A new unit.
    New,
    /// The unit was there in the same variant; the first row holds.
    Repeated,
    /// The unit was there in another variant; it is excluded and counted.
    SeveralVariants,
}

impl GivenUnits {
    /// No rows yet.
    #[must_use]
    pub fn new(design: GivenDesign) -> Self {
        let mut variants = vec![design.control.clone()];
        let declared = design.weights.iter().flatten().map(|(variant, _)| variant);
        variants.extend(declared.filter(|variant| **variant != design.control).cloned());
        Self {
            design,
            variants,
            rows: Vec::new(),
            cells: Vec::new(),
            by_unit: HashMap::new(),
            repeated: 0,
            misfits: 0,
        }
    }

    /// Takes a row. Values and covariates that are missing or not written stay unknown.
    pub fn push(
        &mut self,
        unit: &str,
        variant: &str,
        values: &[Option<Decimal>],
        covariates: &[Option<Decimal>],
    ) -> Taken {
        let variant = self.variant(variant);
        let next = self.rows.len();
        let row = *self.by_unit.entry(xxh3_128(unit.as_bytes())).or_insert(next);
        if row < next {
            let known = &mut self.rows[row];
            if known.variant == variant {
                self.repeated += 1;
                return Taken::Repeated;
            }
            known.excluded = true;
            return Taken::SeveralVariants;
        }
        self.rows.push(Row { variant, excluded: false });
        let (metrics, width) = (self.design.metrics.len(), self.width());
        for index in 0..width {
            let cell = match index.checked_sub(metrics) {
                None => values.get(index).copied().flatten(),
                Some(covariate) => covariates.get(covariate).copied().flatten(),
            };
            let fits = cell.is_none_or(|value| index >= metrics || self.design.metrics[index].takes(value));
            self.misfits += u64::from(!fits);
            self.cells.push(cell.filter(|_| fits));
        }
        Taken::New
    }

    /// Rows whose unit was already there in the same variant.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Values that were no zero or one where a proportion needs one: counted here and treated as missing.
    #[must_use]
    pub fn misfits(&self) -> u64 {
        self.misfits
    }

    /// The evidence of all rows; `covariate` names the one to collect for adjustment. Treatments come in the order of their
    /// names, so that the order of rows decides nothing.
    #[must_use]
    pub fn evidence(&self, as_of: Time, covariate: Option<&str>) -> Evidence {
        let order = self.order();
        let covariate =
            covariate.and_then(|name| self.design.covariates.iter().position(|known| known == name));
        Evidence {
            experiment: self.design.name.clone(),
            as_of,
            arms: order.iter().map(|&variant| self.traffic(variant)).collect(),
            excluded: self.rows.iter().filter(|row| row.excluded).count() as u64,
            metrics: (0..self.design.metrics.len())
                .map(|metric| self.metric(metric, covariate, &order))
                .collect(),
        }
    }

    /// Every covariate with its moments by arm, over the units that have it: what was known before anybody was treated.
    #[must_use]
    pub fn known(&self) -> Vec<(String, Vec<Moments>)> {
        let order = self.order();
        let of = |(covariate, name): (usize, &String)| {
            let column = self.design.metrics.len() + covariate;
            let mut arms = vec![Moments::default(); self.variants.len()];
            for (index, row) in self.rows.iter().enumerate().filter(|(_, row)| !row.excluded) {
                if let Some(value) = self.cell(index, column) {
                    arms[row.variant].push(value.to_f64());
                }
            }
            (name.clone(), order.iter().map(|&variant| arms[variant]).collect())
        };
        self.design.covariates.iter().enumerate().map(of).collect()
    }

    fn variant(&mut self, name: &str) -> usize {
        self.variants.iter().position(|known| known == name).unwrap_or_else(|| {
            self.variants.push(name.to_owned());
            self.variants.len() - 1
        })
    }

    fn width(&self) -> usize {
        self.design.metrics.len() + self.design.covariates.len()
    }

    fn cell(&self, row: usize, column: usize) -> Option<Decimal> {
        self.cells.get(row * self.width() + column).copied().flatten()
    }

    /// The control, then the treatments by name.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.variants.len()).collect();
        order[1..].sort_by_key(|&variant| &self.variants[variant]);
        order
    }

    fn traffic(&self, variant: usize) -> ArmTraffic {
        let name = &self.variants[variant];
        let weight = match &self.design.weights {
            None => 1.0,
            Some(weights) => {
                weights.iter().find(|(known, _)| known == name).map_or(0.0, |(_, weight)| *weight)
            }
        };
        let of = |excluded_only: bool| {
            let counts = |row: &&Row| row.variant == variant && (row.excluded || !excluded_only);
            self.rows.iter().filter(counts).count() as u64
        };
        ArmTraffic { variant: name.clone(), weight, exposed: of(false), excluded: of(true) }
    }

    fn metric(&self, metric: usize, covariate: Option<usize>, order: &[usize]) -> MetricEvidence {
        let declared = &self.design.metrics[metric];
        let column = covariate.map(|covariate| self.design.metrics.len() + covariate);
        let fill = column.and_then(|column| self.mean(column));
        let mut arms = vec![Collected::new(declared.kind); self.variants.len()];
        let seen = self.rows.iter().enumerate().filter(|(_, row)| !row.excluded);
        let seen: Vec<UnitValue> =
            seen.filter_map(|(row, _)| self.cell(row, metric)).map(UnitValue::given).collect();
        let cuts = declared.cuts(&seen);
        for (index, row) in self.rows.iter().enumerate().filter(|(_, row)| !row.excluded) {
            // A unit without a value is not a unit with a zero: it is left out of this metric.
            let Some(value) = self.cell(index, metric) else { continue };
            let value = declared.winsorise.map_or(value, |cap| value.min(cap));
            let known = column.and_then(|column| self.cell(index, column)).map(Decimal::to_f64);
            let value = UnitValue::given(value);
            let value = cuts.map_or(value, |cuts| value.within(&cuts));
            arms[row.variant].push(&value, known.or(fill));
        }
        MetricEvidence {
            metric: declared.name.clone(),
            kind: declared.kind,
            role: Role::Primary,
            better: declared.better,
            covariate: covariate.map(|covariate| self.design.covariates[covariate].clone()),
            arms: order.iter().map(|&variant| arms[variant]).collect(),
        }
    }

    /// The mean of a column over all units that have it: what a missing covariate counts as.
    fn mean(&self, column: usize) -> Option<f64> {
        let known = self.rows.iter().enumerate().filter(|(_, row)| !row.excluded);
        let (count, sum) = known
            .filter_map(|(row, _)| self.cell(row, column))
            .fold((0_u64, 0_i128), |(count, sum), value| (count + 1, sum + i128::from(value.scaled())));
        (count > 0).then(|| sum as f64 / count as f64 / Decimal::ONE.scaled() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{MetricKind, Settings, analyse};

    fn units() -> GivenUnits {
        GivenUnits::new(GivenDesign {
            name: "test".to_owned(),
            control: "off".to_owned(),
            weights: None,
            metrics: vec![
                Metric::given("visit", MetricKind::Proportion),
                Metric::given("spend", MetricKind::Mean),
            ],
            covariates: vec!["history".to_owned()],
        })
    }

    fn decimal(text: &str) -> Option<Decimal> {
        text.parse().ok()
    }

    #[test]
    fn a_design_is_no_import() {
        assert!(is_given("kind = \"imported\"\nname = \"email-test\"\n"));
        assert!(!is_given("name = \"cart\"\nplanned_n = 4000\n"));
        assert!(!is_given("kind = \"imported"));
    }

    #[test]
    fn units_of_several_variants_are_excluded_and_repeats_counted() {
        let mut units = units();
        assert_eq!(units.push("1", "on", &[decimal("1"), decimal("5")], &[decimal("2")]), Taken::New);
        assert_eq!(units.push("1", "on", &[decimal("0"), decimal("0")], &[decimal("2")]), Taken::Repeated);
        assert_eq!(units.push("2", "off", &[decimal("1"), decimal("7")], &[decimal("2")]), Taken::New);
        assert_eq!(
            units.push("2", "on", &[decimal("1"), decimal("7")], &[decimal("2")]),
            Taken::SeveralVariants
        );
        assert_eq!(units.push("3", "on", &[decimal("2"), None], &[None]), Taken::New);
        let evidence = units.evidence(Time(0), None);
        assert_eq!((evidence.excluded, units.repeated(), units.misfits()), (1, 1, 1));
        assert_eq!(evidence.metrics[0].arms[1].n(), 1, "a visit of 2 is no visit and no lack of one");
        assert_eq!((evidence.arms[0].exposed, evidence.arms[0].excluded), (1, 1));
        assert_eq!(evidence.metrics[1].arms.iter().map(Collected::n).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn missing_values_are_left_out_and_missing_covariates_are_the_mean() {
        let mut units = units();
        for unit in 0..40_i64 {
            let arm = if unit % 2 == 0 { "off" } else { "on" };
            let spend = decimal(&format!("{}", unit % 7));
            let spend = if unit == 0 { None } else { spend };
            let history = if unit % 5 == 0 { None } else { decimal(&format!("{}", unit % 3)) };
            units.push(&unit.to_string(), arm, &[decimal("1"), spend], &[history]);
        }
        let evidence = units.evidence(Time(0), Some("history"));
        assert_eq!(evidence.metrics[1].arms.iter().map(Collected::n).collect::<Vec<_>>(), [19, 20]);
        let analysis = analyse(&evidence, &Settings { cuped: true, ..Settings::finished() });
        assert_eq!(analysis.metrics[1].covariate.as_deref(), Some("history"));
        let comparison = &analysis.metrics[1].comparisons[0];
        assert!(comparison.unadjusted.is_some() && comparison.numbers.p_value.is_some(), "{comparison:?}");
        // Everybody visited, so there is nothing to compare.
        assert_eq!(analysis.metrics[0].comparisons[0].withheld.as_ref().unwrap().code, "no-variance");
        let known = units.known();
        assert_eq!(
            (known[0].0.as_str(), known[0].1[0].n + known[0].1[1].n),
            ("history", 32),
            "as many as have it"
        );
    }
}
