//! A checked journey: names resolved to indices, rules to plans, and nothing that could run for ever.

use super::draft::{Again, Draft, ExitDraft, StepDraft};
use crate::model::{Problem, Span};
use crate::rule::diagnostic::nearest;
use crate::rule::{self, Catalog, Plan};

/// More steps than a person can look over, and few enough to check every pair of them.
const MOST_STEPS: usize = 1_000;

/// A step's place in [`Graph::steps`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepIndex(pub u16);

/// A journey that can run.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Its name.
    pub name: String,
    /// Higher decides first.
    pub priority: i32,
    /// A held message is dropped after this long.
    pub max_hold: Span,
    /// How people get in.
    pub entry: Entry,
    /// A rule that must hold on entry besides.
    pub only_if: Option<Plan>,
    /// Whether a person may come again.
    pub again: Again,
    /// What counts as success.
    pub goal: Option<Trigger>,
    /// What takes people out.
    pub exits: Vec<Trigger>,
    /// The steps, the first one being the start.
    pub steps: Vec<Step>,
}

/// How people get in.
#[derive(Debug, Clone)]
pub enum Entry {
    /// On an event.
    Event(String),
    /// When a rule turns true.
    Rule {
        /// The rule.
        plan: Plan,
        /// Whether those for whom it is true at the start come in.
        backfill: bool,
    },
}

/// An event, a rule, or an event while a rule holds.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// The event; none means any event and the hourly look.
    pub event: Option<String>,
    /// The rule; none means always.
    pub plan: Option<Plan>,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name.
    pub id: String,
    /// What it does.
    pub kind: StepKind,
}

/// What a step does. A missing successor is the end of the journey.
#[derive(Debug, Clone)]
pub enum StepKind {
    /// Wait.
    Wait {
        /// How long.
        span: Span,
        /// Up to how much longer, drawn per person.
        spread: Span,
        /// Then.
        next: Option<StepIndex>,
    },
    /// Ask a rule.
    Condition {
        /// The rule.
        plan: Plan,
        /// If it holds.
        yes: Option<StepIndex>,
        /// If not.
        no: Option<StepIndex>,
    },
    /// Divide by lot.
    Split {
        /// Cumulative shares and where they lead.
        arms: Vec<(f64, StepIndex)>,
    },
    /// Divide by an experiment.
    Test {
        /// The experiment's name.
        experiment: String,
        /// Variant names and where they lead.
        arms: Vec<(String, StepIndex)>,
        /// For people outside the experiment.
        next: Option<StepIndex>,
    },
    /// Show or send.
    Experience {
        /// The experience's name.
        name: String,
        /// Then.
        next: Option<StepIndex>,
    },
    /// Ask a survey.
    Survey {
        /// The survey's name.
        name: String,
        /// Then.
        next: Option<StepIndex>,
    },
    /// Leave.
    Exit {
        /// Why.
        reason: String,
    },
}

impl StepKind {
    /// Every step this one can lead to.
    #[must_use]
    pub fn successors(&self) -> Vec<StepIndex> {
        match self {
            Self::Wait { next, .. } | Self::Experience { next, .. } | Self::Survey { next, .. } => {
                next.iter().copied().collect()
            }
            Self::Condition { yes, no, .. } => yes.iter().chain(no).copied().collect(),
            Self::Split { arms } => arms.iter().map(|(_, to)| *to).collect(),
            Self::Test { arms, next, .. } => arms.iter().map(|(_, to)| *to).chain(*next).collect(),
            Self::Exit { .. } => Vec::new(),
        }
    }

    /// The word for the kind.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Wait { .. } => "wait",
            Self::Condition { .. } => "condition",
            Self::Split { .. } => "split",
            Self::Test { .. } => "test",
            Self::Experience { .. } => "experience",
            Self::Survey { .. } => "survey",
            Self::Exit { .. } => "exit",
        }
    }
}

impl Graph {
    /// Checks a draft against the names a workspace knows.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub fn check(draft: &Draft, catalog: &dyn Catalog) -> Result<Self, Vec<Problem>> {
        let mut checker = Checker { draft, catalog, problems: Vec::new() };
        let graph = checker.graph();
        // Where a step is wrong, what it leads to is not known yet.
        if checker.problems.is_empty() {
            checker.reachable(&graph);
            checker.endless(&graph);
        }
        if checker.problems.is_empty() {
            Ok(graph)
        } else {
            Err(checker
                .problems
                .into_iter()
                .map(|p| p.in_file(format!("journey “{}”", draft.name)))
                .collect())
        }
    }

    /// The step of an index. Indices come from this graph only; a stranger's one is the first step.
    #[must_use]
    pub fn step(&self, index: StepIndex) -> &Step {
        self.steps.get(usize::from(index.0)).unwrap_or(&self.steps[0])
    }

    /// What may be shown or sent first on the ways that lead on from a step, whatever the waits, conditions and splits
    /// on them: an arm's contents.
    #[must_use]
    pub fn contents_after(&self, from: StepIndex) -> Vec<StepIndex> {
        let mut seen = vec![false; self.steps.len()];
        let (mut open, mut found) = (vec![from], Vec::new());
        while let Some(at) = open.pop() {
            match seen.get_mut(usize::from(at.0)) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            match &self.step(at).kind {
                StepKind::Experience { .. } | StepKind::Survey { .. } => found.push(at),
                kind => open.extend(kind.successors()),
            }
        }
        found.sort_unstable();
        found
    }
}

