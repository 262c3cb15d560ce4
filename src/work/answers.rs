//! The numbers of a workspace that say what it can answer.

use std::collections::BTreeMap;

use super::experiment::outlook::{foretold, moments, outcome, reach};
use super::frame::{Picture, load, threads};
use crate::contact::consent;
use crate::decide::State;
use crate::decide::over_frame::FramePerson;
use crate::experiment::design::Outcome;
use crate::experiment::metric::{Aggregate, Measure};
use crate::experiment::{Metric, MetricKind, ready};
use crate::frame::{Bitmap, Frame};
use crate::model::consent::Purpose;
use crate::model::event::names;
use crate::model::{Channel, Datum, Person, Span, Time};
use crate::panel::Answers;
use crate::panel::answers::{Basis, Did, Milestone, Moment, Part};
use crate::rule::{Occurrence, Point, Subject};
use crate::segment::Membership;
use crate::stats::Pair;
use crate::store::Store;

/// How long people are watched.
const WATCHED: Span = Span::days(14);
/// Fortnights of the past that are counted, at most.
const FORTNIGHTS: i64 = 6;
/// Segments that are asked about, at most.
const PARTS: usize = 8;

/// Orders, and what comes before them.
const STEPS: [&str; 4] =
    [names::ORDER_COMPLETED, names::CHECKOUT_STARTED, names::PRODUCT_ADDED, names::PRODUCT_VIEWED];

/// What a workspace can answer, as of a moment or just after its newest event.
///
/// # Errors
/// When the workspace cannot be read.
pub fn answers(store: &Store, name: &str, as_of: Option<Time>) -> anyhow::Result<Answers> {
    let picture = load(store, as_of, threads())?;
    let at = if picture.point.inclusive { picture.point.at + Span(1) } else { picture.point.at };
    let answers = Answers::of(name, at, &basis(&picture, at));
    Ok(match store.is_run()? {
        Some(run) => answers.of_run(run.meta.seed.0),
        None => answers,
    })
}

fn basis(picture: &Picture, at: Time) -> Basis {
    let frame = picture.frame();
    let everybody = Bitmap::all(frame.people().len());
    let reachable = reachable(frame, at);
    let past = Past::of(frame, at);
    let milestones = STEPS.iter().map(|event| Milestone {
        event: (*event).to_owned(),
        visitors: past.did(frame, event, &everybody, true),
        reachable: past.did(frame, event, &reachable, false),
    });
    let mut milestones: Vec<Milestone> = milestones.collect();
    let came = past.did(frame, "*", &reachable, false);
    milestones.push(Milestone { event: "a visit".to_owned(), visitors: Did::default(), reachable: came });
    Basis {
        people: everybody.count(),
        reachable: reachable.count(),
        weeks: past.weeks,
        reach: reach(frame, &everybody, at),
        milestones,
        revenue: [past.revenue(frame, &everybody, true), past.revenue(frame, &reachable, false)],
        foretold: ready::metric("revenue per person")
            .and_then(|metric| foretold(frame, &metric, &everybody, at)),
        parts: parts(picture, &reachable, &past),
        moments: answered(frame, at),
    }
}

/// Who may be written to by e-mail: an address, a grant, and nothing that blocks. Caps come and go and are not asked.
fn reachable(frame: &Frame, at: Time) -> Bitmap {
    let (channel, purpose, point) = (Channel::Email, Purpose::Marketing, Point::before(at));
    Bitmap::from_fn(frame.people().len(), |row| {
        let person = FramePerson::new(frame, Person(row as u32), Vec::new());
        person.reachable(channel)
            && consent::allows(person.consent(channel, purpose, point), purpose)
            && person.stopped(channel, purpose, point).is_none()
    })
}

/// The fortnights of the past, newest first.
struct Past {
    starts: Vec<Time>,
    weeks: u32,
}

impl Past {
    fn of(frame: &Frame, at: Time) -> Self {
        let oldest = (0..frame.people().len() as u32)
            .filter_map(|row| frame.history(Person(row)).next().map(|event| event.at()))
            .min();
        let history = oldest.map_or(Span::ZERO, |oldest| at - oldest);
        let whole = (history.0 / WATCHED.0).clamp(0, FORTNIGHTS);
        Self {
            starts: (1..=whole).map(|n| at.back(Span(n * WATCHED.0))).collect(),
            weeks: (history.as_days() / 7.0).max(0.0) as u32,
        }
    }

