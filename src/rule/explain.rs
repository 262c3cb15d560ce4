//! Why a rule holds for a person or does not: every clause with the values it saw.

use std::ops::ControlFlow;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::model::{Datum, Decimal};

use super::evaluate::named;
use super::plan::{Ask, Asked, EventAsk, Leaf, Plan, Step};
use super::subject::{Point, Subject};
use super::tree::{End, Figure};
use super::truth::Truth;

/// A part of a rule with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What was asked: a clause's text, or `all of`, `any of`, `not`.
    pub asked: String,
    /// The verdict.
    pub truth: Truth,
    /// What the clause saw; none for a joint of clauses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// The parts it is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Explanation>,
}

impl Explanation {
    /// The explanation as indented lines: a mark, what was asked, what was seen.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.write(0, &mut lines);
        lines
    }

    fn write(&self, depth: usize, lines: &mut Vec<String>) {
        let seen = self.seen.as_ref().map(|seen| format!("  ({seen})")).unwrap_or_default();
        lines.push(format!("{}{:<7} {}{seen}", "  ".repeat(depth), self.truth.word(), self.asked));
        for part in &self.parts {
            part.write(depth + 1, lines);
        }
    }
}

impl Plan {
    /// Asks every clause, also those that no longer matter, and says what each saw.
    #[must_use]
    pub fn explain(&self, subject: &dyn Subject, point: Point) -> Explanation {
        step(self.step(), subject, point)
    }
}

fn step(part: &Step, subject: &dyn Subject, point: Point) -> Explanation {
    let joint = |asked: &str, parts: Vec<Explanation>, truth: Truth| Explanation {
        asked: asked.to_owned(),
        truth,
        seen: None,
        parts,
    };
    let all = |parts: &[Step]| parts.iter().map(|part| step(part, subject, point)).collect::<Vec<_>>();
    match part {
        Step::All(parts) => {
            let parts = all(parts);
            let truth = parts.iter().fold(Truth::True, |truth, part| truth.and(part.truth));
            joint("all of", parts, truth)
        }
        Step::Any(parts) => {
            let parts = all(parts);
            let truth = parts.iter().fold(Truth::False, |truth, part| truth.or(part.truth));
            joint("any of", parts, truth)
        }
        Step::Not(part) => {
            let part = step(part, subject, point);
            let truth = !part.truth;
            joint("not", vec![part], truth)
        }
        Step::Leaf(leaf) => explain_leaf(leaf, subject, point),
    }
}

fn explain_leaf(leaf: &Leaf, subject: &dyn Subject, point: Point) -> Explanation {
    let parts = match &leaf.ask {
        Ask::Segment { plan, .. } => vec![plan.explain(subject, point)],
        _ => Vec::new(),
    };
    Explanation {
        asked: leaf.text.clone(),
        truth: leaf.holds(subject, point),
        seen: seen(&leaf.ask, subject, point),
        parts,
    }
}

fn seen(ask: &Ask, subject: &dyn Subject, point: Point) -> Option<String> {
    Some(match ask {
        Ask::Everyone | Ask::Segment { .. } => return None,
        Ask::Trait { name, .. } => shown(subject.attribute(name)),
        Ask::Lifecycle(_) => shown(named(subject.lifecycle())),
        Ask::Intent(_) => shown(named(subject.intent())),
        Ask::Consent { channel, purpose, .. } => subject.consent(*channel, *purpose, point).name().to_owned(),
        Ask::List(list) => if subject.in_list(list) { "on the list" } else { "not on the list" }.to_owned(),
        Ask::Events(ask) => seen_events(ask, subject, point),
    })
}

fn shown(datum: Datum<'_>) -> String {
    match datum {
        Datum::Time(time) => time.short(&TimeZone::UTC),
        other => other.to_string(),
    }
}

fn seen_events(ask: &EventAsk, subject: &dyn Subject, point: Point) -> String {
    let newest = || ask.moment(subject, point, End::Last).map(|at| at.short(&TimeZone::UTC));
    match &ask.question {
        Asked::Count(..) => match newest() {
            Some(newest) => format!("{}, the last {newest}", ask.count(subject, point)),
            None => "0".to_owned(),
        },
        Asked::When(end, _) => {
            ask.moment(subject, point, *end).map_or("never".to_owned(), |at| at.short(&TimeZone::UTC))
        }
        Asked::Figure(Figure::Distinct, property, ..) => {
            format!("{} different", ask.distinct(subject, point, property))
        }
        Asked::Figure(figure, property, ..) => seen_figure(ask, *figure, property, subject, point),
        Asked::Of(end, property, _) => {
            let mut value = "never".to_owned();
            ask.visit(subject, point, &mut |event| {
                value = shown(event.property(property));
                if *end == End::First { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            value
        }
    }
}

fn seen_figure(
    ask: &EventAsk,
    figure: Figure,
    property: &str,
    subject: &dyn Subject,
    point: Point,
) -> String {
    let tally = ask.tally(subject, point, property);
    let scaled = match figure {
        Figure::Sum => tally.sum,
        _ if tally.count == 0 => return "unknown, there is none".to_owned(),
        Figure::Min => i128::from(tally.min),
        Figure::Max => i128::from(tally.max),
        // Shown to four places; compared exactly.
        Figure::Average | Figure::Distinct => tally.sum / i128::from(tally.count),
    };
    let value =
        i64::try_from(scaled).map_or("beyond the range".to_owned(), |s| Decimal::from_scaled(s).to_string());
    format!("{value} from {}", tally.count)
}
