//! The questions a shop asks, each with what would help.

use super::asked::{Asked, withheld};
use super::{ANSWER_WEEKS, Basis, Did, Help, MOST_WEEKS, Milestone, Moment, POOLED, Part, Question, Scale};
use super::{WANTED_POINTS, WATCHED, WEEKS};
use crate::experiment::design::{Outcome, Sizing};
use crate::panel::figures;
use crate::stats::Why;

pub(super) fn visitors_order(basis: &Basis) -> Question {
    let asked = |did: Did| Asked {
        id: "visitors-order".to_owned(),
        question: "Two variants on the site: does one lead to more people ordering?".to_owned(),
        outcome: did.outcome(),
        units: Box::new(|weeks| basis.reach.after(weeks)),
        runs: WEEKS,
        watched: WATCHED,
    };
    let first = basis.milestones.first().map_or_else(Did::default, |order| order.visitors);
    let mut helps =
        nearer(basis, |milestone| asked(milestone.visitors), |milestone| milestone.visitors, WEEKS);
    helps.push(contrast());
    helps.extend(history(basis));
    asked(first).answer(helps)
}

pub(super) fn visitors_spend(basis: &Basis) -> Question {
    let asked = Asked {
        id: "visitors-spend".to_owned(),
        question: "Two variants on the site: does one lead to more revenue per person?".to_owned(),
        outcome: spend(basis.revenue[0]),
        units: Box::new(|weeks| basis.reach.after(weeks)),
        runs: WEEKS,
        watched: WATCHED,
    };
    let units = (asked.units)(WEEKS);
    let mut helps = Vec::new();
    if let (Some(rho), Ok(Outcome::Mean { mean, sd })) = (basis.foretold, asked.outcome.clone()) {
        let adjusted = Sizing { rho, ..Sizing::even(Outcome::Mean { mean, sd }) };
        helps.push(Help {
            what: format!(
                "adjust for what the same people spent before (CUPED), which tells {} of the spread",
                figures::percent(rho * rho)
            ),
            detectable: adjusted.detectable(units).ok(),
        });
    }
    helps.push(Help {
        what: "decide on whether people order and read revenue beside it: amounts spread more than orders"
            .to_owned(),
        detectable: basis
            .milestones
            .first()
            .and_then(|order| Sizing::even(order.visitors.outcome().ok()?).detectable(units).ok()),
    });
    helps.push(contrast());
    helps.extend(history(basis));
    asked.answer(helps)
}

fn spend(found: Option<(f64, f64)>) -> Result<Outcome, Why> {
    match found {
        None => Err(Why::NoData),
        Some((mean, _)) if mean <= 0.0 => Err(Why::MeanNotPositive),
        Some((mean, sd)) => Ok(Outcome::Mean { mean, sd }),
    }
}

pub(super) fn send(basis: &Basis) -> Question {
    let asked = |did: Did, times: u32| {
        Asked {
        id: "send-or-hold-back".to_owned(),
        question: "One mail to half of those who may be written to: do more of them order than of the half held back?".to_owned(),
        outcome: did.outcome(),
        units: Box::new(move |weeks| {
            // A mail every fortnight, each with a split of its own.
            basis.reachable as f64 * f64::from(times.max(weeks / WATCHED).max(1))
        }),
        runs: 1,
        watched: WATCHED,
    }
    };
    let orders = basis.milestones.first().map_or_else(Did::default, |order| order.reachable);
    let mut helps =
        nearer(basis, |milestone| asked(milestone.reachable, 1), |milestone| milestone.reachable, 1);
    for sends in POOLED {
        let pooled = asked(orders, sends);
        let units = f64::from(sends) * basis.reachable as f64;
        helps.push(Help {
            what: format!("pool {sends} such mails, each split anew"),
            detectable: pooled.detectable(units).ok(),
        });
    }
    helps.push(contrast());
    helps.extend(history(basis));
    asked(orders, 1).answer(helps)
}

