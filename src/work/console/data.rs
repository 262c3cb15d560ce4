//! What the Data screen shows of a workspace's batches.

use std::path::Path;

use crate::exchange::{Mapping, MappingKind};
use crate::panel::data::{self, Data};
use crate::panel::figures;
use crate::store::{Batch, BatchState};

/// The screen over all batches.
pub(super) fn data_of(batches: &[Batch]) -> Data {
    let rows: Vec<data::Batch> = batches
        .iter()
        .rev()
        .map(|batch| data::Batch {
            id: batch.id,
            source: batch.source.clone().unwrap_or_default(),
            file: base_name(&batch.file),
            at: batch.started,
            reverted: batch.state == BatchState::Reverted,
            accounting: data::Accounting {
                rows: batch.accounting.rows,
                accepted: batch.accounting.accepted,
                grouped: batch.accounting.grouped,
                merged: batch.accounting.merged,
                superseded: batch.accounting.superseded,
                rejected: batch.accounting.rejected,
            },
            reasons: Vec::new(),
            reject_file: None,
        })
        .collect();
    let sources = sources(batches);
    let sentence = match (rows.len(), sources.len()) {
        (0, _) => String::new(),
        (imports, n) => format!(
            "{} from {}.",
            figures::plural(imports as u64, "import", "imports"),
            figures::plural(n as u64, "source", "sources")
        ),
    };
    let anonymous = batches.iter().map(|batch| batch.accounting.anonymous).sum();
    Data { sentence, sources, batches: rows, without_identity: anonymous }
}

/// Visible batches by the source they came from.
fn sources(batches: &[Batch]) -> Vec<data::Source> {
    let mut sources: Vec<data::Source> = Vec::new();
    for batch in batches.iter().filter(|batch| batch.state == BatchState::Complete) {
        let name = batch.source.clone().unwrap_or_else(|| "unnamed".to_owned());
        let index = sources.iter().position(|source| source.name == name).unwrap_or_else(|| {
            sources.push(data::Source { name, ..data::Source::default() });
            sources.len() - 1
        });
        let facts = batch.accounting.accepted + batch.accounting.superseded;
        let source = &mut sources[index];
        if batch.mapping.as_deref().is_some_and(brings_people) {
            source.people = Some(source.people.unwrap_or(0) + facts);
        } else {
            source.events += facts;
        }
    }
    sources
}

/// Whether a mapping makes people of rows.
fn brings_people(mapping: &str) -> bool {
    Mapping::parse(mapping).is_ok_and(|mapping| mapping.kind == MappingKind::Profiles)
}

fn base_name(file: &str) -> String {
    Path::new(file).file_name().map_or_else(|| file.to_owned(), |name| name.to_string_lossy().into_owned())
}
