//! A person seen through something: as at an earlier moment, within a visit, for a purpose. Such a view says what it changes;
//! the rest is what it is without it.

use std::ops::ControlFlow;

use jiff::tz::TimeZone;

use super::plan::BandAsk;
use super::subject::{Occurrence, Passage, Point, Subject, Told};
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::{Channel, Datum, Time};

/// A view of a person. Whoever implements it is a [`Subject`]. Consent, suppression, lists, the random cut and experiments
/// are not among what a view may change: they are the same however a person is looked at.
pub trait Through {
    /// The person without the view.
    type Under: Subject + ?Sized;
    /// The person without the view.
    fn under(&self) -> &Self::Under;
    /// A trait's value, as the view has it.
    fn attribute(&self, name: &str) -> Datum<'_> {
        self.under().attribute(name)
    }
    /// Since when a trait has had its value, as the view has it.
    fn attribute_since(&self, name: &str) -> Option<Time> {
        self.under().attribute_since(name)
    }
    /// The events of one name, as the view has them.
    fn events(&self, name: &str, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        self.under().events(name, visit);
    }
    /// All events, as the view has them.
    fn every_event(&self, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        self.under().every_event(visit);
    }
    /// The lifecycle stage, as the view has it.
    fn lifecycle(&self) -> Option<&str> {
        self.under().lifecycle()
    }
    /// Since when the person has been in that stage, as the view has it.
    fn lifecycle_since(&self) -> Option<Time> {
        self.under().lifecycle_since()
    }
    /// The intent of the running session, as the view has it.
    fn intent(&self) -> Option<&str> {
        self.under().intent()
    }
    /// The zone the person lives in, as the view has it.
    fn home(&self) -> (TimeZone, &'static str) {
        self.under().home()
    }
    /// The latest passage through a journey, as the view has it.
    fn journey(&self, name: &str, point: Point) -> Told<Passage<'_>> {
        self.under().journey(name, point)
    }
    /// The band among all people, as the view has it.
    fn band(&self, ask: &BandAsk, point: Point) -> Option<u32> {
        self.under().band(ask, point)
    }
}

impl<T: Through> Subject for T {
    fn attribute(&self, name: &str) -> Datum<'_> {
        Through::attribute(self, name)
    }
    fn events(&self, name: &str, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        Through::events(self, name, visit);
    }
    fn every_event(&self, visit: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {
        Through::every_event(self, visit);
    }
    fn consent(&self, channel: Channel, purpose: Purpose, point: Point) -> ConsentState {
        self.under().consent(channel, purpose, point)
    }
    fn lifecycle(&self) -> Option<&str> {
        Through::lifecycle(self)
    }
    fn intent(&self) -> Option<&str> {
        Through::intent(self)
    }
    fn in_list(&self, list: &str) -> bool {
        self.under().in_list(list)
    }
    fn suppressed(&self, channel: Channel, reason: SuppressionReason, point: Point) -> bool {
        self.under().suppressed(channel, reason, point)
    }
    fn cut_by(&self) -> Option<&str> {
        self.under().cut_by()
    }
    fn home(&self) -> (TimeZone, &'static str) {
        Through::home(self)
    }
    fn attribute_since(&self, name: &str) -> Option<Time> {
        Through::attribute_since(self, name)
    }
    fn lifecycle_since(&self) -> Option<Time> {
        Through::lifecycle_since(self)
    }
    fn journey(&self, name: &str, point: Point) -> Told<Passage<'_>> {
        Through::journey(self, name, point)
    }
    fn experiment(&self, name: &str, point: Point) -> Told<String> {
        self.under().experiment(name, point)
    }
    fn band(&self, ask: &BandAsk, point: Point) -> Option<u32> {
        Through::band(self, ask, point)
    }
}
