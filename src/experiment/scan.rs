//! Metrics measured over a frame's columns: what [`Tally`](super::Tally) says of one person, for everybody at once.
//!
//! Events go past once, chunk by chunk, in the order they lie in memory; what counts is put down by group of units. Then each
//! group is added up on its own, small enough to stay near the processor. Sums are exact and visits are sorted, so neither the
//! order of events nor who scanned which chunk can be seen in the answer.

use std::ops::Range;

use super::measure::{CurrencySeen, PAUSE, UnitValue, currency_said};
use super::metric::{Aggregate, Measure, Metric};
use crate::frame::Frame;
use crate::frame::table::{Chunk, Table};
use crate::model::{Channel, Datum, Decimal, Person, Span, Time};
use crate::rule::Point;

/// Units per group.
pub const GROUP: usize = 8_192;

/// Who is no unit.
const NO_UNIT: u32 = u32::MAX;
/// Bits of a moment within a unit's stretch; beyond 71,000 years moments are one.
const MOMENT: u32 = 51;

/// People to be measured, each with the moment from which they count.
#[derive(Debug)]
pub struct Cohort<'f> {
    frame: &'f Frame,
    units: Vec<(Person, Time)>,
    /// By person.
    slots: Vec<u32>,
}

impl<'f> Cohort<'f> {
    /// These units of a frame, each person once.
    #[must_use]
    pub fn new(frame: &'f Frame, units: Vec<(Person, Time)>) -> Self {
        let mut slots = vec![NO_UNIT; frame.people().len()];
        for (slot, (person, _)) in (0_u32..).zip(&units) {
            if let Some(place) = slots.get_mut(person.index()) {
                *place = slot;
            }
        }
        Self { frame, units, slots }
    }

    /// How many groups the units make.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.units.len().div_ceil(GROUP)
    }

    /// The units of a group.
    #[must_use]
    pub fn group(&self, group: usize) -> Range<usize> {
        let from = (group * GROUP).min(self.units.len());
        from..(from + GROUP).min(self.units.len())
    }
}

/// A metric to be measured.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'m> {
    /// The metric.
    pub metric: &'m Metric,
    /// From when units count instead of their own moment.
    pub from: Option<Time>,
    /// When it is read.
    pub point: Point,
}

/// Where what a measure finds belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Numerator,
    Denominator,
    Less,
}

/// One accumulation of one metric.
struct Part<'m> {
    ask: usize,
    place: Place,
    measure: &'m Measure,
}

/// Stretches of time that several parts share.
#[derive(Clone, Copy, PartialEq)]
struct Stretch {
    from: Option<Time>,
    delay: Option<Span>,
    window: Option<Span>,
    point: Point,
}

impl Stretch {
    fn of(ask: &Ask<'_>) -> Self {
        Self { from: ask.from, delay: ask.metric.delay, window: ask.metric.window, point: ask.point }
    }

    /// How long after a unit's beginning an event came, if it counts.
    fn since(&self, exposed: Time, at: Time) -> Option<Span> {
        let begin = self.from.unwrap_or(exposed);
        let begin = self.delay.map_or(begin, |delay| begin + delay);
        let counts = at >= begin
            && self.window.is_none_or(|window| at < begin + window)
            && at < Time::MAX
            && self.point.sees(at);
        counts.then(|| at - begin)
    }

    /// Whether nothing that happened in this span of time can count, whoever did it.
    fn is_past(&self, span: (i64, i64), exposed: (Time, Time)) -> bool {
        let begin = |exposed: Time| {
            let begin = self.from.unwrap_or(exposed);
            self.delay.map_or(begin, |delay| begin + delay)
        };
        let before = Time(span.1) < begin(exposed.0);
        let after = self.window.is_some_and(|window| Time(span.0) >= begin(exposed.1) + window);
        before || after || !self.point.sees(Time(span.0))
    }
}

/// Visits of the same events over the same stretch, for all parts that count them.
struct Stream<'m> {
    stretch: usize,
    measure: &'m Measure,
    parts: Vec<usize>,
}

