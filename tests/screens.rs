//! Every screen at three sizes and in three states as snapshots, every size without a panic, and what keys lead to.

mod console;
#[path = "console/contact.rs"]
mod contact;
#[path = "console/verdicts.rs"]
mod verdicts;

use std::path::PathBuf;
use std::sync::Arc;

use segue::model::{BatchId, Problem, ProfileId};
use segue::panel::contact::why::{Question, Subject};
use segue::panel::segments::Diagnostic;
use segue::panel::{Experiments, Live, SegmentVerdict};
use segue::tui::headless::Headless;
use segue::tui::{Command, Options, Room, ThemeName, Update};

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

fn opened(options: &Options, updates: Vec<Update>, (columns, rows): (u16, u16)) -> Headless {
    let mut console = Headless::new(options, columns, rows);
    for update in updates {
        console.update(update);
    }
    console
}

fn full(size: (u16, u16)) -> Headless {
    opened(&console::options(), console::full(), size)
}

fn key(room: Room) -> String {
    room.number().to_string()
}

/// One snapshot a room and size; each shows the whole screen.
fn picture(state: &str, options: &Options, updates: &[Update]) {
    for room in Room::ALL {
        for size in SIZES {
            let mut console = opened(options, updates.to_vec(), size);
            console.keys(&key(room));
            let name = format!("{}_{state}_{}x{}", room.title().to_lowercase(), size.0, size.1);
            insta::assert_snapshot!(name, console.screen());
        }
    }
}

#[test]
fn full_screens() {
    picture("full", &console::options(), &console::full());
}

#[test]
fn tests_as_they_end() {
    use crate::verdicts::{early, harmed, loser, uneven, winner};
    let ends = [
        ("winner", winner()),
        ("loser", loser()),
        ("too_early", early()),
        ("split_off", uneven()),
        ("guardrail_harmed", harmed()),
    ];
    for (name, experiment) in ends {
        let screen = Update::Experiments(Arc::new(Experiments::of(vec![experiment])));
        for size in SIZES {
            let mut console = opened(&console::options(), vec![screen.clone()], size);
            console.keys("6 enter");
            insta::assert_snapshot!(format!("test_{name}_{}x{}", size.0, size.1), console.screen());
        }
        // The whole read-out at once, so that nothing below the fold goes unseen.
        let mut console = opened(&console::options(), vec![screen], (120, 100));
        console.keys("6 tab z");
        insta::assert_snapshot!(format!("test_{name}_whole"), console.screen());
    }
}

#[test]
fn what_the_data_can_answer_is_asked_for_and_left_again() {
    for size in SIZES {
        let mut console = full(size);
        console.keys("6");
        console.take_commands();
        console.keys("a");
        assert_eq!(console.take_commands(), [Command::Answers]);
        assert!(console.screen().contains("Loading"));
        console.update(Update::Answers(Ok(Arc::new(verdicts::answers()))));
        insta::assert_snapshot!(format!("answers_{}x{}", size.0, size.1), console.screen());
        console.keys("esc");
        assert!(!console.screen().contains("What this data can answer"));
    }
    let mut console = full((120, 36));
    console.keys("6 a");
    console.update(Update::Answers(Err(Problem::new("answers-no-workspace", "no workspace is open"))));
    assert!(console.screen().contains("no workspace is open"));
}

#[test]
fn empty_screens_teach() {
    let options = Options::plain("empty", nothing());
    picture("empty", &options, &empty());
}

#[test]
fn failed_screens_say_what_where_and_what_now() {
    let options = Options::plain("shop.db", nothing());
    picture("failed", &options, &failed());
}

#[test]
fn windows_and_details() {
    let at = |name: &str, keys: &[&str], size: (u16, u16)| {
        let mut console = full(size);
        for key in keys {
            console.keys(key);
        }
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), console.screen());
    };
    for size in SIZES {
        at("help", &["?"], size);
        at("palette", &["ctrl-p", "cart"], size);
        at("why", &["tab tab tab tab down w"], size);
        at("uplift_full", &["enter"], size);
        at("journey_step", &["5 tab right right"], size);
        at("import_prompt", &["2 i", "orders.csv"], size);
        at("revert_question", &["2 x"], size);
        at("three_arms", &["6 down"], size);
        at("paused_and_frozen", &["space f"], size);
    }
    at("csat_full", &["tab tab enter"], (120, 36));
    at("where_full", &["tab tab tab enter"], (120, 36));
    at("narrow_live", &["tab"], (64, 24));
    at("narrow_read_out", &["6 tab"], (64, 24));
}

