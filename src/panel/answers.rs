//! What this data can answer: for each question a shop asks, the smallest effect its own people and numbers could show, how long
//! that takes, and what would help. Nothing here is a result; it is said before anybody runs a test.

use serde::{Deserialize, Serialize};

use super::figures;
use crate::experiment::design::{Outcome, Reach, Sizing};
use crate::model::Time;
use crate::stats::Why;

/// The relative effect every question is asked for.
pub const WANTED: f64 = 0.2;
/// The difference between satisfied shares, in points, that is asked for.
pub const WANTED_POINTS: f64 = 0.1;
/// Weeks a test of visitors is thought to run.
const WEEKS: u32 = 4;
/// Weeks of answers put together for satisfaction.
const ANSWER_WEEKS: u32 = 12;
/// Weeks a person is watched after a message.
const WATCHED: u32 = 2;
/// The longest wait that is worth saying.
const MOST_WEEKS: u32 = 104;
/// Sends that are put together as a way to see more.
const POOLED: [u32; 2] = [6, 12];
/// Fewer expected than this in an arm, and the normal law is no guide.
const FEW: f64 = 5.0;

/// How many of some people did something within a fortnight, over several fortnights of the past.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Did {
    /// People, each counted once per fortnight.
    pub people: u64,
    /// Of them, those who did it.
    pub did: u64,
}

impl Did {
    fn outcome(self) -> Result<Outcome, Why> {
        if self.people == 0 {
            return Err(Why::NoData);
        }
        if self.did < FEW as u64 {
            let what = "people who did it in the past".to_owned();
            return Err(Why::TooFew { what, have: self.did, need: FEW as u64 });
        }
        if self.did == self.people {
            return Err(Why::NoVariance);
        }
        Ok(Outcome::Proportion { baseline: self.did as f64 / self.people as f64 })
    }
}

/// Something people do on the way to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// The event.
    pub event: String,
    /// Among those who came by.
    pub visitors: Did,
    /// Among those who may be written to.
    pub reachable: Did,
}

/// A segment that could be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub segment: String,
    /// Members who may be written to.
    pub reachable: u64,
    /// Orders among them.
    pub ordered: Did,
}

/// Answers about a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The moment, or the survey.
    pub name: String,
    /// Answers there are.
    pub answers: u64,
    /// Of them, satisfied ones.
    pub satisfied: u64,
    /// Weeks between the first and the last.
    pub weeks: u32,
}

/// What is known of a workspace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Basis {
    /// People there are.
    pub people: u64,
    /// Of them, those who may be written to by e-mail.
    pub reachable: u64,
    /// Weeks between the first event and the last.
    pub weeks: u32,
    /// How many different people come by.
    pub reach: Reach,
    /// Orders first, then what comes before them.
    pub milestones: Vec<Milestone>,
    /// Revenue per visitor and per reachable person in a fortnight.
    pub revenue: [Option<(f64, f64)>; 2],
    /// How well what people spent before tells what they spend: a correlation.
    pub foretold: Option<f64>,
    /// The segments.
    pub parts: Vec<Part>,
    /// The moments that were asked about.
    pub moments: Vec<Moment>,
}

/// The panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// What it comes to, in a sentence.
    pub sentence: String,
    /// The workspace.
    pub workspace: String,
    /// The moment it stands for.
    pub as_of: Time,
    /// People there are.
    pub people: u64,
    /// Of them, those who may be written to by e-mail.
    pub reachable: u64,
    /// Weeks of history.
    pub weeks_of_history: u32,
    /// How every question is judged.
    pub plan: String,
    /// The questions.
    pub rows: Vec<Question>,
}

/// What an effect is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Relative to what happens without.
    Relative,
    /// Percentage points, as a fraction of one.
    Points,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// A stable short name.
    pub id: String,
    /// The question in words.
    pub question: String,
    /// What happens without: a share, or an amount.
    pub baseline: Option<f64>,
    /// People, or answers, it can be asked of as described.
    pub units: Option<u64>,
    /// What the effects are counted in.
    pub scale: Scale,
    /// The smallest effect seen with them.
    pub detectable: Option<f64>,
    /// The effect that is asked for.
    pub wanted: f64,
    /// People, or answers, needed to see that.
    pub needed: Option<u64>,
    /// Weeks until it is seen, where two years suffice.
    pub weeks: Option<u32>,
    /// What it comes to.
    pub sentence: String,
    /// What would help.
    pub helps: Vec<Help>,
    /// Why nothing can be said.
    pub withheld: Option<Withheld>,
}

