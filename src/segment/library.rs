//! All segments of a workspace together: references resolved, circles refused.

use std::collections::BTreeMap;

use super::definition::{Body, Segment, rule_problems};
use crate::frame::{Frame, FrameCatalog};
use crate::model::Problem;
use crate::rule::{self, Diagnostic, Plan, compile};

/// How many segments may refer to each other in a row.
const MAX_CHAIN: usize = 32;

/// Every segment over one frame, ready to be asked or with the reason why not.
#[derive(Debug, Clone)]
pub struct Library {
    frame: Frame,
    segments: BTreeMap<String, Segment>,
    plans: BTreeMap<String, Result<Plan, Vec<Problem>>>,
}

impl Library {
    /// Resolves segments over a frame. One that cannot be used takes only those with it that refer to it.
    #[must_use]
    pub fn new(frame: &Frame, segments: impl IntoIterator<Item = Segment>) -> Self {
        let segments: BTreeMap<String, Segment> =
            segments.into_iter().map(|segment| (segment.name.clone(), segment)).collect();
        let frame = with_lists(frame, segments.values());
        let mut library = Self { frame, segments, plans: BTreeMap::new() };
        let names: Vec<String> = library.segments.keys().cloned().collect();
        for name in names {
            library.resolve(&name, &mut Vec::new());
        }
        library
    }

    /// The frame, with the lists of the segments that are lists.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Every segment, by name.
    pub fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.segments.values()
    }

    /// One segment's definition.
    #[must_use]
    pub fn segment(&self, name: &str) -> Option<&Segment> {
        self.segments.get(name)
    }

    /// One segment's plan, or why it has none; `None` if there is no such segment.
    #[must_use]
    pub fn plan(&self, name: &str) -> Option<&Result<Plan, Vec<Problem>>> {
        self.plans.get(name)
    }

    /// What a rule over this library may name.
    #[must_use]
    pub fn catalog(&self) -> FrameCatalog<'_> {
        let mut catalog = FrameCatalog::new(&self.frame);
        for (name, plan) in &self.plans {
            match plan {
                Ok(plan) => catalog.add_segment(name, plan.clone()),
                Err(problems) => {
                    catalog.add_faulty(name, problems.first().map_or("", |problem| problem.message.as_str()));
                }
            }
        }
        catalog
    }

    /// Checks a rule against this library.
    ///
    /// # Errors
    /// The faults of the rule.
    pub fn compile(&self, rule: &str) -> Result<Plan, Vec<Diagnostic>> {
        compile(rule, &self.catalog())
    }

    fn resolve(&mut self, name: &str, path: &mut Vec<String>) {
        if self.plans.contains_key(name) {
            return;
        }
        let Some(segment) = self.segments.get(name).cloned() else { return };
        path.push(name.to_owned());
        let mut blocked = None;
        for reference in references(&segment.body) {
            if let Some(start) = path.iter().position(|visited| *visited == reference) {
                blocked.get_or_insert_with(|| circle(path.get(start..).unwrap_or(&[])));
            } else if path.len() >= MAX_CHAIN {
                blocked.get_or_insert_with(|| {
                    Problem::new(
                        "segment-chain",
                        format!("more than {MAX_CHAIN} segments refer to each other in a row"),
                    )
                });
            } else {
                self.resolve(&reference, path);
            }
        }
        path.pop();
        let plan = match blocked {
            Some(problem) => Err(vec![problem.in_file(name)]),
            None => self.plan_of(&segment),
        };
        self.plans.insert(name.to_owned(), plan);
    }

    fn plan_of(&self, segment: &Segment) -> Result<Plan, Vec<Problem>> {
        let operands = || -> Result<Vec<(String, Plan)>, Vec<Problem>> {
            segment
                .body
                .operands()
                .iter()
                .map(|name| Ok((name.clone(), self.operand(segment, name)?)))
                .collect()
        };
        match &segment.body {
            Body::Rule(text) => {
                self.compile(text).map_err(|faults| rule_problems(&segment.name, text, &faults))
            }
            Body::List(_) => Ok(Plan::list(&segment.name)),
            Body::Union(_) => Ok(Plan::union(&operands()?)),
            Body::Intersect(_) => Ok(Plan::intersection(&operands()?)),
            Body::Minus(_) => {
                let parts = operands()?;
                match parts.split_first() {
                    Some((first, others)) => Ok(Plan::difference(first, others)),
                    None => Ok(Plan::union(&[])),
                }
            }
        }
    }

    fn operand(&self, segment: &Segment, name: &str) -> Result<Plan, Vec<Problem>> {
        match self.plans.get(name) {
            Some(Ok(plan)) => Ok(plan.clone()),
            Some(Err(problems)) => {
                let why = problems.first().map_or("", |problem| problem.message.as_str());
                let message = format!("segment \"{name}\" cannot be used: {why}");
                Err(vec![Problem::new("faulty-segment", message).in_file(&segment.name)])
            }
            None => {
                let problem =
                    Problem::new("unknown-segment", format!("segment \"{name}\" is not known here"));
                let near = rule::diagnostic::nearest(name, self.segments.keys().cloned());
                let problem =
                    near.map_or(problem.clone(), |near| problem.help(format!("did you mean `{near}`?")));
                Err(vec![problem.in_file(&segment.name)])
            }
        }
    }
}