    /// People fortnight by fortnight, as values of a metric; of `visitors` only those who came by in it.
    fn pooled(&self, frame: &Frame, metric: &Metric, people: &Bitmap, visitors: bool) -> Pair {
        let mut all = Pair::default();
        for start in &self.starts {
            let came = |person: Person| {
                let within = |event: Time| event >= *start && event < *start + WATCHED;
                !visitors || frame.history(person).any(|event| within(event.at()))
            };
            let exposed = |person: Person| came(person).then_some(*start);
            all = all.merge(moments(frame, metric, people, exposed, *start + WATCHED).0);
        }
        all
    }

    fn did(&self, frame: &Frame, event: &str, people: &Bitmap, visitors: bool) -> Did {
        let metric = Metric {
            measure: Some(Measure::of(event, Aggregate::Any)),
            window: Some(WATCHED),
            ..Metric::given(event, MetricKind::Proportion)
        };
        let pair = self.pooled(frame, &metric, people, visitors);
        Did { people: pair.n(), did: (pair.y.mean * pair.n() as f64).round() as u64 }
    }

    fn revenue(&self, frame: &Frame, people: &Bitmap, visitors: bool) -> Option<(f64, f64)> {
        let metric = ready::metric("revenue per person")?;
        match outcome(MetricKind::Mean, &self.pooled(frame, &metric, people, visitors)) {
            Ok(Outcome::Mean { mean, sd }) => Some((mean, sd)),
            _ => None,
        }
    }
}

/// The largest segments that somebody may be written to in.
fn parts(picture: &Picture, reachable: &Bitmap, past: &Past) -> Vec<Part> {
    let mut parts: Vec<Part> = picture
        .library
        .segments()
        .filter_map(|segment| {
            let plan = picture.library.plan(&segment.name)?.as_ref().ok()?;
            let mut members =
                Membership::of(picture.frame(), plan, picture.point, threads()).members().clone();
            members.and(reachable);
            let ordered = past.did(picture.frame(), names::ORDER_COMPLETED, &members, false);
            Some(Part { segment: segment.name.clone(), reachable: members.count(), ordered })
        })
        .filter(|part| part.reachable > 0)
        .collect();
    parts.sort_by(|a, b| b.reachable.cmp(&a.reachable).then_with(|| a.segment.cmp(&b.segment)));
    parts.truncate(PARTS);
    parts
}

/// Answers by the moment, or the survey, they are about; the top two of five boxes are satisfied.
fn answered(frame: &Frame, at: Time) -> Vec<Moment> {
    let mut moments: BTreeMap<String, (u64, u64, Time, Time)> = BTreeMap::new();
    for person in (0..frame.people().len() as u32).map(Person) {
        for event in frame.history(person).filter(|event| event.name() == names::SURVEY_ANSWERED) {
            let text = |name: &str| match event.property(name) {
                Datum::Text(text) => Some(text.to_owned()),
                _ => None,
            };
            let number = |name: &str| match event.property(name) {
                Datum::Number(number) => Some(number.to_f64()),
                _ => None,
            };
            let (Some(score), when) = (number("score").or_else(|| number("rating")), event.at()) else {
                continue;
            };
            if when >= at {
                continue;
            }
            let name = ["moment", "survey", "campaign_name"].into_iter().find_map(text);
            let entry =
                moments.entry(name.unwrap_or_else(|| "a survey".to_owned())).or_insert((0, 0, when, when));
            *entry = (entry.0 + 1, entry.1 + u64::from(score >= 4.0), entry.2.min(when), entry.3.max(when));
        }
    }
    let weeks = |from: Time, to: Time| ((to - from).as_days() / 7.0).ceil().max(1.0) as u32;
    moments
        .into_iter()
        .map(|(name, (answers, satisfied, from, to))| Moment {
            name,
            answers,
            satisfied,
            weeks: weeks(from, to),
        })
        .collect()
}
