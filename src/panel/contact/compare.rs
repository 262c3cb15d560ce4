//! The same messages to the same people under other policies, side by side. What people would have done is not known from
//! this, so nothing but messages and holds is told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::scene::{About, Scene};
use crate::contact::replay::{Replayed, replay};
use crate::contact::{Policy, Sent};
use crate::decide::{Library, State};
use crate::model::consent::Purpose;
use crate::model::message::HeldReason;
use crate::model::{Problem, Time};
use crate::panel::crowd::{Member, Visit};
use crate::panel::figures;
use crate::rule::OpenCatalog;
use crate::traffic::MessageLog;

/// The comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// A sentence a client understands.
    pub sentence: String,
    /// What it stands for.
    pub about: About,
    /// Messages that were due: sent, or held for a reason that a policy decides.
    pub due: u64,
    /// The first of them; none where there were none.
    pub since: Option<Time>,
    /// Each policy; the first is the one in force.
    pub policies: Vec<Outcome>,
    /// What this cannot say.
    pub note: String,
}

/// What became of the messages under one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The policy's name, or how it differs from the one in force.
    pub policy: String,
    /// What kind of column it is.
    pub kind: Kind,
    /// Messages that go, those that go later included.
    pub sent: u64,
    /// Messages that go later than they were due.
    pub delayed: u64,
    /// Messages that do not go.
    pub held_in_all: u64,
    /// By reason.
    pub held: BTreeMap<String, u64>,
    /// People who get fewer messages than under the policy in force.
    pub fewer: u64,
    /// People who get more.
    pub more: u64,
}

/// Where a policy of the comparison comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The one in force.
    InForce,
    /// The one in force with its fatigue budget enforced, or observed where it is enforced.
    Budget,
    /// The one in force with a change to every cap.
    Caps,
    /// Another one that somebody wrote.
    Other,
}

const NOTE: &str =
    "what people would have done is not known from this: a held message is taken as not clicked";

/// A policy to compare with.
#[derive(Debug, Clone)]
pub struct Rival {
    /// What the column is called.
    pub name: String,
    /// Where it comes from.
    pub kind: Kind,
    /// The policy.
    pub policy: Policy,
}

/// The changes of a policy that need no file: its budget the other way round, every cap one lower and one higher.
#[must_use]
pub fn variations(policy: &Policy) -> Vec<Rival> {
    let mut rivals = Vec::new();
    if policy.pressure.budget.is_some() {
        let mut other = policy.clone();
        other.pressure.enforce = !policy.pressure.enforce;
        let name = if policy.pressure.enforce { "budget observed" } else { "budget enforced" };
        rivals.push(Rival { name: name.to_owned(), kind: Kind::Budget, policy: other });
    }
    if !policy.caps.is_empty() {
        let moved = |change: fn(u32) -> u32| {
            let mut other = policy.clone();
            other.caps.iter_mut().for_each(|cap| cap.limit = change(cap.limit));
            other
        };
        let mut rival = |name: &str, policy| {
            rivals.push(Rival { name: name.to_owned(), kind: Kind::Caps, policy });
        };
        rival("caps one lower", moved(|limit| limit.saturating_sub(1)));
        rival("caps one higher", moved(|limit| limit.saturating_add(1)));
    }
    rivals
}

impl Comparison {
    /// The policy in force beside its rivals, over everyone's messages.
    ///
    /// # Errors
    /// A rival whose rules do not read.
    pub fn of(scene: &Scene<'_>, rivals: &[Rival]) -> Result<Self, Problem> {
        let mut replays = Replays::over(scene, rivals)?;
        scene.each(&mut replays);
        Ok(replays.told())
    }

    /// The column with the budget the other way round, if the policy has one.
    #[must_use]
    pub fn budget(&self) -> Option<&Outcome> {
        self.policies.iter().find(|policy| policy.kind == Kind::Budget)
    }
}

/// Everybody's messages under every policy, while people are gone through.
pub struct Replays<'s, 'a> {
    scene: &'s Scene<'a>,
    /// The name of each policy and where it comes from, and the definitions under it.
    policies: Vec<(String, Kind, Library)>,
    sums: Vec<(Replayed, u64, u64)>,
    due: u64,
    since: Option<Time>,
    people: usize,
}

