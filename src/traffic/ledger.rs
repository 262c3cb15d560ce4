//! The messages a workspace keeps a ledger of, of everybody: forty bytes a line, names once.

use std::collections::HashMap;

use crate::model::message::{HeldReason, Message, MessageState};
use crate::model::{Channel, Time, consent::Purpose};

/// Lines of a contact ledger by [`crate::traffic::Profile::unit`], each person's in order of time.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    lines: Vec<Line>,
    names: Vec<String>,
    categories: Vec<Vec<String>>,
}

/// A message of somebody; names and categories by their place.
#[derive(Debug, Clone, Copy)]
struct Line {
    unit: u64,
    at: Time,
    updated: Time,
    experience: u32,
    journey: Option<std::num::NonZeroU32>,
    categories: u32,
    channel: Channel,
    purpose: Purpose,
    state: MessageState,
    held: Option<HeldReason>,
}

impl Ledger {
    /// Whether nothing is on record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A person's lines, in order of time.
    pub fn of(&self, unit: u64) -> impl Iterator<Item = Message> + use<'_> {
        let from = self.lines.partition_point(|line| line.unit < unit);
        let own = self.lines.get(from..).unwrap_or_default().iter();
        own.take_while(move |line| line.unit == unit).map(|line| self.message(line))
    }

    fn message(&self, line: &Line) -> Message {
        let name = |place: u32| self.names.get(place as usize).cloned();
        Message {
            at: line.at,
            channel: line.channel,
            purpose: line.purpose,
            experience: name(line.experience).unwrap_or_default(),
            journey: line.journey.and_then(|place| name(place.get())),
            categories: self.categories.get(line.categories as usize).cloned().unwrap_or_default(),
            state: line.state,
            held: line.held,
            updated: line.updated,
        }
    }

    /// The same lines as they were known just before a moment; those that were not there yet are gone.
    #[must_use]
    pub fn before(mut self, moment: Time) -> Self {
        self.lines.retain(|line| line.at < moment);
        for line in self.lines.iter_mut().filter(|line| line.updated >= moment) {
            // How it came as far as it did is not known yet, only that it was decided.
            line.state = match line.held {
                Some(_) => MessageState::Held,
                None => line.state.min(MessageState::Sent),
            };
            line.updated = line.at;
        }
        self
    }
}

/// Takes down a ledger.
#[derive(Debug)]
pub struct Writer {
    ledger: Ledger,
    names: HashMap<String, u32>,
    categories: HashMap<Vec<String>, u32>,
}

impl Default for Writer {
    fn default() -> Self {
        // The first name is nobody's, so that a journey's place is never nought.
        let names = HashMap::from([(String::new(), 0)]);
        let ledger = Ledger { names: vec![String::new()], ..Ledger::default() };
        Self { ledger, names, categories: HashMap::new() }
    }
}

impl Writer {
    /// Takes down somebody's message.
    pub fn push(&mut self, unit: u64, message: Message) {
        let Message { at, channel, purpose, experience, journey, categories, state, held, updated } = message;
        let experience = self.name(experience);
        let journey = journey.map(|name| self.name(name)).and_then(std::num::NonZeroU32::new);
        let categories = self.filed_under(categories);
        let line = Line { unit, at, updated, experience, journey, categories, channel, purpose, state, held };
        self.ledger.lines.push(line);
    }

    fn name(&mut self, name: String) -> u32 {
        if let Some(place) = self.names.get(&name) {
            return *place;
        }
        let place = self.ledger.names.len() as u32;
        self.ledger.names.push(name.clone());
        self.names.insert(name, place);
        place
    }

    fn filed_under(&mut self, categories: Vec<String>) -> u32 {
        if let Some(place) = self.categories.get(&categories) {
            return *place;
        }
        let place = self.ledger.categories.len() as u32;
        self.ledger.categories.push(categories.clone());
        self.categories.insert(categories, place);
        place
    }

    /// What was taken down. Of one person's messages at one moment, the one that was taken down first stays first.
    #[must_use]
    pub fn finish(mut self) -> Ledger {
        self.ledger.lines.sort_by_key(|line| (line.unit, line.at));
        self.ledger.lines.shrink_to_fit();
        self.ledger
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(at: i64, experience: &str, journey: Option<&str>) -> Message {
        Message {
            at: Time(at),
            channel: Channel::Email,
            purpose: Purpose::Marketing,
            experience: experience.to_owned(),
            journey: journey.map(str::to_owned),
            categories: vec!["offer".to_owned(); journey.map_or(0, str::len)],
            state: MessageState::Clicked,
            held: None,
            updated: Time(at + 10),
        }
    }

    #[test]
    fn every_message_comes_back_to_whom_it_was_written_in_order() {
        let told = [
            (7, message(30, "late", None)),
            (3, message(5, "a", Some("welcome"))),
            (7, message(10, "first", Some("cart"))),
            (7, message(10, "second", None)),
            (7, message(10, "", None)),
        ];
        let mut writer = Writer::default();
        told.iter().for_each(|(unit, message)| writer.push(*unit, message.clone()));
        let ledger = writer.finish();
        assert_eq!(ledger.of(3).collect::<Vec<_>>(), [told[1].1.clone()]);
        let seventh = [2, 3, 4, 0].map(|index: usize| told[index].1.clone());
        assert_eq!(ledger.of(7).collect::<Vec<_>>(), seventh);
        assert_eq!(ledger.of(5).count() + ledger.of(u64::MAX).count(), 0);
        assert!(Ledger::default().is_empty() && !ledger.is_empty());
    }

    #[test]
    fn what_came_later_is_not_known_before() {
        let mut writer = Writer::default();
        let held = Message { held: Some(HeldReason::Cap), ..message(2, "held", None) };
        let known = [message(1, "open", None), held, message(3, "told", None), message(20, "later", None)];
        known.into_iter().for_each(|message| writer.push(1, message));
        let before: Vec<_> = writer.finish().before(Time(12)).of(1).collect();
        let seen: Vec<_> = before.iter().map(|line| (line.state, line.updated.0)).collect();
        assert_eq!(seen, [(MessageState::Clicked, 11), (MessageState::Held, 2), (MessageState::Sent, 3)]);
    }

    #[test]
    fn a_line_takes_forty_bytes() {
        assert_eq!(size_of::<Line>(), 40);
    }
}
