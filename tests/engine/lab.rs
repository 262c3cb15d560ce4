//! A few people, a few definitions and a script of what they do.

use std::collections::HashMap;

use segue::model::consent::{ConsentRecord, ConsentState, Purpose};
use segue::model::definition::{Definition, Kind};
use segue::model::message::MessageState;
use segue::model::{Channel, Identity, ProfileId, Seed, Span, Time};
use segue::rule::OpenCatalog;
use segue::traffic::{
    Emit, Happened, Happening, Profile, Setup, Source, Stimulus, Traffic, Vocabulary, compile,
};

/// Monday, midnight UTC.
pub(crate) const START: Time = Time(1_777_852_800_000);

/// So many hours after the start.
pub(crate) fn hour(hours: f64) -> Time {
    START + Span((hours * Span::HOUR.0 as f64).round() as i64)
}

/// What somebody does by themselves.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Event(&'static str),
    Outcome(u32, MessageState),
}

/// What each person does by themselves, by unit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    acts: HashMap<u64, Vec<(Time, Act)>>,
    words: Vocabulary,
}

impl Source for Script {
    fn react(&self, profile: &Profile, _: Time, happened: Happened<'_>, emit: &mut dyn Emit) {
        if !matches!(happened, Happened::Began) {
            return;
        }
        for (at, act) in self.acts.get(&profile.unit).into_iter().flatten() {
            let stimulus = match act {
                Act::Event(name) => Stimulus::Event(Happening {
                    at: *at,
                    name: self.words.find(name).unwrap(),
                    channel: Channel::Web,
                    properties: Box::default(),
                    items: Box::default(),
                    observed: false,
                }),
                Act::Outcome(message, state) => {
                    Stimulus::Outcome { message: *message, state: *state, score: None }
                }
            };
            emit.emit(*at, stimulus);
        }
    }
}

pub(crate) fn definition(kind: Kind, text: &str) -> Definition {
    Definition { kind, name: segue::work::sample::name_of(text).unwrap(), version: 1, text: text.to_owned() }
}

pub(crate) fn mail(name: &str) -> Definition {
    let text = format!(
        "name = \"{name}\"\nform = \"email\"\nchannel = \"email\"\npurpose = \"marketing\"\nsubject = \"x\""
    );
    definition(Kind::Experience, &text)
}

pub(crate) fn journey(text: &str) -> Definition {
    definition(Kind::Journey, text)
}

pub(crate) fn policy(text: &str) -> Definition {
    definition(Kind::ContactPolicy, &format!("name = \"default\"\n{text}"))
}

pub(crate) fn experiment(text: &str) -> Definition {
    definition(Kind::Experiment, &format!("{text}\n[metrics]\nprimary = [\"orders\"]\n"))
}

pub(crate) fn orders() -> Definition {
    definition(
        Kind::Metric,
        "name = \"orders\"\nkind = \"proportion\"\nwindow = \"1d\"\n[measure]\nevent = \"Order Completed\"",
    )
}

pub(crate) fn setup(definitions: &[Definition]) -> Setup {
    match compile(definitions, &OpenCatalog, Seed(7)) {
        Ok(setup) => setup,
        Err(problems) => panic!("{problems:?}"),
    }
}

/// A person with an e-mail address who agreed to everything on it a month ago.
pub(crate) fn person(unit: u64) -> Profile {
    let address = Identity::new("email", &format!("p{unit}@example.com"));
    let identities = vec![Identity::new("user_id", &format!("u{unit}")), address.clone()];
    let mut profile = Profile::new(unit, ProfileId(unit as i64), identities);
    profile.consents = [Purpose::Marketing, Purpose::Survey]
        .map(|purpose| ConsentRecord {
            identity: address.clone(),
            channel: Channel::Email,
            purpose,
            state: ConsentState::Granted,
            at: START.back(Span::days(30)),
            expires: None,
            basis: "opt-in".to_owned(),
        })
        .into();
    profile
}

/// Everyone at the start, with what they will do.
pub(crate) fn begin(
    definitions: &[Definition],
    people: Vec<Profile>,
    acts: &[(u64, Time, Act)],
) -> Traffic<Script> {
    let mut setup = setup(definitions);
    let mut script = Script::default();
    for (unit, at, act) in acts {
        if let Act::Event(name) = act {
            setup.words.code(name);
        }
        script.acts.entry(*unit).or_default().push((*at, act.clone()));
    }
    script.words = setup.words.clone();
    Traffic::new(setup, script, people, START)
}

/// The first person after so many hours.
pub(crate) fn after(definitions: &[Definition], acts: &[(f64, Act)], hours: f64) -> Profile {
    let acts: Vec<(u64, Time, Act)> = acts.iter().map(|(at, act)| (1, hour(*at), act.clone())).collect();
    let mut traffic = begin(definitions, vec![person(1)], &acts);
    traffic.advance(hour(hours), 1, false);
    traffic.profiles().next().unwrap().clone()
}
