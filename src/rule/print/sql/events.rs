//! Clauses about events as SQL.

use super::clause::{compared, whole};
use super::value::Typed;
use super::{Relation, Stated, Writer};
use crate::model::Decimal;
use crate::rule::plan::{Asked, Check, Condition, EventAsk, Which};
use crate::rule::tree::{End, Figure, Operator, Window};

impl Writer<'_> {
    /// Which rows of a table `fact` are meant.
    pub(super) fn picked(
        &self,
        row: &str,
        event: &Which,
        condition: Option<&Condition>,
        window: Window,
    ) -> Stated {
        let mut parts = Vec::new();
        if let Which::One(name) = event {
            parts.push(format!("{row}.name = {}", self.dialect.text(name)));
        }
        parts.push(self.inside(&format!("{row}.at"), window)?);
        if let Some(condition) = condition {
            parts.push(self.condition(row, event, condition)?);
        }
        Ok(parts.join(" AND "))
    }

    /// Whether an instant lies in a window of events.
    pub(super) fn inside(&self, at: &str, window: Window) -> Stated {
        if window.is_calendar() {
            return Err("calendars need the zones of people");
        }
        let range = window.range(self.point);
        Ok(if range.start == i64::MIN {
            format!("({at} < {})", range.end)
        } else {
            format!("({at} >= {} AND {at} < {})", range.start, range.end)
        })
    }

    fn condition(&self, row: &str, event: &Which, condition: &Condition) -> Stated {
        let joined = |parts: &[Condition], between: &str, nothing: &str| -> Stated {
            let parts: Vec<String> =
                parts.iter().map(|part| self.condition(row, event, part)).collect::<Result<_, _>>()?;
            Ok(if parts.is_empty() { nothing.to_owned() } else { format!("({})", parts.join(between)) })
        };
        match condition {
            Condition::All(parts) => joined(parts, " AND ", "1"),
            Condition::Any(parts) => joined(parts, " OR ", "0"),
            Condition::Not(part) => Ok(format!("(NOT {})", self.condition(row, event, part)?)),
            Condition::Property(name, check) => {
                let value = self.property(event, row, name)?;
                self.test(check, value.kind, &value.text)
            }
            Condition::Channel { channels, negated } => {
                let codes: Vec<String> = channels.iter().map(|channel| channel.code().to_string()).collect();
                let not = if *negated { "NOT " } else { "" };
                Ok(format!("({row}.channel {not}IN ({}))", codes.join(", ")))
            }
            Condition::AnyItem(part) => {
                let one = self.item(event, part)?;
                // True if one is, else unknown if one is, else false; nothing is false.
                Ok(format!(
                    "(SELECT CASE WHEN max(c) THEN 1 WHEN count(*) > count(c) THEN NULL ELSE 0 END \
                     FROM (SELECT {one} AS c FROM {}))",
                    self.dialect.items(&format!("{row}.items"))
                ))
            }
        }
    }

    fn item(&self, event: &Which, condition: &Condition) -> Stated {
        let joined = |parts: &[Condition], between: &str, nothing: &str| -> Stated {
            let parts: Vec<String> =
                parts.iter().map(|part| self.item(event, part)).collect::<Result<_, _>>()?;
            Ok(if parts.is_empty() { nothing.to_owned() } else { format!("({})", parts.join(between)) })
        };
        match condition {
            Condition::All(parts) => joined(parts, " AND ", "1"),
            Condition::Any(parts) => joined(parts, " OR ", "0"),
            Condition::Not(part) => Ok(format!("(NOT {})", self.item(event, part)?)),
            Condition::Property(name, check) => {
                let Which::One(event) = event else { return Err("items of events of every name") };
                let value = self.typed("value", name, self.catalog.item_property(event, name))?;
                self.test(check, value.kind, &value.text)
            }
            // The check refuses both inside an item.
            Condition::Channel { .. } | Condition::AnyItem(_) => Ok("NULL".to_owned()),
        }
    }

    /// A property of an event.
    pub(super) fn property(&self, event: &Which, row: &str, name: &str) -> Result<Typed, &'static str> {
        let Which::One(event) = event else { return Err("a property of events of every name") };
        self.typed(&format!("{row}.properties"), name, self.catalog.property(event, name))
    }

    pub(super) fn events(&mut self, ask: &EventAsk) -> Stated {
        let picked = self.picked("f", &ask.event, ask.condition.as_ref(), ask.window)?;
        let fact = self.from(Relation::Fact);
        let grouped =
            |truth: &str| format!("SELECT f.person, {truth} FROM {fact} f WHERE {picked} GROUP BY f.person");
        match &ask.question {
            Asked::Count(operator, n) => {
                let n = whole(*n)?;
                let relation = grouped(&compared("count(*)", *operator, &n));
                Ok(self.look(&relation, &compared("0", *operator, &n)))
            }
            Asked::Figure(figure, property, operator, n) => {
                let value = self.property(&ask.event, "f", property)?;
                let (truth, nobody) = figured(*figure, &value.text, *operator, *n)?;
                let relation = grouped(&truth);
                Ok(self.look(&relation, &nobody))
            }
            Asked::When(end, window) => {
                let end = if *end == End::First { "min(f.at)" } else { "max(f.at)" };
                let truth = self.inside(end, *window)?;
                let relation = grouped(&truth);
                Ok(self.look(&relation, "NULL"))
            }
            Asked::Of(end, property, check) => self.of(ask, &picked, *end, (property, check)),
            Asked::MostFrequent(property, check) => {
                let value = self.property(&ask.event, "f", property)?;
                let truth = self.test(check, value.kind, "v")?;
                let missing = self.test(check, value.kind, "NULL")?;
                let relation = format!(
                    "SELECT person, {truth} FROM (SELECT person, v, row_number() OVER \
                     (PARTITION BY person ORDER BY count(*) DESC, v) AS n FROM (SELECT f.person AS person, {} AS v \
                     FROM {fact} f WHERE {picked}) WHERE v IS NOT NULL GROUP BY person, v) WHERE n = 1",
                    value.text
                );
                Ok(self.look(&relation, &missing))
            }
        }
    }

    fn of(&mut self, ask: &EventAsk, picked: &str, end: End, (property, check): (&str, &Check)) -> Stated {
        let value = self.property(&ask.event, "f", property)?;
        let truth = self.test(check, value.kind, "v")?;
        let fact = self.from(Relation::Fact);
        let order = if end == End::First { "ASC" } else { "DESC" };
        let relation = format!(
            "SELECT person, {truth} FROM (SELECT f.person AS person, {} AS v, row_number() OVER \
             (PARTITION BY f.person ORDER BY f.at {order}, f.sequence {order}, f.line {order}) AS n \
             FROM {fact} f WHERE {picked}) WHERE n = 1",
            value.text
        );
        Ok(self.look(&relation, "NULL"))
    }
}

/// The truth of a figure over a group, and of nothing.
fn figured(
    figure: Figure,
    value: &str,
    operator: Operator,
    n: Decimal,
) -> Result<(String, String), &'static str> {
    let scaled = n.scaled().to_string();
    let unknown = "NULL".to_owned();
    Ok(match figure {
        Figure::Sum => (
            compared(&format!("coalesce(sum({value}), 0)"), operator, &scaled),
            compared("0", operator, &scaled),
        ),
        Figure::Min => (compared(&format!("min({value})"), operator, &scaled), unknown),
        Figure::Max => (compared(&format!("max({value})"), operator, &scaled), unknown),
        // Multiplying keeps it exact; of nothing both sides are null.
        Figure::Average => (
            compared(&format!("sum({value})"), operator, &format!("nullif(count({value}), 0) * {scaled}")),
            unknown,
        ),
        Figure::Distinct => {
            let n = whole(n)?;
            (compared(&format!("count(DISTINCT {value})"), operator, &n), compared("0", operator, &n))
        }
    })
}
