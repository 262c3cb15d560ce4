//! A variant's sums as moments: the one place where sums are taken in, with a check that such sums can be.

use super::fields::{Fields, problem, whole};
use crate::model::Problem;
use crate::stats::adjusted_ratio::{Across, AdjustedRatio};
use crate::stats::{Moments, Pair, Ratio, Spread, Summary};

/// What kind of number a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    Proportion,
    Mean,
    Ratio,
}

/// A variant as told.
pub(super) struct Told {
    pub(super) name: String,
    pub(super) n: u64,
    pub(super) summary: Summary,
    /// What to mind about its numbers.
    pub(super) cautions: Vec<String>,
}

/// Below this share of the sum of squares a variance is rounding error.
const LOST: f64 = 1e-14;
/// Below this share some of its digits are.
const WORN: f64 = 1e-10;

/// What means are adjusted by.
const MEAN_BEFORE: [&str; 3] = ["pre_sum", "pre_sum_squares", "pre_cross_sum"];
/// What a ratio needs besides.
const RATIO_BEFORE: [&str; 6] = [
    "pre_denominator_sum",
    "pre_denominator_sum_squares",
    "pre_within_cross_sum",
    "pre_denominator_cross_sum",
    "denominator_pre_cross_sum",
    "denominator_pre_denominator_cross_sum",
];

type Read<T> = Result<T, Box<Problem>>;

/// Reads a variant.
pub(super) fn read(fields: &Fields<'_>, metric: Metric, position: usize) -> Read<Told> {
    let name = fields.text("name")?.unwrap_or_else(|| position.to_string());
    let n = fields.count("n")?.ok_or_else(|| fields.missing("n"))?;
    let mut door = Door { fields, n, cautions: Vec::new() };
    let summary = match metric {
        Metric::Proportion => door.proportion()?,
        Metric::Mean => door.mean()?,
        Metric::Ratio => door.ratio()?,
    };
    let mut cautions = door.cautions;
    cautions.extend(fields.ignored());
    Ok(Told { name, n, summary, cautions })
}

/// Where sums come in.
struct Door<'f, 'j> {
    fields: &'f Fields<'j>,
    n: u64,
    cautions: Vec<String>,
}

impl Door<'_, '_> {
    fn proportion(&mut self) -> Read<Summary> {
        let sum = match self.fields.number("sum")? {
            Some(sum) => sum,
            None => (self.fields.required("mean")? * self.n as f64).round(),
        };
        let successes = self.successes(sum, "sum")?;
        let y = Moments::of_flags(self.n, successes);
        // Both say what the count says already.
        let _ = (self.fields.number("sum_squares")?, self.fields.number("variance")?);
        Ok(match self.before(y, true)? {
            Some(adjusted) => adjusted,
            None => Summary::Proportion { n: self.n, successes },
        })
    }

    fn mean(&mut self) -> Read<Summary> {
        let (y, _) = self.values(false)?;
        Ok(self.before(y, false)?.unwrap_or(Summary::Mean(y)))
    }

    fn ratio(&mut self) -> Read<Summary> {
        let (y, flags) = self.values(true)?;
        let given_by_moments = self.fields.get("variance").is_some();
        let (x, x_flags) = self.sums("denominator_sum", "denominator_sum_squares", !given_by_moments)?;
        let products = self.fields.required("cross_sum")?;
        let pair = self.pair(y, x, products, "cross_sum")?;
        if let Some(adjusted) = self.ratio_before(pair)? {
            return Ok(adjusted);
        }
        let spread = |flags: bool| if flags { Spread::Population } else { Spread::Sample };
        Ok(Summary::Ratio(Ratio { pair, numerator: spread(flags), denominator: spread(x_flags) }))
    }

