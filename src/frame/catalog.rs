//! The names of a frame, for checking rules against.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Frame;
use super::column::Field;
use super::table::Table;
use crate::model::event::names;
use crate::rule::catalog::any_of;
use crate::rule::{Catalog, Known, Noun, Plan, Resolved};

/// Events of the Segment specification: a rule may name them before the first one arrives.
const EXPECTED: [&str; 16] = [
    names::PRODUCT_VIEWED,
    names::PRODUCT_LIST_VIEWED,
    names::PRODUCT_ADDED,
    names::CART_VIEWED,
    names::CHECKOUT_STARTED,
    names::COUPON_APPLIED,
    names::PAYMENT_INFO_ENTERED,
    names::ORDER_COMPLETED,
    names::ORDER_REFUNDED,
    names::PAGE_VIEWED,
    names::EMAIL_DELIVERED,
    names::EMAIL_OPENED,
    names::EMAIL_CLICKED,
    names::UNSUBSCRIBED,
    names::SURVEY_ANSWERED,
    names::EXPERIMENT_VIEWED,
];

/// Further events of the specification, known without being offered before the first one arrives.
const SPECIFIED: [&str; 16] = [
    names::PRODUCT_REMOVED,
    names::SMS_DELIVERED,
    names::SMS_CLICKED,
    names::PUSH_DELIVERED,
    names::PUSH_CLICKED,
    "Products Searched",
    "Product Clicked",
    "Product Added to Wishlist",
    "Promotion Viewed",
    "Promotion Clicked",
    "Checkout Step Completed",
    "Order Updated",
    "Order Cancelled",
    "Screen Viewed",
    "Signed Up",
    "Signed In",
];

/// What rules over a frame may name: its traits, events and lists, and the segments and stages defined so far.
#[derive(Debug, Clone)]
pub struct FrameCatalog<'a> {
    frame: &'a Frame,
    segments: BTreeMap<String, Resolved>,
    stages: Vec<String>,
    intents: Vec<String>,
}

impl<'a> FrameCatalog<'a> {
    /// The names of a frame alone.
    #[must_use]
    pub fn new(frame: &'a Frame) -> Self {
        let names =
            |labels: Option<&super::Labels>| labels.map(|labels| labels.names().to_vec()).unwrap_or_default();
        Self {
            frame,
            segments: BTreeMap::new(),
            stages: names(frame.lifecycle()),
            intents: names(frame.intent()),
        }
    }

    /// Makes a segment known.
    pub fn add_segment(&mut self, name: &str, plan: Plan) {
        self.segments.insert(name.to_owned(), Resolved::Plan(plan));
    }

    /// Makes a segment known that cannot be used.
    pub fn add_faulty(&mut self, name: &str, why: &str) {
        self.segments.insert(name.to_owned(), Resolved::Faulty(why.to_owned()));
    }
}

fn known(field: Option<&Field>) -> Known {
    match field {
        Some(field) => field.kind.map_or(Known::Open, Known::Typed),
        None => Known::No,
    }
}

impl Catalog for FrameCatalog<'_> {
    fn attribute(&self, name: &str) -> Known {
        known(self.frame.people().attribute(name).map(|(field, _)| field))
    }

    fn event(&self, name: &str) -> bool {
        self.frame.table(name).is_some() || EXPECTED.contains(&name) || SPECIFIED.contains(&name)
    }

    fn happened(&self, name: &str) -> bool {
        self.frame.table(name).is_some() || (name == names::EXPERIMENT_VIEWED && self.frame.assigns())
    }

    fn property(&self, event: &str, name: &str) -> Known {
        // Who was assigned here is in no event, so what events say of an experiment is not all there is.
        if event == names::EXPERIMENT_VIEWED && name == "experiment_name" && self.frame.assigns() {
            return Known::Open;
        }
        match self.frame.table(event) {
            Some(table) => known(table.property(name).and_then(|place| table.properties.get(place))),
            None if self.event(event) => Known::Open,
            None => Known::No,
        }
    }

    fn any_property(&self, name: &str) -> Known {
        let of =
            |table: &Arc<Table>| known(table.property(name).and_then(|place| table.properties.get(place)));
        any_of(self.frame.tables().iter().map(of), name)
    }

    fn item_property(&self, event: &str, name: &str) -> Known {
        match self.frame.table(event) {
            Some(table) => {
                known(table.item_property(name).and_then(|place| table.item_properties.get(place)))
            }
            None if self.event(event) => Known::Open,
            None => Known::No,
        }
    }

    fn segment(&self, name: &str) -> Resolved {
        self.segments.get(name).cloned().unwrap_or(Resolved::Unknown)
    }

    fn list(&self, name: &str) -> bool {
        self.frame.list(name).is_some()
    }

    fn stage(&self, name: &str) -> bool {
        self.stages.iter().any(|stage| stage == name)
    }

    fn intent(&self, name: &str) -> bool {
        self.intents.iter().any(|intent| intent == name)
    }

    fn names(&self, noun: Noun<'_>) -> Vec<String> {
        let fields = |fields: &[Field]| fields.iter().map(|field| field.name.clone()).collect();
        match noun {
            Noun::Trait => self.frame.people().traits().iter().map(|(field, _)| field.name.clone()).collect(),
            Noun::Event => {
                let mut names: Vec<String> =
                    self.frame.tables().iter().map(|table| table.name.clone()).collect();
                names.extend(EXPECTED.map(str::to_owned));
                names.sort();
                names.dedup();
                names
            }
            Noun::Property(event) => self.frame.table(event).map_or_else(Vec::new, |t| fields(&t.properties)),
            Noun::ItemProperty(event) => {
                self.frame.table(event).map_or_else(Vec::new, |t| fields(&t.item_properties))
            }
            Noun::Segment => self.segments.keys().cloned().collect(),
            Noun::List => self.frame.lists().map(str::to_owned).collect(),
            Noun::Stage => self.stages.clone(),
            Noun::Intent => self.intents.clone(),
        }
    }

    fn currencies(&self, event: &str) -> Vec<String> {
        let Some(table) = self.frame.table(event) else { return Vec::new() };
        let field = table.property("currency").and_then(|place| table.properties.get(place));
        field.map_or_else(Vec::new, |field| field.dictionary.texts().map(str::to_owned).collect())
    }
}
