//! Messages of the Segment specification, one JSON object per line, alone or in `{"batch": […]}` envelopes.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read};

use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

use super::dates::{TimeFormat, TimeReader};
use super::encoding::Encoding;
use super::event_names::suppressed_channel;
use super::fault::{Fault, quoted};
use super::json_text::{push_decimal, push_string};
use super::names::Names;
use super::outlet::{Outlet, Stopped};
use super::plan::{time_fault, usable};
use super::read::{Finished, ReadOptions, Recognised};
use super::records::LONGEST_ROW;
use super::rejects::{ORIGINAL, RejectForm, Rejects};
use super::sniff::unreadable;
use super::table::{KeyKind, key_of};
use super::tally::{Seen, Tally};
use crate::model::consent::Suppression;
use crate::model::decimal::DecimalError;
use crate::model::event::names;
use crate::model::fact::{EventKey, EventRow, FactChunk, IdentifyRow, Link, OnRepeat, Slice};
use crate::model::{Channel, Decimal, Identity, Problem, Time};

/// The source of every message: ids made by the libraries are unique everywhere.
const SOURCE: &str = "segment";

/// Properties that are amounts. A finer number in one of these would make sums wrong, so the message is rejected; any
/// other finer number (a coordinate, a score) is kept as text.
const AMOUNTS: [&str; 10] =
    ["price", "revenue", "total", "subtotal", "value", "tax", "shipping", "discount", "quantity", "amount"];

/// Nesting beyond this is no property any more.
const DEEPEST: usize = 8;

pub(crate) fn read(
    recognised: &Recognised,
    options: &ReadOptions,
    out: &mut Outlet<'_>,
) -> Result<Finished, Problem> {
    let stream = recognised.sniffed.open(&recognised.input, &options.taken)?;
    let mut lines = Lines::new(stream);
    let mut rejects = Rejects::new(options.rejects.clone(), recognised.input.name(), RejectForm::Messages);
    let mut messages = Messages::new(options.import);
    let stopped = loop {
        let line = match lines.next().map_err(|error| unreadable(&recognised.input, &error))? {
            None => break false,
            Some(line) => line,
        };
        if messages.line(line, out, &mut rejects) == Err(Stopped) {
            break true;
        }
    };
    Ok(Finished { tally: messages.finish(), rejects, stopped, encoding: Encoding::Utf8 })
}

/// Lines of bounded length.
struct Lines {
    input: BufReader<Box<dyn Read + Send>>,
    buffer: Vec<u8>,
    line: u64,
}

enum LineText<'a> {
    Whole(u64, &'a [u8]),
    TooLong(u64),
}

impl Lines {
    fn new(input: Box<dyn Read + Send>) -> Self {
        Self { input: BufReader::with_capacity(1 << 17, input), buffer: Vec::new(), line: 0 }
    }

    fn next(&mut self) -> std::io::Result<Option<LineText<'_>>> {
        loop {
            self.buffer.clear();
            let limit = LONGEST_ROW as u64 + 1;
            if self.input.by_ref().take(limit).read_until(b'\n', &mut self.buffer)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if self.buffer.len() > LONGEST_ROW && !self.buffer.ends_with(b"\n") {
                self.input.skip_until(b'\n')?;
                return Ok(Some(LineText::TooLong(self.line)));
            }
            if !self.buffer.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some(LineText::Whole(self.line, self.buffer.trim_ascii())))
    }
}

struct Messages {
    import: Time,
    time: TimeReader,
    names: Names,
    links: HashSet<u64>,
    scratch: Vec<u8>,
    tally: Tally,
    seen: Seen,
}

type Object = Map<String, Value>;

impl Messages {
    fn new(import: Time) -> Self {
        Self {
            import,
            time: TimeReader::new(TimeFormat::Auto, jiff::tz::TimeZone::UTC),
            names: Names::default(),
            links: HashSet::new(),
            scratch: Vec::new(),
            tally: Tally::default(),
            seen: Seen::nothing(),
        }
    }

    fn finish(mut self) -> Tally {
        self.seen.write(&mut self.tally);
        self.names.write(&mut self.tally);
        self.tally
    }