/// Every page of the contact view, before and after its figures are there.
#[test]
fn the_contact_view() {
    for size in SIZES {
        let mut console = full(size);
        console.keys("tab");
        console.take_commands();
        console.keys("enter");
        assert_eq!(console.take_commands(), [Command::Contact]);
        assert!(console.screen().contains("Loading"), "{}", console.screen());
        contact::pages().into_iter().for_each(|page| console.update(page));
        for page in ["fatigue", "forecast", "policies", "grid", "gates"] {
            insta::assert_snapshot!(format!("contact_{page}_{}x{}", size.0, size.1), console.screen());
            console.keys("right");
        }
        console.keys("b");
        insta::assert_snapshot!(format!("contact_budget_{}x{}", size.0, size.1), console.screen());
        console.keys("esc");
        assert!(!console.screen().contains("Esc back to Live"));
    }
}

#[test]
fn one_key_asks_why_from_every_list() {
    let question = |console: &mut Headless| match console.take_commands().pop() {
        Some(Command::Why(question)) => question,
        other => panic!("why is asked, not {other:?}"),
    };
    for size in SIZES {
        let mut console = full(size);
        console.keys("tab tab tab tab down");
        console.take_commands();
        console.keys("w");
        let asked = question(&mut console);
        assert!(matches!(&asked.subject, Subject::Message(name) if name == "10 % off e-mail"));
        assert!(asked.at.is_some() && console.screen().contains("deciding again"), "{}", console.screen());
        let other = Question { profile: ProfileId(1), ..asked.clone() };
        console.update(Update::Why(other.clone(), Some(Arc::new(contact::held(other)))));
        assert!(console.screen().contains("deciding again"), "the answer to another question is not taken");
        console.update(Update::Why(asked.clone(), Some(Arc::new(contact::held(asked)))));
        insta::assert_snapshot!(format!("why_answered_{}x{}", size.0, size.1), console.screen());
        console.keys("esc 3");
        console.take_commands();
        console.keys("w");
        let asked = question(&mut console);
        assert_eq!((&asked.subject, asked.at), (&Subject::Everything, None));
        console.update(Update::Why(asked.clone(), Some(Arc::new(contact::everything(asked)))));
        insta::assert_snapshot!(format!("why_everything_{}x{}", size.0, size.1), console.screen());
    }
    let mut console = full((120, 36));
    console.keys("5");
    console.take_commands();
    console.keys("w");
    assert_eq!(console.take_commands(), [Command::Show(Room::Live), Command::Contact]);
    contact::pages().into_iter().for_each(|page| console.update(page));
    assert!(console.screen().contains("cart recovery") && console.screen().contains("who gets nothing"));
    console.keys("c c right");
    console.take_commands();
    contact::pages().into_iter().for_each(|page| console.update(page));
    console.keys("down w");
    let asked = question(&mut console);
    assert_eq!((asked.profile, &asked.subject), (ProfileId(2_041), &Subject::Everything));
}

#[test]
fn the_tour() {
    for size in SIZES {
        let mut console = opened(&Options { tour: true, ..console::options() }, console::full(), size);
        for stop in 1..=6 {
            insta::assert_snapshot!(format!("tour_{stop}_{}x{}", size.0, size.1), console.screen());
            console.keys("enter");
        }
        assert!(!console.screen().contains("6 of 6"), "the tour ends after its last stop");
    }
}

