//! Every reference result of the field's packages, case by case, through the code that `segue calc` runs.
//!
//! The references lie beside the repository; where they are absent these tests say so and pass, and `tests/calc.rs` holds a
//! small set of them. What a package defines differently is listed in each file with the reason, and the lists are exact: a key
//! that is neither compared nor listed fails, and so does a listed one that is not there.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a malformed reference should stop the test where it is read"
)]

mod confseq;
mod gbstats;
mod reference;
mod scipy;
mod statsmodels;
mod tea_tasting;
