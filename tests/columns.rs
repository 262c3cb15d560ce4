//! Column chunks beside the workspace: whatever they hold, a frame is what the rows say.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use segue::frame::part::{Kinds, PartBuilder};
use segue::frame::{Answer, EventFact, Frame, FrameCatalog, evaluate};
use segue::model::fact::{EventKey, EventRow, FactChunk, IdentifyRow, OnRepeat};
use segue::model::{BatchId, Channel, Time};
use segue::rule::{Point, compile};
use segue::store::{BatchKind, BatchMeta, Begun, Elsewhere, Store};
use segue::work::doctor::check;
use segue::work::frame::load_frame;

const NOW: Time = Time(1_790_000_000_000);
const START: i64 = 1_780_000_000_000;
/// The first id of the second stretch.
const SECOND: u64 = 1 << 19;

const RULES: [&str; 6] = [
    "did(\"Viewed\" where category = \"shoes\") >= 3",
    "sum(\"Viewed\".price) >= 2000",
    "did(\"Viewed\") within 1d",
    "did \"Viewed\" then \"Bought\" within 1d",
    "country = \"DE\" and not did(\"Bought\")",
    "last(\"Bought\".note) contains \"7\"",
];

/// Events of these keys; what is said last of a property decides nothing about its type.
fn events(keys: std::ops::Range<u64>, on_repeat: OnRepeat, price: &str) -> FactChunk {
    let mut chunk = FactChunk { rows: keys.end - keys.start, ..FactChunk::default() };
    let names = [chunk.name("Viewed"), chunk.name("Bought")];
    let namespace = chunk.namespace("user_id");
    for key in keys {
        let category = ["shoes", "bags", "hats"][(key / 3) as usize % 3];
        let text = format!("{{\"category\":\"{category}\",\"price\":{price},\"note\":\"n{key}\"}}");
        let properties = chunk.push_str(&text);
        let who = chunk.push_str(&format!("u{}", key.wrapping_mul(7_919) % 20_000));
        chunk.events.push(EventRow {
            key: EventKey(u128::from(key) + 1),
            content: key ^ price.len() as u64,
            on_repeat,
            at: Time(START + key as i64 * 1_000),
            received: NOW,
            sequence: key as i64,
            name: names[usize::from(key % 5 == 0)],
            channel: Channel::Web,
            identity: (key % 1_000 != 0).then_some((namespace, who)),
            properties,
            items: 0..0,
            line: key + 2,
        });
    }
    chunk
}

fn people() -> FactChunk {
    let mut chunk = FactChunk { rows: 20_000, ..FactChunk::default() };
    let namespace = chunk.namespace("user_id");
    for n in 0..20_000 {
        let value = chunk.push_str(&format!("u{n}"));
        let country = ["DE", "AT", "FR"][n % 3];
        let traits = chunk.push_str(&format!("{{\"country\":\"{country}\",\"email\":\"u{n}@example.org\"}}"));
        chunk.identifies.push(IdentifyRow {
            key: EventKey(1 << 100 | n as u128),
            content: 0,
            on_repeat: OnRepeat::Merge,
            at: NOW,
            received: NOW,
            identity: (namespace, value),
            traits,
            line: n as u64 + 2,
        });
    }
    chunk
}

fn import(store: &mut Store, file: &str, chunk: &FactChunk) -> BatchId {
    let meta = BatchMeta {
        kind: BatchKind::Import,
        file: file.to_owned(),
        sha256: None,
        mapping: None,
        source: None,
    };
    let Begun::New(mut writer) = store.begin(&meta, NOW).unwrap() else { panic!("imported before") };
    writer.write(chunk, NOW).unwrap();
    writer.finish(Elsewhere::default(), NOW).unwrap().id
}

fn answers(frame: &Frame) -> Vec<Answer> {
    let catalog = FrameCatalog::new(frame);
    let ask = |rule: &&str| evaluate(frame, &compile(rule, &catalog).unwrap(), frame.now(), 2);
    RULES.iter().map(ask).collect()
}

/// The frame from whatever chunks there are, from the chunks just kept, and from rows alone: all the same.
fn same_three_ways(store: &Store, as_of: Option<Time>) -> Frame {
    let first = load_frame(store, as_of).unwrap();
    let again = load_frame(store, as_of).unwrap();
    let checked = check(store).unwrap();
    assert!(checked.ok, "{}", checked.finding);
    store.forget_chunks().unwrap();
    let rows = load_frame(store, as_of).unwrap();
    for other in [&again, &rows] {
        assert_eq!(first.counts(), other.counts());
        assert_eq!(first.misfits(), other.misfits());
        assert_eq!(first.people().len(), other.people().len());
        assert!(answers(&first) == answers(other));
    }
    rows
}

fn kept(store: &Store) -> usize {
    store.chunks().len()
}

