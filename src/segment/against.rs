//! A segment against everybody else: which traits and events are commoner in it than outside.

use serde::{Deserialize, Serialize};

use crate::frame::column::{Column, Field};
use crate::frame::{Bitmap, Frame, Labels, Table};
use crate::model::{Person, ValueType};
use crate::rule::{Point, print};
use crate::stats::reading::{Caution, Reading};
use crate::stats::risk_ratio;

/// Different texts a trait or property may have to be looked at value by value.
const MANY_VALUES: usize = 200;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureKind {
    /// A value of a trait.
    Trait,
    /// A lifecycle stage.
    Lifecycle,
    /// That an event happened, perhaps with a value of a property.
    Event,
}

/// Something people have or did, in the segment and outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// What kind of thing it is.
    pub kind: FeatureKind,
    /// It, as a rule that can be asked.
    pub rule: String,
    /// How many of the segment.
    pub inside: u64,
    /// How many of everybody else.
    pub outside: u64,
    /// How many times as common it is in the segment as outside, as [`risk_ratio::reading`] has it; 95 %, uncorrected for
    /// how many features are looked at, and an association.
    pub ratio: Reading,
}

/// A segment against everybody else.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// People in the segment.
    pub inside: u64,
    /// Everybody else.
    pub outside: u64,
    /// What was compared, over-represented first: those of which it is surest that they are commoner inside.
    pub features: Vec<Feature>,
}

impl Against {
    /// The features that are commoner in the segment for all that is known: the interval lies above 1.
    pub fn over_represented(&self) -> impl Iterator<Item = &Feature> {
        self.features.iter().filter(|feature| feature.low() > 1.0)
    }

    /// The features that are rarer in the segment for all that is known: the interval lies below 1.
    pub fn under_represented(&self) -> impl Iterator<Item = &Feature> {
        let high = |feature: &&Feature| feature.ratio.estimate().is_some_and(|ratio| ratio.high < 1.0);
        self.features.iter().rev().filter(high)
    }

    /// How many features could not be judged, because too few people have them.
    #[must_use]
    pub fn withheld(&self) -> usize {
        self.features.iter().filter(|feature| feature.ratio.estimate().is_none()).count()
    }
}

impl Feature {
    fn low(&self) -> f64 {
        self.ratio.estimate().map_or(f64::NEG_INFINITY, |ratio| ratio.low)
    }
}

/// Compares a segment with everybody else. Traits and properties that point at a person, and those of more values than can
/// be compared one by one, are left out; numbers and times are not cut into values.
#[must_use]
pub fn against(frame: &Frame, members: &Bitmap, point: Point) -> Against {
    against_unless(frame, members, point, &mut || false).unwrap_or_default()
}

/// The same, unless it is stopped on the way: it is asked after every piece of work whether it should go on.
pub fn against_unless(
    frame: &Frame,
    members: &Bitmap,
    point: Point,
    stop: &mut dyn FnMut() -> bool,
) -> Option<Against> {
    let inside = members.count();
    let outside = frame.people().len() as u64 - inside;
    let mut comparison = Comparison { members, sizes: (inside, outside), features: Vec::new() };
    for (field, column) in frame.people().traits() {
        if stop() {
            return None;
        }
        comparison.attribute(frame, field, column);
    }
    if let Some(labels) = frame.lifecycle() {
        comparison.stages(frame, labels);
    }
    for table in frame.tables() {
        comparison.events(frame, table, point, stop)?;
    }
    let mut features = comparison.features;
    features.sort_by(|a, b| b.low().total_cmp(&a.low()).then_with(|| a.rule.cmp(&b.rule)));
    Some(Against { inside, outside, features })
}

struct Comparison<'a> {
    members: &'a Bitmap,
    sizes: (u64, u64),
    features: Vec<Feature>,
}

