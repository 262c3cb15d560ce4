//! The eight reference segments: the rules of `golden/segments` against the SQL beside them, over the same rows. The
//! rows are the generator's two files, imported with no mapping: 100,000 people and 1,000,000 events, whose answers five
//! other engines agree on. `SEGUE_SCALE=small` takes a tenth of both and compares with the SQL alone.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;

use rusqlite::Connection;
use segue::frame::{Frame, FrameCatalog, evaluate};
use segue::model::{Person, Time};
use segue::rule::{Point, compile, render};
use segue::store::Store;
use segue::work::frame::load_frame;

#[path = "common/generator.rs"]
mod generator;

const SEED: u64 = 20_260_630;
/// 2026-06-30T00:00:00Z, just before which every segment is asked.
const NOW: Time = Time(1_782_777_600_000);

macro_rules! segment {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("golden/segments/", $name, ".rule")),
            include_str!(concat!("golden/segments/", $name, ".sql")),
        )
    };
}

const SEGMENTS: [(&str, &str, &str); 8] = [
    segment!("s1"),
    segment!("s2"),
    segment!("s3"),
    segment!("s4"),
    segment!("s5"),
    segment!("s6"),
    segment!("s7"),
    segment!("s8"),
];

/// At 100,000 people and 1,000,000 events: how many, and the hash of their ids.
const REFERENCE: [(usize, u64); 8] = [
    (9_217, 0x4c1e_852b_c26c_2fd8),
    (1_991, 0xb607_5da0_14ba_6c62),
    (1_162, 0x3bac_b52f_b632_9cb7),
    (30, 0x4788_334d_9c4d_3997),
    (761, 0xb3f3_8b8d_ce31_8e18),
    (7_272, 0x44bf_eeec_2015_bd59),
    (4_790, 0xda53_4ec7_a057_8839),
    (1_119, 0xf021_594f_5da7_4b0a),
];

fn import(workspace: &Path, file: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_segue"))
        .args(["import", file.to_str().unwrap(), "-w", workspace.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The rows as the benchmark's peers hold them.
fn rows(folder: &Path) -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database
        .execute_batch(
            "CREATE TABLE profiles (profile_id INTEGER PRIMARY KEY, country TEXT, device TEXT, consent_email INTEGER);
             CREATE TABLE events (profile_id INTEGER, ts_ms INTEGER, name TEXT, category TEXT, cents INTEGER);",
        )
        .unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let transaction = database.unchecked_transaction().unwrap();
    let mut person = transaction.prepare("INSERT INTO profiles VALUES (?, ?, ?, ?)").unwrap();
    for line in read("profiles.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (id, consent) = (cells[0].parse::<i64>().unwrap(), cells[6].parse::<i64>().unwrap());
        person.execute((id, cells[2], cells[4], consent)).unwrap();
    }
    let mut event = transaction.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?)").unwrap();
    for line in read("events.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (id, at) = (cells[1].parse::<i64>().unwrap(), cells[3].parse::<i64>().unwrap());
        let cents: Option<i64> = cells[7].replace('.', "").parse().ok();
        event.execute((id, at, cells[4], cells[6], cents)).unwrap();
    }
    drop((person, event));
    transaction
        .execute_batch("CREATE INDEX by_person ON events (profile_id, name, ts_ms); CREATE INDEX by_name ON events (name, ts_ms);")
        .unwrap();
    transaction.commit().unwrap();
    database
}

fn by_sql(database: &Connection, sql: &str) -> Vec<u64> {
    let mut statement = database.prepare(sql).unwrap();
    let mut ids: Vec<u64> =
        statement.query_map([], |row| row.get::<_, i64>(0)).unwrap().map(|id| id.unwrap() as u64).collect();
    ids.sort_unstable();
    ids
}

fn by_rule(frame: &Frame, rule: &str) -> Vec<u64> {
    let catalog = FrameCatalog::new(frame);
    let plan = compile(rule, &catalog).unwrap_or_else(|faults| panic!("{}", render(rule, &faults)));
    let answer = evaluate(frame, &plan, Point::before(NOW), 2);
    assert_eq!(answer, evaluate(frame, &plan, Point::before(NOW), 1), "{rule}");
    for row in (0..frame.people().len() as u32).step_by(37) {
        let one = plan.holds(&frame.subject(Person(row)), Point::before(NOW));
        assert_eq!(one, answer.whole.truth(Person(row)), "{rule} for {row}");
    }
    let id = |row: usize| frame.people().identity_in(Person(row as u32), "user_id").unwrap().parse().unwrap();
    let mut ids: Vec<u64> = answer.whole.members().rows().map(id).collect();
    ids.sort_unstable();
    ids
}

fn hash(ids: &[u64]) -> u64 {
    ids.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, id| (hash ^ id).wrapping_mul(0x100_0000_01b3))
}

#[test]
fn the_rules_find_the_people_the_sql_finds() {
    let full = std::env::var("SEGUE_SCALE").map_or(true, |scale| scale != "small");
    let (people, events) = if full { (100_000, 1_000_000) } else { (10_000, 100_000) };
    let folder = tempfile::tempdir().unwrap();
    generator::write(folder.path(), people, events, SEED).unwrap();
    let workspace = folder.path().join("shop.db");
    // People first: of equals the profile that was known first comes first.
    import(&workspace, &folder.path().join("profiles.csv"));
    import(&workspace, &folder.path().join("events.csv"));
    let store = Store::open_read_only(&workspace).unwrap();
    let frame = load_frame(&store, None).unwrap();
    assert_eq!((frame.people().len(), frame.counts().events), (people, events as u64));
    let database = rows(folder.path());
    for ((name, rule, sql), (count, reference)) in SEGMENTS.into_iter().zip(REFERENCE) {
        let (ours, theirs) = (by_rule(&frame, rule), by_sql(&database, sql));
        assert!(!ours.is_empty(), "{name}");
        assert_eq!(ours.len(), theirs.len(), "{name}");
        assert_eq!(ours, theirs, "{name}");
        if full {
            assert_eq!((ours.len(), hash(&ours)), (count, reference), "{name}");
        }
    }
}
