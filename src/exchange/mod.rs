//! Files in and out. A file is recognised by its content ([`container`], [`sniff`]), its columns get a meaning
//! ([`guess`], [`mapping`]), and its rows become chunks of facts ([`table`], [`segment_spec`]) or lines of a reject file
//! ([`rejects`]). Nothing here knows where facts are kept.

pub mod claimed;
pub mod container;
pub mod dates;
mod encoding;
pub mod event_names;
pub mod experiment_file;
mod fault;
mod groups;
pub mod guess;
mod json_text;
pub mod mapping;
mod names;
pub mod numbers;
mod outlet;
mod plan;
pub mod read;
pub mod recipients;
mod records;
pub mod rejects;
pub mod resemblance;
pub mod segment_spec;
pub mod sheet;
pub mod sniff;
pub mod survey;
pub mod table;
pub mod tally;
pub mod weights;

pub use container::Input;
pub use encoding::Encoding;
pub use experiment_file::{
    ExperimentColumns, ExperimentFile, ExperimentUnit, MetricColumn, MetricKind, read_experiment,
};
pub use mapping::{Mapping, MappingKind};
pub use outlet::{Deliver, Outlet, Stopped};
pub use read::{Finished, Form, ReadOptions, Recognised, TableForm, read, recognise};
pub use rejects::Rejects;
pub use tally::Tally;
pub use weights::Weights;

/// Writes a text to a file, replacing what was there.
///
/// # Errors
/// When the file cannot be written.
pub fn write_text(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}
