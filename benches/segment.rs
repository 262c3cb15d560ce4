//! The eight reference segments on a generated shop, beside SQLite's answer to the SQL the same rules print to and beside
//! hand-written loops, in one run: `cargo bench --bench segment -- [S|M]`, S by default; `SEGUE_BENCH_DIR` keeps the shop
//! for the next run, `SEGUE_BENCH_SQL=1` asks SQLite at M too, which takes minutes. Times are milliseconds, the best of
//! many: what else the machine does only adds to them.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use segue::frame::{Frame, FrameCatalog, evaluate};
use segue::model::{Person, Time};
use segue::rule::{Plan, Point, compile, render};
use segue::store::Store;
use segue::work::frame::{load_frame, threads};

#[path = "../tests/common/generator.rs"]
mod generator;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const SEED: u64 = 20_260_630;
/// 2026-06-30T00:00:00Z, just before which every segment is asked.
const NOW: Time = Time(1_782_777_600_000);
const ROUNDS: usize = 21;

macro_rules! segment {
    ($name:literal, $hand:literal) => {
        ($name, $hand, include_str!(concat!("../tests/golden/segments/", $name, ".rule")))
    };
}

const SEGMENTS: [(&str, &str, &str); 8] = [
    segment!("s1", "s1_trait"),
    segment!("s2", "s2_trait_recency"),
    segment!("s3", "s3_count_window"),
    segment!("s4", "s4_two_behaviours_not"),
    segment!("s5", "s5_sum_window"),
    segment!("s6", "s6_sequence"),
    segment!("s7", "s7_funnel"),
    segment!("s8", "s8_rfm"),
];

/// The members of each at S and at M: how many, and the FNV-1a hash of their ids in ascending order, on which DuckDB, polars,
/// ClickHouse, SQLite and hand-written loops agreed over the same data.
const MEMBERS: [(&str, [(u64, u64); 8]); 2] = [
    (
        "S",
        [
            (9_217, 0x4c1e_852b_c26c_2fd8),
            (1_991, 0xb607_5da0_14ba_6c62),
            (1_162, 0x3bac_b52f_b632_9cb7),
            (30, 0x4788_334d_9c4d_3997),
            (761, 0xb3f3_8b8d_ce31_8e18),
            (7_272, 0x44bf_eeec_2015_bd59),
            (4_790, 0xda53_4ec7_a057_8839),
            (1_119, 0xf021_594f_5da7_4b0a),
        ],
    ),
    (
        "M",
        [
            (92_512, 0xe780_41a4_59c7_5ec9),
            (20_792, 0x8854_5212_244b_b29f),
            (11_813, 0x16a0_2e80_be85_b671),
            (302, 0xe0cc_7230_e37d_559b),
            (7_414, 0x97f8_acde_62a8_409d),
            (73_303, 0x0079_293b_26e8_0672),
            (48_098, 0x980d_21bb_aede_3d4b),
            (11_387, 0xbd66_8f1c_ad62_b705),
        ],
    ),
];

/// How many times as long as the same hand-written loops the quickest of the four databases took for the id list at M, where
/// all were measured together (two processors, 20 November 2026).
const PEERS: [f64; 8] = [0.73, 11.16, 5.36, 14.98, 17.54, 14.02, 10.10, 9.70];

