//! 1 Live: the running test, fatigue, satisfaction, where people are, and the decisions as they are made.
//!
//! ```text
//! ╭ Uplift ────────────╮╭ Fatigue ───────╮
//! ╰────────────────────╯╰────────────────╯
//! ╭ CSAT ──────────────╮╭ Where people … ╮
//! ╰────────────────────╯╰────────────────╯
//!  decisions, newest first
//! ```

mod csat;
mod fatigue;
mod key_numbers;
mod ticker;
mod uplift;
pub(crate) use uplift::{moved, verdict};
mod whereabouts;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::contact::{self, ContactView};
use super::{Effect, Screen, View, WhyQuestion, step_of};
use crate::model::Problem;
use crate::panel::live::{Live, Tick, WhyLine};
use crate::tui::action::Action;
use crate::tui::layout::{Breakpoint, part, take_left, take_top};
use crate::tui::port::ContactPage;
use crate::tui::widgets::frame::Frame;
use crate::tui::widgets::table::Cursor;

pub(crate) const TICKER: usize = 4;

const FATIGUE: usize = 1;

/// The room's state.
#[derive(Debug)]
pub(crate) struct LiveScreen {
    newest: Arc<Live>,
    frozen: Option<Arc<Live>>,
    /// Why the workspace could not be read.
    unread: Option<Problem>,
    focus: usize,
    cursor: Cursor,
    /// The contact view in place of the panels, while it is open.
    contact: Option<ContactView>,
}

impl LiveScreen {
    pub(crate) fn new(first: Arc<Live>) -> Self {
        Self { newest: first, frozen: None, unread: None, focus: 0, cursor: Cursor::default(), contact: None }
    }

    /// A page of the contact view is there; one that nobody looks at any more is dropped.
    pub(crate) fn receive_contact(&mut self, page: ContactPage) {
        if let Some(contact) = &mut self.contact {
            contact.receive(page);
        }
    }

    /// Opens the contact view at where the people of a placement or journey are lost.
    pub(crate) fn open_losses(&mut self, name: &str) -> Vec<Effect> {
        self.opened(ContactView::open_at_subject(name))
    }

    fn opened(&mut self, (contact, effects): (ContactView, Vec<Effect>)) -> Vec<Effect> {
        self.contact = Some(contact);
        effects
    }

    /// The newest picture, whether or not it is shown.
    pub(crate) fn newest(&self) -> &Live {
        &self.newest
    }

    /// What the panels show.
    pub(crate) fn shown(&self) -> &Live {
        self.frozen.as_ref().unwrap_or(&self.newest)
    }

    /// Whether the panels are held still.
    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// There will be no picture, and why.
    pub(crate) fn fail(&mut self, problem: &Problem) {
        self.unread = Some(problem.clone());
    }

    /// Takes a new picture. A selection that has the keys, or left the top, stays on its line while new ones come in
    /// above it: what is asked about is what was read.
    pub(crate) fn receive(&mut self, live: Arc<Live>) {
        if self.frozen.is_none() && (self.cursor.at > 0 || self.focus == TICKER) {
            let selected = self.newest.ticker.get(self.cursor.at);
            if let Some(place) = selected.and_then(|tick| live.ticker.iter().position(|other| other == tick))
            {
                self.cursor.at = place;
            }
        }
        self.newest = live;
        self.unread = None;
    }

    /// The selected line; while another panel has the focus, the newest one with a decision behind it.
    fn selected(&self) -> Option<&Tick> {
        let ticks = &self.shown().ticker;
        if self.focus != TICKER {
            return ticks.iter().find(|tick| !tick.why.is_empty()).or(ticks.first());
        }
        self.cursor.within(ticks.len()).and_then(|at| ticks.get(at))
    }

    fn freeze(&mut self) {
        self.frozen = match self.frozen.take() {
            None => Some(Arc::clone(&self.newest)),
            Some(_) => None,
        };
    }

    /// The neighbour of the focused panel in the two-by-two grid with the ticker below.
    fn neighbour(&self, action: Action) -> usize {
        match (self.focus, action) {
            (0 | 2, Action::Right) => self.focus + 1,
            (1 | 3, Action::Left) => self.focus - 1,
            (0 | 1, Action::Down) => self.focus + 2,
            (2 | 3, Action::Up) => self.focus - 2,
            (2 | 3, Action::Down) => TICKER,
            (focus, _) => focus,
        }
    }
}

impl LiveScreen {
    /// Every panel while nothing is known yet.
    fn draw_reading(&self, areas: &[Rect], buffer: &mut Buffer, view: &View) {
        const TITLES: [&str; 5] = ["Uplift", "Fatigue", "CSAT", "Where people are", "Decisions"];
        for (pane, (title, area)) in TITLES.into_iter().zip(areas).enumerate() {
            if !area.is_empty() {
                let frame = Frame { title, about: "", note: "", focused: self.focus == pane };
                let inner = view.frame(frame, *area, buffer);
                match &self.unread {
                    Some(problem) if pane == 0 => view.fault(problem, inner, buffer),
                    Some(_) => {}
                    None => view.teach("Reading the workspace …", "", inner, buffer),
                }
            }
        }
    }
}

