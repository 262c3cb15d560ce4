//! Who gets what: lifecycle and intent by channel, with uplift where a test measured it, and what is empty.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::gates::placements;
use super::scene::{About, Scene};
use crate::decide::library::Source;
use crate::decide::{self, Context, State, Visitor};
use crate::experiment::analysis;
use crate::experiment::{Design, Recorder, Settings, Tally};
use crate::journey::{StepIndex, StepKind};
use crate::model::{Channel, Span};
use crate::panel::crowd::{Member, Visit};
use crate::panel::figures;
use crate::rule::Point;
use crate::stats::{Caution, Reading};
use crate::traffic::profile::{Seen, View};

/// How far back messages are looked at.
const DAYS: u32 = 14;

/// Channels a shop is asked about, whether or not it uses them.
const COLUMNS: [Channel; 5] = [Channel::Email, Channel::Sms, Channel::Push, Channel::Web, Channel::App];

/// The row of people whom no stage takes in; it is left out where there are none.
const NO_STAGE: &str = "no stage";

/// What a cell names.
const MOST_NAMED: usize = 3;

/// The grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// A sentence a client understands.
    pub sentence: String,
    /// What it stands for.
    pub about: About,
    /// Messages of so many days are counted; our own pages are decided at the moment itself.
    pub days: u32,
    /// The columns.
    pub channels: Vec<Channel>,
    /// Lifecycle stages, then intents.
    pub rows: Vec<Row>,
    /// Cells where nobody gets anything, of cells with people in them.
    pub empty: (u64, u64),
}

/// A stage or an intent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Which of the two.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// People in it.
    pub people: u64,
    /// One cell a column.
    pub cells: Vec<Cell>,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Of a person.
    Lifecycle,
    /// Of a visit that runs now.
    Intent,
}

/// What a row's people get on a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The channel.
    pub channel: Channel,
    /// People who get something.
    pub people: u64,
    /// Their share of the row.
    pub share: f64,
    /// What they get, most people first.
    pub what: Vec<(String, u64)>,
    /// What a test measured on this channel for people who were in this stage when it met them.
    pub uplift: Option<Measured>,
    /// Why nobody gets anything; none where somebody does.
    pub empty: Option<String>,
}

/// What a test measured in a part of its people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The test.
    pub experiment: String,
    /// The treatment.
    pub variant: String,
    /// The metric.
    pub metric: String,
    /// Units measured.
    pub units: u64,
    /// The relative uplift, uncorrected for the number of parts looked at.
    pub relative: Reading,
}

#[derive(Default)]
struct Sums {
    people: u64,
    contents: BTreeMap<u32, u64>,
}

impl Grid {
    /// The grid over everyone.
    #[must_use]
    pub fn of(scene: &Scene<'_>) -> Self {
        let mut filled = Filled::over(scene);
        scene.each(&mut filled);
        filled.told()
    }
}

/// The grid being filled, while people are gone through.
pub struct Filled<'s, 'a> {
    scene: &'s Scene<'a>,
    channels: Vec<Channel>,
    places: Vec<String>,
    rows: Vec<Group<'a>>,
}

/// A row being filled.
struct Group<'a> {
    kind: Kind,
    name: &'a str,
    people: u64,
    /// One a column.
    sums: Vec<Sums>,
}

impl<'s, 'a> Filled<'s, 'a> {
    /// Nobody was seen yet.
    #[must_use]
    pub fn over(scene: &'s Scene<'a>) -> Self {
        let (channels, stages) = (columns(scene), &scene.setup.stages);
        let lifecycles = stages.lifecycles().chain([NO_STAGE]).map(|name| (Kind::Lifecycle, name));
        let rows = lifecycles.chain(stages.intents().map(|name| (Kind::Intent, name)));
        let empty = |(kind, name)| Group {
            kind,
            name,
            people: 0,
            sums: channels.iter().map(|_| Sums::default()).collect(),
        };
        let rows = rows.map(empty).collect();
        Self { scene, channels, places: placements(scene), rows }
    }

