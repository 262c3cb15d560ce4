//! The segment builder: rows and text in step, one undo for both, cells filled by choosing, people explained, no key lost.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod console;

#[path = "builder/completion.rs"]
mod completion;
#[path = "builder/keeping.rs"]
mod keeping;
#[path = "builder/people.rs"]
mod people;
#[path = "builder/step.rs"]
mod step;

use std::sync::Arc;

use segue::model::{ProfileId, ValueType};
use segue::panel::segments::offers::{Explained, ExplainedLine, Offer, Offers};
use segue::rule::rows::About;
use segue::tui::headless::Headless;
use segue::tui::{Command, Update};

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

fn opened(size: (u16, u16)) -> Headless {
    let mut console = Headless::new(&console::options(), size.0, size.1);
    for update in console::full() {
        console.update(update);
    }
    console
}

/// The console in the editor of a new segment of this rule.
fn editing(rule: &str, size: (u16, u16)) -> Headless {
    let mut console = opened(size);
    console.keys("4 n V i p s enter");
    console.paste(rule);
    console
}

/// The newest question about what may come next: its ticket, the text and where the cursor is.
fn wondered(console: &mut Headless) -> Option<(u64, String, usize)> {
    let commands = console.take_commands().into_iter().rev();
    commands
        .filter_map(|command| match command {
            Command::Complete { ticket, text, cursor, .. } => Some((ticket, text, cursor)),
            _ => None,
        })
        .next()
}

fn asked(console: &mut Headless) -> Vec<(u64, String)> {
    let commands = console.take_commands().into_iter();
    commands
        .filter_map(|command| match command {
            Command::CheckRule { ticket, text, .. } => Some((ticket, text)),
            _ => None,
        })
        .collect()
}

/// The newest text the engine was asked about.
fn text(console: &mut Headless) -> String {
    asked(console).pop().map(|(_, text)| text).unwrap_or_default()
}

fn offer(kind: &str, label: &str, text: &str, count: u64) -> Offer {
    Offer {
        kind: kind.to_owned(),
        label: label.to_owned(),
        text: text.to_owned(),
        count: Some(count),
        ..Offer::default()
    }
}

fn attributes() -> Update {
    let country = Offer {
        operators: ["=", "!=", "in (", "missing"].map(str::to_owned).to_vec(),
        value_type: Some(ValueType::Text),
        ..offer("trait", "country", "country", 12_100)
    };
    let rows = vec![
        country,
        offer("trait", "first name", "`first name`", 9_000),
        offer("event", "Order Completed", "did(\"Order Completed\")", 5_210),
    ];
    Update::Offers(Arc::new(Offers { about: None, rows }))
}

fn countries() -> Update {
    let rows = vec![
        offer("value", "DE", "\"DE\"", 4_100),
        offer("value", "AT", "\"AT\"", 702),
        offer("value", "CH", "\"CH\"", 311),
    ];
    Update::Offers(Arc::new(Offers { about: Some(About::Trait("country".to_owned())), rows }))
}

const RULE: &str =
    "country = \"DE\" # home\nand did(\"Order Completed\") >= 2 within 180d\nand (age > 3 or age missing)";

#[test]
fn rows_and_text_stay_in_step() {
    let mut console = editing(RULE, (120, 36));
    console.keys("ctrl-r up up up");
    console.update(attributes());
    console.keys("!");
    let negated = text(&mut console);
    assert!(negated.starts_with("not country = \"DE\" # home\nand did("), "{negated}");
    console.keys("down delete");
    assert_eq!(text(&mut console), "not country = \"DE\" # home\nand (age > 3 or age missing)");
    console.keys("ctrl-r");
    let screen = console.screen();
    assert!(screen.contains("not country = \"DE\" # home"), "{screen}");
    console.text(" and b = 1");
    console.keys("ctrl-r");
    let screen = console.screen();
    assert!(!screen.contains("edit as text") && screen.contains("b "), "{screen}");
}

