//! The workspace file under everything that can happen to it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use segue::model::consent::{
    Basis, Claim, ConsentRecord, ConsentState, Purpose, Suppression, SuppressionReason,
};
use segue::model::definition::{ContentHash, Kind};
use segue::model::fact::{EventKey, EventRow, FactChunk, IdentifyRow, Link, OnRepeat};
use segue::model::message::{HeldReason, Message, MessageState};
use segue::model::{BatchId, Channel, Decimal, Identity, Seed, Time};
use segue::store::{
    Batch, BatchKind, BatchMeta, BatchState, Begun, DecisionFact, Elsewhere, EnrollmentFact, ExposureFact,
    ImportedExperiment, ImportedMetric, MessageFact, MetricKind, RunMeta, Store, StoreError, UnitRow, Window,
    run_path,
};

const NOW: Time = Time(1_790_000_000_000);

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn meta(file: &str) -> BatchMeta {
    BatchMeta {
        kind: BatchKind::Import,
        file: file.to_owned(),
        sha256: Some(ContentHash::of(file.as_bytes())),
        mapping: Some("columns = {}".to_owned()),
        source: Some("shop".to_owned()),
    }
}

/// One row of a made-up file: key, what it says, who.
type Row = (u128, u64, Option<&'static str>);

fn chunk(rows: &[Row], on_repeat: OnRepeat) -> FactChunk {
    let mut chunk = FactChunk { rows: rows.len() as u64, ..FactChunk::default() };
    let (name, namespace) = (chunk.name("Order Completed"), chunk.namespace("email"));
    for (line, (key, says, who)) in rows.iter().enumerate() {
        let properties = chunk.push_str(&format!("{{\"status\":{says}}}"));
        let identity = who.map(|who| (namespace, chunk.push_str(who)));
        chunk.events.push(EventRow {
            key: EventKey(*key),
            content: *says,
            on_repeat,
            at: Time(1_000 + *key as i64),
            received: NOW,
            sequence: 0,
            name,
            channel: Channel::Web,
            identity,
            properties,
            items: 0..0,
            line: line as u64 + 2,
        });
    }
    chunk
}

fn import(store: &mut Store, file: &str, chunks: &[FactChunk]) -> Batch {
    let Begun::New(mut writer) = store.begin(&meta(file), NOW).unwrap() else { panic!("imported before") };
    for chunk in chunks {
        writer.write(chunk, NOW).unwrap();
    }
    writer.finish(Elsewhere::default(), NOW).unwrap()
}

fn says(store: &Store) -> Vec<String> {
    let mut says = Vec::new();
    store
        .for_each_event(&Window::ALL, |event| {
            says.push(event.properties.to_owned());
            ControlFlow::Continue(())
        })
        .unwrap();
    says.sort();
    says
}

fn healthy(store: &Store) {
    let health = store.health(NOW).unwrap();
    let bad: Vec<_> = health.checks.iter().filter(|check| !check.ok).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

fn code_of(error: &StoreError) -> &'static str {
    error.problem().map_or("operating", |problem| problem.code)
}

// ---- opening ----------------------------------------------------------------------------------------------------

/// Everything in a folder: names and bytes.
fn bytes_of(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Opening must fail with this text, and must not have changed a byte or left a file.
fn refuses(folder: &Path, path: &Path, message: &str) {
    let before = bytes_of(folder);
    for error in [Store::open(path, NOW).unwrap_err(), Store::open_read_only(path).unwrap_err()] {
        assert_eq!(error.to_string(), format!("{}: {message}", path.display()));
    }
    assert_eq!(bytes_of(folder), before, "opening changed something");
}

const UNTOUCHED: &str = "\n  help: it was left untouched; to bring its data in use `segue import FILE`, or name another workspace";

#[test]
fn foreign_files_are_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("x.db");
    refuses(
        folder.path(),
        &path,
        "there is no workspace here\n  help: import a file to begin one (`segue import FILE`), or look around first with `segue demo`",
    );
    std::fs::write(&path, "").unwrap();
    refuses(folder.path(), &path, &format!("this file is no Segue workspace: it is empty{UNTOUCHED}"));
    std::fs::write(&path, "name,email\nAnne,anne@example.com\n").unwrap();
    refuses(
        folder.path(),
        &path,
        &format!("this file is no Segue workspace: it is no SQLite database{UNTOUCHED}"),
    );
    std::fs::write(&path, b"SQLite format 3\0").unwrap();
    refuses(
        folder.path(),
        &path,
        &format!("this file is no Segue workspace: its header is cut off{UNTOUCHED}"),
    );
}

#[test]
fn another_programs_database_is_refused_without_leaving_a_log_beside_it() {
    let folder = folder();
    let path = folder.path().join("browser.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1);").unwrap();
    other.close().unwrap();
    refuses(
        folder.path(),
        &path,
        &format!("this file is no Segue workspace: it is the SQLite database of another program{UNTOUCHED}"),
    );
}

#[test]
fn a_folder_is_refused() {
    let folder = folder();
    refuses(
        folder.path(),
        folder.path(),
        "this is a folder, not a workspace\n  help: name a file in it, such as --workspace shop.db",
    );
    let error = Store::create(folder.path()).unwrap_err();
    assert_eq!(code_of(&error), "workspace-is-folder");
}

#[test]
fn a_newer_workspace_is_refused() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    drop(Store::create(&path).unwrap());
    let other = Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA user_version = 99").unwrap();
    other.close().unwrap();
    refuses(
        folder.path(),
        &path,
        "this workspace was written by a newer Segue (schema 99; this one knows up to 2)\n  help: it was left untouched; install the newer release to open it",
    );
}

