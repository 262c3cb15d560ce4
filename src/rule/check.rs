//! A tree against a catalog: names resolved, values typed, or everything that does not fit.

use crate::model::{Decimal, Value, ValueType};

use super::catalog::{Catalog, Known, Noun, Resolved};
use super::date;
use super::diagnostic::{Diagnostic, Span};
use super::lex::quote;
use super::plan::{Ask, Asked, Check, Condition, Constant, EventAsk, Plan, Step};
use super::tree::{
    Body, Clause, EventClause, Figure, Filter, FilterBody, Literal, Match, Name, Node, Operator, Question,
    Test, Tree,
};

/// Resolves a tree's names and types its values.
///
/// # Errors
/// Every name that is not known and every comparison that makes no sense, in the order of the text.
pub fn check(tree: &Tree, catalog: &dyn Catalog) -> Result<Plan, Vec<Diagnostic>> {
    let mut checker = Checker { catalog, faults: Vec::new() };
    let step = checker.node(&tree.root);
    if checker.faults.is_empty() {
        return Ok(Plan::new(step, tree.to_string()));
    }
    checker.faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    Err(checker.faults)
}

/// Parses and checks in one go.
///
/// # Errors
/// As [`super::parse()`] and [`check`].
pub fn compile(text: &str, catalog: &dyn Catalog) -> Result<Plan, Vec<Diagnostic>> {
    check(&super::parse(text)?, catalog)
}

struct Checker<'a> {
    catalog: &'a dyn Catalog,
    faults: Vec<Diagnostic>,
}

/// Whose properties a condition looks at.
#[derive(Clone, Copy)]
struct Scope<'a> {
    event: &'a str,
    item: bool,
}

