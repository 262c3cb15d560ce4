//! The people beside the rule: who comes and goes, how they are spread, where else they are, what sets them apart.

use std::sync::Arc;

use segue::model::{ProfileId, Time};
use segue::panel::SegmentVerdict;
use segue::panel::segments::history::{History, Stand};
use segue::panel::segments::offers::{Explained, ExplainedLine};
use segue::panel::segments::{SamplePerson, StandsOut};
use segue::segment::against::{Feature, FeatureKind};
use segue::segment::breakdown::{Breakdown, By, Part};
use segue::stats::reading::{Estimate, Reading};
use segue::tui::headless::Headless;
use segue::tui::{Command, Update};

use super::{SIZES, asked, console, opened};

fn person(id: i64, name: &str) -> SamplePerson {
    SamplePerson {
        id: ProfileId(id),
        name: Some(name.to_owned()),
        clauses: vec![Some(true), Some(true), Some(false), Some(true)],
        note: "last order 12 d".to_owned(),
    }
}

fn feature(rule: &str, inside: u64, outside: u64, ratio: (f64, f64, f64)) -> Feature {
    let estimate = Estimate {
        value: ratio.0,
        low: ratio.1,
        high: ratio.2,
        standard_error: None,
        p_value: None,
        level: 0.95,
        cautions: Vec::new(),
    };
    Feature {
        kind: FeatureKind::Trait,
        rule: rule.to_owned(),
        inside,
        outside,
        ratio: Reading::Estimate(estimate),
    }
}

/// Everything that can be known of the people of a rule.
fn whole(ticket: u64) -> SegmentVerdict {
    let part = |label: &str, inside, everyone| Part { label: label.to_owned(), inside, everyone };
    let cut = |by, parts| Breakdown { by, parts };
    SegmentVerdict {
        joiners: vec![person(801, "June Joiner"), person(802, "Jill Joiner")],
        leavers: vec![person(901, "Leo Leaver")],
        breakdowns: vec![
            cut(
                By::Lifecycle,
                vec![part("customer", 854, 4_040), part("lapsing", 350, 960), part("lead", 0, 6_120)],
            ),
            cut(By::Intent, vec![part("not in a session", 1_180, 12_000), part("exploring", 24, 431)]),
            cut(
                By::Channel,
                vec![part("web", 640, 5_100), part("email", 401, 4_900), part("app", 163, 2_431)],
            ),
            cut(By::Country, vec![part("DE", 1_003, 4_100), part("AT", 201, 702)]),
            cut(
                By::Device,
                vec![part("mobile", 702, 7_300), part("desktop", 431, 4_000), part("tablet", 71, 1_131)],
            ),
        ],
        stands_out: Some(StandsOut {
            more: vec![
                feature("did(\"Product Viewed\" where category = \"shoes\")", 1_204, 2_030, (5.5, 5.2, 5.9)),
                feature("club = true", 402, 1_310, (2.9, 2.6, 3.2)),
            ],
            less: vec![feature("device = \"tablet\"", 71, 1_060, (0.6, 0.5, 0.8))],
            inside: 1_204,
            outside: 11_227,
            looked_at: 212,
            withheld: 31,
        }),
        ..SegmentVerdict::clone(&console::verdict(ticket, false))
    }
}

/// The console over a saved segment whose people are all known.
fn judged(size: (u16, u16)) -> Headless {
    let mut console = opened(size);
    console.keys("4 down enter");
    let (ticket, _) = asked(&mut console).pop().unwrap();
    console.update(Update::SegmentVerdict(Arc::new(whole(ticket))));
    console
}

#[test]
fn the_count_comes_first_and_nothing_jumps_until_the_rest_is_there() {
    let mut console = judged((120, 36));
    let before = console.screen();
    assert!(
        before.contains("J••• J•••••") && before.contains("joining") && before.contains("leaving"),
        "{before}"
    );
    console.text(" ");
    let (ticket, _) = asked(&mut console).pop().unwrap();
    let counted = SegmentVerdict {
        ticket,
        count: Some(77),
        people: 12_431,
        clauses: console::verdict(ticket, false).clauses.clone(),
        lines: console::verdict(ticket, false).lines.clone(),
        ..SegmentVerdict::default()
    };
    console.update(Update::SegmentVerdict(Arc::new(counted)));
    let screen = console.screen();
    assert!(screen.contains("77 people") && screen.contains("looking closer"), "{screen}");
    assert!(
        screen.contains("J••• J•••••") && screen.contains("in both 1,071"),
        "what was known stays: {screen}"
    );
    console.update(Update::SegmentVerdict(Arc::new(SegmentVerdict { count: Some(77), ..whole(ticket) })));
    assert!(!console.screen().contains("looking closer"));
    // An answer to an older question changes nothing.
    console.update(Update::SegmentVerdict(Arc::new(SegmentVerdict { count: Some(5), ..whole(ticket - 1) })));
    assert!(console.screen().contains("77 people"));
}

#[test]
fn who_joins_and_who_leaves_is_explained_too() {
    let mut console = judged((120, 36));
    console.keys("backtab down down down enter");
    let wanted = |id| move |command: &Command| matches!(command, Command::ExplainPerson { id: ProfileId(asked), .. } if *asked == id);
    assert!(console.take_commands().iter().any(wanted(801)), "the fourth line is the first who joins");
    console.keys("down down enter");
    assert!(console.take_commands().iter().any(wanted(901)));
}

