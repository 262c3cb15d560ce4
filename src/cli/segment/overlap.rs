//! `segue segment overlap`: what several segments share.

use std::io::{Write, stdout};

use serde_json::json;

use super::{What, picture, plan, print_json};
use crate::cli::{Common, Exit};
use crate::frame::Bitmap;
use crate::model::Problem;
use crate::model::privacy::plain;
use crate::segment::{Membership, Overlap, overlap};
use crate::work::frame::threads;

/// Which segments are laid over each other.
#[derive(Debug, Clone, clap::Args)]
pub struct OverlapArguments {
    /// Segments by name, or rules; every usable segment without
    segments: Vec<String>,
    /// Show at most so many of the exact intersections
    #[arg(long, value_name = "N", default_value_t = 12)]
    top: usize,
}

pub(super) fn run(arguments: &OverlapArguments, common: &Common) -> anyhow::Result<Exit> {
    let picture = picture(common)?;
    let library = &picture.library;
    let names: Vec<String> = if arguments.segments.is_empty() {
        let usable = |name: &&str| matches!(library.plan(name), Some(Ok(_)));
        library.segments().map(|segment| segment.name.as_str()).filter(usable).map(str::to_owned).collect()
    } else {
        arguments.segments.clone()
    };
    if names.len() > overlap::MOST {
        let message = format!("{} segments are too many to lay over each other", names.len());
        return Err(Problem::new("overlap-many", message)
            .help(format!("name at most {}", overlap::MOST))
            .into());
    }
    let mut sets: Vec<Bitmap> = Vec::with_capacity(names.len());
    for name in &names {
        let plan = plan(&What::named(name), library)?;
        sets.push(Membership::of(library.frame(), &plan, picture.point, threads()).members().clone());
    }
    let overlap = Overlap::of(&sets.iter().collect::<Vec<_>>());
    if common.json {
        let named =
            |sets: &[usize]| sets.iter().filter_map(|place| names.get(*place)).cloned().collect::<Vec<_>>();
        let segments =
            names.iter().zip(&overlap.sizes).map(|(name, count)| json!({ "name": name, "count": count }));
        let exact = overlap.intersections.iter().take(arguments.top);
        return print_json(&json!({
            "as_of": picture.point.at, "total": library.frame().people().len(),
            "segments": segments.collect::<Vec<_>>(), "matrix": overlap.matrix,
            "intersections": exact
                .map(|found| json!({ "in": named(&found.sets), "count": found.count }))
                .collect::<Vec<_>>(),
            "none": overlap.none,
        }));
    }
    write(&names, &overlap, arguments.top)?;
    Ok(Exit::Done)
}

fn write(names: &[String], overlap: &Overlap, top: usize) -> std::io::Result<()> {
    let mut out = stdout().lock();
    if names.is_empty() {
        return writeln!(out, "there are no segments; save one with `segue segment save NAME RULE`");
    }
    let letters = |place: usize| format!("[{}]", place + 1);
    writeln!(out, "people in both:")?;
    write!(out, "{:>12}", "")?;
    (0..names.len()).try_for_each(|place| write!(out, " {:>9}", letters(place)))?;
    writeln!(out)?;
    for (place, (name, row)) in names.iter().zip(&overlap.matrix).enumerate() {
        write!(out, "{:>12}", letters(place))?;
        row.iter().try_for_each(|both| write!(out, " {both:>9}"))?;
        writeln!(out, "  {}", plain(name))?;
    }
    writeln!(out, "\npeople in exactly these:")?;
    for found in overlap.intersections.iter().take(top) {
        let inside: Vec<_> =
            found.sets.iter().filter_map(|place| names.get(*place)).map(|name| plain(name)).collect();
        writeln!(out, "{:>12}  {}", found.count, inside.join(" and "))?;
    }
    let more = overlap.intersections.iter().skip(top).map(|found| found.count).sum::<u64>();
    if more > 0 {
        writeln!(out, "{more:>12}  in other combinations; --top N shows more")?;
    }
    writeln!(out, "{:>12}  in none of them", overlap.none)
}
