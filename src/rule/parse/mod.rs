//! Text to a tree. A fault ends its clause only, so that one look finds several.

mod clause;
mod comment;
mod events;
mod filter;
mod joint;
mod passage;
mod sequence;
mod slips;
mod token;
mod value;
mod window;

use super::diagnostic::Diagnostic;
use super::lex::{Token, lex};
use super::tree::Tree;

/// The longest rule, in bytes.
pub const MAX_LENGTH: usize = 1 << 20;
/// The deepest nesting of parentheses, `not`, `has been` and `any item`.
pub const MAX_DEPTH: usize = 64;
/// The most faults told at once.
pub(super) const MAX_FAULTS: usize = 20;

/// Reads a rule.
///
/// # Errors
/// Everything that is wrong with its spelling, in the order of the text, at most twenty at once.
pub fn parse(text: &str) -> Result<Tree, Vec<Diagnostic>> {
    read(text).map_err(|(_, faults)| faults)
}

/// Reads a rule; of a faulty one also what could be read, with nothing in the place of what could not.
///
/// # Errors
/// As [`parse`].
pub(super) fn read(text: &str) -> Result<Tree, (Option<Tree>, Vec<Diagnostic>)> {
    if text.len() > MAX_LENGTH {
        let fault = Diagnostic::new(
            "too-long",
            0..0,
            format!("a rule is at most {MAX_LENGTH} bytes long and this one has {}", text.len()),
        );
        return Err((None, vec![fault.help("keep long lists of people or values as a list segment")]));
    }
    let lexed = lex(text);
    let mut parser = Parser { tokens: lexed.tokens, at: 0, faults: lexed.faults, depth: 0 };
    let root = parser.whole();
    let mut faults = parser.faults;
    if faults.is_empty() {
        let comments = comment::placed(text, &root, &lexed.comments);
        return Ok(Tree { root, comments });
    }
    faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    faults.truncate(MAX_FAULTS);
    Err((Some(Tree { root, comments: Vec::new() }), faults))
}

/// The clause cannot be read any further; its fault is told.
struct Stop;
type Parsed<T> = Result<T, Stop>;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    faults: Vec<Diagnostic>,
    depth: usize,
}

/// The functions there are, for suggestions.
const FUNCTIONS: [&str; 20] = [
    "did",
    "sum",
    "min",
    "max",
    "average",
    "distinct",
    "first",
    "last",
    "consent",
    "suppressed",
    "received",
    "opened",
    "clicked",
    "answered",
    "sessions",
    "quartile",
    "quintile",
    "decile",
    "percentile",
    "bucket",
];

fn is_connective(word: &str) -> bool {
    word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or")
}
