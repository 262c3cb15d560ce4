//! A plan over everybody at once, column by column. Each chunk of events is looked at by one thread; what the chunks say is
//! put together in their order, so the number of threads cannot be seen in the answer.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Frame;
use super::bitmap::Bitmap;
use super::column::{Column, Field, decoded};
use super::table::{Chunk, Table};
use crate::model::{Datum, Decimal, Person, Time, ValueType};
use crate::rule::evaluate::{Tally, count_holds, distinct_key};
use crate::rule::plan::{Ask, Asked, Check, Condition, EventAsk, Leaf, Plan, Step};
use crate::rule::tree::{End, Figure, Operator, Window};
use crate::rule::{Point, Truth};

/// A truth for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdicts {
    yes: Bitmap,
    no: Bitmap,
}

impl Verdicts {
    fn same(people: usize, truth: Truth) -> Self {
        let all_if = |wanted| if truth == wanted { Bitmap::all(people) } else { Bitmap::none(people) };
        Self { yes: all_if(Truth::True), no: all_if(Truth::False) }
    }

    /// What a truth is for each row.
    #[must_use]
    pub fn from_fn(people: usize, mut truth: impl FnMut(usize) -> Truth) -> Self {
        let (mut yes, mut no) = (Bitmap::none(people), Bitmap::none(people));
        for row in 0..people {
            match truth(row) {
                Truth::True => yes.set(row),
                Truth::False => no.set(row),
                Truth::Unknown => {}
            }
        }
        Self { yes, no }
    }

    fn known(yes: Bitmap) -> Self {
        Self { no: yes.complement(), yes }
    }

    fn and(&mut self, other: &Self) {
        self.yes.and(&other.yes);
        self.no.or(&other.no);
    }

    fn or(&mut self, other: &Self) {
        self.yes.or(&other.yes);
        self.no.and(&other.no);
    }

    /// What holds for a person.
    #[must_use]
    pub fn truth(&self, person: Person) -> Truth {
        match (self.yes.has(person.index()), self.no.has(person.index())) {
            (true, _) => Truth::True,
            (_, true) => Truth::False,
            _ => Truth::Unknown,
        }
    }

    /// The people for whom it holds.
    #[must_use]
    pub fn members(&self) -> &Bitmap {
        &self.yes
    }

    /// How many people it holds for.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.yes.count()
    }

    /// How many people it is unknown for.
    #[must_use]
    pub fn unknown(&self) -> u64 {
        self.yes.len() as u64 - self.yes.count() - self.no.count()
    }
}

/// A rule's answer over everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The whole rule.
    pub whole: Verdicts,
    /// Each clause by itself, in the order of the text.
    pub clauses: Vec<Verdicts>,
}

impl Answer {
    /// A part of the plan, put together from the clauses it is made of.
    #[must_use]
    pub fn part(&self, step: &Step) -> Verdicts {
        put_together(step, &self.clauses, self.whole.yes.len())
    }
}

fn put_together(step: &Step, clauses: &[Verdicts], people: usize) -> Verdicts {
    match step {
        Step::All(parts) => {
            let mut all = Verdicts::same(people, Truth::True);
            parts.iter().for_each(|part| all.and(&put_together(part, clauses, people)));
            all
        }
        Step::Any(parts) => {
            let mut any = Verdicts::same(people, Truth::False);
            parts.iter().for_each(|part| any.or(&put_together(part, clauses, people)));
            any
        }
        Step::Not(part) => {
            let Verdicts { yes, no } = put_together(part, clauses, people);
            Verdicts { yes: no, no: yes }
        }
        Step::Leaf(leaf) => {
            clauses.get(leaf.index).cloned().unwrap_or_else(|| Verdicts::same(people, Truth::Unknown))
        }
    }
}

/// Asks a plan of everybody in a frame.
#[must_use]
pub fn evaluate(frame: &Frame, plan: &Plan, point: Point, threads: usize) -> Answer {
    let scan = Scan { frame, point, threads: threads.max(1) };
    let clauses: Vec<Verdicts> = plan.leaves().into_iter().map(|leaf| scan.leaf(leaf)).collect();
    Answer { whole: put_together(plan.step(), &clauses, scan.people()), clauses }
}

struct Scan<'a> {
    frame: &'a Frame,
    point: Point,
    threads: usize,
}

