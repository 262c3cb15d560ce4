//! Panels as plain text, for people who read a terminal or a log.

use std::fmt::Write;

use crate::panel::{Live, Origin, figures, privacy};
use crate::stats::Reading;

/// The live panels, a paragraph each.
#[must_use]
pub fn panels(live: &Live, mask: bool) -> String {
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
        live.stamp.workspace,
        live.stamp.as_of.short(&utc),
        figures::count(live.stamp.people),
        figures::count(live.stamp.events)
    );
    uplift(live, &mut text);
    fatigue(live, &mut text);
    csat(live, &mut text);
    whereabouts(live, &mut text);
    for tick in live.ticker.iter().take(8) {
        let name = privacy::name(tick.name.as_deref(), mask);
        let _ = writeln!(text, "{}  {}  {name}  {}", tick.at.clock(&utc), tick.profile, tick.text);
    }
    text
}

fn uplift(live: &Live, text: &mut String) {
    let uplift = &live.uplift;
    if uplift.title.is_empty() {
        let _ = writeln!(text, "No test is running.\n");
        return;
    }
    let _ = writeln!(text, "{}   day {} of {}\n{}", uplift.title, uplift.day, uplift.days, uplift.sentence);
    let truth = match &uplift.truth {
        Some(truth) => format!("   truth {}", figures::change(truth.relative)),
        None => String::new(),
    };
    let _ = writeln!(
        text,
        "  {}  {}  ({}){truth}",
        uplift.metric,
        figures::change_reading(&uplift.relative),
        uplift.method
    );
    for arm in [&uplift.control, &uplift.treatment] {
        let _ = writeln!(text, "  {}  {} of {}", arm.name, figures::percent(arm.mean), figures::count(arm.n));
    }
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
        let held: Vec<String> =
            fatigue.held_by.iter().map(|(reason, n)| format!("{reason} {}", figures::count(*n))).collect();
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
    let _ = writeln!(text, "{}", live.csat.sentence);
    for moment in &live.csat.moments {
        let score = match &moment.score {
            Reading::Estimate(estimate) => {
                format!("{} {}", figures::percent(estimate.value), figures::share_interval(estimate))
            }
            Reading::Withheld(why) => format!("withheld: {}", why.sentence()),
        };
        let _ = writeln!(text, "  {}  {score}  {} answers", moment.name, figures::count(moment.answers));
    }
    let _ = writeln!(text);
}

fn whereabouts(live: &Live, text: &mut String) {
    let list = |rows: &[(String, u64)]| {
        let rows: Vec<String> =
            rows.iter().map(|(name, n)| format!("{name} {}", figures::count(*n))).collect();
        rows.join(", ")
    };
    let _ = writeln!(
        text,
        "lifecycle: {}\nintent now: {}\n",
        list(&live.whereabouts.lifecycle),
        list(&live.whereabouts.intent)
    );
}
