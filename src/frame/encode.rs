//! Columns as bytes: little-endian, lengths first. What is read was written by this release or it is refused, never
//! guessed at; a reader gives `None` as soon as something does not fit.

use super::bitmap::Bitmap;
use super::column::{Column, Dictionary, Field, Texts, Values};
use super::packed::{Packed, Width};
use crate::model::{Decimal, Time, Value, ValueType};

/// The most of anything there may be, so that damaged lengths ask for no memory.
const MOST: usize = 1 << 31;

/// How deep lists may lie in lists; what is read as JSON goes no deeper either.
const DEPTH: u8 = 128;

/// Bytes in the making.
#[derive(Debug, Default)]
pub(super) struct Out(Vec<u8>);

impl Out {
    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }

    /// What something writes, and where it starts.
    pub(super) fn written(&mut self, write: impl FnOnce(&mut Self)) -> (usize, &[u8]) {
        let start = self.0.len();
        write(self);
        (start, self.0.get(start..).unwrap_or(&[]))
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn number(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn len(&mut self, len: usize) {
        self.number(len as i64);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.len(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn u16s(&mut self, values: &[u16]) {
        self.len(values.len());
        values.iter().for_each(|value| self.0.extend_from_slice(&value.to_le_bytes()));
    }

    pub(super) fn u32s(&mut self, values: &[u32]) {
        self.len(values.len());
        values.iter().for_each(|value| self.0.extend_from_slice(&value.to_le_bytes()));
    }

    pub(super) fn i64s(&mut self, values: &[i64]) {
        self.len(values.len());
        values.iter().for_each(|value| self.number(*value));
    }

    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    pub(super) fn packed(&mut self, packed: &Packed) {
        self.number(packed.base);
        self.len(packed.len);
        match &packed.width {
            Width::Same => self.byte(0),
            Width::One(values) => {
                self.byte(1);
                self.bytes(values);
            }
            Width::Two(values) => {
                self.byte(2);
                self.u16s(values);
            }
            Width::Four(values) => {
                self.byte(4);
                self.u32s(values);
            }
            Width::Eight(values) => {
                self.byte(8);
                self.i64s(values);
            }
        }
    }

    pub(super) fn bitmap(&mut self, bitmap: &Bitmap) {
        self.len(bitmap.len());
        bitmap.words().iter().for_each(|word| self.number(word.cast_signed()));
    }

    pub(super) fn texts(&mut self, texts: &Texts) {
        self.u32s(&texts.ends);
        self.text(&texts.text);
    }

    pub(super) fn column(&mut self, column: &Column) {
        self.option(column.valid.as_ref(), Self::bitmap);
        match &column.values {
            Values::Codes(codes) => {
                self.byte(0);
                self.packed(codes);
            }
            Values::Texts(texts) => {
                self.byte(1);
                self.texts(texts);
            }
            Values::Lists(lists) => {
                self.byte(2);
                self.len(lists.len());
                for list in lists {
                    self.len(list.len());
                    list.iter().for_each(|value| self.value(value));
                }
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Flag(flag) => {
                self.byte(0);
                self.byte(u8::from(*flag));
            }
            Value::Number(number) => {
                self.byte(1);
                self.number(number.scaled());
            }
            Value::Time(time) => {
                self.byte(2);
                self.number(time.0);
            }
            Value::Text(text) => {
                self.byte(3);
                self.text(text);
            }
            Value::List(list) => {
                self.byte(4);
                self.len(list.len());
                list.iter().for_each(|value| self.value(value));
            }
        }
    }

    pub(super) fn field(&mut self, field: &Field) {
        self.text(&field.name);
        let kind = field.kind.and_then(|kind| KINDS.iter().position(|known| *known == kind));
        self.byte(kind.map_or(0, |place| place as u8 + 1));
        self.byte(u8::from(field.private));
        self.number(field.misfits.cast_signed());
        self.texts(field.dictionary.as_texts());
    }
}

const KINDS: [ValueType; 5] =
    [ValueType::Flag, ValueType::Number, ValueType::Time, ValueType::Text, ValueType::List];

/// Bytes being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct In<'a>(&'a [u8]);

impl<'a> In<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn number(&mut self) -> Option<i64> {
        Some(i64::from_le_bytes(*self.take(8)?.first_chunk()?))
    }

    pub(super) fn len(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|len| *len <= MOST)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.len()?;
        self.take(len)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn u16s<C: FromIterator<u16>>(&mut self) -> Option<C> {
        let len = self.len()?;
        let (values, _) = self.take(len * 2)?.as_chunks::<2>();
        Some(values.iter().map(|value| u16::from_le_bytes(*value)).collect())
    }

    pub(super) fn u32s<C: FromIterator<u32>>(&mut self) -> Option<C> {
        let len = self.len()?;
        let (values, _) = self.take(len * 4)?.as_chunks::<4>();
        Some(values.iter().map(|value| u32::from_le_bytes(*value)).collect())
    }

    pub(super) fn i64s<C: FromIterator<i64>>(&mut self) -> Option<C> {
        let len = self.len()?;
        let (values, _) = self.take(len * 8)?.as_chunks::<8>();
        Some(values.iter().map(|value| i64::from_le_bytes(*value)).collect())
    }

    pub(super) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.byte()? {
            0 => Some(None),
            1 => Some(Some(read(self)?)),
            _ => None,
        }
    }

    /// So many of something; each takes a byte at least.
    pub(super) fn several<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let len = self.len().filter(|len| *len <= self.0.len())?;
        (0..len).map(|_| read(self)).collect()
    }

    pub(super) fn packed(&mut self) -> Option<Packed> {
        let (base, len) = (self.number()?, self.len()?);
        let (width, found) = match self.byte()? {
            0 => (Width::Same, len),
            1 => {
                let values: Box<[u8]> = self.bytes()?.into();
                let found = values.len();
                (Width::One(values), found)
            }
            2 => {
                let values: Box<[u16]> = self.u16s()?;
                let found = values.len();
                (Width::Two(values), found)
            }
            4 => {
                let values: Box<[u32]> = self.u32s()?;
                let found = values.len();
                (Width::Four(values), found)
            }
            8 => {
                let values: Box<[i64]> = self.i64s()?;
                let found = values.len();
                (Width::Eight(values), found)
            }
            _ => return None,
        };
        (found == len).then_some(Packed { base, width, len })
    }

    pub(super) fn bitmap(&mut self) -> Option<Bitmap> {
        let len = self.len()?;
        let (words, _) = self.take(len.div_ceil(64) * 8)?.as_chunks::<8>();
        Some(Bitmap::from_words(words.iter().map(|word| u64::from_le_bytes(*word)).collect(), len))
    }

    pub(super) fn texts(&mut self) -> Option<Texts> {
        let (ends, text): (Vec<u32>, &str) = (self.u32s()?, self.text()?);
        let fits = ends.is_sorted() && ends.last().map_or(0, |&end| end as usize) == text.len();
        fits.then(|| Texts { ends, text: text.to_owned() })
    }

    pub(super) fn column(&mut self) -> Option<Column> {
        let valid = self.option(Self::bitmap)?;
        let values = match self.byte()? {
            0 => Values::Codes(self.packed()?),
            1 => Values::Texts(self.texts()?),
            2 => Values::Lists(
                self.several(|bytes| bytes.several(|one| one.value(0)).map(Vec::into_boxed_slice))?.into(),
            ),
            _ => return None,
        };
        Some(Column { values, valid })
    }

    fn value(&mut self, depth: u8) -> Option<Value> {
        Some(match self.byte()? {
            0 => Value::Flag(self.byte()? != 0),
            1 => Value::Number(Decimal::from_scaled(self.number()?)),
            2 => Value::Time(Time(self.number()?)),
            3 => Value::Text(self.text()?.to_owned()),
            4 if depth < DEPTH => Value::List(self.several(|one| one.value(depth + 1))?),
            _ => return None,
        })
    }

    pub(super) fn field(&mut self) -> Option<Field> {
        let name = self.text()?.to_owned();
        let kind = match self.byte()? {
            0 => None,
            place => Some(*KINDS.get(usize::from(place) - 1)?),
        };
        let private = self.byte()? != 0;
        let misfits = self.number()?.cast_unsigned();
        let dictionary = Dictionary::of(self.texts()?);
        Some(Field { name, kind, dictionary, private, misfits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn numbers_and_texts_come_back(
            values in proptest::collection::vec(any::<i64>(), 0..70),
            shift in 0_u32..63,
            words in proptest::collection::vec(".{0,5}", 0..9),
        ) {
            let packed = Packed::new(&values.iter().map(|value| value >> shift).collect::<Vec<_>>());
            let set = Bitmap::from_fn(values.len(), |row| values[row] % 2 == 0);
            let mut texts = Texts::default();
            words.iter().for_each(|word| texts.push(word));
            let mut out = Out::default();
            out.packed(&packed);
            out.bitmap(&set);
            out.texts(&texts);
            let bytes = out.done();
            let mut read = In::new(&bytes);
            prop_assert_eq!(read.packed(), Some(packed));
            prop_assert_eq!(read.bitmap(), Some(set));
            let back = read.texts().unwrap();
            prop_assert!(words.iter().enumerate().all(|(row, word)| back.get(row) == word));
            prop_assert!(read.is_done());
        }

        #[test]
        fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = In::new(&bytes).column();
            let _ = In::new(&bytes).field();
            let _ = In::new(&bytes).packed();
        }
    }
}
