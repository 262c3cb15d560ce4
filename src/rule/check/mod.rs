//! A tree against a catalog: names resolved, values typed, or everything that does not fit.

mod events;
mod passage;
mod value;

use super::calendar::SEASONS;
use super::catalog::{Catalog, Known, Noun, Resolved};
use super::diagnostic::{Diagnostic, Span};
use super::lex::quote;
use super::parse::{MAX_FAULTS, read};
use super::plan::{Ask, Plan, Step};
use super::tree::{Body, Clause, Membership, Name, Node, Test, Tree, Window};
use crate::model::{Value, ValueType, time};

/// Resolves a tree's names and types its values.
///
/// # Errors
/// Every name that is not known and every comparison that makes no sense, in the order of the text.
pub fn check(tree: &Tree, catalog: &dyn Catalog) -> Result<Plan, Vec<Diagnostic>> {
    let mut checker = Checker { catalog, faults: Vec::new() };
    let step = checker.node(&tree.root);
    if checker.faults.is_empty() {
        return Ok(Plan::new(step, tree.root.to_string()));
    }
    checker.faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    Err(checker.faults)
}

/// Parses and checks in one go.
///
/// # Errors
/// As [`super::parse()`] and [`check`], both at once: a slip of spelling hides no wrong name.
pub fn compile(text: &str, catalog: &dyn Catalog) -> Result<Plan, Vec<Diagnostic>> {
    let (readable, mut faults) = match read(text) {
        Ok(tree) => return check(&tree, catalog),
        Err(found) => found,
    };
    let checked = readable.and_then(|tree| check(&tree, catalog).err()).unwrap_or_default();
    // Of one place the spelling is told: what it would mean is a guess.
    let meets = |a: &Span, b: &Span| a.start < b.end && b.start < a.end;
    let others: Vec<Diagnostic> =
        checked.into_iter().filter(|one| !faults.iter().any(|fault| meets(&fault.span, &one.span))).collect();
    faults.extend(others);
    faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    faults.truncate(MAX_FAULTS);
    Err(faults)
}

