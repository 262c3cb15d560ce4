//! Tokens to a tree. A fault ends its clause only, so that one look finds several.

use crate::model::consent::{ConsentState, Purpose};
use crate::model::{Channel, Decimal, Time, Value, time};

use super::diagnostic::{Diagnostic, Span, nearest};
use super::lex::{Kind, Token, lex, quote};
use super::tree::{
    Body, Clause, End, EventClause, Figure, Filter, FilterBody, Literal, Match, Name, Node, Operator,
    Question, Test, Tree, Window,
};

mod slips;

/// The longest rule, in bytes.
pub const MAX_LENGTH: usize = 1 << 20;
/// The deepest nesting of parentheses, `not` and `any item`.
pub const MAX_DEPTH: usize = 64;
/// The most faults told at once.
const MAX_FAULTS: usize = 20;

/// Reads a rule.
///
/// # Errors
/// Everything that is wrong with its spelling, in the order of the text, at most twenty at once.
pub fn parse(text: &str) -> Result<Tree, Vec<Diagnostic>> {
    if text.len() > MAX_LENGTH {
        let fault = Diagnostic::new(
            "too-long",
            0..0,
            format!("a rule is at most {MAX_LENGTH} bytes long and this one has {}", text.len()),
        );
        return Err(vec![fault.help("keep long lists of people or values as a list segment")]);
    }
    let (tokens, faults) = lex(text);
    let mut parser = Parser { tokens, at: 0, faults, depth: 0 };
    let root = parser.whole();
    let mut faults = parser.faults;
    if faults.is_empty() {
        return Ok(Tree { root });
    }
    faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    faults.truncate(MAX_FAULTS);
    Err(faults)
}

/// The clause cannot be read any further; its fault is told.
struct Stop;
type Parsed<T> = Result<T, Stop>;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    faults: Vec<Diagnostic>,
    depth: usize,
}

/// What can be joined with `and`, `or`, `not` and parentheses: conditions on people and on events.
trait Part: Sized {
    fn all(parts: Vec<Self>, span: Span) -> Self;
    fn any(parts: Vec<Self>, span: Span) -> Self;
    fn not(part: Self, span: Span) -> Self;
    fn nothing(span: Span) -> Self;
    fn single(parser: &mut Parser) -> Parsed<Self>;
    fn span(&self) -> Span;
}

impl Part for Node {
    fn all(parts: Vec<Self>, span: Span) -> Self {
        Self { body: Body::All(parts), span }
    }
    fn any(parts: Vec<Self>, span: Span) -> Self {
        Self { body: Body::Any(parts), span }
    }
    fn not(part: Self, span: Span) -> Self {
        Self { body: Body::Not(Box::new(part)), span }
    }
    fn nothing(span: Span) -> Self {
        Self { body: Body::Clause(Box::new(Clause::Everyone)), span }
    }
    fn single(parser: &mut Parser) -> Parsed<Self> {
        let start = parser.start();
        let clause = parser.clause()?;
        Ok(Self { body: Body::Clause(Box::new(clause)), span: start..parser.end() })
    }
    fn span(&self) -> Span {
        self.span.clone()
    }
}

impl Part for Filter {
    fn all(parts: Vec<Self>, span: Span) -> Self {
        Self { body: FilterBody::All(parts), span }
    }
    fn any(parts: Vec<Self>, span: Span) -> Self {
        Self { body: FilterBody::Any(parts), span }
    }
    fn not(part: Self, span: Span) -> Self {
        Self { body: FilterBody::Not(Box::new(part)), span }
    }
    fn nothing(span: Span) -> Self {
        Self { body: FilterBody::All(Vec::new()), span }
    }
    fn single(parser: &mut Parser) -> Parsed<Self> {
        let start = parser.start();
        let body = parser.filter_clause()?;
        Ok(Self { body, span: start..parser.end() })
    }
    fn span(&self) -> Span {
        self.span.clone()
    }
}

