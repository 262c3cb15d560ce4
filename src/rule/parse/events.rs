//! Clauses about events of one name: how many, figures, first and last, most frequent, bands.

use super::{Parsed, Parser, Stop};
use crate::model::Decimal;
use crate::rule::diagnostic::Diagnostic;
use crate::rule::lex::{Kind, Token, quote};
use crate::rule::tree::{
    Clause, End, EventClause, EventName, Figure, Filter, Measure, MeasureFigure, Measured, Name, Question,
    Step, Window,
};

impl Parser {
    pub(super) fn did(&mut self) -> Parsed<Clause> {
        self.at += 1;
        let (event, _, filter) = self.events(false)?;
        if self.is_word("then") {
            return self.steps_after(Step { event, filter });
        }
        let (operator, n) = self.times()?;
        let window = self.window()?;
        Ok(Clause::Events(EventClause { event, filter, window, question: Question::Count(operator, n) }))
    }

    pub(super) fn figure(&mut self, figure: Figure) -> Parsed<Clause> {
        let start = self.start();
        self.at += 1;
        let (event, property, filter) = self.events(true)?;
        let Some(property) = property else {
            let help = format!("write {}({}.total) >= 100", figure.name(), shown(&event));
            let message = format!("`{}` needs a property of the event", figure.name());
            let span = event.name().map_or_else(|| start..self.end(), |name| name.span.clone());
            self.faults.push(Diagnostic::new("missing-property", span, message).help(help));
            return Err(Stop);
        };
        let Some(operator) = self.operator() else {
            let found = self.describe();
            return self.stop(
                "missing-comparison",
                format!("a comparison is expected and {found} was found"),
                &format!("compare the {} with a number, such as >= 100", figure.name()),
            );
        };
        let n = self.number("a number")?;
        let window = self.window()?;
        let question = Question::Figure(figure, property, operator, n);
        Ok(Clause::Events(EventClause { event, filter, window, question }))
    }

    pub(super) fn end_of_events(&mut self, end: End) -> Parsed<Clause> {
        self.at += 1;
        let (event, property, filter) = self.events(true)?;
        let Some(property) = property else {
            let window = self.window()?;
            if window == Window::Ever {
                let found = self.describe();
                let help = self.misspelt_window();
                return self.stop(
                    "missing-window",
                    format!("a window is expected and {found} was found"),
                    &help.unwrap_or_else(|| {
                        format!("say when, such as {}({}) within 30d", end.name(), shown(&event))
                    }),
                );
            }
            let question = Question::When(end, window);
            return Ok(Clause::Events(EventClause { event, filter, window: Window::Ever, question }));
        };
        let test = self.test()?;
        let window = self.window()?;
        Ok(Clause::Events(EventClause { event, filter, window, question: Question::Of(end, property, test) }))
    }

    /// `("Event".property where …)`
    fn events(&mut self, with_property: bool) -> Parsed<(EventName, Option<Name>, Option<Filter>)> {
        let function = self.at.saturating_sub(1);
        self.expect(&Kind::Open, "`(`", "put the event in parentheses")?;
        let event = self.event_name()?;
        self.comma_after_event(function, &event)?;
        let mut property = None;
        if self.kind() == &Kind::Dot {
            if !with_property {
                return self.stop(
                    "no-property-here",
                    "`did` counts events and takes no property",
                    "write sum(\"Order Completed\".total) >= 100, or did(\"Order Completed\" where total >= 100)",
                );
            }
            self.at += 1;
            property = Some(self.name("a property")?);
        }
        let filter = self.filter_after_where()?;
        self.expect(
            &Kind::Close,
            "`where` or `)`",
            "write did(\"Product Viewed\" where category = \"shoes\")",
        )?;
        Ok((event, property, filter))
    }

    /// `where` and what follows it, if it is there.
    pub(super) fn filter_after_where(&mut self) -> Parsed<Option<Filter>> {
        Ok(if self.eat_word("where") { Some(self.either::<Filter>()) } else { None })
    }

    /// `any event.total`: a dot joins words into one name everywhere else.
    fn split_any_event(&mut self) {
        let Some(token) = self.tokens.get(self.at + 1) else { return };
        let (Kind::Word(word), span) = (&token.kind, token.span.clone()) else { return };
        let Some((event, property)) = word.split_once('.') else { return };
        if !event.eq_ignore_ascii_case("event") {
            return;
        }
        let (dot, start) = (span.start + event.len(), span.start);
        let parts = [
            Token { kind: Kind::Word(event.to_owned()), span: start..dot },
            Token { kind: Kind::Dot, span: dot..dot + 1 },
            Token { kind: Kind::Word(property.to_owned()), span: dot + 1..span.end },
        ];
        self.tokens.splice(self.at + 1..self.at + 2, parts);
    }

