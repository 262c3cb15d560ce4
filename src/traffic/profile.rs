//! One person in traffic: identities, traits, consent, what happened, what was sent, where they are in which journey.

use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::decided::Decided;
use super::vocabulary::Vocabulary;
use crate::contact::cap::Sent;
use crate::contact::consent;
use crate::contact::suppression::{Entry, Ledgers};
use crate::decide::{self, Chosen};
use crate::journey::Enrollment;
use crate::journey::entry::Passages;
use crate::model::consent::{ConsentRecord, ConsentState, Purpose, Purposes, SuppressionReason};
use crate::model::message::HeldReason;
use crate::model::{Channel, Datum, Decimal, Identity, ProfileId, Time, Value};
use crate::rule::evaluate::viewed;
use crate::rule::{self, Occurrence, Point, Subject, Told};

/// A property value of a recorded event.
#[derive(Debug, Clone, PartialEq)]
pub enum Property {
    /// An exact number.
    Number(Decimal),
    /// True or false.
    Flag(bool),
    /// An instant.
    Time(Time),
    /// Several values.
    List(Box<[Value]>),
    /// A word of the vocabulary.
    Word(u32),
    /// A text of this person alone.
    Own(Box<str>),
}

/// Properties by coded name.
pub type Properties = Box<[(u32, Property)]>;

/// An event as traffic keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// When.
    pub at: Time,
    /// The name, as a code.
    pub name: u32,
    /// Where.
    pub channel: Channel,
    /// Properties by coded name.
    pub properties: Box<[(u32, Property)]>,
    /// Order lines or list entries, each with its own properties.
    pub items: Box<[Properties]>,
    /// Whether it was imported rather than made by this run.
    pub observed: bool,
}

/// A message and how far it came.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageLog {
    /// When it was first decided.
    pub at: Time,
    /// What, as an index into the library.
    pub content: u32,
    /// The journey it came from, as an index into the library.
    pub journey: Option<u32>,
    /// On which channel.
    pub channel: Channel,
    /// What for.
    pub purpose: Purpose,
    /// Why it was last held, if it ever was; [`MessageLog::sent`] says whether it went later.
    pub held: Option<HeldReason>,
    /// When it went.
    pub sent: Option<Time>,
    /// When it arrived.
    pub delivered: Option<Time>,
    /// When it was opened.
    pub opened: Option<Time>,
    /// When it was clicked or answered.
    pub clicked: Option<Time>,
    /// When the person unsubscribed from it.
    pub unsubscribed: Option<Time>,
    /// Pressure just before it went.
    pub pressure: f32,
    /// Whether it was recorded before this run began rather than sent by it.
    pub observed: bool,
}

/// The first moment a person counts in an experiment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// The experiment, as an index into the library.
    pub experiment: u32,
    /// The variant.
    pub variant: u8,
    /// When.
    pub at: Time,
    /// The probability with which the variant was given.
    pub propensity: f64,
}

/// An answer to a survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurveyAnswer {
    /// The survey, as an index into the library's contents.
    pub content: u32,
    /// When.
    pub at: Time,
    /// The point chosen.
    pub score: u8,
}

/// A visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// When it began.
    pub start: Time,
    /// Its latest event.
    pub last: Time,
}

/// A passage through a journey, with the message it waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Where in the journey.
    pub enrollment: Enrollment,
    /// The message held for it, as an index into [`Profile::messages`].
    pub held: Option<u32>,
    /// When it ended, if it did.
    pub left: Option<Time>,
}

