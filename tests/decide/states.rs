//! One person, three ways to see them: in the frame of everybody, straight from the rows, and as a run would begin with them.
//! Every decision is the same, down to what each gate saw.

use proptest::prelude::*;
use segue::decide::over_frame::FramePerson;
use segue::decide::{self, GateNote, Library, Losses, State};
use segue::model::consent::{ConsentRecord, ConsentState, Purpose, Suppression, SuppressionReason};
use segue::model::definition::{Definition, Kind};
use segue::model::fact::{EventKey, EventRow, FactChunk, IdentifyRow, Link, OnRepeat};
use segue::model::message::{Message, MessageState};
use segue::model::{Channel, Identity, Seed, Span, Time};
use segue::rule::{OpenCatalog, Point};
use segue::store::{BatchKind, BatchMeta, Begun, Elsewhere, MessageFact, Store};
use segue::traffic::compile;
use segue::traffic::profile::View;
use segue::work::frame::load;
use segue::work::observed::Observed;
use segue::work::one::One;

use crate::shop::{definition, experiment, mail, message, policy};

const START: Time = Time(1_774_569_600_000);
const LEARNED: Time = Time(1_790_000_000_000);
const PEOPLE: u64 = 4;

fn hours(n: i64) -> Time {
    START + Span::hours(n)
}

/// What is told of a person: who, when, and a number that says what.
type Told = (u64, i64, usize);

#[derive(Debug, Clone)]
struct Facts {
    events: Vec<Told>,
    traits: Vec<Told>,
    consents: Vec<Told>,
    stops: Vec<Told>,
    messages: Vec<Told>,
    ties: Vec<(u64, u64)>,
}

fn facts() -> impl Strategy<Value = Facts> {
    let told = |most: usize| proptest::collection::vec((0..PEOPLE, 0_i64..40 * 24, 0_usize..64), 0..most);
    let ties = proptest::collection::vec((0..PEOPLE, 0..PEOPLE), 0..2);
    (told(30), told(10), told(12), told(4), told(10), ties).prop_map(
        |(events, traits, consents, stops, messages, ties)| Facts {
            events,
            traits,
            consents,
            stops,
            messages,
            ties,
        },
    )
}

fn address(who: u64) -> Identity {
    Identity::new("email", &format!("p{who}@example.com"))
}

fn user(who: u64) -> Identity {
    Identity::new("user_id", &format!("u{who}"))
}

fn chunk(facts: &Facts) -> FactChunk {
    let mut chunk = FactChunk::default();
    let namespace = chunk.namespace("user_id");
    for (line, (who, at, what)) in facts.events.iter().enumerate() {
        let name = chunk.name(["Product Viewed", "Order Completed", "Cart Viewed"][what % 3]);
        let properties =
            chunk.push_str(&format!("{{\"category\":\"{}\",\"price\":{what}}}", ["shoes", "hats"][what % 2]));
        let value = chunk.push_str(&format!("u{who}"));
        chunk.events.push(EventRow {
            key: EventKey(line as u128 + 1),
            content: 0,
            on_repeat: OnRepeat::Merge,
            at: hours(*at),
            received: LEARNED,
            sequence: line as i64,
            name,
            channel: Channel::Web,
            identity: Some((namespace, value)),
            properties,
            items: 0..0,
            line: line as u64 + 2,
        });
    }
    for (line, (who, at, what)) in facts.traits.iter().enumerate() {
        let (country, tier) = (["DE", "US", "AU"][what % 3], ["gold", "silver"][what / 3 % 2]);
        let traits = chunk.push_str(&format!("{{\"country\":\"{country}\",\"tier\":\"{tier}\"}}"));
        let value = chunk.push_str(&format!("u{who}"));
        chunk.identifies.push(IdentifyRow {
            key: EventKey(1 << 100 | line as u128),
            content: 0,
            on_repeat: OnRepeat::Merge,
            at: if what % 5 == 0 { LEARNED } else { hours(*at) },
            received: LEARNED,
            identity: (namespace, value),
            traits,
            line: line as u64 + 2,
        });
    }
    let tied = (0..PEOPLE).map(|who| (user(who), address(who)));
    let merged = facts.ties.iter().map(|(a, b)| (user(*a), user(*b)));
    chunk.links = tied.chain(merged).map(|(a, b)| Link { a, b, at: START }).collect();
    chunk.consents = facts
        .consents
        .iter()
        .map(|(who, at, what)| ConsentRecord {
            identity: address(*who),
            channel: Channel::Email,
            purpose: [Purpose::Marketing, Purpose::Marketing, Purpose::Survey][what % 3],
            state: [
                ConsentState::Granted,
                ConsentState::Granted,
                ConsentState::Revoked,
                ConsentState::Pending,
            ][what / 3 % 4],
            at: hours(*at),
            expires: (what % 7 == 0).then(|| hours(at + 300)),
            basis: "opt-in".to_owned(),
        })
        .collect();
    chunk.suppressions = facts
        .stops
        .iter()
        .map(|(who, at, what)| Suppression {
            identity: if what % 4 == 0 { user(*who) } else { address(*who) },
            channel: Channel::Email,
            reason: SuppressionReason::ALL[what % 4],
            at: hours(*at),
        })
        .collect();
    chunk.rows = (chunk.events.len() + chunk.identifies.len()) as u64;
    chunk
}

