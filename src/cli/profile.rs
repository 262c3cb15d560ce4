//! `segue profile`: one person as the workspace knows them.

use std::io::{Write, stdout};

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::segment::{picture, print_json};
use super::{Common, Exit};
use crate::frame::private::is_private;
use crate::frame::{Frame, FrameEvent, FrameSubject, People};
use crate::model::privacy::plain;
use crate::model::{Datum, Identity, Person, Problem, ProfileId, Time};
use crate::rule::{Occurrence, Subject};
use crate::work::frame::Picture;

/// What to do with profiles.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum ProfileVerb {
    /// Show one person: identities, traits, consent, the latest events
    Show {
        /// A profile id such as p-00017, an identity such as email:anne@example.org, or its value alone
        id: String,
        /// Show no name, address or other private text
        #[arg(long)]
        mask: bool,
        /// So many of the latest events
        #[arg(long, default_value_t = 20, value_name = "N")]
        events: usize,
    },
    /// Find people by a part of an identity
    Find {
        /// A part of an identity's value
        text: String,
        /// Show no name, address or other private text
        #[arg(long)]
        mask: bool,
    },
}

/// Runs the verb.
///
/// # Errors
/// When the workspace cannot be used, there is no such person, or stdout is closed.
pub fn run(verb: &ProfileVerb, common: &Common) -> anyhow::Result<Exit> {
    match verb {
        ProfileVerb::Show { id, mask, events } => show(id, *mask, *events, common),
        ProfileVerb::Find { text, mask } => find(text, *mask, common),
    }
}

/// The most people a search shows.
const FOUND: usize = 50;

/// The one person meant by a profile id, an identity, or an identity's value.
///
/// # Errors
/// A problem where nobody or several people are meant.
pub(super) fn one(frame: &Frame, who: &str) -> Result<Person, Problem> {
    let people = frame.people();
    if let Some(person) = who
        .strip_prefix("p-")
        .and_then(|id| id.parse().ok())
        .and_then(|id| people.map().person_of_profile(ProfileId(id)))
    {
        return Ok(person);
    }
    let exact = match who.split_once(':') {
        Some((namespace, value)) => people.find(&Identity::new(namespace, value)),
        None => None,
    };
    if let Some(person) = exact {
        return Ok(person);
    }
    let matching: Vec<Person> = people
        .search(who.trim(), FOUND)
        .into_iter()
        .filter(|&person| people.identities(person).any(|(_, value)| value.eq_ignore_ascii_case(who.trim())))
        .collect();
    match matching.as_slice() {
        [only] => Ok(*only),
        [] => Err(Problem::new("profile-unknown", format!("nobody here is known as `{who}`"))
            .help("search with `segue profile find`")),
        several => {
            let ids: Vec<String> = several.iter().map(|&person| people.profile(person).to_string()).collect();
            Err(Problem::new("profile-several", format!("several people are known as `{who}`"))
                .help(format!("choose one: {}", ids.join(", "))))
        }
    }
}

fn masked(text: &str, mask: bool) -> String {
    if !mask {
        return plain(text).into_owned();
    }
    let first: String = text.chars().take(1).collect();
    format!("{}…", plain(&first))
}

fn shown(name: &str, datum: Datum<'_>, mask: bool) -> String {
    match datum {
        Datum::Time(time) => time.short(&TimeZone::UTC),
        other => masked(&other.to_string(), mask && is_private(name)),
    }
}

fn as_json(name: &str, datum: Datum<'_>, mask: bool) -> Value {
    match datum {
        Datum::Missing => Value::Null,
        Datum::Flag(flag) => json!(flag),
        Datum::Number(number) => json!(number),
        Datum::Time(time) => json!(time),
        Datum::Text(text) => json!(masked(text, mask && is_private(name))),
        Datum::List(list) => json!(list),
    }
}

fn show(who: &str, mask: bool, limit: usize, common: &Common) -> anyhow::Result<Exit> {
    let picture = picture(common)?;
    let card = Card::new(&picture, one(picture.frame(), who)?, limit, mask);
    if common.json {
        return print_json(&card.json());
    }
    let mut out = std::io::BufWriter::new(stdout().lock());
    card.write(&mut out)?;
    out.flush()?;
    Ok(Exit::Done)
}

/// What is shown of one person.
struct Card<'f> {
    people: &'f People,
    subject: FrameSubject<'f>,
    person: Person,
    as_of: Time,
    traits: Vec<(&'f str, Datum<'f>)>,
    events: Vec<FrameEvent<'f>>,
    total: usize,
    mask: bool,
}

impl<'f> Card<'f> {
    fn new(picture: &'f Picture, person: Person, limit: usize, mask: bool) -> Self {
        let frame = picture.frame();
        let people = frame.people();
        let mut events: Vec<FrameEvent<'_>> = frame.history(person).rev().take(limit).collect();
        events.reverse();
        let traits = people
            .traits()
            .iter()
            .map(|(field, column)| (field.name.as_str(), column.datum(person.index(), field)))
            .filter(|(_, datum)| !datum.is_missing())
            .collect();
        let (subject, total) = (frame.subject(person), frame.history(person).count());
        Self { people, subject, person, as_of: picture.point.at, traits, events, total, mask }
    }

