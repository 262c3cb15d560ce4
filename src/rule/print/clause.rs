//! Clauses as text.

use std::fmt;

use super::{Binding, binding, name, wrapped};
use crate::model::Decimal;
use crate::rule::lex::quote;
use crate::rule::tree::{
    Answers, Clause, EventClause, EventName, Filter, FilterBody, Measure, MeasureFigure, Measured,
    Membership, Messages, Operator, Question, Sequence, SessionClause, Sessions, Step, Window,
};

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Trait { name: trait_name, test } => write!(f, "{} {test}", name(&trait_name.text)),
            Self::Lifecycle(test) => write!(f, "lifecycle {test}"),
            Self::Intent(test) => write!(f, "intent {test}"),
            Self::Season(test) => write!(f, "season {test}"),
            Self::Events(clause) => clause.fmt(f),
            Self::Sequence(sequence) => sequence.fmt(f),
            Self::Session(session) => session.fmt(f),
            Self::Messages(messages) => messages.fmt(f),
            Self::Answers(answers) => answers.fmt(f),
            Self::Band { bands, measure, operator, n } => {
                write!(f, "{}({measure}) {} {n}", band_name(*bands), operator.symbol())
            }
            Self::Been { part, span } => {
                f.write_str("has been ")?;
                wrapped(f, part, binding(part) < Binding::Not)?;
                write!(f, " for {span}")
            }
            Self::Consent { channel, purpose, states, negated } => {
                write!(f, "consent({channel}, {}) ", purpose.name())?;
                let names: Vec<String> = states.iter().map(|state| state.name().to_owned()).collect();
                choice(f, &names, *negated)
            }
            Self::Suppressed { channel, reasons, negated } => {
                write!(f, "suppressed({channel})")?;
                if reasons.is_empty() {
                    return Ok(());
                }
                f.write_str(" ")?;
                let names: Vec<String> = reasons.iter().map(|reason| reason.name().to_owned()).collect();
                choice(f, &names, *negated)
            }
            Self::Segment(segment) => write!(f, "in segment {}", quote(&segment.text)),
            Self::List(list) => write!(f, "in list {}", quote(&list.text)),
            Self::Journey { name, membership } => journey(f, &quote(&name.text), membership),
            Self::Experiment { name, variant } => {
                write!(f, "in experiment {}", quote(&name.text))?;
                match variant {
                    Some(variant) => write!(f, " variant {}", quote(&variant.text)),
                    None => Ok(()),
                }
            }
            Self::Bucket { salt, operator, share } => {
                write!(f, "bucket({}) {} {share} percent", quote(&salt.text), operator.symbol())
            }
        }
    }
}

fn band_name(bands: u32) -> &'static str {
    match bands {
        4 => "quartile",
        10 => "decile",
        100 => "percentile",
        _ => "quintile",
    }
}

fn journey(f: &mut fmt::Formatter<'_>, name: &str, membership: &Membership) -> fmt::Result {
    match membership {
        Membership::Inside(None) => write!(f, "in journey {name}"),
        Membership::Inside(Some(step)) => write!(f, "in journey {name} at {}", quote(&step.text)),
        Membership::Entered(window) => {
            write!(f, "entered journey {name}")?;
            behind(f, *window)
        }
        Membership::Left(window) => {
            write!(f, "left journey {name}")?;
            behind(f, *window)
        }
    }
}

/// A window behind a clause; nothing where it is ever.
fn behind(f: &mut fmt::Formatter<'_>, window: Window) -> fmt::Result {
    if window == Window::Ever { Ok(()) } else { write!(f, " {window}") }
}

/// `>= 2`; nothing where it is at least once.
fn times(f: &mut fmt::Formatter<'_>, operator: Operator, n: Decimal) -> fmt::Result {
    if operator == Operator::GreaterOrEqual && n == Decimal::ONE {
        return Ok(());
    }
    write!(f, " {} {n}", operator.symbol())
}

fn filtered(f: &mut fmt::Formatter<'_>, filter: Option<&Filter>) -> fmt::Result {
    filter.map_or(Ok(()), |filter| write!(f, " where {filter}"))
}

fn choice(f: &mut fmt::Formatter<'_>, names: &[String], negated: bool) -> fmt::Result {
    match names {
        [only] => write!(f, "{} {only}", if negated { "!=" } else { "=" }),
        several => write!(f, "{}in ({})", if negated { "not " } else { "" }, several.join(", ")),
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(name) => f.write_str(&quote(&name.text)),
            Self::Any => f.write_str("any event"),
        }
    }
}

