//! `segue experiment assign`: a segment becomes one list per variant.

use std::io::{Write, stdout};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::segment::print_json;
use crate::cli::{Common, Exit, clock, workspace};
use crate::model::privacy::plain;
use crate::model::{BatchId, Time};
use crate::panel::figures;
use crate::work::experiment::assign::{Arm, Assigned, Outcome, Request, assign};
use crate::work::experiment::wave::Wave;

/// What to assign.
#[derive(Debug, clap::Args)]
pub(super) struct Assign {
    /// The experiment, as its definition calls it
    name: String,
    /// Whose members are assigned; everybody the design targets if not said
    #[arg(long, value_name = "SEGMENT")]
    segment: Option<String>,
    /// The folder the lists go to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// When the messages go out; just after the newest event if not said
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// Hash people with this instead of the design's seed
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// Assign once more: new people join and are written to; those assigned before keep their variant and are written to again
    /// only where the design says repeat = true of what it sends
    #[arg(long)]
    again: bool,
}

/// Runs the verb.
///
/// # Errors
/// What kept it from assigning.
pub(super) fn run(arguments: &Assign, common: &Common) -> anyhow::Result<Exit> {
    let mut store = workspace::open(common)?;
    let request = Request {
        name: arguments.name.clone(),
        segment: arguments.segment.clone(),
        at: arguments.at.or(common.as_of),
        seed: arguments.seed.clone(),
        again: arguments.again,
        out: arguments.out.clone(),
    };
    let said = request.at.is_some();
    match assign(&mut store, &request, clock::now())? {
        Outcome::Assigned(assigned) if common.json => return print_json(&as_json(&assigned)),
        Outcome::Assigned(assigned) => print(&assigned, said)?,
        Outcome::NobodyNew { known, left_out } if common.json => {
            return print_json(&json!({
                "already": false, "batch": null, "assigned_before": known, "left_out": reasons_json(&left_out),
            }));
        }
        Outcome::NobodyNew { known, left_out } => print_nobody_new(&arguments.name, known, &left_out)?,
        Outcome::Already(waves) if common.json => return print_json(&already_json(&waves)),
        Outcome::Already(waves) => print_already(&arguments.name, &waves)?,
    }
    Ok(Exit::Done)
}

fn print(assigned: &Assigned, said: bool) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    let wave = &assigned.wave;
    let when = if said {
        String::new()
    } else {
        ", just after the newest event; say --at for another moment".to_owned()
    };
    let total: u64 = wave.people.iter().map(|(_, people)| people).sum();
    writeln!(
        out,
        "{} of {} assigned in {}, as of {}{when}",
        figures::count(total),
        figures::plural(assigned.considered, "person", "people"),
        plain(&wave.experiment),
        wave.at
    )?;
    for arm in &assigned.arms {
        let known = match (arm.before, arm.file.is_some() && arm.written < arm.people) {
            (0, _) => String::new(),
            (before, true) => format!(
                "  ({} of them before; {} on the list)",
                figures::count(before),
                figures::count(arm.written)
            ),
            (before, false) => format!("  ({} of them before)", figures::count(before)),
        };
        let file = arm.file.as_ref().map_or_else(
            || "held back: kept here, never exported".to_owned(),
            |file| file.display().to_string(),
        );
        let (people, variant) = (figures::count(arm.people), plain(&arm.variant));
        writeln!(out, "  {people:>9}  {variant:<20}  {}{known}", plain(&file))?;
    }
    let joined: u64 = wave.joined.iter().map(|(_, people)| people).sum();
    if wave.number > 1 {
        let stay = figures::plural(total - joined, "person", "people");
        let again = if assigned.arms.iter().any(|arm| arm.written > arm.people - arm.before) {
            "and are written to again, as the design says (repeat = true)"
        } else {
            "and are not written to again"
        };
        writeln!(
            out,
            "{} joined; {stay} assigned before stay where they are {again}",
            figures::count(joined)
        )?;
    }
    print_reasons(&mut out, "left out before the split", &assigned.left_out)?;
    print_reasons(&mut out, "stay where they are and are not reached again", &assigned.not_again)?;
    if let Some(until) = assigned.quiet_until {
        writeln!(out, "It is a quiet hour for some of them; send after {until}")?;
    }
    writeln!(
        out,
        "Recorded as batch {}, phase {}; take it back with: segue batch revert {}",
        assigned.batch, wave.phase, assigned.batch
    )?;
    Ok(())
}

fn print_reasons(out: &mut impl Write, what: &str, reasons: &[(String, u64)]) -> anyhow::Result<()> {
    let people: u64 = reasons.iter().map(|(_, people)| people).sum();
    if people > 0 {
        writeln!(out, "{} {what}", figures::count(people))?;
    }
    for (reason, people) in reasons {
        writeln!(out, "  {:>9}  {}", figures::count(*people), plain(reason))?;
    }
    Ok(())
}

fn print_nobody_new(name: &str, known: u64, left_out: &[(String, u64)]) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    let (name, known) = (plain(name), figures::plural(known, "person", "people"));
    writeln!(out, "nobody new joins {name}: {known} asked for are in it already; nothing is changed")?;
    print_reasons(&mut out, "left out", left_out)
}

fn print_already(name: &str, waves: &[(BatchId, Wave)]) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{} was assigned already; nothing is changed (--again assigns once more)", plain(name))?;
    for (batch, wave) in waves {
        let from = wave.segment.as_ref().map(|segment| format!(" from {segment}")).unwrap_or_default();
        writeln!(out, "  batch {batch}, phase {}, as of {}{}", wave.phase, wave.at, plain(&from))?;
        for (variant, people) in &wave.people {
            let file = wave.files.iter().find(|(of, _)| of == variant).map_or("held back", |(_, file)| file);
            writeln!(out, "  {:>9}  {:<20}  {}", figures::count(*people), plain(variant), plain(file))?;
        }
    }
    Ok(())
}

fn as_json(assigned: &Assigned) -> Value {
    let arm = |arm: &Arm| {
        json!({
            "variant": arm.variant, "people": arm.people, "assigned_before": arm.before,
            "written": arm.written, "file": arm.file, "held_back": arm.file.is_none(),
        })
    };
    let wave = &assigned.wave;
    json!({
        "experiment": wave.experiment,
        "already": false,
        "batch": assigned.batch.0,
        "version": wave.version,
        "phase": wave.phase,
        "wave": wave.number,
        "at": wave.at,
        "segment": wave.segment,
        "seed": wave.seed,
        "considered": assigned.considered,
        "left_out": reasons_json(&assigned.left_out),
        "not_written_again": reasons_json(&assigned.not_again),
        "arms": assigned.arms.iter().map(arm).collect::<Vec<_>>(),
        "quiet_until": assigned.quiet_until,
    })
}

fn reasons_json(reasons: &[(String, u64)]) -> Vec<Value> {
    reasons.iter().map(|(reason, people)| json!({ "reason": reason, "people": people })).collect()
}

fn already_json(waves: &[(BatchId, Wave)]) -> Value {
    json!({
        "already": true,
        "waves": waves.iter().map(|(batch, wave)| json!({
            "batch": batch.0, "experiment": wave.experiment, "version": wave.version, "phase": wave.phase,
            "wave": wave.number, "at": wave.at, "segment": wave.segment, "seed": wave.seed,
            "arms": wave.people.iter().map(|(variant, people)| json!({
                "variant": variant, "people": people,
                "file": wave.files.iter().find(|(of, _)| of == variant).map(|(_, file)| file),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}