impl Parser {
    fn whole(&mut self) -> Node {
        if self.kind() == &Kind::End {
            self.fault(
                "empty-rule",
                "the rule is empty",
                "write a condition such as country = \"DE\", or everyone",
            );
            return Node::nothing(0..0);
        }
        let mut root = self.either::<Node>();
        while self.kind() != &Kind::End {
            if self.kind() == &Kind::Close {
                self.fault("stray-parenthesis", "this parenthesis closes nothing", "take it out");
                self.at += 1;
            }
            if self.kind() != &Kind::End {
                root = self.either::<Node>();
            }
        }
        root
    }

    fn either<P: Part>(&mut self) -> P {
        let first = self.both::<P>();
        let mut parts = vec![first];
        while self.eat_word("or") {
            parts.push(self.both::<P>());
        }
        join(parts, P::any)
    }

    fn both<P: Part>(&mut self) -> P {
        let mut parts = vec![self.recovered::<P>()];
        loop {
            if self.eat_word("and") {
                parts.push(self.recovered::<P>());
            } else if self.is_word("or") || matches!(self.kind(), Kind::Close | Kind::End) {
                return join(parts, P::all);
            } else {
                let found = self.describe();
                let help = self.misspelt_window();
                self.fault(
                    "missing-and",
                    format!("{found} follows without `and` or `or`"),
                    help.unwrap_or_else(|| "put `and` or `or` between conditions".to_owned()),
                );
                self.skip_clause(self.at);
            }
        }
    }

    /// One part; after a fault, nothing in its place and the text up to the next connective stepped over.
    fn recovered<P: Part>(&mut self) -> P {
        let (start, depth) = (self.at, self.depth);
        match self.part() {
            Ok(part) => part,
            Err(Stop) => {
                self.depth = depth;
                self.skip_clause(start);
                P::nothing(0..0)
            }
        }
    }

