//! The names of journeys, experiments and surveys a workspace knows: those defined in it, and those its people's events tell of.

use crate::frame::Frame;
use crate::model::definition::Kind;
use crate::model::event::names;
use crate::panel::segments::choices;
use crate::rule::Diagnostic;
use crate::rule::complete::ValueOf;
use crate::rule::doubts::{Free, doubts};
use crate::store::{Result, Store};

/// Values looked at: what is named by fewer people is rarely what was meant.
const MOST: usize = 200;

/// The names.
#[derive(Debug, Clone, Default)]
pub struct FreeNames {
    journeys: Vec<String>,
    experiments: Vec<String>,
    surveys: Vec<String>,
}

impl FreeNames {
    /// Those a workspace defines.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn defined(store: &Store) -> Result<Self> {
        let names = |kind| -> Result<Vec<String>> {
            Ok(store.definitions(kind)?.into_iter().map(|stored| stored.definition.name).collect())
        };
        Ok(Self {
            journeys: names(Kind::Journey)?,
            experiments: names(Kind::Experiment)?,
            surveys: names(Kind::Survey)?,
        })
    }

    /// With those events tell of.
    #[must_use]
    pub fn told(mut self, frame: &Frame) -> Self {
        let told = |event, property| {
            choices::values(frame, ValueOf::Property(event, property), MOST)
                .into_iter()
                .map(|value| value.value)
        };
        for property in ["survey", "survey_name", "campaign_name"] {
            self.surveys.extend(told(names::SURVEY_ANSWERED, property));
        }
        for property in ["experiment_name", "experiment_id"] {
            self.experiments.extend(told(names::EXPERIMENT_VIEWED, property));
        }
        self
    }

    /// What a rule names that is nearly one of them.
    #[must_use]
    pub fn doubts(&self, text: &str) -> Vec<Diagnostic> {
        doubts(text, &|what| match what {
            Free::Journey => self.journeys.clone(),
            Free::Experiment => self.experiments.clone(),
            Free::Survey => self.surveys.clone(),
        })
    }
}
