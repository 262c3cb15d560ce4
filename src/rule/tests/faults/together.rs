//! Slips of spelling and wrong names told in one go, and dates that mean a day.

use super::super::people::Someone;
use super::Shop;
use crate::model::{Time, Value};
use crate::rule::{Point, Truth, compile};

#[test]
fn a_slip_of_spelling_hides_no_wrong_name() {
    let faults = compile("contry == \"DE\" && did(\"Ordr Completed\")", &Shop).unwrap_err();
    let codes: Vec<&str> = faults.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["unknown-trait", "other-language", "other-language", "unknown-event"], "{faults:?}");
    // Of what could not be read nothing is guessed.
    let faults = compile("country = DE and contry = \"DE\"", &Shop).unwrap_err();
    assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), ["unquoted", "unknown-trait"]);
}

/// What a rule's only fault is answered with.
fn helped(rule: &str) -> String {
    let faults = compile(rule, &Shop).unwrap_err();
    assert_eq!(faults.len(), 1, "{rule}: {faults:?}");
    faults.into_iter().find_map(|fault| fault.help).unwrap_or_default()
}

#[test]
fn sentences_and_other_languages_are_answered_with_the_form_that_is_meant() {
    for (rule, help) in [
        ("did(\"Order Completed\") >= 2 in the last 30 days", "write within 30d"),
        ("did(\"Order Completed\") at least 2 times", "write >= 2"),
        ("did(\"Order Completed\") in 1d", "write within 1d"),
        (
            "did \"Order Completed\" followed by \"Order Completed\"",
            "write did \"Order Completed\" then \"Order Completed\"",
        ),
        ("did not \"Order Completed\"", "write not did(\"Order Completed\")"),
        ("country is not \"DE\"", "write !="),
        ("country equals \"DE\"", "write ="),
        ("country exists", "write present"),
        ("country like \"a%\"", "write contains"),
        ("age gt 3", "write >"),
        ("signed_up within 1hr", "write 12h"),
        ("signed_up within 30x", "write 30, 12.50, 30d, 12h, 2026-01-31 or 2026-01-31T14:20:00Z"),
    ] {
        assert_eq!(helped(rule), help, "{rule}");
    }
}

#[test]
fn a_date_equals_every_moment_of_its_day() {
    let day = 1_757_808_000_000; // 2025-09-14
    let truth = |rule: &str, at: i64| {
        let plan = compile(rule, &Shop).unwrap();
        let person = Someone::default().with("signed_up", Value::Time(Time(at)));
        plan.holds(&person, Point::before(Time(day * 2)))
    };
    for (at, on) in [(day - 1, false), (day, true), (day + 86_399_999, true), (day + 86_400_000, false)] {
        assert_eq!(truth("signed_up = 2025-09-14", at), Truth::from(on), "{at}");
        assert_eq!(truth("signed_up = \"2025-09-14\"", at), Truth::from(on), "{at}");
        assert_eq!(truth("signed_up != 2025-09-14", at), Truth::from(!on), "{at}");
    }
    assert_eq!(truth("signed_up = 2025-09-14T09:00:00Z", day), Truth::False, "a moment is a moment");
}
