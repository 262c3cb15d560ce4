//! Declared metrics: what is counted or summed over a unit's events, or a value an import gives per unit.

use serde::{Deserialize, Serialize};

use super::measure::UnitValue;
use super::text;
use crate::model::{Decimal, Problem, Span, Time};
use crate::stats::Spread;
use crate::stats::winsor::{self, Cuts};

/// What kind of number a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// The share of units that did something.
    Proportion,
    /// A number per unit.
    Mean,
    /// A sum over a sum, such as revenue per order.
    Ratio,
}

impl MetricKind {
    /// The kind of a name: `proportion`, `mean`, `ratio`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "proportion" => Some(Self::Proportion),
            "mean" => Some(Self::Mean),
            "ratio" => Some(Self::Ratio),
            _ => None,
        }
    }

    /// How its variance is taken.
    #[must_use]
    pub fn spread(self) -> Spread {
        match self {
            Self::Proportion => Spread::Population,
            Self::Mean | Self::Ratio => Spread::Sample,
        }
    }
}

/// Which way a metric should move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is better.
    #[default]
    Higher,
    /// Less is better.
    Lower,
}

impl Better {
    /// +1 where more is better, −1 where less is.
    #[must_use]
    pub fn sign(self) -> f64 {
        match self {
            Self::Higher => 1.0,
            Self::Lower => -1.0,
        }
    }
}

/// What is made of a unit's events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// One if there is any, else zero.
    #[default]
    Any,
    /// How many there are.
    Count,
    /// The sum of a property.
    Sum,
    /// How many visits they make: a pause of half an hour ends one.
    Visits,
    /// Minutes between the first and the last of each visit, summed.
    Minutes,
}

/// One accumulation over a unit's events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The event's name: `Order Completed`; `*` is anything done on our own pages.
    pub event: String,
    /// What is made of them.
    #[serde(default)]
    pub aggregate: Aggregate,
    /// The property summed, or held against the minimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// Only events count whose property is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Decimal>,
    /// How many events `any` asks for; one where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

impl Measure {
    /// This made of events of a name.
    #[must_use]
    pub fn of(event: &str, aggregate: Aggregate) -> Self {
        Self { event: event.to_owned(), aggregate, property: None, minimum: None, times: None }
    }

    /// The sum of a property of events of a name.
    #[must_use]
    pub fn sum(event: &str, property: &str) -> Self {
        Self { property: Some(property.to_owned()), ..Self::of(event, Aggregate::Sum) }
    }
}

/// A declared metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Its name, unique.
    pub name: String,
    /// What kind of number it is.
    pub kind: MetricKind,
    /// Which way it should move.
    #[serde(default)]
    pub better: Better,
    /// How long after exposure (and delay) events count; without one, up to the point of reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Span>,
    /// How long after exposure counting begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Span>,
    /// A unit's value above this counts as this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winsorise: Option<Decimal>,
    /// The share of all units' non-zero values beyond which one counts as the value there, all arms pooled: 0.99 cuts the largest
    /// hundredth. Zeros do not count, since most people spend nothing and a share of everybody would cut every buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winsorise_share: Option<Decimal>,
    /// What is measured; none for a value an import gives per unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// What a ratio is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denominator: Option<Measure>,
    /// Amounts taken off what is summed, on the day they are known: refunds. Their size counts, whatever their sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less: Option<Measure>,
}

