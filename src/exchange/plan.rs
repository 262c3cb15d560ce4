//! A mapping against one file's header: names have become column numbers, formats have become readers.

use jiff::tz::TimeZone;

use super::dates::{TimeFault, TimeReader};
use super::fault::{Fault, quoted};
use super::json_text::{push_decimal, push_string, push_time};
use super::mapping::{Duplicates, Field, Mapping, MappingKind, Repeat, ShortRows};
use super::numbers::{self, DecimalSign};
use super::records::Row;
use super::sniff::TableShape;
use crate::model::consent::Purpose;
use crate::model::decimal::DecimalError;
use crate::model::fact::OnRepeat;
use crate::model::{Channel, Decimal, Identity, Problem, Time, ValueType};

/// Longer ids and addresses are mistakes, and would make poor keys.
const LONGEST_IDENTITY: usize = 512;

pub(crate) struct Plan {
    pub(crate) kind: MappingKind,
    pub(crate) header: Vec<String>,
    pub(crate) source: String,
    pub(crate) duplicates: Duplicates,
    pub(crate) short_rows: ShortRows,
    pub(crate) on_repeat: OnRepeat,
    pub(crate) time: TimePlan,
    pub(crate) received: Option<(usize, TimeReader)>,
    pub(crate) identities: Vec<IdentityPlan>,
    pub(crate) event: EventPlan,
    pub(crate) fields: Vec<FieldPlan>,
    pub(crate) currency: Option<String>,
    pub(crate) group: Option<GroupPlan>,
    pub(crate) consents: Vec<ConsentPlan>,
}

pub(crate) enum TimePlan {
    /// When the file was written.
    File,
    Column(usize, TimeReader),
    Parts([usize; 3], TimeReader),
}

pub(crate) struct IdentityPlan {
    pub(crate) namespace: String,
    pub(crate) column: usize,
}

#[derive(Default)]
pub(crate) struct EventPlan {
    pub(crate) name: Option<String>,
    pub(crate) column: Option<usize>,
    pub(crate) id: Option<usize>,
    pub(crate) sequence: Option<usize>,
    pub(crate) channel: Option<Channel>,
    pub(crate) channel_column: Option<usize>,
    pub(crate) rules: Vec<(usize, String, String)>,
}

pub(crate) struct FieldPlan {
    pub(crate) name: String,
    /// `"name":`, ready to be copied.
    key: String,
    pub(crate) column: usize,
    cell: Cell,
}

enum Cell {
    Text,
    Number(DecimalSign),
    Flag,
    Time(TimeReader),
    List,
}

pub(crate) struct GroupPlan {
    pub(crate) by: usize,
    pub(crate) items: Vec<FieldPlan>,
    /// The property and the positions of its factors among the items.
    pub(crate) totals: Vec<(String, Vec<usize>)>,
}

pub(crate) struct ConsentPlan {
    pub(crate) column: usize,
    pub(crate) channel: Channel,
    pub(crate) purpose: Purpose,
}

/// What a written cell was.
pub(crate) enum Written {
    Nothing,
    Fits,
    /// Kept as text because it does not fit its type.
    Misfit,
}

