//! A plan over everybody at once, column by column. Each chunk of events is looked at by one thread; what the chunks say is
//! put together in their order, so the number of threads cannot be seen in the answer.

use std::sync::Arc;

use super::Frame;
use super::answers::Key;
use super::bitmap::Bitmap;
use super::bits::{Interval, pack};
use super::condition::ColumnTest;
use super::figures::{accepted, never, within};
use super::parallel::parallel;
use super::selected::Selected;
use super::table::{Chunk, Table};
pub use super::verdicts::Verdicts;
use crate::model::{Datum, Decimal, Person, Span, Time, Value};
use crate::rule::evaluate::{Past, Tally, commonest, looks};
use crate::rule::plan::{Ask, Asked, Check, Condition, EventAsk, Leaf, Plan, Step, Which};
use crate::rule::tree::{End, Figure, Operator, Window};
use crate::rule::{Moment, Point, Truth};

/// So few people are asked about by one thread alone.
const SMALL: usize = 1 << 14;

/// How many people one thread looks at in a row where they are looked at one by one.
const PEOPLE: usize = 1 << 10;

/// A rule's answer over everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The whole rule.
    pub whole: Verdicts,
    /// Each clause by itself, in the order of the text.
    pub clauses: Vec<Arc<Verdicts>>,
}

/// A part of a plan put together from its clauses, as if those that do not count had not been written; none where none counts.
#[must_use]
pub fn put_together(
    step: &Step,
    clauses: &[Arc<Verdicts>],
    counts: &dyn Fn(usize) -> bool,
) -> Option<Verdicts> {
    let several = |parts: &[Step], join: fn(&mut Verdicts, &Verdicts)| {
        let mut whole: Option<Verdicts> = None;
        for part in parts {
            match (part, &mut whole) {
                (Step::Leaf(leaf), Some(whole)) if counts(leaf.index) => {
                    clauses.get(leaf.index).into_iter().for_each(|known| join(whole, known));
                }
                (part, whole) => {
                    let Some(part) = put_together(part, clauses, counts) else { continue };
                    match whole {
                        Some(whole) => join(whole, &part),
                        None => *whole = Some(part),
                    }
                }
            }
        }
        whole
    };
    match step {
        Step::All(parts) => several(parts, Verdicts::and),
        Step::Any(parts) => several(parts, Verdicts::or),
        Step::Not(part) => put_together(part, clauses, counts).map(|found| !found),
        Step::Leaf(leaf) => {
            clauses.get(leaf.index).filter(|_| counts(leaf.index)).map(|known| known.as_ref().clone())
        }
    }
}

/// What a part without any clause comes to.
fn nothing(step: &Step) -> Truth {
    match step {
        Step::Not(part) => !nothing(part),
        Step::Any(_) => Truth::False,
        Step::All(_) | Step::Leaf(_) => Truth::True,
    }
}

/// Asks a plan of everybody in a frame.
#[must_use]
pub fn evaluate(frame: &Frame, plan: &Plan, point: Point, threads: usize) -> Answer {
    Scan::new(frame, point, threads).plan(plan)
}

/// Some events: of which name, under which condition, when.
pub(super) struct Pick<'a> {
    pub(super) event: &'a Which,
    pub(super) condition: Option<&'a Condition>,
    pub(super) window: Window,
}

impl<'a> Pick<'a> {
    fn of(ask: &'a EventAsk) -> Self {
        Self { event: &ask.event, condition: ask.condition.as_ref(), window: ask.window }
    }
}

