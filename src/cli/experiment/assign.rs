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
    /// Assign once more: those assigned before keep their variant, new people join
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
        let known = if arm.before > 0 {
            format!("  ({} of them before)", figures::count(arm.before))
        } else {
            String::new()
        };
        let file = arm.file.as_ref().map_or_else(
            || "held back: kept here, never exported".to_owned(),
            |file| file.display().to_string(),
        );
        let (people, variant) = (figures::count(arm.people), plain(&arm.variant));
        writeln!(out, "  {people:>9}  {variant:<20}  {}{known}", plain(&file))?;
    }
    let left: u64 = assigned.left_out.iter().map(|(_, people)| people).sum();
    if left > 0 {
        writeln!(out, "{} left out before the split", figures::count(left))?;
    }
    for (reason, people) in &assigned.left_out {
        writeln!(out, "  {:>9}  {}", figures::count(*people), plain(reason))?;
    }
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
            "file": arm.file, "held_back": arm.file.is_none(),
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
        "left_out": assigned.left_out.iter().map(|(reason, people)| json!({ "reason": reason, "people": people })).collect::<Vec<_>>(),
        "arms": assigned.arms.iter().map(arm).collect::<Vec<_>>(),
        "quiet_until": assigned.quiet_until,
    })
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
