//! Which traits are dates although they arrive as text: those that are called so and say nothing else, and those that hold
//! nothing but whole instants such as 2026-05-01T00:00:00Z, whatever they are called.

use super::column::Raw;
use crate::model::Time;

/// Ways the name of a date ends, or begins.
const ENDINGS: [&str; 6] = ["_at", "_date", "_on", "_since", "_time", "At"];
const BEGINNINGS: [&str; 3] = ["date_", "birth", "last_seen"];

/// Whether the values of a trait of this name are all dates, and there is one.
pub(super) fn are_dates<'a>(name: &str, values: impl Iterator<Item = &'a Raw>, text: &str) -> bool {
    let named = ENDINGS.iter().any(|end| name.ends_with(end))
        || BEGINNINGS.iter().any(|start| name.starts_with(start));
    let mut some = false;
    values.into_iter().all(|raw| match raw {
        Raw::Null => true,
        Raw::Text(range) => {
            some = true;
            let said = text.get(range.start as usize..range.end as usize);
            said.is_some_and(|said| (named || is_instant(said)) && said.parse::<Time>().is_ok())
        }
        _ => false,
    }) && some
}

/// A day, a time of day and a zone, as only machines write them.
fn is_instant(said: &str) -> bool {
    let time = said.get(10..).filter(|time| time.starts_with('T') && time.len() >= 10);
    time.is_some_and(|time| time.ends_with('Z') || time.contains(['+', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are(name: &str, values: &[&str]) -> bool {
        let mut text = String::new();
        let mut raws = vec![Raw::Null];
        for value in values {
            let start = text.len() as u32;
            text.push_str(value);
            raws.push(Raw::Text(start..text.len() as u32));
        }
        are_dates(name, raws.iter(), &text)
    }

    #[test]
    fn a_name_and_every_value_must_say_so() {
        assert!(are("signup_at", &["2025-09-14T09:00:00Z", "2026-01-02"]));
        assert!(are("registeredAt", &["2026-01-02"]));
        assert!(are("birth_date", &["1980-05-01"]));
        assert!(
            !are("signup_at", &["2026-01-02", "the fair"]),
            "one value that is none keeps all as they are"
        );
        assert!(!are("signup_at", &[]), "nothing is no date");
        assert!(!are("country", &["2026-01-02"]));
        assert!(are("renews", &["2026-05-01T00:00:00Z", "2026-05-01T02:00:00+02:00"]));
        assert!(!are("renews", &["2026-05-01T00:00:00Z", "2026-05-01"]), "a day alone may be anything");
        assert!(!are("renews", &["2026-05-01T00:00:00"]) && !are("renews", &["2026-05-01Tomorrow-ish"]));
    }
}