#[test]
fn one_undo_goes_back_through_both_views() {
    let mut console = editing("a = 1", (120, 36));
    console.keys("ctrl-r ! ctrl-r");
    console.text(" ");
    assert_eq!(text(&mut console), "not a = 1 ");
    console.keys("ctrl-r ctrl-z");
    assert_eq!(text(&mut console), "not a = 1");
    console.keys("ctrl-z");
    assert_eq!(text(&mut console), "a = 1");
    console.keys("ctrl-y");
    assert_eq!(text(&mut console), "not a = 1");
}

#[test]
fn a_value_is_chosen_from_what_there_is() {
    let mut console = editing(RULE, (120, 36));
    console.keys("ctrl-r up up up");
    console.update(attributes());
    console.keys("right right enter");
    let commands = console.take_commands();
    let wanted = Command::LoadOffers(Some(About::Trait("country".to_owned())));
    assert!(commands.contains(&wanted), "{commands:?}");
    assert!(console.screen().contains("looking up what there is"));
    console.text("a");
    console.update(countries());
    let screen = console.screen();
    assert!(screen.contains("702") && !screen.contains("311"), "{screen}");
    console.keys("enter");
    assert!(text(&mut console).starts_with("country = \"AT\" # home\n"));
    console.keys("left enter");
    console.text("in (");
    console.keys("enter");
    assert!(text(&mut console).starts_with("country in (\"AT\")"));
}

#[test]
fn a_row_is_added_by_choosing_what_it_is_about_and_typed_where_it_is_not_known() {
    let mut console = editing("", (120, 36));
    console.keys("ctrl-r +");
    console.update(attributes());
    console.text("order");
    console.keys("enter");
    assert_eq!(text(&mut console), "did(\"Order Completed\")");
    console.keys("+");
    console.text("shoe_size > 40");
    console.keys("down down down enter");
    assert_eq!(text(&mut console), "did(\"Order Completed\")\nand shoe_size > 40");
    console.keys("right right enter");
    console.text("( nonsense");
    console.keys("enter");
    assert_eq!(asked(&mut console), [], "what cannot be read changes nothing");
    assert!(console.screen().contains("the row stays as it is"));
}

#[test]
fn alternatives_are_rows_and_joined_by_the_other_word() {
    let mut console = editing("a = 1 or b = 2", (120, 36));
    console.keys("ctrl-r &");
    assert_eq!(text(&mut console), "a = 1\nand b = 2");
    console.keys("&");
    assert_eq!(text(&mut console), "a = 1\nor b = 2");
    console.keys("!");
    assert_eq!(text(&mut console), "a = 1\nor not b = 2");
    let screen = console.screen();
    assert!(!screen.contains("edit as text") && screen.contains("or  not"), "{screen}");
}

#[test]
fn a_part_without_cells_is_edited_as_text() {
    let mut console = editing("did \"A\" then \"B\"", (120, 36));
    console.keys("ctrl-r");
    assert!(console.screen().contains("edit as text"));
    console.keys("enter");
    asked(&mut console);
    console.text("x = 1 or ");
    assert_eq!(text(&mut console), "x = 1 or did \"A\" then \"B\"");
    console.keys("ctrl-r");
    assert!(console.screen().contains("x "), "{}", console.screen());
    console.keys("ctrl-r");
    console.paste(" = = (");
    console.keys("ctrl-r");
    assert!(console.screen().contains("these are the rows as they were"));
    console.keys("delete ! enter left down");
}

#[test]
fn hostile_text_is_shown_without_its_controls() {
    for size in SIZES {
        let mut console = editing("a = \"\\u{1b}[2J\u{202e}\u{200d}語語語\" and `x\u{7}` missing", size);
        console.keys("ctrl-r right right");
        let long = "very".repeat(200);
        console.update(Update::Offers(Arc::new(Offers {
            about: Some(About::Trait("a".to_owned())),
            rows: vec![offer("value", "\u{1b}[31mred\n語", "\"red\"", 3), offer("value", &long, &long, 1)],
        })));
        console.keys("enter");
        let screen = console.screen();
        assert!(!screen.contains('\u{1b}') && !screen.contains('\u{7}'), "{screen}");
        console.keys("esc esc");
    }
}

