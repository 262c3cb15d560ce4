//! Answers to clauses, kept as sets of people, so that editing one clause of a rule asks only that clause again.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::verdicts::Verdicts;
use crate::rule::Point;
use crate::rule::plan::{Ask, Leaf};

/// How many bytes of answers are kept.
const ROOM: usize = 48 << 20;

/// A clause asked at a point: its canonical text, and that of every rule it refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    text: String,
    at: i64,
    inclusive: bool,
}

impl Key {
    pub(super) fn new(leaf: &Leaf, point: Point) -> Self {
        let mut text = String::new();
        spell(leaf, &mut text);
        Self { text, at: point.at.0, inclusive: point.inclusive }
    }
}

fn spell(leaf: &Leaf, text: &mut String) {
    text.push_str(&leaf.text);
    if let Ask::Segment { plan, .. } | Ask::Been { plan, .. } = &leaf.ask {
        // Text of texts: a reference means what it refers to now. Writing to a string cannot fail.
        let _ = write!(text, "\u{0}{}", plan.text());
        for leaf in plan.leaves() {
            text.push('\u{1}');
            spell(leaf, text);
        }
        text.push('\u{2}');
    }
}

/// The answers of one frame so far.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Key, (Arc<Verdicts>, u64)>,
    bytes: usize,
    asked: u64,
}

impl Answers {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn find(&self, key: &Key) -> Option<Arc<Verdicts>> {
        let mut kept = self.kept();
        kept.asked += 1;
        let now = kept.asked;
        let (answer, asked) = kept.answers.get_mut(key)?;
        *asked = now;
        Some(Arc::clone(answer))
    }

    /// Keeps an answer; those not asked for the longest make room.
    pub(super) fn keep(&self, key: Key, answer: &Arc<Verdicts>) {
        let bytes = answer.bytes();
        let mut kept = self.kept();
        kept.asked += 1;
        let now = kept.asked;
        while kept.bytes + bytes > ROOM {
            let oldest = kept.answers.iter().min_by_key(|(_, (_, asked))| *asked).map(|(key, _)| key.clone());
            let Some((gone, _)) = oldest.and_then(|key| kept.answers.remove(&key)) else { return };
            kept.bytes = kept.bytes.saturating_sub(gone.bytes());
        }
        if let Some((before, _)) = kept.answers.insert(key, (Arc::clone(answer), now)) {
            kept.bytes = kept.bytes.saturating_sub(before.bytes());
        }
        kept.bytes += bytes;
    }

    /// How many bytes the answers take.
    pub(super) fn bytes(&self) -> usize {
        self.kept().bytes
    }

    pub(super) fn forget(&self) {
        *self.kept() = Kept::default();
    }
}
