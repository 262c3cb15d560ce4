//! An import the console asked for: one file after the other, and what came of each.

use std::path::Path;

use super::desk::{now, problem_of};
use crate::exchange::{Input, Recognised, recognise};
use crate::model::consent::Purpose;
use crate::model::{Channel, Problem};
use crate::panel::figures;
use crate::panel::jobs::{Job, JobState};
use crate::store::Store;
use crate::work::import::{self, Imported, Watch};
use crate::work::port::Update;
use crate::work::{Cancel, Progress};

/// What came of the files of one path.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// What came of each file that was read, in a sentence.
    outcomes: Vec<String>,
    /// Whether a person ended it; later files were not begun.
    cancelled: bool,
    /// What went wrong with the file after those; later files were not begun.
    problem: Option<Problem>,
}

impl Brought {
    /// Ends a job with it. What went well stays said, whatever came after.
    pub(super) fn end(self, job: &mut Job) -> Update {
        job.left = None;
        job.outcome = (!self.outcomes.is_empty()).then(|| self.outcomes.join("; "));
        let said = job.outcome.clone().unwrap_or_else(|| "nothing to import".to_owned());
        match self.problem {
            Some(problem) => {
                job.state = JobState::Failed;
                job.error = Some(problem.message.clone());
                job.help = problem.help.clone();
                Update::Toast(problem)
            }
            None => {
                job.state = if self.cancelled { JobState::Cancelled } else { JobState::Done };
                Update::Note(format!("{}: {said}", job.title))
            }
        }
    }
}

/// Imports every file a path holds, on a connection of its own, until one fails or somebody cancels.
pub(super) fn import_files(
    workspace: &Path,
    path: &Path,
    cancel: &Cancel,
    progress: &dyn Fn(Progress),
) -> Brought {
    let mut brought = Brought::default();
    if let Err(error) = import_all(workspace, path, cancel, progress, &mut brought) {
        brought.problem = Some(problem_of(&error));
    }
    brought
}

fn import_all(
    workspace: &Path,
    path: &Path,
    cancel: &Cancel,
    progress: &dyn Fn(Progress),
    brought: &mut Brought,
) -> anyhow::Result<()> {
    let mut store = Store::open(workspace, now())?;
    for input in Input::of(path)? {
        if cancel.is_cancelled() {
            brought.cancelled = true;
            return Ok(());
        }
        let recognised = recognise(input, None, None)?;
        let mut watch = Watch { progress: |now: &Progress| progress(now.clone()), cancel };
        let rejects = recognised.rejects_path();
        let imported = import::import(&mut store, &recognised, Some(rejects), &mut watch)?;
        brought.cancelled = imported.cancelled;
        brought.outcomes.push(outcome(&imported) + unclaimed(&recognised, &imported));
        if imported.cancelled {
            return Ok(());
        }
    }
    Ok(())
}

/// The console asks for no basis of consent: of a file of people that says nothing about it, nobody becomes reachable.
fn unclaimed(recognised: &Recognised, imported: &Imported) -> &'static str {
    let silent = recognised.names_people() && !recognised.says_consent(Channel::Email, Purpose::Marketing);
    if silent && imported.batch.is_some() && !imported.already && !imported.cancelled {
        ", nobody in it becomes reachable for marketing (`segue import --basis` says on what their consent rests)"
    } else {
        ""
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: &str = "order_id,timestamp,total,customer_id\n1,2026-05-01,10,a\n";

    /// A workspace and a zip of two files that are stored as they are.
    fn zip(folder: &Path, files: [(&str, &str); 2]) -> (std::path::PathBuf, std::path::PathBuf) {
        let (shop, zip) = (folder.join("shop.db"), folder.join("both.zip"));
        drop(Store::create(&shop).unwrap());
        std::fs::write(&zip, stored(&files)).unwrap();
        (shop, zip)
    }

    /// A zip archive without compression.
    fn stored(files: &[(&str, &str)]) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for (name, text) in files {
            let mut crc = flate2::Crc::new();
            crc.update(text.as_bytes());
            let mut about = Vec::new();
            about.extend([20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            about.extend(crc.sum().to_le_bytes());
            about.extend((text.len() as u32).to_le_bytes());
            about.extend((text.len() as u32).to_le_bytes());
            about.extend((name.len() as u16).to_le_bytes());
            about.extend([0, 0]);
            let at = bytes.len() as u32;
            directory.extend(b"PK\x01\x02\x14\x00");
            directory.extend(&about);
            directory.extend([0; 10]);
            directory.extend(at.to_le_bytes());
            directory.extend(name.as_bytes());
            bytes.extend(b"PK\x03\x04");
            bytes.extend(&about);
            bytes.extend(name.as_bytes());
            bytes.extend(text.as_bytes());
        }
        let (at, count) = (bytes.len() as u32, files.len() as u16);
        bytes.extend(&directory);
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend(count.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend((directory.len() as u32).to_le_bytes());
        bytes.extend(at.to_le_bytes());
        bytes.extend([0, 0]);
        bytes
    }

    #[test]
    fn what_went_well_stays_said_when_a_later_file_fails() {
        let folder = tempfile::tempdir().unwrap();
        let (shop, zip) = zip(folder.path(), [("a.csv", ORDERS), ("b.csv", "x,y\n1,2\n")]);
        let mut job = Job::default();
        let said = import_files(&shop, &zip, &Cancel::default(), &|_| {}).end(&mut job);
        assert_eq!((job.state, job.outcome.as_deref()), (JobState::Failed, Some("1 accepted")));
        assert!(job.error.is_some() && matches!(said, Update::Toast(_)));
        assert_eq!(Store::open_read_only(&shop).unwrap().batches().unwrap().len(), 1);
    }

    #[test]
    fn of_people_nobody_answered_for_it_is_said_that_none_becomes_reachable() {
        let folder = tempfile::tempdir().unwrap();
        let people = "customer_id,email,first_name\nc-1,anne@example.com,Anne\n";
        let said = |text: &str, name: &str| {
            let (shop, zip) = zip(folder.path(), [("a.csv", text), ("b.csv", ORDERS)]);
            std::fs::rename(&shop, folder.path().join(name)).unwrap();
            let mut job = Job::default();
            import_files(&folder.path().join(name), &zip, &Cancel::default(), &|_| {}).end(&mut job);
            job.outcome.unwrap_or_default()
        };
        let unasked = said(people, "one.db");
        assert!(unasked.contains("nobody in it becomes reachable for marketing"), "{unasked}");
        let asked = said(&people.replace("first_name", "consent_email").replace("Anne", "yes"), "two.db");
        assert!(!asked.contains("reachable"), "{asked}");
    }

    #[test]
    fn a_cancelled_import_ends_as_cancelled_and_begins_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let other = ORDERS.replace("1,2026", "2,2026");
        let (shop, zip) = zip(folder.path(), [("a.csv", ORDERS), ("b.csv", &other)]);
        let cancel = Cancel::default();
        // Cancelled while the first file is read: the progress of its first chunk is told before it is complete.
        let brought = import_files(&shop, &zip, &cancel, &|_| cancel.cancel());
        let mut job = Job::default();
        brought.end(&mut job);
        assert_eq!(job.state, JobState::Cancelled);
        assert!(Store::open_read_only(&shop).unwrap().batches().unwrap().len() <= 1);
    }
}
