//! Keeping rules: as the next version, under another name, out of the library, as a whole definition.

use segue::tui::headless::Headless;
use segue::tui::{Command, Update};

use super::{asked, console, opened};

use segue::work::port::Like;

/// The console over a saved segment whose rule is sound.
fn sound() -> Headless {
    let mut console = opened((120, 36));
    console.keys("4 enter");
    judge(&mut console);
    console
}

fn judge(console: &mut Headless) {
    let (ticket, _) = asked(console).pop().unwrap_or_default();
    console.update(Update::SegmentVerdict(console::verdict(ticket, false)));
}

fn kept(console: &mut Headless) -> Option<Command> {
    let is_kept =
        |command: &Command| matches!(command, Command::SaveSegment { .. } | Command::SaveDefinition { .. });
    console.take_commands().into_iter().find(is_kept)
}

#[test]
fn another_name_keeps_another_segment_and_the_draft_goes_on_under_it() {
    let mut console = sound();
    console.keys("f2");
    assert!(console.screen().contains("Save as"));
    console.text("near DACH");
    console.keys("enter");
    let Some(Command::SaveSegment { name, text, like }) = kept(&mut console) else {
        panic!("nothing was kept")
    };
    assert_eq!((name.as_str(), like), ("near DACH", Like::Segment("DACH customers".to_owned())));
    assert!(text.starts_with("country in"));
    console.update(Update::SegmentSaved { name: "near DACH".to_owned(), version: 1 });
    assert!(console.screen().contains("near DACH ─ v1"), "{}", console.screen());
}

#[test]
fn a_name_that_is_taken_is_not_taken_twice() {
    let mut console = sound();
    console.keys("f2");
    console.text("VIP");
    console.keys("enter");
    assert_eq!(kept(&mut console), None);
    assert!(console.screen().contains("there is a segment “VIP” already"));
}

#[test]
fn what_cannot_be_read_is_not_kept_under_any_name() {
    let mut console = opened((120, 36));
    console.keys("4 down enter");
    let (ticket, _) = asked(&mut console).pop().unwrap();
    console.update(Update::SegmentVerdict(console::verdict(ticket, true)));
    console.keys("f2");
    assert!(!console.screen().contains("Another name keeps"), "{}", console.screen());
    assert!(console.screen().contains("1 problem in the rule"));
}

#[test]
fn the_library_opens_as_text_under_a_name_that_is_free() {
    let mut console = opened((120, 36));
    console.keys("4 l");
    let screen = console.screen();
    assert!(screen.contains("Library of segments") && screen.contains("14 found"), "{screen}");
    insta::assert_snapshot!("builder_library_120x36", screen);
    console.text("VIP");
    console.keys("enter");
    let (ticket, rule) = asked(&mut console).pop().unwrap();
    assert!(rule.contains("Order Completed"), "{rule}");
    assert!(console.screen().contains("VIP 2 ─ new"), "there is a list of that name: {}", console.screen());
    console.update(Update::SegmentVerdict(console::verdict(ticket, false)));
    console.keys("ctrl-s");
    let Some(Command::SaveSegment { name, like, .. }) = kept(&mut console) else {
        panic!("nothing was kept")
    };
    assert_eq!((name.as_str(), like), ("VIP 2", Like::Ready("VIP".to_owned())));
}

#[test]
fn a_cell_is_chosen_from_its_own_offers_after_the_library_was_closed() {
    let mut console = opened((120, 36));
    console.keys("4 l esc enter ctrl-r");
    console.update(super::attributes());
    console.keys("enter");
    let screen = console.screen();
    assert!(screen.contains("What is asked about") && !screen.contains("Library"), "{screen}");
}

#[test]
fn a_definition_that_was_not_changed_is_not_kept() {
    let mut console = opened((120, 36));
    console.keys("4 d");
    assert_eq!(kept(&mut console), None, "the editor gave it back as it was");
    console.keys("enter");
    assert!(!asked(&mut console).is_empty(), "and a rule's text is a rule's text again");
}
