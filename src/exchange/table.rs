//! Rows of a delimited file to facts, one fact per row; rows that share a fact are in `groups`.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::event_names::suppressed_channel;
use super::fault::{Fault, quoted};
use super::json_text::push_string;
use super::mapping::{Duplicates, MappingKind, ShortRows};
use super::names::Names;
use super::outlet::{Outlet, Stopped};
use super::plan::{FieldPlan, Plan, Written, flag, usable};
use super::read::ReadOptions;
use super::records::Row;
use super::rejects::Rejects;
use super::tally::{Misfits, Seen, Tally};
use crate::model::consent::{ConsentRecord, ConsentState, Suppression};
use crate::model::fact::{EventKey, EventRow, FactChunk, IdentifyRow, Link, Slice};
use crate::model::{Channel, Identity, Time};

/// Turns rows into facts.
pub(crate) struct TableFacts<'p> {
    pub(crate) plan: &'p Plan,
    import: Time,
    pub(crate) held: Time,
    pub(crate) names: Names,
    pub(crate) namespaces: Vec<Option<u32>>,
    links: HashSet<u64>,
    occurrences: Occurrences,
    pub(crate) scratch: Vec<u8>,
    pub(crate) tally: Tally,
    pub(crate) seen: Seen,
    misfits: Vec<Misfits>,
}

/// What a key is made of besides the source: the kind keeps an order `17` apart from an event `17`.
#[derive(Clone, Copy)]
pub(crate) enum KeyKind {
    Id = 1,
    Row = 2,
    Group = 3,
    Profile = 4,
}

impl<'p> TableFacts<'p> {
    pub(crate) fn new(plan: &'p Plan, options: &ReadOptions) -> Self {
        Self {
            plan,
            import: options.import,
            held: options.held,
            names: Names::default(),
            namespaces: vec![None; plan.identities.len()],
            links: HashSet::new(),
            occurrences: Occurrences::default(),
            scratch: Vec::with_capacity(1024),
            tally: Tally::default(),
            seen: Seen::nothing(),
            misfits: vec![Misfits::default(); plan.fields.len()],
        }
    }

