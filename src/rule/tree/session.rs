//! Clauses about visits, messages, answers and passages.

use super::{Filter, Name, Operator, Window};
use crate::model::{Channel, Decimal};

/// `last session(device = "mobile")`, `sessions(country = "DE") >= 3 within 30d`.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionClause {
    /// Which sessions are looked at, and what is made of them.
    pub which: Sessions,
    /// What a session is asked. Each property is that of the session's latest event which says it.
    pub filter: Option<Filter>,
    /// When it began.
    pub window: Window,
}

/// Which sessions are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sessions {
    /// The newest one; without any the answer is unknown.
    Last,
    /// So many of them; `any session(…)` is at least one.
    Count(Operator, Decimal),
}

/// `received(email) >= 3 within 7d`.
#[derive(Debug, Clone, PartialEq)]
pub struct Messages {
    /// How far they came.
    pub reached: Reached,
    /// On which channel.
    pub channel: Channel,
    /// Which of them count.
    pub filter: Option<Filter>,
    /// How many of them.
    pub operator: Operator,
    /// Compared with this.
    pub n: Decimal,
    /// When.
    pub window: Window,
}

/// How far a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reached {
    /// It arrived; where no arrivals are told, it was sent.
    Received,
    /// It was opened, by a person or a machine.
    Opened,
    /// It was clicked.
    Clicked,
}

impl Reached {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Received, Self::Opened, Self::Clicked];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Opened => "opened",
            Self::Clicked => "clicked",
        }
    }

    /// The events that tell it, the first that happens here counting; none on a channel that tells nothing of the kind.
    #[must_use]
    pub fn events(self, channel: Channel) -> &'static [&'static str] {
        match (self, channel) {
            (Self::Received, Channel::Email) => &["Email Delivered", "Email Sent"],
            (Self::Opened, Channel::Email) => &["Email Opened"],
            (Self::Clicked, Channel::Email) => &["Email Link Clicked"],
            (Self::Received, Channel::Sms) => &["SMS Delivered", "SMS Sent"],
            (Self::Clicked, Channel::Sms) => &["SMS Link Clicked"],
            (Self::Received, Channel::Push) => &["Push Notification Received", "Push Notification Sent"],
            (Self::Opened | Self::Clicked, Channel::Push) => &["Push Notification Tapped"],
            _ => &[],
        }
    }
}

/// `answered("Purchase" where score >= 4) within 90d`.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// The survey.
    pub survey: Name,
    /// Which answers count.
    pub filter: Option<Filter>,
    /// How many of them.
    pub operator: Operator,
    /// Compared with this.
    pub n: Decimal,
    /// When.
    pub window: Window,
}

/// What is asked of a passage through a journey.
#[derive(Debug, Clone, PartialEq)]
pub enum Membership {
    /// `in journey "Welcome"`, perhaps `at "Wait two days"`: the person is inside now.
    Inside(Option<Name>),
    /// `entered journey "Welcome" within 30d`
    Entered(Window),
    /// `left journey "Welcome" within 30d`
    Left(Window),
}
