//! Who is in which segment: the list of segments and the verdict on a rule being written, whoever is asked.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::figures;
use super::segments::{
    Change, ClauseCount, Diagnostic, SamplePerson, Segment, SegmentKind, SegmentVerdict, Segments,
};
use crate::frame::{Bitmap, Frame, Verdicts, evaluate, put_together};
use crate::model::event::names;
use crate::model::{Datum, Person, Problem, ProfileId, Time};
use crate::rule::plan::{Leaf, Step};
use crate::rule::{Plan, Point, Subject, Truth};
use crate::segment::breakdown::{Breakdown, By, Cuts};
use crate::segment::{self, change};

/// People a verdict shows.
const SAMPLE: usize = 5;

/// People who can be asked a rule, each in a row of their own.
pub trait Audience {
    /// How many there are.
    fn people(&self) -> usize;
    /// Asks everybody a rule, as a whole and clause by clause.
    fn ask(&self, plan: &Plan) -> Asked;
    /// The people a rule holds for.
    fn members(&self, plan: &Plan) -> Bitmap {
        self.ask(plan).inside
    }
    /// The lifecycle stage of the person in a row.
    fn lifecycle(&self, row: usize) -> Option<&str>;
    /// Who stands in a row.
    fn introduce(&self, row: usize) -> Introduced;
    /// People cut by what is known of them, where that was worked out.
    fn breakdowns(&self, _members: &Bitmap) -> Vec<Breakdown> {
        Vec::new()
    }
}

/// What everybody answered.
pub struct Asked {
    /// The people the whole rule holds for.
    pub inside: Bitmap,
    /// What holds for whom, for each clause in the order of the text.
    pub clauses: Vec<Arc<Verdicts>>,
}

/// Somebody, as far as a sample shows them.
pub struct Introduced {
    /// The public id.
    pub id: ProfileId,
    /// The name, if known.
    pub name: Option<String>,
    /// When they last ordered, if they ever did.
    pub ordered: Option<Time>,
}

/// A segment as far as lists need it.
#[derive(Clone, Copy)]
pub struct NamedPlan<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: u32,
    /// How it says who is in it.
    pub kind: SegmentKind,
    /// Its rule as written, or what it is instead of one.
    pub text: &'a str,
    /// The whole definition.
    pub definition: &'a str,
    /// What the definition says; none where it cannot be read.
    pub segment: Option<&'a segment::Segment>,
    /// What it asks; none where it cannot be used.
    pub plan: Option<&'a Plan>,
    /// Why it cannot be used.
    pub problem: Option<&'a Problem>,
    /// Who is in it, where that is known already.
    pub members: Option<&'a Bitmap>,
}

/// A rule being written.
pub struct DraftRule<'a> {
    /// To be repeated in the answer.
    pub ticket: u64,
    /// The text.
    pub text: &'a str,
    /// What checking found.
    pub checked: Result<&'a Plan, Vec<Diagnostic>>,
    /// The version it is a draft of.
    pub saved: Option<&'a NamedPlan<'a>>,
    /// The moment the rule is read at.
    pub now: Time,
}

impl NamedPlan<'_> {
    /// Who is in it; none where it cannot be used.
    #[must_use]
    pub fn members_among(&self, audience: &dyn Audience) -> Option<Bitmap> {
        match (self.members, self.plan) {
            (Some(known), _) => Some(known.clone()),
            (None, Some(plan)) => Some(audience.members(plan)),
            (None, None) => None,
        }
    }
}