    /// The grid over everybody who was seen.
    #[must_use]
    pub fn told(self) -> Grid {
        let (scene, channels) = (self.scene, self.channels);
        let measured = measured(scene);
        let met = self.rows.into_iter().filter(|row| row.name != NO_STAGE || row.people > 0);
        let row = |Group { kind, name, people, sums }: Group<'_>| {
            let cells = channels.iter().zip(sums).map(|(channel, sums)| {
                let uplift = measured.get(&(*channel, name.to_owned())).cloned();
                cell(scene, *channel, people, &sums, uplift.filter(|_| kind == Kind::Lifecycle))
            });
            Row { kind, name: name.to_owned(), people, cells: cells.collect() }
        };
        let rows: Vec<Row> = met.map(row).collect();
        let filled = rows.iter().filter(|row| row.people > 0).flat_map(|row| &row.cells);
        let empty = (filled.clone().filter(|cell| cell.people == 0).count() as u64, filled.count() as u64);
        Grid {
            sentence: sentence(&rows, empty),
            about: scene.about(scene.people()),
            days: DAYS,
            channels,
            rows,
            empty,
        }
    }
}

impl Visit for Filled<'_, '_> {
    fn see<S: State>(&mut self, member: &Member<'_, S>) {
        let own = |row: &Group<'_>| match row.kind {
            Kind::Lifecycle => member.state.lifecycle().unwrap_or(NO_STAGE) == row.name,
            Kind::Intent => member.state.intent() == Some(row.name),
        };
        if !self.rows.iter().any(own) {
            return;
        }
        let got = got(self.scene, member, &self.places);
        for row in self.rows.iter_mut().filter(|row| own(row)) {
            row.people += 1;
            for (channel, sums) in self.channels.iter().zip(&mut row.sums) {
                let contents = got.get(channel).map_or(&[][..], Vec::as_slice);
                sums.people += u64::from(!contents.is_empty());
                contents.iter().for_each(|content| *sums.contents.entry(*content).or_default() += 1);
            }
        }
    }
}

fn columns(scene: &Scene<'_>) -> Vec<Channel> {
    let mut channels = COLUMNS.to_vec();
    for content in &scene.setup.library.contents {
        if !channels.contains(&content.channel) {
            channels.push(content.channel);
        }
    }
    channels
}

/// What a person was sent of late, and what our own pages show them now, by channel.
fn got<S: State>(
    scene: &Scene<'_>,
    member: &Member<'_, S>,
    places: &[String],
) -> BTreeMap<Channel, Vec<u32>> {
    let mut got: BTreeMap<Channel, Vec<u32>> = BTreeMap::new();
    let mut add = |channel: Channel, content: u32| {
        let known = got.entry(channel).or_default();
        if !known.contains(&content) {
            known.push(content);
        }
    };
    let from = scene.now.back(Span::days(i64::from(DAYS)));
    for log in member.messages.iter().filter(|log| log.sent.is_some_and(|at| at >= from && at < scene.now)) {
        add(log.channel, log.content);
    }
    let visitor = Visitor { state: member.state, context: &Context::default() };
    let library = &scene.setup.library;
    for place in places {
        let decision = decide::placement(library, place, &visitor, scene.point(), &mut ());
        let Some(shown) = decision.shown else { continue };
        if let Some(content) = library.contents.get(shown.content as usize) {
            add(content.channel, shown.content);
        }
    }
    got
}

fn cell(scene: &Scene<'_>, channel: Channel, people: u64, sums: &Sums, uplift: Option<Measured>) -> Cell {
    let library = &scene.setup.library;
    let mut what: Vec<(String, u64)> = sums
        .contents
        .iter()
        .map(|(content, n)| (library.name_of(*content).unwrap_or("a message without a name").to_owned(), *n))
        .collect();
    what.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    what.truncate(MOST_NAMED);
    let made = library.contents.iter().any(|content| content.channel == channel);
    let empty = match (sums.people, people, made) {
        (1.., _, _) => None,
        (0, 0, _) => Some("nobody is here".to_owned()),
        (0, _, false) => Some(format!("nothing is made for {channel}")),
        (0, _, true) if channel.address().is_some() && !scene.knows_sends() => {
            Some("what was sent is not known".to_owned())
        }
        (0, _, true) => Some("nothing reaches them".to_owned()),
    };
    Cell {
        channel,
        people: sums.people,
        share: sums.people as f64 / people.max(1) as f64,
        what,
        uplift,
        empty,
    }
}

