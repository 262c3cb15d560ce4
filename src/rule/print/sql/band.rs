//! Bands as SQL.

use super::clause::{compared, whole};
use super::{Relation, Stated, Writer};
use crate::rule::plan::{BandAsk, MeasureAsk};
use crate::rule::tree::{End, Figure};

impl Writer<'_> {
    pub(super) fn band(&mut self, ask: &BandAsk) -> Stated {
        let fact = self.from(Relation::Fact);
        let measured = match &ask.measure {
            MeasureAsk::Trait(name) => {
                let value = self.typed("s.traits", name, self.catalog.attribute(name))?;
                let present = self.dialect.mentions("s.traits", name);
                let said = self.from(Relation::Said);
                format!(
                    "SELECT person, m FROM (SELECT s.person, {} AS m, \
                     row_number() OVER (PARTITION BY s.person ORDER BY s.at DESC, s.line DESC) AS n \
                     FROM {said} s WHERE {present}) WHERE n = 1 AND m IS NOT NULL",
                    value.text
                )
            }
            MeasureAsk::Count(step, window) => {
                let picked = self.picked("f", &step.event, step.condition.as_ref(), *window)?;
                format!("SELECT f.person, count(*) AS m FROM {fact} f WHERE {picked} GROUP BY f.person")
            }
            MeasureAsk::When(step, window, end) => {
                let picked = self.picked("f", &step.event, step.condition.as_ref(), *window)?;
                let end = if *end == End::First { "min" } else { "max" };
                format!("SELECT f.person, {end}(f.at) AS m FROM {fact} f WHERE {picked} GROUP BY f.person")
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
                    "SELECT person, m FROM (SELECT f.person AS person, {m} AS m FROM {fact} f WHERE {picked} \
                     GROUP BY f.person) WHERE m IS NOT NULL"
                )
            }
        };
        let band = compared("b", ask.operator, &whole(ask.n)?);
        let bands = ask.bands;
        let relation = format!(
            "SELECT person, {band} FROM (SELECT person, CASE WHEN count(*) OVER () < {bands} \
             THEN (row_number() OVER (ORDER BY m, person) * {bands} + count(*) OVER () - 1) / count(*) OVER () \
             ELSE ntile({bands}) OVER (ORDER BY m, person) END AS b FROM ({measured}))"
        );
        Ok(self.look(&relation, "NULL"))
    }
}
