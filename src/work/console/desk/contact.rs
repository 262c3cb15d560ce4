//! The contact view and the whys behind it.

use std::sync::Arc;

use super::{Desk, News};
use crate::decide::Context;
use crate::panel::contact::forecast::DAYS;
use crate::panel::contact::why::{self, Question};
use crate::panel::contact::{FatigueInFull, Forecast, GateLosses, Grid};
use crate::work::Cancel;
use crate::work::contact::{Ground, comparison};
use crate::work::frame::threads;
use crate::work::port::{ContactPage, Update};

impl Desk {
    fn ground(&self) -> Ground<'_> {
        match &self.run {
            Some(run) => Ground::Run(run),
            None => Ground::Quiet(&self.quiet),
        }
    }

    /// Every page; the forecast on a thread of its own, over a copy.
    pub(super) fn contact(&mut self) {
        // Figures over nobody would be wrong ones, not none.
        self.contact_waits = self.is_blank();
        if self.contact_waits {
            return;
        }
        let scene = self.ground().scene();
        self.say(Update::Contact(ContactPage::Fatigue(Arc::new(FatigueInFull::of(&scene)))));
        let policies = comparison(&scene, &self.policies).map(Arc::new);
        self.say(Update::Contact(ContactPage::Policies(policies)));
        self.say(Update::Contact(ContactPage::Grid(Arc::new(Grid::of(&scene)))));
        self.say(Update::Contact(ContactPage::Gates(Arc::new(GateLosses::of(&scene)))));
        self.foretell();
    }

    fn foretell(&mut self) {
        let id = self.forecast.take().map_or(1, |(id, cancel)| {
            cancel.cancel();
            id + 1
        });
        let ahead = match self.ground().ahead() {
            Ok(ahead) => ahead,
            Err(problem) => return self.say(Update::Contact(ContactPage::Forecast(Err(problem)))),
        };
        let (cancel, news) = (Cancel::default(), self.news.0.clone());
        self.forecast = Some((id, cancel.clone()));
        std::thread::spawn(move || {
            let forecast = ahead.forecast(DAYS, threads(), &cancel).map(Box::new);
            // Nobody listens once the console is closed.
            let _ = news.send(News::Forecast(id, forecast));
        });
    }

    /// A forecast that was overtaken by another one is not shown.
    pub(super) fn foretold(&mut self, id: u64, forecast: Option<Box<Forecast>>) {
        let awaited = self.forecast.as_ref().is_some_and(|(known, _)| *known == id);
        if !awaited {
            return;
        }
        self.forecast = None;
        if let Some(forecast) = forecast {
            self.say(Update::Contact(ContactPage::Forecast(Ok(Arc::new(*forecast)))));
        }
    }

    pub(super) fn why(&self, question: Question) {
        let answer = why::ask(&self.ground().scene(), &question, &Context::default());
        self.say(Update::Why(question, answer.map(Arc::new)));
    }
}
