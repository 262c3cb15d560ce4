//! Typed columns and the dictionaries behind their texts.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use xxhash_rust::xxh3::xxh3_64;

use super::bitmap::Bitmap;
use super::packed::Packed;
use super::private::is_private;
use crate::model::{Datum, Decimal, Time, Value, ValueType};

/// The different texts of one column, in the order they were met. The way back from a text to its code is prepared when
/// somebody first asks for it.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    texts: Texts,
    codes: OnceLock<HashMap<u64, u32>>,
}

impl Dictionary {
    /// From different texts in the order of their codes.
    pub(super) fn of(texts: Texts) -> Self {
        Self { texts, codes: OnceLock::new() }
    }

    /// The code of a text, added if new.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        let texts = &self.texts;
        let mut codes = self.codes.take().unwrap_or_else(|| {
            let mut codes = HashMap::with_capacity(texts.len());
            for code in 0..texts.len() {
                let key = free_or_own(&codes, texts, texts.get(code));
                codes.entry(key).or_insert(code as u32);
            }
            codes
        });
        let key = free_or_own(&codes, texts, text);
        let code = *codes.entry(key).or_insert(texts.len() as u32);
        if code as usize == texts.len() {
            self.texts.push(text);
        }
        self.codes = OnceLock::from(codes);
        code
    }

    /// The text of a code.
    #[must_use]
    pub fn text(&self, code: usize) -> Option<&str> {
        (code < self.texts.len()).then(|| self.texts.get(code))
    }

    /// How many different texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// About how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        self.texts.bytes() + self.codes.get().map_or(0, |codes| codes.capacity() * 17)
    }

    /// Every text.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.texts.len()).map(|code| self.texts.get(code))
    }

    pub(super) fn as_texts(&self) -> &Texts {
        &self.texts
    }
}

/// The hash a text is found under: its own, or the next that no other text has.
fn free_or_own(codes: &HashMap<u64, u32>, texts: &Texts, text: &str) -> u64 {
    let mut key = xxh3_64(text.as_bytes());
    while codes.get(&key).is_some_and(|&code| texts.get(code as usize) != text) {
        key = key.wrapping_add(1);
    }
    key
}

/// A trait, or a property of one event name, or of its items: one name, one type.
#[derive(Debug, Clone)]
pub struct Field {
    /// The name.
    pub name: String,
    /// The type; none as long as no value was seen.
    pub kind: Option<ValueType>,
    /// The texts, unless they are private.
    pub dictionary: Dictionary,
    /// Whether its texts stay out of the dictionary.
    pub private: bool,
    /// Values that did not fit the type. They count as missing.
    pub misfits: u64,
}

impl Field {
    /// A property of an order line or list entry, whose name is a product's and not a person's.
    pub(super) fn of_item(name: &str) -> Self {
        let field = Self::new(name, None);
        Self { private: field.private && name != "name", ..field }
    }

    pub(super) fn new(name: &str, kind: Option<ValueType>) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            dictionary: Dictionary::default(),
            private: is_private(name),
            misfits: 0,
        }
    }
}

/// Texts side by side, one for each row.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    pub(super) ends: Vec<u32>,
    pub(super) text: String,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }

    /// The text of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> &str {
        let start =
            row.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&end| end as usize);
        let end = self.ends.get(row).map_or(start, |&end| end as usize);
        self.text.get(start..end).unwrap_or("")
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.ends.len() * 4 + self.text.len()
    }
}

/// The values of one field over some rows.
#[derive(Debug, Clone)]
pub struct Column {
    pub(super) values: Values,
    /// None: every row has a value.
    pub(super) valid: Option<Bitmap>,
}

#[derive(Debug, Clone)]
pub(super) enum Values {
    /// Flags as 0 and 1, numbers in ten-thousandths, times in milliseconds, texts as codes.
    Codes(Packed),
    Texts(Texts),
    Lists(Box<[Box<[Value]>]>),
}

impl Column {
    /// How many rows it has.
    pub(super) fn len(&self) -> usize {
        match &self.values {
            Values::Codes(codes) => codes.len(),
            Values::Texts(texts) => texts.len(),
            Values::Lists(lists) => lists.len(),
        }
    }

