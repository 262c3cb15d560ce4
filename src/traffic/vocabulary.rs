//! Short codes for the event names, property names and texts that traffic repeats a million times. Filled before the
//! loop starts and only read in it. Identities and free text stay with their person and never come in here.

use std::collections::{BTreeSet, HashMap};

/// The table.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    words: Vec<String>,
    codes: HashMap<String, u32>,
    titles: Titles,
    assigned: BTreeSet<String>,
}

/// What the numbers of a run's journeys and experiments stand for; empty outside a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Titles {
    /// Each journey and its steps.
    pub journeys: Vec<(String, Vec<String>)>,
    /// Each experiment and its variants.
    pub experiments: Vec<(String, Vec<String>)>,
}

impl Vocabulary {
    /// The code of a word, added if new.
    pub fn code(&mut self, word: &str) -> u32 {
        if let Some(code) = self.codes.get(word) {
            return *code;
        }
        let code = self.words.len() as u32;
        self.words.push(word.to_owned());
        self.codes.insert(word.to_owned(), code);
        code
    }

    /// The code of a word that is already known.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<u32> {
        self.codes.get(word).copied()
    }

    /// From here on passages and exposures can be told by name.
    pub fn entitle(&mut self, titles: Titles) {
        self.titles = titles;
    }

    /// What the numbers of journeys and experiments stand for.
    #[must_use]
    pub fn titles(&self) -> &Titles {
        &self.titles
    }

    /// Makes an experiment known that the workspace assigned people to before the run.
    pub fn assigned_before(&mut self, experiment: &str) {
        self.assigned.insert(experiment.to_owned());
    }

    /// Whether the workspace assigned people to this experiment before the run.
    #[must_use]
    pub fn was_assigned(&self, experiment: &str) -> bool {
        self.assigned.contains(experiment)
    }

    /// The word of a code.
    #[must_use]
    pub fn word(&self, code: u32) -> &str {
        self.words.get(code as usize).map_or("", String::as_str)
    }
}
