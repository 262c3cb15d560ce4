//! What reached people before traffic begins, read out of the record a workspace holds: the contact ledger where there is
//! one, and the events mail tools and surveys export. Caps and pressure count it; what the record cannot say is said to be
//! unknown.

use std::collections::{BTreeSet, HashMap};

use super::ledger::Ledger;
use super::profile::{MessageLog, Profile, Seen, SurveyAnswer};
use super::vocabulary::Vocabulary;
use crate::contact::cap::Sent;
use crate::contact::pressure;
use crate::decide::Library;
use crate::decide::library::Source;
use crate::model::consent::Purpose;
use crate::model::message::{Message, MessageState};
use crate::model::{Channel, Datum, Span, Time};
use crate::rule::Occurrence;

/// What a record tells about messages and answers. What it does not tell is unknown, not nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// That messages went out or arrived.
    pub sends: bool,
    /// That messages were opened, clicked or answered.
    pub reactions: bool,
    /// That messages were held, and why: only a contact ledger tells.
    pub holds: bool,
    /// That people unsubscribed.
    pub unsubscribes: bool,
    /// That surveys were answered.
    pub answers: bool,
    /// Names that answers were given to and that no survey here has.
    pub unknown_surveys: BTreeSet<String>,
}

/// An unsubscribe that names no message belongs to the last one within so long: as long as a click is credited.
const FOLLOWS: Span = Span::days(5);

/// Reactions within so long are to the same message, where nothing tells when it was sent.
const SAME: Span = Span::days(3);

/// What an event tells of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Sent,
    Delivered,
    Opened,
    Clicked,
    Bounced,
    Unsubscribed,
    Answered,
}

/// The Segment specification's events about messages, and the channel each is about.
const EVENTS: [(&str, Told, Channel); 16] = [
    ("Email Sent", Told::Sent, Channel::Email),
    ("Email Delivered", Told::Delivered, Channel::Email),
    ("Email Opened", Told::Opened, Channel::Email),
    ("Email Link Clicked", Told::Clicked, Channel::Email),
    ("Email Bounced", Told::Bounced, Channel::Email),
    ("SMS Sent", Told::Sent, Channel::Sms),
    ("SMS Delivered", Told::Delivered, Channel::Sms),
    ("SMS Link Clicked", Told::Clicked, Channel::Sms),
    ("Push Notification Sent", Told::Sent, Channel::Push),
    ("Push Notification Received", Told::Delivered, Channel::Push),
    ("Push Notification Tapped", Told::Clicked, Channel::Push),
    ("Push Notification Bounced", Told::Bounced, Channel::Push),
    ("Survey Sent", Told::Sent, Channel::Survey),
    ("Survey Delivered", Told::Delivered, Channel::Survey),
    ("Survey Answered", Told::Answered, Channel::Email),
    ("Unsubscribed", Told::Unsubscribed, Channel::Email),
];

/// Properties that name what was sent, the most telling first.
const NAMES: [&str; 4] = ["campaign_name", "survey", "campaign_id", "email_id"];

/// Properties that hold the point chosen in a survey.
const SCORES: [&str; 2] = ["score", "rating"];

/// What events of a name tell of messages, and on which channel if they do not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tells(Told, Channel);

/// What events of a name tell of messages; none where they tell nothing.
#[must_use]
pub fn tells(name: &str) -> Option<Tells> {
    let known = EVENTS.iter().find(|(event, ..)| *event == name);
    known.map(|(_, told, channel)| Tells(*told, *channel))
}

/// What reached a person, as a record tells it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remembered {
    /// What went out or was held.
    pub messages: Vec<MessageLog>,
    /// What went out, in order of time, as caps see it.
    pub sends: Vec<Sent>,
    /// Answers to surveys.
    pub answers: Vec<SurveyAnswer>,
}

/// Reads records, one person after the other, in the words of a library. What was sent and is not defined there any more
/// is added to it as past content: in the order of the people, so everybody is to be read in the same order every time.
pub struct Recall<'a> {
    library: &'a mut Library,
    recorded: Recorded,
}

impl<'a> Recall<'a> {
    /// Nobody was read yet.
    pub fn new(library: &'a mut Library) -> Self {
        Self { library, recorded: Recorded::default() }
    }

