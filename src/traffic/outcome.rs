//! What a message's outcomes are recorded as: an event of the person, a later state of the message, a change of consent.

use super::profile::{Happening, MessageLog, Property, SurveyAnswer};
use super::vocabulary::Vocabulary;
use crate::contact::suppression::Entry;
use crate::model::consent::{ConsentRecord, ConsentState, Purpose, SuppressionReason};
use crate::model::event::names;
use crate::model::message::MessageState;
use crate::model::{Channel, Decimal, Time};

use super::profile::Profile;

/// Codes of the words the loop itself writes or listens for.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    /// `Email Delivered`, and so on for every channel.
    pub delivered: u32,
    /// `Email Opened`.
    pub opened: u32,
    /// `Email Link Clicked`.
    pub clicked: u32,
    /// `Unsubscribed`.
    pub unsubscribed: u32,
    /// `Survey Answered`.
    pub answered: u32,
    /// `Order Completed`.
    pub ordered: u32,
    /// The property that names the content.
    pub campaign: u32,
    /// The property that holds a survey's answer.
    pub score: u32,
}

impl Codes {
    /// Makes sure the words are there.
    pub fn new(words: &mut Vocabulary) -> Self {
        Self {
            delivered: words.code(names::EMAIL_DELIVERED),
            opened: words.code(names::EMAIL_OPENED),
            clicked: words.code(names::EMAIL_CLICKED),
            unsubscribed: words.code(names::UNSUBSCRIBED),
            answered: words.code(names::SURVEY_ANSWERED),
            ordered: words.code(names::ORDER_COMPLETED),
            campaign: words.code("campaign_name"),
            score: words.code("score"),
        }
    }

    /// The event a state is recorded as, if any.
    fn event(&self, state: MessageState, is_survey: bool) -> Option<u32> {
        match state {
            MessageState::Delivered => Some(self.delivered),
            MessageState::Opened => Some(self.opened),
            MessageState::Clicked if is_survey => Some(self.answered),
            MessageState::Clicked => Some(self.clicked),
            MessageState::Unsubscribed => Some(self.unsubscribed),
            MessageState::Planned | MessageState::Sent | MessageState::Held | MessageState::Bounced => None,
        }
    }
}

/// An outcome as it arrives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub message: u32,
    pub state: MessageState,
    pub score: Option<u8>,
}

/// Writes an outcome into a person's ledgers and returns the event to record for it.
pub(super) fn take(
    profile: &mut Profile,
    codes: &Codes,
    content_word: u32,
    at: Time,
    outcome: Outcome,
) -> Option<Happening> {
    let log = profile.messages.get_mut(outcome.message as usize)?;
    advance(log, outcome.state, at);
    let (channel, purpose, content, sent) = (log.channel, log.purpose, log.content, log.sent);
    if outcome.state == MessageState::Delivered
        && let Some(send) =
            profile.sends.iter_mut().rev().find(|send| Some(send.at) == sent && send.experience == content)
    {
        send.delivered = true;
    }
    if outcome.state == MessageState::Unsubscribed {
        withdraw(profile, channel, at);
    }
    if outcome.state == MessageState::Bounced {
        profile.suppressions.push(Entry { channel, reason: SuppressionReason::Bounced, at });
    }
    let mut properties = vec![(codes.campaign, Property::Word(content_word))];
    if let Some(score) = outcome.score {
        profile.answers.push(SurveyAnswer { content, at, score });
        let number = Decimal::from_int(i64::from(score)).unwrap_or_default();
        properties.push((codes.score, Property::Number(number)));
    }
    let name = codes.event(outcome.state, purpose == Purpose::Survey)?;
    Some(Happening {
        at,
        name,
        channel,
        properties: properties.into(),
        items: Box::default(),
        observed: false,
    })
}

fn advance(log: &mut MessageLog, state: MessageState, at: Time) {
    let slot = match state {
        MessageState::Delivered => &mut log.delivered,
        MessageState::Opened => &mut log.opened,
        MessageState::Clicked => &mut log.clicked,
        MessageState::Unsubscribed => &mut log.unsubscribed,
        MessageState::Planned | MessageState::Sent | MessageState::Held | MessageState::Bounced => return,
    };
    slot.get_or_insert(at);
}

/// An unsubscribe is a withdrawal of consent and an entry on the do-not-contact list.
fn withdraw(profile: &mut Profile, channel: Channel, at: Time) {
    profile.suppressions.push(Entry { channel, reason: SuppressionReason::Unsubscribed, at });
    let Some(namespace) = channel.address() else { return };
    let withdrawn: Vec<ConsentRecord> = profile
        .identities
        .iter()
        .filter(|identity| identity.namespace == namespace)
        .map(|identity| ConsentRecord {
            identity: identity.clone(),
            channel,
            purpose: Purpose::Marketing,
            state: ConsentState::Revoked,
            at,
            expires: None,
            basis: "unsubscribe link".to_owned(),
        })
        .collect();
    profile.consents.extend(withdrawn);
}
