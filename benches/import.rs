//! CSV into the full workspace, beside `sqlite3 .import` into a table with one integer primary key, in one run:
//! `cargo bench --bench import -- [EVENTS …]`, or the same in SEGUE_BENCH_EVENTS; 1,000,000 events by default. Each side
//! reads the same file from the page cache into an empty file in the same folder, alternately; the best of three counts.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[path = "../tests/common/generator.rs"]
mod generator;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const ROUNDS: usize = 3;

fn main() -> Outcome<()> {
    let said = std::env::var("SEGUE_BENCH_EVENTS").unwrap_or_default();
    let mut sizes: Vec<usize> = std::env::args()
        .skip(1)
        .chain(said.split([',', ' ']).map(str::to_owned))
        .filter_map(|word| word.replace('_', "").parse().ok())
        .collect();
    if sizes.is_empty() {
        sizes.push(1_000_000);
    }
    for events in sizes {
        compare(events)?;
    }
    Ok(())
}

fn compare(events: usize) -> Outcome<()> {
    let mut out = std::io::stdout();
    let folder = tempfile::Builder::new().prefix("segue-bench").tempdir()?;
    generator::write(folder.path(), (events / 10).max(1), events, 20_260_630)?;
    let file = folder.path().join("events.csv");
    let megabytes = std::fs::metadata(&file)?.len() as f64 / 1e6;
    writeln!(out, "{events} events, {megabytes:.0} MB")?;
    let peer = sqlite3_version();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(segue(folder.path(), &file, events)?);
        if peer.is_some() {
            theirs.push(sqlite3(folder.path(), &file)?);
        }
    }
    let rate = |time: Duration| events as f64 / time.as_secs_f64() / 1e6;
    let best = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
    writeln!(
        out,
        "  segue import     {:>8.2} s  {:.2} M rows/s",
        best(&ours).as_secs_f64(),
        rate(best(&ours))
    )?;
    match peer {
        Some(version) => {
            let (a, b) = (best(&ours), best(&theirs));
            writeln!(
                out,
                "  sqlite3 .import  {:>8.2} s  {:.2} M rows/s  ({version})",
                b.as_secs_f64(),
                rate(b)
            )?;
            writeln!(out, "  segue is {:.2} times as fast", b.as_secs_f64() / a.as_secs_f64())?;
        }
        None => writeln!(out, "  sqlite3 .import  skipped: no sqlite3 program on the path")?,
    }
    Ok(())
}

/// The whole program, start and checkpoint included.
fn segue(folder: &Path, file: &Path, events: usize) -> Outcome<Duration> {
    let workspace = folder.join("bench.db");
    clear(&workspace);
    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_segue"))
        .args(["import", "--json", "-w"])
        .arg(&workspace)
        .arg(file)
        .stderr(Stdio::inherit())
        .output()?;
    let time = start.elapsed();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let accepted = report["files"][0]["counts"]["accepted"].as_u64();
    if !output.status.success() || accepted != Some(events as u64) {
        return Err(format!("segue accepted {accepted:?} of {events}").into());
    }
    clear(&workspace);
    Ok(time)
}

fn sqlite3(folder: &Path, file: &Path) -> Outcome<Duration> {
    let database = folder.join("peer.db");
    clear(&database);
    let script = format!(
        "CREATE TABLE e (event_id INTEGER PRIMARY KEY, profile_id INTEGER, ts TEXT, ts_ms INTEGER, name TEXT, channel TEXT, category TEXT, value REAL);\n.mode csv\n.import --skip 1 {} e\n",
        file.display()
    );
    let start = Instant::now();
    let mut child = Command::new("sqlite3").arg(&database).stdin(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("no stdin")?.write_all(script.as_bytes())?;
    if !child.wait()?.success() {
        return Err("sqlite3 failed".into());
    }
    let time = start.elapsed();
    clear(&database);
    Ok(time)
}

fn sqlite3_version() -> Option<String> {
    let output = Command::new("sqlite3").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().next().map(|version| format!("sqlite3 {version}"))
}

fn clear(database: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut path = database.as_os_str().to_owned();
        path.push(suffix);
        // What was never there need not be removed.
        let _ = std::fs::remove_file(PathBuf::from(path));
    }
}
