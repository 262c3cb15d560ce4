//! Numbers as shops and spreadsheets write them: decimal point or comma, thousands separated by either, a blank or an
//! apostrophe, a currency before or after. A whole column is read one way, because `1.234` alone can be two numbers.

use serde::{Deserialize, Serialize};

use crate::model::Decimal;
use crate::model::decimal::DecimalError;

/// Which sign separates the decimals in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecimalSign {
    /// `1,234.56`
    Point,
    /// `1.234,56`
    Comma,
}

/// Reads one number.
///
/// # Errors
/// The reason it is none.
pub fn parse(text: &str, sign: DecimalSign) -> Result<Decimal, DecimalError> {
    if sign == DecimalSign::Point {
        match Decimal::parse(text.as_bytes()) {
            Err(DecimalError::NotANumber) => {}
            read => return read,
        }
    }
    let (decimal, thousands) = match sign {
        DecimalSign::Point => ('.', ','),
        DecimalSign::Comma => (',', '.'),
    };
    let bare = without_currency(text);
    let (bare, negative) = match bare.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inside) => (without_currency(inside), true),
        None => (bare, false),
    };
    let mut plain = String::with_capacity(bare.len() + 1);
    if negative {
        plain.push('-');
    }
    let (whole, fraction) = match bare.split_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (bare, None),
    };
    push_whole(whole, thousands, &mut plain).ok_or(DecimalError::NotANumber)?;
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    Decimal::parse(plain.as_bytes())
}

/// The whole part without its separators; `None` when a group is not three digits long.
fn push_whole(whole: &str, thousands: char, plain: &mut String) -> Option<()> {
    let separator = |c: char| c == thousands || matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’');
    for (index, group) in whole.split(separator).enumerate() {
        if index > 0 && (group.len() != 3 || !group.bytes().all(|b| b.is_ascii_digit())) {
            return None;
        }
        plain.push_str(group);
    }
    Some(())
}

const SYMBOLS: [char; 9] = ['€', '$', '£', '¥', '₹', '₽', '₺', '₴', '¢'];

fn without_currency(text: &str) -> &str {
    let text = text.trim();
    let (sign_first, rest) = match text.strip_prefix('-') {
        Some(rest) if rest.starts_with(SYMBOLS) => (true, rest),
        _ => (false, text),
    };
    if sign_first {
        // `-€5` cannot be sliced out of the text, so only the symbol after the sign is tolerated at the end.
        return text;
    }
    let rest = rest.trim_start_matches(SYMBOLS).trim_end_matches(SYMBOLS).trim();
    let letters = |c: &char| c.is_ascii_uppercase();
    let code = |side: &str| side.len() >= 4 && side.chars().take(3).filter(letters).count() == 3;
    if code(rest) {
        return rest.get(3..).unwrap_or(rest).trim_start();
    }
    match rest.len().checked_sub(3).and_then(|at| rest.split_at_checked(at)) {
        Some((number, unit)) if !number.is_empty() && unit.bytes().all(|b| b.is_ascii_uppercase()) => {
            number.trim_end()
        }
        _ => rest,
    }
}

/// What a column's values say about its decimal sign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignEvidence {
    point: u64,
    comma: u64,
    /// Values such as `1,234` that could be either, by their separator.
    unclear_comma: u64,
    unclear_point: u64,
    numbers: u64,
    too_fine: u64,
    others: u64,
}

impl SignEvidence {
    /// Takes one more value into account.
    pub fn see(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let (as_point, as_comma) = (readable(text, DecimalSign::Point), readable(text, DecimalSign::Comma));
        match (as_point, as_comma) {
            (false, false) => self.others += 1,
            (true, false) => self.point += 1,
            (false, true) => self.comma += 1,
            (true, true) if text.contains(',') => self.unclear_comma += 1,
            (true, true) if text.contains('.') => self.unclear_point += 1,
            (true, true) => {}
        }
        self.numbers += u64::from(as_point || as_comma);
        let fine = |sign| parse(text, sign) == Err(DecimalError::TooFine);
        self.too_fine += u64::from(fine(DecimalSign::Point) || fine(DecimalSign::Comma));
    }

    /// Whether the values are numbers, a typing error in a hundred aside.
    #[must_use]
    pub fn are_numbers(&self) -> bool {
        self.numbers > 0 && self.others * 100 <= self.numbers
    }

