//! One message: what it says, as facts.

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::bad::Bad;
use super::channel::channel;
use super::properties::{Writer, items, object_in};
use super::setting::setting;
use super::who::{Who, id_text, push_identity};
use super::{Messages, Object};
use crate::exchange::event_names::suppressed_channel;
use crate::exchange::fault::quoted;
use crate::exchange::plan::{time_fault, usable};
use crate::exchange::table::{KeyKind, close_object, key_of, or_empty_object};
use crate::model::consent::Suppression;
use crate::model::event::names;
use crate::model::fact::{EventKey, EventRow, FactChunk, IdentifyRow, Link, OnRepeat};
use crate::model::{Identity, Time};

/// The source of every message: ids made by the libraries are unique everywhere.
const SOURCE: &str = "segment";

const TYPES: &str = "write track, identify, alias, page, screen or group";

impl Messages {
    /// Writes what a message says into a chunk.
    pub(super) fn message(&mut self, message: &Object, chunk: &mut FactChunk) -> Result<(), Bad> {
        // Messages of one envelope share a line of the file, but each is a row of its own.
        let line = self.tally.rows + 1;
        let kind = match message.get("type") {
            Some(Value::String(kind)) => kind.to_ascii_lowercase(),
            Some(_) => return Err(Bad::in_field("type", "message-type", "the type is no text", TYPES)),
            None if message.contains_key("event") => "track".to_owned(),
            None => return Err(Bad::in_field("type", "message-type", "the message has no type", TYPES)),
        };
        let when = self.when(message)?;
        let who = Who::of(message);
        match kind.as_str() {
            "track" => {
                let name = match message.get("event") {
                    Some(Value::String(name)) if !name.trim().is_empty() => name.trim(),
                    Some(Value::String(_)) | None => {
                        let help = "give track calls an event name";
                        return Err(Bad::in_field(
                            "event",
                            "event-name-missing",
                            "the event has no name",
                            help,
                        ));
                    }
                    Some(_) => {
                        let help = "write it in quotes";
                        return Err(Bad::in_field(
                            "event",
                            "event-name",
                            "the event's name is no text",
                            help,
                        ));
                    }
                };
                self.event(name, message, when, &who, line, chunk)
            }
            "page" => self.event(names::PAGE_VIEWED, message, when, &who, line, chunk),
            "screen" => self.event("Screen Viewed", message, when, &who, line, chunk),
            "identify" => self.identify(message, "traits", "", when, &who, line, chunk),
            "group" => {
                if id_text(message.get("groupId")).is_none() {
                    let help = "give group calls the id of the group";
                    return Err(Bad::in_field("groupId", "group-id-missing", "the group has no id", help));
                }
                self.identify(message, "traits", "group.", when, &who, line, chunk)
            }
            "alias" => self.alias(message, when, &who, line, chunk),
            other => Err(Bad::in_field(
                "type",
                "message-type",
                format!("{} is no message type", quoted(other)),
                TYPES,
            )),
        }
    }

    fn when(&self, message: &Object) -> Result<(Time, Time), Bad> {
        let mut at = None;
        for field in ["timestamp", "originalTimestamp", "sentAt", "receivedAt"] {
            if let Some(text) = id_text(message.get(field)) {
                at = Some(self.moment(field, &text)?);
                break;
            }
        }
        let Some(at) = at else {
            return Err(Bad::in_field(
                "timestamp",
                "time-missing",
                "the message does not say when it happened",
                "give it a timestamp such as 2026-05-12T14:20:00Z",
            ));
        };
        let received = match id_text(message.get("receivedAt")) {
            Some(text) => self.moment("receivedAt", &text)?,
            None => self.import,
        };
        Ok((at, received))
    }

    fn moment(&self, field: &'static str, text: &str) -> Result<Time, Bad> {
        self.time
            .read(text)
            .map_err(|fault| Bad { fault: time_fault(fault, text), field: Some(field.to_owned()) })
    }

