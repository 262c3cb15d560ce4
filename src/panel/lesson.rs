//! The lesson on peeking: tests of nothing, looked at every day, and what each way of reading them called.

use serde::{Deserialize, Serialize};

use super::figures;
use crate::experiment::calibrate::Settings;
use crate::experiment::calibrate::course::{CELL, Course, Glance, Share, Standing};

/// The lesson at one look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Peeking {
    /// The seed.
    pub seed: u64,
    /// Tests played side by side.
    pub tests: u32,
    /// People each test has at its end.
    pub people: u32,
    /// Looks that are taken.
    pub looks: u32,
    /// The share of false alarms that is promised.
    pub alpha: f64,
    /// The share of people who convert, in both arms.
    pub rate: f64,
    /// What is happening, in a few words and a sentence or two.
    pub caption: Caption,
    /// How many tests had cried wolf, look by look.
    pub shares: Vec<Share>,
    /// Where each test stands.
    pub standings: Vec<Standing>,
    /// The test that is watched, from 1: the first one the ordinary interval called.
    pub watched: u32,
    /// Its looks.
    pub path: Vec<Glance>,
    /// What is to be said of it.
    pub told: String,
}

/// What is happening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caption {
    /// A few words.
    pub title: String,
    /// A sentence or two.
    pub text: String,
}

impl Peeking {
    /// The lesson where a course stands.
    #[must_use]
    pub fn of(course: &Course) -> Self {
        let settings = course.settings();
        let number = course.first_called();
        let path = course.path(number);
        Self {
            seed: settings.seed,
            tests: settings.runs,
            people: settings.people,
            looks: settings.looks,
            alpha: settings.alpha,
            rate: CELL.rate,
            caption: caption(settings, course.shares().last(), path.last()),
            shares: course.shares().to_vec(),
            standings: course.standings().collect(),
            told: told(&path),
            watched: number + 1,
            path,
        }
    }

    /// The look it stands at.
    #[must_use]
    pub fn look(&self) -> u32 {
        self.shares.len() as u32
    }

    /// Whether every look was taken.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.look() >= self.looks
    }

    /// A number of tests as a share of all.
    #[must_use]
    pub fn share(&self, tests: u32) -> f64 {
        f64::from(tests) / f64::from(self.tests.max(1))
    }
}

/// What is said at a look: what is played, then what is seen, then why, then what it comes to.
fn caption(settings: &Settings, last: Option<&Share>, watched: Option<&Glance>) -> Caption {
    let tests = figures::count(u64::from(settings.runs));
    let promised = figures::percent(settings.alpha);
    let of = |n: u32| figures::percent(f64::from(n) / f64::from(settings.runs.max(1)));
    let caption = |title: &str, text: String| Caption { title: title.to_owned(), text };
    let Some(share) = last else {
        return caption(
            "Tests of nothing",
            format!(
                "{tests} tests, each showing two halves of {} people the same page. There is nothing to find: whoever calls a winner is wrong.",
                figures::count(u64::from(settings.people))
            ),
        );
    };
    let passed = f64::from(share.look) / f64::from(settings.looks.max(1));
    if share.look >= settings.looks {
        return caption("What was seen", ending(settings, share));
    }
    match passed {
        p if p < 0.12 => caption(
            "Everybody looks every day",
            format!("At each look the ordinary interval errs in {promised} of tests. That is what it promises, for one look."),
        ),
        p if p < 0.3 => caption(
            "The alarms add up",
            format!(
                "At this look alone {} are called. But whoever stops at the first alarm has called {} by now.",
                of(share.this_look),
                of(share.naive)
            ),
        ),
        p if p < 0.55 => caption(
            "One of them, watched",
            "Below is the first test that was called. Chance carried it out of its interval; mostly it comes back, but by then somebody has shipped.".to_owned(),
        ),
        p if p < 0.8 => caption(
            "Why the always-valid one stays",
            format!(
                "It is wider early on, so that all looks together err in at most {promised}. So far it has called {} of tests.",
                of(share.always)
            ),
        ),
        _ => caption(
            "What that costs",
            price(watched),
        ),
    }
}

/// How much wider the always-valid interval is.
fn price(watched: Option<&Glance>) -> String {
    let width = |(low, high): (f64, f64)| high - low;
    let times =
        watched.map(|glance| width(glance.always) / width(glance.fixed)).filter(|times| times.is_finite());
    let wide = times
        .map_or_else(|| "wider".to_owned(), |times| format!("{} times as wide", figures::fixed(times, 1)));
    format!("It is {wide} as the ordinary one by now: the price of looking whenever you like. It falls to its least at the people planned.")
        .replace("wider as", "wider than")
}

/// What was seen, plainly.
fn ending(settings: &Settings, last: &Share) -> String {
    let n = |tests: u32| figures::count(u64::from(tests));
    let kept = f64::from(last.always) <= settings.alpha * f64::from(settings.runs);
    let always = match kept {
        true => format!(
            "The always-valid interval called {}, below the {} it promises.",
            n(last.always),
            figures::percent(settings.alpha)
        ),
        false => format!(
            "The always-valid interval called {}, above the {} it promises: with so few tests chance can do that.",
            n(last.always),
            figures::percent(settings.alpha)
        ),
    };
    format!(
        "Of {} tests without any difference, looking {} times and stopping at the first alarm called {}. One look at the end calls {}. {always} Look once, at an end fixed beforehand, or read the always-valid interval.",
        n(settings.runs),
        n(settings.looks),
        n(last.naive),
        n(last.this_look)
    )
}

/// What happened to the test that is watched.
fn told(path: &[Glance]) -> String {
    let excludes = |(low, high): (f64, f64)| low > 0.0 || high < 0.0;
    let Some(last) = path.last() else { return "Too few conversions to be read yet.".to_owned() };
    let Some(first) = path.iter().find(|glance| excludes(glance.fixed)) else {
        return "Neither interval has excluded zero.".to_owned();
    };
    let sign = if first.difference > 0.0 { "a winner" } else { "a loser" };
    let called = format!("Called {sign} at look {}", first.look);
    let now = if excludes(last.fixed) { "and still is" } else { "and taken back since" };
    let always = match path.iter().find(|glance| excludes(glance.always)) {
        Some(glance) => format!("; the always-valid interval errs too, from look {} on", glance.look),
        None => "; the always-valid interval has held zero all along".to_owned(),
    };
    format!("{called} {now}{always}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_says_something_else_and_the_end_says_the_figures() {
        let mut course = Course::new(Settings { people: 2_000, looks: 20, ..Settings::new(80, 7) });
        let mut titles = vec![Peeking::of(&course).caption.title];
        while !course.is_over() {
            course.advance();
            let lesson = Peeking::of(&course);
            assert_eq!(lesson.standings.len(), 80);
            if titles.last() != Some(&lesson.caption.title) {
                titles.push(lesson.caption.title);
            }
        }
        assert_eq!(titles.len(), 7, "{titles:?}");
        let lesson = Peeking::of(&course);
        let last = lesson.shares.last().unwrap();
        assert!(
            lesson.is_over() && lesson.caption.text.contains(&format!("first alarm called {}", last.naive))
        );
        assert_eq!(
            serde_json::from_str::<Peeking>(&serde_json::to_string(&lesson).unwrap()).unwrap().shares,
            lesson.shares
        );
    }
}
