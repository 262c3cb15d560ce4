//! Who an experiment is for and how it reaches them.

use serde::{Deserialize, Serialize};

use crate::model::consent::Purpose;
use crate::model::{Channel, Problem};

/// Who takes part: the members of a segment, or everybody a rule is true for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targeting {
    /// The segment's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// A rule of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

impl Targeting {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        if said(&self.segment) != said(&self.rule) {
            return Vec::new();
        }
        vec![Problem::new("experiment-targeting", "targeting names either a segment or a rule").help(
            "write segment = \"VIP\", or rule = 'country = \"DE\"', or leave targeting out for everybody",
        )]
    }

    /// Who, as a rule.
    #[must_use]
    pub fn as_rule(&self) -> String {
        match (&self.segment, &self.rule) {
            (Some(segment), _) => format!("in segment {}", crate::rule::quote(segment)),
            (None, Some(rule)) => rule.clone(),
            (None, None) => "everyone".to_owned(),
        }
    }

    /// Who, in words.
    #[must_use]
    pub fn said(&self) -> String {
        match (&self.segment, &self.rule) {
            (Some(segment), _) => format!("segment {segment}"),
            (None, Some(rule)) => rule.clone(),
            (None, None) => "everybody".to_owned(),
        }
    }
}

/// How messages go out whose text another tool has: enough for consent, suppression and caps to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    /// On which channel.
    pub channel: Channel,
    /// What for.
    #[serde(default = "marketing")]
    pub purpose: Purpose,
    /// Words that caps and panels group by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Traits written beside the address, for the other tool to merge in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Whether a later wave writes again to those assigned before; else only who is new is written to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeat: bool,
}

fn marketing() -> Purpose {
    Purpose::Marketing
}

impl Sending {
    pub(super) fn problems(&self) -> Vec<Problem> {
        if self.channel.address().is_some() {
            return Vec::new();
        }
        let what = format!("nothing can be sent on the channel {}", self.channel);
        vec![Problem::new("experiment-send", what).help("write channel = \"email\", \"sms\" or \"push\"")]
    }
}
