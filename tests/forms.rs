//! Forms and lessons of the console, typed into with the real desk behind them; and the pages of tests as they end, from workspaces
//! made by the program itself.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use segue::experiment::calibrate::Settings;
use segue::experiment::calibrate::course::Course;
use segue::model::Time;
use segue::panel::Live;
use segue::panel::designs::Opened;
use segue::panel::lesson::Peeking;
use segue::store::Store;
use segue::tui::headless::Headless;
use segue::tui::{Command, Options, Update};
use segue::work::console::{Subject, Worker, start};
use segue::work::lesson::Pace;
use segue::work::port::LessonState;
use serde_json::Value;

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 12)];

/// A console with its desk.
struct Session {
    console: Headless,
    commands: Sender<Command>,
    updates: Receiver<Update>,
    _worker: Worker,
}

impl Session {
    fn open(path: &Path) -> Self {
        let link = start(Subject::Workspace(path.to_owned()));
        let options = Options::plain(&link.name, Arc::clone(&link.first));
        let mut session = Self {
            console: Headless::new(&options, 120, 36),
            commands: link.commands,
            updates: link.updates,
            _worker: link.worker,
        };
        session.send();
        session.keys("6");
        session.until(|screen| !screen.contains("Loading"));
        session
    }

    fn send(&mut self) {
        for command in self.console.take_commands() {
            self.commands.send(command).unwrap();
        }
    }

    fn keys(&mut self, names: &str) {
        self.console.keys(names);
        self.send();
    }

    fn text(&mut self, text: &str) {
        self.console.text(text);
        self.send();
    }

    /// Empties the cell under the cursor and types into it.
    fn retype(&mut self, text: &str) {
        self.console.keys("end");
        for _ in 0..40 {
            self.console.keys("backspace");
        }
        self.text(text);
    }

    /// Goes on until the screen says so.
    #[track_caller]
    fn until(&mut self, wanted: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(120) {
            while let Ok(update) = self.updates.recv_timeout(Duration::from_millis(50)) {
                self.console.update(update);
                self.send();
            }
            if wanted(&self.console.screen()) {
                return;
            }
        }
        panic!("never came:\n{}", self.console.screen());
    }

    /// Goes on until nothing is worked out any more.
    #[track_caller]
    fn settled(&mut self) {
        self.until(|screen| !screen.contains("working …") && !screen.contains("Loading"));
    }

    /// One snapshot a size.
    fn pictured(&mut self, name: &str) {
        for (columns, rows) in SIZES {
            self.console.resize(columns, rows);
            insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), self.console.screen());
        }
        self.console.resize(120, 36);
    }
}

fn segue(folder: &Path, words: &[&str]) -> String {
    let mut program = Program::new(env!("CARGO_BIN_EXE_segue"));
    let output = program.current_dir(folder).args(["--workspace", "shop.db"]).args(words).output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(output.status.code(), Some(0), "{words:?}\n{}{}", said(&output.stdout), said(&output.stderr));
    said(&output.stdout)
}

/// People of the shop, one sixth of them in each wave.
const PEOPLE: u32 = 3_000;
const WAVES: u32 = 6;

fn customers() -> String {
    let mut text = "customer_id,email,country,wave,consent_email\n".to_owned();
    for n in 1..=PEOPLE {
        let country = if n % 3 == 0 { "AT" } else { "DE" };
        writeln!(text, "c-{n},c{n}@example.com,{country},w{},1", n % WAVES).unwrap();
    }
    text
}

/// A draw that is the same everywhere.
fn draw(n: u32, salt: u32) -> f64 {
    let part = |n: u32, by: u64| u64::from(n).wrapping_mul(by);
    let mut mixed = part(n, 0x9e37_79b9_7f4a_7c15).wrapping_add(part(salt, 0xbf58_476d_1ce4_e5b9));
    mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 40) as f64 / (1_u64 << 24) as f64
}

