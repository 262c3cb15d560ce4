//! The words of the language, by where they may stand. Whether one may stand at a certain place the parser says.

use crate::model::ValueType;

/// What a clause about a person begins with.
pub(super) const CLAUSES: &[&str] = &[
    "not",
    "(",
    "did(",
    "sum(",
    "min(",
    "max(",
    "average(",
    "distinct(",
    "first(",
    "last(",
    "most frequent(",
    "lifecycle",
    "intent",
    "season",
    "in segment",
    "in list",
    "in journey",
    "in experiment",
    "entered journey",
    "left journey",
    "consent(",
    "suppressed(",
    "received(",
    "opened(",
    "clicked(",
    "answered(",
    "last session(",
    "any session(",
    "sessions(",
    "quartile(",
    "quintile(",
    "decile(",
    "percentile(",
    "has been",
    "bucket(",
    "everyone",
];

/// What a condition on an event begins with.
pub(super) const IN_FILTER: &[&str] = &["not", "channel", "any item where"];

/// Comparisons alone, where no other test makes sense.
pub(super) const COMPARISONS: &[&str] = &["=", "!=", ">=", "<=", ">", "<", "in (", "not in ("];

/// What may follow a clause, or stand inside one where no name and no value may.
pub(super) const ONWARD: &[&str] = &[
    "and",
    "or",
    ")",
    "where",
    "then",
    "without",
    "taking at most",
    "all within",
    "ignoring case",
    "within",
    "within next",
    "between",
    "more than",
    "since",
    "before",
    "after",
    "today",
    "yesterday",
    "this month",
    "last month",
    "for",
    "at",
    "variant",
    "any event",
    "ago",
    "ahead",
    "percent",
    "email",
    "sms",
    "push",
    "web",
    "app",
    "ad",
    "survey",
    "store",
    "phone",
    "marketing",
    "service",
    "onsite",
    "ads",
    "granted",
    "denied",
    "revoked",
    "pending",
    "unknown",
    "unsubscribed",
    "bounced",
    "complained",
    "manual",
    "erased",
    "true",
    "false",
];

/// The tests that fit a type, as they are written, the commonest first; every test where the type is not known.
#[must_use]
pub fn operators(kind: Option<ValueType>) -> &'static [&'static str] {
    match kind {
        Some(ValueType::Flag) => &["=", "!=", "missing", "present"],
        Some(ValueType::Number) => {
            &["=", "!=", ">=", "<=", ">", "<", "between", "in (", "not in (", "missing", "present"]
        }
        Some(ValueType::Time) => &[
            "within",
            "before",
            "after",
            "since",
            "between",
            "more than",
            "within next",
            "today",
            "this month",
            "last month",
            "missing",
            "present",
        ],
        Some(ValueType::List) => {
            &["contains", "contains any (", "contains all (", "in (", "size", "empty", "missing", "present"]
        }
        Some(ValueType::Text) => &[
            "=",
            "!=",
            "in (",
            "not in (",
            "contains",
            "starts with",
            "ends with",
            "matches",
            "size",
            "empty",
            "missing",
            "present",
        ],
        None => &[
            "=",
            "!=",
            ">=",
            "<=",
            ">",
            "<",
            "in (",
            "not in (",
            "between",
            "contains",
            "starts with",
            "ends with",
            "matches",
            "within",
            "empty",
            "missing",
            "present",
        ],
    }
}
