//! Contact pressure and what goes with it.

use serde::{Deserialize, Serialize};

use super::crowd::has_address;
use crate::contact::policy::Policy;
use crate::model::{Channel, Span, Time};
use crate::stats::{Reading, Why, wilson};
use crate::traffic::{MessageLog, Profile, Recorded};

/// The fatigue panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fatigue {
    /// A sentence a client understands.
    pub sentence: String,
    /// The window looked at, in days.
    pub days: u32,
    /// People looked at: those reachable on at least one channel.
    pub people: u64,
    /// Median messages per person in the window, on the channels of the cap the bars are drawn for; none where the data
    /// does not say who was written to.
    pub median: Option<u32>,
    /// 95th percentile of messages per person, where it is known.
    pub p95: Option<u32>,
    /// Share of people by number of messages received, `shares[i]` for i messages; the last bucket is "or more".
    pub shares: Vec<f64>,
    /// The cap on messages in the window the bars are drawn for, if there is one.
    pub cap: Option<u32>,
    /// Messages sent in the window, where that is known.
    pub sent: Option<u64>,
    /// Messages held in the window, those released later included; none where nobody recorded what was held.
    pub held: Option<u64>,
    /// Held by reason, most first, as (reason, count).
    pub held_by: Vec<(String, u64)>,
    /// Unsubscribes per 1,000 delivered messages, by pressure before the message. An association, not a cause.
    pub unsubscribes: Vec<PressureBand>,
    /// People within one message of a cap, if there is one and messages are known.
    pub near_cap: Option<u64>,
}

impl Fatigue {
    /// Nobody can be reached yet.
    #[must_use]
    pub fn none() -> Self {
        Self {
            sentence: String::new(),
            days: 14,
            people: 0,
            median: None,
            p95: None,
            shares: Vec::new(),
            cap: None,
            sent: None,
            held: None,
            held_by: Vec::new(),
            unsubscribes: Vec::new(),
            near_cap: None,
        }
    }
}

/// One band of pressure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PressureBand {
    /// `low`, `mid`, `high`.
    pub name: String,
    /// Messages delivered at this pressure.
    pub delivered: u64,
    /// Unsubscribes that followed.
    pub unsubscribed: u64,
    /// Unsubscribes per 1,000 with a Wilson interval.
    pub per_thousand: Reading,
}

/// Pressure below which a message counts as sent at low, and below which at mid pressure, in fresh messages.
const BANDS: [(&str, f64); 3] = [("low", 0.75), ("mid", 1.5), ("high", f64::INFINITY)];

/// Messages per person are shown up to this many; the last bucket is "or more".
const MOST: usize = 6;

impl Fatigue {
    /// The panel over a run, as of `now`. Bars and caps look at the first cap's window, what was recorded before the run
    /// included; unsubscribes at everything the run itself delivered.
    pub fn of<'a>(people: impl Iterator<Item = &'a Profile>, policy: &Policy, now: Time) -> Self {
        let mut counting = Counting::over(policy, now, false);
        let reachable =
            |profile: &&Profile| has_address(profile.identities.iter().map(|i| i.namespace.as_str()));
        people.filter(reachable).for_each(|profile| counting.reach(&profile.messages));
        counting.told()
    }

    /// The panel over what a workspace recorded: what the record does not tell is withheld.
    #[must_use]
    pub fn recorded(counting: Counting<'_>, told: &Recorded) -> Self {
        let mut panel = counting.told();
        if !told.holds {
            (panel.held, panel.held_by) = (None, Vec::new());
        }
        if !told.sends {
            let why = if told.reactions {
                "the data says who opened, clicked or answered, not who was written to"
            } else {
                "the data holds no record of messages"
            };
            return Self {
                sentence: format!("How many messages people got is not known: {why}."),
                median: None,
                p95: None,
                shares: Vec::new(),
                sent: None,
                unsubscribes: Vec::new(),
                near_cap: None,
                ..panel
            };
        }
        if !told.unsubscribes {
            for band in &mut panel.unsubscribes {
                let reason = "the data holds no unsubscribes".to_owned();
                band.per_thousand = Reading::Withheld(Why::Other { reason });
            }
            panel.sentence.push_str(" Unsubscribes are not in the data.");
        }
        panel
    }

    /// The same panel where the contact policy cannot be read: its caps are unknown, not absent.
    #[must_use]
    pub fn without_policy(mut self) -> Self {
        if let Some(rest) = self.sentence.strip_prefix(NO_CAP) {
            self.sentence = format!("The contact policy cannot be read, so no cap is shown{rest}");
        }
        self
    }
}

/// Everybody's messages being counted, person by person.
pub struct Counting<'p> {
    policy: &'p Policy,
    /// The window looked at, and when it begins.
    window: Span,
    from: Time,
    observed: bool,
    /// Messages per person.
    counts: Vec<u32>,
    gathered: Gathered,
}

impl<'p> Counting<'p> {
    /// Of what a workspace recorded; nobody was seen yet.
    #[must_use]
    pub fn recorded(policy: &'p Policy, now: Time) -> Self {
        Self::over(policy, now, true)
    }

