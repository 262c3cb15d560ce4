//! Consent and what blocks contact as SQL, weighed over all addresses of a person as the evaluators weigh them.

use super::{Relation, Writer};
use crate::model::Channel;
use crate::model::consent::{ConsentState, Purpose, SuppressionReason};

/// The codes of some things as a list.
fn codes(codes: impl Iterator<Item = u8>) -> String {
    codes.map(|code| code.to_string()).collect::<Vec<_>>().join(", ")
}

impl Writer<'_> {
    /// Which rows of `address` are addresses of a channel.
    fn is_address(&self, row: &str, channel: Channel) -> String {
        match channel.address() {
            Some(namespace) => format!("({row}.namespace = {})", self.dialect.text(namespace)),
            None => "0".to_owned(),
        }
    }

    /// Whether the most restrictive of what a person's identities said last is one of some states. Once an address of the
    /// channel says something, every other address of it has said nothing.
    pub(super) fn consent(
        &mut self,
        (channel, purpose): (Channel, Purpose),
        states: &[ConsentState],
        negated: bool,
    ) -> String {
        let holds = |state: &str| {
            let not = if negated { "NOT " } else { "" };
            format!("({state} {not}IN ({}))", codes(states.iter().map(|state| *state as u8)))
        };
        let (granted, unknown) = (ConsentState::Granted as u8, ConsentState::Unknown as u8);
        let asked = format!("channel = {} AND purpose = {}", channel.code(), purpose as u8);
        let (one, other) = (self.is_address("x", channel), self.is_address("y", channel));
        let (agreed, people) = (self.from(Relation::Agreed), self.from(Relation::Address));
        let relation = format!(
            "SELECT x.person, {} FROM {people} x LEFT JOIN (\n    \
             SELECT identity, CASE WHEN state = {granted} AND expires <= {} THEN {unknown} ELSE state END AS state \
             FROM (SELECT *, row_number() OVER (PARTITION BY identity ORDER BY at DESC, state, said DESC, line DESC) \
             AS n FROM {agreed} WHERE {asked}) WHERE n = 1) l ON l.identity = x.identity\n  \
             LEFT JOIN (SELECT DISTINCT y.person FROM {agreed} a JOIN {people} y ON y.identity = a.identity \
             WHERE {asked} AND {other}) b ON b.person = x.person GROUP BY x.person",
            holds(&format!(
                "coalesce(min(coalesce(l.state, CASE WHEN {one} AND b.person IS NOT NULL THEN {unknown} END)), {unknown})"
            )),
            self.point.at.0,
        );
        self.look(&relation, &holds(&unknown.to_string()))
    }

    /// Whether contact is blocked for one of some reasons. An opt-in to marketing that covers every address of the channel
    /// takes back that somebody unsubscribed before it.
    pub(super) fn suppressed(
        &mut self,
        channel: Channel,
        reasons: &[SuppressionReason],
        negated: bool,
    ) -> String {
        let asked = if reasons.is_empty() { &SuppressionReason::ALL } else { reasons };
        let reach = |reason: SuppressionReason| {
            let reached = Channel::ALL.into_iter().filter(|entered| reason.reaches(*entered, channel));
            let cleared = match reason {
                SuppressionReason::Unsubscribed => " AND (o.at IS NULL OR o.at <= s.at)",
                _ => "",
            };
            let reached = codes(reached.map(Channel::code));
            format!("(s.reason = {} AND s.channel IN ({reached}){cleared})", reason as u8)
        };
        let reasons: Vec<String> = asked.iter().copied().map(reach).collect();
        let address = self.is_address("x", channel);
        let (agreed, people) = (self.from(Relation::Agreed), self.from(Relation::Address));
        let blocked = self.from(Relation::Blocked);
        let relation = format!(
            "SELECT s.person, {} FROM {blocked} s LEFT JOIN (\n    \
             SELECT x.person, CASE WHEN max({address} AND g.at IS NOT NULL) THEN \
             CASE WHEN max({address} AND g.at IS NULL) THEN NULL ELSE min(CASE WHEN {address} THEN g.at END) END \
             ELSE min(g.at) END AS at FROM {people} x LEFT JOIN (SELECT identity, max(at) AS at FROM {agreed} \
             WHERE channel = {} AND purpose = {} AND state = {} GROUP BY identity) g ON g.identity = x.identity \
             GROUP BY x.person) o ON o.person = s.person\n  GROUP BY s.person",
            if negated {
                format!("NOT max({})", reasons.join(" OR "))
            } else {
                format!("max({})", reasons.join(" OR "))
            },
            channel.code(),
            Purpose::Marketing as u8,
            ConsentState::Granted as u8,
        );
        self.look(&relation, if negated { "1" } else { "0" })
    }
}
