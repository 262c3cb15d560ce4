//! Mergeable moments of one variable and of two.
//!
//! Updates are Welford's (1962, Technometrics 4:419), merges Chan, Golub and LeVeque's (1983, The American Statistician 37:242,
//! equation 2.1) and their bivariate form (Pébay 2008, Sandia SAND2008-6212, equation 3.12): sums of squared deviations are
//! kept instead of sums of squares, so a large mean does not cancel the variance away.

use serde::{Deserialize, Serialize};

/// By what a sum of squared deviations is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// By n − 1: an unbiased estimate, for means.
    Sample,
    /// By n: what p(1 − p) is, for proportions.
    Population,
}

impl Spread {
    /// A population's only where both are.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        if self == Self::Population { other } else { self }
    }

    /// The divisor; none where there are too few values for one.
    fn divisor(self, n: u64) -> Option<f64> {
        match self {
            Self::Sample if n >= 2 => Some((n - 1) as f64),
            Self::Population if n >= 1 => Some(n as f64),
            _ => None,
        }
    }
}

/// Count, mean and squared deviations of one variable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// How many values.
    pub n: u64,
    /// Their mean; 0 while there are none.
    pub mean: f64,
    /// The sum of squared deviations from the mean.
    pub squares: f64,
}

impl Moments {
    /// From what exports carry: a count, a sum and a sum of squares.
    #[must_use]
    pub fn from_sums(n: u64, sum: f64, sum_squares: f64) -> Self {
        if n == 0 {
            return Self::default();
        }
        let mean = sum / n as f64;
        Self { n, mean, squares: (sum_squares - sum * mean).max(0.0) }
    }

    /// Of `successes` ones and the rest zeros.
    #[must_use]
    pub fn of_flags(n: u64, successes: u64) -> Self {
        if n == 0 {
            return Self::default();
        }
        let (count, ones) = (n as f64, successes.min(n) as f64);
        Self { n, mean: ones / count, squares: ones * (count - ones) / count }
    }

    /// Takes one value.
    pub fn push(&mut self, value: f64) {
        self.n += 1;
        let delta = value - self.mean;
        self.mean += delta / self.n as f64;
        self.squares += delta * (value - self.mean);
    }

    /// Both samples together. Merge in a fixed order where results must be identical to the bit.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        if self.n == 0 {
            return other;
        }
        if other.n == 0 {
            return self;
        }
        let (a, b) = (self.n as f64, other.n as f64);
        let (total, delta) = (a + b, other.mean - self.mean);
        Self {
            n: self.n + other.n,
            mean: self.mean + delta * b / total,
            squares: self.squares + other.squares + delta * delta * a * b / total,
        }
    }

    /// The variance; none with too few values.
    #[must_use]
    pub fn variance(&self, spread: Spread) -> Option<f64> {
        Some(self.squares / spread.divisor(self.n)?)
    }

    /// The sum of the values.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.mean * self.n as f64
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Self::default();
        values.into_iter().for_each(|value| moments.push(value));
        moments
    }
}

/// Moments of two variables over the same units: an outcome and its covariate, or a numerator and its denominator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The first variable: outcome or numerator.
    pub y: Moments,
    /// The second: covariate or denominator.
    pub x: Moments,
    /// The sum of products of deviations.
    pub products: f64,
}

impl Pair {
    /// From sums at the door; `sum_of_products` is Σyx.
    #[must_use]
    pub fn from_sums(y: Moments, x: Moments, sum_of_products: f64) -> Self {
        Self { y, x, products: sum_of_products - y.sum() * x.mean }
    }

    /// How many units.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.y.n
    }

    /// Takes one unit's two values.
    pub fn push(&mut self, y: f64, x: f64) {
        let before = y - self.y.mean;
        self.y.push(y);
        self.x.push(x);
        self.products += before * (x - self.x.mean);
    }

    /// Both samples together.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        if self.n() == 0 {
            return other;
        }
        if other.n() == 0 {
            return self;
        }
        let (a, b) = (self.n() as f64, other.n() as f64);
        let (dy, dx) = (other.y.mean - self.y.mean, other.x.mean - self.x.mean);
        Self {
            y: self.y.merge(other.y),
            x: self.x.merge(other.x),
            products: self.products + other.products + dy * dx * a * b / (a + b),
        }
    }

    /// The covariance; none with too few units.
    #[must_use]
    pub fn covariance(&self, spread: Spread) -> Option<f64> {
        Some(self.products / spread.divisor(self.n())?)
    }

    /// Pearson's correlation; none where a variable does not vary.
    #[must_use]
    pub fn correlation(&self) -> Option<f64> {
        let scale = (self.y.squares * self.x.squares).sqrt();
        (scale > 0.0).then(|| (self.products / scale).clamp(-1.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: f64, b: f64, scale: f64) -> bool {
        (a - b).abs() <= 1e-12 * scale.max(1e-300)
    }

    fn pair(values: &[(f64, f64)]) -> Pair {
        let mut pair = Pair::default();
        values.iter().for_each(|&(y, x)| pair.push(y, x));
        pair
    }

    #[test]
    fn a_large_mean_does_not_cancel_the_variance() {
        let moments: Moments = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0].into_iter().collect();
        assert_eq!(moments.variance(Spread::Sample), Some(30.0));
    }

    #[test]
    fn flags_have_the_variance_of_a_proportion() {
        let moments = Moments::of_flags(10, 3);
        assert!((moments.variance(Spread::Population).unwrap() - 0.21).abs() < 1e-15);
        assert_eq!(Moments::of_flags(1, 1).variance(Spread::Sample), None);
        assert_eq!(Moments::default().variance(Spread::Population), None);
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_equals_pushing(
            a in proptest::collection::vec((-1e4..1e4_f64, -1e2..1e2_f64), 0..30),
            b in proptest::collection::vec((-1e4..1e4_f64, -1e2..1e2_f64), 0..30),
            c in proptest::collection::vec((-1e4..1e4_f64, -1e2..1e2_f64), 0..30),
        ) {
            let left = pair(&a).merge(pair(&b)).merge(pair(&c));
            let right = pair(&a).merge(pair(&b).merge(pair(&c)));
            let all: Vec<_> = a.into_iter().chain(b).chain(c).collect();
            let pushed = pair(&all);
            for other in [right, pushed] {
                prop_assert_eq!(left.n(), other.n());
                prop_assert!(close(left.y.mean, other.y.mean, 1e4));
                prop_assert!(close(left.y.squares, other.y.squares, 1e8 * all.len() as f64));
                prop_assert!(close(left.x.squares, other.x.squares, 1e4 * all.len() as f64));
                prop_assert!(close(left.products, other.products, 1e6 * all.len() as f64));
            }
        }
    }
}
