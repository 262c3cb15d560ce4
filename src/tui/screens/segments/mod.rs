//! 4 Segments: the list with its rules, and the editor in which the count beside every line moves while one types.

mod draft;
mod editor;
mod form;
mod keep;
mod lines;
mod past;
mod popup;
mod rows;
mod sample;
mod spread;
mod verdict;

use std::sync::Arc;

use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Effect, Loaded, Question, Screen, View, step_of};
use crate::model::Problem;
use crate::panel::figures;
use crate::panel::segments::complete::Completions;
use crate::panel::segments::history::History;
use crate::panel::segments::{Segment, SegmentKind, SegmentVerdict, Segments};
use crate::tui::action::{Action, Scope};
use crate::tui::keymap::Stroke;
use crate::tui::layout::{part, take_left, take_top};
use crate::tui::theme::Role;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::row::Row;
use crate::tui::widgets::table::{self, Cursor};
use draft::Draft;
use form::Form;
use keep::Choosing;
use popup::Popup;
use verdict::Who;

const LIST: usize = 0;
const SIDE: usize = 1;

/// The room's state.
#[derive(Debug)]
pub(crate) struct SegmentsScreen {
    segments: Loaded<Segments>,
    cursor: Cursor,
    focus: usize,
    draft: Option<Draft>,
    editing: bool,
    tickets: u64,
    /// The same text as rows, where it is looked at so.
    form: Form,
    in_rows: bool,
    who: Who,
    /// Which person is being explained, to go back to.
    explained_at: usize,
    popup: Popup,
    choosing: Choosing,
    history: Option<Arc<History>>,
    /// Whether the list's second panel shows the history instead of the rule.
    in_past: bool,
    /// The name a draft has and the one it is being kept under.
    renaming: Option<(String, String)>,
    /// The segment whose whole definition is in `$EDITOR`.
    defining: Option<String>,
}

impl Default for SegmentsScreen {
    fn default() -> Self {
        Self {
            segments: Loaded::Waiting,
            cursor: Cursor::default(),
            focus: LIST,
            draft: None,
            editing: false,
            tickets: 0,
            form: Form::default(),
            in_rows: false,
            who: Who::default(),
            explained_at: 0,
            popup: Popup::default(),
            choosing: Choosing::default(),
            history: None,
            in_past: false,
            renaming: None,
            defining: None,
        }
    }
}

impl SegmentsScreen {
    pub(crate) fn receive(&mut self, segments: Arc<Segments>) {
        self.segments = Loaded::Here(segments);
    }

    pub(crate) fn fail(&mut self, problem: Problem) {
        self.segments = Loaded::Failed(problem);
    }

    /// Takes the engine's verdict, if it answers the newest question.
    pub(crate) fn judge(&mut self, verdict: Arc<SegmentVerdict>) {
        self.draft.iter_mut().for_each(|draft| draft.judge(Arc::clone(&verdict)));
    }

    /// Takes what may come next.
    pub(crate) fn complete(&mut self, found: Arc<Completions>) {
        self.popup.receive(found);
    }

    /// The selected segment.
    pub(crate) fn selected(&self) -> Option<&Segment> {
        let rows = &self.segments.here()?.rows;
        self.cursor.within(rows.len()).and_then(|at| rows.get(at))
    }

    /// Names and rules, for the palette.
    pub(crate) fn names(&self) -> Vec<(String, String)> {
        let rows = self.segments.here().map(|segments| segments.rows.as_slice()).unwrap_or_default();
        rows.iter().map(|segment| (segment.name.clone(), segment.rule.replace('\n', " "))).collect()
    }

