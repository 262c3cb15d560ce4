//! The loop: waits for a message, updates, draws when something changed, and does what the update asked for. Idle means
//! no draw at all.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Context;
use crossterm::event::{Event, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType};
use ratatui::layout::{Position, Rect};

use super::action::Action;
use super::app::App;
use super::keymap::Stroke;
use super::port::{Command, Update};
use super::screens::Effect;
use super::view;

/// What the loop waits for.
#[derive(Debug)]
pub(super) enum Message {
    /// Someone pressed, clicked, pasted or resized.
    Input(Event),
    /// Whoever drives the console tells something.
    Update(Update),
    /// The terminal, or the session, is gone.
    Terminate,
    /// Some thread panicked and the terminal is given back already.
    Panicked,
}

/// What only a real terminal can do; tests bring their own.
pub(super) trait Hands {
    /// Puts a text into the clipboard.
    fn copy(&mut self, text: &str) -> std::io::Result<()>;
    /// Takes the mouse or gives it back.
    fn mouse(&mut self, on: bool) -> std::io::Result<()>;
    /// Lets a person edit a text elsewhere.
    fn edit(&mut self, text: &str, mouse: bool) -> std::io::Result<Option<String>>;
    /// Begins or ends a frame that is shown at once.
    fn synchronised(&mut self, begin: bool) -> std::io::Result<()>;
}

/// Updates alone never draw more often than this; keys draw at once.
const FRAME: Duration = Duration::from_millis(33);

/// The loop's own state.
pub(super) struct Runtime<B: Backend, H: Hands> {
    pub(super) app: App,
    pub(super) terminal: Terminal<B>,
    pub(super) hands: H,
    commands: Sender<Command>,
    dirty: bool,
    drawn: Instant,
    toast: Option<(u64, Instant)>,
    /// Frames drawn so far.
    pub(super) frames: u64,
}

