//! What is written and how it prints.

use proptest::prelude::*;

use crate::rule::print::RESERVED;
use crate::rule::{parse, render};

/// Every form of the language: as somebody may write it, and its canonical text (empty: the same).
const FORMS: &[(&str, &str)] = &[
    ("everyone", ""),
    ("country = \"DE\"", ""),
    ("country != \"DE\"", ""),
    ("age < 30 and age <= 30.5 and age > -2 and age >= 0.0001", ""),
    ("vip = true or vip = FALSE", "vip = true or vip = false"),
    ("signed_up >= 2026-01-31", ""),
    ("signed_up < 2026-01-31T12:30:00Z", "signed_up < 2026-01-31T12:30:00.000Z"),
    ("signed_up within 30d", ""),
    ("signed_up between 60d and 30 days ago", "signed_up between 60d and 30d ago"),
    ("country in (\"DE\",\"AT\" )", "country in (\"DE\", \"AT\")"),
    ("country not in (\"DE\", \"AT\")", ""),
    ("tags contains \"vip\"", ""),
    ("email ends with \"@example.org\" and name starts with \"A\"", ""),
    ("country missing or country is present", "country missing or country present"),
    ("address.city = \"Köln\"", ""),
    ("`Favourite Colour` = \"red\"", ""),
    ("`country` = \"DE\"", "country = \"DE\""),
    ("`not` = 3", ""),
    ("first = \"Anne\"", "`first` = \"Anne\""),
    ("note = \"say \\\"hi\\\"\\n\\\\\"", ""),
    ("did(\"Order Completed\")", ""),
    ("did(\"Order Completed\") >= 1", "did(\"Order Completed\")"),
    ("did(\"Order Completed\") >= 2 times within 30 days", "did(\"Order Completed\") >= 2 within 30d"),
    ("not did(\"Email Opened\") within 2w", "not did(\"Email Opened\") within 14d"),
    ("did(\"X\") = 0 between 60d and 30d ago", ""),
    ("did(\"X\") since \"2026-01-01\"", "did(\"X\") since 2026-01-01"),
    ("did(\"X\") before 2026-01-01T10:00:00+02:00", "did(\"X\") before 2026-01-01T08:00:00.000Z"),
    ("did(\"Product Viewed\" where category = \"shoes\" and value > 10) >= 3 within 7d", ""),
    ("did(\"X\" where (a = 1 or b = 2) and not c = 3)", ""),
    ("did(\"X\" where channel in (web, \"App\"))", "did(\"X\" where channel in (\"web\", \"app\"))"),
    ("did(\"X\" where channel != email)", "did(\"X\" where channel != \"email\")"),
    ("did(\"Order Completed\" where any item where category = \"shoes\" and price > 10)", ""),
    ("did(\"Order Completed\" where (any item where category = \"shoes\") and total > 10)", ""),
    ("sum(\"Order Completed\".total) >= 300 within 90d", ""),
    ("average(\"Order Completed\".total where currency = \"EUR\") > 50", ""),
    ("min(\"X\".a) < 1 or max(\"X\".a) > 1 or distinct(\"X\".`product id`) >= 3", ""),
    ("last(\"Order Completed\") within 60d", ""),
    ("first(\"Order Completed\") before 2026-01-01", ""),
    ("last(\"Order Completed\".coupon) = \"SUMMER\" within 90d", ""),
    ("last(\"Order Completed\".coupon) missing", ""),
    ("lifecycle = \"loyal\" and intent in (\"exploring\", \"considering\")", ""),
    ("lifecycle missing", ""),
    ("consent(email, marketing) = granted", ""),
    (
        "consent(\"E-Mail\", Marketing) not in (denied, revoked)",
        "consent(email, marketing) not in (denied, revoked)",
    ),
    ("in segment \"VIP\" and not in list \"Staff\"", ""),
    ("a = 1 AND b = 2 Or NOT c = 3", "a = 1 and b = 2 or not c = 3"),
    ("a = 1 and (b = 2 or c = 3)", ""),
    ("not (a = 1 or b = 2)", ""),
    ("not not a = 1", ""),
    ("(((a = 1)))", "a = 1"),
    ("(a = 1 and b = 2) and c = 3", ""),
    ("# everybody here\ncountry = \"DE\" # of Germany\n", "# everybody here\ncountry = \"DE\" # of Germany"),
    ("age between 18 and 30 and age not between 20 and 21", ""),
    (
        "name not contains \"x\" and name does not contain \"y\"",
        "name not contains \"x\" and name not contains \"y\"",
    ),
    ("name does not start with \"x\"", "name not starts with \"x\""),
    ("tags contains any (\"a\", \"b\") or tags contains all (\"c\")", ""),
    ("code matches \"^[A-Z]{2}$\" ignoring case", ""),
    ("email ends with \"@X.org\" ignoring case or country in (\"de\") ignoring case", ""),
    ("note empty or note not empty", ""),
    ("note not missing", "note present"),
    ("tags size >= 2", ""),
    ("app >= version \"2.10.0\"", ""),
    (
        "signed_up more than 30d ago or renews more than 2w ahead",
        "signed_up more than 30d ago or renews more than 14d ahead",
    ),
    ("renews within next 7d or renews next month or renews tomorrow", ""),
    ("signed_up within last 30 days", "signed_up within 30d"),
    ("signed_up between 2026-01-01 and \"2026-02-01\"", "signed_up between 2026-01-01 and 2026-02-01"),
    ("did(\"X\") after 2026-01-31", "did(\"X\") since 2026-02-01"),
    ("did(\"X\") after 2026-01-31T10:00:00Z", "did(\"X\") since 2026-01-31T10:00:00.001Z"),
    ("did(\"X\") this month and did(\"X\") last 3 weeks or did(\"X\") today", ""),
    ("did(\"X\") last 1 quarters", "did(\"X\") last quarter"),
    ("did(\"X\") yesterday or did(\"X\") last 2 days", ""),
    ("never did(\"X\") within 30d", "not did(\"X\") within 30d"),
    (
        "did(any event where channel = web) >= 2 within 14d",
        "did(any event where channel = \"web\") >= 2 within 14d",
    ),
    ("last(any event) within 30d", ""),
    (
        "sum(any event.value where channel = web) > 3 or last(any event.`a b`) = 1",
        "sum(any event.value where channel = \"web\") > 3 or last(any event.`a b`) = 1",
    ),
    ("most frequent(\"Product Viewed\".category where value > 3) = \"shoes\" within 30d", ""),
    ("did \"A\" then \"B\" within 1d", ""),
    ("did(\"A\") then \"B\"", "did \"A\" then \"B\""),
    (
        "did(\"A\" where x = 1) then (\"B\" where y = 2) within 1d without \"C\" between then any event, taking at most 7d, all within 30d",
        "did(\"A\" where x = 1) then (\"B\" where y = 2) within 1d without \"C\" between then any event taking at most 7d all within 30d",
    ),
    ("did(any event) then \"B\" all last month", ""),
    ("last session(device = \"mobile\" and country = \"DE\")", ""),
    ("any session(where device = \"mobile\") within 30d", "any session(device = \"mobile\") within 30d"),
    ("sessions() >= 3 within 7d or sessions(device = \"tablet\") = 0", ""),
    (
        "received(email) >= 3 within 7d and not opened(email where campaign_name = \"A\") and clicked(push)",
        "",
    ),
    ("answered(\"Purchase\" where score >= 4) within 90d", ""),
    ("quintile(sum(\"Order Completed\".total) within 180d) >= 4", ""),
    ("quartile(ltv) = 4 or decile(did(\"X\")) > 8 or percentile(last(\"X\") since 2026-01-01) <= 10", ""),
    ("has been in segment \"VIP\" for 14d", ""),
    (
        "has been (country = \"DE\" and age > 3) for 2 weeks",
        "has been (country = \"DE\" and age > 3) for 14d",
    ),
    ("has been not lifecycle = \"lapsed\" for 36h", ""),
    ("season in (\"winter\", \"spring\") or `season` = 3", ""),
    ("suppressed(email) or suppressed(sms) = bounced or suppressed(push) not in (manual, erased)", ""),
    ("in journey \"Welcome\" or in journey \"Welcome\" at \"Wait\"", ""),
    ("entered journey \"Welcome\" within 30d and not left journey \"Welcome\"", ""),
    ("in experiment \"Subject\" or in experiment \"Subject\" variant \"b\"", ""),
    ("bucket(\"spring\") < 10", "bucket(\"spring\") < 10 percent"),
    ("never = 1 and size = 2 and version = 3 and this = 4 and more = 5", ""),
    (
        "# top\n# two\n(a = 1 # one\n or b = 2) # three\n and not # four\n c = 3 # five\n# end",
        "(\n# top\n# two\na = 1 # one\nor b = 2 # three\n) and not\n# four\nc = 3 # five\n# end",
    ),
    ("\u{feff}a = 1", "a = 1"),
];

