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

/// Some of the purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Purposes(u8);

impl Purposes {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// All of them.
    pub const ALL: Self = Self((1 << Purpose::ALL.len()) - 1);

    /// These.
    #[must_use]
    pub fn of(purposes: &[Purpose]) -> Self {
        purposes.iter().fold(Self::NONE, |all, purpose| all.with(*purpose))
    }

    /// These and one more.
    #[must_use]
    pub const fn with(self, purpose: Purpose) -> Self {
        Self(self.0 | 1 << purpose as u8)
    }

    /// Whether all of others are among them.
    #[must_use]
    pub const fn cover(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Those of others that are not among them.
    #[must_use]
    pub const fn lacking(self, others: Self) -> Self {
        Self(others.0 & !self.0)
    }

    /// These and others.
    #[must_use]
    pub const fn or(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Each of them, in code order.
    pub fn each(self) -> impl Iterator<Item = Purpose> {
        Purpose::ALL.into_iter().filter(move |purpose| self.cover(Self::NONE.with(*purpose)))
    }

    /// As bits: bit n is the purpose of code n.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// From bits; what stands for no purpose is left out.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl std::fmt::Display for Purposes {
    /// `marketing, service`; `nothing` without any.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.each().map(Purpose::name).collect();
        f.pad(&if names.is_empty() { "nothing".to_owned() } else { names.join(", ") })
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

impl ConsentRecord {
    /// How the basis of a line that rests on a claim begins, and all of it where the claim's own is not at hand.
    pub const CLAIMED: &str = "claimed for the source";

    /// The basis of a line that somebody claimed for all people of a source.
    #[must_use]
    pub fn claimed(basis: Basis) -> String {
        format!("{}: {basis}", Self::CLAIMED)
    }

    /// Whether the line rests on a claim for all people of a source rather than on what the person said.
    #[must_use]
    pub fn is_claimed(&self) -> bool {
        self.basis.starts_with(Self::CLAIMED)
    }
}

/// How the people of a source came to be in it, as far as being written to goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// They agreed to it.
    OptIn,
    /// They bought something. That covers marketing by e-mail for one's own similar products and nothing else.
    ExistingCustomer,
    /// Nobody knows: nobody becomes reachable.
    #[default]
    None,
}

impl Basis {
    /// Every basis, the most telling first.
    pub const ALL: [Self; 3] = [Self::OptIn, Self::ExistingCustomer, Self::None];

    /// The canonical name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OptIn => "opt-in",
            Self::ExistingCustomer => "existing-customer",
            Self::None => "none",
        }
    }

    /// Whether it can speak for a channel.
    #[must_use]
    pub fn covers(self, channel: Channel) -> bool {
        match self {
            Self::OptIn => matches!(channel, Channel::Email | Channel::Sms | Channel::Push),
            Self::ExistingCustomer => channel == Channel::Email,
            Self::None => false,
        }
    }
}

impl std::fmt::Display for Basis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Basis {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|basis| basis.name() == text)
            .ok_or_else(|| format!("one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// What somebody says for all people of a source at once, where the source itself does not say who agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// On what it rests.
    pub basis: Basis,
    /// Who says so, where somebody was named.
    pub said_by: Option<String>,
    /// The channels it speaks for.
    pub channels: Vec<Channel>,
    /// The purpose it speaks for.
    pub purpose: Purpose,
    /// When it was said.
    pub at: Time,
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
