//! The one form in which an arm enters a comparison, whatever its metric is.

/// An arm's mean and spread per unit, with what a relative effect of an adjusted mean needs besides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arm {
    /// Units.
    pub n: u64,
    /// The mean the test is on; adjusted for a covariate where one is used.
    pub mean: f64,
    /// Variance of one unit's contribution to that mean.
    pub variance: f64,
    /// The mean without adjustment: what a relative change is relative to.
    pub base_mean: f64,
    /// Variance of one unit's contribution to the unadjusted mean.
    pub base_variance: f64,
    /// What the covariate takes out; none for an unadjusted mean.
    pub adjustment: Option<Adjustment>,
}

/// How a covariate changed an arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjustment {
    /// θ · Cov(Y, X) of this arm.
    pub covariance: f64,
    /// θ² · Var(X) of this arm.
    pub variance: f64,
    /// The adjusted mean put back to the covariate's pooled mean, so that it is on the metric's own scale.
    pub centred_mean: f64,
}

impl Arm {
    /// An arm whose mean is not adjusted.
    #[must_use]
    pub fn plain(n: u64, mean: f64, variance: f64) -> Self {
        Self { n, mean, variance, base_mean: mean, base_variance: variance, adjustment: None }
    }

    /// The squared standard error of the mean.
    #[must_use]
    pub fn error(&self) -> f64 {
        self.variance / self.n as f64
    }

    /// The mean on the metric's own scale.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.adjustment.map_or(self.mean, |adjustment| adjustment.centred_mean)
    }
}