    /// Takes one row.
    pub(crate) fn row(
        &mut self,
        row: &Row<'_>,
        out: &mut Outlet<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Stopped> {
        self.tally.rows += 1;
        let start = out.chunk.text.len();
        let taken = self.width(row).and_then(|()| match self.plan.kind {
            MappingKind::Events => self.event(row, &mut out.chunk),
            MappingKind::Profiles => self.profile(row, &mut out.chunk),
        });
        if let Err(fault) = taken {
            out.chunk.text.truncate(start);
            self.reject(row, fault, rejects);
        }
        self.row_done(out)
    }

    pub(crate) fn row_done(&mut self, out: &mut Outlet<'_>) -> Result<(), Stopped> {
        if out.row_done()? {
            self.names.chunk_ended();
            self.namespaces.fill(None);
        }
        Ok(())
    }

    pub(crate) fn reject(&mut self, row: &Row<'_>, fault: Fault, rejects: &mut Rejects) {
        self.tally.rejected += 1;
        rejects.reject(row.iter(), fault.problem(&self.plan.header, row.line));
    }

    /// Counts a row that could not be split and is already rejected.
    pub(crate) fn malformed(&mut self, out: &mut Outlet<'_>) -> Result<(), Stopped> {
        self.tally.rows += 1;
        self.tally.rejected += 1;
        self.row_done(out)
    }

    /// The figures, once every row was taken.
    pub(crate) fn finish(mut self) -> Tally {
        self.seen.write(&mut self.tally);
        for (field, misfits) in self.plan.fields.iter().zip(&self.misfits) {
            let column = self.plan.header.get(field.column).map_or("", String::as_str);
            misfits.write(column, &mut self.tally);
        }
        self.names.write(&mut self.tally);
        self.tally
    }

    /// Whether the row has as many fields as the header.
    #[inline]
    pub(crate) fn width(&self, row: &Row<'_>) -> Result<(), Fault> {
        let (fields, columns) = (row.len(), self.plan.header.len());
        if fields == columns {
            return Ok(());
        }
        if fields > columns {
            if row.iter().skip(columns).all(|cell| cell.trim().is_empty()) {
                return Ok(());
            }
            return Err(Fault::new(
                "csv-too-many-fields",
                format!("{fields} fields where the header has {columns}"),
                "put quotes around a cell that holds the separator",
            ));
        }
        if self.plan.short_rows == ShortRows::Fill {
            return Ok(());
        }
        Err(Fault::new(
            "csv-too-few-fields",
            format!("{fields} fields where the header has {columns}"),
            "complete the row, or say short_rows = \"fill\" in the mapping if empty cells at the end are left out",
        ))
    }

    fn event(&mut self, row: &Row<'_>, chunk: &mut FactChunk) -> Result<(), Fault> {
        let plan = self.plan;
        let at = plan.at(row, self.held)?;
        let received = self.received(row)?;
        let name = self.names.id(plan.event_name(row)?, plan.event.column)?;
        let channel = plan.channel(row);
        let sequence = plan.sequence(row)?;
        let identity = self.identity(row, chunk);
        let text = chunk.text.len();
        let properties = self.properties(row, chunk)?;
        self.canonical(at, sequence, name, channel, &identity, chunk, text);
        let content = xxh3_64(&self.scratch);
        let id = plan.event.id.map(|column| row.get(column)).filter(|id| !id.is_empty());
        let key = match id {
            Some(id) => key_of(&plan.source, KeyKind::Id, id, &mut self.scratch),
            None => match self.occurrences.key(&plan.source, &mut self.scratch, plan.duplicates) {
                Some(key) => key,
                None => {
                    self.tally.dropped += 1;
                    chunk.text.truncate(identity.as_ref().map_or(text, |(_, slice)| slice.start as usize));
                    return Ok(());
                }
            },
        };
        self.links(row, at, chunk);
        self.suppress(row, at, name, channel, chunk);
        let event = EventRow {
            key,
            content,
            on_repeat: plan.on_repeat,
            at,
            received,
            sequence,
            name: self.names.in_chunk(name, chunk),
            // The key is of what the row says itself, so that it stays the same whatever we make of a name.
            channel: self.names.channel(name, channel),
            identity,
            properties,
            items: 0..0,
            line: row.line,
        };
        self.count(&event, name);
        chunk.events.push(event);
        Ok(())
    }

    /// An event that says not to be written to is an entry of the do-not-contact list as well.
    #[inline]
    fn suppress(&self, row: &Row<'_>, at: Time, name: u32, channel: Channel, chunk: &mut FactChunk) {
        let Some(reason) = self.names.suppresses(name) else { return };
        let channel = suppressed_channel(channel);
        if let Some(identity) = self.address(row, channel) {
            chunk.suppressions.push(Suppression { identity, channel, reason, at });
        }
    }

    pub(crate) fn count(&mut self, event: &EventRow, name: u32) {
        self.seen.see(event.at);
        self.names.count(name);
        self.tally.facts += 1;
        if event.identity.is_none() {
            self.tally.anonymous += 1;
            self.tally.without_identity += 1;
        }
    }

    pub(crate) fn received(&self, row: &Row<'_>) -> Result<Time, Fault> {
        let Some((column, reader)) = &self.plan.received else { return Ok(self.import) };
        let text = row.get(*column);
        if text.is_empty() {
            return Ok(self.import);
        }
        reader.read(text).map_err(|fault| super::plan::time_fault(fault, text).in_column(*column))
    }

    /// Writes the identity's value into the chunk.
    #[inline]
    pub(crate) fn identity(&mut self, row: &Row<'_>, chunk: &mut FactChunk) -> Option<(u32, Slice)> {
        let (place, value) = self.plan.identity(row)?;
        let namespace = &self.plan.identities.get(place)?.namespace;
        let index = match self.namespaces.get(place) {
            Some(Some(index)) => *index,
            _ => {
                let index = chunk.namespace(namespace);
                if let Some(slot) = self.namespaces.get_mut(place) {
                    *slot = Some(index);
                }
                index
            }
        };
        let slice =
            if namespace == "email" { chunk.push_str(&value.to_lowercase()) } else { chunk.push_str(value) };
        Some((index, slice))
    }

    fn properties(&mut self, row: &Row<'_>, chunk: &mut FactChunk) -> Result<Slice, Fault> {
        let start = chunk.text.len();
        chunk.text.push('{');
        for (field, misfits) in self.plan.fields.iter().zip(&mut self.misfits) {
            if let Written::Misfit = field.write(row, &mut chunk.text)? {
                misfits.see(row.line);
            }
        }
        push_currency(self.plan, &mut chunk.text);
        Ok(close_object(chunk, start))
    }

    /// Everything a row says, in one order whatever the order of its columns, into the scratch buffer.
    #[expect(clippy::too_many_arguments, reason = "the parts of one event, each once")]
    pub(crate) fn canonical(
        &mut self,
        at: Time,
        sequence: i64,
        name: u32,
        channel: Channel,
        identity: &Option<(u32, Slice)>,
        chunk: &FactChunk,
        text: usize,
    ) {
        self.scratch.clear();
        self.scratch.extend_from_slice(&at.0.to_le_bytes());
        self.scratch.extend_from_slice(&sequence.to_le_bytes());
        self.scratch.push(channel.code());
        self.scratch.extend_from_slice(self.names.name(name).as_bytes());
        self.scratch.push(0x1f);
        if let Some((namespace, value)) = identity {
            let namespace = chunk.namespaces.get(*namespace as usize).map_or("", String::as_str);
            self.scratch.extend_from_slice(namespace.as_bytes());
            self.scratch.push(0x1f);
            self.scratch.extend_from_slice(chunk.str(value).as_bytes());
        }
        self.scratch.push(0x1f);
        self.scratch.extend_from_slice(chunk.text.as_bytes().get(text..).unwrap_or_default());
    }

    /// The row's other identities are the same person's.
    #[inline]
    pub(crate) fn links(&mut self, row: &Row<'_>, at: Time, chunk: &mut FactChunk) {
        if self.plan.identities.len() < 2 {
            return;
        }
        let mut known = None;
        for identity in &self.plan.identities {
            let value = row.get(identity.column);
            if !usable(&identity.namespace, value) {
                continue;
            }
            let this = Identity::new(&identity.namespace, value);
            match &known {
                None => known = Some(this),
                Some(first) => {
                    if self.links.insert(xxh3_64(format!("{first}\u{1f}{this}").as_bytes())) {
                        chunk.links.push(Link { a: first.clone(), b: this, at });
                    }
                }
            }
        }
    }

    fn profile(&mut self, row: &Row<'_>, chunk: &mut FactChunk) -> Result<(), Fault> {
        let plan = self.plan;
        let at = if plan.says_no_time(row) { self.held } else { plan.at(row, self.held)? };
        let received = self.received(row)?;
        let Some(identity) = self.identity(row, chunk) else { return Err(self.nobody(row)) };
        let consents = self.consents(row, at)?;
        let traits = or_empty_object(self.properties(row, chunk)?, chunk);
        let who = chunk.str(&identity.1).to_owned();
        let namespace = chunk.namespaces.get(identity.0 as usize).cloned().unwrap_or_default();
        let key =
            key_of(&plan.source, KeyKind::Profile, &format!("{namespace}\u{1f}{who}"), &mut self.scratch);
        self.scratch.clear();
        self.scratch.extend_from_slice(chunk.str(&traits).as_bytes());
        for consent in &consents {
            self.scratch.extend_from_slice(&[
                consent.channel.code(),
                consent.purpose as u8,
                consent.state as u8,
            ]);
        }
        let content = xxh3_64(&self.scratch);
        self.links(row, at, chunk);
        chunk.consents.extend(consents);
        self.seen.see(at);
        self.tally.facts += 1;
        chunk.identifies.push(IdentifyRow {
            key,
            content,
            on_repeat: plan.on_repeat,
            at,
            received,
            identity,
            traits,
            line: row.line,
        });
        Ok(())
    }

    fn nobody(&self, row: &Row<'_>) -> Fault {
        let columns: Vec<usize> = self.plan.identities.iter().map(|identity| identity.column).collect();
        let filled = columns.iter().find(|column| !row.get(**column).is_empty());
        match filled {
            Some(column) => Fault::new(
                "identity-unusable",
                format!("{} cannot stand for a person", quoted(row.get(*column))),
                "write an e-mail address or an id; placeholders such as 0, null or anonymous are not taken",
            )
            .in_column(*column),
            None => {
                let fault =
                    Fault::new("identity-missing", "the row says nothing about who it is", "fill the cell");
                match columns.first() {
                    Some(column) => fault.in_column(*column),
                    None => fault,
                }
            }
        }
    }

    /// The row's consents, each of the address it is about.
    fn consents(&self, row: &Row<'_>, at: Time) -> Result<Vec<ConsentRecord>, Fault> {
        let mut consents = Vec::new();
        for consent in &self.plan.consents {
            let text = row.get(consent.column);
            let Some(state) = consent_state(text).map_err(|fault| fault.in_column(consent.column))? else {
                continue;
            };
            let Some(identity) = self.address(row, consent.channel) else { continue };
            consents.push(ConsentRecord {
                identity,
                channel: consent.channel,
                purpose: consent.purpose,
                state,
                at,
                expires: None,
                basis: "import column".to_owned(),
            });
        }
        Ok(consents)
    }

    /// The identity a channel reaches: the address where the row has one, else the row's own identity.
    fn address(&self, row: &Row<'_>, channel: Channel) -> Option<Identity> {
        let namespace = match channel {
            Channel::Email => "email",
            Channel::Sms | Channel::Phone => "phone",
            Channel::Push => "device_id",
            _ => "",
        };
        let address =
            self.plan.identities.iter().find(|identity| {
                identity.namespace == namespace && usable(namespace, row.get(identity.column))
            });
        let place = match address {
            Some(address) => Some((address.namespace.as_str(), row.get(address.column))),
            None => self.plan.identity(row).and_then(|(place, value)| {
                self.plan.identities.get(place).map(|identity| (identity.namespace.as_str(), value))
            }),
        };
        place.map(|(namespace, value)| Identity::new(namespace, value))
    }
}

pub(crate) fn consent_state(text: &str) -> Result<Option<ConsentState>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let words = [
        ("granted", ConsentState::Granted),
        ("denied", ConsentState::Denied),
        ("revoked", ConsentState::Revoked),
        ("pending", ConsentState::Pending),
        ("unsubscribed", ConsentState::Revoked),
        ("never_subscribed", ConsentState::Unknown),
        ("never subscribed", ConsentState::Unknown),
        ("unknown", ConsentState::Unknown),
    ];
    if let Some((_, state)) = words.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)) {
        return Ok((*state != ConsentState::Unknown).then_some(*state));
    }
    match flag(text) {
        Some(true) => Ok(Some(ConsentState::Granted)),
        Some(false) => Ok(Some(ConsentState::Denied)),
        None => Err(Fault::new(
            "consent-unreadable",
            format!("{} is no consent", quoted(text)),
            "write 1 or 0, yes or no, subscribed or unsubscribed",
        )),
    }
}

