//! What must never enter a shared dictionary: identities and free text about a person.

/// Whether values of a trait or property of this name point at a person or are somebody's own words. Their texts are kept
/// beside their rows, so that forgetting a row forgets the text.
#[must_use]
pub fn is_private(name: &str) -> bool {
    let folded: String = name
        .rsplit('.')
        .next()
        .unwrap_or(name)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    const EXACT: [&str; 21] = [
        "name",
        "firstname",
        "lastname",
        "fullname",
        "username",
        "surname",
        "givenname",
        "familyname",
        "street",
        "ip",
        "query",
        "search",
        "searchterm",
        "comment",
        "comments",
        "message",
        "note",
        "notes",
        "feedback",
        "answer",
        "userid",
    ];
    const PART: [&str; 6] = ["email", "phone", "address", "birth", "anonymousid", "freetext"];
    EXACT.contains(&folded.as_str())
        || PART.iter().any(|part| folded.contains(part))
        || name.starts_with("address.")
}

#[cfg(test)]
mod tests {
    use super::is_private;

    #[test]
    fn people_and_their_words_are_private() {
        for name in [
            "email",
            "E-Mail",
            "first_name",
            "firstName",
            "billing.phone",
            "address.city",
            "query",
            "comment",
        ] {
            assert!(is_private(name), "{name}");
        }
        for name in ["country", "category", "product_id", "total", "coupon", "product_name"] {
            assert!(!is_private(name), "{name}");
        }
    }
}
