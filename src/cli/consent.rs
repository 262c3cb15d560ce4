//! `segue consent`: what people said about being written to, saying it for them, and whether past messages were allowed.

use std::io::{Write, stdout};

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::segment::{picture, print_json};
use super::{Common, Exit, clock, profile, workspace};
use crate::contact::consent;
use crate::model::consent::{ConsentRecord, ConsentState, Purpose};
use crate::model::definition::Kind;
use crate::model::fact::FactChunk;
use crate::model::problem::printable;
use crate::model::{Channel, Identity, Problem, Time};
use crate::panel::figures;
use crate::rule::{OpenCatalog, Point};
use crate::store::{BatchKind, BatchMeta, Begun, Elsewhere, Store};
use crate::traffic::{Profile, compile_what_holds};
use crate::work::allowed::{Audited, Example, Totals, audited, suppressions};
use crate::work::observed::Observed;

/// What to do about consent
#[derive(Debug, Clone, clap::Subcommand)]
pub enum ConsentVerb {
    /// What one person said, address by address, and what stands on the do-not-contact list
    Show {
        /// A profile id such as p-00017, an identity such as email:anne@example.org, or its value alone
        who: String,
    },
    /// Add a line to the ledger; nothing is overwritten
    Record(RecordArguments),
    /// Were past messages allowed when they were sent? Exit code 1 if one was not
    Audit {
        /// A profile id such as p-00017, an identity such as email:anne@example.org, or its value alone
        #[arg(required_unless_present = "all")]
        who: Option<String>,
        /// Everybody's messages: totals by reason, with examples
        #[arg(long, conflicts_with = "who")]
        all: bool,
    },
    /// What was claimed for whole imports: on which basis, by whom, when, for how many addresses
    Claims,
}

/// A line of the ledger
#[derive(Debug, Clone, clap::Args)]
pub struct RecordArguments {
    /// Whose consent, such as email:anne@example.org
    identity: String,
    /// On which channel
    #[arg(long, value_parser = channel)]
    channel: Channel,
    /// For which purpose: marketing, service, survey, onsite or ads
    #[arg(long, value_parser = purpose)]
    purpose: Purpose,
    /// What was said: granted, denied, revoked, pending or unknown
    #[arg(long, value_parser = state)]
    state: ConsentState,
    /// How it was obtained, such as "double opt-in" or "existing customer"
    #[arg(long)]
    basis: String,
    /// When it was said; now if not given
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// When a grant lapses
    #[arg(long, value_name = "TIME")]
    expires: Option<Time>,
}

fn channel(text: &str) -> Result<Channel, String> {
    text.parse().map_err(|_| "no channel is called that; write email, sms or push".to_owned())
}

fn purpose(text: &str) -> Result<Purpose, String> {
    let known = || Purpose::ALL.map(Purpose::name).join(", ");
    Purpose::from_name(text).ok_or_else(|| format!("one of {}", known()))
}

fn state(text: &str) -> Result<ConsentState, String> {
    let known = || ConsentState::ALL.map(ConsentState::name).join(", ");
    ConsentState::ALL
        .into_iter()
        .find(|state| state.name() == text)
        .ok_or_else(|| format!("one of {}", known()))
}

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be used, there is no such person, or stdout is closed.
pub fn run(verb: &ConsentVerb, common: &Common) -> anyhow::Result<Exit> {
    match verb {
        ConsentVerb::Show { who } => show(who, common),
        ConsentVerb::Record(arguments) => record(arguments, common),
        ConsentVerb::Audit { who: Some(who), .. } => audit(who, common),
        ConsentVerb::Audit { who: None, .. } => audit_everybody(common),
        ConsentVerb::Claims => claims(common),
    }
}

