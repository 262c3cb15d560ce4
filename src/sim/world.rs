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
        world.check()?;
        Ok(world)
    }

    fn check(&self) -> Result<(), Problem> {
        self.check_visits()?;
        self.check_products()?;
        if self.population.countries.is_empty()
            || self.population.first_names.is_empty()
            || self.population.last_names.is_empty()
        {
            return wrong("people need countries, first_names and last_names", "fill them in population");
        }
        if self.join < self.start {
            return wrong("the console would join before the run begins", "let join be at or after start");
        }
        self.check_shares()
    }

    fn check_visits(&self) -> Result<(), Problem> {
        if self.visits.hours.len() != 24 {
            return wrong("visits.hours has not 24 weights", "write one for each UTC hour");
        }
        if !(self.visits.hours.iter().sum::<f64>() > 0.0 && self.visits.per_day > 0.0) {
            return wrong("nobody ever comes", "visits.per_day and some hour must be above 0");
        }
        if self.visits.hours.iter().any(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            return wrong("an hour's weight is below 0", "weights are 0 or more");
        }
        if !(self.visits.spread >= 0.0 && self.visits.spread.is_finite() && self.visits.per_day.is_finite()) {
            return wrong("visits.spread is no spread", "write 0 or more, such as 0.75");
        }
        Ok(())
    }

    fn check_products(&self) -> Result<(), Problem> {
        if self.products.is_empty() {
            return wrong("there is nothing to look at", "add [[products]]");
        }
        let weights: f64 = self.products.iter().map(|product| product.weight).sum();
        let sound = |product: &Product| (0.0..=1e9).contains(&product.weight) && product.price.is_finite();
        if weights <= 0.0 || !self.products.iter().all(sound) {
            return wrong(
                "products need weights of 0 or more, not all of them 0, and prices",
                "correct [[products]]",
            );
        }
        Ok(())
    }

    fn check_shares(&self) -> Result<(), Problem> {
        let shares = [
            ("population.email_consent", self.population.email_consent),
            ("population.survey_consent", self.population.survey_consent),
            ("population.customers", self.population.customers),
            ("session.add", self.session.add),
            ("session.checkout", self.session.checkout),
            ("session.order", self.session.order),
            ("session.remove", self.session.remove),
            ("session.come_back", self.session.come_back),
            ("session.app", self.session.app),
            ("session.support", self.session.support),
        ];
        let shares = shares.into_iter().map(|(name, share)| (name.to_owned(), share));
        let reactions = self.reactions.iter().flat_map(|reaction| {
            let Reaction { experience, open, click, order, unsubscribe, .. } = reaction;
            [("open", open), ("click", click), ("order", order), ("unsubscribe", unsubscribe)]
                .map(|(what, share)| (format!("{what} of the reaction to {experience}"), *share))
        });
        let answers = self.satisfactions.iter().map(|s| (format!("answer of {}", s.survey), s.answer));
        for (name, share) in shares.chain(reactions).chain(answers) {
            if !(0.0..=1.0).contains(&share) {
                return wrong(&format!("{name} is {share}"), "probabilities are between 0 and 1");
            }
        }
        for Satisfaction { survey, scores, .. } in &self.satisfactions {
            if scores.iter().any(|share| !(0.0..=1e9).contains(share)) || scores.iter().sum::<f64>() <= 0.0 {
                return wrong(
                    &format!("the scores of {survey} are no shares"),
                    "write one share for each point",
                );
            }
        }
        Ok(())
    }
}

fn wrong(what: &str, help: &str) -> Result<(), Problem> {
    Err(Problem::new("world", what.to_owned()).help(help))
}