    /// Begins a new segment, unless there is one of that name: then that one is opened, and the second word says so.
    pub(crate) fn begin(&mut self, name: &str) -> (Vec<Effect>, Option<String>) {
        let rows = self.segments.here().map(|segments| segments.rows.as_slice()).unwrap_or_default();
        let Some(at) = rows.iter().position(|segment| segment.name == name) else {
            return (self.begin_new(name), None);
        };
        self.cursor.at = at;
        let kind = rows.get(at).map_or(SegmentKind::Rule, |segment| segment.kind);
        let said = match kind {
            SegmentKind::Rule => format!("there is a segment “{name}” already: this is its rule"),
            other => format!("there is a segment “{name}” already ({}): choose another name", other.name()),
        };
        (self.edit(), Some(said))
    }

    fn begin_new(&mut self, name: &str) -> Vec<Effect> {
        self.draft = Some(Draft::new(name, None, ""));
        self.editing = true;
        self.ask()
    }

    /// Whether a draft would be lost by leaving.
    pub(crate) fn has_draft(&self) -> bool {
        self.draft.as_ref().is_some_and(Draft::is_changed)
    }

    /// Why the draft cannot be saved now.
    pub(crate) fn save_blocked(&self) -> Option<String> {
        match &self.draft {
            None => Some("nothing is being edited".to_owned()),
            Some(draft) => draft.save_blocked(),
        }
    }

    /// Why the draft cannot be kept under another name now.
    pub(crate) fn copy_blocked(&self) -> Option<String> {
        match &self.draft {
            None => Some("nothing is being edited".to_owned()),
            Some(draft) => draft.copy_blocked(),
        }
    }

    /// Whether the engine suggests a word where the cursor is.
    pub(crate) fn has_suggestion(&self) -> bool {
        let offered = |draft: &Draft| draft.suggestion().is_some() || self.popup.chosen(draft).is_some();
        self.draft.as_ref().is_some_and(offered)
    }

    /// A text comes back from `$EDITOR`.
    pub(crate) fn edited(&mut self, text: &str) -> Vec<Effect> {
        if let Some(effects) = self.defined(text) {
            return effects;
        }
        let text = text.trim_end();
        match &mut self.draft {
            Some(draft) if draft.text().trim_end() != text => {
                draft.set(text);
                self.ask()
            }
            _ => Vec::new(),
        }
    }

    /// Opens the selected segment's rule, or the draft of it that was left before.
    fn edit(&mut self) -> Vec<Effect> {
        let Some(segment) = self.selected().filter(|segment| segment.is_rule()) else { return Vec::new() };
        if self.draft.as_ref().is_none_or(|draft| draft.name != segment.name) {
            self.draft = Some(Draft::new(&segment.name, Some(segment.version), &segment.rule));
        }
        self.editing = true;
        let past = self.look_back();
        self.ask().into_iter().chain(past).collect()
    }

    /// Asks the engine what the draft means.
    fn ask(&mut self) -> Vec<Effect> {
        let Some(draft) = &mut self.draft else { return Vec::new() };
        self.tickets += 1;
        draft.ticket = self.tickets;
        draft.note_sound();
        self.who.explained = None;
        self.popup.close();
        vec![Effect::Send(draft.question())]
    }

    /// Asks what the draft means, and what may come next where it was typed.
    fn ask_next(&mut self, called: bool) -> Vec<Effect> {
        let asked = self.ask();
        self.popup.ask(self.tickets, called);
        let wonder = self.draft.as_ref().map(|draft| Effect::Send(draft.wonder()));
        wonder.into_iter().chain(asked).collect()
    }

    /// Takes what is offered, else the word that mends what is wrong.
    fn accept(&mut self) -> Vec<Effect> {
        let Some(draft) = &mut self.draft else { return Vec::new() };
        match self.popup.chosen(draft) {
            Some(taken) if draft.take(&taken) => self.ask_next(false),
            _ if draft.accept() => self.ask(),
            _ => Vec::new(),
        }
    }

