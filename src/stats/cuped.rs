//! Variance reduction by a covariate known before exposure (Deng, Xu, Kohavi and Walker 2013, "Improving the Sensitivity of
//! Online Controlled Experiments by Utilizing Pre-Experiment Data").

use super::arm::{Adjustment, Arm};
use super::moments::{Pair, Spread};

/// θ = Cov(Y, X) / Var(X) over both arms of the comparison together (Deng et al. equation 4), as gbstats pools it; 0 where
/// outcome or covariate does not vary.
#[must_use]
pub fn theta(control: &Pair, treatment: &Pair) -> f64 {
    let pooled = control.merge(*treatment);
    if pooled.x.squares > 0.0 && pooled.y.squares > 0.0 { pooled.products / pooled.x.squares } else { 0.0 }
}

/// Both arms adjusted by the pooled θ. The means are Ȳ − θ·X̄ and not put back to the covariate's mean, as in gbstats; the
/// re-centred ones stand beside them for ratios of adjusted means.
#[must_use]
pub fn arms(control: &Pair, treatment: &Pair, spread: Spread) -> (Arm, Arm) {
    let theta = theta(control, treatment);
    let centre = control.x.merge(treatment.x).mean;
    (adjusted(control, theta, centre, spread), adjusted(treatment, theta, centre, spread))
}

fn adjusted(pair: &Pair, theta: f64, centre: f64, spread: Spread) -> Arm {
    let outcome = pair.y.variance(spread).unwrap_or(0.0);
    let covariance = theta * pair.covariance(spread).unwrap_or(0.0);
    let explained = theta * theta * pair.x.variance(spread).unwrap_or(0.0);
    Arm {
        n: pair.n(),
        mean: pair.y.mean - theta * pair.x.mean,
        variance: (outcome - 2.0 * covariance + explained).max(0.0),
        base_mean: pair.y.mean,
        base_variance: outcome,
        adjustment: Some(Adjustment {
            covariance,
            variance: explained,
            centred_mean: pair.y.mean - theta * (pair.x.mean - centre),
        }),
    }
}
