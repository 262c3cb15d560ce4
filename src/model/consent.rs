//! What a person allowed, per identity × channel × purpose, and what blocks contact whatever they allowed.

use serde::{Deserialize, Serialize};

use super::{Channel, Identity, Time};

/// What a message or a use of data is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Purpose {
    /// Advertising and offers.
    Marketing = 0,
    /// Order confirmations, delivery notes: what a contract asks for.
    Service = 1,
    /// Asking for an opinion.
    Survey = 2,
    /// Content on our own pages.
    Onsite = 3,
    /// Audiences handed to ad platforms.
    Ads = 4,
}

impl Purpose {
    /// Every purpose, in code order.
    pub const ALL: [Self; 5] = [Self::Marketing, Self::Service, Self::Survey, Self::Onsite, Self::Ads];

    /// The canonical name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Service => "service",
            Self::Survey => "survey",
            Self::Onsite => "onsite",
            Self::Ads => "ads",
        }
    }

    /// The purpose of a canonical name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// The state of one consent. Ordered from the most to the least restrictive, so the minimum holds on conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum ConsentState {
    /// Given once and taken back.
    Revoked = 0,
    /// Asked and refused.
    Denied = 1,
    /// Asked, not yet confirmed (double opt-in).
    Pending = 2,
    /// Never asked, or no record.
    Unknown = 3,
    /// Given.
    Granted = 4,
}

impl ConsentState {
    /// Every state, in code order.
    pub const ALL: [Self; 5] = [Self::Revoked, Self::Denied, Self::Pending, Self::Unknown, Self::Granted];

    /// The canonical name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Denied => "denied",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
            Self::Granted => "granted",
        }
    }
}

/// One line of the consent ledger. Lines are added, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// Whose consent. A merge never carries a grant to another address.
    pub identity: Identity,
    /// On which channel.
    pub channel: Channel,
    /// For which purpose.
    pub purpose: Purpose,
    /// What was said.
    pub state: ConsentState,
    /// When it was said.
    pub at: Time,
    /// When it lapses, if it does.
    pub expires: Option<Time>,
    /// How it was obtained: `opt-in`, `existing customer`, `import column`.
    pub basis: String,
}

/// Why a person or an address must not be contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum SuppressionReason {
    /// Asked to stop. A new opt-in clears this one only.
    Unsubscribed = 0,
    /// The address does not exist.
    Bounced = 1,
    /// Reported a message as spam.
    Complained = 2,
    /// Put on the list by hand.
    Manual = 3,
    /// Forgotten on request.
    Erased = 4,
}

impl SuppressionReason {
    /// Every reason, in code order.
    pub const ALL: [Self; 5] =
        [Self::Unsubscribed, Self::Bounced, Self::Complained, Self::Manual, Self::Erased];

    /// Whether an entry made on one channel holds on another.
    #[must_use]
    pub fn reaches(self, entered_on: Channel, asked_on: Channel) -> bool {
        matches!(self, Self::Manual | Self::Erased) || entered_on == asked_on
    }

    /// The canonical name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Manual => "manual",
            Self::Erased => "erased",
        }
    }
}

/// One line of the suppression ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Whose address.
    pub identity: Identity,
    /// On which channel.
    pub channel: Channel,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub at: Time,
}
