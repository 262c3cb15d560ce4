//! Segue: a local-first terminal console for personalization and experimentation.
//!
//! A workspace is one SQLite file. Exports are imported into it, people are cut into segments, journeys are laid out for
//! them, every change stands under a test, and one decision engine answers what a person gets and why: for imported
//! history, in a simulation, and later live.
//!
//! # Layers
//! Imports run downward in this order; `tests/tidy` holds the table. From [`model`] to [`panel`] the house is pure: values
//! in, values out, with time and randomness as arguments.
//!
//! | layer | rooms |
//! |---|---|
//! | nouns | [`model`]: ids, time, decimals, values, events, messages, consent, seeds, problems |
//! | meaning | [`stats`]: what may be concluded from numbers · [`rule`]: the language of segments, conditions and goals |
//! | people | [`identity`]: from identities to persons · [`frame`]: the columnar picture that rules and metrics run on |
//! | parts | [`segment`]: named sets, stages and intents · [`contact`]: consent, suppression, caps, quiet hours, pressure · [`experience`]: what is shown or sent · [`experiment`]: who gets which variant, what is measured, what may be said · [`survey`]: surveys and satisfaction |
//! | asking and answering | [`journey`]: graphs of steps, and the pure step from one to the next · [`decide`]: gates, ranking, variant, trace |
//! | the loop | [`traffic`]: inputs in their order through steps and decisions into records |
//! | rehearsal | [`sim`]: a world of people who behave, and the truth about it |
//! | showing | [`panel`]: finished figures and sentences, as screens and reports show them |
//! | edge | [`store`]: SQLite · [`exchange`]: files in and out · [`govern`]: what sources allow · [`report`]: pages that leave the console · [`config`]: paths and settings |
//! | work | [`work`]: long jobs with progress and cancelling, threads, loading frames |
//! | tops | [`cli`]: one verb per file · [`tui`]: the console |
//!
//! Parts do not import each other. A journey asks by an effect and a decision answers, so [`journey`] and [`decide`] do not
//! know each other either. A world must not know how it is measured: [`sim`] never sees [`stats`]. The console waits for
//! nothing: [`tui`] asks [`work`] and never sees [`store`].
//!
//! # How data flows
//! ```text
//!  a file ── exchange ──▶ accepted rows ──▶ store, as a batch ──▶ frame ──▶ rule ──▶ segment
//!                └──────▶ rejected rows: line, column, reason, help               │
//!                                                                                 ▼
//!  an input: a visit, an event, a clock's tick ──▶ traffic ──▶ journey ──asks──▶ decide
//!   imported, replayed or simulated                   ▲                           │ identity → consent → suppression
//!                                                     │                           │ → test and holdout → eligibility
//!                                                     │                           │ → caps, quiet hours, fatigue
//!                                                     │                           ▼
//!                                                     └────── a decision: variant, propensity, trace
//!  a decision ──▶ exposure, message ──▶ what people do ──▶ measure ──▶ moments ──▶ reading ──▶ panel ──▶ tui, cli, report
//! ```
//! There is one engine. A simulation only supplies inputs and a clock to the same [`traffic`], [`journey`] and [`decide`].
//!
//! # Laws
//! 1. The core is pure, and order is always defined.
//! 2. The same workspace, seed and definitions give the same bytes on any number of threads: a draw is a function of
//!    (seed, person, purpose, occurrence), and sums are put together in a fixed order.
//! 3. A rule means one thing, however it is evaluated.
//! 4. No decision breaks consent, suppression or a cap; a held message says why.
//! 5. Importing a file twice changes nothing; a killed import leaves nothing visible; a batch can be taken back.
//! 6. A number is an estimate with its uncertainty, or withheld with the reason; nothing is zero because it is unknown.
//! 7. Simulated and observed facts never mix, and every panel says which it shows.
//! 8. Erasing somebody reaches every place a fact can lie.
//! 9. Nothing blocks the keyboard.
//! 10. Any bytes may arrive: the answer is a [`model::Problem`] with its place and help, never a panic.
//!
//! # Glossary
//! - *identity*: a value in a namespace, such as an address under `email`; every fact keeps the one it arrived with.
//! - *profile*: a person, the identities that are tied together at a time.
//! - *batch*: one import, visible only when complete. *Run*: one simulation, whose facts lie in a file of their own.
//! - *definition*: a segment, metric, experiment, journey, world and so on, as text with a version and a content hash.
//! - *message*: whatever reaches for a person on a channel, surveys included; *held* when a gate says no.
//! - *pressure*: past messages, decayed and weighted by channel. *Fatigue*: what pressure does to people.
//! - *exposure*: the moment from which a unit counts in an experiment.
//! - *decision*: experience and variant with propensity and the trace of gates.
//! - *reading*: an estimate with its uncertainty and cautions, or withheld with the reason.
//! - *world*: the people, behaviour and effects of a simulation. *Truth*: what that world itself says an effect is.

pub mod model;

pub mod rule;
pub mod stats;

pub mod identity;

pub mod frame;

pub mod contact;
pub mod experience;
pub mod experiment;
pub mod segment;
pub mod survey;

pub mod decide;
pub mod journey;

pub mod traffic;

pub mod sim;

pub mod panel;

pub mod config;
pub mod exchange;
pub mod govern;
pub mod report;
pub mod store;

pub mod work;

pub mod cli;
pub mod tui;
