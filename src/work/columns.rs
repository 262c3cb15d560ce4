//! Events in columns: read from the chunks beside the workspace where they match the rows, made from the rows where not,
//! stretch by stretch and several at a time, and kept for the next opening.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use crate::frame::cell::{Backing, Stretch};
use crate::frame::part::{Bytes, Kinds, Part, PartBuilder};
use crate::frame::snapshot::Folk;
use crate::frame::{EventFact, Frame};
use crate::store::{Chunks, Cover, Lying, Store, StoreError, Window, columns_of};

/// A workspace of fewer events opens fast without chunks.
const WORTH: usize = 100_000;

/// The name people are kept under.
pub(super) const PEOPLE: &str = "people";

/// Every event of a workspace in columns.
pub(super) struct Columns {
    /// The parts, in the order of their ids.
    pub(super) parts: Vec<Part>,
    /// Everybody, if they were kept and match.
    pub(super) folk: Option<Folk>,
    /// Whether there is enough to be worth keeping.
    pub(super) keeps: bool,
    chunks: Chunks,
    /// What is to be kept: new bytes where something was made anew.
    kept: Vec<(String, u64, Option<Vec<u8>>)>,
}

impl Columns {
    /// Everything the workspace shows now; call it within a snapshot. People only where they are wanted.
    pub(super) fn load(store: &Store, people: bool, threads: usize) -> Result<Self, StoreError> {
        let (covers, chunks) = (store.covers()?, store.chunks());
        let signature = store.people_signature()?;
        let (mut parts, folk) = read(store.path(), &covers, &chunks, people.then_some(signature), threads);
        make_missing(store, &covers, &mut parts, threads)?;
        let mut columns = Self { parts: Vec::new(), folk, keeps: false, chunks, kept: Vec::new() };
        let mut kinds = Kinds::default();
        for (cover, found) in covers.iter().zip(parts) {
            columns.take(store, cover, found, &mut kinds)?;
        }
        columns.keeps = columns.parts.iter().map(Part::events).sum::<usize>() >= WORTH;
        if columns.chunks.matches(PEOPLE, signature) {
            columns.kept.push((PEOPLE.to_owned(), signature, None));
        }
        Ok(columns)
    }

    /// The next part, made again where its types differ from those before it.
    fn take(
        &mut self,
        store: &Store,
        cover: &Cover,
        found: Option<Found>,
        kinds: &mut Kinds,
    ) -> Result<(), StoreError> {
        let bound = cover.signature ^ kinds.signature();
        let natural = match found {
            Some(Found { part, bound_by: Some(by), beside, .. }) if by == bound => {
                // Set once, here; nobody has asked for a column before.
                beside.iter().for_each(|beside| drop(beside.kinds.set(kinds.clone())));
                kinds.agree(&part);
                self.keeps(bound_name(cover), bound, None);
                self.parts.push(part);
                return Ok(());
            }
            Some(Found { part, bound_by: None, bytes, .. }) => Some((part, bytes)),
            _ => make(store, cover, &Kinds::default())?.map(|part| {
                let bytes = part.encode();
                (part, Some(bytes))
            }),
        };
        let Some((part, bytes)) = natural else { return Err(too_many_identities()) };
        let before = kinds.clone();
        if kinds.agree(&part) {
            self.keeps(cover.name(), cover.signature, bytes);
            self.parts.push(part);
            return Ok(());
        }
        let part = make(store, cover, &before)?.ok_or_else(too_many_identities)?;
        *kinds = before;
        kinds.agree(&part);
        self.keeps(bound_name(cover), bound, Some(part.encode()));
        self.parts.push(part);
        Ok(())
    }

    /// A part is to be kept: its head, and its columns beside it.
    fn keeps(&mut self, name: String, signature: u64, bytes: Option<Bytes>) {
        let (head, columns) = bytes.map(|bytes| (bytes.head, bytes.columns)).unzip();
        self.kept.push((columns_of(&name), signature, columns));
        self.kept.push((name, signature, head));
    }

    /// The newest event.
    pub(super) fn newest(&self) -> Option<crate::model::Time> {
        self.parts.iter().filter_map(Part::newest).max()
    }

    /// Keeps what was made anew, and says whether anything was. Where it is not possible the next opening makes it again.
    pub(super) fn keep(&mut self, store: &Store) -> bool {
        let kept = std::mem::take(&mut self.kept);
        let names = |(name, signature, bytes): &(String, u64, Option<Vec<u8>>)| {
            bytes.is_some() || !self.chunks.matches(name, *signature)
        };
        let changed = kept.iter().any(names) || kept.len() != self.chunks.len();
        let replaced = self.keeps && changed && self.chunks.replace(kept).is_ok();
        if replaced {
            self.chunks = store.chunks();
        }
        replaced
    }
}

/// Keeps everybody beside the events.
pub(super) fn keep_people(store: &Store, frame: &Frame) {
    let chunks = store.chunks();
    let Ok(signature) = store.people_signature() else { return };
    let others = chunks.names().filter(|(name, _)| *name != PEOPLE);
    let mut kept: Vec<_> = others.map(|(name, signature)| (name.to_owned(), signature, None)).collect();
    kept.push((PEOPLE.to_owned(), signature, Some(frame.encode_people())));
    // Where it cannot be written the next opening reads the rows again.
    let _ = chunks.replace(kept);
}

pub(super) fn bound_name(cover: &Cover) -> String {
    format!("{} bound", cover.name())
}

pub(super) fn too_many_identities() -> StoreError {
    std::io::Error::other("an identity has a number beyond what columns hold").into()
}

