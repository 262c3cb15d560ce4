//! What each variant sends.

use crate::decide::library::Source;
use crate::decide::{Content, Library};
use crate::experience::Experience;
use crate::experiment::Design;
use crate::model::definition::{Definition, Kind};
use crate::model::{Problem, Seed};
use crate::rule::OpenCatalog;
use crate::rule::diagnostic::nearest;
use crate::store::Store;
use crate::traffic::compile;
use crate::work::experiment::wave::several;

/// What each variant sends and the rules it goes by.
pub(super) struct Sending {
    pub(super) library: Library,
    /// By variant: the content, or none for who is held back.
    pub(super) contents: Vec<Option<u32>>,
}

impl Sending {
    const KINDS: [Kind; 5] =
        [Kind::Experience, Kind::Survey, Kind::ContactPolicy, Kind::Segment, Kind::Stages];

    pub(super) fn new(store: &Store, design: &Design) -> anyhow::Result<Self> {
        let mut definitions: Vec<Definition> = Vec::new();
        for kind in Self::KINDS {
            definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
        }
        let setup = compile(&definitions, &OpenCatalog, Seed(0))
            .map_err(|problems| several(&design.name, problems))?;
        let mut library = setup.library;
        let mut contents = Vec::new();
        for variant in &design.variants {
            contents.push(match (&variant.experience, variant.hold_back) {
                (_, true) => None,
                (Some(name), false) => Some(experience(&library, name)?),
                (None, false) => Some(plain(&mut library, design)?),
            });
        }
        Ok(Self { library, contents })
    }

    pub(super) fn content(&self, arm: usize) -> Option<&Content> {
        self.library.contents.get(self.contents.get(arm).copied().flatten()? as usize)
    }

    pub(super) fn experience(&self, arm: usize) -> Option<&Experience> {
        match &self.content(arm)?.source {
            Source::Experience(experience) => Some(experience),
            Source::Survey(_) => None,
        }
    }
}

fn experience(library: &Library, name: &str) -> Result<u32, Problem> {
    library.content(name).ok_or_else(|| {
        let help = nearest(name, library.contents.iter().map(|content| content.name.clone())).map_or_else(
            || "define it first: segue define FILE --kind experience".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Problem::new("assign-experience", format!("no experience is called `{name}`")).help(help)
    })
}

/// A message whose text another tool has.
fn plain(library: &mut Library, design: &Design) -> Result<u32, Problem> {
    if let Some(known) = library.content(&design.name) {
        return Ok(known);
    }
    let Some(send) = &design.send else {
        return Err(Problem::new("assign-send", format!("nothing says what {} sends", design.name)).help(
            "write experience = \"…\" under each variant, or, where the text is in another tool, [send] with \
             channel = \"email\"",
        ));
    };
    let experience = Experience {
        name: design.name.clone(),
        form: crate::experience::Form::Email,
        channel: send.channel,
        purpose: send.purpose,
        categories: send.categories.clone(),
        placements: Vec::new(),
        priority: 0,
        only_if: None,
        experiment: None,
        variant: None,
        share: 1.0,
        worth: 0.0,
        chance: 1.0,
        boosts: Vec::new(),
        choice: None,
        subject: String::new(),
        body: String::new(),
        fallback: String::new(),
    };
    library.add_experience(experience, &OpenCatalog)?;
    Ok(library.contents.len() as u32 - 1)
}
