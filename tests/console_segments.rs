//! The segments of a workspace as the console's desk lists, checks and keeps them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use segue::exchange::{Input, recognise};
use segue::model::definition::Kind;
use segue::model::{Problem, Seed, Time};
use segue::panel::SegmentVerdict;
use segue::panel::audience::{self, Audience, DraftRule, Observed as Columns};
use segue::panel::crowd::AtHand;
use segue::panel::segments::{Segment as Row, SegmentKind, Segments};
use segue::segment::breakdown::Cuts;
use segue::store::Store;
use segue::traffic::Setup;
use segue::work::Cancel;
use segue::work::console::{Subject, Worker, start};
use segue::work::frame::load;
use segue::work::import::{Watch, import};
use segue::work::observed::Observed;
use segue::work::port::{Command, Like, Room, Update};

const SEGMENTS: [(&str, &str); 6] = [
    ("Germans", "rule = 'country = \"DE\"'"),
    ("VIP", "list = [\"anne.keller@example.com\", \"nobody@example.org\"]"),
    ("German VIPs", "intersect = [\"Germans\", \"VIP\"]"),
    ("Other Germans", "rule = 'in segment \"Germans\" and not in segment \"VIP\"'"),
    ("Listed", "rule = 'in list \"VIP\"'"),
    ("Broken", "union = [\"Germns\"]"),
];

/// The sample's customers and events, with segments of every kind.
fn shop(folder: &Path) -> PathBuf {
    let path = folder.join("shop.db");
    let mut store = Store::create(&path).unwrap();
    for name in ["customers.csv", "events.ndjson"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data").join(name);
        for input in Input::of(&file).unwrap() {
            let recognised = recognise(input, None, None).unwrap();
            let mut watch = Watch { progress: |_: &_| {}, cancel: &Cancel::default() };
            import(&mut store, &recognised, None, &mut watch).unwrap();
        }
    }
    for (name, text) in SEGMENTS {
        store.define(Kind::Segment, name, text, Time(1)).unwrap();
    }
    path
}

/// A console without a screen.
struct Desk {
    commands: Sender<Command>,
    updates: Receiver<Update>,
    _worker: Worker,
}

impl Desk {
    fn open(path: &Path) -> Self {
        Self::on(Subject::Workspace(path.to_owned()))
    }

    fn on(subject: Subject) -> Self {
        let link = start(subject);
        let desk = Self { commands: link.commands, updates: link.updates, _worker: link.worker };
        desk.wait(|update| matches!(update, Update::Jobs(_)).then_some(()));
        desk
    }

    fn wait<T>(&self, mut wanted: impl FnMut(&Update) -> Option<T>) -> T {
        loop {
            let update = self.updates.recv_timeout(Duration::from_secs(60)).unwrap();
            if let Some(found) = wanted(&update) {
                return found;
            }
        }
    }

    fn segments(&self) -> Arc<Segments> {
        self.commands.send(Command::Show(Room::Segments)).unwrap();
        self.wait(|update| match update {
            Update::Segments(segments) => Some(Arc::clone(segments)),
            _ => None,
        })
    }

    fn row(&self, name: &str) -> Row {
        self.segments().rows.iter().find(|row| row.name == name).unwrap().clone()
    }

    fn check(&self, name: &str, text: &str) -> Arc<SegmentVerdict> {
        let (name, text) = (Some(name.to_owned()), text.to_owned());
        self.commands.send(Command::CheckRule { name, text, ticket: 1 }).unwrap();
        self.wait(|update| match update {
            Update::SegmentVerdict(verdict) if verdict.whole || verdict.count.is_none() => {
                Some(Arc::clone(verdict))
            }
            _ => None,
        })
    }

    /// The version it was kept as, or why it was not.
    fn save(&self, name: &str, text: &str) -> Result<u32, Problem> {
        let (name, text) = (name.to_owned(), text.to_owned());
        self.commands.send(Command::SaveSegment { name, text, like: Like::Nothing }).unwrap();
        self.wait(|update| match update {
            Update::SegmentSaved { version, .. } => Some(Ok(*version)),
            Update::Toast(problem) => Some(Err(problem.clone())),
            _ => None,
        })
    }
}

#[path = "console/questions.rs"]
mod questions;

