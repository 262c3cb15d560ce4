//! The workspace file: SQLite, and only here. Rows are the truth, in plain tables anyone can open; batches are visible
//! when complete; keys are compared outside the B-tree; facts carry identities and never profiles.

mod batch;
mod checkpoint;
mod chunks;
mod claim;
mod cover;
mod definition;
mod dump;
mod error;
mod experiment;
mod facts;
mod health;
mod history;
mod inspect;
mod intern;
mod keys;
mod lease;
mod ledger;
mod migrate;
mod open;
mod read;
mod revert;
mod revision;
mod rows;
mod run;
mod source;
mod stage;
mod still;
mod write;

pub use batch::{Batch, BatchKind, BatchMeta, BatchState, Leftover, Standing};
pub use chunks::{Chunks, Lying};
pub use claim::ClaimView;
pub use cover::{Cover, columns_of};
pub use definition::{Kept, StoredDefinition};
pub use error::{Result, StoreError};
pub use experiment::{ImportedExperiment, ImportedMetric, MetricKind, UnitRow};
pub use facts::{DecisionFact, EnrollmentFact, ExposureFact, MessageFact};
pub use health::{Check, Health};
pub use history::{DecisionView, EnrollmentView};
pub use lease::Holder;
pub use open::Store;
pub use read::{
    ConsentView, EventView, ExposureView, IdentifyView, IdentityView, LinkView, MessageView, SuppressionView,
    Window,
};
pub use revision::{Change, Subject};
pub use run::{Run, RunMeta, run_path};
pub use source::SourceView;
pub use write::{BatchWriter, Begun, ChunkOutcome, Elsewhere};
