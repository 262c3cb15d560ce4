//! `segue decide`: what would this person get, or everybody, and why?

mod context;
mod everyone;
mod why;

use std::io::{Write, stdout};

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::segment::print_json;
use super::{Common, Exit, profile, workspace};
use crate::decide::library::Source;
use crate::decide::limited;
use crate::decide::{self, Context, GateNote, Library, Verdict, Visitor};
use crate::experience;
use crate::model::definition::{Definition, Kind};
use crate::model::privacy::plain;
use crate::model::{Problem, Seed, Time};
use crate::panel::contact::why::Subject;
use crate::rule::diagnostic::nearest;
use crate::rule::{OpenCatalog, Point};
use crate::store::Store;
use crate::traffic::compile_what_holds;
use crate::traffic::profile::View;
use crate::work::Cancel;
use crate::work::console::quiet::{Quiet, is_of_policy};
use crate::work::frame::{load, threads};
use crate::work::observed::Observed;

/// What to decide
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The person: a profile id such as p-00017, an identity such as email:anne@example.org, or its value alone
    #[arg(long, value_name = "WHO", required_unless_present = "all", conflicts_with = "all")]
    profile: Option<String>,
    /// Everybody at the placement: who gets what, and where the others are lost
    #[arg(long, requires = "placement", conflicts_with = "why")]
    all: bool,
    /// A place that asks for an experience, such as home.hero
    #[arg(
        long,
        value_name = "PLACEMENT",
        required_unless_present_any = ["message", "everything"],
        conflicts_with_all = ["message", "everything"]
    )]
    placement: Option<String>,
    /// An experience or a survey: may it go to this person?
    #[arg(long, value_name = "NAME")]
    message: Option<String>,
    /// Every placement and message there is for this person, each with what would turn it round
    #[arg(long, conflicts_with_all = ["message", "all"])]
    everything: bool,
    /// What the request says, as a JSON object; rules read it as context.device, context.weather and so on
    #[arg(long, value_name = "JSON", value_parser = context::read, default_value = "{}", hide_default_value = true)]
    context: Context,
    /// The moment to decide at; just after the newest event if not said
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// Print every gate, the sends that fill a cap, and the smallest change that would turn the decision round
    #[arg(long)]
    why: bool,
}

/// What a decision needs of the workspace. Journeys are not asked here.
const KINDS: [Kind; 6] =
    [Kind::Experience, Kind::Experiment, Kind::Survey, Kind::ContactPolicy, Kind::Segment, Kind::Stages];

struct Answer {
    /// The content and, where it is shown, the probability with which it was chosen.
    content: Option<(u32, f64)>,
    verdict: Option<Verdict>,
    why: Vec<GateNote>,
}

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be used, somebody or something is not known, or stdout is closed.
pub fn run(args: &Args, common: &Common) -> anyhow::Result<Exit> {
    let store = workspace::open_read_only(common)?;
    let at = args.at.or(common.as_of);
    let (picture, definitions) = (load(&store, at, threads())?, definitions(&store)?);
    let (mut setup, problems) = compile_what_holds(&definitions, &OpenCatalog, Seed(0));
    if problems.iter().any(is_of_policy) {
        // A policy that silently does not hold protects nobody.
        return Err(super::several(problems));
    }
    let exit = super::told(&problems)?;
    let (Some(who), false) = (&args.profile, args.all) else {
        let place = args.placement.as_deref().unwrap_or_default();
        known_placement(&setup.library, place)?;
        let asked = everyone::Asked { place, context: &args.context, point: picture.point };
        let quiet = Quiet::over(&store, picture, &definitions, at, &Cancel::default())?;
        quiet.iter().try_for_each(|quiet| everyone::run(quiet, &asked, common))?;
        return Ok(exit);
    };
    let person = profile::one(picture.frame(), who)?;
    let mut observed = Observed::one(picture.frame(), person).with_ledger(&store, picture.frame(), at)?;
    observed.recall(&mut setup.library);
    setup.words = observed.words;
    let Some(profile) = observed.people.first() else { anyhow::bail!("{who} is nobody") };
    let view = View { profile, words: &setup.words };
    if args.everything {
        let answer = why::answer(&setup, profile, picture.point, Subject::Everything, &args.context);
        why::everything(answer.as_ref(), common)?;
        return Ok(exit);
    }
    let visitor = Visitor { state: &view, context: &args.context };
    let answer = match (&args.placement, &args.message) {
        (Some(place), _) => at_placement(&setup.library, place, &visitor, picture.point)?,
        (None, Some(name)) => as_message(&setup.library, name, &visitor, picture.point)?,
        (None, None) => anyhow::bail!("name a placement or a message"),
    };
    let subject = match (&args.placement, &args.message) {
        (Some(place), _) => Subject::Placement(place.clone()),
        (None, name) => Subject::Message(name.clone().unwrap_or_default()),
    };
    // Searching what would turn it round takes the decision again and again, so only who asks why waits for it.
    let again =
        args.why.then(|| why::answer(&setup, profile, picture.point, subject, &args.context)).flatten();
    if common.json {
        let mut shown = as_json(args, &setup.library, &view, picture.point, &answer);
        if let (Some(again), Some(object)) = (&again, shown.as_object_mut()) {
            object.extend(why::as_json(again));
        }
        print_json(&shown)?;
    } else {
        print(args, &setup.library, &view, &answer)?;
        again.iter().try_for_each(why::print)?;
    }
    Ok(exit)
}

