//! What a panel of the command line stands on: the workspace as it was recorded, a world played out over it, or the sample.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Common, Exit, clock, workspace};
use crate::config;
use crate::model::Seed;
use crate::model::definition::{Definition, Kind};
use crate::work::console::quiet::Quiet;
use crate::work::contact::Ground;
use crate::work::frame::threads;
use crate::work::observed::Observed;
use crate::work::run::{Plan, Prepared, Run, start_of};
use crate::work::sample;

/// Which people.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct GroundArguments {
    /// The sample shop at work, instead of the workspace
    #[arg(long, conflicts_with = "world")]
    demo: bool,
    /// The workspace with this world played out over it until its `join`, or --as-of; nothing is kept
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// How many people, if not as many as the world says
    #[arg(long)]
    people: Option<u32>,
    /// The seed of the run
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Show names
    #[arg(long)]
    pub(super) unmask: bool,
}

/// People to look at, and the definitions over them.
pub(super) struct Stand {
    pub(super) definitions: Vec<Definition>,
    pub(super) exit: Exit,
    people: People,
}

enum People {
    Run(Box<Run>),
    Quiet(Arc<Quiet>),
}

impl Stand {
    pub(super) fn ground(&self) -> Ground<'_> {
        match &self.people {
            People::Run(run) => Ground::Run(run),
            People::Quiet(quiet) => Ground::Quiet(quiet),
        }
    }
}

impl GroundArguments {
    /// Reads the workspace, or plays the world out.
    ///
    /// # Errors
    /// What cannot be read or run.
    pub(super) fn stand(&self, common: &Common) -> anyhow::Result<Stand> {
        if self.demo {
            let definitions = sample::definitions()?;
            return self.played(definitions, sample::observed(clock::now())?, sample::NAME, common);
        }
        let store = workspace::open_read_only(common)?;
        let mut definitions = Vec::new();
        for kind in Kind::ALL {
            definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
        }
        let Some(world) = &self.world else {
            let quiet = Quiet::load(&store, &definitions, common.as_of)?;
            let exit = super::told(&quiet.problems)?;
            return Ok(Stand { definitions, exit, people: People::Quiet(Arc::new(quiet)) });
        };
        let text = config::text::read(world)?;
        definitions.retain(|definition| definition.kind != Kind::World);
        let name = sample::name_of(&text)?;
        definitions.push(Definition { kind: Kind::World, name, version: 1, text });
        let observed = match start_of(&definitions) {
            Some(start) => Observed::load_to_start(&store, start)?,
            None => Observed::nobody(),
        };
        self.played(definitions, observed, "", common)
    }

    fn played(
        &self,
        definitions: Vec<Definition>,
        observed: Observed,
        name: &str,
        common: &Common,
    ) -> anyhow::Result<Stand> {
        let plan = Plan {
            workspace: name.to_owned(),
            definitions: definitions.clone(),
            seed: Seed(self.seed),
            people: self.people,
            threads: threads(),
        };
        let prepared = Prepared::new(plan, observed).map_err(super::several)?;
        let until = prepared.within(common.as_of.unwrap_or(prepared.world().join))?;
        let mut run = prepared.begin();
        run.advance(until);
        Ok(Stand { definitions, exit: Exit::Done, people: People::Run(Box::new(run)) })
    }
}