fn main() -> Outcome<()> {
    let large = std::env::args().any(|word| word == "M");
    let (size, people, events) = if large { ("M", 1_000_000, 10_000_000) } else { ("S", 100_000, 1_000_000) };
    let folder = match std::env::var_os("SEGUE_BENCH_DIR") {
        Some(folder) => PathBuf::from(folder).join(size),
        None => tempfile::Builder::new().prefix("segue-bench").tempdir()?.keep(),
    };
    let data = folder.join("data").join(size);
    let workspace = folder.join("shop.db");
    if !workspace.exists() {
        std::fs::create_dir_all(&data)?;
        generator::write(&data, people, events, SEED)?;
        segue(&["import"], &[&data.join("profiles.csv")], &workspace)?;
        segue(&["import"], &[&data.join("events.csv")], &workspace)?;
    }
    opening(&folder, &workspace)?;
    let store = Store::open_read_only(&workspace)?;
    let frame = load_frame(&store, Some(NOW))?;
    let hand = hand_loops(&folder, size);
    let sql = !large || std::env::var_os("SEGUE_BENCH_SQL").is_some();
    let ours = segments(&frame, &workspace, size, sql, &hand)?;
    edits(&frame)?;
    memory(&frame)?;
    if ours > 0 {
        return Err(format!("{ours} segments have other members than the reference").into());
    }
    if std::env::var_os("SEGUE_BENCH_DIR").is_none() {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn segue(words: &[&str], files: &[&Path], workspace: &Path) -> Outcome<Vec<u8>> {
    let program = env!("CARGO_BIN_EXE_segue");
    let output = Command::new(program).args(words).args(files).arg("-w").arg(workspace).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(output.stdout)
}

/// From the program's start to the first count, without chunks and with them.
fn opening(folder: &Path, workspace: &Path) -> Outcome<()> {
    let rule = folder.join("first.rule");
    std::fs::write(&rule, SEGMENTS[3].2)?;
    let words = ["segment", "count", "--json", "--as-of", "2026-06-30T00:00:00Z", "--rule-file"];
    let mut out = std::io::stdout();
    let mut chunks = workspace.as_os_str().to_owned();
    chunks.push("-columns");
    // What was never there need not be removed.
    let _ = std::fs::remove_file(PathBuf::from(chunks));
    for what in ["from rows, once", "from chunks", "from chunks", "from chunks"] {
        let started = Instant::now();
        let said: serde_json::Value = serde_json::from_slice(&segue(&words, &[&rule], workspace)?)?;
        let whole = started.elapsed().as_secs_f64() * 1e3;
        writeln!(
            out,
            "open {what:<16} whole {whole:>9.1}  load_ms {:>9}  plan_ms {:>7}  first_ms {:>7}  again_ms {:>7}",
            said["load_ms"], said["plan_ms"], said["first_ms"], said["again_ms"]
        )?;
    }
    Ok(())
}

fn plan(frame: &Frame, rule: &str) -> Outcome<Plan> {
    compile(rule, &FrameCatalog::new(frame)).map_err(|faults| render(rule, &faults).into())
}

/// The best and the middle of many.
fn times(rounds: usize, mut what: impl FnMut()) -> (f64, f64) {
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let started = Instant::now();
            what();
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[0], times[times.len() / 2])
}

fn segments(
    frame: &Frame,
    workspace: &Path,
    size: &str,
    sql: bool,
    hand: &BTreeMap<String, f64>,
) -> Outcome<usize> {
    let point = Point::before(NOW);
    let expected = MEMBERS.iter().find(|(name, _)| *name == size).map(|(_, members)| members);
    let database = sql.then(|| database(workspace)).transpose()?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:<4}{:>9}{:>10}{:>10}{:>10}{:>10}{:>10}{:>11}{:>9}{:>10}{:>9}",
        "", "members", "first", "count", "median", "ids", "again", "hand", "x hand", "sqlite", "x"
    )?;
    let (mut wrong, mut ratios) = (0, Vec::new());
    for (place, (name, loops, rule)) in SEGMENTS.into_iter().enumerate() {
        let plan = plan(frame, rule)?;
        let started = Instant::now();
        let members = evaluate(frame, &plan, point, threads()).whole.count();
        let first = started.elapsed().as_secs_f64() * 1e3;
        let found = (members, hash(frame, &plan)?);
        wrong += usize::from(expected.is_some_and(|expected| expected.get(place) != Some(&found)));
        let (count, median) = times(ROUNDS, || {
            frame.forget_answers();
            black_box(evaluate(frame, &plan, point, threads()).whole.count());
        });
        let (ids, _) = times(ROUNDS, || {
            frame.forget_answers();
            let answer = evaluate(frame, &plan, point, threads());
            let id = |row: usize| frame.people().profile(Person(row as u32)).0;
            black_box(answer.whole.members().rows().map(id).collect::<Vec<_>>());
        });
        let (again, _) = times(ROUNDS, || {
            black_box(evaluate(frame, &plan, point, threads()).whole.count());
        });
        let by_hand = hand.get(loops).copied();
        let by_sql = database.as_ref().map(|database| sqlite(frame, &plan, database)).transpose()?;
        if let Some((_, found)) = by_sql {
            wrong += usize::from(found != members);
        }
        let figure =
            |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.2}"));
        ratios.extend(by_hand.map(|hand| ids / hand).zip(PEERS.get(place).copied()));
        writeln!(
            out,
            "{name:<4}{members:>9}{first:>10.2}{count:>10.2}{median:>10.2}{ids:>10.2}{again:>10.3}{:>11}{:>9}{:>10}{:>9}",
            figure(by_hand),
            figure(by_hand.map(|hand| ids / hand)),
            by_sql.map_or_else(|| "-".to_owned(), |(time, _)| format!("{time:.0}")),
            by_sql.map_or_else(|| "-".to_owned(), |(time, _)| format!("{:.0}", time / ids)),
        )?;
    }
    if !ratios.is_empty() {
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| {
            (ratios.iter().map(|ratio| of(ratio).ln()).sum::<f64>() / ratios.len() as f64).exp()
        };
        let own = mean(&|(own, _)| *own);
        writeln!(
            out,
            "id lists take {own:.2} times as long as the hand-written loops in the geometric mean"
        )?;
        if size == "M" {
            let ahead: Vec<String> = ratios.iter().map(|(own, peer)| format!("{:.1}", peer / own)).collect();
            let mean = mean(&|(own, peer)| peer / own);
            writeln!(
                out,
                "ahead of the best peer, scaled by the loops: {} times, {mean:.1} in the mean",
                ahead.join(", ")
            )?;
        }
    }
    Ok(wrong)
}

