//! Segments: the list, and the editor's verdict on a rule being written.

pub mod choices;
pub mod offers;

use serde::{Deserialize, Serialize};

use crate::model::ProfileId;
use crate::segment::breakdown::Breakdown;

/// The Segments screen's list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Segments {
    /// A sentence a client understands.
    pub sentence: String,
    /// People in the workspace.
    pub people: u64,
    /// The segments, largest first.
    pub rows: Vec<Segment>,
}

/// One segment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// The version shown.
    pub version: u32,
    /// How it says who is in it.
    pub kind: SegmentKind,
    /// People in it; none where it cannot be used.
    pub count: Option<u64>,
    /// Their share of everyone, as a fraction; none where nobody can be counted.
    pub share: Option<f64>,
    /// The rule's text; what is no rule says what it is instead.
    pub rule: String,
    /// Why it cannot be used, with what to do.
    pub problem: Option<String>,
}

impl Segment {
    /// Whether it is a rule, which can be edited as text.
    #[must_use]
    pub fn is_rule(&self) -> bool {
        self.kind == SegmentKind::Rule
    }
}

/// How a segment says who is in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SegmentKind {
    /// Whoever a rule holds for.
    #[default]
    Rule,
    /// Named people.
    List,
    /// Other segments, put together.
    Algebra,
    /// Its definition cannot be read.
    Unreadable,
}

impl SegmentKind {
    /// What it is, in a word or two.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::List => "list",
            Self::Algebra => "set algebra",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What the engine says of a rule being written. Answers `Command::CheckRule` of the same ticket.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SegmentVerdict {
    /// The ticket of the question; an answer to an older question is dropped.
    pub ticket: u64,
    /// What is wrong or doubtful, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// People the rule matches; none while it cannot be read.
    pub count: Option<u64>,
    /// People in the workspace.
    pub people: u64,
    /// People who pass each clause by itself.
    pub clauses: Vec<ClauseCount>,
    /// Against the saved version, if there is one.
    pub change: Option<Change>,
    /// How many are also elsewhere, as (segment or journey, people).
    pub overlaps: Vec<(String, u64)>,
    /// Their lifecycle stages, as (stage, share as a fraction).
    pub lifecycle: Vec<(String, f64)>,
    /// A few people, in and near misses, with the verdict clause by clause.
    pub sample: Vec<SamplePerson>,
    /// A few who are in the draft and not in the saved version.
    pub joiners: Vec<SamplePerson>,
    /// A few who are in the saved version and not in the draft.
    pub leavers: Vec<SamplePerson>,
    /// The members by lifecycle, intent, channel, country and device; nothing where only a run knows people.
    pub breakdowns: Vec<Breakdown>,
}

impl SegmentVerdict {
    /// Whether something must be mended before the rule can be saved.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.error)
    }
}

/// Something wrong or doubtful in a rule's text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The line, from 1.
    pub line: u32,
    /// The first character of the place, from 1.
    pub column: u32,
    /// How many characters it covers.
    pub length: u32,
    /// Whether it stops the rule from being saved.
    pub error: bool,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to do now.
    pub help: Option<String>,
    /// The text that would mend the place, which one key accepts.
    pub replacement: Option<String>,
}

/// People who pass one clause by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseCount {
    /// The line it starts on, from 1.
    pub line: u32,
    /// People who pass it.
    pub passes: u64,
    /// People lost (negative) against the clauses before it.
    pub lost: i64,
    /// People who would be in as well if this part were not asked: what it costs the whole.
    pub costs: u64,
}

/// A draft against the saved version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The saved version.
    pub version: u32,
    /// In both.
    pub both: u64,
    /// In the saved version only.
    pub leave: u64,
    /// In the draft only.
    pub join: u64,
}

/// One person with the verdict on each clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamplePerson {
    /// The public id.
    pub id: ProfileId,
    /// The name, if known; masked by whoever shows it.
    pub name: Option<String>,
    /// One per clause: passed, failed, or unknown.
    pub clauses: Vec<Option<bool>>,
    /// What is worth knowing: `last order 61 d`.
    pub note: String,
}
