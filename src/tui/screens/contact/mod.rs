//! The contact view, opened from Live: fatigue in full, what lies ahead, other policies, who gets what, where people are lost.
//! One page at a time; Tab and the arrows walk through them.

mod fatigue;
mod forecast;
mod gates;
mod grid;
mod policies;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Effect, Loaded, View, step_of};
use crate::panel::contact::why::{Question, Subject};
use crate::panel::contact::{Comparison, FatigueInFull, Forecast, GateLosses, Grid};
use crate::panel::privacy;
use crate::tui::action::Action;
use crate::tui::layout::{Breakpoint, take_top};
use crate::tui::port::{Command, ContactPage};
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::Row;
use crate::tui::widgets::table::Cursor;

/// The pages' names, in their order.
pub(super) const PAGES: [&str; 5] = ["Fatigue", "Forecast", "Policies", "Grid", "Gates"];

const FATIGUE: usize = 0;
const FORECAST: usize = 1;
const POLICIES: usize = 2;
const GRID: usize = 3;
const GATES: usize = 4;

/// What the view knows and where it is.
#[derive(Debug)]
pub(super) struct ContactView {
    page: usize,
    fatigue: Loaded<FatigueInFull>,
    forecast: Loaded<Forecast>,
    policies: Loaded<Comparison>,
    grid: Loaded<Grid>,
    gates: Loaded<GateLosses>,
    /// How far a page is scrolled.
    scroll: usize,
    /// The selected line of each page that has a list.
    cursors: [Cursor; PAGES.len()],
    /// Whether the keys walk through the people of the gates' subject.
    inside: bool,
    /// The subject that is wanted as soon as the gates are there.
    wanted: Option<String>,
    /// Whether the comparison shows the budget the other way round beside the policy in force, and nothing else.
    budget: bool,
}

impl ContactView {
    /// The view at a page, and what has to be asked for.
    pub(super) fn open(page: usize) -> (Self, Vec<Effect>) {
        let view = Self {
            page,
            fatigue: Loaded::Waiting,
            forecast: Loaded::Waiting,
            policies: Loaded::Waiting,
            grid: Loaded::Waiting,
            gates: Loaded::Waiting,
            scroll: 0,
            cursors: [Cursor::default(); PAGES.len()],
            inside: false,
            wanted: None,
            budget: false,
        };
        (view, vec![Effect::Send(Command::Contact)])
    }

    /// The view at the budget's comparison.
    pub(super) fn open_at_budget() -> (Self, Vec<Effect>) {
        let (view, effects) = Self::open(POLICIES);
        (Self { budget: true, ..view }, effects)
    }

    /// The view at where the people of a placement or journey are lost.
    pub(super) fn open_at_subject(name: &str) -> (Self, Vec<Effect>) {
        let (view, effects) = Self::open(GATES);
        (Self { wanted: Some(name.to_owned()), ..view }, effects)
    }

    pub(super) fn receive(&mut self, page: ContactPage) {
        match page {
            ContactPage::Fatigue(page) => self.fatigue = Loaded::Here(page),
            ContactPage::Forecast(page) => self.forecast = page.map_or_else(Loaded::Failed, Loaded::Here),
            ContactPage::Policies(page) => self.policies = page.map_or_else(Loaded::Failed, Loaded::Here),
            ContactPage::Grid(page) => self.grid = Loaded::Here(page),
            ContactPage::Gates(page) => {
                let wanted = self.wanted.take();
                let at = wanted.and_then(|name| page.subjects.iter().position(|known| known.name == name));
                self.cursors[GATES].at = at.unwrap_or(self.cursors[GATES].at);
                self.gates = Loaded::Here(page);
            }
        }
    }

    pub(super) fn page(&self) -> usize {
        self.page
    }

    pub(super) fn turn_to(&mut self, page: usize) {
        (self.page, self.scroll, self.inside) = (page.min(PAGES.len() - 1), 0, false);
    }

    /// Does something; false where the view is to be closed.
    pub(super) fn act(&mut self, action: Action) -> bool {
        let pages = PAGES.len();
        match action {
            Action::Back if self.inside => self.inside = false,
            Action::Back => return false,
            Action::Left => self.turn_to((self.page + pages - 1) % pages),
            Action::Right => self.turn_to((self.page + 1) % pages),
            Action::Budget if self.page == POLICIES => self.budget = !self.budget,
            Action::Budget => {
                self.turn_to(POLICIES);
                self.budget = true;
            }
            Action::Open if self.page == GATES => self.inside = !self.inside,
            _ => self.walk(action),
        }
        true
    }

    fn walk(&mut self, action: Action) {
        let Some(step) = step_of(action) else { return };
        let rows = match self.page {
            FORECAST => self.forecast.here().map_or(0, |page| page.first.len()),
            GRID => self.grid.here().map_or(0, |page| page.rows.len()),
            GATES if self.inside => {
                let rows = self.subject().map_or(0, |subject| subject.some.len());
                let mut cursor = Cursor { at: self.scroll };
                cursor.step(step, rows);
                self.scroll = cursor.at;
                return;
            }
            GATES => self.gates.here().map_or(0, |page| page.subjects.len()),
            _ => {
                let mut cursor = Cursor { at: self.scroll };
                cursor.step(step, 200);
                self.scroll = cursor.at;
                return;
            }
        };
        self.cursors[self.page].step(step, rows);
        self.scroll = 0;
    }

