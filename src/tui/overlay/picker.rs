//! Lists found by typing: every key (help), and every action and thing (palette).

mod help;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::clear;
use crate::panel::figures;
use crate::panel::privacy::{self, plain};
use crate::panel::segments::offers::Offer;
use crate::tui::action::{ACTIONS, Action};
use crate::tui::app::App;
use crate::tui::keymap::Stroke;
use crate::tui::layout::centred;
use crate::tui::port::Room;
use crate::tui::screens::{View, step_of};
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::input::TextInput;
use crate::tui::widgets::row::Row;
use crate::tui::widgets::table::Cursor;

pub(crate) use help::Help;

/// What was typed and what is selected.
#[derive(Debug, Clone)]
pub(crate) struct Picker {
    input: TextInput,
    cursor: Cursor,
}

impl Default for Picker {
    fn default() -> Self {
        Self { input: TextInput::line(""), cursor: Cursor::default() }
    }
}

/// What an entry of the palette leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The action of this id.
    Do(&'static str),
    /// The thing of this name in a room.
    Show(Room, String),
}

struct Entry {
    kind: &'static str,
    label: String,
    hint: String,
    target: Target,
}

impl Picker {
    pub(crate) fn type_key(&mut self, stroke: Stroke) {
        if self.input.type_key(stroke) {
            self.cursor = Cursor::default();
        }
    }

    pub(crate) fn paste(&mut self, text: &str) {
        self.input.paste(text);
        self.cursor = Cursor::default();
    }

    pub(crate) fn step(&mut self, action: Action) {
        if let Some(step) = step_of(action) {
            // The list's length is only known when it is drawn; the selection is held within it there.
            self.cursor.step(step, usize::from(u16::MAX));
        }
    }

    /// The selected entry of the palette.
    pub(crate) fn chosen(&self, app: &App) -> Option<Target> {
        let mut entries = self.entries(app);
        let at = self.cursor.within(entries.len())?;
        Some(entries.swap_remove(at).target)
    }

    /// What a cell may be filled with: what matches, then what was typed.
    fn offers(&self, app: &App) -> Vec<Offer> {
        let known = match app.room {
            Room::Experiments => app.rooms.experiments.offered(),
            _ => app.rooms.segments.offered().unwrap_or_default(),
        };
        let typed = self.input.text().trim().to_owned();
        let mut offers: Vec<Offer> =
            known.into_iter().filter(|offer| self.matches(&[&offer.label, &offer.text])).collect();
        if !typed.is_empty() && offers.iter().all(|offer| offer.text != typed) {
            let offer =
                Offer { kind: "as typed".to_owned(), label: typed.clone(), text: typed, ..Offer::default() };
            offers.push(offer);
        }
        offers
    }

    /// The text chosen for a cell.
    pub(crate) fn chosen_offer(&self, app: &App) -> Option<String> {
        let mut offers = self.offers(app);
        let at = self.cursor.within(offers.len())?;
        Some(offers.swap_remove(at).text)
    }

    pub(super) fn draw_offers(&self, app: &App, area: Rect, buffer: &mut Buffer, view: &View) {
        let offers = self.offers(app);
        let in_form = app.room == Room::Experiments;
        let title =
            if in_form { app.rooms.experiments.offer_title() } else { app.rooms.segments.cell_title() };
        let waiting = !in_form && app.rooms.segments.offered().is_none();
        let about = match (waiting, in_form) {
            (true, _) => "looking up what there is …",
            (false, true) => "or type another name",
            (false, false) => app.rooms.segments.cell_about(),
        };
        let (inner, list) = self.window(title, about, offers.len(), area, buffer, view);
        for (index, at) in list.enumerate() {
            let offer = &offers[at];
            let row = view.row().cell(Role::Muted, &offer.kind, 10);
            let row = match offer.count {
                Some(count) => {
                    let name = usize::from(inner.width).saturating_sub(23).clamp(8, 44);
                    row.cell(Role::Text, plain(&offer.label), name).right(
                        Role::Loud,
                        figures::count(count),
                        12,
                    )
                }
                None => row.text(plain(&offer.label)),
            };
            self.put(row, at, offers.len(), inner, index, buffer);
        }
    }

    fn matches(&self, texts: &[&str]) -> bool {
        let wanted = self.input.text().to_lowercase();
        let all = texts.join(" ").to_lowercase();
        wanted.split_whitespace().all(|word| all.contains(word))
    }

    fn entries(&self, app: &App) -> Vec<Entry> {
        let scopes = app.scopes_below();
        let actions = ACTIONS.iter().filter(|spec| scopes.contains(&spec.scope)).map(|spec| Entry {
            kind: if matches!(spec.action, Action::Go(_)) { "screen" } else { "action" },
            label: spec.title.to_owned(),
            hint: spec.help.to_owned(),
            target: Target::Do(spec.id),
        });
        let things = app.rooms.things(app.mask).into_iter().map(|(room, kind, name, hint)| Entry {
            kind,
            label: if kind == "person" { privacy::name(Some(&name), app.mask) } else { name.clone() },
            hint,
            target: Target::Show(room, name),
        });
        actions.chain(things).filter(|entry| self.matches(&[&entry.label, &entry.hint, entry.kind])).collect()
    }

    pub(super) fn draw_palette(&self, app: &App, area: Rect, buffer: &mut Buffer, view: &View) {
        let entries = self.entries(app);
        let (inner, list) = self.window("Find", "actions and things", entries.len(), area, buffer, view);
        for (index, at) in list.enumerate() {
            let entry = &entries[at];
            let row = view
                .row()
                .cell(Role::Muted, entry.kind, 11)
                .cell(Role::Text, &entry.label, 30)
                .gap(1)
                .muted(&entry.hint);
            self.put(row, at, entries.len(), inner, index, buffer);
        }
    }

    /// Draws the window and what was typed; returns the area of the list and the entries it shows.
    fn window(
        &self,
        title: &str,
        about: &str,
        count: usize,
        area: Rect,
        buffer: &mut Buffer,
        view: &View,
    ) -> (Rect, std::ops::Range<usize>) {
        let window = centred(area, 92.min(area.width), area.height.saturating_sub(2).clamp(6, 28));
        clear(window, buffer);
        let note = format!("{count} found, Enter takes it, Esc closes");
        let inner = Frame { title, about, note: &note, focused: true }.draw(window, buffer, view.theme);
        let row = view.row().put(Role::Key, "› ");
        line_at(self.input.put_into(row, usize::from(inner.width).saturating_sub(2)), inner, 0, buffer);
        let (_, list) = crate::tui::layout::take_top(inner, 2);
        if count == 0 {
            line_at(view.row().muted("nothing is called that"), list, 0, buffer);
        }
        (list, self.cursor.window(count, usize::from(list.height)))
    }

    fn put(&self, row: Row, at: usize, count: usize, area: Rect, index: usize, buffer: &mut Buffer) {
        let chosen = self.cursor.within(count) == Some(at);
        let row = if chosen { row.to(usize::from(area.width)).all(Role::Selected) } else { row };
        line_at(row, area, index as u16, buffer);
    }
}
