//! Why a rule holds for a person or does not: every clause with the values it saw.

use std::ops::ControlFlow;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::model::consent::SuppressionReason;
use crate::model::{Datum, Decimal, Span};

use super::evaluate::{Past, looks, named, place, season_of};
use super::plan::{Ask, Asked, EventAsk, Leaf, Plan, Step};
use super::subject::{Moment, Passage, Point, Subject, Told};
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
            match part.parts.as_slice() {
                // One clause and its opposite are one line: two verdicts side by side would have to be thought about.
                [] => Explanation { asked: format!("not {}", part.asked), truth, ..part },
                _ => joint("not", vec![part], truth),
            }
        }
        Step::Leaf(leaf) => explain_leaf(leaf, subject, point),
    }
}

fn explain_leaf(leaf: &Leaf, subject: &dyn Subject, point: Point) -> Explanation {
    let parts = match &leaf.ask {
        Ask::Segment { plan, .. } => vec![plan.explain(subject, point)],
        Ask::Been { plan, span } => vec![first_break(plan, *span, subject, point)],
        _ => Vec::new(),
    };
    let (zone, from) = if leaf.calendar { subject.home() } else { (TimeZone::UTC, "") };
    let moment = Moment { point, zone: &zone };
    let mut seen = seen(&leaf.ask, subject, moment);
    if leaf.calendar {
        let zone = format!("{} ({from})", zone.iana_name().unwrap_or("UTC"));
        seen = Some(seen.map_or_else(|| zone.clone(), |seen| format!("{seen}, in {zone}")));
    }
    Explanation { asked: leaf.text.clone(), truth: leaf.ask.holds(subject, moment), seen, parts }
}

/// The rule at the newest look at which it did not hold, else as it is now.
fn first_break(plan: &Plan, span: Span, subject: &dyn Subject, point: Point) -> Explanation {
    for look in looks(span, point).into_iter().skip(1) {
        let past = Past { subject, at: look.at };
        if !plan.holds(subject, point).is_true() {
            break;
        }
        let explanation = plan.explain(&past, look);
        if !explanation.truth.is_true() {
            let asked = format!("{} as of {}", explanation.asked, look.at.short(&TimeZone::UTC));
            return Explanation { asked, ..explanation };
        }
    }
    plan.explain(subject, point)
}

fn seen(ask: &Ask, subject: &dyn Subject, moment: Moment<'_>) -> Option<String> {
    let point = moment.point;
    Some(match ask {
        Ask::Everyone | Ask::Segment { .. } | Ask::Been { .. } => return None,
        Ask::Trait { name, .. } => shown(subject.attribute(name)),
        Ask::Lifecycle(_) => shown(named(subject.lifecycle())),
        Ask::Intent(_) => shown(named(subject.intent())),
        Ask::Season(_) => shown(season_of(subject, moment)),
        Ask::Consent { channel, purpose, .. } => subject.consent(*channel, *purpose, point).name().to_owned(),
        Ask::Suppressed { channel, .. } => {
            let found: Vec<&str> = SuppressionReason::ALL
                .into_iter()
                .filter(|reason| subject.suppressed(*channel, *reason, point))
                .map(SuppressionReason::name)
                .collect();
            if found.is_empty() { "not suppressed".to_owned() } else { found.join(", ") }
        }
        Ask::List(list) => if subject.in_list(list) { "on the list" } else { "not on the list" }.to_owned(),
        Ask::Events(ask) => seen_events(ask, subject, moment),
        Ask::Sequence(ask) => {
            let steps = ask.then.len() + 1;
            match ask.came_through(subject, moment) {
                came if came == steps && ask.holds(subject, moment) => "every step".to_owned(),
                came if came == steps => "every step, but not in time".to_owned(),
                came => format!("{came} of {steps} steps"),
            }
        }
        Ask::Session(ask) => match ask.look(subject, moment) {
            (_, None) => "no session".to_owned(),
            (count, Some(last)) => format!("{count}, the last {}", last.start().short(&TimeZone::UTC)),
        },
        Ask::Band(ask) => match subject.band(ask, point) {
            Some(band) => format!("{band} of {}", ask.bands),
            None => "unknown".to_owned(),
        },
        Ask::InJourney { name, .. } | Ask::Passed { name, .. } => seen_journey(&subject.journey(name, point)),
        Ask::Experiment { name, .. } => match subject.experiment(name, point) {
            Told::Unknown => "unknown".to_owned(),
            Told::No => "not in it".to_owned(),
            Told::Yes(variant) => format!("variant {variant}"),
        },
        Ask::Bucket { salt, .. } => {
            subject.cut_by().map_or("unknown".to_owned(), |key| format!("{} percent", place(salt, key)))
        }
    })
}

fn seen_journey(told: &Told<Passage<'_>>) -> String {
    match told {
        Told::Unknown => "unknown".to_owned(),
        Told::No => "never in it".to_owned(),
        Told::Yes(passage) => {
            let mut seen = format!("entered {}", passage.entered.short(&TimeZone::UTC));
            match (passage.left, passage.step) {
                (Some(left), _) => seen.push_str(&format!(", left {}", left.short(&TimeZone::UTC))),
                (None, _) if !passage.inside => seen.push_str(", left"),
                (None, Some(step)) => seen.push_str(&format!(", at {step}")),
                (None, None) => {}
            }
            seen
        }
    }
}

fn shown(datum: Datum<'_>) -> String {
    match datum {
        Datum::Time(time) => time.short(&TimeZone::UTC),
        other => other.to_string(),
    }
}

fn seen_events(ask: &EventAsk, subject: &dyn Subject, moment: Moment<'_>) -> String {
    let newest = || ask.moment(subject, moment, End::Last).map(|at| at.short(&TimeZone::UTC));
    match &ask.question {
        Asked::Count(..) => match newest() {
            Some(newest) => format!("{}, the last {newest}", ask.count(subject, moment)),
            None => "0".to_owned(),
        },
        Asked::When(end, _) => {
            ask.moment(subject, moment, *end).map_or("never".to_owned(), |at| at.short(&TimeZone::UTC))
        }
        Asked::Figure(Figure::Distinct, property, ..) => {
            format!("{} different", ask.distinct(subject, moment, property))
        }
        Asked::Figure(figure, property, ..) => seen_figure(ask, *figure, property, subject, moment),
        Asked::MostFrequent(property, _) => {
            let value = ask.most_frequent(subject, moment, property);
            value.map_or("never".to_owned(), |value| shown(value.datum()))
        }
        Asked::Of(end, property, _) => {
            let mut value = "never".to_owned();
            ask.visit(subject, moment, &mut |event| {
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
    moment: Moment<'_>,
) -> String {
    let tally = ask.tally(subject, moment, property);
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
