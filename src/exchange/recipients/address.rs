//! Addresses in the form ad platforms compare by hash.
//!
//! E-mail: trimmed and in lower case (Meta, LinkedIn, TikTok and Google alike); Google also takes the dots out of the part
//! before the `@` of gmail.com and googlemail.com. Telephone: E.164, which Google hashes with its `+` and Meta without.
//! Each is then SHA-256 in lower-case hexadecimal.

use crate::model::definition::ContentHash;

/// Country, calling code, and what is dialled in front of a number within the country.
type Calling = (&'static str, &'static str, &'static str);

/// The countries whose national numbers can be read. Italy keeps its leading zero; countries without a prefix have none.
const CALLING: [Calling; 40] = [
    ("AT", "43", "0"),
    ("AU", "61", "0"),
    ("BE", "32", "0"),
    ("BG", "359", "0"),
    ("BR", "55", "0"),
    ("CA", "1", "1"),
    ("CH", "41", "0"),
    ("CY", "357", ""),
    ("CZ", "420", ""),
    ("DE", "49", "0"),
    ("DK", "45", ""),
    ("EE", "372", ""),
    ("ES", "34", ""),
    ("FI", "358", "0"),
    ("FR", "33", "0"),
    ("GB", "44", "0"),
    ("GR", "30", ""),
    ("HR", "385", "0"),
    ("HU", "36", "06"),
    ("IE", "353", "0"),
    ("IN", "91", "0"),
    ("IS", "354", ""),
    ("IT", "39", ""),
    ("JP", "81", "0"),
    ("LI", "423", ""),
    ("LU", "352", ""),
    ("LV", "371", ""),
    ("MT", "356", ""),
    ("NL", "31", "0"),
    ("NO", "47", ""),
    ("NZ", "64", "0"),
    ("PL", "48", ""),
    ("PT", "351", ""),
    ("RO", "40", "0"),
    ("SE", "46", "0"),
    ("SI", "386", "0"),
    ("SK", "421", "0"),
    ("TR", "90", "0"),
    ("UA", "380", "0"),
    ("US", "1", "1"),
];

/// An e-mail address trimmed and in lower case; none where it cannot be one.
#[must_use]
pub fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.split_once('@')?;
    let usable = !local.is_empty()
        && domain.contains('.')
        && !domain.contains('@')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    usable.then_some(text)
}

/// An e-mail address as Google compares it.
#[must_use]
pub fn email_for_google(text: &str) -> Option<String> {
    let address = email(text)?;
    let (local, domain) = address.split_once('@')?;
    if !matches!(domain, "gmail.com" | "googlemail.com") {
        return Some(address);
    }
    let local = local.replace('.', "");
    (!local.is_empty()).then(|| format!("{local}@{domain}"))
}

/// A telephone number in E.164 with its `+`. A number without a country code takes that of the country its owner lives
/// in; none where that is not known or the number cannot be one.
#[must_use]
pub fn phone(text: &str, country: Option<&str>) -> Option<String> {
    let text = text.trim().replace("(0)", "");
    if !text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '/' | '.' | '(' | ')' | '\u{a0}'))
    {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let international = if text.starts_with('+') {
        digits
    } else if let Some(rest) = digits.strip_prefix("00") {
        rest.to_owned()
    } else {
        let country = country?.trim().to_uppercase();
        let (_, code, prefix) = CALLING.iter().find(|(known, ..)| *known == country)?;
        let national = match digits.strip_prefix(prefix) {
            // Within North America the prefix is the calling code; a number of ten digits begins without it.
            Some(rest) if *code != "1" || digits.len() == 11 => rest,
            _ => digits.as_str(),
        };
        format!("{code}{national}")
    };
    let fits = (8..=15).contains(&international.len()) && !international.starts_with('0');
    fits.then(|| format!("+{international}"))
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn hashed(text: &str) -> String {
    ContentHash::of(text.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_mail_addresses_take_one_form() {
        assert_eq!(email("  Test@Example.com ").as_deref(), Some("test@example.com"));
        for wrong in ["", "a", "a@b", "@b.de", "a@b.de@c.de", "a b@c.de", "a@.de", "a@de."] {
            assert_eq!(email(wrong), None, "{wrong}");
        }
        assert_eq!(email_for_google("Jane.Doe@Gmail.com").as_deref(), Some("janedoe@gmail.com"));
        assert_eq!(email_for_google("jane.doe@example.com").as_deref(), Some("jane.doe@example.com"));
        assert_eq!(
            hashed("test@example.com"),
            "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
        );
    }

    #[test]
    fn telephone_numbers_become_e_164() {
        let cases = [
            ("+49 (0)170 123-4567", None, Some("+491701234567")),
            ("0049 170 1234567", None, Some("+491701234567")),
            ("0170/1234567", Some("de"), Some("+491701234567")),
            ("020 7031 3000", Some("GB"), Some("+442070313000")),
            ("(212) 565-0000", Some("US"), Some("+12125650000")),
            ("1-212-565-0000", Some("US"), Some("+12125650000")),
            ("06 1234 5678", Some("IT"), Some("+390612345678")),
            ("06 1 234 5678", Some("HU"), Some("+3612345678")),
            ("612 345 678", Some("ES"), Some("+34612345678")),
            ("0170 1234567", None, None),
            ("0170 1234567", Some("XX"), None),
            ("+49 170", None, None),
            ("n/a", Some("DE"), None),
            ("+1234567890123456", None, None),
        ];
        for (text, country, expected) in cases {
            assert_eq!(phone(text, country).as_deref(), expected, "{text}");
        }
        assert_eq!(
            hashed("+12125650000"),
            ContentHash::of(b"+12125650000").to_string(),
            "one hash for every file and address"
        );
    }
}
