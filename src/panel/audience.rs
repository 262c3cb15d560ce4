//! Who is in which segment: the list of segments and the verdict on a rule being written, whoever is asked.

use std::collections::BTreeMap;

use super::figures;
use super::segments::{
    Change, ClauseCount, Diagnostic, SamplePerson, Segment, SegmentKind, SegmentVerdict, Segments,
};
use crate::frame::{Bitmap, Frame, Verdicts, evaluate};
use crate::model::event::names;
use crate::model::{Datum, Person, Problem, ProfileId, Time};
use crate::rule::{Plan, Point, Subject, Truth};
use crate::segment::breakdown::{Breakdown, By, Cuts};
use crate::segment::{self, change};

/// People a verdict shows.
const SAMPLE: usize = 5;

/// People who can be asked a rule, each in a row of their own.
pub trait Audience {
    /// How many there are.
    fn people(&self) -> usize;
    /// Asks everybody a rule, as a whole and for each part that must hold.
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
    /// What holds for whom, for each part that must hold.
    pub parts: Vec<Verdicts>,
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
    verdict.clauses = clauses(plan, draft.text, &asked.parts, audience.people());
    (verdict, Some(asked))
}

/// What a rule being written means, and for whom.
#[must_use]
pub fn verdict(audience: &dyn Audience, draft: &DraftRule<'_>, others: &[NamedPlan<'_>]) -> SegmentVerdict {
    let (mut verdict, asked) = counted(audience, draft);
    verdict.whole = true;
    let Some(Asked { inside, parts }) = asked else { return verdict };
    let shared = |other: &Bitmap| {
        let mut both = inside.clone();
        both.and(other);
        both.count()
    };
    let saved = draft.saved.and_then(|saved| Some((saved.version, saved.members_among(audience)?)));
    if let Some((version, before)) = saved {
        let change = change::Change::between(&before, &inside, SAMPLE);
        let introduced = |people: &[Person]| -> Vec<SamplePerson> {
            people.iter().map(|person| introduced(audience, person.index(), &parts, draft.now)).collect()
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
    verdict.sample = sample(audience, &inside, &parts, draft.now);
    verdict
}

/// For each part that must hold: who passes it alone, and how many fewer pass all up to it.
fn clauses(plan: &Plan, text: &str, parts: &[Verdicts], people: usize) -> Vec<ClauseCount> {
    let mut upto = Bitmap::all(people);
    let mut before = None;
    let conjuncts = plan.step().conjuncts();
    let whole = parts.iter().fold(Bitmap::all(people), |mut whole, part| {
        whole.and(part.members());
        whole
    });
    let counted = conjuncts.iter().zip(parts).enumerate().map(|(place, (part, verdicts))| {
        let line = text.get(..part.start()).unwrap_or("").matches('\n').count() as u32 + 1;
        upto.and(verdicts.members());
        let left = upto.count() as i64;
        let lost = left - before.unwrap_or(left);
        before = Some(left);
        let mut without = Bitmap::all(people);
        let others = parts.iter().enumerate().filter(|(other, _)| *other != place);
        others.for_each(|(_, part)| without.and(part.members()));
        ClauseCount { line, passes: verdicts.count(), lost, costs: without.count() - whole.count() }
    });
    counted.collect()
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

/// Some who are in, then some who miss by one part.
fn sample(audience: &dyn Audience, inside: &Bitmap, parts: &[Verdicts], now: Time) -> Vec<SamplePerson> {
    let misses = |row: usize| parts.iter().filter(|part| !part.members().has(row)).count();
    let near = (0..audience.people()).filter(|row| parts.len() > 1 && misses(*row) == 1);
    inside
        .rows()
        .take(SAMPLE - 2)
        .chain(near.take(SAMPLE))
        .take(SAMPLE)
        .map(|row| introduced(audience, row, parts, now))
        .collect()
}

fn introduced(audience: &dyn Audience, row: usize, parts: &[Verdicts], now: Time) -> SamplePerson {
    let Introduced { id, name, ordered } = audience.introduce(row);
    let note = match ordered {
        Some(at) => format!("last order {:.0} d", (now - at).as_days()),
        None => "no order".to_owned(),
    };
    SamplePerson { id, name, clauses: parts.iter().map(|part| known(part, row)).collect(), note }
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
        let parts = plan.step().conjuncts().into_iter().map(|part| answer.part(part)).collect();
        Asked { inside: answer.whole.members().clone(), parts }
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
