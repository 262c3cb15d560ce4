//! Conditions on a person: which form a clause has, and the shorter forms themselves.

use super::{FUNCTIONS, Parsed, Parser};
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::{Channel, time};
use crate::rule::diagnostic::nearest;
use crate::rule::lex::{Kind, quote};
use crate::rule::tree::{Clause, End, Figure, Node, Operator, Reached};

impl Parser {
    pub(super) fn clause(&mut self) -> Parsed<Clause> {
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
            "season" => {
                self.at += 1;
                Ok(Clause::Season(self.test()?))
            }
            "and" | "or" => self.no_clause(),
            "has" if self.is_word_at(1, "been") => self.been(),
            "entered" | "left" if self.is_word_at(1, "journey") => self.passed(&lower),
            "last" | "any" if self.is_word_at(1, "session") && self.peek(2) == &Kind::Open => {
                self.at += 1;
                self.session(lower == "last")
            }
            "most" if self.is_word_at(1, "frequent") => self.most_frequent(),
            "did" if matches!(self.peek(1), Kind::Text(_)) && self.is_word_at(2, "then") => self.sequence(),
            _ if matches!(self.peek(1), Kind::Text(_)) && is_event_function(&lower) => {
                self.no_parenthesis(&lower)
            }
            "did" if self.is_word_at(1, "not") => {
                let help = match self.peek(2) {
                    Kind::Text(event) => format!("write not did({})", quote(event)),
                    _ => "write not did(\"Order Completed\")".to_owned(),
                };
                self.stop("other-language", "`not` stands before what must not hold", &help)
            }
            _ => self.trait_clause(),
        }
    }

    fn no_parenthesis(&mut self, lower: &str) -> Parsed<Clause> {
        let help = match self.peek(1) {
            Kind::Text(event) if self.is_word_at(2, "followed") => {
                format!("write did {} then \"Order Completed\"", quote(event))
            }
            Kind::Text(event) => format!("write {lower}({})", quote(event)),
            _ => String::new(),
        };
        self.at += 1;
        let message = format!("`{lower}` is followed by an event in parentheses");
        self.stop("missing-parenthesis", message, &help)
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
            "suppressed" => self.suppressed(),
            "first" => self.end_of_events(End::First),
            "last" => self.end_of_events(End::Last),
            "answered" => self.answered(),
            "sessions" => self.session(false),
            "quartile" => self.band(4),
            "quintile" => self.band(5),
            "decile" => self.band(10),
            "percentile" => self.band(100),
            "bucket" => self.bucket(),
            _ => {
                if let Some(figure) = Figure::ALL.into_iter().find(|figure| figure.name() == lower) {
                    return self.figure(figure);
                }
                match Reached::ALL.into_iter().find(|reached| reached.name() == lower) {
                    Some(reached) => self.messages(reached),
                    None => self.unknown_function(written),
                }
            }
        }
    }

    fn unknown_function<T>(&mut self, written: &str) -> Parsed<T> {
        let known = FUNCTIONS.iter().map(|name| (*name).to_owned());
        let help = match written.to_ascii_lowercase().as_str() {
            "count" | "performed" | "event" => "write did(\"Order Completed\") >= 2".to_owned(),
            "avg" | "mean" => "write average(\"Order Completed\".total)".to_owned(),
            "random" | "hash" | "sample" => "write bucket(\"spring\") < 10 percent".to_owned(),
            "session" => "write last session(device = \"mobile\") or any session(…)".to_owned(),
            _ => match nearest(written, known) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("there are {}", FUNCTIONS.join(", ")),
            },
        };
        self.stop("unknown-function", format!("there is no `{written}(…)`"), &help)
    }

    fn consent(&mut self) -> Parsed<Clause> {
        const HELP: &str = "write consent(email, marketing) = granted";
        self.at += 2;
        let channel = self.channel()?;
        self.expect(&Kind::Comma, "`,` and a purpose", HELP)?;
        let purposes = Purpose::ALL.map(Purpose::name).to_vec();
        let purpose =
            self.choice("purpose", purposes, |text| Purpose::from_name(&text.to_ascii_lowercase()))?;
        self.expect(&Kind::Close, "`)`", HELP)?;
        let (states, negated) =
            self.choices("consent state", &ConsentState::ALL.map(ConsentState::name), |text| {
                ConsentState::ALL.into_iter().find(|state| state.name().eq_ignore_ascii_case(text))
            })?;
        Ok(Clause::Consent { channel, purpose, states, negated })
    }

    fn suppressed(&mut self) -> Parsed<Clause> {
        self.at += 2;
        let channel = self.channel()?;
        self.expect(&Kind::Close, "`)`", "write suppressed(email), or suppressed(email) = bounced")?;
        let asks = matches!(self.kind(), Kind::Equal | Kind::Unequal)
            || self.is_word("in")
            || (self.is_word("not") && self.is_word_at(1, "in"));
        if !asks {
            return Ok(Clause::Suppressed { channel, reasons: Vec::new(), negated: false });
        }
        let names = SuppressionReason::ALL.map(SuppressionReason::name);
        let (reasons, negated) = self.choices("reason", &names, |text| {
            SuppressionReason::ALL.into_iter().find(|reason| reason.name().eq_ignore_ascii_case(text))
        })?;
        Ok(Clause::Suppressed { channel, reasons, negated })
    }

    pub(super) fn channel(&mut self) -> Parsed<Channel> {
        self.choice("channel", Channel::ALL.map(Channel::name).to_vec(), |text| text.parse().ok())
    }

    /// `has been in segment "VIP" for 14d`
    fn been(&mut self) -> Parsed<Clause> {
        self.deeper()?;
        self.at += 2;
        let part = self.part::<Node>()?;
        self.depth -= 1;
        if !self.eat_word("for") {
            let found = self.describe();
            return self.stop(
                "missing-for",
                format!("`for` and a length of time are expected and {found} was found"),
                "write has been in segment \"VIP\" for 14d; join several conditions in parentheses",
            );
        }
        let start = self.start();
        let span = self.length()?;
        if span.0 < time::Span::MINUTE.0 || span > time::Span::days(366) {
            let message = "how long it has been so is between a minute and 366 days";
            let fault = crate::rule::Diagnostic::new("been-how-long", start..self.end(), message);
            self.faults.push(fault.help("write has been … for 14d"));
        }
        Ok(Clause::Been { part: Box::new(part), span })
    }

    fn bucket(&mut self) -> Parsed<Clause> {
        const HELP: &str = "write bucket(\"spring\") < 10 percent";
        self.at += 1;
        self.expect(&Kind::Open, "`(`", HELP)?;
        let salt = self.quoted("a salt")?;
        self.expect(&Kind::Close, "`)`", HELP)?;
        let Some(operator) = self.operator() else {
            let found = self.describe();
            return self.stop(
                "missing-comparison",
                format!("a comparison is expected and {found} was found"),
                HELP,
            );
        };
        if matches!(operator, Operator::Equal | Operator::Unequal) {
            self.at -= 1;
            return self.stop("no-equality", "a place in the cut is compared with < <= > or >=", HELP);
        }
        let share = self.number("a share")?;
        self.eat_word("percent");
        Ok(Clause::Bucket { salt, operator, share })
    }
}

fn is_event_function(word: &str) -> bool {
    let others = ["consent", "suppressed", "received", "opened", "clicked", "answered", "sessions", "bucket"];
    FUNCTIONS.contains(&word) && !others.contains(&word)
}