/// One person.
#[derive(Debug, Clone)]
pub struct Profile {
    /// A number that nothing ever changes, which draws are made by.
    pub unit: u64,
    /// The public id.
    pub id: ProfileId,
    /// The oldest first.
    pub identities: Vec<Identity>,
    /// Typed traits by name.
    pub traits: Vec<(Arc<str>, Value)>,
    /// Traits whose source limits what they may be used for.
    pub limits: Vec<(Arc<str>, Purposes)>,
    /// The consent ledger.
    pub consents: Vec<ConsentRecord>,
    /// Do-not-contact entries.
    pub suppressions: Vec<Entry>,
    /// The list segments the person is in.
    pub lists: Vec<Arc<str>>,
    /// The zone, and where it came from.
    pub zone: (TimeZone, &'static str),
    /// What happened, in order of time.
    pub history: Vec<Happening>,
    /// What went out, in order of time, as caps see it.
    pub sends: Vec<Sent>,
    /// What went out or was held.
    pub messages: Vec<MessageLog>,
    /// Passages, over or not.
    pub passages: Vec<Passage>,
    /// What each journey's entry needs to know, by journey.
    pub entries: Vec<Passages>,
    /// First exposures.
    pub exposures: Vec<Exposure>,
    /// What the workspace assigned them to before the run: the experiment, the variant, from when on.
    pub assigned: Vec<(Arc<str>, Arc<str>, Time)>,
    /// What was promised: of several things, this one.
    pub choices: Vec<Chosen>,
    /// Answers to surveys.
    pub answers: Vec<SurveyAnswer>,
    /// What this run decided for them, and how likely it was.
    pub decisions: Vec<Decided>,
    /// The running visit.
    pub session: Option<Session>,
    /// The lifecycle stage at the last look.
    pub lifecycle: Option<Arc<str>>,
    /// Since when that stage is known to stand.
    pub lifecycle_since: Option<Time>,
    /// The intent of the running visit.
    pub intent: Option<Arc<str>>,
    /// Whether something happened since the lifecycle was last looked at.
    pub changed: bool,
}

impl Profile {
    /// A person of whom only the identities are known.
    #[must_use]
    pub fn new(unit: u64, id: ProfileId, identities: Vec<Identity>) -> Self {
        Self {
            unit,
            id,
            identities,
            traits: Vec::new(),
            limits: Vec::new(),
            consents: Vec::new(),
            suppressions: Vec::new(),
            lists: Vec::new(),
            zone: (TimeZone::UTC, "default"),
            history: Vec::new(),
            sends: Vec::new(),
            messages: Vec::new(),
            passages: Vec::new(),
            entries: Vec::new(),
            exposures: Vec::new(),
            assigned: Vec::new(),
            choices: Vec::new(),
            answers: Vec::new(),
            decisions: Vec::new(),
            session: None,
            lifecycle: None,
            lifecycle_since: None,
            intent: None,
            changed: true,
        }
    }

    /// A trait's value.
    #[must_use]
    pub fn trait_value(&self, name: &str) -> Datum<'_> {
        self.traits.iter().find(|(known, _)| &**known == name).map_or(Datum::Missing, |(_, v)| v.datum())
    }

    /// What the ledgers know of the person.
    #[must_use]
    pub fn ledgers(&self) -> Ledgers<'_> {
        Ledgers { identities: &self.identities, consents: &self.consents, entries: &self.suppressions }
    }

    /// Counts the person in an experiment from the first exposure on.
    pub fn expose(&mut self, exposure: Exposure) {
        if !self.exposures.iter().any(|known| known.experiment == exposure.experiment) {
            self.exposures.push(exposure);
        }
    }

    /// Keeps what a content promises, unless a promise of its kind still holds.
    pub fn promise(&mut self, choice: decide::Choice, at: Time) {
        let holds = |known: &Chosen| known.of == choice.of && at < known.until;
        if !self.choices.iter().any(holds) {
            self.choices.retain(|known| known.of != choice.of);
            self.choices.push(Chosen { of: choice.of, is: choice.is, until: at + choice.lasts });
        }
    }

    /// First and last name, if known.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let part = |name| match self.trait_value(name) {
            Datum::Text(text) => Some(text),
            _ => None,
        };
        let parts: Vec<&str> = [part("first_name"), part("last_name")].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// A person together with the words their history is written in: what rules and decisions look at.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The person.
    pub profile: &'a Profile,
    /// The words.
    pub words: &'a Vocabulary,
}

/// An event together with the words it is written in: what rules and metrics look at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The event.
    pub happening: &'a Happening,
    /// The words.
    pub words: &'a Vocabulary,
}

impl<'a> Seen<'a> {
    fn datum(&self, properties: &'a [(u32, Property)], name: &str) -> Datum<'a> {
        let Some(code) = self.words.find(name) else { return Datum::Missing };
        match properties.iter().find(|(known, _)| *known == code) {
            None => Datum::Missing,
            Some((_, Property::Number(number))) => Datum::Number(*number),
            Some((_, Property::Flag(flag))) => Datum::Flag(*flag),
            Some((_, Property::Time(time))) => Datum::Time(*time),
            Some((_, Property::List(list))) => Datum::List(list),
            Some((_, Property::Word(code))) => Datum::Text(self.words.word(*code)),
            Some((_, Property::Own(text))) => Datum::Text(text),
        }
    }
}

impl Occurrence for Seen<'_> {
    fn at(&self) -> Time {
        self.happening.at
    }

    fn channel(&self) -> Channel {
        self.happening.channel
    }

    fn property(&self, name: &str) -> Datum<'_> {
        self.datum(&self.happening.properties, name)
    }

    fn items(&self) -> usize {
        self.happening.items.len()
    }

    fn item(&self, index: usize, name: &str) -> Datum<'_> {
        self.happening.items.get(index).map_or(Datum::Missing, |item| self.datum(item, name))
    }
}

