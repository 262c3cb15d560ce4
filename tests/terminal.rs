//! The console in a real terminal: this program runs itself in a pty, as the console, and looks at what it shows.

#![expect(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod console;

#[path = "common/generator.rs"]
mod generator;
#[path = "terminal/held_keys.rs"]
mod held_keys;

use std::io::{Read, Write};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use segue::tui::{Command, Options, Update};

const ROLE: &str = "SEGUE_TEST_CONSOLE";

/// Not a test by itself: what runs inside the pty when the variable is set.
#[test]
fn console_child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (updates, receiver) = channel();
    let (sender, commands) = channel::<Command>();
    for update in console::full() {
        updates.send(update).unwrap();
    }
    let feed = updates.clone();
    std::thread::spawn(move || {
        for command in commands {
            match command {
                Command::CheckRule { text, ticket, .. } => {
                    let verdict = console::verdict(ticket, text.contains("categry"));
                    drop(feed.send(Update::SegmentVerdict(verdict)));
                }
                Command::LoadPeople { .. } => drop(feed.send(Update::People(console::people()))),
                Command::OpenPerson(_) => drop(feed.send(Update::Person(console::person()))),
                Command::NextMoment => panic!("asked to panic by a test"),
                _ => {}
            }
        }
    });
    let options = Options { tour: role == "tour", mask: role != "unmasked", ..console::options() };
    segue::tui::run(options, receiver, sender).unwrap();
    print!("left in peace\r\n");
}

struct Terminal {
    parser: Arc<Mutex<vt100::Parser>>,
    bytes: Arc<Mutex<Vec<u8>>>,
    writer: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
}

fn parser(rows: u16, columns: u16) -> vt100::Parser {
    let size = |n: u16| n.try_into().unwrap();
    vt100::Parser::new(size(rows), size(columns), 0)
}

