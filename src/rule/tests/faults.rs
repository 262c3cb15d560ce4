//! What is refused, word for word.

use crate::model::{Decimal, ValueType};
use crate::rule::{Catalog, Known, Noun, OpenCatalog, Resolved, compile, render};

/// A small shop.
struct Shop;

impl Catalog for Shop {
    fn attribute(&self, name: &str) -> Known {
        match name {
            "country" => Known::Typed(ValueType::Text),
            "age" => Known::Typed(ValueType::Number),
            "vip" => Known::Typed(ValueType::Flag),
            "signed_up" => Known::Typed(ValueType::Time),
            "tags" => Known::Typed(ValueType::List),
            _ => Known::No,
        }
    }
    fn event(&self, name: &str) -> bool {
        name == "Order Completed"
    }
    fn property(&self, _event: &str, name: &str) -> Known {
        match name {
            "total" => Known::Typed(ValueType::Number),
            "coupon" | "currency" => Known::Typed(ValueType::Text),
            _ => Known::No,
        }
    }
    fn item_property(&self, _event: &str, name: &str) -> Known {
        if name == "category" { Known::Typed(ValueType::Text) } else { Known::No }
    }
    fn segment(&self, name: &str) -> Resolved {
        match name {
            "VIP" => Resolved::List,
            "Broken" => Resolved::Faulty("it refers to itself".to_owned()),
            _ => Resolved::Unknown,
        }
    }
    fn list(&self, name: &str) -> bool {
        name == "Staff"
    }
    fn stage(&self, name: &str) -> bool {
        name == "loyal"
    }
    fn intent(&self, name: &str) -> bool {
        name == "exploring"
    }
    fn names(&self, noun: Noun<'_>) -> Vec<String> {
        let names: &[&str] = match noun {
            Noun::Trait => &["country", "age", "vip", "signed_up", "tags"],
            Noun::Event => &["Order Completed"],
            Noun::Property(_) => &["total", "coupon", "currency"],
            Noun::ItemProperty(_) => &["category"],
            Noun::Segment => &["VIP", "Broken"],
            Noun::List => &["Staff"],
            Noun::Stage => &["loyal"],
            Noun::Intent => &["exploring"],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }
    fn currencies(&self, _event: &str) -> Vec<String> {
        ["EUR", "USD"].map(str::to_owned).to_vec()
    }
}

/// Rule, code of the first fault, its message, its help.
const SPELLING: &[(&str, &str, &str, &str)] = &[
    ("", "empty-rule", "the rule is empty", "write a condition such as country = \"DE\", or everyone"),
    ("a = 1 && b = 2", "other-language", "`&&` is written `and` here", "write `and`"),
    ("a = 1 || b = 2", "other-language", "`||` is written `or` here", "write `or`"),
    ("a == 1", "other-language", "`==` is written `=` here", "write `=`"),
    ("a <> 1", "other-language", "`<>` is written `!=` here", "write `!=`"),
    ("!a = 1", "other-language", "`!` is written `not` here", "write `not`"),
    ("a ≥ 1", "other-language", "`≥` is written `>=` here", "write `>=`"),
    ("a = 'x'", "wrong-quote", "text is written in straight double quotes", "write \"x\""),
    ("a = “x”", "wrong-quote", "text is written in straight double quotes", "write \"x\""),
    ("a = \"x", "open-quote", "this quote is never closed", "put a `\"` at the end of the text"),
    ("`a = 1", "open-quote", "this backquote is never closed", "put a backquote at the end of the name"),
    ("a = 1 ; b = 2", "stray-character", "`;` means nothing here", "take it out, or put text in quotes"),
    (
        "a = 1.00001",
        "bad-number",
        "`1.00001` is more than four decimal places",
        "numbers have up to four decimal places",
    ),
    (
        "a = 12x",
        "bad-number",
        "`12x` is no number, length of time or date",
        "write 30, 12.50, 30d, 12h, 2026-01-31 or 2026-01-31T14:20:00Z",
    ),
    ("a = DE", "unquoted", "text is put in quotes", "write \"DE\""),
    ("a = null", "unquoted", "text is put in quotes", "write `missing` or `present` instead of a comparison"),
    (
        "a = 30d",
        "length-as-value",
        "a length of time is no value",
        "for a time, write within 30d or between 60d and 30d ago",
    ),
    (
        "a =",
        "no-value",
        "a value is expected and the end of the rule was found",
        "write text in quotes, a number, true, false or a date",
    ),
    (
        "a",
        "missing-comparison",
        "a comparison is expected and the end of the rule was found",
        "there are = != < <= > >=, in (…), not in (…), contains, starts with, ends with, missing, present",
    ),
    (
        "a contain \"x\"",
        "missing-comparison",
        "a comparison is expected and `contain` was found",
        "did you mean `contains`?",
    ),
    ("a starts \"x\"", "missing-with", "`starts` is followed by `with`", "write starts with \"…\""),
    (
        "a in \"x\"",
        "unexpected",
        "`(` and the values is expected and \"x\" was found",
        "write in (\"DE\", \"AT\")",
    ),
    (
        "a in (\"x\" \"y\")",
        "unexpected",
        "`,` or `)` is expected and \"y\" was found",
        "write in (\"DE\", \"AT\")",
    ),
    (
        "a = 1 b = 2",
        "missing-and",
        "`b` follows without `and` or `or`",
        "put `and` or `or` between conditions",
    ),
    (
        "did(\"X\") witin 30d",
        "missing-and",
        "`witin` follows without `and` or `or`",
        "did you mean `within`?",
    ),
    (
        "last(\"X\") witin 30d",
        "missing-window",
        "a window is expected and `witin` was found",
        "did you mean `within`?",
    ),
    (
        "a since 31.02.2026",
        "bad-date",
        "`31.02.2026` does not exist: February 2026 has 28 days",
        "write 2026-02-28, its last day",
    ),
    (
        "did(\"X\") since \"2026-02-30\"",
        "bad-date",
        "`2026-02-30` does not exist: February 2026 has 28 days",
        "write 2026-02-28, its last day",
    ),
    (
        "a >= 31.01.2026",
        "bad-date",
        "`31.01.2026` is no date as written here",
        "write 2026-01-31, the year first",
    ),
    (
        "sum(\"Order Completed\", total) > 100",
        "comma-after-event",
        "an event's property follows a dot, not a comma",
        "write sum(\"Order Completed\".total)",
    ),
    (
        "average(\"Order Completed\", \"net total\") > 100",
        "comma-after-event",
        "an event's property follows a dot, not a comma",
        "write average(\"Order Completed\".`net total`)",
    ),
    (
        "did(\"Order Completed\", total > 100)",
        "comma-after-event",
        "what an event must be like follows `where`, not a comma",
        "write did(\"Order Completed\" where total = …)",
    ),
    ("(a = 1", "open-parenthesis", "this parenthesis is never closed", "put a `)`"),
    ("a = 1)", "stray-parenthesis", "this parenthesis closes nothing", "take it out"),
    (
        "and a = 1",
        "no-condition",
        "a condition is expected and `and` was found",
        "write one such as country = \"DE\" or did(\"Order Completed\") within 30d",
    ),
    (
        "in \"VIP\"",
        "in-what",
        "`in` is followed by `segment` or `list`",
        "write in segment \"VIP\" or in list \"VIP\"",
    ),
    ("in segment VIP", "unquoted", "a segment's name is put in quotes", "write \"VIP\""),
    ("did(Order Completed)", "unquoted", "an event's name is put in quotes", "write \"Order Completed\""),
    ("did \"X\"", "missing-parenthesis", "`did` is followed by an event in parentheses", "write did(\"X\")"),
    (
        "did(\"X\" category = 1)",
        "unexpected",
        "`where` or `)` is expected and `category` was found",
        "write did(\"Product Viewed\" where category = \"shoes\")",
    ),
    (
        "did(\"X\".total)",
        "no-property-here",
        "`did` counts events and takes no property",
        "write sum(\"Order Completed\".total) >= 100, or did(\"Order Completed\" where total >= 100)",
    ),
    (
        "did(\"X\" where any item category = 1)",
        "missing-where",
        "`any item` is followed by `where`",
        "write any item where category = \"shoes\"",
    ),
    (
        "did(\"X\" where channel = fax)",
        "unknown-channel",
        "`fax` is no channel",
        "there are web, app, email, sms, push, ad, survey, store, phone, unknown",
    ),
    (
        "did(\"X\") >= \"2\"",
        "no-number",
        "a count is expected and \"2\" was found",
        "write a number such as 2",
    ),
    ("did(\"X\") within 30", "no-unit", "a length of time needs a unit", "write 30d, 30h, 30m or 30w"),
    (
        "did(\"X\") within",
        "no-length",
        "a length of time is expected and the end of the rule was found",
        "write 30d, 12h, 90m or 2w",
    ),
    (
        "did(\"X\") between 30d and 60d ago",
        "between-order",
        "the longer time comes first, or nothing lies between",
        "write between 60d and 30d ago",
    ),
    (
        "did(\"X\") between 60d and 30d",
        "between-what",
        "`between` ends with `ago`",
        "write between 60d and 30d ago",
    ),
    (
        "did(\"X\") since yesterday",
        "no-date",
        "a date is expected and `yesterday` was found",
        "write 2026-01-31",
    ),
    (
        "did(\"X\") after 2026-01-31",
        "after-what",
        "`after` leaves open whether that day counts",
        "write since 2026-01-31, which includes it, or since the next day",
    ),
    (
        "a after 2026-01-31",
        "after-what",
        "`after` leaves open whether that day counts",
        "write since 2026-01-31, which includes it, or since the next day",
    ),
    (
        "sum(\"X\") > 3",
        "missing-property",
        "`sum` needs a property of the event",
        "write sum(\"X\".total) >= 100",
    ),
    (
        "sum(\"X\".total)",
        "missing-comparison",
        "a comparison is expected and the end of the rule was found",
        "compare the sum with a number, such as >= 100",
    ),
    (
        "last(\"X\")",
        "missing-window",
        "a window is expected and the end of the rule was found",
        "say when, such as last(\"X\") within 30d",
    ),
    ("count(\"X\") > 3", "unknown-function", "there is no `count(…)`", "write did(\"Order Completed\") >= 2"),
    ("dit(\"X\")", "unknown-function", "there is no `dit(…)`", "did you mean `did`?"),
    (
        "consent(fax, marketing) = granted",
        "unknown-channel",
        "`fax` is no channel",
        "there are web, app, email, sms, push, ad, survey, store, phone, unknown",
    ),
    (
        "consent(email, marketting) = granted",
        "unknown-word",
        "`marketting` is no purpose",
        "did you mean `marketing`?",
    ),
    (
        "consent(email) = granted",
        "unexpected",
        "`,` and a purpose is expected and `)` was found",
        "write consent(email, marketing) = granted",
    ),
    (
        "consent(email, marketing)",
        "missing-comparison",
        "a comparison is expected and the end of the rule was found",
        "write = revoked, != revoked or in (revoked, …)",
    ),
    ("consent(email, marketing) > granted", "no-order", "a consent state has no order", "write = or !="),
];

const MEANING: &[(&str, &str, &str, &str)] = &[
    ("contry = \"DE\"", "unknown-trait", "trait `contry` is not known here", "did you mean `country`?"),
    ("zzz = 1", "unknown-trait", "trait `zzz` is not known here", ""),
    (
        "did(\"Order Complete\")",
        "unknown-event",
        "event \"Order Complete\" is not known here",
        "did you mean `Order Completed`?",
    ),
    (
        "did(\"Order Completed\" where totl = 3)",
        "unknown-property",
        "property `totl` is not known for \"Order Completed\"",
        "did you mean `total`?",
    ),
    (
        "did(\"Order Completed\" where any item where total = 3)",
        "unknown-property",
        "item property `total` is not known for \"Order Completed\"",
        "",
    ),
    (
        "did(\"Order Completed\" where any item where any item where category = \"a\")",
        "nested-item",
        "an item has no items of its own",
        "",
    ),
    (
        "did(\"Order Completed\" where any item where channel = web)",
        "item-channel",
        "an item has no channel of its own",
        "ask for the channel outside `any item`",
    ),
    ("in segment \"VIPs\"", "unknown-segment", "segment \"VIPs\" is not known here", "did you mean `VIP`?"),
    ("in segment \"Broken\"", "faulty-segment", "segment \"Broken\" cannot be used: it refers to itself", ""),
    ("in list \"Staf\"", "unknown-list", "list \"Staf\" is not known here", "did you mean `Staff`?"),
    (
        "lifecycle = \"loyl\"",
        "unknown-stage",
        "lifecycle stage \"loyl\" is not known here",
        "did you mean `loyal`?",
    ),
    ("intent in (\"exploring\", \"buying\")", "unknown-intent", "intent \"buying\" is not known here", ""),
    ("country = 49", "type-mismatch", "`country` is a text and is compared with a number", "write \"49\""),
    (
        "country = 2026-01-31",
        "type-mismatch",
        "`country` is a text and is compared with a time",
        "write \"2026-01-31\"",
    ),
    (
        "age > \"30\"",
        "type-mismatch",
        "`age` is a number and is compared with a text",
        "write 30 without quotes",
    ),
    (
        "age in (1, \"old\")",
        "type-mismatch",
        "`age` is a number and is compared with a text",
        "write a number",
    ),
    ("vip = 1", "type-mismatch", "`vip` is a flag and is compared with a number", "write true or false"),
    ("vip > false", "no-order", "`vip` is true or false and has no order", "write = or !="),
    (
        "signed_up > \"soon\"",
        "type-mismatch",
        "`signed_up` is a time and is compared with a text",
        "write a date such as 2026-01-31 instead of \"soon\"",
    ),
    (
        "signed_up > \"31.02.2026\"",
        "bad-date",
        "`31.02.2026` does not exist: February 2026 has 28 days",
        "write 2026-02-28, its last day",
    ),
    (
        "signed_up = 3",
        "type-mismatch",
        "`signed_up` is a time and is compared with a number",
        "write a date such as 2026-01-31",
    ),
    ("age within 30d", "not-a-time", "`age` is a number, not a time", ""),
    ("age contains \"3\"", "not-text", "`contains` is for text and `age` is a number", ""),
    ("country starts with 4", "not-text", "`starts with` takes text", "write \"4\""),
    (
        "tags = \"vip\"",
        "list-compared",
        "`tags` is a list and has several values",
        "write tags contains \"…\"",
    ),
    ("did(\"Order Completed\") >= 1.5", "count-not-whole", "a count is a whole number and 1.5 is none", ""),
    (
        "distinct(\"Order Completed\".coupon) >= -1",
        "count-not-whole",
        "a count is a whole number and -1 is none",
        "",
    ),
    (
        "sum(\"Order Completed\".coupon) >= 1",
        "not-a-number",
        "`coupon` is a text and has no sum",
        "use distinct, first or last with it",
    ),
    (
        "sum(\"Order Completed\".total) >= 1",
        "mixed-currencies",
        "the amounts are in EUR and USD, which do not add up",
        "choose one: sum(\"Order Completed\".total where currency = \"EUR\")",
    ),
];

#[test]
fn spelling_is_answered_word_for_word() {
    for (rule, code, message, help) in SPELLING {
        let faults = compile(rule, &OpenCatalog).unwrap_err();
        let first = &faults[0];
        assert_eq!(
            (first.code, first.message.as_str(), first.help.as_deref()),
            (*code, *message, Some(*help)),
            "{rule}"
        );
    }
}

#[test]
fn meaning_is_answered_word_for_word() {
    for (rule, code, message, help) in MEANING {
        let faults = compile(rule, &Shop).unwrap_err();
        let first = &faults[0];
        let help = (!help.is_empty()).then_some(*help);
        assert_eq!(
            (first.code, first.message.as_str(), first.help.as_deref()),
            (*code, *message, help),
            "{rule}"
        );
    }
}

#[test]
fn what_the_shop_knows_is_accepted() {
    for rule in [
        "country = \"DE\" and age > 30 and vip = true and signed_up > \"2026-01-31\" and tags contains \"vip\"",
        "sum(\"Order Completed\".total where currency = \"EUR\") >= 1 and in segment \"VIP\" and in list \"Staff\"",
        "last(\"Order Completed\".coupon) = \"A\" and did(\"Order Completed\" where any item where category = \"a\")",
    ] {
        assert!(compile(rule, &Shop).is_ok(), "{rule}");
    }
    assert_eq!(Decimal::ONE.to_string(), "1");
}

#[test]
fn several_faults_come_at_once_in_the_order_of_the_text() {
    let rule = "country == DE and\n  did(\"Order Completed\") within 30 and (age > or vip = true)";
    let faults = compile(rule, &Shop).unwrap_err();
    let lines = [
        "1:9: `==` is written `=` here",
        "  country == DE and",
        "          ^^",
        "  help: write `=`",
        "1:12: text is put in quotes",
        "  country == DE and",
        "             ^^",
        "  help: write \"DE\"",
        "2:33: a length of time needs a unit",
        "    did(\"Order Completed\") within 30 and (age > or vip = true)",
        "                                  ^^",
        "  help: write 30d, 30h, 30m or 30w",
        "2:47: a value is expected and `or` was found",
        "    did(\"Order Completed\") within 30 and (age > or vip = true)",
        "                                                ^^",
        "  help: write text in quotes, a number, true, false or a date",
        "",
    ];
    assert_eq!(render(rule, &faults), lines.join("\n"));
}
