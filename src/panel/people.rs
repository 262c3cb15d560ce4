//! People: a list to look through, and everything known of one person.

use serde::{Deserialize, Serialize};

use super::contact::why::Subject;
use super::live::{Tone, WhyLine};
use crate::model::consent::ConsentState;
use crate::model::{Channel, ProfileId, Time};

/// The People screen's list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// A sentence a client understands.
    pub sentence: String,
    /// The filter this list answers, as it was asked for.
    pub filter: String,
    /// People in the workspace.
    pub total: u64,
    /// People the filter matches.
    pub matching: u64,
    /// The first of them, at most 1,000.
    pub rows: Vec<PersonRow>,
}

/// One person in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRow {
    /// The public id.
    pub id: ProfileId,
    /// The name, if known; masked by whoever shows it.
    pub name: Option<String>,
    /// The e-mail address, if known; masked by whoever shows it.
    pub email: Option<String>,
    /// The lifecycle stage.
    pub lifecycle: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// Orders in all.
    pub orders: u64,
    /// What they spent, with its currency: `€1,204.10`; none where orders name no total or several currencies.
    pub spent: Option<String>,
    /// The newest event.
    pub seen: Option<Time>,
}

/// Everything known of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonCard {
    /// The public id.
    pub id: ProfileId,
    /// The name, if known; masked by whoever shows it.
    pub name: Option<String>,
    /// A sentence a client understands; it holds no name and no address.
    pub sentence: String,
    /// The lifecycle stage.
    pub lifecycle: Option<String>,
    /// The intent of the running session, if there is one.
    pub intent: Option<String>,
    /// Segments the person is in.
    pub segments: Vec<String>,
    /// What the person is known by.
    pub identities: Vec<IdentityLine>,
    /// Attributes.
    pub traits: Vec<TraitLine>,
    /// The consent that holds, per channel and purpose.
    pub consents: Vec<ConsentLine>,
    /// What happened, newest first: events, messages and decisions.
    pub timeline: Vec<TimelineLine>,
}

/// One identity of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityLine {
    /// `email`, `user_id`, `anonymous_id`.
    pub namespace: String,
    /// The value; masked by whoever shows it.
    pub value: String,
    /// Since when it belongs to this person.
    pub since: Option<Time>,
    /// The source it came from.
    pub source: String,
}

/// One attribute of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraitLine {
    /// Its name.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// The source it came from.
    pub source: String,
    /// Whether it names or locates the person, so that masking must cover it.
    pub personal: bool,
}

/// The consent that holds on one channel for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentLine {
    /// The channel.
    pub channel: Channel,
    /// The purpose: `marketing`.
    pub purpose: String,
    /// What holds.
    pub state: ConsentState,
    /// Since when.
    pub at: Option<Time>,
    /// How it was obtained, or what blocks: `opt-in`, `unsubscribed`.
    pub basis: String,
}

/// What kind of thing a line of the timeline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// Something the person did.
    Event,
    /// Something that reached for the person, or was held.
    Message,
    /// Something the engine decided.
    Decision,
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineLine {
    /// When.
    pub at: Time,
    /// What kind of thing.
    pub kind: LineKind,
    /// What happened: `Product Viewed · Trail shoe 42`.
    pub text: String,
    /// What it means, for its colour.
    pub tone: Tone,
    /// The trace of the decision behind it, if there was one.
    pub why: Vec<WhyLine>,
    /// What was decided, so that it can be decided again; none for what nobody decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Subject>,
}
