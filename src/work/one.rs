//! One person straight from the rows of a workspace, without everybody else in memory: the picture of a person as it is
//! when a single decision is asked for. What is compared among all (bands) is unknown here, and of a trait or property the
//! type is what this person's values say.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use super::frame::{ledgers, picture, said};
use super::met::with_assigned;
use super::observed::Observed;
use crate::contact::cap::Sent;
use crate::decide::Library;
use crate::decide::over_frame::FramePerson;
use crate::frame::{Builder, EventFact, Frame};
use crate::model::{Identity, Person, Time};
use crate::rule::Point;
use crate::store::{Store, StoreError, Window};

/// One person.
#[derive(Debug)]
pub struct One {
    frame: Frame,
    person: Person,
    sends: Vec<Sent>,
    /// The point they are shown at.
    pub point: Point,
}

impl One {
    /// The person an identity belongs to, as they were just before a moment or are now; nobody where no fact mentions it.
    /// Past messages are read in the words of a library.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load(
        store: &Store,
        who: &Identity,
        as_of: Option<Time>,
        library: &mut Library,
    ) -> Result<Option<Self>, StoreError> {
        let loaded = store.snapshot(|store| frame(store, who, as_of))?;
        let Some((frame, newest)) = loaded else { return Ok(None) };
        let point = match (as_of, newest) {
            (Some(moment), _) => Point::before(moment),
            (None, Some(newest)) => Point::before(Time(newest.0.saturating_add(1))),
            (None, None) => frame.now(),
        };
        let picture = picture(store, frame, point, 1)?;
        let frame = picture.frame().clone();
        let Some(person) = frame.people().find(who) else { return Ok(None) };
        let mut observed = Observed::one(&frame, person).with_ledger(store, &frame, as_of)?;
        observed.recall(library);
        let sends = observed.people.into_iter().next().map(|profile| profile.sends).unwrap_or_default();
        Ok(Some(Self { frame, person, sends, point }))
    }

    /// The person as decisions see them.
    #[must_use]
    pub fn state(&self) -> FramePerson<'_> {
        FramePerson::new(&self.frame, self.person, self.sends.clone())
    }
}

/// A frame of one person, and the newest moment anybody was seen at.
fn frame(
    store: &Store,
    who: &Identity,
    as_of: Option<Time>,
) -> Result<Option<(Frame, Option<Time>)>, StoreError> {
    let terms = |kind| store.terms(kind).map(|terms| terms.into_iter().collect::<HashMap<_, _>>());
    let (namespaces, names) = (terms("namespace")?, terms("event")?);
    let namespace = |id: i64| namespaces.get(&id).map_or("", String::as_str);
    let (mut overall, mut newest) = (None::<Time>, None::<Time>);
    store.for_each_event(&Window::ALL, |event| {
        overall = overall.max(Some(event.at));
        ControlFlow::Continue(())
    })?;
    // A moment after everything that happened is no limit.
    let as_of = as_of.filter(|as_of| overall.is_none_or(|newest| *as_of <= newest));
    let mut first = None;
    store.for_each_identity(|identity| {
        if namespace(identity.namespace) == who.namespace && identity.value == who.value {
            first = Some(identity.id);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    let Some(first) = first else { return Ok(None) };
    let own = tied(store, first, as_of, overall)?;
    let window = Window { before: as_of.unwrap_or(Time::MAX), ..Window::ALL };
    let last_said = if overall.is_none() { last_said(store, &window)? } else { None };
    let mut builder = Builder::new();
    store.for_each_identity(|identity| {
        if own.contains(&identity.id) {
            builder.identity(identity.id, namespace(identity.namespace), identity.value);
        }
        ControlFlow::Continue(())
    })?;
    said(store, &mut builder, overall, as_of, as_of)?;
    store.for_each_event(&window, |event| {
        newest = newest.max(Some(event.at));
        if event.identity.is_some_and(|identity| own.contains(&identity)) {
            builder.event(&EventFact {
                name: names.get(&event.name).map_or("", String::as_str),
                at: event.at,
                sequence: event.sequence,
                channel: event.channel,
                identity: event.identity,
                properties: event.properties,
                items: event.items,
            });
        }
        ControlFlow::Continue(())
    })?;
    ledgers(store, &mut builder, &window, newest)?;
    let frame = with_assigned(store, builder.finish(store.revision()?), as_of, newest)?;
    Ok(Some((frame, newest.or(last_said))))
}

/// Where nothing ever happened, the newest moment there is: when anything was last said of anybody.
fn last_said(store: &Store, window: &Window) -> Result<Option<Time>, StoreError> {
    let mut nobodies = HashSet::new();
    store.for_each_identity(|identity| {
        if !Identity::is_usable(identity.value) {
            nobodies.insert(identity.id);
        }
        ControlFlow::Continue(())
    })?;
    let mut last = None;
    store.for_each_identify(window, |said| {
        last = last.max(Some(said.at).filter(|_| !nobodies.contains(&said.identity)));
        ControlFlow::Continue(())
    })?;
    store.for_each_consent(window, |line| {
        last = last.max(Some(line.at).filter(|_| !nobodies.contains(&line.identity)));
        ControlFlow::Continue(())
    })?;
    Ok(last)
}

/// Every identity that is tied to one, itself included. A value that stands for nobody ties nobody.
fn tied(
    store: &Store,
    first: i64,
    as_of: Option<Time>,
    newest: Option<Time>,
) -> Result<HashSet<i64>, StoreError> {
    let mut ties: HashMap<i64, Vec<i64>> = HashMap::new();
    store.for_each_link(&Window::ALL, |link| {
        let timeless = newest.is_some_and(|newest| link.at >= newest);
        if timeless || as_of.is_none_or(|as_of| link.at < as_of) {
            ties.entry(link.a).or_default().push(link.b);
            ties.entry(link.b).or_default().push(link.a);
        }
        ControlFlow::Continue(())
    })?;
    let mut unusable = HashSet::new();
    store.for_each_identity(|identity| {
        if !Identity::is_usable(identity.value) {
            unusable.insert(identity.id);
        }
        ControlFlow::Continue(())
    })?;
    let (mut own, mut next) = (HashSet::from([first]), vec![first]);
    while let Some(id) = next.pop() {
        for other in ties.get(&id).into_iter().flatten() {
            if !unusable.contains(other) && own.insert(*other) {
                next.push(*other);
            }
        }
    }
    Ok(own)
}
