//! What the console's import job does: every file a path holds, and what came of them in a sentence.

use std::path::Path;

use crate::model::Time;
use crate::panel::figures;
use crate::store::Store;
use crate::work::import::{self, Imported, Watch};
use crate::work::{Cancel, Progress};

/// Imports every file a path holds, on a connection of its own.
pub(super) fn import_files(
    workspace: &Path,
    path: &Path,
    cancel: &Cancel,
    progress: &dyn Fn(Progress),
    now: Time,
) -> anyhow::Result<String> {
    let mut store = Store::open(workspace, now)?;
    let mut outcomes = Vec::new();
    for input in crate::exchange::Input::of(path)? {
        let recognised = crate::exchange::recognise(input, None, None)?;
        let mut watch = Watch { progress: |state: &Progress| progress(state.clone()), cancel };
        let rejects = recognised.rejects_path();
        let imported = import::import(&mut store, &recognised, Some(rejects), &mut watch)?;
        outcomes.push(outcome(&imported));
    }
    Ok(outcomes.join("; "))
}

/// What came of an import, in a sentence.
fn outcome(imported: &Imported) -> String {
    match &imported.batch {
        _ if imported.cancelled => "cancelled, nothing was kept".to_owned(),
        Some(batch) if imported.already => format!("this very file is batch {} already", batch.id),
        Some(batch) => {
            let known = &batch.accounting;
            let mut parts = vec![format!("{} accepted", figures::count(known.accepted))];
            for (name, n) in [
                ("grouped", known.grouped),
                ("merged", known.merged),
                ("superseded", known.superseded),
                ("rejected", known.rejected),
            ] {
                if n > 0 {
                    parts.push(format!("{} {name}", figures::count(n)));
                }
            }
            if let Some(file) = &imported.rejected.file {
                parts.push(format!("the rejected ones are in {}", file.display()));
            }
            parts.join(", ")
        }
        None => "nothing to import".to_owned(),
    }
}
