//! Everything a decision may refer to, compiled: contents, tests, placements, the contact policy.

use super::bind;
use super::context::WithContext;
use super::place::{Arm, Boost, Candidate, Choice, Place};
use crate::contact::cap::Labels;
use crate::contact::policy::Ranking;
use crate::contact::rules::Marks;
use crate::contact::{Policy, Rules};
use crate::experience::Experience;
use crate::experiment::Design;
use crate::experiment::design::{Draw, Targeting};
use crate::model::consent::{Purpose, Purposes};
use crate::model::{Channel, Problem};
use crate::rule::{self, Catalog, Plan};
use crate::survey::Survey;

/// Something that can be sent, shown or asked.
#[derive(Debug, Clone)]
pub struct Content {
    /// Its name.
    pub name: String,
    /// Where it goes out.
    pub channel: Channel,
    /// What for.
    pub purpose: Purpose,
    /// Words that caps and panels group by.
    pub categories: Vec<String>,
    /// The rule a person must fulfil. It may be taken out; another is never put in its place, because contents that share a
    /// rule are asked once for all of them.
    pub only_if: Option<Plan>,
    /// The definition behind it.
    pub source: Source,
    pub(super) marks: Marks,
    /// The number of its rule: contents with the same rule share one, so that it is asked once for a person.
    pub(super) rule: Option<u32>,
    pub(super) arm: Arm,
    pub(super) choice: Option<Choice>,
    pub(super) boosts: Vec<Boost>,
}

impl Content {
    /// Content on our own pages reaches for nobody, so neither addresses nor caps concern it, and it adds no pressure.
    #[must_use]
    pub fn is_on_site(&self) -> bool {
        self.purpose == Purpose::Onsite
            || matches!(self.channel, Channel::Web | Channel::App | Channel::Store)
    }

    /// Every rule that decides whether and how it is shown or sent: its own, and those of its boosts.
    pub fn rules(&self) -> impl Iterator<Item = &Plan> {
        self.only_if.iter().chain(self.boosts.iter().map(|boost| &boost.plan))
    }

    /// The test it is part of, as an index into the library; `None` of none, or before it was bound.
    #[must_use]
    pub fn test(&self) -> Option<u32> {
        match self.arm {
            Arm::Of(experiment, _) => Some(experiment),
            Arm::None | Arm::Unbound => None,
        }
    }

    /// The promise it makes, if it makes one.
    #[must_use]
    pub fn choice(&self) -> Option<Choice> {
        self.choice
    }
}

/// What a content was made from.
#[derive(Debug, Clone)]
pub enum Source {
    /// An experience.
    Experience(Box<Experience>),
    /// A survey.
    Survey(Survey),
}

/// A content of the past, as a record of messages names it: not defined any more, never defined here, or filed under
/// other categories when it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Its name; empty where the record gives none.
    pub name: String,
    /// Its categories when it was sent, as far as the record says.
    pub categories: Vec<String>,
    /// The content of this name that is defined today, as an index into the library.
    pub defined: Option<u32>,
    marks: Marks,
}

/// Where the indices of past contents begin: no library defines so many of today.
const PAST: u32 = 1 << 31;

/// The compiled definitions of a workspace.
#[derive(Debug, Clone)]
pub struct Library {
    /// Everything that can be sent, shown or asked. Sends refer to it by index.
    pub contents: Vec<Content>,
    /// Contents that only past messages refer to.
    past: Vec<Past>,
    pub(super) experiments: Vec<Design>,
    /// The tests made ready to draw by, and whom each is for, everybody where there is nothing; by their index.
    pub(super) draws: Vec<Draw>,
    targets: Vec<Option<Plan>>,
    /// Names of the journeys. Sends refer to them by index.
    pub journeys: Vec<String>,
    /// The contact policy, made ready; [`Library::set_policy`] replaces it.
    pub policy: Rules,
    pub(super) places: Vec<Place>,
    /// What promises are made of: names of choices, and of what can be chosen.
    choices: Vec<String>,
    /// The rules of contents, each once, as their canonical text.
    rules: Vec<String>,
}

