//! Cool-downs: a pause after what a person did with earlier messages.

use serde::{Deserialize, Serialize};

use super::cap::{Labels, Sent};
use super::on_cap::OnCap;
use super::rules::Rules;
use crate::model::{Channel, Span, Time};

/// After `count` messages with the same outcome, nothing for `pause`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoolDown {
    /// Channels looked at and paused; empty means every channel.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// Categories looked at and paused; empty means every category.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Journeys looked at and paused; empty means every journey and none.
    #[serde(default)]
    pub journeys: Vec<String>,
    /// Which outcome.
    pub after: Outcome,
    /// How many.
    pub count: u32,
    /// How far back they may lie, others between them; in a row, however far back, if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
    /// How long a message may lie before it counts as ignored.
    #[serde(default = "a_day")]
    pub patience: Span,
    /// How long nothing is sent, from the latest of them.
    pub pause: Span,
    /// Whether every experience is looked at and paused by itself.
    #[serde(default)]
    pub each: bool,
    /// What happens to a message that meets the pause.
    #[serde(default)]
    pub on_cap: OnCap,
    /// Categories this pause never stops.
    #[serde(default)]
    pub exempt: Vec<String>,
}

fn a_day() -> Span {
    Span::DAY
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Not clicked. Opens lie, so they do not count.
    Ignored,
    /// Clicked, or answered in case of a survey.
    Clicked,
    /// Arrived.
    Delivered,
    /// Came back.
    Bounced,
}

impl CoolDown {
    /// Whether a send has the outcome; `None` if it is no evidence either way.
    fn hit(&self, sent: &Sent, now: Time) -> Option<bool> {
        match self.after {
            Outcome::Clicked => Some(sent.clicked),
            Outcome::Delivered => Some(sent.delivered),
            Outcome::Bounced => Some(sent.bounced),
            Outcome::Ignored if sent.clicked => Some(false),
            Outcome::Ignored if sent.bounced || now - sent.at < self.patience => None,
            Outcome::Ignored => Some(true),
        }
    }

    /// From when the pause counts: being ignored takes its time.
    fn from(&self, sent: &Sent) -> Time {
        match self.after {
            Outcome::Ignored => sent.at + self.patience,
            _ => sent.at,
        }
    }
}

/// When the pause that a message meets ends; `None` without one. `rule` is the index among the policy's cool-downs. A pause
/// begins with the latest of the messages that fill it, and lasts even where they grow old meanwhile.
#[must_use]
pub fn ends(
    rules: &Rules,
    rule: usize,
    sends: &[Sent],
    message: &Sent,
    labels: &impl Labels,
    now: Time,
) -> Option<Time> {
    let known = rules.cooldowns.get(rule)?;
    let bit = rules.bit_of_cooldown(rule);
    let hit = |sent: &Sent| {
        let concerned = !known.each || sent.experience == message.experience;
        if concerned && rules.filled_by(sent, labels) & bit != 0 { known.hit(sent, now) } else { None }
    };
    for (index, latest) in sends.iter().enumerate().rev() {
        match (hit(latest), known.within) {
            (None, _) => {}
            (Some(false), None) => return None,
            (Some(false), Some(_)) => {}
            (Some(true), within) => {
                let end = known.from(latest) + known.pause;
                if end <= now {
                    return None;
                }
                if is_filled(
                    known,
                    latest,
                    sends[..=index].iter().rev().filter_map(|sent| Some((sent, hit(sent)?))),
                ) {
                    return Some(end);
                }
                within?;
            }
        }
    }
    None
}

/// Whether enough messages with the outcome lie together, the latest first.
fn is_filled<'a>(rule: &CoolDown, latest: &Sent, earlier: impl Iterator<Item = (&'a Sent, bool)>) -> bool {
    let hits = match rule.within {
        Some(within) => {
            let together = |sent: &Sent| sent.at >= latest.at.back(within);
            earlier
                .take_while(|(sent, _)| together(sent))
                .filter(|(_, hit)| *hit)
                .take(rule.count as usize)
                .count()
        }
        None => earlier.take_while(|(_, hit)| *hit).take(rule.count as usize).count(),
    };
    hits >= rule.count as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::policy::Policy;
    use crate::contact::rules::tests::Plain;
    use crate::rule::OpenCatalog;

    const DAY: i64 = Span::DAY.0;

    fn rules(text: &str) -> Rules {
        let text = format!("name = \"t\"\n[[cooldown]]\n{text}");
        Rules::new(Policy::parse(&text).unwrap(), &OpenCatalog).unwrap()
    }

    fn sent(day: i64, experience: u32) -> Sent {
        Sent::new(Time(day * DAY), Channel::Email, experience, None)
    }

    fn until(rules: &Rules, sends: &[Sent], day: i64) -> Option<i64> {
        let message = sent(day, 0);
        ends(rules, 0, sends, &message, &Plain(rules), Time(day * DAY)).map(|end| end.0 / DAY)
    }

    #[test]
    fn five_ignored_in_a_row_pause_and_a_click_ends_it() {
        let rules = rules("after = \"ignored\"\ncount = 5\npause = \"14d\"");
        let mut sends: Vec<Sent> = (0..5).map(|day| sent(day, 0)).collect();
        assert_eq!(until(&rules, &sends, 4), None, "the fifth has not been ignored yet");
        assert_eq!(until(&rules, &sends, 5), Some(19));
        assert_eq!(until(&rules, &sends, 18), Some(19));
        assert_eq!(until(&rules, &sends, 19), None);
        sends[2].clicked = true;
        assert_eq!(until(&rules, &sends, 5), None);
        sends[2].clicked = false;
        sends[2].bounced = true;
        assert_eq!(until(&rules, &sends, 5), None, "what never arrived was not ignored");
    }

    #[test]
    fn outcomes_within_a_window_need_no_row_and_may_stop_one_experience_only() {
        let rules = rules("after = \"clicked\"\ncount = 2\nwithin = \"7d\"\npause = \"3d\"\neach = true");
        let mut sends = [sent(0, 0), sent(1, 7), sent(2, 0), sent(3, 0)];
        sends[0].clicked = true;
        sends[3].clicked = true;
        assert_eq!(until(&rules, &sends, 4), Some(6));
        assert_eq!(until(&rules, &sends, 5), Some(6));
        assert_eq!(until(&rules, &sends, 6), None);
        let other = sent(4, 7);
        assert_eq!(ends(&rules, 0, &sends, &other, &Plain(&rules), Time(4 * DAY)), None);
        sends[0].at = Time(-5 * DAY);
        assert_eq!(until(&rules, &sends, 4), None, "eight days apart");
        sends[0].at = Time(-4 * DAY);
        assert_eq!(until(&rules, &sends, 4), Some(6), "still paused when the first has left the window");
    }
}
