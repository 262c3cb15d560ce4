//! Where a population is lost, gate by gate, and who is left without anything.

use serde::{Deserialize, Serialize};

use super::scene::{About, Scene};
use crate::decide::library::Source;
use crate::decide::{self, Context, Gate, Losses, State, Verdict, Visitor};
use crate::journey::{StepIndex, StepKind};
use crate::model::ProfileId;
use crate::panel::crowd::{Member, Visit};
use crate::panel::figures;

/// People a subject names among those who get nothing.
const MOST_NAMED: usize = 300;

/// The page: every subject somebody may ask about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateLosses {
    /// What it stands for.
    pub about: About,
    /// All messages together, everything, each placement, each journey.
    pub subjects: Vec<Subject>,
}

/// One thing people are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its name: a placement, a journey, `every message`, `anything at all`.
    pub name: String,
    /// What kind of thing it is.
    pub kind: Asked,
    /// A sentence a client understands.
    pub sentence: String,
    /// People asked for.
    pub people: u64,
    /// Each gate in order, those that lost nobody included.
    pub gates: Vec<GateStep>,
    /// People who get something.
    pub reached: u64,
    /// People who get nothing, by lifecycle stage.
    pub without: Vec<(String, u64)>,
    /// Some of them, in the order of their ids.
    pub some: Vec<Left>,
}

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// Whatever reaches for people.
    Messages,
    /// Whatever there is, our own pages included.
    Anything,
    /// A placement.
    Placement,
    /// The messages of a journey.
    Journey,
}

/// One gate of the funnel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateStep {
    /// The gate.
    pub gate: String,
    /// People for whom this is as far as anything came.
    pub lost: u64,
    /// People left behind it.
    pub left: u64,
}

/// Somebody who gets nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Who.
    pub profile: ProfileId,
    /// Their name, if known; masked by whoever shows it.
    pub name: Option<String>,
    /// The gate that stopped what came furthest.
    pub gate: String,
}

/// What a subject consists of.
struct Question {
    name: String,
    kind: Asked,
    contents: Vec<(u32, Option<u32>)>,
    placement: Option<String>,
}

impl GateLosses {
    /// Every subject over everyone, as of the moment.
    #[must_use]
    pub fn of(scene: &Scene<'_>) -> Self {
        let mut asked = Questions::over(scene);
        scene.each(&mut asked);
        asked.told()
    }

    /// The same with names covered, for whatever leaves the program.
    #[must_use]
    pub fn masked(mut self) -> Self {
        for left in self.subjects.iter_mut().flat_map(|subject| &mut subject.some) {
            left.name = left.name.take().map(|name| crate::panel::privacy::name(Some(&name), true));
        }
        self
    }

    /// The subject of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.name.eq_ignore_ascii_case(name))
    }
}

fn questions(scene: &Scene<'_>) -> Vec<Question> {
    let library = &scene.setup.library;
    let all = (0_u32..).zip(&library.contents);
    let question =
        |name: &str, kind, contents| Question { name: name.to_owned(), kind, contents, placement: None };
    let messages = all.clone().filter(|(_, what)| !what.is_on_site()).map(|(index, _)| (index, None));
    let mut questions = vec![
        question("every message", Asked::Messages, messages.collect()),
        question("anything at all", Asked::Anything, all.map(|(index, _)| (index, None)).collect()),
    ];
    for name in placements(scene) {
        let placement = Some(name.clone());
        questions.push(Question { name, kind: Asked::Placement, contents: Vec::new(), placement });
    }
    for (journey, route) in (0_u32..).zip(&scene.setup.routes) {
        let steps = route.graph.steps.iter().enumerate();
        let sends = steps
            .filter(|(_, step)| matches!(step.kind, StepKind::Experience { .. } | StepKind::Survey { .. }));
        let contents = sends.filter_map(|(index, _)| route.content(StepIndex(index as u16)));
        let contents: Vec<(u32, Option<u32>)> = contents.map(|content| (content, Some(journey))).collect();
        questions.push(question(&route.graph.name, Asked::Journey, contents));
    }
    questions
}