    fn json(&self) -> Value {
        let (people, mask) = (self.people, self.mask);
        let identities = people
            .identities(self.person)
            .map(|(namespace, value)| json!({ "namespace": namespace, "value": masked(value, mask) }));
        let consents = people.consents(self.person).iter().map(|line| {
            let (namespace, value) = people.identity(line.slot);
            json!({
                "identity": format!("{namespace}:{}", masked(value, mask)), "channel": line.channel,
                "purpose": line.purpose, "state": line.state, "at": line.at, "expires": line.expires,
            })
        });
        let suppressions = people
            .suppressions(self.person)
            .iter()
            .map(|line| json!({ "channel": line.channel, "reason": line.reason, "at": line.at }));
        let traits =
            self.traits.iter().map(|(name, datum)| ((*name).to_owned(), as_json(name, *datum, mask)));
        let events = self.events.iter().map(|event| {
            let properties =
                event.properties().map(|(name, datum)| (name.to_owned(), as_json(name, datum, mask)));
            json!({
                "at": event.at(), "name": event.name(), "channel": event.channel(),
                "properties": properties.collect::<serde_json::Map<_, _>>(), "items": event.items(),
            })
        });
        json!({
            "profile": people.profile(self.person), "as_of": self.as_of,
            "lifecycle": self.subject.lifecycle(), "intent": self.subject.intent(),
            "identities": identities.collect::<Vec<_>>(), "traits": traits.collect::<serde_json::Map<_, _>>(),
            "consents": consents.collect::<Vec<_>>(), "suppressions": suppressions.collect::<Vec<_>>(),
            "events_total": self.total, "events": events.collect::<Vec<_>>(),
        })
    }

    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let stage = self.subject.lifecycle().unwrap_or("no lifecycle stage");
        let intent = self.subject.intent().map(|intent| format!(", {intent} now")).unwrap_or_default();
        writeln!(
            out,
            "{}  {}{}, as of {}",
            self.people.profile(self.person),
            plain(stage),
            plain(&intent),
            self.as_of
        )?;
        for (namespace, value) in self.people.identities(self.person) {
            writeln!(out, "  known as  {}:{}", plain(namespace), masked(value, self.mask))?;
        }
        for (name, datum) in &self.traits {
            writeln!(out, "  trait     {} = {}", plain(name), shown(name, *datum, self.mask))?;
        }
        self.write_permissions(out)?;
        self.write_events(out)
    }

    fn write_permissions(&self, out: &mut impl Write) -> std::io::Result<()> {
        for line in self.people.consents(self.person) {
            let (namespace, value) = self.people.identity(line.slot);
            let (at, purpose, state) =
                (line.at.short(&TimeZone::UTC), line.purpose.name(), line.state.name());
            let value = masked(value, self.mask);
            writeln!(
                out,
                "  consent   {at}  {} {purpose}: {state} ({}:{value})",
                line.channel,
                plain(namespace)
            )?;
        }
        for line in self.people.suppressions(self.person) {
            let at = line.at.short(&TimeZone::UTC);
            writeln!(out, "  suppressed {at}  {}: {}", line.channel, line.reason.name())?;
        }
        Ok(())
    }

    fn write_events(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out, "  {} of {} events", self.events.len(), self.total)?;
        for event in &self.events {
            let properties: Vec<String> = event
                .properties()
                .map(|(name, datum)| format!("{}={}", plain(name), shown(name, datum, self.mask)))
                .collect();
            let items = if event.items() > 0 { format!("  {} items", event.items()) } else { String::new() };
            let (at, name) = (event.at().short(&TimeZone::UTC), plain(event.name()));
            writeln!(out, "  {at}  {name} ({})  {}{items}", event.channel(), properties.join("  "))?;
        }
        Ok(())
    }
}

fn find(text: &str, mask: bool, common: &Common) -> anyhow::Result<Exit> {
    let picture = picture(common)?;
    let people = picture.frame().people();
    let found = people.search(text, FOUND);
    let identities = |person: Person| -> Vec<String> {
        people
            .identities(person)
            .map(|(namespace, value)| format!("{namespace}:{}", masked(value, mask)))
            .collect()
    };
    if common.json {
        let rows = found
            .iter()
            .map(|&person| json!({ "profile": people.profile(person), "identities": identities(person) }));
        return print_json(&rows.collect());
    }
    let mut out = stdout().lock();
    if found.is_empty() {
        writeln!(out, "nobody here is known by anything with `{}` in it", plain(text))?;
    }
    for person in found {
        writeln!(out, "{}  {}", people.profile(person), identities(person).join("  "))?;
    }
    Ok(Exit::Done)
}
