//! 3 People: a list to look through, and everything known of one person beside it.

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::person_card;
use super::{Effect, Loaded, Question, Screen, View, step_of};
use crate::model::Problem;
use crate::panel::contact::why::{Question as WhyQuestion, Subject};
use crate::panel::figures;
use crate::panel::live::WhyLine;
use crate::panel::people::{People, PersonCard, PersonRow};
use crate::panel::privacy;
use crate::tui::action::Action;
use crate::tui::layout::{part, take_left, take_top};
use crate::tui::port::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::Row;
use crate::tui::widgets::table::{self, Cursor};

const LIST: usize = 0;
const CARD: usize = 1;

/// The room's state.
#[derive(Debug)]
pub(crate) struct PeopleScreen {
    people: Loaded<People>,
    card: Option<Arc<PersonCard>>,
    /// Whether the first person of the next list is to be opened at once.
    open_first: bool,
    focus: usize,
    list: Cursor,
    timeline: Cursor,
}

impl Default for PeopleScreen {
    fn default() -> Self {
        Self {
            people: Loaded::Waiting,
            card: None,
            open_first: false,
            focus: LIST,
            list: Cursor::default(),
            timeline: Cursor::default(),
        }
    }
}

impl PeopleScreen {
    pub(crate) fn receive(&mut self, people: Arc<People>) -> Vec<Effect> {
        self.people = Loaded::Here(people);
        if std::mem::take(&mut self.open_first) {
            self.list = Cursor::default();
            return self.open();
        }
        Vec::new()
    }

    pub(crate) fn receive_card(&mut self, card: Arc<PersonCard>) {
        if self.card.as_ref().is_none_or(|before| before.id != card.id) {
            self.timeline = Cursor::default();
        }
        self.card = Some(card);
    }

    pub(crate) fn fail(&mut self, problem: Problem) {
        self.open_first = false;
        self.people = Loaded::Failed(problem);
    }

    /// Names of the listed people, for the palette.
    pub(crate) fn names(&self, mask: bool) -> Vec<(String, String)> {
        let Some(people) = self.people.here() else { return Vec::new() };
        let named = people.rows.iter().filter_map(|person| {
            let name = person.name.clone()?;
            let hint = if mask { person.id.to_string() } else { person.email.clone().unwrap_or_default() };
            Some((name, hint))
        });
        named.collect()
    }

    fn selected(&self) -> Option<&PersonRow> {
        let rows = &self.people.here()?.rows;
        self.list.within(rows.len()).and_then(|at| rows.get(at))
    }

    fn open(&mut self) -> Vec<Effect> {
        let Some(id) = self.selected().map(|person| person.id) else { return Vec::new() };
        self.focus = CARD;
        vec![Effect::Send(Command::OpenPerson(id))]
    }

    fn draw_list(&self, area: Rect, buffer: &mut Buffer, view: &View) {
        let note = self
            .people
            .here()
            .map(|people| format!("{} of {}", figures::count(people.matching), figures::count(people.total)))
            .unwrap_or_default();
        let filter = self.people.here().map(|people| people.filter.as_str()).unwrap_or_default();
        // What was searched for is a name as well.
        let about = if filter.is_empty() { String::new() } else { privacy::name(Some(filter), view.mask) };
        let frame = Frame { title: "People", about: &about, note: &note, focused: self.focus == LIST };
        let inner = view.frame(frame, area, buffer);
        let Some(people) = self.people.here_or_say(view, inner, buffer) else { return };
        if people.rows.is_empty() {
            let (what, then) = if people.total == 0 {
                ("No people yet.", "2 brings in people and events")
            } else {
                ("Nobody matches.", "/ finds others by name, address or id; an empty text lists everyone")
            };
            return view.teach(what, then, inner, buffer);
        }
        line_at(view.row().text(&people.sentence), inner, 0, buffer);
        let columns = Columns::of(inner.width);
        let list = table::headed(columns.head(view), take_top(inner, 1).1, buffer);
        table::draw(&people.rows, self.list, self.focus == LIST, list, buffer, |person| {
            columns.row(person, view)
        });
    }
}

/// What is told of each person in the list, for a width.
struct Columns {
    name: usize,
    orders: bool,
    spent: bool,
    seen: bool,
}

impl Columns {
    fn of(width: u16) -> Self {
        Self {
            name: if width < 46 { 16 } else { 19 },
            orders: width >= 46,
            spent: width >= 57,
            seen: width >= 70,
        }
    }

    fn head(&self, view: &View) -> Row {
        let row = view.row().cell(Role::Muted, "id", 9).cell(Role::Muted, "name", self.name).cell(
            Role::Muted,
            "stage",
            11,
        );
        self.rest(row, [(Role::Muted, "orders"), (Role::Muted, "spent"), (Role::Muted, "seen")])
    }