#[test]
fn every_kind_of_segment_is_counted_as_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    let segments = desk.segments();
    let picture = load(&Store::open_read_only(&path).unwrap(), None, 1).unwrap();
    for row in &segments.rows {
        let counted = picture
            .library
            .plan(&row.name)
            .unwrap()
            .as_ref()
            .ok()
            .map(|plan| segue::segment::Membership::of(picture.frame(), plan, picture.point, 1).count());
        assert_eq!(row.count, counted, "{}", row.name);
    }
    let germans = desk.row("Germans").count.unwrap();
    assert!(germans > 1);
    assert_eq!(desk.row("VIP").count, Some(1), "one of the two is known");
    assert_eq!(desk.row("German VIPs").count, Some(1));
    assert_eq!(desk.row("Listed").count, Some(1));
    assert_eq!(desk.row("Other Germans").count, Some(germans - 1));
    assert_eq!(
        (desk.row("VIP").kind, desk.row("VIP").rule.as_str()),
        (SegmentKind::List, "a list of 2 identities")
    );
    assert_eq!(desk.row("German VIPs").rule, "everyone in “Germans” and “VIP”");
    let broken = desk.row("Broken");
    assert_eq!((broken.count, broken.share), (None, None), "unknown is not nobody");
    assert_eq!(
        broken.problem.as_deref(),
        Some("Broken: segment \"Germns\" is not known here\n  help: did you mean `Germans`?")
    );
    assert!(segments.sentence.ends_with("1 cannot be used."), "{}", segments.sentence);
}

#[test]
fn a_list_is_not_overwritten_by_a_rule() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    let refused = desk.save("VIP", "country = \"DE\"").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "segment “VIP” is a list of 2 identities, and a rule would replace that\n  help: give the rule another name, or save it with `segue segment save --replace`"
    );
    assert_eq!(desk.save("German VIPs", "everyone").unwrap_err().code, "segment-no-rule");
    let store = Store::open_read_only(&path).unwrap();
    assert_eq!(store.definition_history(Kind::Segment, "VIP").unwrap().len(), 1);
}

#[test]
fn circles_are_named_while_writing_and_refused_when_saving() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    let back = "country = \"AT\" or in segment \"Other Germans\"";
    let verdict = desk.check("Germans", back);
    assert_eq!(verdict.count, None);
    assert_eq!(
        verdict.diagnostics[0].message,
        "segment \"Other Germans\" cannot be used: segments refer to each other in a circle: \"Germans\" → \"Other Germans\" → \"Germans\""
    );
    let refused = desk.save("Germans", back).unwrap_err();
    assert!(refused.message.contains("in a circle: \"Germans\" → \"Other Germans\""), "{refused}");
    assert_eq!(desk.row("Germans").version, 1);
    let own = desk.save("Mine", "in segment \"Mine\"").unwrap_err();
    assert!(own.message.contains("\"Mine\" → \"Mine\""), "{own}");
    // A name that is nearly known is suggested, that of a list too.
    let near = desk.check("New", "in segment \"Vip\"");
    assert_eq!(near.diagnostics[0].replacement.as_deref(), Some("VIP"));
}

#[test]
fn who_refers_to_a_segment_follows_it_when_it_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    assert_eq!(desk.row("German VIPs").count, Some(1));
    assert_eq!(desk.save("Germans", "country = \"AT\"").unwrap(), 2);
    assert_eq!(desk.row("German VIPs").count, Some(0), "Anne lives in Germany");
    assert_eq!(desk.row("Other Germans").count, desk.row("Germans").count);
    // What the command line keeps meanwhile counts at the next save.
    let mut other = Store::open(&path, Time(2)).unwrap();
    other.define(Kind::Segment, "Austrians", "rule = 'country = \"AT\"'", Time(2)).unwrap();
    assert_eq!(desk.save("Neighbours", "in segment \"Austrians\"").unwrap(), 1);
    assert_eq!(desk.row("Neighbours").count, desk.row("Germans").count);
}

#[test]
fn a_person_s_card_names_lists_and_whatever_is_made_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    desk.commands.send(Command::LoadPeople { filter: "anne.keller@example.com".to_owned() }).unwrap();
    let anne = desk.wait(|update| match update {
        Update::People(people) if people.matching == 1 => Some(people.rows[0].id),
        _ => None,
    });
    desk.commands.send(Command::OpenPerson(anne)).unwrap();
    let card = desk.wait(|update| match update {
        Update::Person(card) => Some(Arc::clone(card)),
        _ => None,
    });
    assert_eq!(card.segments, ["German VIPs", "Germans", "Listed", "VIP"]);
}

#[test]
fn while_typing_the_newest_question_is_answered_last() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    for ticket in 1..=200 {
        let text = "country = \"DE\"".to_owned();
        desk.commands.send(Command::CheckRule { name: None, text, ticket }).unwrap();
    }
    let mut last = 0;
    desk.wait(|update| match update {
        Update::SegmentVerdict(verdict) => {
            assert!(verdict.ticket >= last, "answers come in the order of the questions");
            last = verdict.ticket;
            (last == 200).then_some(())
        }
        _ => None,
    });
}

