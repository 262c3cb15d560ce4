//! The page a consultant leaves behind: the live panels of one moment, self-contained, masked.

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::{Value, json};

use super::svg;
use crate::model::Time;
use crate::panel::{Csat, Fatigue, Live, Origin, Tick, Uplift, Whereabouts, figures, privacy};
use crate::stats::Reading;

const PAGE: &str = include_str!("../../assets/report/brief.html");

#[derive(Serialize)]
struct Row {
    label: String,
    value: String,
    detail: String,
    share: f64,
}

/// The page as HTML. It refers to nothing outside itself and holds no script. Names are masked unless `mask` is off.
///
/// # Errors
/// If the template cannot be filled, which a test excludes.
pub fn html(live: &Live, mask: bool) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.add_template("brief.html", PAGE)?;
    let zone = jiff::tz::TimeZone::UTC;
    let origin = match live.stamp.origin {
        Origin::Observed => "observed".to_owned(),
        Origin::Simulated { seed } => format!("SIMULATED, seed {seed}"),
    };
    environment.get_template("brief.html")?.render(Serde(json!({
        "workspace": live.stamp.workspace,
        "origin": origin,
        "as_of": format!("{} UTC", live.stamp.as_of.long(&zone)),
        "people": figures::count(live.stamp.people),
        "events": figures::count(live.stamp.events),
        "masked": mask,
        "uplift": uplift(&live.uplift),
        "fatigue": fatigue(&live.fatigue),
        "csat": csat(&live.csat),
        "whereabouts": whereabouts(&live.whereabouts),
        "ticker": rows_of(live.ticker.iter().take(12).map(|tick| line(tick, mask, &zone))),
    })))
}

fn rows_of(rows: impl IntoIterator<Item = Row>) -> Value {
    json!(rows.into_iter().collect::<Vec<_>>())
}

fn uplift(uplift: &Uplift) -> Value {
    let truth = uplift.truth.as_ref().map(|truth| {
        let inside = match truth.inside {
            Some(true) => ", inside the interval",
            Some(false) => ", outside the interval",
            None => "",
        };
        format!("{}{inside}", figures::change(truth.relative))
    });
    let arms = [&uplift.control, &uplift.treatment].map(|arm| Row {
        label: arm.name.clone(),
        value: figures::percent(arm.mean),
        detail: format!("of {}", figures::count(arm.n)),
        share: arm.mean,
    });
    let incremental = match &uplift.incremental_per_day {
        Reading::Estimate(estimate) => {
            format!("{} {}", figures::fixed(estimate.value, 0), figures::interval(estimate, 0))
        }
        Reading::Withheld(why) => format!("withheld: {}", why.sentence()),
    };
    json!({
        "title": uplift.title,
        "sentence": uplift.sentence,
        "day": uplift.day,
        "days": uplift.days,
        "metric": uplift.metric,
        "method": uplift.method,
        "relative": figures::change_reading(&uplift.relative),
        "truth": truth,
        "arms": rows_of(arms),
        "srm": uplift.srm_p.map(figures::p_value),
        "exposed": figures::count(uplift.exposed),
        "matured": figures::count(uplift.matured),
        "attributed": figures::fixed(uplift.attributed_per_day, 0),
        "incremental": incremental,
        "chart": svg::trend(&uplift.trend, uplift.days, uplift.truth.as_ref()),
    })
}

fn fatigue(fatigue: &Fatigue) -> Value {
    let last = fatigue.shares.len().saturating_sub(1);
    let bars: Vec<Row> = fatigue
        .shares
        .iter()
        .enumerate()
        .map(|(n, share)| Row {
            label: if n == last { format!("{n} or more") } else { n.to_string() },
            value: figures::percent(*share),
            detail: if fatigue.cap == Some(n as u32) { "cap".to_owned() } else { String::new() },
            share: *share,
        })
        .collect();
    let held: Vec<Row> = fatigue
        .held_by
        .iter()
        .map(|(reason, n)| Row {
            label: reason.clone(),
            value: figures::count(*n),
            detail: String::new(),
            share: *n as f64 / fatigue.held.unwrap_or(0).max(1) as f64,
        })
        .collect();
    let bands: Vec<Row> = fatigue
        .unsubscribes
        .iter()
        .map(|band| Row {
            label: format!("{} pressure", band.name),
            value: reading(&band.per_thousand, 1),
            detail: format!("of {} delivered", figures::count(band.delivered)),
            share: 0.0,
        })
        .collect();
    json!({
        "sentence": fatigue.sentence,
        "days": fatigue.days,
        "median": fatigue.median,
        "p95": fatigue.p95,
        "bars": rows_of(bars),
        "held": rows_of(held),
        "bands": rows_of(bands),
        "held_total": fatigue.held.map(figures::count),
        "sent": fatigue.sent.map(figures::count),
    })
}

fn csat(csat: &Csat) -> Value {
    let rows: Vec<Row> = csat
        .moments
        .iter()
        .map(|moment| Row {
            label: moment.name.clone(),
            value: match &moment.score {
                Reading::Estimate(e) => {
                    format!("{} {}", figures::percent(e.value), figures::share_interval(e))
                }
                Reading::Withheld(why) => format!("withheld: {}", why.sentence()),
            },
            detail: match moment.asked {
                Some(asked) => format!(
                    "{} answers, {} answered",
                    figures::count(moment.answers),
                    figures::percent(moment.answers as f64 / asked.max(1) as f64)
                ),
                None => format!("{} answers", figures::count(moment.answers)),
            },
            share: moment.score.estimate().map_or(0.0, |estimate| estimate.value),
        })
        .collect();
    json!({
        "sentence": csat.sentence,
        "rows": rows_of(rows),
        "scale": csat.scale,
        "context": csat.context,
        "ideal": format!("{:.0}–{:.0} %", csat.ideal.0 * 100.0, csat.ideal.1 * 100.0),
    })
}

fn whereabouts(whereabouts: &Whereabouts) -> Value {
    let rows = |list: &[(String, u64)]| -> Vec<Row> {
        let total: u64 = list.iter().map(|(_, n)| n).sum();
        list.iter()
            .map(|(name, n)| Row {
                label: name.clone(),
                value: figures::count(*n),
                detail: String::new(),
                share: *n as f64 / total.max(1) as f64,
            })
            .collect()
    };
    let journeys: Vec<Row> = whereabouts
        .journeys
        .iter()
        .map(|journey| Row {
            label: journey.name.clone(),
            value: format!("{} inside", figures::count(journey.waiting + journey.in_test)),
            detail: format!(
                "{} at the goal, {} out",
                figures::count(journey.goal),
                figures::count(journey.out)
            ),
            share: 0.0,
        })
        .collect();
    json!({
        "intent": rows_of(rows(&whereabouts.intent)),
        "lifecycle": rows_of(rows(&whereabouts.lifecycle)),
        "journeys": rows_of(journeys),
    })
}

fn line(tick: &Tick, mask: bool, zone: &jiff::tz::TimeZone) -> Row {
    Row {
        label: Time::clock(tick.at, zone),
        value: privacy::name(tick.name.as_deref(), mask),
        detail: tick.text.clone(),
        share: 0.0,
    }
}

fn reading(reading: &Reading, places: usize) -> String {
    match reading {
        Reading::Estimate(estimate) => {
            format!("{} {}", figures::fixed(estimate.value, places), figures::interval(estimate, places))
        }
        Reading::Withheld(why) => format!("withheld: {}", why.sentence()),
    }
}