fn sent(facts: &Facts) -> Vec<MessageFact> {
    let one = |(who, at, what): &Told| MessageFact {
        identity: address(*who),
        message: Message {
            at: hours(*at),
            channel: Channel::Email,
            purpose: Purpose::Marketing,
            experience: ["offer", "gone"][what % 2].to_owned(),
            journey: None,
            categories: if what % 3 == 0 { vec!["offer".to_owned()] } else { Vec::new() },
            state: [MessageState::Sent, MessageState::Delivered, MessageState::Clicked][what % 3],
            held: None,
            updated: hours(*at),
        },
        definition: None,
    };
    facts.messages.iter().map(one).collect()
}

fn workspace(folder: &std::path::Path, facts: &Facts) -> Store {
    let mut store = Store::create(&folder.join("shop.db")).unwrap();
    let meta = BatchMeta {
        kind: BatchKind::Import,
        file: "facts".to_owned(),
        sha256: None,
        mapping: None,
        source: None,
    };
    let Begun::New(mut writer) = store.begin(&meta, LEARNED).unwrap() else { panic!("imported before") };
    writer.write(&chunk(facts), LEARNED).unwrap();
    writer.messages(&sent(facts), LEARNED).unwrap();
    writer.finish(Elsewhere::default(), LEARNED).unwrap();
    store
}

fn definitions() -> Vec<Definition> {
    let hero =
        |name: &str, more: &str| message(name, "web", "onsite", &format!("placements = [\"home\"]\n{more}"));
    vec![
        mail("offer", &["offer"]),
        message(
            "vip",
            "email",
            "marketing",
            "only_if = 'tier = \"gold\" and did(\"Product Viewed\") >= 1 within 10d'",
        ),
        message("again", "email", "marketing", "only_if = 'in segment \"Buyers\" and not suppressed(email)'"),
        message("receipt", "email", "service", ""),
        message("ask", "email", "survey", ""),
        message("text", "sms", "marketing", ""),
        hero("a", "priority = 3\nexperiment = \"look\"\nvariant = \"A\"\nonly_if = 'country = \"DE\"'"),
        hero("b", "priority = 3\nexperiment = \"look\"\nvariant = \"B\"\nonly_if = 'country != \"DE\"'"),
        hero("c", "priority = 2\nonly_if = 'lifecycle = \"customer\" or lifecycle = \"loyal\"'"),
        hero("d", ""),
        definition(
            Kind::Segment,
            "name = \"Buyers\"\nrule = 'sum(\"Order Completed\".price) > 20 or tier = \"silver\"'",
        ),
        experiment(
            "name = \"look\"\ntargeting = { rule = 'did(\"Product Viewed\")' }\n[[variants]]\nname = \"A\"\n[[variants]]\nname = \"B\"",
        ),
        policy(
            "[[cap]]\nlimit = 2\nwindow = \"7d\"\non_cap = \"hold\"\n[[cap]]\ncategories = [\"offer\"]\nlimit = 1\nwindow = \"2d\"\n\
             kind = \"calendar\"\nonly_if = 'country = \"DE\"'\n[[quiet]]\nfrom = \"21:00\"\nto = \"08:00\"\n\
             [[consent]]\nchannels = [\"email\"]\nregions = [\"US\"]\ndefault = \"opt-out\"\n[pressure]\nbudget = 1.5\nenforce = true\n",
        ),
    ]
}

/// Every message and the placement, with what each gate saw.
fn decided<S: State>(library: &Library, state: &S, point: Point) -> Vec<String> {
    let mut told = Vec::new();
    // With nobody watching, less is looked up: the answers are the same.
    for content in 0..library.contents.len() as u32 {
        let mut notes = Vec::<GateNote>::new();
        let verdict = decide::message(library, content, None, state, point, &mut notes);
        assert_eq!(decide::message(library, content, None, state, point, &mut ()), verdict);
        told.push(format!("{verdict:?} {notes:?}"));
    }
    let mut notes = Vec::<GateNote>::new();
    let decision = decide::placement(library, "home", state, point, &mut notes);
    assert_eq!(decide::placement(library, "home", state, point, &mut ()), decision);
    assert_eq!(decide::placement(library, "home", state, point, &mut Losses::default()), decision);
    told.push(format!("{decision:?} {notes:?}"));
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_person_is_decided_for_alike_wherever_they_are_read_from(
        facts in facts(),
        as_of in proptest::option::of(0_i64..45 * 24),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = workspace(folder.path(), &facts);
        let as_of = as_of.map(hours);
        let mut library = compile(&definitions(), &OpenCatalog, Seed(0)).unwrap().library;
        let picture = load(&store, as_of, 1).unwrap();
        let frame = picture.frame();
        let mut observed = Observed::of(frame).with_ledger(&store, frame, as_of).unwrap();
        observed.recall(&mut library);
        for profile in &observed.people {
            let view = View { profile, words: &observed.words };
            let simulated = decided(&library, &view, picture.point);
            let who = &profile.identities[0];
            let person = frame.people().find(who).unwrap();
            let framed = FramePerson::new(frame, person, profile.sends.clone());
            prop_assert_eq!(&decided(&library, &framed, picture.point), &simulated, "{}", who);
            for who in &profile.identities {
                let one = One::load(&store, who, as_of, &mut library).unwrap().unwrap();
                prop_assert_eq!(one.point, picture.point);
                prop_assert_eq!(&decided(&library, &one.state(), one.point), &simulated, "{} from rows", who);
            }
        }
        let nobody = Identity::new("email", "nobody@example.com");
        prop_assert!(One::load(&store, &nobody, as_of, &mut library).unwrap().is_none());
    }
}
