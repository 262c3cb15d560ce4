//! A design as fields to fill in, each a short text. The definition's own text stays the truth: a sheet is read from it and
//! written over it, field by field, so that what it does not show and what people wrote beside it stay.

mod place;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use place::place;

use std::collections::BTreeMap;

/// One field of a design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// What it is called.
    Name,
    /// What is believed and why.
    Hypothesis,
    /// The segment it is for.
    Segment,
    /// A rule it is for, instead of a segment.
    Rule,
    /// The identity namespace that is hashed.
    HashAttribute,
    /// The namespace hashed where a person has none of the first.
    Fallback,
    /// A variant, the control first.
    Variant(usize, OfVariant),
    /// The share of people who take part, in per cent.
    Coverage,
    /// The layer's name.
    Layer,
    /// Where its part begins, in per cent.
    LayerFrom,
    /// Where its part ends, in per cent.
    LayerTo,
    /// The holdout's name.
    Holdout,
    /// The share it keeps out, in per cent.
    HoldoutShare,
    /// The channel of messages whose text another tool has.
    Channel,
    /// A metric.
    Metric(usize, OfMetric),
    /// Which engine reads it.
    Engine,
    /// One minus the coverage of its intervals.
    Alpha,
    /// Which alternatives count.
    Sided,
    /// N* of the sequential engine.
    Tuning,
    /// The change the Bayesian engine expects, in per cent.
    PriorMean,
    /// How far from it changes usually lie, in per cent; flat where nothing is said.
    PriorSd,
    /// The largest loss the Bayesian engine may expect of shipping, in per cent.
    Risk,
    /// Whether metrics are adjusted for what came before.
    Cuped,
    /// When it starts.
    Start,
    /// Days it should run.
    Days,
    /// People it should have.
    People,
    /// Whole weeks it must run at least.
    Weeks,
    /// The smallest change worth acting on, in per cent.
    Effect,
    /// The probability with which it is to be seen, in per cent.
    Power,
}

/// A field of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfVariant {
    /// Its name; an empty one takes it out.
    Name,
    /// Its share in per cent; even where all are empty.
    Weight,
    /// What its people get: an experience, [`NOTHING`], or left to another tool.
    Gets,
}

/// A field of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfMetric {
    /// Its name; an empty one takes it out.
    Name,
    /// What it is there for: one of [`ROLES`].
    Role,
    /// How much worse a guardrail may become, in per cent.
    Margin,
    /// How long events count, where it differs from the metric's own.
    Window,
    /// How long after exposure counting begins, where it differs.
    Delay,
    /// Which way it should move, where it differs.
    Better,
}

/// What people who are held back get.
pub const NOTHING: &str = "nothing";

/// What a metric can be there for.
pub const ROLES: [&str; 3] = ["primary", "secondary", "guardrail"];

/// The fields of a design.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    cells: BTreeMap<Field, String>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which one.
    pub field: Field,
    /// What is wrong.
    pub message: String,
}

impl Sheet {
    /// What a field says; nothing where it is empty.
    #[must_use]
    pub fn get(&self, field: Field) -> &str {
        self.cells.get(&field).map_or("", |text| text.trim())
    }

    /// Fills a field in.
    pub fn set(&mut self, field: Field, text: &str) {
        if text.trim().is_empty() {
            self.cells.remove(&field);
        } else {
            self.cells.insert(field, text.to_owned());
        }
    }

    /// Places of variants, those without a name among them.
    #[must_use]
    pub fn variants(&self) -> usize {
        let places = self.cells.keys().filter_map(|field| match field {
            Field::Variant(at, _) => Some(at + 1),
            _ => None,
        });
        places.max().unwrap_or(0)
    }

    /// Places of metrics, those without a name among them.
    #[must_use]
    pub fn metrics(&self) -> usize {
        let places = self.cells.keys().filter_map(|field| match field {
            Field::Metric(at, _) => Some(at + 1),
            _ => None,
        });
        places.max().unwrap_or(0)
    }

    /// Names of metrics with their place, in the order they stand.
    pub fn metric_names(&self) -> impl Iterator<Item = (usize, &str)> {
        let named = |at| (at, self.get(Field::Metric(at, OfMetric::Name)));
        (0..self.metrics()).map(named).filter(|(_, name)| !name.is_empty())
    }
}
