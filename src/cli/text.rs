//! Panels as plain text, for people who read a terminal or a log.

use std::fmt::Write;

use crate::model::privacy::plain;
use crate::panel::{Live, Origin, figures, privacy};
use crate::stats::Reading;

/// The parts of the Live screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// All of them
    Live,
    /// The running test
    Uplift,
    /// Messages, caps and unsubscribes
    Fatigue,
    /// Satisfaction by moment
    Csat,
    /// Intent, lifecycle, journeys
    Whereabouts,
}

/// The live panels, a paragraph each.
#[must_use]
pub fn panels(live: &Live, mask: bool) -> String {
    part(live, Part::Live, mask)
}

/// One of the live panels, or all of them, under the line that says what they stand for.
#[must_use]
pub fn part(live: &Live, part: Part, mask: bool) -> String {
    let mut text = stamp(live);
    match part {
        Part::Uplift => uplift(live, &mut text),
        Part::Fatigue => fatigue(live, &mut text),
        Part::Csat => csat(live, &mut text),
        Part::Whereabouts => whereabouts(live, &mut text),
        Part::Live => {
            uplift(live, &mut text);
            fatigue(live, &mut text);
            csat(live, &mut text);
            whereabouts(live, &mut text);
            ticker(live, mask, &mut text);
        }
    }
    text
}

fn stamp(live: &Live) -> String {
    let mut text = String::new();
    let origin = match live.stamp.origin {
        Origin::Observed => "observed".to_owned(),
        Origin::Simulated { seed } => format!("SIMULATED seed {seed}"),
    };
    let utc = jiff::tz::TimeZone::UTC;
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{}   {origin}   as of {} UTC   {} people   {} events\n",
        plain(&live.stamp.workspace),
        live.stamp.as_of.short(&utc),
        figures::count(live.stamp.people),
        figures::count(live.stamp.events)
    );
    text
}

fn ticker(live: &Live, mask: bool, text: &mut String) {
    let utc = jiff::tz::TimeZone::UTC;
    for tick in live.ticker.iter().take(8) {
        let name = privacy::name(tick.name.as_deref(), mask);
        let (at, name, said) = (tick.at.clock(&utc), plain(&name), plain(&tick.text));
        let _ = writeln!(text, "{at}  {}  {name}  {said}", tick.profile);
    }
}

fn uplift(live: &Live, text: &mut String) {
    let uplift = &live.uplift;
    if uplift.title.is_empty() {
        let _ = writeln!(text, "No test is running.\n");
        return;
    }
    let _ = writeln!(text, "{}   {}\n{}", plain(&uplift.title), uplift.progress(), plain(&uplift.sentence));
    let truth = match &uplift.truth {
        Some(truth) => format!("   truth {}", figures::change(truth.relative)),
        None => String::new(),
    };
    let _ = writeln!(
        text,
        "  {}  {}  ({}){truth}",
        plain(&uplift.metric),
        figures::change_reading(&uplift.relative),
        uplift.method
    );
    for arm in [&uplift.control, &uplift.treatment] {
        let (name, n) = (plain(&arm.name), figures::count(arm.n));
        let _ = writeln!(text, "  {name}  {} of {n}", uplift.mean(arm));
    }
    let _ =
        writeln!(text, "  attributed {}   incremental a day {}", uplift.attributed(), uplift.incremental());
    let _ = writeln!(
        text,
        "  matured {} of {} exposed   sample ratio p {}\n",
        figures::count(uplift.matured),
        figures::count(uplift.exposed),
        uplift.srm_p.map_or_else(|| "–".to_owned(), figures::p_value)
    );
}

fn fatigue(live: &Live, text: &mut String) {
    let fatigue = &live.fatigue;
    let _ = writeln!(text, "{}", fatigue.sentence);
    let reach = fatigue.median.zip(fatigue.p95).filter(|_| fatigue.people > 0);
    if let Some((median, p95)) = reach {
        let held: Vec<String> = fatigue
            .held_by
            .iter()
            .map(|(reason, n)| format!("{} {}", plain(reason), figures::count(*n)))
            .collect();
        let held = fatigue
            .held
            .map(|all| format!("   held {}: {}", figures::count(all), held.join(", ")))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "  messages per person in {} days: median {median}, 95 % {p95}{held}",
            fatigue.days
        );
    }
    let _ = writeln!(text);
}

fn csat(live: &Live, text: &mut String) {
    let _ = writeln!(text, "{}", plain(&live.csat.sentence));
    for moment in &live.csat.moments {
        let score = match &moment.score {
            Reading::Estimate(estimate) => {
                format!("{} {}", figures::percent(estimate.value), figures::share_interval(estimate))
            }
            Reading::Withheld(why) => format!("withheld: {}", why.sentence()),
        };
        let _ =
            writeln!(text, "  {}  {score}  {} answers", plain(&moment.name), figures::count(moment.answers));
    }
    let _ = writeln!(text);
}

fn whereabouts(live: &Live, text: &mut String) {
    let list = |rows: &[(String, u64)]| {
        let rows: Vec<String> =
            rows.iter().map(|(name, n)| format!("{} {}", plain(name), figures::count(*n))).collect();
        rows.join(", ")
    };
    let _ = writeln!(
        text,
        "lifecycle: {}\nintent now: {}\n",
        list(&live.whereabouts.lifecycle),
        list(&live.whereabouts.intent)
    );
}
