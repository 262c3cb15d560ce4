//! Whatever is shown of everybody says the same of a recorded workspace, which is asked of its frame, as of the same people
//! held in memory with all that happened to them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use segue::decide::Context;
use segue::model::consent::{ConsentRecord, ConsentState, Purpose, Suppression, SuppressionReason};
use segue::model::definition::{Definition, Kind};
use segue::model::fact::{EventKey, EventRow, FactChunk, IdentifyRow, Link, OnRepeat};
use segue::model::message::{HeldReason, Message, MessageState};
use segue::model::{Channel, Identity, ProfileId, Seed, Span, Time};
use segue::panel::audience::NamedPlan;
use segue::panel::contact::forecast::Basis;
use segue::panel::contact::why::{self, Question, Subject};
use segue::panel::contact::{Comparison, FatigueInFull, Forecast, GateLosses, Grid, Scene};
use segue::panel::crowd::{AtHand, Crowd};
use segue::panel::csat::Moments;
use segue::panel::fatigue::Counting;
use segue::panel::segments::SegmentKind;
use segue::panel::{Csat, Fatigue, Origin, Whereabouts};
use segue::rule::{OpenCatalog, Plan, compile};
use segue::store::{BatchKind, BatchMeta, Begun, Elsewhere, MessageFact, Store};
use segue::survey::benchmark::Benchmarks;
use segue::traffic::{Profile, Recorded, Setup, Stillness, Traffic, compile_what_holds};
use segue::work::console::quiet::Quiet;
use segue::work::contact::{Ahead, comparison, pages};
use segue::work::observed::Observed;
use segue::work::port::ContactPage;
use segue::work::{Cancel, frame, sample};

const NOW: Time = Time(1_790_000_000_000);
const START: Time = Time(1_780_000_000_000);
const PEOPLE: u32 = 11;

/// What somebody does: who, when, what, and which of several ways.
type Act = (u32, i64, usize, usize);

fn user(who: u32) -> Identity {
    Identity::new("user_id", &format!("u{who}"))
}

fn email(who: u32) -> Identity {
    Identity::new("email", &format!("p{who}@Example.com"))
}

