//! The fields of a design as rows of a form.

use crate::experiment::design::sheet::{Field, OfMetric, OfVariant, ROLES, Sheet};
use crate::tui::widgets::grid::{Cell, Kind, Line};

const ENGINES: &[&str] = &["sequential", "fixed", "bayesian"];
const SIDES: &[&str] = &["two", "greater", "less"];
const YES: &[&str] = &["no", "yes"];
const BETTER: &[&str] = &["", "higher", "lower"];
const CHANNELS: &[&str] = &["", "email", "sms", "push"];

const WEIGHT: usize = 7;
const GETS: usize = 14;
const ROLE: usize = 9;
const MARGIN: usize = 6;
const SHORT: usize = 5;
const WAY: usize = 6;

/// The rows, with an empty one to add a variant and one to add a metric.
pub(super) fn lines(sheet: &Sheet) -> Vec<Line<Field>> {
    let mut lines = about(sheet);
    let titles = vec![("name", None), ("share %", Some(WEIGHT)), ("they get", Some(GETS))];
    lines.push(Line::Head("variants".to_owned(), titles));
    lines.extend(variants(sheet));
    lines.extend(traffic(sheet));
    let titles = vec![
        ("name", None),
        ("there as", Some(ROLE)),
        ("worse%", Some(MARGIN)),
        ("for", Some(SHORT)),
        ("after", Some(SHORT)),
        ("better", Some(WAY)),
    ];
    lines.push(Line::Head("metrics".to_owned(), titles));
    lines.extend(metrics(sheet));
    lines.extend(plan(sheet));
    lines
}

fn row(label: &str, cells: Vec<Cell<Field>>) -> Line<Field> {
    Line::Cells(label.to_owned(), cells)
}

/// What it is about and who it is for.
fn about(sheet: &Sheet) -> Vec<Line<Field>> {
    let typed = |field| Cell::new(field, sheet.get(field), Kind::Typed);
    let picked = |field| Cell::new(field, sheet.get(field), Kind::Picked);
    vec![
        row("name", vec![typed(Field::Name).hint("what it is called")]),
        row("hypothesis", vec![typed(Field::Hypothesis).hint("what is believed, and why")]),
        row("segment", vec![picked(Field::Segment).hint("everybody")]),
        row("or rule", vec![typed(Field::Rule).hint("none")]),
        row(
            "hashed by",
            vec![
                picked(Field::HashAttribute).wide(12),
                picked(Field::Fallback).wide(12).lead("else ").hint("nobody"),
            ],
        ),
    ]
}

/// How many of them, and apart from which other experiments.
fn traffic(sheet: &Sheet) -> Vec<Line<Field>> {
    let typed = |field| Cell::new(field, sheet.get(field), Kind::Typed);
    let picked = |field| Cell::new(field, sheet.get(field), Kind::Picked);
    let channel = Cell::new(Field::Channel, sheet.get(Field::Channel), Kind::Chosen(CHANNELS));
    vec![
        row(
            "takes part",
            vec![
                typed(Field::Coverage).wide(4).unit("%").hint("100"),
                picked(Field::Layer).wide(10).lead("layer ").hint("none"),
                typed(Field::LayerFrom).wide(4).hint("0"),
                typed(Field::LayerTo).wide(4).lead("to ").unit("%").hint("100"),
            ],
        ),
        row(
            "held out",
            vec![
                typed(Field::HoldoutShare).wide(4).unit("%").hint("0"),
                picked(Field::Holdout).wide(10).lead("by ").hint("nobody"),
                channel.wide(8).lead("sent by ").hint("not here"),
            ],
        ),
    ]
}

/// How it is read, how long it runs, and what is worth acting on.
fn plan(sheet: &Sheet) -> Vec<Line<Field>> {
    let typed = |field| Cell::new(field, sheet.get(field), Kind::Typed);
    let chosen = |field, words| Cell::new(field, sheet.get(field), Kind::Chosen(words));
    let engine = sheet.get(Field::Engine);
    let mut read = vec![
        chosen(Field::Engine, ENGINES).wide(12),
        typed(Field::Alpha).wide(5).lead("alpha ").hint("0.05"),
    ];
    // A credible interval has two sides; another answer is shown as long as it stands there to be mended.
    if engine != "bayesian" || !["", "two"].contains(&sheet.get(Field::Sided)) {
        read.push(chosen(Field::Sided, SIDES).wide(9).lead("sided "));
    }
    let mut adjusted = vec![chosen(Field::Cuped, YES).wide(5)];
    if engine == "sequential" {
        adjusted.push(typed(Field::Tuning).wide(7).lead("tightest at ").hint("people"));
    }
    let mut lines = vec![row("read by", read)];
    if engine == "bayesian" {
        let believed = vec![
            typed(Field::PriorMean).wide(5).lead("a change of ").unit("%").hint("0"),
            typed(Field::PriorSd).wide(5).lead("± ").unit("%").hint("flat"),
            typed(Field::Risk).wide(5).lead("risk ").unit("%").hint("0.25"),
        ];
        lines.push(row("believes", believed));
    }
    lines.push(row("adjusted", adjusted));
    lines.extend([
        row(
            "runs",
            vec![
                typed(Field::Days).wide(4).unit(" days"),
                typed(Field::Weeks).wide(3).lead("at least ").unit(" weeks"),
            ],
        ),
        row(
            "with",
            vec![
                typed(Field::People).wide(8).unit(" people").hint("who come"),
                typed(Field::Start).wide(16).lead("from ").hint("assignment on"),
            ],
        ),
        row(
            "worth it",
            vec![
                typed(Field::Effect).wide(4).unit("% change").hint("none"),
                typed(Field::Power).wide(4).lead("seen with ").unit("%"),
            ],
        ),
    ]);
    lines
}