#[test]
fn every_form_reads_and_prints() {
    for (text, canonical) in FORMS {
        let canonical = if canonical.is_empty() { text } else { canonical };
        let tree = parse(text).unwrap_or_else(|faults| panic!("{}", render(text, &faults)));
        let printed = tree.to_string();
        assert_eq!(&printed, canonical);
        let again = parse(&printed).unwrap_or_else(|faults| panic!("{}", render(&printed, &faults)));
        assert_eq!(again, tree, "{text}");
    }
}

#[test]
fn canonical_text_is_its_own_canonical_text() {
    for (text, _) in FORMS {
        let once = parse(text).unwrap().to_string();
        assert_eq!(parse(&once).unwrap().to_string(), once);
    }
}

#[test]
fn reserved_words_can_be_names() {
    for word in RESERVED {
        let text = format!("`{word}` = 1");
        assert_eq!(parse(&text).unwrap().to_string(), text);
    }
}

#[test]
fn spans_point_at_their_text() {
    let text = "  country = \"DE\" and did(\"X\") >= 2";
    let tree = parse(text).unwrap();
    let crate::rule::tree::Body::All(parts) = &tree.root.body else { panic!() };
    let texts: Vec<&str> = parts.iter().map(|part| &text[part.span.clone()]).collect();
    assert_eq!(texts, ["country = \"DE\"", "did(\"X\") >= 2"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn any_text_answers(text in "\\PC{0,80}") {
        answers(&text);
    }

    #[test]
    fn any_bytes_answer(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        answers(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn mutated_rules_answer(form in 0..FORMS.len(), at in any::<prop::sample::Index>(), with in "\\PC{0,3}", cut in 0_usize..4) {
        let text: Vec<char> = FORMS[form].0.chars().collect();
        let at = at.index(text.len());
        let mutated: String = text[..at].iter().copied().chain(with.chars()).chain(text[(at + cut).min(text.len())..].iter().copied()).collect();
        answers(&mutated);
    }

    #[test]
    fn shuffled_words_answer(words in proptest::collection::vec(prop::sample::select(vec![
        "and", "or", "not", "(", ")", "did", "(\"X\"", "where", "any", "item", "within", "30d", "between", "ago", "=", ">=", "in",
        "segment", "\"a\"", "3", "country", "missing", ",", ".", "consent", "last", "sum", "lifecycle", "#", "\n", "`", "\"",
    ]), 0..30)) {
        answers(&words.join(" "));
    }
}

/// No panic; places on character boundaries; what is accepted reads back.
fn answers(text: &str) {
    match parse(text) {
        Ok(tree) => {
            let printed = tree.to_string();
            assert_eq!(parse(&printed).ok().map(|again| again.to_string()), Some(printed));
        }
        Err(faults) => {
            assert!(!faults.is_empty() && faults.len() <= 20);
            for fault in &faults {
                assert!(text.get(fault.span.clone()).is_some(), "{text:?} {fault:?}");
            }
            let _ = render(text, &faults);
        }
    }
}

#[test]
fn limits_are_said() {
    let deep = format!("{}a = 1{}", "(".repeat(200), ")".repeat(200));
    let faults = parse(&deep).unwrap_err();
    assert_eq!(faults[0].message, "a rule nests at most 64 deep");
    assert!(parse(&format!("{}a = 1{}", "(".repeat(64), ")".repeat(64))).is_ok());
    assert_eq!(parse(&"not ".repeat(1_000)).unwrap_err()[0].code, "too-deep");

    let many = vec!["country = \"DE\""; 10_000].join(" or ");
    assert!(parse(&many).is_ok());
    let long = "x".repeat((1 << 20) + 1);
    assert_eq!(parse(&long).unwrap_err()[0].code, "too-long");
}
