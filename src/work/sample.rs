//! The embedded sample: a small home-and-fashion shop, its definitions and its exports.

use std::path::Path;

use super::Cancel;
use super::import::{self, Watch};
use super::observed::Observed;
use super::run::start_of;
use crate::config::Throwaway;
use crate::exchange::{Input, recognise};
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Seed, Time};
use crate::panel::Live;
use crate::store::Store;

/// What the sample shop is called.
pub const NAME: &str = "demo shop";

/// The seed the embedded snapshot was made with.
pub const SEED: Seed = Seed(7);

/// The sample's exports.
const FILES: [(&str, &str); 2] = [
    ("customers.csv", include_str!("../../sample-data/customers.csv")),
    ("events.ndjson", include_str!("../../sample-data/events.ndjson")),
];

/// The live panels at the moment the console joins the run, made by `segue demo --headless --json`: what the first
/// frame shows while the run itself is still being prepared. `None` if it cannot be read, which a test excludes.
#[must_use]
pub fn snapshot() -> Option<Live> {
    serde_json::from_str(include_str!("../../assets/demo-live.json")).ok()
}

/// A throw-away workspace with the sample in it. The folder goes when it is dropped.
///
/// # Errors
/// When there is no room for temporary files.
pub fn workspace(now: Time) -> anyhow::Result<(Throwaway, Store)> {
    let folder = Throwaway::new("segue-demo-")?;
    let mut store = Store::create(&folder.path().join("demo-shop.db"))?;
    fill(&mut store, folder.path(), now)?;
    Ok((folder, store))
}

/// The sample's people, observed until its world starts.
///
/// # Errors
/// As for [`workspace`].
pub fn observed(now: Time) -> anyhow::Result<Observed> {
    let (_folder, store) = workspace(now)?;
    match start_of(&definitions()?) {
        Some(start) => Ok(Observed::load_to_start(&store, start)?),
        None => Ok(Observed::nobody()),
    }
}

/// Imports the sample's exports and keeps its definitions. `folder` is where the exports may lie for a moment.
///
/// # Errors
/// When the folder cannot be written or a file does not import, which a test excludes.
pub fn fill(store: &mut Store, folder: &Path, now: Time) -> anyhow::Result<()> {
    let cancel = Cancel::default();
    for (name, text) in FILES {
        let path = folder.join(name);
        crate::exchange::write_text(&path, text)?;
        for input in Input::of(&path)? {
            let recognised = recognise(input, None, None)?;
            import::import(store, &recognised, None, &mut Watch { progress: |_| {}, cancel: &cancel })?;
        }
    }
    for definition in definitions()? {
        store.define(definition.kind, &definition.name, &definition.text, now)?;
    }
    Ok(())
}

macro_rules! definitions {
    ($($kind:ident: $($file:literal),+;)+) => {
        &[$($((Kind::$kind, include_str!(concat!("../../sample-data/definitions/", $file)))),+),+]
    };
}

const DEFINITIONS: &[(Kind, &str)] = definitions! {
    Experience: "experience/ten-percent-email.toml", "experience/bundle-email.toml", "experience/newsletter.toml",
        "experience/win-back.toml", "experience/hero-top-sellers.toml", "experience/hero-variety.toml",
        "experience/hero-bundle.toml";
    Survey: "survey/purchase.toml", "survey/delivery.toml", "survey/support.toml";
    ContactPolicy: "contact-policy/default.toml";
    Metric: "metric/orders.toml", "metric/revenue.toml", "metric/unsubscribes.toml";
    Experiment: "experiment/cart-recovery.toml";
    Journey: "journey/cart-recovery.toml", "journey/newsletter.toml", "journey/after-purchase.toml",
        "journey/after-support.toml", "journey/win-back.toml";
    Segment: "segment/vip.toml", "segment/lapsing-shoe-lovers.toml", "segment/cart-abandoners.toml",
        "segment/reachable.toml";
    World: "world/demo-shop.toml";
};

/// Every definition of the sample, version 1.
///
/// # Errors
/// If one of them has no name, which a test excludes.
pub fn definitions() -> Result<Vec<Definition>, Problem> {
    DEFINITIONS
        .iter()
        .map(|(kind, text)| {
            Ok(Definition { kind: *kind, name: name_of(text)?, version: 1, text: (*text).to_owned() })
        })
        .collect()
}

/// The name a definition's text gives itself.
///
/// # Errors
/// If the text is no TOML or has no name.
pub fn name_of(text: &str) -> Result<String, Problem> {
    #[derive(serde::Deserialize)]
    struct Named {
        name: String,
    }
    toml::from_str::<Named>(text)
        .map(|named| named.name)
        .map_err(|e| crate::model::problem::of_toml(&e, text))
}