/// Something that would help.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Help {
    /// What to do.
    pub what: String,
    /// The smallest effect seen then, where it can be said.
    pub detectable: Option<f64>,
}

/// A reason in a form for machines and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// A stable short name.
    pub code: String,
    /// The reason as a clause.
    pub reason: String,
}

impl Answers {
    /// What the numbers of a workspace can answer.
    #[must_use]
    pub fn of(workspace: &str, as_of: Time, basis: &Basis) -> Self {
        let mut rows = vec![visitors_order(basis), visitors_spend(basis), send(basis)];
        rows.extend(basis.parts.iter().map(|part| segment(part, basis)));
        rows.extend(basis.moments.iter().map(satisfaction));
        if basis.moments.is_empty() {
            rows.push(no_answers());
        }
        Self {
            sentence: sentence(&rows, basis),
            workspace: workspace.to_owned(),
            as_of,
            people: basis.people,
            reachable: basis.reachable,
            weeks_of_history: basis.weeks,
            plan: "two even arms, one look at the end, two-sided at 5 %, power 80 %".to_owned(),
            rows,
        }
    }
}

fn sentence(rows: &[Question], basis: &Basis) -> String {
    let answerable = |row: &&Question| row.weeks.is_some();
    let found = rows.iter().filter(answerable).count() as u64;
    let people = figures::plural(basis.people, "person", "people");
    let weeks = figures::plural(u64::from(basis.weeks), "week", "weeks");
    let asked = rows.len();
    match found {
        0 => format!(
            "With {people} and {weeks} of history none of {asked} questions can be answered within two years at the size asked \
             for; the smallest effects each can show are below."
        ),
        found => format!(
            "With {people} and {weeks} of history {} of {asked} questions can be answered within two years.",
            figures::count(found)
        ),
    }
}

/// A question about people, before its helps.
struct Asked<'a> {
    id: String,
    question: String,
    outcome: Result<Outcome, Why>,
    /// People after so many weeks; the same for all where they come at once.
    units: Box<dyn Fn(u32) -> f64 + 'a>,
    /// Weeks it is thought to run.
    runs: u32,
    /// Weeks added until everybody was watched.
    watched: u32,
}

impl Asked<'_> {
    fn sizing(&self) -> Option<Sizing> {
        self.outcome.as_ref().ok().map(|outcome| Sizing::even(*outcome))
    }

    /// The smallest effect so many people show; a share that is expected of too few people in an arm tells nothing.
    fn detectable(&self, units: f64) -> Result<f64, Why> {
        let outcome = self.outcome.clone()?;
        if let Outcome::Proportion { baseline } = outcome {
            let expected = baseline * units / 2.0;
            if expected < FEW {
                let what = "expected of it in each arm".to_owned();
                return Err(Why::TooFew { what, have: expected as u64, need: FEW as u64 });
            }
        }
        Sizing::even(outcome).detectable(units)
    }

    fn needed(&self) -> Option<f64> {
        self.sizing().and_then(|sizing| sizing.needed(WANTED).ok())
    }

    fn weeks(&self, needed: f64) -> Option<u32> {
        (1..=MOST_WEEKS).find(|weeks| (self.units)(*weeks) >= needed).map(|weeks| weeks + self.watched)
    }

    fn answer(self, helps: Vec<Help>) -> Question {
        let units = (self.units)(self.runs);
        let detectable = self.detectable(units);
        let needed = self.needed();
        let weeks = needed.and_then(|needed| self.weeks(needed));
        let sentence = said(&detectable, units, needed, weeks);
        Question {
            id: self.id,
            question: self.question,
            baseline: self.outcome.as_ref().ok().map(Outcome::mean),
            units: Some(units.round() as u64),
            scale: Scale::Relative,
            detectable: detectable.as_ref().ok().copied(),
            wanted: WANTED,
            needed: needed.map(|needed| needed.ceil() as u64),
            weeks,
            sentence,
            helps,
            withheld: detectable.as_ref().err().map(withheld),
        }
    }
}

fn withheld(why: &Why) -> Withheld {
    Withheld { code: why.code().to_owned(), reason: why.sentence() }
}

fn said(detectable: &Result<f64, Why>, units: f64, needed: Option<f64>, weeks: Option<u32>) -> String {
    let people = figures::plural(units.round() as u64, "person", "people");
    let sees = match detectable {
        Ok(effect) if *effect >= 1.0 => {
            format!("{people} show it only if it changes by {} or more", figures::percent(*effect))
        }
        Ok(effect) => format!("{people} show a change by {} or more", figures::percent(*effect)),
        Err(why) => return format!("Nothing can be said: {}.", why.sentence()),
    };
    let wanted = figures::percent(WANTED);
    match (needed, weeks) {
        (Some(_), Some(weeks)) => {
            format!(
                "{sees}; a change by {wanted} is seen after {}.",
                figures::plural(u64::from(weeks), "week", "weeks")
            )
        }
        (Some(needed), None) => {
            format!(
                "{sees}; a change by {wanted} needs {} people, more than there will be.",
                figures::count(needed.ceil() as u64)
            )
        }
        (None, _) => format!("{sees}."),
    }
}

