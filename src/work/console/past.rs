//! The history of a segment as the console shows it, worked out aside and told as it becomes known.

use std::path::PathBuf;

use crate::frame::Frame;
use crate::model::{Span, Time};
use crate::panel::segments::history::{History, Stand};
use crate::rule::Point;
use crate::segment::{Library, Segment};
use crate::store::{Store, StoredDefinition};
use crate::work::Cancel;
use crate::work::frame::{load, threads};
use crate::work::segment_history::{self as past, Walk, members};

/// How far apart earlier moments lie, and how many are looked at.
const EVERY: Span = Span::days(7);
const MOMENTS: i64 = 8;

/// With more events than this, every earlier moment would take seconds of both processors.
const MOST_EVENTS: u64 = 2_000_000;

/// What a history is worked out from.
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) saved: Vec<StoredDefinition>,
    /// Everybody and every segment as they are now; none where only a run knows people.
    pub(super) now: Option<(Frame, Point, Vec<Segment>)>,
    pub(super) path: PathBuf,
}

/// Works a history out, telling it after every step; a cancelled one ends without more being told.
pub(super) fn tell(asked: &Asked, cancel: &Cancel, tell: &dyn Fn(History)) {
    let mut history = History { name: asked.name.clone(), unfinished: true, ..History::default() };
    let Some((frame, point, segments)) = &asked.now else {
        let kept = asked.saved.iter().map(|stored| Stand {
            at: stored.at,
            version: Some(stored.definition.version),
            count: None,
            withheld: Some("not counted over a run".to_owned()),
            joined: None,
            left: None,
        });
        history.versions = kept.collect();
        history.unfinished = false;
        return tell(history);
    };
    if cancel.is_cancelled() {
        return;
    }
    let library = Library::new(frame, segments.iter().cloned());
    let versions = past::versions(&asked.name, &asked.saved, &library, *point, 0);
    history.versions = versions.into_iter().map(shown).collect();
    let events = frame.counts().events;
    if events > MOST_EVENTS {
        history.unfinished = false;
        history.problem = Some(format!(
            "Sizes from date to date take a while over so many events; segue segment history \"{}\" counts them.",
            asked.name
        ));
        return tell(history);
    }
    tell(history.clone());
    let mut walk = Walk::naming(0);
    for weeks in (0..MOMENTS).rev() {
        if cancel.is_cancelled() {
            return;
        }
        let at = point.at.back(Span(EVERY.0.saturating_mul(weeks)));
        let stood = if weeks == 0 {
            walk.step(frame, (at, None), members(&asked.name, &library, *point))
        } else {
            match then(asked, at) {
                Ok((frame, members)) => walk.step(&frame, (at, None), members),
                Err(error) => {
                    history.problem = Some(format!("{error:#}"));
                    break;
                }
            }
        };
        // Before anybody was known there is nothing to count.
        let unknown = stood.size.as_ref().is_ok_and(|(_, people)| *people == 0);
        if !unknown {
            history.sizes.push(shown(stood));
        }
        history.unfinished = weeks > 0;
        tell(history.clone());
    }
    if history.unfinished {
        history.unfinished = false;
        tell(history);
    }
}

type Then = (Frame, Result<crate::frame::Bitmap, String>);

/// Everybody at an earlier moment, and who was in.
fn then(asked: &Asked, at: Time) -> anyhow::Result<Then> {
    let picture = load(&Store::open_read_only(&asked.path)?, Some(at), threads())?;
    let members = members(&asked.name, &picture.library, picture.point);
    Ok((picture.frame().clone(), members))
}

fn shown(stood: past::Stand) -> Stand {
    Stand {
        at: stood.at,
        version: stood.version,
        count: stood.size.as_ref().ok().map(|size| size.0),
        withheld: stood.size.err(),
        joined: stood.change.as_ref().map(|change| change.joined),
        left: stood.change.as_ref().map(|change| change.left),
    }
}
