//! Contact pressure: past messages decayed by a half-life, weighted by channel.

use super::cap::Sent;
use super::policy::Pressure;
use crate::model::{Channel, Span, Time};

/// The pressure on a person just before `now`: Σ weight × 2^(−age / half-life), in fresh messages of weight 1.
/// Exponential decay of advertising is Broadbent's adstock (1979, "One way TV advertisements work", JMRS 21).
#[must_use]
pub fn at(rules: &Pressure, sends: &[Sent], now: Time) -> f64 {
    // After 20 half-lives a message weighs a millionth; stopping there keeps long histories cheap.
    let oldest = now.back(Span(rules.half_life.0.saturating_mul(20)));
    // Messages of one channel follow each other, so its weight is mostly the one just looked up.
    let mut known: Option<(Channel, f64)> = None;
    sends
        .iter()
        .rev()
        .take_while(|sent| sent.at >= oldest)
        .map(|sent| {
            // What a clock that ran ahead recorded is as fresh as can be.
            let age = (now - sent.at).0.max(0);
            let fresh = match known {
                Some((channel, weight)) if channel == sent.channel => weight,
                _ => weight(rules, sent.channel),
            };
            known = Some((sent.channel, fresh));
            fresh * (-(age as f64) / rules.half_life.0 as f64).exp2()
        })
        .fold(0.0, |sum, weight| sum + weight)
}

/// What one fresh message of a channel weighs.
#[must_use]
pub fn weight(rules: &Pressure, channel: Channel) -> f64 {
    rules.weights.get(&channel).copied().unwrap_or(1.0)
}

/// What one more message of a channel costs a person under a pressure: the price of a fresh one, rising with what is
/// already there.
#[must_use]
pub fn cost(rules: &Pressure, channel: Channel, pressure: f64) -> f64 {
    if rules.price > 0.0 { rules.price * weight(rules, channel) * (1.0 + pressure) } else { 0.0 }
}

/// The first moment from `now` on at which the pressure is under a budget, nothing further being sent. `None` where the
/// budget has no room for anybody.
#[must_use]
pub fn under(rules: &Pressure, sends: &[Sent], budget: f64, now: Time) -> Option<Time> {
    if budget <= 0.0 {
        return None;
    }
    if at(rules, sends, now) < budget {
        return Some(now);
    }
    let (mut full, mut step) = (now, rules.half_life);
    while at(rules, sends, full + step) >= budget {
        full = full + step;
        step = Span(step.0.saturating_mul(2));
        if full == Time::MAX {
            return None;
        }
    }
    let mut free = full + step;
    while free.0.saturating_sub(full.0) > 1 {
        let middle = Time(full.0 + (free.0 - full.0) / 2);
        if at(rules, sends, middle) < budget { free = middle } else { full = middle }
    }
    Some(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_after_one_half_life() {
        let rules = Pressure::default();
        let sends = [Sent::new(Time(0), Channel::Email, 0, None)];
        assert!((at(&rules, &sends, Time(rules.half_life.0)) - 0.5).abs() < 1e-12);
        assert!(at(&rules, &sends, Time(0)) > 0.999);
        assert!(at(&rules, &sends, Time(rules.half_life.0 * 30)) < 1e-9);
    }

    #[test]
    fn a_spent_budget_has_room_again_at_an_exact_moment() {
        let rules = Pressure::default();
        let sends = [0, 1_000, 5_000_000].map(|at| Sent::new(Time(at), Channel::Email, 0, None));
        let now = Time(5_000_000);
        let free = under(&rules, &sends, 1.5, now).unwrap();
        assert!(free > now && at(&rules, &sends, free) < 1.5 && at(&rules, &sends, Time(free.0 - 1)) >= 1.5);
        assert_eq!(under(&rules, &sends, 4.0, now), Some(now));
        assert_eq!(under(&rules, &sends, 0.0, now), None);
    }

    #[test]
    fn a_message_costs_more_the_more_there_were() {
        let rules = Pressure { price: 0.5, ..Pressure::default() };
        assert!((cost(&rules, Channel::Email, 0.0) - 0.5).abs() < 1e-12);
        assert!((cost(&rules, Channel::Email, 2.0) - 1.5).abs() < 1e-12);
        assert!((cost(&rules, Channel::Push, 1.0) - 0.7).abs() < 1e-12);
    }
}
