//! Lifecycle stages of people and intents of sessions: lists of rules, the first that holds wins.

use std::ops::ControlFlow;

use serde::Deserialize;

use super::definition::{not_toml, rule_problems};
use crate::frame::Labels;
use crate::frame::table::Table;
use crate::frame::{Bitmap, Frame, evaluate};
use crate::model::{Channel, Person, Problem, Span, Time};
use crate::rule::evaluate::session;
use crate::rule::{Catalog, Occurrence, OpenCatalog, Plan, Point, Subject, Through, compile};

/// After so long without anything on the site or in the app a session is over.
pub const SESSION_GAP: Span = session::GAP;

/// The stages a workspace starts with.
pub const STANDARD: &str = include_str!("../../assets/definitions/stages.toml");

/// Lifecycle stages and intents.
#[derive(Debug, Clone, Default)]
pub struct Stages {
    lifecycle: Vec<(String, Plan)>,
    intent: Vec<(String, Plan)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(default)]
    lifecycle: Vec<Named>,
    #[serde(default)]
    intent: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    rule: String,
}

/// The most labels of a kind.
const MAX: usize = 200;

impl Stages {
    /// Reads a definition and checks its rules.
    ///
    /// # Errors
    /// What is wrong with the text and with its rules.
    pub fn parse(text: &str, catalog: &dyn Catalog) -> Result<Self, Vec<Problem>> {
        let read: Text = toml::from_str(text).map_err(|error| vec![not_toml("stages", text, &error)])?;
        let mut problems = Vec::new();
        let mut plans = |kind: &str, named: Vec<Named>| {
            let mut plans: Vec<(String, Plan)> = Vec::new();
            for Named { name, rule } in named {
                let place = format!("{kind} \"{name}\"");
                if plans.iter().any(|(known, _)| *known == name) {
                    problems.push(Problem::new("stage-twice", format!("{place} is there twice")));
                }
                match compile(&rule, catalog) {
                    Ok(plan) => plans.push((name, plan)),
                    Err(faults) => problems.extend(rule_problems(&place, &rule, &faults)),
                }
            }
            if plans.len() > MAX {
                problems.push(Problem::new("stage-count", format!("there are more than {MAX} of {kind}")));
            }
            plans
        };
        let stages =
            Self { lifecycle: plans("lifecycle", read.lifecycle), intent: plans("intent", read.intent) };
        if problems.is_empty() { Ok(stages) } else { Err(problems) }
    }

    /// The stages a workspace starts with.
    ///
    /// # Errors
    /// Never, as a test shows; the text is read like any other.
    pub fn standard() -> Result<Self, Vec<Problem>> {
        Self::parse(STANDARD, &OpenCatalog)
    }

    /// The rules of the lifecycle stages; the first that holds is a person's.
    #[must_use]
    pub fn lifecycle_rules(&self) -> &[(String, Plan)] {
        &self.lifecycle
    }

    /// The lifecycle stages, in the order of the rules.
    pub fn lifecycles(&self) -> impl Iterator<Item = &str> {
        self.lifecycle.iter().map(|(name, _)| name.as_str())
    }

    /// The intents, in the order of the rules.
    pub fn intents(&self) -> impl Iterator<Item = &str> {
        self.intent.iter().map(|(name, _)| name.as_str())
    }

    /// The lifecycle stages and then the intents.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lifecycles().chain(self.intents())
    }

    /// A person's lifecycle stage; `None` if no rule holds.
    #[must_use]
    pub fn lifecycle(&self, subject: &dyn Subject, point: Point) -> Option<&str> {
        first(&self.lifecycle, subject, point)
            .and_then(|place| self.lifecycle.get(place))
            .map(|(name, _)| name.as_str())
    }

    /// The intent of a session that began at a time; its rules see the events since then only. `None` if no rule holds.
    #[must_use]
    pub fn intent(&self, subject: &dyn Subject, session_start: Time, point: Point) -> Option<&str> {
        let session = Session { subject, start: session_start };
        first(&self.intent, &session, point)
            .and_then(|place| self.intent.get(place))
            .map(|(name, _)| name.as_str())
    }

    /// The frame with everybody's stage, and the intent of everybody who is in a session at the point.
    #[must_use]
    pub fn label(&self, frame: &Frame, point: Point, threads: usize) -> Frame {
        let people = frame.people().len();
        let mut codes = vec![u8::MAX; people];
        let mut open = Bitmap::all(people);
        for (code, (_, plan)) in (0_u8..).zip(&self.lifecycle) {
            let mut won = evaluate(frame, plan, point, threads).whole.members().clone();
            won.and(&open);
            won.rows().for_each(|row| {
                if let Some(place) = codes.get_mut(row) {
                    *place = code;
                }
            });
            open.and(&won.complement());
        }
        let frame = frame.with_lifecycle(Labels::new(self.lifecycles().map(str::to_owned).collect(), codes));
        let mut codes = vec![u8::MAX; people];
        let active = active(&frame, point);
        let near = frame.among(&active);
        for person in active.rows().map(|row| Person(row as u32)) {
            let Some(start) = session_start(&near, person, point) else { continue };
            let subject = near.subject(person);
            let place = first(&self.intent, &Session { subject: &subject, start }, point);
            if let (Some(code), Some(place)) = (codes.get_mut(person.index()), place) {
                *code = place as u8;
            }
        }
        frame.with_intent(Labels::new(self.intents().map(str::to_owned).collect(), codes))
    }
}

fn first(plans: &[(String, Plan)], subject: &dyn Subject, point: Point) -> Option<usize> {
    plans.iter().position(|(_, plan)| plan.holds(subject, point).is_true())
}

