//! Sequences as SQL.

use super::{Relation, Stated, Writer};
use crate::rule::plan::{SequenceAsk, StepAsk};

impl Writer<'_> {
    /// Each step is a relation of the events that may end the sequence so far, with the latest start that leads to each: what
    /// lies between is asked of neighbours alone, so that of many ways to an event the shortest decides.
    pub(super) fn sequence(&mut self, ask: &SequenceAsk) -> Stated {
        let fact = self.from(Relation::Fact);
        let picked = self.picked("f", &ask.first.event, ask.first.condition.as_ref(), ask.window)?;
        let mut steps = vec![format!("SELECT f.person, f.at, f.sequence, f.at FROM {fact} f WHERE {picked}")];
        for (step, gap) in &ask.then {
            let mut conditions = vec![
                self.picked("f", &step.event, step.condition.as_ref(), ask.window)?,
                "(f.at, f.sequence) > (b.at, b.sequence)".to_owned(),
            ];
            if let Some(within) = gap.within {
                conditions.push(format!("f.at - b.at <= {}", within.0));
            }
            if let Some(StepAsk { event, condition }) = &gap.without {
                let picked = self.picked("x", event, condition.as_ref(), ask.window)?;
                conditions.push(format!(
                    "NOT EXISTS (SELECT 1 FROM {fact} x WHERE x.person = f.person AND {picked} \
                     AND (x.at, x.sequence) > (b.at, b.sequence) AND (x.at, x.sequence) < (f.at, f.sequence))"
                ));
            }
            steps.push(format!(
                "SELECT f.person, f.at, f.sequence, max(b.began) FROM {fact} f JOIN s{} b ON b.person = f.person \
                 WHERE {} GROUP BY f.person, f.at, f.sequence",
                steps.len() - 1,
                conditions.join(" AND ")
            ));
        }
        let steps: Vec<String> = (0..)
            .zip(&steps)
            .map(|(number, step)| {
                format!("s{number}(person, at, sequence, began) AS MATERIALIZED (\n    {step})")
            })
            .collect();
        let taking =
            ask.taking.map_or_else(String::new, |taking| format!(" WHERE at - began <= {}", taking.0));
        let relation = format!(
            "WITH {}\n  SELECT DISTINCT person, 1 FROM s{}{taking}",
            steps.join(",\n  "),
            ask.then.len()
        );
        Ok(self.look(&relation, "0"))
    }
}
