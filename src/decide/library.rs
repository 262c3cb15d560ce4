//! Everything a decision may refer to, compiled: contents, tests, the contact policy.

use crate::contact::Policy;
use crate::contact::cap::Labels;
use crate::experience::Experience;
use crate::experiment::Design;
use crate::model::consent::Purpose;
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
    /// The rule a person must fulfil.
    pub only_if: Option<Plan>,
    /// The definition behind it.
    pub source: Source,
}

impl Content {
    /// Content on our own pages reaches for nobody, so neither addresses nor caps concern it, and it adds no pressure.
    #[must_use]
    pub fn is_on_site(&self) -> bool {
        self.purpose == Purpose::Onsite
            || matches!(self.channel, Channel::Web | Channel::App | Channel::Store)
    }
}

/// What a content was made from.
#[derive(Debug, Clone)]
pub enum Source {
    /// An experience.
    Experience(Experience),
    /// A survey.
    Survey(Survey),
}

/// The compiled definitions of a workspace.
#[derive(Debug, Clone)]
pub struct Library {
    /// Everything that can be sent, shown or asked. Sends refer to it by index.
    pub contents: Vec<Content>,
    /// The tests.
    pub experiments: Vec<Design>,
    /// Names of the journeys. Sends refer to them by index.
    pub journeys: Vec<String>,
    /// The contact policy.
    pub policy: Policy,
}

impl Library {
    /// Nothing to send and no limits.
    #[must_use]
    pub fn empty() -> Self {
        Self { contents: Vec::new(), experiments: Vec::new(), journeys: Vec::new(), policy: Policy::open() }
    }

    /// Adds an experience.
    ///
    /// # Errors
    /// If its rule does not read.
    pub fn add_experience(&mut self, experience: Experience, catalog: &dyn Catalog) -> Result<(), Problem> {
        let only_if = match &experience.only_if {
            None => None,
            Some(text) => Some(rule::compile(text, catalog).map_err(|diagnostics| {
                diagnostics
                    .first()
                    .map_or_else(
                        || Problem::new("experience-rule", "the rule does not read"),
                        |d| d.problem(text),
                    )
                    .in_file(format!("experience “{}”", experience.name))
            })?),
        };
        self.contents.push(Content {
            name: experience.name.clone(),
            channel: experience.channel,
            purpose: experience.purpose,
            categories: experience.categories.clone(),
            only_if,
            source: Source::Experience(experience),
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
            source: Source::Survey(survey),
        });
    }

    /// The index of a content by name.
    #[must_use]
    pub fn content(&self, name: &str) -> Option<u32> {
        self.contents.iter().position(|content| content.name == name).map(|index| index as u32)
    }

    /// The index of an experiment by name.
    #[must_use]
    pub fn experiment(&self, name: &str) -> Option<u32> {
        self.experiments.iter().position(|design| design.name == name).map(|index| index as u32)
    }
}

impl Labels for Library {
    fn categories(&self, experience: u32) -> &[String] {
        self.contents.get(experience as usize).map_or(&[], |content| &content.categories)
    }

    fn journey(&self, journey: u32) -> &str {
        self.journeys.get(journey as usize).map_or("", String::as_str)
    }
}