struct Checker<'a> {
    draft: &'a Draft,
    catalog: &'a dyn Catalog,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn graph(&mut self) -> Graph {
        let draft = self.draft;
        if draft.steps.is_empty() {
            self.problems.push(
                Problem::new("journey-empty", "the journey has no step")
                    .help("add [[step]] tables, the first is the start"),
            );
        }
        if draft.steps.len() > MOST_STEPS {
            let message = format!("the journey has {} steps, more than {MOST_STEPS}", draft.steps.len());
            self.problems.push(Problem::new("journey-size", message).help("divide it into several journeys"));
        }
        for (index, step) in draft.steps.iter().enumerate() {
            if draft.steps.iter().take(index).any(|earlier| earlier.id == step.id) {
                self.problems
                    .push(Problem::new("journey-step-twice", format!("two steps are called `{}`", step.id)));
            }
        }
        let entry = self.entry();
        let goal = draft.goal.as_ref().map(|goal| Trigger {
            event: Some(goal.event.clone()),
            plan: goal.only_if.as_ref().and_then(|text| self.plan("goal", text)),
        });
        Graph {
            name: draft.name.clone(),
            priority: draft.priority,
            max_hold: draft.max_hold,
            entry,
            only_if: draft.entry.only_if.as_ref().and_then(|text| self.plan("entry", text)),
            again: draft.entry.again,
            goal,
            exits: draft.exits.iter().map(|exit| self.exit(exit)).collect(),
            steps: draft
                .steps
                .iter()
                .map(|step| Step { id: step.id.clone(), kind: self.kind(step) })
                .collect(),
        }
    }

    fn entry(&mut self) -> Entry {
        let entry = &self.draft.entry;
        match (&entry.event, &entry.rule) {
            (Some(event), None) => Entry::Event(event.clone()),
            (None, Some(text)) => match self.plan("entry", text) {
                Some(plan) => Entry::Rule { plan, backfill: entry.backfill },
                None => Entry::Event(String::new()),
            },
            _ => {
                self.problems.push(
                    Problem::new("journey-entry", "people get in by an event or by a rule, by one of them")
                        .help("write event = \"Product Added\", or rule = '…'"),
                );
                Entry::Event(String::new())
            }
        }
    }

    fn exit(&mut self, exit: &ExitDraft) -> Trigger {
        if exit.event.is_none() && exit.rule.is_none() {
            self.problems.push(Problem::new("journey-exit", "an exit needs an event or a rule"));
        }
        Trigger {
            event: exit.event.clone(),
            plan: exit.rule.as_ref().and_then(|text| self.plan("exit", text)),
        }
    }

    fn plan(&mut self, place: &str, text: &str) -> Option<Plan> {
        rule::compile(text, self.catalog)
            .map_err(|diagnostics| {
                let problems = diagnostics.iter().map(|diagnostic| {
                    let mut problem = diagnostic.problem(text);
                    problem.message = format!("{} (rule of `{place}`)", problem.message);
                    problem
                });
                self.problems.extend(problems);
            })
            .ok()
    }

    fn target(&mut self, from: &str, name: &Option<String>) -> Option<StepIndex> {
        name.as_ref().and_then(|name| self.named(from, name))
    }

    fn named(&mut self, from: &str, name: &str) -> Option<StepIndex> {
        let found = self.draft.steps.iter().position(|step| step.id == name);
        if found.is_none() {
            let nearest = nearest(name, self.draft.steps.iter().map(|step| step.id.clone()));
            let problem =
                Problem::new("journey-next", format!("step `{from}` leads to `{name}`, which is not there"));
            self.problems.push(match nearest {
                Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
                None => problem,
            });
        }
        found.map(|index| StepIndex(index as u16))
    }

    fn kind(&mut self, step: &StepDraft) -> StepKind {
        self.one_kind(step);
        self.strays(step);
        let next = self.target(&step.id, &step.next);
        if let Some(span) = step.wait {
            return StepKind::Wait { span, spread: step.spread.unwrap_or_default(), next };
        }
        if let Some(text) = &step.condition {
            let (yes, no) = (self.target(&step.id, &step.yes), self.target(&step.id, &step.no));
            if let Some(plan) = self.plan(&step.id, text) {
                return StepKind::Condition { plan, yes, no };
            }
        }
        if let Some(shares) = &step.split {
            return StepKind::Split { arms: self.shares(&step.id, shares) };
        }
        if let Some(experiment) = &step.experiment {
            let arms = step.arms.iter();
            let arms =
                arms.filter_map(|(variant, to)| Some((variant.clone(), self.named(&step.id, to)?))).collect();
            return StepKind::Test { experiment: experiment.clone(), arms, next };
        }
        if let Some(name) = &step.experience {
            return StepKind::Experience { name: name.clone(), next };
        }
        if let Some(name) = &step.survey {
            return StepKind::Survey { name: name.clone(), next };
        }
        StepKind::Exit { reason: step.exit.clone().unwrap_or_default() }
    }

    fn one_kind(&mut self, step: &StepDraft) {
        let said: Vec<&str> = [
            ("wait", step.wait.is_some()),
            ("condition", step.condition.is_some()),
            ("split", step.split.is_some()),
            ("experiment", step.experiment.is_some()),
            ("experience", step.experience.is_some()),
            ("survey", step.survey.is_some()),
            ("exit", step.exit.is_some()),
        ]
        .into_iter()
        .filter_map(|(word, said)| said.then_some(word))
        .collect();
        let message = match said.as_slice() {
            [_] => return,
            [] => format!("step `{}` says nothing to do", step.id),
            several => {
                format!("step `{}` says {} things to do: {}", step.id, several.len(), several.join(", "))
            }
        };
        self.problems.push(
            Problem::new("journey-step-kind", message)
                .help("write one of wait, condition, split, experiment, experience, survey, exit"),
        );
    }

    /// Words that would be ignored where they stand.
    fn strays(&mut self, step: &StepDraft) {
        let leads = step.wait.is_some()
            || step.experiment.is_some()
            || step.experience.is_some()
            || step.survey.is_some();
        let strays = [
            ("spread", step.spread.is_some() && step.wait.is_none(), "a wait"),
            ("yes", step.yes.is_some() && step.condition.is_none(), "a condition"),
            ("no", step.no.is_some() && step.condition.is_none(), "a condition"),
            ("arms", !step.arms.is_empty() && step.experiment.is_none(), "an experiment"),
            ("next", step.next.is_some() && !leads, "a wait, an experiment, an experience or a survey"),
        ];
        for (word, _, owner) in strays.into_iter().filter(|(_, stray, _)| *stray) {
            let message = format!("step `{}` says `{word}`, which only {owner} has", step.id);
            self.problems.push(Problem::new("journey-stray", message));
        }
    }

    fn shares(
        &mut self,
        id: &str,
        shares: &std::collections::BTreeMap<String, f64>,
    ) -> Vec<(f64, StepIndex)> {
        let total: f64 = shares.values().sum();
        if let Some(share) = shares.values().find(|share| !(0.0..=1.0).contains(*share)) {
            self.problems.push(Problem::new(
                "journey-split",
                format!("a share of step `{id}` is {share}; shares are between 0 and 1"),
            ));
        } else if (total - 1.0).abs() > 1e-9 {
            self.problems.push(Problem::new(
                "journey-split",
                format!("the shares of step `{id}` add up to {total}, not to 1"),
            ));
        }
        let mut sum = 0.0;
        shares
            .iter()
            .filter_map(|(to, share)| {
                sum += share;
                Some((sum, self.named(id, to)?))
            })
            .collect()
    }

    fn reachable(&mut self, graph: &Graph) {
        let mut seen = vec![false; graph.steps.len()];
        let mut open = vec![0_usize];
        while let Some(index) = open.pop() {
            if seen.get(index).copied() != Some(false) {
                continue;
            }
            seen[index] = true;
            open.extend(graph.steps[index].kind.successors().iter().map(|to| usize::from(to.0)));
        }
        for (step, seen) in graph.steps.iter().zip(seen) {
            if !seen {
                self.problems.push(
                    Problem::new("journey-unreachable", format!("nobody can reach step `{}`", step.id))
                        .help("lead a `next`, `yes`, `no` or an arm there, or take it out"),
                );
            }
        }
    }

    /// A circle without a wait would run for ever in one moment.
    fn endless(&mut self, graph: &Graph) {
        for start in 0..graph.steps.len() {
            let mut seen = vec![false; graph.steps.len()];
            let mut open = instant_successors(graph, start);
            while let Some(index) = open.pop() {
                if index == start {
                    self.problems.push(
                        Problem::new(
                            "journey-circle",
                            format!("step `{}` comes back to itself without a wait", graph.steps[start].id),
                        )
                        .help("put a wait into the circle"),
                    );
                    return;
                }
                if !std::mem::replace(&mut seen[index], true) {
                    open.extend(instant_successors(graph, index));
                }
            }
        }
    }
}

fn instant_successors(graph: &Graph, index: usize) -> Vec<usize> {
    match &graph.steps[index].kind {
        StepKind::Wait { span, .. } if span.0 > 0 => Vec::new(),
        kind => kind.successors().iter().map(|to| usize::from(to.0)).collect(),
    }
}
