//! Files in: every form of text a shop exports, every way it can be wrong, and the accounting of what became of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use segue::exchange::{
    ExperimentColumns, Finished, Form, Input, Mapping, MappingKind, ReadOptions, Recognised, read,
    read_experiment, recognise,
};
use segue::model::fact::FactChunk;
use segue::model::{Problem, Time};
use tempfile::TempDir;

#[path = "common/generator.rs"]
mod generator;

const NOW: Time = Time(1_790_000_000_000);

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn put(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn options(rejects: Option<PathBuf>) -> ReadOptions {
    ReadOptions { import: NOW, held: NOW, rejects, taken: Arc::new(AtomicU64::new(0)) }
}

fn collect(recognised: &Recognised, rejects: Option<PathBuf>) -> Result<(Finished, Vec<FactChunk>), Problem> {
    let mut chunks = Vec::new();
    let finished = read(recognised, &options(rejects), &mut |chunk| {
        chunks.push(chunk);
        Ok(FactChunk::default())
    })?;
    Ok((finished, chunks))
}

/// Every fact as one line, without keys.
fn facts(chunks: &[FactChunk]) -> Vec<String> {
    let mut lines = Vec::new();
    for chunk in chunks {
        let who = |identity: &(u32, std::ops::Range<u32>)| {
            format!("{}:{}", chunk.namespaces[identity.0 as usize], chunk.str(&identity.1))
        };
        for event in &chunk.events {
            lines.push(format!(
                "{} #{} {} {} {} {} {}",
                event.at,
                event.sequence,
                chunk.names[event.name as usize],
                event.channel,
                event.identity.as_ref().map_or("nobody".into(), who),
                chunk.str(&event.properties),
                chunk.str(&event.items)
            ));
        }
        for row in &chunk.identifies {
            lines.push(format!("{} {} {}", row.at, who(&row.identity), chunk.str(&row.traits)));
        }
        lines.extend(chunk.links.iter().map(|link| format!("link {} = {}", link.a, link.b)));
        lines.extend(chunk.consents.iter().map(|c| {
            format!("consent {} {} {} {}", c.identity, c.channel, c.purpose.name(), c.state.name())
        }));
    }
    lines
}

fn keys(chunks: &[FactChunk]) -> Vec<u128> {
    let mut keys: Vec<u128> = chunks
        .iter()
        .flat_map(|chunk| {
            chunk.events.iter().map(|e| e.key.0).chain(chunk.identifies.iter().map(|i| i.key.0))
        })
        .collect();
    keys.sort_unstable();
    keys
}

fn facts_of(name: &str, bytes: &[u8], mapping: Option<&Mapping>) -> (Vec<String>, Vec<u128>) {
    let folder = folder();
    let path = put(&folder, name, bytes);
    let recognised = recognise(Input::of(&path).unwrap().remove(0), mapping, None).unwrap();
    let (finished, chunks) = collect(&recognised, None).unwrap();
    assert_eq!(finished.tally.rejected, 0, "{name}: {:?}", finished.rejects.shown);
    assert!(finished.tally.adds_up(), "{name}: {:?}", finished.tally);
    (facts(&chunks), keys(&chunks))
}

// ---------------------------------------------------------------------------------------------------------------------
// Malformed input: the exact words.

/// Says everything wrong with a file, and how the rows add up.
fn complaint(name: &str, bytes: &[u8], mapping: Option<&str>, kind: Option<MappingKind>) -> String {
    let folder = folder();
    let path = put(&folder, name, bytes);
    let mut said = String::new();
    let outcome = complaint_of(&path, mapping, kind, &mut said);
    if let Err(problem) = outcome {
        writeln!(said, "[{}] {problem}", problem.code).unwrap();
    }
    said.replace(&format!("{}/", folder.path().display()), "")
}

fn complaint_of(
    path: &Path,
    mapping: Option<&str>,
    kind: Option<MappingKind>,
    said: &mut String,
) -> Result<(), Problem> {
    let mapping = mapping.map(Mapping::parse).transpose()?;
    for input in Input::of(path)? {
        let recognised = recognise(input, mapping.as_ref(), kind)?;
        let (finished, _) = collect(&recognised, None)?;
        for problem in &finished.rejects.shown {
            writeln!(said, "[{}] {problem}", problem.code).unwrap();
        }
        let t = &finished.tally;
        assert!(t.adds_up(), "{t:?}");
        writeln!(said, "{} rows: {} facts, {} grouped, {} rejected", t.rows, t.facts, t.grouped, t.rejected)
            .unwrap();
        for (column, count) in &t.misfits {
            writeln!(said, "{count} of {column} kept as text").unwrap();
        }
    }
    Ok(())
}

/// Compares with `tests/golden/exchange/NAME.txt`; SEGUE_GOLDEN=write writes it instead, to be read by a person.
fn golden(name: &str, text: &str) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/exchange").join(format!("{name}.txt"));
    if std::env::var("SEGUE_GOLDEN").is_ok_and(|said| said == "write") {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{} differs", path.display());
}

#[test]
fn malformed_event_tables_say_what_is_wrong() {
    let header = "event_id,user_id,timestamp,event,value\n";
    let rows: [(&str, &[u8]); 19] = [
        ("a missing time", b"1,a,,View,2\n"),
        ("a time nobody can read", b"1,a,last tuesday,View,2\n"),
        ("a day that does not exist", b"1,a,2026-02-30T10:00:00Z,View,2\n"),
        ("an hour that does not exist", b"1,a,2026-02-20T25:00:00Z,View,2\n"),
        ("a year out of reach", b"1,a,1926-02-20T10:00:00Z,View,2\n"),
        ("no event name", b"1,a,2026-02-20T10:00:00Z,,2\n"),
        ("a name with control characters", b"1,a,2026-02-20T10:00:00Z,View\x1b[2J,2\n"),
        ("too few fields", b"1,a,2026-02-20T10:00:00Z\n"),
        ("too many fields", b"1,a,2026-02-20T10:00:00Z,View,2,extra\n"),
        ("extra empty fields are fine", b"1,a,2026-02-20T10:00:00Z,View,2,,\n"),
        (
            "a quote that never closes",
            b"1,a,2026-02-20T10:00:00Z,\"View,2\n2,b,2026-02-20T10:00:00Z,View,2\n",
        ),
        ("a number that is too fine", b"1,a,2026-02-20T10:00:00Z,View,2.00001\n"),
        ("a number that is too large", b"1,a,2026-02-20T10:00:00Z,View,99999999999999999999\n"),
        ("a number that is none", b"1,a,2026-02-20T10:00:00Z,View,lots\n1,b,2026-02-20T10:00:00Z,View,1\n"),
        ("placeholders for nobody", b"1,0,2026-02-20T10:00:00Z,View,2\n2,null,2026-02-20T10:00:00Z,View,2\n"),
        (
            "bytes that are no UTF-8 after UTF-8",
            b"1,\xc3\xa4,2026-02-20T10:00:00Z,View,2\n2,\xe4,2026-02-20T10:00:00Z,View,2\n",
        ),
        ("day or month first, nobody knows", b"1,a,01/02/2026,View,2\n2,a,03/04/2026,View,2\n"),
        ("decimal or thousands comma, nobody knows", b"1,a,2026-02-20T10:00:00Z,View,\"1,234\"\n"),
        (
            "a date in a time column of other dates",
            b"1,a,13/02/2026,View,2\n2,a,14/02/2026,View,2\n3,a,02/15/2026,View,2\n",
        ),
    ];
    let mut said = String::new();
    for (what, rows) in rows {
        let bytes = [header.as_bytes(), rows].concat();
        writeln!(said, "== {what}\n{}", complaint("events.csv", &bytes, None, None)).unwrap();
    }
    let mut typo = header.to_owned();
    for n in 1..=200 {
        writeln!(typo, "{n},a,2026-02-20T10:00:00Z,View,{}", if n == 150 { "lots" } else { "2.5" }).unwrap();
    }
    writeln!(
        said,
        "== one typing error among numbers\n{}",
        complaint("events.csv", typo.as_bytes(), None, None)
    )
    .unwrap();
    let long = format!("{header}1,a,2026-02-20T10:00:00Z,{},2\n", "x".repeat(300));
    writeln!(said, "== a sentence for a name\n{}", complaint("events.csv", long.as_bytes(), None, None))
        .unwrap();
    let endless = format!("{header}1,a,2026-02-20T10:00:00Z,{},2\n", "x".repeat(3 << 20));
    writeln!(said, "== a row without end\n{}", complaint("events.csv", endless.as_bytes(), None, None))
        .unwrap();
    golden("events", &said);
}

#[test]
fn malformed_orders_are_rejected_whole() {
    let mapping = r#"
kind = "events"
source = "shop"
identity = { user_id = "customer" }
time = { column = "date" }
event = { name = "Order Completed", sequence = "step" }
group = { by = "order", items = { quantity = { column = "qty", type = "number" }, price = { column = "price", type = "number" } }, totals = { revenue = ["quantity", "price"] } }
"#;
    let header = "order,customer,date,step,qty,price\n";
    let cases = [
        ("a missing price", "1,a,2026-02-20,1,2,5\n1,a,2026-02-20,1,2,\n2,b,2026-02-20,1,1,1\n"),
        ("a price that is none", "1,a,2026-02-20,1,2,free\n"),
        ("a price that is too fine", "1,a,2026-02-20,1,2,0.00001\n"),
        ("a missing order number", ",a,2026-02-20,1,2,5\n"),
        ("a step that is none", "1,a,2026-02-20,first,2,5\n"),
        ("a ragged line inside an order", "1,a,2026-02-20,1,2,5\n1,a,2026-02-20\n1,a,2026-02-20,1,3,5\n"),
        ("a total beyond reach", "1,a,2026-02-20,1,900000000000,900000000000\n"),
        ("lines that come back later", "1,a,2026-02-20,1,2,5\n2,b,2026-02-20,1,1,1\n1,a,2026-02-20,1,3,x\n"),
        ("a bad date on the last line", "1,a,2026-02-20,1,2,5\n1,a,31.02.2026,1,2,5\n"),
        ("nothing wrong", "1,a,2026-02-20,1,2,5\n1,a,2026-02-20,1,2,5\n"),
    ];
    let mut said = String::new();
    for (what, rows) in cases {
        let bytes = format!("{header}{rows}");
        writeln!(said, "== {what}\n{}", complaint("orders.csv", bytes.as_bytes(), Some(mapping), None))
            .unwrap();
    }
    golden("orders", &said);
}

#[test]
fn malformed_profile_tables_say_what_is_wrong() {
    let header = "email,user_id,consent_email,spent,updated_at\n";
    let cases = [
        ("nobody", ",,1,2,2026-01-01\n"),
        ("an address that is none", "anne at example.org,,1,2,2026-01-01\n"),
        ("an address without a host", "anne@,,1,2,2026-01-01\n"),
        ("a placeholder", ",anonymous,1,2,2026-01-01\n"),
        ("zeros", ",0000,1,2,2026-01-01\n"),
        ("a consent that is none", "anne@example.org,,maybe,2,2026-01-01\n"),
        ("a consent that says nothing", "anne@example.org,,,2,2026-01-01\n"),
        (
            "a number that is too fine",
            "anne@example.org,,1,2.00001,2026-01-01\nb@example.org,,1,2,2026-01-01\n",
        ),
        ("a date that does not exist", "anne@example.org,,1,2,2026-13-01\nb@example.org,,1,2,2026-01-01\n"),
        ("too few fields", "anne@example.org\n"),
        ("too many fields", "anne@example.org,1,1,2,2026-01-01,x\n"),
        ("an open quote", "\"anne@example.org,1,1,2,2026-01-01\nb@example.org,2,1,2,2026-01-01\n"),
    ];
    let mut said = String::new();
    for (what, rows) in cases {
        let bytes = format!("{header}{rows}");
        let kind = Some(MappingKind::Profiles);
        writeln!(said, "== {what}\n{}", complaint("people.csv", bytes.as_bytes(), None, kind)).unwrap();
    }
    golden("profiles", &said);
}

#[test]
fn malformed_messages_say_what_is_wrong() {
    let good = r#"{"type":"track","event":"X","userId":"a","timestamp":"2026-01-01T00:00:00Z"}"#;
    let cases: [(&str, &str); 24] = [
        ("cut off", r#"{"type":"track","event":"#),
        ("a trailing comma", r#"{"type":"track",}"#),
        ("a list", r#"[1,2]"#),
        ("a word", "track"),
        ("no type", r#"{"userId":"a","timestamp":"2026-01-01T00:00:00Z"}"#),
        ("an unknown type", r#"{"type":"delete","userId":"a","timestamp":"2026-01-01T00:00:00Z"}"#),
        ("a type that is no text", r#"{"type":7,"userId":"a","timestamp":"2026-01-01T00:00:00Z"}"#),
        ("no event name", r#"{"type":"track","userId":"a","timestamp":"2026-01-01T00:00:00Z"}"#),
        (
            "an event name that is no text",
            r#"{"type":"track","event":{},"userId":"a","timestamp":"2026-01-01T00:00:00Z"}"#,
        ),
        ("no time", r#"{"type":"track","event":"X","userId":"a"}"#),
        ("a bad time", r#"{"type":"track","event":"X","userId":"a","timestamp":"noon"}"#),
        (
            "an impossible time",
            r#"{"type":"track","event":"X","userId":"a","timestamp":"2026-02-30T00:00:00Z"}"#,
        ),
        (
            "a bad time of arrival",
            r#"{"type":"track","event":"X","userId":"a","timestamp":"2026-01-01T00:00:00Z","receivedAt":"later"}"#,
        ),
        (
            "properties that are no object",
            r#"{"type":"track","event":"X","userId":"a","timestamp":"2026-01-01T00:00:00Z","properties":[1]}"#,
        ),
        (
            "products that are no list",
            r#"{"type":"track","event":"X","userId":"a","timestamp":"2026-01-01T00:00:00Z","properties":{"products":"shoes"}}"#,
        ),
        (
            "a product that is no object",
            r#"{"type":"track","event":"X","userId":"a","timestamp":"2026-01-01T00:00:00Z","properties":{"products":["shoes"]}}"#,
        ),
        (
            "an amount that is too fine",
            r#"{"type":"track","event":"X","userId":"a","timestamp":"2026-01-01T00:00:00Z","properties":{"revenue":0.30000000000000004}}"#,
        ),
        (
            "a coordinate may be fine",
            r#"{"type":"track","event":"X","userId":"a","timestamp":"2026-01-01T00:00:00Z","properties":{"latitude":52.520008}}"#,
        ),
        (
            "identify nobody",
            r#"{"type":"identify","traits":{"name":"Anne"},"timestamp":"2026-01-01T00:00:00Z"}"#,
        ),
        (
            "traits that are no object",
            r#"{"type":"identify","userId":"a","traits":"tall","timestamp":"2026-01-01T00:00:00Z"}"#,
        ),
        (
            "alias without a previous id",
            r#"{"type":"alias","userId":"a","timestamp":"2026-01-01T00:00:00Z"}"#,
        ),
        ("group without a group", r#"{"type":"group","userId":"a","timestamp":"2026-01-01T00:00:00Z"}"#),
        ("a batch that is no list", r#"{"batch":"all"}"#),
        (
            "a batch with a bad message",
            r#"{"batch":[{"type":"track","event":"X","userId":"a"},7],"sentAt":"2026-01-01T00:00:00Z"}"#,
        ),
    ];
    let mut said = String::new();
    for (what, line) in cases {
        let bytes = format!("{good}\n{line}\n");
        writeln!(said, "== {what}\n{}", complaint("messages.ndjson", bytes.as_bytes(), None, None)).unwrap();
    }
    let bytes = [good.as_bytes(), b"\n{\"type\":\"track\",\"event\":\"\xff\"}\n"].concat();
    writeln!(said, "== no UTF-8\n{}", complaint("messages.ndjson", &bytes, None, None)).unwrap();
    let bytes = format!("{good}\n{{\"type\":\"track\",\"event\":\"{}\"}}\n{good}\n", "x".repeat(2 << 20));
    writeln!(said, "== a line without end\n{}", complaint("messages.ndjson", bytes.as_bytes(), None, None))
        .unwrap();
    golden("messages", &said);
}

fn experiment_columns() -> ExperimentColumns {
    ExperimentColumns {
        name: "test".into(),
        variant: "arm".into(),
        control: "a".into(),
        metrics: vec!["visit:proportion".parse().unwrap(), "spend:mean".parse().unwrap()],
        covariates: vec!["history".into()],
        unit: Some("id".into()),
        weights: Default::default(),
    }
}

#[test]
fn malformed_experiments_say_what_is_wrong() {
    let header = "id,arm,visit,spend,history\n";
    let cases: [(&str, &str, &str); 15] = [
        ("no arm", header, "1,,0,1,2\n2,a,0,1,2\n"),
        ("no unit", header, ",a,0,1,2\n"),
        ("a repeated unit", header, "1,a,0,1,2\n1,b,0,1,2\n"),
        ("a proportion that is none", header, "1,a,2,1,2\n2,a,maybe,1,2\n3,a,1,1,2\n"),
        ("a mean that is none", header, "1,a,0,much,2\n2,a,0,1,2\n"),
        ("a mean that is too fine", header, "1,a,0,0.00001,2\n2,a,0,1,2\n"),
        ("a covariate that is too large", header, "1,a,0,1,99999999999999999\n2,a,0,1,2\n"),
        ("missing values are missing", header, "1,a,,,\n2,b,1,1,1\n"),
        ("too few fields", header, "1,a,0\n2,a,0,1,2\n"),
        ("too many fields", header, "1,a,0,1,2,3\n2,a,0,1,2\n"),
        ("an open quote", header, "1,\"a,0,1,2\n2,a,0,1,2\n"),
        ("nobody in control", header, "1,b,0,1,2\n2,c,0,1,2\n"),
        ("a column that is not there", "id,arm,visit,spent,history\n", "1,a,0,1,2\n"),
        ("a decimal comma nobody can tell", header, "1,a,0,\"1,234\",2\n"),
        ("messages", "{\"type\":\"track\"}\n", ""),
    ];
    let mut said = String::new();
    for (what, header, rows) in cases {
        let folder = folder();
        let path = put(&folder, "units.csv", format!("{header}{rows}").as_bytes());
        let input = Input::of(&path).unwrap().remove(0);
        let mut text = String::new();
        match read_experiment(&input, &experiment_columns(), None, &Arc::new(AtomicU64::new(0))) {
            Ok(file) => {
                for problem in &file.rejects.shown {
                    writeln!(text, "[{}] {problem}", problem.code).unwrap();
                }
                writeln!(
                    text,
                    "{} rows: {} units, {} rejected",
                    file.rows,
                    file.units.len(),
                    file.rejects.count
                )
                .unwrap();
            }
            Err(problem) => writeln!(text, "[{}] {problem}", problem.code).unwrap(),
        }
        let text = text.replace(&format!("{}/", folder.path().display()), "");
        writeln!(said, "== {what}\n{text}").unwrap();
    }
    for metric in ["visit", "visit:median"] {
        writeln!(
            said,
            "== --metric {metric}\n{}\n",
            metric.parse::<segue::exchange::MetricColumn>().unwrap_err()
        )
        .unwrap();
    }
    golden("experiments", &said);
}

#[test]
fn malformed_mappings_say_what_is_wrong() {
    let start = "kind = \"events\"\nsource = \"shop\"\n";
    let cases: [(&str, String); 20] = [
        ("traits of an event", format!("{start}traits = {{ country = \"x\" }}\n")),
        ("properties of a person", "kind = \"profiles\"\nsource = \"shop\"\nproperties = { x = \"x\" }\n".into()),
        ("no TOML", "kind = ".into()),
        ("no kind", "source = \"shop\"\n".into()),
        ("an unknown kind", "kind = \"orders\"\nsource = \"shop\"\n".into()),
        ("an unknown key", format!("{start}zones = \"UTC\"\n")),
        ("no source", "kind = \"events\"\nsource = \" \"\n".into()),
        ("an unknown zone", format!("{start}zone = \"Europe/Berlim\"\n")),
        ("an unknown currency", format!("{start}currency = \"Euro\"\n")),
        ("no time", format!("{start}event = {{ name = \"X\" }}\n")),
        ("a time without a column", format!("{start}event = {{ name = \"X\" }}\ntime = {{ format = \"auto\" }}\n")),
        ("an unknown time format", format!("{start}time = {{ column = \"date\", format = \"yy\" }}\n")),
        ("no event", format!("{start}time = {{ column = \"date\" }}\n")),
        ("an unknown type", format!("{start}properties = {{ price = {{ column = \"x\", type = \"money\" }} }}\n")),
        ("an id beside a group", format!("{start}time = {{ column = \"date\" }}\nevent = {{ name = \"X\", id = \"id\" }}\ngroup = {{ by = \"id\", items = {{}} }}\n")),
        ("a total of no number", format!("{start}time = {{ column = \"date\" }}\nevent = {{ name = \"X\" }}\ngroup = {{ by = \"id\", items = {{ price = \"price\" }}, totals = {{ revenue = [\"price\"] }} }}\n")),
        ("profiles of nobody", "kind = \"profiles\"\nsource = \"shop\"\n".into()),
        ("an unknown channel", "kind = \"profiles\"\nsource = \"shop\"\nidentity = { user_id = \"id\" }\nconsent = [{ column = \"x\", channel = \"pigeon\" }]\n".into()),
        ("a misspelt column", format!("{start}time = {{ column = \"dat\" }}\nevent = {{ name = \"X\" }}\n")),
        ("a column that is nothing like one", format!("{start}time = {{ column = \"zzz\" }}\nevent = {{ name = \"X\" }}\n")),
    ];
    let mut said = String::new();
    for (what, mapping) in cases {
        let bytes = b"id,date,price\n1,2026-01-01,2\n";
        writeln!(said, "== {what}\n{}", complaint("file.csv", bytes, Some(&mapping), None)).unwrap();
    }
    for (what, path) in [("no such file", "missing.toml"), ("a folder", ".")] {
        let problem = Mapping::load(Path::new(path)).unwrap_err();
        writeln!(said, "== {what}\n[{}] {problem}\n", problem.code).unwrap();
    }
    golden("mappings", &said);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn many_rows() -> Vec<u8> {
    let mut text = String::from("event_id,user_id,timestamp,event\n");
    for n in 0..20_000 {
        writeln!(text, "{n},u{},2026-01-01T00:00:00Z,Product Viewed", n * 7919 % 1000).unwrap();
    }
    text.into_bytes()
}

#[test]
fn damaged_and_foreign_files_say_what_they_are() {
    let rows = many_rows();
    let (gz, zip) = (gzip(&rows), zipped(&[("a.csv", &rows)]));
    let mut broken_gz = gz.clone();
    let middle = broken_gz.len() / 2;
    broken_gz[middle..middle + 64].fill(0xff);
    let mut broken_zip = zip.clone();
    broken_zip[2_000..2_064].fill(0xff);
    let cases: [(&str, Vec<u8>); 22] = [
        ("empty", Vec::new()),
        ("blanks", b" \n\n \n".to_vec()),
        ("a cut gzip", gz[..gz.len() / 2].to_vec()),
        ("a gzip with wrong bytes inside", broken_gz),
        ("a gzip of a PDF", gzip(b"%PDF-1.7 \x00\x01\x02")),
        ("a cut zip", zip[..zip.len() / 2].to_vec()),
        ("a zip with wrong bytes inside", broken_zip),
        ("an empty zip", zipped(&[])),
        ("a zip of nothing but rubbish", zipped(&[("__MACOSX/x", b"x"), (".DS_Store", b"x")])),
        ("a workbook", zipped(&[("[Content_Types].xml", b"<x/>")])),
        ("a zip with a picture", zipped(&[("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")])),
        ("a PDF", b"%PDF-1.7\n...".to_vec()),
        ("a database", b"SQLite format 3\0xxxx".to_vec()),
        ("Parquet", b"PAR1xxxx".to_vec()),
        ("a web page", b"<!doctype html><p>Sign in</p>".to_vec()),
        ("a JSON array", b"[{\"type\":\"track\"}]".to_vec()),
        ("pretty JSON", b"{\n  \"type\": \"track\"\n}\n".to_vec()),
        ("a Google Analytics report", b"# ----\n# All Users\nDate,Users\n".to_vec()),
        ("a Google Analytics export", b"{\"event_name\":\"purchase\",\"event_params\":[]}\n".to_vec()),
        ("no header", b"17850,2010-12-01 08:26:00,2.55\n".to_vec()),
        ("a header that says nothing", b"alpha,beta\nx,y\n".to_vec()),
        ("a header without a time", b"event,user_id\nView,a\n".to_vec()),
    ];
    let mut said = String::new();
    for (what, bytes) in cases {
        let complaint = complaint("file", &bytes, None, None);
        // How far a damaged stream got depends on the decompressor; what is said about it does not.
        writeln!(said, "== {what}\n{complaint}").unwrap();
    }
    let folder = folder();
    for (what, path) in
        [("a folder", folder.path().to_owned()), ("no such file", folder.path().join("none.csv"))]
    {
        let problem = Input::of(&path).unwrap_err();
        let text = problem.to_string().replace(&folder.path().display().to_string(), "FOLDER");
        writeln!(said, "== {what}\n[{}] {text}\n", problem.code).unwrap();
    }
    golden("files", &said);
}

// ---------------------------------------------------------------------------------------------------------------------
// What Excel and shops do to files.

#[test]
fn one_table_in_every_dialect_and_encoding_is_the_same_facts() {
    let plain = "user_id,timestamp,event,city,note\n1,2026-01-15 08:30:00,view_item,Köln,\"a, \"\"b\"\"\nc\"\n2,2026-01-16 09:00:00,purchase,Zürich,–\n";
    let utf16 = |text: &str, little: bool, mark: bool| {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect::<Vec<u8>>()
    };
    let windows = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let semicolon = "user_id;timestamp;event;city;note\n1;15.01.2026 08:30;view_item;Köln;\"a, \"\"b\"\"\nc\"\n2;16.01.2026 09:00;purchase;Zürich;–\n";
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("plain", plain.as_bytes().to_vec()),
        ("byte order mark", [b"\xef\xbb\xbf", plain.as_bytes()].concat()),
        ("CRLF", plain.replace('\n', "\r\n").replace("\r\nc\"", "\nc\"").into_bytes()),
        ("CR", plain.replace('\n', "\r").replace("\rc\"", "\nc\"").into_bytes()),
        ("no last newline", plain.trim_end().as_bytes().to_vec()),
        ("Windows-1252", windows(plain)),
        ("UTF-16LE", utf16(plain, true, true)),
        ("UTF-16BE", utf16(plain, false, true)),
        ("UTF-16LE without a mark", utf16(plain, true, false)),
        ("semicolons and German dates", semicolon.as_bytes().to_vec()),
        ("semicolons in Windows-1252", windows(semicolon)),
        ("sep=", format!("sep=;\n{semicolon}").into_bytes()),
        ("tabs", plain.replacen("user_id,timestamp,event,city,note", "user_id\ttimestamp\tevent\tcity\tnote", 1)
            .replace("1,2026-01-15 08:30:00,view_item,Köln,", "1\t2026-01-15 08:30:00\tview_item\tKöln\t")
            .replace("2,2026-01-16 09:00:00,purchase,Zürich,", "2\t2026-01-16 09:00:00\tpurchase\tZürich\t").into_bytes()),
        ("other column order and quotes", "\"note\",city,\"event\",timestamp,user_id\n\"a, \"\"b\"\"\nc\",Köln,\"view_item\",2026-01-15T08:30:00Z,1\n–,\"Zürich\",purchase,2026-01-16T09:00:00+00:00,\"2\"\n".as_bytes().to_vec()),
        ("gzip", gzip(plain.as_bytes())),
        ("zip", zipped(&[("folder/events.csv", plain.as_bytes())])),
    ];
    let (expected, expected_keys) = facts_of("plain.csv", plain.as_bytes(), None);
    assert_eq!(
        expected,
        [
            r#"2026-01-15T08:30:00.000Z #0 Product Viewed web user_id:1 {"city":"Köln","note":"a, \"b\"\nc"} "#,
            r#"2026-01-16T09:00:00.000Z #0 Order Completed unknown user_id:2 {"city":"Zürich","note":"–"} "#,
        ]
    );
    for (what, bytes) in cases {
        let (facts, keys) = facts_of("file", &bytes, None);
        assert_eq!(facts, expected, "{what}");
        assert_eq!(keys, expected_keys, "{what}: keys follow the values, not their writing");
    }
}

#[test]
fn a_table_that_turns_out_to_be_windows_1252_after_a_long_ascii_start_is_read_as_such() {
    let mut bytes = b"user_id,timestamp,event,city\n".to_vec();
    for n in 0..20_000 {
        bytes.extend(format!("{n},2026-01-15T08:30:00Z,view_item,Bonn\n").bytes());
    }
    bytes.extend(b"x,2026-01-15T08:30:00Z,view_item,K\xf6ln\n");
    let (facts, _) = facts_of("late.csv", &bytes, None);
    assert!(facts.last().unwrap().contains("Köln"), "{:?}", facts.last());
}

#[test]
fn decimal_commas_and_day_first_dates_are_decided_over_the_column() {
    // The first 3,000 rows read both ways; one row far below decides.
    let mut text = String::from("user_id;datum;event;betrag\n");
    for n in 0..3_000 {
        writeln!(text, "{};0{}/02/2026;purchase;1.234,50", n + 1, n % 9 + 1).unwrap();
    }
    text.push_str("x;28/02/2026;purchase;0,99\n");
    let (facts, _) = facts_of("orders.csv", text.as_bytes(), None);
    assert_eq!(
        facts[0],
        r#"2026-02-01T00:00:00.000Z #0 Order Completed unknown user_id:1 {"betrag":1234.5} "#
    );
    assert!(facts[3_000].contains("2026-02-28") && facts[3_000].contains("0.99"), "{}", facts[3_000]);
}

#[test]
fn repeated_headers_are_kept_apart_and_ragged_rows_can_be_filled() {
    let folder = folder();
    let path =
        put(&folder, "e.csv", b"user_id,timestamp,event,note,note\n1,2026-01-01,X,a,b\n2,2026-01-01,X,a\n");
    let recognised = recognise(Input::of(&path).unwrap().remove(0), None, None).unwrap();
    let Form::Table(form) = &recognised.form else { panic!("no table") };
    assert_eq!(form.table.renamed, [("note".to_owned(), "note (2)".to_owned())]);
    let mut mapping = form.mapping.clone();
    let (finished, _) = collect(&recognised, None).unwrap();
    assert_eq!((finished.tally.facts, finished.tally.rejected), (1, 1));
    mapping.short_rows = segue::exchange::mapping::ShortRows::Fill;
    let recognised = recognise(Input::of(&path).unwrap().remove(0), Some(&mapping), None).unwrap();
    let (finished, chunks) = collect(&recognised, None).unwrap();
    assert_eq!((finished.tally.facts, finished.tally.rejected), (2, 0));
    assert!(facts(&chunks)[0].contains(r#"{"note":"a","note_2":"b"}"#), "{:?}", facts(&chunks));
}

#[test]
fn profiles_give_traits_links_and_consent() {
    let text = "Email,Customer ID,Accepts Email Marketing,Country,Total Spent,Tags\nAnne@Example.org ,17,yes,DE,12.50,vip\nben@example.org,,no,,0,\n,18,1,AT,3,\n";
    let (facts, _) = facts_of("people.csv", text.as_bytes(), None);
    let at = NOW;
    assert_eq!(
        facts,
        [
            format!(r#"{at} user_id:17 {{"country":"DE","tags":"vip","total_spent":12.5}}"#),
            format!(r#"{at} email:ben@example.org {{"total_spent":0}}"#),
            format!(r#"{at} user_id:18 {{"country":"AT","total_spent":3}}"#),
            "link user_id:17 = email:anne@example.org".to_owned(),
            "consent email:anne@example.org email marketing granted".to_owned(),
            "consent email:ben@example.org email marketing denied".to_owned(),
            "consent user_id:18 email marketing granted".to_owned(),
        ]
    );
}

#[test]
fn segment_messages_become_facts() {
    let lines = [
        r#"{"type":"track","messageId":"m1","event":"purchase","userId":"u1","anonymousId":"a1","timestamp":"2026-01-01T10:00:00Z","receivedAt":"2026-01-01T10:00:05Z","context":{"library":{"name":"analytics.js"},"campaign":{"source":"mail"}},"properties":{"order_id":"o1","revenue":25,"shipping":{"city":"Köln"},"coupons":["A","B"],"products":[{"product_id":"p1","price":12.5,"quantity":2}]}}"#,
        r#"{"type":"page","messageId":"m2","name":"Home","anonymousId":"a1","timestamp":"2026-01-01T09:00:00Z","properties":{"path":"/"}}"#,
        r#"{"type":"identify","messageId":"m3","userId":"u1","traits":{"email":"Anne@Example.org","plan":"gold"},"timestamp":"2026-01-01T10:00:01Z"}"#,
        r#"{"type":"alias","messageId":"m4","previousId":"a0","userId":"u1","timestamp":"2026-01-01T10:00:02Z"}"#,
        r#"{"type":"group","messageId":"m5","userId":"u1","groupId":"g1","traits":{"name":"Shop"},"timestamp":"2026-01-01T10:00:03Z"}"#,
        r#"{"batch":[{"type":"screen","messageId":"m6","name":"Cart","userId":"u1"},{"type":"track","messageId":"m7","event":"Custom Thing","userId":"null"}],"sentAt":"2026-01-01T11:00:00Z"}"#,
        r#"{"type":"track","messageId":"m1","event":"purchase","userId":"u1","timestamp":"2026-01-01T10:00:00Z"}"#,
    ];
    let folder = folder();
    let path = put(&folder, "m.ndjson", lines.join("\n").as_bytes());
    let recognised = recognise(Input::of(&path).unwrap().remove(0), None, None).unwrap();
    let (finished, chunks) = collect(&recognised, None).unwrap();
    assert_eq!((finished.tally.rows, finished.tally.facts, finished.tally.anonymous), (8, 8, 1));
    let facts = facts(&chunks);
    golden("segment_facts", &(facts.join("\n") + "\n"));
    let mut distinct = keys(&chunks);
    distinct.dedup();
    assert_eq!(distinct.len(), 7, "the message id is the key: m1 came twice");
}

#[test]
fn orders_collect_their_lines_wherever_they_stand() {
    let mapping = Mapping::parse(
        r#"
kind = "events"
source = "shop"
identity = { user_id = "customer" }
time = { column = "date" }
event = { name = "Order Completed", rules = [{ column = "order", starts_with = "C", name = "Order Refunded" }] }
properties = { order_id = "order", country = "country" }
currency = "eur"
group = { by = "order", items = { sku = "sku", quantity = { column = "qty", type = "number" }, price = { column = "price", type = "number" } }, totals = { revenue = ["quantity", "price"] } }
"#,
    )
    .unwrap();
    let text = "order,customer,date,sku,qty,price,country\n1,7,2026-01-02,a,2,1.0005,DE\n2,,2026-01-03,b,1,5,\n1,7,2026-01-01,c,1,0.5,AT\n1,7,2026-01-02,a,2,1.0005,DE\nC3,7,2026-01-05,b,-1,5,\n";
    let (together, together_keys) = facts_of("orders.csv", text.as_bytes(), Some(&mapping));
    assert_eq!(
        together,
        [
            r#"2026-01-01T00:00:00.000Z #0 Order Completed unknown user_id:7 {"country":"DE","order_id":"1","revenue":4.502,"currency":"EUR"} [{"price":1.0005,"quantity":2,"sku":"a"},{"price":0.5,"quantity":1,"sku":"c"},{"price":1.0005,"quantity":2,"sku":"a"}]"#,
            r#"2026-01-03T00:00:00.000Z #0 Order Completed unknown nobody {"order_id":"2","revenue":5,"currency":"EUR"} [{"price":5,"quantity":1,"sku":"b"}]"#,
            r#"2026-01-05T00:00:00.000Z #0 Order Refunded unknown user_id:7 {"order_id":"C3","revenue":-5,"currency":"EUR"} [{"price":5,"quantity":-1,"sku":"b"}]"#,
        ]
    );
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].sort();
    let (_, sorted_keys) = facts_of("orders.csv", (lines.join("\n") + "\n").as_bytes(), Some(&mapping));
    assert_eq!(together_keys, sorted_keys);

    let mut dropping = mapping;
    dropping.duplicates = segue::exchange::mapping::Duplicates::Drop;
    let folder = folder();
    let path = put(&folder, "orders.csv", text.as_bytes());
    let recognised = recognise(Input::of(&path).unwrap().remove(0), Some(&dropping), None).unwrap();
    let tally = collect(&recognised, None).unwrap().0.tally;
    assert_eq!((tally.rows, tally.facts, tally.grouped, tally.dropped), (5, 3, 1, 1));
    assert_eq!(tally.conflicts.get("country"), Some(&1));
}

#[test]
fn rows_without_an_id_are_told_apart_by_their_occurrence() {
    let rows = "user_id,timestamp,event\n1,2026-01-01,X\n1,2026-01-01,X\n2,2026-01-01,X\n";
    let (facts, once) = facts_of("a.csv", rows.as_bytes(), None);
    assert_eq!(facts.len(), 3);
    let mut distinct = once.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), 3, "two identical rows are two events");
    // Next month's overlapping export repeats them in another order, with one more.
    let later = "user_id,timestamp,event\n3,2026-02-01,X\n2,2026-01-01,X\n1,2026-01-01,X\n1,2026-01-01,X\n";
    let (_, again) = facts_of("b.csv", later.as_bytes(), None);
    assert_eq!(again.iter().filter(|key| once.contains(key)).count(), 3);
}

// ---------------------------------------------------------------------------------------------------------------------
// The whole program.

struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Self {
        Self { folder: folder() }
    }

    fn workspace(&self) -> PathBuf {
        self.folder.path().join("shop.db")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
        command.args(arguments).arg("-w").arg(self.workspace());
        command
    }

    /// The exit code and what the program said, as JSON.
    fn run(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let output = self.command(arguments).arg("--json").output().unwrap();
        let said = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            serde_json::Value::String(String::from_utf8_lossy(&output.stderr).into_owned())
        });
        (output.status.code().unwrap(), said)
    }

    fn counts(&self, arguments: &[&str]) -> (i32, [u64; 6]) {
        let (code, said) = self.run(arguments);
        let counts = &said["files"][0]["counts"];
        let names = ["rows", "accepted", "grouped", "merged", "superseded", "rejected"];
        (code, names.map(|name| counts[name].as_u64().unwrap_or_else(|| panic!("{said}"))))
    }

    fn sql<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        rusqlite::Connection::open(self.workspace()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_generators_files_import_without_a_mapping_and_twice_changes_nothing() {
    let shop = Shop::new();
    generator::write(shop.folder.path(), 1_000, 10_000, 20_260_630).unwrap();
    let (events, people) = (shop.folder.path().join("events.csv"), shop.folder.path().join("profiles.csv"));
    assert_eq!(shop.counts(&["import", text(&events)]), (0, [10_000, 10_000, 0, 0, 0, 0]));
    assert_eq!(shop.counts(&["import", text(&people)]), (0, [1_000, 1_000, 0, 0, 0, 0]));
    let (code, said) = shop.run(&["import", text(&events)]);
    assert_eq!((code, &said["files"][0]["already_imported"]), (0, &serde_json::Value::Bool(true)));
    // The same rows in another file: every one is known.
    let mut bytes = std::fs::read(&events).unwrap();
    bytes.extend(b"\n\n");
    let copy = put(&shop.folder, "copy.csv", &bytes);
    assert_eq!(shop.counts(&["import", text(&copy)]), (0, [10_000, 0, 0, 10_000, 0, 0]));
    let csv = std::fs::read_to_string(&events).unwrap();
    let plain: i64 = csv
        .lines()
        .skip(1)
        .filter_map(|line| line.rsplit(',').next().filter(|value| !value.is_empty()))
        .map(|value| value.replace('.', "").parse::<i64>().unwrap())
        .sum();
    let stored: i64 =
        shop.sql("SELECT sum(CAST(round(json_extract(properties, '$.value') * 100) AS INTEGER)) FROM event");
    assert_eq!(plain, stored);
    assert_eq!(shop.sql::<i64>("SELECT count(*) FROM event"), 10_000);
    let yes = std::fs::read_to_string(&people).unwrap().lines().filter(|line| line.contains(",1,")).count();
    assert_eq!(shop.sql::<i64>("SELECT count(*) FROM consent WHERE state = 4"), yes as i64);
    assert_eq!(shop.run(&["doctor"]).0, 0);
}

#[test]
fn the_generator_writes_the_reference_bytes() {
    let folder = folder();
    generator::write(folder.path(), 1_000, 10_000, 20_260_630).unwrap();
    let hash = |name: &str| {
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        segue::model::definition::ContentHash::of(&bytes).to_string().split_off(48)
    };
    assert_eq!(hash("profiles.csv"), "46f609072e151770");
    assert_eq!(hash("events.csv"), "52f3eb56914bd877");
}

#[test]
fn rejected_rows_are_corrected_and_imported_as_they_are() {
    let shop = Shop::new();
    let clean = "event_id;user_id;timestamp;event;note;value\n1;a;2026-01-01T00:00:00Z;X;plain;1\n2;b;2026-01-02T00:00:00Z;X;=1+1;2\n3;c;2026-01-03T00:00:00Z;X;\"x;\"\"y\"\"\";3\n4;d;2026-01-04T00:00:00Z;X;@z;4\n";
    let spoilt = clean
        .replace("2026-01-02T00:00:00Z", "2026-01-32")
        .replace(";3\n", ";3.00001\n")
        .replace("2026-01-04T00:00:00Z", "soon");
    let file = put(&shop.folder, "events.csv", spoilt.as_bytes());
    assert_eq!(shop.counts(&["import", text(&file)]), (1, [4, 1, 0, 0, 0, 3]));
    let rejects = shop.folder.path().join("events.csv.rejects.csv");
    let written = std::fs::read_to_string(&rejects).unwrap();
    golden("reject_file", &written);
    // Imported as it is, nothing is better: the same rows are rejected again, into a file of their own.
    assert_eq!(shop.counts(&["import", text(&rejects)]), (1, [3, 0, 0, 0, 0, 3]));
    let corrected = written
        .replace("2026-01-32", "2026-01-02T00:00:00Z")
        .replace(";3.00001\n", ";3\n")
        .replace(";soon;", ";2026-01-04T00:00:00Z;");
    let corrected = put(&shop.folder, "corrected.csv", corrected.as_bytes());
    assert_eq!(shop.counts(&["import", text(&corrected)]), (0, [3, 3, 0, 0, 0, 0]));
    // What was meant from the start is known completely, formulas included.
    let clean = put(&shop.folder, "clean.csv", clean.as_bytes());
    assert_eq!(shop.counts(&["import", text(&clean)]), (0, [4, 0, 0, 4, 0, 0]));
    assert_eq!(
        shop.sql::<String>("SELECT group_concat(json_extract(properties, '$.note'), ' ') FROM event"),
        "plain =1+1 x;\"y\" @z"
    );
}

#[test]
fn rejected_messages_are_corrected_and_imported_as_they_are() {
    let shop = Shop::new();
    let good =
        r#"{"type":"track","messageId":"1","event":"X","userId":"a","timestamp":"2026-01-01T00:00:00Z"}"#;
    let bad = r#"{"type":"track","messageId":"2","event":"X","userId":"a","timestamp":"noon"}"#;
    let file = put(&shop.folder, "m.ndjson", format!("{good}\n{bad}\n{{broken\n").as_bytes());
    assert_eq!(shop.counts(&["import", text(&file)]), (1, [3, 1, 0, 0, 0, 2]));
    let rejects = std::fs::read_to_string(shop.folder.path().join("m.ndjson.rejects.ndjson")).unwrap();
    golden("reject_messages", &rejects);
    let corrected = rejects.replace("\\\"noon\\\"", "\\\"2026-01-01T12:00:00Z\\\"");
    let corrected = put(&shop.folder, "m2.ndjson", corrected.as_bytes());
    assert_eq!(shop.counts(&["import", text(&corrected)]), (1, [2, 1, 0, 0, 0, 1]));
}

#[test]
fn orders_that_changed_supersede_and_profiles_that_did_not_merge() {
    let shop = Shop::new();
    let header = "order_id,customer_id,date,sku,quantity,price\n";
    let may = put(
        &shop.folder,
        "may.csv",
        format!("{header}1,a,2026-05-01,x,1,10\n1,a,2026-05-01,y,1,5\n2,b,2026-05-02,x,1,10\n").as_bytes(),
    );
    assert_eq!(shop.counts(&["import", text(&may)]), (0, [3, 2, 1, 0, 0, 0]));
    let june = put(&shop.folder, "june.csv", format!("{header}1,a,2026-05-01,x,2,10\n1,a,2026-05-01,y,1,5\n2,b,2026-05-02,x,1,10\n3,c,2026-06-01,x,1,10\n").as_bytes());
    assert_eq!(shop.counts(&["import", text(&june)]), (0, [4, 1, 1, 1, 1, 0]));
    assert_eq!(
        shop.sql::<i64>(
            "SELECT CAST(sum(json_extract(properties, '$.revenue')) AS INTEGER) FROM event WHERE superseded_by IS NULL"
        ),
        45
    );
    let people = put(&shop.folder, "people.csv", b"email,plan\na@example.org,gold\nb@example.org,silver\n");
    assert_eq!(shop.counts(&["import", text(&people)]), (0, [2, 2, 0, 0, 0, 0]));
    let people = put(&shop.folder, "people2.csv", b"email,plan\na@example.org,gold\nb@example.org,gold\n");
    assert_eq!(shop.counts(&["import", text(&people)]), (0, [2, 0, 0, 1, 1, 0]));
}

#[test]
fn a_rehearsal_changes_nothing_and_a_saved_mapping_imports_the_same() {
    let shop = Shop::new();
    let file = put(&shop.folder, "e.csv", b"user_id,timestamp,event,price\n1,2026-01-01,view_item,2.5\n1,2026-01-02,purchase,x\n1,bad,purchase,3\n2,2026-01-03,purchase,3\n");
    let map = shop.folder.path().join("map.toml");
    let (code, said) = shop.run(&["import", text(&file), "--dry-run", "--save-map", text(&map)]);
    assert_eq!(code, 1);
    let report = &said["files"][0];
    assert_eq!(report["seen"]["facts"], 3);
    assert_eq!(report["rejects"]["by_code"]["time-unreadable"], 1);
    assert_eq!(report["samples"].as_array().unwrap().len(), 3);
    assert!(report["batch"].is_null());
    assert!(!shop.workspace().exists(), "a rehearsal makes no workspace");
    assert!(!shop.folder.path().join("e.csv.rejects.csv").exists());
    assert_eq!(shop.counts(&["import", text(&file), "--map", text(&map)]), (1, [4, 3, 0, 0, 0, 1]));
}

#[test]
fn a_zip_of_several_exports_is_several_batches() {
    let shop = Shop::new();
    let events = b"event_id,user_id,timestamp,event\n1,a,2026-01-01,X\n";
    let people = b"email,plan\na@example.org,gold\n";
    let message =
        br#"{"type":"track","messageId":"1","event":"X","userId":"a","timestamp":"2026-01-01T00:00:00Z"}"#;
    let file = put(
        &shop.folder,
        "all.zip",
        &zipped(&[("a/events.csv", events), ("people.csv", people), ("m.json", message)]),
    );
    let (code, said) = shop.run(&["import", text(&file)]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(said["files"].as_array().unwrap().len(), 3);
    assert_eq!(shop.sql::<i64>("SELECT count(*) FROM batch WHERE state = 'complete' AND accepted = 1"), 3);
    let (code, said) = shop.run(&["import", text(&file)]);
    assert_eq!(
        (code, said["files"].as_array().unwrap().iter().all(|f| f["already_imported"] == true)),
        (0, true)
    );
}

#[test]
fn of_several_files_the_readable_ones_are_imported() {
    let shop = Shop::new();
    let events = b"event_id,user_id,timestamp,event\n1,a,2026-01-01,X\n";
    let file = put(&shop.folder, "all.zip", &zipped(&[("a.png", b"\x89PNG\0\0"), ("events.csv", events)]));
    let (code, said) = shop.run(&["import", text(&file)]);
    assert_eq!(code, 1, "{said}");
    assert!(said["files"][0]["error"].as_str().unwrap().contains("a.png: is not text"), "{said}");
    assert_eq!(said["files"][1]["counts"]["accepted"], 1);
}

#[test]
fn an_import_of_a_damaged_file_leaves_nothing() {
    let shop = Shop::new();
    let gz = gzip(&many_rows());
    let file = put(&shop.folder, "e.csv.gz", &gz[..gz.len() - 2_000]);
    let (code, said) = shop.run(&["import", text(&file)]);
    assert_eq!(code, 2);
    let message = said["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("the compressed file ends too early"), "{said}");
    assert_eq!(shop.sql::<i64>("SELECT count(*) FROM event"), 0);
    assert_eq!(shop.run(&["doctor"]).0, 0);
}

#[test]
fn a_cancelled_import_leaves_nothing() {
    let folder = folder();
    generator::write(folder.path(), 1_000, 100_000, 7).unwrap();
    let mut store = segue::store::Store::open_or_create(&folder.path().join("shop.db"), NOW).unwrap();
    let input = Input::of(&folder.path().join("events.csv")).unwrap().remove(0);
    let recognised = recognise(input, None, None).unwrap();
    let cancel = segue::work::Cancel::default();
    let mut rows = 0;
    let progress = |progress: &segue::work::Progress| {
        rows = progress.rows;
        cancel.cancel();
    };
    let mut watch = segue::work::import::Watch { progress, cancel: &cancel };
    let imported = segue::work::import::import(&mut store, &recognised, None, &mut watch).unwrap();
    assert!(imported.cancelled && imported.batch.is_none());
    assert!(0 < rows && rows < 100_000, "{rows}");
    assert!(store.batches().unwrap().is_empty());
    let again = segue::work::Cancel::default();
    let mut watch = segue::work::import::Watch { progress: |_: &segue::work::Progress| {}, cancel: &again };
    let imported = segue::work::import::import(&mut store, &recognised, None, &mut watch).unwrap();
    assert_eq!(imported.batch.unwrap().accounting.accepted, 100_000);
}

#[test]
fn whoever_unsubscribed_is_not_written_to() {
    let rows = "user_id,email,timestamp,event,channel\n7,Anne@example.org,2026-01-01,Unsubscribed,email\n8,,2026-01-02,Email Bounced,\n9,,2026-01-03,Unsubscribed,sms\n,,2026-01-03,Unsubscribed,sms\n";
    let message =
        r#"{"type":"track","event":"Email Marked as Spam","userId":"u","timestamp":"2026-01-01T00:00:00Z"}"#;
    let suppressions = |name: &str, bytes: &[u8]| {
        let folder = folder();
        let recognised =
            recognise(Input::of(&put(&folder, name, bytes)).unwrap().remove(0), None, None).unwrap();
        let (_, chunks) = collect(&recognised, None).unwrap();
        let all = chunks.iter().flat_map(|chunk| &chunk.suppressions);
        all.map(|s| format!("{} {} {}", s.identity, s.channel, s.reason.name())).collect::<Vec<_>>()
    };
    assert_eq!(
        suppressions("e.csv", rows.as_bytes()),
        [
            "email:anne@example.org email unsubscribed",
            "user_id:8 email bounced",
            "user_id:9 sms unsubscribed"
        ]
    );
    assert_eq!(suppressions("m.ndjson", message.as_bytes()), ["user_id:u email complained"]);
}

mod any_bytes {
    use super::*;
    use proptest::prelude::*;

    /// Reads bytes as a person would import them; whatever they are, the rows add up or a problem says why not.
    fn survives(bytes: &[u8], mapping: Option<&str>) {
        if bytes.is_empty() {
            return;
        }
        let said = complaint("file", bytes, mapping, None);
        assert!(!said.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn at_all(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            survives(&bytes, None);
        }

        #[test]
        fn that_look_like_a_table(
            rows in "user_id[,;]timestamp[,;]event[,;]value\n([0-9a-z\",;\r\n=+@./:é-]{0,60}\n){0,8}",
        ) {
            survives(rows.as_bytes(), None);
        }

        #[test]
        fn that_look_like_orders(rows in "id,who,date,qty\n([1-3]{0,1},[a-c]{0,1},2026-0[1-2]-[0-9]{2},[0-9\"x.,-]{0,4}\n){0,12}") {
            let mapping = "kind = \"events\"\nsource = \"s\"\nidentity = { user_id = \"who\" }\ntime = { column = \"date\" }\nevent = { name = \"Order Completed\" }\ngroup = { by = \"id\", items = { quantity = { column = \"qty\", type = \"number\" } }, totals = { units = [\"quantity\"] } }\n";
            survives(rows.as_bytes(), Some(mapping));
        }

        #[test]
        fn that_look_like_messages(
            start in "\\{\"type\":\"(track|identify|alias|page|batch)\"",
            rest in "[\\[\\]{}\":,a-z0-9\\\\\n]{0,120}",
        ) {
            survives(format!("{start}{rest}").as_bytes(), None);
        }

        #[test]
        fn as_a_mapping(text in "(kind = \"(events|profiles)\"\n)?(source = \"s\"\n)?[a-z=\"{}\\[\\]. \n]{0,100}") {
            let _ = Mapping::parse(&text);
        }
    }
}

#[test]
fn an_import_killed_at_any_moment_leaves_nothing_and_can_be_repeated() {
    let source = folder();
    generator::write(source.path(), 10_000, 200_000, 7).unwrap();
    let events = source.path().join("events.csv");
    let whole = {
        let shop = Shop::new();
        let start = std::time::Instant::now();
        assert_eq!(shop.counts(&["import", text(&events)]).0, 0);
        start.elapsed()
    };
    let mut killed = 0;
    for round in 0_u64..10 {
        let shop = Shop::new();
        let share = xxhash_rust::xxh3::xxh3_64(&round.to_le_bytes()) % 1_000;
        let mut child =
            shop.command(&["import", text(&events)]).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(share as f64 / 1_000.0));
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        if shop.workspace().exists() {
            let (code, said) = shop.run(&["doctor"]);
            assert_eq!(code, 0, "round {round}: {said}");
            let seen: i64 = shop.sql("SELECT count(*) FROM event");
            assert!(seen == 0 || seen == 200_000, "round {round}: {seen}");
        }
        let (code, said) = shop.run(&["import", text(&events)]);
        assert_eq!(code, 0, "round {round}: {said}");
        assert_eq!(shop.sql::<i64>("SELECT count(*) FROM event"), 200_000, "round {round}");
        assert_eq!(
            shop.sql::<i64>("SELECT count(*) FROM batch WHERE state = 'complete'"),
            1,
            "round {round}"
        );
        assert_eq!(shop.run(&["doctor"]).0, 0, "round {round}");
    }
    assert!(killed >= 5, "only {killed} of 10 imports were still running when killed");
}

// ---------------------------------------------------------------------------------------------------------------------
// Real data, read where it lies.

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    let mut stderr = std::io::stderr();
    writeln!(stderr, "skipped: {} is not here", path.display()).unwrap();
    None
}

fn kept(mapping: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/mappings").join(mapping)
}

fn raw(path: &Path, delimiter: u8) -> Vec<csv::StringRecord> {
    let file = flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap());
    csv::ReaderBuilder::new().delimiter(delimiter).from_reader(file).records().map(Result::unwrap).collect()
}

#[test]
fn a_real_order_history_adds_up() {
    let Some(file) = shared("online_retail/online_retail.csv.gz") else { return };
    let shop = Shop::new();
    let mapping = kept("online_retail.toml");
    let arguments = ["import", text(&file), "--map", text(&mapping)];
    let (code, said) = shop.run(&arguments);
    assert_eq!(code, 0, "{said}");
    let (counts, seen) = (&said["files"][0]["counts"], &said["files"][0]["seen"]);
    for (name, expected) in
        [("rows", 541_909), ("accepted", 25_900), ("grouped", 516_009), ("rejected", 0), ("anonymous", 3_710)]
    {
        assert_eq!(counts[name], expected, "{name}");
    }
    assert_eq!((&seen["identical"], &seen["without_identity"]), (&5_268.into(), &135_080.into()));
    assert_eq!(
        seen["names"],
        serde_json::json!({ "Debt Corrected": 3, "Order Completed": 20_725, "Order Refunded": 3_836, "Stock Corrected": 1_336 })
    );
    // The same rows through a mapping that says the same in other words: nothing new.
    let other =
        std::fs::read_to_string(&mapping).unwrap().replace("duplicates = \"keep\"", "short_rows = \"fill\"");
    let other = put(&shop.folder, "other.toml", other.as_bytes());
    let again = shop.counts(&["import", text(&file), "--map", text(&other)]);
    assert_eq!(again, (0, [541_909, 0, 516_009, 25_900, 0, 0]));
    assert_eq!(shop.run(&arguments).1["files"][0]["already_imported"], true);

    let rows = raw(&file, b',');
    let pence = |row: &csv::StringRecord| {
        let price: segue::model::Decimal = row[5].parse().unwrap();
        row[3].parse::<i128>().unwrap() * i128::from(price.scaled())
    };
    let plain: i128 = rows.iter().map(pence).sum();
    let stored: i64 = shop
        .sql("SELECT sum(CAST(round(json_extract(properties, '$.revenue') * 10000) AS INTEGER)) FROM event");
    assert_eq!(plain, i128::from(stored));
    assert_eq!(plain, 97_477_479_340, "9,747,747.934 GBP");
    let lines: i64 = shop.sql("SELECT sum(json_array_length(items)) FROM event");
    assert_eq!(lines, 541_909);
    let german: i64 =
        shop.sql("SELECT count(*) FROM event WHERE json_extract(properties, '$.country') = 'Germany'");
    let mut plain: Vec<&str> = rows.iter().filter(|row| &row[7] == "Germany").map(|row| &row[0]).collect();
    plain.sort_unstable();
    plain.dedup();
    assert_eq!(german, plain.len() as i64);
    let customers: i64 = shop.sql("SELECT count(DISTINCT identity) FROM event");
    assert_eq!(customers, 4_372);
    assert_eq!(shop.run(&["doctor"]).0, 0);
}

#[test]
fn a_real_clickstream_adds_up() {
    let Some(file) = shared("clickstream_uci_eshop/e-shop_clothing_2008.csv.gz") else { return };
    let shop = Shop::new();
    let mapping = kept("uci_eshop.toml");
    assert_eq!(
        shop.counts(&["import", text(&file), "--map", text(&mapping)]),
        (0, [165_474, 165_474, 0, 0, 0, 0])
    );
    let rows = raw(&file, b';');
    let prices: i64 = rows.iter().map(|row| row[11].parse::<i64>().unwrap()).sum();
    assert_eq!(shop.sql::<i64>("SELECT sum(json_extract(properties, '$.price')) FROM event"), prices);
    assert_eq!(shop.sql::<i64>("SELECT count(DISTINCT identity) FROM event"), 24_026);
    let first = shop.sql::<i64>("SELECT min(at) FROM event");
    assert_eq!(Time(first).to_string(), "2008-04-01T00:00:00.000Z");
    // The click number orders the clicks of a day: in the rows as in the file.
    let clicks = rows.iter().map(|row| row[3].parse::<i64>().unwrap()).sum::<i64>();
    assert_eq!(shop.sql::<i64>("SELECT sum(sequence) FROM event"), clicks);
}

#[test]
fn real_experiments_arrive_unit_by_unit() {
    let Some(file) = shared("hillstrom/hillstrom.csv.gz") else { return };
    let shop = Shop::new();
    let arguments = [
        "import",
        text(&file),
        "--as",
        "experiment",
        "--name",
        "email-test",
        "--variant",
        "segment",
        "--control",
        "No E-Mail",
        "--metric",
        "visit:proportion",
        "--metric",
        "spend:mean",
        "--covariate",
        "history",
    ];
    let (code, said) = shop.run(&arguments);
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        said["files"][0]["arms"],
        serde_json::json!([
            { "variant": "No E-Mail", "n": 21_306 },
            { "variant": "Womens E-Mail", "n": 21_387 },
            { "variant": "Mens E-Mail", "n": 21_307 },
        ])
    );
    assert_eq!(said["files"][0]["counts"]["accepted"], 64_000);
    let rows = raw(&file, b',');
    let visits = rows.iter().filter(|row| &row[9] == "1").count() as i64;
    assert_eq!(
        shop.sql::<i64>("SELECT CAST(sum(metric_values ->> '$[0]') AS INTEGER) FROM experiment_unit"),
        visits
    );
    let cents: i64 = rows.iter().map(|row| (row[11].parse::<f64>().unwrap() * 100.0).round() as i64).sum();
    assert_eq!(
        shop.sql::<i64>(
            "SELECT CAST(round(sum(metric_values ->> '$[1]') * 100) AS INTEGER) FROM experiment_unit"
        ),
        cents
    );
    assert_eq!(shop.run(&arguments).1["files"][0]["already_imported"], true);
    let (code, said) = shop.run(&[
        "import",
        text(&shared("cookie_cats/cookie_cats.csv.gz").unwrap()),
        "--as",
        "experiment",
        "--name",
        "retention",
        "--variant",
        "version",
        "--control",
        "gate_30",
        "--metric",
        "retention_7:proportion",
        "--unit",
        "userid",
    ]);
    assert_eq!((code, &said["files"][0]["arms"][1]["n"]), (0, &45_489.into()), "{said}");
}

#[test]
fn a_real_shop_export_needs_no_mapping() {
    let Some(file) = shared("exports/shopify/orders_export_devstore_pseudonymised.csv") else { return };
    let shop = Shop::new();
    let rejects = shop.folder.path().join("rejects.csv");
    let counts = shop.counts(&["import", text(&file), "--rejects", text(&rejects)]);
    assert_eq!(counts, (0, [67, 27, 40, 0, 0, 0]));
    let reader = csv::Reader::from_path(&file).unwrap().into_records().map(Result::unwrap);
    let total: f64 = reader.filter_map(|row| row[11].parse::<f64>().ok()).sum();
    let stored: f64 = shop.sql("SELECT sum(json_extract(properties, '$.total')) FROM event");
    assert!((total - stored).abs() < 0.001, "{total} {stored}");
}

#[test]
fn the_specifications_own_examples_are_taken() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/field/segment/spec_json");
    let Ok(entries) = std::fs::read_dir(&spec) else {
        writeln!(std::io::stderr(), "skipped: {} is not here", spec.display()).unwrap();
        return;
    };
    let mut lines = String::new();
    let mut count = 0;
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(&std::fs::read(&path).unwrap())
        else {
            continue;
        };
        let Some(object) = value.as_object_mut() else { continue };
        if object.get("type").is_none() {
            continue;
        }
        // Examples leave out what every library adds.
        object.entry("timestamp").or_insert("2026-01-01T00:00:00Z".into());
        if object.get("userId").is_none() && object.get("anonymousId").is_none() {
            object.insert("anonymousId".into(), "a".into());
        }
        writeln!(lines, "{value}").unwrap();
        count += 1;
    }
    assert!(count >= 18, "{count}");
    let (facts, _) = facts_of("spec.ndjson", lines.as_bytes(), None);
    assert!(facts.len() >= count);
}
