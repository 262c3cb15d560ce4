//! Rows that share one fact: the lines of an order become the items of one event. Lines usually stand together and are
//! emitted as the key changes; the keys that come back later are known beforehand ([`super::survey`]) and held open until
//! their last line. A bad line takes its whole order to the reject file: half an order, imported, would be a wrong order.

use std::collections::{HashMap, HashSet};

use xxhash_rust::xxh3::xxh3_64;

use super::fault::{Fault, quoted};
use super::json_text::push_decimal;
use super::mapping::Duplicates;
use super::outlet::{Outlet, Stopped};
use super::plan::{GroupPlan, Plan};
use super::read::ReadOptions;
use super::records::Row;
use super::rejects::Rejects;
use super::survey::Scattered;
use super::table::{KeyKind, TableFacts, close_object, key_of, push_currency, write_fields};
use super::tally::Misfits;
use crate::model::fact::{EventRow, FactChunk};
use crate::model::{Channel, Decimal, Time};

/// More lines than this in one event mean that the wrong column groups them.
const MOST_LINES: usize = 100_000;

pub(crate) struct GroupedFacts<'p> {
    facts: TableFacts<'p>,
    group: &'p GroupPlan,
    scattered: Scattered,
    current: Box<Open>,
    held_open: HashMap<u64, Box<Open>>,
    item_misfits: Vec<Misfits>,
    line: Line,
}

/// Scratch space for the line being read.
#[derive(Default)]
struct Line {
    fields: Vec<String>,
    item: String,
    totals: Vec<i128>,
}

/// An event whose lines are being collected.
#[derive(Default)]
struct Open {
    key: String,
    head: Option<Head>,
    fields: Vec<String>,
    disagree: Vec<bool>,
    items: String,
    totals: Vec<i128>,
    hashes: HashSet<u64>,
    identical: u64,
    dropped: u64,
    lines: u64,
    held: Held,
    fault: Option<(Fault, u64)>,
}

/// What the first line says about the event.
struct Head {
    at: Time,
    received: Time,
    sequence: i64,
    name: u32,
    channel: Channel,
    line: u64,
}

/// Rows kept as they were until it is known that they need not be rejected.
#[derive(Default)]
struct Held {
    text: String,
    fields: Vec<(u32, u32)>,
    rows: Vec<(u64, u32)>,
}

impl Held {
    fn push(&mut self, row: &Row<'_>) {
        for cell in row.iter() {
            let start = self.text.len() as u32;
            self.text.push_str(cell);
            self.fields.push((start, self.text.len() as u32));
        }
        self.rows.push((row.line, self.fields.len() as u32));
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let starts = std::iter::once(0).chain(self.rows.iter().map(|(_, end)| *end as usize));
        self.rows.iter().zip(starts).map(|((line, end), start)| Row {
            text: &self.text,
            fields: self.fields.get(start..*end as usize).unwrap_or_default(),
            line: *line,
        })
    }

    fn clear(&mut self) {
        self.text.clear();
        self.fields.clear();
        self.rows.clear();
    }
}

impl Open {
    fn restart(&mut self, key: &str, fields: usize, totals: usize) {
        self.key.clear();
        self.key.push_str(key);
        self.head = None;
        self.fields.resize(fields, String::new());
        self.fields.iter_mut().for_each(String::clear);
        self.disagree.clear();
        self.disagree.resize(fields, false);
        self.items.clear();
        self.totals.clear();
        self.totals.resize(totals, 0);
        self.hashes.clear();
        (self.identical, self.dropped, self.lines) = (0, 0, 0);
        self.held.clear();
        self.fault = None;
    }
}

impl<'p> GroupedFacts<'p> {
    pub(crate) fn new(
        plan: &'p Plan,
        group: &'p GroupPlan,
        scattered: Scattered,
        options: &ReadOptions,
    ) -> Self {
        Self {
            facts: TableFacts::new(plan, options),
            group,
            scattered,
            current: Box::default(),
            held_open: HashMap::new(),
            item_misfits: vec![Misfits::default(); group.items.len()],
            line: Line::default(),
        }
    }

