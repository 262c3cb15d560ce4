//! Was it allowed when we sent it? One address, one channel, one purpose, one moment, read from the ledgers alone.

use super::consent;
use super::policy::{Policy, Silence};
use super::suppression::blocks;
use crate::model::consent::{ConsentRecord, ConsentState, Purpose, Suppression, SuppressionReason};
use crate::model::{Channel, Identity, Time};
use crate::rule::Point;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The address written to.
    pub identity: &'a Identity,
    /// On which channel.
    pub channel: Channel,
    /// What for.
    pub purpose: Purpose,
    /// Where the person was, which decides what silence meant.
    pub region: Option<&'a str>,
    /// When it went. What was said in the same millisecond counts as said before.
    pub at: Time,
}

/// The answer, with the lines of the ledgers that prove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding<'a> {
    /// Whether it was allowed.
    pub allowed: bool,
    /// The consent that held.
    pub state: ConsentState,
    /// What silence meant, where nothing had been said.
    pub silence: Option<Silence>,
    /// The line that gave or withheld it; none where nothing had been said.
    pub proof: Option<&'a ConsentRecord>,
    /// The do-not-contact line in force, if there was one.
    pub stopped: Option<&'a Suppression>,
}

/// Reads both ledgers as they stood at the moment.
#[must_use]
pub fn ask<'a>(
    question: &Question<'_>,
    consents: &'a [ConsentRecord],
    suppressions: &'a [Suppression],
    policy: &Policy,
) -> Finding<'a> {
    let Question { identity, channel, purpose, region, at } = *question;
    let point = Point::after(at);
    let (state, proof) = consent::of_identity(consents, identity, channel, purpose, point);
    let silence = proof.is_none().then(|| policy.silence(channel, purpose, region));
    // Who claims something for a whole source says nothing about what went out before.
    let claimed_later = proof.is_some_and(|line| line.is_claimed() && line.at >= at);
    let granted = consent::allows(state, purpose) && !(claimed_later && consent::needed(purpose));
    let agreed = granted || silence == Some(Silence::OptOut);
    let whose = std::slice::from_ref(identity);
    let opted_in = consent::opted_in_at(consents, whose, channel, purpose, point);
    let stopped = suppressions.iter().find(|line| {
        line.identity == *identity
            && line.at <= at
            && line.reason.reaches(line.channel, channel)
            && blocks(line.reason, purpose)
            && !(line.reason == SuppressionReason::Unsubscribed && opted_in.is_some_and(|at| at > line.at))
    });
    Finding { allowed: agreed && stopped.is_none(), state, silence, proof, stopped }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(state: ConsentState, at: i64, expires: Option<i64>) -> ConsentRecord {
        ConsentRecord {
            identity: Identity::new("email", "anne@x.de"),
            channel: Channel::Email,
            purpose: Purpose::Marketing,
            state,
            at: Time(at),
            expires: expires.map(Time),
            basis: "double opt-in".to_owned(),
        }
    }

    #[test]
    fn the_past_is_read_as_it_stood() {
        let anne = Identity::new("email", "anne@x.de");
        let consents = [
            said(ConsentState::Pending, 10, None),
            said(ConsentState::Granted, 20, Some(60)),
            said(ConsentState::Granted, 80, None),
        ];
        let left = |reason, at| Suppression {
            identity: anne.clone(),
            channel: Channel::Email,
            reason,
            at: Time(at),
        };
        let suppressions =
            [left(SuppressionReason::Unsubscribed, 40), left(SuppressionReason::Complained, 90)];
        let policy = Policy::open();
        let ask = |at, purpose| {
            let question =
                Question { identity: &anne, channel: Channel::Email, purpose, region: None, at: Time(at) };
            super::ask(&question, &consents, &suppressions, &policy)
        };
        let allowed: Vec<i64> =
            (0..100).step_by(10).filter(|at| ask(*at, Purpose::Marketing).allowed).collect();
        assert_eq!(allowed, [20, 30, 80], "pending, lapsed, unsubscribed and complained are not");
        assert_eq!(ask(30, Purpose::Marketing).proof, Some(&consents[1]));
        assert_eq!(ask(50, Purpose::Marketing).stopped, Some(&suppressions[0]));
        assert_eq!(ask(60, Purpose::Marketing).state, ConsentState::Unknown, "lapsed");
        assert!(ask(50, Purpose::Service).allowed, "a receipt goes to who unsubscribed");
    }

    #[test]
    fn silence_means_what_the_policy_says_for_the_region() {
        let text = "name = \"t\"\n[[consent]]\nchannels = [\"email\"]\nregions = [\"US\"]\ndefault = \"opt-out\"\n\
                    [[consent]]\npurposes = [\"survey\"]\ndefault = \"opt-in\"\n";
        let policy = Policy::parse(text).unwrap();
        let bob = Identity::new("email", "bob@x.com");
        let ask = |purpose, region, lines: &[ConsentRecord]| {
            let question =
                Question { identity: &bob, channel: Channel::Email, purpose, region, at: Time(50) };
            super::ask(&question, lines, &[], &policy).allowed
        };
        assert!(ask(Purpose::Marketing, Some("us"), &[]));
        assert!(!ask(Purpose::Marketing, Some("DE"), &[]) && !ask(Purpose::Marketing, None, &[]));
        assert!(!ask(Purpose::Survey, Some("US"), &[]), "of two rules the stricter holds");
        for state in ConsentState::ALL {
            let line = ConsentRecord { identity: bob.clone(), ..said(state, 10, None) };
            assert_eq!(
                ask(Purpose::Marketing, Some("US"), &[line]),
                state == ConsentState::Granted,
                "{state:?}"
            );
        }
        let lapsed = ConsentRecord { identity: bob.clone(), ..said(ConsentState::Granted, 10, Some(20)) };
        assert!(!ask(Purpose::Marketing, Some("US"), &[lapsed]), "what lapsed is no silence");
    }
}