fn variants(sheet: &Sheet) -> Vec<Line<Field>> {
    let count = sheet.variants();
    let of = |at: usize| {
        let cell = |part, kind| {
            let field = Field::Variant(at, part);
            Cell::new(field, sheet.get(field), kind)
        };
        let label = match at {
            0 => "control",
            _ if at < count => "treatment",
            _ => "one more",
        };
        let even = if at < count { "even" } else { "" };
        Line::Cells(
            label.to_owned(),
            vec![
                cell(OfVariant::Name, Kind::Typed),
                cell(OfVariant::Weight, Kind::Typed).wide(WEIGHT).hint(even),
                cell(OfVariant::Gets, Kind::Picked).wide(GETS).hint("elsewhere"),
            ],
        )
    };
    (0..=count).map(of).collect()
}

fn metrics(sheet: &Sheet) -> Vec<Line<Field>> {
    let count = sheet.metrics();
    let of = |at: usize| {
        let cell = |part, kind| {
            let field = Field::Metric(at, part);
            Cell::new(field, sheet.get(field), kind)
        };
        let label = if at < count { "" } else { "one more" };
        let own = if at < count { "own" } else { "" };
        Line::Cells(
            label.to_owned(),
            vec![
                cell(OfMetric::Name, Kind::Picked),
                cell(OfMetric::Role, Kind::Chosen(&ROLES)).wide(ROLE),
                cell(OfMetric::Margin, Kind::Typed).wide(MARGIN),
                cell(OfMetric::Window, Kind::Typed).wide(SHORT).hint(own),
                cell(OfMetric::Delay, Kind::Typed).wide(SHORT).hint(own),
                cell(OfMetric::Better, Kind::Chosen(BETTER)).wide(WAY).hint(own),
            ],
        )
    };
    (0..=count).map(of).collect()
}

/// What a field is, in a sentence.
pub(super) fn help(field: Field) -> &'static str {
    match field {
        Field::Name => "What it is called, here and in every file.",
        Field::Hypothesis => "What is believed, and why: written before, so that nobody finds it afterwards.",
        Field::Segment => "Enter picks a segment; empty is everybody.",
        Field::Rule => {
            "A rule instead of a segment: country = \"DE\" and did(\"Order Completed\") within 90d"
        }
        Field::HashAttribute => "The identity whose value decides the variant. Enter picks.",
        Field::Fallback => "The identity that decides for people who have none of the first.",
        Field::Variant(_, OfVariant::Name) => "A variant; the first is the control. Empty takes it out.",
        Field::Variant(_, OfVariant::Weight) => "Its share in per cent; all empty split evenly.",
        Field::Variant(..) => {
            "An experience, `nothing` to hold back, or empty where another tool has the text."
        }
        Field::Coverage => "The share of people who take part; raising it later moves nobody.",
        Field::Layer => "Experiments with parts of one layer that do not overlap never share a person.",
        Field::LayerFrom | Field::LayerTo => "The part of the layer, in per cent.",
        Field::Holdout => "People kept out of every experiment that names the same holdout.",
        Field::HoldoutShare => "The share of people the holdout keeps out.",
        Field::Channel => "The channel that consent, caps and do-not-contact are asked on.",
        Field::Metric(_, OfMetric::Name) => "Enter picks a metric; empty takes it out.",
        Field::Metric(_, OfMetric::Role) => {
            "Primary decides, secondary explains, a guardrail must not get worse."
        }
        Field::Metric(_, OfMetric::Margin) => "How much worse a guardrail may become, in per cent.",
        Field::Metric(_, OfMetric::Window) => {
            "How long events count after exposure, such as 14d; empty is its own."
        }
        Field::Metric(_, OfMetric::Delay) => "How long after exposure counting begins, such as 1d.",
        Field::Metric(_, OfMetric::Better) => "Which way it should move; empty is its own.",
        Field::Engine => {
            "sequential: at every look; fixed: once, at the end; bayesian: chances. Space changes it."
        }
        Field::Alpha => "One minus the coverage: how often nothing may look like something.",
        Field::Sided => "two asks whether it differs; greater and less look to one side only.",
        Field::Tuning => "People at which the always-valid interval is tightest; empty follows the plan.",
        Field::PriorMean => "The change that is believed in before the data: mostly none.",
        Field::PriorSd => "How far from it changes usually lie: 30 is GrowthBook's; empty believes nothing.",
        Field::Risk => "It ships where it is expected to lose no more than this, in per cent of the control.",
        Field::Cuped => "Adjusts for what the same people did before: the same answer from fewer people.",
        Field::Start => "When it starts, such as 2026-05-01; empty is when people are assigned.",
        Field::Days => "Days it runs.",
        Field::People => "People it should have in all variants; empty is whoever comes.",
        Field::Weeks => "Whole weeks it runs at least, so that every weekday counts alike.",
        Field::Effect => "The smallest change of the primary metric worth acting on.",
        Field::Power => "The chance with which a change of that size shall be seen.",
    }
}
