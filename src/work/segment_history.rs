//! How a segment was before: who was in it at earlier moments and in earlier versions, and who came and went in between.

use crate::frame::{Bitmap, Frame};
use crate::model::Time;
use crate::rule::Point;
use crate::segment::{Change, Library, Membership, Segment, change};
use crate::store::StoredDefinition;
use crate::work::frame::threads;

/// The segment at one moment or in one version.
#[derive(Debug, Clone)]
pub struct Stand {
    /// The moment, or when the version was kept.
    pub at: Time,
    /// The version; none for a moment.
    pub version: Option<u32>,
    /// How many were in it and how many people there were, or why that is not known.
    pub size: Result<(u64, u64), String>,
    /// Against the one before; none for the first, or where either is not known.
    pub change: Option<Change>,
    /// The people samples are named among.
    pub frame: Frame,
}

/// One stand after the other, each compared with the one before.
#[derive(Debug)]
pub struct Walk {
    before: Option<(Frame, Bitmap)>,
    samples: usize,
}

impl Walk {
    /// A walk that names at most so many of those who come and go.
    #[must_use]
    pub fn naming(samples: usize) -> Self {
        Self { before: None, samples }
    }

    /// The next stand: who is in, or why that is not known.
    pub fn step(
        &mut self,
        frame: &Frame,
        (at, version): (Time, Option<u32>),
        members: Result<Bitmap, String>,
    ) -> Stand {
        let against = |members: &Bitmap, (from, then): &(Frame, Bitmap)| {
            Change::between(&change::carried(from, then, frame), members, self.samples)
        };
        let pair = members.as_ref().ok().zip(self.before.as_ref());
        let change = pair.map(|(members, before)| against(members, before));
        let size =
            members.as_ref().map(|members| (members.count(), members.len() as u64)).map_err(Clone::clone);
        self.before = members.ok().map(|members| (frame.clone(), members));
        Stand { at, version, size, change, frame: frame.clone() }
    }
}

/// Every version over today's facts, beside today's other segments.
#[must_use]
pub fn versions(
    name: &str,
    saved: &[StoredDefinition],
    now: &Library,
    point: Point,
    samples: usize,
) -> Vec<Stand> {
    let mut walk = Walk::naming(samples);
    let stand = |stored: &StoredDefinition| {
        let members = members_of(name, &stored.definition.text, now, point);
        walk.step(now.frame(), (stored.at, Some(stored.definition.version)), members)
    };
    saved.iter().map(stand).collect()
}

/// Who a version means today.
fn members_of(name: &str, text: &str, now: &Library, point: Point) -> Result<Bitmap, String> {
    let segment = Segment::parse(Some(name), text).map_err(|problem| problem.message)?;
    let others = now.segments().filter(|other| other.name != name).cloned();
    let library = Library::new(now.frame(), others.chain([segment]));
    members(name, &library, point)
}

/// Who is in a segment of a library.
///
/// # Errors
/// Why it cannot be used.
pub fn members(name: &str, library: &Library, point: Point) -> Result<Bitmap, String> {
    match library.plan(name) {
        Some(Ok(plan)) => Ok(Membership::of(library.frame(), plan, point, threads()).members().clone()),
        Some(Err(problems)) => {
            Err(problems.first().map_or_else(String::new, |problem| problem.message.clone()))
        }
        None => Err(format!("no segment is called “{name}”")),
    }
}