/// Something a customer did on a day of March.
fn event(text: &mut String, name: &str, n: u32, day: u32) {
    let properties = format!(r#"{{"order_id":"{name}-{n}-{day}","total":{},"currency":"EUR"}}"#, 20 + n % 37);
    writeln!(
        text,
        r#"{{"type":"track","messageId":"{name}-{n}-{day}","timestamp":"2100-03-{day:02}T12:00:00Z","userId":"c-{n}","event":"{name}","properties":{properties}}}"#
    )
    .unwrap();
}

/// How a test went: shares who order and who unsubscribe, in control and treatment, and the last day there are events of.
struct Case {
    orders: [f64; 2],
    unsubscribes: [f64; 2],
    last: u32,
    guardrail: bool,
}

const DESIGN: &str = r#"# What goes with the last purchase, by mail.
name = "bundle mail"
hypothesis = "A bundle brings people back within days."
fallback = "email"
planned_days = 14
planned_n = 3000
minimum_weeks = 1

[send]
channel = "email"

[[variants]]
name = "no mail"
hold_back = true

[[variants]]
name = "bundle"

[metrics]
primary = ["conversion"]
secondary = ["revenue per person"]
GUARDRAIL
[metrics.overrides.conversion]
window = "3d"

[metrics.overrides."revenue per person"]
window = "3d"

[criteria]
effect = 0.4
"#;

const GUARDRAIL: &str = "\n[[metrics.guardrails]]\nmetric = \"unsubscribe\"\nmargin = 0.5\n\n[metrics.overrides.unsubscribe]\nwindow = \"3d\"\n";

/// A workspace in which this happened: six waves, one a day, each with its variants by the program's own assignment.
fn shop(case: &Case) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("customers.csv"), customers()).unwrap();
    let mut before = String::new();
    for n in (1..=PEOPLE).filter(|n| draw(*n, 1) < 0.2) {
        event(&mut before, "Order Completed", n, 1 + n % 9);
    }
    std::fs::write(at.join("before.ndjson"), before.replace("2100-03", "2100-02")).unwrap();
    std::fs::create_dir_all(at.join("experiment")).unwrap();
    let guardrail = if case.guardrail { GUARDRAIL } else { "" };
    std::fs::write(at.join("experiment/bundle.toml"), DESIGN.replace("GUARDRAIL\n", guardrail)).unwrap();
    segue(at, &["import", "customers.csv", "before.ndjson"]);
    segue(at, &["define", "experiment"]);
    let mut after = String::new();
    for wave in 0..WAVES.min(case.last) {
        let (name, rule) = (format!("wave {wave}"), format!("wave = \"w{wave}\""));
        segue(at, &["segment", "save", &name, &rule]);
        let (out, when) = (format!("out{wave}"), format!("2100-03-{:02}T06:00:00Z", wave + 1));
        let mut words =
            vec!["experiment", "assign", "bundle mail", "--segment", &name, "--out", &out, "--at", &when];
        if wave > 0 {
            words.push("--again");
        }
        segue(at, &words);
        let sent = recipients(&at.join(&out));
        for n in (1..=PEOPLE).filter(|n| n % WAVES == wave) {
            let arm = usize::from(sent.contains(&n));
            let day = wave + 1 + n % 3;
            if day <= case.last && draw(n, 2) < case.orders[arm] {
                event(&mut after, "Order Completed", n, day);
            }
            if day <= case.last && draw(n, 3) < case.unsubscribes[arm] {
                event(&mut after, "Unsubscribed", n, day);
            }
        }
    }
    event(&mut after, "Product Viewed", 1, case.last);
    std::fs::write(at.join("after.ndjson"), after).unwrap();
    segue(at, &["import", "after.ndjson"]);
    folder
}

/// The customers on the lists of a folder.
fn recipients(folder: &Path) -> BTreeSet<u32> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let of = |path: PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines()
            .filter_map(|line| line.strip_prefix('c')?.split('@').next()?.parse().ok())
            .collect::<Vec<u32>>()
    };
    files.flat_map(of).collect()
}

/// The read-out, the data page and the design, each at three sizes; then the whole read-out at once.
fn pages(name: &str, session: &mut Session) {
    session.keys("tab");
    session.pictured(&format!("{name}_read_out"));
    session.console.resize(120, 90);
    session.keys("z");
    insta::assert_snapshot!(format!("{name}_whole"), session.console.screen());
    session.console.resize(120, 36);
    session.keys("z a");
    session.until(|screen| screen.contains("can be written to"));
    session.pictured(&format!("{name}_data"));
    session.keys("esc esc e");
}