    fn skip_clause(&mut self, start: usize) {
        self.at = start;
        // The `and` of `between … and … ago` joins no conditions.
        let (mut open, mut between) = (0_usize, false);
        loop {
            match self.kind() {
                Kind::End => return,
                Kind::Close if open == 0 => return,
                Kind::Close => open -= 1,
                Kind::Open => open += 1,
                Kind::Word(word) if word.eq_ignore_ascii_case("between") => between = true,
                Kind::Word(word) if open == 0 && is_connective(word) => {
                    if !between && (self.at > start || start == 0) {
                        return;
                    }
                    between = false;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn part<P: Part>(&mut self) -> Parsed<P> {
        let start = self.start();
        if self.is_word("not") {
            self.deeper()?;
            self.at += 1;
            let part = self.part::<P>()?;
            self.depth -= 1;
            let span = start..part.span().end;
            return Ok(P::not(part, span));
        }
        if self.kind() == &Kind::Open {
            self.deeper()?;
            let open = self.at;
            self.at += 1;
            let part = self.either::<P>();
            if self.kind() != &Kind::Close {
                let span = self.tokens.get(open).map_or(0..0, |token| token.span.clone());
                self.faults.push(
                    Diagnostic::new("open-parenthesis", span, "this parenthesis is never closed")
                        .help("put a `)`"),
                );
                return Err(Stop);
            }
            self.at += 1;
            self.depth -= 1;
            return Ok(part);
        }
        P::single(self)
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        self.fault(
            "too-deep",
            format!("a rule nests at most {MAX_DEPTH} deep"),
            "name a part of it as a segment and use `in segment \"…\"`",
        );
        // Everything behind it would only repeat the fault.
        self.at = self.tokens.len().saturating_sub(1);
        Err(Stop)
    }

    // Conditions on a person.

    fn clause(&mut self) -> Parsed<Clause> {
        let word = match self.kind().clone() {
            Kind::Word(word) => word,
            Kind::Name(_) => return self.trait_clause(),
            _ => return self.no_clause(),
        };
        let lower = word.to_ascii_lowercase();
        if self.peek(1) == &Kind::Open {
            return self.function(&lower, &word);
        }
        match lower.as_str() {
            "everyone" => {
                self.at += 1;
                Ok(Clause::Everyone)
            }
            "in" => self.membership(),
            "lifecycle" => {
                self.at += 1;
                Ok(Clause::Lifecycle(self.test()?))
            }
            "intent" => {
                self.at += 1;
                Ok(Clause::Intent(self.test()?))
            }
            "and" | "or" => self.no_clause(),
            _ if matches!(self.peek(1), Kind::Text(_)) && is_event_function(&lower) => {
                let help = match self.peek(1) {
                    Kind::Text(event) => format!("write {lower}({})", quote(event)),
                    _ => String::new(),
                };
                self.at += 1;
                self.stop(
                    "missing-parenthesis",
                    format!("`{lower}` is followed by an event in parentheses"),
                    &help,
                )
            }
            _ => self.trait_clause(),
        }
    }

    fn no_clause<T>(&mut self) -> Parsed<T> {
        let found = self.describe();
        self.stop(
            "no-condition",
            format!("a condition is expected and {found} was found"),
            "write one such as country = \"DE\" or did(\"Order Completed\") within 30d",
        )
    }

    fn trait_clause(&mut self) -> Parsed<Clause> {
        let name = self.name("a trait")?;
        Ok(Clause::Trait { name, test: self.test()? })
    }

    fn function(&mut self, lower: &str, written: &str) -> Parsed<Clause> {
        match lower {
            "did" => self.did(),
            "consent" => self.consent(),
            "first" => self.end_of_events(End::First),
            "last" => self.end_of_events(End::Last),
            _ => match Figure::ALL.into_iter().find(|figure| figure.name() == lower) {
                Some(figure) => self.figure(figure),
                None => self.unknown_function(written),
            },
        }
    }

    fn unknown_function<T>(&mut self, written: &str) -> Parsed<T> {
        let known = FUNCTIONS.iter().map(|name| (*name).to_owned());
        let help = match written.to_ascii_lowercase().as_str() {
            "count" | "performed" | "event" => "write did(\"Order Completed\") >= 2".to_owned(),
            "avg" | "mean" => "write average(\"Order Completed\".total)".to_owned(),
            _ => match nearest(written, known) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("there are {}", FUNCTIONS.join(", ")),
            },
        };
        self.stop("unknown-function", format!("there is no `{written}(…)`"), &help)
    }

    fn membership(&mut self) -> Parsed<Clause> {
        self.at += 1;
        if self.eat_word("segment") {
            return Ok(Clause::Segment(self.quoted("a segment's name")?));
        }
        if self.eat_word("list") {
            return Ok(Clause::List(self.quoted("a list's name")?));
        }
        let help = match self.kind() {
            Kind::Text(name) => format!("write in segment {0} or in list {0}", quote(name)),
            _ => "write in segment \"VIP\" or in list \"VIP\"".to_owned(),
        };
        self.stop("in-what", "`in` is followed by `segment` or `list`", &help)
    }

    fn consent(&mut self) -> Parsed<Clause> {
        self.at += 2;
        let channel =
            self.choice("channel", Channel::ALL.map(Channel::name).to_vec(), |text| text.parse().ok())?;
        self.expect(&Kind::Comma, "`,` and a purpose", "write consent(email, marketing) = granted")?;
        let purposes = Purpose::ALL.map(Purpose::name).to_vec();
        let purpose =
            self.choice("purpose", purposes, |text| Purpose::from_name(&text.to_ascii_lowercase()))?;
        self.expect(&Kind::Close, "`)`", "write consent(email, marketing) = granted")?;
        let (states, negated) =
            self.choices("consent state", &ConsentState::ALL.map(ConsentState::name), |text| {
                ConsentState::ALL.into_iter().find(|state| state.name().eq_ignore_ascii_case(text))
            })?;
        Ok(Clause::Consent { channel, purpose, states, negated })
    }

    fn did(&mut self) -> Parsed<Clause> {
        self.at += 1;
        let (event, property, filter) = self.events(false)?;
        debug_assert!(property.is_none());
        let (operator, n) = match self.operator() {
            Some(operator) => {
                let n = self.number("a count")?;
                self.eat_word("times");
                (operator, n)
            }
            None => (Operator::GreaterOrEqual, Decimal::ONE),
        };
        let window = self.window()?;
        Ok(Clause::Events(EventClause { event, filter, window, question: Question::Count(operator, n) }))
    }

    fn figure(&mut self, figure: Figure) -> Parsed<Clause> {
        self.at += 1;
        let (event, property, filter) = self.events(true)?;
        let Some(property) = property else {
            let help = format!("write {}({}.total) >= 100", figure.name(), quote(&event.text));
            let message = format!("`{}` needs a property of the event", figure.name());
            self.faults.push(Diagnostic::new("missing-property", event.span, message).help(help));
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

    fn end_of_events(&mut self, end: End) -> Parsed<Clause> {
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
                        format!("say when, such as {}({}) within 30d", end.name(), quote(&event.text))
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
    fn events(&mut self, with_property: bool) -> Parsed<(Name, Option<Name>, Option<Filter>)> {
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
        let filter = if self.eat_word("where") { Some(self.either::<Filter>()) } else { None };
        self.expect(
            &Kind::Close,
            "`where` or `)`",
            "write did(\"Product Viewed\" where category = \"shoes\")",
        )?;
        Ok((event, property, filter))
    }

    fn event_name(&mut self) -> Parsed<Name> {
        if self.is_word("where") || !matches!(self.kind(), Kind::Word(_) | Kind::Name(_)) {
            return self.quoted("an event's name");
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

    // Conditions on an event.

    fn filter_clause(&mut self) -> Parsed<FilterBody> {
        if self.is_word("any")
            && matches!(self.peek(1), Kind::Word(word) if word.eq_ignore_ascii_case("item"))
        {
            self.deeper()?;
            self.at += 2;
            if !self.eat_word("where") {
                return self.stop(
                    "missing-where",
                    "`any item` is followed by `where`",
                    "write any item where category = \"shoes\"",
                );
            }
            let part = self.either::<Filter>();
            self.depth -= 1;
            return Ok(FilterBody::AnyItem(Box::new(part)));
        }
        if self.is_word("channel") {
            self.at += 1;
            let names = Channel::ALL.map(Channel::name);
            let (channels, negated) = self.choices("channel", &names, |text| text.parse().ok())?;
            return Ok(FilterBody::Channel { channels, negated });
        }
        if !matches!(self.kind(), Kind::Word(_) | Kind::Name(_)) || self.is_word("and") || self.is_word("or")
        {
            let found = self.describe();
            return self.stop(
                "no-condition",
                format!("a property is expected and {found} was found"),
                "write one such as category = \"shoes\"",
            );
        }
        let name = self.name("a property")?;
        Ok(FilterBody::Property { name, test: self.test()? })
    }

    // Values and what is asked of them.

    fn test(&mut self) -> Parsed<Test> {
        self.eat_word("is");
        if let Some(operator) = self.operator() {
            return Ok(Test::Compare(operator, self.literal()?));
        }
        let word = match self.kind() {
            Kind::Word(word) => word.to_ascii_lowercase(),
            _ => String::new(),
        };
        match word.as_str() {
            "in" => {
                self.at += 1;
                Ok(Test::OneOf { negated: false, values: self.literals()? })
            }
            "not" => {
                self.at += 1;
                if !self.eat_word("in") {
                    return self.no_test();
                }
                Ok(Test::OneOf { negated: true, values: self.literals()? })
            }
            "contains" => {
                self.at += 1;
                Ok(Test::Match(Match::Contains, self.literal()?))
            }
            "starts" | "ends" => {
                self.at += 1;
                if !self.eat_word("with") {
                    let message = format!("`{word}` is followed by `with`");
                    return self.stop("missing-with", message, &format!("write {word} with \"…\""));
                }
                let how = if word == "starts" { Match::StartsWith } else { Match::EndsWith };
                Ok(Test::Match(how, self.literal()?))
            }
            "missing" => {
                self.at += 1;
                Ok(Test::Missing)
            }
            "present" => {
                self.at += 1;
                Ok(Test::Present)
            }
            "within" | "between" | "since" | "before" | "after" => Ok(Test::During(self.window()?)),
            _ => self.no_test(),
        }
    }

    fn no_test<T>(&mut self) -> Parsed<T> {
        let found = self.describe();
        let help = match self.kind() {
            Kind::Word(word) => nearest(word, TESTS.iter().map(|test| (*test).to_owned()))
                .map(|test| format!("did you mean `{test}`?")),
            _ => None,
        };
        let all = "there are = != < <= > >=, in (…), not in (…), contains, starts with, ends with, missing, present";
        self.stop(
            "missing-comparison",
            format!("a comparison is expected and {found} was found"),
            &help.unwrap_or_else(|| all.to_owned()),
        )
    }

    fn operator(&mut self) -> Option<Operator> {
        let operator = match self.kind() {
            Kind::Equal => Operator::Equal,
            Kind::Unequal => Operator::Unequal,
            Kind::Less => Operator::Less,
            Kind::LessOrEqual => Operator::LessOrEqual,
            Kind::Greater => Operator::Greater,
            Kind::GreaterOrEqual => Operator::GreaterOrEqual,
            _ => return None,
        };
        self.at += 1;
        Some(operator)
    }

    fn literal(&mut self) -> Parsed<Literal> {
        let value = match self.kind().clone() {
            Kind::Text(text) => Value::Text(text),
            Kind::Number(number) => Value::Number(number),
            Kind::Time(time) => Value::Time(time),
            Kind::Word(word) if word.eq_ignore_ascii_case("true") => Value::Flag(true),
            Kind::Word(word) if word.eq_ignore_ascii_case("false") => Value::Flag(false),
            Kind::Word(word) if !is_connective(&word) => {
                let help = match word.to_ascii_lowercase().as_str() {
                    "null" | "nil" | "none" => {
                        "write `missing` or `present` instead of a comparison".to_owned()
                    }
                    _ => format!("write {}", quote(&word)),
                };
                return self.stop("unquoted", "text is put in quotes", &help);
            }
            Kind::Length(_) => {
                return self.stop(
                    "length-as-value",
                    "a length of time is no value",
                    "for a time, write within 30d or between 60d and 30d ago",
                );
            }
            _ => {
                let found = self.describe();
                return self.stop(
                    "no-value",
                    format!("a value is expected and {found} was found"),
                    "write text in quotes, a number, true, false or a date",
                );
            }
        };
        let span = self.span();
        self.at += 1;
        Ok(Literal { value, span })
    }

    fn literals(&mut self) -> Parsed<Vec<Literal>> {
        self.expect(&Kind::Open, "`(` and the values", "write in (\"DE\", \"AT\")")?;
        let mut values = vec![self.literal()?];
        while self.kind() == &Kind::Comma {
            self.at += 1;
            values.push(self.literal()?);
        }
        self.expect(&Kind::Close, "`,` or `)`", "write in (\"DE\", \"AT\")")?;
        Ok(values)
    }

    fn number(&mut self, what: &str) -> Parsed<Decimal> {
        if let Kind::Number(number) = *self.kind() {
            self.at += 1;
            return Ok(number);
        }
        let found = self.describe();
        self.stop(
            "no-number",
            format!("{what} is expected and {found} was found"),
            "write a number such as 2",
        )
    }

    /// One of a closed set of words, bare or in quotes.
    fn choice<T>(&mut self, what: &str, names: Vec<&str>, read: impl Fn(&str) -> Option<T>) -> Parsed<T> {
        let text = match self.kind() {
            Kind::Word(text) | Kind::Text(text) | Kind::Name(text) => text.clone(),
            _ => String::new(),
        };
        if let Some(value) = read(&text) {
            self.at += 1;
            return Ok(value);
        }
        let found = if text.is_empty() { self.describe() } else { format!("`{text}`") };
        let help = match nearest(&text, names.iter().map(|name| (*name).to_owned())) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        let code = if what == "channel" { "unknown-channel" } else { "unknown-word" };
        self.stop(code, format!("{found} is no {what}"), &help)
    }

    /// `= a`, `!= a`, `in (a, b)` or `not in (a, b)` over a closed set of words.
    fn choices<T>(
        &mut self,
        what: &str,
        names: &[&str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Parsed<(Vec<T>, bool)> {
        match self.operator() {
            Some(Operator::Equal) => return Ok((vec![self.choice(what, names.to_vec(), &read)?], false)),
            Some(Operator::Unequal) => return Ok((vec![self.choice(what, names.to_vec(), &read)?], true)),
            Some(_) => {
                self.at -= 1;
                return self.stop("no-order", format!("a {what} has no order"), "write = or !=");
            }
            None => {}
        }
        let negated = self.eat_word("not");
        if !self.eat_word("in") {
            let found = self.describe();
            let help = format!("write = {0}, != {0} or in ({0}, …)", names.first().unwrap_or(&""));
            return self.stop(
                "missing-comparison",
                format!("a comparison is expected and {found} was found"),
                &help,
            );
        }
        self.expect(&Kind::Open, "`(`", "put the words in parentheses")?;
        let mut values = vec![self.choice(what, names.to_vec(), &read)?];
        while self.kind() == &Kind::Comma {
            self.at += 1;
            values.push(self.choice(what, names.to_vec(), &read)?);
        }
        self.expect(&Kind::Close, "`,` or `)`", "close the parentheses")?;
        Ok((values, negated))
    }

    fn window(&mut self) -> Parsed<Window> {
        if self.eat_word("within") {
            return Ok(Window::Within(self.length()?));
        }
        if self.eat_word("since") {
            return Ok(Window::Since(self.time()?));
        }
        if self.eat_word("before") {
            return Ok(Window::Before(self.time()?));
        }
        if self.is_word("after") {
            return self.stop(
                "after-what",
                "`after` leaves open whether that day counts",
                "write since 2026-01-31, which includes it, or since the next day",
            );
        }
        if !self.eat_word("between") {
            return Ok(Window::Ever);
        }
        let start = self.end();
        let far = self.length()?;
        if !self.eat_word("and") {
            return self.stop("between-what", "`between` takes two lengths of time", BETWEEN);
        }
        let near = self.length()?;
        let span = start..self.end();
        if !self.eat_word("ago") {
            return self.stop("between-what", "`between` ends with `ago`", BETWEEN);
        }
        if far <= near {
            let help = format!("write between {near} and {far} ago");
            let message = "the longer time comes first, or nothing lies between";
            self.faults.push(Diagnostic::new("between-order", span, message).help(help));
        }
        Ok(Window::Between(far, near))
    }

    /// `30d`, or in words: `30 days`.
    fn length(&mut self) -> Parsed<time::Span> {
        match (self.kind().clone(), self.peek(1).clone()) {
            (Kind::Length(span), _) => {
                self.at += 1;
                Ok(span)
            }
            (Kind::Number(n), Kind::Word(unit)) if worded(n, &unit).is_some() => {
                self.at += 2;
                Ok(worded(n, &unit).unwrap_or_default())
            }
            (Kind::Number(n), _) => self.stop(
                "no-unit",
                "a length of time needs a unit",
                &format!("write {n}d, {n}h, {n}m or {n}w"),
            ),
            _ => {
                let found = self.describe();
                let message = format!("a length of time is expected and {found} was found");
                self.stop("no-length", message, "write 30d, 12h, 90m or 2w")
            }
        }
    }

    fn time(&mut self) -> Parsed<Time> {
        let time = match self.kind() {
            Kind::Time(time) => Some(*time),
            Kind::Text(text) => text.parse().ok(),
            _ => None,
        };
        if let Some(time) = time {
            self.at += 1;
            return Ok(time);
        }
        self.wrong_date()?;
        let found = self.describe();
        self.stop("no-date", format!("a date is expected and {found} was found"), "write 2026-01-31")
    }

    fn quoted(&mut self, what: &str) -> Parsed<Name> {
        match self.kind().clone() {
            Kind::Text(text) => {
                let span = self.span();
                self.at += 1;
                Ok(Name { text, span })
            }
            Kind::Word(word) => {
                self.stop("unquoted", format!("{what} is put in quotes"), &format!("write {}", quote(&word)))
            }
            _ => {
                let found = self.describe();
                let message = format!("{what} in quotes is expected and {found} was found");
                self.stop("no-name", message, "write it in double quotes")
            }
        }
    }

    fn name(&mut self, what: &str) -> Parsed<Name> {
        if let Kind::Word(text) | Kind::Name(text) = self.kind().clone() {
            let span = self.span();
            self.at += 1;
            return Ok(Name { text, span });
        }
        let found = self.describe();
        let message = format!("{what} is expected and {found} was found");
        self.stop("no-name", message, "names with spaces are put in backquotes")
    }

    // Tokens.

    fn kind(&self) -> &Kind {
        self.peek(0)
    }

    fn peek(&self, ahead: usize) -> &Kind {
        self.tokens.get(self.at + ahead).map_or(&Kind::End, |token| &token.kind)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(0..0, |token| token.span.clone())
    }

    fn start(&self) -> usize {
        self.span().start
    }

    /// Where the token before this one ends.
    fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.span.end)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.kind(), Kind::Word(text) if text.eq_ignore_ascii_case(word))
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, kind: &Kind, what: &str, help: &str) -> Parsed<()> {
        if self.kind() == kind {
            self.at += 1;
            return Ok(());
        }
        let found = self.describe();
        self.stop("unexpected", format!("{what} is expected and {found} was found"), help)
    }

    fn fault(&mut self, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Diagnostic::new(code, self.span(), message).help(help));
    }

    fn stop<T>(&mut self, code: &'static str, message: impl Into<String>, help: &str) -> Parsed<T> {
        self.fault(code, message, help);
        Err(Stop)
    }

    fn describe(&self) -> String {
        match self.kind() {
            Kind::Word(word) | Kind::Name(word) => format!("`{word}`"),
            Kind::Text(text) => quote(text),
            Kind::Number(number) => format!("`{number}`"),
            Kind::Length(span) => format!("`{span}`"),
            Kind::Time(time) => format!("`{time}`"),
            Kind::Equal => "`=`".to_owned(),
            Kind::Unequal => "`!=`".to_owned(),
            Kind::Less => "`<`".to_owned(),
            Kind::LessOrEqual => "`<=`".to_owned(),
            Kind::Greater => "`>`".to_owned(),
            Kind::GreaterOrEqual => "`>=`".to_owned(),
            Kind::Open => "`(`".to_owned(),
            Kind::Close => "`)`".to_owned(),
            Kind::Comma => "`,`".to_owned(),
            Kind::Dot => "`.`".to_owned(),
            Kind::End => "the end of the rule".to_owned(),
        }
    }
}

const BETWEEN: &str = "write between 60d and 30d ago";
const FUNCTIONS: [&str; 9] = ["did", "sum", "min", "max", "average", "distinct", "first", "last", "consent"];
const TESTS: [&str; 10] = [
    "contains",
    "starts with",
    "ends with",
    "missing",
    "present",
    "in",
    "within",
    "between",
    "since",
    "before",
];

fn is_event_function(word: &str) -> bool {
    word != "consent" && FUNCTIONS.contains(&word)
}

fn is_connective(word: &str) -> bool {
    word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or")
}

fn worded(n: Decimal, unit: &str) -> Option<time::Span> {
    let lower = unit.to_ascii_lowercase();
    let unit = match lower.strip_suffix('s').unwrap_or(&lower) {
        "week" | "w" => time::Span::days(7),
        "day" | "d" => time::Span::DAY,
        "hour" | "h" => time::Span::HOUR,
        "minute" | "m" => time::Span::MINUTE,
        "second" => time::Span::SECOND,
        _ => return None,
    };
    let whole =
        n.scaled().checked_div(Decimal::ONE.scaled()).filter(|_| n.scaled() % Decimal::ONE.scaled() == 0)?;
    whole.checked_mul(unit.0).filter(|length| *length >= 0).map(time::Span)
}

fn join<P: Part>(mut parts: Vec<P>, make: impl Fn(Vec<P>, Span) -> P) -> P {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    let start = parts.first().map_or(0, |part| part.span().start);
    let end = parts.last().map_or(0, |part| part.span().end);
    make(parts, start..end)
}