/// What to do with the events of one table.
#[derive(Default)]
struct Route {
    currency: Option<usize>,
    /// By stretch: the parts that count each event, with their columns.
    sums: Vec<(usize, Vec<Sum>)>,
    /// Streams of visits, with the column of their measure.
    visits: Vec<(usize, Option<usize>)>,
}

/// A part that counts single events.
struct Sum {
    part: usize,
    column: Option<usize>,
}

/// One thing that counts for a unit.
#[derive(Debug, Clone, Copy)]
struct Entry {
    amount: Decimal,
    currency: CurrencySeen,
    part: u16,
    slot: u16,
}

/// What some chunks held, by group of units.
#[derive(Debug, Default)]
pub struct Found {
    entries: Vec<Vec<Entry>>,
    /// By stream and group: unit and moment in one number.
    visits: Vec<Vec<Vec<u64>>>,
}

/// A cohort with what is asked of it.
pub struct Scan<'a> {
    cohort: &'a Cohort<'a>,
    asks: &'a [Ask<'a>],
    parts: Vec<Part<'a>>,
    stretches: Vec<Stretch>,
    streams: Vec<Stream<'a>>,
    routes: Vec<Route>,
    /// The table and the chunk of each number.
    chunks: Vec<(usize, usize)>,
    /// The first and the last moment of a unit.
    exposed: (Time, Time),
}