#[track_caller]
fn of_case(name: &str, case: &Case, said: &str) -> tempfile::TempDir {
    let folder = shop(case);
    let mut session = Session::open(&folder.path().join("shop.db"));
    session.until(|screen| screen.contains("bundle mail"));
    assert!(session.console.screen().contains(said), "{}", session.console.screen());
    pages(name, &mut session);
    session.until(|screen| screen.contains("hypothesis"));
    session.settled();
    session.pictured(&format!("{name}_design"));
    folder
}

#[test]
fn a_clear_winner() {
    let case = Case { orders: [0.08, 0.17], unsubscribes: [0.0, 0.0], last: 12, guardrail: false };
    let folder = of_case("winner", &case, "▲ ship");
    // The last days before now are quiet, and the test itself says how often people order.
    let planned: Value =
        serde_json::from_str(&segue(folder.path(), &["experiment", "design", "bundle mail", "--json"]))
            .unwrap();
    let [orders, revenue] = [&planned["metrics"][0], &planned["metrics"][1]];
    assert_eq!((&orders["basis"], &revenue["basis"]), (&"control".into(), &"control".into()), "{planned}");
    let baseline = orders["baseline"].as_f64().unwrap();
    assert!((baseline - 0.08).abs() < 0.02 && orders["people"].as_u64().unwrap() > 1_400, "{orders}");
    let said = segue(folder.path(), &["experiment", "design", "bundle mail"]);
    assert!(said.contains("from the test's own control, 1,") && !said.contains("cannot be told"), "{said}");
}

#[test]
fn a_clear_loser() {
    let case = Case { orders: [0.17, 0.07], unsubscribes: [0.0, 0.0], last: 12, guardrail: false };
    drop(of_case("loser", &case, "✘ stop"));
}

#[test]
fn too_early_to_say() {
    let case = Case { orders: [0.09, 0.12], unsubscribes: [0.0, 0.01], last: 2, guardrail: true };
    drop(of_case("early", &case, "no window has closed yet"));
}

#[test]
fn a_harmed_guardrail() {
    let case = Case { orders: [0.12, 0.14], unsubscribes: [0.03, 0.14], last: 12, guardrail: true };
    drop(of_case("harmed", &case, "✘ stop"));
}

#[test]
fn a_split_that_is_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "user,arm,visit,spend\n".to_owned();
    for n in 0..2_600_u32 {
        let (arm, visit) = if n < 1_500 { ("page", 0.30) } else { ("old page", 0.24) };
        let visit = u8::from(draw(n, 5) < visit);
        writeln!(text, "u{n},{arm},{visit},{}", u32::from(visit) * (10 + n % 40)).unwrap();
    }
    std::fs::write(folder.path().join("page.csv"), text).unwrap();
    segue(
        folder.path(),
        &[
            "import",
            "page.csv",
            "--as",
            "experiment",
            "--name",
            "new page",
            "--variant",
            "arm",
            "--control",
            "old page",
            "--metric",
            "visit:proportion",
            "--metric",
            "spend:mean",
            "--unit",
            "user",
        ],
    );
    let mut session = Session::open(&folder.path().join("shop.db"));
    session.until(|screen| screen.contains("sample ratio"));
    pages("split_off", &mut session);
    assert!(session.console.screen().contains("its values were given by an import"));
}

/// A shop of 400 with a plain design that nobody was assigned to.
fn small_shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("customers.csv"), customers()).unwrap();
    let mut before = String::new();
    for n in 1..=PEOPLE {
        event(&mut before, "Product Viewed", n, 1 + n % 28);
        if draw(n, 1) < 0.15 {
            event(&mut before, "Order Completed", n, 1 + n % 28);
        }
    }
    std::fs::write(at.join("before.ndjson"), before).unwrap();
    segue(at, &["import", "customers.csv", "before.ndjson"]);
    segue(at, &["segment", "save", "Germans", "country = \"DE\""]);
    folder
}

