//! What can be filled in, and how it stands in rows.

use std::collections::BTreeMap;

use super::Tab;
use crate::tui::widgets::grid::{Cell, Kind, Line};

/// A field of the calculator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Metric,
    /// Whether values are told by their sums or by mean and variance.
    Told,
    /// Whether what came before is told too.
    Adjusted,
    Engine,
    Alpha,
    Difference,
    Relative,
    Alternative,
    Better,
    Margin,
    Tuning,
    PriorProper,
    PriorMean,
    PriorSd,
    /// A quantity of a variant, the control first.
    Of(usize, Quantity),
    Method,
    Baseline,
    Sd,
    Effect,
    N,
    Power,
    Ratio,
    Arms,
    Rho,
}

/// What is told of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quantity {
    Name,
    N,
    Sum,
    SumSquares,
    Mean,
    Variance,
    Denominator,
    DenominatorSquares,
    Cross,
    Before,
    BeforeSquares,
    BeforeCross,
    Weight,
}

impl Quantity {
    /// Its name in a line of JSON.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::N => "n",
            Self::Sum => "sum",
            Self::SumSquares => "sum_squares",
            Self::Mean => "mean",
            Self::Variance => "variance",
            Self::Denominator => "denominator_sum",
            Self::DenominatorSquares => "denominator_sum_squares",
            Self::Cross => "cross_sum",
            Self::Before => "pre_sum",
            Self::BeforeSquares => "pre_sum_squares",
            Self::BeforeCross => "pre_cross_sum",
            Self::Weight => "weight",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Name => "variant",
            Self::N => "people",
            Self::Sum => "sum",
            Self::SumSquares => "sum of squares",
            Self::Mean => "mean",
            Self::Variance => "variance",
            Self::Denominator => "over, sum",
            Self::DenominatorSquares => "over, squares",
            Self::Cross => "products",
            Self::Before => "before, sum",
            Self::BeforeSquares => "before, squares",
            Self::BeforeCross => "before × now",
            Self::Weight => "planned %",
        }
    }
}

/// Variants at most, the control among them.
const MOST: usize = 4;
/// Columns of a number.
const NUMBER: usize = 12;

/// What the fields say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cells(BTreeMap<Field, String>);

impl Cells {
    /// What a form begins with.
    pub(super) fn fresh(tab: Tab) -> Self {
        let mut cells = Self::default();
        let common = [
            (Field::Metric, "proportion"),
            (Field::Engine, "fixed"),
            (Field::Alpha, "0.05"),
            (Field::Difference, "relative"),
            (Field::Alternative, "two-sided"),
        ];
        let own: &[(Field, &str)] = match tab {
            Tab::Compare => &[
                (Field::Told, "sums"),
                (Field::Adjusted, "no"),
                (Field::Relative, "delta"),
                (Field::Better, "higher"),
                (Field::PriorProper, "flat"),
                (Field::Of(0, Quantity::Name), "A"),
                (Field::Of(1, Quantity::Name), "B"),
            ],
            Tab::Power => &[
                (Field::Baseline, "0.1"),
                (Field::Effect, "0.1"),
                (Field::Power, "0.8"),
                (Field::Arms, "2"),
                (Field::Ratio, "1"),
            ],
        };
        common.iter().chain(own).for_each(|(field, text)| cells.set(*field, text));
        cells
    }

    pub(super) fn get(&self, field: Field) -> &str {
        self.0.get(&field).map_or("", |text| text.trim())
    }

    pub(super) fn set(&mut self, field: Field, text: &str) {
        self.0.insert(field, text.to_owned());
    }

    /// Variants with a name.
    pub(super) fn variants(&self) -> usize {
        let named = |at: &usize| !self.get(Field::Of(*at, Quantity::Name)).is_empty();
        (0..MOST).take_while(named).count()
    }

    /// What is told of each variant, by metric.
    pub(super) fn quantities(&self) -> Vec<Quantity> {
        use Quantity::{
            Before, BeforeCross, BeforeSquares, Cross, Denominator, DenominatorSquares, Mean, N, Sum,
            SumSquares, Variance, Weight,
        };
        let sums = self.get(Field::Told) != "mean and variance";
        let mut told = vec![N];
        match self.get(Field::Metric) {
            "proportion" => told.push(Sum),
            "ratio" if sums => told.extend([Sum, SumSquares, Denominator, DenominatorSquares, Cross]),
            "ratio" => told.extend([Mean, Variance, Denominator, DenominatorSquares, Cross]),
            _ if sums => told.extend([Sum, SumSquares]),
            _ => told.extend([Mean, Variance]),
        }
        if self.get(Field::Adjusted) == "yes" && self.get(Field::Metric) != "ratio" {
            told.extend([Before, BeforeSquares, BeforeCross]);
        }
        told.push(Weight);
        told
    }
}

