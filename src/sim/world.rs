//! The definition of a world.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Problem, Span, Time};

/// A simulation scenario as it is written. Shares and probabilities are between 0 and 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// Its name.
    pub name: String,
    /// What it shows, in a sentence.
    #[serde(default)]
    pub description: String,
    /// When the run begins.
    pub start: Time,
    /// When the console joins it: the moment shown first.
    pub join: Time,
    /// How many people there are, observed ones included.
    pub people: u32,
    /// The currency of amounts.
    pub currency: String,
    /// Who they are.
    pub population: Population,
    /// How often they come.
    pub visits: Visits,
    /// What they do when they come.
    pub session: SessionModel,
    /// What they look at: category, price, weight.
    pub products: Vec<Product>,
    /// How they react to what is sent.
    #[serde(default, rename = "reaction")]
    pub reactions: Vec<Reaction>,
    /// How they react to surveys.
    #[serde(default, rename = "satisfaction")]
    pub satisfactions: Vec<Satisfaction>,
    /// What pressure does to them.
    #[serde(default)]
    pub fatigue: FatigueModel,
}

/// Who people are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Country codes and their shares.
    pub countries: BTreeMap<String, f64>,
    /// Share with e-mail marketing consent.
    pub email_consent: f64,
    /// Share that may be asked surveys.
    pub survey_consent: f64,
    /// Share that has bought before.
    pub customers: f64,
    /// First names to draw from.
    pub first_names: Vec<String>,
    /// Last names to draw from.
    pub last_names: Vec<String>,
}

/// How often people come: a Poisson process per person, its rate log-normal over people, shaped by the hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visits {
    /// Median visits per person and day.
    pub per_day: f64,
    /// Standard deviation of the logarithm of the rate.
    pub spread: f64,
    /// Weight of each UTC hour, 24 of them.
    pub hours: Vec<f64>,
}

/// What people do in a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionModel {
    /// Mean number of products looked at.
    pub views: f64,
    /// Probability of putting something into the cart.
    pub add: f64,
    /// Probability of going on to the checkout, having added.
    pub checkout: f64,
    /// Probability of ordering, at the checkout.
    pub order: f64,
    /// Probability of taking it out of the cart again, having left.
    #[serde(default)]
    pub remove: f64,
    /// Probability of coming back by oneself to order what was left in the cart.
    pub come_back: f64,
    /// How long that takes at most.
    pub come_back_within: Span,
    /// Share of visits in the app.
    pub app: f64,
    /// Probability that an order leads to a support ticket.
    pub support: f64,
}

/// Something people look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its id.
    pub id: String,
    /// Its category.
    pub category: String,
    /// Its price.
    pub price: f64,
    /// How often it is looked at, relative to the others.
    pub weight: f64,
}

/// How people react to one experience when it arrives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// The experience's name.
    pub experience: String,
    /// Probability of opening it.
    pub open: f64,
    /// Probability of clicking, having opened.
    pub click: f64,
    /// Probability of ordering, having clicked.
    pub order: f64,
    /// The basket's value compared with the usual one.
    #[serde(default = "one")]
    pub basket: f64,
    /// Probability of unsubscribing from it without any pressure.
    #[serde(default)]
    pub unsubscribe: f64,
}

fn one() -> f64 {
    1.0
}

/// How people answer one survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Satisfaction {
    /// The survey's name.
    pub survey: String,
    /// Probability of answering.
    pub answer: f64,
    /// Shares of the points, from 1 up.
    pub scores: Vec<f64>,
}

/// What pressure does to people. The panels do not know this; they must find it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FatigueModel {
    /// Opens fall by exp(−this × pressure).
    pub open_damping: f64,
    /// Unsubscribes rise by (1 + this × pressure²).
    pub unsubscribe_rise: f64,
}

impl Default for FatigueModel {
    fn default() -> Self {
        Self { open_damping: 0.08, unsubscribe_rise: 0.6 }
    }
}

impl World {
    /// Reads the definition's text and checks what TOML alone cannot.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let world: Self = toml::from_str(text).map_err(|e| crate::model::problem::of_toml(&e, text))?;
        world.check().map_err(|fault| fault.in_text(text))?;
        Ok(world)
    }
}
