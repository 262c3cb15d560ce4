//! The contact view and the whys behind it.

use std::sync::Arc;

use super::{Desk, News};
use crate::decide::Context;
use crate::panel::contact::Forecast;
use crate::panel::contact::forecast::DAYS;
use crate::panel::contact::why::{self, Question};
use crate::work::Cancel;
use crate::work::contact;
use crate::work::frame::threads;
use crate::work::port::{ContactPage, Update};

impl Desk {
    /// Every page; the forecast on a thread of its own, over a copy. People of a run change with every moment and are gone
    /// through here; those who stand still are gone through beside the console.
    pub(super) fn contact(&mut self) {
        // Figures over nobody would be wrong ones, not none.
        self.contact_waits = self.is_blank();
        if self.contact_waits {
            return;
        }
        self.pages.take().into_iter().for_each(|(_, cancel)| cancel.cancel());
        if self.run.is_some() {
            let pages = contact::pages(&self.ground().scene(), &self.policies, &mut || false);
            pages.into_iter().for_each(|pages| self.show_pages(pages));
        } else {
            let (quiet, policies) = (Arc::clone(&self.quiet), self.policies.clone());
            let (cancel, news, id) = (Cancel::default(), self.news.0.clone(), self.next_question());
            self.pages = Some((id, cancel.clone()));
            std::thread::spawn(move || {
                let pages = contact::pages(&quiet.scene(), &policies, &mut || cancel.is_cancelled());
                // Nobody listens once the console is closed.
                let _ = news.send(News::Contact(id, pages.map(Box::new)));
            });
        }
        self.foretell();
    }

    /// Pages that were overtaken by others are not shown.
    pub(super) fn turn(&mut self, id: u64, pages: Option<Box<[ContactPage; 4]>>) {
        if self.pages.as_ref().is_some_and(|(known, _)| *known == id) {
            self.pages = None;
            pages.into_iter().for_each(|pages| self.show_pages(*pages));
        }
    }

    fn show_pages(&self, pages: [ContactPage; 4]) {
        pages.into_iter().for_each(|page| self.say(Update::Contact(page)));
    }

    /// A number of its own for what is worked out aside: what was overtaken may still answer.
    fn next_question(&mut self) -> u64 {
        self.questions += 1;
        self.questions
    }

    fn foretell(&mut self) {
        self.forecast.take().into_iter().for_each(|(_, cancel)| cancel.cancel());
        let ahead = match self.ground().ahead() {
            Ok(ahead) => ahead,
            Err(problem) => return self.say(Update::Contact(ContactPage::Forecast(Err(problem)))),
        };
        let (cancel, news, id) = (Cancel::default(), self.news.0.clone(), self.next_question());
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