const METRICS: &[&str] = &["proportion", "mean", "ratio"];
const ENGINES: &[&str] = &["fixed", "sequential", "bayesian"];
const PLANNED: &[&str] = &["fixed", "sequential"];
const DIFFERENCES: &[&str] = &["relative", "absolute"];
const SCALES: &[&str] = &["delta", "log"];
const SIDES: &[&str] = &["two-sided", "greater", "less"];
const WAYS: &[&str] = &["higher", "lower"];
const TOLD: &[&str] = &["sums", "mean and variance"];
const YES: &[&str] = &["no", "yes"];
const PRIORS: &[&str] = &["flat", "normal"];
const METHODS: &[&str] = &["", "normal", "pooled", "arcsine", "t"];

/// The rows of a tab.
pub(super) fn lines(tab: Tab, cells: &Cells) -> Vec<Line<Field>> {
    match tab {
        Tab::Compare => compare(cells),
        Tab::Power => power(cells),
    }
}

/// What a quantity is called: the sum of a share counts people.
pub(super) fn label(quantity: Quantity, cells: &Cells) -> &'static str {
    match quantity {
        Quantity::Sum if cells.get(Field::Metric) == "proportion" => "did it",
        other => other.label(),
    }
}

fn row(label: &str, cells: Vec<Cell<Field>>) -> Line<Field> {
    Line::Cells(label.to_owned(), cells)
}

fn compare(cells: &Cells) -> Vec<Line<Field>> {
    let chosen = |field, words| Cell::new(field, cells.get(field), Kind::Chosen(words)).wide(12);
    let metric = cells.get(Field::Metric);
    let mut measured = vec![chosen(Field::Metric, METRICS)];
    if metric != "proportion" {
        measured.push(chosen(Field::Told, TOLD).lead("told as ").wide(19));
    }
    let mut lines = vec![row("measured", measured)];
    if metric != "ratio" {
        lines.push(row("before", vec![chosen(Field::Adjusted, YES).wide(5)]));
    }
    let count = cells.variants();
    let name = |at| {
        let field = Field::Of(at, Quantity::Name);
        Cell::new(field, cells.get(field), Kind::Typed).wide(NUMBER)
    };
    lines.push(row(Quantity::Name.label(), (0..count.max(1)).map(name).collect()));
    for quantity in cells.quantities() {
        let label = label(quantity, cells);
        let hint = if quantity == Quantity::Weight { "even" } else { "" };
        let of = |at| {
            Cell::new(Field::Of(at, quantity), cells.get(Field::Of(at, quantity)), Kind::Typed)
                .wide(NUMBER)
                .hint(hint)
        };
        lines.push(row(label, (0..count.max(1)).map(of).collect()));
    }
    if count < MOST {
        lines.push(row("one more", vec![name(count.max(1)).hint("a name adds a variant")]));
    }
    lines.extend(judged(cells));
    lines
}

/// How it is read.
fn judged(cells: &Cells) -> Vec<Line<Field>> {
    let typed = |field| Cell::new(field, cells.get(field), Kind::Typed).wide(8);
    let chosen = |field, words| Cell::new(field, cells.get(field), Kind::Chosen(words)).wide(12);
    let mut lines = Vec::new();
    lines.push(row(
        "read by",
        vec![chosen(Field::Engine, ENGINES), typed(Field::Alpha).wide(6).lead("alpha ").hint("0.05")],
    ));
    let mut scale = vec![chosen(Field::Difference, DIFFERENCES)];
    if cells.get(Field::Difference) == "relative" {
        scale.push(chosen(Field::Relative, SCALES).wide(7).lead("by "));
    }
    lines.push(row("difference", scale));
    match cells.get(Field::Engine) {
        "bayesian" => {
            let mut prior = vec![chosen(Field::PriorProper, PRIORS).wide(8)];
            if cells.get(Field::PriorProper) == "normal" {
                prior.push(typed(Field::PriorMean).wide(6).lead("mean ").hint("0"));
                prior.push(typed(Field::PriorSd).wide(6).lead("sd ").hint("0.3"));
            }
            lines.push(row("prior", prior));
        }
        "sequential" => {
            lines.push(row("sides", vec![chosen(Field::Alternative, SIDES)]));
            lines.push(row("tightest", vec![typed(Field::Tuning).hint("5000")]));
        }
        _ => lines.push(row("sides", vec![chosen(Field::Alternative, SIDES)])),
    }
    lines.push(row(
        "better",
        vec![chosen(Field::Better, WAYS).wide(8), typed(Field::Margin).wide(6).lead("margin ").hint("none")],
    ));
    lines
}

