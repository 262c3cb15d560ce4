//! Which zone a person lives in, as far as their country says it.

use jiff::tz::TimeZone;

/// Countries of one zone, by ISO code and English name. A country of several zones is left out on purpose: what is
/// allowed in all of them is for the policy to say, not for a guess.
const ONE_ZONE: [(&str, &str, &str); 44] = [
    ("AE", "United Arab Emirates", "Asia/Dubai"),
    ("AT", "Austria", "Europe/Vienna"),
    ("BE", "Belgium", "Europe/Brussels"),
    ("BG", "Bulgaria", "Europe/Sofia"),
    ("CH", "Switzerland", "Europe/Zurich"),
    ("CN", "China", "Asia/Shanghai"),
    ("CY", "Cyprus", "Asia/Nicosia"),
    ("CZ", "Czechia", "Europe/Prague"),
    ("DE", "Germany", "Europe/Berlin"),
    ("DK", "Denmark", "Europe/Copenhagen"),
    ("EE", "Estonia", "Europe/Tallinn"),
    ("FI", "Finland", "Europe/Helsinki"),
    ("FR", "France", "Europe/Paris"),
    ("GB", "United Kingdom", "Europe/London"),
    ("GR", "Greece", "Europe/Athens"),
    ("HK", "Hong Kong", "Asia/Hong_Kong"),
    ("HR", "Croatia", "Europe/Zagreb"),
    ("HU", "Hungary", "Europe/Budapest"),
    ("IE", "Ireland", "Europe/Dublin"),
    ("IL", "Israel", "Asia/Jerusalem"),
    ("IN", "India", "Asia/Kolkata"),
    ("IS", "Iceland", "Atlantic/Reykjavik"),
    ("IT", "Italy", "Europe/Rome"),
    ("JP", "Japan", "Asia/Tokyo"),
    ("KR", "South Korea", "Asia/Seoul"),
    ("LI", "Liechtenstein", "Europe/Vaduz"),
    ("LT", "Lithuania", "Europe/Vilnius"),
    ("LU", "Luxembourg", "Europe/Luxembourg"),
    ("LV", "Latvia", "Europe/Riga"),
    ("MC", "Monaco", "Europe/Monaco"),
    ("MT", "Malta", "Europe/Malta"),
    ("NL", "Netherlands", "Europe/Amsterdam"),
    ("NO", "Norway", "Europe/Oslo"),
    ("PL", "Poland", "Europe/Warsaw"),
    ("RO", "Romania", "Europe/Bucharest"),
    ("RS", "Serbia", "Europe/Belgrade"),
    ("SA", "Saudi Arabia", "Asia/Riyadh"),
    ("SE", "Sweden", "Europe/Stockholm"),
    ("SG", "Singapore", "Asia/Singapore"),
    ("SI", "Slovenia", "Europe/Ljubljana"),
    ("SK", "Slovakia", "Europe/Bratislava"),
    ("TR", "Türkiye", "Europe/Istanbul"),
    ("UA", "Ukraine", "Europe/Kyiv"),
    ("ZA", "South Africa", "Africa/Johannesburg"),
];

/// A person's zone and where it came from: their own (`profile`), else their country's if it has one zone (`country`),
/// else UTC (`default`). A zone nobody knows counts as not said.
#[must_use]
pub fn of(own: Option<&str>, country: Option<&str>) -> (TimeZone, &'static str) {
    let named = own.and_then(|name| TimeZone::get(name.trim()).ok()).map(|zone| (zone, "profile"));
    let by_country = || {
        let country = country?.trim();
        let (_, _, zone) = ONE_ZONE.into_iter().find(|(code, name, _)| {
            country.eq_ignore_ascii_case(code) || country.eq_ignore_ascii_case(name)
        })?;
        TimeZone::get(zone).ok().map(|zone| (zone, "country"))
    };
    named.or_else(by_country).unwrap_or((TimeZone::UTC, "default"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_of_the_table_exists_and_codes_ascend() {
        assert!(ONE_ZONE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (code, name, zone) in ONE_ZONE {
            for country in [code, name] {
                let (found, from) = of(None, Some(country));
                assert_eq!((found.iana_name(), from), (Some(zone), "country"), "{country}");
            }
        }
    }

    #[test]
    fn the_profiles_own_zone_goes_first_and_several_zones_fall_back() {
        let said = |own, country| {
            let (zone, from) = of(own, country);
            (zone.iana_name().unwrap_or("UTC").to_owned(), from)
        };
        assert_eq!(said(Some("America/New_York"), Some("DE")), ("America/New_York".to_owned(), "profile"));
        assert_eq!(said(Some("Atlantis/Centre"), Some(" de ")), ("Europe/Berlin".to_owned(), "country"));
        assert_eq!(said(None, Some("US")), ("UTC".to_owned(), "default"));
        assert_eq!(said(None, None), ("UTC".to_owned(), "default"));
    }
}