    fn line(
        &mut self,
        line: LineText<'_>,
        out: &mut Outlet<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Stopped> {
        let (number, bytes) = match line {
            LineText::Whole(number, bytes) => (number, bytes),
            LineText::TooLong(number) => {
                let fault = Fault::new(
                    "row-too-long",
                    "the line is longer than a megabyte",
                    "check for a missing line break; split large batches",
                );
                return self.rejected("", number, Bad::of(fault), out, rejects);
            }
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            let fault =
                Fault::new("text-not-utf8", "the line is not UTF-8", "JSON is UTF-8; convert the file");
            let lossy = String::from_utf8_lossy(bytes);
            return self.rejected(&lossy, number, Bad::of(fault), out, rejects);
        };
        match parse(text) {
            Err(fault) => self.rejected(text, number, Bad::of(fault), out, rejects),
            Ok(object) => self.object(object, text, number, out, rejects),
        }
    }

    fn object(
        &mut self,
        object: Object,
        text: &str,
        line: u64,
        out: &mut Outlet<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Stopped> {
        if let Some(Value::String(original)) = object.get(ORIGINAL) {
            return match parse(original) {
                Err(fault) => self.rejected(original, line, Bad::of(fault), out, rejects),
                Ok(inner) if inner.contains_key(ORIGINAL) => {
                    let fault = Fault::new(
                        "message-nested",
                        "a rejected line lies within a rejected line",
                        "keep the innermost segue_original only",
                    );
                    self.rejected(original, line, Bad::of(fault), out, rejects)
                }
                Ok(inner) => self.object(inner, original, line, out, rejects),
            };
        }
        match object.get("batch") {
            Some(Value::Array(messages)) => {
                for message in messages {
                    let message = with_defaults(message, &object);
                    match &message {
                        Value::Object(fields) => {
                            self.take(fields, &message.to_string(), line, out, rejects)?
                        }
                        other => {
                            let fault = Fault::new(
                                "message-not-object",
                                format!("{} in a batch is no message", quoted(&other.to_string())),
                                "write an object with a type",
                            );
                            self.rejected(&other.to_string(), line, Bad::of(fault), out, rejects)?;
                        }
                    }
                }
                Ok(())
            }
            Some(_) => {
                let fault =
                    Fault::new("message-batch", "batch is no list of messages", "write {\"batch\": [ … ]}");
                self.rejected(text, line, Bad::of(fault), out, rejects)
            }
            None => self.take(&object, text, line, out, rejects),
        }
    }

    fn take(
        &mut self,
        message: &Object,
        text: &str,
        line: u64,
        out: &mut Outlet<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Stopped> {
        let start = out.chunk.text.len();
        match self.message(message, &mut out.chunk) {
            Ok(()) => {
                self.tally.rows += 1;
                self.tally.facts += 1;
                self.row_done(out)
            }
            Err(bad) => {
                out.chunk.text.truncate(start);
                self.rejected(text, line, bad, out, rejects)
            }
        }
    }

    fn rejected(
        &mut self,
        text: &str,
        line: u64,
        bad: Bad,
        out: &mut Outlet<'_>,
        rejects: &mut Rejects,
    ) -> Result<(), Stopped> {
        self.tally.rows += 1;
        self.tally.rejected += 1;
        let problem = bad.fault.problem(&[], line);
        let problem = match bad.field {
            Some(field) => problem.in_column(field),
            None => problem,
        };
        rejects.reject(std::iter::once(text), problem);
        self.row_done(out)
    }

    fn row_done(&mut self, out: &mut Outlet<'_>) -> Result<(), Stopped> {
        if out.row_done()? {
            self.names.chunk_ended();
        }
        Ok(())
    }

    fn message(&mut self, message: &Object, chunk: &mut FactChunk) -> Result<(), Bad> {
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
        let mut writer = Writer { misfits: &mut self.tally.misfits, skip: "products", any: false };
        chunk.text.push('{');
        if let Some(Value::String(page)) = message.get("name") {
            writer.value("name", &Value::String(page.clone()), 0, &mut chunk.text)?;
        }
        let properties = object_in(message, "properties")?;
        if let Some(properties) = properties {
            writer.fields("", properties, 0, &mut chunk.text)?;
        }
        if let Some(Value::Object(campaign)) = message.get("context").and_then(|c| c.get("campaign")) {
            writer.fields("campaign.", campaign, 0, &mut chunk.text)?;
        }
        let properties_slice = close(chunk, start);
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
        let channel = channel(message);
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
        let traits = super::table::or_empty_object(close(chunk, start), chunk);
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

const TYPES: &str = "write track, identify, alias, page, screen or group";

/// A fault and the field of the message it is in.
struct Bad {
    fault: Fault,
    field: Option<String>,
}

impl Bad {
    fn of(fault: Fault) -> Self {
        Self { fault, field: None }
    }

    fn in_field(field: &str, code: &'static str, message: impl Into<String>, help: &str) -> Self {
        Self { fault: Fault::new(code, message, help), field: Some(field.to_owned()) }
    }
}

fn parse(text: &str) -> Result<Object, Fault> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Fault::new(
            "message-not-object",
            format!("{} is no message", quoted(text)),
            "write one object per line",
        )),
        Err(error) => Err(Fault::new(
            "json-invalid",
            format!("not valid JSON at position {}: {}", error.column(), reason(&error)),
            "correct the line; one whole object per line",
        )),
    }
}

/// The parser's words without its own position, which counts lines of one line.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// A message of a batch with what the envelope says for all of them.
fn with_defaults(message: &Value, envelope: &Object) -> Value {
    let Value::Object(fields) = message else { return message.clone() };
    let mut fields = fields.clone();
    for key in ["context", "sentAt", "receivedAt", "integrations"] {
        if let (false, Some(value)) = (fields.contains_key(key), envelope.get(key)) {
            fields.insert(key.to_owned(), value.clone());
        }
    }
    Value::Object(fields)
}

fn id_text(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

fn object_in<'a>(message: &'a Object, field: &str) -> Result<Option<&'a Object>, Bad> {
    match message.get(field) {
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(Value::Null) | None => Ok(None),
        Some(_) => {
            let said = format!("{field} is no object");
            Err(Bad::in_field(field, "message-field", said, "write it as {\"name\": value, …}"))
        }
    }
}

/// The identities a message carries, the surest first.
struct Who(Vec<Identity>);

impl Who {
    fn of(message: &Object) -> Self {
        let inner = |outer: &str| message.get(outer).and_then(|value| value.get("email"));
        let context = message.get("context").and_then(|context| context.get("traits"));
        let said = [
            ("user_id", id_text(message.get("userId"))),
            (
                "email",
                id_text(inner("traits")).or_else(|| id_text(context.and_then(|traits| traits.get("email")))),
            ),
            ("anonymous_id", id_text(message.get("anonymousId"))),
        ];
        Self(
            said.into_iter()
                .filter_map(|(namespace, value)| value.map(|value| (namespace, value)))
                .filter(|(namespace, value)| usable(namespace, value))
                .map(|(namespace, value)| Identity::new(namespace, &value))
                .collect(),
        )
    }

