//! How far people come through ordered steps.

use crate::frame::{Frame, FrameEvent};
use crate::model::{Person, Span};
use crate::rule::plan::{Ask, Asked, EventAsk, Plan};
use crate::rule::tree::Window;
use crate::rule::{Catalog, Diagnostic, Moment, Occurrence, Point, compile};

/// Ordered steps. Each is strictly later than the one before (by time, then by sequence), the last within a span of the
/// first.
#[derive(Debug, Clone)]
pub struct Funnel {
    steps: Vec<Plan>,
    within: Span,
    window: Window,
}

impl Funnel {
    /// Steps as rules of the form `did("Product Viewed" where …)`; counts and windows of their own are refused. `window`
    /// bounds every step.
    ///
    /// # Errors
    /// The number of the step that is no such rule, with its faults.
    pub fn new(
        steps: &[&str],
        within: Span,
        window: Window,
        catalog: &dyn Catalog,
    ) -> Result<Self, (usize, Vec<Diagnostic>)> {
        let plan = |(number, text): (usize, &&str)| {
            let plan = compile(text, catalog).map_err(|faults| (number, faults))?;
            if step(&plan).is_some() {
                return Ok(plan);
            }
            let fault = Diagnostic::new("not-a-step", 0..text.len(), "a step is an event that happens once");
            Err((number, vec![fault.help("write did(\"Product Viewed\"), with a filter if need be")]))
        };
        Ok(Self { steps: steps.iter().enumerate().map(plan).collect::<Result<_, _>>()?, within, window })
    }

    /// How many people reach at least each step.
    #[must_use]
    pub fn reached(&self, frame: &Frame, point: Point) -> Vec<u64> {
        let mut reached = vec![0_u64; self.steps.len()];
        for row in 0..frame.people().len() as u32 {
            let level = self.level(frame, Person(row), point);
            reached.iter_mut().take(level).for_each(|count| *count += 1);
        }
        reached
    }

    /// How many steps a person comes through at the most.
    #[must_use]
    pub fn level(&self, frame: &Frame, person: Person, point: Point) -> usize {
        let asks: Vec<&EventAsk> = self.steps.iter().filter_map(step).collect();
        let range = self.window.range(point);
        // For each step, the latest start of a passage that has come so far: the latest is the last to run out of time.
        let mut starts: Vec<Option<i64>> = vec![None; asks.len()];
        let mut pending: Vec<(usize, i64)> = Vec::new();
        let mut moment = None;
        for event in frame.history(person).filter(|event| range.contains(&event.at().0)) {
            let at = event.at().0;
            if moment != Some((at, event.sequence())) {
                settle(&mut starts, &mut pending);
                moment = Some((at, event.sequence()));
            }
            for (number, ask) in asks.iter().enumerate() {
                if !matches(ask, &event, point) {
                    continue;
                }
                let start = match number.checked_sub(1) {
                    None => Some(at),
                    Some(before) => starts.get(before).copied().flatten(),
                };
                if let Some(start) = start.filter(|start| at.saturating_sub(*start) <= self.within.0) {
                    pending.push((number, start));
                }
            }
        }
        settle(&mut starts, &mut pending);
        starts.iter().rposition(Option::is_some).map_or(0, |last| last + 1)
    }
}

/// What happens at one moment counts only for what comes later.
fn settle(starts: &mut [Option<i64>], pending: &mut Vec<(usize, i64)>) {
    for (number, start) in pending.drain(..) {
        if let Some(known) = starts.get_mut(number) {
            *known = (*known).max(Some(start));
        }
    }
}

fn step(plan: &Plan) -> Option<&EventAsk> {
    match plan.leaves().as_slice() {
        [leaf] if plan.text() == leaf.text && !leaf.calendar => match &leaf.ask {
            Ask::Events(ask) if ask.window == Window::Ever => match ask.question {
                Asked::Count(operator, n)
                    if operator == crate::rule::tree::Operator::GreaterOrEqual
                        && n == crate::model::Decimal::ONE =>
                {
                    Some(ask)
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn matches(ask: &EventAsk, event: &FrameEvent<'_>, point: Point) -> bool {
    ask.event.is(event.name())
        && ask.condition.as_ref().is_none_or(|condition| condition.test(event, Moment::utc(point)).is_true())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Builder, EventFact};
    use crate::model::{Channel, Time};
    use crate::rule::OpenCatalog;
    use proptest::prelude::*;

    const STEPS: [&str; 3] = ["did(\"A\")", "did(\"B\")", "did(\"C\")"];

    fn frame(events: &[(&str, i64, i64)]) -> Frame {
        let mut builder = Builder::new();
        builder.identity(1, "user_id", "u1");
        for &(name, at, sequence) in events {
            builder.event(&EventFact {
                name,
                at: Time(at),
                sequence,
                channel: Channel::Web,
                identity: Some(1),
                properties: "",
                items: "",
            });
        }
        builder.finish(1)
    }

    fn level(events: &[(&str, i64, i64)], within: i64) -> usize {
        let funnel = Funnel::new(&STEPS, Span(within), Window::Ever, &OpenCatalog).unwrap();
        funnel.level(&frame(events), Person(0), Point::before(Time(1_000)))
    }

    #[test]
    fn steps_are_strictly_ordered_and_in_time() {
        assert_eq!(level(&[("A", 1, 0), ("B", 2, 0), ("C", 3, 0)], 10), 3);
        assert_eq!(level(&[("A", 1, 0), ("B", 1, 0), ("C", 1, 0)], 10), 1, "the same moment is no order");
        assert_eq!(level(&[("A", 1, 0), ("B", 1, 1), ("C", 1, 2)], 10), 3, "unless the sequence is");
        assert_eq!(
            level(&[("A", 1, 0), ("B", 2, 0), ("C", 12, 0)], 10),
            2,
            "the last within the span of the first"
        );
        assert_eq!(
            level(&[("A", 1, 0), ("A", 3, 0), ("B", 4, 0), ("C", 12, 0)], 10),
            3,
            "of the latest first that fits"
        );
        assert_eq!(level(&[("C", 1, 0), ("B", 2, 0)], 10), 0);
        assert_eq!(level(&[("A", 1, 0), ("B", 2, 0), ("C", 1_000, 0)], 9_999), 2, "the point bounds it");
    }

    #[test]
    fn a_step_is_a_plain_event() {
        for text in ["did(\"A\") >= 2", "did(\"A\") within 3d", "not did(\"A\")", "country = \"DE\""] {
            let refused =
                Funnel::new(&["did(\"A\")", text], Span::DAY, Window::Ever, &OpenCatalog).unwrap_err();
            assert_eq!((refused.0, refused.1[0].code), (1, "not-a-step"), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn equal_to_trying_every_passage(events in proptest::collection::vec((prop::sample::select(vec!["A", "B", "C"]), 0_i64..20, 0_i64..2), 0..12), within in 0_i64..15) {
            let mut best = 0;
            for a in events.iter().filter(|e| e.0 == "A") {
                best = best.max(1);
                for b in events.iter().filter(|e| e.0 == "B" && (e.1, e.2) > (a.1, a.2) && e.1 - a.1 <= within) {
                    best = best.max(2);
                    if events.iter().any(|e| e.0 == "C" && (e.1, e.2) > (b.1, b.2) && e.1 - a.1 <= within) { best = 3 }
                }
            }
            prop_assert_eq!(level(&events, within), best);
        }
    }
}