    fn act_in_editor(&mut self, action: Action) -> Vec<Effect> {
        if let Some(effects) = self.act_in_rows(action) {
            return effects;
        }
        let Some(draft) = &mut self.draft else { return Vec::new() };
        let changed = match action {
            Action::EditorLeave if self.popup.is_open(draft) => {
                self.popup.close();
                return Vec::new();
            }
            Action::PopupNext | Action::PopupBefore => {
                let way = if action == Action::PopupNext { Action::Down } else { Action::Up };
                self.popup.walk(way, draft);
                return Vec::new();
            }
            Action::EditorComplete => return self.ask_next(true),
            Action::EditorTab => {
                self.who.turn(1);
                return self.look_back();
            }
            Action::EditorSaveAs => return vec![Effect::Ask(Question::SegmentCopy(draft.name.clone()))],
            Action::EditorLeave => {
                self.editing = self.who.explained.take().is_some();
                self.focus = if self.editing { self.focus } else { LIST };
                self.who.at = if self.editing { self.explained_at } else { 0 };
                false
            }
            Action::EditorSave => return vec![Effect::Send(draft.save())],
            Action::EditorUndo => draft.undo(),
            Action::EditorRedo => draft.redo(),
            Action::EditorAccept => return self.accept(),
            Action::EditorExternally => return vec![Effect::EditExternally(draft.text())],
            _ => false,
        };
        if changed { self.ask() } else { Vec::new() }
    }

    fn draw_list(&self, area: Rect, buffer: &mut Buffer, view: &View) {
        let note = self
            .segments
            .here()
            .map(|segments| format!("of {}", figures::plural(segments.people, "person", "people")))
            .unwrap_or_default();
        let frame = Frame { title: "Segments", about: "", note: &note, focused: self.focus == LIST };
        let inner = view.frame(frame, area, buffer);
        let Some(segments) = self.segments.here_or_say(view, inner, buffer) else { return };
        if segments.rows.is_empty() {
            return view.teach(
                "No segments yet.",
                "n makes one: a name, then a rule such as  country = \"DE\" and did(\"Order Completed\") >= 2 within 180d",
                inner,
                buffer,
            );
        }
        line_at(view.row().text(&segments.sentence), inner, 0, buffer);
        let width = usize::from(inner.width);
        let name = width.saturating_sub(34).clamp(12, 40);
        let head = view.row().cell(Role::Muted, "segment", name).right(Role::Muted, "people", 9);
        let list = table::headed(head.right(Role::Muted, "share", 8), take_top(inner, 1).1, buffer);
        let changed = self.draft.as_ref().filter(|draft| draft.is_changed()).map(|draft| draft.name.as_str());
        table::draw(&segments.rows, self.cursor, self.focus == LIST, list, buffer, |segment| {
            segment_row(segment, name, width, changed == Some(segment.name.as_str()), view)
        });
    }

    fn draw_side(&self, area: Rect, buffer: &mut Buffer, view: &View) {
        let focused = self.focus == SIDE;
        if let Some(draft) = self.draft.as_ref().filter(|_| self.editing) {
            let looked = (&self.who, self.history.as_deref());
            return verdict::draw(draft, looked, area, buffer, view, focused);
        }
        let segment = self.selected();
        let about = segment.map(|segment| segment.name.as_str()).unwrap_or_default();
        let note = segment.map(|segment| format!("v{}", segment.version)).unwrap_or_default();
        let title = if self.in_past { "History" } else { "Rule" };
        let inner = view.frame(Frame { title, about, note: &note, focused }, area, buffer);
        let Some(segment) = segment else {
            return;
        };
        if self.in_past {
            return past::draw(self.history.as_deref(), self.who.at, inner, buffer, view);
        }
        draw_rule(segment, inner, buffer, view);
    }
}

