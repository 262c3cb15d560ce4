//! What a rule names that may be meant otherwise: journeys, experiments and surveys. Their names are free, because a rule may be
//! written before the first one runs, so a strange one is no fault; but one that is nearly known is worth a word.

use super::diagnostic::{Diagnostic, nearest};
use super::parse::parse;
use super::tree::{Clause, Name, Node};

/// What a free name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// A journey.
    Journey,
    /// An experiment.
    Experiment,
    /// A survey.
    Survey,
}

impl Free {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Journey => "journey",
            Self::Experiment => "experiment",
            Self::Survey => "survey",
        }
    }
}

/// The free names of a rule that are not known and nearly are, each with what may be meant; nothing of a rule that cannot be
/// read.
#[must_use]
pub fn doubts(text: &str, known: &dyn Fn(Free) -> Vec<String>) -> Vec<Diagnostic> {
    let Ok(tree) = parse(text) else { return Vec::new() };
    let mut found = Vec::new();
    look(&tree.root, known, &mut found);
    found
}

fn look(node: &Node, known: &dyn Fn(Free) -> Vec<String>, found: &mut Vec<Diagnostic>) {
    node.each_clause(&mut |_, clause| match clause {
        Clause::Journey { name, .. } => found.extend(doubt(Free::Journey, name, known)),
        Clause::Experiment { name, .. } => found.extend(doubt(Free::Experiment, name, known)),
        Clause::Answers(answers) => found.extend(doubt(Free::Survey, &answers.survey, known)),
        Clause::Been { part, .. } => look(part, known, found),
        _ => {}
    });
}

fn doubt(what: Free, name: &Name, known: &dyn Fn(Free) -> Vec<String>) -> Option<Diagnostic> {
    let names = known(what);
    if names.contains(&name.text) {
        return None;
    }
    let near = nearest(&name.text, names)?;
    let said = format!("no {} is called \"{}\" here", what.name(), name.text);
    Some(Diagnostic::new("unknown-name", name.span.clone(), said).help(format!("did you mean `{near}`?")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let known = |what: Free| {
            let names: &[&str] = match what {
                Free::Journey => &["Cart recovery"],
                Free::Experiment => &["Subject line"],
                Free::Survey => &["Purchase", "Delivery"],
            };
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        let told = |one: Diagnostic| format!("{}: {}", one.message, one.help.unwrap_or_default());
        doubts(text, &known).into_iter().map(told).collect()
    }

    #[test]
    fn what_is_nearly_known_is_asked_after_wherever_it_stands() {
        assert_eq!(
            said("in journey \"Cart recovry\" or has been in experiment \"subject line\" for 2d"),
            [
                "no journey is called \"Cart recovry\" here: did you mean `Cart recovery`?",
                "no experiment is called \"subject line\" here: did you mean `Subject line`?",
            ]
        );
        assert_eq!(
            said("entered journey \"Cart recovery\" and not answered(\"Purchse\")"),
            ["no survey is called \"Purchse\" here: did you mean `Purchase`?"]
        );
    }

    #[test]
    fn what_is_known_or_quite_new_is_not() {
        let none: [&str; 0] = [];
        assert_eq!(said("answered(\"Purchase\") and in journey \"Welcome series\""), none);
        assert_eq!(said("in journey ("), none);
    }
}