/// The list of segments with their sizes.
#[must_use]
pub fn segments(audience: &dyn Audience, plans: &[NamedPlan<'_>]) -> Segments {
    let people = audience.people() as u64;
    let mut rows: Vec<Segment> = plans
        .iter()
        .map(|named| {
            let count = named.members_among(audience).map(|members| members.count());
            Segment {
                name: named.name.to_owned(),
                version: named.version,
                kind: named.kind,
                count,
                share: count.filter(|_| people > 0).map(|count| count as f64 / people as f64),
                rule: named.text.to_owned(),
                problem: named.problem.map(ToString::to_string),
                description: named.segment.map_or_else(String::new, |known| known.description.clone()),
                owner: named.segment.map_or_else(String::new, |known| known.owner.clone()),
                tags: named.segment.map_or_else(Vec::new, |known| known.tags.clone()),
                purpose: named.segment.and_then(|known| known.purpose.clone()),
                definition: named.definition.to_owned(),
            }
        })
        .collect();
    rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    Segments { sentence: sentence(&rows), people, rows }
}

fn sentence(rows: &[Segment]) -> String {
    let all = figures::plural(rows.len() as u64, "segment", "segments");
    let broken = rows.iter().filter(|row| row.count.is_none()).count() as u64;
    let unusable = match broken {
        0 => String::new(),
        n => format!(" {} cannot be used.", figures::count(n)),
    };
    match rows.first().map(|largest| (largest, largest.count)) {
        None => String::new(),
        Some((largest, Some(count))) => format!(
            "{all}, the largest is {} with {}.{unusable}",
            largest.name,
            figures::plural(count, "person", "people")
        ),
        Some((_, None)) => format!("{all}.{unusable}"),
    }
}

/// How many a rule being written means, as a whole and part by part: what one types against.
#[must_use]
pub fn count(audience: &dyn Audience, draft: &DraftRule<'_>) -> SegmentVerdict {
    counted(audience, draft).0
}

fn counted(audience: &dyn Audience, draft: &DraftRule<'_>) -> (SegmentVerdict, Option<Asked>) {
    let mut verdict = SegmentVerdict {
        ticket: draft.ticket,
        people: audience.people() as u64,
        ..SegmentVerdict::default()
    };
    let plan = match &draft.checked {
        Ok(plan) => *plan,
        Err(diagnostics) => {
            verdict.diagnostics.clone_from(diagnostics);
            return (verdict, None);
        }
    };
    let asked = audience.ask(plan);
    verdict.count = Some(asked.inside.count());
    let counted = Counted::of(plan, draft.text, &asked, audience.people());
    verdict.clauses = counted.clauses();
    verdict.lines = counted.lines();
    (verdict, Some(asked))
}

/// What a rule being written means, and for whom.
#[must_use]
pub fn verdict(audience: &dyn Audience, draft: &DraftRule<'_>, others: &[NamedPlan<'_>]) -> SegmentVerdict {
    let (mut verdict, asked) = counted(audience, draft);
    verdict.whole = true;
    let (Some(Asked { inside, clauses }), Ok(plan)) = (asked, &draft.checked) else { return verdict };
    let said = said(plan, &clauses);
    let shared = |other: &Bitmap| {
        let mut both = inside.clone();
        both.and(other);
        both.count()
    };
    let saved = draft.saved.and_then(|saved| Some((saved.version, saved.members_among(audience)?)));
    if let Some((version, before)) = saved {
        let change = change::Change::between(&before, &inside, SAMPLE);
        let introduced = |people: &[Person]| -> Vec<SamplePerson> {
            people.iter().map(|person| introduced(audience, person.index(), &said, draft.now)).collect()
        };
        verdict.joiners = introduced(&change.joiners);
        verdict.leavers = introduced(&change.leavers);
        verdict.change =
            Some(Change { version, both: change.stayed, leave: change.left, join: change.joined });
    }
    verdict.breakdowns = audience.breakdowns(&inside);
    let name = draft.saved.map(|saved| saved.name);
    verdict.overlaps = others
        .iter()
        .filter(|other| Some(other.name) != name)
        .filter_map(|other| Some((other.name.to_owned(), shared(&other.members_among(audience)?))))
        .collect();
    verdict.overlaps.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    verdict.lifecycle = shares(audience, &inside, &verdict.breakdowns);
    let parts =
        plan.step().conjuncts().into_iter().filter_map(|part| put_together(part, &clauses, &|_| true));
    verdict.sample = sample(audience, &inside, (&parts.collect::<Vec<_>>(), &said), draft.now);
    verdict
}

/// So many clauses are weighed against the whole, each by putting the rule together without it.
const WEIGHED: usize = 32;

/// What each clause says as it stands: the opposite where a `not` stands before it.
fn said(plan: &Plan, clauses: &[Arc<Verdicts>]) -> Vec<Arc<Verdicts>> {
    fn negated(step: &Step, under: bool, found: &mut Vec<bool>) {
        match step {
            Step::All(parts) | Step::Any(parts) => parts.iter().for_each(|part| negated(part, false, found)),
            Step::Not(part) => negated(part, !under, found),
            Step::Leaf(_) => found.push(under),
        }
    }
    let mut under = Vec::with_capacity(clauses.len());
    negated(plan.step(), false, &mut under);
    let turned = |(clause, under): (&Arc<Verdicts>, bool)| match under {
        true => Arc::new(!Verdicts::clone(clause)),
        false => Arc::clone(clause),
    };
    clauses.iter().zip(under).map(turned).collect()
}

/// A rule that was asked, to be counted part by part.
struct Counted<'a> {
    plan: &'a Plan,
    asked: &'a Asked,
    people: u64,
    /// Line and byte of each clause.
    places: Vec<(u32, u32)>,
}

impl<'a> Counted<'a> {
    fn of(plan: &'a Plan, text: &str, asked: &'a Asked, people: usize) -> Self {
        let place = |leaf: &Leaf| {
            let line = text.get(..leaf.span.start).unwrap_or("").matches('\n').count() as u32 + 1;
            (line, leaf.span.start as u32)
        };
        Self { plan, asked, people: people as u64, places: plan.leaves().into_iter().map(place).collect() }
    }

    fn clauses(&self) -> Vec<ClauseCount> {
        let said = said(self.plan, &self.asked.clauses);
        let one = |(place, verdicts): (usize, &Arc<Verdicts>)| self.count(place..place + 1, verdicts.count());
        said.iter().enumerate().map(one).collect()
    }