impl Metric {
    /// A metric whose values an import gives per unit.
    #[must_use]
    pub fn given(name: &str, kind: MetricKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            better: Better::Higher,
            window: None,
            delay: None,
            winsorise: None,
            winsorise_share: None,
            measure: None,
            denominator: None,
            less: None,
        }
    }

    /// From when to when events count of a unit that was exposed then.
    #[must_use]
    pub fn stretch(&self, exposed: Time) -> (Time, Time) {
        let from = self.delay.map_or(exposed, |delay| exposed + delay);
        (from, self.window.map_or(Time::MAX, |window| from + window))
    }

    /// Whether a value given for a unit can be one of this metric's: a proportion takes zero and one.
    #[must_use]
    pub fn takes(&self, value: Decimal) -> bool {
        self.kind != MetricKind::Proportion || [Decimal::ZERO, Decimal::ONE].contains(&value)
    }

    /// Where values are cut, if the metric asks for it: at the share of what is not zero among the values of all arms whose window
    /// has elapsed.
    #[must_use]
    pub fn cuts<'v>(&self, values: impl IntoIterator<Item = &'v UnitValue>) -> Option<Cuts> {
        let share = self.winsorise_share?.to_f64();
        let matured = values.into_iter().filter(|value| value.matured).map(UnitValue::numerator);
        winsor::cuts(matured, 0.0, share, true)
    }

    /// Whether it sums money: a property that the Segment spec gives an amount in.
    #[must_use]
    pub fn is_amount(&self) -> bool {
        const AMOUNTS: [&str; 8] =
            ["total", "revenue", "value", "price", "subtotal", "shipping", "tax", "discount"];
        let property = self.measure.as_ref().and_then(|measure| measure.property.as_deref());
        property.is_some_and(|property| AMOUNTS.contains(&property))
    }

    /// Reads a metric's TOML text and checks what it says.
    ///
    /// # Errors
    /// Every problem found.
    pub fn read(text: &str) -> Result<Self, Vec<Problem>> {
        let metric: Self = text::read(text, "metric-syntax")?;
        let problems = metric.problems();
        if problems.is_empty() { Ok(metric) } else { Err(problems) }
    }

    /// What is wrong with the metric, if anything.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut fault =
            |code, message: String, help: &str| problems.push(Problem::new(code, message).help(help));
        if self.name.trim().is_empty() {
            fault("metric-name", "a metric needs a name".to_owned(), "write name = \"orders\"");
        }
        let ratio = self.kind == MetricKind::Ratio;
        if ratio != self.denominator.is_some() {
            fault(
                "metric-denominator",
                format!("metric {} must have a denominator exactly if it is a ratio", self.name),
                "add [denominator] with an event, or change kind",
            );
        }
        let parts: Vec<&Measure> = self.measure.iter().chain(&self.denominator).collect();
        if self.kind == MetricKind::Proportion && parts.iter().any(|part| part.aggregate != Aggregate::Any) {
            fault(
                "metric-aggregate",
                format!("metric {} is a proportion, so its aggregate can only be any", self.name),
                "use aggregate = \"any\" or kind = \"mean\"",
            );
        }
        let asks = |part: &&Measure| part.aggregate == Aggregate::Sum || part.minimum.is_some();
        if parts.iter().any(|part| asks(part) != part.property.is_some()) {
            fault(
                "metric-property",
                format!(
                    "metric {} must name a property exactly where it sums one or asks for a minimum",
                    self.name
                ),
                "write aggregate = \"sum\" with property = \"revenue\"",
            );
        }
        if parts.iter().any(|part| part.times.is_some() && part.aggregate != Aggregate::Any)
            || parts.iter().any(|part| part.times == Some(0))
        {
            fault(
                "metric-times",
                format!("metric {} may say how many times only where its aggregate is any", self.name),
                "write aggregate = \"any\" with times = 2",
            );
        }
        let sums = |part: &Measure| part.aggregate == Aggregate::Sum && part.property.is_some();
        if self.less.as_ref().is_some_and(|less| !sums(less) || !self.measure.as_ref().is_some_and(sums)) {
            fault(
                "metric-less",
                format!("metric {} may take amounts off only where it sums amounts", self.name),
                "write [less] with an event, aggregate = \"sum\" and a property",
            );
        }
        problems.extend(self.range_problems());
        problems
    }

    /// What is wrong with the cut, the window and the delay.
    fn range_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut fault =
            |code, message: String, help: &str| problems.push(Problem::new(code, message).help(help));
        let share = |share: Decimal| share > Decimal::ZERO && share < Decimal::ONE;
        if self.winsorise_share.is_some_and(|cut| !share(cut) || self.kind == MetricKind::Proportion) {
            fault(
                "metric-winsorise",
                format!(
                    "metric {} is cut at a share between 0 and 1, and a proportion not at all",
                    self.name
                ),
                "write winsorise_share = 0.99",
            );
        }
        if self.window.is_some_and(|window| window <= Span::ZERO)
            || self.delay.is_some_and(|delay| delay < Span::ZERO)
        {
            fault(
                "metric-window",
                format!("metric {} needs a window above zero and no negative delay", self.name),
                "write window = \"7d\"",
            );
        }
        if self.measure.is_none() && (self.window.is_some() || self.delay.is_some()) {
            fault(
                "metric-given-window",
                format!("metric {} is given per unit, so it has no window", self.name),
                "remove window and delay, or add [measure]",
            );
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_a_metric_and_back() {
        let text = "name = \"revenue\"\nkind = \"mean\"\nwindow = \"7d\"\nwinsorise = 500\n\n[measure]\nevent = \"Order Completed\"\naggregate = \"sum\"\nproperty = \"revenue\"\n";
        let metric = Metric::read(text).unwrap();
        assert_eq!(metric.window, Some(Span::days(7)));
        assert!(metric.is_amount() && !Metric::given("revenue", MetricKind::Mean).is_amount());
        assert_eq!(Metric::read(&toml::to_string(&metric).unwrap()), Ok(metric));
    }

    #[test]
    fn faults_are_named() {
        let codes = |text: &str| Metric::read(text).unwrap_err().iter().map(|p| p.code).collect::<Vec<_>>();
        assert_eq!(codes("name = \"x\"\nkind = \"ratio\""), ["metric-denominator"]);
        assert_eq!(
            codes("name = \"x\"\nkind = \"proportion\"\n[measure]\nevent = \"E\"\naggregate = \"sum\""),
            ["metric-aggregate", "metric-property"]
        );
        assert_eq!(codes("name = \"x\"\nkind = \"mean\"\nwindow = \"7d\""), ["metric-given-window"]);
        assert_eq!(
            codes("name = \"x\"\nkind = \"mean\"\nwindow = \"0d\"\n[measure]\nevent = \"E\""),
            ["metric-window"]
        );
        let problem = Metric::read("name = \"x\"\nkind = \"median\"").unwrap_err().remove(0);
        assert_eq!((problem.code, problem.place.line), ("metric-syntax", Some(2)));
        assert_eq!(
            problem.message,
            "unknown variant `median`, expected one of `proportion`, `mean`, `ratio`"
        );
    }
}