#[test]
fn a_damaged_workspace_is_refused() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    drop(Store::create(&path).unwrap());
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    refuses(
        folder.path(),
        &path,
        "the workspace is damaged: the file is cut off\n  help: nothing was changed; restore a copy or one of the NAME.backup-vN.db files beside it",
    );
    let mut scribbled = whole.clone();
    scribbled[100..4000].fill(0xa5);
    std::fs::write(&path, &scribbled).unwrap();
    let error = Store::open(&path, NOW).unwrap_err();
    assert_eq!(code_of(&error), "workspace-corrupt", "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), scribbled);
}

#[test]
fn a_locked_workspace_is_reported_and_not_waited_for() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    drop(Store::create(&path).unwrap());
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; INSERT INTO source (name) VALUES ('x'); COMMIT;")
        .unwrap();
    let start = Instant::now();
    let error = Store::open(&path, NOW).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}: another program is holding the workspace locked\n  help: close the program that has it open (a database browser, a running import) and try again",
            path.display()
        )
    );
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[test]
fn a_write_beside_a_long_transaction_of_another_program_ends_in_a_problem() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(says(&store).len(), 0, "reading goes on");
    let error = store.define(Kind::Segment, "vip", "a", NOW).unwrap_err();
    assert_eq!(code_of(&error), "workspace-locked");
    other.execute_batch("ROLLBACK").unwrap();
    store.define(Kind::Segment, "vip", "a", NOW).unwrap();
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_refused_and_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    import(&mut store, "a.csv", &[chunk(&[(1, 1, None)], OnRepeat::Merge)]);
    for suffix in ["", "-wal", "-shm"] {
        let file = format!("{}{suffix}", path.display());
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    drop(store);
    let set = |mode| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o500);
    let errors =
        [Store::open(&path, NOW).unwrap_err(), Store::create(&folder.path().join("new.db")).unwrap_err()];
    set(0o700);
    let help = "copy the workspace to a folder you may write to, or name another with --workspace FILE";
    assert_eq!(
        errors.map(|error| error.to_string()),
        [
            format!("{}: the workspace's folder is read-only\n  help: {help}", path.display()),
            format!("{}/new.db: the folder is read-only\n  help: {help}", folder.path().display()),
        ]
    );
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let health = Store::open(&path, NOW).unwrap().health(NOW).unwrap();
    let check = health.checks.iter().find(|check| check.name == "permissions").unwrap();
    assert!(!check.ok);
    assert!(check.help.as_ref().unwrap().starts_with("chmod 600 "));
}

#[test]
fn creating_never_replaces_a_file() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    std::fs::write(&path, "precious").unwrap();
    assert_eq!(code_of(&Store::create(&path).unwrap_err()), "workspace-exists");
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    assert_eq!(bytes_of(folder.path()).len(), 1, "a draft was left behind");
}

fn make_private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let _ = path;
}

