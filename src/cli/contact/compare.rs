//! `segue contact compare`: the same messages under other policies.

use std::io::{Write, stdout};
use std::path::PathBuf;

use jiff::tz::TimeZone;

use crate::cli::ground::GroundArguments;
use crate::cli::segment::print_json;
use crate::cli::{Common, Exit};
use crate::model::message::HeldReason;
use crate::model::privacy::plain;
use crate::panel::contact::Comparison;
use crate::panel::contact::compare::{Kind, Outcome, Rival};
use crate::panel::figures;
use crate::work::contact::comparison;

/// Which policies, and over whom.
#[derive(Debug, Clone, clap::Args)]
pub struct CompareArguments {
    /// Another policy; without one the policy's own variations and every other policy that is kept
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
    #[command(flatten)]
    ground: GroundArguments,
}

pub(super) fn run(arguments: &CompareArguments, common: &Common) -> anyhow::Result<Exit> {
    let rivals: anyhow::Result<Vec<Rival>> = arguments
        .policy
        .iter()
        .map(|path| {
            let policy = super::read(path)?;
            Ok(Rival { name: policy.name.clone(), kind: Kind::Other, policy })
        })
        .collect();
    let rivals = rivals?;
    let stand = arguments.ground.stand(common)?;
    let scene = stand.ground().scene();
    let compared = if rivals.is_empty() {
        comparison(&scene, &stand.definitions)?
    } else {
        Comparison::of(&scene, &rivals)?
    };
    if common.json {
        print_json(&serde_json::to_value(&compared)?)?;
    } else {
        print(&compared)?;
    }
    Ok(stand.exit)
}

fn print(compared: &Comparison) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{}", plain(&compared.sentence))?;
    if let Some(since) = compared.since {
        let people = figures::count(compared.about.people);
        writeln!(out, "{people} people, messages since {} UTC", since.short(&TimeZone::UTC))?;
    }
    write!(out, "\n{:<22}", "the same messages")?;
    for policy in &compared.policies {
        write!(out, " {:>16}", plain(&policy.policy))?;
    }
    writeln!(out)?;
    let mut row = |name: &str, of: &dyn Fn(&Outcome) -> u64| {
        write!(out, "{name:<22}")?;
        for policy in &compared.policies {
            write!(out, " {:>16}", figures::count(of(policy)))?;
        }
        writeln!(out)
    };
    row("go", &|policy| policy.sent)?;
    row("  of them later", &|policy| policy.delayed)?;
    row("do not go", &|policy| policy.held_in_all)?;
    for reason in HeldReason::ALL.map(HeldReason::name) {
        let held = |policy: &Outcome| policy.held.get(reason).copied().unwrap_or(0);
        if compared.policies.iter().any(|policy| held(policy) > 0) {
            row(&format!("  {reason}"), &held)?;
        }
    }
    row("people who get fewer", &|policy| policy.fewer)?;
    row("people who get more", &|policy| policy.more)?;
    writeln!(out, "{}", compared.note)
}