impl Terminal {
    fn open(columns: u16, rows: u16, role: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "console_child", "--nocapture", "--test-threads=1"]);
        command.env_remove("NO_COLOR");
        command.env(ROLE, role);
        for (name, value) in variables {
            command.env(name, value);
        }
        Self::run(columns, rows, command)
    }

    fn run(columns: u16, rows: u16, mut command: CommandBuilder) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        command.env("TERM", "xterm-256color");
        command.env("RUST_BACKTRACE", "0");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let parser = Arc::new(Mutex::new(parser(rows, columns)));
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (shown, heard) = (Arc::clone(&parser), Arc::clone(&bytes));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                heard.lock().unwrap().extend_from_slice(&buffer[..n]);
                shown.lock().unwrap().process(&buffer[..n]);
            }
        });
        Self { parser, bytes, writer, master: pair.master, child }
    }

    fn screen(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    fn until(&self, text: &str) {
        self.until_that(text, |screen| screen.contains(text));
    }

    fn until_that(&self, what: &str, holds: impl Fn(&str) -> bool) {
        self.until_within(Duration::from_secs(20), what, holds);
    }

    fn until_within(&self, patience: Duration, what: &str, holds: impl Fn(&str) -> bool) {
        let end = Instant::now() + patience;
        while !holds(&self.screen()) {
            assert!(Instant::now() < end, "never on screen: {what}\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    fn resize(&self, columns: u16, rows: u16) {
        *self.parser.lock().unwrap() = parser(rows, columns);
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    fn wait(&mut self) -> bool {
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                std::thread::sleep(Duration::from_millis(50));
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        unreachable!("the console did not end:\n{}", self.screen());
    }

    fn is_given_back(&self) -> bool {
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }
}

#[test]
fn it_starts_shows_every_screen_and_leaves_the_terminal_as_it_was() {
    let mut terminal = Terminal::open(120, 36, "live", &[]);
    terminal.until("Bundle brings more orders");
    for (key, text) in [
        ("2", "rows = accepted"),
        ("3", "Most people have never ordered"),
        ("4", "Four segments"),
        ("5", "still in cart?"),
        ("6", "revenue per person"),
        ("8", "9 min 03 s left"),
        ("1", "Fatigue"),
        ("?", "type to filter"),
    ] {
        terminal.press(key);
        terminal.until(text);
    }
    terminal.press("\u{1b}");
    terminal.until_that("help closed", |screen| !screen.contains("type to filter"));
    terminal.press("q");
    assert!(terminal.wait());
    assert!(terminal.is_given_back(), "{}", terminal.screen());
    assert!(terminal.screen().contains("left in peace"));
}

#[test]
fn any_size_is_survived_while_it_runs() {
    let mut terminal = Terminal::open(20, 6, "live", &[]);
    terminal.until("segue");
    for (columns, rows) in [(1, 1), (200, 60), (40, 12), (80, 24), (20, 6)] {
        terminal.resize(columns, rows);
        std::thread::sleep(Duration::from_millis(120));
        terminal.press("24");
    }
    terminal.resize(80, 24);
    std::thread::sleep(Duration::from_millis(120));
    terminal.press("1");
    terminal.until("Uplift");
    terminal.press("q");
    assert!(terminal.wait());
    assert!(terminal.is_given_back());
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let mut terminal = Terminal::open(80, 24, "live", &[]);
    terminal.until("Uplift");
    let pid = terminal.child.process_id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(terminal.wait());
    assert!(terminal.is_given_back(), "{}", terminal.screen());
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let mut terminal = Terminal::open(80, 24, "live", &[]);
    terminal.until("Uplift");
    terminal.press("n");
    terminal.until("asked to panic by a test");
    terminal.until("a part of the program failed");
    assert!(!terminal.wait(), "a panic is no success");
    assert!(terminal.is_given_back(), "{}", terminal.screen());
}

#[test]
fn without_colour_nothing_resets_the_selection_and_no_colour_is_sent() {
    let mut terminal = Terminal::open(100, 30, "live", &[("NO_COLOR", "1")]);
    terminal.until("Uplift");
    terminal.press("3");
    terminal.until("Most people");
    terminal.press("T");
    terminal.press("q");
    assert!(terminal.wait());
    let bytes = terminal.bytes.lock().unwrap().clone();
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("\u{1b}[;m"), "a colour was named under NO_COLOR");
    assert!(!text.contains("\u{1b}[38;") && !text.contains("\u{1b}[48;"));
    assert!(text.contains("\u{1b}[7m"), "the selection is drawn in reverse video");
}

#[test]
fn with_colour_colours_are_sent() {
    let mut terminal = Terminal::open(100, 30, "live", &[]);
    terminal.until("Uplift");
    terminal.press("q");
    assert!(terminal.wait());
    let bytes = terminal.bytes.lock().unwrap().clone();
    assert!(String::from_utf8_lossy(&bytes).contains("\u{1b}[38;5;"));
}

#[test]
fn the_mouse_chooses_a_screen_and_an_editor_gets_the_keyboard() {
    let editor = tempfile::Builder::new().suffix(".sh").tempfile().unwrap();
    std::fs::write(editor.path(), "printf 'country = \"FR\"\\n' > \"$1\"\n").unwrap();
    let command = format!("sh {}", editor.path().display());
    let mut terminal = Terminal::open(120, 36, "live", &[("EDITOR", &command), ("VISUAL", "")]);
    terminal.until("4 Segments");
    let row = terminal.screen().lines().nth(1).unwrap().to_owned();
    let column = row.find("4 Segments").unwrap() + 2;
    terminal.press(&format!("\u{1b}[<0;{column};2M\u{1b}[<0;{column};2m"));
    terminal.until("Four segments");
    terminal.press("e");
    terminal.until("country = \"FR\"");
    terminal.press("\u{1b}");
    terminal.until("Four segments");
    terminal.press("q");
    assert!(terminal.wait());
}

#[test]
fn a_line_is_copied_through_the_terminal() {
    let mut terminal = Terminal::open(120, 36, "live", &[]);
    terminal.until("Uplift");
    terminal.press("2y");
    terminal.until("copied: b-00003");
    let bytes = terminal.bytes.lock().unwrap().clone();
    assert!(String::from_utf8_lossy(&bytes).contains("\u{1b}]52;c;Yi0wMDAwMyBvcmRlci1saW5lcy5jc3Y6"));
    terminal.press("q");
    assert!(terminal.wait());
}

#[test]
fn idle_sends_nothing_to_the_terminal() {
    let mut terminal = Terminal::open(80, 24, "live", &[]);
    terminal.until("Uplift");
    std::thread::sleep(Duration::from_millis(400));
    let before = terminal.bytes.lock().unwrap().len();
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(terminal.bytes.lock().unwrap().len(), before);
    terminal.press("q");
    assert!(terminal.wait());
}

#[test]
fn the_first_frame_is_there_at_once() {
    let started = Instant::now();
    let mut terminal = Terminal::open(120, 36, "live", &[]);
    terminal.until("Uplift");
    let took = started.elapsed();
    // Generous: the machine that runs this may build something else beside it.
    assert!(took < Duration::from_secs(2), "{took:?}");
    terminal.press("q");
    assert!(terminal.wait());
}
