//! The loop's records as lines people read.

use jiff::tz::TimeZone;

use super::contact::why::Subject;
use super::live::{Tick, Tone, WhyLine};
use crate::decide::library::Source;
use crate::decide::{GateNote, Library};
use crate::journey::{Ending, Graph};
use crate::model::message::HeldReason;
use crate::model::{Span, Time};
use crate::traffic::{Record, What};

/// A record as a line of the ticker. `None` for what is too plain to show.
#[must_use]
pub fn line(record: &Record, library: &Library, journeys: &[&Graph], zone: &TimeZone) -> Option<Tick> {
    let (text, tone) = words(record, library, journeys, zone)?;
    Some(Tick {
        at: record.at,
        profile: record.profile,
        name: record.name.as_deref().map(str::to_owned),
        text,
        tone,
        why: record.why.iter().map(why).collect(),
        asked: asked(record, library),
    })
}

/// What was decided: a message by its name, what a page showed by the first placement it is made for.
fn asked(record: &Record, library: &Library) -> Option<Subject> {
    let content = |index: u32| library.contents.get(index as usize);
    match record.what {
        What::Sent { content: index } | What::Held { content: index, .. } => {
            Some(Subject::Message(content(index)?.name.clone()))
        }
        What::Shown { content: index, .. } => match &content(index)?.source {
            Source::Experience(experience) => experience.placements.first().cloned().map(Subject::Placement),
            Source::Survey(_) => None,
        },
        _ => None,
    }
}

/// A gate's note as a line of the why view.
#[must_use]
pub fn why(note: &GateNote) -> WhyLine {
    WhyLine { gate: note.gate.name().to_owned(), passed: note.passed, detail: note.detail.clone() }
}

fn words(record: &Record, library: &Library, journeys: &[&Graph], zone: &TimeZone) -> Option<(String, Tone)> {
    let content = |index: u32| library.contents.get(index as usize).map_or("?", |content| &content.name);
    let journey = |index: u32| journeys.get(index as usize).map_or("?", |graph| &graph.name);
    Some(match record.what {
        What::Entered { journey: index } => {
            let event = match &journeys.get(index as usize)?.entry {
                crate::journey::graph::Entry::Event(event) => event.to_lowercase(),
                crate::journey::graph::Entry::Rule { .. } => "rule came true".to_owned(),
            };
            (format!("{event} → {}", journey(index)), Tone::Plain)
        }
        What::Waits { journey: index, until, .. } => {
            (format!("waits {} ({})", span(until - record.at), journey(index)), Tone::Plain)
        }
        What::Assigned { experiment, variant, exposed, .. } => {
            let design = library.experiments().get(experiment as usize)?;
            let arm = &design.variants.get(usize::from(variant))?.name;
            let counted = if exposed { "" } else { ", not counted" };
            (format!("in test “{}”: {arm}{counted}", design.name), Tone::Plain)
        }
        What::Sent { content: index } => (format!("{} sent", content(index)), Tone::Sent),
        What::Shown { content: index, .. } => (format!("sees {}", content(index)), Tone::Plain),
        What::Held { content: index, reason, until } => {
            (held(content(index), reason, until, record, zone), Tone::Held)
        }
        What::Left { journey: index, ending } => match ending {
            Ending::Goal => (format!("goal reached ({})", journey(index)), Tone::Good),
            Ending::Completed | Ending::Left(_) => (format!("left {}", journey(index)), Tone::Plain),
            Ending::Rule(_) => (format!("taken out of {} by its exit rule", journey(index)), Tone::Plain),
            Ending::Cap => (format!("taken out of {} by a full cap", journey(index)), Tone::Held),
        },
        What::Ordered => ("order completed".to_owned(), Tone::Good),
        What::Unsubscribed => ("unsubscribed".to_owned(), Tone::Bad),
        What::Answered { content: index, score } => {
            let survey = match library.contents.get(index as usize).map(|content| &content.source) {
                Some(Source::Survey(survey)) => Some(survey),
                _ => None,
            };
            let tone = match survey.and_then(|survey| survey.is_satisfied(score)) {
                Some(true) => Tone::Good,
                Some(false) => Tone::Bad,
                None => Tone::Plain,
            };
            (format!("answered {score} ({})", content(index)), tone)
        }
    })
}

fn held(content: &str, reason: HeldReason, until: Option<Time>, record: &Record, zone: &TimeZone) -> String {
    let cap = record.why.iter().find(|note| note.gate == crate::decide::Gate::Caps && !note.passed);
    let detail = match (reason, cap) {
        (HeldReason::Cap, Some(note)) => note.detail.split(", free").next().unwrap_or("cap").to_owned(),
        _ => reason.name().to_owned(),
    };
    let free = match until {
        Some(until) => {
            let local = until.timestamp().to_zoned(zone.clone()).strftime("%a %H:%M").to_string();
            format!(", free {local}")
        }
        None => String::new(),
    };
    format!("{content} held: {detail}{free}")
}

/// `2 h`, `3 d`, `25 m`: the largest unit that leaves at least one.
fn span(span: Span) -> String {
    let (length, unit) = if span >= Span::DAY {
        (span.0 as f64 / Span::DAY.0 as f64, "d")
    } else if span >= Span::HOUR {
        (span.0 as f64 / Span::HOUR.0 as f64, "h")
    } else {
        (span.0 as f64 / Span::MINUTE.0 as f64, "min")
    };
    format!("{length:.0} {unit}")
}
