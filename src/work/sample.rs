//! The embedded sample: a small home-and-fashion shop, its definitions and its exports.

use crate::model::Problem;
use crate::model::definition::{Definition, Kind};

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
