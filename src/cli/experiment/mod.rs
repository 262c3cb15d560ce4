//! `segue experiment`: which there are, what was measured in one, and where values land.

mod analyze;
mod assign;
mod bucket;
mod design;
mod library;
mod list;
mod table;
mod validate;
mod verify;

use super::{Common, Exit};

/// Experiments
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List the experiments of the workspace
    List,
    /// Say what a design can expect from the people this workspace has
    ///
    /// How long it takes to see the effect it names, what it sees as planned, and how that grows with people.
    Design(design::DesignArguments),
    /// Designs to start from: list them, print one, keep it
    Library(library::LibraryArguments),
    /// Say what an experiment or a holdout found
    ///
    /// Compares every arm with the control on every metric. Finished imports are read once, as fixed. Exits with 1 where the
    /// arms cannot be compared at all.
    Analyze(analyze::Analyze),
    /// Compute the result of a receipt again and say whether it holds
    ///
    /// Exits with 1 where anything differs, and names it.
    Verify(verify::Verify),
    /// Assign a segment to files: one CSV per variant
    ///
    /// Consent, do-not-contact and caps are asked before the split, of every variant alike. Exposures and planned messages are
    /// recorded; who is held back is kept and never exported. A second call says what was assigned and changes nothing.
    Assign(assign::Assign),
    /// Print the bucket of each value read from standard input
    ///
    /// Reads lines such as {"seed":"my-test","value":"17","version":2} and prints {"n":0.1234} for each; n is null for a version
    /// that is not known. Buckets are those of GrowthBook's SDKs.
    Bucket,
    /// Check that the statistics keep their own error rates
    ///
    /// Plays experiments without an effect over shares of 0.5 to 20 %, even and uneven splits, conversions and revenue; reads
    /// each once at its end and at a hundred looks, and says how often a difference was called. Exits with 1 where more was
    /// called than was allowed. Needs no workspace.
    Validate(validate::Validate),
}

/// Runs the verb.
///
/// # Errors
/// What kept it from reading or writing.
pub(super) fn run(arguments: &Arguments, common: &Common) -> anyhow::Result<Exit> {
    match &arguments.verb {
        Verb::List => list::run(common),
        Verb::Library(arguments) => library::run(arguments, common),
        Verb::Analyze(arguments) => analyze::run(arguments, common),
        Verb::Assign(arguments) => assign::run(arguments, common),
        Verb::Verify(arguments) => verify::run(arguments, common),
        Verb::Design(arguments) => design::run(arguments, common),
        Verb::Bucket => bucket::run(common),
        Verb::Validate(arguments) => validate::run(arguments, common),
    }
}