impl Library {
    /// Nothing to send and no limits.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            contents: Vec::new(),
            past: Vec::new(),
            experiments: Vec::new(),
            draws: Vec::new(),
            targets: Vec::new(),
            journeys: Vec::new(),
            policy: Rules::open(),
            places: Vec::new(),
            choices: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// Adds an experience. What is part of a test is shown to nobody before [`Library::bind`].
    ///
    /// # Errors
    /// If one of its rules does not read.
    pub fn add_experience(&mut self, experience: Experience, catalog: &dyn Catalog) -> Result<(), Problem> {
        let compile = |text: &String| compile(text, &experience.name, catalog);
        let only_if = experience.only_if.as_ref().map(compile).transpose()?;
        let boosts =
            experience.boosts.iter().map(|boost| Ok(Boost { plan: compile(&boost.rule)?, by: boost.by }));
        let boosts = boosts.collect::<Result<_, Problem>>()?;
        let choice = experience.choice.as_ref().map(|choice| Choice {
            of: self.choice_code(&choice.of),
            is: self.choice_code(&choice.is),
            lasts: choice.lasts,
        });
        let rule = only_if.as_ref().map(|plan| self.rule_number(plan.text()));
        let index = self.contents.len() as u32;
        for name in &experience.placements {
            let candidate = Candidate { content: index, journey: None, priority: experience.priority };
            self.place_named(name).candidates.push(candidate);
        }
        self.contents.push(Content {
            name: experience.name.clone(),
            channel: experience.channel,
            purpose: experience.purpose,
            categories: experience.categories.clone(),
            rule,
            only_if,
            marks: self.policy.marks(&experience.categories, experience.purpose),
            arm: if experience.experiment.is_some() { Arm::Unbound } else { Arm::None },
            choice,
            boosts,
            source: Source::Experience(Box::new(experience)),
        });
        Ok(())
    }

    /// Adds a survey, which is a message like any other.
    pub fn add_survey(&mut self, survey: Survey) {
        self.contents.push(Content {
            name: survey.name.clone(),
            channel: survey.channel,
            purpose: Purpose::Survey,
            categories: survey.categories.clone(),
            only_if: None,
            rule: None,
            marks: self.policy.marks(&survey.categories, Purpose::Survey),
            arm: Arm::None,
            choice: None,
            boosts: Vec::new(),
            source: Source::Survey(survey),
        });
    }

    /// Adds a test, and the rule of whom it is for.
    ///
    /// # Errors
    /// If that rule does not read, or names a segment there is not.
    pub fn add_experiment(&mut self, design: Design, catalog: &dyn Catalog) -> Result<(), Problem> {
        let text = design.targeting.as_ref().map(Targeting::as_rule);
        let target = text.map(|text| {
            rule::compile(&text, &WithContext(catalog)).map_err(|found| {
                let unread = || Problem::new("experiment-target", "the rule of its targeting does not read");
                found.first().map_or_else(unread, |first| first.problem(&text))
            })
        });
        let target = target
            .transpose()
            .map_err(|problem| problem.in_file(format!("the targeting of experiment “{}”", design.name)))?;
        self.targets.push(target);
        self.draws.push(Draw::new(&design));
        self.experiments.push(design);
        Ok(())
    }

    /// The tests, by their index.
    #[must_use]
    pub fn experiments(&self) -> &[Design] {
        &self.experiments
    }

    /// Gives the variants of a test other shares, in their order.
    pub fn set_weights(&mut self, experiment: u32, weights: &[f64]) {
        let Some(design) = self.experiments.get_mut(experiment as usize) else { return };
        for (arm, weight) in design.variants.iter_mut().zip(weights) {
            arm.weight = Some(*weight);
        }
        if let Some(draw) = self.draws.get_mut(experiment as usize) {
            *draw = Draw::new(design);
        }
    }

    /// The rule of whom a test is for; `None` is everybody.
    #[must_use]
    pub fn target(&self, experiment: u32) -> Option<&Plan> {
        self.targets.get(experiment as usize)?.as_ref()
    }

    /// What a test decides for: the purposes of its contents.
    #[must_use]
    pub fn purposes_of(&self, experiment: u32) -> Purposes {
        let own = self.contents.iter().filter(|content| content.test() == Some(experiment));
        own.fold(Purposes::NONE, |all, content| all.with(content.purpose))
    }

    /// Puts a contact policy in force.
    ///
    /// # Errors
    /// If a rule of it does not read.
    pub fn set_policy(&mut self, policy: Policy, catalog: &dyn Catalog) -> Result<(), Problem> {
        self.policy = Rules::new(policy, catalog)?;
        for content in &mut self.contents {
            content.marks = self.policy.marks(&content.categories, content.purpose);
        }
        for past in &mut self.past {
            let today = past.defined.and_then(|index| self.contents.get(index as usize));
            let purpose = today.map_or(Purpose::Marketing, |today| today.purpose);
            past.marks = self.policy.marks(&past.categories, purpose);
        }
        for place in &mut self.places {
            place.ranking = ranking(&self.policy, &place.name);
        }
        Ok(())
    }

