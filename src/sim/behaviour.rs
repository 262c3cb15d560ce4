//! What people of a world do next. Every draw is a function of (seed, person, purpose, occurrence): two runs that differ
//! only in an arm differ only where the arm reaches.

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use statrs::function::erf::erf_inv;

use super::world::{Reaction, Satisfaction, World};
use crate::decide::Library;
use crate::model::event::names;
use crate::model::message::MessageState;
use crate::model::{Channel, Decimal, Draw, Seed, Span, Time};
use crate::traffic::{
    Emit, Happened, Happening, MessageLog, Profile, Property, Source, Stimulus, Vocabulary,
};

/// A world at work.
#[derive(Debug, Clone)]
pub struct Behaviour {
    world: World,
    seed: Seed,
    draws: Draws,
    words: Words,
    /// The draws of reactions to messages of each journey of the library.
    journeys: Vec<Draw>,
    /// Reactions by content of the library.
    reactions: Vec<Option<Reaction>>,
    /// Answers by content of the library.
    satisfactions: Vec<Option<Satisfaction>>,
    /// Cumulative weights of the products.
    catalogue: Vec<Shelf>,
}

#[derive(Debug, Clone)]
struct Shelf {
    upto: f64,
    id: u32,
    category: u32,
    price: f64,
}

#[derive(Debug, Clone, Copy)]
struct Draws {
    rate: Draw,
    gap: Draw,
    visit: Draw,
    message: Draw,
    ticket: Draw,
}

#[derive(Debug, Clone, Copy)]
struct Words {
    page: u32,
    list: u32,
    view: u32,
    add: u32,
    remove: u32,
    checkout: u32,
    payment: u32,
    order: u32,
    ticket: u32,
    product_id: u32,
    category: u32,
    price: u32,
    total: u32,
    path: u32,
    home: u32,
    deals: u32,
}