impl Plan {
    pub(crate) fn of(mapping: &Mapping, table: &TableShape) -> Result<Self, Problem> {
        let find = |name: &str| find(table, name);
        let zone = TimeZone::get(&mapping.zone).unwrap_or(TimeZone::UTC);
        let optional = |name: &Option<String>| name.as_deref().map(find).transpose();
        let fields = match mapping.kind {
            MappingKind::Events => &mapping.properties,
            MappingKind::Profiles => &mapping.traits,
        };
        let field = |(name, field): (&String, &Field)| FieldPlan::of(name, field, table, &zone);
        let mut identities = mapping
            .identity
            .iter()
            .map(|(namespace, column)| {
                find(column).map(|column| IdentityPlan { namespace: namespace.clone(), column })
            })
            .collect::<Result<Vec<_>, _>>()?;
        identities.sort_by_key(|identity| (rank(&identity.namespace), identity.namespace.clone()));
        let event = match &mapping.event {
            None => EventPlan::default(),
            Some(event) => EventPlan {
                name: event.name.clone(),
                column: optional(&event.column)?,
                id: optional(&event.id)?,
                sequence: optional(&event.sequence)?,
                channel: event.channel,
                channel_column: optional(&event.channel_column)?,
                rules: event
                    .rules
                    .iter()
                    .map(|rule| Ok((find(&rule.column)?, rule.starts_with.clone(), rule.name.clone())))
                    .collect::<Result<_, Problem>>()?,
            },
        };
        let group = match &mapping.group {
            None => None,
            Some(group) => {
                let items = group.items.iter().map(field).collect::<Result<Vec<_>, _>>()?;
                let place = |factor: &String| items.iter().position(|item| item.name == *factor);
                let totals = group
                    .totals
                    .iter()
                    .map(|(name, factors)| (name.clone(), factors.iter().filter_map(place).collect()))
                    .collect();
                Some(GroupPlan { by: find(&group.by)?, items, totals })
            }
        };
        let supersedes = match mapping.on_repeat {
            Some(repeat) => repeat == Repeat::Supersede,
            None => group.is_some() || mapping.kind == MappingKind::Profiles,
        };
        let received = mapping.time.as_ref().and_then(|time| time.received.as_deref());
        Ok(Self {
            kind: mapping.kind,
            header: table.header.clone(),
            source: mapping.source.clone(),
            duplicates: mapping.duplicates,
            short_rows: mapping.short_rows,
            on_repeat: if supersedes { OnRepeat::Supersede } else { OnRepeat::Merge },
            time: time_plan(mapping, table, &zone)?,
            received: received
                .map(|name| find(name).map(|c| (c, TimeReader::new(Default::default(), zone.clone()))))
                .transpose()?,
            identities,
            event,
            fields: fields.iter().map(field).collect::<Result<_, _>>()?,
            currency: mapping.currency.as_ref().map(|code| code.trim().to_ascii_uppercase()),
            group,
            consents: mapping
                .consent
                .iter()
                .map(|consent| {
                    Ok(ConsentPlan {
                        column: find(&consent.column)?,
                        channel: consent.channel,
                        purpose: consent.purpose,
                    })
                })
                .collect::<Result<_, Problem>>()?,
        })
    }

    /// The moment of a row.
    #[inline]
    pub(crate) fn at(&self, row: &Row<'_>, held: Time) -> Result<Time, Fault> {
        match &self.time {
            TimePlan::File => Ok(held),
            TimePlan::Column(column, reader) => {
                let text = row.get(*column);
                reader.read(text).map_err(|fault| time_fault(fault, text).in_column(*column))
            }
            TimePlan::Parts([year, month, day], reader) => {
                let parts = [row.get(*year), row.get(*month), row.get(*day)];
                let [y, m, d] = parts;
                reader.of_parts(y, m, d).map_err(|fault| time_fault(fault, &parts.join("-")).in_column(*year))
            }
        }
    }

    /// Whether the cell of the moment is empty.
    pub(crate) fn says_no_time(&self, row: &Row<'_>) -> bool {
        matches!(self.time, TimePlan::Column(column, _) if row.get(column).is_empty())
    }

    /// The name a row gives its event, before synonyms.
    #[inline]
    pub(crate) fn event_name<'a>(&'a self, row: &Row<'a>) -> Result<&'a str, Fault> {
        for (column, start, name) in &self.event.rules {
            if row.get(*column).starts_with(start.as_str()) {
                return Ok(name);
            }
        }
        match (&self.event.column, &self.event.name) {
            (Some(column), constant) => match (row.get(*column), constant) {
                ("", Some(constant)) => Ok(constant),
                ("", None) => Err(Fault::new(
                    "event-name-missing",
                    "the event has no name",
                    "fill the cell, or give the mapping an [event] name for such rows",
                )
                .in_column(*column)),
                (name, _) => Ok(name),
            },
            (None, Some(constant)) => Ok(constant),
            (None, None) => Ok("Event"),
        }
    }

    #[inline]
    pub(crate) fn channel(&self, row: &Row<'_>) -> Channel {
        let said = self.event.channel_column.map(|column| row.get(column)).unwrap_or("");
        // The words nearly every export uses need no lower-casing.
        match said {
            "" => self.event.channel.unwrap_or(Channel::Unknown),
            "web" => Channel::Web,
            "app" => Channel::App,
            "email" => Channel::Email,
            other => other.parse().unwrap_or(self.event.channel.unwrap_or(Channel::Unknown)),
        }
    }

