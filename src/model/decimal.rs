//! Exact decimals: `i64` scaled by 10⁻⁴. Floats belong to statistics alone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An exact decimal with four places, ±922 trillion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Decimal(i64);

/// Why a text is no decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalError {
    /// Not of the form `-123.4567`.
    NotANumber,
    /// More than four decimal places that are not zero.
    TooFine,
    /// Beyond ±922,337,203,685,477.5807.
    TooLarge,
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "not a number",
            Self::TooFine => "more than four decimal places",
            Self::TooLarge => "beyond ±922,337,203,685,477.5807",
        })
    }
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(10_000);
    const SCALE: i64 = 10_000;

    /// From ten-thousandths.
    #[must_use]
    pub const fn from_scaled(scaled: i64) -> Self {
        Self(scaled)
    }

    /// In ten-thousandths.
    #[must_use]
    pub const fn scaled(self) -> i64 {
        self.0
    }

    /// From a whole number; `None` beyond the range.
    #[must_use]
    pub fn from_int(n: i64) -> Option<Self> {
        n.checked_mul(Self::SCALE).map(Self)
    }

    /// The nearest `f64`, for statistics only.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::SCALE as f64
    }

    /// The nearest decimal to a float that came from statistics or a simulation; `None` if it is not finite or out of range.
    #[must_use]
    pub fn from_f64(x: f64) -> Option<Self> {
        let scaled = (x * Self::SCALE as f64).round();
        (scaled.is_finite() && scaled.abs() < 9.2e18).then_some(Self(scaled as i64))
    }

    /// The sum; `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The product, rounded half away from zero; `None` on overflow.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let wide = i128::from(self.0) * i128::from(other.0);
        let half = i128::from(Self::SCALE / 2) * wide.signum();
        i64::try_from((wide + half) / i128::from(Self::SCALE)).ok().map(Self)
    }

    /// Reads `[+-]digits[.digits]`, on bytes because imports read millions of them.
    ///
    /// # Errors
    /// The reason it is no decimal.
    pub fn parse(text: &[u8]) -> Result<Self, DecimalError> {
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let (mut scaled, mut seen, mut places) = (0_i64, false, None::<u32>);
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    seen = true;
                    let digit = i64::from(byte - b'0');
                    match &mut places {
                        Some(4) if digit != 0 => return Err(DecimalError::TooFine),
                        Some(4) => continue,
                        Some(n) => *n += 1,
                        None => {}
                    }
                    scaled = scaled
                        .checked_mul(10)
                        .and_then(|s| s.checked_add(digit))
                        .ok_or(DecimalError::TooLarge)?;
                }
                b'.' if places.is_none() => places = Some(0),
                _ => return Err(DecimalError::NotANumber),
            }
        }
        if !seen {
            return Err(DecimalError::NotANumber);
        }
        let scaled = scaled.checked_mul(10_i64.pow(4 - places.unwrap_or(0))).ok_or(DecimalError::TooLarge)?;
        Ok(Self(if negative { -scaled } else { scaled }))
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        Self::parse(text.trim().as_bytes())
    }
}

impl fmt::Display for Decimal {
    /// Without trailing zeros: `12.5`, `-0.001`, `300`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) = (magnitude / 10_000, magnitude % 10_000);
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction == 0 {
            return f.pad(&format!("{sign}{whole}"));
        }
        let digits = format!("{fraction:04}");
        f.pad(&format!("{sign}{whole}.{}", digits.trim_end_matches('0')))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % Self::SCALE == 0 {
            serializer.serialize_i64(self.0 / Self::SCALE)
        } else {
            serializer.serialize_f64(self.to_f64())
        }
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl serde::de::Visitor<'_> for Reader {
            type Value = Decimal;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number with at most four decimal places")
            }
            fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Decimal, E> {
                Decimal::from_int(n).ok_or_else(|| E::custom(DecimalError::TooLarge))
            }
            fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Decimal, E> {
                i64::try_from(n)
                    .ok()
                    .and_then(Decimal::from_int)
                    .ok_or_else(|| E::custom(DecimalError::TooLarge))
            }
            fn visit_f64<E: serde::de::Error>(self, x: f64) -> Result<Decimal, E> {
                // The shortest text of a float is what the author wrote, so it decides exactness.
                x.to_string().parse().map_err(E::custom)
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Decimal, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// An amount in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The amount in the currency's major unit.
    pub amount: Decimal,
    /// ISO 4217 code in upper case.
    pub currency: Currency,
}

/// An ISO 4217 code: three upper-case ASCII letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The code of a text such as `eur`; `None` unless it is three ASCII letters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let bytes: [u8; 3] = text.trim().as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_alphabetic).then(|| Self(bytes.map(|b| b.to_ascii_uppercase())))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| serde::de::Error::custom("a currency is three letters, such as EUR"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges() {
        assert_eq!(Decimal::parse(b"0.001").unwrap().scaled(), 10);
        assert_eq!(Decimal::parse(b"12.50000").unwrap().to_string(), "12.5");
        assert_eq!(Decimal::parse(b"1.00001"), Err(DecimalError::TooFine));
        assert_eq!(Decimal::parse(b"922337203685477.5808"), Err(DecimalError::TooLarge));
        assert_eq!(Decimal::parse(b"1.2.3"), Err(DecimalError::NotANumber));
        assert_eq!(Decimal::parse(b"."), Err(DecimalError::NotANumber));
        assert_eq!(Decimal::parse(b""), Err(DecimalError::NotANumber));
        assert_eq!(Decimal::parse(b"-3").unwrap().to_string(), "-3");
    }

    proptest! {
        #[test]
        fn text_round_trips(scaled in any::<i64>()) {
            prop_assume!(scaled != i64::MIN);
            let decimal = Decimal::from_scaled(scaled);
            prop_assert_eq!(decimal.to_string().parse::<Decimal>().unwrap(), decimal);
        }

        #[test]
        fn any_bytes_answer(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Decimal::parse(&bytes);
        }
    }
}
