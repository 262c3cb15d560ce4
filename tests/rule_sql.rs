//! Three voices, one answer: random rules asked of everybody's columns, of one person after another, and of SQLite over a
//! workspace's own tables, find the same people; what SQL cannot state exactly is refused by name. 10,000 rules;
//! `SEGUE_CASES` says how many.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::Command;

use rusqlite::{Connection, OpenFlags};
use segue::frame::evaluate;
use segue::model::consent::{ConsentRecord, ConsentState, Purpose, Suppression, SuppressionReason};
use segue::model::definition::Kind;
use segue::model::fact::{FactChunk, Link};
use segue::model::{Channel, Identity, Person, Time};
use segue::rule::print::sql::{Dialect, Meanings, Refused, Relation, Script, Sqlite, sql};
use segue::rule::{compile, render};
use segue::store::{BatchKind, BatchMeta, Begun, Elsewhere, Store};
use segue::work::frame::{Picture, load};

#[path = "common/generator.rs"]
mod generator;

const NOW: Time = Time(1_782_777_600_000);

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

struct Shop {
    folder: tempfile::TempDir,
    picture: Picture,
}

impl Shop {
    fn new(people: usize, events: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        generator::write(folder.path(), people, events, 7).unwrap();
        viewed(&folder.path().join("viewed.csv"), people);
        let workspace = folder.path().join("shop.db");
        for file in ["profiles.csv", "events.csv", "viewed.csv"] {
            import(&workspace, &folder.path().join(file));
        }
        ledger(&workspace, people);
        let mut store = Store::open(&workspace, NOW).unwrap();
        let press = "list = [\"u1@example.com\", \"user_id:4\", \"u7@example.com\", \"nobody@example.com\"]";
        for (name, text) in [
            ("Press", press),
            ("Buyers", "rule = 'did(\"Order Completed\") >= 2'"),
            ("Locals", "rule = 'country in (\"DE\", \"AT\") and not in list \"Press\"'"),
        ] {
            store.define(Kind::Segment, name, &format!("{text}\n"), NOW).unwrap();
        }
        let picture = load(&store, Some(NOW), 1).unwrap();
        assert!(picture.problems.is_empty(), "{:?}", picture.problems);
        Self { folder, picture }
    }

    /// The workspace with every relation that queries look at.
    fn database(&self) -> Connection {
        let database = Connection::open(self.folder.path().join("shop.db")).unwrap();
        for relation in Relation::ALL {
            database.execute_batch(&Sqlite.relation(relation, self.picture.point)).unwrap();
        }
        database
    }

    /// Whom the columns find, after one person after another was asked the same.
    fn said(&self, rule: &str) -> Result<(Vec<i64>, Script), Vec<Refused>> {
        let Picture { library, stages, point, .. } = &self.picture;
        let (frame, catalog) = (library.frame(), library.catalog());
        let plan = compile(rule, &catalog).unwrap_or_else(|faults| panic!("{}", render(rule, &faults)));
        let meanings = Meanings { stages: stages.lifecycle_rules(), lists: library.lists().collect() };
        let script = sql(&plan, *point, &catalog, &meanings, &Sqlite)?;
        let answer = evaluate(frame, &plan, *point, 1);
        let members = answer.whole.members();
        for row in 0..frame.people().len() {
            let one = plan.holds(&frame.subject(Person(row as u32)), *point).is_true();
            assert_eq!(one, members.has(row), "person {row}: {rule}");
        }
        let mut ids: Vec<i64> =
            members.rows().map(|row| frame.people().profile(Person(row as u32)).0).collect();
        ids.sort_unstable();
        Ok((ids, script))
    }
}