    /// How many rows have a value.
    pub(super) fn filled(&self) -> u64 {
        self.valid.as_ref().map_or(self.len() as u64, Bitmap::count)
    }

    /// Whether a row has a value.
    #[must_use]
    pub fn has(&self, row: usize) -> bool {
        self.valid.as_ref().is_none_or(|valid| valid.has(row))
    }

    /// The rows that have a value; none where all do.
    #[must_use]
    pub fn valid(&self) -> Option<&Bitmap> {
        self.valid.as_ref()
    }

    /// The value of a row.
    #[must_use]
    pub fn datum<'a>(&'a self, row: usize, field: &'a Field) -> Datum<'a> {
        if !self.has(row) {
            return Datum::Missing;
        }
        match &self.values {
            Values::Codes(codes) => decoded(codes.get(row), field),
            Values::Texts(texts) => Datum::Text(texts.get(row)),
            Values::Lists(lists) => lists.get(row).map_or(Datum::Missing, |list| Datum::List(list)),
        }
    }

    /// The plain numbers behind the values, if they are numbers: what a loop over rows wants.
    #[must_use]
    pub fn codes(&self) -> Option<&Packed> {
        match &self.values {
            Values::Codes(codes) => Some(codes),
            Values::Texts(_) | Values::Lists(_) => None,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let valid = self.valid.as_ref().map_or(0, |valid| valid.len().div_ceil(8));
        valid
            + match &self.values {
                Values::Codes(codes) => codes.bytes(),
                Values::Texts(texts) => texts.bytes(),
                Values::Lists(lists) => lists.len() * 16,
            }
    }
}

pub(super) fn decoded(code: i64, field: &Field) -> Datum<'_> {
    match field.kind {
        Some(ValueType::Flag) => Datum::Flag(code != 0),
        Some(ValueType::Number) => Datum::Number(Decimal::from_scaled(code)),
        Some(ValueType::Time) => Datum::Time(Time(code)),
        Some(ValueType::Text) => usize::try_from(code)
            .ok()
            .and_then(|code| field.dictionary.text(code))
            .map_or(Datum::Missing, Datum::Text),
        Some(ValueType::List) | None => Datum::Missing,
    }
}

/// A value on its way into a column.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    Flag(bool),
    Number(i64),
    /// Into the text beside it.
    Text(Range<u32>),
    List(Box<[Value]>),
    /// Explicitly nothing.
    Null,
    /// A number beyond four places or the range.
    Unfit,
}

impl Raw {
    fn value_type(&self) -> Option<ValueType> {
        Some(match self {
            Self::Flag(_) => ValueType::Flag,
            Self::Number(_) => ValueType::Number,
            Self::Text(_) => ValueType::Text,
            Self::List(_) => ValueType::List,
            Self::Null => return None,
            Self::Unfit => ValueType::Number,
        })
    }
}