    fn subject(&self) -> Option<&crate::panel::contact::gates::Subject> {
        let subjects = &self.gates.here()?.subjects;
        self.cursors[GATES].within(subjects.len()).and_then(|at| subjects.get(at))
    }

    fn person(&self) -> Option<&crate::panel::contact::gates::Left> {
        let some = &self.subject()?.some;
        Cursor { at: self.scroll }.within(some.len()).and_then(|at| some.get(at)).filter(|_| self.inside)
    }

    fn reaching(&self) -> Option<&crate::panel::contact::forecast::Reaching> {
        let first = &self.forecast.here()?.first;
        self.cursors[FORECAST].within(first.len()).and_then(|at| first.get(at))
    }

    /// What can be asked about the selected line.
    pub(super) fn question(&self) -> Option<Question> {
        use crate::panel::contact::gates::Asked;
        match self.page {
            FORECAST => {
                let profile = self.reaching()?.profile;
                Some(Question { profile, subject: Subject::Everything, at: None })
            }
            GATES => {
                let (person, subject) = (self.person()?, self.subject()?);
                let subject = match subject.kind {
                    Asked::Placement => Subject::Placement(subject.name.clone()),
                    Asked::Messages | Asked::Anything | Asked::Journey => Subject::Everything,
                };
                Some(Question { profile: person.profile, subject, at: None })
            }
            _ => None,
        }
    }

    /// The selected line as text.
    pub(super) fn line(&self, mask: bool) -> Option<String> {
        let name = |name: &Option<String>| privacy::name(name.as_deref(), mask);
        match self.page {
            FATIGUE => self.fatigue.here().map(|page| page.sentence.clone()),
            FORECAST => {
                let person = self.reaching()?;
                Some(format!("{}  {}  {}: {}", person.profile, name(&person.name), person.cap, person.slots))
            }
            POLICIES => self.policies.here().map(|page| page.sentence.clone()),
            GRID => self.grid.here().map(|page| page.sentence.clone()),
            _ => match self.person() {
                Some(person) => Some(format!("{}  {}  {}", person.profile, name(&person.name), person.gate)),
                None => self.subject().map(|subject| format!("{}: {}", subject.name, subject.sentence)),
            },
        }
    }

    /// The areas of the pages: the shown one has all but the row that names them.
    pub(super) fn split(&self, body: Rect) -> Vec<Rect> {
        let (_, page) = take_top(body, 1);
        (0..PAGES.len()).map(|index| if index == self.page { page } else { Rect::ZERO }).collect()
    }

    pub(super) fn draw(&self, areas: &[Rect], buffer: &mut Buffer, view: &View) {
        let Some(area) = areas.iter().copied().find(|area| !area.is_empty()) else { return };
        if view.size >= Breakpoint::Regular && !view.full {
            let strip = Rect { y: area.y.saturating_sub(1), height: 1, ..area };
            line_at(self.strip(view), strip, 0, buffer);
        }
        let frame =
            Frame { title: PAGES[self.page], about: self.about(), note: "Esc back to Live", focused: true };
        let inner = view.frame(frame, area, buffer);
        match self.page {
            FATIGUE => fatigue::draw(self, inner, buffer, view),
            FORECAST => forecast::draw(self, inner, buffer, view),
            POLICIES => policies::draw(self, inner, buffer, view),
            GRID => grid::draw(self, inner, buffer, view),
            _ => gates::draw(self, inner, buffer, view),
        }
    }

    fn about(&self) -> &'static str {
        match self.page {
            FATIGUE => "messages, pressure, caps, what follows",
            FORECAST => "who will reach a cap",
            POLICIES => "the same messages, side by side",
            GRID => "who gets what",
            _ => "where people are lost",
        }
    }

    fn strip(&self, view: &View) -> Row {
        let mut row = view.row().gap(1);
        for (index, name) in PAGES.iter().enumerate() {
            row = if index == self.page {
                row.put(Role::Focus, format!("[{name}]"))
            } else {
                row.muted(format!(" {name} "))
            };
        }
        row.gap(2).put(Role::Key, "← →").muted(" pages")
    }

    /// As many rows as there is room for, from where one has scrolled to.
    fn scrolled(&self, rows: Vec<Row>, area: Rect, buffer: &mut Buffer, view: &View) {
        let height = usize::from(area.height);
        let from = self.scroll.min(rows.len().saturating_sub(height));
        let more = rows.len().saturating_sub(from + height);
        for (index, row) in rows.into_iter().skip(from).take(height).enumerate() {
            line_at(row, area, index as u16, buffer);
        }
        if more > 0 {
            let row = view.row().put(Role::Held, format!("↓ {} more", more + 1));
            line_at(row.to(usize::from(area.width)), area, area.height.saturating_sub(1), buffer);
        }
    }
}

/// Two columns of rows beside each other, the left one of a width.
fn beside(left: Vec<Row>, right: Vec<Row>, (width, gap): (usize, usize), view: &View) -> Vec<Row> {
    let rows = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    (0..rows)
        .map(|_| {
            let first = left.next().unwrap_or_else(|| view.row());
            first.cut(width).to(width + gap).then(right.next().unwrap_or_else(|| view.row()))
        })
        .collect()
}
