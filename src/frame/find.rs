//! Whom a text points at: by name, id, identity, trait or stage, in any case. Texts that columns name by number are looked
//! at once each, not once for everybody who has them.

use super::bitmap::Bitmap;
use super::column::{Column, Field, Values};
use super::packed::Packed;
use super::parallel::parallel;
use super::{Frame, People};
use crate::model::{Datum, Person, ProfileId, ValueType};

/// People looked at in one go.
const STRETCH: usize = 1 << 14;

/// What numbers are written with, and what moments are written with beyond that.
const NUMBERS: &str = "0123456789.-+";
const MOMENTS: &str = "tz: ";

/// A column of a trait and how a text is found in it.
enum Look<'a> {
    /// By the code of the value.
    Coded(&'a Column, &'a Packed, Vec<bool>),
    /// In what is written for each person.
    Written(&'a Column, &'a Field),
}

/// A text and where it may be found.
struct Search<'a> {
    frame: &'a Frame,
    wanted: &'a str,
    /// Whether ids can have it in them.
    ids: bool,
    /// Whether it may run over from the first name into the last.
    names: bool,
    looks: Vec<Look<'a>>,
    stages: Vec<bool>,
}

impl Frame {
    /// The people in whose name, id, identities, traits or lifecycle stage a text is found. The text is written in lower
    /// case; the case of what is looked at does not matter.
    #[must_use]
    pub fn find(&self, wanted: &str, threads: usize) -> Bitmap {
        let people = self.people.len();
        if wanted.is_empty() {
            return Bitmap::all(people);
        }
        let search = Search::new(self, wanted);
        let stretches: Vec<usize> = (0..people).step_by(STRETCH).collect();
        let found = parallel(&stretches, threads, &|&from: &usize| -> Vec<usize> {
            (from..people.min(from + STRETCH)).filter(|row| search.finds(*row)).collect()
        });
        let mut members = Bitmap::none(people);
        found.into_iter().flatten().for_each(|row| members.set(row));
        members
    }
}

impl<'a> Search<'a> {
    fn new(frame: &'a Frame, wanted: &'a str) -> Self {
        let people = frame.people.as_ref();
        let labels = frame.lifecycle.as_ref().map_or(&[][..], |labels| labels.names());
        let letters = ProfileId(0).to_string().to_lowercase();
        Self {
            frame,
            wanted,
            ids: wanted.chars().all(|c| letters.contains(c) || NUMBERS.contains(c)),
            names: wanted.contains(' '),
            looks: people.traits.iter().filter_map(|(field, column)| look(field, column, wanted)).collect(),
            stages: labels.iter().map(|stage| has(stage, wanted)).collect(),
        }
    }

    fn finds(&self, row: usize) -> bool {
        let (people, person) = (self.frame.people.as_ref(), Person(row as u32));
        self.has_stage(row)
            || self.looks.iter().any(|look| look.finds(row, self.wanted))
            || people
                .map
                .identities(person)
                .iter()
                .any(|&slot| has(people.values.get(slot as usize), self.wanted))
            || (self.ids && has(&people.profile(person).to_string(), self.wanted))
            || (self.names && name(people, person).is_some_and(|name| has(&name, self.wanted)))
    }

    fn has_stage(&self, row: usize) -> bool {
        let codes = self.frame.lifecycle.as_ref().map_or(&[][..], |labels| &labels.codes);
        let found = codes.get(row).and_then(|code| self.stages.get(usize::from(*code)));
        found.copied().unwrap_or(false)
    }
}

/// First and last name, where both are known: either alone is a trait like others.
fn name(people: &People, person: Person) -> Option<String> {
    match (people.datum(person, "first_name"), people.datum(person, "last_name")) {
        (Datum::Text(first), Datum::Text(last)) => Some(format!("{first} {last}")),
        _ => None,
    }
}

/// How a text is found in a column; none where it cannot be in any of its values.
fn look<'a>(field: &'a Field, column: &'a Column, wanted: &str) -> Option<Look<'a>> {
    let only = |signs: &[&str]| wanted.chars().all(|c| signs.iter().any(|signs| signs.contains(c)));
    let coded = |codes: &'a Packed, found: Vec<bool>| {
        found.contains(&true).then_some(Look::Coded(column, codes, found))
    };
    match (&column.values, field.kind?) {
        (Values::Codes(codes), ValueType::Text) => {
            coded(codes, field.dictionary.texts().map(|text| has(text, wanted)).collect())
        }
        (Values::Codes(codes), ValueType::Flag) => {
            coded(codes, vec!["false".contains(wanted), "true".contains(wanted)])
        }
        (Values::Codes(_), ValueType::Number) if !only(&[NUMBERS]) => None,
        (Values::Codes(_), ValueType::Time) if !only(&[NUMBERS, MOMENTS]) => None,
        _ => Some(Look::Written(column, field)),
    }
}