    fn main(&self) -> Option<&Identity> {
        self.0.first()
    }

    fn nobody(&self) -> Bad {
        Bad::in_field(
            "userId",
            "identity-missing",
            "the message says nothing about who it is",
            "give it a userId or an anonymousId; placeholders such as 0, null or anonymous are not taken",
        )
    }
}

fn push_identity(identity: Option<&Identity>, chunk: &mut FactChunk) -> Option<(u32, Slice)> {
    identity.map(|identity| (chunk.namespace(&identity.namespace), chunk.push_str(&identity.value)))
}

fn channel(message: &Object) -> Channel {
    let context = message.get("context");
    let in_context = |path: &[&str]| {
        path.iter().try_fold(context?, |value, key| value.get(key)).and_then(Value::as_str).map(str::to_owned)
    };
    if let Some(Ok(channel)) = id_text(message.get("channel")).map(|said| said.parse()) {
        return channel;
    }
    let library = in_context(&["library", "name"]).unwrap_or_default();
    if library.contains("ios") || library.contains("android") || library.contains("react-native") {
        return Channel::App;
    }
    match message.get("type").and_then(Value::as_str) {
        Some("screen") => Channel::App,
        Some("page") => Channel::Web,
        _ if library == "analytics.js" || in_context(&["page", "url"]).is_some() => Channel::Web,
        _ if in_context(&["device", "type"]).is_some() => Channel::App,
        _ => Channel::Unknown,
    }
}

/// Writes properties flat: nested objects become names with dots.
struct Writer<'a> {
    misfits: &'a mut std::collections::BTreeMap<String, u64>,
    skip: &'static str,
    any: bool,
}