impl<B, H> Runtime<B, H>
where
    B: Backend,
    B::Error: std::error::Error + Send + Sync + 'static,
    H: Hands,
{
    pub(super) fn new(app: App, terminal: Terminal<B>, hands: H, commands: Sender<Command>) -> Self {
        Self { app, terminal, hands, commands, dirty: true, drawn: Instant::now(), toast: None, frames: 0 }
    }

    /// Runs until someone quits or the terminal is gone.
    pub(super) fn run(&mut self, messages: &Receiver<Message>) -> anyhow::Result<()> {
        self.draw()?;
        let effects = self.app.start();
        self.dirty = self.app.tour.is_some();
        let mut open = self.perform(effects)?;
        while open {
            if self.dirty && self.drawn.elapsed() >= FRAME {
                self.draw()?;
            }
            open = match self.next(messages) {
                Next::Message(message) => self.handle(message)? && self.drain(messages)?,
                Next::Deadline => true,
                Next::Closed => false,
            };
        }
        Ok(())
    }

    /// Waits for a message or for the next thing that has to happen by itself; for ever if there is none.
    fn next(&mut self, messages: &Receiver<Message>) -> Next {
        let frame = self.dirty.then(|| self.drawn + FRAME);
        let toast = self.toast_deadline();
        let Some(deadline) = frame.into_iter().chain(toast).min() else {
            return messages.recv().map_or(Next::Closed, Next::Message);
        };
        match messages.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(message) => Next::Message(message),
            Err(RecvTimeoutError::Disconnected) => Next::Closed,
            Err(RecvTimeoutError::Timeout) => {
                self.expire_toast();
                Next::Deadline
            }
        }
    }

    /// Takes everything that already waits, so that a burst costs one frame.
    fn drain(&mut self, messages: &Receiver<Message>) -> anyhow::Result<bool> {
        while let Ok(message) = messages.try_recv() {
            if !self.handle(message)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes one message; false means the end.
    fn handle(&mut self, message: Message) -> anyhow::Result<bool> {
        let effects = match message {
            Message::Terminate => return self.perform(vec![Effect::Quit]),
            Message::Panicked => anyhow::bail!("a part of the program failed; what it said is above"),
            Message::Update(update) => {
                self.dirty = true;
                self.app.receive(update)
            }
            Message::Input(event) => match self.input(event) {
                Some(effects) => {
                    self.dirty = true;
                    // What a person did is seen at once, whatever was drawn just before.
                    self.drawn = self.drawn.checked_sub(FRAME).unwrap_or(self.drawn);
                    effects
                }
                None => return Ok(true),
            },
        };
        self.perform(effects)
    }

    /// What an input means; none if it means nothing and nothing has to be drawn.
    fn input(&mut self, event: Event) -> Option<Vec<Effect>> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Some(self.app.press(Stroke::of(key))),
            Event::Paste(text) => Some(self.app.paste(&text)),
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Resize(..) => Some(Vec::new()),
            Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
        }
    }

    fn mouse(&mut self, mouse: MouseEvent) -> Option<Vec<Effect>> {
        let at = Position::new(mouse.column, mouse.row);
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Some(self.app.click(at)),
            MouseEventKind::ScrollUp => Some(self.app.scroll(at, Action::Up)),
            MouseEventKind::ScrollDown => Some(self.app.scroll(at, Action::Down)),
            _ => None,
        }
    }

    /// Does what an update asked for; false means the end.
    fn perform(&mut self, effects: Vec<Effect>) -> anyhow::Result<bool> {
        for effect in effects {
            match effect {
                // A driver that is gone cannot be asked anything; the console can still be read and left.
                Effect::Send(command) => drop(self.commands.send(command)),
                Effect::Copy(text) => self.hands.copy(&text)?,
                Effect::Mouse(on) => self.hands.mouse(on)?,
                Effect::EditExternally(text) => {
                    let edited = self.hands.edit(&text, self.app.mouse)?;
                    self.forget_screen()?;
                    let effects = self.app.edited(edited);
                    self.dirty = true;
                    if !self.perform(effects)? {
                        return Ok(false);
                    }
                }
                Effect::Repaint => {
                    self.forget_screen()?;
                    self.dirty = true;
                }
                Effect::Ask(_) => {}
                Effect::Quit => {
                    drop(self.commands.send(Command::Quit));
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Empties the screen, so that the next frame is drawn as a whole. Ratatui's own `clear` asks the terminal where
    /// its cursor is, and the answer would be read by the thread that listens to keys.
    fn forget_screen(&mut self) -> anyhow::Result<()> {
        self.terminal.backend_mut().clear_region(ClearType::All).context("clearing the screen")?;
        self.terminal.swap_buffers();
        Ok(())
    }

    /// Draws a frame.
    fn draw(&mut self) -> anyhow::Result<()> {
        self.hands.synchronised(true)?;
        let app = &mut self.app;
        self.terminal
            .draw(|frame| {
                let area: Rect = frame.area();
                app.resize(area);
                view::draw(app, area, frame.buffer_mut());
            })
            .context("drawing the screen")?;
        self.hands.synchronised(false)?;
        (self.dirty, self.drawn) = (false, Instant::now());
        self.frames += 1;
        Ok(())
    }

    fn toast_deadline(&mut self) -> Option<Instant> {
        let shown = self.app.toast.as_ref()?;
        match self.toast {
            Some((serial, deadline)) if serial == shown.serial => Some(deadline),
            _ => {
                let deadline = Instant::now() + Duration::from_secs(shown.seconds());
                self.toast = Some((shown.serial, deadline));
                Some(deadline)
            }
        }
    }

    fn expire_toast(&mut self) {
        if let Some((serial, deadline)) = self.toast
            && Instant::now() >= deadline
        {
            self.toast = None;
            self.app.expire(serial);
            self.dirty = true;
        }
    }
}

enum Next {
    Message(Message),
    Deadline,
    Closed,
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::panel::Live;
    use crate::tui::app::Opening;
    use crate::tui::port::Room;
    use crate::tui::rooms::Rooms;
    use crate::tui::theme::{Theme, ThemeName};

    struct NoHands;

    impl Hands for NoHands {
        fn copy(&mut self, _text: &str) -> std::io::Result<()> {
            Ok(())
        }
        fn mouse(&mut self, _on: bool) -> std::io::Result<()> {
            Ok(())
        }
        fn edit(&mut self, _text: &str, _mouse: bool) -> std::io::Result<Option<String>> {
            Ok(None)
        }
        fn synchronised(&mut self, _begin: bool) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn runtime() -> (Runtime<TestBackend, NoHands>, Receiver<Command>) {
        let (commands, sent) = channel();
        let opening = Opening {
            theme: Theme::new(ThemeName::Mono),
            mask: true,
            tour: false,
            lesson: false,
            demo: true,
            workspace: "test".to_owned(),
            keymap: None,
        };
        let rooms = Rooms::new(std::sync::Arc::new(Live::nothing("test", crate::model::Time(0))));
        let app = App::new(opening, rooms, crate::model::Time(0));
        let terminal = Terminal::new(TestBackend::new(90, 30)).unwrap();
        (Runtime::new(app, terminal, NoHands, commands), sent)
    }

    fn key(c: char) -> Message {
        Message::Input(Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)))
    }

    #[test]
    fn nothing_is_drawn_while_nothing_happens() {
        let (mut runtime, _sent) = runtime();
        let (messages, receiver) = channel();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(250));
            drop(messages.send(key('q')));
        });
        runtime.run(&receiver).unwrap();
        assert_eq!(runtime.frames, 1);
    }

    #[test]
    fn a_burst_of_updates_costs_few_frames_and_a_key_is_seen_at_once() {
        let (mut runtime, sent) = runtime();
        let (messages, receiver) = channel();
        for n in 0..5_000 {
            messages.send(Message::Update(Update::Note(format!("note {n}")))).unwrap();
        }
        messages.send(key('2')).unwrap();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            drop(messages.send(key('q')));
        });
        runtime.run(&receiver).unwrap();
        assert!(runtime.frames <= 3, "{} frames", runtime.frames);
        assert_eq!(runtime.app.room, Room::Data);
        let sent: Vec<Command> = sent.try_iter().collect();
        assert_eq!(sent, [Command::Show(Room::Live), Command::Show(Room::Data), Command::Quit]);
    }

    #[test]
    fn the_end_of_everyone_who_talks_to_the_console_ends_it() {
        let (mut runtime, _sent) = runtime();
        let (messages, receiver) = channel();
        drop(messages);
        runtime.run(&receiver).unwrap();
        let (messages, receiver) = channel();
        messages.send(Message::Panicked).unwrap();
        assert!(runtime.run(&receiver).is_err());
    }
}