fn show(who: &str, common: &Common) -> anyhow::Result<Exit> {
    let picture = picture(common)?;
    let observed = Observed::one(picture.frame(), profile::one(picture.frame(), who)?);
    let Some(person) = observed.people.first() else { anyhow::bail!("{who} is nobody") };
    let said = said(person, picture.point);
    let rests = |record: &ConsentRecord| if record.is_claimed() { "claimed for the source" } else { "said" };
    if common.json {
        return print_json(&json!({
            "profile": person.id.to_string(),
            "at": picture.point.at,
            "consent": said.iter().map(|(identity, record, state)| json!({
                "identity": identity.to_string(), "channel": record.channel, "purpose": record.purpose,
                "state": state, "since": record.at, "expires": record.expires, "rests_on": rests(record),
            })).collect::<Vec<_>>(),
            "do_not_contact": person.suppressions.iter().map(|entry| json!({
                "identity": entry.address.and_then(|slot| person.identities.get(usize::from(slot))).map(ToString::to_string),
                "channel": entry.channel, "reason": entry.reason, "since": entry.at,
            })).collect::<Vec<_>>(),
        }));
    }
    let mut out = stdout().lock();
    writeln!(out, "{}", person.id)?;
    if said.is_empty() {
        writeln!(out, "  nothing was said")?;
    }
    for (identity, record, state) in &said {
        let (channel, purpose, since) =
            (record.channel, record.purpose.name(), record.at.short(&TimeZone::UTC));
        let until =
            record.expires.map_or(String::new(), |end| format!(" until {}", end.short(&TimeZone::UTC)));
        let who = printable(&identity.to_string());
        let rests = if record.is_claimed() { ", claimed for the source" } else { "" };
        writeln!(out, "  {channel:<8} {purpose:<10} {:<8} since {since}{until}  {who}{rests}", state.name())?;
    }
    for entry in &person.suppressions {
        let (reason, since) = (entry.reason.name(), entry.at.short(&TimeZone::UTC));
        writeln!(out, "  {:<8} do not contact: {reason} since {since}", entry.channel)?;
    }
    Ok(Exit::Done)
}

/// What each identity said last about each channel and purpose, and what that means at a point.
fn said(person: &Profile, point: Point) -> Vec<(&Identity, &ConsentRecord, ConsentState)> {
    let mut said = Vec::new();
    for identity in &person.identities {
        for channel in Channel::ALL {
            for purpose in Purpose::ALL {
                let (state, line) = consent::of_identity(&person.consents, identity, channel, purpose, point);
                said.extend(line.map(|line| (identity, line, state)));
            }
        }
    }
    said
}

fn record(arguments: &RecordArguments, common: &Common) -> anyhow::Result<Exit> {
    let (namespace, value) = arguments.identity.split_once(':').ok_or_else(|| {
        Problem::new(
            "consent-identity",
            format!("`{}` does not say what kind of identity it is", arguments.identity),
        )
        .help("write it as email:anne@example.org")
    })?;
    let identity = Identity::new(namespace, value);
    if !Identity::is_usable(&identity.value) {
        return Err(Problem::new("consent-identity", format!("`{value}` stands for nobody")).into());
    }
    let now = clock::now();
    let line = ConsentRecord {
        identity,
        channel: arguments.channel,
        purpose: arguments.purpose,
        state: arguments.state,
        at: arguments.at.unwrap_or(now),
        expires: arguments.expires,
        basis: arguments.basis.clone(),
    };
    if line.is_claimed() {
        let message = "that basis is written for claims about whole imports only";
        return Err(Problem::new("consent-basis", message)
            .help("say how this person agreed, such as \"double opt-in\"")
            .into());
    }
    let said = format!("{} for {} by {}", line.state.name(), line.purpose.name(), line.channel);
    let whose = printable(&line.identity.to_string());
    let chunk = FactChunk { consents: vec![line], ..FactChunk::default() };
    let mut store = workspace::open(common)?;
    let meta = BatchMeta {
        kind: BatchKind::Import,
        file: "said by hand".to_owned(),
        sha256: None,
        mapping: None,
        source: Some("by hand".to_owned()),
    };
    let Begun::New(mut writer) = store.begin(&meta, now)? else { anyhow::bail!("this was recorded already") };
    if let Err(error) = writer.write(&chunk, now) {
        writer.abandon(now)?;
        return Err(error.into());
    }
    let batch = writer.finish(Elsewhere { ledgers: 1, ..Elsewhere::default() }, clock::now())?;
    if common.json {
        return print_json(
            &json!({ "batch": batch.id.to_string(), "identity": arguments.identity, "said": said }),
        );
    }
    writeln!(stdout(), "{whose}: {said}; {} takes it back with `segue batch revert`", batch.id)?;
    Ok(Exit::Done)
}

