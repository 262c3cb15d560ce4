//! Was it allowed when we sent it? Every past message against the ledgers as they stood when it went.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::contact::audit::{self, Finding, Question};
use crate::contact::suppression::Entry;
use crate::decide::Library;
use crate::model::consent::{ConsentState, Purpose, Suppression};
use crate::model::problem::printable;
use crate::model::{Channel, Datum, Identity, ProfileId, Time};
use crate::traffic::Profile;

/// One past message and what the ledgers say of each address it can have gone to.
#[derive(Debug)]
pub struct Audited<'a> {
    /// When it went.
    pub at: Time,
    /// What it was called.
    pub name: String,
    /// On which channel it went.
    pub channel: Channel,
    /// What it was for.
    pub purpose: Purpose,
    findings: Vec<(&'a Identity, Finding<'a>)>,
}

impl Audited<'_> {
    /// A message is in order if one of the addresses could have been written to.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.findings.iter().any(|(_, finding)| finding.allowed)
    }

    /// What the ledgers say, address by address.
    #[must_use]
    pub fn why(&self) -> String {
        let words = self.findings.iter().map(|(identity, finding)| {
            let who = printable(&identity.to_string());
            match (finding.stopped, finding.proof) {
                (Some(line), _) => {
                    format!("{who} was {} since {}", line.reason.name(), line.at.short(&TimeZone::UTC))
                }
                (None, Some(proof)) if proof.is_claimed() => {
                    format!("{} on {} speaks for {who}", proof.basis, proof.at.short(&TimeZone::UTC))
                }
                (None, Some(proof)) => {
                    format!("{who} said {} on {}", proof.state.name(), proof.at.short(&TimeZone::UTC))
                }
                (None, None) => format!("{who} had said nothing"),
            }
        });
        let words: Vec<String> = words.collect();
        if words.is_empty() { "there was no address".to_owned() } else { words.join("; ") }
    }

    /// Why it was not allowed, in a few words that group messages; `None` where it was. Of several addresses the one that
    /// came furthest speaks.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        if self.allowed() {
            return None;
        }
        let reasons = self.findings.iter().map(|(_, finding)| match (finding.stopped, finding.proof) {
            // What the person had agreed to and stopped later came further than what was never agreed to.
            (Some(line), _) => (2, line.reason.name()),
            (None, None) => (0, "nothing had been said"),
            (None, Some(proof)) if proof.is_claimed() => (1, "claimed only later"),
            (None, Some(proof)) if proof.state == ConsentState::Granted => (1, "consent had lapsed"),
            (None, Some(proof)) => (1, proof.state.name()),
        });
        Some(reasons.max_by_key(|(furthest, _)| *furthest).map_or("there was no address", |(_, name)| name))
    }
}

/// A message of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Whose.
    pub profile: String,
    /// When.
    pub at: Time,
    /// Which.
    pub message: String,
    /// What the ledgers say.
    pub why: String,
}

/// Messages that were not allowed for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// How many.
    pub messages: u64,
    /// To how many people.
    pub people: u64,
    /// The first few.
    pub examples: Vec<Example>,
}

/// Every past message of everybody, by what became of the question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Messages that went out.
    pub messages: u64,
    /// Those that were allowed.
    pub allowed: u64,
    /// The others, by reason.
    pub not_allowed: BTreeMap<&'static str, Wrong>,
}

/// Examples kept for each reason.
const EXAMPLES: usize = 3;

impl Totals {
    /// Adds the messages of one person.
    pub fn add(&mut self, whose: ProfileId, audited: &[Audited<'_>]) {
        let mut seen: Vec<&'static str> = Vec::new();
        for message in audited {
            self.messages += 1;
            let Some(reason) = message.reason() else {
                self.allowed += 1;
                continue;
            };
            let wrong = self.not_allowed.entry(reason).or_default();
            wrong.messages += 1;
            if !seen.contains(&reason) {
                seen.push(reason);
                wrong.people += 1;
            }
            if wrong.examples.len() < EXAMPLES {
                let (profile, why) = (whose.to_string(), message.why());
                wrong.examples.push(Example { profile, at: message.at, message: message.name.clone(), why });
            }
        }
    }
}

/// A person's do-not-contact entries as lines of the ledger, one for each address they hold for.
#[must_use]
pub fn suppressions(person: &Profile) -> Vec<Suppression> {
    let line = |identity: &Identity, entry: &Entry| Suppression {
        identity: identity.clone(),
        channel: entry.channel,
        reason: entry.reason,
        at: entry.at,
    };
    let mut lines = Vec::new();
    for entry in &person.suppressions {
        for (slot, identity) in (0_u16..).zip(&person.identities) {
            if entry.address.is_none_or(|address| address == slot) {
                lines.push(line(identity, entry));
            }
        }
    }
    lines
}

/// Every message that went to a person, with what the ledgers say of it. `lists` are the person's [`suppressions`].
#[must_use]
pub fn audited<'a>(person: &'a Profile, lists: &'a [Suppression], library: &Library) -> Vec<Audited<'a>> {
    let country =
        ["country", "address.country"].into_iter().find_map(|name| match person.trait_value(name) {
            Datum::Text(text) => Some(text),
            _ => None,
        });
    let policy = &*library.policy;
    let sent = person.messages.iter().filter_map(|log| Some((log.sent?, log)));
    sent.map(|(at, log)| {
        let (channel, purpose) = (log.channel, log.purpose);
        let finding = |identity: &'a Identity| {
            let question = Question { identity, channel, purpose, region: country, at };
            (identity, audit::ask(&question, &person.consents, lists, policy))
        };
        let addresses =
            person.identities.iter().filter(|identity| channel.address() == Some(&identity.namespace));
        let name = library.name_of(log.content).unwrap_or("a message without a name").to_owned();
        Audited { at, name, channel, purpose, findings: addresses.map(finding).collect() }
    })
    .collect()
}
