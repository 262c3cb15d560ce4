//! Segments: the list, and the editor's verdict on a rule being written.

pub mod choices;
pub mod complete;
pub mod history;
pub mod offers;

use serde::{Deserialize, Serialize};

use crate::model::ProfileId;
use crate::segment::against::{Against, Feature};
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
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// Who looks after it.
    #[serde(default)]
    pub owner: String,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What its people may be contacted for, as it is named.
    #[serde(default)]
    pub purpose: Option<String>,
    /// The whole definition as text.
    #[serde(default)]
    pub definition: String,
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

/// What the engine says of a rule being written. Answers `Command::CheckRule` of the same ticket: first with how many there
/// are, which is what one types against, then again with all that is known of them.
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
    /// People who pass each clause by itself, in the order of the text.
    pub clauses: Vec<ClauseCount>,
    /// People who pass what stands on each line that a clause starts on.
    pub lines: Vec<ClauseCount>,
    /// Whether what follows is worked out too: nothing there means nothing then.
    pub whole: bool,
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
    /// What is commoner in the segment than outside; none while nobody has looked.
    pub stands_out: Option<StandsOut>,
}

/// What sets a segment's people apart from everybody else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StandsOut {
    /// Traits and events that are commoner inside for all that is known, the surest first.
    pub more: Vec<Feature>,
    /// Those that are rarer.
    pub less: Vec<Feature>,
    /// People in the segment.
    pub inside: u64,
    /// Everybody else.
    pub outside: u64,
    /// How many were looked at.
    pub looked_at: u64,
    /// How many could not be judged, because too few people have them.
    pub withheld: u64,
}

/// The most features of a kind that are shown.
const FEATURES: usize = 12;

impl StandsOut {
    /// The shown part of a comparison.
    #[must_use]
    pub fn of(against: &Against) -> Self {
        Self {
            more: against.over_represented().take(FEATURES).cloned().collect(),
            less: against.under_represented().take(FEATURES).cloned().collect(),
            inside: against.inside,
            outside: against.outside,
            looked_at: against.features.len() as u64,
            withheld: against.withheld() as u64,
        }
    }
}

impl SegmentVerdict {
    /// Whether something must be mended before the rule can be saved.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.error)
    }

    /// Takes over what an earlier verdict knew of people, until this one's own is worked out: nothing jumps while one types.
    pub fn keep(&mut self, earlier: &Self) {
        if !self.whole {
            self.change = earlier.change;
            self.overlaps.clone_from(&earlier.overlaps);
            self.lifecycle.clone_from(&earlier.lifecycle);
            self.sample.clone_from(&earlier.sample);
            self.joiners.clone_from(&earlier.joiners);
            self.leavers.clone_from(&earlier.leavers);
            self.breakdowns.clone_from(&earlier.breakdowns);
        }
        if self.stands_out.is_none() {
            self.stands_out.clone_from(&earlier.stands_out);
        }
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

/// People who pass one clause by itself, or what stands on one line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseCount {
    /// The line it starts on, from 1.
    pub line: u32,
    /// Where it starts, in bytes.
    pub start: u32,
    /// People who pass it.
    pub passes: u64,
    /// What it costs the whole: people who would be in as well if it were not asked; below zero, people who are in for it
    /// alone. None in a rule of so many clauses that nobody waits for all of them.
    pub costs: Option<i64>,
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
