//! Who may come in, and again. The whole of it is one table.
//!
//! | entry | inside now | been before | rule | again | answer |
//! |---|---|---|---|---|---|
//! | event | no | no | | any | enters |
//! | event | no | yes | | after-exit | enters |
//! | event | no | yes | | never | refused: once only |
//! | event | yes | | | any | ignored and counted: already inside |
//! | rule | no | no | turned true | any | enters |
//! | rule | no | no | true from the start | any | enters only with backfill |
//! | rule | no | yes | turned true again | after-exit | enters |
//! | rule | no | yes | turned true again | never | refused: once only |
//! | rule | no | yes | stayed true since | after-exit | refused: has not left the segment |
//! | rule | yes | | turned true again | any | ignored and counted: already inside |
//! | rule | yes | | stayed true | any | nothing: has not left the segment |

use super::draft::Again;

/// What is known of one person and one journey.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passages {
    /// Whether the person is inside now.
    pub inside: bool,
    /// How often they came in.
    pub entered: u32,
    /// For entry by rule: what it said at the last look; `None` before the first one.
    pub held: Option<bool>,
}

/// Whether a person comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Comes in.
    Enters,
    /// Already inside: ignored and counted.
    AlreadyInside,
    /// Has been here and may not come again.
    OnceOnly,
    /// The rule has not turned false since.
    StillTrue,
    /// The rule was true from the start and nobody asked for backfill.
    NoBackfill,
    /// The rule does not hold.
    No,
}

/// The answer to an entry event.
#[must_use]
pub fn on_event(again: Again, passages: Passages) -> Admission {
    match passages {
        Passages { inside: true, .. } => Admission::AlreadyInside,
        Passages { entered: 0, .. } => Admission::Enters,
        _ if again == Again::Never => Admission::OnceOnly,
        _ => Admission::Enters,
    }
}

/// The answer to a look at the entry rule. `holds` is what it says now; the caller keeps it in `passages.held` after.
#[must_use]
pub fn on_rule(again: Again, backfill: bool, passages: Passages, holds: bool) -> Admission {
    match (holds, passages.held) {
        (false, _) => Admission::No,
        (true, None) if !backfill => Admission::NoBackfill,
        (true, Some(true)) => Admission::StillTrue,
        _ => on_event(again, passages),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn been(inside: bool, entered: u32, held: Option<bool>) -> Passages {
        Passages { inside, entered, held }
    }

    #[test]
    fn every_row_of_the_table() {
        use Admission::{AlreadyInside, Enters, No, NoBackfill, OnceOnly, StillTrue};
        use Again::{AfterExit, Never};
        assert_eq!(on_event(AfterExit, been(false, 0, None)), Enters);
        assert_eq!(on_event(Never, been(false, 0, None)), Enters);
        assert_eq!(on_event(AfterExit, been(false, 1, None)), Enters);
        assert_eq!(on_event(Never, been(false, 1, None)), OnceOnly);
        assert_eq!(on_event(AfterExit, been(true, 1, None)), AlreadyInside);
        assert_eq!(on_rule(AfterExit, false, been(false, 0, Some(false)), true), Enters);
        assert_eq!(on_rule(AfterExit, false, been(false, 0, None), true), NoBackfill);
        assert_eq!(on_rule(AfterExit, true, been(false, 0, None), true), Enters);
        assert_eq!(on_rule(AfterExit, false, been(false, 1, Some(false)), true), Enters);
        assert_eq!(on_rule(Never, false, been(false, 1, Some(false)), true), OnceOnly);
        assert_eq!(on_rule(AfterExit, false, been(false, 1, Some(true)), true), StillTrue);
        assert_eq!(on_rule(AfterExit, false, been(true, 1, Some(false)), true), AlreadyInside);
        assert_eq!(on_rule(AfterExit, false, been(true, 1, Some(true)), true), StillTrue);
        assert_eq!(on_rule(AfterExit, true, been(false, 0, Some(false)), false), No);
    }
}