fn definitions(store: &Store) -> anyhow::Result<Vec<Definition>> {
    let mut definitions = Vec::new();
    for kind in KINDS {
        definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
    }
    Ok(definitions)
}

type Asking<'a> = Visitor<'a, View<'a>>;

fn at_placement(library: &Library, place: &str, who: &Asking<'_>, point: Point) -> Result<Answer, Problem> {
    known_placement(library, place)?;
    let mut why = Vec::new();
    let shown = decide::placement(library, place, who, point, &mut why).shown;
    Ok(Answer { content: shown.map(|shown| (shown.content, shown.propensity)), verdict: None, why })
}

fn known_placement(library: &Library, place: &str) -> Result<(), Problem> {
    let places = || {
        library.contents.iter().flat_map(|content| match &content.source {
            Source::Experience(experience) => experience.placements.as_slice(),
            Source::Survey(_) => &[],
        })
    };
    if places().any(|known| known == place) {
        Ok(())
    } else {
        Err(unknown("placement", place, places().cloned()))
    }
}

fn as_message(library: &Library, name: &str, who: &Asking<'_>, point: Point) -> Result<Answer, Problem> {
    let Some(content) = library.content(name) else {
        return Err(unknown("message", name, library.contents.iter().map(|content| content.name.clone())));
    };
    let mut why = Vec::new();
    let verdict = decide::message(library, content, None, who, point, &mut why);
    Ok(Answer { content: Some((content, 1.0)), verdict: Some(verdict), why })
}

fn unknown(what: &str, name: &str, known: impl Iterator<Item = String>) -> Problem {
    let help = nearest(name, known).map_or_else(
        || "define an experience for it first".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Problem::new("decide-unknown", format!("no {what} is called `{name}`")).help(help)
}

fn sentence(library: &Library, answer: &Answer, zone: &TimeZone) -> String {
    let name = answer.content.and_then(|(content, _)| library.contents.get(content as usize));
    let name = name.map_or("nothing", |content| content.name.as_str());
    match answer.verdict {
        None if answer.content.is_none() => "gets nothing: every candidate is stopped by a gate".to_owned(),
        None => format!("gets “{name}”"),
        Some(Verdict::Pass) => format!("may be sent “{name}” now"),
        Some(Verdict::Held { reason, until, .. }) => {
            let until = until.map_or(String::new(), |until| format!(", free {}", until.short(zone)));
            format!("is not sent “{name}”: {}{until}", reason.name())
        }
    }
}

fn print(args: &Args, library: &Library, view: &View<'_>, answer: &Answer) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    let said = sentence(library, answer, &view.profile.zone.0);
    writeln!(out, "{} {}", view.profile.id, plain(&said))?;
    if let Some(text) = rendered(library, view, answer) {
        writeln!(out, "  {}", plain(&text.subject))?;
    }
    if args.why {
        for note in &answer.why {
            let mark = if note.passed { "passed" } else { "closed" };
            writeln!(out, "  {mark}  {:<15} {}", note.gate.name(), plain(&note.detail))?;
        }
    }
    Ok(())
}

fn rendered(library: &Library, view: &View<'_>, answer: &Answer) -> Option<experience::Rendered> {
    let (content, _) = answer.content?;
    match &library.contents.get(content as usize)?.source {
        Source::Experience(known) => {
            Some(experience::render(known, &|tag: &str| limited::value(view, known.purpose, tag)))
        }
        Source::Survey(_) => None,
    }
}

fn as_json(args: &Args, library: &Library, view: &View<'_>, point: Point, answer: &Answer) -> Value {
    let text = rendered(library, view, answer);
    let (decision, reason, until) = match answer.verdict {
        None => (if answer.content.is_some() { "shown" } else { "nothing" }, None, None),
        Some(Verdict::Pass) => ("pass", None, None),
        Some(Verdict::Held { reason, until, .. }) => ("held", Some(reason.name()), until),
    };
    let name = answer.content.and_then(|(content, _)| library.contents.get(content as usize));
    json!({
        "profile": view.profile.id.to_string(),
        "at": point.at,
        "placement": args.placement,
        "decision": decision,
        "experience": name.map(|content| &content.name),
        "propensity": answer.content.map(|(_, propensity)| propensity),
        "reason": reason,
        "until": until,
        "subject": text.as_ref().map(|text| &text.subject),
        "body": text.as_ref().map(|text| &text.body),
        "fell_back": text.as_ref().map(|text| text.fell_back),
        "trace": answer.why.iter().map(|note| json!({
            "gate": note.gate.name(), "passed": note.passed, "detail": note.detail,
        })).collect::<Vec<_>>(),
    })
}
