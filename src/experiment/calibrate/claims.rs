//! What planning and variance reduction promise, against what experiments then show.

use serde::Serialize;

use super::Settings;
use super::account::allowed;
use super::draw::{Binomials, gaussians};
use crate::model::{Draw, Seed};
use crate::stats::power::{Looks, Outcome, Setup};
use crate::stats::{Difference, Engine, Pair, Plan, Spread, Summary, Why, compare};

/// A planned power and the share of experiments that then saw the effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Promise {
    /// `fixed` or `sequential`.
    pub engine: &'static str,
    /// The control's share.
    pub baseline: f64,
    /// The treatment's share of the traffic.
    pub treatment: f64,
    /// The effect the calculator says is seen with 80 %, relative.
    pub effect: f64,
    /// The power it promised.
    pub promised: f64,
    /// The share of experiments that saw it.
    pub seen: f64,
    /// How far they may be apart: three Monte-Carlo errors and two points for the normal approximation.
    pub slack: f64,
    /// Whether they agree.
    pub holds: bool,
}

/// A promised share of variance left, and what was left.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Saving {
    /// Correlation with the covariate.
    pub rho: f64,
    /// 1 − ρ².
    pub promised: f64,
    /// The variance of adjusted effects over that of plain ones.
    pub left: f64,
    /// False alarms of the adjusted interval.
    pub alarms: f64,
    /// How far the share left may be from the promise, as a part of it.
    pub slack: f64,
    /// The most alarms allowed.
    pub most_alarms: f64,
    /// Whether both agree with the promise.
    pub holds: bool,
}

const PROMISED: f64 = 0.8;

/// The promises that are checked: engine, baseline, treatment's share.
#[must_use]
pub fn promises() -> Vec<(Looks, f64, f64)> {
    let always = Looks::Always { tuning: None };
    [Looks::Once, always].into_iter().flat_map(|looks| [0.5, 0.1].map(|share| (looks, 0.05, share))).collect()
}

/// Plays experiments that have just the effect the calculator says they can see.
///
/// # Errors
/// What the calculator withholds.
pub fn promise(settings: &Settings, looks: Looks, baseline: f64, treatment: f64) -> Result<Promise, Why> {
    let people = f64::from(settings.people);
    let outcome = Outcome::Proportion { baseline };
    let ratio = treatment / (1.0 - treatment);
    let setup = Setup { ratio, looks, alpha: settings.alpha, ..Setup::new(outcome) };
    let effect = setup.detectable(people * (1.0 - treatment), PROMISED)?;
    let step = (settings.people / settings.looks.max(1)).clamp(1, 1000) as usize;
    let (control, treated) = (Binomials::new(baseline, step), Binomials::new(baseline + effect, step));
    let arms = (step as f64 * treatment).round() as usize;
    let engine = match looks {
        Looks::Once => Engine::Fixed,
        Looks::Always { tuning } => Engine::Sequential { tuning: tuning.unwrap_or(people) },
    };
    let plan = Plan { alpha: settings.alpha, ..Plan::new(engine).on(Difference::Absolute) };
    let purpose = Draw::of("calibrate power").and(treatment.to_bits());
    let mut seen = 0_u32;
    for run in 0..settings.runs {
        let mut stream = Seed(settings.seed).stream(u64::from(run), purpose, 0);
        let (mut x_c, mut x_t) = (0, 0);
        for look in 1..=u64::from(settings.looks) {
            x_c += control.draw(step - arms, &mut stream) as u64;
            x_t += treated.draw(arms, &mut stream) as u64;
            if engine == Engine::Fixed && look < u64::from(settings.looks) {
                continue;
            }
            let a = Summary::Proportion { n: look * (step - arms) as u64, successes: x_c };
            let b = Summary::Proportion { n: look * arms as u64, successes: x_t };
            if compare(&a, &b, &plan).is_ok_and(|found| found.ci_low > 0.0) {
                seen += 1;
                break;
            }
        }
    }
    let runs = f64::from(settings.runs.max(1));
    let seen = f64::from(seen) / runs;
    let slack = 0.02 + 3.0 * (PROMISED * (1.0 - PROMISED) / runs).sqrt();
    let engine = if looks == Looks::Once { "fixed" } else { "sequential" };
    let holds = (seen - PROMISED).abs() <= slack;
    Ok(Promise {
        engine,
        baseline,
        treatment,
        effect: effect / baseline,
        promised: PROMISED,
        seen,
        slack,
        holds,
    })
}

/// The correlations that are checked.
pub const CORRELATIONS: [f64; 3] = [0.3, 0.6, 0.9];

/// People per arm of an adjusted experiment.
const PER_ARM: u32 = 200;

/// Plays experiments whose outcome correlates with the past, and compares the variance of adjusted and plain effects.
#[must_use]
pub fn saving(settings: &Settings, rho: f64) -> Saving {
    let plan = Plan { alpha: settings.alpha, ..Plan::new(Engine::Fixed).on(Difference::Absolute) };
    let purpose = Draw::of("calibrate cuped").and(rho.to_bits());
    let (mut plain, mut adjusted) = (Pair::default(), 0_u32);
    for run in 0..settings.runs {
        let mut stream = Seed(settings.seed).stream(u64::from(run), purpose, 0);
        let mut arm = || {
            let mut pair = Pair::default();
            for _ in 0..PER_ARM {
                let (before, noise) = gaussians(&mut stream);
                pair.push(10.0 + rho * before + (1.0 - rho * rho).sqrt() * noise, before);
            }
            pair
        };
        let (a, b) = (arm(), arm());
        let spread = Spread::Sample;
        let with =
            compare(&Summary::Adjusted { pair: a, spread }, &Summary::Adjusted { pair: b, spread }, &plan);
        let without = compare(&Summary::Mean(a.y), &Summary::Mean(b.y), &plan);
        if let (Ok(with), Ok(without)) = (with, without) {
            plain.push(without.uplift_absolute, with.uplift_absolute);
            adjusted += u32::from(with.ci_low > 0.0 || with.ci_high < 0.0);
        }
    }
    let runs = f64::from(settings.runs.max(1));
    let left = plain.x.squares / plain.y.squares;
    let (promised, alarms) = (1.0 - rho * rho, f64::from(adjusted) / runs);
    // A variance of n normal numbers has a relative error of √(2/n); two correlated ones together less than twice that.
    let slack = 3.0 * 2.0 * (2.0 / runs).sqrt() + 0.01;
    let most_alarms = allowed(settings.alpha, u64::from(settings.runs));
    let holds = (left / promised - 1.0).abs() <= slack && alarms <= most_alarms;
    Saving { rho, promised, left, alarms, slack, most_alarms, holds }
}