impl Scan<'_> {
    fn people(&self) -> usize {
        self.frame.people.len()
    }

    fn leaf(&self, leaf: &Leaf) -> Verdicts {
        let people = self.people();
        match &leaf.ask {
            Ask::Everyone => Verdicts::same(people, Truth::True),
            Ask::Trait { name, check } => match self.frame.people.attribute(name) {
                Some((field, column)) => {
                    let test = ColumnTest::new(check, field, self.point, people);
                    Verdicts::from_fn(people, |row| test.of(column, row))
                }
                None => Verdicts::same(people, check.test(Datum::Missing, self.point)),
            },
            Ask::Lifecycle(check) => self.labels(self.frame.lifecycle(), check),
            Ask::Intent(check) => self.labels(self.frame.intent(), check),
            Ask::Events(ask) => self.events(ask),
            Ask::Consent { channel, purpose, states, negated } => Verdicts::from_fn(people, |row| {
                let state = self.frame.people.consent(Person(row as u32), *channel, *purpose, self.point);
                Truth::from(states.contains(&state) != *negated)
            }),
            // An unknown membership is none.
            Ask::Segment { plan, .. } => {
                Verdicts::known(evaluate(self.frame, plan, self.point, self.threads).whole.yes)
            }
            Ask::List(list) => {
                Verdicts::known(self.frame.list(list).cloned().unwrap_or_else(|| Bitmap::none(people)))
            }
        }
    }

    fn labels(&self, labels: Option<&super::Labels>, check: &Check) -> Verdicts {
        Verdicts::from_fn(self.people(), |row| {
            let label = labels.and_then(|labels| labels.of(Person(row as u32)));
            check.test(label.map_or(Datum::Missing, Datum::Text), self.point)
        })
    }

    fn events(&self, ask: &EventAsk) -> Verdicts {
        let table = self.frame.table(&ask.event);
        match &ask.question {
            Asked::Count(operator, n) => self.count(table, ask, *operator, *n),
            Asked::Figure(Figure::Distinct, property, operator, n) => {
                self.distinct(table, ask, property, *operator, *n)
            }
            Asked::Figure(figure, property, operator, n) => {
                self.figure(table, ask, (*figure, property), *operator, *n)
            }
            Asked::When(end, window) => self.when(table, ask, *end, *window),
            Asked::Of(end, property, check) => self.of_event(table, ask, *end, (property, check)),
        }
    }

    fn count(&self, table: Option<&Table>, ask: &EventAsk, operator: Operator, n: Decimal) -> Verdicts {
        let mut counts = vec![0_u32; self.people()];
        self.fold(
            table,
            ask,
            |selected| selected.people(),
            |found| {
                for person in found {
                    if let Some(count) = counts.get_mut(person as usize) {
                        *count += 1;
                    }
                }
            },
        );
        Verdicts::known(Bitmap::from_fn(self.people(), |row| {
            count_holds(counts.get(row).map_or(0, |&count| u64::from(count)), operator, n)
        }))
    }

    fn distinct(
        &self,
        table: Option<&Table>,
        ask: &EventAsk,
        property: &str,
        operator: Operator,
        n: Decimal,
    ) -> Verdicts {
        let mut pairs: Vec<(u32, u128)> = Vec::new();
        self.fold(table, ask, |selected| selected.keys(property), |found| pairs.extend(found));
        pairs.sort_unstable();
        pairs.dedup();
        let mut counts = vec![0_u32; self.people()];
        for (person, _) in pairs {
            if let Some(count) = counts.get_mut(person as usize) {
                *count += 1;
            }
        }
        Verdicts::known(Bitmap::from_fn(self.people(), |row| {
            count_holds(counts.get(row).map_or(0, |&count| u64::from(count)), operator, n)
        }))
    }

    fn figure(
        &self,
        table: Option<&Table>,
        ask: &EventAsk,
        (figure, property): (Figure, &str),
        operator: Operator,
        n: Decimal,
    ) -> Verdicts {
        let mut tallies = vec![Tally::default(); self.people()];
        self.fold(
            table,
            ask,
            |selected| selected.numbers(property),
            |found| {
                for (person, scaled) in found {
                    if let Some(tally) = tallies.get_mut(person as usize) {
                        tally.add(scaled);
                    }
                }
            },
        );
        Verdicts::from_fn(self.people(), |row| {
            tallies.get(row).map_or(Truth::Unknown, |tally| tally.holds(figure, operator, n))
        })
    }

    fn when(&self, table: Option<&Table>, ask: &EventAsk, end: End, window: Window) -> Verdicts {
        let mut moments: Vec<Option<i64>> = vec![None; self.people()];
        self.fold(
            table,
            ask,
            |selected| selected.moments(),
            |found| {
                for (person, at) in found {
                    if let Some(best) = moments.get_mut(person as usize) {
                        *best = Some(match (*best, end) {
                            (None, _) => at,
                            (Some(known), End::First) => known.min(at),
                            (Some(known), End::Last) => known.max(at),
                        });
                    }
                }
            },
        );
        Verdicts::from_fn(self.people(), |row| match moments.get(row) {
            Some(Some(at)) => Truth::from(window.holds_value(Time(*at), self.point)),
            _ => Truth::Unknown,
        })
    }

    fn of_event(
        &self,
        table: Option<&Table>,
        ask: &EventAsk,
        end: End,
        (property, check): (&str, &Check),
    ) -> Verdicts {
        let mut best: Vec<Option<(i64, i64, Truth)>> = vec![None; self.people()];
        self.fold(
            table,
            ask,
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

    /// Looks at every chunk that can hold events of the window, several at a time, and hands over what was found chunk by
    /// chunk in order.
    fn fold<T: Send>(
        &self,
        table: Option<&Table>,
        ask: &EventAsk,
        look: impl Fn(&Selected<'_>) -> T + Sync,
        mut take: impl FnMut(T),
    ) {
        let Some(table) = table else { return };
        let range = ask.window.range(self.point);
        let chunks: Vec<&Chunk> = table
            .chunks
            .iter()
            .map(AsRef::as_ref)
            .filter(|chunk| chunk.span.0 < range.end && chunk.span.1 >= range.start)
            .collect();
        let select = |chunk: &&Chunk| {
            let rows = selected_rows(table, chunk, ask, self.point);
            look(&Selected { table, chunk, rows, point: self.point })
        };
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

/// Maps items on several threads; the answers come back in the order of the items.
fn parallel<I: Sync, T: Send>(items: &[I], threads: usize, map: &(impl Fn(&I) -> T + Sync)) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut own = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return own };
            own.push((index, map(item)));
        }
    };
    let mut found: Vec<(usize, T)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(own) => all.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    found.sort_unstable_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, answer)| answer).collect()
}