#[test]
fn a_file_of_schema_1_still_opens() {
    let folder = folder();
    let path = folder.path().join("old.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("store/v1.sql")).unwrap();
    old.close().unwrap();
    make_private(&path);
    let store = Store::open(&path, NOW).unwrap();
    assert_eq!(
        store.dump().unwrap(),
        include_str!("store/v1.txt"),
        "a workspace of the first release must keep saying the same"
    );
    healthy(&store);
}

#[test]
fn an_older_file_learns_the_names_of_newer_reasons_and_has_a_place_for_claims() {
    let folder = folder();
    let path = folder.path().join("old.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("store/v1.sql")).unwrap();
    old.execute("DELETE FROM code WHERE kind = 'held' AND id > 3", []).unwrap();
    old.close().unwrap();
    make_private(&path);
    let mut store = Store::open(&path, NOW).unwrap();
    let other = Connection::open(&path).unwrap();
    let named: i64 =
        other.query_row("SELECT count(*) FROM code WHERE kind = 'held'", [], |row| row.get(0)).unwrap();
    assert_eq!(named, HeldReason::ALL.len() as i64);
    assert!(store.claims().unwrap().is_empty());
    let claim = Claim {
        basis: Basis::OptIn,
        said_by: Some("Dora".to_owned()),
        channels: vec![Channel::Email],
        purpose: Purpose::Marketing,
        at: NOW,
    };
    let Begun::New(mut writer) = store.begin(&meta("people.csv"), NOW).unwrap() else { panic!("before") };
    writer.claim(&claim, NOW).unwrap();
    let bob = Identity::new("email", "bob@example.com");
    let claimed = vec![(Channel::Email, bob.clone()), (Channel::Sms, bob)];
    writer.write(&FactChunk { claimed, ..FactChunk::default() }, NOW).unwrap();
    let batch = writer.finish(Elsewhere::default(), NOW).unwrap();
    let claims = store.claims().unwrap();
    assert_eq!((claims.len(), claims[0].addresses, claims[0].batch), (1, 1, batch.id));
    assert_eq!(claims[0].said_by.as_deref(), Some("Dora"));
    let seen: i64 = other.query_row("SELECT count(*) FROM claims", [], |row| row.get(0)).unwrap();
    assert_eq!(seen, 1);
    healthy(&store);
    store.revert(batch.id, NOW).unwrap();
    assert!(store.claims().unwrap().is_empty());
    let left: i64 = other
        .query_row("SELECT count(*) FROM consent WHERE claim IS NOT NULL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
    healthy(&store);
}

// ---- batches ----------------------------------------------------------------------------------------------------

#[test]
fn the_same_file_twice_changes_nothing() {
    let folder = folder();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    let rows = chunk(&[(1, 10, Some("anne@example.com")), (2, 20, None), (3, 30, None)], OnRepeat::Merge);
    let first = import(&mut store, "a.csv", std::slice::from_ref(&rows));
    assert_eq!((first.accounting.accepted, first.accounting.anonymous), (3, 2));
    let (said, revision) = (store.dump().unwrap(), store.revision().unwrap());
    let Begun::Already(batch) = store.begin(&meta("a.csv"), NOW).unwrap() else { panic!("not recognised") };
    assert_eq!(batch.id, first.id);
    assert_eq!((store.batches().unwrap().len(), store.revision().unwrap()), (1, revision));
    // The same rows under another file name and hash: every one is known already.
    let again = import(&mut store, "b.csv", &[rows]);
    assert_eq!((again.accounting.rows, again.accounting.merged, again.accounting.accepted), (3, 3, 0));
    assert!(again.accounting.adds_up());
    assert_eq!(store.dump().unwrap(), said);
    healthy(&store);
}

#[test]
fn repeats_within_one_file_are_found_too() {
    let folder = folder();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    let batch = import(
        &mut store,
        "a.csv",
        &[
            chunk(&[(1, 1, None), (2, 2, None), (1, 1, None)], OnRepeat::Merge),
            chunk(&[(2, 2, None)], OnRepeat::Merge),
        ],
    );
    let a = batch.accounting;
    assert_eq!((a.rows, a.accepted, a.merged, a.anonymous), (4, 2, 2, 2));
    assert_eq!(says(&store).len(), 2);
}

#[test]
fn every_size_of_chunk_keeps_its_ids_in_order() {
    for count in [1, 2, 32, 33, 34, 64, 65, 97] {
        let folder = folder();
        let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
        let mut rows: Vec<Row> = (0..count).map(|key| (key, key as u64, None)).collect();
        // A repeat at the end, after the last full group.
        rows.push((0, 0, None));
        let facts = chunk(&rows, OnRepeat::Supersede);
        let batch = import(&mut store, "a.csv", &[facts.clone(), facts]);
        assert_eq!(batch.accounting.accepted, count as u64, "{count} rows");
        let mut ids = Vec::new();
        store
            .for_each_event(&Window::ALL, |event| {
                ids.push((event.id, event.at.0));
                ControlFlow::Continue(())
            })
            .unwrap();
        let expected: Vec<_> = (0..count as i64).map(|n| (n + 1, 1_000 + n)).collect();
        assert_eq!(ids, expected);
    }
}

#[test]
fn keys_that_share_their_lower_half_are_told_apart() {
    let folder = folder();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    let (one, other) = (1_u128 << 64 | 7, 2_u128 << 64 | 7);
    import(&mut store, "a.csv", &[chunk(&[(one, 1, None)], OnRepeat::Merge)]);
    let rows = [(other, 2, Some("b@example.com")), (one, 1, None), (other, 2, None), (3 << 64 | 7, 3, None)];
    let batch = import(&mut store, "b.csv", &[chunk(&rows, OnRepeat::Merge)]);
    let a = batch.accounting;
    assert_eq!((a.rows, a.accepted, a.merged, a.anonymous), (4, 2, 2, 1));
    assert_eq!(says(&store), ["{\"status\":1}", "{\"status\":2}", "{\"status\":3}"]);
    store.revert(batch.id, NOW).unwrap();
    assert_eq!(says(&store), ["{\"status\":1}"]);
    healthy(&store);
}

#[test]
fn a_newer_version_supersedes_and_a_revert_restores() {
    let folder = folder();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    let order = |says| chunk(&[(1, says, Some("anne@example.com"))], OnRepeat::Supersede);
    let june = import(&mut store, "june.csv", &[order(1)]);
    let july = import(&mut store, "july.csv", &[order(1), order(2), order(3)]);
    let a = july.accounting;
    assert_eq!((a.rows, a.accepted, a.merged, a.superseded), (3, 0, 1, 2));
    let august = import(&mut store, "august.csv", &[order(4)]);
    assert_eq!(says(&store), ["{\"status\":4}"]);
    // From the middle: the newest stays, and taking it back then shows the oldest.
    store.revert(july.id, NOW).unwrap();
    assert_eq!(says(&store), ["{\"status\":4}"]);
    store.revert(august.id, NOW).unwrap();
    assert_eq!(says(&store), ["{\"status\":1}"]);
    store.revert(june.id, NOW).unwrap();
    assert!(says(&store).is_empty());
    healthy(&store);
    let error = store.revert(june.id, NOW).unwrap_err();
    assert_eq!(code_of(&error), "batch-reverted");
    assert_eq!(code_of(&store.revert(BatchId(99), NOW).unwrap_err()), "batch-unknown");
}

#[test]
fn a_fact_that_a_later_batch_repeated_outlives_the_first() {
    let folder = folder();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    let rows = |keys: std::ops::Range<u128>| {
        let rows: Vec<Row> = keys.map(|key| (key, key as u64, Some("anne@example.com"))).collect();
        chunk(&rows, OnRepeat::Merge)
    };
    let first = import(&mut store, "a.csv", &[rows(0..10)]);
    let second = import(&mut store, "b.csv", &[rows(5..15)]);
    let third = import(&mut store, "c.csv", &[rows(8..9)]);
    assert_eq!((second.accounting.merged, third.accounting.merged), (5, 1));
    store.revert(first.id, NOW).unwrap();
    assert_eq!(says(&store).len(), 10);
    store.revert(second.id, NOW).unwrap();
    assert_eq!(says(&store), ["{\"status\":8}"]);
    store.revert(third.id, NOW).unwrap();
    assert!(says(&store).is_empty());
    let mut identities = 0;
    store
        .for_each_identity(|_| {
            identities += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(identities, 0, "a reverted import leaves no address behind");
    healthy(&store);
    // Taken back, it can come again.
    assert_eq!(import(&mut store, "a.csv", &[rows(0..10)]).state, BatchState::Complete);
    assert_eq!(says(&store).len(), 10);
}

#[test]
fn a_repeated_newer_version_keeps_what_it_replaced_hidden() {
    let folder = folder();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    let order = |says| chunk(&[(1, says, None)], OnRepeat::Supersede);
    import(&mut store, "june.csv", &[order(1)]);
    let july = import(&mut store, "july.csv", &[order(2)]);
    let august = import(&mut store, "august.csv", &[order(2)]);
    store.revert(july.id, NOW).unwrap();
    assert_eq!(says(&store), ["{\"status\":2}"]);
    store.revert(august.id, NOW).unwrap();
    assert_eq!(says(&store), ["{\"status\":1}"]);
    healthy(&store);
}

/// Whatever is imported and taken back, in any order, the workspace says what the remaining batches alone would have
/// made it say.
#[test]
fn any_history_of_imports_and_reverts_equals_the_imports_that_remain() {
    let (seed, draw) = (Seed(20_260_630), segue::model::Draw::of("history"));
    for round in 0..40_u64 {
        let folder = folder();
        let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
        let mut occurrence = 0;
        let mut next = |below: u64| {
            occurrence += 1;
            seed.bits(round, draw, occurrence) % below
        };
        let mut remaining: Vec<(BatchId, Vec<(u64, u64)>)> = Vec::new();
        for step in 0..14 {
            if step > 2 && next(3) == 0 && !remaining.is_empty() {
                let (id, _) = remaining.remove(next(remaining.len() as u64) as usize);
                store.revert(id, NOW).unwrap();
            } else {
                let rows: Vec<(u64, u64)> = (0..next(6) + 1).map(|_| (next(4), next(3))).collect();
                let facts: Vec<Row> =
                    rows.iter().map(|(key, says)| (u128::from(*key), *says, None)).collect();
                let batch = import(&mut store, &format!("{step}.csv"), &[chunk(&facts, OnRepeat::Supersede)]);
                assert!(batch.accounting.adds_up());
                remaining.push((batch.id, rows));
            }
            let mut expected = std::collections::BTreeMap::new();
            expected.extend(remaining.iter().flat_map(|(_, rows)| rows).copied());
            let mut seen = std::collections::BTreeMap::new();
            store
                .for_each_event(&Window::ALL, |event| {
                    let says: u64 = event.properties[10..11].parse().unwrap();
                    assert_eq!(
                        seen.insert(event.at.0 as u64 - 1_000, says),
                        None,
                        "two versions are visible"
                    );
                    ControlFlow::Continue(())
                })
                .unwrap();
            assert_eq!(seen, expected, "round {round}, step {step}");
        }
        healthy(&store);
    }
}

#[test]
fn every_kind_of_fact_comes_back_as_it_was_written() {
    let folder = folder();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    let batch = write_everything(&mut store);
    // The dump kept for the next schema version (tests/store/vN.sql) is made from the file this leaves.
    if let Ok(keep) = std::env::var("SEGUE_KEEP_WORKSPACE") {
        Connection::open(store.path()).unwrap().execute("VACUUM INTO ?1", [keep]).unwrap();
    }
    assert_eq!(batch.accounting.accepted, 3);
    let arm =
        |kind: &str, text: &str| store.terms(kind).unwrap().into_iter().find(|t| t.1 == text).unwrap().0;
    let mut passages = 0;
    store
        .for_each_decision(&Window::ALL, |d| {
            assert_eq!((d.at, d.propensity.to_bits(), d.trace), (Time(2_100), 0.5_f64.to_bits(), "[]"));
            assert_eq!(
                (d.experience, d.variant),
                (None, Some((arm("experiment", "hero"), arm("variant", "B"))))
            );
            passages += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    store
        .for_each_enrollment(&Window::ALL, |e| {
            assert_eq!((e.entered, e.version, e.exited, e.outcome), (Time(1_900), 1, None, ""));
            assert_eq!((e.journey, e.step), (arm("journey", "onboarding"), arm("step", "wait")));
            passages += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(passages, 2);
    assert_eq!(store.dump().unwrap(), include_str!("store/v1.txt"));
    healthy(&store);
    store.revert(batch.id, NOW).unwrap();
    assert_eq!(store.dump().unwrap(), "");
    healthy(&store);
}

fn write_everything(store: &mut Store) -> Batch {
    let anne = Identity::new("email", "anne@example.com");
    let mut facts = chunk(&[(1, 10, Some("anne@example.com"))], OnRepeat::Supersede);
    let (namespace, value) = (facts.namespace("email"), facts.push_str("anne@example.com"));
    let traits = facts.push_str("{\"country\":\"DE\"}");
    facts.identifies.push(IdentifyRow {
        key: EventKey(9),
        content: 1,
        on_repeat: OnRepeat::Supersede,
        at: Time(500),
        received: NOW,
        identity: (namespace, value),
        traits,
        line: 3,
    });
    facts.links.push(Link { a: anne.clone(), b: Identity::new("user_id", "17"), at: Time(600) });
    facts.consents.push(ConsentRecord {
        identity: anne.clone(),
        channel: Channel::Email,
        purpose: Purpose::Marketing,
        state: ConsentState::Granted,
        at: Time(700),
        expires: None,
        basis: "opt-in".to_owned(),
    });
    facts.suppressions.push(Suppression {
        identity: Identity::new("email", "bob@example.com"),
        channel: Channel::Email,
        reason: SuppressionReason::Bounced,
        at: Time(800),
    });
    facts.rows = 3;
    let Begun::New(mut writer) = store.begin(&meta("all.ndjson"), NOW).unwrap() else { panic!("before") };
    writer.write(&facts, NOW).unwrap();
    let message = Message {
        at: Time(2_000),
        channel: Channel::Email,
        purpose: Purpose::Marketing,
        experience: "welcome".to_owned(),
        journey: Some("onboarding".to_owned()),
        categories: vec!["news".to_owned()],
        state: MessageState::Held,
        held: Some(HeldReason::Cap),
        updated: Time(2_000),
    };
    writer.messages(&[MessageFact { identity: anne.clone(), message, definition: None }], NOW).unwrap();
    let exposure = ExposureFact {
        identity: anne.clone(),
        at: Time(2_100),
        experiment: "hero".to_owned(),
        variant: "B".to_owned(),
        definition: Some(ContentHash::of(b"hero")),
    };
    writer.exposures(&[exposure], NOW).unwrap();
    let decision = DecisionFact {
        identity: anne.clone(),
        at: Time(2_100),
        placement: "home.hero".to_owned(),
        experience: None,
        variant: Some(("hero".to_owned(), "B".to_owned())),
        propensity: 0.5,
        trace: "[]".to_owned(),
        definition: None,
    };
    writer.decisions(&[decision], NOW).unwrap();
    let enrollment = EnrollmentFact {
        identity: anne,
        journey: "onboarding".to_owned(),
        version: 1,
        entered: Time(1_900),
        step: "wait".to_owned(),
        exited: None,
        outcome: None,
        definition: None,
    };
    writer.enrollments(&[enrollment], NOW).unwrap();
    writer.finish(Elsewhere { ledgers: 1, ..Elsewhere::default() }, NOW).unwrap()
}

#[test]
fn windows_filter_on_happened_and_on_learned() {
    let folder = folder();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    let mut rows = chunk(&[(1, 1, None), (2, 2, None), (3, 3, None)], OnRepeat::Merge);
    rows.events[1].received = Time(5_000);
    import(&mut store, "a.csv", &[rows]);
    let seen = |window: Window| {
        let mut seen = Vec::new();
        store
            .for_each_event(&window, |event| {
                seen.push(event.at.0 - 1_000);
                ControlFlow::Continue(())
            })
            .unwrap();
        seen
    };
    assert_eq!(seen(Window::ALL), [1, 2, 3]);
    assert_eq!(seen(Window { before: Time(1_003), ..Window::ALL }), [1, 2]);
    assert_eq!(seen(Window { known_before: Time(5_001), ..Window::ALL }), [2]);
    assert_eq!(seen(Window { after_id: 2, ..Window::ALL }), [3]);
    assert_eq!(store.newest_event().unwrap(), Some(Time(1_003)));
}

// ---- death and company ------------------------------------------------------------------------------------------

fn many(from: u128, count: u128) -> FactChunk {
    let rows: Vec<Row> =
        (from..from + count).map(|key| (key, key as u64, Some("anne@example.com"))).collect();
    chunk(&rows, OnRepeat::Supersede)
}

#[test]
fn an_import_dropped_in_the_middle_leaves_nothing() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    import(&mut store, "first.csv", &[chunk(&[(1, 1, None), (2, 2, None)], OnRepeat::Supersede)]);
    let said = store.dump().unwrap();
    let Begun::New(mut writer) = store.begin(&meta("second.csv"), NOW).unwrap() else { panic!("before") };
    // A superseding row and more than one transaction.
    writer.write(&chunk(&[(1, 100, Some("bob@example.com"))], OnRepeat::Supersede), NOW).unwrap();
    writer.write(&many(10, 60_000), NOW).unwrap();
    writer.write(&many(100_000, 10), NOW).unwrap();
    drop(writer);
    assert_eq!(store.dump().unwrap(), said, "visible before it was complete");
    drop(store);
    let store = Store::open(&path, NOW).unwrap();
    assert_eq!(store.recovered().len(), 1);
    assert_eq!(store.dump().unwrap(), said);
    assert_eq!(store.event_rows().unwrap(), 2);
    healthy(&store);
}

#[test]
fn the_doctor_finds_facts_of_nobody_and_dead_imports_it_may_not_clear() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    write_everything(&mut store);
    let other = Connection::open(&path).unwrap();
    let bad = |store: &Store| -> Vec<(&'static str, String)> {
        let health = store.health(NOW).unwrap();
        health.checks.into_iter().filter(|check| !check.ok).map(|check| (check.name, check.finding)).collect()
    };
    assert_eq!(bad(&store), []);
    other.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM identity WHERE value = '17'").unwrap();
    let finding = "1 rows name a batch or an identity that does not exist".to_owned();
    assert_eq!(bad(&store), [("references", finding)]);
    other.execute_batch("INSERT INTO identity VALUES (2, 3, '17')").unwrap();
    other
        .execute_batch(
            "INSERT INTO batch (kind, file, state, started) VALUES ('import', 'dead.csv', 'loading', 0)",
        )
        .unwrap();
    let reader = Store::open_read_only(&path).unwrap();
    assert_eq!(bad(&reader), [("leftovers", "1 unfinished import(s), invisible".to_owned())]);
    assert_eq!(bad(&Store::open(&path, NOW).unwrap()), []);
}

#[test]
fn an_interrupted_revert_goes_on_at_the_next_opening() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    import(&mut store, "first.csv", &[chunk(&[(1, 1, None)], OnRepeat::Merge)]);
    let said = store.dump().unwrap();
    let second = import(&mut store, "second.csv", &[many(10, 1_000)]);
    drop(store);
    // As a process leaves it that died between hiding the batch and removing its rows.
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("UPDATE batch SET state = 'reverting' WHERE id = 2; DELETE FROM event WHERE id = 500")
        .unwrap();
    other.close().unwrap();
    assert_eq!(Store::open_read_only(&path).unwrap().dump().unwrap(), said);
    let store = Store::open(&path, NOW).unwrap();
    assert!(!store.recovered()[0].import);
    assert_eq!((store.event_rows().unwrap(), store.dump().unwrap()), (1, said));
    assert_eq!(store.batch(second.id).unwrap().state, BatchState::Reverted);
    healthy(&store);
}

#[test]
fn abandoning_restores_at_once() {
    let folder = folder();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    import(&mut store, "first.csv", &[chunk(&[(1, 1, None)], OnRepeat::Supersede)]);
    let said = store.dump().unwrap();
    let Begun::New(mut writer) = store.begin(&meta("second.csv"), NOW).unwrap() else { panic!("before") };
    writer.write(&many(1, 60_000), NOW).unwrap();
    writer.abandon(NOW).unwrap();
    assert_eq!((store.dump().unwrap(), store.batches().unwrap().len()), (said, 1));
    healthy(&store);
    assert_eq!(import(&mut store, "second.csv", &[many(1, 10)]).accounting.superseded, 0);
}

#[test]
fn one_writer_at_a_time_and_a_dead_one_lets_go() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    let mut other = Store::open(&path, NOW).unwrap();
    let Begun::New(mut writer) = store.begin(&meta("a.csv"), NOW).unwrap() else { panic!("before") };
    writer.write(&many(0, 60_000), NOW).unwrap();
    let error = other.begin(&meta("b.csv"), NOW).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "process {} is writing to this workspace (importing a.csv)\n  help: wait until it is done; if it died, the lease lapses by itself within two minutes",
            std::process::id()
        )
    );
    // The lease lapses; the next writer clears up, and the one that slept finds out before it writes a row.
    let later = Time(NOW.0 + 600_000);
    let Begun::New(second) = other.begin(&meta("b.csv"), later).unwrap() else { panic!("before") };
    let error = writer.write(&many(100_000, 10), later).unwrap_err();
    assert_eq!(code_of(&error), "lease-lost");
    drop(writer);
    assert_eq!(second.finish(Elsewhere::default(), later).unwrap().accounting.rows, 0);
    assert_eq!(other.event_rows().unwrap(), 0);
    healthy(&other);
}

#[test]
fn readers_and_small_writers_live_beside_an_import() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    import(&mut store, "first.csv", &[many(0, 100)]);
    let reader = store.reader().unwrap();
    let version = reader.data_version().unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let chunks: Vec<_> = (1..31).map(|n| many(n * 10_000, 10_000)).collect();
            import(&mut store, "second.csv", &chunks)
        });
        let console = scope.spawn(|| {
            let mut console = Store::open(&path, NOW).unwrap();
            for version in 1..=20 {
                let text = format!("country = \"DE\" # {version}");
                console.define(Kind::Segment, "german", &text, NOW).unwrap();
            }
        });
        while !writer.is_finished() {
            let seen = says(&reader).len();
            assert!(seen == 100 || seen == 300_100, "half an import was visible: {seen}");
        }
        console.join().unwrap();
        assert_eq!(writer.join().unwrap().accounting.accepted, 300_000);
    });
    assert_ne!(reader.data_version().unwrap(), version);
    assert_eq!(says(&reader).len(), 300_100);
    assert_eq!(reader.definition(Kind::Segment, "german").unwrap().unwrap().definition.version, 20);
    assert_eq!(reader.changes_since(1).unwrap().len(), 21);
}

