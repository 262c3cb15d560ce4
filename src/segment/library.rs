//! All segments of a workspace together over its frame.

use super::definition::{Body, Segment};
use super::resolve::{Plans, Segments, resolve};
use crate::frame::{Frame, FrameCatalog};
use crate::model::{Identity, Problem};
use crate::rule::{Diagnostic, Plan, compile};

/// Every segment over one frame, ready to be asked or with the reason why not.
#[derive(Debug, Clone)]
pub struct Library {
    frame: Frame,
    segments: Segments,
    plans: Plans,
}

impl Library {
    /// Resolves segments over a frame. One that cannot be used takes only those with it that refer to it.
    #[must_use]
    pub fn new(frame: &Frame, segments: impl IntoIterator<Item = Segment>) -> Self {
        let segments: Segments =
            segments.into_iter().map(|segment| (segment.name.clone(), segment)).collect();
        let frame = with_lists(frame, segments.values());
        let plans = resolve(&segments, &FrameCatalog::new(&frame));
        Self { frame, segments, plans }
    }

    /// The frame, with the lists of the segments that are lists.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Who is on each list.
    pub fn lists(&self) -> impl Iterator<Item = (&str, &[Identity])> {
        self.segments.values().filter_map(|segment| match &segment.body {
            Body::List(members) => Some((segment.name.as_str(), members.as_slice())),
            _ => None,
        })
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
            ("Behind", "minus = [\"Good\", \"A\"]"),
            ("Good", "rule = 'country = \"DE\"'"),
        ]);
        let why = |name: &str| library.plan(name).unwrap().as_ref().unwrap_err()[0].to_string();
        assert_eq!(
            why("C"),
            "C: segments refer to each other in a circle: \"A\" → \"B\" → \"C\" → \"A\"\n  help: take one of the references out"
        );
        for name in ["A", "B"] {
            assert!(why(name).contains("in a circle: \"A\" → \"B\" → \"C\" → \"A\""), "{}", why(name));
        }
        assert!(why("Behind").contains("segment \"A\" cannot be used: segments refer"), "{}", why("Behind"));
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
