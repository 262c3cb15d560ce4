//! Estimates, tests and intervals. Values in, readings out; every formula names its source.
//!
//! A kind of metric ([`proportion`], [`mean`], [`ratio`], [`cuped`]) brings an arm into one common [`arm::Arm`] form; [`mod@compare`]
//! turns two of those into an effect on the scale asked for and judges it by one engine ([`fixed`], [`sequential`], [`bayes`]).
//! Counts too small for that have [`exact`] tests, [`two_proportions`] and [`beta`]. A ratio of two differences is told by [`fieller`]. Around a test stand its size ([`power`]), its
//! health ([`srm`], [`srm_cause`], [`balance`]), its margin ([`margin`]), its family ([`correction`]), its segments ([`shrink`])
//! and its days ([`novelty`]).
//!
//! A count per unit is a mean, a rate of events over exposure a [`ratio`] of sums over units; where one unit brings at most a few
//! events, [`exact::rates`] compares rates exactly.

pub mod adjusted_ratio;
pub mod arm;
pub mod balance;
pub mod bayes;
pub mod beta;
pub mod compare;
pub mod correction;
pub mod cuped;
pub mod effect;
pub mod exact;
pub mod fieller;
pub mod fixed;
pub mod margin;
pub mod mean;
pub mod moments;
pub mod noncentral;
pub mod novelty;
pub mod power;
pub mod prior;
pub mod proportion;
pub mod ratio;
pub mod reading;
pub mod risk_ratio;
pub mod sequential;
pub mod shrink;
pub mod skew;
pub mod srm;
pub mod srm_cause;
pub mod student;
pub mod two_proportions;
pub mod wilson;
pub mod winsor;

pub use adjusted_ratio::AdjustedRatio;
pub use arm::Arm;
pub use bayes::Posterior;
pub use compare::{Comparison, Engine, Law, Plan, Summary, compare};
pub use effect::Difference;
pub use fixed::Tail;
pub use moments::{Moments, Pair, Spread};
pub use prior::Prior;
pub use ratio::Ratio;
pub use reading::{Caution, Estimate, Reading, Why};
