//! How fast the batch writer and the event stream are, on synthetic chunks: `cargo bench --bench store -- [EVENTS]`.
use std::io::Write;
use std::ops::ControlFlow;
use std::time::Instant;

use segue::model::fact::{EventKey, EventRow, FactChunk, OnRepeat};
use segue::model::{BatchId, Channel, Time};
use segue::store::{BatchKind, BatchMeta, Begun, Elsewhere, Store, Window};

const ROWS: u64 = 16_384;

fn chunk(from: u64, rows: u64, people: u64) -> FactChunk {
    let mut chunk = FactChunk { rows, ..FactChunk::default() };
    let names = ["Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Email Sent"]
        .map(|name| chunk.name(name));
    let namespace = chunk.namespace("user_id");
    for n in from..from + rows {
        let key = xxhash_rust::xxh3::xxh3_128(&n.to_le_bytes());
        let person = (key >> 32) as u64 % people;
        let value = chunk.push_str(&format!("user-{person}"));
        let properties = match n % 4 {
            0 => chunk.push_str(&format!("{{\"category\":\"shoes\",\"price\":{}.5}}", n % 90)),
            _ => chunk.push_str("{\"category\":\"shirts\"}"),
        };
        chunk.events.push(EventRow {
            key: EventKey(key),
            content: n,
            on_repeat: OnRepeat::Merge,
            at: Time(1_780_000_000_000 + n as i64 * 250),
            received: Time(1_790_000_000_000),
            sequence: 0,
            name: names[(n % 5) as usize],
            channel: Channel::Web,
            identity: Some((namespace, value)),
            properties,
            items: 0..0,
            line: n + 2,
        });
    }
    chunk
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let events: u64 = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(1_000_000);
    let folder = tempfile::tempdir_in(std::env::temp_dir())?;
    let path = folder.path().join("bench.db");
    let now = Time(1_790_000_000_000);
    let mut store = Store::create(&path)?;
    let mut out = std::io::stdout();
    let passes = if std::env::args().any(|word| word == "once") { 1 } else { 2 };
    for pass in 0..passes {
        let meta = BatchMeta {
            kind: BatchKind::Import,
            file: format!("pass {pass}"),
            sha256: None,
            mapping: None,
            source: None,
        };
        let Begun::New(mut writer) = store.begin(&meta, now)? else { return Err("begun already".into()) };
        let mut writing = std::time::Duration::ZERO;
        for from in (0..events).step_by(ROWS as usize) {
            let chunk = chunk(from, ROWS.min(events - from), events / 14);
            let start = Instant::now();
            writer.write(&chunk, now)?;
            writing += start.elapsed();
        }
        let start = Instant::now();
        let batch = writer.finish(Elsewhere::default(), now)?;
        writing += start.elapsed();
        writeln!(
            out,
            "pass {pass}: {events} events in {:.2} s ({:.2} of it finishing), {:.2} M/s, {:?}, {} MB",
            writing.as_secs_f64(),
            start.elapsed().as_secs_f64(),
            events as f64 / writing.as_secs_f64() / 1e6,
            batch.accounting,
            std::fs::metadata(&path)?.len() >> 20,
        )?;
    }
    let start = Instant::now();
    let (mut seen, mut bytes) = (0_u64, 0);
    store.for_each_event(&Window::ALL, |event| {
        seen += 1;
        bytes += event.properties.len();
        ControlFlow::Continue(())
    })?;
    writeln!(out, "stream: {seen} events, {bytes} bytes in {:.2} s", start.elapsed().as_secs_f64())?;
    let start = Instant::now();
    store.revert(BatchId(1), now)?;
    writeln!(out, "revert of the first: {:.2} s", start.elapsed().as_secs_f64())?;
    Ok(())
}