/// What every test measured, by channel of its contents and by the stage people were in when the test met them. A stage they
/// came to afterwards may be the test's own doing.
fn measured(scene: &Scene<'_>) -> BTreeMap<(Channel, String), Measured> {
    let mut found = BTreeMap::new();
    for (index, design) in (0_u32..).zip(scene.setup.library.experiments()) {
        let channels = channels_of(scene, index, design);
        for (stage, measured) in by_stage(scene, index, design) {
            for channel in &channels {
                found.entry((*channel, stage.clone())).or_insert_with(|| measured.clone());
            }
        }
    }
    found
}

/// The channels of what a test's arms give.
fn channels_of(scene: &Scene<'_>, experiment: u32, design: &Design) -> Vec<Channel> {
    let library = &scene.setup.library;
    let mut channels: Vec<Channel> = library
        .contents
        .iter()
        .filter(|content| match &content.source {
            Source::Experience(known) => known.experiment.as_deref() == Some(design.name.as_str()),
            Source::Survey(_) => false,
        })
        .map(|content| content.channel)
        .collect();
    for route in &scene.setup.routes {
        let steps = route.graph.steps.iter().enumerate();
        for (at, _) in steps.filter(|(_, step)| matches!(step.kind, StepKind::Test { .. })) {
            let Some(test) = route.test(StepIndex(at as u16)) else { continue };
            if test.experiment == experiment {
                let contents = test.contents.iter().filter_map(|at| library.contents.get(*at as usize));
                channels.extend(contents.map(|content| content.channel));
            }
        }
    }
    channels.sort_unstable();
    channels.dedup();
    channels
}

fn by_stage(scene: &Scene<'_>, experiment: u32, design: &Design) -> Vec<(String, Measured)> {
    let setup = scene.setup;
    let mut recorders: BTreeMap<String, Recorder<'_>> = BTreeMap::new();
    for profile in scene.tested().iter().copied() {
        let Some(exposure) = profile.exposures.iter().find(|known| known.experiment == experiment) else {
            continue;
        };
        let view = View { profile, words: &setup.words };
        let Some(stage) = setup.stages.lifecycle(&view, Point::before(exposure.at)) else { continue };
        if !recorders.contains_key(stage) {
            let Ok(recorder) = Recorder::new(design, &setup.metrics) else { return Vec::new() };
            recorders.insert(stage.to_owned(), recorder);
        }
        let Some(recorder) = recorders.get_mut(stage) else { continue };
        let from = profile.history.partition_point(|happening| happening.at < exposure.at);
        let values: Vec<_> = recorder
            .metrics()
            .map(|metric| {
                let mut tally = Tally::new(metric, exposure.at, scene.point());
                for happening in profile.history.get(from..).unwrap_or_default() {
                    tally.see(setup.words.word(happening.name), &Seen { happening, words: &setup.words });
                }
                (tally.finish(), None)
            })
            .collect();
        recorder.unit(usize::from(exposure.variant), values);
    }
    let ended =
        design.start.is_some_and(|start| scene.now >= start + Span::days(i64::from(design.planned_days)));
    let settings = Settings::of(design, ended);
    let read = |(stage, recorder): (String, Recorder<'_>)| {
        let evidence = recorder.evidence(scene.now, None);
        let metric = evidence.metrics.first()?;
        let mut relative = analysis::readings(&evidence, metric, 1, &settings).relative;
        if let Reading::Estimate(estimate) = &mut relative {
            estimate.cautions.push(Caution::Uncorrected);
        }
        let measured = Measured {
            experiment: design.name.clone(),
            variant: design.variants.get(1)?.name.clone(),
            metric: metric.metric.clone(),
            units: evidence.arms.iter().map(|arm| arm.exposed).sum(),
            relative,
        };
        Some((stage, measured))
    };
    recorders.into_iter().filter_map(read).collect()
}

fn sentence(rows: &[Row], (empty, cells): (u64, u64)) -> String {
    if cells == 0 {
        return "Nobody is in any stage yet.".to_owned();
    }
    // The largest group that nothing reaches on any channel is said first.
    let left = rows
        .iter()
        .filter(|row| row.people > 0 && row.cells.iter().all(|cell| cell.people == 0))
        .max_by_key(|row| row.people);
    let cells = format!("{} of {} cells are empty", figures::count(empty), figures::count(cells));
    match left {
        Some(row) => {
            format!(
                "Nothing reaches {} ({}); {cells}.",
                row.name,
                figures::plural(row.people, "person", "people")
            )
        }
        None => format!("Every stage gets something; {cells}."),
    }
}
