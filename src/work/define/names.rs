//! Whether what definitions name is there: the traits, events and properties of the people, the segments, the metrics.

use super::written::{What, Written, of};
use crate::decide::WithContext;
use crate::experiment::{Metric, ready};
use crate::model::Problem;
use crate::model::definition::{Definition, Kind};
use crate::rule::diagnostic::{Diagnostic, nearest};
use crate::rule::{Catalog, Noun, Resolved, compile};

/// What definitions are held against.
pub struct Against<'a> {
    /// The names of the workspace, the definitions' own segments among them.
    pub catalog: &'a dyn Catalog,
    /// Every definition, old and new: a segment or metric of theirs that is faulty is still no strange name.
    pub all: &'a [Definition],
    /// Whether traits, events and properties may be named that nobody has.
    pub open: bool,
}

/// What a definition names and is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// What keeps it out, in lines of its text.
    pub faults: Vec<Problem>,
    /// What is only worth a word: it may be defined ahead of the first such event.
    pub doubts: Vec<Problem>,
}

/// Holds a definition against the workspace. Faults of a rule's wording are told as well, in lines of the definition.
#[must_use]
pub fn check(definition: &Definition, against: &Against<'_>) -> Found {
    let mut found = Found::default();
    for written in of(definition.kind, &definition.text) {
        match written.what {
            What::Rule => against.rule(&written, &definition.text, &mut found),
            What::Event => against.event(&written, &definition.text, &mut found),
            What::Segment => against.segment(&written, &definition.text, &mut found),
            What::Metric => against.metric(&written, &definition.text, &mut found),
        }
    }
    found
}

impl Against<'_> {
    fn rule(&self, written: &Written, text: &str, found: &mut Found) {
        let Err(faults) = compile(&written.text, &WithContext(self.catalog)) else { return };
        for fault in faults {
            if fault.code == "unknown-segment" && self.defines(Kind::Segment, quoted(&written.text, &fault)) {
                continue;
            }
            let unseen = ["unknown-trait", "unknown-event", "unknown-property"].contains(&fault.code);
            let problem = placed(&fault, written, text);
            found.faults.push(match problem.help {
                None if unseen => problem.help("--allow-unknown keeps it before such facts are imported"),
                _ => problem,
            });
        }
    }

    /// An event may be waited for that never happened yet; one whose name is nearly known is a slip.
    fn event(&self, written: &Written, text: &str, found: &mut Found) {
        let name = &written.text;
        if self.open || self.catalog.event(name) {
            return;
        }
        let message = format!("event \"{name}\" has not happened to anybody here");
        let fault = Diagnostic::new("unknown-event", 0..name.len(), message);
        match nearest(name, self.catalog.names(Noun::Event)) {
            Some(near) => found.faults.push(placed(
                &fault.help(format!("did you mean `{near}`? --allow-unknown keeps it as it is")),
                written,
                text,
            )),
            None => found.doubts.push(placed(&fault, written, text)),
        }
    }

    fn segment(&self, written: &Written, text: &str, found: &mut Found) {
        let name = &written.text;
        if !matches!(self.catalog.segment(name), Resolved::Unknown) || self.defines(Kind::Segment, name) {
            return;
        }
        let fault = Diagnostic::new(
            "unknown-segment",
            0..name.len(),
            format!("segment \"{name}\" is not known here"),
        );
        found.faults.push(placed(&fault.suggest(name, self.catalog.names(Noun::Segment)), written, text));
    }

    fn metric(&self, written: &Written, text: &str, found: &mut Found) {
        let name = &written.text;
        if ready::metric(name).is_some() || self.defines(Kind::Metric, name) {
            return;
        }
        let metrics = self.all.iter().filter(|known| known.kind == Kind::Metric);
        let metrics: Vec<Metric> = metrics.filter_map(|known| Metric::read(&known.text).ok()).collect();
        let Problem { code, message, help, .. } = ready::unknown(name, &metrics);
        let mut fault = Diagnostic::new(code, 0..name.len(), message);
        fault.help = help;
        found.faults.push(placed(&fault, written, text));
    }

    fn defines(&self, kind: Kind, name: &str) -> bool {
        self.all.iter().any(|known| known.kind == kind && known.name == name)
    }
}

fn placed(fault: &Diagnostic, written: &Written, text: &str) -> Problem {
    let at = Diagnostic { span: written.place(&fault.span), ..fault.clone() };
    at.problem(text)
}

/// The name a fault of a rule is about, without its quotes.
fn quoted<'r>(rule: &'r str, fault: &Diagnostic) -> &'r str {
    rule.get(fault.span.clone()).unwrap_or("").trim_matches(['"', '`'])
}
