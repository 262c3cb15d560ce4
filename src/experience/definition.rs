//! The definition of an experience.

use serde::{Deserialize, Serialize};

use crate::model::consent::Purpose;
use crate::model::{Channel, Problem, Span};

/// What an experience is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The large picture at the top of a page.
    Hero,
    /// A block of a page.
    Module,
    /// A list of products chosen for the person.
    Recommendation,
    /// A discount, a bundle, a free extra.
    Offer,
    /// An e-mail.
    Email,
    /// A text message.
    Sms,
    /// A push notification.
    Push,
    /// A question.
    Survey,
}

/// What an experience is worth in a context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boost {
    /// The rule, such as `context.weather = "rain"`.
    #[serde(rename = "if")]
    pub rule: String,
    /// What its value is multiplied by where the rule holds.
    pub by: f64,
}

/// One of several things of which a person is promised one only, at every placement and on every channel, until it
/// expires: an offer, a theme, a tone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What is chosen between, such as `welcome offer`.
    pub of: String,
    /// What this one is, such as `ten percent`.
    pub is: String,
    /// How long the promise holds, from when it was first made.
    pub lasts: Span,
}

fn one() -> f64 {
    1.0
}

fn is_one(x: &f64) -> bool {
    x.total_cmp(&1.0).is_eq()
}

fn is_nothing(x: &f64) -> bool {
    x.total_cmp(&0.0).is_eq()
}

/// An experience as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experience {
    /// Its name.
    pub name: String,
    /// What it is.
    pub form: Form,
    /// The channel it goes out on.
    pub channel: Channel,
    /// What it is for.
    pub purpose: Purpose,
    /// Words that caps and panels group by.
    #[serde(default)]
    pub categories: Vec<String>,
    /// The places or moments it can fill, such as `home.hero`.
    #[serde(default)]
    pub placements: Vec<String>,
    /// Higher goes first within a placement.
    #[serde(default)]
    pub priority: i32,
    /// A rule the person must fulfil.
    #[serde(default)]
    pub only_if: Option<String>,
    /// The test it is part of within a placement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// The variant it belongs to; without one everybody in the test gets it, each in their own variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Its share where a placement is split.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub share: f64,
    /// What a response to it is worth, where candidates are ranked by value.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub worth: f64,
    /// How likely a response is, where candidates are ranked by value.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub chance: f64,
    /// What it is worth more or less in some contexts.
    #[serde(default, rename = "boost", skip_serializing_if = "Vec::is_empty")]
    pub boosts: Vec<Boost>,
    /// The one of several things a person is promised that it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    /// Subject line or headline, with merge tags such as `{{ first_name | default("there") }}`.
    #[serde(default)]
    pub subject: String,
    /// Body, with merge tags.
    #[serde(default)]
    pub body: String,
    /// What is shown where a merge tag has no value and no default of its own.
    #[serde(default)]
    pub fallback: String,
}

impl Experience {
    /// Reads the definition's text and checks what TOML alone cannot.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let experience: Self = toml::from_str(text).map_err(|e| crate::model::problem::of_toml(&e, text))?;
        super::content::check(&experience)?;
        experience.check_ranking()?;
        Ok(experience)
    }

    fn check_ranking(&self) -> Result<(), Problem> {
        let wrong =
            |what: &str, help: &str| Err(Problem::new("experience-ranking", what.to_owned()).help(help));
        if !(self.share.is_finite() && self.share >= 0.0) {
            return wrong("a share is 0 or more", "write a number such as share = 2");
        }
        if !(0.0..=1.0).contains(&self.chance) || !self.worth.is_finite() {
            return wrong(
                "a chance lies between 0 and 1, and a worth is a number",
                "write chance = 0.04, worth = 12",
            );
        }
        if self.boosts.iter().any(|boost| !(boost.by.is_finite() && boost.by >= 0.0)) {
            return wrong("a boost multiplies by 0 or more", "write by = 1.5");
        }
        if self.variant.is_some() && self.experiment.is_none() {
            return wrong("a variant belongs to an experiment", "name the experiment as well");
        }
        if self.choice.as_ref().is_some_and(|choice| choice.lasts.0 <= 0) {
            return wrong("a choice that lasts no time promises nothing", "write lasts = \"14d\"");
        }
        Ok(())
    }
}