fn draw_rule(segment: &Segment, inner: Rect, buffer: &mut Buffer, view: &View) {
    line_at(headline(segment, view), inner, 0, buffer);
    let mut at = 2;
    if !segment.description.is_empty() {
        at = view.paragraph(Role::Muted, &segment.description, inner, 1, buffer) + 1;
    }
    for line in segment.rule.lines() {
        at = view.paragraph(Role::Text, line, inner, at, buffer);
    }
    if let Some(problem) = &segment.problem {
        at += u16::from(!segment.rule.is_empty());
        for line in problem.lines() {
            at = view.paragraph(Role::Error, line, inner, at, buffer);
        }
    }
    at += 1;
    let tags = segment.tags.join(", ");
    let said = [
        ("owner", segment.owner.as_str()),
        ("tags", tags.as_str()),
        ("purpose", segment.purpose.as_deref().unwrap_or_default()),
    ];
    for (what, said) in said.into_iter().filter(|(_, said)| !said.is_empty()) {
        line_at(view.row().cell(Role::Muted, what, 9).text(said), inner, at, buffer);
        at += 1;
    }
    let then = match segment.kind {
        SegmentKind::Rule => {
            "Enter edits the rule, d opens the whole definition in $EDITOR, v shows its history"
        }
        SegmentKind::List | SegmentKind::Algebra | SegmentKind::Unreadable => {
            "no rule to edit here: d opens the definition in $EDITOR, v shows its history"
        }
    };
    view.paragraph(Role::Muted, then, inner, at, buffer);
}

fn headline(segment: &Segment, view: &View) -> Row {
    match (segment.count, segment.share) {
        (Some(count), Some(share)) => view.row().put(
            Role::Loud,
            format!(
                "{}, {} of everyone",
                figures::plural(count, "person", "people"),
                figures::percent(share)
            ),
        ),
        (Some(count), None) => view.row().put(Role::Loud, figures::plural(count, "person", "people")),
        (None, _) => view.row().put(Role::Held, "nobody is counted: it cannot be used"),
    }
}

fn segment_row(segment: &Segment, name: usize, width: usize, draft: bool, view: &View) -> Row {
    let unknown = || "–".to_owned();
    let row = view
        .row()
        .cell(Role::Text, &segment.name, name)
        .right(Role::Loud, segment.count.map_or_else(unknown, figures::count), 9)
        .right(Role::Text, segment.share.map_or_else(unknown, figures::percent), 8)
        .gap(2);
    let room = width.saturating_sub(row.width() + 8);
    let shown = segment.share.map_or_else(String::new, |share| bar(share, room));
    let row = row.cell(Role::Ink, shown, room);
    row.put(Role::Held, if draft { " draft" } else { "" })
}