impl Comparison<'_> {
    fn add(&mut self, kind: FeatureKind, rule: String, (inside, outside): (u64, u64)) {
        let mut ratio = risk_ratio::reading((inside, self.sizes.0), (outside, self.sizes.1), 0.05);
        if let Reading::Estimate(estimate) = &mut ratio {
            estimate.cautions = vec![Caution::Association, Caution::Uncorrected];
        }
        self.features.push(Feature { kind, rule, inside, outside, ratio });
    }

    fn count(&self, having: &Bitmap) -> (u64, u64) {
        let mut inside = having.clone();
        inside.and(self.members);
        (inside.count(), having.count() - inside.count())
    }

    fn attribute(&mut self, frame: &Frame, field: &Field, column: &Column) {
        if field.private {
            return;
        }
        let name = print::name(&field.name);
        let mut texts: Vec<(u64, u64)> = vec![(0, 0); field.dictionary.len()];
        let mut flags = [(0, 0); 2];
        for row in 0..frame.people().len() {
            let inside = self.members.has(row);
            let place = match (field.kind, column.codes()) {
                (Some(ValueType::Text), Some(codes)) if column.has(row) => {
                    usize::try_from(codes.get(row)).ok().and_then(|code| texts.get_mut(code))
                }
                (Some(ValueType::Flag), Some(codes)) if column.has(row) => {
                    flags.get_mut(usize::from(codes.get(row) != 0))
                }
                _ => None,
            };
            if let Some((of_inside, of_outside)) = place {
                *(if inside { of_inside } else { of_outside }) += 1;
            }
        }
        if field.dictionary.len() <= MANY_VALUES {
            for (text, counts) in field.dictionary.texts().zip(texts) {
                self.add(FeatureKind::Trait, format!("{name} = {}", print::text(text)), counts);
            }
        }
        if field.kind == Some(ValueType::Flag) {
            for (flag, counts) in [false, true].into_iter().zip(flags) {
                self.add(FeatureKind::Trait, format!("{name} = {flag}"), counts);
            }
        }
    }

    fn stages(&mut self, frame: &Frame, labels: &Labels) {
        for stage in labels.names() {
            let having =
                Bitmap::from_fn(frame.people().len(), |row| labels.of(Person(row as u32)) == Some(stage));
            let counts = self.count(&having);
            self.add(FeatureKind::Lifecycle, format!("lifecycle = {}", print::text(stage)), counts);
        }
    }

    /// What happened and with what; none if it was stopped.
    fn events(
        &mut self,
        frame: &Frame,
        table: &Table,
        point: Point,
        stop: &mut dyn FnMut() -> bool,
    ) -> Option<()> {
        let people = frame.people().len();
        let mut did = Bitmap::none(people);
        for chunk in &table.chunks {
            if stop() {
                return None;
            }
            for (row, &person) in chunk.people.iter().enumerate() {
                if point.sees(chunk.time(row)) {
                    did.set(person as usize);
                }
            }
        }
        let (event, counts) = (print::text(&table.name), self.count(&did));
        self.add(FeatureKind::Event, format!("did({event})"), counts);
        for (place, field) in table.properties.iter().enumerate() {
            let values = field.dictionary.len();
            if field.private || field.kind != Some(ValueType::Text) || !(2..=MANY_VALUES).contains(&values) {
                continue;
            }
            let mut having = vec![Bitmap::none(people); values];
            for chunk in &table.chunks {
                if stop() {
                    return None;
                }
                let Some(column) = chunk.column(place) else { continue };
                let Some(codes) = column.codes() else { continue };
                for (row, &person) in chunk.people.iter().enumerate() {
                    if column.has(row)
                        && point.sees(chunk.time(row))
                        && let Some(set) =
                            usize::try_from(codes.get(row)).ok().and_then(|code| having.get_mut(code))
                    {
                        set.set(person as usize);
                    }
                }
            }
            for (value, having) in field.dictionary.texts().zip(&having) {
                let (name, value) = (print::name(&field.name), print::text(value));
                let counts = self.count(having);
                self.add(FeatureKind::Event, format!("did({event} where {name} = {value})"), counts);
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Builder, EventFact, evaluate};
    use crate::model::{Channel, Time};
    use crate::rule::compile;

    fn frame() -> Frame {
        let mut builder = Builder::new();
        for id in 1..=200_i64 {
            builder.identity(id, "user_id", &format!("u{id}"));
            let (country, club) = (if id % 4 == 0 { "AT" } else { "DE" }, id <= 50);
            let traits = format!(r#"{{"country":"{country}","email":"p{id}@example.org","club":{club}}}"#);
            builder.identify(id, Time(0), &traits);
            let category = if id <= 100 { "shoes" } else { "bags" };
            let properties = format!(r#"{{"category":"{category}"}}"#);
            for at in [10, 20] {
                builder.event(&EventFact {
                    name: "Product Viewed",
                    at: Time(at),
                    sequence: 0,
                    channel: Channel::Web,
                    identity: Some(id),
                    properties: &properties,
                    items: "",
                });
            }
        }
        builder.finish(1)
    }

    #[test]
    fn what_stands_out_is_told_and_counts_are_those_of_the_rules() {
        let frame = frame();
        let members = Bitmap::from_fn(200, |row| row < 60);
        let against = against(&frame, &members, frame.now());
        assert_eq!((against.inside, against.outside), (60, 140));
        let over: Vec<&str> = against.over_represented().map(|feature| feature.rule.as_str()).collect();
        assert_eq!(over, ["club = true", "did(\"Product Viewed\" where category = \"shoes\")"]);
        let catalog = crate::frame::FrameCatalog::new(&frame);
        for feature in &against.features {
            assert!(!feature.rule.contains("email"), "{}", feature.rule);
            let plan = compile(&feature.rule, &catalog).unwrap();
            let mut having = evaluate(&frame, &plan, frame.now(), 1).whole.members().clone();
            assert_eq!(having.count(), feature.inside + feature.outside, "{}", feature.rule);
            having.and(&members);
            assert_eq!(having.count(), feature.inside, "{}", feature.rule);
        }
        assert!(against.under_represented().any(|feature| feature.rule.contains("bags")));
    }

    #[test]
    fn it_stops_when_it_is_told_to_and_says_nothing_then() {
        let frame = frame();
        let members = Bitmap::from_fn(200, |row| row < 60);
        let mut steps = 0;
        let whole = against_unless(&frame, &members, frame.now(), &mut || {
            steps += 1;
            false
        });
        assert_eq!(whole, Some(against(&frame, &members, frame.now())));
        for after in 0..steps {
            let mut left = after;
            let mut stop = || {
                left -= 1;
                left < 0
            };
            assert_eq!(against_unless(&frame, &members, frame.now(), &mut stop), None);
        }
    }

    #[test]
    fn few_people_are_not_judged() {
        let frame = frame();
        let against = against(&frame, &Bitmap::from_fn(200, |row| row < 20), frame.now());
        assert_eq!(against.withheld(), against.features.len());
        assert_eq!(against.over_represented().count(), 0);
    }
}
