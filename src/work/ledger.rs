//! A run's facts, kept in a file of their own beside the workspace: what a simulation made never mixes with what was
//! observed, and forgetting a run is deleting a file.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::decide::library::Source;
use crate::journey::Ending;
use crate::model::definition::{ContentHash, Definition, Kind};
use crate::model::fact::{EventKey, EventRow, FactChunk, OnRepeat};
use crate::model::message::{Message, MessageState};
use crate::model::{Decimal, Identity, RunId, Time};
use crate::store::{
    BatchKind, BatchMeta, Begun, DecisionFact, Elsewhere, EnrollmentFact, ExposureFact, MessageFact, RunMeta,
    Store,
};
use crate::traffic::decided::Asked;
use crate::traffic::{Happening, MessageLog, Profile, Property, Setup};
use crate::work::run::Run;

/// The definitions a run goes by, by kind and name: the newest version of each.
struct Basis<'a>(BTreeMap<(Kind, &'a str), &'a Definition>);

impl<'a> Basis<'a> {
    fn new(definitions: &'a [Definition]) -> Self {
        let mut newest: BTreeMap<(Kind, &str), &Definition> = BTreeMap::new();
        for definition in definitions {
            let known = newest.entry((definition.kind, definition.name.as_str())).or_insert(definition);
            if definition.version > known.version {
                *known = definition;
            }
        }
        Self(newest)
    }

    fn of(&self, kind: Kind, name: &str) -> Option<&'a Definition> {
        self.0.get(&(kind, name)).copied()
    }

    fn hash(&self, kind: Kind, name: &str) -> Option<ContentHash> {
        self.of(kind, name).map(Definition::hash)
    }
}

/// Events per chunk.
const CHUNK: usize = 32_768;

/// Writes everything a run made into a new run file of a workspace and returns its id.
///
/// # Errors
/// When the workspace or the run's file cannot be written.
pub fn keep(run: &Run, definitions: &[Definition], store: &mut Store, now: Time) -> anyhow::Result<RunId> {
    let world = definitions.iter().rev().find(|definition| definition.kind == Kind::World);
    let meta = RunMeta {
        seed: run.traffic().setup().seed,
        world: run.world().name.clone(),
        world_hash: world.map_or_else(|| ContentHash::of(b""), Definition::hash),
        definitions: definitions.iter().map(Definition::hash).collect(),
    };
    let (id, mut file) = store.create_run(&meta, now)?;
    let batch = BatchMeta {
        kind: BatchKind::Run,
        file: run.world().name.clone(),
        sha256: None,
        mapping: None,
        source: None,
    };
    let mut writer = match file.begin(&batch, now)? {
        Begun::New(writer) => writer,
        Begun::Already(_) => return Ok(id),
    };
    let (setup, basis) = (run.traffic().setup(), Basis::new(definitions));
    let mut chunk = FactChunk::default();
    for profile in run.traffic().profiles() {
        let Some(identity) = profile.identities.first() else { continue };
        let made = profile.history.iter().enumerate().filter(|(_, happening)| !happening.observed);
        for (index, happening) in made {
            push(&mut chunk, setup, profile, identity, index, happening);
        }
        if chunk.events.len() >= CHUNK {
            writer.write(&std::mem::take(&mut chunk), now)?;
        }
        writer.messages(&messages(setup, &basis, profile, identity), now)?;
        writer.exposures(&exposures(setup, &basis, profile, identity), now)?;
        writer.enrollments(&enrollments(setup, &basis, profile, identity), now)?;
        writer.decisions(&decisions(setup, &basis, profile, identity), now)?;
    }
    writer.write(&chunk, now)?;
    writer.finish(Elsewhere::default(), now)?;
    Ok(id)
}

fn push(
    chunk: &mut FactChunk,
    setup: &Setup,
    profile: &Profile,
    identity: &Identity,
    index: usize,
    happening: &Happening,
) {
    let name = chunk.name(setup.words.word(happening.name));
    let namespace = chunk.namespace(&identity.namespace);
    let value = chunk.push_str(&identity.value);
    let properties = match happening.properties.is_empty() {
        true => 0..0,
        false => chunk.push_str(&Json::Object(properties(setup, happening)).to_string()),
    };
    chunk.rows += 1;
    chunk.events.push(EventRow {
        key: EventKey((u128::from(profile.unit) << 64) | index as u128),
        content: 0,
        on_repeat: OnRepeat::Merge,
        at: happening.at,
        received: happening.at,
        sequence: index as i64,
        name,
        channel: happening.channel,
        identity: Some((namespace, value)),
        properties,
        items: 0..0,
        line: chunk.rows,
    });
}

fn properties(setup: &Setup, happening: &Happening) -> Map<String, Json> {
    happening
        .properties
        .iter()
        .map(|(name, value)| {
            let value = match value {
                Property::Number(number) => number_of(*number),
                Property::Flag(flag) => Json::Bool(*flag),
                Property::Time(time) => Json::String(time.to_string()),
                Property::List(list) => serde_json::to_value(list).unwrap_or_default(),
                Property::Word(code) => Json::String(setup.words.word(*code).to_owned()),
                Property::Own(text) => Json::String(text.to_string()),
            };
            (setup.words.word(*name).to_owned(), value)
        })
        .collect()
}