    fn event(
        &mut self,
        name: &str,
        message: &Object,
        (at, received): (Time, Time),
        who: &Who,
        line: u64,
        chunk: &mut FactChunk,
    ) -> Result<(), Bad> {
        let name =
            self.names.id(name, None).map_err(|fault| Bad { fault, field: Some("event".to_owned()) })?;
        let identity = push_identity(who.main(), chunk);
        let start = chunk.text.len();
        let properties = object_in(message, "properties")?;
        let mut writer = Writer { misfits: &mut self.tally.misfits, skip: "products", any: false };
        said(message, properties, &mut writer, &mut chunk.text)?;
        let properties_slice = close_object(chunk, start);
        let items = match properties.and_then(|properties| properties.get("products")) {
            Some(Value::Array(products)) => items(products, &mut self.tally.misfits, chunk)?,
            Some(Value::Null) | None => 0..0,
            Some(_) => {
                let help = "write products as a list of objects";
                return Err(Bad::in_field("products", "items-not-list", "products is no list", help));
            }
        };
        self.scratch.clear();
        self.scratch.extend_from_slice(self.names.name(name).as_bytes());
        self.scratch.extend_from_slice(&at.0.to_le_bytes());
        self.scratch.extend_from_slice(chunk.text.as_bytes().get(start..).unwrap_or_default());
        let content = xxh3_64(&self.scratch);
        let key = self.key(message, at, who, chunk, start);
        self.link(who, at, chunk);
        let channel = self.names.channel(name, channel(message));
        if let (Some(reason), Some(main)) = (self.names.suppresses(name), who.main()) {
            let address = who.0.iter().find(|identity| identity.namespace == "email").unwrap_or(main);
            let channel = suppressed_channel(channel);
            chunk.suppressions.push(Suppression { identity: address.clone(), channel, reason, at });
        }
        self.seen.see(at);
        self.names.count(name);
        if identity.is_none() {
            self.tally.anonymous += 1;
            self.tally.without_identity += 1;
        }
        let name = self.names.in_chunk(name, chunk);
        chunk.events.push(EventRow {
            key,
            content,
            on_repeat: OnRepeat::Merge,
            at,
            received,
            sequence: 0,
            name,
            channel,
            identity,
            properties: properties_slice,
            items,
            line,
        });
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one message, its parts already read")]
    fn identify(
        &mut self,
        message: &Object,
        traits: &str,
        prefix: &str,
        (at, received): (Time, Time),
        who: &Who,
        line: u64,
        chunk: &mut FactChunk,
    ) -> Result<(), Bad> {
        let Some(identity) = push_identity(who.main(), chunk) else { return Err(who.nobody()) };
        let start = chunk.text.len();
        let mut writer = Writer { misfits: &mut self.tally.misfits, skip: "", any: false };
        chunk.text.push('{');
        if let Some(group) = id_text(message.get("groupId")).filter(|_| !prefix.is_empty()) {
            writer.value("group_id", &Value::String(group), 0, &mut chunk.text)?;
        }
        if let Some(traits) = object_in(message, traits)? {
            writer.fields(prefix, traits, 0, &mut chunk.text)?;
        }
        let traits = or_empty_object(close_object(chunk, start), chunk);
        let content = xxh3_64(chunk.str(&traits).as_bytes());
        let key = self.key(message, at, who, chunk, start);
        self.link(who, at, chunk);
        self.seen.see(at);
        chunk.identifies.push(IdentifyRow {
            key,
            content,
            on_repeat: OnRepeat::Merge,
            at,
            received,
            identity,
            traits,
            line,
        });
        Ok(())
    }

    /// The id known before may have been of either kind, so it is tied as both; an address is also an address.
    fn alias(
        &mut self,
        message: &Object,
        (at, received): (Time, Time),
        who: &Who,
        line: u64,
        chunk: &mut FactChunk,
    ) -> Result<(), Bad> {
        let Some(previous) = id_text(message.get("previousId")).filter(|id| usable("", id)) else {
            let help = "give alias calls the id the person had before";
            return Err(Bad::in_field("previousId", "alias-previous", "the alias names no earlier id", help));
        };
        let Some(main) = who.main().cloned() else { return Err(who.nobody()) };
        let namespaces: &[&str] =
            if usable("email", &previous) { &["user_id", "email"] } else { &["user_id", "anonymous_id"] };
        for namespace in namespaces {
            self.tie(&Identity::new(namespace, &previous), &main, at, chunk);
        }
        let start = chunk.text.len();
        let Some(identity) = push_identity(Some(&main), chunk) else { return Err(who.nobody()) };
        let traits = chunk.push_str("{}");
        self.scratch.clear();
        self.scratch.extend_from_slice(previous.as_bytes());
        let content = xxh3_64(&self.scratch);
        chunk.text.push_str(&previous);
        let key = self.key(message, at, who, chunk, start);
        chunk.text.truncate(chunk.text.len() - previous.len());
        self.seen.see(at);
        chunk.identifies.push(IdentifyRow {
            key,
            content,
            on_repeat: OnRepeat::Merge,
            at,
            received,
            identity,
            traits,
            line,
        });
        Ok(())
    }

    /// The library's message id, else everything the message says.
    fn key(&mut self, message: &Object, at: Time, who: &Who, chunk: &FactChunk, start: usize) -> EventKey {
        if let Some(id) = id_text(message.get("messageId")) {
            return key_of(SOURCE, KeyKind::Id, &id, &mut self.scratch);
        }
        let kind = message.get("type").and_then(Value::as_str).unwrap_or("track");
        let name = message.get("event").and_then(Value::as_str).unwrap_or("");
        let said = chunk.text.get(start..).unwrap_or("");
        let who: Vec<String> = who.0.iter().map(ToString::to_string).collect();
        let row = format!("{kind}\u{1f}{name}\u{1f}{}\u{1f}{}\u{1f}{said}", at.0, who.join("\u{1e}"));
        key_of(SOURCE, KeyKind::Row, &row, &mut self.scratch)
    }

    fn link(&mut self, who: &Who, at: Time, chunk: &mut FactChunk) {
        if let Some((main, others)) = who.0.split_first() {
            others.iter().for_each(|other| self.tie(other, main, at, chunk));
        }
    }

    fn tie(&mut self, a: &Identity, b: &Identity, at: Time, chunk: &mut FactChunk) {
        if a != b && self.links.insert(xxh3_64(format!("{a}\u{1f}{b}").as_bytes())) {
            chunk.links.push(Link { a: a.clone(), b: b.clone(), at });
        }
    }
}

/// What an event says: its page's name, its own properties, and what its context tells besides.
fn said(
    message: &Object,
    properties: Option<&Object>,
    writer: &mut Writer<'_>,
    text: &mut String,
) -> Result<(), Bad> {
    text.push('{');
    if let Some(Value::String(page)) = message.get("name") {
        writer.value("name", &Value::String(page.clone()), 0, text)?;
    }
    if let Some(properties) = properties {
        writer.fields("", properties, 0, text)?;
    }
    if let Some(Value::Object(campaign)) = message.get("context").and_then(|c| c.get("campaign")) {
        writer.fields("campaign.", campaign, 0, text)?;
    }
    for (name, value) in setting(message) {
        if properties.and_then(|said| said.get(name)).is_none_or(Value::is_null) {
            writer.value(name, &Value::String(value), 0, text)?;
        }
    }
    Ok(())
}
