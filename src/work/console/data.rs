//! What the Data screen shows of a workspace's batches.

use std::path::Path;
use std::sync::Arc;

use super::desk::problem_of;
use crate::exchange::rejects::{Told, told};
use crate::exchange::{Input, Mapping, MappingKind};
use crate::model::Problem;
use crate::panel::Answers;
use crate::panel::data::{self, Data};
use crate::panel::figures;
use crate::store::{Batch, BatchKind, BatchState, Standing, Store, StoreError};

/// The screen over a workspace's batches.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn data_of(store: &Store) -> Result<Data, StoreError> {
    let batches = store.batches()?;
    // As long as nothing replaced anything and every batch brought one kind of fact, what was accepted is what is there,
    // and nobody has to count.
    let counted = batches.iter().filter(|batch| is_visible(batch)).any(needs_counting);
    let standing = if counted { store.standing()? } else { batches.iter().map(accepted).collect() };
    Ok(screen(&batches, &standing))
}

/// What the data of a workspace can answer, or why that cannot be said.
pub(super) fn answers_of(
    store: Option<&Store>,
    name: &str,
    beside_a_run: bool,
) -> Result<Arc<Answers>, Problem> {
    let Some(store) = store else {
        return Err(Problem::new("answers-no-workspace", "no workspace is open, so there is no data to ask"));
    };
    match crate::work::answers::answers(store, name, None) {
        Ok(answers) if beside_a_run => Ok(Arc::new(answers.beside_a_run())),
        Ok(answers) => Ok(Arc::new(answers)),
        Err(error) => Err(problem_of(&error)),
    }
}

fn is_visible(batch: &Batch) -> bool {
    batch.state == BatchState::Complete
}

/// Whether a batch's accounting leaves open how many events and people it brought: newer versions replace older ones, and
/// messages without a mapping are of several kinds.
fn needs_counting(batch: &Batch) -> bool {
    batch.accounting.superseded > 0 || batch.mapping.is_none()
}

fn accepted(batch: &Batch) -> Standing {
    let a = batch.accounting;
    match brings_people(batch) {
        true => Standing { batch: batch.id, events: 0, anonymous: 0, people: a.accepted },
        false => Standing { batch: batch.id, events: a.accepted, anonymous: a.anonymous, people: 0 },
    }
}

fn screen(batches: &[Batch], standing: &[Standing]) -> Data {
    let rows: Vec<data::Batch> = batches.iter().rev().map(row).collect();
    let visible =
        |standing: &&Standing| batches.iter().any(|batch| batch.id == standing.batch && is_visible(batch));
    let sources = sources(batches, standing);
    Data {
        sentence: sentence(batches, sources.len()),
        sources,
        batches: rows,
        without_identity: standing.iter().filter(visible).map(|standing| standing.anonymous).sum(),
    }
}

/// `3 imports from 2 sources, 1 test, 1 taken back.`
fn sentence(batches: &[Batch], sources: usize) -> String {
    let count = |kept: &dyn Fn(&Batch) -> bool| batches.iter().filter(|batch| kept(batch)).count() as u64;
    let imports = count(&|batch| is_visible(batch) && batch.kind != BatchKind::Experiment);
    let tests = count(&|batch| is_visible(batch) && batch.kind == BatchKind::Experiment);
    let back = count(&|batch| matches!(batch.state, BatchState::Reverted | BatchState::Reverting));
    let mut said = Vec::new();
    if imports > 0 {
        said.push(format!(
            "{} from {}",
            figures::plural(imports, "import", "imports"),
            figures::plural(sources as u64, "source", "sources")
        ));
    }
    if tests > 0 {
        said.push(figures::plural(tests, "finished test", "finished tests"));
    }
    if back > 0 {
        said.push(format!("{} taken back", figures::plural(back, "import", "imports")));
    }
    if said.is_empty() { String::new() } else { format!("{}.", said.join(", ")) }
}

fn row(batch: &Batch) -> data::Batch {
    let rejects = rejects(batch);
    data::Batch {
        id: batch.id,
        source: batch.source.clone().unwrap_or_else(|| "not named".to_owned()),
        file: base_name(&batch.file),
        at: batch.started,
        reverted: matches!(batch.state, BatchState::Reverted | BatchState::Reverting),
        accounting: batch.accounting,
        reject_file: rejects.as_ref().map(|rejects| rejects.file.display().to_string()),
        reasons: rejects.map(|rejects| rejects.reasons).unwrap_or_default(),
    }
}

/// What the reject file beside the import still says; none where nothing was rejected or the file was moved away.
fn rejects(batch: &Batch) -> Option<Told> {
    if batch.accounting.rejected == 0 || !is_visible(batch) {
        return None;
    }
    let (path, member) = match batch.file.split_once(" > ") {
        Some((path, member)) => (path, Some(member)),
        None => (batch.file.as_str(), None),
    };
    ["csv", "ndjson"]
        .iter()
        .find_map(|extension| told(&Input::rejects_beside(Path::new(path), member, extension)))
}