fn visitors_order(basis: &Basis) -> Question {
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

fn visitors_spend(basis: &Basis) -> Question {
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

fn send(basis: &Basis) -> Question {
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

fn segment(part: &Part, basis: &Basis) -> Question {
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

fn satisfaction(moment: &Moment) -> Question {
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

fn no_answers() -> Question {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn did(people: u64, did: u64) -> Did {
        Did { people, did }
    }

    /// 800 customers and three exports.
    fn small_shop() -> Basis {
        let milestone =
            |event: &str, visitors, reachable| Milestone { event: event.to_owned(), visitors, reachable };
        Basis {
            people: 800,
            reachable: 520,
            weeks: 13,
            reach: Reach { known: 800, by_week: vec![60, 110, 150, 185, 215, 240] },
            milestones: vec![
                milestone("Order Completed", did(660, 53), did(3_120, 60)),
                milestone("Product Added", did(660, 160), did(3_120, 170)),
                milestone("Product Viewed", did(660, 500), did(3_120, 540)),
            ],
            revenue: [Some((4.2, 19.0)), Some((1.1, 9.0))],
            foretold: Some(0.5),
            parts: vec![Part { segment: "VIP".to_owned(), reachable: 40, ordered: did(240, 20) }],
            moments: vec![
                Moment { name: "purchase".to_owned(), answers: 22, satisfied: 18, weeks: 10 },
                Moment { name: "support".to_owned(), answers: 90, satisfied: 63, weeks: 10 },
            ],
        }
    }

    fn row<'a>(answers: &'a Answers, id: &str) -> &'a Question {
        answers.rows.iter().find(|row| row.id == id).unwrap()
    }

    #[test]
    fn a_small_shop_is_told_what_it_cannot_see_and_what_would_help() {
        let answers = Answers::of("shop", Time(0), &small_shop());
        let orders = row(&answers, "visitors-order");
        assert!(orders.detectable.unwrap() > 1.0, "{orders:?}");
        assert!(orders.sentence.contains("only if it changes by"), "{}", orders.sentence);
        assert!(
            orders.helps[0].detectable.unwrap() < 0.25 && orders.helps[0].what.contains("Product Viewed")
        );
        let send = row(&answers, "send-or-hold-back");
        let pooled = send.helps.iter().find(|help| help.what.contains("pool 12")).unwrap();
        assert!(pooled.detectable.unwrap() < send.detectable.unwrap());
        let spend = row(&answers, "visitors-spend");
        assert!(spend.helps[0].detectable.unwrap() < spend.detectable.unwrap(), "adjusting helps");
    }

    #[test]
    fn what_rests_on_too_little_is_withheld() {
        let answers = Answers::of("shop", Time(0), &small_shop());
        let vip = row(&answers, "segment:VIP");
        assert_eq!(vip.withheld.as_ref().unwrap().code, "too-few");
        assert_eq!((vip.detectable, vip.sentence.starts_with("Nothing can be said")), (None, true));
        assert_eq!(
            row(&answers, "csat:purchase").withheld.as_ref().unwrap().reason,
            "fewer than 30 answers (22 so far)"
        );
        let support = row(&answers, "csat:support");
        assert!(support.detectable.unwrap() > 0.1 && support.baseline == Some(0.7));
        let empty = Answers::of("empty", Time(0), &Basis::default());
        assert!(empty.rows.iter().all(|row| row.withheld.is_some() && row.detectable.is_none()));
        assert!(empty.sentence.contains("none of 4 questions"), "{}", empty.sentence);
    }

    #[test]
    fn more_people_never_see_less() {
        let small = small_shop();
        let mut large = small.clone();
        large.reach.by_week.iter_mut().for_each(|people| *people *= 100);
        large.reachable *= 100;
        let of = |basis: &Basis, id| row(&Answers::of("", Time(0), basis), id).detectable.unwrap();
        for id in ["visitors-order", "visitors-spend", "send-or-hold-back"] {
            assert!(of(&large, id) < of(&small, id), "{id}");
        }
        assert!(row(&Answers::of("", Time(0), &large), "visitors-order").weeks.is_some());
    }
}