fn selected_rows(table: &Table, chunk: &Chunk, ask: &EventAsk, point: Point) -> Vec<u32> {
    let range = ask.window.range(point);
    let inside = chunk.span.0 >= range.start && chunk.span.1 < range.end;
    let holds = ask.condition.as_ref().map(|condition| condition_truths(condition, table, chunk, point));
    let matching = |row: usize| holds.as_ref().is_none_or(|holds| holds.get(row) == Some(&Truth::True));
    if inside {
        return (0..chunk.len()).filter(|&row| matching(row)).map(|row| row as u32).collect();
    }
    let mut rows = Vec::new();
    chunk.at.each(|row, at| {
        if range.contains(&at) && matching(row) {
            rows.push(row as u32);
        }
    });
    rows
}

/// The events of a chunk that count.
struct Selected<'a> {
    table: &'a Table,
    chunk: &'a Chunk,
    rows: Vec<u32>,
    point: Point,
}

impl Selected<'_> {
    fn each(&self) -> impl Iterator<Item = (u32, usize)> + '_ {
        let people = &self.chunk.people;
        self.rows.iter().filter_map(move |&row| Some((*people.get(row as usize)?, row as usize)))
    }

    fn people(&self) -> Vec<u32> {
        self.each().map(|(person, _)| person).collect()
    }

    fn moments(&self) -> Vec<(u32, i64)> {
        self.each().map(|(person, row)| (person, self.chunk.at.get(row))).collect()
    }

    fn column(&self, property: &str) -> Option<(&Field, &Column)> {
        let place = self.table.property(property)?;
        Some((self.table.properties.get(place)?, self.chunk.columns.get(place)?.as_ref()?))
    }

    fn numbers(&self, property: &str) -> Vec<(u32, i64)> {
        let Some((field, column)) = self.column(property) else { return Vec::new() };
        let (Some(ValueType::Number), Some(codes)) = (field.kind, column.codes()) else { return Vec::new() };
        self.each()
            .filter(|&(_, row)| column.has(row))
            .map(|(person, row)| (person, codes.get(row)))
            .collect()
    }

    fn keys(&self, property: &str) -> Vec<(u32, u128)> {
        let Some((field, column)) = self.column(property) else { return Vec::new() };
        self.each()
            .filter_map(|(person, row)| Some((person, distinct_key(column.datum(row, field))?)))
            .collect()
    }

    fn tests(&self, property: &str, check: &Check) -> Vec<(u32, i64, i64, Truth)> {
        let column = self.column(property);
        let truth = |row| match column {
            Some((field, column)) => check.test(column.datum(row, field), self.point),
            None => check.test(Datum::Missing, self.point),
        };
        self.each()
            .map(|(person, row)| (person, self.chunk.at.get(row), self.chunk.sequence.get(row), truth(row)))
            .collect()
    }
}