impl Look<'_> {
    fn finds(&self, row: usize, wanted: &str) -> bool {
        match self {
            Self::Coded(column, codes, found) => {
                let code = usize::try_from(codes.get(row)).ok();
                column.has(row) && code.and_then(|code| found.get(code)).copied().unwrap_or(false)
            }
            Self::Written(column, field) => match column.datum(row, field) {
                Datum::Missing => false,
                Datum::Text(text) => has(text, wanted),
                datum => has(&datum.to_string(), wanted),
            },
        }
    }
}

/// Whether a text in lower case is a part of another, whatever the case of that.
fn has(text: &str, wanted: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(wanted);
    }
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    let Some(first) = wanted.first() else { return true };
    let Some(last) = text.len().checked_sub(wanted.len()) else { return false };
    let starts = text.iter().take(last + 1).enumerate();
    { starts }
        .filter(|(_, byte)| byte.to_ascii_lowercase() == *first)
        .any(|(at, _)| text.get(at..at + wanted.len()).is_some_and(|part| part.eq_ignore_ascii_case(wanted)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::{Builder, Labels};
    use crate::model::{Span, Time};

    fn said(n: usize) -> String {
        let city = ["Köln", "Graz", "ODER", "İzmir"][n % 4];
        let more = match n % 5 {
            0 => "",
            1 => r#","vip":true,"score":12.5"#,
            2 => r#","vip":false,"tags":["Red","blue sky"]"#,
            3 => r#","score":-0.25,"born":"1990-02-03""#,
            _ => r#","score":1200"#,
        };
        let first = if n.is_multiple_of(3) { String::new() } else { format!(r#","first_name":"Anne{n}""#) };
        format!(r#"{{"city":"{city}","last_name":"O'Neill","email":"P{n}@Example.com"{first}{more}}}"#)
    }

    fn frame(people: usize) -> Frame {
        let mut builder = Builder::new();
        for n in 0..people {
            builder.identity(n as i64 + 1, "user_id", &format!("Ab{n}"));
            builder.identify(n as i64 + 1, Time(0) + Span::days(n as i64), &said(n));
        }
        let stages = vec!["Lapsed".to_owned(), "loyal".to_owned()];
        builder.finish(1).with_lifecycle(Labels::new(stages, (0..people).map(|n| (n % 3) as u8).collect()))
    }

    /// Everything that is known of somebody, as it is written.
    fn written(frame: &Frame, person: Person) -> Vec<String> {
        let people = frame.people();
        let mut texts: Vec<String> = people.identities(person).map(|(_, value)| value.to_owned()).collect();
        let traits = people.traits().iter().map(|(field, _)| people.datum(person, &field.name));
        texts.extend(traits.filter(|datum| !datum.is_missing()).map(|datum| datum.to_string()));
        texts.extend(name(people, person));
        texts.push(people.profile(person).to_string());
        texts.extend(frame.lifecycle().and_then(|stages| stages.of(person)).map(str::to_owned));
        texts
    }

    proptest! {
        #[test]
        fn whoever_has_the_text_anywhere_is_found_and_nobody_else(
            people in 1..60_usize, whom in 0..60_usize, which in 0..12_usize, from in 0..12_usize, length in 1..9_usize,
            other in "[a-zA-Z0-9 .@:İ-]{1,3}", own in any::<bool>(),
        ) {
            let frame = frame(people);
            let texts = written(&frame, Person((whom % people) as u32));
            let text = &texts[which % texts.len()];
            let part: String = text.chars().skip(from % text.chars().count()).take(length).collect();
            let wanted = if own { part } else { other }.to_lowercase();
            let found = frame.find(&wanted, 2);
            for row in 0..people {
                let texts = written(&frame, Person(row as u32));
                let expected = texts.iter().any(|text| text.to_lowercase().contains(&wanted));
                prop_assert_eq!(found.has(row), expected, "{} in {:?}", wanted, texts);
            }
        }
    }

    #[test]
    fn everybody_is_found_by_nothing_and_across_stretches() {
        let frame = frame(STRETCH + 3);
        assert_eq!(frame.find("", 2).count(), STRETCH as u64 + 3);
        let last = format!("ab{}", STRETCH + 2);
        assert_eq!(frame.find(&last, 2).rows().collect::<Vec<_>>(), [STRETCH + 2]);
        assert_eq!(frame.find("anne1 o'n", 1).rows().collect::<Vec<_>>(), [1]);
    }
}