#[test]
fn the_tour_asks_for_anne_and_opens_her() {
    let mut console = opened(&Options { tour: true, ..console::options() }, Vec::new(), (120, 36));
    assert_eq!(
        console.take_commands(),
        [
            Command::Show(Room::Live),
            Command::Show(Room::People),
            Command::LoadPeople { filter: "Anne Keller".to_owned() }
        ]
    );
    console.update(Update::People(console::people()));
    assert_eq!(console.take_commands(), [Command::OpenPerson(ProfileId(17))]);
    console.keys("right left right");
    assert!(console.screen().contains("2 of 6"));
    console.keys("esc");
    assert!(!console.screen().contains("of 6"));
}

#[test]
fn the_segment_editor() {
    for size in SIZES {
        let mut console = full(size);
        console.keys("4 down enter");
        let ticket = match console.take_commands().pop() {
            Some(Command::CheckRule { ticket, text, .. }) => {
                assert!(text.contains("categry"));
                ticket
            }
            other => panic!("the rule is checked when it is opened, not {other:?}"),
        };
        console.update(Update::SegmentVerdict(console::verdict(ticket, true)));
        insta::assert_snapshot!(format!("editor_broken_{}x{}", size.0, size.1), console.screen());
        console.keys("tab");
        let asked = console.take_commands();
        let Some(Command::CheckRule { ticket, text, .. }) = asked.last() else { panic!("{asked:?}") };
        assert!(text.contains("where category = \"shoes\""), "{text}");
        console.update(Update::SegmentVerdict(console::verdict(*ticket, false)));
        insta::assert_snapshot!(format!("editor_sound_{}x{}", size.0, size.1), console.screen());
        console.keys("ctrl-s");
        assert!(matches!(&console.take_commands()[..], [Command::SaveSegment { name, text, .. }]
            if name == "lapsing shoe lovers" && text.contains("category")));
        console.update(Update::SegmentSaved { name: "lapsing shoe lovers".to_owned(), version: 3 });
        console.take_commands();
        console.keys("ctrl-s");
        assert_eq!(console.take_commands(), [], "nothing has changed since");
    }
}

/// An empty editor shows an example beside the cursor and nothing wrong; the first letter takes the example's place.
#[test]
fn a_new_segment_begins_beside_its_example() {
    let mut console = full((120, 36));
    console.keys("4 n V i p s enter");
    let Some(Command::CheckRule { ticket, name, text }) = console.take_commands().pop() else {
        panic!("an empty rule is asked about like any other")
    };
    assert_eq!((name.as_deref(), text.as_str()), (Some("Vips"), ""));
    let empty = Diagnostic {
        line: 1,
        column: 1,
        length: 1,
        error: true,
        message: "the rule is empty".to_owned(),
        ..Diagnostic::default()
    };
    let verdict = SegmentVerdict { ticket, diagnostics: vec![empty], ..SegmentVerdict::default() };
    console.update(Update::SegmentVerdict(Arc::new(verdict)));
    let screen = console.screen();
    assert!(screen.contains("│   such as country = \"DE\""), "{screen}");
    assert!(!screen.contains("│ ^") && !screen.contains("✘ line 1"), "{screen}");
    console.keys("a");
    let screen = console.screen();
    assert!(screen.contains("│ a") && !screen.contains("such as"), "{screen}");
}

#[test]
fn a_new_segment_by_a_known_name_opens_that_one() {
    let mut console = full((120, 36));
    console.keys("4 n V I P enter");
    assert!(!console.take_commands().iter().any(|command| matches!(command, Command::CheckRule { .. })));
    let screen = console.screen();
    assert!(screen.contains("already (list): choose another name"), "{screen}");
    assert!(screen.contains("a list of 310 identities"), "{screen}");
}

