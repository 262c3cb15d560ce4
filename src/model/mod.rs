//! Nouns with no behaviour beyond their own invariants. Every other room builds on these and none is imported here.

pub mod channel;
pub mod consent;
pub mod decimal;
pub mod definition;
pub mod event;
pub mod fact;
pub mod id;
pub mod message;
pub mod privacy;
pub mod problem;
pub mod seed;
pub mod time;
pub mod value;
pub mod zone;

pub use channel::Channel;
pub use decimal::{Decimal, Money};
pub use event::{Event, Item};
pub use id::{BatchId, EventId, Identity, Person, ProfileId, RunId};
pub use problem::{Place, Problem};
pub use seed::{Draw, Seed};
pub use time::{Span, Time};
pub use value::{Datum, Value, ValueType};