/// A workspace with what queries look at as tables and indexes of their own, made before they are timed, as the frame is.
fn database(workspace: &Path) -> Outcome<rusqlite::Connection> {
    use segue::rule::print::sql::{Dialect, Relation, Sqlite};
    let database =
        rusqlite::Connection::open_with_flags(workspace, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let started = Instant::now();
    for relation in Relation::ALL {
        database.execute_batch(&Sqlite.relation(relation, Point::before(NOW)))?;
    }
    database.execute_batch("ANALYZE temp")?;
    let seconds = started.elapsed().as_secs_f64();
    writeln!(std::io::stdout(), "SQLite makes its tables and indexes for the queries in {seconds:.1} s")?;
    Ok(database)
}

/// The hash of the members' own ids, ascending.
fn hash(frame: &Frame, plan: &Plan) -> Outcome<u64> {
    let answer = evaluate(frame, plan, Point::before(NOW), threads());
    let mut ids: Vec<u64> = Vec::new();
    for row in answer.whole.members().rows() {
        let own =
            frame.people().identity_in(Person(row as u32), "user_id").ok_or("a person without an id")?;
        ids.push(own.parse()?);
    }
    ids.sort_unstable();
    Ok(ids.iter().fold(0xcbf2_9ce4_8422_2325, |hash, id| (hash ^ id).wrapping_mul(0x100_0000_01b3)))
}

/// How long SQLite takes for the SQL of a plan, the best of three, and how many people it finds.
fn sqlite(frame: &Frame, plan: &Plan, database: &rusqlite::Connection) -> Outcome<(f64, u64)> {
    use segue::rule::print::sql::{Meanings, Sqlite, sql};
    let script = sql(plan, Point::before(NOW), &FrameCatalog::new(frame), &Meanings::default(), &Sqlite)
        .map_err(|refused| refused.first().map_or_else(String::new, ToString::to_string))?;
    let mut best = (f64::INFINITY, 0);
    for _ in 0..3 {
        let started = Instant::now();
        let mut statement = database.prepare(&script.query)?;
        let mut rows = statement.query([])?;
        let mut found = 0;
        while rows.next()?.is_some() {
            found += 1;
        }
        best = (best.0.min(started.elapsed().as_secs_f64() * 1e3), found);
    }
    Ok(best)
}

/// One clause of the fourth segment edited, the other three as they were.
fn edits(frame: &Frame) -> Outcome<()> {
    let point = Point::before(NOW);
    let rule = SEGMENTS[3].2;
    let mut out = std::io::stdout();
    for (old, new) in [
        ("\"DE\"", "\"A\""),
        (">= 2 within 30d", ">= N within 30d"),
        (">= 3 within", ">= N within"),
        ("within 3d", "within Nd"),
    ] {
        frame.forget_answers();
        black_box(evaluate(frame, &plan(frame, rule)?, point, threads()));
        let countries = ["AT", "CH", "FR", "GB", "US", "NL", "SE", "PL", "IT"];
        let mut edited = countries.iter().zip(4..).map(|(country, n)| {
            let new = new.replace('N', &n.to_string()).replace("\"A\"", &format!("\"{country}\""));
            rule.replace(old, &new)
        });
        let mut plans = Vec::new();
        for text in edited.by_ref() {
            plans.push(plan(frame, &text)?);
        }
        let mut plans = plans.iter();
        let (best, median) = times(9, || {
            if let Some(plan) = plans.next() {
                black_box(evaluate(frame, plan, point, threads()).whole.count());
            }
        });
        writeln!(out, "s4 edited at `{old}`: best {best:.2} ms, median {median:.2} ms")?;
    }
    Ok(())
}

fn memory(frame: &Frame) -> Outcome<()> {
    let memory = frame.memory();
    let (events, people) = (frame.counts().events.max(1), frame.people().len().max(1));
    writeln!(
        std::io::stdout(),
        "memory: {:.1} bytes an event, {:.1} a profile, dictionaries {:.1} MB, answers {:.1} MB",
        memory.events as f64 / events as f64,
        memory.people as f64 / people as f64,
        memory.dictionaries as f64 / 1e6,
        memory.answers as f64 / 1e6,
    )?;
    Ok(())
}

/// The best times of the loops that know their question, where they are here and can be built.
fn hand_loops(folder: &Path, size: &str) -> BTreeMap<String, f64> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/bench/hand-loops");
    let target = std::env::temp_dir().join("segue-hand-loops");
    // Built from a copy, so that nothing is written beside the source.
    let copy = |file: &str| std::fs::copy(source.join(file), target.join(file)).is_ok();
    let built = std::fs::create_dir_all(target.join("src")).is_ok()
        && copy("Cargo.toml")
        && copy("src/main.rs")
        && Command::new("cargo")
            .args(["build", "--release", "--quiet", "--manifest-path"])
            .arg(target.join("Cargo.toml"))
            .env("CARGO_TARGET_DIR", &target)
            .status()
            .is_ok_and(|status| status.success());
    if !built {
        return BTreeMap::new();
    }
    let output =
        Command::new(target.join("release/sq")).args(["ref2", size, "11"]).current_dir(folder).output();
    let Ok(output) = output else { return BTreeMap::new() };
    let text = String::from_utf8_lossy(&output.stdout);
    let best = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let range = cells.get(6)?.split_once('(')?.1;
        Some(((*cells.get(2)?).to_owned(), range.split('-').next()?.parse().ok()?))
    };
    text.lines().filter_map(best).collect()
}
