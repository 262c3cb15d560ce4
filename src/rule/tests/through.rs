//! What is not changed by a view is what it is without it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jiff::tz::TimeZone;

use super::people::Someone;
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::{Channel, Time, Value};
use crate::rule::plan::{Ask, BandAsk};
use crate::rule::{OpenCatalog, Point, Subject, Through, compile};

/// A view that changes nothing.
struct Glass<'a>(&'a Someone);

impl Through for Glass<'_> {
    type Under = Someone;

    fn under(&self) -> &Someone {
        self.0
    }
}

fn someone() -> Someone {
    let mut anne =
        Someone::default().with("tier", Value::Text("gold".to_owned())).did("Product Viewed", 5, &[]).did(
            "Experiment Viewed",
            6,
            &[
                ("experiment_name", Value::Text("Subject".to_owned())),
                ("variation_name", Value::Text("b".to_owned())),
            ],
        );
    anne.consent.insert((Channel::Email, Purpose::Marketing), ConsentState::Granted);
    anne.lifecycle = Some("loyal".to_owned());
    anne.intent = Some("exploring".to_owned());
    anne.lists = vec!["VIP".to_owned()];
    anne.id = Some("u1".to_owned());
    anne.zone = TimeZone::get("Europe/Berlin").ok();
    anne.since = BTreeMap::from([("tier".to_owned(), Time(3))]);
    anne.suppressions = vec![(Channel::Email, SuppressionReason::Bounced, Time(4))];
    anne.journeys = BTreeMap::from([("Welcome".to_owned(), (Time(2), None, Some("Wait".to_owned())))]);
    anne.band = Some(4);
    anne
}

fn band(ask: impl FnOnce(&BandAsk)) {
    let plan = compile("quintile(did(\"Product Viewed\")) >= 4", &OpenCatalog).unwrap();
    match &plan.leaves()[0].ask {
        Ask::Band(band) => ask(band),
        other => panic!("{other:?}"),
    }
}

/// Everything a rule may ask, as text.
fn all(subject: &dyn Subject) -> Vec<String> {
    let point = Point::before(Time(100));
    let mut events = Vec::new();
    subject.events("Product Viewed", &mut |event| {
        events.push(format!("viewed {:?}", event.at()));
        ControlFlow::Continue(())
    });
    subject.every_event(&mut |event| {
        events.push(format!("{:?}", event.at()));
        ControlFlow::Continue(())
    });
    let mut told = vec![
        format!("{:?} {:?}", subject.attribute("tier"), subject.attribute_since("tier")),
        format!("{events:?}"),
        format!("{:?}", subject.consent(Channel::Email, Purpose::Marketing, point)),
        format!("{:?} {:?} {:?}", subject.lifecycle(), subject.lifecycle_since(), subject.intent()),
        format!("{} {:?}", subject.in_list("VIP"), subject.cut_by()),
        format!("{}", subject.suppressed(Channel::Email, SuppressionReason::Bounced, point)),
        format!("{:?}", subject.home()),
        format!("{:?}", subject.journey("Welcome", point)),
        format!("{:?}", subject.experiment("Subject", point)),
    ];
    band(|ask| told.push(format!("{:?}", subject.band(ask, point))));
    told
}

#[test]
fn a_view_that_changes_nothing_passes_everything_on() {
    let anne = someone();
    let nobody = Someone::default();
    let seen = all(&Glass(&anne));
    assert_eq!(seen, all(&anne));
    for (seen, unknown) in seen.iter().zip(all(&nobody)) {
        assert_ne!(*seen, unknown, "of nobody it would be the same: this shows nothing");
    }
}
