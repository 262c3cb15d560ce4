//! Draws that experiments are made of.

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

/// Binomial counts of a fixed probability for up to so many trials, by the inverse of their distribution.
pub(super) struct Binomials {
    /// Distribution functions by number of trials.
    tables: Vec<Vec<f64>>,
}

impl Binomials {
    pub(super) fn new(p: f64, most: usize) -> Self {
        let odds = p / (1.0 - p);
        let table = |n: usize| {
            let mut mass = (1.0 - p).powi(n as i32);
            let mut sum = 0.0;
            (0..=n)
                .map(|k| {
                    sum += mass;
                    mass *= (n - k) as f64 / (k + 1) as f64 * odds;
                    sum
                })
                .collect()
        };
        Self { tables: (0..=most).map(table).collect() }
    }

    /// A count among `n` trials, which must be within the most.
    pub(super) fn draw(&self, n: usize, stream: &mut Xoshiro256PlusPlus) -> usize {
        let u: f64 = stream.random();
        self.tables.get(n).map_or(0, |table| table.partition_point(|below| *below <= u).min(n))
    }
}

/// Two independent standard normal numbers (Box and Muller 1958, Annals of Mathematical Statistics 29:610).
pub(super) fn gaussians(stream: &mut Xoshiro256PlusPlus) -> (f64, f64) {
    let (a, b): (f64, f64) = (stream.random(), stream.random());
    let radius = (-2.0 * (1.0 - a).ln()).sqrt();
    let (sine, cosine) = (std::f64::consts::TAU * b).sin_cos();
    (radius * cosine, radius * sine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Draw, Seed};

    #[test]
    fn counts_have_the_mean_and_variance_of_a_binomial() {
        let binomials = Binomials::new(0.2, 50);
        let mut stream = Seed(3).stream(1, Draw::of("binomial"), 0);
        let counts: crate::stats::Moments =
            (0..100_000).map(|_| binomials.draw(50, &mut stream) as f64).collect();
        assert!((counts.mean - 10.0).abs() < 0.04, "{counts:?}");
        assert!((counts.squares / 1e5 - 8.0).abs() < 0.15, "{counts:?}");
        assert_eq!(binomials.draw(0, &mut stream), 0);
    }
}
