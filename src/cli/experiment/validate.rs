//! `segue experiment validate`: whether the statistics keep their own error rates.

use std::io::Write;

use crate::cli::{Common, Exit};
use crate::experiment::calibrate::cover::Interval;
use crate::experiment::calibrate::{Account, Misses, Outcome, Report, Settings, Verdict, allowed};
use crate::work::Cancel;
use crate::work::calibrate::validate;
use crate::work::frame::threads;

/// What is asked.
#[derive(Debug, clap::Args)]
pub(super) struct Validate {
    /// Experiments per kind
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    runs: u32,
    /// The seed; the same seed gives the same figures on any number of threads
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Threads, if not as many as there are processors
    #[arg(long)]
    threads: Option<usize>,
}

/// Plays experiments without an effect and says how often each interval called one.
///
/// # Errors
/// What kept it from writing.
pub(super) fn run(arguments: &Validate, common: &Common) -> anyhow::Result<Exit> {
    let settings = Settings::new(arguments.runs, arguments.seed);
    let count = arguments.threads.unwrap_or_else(threads).clamp(1, 256);
    let report = validate(&settings, count, &Cancel::default())
        .map_err(|why| anyhow::anyhow!("the calculator withholds a plan: {}", why.sentence()))?;
    let Some(report) = report else { anyhow::bail!("cancelled") };
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    if common.json {
        // A JSON error hides the closed pipe it came from; an I/O error shows it.
        serde_json::to_writer(&mut output, &report).map_err(std::io::Error::from)?;
        writeln!(output)?;
    } else {
        tell(&report, &mut output)?;
    }
    output.flush()?;
    Ok(if report.holds { Exit::Done } else { Exit::ProblemsFound })
}

fn tell(report: &Report, output: &mut impl Write) -> std::io::Result<()> {
    let settings = &report.settings;
    writeln!(
        output,
        "{} experiments of {} people without an effect, per kind; false alarms in % (gains called + losses called)\n\
         allowed: {:.1} and three Monte-Carlo errors; “of n %” where the rest was withheld\n",
        settings.runs,
        settings.people,
        100.0 * settings.alpha
    )?;
    writeln!(
        output,
        "{:22} {:>26} {:>26} {:>10} {:>10} {:>18} {:>8} {:>6}",
        "", "one look", "log ratio", "delta", "credible", "always, 100 looks", "peeking", "width"
    )?;
    for cell in &report.cells {
        row(cell, output)?;
    }
    writeln!(output)?;
    promises(report, output)?;
    for cover in &report.coverage {
        let Misses { low, high, shown, .. } = cover.misses;
        let share = |count: u64| 100.0 * count as f64 / shown.max(1) as f64;
        writeln!(
            output,
            "an effect that is there, {}: missed {} % ({:.2} above + {:.2} below) {}",
            name(cover.interval),
            percent(&cover.misses),
            share(low),
            share(high),
            word(cover.holds, || format!("at most {:.2} %", 100.0 * allowed(settings.alpha, shown)))
        )?;
    }
    let broken = report.cells.iter().map(|cell| cell.broken_splits).fold(0.0, f64::max);
    writeln!(output, "splits called broken without being so: at most {:.2} % of a kind", 100.0 * broken)?;
    let sentence = if report.holds {
        "Everything shown keeps its level."
    } else {
        "Something does not keep its level: see the rows that say so."
    };
    writeln!(output, "\n{sentence}")
}

/// What planning and adjusting promise, and what was seen.
fn promises(report: &Report, output: &mut impl Write) -> std::io::Result<()> {
    for promise in &report.power {
        writeln!(
            output,
            "power of {} at {:.0} % of traffic: promised {:.0} %, seen {:.1} %, for {:+.1} % {}",
            promise.engine,
            100.0 * promise.treatment,
            100.0 * promise.promised,
            100.0 * promise.seen,
            100.0 * promise.effect,
            word(promise.holds, || format!(
                "seen {:.1} % may be {:.1} points from it",
                100.0 * promise.seen,
                100.0 * promise.slack
            ))
        )?;
    }
    for saving in &report.cuped {
        writeln!(
            output,
            "CUPED at a correlation of {}: {:.1} % of the variance promised, {:.1} % left, alarms {:.1} % {}",
            saving.rho,
            100.0 * saving.promised,
            100.0 * saving.left,
            100.0 * saving.alarms,
            word(saving.holds, || format!(
                "left {:.1} % may be {:.1} points from the promise, alarms at most {:.1} %",
                100.0 * saving.left,
                100.0 * saving.slack * saving.promised,
                100.0 * saving.most_alarms
            ))
        )?;
    }
    Ok(())
}

fn row(cell: &Account, output: &mut impl Write) -> std::io::Result<()> {
    let kind = match cell.cell.outcome {
        Outcome::Binary => "conversion",
        Outcome::Money => "revenue",
    };
    let split = 100.0 * cell.cell.treatment;
    let name = format!("{kind} {} % {:.0}/{split:.0}", 100.0 * cell.cell.rate, 100.0 - split);
    let verdict = match cell.verdict {
        Verdict::Holds => String::new(),
        Verdict::Fails => format!("  does not hold: {}", cell.faults.join(", ")),
        Verdict::NothingShown => "  nothing shown".to_owned(),
    };
    writeln!(
        output,
        "{name:22} {:>26} {:>26} {:>10} {:>10} {:>18} {:>8} {:>6}{verdict}",
        among(&cell.seen.fixed, cell.runs),
        among(&cell.seen.log_ratio, cell.runs),
        percent(&cell.seen.delta),
        percent(&cell.seen.credible),
        tails(&cell.seen.always),
        percent(&cell.seen.peeking),
        cell.width.map_or_else(|| "–".to_owned(), |width| format!("{width:.2}"))
    )
}

fn percent(misses: &Misses) -> String {
    misses.rate().map_or_else(|| "–".to_owned(), |rate| format!("{:.2}", 100.0 * rate))
}

fn tails(misses: &Misses) -> String {
    if misses.shown == 0 {
        return "–".to_owned();
    }
    let share = |count: u64| 100.0 * count as f64 / misses.shown as f64;
    format!("{} ({:.2}+{:.2})", percent(misses), share(misses.low), share(misses.high))
}

/// The misses, and of how many where some were withheld.
fn among(misses: &Misses, runs: u64) -> String {
    if misses.shown == 0 || misses.shown == runs {
        return tails(misses);
    }
    format!("{} of {:.0} %", tails(misses), 100.0 * misses.shown as f64 / runs as f64)
}

fn name(interval: Interval) -> &'static str {
    match interval {
        Interval::Shares => "shares",
        Interval::FewShares => "shares of few, exactly",
        Interval::SharesRelative => "shares, relative",
        Interval::Means => "means",
        Interval::MeansRelative => "means, relative",
        Interval::Ratios => "ratios",
        Interval::RatiosRelative => "ratios, relative",
        Interval::AdjustedMeans => "means by CUPED",
        Interval::AdjustedRatios => "ratios by CUPED",
        Interval::Margin => "what is left of a margin",
        Interval::Always => "shares, always valid under all looks",
        Interval::AlwaysRelative => "shares, relative, always valid under all looks",
        Interval::Share => "one share, Wilson",
    }
}

/// Nothing where it holds, else the figure that failed and its limit.
fn word(holds: bool, why: impl Fn() -> String) -> String {
    if holds { String::new() } else { format!("  does not hold: {}", why()) }
}
