//! `segue segment save`: a rule or a whole definition as the next version of a segment.

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{RuleText, doubt, print_json};
use crate::cli::failure::FaultyRule;
use crate::cli::{Common, Exit, clock, workspace};
use crate::config::text;
use crate::model::Problem;
use crate::model::definition::{Definition, Kind};
use crate::model::privacy::plain;
use crate::segment::{Body, Library, Membership, Segment};
use crate::store::Kept;
use crate::work::frame::{load, threads};

/// The segment as it is written on the command line or in a file.
pub(super) fn written(
    name: &str,
    rule: &RuleText,
    definition: Option<&Path>,
    description: &str,
) -> anyhow::Result<Segment> {
    if name.trim().is_empty() {
        return Err(Problem::new("segment-name", "the segment has no name")
            .help("name it: segue segment save VIP RULE")
            .into());
    }
    let segment = match (definition, &rule.rule, &rule.rule_file) {
        (Some(file), ..) => Segment::parse(Some(name), &text::read(file)?)?,
        (None, Some(rule), _) => Segment::of_rule(name, rule),
        (None, None, Some(file)) => Segment::of_rule(name, &text::read(file)?),
        (None, None, None) => {
            let problem = Problem::new("no-rule", "no rule is given");
            return Err(problem.help("write a rule in quotes, or use --rule-file or --definition").into());
        }
    };
    let description = if description.is_empty() { segment.description } else { description.to_owned() };
    Ok(Segment { description, ..segment })
}

/// Gives a rule the description, owner, tags and purpose its segment has, as far as it brings none of its own.
pub(super) fn inherit(new: &mut Segment, common: &Common) -> anyhow::Result<()> {
    let known = workspace::open_or_create(common)?.definition(Kind::Segment, &new.name)?;
    if let Some(known) = known.and_then(|known| Segment::parse(Some(&new.name), &known.definition.text).ok())
    {
        new.inherit(known);
    }
    Ok(())
}

/// Keeps a segment as its next version.
pub(super) fn run(
    segment: Segment,
    file: Option<&PathBuf>,
    replace: bool,
    common: &Common,
) -> anyhow::Result<Exit> {
    let mut store = workspace::open_or_create(common)?;
    let picture = load(&store, common.as_of, threads())?;
    let (name, text) = (segment.name.clone(), segment.to_text());
    if let Some(known) = picture.library.segment(&name).filter(|_| !replace)
        && matches!(segment.body, Body::Rule(_))
    {
        known.body.may_become_rule(&name)?;
    }
    let others = picture.library.segments().filter(|other| other.name != name).cloned();
    let library = Library::new(picture.frame(), others.chain([segment.clone()]));
    let plan = match library.plan(&name) {
        Some(Ok(plan)) => plan,
        Some(Err(problems)) => {
            if let Body::Rule(rule) = &segment.body
                && let Err(faults) = library.compile(rule)
            {
                return Err(FaultyRule { rule: rule.clone(), file: file.cloned(), faults }.into());
            }
            return Err(crate::cli::several(problems.clone()));
        }
        None => return Err(Problem::new("segment-name", "the segment has no name").into()),
    };
    doubt(plan.text(), &picture, common)?;
    let count = Membership::of(library.frame(), plan, picture.point, threads()).count();
    let new = Definition { kind: Kind::Segment, name: name.clone(), version: 0, text };
    let kept = store.define_all(&[new], clock::now())?;
    let Some(Kept { stored, changed }) = kept.first() else { anyhow::bail!("nothing was kept") };
    let version = stored.definition.version;
    if common.json {
        return print_json(&json!({ "name": name, "version": version, "count": count, "changed": changed }));
    }
    let how = if *changed { "saved as" } else { "unchanged," };
    let name = plain(&name);
    writeln!(
        stdout(),
        "segment \"{name}\" is {how} version {version}; {} in it",
        match count {
            1 => "1 person is".to_owned(),
            count => format!("{count} people are"),
        }
    )?;
    Ok(Exit::Done)
}