impl Subject for View<'_> {
    fn attribute(&self, name: &str) -> Datum<'_> {
        self.profile.trait_value(name)
    }

    fn events(&self, name: &str, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        let Some(code) = self.words.find(name) else { return };
        for happening in self.profile.history.iter().filter(|happening| happening.name == code) {
            if visit(&Seen { happening, words: self.words }).is_break() {
                return;
            }
        }
    }

    fn every_event(&self, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        for happening in &self.profile.history {
            if visit(&Seen { happening, words: self.words }).is_break() {
                return;
            }
        }
    }

    fn suppressed(&self, channel: Channel, reason: SuppressionReason, point: Point) -> bool {
        let opted_in = || {
            consent::opted_in_at(
                &self.profile.consents,
                &self.profile.identities,
                channel,
                Purpose::Marketing,
                point,
            )
        };
        self.profile.suppressions.iter().any(|entry| {
            entry.reason == reason
                && point.sees(entry.at)
                && reason.reaches(entry.channel, channel)
                && !(reason == SuppressionReason::Unsubscribed && opted_in().is_some_and(|at| at > entry.at))
        })
    }

    fn cut_by(&self) -> Option<&str> {
        let identities = &self.profile.identities;
        let user = identities.iter().find(|identity| identity.namespace == "user_id");
        user.or(identities.first()).map(|identity| identity.value.as_str())
    }

    fn home(&self) -> (TimeZone, &'static str) {
        self.profile.zone.clone()
    }

    fn experiment(&self, name: &str, point: Point) -> Told<String> {
        let experiments = &self.words.titles().experiments;
        let before = || {
            let mut assigned = self.profile.assigned.iter();
            let known = assigned.find(|(known, _, at)| **known == *name && point.sees(*at));
            known.map(|(_, variant, _)| variant.to_string())
        };
        let Some(number) = experiments.iter().position(|(known, _)| known == name) else {
            // No test of this run; the workspace may have assigned it, or an import have told of it.
            let outside = if self.words.was_assigned(name) { Told::No } else { Told::Unknown };
            return before().or_else(|| viewed(self, name, point)).map_or(outside, Told::Yes);
        };
        let exposed =
            |exposure: &&Exposure| exposure.experiment as usize == number && point.sees(exposure.at);
        match self.profile.exposures.iter().find(exposed) {
            None => before().map_or(Told::No, Told::Yes),
            Some(exposure) => {
                let variants = experiments.get(number).map(|(_, variants)| variants.as_slice());
                let variant = variants.and_then(|variants| variants.get(usize::from(exposure.variant)));
                variant.map_or(Told::Unknown, |variant| Told::Yes(variant.clone()))
            }
        }
    }

    fn journey(&self, name: &str, point: Point) -> Told<rule::Passage<'_>> {
        let journeys = &self.words.titles().journeys;
        let Some(number) = journeys.iter().position(|(known, _)| known == name) else { return Told::Unknown };
        let began = |passage: &&Passage| {
            passage.enrollment.journey as usize == number && point.sees(passage.enrollment.entered)
        };
        let Some(latest) = self.profile.passages.iter().filter(began).max_by_key(|p| p.enrollment.number)
        else {
            return Told::No;
        };
        let steps = journeys.get(number).map(|(_, steps)| steps.as_slice());
        let inside = latest.enrollment.is_inside();
        let step = steps.and_then(|steps| steps.get(usize::from(latest.enrollment.at.0))).map(String::as_str);
        Told::Yes(rule::Passage {
            entered: latest.enrollment.entered,
            inside,
            left: latest.left,
            step: step.filter(|_| inside),
        })
    }

    fn lifecycle_since(&self) -> Option<Time> {
        self.profile.lifecycle_since
    }

    fn consent(&self, channel: Channel, purpose: Purpose, point: Point) -> ConsentState {
        consent::of_person(&self.profile.consents, &self.profile.identities, channel, purpose, point)
    }

    fn lifecycle(&self) -> Option<&str> {
        self.profile.lifecycle.as_deref()
    }

    fn intent(&self) -> Option<&str> {
        self.profile.intent.as_deref()
    }

    fn in_list(&self, list: &str) -> bool {
        self.profile.lists.iter().any(|known| **known == *list)
    }
}

