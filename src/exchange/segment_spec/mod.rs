//! Messages of the Segment specification, one JSON object per line, alone or in `{"batch": […]}` envelopes.

mod bad;
mod channel;
mod envelope;
mod lines;
mod message;
mod properties;
mod setting;
mod who;

use std::collections::HashSet;

use serde_json::{Map, Value};

use self::lines::Lines;
use super::dates::{TimeFormat, TimeReader};
use super::encoding::Encoding;
use super::names::Names;
use super::outlet::{Outlet, Stopped};
use super::read::{Finished, ReadOptions, Recognised};
use super::rejects::{RejectForm, Rejects};
use super::sniff::unreadable;
use super::tally::{Seen, Tally};
use crate::model::{Problem, Time};

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

/// What is kept from message to message.
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
}