/// Visible batches by the source they came from. Finished tests bring units, neither people nor events.
fn sources(batches: &[Batch], standing: &[Standing]) -> Vec<data::Source> {
    let mut sources: Vec<data::Source> = Vec::new();
    for batch in batches.iter().filter(|batch| is_visible(batch) && batch.kind != BatchKind::Experiment) {
        let name = batch.source.clone().unwrap_or_else(|| "not named".to_owned());
        let index = sources.iter().position(|source| source.name == name).unwrap_or_else(|| {
            sources.push(data::Source { name, ..data::Source::default() });
            sources.len() - 1
        });
        let (Some(source), Some(standing)) =
            (sources.get_mut(index), standing.iter().find(|standing| standing.batch == batch.id))
        else {
            continue;
        };
        source.events += standing.events;
        if standing.people > 0 || brings_people(batch) {
            source.people = Some(source.people.unwrap_or(0) + standing.people);
        }
    }
    sources
}

/// Whether a batch's mapping makes people of rows.
fn brings_people(batch: &Batch) -> bool {
    let mapping = batch.mapping.as_deref().map(Mapping::parse);
    matches!(mapping, Some(Ok(mapping)) if mapping.kind == MappingKind::Profiles)
}

fn base_name(file: &str) -> String {
    Path::new(file).file_name().map_or_else(|| file.to_owned(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fact::Accounting;
    use crate::model::{BatchId, Time};

    fn batch(id: i64, state: BatchState, accounting: Accounting) -> Batch {
        Batch {
            id: BatchId(id),
            kind: BatchKind::Import,
            file: "orders.csv".to_owned(),
            sha256: None,
            mapping: None,
            source: Some("till".to_owned()),
            state,
            started: Time(0),
            completed: None,
            accounting,
        }
    }

    #[test]
    fn what_was_taken_back_counts_nowhere() {
        let accounting = Accounting { rows: 9, accepted: 9, anonymous: 4, ..Accounting::default() };
        let both = [batch(1, BatchState::Reverted, accounting), batch(2, BatchState::Complete, accounting)];
        let standing: Vec<Standing> = both.iter().map(accepted).collect();
        let shown = screen(&both, &standing);
        assert_eq!((shown.without_identity, shown.sources[0].events), (4, 9));
        assert_eq!(shown.sentence, "1 import from 1 source, 1 import taken back.");
        let gone = screen(&both[..1], &standing);
        assert_eq!(gone.sentence, "1 import taken back.");
        assert_eq!((gone.without_identity, gone.sources.len()), (0, 0));
        assert_eq!(screen(&[], &[]).sentence, "");
    }

    #[test]
    fn a_finished_test_is_no_source_of_events() {
        let accounting = Accounting { rows: 9, accepted: 9, ..Accounting::default() };
        let test = Batch { kind: BatchKind::Experiment, ..batch(1, BatchState::Complete, accounting) };
        let shown = screen(std::slice::from_ref(&test), &[accepted(&test)]);
        assert_eq!((shown.sentence.as_str(), shown.sources.len()), ("1 finished test.", 0));
    }

    #[test]
    fn messages_are_counted_by_what_they_brought() {
        let (_folder, store) = crate::work::sample::workspace(Time(1_790_000_000_000)).unwrap();
        let shown = data_of(&store).unwrap();
        let events = shown.sources.iter().find(|source| source.name == "segment").unwrap();
        let accepted =
            shown.batches.iter().find(|batch| batch.source == "segment").unwrap().accounting.accepted;
        assert!(events.events > 0 && events.events < accepted, "{} of {accepted}", events.events);
        assert!(events.people.is_some());
    }

    #[test]
    fn a_new_version_does_not_count_twice() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("shop.db")).unwrap();
        let header = "order_id,timestamp,total,customer_id\n";
        for (name, rows) in [
            ("may.csv", "1,2026-05-01,10,a\n2,2026-05-02,20,\n"),
            ("june.csv", "1,2026-05-01,11,a\n2,2026-05-02,21,\n3,2026-06-01,5,b\nx,never,5,b\n"),
        ] {
            let path = folder.path().join(name);
            crate::exchange::write_text(&path, &format!("{header}{rows}")).unwrap();
            for input in Input::of(&path).unwrap() {
                let recognised = crate::exchange::recognise(input, None, None).unwrap();
                let cancel = crate::work::Cancel::default();
                let mut watch = crate::work::import::Watch { progress: |_: &_| {}, cancel: &cancel };
                let rejects = Some(recognised.rejects_path());
                crate::work::import::import(&mut store, &recognised, rejects, &mut watch).unwrap();
            }
        }
        let shown = data_of(&store).unwrap();
        assert_eq!((shown.sources.len(), shown.sources[0].events, shown.without_identity), (1, 3, 1));
        assert_eq!(shown.batches[0].accounting.superseded, 2);
        assert_eq!(shown.batches[0].reasons, [("timestamp: … is no date or time".to_owned(), 1)]);
        assert!(shown.batches[0].reject_file.as_deref().unwrap().ends_with("june.csv.rejects.csv"));
        assert_eq!(shown.batches[1].reject_file, None);
    }
}
