//! The thread that listens to the terminal, and the one that listens to signals.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::runtime::Message;

/// How long the thread listens before it looks whether it should hold still.
const LISTEN: Duration = Duration::from_millis(200);

/// The listening threads. They end with the program: a read of the terminal cannot be interrupted.
pub(super) struct Input {
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Listening,
    AskedToHold,
    Holding,
}

impl Input {
    /// Begins to listen.
    pub(super) fn listen(messages: Sender<Message>) -> Self {
        let state = Arc::new((Mutex::new(State::Listening), Condvar::new()));
        listen_to_signals(messages.clone());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            loop {
                wait_while_held(&shared);
                let heard = crossterm::event::poll(LISTEN)
                    .and_then(|ready| ready.then(crossterm::event::read).transpose());
                let sent = match heard {
                    Ok(None) => continue,
                    Ok(Some(event)) => messages.send(Message::Input(event)),
                    Err(_) => {
                        drop(messages.send(Message::Terminate));
                        break;
                    }
                };
                if sent.is_err() {
                    break;
                }
            }
        });
        Self { state }
    }

    /// Leaves the terminal's input to another program; returns when nothing listens any more, or a moment later.
    pub(super) fn hold(&self) {
        let (state, changed) = &*self.state;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State::AskedToHold;
        // A thread that has ended cannot answer; twice its listening time is long enough to know.
        let held = changed.wait_timeout_while(state, LISTEN * 2, |state| *state != State::Holding);
        drop(held);
    }

    /// Listens again.
    pub(super) fn release(&self) {
        let (state, changed) = &*self.state;
        *state.lock().unwrap_or_else(PoisonError::into_inner) = State::Listening;
        changed.notify_all();
    }
}

/// Holds still for as long as it is asked to.
fn wait_while_held(shared: &(Mutex<State>, Condvar)) {
    let (state, changed) = shared;
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    while *state != State::Listening {
        *state = State::Holding;
        changed.notify_all();
        state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

/// A request to end becomes a message, so that the terminal is given back on the usual way out.
#[cfg(unix)]
fn listen_to_signals(messages: Sender<Message>) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    if let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT]) {
        std::thread::spawn(move || {
            for _ in &mut signals {
                if messages.send(Message::Terminate).is_err() {
                    break;
                }
            }
        });
    }
}

#[cfg(not(unix))]
fn listen_to_signals(_messages: Sender<Message>) {}
