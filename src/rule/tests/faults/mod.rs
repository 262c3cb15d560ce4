//! What is refused, word for word.

mod meaning;
mod shop;
mod spelling;
mod together;

use self::shop::Shop;
use crate::model::Decimal;
use crate::rule::{Catalog, Diagnostic, OpenCatalog, compile, render};

/// A rule, and of its first fault the code, the message and the help.
type Refused = (&'static str, &'static str, &'static str, &'static str);

fn answers_word_for_word(refused: &[Refused], catalog: &dyn Catalog) {
    for (rule, code, message, help) in refused {
        let faults: Vec<Diagnostic> = compile(rule, catalog).unwrap_err();
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
fn spelling_is_answered_word_for_word() {
    answers_word_for_word(spelling::SPELLING, &OpenCatalog);
}

#[test]
fn meaning_is_answered_word_for_word() {
    answers_word_for_word(meaning::MEANING, &Shop);
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
