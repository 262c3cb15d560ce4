//! The contact policy: caps, quiet hours and the fatigue budget, as one definition.

use jiff::civil;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::model::{Channel, Problem, Span};

/// A contact policy as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Every rule must pass.
    #[serde(default, rename = "cap")]
    pub caps: Vec<Cap>,
    /// Every period that must be waited out.
    #[serde(default)]
    pub quiet: Vec<Quiet>,
    /// How past messages weigh.
    #[serde(default)]
    pub pressure: Pressure,
}

/// At most `limit` messages of these channels and categories in a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// Channels counted together; empty means every channel.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// Categories counted, as they were when sent; empty means every category.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Journeys counted; empty means every journey and none.
    #[serde(default)]
    pub journeys: Vec<String>,
    /// The count that is full.
    pub limit: u32,
    /// The window's length.
    pub window: Span,
    /// Whether the window rolls or follows the calendar.
    #[serde(default)]
    pub kind: WindowKind,
    /// Zone of calendar windows; the person's own if not said.
    #[serde(default)]
    pub zone: Option<String>,
    /// Whether sends or deliveries count.
    #[serde(default)]
    pub on: CountOn,
    /// What happens to a message that meets a full cap.
    #[serde(default)]
    pub on_cap: OnCap,
    /// Categories this cap never stops.
    #[serde(default)]
    pub exempt: Vec<String>,
    /// Whether exempt messages count all the same.
    #[serde(default = "yes")]
    pub exempt_counts: bool,
}

fn yes() -> bool {
    true
}

/// How a window moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WindowKind {
    /// The last `window` before now.
    #[default]
    Rolling,
    /// The calendar days that make up the window, today included, in the zone.
    Calendar,
}

/// What a cap counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CountOn {
    /// Every send, from the moment it is decided.
    #[default]
    Sent,
    /// Only what arrived.
    Delivered,
}

/// What happens to a message that meets a full cap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnCap {
    /// It is not sent and the journey goes on.
    #[default]
    Skip,
    /// It waits for the first free moment and is then decided again.
    Hold,
    /// The person leaves the journey.
    Exit,
}

/// A period in which nothing is sent, in the person's zone. One that crosses midnight belongs to the day it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiet {
    /// Channels it holds for; empty means every channel.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// Start, as `21:00`.
    pub from: civil::Time,
    /// End, as `08:00`.
    pub to: civil::Time,
    /// Days it starts on, as `mon`; empty means every day.
    #[serde(default)]
    pub days: Vec<Weekday>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    /// The day jiff means.
    #[must_use]
    pub fn of(day: civil::Weekday) -> Self {
        match day {
            civil::Weekday::Monday => Self::Mon,
            civil::Weekday::Tuesday => Self::Tue,
            civil::Weekday::Wednesday => Self::Wed,
            civil::Weekday::Thursday => Self::Thu,
            civil::Weekday::Friday => Self::Fri,
            civil::Weekday::Saturday => Self::Sat,
            civil::Weekday::Sunday => Self::Sun,
        }
    }
}

/// How past messages weigh on a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pressure {
    /// After this long a message weighs half.
    pub half_life: Span,
    /// What one message of a channel weighs when fresh; channels not named weigh 1.
    pub weights: std::collections::BTreeMap<Channel, f64>,
    /// The budget a further message must leave room under.
    pub budget: Option<f64>,
    /// Whether the budget holds messages back, or only says what it would have held.
    pub enforce: bool,
}

impl Default for Pressure {
    fn default() -> Self {
        Self {
            half_life: Span::days(3),
            weights: [(Channel::Push, 0.7), (Channel::Ad, 0.3), (Channel::Survey, 0.8)].into(),
            budget: None,
            enforce: false,
        }
    }
}

impl Policy {
    /// No caps, no quiet hours.
    #[must_use]
    pub fn open() -> Self {
        Self { name: "open".to_owned(), caps: Vec::new(), quiet: Vec::new(), pressure: Pressure::default() }
    }

    /// Reads the definition's text and checks what TOML alone cannot.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let policy: Self = toml::from_str(text).map_err(|e| crate::model::problem::of_toml(&e, text))?;
        for (index, cap) in policy.caps.iter().enumerate() {
            let number = index + 1;
            if cap.window.0 <= 0 {
                return Err(Problem::new("policy-window", format!("cap {number} has no window"))
                    .help("write a length such as window = \"7d\""));
            }
            if cap.kind == WindowKind::Calendar && cap.window.0 % Span::DAY.0 != 0 {
                return Err(Problem::new(
                    "policy-window",
                    format!("cap {number} counts calendar days, but {} is not whole days", cap.window),
                )
                .help("write whole days, or kind = \"rolling\""));
            }
            if let Some(zone) = &cap.zone
                && TimeZone::get(zone).is_err()
            {
                return Err(Problem::new("policy-zone", format!("cap {number}: no zone is called `{zone}`"))
                    .help("write a name such as Europe/Berlin or UTC"));
            }
        }
        for (index, quiet) in policy.quiet.iter().enumerate() {
            if quiet.from == quiet.to {
                let message = format!("quiet period {} begins and ends at {}", index + 1, quiet.from);
                return Err(Problem::new("policy-quiet", message)
                    .help("write from = \"21:00\" and to = \"08:00\", or give days"));
            }
        }
        if policy.pressure.half_life.0 <= 0 {
            return Err(Problem::new("policy-half-life", "a half-life must be longer than nothing"));
        }
        Ok(policy)
    }
}