impl Screen for SegmentsScreen {
    fn pane_names(&self) -> &'static [&'static str] {
        if self.editing { &["Editor", "Who"] } else { &["Segments", "Rule"] }
    }

    fn focus(&self) -> usize {
        self.focus
    }

    fn set_focus(&mut self, pane: usize) {
        self.focus = pane;
    }

    fn split(&self, body: Rect) -> Vec<Rect> {
        // A rule's lines are long: side by side they and the people would both be cut on a narrow terminal.
        let (first, second) = if self.editing && body.width < 100 {
            take_top(body, part(body.height, 55))
        } else {
            take_left(body, part(body.width, 58))
        };
        vec![first, second]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        if self.editing {
            return self.act_in_editor(action);
        }
        if let Some(step) = step_of(action) {
            if self.in_past && self.focus == SIDE {
                let last = self.history.as_ref().map_or(0, |known| known.versions.len() + known.sizes.len());
                let mut cursor = Cursor { at: self.who.at };
                cursor.step(step, last + 3);
                self.who.at = cursor.at;
                return Vec::new();
            }
            let rows = self.segments.here().map_or(0, |segments| segments.rows.len());
            self.cursor.step(step, rows);
            self.who.at = 0;
            return self.look_back();
        }
        match action {
            Action::Open => self.edit(),
            Action::Library => self.open_library(),
            Action::Define => self.define(),
            Action::History => self.turn_to_past(),
            Action::NewSegment => vec![Effect::Ask(Question::SegmentName)],
            Action::EditExternally => {
                let effects = self.edit();
                let text = self.draft.as_ref().map(|draft| Effect::EditExternally(draft.text()));
                effects.into_iter().chain(text).collect()
            }
            Action::Left | Action::Back => {
                self.focus = LIST;
                Vec::new()
            }
            Action::Right => {
                self.focus = SIDE;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn click(&mut self, pane: usize, area: Rect, at: Position) -> Vec<Effect> {
        let rows = self.segments.here().map_or(0, |segments| segments.rows.len());
        let row =
            table::row_at(self.cursor, rows, area, (3, 1), at).filter(|_| pane == LIST && !self.editing);
        match row {
            Some(row) if row == self.cursor.at => self.edit(),
            Some(row) => {
                self.cursor.at = row;
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn draw(&self, areas: &[Rect], buffer: &mut Buffer, view: &View) {
        let pane = |index: usize| areas.get(index).copied().filter(|area| !area.is_empty());
        let mut written = None;
        if let Some(area) = pane(LIST) {
            match self.draft.as_ref().filter(|_| self.editing) {
                Some(draft) if self.in_rows => {
                    form::draw(draft, &self.form, area, buffer, view, self.focus == LIST);
                }
                Some(draft) => {
                    written = Some((draft, editor::draw(draft, area, buffer, view, self.focus == LIST)));
                }
                None => self.draw_list(area, buffer, view),
            }
        }
        if let Some(area) = pane(SIDE) {
            self.draw_side(area, buffer, view);
        }
        if let Some((draft, (cursor, inside))) = written {
            let around = areas
                .iter()
                .fold(inside, |around, area| if area.is_empty() { around } else { around.union(*area) });
            self.popup.draw(draft, cursor, (inside, around), buffer, view);
        }
    }

    fn opens_full_size(&self) -> bool {
        false
    }

    fn selected_line(&self, _mask: bool) -> Option<String> {
        if let Some(draft) = self.draft.as_ref().filter(|_| self.editing) {
            return Some(draft.text());
        }
        self.selected().map(|segment| format!("{}: {}", segment.name, segment.rule.replace('\n', " ")))
    }

    fn show(&mut self, name: &str) -> Vec<Effect> {
        self.editing = false;
        let rows = self.segments.here().map(|segments| segments.rows.as_slice()).unwrap_or_default();
        if let Some(at) = rows.iter().position(|segment| segment.name.eq_ignore_ascii_case(name)) {
            self.cursor.at = at;
        }
        Vec::new()
    }

    fn is_typing(&self) -> bool {
        self.editing
    }

    fn typing_scope(&self) -> Option<Scope> {
        let popup = self.draft.as_ref().is_some_and(|draft| self.popup.is_open(draft));
        match (self.focus == SIDE, self.in_rows) {
            (true, _) => Some(Scope::Sample),
            (false, true) => Some(Scope::Rows),
            (false, false) => popup.then_some(Scope::Popup),
        }
    }

    fn type_key(&mut self, stroke: Stroke) -> Vec<Effect> {
        if self.is_reading() {
            return Vec::new();
        }
        let Some(draft) = self.draft.as_mut().filter(|_| self.editing) else { return Vec::new() };
        // Who walked to a row means it; who did not goes on to the next line.
        if stroke.code == KeyCode::Enter && self.popup.is_chosen() && self.popup.is_open(draft) {
            return self.accept();
        }
        let changed = draft.type_key(stroke);
        let goes_on = stroke.typed().is_some() || stroke.code == KeyCode::Backspace;
        match (changed, goes_on) {
            (true, true) => self.ask_next(false),
            (true, false) => self.ask(),
            (false, _) => {
                self.popup.close();
                Vec::new()
            }
        }
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        if self.is_reading() {
            return Vec::new();
        }
        let changed = self.draft.as_mut().is_some_and(|draft| self.editing && draft.paste(text));
        if changed { self.ask() } else { Vec::new() }
    }
}
