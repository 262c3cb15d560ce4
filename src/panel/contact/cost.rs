//! What a message costs: of people who were given different caps by chance, the difference in each outcome for each message more
//! or less. Nothing else tells it.

use serde::{Deserialize, Serialize};

use super::scene::Scene;
use crate::experiment::{Design, Recorder, Tally};
use crate::model::Time;
use crate::panel::figures;
use crate::stats::{Moments, Pair, Reading, fieller};
use crate::traffic::Profile;
use crate::traffic::profile::Seen;

/// A cap experiment read out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// A sentence a client understands.
    pub sentence: String,
    /// The experiment.
    pub experiment: String,
    /// The arms: the control, and the one compared with it.
    pub arms: [Arm; 2],
    /// Every outcome of the design.
    pub outcomes: Vec<Outcome>,
}

/// An arm of a cap experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// The variant.
    pub variant: String,
    /// People exposed whose window has elapsed.
    pub people: u64,
    /// Messages delivered to each, on average.
    pub messages: Option<f64>,
}

/// What one message more or less comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The metric.
    pub metric: String,
    /// Its mean in either arm.
    pub means: [Option<f64>; 2],
    /// The difference in it for one message more, with Fieller's interval.
    pub per_message: Reading,
}

/// Every experiment whose arms a cap of the policy tells apart; why there is none otherwise.
///
/// # Errors
/// Why a cost cannot be told, in a sentence.
pub fn costs(scene: &Scene<'_>) -> Result<Vec<Cost>, String> {
    let experiments = scene.setup.library.experiments().iter();
    let found: Vec<Cost> = (0_u32..)
        .zip(experiments)
        .filter(|(_, design)| is_of_caps(scene, design))
        .filter_map(|(index, design)| cost(scene, index, design))
        .collect();
    if found.is_empty() {
        return Err("No cap is given by chance, so what a message costs is not known. `segue experiment library \"contact \
                    cap\"` has a design that tells it."
            .to_owned());
    }
    Ok(found)
}

/// Whether a cap holds for some variant of an experiment only.
fn is_of_caps(scene: &Scene<'_>, design: &Design) -> bool {
    let named = format!("in experiment \"{}\"", design.name);
    scene.rules().caps.iter().any(|cap| cap.only_if.as_ref().is_some_and(|rule| rule.contains(&named)))
}

fn cost(scene: &Scene<'_>, experiment: u32, design: &Design) -> Option<Cost> {
    let recorder = Recorder::new(design, &scene.setup.metrics).ok()?;
    let metrics: Vec<_> = recorder.metrics().cloned().collect();
    let mut pairs = vec![[Pair::default(); 2]; metrics.len()];
    let mut messages = [Moments::default(), Moments::default()];
    for profile in scene.tested().iter().copied() {
        let Some(exposure) = profile.exposures.iter().find(|known| known.experiment == experiment) else {
            continue;
        };
        let arm = usize::from(exposure.variant);
        if arm > 1 {
            continue;
        }
        let mut counted = false;
        for (metric, pair) in metrics.iter().zip(&mut pairs) {
            let mut tally = Tally::new(metric, exposure.at, scene.point());
            let words = &scene.setup.words;
            let from = profile.history.partition_point(|happening| happening.at < exposure.at);
            for happening in profile.history.get(from..).unwrap_or_default() {
                tally.see(words.word(happening.name), &Seen { happening, words });
            }
            let value = tally.finish();
            if !value.matured {
                continue;
            }
            let until = metric.window.map_or(scene.now, |window| exposure.at + window);
            let got = delivered(profile, exposure.at, until);
            pair[arm].push(value.numerator(), got);
            if !std::mem::replace(&mut counted, true) {
                messages[arm].push(got);
            }
        }
    }
    let name = |arm: usize| design.variants.get(arm).map(|variant| variant.name.clone());
    let mean = |moments: &Moments| (moments.n > 0).then_some(moments.mean);
    let arm = |arm: usize| {
        let moments = &messages[arm];
        Some(Arm { variant: name(arm)?, people: moments.n, messages: mean(moments) })
    };
    let outcomes: Vec<Outcome> = metrics
        .iter()
        .zip(&pairs)
        .map(|(metric, [control, treatment])| Outcome {
            metric: metric.name.clone(),
            means: [mean(&control.y), mean(&treatment.y)],
            per_message: fieller::ratio_of_differences(control, treatment, design.analysis.alpha),
        })
        .collect();
    let arms = [arm(0)?, arm(1)?];
    Some(Cost {
        sentence: sentence(&arms, outcomes.first()),
        experiment: design.name.clone(),
        arms,
        outcomes,
    })
}

/// Messages that reached a person from a moment on.
fn delivered(profile: &Profile, from: Time, until: Time) -> f64 {
    let reaching = profile.messages.iter().filter(|log| log.channel.address().is_some());
    let within = |at: Time| at >= from && at < until;
    reaching.filter(|log| log.delivered.is_some_and(within)).count() as f64
}

fn sentence(arms: &[Arm; 2], first: Option<&Outcome>) -> String {
    let Some((control, treatment)) = arms[0].messages.zip(arms[1].messages) else {
        return "Nobody's window has elapsed yet.".to_owned();
    };
    let got = format!(
        "“{}” got {} messages each, “{}” {}",
        arms[0].variant,
        figures::fixed(control, 1),
        arms[1].variant,
        figures::fixed(treatment, 1)
    );
    match first {
        Some(outcome) => match &outcome.per_message {
            Reading::Estimate(estimate) => format!(
                "{got}; one message more changes {} by {} {} per 1,000 people.",
                outcome.metric,
                figures::signed(estimate.value * 1_000.0, 1),
                scaled(estimate)
            ),
            Reading::Withheld(why) => format!("{got}; what one costs is withheld: {}.", why.sentence()),
        },
        None => format!("{got}."),
    }
}

fn scaled(estimate: &crate::stats::Estimate) -> String {
    let [low, high] = [estimate.low, estimate.high].map(|end| figures::signed(end * 1_000.0, 1));
    format!("[{low} … {high}]")
}
