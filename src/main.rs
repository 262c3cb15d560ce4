//! The binary: the command line says what is wanted; the console is the one thing it does not do itself.

use std::process::ExitCode;

use segue::cli::{self, Ending};

fn main() -> ExitCode {
    match cli::main() {
        Ending::Exit(code) => code,
        Ending::Open(opening) => cli::finish(segue::tui::open(opening)),
    }
}
