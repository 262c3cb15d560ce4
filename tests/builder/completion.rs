//! What may come next: offered beside the word, taken by one key, and never in the way of what is typed.

use std::sync::Arc;

use segue::panel::segments::complete::{Completion, Completions};
use segue::rule::complete::SuggestionKind as Kind;
use segue::tui::Update;
use segue::tui::headless::Headless;

use super::{SIZES, asked, editing, text, wondered};

fn row(kind: Kind, label: &str, insert: &str, count: Option<u64>) -> (Kind, String, String, Option<u64>) {
    (kind, label.to_owned(), insert.to_owned(), count)
}

/// Answers the newest question with these rows, in the place of the letters before the cursor.
fn answer(console: &mut Headless, letters: usize, rows: &[(Kind, String, String, Option<u64>)]) {
    let (ticket, _, cursor) = wondered(console).unwrap();
    let replace = cursor - letters..cursor;
    let rows = rows.iter().map(|(kind, label, insert, count)| Completion {
        kind: *kind,
        label: label.clone(),
        insert: insert.clone(),
        replace: replace.clone(),
        count: *count,
    });
    console.update(Update::Completions(Arc::new(Completions { ticket, rows: rows.collect() })));
}

fn names() -> Vec<(Kind, String, String, Option<u64>)> {
    vec![
        row(Kind::Trait, "country", "country", Some(12_100)),
        row(Kind::Trait, "city", "city", Some(11_004)),
        row(Kind::Trait, "customer since", "`customer since`", Some(9_120)),
        row(Kind::Word, "consent(", "consent(", None),
        row(Kind::Word, "clicked(", "clicked(", None),
    ]
}

fn events() -> Vec<(Kind, String, String, Option<u64>)> {
    vec![
        row(Kind::Event, "Product Viewed", "\"Product Viewed\"", Some(61_200)),
        row(Kind::Event, "Product Added", "\"Product Added\"", Some(9_340)),
        row(Kind::Event, "Order Completed", "\"Order Completed\"", Some(5_210)),
    ]
}

#[test]
fn a_name_is_offered_with_how_many_have_it_and_taken_by_one_key() {
    let mut console = editing("", (120, 36));
    console.text("co");
    answer(&mut console, 2, &names());
    let screen = console.screen();
    assert!(
        screen.contains("country") && screen.contains("12,100") && screen.contains("Tab takes it"),
        "{screen}"
    );
    console.keys("tab");
    assert_eq!(text(&mut console), "country ", "behind a name something follows");
    assert!(!console.screen().contains("Tab takes it"), "what was offered is taken");
}

#[test]
fn walking_in_what_is_offered_makes_enter_take_it_and_nothing_else_does() {
    let mut console = editing("", (120, 36));
    console.text("c");
    answer(&mut console, 1, &names());
    console.keys("enter");
    assert_eq!(text(&mut console), "c\n", "who did not walk goes on to the next line");
    console.text("c");
    answer(&mut console, 1, &names());
    console.keys("down down");
    assert!(console.screen().contains("Enter takes it"));
    console.keys("enter");
    assert_eq!(text(&mut console), "c\ncity ");
    console.text("c");
    answer(&mut console, 1, &names());
    console.keys("up enter");
    assert_eq!(text(&mut console), "c\ncity clicked(", "up from the first is the last");
}

#[test]
fn letters_blanks_and_quotes_are_typed_whatever_is_offered() {
    let mut console = editing("", (120, 36));
    let typed = "country = \"DE\" and did(\"Product Viewed\") >= 2 within 7d";
    for (index, letter) in typed.chars().enumerate() {
        console.text(&letter.to_string());
        if index % 3 == 0 {
            answer(&mut console, 1, &names());
            assert!(!console.screen().is_empty());
        }
    }
    console.text(" ");
    assert_eq!(text(&mut console), format!("{typed} "));
}

#[test]
fn it_is_closed_before_the_editor_is_left_and_by_moving_on() {
    let mut console = editing("a = 1\n", (120, 36));
    console.text("c");
    answer(&mut console, 1, &names());
    console.keys("esc");
    assert!(!console.screen().contains("Tab takes it"));
    console.keys("ctrl-space");
    answer(&mut console, 1, &names());
    assert!(console.screen().contains("Tab takes it"), "its own key calls it");
    console.keys("left");
    assert!(!console.screen().contains("Tab takes it"), "who walks away does not want it");
    console.keys("esc");
    assert!(console.screen().contains("Four segments"), "the next one leaves");
}

#[test]
fn what_was_offered_for_an_older_text_is_never_put_into_a_newer_one() {
    let mut console = editing("", (120, 36));
    console.text("c");
    let (ticket, ..) = wondered(&mut console).unwrap();
    answer_late(&mut console, ticket);
    console.text("x");
    console.keys("tab");
    assert_eq!(asked(&mut console).pop().map(|(_, text)| text).as_deref(), Some("cx"));
    assert_eq!(text_now(&mut console), "cx ");
    // An answer that comes late is dropped.
    answer_late(&mut console, ticket);
    assert!(!console.screen().contains("country"));
}

fn answer_late(console: &mut Headless, ticket: u64) {
    let row = Completion {
        kind: Kind::Trait,
        label: "country".to_owned(),
        insert: "country".to_owned(),
        replace: 0..1,
        count: None,
    };
    console.update(Update::Completions(Arc::new(Completions { ticket, rows: vec![row] })));
}

/// The text after a blank was typed, which asks about it.
fn text_now(console: &mut Headless) -> String {
    console.text(" ");
    text(console)
}

#[test]
fn what_goes_without_saying_is_not_offered() {
    let mut console = editing("country = \"DE\"", (120, 36));
    console.text(" ");
    answer(&mut console, 0, &[row(Kind::Word, "and", "and ", None), row(Kind::Word, "or", "or ", None)]);
    assert!(!console.screen().contains("Tab takes it"), "no letter of a word was written");
    console.text("a");
    answer(&mut console, 1, &[row(Kind::Word, "and", "and ", None)]);
    assert!(console.screen().contains("Tab takes it"));
    console.text("nd");
    answer(&mut console, 3, &[row(Kind::Word, "and", "and ", None)]);
    assert!(!console.screen().contains("Tab takes it"), "it is written already");
}

#[test]
fn a_taken_name_is_undone_by_one_key() {
    let mut console = editing("", (120, 36));
    console.text("did(Pr");
    answer(&mut console, 2, &events());
    console.keys("tab");
    assert_eq!(text(&mut console), "did(\"Product Viewed\"");
    console.keys("ctrl-z");
    assert_eq!(text(&mut console), "did(Pr");
}

#[test]
fn pictures() {
    for size in SIZES {
        let mut console = editing("country in (\"DE\", \"AT\")\nand ", size);
        console.text("did(");
        answer(&mut console, 0, &events());
        let named = format!("builder_completing_{}x{}", size.0, size.1);
        insta::assert_snapshot!(named, console.screen());
        console.keys("down down");
        insta::assert_snapshot!(format!("builder_completing_walked_{}x{}", size.0, size.1), console.screen());
    }
}
