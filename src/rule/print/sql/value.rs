//! Values and tests as SQL.

use super::clause::{compared, whole};
use super::{Stated, Writer};
use crate::model::{Value, ValueType};
use crate::rule::catalog::Known;
use crate::rule::plan::{Check, Constant};
use crate::rule::tree::{Match, Operator, Window};

/// An expression whose values are of one type, and null where there is none or it does not fit.
pub(super) struct Typed {
    pub(super) kind: ValueType,
    pub(super) text: String,
}

impl Writer<'_> {
    /// A member of a JSON object as a value of the type the field has.
    pub(super) fn typed(&self, object: &str, name: &str, known: Known) -> Result<Typed, &'static str> {
        let Known::Typed(kind) = known else { return Err("a field whose type is not known") };
        if name.contains('.') {
            return Err("a field of a nested object");
        }
        let member = self.dialect.member(object, name);
        let (is, value) = (&member.kind, &member.value);
        let text = match kind {
            ValueType::Text => format!("CASE {is} WHEN 'text' THEN {value} END"),
            ValueType::Flag => format!("CASE {is} WHEN 'flag' THEN {value} END"),
            // In ten-thousandths, as rules count; more places do not fit.
            ValueType::Number => format!(
                "CASE WHEN {is} = 'number' AND abs({value} * 10000.0 - round({value} * 10000.0)) < 0.001 \
                 THEN CAST(round({value} * 10000.0) AS INTEGER) END"
            ),
            ValueType::Time => format!("CASE {is} WHEN 'text' THEN {} END", self.dialect.instant(value)),
            ValueType::List => return Err("a list"),
        };
        Ok(Typed { kind, text })
    }

    /// A constant as a value of a type; null where they cannot be compared.
    fn constant(&self, constant: &Constant, kind: ValueType) -> String {
        match (kind, &constant.value) {
            (ValueType::Text, Value::Text(text)) => self.dialect.text(text),
            (ValueType::Number, Value::Number(number)) => number.scaled().to_string(),
            (ValueType::Flag, Value::Flag(flag)) => u8::from(*flag).to_string(),
            (ValueType::Time, _) => constant.time.map_or("NULL".to_owned(), |time| time.0.to_string()),
            _ => "NULL".to_owned(),
        }
    }

    /// The truth of a check on a value.
    pub(super) fn test(&self, check: &Check, kind: ValueType, value: &str) -> Stated {
        Ok(match check {
            Check::Missing => format!("({value} IS NULL)"),
            Check::Present => format!("({value} IS NOT NULL)"),
            Check::Empty if kind == ValueType::Text => format!("({value} IS NULL OR {value} = '')"),
            Check::Empty => format!("({value} IS NULL)"),
            Check::Not(check) => format!("(NOT {})", self.test(check, kind, value)?),
            Check::Compare(operator, constant) => compared(value, *operator, &self.constant(constant, kind)),
            Check::Between(low, high) => format!(
                "({} AND {})",
                compared(value, Operator::GreaterOrEqual, &self.constant(low, kind)),
                compared(value, Operator::LessOrEqual, &self.constant(high, kind))
            ),
            Check::OneOf { negated, values } => {
                let values: Vec<String> = values.iter().map(|value| self.constant(value, kind)).collect();
                format!("({value} {}IN ({}))", if *negated { "NOT " } else { "" }, values.join(", "))
            }
            Check::Match(how, constant) => self.matched(*how, constant, kind, value),
            Check::Contains { all, values } => {
                let parts: Vec<String> =
                    values.iter().map(|part| self.matched(Match::Contains, part, kind, value)).collect();
                format!("({})", parts.join(if *all { " AND " } else { " OR " }))
            }
            Check::During(window) if kind == ValueType::Time => self.during(*window, value)?,
            Check::Size(operator, n) if kind == ValueType::Text => {
                compared(&format!("length({value})"), *operator, &whole(*n)?)
            }
            Check::During(_) | Check::Size(..) => unknown(),
            Check::Pattern(_) => return Err("a regular expression"),
            Check::Version(..) => return Err("a version"),
            Check::Folded(_) => return Err("upper and lower case of every alphabet"),
        })
    }

    fn matched(&self, how: Match, constant: &Constant, kind: ValueType, value: &str) -> String {
        let (ValueType::Text, Value::Text(part)) = (kind, &constant.value) else { return unknown() };
        if part.is_empty() {
            return format!("CASE WHEN {value} IS NOT NULL THEN 1 END");
        }
        let length = part.chars().count();
        let part = self.dialect.text(part);
        match how {
            Match::Contains => format!("({} > 0)", self.dialect.position(value, &part)),
            Match::StartsWith => format!("(substr({value}, 1, {length}) = {part})"),
            Match::EndsWith => format!("(substr({value}, -{length}) = {part})"),
        }
    }

    /// Whether a value lies in a window; unlike an event it may lie ahead.
    fn during(&self, window: Window, at: &str) -> Stated {
        let (point, now) = (self.point, self.point.at);
        let end = now.0.saturating_add(i64::from(point.inclusive));
        Ok(match window {
            Window::Since(time) => format!("({at} >= {})", time.0),
            Window::Before(time) => format!("({at} < {})", time.0),
            Window::Dates(from, to) => format!("({at} >= {} AND {at} < {})", from.0, to.0),
            Window::Ahead(span) => format!("({at} >= {end} AND {at} < {})", (now + span).0),
            Window::BeyondAhead(span) => format!("({at} >= {})", (now + span).0),
            other => self.inside(at, other)?,
        })
    }
}

fn unknown() -> String {
    "NULL".to_owned()
}