#[test]
fn keys_held_down_are_never_lost_while_answers_come_late() {
    let mut console = editing("", (120, 36));
    console.take_commands();
    let mut typed = String::new();
    let mut late = Vec::new();
    for index in 0..500 {
        let letter = char::from(b'a' + (index % 26) as u8);
        console.text(&letter.to_string());
        typed.push(letter);
        late.extend(asked(&mut console).into_iter().map(|(ticket, _)| ticket));
        if index % 50 == 0 {
            for ticket in late.drain(..late.len() / 2) {
                console.update(Update::SegmentVerdict(console::verdict(ticket, true)));
            }
        }
    }
    console.text("!");
    assert_eq!(text(&mut console), format!("{typed}!"));
    for ticket in late {
        console.update(Update::SegmentVerdict(console::verdict(ticket, true)));
    }
    assert!(console.screen().contains("counting") || console.screen().contains("Nobody is counted"));
    console.keys("ctrl-r ctrl-r");
    for _ in 0..500 {
        console.keys("backspace");
    }
    assert_eq!(text(&mut console).chars().count(), 1);
}

#[test]
fn a_person_of_the_sample_is_explained_and_covered_while_masking() {
    let mut console = editing(RULE, (120, 36));
    let ticket = asked(&mut console).pop().map_or(0, |(ticket, _)| ticket);
    console.update(Update::SegmentVerdict(console::verdict(ticket, false)));
    console.keys("backtab down enter");
    let commands = console.take_commands();
    let explains = |command: &Command| matches!(command, Command::ExplainPerson { id: ProfileId(342), text, .. } if text == RULE);
    assert!(commands.iter().any(explains), "{commands:?}");
    let line = |asked: &str, holds, seen: &str, personal| ExplainedLine {
        depth: 1,
        holds,
        asked: asked.to_owned(),
        seen: Some(seen.to_owned()),
        personal,
    };
    let lines = vec![
        line("country = \"DE\"", Some(true), "DE", false),
        line("email contains \"@x\"", None, "marek@x.example", true),
    ];
    console.update(Update::Explained(Arc::new(Explained { id: ProfileId(342), lines })));
    let screen = console.screen();
    assert!(screen.contains("✔ country = \"DE\"") && !screen.contains("marek@"), "{screen}");
    insta::assert_snapshot!("builder_explained_120x36", screen);
    console.keys("esc");
    assert!(!console.screen().contains("part by part"));
}

#[test]
fn the_grammar_is_in_the_help_of_the_editor_only() {
    let mut console = editing("", (120, 36));
    console.keys("f1");
    console.text("rule quintile");
    let screen = console.screen();
    assert!(screen.contains("quintile("), "{screen}");
    assert!(
        screen.contains("quintile(sum(\"Order Completed\".value) within 180d) >= 4"),
        "in full: {screen}"
    );
    insta::assert_snapshot!("builder_grammar_120x36", screen);
    console.keys("enter");
    assert!(text(&mut console).starts_with("quintile(sum(\"Order Completed\""), "Enter writes the example");
    let mut outside = opened((120, 36));
    outside.keys("?");
    outside.text("quintile");
    assert!(!outside.screen().contains("quintile("));
}

#[test]
fn pictures() {
    for size in SIZES {
        let named = |state: &str| format!("builder_{state}_{}x{}", size.0, size.1);
        let mut console = opened(size);
        console.keys("4 down enter");
        let (ticket, rule) = asked(&mut console).pop().unwrap_or_default();
        assert!(rule.contains("categry"));
        // The other lines keep the counts they had before one of them was spoilt.
        console.update(Update::SegmentVerdict(console::verdict(ticket, false)));
        console.update(Update::SegmentVerdict(console::verdict(ticket, true)));
        insta::assert_snapshot!(named("mid_error"), console.screen());
        console.keys("tab");
        let (ticket, _) = asked(&mut console).pop().unwrap_or_default();
        console.update(Update::SegmentVerdict(console::verdict(ticket, false)));
        console.keys("ctrl-r up up up");
        console.update(attributes());
        insta::assert_snapshot!(named("rows"), console.screen());
        console.keys("right right enter");
        console.update(countries());
        insta::assert_snapshot!(named("choosing"), console.screen());
        console.keys("esc ctrl-r");
        console.text("\nand last(");
        insta::assert_snapshot!(named("mid_typing"), console.screen());
    }
}