    /// Whether most values have more decimals than a decimal holds: coordinates and scores, not amounts.
    #[must_use]
    pub fn are_too_fine(&self) -> bool {
        self.too_fine * 2 > self.numbers
    }

    /// Whether values were seen and none of them is a number.
    #[must_use]
    pub fn no_numbers(&self) -> bool {
        self.numbers == 0 && self.others > 0
    }

    /// The column's decimal sign; `None` when its values could be read both ways.
    #[must_use]
    pub fn sign(&self) -> Option<DecimalSign> {
        if self.comma > self.point {
            return Some(DecimalSign::Comma);
        }
        if self.point > 0 || self.unclear_comma == 0 {
            return Some(DecimalSign::Point);
        }
        None
    }

    /// Whether only values such as `1.234` spoke for the point.
    #[must_use]
    pub fn only_unclear_points(&self) -> bool {
        self.unclear_point > 0 && self.point == 0 && self.comma == 0
    }
}

fn readable(text: &str, sign: DecimalSign) -> bool {
    !matches!(parse(text, sign), Err(DecimalError::NotANumber)) && leading_zero_fits(text, sign)
}

/// `0.125` and `0,125` are never thousands.
fn leading_zero_fits(text: &str, sign: DecimalSign) -> bool {
    let thousands = match sign {
        DecimalSign::Point => ',',
        DecimalSign::Comma => '.',
    };
    !text.trim_start_matches(['-', '+']).strip_prefix('0').is_some_and(|rest| rest.starts_with(thousands))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_many_countries_read_exactly() {
        use DecimalSign::{Comma, Point};
        let cases: [(&str, DecimalSign, Result<&str, DecimalError>); 24] = [
            ("12.5", Point, Ok("12.5")),
            ("-0.001", Point, Ok("-0.001")),
            ("1,234.56", Point, Ok("1234.56")),
            ("1,234,567", Point, Ok("1234567")),
            ("$1,234.50", Point, Ok("1234.5")),
            ("12.50 EUR", Point, Ok("12.5")),
            ("USD 12.50", Point, Ok("12.5")),
            ("1'234.50", Point, Ok("1234.5")),
            ("(12.50)", Point, Ok("-12.5")),
            ("1.234,56", Comma, Ok("1234.56")),
            ("1.234,56 €", Comma, Ok("1234.56")),
            ("€ 12,5", Comma, Ok("12.5")),
            ("1 234,56", Comma, Ok("1234.56")),
            ("1\u{a0}234,56", Comma, Ok("1234.56")),
            ("0,05", Comma, Ok("0.05")),
            ("1.234", Comma, Ok("1234")),
            ("1,234", Comma, Ok("1.234")),
            ("12,34", Point, Err(DecimalError::NotANumber)),
            ("1.23456", Point, Err(DecimalError::TooFine)),
            ("1,23456", Comma, Err(DecimalError::TooFine)),
            ("99999999999999999", Point, Err(DecimalError::TooLarge)),
            ("abc", Point, Err(DecimalError::NotANumber)),
            ("1.2.3", Point, Err(DecimalError::NotANumber)),
            ("", Point, Err(DecimalError::NotANumber)),
        ];
        for (text, sign, expected) in cases {
            assert_eq!(
                parse(text, sign).map(|d| d.to_string()),
                expected.map(str::to_owned),
                "{text} {sign:?}"
            );
        }
    }

    #[test]
    fn a_column_decides_its_sign_together() {
        let decide = |values: &[&str]| {
            let mut evidence = SignEvidence::default();
            values.iter().for_each(|value| evidence.see(value));
            evidence.sign()
        };
        assert_eq!(decide(&["1,234", "1,5"]), Some(DecimalSign::Comma));
        assert_eq!(decide(&["1,234", "1,234.5"]), Some(DecimalSign::Point));
        assert_eq!(decide(&["1.234,00"]), Some(DecimalSign::Comma));
        assert_eq!(decide(&["0,125"]), Some(DecimalSign::Comma));
        assert_eq!(decide(&["1.234"]), Some(DecimalSign::Point));
        assert_eq!(decide(&["12", "13"]), Some(DecimalSign::Point));
        assert_eq!(decide(&["1,234", "5,678"]), None);
    }
}