/// A part that was read or made.
struct Found {
    part: Part,
    /// What it was bound by, if it was made with the types of others.
    bound_by: Option<u64>,
    /// Where its columns lie, where it was read.
    beside: Option<Arc<Beside>>,
    /// Its bytes where it is new.
    bytes: Option<Bytes>,
}

/// The columns of a part where they are kept. What cannot be read there any more is made again from the rows.
#[derive(Debug)]
struct Beside {
    lying: Lying,
    workspace: PathBuf,
    cover: Cover,
    /// The types the part was made with; none as long as they are its own.
    kinds: OnceLock<Kinds>,
    again: OnceLock<Option<Vec<u8>>>,
}

impl Backing for Beside {
    fn bytes(&self, stretch: Stretch) -> Option<Vec<u8>> {
        let Stretch { start, len, hash } = stretch;
        self.lying.read(start, len, hash).or_else(|| {
            let again = self.again.get_or_init(|| self.make().ok().flatten()).as_ref()?;
            let start = usize::try_from(start).ok()?;
            let bytes = again.get(start..start.checked_add(usize::try_from(len).ok()?)?)?;
            (xxh3_64(bytes) == hash).then(|| bytes.to_vec())
        })
    }
}

impl Beside {
    fn make(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Store::open_read_only(&self.workspace)?.snapshot(|store| {
            if store.cover(self.cover.ids.clone())? != self.cover {
                return Ok(None);
            }
            Ok(make(store, &self.cover, self.kinds.get().unwrap_or(&Kinds::default()))?
                .map(|part| part.encode().columns))
        })
    }
}

/// What the chunks hold that matches, read and decoded side by side.
fn read(
    store: &Path,
    covers: &[Cover],
    chunks: &Chunks,
    people: Option<u64>,
    threads: usize,
) -> (Vec<Option<Found>>, Option<Folk>) {
    let folk: Mutex<Option<Folk>> = Mutex::new(None);
    let found: Vec<Mutex<Option<Found>>> = covers.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            // People are the longest job, so they come first.
            let Some(place) = job.checked_sub(1) else {
                let read = people.and_then(|signature| Folk::decode(&chunks.read(PEOPLE, signature)?));
                *folk.lock().unwrap_or_else(PoisonError::into_inner) = read;
                continue;
            };
            let (Some(cover), Some(place)) = (covers.get(place), found.get(place)) else { return };
            *place.lock().unwrap_or_else(PoisonError::into_inner) = read_part(store, cover, chunks);
        }
    };
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    let found = found.into_iter().map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner));
    (found.collect(), folk.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn read_part(workspace: &Path, cover: &Cover, chunks: &Chunks) -> Option<Found> {
    let read = |name: &str, signature: u64| {
        let beside = Arc::new(Beside {
            lying: chunks.lying(&columns_of(name), signature)?,
            workspace: workspace.to_owned(),
            cover: cover.clone(),
            kinds: OnceLock::new(),
            again: OnceLock::new(),
        });
        let backing: Arc<dyn Backing> = Arc::<Beside>::clone(&beside);
        let part = Part::decode(&chunks.read(name, signature)?, &backing)?;
        Some(Found { part, bound_by: None, beside: Some(beside), bytes: None })
    };
    read(&cover.name(), cover.signature).or_else(|| {
        let by = chunks.signature(&bound_name(cover))?;
        Some(Found { bound_by: Some(by), ..read(&bound_name(cover), by)? })
    })
}

/// Makes what was not found, each thread with a connection of its own; what another connection sees differently is left to
/// the caller's.
fn make_missing(
    store: &Store,
    covers: &[Cover],
    parts: &mut [Option<Found>],
    threads: usize,
) -> Result<(), StoreError> {
    let missing: Vec<usize> =
        (0..covers.len()).filter(|&at| parts.get(at).is_some_and(Option::is_none)).collect();
    if missing.len() < 2 || threads < 2 {
        return Ok(());
    }
    let made: Mutex<Vec<(usize, Part, Bytes)>> = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    // A thread that cannot open the file again leaves its share to the others and to the caller.
    let readers: Vec<Store> = (0..threads.min(missing.len())).filter_map(|_| store.reader().ok()).collect();
    let work = |reader: Store| -> Result<(), StoreError> {
        while let Some(&at) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Some(cover) = covers.get(at) else { continue };
            let part = reader.snapshot(|reader| {
                let same = reader.cover(cover.ids.clone())? == *cover;
                if same { make(reader, cover, &Kinds::default()) } else { Ok(None) }
            })?;
            if let Some(part) = part {
                let bytes = part.encode();
                made.lock().unwrap_or_else(PoisonError::into_inner).push((at, part, bytes));
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        readers.into_iter().for_each(|reader| drop(scope.spawn(|| drop(work(reader)))));
    });
    for (at, part, bytes) in made.into_inner().unwrap_or_else(PoisonError::into_inner) {
        if let Some(place) = parts.get_mut(at) {
            *place = Some(Found { part, bound_by: None, beside: None, bytes: Some(bytes) });
        }
    }
    Ok(())
}

/// A part from its rows; `None` where columns cannot hold it.
pub(super) fn make(store: &Store, cover: &Cover, kinds: &Kinds) -> Result<Option<Part>, StoreError> {
    let terms: HashMap<i64, String> = store.terms("event")?.into_iter().collect();
    let mut builder = PartBuilder::new(kinds);
    let window = Window { after_id: cover.ids.start() - 1, up_to_id: *cover.ids.end(), ..Window::ALL };
    store.for_each_event(&window, |event| {
        builder.event(&EventFact {
            name: terms.get(&event.name).map_or("", String::as_str),
            at: event.at,
            sequence: event.sequence,
            channel: event.channel,
            identity: event.identity,
            properties: event.properties,
            items: event.items,
        });
        ControlFlow::Continue(())
    })?;
    Ok(builder.finish())
}