impl decide::State for View<'_> {
    fn is_limited(&self) -> bool {
        !self.profile.limits.is_empty()
    }

    fn uses(&self, name: &str) -> Purposes {
        let limited = self.profile.limits.iter().find(|(known, _)| **known == *name);
        limited.map_or(Purposes::ALL, |(_, uses)| *uses)
    }

    fn identity(&self, namespace: &str) -> Option<&str> {
        self.profile.identities.iter().find(|i| i.namespace == namespace).map(|i| i.value.as_str())
    }

    fn reachable(&self, channel: Channel) -> bool {
        channel.address().is_some_and(|namespace| decide::State::identity(self, namespace).is_some())
    }

    fn silent(&self, channel: Channel, purpose: Purpose, point: Point) -> bool {
        consent::is_silent(&self.profile.consents, &self.profile.identities, channel, purpose, point)
    }

    fn stopped(&self, channel: Channel, purpose: Purpose, point: Point) -> Option<Entry> {
        self.profile.ledgers().address(channel, purpose, point).err()
    }

    fn sends(&self) -> &[Sent] {
        &self.profile.sends
    }

    fn zone(&self) -> (&TimeZone, &'static str) {
        (&self.profile.zone.0, self.profile.zone.1)
    }

    fn variant(&self, experiment: u32) -> Option<u8> {
        let known = |exposure: &&Exposure| exposure.experiment == experiment;
        self.profile.exposures.iter().find(known).map(|exposure| exposure.variant)
    }

    fn chosen(&self, of: u32, now: Time) -> Option<Chosen> {
        self.profile.choices.iter().copied().find(|known| known.of == of && now < known.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{OpenCatalog, Truth, compile};
    use crate::traffic::Titles;

    #[test]
    fn rules_see_the_passages_exposures_and_stages_of_a_run() {
        let mut words = Vocabulary::default();
        words.entitle(Titles {
            journeys: vec![
                ("Welcome".to_owned(), vec!["send".to_owned(), "wait".to_owned()]),
                ("Other".to_owned(), Vec::new()),
            ],
            experiments: vec![("Subject".to_owned(), vec!["a".to_owned(), "b".to_owned()])],
        });
        let mut profile = Profile::new(1, ProfileId(1), vec![Identity::new("email", "anne@example.org")]);
        profile.exposures.push(Exposure { experiment: 0, variant: 1, at: Time(50), propensity: 0.5 });
        profile.lifecycle = Some(Arc::from("loyal"));
        profile.lifecycle_since = Some(Time(40 * 86_400_000));
        let asked = |profile: &Profile, rule: &str, at: i64| {
            let plan = compile(rule, &OpenCatalog).unwrap();
            plan.holds(&View { profile, words: &words }, Point::after(Time(at)))
        };
        assert_eq!(asked(&profile, "in journey \"Welcome\"", 100), Truth::False);
        assert_eq!(asked(&profile, "in journey \"Elsewhere\"", 100), Truth::Unknown);
        profile.passages.push(Passage {
            enrollment: Enrollment::new(0, 0, Time(10)),
            held: None,
            left: None,
        });
        assert_eq!(asked(&profile, "in journey \"Welcome\" at \"send\"", 100), Truth::True);
        assert_eq!(asked(&profile, "in journey \"Welcome\" at \"wait\"", 100), Truth::False);
        assert_eq!(asked(&profile, "in journey \"Welcome\" or in journey \"Other\"", 9), Truth::False);
        assert_eq!(asked(&profile, "entered journey \"Welcome\" within 1s", 100), Truth::True);
        assert_eq!(asked(&profile, "in experiment \"Subject\" variant \"b\"", 100), Truth::True);
        assert_eq!(asked(&profile, "in experiment \"Subject\" variant \"a\"", 100), Truth::False);
        assert_eq!(asked(&profile, "in experiment \"Subject\"", 49), Truth::False);
        assert_eq!(asked(&profile, "in experiment \"Unheard of\"", 100), Truth::Unknown);
        let mut words = words.clone();
        words.assigned_before("Spring mail");
        let known = |profile: &Profile, rule: &str, at: i64| {
            let plan = compile(rule, &OpenCatalog).unwrap();
            plan.holds(&View { profile, words: &words }, Point::after(Time(at)))
        };
        assert_eq!(known(&profile, "in experiment \"Spring mail\"", 100), Truth::False);
        profile.assigned.push((Arc::from("Spring mail"), Arc::from("nothing"), Time(60)));
        assert_eq!(known(&profile, "in experiment \"Spring mail\" variant \"nothing\"", 100), Truth::True);
        assert_eq!(known(&profile, "in experiment \"Spring mail\"", 59), Truth::False);
        let day = |n: i64| n * 86_400_000;
        assert_eq!(asked(&profile, "has been lifecycle = \"loyal\" for 14d", day(54)), Truth::True);
        assert_eq!(asked(&profile, "has been lifecycle = \"loyal\" for 14d", day(53)), Truth::Unknown);
        assert_eq!(asked(&profile, "suppressed(email)", 100), Truth::False);
        assert_ne!(asked(&profile, "bucket(\"s\") < 50", 100), Truth::Unknown);
    }
}