    /// A ratio adjusted for the same ratio before, if that is told. It takes the sums of both quantities before and how each quantity
    /// now goes with each before; what is told for means alone does not say that.
    fn ratio_before(&mut self, now: Pair) -> Read<Option<Summary>> {
        let told = |name: &&'static str| self.fields.get(name).is_some();
        let only_ratios = RATIO_BEFORE.iter().any(told);
        if !only_ratios {
            if MEAN_BEFORE.iter().any(told) {
                self.cautions.push(format!(
                    "no-cuped: a ratio is adjusted only where {} are told as well",
                    RATIO_BEFORE.join(", ")
                ));
            }
            return Ok(None);
        }
        let (y, _) = self.sums("pre_sum", "pre_sum_squares", false)?;
        let (x, _) = self.sums("pre_denominator_sum", "pre_denominator_sum_squares", false)?;
        let within = self.fields.required("pre_within_cross_sum")?;
        let before = self.pair(y, x, within, "pre_within_cross_sum")?;
        let across = |now: Moments, before: Moments, name: &'static str| -> Read<f64> {
            Ok(self.pair(now, before, self.fields.required(name)?, name)?.products)
        };
        let across = Across {
            y_y: across(now.y, before.y, "pre_cross_sum")?,
            y_x: across(now.y, before.x, "pre_denominator_cross_sum")?,
            x_y: across(now.x, before.y, "denominator_pre_cross_sum")?,
            x_x: across(now.x, before.x, "denominator_pre_denominator_cross_sum")?,
        };
        Ok(Some(Summary::AdjustedRatio(AdjustedRatio { now, before, across })))
    }

    /// The values by mean and variance or by their sums, and whether they are yes-or-no.
    fn values(&mut self, may_be_flags: bool) -> Read<(Moments, bool)> {
        let Some(mean) = self.fields.number("mean")? else {
            return self.sums("sum", "sum_squares", may_be_flags);
        };
        let variance = match self.fields.number("variance")? {
            Some(variance) => variance,
            None if self.n < 2 => 0.0,
            None => return Err(self.fields.missing("variance")),
        };
        if variance < 0.0 {
            return Err(problem(
                "impossible-variance",
                format!("{} is below zero", self.fields.name("variance")),
            ));
        }
        let squares = variance * self.n.saturating_sub(1) as f64;
        let mean = if self.n == 0 { 0.0 } else { mean };
        Ok((Moments { n: self.n, mean, squares }, false))
    }

    /// Moments by sums. A sum of squares that is left out, or equals a whole sum, says that the values are yes-or-no.
    fn sums(
        &mut self,
        sum: &'static str,
        squares: &'static str,
        may_be_flags: bool,
    ) -> Read<(Moments, bool)> {
        let (total, given) = (self.fields.required(sum)?, self.fields.number(squares)?);
        let counts = whole(total).is_some_and(|count| count <= self.n);
        let equal = given.is_none_or(|given| given.total_cmp(&total).is_eq());
        if may_be_flags && counts && equal {
            return Ok((Moments::of_flags(self.n, total as u64), true));
        }
        let given = given.ok_or_else(|| self.fields.missing(squares))?;
        Ok((self.moments(total, given, sum, squares)?, false))
    }

    fn moments(&mut self, sum: f64, sum_squares: f64, name: &str, squares: &str) -> Read<Moments> {
        if self.n == 0 {
            if sum == 0.0 && sum_squares == 0.0 {
                return Ok(Moments::default());
            }
            let message = format!("nobody is in the arm, yet {} is not zero", self.fields.name(name));
            return Err(problem("impossible-sum", message));
        }
        let explained = sum * (sum / self.n as f64);
        let left = sum_squares - explained;
        if !left.is_finite() || left < -1e-9 * sum_squares.abs() || sum_squares < 0.0 {
            let message =
                format!("{} is smaller than {} allows", self.fields.name(squares), self.fields.name(name));
            return Err(problem("impossible-squares", message));
        }
        if left <= LOST * sum_squares {
            return Ok(Moments { squares: 0.0, ..Moments::from_sums(self.n, sum, sum_squares) });
        }
        if left < WORN * sum_squares {
            self.cautions.push(format!(
                "lost-digits: the variance is a tiny part of {}, so its last digits are lost; give mean and variance",
                self.fields.name(squares)
            ));
        }
        Ok(Moments::from_sums(self.n, sum, sum_squares))
    }

    /// Two variables with their sum of products, if such a sum can be.
    fn pair(&self, y: Moments, x: Moments, sum_of_products: f64, name: &str) -> Read<Pair> {
        if self.n == 0 {
            return Ok(Pair::default());
        }
        let pair = Pair::from_sums(y, x, sum_of_products);
        let most = (y.squares * x.squares).sqrt();
        let slack = 1e-9 * (sum_of_products.abs() + (y.sum() * x.mean).abs());
        if !pair.products.is_finite() || pair.products.abs() > most * (1.0 + 1e-6) + slack {
            let message = format!("{} is larger than the sums of squares allow", self.fields.name(name));
            return Err(problem("impossible-products", message));
        }
        Ok(pair)
    }

    /// The values adjusted for what was before, if that is told.
    fn before(&mut self, y: Moments, flags: bool) -> Read<Option<Summary>> {
        let told =
            ["pre_sum", "pre_sum_squares", "pre_cross_sum"].map(|name| self.fields.get(name).is_some());
        if !told.contains(&true) {
            return Ok(None);
        }
        let (x, x_flags) = self.sums("pre_sum", "pre_sum_squares", flags)?;
        let products = self.fields.required("pre_cross_sum")?;
        let pair = self.pair(y, x, products, "pre_cross_sum")?;
        let spread = if flags && x_flags { Spread::Population } else { Spread::Sample };
        Ok(Some(Summary::Adjusted { pair, spread }))
    }

    fn successes(&self, sum: f64, name: &str) -> Read<u64> {
        let place = self.fields.name(name);
        let count = whole(sum).ok_or_else(|| {
            problem(
                "not-a-count",
                format!("{place} of a proportion must be a whole number from zero, not {sum}"),
            )
        })?;
        if count > self.n {
            let message = format!("{place} is {count}, more than the {} units of the arm", self.n);
            return Err(problem("more-than-everyone", message));
        }
        Ok(count)
    }
}
