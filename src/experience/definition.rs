//! The definition of an experience.

use serde::{Deserialize, Serialize};

use crate::model::consent::Purpose;
use crate::model::{Channel, Problem};

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

/// An experience as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
        Ok(experience)
    }
}