/// When a person's running session began: the first of their latest events on the site or in the app that follow each
/// other by less than the gap, the last of them less than the gap ago. `None` outside a session.
#[must_use]
pub fn session_start(frame: &Frame, person: Person, point: Point) -> Option<Time> {
    let mut start = None;
    for event in frame.history(person).rev() {
        let at = event.at();
        if !point.sees(at) || !is_session(event.channel()) {
            continue;
        }
        if start.unwrap_or(point.at) - at >= SESSION_GAP {
            break;
        }
        start = Some(at);
    }
    start
}

fn is_session(channel: Channel) -> bool {
    matches!(channel, Channel::Web | Channel::App)
}

/// People who did something less than the gap before the point, by row.
fn active(frame: &Frame, point: Point) -> Bitmap {
    let since = point.at.back(SESSION_GAP).0;
    let mut people = Bitmap::none(frame.people().len());
    let chunks = frame.tables().iter().flat_map(|table: &std::sync::Arc<Table>| &table.chunks);
    for chunk in chunks.filter(|chunk| chunk.span.1 > since && chunk.span.0 <= point.at.0) {
        chunk.at.each(|row, at| {
            if at > since
                && point.sees(Time(at))
                && let Some(&person) = chunk.people.get(row)
            {
                people.set(person as usize);
            }
        });
    }
    people
}

/// A person within their running session.
struct Session<'a> {
    subject: &'a dyn Subject,
    start: Time,
}

impl Session<'_> {
    fn has(&self, event: &dyn Occurrence) -> bool {
        event.at() >= self.start
    }
}

impl<'a> Through for Session<'a> {
    type Under = dyn Subject + 'a;

    fn under(&self) -> &Self::Under {
        self.subject
    }

    fn events(&self, name: &str, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        self.subject.events(name, &mut |event| {
            if self.has(event) { visit(event) } else { ControlFlow::Continue(()) }
        });
    }

    fn every_event(&self, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        self.subject.every_event(&mut |event| {
            if self.has(event) { visit(event) } else { ControlFlow::Continue(()) }
        });
    }

    fn intent(&self) -> Option<&str> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Builder, EventFact};

    const MINUTE: i64 = 60_000;
    const DAY: i64 = 86_400_000;
    const NOW: i64 = 1_000 * DAY;

    fn frame(people: &[&[(&str, i64)]]) -> Frame {
        let mut builder = Builder::new();
        for (id, events) in (1..).zip(people) {
            builder.identity(id, "user_id", &format!("u{id}"));
            builder.identify(id, Time(0), "{}");
            for (name, ago) in *events {
                builder.event(&EventFact {
                    name,
                    at: Time(NOW - ago),
                    sequence: 0,
                    channel: Channel::Web,
                    identity: Some(id),
                    properties: "",
                    items: "",
                });
            }
        }
        builder.finish(1)
    }

    #[test]
    fn the_standard_stages_read_and_the_first_rule_wins() {
        let stages = Stages::standard().unwrap();
        let order = "Order Completed";
        let frame = frame(&[
            &[(order, 200 * DAY)],
            &[(order, 100 * DAY), (order, 99 * DAY), (order, 98 * DAY)],
            &[(order, 100 * DAY), (order, 99 * DAY), (order, 10 * DAY)],
            &[(order, 10 * DAY)],
            &[("Product Added", 10 * DAY)],
            &[("Product Viewed", 10 * DAY)],
        ]);
        let point = Point::before(Time(NOW));
        let labelled = stages.label(&frame, point, 2);
        let expected = [Some("lapsed"), Some("lapsing"), Some("loyal"), Some("customer"), Some("lead"), None];
        for (row, stage) in (0..).zip(expected) {
            assert_eq!(labelled.lifecycle().unwrap().of(Person(row)), stage);
            assert_eq!(stages.lifecycle(&frame.subject(Person(row)), point), stage);
        }
        assert_eq!(labelled.lifecycle().unwrap().counts().1, 1);
    }

    #[test]
    fn an_intent_belongs_to_the_running_session() {
        let stages = Stages::standard().unwrap();
        let frame = frame(&[
            &[
                ("Checkout Started", 70 * MINUTE),
                ("Product Viewed", 39 * MINUTE),
                ("Product Viewed", 10 * MINUTE),
            ],
            &[("Product Added", 50 * MINUTE), ("Product Viewed", 29 * MINUTE)],
            &[("Checkout Started", 29 * MINUTE)],
            &[("Checkout Started", 30 * MINUTE)],
        ]);
        let point = Point::before(Time(NOW));
        let labelled = stages.label(&frame, point, 1);
        let expected = [Some("exploring"), Some("considering"), Some("transacting"), None];
        for (row, intent) in (0..).zip(expected) {
            assert_eq!(labelled.intent().unwrap().of(Person(row)), intent, "person {row}");
        }
        assert_eq!(session_start(&frame, Person(0), point), Some(Time(NOW - 39 * MINUTE)));
        assert_eq!(session_start(&frame, Person(3), point), None);
    }

    #[test]
    fn faults_name_their_stage() {
        let text = "[[lifecycle]]\nname = \"a\"\nrule = 'did(\"X\") &&'\n[[intent]]\nname = \"b\"\nrule = ''";
        let problems = Stages::parse(text, &OpenCatalog).unwrap_err();
        let said: Vec<String> = problems
            .iter()
            .map(|problem| problem.to_string().lines().next().unwrap_or("").to_owned())
            .collect();
        assert_eq!(
            said,
            [
                "lifecycle \"a\":1, column 10: `&&` is written `and` here",
                "lifecycle \"a\":1, column 12: a condition is expected and the end of the rule was found",
                "intent \"b\":1, column 1: the rule is empty",
            ]
        );
    }
}