impl Writer<'_> {
    fn fields(&mut self, prefix: &str, object: &Object, depth: usize, out: &mut String) -> Result<(), Bad> {
        let skip = if prefix.is_empty() { self.skip } else { "" };
        for (key, value) in object.iter().filter(|(key, _)| skip.is_empty() || *key != skip) {
            self.value(&format!("{prefix}{key}"), value, depth, out)?;
        }
        Ok(())
    }

    fn value(&mut self, name: &str, value: &Value, depth: usize, out: &mut String) -> Result<(), Bad> {
        match value {
            Value::Null => return Ok(()),
            Value::Object(inner) if depth < DEEPEST => {
                return self.fields(&format!("{name}."), inner, depth + 1, out);
            }
            _ => {}
        }
        push_string(out, name);
        out.push(':');
        match value {
            Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Value::Number(number) => self.number(name, number, out)?,
            Value::String(text) => push_string(out, text),
            Value::Array(list) if list.iter().all(|entry| !entry.is_object() && !entry.is_array()) => {
                out.push_str(&value.to_string());
            }
            // A list of objects that is not the order's lines, or a very deep object, is kept readable as text.
            other => push_string(out, &other.to_string()),
        }
        out.push(',');
        self.any = true;
        Ok(())
    }

    fn number(&mut self, name: &str, number: &serde_json::Number, out: &mut String) -> Result<(), Bad> {
        let text = match number.as_f64() {
            // Only the shortest decimal text of a float is what the author wrote.
            Some(float) if number.is_f64() => format!("{float}"),
            _ => number.to_string(),
        };
        match Decimal::parse(text.as_bytes()) {
            Ok(decimal) => push_decimal(out, decimal),
            Err(error) => {
                let last = name.rsplit('.').next().unwrap_or(name);
                if AMOUNTS.contains(&last) {
                    let said = match error {
                        DecimalError::TooFine => {
                            format!("{} has more than four decimal places", quoted(&text))
                        }
                        _ => format!("{} is beyond ±922,337,203,685,477.5807", quoted(&text)),
                    };
                    let help = "round it to four places; amounts are kept exactly";
                    return Err(Bad::in_field(name, "number-too-fine", said, help));
                }
                *self.misfits.entry(name.to_owned()).or_insert(0) += 1;
                push_string(out, &text);
            }
        }
        Ok(())
    }
}

fn items(
    products: &[Value],
    misfits: &mut std::collections::BTreeMap<String, u64>,
    chunk: &mut FactChunk,
) -> Result<Slice, Bad> {
    if products.is_empty() {
        return Ok(0..0);
    }
    let start = chunk.text.len() as u32;
    for (index, product) in products.iter().enumerate() {
        let Value::Object(fields) = product else {
            let said = format!("{} is no product", quoted(&product.to_string()));
            return Err(Bad::in_field(
                "products",
                "item-not-object",
                said,
                "write each product as an object",
            ));
        };
        chunk.text.push(if index == 0 { '[' } else { ',' });
        chunk.text.push('{');
        let mut writer = Writer { misfits, skip: "", any: false };
        writer.fields("", fields, 0, &mut chunk.text)?;
        if writer.any {
            chunk.text.pop();
        }
        chunk.text.push('}');
    }
    chunk.text.push(']');
    Ok(start..chunk.text.len() as u32)
}

fn close(chunk: &mut FactChunk, start: usize) -> Slice {
    super::table::close_object(chunk, start)
}
