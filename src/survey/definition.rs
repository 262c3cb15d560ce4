//! The definition of a survey.

use serde::{Deserialize, Serialize};

use crate::model::{Channel, Problem};

/// A survey as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// Its name.
    pub name: String,
    /// The moment it asks about: `purchase`, `delivery`, `cart`, `onboarding`, `support`, `conversation`.
    pub moment: String,
    /// Where it is asked.
    pub channel: Channel,
    /// The question.
    pub question: String,
    /// Points of the scale.
    #[serde(default = "five")]
    pub scale: u8,
    /// How many of the highest points count as satisfied.
    #[serde(default = "two")]
    pub top_box: u8,
    /// Words that caps and panels group by.
    #[serde(default)]
    pub categories: Vec<String>,
}

fn five() -> u8 {
    5
}

fn two() -> u8 {
    2
}

impl Survey {
    /// Reads the definition's text and checks what TOML alone cannot.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let survey: Self = toml::from_str(text).map_err(|e| crate::model::problem::of_toml(&e, text))?;
        if !(2..=11).contains(&survey.scale) {
            return Err(Problem::new("survey-scale", format!("a scale of {} points", survey.scale))
                .help("use 2 to 11 points"));
        }
        if survey.top_box == 0 || survey.top_box >= survey.scale {
            return Err(Problem::new(
                "survey-box",
                format!("the top {} of {} points cannot be told from the rest", survey.top_box, survey.scale),
            ));
        }
        Ok(survey)
    }

    /// Whether an answer counts as satisfied; `None` outside the scale.
    #[must_use]
    pub fn is_satisfied(&self, answer: u8) -> Option<bool> {
        (1..=self.scale).contains(&answer).then_some(answer > self.scale - self.top_box)
    }

    /// `top 2 of 5`.
    #[must_use]
    pub fn scale_text(&self) -> String {
        format!("top {} of {}", self.top_box, self.scale)
    }
}
