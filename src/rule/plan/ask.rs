//! What a clause asks, names resolved.

use super::{Check, Plan};
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::{Channel, Decimal, time};
use crate::rule::tree::{End, EventName, Figure, Gap, Operator, Question, Sequence, Sessions, Window};

/// What a clause asks.
#[derive(Debug)]
pub enum Ask {
    /// Nothing.
    Everyone,
    /// A trait's value.
    Trait {
        /// The trait.
        name: String,
        /// What its value must satisfy.
        check: Check,
    },
    /// The lifecycle stage.
    Lifecycle(Check),
    /// The running session's intent.
    Intent(Check),
    /// The time of year where the person lives.
    Season(Check),
    /// The person's events.
    Events(EventAsk),
    /// Events that follow each other.
    Sequence(SequenceAsk),
    /// The person's visits.
    Session(SessionAsk),
    /// The band the person is in among all.
    Band(BandAsk),
    /// What has been so for some time.
    Been {
        /// What has held.
        plan: Plan,
        /// For how long.
        span: time::Span,
    },
    /// A consent.
    Consent {
        /// On which channel.
        channel: Channel,
        /// For which purpose.
        purpose: Purpose,
        /// The states asked for.
        states: Vec<ConsentState>,
        /// Whether it must be in none of them.
        negated: bool,
    },
    /// Whether contact is blocked.
    Suppressed {
        /// On which channel.
        channel: Channel,
        /// For one of these reasons.
        reasons: Vec<SuppressionReason>,
        /// Whether it must be none of them.
        negated: bool,
    },
    /// Membership of another segment.
    Segment {
        /// Its name.
        name: String,
        /// Its rule. An unknown membership is none, as for the segment by itself.
        plan: Plan,
    },
    /// Membership of a list.
    List(String),
    /// Being inside a journey, perhaps at a step.
    InJourney {
        /// The journey.
        name: String,
        /// The step.
        step: Option<String>,
    },
    /// Having entered or left a journey.
    Passed {
        /// The journey.
        name: String,
        /// Which of the two.
        end: End,
        /// When.
        window: Window,
    },
    /// Counting in an experiment, perhaps in one variant.
    Experiment {
        /// The experiment.
        name: String,
        /// The variant.
        variant: Option<String>,
    },
    /// The person's place in a random cut.
    Bucket {
        /// What sets the cut apart.
        salt: String,
        /// How the place is compared.
        operator: Operator,
        /// With which place, in percent.
        share: Decimal,
    },
}

impl Ask {
    /// Whether it depends on the person's zone. A referenced rule looks its own zones up.
    #[must_use]
    pub fn is_calendar(&self) -> bool {
        match self {
            Self::Trait { check, .. } | Self::Lifecycle(check) | Self::Intent(check) => check.is_calendar(),
            Self::Season(_) => true,
            Self::Events(ask) => ask.is_calendar(),
            Self::Sequence(ask) => {
                let gaps = ask.then.iter().filter_map(|(_, gap)| gap.without.as_ref());
                let mut steps =
                    std::iter::once(&ask.first).chain(ask.then.iter().map(|(step, _)| step)).chain(gaps);
                ask.window.is_calendar() || steps.any(|step| calendar(step.condition.as_ref()))
            }
            Self::Session(ask) => ask.window.is_calendar() || calendar(ask.condition.as_ref()),
            Self::Passed { window, .. } => window.is_calendar(),
            // People are compared over one stretch; the check refuses others.
            Self::Band(_) => false,
            Self::Everyone
            | Self::Been { .. }
            | Self::Consent { .. }
            | Self::Suppressed { .. }
            | Self::Segment { .. }
            | Self::List(_)
            | Self::InJourney { .. }
            | Self::Experiment { .. }
            | Self::Bucket { .. } => false,
        }
    }
}

fn calendar(condition: Option<&Condition>) -> bool {
    condition.is_some_and(Condition::is_calendar)
}

/// Which events are meant, by name.
pub type Which = EventName<String>;

/// What is made of the events.
pub type Asked = Question<String, Check>;

/// Steps that follow each other, strictly later each.
pub type SequenceAsk = Sequence<StepAsk>;

/// What may lie between a step and the one before it.
pub type GapAsk = Gap<StepAsk>;

/// What the person's events are asked.
#[derive(Debug)]
pub struct EventAsk {
    /// The events.
    pub event: Which,
    /// Which of them count.
    pub condition: Option<Condition>,
    /// When they happened.
    pub window: Window,
    /// What is made of them.
    pub question: Asked,
}

impl EventAsk {
    fn is_calendar(&self) -> bool {
        self.window.is_calendar()
            || calendar(self.condition.as_ref())
            || match &self.question {
                Asked::Count(..) | Asked::Figure(..) => false,
                Asked::When(_, window) => window.is_calendar(),
                Asked::Of(_, _, check) | Asked::MostFrequent(_, check) => check.is_calendar(),
            }
    }
}

/// One step.
#[derive(Debug)]
pub struct StepAsk {
    /// The events.
    pub event: Which,
    /// Which of them count.
    pub condition: Option<Condition>,
}

/// What a person's visits are asked.
#[derive(Debug)]
pub struct SessionAsk {
    /// Which are looked at.
    pub which: Sessions,
    /// What each is asked.
    pub condition: Option<Condition>,
    /// The properties it is asked for.
    pub properties: Vec<String>,
    /// When it began.
    pub window: Window,
}

/// The band a person is in.
#[derive(Debug)]
pub struct BandAsk {
    /// How many bands there are.
    pub bands: u32,
    /// By what people are measured.
    pub measure: MeasureAsk,
    /// How the band is compared.
    pub operator: Operator,
    /// With which band.
    pub n: Decimal,
    /// What is measured, as text: two asks of one text measure the same.
    pub key: String,
}

/// By what people are measured.
#[derive(Debug)]
pub enum MeasureAsk {
    /// A trait's value.
    Trait(String),
    /// How many events: people without any are in no band.
    Count(StepAsk, Window),
    /// A figure over a property of events.
    Figure(StepAsk, Window, Figure, String),
    /// When the first or last event was.
    When(StepAsk, Window, End),
}

/// A condition on one event or item.
#[derive(Debug)]
pub enum Condition {
    /// Every part holds.
    All(Vec<Condition>),
    /// At least one part holds.
    Any(Vec<Condition>),
    /// The part does not hold.
    Not(Box<Condition>),
    /// A property's value.
    Property(String, Check),
    /// The event's channel.
    Channel {
        /// The channels asked for.
        channels: Vec<Channel>,
        /// Whether it must be none of them.
        negated: bool,
    },
    /// Some item satisfies it.
    AnyItem(Box<Condition>),
}

impl Condition {
    /// Whether it depends on the person's zone.
    #[must_use]
    pub fn is_calendar(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::is_calendar),
            Self::Not(part) | Self::AnyItem(part) => part.is_calendar(),
            Self::Property(_, check) => check.is_calendar(),
            Self::Channel { .. } => false,
        }
    }

    /// The properties it looks at, those of items aside.
    pub fn properties(&self, names: &mut Vec<String>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.properties(names)),
            Self::Not(part) => part.properties(names),
            Self::Property(name, _) if !names.contains(name) => names.push(name.clone()),
            Self::Property(..) | Self::Channel { .. } | Self::AnyItem(_) => {}
        }
    }
}