const CHILD: &str = "SEGUE_TEST_KILLED_IMPORT";

/// Not a test of its own: the process that `an_import_killed_at_any_moment` kills.
#[test]
fn imports_until_killed() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let mut store = Store::open(Path::new(&path), NOW).unwrap();
    let Begun::New(mut writer) = store.begin(&meta("big.csv"), NOW).unwrap() else { panic!("before") };
    for n in 0.. {
        // The first chunk changes orders of the first batch; then new ones follow.
        writer.write(&many(n * 5_000, 5_000), NOW).unwrap();
    }
}

#[test]
fn an_import_killed_at_any_moment_leaves_nothing_visible() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    let orders: Vec<Row> = (0..500).map(|key| (key, 1_000_000, Some("bob@example.com"))).collect();
    import(&mut store, "first.csv", &[chunk(&orders, OnRepeat::Supersede)]);
    let said = store.dump().unwrap();
    drop(store);
    let mut interrupted = 0;
    for round in 0..10_u64 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "imports_until_killed"])
            .env(CHILD, &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let wait = 15 + Seed(7).bits(round, segue::model::Draw::of("kill"), 0) % 500;
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(&path, NOW).unwrap();
        interrupted += store.recovered().len();
        assert_eq!(store.dump().unwrap(), said, "round {round}, killed after {wait} ms");
        assert_eq!(store.batches().unwrap().len(), 1, "round {round}");
        healthy(&store);
    }
    assert!(interrupted >= 5, "only {interrupted} of ten were killed in the middle of an import");
    let mut store = Store::open(&path, NOW).unwrap();
    let whole = import(&mut store, "big.csv", &[many(0, 5_000), many(5_000, 5_000)]);
    assert_eq!((whole.accounting.superseded, whole.accounting.accepted), (500, 9_500));
    store.revert(whole.id, NOW).unwrap();
    assert_eq!(store.dump().unwrap(), said);
    healthy(&store);
}