pub(crate) fn push_currency(plan: &Plan, text: &mut String) {
    if let Some(currency) = &plan.currency {
        text.push_str("\"currency\":");
        push_string(text, currency);
        text.push(',');
    }
}

/// Ends an object whose entries each end in a comma; nothing in it is no object at all.
#[inline]
pub(crate) fn close_object(chunk: &mut FactChunk, start: usize) -> Slice {
    if chunk.text.ends_with(',') && chunk.text.len() > start + 1 {
        chunk.text.pop();
        chunk.text.push('}');
        return start as u32..chunk.text.len() as u32;
    }
    chunk.text.truncate(start);
    start as u32..start as u32
}

/// Traits are an object even where a source says nothing.
pub(crate) fn or_empty_object(slice: Slice, chunk: &mut FactChunk) -> Slice {
    if slice.is_empty() { chunk.push_str("{}") } else { slice }
}

/// The key of something with an id of its own, or of a canonical row already in the scratch buffer.
#[inline]
pub(crate) fn key_of(source: &str, kind: KeyKind, id: &str, scratch: &mut Vec<u8>) -> EventKey {
    scratch.clear();
    scratch.push(kind as u8);
    scratch.extend_from_slice(source.as_bytes());
    scratch.push(0x1f);
    scratch.extend_from_slice(id.as_bytes());
    EventKey(xxh3_128(scratch))
}

