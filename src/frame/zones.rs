//! The zones people live in, each named once.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use super::people::People;
use crate::model::{Datum, Person, zone};

/// The zones of everybody.
#[derive(Debug, Clone, Default)]
pub struct Zones {
    zones: Vec<(TimeZone, &'static str)>,
    of: Vec<u16>,
}

/// The most zones that are told apart; beyond them UTC stands in.
const MANY: usize = 1 << 12;

impl Zones {
    /// From the traits that name a zone or a country.
    pub(super) fn of(people: &People) -> Self {
        let mut zones =
            Self { zones: vec![(TimeZone::UTC, "default")], of: Vec::with_capacity(people.len()) };
        let mut known: HashMap<(Option<&str>, Option<&str>), u16> = HashMap::new();
        for row in 0..people.len() as u32 {
            let said = |name: &str| match people.datum(Person(row), name) {
                Datum::Text(text) => Some(text),
                _ => None,
            };
            let own = ["timezone", "time_zone"].into_iter().find_map(said);
            let country = ["country", "address.country"].into_iter().find_map(said);
            let code = *known.entry((own, country)).or_insert_with(|| zones.code(zone::of(own, country)));
            zones.of.push(code);
        }
        zones
    }

    fn code(&mut self, zone: (TimeZone, &'static str)) -> u16 {
        let place = self.zones.iter().position(|known| *known == zone).unwrap_or_else(|| {
            if self.zones.len() >= MANY {
                return 0;
            }
            self.zones.push(zone);
            self.zones.len() - 1
        });
        place as u16
    }

    /// A person's zone and where it is known from.
    #[must_use]
    pub fn home(&self, person: Person) -> (TimeZone, &'static str) {
        let code = self.of.get(person.index()).copied().unwrap_or_default();
        self.zones.get(usize::from(code)).cloned().unwrap_or((TimeZone::UTC, "default"))
    }

    /// Each zone with the rows of the people who live in it.
    pub(super) fn groups(&self) -> Vec<(&TimeZone, Vec<u32>)> {
        let mut groups: Vec<(&TimeZone, Vec<u32>)> = Vec::new();
        let mut places: Vec<Option<usize>> = vec![None; self.zones.len()];
        for (row, &code) in (0..).zip(&self.of) {
            let Some((zone, _)) = self.zones.get(usize::from(code)) else { continue };
            let Some(place) = places.get_mut(usize::from(code)) else { continue };
            let at = *place.get_or_insert_with(|| {
                // The same zone may be known from the profile and from the country.
                groups.iter().position(|(known, _)| *known == zone).unwrap_or_else(|| {
                    groups.push((zone, Vec::new()));
                    groups.len() - 1
                })
            });
            if let Some((_, rows)) = groups.get_mut(at) {
                rows.push(row);
            }
        }
        groups
    }
}
