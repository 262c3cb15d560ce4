//! The event names of a file, translated and counted once each.

use std::collections::HashMap;

use super::event_names::{canonical, happens_on, suppresses};
use super::fault::{Fault, quoted};
use super::tally::Tally;
use crate::model::Channel;
use crate::model::consent::SuppressionReason;
use crate::model::fact::FactChunk;

/// More names than this are free text in the wrong column.
const MOST_NAMES: usize = 5_000;

/// Event names of one file: few, so they are counted and translated once each.
#[derive(Default)]
pub(crate) struct Names {
    /// As the file writes them, with the number of the canonical name.
    raw: HashMap<String, u32>,
    recent: Vec<(String, u32)>,
    canonical: Vec<String>,
    suppresses: Vec<Option<SuppressionReason>>,
    happens_on: Vec<Option<Channel>>,
    counts: Vec<u64>,
    in_chunk: Vec<Option<u32>>,
}

impl Names {
    /// The number of a name.
    #[inline]
    pub(crate) fn id(&mut self, raw: &str, column: Option<usize>) -> Result<u32, Fault> {
        if let Some((_, id)) = self.recent.iter().find(|(known, _)| known == raw) {
            return Ok(*id);
        }
        self.look_up(raw, column)
    }

    fn look_up(&mut self, raw: &str, column: Option<usize>) -> Result<u32, Fault> {
        if let Some(id) = self.raw.get(raw) {
            return Ok(*id);
        }
        let faulty = |fault: Fault| match column {
            Some(column) => fault.in_column(column),
            None => fault,
        };
        if raw.len() > 200 || self.raw.len() >= MOST_NAMES {
            return Err(faulty(Fault::new(
                "event-name-free-text",
                format!(
                    "{} is one event name too many or too long: the column looks like free text",
                    quoted(raw)
                ),
                "map the column that names what happened; names are short and few (at most 5000)",
            )));
        }
        if raw.chars().any(char::is_control) {
            return Err(faulty(Fault::new(
                "event-name-control",
                format!("the event name {} holds control characters", quoted(raw)),
                "write it in letters",
            )));
        }
        let name = canonical(raw);
        let id = match self.canonical.iter().position(|known| known == name) {
            Some(id) => id as u32,
            None => {
                self.canonical.push(name.to_owned());
                self.suppresses.push(suppresses(name));
                self.happens_on.push(happens_on(name));
                self.counts.push(0);
                self.in_chunk.push(None);
                (self.canonical.len() - 1) as u32
            }
        };
        self.raw.insert(raw.to_owned(), id);
        if self.recent.len() < 16 {
            self.recent.push((raw.to_owned(), id));
        }
        Ok(id)
    }

    pub(crate) fn name(&self, id: u32) -> &str {
        self.canonical.get(id as usize).map_or("", String::as_str)
    }

    #[inline]
    pub(crate) fn suppresses(&self, id: u32) -> Option<SuppressionReason> {
        self.suppresses.get(id as usize).copied().flatten()
    }

    /// Where an event happened: on the channel its source says, else where an event of this name happens.
    #[inline]
    pub(crate) fn channel(&self, id: u32, said: Channel) -> Channel {
        match said {
            Channel::Unknown => self.happens_on.get(id as usize).copied().flatten().unwrap_or(said),
            said => said,
        }
    }

    #[inline]
    pub(crate) fn count(&mut self, id: u32) {
        if let Some(count) = self.counts.get_mut(id as usize) {
            *count += 1;
        }
    }

    /// The name's number in this chunk.
    #[inline]
    pub(crate) fn in_chunk(&mut self, id: u32, chunk: &mut FactChunk) -> u32 {
        match self.in_chunk.get(id as usize) {
            Some(Some(index)) => *index,
            _ => {
                let index = chunk.names.len() as u32;
                chunk.names.push(self.name(id).to_owned());
                if let Some(slot) = self.in_chunk.get_mut(id as usize) {
                    *slot = Some(index);
                }
                index
            }
        }
    }

    pub(crate) fn chunk_ended(&mut self) {
        self.in_chunk.fill(None);
    }

    pub(crate) fn write(&self, tally: &mut Tally) {
        for (name, count) in self.canonical.iter().zip(&self.counts).filter(|(_, count)| **count > 0) {
            tally.names.insert(name.clone(), *count);
        }
    }
}