#[test]
fn a_frame_is_what_the_rows_say_whatever_the_chunks_hold() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    import(&mut store, "people.csv", &people());
    import(&mut store, "early.csv", &events(0..SECOND, OnRepeat::Supersede, "2.5"));
    let one = same_three_ways(&store, None);
    assert_eq!((one.counts().events + one.counts().nobody, kept(&store)), (SECOND, 5));

    // The second stretch alone says texts where the first says numbers: they count as misfits, with chunks or without.
    let late = import(&mut store, "late.csv", &events(SECOND..SECOND + 30_000, OnRepeat::Merge, "\"dear\""));
    let two = same_three_ways(&store, None);
    assert_eq!(two.counts().newest, Some(Time(START + (SECOND as i64 + 29_999) * 1_000)));
    assert_eq!(two.misfits().iter().map(|misfit| misfit.values).max(), Some(24_000));

    // Newer versions of old rows, then both taken back.
    let newer = import(&mut store, "newer.csv", &events(100..5_000, OnRepeat::Supersede, "3000"));
    let three = same_three_ways(&store, None);
    assert_eq!(three.counts().events, two.counts().events);
    assert!(answers(&two) != answers(&three));
    store.revert(newer, NOW).unwrap();
    assert!(answers(&same_three_ways(&store, None)) == answers(&two));
    store.revert(late, NOW).unwrap();
    assert!(kept(&store) < 6, "of what is taken back nothing stays");
    assert!(answers(&same_three_ways(&store, None)) == answers(&one));

    // Seen from the past: what comes later is not there, and who lives where is known all the same.
    let past = same_three_ways(&store, Some(Time(START + 200_000_500)));
    assert_eq!(past.counts().events + past.counts().nobody, 200_001);
    let point = Point::before(Time(START + 200_000_500));
    let plan = compile("country = \"DE\"", &FrameCatalog::new(&past)).unwrap();
    assert!(evaluate(&past, &plan, point, 1).whole.count() > 6_000);
}

#[test]
fn chunks_are_used_and_the_doctor_finds_false_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    import(&mut store, "early.csv", &events(0..120_000, OnRepeat::Merge, "2.5"));
    let right = load_frame(&store, None).unwrap().counts();
    assert_eq!(kept(&store), 3);
    let mut part = PartBuilder::new(&Kinds::default());
    part.event(&EventFact {
        name: "Viewed",
        at: Time(START),
        sequence: 0,
        channel: Channel::Web,
        identity: Some(1),
        properties: "",
        items: "",
    });
    let chunks = store.chunks();
    let signature = chunks.signature("events 0").unwrap();
    let people = ("people".to_owned(), chunks.signature("people").unwrap(), None);
    let bytes = part.finish().unwrap().encode();
    let columns = ("events 0 columns".to_owned(), signature, Some(bytes.columns));
    chunks.replace([("events 0".to_owned(), signature, Some(bytes.head)), columns, people]).unwrap();
    assert_eq!(load_frame(&store, None).unwrap().counts().events, 1, "the chunk is what is read");
    let found = check(&store).unwrap();
    assert!(!found.ok, "{}", found.finding);
    assert_eq!(load_frame(&store, None).unwrap().counts(), right);
    assert!(check(&store).unwrap().ok);
}

#[test]
fn a_property_becomes_a_column_when_it_is_first_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    import(&mut store, "early.csv", &events(0..120_000, OnRepeat::Merge, "2.5"));
    let frame = load_frame(&store, None).unwrap();
    let ask = |rule: &str| {
        let plan = compile(rule, &FrameCatalog::new(&frame)).unwrap();
        evaluate(&frame, &plan, frame.now(), 2).whole.count()
    };
    let bare = frame.memory().events;
    ask("did(\"Viewed\") >= 2");
    assert_eq!(frame.memory().events, bare, "no property was named");
    let shoes = ask(RULES[0]);
    let one = frame.memory().events;
    assert!(one > bare, "the category was named");
    ask(RULES[5]);
    let two = frame.memory().events;
    assert!(two > one, "the note was named: {two}");

    // The columns spoiled behind an open frame are made again from the rows; nothing is answered from spoiled ones.
    let fresh = load_frame(&store, None).unwrap();
    let kept = folder.path().join("shop.db-columns");
    let mut bytes = std::fs::read(&kept).unwrap();
    bytes.iter_mut().for_each(|byte| *byte ^= 0x55);
    std::fs::write(&kept, &bytes).unwrap();
    let plan = compile(RULES[0], &FrameCatalog::new(&fresh)).unwrap();
    assert_eq!(evaluate(&fresh, &plan, fresh.now(), 2).whole.count(), shoes);
}

#[test]
fn a_small_workspace_keeps_no_chunks() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    import(&mut store, "people.csv", &people());
    import(&mut store, "early.csv", &events(0..5_000, OnRepeat::Merge, "2.5"));
    same_three_ways(&store, None);
    assert_eq!(kept(&store), 0);
}
