//! People made up for a world. Their traits, consent and past orders are draws by person.

use std::sync::Arc;

use rand::RngExt;

use super::world::World;
use crate::contact::zone;
use crate::model::consent::{ConsentRecord, ConsentState, Purpose};
use crate::model::event::names;
use crate::model::{Channel, Decimal, Draw, Identity, ProfileId, Seed, Span, Value};
use crate::traffic::{Happening, Profile, Property, Vocabulary};

/// Makes `count` people whose public ids and units begin after those already there.
pub fn make(world: &World, seed: Seed, words: &mut Vocabulary, after: i64, count: u32) -> Vec<Profile> {
    let who = Draw::of("who");
    let ordered = words.code(names::ORDER_COMPLETED);
    let (total, category) = (words.code("total"), words.code("category"));
    let categories: Vec<u32> = world.products.iter().map(|p| words.code(&p.category)).collect();
    (0..count)
        .map(|index| {
            let id = ProfileId(after + 1 + i64::from(index));
            let unit = id.0 as u64;
            let mut draw = seed.stream(unit, who, 0);
            let first = pick(&world.population.first_names, draw.random());
            let last = pick(&world.population.last_names, draw.random());
            let country = by_share(&world.population.countries, draw.random());
            let address = format!("{}.{}.{unit}@example.com", ascii(first), ascii(last));
            let identities =
                vec![Identity::new("user_id", &format!("u{unit}")), Identity::new("email", &address)];
            let mut profile = Profile::new(unit, id, identities);
            profile.zone = zone::of(None, Some(country));
            profile.traits = vec![
                (Arc::from("first_name"), Value::from(first)),
                (Arc::from("last_name"), Value::from(last)),
                (Arc::from("country"), Value::from(country)),
                (
                    Arc::from("device"),
                    Value::from(if draw.random::<f64>() < 0.6 { "mobile" } else { "desktop" }),
                ),
            ];
            consent(&mut profile, world, draw.random(), draw.random());
            if draw.random::<f64>() < world.population.customers {
                let orders = 1 + (-(1.0 - draw.random::<f64>()).ln() * 1.4) as usize;
                for _ in 0..orders {
                    let age = Span((draw.random::<f64>() * 300.0 * Span::DAY.0 as f64) as i64);
                    let value = Decimal::from_f64((30.0 + 90.0 * draw.random::<f64>()).round());
                    let which = (draw.random::<f64>() * categories.len() as f64) as usize;
                    profile.history.push(Happening {
                        at: world.start.back(age).back(Span(1)),
                        name: ordered,
                        channel: Channel::Web,
                        properties: [
                            (total, Property::Number(value.unwrap_or_default())),
                            (category, Property::Word(categories.get(which).copied().unwrap_or_default())),
                        ]
                        .into(),
                        items: Box::default(),
                        observed: false,
                    });
                }
                profile.history.sort_by_key(|happening| happening.at);
            }
            profile
        })
        .collect()
}

fn consent(profile: &mut Profile, world: &World, email: f64, survey: f64) {
    let Some(address) = profile.identities.get(1).cloned() else { return };
    let at = world.start.back(Span::days(30));
    let record = |purpose, granted| ConsentRecord {
        identity: address.clone(),
        channel: Channel::Email,
        purpose,
        state: if granted { ConsentState::Granted } else { ConsentState::Denied },
        at,
        expires: None,
        basis: "sign-up form".to_owned(),
    };
    profile.consents = vec![
        record(Purpose::Marketing, email < world.population.email_consent),
        record(Purpose::Survey, survey < world.population.survey_consent),
    ];
}

fn pick(list: &[String], x: f64) -> &str {
    list.get((x * list.len() as f64) as usize).map_or("", String::as_str)
}

fn by_share(shares: &std::collections::BTreeMap<String, f64>, x: f64) -> &str {
    let total: f64 = shares.values().sum();
    let mut sum = 0.0;
    for (name, share) in shares {
        sum += share / total;
        if x < sum {
            return name;
        }
    }
    shares.keys().next_back().map_or("", String::as_str)
}

fn ascii(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter_map(|c| match c {
            'ä' => Some('a'),
            'ö' => Some('o'),
            'ü' => Some('u'),
            'é' | 'è' => Some('e'),
            c if c.is_ascii_alphanumeric() => Some(c),
            _ => None,
        })
        .collect()
}
