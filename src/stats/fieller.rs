//! The ratio of two differences between randomised arms: what one unit of something the arms differ in costs or brings.

use super::moments::{Pair, Spread};
use super::reading::{Caution, Estimate, Reading, Why};
use super::student;

/// The treatment's difference in `y` per unit of its difference in `x`, with Fieller's interval (Fieller 1954, "Some problems in
/// interval estimation", Journal of the Royal Statistical Society B 16:175, section 3). It is the instrumental-variable estimate
/// whose instrument is the arm (Wald 1940, Annals of Mathematical Statistics 11:284). Withheld where the arms do not clearly
/// differ in `x`: the interval would be everything.
#[must_use]
pub fn ratio_of_differences(control: &Pair, treatment: &Pair, alpha: f64) -> Reading {
    let Some((a, b)) = arm(control).zip(arm(treatment)) else {
        let have = control.n().min(treatment.n());
        return Reading::Withheld(Why::TooFew { what: "people per arm".to_owned(), have, need: 2 });
    };
    if !(alpha > 0.0 && alpha < 1.0) {
        return Reading::Withheld(Why::NoData);
    }
    let (dy, dx) = (treatment.y.mean - control.y.mean, treatment.x.mean - control.x.mean);
    let [vy, vx, vyx] = [a.0 + b.0, a.1 + b.1, a.2 + b.2];
    let z = student::normal_upper_quantile(alpha / 2.0);
    // r lies within the interval where (dy − r dx)² ≤ z² (vy − 2 r vyx + r² vx): a parabola in r.
    let square = dx * dx - z * z * vx;
    if square <= 0.0 {
        let reason = "the arms do not clearly differ in how many messages people got".to_owned();
        return Reading::Withheld(Why::Other { reason });
    }
    let half = dy * dx - z * z * vyx;
    let root = (half * half - square * (dy * dy - z * z * vy)).max(0.0).sqrt();
    Reading::Estimate(Estimate {
        value: dy / dx,
        low: (half - root) / square,
        high: (half + root) / square,
        standard_error: None,
        p_value: None,
        level: 1.0 - alpha,
        cautions: vec![Caution::Other("a fixed interval: read it once, at the planned end".to_owned())],
    })
}

/// The variances of both means, and their covariance.
fn arm(pair: &Pair) -> Option<(f64, f64, f64)> {
    let n = pair.n() as f64;
    let (y, x) = (pair.y.variance(Spread::Sample)?, pair.x.variance(Spread::Sample)?);
    Some((y / n, x / n, pair.covariance(Spread::Sample)? / n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(rows: &[(f64, f64)]) -> Pair {
        let mut pair = Pair::default();
        rows.iter().for_each(|(y, x)| pair.push(*y, *x));
        pair
    }

    #[test]
    fn where_the_arms_differ_by_a_fixed_number_it_is_the_difference_divided() {
        let control = pair(&[(1.0, 4.0), (3.0, 4.0), (2.0, 4.0), (2.0, 4.0)]);
        let treatment = pair(&[(4.0, 2.0), (6.0, 2.0), (5.0, 2.0), (5.0, 2.0)]);
        let reading = ratio_of_differences(&control, &treatment, 0.05);
        let estimate = reading.estimate().unwrap();
        // Both arms vary by 2/3 in the outcome, so the difference of 3 has the variance (2/3)/4 + (2/3)/4 = 1/3.
        let half = 1.959_963_985 * (1.0_f64 / 3.0).sqrt() / 2.0;
        assert!((estimate.value + 1.5).abs() < 1e-12);
        assert!((estimate.low - (-1.5 - half)).abs() < 1e-8 && (estimate.high - (-1.5 + half)).abs() < 1e-8);
    }

    #[test]
    fn the_ends_are_where_the_hypothesis_is_just_rejected() {
        let control = pair(&[(1.0, 4.0), (0.0, 3.0), (1.0, 4.0), (0.0, 5.0), (1.0, 4.0), (1.0, 4.0)]);
        let treatment = pair(&[(0.0, 2.0), (0.0, 1.0), (1.0, 2.0), (0.0, 2.0), (0.0, 1.0), (0.0, 2.0)]);
        let estimate = ratio_of_differences(&control, &treatment, 0.05);
        let estimate = estimate.estimate().unwrap();
        assert!(estimate.low < estimate.value && estimate.value < estimate.high);
        for r in [estimate.low, estimate.high] {
            // The outcome less r for each message: at the ends its difference is just 1.96 standard errors.
            let less =
                |pair: &[(f64, f64)]| pair.iter().map(|(y, x)| y - r * x).collect::<super::super::Moments>();
            let a = less(&[(1.0, 4.0), (0.0, 3.0), (1.0, 4.0), (0.0, 5.0), (1.0, 4.0), (1.0, 4.0)]);
            let b = less(&[(0.0, 2.0), (0.0, 1.0), (1.0, 2.0), (0.0, 2.0), (0.0, 1.0), (0.0, 2.0)]);
            let error =
                ((a.variance(Spread::Sample).unwrap() + b.variance(Spread::Sample).unwrap()) / 6.0).sqrt();
            assert!(((b.mean - a.mean).abs() / error - 1.959_963_985).abs() < 1e-6, "{r}");
        }
    }

    #[test]
    fn arms_that_got_alike_cost_nothing_that_could_be_told() {
        let same = pair(&[(1.0, 4.0), (0.0, 3.0), (1.0, 5.0)]);
        assert!(matches!(ratio_of_differences(&same, &same, 0.05), Reading::Withheld(Why::Other { .. })));
        let one = pair(&[(1.0, 4.0)]);
        assert!(matches!(ratio_of_differences(&one, &same, 0.05), Reading::Withheld(Why::TooFew { .. })));
    }
}
