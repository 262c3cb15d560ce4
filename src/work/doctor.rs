//! What `segue doctor` asks of more than the store: whether the columns kept beside a workspace are what its rows say.

use crate::frame::part::Kinds;
use crate::store::{Check, Chunks, Store, StoreError, columns_of};
use crate::work::columns::{PEOPLE, bound_name, make, too_many_identities};
use crate::work::frame::from_rows;

/// Compares what is kept in columns with the rows it was made from, all of it. What does not match its rows is deleted and
/// made again at the next opening.
///
/// # Errors
/// When the file cannot be read.
pub fn check(store: &Store) -> Result<Check, StoreError> {
    let chunks = store.chunks();
    let (right, wrong, stale) = store.snapshot(|store| compare(store, &chunks))?;
    let said = |finding: String, ok: bool, help: Option<&str>| Check {
        name: "columns",
        ok,
        finding,
        help: help.map(str::to_owned),
    };
    if wrong > 0 {
        store.forget_chunks()?;
        let help = "nothing is lost: they are deleted, and made again when the workspace is next opened";
        return Ok(said(format!("{wrong} of the column chunks differ from their rows"), false, Some(help)));
    }
    Ok(match (right, stale) {
        (0, 0) => said("no column chunks are kept".to_owned(), true, None),
        (right, 0) => said(format!("{right} column chunks match their rows"), true, None),
        (right, stale) => said(
            format!("{right} column chunks match their rows, {stale} are out of date and not used"),
            true,
            None,
        ),
    })
}

/// How many chunks are as their rows say, how many are not, and how many are of rows that are gone.
fn compare(store: &Store, chunks: &Chunks) -> Result<(usize, usize, usize), StoreError> {
    let (mut right, mut wrong, mut kinds, mut parts) = (0, 0, Kinds::default(), Vec::new());
    for cover in store.covers()? {
        let natural = make(store, &cover, &Kinds::default())?.ok_or_else(too_many_identities)?;
        let before = kinds.clone();
        let (name, signature, part) = if kinds.agree(&natural) {
            (cover.name(), cover.signature, natural)
        } else {
            let part = make(store, &cover, &before)?.ok_or_else(too_many_identities)?;
            let signature = cover.signature ^ before.signature();
            kinds = before;
            kinds.agree(&part);
            (bound_name(&cover), signature, part)
        };
        if chunks.matches(&name, signature) {
            let bytes = part.encode();
            for (name, bytes) in [(columns_of(&name), &bytes.columns), (name, &bytes.head)] {
                let same = chunks.read(&name, signature).is_some_and(|kept| kept == *bytes);
                if same { right += 1 } else { wrong += 1 }
            }
        }
        parts.push(part);
    }
    let people = store.people_signature()?;
    if chunks.matches(PEOPLE, people) {
        let frame = from_rows(store, parts, None, None)?;
        let same = chunks.read(PEOPLE, people).is_some_and(|bytes| bytes == frame.encode_people());
        if same { right += 1 } else { wrong += 1 }
    }
    Ok((right, wrong, chunks.len().saturating_sub(right + wrong)))
}
