//! Two views of one text: rows and text say the same after every edit, the cursor stays where it was, comments survive.

use super::{attributes, editing, text};

#[test]
fn the_cursor_stays_in_its_part_whatever_is_done_to_the_rows() {
    let mut console = editing("a = 1\nand b = 2\nand c = 3", (120, 36));
    console.keys("ctrl-r up up ! ctrl-r");
    // It was walked to the first row: there the cursor is.
    console.text("x");
    assert!(text(&mut console).starts_with("xnot a = 1"));
    console.keys("ctrl-z");
    let mut console = editing("a = 1\nand b = 2\nand c = 3", (120, 36));
    console.keys("ctrl-r up delete down ctrl-r");
    console.text("0");
    assert_eq!(text(&mut console), "a = 1\nand c = 30", "behind the last letter, as before");
}

#[test]
fn rows_open_at_the_part_the_cursor_is_in() {
    let mut console = editing("a = 1\nand b = 2\nand c = 3", (120, 36));
    console.keys("up ctrl-r !");
    assert_eq!(text(&mut console), "a = 1\nand not b = 2\nand c = 3");
}

#[test]
fn while_the_text_cannot_be_read_the_rows_are_those_before_and_nothing_in_them_is_changed() {
    let mut console = editing("a = 1\nand b = 2", (120, 36));
    console.text(" and = (");
    let written = text(&mut console);
    console.keys("ctrl-r");
    console.update(attributes());
    let screen = console.screen();
    assert!(screen.contains("these are the rows as they were"), "{screen}");
    assert!(screen.contains("and  b"), "{screen}");
    console.keys("! delete");
    assert_eq!(text(&mut console), "", "nothing was asked, because nothing changed");
    console.keys("ctrl-r");
    console.text("x");
    assert_eq!(text(&mut console), format!("{written}x"));
}

#[test]
fn nested_parts_are_rows_and_sequences_are_edited_as_text() {
    let rule = "(a = 1 or (b = 2 and c = 3)) # either\nand did \"Product Viewed\" then \"Order Completed\" within 1d\nand zzz = 4";
    let mut console = editing(rule, (120, 36));
    console.keys("ctrl-r");
    let screen = console.screen();
    assert_eq!(screen.matches("edit as text").count(), 1, "{screen}");
    assert!(screen.contains("or  (") && screen.contains("))"), "{screen}");
    console.keys("!");
    let changed = text(&mut console);
    assert!(changed.contains("# either") && changed.contains("and not zzz = 4"), "{changed}");
    assert!(changed.contains("then \"Order Completed\" within 1d"), "{changed}");
    console.keys("up delete");
    assert!(!text(&mut console).contains("then"));
}

#[test]
fn names_nobody_knows_are_rows_like_others() {
    let mut console = editing("nobody_knows = 3 and `odd name` missing", (120, 36));
    console.keys("ctrl-r");
    let screen = console.screen();
    assert!(screen.contains("nobody_knows") && screen.contains("`odd name`"), "{screen}");
}
