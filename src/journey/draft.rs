//! A journey as it is written: TOML, one table a step. It may be wrong; `graph` checks it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Problem, Span};

/// The text form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    #[serde(default)]
    pub description: String,
    /// Higher decides first where two journeys want the same slot.
    #[serde(default)]
    pub priority: i32,
    /// A held message is dropped after this long.
    #[serde(default = "a_day")]
    pub max_hold: Span,
    /// How people get in.
    pub entry: EntryDraft,
    /// What counts as success, acting at once from any step.
    #[serde(default)]
    pub goal: Option<GoalDraft>,
    /// What takes people out at once, from any step, also during a wait.
    #[serde(default, rename = "exit")]
    pub exits: Vec<ExitDraft>,
    /// The steps; the first one is where people start.
    #[serde(default, rename = "step")]
    pub steps: Vec<StepDraft>,
}

fn a_day() -> Span {
    Span::DAY
}

/// How people get in: by an event, or by a rule turning true.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryDraft {
    /// The event that lets a person in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The rule whose turning true lets a person in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// A rule that must hold at that moment besides.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub only_if: Option<String>,
    /// Let in those for whom the rule is true already when the journey starts.
    #[serde(default)]
    pub backfill: bool,
    /// Whether a person may come again.
    #[serde(default)]
    pub again: Again,
}

/// Whether a person may come again after having left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Again {
    /// Once out, and for a rule once it has turned false in between.
    #[default]
    AfterExit,
    /// Once only.
    Never,
}

/// What counts as success.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoalDraft {
    /// The event.
    pub event: String,
    /// A rule that must hold besides.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub only_if: Option<String>,
}

/// What takes people out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitDraft {
    /// On this event only; without it, on any event and at every hourly look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// While this rule holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// One step: exactly one of `wait`, `condition`, `split`, `experiment`, `experience`, `survey`, `exit`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDraft {
    /// Its name, unique within the journey.
    pub id: String,
    /// Wait this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Span>,
    /// With `wait`: up to this much longer, drawn per person, so that not all come at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<Span>,
    /// Go on with `yes` if this rule holds, else with `no`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Where a condition that holds leads; the end if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yes: Option<String>,
    /// Where a condition that does not hold leads; the end if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no: Option<String>,
    /// Divide people by lot: step name to share; the shares add up to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<BTreeMap<String, f64>>,
    /// Divide people by an experiment's assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// With `experiment`: variant name to step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arms: BTreeMap<String, String>,
    /// Show or send this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experience: Option<String>,
    /// Ask this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<String>,
    /// Leave, for this reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
    /// The next step; the end if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Draft {
    /// Reads the definition's text.
    ///
    /// # Errors
    /// What TOML finds wrong, with its line.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        toml::from_str(text).map_err(|e| crate::model::problem::of_toml(&e, text))
    }
}
