//! What traffic has to say about an experiment: first exposures and what followed them.

use super::profile::{Profile, Seen};
use super::run::Traffic;
use super::source::Source;
use crate::experiment::{Evidence, Recorder, Tally};
use crate::model::{Problem, Time};
use crate::rule::Point;

/// People exposed to an experiment, with their variant and first exposure.
pub fn exposed<S: Source>(
    traffic: &Traffic<S>,
    experiment: u32,
) -> impl Iterator<Item = (&Profile, u8, Time)> {
    traffic.profiles().filter_map(move |profile| {
        let exposure = profile.exposures.iter().find(|exposure| exposure.experiment == experiment)?;
        Some((profile, exposure.variant, exposure.at))
    })
}

/// The evidence as of the point the traffic has come to.
///
/// # Errors
/// Metrics the design names and nobody defined.
pub fn evidence<S: Source>(traffic: &Traffic<S>, experiment: u32) -> Result<Evidence, Vec<Problem>> {
    let setup = traffic.setup();
    let design = setup.library.experiments().get(experiment as usize).ok_or_else(|| {
        vec![Problem::new("experiment-unknown", format!("there is no experiment number {experiment}"))]
    })?;
    let mut recorder = Recorder::new(design, &setup.metrics)?;
    let (point, words) = (Point::before(traffic.now()), &setup.words);
    for (profile, variant, at) in exposed(traffic, experiment) {
        let from = profile.history.partition_point(|happening| happening.at < at);
        let values: Vec<_> = recorder
            .metrics()
            .map(|metric| {
                let mut tally = Tally::new(metric, at, point);
                for happening in &profile.history[from..] {
                    tally.see(words.word(happening.name), &Seen { happening, words });
                }
                (tally.finish(), None)
            })
            .collect();
        recorder.unit(usize::from(variant), values);
    }
    Ok(recorder.evidence(traffic.now(), None))
}