    /// The words so far.
    #[must_use]
    pub fn library(&self) -> &Library {
        self.library
    }

    /// What reached somebody: the lines of a ledger first, then the events that tell of messages, each in order of time.
    pub fn person<O: Occurrence>(
        &mut self,
        lines: impl Iterator<Item = Message>,
        events: impl Iterator<Item = (Tells, O)>,
    ) -> Remembered {
        let mut reader = Reader {
            library: &mut *self.library,
            recorded: &mut self.recorded,
            entries: Vec::new(),
            implied: Vec::new(),
            answers: Vec::new(),
        };
        lines.for_each(|line| reader.line(&line));
        events.for_each(|(tells, event)| reader.event(&event, tells));
        reader.finish()
    }

    /// What the records of everybody tell.
    #[must_use]
    pub fn recorded(self) -> Recorded {
        self.recorded
    }
}

/// Fills in everybody's messages, sends and answers from their history and the ledger, and says what the record tells.
pub fn recall(
    profiles: &mut [Profile],
    ledger: &Ledger,
    words: &Vocabulary,
    library: &mut Library,
) -> Recorded {
    let kinds: HashMap<u32, Tells> = EVENTS
        .iter()
        .filter_map(|(name, told, channel)| Some((words.find(name)?, Tells(*told, *channel))))
        .collect();
    let mut recall = Recall::new(library);
    for profile in profiles {
        let history = profile.history.iter();
        let told = history.filter_map(|happening| {
            let tells = kinds.get(&happening.name)?;
            Some((*tells, Seen { happening, words }))
        });
        let Remembered { messages, sends, answers } = recall.person(ledger.of(profile.unit), told);
        (profile.messages, profile.sends, profile.answers) = (messages, sends, answers);
    }
    recall.recorded()
}

/// A message, and what the ledger says of it beyond what events tell with their time.
struct Entry {
    log: MessageLog,
    /// Whether it went out at all.
    went: bool,
    /// Whether it is planned and no more: its place under every cap is taken, and nobody knows yet that it went.
    reserved: bool,
    /// The latest it can have gone, where the ledger does not say when.
    released: Option<Time>,
    /// The latest it can have arrived.
    arrived: Option<Time>,
    /// Whether it came back.
    bounced: bool,
}

impl Entry {
    /// Whether an event at a moment can be about it.
    fn is(&self, library: &Library, content: u32, channel: Channel, at: Time) -> bool {
        let named = library.name_of(content);
        let same =
            self.log.content == content || (named.is_some() && library.name_of(self.log.content) == named);
        same && self.went && self.log.channel == channel && self.since() <= at
    }

    fn since(&self) -> Time {
        self.log.sent.unwrap_or(self.log.at)
    }
}

/// One person's record being read.
struct Reader<'a> {
    library: &'a mut Library,
    recorded: &'a mut Recorded,
    entries: Vec<Entry>,
    /// Messages that only a reaction tells of.
    implied: Vec<Sent>,
    answers: Vec<SurveyAnswer>,
}