impl Behaviour {
    /// Makes a world ready to run against a library of contents.
    #[must_use]
    pub fn new(world: World, seed: Seed, library: &Library, words: &mut Vocabulary) -> Self {
        let reactions = library
            .contents
            .iter()
            .map(|content| world.reactions.iter().find(|r| r.experience == content.name).cloned())
            .collect();
        let satisfactions = library
            .contents
            .iter()
            .map(|content| world.satisfactions.iter().find(|s| s.survey == content.name).cloned())
            .collect();
        let total: f64 = world.products.iter().map(|product| product.weight).sum();
        let mut upto = 0.0;
        let catalogue = world
            .products
            .iter()
            .map(|product| {
                upto += product.weight / total;
                Shelf {
                    upto,
                    id: words.code(&product.id),
                    category: words.code(&product.category),
                    price: product.price,
                }
            })
            .collect();
        Self {
            seed,
            draws: Draws {
                rate: Draw::of("visit rate"),
                gap: Draw::of("visit gap"),
                visit: Draw::of("visit"),
                message: Draw::of("message"),
                ticket: Draw::of("ticket"),
            },
            words: Words {
                page: words.code(names::PAGE_VIEWED),
                list: words.code(names::PRODUCT_LIST_VIEWED),
                view: words.code(names::PRODUCT_VIEWED),
                add: words.code(names::PRODUCT_ADDED),
                remove: words.code(names::PRODUCT_REMOVED),
                checkout: words.code(names::CHECKOUT_STARTED),
                payment: words.code(names::PAYMENT_INFO_ENTERED),
                order: words.code(names::ORDER_COMPLETED),
                ticket: words.code("Support Ticket Closed"),
                product_id: words.code("product_id"),
                category: words.code("category"),
                price: words.code("price"),
                total: words.code("total"),
                path: words.code("path"),
                home: words.code("/"),
                deals: words.code("/deals"),
            },
            journeys: library.journeys.iter().map(|name| Draw::of(&format!("message of {name}"))).collect(),
            reactions,
            satisfactions,
            catalogue,
            world,
        }
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Visits per millisecond of one person: log-normal over people.
    fn rate(&self, unit: u64) -> f64 {
        let x = self.seed.uniform(unit, self.draws.rate, 0).clamp(1e-9, 1.0 - 1e-9);
        let normal = std::f64::consts::SQRT_2 * erf_inv(2.0 * x - 1.0);
        self.world.visits.per_day * (self.world.visits.spread * normal).exp() / Span::DAY.0 as f64
    }

    /// The next visit: an exponential gap in time weighted by the hour, so nights are thin.
    fn next_visit(&self, unit: u64, number: u64, after: Time) -> Time {
        let x = self.seed.uniform(unit, self.draws.gap, number);
        let mut work = -(1.0 - x).ln() / self.rate(unit);
        let hours = &self.world.visits.hours;
        let mean = hours.iter().sum::<f64>() / 24.0;
        let mut at = after;
        // Each pass goes on to the next full hour; a gap of years is cut off by the end of any run.
        for _ in 0..24 * 400 {
            let hour = at.hour().rem_euclid(24) as usize;
            let weight = hours.get(hour).copied().unwrap_or(mean) / mean;
            let left = Span((at.hour() + 1) * Span::HOUR.0 - at.0);
            let capacity = left.0 as f64 * weight;
            if work < capacity {
                return at + Span((work / weight.max(1e-9)) as i64);
            }
            work -= capacity;
            at = at + left;
        }
        Time::MAX
    }

    fn shelf(&self, x: f64) -> &Shelf {
        let index = self.catalogue.partition_point(|shelf| shelf.upto <= x);
        &self.catalogue[index.min(self.catalogue.len() - 1)]
    }

    fn visit(&self, profile: &Profile, number: u64, at: Time, emit: &mut dyn Emit) {
        let mut draw = self.seed.stream(profile.unit, self.draws.visit, number);
        let model = &self.world.session;
        let channel = if draw.random::<f64>() < model.app { Channel::App } else { Channel::Web };
        let mut walk = Walk { at, channel, emit };
        walk.page(&self.words, self.words.home);
        walk.emit.emit(walk.at, Stimulus::Placement("home.hero"));
        if draw.random::<f64>() < 0.25 {
            walk.pause(&mut draw, 20);
            walk.page(&self.words, self.words.deals);
        }
        let views = 1 + (-(1.0 - draw.random::<f64>()).ln() * (model.views - 1.0)) as u32;
        let mut seen = self.shelf(draw.random());
        for view in 0..views.min(20) {
            walk.pause(&mut draw, 45);
            if view == 0 {
                walk.happen(self.words.list, vec![(self.words.category, Property::Word(seen.category))]);
                walk.pause(&mut draw, 30);
            }
            walk.product(&self.words, self.words.view, seen);
            if draw.random::<f64>() < 0.5 {
                seen = self.shelf(draw.random());
            }
        }
        self.cart(profile, &mut draw, &mut walk, seen);
        let next = self.next_visit(profile.unit, number + 1, walk.at);
        if next < Time::MAX {
            walk.emit.emit(next, Stimulus::Own(number + 1));
        }
    }

    fn cart(&self, profile: &Profile, draw: &mut Xoshiro256PlusPlus, walk: &mut Walk<'_>, shelf: &Shelf) {
        let model = &self.world.session;
        // Every draw is made whether it is needed or not, so that one answer never shifts the others.
        let [add, checkout, order, back, when, value, remove] = std::array::from_fn(|_| draw.random::<f64>());
        if add >= model.add {
            return;
        }
        walk.pause(draw, 40);
        walk.product(&self.words, self.words.add, shelf);
        if checkout < model.checkout {
            walk.pause(draw, 60);
            walk.happen(self.words.checkout, vec![]);
            if order < model.order {
                walk.pause(draw, 90);
                walk.happen(self.words.payment, vec![]);
                walk.pause(draw, 60);
                self.order(profile, walk, shelf, value, 1.0);
                return;
            }
        }
        if remove < model.remove {
            walk.pause(draw, 1_200);
            walk.product(&self.words, self.words.remove, shelf);
            return;
        }
        if back < model.come_back {
            let least = Span::hours(3).0 as f64;
            let delay = least + when * (model.come_back_within.0 as f64 - least).max(0.0);
            walk.at = walk.at + Span(delay as i64);
            walk.page(&self.words, self.words.home);
            walk.at = walk.at + Span::minutes(2);
            self.order(profile, walk, shelf, value, 1.0);
        }
    }

    fn order(&self, profile: &Profile, walk: &mut Walk<'_>, shelf: &Shelf, x: f64, basket: f64) {
        let total = shelf.price * (1.0 + 1.6 * x) * basket;
        let total = Decimal::from_f64((total * 100.0).round() / 100.0).unwrap_or_default();
        walk.happen(
            self.words.order,
            vec![
                (self.words.total, Property::Number(total)),
                (self.words.category, Property::Word(shelf.category)),
                (self.words.product_id, Property::Word(shelf.id)),
            ],
        );
        let ticket = self.seed.uniform(profile.unit, self.draws.ticket, walk.at.0 as u64);
        if ticket < self.world.session.support {
            let solved = walk.at + Span::hours(20) + Span((ticket * 1e11) as i64 % Span::DAY.0);
            let event = Happening {
                at: solved,
                name: self.words.ticket,
                channel: Channel::Phone,
                properties: Box::default(),
                items: Box::default(),
                observed: false,
            };
            walk.emit.emit(solved, Stimulus::Event(event));
        }
    }

    /// The draws of a reaction belong to the journey and to how many messages of it the person had before: the arms of a
    /// test share them, and a message of another journey does not move them.
    fn reaction(&self, profile: &Profile, index: u32, log: &MessageLog) -> Xoshiro256PlusPlus {
        let others = (0..).zip(&profile.messages).filter(|(other, _)| *other != index);
        let number = others.filter(|(_, known)| known.journey == log.journey && known.sent.is_some()).count();
        let journey = log.journey.and_then(|journey| self.journeys.get(journey as usize));
        let purpose = journey.copied().unwrap_or(self.draws.message);
        self.seed.stream(profile.unit, purpose, number as u64)
    }

    fn sent(&self, profile: &Profile, index: u32, log: &MessageLog, at: Time, emit: &mut dyn Emit) {
        let content = log.content as usize;
        let mut outcome =
            |at, state, score| emit.emit(at, Stimulus::Outcome { message: index, state, score });
        if let Some(Some(survey)) = self.satisfactions.get(content) {
            let mut draw = self.reaction(profile, index, log);
            outcome(at + Span::SECOND, MessageState::Delivered, None);
            let (answers, delay) = (draw.random::<f64>() < survey.answer, draw.random::<f64>());
            let score = point(&survey.scores, draw.random());
            if answers {
                let when = at + Span::minutes(5) + Span((delay * Span::hours(20).0 as f64) as i64);
                outcome(when, MessageState::Clicked, Some(score));
            }
            return;
        }
        let Some(Some(reaction)) = self.reactions.get(content) else {
            outcome(at + Span::SECOND, MessageState::Delivered, None);
            return;
        };
        let mut draw = self.reaction(profile, index, log);
        let [arrives, opens, clicks, orders, leaves, when, value, which] =
            std::array::from_fn(|_| draw.random::<f64>());
        let delivered = at + Span(20_000 + (when * 60_000.0) as i64);
        if arrives > 0.985 {
            return;
        }
        outcome(delivered, MessageState::Delivered, None);
        let pressure = f64::from(log.pressure);
        let damped = reaction.open * (-self.world.fatigue.open_damping * pressure).exp();
        if leaves < reaction.unsubscribe * (1.0 + self.world.fatigue.unsubscribe_rise * pressure * pressure) {
            outcome(delivered + Span::minutes(30), MessageState::Unsubscribed, None);
            return;
        }
        if opens >= damped {
            return;
        }
        let opened = delivered + Span((when * when * Span::hours(10).0 as f64) as i64) + Span::minutes(1);
        outcome(opened, MessageState::Opened, None);
        if clicks >= reaction.click {
            return;
        }
        let clicked = opened + Span::SECOND;
        outcome(clicked, MessageState::Clicked, None);
        let mut walk = Walk { at: clicked + Span::SECOND, channel: Channel::Web, emit };
        let shelf = self.shelf(which);
        walk.product(&self.words, self.words.view, shelf);
        if orders < reaction.order {
            walk.pause(&mut draw, 240);
            walk.happen(self.words.checkout, vec![]);
            walk.pause(&mut draw, 120);
            self.order(profile, &mut walk, shelf, value, reaction.basket);
        }
    }
}

impl Source for Behaviour {
    fn react(&self, profile: &Profile, at: Time, happened: Happened<'_>, emit: &mut dyn Emit) {
        match happened {
            Happened::Began => {
                let first = self.next_visit(profile.unit, 0, at);
                if first < Time::MAX {
                    emit.emit(first, Stimulus::Own(0));
                }
            }
            Happened::Own(number) => self.visit(profile, number, at, emit),
            Happened::Sent(index, log) => self.sent(profile, index, log, at, emit),
            Happened::Shown(..) => {}
        }
    }
}

/// A person walking through the shop.
struct Walk<'a> {
    at: Time,
    channel: Channel,
    emit: &'a mut dyn Emit,
}