/// The name and properties of an event.
fn event(what: usize, way: usize) -> (&'static str, String) {
    let named = ["spring", "newsletter", "win back", "bundle"][way % 4];
    let campaign = format!(r#"{{"campaign_name":"{named}"}}"#);
    let money = [
        r#"{"total":12.5,"currency":"EUR"}"#,
        r#"{"revenue":40}"#,
        r#"{"coupon":"X"}"#,
        r#"{"total":"much","value":3,"currency":"USD","product_id":"shoe-1"}"#,
    ];
    let score = [1, 4, 5, 5, 3][way % 5];
    let survey = ["purchase CSAT", "delivery CSAT", "nobody knows it"][way % 3];
    match what {
        0 => ("Order Completed", money[way % 4].to_owned()),
        1 => {
            ("Product Viewed", format!(r#"{{"category":"shoes","product_id":"p-{way}","path":"/a/{way}"}}"#))
        }
        2 => ("Product Added", format!(r#"{{"category":"bags","value":{way}}}"#)),
        3 => ("Email Sent", campaign),
        4 | 5 => ("Email Delivered", campaign),
        6 => ("Email Opened", campaign),
        7 => ("Email Link Clicked", campaign),
        8 => ("Unsubscribed", if way.is_multiple_of(2) { "{}".to_owned() } else { campaign }),
        9 => ("Survey Answered", format!(r#"{{"survey":"{survey}","score":{score}}}"#)),
        10 => ("Survey Delivered", format!(r#"{{"survey":"{survey}"}}"#)),
        _ => ("Push Notification Received", campaign),
    }
}

fn traits(who: u32) -> String {
    let country = ["DE", "AT", "US"][who as usize % 3];
    let first = if who.is_multiple_of(4) { "Żeli" } else { "Anne" };
    let more = match who % 3 {
        0 => r#","vip":true,"score":12.5"#,
        1 => r#","tags":["Red","blue sky"],"last_name":"O'Neill""#,
        _ => "",
    };
    format!(r#"{{"country":"{country}","first_name":"{first}"{more}}}"#)
}

fn facts(acts: &[Act], said: &[Act]) -> FactChunk {
    let mut chunk = FactChunk::default();
    let namespace = chunk.namespace("user_id");
    for who in 0..PEOPLE {
        let value = chunk.push_str(&user(who).value);
        let traits = chunk.push_str(&traits(who));
        chunk.identifies.push(IdentifyRow {
            key: EventKey(1 << 100 | u128::from(who)),
            content: 0,
            on_repeat: OnRepeat::Merge,
            at: START,
            received: START,
            identity: (namespace, value),
            traits,
            line: 1,
        });
        if who % 4 != 3 {
            chunk.links.push(Link { a: user(who), b: email(who), at: START });
        }
        if who % 5 == 1 {
            let device = Identity::new("device_id", &format!("d{who}"));
            chunk.links.push(Link { a: user(who), b: device, at: START });
        }
    }
    for (index, (who, at, what, way)) in acts.iter().enumerate() {
        let (name, properties) = event(*what, *way);
        let at = START + Span(*at);
        let row = EventRow {
            key: EventKey(index as u128 + 1),
            content: index as u64,
            on_repeat: OnRepeat::Merge,
            at,
            received: at,
            sequence: 0,
            name: chunk.name(name),
            channel: [Channel::Web, Channel::Unknown, Channel::App, Channel::Push][way % 4],
            identity: Some((namespace, chunk.push_str(&user(*who).value))),
            properties: chunk.push_str(&properties),
            items: chunk.push_str(if *what == 0 { r#"[{"product_id":"s","price":2.5}]"# } else { "" }),
            line: index as u64 + 2,
        };
        chunk.events.push(row);
    }
    for (who, at, what, way) in said {
        let at = START + Span(*at);
        let states =
            [ConsentState::Granted, ConsentState::Granted, ConsentState::Denied, ConsentState::Pending];
        chunk.consents.push(ConsentRecord {
            identity: email(*who),
            channel: Channel::Email,
            purpose: [Purpose::Marketing, Purpose::Survey][what % 2],
            state: states[way % 4],
            at,
            expires: None,
            basis: String::new(),
        });
        if *what == 7 {
            let reason = [SuppressionReason::Bounced, SuppressionReason::Unsubscribed][way % 2];
            chunk.suppressions.push(Suppression {
                identity: email(*who),
                channel: Channel::Email,
                reason,
                at,
            });
        }
    }
    chunk
}

fn messages(told: &[Act]) -> Vec<MessageFact> {
    let line = |(who, at, what, way): &Act| {
        let at = START + Span(*at);
        let held = (*what == 3).then_some([HeldReason::Cap, HeldReason::QuietHours][way % 2]);
        let reached = MessageState::ALL[what % MessageState::ALL.len()];
        MessageFact {
            identity: user(*who),
            message: Message {
                at,
                channel: [Channel::Email, Channel::Push, Channel::Survey][way % 3],
                purpose: [Purpose::Marketing, Purpose::Service][what % 2],
                experience: ["newsletter", "gone", "win back"][way % 3].to_owned(),
                journey: (*what > 6).then(|| ["newsletter", "forgotten"][way % 2].to_owned()),
                categories: vec!["offer".to_owned(); way % 2],
                state: if held.is_some() { MessageState::Held } else { reached },
                held,
                updated: at + Span::hours(3),
            },
            definition: None,
        }
    };
    told.iter().map(line).collect()
}

fn workspace(folder: &Path, definitions: &[Definition], chunk: &FactChunk, told: &[MessageFact]) -> Store {
    let mut store = Store::create(&folder.join("shop.db")).unwrap();
    let file = "all".to_owned();
    let meta = BatchMeta { kind: BatchKind::Import, file, sha256: None, mapping: None, source: None };
    let Begun::New(mut writer) = store.begin(&meta, NOW).unwrap() else { panic!("imported before") };
    writer.write(chunk, NOW).unwrap();
    writer.messages(told, NOW).unwrap();
    writer.finish(Elsewhere::default(), NOW).unwrap();
    for known in definitions {
        store.define(known.kind, &known.name, &known.text, NOW).unwrap();
    }
    store
}

/// The sample's definitions, and what only some of them lack: a second policy, a message under a rule about the past.
fn definitions() -> Vec<Definition> {
    let mut definitions = sample::definitions().unwrap();
    definitions.retain(|known| known.kind != Kind::World);
    let looser = "name = \"looser\"\n[[cap]]\nchannels = [\"email\"]\nlimit = 1\nwindow = \"2d\"\nonly_if = 'did(\"Order Completed\")'\n";
    definitions.push(Definition {
        kind: Kind::ContactPolicy,
        name: "looser".to_owned(),
        version: 1,
        text: looser.to_owned(),
    });
    definitions
}

/// Everybody of a workspace in memory, as of just after the newest event.
struct Held {
    setup: Setup,
    people: Vec<Profile>,
    recorded: Recorded,
    now: Time,
}

impl Held {
    fn of(store: &Store, definitions: &[Definition]) -> Self {
        let picture = frame::load(store, None, 1).unwrap();
        let mut observed = Observed::of(picture.frame()).with_ledger(store, picture.frame(), None).unwrap();
        let (mut setup, _) = compile_what_holds(definitions, &OpenCatalog, Seed(0));
        let recorded = observed.recall(&mut setup.library);
        setup.words = observed.words;
        let now = Time(observed.newest.map_or(0, |newest| newest.0 + 1));
        Self { setup, people: observed.people, recorded, now }
    }

    fn crowd(&self) -> Crowd<'_> {
        Crowd::AtHand(AtHand::of(Box::new(|| self.people.iter().collect()), &self.setup, self.now, None))
    }

    fn scene(&self) -> Scene<'_> {
        let (setup, now, origin) = (&self.setup, self.now, Origin::Observed);
        Scene { crowd: self.crowd(), setup, now, origin, recorded: Some(&self.recorded) }
    }

    fn live(&self) -> (Fatigue, Csat, Whereabouts) {
        let library = &self.setup.library;
        let (mut counting, mut moments) =
            (Counting::recorded(&library.policy, self.now), Moments::of(library));
        for (row, profile) in (0..).zip(&self.people) {
            let addresses = ["email", "phone", "device_id"];
            if profile.identities.iter().any(|known| addresses.contains(&known.namespace.as_str())) {
                counting.reach(&profile.messages);
            }
            moments.see(row, profile.messages.iter(), &profile.answers, library);
        }
        let benchmarks = Benchmarks::shipped().unwrap();
        let csat =
            Csat::recorded(&moments, library, &benchmarks, "internet retail", self.now, &self.recorded);
        let whereabouts = Whereabouts::of(self.people.iter(), &self.setup.stages, &[], &[]);
        (Fatigue::recorded(counting, &self.recorded), csat, whereabouts)
    }

    fn forecast(&self, days: u32) -> Forecast {
        let mut traffic = Traffic::new(self.setup.clone(), Stillness, self.people.clone(), self.now);
        traffic.advance(self.now + Span::days(i64::from(days)), 2, false);
        Forecast::of(traffic.profiles(), traffic.setup(), self.now, days, Basis::Planned)
    }
}

fn named<'a>(name: &'a str, plan: &'a Plan) -> NamedPlan<'a> {
    NamedPlan {
        name,
        version: 1,
        kind: SegmentKind::Rule,
        text: "",
        definition: "",
        segment: None,
        plan: Some(plan),
        problem: None,
        members: None,
    }
}

fn lists_and_cards_are_equal(held: &Held, quiet: &Quiet) {
    let (held, quiet) = (held.crowd(), quiet.crowd());
    assert_eq!(held.count(), quiet.count());
    for filter in
        ["", "DE", "anne", "u1", "example", " p1@ ", "12", "p0", "lapsed", "true", "Anne O", "sky", "żel"]
    {
        assert_eq!(held.people(filter), quiet.people(filter), "{filter:?}");
    }
    let rules =
        ["did(\"Order Completed\") and country = \"DE\"", "lifecycle = \"customer\"", "country = \"AT\""];
    let plans = rules.map(|rule| compile(rule, &OpenCatalog).unwrap());
    let segments: Vec<NamedPlan<'_>> =
        rules.iter().zip(&plans).map(|(rule, plan)| named(rule, plan)).collect();
    for id in 0..60 {
        let id = ProfileId(id);
        assert_eq!(held.card(id, &segments), quiet.card(id, &segments), "{id}");
    }
}

fn contact_pages_are_equal(held: &Held, quiet: &Quiet, definitions: &[Definition]) {
    let (held, quiet) = (held.scene(), quiet.scene());
    let page = [FatigueInFull::of(&held), FatigueInFull::of(&quiet)];
    assert_eq!(page[0], page[1]);
    let policies: [Comparison; 2] = [&held, &quiet].map(|scene| comparison(scene, definitions).unwrap());
    assert_eq!(policies[0], policies[1]);
    let (grids, losses) = ([&held, &quiet].map(Grid::of), [&held, &quiet].map(GateLosses::of));
    assert_eq!((&grids[0], &losses[0]), (&grids[1], &losses[1]));
    // All at once is the same as one after the other.
    let [fatigue, compared, grid, gates] = pages(&quiet, definitions, &mut || false).unwrap();
    let [alone, _] = page;
    assert_eq!(fatigue, ContactPage::Fatigue(Arc::new(alone)));
    assert_eq!(compared, ContactPage::Policies(Ok(Arc::new(policies[0].clone()))));
    assert_eq!(grid, ContactPage::Grid(Arc::new(grids[0].clone())));
    assert_eq!(gates, ContactPage::Gates(Arc::new(losses[0].clone())));
    assert!(pages(&quiet, definitions, &mut || true).is_none(), "nobody waits any more");
}

fn whys_are_equal(held: &Held, quiet: &Quiet, acts: &[Act]) {
    let (scenes, context) = ([held.scene(), quiet.scene()], Context::default());
    let subjects = [
        Subject::Everything,
        Subject::Message("newsletter".to_owned()),
        Subject::Placement("home.hero".to_owned()),
    ];
    let moments = [None, acts.first().map(|act| START + Span(act.1))];
    for (profile, at) in held.people.iter().take(4).flat_map(|known| moments.map(|at| (known.id, at))) {
        for subject in subjects.clone() {
            let question = Question { profile, subject, at };
            let [held, quiet] = [&scenes[0], &scenes[1]].map(|scene| why::ask(scene, &question, &context));
            assert!(held.is_some());
            assert_eq!(held, quiet, "{question:?}");
        }
    }
}

fn acts(most: usize) -> impl Strategy<Value = Vec<Act>> {
    let month = Span::days(40).0;
    proptest::collection::vec((0..PEOPLE, 0..month, 0..12_usize, 0..12_usize), 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("SEGUE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24),
        ..ProptestConfig::default()
    })]

    #[test]
    fn panels_over_the_frame_are_panels_over_profiles(
        acts in acts(160), said in acts(20), told in acts(30), with_ledger in any::<bool>(),
    ) {
        let (folder, definitions) = (tempfile::tempdir().unwrap(), definitions());
        let told = if with_ledger { messages(&told) } else { Vec::new() };
        let store = workspace(folder.path(), &definitions, &facts(&acts, &said), &told);
        let (held, quiet) = (Held::of(&store, &definitions), Quiet::load(&store, &definitions, None).unwrap());
        prop_assert_eq!((held.now, &held.recorded), (quiet.now, &quiet.recorded));
        let live = quiet.live("shop");
        prop_assert_eq!(held.live(), (live.fatigue, live.csat, live.whereabouts));
        prop_assert_eq!(live.stamp.people, held.people.len() as u64);
        lists_and_cards_are_equal(&held, &quiet);
        contact_pages_are_equal(&held, &quiet, &definitions);
        whys_are_equal(&held, &quiet, &acts);
        let ahead = Ahead::Journeys { quiet: Arc::new(quiet), together: 3 };
        prop_assert_eq!(ahead.forecast(14, 2, &Cancel::default()), Some(held.forecast(14)));
    }
}

#[test]
fn reading_ends_when_nobody_waits_for_it() {
    let (folder, definitions) = (tempfile::tempdir().unwrap(), definitions());
    let store = workspace(folder.path(), &definitions, &facts(&[(1, 5, 0, 0)], &[]), &[]);
    let (picture, cancel) = (frame::load(&store, None, 1).unwrap(), Cancel::default());
    cancel.cancel();
    assert!(Quiet::over(&store, picture, &definitions, None, &cancel).unwrap().is_none());
    let quiet = Arc::new(Quiet::of_store(&store, None).unwrap());
    assert!(Ahead::Journeys { quiet, together: 3 }.forecast(14, 2, &cancel).is_none());
}
