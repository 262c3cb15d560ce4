//! The table of the house: which room may import which.

use std::collections::BTreeSet;

use crate::house::{self, House};
use crate::paths::named;

/// A room and the rooms it may import. A room stands below all it imports, so the table has no circle.
struct Room {
    name: &'static str,
    may_import: &'static [&'static [&'static str]],
}

/// What facts, rules and the frame are made of.
const GROUND: &[&str] = &["model", "stats", "rule", "identity", "frame"];
/// What the engine is made of; these do not import each other.
const PARTS: &[&str] = &["segment", "contact", "experience", "recommend", "experiment", "survey", "value"];
/// The engine and what moves and shows it.
const ENGINE: &[&str] = &["journey", "decide", "traffic", "sim", "panel"];
/// What touches the world outside.
const EDGE: &[&str] = &["store", "exchange", "govern", "report", "config"];

/// From the top of the house down. A part reads the ground and no other part; a journey asks by an effect and a decision
/// answers, so neither knows the other; a world must not know how it is measured, so `sim` never sees `stats`; the
/// console waits for nothing, so it never sees `store` and `exchange` but asks `work`; the command line answers that the
/// console is wanted, and `main` opens it.
const ROOMS: &[Room] = &[
    Room { name: "model", may_import: &[] },
    Room { name: "stats", may_import: &[&["model"]] },
    Room { name: "rule", may_import: &[&["model"]] },
    Room { name: "identity", may_import: &[&["model"]] },
    Room { name: "frame", may_import: &[&["model", "rule", "identity"]] },
    Room { name: "segment", may_import: &[GROUND] },
    Room { name: "contact", may_import: &[GROUND] },
    Room { name: "experience", may_import: &[GROUND] },
    Room { name: "recommend", may_import: &[GROUND] },
    Room { name: "experiment", may_import: &[GROUND] },
    Room { name: "survey", may_import: &[GROUND] },
    Room { name: "value", may_import: &[GROUND] },
    Room { name: "journey", may_import: &[GROUND, PARTS] },
    Room { name: "decide", may_import: &[GROUND, PARTS] },
    Room { name: "traffic", may_import: &[GROUND, PARTS, &["journey", "decide"]] },
    Room {
        name: "sim",
        may_import: &[&["model", "rule", "identity", "frame"], PARTS, &["journey", "decide", "traffic"]],
    },
    Room { name: "panel", may_import: &[GROUND, PARTS, &["journey", "decide", "traffic", "sim"]] },
    Room { name: "store", may_import: &[GROUND, PARTS, ENGINE] },
    Room { name: "exchange", may_import: &[GROUND, PARTS, ENGINE] },
    Room { name: "govern", may_import: &[GROUND, PARTS, ENGINE] },
    Room { name: "report", may_import: &[GROUND, PARTS, ENGINE] },
    Room { name: "config", may_import: &[GROUND, PARTS, ENGINE] },
    Room { name: "work", may_import: &[GROUND, PARTS, ENGINE, EDGE] },
    Room { name: "cli", may_import: &[GROUND, PARTS, ENGINE, EDGE, &["work"]] },
    Room { name: "tui", may_import: &[GROUND, PARTS, ENGINE, &["report", "config", "work"]] },
];

impl Room {
    fn may(&self, room: &str) -> bool {
        self.name == room || self.may_import.iter().any(|group| group.contains(&room))
    }
}

fn room(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == name)
}

#[test]
fn the_table_has_no_circle() {
    for (at, room) in ROOMS.iter().enumerate() {
        let above: Vec<&str> = ROOMS[..at].iter().map(|above| above.name).collect();
        let below: Vec<&str> = room
            .may_import
            .iter()
            .flat_map(|group| group.iter())
            .filter(|r| !above.contains(r))
            .copied()
            .collect();
        assert!(below.is_empty(), "{} may import {below:?}, which stand below it or nowhere", room.name);
    }
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let house = house::read();
    let found = forbidden(&house);
    assert!(found.is_empty(), "the table in tests/tidy/rooms.rs does not allow:\n{}", found.join("\n"));
}