fn by_sql(database: &Connection, text: &str) -> Vec<i64> {
    let mut statement = database.prepare(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Who saw which variant of two experiments, some of them two and some without a name for what they saw.
fn viewed(file: &Path, people: usize) {
    let mut rng = Rng(9);
    let mut text = "event_id,profile_id,ts,name,channel,experiment_name,variation_name\n".to_owned();
    for number in 0..people * 2 {
        let (person, day, hour) = (1 + rng.below(people), 1 + rng.below(28), rng.below(24));
        let (test, variant) = (rng.pick(&["hero", "price"]), rng.pick(&["control", "new", ""]));
        text.push_str(&format!(
            "v{number},{person},2026-06-{day:02}T{hour:02}:00:00Z,Experiment Viewed,web,{test},{variant}\n"
        ));
    }
    std::fs::write(file, text).unwrap();
}

fn import(workspace: &Path, file: &Path) {
    let output = Command::new(env!("CARGO_BIN_EXE_segue"))
        .args(["import", file.to_str().unwrap(), "-w", workspace.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What people allowed and what blocks them, said of their own addresses, of second ones and of none, before the newest event
/// and after it.
fn ledger(workspace: &Path, people: usize) {
    let mut rng = Rng(5);
    let mut chunk = FactChunk::default();
    for person in (1..=people).filter(|person| person % 3 != 0) {
        let domain = ["com", "org", "net"][(person - 1) % 3];
        let own = Identity::new("email", &format!("u{person}@example.{domain}"));
        let other = Identity::new("email", &format!("second{person}@example.org"));
        let user = Identity::new("user_id", &person.to_string());
        if person % 4 == 0 {
            chunk.links.push(Link { a: other.clone(), b: own.clone(), at: Time(NOW.0 - 1_000) });
        }
        for _ in 0..rng.below(5) {
            let whose = if person % 4 == 0 && rng.below(2) == 0 { &other } else { &own };
            let whose = if rng.below(5) == 0 { &user } else { whose };
            // Days on end are the same moment, so that some of it is said twice at once.
            let at = Time(NOW.0 - (rng.below(12) as i64 - 3) * 86_400_000);
            let channel = [Channel::Email, Channel::Sms, Channel::Web][rng.below(3)];
            if rng.below(3) == 0 {
                let reason = SuppressionReason::ALL[rng.below(5)];
                chunk.suppressions.push(Suppression { identity: whose.clone(), channel, reason, at });
                continue;
            }
            chunk.consents.push(ConsentRecord {
                identity: whose.clone(),
                channel,
                purpose: [Purpose::Marketing, Purpose::Survey][rng.below(2)],
                state: ConsentState::ALL[rng.below(5)],
                at,
                expires: (rng.below(3) == 0).then(|| Time(NOW.0 + (rng.below(9) as i64 - 4) * 86_400_000)),
                basis: "opt-in".to_owned(),
            });
        }
    }
    let mut store = Store::open(workspace, NOW).unwrap();
    let meta = BatchMeta {
        kind: BatchKind::Import,
        file: "ledger".to_owned(),
        sha256: None,
        mapping: None,
        source: None,
    };
    let Begun::New(mut writer) = store.begin(&meta, NOW).unwrap() else { panic!("imported before") };
    writer.write(&chunk, NOW).unwrap();
    writer.finish(Elsewhere::default(), NOW).unwrap();
}

const EVENTS: [&str; 5] =
    ["\"Product Viewed\"", "\"Product Added\"", "\"Order Completed\"", "\"Email Sent\"", "\"Email Opened\""];
const WINDOWS: [&str; 8] = [
    "",
    "within 7d",
    "within 30d",
    "between 60d and 14d ago",
    "since 2026-05-01",
    "before 2026-04-01",
    "more than 20d ago",
    "between 2026-05-01 and 2026-06-01",
];
const OPERATORS: [&str; 6] = ["=", "!=", "<", "<=", ">", ">="];

fn filter(rng: &mut Rng) -> String {
    let one = |rng: &mut Rng| match rng.below(7) {
        0 => format!("value {} {}.{}", rng.pick(&OPERATORS), rng.below(120), rng.below(100)),
        1 => format!("category {} \"{}\"", rng.pick(&["=", "!=", ">"]), rng.pick(&["shoes", "bags", "kids"])),
        2 => "category in (\"shoes\", \"home\")".to_owned(),
        3 => format!(
            "category {}",
            rng.pick(&[
                "missing",
                "present",
                "empty",
                "contains \"o\"",
                "starts with \"s\"",
                "not ends with \"s\""
            ])
        ),
        4 => format!("channel {}", rng.pick(&["= web", "!= app", "in (web, email)", "not in (app)"])),
        5 => format!("value {}", rng.pick(&["missing", "between 20 and 60", "not between 10 and 90"])),
        _ => "category not in (\"shoes\", \"dresses\")".to_owned(),
    };
    match rng.below(5) {
        0 => String::new(),
        1 => format!(" where not {}", one(rng)),
        2 => format!(" where {} or {}", one(rng), one(rng)),
        3 => format!(" where {} and not ({} or {})", one(rng), one(rng), one(rng)),
        _ => format!(" where {}", one(rng)),
    }
}

fn clause(rng: &mut Rng) -> String {
    // E-mails have no category and no value.
    let event = rng.pick(&EVENTS[..3]);
    let (filtered, window, operator) = (filter(rng), rng.pick(&WINDOWS), rng.pick(&OPERATORS));
    match rng.below(20) {
        16 => format!("{}in list \"Press\"", rng.pick(&["", "not "])),
        17 => format!(
            "lifecycle {}",
            rng.pick(&[
                "= \"loyal\"",
                "!= \"lead\"",
                "in (\"lapsing\", \"lapsed\")",
                "missing",
                "not in (\"customer\")"
            ])
        ),
        18 => format!("in segment \"{}\"", rng.pick(&["Buyers", "Locals"])),
        19 => format!(
            "in experiment \"{}\"{}",
            rng.pick(&["hero", "price", "gone"]),
            rng.pick(&["", " variant \"new\"", " variant \"control\""])
        ),
        14 => format!(
            "consent({}, {}) {}",
            rng.pick(&["email", "sms", "web", "push"]),
            rng.pick(&["marketing", "survey"]),
            rng.pick(&["= granted", "!= granted", "in (denied, revoked)", "= unknown", "= pending"])
        ),
        15 => format!(
            "suppressed({}){}",
            rng.pick(&["email", "sms", "web"]),
            rng.pick(&["", " = unsubscribed", " = bounced", " in (unsubscribed, manual)", " = erased"])
        ),
        0 => format!("country {} \"{}\"", rng.pick(&["=", "!=", "<"]), rng.pick(&["DE", "FR", "US"])),
        1 => format!("device in (\"{}\", \"tablet\")", rng.pick(&["mobile", "desktop"])),
        2 => format!("ltv {operator} {}", rng.below(200)),
        3 => format!(
            "city {}",
            rng.pick(&["ends with \"1\"", "contains any (\"DE\", \"City2\")", "size >= 8", "missing"])
        ),
        4 | 5 => format!("did({event}{filtered}) {operator} {} {window}", rng.below(4)),
        6 => {
            let figure = rng.pick(&["sum", "min", "max", "average"]);
            format!("{figure}({event}.value{filtered}) {operator} {} {window}", rng.below(150))
        }
        7 => format!("distinct({event}.category{filtered}) {operator} {} {window}", rng.below(4)),
        8 => format!("{}({event}{filtered}) {}", rng.pick(&["first", "last"]), rng.pick(&WINDOWS[1..])),
        9 => format!(
            "{}({event}.category{filtered}) {} {window}",
            rng.pick(&["first", "last"]),
            rng.pick(&["= \"shoes\"", "!= \"bags\"", "present"])
        ),
        10 => format!(
            "most frequent({event}.category{filtered}) {} {window}",
            rng.pick(&["= \"shoes\"", "missing", "!= \"kids\""])
        ),
        11 => sequence(rng),
        12 => {
            let by = match rng.below(4) {
                0 => "ltv".to_owned(),
                1 => format!("did({event}{filtered}) {window}"),
                2 => format!("last({event}{filtered}) {window}"),
                _ => format!("sum({event}.value{filtered}) {window}"),
            };
            let (cut, bands) =
                [("quartile", 4), ("quintile", 5), ("decile", 10), ("percentile", 100)][rng.below(4)];
            format!("{cut}({by}) {operator} {}", 1 + rng.below(bands))
        }
        _ => format!(
            "did(any event where channel = {}) {operator} {} {window}",
            rng.pick(&["web", "app", "email"]),
            rng.below(5)
        ),
    }
}

fn sequence(rng: &mut Rng) -> String {
    let step = |rng: &mut Rng| {
        if rng.below(3) > 0 {
            return rng.pick(&EVENTS).to_owned();
        }
        // E-mails have no properties to look at.
        format!("({} where value > {})", rng.pick(&EVENTS[..3]), rng.below(80))
    };
    let first = step(rng);
    let mut text = if first.starts_with('(') { format!("did{first}") } else { format!("did {first}") };
    for _ in 0..1 + rng.below(2) {
        text.push_str(&format!(" then {}", step(rng)));
        if rng.below(2) == 0 {
            text.push_str(rng.pick(&[" within 1h", " within 1d", " within 20d"]));
        }
        if rng.below(4) == 0 {
            text.push_str(&format!(" without {} between", step(rng)));
        }
    }
    if rng.below(3) == 0 {
        text.push_str(rng.pick(&[" taking at most 1d", " taking at most 30d"]));
    }
    if rng.below(3) == 0 {
        text.push_str(rng.pick(&[" all within 60d", " all since 2026-03-01"]));
    }
    text
}

fn rule(rng: &mut Rng) -> String {
    let mut part = || {
        let clause = clause(rng);
        if rng.below(4) == 0 { format!("not ({clause})") } else { clause }
    };
    let (a, b, c) = (part(), part(), part());
    match rng.below(4) {
        0 => format!("({a}) and (({b}) or {c})"),
        1 => format!("not (({a}) or ({b}))"),
        _ => a,
    }
}

#[test]
fn three_evaluators_find_the_same_people() {
    let cases: usize =
        std::env::var("SEGUE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(10_000);
    let shop = Shop::new(60, 900);
    let asked = |thread: u64| {
        let database = shop.database();
        let mut rng = Rng(thread);
        let mut found = 0;
        for _ in 0..cases / 2 {
            let rule = rule(&mut rng);
            let (expected, script) = shop.said(&rule).unwrap_or_else(|refused| panic!("{rule}: {refused:?}"));
            assert_eq!(by_sql(&database, &script.query), expected, "{rule}\n{}", script.query);
            found += usize::from(!expected.is_empty());
        }
        found
    };
    let found = std::thread::scope(|scope| {
        let other = scope.spawn(|| asked(2));
        asked(1) + other.join().unwrap()
    });
    assert!(found * 3 > cases, "only {found} of {cases} rules find anybody");
}

#[test]
fn every_reference_segment_is_stated_and_read_without_writing() {
    let shop = Shop::new(1_000, 8_000);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/segments");
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = Connection::open_with_flags(shop.folder.path().join("shop.db"), read_only).unwrap();
    for number in 1..=8 {
        let rule = std::fs::read_to_string(folder.join(format!("s{number}.rule"))).unwrap();
        let (expected, script) = shop.said(&rule).unwrap_or_else(|refused| panic!("s{number}: {refused:?}"));
        // Run twice: the second time the tables of the first are there.
        for _ in 0..2 {
            database.execute_batch(&script.tables(shop.picture.point, &Sqlite)).unwrap();
            assert_eq!(by_sql(&database, &script.query), expected, "s{number}\n{}", script.query);
        }
    }
}

#[test]
fn many_clauses_fit_and_too_many_are_refused() {
    let shop = Shop::new(20, 100);
    let database = shop.database();
    let rule = |clauses: usize| {
        let clauses: Vec<String> =
            (0..clauses).map(|n| format!("did(\"Product Viewed\") < {}", n + 3)).collect();
        clauses.join(" and ")
    };
    let (expected, script) = shop.said(&rule(400)).unwrap();
    assert_eq!(by_sql(&database, &script.query), expected);
    let refused = shop.said(&rule(401)).unwrap_err();
    assert_eq!(refused[0].what, "it has more clauses than the database takes in one query");
}

#[test]
fn what_cannot_be_stated_is_refused_clause_by_clause() {
    let shop = Shop::new(50, 500);
    let rule = "country = \"DE\" and bucket(\"s\") < 10 and did(\"Product Viewed\") today \
                and did(\"Product Viewed\" where category matches \"^s\")";
    let refused = shop.said(rule).unwrap_err();
    let said: Vec<String> = refused.iter().map(|one| format!("{}: {}", one.clause, one.what)).collect();
    assert_eq!(
        said,
        [
            "bucket(\"s\") < 10 percent: its hash is none of the database",
            "did(\"Product Viewed\") today: calendars need the zones of people",
            "did(\"Product Viewed\" where category matches \"^s\"): a regular expression",
        ]
    );
}