impl Reader<'_> {
    fn line(&mut self, message: &Message) {
        let apart = matches!(message.state, MessageState::Held | MessageState::Bounced);
        let reached = |state: MessageState| !apart && message.state >= state;
        let went = reached(MessageState::Sent) || message.state == MessageState::Bounced;
        let at = |state: MessageState| (message.state == state).then_some(message.updated);
        let journeys = &self.library.journeys;
        let journey = message.journey.as_ref().and_then(|name| journeys.iter().position(|own| own == name));
        let told = &mut self.recorded;
        (told.holds, told.sends, told.unsubscribes) = (true, true, true);
        let log = MessageLog {
            at: message.at,
            content: self.library.recalled(&message.experience, Some(&message.categories)),
            journey: journey.map(|index| index as u32),
            channel: message.channel,
            purpose: message.purpose,
            held: message.held,
            sent: (went && message.held.is_none()).then_some(message.at),
            delivered: None,
            opened: at(MessageState::Opened),
            clicked: at(MessageState::Clicked),
            unsubscribed: at(MessageState::Unsubscribed),
            pressure: 0.0,
            observed: true,
        };
        let arrived = reached(MessageState::Delivered).then_some(message.updated);
        let reserved = message.state == MessageState::Planned && message.held.is_none();
        let released = went.then_some(message.updated);
        let bounced = message.state == MessageState::Bounced;
        self.entries.push(Entry { log, went: went || reserved, reserved, released, arrived, bounced });
    }

    fn event(&mut self, event: &impl Occurrence, Tells(told, usual): Tells) {
        let name = NAMES.iter().find_map(|name| match event.property(name) {
            Datum::Text(text) if !text.is_empty() => Some(text.to_owned()),
            _ => None,
        });
        let channel = match event.channel() {
            Channel::Web | Channel::App | Channel::Store | Channel::Phone | Channel::Unknown => usual,
            channel => channel,
        };
        let at = event.at();
        match told {
            Told::Sent | Told::Delivered | Told::Bounced => self.went(name.as_deref(), channel, at, told),
            Told::Opened | Told::Clicked => self.reacted(name.as_deref(), channel, at, told),
            Told::Unsubscribed => self.unsubscribed(name.as_deref(), channel, at),
            Told::Answered => self.answered(event, name, channel, at),
        }
    }

    fn went(&mut self, name: Option<&str>, channel: Channel, at: Time, told: Told) {
        self.recorded.sends = true;
        let content = self.content(name);
        let open = |entry: &&mut Entry| match told {
            Told::Delivered => entry.log.delivered.is_none(),
            Told::Sent => entry.log.sent == Some(at),
            _ => true,
        };
        let library = &*self.library;
        let ours = self.entries.iter_mut().rev().filter(|entry| entry.is(library, content, channel, at));
        let known = { ours }.find(open);
        let (delivered, bounced) = ((told == Told::Delivered).then_some(at), told == Told::Bounced);
        match known {
            Some(Entry { log, bounced: known, .. }) => {
                log.sent.get_or_insert(at);
                log.delivered = log.delivered.or(delivered);
                *known |= bounced;
            }
            None => {
                let log = MessageLog { delivered, ..self.new_log(content, channel, at) };
                let (released, arrived) = (None, None);
                self.entries.push(Entry { log, went: true, reserved: false, released, arrived, bounced });
            }
        }
    }

    fn new_log(&self, content: u32, channel: Channel, at: Time) -> MessageLog {
        let purpose = match self.library.defined(content) {
            Some(defined) => defined.purpose,
            None if channel == Channel::Survey => Purpose::Survey,
            None => Purpose::Marketing,
        };
        MessageLog {
            at,
            content,
            journey: None,
            channel,
            purpose,
            held: None,
            sent: Some(at),
            delivered: None,
            opened: None,
            clicked: None,
            unsubscribed: None,
            pressure: 0.0,
            observed: true,
        }
    }

    fn reacted(&mut self, name: Option<&str>, channel: Channel, at: Time, told: Told) {
        self.recorded.reactions = true;
        let content = self.content(name);
        match self.latest(content, channel, at) {
            Some(log) => {
                let slot = if told == Told::Opened { &mut log.opened } else { &mut log.clicked };
                *slot = Some(slot.map_or(at, |known| known.min(at)));
            }
            None => self.imply(content, channel, at),
        }
    }

    /// The newest message that an event can be about.
    fn latest(&mut self, content: u32, channel: Channel, at: Time) -> Option<&mut MessageLog> {
        let library = &*self.library;
        let found = self.entries.iter_mut().rev().find(|entry| entry.is(library, content, channel, at));
        found.map(|entry| &mut entry.log)
    }

    /// A message nobody recorded must have gone out by the time somebody reacted to it: caps count it from then on.
    fn imply(&mut self, content: u32, channel: Channel, at: Time) {
        let same =
            |sent: &Sent| sent.experience == content && sent.channel == channel && at.back(SAME) <= sent.at;
        if !self.implied.iter().rev().any(same) {
            self.implied.push(Sent { delivered: true, ..Sent::new(at, channel, content, None) });
        }
    }

    fn unsubscribed(&mut self, name: Option<&str>, channel: Channel, at: Time) {
        self.recorded.unsubscribes = true;
        let log = match name {
            Some(name) => {
                let content = self.content(Some(name));
                self.latest(content, channel, at)
            }
            None => {
                let from = at.back(FOLLOWS);
                let near = |entry: &&mut Entry| {
                    entry.went && entry.log.channel == channel && (from..=at).contains(&entry.since())
                };
                self.entries.iter_mut().rev().find(near).map(|entry| &mut entry.log)
            }
        };
        if let Some(log) = log {
            log.unsubscribed.get_or_insert(at);
        }
    }

    fn answered(&mut self, event: &impl Occurrence, name: Option<String>, channel: Channel, at: Time) {
        (self.recorded.answers, self.recorded.reactions) = (true, true);
        let moment = match event.property("moment") {
            Datum::Text(text) => Some(text),
            _ => None,
        };
        let Some(survey) = self.survey(name.as_deref(), moment) else {
            let unknown = name.as_deref().or(moment).unwrap_or("a survey without a name");
            self.recorded.unknown_surveys.insert(unknown.to_owned());
            return;
        };
        let asked_on = self.library.defined(survey).map_or(channel, |asked| asked.channel);
        match self.latest(survey, asked_on, at) {
            Some(log) => log.clicked = Some(log.clicked.map_or(at, |known| known.min(at))),
            None => self.imply(survey, asked_on, at),
        }
        let score = SCORES.iter().find_map(|name| match event.property(name) {
            Datum::Number(number) => whole(number.to_f64()),
            _ => None,
        });
        self.answers.extend(score.map(|score| SurveyAnswer { content: survey, at, score }));
    }

    /// The survey of a name, or the only one about a moment.
    fn survey(&self, name: Option<&str>, moment: Option<&str>) -> Option<u32> {
        let surveys = || {
            (0..).zip(&self.library.contents).filter_map(|(index, content)| match &content.source {
                Source::Survey(survey) => Some((index, survey)),
                Source::Experience(_) => None,
            })
        };
        if let Some((index, _)) = surveys().find(|(_, survey)| Some(survey.name.as_str()) == name) {
            return Some(index);
        }
        let mut about = surveys().filter(|(_, survey)| Some(survey.moment.as_str()) == moment);
        let (first, second) = (about.next(), about.next());
        first.filter(|_| second.is_none()).map(|(index, _)| index)
    }

    fn content(&mut self, name: Option<&str>) -> u32 {
        self.library.recalled(name.unwrap_or_default(), None)
    }

    fn finish(self) -> Remembered {
        let Self { entries, implied, answers, library, .. } = self;
        let reaches = |channel: Channel| channel.address().is_some();
        let mut sends = implied;
        let waiting = entries.iter().filter(|entry| entry.reserved && entry.log.sent.is_none());
        let waiting = waiting.filter(|entry| reaches(entry.log.channel));
        sends.extend(
            waiting.map(|Entry { log, .. }| Sent::new(log.at, log.channel, log.content, log.journey)),
        );
        let settled = entries.into_iter().map(|Entry { mut log, released, arrived, bounced, .. }| {
            log.delivered = log.delivered.or(arrived);
            log.sent = log.sent.or(released);
            (log, bounced)
        });
        let mut settled: Vec<(MessageLog, bool)> = settled.collect();
        settled.sort_by_key(|(log, _)| log.at);
        let reached = settled.iter().filter(|(log, _)| reaches(log.channel));
        sends.extend(reached.filter_map(|(log, bounced)| {
            Some(Sent {
                delivered: log.delivered.is_some(),
                clicked: log.clicked.is_some(),
                bounced: *bounced,
                ..Sent::new(log.sent?, log.channel, log.content, log.journey)
            })
        }));
        let mut logs: Vec<MessageLog> = settled.into_iter().map(|(log, _)| log).collect();
        sends.sort_by_key(|sent| sent.at);
        for log in &mut logs {
            let Some(at) = log.sent else { continue };
            let before = sends.partition_point(|sent| sent.at < at);
            log.pressure = pressure::at(&library.policy.pressure, &sends[..before], at) as f32;
        }
        Remembered { messages: logs, sends, answers }
    }
}

fn whole(number: f64) -> Option<u8> {
    let fits = number.fract() == 0.0 && (0.0..=f64::from(u8::MAX)).contains(&number);
    fits.then_some(number as u8)
}