#[test]
fn a_long_explanation_scrolls_and_leaves_the_person_selected() {
    let mut console = judged((80, 24));
    console.keys("backtab down enter");
    let lines = (0..40).map(|n| ExplainedLine {
        depth: 1,
        holds: Some(true),
        asked: format!("part number {n}"),
        seen: Some(format!("what was seen of {n}")),
        personal: false,
    });
    let explained = Explained { id: ProfileId(342), lines: lines.collect() };
    console.update(Update::Explained(Arc::new(explained)));
    assert!(console.screen().contains("part number 0") && !console.screen().contains("part number 20"));
    console.keys("pagedown pagedown pagedown pagedown");
    assert!(console.screen().contains("part number 20"), "{}", console.screen());
    console.keys("pageup pageup pageup pageup pageup");
    assert!(console.screen().contains("part number 0"));
    console.keys("esc enter");
    let again = console.take_commands();
    let of = |command: &Command| matches!(command, Command::ExplainPerson { id: ProfileId(342), .. });
    assert!(again.iter().any(of), "{again:?}");
}

#[test]
fn what_stands_out_can_be_asked_for_in_the_rule() {
    let mut console = judged((120, 36));
    console.keys("backtab right right right");
    let screen = console.screen();
    assert!(screen.contains("commoner here") && screen.contains("5.5 [5.2 … 5.9]"), "{screen}");
    assert!(screen.contains("not a cause"), "{screen}");
    console.keys("down enter");
    // The draft's rule cannot be read as it stands: then it stays as it is.
    let mut sound = opened((120, 36));
    sound.keys("4 enter");
    let (ticket, _) = asked(&mut sound).pop().unwrap();
    sound.update(Update::SegmentVerdict(Arc::new(whole(ticket))));
    sound.keys("backtab right right right down enter");
    let (_, rule) = asked(&mut sound).pop().unwrap();
    assert_eq!(rule, "country in (\"DE\", \"AT\", \"CH\")\nand club = true");
}

#[test]
fn headings_turn_without_leaving_the_text() {
    let mut console = judged((120, 36));
    console.keys("ctrl-t");
    assert!(console.screen().contains("everyone"));
    console.keys("ctrl-t");
    assert!(console.screen().contains("also in"));
    console.text("x");
    let (_, rule) = asked(&mut console).pop().unwrap();
    assert!(rule.ends_with('x'), "letters go on into the text");
}

fn history(name: &str, unfinished: bool) -> History {
    let day = |n: i64| Time(1_778_600_000_000 - n * 86_400_000);
    let stand = |at, version, count, joined, left| Stand { at, version, count, withheld: None, joined, left };
    History {
        name: name.to_owned(),
        versions: vec![
            stand(day(90), Some(1), Some(1_522), None, None),
            stand(day(10), Some(2), Some(1_204), Some(133), Some(451)),
        ],
        sizes: vec![
            Stand {
                withheld: Some("trait `club` is not known here".to_owned()),
                ..stand(day(14), None, None, None, None)
            },
            stand(day(7), None, Some(1_190), None, None),
            stand(day(0), None, Some(1_204), Some(40), Some(26)),
        ],
        unfinished,
        problem: None,
    }
}

#[test]
fn the_history_is_asked_for_when_it_is_looked_at_and_only_the_one_looked_at_is_shown() {
    let mut console = judged((120, 36));
    console.keys("backtab right right right right");
    let asked = console.take_commands();
    assert!(asked.contains(&Command::LoadHistory("lapsing shoe lovers".to_owned())), "{asked:?}");
    console.update(Update::SegmentHistory(Arc::new(history("another", false))));
    assert!(!console.screen().contains("versions, asked"));
    console.update(Update::SegmentHistory(Arc::new(history("lapsing shoe lovers", true))));
    let screen = console.screen();
    assert!(
        screen.contains("going further back") && screen.contains("+133") && screen.contains("−451"),
        "{screen}"
    );
    assert!(screen.contains("trait `club` is not known"), "{screen}");
}

#[test]
fn the_list_shows_what_a_segment_is_for_and_its_history() {
    let mut console = opened((120, 36));
    console.keys("4 v");
    let asked = console.take_commands();
    assert!(asked.contains(&Command::LoadHistory("DACH customers".to_owned())), "{asked:?}");
    console.keys("down");
    let asked = console.take_commands();
    assert!(asked.contains(&Command::LoadHistory("lapsing shoe lovers".to_owned())), "{asked:?}");
    console.update(Update::SegmentHistory(Arc::new(history("lapsing shoe lovers", false))));
    insta::assert_snapshot!("builder_history_120x36", console.screen());
    console.keys("v");
    assert!(console.screen().contains("Enter edits the rule"));
}

#[test]
fn pictures() {
    for size in SIZES {
        let named = |state: &str| format!("builder_{state}_{}x{}", size.0, size.1);
        let mut console = judged(size);
        insta::assert_snapshot!(named("people_rule"), console.screen());
        console.keys("backtab");
        insta::assert_snapshot!(named("people"), console.screen());
        console.keys("right");
        insta::assert_snapshot!(named("spread"), console.screen());
        console.keys("right");
        insta::assert_snapshot!(named("overlap"), console.screen());
        console.keys("right");
        insta::assert_snapshot!(named("stands_out"), console.screen());
        console.keys("right");
        console.update(Update::SegmentHistory(Arc::new(history("lapsing shoe lovers", true))));
        insta::assert_snapshot!(named("past"), console.screen());
    }
}
