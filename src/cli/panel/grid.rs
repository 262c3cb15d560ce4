//! `segue panel grid`: who gets what.

use std::io::{Write, stdout};

use crate::cli::ground::GroundArguments;
use crate::cli::segment::print_json;
use crate::cli::{Common, Exit};
use crate::model::privacy::plain;
use crate::panel::contact::Grid;
use crate::panel::contact::grid::{Cell, Kind};
use crate::panel::figures;

/// Over whom.
#[derive(Debug, clap::Args)]
pub(super) struct GridArguments {
    #[command(flatten)]
    ground: GroundArguments,
}

pub(super) fn run(arguments: &GridArguments, common: &Common) -> anyhow::Result<Exit> {
    let stand = arguments.ground.stand(common)?;
    let grid = Grid::of(&stand.ground().scene());
    if common.json {
        print_json(&serde_json::to_value(&grid)?)?;
    } else {
        print(&grid)?;
    }
    Ok(stand.exit)
}

fn print(grid: &Grid) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{}", plain(&grid.sentence))?;
    writeln!(
        out,
        "messages of the last {} days; what our own pages would show now; {} people",
        grid.days,
        figures::count(grid.about.people)
    )?;
    for row in &grid.rows {
        let kind = match row.kind {
            Kind::Lifecycle => "stage",
            Kind::Intent => "intent",
        };
        writeln!(out, "\n{kind} {}, {}", plain(&row.name), figures::plural(row.people, "person", "people"))?;
        for cell in &row.cells {
            writeln!(out, "  {:<8} {}", cell.channel.name(), plain(&said(cell)))?;
        }
    }
    Ok(())
}

fn said(cell: &Cell) -> String {
    let mut text = match &cell.empty {
        Some(why) => format!("–  {why}"),
        None => {
            let what: Vec<String> =
                cell.what.iter().map(|(name, n)| format!("{name} {}", figures::count(*n))).collect();
            format!("{}  {}", figures::percent(cell.share), what.join(", "))
        }
    };
    if let Some(measured) = &cell.uplift {
        let relative = figures::change_reading(&measured.relative);
        text.push_str(&format!("  | {} of {}: {relative}", measured.metric, measured.variant));
    }
    text
}
