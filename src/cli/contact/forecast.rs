//! `segue contact forecast`: who will reach a cap, and which journey takes the slots.

use std::io::{Write, stdout};

use jiff::tz::TimeZone;

use crate::cli::ground::GroundArguments;
use crate::cli::segment::print_json;
use crate::cli::{Common, Exit};
use crate::model::privacy::plain;
use crate::panel::contact::Forecast;
use crate::panel::contact::forecast::{self, CapAhead};
use crate::panel::{figures, privacy};
use crate::work::Cancel;
use crate::work::frame::threads;

/// How far, and over whom.
#[derive(Debug, Clone, clap::Args)]
pub struct ForecastArguments {
    /// Days to look ahead
    #[arg(long, default_value_t = forecast::DAYS, value_parser = clap::value_parser!(u32).range(1..=60))]
    days: u32,
    /// People to name
    #[arg(long, default_value_t = 10)]
    names: usize,
    #[command(flatten)]
    ground: GroundArguments,
}

pub(super) fn run(arguments: &ForecastArguments, common: &Common) -> anyhow::Result<Exit> {
    let stand = arguments.ground.stand(common)?;
    let forecast = stand.ground().ahead()?.forecast(arguments.days, threads(), &Cancel::default());
    let Some(forecast) = forecast else { anyhow::bail!("the forecast was ended before it was done") };
    let mask = !arguments.ground.unmask;
    if common.json {
        let shown = if mask { forecast.masked() } else { forecast };
        print_json(&serde_json::to_value(shown)?)?;
    } else {
        print(&forecast, arguments.names, mask)?;
    }
    Ok(stand.exit)
}

fn print(forecast: &Forecast, names: usize, mask: bool) -> std::io::Result<()> {
    let mut out = stdout().lock();
    let utc = TimeZone::UTC;
    writeln!(out, "{}", plain(&forecast.sentence))?;
    writeln!(
        out,
        "{} people, {} days from {} UTC. {}",
        figures::count(forecast.people),
        forecast.days,
        forecast.from.short(&utc),
        forecast.basis.sentence()
    )?;
    if !forecast.caps.is_empty() {
        writeln!(out, "\n{:<36} {:>8} {:>12}  who takes the slots", "cap", "at it", "will reach")?;
    }
    for cap in &forecast.caps {
        let (at, reach) = (figures::count(cap.at_now), figures::count(cap.reach));
        writeln!(out, "{:<36} {at:>8} {reach:>12}  {}", plain(&cap.cap), plain(&slots(cap)))?;
    }
    if !forecast.journeys.is_empty() {
        writeln!(out, "\n{:<36} {:>8} {:>12} {:>10}", "journey", "will go", "held or late", "by a cap")?;
    }
    for journey in &forecast.journeys {
        let name = journey.journey.as_deref().unwrap_or("(no journey)");
        let [sent, held, by_cap] = [journey.sent, journey.held, journey.held_by_cap].map(figures::count);
        writeln!(out, "{:<36} {sent:>8} {held:>12} {by_cap:>10}", plain(name))?;
    }
    if !forecast.first.is_empty() && names > 0 {
        writeln!(out, "\nthe first to reach one")?;
    }
    for person in forecast.first.iter().take(names) {
        let name = privacy::name(person.name.as_deref(), mask);
        writeln!(
            out,
            "  {}  {}  {}  {}: {}",
            person.at.short(&utc),
            person.profile,
            plain(&name),
            plain(&person.cap),
            plain(&person.slots)
        )?;
    }
    Ok(())
}

fn slots(cap: &CapAhead) -> String {
    let slots = cap.slots.iter().map(|slot| {
        format!("{} {}", slot.journey.as_deref().unwrap_or("no journey"), figures::percent(slot.share))
    });
    slots.collect::<Vec<_>>().join(", ")
}