    fn over(policy: &'p Policy, now: Time, observed: bool) -> Self {
        let window = policy.caps.first().map_or(Span::days(7), |cap| cap.window);
        let (counts, gathered) = (Vec::new(), Gathered::default());
        Self { policy, window, from: now.back(window), observed, counts, gathered }
    }

    /// Takes note of what went out, or was held, to somebody whom a message can reach.
    pub fn reach(&mut self, messages: &[MessageLog]) {
        let cap = self.policy.caps.first();
        // What stands on our own pages reaches for nobody.
        let messages = || messages.iter().filter(|log| log.channel.address().is_some());
        let counted = |log: &&MessageLog| {
            cap.is_none_or(|cap| cap.channels.is_empty() || cap.channels.contains(&log.channel))
        };
        let received =
            messages().filter(counted).filter(|log| log.sent.is_some_and(|at| at >= self.from)).count();
        self.counts.push(received as u32);
        messages().for_each(|log| self.gathered.take(log, self.from, self.observed));
    }

    fn told(self) -> Fatigue {
        let Self { policy, window, mut counts, gathered, .. } = self;
        counts.sort_unstable();
        let limit = policy.caps.first().map(|cap| cap.limit);
        let at_least = |n: u32| counts.len() - counts.partition_point(|count| *count < n);
        let share = |n: usize| n as f64 / counts.len().max(1) as f64;
        let shares = (0..=MOST as u32)
            .map(|n| share(at_least(n) - if n == MOST as u32 { 0 } else { at_least(n + 1) }))
            .collect();
        let at_cap = limit.map(|limit| share(at_least(limit)));
        let unsubscribes = gathered.bands();
        Fatigue {
            sentence: sentence(at_cap, &unsubscribes),
            days: window.as_days().round() as u32,
            people: counts.len() as u64,
            median: Some(quantile(&counts, 0.5)),
            p95: Some(quantile(&counts, 0.95)),
            shares,
            cap: limit,
            sent: Some(gathered.sent),
            held: Some(gathered.held.values().sum()),
            held_by: by_size(gathered.held),
            unsubscribes,
            near_cap: limit.map(|limit| at_least(limit.saturating_sub(1)) as u64),
        }
    }
}

#[derive(Default)]
struct Gathered {
    sent: u64,
    held: std::collections::BTreeMap<&'static str, u64>,
    delivered: [(u64, u64); 3],
}

impl Gathered {
    /// Simulated and observed unsubscribes never mix.
    fn take(&mut self, log: &MessageLog, from: Time, observed: bool) {
        if log.sent.is_some_and(|at| at >= from) {
            self.sent += 1;
        }
        if let Some(reason) = log.held.filter(|_| log.at >= from) {
            *self.held.entry(reason.name()).or_default() += 1;
        }
        if log.delivered.is_some() && log.channel == Channel::Email && log.observed == observed {
            let pressure = f64::from(log.pressure);
            let band = BANDS.iter().position(|(_, below)| pressure < *below).unwrap_or(2);
            self.delivered[band].0 += 1;
            self.delivered[band].1 += u64::from(log.unsubscribed.is_some());
        }
    }

    fn bands(&self) -> Vec<PressureBand> {
        BANDS
            .iter()
            .zip(self.delivered)
            .map(|((name, _), (delivered, unsubscribed))| PressureBand {
                name: (*name).to_owned(),
                delivered,
                unsubscribed,
                per_thousand: per_thousand(unsubscribed, delivered),
            })
            .collect()
    }
}

fn per_thousand(unsubscribed: u64, delivered: u64) -> Reading {
    match wilson::reading(unsubscribed, delivered, 0.05) {
        Reading::Estimate(mut estimate) => {
            estimate.value *= 1_000.0;
            estimate.low *= 1_000.0;
            estimate.high *= 1_000.0;
            estimate.cautions.push(crate::stats::Caution::Association);
            Reading::Estimate(estimate)
        }
        withheld => withheld,
    }
}

fn by_size(held: std::collections::BTreeMap<&'static str, u64>) -> Vec<(String, u64)> {
    let mut held: Vec<(String, u64)> = held.into_iter().map(|(reason, n)| (reason.to_owned(), n)).collect();
    held.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    held
}

/// The smallest value that at least the share `q` of people do not exceed.
fn quantile(sorted: &[u32], q: f64) -> u32 {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
}

const NO_CAP: &str = "No cap is set";

fn sentence(at_cap: Option<f64>, bands: &[PressureBand]) -> String {
    let caps = match at_cap {
        None => NO_CAP.to_owned(),
        Some(share) if share < 0.01 => "Hardly anyone is at the cap".to_owned(),
        Some(share) if share >= 0.4 => format!("{:.0} % are at the cap", share * 100.0),
        Some(share) => format!("One in {} is at the cap", (1.0 / share).round()),
    };
    let rises = match (bands.first(), bands.last()) {
        (Some(low), Some(high)) => match (low.per_thousand.estimate(), high.per_thousand.estimate()) {
            (Some(low), Some(high)) if high.low > low.high => "; unsubscribes rise with pressure",
            (Some(_), Some(_)) => "; no clear link between unsubscribes and pressure",
            _ => "",
        },
        _ => "",
    };
    format!("{caps}{rises}.")
}
