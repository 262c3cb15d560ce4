//! Estimates, tests and intervals. Values in, readings out; every formula names its source.
//!
//! A kind of metric ([`proportion`], [`mean`], [`ratio`], [`cuped`]) brings an arm into one common [`arm::Arm`] form; [`mod@compare`]
//! turns two of those into an effect on the scale asked for and judges it by one engine ([`fixed`], [`sequential`]).

pub mod arm;
pub mod compare;
pub mod correction;
pub mod cuped;
pub mod effect;
pub mod fixed;
pub mod mean;
pub mod moments;
pub mod proportion;
pub mod ratio;
pub mod reading;
pub mod sequential;
pub mod srm;
pub mod student;
pub mod wilson;

pub use compare::{Comparison, Engine, Plan, Summary, compare};
pub use effect::Difference;
pub use fixed::Tail;
pub use moments::{Moments, Pair, Spread};
pub use ratio::Ratio;
pub use reading::{Caution, Estimate, Reading, Why};
