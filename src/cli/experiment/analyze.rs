//! `segue experiment analyze`: what an imported experiment found, as JSON or for people.

use std::io::{Write, stderr, stdout};

use clap::ValueEnum;

use crate::cli::{Common, Exit, workspace};
use crate::exchange::Weights;
use crate::experiment::analysis::{ArmComparison, ArmMean, MetricAnalysis};
use crate::experiment::{Analysis, MetricKind, Settings, analyse};
use crate::model::privacy::plain;
use crate::model::problem::printable;
use crate::panel::experiments::{Health, HealthState, checks, finding};
use crate::panel::figures;
use crate::stats::{Comparison, Difference, Engine, Plan, sequential};
use crate::work::experiment::Given;

/// What to say of which experiment.
#[derive(Debug, clap::Args)]
pub(super) struct Analyze {
    /// The experiment, as it was named at import
    name: String,
    /// How an effect is judged
    #[arg(long, value_enum, default_value_t = EngineName::Fixed)]
    engine: EngineName,
    /// The scale of interval and standard error
    #[arg(long, value_enum, default_value_t = Scale::Relative)]
    difference: Scale,
    /// One minus the coverage of intervals
    #[arg(long, default_value_t = 0.05, value_parser = alpha)]
    alpha: f64,
    /// The total number of units at which sequential intervals are tightest
    #[arg(long, default_value_t = sequential::DEFAULT_TUNING, value_parser = tuning, value_name = "UNITS")]
    tuning: f64,
    /// Adjust for a covariate; for the only one where none is named
    #[arg(long, value_name = "COVARIATE", num_args = 0..=1)]
    cuped: Option<Option<String>>,
    /// How units were meant to be shared out, if not as the import said: a=0.9,b=0.1
    #[arg(long, value_name = "ARM=SHARE,…")]
    weights: Option<Weights>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineName {
    /// One look at the end
    Fixed,
    /// Valid at every look
    Sequential,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scale {
    /// Per cent of the control, by the delta method
    Relative,
    /// In the metric's own unit
    Absolute,
}

fn alpha(text: &str) -> Result<f64, String> {
    let fits = |alpha: &f64| *alpha > 0.0 && *alpha < 0.5;
    text.parse().ok().filter(fits).ok_or_else(|| "alpha lies between 0 and 0.5, usually 0.05".to_owned())
}

fn tuning(text: &str) -> Result<f64, String> {
    let fits = |units: &f64| *units > 0.0 && units.is_finite();
    text.parse().ok().filter(fits).ok_or_else(|| "the tuning is a number of units above zero".to_owned())
}

impl Analyze {
    fn settings(&self) -> Settings {
        let engine = match self.engine {
            EngineName::Fixed => Engine::Fixed,
            EngineName::Sequential => Engine::Sequential { tuning: self.tuning },
        };
        let difference = match self.difference {
            Scale::Relative => Difference::RelativeDelta,
            Scale::Absolute => Difference::Absolute,
        };
        let plan = Plan { alpha: self.alpha, ..Plan::new(engine).on(difference) };
        Settings { plan, cuped: self.cuped.is_some(), ended: true }
    }
}

/// Analyses an imported experiment.
///
/// # Errors
/// There is none of this name, no such covariate, the workspace cannot be read, or stdout is closed.
pub(super) fn run(arguments: &Analyze, common: &Common) -> anyhow::Result<Exit> {
    let store = workspace::open_read_only(common)?;
    let given = Given::load(&store, &arguments.name, arguments.weights.as_ref())?;
    let covariate = arguments.cuped.as_ref().map(|asked| given.covariate(asked.as_deref())).transpose()?;
    if common.as_of.is_some() {
        writeln!(stderr(), "the values of an imported experiment have no time, so --as-of changes nothing")?;
    }
    let evidence = given.evidence(covariate);
    let analysis = analyse(&evidence, &arguments.settings());
    let mut out = stdout().lock();
    if common.json {
        serde_json::to_writer_pretty(&mut out, &analysis).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", printable(&text(&analysis, covariate, &checks(&evidence, given.rejected()))))?;
    }
    Ok(if analysis.health.broken.is_some() { Exit::ProblemsFound } else { Exit::Done })
}

/// Sentence first, then whether to believe it, then every metric.
fn text(analysis: &Analysis, covariate: Option<&str>, checks: &[Health]) -> String {
    let mut lines = vec![plain(&finding(analysis)).into_owned(), String::new()];
    let engine = if analysis.engine == "fixed" { "fixed" } else { "always valid" };
    let adjusted = covariate.map(|name| format!(", adjusted for {name} by CUPED")).unwrap_or_default();
    lines.push(format!(
        "{}: {engine} {} % intervals, {} differences{}",
        plain(&analysis.experiment),
        figures::fixed((1.0 - analysis.alpha) * 100.0, if analysis.alpha < 0.01 { 1 } else { 0 }),
        analysis.difference,
        plain(&adjusted)
    ));
    for check in checks {
        let mark = match check.state {
            HealthState::Fine => "ok",
            HealthState::Doubtful => "mind",
            HealthState::Broken => "BROKEN",
        };
        lines.push(format!("  {mark:<7} {:<13} {}", check.name, plain(&check.detail)));
    }
    let arms = analysis.metrics.iter().flat_map(|metric| &metric.arms);
    let width = arms.map(|arm| arm.variant.chars().count()).max().unwrap_or(0).min(32);
    for metric in &analysis.metrics {
        lines.push(String::new());
        lines.extend(of_metric(analysis, metric, width));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn of_metric(analysis: &Analysis, metric: &MetricAnalysis, width: usize) -> Vec<String> {
    let kind = match metric.kind {
        MetricKind::Proportion => "proportion",
        MetricKind::Mean => "mean",
        MetricKind::Ratio => "ratio",
    };
    let mut lines = vec![format!("{}  {kind}", plain(&metric.metric))];
    lines.extend(metric.arms.first().map(|control| format!("{}  control", arm(metric, control, width))));
    for (treatment, comparison) in metric.arms.iter().skip(1).zip(&metric.comparisons) {
        lines.push(format!("{}  {}", arm(metric, treatment, width), judged(analysis, metric, comparison)));
        if let Some(unadjusted) = &comparison.unadjusted {
            let gap = " ".repeat(width + 26);
            let shown = Shown::of(unadjusted);
            lines.push(format!(
                "{gap}{}  p {}  unadjusted",
                shown.text(analysis, metric),
                p(unadjusted.p_value)
            ));
        }
    }
    lines
}

fn arm(metric: &MetricAnalysis, arm: &ArmMean, width: usize) -> String {
    let mean = match (arm.mean, metric.kind) {
        (None, _) => "–".to_owned(),
        (Some(mean), MetricKind::Proportion) => format!("{} %", figures::fixed(mean * 100.0, 2)),
        (Some(mean), _) => figures::mean(mean),
    };
    format!("  {:<width$} {:>11} {mean:>9}", plain(&arm.variant), figures::count(arm.n))
}

fn judged(analysis: &Analysis, metric: &MetricAnalysis, comparison: &ArmComparison) -> String {
    if let Some(withheld) = &comparison.withheld {
        return format!("withheld: {}", withheld.reason);
    }
    let Some(shown) = Shown::of_arm(comparison) else { return "withheld".to_owned() };
    let own = comparison.p_value.map_or_else(|| "–".to_owned(), p);
    let family = comparison.p_adjusted.map(|adjusted| format!("  adjusted p {}", p(adjusted)));
    format!("{}  p {own}{}", shown.text(analysis, metric), family.unwrap_or_default())
}

fn p(value: f64) -> String {
    figures::p_value(value)
}

/// An effect and its interval on the scale of the analysis.
struct Shown {
    uplift: Option<f64>,
    absolute: f64,
    low: f64,
    high: f64,
}

impl Shown {
    fn of(found: &Comparison) -> Self {
        Self { uplift: found.uplift, absolute: found.uplift_absolute, low: found.ci_low, high: found.ci_high }
    }

    fn of_arm(found: &ArmComparison) -> Option<Self> {
        let absolute = found.uplift_absolute?;
        Some(Self { uplift: found.uplift, absolute, low: found.ci_low?, high: found.ci_high? })
    }

    /// `+72.2 % [+65.7 … +78.8]`; of a proportion the absolute difference is in percentage points.
    fn text(&self, analysis: &Analysis, metric: &MetricAnalysis) -> String {
        let relative = analysis.difference != "absolute";
        let value = if relative { self.uplift.unwrap_or(f64::NAN) } else { self.absolute };
        let (factor, unit) = match (relative, metric.kind) {
            (true, _) => (100.0, " %"),
            (false, MetricKind::Proportion) => (100.0, " points"),
            (false, _) => (1.0, ""),
        };
        let places = if factor > 1.0 { 2 } else { figures::places_for(value) };
        let signed = |x: f64| figures::signed(x * factor, places);
        format!("{}{unit} [{} … {}]", signed(value), signed(self.low), signed(self.high))
    }
}