impl<'a> Scan<'a> {
    /// Prepares what is asked.
    #[must_use]
    pub fn new(cohort: &'a Cohort<'a>, asks: &'a [Ask<'a>]) -> Self {
        let parts: Vec<Part<'a>> =
            asks.iter().enumerate().flat_map(|(index, ask)| parts(index, ask)).collect();
        let mut stretches: Vec<Stretch> = Vec::new();
        let stretch_of: Vec<usize> =
            asks.iter().map(|ask| position(&mut stretches, Stretch::of(ask))).collect();
        let mut streams: Vec<Stream<'a>> = Vec::new();
        for (index, part) in parts.iter().enumerate().filter(|(_, part)| counts_visits(part.measure)) {
            let stretch = stretch_of[part.ask];
            let same = |stream: &&mut Stream<'_>| {
                let (a, b) = (stream.measure, part.measure);
                stream.stretch == stretch
                    && (&a.event, &a.property, a.minimum) == (&b.event, &b.property, b.minimum)
            };
            match streams.iter_mut().find(same) {
                Some(stream) => stream.parts.push(index),
                None => streams.push(Stream { stretch, measure: part.measure, parts: vec![index] }),
            }
        }
        let routes: Vec<Route> =
            cohort.frame.tables().iter().map(|table| route(table, &parts, &stretch_of, &streams)).collect();
        let worth = |(index, table): (usize, &std::sync::Arc<Table>)| {
            let any =
                routes.get(index).is_some_and(|route| !route.sums.is_empty() || !route.visits.is_empty());
            (0..if any { table.chunks.len() } else { 0 }).map(move |chunk| (index, chunk))
        };
        let chunks = cohort.frame.tables().iter().enumerate().flat_map(worth).collect();
        let moments = || cohort.units.iter().map(|(_, at)| *at);
        let exposed = (moments().min().unwrap_or(Time::MAX), moments().max().unwrap_or(Time(i64::MIN)));
        Self { cohort, asks, parts, stretches, streams, routes, chunks, exposed }
    }

    /// How many chunks there are to go through.
    #[must_use]
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// An empty finding.
    #[must_use]
    pub fn nothing(&self) -> Found {
        let groups = self.cohort.groups();
        Found {
            entries: vec![Vec::new(); groups],
            visits: vec![vec![Vec::new(); groups]; self.streams.len()],
        }
    }

    /// Goes through a chunk.
    pub fn look(&self, chunk: usize, found: &mut Found) {
        let Some(&(table, chunk)) = self.chunks.get(chunk) else { return };
        let (Some(route), Some(table)) = (self.routes.get(table), self.cohort.frame.tables().get(table))
        else {
            return;
        };
        let Some(chunk) = table.chunks.get(chunk) else { return };
        let concerns = |stretch: usize| !self.stretches[stretch].is_past(chunk.span, self.exposed);
        let sums: Vec<&(usize, Vec<Sum>)> =
            route.sums.iter().filter(|(stretch, _)| concerns(*stretch)).collect();
        let visits: Vec<&(usize, Option<usize>)> =
            route.visits.iter().filter(|(stream, _)| concerns(self.streams[*stream].stretch)).collect();
        if sums.is_empty() && visits.is_empty() {
            return;
        }
        for (row, &person) in chunk.people.iter().enumerate() {
            let slot = self.cohort.slots.get(person as usize).copied().unwrap_or(NO_UNIT);
            if slot == NO_UNIT {
                continue;
            }
            let event = Event { table, chunk, row, at: chunk.time(row) };
            let exposed = self.cohort.units[slot as usize].1;
            for (stretch, sums) in &sums {
                if self.stretches[*stretch].since(exposed, event.at).is_some() {
                    self.add(&event, route, sums, slot, found);
                }
            }
            for (stream, column) in &visits {
                let of = &self.streams[*stream];
                let since = self.stretches[of.stretch].since(exposed, event.at);
                if let Some(since) = since.filter(|_| event.concerns(of.measure, *column)) {
                    let moment = since.0.unsigned_abs().min((1 << MOMENT) - 1);
                    let key = (u64::from(slot) % GROUP as u64) << MOMENT | moment;
                    found.visits[*stream][slot as usize / GROUP].push(key);
                }
            }
        }
    }

    fn add(&self, event: &Event<'_>, route: &Route, sums: &[Sum], slot: u32, found: &mut Found) {
        for sum in sums {
            let part = &self.parts[sum.part];
            if !event.concerns(part.measure, sum.column) {
                continue;
            }
            let (amount, currency) = match part.measure.aggregate {
                Aggregate::Sum => {
                    let Some(amount) = event.amount(sum.column) else { continue };
                    (amount, currency_said(event.datum(route.currency)))
                }
                _ => (Decimal::ONE, CurrencySeen::None),
            };
            let entry =
                Entry { amount, currency, part: sum.part as u16, slot: (slot as usize % GROUP) as u16 };
            found.entries[slot as usize / GROUP].push(entry);
        }
    }

    /// The values of a group's units, one unit after the other and for each what was asked, from everything that was found.
    #[must_use]
    pub fn values(&self, group: usize, found: &[Found]) -> Vec<UnitValue> {
        let width = self.asks.len();
        let units = self.cohort.units.get(self.cohort.group(group)).unwrap_or_default();
        let mut values: Vec<UnitValue> = Vec::with_capacity(units.len() * width);
        for (_, exposed) in units {
            values.extend(self.asks.iter().map(|ask| {
                let (_, to) = ask.metric.stretch(ask.from.unwrap_or(*exposed));
                UnitValue::begun(ask.metric, to, ask.point)
            }));
        }
        for entry in found.iter().filter_map(|found| found.entries.get(group)).flatten() {
            let part = &self.parts[usize::from(entry.part)];
            let value = &mut values[usize::from(entry.slot) * width + part.ask];
            match part.place {
                Place::Numerator => value.numerator.add(entry.amount),
                Place::Denominator => value.denominator.add(entry.amount),
                Place::Less => value.numerator.take(entry.amount),
            }
            value.currency = value.currency.and(entry.currency);
        }
        for (stream, of) in self.streams.iter().enumerate() {
            self.visit(of, stream, group, found, &mut values);
        }
        for unit in values.chunks_exact_mut(width.max(1)) {
            unit.iter_mut().zip(self.asks).for_each(|(value, ask)| *value = value.settled(ask.metric));
        }
        values
    }

    fn visit(&self, of: &Stream<'_>, stream: usize, group: usize, found: &[Found], values: &mut [UnitValue]) {
        let own = found.iter().filter_map(|found| found.visits.get(stream)?.get(group));
        let mut keys: Vec<u64> = own.flatten().copied().collect();
        keys.sort_unstable();
        let mut last: Option<u64> = None;
        for key in keys {
            let gap =
                last.filter(|last| last >> MOMENT == key >> MOMENT).map(|last| Span((key - last) as i64));
            last = Some(key);
            let gap = gap.filter(|gap| *gap < PAUSE);
            for part in of.parts.iter().map(|part| &self.parts[*part]) {
                let value = &mut values[(key >> MOMENT) as usize * self.asks.len() + part.ask];
                let sum = match part.place {
                    Place::Denominator => &mut value.denominator,
                    Place::Numerator | Place::Less => &mut value.numerator,
                };
                match (part.measure.aggregate, gap) {
                    (Aggregate::Visits, None) => sum.add(Decimal::ONE),
                    (Aggregate::Minutes, Some(gap)) => sum.add_minutes(gap),
                    _ => {}
                }
            }
        }
    }
}

