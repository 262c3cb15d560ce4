//! Ties contents that are part of a test to the test.

use super::library::{Library, Source};
use super::place::{Arm, MOST_CANDIDATES, MOST_TESTS};
use crate::model::Problem;
use crate::rule::diagnostic::nearest;

pub(super) fn bind(library: &mut Library) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    for index in 0..library.contents.len() {
        match arm(library, index) {
            Ok(arm) => library.contents[index].arm = arm,
            Err(problem) => {
                let file = format!("experience “{}”", library.contents[index].name);
                problems.push(problem.in_file(file));
            }
        }
    }
    for place in &mut library.places {
        let arms = place.candidates.iter().map(|candidate| library.contents[candidate.content as usize].arm);
        place.tests =
            arms.filter_map(|arm| if let Arm::Of(test, _) = arm { Some(test) } else { None }).collect();
        place.tests.sort_unstable();
        place.tests.dedup();
        if place.tests.len() > MOST_TESTS || place.candidates.len() > MOST_CANDIDATES {
            let message = format!("too much competes for “{}”", place.name);
            let help = format!(
                "{MOST_CANDIDATES} experiences and {MOST_TESTS} tests are the most one placement may have"
            );
            problems.push(Problem::new("placement-crowded", message).help(help));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn arm(library: &Library, index: usize) -> Result<Arm, Problem> {
    let Source::Experience(experience) = &library.contents[index].source else { return Ok(Arm::None) };
    let Some(name) = &experience.experiment else { return Ok(Arm::None) };
    let Some(test) = library.experiment(name) else {
        let known = library.experiments.iter().map(|design| design.name.clone());
        return Err(unknown("experience-experiment", "experiment", name, known));
    };
    let Some(wanted) = &experience.variant else { return Ok(Arm::Of(test, None)) };
    let variants = &library.experiments[test as usize].variants;
    match variants.iter().position(|variant| variant.name == *wanted) {
        Some(variant) => Ok(Arm::Of(test, Some(variant as u8))),
        None => {
            let known = variants.iter().map(|variant| variant.name.clone());
            Err(unknown("experience-variant", "variant", wanted, known))
        }
    }
}

fn unknown(code: &'static str, what: &str, name: &str, known: impl Iterator<Item = String>) -> Problem {
    let problem = Problem::new(code, format!("no {what} is called `{name}`"));
    match nearest(name, known) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!("define the {what} first")),
    }
}
