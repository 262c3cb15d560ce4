//! The ways a person meets us: where events happen and where messages go.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A channel. Events happen on one; messages are sent on one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Channel {
    /// A browser.
    Web = 0,
    /// A mobile or desktop application.
    App = 1,
    /// E-mail.
    Email = 2,
    /// Text message.
    Sms = 3,
    /// Push notification.
    Push = 4,
    /// Paid advertising.
    Ad = 5,
    /// A survey, wherever it is asked.
    Survey = 6,
    /// A physical shop.
    Store = 7,
    /// A telephone or support conversation.
    Phone = 8,
    /// Not said by the source.
    Unknown = 9,
}

impl Channel {
    /// Every channel, in code order.
    pub const ALL: [Self; 10] = [
        Self::Web,
        Self::App,
        Self::Email,
        Self::Sms,
        Self::Push,
        Self::Ad,
        Self::Survey,
        Self::Store,
        Self::Phone,
        Self::Unknown,
    ];

    /// The stored code, 0 to 9.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The channel of a stored code; `None` outside the table.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The identity namespace whose values are addresses of this channel; none where nobody is written to.
    #[must_use]
    pub fn address(self) -> Option<&'static str> {
        match self {
            Self::Email | Self::Ad | Self::Survey => Some("email"),
            Self::Sms | Self::Phone => Some("phone"),
            Self::Push => Some("device_id"),
            Self::Web | Self::App | Self::Store | Self::Unknown => None,
        }
    }

    /// The canonical lower-case name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::App => "app",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
            Self::Ad => "ad",
            Self::Survey => "survey",
            Self::Store => "store",
            Self::Phone => "phone",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownChannel;

impl FromStr for Channel {
    type Err = UnknownChannel;

    /// Accepts the canonical names and the synonyms exports use, in any case.
    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        Ok(match text.trim().to_ascii_lowercase().as_str() {
            "web" | "website" | "browser" | "desktop" | "server" => Self::Web,
            "app" | "mobile" | "ios" | "android" | "mobile app" => Self::App,
            "email" | "e-mail" | "mail" => Self::Email,
            "sms" | "text" | "whatsapp" => Self::Sms,
            "push" | "push notification" | "web push" => Self::Push,
            "ad" | "ads" | "paid" | "paid search" | "paid social" | "display" => Self::Ad,
            "survey" => Self::Survey,
            "store" | "shop" | "pos" | "retail" | "offline" => Self::Store,
            "phone" | "call" | "call center" | "support" | "chat" => Self::Phone,
            "unknown" => Self::Unknown,
            _ => return Err(UnknownChannel),
        })
    }
}
