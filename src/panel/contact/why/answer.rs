//! The answer: the gates with what they saw, the sends that fill a cap, who lost the ranking, where a hash fell, and what
//! would have turned it round.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::case::{Case, Outcome};
use super::search::{self, Found};
use super::{Question, Subject, past};
use crate::contact::cap::{self, Tally};
use crate::contact::words;
use crate::decide::{Context, Gate, GateNote};
use crate::model::{Channel, Time};
use crate::panel::contact::gates::placements;
use crate::panel::contact::scene::Scene;
use crate::panel::live::WhyLine;
use crate::panel::ticker;
use crate::rule::Point;
use crate::traffic::{MessageLog, Profile};

/// Flips an answer tells.
const MOST_FLIPS: usize = 4;

/// What happened, or would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The message goes, or went.
    Goes,
    /// The message is held, or was.
    Held,
    /// Something is shown.
    Shown,
    /// Nothing is shown.
    Nothing,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What was asked.
    pub question: Question,
    /// The person's name, if known; masked by whoever shows it.
    pub name: Option<String>,
    /// A sentence a client understands.
    pub sentence: String,
    /// The outcome alone, without what would turn it round.
    pub outcome: String,
    /// The moment it stands for.
    pub at: Time,
    /// How it stands; none where everything was asked.
    pub standing: Option<Standing>,
    /// The gates in their order, with the values they saw.
    pub gates: Vec<WhyLine>,
    /// The cap that is full, in words, and the sends that fill it, newest first.
    pub full: Option<(String, Vec<Filling>)>,
    /// Who lost the ranking, and why.
    pub losers: Vec<String>,
    /// Where the person's hash fell, for every test that was asked.
    pub hashes: Vec<Hash>,
    /// The smallest changes that would turn it round, the smallest first.
    pub flips: Vec<Flip>,
    /// Where everything was asked: each message and placement.
    pub stood: Vec<Stood>,
    /// What the answer rests on.
    pub note: String,
}

/// A send that takes a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filling {
    /// When.
    pub at: Time,
    /// What.
    pub what: String,
    /// For which journey.
    pub journey: Option<String>,
    /// On which channel.
    pub channel: Channel,
}

/// Where a hash fell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hash {
    /// The test.
    pub experiment: String,
    /// What is hashed: `user_id`.
    pub attribute: String,
    /// Where it fell, in [0, 1); none where the person has nothing to hash or is outside of the test.
    pub bucket: Option<f64>,
    /// The variant.
    pub variant: Option<String>,
    /// Whether the variant was kept from before.
    pub kept: bool,
}

/// A change that would turn the decision round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flip {
    /// The changes, in words; one wherever one is enough.
    pub changes: Vec<String>,
    /// What would come of it.
    pub then: String,
    /// How much it asks for: one message more under a cap, or a day of waiting, is 1.
    pub effort: f64,
}

/// One of everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stood {
    /// The message or placement.
    pub subject: Subject,
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub standing: Standing,
    /// What is shown, or the gate that closed with what it saw.
    pub detail: String,
    /// The smallest change that would turn it round.
    pub flip: Option<Flip>,
}

/// Asks why. `None` where there is nobody of that id.
#[must_use]
pub fn ask(scene: &Scene<'_>, question: &Question, context: &Context) -> Option<Answer> {
    let person = scene.person(question.profile)?;
    let person = person.as_ref();
    let log = question.at.and_then(|at| log_of(scene, person, &question.subject, at));
    let profile = match question.at {
        Some(at) => Cow::Owned(past::at(person, scene.setup, at)),
        None => Cow::Borrowed(person),
    };
    let case = Case {
        library: Cow::Borrowed(&scene.setup.library),
        profile,
        words: &scene.setup.words,
        context,
        subject: &question.subject,
        journey: log.and_then(|log| log.journey),
        point: question.at.map_or_else(|| scene.point(), Point::after),
        priorities: Vec::new(),
    };
    Some(match question.subject {
        Subject::Everything => everything(scene, question, person, &case),
        Subject::Message(_) | Subject::Placement(_) => one(question, person, &case),
    })
}

