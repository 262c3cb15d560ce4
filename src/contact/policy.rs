//! The contact policy: caps, cool-downs, quiet hours, the fatigue budget, what holds where nobody was asked, as one
//! definition.

use jiff::civil;
use serde::{Deserialize, Serialize};

use super::check;
use super::cooldown::CoolDown;
pub use super::on_cap::OnCap;
use crate::model::consent::Purpose;
use crate::model::{Channel, Problem, Span};

/// A contact policy as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Whether service messages, which no cap ever stops, count towards caps and pressure.
    #[serde(default = "yes")]
    pub service_counts: bool,
    /// Every rule must pass.
    #[serde(default, rename = "cap")]
    pub caps: Vec<Cap>,
    /// Every pause after what people did with earlier messages.
    #[serde(default, rename = "cooldown", skip_serializing_if = "Vec::is_empty")]
    pub cooldowns: Vec<CoolDown>,
    /// Every period that must be waited out.
    #[serde(default)]
    pub quiet: Vec<Quiet>,
    /// What holds where nobody was asked; without a rule, silence is no consent.
    #[serde(default, rename = "consent", skip_serializing_if = "Vec::is_empty")]
    pub defaults: Vec<DefaultConsent>,
    /// Who is kept out of everything but service messages and surveys, so that all of it can be measured together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout: Option<Holdout>,
    /// How placements order what competes for them; by priority where nothing is said.
    #[serde(default, rename = "placement", skip_serializing_if = "Vec::is_empty")]
    pub placements: Vec<Arbitration>,
    /// How past messages weigh.
    #[serde(default)]
    pub pressure: Pressure,
}

/// People kept out of messages and personal content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holdout {
    /// Its name, the seed of the draw.
    pub name: String,
    /// The share of people kept out.
    pub share: f64,
    /// The identity namespace whose value is hashed.
    #[serde(default = "user_id")]
    pub hash_attribute: String,
    /// What they are kept out of.
    #[serde(default = "personal")]
    pub purposes: Vec<Purpose>,
}

fn user_id() -> String {
    "user_id".to_owned()
}

fn personal() -> Vec<Purpose> {
    vec![Purpose::Marketing, Purpose::Onsite, Purpose::Ads]
}

/// What silence means for some channels, purposes and regions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultConsent {
    /// Channels it holds for; empty means every channel.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// Purposes it holds for; empty means every purpose.
    #[serde(default)]
    pub purposes: Vec<Purpose>,
    /// Countries it holds for, as people's `country` has them; empty means everywhere, nowhere said included.
    #[serde(default)]
    pub regions: Vec<String>,
    /// What silence means.
    pub default: Silence,
}

/// What silence means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Silence {
    /// Nobody is written to who did not say yes.
    #[default]
    OptIn,
    /// Everybody may be written to who did not say no.
    OptOut,
}

/// How one placement orders what competes for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arbitration {
    /// The placement.
    pub name: String,
    /// Its ranking.
    pub ranking: Ranking,
}

/// How candidates are ordered or split.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ranking {
    /// The highest priority goes first.
    #[default]
    Priority,
    /// People are divided by the candidates' shares; the same person lands on the same one.
    Split,
    /// The highest chance × worth × context weight − price of pressure goes first; what costs more than it is worth does
    /// not go at all.
    Value,
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
    /// What a calendar window consists of, the running one included.
    #[serde(default)]
    pub per: Unit,
    /// The day a calendar week begins with.
    #[serde(default)]
    pub week_starts: Weekday,
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
    /// The rule a person must fulfil for this cap to hold, such as `in segment "VIP"`; everybody if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_if: Option<String>,
}

/// What a calendar window consists of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Hours of the clock; `window` is whole hours.
    Hour,
    /// Days; `window` is whole days.
    #[default]
    Day,
    /// Weeks; `window` is a multiple of `7d`.
    Week,
    /// Months; `window` is a multiple of `30d`, one for each month.
    Month,
}

impl Unit {
    /// What one of them is written as in a window.
    #[must_use]
    pub fn written(self) -> Span {
        match self {
            Self::Hour => Span::HOUR,
            Self::Day => Span::DAY,
            Self::Week => Span::days(7),
            Self::Month => Span::days(30),
        }
    }
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
    /// The calendar days (or hours, weeks, months) that make up the window, the running one included, in the zone.
    Calendar,
}

/// What a cap counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CountOn {
    /// Every send, from the moment it is decided.
    #[default]
    Sent,
    /// What arrived. A slot is taken when a send is decided and given back if it bounces.
    Delivered,
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    #[default]
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
    /// What happens to a message that an enforced budget has no room for.
    pub on_budget: OnCap,
    /// What one fresh message costs a person without any pressure, in the unit of experiences' worth. It rises with the
    /// pressure there is.
    pub price: f64,
}

impl Default for Pressure {
    fn default() -> Self {
        Self {
            half_life: Span::days(3),
            weights: [(Channel::Push, 0.7), (Channel::Ad, 0.3), (Channel::Survey, 0.8)].into(),
            budget: None,
            enforce: false,
            on_budget: OnCap::Skip,
            price: 0.0,
        }
    }
}

impl Policy {
    /// No caps, no quiet hours.
    #[must_use]
    pub fn open() -> Self {
        Self {
            name: "open".to_owned(),
            service_counts: true,
            caps: Vec::new(),
            cooldowns: Vec::new(),
            quiet: Vec::new(),
            defaults: Vec::new(),
            holdout: None,
            placements: Vec::new(),
            pressure: Pressure::default(),
        }
    }

    /// Reads the definition's text and checks what TOML alone cannot.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let policy: Self = toml::from_str(text).map_err(|e| crate::model::problem::of_toml(&e, text))?;
        check::policy(&policy)?;
        Ok(policy)
    }

    /// What silence means for a person of a region. Of several rules the most restrictive holds, and without one silence
    /// is no consent.
    #[must_use]
    pub fn silence(&self, channel: Channel, purpose: Purpose, region: Option<&str>) -> Silence {
        let mut rules = self
            .defaults
            .iter()
            .filter(|rule| rule.channels.is_empty() || rule.channels.contains(&channel))
            .filter(|rule| rule.purposes.is_empty() || rule.purposes.contains(&purpose))
            .filter(|rule| {
                let here = |known: &String| region.is_some_and(|region| region.eq_ignore_ascii_case(known));
                rule.regions.is_empty() || rule.regions.iter().any(here)
            })
            .peekable();
        let said = rules.peek().is_some();
        if said && rules.all(|rule| rule.default == Silence::OptOut) {
            Silence::OptOut
        } else {
            Silence::OptIn
        }
    }
}