// ---- definitions, experiments, runs -----------------------------------------------------------------------------

#[test]
fn definitions_only_ever_grow() {
    let folder = folder();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    store.define(Kind::Segment, "vip", "a", NOW).unwrap();
    store.define(Kind::Segment, "vip", "a", NOW).unwrap();
    let second = store.define(Kind::Segment, "vip", "b", NOW).unwrap();
    store.define(Kind::Journey, "vip", "c", NOW).unwrap();
    assert_eq!(second.definition.version, 2);
    assert_eq!(store.definition(Kind::Segment, "vip").unwrap(), Some(second));
    let texts: Vec<_> = store
        .definition_history(Kind::Segment, "vip")
        .unwrap()
        .into_iter()
        .map(|d| d.definition.text)
        .collect();
    assert_eq!(texts, ["a", "b"]);
    assert_eq!(store.definitions(Kind::Segment).unwrap().len(), 1);
    let old = store.definition_by_hash(&ContentHash::of(b"a")).unwrap().unwrap();
    assert_eq!((old.definition.version, old.definition.kind), (1, Kind::Segment));
}

#[test]
fn imported_experiments_keep_every_unit() {
    let folder = folder();
    let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
    let experiment = ImportedExperiment {
        name: "email-test".to_owned(),
        unit: "row".to_owned(),
        variants: vec!["No E-Mail".to_owned(), "Mens".to_owned()],
        control: 0,
        metrics: vec![
            ImportedMetric { name: "visit".to_owned(), kind: MetricKind::Proportion, covariate: false },
            ImportedMetric { name: "history".to_owned(), kind: MetricKind::Mean, covariate: true },
        ],
    };
    let Begun::New(mut writer) = store.begin(&meta("h.csv"), NOW).unwrap() else { panic!("before") };
    let number = writer.experiment(&experiment, NOW).unwrap();
    let units = [
        ("1", 0, [Some(Decimal::ONE), Some(Decimal::from_scaled(i64::MAX))]),
        ("2", 1, [Some(Decimal::ZERO), None]),
    ];
    for (unit, variant, values) in &units {
        writer.unit(number, &UnitRow { unit, variant: *variant, values }, NOW).unwrap();
    }
    let batch = writer.finish(Elsewhere { ledgers: 2, ..Elsewhere::default() }, NOW).unwrap();
    assert_eq!(store.experiments().unwrap(), [(batch.id, experiment.clone())]);
    let mut seen = Vec::new();
    store
        .for_each_unit("email-test", |row| seen.push((row.unit.to_owned(), row.variant, row.values.to_vec())))
        .unwrap();
    let expected: Vec<_> =
        units.iter().map(|(unit, variant, v)| ((*unit).to_owned(), *variant, v.to_vec())).collect();
    assert_eq!(seen, expected);
    let Begun::New(mut writer) = store.begin(&meta("again.csv"), NOW).unwrap() else { panic!("before") };
    assert_eq!(code_of(&writer.experiment(&experiment, NOW).unwrap_err()), "experiment-exists");
    writer.abandon(NOW).unwrap();
    store.revert(batch.id, NOW).unwrap();
    assert!(store.experiments().unwrap().is_empty());
}

