//! `segue segment profile`: how a segment's people are spread, and what sets them apart from everybody else.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use super::{What, picture, plan, print_json};
use crate::cli::{Common, Exit};
use crate::model::privacy::plain;
use crate::segment::Membership;
use crate::segment::against::{Against, Feature, against};
use crate::segment::breakdown::{Breakdown, Cuts};
use crate::stats::reading::Reading;
use crate::work::frame::threads;

/// Which segment is looked at.
#[derive(Debug, Clone, clap::Args)]
pub struct ProfileArguments {
    /// Which segment
    #[command(flatten)]
    what: What,
    /// Show at most so many lines of each list
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
}

pub(super) fn run(arguments: &ProfileArguments, common: &Common) -> anyhow::Result<Exit> {
    let picture = picture(common)?;
    let (frame, point) = (picture.frame(), picture.point);
    let plan = plan(&arguments.what, &picture.library)?;
    let membership = Membership::of(frame, &plan, point, threads());
    let against = against(frame, membership.members(), point);
    let breakdowns = Cuts::of(frame, point).breakdowns(membership.members());
    if common.json {
        let list = |features: Vec<&Feature>| -> Vec<Value> {
            features.into_iter().take(arguments.top).map(|feature| json_of(feature, &against)).collect()
        };
        return print_json(&json!({
            "rule": plan.text(), "as_of": point.at, "count": against.inside, "others": against.outside,
            "breakdown": breakdowns,
            "over_represented": list(against.over_represented().collect()),
            "under_represented": list(against.under_represented().collect()),
            "compared": against.features.len(), "withheld": against.withheld(),
        }));
    }
    let mut out = stdout().lock();
    writeln!(out, "{} people against {} others, as of {}", against.inside, against.outside, point.at)?;
    breakdowns.iter().try_for_each(|breakdown| write_breakdown(&mut out, breakdown, arguments.top))?;
    let (over, under) = (against.over_represented(), against.under_represented());
    write_features(&mut out, "commoner here than elsewhere:", over, &against, arguments.top)?;
    write_features(&mut out, "rarer here than elsewhere:", under, &against, arguments.top)?;
    writeln!(
        out,
        "\n{} compared, {} of too few people to say. Ratios with 95 % intervals, not corrected for how many were \
         compared; what goes together need not be cause and effect.",
        against.features.len(),
        against.withheld()
    )?;
    Ok(Exit::Done)
}

fn json_of(feature: &Feature, against: &Against) -> Value {
    let share = |count: u64, of: u64| (of > 0).then(|| count as f64 / of as f64);
    let ratio = feature.ratio.estimate();
    json!({
        "kind": feature.kind, "rule": feature.rule,
        "inside": feature.inside, "share_inside": share(feature.inside, against.inside),
        "outside": feature.outside, "share_outside": share(feature.outside, against.outside),
        "ratio": ratio.map(|ratio| ratio.value),
        "low": ratio.map(|ratio| ratio.low), "high": ratio.map(|ratio| ratio.high),
    })
}

fn write_breakdown(out: &mut impl Write, breakdown: &Breakdown, top: usize) -> std::io::Result<()> {
    writeln!(out, "\n{}", breakdown.by.name())?;
    for part in breakdown.parts.iter().filter(|part| part.inside > 0).take(top) {
        writeln!(out, "{:>12}  {} ({} of everybody)", part.inside, plain(&part.label), part.everyone)?;
    }
    let more: u64 =
        breakdown.parts.iter().filter(|part| part.inside > 0).skip(top).map(|part| part.inside).sum();
    if more > 0 { writeln!(out, "{more:>12}  others") } else { Ok(()) }
}

fn write_features<'f>(
    out: &mut impl Write,
    title: &str,
    features: impl Iterator<Item = &'f Feature>,
    against: &Against,
    top: usize,
) -> std::io::Result<()> {
    let percent = |count: u64, of: u64| 100.0 * count as f64 / of.max(1) as f64;
    let mut features = features.take(top).peekable();
    if features.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    for feature in features {
        if let Reading::Estimate(ratio) = &feature.ratio {
            writeln!(
                out,
                "  {:>6.2} × ({:.2} to {:.2})  {:>5.1} % against {:>5.1} %  {}",
                ratio.value,
                ratio.low,
                ratio.high,
                percent(feature.inside, against.inside),
                percent(feature.outside, against.outside),
                plain(&feature.rule)
            )?;
        }
    }
    Ok(())
}
