//! JSON written straight into a chunk's text.

use crate::model::{Decimal, Time};

/// Appends a JSON string. Cells rarely need escaping, so the common case is one copy.
#[inline]
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    if text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
        out.push_str(text);
    } else {
        push_escaped(out, text);
    }
    out.push('"');
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
}

/// Appends a decimal as a JSON number without trailing zeros.
#[inline]
pub(crate) fn push_decimal(out: &mut String, number: Decimal) {
    let scaled = number.scaled();
    if scaled < 0 {
        out.push('-');
    }
    let magnitude = scaled.unsigned_abs();
    push_integer(out, magnitude / 10_000);
    let fraction = magnitude % 10_000;
    if fraction == 0 {
        return;
    }
    out.push('.');
    let (mut rest, mut place) = (fraction, 1_000);
    while rest > 0 {
        out.push(char::from(b'0' + (rest / place) as u8));
        rest %= place;
        place /= 10;
    }
}

#[inline]
pub(crate) fn push_integer(out: &mut String, mut n: u64) {
    let mut digits = [b'0'; 20];
    let mut length = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (n % 10) as u8;
        n /= 10;
        length += 1;
        if n == 0 {
            break;
        }
    }
    out.push_str(std::str::from_utf8(digits.get(20 - length..).unwrap_or_default()).unwrap_or("0"));
}

/// Appends a moment as a JSON string.
pub(crate) fn push_time(out: &mut String, time: Time) {
    out.push('"');
    out.push_str(&time.to_string());
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn strings_read_back(text in any::<String>()) {
            let mut out = String::new();
            push_string(&mut out, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }

        #[test]
        fn decimals_equal_their_display(scaled in any::<i64>()) {
            let mut out = String::new();
            push_decimal(&mut out, Decimal::from_scaled(scaled));
            prop_assert_eq!(out, Decimal::from_scaled(scaled).to_string());
        }
    }
}
