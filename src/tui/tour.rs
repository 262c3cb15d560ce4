//! The guided tour: a card beside what it talks about.

use serde::Deserialize;

use super::port::Room;
use crate::model::Problem;

const STOPS: &str = include_str!("../../assets/tour.toml");

/// The tour and where it is.
#[derive(Debug, Clone)]
pub(crate) struct Tour {
    stops: Vec<Stop>,
    at: usize,
}

/// One stop.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    pub(crate) room: Room,
    /// What is brought into view there: a name, or a panel.
    pub(crate) show: String,
    pub(crate) title: String,
    pub(crate) text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    stop: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    screen: String,
    show: String,
    title: String,
    text: String,
}

impl Tour {
    /// The shipped tour at its first stop.
    pub(crate) fn load() -> Result<Self, Box<Problem>> {
        let broken =
            |message: String| Box::new(Problem::new("tour-unreadable", message).in_file("the shipped tour"));
        let file: File = toml::from_str(STOPS).map_err(|error| broken(error.message().to_owned()))?;
        let stops = file
            .stop
            .into_iter()
            .map(|entry| {
                let room = Room::from_title(&entry.screen)
                    .ok_or_else(|| broken(format!("there is no screen `{}`", entry.screen)))?;
                Ok(Stop { room, show: entry.show, title: entry.title, text: entry.text })
            })
            .collect::<Result<_, Box<Problem>>>()?;
        Ok(Self { stops, at: 0 })
    }

    /// The current stop.
    pub(crate) fn stop(&self) -> Option<&Stop> {
        self.stops.get(self.at)
    }

    /// Goes on or back; false at the end.
    pub(crate) fn step(&mut self, by: i8) -> bool {
        let next = if by < 0 { Some(self.at.saturating_sub(1)) } else { self.at.checked_add(1) };
        match next.filter(|next| *next < self.stops.len()) {
            Some(next) => {
                self.at = next;
                true
            }
            None => false,
        }
    }

    /// `2 of 6`.
    pub(crate) fn place(&self) -> String {
        format!("{} of {}", self.at + 1, self.stops.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tour_has_six_stops_that_can_be_walked_both_ways() {
        let mut tour = Tour::load().unwrap();
        assert_eq!(tour.place(), "1 of 6");
        assert!(tour.step(-1));
        assert_eq!(tour.place(), "1 of 6");
        for _ in 0..5 {
            assert!(tour.step(1));
        }
        assert_eq!(tour.place(), "6 of 6");
        assert!(!tour.step(1));
        assert!(tour.step(-1));
        assert_eq!(tour.place(), "5 of 6");
    }

    #[test]
    fn a_stop_is_two_or_three_sentences_short_enough_for_its_card() {
        for stop in Tour::load().unwrap().stops {
            assert!(stop.text.chars().count() <= 300, "{}", stop.title);
            assert!((2..=3).contains(&stop.text.matches(". ").count().saturating_add(1)), "{}", stop.title);
        }
    }
}
