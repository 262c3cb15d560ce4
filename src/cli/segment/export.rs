//! `segue segment export`: the people of a segment who may be contacted, in a file for another tool.

use std::io::{BufWriter, Write, stderr, stdout};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{What, picture, plan, print_json};
use crate::cli::{Common, Exit};
use crate::exchange::recipients::{Form, Gate, Written, save, select, within_limits, write};
use crate::model::consent::Purpose;
use crate::model::{Channel, Problem};
use crate::segment::Membership;
use crate::work::frame::threads;

/// What is exported, for what, and how.
#[derive(Debug, Clone, clap::Args)]
pub struct ExportArguments {
    /// Which segment
    #[command(flatten)]
    what: What,
    /// What the people are to be contacted for: marketing, service, survey, onsite or ads
    #[arg(long, value_parser = purpose_of)]
    purpose: Purpose,
    /// On which channel: email, sms, push, ad, survey or phone
    #[arg(long, value_parser = channel_of, default_value = "email")]
    channel: Channel,
    /// The file's form: csv with addresses as they are, or hashed as google or meta compare them
    #[arg(long, value_parser = ["csv", "google", "meta"], default_value = "csv")]
    format: String,
    /// Traits to put beside each address of a csv, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    traits: Vec<String>,
    /// The file; standard output without
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long)]
    force: bool,
}

fn purpose_of(name: &str) -> Result<Purpose, String> {
    Purpose::from_name(&name.to_lowercase()).ok_or_else(|| {
        let known = Purpose::ALL.map(Purpose::name);
        format!("one of {}", known.join(", "))
    })
}

fn channel_of(name: &str) -> Result<Channel, String> {
    name.parse().map_err(|_| "one of email, sms, push, ad, survey, phone".to_owned())
}

pub(super) fn run(arguments: &ExportArguments, common: &Common) -> anyhow::Result<Exit> {
    let form = form(arguments)?;
    let gate = Gate { channel: arguments.channel, purpose: arguments.purpose };
    form.fits(gate.channel)?;
    if common.json && arguments.out.is_none() {
        let problem = Problem::new("export-json", "--json tells of a file, and none is named");
        return Err(problem.help("name it with --out FILE").into());
    }
    let picture = picture(common)?;
    let (frame, point) = (picture.frame(), picture.point);
    if let Form::Csv { traits } = &form {
        known(traits, frame)?;
    }
    let plan = plan(&arguments.what, &picture.library)?;
    let membership = Membership::of(frame, &plan, point, threads());
    let selection = select(frame, membership.members(), gate, point);
    let selection = within_limits(frame, selection, &plan.traits(), gate);
    let written = match &arguments.out {
        Some(path) => save(frame, selection, gate, &form, path, arguments.force)?,
        None => write(frame, selection, gate, &form, BufWriter::new(stdout().lock()))?,
    };
    if common.json {
        return print_json(&json!({
            "file": arguments.out, "channel": gate.channel, "purpose": gate.purpose, "as_of": point.at,
            "members": membership.count(), "written": written.lines, "left_out": left_out(&written)?,
        }));
    }
    narrate(&written, membership.count(), gate)?;
    Ok(Exit::Done)
}

fn form(arguments: &ExportArguments) -> Result<Form, Problem> {
    match arguments.format.as_str() {
        "csv" => Ok(Form::Csv { traits: arguments.traits.clone() }),
        _ if !arguments.traits.is_empty() => {
            Err(Problem::new("export-traits", "a hashed file carries no traits").help("leave --traits out"))
        }
        "google" => Ok(Form::Google),
        _ => Ok(Form::Meta),
    }
}

/// A trait nobody has would be an empty column, and most likely a slip.
fn known(traits: &[String], frame: &crate::frame::Frame) -> Result<(), Problem> {
    for name in traits {
        if frame.people().attribute(name).is_none() {
            let names = frame.people().traits().iter().map(|(field, _)| field.name.clone());
            let problem = Problem::new("unknown-trait", format!("trait `{name}` is not known here"));
            return Err(match crate::rule::diagnostic::nearest(name, names) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            });
        }
    }
    Ok(())
}

fn left_out(written: &Written) -> anyhow::Result<Value> {
    Ok(serde_json::to_value(&written.selection.left_out)?)
}

fn narrate(written: &Written, members: u64, gate: Gate) -> std::io::Result<()> {
    let mut err = stderr().lock();
    let (purpose, channel) = (gate.purpose.name(), gate.channel);
    writeln!(err, "{} of {members} may be contacted for {purpose} by {channel}", written.lines)?;
    for (why, count) in &written.selection.left_out {
        writeln!(err, "{count:>12}  left out: {why}")?;
    }
    Ok(())
}