impl<'s, 'a> Replays<'s, 'a> {
    /// Nobody was seen yet.
    ///
    /// # Errors
    /// A rival whose rules do not read.
    pub fn over(scene: &'s Scene<'a>, rivals: &[Rival]) -> Result<Self, Problem> {
        let library = &scene.setup.library;
        let mut policies = vec![(library.policy.name.clone(), Kind::InForce, library.clone())];
        for rival in rivals {
            let mut other = library.clone();
            other.set_policy(rival.policy.clone(), &OpenCatalog)?;
            policies.push((rival.name.clone(), rival.kind, other));
        }
        let sums = vec![(Replayed::default(), 0, 0); policies.len()];
        Ok(Self { scene, policies, sums, due: 0, since: None, people: 0 })
    }

    /// The comparison over everybody who was seen.
    #[must_use]
    pub fn told(self) -> Comparison {
        let names = self.policies.into_iter().map(|(name, kind, _)| (name, kind));
        let policies: Vec<Outcome> = names.zip(&self.sums).map(|(name, sum)| outcome(name, sum)).collect();
        Comparison {
            sentence: sentence(&policies, self.due),
            about: self.scene.about(self.people),
            due: self.due,
            since: self.since,
            policies,
            note: if self.scene.knows_holds() {
                NOTE.to_owned()
            } else {
                format!("only what was sent is known, not what was held; {NOTE}")
            },
        }
    }
}

impl Visit for Replays<'_, '_> {
    fn see<S: State>(&mut self, member: &Member<'_, S>) {
        if !member.is_reachable() {
            return;
        }
        self.people += 1;
        let messages = due_of(member, self.scene.now);
        self.due += messages.len() as u64;
        if let Some(first) = messages.first() {
            self.since = Some(self.since.map_or(first.at, |known| known.min(first.at)));
        }
        let mut ours = 0;
        for (index, ((.., library), sum)) in self.policies.iter().zip(&mut self.sums).enumerate() {
            let replayed = one(self.scene, library, member.state, &messages);
            if index == 0 {
                ours = replayed.sent;
            }
            sum.0.add(&replayed);
            sum.1 += u64::from(replayed.sent < ours);
            sum.2 += u64::from(replayed.sent > ours);
        }
    }
}

/// The messages a policy has to decide about, in the order they were due: what was sent, and what a limit held.
fn due_of<S: State>(member: &Member<'_, S>, now: Time) -> Vec<Sent> {
    let limited = |log: &MessageLog| {
        use HeldReason::{Cap, CoolDown, Fatigue, QuietHours};
        matches!(log.held, Some(Cap | CoolDown | Fatigue | QuietHours))
    };
    let mut due: Vec<Sent> = member.state.sends().iter().filter(|sent| sent.at < now).copied().collect();
    for log in member.messages.iter().filter(|log| log.at < now && limited(log)) {
        let sent = due.iter_mut().find(|sent| Some(sent.at) == log.sent && sent.experience == log.content);
        match (sent, log.sent) {
            // What was held and went later was due when it was decided first.
            (Some(sent), _) => sent.at = log.at,
            (None, None) => due.push(Sent::new(log.at, log.channel, log.content, log.journey)),
            (None, Some(_)) => {}
        }
    }
    due.sort_by_key(|sent| sent.at);
    due
}

fn one<S: State>(scene: &Scene<'_>, library: &Library, state: &S, due: &[Sent]) -> Replayed {
    let holding = library.policy.holding(state, scene.point());
    let unlimited =
        |sent: &Sent| library.defined(sent.experience).is_some_and(|what| what.purpose == Purpose::Service);
    replay(&library.policy, library, due, state.zone().0, holding, unlimited)
}

fn outcome((policy, kind): (String, Kind), (replayed, fewer, more): &(Replayed, u64, u64)) -> Outcome {
    let held = HeldReason::ALL.into_iter().map(|reason| (reason.name().to_owned(), replayed.held(reason)));
    Outcome {
        policy,
        kind,
        sent: replayed.sent,
        delayed: replayed.delayed,
        held_in_all: replayed.held_in_all(),
        held: held.filter(|(_, n)| *n > 0).collect(),
        fewer: *fewer,
        more: *more,
    }
}

fn sentence(policies: &[Outcome], due: u64) -> String {
    if due == 0 {
        return "No message is known, so policies cannot be compared.".to_owned();
    }
    let Some(ours) = policies.first() else { return String::new() };
    let all = format!(
        "Of {} due, “{}” lets {} go",
        figures::plural(due, "message", "messages"),
        ours.policy,
        figures::count(ours.sent)
    );
    match policies.iter().find(|policy| policy.kind == Kind::Budget) {
        Some(other) if other.policy == "budget enforced" => {
            let held = ours.sent.saturating_sub(other.sent);
            format!("{all}; enforcing the budget would have held {} more.", figures::count(held))
        }
        _ => format!("{all}."),
    }
}
