//! `segue panel funnel`: how far people come through ordered steps.

use std::io::{Write, stdout};

use serde_json::{Value, json};

use crate::cli::{Common, Exit, segment};
use crate::frame::{Frame, FrameCatalog};
use crate::model::privacy::plain;
use crate::model::{Person, Problem, Span};
use crate::panel::figures;
use crate::rule::tree::Window;
use crate::rule::{Catalog, Plan, Point, render};
use crate::segment::Library;
use crate::segment::funnel::Funnel;
use crate::work::frame::Picture;

/// The steps, and who is counted.
#[derive(Debug, clap::Args)]
pub(super) struct FunnelArguments {
    /// The events in their order, separated by commas; each strictly later than the one before. A step may have a filter:
    /// 'Product Viewed where category = "shoes"'
    #[arg(long, value_name = "EVENT,…", required = true)]
    steps: String,
    /// How long after the first step the last may come, such as 24h or 7d
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    within: Span,
    /// Only the members of this segment, or of this rule
    #[arg(long, value_name = "SEGMENT")]
    segment: Option<String>,
}

/// Counts and prints.
///
/// # Errors
/// A step or the segment cannot be used, the workspace cannot be read, or stdout is closed.
pub(super) fn run(arguments: &FunnelArguments, common: &Common) -> anyhow::Result<Exit> {
    let picture = segment::picture(common)?;
    let frame = picture.frame();
    let names = steps(&arguments.steps)?;
    let funnel = funnel(&names, arguments.within, &FrameCatalog::new(frame))?;
    let members = match &arguments.segment {
        Some(segment) => Some(plan(segment, &picture.library)?),
        None => None,
    };
    let reached = reached(&funnel, names.len(), frame, members.as_ref(), picture.point);
    let mut out = stdout().lock();
    if common.json {
        let shown = as_json(arguments, &names, &reached, &picture);
        serde_json::to_writer_pretty(&mut out, &shown).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        print(&mut out, arguments, &names, &reached, &picture)?;
    }
    Ok(Exit::Done)
}

/// The steps as written. A comma within quotes or parentheses belongs to a filter.
fn steps(text: &str) -> Result<Vec<String>, Problem> {
    let (mut steps, mut quoted, mut depth) = (vec![String::new()], false, 0_i32);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        match steps.last_mut() {
            Some(step) if c != ',' || quoted || depth > 0 => step.push(c),
            _ => steps.push(String::new()),
        }
    }
    let steps: Vec<String> = steps.into_iter().map(|step| step.trim().to_owned()).collect();
    if steps.len() < 2 || steps.iter().any(String::is_empty) {
        return Err(Problem::new("funnel-steps", "a funnel has at least two steps, none of them empty")
            .help("such as: --steps \"Product Viewed,Product Added,Order Completed\""));
    }
    Ok(steps)
}

/// A step as a rule: `did("Product Viewed" where …)`.
fn rule(step: &str) -> String {
    let (name, filter) = match step.split_once(" where ") {
        Some((name, filter)) => (name.trim(), format!(" where {}", filter.trim())),
        None => (step, String::new()),
    };
    let name = name.trim_matches('"').replace('\\', "\\\\").replace('"', "\\\"");
    format!("did(\"{name}\"{filter})")
}

fn funnel(names: &[String], within: Span, catalog: &dyn Catalog) -> anyhow::Result<Funnel> {
    let rules: Vec<String> = names.iter().map(|step| rule(step)).collect();
    let texts: Vec<&str> = rules.iter().map(String::as_str).collect();
    Funnel::new(&texts, within, Window::Ever, catalog).map_err(|(number, faults)| {
        let text = texts.get(number).copied().unwrap_or_default();
        anyhow::anyhow!("step {} cannot be used\n{}", number + 1, render(text, &faults).trim_end())
    })
}

fn plan(segment: &str, library: &Library) -> anyhow::Result<Plan> {
    match library.plan(segment) {
        Some(Ok(plan)) => Ok(plan.clone()),
        Some(Err(problems)) => Err(crate::cli::several(problems.clone())),
        None => library.compile(segment).map_err(|faults| {
            anyhow::anyhow!("the segment cannot be used\n{}", render(segment, &faults).trim_end())
        }),
    }
}

/// How many people were looked at, and how many reach at least each step.
struct Reached {
    people: u64,
    steps: Vec<u64>,
}

fn reached(funnel: &Funnel, steps: usize, frame: &Frame, members: Option<&Plan>, point: Point) -> Reached {
    let mut reached = Reached { people: 0, steps: vec![0; steps] };
    for row in 0..frame.people().len() as u32 {
        let person = Person(row);
        let inside = members.is_none_or(|plan| plan.holds(&frame.subject(person), point).is_true());
        if !inside {
            continue;
        }
        reached.people += 1;
        let level = funnel.level(frame, person, point);
        reached.steps.iter_mut().take(level).for_each(|count| *count += 1);
    }
    reached
}

/// A share; none of nobody.
fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

fn print(
    out: &mut dyn Write,
    arguments: &FunnelArguments,
    names: &[String],
    reached: &Reached,
    picture: &Picture,
) -> anyhow::Result<()> {
    let among = arguments.segment.as_deref().map(|name| format!(" in {}", plain(name)));
    writeln!(
        out,
        "{} people{}, the last step within {} of the first, as of {}",
        figures::count(reached.people),
        among.unwrap_or_default(),
        arguments.within,
        picture.point.at
    )?;
    let percent = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), figures::percent);
    let first = reached.steps.first().copied().unwrap_or(0);
    let mut before = first;
    writeln!(out, "{:>12} {:>9} {:>9}  step", "people", "of first", "of before")?;
    for (name, count) in names.iter().zip(&reached.steps) {
        let (overall, step) = (percent(share(*count, first)), percent(share(*count, before)));
        writeln!(out, "{:>12} {overall:>9} {step:>9}  {}", figures::count(*count), plain(name))?;
        before = *count;
    }
    Ok(())
}

fn as_json(arguments: &FunnelArguments, names: &[String], reached: &Reached, picture: &Picture) -> Value {
    let first = reached.steps.first().copied().unwrap_or(0);
    let before = std::iter::once(first).chain(reached.steps.iter().copied());
    let steps: Vec<Value> = names
        .iter()
        .zip(reached.steps.iter().zip(before))
        .map(|(name, (count, before))| {
            json!({
                "step": name, "people": count,
                "of_first": share(*count, first), "of_before": share(*count, before),
            })
        })
        .collect();
    json!({
        "as_of": picture.point.at, "within": arguments.within, "segment": arguments.segment,
        "people": reached.people, "steps": steps,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_split_at_commas_outside_of_filters() {
        let split = |text: &str| steps(text).unwrap();
        assert_eq!(split("Product Viewed, Order Completed"), ["Product Viewed", "Order Completed"]);
        let filtered = split(r#"A where x in ("a, b", "c"),B where y = "d,e""#);
        assert_eq!(filtered, [r#"A where x in ("a, b", "c")"#, r#"B where y = "d,e""#]);
        assert_eq!(rule(&filtered[1]), r#"did("B" where y = "d,e")"#);
        for bad in ["", "A", "A,,B", ","] {
            assert_eq!(steps(bad).unwrap_err().code, "funnel-steps", "{bad}");
        }
    }
}