/// Turns the values of some rows into a column. Where the field has no type yet it gets the commonest one, text on a
/// tie; a later value of a row replaces an earlier one.
pub(super) fn freeze<'a>(
    field: &mut Field,
    rows: usize,
    values: impl Iterator<Item = (u32, &'a Raw)> + Clone,
    text: &str,
) -> Option<Column> {
    if field.kind.is_none() {
        field.kind = commonest(values.clone().map(|(_, raw)| raw));
    }
    let kind = field.kind?;
    let mut misfits = 0;
    let mut valid = Bitmap::none(rows);
    let text_of = |raw: &Raw| match raw {
        Raw::Text(range) => text.get(range.start as usize..range.end as usize),
        _ => None,
    };
    let column = if kind == ValueType::List || (kind == ValueType::Text && field.private) {
        let mut latest: Vec<Option<&Raw>> = vec![None; rows];
        for (row, raw) in values {
            let fits = raw.value_type() == Some(kind);
            misfits += u64::from(!fits && !matches!(raw, Raw::Null));
            if let Some(place) = latest.get_mut(row as usize) {
                *place = fits.then_some(raw);
            }
        }
        valid = Bitmap::from_fn(rows, |row| latest.get(row).is_some_and(Option::is_some));
        if kind == ValueType::List {
            let list = |raw: &Option<&Raw>| match raw {
                Some(Raw::List(list)) => list.clone(),
                _ => Box::default(),
            };
            Values::Lists(latest.iter().map(list).collect())
        } else {
            let mut texts = Texts::default();
            latest.iter().for_each(|raw| texts.push(raw.and_then(text_of).unwrap_or("")));
            Values::Texts(texts)
        }
    } else {
        let mut codes: Vec<Option<i64>> = vec![None; rows];
        for (row, raw) in values {
            let code = match (kind, raw) {
                (ValueType::Flag, Raw::Flag(flag)) => Some(i64::from(*flag)),
                (ValueType::Number, Raw::Number(scaled)) => Some(*scaled),
                (ValueType::Text, Raw::Text(_)) => {
                    text_of(raw).map(|text| i64::from(field.dictionary.intern(text)))
                }
                (ValueType::Time, Raw::Text(_)) => {
                    text_of(raw).and_then(|text| text.parse::<Time>().ok()).map(|at| at.0)
                }
                _ => None,
            };
            misfits += u64::from(code.is_none() && !matches!(raw, Raw::Null));
            if let Some(place) = codes.get_mut(row as usize) {
                *place = code;
            }
        }
        valid.fill(&codes);
        // A missing row repeats a value that is there, so that it never widens the column.
        let filler = codes.iter().flatten().copied().next().unwrap_or(0);
        Values::Codes(Packed::new(&codes.iter().map(|code| code.unwrap_or(filler)).collect::<Vec<_>>()))
    };
    field.misfits += misfits;
    let full = valid.count() as usize == rows;
    Some(Column { values: column, valid: (!full).then_some(valid) })
}

impl Bitmap {
    fn fill(&mut self, codes: &[Option<i64>]) {
        *self = Self::from_fn(codes.len(), |row| codes.get(row).is_some_and(Option::is_some));
    }
}

fn commonest<'a>(values: impl Iterator<Item = &'a Raw>) -> Option<ValueType> {
    const ORDER: [ValueType; 4] = [ValueType::Flag, ValueType::List, ValueType::Number, ValueType::Text];
    let mut counts = [0_u64; 4];
    for kind in values.filter_map(Raw::value_type) {
        for (count, candidate) in counts.iter_mut().zip(ORDER) {
            *count += u64::from(candidate == kind);
        }
    }
    let (count, kind) = counts.into_iter().zip(ORDER).max_by_key(|(count, _)| *count)?;
    (count > 0).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, values: &[Raw], text: &str) -> (Field, Column) {
        let mut field = Field::new(name, None);
        let column = freeze(&mut field, values.len(), (0..).zip(values), text).unwrap();
        (field, column)
    }

    #[test]
    fn the_commonest_type_wins_and_the_rest_is_missing() {
        let (field, column) =
            column("size", &[Raw::Text(0..3), Raw::Number(5), Raw::Number(7), Raw::Null], "n/a");
        assert_eq!(field.kind, Some(ValueType::Number));
        assert_eq!(field.misfits, 1);
        assert_eq!(column.datum(0, &field), Datum::Missing);
        assert_eq!(column.datum(1, &field), Datum::Number(Decimal::from_scaled(5)));
        assert_eq!(column.datum(3, &field), Datum::Missing);
        assert_eq!(column.datum(9, &field), Datum::Missing);
    }

    #[test]
    fn private_texts_enter_no_dictionary() {
        let (field, column) = column("email", &[Raw::Text(0..1), Raw::Null, Raw::Text(1..3)], "abc");
        assert!(field.dictionary.is_empty());
        assert_eq!(column.datum(0, &field), Datum::Text("a"));
        assert_eq!(column.datum(1, &field), Datum::Missing);
        assert_eq!(column.datum(2, &field), Datum::Text("bc"));
        let (field, _) = self::column("city", &[Raw::Text(0..1), Raw::Text(0..1)], "a");
        assert_eq!(field.dictionary.len(), 1);
    }
}
