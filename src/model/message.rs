//! Anything that reaches for a person on a channel.

use serde::{Deserialize, Serialize};

use super::consent::Purpose;
use super::{Channel, Time};

/// How far a message came. Later states imply earlier ones, except `Held`, which is outside the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum MessageState {
    /// Decided, not yet handed over.
    Planned = 0,
    /// Handed over to the channel.
    Sent = 1,
    /// Arrived.
    Delivered = 2,
    /// Opened, by a person or a machine.
    Opened = 3,
    /// Clicked, or answered in case of a survey.
    Clicked = 4,
    /// The person unsubscribed from it.
    Unsubscribed = 5,
    /// Not sent, for the reason beside it.
    Held = 6,
    /// Came back.
    Bounced = 7,
}

impl MessageState {
    /// Every state, in code order.
    pub const ALL: [Self; 8] = [
        Self::Planned,
        Self::Sent,
        Self::Delivered,
        Self::Opened,
        Self::Clicked,
        Self::Unsubscribed,
        Self::Held,
        Self::Bounced,
    ];

    /// The canonical name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::Unsubscribed => "unsubscribed",
            Self::Held => "held",
            Self::Bounced => "bounced",
        }
    }
}

/// Why a message was not sent. A held message always carries one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum HeldReason {
    /// No identity reaches this channel.
    NoAddress = 0,
    /// Consent for the purpose is not granted.
    Consent = 1,
    /// The address is on the do-not-contact list.
    Suppressed = 2,
    /// The person is in a holdout.
    Holdout = 3,
    /// The experience's own condition does not hold.
    Ineligible = 4,
    /// A cap is full.
    Cap = 5,
    /// It is a quiet hour.
    QuietHours = 6,
    /// The fatigue budget is spent and enforced.
    Fatigue = 7,
    /// A pause after what the person did with earlier messages.
    CoolDown = 8,
}

impl HeldReason {
    /// Every reason, in code order.
    pub const ALL: [Self; 9] = [
        Self::NoAddress,
        Self::Consent,
        Self::Suppressed,
        Self::Holdout,
        Self::Ineligible,
        Self::Cap,
        Self::QuietHours,
        Self::Fatigue,
        Self::CoolDown,
    ];

    /// The word a panel shows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoAddress => "no address",
            Self::Consent => "consent",
            Self::Suppressed => "do not contact",
            Self::Holdout => "holdout",
            Self::Ineligible => "not eligible",
            Self::Cap => "cap",
            Self::QuietHours => "quiet hours",
            Self::Fatigue => "fatigue",
            Self::CoolDown => "cool-down",
        }
    }
}

/// One message of one person, as the contact ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// When it was decided.
    pub at: Time,
    /// On which channel.
    pub channel: Channel,
    /// What for.
    pub purpose: Purpose,
    /// The content's name.
    pub experience: String,
    /// The journey that sent it, if one did.
    pub journey: Option<String>,
    /// Categories as they were when sent.
    pub categories: Vec<String>,
    /// The furthest state it reached.
    pub state: MessageState,
    /// Why it was held, if it was.
    pub held: Option<HeldReason>,
    /// When it reached its furthest state.
    pub updated: Time,
}
