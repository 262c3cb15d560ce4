//! `segue contact cost`: what a message costs, where a test of caps tells it.

use std::io::{Write, stdout};

use crate::cli::ground::GroundArguments;
use crate::cli::segment::print_json;
use crate::cli::{Common, Exit};
use crate::model::privacy::plain;
use crate::panel::contact::cost::{Cost, costs};
use crate::panel::figures;
use crate::stats::Reading;

/// Over whom.
#[derive(Debug, Clone, clap::Args)]
pub struct CostArguments {
    #[command(flatten)]
    ground: GroundArguments,
}

pub(super) fn run(arguments: &CostArguments, common: &Common) -> anyhow::Result<Exit> {
    let stand = arguments.ground.stand(common)?;
    let found = costs(&stand.ground().scene());
    if common.json {
        print_json(&match found {
            Ok(costs) => serde_json::json!({ "costs": costs, "withheld": null }),
            Err(why) => serde_json::json!({ "costs": [], "withheld": why }),
        })?;
        return Ok(stand.exit);
    }
    let mut out = stdout().lock();
    match found {
        Ok(costs) => costs.iter().try_for_each(|cost| print(cost, &mut out))?,
        Err(why) => writeln!(out, "{}", plain(&why))?,
    }
    Ok(stand.exit)
}

fn print(cost: &Cost, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}\n{}", plain(&cost.experiment), plain(&cost.sentence))?;
    for arm in &cost.arms {
        let messages = arm.messages.map_or_else(|| "–".to_owned(), |mean| figures::fixed(mean, 2));
        writeln!(
            out,
            "  {:<20} {:>8} people {messages:>8} messages each",
            plain(&arm.variant),
            figures::count(arm.people)
        )?;
    }
    writeln!(out, "  {:<20} {:>12} {:>12}  for one message more", "outcome", "control", "treatment")?;
    for outcome in &cost.outcomes {
        let [control, treatment] =
            outcome.means.map(|mean| mean.map_or_else(|| "–".to_owned(), figures::mean));
        let per = match &outcome.per_message {
            Reading::Estimate(estimate) => {
                let places = figures::places_for(estimate.value).max(4);
                let value = figures::signed(estimate.value, places);
                format!("{value} {}", figures::signed_interval(estimate, places))
            }
            Reading::Withheld(why) => format!("withheld: {}", why.sentence()),
        };
        writeln!(out, "  {:<20} {control:>12} {treatment:>12}  {per}", plain(&outcome.metric))?;
    }
    Ok(())
}
