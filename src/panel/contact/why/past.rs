//! A person as they were when something was decided.

use std::sync::Arc;

use crate::model::message::MessageState;
use crate::model::{Channel, Time};
use crate::rule::Point;
use crate::segment::stages::SESSION_GAP;
use crate::traffic::profile::View;
use crate::traffic::{MessageLog, Profile, Setup};

/// The person at a moment: what came later is gone, what was sent in that very millisecond too.
pub(super) fn at(profile: &Profile, setup: &Setup, moment: Time) -> Profile {
    let mut then = profile.clone();
    then.history.retain(|happening| happening.at <= moment);
    then.suppressions.retain(|entry| entry.at <= moment);
    then.consents.retain(|record| record.at <= moment);
    then.exposures.retain(|exposure| exposure.at < moment);
    then.answers.retain(|answer| answer.at <= moment);
    then.sends.retain(|sent| sent.at < moment);
    for sent in &mut then.sends {
        let of_it = |log: &&MessageLog| log.sent == Some(sent.at) && log.content == sent.experience;
        if let Some(log) = profile.messages.iter().find(of_it) {
            let known = |state: MessageState| {
                let when = if state == MessageState::Delivered { log.delivered } else { log.clicked };
                when.is_some_and(|when| when <= moment)
            };
            sent.delivered = sent.delivered && known(MessageState::Delivered);
            sent.clicked = sent.clicked && known(MessageState::Clicked);
        }
    }
    then.messages.retain(|log| log.at < moment);
    let view = View { profile: &then, words: &setup.words };
    let point = Point::after(moment);
    let lifecycle = setup.stages.lifecycle(&view, point).map(Arc::from);
    let intent = session_start(&then, moment)
        .and_then(|start| setup.stages.intent(&view, start, point))
        .map(Arc::from);
    (then.lifecycle, then.intent) = (lifecycle, intent);
    then
}

/// When the visit that ran at a moment began.
fn session_start(profile: &Profile, moment: Time) -> Option<Time> {
    let mut start = None;
    let mut before = moment;
    for happening in profile.history.iter().rev() {
        if !matches!(happening.channel, Channel::Web | Channel::App) {
            continue;
        }
        if happening.at + SESSION_GAP <= before {
            break;
        }
        (start, before) = (Some(happening.at), happening.at);
    }
    start
}