    pub(super) fn event_name(&mut self) -> Parsed<EventName> {
        if self.is_word("any") {
            self.split_any_event();
        }
        if self.is_word("any") && self.is_word_at(1, "event") {
            self.at += 2;
            return Ok(EventName::Any);
        }
        if self.is_word("where") || !matches!(self.kind(), Kind::Word(_) | Kind::Name(_)) {
            return Ok(EventName::One(self.quoted("an event's name")?));
        }
        let start = self.at;
        let mut words = Vec::new();
        while let Kind::Word(word) | Kind::Name(word) = self.kind() {
            if word.eq_ignore_ascii_case("where") {
                break;
            }
            words.push(word.clone());
            self.at += 1;
        }
        let span = self.tokens.get(start).map_or(0, |token| token.span.start)..self.end();
        let help = format!("write {}", quote(&words.join(" ")));
        self.faults.push(Diagnostic::new("unquoted", span, "an event's name is put in quotes").help(help));
        Err(Stop)
    }

    /// `most frequent("Product Viewed".category) = "shoes" within 30d`
    pub(super) fn most_frequent(&mut self) -> Parsed<Clause> {
        self.at += 2;
        let start = self.start();
        let (event, property, filter) = self.events(true)?;
        let Some(property) = property else {
            let message = "`most frequent` needs a property of the event";
            let help = format!("write most frequent({}.category) = \"shoes\"", shown(&event));
            self.faults.push(Diagnostic::new("missing-property", start..self.end(), message).help(help));
            return Err(Stop);
        };
        let test = self.test()?;
        let window = self.window()?;
        let question = Question::MostFrequent(property, test);
        Ok(Clause::Events(EventClause { event, filter, window, question }))
    }

    /// From `quintile(` on.
    pub(super) fn band(&mut self, bands: u32) -> Parsed<Clause> {
        const HELP: &str = "write quintile(sum(\"Order Completed\".total) within 180d) >= 4";
        self.at += 2;
        let measure = self.measure()?;
        self.expect(&Kind::Close, "`)`", HELP)?;
        let Some(operator) = self.operator() else {
            let found = self.describe();
            let message = format!("a comparison is expected and {found} was found");
            return self.stop("missing-comparison", message, HELP);
        };
        let start = self.start();
        let n = self.number("a band")?;
        let whole = n.scaled() % Decimal::ONE.scaled() == 0 && n >= Decimal::ONE;
        if !whole || Decimal::from_int(i64::from(bands)).is_none_or(|top| n > top) {
            let message = format!("the bands are 1 to {bands}, 1 the lowest, and {n} is none of them");
            self.faults.push(Diagnostic::new("no-band", start..self.end(), message));
        }
        Ok(Clause::Band { bands, measure, operator, n })
    }

    fn measure(&mut self) -> Parsed<Measure> {
        let word = match self.kind() {
            Kind::Word(word) if self.peek(1) == &Kind::Open => word.to_ascii_lowercase(),
            _ => return Ok(Measure::Trait(self.name("a trait, or did(…), sum(…), last(…)")?)),
        };
        let named = Figure::ALL.into_iter().find(|figure| figure.name() == word);
        let ends = [End::First, End::Last].into_iter().find(|end| end.name() == word);
        if word != "did" && named.is_none() && ends.is_none() {
            let message = format!("people are not measured by `{word}(…)`");
            return self.stop("no-measure", message, "measure by a trait, did(…), sum(…) or last(…)");
        }
        let start = self.start();
        self.at += 1;
        let (event, property, filter) = self.events(named.is_some())?;
        let figure = match (named, ends, property) {
            (Some(figure), _, Some(property)) => MeasureFigure::Figure(figure, property),
            (Some(figure), ..) => {
                let message = format!("`{}` needs a property of the event", figure.name());
                let help = format!("write {}({}.total)", figure.name(), shown(&event));
                self.faults.push(Diagnostic::new("missing-property", start..self.end(), message).help(help));
                return Err(Stop);
            }
            (None, Some(end), _) => MeasureFigure::When(end),
            (None, None, _) => MeasureFigure::Count,
        };
        let window = self.window()?;
        Ok(Measure::Events(Box::new(Measured { event, filter, window, figure })))
    }
}

pub(super) fn shown(event: &EventName) -> String {
    event.name().map_or("any event".to_owned(), |name| quote(&name.text))
}