/// A check against one field's columns. Where the texts are fewer than the rows, each is looked at once.
struct ColumnTest<'a> {
    check: &'a Check,
    field: &'a Field,
    point: Point,
    by_code: Option<Vec<Truth>>,
    missing: Truth,
}

impl<'a> ColumnTest<'a> {
    fn new(check: &'a Check, field: &'a Field, point: Point, rows: usize) -> Self {
        let coded = field.kind == Some(ValueType::Text) && !field.private && field.dictionary.len() <= rows;
        let by_code = coded.then(|| {
            (0..field.dictionary.len()).map(|code| check.test(decoded(code as i64, field), point)).collect()
        });
        Self { check, field, point, by_code, missing: check.test(Datum::Missing, point) }
    }

    fn of(&self, column: &Column, row: usize) -> Truth {
        if !column.has(row) {
            return self.missing;
        }
        match (&self.by_code, column.codes()) {
            (Some(truths), Some(codes)) => usize::try_from(codes.get(row))
                .ok()
                .and_then(|code| truths.get(code))
                .copied()
                .unwrap_or(self.missing),
            _ => self.check.test(column.datum(row, self.field), self.point),
        }
    }
}

fn column_truths(check: &Check, column: Option<(&Field, &Column)>, rows: usize, point: Point) -> Vec<Truth> {
    match column {
        Some((field, column)) => {
            let test = ColumnTest::new(check, field, point, rows);
            (0..rows).map(|row| test.of(column, row)).collect()
        }
        None => vec![check.test(Datum::Missing, point); rows],
    }
}

fn condition_truths(condition: &Condition, table: &Table, chunk: &Chunk, point: Point) -> Vec<Truth> {
    let rows = chunk.len();
    match condition {
        Condition::Property(name, check) => {
            column_truths(check, field_and_column(&table.properties, &chunk.columns, name), rows, point)
        }
        Condition::Channel { channels, negated } => {
            (0..rows).map(|row| Truth::from(channels.contains(&chunk.channel(row)) != *negated)).collect()
        }
        Condition::AnyItem(part) => {
            let Some(items) = &chunk.items else { return vec![Truth::False; rows] };
            let count = items.starts.last().map_or(0, |&end| end as usize);
            let truths = item_truths(part, table, items, count, point);
            (0..rows)
                .map(|row| {
                    truths.get(items.of(row)).unwrap_or(&[]).iter().copied().fold(Truth::False, Truth::or)
                })
                .collect()
        }
        joint => combined(joint, rows, &|part| condition_truths(part, table, chunk, point)),
    }
}

fn item_truths(
    condition: &Condition,
    table: &Table,
    items: &super::table::Items,
    rows: usize,
    point: Point,
) -> Vec<Truth> {
    match condition {
        Condition::Property(name, check) => {
            column_truths(check, field_and_column(&table.item_properties, &items.columns, name), rows, point)
        }
        // The check refuses both inside an item.
        Condition::Channel { .. } | Condition::AnyItem(_) => vec![Truth::Unknown; rows],
        joint => combined(joint, rows, &|part| item_truths(part, table, items, rows, point)),
    }
}

fn combined(condition: &Condition, rows: usize, part: &dyn Fn(&Condition) -> Vec<Truth>) -> Vec<Truth> {
    let fold = |parts: &[Condition], start: Truth, join: fn(Truth, Truth) -> Truth| {
        let mut truths = vec![start; rows];
        for one in parts {
            truths.iter_mut().zip(part(one)).for_each(|(truth, other)| *truth = join(*truth, other));
        }
        truths
    };
    match condition {
        Condition::All(parts) => fold(parts, Truth::True, Truth::and),
        Condition::Any(parts) => fold(parts, Truth::False, Truth::or),
        Condition::Not(one) => part(one).into_iter().map(|truth| !truth).collect(),
        Condition::Property(..) | Condition::Channel { .. } | Condition::AnyItem(_) => {
            vec![Truth::Unknown; rows]
        }
    }
}

fn field_and_column<'a>(
    fields: &'a [Field],
    columns: &'a [Option<Column>],
    name: &str,
) -> Option<(&'a Field, &'a Column)> {
    let place = fields.iter().position(|field| field.name == name)?;
    Some((fields.get(place)?, columns.get(place)?.as_ref()?))
}