fn power(cells: &Cells) -> Vec<Line<Field>> {
    let typed = |field| Cell::new(field, cells.get(field), Kind::Typed).wide(10);
    let chosen = |field, words| Cell::new(field, cells.get(field), Kind::Chosen(words)).wide(12);
    let share = cells.get(Field::Metric) == "proportion";
    let mut now = vec![typed(Field::Baseline).hint(if share { "" } else { "none" })];
    if !share {
        now.push(typed(Field::Sd).lead("spread "));
    }
    let mut looks = vec![chosen(Field::Engine, PLANNED)];
    if cells.get(Field::Engine) == "sequential" {
        looks.push(typed(Field::Tuning).lead("tightest at ").hint("the plan"));
    }
    vec![
        row("measured", vec![chosen(Field::Metric, METRICS)]),
        row("now", now),
        row("change", vec![typed(Field::Effect).hint("find it"), chosen(Field::Difference, DIFFERENCES)]),
        row("control n", vec![typed(Field::N).hint("find them")]),
        row("chance", vec![typed(Field::Power).wide(6)]),
        row(
            "variants",
            vec![typed(Field::Arms).wide(4), typed(Field::Ratio).wide(6).lead("treatment ÷ control ")],
        ),
        row("read by", looks),
        row("alpha", vec![typed(Field::Alpha).wide(6), chosen(Field::Alternative, SIDES)]),
        row("before ρ", vec![typed(Field::Rho).wide(6).hint("0")]),
        row("law", vec![chosen(Field::Method, METHODS).hint("usual")]),
    ]
}

/// What a field is, in a sentence.
pub(super) fn help(field: Field) -> &'static str {
    match field {
        Field::Metric => {
            "A share of people who did it, a number per person, or a sum over a sum. Space changes it."
        }
        Field::Told => "Sums and sums of squares, or means and variances.",
        Field::Adjusted => "Adjusts for what the same people did before (CUPED); three more sums are needed.",
        Field::Engine => "fixed for one look, sequential for any look, bayesian for chances.",
        Field::Alpha => "One minus the coverage of the interval.",
        Field::Difference => "relative to the control, or in the metric's own unit.",
        Field::Relative => "delta is GrowthBook's interval; log cannot leave what is possible.",
        Field::Alternative => "Whether it differs, or only whether it is greater or less.",
        Field::Better => "Which way it should move.",
        Field::Margin => "How much worse is still acceptable: tests that it is not worse than that.",
        Field::Tuning => "People in all variants at which the always-valid interval is tightest.",
        Field::PriorProper | Field::PriorMean | Field::PriorSd => {
            "flat believes nothing beforehand; normal has a mean and a spread."
        }
        Field::Of(_, Quantity::Name) => "The control first; empty takes the last one out.",
        Field::Of(_, Quantity::N) => "People in the variant: 10000 or 10,000.",
        Field::Of(_, Quantity::Sum) => "How many did it, or the sum of their values.",
        Field::Of(_, Quantity::Weight) => "Shares that were meant, such as 50 and 50; empty is even.",
        Field::Of(_, Quantity::Cross) => "The sum of each person's value times what it is over.",
        Field::Of(_, Quantity::BeforeCross) => "The sum of each person's value before times now.",
        Field::Of(..) => "Over all people of the variant.",
        Field::Method => "The law of the test; empty is normal for shares and t for means.",
        Field::Baseline => "What it is now: 0.1 is 10 %.",
        Field::Sd => "The standard deviation between people.",
        Field::Effect => "The change to see: 0.1 is 10 %; empty finds the smallest that is seen.",
        Field::N => "People in the control; empty finds how many are needed.",
        Field::Power => "The chance with which the change shall be seen.",
        Field::Ratio => "People of one treatment for each of the control.",
        Field::Arms => "Variants with the control.",
        Field::Rho => "How well what came before tells it: a correlation.",
    }
}
