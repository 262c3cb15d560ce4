//! What a message's outcomes are recorded as: an event of the person, a later state of the message, a change of consent.

use super::profile::{Happening, MessageLog, Property, SurveyAnswer};
use super::vocabulary::Vocabulary;
use crate::contact::Sent;
use crate::contact::suppression::Entry;
use crate::model::consent::{ConsentRecord, ConsentState, Purpose, SuppressionReason};
use crate::model::event::names;
use crate::model::message::MessageState;
use crate::model::{Channel, Decimal, Time};
use crate::rule::Point;

use super::profile::Profile;

/// Codes of the words the loop itself writes or listens for.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    /// What outcomes are called on each channel, by its code.
    channels: [Names; Channel::ALL.len()],
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

/// What outcomes are called on one channel.
#[derive(Debug, Clone, Copy, Default)]
struct Names {
    delivered: u32,
    opened: u32,
    clicked: u32,
}

/// A text that is tapped has been opened, and so has an ad: those channels know no opening of their own.
fn names(channel: Channel) -> [&'static str; 3] {
    match channel {
        // A survey is asked by e-mail unless its channel says otherwise.
        Channel::Email | Channel::Survey => {
            [names::EMAIL_DELIVERED, names::EMAIL_OPENED, names::EMAIL_CLICKED]
        }
        Channel::Sms => [names::SMS_DELIVERED, names::MESSAGE_OPENED, names::SMS_CLICKED],
        Channel::Push => [names::PUSH_DELIVERED, names::MESSAGE_OPENED, names::PUSH_CLICKED],
        Channel::Ad => [names::AD_DELIVERED, names::MESSAGE_OPENED, names::AD_CLICKED],
        Channel::Web | Channel::App | Channel::Store | Channel::Phone | Channel::Unknown => {
            [names::MESSAGE_DELIVERED, names::MESSAGE_OPENED, names::MESSAGE_CLICKED]
        }
    }
}

impl Codes {
    /// Makes sure the words are there.
    pub fn new(words: &mut Vocabulary) -> Self {
        Self {
            channels: Channel::ALL.map(|channel| {
                let [delivered, opened, clicked] = names(channel).map(|name| words.code(name));
                Names { delivered, opened, clicked }
            }),
            unsubscribed: words.code(names::UNSUBSCRIBED),
            answered: words.code(names::SURVEY_ANSWERED),
            ordered: words.code(names::ORDER_COMPLETED),
            campaign: words.code("campaign_name"),
            score: words.code("score"),
        }
    }

    /// The event a state is recorded as, if any.
    fn event(&self, channel: Channel, state: MessageState, is_survey: bool) -> Option<u32> {
        let names = self.channels.get(usize::from(channel.code())).copied().unwrap_or_default();
        match state {
            MessageState::Delivered => Some(names.delivered),
            MessageState::Opened => Some(names.opened),
            MessageState::Clicked if is_survey => Some(self.answered),
            MessageState::Clicked => Some(names.clicked),
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
    let of_it = |send: &&mut Sent| Some(send.at) == sent && send.experience == content;
    if let Some(send) = profile.sends.iter_mut().rev().find(of_it) {
        match outcome.state {
            MessageState::Delivered => send.delivered = true,
            MessageState::Clicked => send.clicked = true,
            MessageState::Bounced => send.bounced = true,
            _ => {}
        }
    }
    if outcome.state == MessageState::Unsubscribed {
        withdraw(profile, channel, at);
    }
    if outcome.state == MessageState::Bounced {
        // It went to the oldest address that nothing stopped, and that address is the one that does not exist.
        let address = profile.ledgers().address(channel, purpose, Point::after(at)).ok().flatten();
        profile.suppressions.push(Entry { channel, reason: SuppressionReason::Bounced, at, address });
    }
    let mut properties = vec![(codes.campaign, Property::Word(content_word))];
    if let Some(score) = outcome.score {
        profile.answers.push(SurveyAnswer { content, at, score });
        let number = Decimal::from_int(i64::from(score)).unwrap_or_default();
        properties.push((codes.score, Property::Number(number)));
    }
    let name = codes.event(channel, outcome.state, purpose == Purpose::Survey)?;
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
    profile.suppressions.push(Entry { channel, reason: SuppressionReason::Unsubscribed, at, address: None });
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
