//! Units' values summed up to an arm's moments. Feed units in a fixed order, or fixed chunks merged in a fixed order, and the
//! result is the same to the bit.

use super::measure::{CurrencySeen, UnitValue};
use super::metric::MetricKind;
use crate::model::Time;
use crate::stats::skew::Shape;
use crate::stats::{Pair, Ratio, Spread, Summary, Why};

/// One metric in one arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Collected {
    kind: MetricKind,
    /// The value and its covariate, or numerator and denominator.
    pair: Pair,
    /// The value's sum of cubed deviations.
    cubes: f64,
    nonzero: u64,
    pending: u64,
    /// When the first window closes of those that are open, where that is known.
    closes: Option<Time>,
    /// The value furthest from zero.
    furthest: f64,
    covariate: CovariateSeen,
    currency: CurrencySeen,
}

/// What covariates looked like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CovariateSeen {
    /// Not every unit had one.
    No,
    /// Every unit had one, and it was zero or one.
    Flags,
    /// Every unit had one.
    Numbers,
}

impl Collected {
    /// Of no unit yet.
    #[must_use]
    pub fn new(kind: MetricKind) -> Self {
        Self {
            kind,
            pair: Pair::default(),
            cubes: 0.0,
            nonzero: 0,
            pending: 0,
            closes: None,
            furthest: 0.0,
            covariate: CovariateSeen::Flags,
            currency: CurrencySeen::None,
        }
    }

    /// Takes a unit. One whose window has not elapsed is counted as pending and nothing else.
    pub fn push(&mut self, value: &UnitValue, covariate: Option<f64>) {
        if !value.matured {
            self.pending += 1;
            self.closes = earlier(self.closes, Some(value.closes));
            return;
        }
        let y = value.numerator();
        let x = match self.kind {
            MetricKind::Ratio => Some(value.denominator()),
            MetricKind::Proportion | MetricKind::Mean => covariate,
        };
        let before = y - self.pair.y.mean;
        let mut shape = self.shape();
        shape.push(y);
        (self.pair.y, self.cubes) = (shape.moments, shape.cubes);
        match x {
            Some(x) => {
                self.pair.x.push(x);
                self.pair.products += before * (x - self.pair.x.mean);
            }
            // A covariate nobody has is zero throughout.
            None if self.pair.x.squares == 0.0 && self.pair.x.mean == 0.0 => self.pair.x.n += 1,
            None => self.pair.x.push(0.0),
        }
        self.nonzero += u64::from(y != 0.0);
        self.furthest = further(self.furthest, y);
        self.currency = self.currency.and(value.currency);
        self.covariate = self.covariate.and(match covariate {
            None => CovariateSeen::No,
            Some(x) if [0.0, 1.0].contains(&x) => CovariateSeen::Flags,
            Some(_) => CovariateSeen::Numbers,
        });
    }

    /// Both together.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            kind: self.kind,
            pair: self.pair.merge(other.pair),
            cubes: self.shape().merge(other.shape()).cubes,
            nonzero: self.nonzero + other.nonzero,
            pending: self.pending + other.pending,
            closes: earlier(self.closes, other.closes),
            furthest: further(self.furthest, other.furthest),
            covariate: self.covariate.and(other.covariate),
            currency: self.currency.and(other.currency),
        }
    }

    /// The same with so many units whose window has not elapsed.
    #[must_use]
    pub fn waiting(self, pending: u64) -> Self {
        Self { pending, ..self }
    }

    /// The values with what was known beside them; of a ratio its numerators and denominators.
    pub(super) fn pair(&self) -> Pair {
        self.pair
    }

    /// Units measured.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.pair.n()
    }

    /// Units whose window has not elapsed.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.pending
    }

    /// When the first of their windows closes, where there is one and that is known.
    #[must_use]
    pub fn closes(&self) -> Option<Time> {
        self.closes
    }

    /// Units whose value is not zero: conversions of a proportion.
    #[must_use]
    pub fn nonzero(&self) -> u64 {
        self.nonzero
    }

    /// In which currency its amounts were.
    #[must_use]
    pub fn currency(&self) -> CurrencySeen {
        self.currency
    }

    /// Units of a proportion on its rarer side, where the normal approximation is worst; none for other kinds.
    #[must_use]
    pub fn rarer(&self) -> Option<u64> {
        (self.kind == MetricKind::Proportion).then(|| self.nonzero.min(self.n() - self.nonzero))
    }

    /// The value's moments up to the third.
    #[must_use]
    pub fn shape(&self) -> Shape {
        Shape { moments: self.pair.y, cubes: self.cubes }
    }

    /// Whether one unit alone makes more than half of the variance of a mean, so that interval and test hang on it.
    #[must_use]
    pub fn hangs_on_one_unit(&self) -> bool {
        let deviation = self.furthest - self.pair.y.mean;
        self.kind == MetricKind::Mean && self.n() >= 20 && deviation * deviation > 0.5 * self.pair.y.squares
    }

    /// The arm without adjustment.
    ///
    /// # Errors
    /// [`Why::MixedCurrencies`].
    pub fn summary(&self) -> Result<Summary, Why> {
        if self.currency == CurrencySeen::Several {
            return Err(Why::MixedCurrencies);
        }
        Ok(match self.kind {
            MetricKind::Proportion => Summary::Proportion { n: self.n(), successes: self.nonzero },
            MetricKind::Mean => Summary::Mean(self.pair.y),
            MetricKind::Ratio => Summary::Ratio(Ratio {
                pair: self.pair,
                numerator: Spread::Sample,
                denominator: Spread::Sample,
            }),
        })
    }

    /// The arm adjusted for its covariate; none where units have none, or the metric is a ratio. Variances are a population's
    /// only where outcome and covariate are both yes-or-no, as in gbstats.
    #[must_use]
    pub fn adjusted(&self) -> Option<Summary> {
        let spread = match (self.kind, self.covariate) {
            (MetricKind::Ratio, _) | (_, CovariateSeen::No) => return None,
            (MetricKind::Proportion, CovariateSeen::Flags) => Spread::Population,
            (MetricKind::Proportion | MetricKind::Mean, _) => Spread::Sample,
        };
        (self.currency != CurrencySeen::Several).then_some(Summary::Adjusted { pair: self.pair, spread })
    }
}

fn earlier(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    a.into_iter().chain(b).min()
}

fn further(a: f64, b: f64) -> f64 {
    if b.abs() > a.abs() { b } else { a }
}

impl CovariateSeen {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Flags, Self::Flags) => Self::Flags,
            _ => Self::Numbers,
        }
    }
}