    /// The order of a row within its instant; the row's own number where no column says.
    #[inline]
    pub(crate) fn sequence(&self, row: &Row<'_>) -> Result<i64, Fault> {
        let Some(column) = self.event.sequence else { return Ok(0) };
        let text = row.get(column);
        text.parse().map_err(|_| {
            Fault::new(
                "sequence-not-whole",
                format!("{} is no whole number, so the order within the moment is unknown", quoted(text)),
                "write a whole number such as 3",
            )
            .in_column(column)
        })
    }

    /// The first identity of a row that can stand for a person, and its place in the plan.
    #[inline]
    pub(crate) fn identity<'a>(&self, row: &Row<'a>) -> Option<(usize, &'a str)> {
        self.identities.iter().enumerate().find_map(|(place, identity)| {
            let value = row.get(identity.column);
            usable(&identity.namespace, value).then_some((place, value))
        })
    }
}

/// Whether a value can stand for a person in this namespace.
#[inline]
pub(crate) fn usable(namespace: &str, value: &str) -> bool {
    // Plain numbers, the common case, need only not be zeros.
    if !value.is_empty()
        && value.len() < 20
        && namespace != "email"
        && value.bytes().all(|b| b.is_ascii_digit())
    {
        return value.bytes().any(|b| b != b'0');
    }
    Identity::is_usable(value)
        && value.len() <= LONGEST_IDENTITY
        && (namespace != "email" || is_address(value))
}

fn is_address(value: &str) -> bool {
    value.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.len() > 2 && !host.contains('@') && !value.contains(char::is_whitespace)
    })
}

/// Namespaces from the surest to the loosest; the surest one a row has is the identity its fact carries.
fn rank(namespace: &str) -> u8 {
    match namespace {
        "user_id" => 0,
        "email" => 1,
        "phone" => 2,
        "anonymous_id" => 4,
        "device_id" => 5,
        "session_id" => 6,
        _ => 3,
    }
}

pub(crate) fn find(table: &TableShape, name: &str) -> Result<usize, Problem> {
    let exact = table.header.iter().position(|column| column == name);
    let loose = || table.header.iter().position(|column| column.eq_ignore_ascii_case(name.trim()));
    exact.or_else(loose).ok_or_else(|| {
        let near = table
            .header
            .iter()
            .map(|column| (strsim::jaro_winkler(&column.to_lowercase(), &name.to_lowercase()), column))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let help = match near {
            Some((_, column)) => format!("did you mean `{column}`?"),
            None => format!("the columns are: {}", table.header.join(", ")),
        };
        Problem::new("mapping-column", format!("the file has no column `{name}`, which the mapping names"))
            .help(help)
    })
}

fn time_plan(mapping: &Mapping, table: &TableShape, zone: &TimeZone) -> Result<TimePlan, Problem> {
    let Some(time) = &mapping.time else { return Ok(TimePlan::File) };
    let reader = TimeReader::new(time.format, zone.clone());
    match (&time.column, &time.parts) {
        (Some(column), _) => Ok(TimePlan::Column(find(table, column)?, reader)),
        (None, Some([year, month, day])) => {
            Ok(TimePlan::Parts([find(table, year)?, find(table, month)?, find(table, day)?], reader))
        }
        (None, None) => Ok(TimePlan::File),
    }
}

pub(crate) fn time_fault(fault: TimeFault, text: &str) -> Fault {
    if text.is_empty() {
        return Fault::new("time-missing", "the moment is missing", "fill the cell");
    }
    let text = quoted(text);
    match fault {
        TimeFault::Unreadable => Fault::new(
            "time-unreadable",
            format!("{text} is no date or time"),
            "write 2026-05-12 14:20:00 or 12.05.2026 14:20",
        ),
        TimeFault::NoSuchDay => Fault::new(
            "time-impossible",
            format!("{text} is a day or time that does not exist"),
            "check day, month and hour; a mapping says which comes first: format = \"dd/mm/yyyy\"",
        ),
        TimeFault::OutOfRange => Fault::new(
            "time-out-of-range",
            format!("{text} is before 1970 or after 2100"),
            "correct the year, or say the unit in the mapping: format = \"epoch-s\" or \"epoch-ms\"",
        ),
        TimeFault::Unclear => Fault::new(
            "time-unclear",
            format!("{text} could be day first or month first"),
            "say which in the mapping: format = \"dd/mm/yyyy\" or \"mm/dd/yyyy\"",
        ),
    }
}