fn number_of(number: Decimal) -> Json {
    serde_json::to_value(number).unwrap_or_default()
}

fn messages(setup: &Setup, basis: &Basis<'_>, profile: &Profile, identity: &Identity) -> Vec<MessageFact> {
    // What was recorded before the run is the workspace's, not the run's.
    let made = profile.messages.iter().filter(|log| !log.observed).map(|log| {
        let content = setup.library.contents.get(log.content as usize);
        let kind = |source: &Source| match source {
            Source::Experience(_) => Kind::Experience,
            Source::Survey(_) => Kind::Survey,
        };
        let (state, updated) = furthest(log);
        MessageFact {
            identity: identity.clone(),
            message: Message {
                at: log.at,
                channel: log.channel,
                purpose: log.purpose,
                experience: content.map(|content| content.name.clone()).unwrap_or_default(),
                journey: log
                    .journey
                    .and_then(|journey| setup.library.journeys.get(journey as usize))
                    .cloned(),
                categories: content.map(|content| content.categories.clone()).unwrap_or_default(),
                state,
                held: log.held,
                updated,
            },
            definition: content.and_then(|content| basis.hash(kind(&content.source), &content.name)),
        }
    });
    made.collect()
}

fn furthest(log: &MessageLog) -> (MessageState, Time) {
    [
        (MessageState::Unsubscribed, log.unsubscribed),
        (MessageState::Clicked, log.clicked),
        (MessageState::Opened, log.opened),
        (MessageState::Delivered, log.delivered),
        (MessageState::Sent, log.sent),
    ]
    .into_iter()
    .find_map(|(state, at)| Some((state, at?)))
    .unwrap_or((if log.held.is_some() { MessageState::Held } else { MessageState::Planned }, log.at))
}

fn exposures(setup: &Setup, basis: &Basis<'_>, profile: &Profile, identity: &Identity) -> Vec<ExposureFact> {
    let made = profile.exposures.iter().filter_map(|exposure| {
        let design = setup.library.experiments().get(exposure.experiment as usize)?;
        Some(ExposureFact {
            identity: identity.clone(),
            at: exposure.at,
            experiment: design.name.clone(),
            variant: design.variants.get(usize::from(exposure.variant))?.name.clone(),
            definition: basis.hash(Kind::Experiment, &design.name),
        })
    });
    made.collect()
}

/// What was decided and how likely it was. Why is told while somebody watches and not kept with a run.
fn decisions(setup: &Setup, basis: &Basis<'_>, profile: &Profile, identity: &Identity) -> Vec<DecisionFact> {
    let made = profile.decisions.iter().filter_map(|known| {
        let placement = match known.asked {
            Asked::Place(place) => place.to_owned(),
            Asked::Step { journey, step } => {
                let graph = &setup.routes.get(journey as usize)?.graph;
                format!("{}/{}", graph.name, graph.step(step).id)
            }
        };
        let content = known.content.and_then(|content| setup.library.contents.get(content as usize));
        let variant = known.variant.and_then(|(experiment, variant)| {
            let design = setup.library.experiments().get(experiment as usize)?;
            Some((design.name.clone(), design.variants.get(usize::from(variant))?.name.clone()))
        });
        let definition = match (&variant, content) {
            (Some((experiment, _)), _) => basis.hash(Kind::Experiment, experiment),
            (None, Some(content)) => basis.hash(Kind::Experience, &content.name),
            (None, None) => None,
        };
        Some(DecisionFact {
            identity: identity.clone(),
            at: known.at,
            placement,
            experience: content.map(|content| content.name.clone()),
            variant,
            propensity: known.propensity,
            trace: "[]".to_owned(),
            definition,
        })
    });
    made.collect()
}

fn enrollments(
    setup: &Setup,
    basis: &Basis<'_>,
    profile: &Profile,
    identity: &Identity,
) -> Vec<EnrollmentFact> {
    let made = profile.passages.iter().filter_map(|passage| {
        let enrollment = &passage.enrollment;
        let graph = &setup.routes.get(enrollment.journey as usize)?.graph;
        let definition = basis.of(Kind::Journey, &graph.name);
        Some(EnrollmentFact {
            identity: identity.clone(),
            journey: graph.name.clone(),
            version: definition.map_or(1, |definition| definition.version),
            entered: enrollment.entered,
            step: graph.step(enrollment.at).id.clone(),
            exited: passage.left,
            outcome: match enrollment.state {
                crate::journey::step::State::Out(ending) => Some(outcome(ending).to_owned()),
                _ => None,
            },
            definition: definition.map(Definition::hash),
        })
    });
    made.collect()
}

fn outcome(ending: Ending) -> &'static str {
    match ending {
        Ending::Completed | Ending::Left(_) => "completed",
        Ending::Goal => "goal",
        Ending::Rule(_) => "exit rule",
        Ending::Cap => "cap",
    }
}