/// A row of a chunk.
struct Event<'e> {
    table: &'e Table,
    chunk: &'e Chunk,
    row: usize,
    at: Time,
}

impl Event<'_> {
    fn datum(&self, column: Option<usize>) -> Datum<'_> {
        let place = column.and_then(|place| {
            Some((self.table.properties.get(place)?, self.chunk.columns.get(place)?.get()?))
        });
        place.map_or(Datum::Missing, |(field, column)| column.datum(self.row, field))
    }

    fn amount(&self, column: Option<usize>) -> Option<Decimal> {
        match self.datum(column) {
            Datum::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Whether a measure counts it: where it happened, and whether it is large enough.
    fn concerns(&self, measure: &Measure, column: Option<usize>) -> bool {
        let named = measure.event == self.table.name;
        let met = named || matches!(self.chunk.channel(self.row), Channel::Web | Channel::App);
        let least = |minimum: Decimal| self.amount(column).is_some_and(|amount| amount >= minimum);
        met && measure.minimum.is_none_or(least)
    }
}

fn counts_visits(measure: &Measure) -> bool {
    matches!(measure.aggregate, Aggregate::Visits | Aggregate::Minutes)
}

fn parts<'m>(ask: usize, of: &Ask<'m>) -> impl Iterator<Item = Part<'m>> + use<'m> {
    let metric = of.metric;
    let part = move |place: Place, measure: &'m Option<Measure>| {
        measure.as_ref().map(move |measure| Part { ask, place, measure })
    };
    let numerator = part(Place::Numerator, &metric.measure);
    numerator
        .into_iter()
        .chain(part(Place::Denominator, &metric.denominator))
        .chain(part(Place::Less, &metric.less))
}

/// The place of something in a list, which it joins if it is new.
fn position<T: PartialEq>(list: &mut Vec<T>, one: T) -> usize {
    list.iter().position(|known| *known == one).unwrap_or_else(|| {
        list.push(one);
        list.len() - 1
    })
}

fn route(table: &Table, parts: &[Part<'_>], stretch_of: &[usize], streams: &[Stream<'_>]) -> Route {
    let concerned = |measure: &Measure| measure.event == table.name || measure.event == "*";
    let column = |measure: &Measure| measure.property.as_ref().and_then(|name| table.property(name));
    let mut route = Route { currency: table.property("currency"), ..Route::default() };
    for (index, part) in parts.iter().enumerate() {
        if counts_visits(part.measure) || !concerned(part.measure) {
            continue;
        }
        let (stretch, sum) = (stretch_of[part.ask], Sum { part: index, column: column(part.measure) });
        match route.sums.iter_mut().find(|(known, _)| *known == stretch) {
            Some((_, sums)) => sums.push(sum),
            None => route.sums.push((stretch, vec![sum])),
        }
    }
    let visits = streams.iter().enumerate().filter(|(_, stream)| concerned(stream.measure));
    route.visits = visits.map(|(index, stream)| (index, column(stream.measure))).collect();
    route
}