/// The message's own line, if it was decided at that moment, or waited then.
fn log_of<'a>(scene: &Scene<'_>, person: &'a Profile, subject: &Subject, at: Time) -> Option<&'a MessageLog> {
    let Subject::Message(name) = subject else { return None };
    let content = scene.setup.library.content(name)?;
    let of_it = || person.messages.iter().filter(|log| log.content == content);
    let here = |log: &&MessageLog| log.sent == Some(at) || log.at == at;
    // A message that was held is decided again when it is looked at again: between its first moment and the one it went.
    let open = |log: &&MessageLog| log.at <= at && log.sent.is_none_or(|sent| sent >= at);
    of_it().find(here).or_else(|| of_it().rfind(open))
}

fn one(question: &Question, person: &Profile, case: &Case<'_>) -> Answer {
    let mut notes: Vec<GateNote> = Vec::new();
    let outcome = case.decide(&mut notes);
    let found = search::flips(case, outcome);
    let flips: Vec<Flip> = found.iter().take(MOST_FLIPS).map(|found| flip(case, found)).collect();
    let (ranking, gates): (Vec<&GateNote>, Vec<&GateNote>) =
        notes.iter().partition(|note| note.gate == Gate::Ranking && !note.passed);
    Answer {
        sentence: sentence(case, outcome, flips.first()),
        outcome: format!("{}.", named(case, outcome)),
        question: question.clone(),
        name: person.name(),
        at: case.point.at,
        standing: Some(standing(outcome)),
        gates: gates.into_iter().map(ticker::why).collect(),
        full: full(case, outcome),
        losers: ranking.into_iter().map(|note| note.detail.clone()).collect(),
        hashes: hashes(case),
        flips,
        stood: Vec::new(),
        note: note(question).to_owned(),
    }
}

fn note(question: &Question) -> &'static str {
    match question.at {
        Some(_) => {
            "decided again on what was known then, under today's definitions; every change was tried by deciding again"
        }
        None => "decided on what is known now; every change was tried by deciding again",
    }
}

fn everything(scene: &Scene<'_>, question: &Question, person: &Profile, case: &Case<'_>) -> Answer {
    let messages = scene.setup.library.contents.iter().filter(|what| !what.is_on_site());
    let messages = messages.map(|what| Subject::Message(what.name.clone()));
    let subjects: Vec<Subject> =
        placements(scene).into_iter().map(Subject::Placement).chain(messages).collect();
    let stood: Vec<Stood> = subjects.iter().map(|subject| stood(case, subject)).collect();
    let goes = stood.iter().filter(|one| matches!(one.standing, Standing::Goes)).count();
    let asked = stood.iter().filter(|one| matches!(one.standing, Standing::Goes | Standing::Held)).count();
    Answer {
        sentence: format!("{goes} of {asked} messages may go to this person now."),
        outcome: format!("{goes} of {asked} messages may go to this person now."),
        question: question.clone(),
        name: person.name(),
        at: case.point.at,
        standing: None,
        gates: Vec::new(),
        full: None,
        losers: Vec::new(),
        hashes: Vec::new(),
        flips: Vec::new(),
        stood,
        note: note(question).to_owned(),
    }
}

fn stood(case: &Case<'_>, subject: &Subject) -> Stood {
    let case = Case { subject, ..case.clone() };
    let mut notes: Vec<GateNote> = Vec::new();
    let outcome = case.decide(&mut notes);
    let closed = notes.iter().rev().find(|note| !note.passed && note.gate != Gate::Ranking);
    let detail = match (outcome, closed) {
        (Outcome::Held { .. } | Outcome::Nothing, Some(note)) => {
            format!("{}: {}", note.gate.name(), note.detail)
        }
        _ => said(&case, outcome),
    };
    // For what goes nobody asks what would stop it until they open it.
    let flip = match outcome {
        Outcome::Held { .. } | Outcome::Nothing => {
            search::flips(&case, outcome).first().map(|found| flip(&case, found))
        }
        Outcome::Goes | Outcome::Shown { .. } => None,
    };
    let name = match subject {
        Subject::Message(name) | Subject::Placement(name) => name.clone(),
        Subject::Everything => String::new(),
    };
    Stood { subject: subject.clone(), name, standing: standing(outcome), detail, flip }
}

fn standing(outcome: Outcome) -> Standing {
    match outcome {
        Outcome::Goes => Standing::Goes,
        Outcome::Held { .. } => Standing::Held,
        Outcome::Shown { .. } => Standing::Shown,
        Outcome::Nothing => Standing::Nothing,
    }
}