#[test]
fn an_experiment_is_designed_in_a_form_and_kept_like_any_other() {
    let folder = small_shop();
    let mut session = Session::open(&folder.path().join("shop.db"));
    session.keys("n");
    session.until(|screen| screen.contains("New experiment"));
    session.settled();
    // What it can see is worked out though it has no name yet.
    session.until(|screen| screen.contains("A change by 20 % needs"));
    assert!(session.console.screen().contains("it has no name yet"));
    session.pictured("design_new");
    session.text("spring mail");
    session.keys("tab");
    session.text("Spring brings people back.");
    session.keys("tab enter");
    assert!(session.console.screen().contains("Germans"));
    session.keys("enter");
    session.settled();
    let screen = session.console.screen();
    assert!(screen.contains("Germans") && screen.contains("A change by 20 % needs"), "{screen}");
    session.pictured("design_filled");

    // An error stands at its field, the outlook waits, and nothing can be kept.
    for _ in 0..60 {
        session.console.keys("down");
    }
    session.keys("up up up up tab");
    session.retype("0.7");
    session.until(|screen| screen.contains("✘ alpha lies between 0 and 0.5"));
    assert!(
        session.console.screen().contains("save: 1 problem in the design"),
        "{}",
        session.console.screen()
    );
    session.pictured("design_fault");
    session.retype("0.1");
    session.settled();
    session.keys("ctrl-s");
    session.until(|screen| screen.contains("spring mail ─ v1"));

    let store = Store::open_read_only(&folder.path().join("shop.db")).unwrap();
    let kept = store.definition(segue::model::definition::Kind::Experiment, "spring mail").unwrap().unwrap();
    let design = segue::experiment::Design::read(&kept.definition.text).unwrap();
    assert_eq!((design.analysis.alpha, design.targeting.unwrap().said().as_str()), (0.1, "segment Germans"));
    let planned = segue(folder.path(), &["experiment", "design", "spring mail"]);
    let told = planned.lines().next().unwrap().split_whitespace().take(9).collect::<Vec<_>>().join(" ");
    session.console.resize(200, 36);
    assert!(
        session.console.screen().replace('\n', " ").contains(&told),
        "{told}\n{}",
        session.console.screen()
    );
}

#[test]
fn a_draft_is_undone_left_taken_up_again_and_asked_about_before_it_is_lost() {
    let folder = small_shop();
    let mut session = Session::open(&folder.path().join("shop.db"));
    session.keys("n");
    session.until(|screen| screen.contains("New experiment"));
    session.text("one");
    session.keys("tab");
    session.text("because");
    session.keys("ctrl-z");
    let screen = session.console.screen();
    assert!(!screen.contains("because") && screen.contains("one"), "{screen}");
    session.keys("ctrl-y esc");
    assert!(!session.console.screen().contains("What to expect"));
    session.keys("n");
    assert!(session.console.screen().contains("because"), "{}", session.console.screen());
    session.keys("esc q");
    assert!(session.console.screen().contains("A draft is not saved") && !session.console.has_quit());
    session.keys("y");
    assert!(session.console.has_quit());
}

#[test]
fn a_change_to_a_running_experiment_says_what_it_does_before_it_is_kept() {
    let folder = shop(&Case { orders: [0.1, 0.1], unsubscribes: [0.0, 0.0], last: 3, guardrail: false });
    let mut session = Session::open(&folder.path().join("shop.db"));
    session.until(|screen| screen.contains("bundle mail"));
    session.keys("e");
    session.until(|screen| screen.contains("hypothesis"));
    session.keys("tab");
    session.retype("Another thought");
    session.until(|screen| screen.contains("Saving is safe: phase 1 goes on."));
    assert!(session.console.screen().contains("✔ safe    hypothesis"));
    for _ in 0..4 {
        session.console.keys("down");
    }
    session.keys("tab");
    session.retype("30");
    session.keys("down");
    session.retype("70");
    session.until(|screen| screen.contains("Saving begins phase 2"));
    session.settled();
    let screen = session.console.screen();
    assert!(screen.contains("! unsafe  weights") && screen.contains("Simpson"), "{screen}");
    session.pictured("design_unsafe");
    session.keys("ctrl-s");
    session.until(|screen| screen.contains("bundle mail ─ v2"));
    let store = Store::open_read_only(&folder.path().join("shop.db")).unwrap();
    let kept = store.definition(segue::model::definition::Kind::Experiment, "bundle mail").unwrap().unwrap();
    assert!(kept.definition.text.starts_with("# What goes with the last purchase"), "comments stay");
    assert!(kept.definition.text.contains("weight = 0.3"), "{}", kept.definition.text);
}

