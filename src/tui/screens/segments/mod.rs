//! 4 Segments: the list with its rules, and the editor in which the count beside every line moves while one types.

mod draft;
mod editor;
mod form;
mod rows;
mod verdict;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Effect, Loaded, Question, Screen, View, step_of};
use crate::model::Problem;
use crate::panel::figures;
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
        if let Some(draft) = self.draft.as_mut().filter(|draft| draft.ticket == verdict.ticket) {
            draft.verdict = Some(verdict);
        }
    }

    /// The draft was kept.
    pub(crate) fn saved(&mut self, name: &str, version: u32) {
        if let Some(draft) = self.draft.as_mut().filter(|draft| draft.name == name) {
            draft.keep(version);
        }
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

    /// Whether the engine suggests a word where the cursor is.
    pub(crate) fn has_suggestion(&self) -> bool {
        self.draft.as_ref().is_some_and(|draft| draft.suggestion().is_some())
    }

    /// A text comes back from `$EDITOR`.
    pub(crate) fn edited(&mut self, text: &str) -> Vec<Effect> {
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
        self.ask()
    }

    /// Asks the engine what the draft means.
    fn ask(&mut self) -> Vec<Effect> {
        let Some(draft) = &mut self.draft else { return Vec::new() };
        self.tickets += 1;
        draft.ticket = self.tickets;
        self.who.explained = None;
        vec![Effect::Send(draft.question())]
    }

    fn act_in_editor(&mut self, action: Action) -> Vec<Effect> {
        if let Some(effects) = self.act_in_rows(action) {
            return effects;
        }
        let Some(draft) = &mut self.draft else { return Vec::new() };
        let changed = match action {
            Action::EditorLeave => {
                self.editing = self.who.explained.take().is_some();
                self.focus = if self.editing { self.focus } else { LIST };
                false
            }
            Action::EditorSave => return vec![Effect::Send(draft.save())],
            Action::EditorUndo => draft.undo(),
            Action::EditorRedo => draft.redo(),
            Action::EditorAccept => draft.accept(),
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
            return verdict::draw(draft, &self.who, area, buffer, view, focused);
        }
        let segment = self.selected();
        let about = segment.map(|segment| segment.name.as_str()).unwrap_or_default();
        let note = segment.map(|segment| format!("v{}", segment.version)).unwrap_or_default();
        let inner = view.frame(Frame { title: "Rule", about, note: &note, focused }, area, buffer);
        let Some(segment) = segment else {
            return;
        };
        line_at(headline(segment, view), inner, 0, buffer);
        let mut at = 2;
        for line in segment.rule.lines() {
            at = view.paragraph(Role::Text, line, inner, at, buffer);
        }
        if let Some(problem) = &segment.problem {
            at += u16::from(!segment.rule.is_empty());
            for line in problem.lines() {
                at = view.paragraph(Role::Error, line, inner, at, buffer);
            }
        }
        let then = match segment.kind {
            SegmentKind::Rule => "Enter edits the rule, e opens it in $EDITOR",
            SegmentKind::List | SegmentKind::Algebra | SegmentKind::Unreadable => {
                "no rule to edit here: segue segment save NAME --definition FILE keeps another version"
            }
        };
        view.paragraph(Role::Muted, then, inner, at + 1, buffer);
    }
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
            let rows = self.segments.here().map_or(0, |segments| segments.rows.len());
            self.cursor.step(step, rows);
            return Vec::new();
        }
        match action {
            Action::Open => self.edit(),
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
        if let Some(area) = pane(LIST) {
            match self.draft.as_ref().filter(|_| self.editing) {
                Some(draft) if self.in_rows => {
                    form::draw(draft, &self.form, area, buffer, view, self.focus == LIST);
                }
                Some(draft) => editor::draw(draft, area, buffer, view, self.focus == LIST),
                None => self.draw_list(area, buffer, view),
            }
        }
        if let Some(area) = pane(SIDE) {
            self.draw_side(area, buffer, view);
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
        match (self.focus == SIDE, self.in_rows) {
            (true, _) => Some(Scope::Sample),
            (false, true) => Some(Scope::Rows),
            (false, false) => None,
        }
    }

    fn type_key(&mut self, stroke: Stroke) -> Vec<Effect> {
        if self.is_reading() {
            return Vec::new();
        }
        let changed = self.draft.as_mut().is_some_and(|draft| self.editing && draft.type_key(stroke));
        if changed { self.ask() } else { Vec::new() }
    }

    fn paste(&mut self, text: &str) -> Vec<Effect> {
        if self.is_reading() {
            return Vec::new();
        }
        let changed = self.draft.as_mut().is_some_and(|draft| self.editing && draft.paste(text));
        if changed { self.ask() } else { Vec::new() }
    }
}