fn forbidden(house: &House) -> Vec<String> {
    let mut found = Vec::new();
    for file in &house.files {
        let Some(home) = file.room() else { continue };
        for path in named(&file.tokens, &file.module) {
            let Some(target) = path.room() else { continue };
            if !room(home).is_some_and(|room| room.may(target)) {
                found.push(format!(
                    "src/{}:{}: {home} names {}",
                    file.name,
                    path.line,
                    path.segments.join("::")
                ));
            }
        }
    }
    found
}

#[test]
fn the_whole_crate_is_never_imported() {
    for file in house::read().files.iter().filter(|file| file.room().is_some()) {
        for (at, token) in file.tokens.iter().enumerate() {
            let next = file.tokens.get(at + 1).and_then(|next| next.word());
            let dodges = (token.word() == Some("crate") && next == Some("as"))
                || matches!(token.word(), Some("macro_use" | "macro_export" | "segue"));
            assert!(!dodges, "src/{}:{}: this hides an import from the table", file.name, token.line);
        }
    }
}

#[test]
fn every_file_is_in_a_module() {
    let lost = house::read().lost;
    assert!(lost.is_empty(), "no `mod` leads to src/{}", lost.join(", src/"));
}

#[test]
fn every_room_is_in_the_table_and_on_the_map() {
    let house = house::read();
    let map = house.files.iter().find(|file| file.name == "lib.rs").unwrap();
    let declared = house::children(&map.tokens);
    let places: Vec<Option<usize>> =
        declared.iter().map(|name| ROOMS.iter().position(|room| room.name == name)).collect();
    let missing: Vec<&String> = declared.iter().filter(|name| room(name).is_none()).collect();
    assert!(missing.is_empty(), "rooms missing from the table: {missing:?}");
    let docs: String = map.text.lines().filter(|line| line.starts_with("//!")).collect();
    let unnamed: Vec<&String> =
        declared.iter().filter(|name| !docs.contains(&format!("[`{name}`]"))).collect();
    assert!(unnamed.is_empty(), "lib.rs is the map and does not name {unnamed:?}");
    let layers: Vec<usize> = places.into_iter().flatten().map(layer).collect();
    assert!(layers.is_sorted(), "lib.rs lists the rooms from the ground up: {declared:?}");
}

/// The rank of a room in the list of `lib.rs`, where rooms that do not import each other share one.
fn layer(place: usize) -> usize {
    let name = ROOMS[place].name;
    let groups: [&[&str]; 9] = [
        &["model"],
        &["stats", "rule"],
        &["identity"],
        &["frame"],
        PARTS,
        &["journey", "decide"],
        &["traffic"],
        &["sim"],
        &["panel"],
    ];
    let edge = groups.len();
    let above = if EDGE.contains(&name) { edge } else { edge + 1 + usize::from(name != "work") };
    groups.iter().position(|group| group.contains(&name)).unwrap_or(above)
}

#[test]
fn the_table_holds_the_promises_of_the_design() {
    let pure: BTreeSet<&str> = [GROUND, PARTS, ENGINE].concat().into_iter().collect();
    for room in ROOMS {
        assert!(!room.may("cli") || room.name == "cli", "{} imports the command line", room.name);
        assert!(!room.may("tui") || room.name == "tui", "{} imports the console", room.name);
        let outside = EDGE.iter().chain(&["work"]).any(|edge| room.may(edge));
        assert!(!pure.contains(room.name) || !outside, "{} is pure and touches the outside", room.name);
    }
    assert!(!room("journey").unwrap().may("decide") && !room("decide").unwrap().may("journey"));
    assert!(!room("sim").unwrap().may("stats"));
    assert!(!room("tui").unwrap().may("store"));
}
