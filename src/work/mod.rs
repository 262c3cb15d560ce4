//! Long work, in one vocabulary for every front end: it reports [`Progress`], stops when its [`Cancel`] says so, and owns
//! the threads.

pub mod cancel;
pub mod import;
pub mod progress;

pub use cancel::Cancel;
pub use progress::Progress;