#[test]
fn in_a_run_references_and_circles_are_the_same() {
    let desk = Desk::on(Subject::Demo { seed: Seed(7), people: Some(300), threads: 1 });
    desk.commands.send(Command::Pause).unwrap();
    let reachable = desk.row("reachable by e-mail").count.unwrap();
    assert!(reachable > 0);
    assert_eq!(desk.save("Same", "in segment \"reachable by e-mail\"").unwrap(), 1);
    assert_eq!(desk.row("Same").count, Some(reachable));
    let refused = desk.save("reachable by e-mail", "not in segment \"Same\"").unwrap_err();
    assert!(refused.message.contains("in a circle"), "{refused}");
    assert_eq!(desk.save("reachable by e-mail", "not everyone").unwrap(), 2);
    assert_eq!(desk.row("Same").count, Some(0), "it follows the segment it refers to");
    let verdict = desk.check("Same", "in segment \"VIP\"\nand in segment \"reachable by e-mail\"");
    assert_eq!((verdict.count, verdict.clauses.len()), (Some(0), 2));
}

#[test]
fn columns_and_persons_give_one_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let picture = load(&Store::open_read_only(&path).unwrap(), None, 2).unwrap();
    let observed = Observed::of(picture.frame());
    let setup = Setup { words: observed.words, ..Setup::empty() };
    let at_hand =
        AtHand::of(Box::new(|| observed.people.iter().collect()), &setup, picture.point.at, Some("EUR"));
    let cuts = Cuts::of(picture.frame(), picture.point);
    let columns = Columns { frame: picture.frame(), point: picture.point, threads: 2, cuts: Some(&cuts) };
    for text in [
        "everyone",
        "country = \"DE\"\nand did(\"Product Viewed\") >= 2 within 30d\nand not did(\"Order Completed\")",
        "in list \"VIP\" or in segment \"Other Germans\"",
        "not in segment \"German VIPs\" and lifecycle = \"customer\"",
        "country != \"DE\" and country present",
        "sum(\"Order Completed\".total) > 50 or consent(email, marketing) = granted",
    ] {
        let plan = picture.library.compile(text).unwrap();
        let verdict = |who: &dyn Audience| {
            let draft = DraftRule { ticket: 1, text, checked: Ok(&plan), saved: None, now: picture.point.at };
            audience::verdict(who, &draft, &[])
        };
        let (by_column, by_person) = (verdict(&columns), verdict(&at_hand));
        assert_eq!(by_column, by_person, "{text}");
        assert!(by_column.count.is_some());
    }
}

#[test]
fn every_clause_is_counted_and_weighed_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(&shop(folder.path()));
    let (a, b, c) = ("country = \"DE\"", "did(\"Product Viewed\") >= 2", "did(\"Order Completed\")");
    let count = |text: &str| desk.check("Draft", text).count.unwrap() as i64;
    let text = format!("{a}\nor {b} and not {c}");
    let verdict = desk.check("Draft", &text);
    let whole = verdict.count.unwrap() as i64;
    let found: Vec<(i64, Option<i64>)> =
        verdict.clauses.iter().map(|clause| (clause.passes as i64, clause.costs)).collect();
    let without = |text: String| Some(count(&text) - whole);
    let expected = [
        (count(a), without(format!("{b} and not {c}"))),
        (count(b), without(format!("{a} or not {c}"))),
        (count(&format!("not {c}")), without(format!("{a} or {b}"))),
    ];
    assert_eq!(found, expected);
    assert!(found[0].1 < Some(0), "one that is enough by itself brings people in: {found:?}");
    let lines: Vec<(u32, i64)> = verdict.lines.iter().map(|line| (line.line, line.passes as i64)).collect();
    assert_eq!(lines, [(1, count(a)), (2, count(&format!("{b} and not {c}")))]);
    assert_eq!(verdict.lines[1].costs, without(a.to_owned()));
}

#[test]
fn a_draft_shows_what_each_part_costs_who_comes_and_goes_and_how_people_are_spread() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    let parts =
        ["country in (\"DE\", \"AT\")", "did(\"Product Viewed\") >= 2", "not did(\"Order Completed\")"];
    let verdict = desk.check("Germans", &parts.join("\nand "));
    let whole = verdict.count.unwrap();
    for (place, clause) in verdict.clauses.iter().enumerate() {
        let others: Vec<&str> =
            parts.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, part)| *part).collect();
        let without = desk.check("Germans", &others.join("\nand ")).count.unwrap();
        assert_eq!(clause.costs, Some(without as i64 - whole as i64), "{}", parts[place]);
    }
    let change = verdict.change.unwrap();
    assert_eq!(change.both + change.join, whole);
    assert_eq!(verdict.joiners.len() as u64, change.join.min(5));
    assert_eq!(verdict.leavers.len() as u64, change.leave.min(5));
    assert!(verdict.joiners.iter().all(|person| person.clauses.iter().all(|passed| *passed == Some(true))));
    assert!(verdict.leavers.iter().all(|person| person.clauses.iter().any(|passed| *passed != Some(true))));
    assert_eq!(verdict.breakdowns.len(), 5);
    for cut in &verdict.breakdowns {
        assert_eq!(cut.parts.iter().map(|part| part.inside).sum::<u64>(), whole, "{}", cut.by.name());
    }
}