impl Walk<'_> {
    fn pause(&mut self, draw: &mut Xoshiro256PlusPlus, mean_seconds: i64) {
        let x: f64 = draw.random();
        self.at = self.at + Span::SECOND + Span((-(1.0 - x).ln() * mean_seconds as f64 * 1_000.0) as i64);
    }

    fn happen(&mut self, name: u32, properties: Vec<(u32, Property)>) {
        let event = Happening {
            at: self.at,
            name,
            channel: self.channel,
            properties: properties.into(),
            items: Box::default(),
            observed: false,
        };
        self.emit.emit(self.at, Stimulus::Event(event));
    }

    fn page(&mut self, words: &Words, path: u32) {
        self.happen(words.page, vec![(words.path, Property::Word(path))]);
    }

    fn product(&mut self, words: &Words, name: u32, shelf: &Shelf) {
        let price = Decimal::from_f64(shelf.price).unwrap_or_default();
        self.happen(
            name,
            vec![
                (words.product_id, Property::Word(shelf.id)),
                (words.category, Property::Word(shelf.category)),
                (words.price, Property::Number(price)),
            ],
        );
    }
}

fn point(shares: &[f64], x: f64) -> u8 {
    let total: f64 = shares.iter().sum();
    let mut sum = 0.0;
    for (index, share) in shares.iter().enumerate() {
        sum += share / total;
        if x < sum {
            return u8::try_from(index + 1).unwrap_or(u8::MAX);
        }
    }
    u8::try_from(shares.len().max(1)).unwrap_or(u8::MAX)
}
