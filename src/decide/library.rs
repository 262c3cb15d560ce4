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
        Self {
            contents: Vec::new(),
            past: Vec::new(),
            experiments: Vec::new(),
            journeys: Vec::new(),
            policy: Policy::open(),
        }
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
            self.past.push(Past { name: name.to_owned(), categories: told.to_vec(), defined });
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
}

impl Labels for Library {
    fn categories(&self, experience: u32) -> &[String] {
        match experience.checked_sub(PAST) {
            Some(past) => self.past.get(past as usize).map_or(&[], |past| &past.categories),
            None => self.contents.get(experience as usize).map_or(&[], |content| &content.categories),
        }
    }

    fn journey(&self, journey: u32) -> &str {
        self.journeys.get(journey as usize).map_or("", String::as_str)
    }
}
