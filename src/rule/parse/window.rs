//! `within 30d`, `between 60d and 30d ago`, `since 2026-01-01`, `this month`.

use super::{Parsed, Parser};
use crate::model::{Decimal, Time, time};
use crate::rule::diagnostic::Diagnostic;
use crate::rule::lex::Kind;
use crate::rule::tree::{Calendar, Period, Window};

const BETWEEN: &str = "write between 60d and 30d ago";
/// The most periods a calendar window reaches over.
const MAX_PERIODS: i32 = 1_000;

impl Parser {
    /// A window, or [`Window::Ever`] where none is written.
    pub(super) fn window(&mut self) -> Parsed<Window> {
        if let Some(window) = self.calendar()? {
            return Ok(window);
        }
        if self.eat_word("within") {
            let ahead = self.eat_word("next");
            if !ahead {
                self.eat_word("last");
            }
            let span = self.length()?;
            return Ok(if ahead { Window::Ahead(span) } else { Window::Within(span) });
        }
        if self.eat_word("since") {
            return Ok(Window::Since(self.time()?.0));
        }
        if self.eat_word("before") {
            return Ok(Window::Before(self.time()?.0));
        }
        if self.eat_word("after") {
            // After a day is from the next day on; after an instant is from the next millisecond on.
            let (time, is_day) = self.time()?;
            return Ok(Window::Since(time + if is_day { time::Span::DAY } else { time::Span(1) }));
        }
        if self.is_word("more") && self.is_word_at(1, "than") {
            return self.beyond();
        }
        if self.is_word("between") { self.between() } else { Ok(Window::Ever) }
    }

    /// Whether a window starts here.
    pub(super) fn at_window(&self) -> bool {
        ["within", "since", "before", "after", "between", "today", "yesterday", "tomorrow"]
            .into_iter()
            .any(|word| self.is_word(word))
            || (self.is_word("more") && self.is_word_at(1, "than"))
            || (self.is_word("this") && matches!(self.peek(1), Kind::Word(_)))
            || ((self.is_word("last") || self.is_word("next"))
                && matches!(self.peek(1), Kind::Word(_) | Kind::Number(_)))
    }

    fn beyond(&mut self) -> Parsed<Window> {
        self.at += 2;
        let span = self.length()?;
        if self.eat_word("ago") {
            return Ok(Window::Beyond(span));
        }
        if self.eat_word("ahead") {
            return Ok(Window::BeyondAhead(span));
        }
        let message = "`more than` a length of time is followed by `ago` or `ahead`";
        self.stop("beyond-what", message, &format!("write more than {span} ago"))
    }

    fn between(&mut self) -> Parsed<Window> {
        self.at += 1;
        let start = self.end();
        if matches!(self.kind(), Kind::Time(_) | Kind::Text(_)) {
            let (from, _) = self.time()?;
            if !self.eat_word("and") {
                let help = "write between 2026-01-01 and 2026-02-01";
                return self.stop("between-what", "`between` takes two dates", help);
            }
            let (to, _) = self.time()?;
            let span = start..self.end();
            if to <= from {
                let message = "the earlier date comes first, or nothing lies between";
                let fault = Diagnostic::new("between-order", span, message);
                self.faults.push(fault.help("the second date is where it ends and is not part of it"));
            }
            return Ok(Window::Dates(from, to));
        }
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

    /// `today`, `this week`, `last 3 months`.
    fn calendar(&mut self) -> Parsed<Option<Window>> {
        let day = |offset| Some(Window::Calendar(Calendar { period: Period::Day, offset }));
        for (word, offset) in [("today", 0), ("yesterday", -1), ("tomorrow", 1)] {
            if self.eat_word(word) {
                return Ok(day(offset));
            }
        }
        let sign = match self.kind() {
            Kind::Word(word) if word.eq_ignore_ascii_case("this") => 0,
            Kind::Word(word) if word.eq_ignore_ascii_case("last") => -1,
            Kind::Word(word) if word.eq_ignore_ascii_case("next") => 1,
            _ => return Ok(None),
        };
        let (count, unit) = match (self.peek(1).clone(), self.peek(2).clone()) {
            (Kind::Number(n), Kind::Word(unit)) if sign != 0 => (n, unit),
            (Kind::Word(unit), _) => (Decimal::ONE, unit),
            _ => return Ok(None),
        };
        let words = if count == Decimal::ONE && matches!(self.peek(1), Kind::Word(_)) { 2 } else { 3 };
        let Some(period) = period(&unit) else { return Ok(None) };
        self.at += 1;
        let whole = count.scaled() / Decimal::ONE.scaled();
        let Some(n) = i32::try_from(whole)
            .ok()
            .filter(|n| (1..=MAX_PERIODS).contains(n) && count.scaled() % Decimal::ONE.scaled() == 0)
        else {
            let message =
                format!("a calendar window reaches over 1 to {MAX_PERIODS} whole {}s", period.name());
            return self.stop("bad-count", message, "write last 3 months");
        };
        self.at += words - 1;
        Ok(Some(Window::Calendar(Calendar { period, offset: sign * n })))
    }

    /// `30d`, or in words: `30 days`.
    pub(super) fn length(&mut self) -> Parsed<time::Span> {
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

    /// An instant, and whether it was written as a plain date.
    pub(super) fn time(&mut self) -> Parsed<(Time, bool)> {
        let time = match self.kind() {
            Kind::Time(time) => Some((*time, self.span().len() == "2026-01-31".len())),
            Kind::Text(text) => text.parse().ok().map(|time| (time, text.trim().len() == "2026-01-31".len())),
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
}

fn period(unit: &str) -> Option<Period> {
    let lower = unit.to_ascii_lowercase();
    let unit = lower.strip_suffix('s').unwrap_or(&lower);
    Period::ALL.into_iter().find(|period| period.name() == unit)
}

pub(super) fn worded(n: Decimal, unit: &str) -> Option<time::Span> {
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
