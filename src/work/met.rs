//! Whom the workspace assigned to which experiment, put into the picture that rules look at.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::frame::{Frame, Met};
use crate::model::Time;
use crate::store::{Store, StoreError, Window};
use crate::work::experiment::wave;

/// The frame with every exposure that was recorded before a moment, or all of them. What is later than the newest event is known
/// at it.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn with_assigned(
    store: &Store,
    frame: Frame,
    as_of: Option<Time>,
    newest: Option<Time>,
) -> Result<Frame, StoreError> {
    let window = Window { before: as_of.unwrap_or(Time::MAX), ..Window::ALL };
    let mut rows = Vec::new();
    store.for_each_exposure(&window, |exposure| {
        rows.push(*exposure);
        ControlFlow::Continue(())
    })?;
    if rows.is_empty() {
        return Ok(frame);
    }
    let terms = |kind: &str| -> Result<HashMap<i64, Arc<str>>, StoreError> {
        Ok(store.terms(kind)?.into_iter().map(|(term, text)| (term, Arc::from(text))).collect())
    };
    let (experiments, variants) = (terms("experiment")?, terms("variant")?);
    let phases: BTreeMap<i64, u32> =
        wave::all(store)?.into_iter().map(|(batch, wave)| (batch.0, wave.phase)).collect();
    let met: Vec<(Arc<str>, Met)> = rows
        .into_iter()
        .filter_map(|row| {
            let met = Met {
                person: frame.people().person_of(row.identity)?,
                phase: phases.get(&row.batch.0).copied().unwrap_or(1),
                at: row.at,
                variant: Arc::clone(variants.get(&row.variant)?),
            };
            Some((Arc::clone(experiments.get(&row.experiment)?), met))
        })
        .collect();
    Ok(frame.with_met(met, newest))
}
