//! Clauses as SQL: each becomes a relation of people with a truth, and a look into it.

use super::{Refused, Stated, Writer};
use crate::model::Decimal;
use crate::rule::plan::{Ask, BandAsk, Check, MeasureAsk, SequenceAsk, StepAsk};
use crate::rule::tree::{End, Figure, Operator};

impl Writer<'_> {
    pub(super) fn ask(&mut self, ask: &Ask) -> Stated {
        match ask {
            Ask::Everyone => Ok("1".to_owned()),
            Ask::Trait { name, check } => self.attribute(name, check),
            Ask::Events(ask) => self.events(ask),
            Ask::Sequence(ask) => self.sequence(ask),
            Ask::Band(ask) => self.band(ask),
            // An unknown membership is none.
            Ask::Segment { plan, .. } => Ok(format!("coalesce({}, 0)", self.step(plan.step()))),
            Ask::Lifecycle(_) => Err("lifecycle stages are worked out in memory"),
            Ask::Intent(_) => Err("intents are worked out in memory"),
            Ask::Season(_) => Err("seasons need the zones of people"),
            Ask::Session(_) => Err("visits are worked out in memory"),
            Ask::Been { .. } => Err("what has been so is looked at from many points"),
            Ask::Consent { channel, purpose, states, negated } => {
                Ok(self.consent((*channel, *purpose), states, *negated))
            }
            Ask::Suppressed { channel, reasons, negated } => Ok(self.suppressed(*channel, reasons, *negated)),
            Ask::List(_) => Err("lists are no table"),
            Ask::InJourney { .. } | Ask::Passed { .. } => Err("passages belong to a run"),
            Ask::Experiment { .. } => Err("exposures are told in several ways"),
            Ask::Bucket { .. } => Err("its hash is none of the database"),
        }
    }

    /// Adds a relation of people with a truth `t` and looks into it; `nobody` is the truth for people without a row.
    pub(super) fn look(&mut self, relation: &str, nobody: &str) -> String {
        let name = format!("c{}", self.clauses.len());
        self.clauses.push(format!("{name}(person, t) AS MATERIALIZED (\n  {relation}\n)"));
        format!("CASE WHEN {name}.person IS NULL THEN {nobody} ELSE {name}.t END")
    }

    fn attribute(&mut self, name: &str, check: &Check) -> Stated {
        let value = self.typed("s.traits", name, self.catalog.attribute(name))?;
        let present = self.dialect.mentions("s.traits", name);
        let truth = self.test(check, value.kind, "x")?;
        let missing = self.test(check, value.kind, "NULL")?;
        let relation = format!(
            "SELECT person, {truth} FROM (SELECT s.person, {} AS x, \
             row_number() OVER (PARTITION BY s.person ORDER BY s.at DESC, s.line DESC) AS n \
             FROM said s WHERE {present}) WHERE n = 1",
            value.text
        );
        Ok(self.look(&relation, &missing))
    }

    fn sequence(&mut self, ask: &SequenceAsk) -> Stated {
        let mut from = vec!["fact f0".to_owned()];
        let mut conditions =
            vec![self.picked("f0", &ask.first.event, ask.first.condition.as_ref(), ask.window)?];
        for (number, (step, gap)) in (1..).zip(&ask.then) {
            let (before, own) = (format!("f{}", number - 1), format!("f{number}"));
            from.push(format!("fact {own} ON {own}.person = {before}.person"));
            conditions.push(self.picked(&own, &step.event, step.condition.as_ref(), ask.window)?);
            conditions.push(format!("({own}.at, {own}.sequence) > ({before}.at, {before}.sequence)"));
            if let Some(within) = gap.within {
                conditions.push(format!("{own}.at - {before}.at <= {}", within.0));
            }
            if let Some(StepAsk { event, condition }) = &gap.without {
                let bar = format!("x{number}");
                let picked = self.picked(&bar, event, condition.as_ref(), ask.window)?;
                conditions.push(format!(
                    "NOT EXISTS (SELECT 1 FROM fact {bar} WHERE {bar}.person = {own}.person AND {picked} \
                     AND ({bar}.at, {bar}.sequence) > ({before}.at, {before}.sequence) \
                     AND ({bar}.at, {bar}.sequence) < ({own}.at, {own}.sequence))"
                ));
            }
        }
        if let Some(taking) = ask.taking {
            conditions.push(format!("f{}.at - f0.at <= {}", ask.then.len(), taking.0));
        }
        let relation = format!(
            "SELECT DISTINCT f0.person, 1 FROM {} WHERE {}",
            from.join(" JOIN "),
            conditions.join(" AND ")
        );
        Ok(self.look(&relation, "0"))
    }

    fn band(&mut self, ask: &BandAsk) -> Stated {
        let measured = match &ask.measure {
            MeasureAsk::Trait(name) => {
                let value = self.typed("s.traits", name, self.catalog.attribute(name))?;
                let present = self.dialect.mentions("s.traits", name);
                format!(
                    "SELECT person, m FROM (SELECT s.person, {} AS m, \
                     row_number() OVER (PARTITION BY s.person ORDER BY s.at DESC, s.line DESC) AS n \
                     FROM said s WHERE {present}) WHERE n = 1 AND m IS NOT NULL",
                    value.text
                )
            }
            MeasureAsk::Count(step, window) => {
                let picked = self.picked("f", &step.event, step.condition.as_ref(), *window)?;
                format!("SELECT f.person, count(*) AS m FROM fact f WHERE {picked} GROUP BY f.person")
            }
            MeasureAsk::When(step, window, end) => {
                let picked = self.picked("f", &step.event, step.condition.as_ref(), *window)?;
                let end = if *end == End::First { "min" } else { "max" };
                format!("SELECT f.person, {end}(f.at) AS m FROM fact f WHERE {picked} GROUP BY f.person")
            }
            MeasureAsk::Figure(step, window, figure, property) => {
                let picked = self.picked("f", &step.event, step.condition.as_ref(), *window)?;
                let value = self.property(&step.event, "f", property)?;
                let m = match figure {
                    Figure::Sum => format!("coalesce(sum({}), 0)", value.text),
                    Figure::Min => format!("min({})", value.text),
                    Figure::Max => format!("max({})", value.text),
                    Figure::Distinct => format!("count(DISTINCT {})", value.text),
                    Figure::Average => return Err("means are compared exactly, as fractions"),
                };
                format!(
                    "SELECT person, m FROM (SELECT f.person AS person, {m} AS m FROM fact f WHERE {picked} \
                     GROUP BY f.person) WHERE m IS NOT NULL"
                )
            }
        };
        let band = compared("b", ask.operator, &whole(ask.n)?);
        let relation = format!(
            "SELECT person, {band} FROM (SELECT person, ntile({}) OVER (ORDER BY m, person) AS b FROM ({measured}))",
            ask.bands
        );
        Ok(self.look(&relation, "NULL"))
    }

    /// The clauses refused so far, for the answer.
    pub(super) fn refuse(&mut self, clause: &str, what: &'static str) {
        self.refused.push(Refused { clause: clause.to_owned(), what });
    }
}

/// A comparison of two expressions.
pub(super) fn compared(left: &str, operator: Operator, right: &str) -> String {
    format!("({left} {} {right})", operator.symbol())
}

/// A whole number.
pub(super) fn whole(n: Decimal) -> Stated {
    if n.scaled() % Decimal::ONE.scaled() == 0 {
        Ok((n.scaled() / Decimal::ONE.scaled()).to_string())
    } else {
        Err("a count is compared with a fraction")
    }
}