fn audit(who: &str, common: &Common) -> anyhow::Result<Exit> {
    let store = workspace::open_read_only(common)?;
    let picture = picture(common)?;
    let person = profile::one(picture.frame(), who)?;
    let mut observed =
        Observed::one(picture.frame(), person).with_ledger(&store, picture.frame(), common.as_of)?;
    let (mut setup, problems) =
        compile_what_holds(&definitions(&store)?, &OpenCatalog, crate::model::Seed(0));
    let exit = super::told(&problems)?;
    observed.recall(&mut setup.library);
    let Some(person) = observed.people.first() else { anyhow::bail!("{who} is nobody") };
    let lists = suppressions(person);
    let audited = audited(person, &lists, &setup.library);
    let wrong = audited.iter().filter(|message| !message.allowed()).count();
    if common.json {
        print_json(&json!({
            "profile": person.id.to_string(),
            "messages": audited.iter().map(as_json).collect::<Vec<_>>(),
            "not_allowed": wrong,
        }))?;
    } else {
        let mut out = stdout().lock();
        writeln!(
            out,
            "{}: {} messages, {wrong} of them not allowed when they were sent",
            person.id,
            audited.len()
        )?;
        for message in &audited {
            let mark = if message.allowed() { "allowed" } else { "NOT ALLOWED" };
            let (at, why) = (message.at.short(&TimeZone::UTC), message.why());
            writeln!(out, "  {at}  {mark:<11}  {} by {}: {why}", printable(&message.name), message.channel)?;
        }
    }
    Ok(if wrong > 0 { Exit::ProblemsFound } else { exit })
}

fn audit_everybody(common: &Common) -> anyhow::Result<Exit> {
    let store = workspace::open_read_only(common)?;
    let mut observed = Observed::load(&store, common.as_of)?;
    let (mut setup, problems) =
        compile_what_holds(&definitions(&store)?, &OpenCatalog, crate::model::Seed(0));
    let exit = super::told(&problems)?;
    observed.recall(&mut setup.library);
    let mut totals = Totals::default();
    for person in &observed.people {
        let lists = suppressions(person);
        totals.add(person.id, &audited(person, &lists, &setup.library));
    }
    let wrong = totals.messages - totals.allowed;
    if common.json {
        print_json(&json!(totals))?;
    } else {
        let mut out = stdout().lock();
        let (all, wrong) = (figures::plural(totals.messages, "message", "messages"), figures::count(wrong));
        writeln!(out, "{all} to everybody, {wrong} of them not allowed when they were sent")?;
        for (reason, wrong) in &totals.not_allowed {
            let people = figures::plural(wrong.people, "person", "people");
            writeln!(out, "  {:>10}  {reason}, to {people}, such as", figures::count(wrong.messages))?;
            for Example { profile, at, message, why } in &wrong.examples {
                let (message, at) = (printable(message), at.short(&TimeZone::UTC));
                writeln!(out, "              {at}  {profile}  {message}: {why}")?;
            }
        }
    }
    Ok(if wrong > 0 { Exit::ProblemsFound } else { exit })
}

fn claims(common: &Common) -> anyhow::Result<Exit> {
    let store = workspace::open_read_only(common)?;
    let claims = store.claims()?;
    if common.json {
        return print_json(&json!({ "claims": claims }));
    }
    let mut out = stdout().lock();
    if claims.is_empty() {
        writeln!(out, "nothing was claimed for a whole import; `segue import FILE --basis …` does")?;
    }
    for claim in &claims {
        let (at, batch, addresses) = (claim.at.short(&TimeZone::UTC), claim.batch, claim.addresses);
        let by = claim.said_by.as_deref().map_or("nobody named", |name| name);
        writeln!(
            out,
            "{at}  {batch}  {:<18} {:<7} {:<10} {:>9}  {} ({}), said by {}",
            claim.basis,
            claim.channel,
            claim.purpose.name(),
            figures::count(addresses),
            printable(&claim.source),
            printable(&claim.file),
            printable(by)
        )?;
    }
    Ok(Exit::Done)
}

fn definitions(store: &Store) -> anyhow::Result<Vec<crate::model::definition::Definition>> {
    let mut definitions = Vec::new();
    for kind in
        [Kind::Experience, Kind::Experiment, Kind::Survey, Kind::ContactPolicy, Kind::Segment, Kind::Stages]
    {
        definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
    }
    Ok(definitions)
}

fn as_json(message: &Audited<'_>) -> Value {
    json!({
        "at": message.at,
        "message": message.name,
        "channel": message.channel,
        "purpose": message.purpose,
        "allowed": message.allowed(),
        "why": message.why(),
    })
}