/// The frame with the lists among these segments.
#[must_use]
pub fn with_lists<'s>(frame: &Frame, segments: impl IntoIterator<Item = &'s Segment>) -> Frame {
    let mut frame = frame.clone();
    for segment in segments {
        if let Body::List(members) = &segment.body {
            frame = frame.with_list(&segment.name, members).0;
        }
    }
    frame
}

fn circle(path: &[String]) -> Problem {
    let mut names: Vec<String> = path.iter().map(|name| format!("\"{name}\"")).collect();
    names.extend(names.first().cloned());
    Problem::new("segment-circle", format!("segments refer to each other in a circle: {}", names.join(" → ")))
        .help("take one of the references out")
}

/// The segments a body refers to. A rule that cannot be parsed refers to none; its faults are told elsewhere.
fn references(body: &Body) -> Vec<String> {
    let Body::Rule(text) = body else { return body.operands().to_vec() };
    rule::parse(text)
        .map(|tree| tree.segments().into_iter().map(|name| name.text.clone()).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Builder, evaluate};
    use crate::model::Time;

    fn frame() -> Frame {
        let mut builder = Builder::new();
        for (id, country) in [(1, "DE"), (2, "AT"), (3, "DE"), (4, "FR")] {
            builder.identity(id, "user_id", &format!("u{id}"));
            builder.identify(id, Time(0), &format!("{{\"country\":\"{country}\"}}"));
        }
        builder.finish(1)
    }

    fn library(segments: &[(&str, &str)]) -> Library {
        let read = |(name, text): &(&str, &str)| Segment::parse(Some(name), text).unwrap();
        Library::new(&frame(), segments.iter().map(read))
    }

    fn members(library: &Library, name: &str) -> Vec<usize> {
        let plan = library.plan(name).unwrap().as_ref().unwrap();
        evaluate(library.frame(), plan, library.frame().now(), 1).whole.members().rows().collect()
    }

    #[test]
    fn rules_lists_and_algebra_refer_to_each_other() {
        let library = library(&[
            ("German", "rule = 'country = \"DE\"'"),
            ("VIP", "list = [\"user_id:u3\", \"user_id:u4\", \"user_id:u9\"]"),
            ("Either", "union = [\"German\", \"VIP\"]"),
            ("Both", "intersect = [\"German\", \"VIP\"]"),
            ("Rest", "minus = [\"Either\", \"Both\"]"),
            ("Rule", "rule = 'in segment \"VIP\" and not in segment \"German\"'"),
        ]);
        assert_eq!(members(&library, "Either"), [0, 2, 3]);
        assert_eq!(members(&library, "Both"), [2]);
        assert_eq!(members(&library, "Rest"), [0, 3]);
        assert_eq!(members(&library, "Rule"), [3]);
        assert_eq!(
            library.plan("Rest").unwrap().as_ref().unwrap().text(),
            "in segment \"Either\" and not in segment \"Both\""
        );
    }

    #[test]
    fn circles_and_unknown_names_are_refused() {
        let library = library(&[
            ("A", "rule = 'in segment \"B\"'"),
            ("B", "union = [\"C\"]"),
            ("C", "rule = 'country = \"DE\" or in segment \"A\"'"),
            ("Self", "rule = 'not in segment \"Self\"'"),
            ("Near", "union = [\"Sel\"]"),
            ("Good", "rule = 'country = \"DE\"'"),
        ]);
        let why = |name: &str| library.plan(name).unwrap().as_ref().unwrap_err()[0].to_string();
        assert_eq!(
            why("C"),
            "C: segments refer to each other in a circle: \"A\" → \"B\" → \"C\" → \"A\"\n  help: take one of the references out"
        );
        assert!(why("A").contains("segment \"B\" cannot be used"), "{}", why("A"));
        assert!(why("Self").contains("in a circle: \"Self\" → \"Self\""));
        assert_eq!(why("Near"), "Near: segment \"Sel\" is not known here\n  help: did you mean `Self`?");
        assert_eq!(members(&library, "Good"), [0, 2]);
    }

    #[test]
    fn a_fault_of_a_rule_has_its_place() {
        let library = library(&[("X", "rule = \"\"\"\ncountry = \"DE\" and\n  contry = \"AT\"\n\"\"\"")]);
        assert_eq!(
            library.plan("X").unwrap().as_ref().unwrap_err()[0].to_string(),
            "X:2, column 3: trait `contry` is not known here\n  help: did you mean `country`?"
        );
    }
}
