//! Customer satisfaction by moment.

use serde::{Deserialize, Serialize};

use crate::decide::Library;
use crate::decide::library::Source;
use crate::model::Time;
use crate::stats::{Reading, Why, wilson};
use crate::survey::Survey;
use crate::survey::benchmark::Benchmarks;
use crate::survey::satisfaction::{Answer, Tally};
use crate::traffic::profile::SurveyAnswer;
use crate::traffic::{MessageLog, Profile, Recorded};

/// The CSAT panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Csat {
    /// A sentence a client understands.
    pub sentence: String,
    /// Answers in all.
    pub answers: u64,
    /// People asked, by a survey that arrived; none where the data does not say who was asked.
    pub asked: Option<u64>,
    /// How the score is made: `top 2 of 5`.
    pub scale: String,
    /// The ideal band as shares, low and high.
    pub ideal: (f64, f64),
    /// One line of context, labelled as another scale.
    pub context: String,
    /// The moments, in the order they are shown.
    pub moments: Vec<Moment>,
}

impl Csat {
    /// Nobody was asked yet.
    #[must_use]
    pub fn none() -> Self {
        Self {
            sentence: String::new(),
            answers: 0,
            asked: None,
            scale: String::new(),
            ideal: (0.75, 0.85),
            context: String::new(),
            moments: Vec::new(),
        }
    }
}

/// Satisfaction after one kind of moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// `purchase`, `delivery`, `support`.
    pub name: String,
    /// People asked, by a survey that arrived, where that is known.
    pub asked: Option<u64>,
    /// Answers, one per person per moment.
    pub answers: u64,
    /// Top-box share with its Wilson interval; withheld under 30 answers.
    pub score: Reading,
    /// Daily shares, oldest first; `None` where a day has no answer.
    pub trend: Vec<Option<f64>>,
}

/// Fewer answers than this show no score.
const FEWEST_ANSWERS: u64 = 30;

/// Days of the trend.
const TREND_DAYS: i64 = 7;

impl Csat {
    /// The panel over a run, as of `now`.
    pub fn of<'a>(
        people: impl Iterator<Item = &'a Profile>,
        library: &Library,
        benchmarks: &Benchmarks,
        industry: &str,
        now: Time,
    ) -> Self {
        let mut moments = Moments::of(library);
        for (person, profile) in (0..).zip(people) {
            let own = profile.messages.iter().filter(|log| !log.observed);
            moments.see(person, own, &profile.answers, library);
        }
        Self::from_moments(&moments, library, benchmarks, industry, now)
    }

    /// The panel over what a workspace recorded: who was asked is known only if that was recorded too, and answers to a
    /// survey that is not defined here have no scale.
    #[must_use]
    pub fn recorded(
        moments: &Moments,
        library: &Library,
        benchmarks: &Benchmarks,
        industry: &str,
        now: Time,
        told: &Recorded,
    ) -> Self {
        Self::from_moments(moments, library, benchmarks, industry, now).telling_only(told)
    }

    fn from_moments(
        moments: &Moments,
        library: &Library,
        benchmarks: &Benchmarks,
        industry: &str,
        now: Time,
    ) -> Self {
        let scale = surveys(library).next().map(Survey::scale_text);
        let moments: Vec<Moment> =
            moments.tallies.iter().map(|(moment, tally)| Moment::of(moment, tally, now)).collect();
        Self {
            sentence: sentence(&moments, benchmarks.ideal),
            answers: moments.iter().map(|moment| moment.answers).sum(),
            asked: moments.iter().map(|moment| moment.asked).sum(),
            scale: scale.unwrap_or_else(|| "top 2 of 5".to_owned()),
            ideal: benchmarks.ideal,
            context: benchmarks.context(industry).unwrap_or_default(),
            moments,
        }
    }
}

fn surveys(library: &Library) -> impl Iterator<Item = &Survey> {
    library.contents.iter().filter_map(|content| match &content.source {
        Source::Survey(survey) => Some(survey),
        Source::Experience(_) => None,
    })
}

/// What is known of each moment, while people are gone through; two surveys about one moment are one row, whichever of
/// them a person answered last.
#[derive(Debug, Clone)]
pub struct Moments {
    tallies: Vec<(String, Tally)>,
}