/// Everybody in a frame, looked at from a moment.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a> {
    pub(super) frame: &'a Frame,
    pub(super) moment: Moment<'a>,
    pub(super) threads: usize,
    /// Whether the moment is earlier than what the frame shows, so that traits count only as far back as they stand.
    past: bool,
    /// The people who matter, all without.
    among: Option<&'a [u32]>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(frame: &'a Frame, point: Point, threads: usize) -> Self {
        Self { frame, moment: Moment::utc(point), threads: threads.max(1), past: false, among: None }
    }

    pub(super) fn people(&self) -> usize {
        self.frame.people.len()
    }

    fn plan(&self, plan: &Plan) -> Answer {
        let leaves = plan.leaves();
        // What was asked of a moment that is past is seldom asked again, and of some people never.
        let keeps = !self.past && self.among.is_none();
        let keys: Vec<Option<Key>> =
            leaves.iter().map(|leaf| keeps.then(|| Key::new(leaf, self.moment.point))).collect();
        let mut clauses: Vec<Option<Arc<Verdicts>>> =
            keys.iter().map(|key| self.frame.answers.find(key.as_ref()?)).collect();
        let open: Vec<usize> =
            (0..leaves.len()).filter(|&at| clauses.get(at).is_some_and(Option::is_none)).collect();
        for (at, found) in open.iter().zip(self.leaves(&leaves, &open)) {
            let found = Arc::new(found);
            if let Some(Some(key)) = keys.get(*at) {
                self.frame.answers.keep(key.clone(), &found);
            }
            if let Some(place) = clauses.get_mut(*at) {
                *place = Some(found);
            }
        }
        let clauses: Vec<Arc<Verdicts>> = clauses.into_iter().flatten().collect();
        let whole = put_together(plan.step(), &clauses, &|_| true);
        Answer {
            whole: whole.unwrap_or_else(|| Verdicts::same(self.people(), nothing(plan.step()))),
            clauses,
        }
    }

    /// Several clauses, side by side where more than one takes long.
    fn leaves(&self, leaves: &[&Leaf], open: &[usize]) -> Vec<Verdicts> {
        let open: Vec<&Leaf> = open.iter().filter_map(|&at| leaves.get(at).copied()).collect();
        let long = open.iter().filter(|leaf| is_long(&leaf.ask)).count();
        if long < 2 || self.threads < 2 || self.people() < SMALL {
            return open.into_iter().map(|leaf| self.leaf(leaf)).collect();
        }
        let each = Scan { threads: (self.threads / long).max(1), ..*self };
        parallel(&open, self.threads, &|leaf| each.leaf(leaf))
    }

    fn leaf(&self, leaf: &Leaf) -> Verdicts {
        if leaf.calendar { self.by_zone(&leaf.ask) } else { self.ask(&leaf.ask) }
    }

    /// What looks at the calendar is asked once for each zone.
    fn by_zone(&self, ask: &Ask) -> Verdicts {
        let mut whole = Verdicts::same(self.people(), Truth::Unknown);
        for (zone, rows) in self.frame.people.zones().groups() {
            let moment = Moment { point: self.moment.point, zone };
            let here = Scan { moment, among: Some(&rows), ..*self }.ask(ask);
            for &row in &rows {
                whole.put(row as usize, here.truth(Person(row)));
            }
        }
        whole
    }

    fn ask(&self, ask: &Ask) -> Verdicts {
        let people = self.people();
        match ask {
            Ask::Everyone => Verdicts::same(people, Truth::True),
            Ask::Trait { name, check } => self.attribute(name, check),
            Ask::Lifecycle(check) if !self.past => self.labels(self.frame.lifecycle(), check),
            Ask::Intent(check) if !self.past => self.labels(self.frame.intent(), check),
            Ask::Intent(check) => Verdicts::same(people, check.test(Datum::Missing, self.moment)),
            Ask::Events(ask) => self.events(ask),
            Ask::Sequence(ask) => self.sequence(ask),
            Ask::Band(ask) => {
                let bands = self.frame.bands(ask, self.moment.point, self.threads);
                let truths: Vec<Truth> =
                    (0..=ask.bands).map(|band| ask.holds((band > 0).then_some(band))).collect();
                let bits = |wanted: Truth| {
                    let marks: [bool; 256] = std::array::from_fn(|band| truths.get(band) == Some(&wanted));
                    Bitmap::from_words(
                        pack(&bands, |band| marks.get(usize::from(band)) == Some(&true)),
                        people,
                    )
                };
                Verdicts { yes: bits(Truth::True), no: bits(Truth::False) }
            }
            Ask::Been { plan, span } => self.been(plan, *span),
            Ask::Consent { channel, purpose, states, negated } => {
                let wanted = |state| states.contains(&state) != *negated;
                let asked = (*channel, *purpose);
                let people = &self.frame.people;
                Verdicts::known(people.consenting(asked, self.moment.point, self.threads, wanted))
            }
            // An unknown membership is none.
            Ask::Segment { plan, .. } => Verdicts::known(self.plan(plan).whole.yes),
            Ask::List(list) => {
                Verdicts::known(self.frame.list(list).cloned().unwrap_or_else(|| Bitmap::none(people)))
            }
            Ask::Lifecycle(_)
            | Ask::Season(_)
            | Ask::Session(_)
            | Ask::Suppressed { .. }
            | Ask::InJourney { .. }
            | Ask::Passed { .. }
            | Ask::Experiment { .. }
            | Ask::Bucket { .. } => self.one_by_one(ask),
        }
    }

    /// What only the view of one person can say is asked of one person after the other.
    fn one_by_one(&self, ask: &Ask) -> Verdicts {
        let everybody: Vec<u32>;
        let rows = match self.among {
            Some(rows) => rows,
            None => {
                everybody = (0..self.people() as u32).collect();
                &everybody
            }
        };
        let look = |rows: &&[u32]| -> Vec<(u32, Truth)> {
            let truth = |row: u32| {
                let subject = self.frame.subject(Person(row));
                if self.past {
                    ask.holds(&Past { subject: &subject, at: self.moment.point.at }, self.moment)
                } else {
                    ask.holds(&subject, self.moment)
                }
            };
            rows.iter().map(|&row| (row, truth(row))).collect()
        };
        let parts: Vec<&[u32]> = rows.chunks(PEOPLE).collect();
        let mut whole = Verdicts::same(self.people(), Truth::Unknown);
        let threads = self.threads.min(parts.len());
        let found =
            if threads <= 1 { parts.iter().map(look).collect() } else { parallel(&parts, threads, &look) };
        for (row, truth) in found.into_iter().flatten() {
            whole.put(row as usize, truth);
        }
        whole
    }

    fn been(&self, plan: &Plan, span: Span) -> Verdicts {
        let mut all = Verdicts::same(self.people(), Truth::True);
        for (number, look) in looks(span, self.moment.point).into_iter().enumerate() {
            let past = self.past || number > 0;
            let scan = Scan { moment: Moment::utc(look), past, among: None, ..*self };
            all.and(&scan.plan(plan).whole);
        }
        all
    }

    fn attribute(&self, name: &str, check: &Check) -> Verdicts {
        let people = self.people();
        let Some((field, column)) = self.frame.people.attribute(name) else {
            return Verdicts::same(people, check.test(Datum::Missing, self.moment));
        };
        let test = ColumnTest::new(check, field, self.moment, people);
        let mut verdicts = test.over(column, people);
        if self.past {
            let stood = Bitmap::from_fn(people, |row| {
                let since = self.frame.people.since(Person(row as u32), name);
                since.is_some_and(|since| since <= self.moment.point.at)
            });
            verdicts.fill(&stood, check.test(Datum::Missing, self.moment));
        }
        verdicts
    }

    fn labels(&self, labels: Option<&super::Labels>, check: &Check) -> Verdicts {
        Verdicts::from_fn(self.people(), |row| {
            let label = labels.and_then(|labels| labels.of(Person(row as u32)));
            check.test(label.map_or(Datum::Missing, Datum::Text), self.moment)
        })
    }

    fn events(&self, ask: &EventAsk) -> Verdicts {
        let pick = Pick::of(ask);
        let people = self.people();
        match &ask.question {
            Asked::Count(operator, n) => Verdicts::known(self.counted(&pick, *operator, *n)),
            Asked::Figure(Figure::Distinct, property, operator, n) => {
                Verdicts::known(within(&self.distincts(&pick, property), accepted(*operator, *n)))
            }
            Asked::Figure(figure, property, operator, n) => {
                self.figure(&pick, *figure, property, (*operator, *n))
            }
            Asked::When(end, window) => {
                let moments = self.moments(&pick, *end);
                Verdicts::from_fn(people, |row| match moments.get(row) {
                    Some(at) if *at != never(*end) => Truth::from(window.holds_value(Time(*at), self.moment)),
                    _ => Truth::Unknown,
                })
            }
            Asked::Of(end, property, check) => self.of_event(&pick, *end, (property, check)),
            Asked::MostFrequent(property, check) => self.most_frequent(&pick, property, check),
        }
    }

    fn figure(
        &self,
        pick: &Pick<'_>,
        figure: Figure,
        property: &str,
        (operator, n): (Operator, Decimal),
    ) -> Verdicts {
        if figure == Figure::Sum
            && let Some(sums) = self.sums(pick, property)
        {
            let accepted = Interval::of(operator, n.scaled());
            let words = pack(&sums, |sum| accepted.holds(sum));
            return Verdicts::known(Bitmap::from_words(words, sums.len()));
        }
        let tallies = self.tallies(pick, property);
        let truth = |tally: &Tally| tally.holds(figure, operator, n);
        Verdicts::from_fn(self.people(), |row| tallies.get(row).map_or(Truth::Unknown, truth))
    }

    /// How many different values of a property each person has.
    pub(super) fn distincts(&self, pick: &Pick<'_>, property: &str) -> Vec<u32> {
        let mut pairs: Vec<(u32, u128)> = Vec::new();
        self.fold(pick, |selected| selected.keys(property), |found| pairs.extend(found));
        pairs.sort_unstable();
        pairs.dedup();
        let mut counts = vec![0_u32; self.people()];
        for (person, _) in pairs {
            if let Some(count) = counts.get_mut(person as usize) {
                *count += 1;
            }
        }
        counts
    }

    fn of_event(&self, pick: &Pick<'_>, end: End, (property, check): (&str, &Check)) -> Verdicts {
        let mut best: Vec<Option<(i64, i64, Truth)>> = vec![None; self.people()];
        self.fold(
            pick,
            |selected| selected.tests(property, check),
            |found| {
                for (person, at, sequence, truth) in found {
                    let Some(known) = best.get_mut(person as usize) else { continue };
                    let better = known.is_none_or(|(known_at, known_sequence, _)| match end {
                        End::First => (at, sequence) < (known_at, known_sequence),
                        End::Last => (at, sequence) >= (known_at, known_sequence),
                    });
                    if better {
                        *known = Some((at, sequence, truth));
                    }
                }
            },
        );
        Verdicts::from_fn(self.people(), |row| match best.get(row) {
            Some(Some((_, _, truth))) => *truth,
            _ => Truth::Unknown,
        })
    }

    fn most_frequent(&self, pick: &Pick<'_>, property: &str, check: &Check) -> Verdicts {
        let mut values: Vec<(u32, Value)> = Vec::new();
        self.fold(pick, |selected| selected.values(property), |found| values.extend(found));
        values.sort_by_key(|(person, _)| *person);
        let mut whole = Verdicts::same(self.people(), check.test(Datum::Missing, self.moment));
        for own in values.chunk_by(|a, b| a.0 == b.0) {
            let Some((person, _)) = own.first() else { continue };
            let value = commonest(own.iter().map(|(_, value)| value.datum()));
            let truth = check.test(value.as_ref().map_or(Datum::Missing, Value::datum), self.moment);
            whole.put(*person as usize, truth);
        }
        whole
    }

    /// The chunks that can hold events of the window, by name and then in the order they were learned.
    pub(super) fn chunks(&self, pick: &Pick<'_>) -> Vec<(&'a Table, &'a Chunk)> {
        let range = pick.window.range_in(self.moment);
        let tables: Vec<&'a Table> = match pick.event {
            Which::One(name) => self.frame.table(name).into_iter().collect(),
            Which::Any => self.frame.tables.iter().map(AsRef::as_ref).collect(),
        };
        tables
            .into_iter()
            .flat_map(|table| table.chunks.iter().map(move |chunk| (table, chunk.as_ref())))
            .filter(|(_, chunk)| chunk.span.0 < range.end && chunk.span.1 >= range.start)
            .collect()
    }

    /// Looks at every chunk that can hold events of the window, several at a time, and hands over what was found chunk by
    /// chunk in order.
    pub(super) fn fold<T: Send>(
        &self,
        pick: &Pick<'_>,
        look: impl Fn(&Selected<'_>) -> T + Sync,
        mut take: impl FnMut(T),
    ) {
        let chunks = self.chunks(pick);
        let select =
            |&(table, chunk): &(&Table, &Chunk)| look(&Selected::of(table, chunk, pick, self.moment));
        let threads = self.threads.min(chunks.len());
        if threads <= 1 {
            chunks.iter().for_each(|chunk| take(select(chunk)));
            return;
        }
        // A wave at a time bounds what waits to be put together.
        for wave in chunks.chunks(threads * 8) {
            for found in parallel(wave, threads, &select) {
                take(found);
            }
        }
    }
}

/// Whether a clause looks at more than a column of the people.
fn is_long(ask: &Ask) -> bool {
    !matches!(ask, Ask::Everyone | Ask::Trait { .. } | Ask::Lifecycle(_) | Ask::Intent(_) | Ask::List(_))
}