fn flip(case: &Case<'_>, found: &Found) -> Flip {
    Flip {
        changes: found.changes.iter().map(|change| change.said(case)).collect(),
        then: said(case, found.then),
        effort: found.effort,
    }
}

fn said(case: &Case<'_>, outcome: Outcome) -> String {
    match outcome {
        Outcome::Goes => "it may go".to_owned(),
        Outcome::Held { reason, until } => {
            let zone = &case.profile.zone.0;
            let until = until.map_or_else(String::new, |at| format!(", free {}", at.short(zone)));
            format!("held: {}{until}", reason.name())
        }
        Outcome::Shown { content, propensity } => {
            let name = case.library.contents.get(content as usize).map_or("", |what| what.name.as_str());
            if propensity < 1.0 {
                format!("“{name}” is shown, with a chance of {propensity:.2}")
            } else {
                format!("“{name}” is shown")
            }
        }
        Outcome::Nothing => "nothing is shown".to_owned(),
    }
}

fn named(case: &Case<'_>, outcome: Outcome) -> String {
    let what = match case.subject {
        Subject::Message(name) => format!("“{name}”: "),
        Subject::Placement(name) => format!("{name}: "),
        Subject::Everything => String::new(),
    };
    format!("{what}{}", said(case, outcome))
}

fn sentence(case: &Case<'_>, outcome: Outcome, flip: Option<&Flip>) -> String {
    let now = named(case, outcome);
    match flip {
        Some(flip) => format!("{now}. With {}: {}.", flip.changes.join(" and "), flip.then),
        None => format!("{now}. No single change and no two together turn that round."),
    }
}

/// The full cap a message meets first, and what fills it.
fn full(case: &Case<'_>, outcome: Outcome) -> Option<(String, Vec<Filling>)> {
    let Outcome::Held { reason: crate::model::message::HeldReason::Cap, .. } = outcome else { return None };
    let library = case.library.as_ref();
    let (rules, zone, at) = (&library.policy, &case.profile.zone.0, case.point.at);
    let content = *case.contents().first()?;
    let what = library.contents.get(content as usize)?;
    let message = crate::contact::Sent::new(at, what.channel, content, case.journey);
    let view = crate::traffic::profile::View { profile: &case.profile, words: case.words };
    let limits = rules.stopping(&message, library) & rules.holding(&view, case.point);
    let tally = Tally::of(rules, &case.profile.sends, library, zone, at);
    let index = tally.full(rules, limits)?;
    let counted = cap::counted(rules, index, &case.profile.sends, library, zone, at);
    let filled = counted.map(|sent| Filling {
        at: sent.at,
        what: library.name_of(sent.experience).unwrap_or("a message without a name").to_owned(),
        journey: sent.journey.and_then(|journey| library.journeys.get(journey as usize)).cloned(),
        channel: sent.channel,
    });
    Some((words::cap(rules.caps.get(index)?), filled.collect()))
}

/// Where the person's hash falls in the tests of the placement.
fn hashes(case: &Case<'_>) -> Vec<Hash> {
    let library = case.library.as_ref();
    let Subject::Placement(name) = case.subject else { return Vec::new() };
    let tests = library.place(name).map(|place| place.tests.clone()).unwrap_or_default();
    let known = |namespace: &str| {
        let identities = &case.profile.identities;
        identities.iter().find(|known| known.namespace == namespace).map(|known| known.value.as_str())
    };
    let hash = |experiment: u32| {
        let design = library.experiments().get(experiment as usize)?;
        let kept = case.profile.exposures.iter().find(|known| known.experiment == experiment);
        let assigned = design.hashed(known).and_then(|value| design.assign(value));
        let variant = kept
            .map(|kept| usize::from(kept.variant))
            .or_else(|| assigned.map(|assigned| assigned.variant))
            .and_then(|variant| design.variants.get(variant));
        Some(Hash {
            experiment: design.name.clone(),
            attribute: design.hash_attribute.clone(),
            bucket: assigned.map(|assigned| assigned.bucket),
            variant: variant.map(|variant| variant.name.clone()),
            kept: kept.is_some(),
        })
    };
    tests.into_iter().filter_map(hash).collect()
}