impl Moments {
    /// The moments there are surveys about; nobody was seen yet.
    #[must_use]
    pub fn of(library: &Library) -> Self {
        let mut tallies: Vec<(String, Tally)> = Vec::new();
        for survey in surveys(library) {
            if !tallies.iter().any(|(moment, _)| *moment == survey.moment) {
                tallies.push((survey.moment.clone(), Tally::default()));
            }
        }
        Self { tallies }
    }

    /// Takes note of what reached somebody, by a number of their own, and of what they answered.
    pub fn see<'m>(
        &mut self,
        person: u32,
        messages: impl Iterator<Item = &'m MessageLog>,
        answers: &[SurveyAnswer],
        library: &Library,
    ) {
        let survey_of = |content: u32| match &library.defined(content)?.source {
            Source::Survey(survey) => Some(survey),
            Source::Experience(_) => None,
        };
        for log in messages.filter(|log| log.delivered.is_some()) {
            let tally = survey_of(log.content).and_then(|survey| self.about(&survey.moment));
            tally.into_iter().for_each(|tally| tally.ask(person));
        }
        for answer in answers {
            let Some(survey) = survey_of(answer.content) else { continue };
            if let (Some(satisfied), Some(tally)) =
                (survey.is_satisfied(answer.score), self.about(&survey.moment))
            {
                tally.answer(Answer { person, at: answer.at, satisfied });
            }
        }
    }

    fn about(&mut self, moment: &str) -> Option<&mut Tally> {
        self.tallies.iter_mut().find(|(known, _)| known == moment).map(|(_, tally)| tally)
    }
}

impl Csat {
    /// The same panel without what the record does not tell.
    fn telling_only(mut self, told: &Recorded) -> Self {
        for moment in &mut self.moments {
            // A record of fewer people asked than answered is not a record of who was asked.
            moment.asked = moment.asked.filter(|asked| *asked > 0 && *asked >= moment.answers);
        }
        let known = !self.moments.is_empty() && self.moments.iter().all(|moment| moment.asked.is_some());
        self.asked = self.asked.filter(|_| known);
        if !told.answers {
            self.sentence = "The data holds no answers to surveys, so satisfaction is not known.".to_owned();
        }
        if !told.unknown_surveys.is_empty() {
            let names: Vec<String> = told.unknown_surveys.iter().map(|name| format!("“{name}”")).collect();
            let shown = names.get(..names.len().min(3)).unwrap_or_default().join(", ");
            let more = if names.len() > 3 { " and others" } else { "" };
            let unscored =
                format!("Answers to {shown}{more} are not scored: no such survey is defined here.");
            self.sentence = match self.answers {
                0 => unscored,
                _ => format!("{} {unscored}", self.sentence),
            };
        }
        self
    }
}

impl Moment {
    fn of(name: &str, tally: &Tally, now: Time) -> Self {
        let answers = tally.answers();
        let score = if answers < FEWEST_ANSWERS {
            Reading::Withheld(Why::TooFew { what: "answers".to_owned(), have: answers, need: FEWEST_ANSWERS })
        } else {
            wilson::reading(tally.satisfied(), answers, 0.05)
        };
        let days = tally.by_day();
        let today = now.day();
        let trend = (today - TREND_DAYS + 1..=today)
            .map(|day| days.get(&day).map(|(satisfied, all)| *satisfied as f64 / *all as f64))
            .collect();
        Self { name: name.to_owned(), asked: Some(tally.asked()), answers, score, trend }
    }
}

fn sentence(moments: &[Moment], ideal: (f64, f64)) -> String {
    let scored = moments.iter().filter_map(|moment| Some((moment, moment.score.estimate()?)));
    let Some((worst, estimate)) = scored.min_by(|a, b| a.1.value.total_cmp(&b.1.value)) else {
        return "Too few answers to say how satisfied people are.".to_owned();
    };
    let name = capitalised(&worst.name);
    if estimate.high < ideal.0 {
        format!("{name} drags satisfaction down.")
    } else if estimate.low >= ideal.0 {
        "People are satisfied at every moment we ask about.".to_owned()
    } else {
        format!("{name} is the weakest moment; whether it is a problem is not clear yet.")
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