    pub(crate) fn row(
        &mut self,
        row: &Row<'_>,
        out: &mut Outlet<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Stopped> {
        self.facts.tally.rows += 1;
        let key = row.get(self.group.by);
        if let Err(fault) = self.keyed(key) {
            self.facts.reject(row, fault, rejects);
            return self.facts.row_done(out);
        }
        let hash = xxh3_64(key.as_bytes());
        if let Some(total) = self.scattered.get(&hash).copied() {
            let mut open = self.held_open.remove(&hash).unwrap_or_else(|| {
                let mut open = Box::<Open>::default();
                open.restart(key, self.facts.plan.fields.len(), self.group.totals.len());
                open
            });
            self.add(&mut open, row, rejects);
            if open.lines >= total {
                self.close(&mut open, out, rejects);
            } else {
                self.held_open.insert(hash, open);
            }
        } else {
            let mut open = std::mem::take(&mut self.current);
            if open.key != key || open.lines == 0 {
                self.close(&mut open, out, rejects);
                open.restart(key, self.facts.plan.fields.len(), self.group.totals.len());
            }
            self.add(&mut open, row, rejects);
            self.current = open;
        }
        self.facts.row_done(out)
    }

    pub(crate) fn finish(mut self, out: &mut Outlet<'_>, rejects: &mut Rejects) -> super::Tally {
        let mut open = std::mem::take(&mut self.current);
        self.close(&mut open, out, rejects);
        // A row of a scattered group that could not be split was counted in the survey and never came.
        let mut left: Vec<Box<Open>> = self.held_open.drain().map(|(_, open)| open).collect();
        left.sort_by_key(|open| open.head.as_ref().map(|head| head.line));
        for mut open in left {
            self.close(&mut open, out, rejects);
        }
        for (item, misfits) in self.group.items.iter().zip(&self.item_misfits) {
            let column = self.facts.plan.header.get(item.column).map_or("", String::as_str);
            misfits.write(column, &mut self.facts.tally);
        }
        self.facts.finish()
    }

    /// A row that cannot be split belongs to nobody knows which group; it is rejected alone.
    pub(crate) fn malformed(&mut self, out: &mut Outlet<'_>) -> Result<(), Stopped> {
        self.facts.malformed(out)
    }

    fn keyed(&self, key: &str) -> Result<(), Fault> {
        if !key.is_empty() {
            return Ok(());
        }
        Err(Fault::new(
            "group-key-missing",
            "the row does not say which event it belongs to",
            "fill the cell",
        )
        .in_column(self.group.by))
    }

    fn add(&mut self, open: &mut Open, row: &Row<'_>, rejects: &mut Rejects) {
        open.lines += 1;
        if open.held.rows.len() >= MOST_LINES {
            if open.fault.is_none() {
                let fault = Fault::new(
                    "group-too-large",
                    format!("{} has more than {MOST_LINES} rows", quoted(&open.key)),
                    "group by the column that is different for every order",
                );
                open.fault = Some((fault.in_column(self.group.by), row.line));
            }
            self.reject_line(open, row, rejects);
            return;
        }
        open.held.push(row);
        if open.fault.is_some() {
            return;
        }
        if let Err(fault) = self.take(open, row) {
            open.fault = Some((fault, row.line));
        }
    }

    fn take(&mut self, open: &mut Open, row: &Row<'_>) -> Result<(), Fault> {
        let plan = self.facts.plan;
        self.facts.width(row)?;
        // Some exports write what belongs to the whole order on its first line only.
        let at = match &open.head {
            Some(head) if plan.says_no_time(row) => head.at,
            _ => plan.at(row, self.facts.held)?,
        };
        match &mut open.head {
            Some(head) => head.at = head.at.min(at),
            head @ None => {
                *head = Some(Head {
                    at,
                    received: self.facts.received(row)?,
                    sequence: plan.sequence(row)?,
                    name: self.facts.names.id(plan.event_name(row)?, plan.event.column)?,
                    channel: plan.channel(row),
                    line: row.line,
                });
            }
        }
        self.line.item.clear();
        self.line.item.push('{');
        write_fields(&self.group.items, row, &mut self.line.item, &mut self.item_misfits)?;
        self.line.totals.clear();
        for (_, factors) in &self.group.totals {
            let product = self.product(row, factors)?;
            self.line.totals.push(product);
        }
        self.line.fields.resize(plan.fields.len(), String::new());
        for (field, text) in plan.fields.iter().zip(&mut self.line.fields) {
            text.clear();
            field.write(row, text)?;
        }
        self.keep(open, row);
        Ok(())
    }

    /// Quantity times price and the like, scaled by 10⁻⁸ so that nothing is rounded per line.
    fn product(&self, row: &Row<'_>, factors: &[usize]) -> Result<i128, Fault> {
        let mut product = i128::from(Decimal::ONE.scaled());
        for (place, factor) in factors.iter().enumerate() {
            let Some(item) = self.group.items.get(*factor) else { continue };
            let number = i128::from(item.number(row)?.scaled());
            product = match place {
                0 => number * 10_000,
                1 => product / 10_000 * number,
                _ => product.saturating_mul(number) / 10_000,
            };
        }
        Ok(product)
    }

    fn keep(&mut self, open: &mut Open, row: &Row<'_>) {
        self.facts.scratch.clear();
        for cell in row.iter() {
            self.facts.scratch.extend_from_slice(cell.trim().as_bytes());
            self.facts.scratch.push(0x1f);
        }
        if !open.hashes.insert(xxh3_64(&self.facts.scratch)) {
            if self.facts.plan.duplicates == Duplicates::Drop {
                open.dropped += 1;
                return;
            }
            open.identical += 1;
        }
        for ((known, new), disagree) in open.fields.iter_mut().zip(&self.line.fields).zip(&mut open.disagree)
        {
            if known.is_empty() {
                known.push_str(new);
            } else if !new.is_empty() && known != new {
                *disagree = true;
            }
        }
        for (total, add) in open.totals.iter_mut().zip(&self.line.totals) {
            *total += add;
        }
        // An order told in one row has no lines to list.
        if self.group.items.is_empty() {
            return;
        }
        let item = self.line.item.strip_suffix(',').unwrap_or("{");
        open.items.push_str(if open.items.is_empty() { "[" } else { "," });
        open.items.push_str(item);
        open.items.push('}');
    }

    /// Emits the event, or rejects its lines.
    fn close(&mut self, open: &mut Open, out: &mut Outlet<'_>, rejects: &mut Rejects) {
        if open.lines == 0 {
            return;
        }
        let start = out.chunk.text.len();
        let emitted = match (&open.fault, &open.head) {
            (None, Some(_)) => self.emit(open, &mut out.chunk),
            _ => Ok(()),
        };
        if let Err(fault) = emitted {
            out.chunk.text.truncate(start);
            let line = open.head.as_ref().map_or(0, |head| head.line);
            open.fault = Some((fault, line));
        }
        if open.fault.is_some() {
            let held = std::mem::take(&mut open.held);
            held.rows().for_each(|row| self.reject_line(open, &row, rejects));
        }
        open.lines = 0;
    }

    fn reject_line(&mut self, open: &Open, row: &Row<'_>, rejects: &mut Rejects) {
        let Some((fault, line)) = &open.fault else { return };
        let fault = if *line == row.line {
            fault.clone()
        } else {
            Fault::new(
                "group-incomplete",
                format!(
                    "line {line} of {} was rejected, and an event is taken whole or not at all",
                    quoted(&open.key)
                ),
                "fix that line and import these lines together",
            )
        };
        self.facts.reject(row, fault, rejects);
    }

    fn emit(&mut self, open: &Open, chunk: &mut FactChunk) -> Result<(), Fault> {
        let plan = self.facts.plan;
        let Some(head) = &open.head else { return Ok(()) };
        let who = open.held.rows().find(|row| plan.identity(row).is_some());
        let identity = who.as_ref().and_then(|row| self.facts.identity(row, chunk));
        let start = chunk.text.len();
        chunk.text.push('{');
        open.fields.iter().for_each(|field| chunk.text.push_str(field));
        for ((name, _), total) in self.group.totals.iter().zip(&open.totals) {
            super::json_text::push_string(&mut chunk.text, name);
            chunk.text.push(':');
            push_decimal(&mut chunk.text, rounded(*total, name)?);
            chunk.text.push(',');
        }
        push_currency(plan, &mut chunk.text);
        let properties = close_object(chunk, start);
        let items_start = chunk.text.len() as u32;
        if !open.items.is_empty() {
            chunk.text.push_str(&open.items);
            chunk.text.push(']');
        }
        let items = items_start..chunk.text.len() as u32;
        self.facts.canonical(head.at, head.sequence, head.name, head.channel, &identity, chunk, start);
        let content = xxh3_64(&self.facts.scratch);
        let key = key_of(&plan.source, KeyKind::Group, &open.key, &mut self.facts.scratch);
        if let Some(row) = &who {
            self.facts.links(row, head.at, chunk);
        }
        let event = EventRow {
            key,
            content,
            on_repeat: plan.on_repeat,
            at: head.at,
            received: head.received,
            sequence: head.sequence,
            name: self.facts.names.in_chunk(head.name, chunk),
            channel: self.facts.names.channel(head.name, head.channel),
            identity,
            properties,
            items,
            line: head.line,
        };
        let nobody = event.identity.is_none();
        self.facts.count(&event, head.name);
        chunk.events.push(event);
        let tally = &mut self.facts.tally;
        tally.grouped += open.lines - 1 - open.dropped;
        tally.dropped += open.dropped;
        tally.identical += open.identical;
        if nobody {
            tally.without_identity += open.lines - 1;
        }
        for (field, _) in plan.fields.iter().zip(&open.disagree).filter(|(_, disagree)| **disagree) {
            let column = plan.header.get(field.column).cloned().unwrap_or_default();
            *tally.conflicts.entry(column).or_insert(0) += 1;
        }
        Ok(())
    }
}

/// A sum scaled by 10⁻⁸ as a decimal, half away from zero.
fn rounded(total: i128, name: &str) -> Result<Decimal, Fault> {
    let half = 5_000 * total.signum();
    i64::try_from((total + half) / 10_000).map(Decimal::from_scaled).map_err(|_| {
        Fault::new(
            "total-too-large",
            format!("the total {name} is beyond ±922,337,203,685,477.5807"),
            "check the numbers of its lines",
        )
    })
}