    /// Ties what is part of a test to it, once every content and every test is there.
    ///
    /// # Errors
    /// Each name that is not in the library.
    pub fn bind(&mut self) -> Result<(), Vec<Problem>> {
        bind::bind(self)
    }

    /// The index of a content by name.
    #[must_use]
    pub fn content(&self, name: &str) -> Option<u32> {
        self.contents.iter().position(|content| content.name == name).map(|index| index as u32)
    }

    /// The index of a content that a record of past messages names. Caps count categories as they were when sent, so a
    /// record that tells others than today's is a content of its own.
    pub fn recalled(&mut self, name: &str, categories: Option<&[String]>) -> u32 {
        let defined = self.content(name);
        let today = defined.and_then(|index| self.contents.get(index as usize));
        if let (Some(index), Some(today)) = (defined, today)
            && categories.is_none_or(|told| told == today.categories)
        {
            return index;
        }
        let told = categories.unwrap_or_default();
        let known = self.past.iter().position(|past| past.name == name && past.categories == told);
        let place = known.unwrap_or_else(|| {
            let purpose = today.map_or(Purpose::Marketing, |today| today.purpose);
            let marks = self.policy.marks(told, purpose);
            self.past.push(Past { name: name.to_owned(), categories: told.to_vec(), defined, marks });
            self.past.len() - 1
        });
        PAST + place as u32
    }

    /// What is defined today under the name of a content, past ones included.
    #[must_use]
    pub fn defined(&self, content: u32) -> Option<&Content> {
        let index = match content.checked_sub(PAST) {
            Some(past) => self.past.get(past as usize)?.defined?,
            None => content,
        };
        self.contents.get(index as usize)
    }

    /// The name of a content, past ones included.
    #[must_use]
    pub fn name_of(&self, content: u32) -> Option<&str> {
        let name = match content.checked_sub(PAST) {
            Some(past) => self.past.get(past as usize).map(|past| past.name.as_str()),
            None => self.contents.get(content as usize).map(|content| content.name.as_str()),
        };
        name.filter(|name| !name.is_empty())
    }

    /// The index of an experiment by name.
    #[must_use]
    pub fn experiment(&self, name: &str) -> Option<u32> {
        self.experiments.iter().position(|design| design.name == name).map(|index| index as u32)
    }

    /// A placement by name, if anything can fill it.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.name == name)
    }

    /// The word behind a code of a [`Choice`].
    #[must_use]
    pub fn choice_word(&self, code: u32) -> &str {
        self.choices.get(code as usize).map_or("", String::as_str)
    }

    fn place_named(&mut self, name: &str) -> &mut Place {
        let index = self.places.iter().position(|place| place.name == name).unwrap_or_else(|| {
            self.places.push(Place::new(name, ranking(&self.policy, name)));
            self.places.len() - 1
        });
        &mut self.places[index]
    }

    fn rule_number(&mut self, text: &str) -> u32 {
        let index = self.rules.iter().position(|known| known == text).unwrap_or_else(|| {
            self.rules.push(text.to_owned());
            self.rules.len() - 1
        });
        index as u32
    }

    fn choice_code(&mut self, word: &str) -> u32 {
        let index = self.choices.iter().position(|known| known == word).unwrap_or_else(|| {
            self.choices.push(word.to_owned());
            self.choices.len() - 1
        });
        index as u32
    }
}

fn ranking(policy: &Policy, place: &str) -> Ranking {
    policy.placements.iter().find(|known| known.name == place).map(|known| known.ranking).unwrap_or_default()
}

fn compile(text: &str, name: &str, catalog: &dyn Catalog) -> Result<Plan, Problem> {
    rule::compile(text, &WithContext(catalog)).map_err(|diagnostics| {
        diagnostics
            .first()
            .map_or_else(|| Problem::new("experience-rule", "the rule does not read"), |d| d.problem(text))
            .in_file(format!("experience “{name}”"))
    })
}

impl Labels for Library {
    fn categories(&self, experience: u32) -> &[String] {
        match experience.checked_sub(PAST) {
            Some(past) => self.past.get(past as usize).map_or(&[], |past| &past.categories),
            None => self.contents.get(experience as usize).map_or(&[], |content| &content.categories),
        }
    }

    /// What is not in the library has no categories: it fills what looks at none.
    fn marks(&self, experience: u32) -> Marks {
        let known = match experience.checked_sub(PAST) {
            Some(past) => self.past.get(past as usize).map(|past| past.marks),
            None => self.contents.get(experience as usize).map(|content| content.marks),
        };
        known.unwrap_or_else(|| self.policy.marks(&[], Purpose::Marketing))
    }

    fn journey(&self, journey: u32) -> &str {
        self.journeys.get(journey as usize).map_or("", String::as_str)
    }
}