    /// Of a line with several clauses: the rule as if it were only them.
    fn lines(&self) -> Vec<ClauseCount> {
        let said = said(self.plan, &self.asked.clauses);
        let mut lines = Vec::new();
        let mut from = 0;
        for same in self.places.chunk_by(|a, b| a.0 == b.0) {
            let range = from..from + same.len();
            from = range.end;
            let passes = match said.get(range.start) {
                Some(only) if same.len() == 1 => only.count(),
                _ => self.put_together(&|place| range.contains(&place)),
            };
            lines.push(self.count(range, passes));
        }
        lines
    }

    fn count(&self, range: Range<usize>, passes: u64) -> ClauseCount {
        let (line, start) = self.places.get(range.start).copied().unwrap_or_default();
        let weighed = self.places.len() <= WEIGHED;
        let costs = weighed.then(|| {
            let without = self.put_together(&|place| !range.contains(&place));
            without as i64 - self.asked.inside.count() as i64
        });
        ClauseCount { line, start, passes, costs }
    }

    /// How many pass the rule made of some clauses; everybody passes none.
    fn put_together(&self, counts: &dyn Fn(usize) -> bool) -> u64 {
        put_together(self.plan.step(), &self.asked.clauses, counts).map_or(self.people, |found| found.count())
    }
}

/// The shares of the lifecycle stages, out of the cut by them where there is one.
fn shares(audience: &dyn Audience, inside: &Bitmap, cuts: &[Breakdown]) -> Vec<(String, f64)> {
    let all = inside.count().max(1) as f64;
    if let Some(cut) = cuts.iter().find(|cut| cut.by == By::Lifecycle) {
        let parts = cut.parts.iter().filter(|part| part.inside > 0);
        return parts.map(|part| (part.label.clone(), part.inside as f64 / all)).collect();
    }
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in inside.rows() {
        *counts.entry(audience.lifecycle(row).unwrap_or("no stage")).or_default() += 1;
    }
    let mut shares: Vec<(String, f64)> =
        counts.into_iter().map(|(stage, n)| (stage.to_owned(), n as f64 / all)).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    shares
}

/// Some who are in, then some who miss by one part that must hold; of each what every clause says.
fn sample(
    audience: &dyn Audience,
    inside: &Bitmap,
    (parts, said): (&[Verdicts], &[Arc<Verdicts>]),
    now: Time,
) -> Vec<SamplePerson> {
    let misses = |row: usize| parts.iter().filter(|part| !part.members().has(row)).count();
    let near = (0..audience.people()).filter(|row| parts.len() > 1 && misses(*row) == 1);
    inside
        .rows()
        .take(SAMPLE - 2)
        .chain(near.take(SAMPLE))
        .take(SAMPLE)
        .map(|row| introduced(audience, row, said, now))
        .collect()
}

fn introduced(audience: &dyn Audience, row: usize, said: &[Arc<Verdicts>], now: Time) -> SamplePerson {
    let Introduced { id, name, ordered } = audience.introduce(row);
    let note = match ordered {
        Some(at) => format!("last order {:.0} d", (now - at).as_days()),
        None => "no order".to_owned(),
    };
    SamplePerson { id, name, clauses: said.iter().map(|clause| known(clause, row)).collect(), note }
}

fn known(part: &Verdicts, row: usize) -> Option<bool> {
    match part.truth(Person(row as u32)) {
        Truth::True => Some(true),
        Truth::False => Some(false),
        Truth::Unknown => None,
    }
}

/// Everyone in a frame, asked column by column.
pub struct Observed<'a> {
    /// The frame, everybody labelled with their stage.
    pub frame: &'a Frame,
    /// The point rules are read at.
    pub point: Point,
    /// How many threads may look.
    pub threads: usize,
    /// What people can be cut by, if it was worked out.
    pub cuts: Option<&'a Cuts>,
}

impl Audience for Observed<'_> {
    fn people(&self) -> usize {
        self.frame.people().len()
    }

    fn ask(&self, plan: &Plan) -> Asked {
        let answer = evaluate(self.frame, plan, self.point, self.threads);
        Asked { inside: answer.whole.members().clone(), clauses: answer.clauses }
    }

    fn lifecycle(&self, row: usize) -> Option<&str> {
        self.frame.lifecycle().and_then(|labels| labels.of(Person(row as u32)))
    }

    fn breakdowns(&self, members: &Bitmap) -> Vec<Breakdown> {
        self.cuts.map_or_else(Vec::new, |cuts| cuts.breakdowns(members))
    }

    fn introduce(&self, row: usize) -> Introduced {
        let (people, person) = (self.frame.people(), Person(row as u32));
        let part = |name| match people.datum(person, name) {
            Datum::Text(text) => Some(text),
            _ => None,
        };
        let parts: Vec<&str> = [part("first_name"), part("last_name")].into_iter().flatten().collect();
        let mut ordered = None;
        self.frame.subject(person).events(names::ORDER_COMPLETED, &mut |order| {
            ordered = ordered.max(Some(order.at()));
            std::ops::ControlFlow::Continue(())
        });
        Introduced { id: people.profile(person), name: (!parts.is_empty()).then(|| parts.join(" ")), ordered }
    }
}
