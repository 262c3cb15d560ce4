//! How lopsided the difference of two means still is, which is what makes a t interval miss more often than it says.
//!
//! In an even split the skewness of both arms cancels. In an uneven one the smaller arm's remains, and the interval misses mostly
//! on one side: by the Edgeworth expansion of Student's t (Hall 1992, "The Bootstrap and Edgeworth Expansion", section 2.6) the
//! misses of a 95 % interval grow by about a quarter of its square. The rule of 355 skewness² units per arm (Kohavi, Deng,
//! Longbotham and Xu 2014, "Seven Rules of Thumb for Web Site Experimenters", KDD, rule 7) asks the same of one arm.

use super::compare::Engine;
use super::moments::Moments;

/// Beyond this a 95 % interval misses about half a point more than it says.
pub const LARGEST: f64 = 0.15;

/// Beyond this it misses about half as often again as it says, and worse where the largest values have not turned up yet.
const GROSS: f64 = 0.5;

/// The skewness of a difference beyond which no interval of an engine is better than the one it has. An interval for one look has
/// no slack to miss in, whether it is one of confidence or of belief; an always-valid one has some.
#[must_use]
pub fn bound(engine: &Engine) -> f64 {
    if engine.allows_many_looks() { GROSS } else { LARGEST }
}

/// With a larger standard error of the log ratio, a mean of amounts is too uncertain to be divided by: its relative interval
/// misses more often than it says (Fieller 1954, Journal of the Royal Statistical Society B 16:175, for why; the bound is where
/// calibration sees it). Shares hold further, because their variance falls with their mean.
pub const WIDEST_RATIO: f64 = 0.125;

/// Moments up to the third.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Shape {
    /// Up to the second.
    pub moments: Moments,
    /// The sum of cubed deviations from the mean.
    pub cubes: f64,
}

impl Shape {
    /// Of `successes` ones and the rest zeros.
    #[must_use]
    pub fn of_flags(n: u64, successes: u64) -> Self {
        let moments = Moments::of_flags(n, successes);
        Self { moments, cubes: moments.squares * (1.0 - 2.0 * moments.mean) }
    }

    /// Takes one value (Pébay 2008, Sandia SAND2008-6212, equation 2.8).
    pub fn push(&mut self, value: f64) {
        let (n, delta) = ((self.moments.n + 1) as f64, value - self.moments.mean);
        let step = delta / n;
        self.cubes += delta * step * step * (n - 1.0) * (n - 2.0) - 3.0 * step * self.moments.squares;
        self.moments.push(value);
    }

    /// Both samples together (Pébay 2008, equation 2.5).
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let moments = self.moments.merge(other.moments);
        if self.moments.n == 0 || other.moments.n == 0 {
            return Self { moments, cubes: self.cubes + other.cubes };
        }
        let (a, b) = (self.moments.n as f64, other.moments.n as f64);
        let (n, delta) = (a + b, other.moments.mean - self.moments.mean);
        let cubes = self.cubes
            + other.cubes
            + delta.powi(3) * a * b * (a - b) / (n * n)
            + 3.0 * delta * (a * other.moments.squares - b * self.moments.squares) / n;
        Self { moments, cubes }
    }

    /// The skewness of one value; none where nothing varies.
    #[must_use]
    pub fn skewness(&self) -> Option<f64> {
        let n = self.moments.n as f64;
        let skewness = self.cubes / n / (self.moments.squares / n).powf(1.5);
        skewness.is_finite().then_some(skewness)
    }
}

/// The skewness of treatment mean − control mean. One value's is taken from both arms together: a small arm that happens to lack
/// its large values looks least skewed just when its interval misses. None where nothing varies.
#[must_use]
pub fn of_difference(control: &Shape, treatment: &Shape) -> Option<f64> {
    let (a, b) = (1.0 / control.moments.n as f64, 1.0 / treatment.moments.n as f64);
    let skewness = control.merge(*treatment).skewness()? * (b * b - a * a) / (a + b).powf(1.5);
    skewness.is_finite().then_some(skewness)
}

/// Whether a difference is more lopsided than this.
#[must_use]
pub fn is_beyond(control: &Shape, treatment: &Shape, bound: f64) -> bool {
    of_difference(control, treatment).is_some_and(|skewness| skewness.abs() > bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shape(values: &[f64]) -> Shape {
        let mut shape = Shape::default();
        values.iter().for_each(|value| shape.push(*value));
        shape
    }

    #[test]
    fn an_even_split_cancels_and_an_uneven_one_does_not() {
        let (even, small, large) =
            (Shape::of_flags(5000, 100), Shape::of_flags(1000, 20), Shape::of_flags(9000, 180));
        assert!(of_difference(&even, &even).unwrap().abs() < 1e-12);
        let left = of_difference(&large, &small).unwrap();
        assert!((left - 0.181).abs() < 0.002, "{left}");
        let withheld = |control, treatment, engine| is_beyond(control, treatment, bound(&engine));
        assert!(withheld(&large, &small, Engine::Fixed) && !withheld(&even, &even, Engine::Fixed));
        assert!(withheld(&large, &small, Engine::bayesian()));
        assert!(!withheld(&large, &small, Engine::Sequential { tuning: 5000.0 }));
        assert_eq!(of_difference(&Shape::default(), &Shape::default()), None);
        assert!((shape(&[0.0, 0.0, 0.0, 1.0]).cubes - Shape::of_flags(4, 1).cubes).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn merging_equals_pushing(
            a in proptest::collection::vec(-100.0..100.0_f64, 0..30),
            b in proptest::collection::vec(0.0..1000.0_f64, 0..30),
        ) {
            let merged = shape(&a).merge(shape(&b));
            let all = shape(&[a, b].concat());
            prop_assert_eq!(merged.moments.n, all.moments.n);
            prop_assert!((merged.cubes - all.cubes).abs() <= 1e-9 * all.cubes.abs().max(1e6), "{merged:?} {all:?}");
        }
    }
}