    fn row(&self, person: &PersonRow, view: &View) -> Row {
        let name = privacy::name(person.name.as_deref(), view.mask);
        let row = view
            .row()
            .cell(Role::Muted, person.id.to_string(), 9)
            .cell(if person.name.is_some() { Role::Text } else { Role::Muted }, name, self.name - 1)
            .gap(1)
            .cell(Role::Text, person.lifecycle.as_deref().unwrap_or("–"), 11);
        let seen =
            person.seen.map_or("–".to_owned(), |at| at.short(&TimeZone::UTC).chars().take(10).collect());
        let orders = figures::count(person.orders);
        let spent = person.spent.as_deref().unwrap_or("–");
        self.rest(row, [(Role::Text, &orders), (Role::Text, spent), (Role::Muted, &seen)])
    }

    fn rest(&self, row: Row, [orders, spent, seen]: [(Role, &str); 3]) -> Row {
        let row = if self.orders { row.right(orders.0, orders.1, 6) } else { row };
        let row = if self.spent { row.right(spent.0, spent.1, 12) } else { row };
        if self.seen { row.gap(2).put(seen.0, seen.1) } else { row }
    }
}

impl Screen for PeopleScreen {
    fn pane_names(&self) -> &'static [&'static str] {
        &["People", "Person"]
    }

    fn focus(&self) -> usize {
        self.focus
    }

    fn set_focus(&mut self, pane: usize) {
        self.focus = pane;
    }

    fn split(&self, body: Rect) -> Vec<Rect> {
        let (list, card) = take_left(body, part(body.width, 52).min(70));
        vec![list, card]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if let Some(step) = step_of(action) {
            if self.focus == LIST {
                let rows = self.people.here().map_or(0, |people| people.rows.len());
                self.list.step(step, rows);
            } else {
                self.timeline.step(step, self.card.as_ref().map_or(0, |card| card.timeline.len()));
            }
            return Vec::new();
        }
        match action {
            Action::Open if self.focus == LIST => return self.open(),
            Action::Filter => {
                let filter = self.people.here().map(|people| people.filter.clone()).unwrap_or_default();
                return vec![Effect::Ask(Question::PeopleFilter(filter))];
            }
            Action::Right => self.focus = CARD,
            Action::Left => self.focus = LIST,
            Action::Back => {
                self.focus = LIST;
                self.card = None;
            }
            _ => {}
        }
        Vec::new()
    }

    fn click(&mut self, pane: usize, area: Rect, at: Position) -> Vec<Effect> {
        let rows = self.people.here().map_or(0, |people| people.rows.len());
        let Some(row) = table::row_at(self.list, rows, area, (3, 1), at).filter(|_| pane == LIST) else {
            return Vec::new();
        };
        self.list.at = row;
        let effects = self.open();
        self.focus = LIST;
        effects
    }

    fn draw(&self, areas: &[Rect], buffer: &mut Buffer, view: &View) {
        let pane = |index: usize| areas.get(index).copied().filter(|area| !area.is_empty());
        if let Some(area) = pane(LIST) {
            self.draw_list(area, buffer, view);
        }
        if let Some(area) = pane(CARD) {
            person_card::draw(self.card.as_deref(), self.timeline, area, buffer, view, self.focus == CARD);
        }
    }

    fn opens_full_size(&self) -> bool {
        self.focus == CARD
    }

    fn selected_line(&self, mask: bool) -> Option<String> {
        if self.focus == LIST {
            let person = self.selected()?;
            return Some(format!("{}  {}", person.id, privacy::name(person.name.as_deref(), mask)));
        }
        let card = self.card.as_ref()?;
        let line = card.timeline.get(self.timeline.within(card.timeline.len())?)?;
        Some(format!("{}  {}", line.at, line.text))
    }

    fn selected_why(&self) -> Option<&[WhyLine]> {
        let card = self.card.as_ref().filter(|_| self.focus == CARD)?;
        card.timeline.get(self.timeline.within(card.timeline.len())?).map(|line| line.why.as_slice())
    }

    fn why_question(&self) -> Option<WhyQuestion> {
        if self.focus == LIST {
            let profile = self.selected()?.id;
            return Some(WhyQuestion { profile, subject: Subject::Everything, at: None });
        }
        let card = self.card.as_ref()?;
        let line = card.timeline.get(self.timeline.within(card.timeline.len())?)?;
        let subject = line.asked.clone();
        match (subject, line.kind) {
            (Some(subject), _) => Some(WhyQuestion { profile: card.id, subject, at: Some(line.at) }),
            // What nobody here decided cannot be decided again; what would be decided now can.
            (None, _) => Some(WhyQuestion { profile: card.id, subject: Subject::Everything, at: None }),
        }
    }

    fn show(&mut self, name: &str) -> Vec<Effect> {
        self.open_first = true;
        vec![Effect::Send(Command::LoadPeople { filter: name.to_owned() })]
    }
}