impl Screen for LiveScreen {
    fn pane_names(&self) -> &'static [&'static str] {
        if self.contact.is_some() {
            return &contact::PAGES;
        }
        &["Uplift", "Fatigue", "CSAT", "Where", "Decisions"]
    }

    fn focus(&self) -> usize {
        self.contact.as_ref().map_or(self.focus, ContactView::page)
    }

    fn set_focus(&mut self, pane: usize) {
        match &mut self.contact {
            Some(contact) => contact.turn_to(pane),
            None => self.focus = pane,
        }
    }

    fn opens_full_size(&self) -> bool {
        self.contact.is_none() && self.focus != FATIGUE
    }

    fn split(&self, body: Rect) -> Vec<Rect> {
        if let Some(contact) = &self.contact {
            return contact.split(body);
        }
        let ticker_height = if body.height >= 27 { 7.max(body.height / 5) } else { 3 };
        let (panels, ticker) = take_top(body, body.height.saturating_sub(ticker_height));
        let lower_height = part(panels.height, 40).max(8);
        let (upper, lower) = take_top(panels, panels.height.saturating_sub(lower_height));
        let left = part(body.width, 58);
        let (uplift, fatigue) = take_left(upper, left);
        let (csat, whereabouts) = take_left(lower, left);
        vec![uplift, fatigue, csat, whereabouts, ticker]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if let (Action::Contact, None) | (Action::Open, None) = (action, &self.contact)
            && (action == Action::Contact || self.focus == FATIGUE)
        {
            return self.opened(ContactView::open(0));
        }
        match (&mut self.contact, action) {
            (Some(_), Action::Freeze) | (None, _) => {}
            (Some(contact), _) => {
                if action == Action::Contact || !contact.act(action) {
                    self.contact = None;
                }
                return Vec::new();
            }
        }
        match action {
            Action::Budget => return self.opened(ContactView::open_at_budget()),
            Action::Freeze => self.freeze(),
            Action::Up if self.focus == TICKER && self.cursor.at == 0 => self.focus = 2,
            Action::Left | Action::Right => self.focus = self.neighbour(action),
            Action::Up | Action::Down if self.focus != TICKER => self.focus = self.neighbour(action),
            _ => {
                if let Some(step) = step_of(action) {
                    self.cursor.step(step, self.shown().ticker.len());
                }
            }
        }
        Vec::new()
    }

    fn click(&mut self, pane: usize, area: Rect, at: Position) -> Vec<Effect> {
        if self.contact.is_none()
            && pane == TICKER
            && let Some(row) = ticker::row_at(self.shown().ticker.len(), self.cursor, area, at)
        {
            self.cursor.at = row;
        }
        Vec::new()
    }

    fn draw(&self, areas: &[Rect], buffer: &mut Buffer, view: &View) {
        if let Some(contact) = &self.contact {
            return contact.draw(areas, buffer, view);
        }
        let live = self.shown();
        if live.reading {
            return self.draw_reading(areas, buffer, view);
        }
        if view.size == Breakpoint::Tiny && !view.full && self.focus != TICKER {
            let area = areas.iter().copied().find(|area| !area.is_empty()).unwrap_or_default();
            return key_numbers::draw(live, area, buffer, view);
        }
        let pane = |index: usize| areas.get(index).copied().filter(|area| !area.is_empty());
        if let Some(area) = pane(0) {
            uplift::draw(&live.uplift, area, buffer, view, self.focus == 0);
        }
        if let Some(area) = pane(1) {
            fatigue::draw(&live.fatigue, area, buffer, view, self.focus == 1);
        }
        if let Some(area) = pane(2) {
            csat::draw(&live.csat, area, buffer, view, self.focus == 2);
        }
        if let Some(area) = pane(3) {
            whereabouts::draw(&live.whereabouts, area, buffer, view, self.focus == 3);
        }
        if let Some(area) = pane(TICKER) {
            ticker::draw(&live.ticker, self.cursor, area, buffer, view, self.focus == TICKER);
        }
    }

    fn selected_line(&self, mask: bool) -> Option<String> {
        if let Some(contact) = &self.contact {
            return contact.line(mask);
        }
        self.selected().map(|tick| ticker::text(tick, mask))
    }

    fn selected_why(&self) -> Option<&[WhyLine]> {
        if self.contact.is_some() {
            return None;
        }
        self.selected().map(|tick| tick.why.as_slice())
    }

    fn why_question(&self) -> Option<WhyQuestion> {
        if let Some(contact) = &self.contact {
            return contact.question();
        }
        let tick = self.selected()?;
        Some(WhyQuestion { profile: tick.profile, subject: tick.asked.clone()?, at: Some(tick.at) })
    }

    fn show(&mut self, name: &str) -> Vec<Effect> {
        self.contact = None;
        let names = self.pane_names();
        if let Some(pane) = names.iter().position(|pane| pane.eq_ignore_ascii_case(name)) {
            self.focus = pane;
        }
        if self.focus == TICKER {
            self.cursor.at = self.shown().ticker.iter().position(|tick| !tick.why.is_empty()).unwrap_or(0);
        }
        Vec::new()
    }
}