/// The placements that something is made for, by name.
pub(super) fn placements(scene: &Scene<'_>) -> Vec<String> {
    let mut names: Vec<String> = scene
        .setup
        .library
        .contents
        .iter()
        .filter_map(|content| match &content.source {
            Source::Experience(experience) => Some(experience.placements.iter().cloned()),
            Source::Survey(_) => None,
        })
        .flatten()
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Everybody asked every question, while they are gone through.
pub struct Questions<'s, 'a> {
    scene: &'s Scene<'a>,
    asked: Vec<(Question, Answers)>,
}

/// What became of those who were asked one thing.
#[derive(Default)]
struct Answers {
    lost: [u64; Gate::ALL.len()],
    without: Vec<(String, u64)>,
    unstaged: u64,
    reached: u64,
    some: Vec<Left>,
}

impl<'s, 'a> Questions<'s, 'a> {
    /// Nobody was asked yet.
    #[must_use]
    pub fn over(scene: &'s Scene<'a>) -> Self {
        let stages: Vec<_> = scene.setup.stages.lifecycles().map(|name| (name.to_owned(), 0)).collect();
        let answers = || Answers { without: stages.clone(), ..Answers::default() };
        let asked = questions(scene).into_iter().map(|question| (question, answers())).collect();
        Self { scene, asked }
    }

    /// The page over everybody who was asked.
    #[must_use]
    pub fn told(self) -> GateLosses {
        let people = self.scene.people();
        let subjects =
            self.asked.into_iter().map(|(question, answers)| answers.told(&question, people as u64));
        GateLosses { about: self.scene.about(people), subjects: subjects.collect() }
    }
}

impl Visit for Questions<'_, '_> {
    fn see<S: State>(&mut self, member: &Member<'_, S>) {
        for (question, answers) in &mut self.asked {
            match stopped(self.scene, member.state, question) {
                Some(gate) => answers.lose(member, gate),
                None => answers.reached += 1,
            }
        }
    }
}

impl Answers {
    fn lose<S: State>(&mut self, member: &Member<'_, S>, gate: Gate) {
        if let Some(count) = self.lost.get_mut(gate as usize) {
            *count += 1;
        }
        let stage = member.state.lifecycle();
        match stage.and_then(|stage| self.without.iter_mut().find(|(name, _)| name == stage)) {
            Some(row) => row.1 += 1,
            None => self.unstaged += 1,
        }
        if self.some.len() < MOST_NAMED {
            let gate = gate.name().to_owned();
            self.some.push(Left { profile: member.id, name: member.name(), gate });
        }
    }

    fn told(self, question: &Question, people: u64) -> Subject {
        let Self { lost, mut without, unstaged, reached, some } = self;
        without.push(("no stage".to_owned(), unstaged));
        without.retain(|(_, n)| *n > 0);
        let mut left = people;
        let gates = Gate::ALL.into_iter().zip(lost).filter(|(gate, n)| *gate != Gate::Variant || *n > 0);
        let gates: Vec<GateStep> = gates
            .map(|(gate, lost)| {
                left -= lost;
                GateStep { gate: gate.name().to_owned(), lost, left }
            })
            .collect();
        Subject {
            sentence: sentence(question, people, reached, &gates),
            name: question.name.clone(),
            kind: question.kind,
            people,
            gates,
            reached,
            without,
            some,
        }
    }
}

/// The gate that stopped what came furthest; none for who gets something.
fn stopped<S: State>(scene: &Scene<'_>, state: &S, question: &Question) -> Option<Gate> {
    let (library, point) = (&scene.setup.library, scene.point());
    let mut losses = Losses::default();
    let reached = match &question.placement {
        Some(placement) => {
            let visitor = Visitor { state, context: &Context::default() };
            decide::placement(library, placement, &visitor, point, &mut losses).shown.is_some()
        }
        None => question.contents.iter().any(|(content, journey)| {
            decide::message(library, *content, *journey, state, point, &mut losses) == Verdict::Pass
        }),
    };
    (!reached).then(|| losses.furthest().unwrap_or(Gate::Ranking))
}

fn sentence(question: &Question, people: u64, reached: u64, gates: &[GateStep]) -> String {
    let what = match question.kind {
        Asked::Messages => "may be sent a message now",
        Asked::Anything => "get something",
        Asked::Placement => "are shown something",
        Asked::Journey => "may be sent a message of it now",
    };
    let nobody = question.contents.is_empty() && question.placement.is_none();
    if nobody {
        return "Nothing is made for it.".to_owned();
    }
    let share = figures::percent(reached as f64 / people.max(1) as f64);
    let worst = gates.iter().max_by_key(|gate| gate.lost).filter(|gate| gate.lost > 0);
    let most = worst
        .map(|gate| {
            // Quiet hours lose nobody for good: they pass.
            let how =
                if gate.gate == Gate::QuietHours.name() { "wait for the end of" } else { "are lost at" };
            format!("; most others {how} {} ({})", gate.gate, figures::count(gate.lost))
        })
        .unwrap_or_default();
    format!("{} of {} ({share}) {what}{most}.", figures::count(reached), figures::count(people))
}