/// The steps before an order, where they show a smaller change.
fn nearer<'a>(
    basis: &'a Basis,
    asked: impl Fn(&'a Milestone) -> Asked<'a>,
    did: impl Fn(&Milestone) -> Did,
    weeks: u32,
) -> Vec<Help> {
    let Some(order) = basis.milestones.first() else { return Vec::new() };
    let sees = |milestone: &'a Milestone| {
        let asked = asked(milestone);
        asked.detectable((asked.units)(weeks)).ok()
    };
    let of_orders = sees(order);
    let mut found: Vec<(f64, Help)> = basis.milestones[1..]
        .iter()
        .filter_map(|milestone| {
            let effect = sees(milestone)?;
            let better = of_orders.is_none_or(|known| effect < known);
            let did = did(milestone);
            let share = did.did as f64 / did.people.max(1) as f64;
            better.then(|| {
                let what = format!(
                    "measure a step nearer: {} happens to {} of them",
                    milestone.event,
                    figures::percent(share)
                );
                (effect, Help { what, detectable: Some(effect) })
            })
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.into_iter().take(2).map(|(_, help)| help).collect()
}

fn contrast() -> Help {
    Help {
        what:
            "try a bigger contrast: half the effect needs four times the people, twice the effect a quarter"
                .to_owned(),
        detectable: None,
    }
}

/// Older exports, where there are few weeks.
fn history(basis: &Basis) -> Option<Help> {
    (basis.weeks < 26).then(|| Help {
        what: format!(
            "import older exports: {} of history say little about what is usual",
            figures::plural(u64::from(basis.weeks), "week", "weeks")
        ),
        detectable: None,
    })
}

pub(super) fn segment(part: &Part, basis: &Basis) -> Question {
    let asked = |sends: f64| Asked {
        id: format!("segment:{}", part.segment),
        question: format!(
            "One mail to half of segment {}: do more of them order than of the half held back?",
            part.segment
        ),
        outcome: part.ordered.outcome(),
        units: Box::new(move |weeks| part.reachable as f64 * sends.max(f64::from((weeks / WATCHED).max(1)))),
        runs: 1,
        watched: WATCHED,
    };
    let mut helps: Vec<Help> = POOLED
        .iter()
        .map(|sends| {
            let pooled = asked(f64::from(*sends));
            let units = f64::from(*sends) * part.reachable as f64;
            Help {
                what: format!("pool {sends} such mails, each split anew"),
                detectable: pooled.detectable(units).ok(),
            }
        })
        .collect();
    if part.reachable * 2 < basis.reachable {
        helps.push(Help {
            what: "ask it of everybody and read segments beside it, drawn towards the whole".to_owned(),
            detectable: basis.milestones.first().and_then(|order| {
                Sizing::even(order.reachable.outcome().ok()?).detectable(basis.reachable as f64).ok()
            }),
        });
    }
    asked(1.0).answer(helps)
}

pub(super) fn satisfaction(moment: &Moment) -> Question {
    let share = moment.satisfied as f64 / moment.answers.max(1) as f64;
    let per_week = moment.answers as f64 / f64::from(moment.weeks.max(1));
    let units = per_week * f64::from(ANSWER_WEEKS);
    let outcome = Outcome::Proportion { baseline: share };
    let sees = if moment.answers < 30 {
        Err(Why::TooFew { what: "answers".to_owned(), have: moment.answers, need: 30 })
    } else {
        Sizing::even(outcome).detectable(units).map(|effect| effect * share)
    };
    let needed = sees.is_ok().then(|| Sizing::even(outcome).needed(-WANTED_POINTS / share).ok()).flatten();
    let weeks = needed
        .map(|needed| (needed / per_week).ceil())
        .filter(|weeks| *weeks <= f64::from(MOST_WEEKS))
        .map(|weeks| weeks as u32);
    let points = |effect: f64| format!("{} points", figures::fixed(effect * 100.0, 0));
    let sentence = match (&sees, weeks) {
        (Err(why), _) => format!("Nothing can be said: {}.", why.sentence()),
        (Ok(effect), Some(weeks)) => format!(
            "Twelve weeks bring {} answers and show a difference of {} or more; {} are seen after {}.",
            figures::count(units.round() as u64),
            points(*effect),
            points(WANTED_POINTS),
            figures::plural(u64::from(weeks), "week", "weeks")
        ),
        (Ok(effect), None) => format!(
            "Twelve weeks bring {} answers and show a difference of {} or more.",
            figures::count(units.round() as u64),
            points(*effect)
        ),
    };
    Question {
        id: format!("csat:{}", moment.name),
        question: format!("Are people after {} more satisfied with one variant?", moment.name),
        baseline: (moment.answers >= 30).then_some(share),
        units: Some(units.round() as u64),
        scale: Scale::Points,
        detectable: sees.as_ref().ok().copied(),
        wanted: WANTED_POINTS,
        needed: needed.map(|needed| needed.ceil() as u64),
        weeks,
        sentence,
        helps: vec![Help {
            what: "ask more of those who had the moment, and at once: the share that answers is the lever"
                .to_owned(),
            detectable: None,
        }],
        withheld: sees.as_ref().err().map(withheld),
    }
}

pub(super) fn no_answers() -> Question {
    let why = Why::NoData;
    Question {
        id: "csat".to_owned(),
        question: "Are people more satisfied with one variant?".to_owned(),
        baseline: None,
        units: None,
        scale: Scale::Points,
        detectable: None,
        wanted: WANTED_POINTS,
        needed: None,
        weeks: None,
        sentence: "Nothing can be said: no survey was answered.".to_owned(),
        helps: vec![Help {
            what: "import answers, with the score and the moment they are about".to_owned(),
            detectable: None,
        }],
        withheld: Some(withheld(&why)),
    }
}