impl FieldPlan {
    fn of(name: &str, field: &Field, table: &TableShape, zone: &TimeZone) -> Result<Self, Problem> {
        let mut key = String::new();
        push_string(&mut key, name);
        key.push(':');
        let cell = match field {
            Field::Column(_) => Cell::Text,
            Field::Typed(typed) => match typed.value_type {
                ValueType::Text => Cell::Text,
                ValueType::Number => Cell::Number(typed.decimal.unwrap_or(DecimalSign::Point)),
                ValueType::Flag => Cell::Flag,
                ValueType::Time => {
                    Cell::Time(TimeReader::new(typed.format.unwrap_or_default(), zone.clone()))
                }
                ValueType::List => Cell::List,
            },
        };
        Ok(Self { name: name.to_owned(), key, column: find(table, field.column())?, cell })
    }

    /// Appends `"name":value,` for a cell that is not empty.
    #[inline]
    pub(crate) fn write(&self, row: &Row<'_>, out: &mut String) -> Result<Written, Fault> {
        let text = row.get(self.column);
        if text.is_empty() {
            return Ok(Written::Nothing);
        }
        out.push_str(&self.key);
        let fits = match &self.cell {
            Cell::Text => {
                push_string(out, text);
                true
            }
            Cell::Number(sign) => match numbers::parse(text, *sign) {
                Ok(number) => {
                    push_decimal(out, number);
                    true
                }
                Err(DecimalError::NotANumber) => false,
                Err(error) => return Err(self.number_fault(error, text)),
            },
            Cell::Flag => flag(text).is_some_and(|flag| {
                out.push_str(if flag { "true" } else { "false" });
                true
            }),
            Cell::Time(reader) => reader.read(text).is_ok_and(|time| {
                push_time(out, time);
                true
            }),
            Cell::List => {
                push_list(out, text);
                true
            }
        };
        if !fits {
            push_string(out, text);
        }
        out.push(',');
        Ok(if fits { Written::Fits } else { Written::Misfit })
    }

    /// The number in the cell, for totals; zero factors are real, missing ones are not.
    pub(crate) fn number(&self, row: &Row<'_>) -> Result<Decimal, Fault> {
        let text = row.get(self.column);
        let sign = match self.cell {
            Cell::Number(sign) => sign,
            _ => DecimalSign::Point,
        };
        numbers::parse(text, sign).map_err(|error| self.number_fault(error, text))
    }

    fn number_fault(&self, error: DecimalError, text: &str) -> Fault {
        let fault = match error {
            DecimalError::TooFine => Fault::new(
                "number-too-fine",
                format!("{} has more than four decimal places", quoted(text)),
                "round it to four places, or keep the column as text in the mapping",
            ),
            DecimalError::TooLarge => Fault::new(
                "number-too-large",
                format!("{} is beyond ±922,337,203,685,477.5807", quoted(text)),
                "correct it, or keep the column as text in the mapping",
            ),
            DecimalError::NotANumber if text.is_empty() => {
                Fault::new("number-missing", "the number is missing", "fill the cell: a total needs it")
            }
            DecimalError::NotANumber => Fault::new(
                "number-unreadable",
                format!("{} is no number", quoted(text)),
                "write a number such as 12.50, or say decimal = \"comma\" in the mapping",
            ),
        };
        fault.in_column(self.column)
    }
}

fn push_list(out: &mut String, text: &str) {
    out.push('[');
    let mut first = true;
    for entry in text.split([',', ';', '|']).map(str::trim).filter(|entry| !entry.is_empty()) {
        if !first {
            out.push(',');
        }
        first = false;
        push_string(out, entry);
    }
    out.push(']');
}

/// Yes or no as files write it.
pub(crate) fn flag(text: &str) -> Option<bool> {
    const YES: [&str; 8] = ["1", "true", "yes", "y", "ja", "oui", "on", "subscribed"];
    const NO: [&str; 8] = ["0", "false", "no", "n", "nein", "non", "off", "unsubscribed"];
    if YES.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(true);
    }
    NO.iter().any(|word| text.eq_ignore_ascii_case(word)).then_some(false)
}