#[test]
fn a_run_is_a_file_of_its_own_and_is_forgotten_by_deleting_it() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    let meta_of_run = RunMeta {
        seed: Seed(u64::MAX),
        world: "spring".to_owned(),
        world_hash: ContentHash::of(b"spring"),
        definitions: vec![ContentHash::of(b"a"), ContentHash::of(b"b")],
    };
    let (id, mut run) = store.create_run(&meta_of_run, NOW).unwrap();
    write_everything(&mut run);
    drop(run);
    assert_eq!(store.dump().unwrap(), "", "simulated facts must stay out of the workspace");
    assert_eq!(store.runs().unwrap()[0].meta, meta_of_run);
    assert_eq!(store.open_run(id).unwrap().dump().unwrap(), include_str!("store/v1.txt"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("shop.runs")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    store.delete_run(id, NOW).unwrap();
    assert!(!run_path(&path, id).exists());
    assert!(store.runs().unwrap().is_empty());
}

#[test]
fn the_views_read_well_in_any_tool() {
    let folder = folder();
    let path = folder.path().join("shop.db");
    let mut store = Store::create(&path).unwrap();
    write_everything(&mut store);
    let other = Connection::open(&path).unwrap();
    let row: (String, String, String) = other
        .query_row("SELECT name, namespace || ':' || identity, channel FROM events", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!(row, ("Order Completed".to_owned(), "email:anne@example.com".to_owned(), "web".to_owned()));
    let count = |view: &str| -> i64 {
        other.query_row(&format!("SELECT count(*) FROM {view}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(["events", "profiles_said", "consents", "messages"].map(count), [1, 1, 1, 1]);
}