struct Checker<'a> {
    catalog: &'a dyn Catalog,
    faults: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn node(&mut self, node: &Node) -> Step {
        match &node.body {
            Body::All(parts) => Step::All(parts.iter().map(|part| self.node(part)).collect()),
            Body::Any(parts) => Step::Any(parts.iter().map(|part| self.node(part)).collect()),
            Body::Not(part) => Step::Not(Box::new(self.node(part))),
            Body::Clause(clause) => {
                Step::leaf(self.clause(clause, &node.span), clause.to_string(), node.span.clone())
            }
        }
    }

    fn clause(&mut self, clause: &Clause, span: &Span) -> Ask {
        match clause {
            Clause::Everyone => Ask::Everyone,
            Clause::Trait { name, test } => {
                let known = self.catalog.attribute(&name.text);
                if known == Known::No {
                    self.unknown("unknown-trait", "trait", name, Noun::Trait);
                }
                Ask::Trait { name: name.text.clone(), check: self.test(test, known, &name.text, span) }
            }
            Clause::Lifecycle(test) => {
                self.closed_names(test, "unknown-stage", "lifecycle stage", Noun::Stage);
                Ask::Lifecycle(self.test(test, Known::Typed(ValueType::Text), "lifecycle", span))
            }
            Clause::Intent(test) => {
                self.closed_names(test, "unknown-intent", "intent", Noun::Intent);
                Ask::Intent(self.test(test, Known::Typed(ValueType::Text), "intent", span))
            }
            Clause::Season(test) => {
                self.season(test);
                Ask::Season(self.test(test, Known::Typed(ValueType::Text), "season", span))
            }
            Clause::Events(clause) => Ask::Events(self.events(clause, span)),
            Clause::Sequence(sequence) => Ask::Sequence(self.sequence(sequence, span)),
            Clause::Session(clause) => Ask::Session(self.session(clause, span)),
            Clause::Messages(clause) => Ask::Events(self.messages(clause, span)),
            Clause::Answers(clause) => Ask::Events(self.answers(clause, span)),
            Clause::Band { bands, measure, operator, n } => {
                Ask::Band(self.band(*bands, measure, (*operator, *n), span))
            }
            Clause::Been { part, span: length } => self.been(part, *length, span),
            Clause::Consent { channel, purpose, states, negated } => Ask::Consent {
                channel: *channel,
                purpose: *purpose,
                states: states.clone(),
                negated: *negated,
            },
            Clause::Suppressed { channel, reasons, negated } => {
                Ask::Suppressed { channel: *channel, reasons: reasons.clone(), negated: *negated }
            }
            Clause::Journey { name, membership } => self.journey(name, membership, span),
            Clause::Experiment { name, variant } => Ask::Experiment {
                name: name.text.clone(),
                variant: variant.as_ref().map(|variant| variant.text.clone()),
            },
            Clause::Bucket { salt, operator, share } => {
                Ask::Bucket { salt: salt.text.clone(), operator: *operator, share: *share }
            }
            Clause::Segment(name) => self.segment(name),
            Clause::List(name) => {
                if !self.catalog.list(&name.text) {
                    self.unknown("unknown-list", "list", name, Noun::List);
                }
                Ask::List(name.text.clone())
            }
        }
    }

    fn segment(&mut self, name: &Name) -> Ask {
        match self.catalog.segment(&name.text) {
            Resolved::Plan(plan) => return Ask::Segment { name: name.text.clone(), plan },
            Resolved::List => {}
            Resolved::Faulty(why) => {
                let message = format!("segment {} cannot be used: {why}", quote(&name.text));
                self.faults.push(Diagnostic::new("faulty-segment", name.span.clone(), message));
            }
            Resolved::Unknown => self.unknown("unknown-segment", "segment", name, Noun::Segment),
        }
        Ask::List(name.text.clone())
    }

    fn unknown(&mut self, code: &'static str, what: &str, name: &Name, noun: Noun<'_>) {
        let message = format!("{what} {} is not known here", quoted(&name.text, noun));
        let fault = Diagnostic::new(code, name.span.clone(), message);
        self.faults.push(fault.suggest(&name.text, self.catalog.names(noun)));
    }

    fn closed_names(&mut self, test: &Test, code: &'static str, what: &str, noun: Noun<'_>) {
        for literal in named(test) {
            let Value::Text(text) = &literal.value else { continue };
            let known =
                if noun == Noun::Stage { self.catalog.stage(text) } else { self.catalog.intent(text) };
            if !known {
                let name = Name { text: text.clone(), span: literal.span.clone() };
                self.unknown(code, what, &name, noun);
            }
        }
    }

    fn season(&mut self, test: &Test) {
        for literal in named(test) {
            let Value::Text(text) = &literal.value else { continue };
            if !SEASONS.contains(&text.as_str()) {
                let message = format!("{} is no season", quote(text));
                let fault = Diagnostic::new("unknown-season", literal.span.clone(), message);
                self.faults.push(fault.help(format!("there are {}", SEASONS.join(", "))));
            }
        }
    }

    fn journey(&mut self, name: &Name, membership: &Membership, span: &Span) -> Ask {
        let passed = |end, window: Window| Ask::Passed { name: name.text.clone(), end, window };
        match membership {
            Membership::Inside(step) => {
                Ask::InJourney { name: name.text.clone(), step: step.as_ref().map(|step| step.text.clone()) }
            }
            Membership::Entered(window) => {
                self.past(*window, span);
                passed(super::tree::End::First, *window)
            }
            Membership::Left(window) => {
                self.past(*window, span);
                passed(super::tree::End::Last, *window)
            }
        }
    }

    fn been(&mut self, part: &Node, length: time::Span, span: &Span) -> Ask {
        let plan = Plan::new(self.node(part), part.to_string());
        if plan.looks_back() {
            let message = "`has been` stands inside another `has been`";
            let fault = Diagnostic::new("nested-been", span.clone(), message);
            self.faults.push(fault.help("ask for both side by side, joined with `and`"));
        }
        Ask::Been { plan, span: length }
    }

    /// What happened cannot lie in the future.
    fn past(&mut self, window: Window, span: &Span) {
        if window.is_ahead() {
            let message = format!("nothing has happened `{window}` yet");
            let fault = Diagnostic::new("future-window", span.clone(), message);
            self.faults.push(fault.help("only a trait or a property that is a time can lie ahead"));
        }
    }
}

/// The literals a test compares with.
fn named(test: &Test) -> &[super::tree::Literal] {
    match test {
        Test::Compare(_, literal) => std::slice::from_ref(literal),
        Test::OneOf { values, .. } => values.as_slice(),
        Test::Not(test) | Test::IgnoringCase(test) => named(test),
        _ => &[],
    }
}

fn quoted(text: &str, noun: Noun<'_>) -> String {
    if noun == Noun::Trait { format!("`{text}`") } else { quote(text) }
}
