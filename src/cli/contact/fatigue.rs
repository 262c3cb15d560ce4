//! `segue contact fatigue`: fatigue in full.

use std::io::{Write, stdout};

use crate::cli::ground::GroundArguments;
use crate::cli::segment::print_json;
use crate::cli::{Common, Exit};
use crate::model::privacy::plain;
use crate::panel::contact::FatigueInFull;
use crate::panel::contact::fatigue::{ASSOCIATION, Response, Share};
use crate::panel::figures;
use crate::stats::Reading;

/// Over whom.
#[derive(Debug, Clone, clap::Args)]
pub struct FatigueArguments {
    #[command(flatten)]
    ground: GroundArguments,
}

pub(super) fn run(arguments: &FatigueArguments, common: &Common) -> anyhow::Result<Exit> {
    let stand = arguments.ground.stand(common)?;
    let page = FatigueInFull::of(&stand.ground().scene());
    if common.json {
        print_json(&serde_json::to_value(&page)?)?;
    } else {
        print(&page)?;
    }
    Ok(stand.exit)
}

fn print(page: &FatigueInFull) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{}", plain(&page.sentence))?;
    page.unknown.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    shares(&mut out, &format!("messages per person, last {} days", page.days), &page.messages)?;
    shares(&mut out, "pressure now, in fresh messages", &page.pressure)?;
    if let Some(budget) = &page.budget {
        let mode = if budget.enforced { "enforced" } else { "observed only" };
        let over = figures::plural(budget.over, "person", "people");
        writeln!(out, "  budget {} ({mode}): {over} over it", budget.budget)?;
    }
    if !page.caps.is_empty() {
        writeln!(out, "\n{:<36} {:>8} {:>8} {:>10}", "cap", "at it", "share", "one below")?;
    }
    for cap in &page.caps {
        let (at, below) = (figures::count(cap.at), figures::count(cap.one_below));
        writeln!(out, "{:<36} {at:>8} {:>8} {below:>10}", plain(&cap.cap), figures::percent(cap.share))?;
    }
    if let Some(reasons) = page.held_by.as_ref().filter(|reasons| !reasons.is_empty()) {
        let said: Vec<String> =
            reasons.iter().map(|(reason, n)| format!("{reason} {}", figures::count(*n))).collect();
        writeln!(out, "\nheld: {}", said.join(", "))?;
    }
    if let Some(rows) = page.held.as_ref().filter(|rows| !rows.is_empty()) {
        writeln!(out, "\n{:<36} {:>8} {:>8}  why", "journey", "sent", "held")?;
        for row in rows {
            let why: Vec<String> =
                row.by_reason.iter().map(|(reason, n)| format!("{reason} {}", figures::count(*n))).collect();
            let name = row.journey.as_deref().unwrap_or("(no journey)");
            let (sent, held) = (figures::count(row.sent), figures::count(row.held));
            writeln!(out, "{:<36} {sent:>8} {held:>8}  {}", plain(name), why.join(", "))?;
        }
    }
    responses(&mut out, "by n-th message", &page.by_number)?;
    responses(&mut out, "by pressure before it", &page.by_pressure)
}

fn shares(out: &mut dyn Write, title: &str, rows: &[Share]) -> std::io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    for row in rows {
        let (people, share) = (figures::count(row.people), figures::percent(row.share));
        writeln!(out, "  {:<12} {people:>8} {share:>8}", row.label)?;
    }
    Ok(())
}

fn responses(out: &mut dyn Write, title: &str, rows: &[Response]) -> std::io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{:<22} {:>9}  {:<22}  unsubscribed per 1,000   ({ASSOCIATION})",
        title, "delivered", "clicked"
    )?;
    for row in rows.iter().filter(|row| row.delivered > 0) {
        let click = reading(&row.click_share, figures::share_with_interval);
        let left = reading(&row.unsubscribe_per_thousand, |e| {
            format!("{} {}", figures::fixed(e.value, 1), figures::interval(e, 1))
        });
        writeln!(out, "  {:<20} {:>9}  {click:<22}  {left}", row.label, figures::count(row.delivered))?;
    }
    Ok(())
}

fn reading(reading: &Reading, said: impl Fn(&crate::stats::Estimate) -> String) -> String {
    match reading {
        Reading::Estimate(estimate) => said(estimate),
        Reading::Withheld(why) => format!("withheld: {}", why.sentence()),
    }
}