#[test]
fn the_calculator_answers_as_the_command_line_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(&folder.path().join("shop.db"));
    session.keys("c");
    session.settled();
    assert!(
        session.console.screen().contains("Still to be typed: people of A"),
        "{}",
        session.console.screen()
    );
    session.keys("down down down");
    for (at, number) in ["10,000", "10,020", "820", "905"].iter().enumerate() {
        if at > 0 {
            session.keys("tab");
        }
        session.text(number);
    }
    session.settled();
    let screen = session.console.screen();
    assert!(screen.contains("▲ B is higher by +10 %"), "{screen}");
    assert!(screen.contains("The arms are the sizes they should be"), "{screen}");
    session.pictured("calc");
    // A split that is off is said first; more successes than people is told at its cell.
    session.keys("backtab backtab");
    session.retype("8000");
    session.settled();
    assert!(session.console.screen().contains("✘ The split is off"), "{}", session.console.screen());
    session.pictured("calc_split_off");
    session.retype("80");
    session.settled();
    assert!(session.console.screen().contains("variants[1].sum is 905"), "{}", session.console.screen());
    session.pictured("calc_fault");
    session.keys("ctrl-z");
    session.settled();
    assert!(session.console.screen().contains("10,020"), "{}", session.console.screen());
    // What is copied is a command that says the same.
    session.keys("ctrl-k");
    let command = session.console.copied().unwrap().to_owned();
    let line = command.strip_prefix("segue calc '").unwrap().strip_suffix('\'').unwrap();
    let said = segue(folder.path(), &["calc", "--json", line]);
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert!((answer["comparisons"][0]["uplift"].as_f64().unwrap() - 0.1014).abs() < 1e-3, "{said}");
}

#[test]
fn a_test_is_planned_in_the_second_tab() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::open(&folder.path().join("shop.db"));
    session.keys("c ctrl-t");
    session.settled();
    let screen = session.console.screen();
    assert!(screen.contains("29,497 people are needed in all"), "{screen}");
    session.pictured("calc_power");
    session.keys("down down down");
    session.text("5000");
    session.settled();
    assert!(session.console.screen().contains("10,000 people see it with a chance of"));
    session.keys("up");
    session.retype("");
    session.settled();
    assert!(
        session.console.screen().contains("10,000 people see a change of"),
        "{}",
        session.console.screen()
    );
    session.keys("esc");
    assert!(!session.console.screen().contains("Calculator"));
}

#[test]
fn keys_typed_faster_than_anybody_answers_are_never_waited_for() {
    let folder = small_shop();
    let mut session = Session::open(&folder.path().join("shop.db"));
    session.keys("n");
    session.until(|screen| screen.contains("New experiment"));
    let begun = Instant::now();
    session.text(&"as fast as fingers go ".repeat(10));
    let screen = session.console.screen();
    assert!(begun.elapsed() < Duration::from_secs(5), "typing waits for nobody: {:?}", begun.elapsed());
    assert!(screen.contains("fingers go") && screen.contains("working …"), "{screen}");
    session.settled();
}

fn lesson(looks: u32) -> (Arc<Peeking>, LessonState) {
    let mut course = Course::new(Settings::new(300, 7));
    (0..looks).for_each(|_| course.advance());
    (Arc::new(Peeking::of(&course)), LessonState { paused: looks == 40, speed: 1 })
}