const MONEY: [&str; 9] =
    ["total", "revenue", "subtotal", "value", "price", "tax", "shipping", "discount", "amount"];

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
            Clause::Events(clause) => Ask::Events(self.events(clause, span)),
            Clause::Consent { channel, purpose, states, negated } => Ask::Consent {
                channel: *channel,
                purpose: *purpose,
                states: states.clone(),
                negated: *negated,
            },
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
        let literals = match test {
            Test::Compare(_, literal) => std::slice::from_ref(literal),
            Test::OneOf { values, .. } => values.as_slice(),
            _ => return,
        };
        for literal in literals {
            let Value::Text(text) = &literal.value else { continue };
            let known =
                if noun == Noun::Stage { self.catalog.stage(text) } else { self.catalog.intent(text) };
            if !known {
                let name = Name { text: text.clone(), span: literal.span.clone() };
                self.unknown(code, what, &name, noun);
            }
        }
    }

    fn events(&mut self, clause: &EventClause, span: &Span) -> EventAsk {
        let event = &clause.event;
        if !self.catalog.event(&event.text) {
            self.unknown("unknown-event", "event", event, Noun::Event);
        }
        let scope = Scope { event: &event.text, item: false };
        let condition = clause.filter.as_ref().map(|filter| self.filter(filter, scope));
        let question = match &clause.question {
            Question::Count(operator, n) => {
                self.whole(*n, span);
                Asked::Count(*operator, *n)
            }
            Question::Figure(figure, property, operator, n) => {
                self.figure(*figure, property, clause);
                if *figure == Figure::Distinct {
                    self.whole(*n, span);
                }
                Asked::Figure(*figure, property.text.clone(), *operator, *n)
            }
            Question::When(end, window) => Asked::When(*end, *window),
            Question::Of(end, property, test) => {
                let known = self.property(property, scope);
                Asked::Of(*end, property.text.clone(), self.test(test, known, &property.text, span))
            }
        };
        EventAsk { event: event.text.clone(), condition, window: clause.window, question }
    }

    fn whole(&mut self, n: Decimal, span: &Span) {
        if n.scaled() % Decimal::ONE.scaled() != 0 || n < Decimal::ZERO {
            let message = format!("a count is a whole number and {n} is none");
            self.faults.push(Diagnostic::new("count-not-whole", span.clone(), message));
        }
    }

    fn figure(&mut self, figure: Figure, property: &Name, clause: &EventClause) {
        let event = &clause.event.text;
        let known = self.property(property, Scope { event, item: false });
        if figure == Figure::Distinct {
            return;
        }
        if let Known::Typed(kind) = known
            && kind != ValueType::Number
        {
            let message = format!("`{}` is a {kind} and has no {}", property.text, figure.name());
            let fault = Diagnostic::new("not-a-number", property.span.clone(), message);
            self.faults.push(fault.help("use distinct, first or last with it"));
        }
        let currencies = self.catalog.currencies(event);
        let one = clause.filter.as_ref().is_some_and(names_one_currency);
        if currencies.len() > 1 && !one && MONEY.contains(&property.text.as_str()) {
            let message = format!("the amounts are in {}, which do not add up", currencies.join(" and "));
            let first = currencies.first().map_or("", String::as_str);
            let whose = format!("{}.{}", quote(event), super::print::name(&property.text));
            let help = format!("choose one: {}({whose} where currency = {})", figure.name(), quote(first));
            self.faults.push(Diagnostic::new("mixed-currencies", property.span.clone(), message).help(help));
        }
    }

    fn property(&mut self, name: &Name, scope: Scope<'_>) -> Known {
        let (known, noun, what) = if scope.item {
            let known = self.catalog.item_property(scope.event, &name.text);
            (known, Noun::ItemProperty(scope.event), "item property")
        } else {
            (self.catalog.property(scope.event, &name.text), Noun::Property(scope.event), "property")
        };
        // Of an unknown event no property can be known; the event is the fault.
        if known == Known::No && self.catalog.event(scope.event) {
            let message = format!("{what} `{}` is not known for {}", name.text, quote(scope.event));
            let fault = Diagnostic::new("unknown-property", name.span.clone(), message);
            self.faults.push(fault.suggest(&name.text, self.catalog.names(noun)));
        }
        known
    }

    fn filter(&mut self, filter: &Filter, scope: Scope<'_>) -> Condition {
        match &filter.body {
            FilterBody::All(parts) => {
                Condition::All(parts.iter().map(|part| self.filter(part, scope)).collect())
            }
            FilterBody::Any(parts) => {
                Condition::Any(parts.iter().map(|part| self.filter(part, scope)).collect())
            }
            FilterBody::Not(part) => Condition::Not(Box::new(self.filter(part, scope))),
            FilterBody::Property { name, test } => {
                let known = self.property(name, scope);
                Condition::Property(name.text.clone(), self.test(test, known, &name.text, &filter.span))
            }
            FilterBody::Channel { channels, negated } => {
                if scope.item {
                    let message = "an item has no channel of its own";
                    let fault = Diagnostic::new("item-channel", filter.span.clone(), message);
                    self.faults.push(fault.help("ask for the channel outside `any item`"));
                }
                Condition::Channel { channels: channels.clone(), negated: *negated }
            }
            FilterBody::AnyItem(part) => {
                if scope.item {
                    let message = "an item has no items of its own";
                    self.faults.push(Diagnostic::new("nested-item", filter.span.clone(), message));
                }
                Condition::AnyItem(Box::new(self.filter(part, Scope { item: true, ..scope })))
            }
        }
    }

    fn test(&mut self, test: &Test, known: Known, name: &str, span: &Span) -> Check {
        match test {
            Test::Compare(operator, literal) => {
                self.comparable(*operator, known, name, span);
                Check::Compare(*operator, self.constant(literal, known, name))
            }
            Test::OneOf { negated, values } => {
                let values = values.iter().map(|literal| self.constant(literal, known, name)).collect();
                Check::OneOf { negated: *negated, values }
            }
            Test::Match(how, literal) => self.matching(*how, literal, known, name, span),
            Test::Missing => Check::Missing,
            Test::Present => Check::Present,
            Test::During(window) => {
                if let Known::Typed(kind) = known
                    && kind != ValueType::Time
                {
                    let message = format!("`{name}` is a {kind}, not a time");
                    self.faults.push(Diagnostic::new("not-a-time", span.clone(), message));
                }
                Check::During(*window)
            }
        }
    }

    fn comparable(&mut self, operator: Operator, known: Known, name: &str, span: &Span) {
        let equality = matches!(operator, Operator::Equal | Operator::Unequal);
        match known {
            Known::Typed(ValueType::Flag) if !equality => {
                let message = format!("`{name}` is true or false and has no order");
                self.faults.push(Diagnostic::new("no-order", span.clone(), message).help("write = or !="));
            }
            Known::Typed(ValueType::List) => {
                let message = format!("`{name}` is a list and has several values");
                let help = format!("write {name} contains \"…\"");
                self.faults.push(Diagnostic::new("list-compared", span.clone(), message).help(help));
            }
            _ => {}
        }
    }

    fn matching(&mut self, how: Match, literal: &Literal, known: Known, name: &str, span: &Span) -> Check {
        let list = known == Known::Typed(ValueType::List);
        let fits = match known {
            Known::Typed(kind) => kind == ValueType::Text || (list && how == Match::Contains),
            Known::Open | Known::No => true,
        };
        if let Known::Typed(kind) = known
            && !fits
        {
            let message = format!("`{}` is for text and `{name}` is a {kind}", how.words());
            self.faults.push(Diagnostic::new("not-text", span.clone(), message));
        } else if !list && how != Match::Contains && !matches!(literal.value, Value::Text(_)) {
            let message = format!("`{}` takes text", how.words());
            let help = format!("write {}", quote(&literal.value.to_string()));
            self.faults.push(Diagnostic::new("not-text", literal.span.clone(), message).help(help));
        }
        Check::Match(how, constant(literal))
    }

    fn constant(&mut self, literal: &Literal, known: Known, name: &str) -> Constant {
        let mut constant = constant(literal);
        let Known::Typed(kind) = known else { return constant };
        let help = match (kind, &literal.value) {
            (ValueType::List, _)
            | (ValueType::Number, Value::Number(_))
            | (ValueType::Text, Value::Text(_))
            | (ValueType::Flag, Value::Flag(_))
            | (ValueType::Time, Value::Time(_)) => {
                if kind == ValueType::Text {
                    constant.time = None;
                }
                return constant;
            }
            (ValueType::Time, Value::Text(text)) => match constant.time {
                Some(_) => return constant,
                None => match date::fault(text) {
                    Some((message, help)) => {
                        let fault = Diagnostic::new("bad-date", literal.span.clone(), message);
                        self.faults.push(fault.help(help));
                        return constant;
                    }
                    None => format!("write a date such as 2026-01-31 instead of {}", quote(text)),
                },
            },
            (ValueType::Number, Value::Text(text)) if text.parse::<Decimal>().is_ok() => {
                format!("write {} without quotes", text.trim())
            }
            (ValueType::Text, other) => format!("write {}", quote(&bare(other))),
            (ValueType::Flag, _) => "write true or false".to_owned(),
            (ValueType::Number, _) => "write a number".to_owned(),
            (ValueType::Time, _) => "write a date such as 2026-01-31".to_owned(),
        };
        let message = format!("`{name}` is a {kind} and is compared with a {}", literal.value.value_type());
        self.faults.push(Diagnostic::new("type-mismatch", literal.span.clone(), message).help(help));
        constant
    }
}

fn quoted(text: &str, noun: Noun<'_>) -> String {
    if noun == Noun::Trait { format!("`{text}`") } else { quote(text) }
}

fn bare(value: &Value) -> String {
    let text = value.to_string();
    text.strip_suffix("T00:00:00.000Z").map_or(text.clone(), str::to_owned)
}

fn constant(literal: &Literal) -> Constant {
    let time = match &literal.value {
        Value::Time(time) => Some(*time),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    };
    Constant { value: literal.value.clone(), time }
}

fn names_one_currency(filter: &Filter) -> bool {
    match &filter.body {
        FilterBody::All(parts) => parts.iter().any(names_one_currency),
        FilterBody::Property { name, test } => {
            name.text == "currency" && matches!(test, Test::Compare(Operator::Equal, _))
        }
        _ => false,
    }
}
