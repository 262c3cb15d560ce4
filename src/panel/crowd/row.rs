//! A row of the list of people, however they are held.

use std::ops::ControlFlow;

use crate::model::event::names;
use crate::model::{Datum, ProfileId, Time};
use crate::panel::people::PersonRow;
use crate::panel::spent::Orders;
use crate::rule::Subject;

/// What a list says of somebody that no rule asks about.
pub(super) struct Seen<'a> {
    pub(super) id: ProfileId,
    pub(super) email: Option<&'a str>,
    /// The newest event.
    pub(super) newest: Option<Time>,
}

/// Somebody's row; orders that name no currency are of `usual`.
pub(super) fn row(subject: &impl Subject, seen: Seen<'_>, usual: Option<&str>) -> PersonRow {
    let mut orders = Orders::none(usual);
    subject.events(names::ORDER_COMPLETED, &mut |order| {
        orders.add(order);
        ControlFlow::Continue(())
    });
    PersonRow {
        id: seen.id,
        name: super::name(subject),
        email: seen.email.map(str::to_owned),
        lifecycle: subject.lifecycle().map(str::to_owned),
        country: text(subject.attribute("country")),
        orders: orders.count(),
        spent: orders.spent().text(),
        seen: seen.newest,
    }
}

fn text(datum: Datum<'_>) -> Option<String> {
    (!datum.is_missing()).then(|| datum.to_string())
}