#[test]
fn the_lesson_on_peeking_is_watched() {
    let first = Arc::new(Live::nothing("lab", Time(0)));
    let options = Options { lesson: true, ..Options::plain("lab", first) };
    for looks in [0, 40, 100] {
        let (lesson, state) = lesson(looks);
        for (columns, rows) in SIZES {
            let mut console = Headless::new(&options, columns, rows);
            assert_eq!(console.take_commands(), [Command::BeginLesson]);
            console.update(Update::Lesson(Arc::clone(&lesson), state));
            insta::assert_snapshot!(format!("lesson_{looks}_{columns}x{rows}"), console.screen());
        }
    }
    let mut console = Headless::new(&options, 120, 36);
    console.take_commands();
    let (lesson, state) = lesson(40);
    console.update(Update::Lesson(lesson, state));
    console.keys("space right + - r");
    let paces = [Pace::Resume, Pace::Step, Pace::Faster, Pace::Slower, Pace::Again];
    assert_eq!(console.take_commands(), paces.map(Command::LessonPace));
    console.keys("q");
    assert!(console.has_quit());
}

#[test]
fn the_lesson_is_opened_from_the_experiments_and_closed_again() {
    let first = Arc::new(Live::nothing("shop", Time(0)));
    let mut console = Headless::new(&Options::plain("shop", first), 120, 36);
    console.keys("6");
    console.take_commands();
    console.keys("p");
    assert_eq!(console.take_commands(), [Command::BeginLesson]);
    assert!(console.screen().contains("The tests are being set up."));
    console.keys("q");
    assert_eq!(console.take_commands(), [Command::EndLesson]);
    assert!(!console.has_quit() && console.screen().contains("6 Experiments"));
}

#[test]
fn the_lesson_without_a_console_says_the_figures() {
    let folder = tempfile::tempdir().unwrap();
    let play = |seed: &str| {
        segue(folder.path(), &["lab", "peeking", "--headless", "--json", "--tests", "400", "--seed", seed])
    };
    let said = play("7");
    assert_eq!(said, play("7"), "the same seed gives the same bytes");
    assert_ne!(said, play("8"));
    let lesson: Value = serde_json::from_str(&said).unwrap();
    let last = lesson["shares"].as_array().unwrap().last().unwrap();
    let share = |name: &str| last[name].as_f64().unwrap() / 400.0;
    assert!(share("naive") > 0.2, "naive peeking climbs well above alpha: {last}");
    assert!(share("always") < 0.05, "always-valid stays below alpha: {last}");
    let text = segue(folder.path(), &["lab", "peeking", "--headless", "--tests", "50"]);
    assert!(
        text.contains("SIMULATED, seed 7") && text.contains("stopping at the first alarm called"),
        "{text}"
    );
    assert!(!folder.path().join("shop.db").exists(), "a lesson needs no workspace");
}

#[test]
fn every_size_is_survived_in_forms_and_lesson() {
    let console = |keys: &str| {
        let mut console =
            Headless::new(&Options::plain("shop", Arc::new(Live::nothing("shop", Time(0)))), 80, 24);
        console.keys("6");
        console.keys(keys);
        console
    };
    let mut design = console("n");
    design.update(Update::DesignOpened(Arc::default()));
    let (told, state) = lesson(50);
    let mut watched = console("p");
    watched.update(Update::Lesson(told, state));
    let mut broken = console("n");
    let text = "name = \"x\"\nvariants = 3".to_owned();
    let opened = Opened { name: Some("x".to_owned()), version: Some(1), text, ..Opened::default() };
    broken.update(Update::DesignOpened(Arc::new(opened)));
    assert!(broken.screen().contains("cannot be shown as fields"), "{}", broken.screen());
    for console in [&mut design, &mut console("c"), &mut console("c ctrl-t"), &mut watched, &mut broken] {
        for columns in [0, 1, 2, 5, 9, 20, 33, 50, 64, 80, 111, 240] {
            for rows in [0, 1, 2, 3, 5, 8, 13, 20, 40] {
                console.resize(columns, rows);
                assert!(!console.screen().contains("panicked"));
                console.click(columns / 2, rows / 2);
                console.keys("down tab");
                console.text("9 ");
            }
        }
    }
}
