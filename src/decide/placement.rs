//! What a placement shows a person: the eligible contents, ranked, the first one wins.

use super::library::{Library, Source};
use super::message::{Verdict, message};
use super::state::State;
use super::trace::{Gate, Trace};
use crate::rule::Point;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// The content, as an index into the library.
    pub content: u32,
    /// The probability with which it was chosen.
    pub propensity: f64,
}

/// Decides one placement. Ties go by name, so the answer is always the same. `None`: nobody asks for the placement, or
/// every candidate is stopped by a gate.
pub fn placement<S: State, T: Trace>(
    library: &Library,
    placement: &str,
    state: &S,
    point: Point,
    trace: &mut T,
) -> Option<Shown> {
    let mut best: Option<(i32, &str, u32)> = None;
    for (index, content) in library.contents.iter().enumerate() {
        let Source::Experience(experience) = &content.source else { continue };
        if !experience.placements.iter().any(|known| known == placement) {
            continue;
        }
        let passed = message(library, index as u32, None, state, point, trace) == Verdict::Pass;
        let beats = best.is_none_or(|(priority, name, _)| {
            (std::cmp::Reverse(experience.priority), content.name.as_str())
                < (std::cmp::Reverse(priority), name)
        });
        trace.note(Gate::Ranking, passed && beats, || {
            let standing = match (passed, beats) {
                (false, _) => "stopped by a gate",
                (true, true) => "goes first so far",
                (true, false) => "goes after the one before",
            };
            format!("“{}”, priority {}: {standing}", content.name, experience.priority)
        });
        if passed && beats {
            best = Some((experience.priority, &content.name, index as u32));
        }
    }
    best.map(|(_, _, content)| Shown { content, propensity: 1.0 })
}
