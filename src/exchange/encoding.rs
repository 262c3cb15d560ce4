//! Bytes to UTF-8. UTF-16 is converted as a stream; Windows-1252 row by row (see [`super::records`]), because ASCII rows,
//! nearly all of them, then cost nothing.

use std::io::{self, Read};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE};

/// How the bytes of a file are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Encoding {
    /// UTF-8, or plain ASCII so far.
    #[serde(rename = "UTF-8")]
    Utf8,
    /// The single-byte encoding of western Windows.
    #[serde(rename = "Windows-1252")]
    Windows1252,
    /// UTF-16, little end first.
    #[serde(rename = "UTF-16LE")]
    Utf16Le,
    /// UTF-16, big end first.
    #[serde(rename = "UTF-16BE")]
    Utf16Be,
}

impl Encoding {
    /// The encoding of a file that starts with these bytes, and the length of its byte order mark.
    pub(crate) fn of(start: &[u8]) -> (Self, usize) {
        match start {
            [0xef, 0xbb, 0xbf, ..] => (Self::Utf8, 3),
            [0xff, 0xfe, ..] => (Self::Utf16Le, 2),
            [0xfe, 0xff, ..] => (Self::Utf16Be, 2),
            _ => (Self::without_mark(start), 0),
        }
    }

    fn without_mark(start: &[u8]) -> Self {
        let zeros = |from: usize| start.iter().skip(from).step_by(2).take(64).filter(|b| **b == 0).count();
        // Western text in UTF-16 has a zero in every other byte; ordinary text has none at all.
        if start.len() >= 4 && zeros(1) * 3 > start.len().min(128) / 2 && zeros(0) == 0 {
            return Self::Utf16Le;
        }
        if start.len() >= 4 && zeros(0) * 3 > start.len().min(128) / 2 && zeros(1) == 0 {
            return Self::Utf16Be;
        }
        // A sample may end in the middle of a character, which is one invalid piece. A file with more UTF-8 in it than
        // not is UTF-8 with spoilt rows; the letters of Windows-1252 hardly ever form UTF-8 by chance.
        let (mut utf8, mut other) = (0_usize, 0_usize);
        for chunk in start.utf8_chunks() {
            utf8 += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
            other += usize::from(!chunk.invalid().is_empty());
        }
        let cut = std::str::from_utf8(start).is_err_and(|error| error.error_len().is_none());
        if other == 0 || (other == 1 && cut) || utf8 >= other { Self::Utf8 } else { Self::Windows1252 }
    }

    /// The reader, converted if it is UTF-16. The byte order mark must be gone.
    pub(crate) fn decode(self, inner: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        match self {
            Self::Utf8 | Self::Windows1252 => inner,
            Self::Utf16Le => Box::new(Utf16::new(inner, UTF_16LE.new_decoder_without_bom_handling())),
            Self::Utf16Be => Box::new(Utf16::new(inner, UTF_16BE.new_decoder_without_bom_handling())),
        }
    }
}

struct Utf16 {
    inner: Box<dyn Read + Send>,
    decoder: Decoder,
    raw: Vec<u8>,
    decoded: Vec<u8>,
    /// What of `decoded` was not handed on yet.
    pending: std::ops::Range<usize>,
    ended: bool,
}

impl Utf16 {
    fn new(inner: Box<dyn Read + Send>, decoder: Decoder) -> Self {
        // A unit of two bytes becomes at most three, and a character cut in half may wait from before.
        Self { inner, decoder, raw: vec![0; 1 << 16], decoded: vec![0; 2 << 16], pending: 0..0, ended: false }
    }
}

impl Read for Utf16 {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.pending.is_empty() && !self.ended {
            let n = self.inner.read(&mut self.raw)?;
            self.ended = n == 0;
            let source = self.raw.get(..n).unwrap_or_default();
            let (_, _, written, _) = self.decoder.decode_to_utf8(source, &mut self.decoded, self.ended);
            self.pending = 0..written;
        }
        let source = self.decoded.get(self.pending.clone()).unwrap_or_default();
        let n = source.len().min(buffer.len());
        buffer.get_mut(..n).unwrap_or_default().copy_from_slice(source.get(..n).unwrap_or_default());
        self.pending.start += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, little: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect()
    }

    #[test]
    fn encodings_are_told_apart_with_and_without_a_mark() {
        let text = "name;ort\nJürgen;Köln\n";
        let cases: [(&str, Vec<u8>, Encoding, usize); 7] = [
            ("utf-8", text.as_bytes().to_vec(), Encoding::Utf8, 0),
            ("utf-8 mark", [b"\xef\xbb\xbf", text.as_bytes()].concat(), Encoding::Utf8, 3),
            ("1252", b"name\nJ\xfcrgen\n".to_vec(), Encoding::Windows1252, 0),
            ("16le mark", [b"\xff\xfe".to_vec(), utf16(text, true)].concat(), Encoding::Utf16Le, 2),
            ("16be mark", [b"\xfe\xff".to_vec(), utf16(text, false)].concat(), Encoding::Utf16Be, 2),
            ("16le", utf16(text, true), Encoding::Utf16Le, 0),
            ("16be", utf16(text, false), Encoding::Utf16Be, 0),
        ];
        for (name, bytes, encoding, mark) in cases {
            assert_eq!(Encoding::of(&bytes), (encoding, mark), "{name}");
            if matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be) {
                let mut decoded = String::new();
                let body: Vec<u8> = bytes[mark..].to_vec();
                encoding.decode(Box::new(io::Cursor::new(body))).read_to_string(&mut decoded).unwrap();
                assert_eq!(decoded, text, "{name}");
            }
        }
    }

    #[test]
    fn a_sample_cut_inside_a_character_is_still_utf8() {
        assert_eq!(Encoding::of("Köln".as_bytes().get(..2).unwrap()).0, Encoding::Utf8);
    }
}
