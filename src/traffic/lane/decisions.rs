//! What is asked of the engine: a placement, a test at a split.

use super::Lane;
use crate::decide::{self, Exposed, Shown};
use crate::journey::{Answer, StepIndex};
use crate::model::Time;
use crate::rule::Point;
use crate::traffic::decided::{Asked, Decided};
use crate::traffic::profile::{Exposure, View};
use crate::traffic::record::What;
use crate::traffic::run::Engine;
use crate::traffic::source::Happened;

impl Lane {
    pub(super) fn place(&mut self, engine: &Engine<'_>, person: u32, at: Time, place: &'static str) {
        let view = View { profile: &self.profiles[person as usize], words: engine.words };
        let (decision, why) = engine.observed(
            |trace| decide::placement(engine.library, place, &view, Point::after(at), trace),
            || decide::placement(engine.library, place, &view, Point::after(at), &mut ()),
        );
        for Exposed { experiment, variant, propensity } in decision.exposures() {
            self.profiles[person as usize].expose(Exposure { experiment, variant, at, propensity });
        }
        self.profiles[person as usize].decisions.push(Decided::placement(at, place, decision.shown));
        let content = decision.shown.map(|shown| shown.content);
        if let Some(Shown { content, propensity, .. }) = decision.shown {
            self.promise(engine, person, content, at);
            self.watch(engine, person, at, What::Shown { content, propensity }, why);
        }
        self.react(engine, person, at, Happened::Shown(place, content));
    }

    pub(super) fn assign(
        &mut self,
        engine: &Engine<'_>,
        person: u32,
        passage: u32,
        step: StepIndex,
        at: Time,
    ) -> Answer {
        let profile = &self.profiles[person as usize];
        let journey = profile.passages[passage as usize].enrollment.journey;
        let Some(test) = engine.routes[journey as usize].test(step) else { return Answer::NotInTest };
        let view = View { profile, words: engine.words };
        let point = Point::after(at);
        let (assigned, why) = engine.observed(
            |trace| {
                decide::test(engine.library, test.experiment, &test.contents, journey, &view, point, trace)
            },
            || decide::test(engine.library, test.experiment, &test.contents, journey, &view, point, &mut ()),
        );
        let Some(mut assigned) = assigned else { return Answer::NotInTest };
        let profile = &mut self.profiles[person as usize];
        let first = !profile.exposures.iter().any(|exposure| exposure.experiment == test.experiment);
        if let Some((experiment, variant)) = engine.forced
            && experiment == test.experiment
            && (assigned.exposed || !first)
        {
            assigned.variant = variant;
        }
        if assigned.exposed && first {
            profile.expose(Exposure {
                experiment: test.experiment,
                variant: assigned.variant,
                at,
                propensity: assigned.propensity,
            });
        }
        let (variant, exposed) = (assigned.variant, assigned.exposed);
        let propensity = assigned.propensity;
        let (asked, given) = (Asked::Step { journey, step }, Some((test.experiment, variant)));
        profile.decisions.push(Decided { at, asked, content: None, variant: given, propensity });
        let what = What::Assigned { experiment: test.experiment, variant, exposed, propensity };
        self.watch(engine, person, at, what, why);
        test.arms.get(usize::from(variant)).map_or(Answer::NotInTest, |arm| Answer::Arm(*arm))
    }

    /// What is shown or sent may promise something that holds elsewhere too.
    pub(super) fn promise(&mut self, engine: &Engine<'_>, person: u32, content: u32, at: Time) {
        if let Some(choice) = engine.library.contents[content as usize].choice() {
            self.profiles[person as usize].promise(choice, at);
        }
    }
}
