//! The console: one update, pure layout, one view; draws only when something changed.
//!
//! ```text
//!  keys, mouse ─▶ keymap ─▶ Action ─▶ App::act ─▶ Effect ─▶ runtime ─▶ Command ─▶ whoever drives the console
//!                                        ▲                                             │
//!                                        └────────────── App::receive ◀── Update ◀─────┘
//!  App ─▶ layout::Plan ─▶ view::draw ─▶ terminal
//! ```
//!
//! Screens draw finished view data from `panel` and nothing else; no screen knows a store or a statistic.

mod action;
mod app;
mod editor;
pub mod headless;
mod input;
mod keymap;
mod layout;
mod overlay;
use crate::work::port;
mod rooms;
mod runtime;
mod screens;
mod term;
mod theme;
mod toast;
mod tour;
mod view;
mod widgets;

use std::io::{self, BufWriter};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::Context;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

pub use crate::work::port::{ClockState, Command, ContactPage, Room, Speed, Update};
pub use keymap::key_table;
pub use theme::{ThemeName, UnknownTheme};

use crate::panel::Live;
use crate::work::console;
use app::{App, Opening};
use input::Input;
use rooms::Rooms;
use runtime::{Hands, Message, Runtime};
use theme::Theme;

/// What the console is opened with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The wanted theme; `NO_COLOR` and a dumb terminal get the colourless one whatever it is.
    pub theme: ThemeName,
    /// Whether names and addresses are covered at the start.
    pub mask: bool,
    /// Whether the tour begins at once.
    pub tour: bool,
    /// Whether the lesson on peeking is all that is wanted.
    pub lesson: bool,
    /// Whether this is the throw-away demo: traffic flows, and leaving asks nothing.
    pub demo: bool,
    /// The picture of the first frame, drawn before anything else is known.
    pub first: Arc<Live>,
    /// The workspace's name for the header.
    pub workspace: String,
    /// A keymap of one's own (TOML text), laid over the shipped one.
    pub keymap: Option<String>,
}

/// Opens the console and returns when it is closed, the terminal as it was.
///
/// # Errors
/// When the terminal cannot be taken over or drawn to.
pub fn run(options: Options, updates: Receiver<Update>, commands: Sender<Command>) -> anyhow::Result<()> {
    let variable = |name: &str| std::env::var(name).ok();
    let theme =
        Theme::for_terminal(options.theme, variable("NO_COLOR").as_deref(), variable("TERM").as_deref());
    let app = app(&options, theme);
    let (sender, messages) = channel();
    let panicked = sender.clone();
    term::give_back_on_panic(move || drop(panicked.send(Message::Panicked)));
    let guard = term::Guard::take(true).context("taking over the terminal")?;
    let backend = CrosstermBackend::new(BufWriter::new(io::stdout()));
    let terminal = Terminal::new(backend).context("opening the terminal")?;
    let input = Input::listen(sender.clone());
    forward(updates, sender);
    let result = Runtime::new(app, terminal, Console { input }, commands).run(&messages);
    drop(guard);
    result
}

/// Starts what works behind the console and opens it.
///
/// # Errors
/// An unknown theme, or a terminal that cannot be taken over.
pub fn open(opening: console::Opening) -> anyhow::Result<()> {
    let theme = match &opening.theme {
        Some(name) => name.parse::<ThemeName>()?,
        None => ThemeName::default(),
    };
    let demo = matches!(opening.subject, console::Subject::Demo { .. });
    let lesson = matches!(opening.subject, console::Subject::Lesson(_));
    let link = console::start(opening.subject);
    let options = Options {
        theme,
        mask: opening.mask,
        tour: opening.tour,
        lesson,
        demo,
        first: link.first,
        workspace: link.name,
        keymap: None,
    };
    let ended = run(options, link.updates, link.commands);
    drop(link.worker);
    ended
}

fn app(options: &Options, theme: Theme) -> App {
    let opening = Opening {
        theme,
        mask: options.mask,
        tour: options.tour,
        lesson: options.lesson,
        demo: options.demo,
        workspace: options.workspace.clone(),
        keymap: options.keymap.clone(),
    };
    App::new(opening, Rooms::new(Arc::clone(&options.first)), options.first.stamp.as_of)
}

/// Hands updates on to the loop until either side is gone.
fn forward(updates: Receiver<Update>, messages: Sender<Message>) {
    std::thread::spawn(move || {
        for update in updates {
            if messages.send(Message::Update(update)).is_err() {
                break;
            }
        }
    });
}

/// A real terminal.
struct Console {
    input: Input,
}

impl Hands for Console {
    fn copy(&mut self, text: &str) -> io::Result<()> {
        term::copy(text)
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        term::mouse(on)
    }

    fn edit(&mut self, text: &str, mouse: bool) -> io::Result<Option<String>> {
        self.input.hold();
        term::give_back();
        let edited = editor::edit(text);
        term::take(mouse)?;
        self.input.release();
        Ok(edited)
    }

    fn synchronised(&mut self, begin: bool) -> io::Result<()> {
        term::synchronised(begin)
    }
}
