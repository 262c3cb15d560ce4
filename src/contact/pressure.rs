//! Contact pressure: past messages decayed by a half-life, weighted by channel.

use super::cap::Sent;
use super::policy::Pressure;
use crate::model::{Span, Time};

/// The pressure on a person just before `now`: Σ weight × 2^(−age / half-life), in fresh messages of weight 1.
/// Exponential decay of advertising is Broadbent's adstock (1979, "One way TV advertisements work", JMRS 21).
#[must_use]
pub fn at(rules: &Pressure, sends: &[Sent], now: Time) -> f64 {
    // After 20 half-lives a message weighs a millionth; stopping there keeps long histories cheap.
    let oldest = now.back(Span(rules.half_life.0.saturating_mul(20)));
    sends
        .iter()
        .rev()
        .take_while(|sent| sent.at >= oldest)
        .filter(|sent| sent.at <= now)
        .map(|sent| {
            let weight = rules.weights.get(&sent.channel).copied().unwrap_or(1.0);
            weight * (-((now - sent.at).0 as f64) / rules.half_life.0 as f64).exp2()
        })
        .fold(0.0, |sum, weight| sum + weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Channel;

    #[test]
    fn half_after_one_half_life() {
        let rules = Pressure::default();
        let sends =
            [Sent { at: Time(0), channel: Channel::Email, experience: 0, journey: None, delivered: true }];
        assert!((at(&rules, &sends, Time(rules.half_life.0)) - 0.5).abs() < 1e-12);
        assert!(at(&rules, &sends, Time(0)) > 0.999);
        assert!(at(&rules, &sends, Time(rules.half_life.0 * 30)) < 1e-9);
    }
}