/// Adds field counts that [`FieldPlan::write`] reports.
pub(crate) fn write_fields(
    fields: &[FieldPlan],
    row: &Row<'_>,
    out: &mut String,
    misfits: &mut [Misfits],
) -> Result<(), Fault> {
    for (field, misfits) in fields.iter().zip(misfits) {
        if let Written::Misfit = field.write(row, out)? {
            misfits.see(row.line);
        }
    }
    Ok(())
}

/// How often each canonical row occurred so far. Hashes are already uniform, so they are not hashed again.
#[derive(Default)]
struct Occurrences {
    once: HashSet<u64, BuildHasherDefault<AsIs>>,
    again: HashMap<u64, u32>,
}

#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

impl Occurrences {
    /// The key of the canonical row in the scratch buffer and of its occurrence number; none where repetitions are
    /// dropped.
    fn key(&mut self, source: &str, scratch: &mut Vec<u8>, duplicates: Duplicates) -> Option<EventKey> {
        scratch.push(KeyKind::Row as u8);
        scratch.extend_from_slice(source.as_bytes());
        let row = xxh3_64(scratch);
        let mut occurrence = 0_u32;
        if !self.once.insert(row) {
            if duplicates == Duplicates::Drop {
                return None;
            }
            let count = self.again.entry(row).or_insert(0);
            *count += 1;
            occurrence = *count;
        }
        scratch.extend_from_slice(&occurrence.to_le_bytes());
        Some(EventKey(xxh3_128(scratch)))
    }
}
