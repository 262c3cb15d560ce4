//! Clauses about events: which there are, what their properties are, what can be made of them.

use super::Checker;
use crate::model::event::SETTING;
use crate::model::{Decimal, ValueType};
use crate::rule::catalog::{Known, Noun};
use crate::rule::diagnostic::{Diagnostic, Span};
use crate::rule::lex::quote;
use crate::rule::plan::{
    Asked, BandAsk, Condition, EventAsk, GapAsk, MeasureAsk, SequenceAsk, StepAsk, Which,
};
use crate::rule::print;
use crate::rule::tree::{
    EventClause, EventName, Figure, Filter, FilterBody, Measure, MeasureFigure, Measured, Name, Operator,
    Question, Sequence, Step, Test, Window,
};

/// Whose properties a condition looks at.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The event's name; none for any event.
    event: Option<&'a str>,
    item: bool,
}

const MONEY: [&str; 9] =
    ["total", "revenue", "subtotal", "value", "price", "tax", "shipping", "discount", "amount"];

pub(super) fn which(event: &EventName) -> Which {
    event.name().map_or(Which::Any, |name| Which::One(name.text.clone()))
}

impl Checker<'_> {
    /// Whose properties are looked at; an event that is not known is told.
    fn scope<'e>(&mut self, event: &'e EventName) -> Scope<'e> {
        let name = event.name();
        if let Some(name) = name
            && !self.catalog.event(&name.text)
        {
            self.unknown("unknown-event", "event", name, Noun::Event);
        }
        Scope { event: name.map(|name| name.text.as_str()), item: false }
    }

    pub(super) fn known_scope<'e>(event: Option<&'e str>) -> Scope<'e> {
        Scope { event, item: false }
    }

    fn step(&mut self, step: &Step) -> StepAsk {
        let scope = self.scope(&step.event);
        let condition = step.filter.as_ref().map(|filter| self.filter(filter, scope));
        StepAsk { event: which(&step.event), condition }
    }

    pub(super) fn sequence(&mut self, sequence: &Sequence, span: &Span) -> SequenceAsk {
        self.past(sequence.window, span);
        let first = self.step(&sequence.first);
        let then = sequence.then.iter().map(|(step, gap)| {
            let without = gap.without.as_ref().map(|step| self.step(step));
            (self.step(step), GapAsk { within: gap.within, without })
        });
        SequenceAsk { first, then: then.collect(), taking: sequence.taking, window: sequence.window }
    }

    pub(super) fn band(
        &mut self,
        bands: u32,
        measure: &Measure,
        (operator, n): (Operator, Decimal),
        span: &Span,
    ) -> BandAsk {
        let key = measure.to_string();
        let measure = match measure {
            Measure::Trait(name) => self.measured_trait(name),
            Measure::Events(measured) => {
                let Measured { event, filter, window, figure } = measured.as_ref();
                self.past(*window, span);
                if window.is_calendar() || filter.as_ref().is_some_and(calendar_filter) {
                    let message = "people are compared over one stretch, the same for all zones";
                    let fault = Diagnostic::new("band-calendar", span.clone(), message);
                    self.faults.push(fault.help("write within 180d or between two dates"));
                }
                let scope = self.scope(event);
                let condition = filter.as_ref().map(|filter| self.filter(filter, scope));
                let step = StepAsk { event: which(event), condition };
                match figure {
                    MeasureFigure::Count => MeasureAsk::Count(step, *window),
                    MeasureFigure::When(end) => MeasureAsk::When(step, *window, *end),
                    MeasureFigure::Figure(figure, property) => {
                        self.figure(*figure, property, scope, filter.as_ref());
                        MeasureAsk::Figure(step, *window, *figure, property.text.clone())
                    }
                }
            }
        };
        BandAsk { bands, measure, operator, n, key }
    }

    fn measured_trait(&mut self, name: &Name) -> MeasureAsk {
        let known = self.catalog.attribute(&name.text);
        if known == Known::No {
            self.unknown("unknown-trait", "trait", name, Noun::Trait);
        }
        if let Known::Typed(kind) = known
            && !matches!(kind, ValueType::Number | ValueType::Time)
        {
            let message = format!("`{}` is a {kind}, and people are ordered by numbers or times", name.text);
            self.faults.push(Diagnostic::new("not-a-number", name.span.clone(), message));
        }
        MeasureAsk::Trait(name.text.clone())
    }

    fn currencies(&self, scope: Scope<'_>) -> Vec<String> {
        let Some(event) = scope.event else {
            let all = self.catalog.names(Noun::Event);
            let mut currencies: Vec<String> =
                all.iter().flat_map(|event| self.catalog.currencies(event)).collect();
            currencies.sort();
            currencies.dedup();
            return currencies;
        };
        self.catalog.currencies(event)
    }

    pub(super) fn events(&mut self, clause: &EventClause, span: &Span) -> EventAsk {
        self.past(clause.window, span);
        let scope = self.scope(&clause.event);
        let condition = clause.filter.as_ref().map(|filter| self.filter(filter, scope));
        let question = match &clause.question {
            Question::Count(operator, n) => {
                self.whole(*n, span);
                Asked::Count(*operator, *n)
            }
            Question::Figure(figure, property, operator, n) => {
                self.figure(*figure, property, scope, clause.filter.as_ref());
                if *figure == Figure::Distinct {
                    self.whole(*n, span);
                }
                Asked::Figure(*figure, property.text.clone(), *operator, *n)
            }
            Question::When(end, window) => {
                self.past(*window, span);
                Asked::When(*end, *window)
            }
            Question::MostFrequent(property, test) => {
                let known = self.property(property, scope);
                let check = self.test(test, known, &property.text, span);
                Asked::MostFrequent(property.text.clone(), check)
            }
            Question::Of(end, property, test) => {
                let known = self.property(property, scope);
                Asked::Of(*end, property.text.clone(), self.test(test, known, &property.text, span))
            }
        };
        EventAsk { event: which(&clause.event), condition, window: clause.window, question }
    }

    pub(super) fn whole(&mut self, n: Decimal, span: &Span) {
        if n.scaled() % Decimal::ONE.scaled() != 0 || n < Decimal::ZERO {
            let message = format!("a count is a whole number and {n} is none");
            self.faults.push(Diagnostic::new("count-not-whole", span.clone(), message));
        }
    }

    pub(super) fn figure(
        &mut self,
        figure: Figure,
        property: &Name,
        scope: Scope<'_>,
        filter: Option<&Filter>,
    ) {
        let known = self.property(property, scope);
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
        let currencies = self.currencies(scope);
        let one = filter.is_some_and(names_one_currency);
        if currencies.len() > 1 && !one && MONEY.contains(&property.text.as_str()) {
            let message = format!("the amounts are in {}, which do not add up", currencies.join(" and "));
            let first = currencies.first().map_or("", String::as_str);
            let event = scope.event.map_or("any event".to_owned(), quote);
            let whose = format!("{event}.{}", print::name(&property.text));
            let help = format!("choose one: {}({whose} where currency = {})", figure.name(), quote(first));
            self.faults.push(Diagnostic::new("mixed-currencies", property.span.clone(), message).help(help));
        }
    }

    pub(super) fn property(&mut self, name: &Name, scope: Scope<'_>) -> Known {
        let Some(event) = scope.event else { return self.property_of_any(name, scope) };
        let (known, noun, what) = if scope.item {
            let known = self.catalog.item_property(event, &name.text);
            (known, Noun::ItemProperty(event), "item property")
        } else {
            (self.catalog.property(event, &name.text), Noun::Property(event), "property")
        };
        // Of an unknown event no property can be known; the event is the fault.
        if known == Known::No && self.catalog.event(event) {
            let message = format!("{what} `{}` is not known for {}", name.text, quote(event));
            let fault = Diagnostic::new("unknown-property", name.span.clone(), message);
            self.faults.push(fault.suggest(&name.text, self.catalog.names(noun)));
        }
        known
    }

    fn property_of_any(&mut self, name: &Name, scope: Scope<'_>) -> Known {
        if scope.item {
            return Known::Open;
        }
        let known = self.catalog.any_property(&name.text);
        if known == Known::No {
            let message = format!("property `{}` is not known for any event", name.text);
            let fault = Diagnostic::new("unknown-property", name.span.clone(), message);
            let events = self.catalog.names(Noun::Event);
            let names = events.iter().flat_map(|event| self.catalog.names(Noun::Property(event)));
            self.faults.push(fault.suggest(&name.text, names.chain(SETTING.map(str::to_owned))));
        }
        known
    }

    pub(super) fn filter(&mut self, filter: &Filter, scope: Scope<'_>) -> Condition {
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
}

fn calendar_filter(filter: &Filter) -> bool {
    fn calendar_test(test: &Test) -> bool {
        match test {
            Test::During(window) => Window::is_calendar(*window),
            Test::Not(test) | Test::IgnoringCase(test) => calendar_test(test),
            _ => false,
        }
    }
    match &filter.body {
        FilterBody::All(parts) | FilterBody::Any(parts) => parts.iter().any(calendar_filter),
        FilterBody::Not(part) | FilterBody::AnyItem(part) => calendar_filter(part),
        FilterBody::Property { test, .. } => calendar_test(test),
        FilterBody::Channel { .. } => false,
    }
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
