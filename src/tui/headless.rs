//! The console without a terminal: the same update and the same view, driven by key names and updates, drawn as text.
//! For tests, pictures and replays.

use std::sync::Arc;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::app::App;
use super::keymap::Stroke;
use super::port::{Command, Update};
use super::screens::Effect;
use super::theme::Theme;
use super::{Options, view};

/// A console that draws into memory.
#[derive(Debug)]
pub struct Headless {
    app: App,
    area: Rect,
    commands: Vec<Command>,
    copied: Option<String>,
    quit: bool,
}

impl Headless {
    /// A console of so many columns and rows. The environment is not asked.
    #[must_use]
    pub fn new(options: &Options, columns: u16, rows: u16) -> Self {
        let area = Rect::new(0, 0, columns, rows);
        let app = super::app(options, Theme::new(options.theme));
        let mut console = Self { app, area, commands: Vec::new(), copied: None, quit: false };
        console.app.resize(area);
        let effects = console.app.start();
        console.keep(effects);
        console
    }

    /// Tells the console something.
    pub fn update(&mut self, update: Update) {
        let effects = self.app.receive(update);
        self.keep(effects);
    }

    /// Presses keys by their names in keymap files, separated by blanks: `4 enter ctrl-s`. A name that is no key is
    /// typed letter by letter.
    pub fn keys(&mut self, names: &str) {
        for name in names.split_whitespace() {
            match name.parse::<Stroke>() {
                Ok(stroke) => self.press(stroke),
                Err(()) => self.text(name),
            }
        }
    }

    /// Types a text letter by letter.
    pub fn text(&mut self, text: &str) {
        for c in text.chars() {
            self.press(Stroke { code: KeyCode::Char(c), ctrl: false, alt: false });
        }
    }

    /// Pastes a text.
    pub fn paste(&mut self, text: &str) {
        let effects = self.app.paste(text);
        self.keep(effects);
    }

    /// Clicks at a column and a row, from 0.
    pub fn click(&mut self, column: u16, row: u16) {
        let effects = self.app.click(Position::new(column, row));
        self.keep(effects);
    }

    /// Changes the size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.area = Rect::new(0, 0, columns, rows);
        self.app.resize(self.area);
    }

    /// What the screen shows, one line a row, blanks at the ends of lines removed.
    #[must_use]
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut text = String::new();
        for row in self.area.rows() {
            let mut line = String::new();
            let mut skip = 0;
            for position in row.positions() {
                let symbol = buffer.cell(position).map_or(" ", ratatui::buffer::Cell::symbol);
                if skip == 0 {
                    line.push_str(symbol);
                    skip = unicode_width::UnicodeWidthStr::width(symbol).max(1);
                }
                skip -= 1;
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The commands sent since this was last asked.
    pub fn take_commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    /// What was copied last.
    #[must_use]
    pub fn copied(&self) -> Option<&str> {
        self.copied.as_deref()
    }

    /// Whether the console was left.
    #[must_use]
    pub fn has_quit(&self) -> bool {
        self.quit
    }

    fn press(&mut self, stroke: Stroke) {
        let effects = self.app.press(stroke);
        self.keep(effects);
    }

    fn keep(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send(command) => self.commands.push(command),
                Effect::Copy(text) => self.copied = Some(text),
                Effect::Quit => {
                    self.commands.push(Command::Quit);
                    self.quit = true;
                }
                // Without a terminal the editor gives the text back as it was.
                Effect::EditExternally(text) => {
                    let effects = self.app.edited(Some(text));
                    self.keep(effects);
                }
                Effect::Mouse(_) | Effect::Ask(_) | Effect::Repaint => {}
            }
        }
    }

    fn buffer(&self) -> Buffer {
        let mut buffer = Buffer::empty(self.area);
        view::draw(&self.app, self.area, &mut buffer);
        buffer
    }
}

impl Options {
    /// Options for a picture: nothing masked, no tour, the dark theme.
    #[must_use]
    pub fn plain(workspace: &str, first: Arc<crate::panel::Live>) -> Self {
        Self {
            theme: super::ThemeName::Dark,
            mask: false,
            tour: false,
            lesson: false,
            demo: false,
            first,
            workspace: workspace.to_owned(),
            keymap: None,
        }
    }
}
