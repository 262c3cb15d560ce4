//! Clauses as SQL: each becomes a relation of people with a truth, and a look into it.

use super::{Refused, Relation, Stated, Writer};
use crate::model::event::names::EXPERIMENT_VIEWED;
use crate::model::{Decimal, ValueType};
use crate::rule::catalog::Known;
use crate::rule::plan::{Ask, Check, Which};
use crate::rule::tree::{Operator, Window};

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
            Ask::Lifecycle(check) => self.lifecycle(check),
            Ask::Intent(_) => Err("intents are worked out in memory"),
            Ask::Season(_) => Err("seasons need the zones of people"),
            Ask::Session(_) => Err("visits are worked out in memory"),
            Ask::Been { .. } => Err("what has been so is looked at from many points"),
            Ask::Consent { channel, purpose, states, negated } => {
                Ok(self.consent((*channel, *purpose), states, *negated))
            }
            Ask::Suppressed { channel, reasons, negated } => Ok(self.suppressed(*channel, reasons, *negated)),
            Ask::List(name) => self.list(name),
            Ask::InJourney { .. } | Ask::Passed { .. } => Err("passages belong to a run"),
            Ask::Experiment { name, variant } => self.experiment(name, variant.as_deref()),
            Ask::Bucket { .. } => Err("its hash is none of the database"),
        }
    }

    /// Adds a relation of people with a truth `t` and looks into it; `nobody` is the truth for people without a row. A clause
    /// that is asked twice is answered once.
    pub(super) fn look(&mut self, relation: &str, nobody: &str) -> String {
        let number = self.clauses.iter().position(|known| known == relation).unwrap_or_else(|| {
            let number = self.clauses.len();
            self.relations.push(format!("c{number}(person, t) AS (\n  {relation}\n)"));
            self.clauses.push(relation.to_owned());
            number
        });
        // Nothing is a truth of its own here: a row that says unknown, no row, and a row of another clause differ.
        format!(
            "CASE max(CASE clause WHEN {number} THEN coalesce(t, 2) END) \
             WHEN 1 THEN 1 WHEN 0 THEN 0 WHEN 2 THEN NULL ELSE {nobody} END"
        )
    }

    fn attribute(&mut self, name: &str, check: &Check) -> Stated {
        let value = self.typed("s.traits", name, self.catalog.attribute(name))?;
        let present = self.dialect.mentions("s.traits", name);
        let truth = self.test(check, value.kind, "x")?;
        let missing = self.test(check, value.kind, "NULL")?;
        let said = self.from(Relation::Said);
        let relation = format!(
            "SELECT person, {truth} FROM (SELECT s.person, {} AS x, \
             row_number() OVER (PARTITION BY s.person ORDER BY s.at DESC, s.line DESC) AS n \
             FROM {said} s WHERE {present}) WHERE n = 1",
            value.text
        );
        Ok(self.look(&relation, &missing))
    }

    /// The first stage whose rule holds; a person of none has no stage.
    fn lifecycle(&mut self, check: &Check) -> Stated {
        let stages = self.meanings.stages;
        if stages.is_empty() {
            return Err("its lifecycle stages are not known here");
        }
        // A stage's own rule sees no stages yet.
        if self.staging {
            return self.test(check, ValueType::Text, "NULL");
        }
        self.staging = true;
        let mut stage = "CASE".to_owned();
        for (name, plan) in stages {
            let holds = self.step(plan.step());
            stage.push_str(&format!(" WHEN {holds} THEN {}", self.dialect.text(name)));
        }
        self.staging = false;
        self.test(check, ValueType::Text, &format!("({stage} END)"))
    }

    fn list(&mut self, name: &str) -> Stated {
        let Some(members) = self.meanings.lists.get(name) else { return Err("its list is not known here") };
        let members: Vec<String> = members
            .iter()
            .map(|identity| {
                let (namespace, value) = (identity.namespace.as_str(), identity.value.as_str());
                format!("({}, {})", self.dialect.text(namespace), self.dialect.text(value))
            })
            .collect();
        if members.is_empty() {
            return Ok("0".to_owned());
        }
        let address = self.from(Relation::Address);
        let relation = format!(
            "SELECT DISTINCT person, 1 FROM {address} WHERE (namespace, value) IN (VALUES {})",
            members.join(", ")
        );
        Ok(self.look(&relation, "0"))
    }

    /// The variant shown first; where no experiment was ever told of, nobody is known to be outside of one.
    fn experiment(&mut self, name: &str, variant: Option<&str>) -> Stated {
        if !self.catalog.happened(EXPERIMENT_VIEWED) {
            return Ok("NULL".to_owned());
        }
        let event = Which::One(EXPERIMENT_VIEWED.to_owned());
        let text = |property: &str| match self.catalog.property(EXPERIMENT_VIEWED, property) {
            Known::No => Ok("NULL".to_owned()),
            Known::Typed(ValueType::Text) => Ok(self.property(&event, "f", property)?.text),
            Known::Typed(_) | Known::Open => Err("its exposures name experiments by more than texts"),
        };
        let (called, id) = (text("experiment_name")?, text("experiment_id")?);
        let shown = format!("coalesce({}, {}, '')", text("variation_name")?, text("variation_id")?);
        let truth =
            variant.map_or_else(|| "1".to_owned(), |variant| format!("v = {}", self.dialect.text(variant)));
        let picked = self.picked("f", &event, None, Window::Ever)?;
        let (fact, name) = (self.from(Relation::Fact), self.dialect.text(name));
        let relation = format!(
            "SELECT person, {truth} FROM (SELECT f.person AS person, {shown} AS v, row_number() OVER \
             (PARTITION BY f.person ORDER BY f.at, f.sequence, f.line) AS n FROM {fact} f \
             WHERE {picked} AND ({called} = {name} OR {id} = {name})) WHERE n = 1"
        );
        Ok(self.look(&relation, "0"))
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