#[test]
fn a_segment_that_cannot_be_used_says_why_and_counts_nobody() {
    let mut console = full((120, 36));
    let mut segments = (*console::segments()).clone();
    segments.rows[0].count = None;
    segments.rows[0].share = None;
    segments.rows[0].problem =
        Some("segments refer to each other in a circle: \"A\" → \"B\" → \"A\"".to_owned());
    console.update(Update::Segments(Arc::new(segments)));
    console.keys("4");
    let screen = console.screen();
    for words in ["nobody is counted: it cannot be used", "in a circle", "–"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut console = full((120, 36));
    console.keys("4 down enter");
    console.text(" ");
    console.update(Update::SegmentVerdict(console::verdict(1, false)));
    assert!(!console.screen().contains("1,204 people"));
    console.update(Update::SegmentVerdict(console::verdict(2, false)));
    assert!(console.screen().contains("1,204 people"));
}

#[test]
fn edits_are_undone_one_by_one_and_a_draft_is_not_lost_by_leaving_the_editor() {
    let mut console = full((120, 36));
    console.keys("4 enter");
    console.text("xy");
    console.keys("ctrl-z");
    assert!(console.screen().contains("\"CH\")x"));
    console.keys("ctrl-y");
    assert!(console.screen().contains("\"CH\")xy"));
    console.keys("esc");
    assert!(console.screen().contains("draft"));
    console.keys("1 4 enter");
    assert!(console.screen().contains("\"CH\")xy"));
}

#[test]
fn leaving_asks_about_a_draft_but_never_in_the_demo() {
    for (demo, left) in [(true, true), (false, false)] {
        let mut console = opened(&Options { demo, ..console::options() }, console::full(), (120, 36));
        console.keys("4 enter x esc q");
        assert_eq!(console.has_quit(), left);
    }
    let mut console = opened(&Options { demo: false, ..console::options() }, console::full(), (120, 36));
    console.keys("4 enter x esc q n");
    assert!(!console.has_quit());
    console.keys("q y");
    assert!(console.has_quit());
}

#[test]
fn the_clock_is_paused_driven_and_skipped() {
    let mut console = full((120, 36));
    console.take_commands();
    console.keys("space space + - n");
    assert_eq!(
        console.take_commands(),
        [Command::Pause, Command::Resume, Command::Faster, Command::Slower, Command::NextMoment]
    );
    let mut still = opened(&Options { demo: false, ..console::options() }, Vec::new(), (120, 36));
    still.take_commands();
    still.keys("space");
    assert_eq!(still.take_commands(), []);
    assert!(still.screen().contains("nothing flows in this workspace"));
}

#[test]
fn the_live_screen_keeps_its_picture_when_it_is_not_renewed_and_says_so() {
    let mut console = full((120, 36));
    let problem = Problem::new("run-failed", "the run file cannot be written").help("free some disk space");
    console.update(Update::Failed(Room::Live, problem));
    let screen = console.screen();
    assert!(screen.contains("the run file cannot be written") && screen.contains("free some disk space"));
    console.keys("esc");
    assert!(console.screen().contains("Bundle brings more orders"));
}

#[test]
fn frozen_panels_stay_while_traffic_goes_on() {
    let mut console = full((120, 36));
    console.keys("f");
    let mut later = (*console::live()).clone();
    later.uplift.sentence = "Ten per cent brings more orders.".to_owned();
    console.update(Update::Live(Arc::new(later)));
    assert!(console.screen().contains("Bundle brings more orders"));
    assert!(console.screen().contains("frozen"));
    console.keys("f");
    assert!(console.screen().contains("Ten per cent brings more"));
}

#[test]
fn a_selected_decision_stays_selected_while_new_ones_come_in() {
    let mut console = full((120, 36));
    console.keys("tab tab tab tab down");
    let mut later = (*console::live()).clone();
    let mut newer = later.ticker[0].clone();
    newer.text = "something newer".to_owned();
    later.ticker.insert(0, newer);
    console.update(Update::Live(Arc::new(later)));
    console.keys("y");
    assert!(console.copied().is_some_and(|line| line.contains("e-mail held")), "{:?}", console.copied());
}

#[test]
fn masking_covers_names_and_addresses_on_every_screen() {
    let mut console = full((120, 36));
    for masked in [true, false] {
        let mut seen = String::new();
        for keys in ["1", "3", "3 down", "4 down enter", "esc", "ctrl-p", "esc"] {
            console.keys(keys);
            console.update(Update::SegmentVerdict(console::verdict(1, true)));
            seen.push_str(&console.screen());
        }
        for secret in ["Anne", "Keller", "Marek", "anne.keller", "4711", "Leipzig", "美咲"] {
            if masked {
                assert!(!seen.contains(secret), "{secret} is shown although names are masked");
            }
        }
        assert_eq!(seen.contains("Anne Keller"), !masked);
        console.keys("1 m");
    }
}

#[test]
fn questions_do_nothing_unless_they_are_answered() {
    let mut console = full((120, 36));
    console.keys("2");
    console.take_commands();
    console.keys("x n");
    console.keys("x esc");
    assert_eq!(console.take_commands(), []);
    console.keys("x y");
    assert_eq!(console.take_commands(), [Command::RevertBatch(BatchId(3))]);
    console.keys("down down x");
    assert!(console.screen().contains("this import is reverted already"));
    console.keys("i");
    console.text("data/my orders.csv");
    console.keys("enter");
    assert_eq!(console.take_commands(), [Command::ImportFile(PathBuf::from("data/my orders.csv"))]);
    console.keys("8");
    console.take_commands();
    console.keys("c y");
    assert_eq!(console.take_commands(), [Command::CancelJob(4)]);
    console.keys("3");
    console.take_commands();
    console.keys("/");
    console.text("keller");
    console.keys("enter");
    assert_eq!(console.take_commands(), [Command::LoadPeople { filter: "keller".to_owned() }]);
}

#[test]
fn enter_gives_the_whole_screen_and_esc_gives_it_back() {
    for room in ["1", "5", "6"] {
        let mut console = full((120, 36));
        console.keys(room);
        let shared = console.screen();
        console.keys("enter");
        assert_ne!(console.screen(), shared, "room {room}");
        console.keys("esc");
        assert_eq!(console.screen(), shared, "room {room}");
    }
}

#[test]
fn a_person_who_was_opened_is_closed_by_esc() {
    let mut console = full((120, 36));
    console.keys("3 enter");
    assert!(!console.screen().contains("Nobody is open"));
    console.keys("esc");
    assert!(console.screen().contains("Nobody is open"));
}

#[test]
fn enter_alone_never_reverts_an_import() {
    let mut console = full((120, 36));
    console.keys("2 tab x enter");
    assert!(!console.take_commands().iter().any(|command| matches!(command, Command::RevertBatch(_))));
}

#[test]
fn the_palette_finds_actions_and_things() {
    let mut console = full((120, 36));
    console.keys("ctrl-p");
    console.text("welcome");
    console.keys("enter");
    assert!(console.screen().contains("Nobody is in it yet"));
    console.keys("ctrl-p");
    console.text("cover or show");
    console.keys("enter 3");
    assert!(console.screen().contains("Anne Keller"));
    console.keys("ctrl-p");
    console.text("no such thing");
    assert!(console.screen().contains("nothing is called that"));
    console.keys("enter");
}

#[test]
fn help_filters_by_words_and_by_keys() {
    let mut console = full((120, 36));
    console.keys("?");
    console.text("clipboard");
    assert!(console.screen().contains("OSC 52"));
    assert!(!console.screen().contains("Leave the console"));
}

#[test]
fn the_mouse_finds_tabs_panels_and_rows() {
    let mut console = full((120, 36));
    let at = |console: &Headless, text: &str| {
        let screen = console.screen();
        let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
        let column = line.split(text).next().unwrap().chars().count();
        (column as u16 + 1, row as u16)
    };
    let (column, row) = at(&console, "6 Experiments");
    console.click(column, row);
    let (column, row) = at(&console, "email-test");
    console.click(column, row);
    assert!(console.screen().contains("Both e-mails bring visits"));
    console.click(119, 35);
    console.click(500, 500);
}

#[test]
fn every_size_is_survived_in_every_room_and_window() {
    let keys =
        ["1", "1 enter", "2", "3", "3 tab", "4", "4 down enter", "5", "5 tab right", "6", "6 down tab", "8"];
    let windows = ["", "?", "ctrl-p", "1 tab tab tab tab down w", "2 i", "2 x"];
    let mut console = full((1, 1));
    for keys in keys.iter().chain(&windows) {
        console.keys(keys);
        console.update(Update::SegmentVerdict(console::verdict(1, true)));
        console.update(Update::Toast(Problem::new("test", "something is wrong").help("mend it")));
        for columns in (0..=160).step_by(if cfg!(debug_assertions) { 3 } else { 1 }) {
            for rows in 0..=50 {
                console.resize(columns, rows);
                assert_eq!(console.screen().lines().count(), usize::from(rows));
            }
        }
        console.keys("esc esc esc");
    }
}

#[test]
fn hostile_data_never_reaches_the_terminal_raw() {
    let mut live = (*console::live()).clone();
    poison_live(&mut live);
    let options = Options { mask: false, ..Options::plain("a\u{1b}[2Jb", Arc::new(live)) };
    let mut segments = (*console::segments()).clone();
    segments.rows[0].name = "\u{1b}]0;owned\u{7}".to_owned();
    let mut journeys = (*console::journeys()).clone();
    journeys.rows[0].steps[1].title = "wait\u{202e}\u{1b}[31m".to_owned();
    let mut console = opened(&options, console::full(), (120, 36));
    console.update(Update::Segments(Arc::new(segments)));
    console.update(Update::Journeys(Arc::new(journeys)));
    for room in Room::ALL {
        console.keys(&key(room));
        let screen = console.screen();
        assert!(
            screen.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')),
            "{}: {screen:?}",
            room.title()
        );
    }
}

fn poison_live(live: &mut Live) {
    live.ticker[0].text = "held\u{1b}[31m\r\n\u{9b}2J".to_owned();
    live.ticker[1].name = Some("A\u{7}nne\u{200f}".to_owned());
    live.uplift.title = "test\u{1b}c".to_owned();
    live.csat.moments[0].name = "\t\u{0}purchase".to_owned();
}

#[test]
fn extreme_numbers_are_survived() {
    let mut live = (*console::live()).clone();
    live.fatigue.shares = vec![f64::NAN, -1.0, 1e300];
    live.fatigue.held = Some(0);
    live.csat.moments[0].trend = vec![Some(f64::INFINITY), Some(f64::NAN), None];
    live.uplift.trend.clear();
    live.whereabouts.lifecycle = vec![("x".repeat(300), u64::MAX), (String::new(), 0)];
    live.stamp.people = u64::MAX;
    for size in SIZES {
        let mut console = opened(&Options::plain(&"w".repeat(200), Arc::new(live.clone())), Vec::new(), size);
        assert!(console.screen().contains("segue"));
        console.keys("enter");
        assert!(!console.screen().is_empty());
    }
}

#[test]
fn themes_are_walked_through_and_mono_has_none_to_walk_to() {
    let mut console =
        opened(&Options { theme: ThemeName::Light, ..console::options() }, Vec::new(), (80, 24));
    let before = console.screen();
    console.keys("T T T T");
    assert_eq!(console.screen(), before, "themes change how things look, not what is said");
}

#[test]
fn a_keymap_of_ones_own_is_laid_over_the_shipped_one() {
    let keymap = "[keys]\nquit = [\"ctrl-x\"]\nzzz = [\"a\"]\n".to_owned();
    let mut console = opened(&Options { keymap: Some(keymap), ..console::options() }, Vec::new(), (120, 36));
    assert!(console.screen().contains("there is no action `zzz`"));
    console.keys("q");
    assert!(!console.has_quit());
    console.keys("ctrl-x");
    assert!(console.has_quit());
}

/// Everything a console of an empty workspace is told.
fn empty() -> Vec<Update> {
    vec![
        Update::Data(Arc::default()),
        Update::People(Arc::default()),
        Update::Segments(Arc::default()),
        Update::Journeys(Arc::default()),
        Update::Experiments(Arc::default()),
        Update::Jobs(Arc::default()),
    ]
}

/// Every room fails.
fn failed() -> Vec<Update> {
    let problem = Problem::new("workspace-locked", "another segue is migrating this workspace")
        .in_file("shop.db")
        .help("wait for it to end, or open another workspace with --workspace FILE");
    Room::ALL.iter().map(|room| Update::Failed(*room, problem.clone())).collect()
}

/// The first picture of an empty workspace.
fn nothing() -> Arc<Live> {
    Arc::new(Live::nothing("empty", console::time("2026-05-12")))
}
