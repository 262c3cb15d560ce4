//! Folding the write-ahead log into the file on a thread of its own while a batch is written: waiting for the disk is
//! what takes longest in an import, and the writer need not do it.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};

/// A helper beside one writer. Everything it does is optional: what it cannot fold stays in the log for later.
#[derive(Debug)]
pub(super) struct Checkpointer {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the helper for an open file.
    pub(super) fn start(path: &Path) -> Self {
        let (wake, woken) = sync_channel(1);
        let path = path.to_owned();
        let thread =
            std::thread::Builder::new().name("checkpoint".to_owned()).spawn(move || run(path, &woken));
        Self { wake: Some(wake), thread: thread.ok() }
    }

    /// Asks for another round; does nothing while one is under way.
    pub(super) fn nudge(&self) {
        if let Some(wake) = &self.wake {
            // A full channel means that a round is asked for already.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic; were it to, the log would only be folded later.
            let _ = thread.join();
        }
    }
}

fn run(path: PathBuf, woken: &Receiver<()>) {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let Ok(connection) = Connection::open_with_flags(path, flags) else { return };
    if connection.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;").is_err() {
        return;
    }
    while woken.recv().is_ok() {
        let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    }
}
