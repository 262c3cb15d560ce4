//! `segue panel gates`: where people are lost, and who is left without anything.

use std::io::{Write, stdout};

use crate::cli::ground::GroundArguments;
use crate::cli::segment::print_json;
use crate::cli::{Common, Exit};
use crate::model::Problem;
use crate::model::privacy::plain;
use crate::panel::contact::GateLosses;
use crate::panel::contact::gates::Subject;
use crate::panel::{figures, privacy};
use crate::rule::diagnostic::nearest;

/// Of what, and over whom.
#[derive(Debug, clap::Args)]
pub(super) struct GatesArguments {
    /// Only this placement or journey
    #[arg(long = "of", value_name = "NAME")]
    name: Option<String>,
    /// People to name among those who get nothing
    #[arg(long, default_value_t = 5)]
    names: usize,
    #[command(flatten)]
    ground: GroundArguments,
}

pub(super) fn run(arguments: &GatesArguments, common: &Common) -> anyhow::Result<Exit> {
    let stand = arguments.ground.stand(common)?;
    let mut losses = GateLosses::of(&stand.ground().scene());
    if let Some(name) = &arguments.name {
        if losses.find(name).is_none() {
            return Err(unknown(name, &losses).into());
        }
        losses.subjects.retain(|subject| subject.name.eq_ignore_ascii_case(name));
    }
    let mask = !arguments.ground.unmask;
    if common.json {
        let shown = if mask { losses.masked() } else { losses };
        print_json(&serde_json::to_value(shown)?)?;
    } else {
        for subject in &losses.subjects {
            print(subject, arguments.names, mask)?;
        }
    }
    Ok(stand.exit)
}

fn unknown(name: &str, losses: &GateLosses) -> Problem {
    let known = losses.subjects.iter().map(|subject| subject.name.clone());
    let help = nearest(name, known).map_or_else(
        || "`segue panel gates` names every placement and journey".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Problem::new("gates-unknown", format!("no placement and no journey is called `{name}`")).help(help)
}

fn print(subject: &Subject, names: usize, mask: bool) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{}: {}", plain(&subject.name), subject.sentence)?;
    writeln!(out, "  {:<16} {:>9} {:>9}", "gate", "lost", "left")?;
    for gate in subject.gates.iter().filter(|gate| gate.lost > 0) {
        writeln!(
            out,
            "  {:<16} {:>9} {:>9}",
            gate.gate,
            figures::count(gate.lost),
            figures::count(gate.left)
        )?;
    }
    let without: Vec<String> =
        subject.without.iter().map(|(stage, n)| format!("{} {}", plain(stage), figures::count(*n))).collect();
    if !without.is_empty() {
        writeln!(out, "  without anything: {}", without.join(", "))?;
    }
    for left in subject.some.iter().take(names) {
        let name = privacy::name(left.name.as_deref(), mask);
        writeln!(out, "    {}  {}  {}", left.profile, plain(&name), left.gate)?;
    }
    writeln!(out)
}
