//! Exposures that events tell of: `Experiment Viewed`, as the Segment specification has it. An experiment that ran in another tool
//! is read out from its log, once a design of its name says which variants there were and what is measured.

use super::design::Design;
use crate::frame::Frame;
use crate::frame::table::{Chunk, Table};
use crate::model::event::names::EXPERIMENT_VIEWED;
use crate::model::{Datum, Person, Time};

/// Properties that name the experiment, and the variant: either is told by its name or its id.
const EXPERIMENT: [&str; 2] = ["experiment_name", "experiment_id"];
const VARIATION: [&str; 2] = ["variation_name", "variation_id"];

/// Somebody was shown a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewed {
    /// Who.
    pub person: Person,
    /// When.
    pub at: Time,
    /// Which, as an index into the design; none for one the design does not have.
    pub variant: Option<usize>,
}

/// Whether a frame tells of any exposure at all.
#[must_use]
pub fn tells(frame: &Frame) -> bool {
    frame.table(EXPERIMENT_VIEWED).is_some()
}

/// Every exposure to a design that events tell of, none before its declared start, in no particular order.
#[must_use]
pub fn exposures(frame: &Frame, design: &Design) -> Vec<Viewed> {
    let Some(table) = frame.table(EXPERIMENT_VIEWED) else { return Vec::new() };
    let [experiment, variation] = [EXPERIMENT, VARIATION].map(|names| names.map(|name| table.property(name)));
    let mut viewed = Vec::new();
    for chunk in &table.chunks {
        for (row, person) in chunk.people.iter().enumerate() {
            let (at, said) = (chunk.time(row), |place| said(table, chunk, row, place));
            let ours = experiment.into_iter().any(|place| said(place) == Datum::Text(&design.name));
            if ours && design.start.is_none_or(|start| at >= start) {
                let variant = variation.into_iter().find_map(|place| variant(design, said(place)));
                viewed.push(Viewed { person: Person(*person), at, variant });
            }
        }
    }
    viewed
}

fn said<'f>(table: &'f Table, chunk: &'f Chunk, row: usize, place: Option<usize>) -> Datum<'f> {
    let column =
        place.and_then(|place| Some((table.properties.get(place)?, chunk.columns.get(place)?.get()?)));
    column.map_or(Datum::Missing, |(field, column)| column.datum(row, field))
}

/// The variant of this name; where no variant is called so and the text is a number, the variant of that number, from zero, as
/// feature tools count them.
fn variant(design: &Design, said: Datum<'_>) -> Option<usize> {
    let text = match said {
        Datum::Missing => return None,
        Datum::Text(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let called = design.variants.iter().position(|variant| variant.name == text);
    let numbered = || text.parse().ok().filter(|number| *number < design.variants.len());
    called.or_else(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Builder, EventFact};
    use crate::model::Channel;

    const TEXT: &str = "name = \"Subject line\"\nstart = \"1970-01-01T00:00:00.005Z\"\n[[variants]]\nname = \"plain\"\n\
        [[variants]]\nname = \"emoji\"\n[metrics]\nprimary = [\"conversion\"]\n";

    fn frame(rows: &[(i64, i64, &str)]) -> Frame {
        let mut builder = Builder::new();
        (1..=9).for_each(|id| builder.identity(id, "user_id", &format!("u{id}")));
        for (identity, at, properties) in rows {
            builder.event(&EventFact {
                name: EXPERIMENT_VIEWED,
                at: Time(*at),
                sequence: 0,
                channel: Channel::Web,
                identity: Some(*identity),
                properties,
                items: "",
            });
        }
        builder.finish(1)
    }

    #[test]
    fn a_variant_is_known_by_name_by_id_and_by_number() {
        let frame = frame(&[
            (1, 5, r#"{"experiment_name":"Subject line","variation_name":"emoji"}"#),
            (2, 6, r#"{"experiment_id":"Subject line","variation_id":"plain"}"#),
            (3, 7, r#"{"experiment_id":"Subject line","variation_id":"1","variation_name":"Variant B"}"#),
            (4, 8, r#"{"experiment_name":"Subject line","variation_name":"caps"}"#),
            (5, 9, r#"{"experiment_name":"Another","variation_name":"emoji"}"#),
            (6, 4, r#"{"experiment_name":"Subject line","variation_name":"emoji"}"#),
        ]);
        let design = Design::read(TEXT).unwrap();
        let found: Vec<(i64, Option<usize>)> =
            exposures(&frame, &design).iter().map(|viewed| (viewed.at.0, viewed.variant)).collect();
        assert_eq!(
            found,
            [(5, Some(1)), (6, Some(0)), (7, Some(1)), (8, None)],
            "the last came before the start"
        );
        assert!(tells(&frame) && !tells(&Builder::new().finish(1)));
    }

    #[test]
    fn numbers_that_came_as_numbers_count_too() {
        let frame = frame(&[
            (1, 5, r#"{"experiment_id":"Subject line","variation_id":0}"#),
            (2, 6, r#"{"experiment_id":"Subject line","variation_id":2}"#),
        ]);
        let found = exposures(&frame, &Design::read(TEXT).unwrap());
        assert_eq!(found.iter().map(|viewed| viewed.variant).collect::<Vec<_>>(), [Some(0), None]);
    }
}