impl fmt::Display for EventClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (function, property) = match &self.question {
            Question::Count(..) => ("did", None),
            Question::Figure(figure, property, ..) => (figure.name(), Some(property)),
            Question::When(end, _) => (end.name(), None),
            Question::Of(end, property, _) => (end.name(), Some(property)),
            Question::MostFrequent(property, _) => ("most frequent", Some(property)),
        };
        write!(f, "{function}({}", self.event)?;
        if let Some(property) = property {
            write!(f, ".{}", name(&property.text))?;
        }
        filtered(f, self.filter.as_ref())?;
        f.write_str(")")?;
        match &self.question {
            Question::Count(operator, n) => times(f, *operator, *n)?,
            Question::Figure(_, _, operator, n) => write!(f, " {} {n}", operator.symbol())?,
            Question::When(_, window) => write!(f, " {window}")?,
            Question::Of(_, _, test) | Question::MostFrequent(_, test) => write!(f, " {test}")?,
        }
        behind(f, self.window)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.filter {
            Some(filter) => write!(f, "({} where {filter})", self.event),
            None => self.event.fmt(f),
        }
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.first.filter, &self.first.event) {
            (None, EventName::One(_)) => write!(f, "did {}", self.first)?,
            (Some(_), _) => write!(f, "did{}", self.first)?,
            (None, EventName::Any) => f.write_str("did(any event)")?,
        }
        for (step, gap) in &self.then {
            write!(f, " then {step}")?;
            if let Some(span) = gap.within {
                write!(f, " within {span}")?;
            }
            if let Some(without) = &gap.without {
                write!(f, " without {without} between")?;
            }
        }
        if let Some(span) = self.taking {
            write!(f, " taking at most {span}")?;
        }
        if self.window != Window::Ever {
            write!(f, " all {}", self.window)?;
        }
        Ok(())
    }
}

impl fmt::Display for SessionClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let once = Sessions::Count(Operator::GreaterOrEqual, Decimal::ONE);
        f.write_str(match (&self.which, &self.filter) {
            (Sessions::Last, _) => "last session(",
            (which, Some(_)) if *which == once => "any session(",
            _ => "sessions(",
        })?;
        if let Some(filter) = &self.filter {
            filter.fmt(f)?;
        }
        f.write_str(")")?;
        if let Sessions::Count(operator, n) = self.which {
            times(f, operator, n)?;
        }
        behind(f, self.window)
    }
}

impl fmt::Display for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}", self.reached.name(), self.channel)?;
        filtered(f, self.filter.as_ref())?;
        f.write_str(")")?;
        times(f, self.operator, self.n)?;
        behind(f, self.window)
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "answered({}", quote(&self.survey.text))?;
        filtered(f, self.filter.as_ref())?;
        f.write_str(")")?;
        times(f, self.operator, self.n)?;
        behind(f, self.window)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trait(trait_name) => f.write_str(&name(&trait_name.text)),
            Self::Events(measured) => {
                let Measured { event, filter, window, figure } = measured.as_ref();
                let (function, property) = match figure {
                    MeasureFigure::Count => ("did", None),
                    MeasureFigure::Figure(figure, property) => (figure.name(), Some(property)),
                    MeasureFigure::When(end) => (end.name(), None),
                };
                write!(f, "{function}({event}")?;
                if let Some(property) = property {
                    write!(f, ".{}", name(&property.text))?;
                }
                filtered(f, filter.as_ref())?;
                f.write_str(")")?;
                behind(f, *window)
            }
        }
    }
}

fn filter_binding(filter: &Filter) -> Binding {
    match &filter.body {
        FilterBody::AnyItem(_) => Binding::Loose,
        FilterBody::Any(_) => Binding::Or,
        FilterBody::All(_) => Binding::And,
        FilterBody::Not(_) => Binding::Not,
        FilterBody::Property { .. } | FilterBody::Channel { .. } => Binding::Tight,
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Filter], between: &str, own: Binding) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        wrapped(f, part, filter_binding(part) <= own)?;
    }
    Ok(())
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            FilterBody::All(parts) => joined(f, parts, " and ", Binding::And),
            FilterBody::Any(parts) => joined(f, parts, " or ", Binding::Or),
            FilterBody::Not(part) => {
                f.write_str("not ")?;
                wrapped(f, part, filter_binding(part) < Binding::Not)
            }
            FilterBody::Property { name: property, test } => write!(f, "{} {test}", name(&property.text)),
            FilterBody::Channel { channels, negated } => {
                f.write_str("channel ")?;
                let names: Vec<String> = channels.iter().map(|channel| quote(channel.name())).collect();
                choice(f, &names, *negated)
            }
            FilterBody::AnyItem(part) => write!(f, "any item where {part}"),
        }
    }
}
