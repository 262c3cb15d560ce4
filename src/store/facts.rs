//! Facts the engine itself produces, live or simulated: they come without keys, in the order they happened.

use super::error::Result;
use super::write::BatchWriter;
use crate::model::definition::ContentHash;
use crate::model::message::Message;
use crate::model::{Identity, Time};

/// A message of one identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFact {
    /// To whom.
    pub identity: Identity,
    /// What the contact ledger keeps.
    pub message: Message,
    /// The definition that decided it.
    pub definition: Option<ContentHash>,
}

/// The moment from which a unit counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposureFact {
    /// Who.
    pub identity: Identity,
    /// When.
    pub at: Time,
    /// In which experiment.
    pub experiment: String,
    /// Assigned to which variant.
    pub variant: String,
    /// The experiment's definition.
    pub definition: Option<ContentHash>,
}

/// The engine's answer to one request.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionFact {
    /// For whom.
    pub identity: Identity,
    /// When.
    pub at: Time,
    /// Asked from where: a placement or a journey's step.
    pub placement: String,
    /// The experience chosen; `None` is the fallback.
    pub experience: Option<String>,
    /// The experiment and variant that chose it, if one did.
    pub variant: Option<(String, String)>,
    /// The probability with which it was chosen.
    pub propensity: f64,
    /// The trace of gates, as JSON.
    pub trace: String,
    /// The definition that ranked it.
    pub definition: Option<ContentHash>,
}

/// One passage through a journey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrollmentFact {
    /// Who.
    pub identity: Identity,
    /// Through which journey.
    pub journey: String,
    /// Of which version.
    pub version: u32,
    /// Since when.
    pub entered: Time,
    /// The step they stand at, or left from.
    pub step: String,
    /// When they left, if they did.
    pub exited: Option<Time>,
    /// How they left.
    pub outcome: Option<String>,
    /// The journey's definition.
    pub definition: Option<ContentHash>,
}

/// Facts per pass, between which the writer may commit.
const SLICE: usize = 10_000;

impl BatchWriter<'_> {
    /// Appends messages.
    ///
    /// # Errors
    /// As for [`BatchWriter::write`].
    pub fn messages(&mut self, facts: &[MessageFact], now: Time) -> Result<()> {
        self.append(facts, now, Self::message)
    }

    /// Appends exposures.
    ///
    /// # Errors
    /// As for [`BatchWriter::write`].
    pub fn exposures(&mut self, facts: &[ExposureFact], now: Time) -> Result<()> {
        self.append(facts, now, Self::exposure)
    }

    /// Appends decisions.
    ///
    /// # Errors
    /// As for [`BatchWriter::write`].
    pub fn decisions(&mut self, facts: &[DecisionFact], now: Time) -> Result<()> {
        self.append(facts, now, Self::decision)
    }

    /// Appends enrollments.
    ///
    /// # Errors
    /// As for [`BatchWriter::write`].
    pub fn enrollments(&mut self, facts: &[EnrollmentFact], now: Time) -> Result<()> {
        self.append(facts, now, Self::enrollment)
    }

    fn append<F>(&mut self, facts: &[F], now: Time, one: fn(&mut Self, &F) -> Result<()>) -> Result<()> {
        for slice in facts.chunks(SLICE) {
            self.ensure_transaction(now)?;
            slice.iter().try_for_each(|fact| one(self, fact))?;
            self.count_written(slice.len())?;
        }
        Ok(())
    }

    fn message(&mut self, fact: &MessageFact) -> Result<()> {
        let (identity, message) = (self.identity(&fact.identity)?, &fact.message);
        let experience = self.term("experience", &message.experience)?;
        let journey = self.optional_term("journey", message.journey.as_deref())?;
        let categories = match message.categories.is_empty() {
            true => None,
            false => Some(serde_json::to_string(&message.categories)?),
        };
        let definition = self.definition(fact.definition)?;
        self.insert(
            "INSERT INTO message (batch, identity, at, channel, purpose, state, held, updated, experience, journey,
                                  categories, definition)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            (
                self.batch_number(),
                identity,
                message.at.0,
                message.channel.code(),
                message.purpose as u8,
                message.state as u8,
                message.held.map(|reason| reason as u8),
                message.updated.0,
                experience,
                journey,
                categories,
                definition,
            ),
        )
        .map(drop)
    }

    fn exposure(&mut self, fact: &ExposureFact) -> Result<()> {
        let identity = self.identity(&fact.identity)?;
        let (experiment, variant) =
            (self.term("experiment", &fact.experiment)?, self.term("variant", &fact.variant)?);
        let definition = self.definition(fact.definition)?;
        self.insert(
            "INSERT INTO exposure (batch, identity, at, experiment, variant, definition)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (self.batch_number(), identity, fact.at.0, experiment, variant, definition),
        )
        .map(drop)
    }

    fn decision(&mut self, fact: &DecisionFact) -> Result<()> {
        let identity = self.identity(&fact.identity)?;
        let placement = self.term("placement", &fact.placement)?;
        let experience = self.optional_term("experience", fact.experience.as_deref())?;
        let arm = fact.variant.as_ref();
        let experiment = self.optional_term("experiment", arm.map(|arm| arm.0.as_str()))?;
        let variant = self.optional_term("variant", arm.map(|arm| arm.1.as_str()))?;
        let definition = self.definition(fact.definition)?;
        self.insert(
            "INSERT INTO decision (batch, identity, at, placement, experience, experiment, variant, propensity, trace,
                                   definition)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            (
                self.batch_number(),
                identity,
                fact.at.0,
                placement,
                experience,
                experiment,
                variant,
                fact.propensity,
                &fact.trace,
                definition,
            ),
        )
        .map(drop)
    }

    fn enrollment(&mut self, fact: &EnrollmentFact) -> Result<()> {
        let identity = self.identity(&fact.identity)?;
        let (journey, step) = (self.term("journey", &fact.journey)?, self.term("step", &fact.step)?);
        let definition = self.definition(fact.definition)?;
        self.insert(
            "INSERT INTO enrollment (batch, identity, journey, version, entered, step, exited, outcome, definition)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (
                self.batch_number(),
                identity,
                journey,
                fact.version,
                fact.entered.0,
                step,
                fact.exited.map(|at| at.0),
                &fact.outcome,
                definition,
            ),
        )
        .map(drop)
    }

    fn optional_term(&self, kind: &str, text: Option<&str>) -> Result<Option<i64>> {
        text.map(|text| self.term(kind, text)).transpose()
    }

    fn definition(&self, hash: Option<ContentHash>) -> Result<Option<i64>> {
        hash.map(|hash| self.term("definition", &hash.to_string())).transpose()
    }
}
