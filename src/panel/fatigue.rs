//! Contact pressure and what goes with it.

use serde::{Deserialize, Serialize};

use crate::stats::Reading;

/// The fatigue panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fatigue {
    /// A sentence a client understands.
    pub sentence: String,
    /// The window looked at, in days.
    pub days: u32,
    /// People looked at: those reachable on at least one channel.
    pub people: u64,
    /// Median messages per person in the window.
    pub median: u32,
    /// 95th percentile of messages per person.
    pub p95: u32,
    /// Share of people by number of messages received, `shares[i]` for i messages; the last bucket is "or more".
    pub shares: Vec<f64>,
    /// The cap on messages in the window the bars are drawn for, if there is one.
    pub cap: Option<u32>,
    /// Messages sent in the window.
    pub sent: u64,
    /// Messages held in the window.
    pub held: u64,
    /// Held by reason, most first, as (reason, count).
    pub held_by: Vec<(String, u64)>,
    /// Unsubscribes per 1,000 delivered messages, by pressure before the message. An association, not a cause.
    pub unsubscribes: Vec<PressureBand>,
    /// People within one message of a cap.
    pub near_cap: u64,
}

impl Fatigue {
    /// Nobody can be reached yet.
    #[must_use]
    pub fn none() -> Self {
        Self {
            sentence: String::new(),
            days: 14,
            people: 0,
            median: 0,
            p95: 0,
            shares: Vec::new(),
            cap: None,
            sent: 0,
            held: 0,
            held_by: Vec::new(),
            unsubscribes: Vec::new(),
            near_cap: 0,
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
