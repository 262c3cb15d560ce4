//! Membership of segments, lists, journeys and experiments; visits, messages and answers.

use super::{Parsed, Parser};
use crate::model::Decimal;
use crate::rule::lex::{Kind, quote};
use crate::rule::tree::{
    Answers, Clause, Filter, Membership, Messages, Name, Operator, Reached, SessionClause, Sessions,
};

impl Parser {
    pub(super) fn membership(&mut self) -> Parsed<Clause> {
        self.at += 1;
        if self.eat_word("segment") {
            return Ok(Clause::Segment(self.quoted("a segment's name")?));
        }
        if self.eat_word("list") {
            return Ok(Clause::List(self.quoted("a list's name")?));
        }
        if self.eat_word("journey") {
            let name = self.quoted("a journey's name")?;
            let step = if self.eat_word("at") { Some(self.quoted("a step's name")?) } else { None };
            return Ok(Clause::Journey { name, membership: Membership::Inside(step) });
        }
        if self.eat_word("experiment") {
            let name = self.quoted("an experiment's name")?;
            let variant =
                if self.eat_word("variant") { Some(self.quoted("a variant's name")?) } else { None };
            return Ok(Clause::Experiment { name, variant });
        }
        let help = match self.kind() {
            Kind::Text(name) => format!("write in segment {0} or in list {0}", quote(name)),
            _ => "write in segment \"VIP\" or in list \"VIP\"".to_owned(),
        };
        self.stop("in-what", "`in` is followed by `segment`, `list`, `journey` or `experiment`", &help)
    }

    /// `entered journey "Welcome" within 30d`
    pub(super) fn passed(&mut self, word: &str) -> Parsed<Clause> {
        self.at += 2;
        let name = self.quoted("a journey's name")?;
        let window = self.window()?;
        let membership =
            if word == "entered" { Membership::Entered(window) } else { Membership::Left(window) };
        Ok(Clause::Journey { name, membership })
    }

    /// From `session(` or `sessions(` on.
    pub(super) fn session(&mut self, last: bool) -> Parsed<Clause> {
        self.at += 1;
        self.expect(&Kind::Open, "`(`", "write last session(device = \"mobile\")")?;
        let filter = self.inside_parentheses("write last session(device = \"mobile\")")?;
        let which = if last {
            if filter.is_none() {
                let help = "write last session(device = \"mobile\"), or sessions() >= 1 within 30d";
                self.at -= 1;
                return self.stop("empty-session", "the last session is asked nothing", help);
            }
            Sessions::Last
        } else {
            let (operator, n) = self.times()?;
            Sessions::Count(operator, n)
        };
        let window = self.window()?;
        Ok(Clause::Session(SessionClause { which, filter, window }))
    }

    /// `where`, optional here, a filter, and the closing parenthesis.
    fn inside_parentheses(&mut self, help: &str) -> Parsed<Option<Filter>> {
        self.eat_word("where");
        let filter = if self.kind() == &Kind::Close { None } else { Some(self.either::<Filter>()) };
        self.expect(&Kind::Close, "`)`", help)?;
        Ok(filter)
    }

    /// `>= 2 times`, or at least once.
    pub(super) fn times(&mut self) -> Parsed<(Operator, Decimal)> {
        let Some(operator) = self.operator() else { return Ok((Operator::GreaterOrEqual, Decimal::ONE)) };
        let n = self.number("a count")?;
        self.eat_word("times");
        Ok((operator, n))
    }

    pub(super) fn messages(&mut self, reached: Reached) -> Parsed<Clause> {
        let help = format!("write {}(email) >= 3 within 7d", reached.name());
        let start = self.start();
        self.at += 1;
        self.expect(&Kind::Open, "`(`", &help)?;
        let channel = self.channel()?;
        if reached.events(channel).is_empty() {
            let message = format!("nothing tells whether a message on {channel} was {}", reached.name());
            let span = start..self.end();
            let fault = crate::rule::Diagnostic::new("no-messages", span, message);
            self.faults.push(fault.help("ask for the event itself with did(…)"));
        }
        let filter = self.filter_after_where()?;
        self.expect(&Kind::Close, "`where` or `)`", &help)?;
        let (operator, n) = self.times()?;
        let window = self.window()?;
        Ok(Clause::Messages(Messages { reached, channel, filter, operator, n, window }))
    }

    pub(super) fn answered(&mut self) -> Parsed<Clause> {
        const HELP: &str = "write answered(\"Purchase\" where score >= 4) within 90d";
        self.at += 1;
        self.expect(&Kind::Open, "`(`", HELP)?;
        let survey: Name = self.quoted("a survey's name")?;
        let filter = self.filter_after_where()?;
        self.expect(&Kind::Close, "`where` or `)`", HELP)?;
        let (operator, n) = self.times()?;
        let window = self.window()?;
        Ok(Clause::Answers(Answers { survey, filter, operator, n, window }))
    }
}
