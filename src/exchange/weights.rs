//! How an experiment meant to share out its units, as a person writes it: `control=0.9,offer=0.1`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fault::quoted;
use crate::model::{Decimal, Problem};

/// A weight per arm. Only their proportions count, so `9` and `1` say the same as `0.9` and `0.1`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weights(BTreeMap<String, Decimal>);

impl Weights {
    /// Whether nothing was said, so that the split is even.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The weight of each of the arms there are, in their order.
    ///
    /// # Errors
    /// An arm without a weight, a weight without an arm, or no weight above zero.
    pub fn of(&self, arms: &[String]) -> Result<Vec<(String, Decimal)>, Problem> {
        let named = |arms: &mut dyn Iterator<Item = &String>| {
            arms.take(10).map(|arm| quoted(arm)).collect::<Vec<_>>().join(", ")
        };
        if let Some(unknown) = self.0.keys().find(|name| !arms.contains(name)) {
            return Err(Problem::new("weights-arm", format!("nobody is in the arm {}", quoted(unknown)))
                .help(format!("the arms are: {}", named(&mut arms.iter()))));
        }
        if let Some(missing) = arms.iter().find(|arm| !self.0.contains_key(*arm)) {
            return Err(Problem::new(
                "weights-missing",
                format!("the arm {} has no weight", quoted(missing)),
            )
            .help("give one to every arm; 0 is that of an arm nobody should be in"));
        }
        if self.0.values().all(|weight| *weight == Decimal::ZERO) {
            return Err(
                Problem::new("weights-zero", "every weight is zero").help("write --weights a=0.9,b=0.1")
            );
        }
        Ok(arms.iter().filter_map(|arm| self.0.get(arm).map(|weight| (arm.clone(), *weight))).collect())
    }
}

impl std::fmt::Display for Weights {
    /// As it is read: `a=0.9,b=0.1`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (name, weight)) in self.0.iter().enumerate() {
            write!(f, "{}{name}={weight}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Weights {
    type Err = String;

    /// A comma ends a pair only after a number, so that names may hold commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut weights, mut begun) = (BTreeMap::new(), String::new());
        for piece in text.split(',') {
            begun.push_str(piece);
            let pair = begun.rsplit_once('=').map(|(name, weight)| (name.trim(), weight.parse::<Decimal>()));
            let Some((name, Ok(weight))) = pair else {
                begun.push(',');
                continue;
            };
            if weight < Decimal::ZERO {
                return Err(format!("the weight of {} is below zero", quoted(name)));
            }
            if weights.insert(name.to_owned(), weight).is_some() {
                return Err(format!("the arm {} has two weights", quoted(name)));
            }
            begun.clear();
        }
        if begun.is_empty() {
            Ok(Self(weights))
        } else {
            Err(format!("{} is no weight; write ARM=NUMBER,ARM=NUMBER", quoted(begun.trim_end_matches(','))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(text: &str) -> Result<Weights, String> {
        text.parse()
    }

    #[test]
    fn pairs_are_read_and_held_against_the_arms() {
        let arms = ["off".to_owned(), "a, b".to_owned()];
        let said = weights("a, b=0.1,off = 0.9").unwrap().of(&arms).unwrap();
        assert_eq!(
            said,
            [("off".to_owned(), "0.9".parse().unwrap()), ("a, b".to_owned(), "0.1".parse().unwrap())]
        );
        let code = |text: &str| weights(text).unwrap().of(&arms).unwrap_err().code;
        assert_eq!(code("off=1"), "weights-missing");
        assert_eq!(code("off=1,a, b=1,c=1"), "weights-arm");
        assert_eq!(code("off=0,a, b=0"), "weights-zero");
    }

    #[test]
    fn what_is_no_weight_is_said() {
        assert_eq!(weights("a=0.9,b").unwrap_err(), "`b` is no weight; write ARM=NUMBER,ARM=NUMBER");
        assert_eq!(weights("").unwrap_err(), "`` is no weight; write ARM=NUMBER,ARM=NUMBER");
        assert_eq!(weights("a=-1").unwrap_err(), "the weight of `a` is below zero");
        assert_eq!(weights("a=1,a=2").unwrap_err(), "the arm `a` has two weights");
    }
}
