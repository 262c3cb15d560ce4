//! Where everybody's consent stands, a byte per person, for questions about everybody at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::bitmap::Bitmap;
use super::bits::pack;
use super::parallel::parallel;
use super::people::{ConsentLine, People};
use crate::model::consent::{ConsentState, Purpose};
use crate::model::{Channel, Person, Time};
use crate::rule::Point;

/// Stands for people whose state depends on the point they are asked at.
const DEPENDS: u8 = u8::MAX;

/// How many people one thread looks at in a row.
const PEOPLE: u32 = 1 << 14;

/// The columns so far, each of a channel and a purpose.
#[derive(Debug, Default)]
pub(super) struct Standings(Mutex<HashMap<(Channel, Purpose), Arc<Standing>>>);

#[derive(Debug)]
struct Standing {
    states: Vec<u8>,
    /// The newest line; nothing is said after it.
    newest: Option<Time>,
}

impl Standings {
    pub(super) fn bytes(&self) -> usize {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().map(|standing| standing.states.len()).sum()
    }
}

impl People {
    /// The people whose consent at a point is a wanted one.
    pub(super) fn consenting(
        &self,
        (channel, purpose): (Channel, Purpose),
        point: Point,
        threads: usize,
        wanted: impl Fn(ConsentState) -> bool,
    ) -> Bitmap {
        let standing = self.standing(channel, purpose, threads);
        let mut marks = [false; 256];
        for state in ConsentState::ALL {
            if let Some(mark) = marks.get_mut(state as usize) {
                *mark = wanted(state);
            }
        }
        let mut found = Bitmap::from_words(
            pack(&standing.states, |state| marks.get(usize::from(state)) == Some(&true)),
            self.len(),
        );
        let complete = standing.newest.is_none_or(|newest| point.sees(newest));
        for (row, &state) in standing.states.iter().enumerate() {
            let asked = state == DEPENDS || !complete && state != ConsentState::Unknown as u8;
            if asked {
                found.put(row, wanted(self.consent(Person(row as u32), channel, purpose, point)));
            }
        }
        found
    }

    fn standing(&self, channel: Channel, purpose: Purpose, threads: usize) -> Arc<Standing> {
        let known = || self.standings.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(standing) = known().get(&(channel, purpose)) {
            return Arc::clone(standing);
        }
        let starts: Vec<u32> = (0..self.len() as u32).step_by(PEOPLE as usize).collect();
        let look = |start: &u32| {
            let mut newest = None;
            let states: Vec<u8> = (*start..(start + PEOPLE).min(self.len() as u32))
                .map(|row| self.stands(Person(row), (channel, purpose), &mut newest))
                .collect();
            (states, newest)
        };
        let parts = if threads > 1 && starts.len() > 1 {
            parallel(&starts, threads, &look)
        } else {
            starts.iter().map(look).collect()
        };
        let newest = parts.iter().filter_map(|(_, newest)| *newest).max();
        let states = parts.into_iter().flat_map(|(states, _)| states).collect();
        let standing = Arc::new(Standing { states, newest });
        known().insert((channel, purpose), Arc::clone(&standing));
        standing
    }

    fn stands(
        &self,
        person: Person,
        (channel, purpose): (Channel, Purpose),
        newest: &mut Option<Time>,
    ) -> u8 {
        let said = |line: &&ConsentLine| line.channel == channel && line.purpose == purpose;
        let mut lapses = false;
        let mut any = false;
        for line in self.consents(person).iter().filter(said) {
            any = true;
            lapses |= line.expires.is_some();
            *newest = (*newest).max(Some(line.at));
        }
        match (any, lapses) {
            (false, _) => ConsentState::Unknown as u8,
            (true, true) => DEPENDS,
            // Unknown in the end, yet something was said: earlier it may have stood otherwise.
            (true, false) => match self.consent(person, channel, purpose, Point::after(Time::MAX)) {
                ConsentState::Unknown => DEPENDS,
                state => state as u8,
            },
        }
    }
}
