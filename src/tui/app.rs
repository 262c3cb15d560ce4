//! The console's whole state and the one update. Nothing here reads a clock, a file or a terminal: keys and updates come
//! in, effects come out.

use std::path::PathBuf;

use ratatui::layout::{Position, Rect};

use super::action::{Action, Readiness, Scope};
use super::keymap::{Keymap, Stroke};
use super::layout::{self, Plan};
use super::overlay::{Overlay, Picker, Prompt, Target, WhyWindow};
use super::port::{ClockState, Command, Room, Speed, Update};
use super::rooms::Rooms;
use super::screens::{Effect, Question, Screen};
use super::theme::Theme;
use super::toast::Toast;
use super::tour::Tour;
use super::widgets::row::wrap;
use crate::model::{Problem, Time};
use crate::panel::live::WhyLine;

/// What a console is opened with, after the environment was asked.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) theme: Theme,
    pub(crate) mask: bool,
    pub(crate) tour: bool,
    pub(crate) demo: bool,
    pub(crate) workspace: String,
    pub(crate) keymap: Option<String>,
}

/// The state.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) theme: Theme,
    pub(crate) mask: bool,
    pub(crate) mouse: bool,
    pub(crate) demo: bool,
    pub(crate) workspace: String,
    pub(crate) room: Room,
    pub(crate) zoomed: bool,
    pub(crate) clock: ClockState,
    pub(crate) rooms: Rooms,
    pub(crate) overlays: Vec<Overlay>,
    pub(crate) tour: Option<Tour>,
    pub(crate) toast: Option<Toast>,
    pub(crate) keymap: Keymap,
    area: Rect,
}

impl App {
    /// The state before anything but the first picture is known.
    pub(crate) fn new(opening: Opening, rooms: Rooms, now: Time) -> Self {
        let (keymap, problems) = Keymap::load(opening.keymap.as_deref());
        let clock = ClockState {
            flows: opening.demo,
            paused: false,
            speed: Speed::Times(3_600),
            now,
            events_per_second: None,
        };
        let mut app = Self {
            theme: opening.theme,
            mask: opening.mask,
            mouse: true,
            demo: opening.demo,
            workspace: opening.workspace,
            room: Room::Live,
            zoomed: false,
            clock,
            rooms,
            overlays: Vec::new(),
            tour: None,
            toast: problems.into_iter().next().map(|problem| Toast::problem(problem)),
            keymap,
            area: Rect::ZERO,
        };
        if opening.tour {
            app.tour = app.begin_tour();
        }
        app
    }

    fn begin_tour(&mut self) -> Option<Tour> {
        match Tour::load() {
            Ok(tour) => Some(tour),
            Err(problem) => {
                self.say(Toast::problem(problem));
                None
            }
        }
    }

    /// What has to be asked for at the start.
    pub(crate) fn start(&mut self) -> Vec<Effect> {
        let mut effects = vec![Effect::Send(Command::Show(self.room))];
        effects.extend(self.enter_stop());
        self.settle(effects)
    }

    /// The terminal's size; what is drawn and clicked is planned from it.
    pub(crate) fn resize(&mut self, area: Rect) {
        self.area = area;
    }

    /// The plan of the current size.
    pub(crate) fn plan(&self) -> Plan {
        self.plan_of(self.area)
    }

    /// The plan of a size, with room for the tour's card.
    pub(crate) fn plan_of(&self, area: Rect) -> Plan {
        let plan = Plan::of(area);
        match self.tour.as_ref().and_then(Tour::stop) {
            Some(stop) => plan.with_card(|width| wrap(&stop.text, width).len()),
            None => plan,
        }
    }

    /// The areas of the current room's panes.
    pub(crate) fn panes(&self, plan: &Plan) -> Vec<Rect> {
        let screen = self.screen();
        let count = screen.pane_names().len();
        layout::panes(plan.body, plan.size, self.zoomed, screen.focus(), count, |body| screen.split(body))
    }

    /// The current room.
    pub(crate) fn screen(&self) -> &dyn Screen {
        self.rooms.get(self.room)
    }

    /// Where keys count now, the narrowest first.
    pub(crate) fn scopes(&self) -> Vec<Scope> {
        match self.overlays.last() {
            Some(Overlay::Help(_) | Overlay::Palette(_) | Overlay::Prompt(_)) => vec![Scope::Typing],
            Some(Overlay::Confirm(_)) => vec![Scope::Question],
            Some(Overlay::Why(_)) => vec![Scope::Global],
            None => self.scopes_below(),
        }
    }

    /// Where keys would count if no window were open.
    pub(crate) fn scopes_below(&self) -> Vec<Scope> {
        if self.screen().is_typing() {
            return vec![Scope::Editor];
        }
        let tour = self.tour.is_some().then_some(Scope::Tour);
        tour.into_iter().chain([Scope::Room(self.room), Scope::Global]).collect()
    }

    /// A key was pressed.
    pub(crate) fn press(&mut self, stroke: Stroke) -> Vec<Effect> {
        let always = self.keymap.resolve(&[Scope::Global], stroke).filter(|spec| spec.action == Action::Quit);
        let spec =
            self.keymap.resolve(&self.scopes(), stroke).or(always.filter(|_| stroke.typed().is_none()));
        match spec {
            Some(spec) => match (spec.readiness)(self) {
                Readiness::Ready => self.act(spec.action),
                Readiness::Blocked(reason) => {
                    self.say(Toast::note(format!("{} is not possible: {reason}", spec.title)));
                    Vec::new()
                }
            },
            None => self.type_key(stroke),
        }
    }

    fn type_key(&mut self, stroke: Stroke) -> Vec<Effect> {
        match self.overlays.last_mut() {
            Some(Overlay::Help(picker) | Overlay::Palette(picker)) => picker.type_key(stroke),
            Some(Overlay::Prompt(prompt)) => prompt.type_key(stroke),
            Some(Overlay::Confirm(_) | Overlay::Why(_)) => {}
            None => {
                let effects = self.rooms.get_mut(self.room).type_key(stroke);
                return self.settle(effects);
            }
        }
        Vec::new()
    }

    /// A text was pasted.
    pub(crate) fn paste(&mut self, text: &str) -> Vec<Effect> {
        match self.overlays.last_mut() {
            Some(Overlay::Help(picker) | Overlay::Palette(picker)) => picker.paste(text),
            Some(Overlay::Prompt(prompt)) => prompt.paste(text),
            Some(Overlay::Confirm(_) | Overlay::Why(_)) => {}
            None => {
                let effects = self.rooms.get_mut(self.room).paste(text);
                return self.settle(effects);
            }
        }
        Vec::new()
    }

    /// Does something.
    pub(crate) fn act(&mut self, action: Action) -> Vec<Effect> {
        if let Some(effects) = self.act_on_overlay(action) {
            return self.settle(effects);
        }
        let effects = match action {
            Action::Quit => return self.quit(),
            Action::Help => self.open(Overlay::Help(Picker::default())),
            Action::Palette => self.open(Overlay::Palette(Picker::default())),
            Action::Go(room) => self.go(room),
            Action::Back => self.back(),
            Action::NextPane => self.walk(1),
            Action::PreviousPane => self.walk(usize::MAX),
            Action::Zoom => self.toggle(|app| &mut app.zoomed),
            Action::Mask => self.toggle(|app| &mut app.mask),
            Action::Mouse => {
                self.mouse = !self.mouse;
                vec![Effect::Mouse(self.mouse)]
            }
            Action::Theme => {
                self.theme = self.theme.next();
                Vec::new()
            }
            Action::Repaint => vec![Effect::Repaint],
            Action::Copy => self.screen().selected_line(self.mask).map(Effect::Copy).into_iter().collect(),
            Action::Pause => self.pause(),
            Action::Faster => {
                self.clock.speed = self.clock.speed.faster();
                vec![Effect::Send(Command::Faster)]
            }
            Action::Slower => {
                self.clock.speed = self.clock.speed.slower();
                vec![Effect::Send(Command::Slower)]
            }
            Action::NextMoment => vec![Effect::Send(Command::NextMoment)],
            Action::Why => self.why(),
            Action::Open if self.room == Room::Live => self.toggle(|app| &mut app.zoomed),
            Action::TourNext => self.tour_step(1),
            Action::TourBack => self.tour_step(-1),
            Action::TourLeave => {
                self.tour = None;
                Vec::new()
            }
            other => self.rooms.get_mut(self.room).act(other),
        };
        self.settle(effects)
    }

    /// What a window on top makes of an action; none if it leaves it to what lies below.
    fn act_on_overlay(&mut self, action: Action) -> Option<Vec<Effect>> {
        let top = self.overlays.last_mut()?;
        match (top, action) {
            (_, Action::Quit) => return None,
            (_, Action::Back) => {
                self.overlays.pop();
            }
            (Overlay::Help(picker) | Overlay::Palette(picker), Action::Up | Action::Down) => {
                picker.step(action)
            }
            (Overlay::Why(why), Action::Up | Action::Down) => why.step(action),
            (Overlay::Why(_), Action::Why | Action::Open) => {
                self.overlays.pop();
            }
            (Overlay::Why(_), _) => {
                self.overlays.pop();
                return None;
            }
            (_, Action::Accept | Action::Confirm) => return Some(self.accept()),
            _ => {}
        }
        Some(Vec::new())
    }

    /// Takes what the window on top offers.
    fn accept(&mut self) -> Vec<Effect> {
        match self.overlays.pop() {
            Some(Overlay::Prompt(prompt)) => self.answer(prompt),
            Some(Overlay::Confirm(question)) => match question {
                Question::Revert(batch, _) => vec![Effect::Send(Command::RevertBatch(batch))],
                Question::CancelJob(job, _) => vec![Effect::Send(Command::CancelJob(job))],
                Question::LoseDraft => vec![Effect::Quit],
                Question::ImportPath | Question::PeopleFilter(_) | Question::SegmentName => Vec::new(),
            },
            Some(Overlay::Palette(picker)) => match picker.chosen(self) {
                Some(Target::Do(id)) => self.run_by_id(id),
                Some(Target::Show(room, name)) => {
                    let mut effects = self.go(room);
                    effects.extend(self.rooms.get_mut(room).show(&name));
                    effects
                }
                None => Vec::new(),
            },
            Some(Overlay::Help(picker)) => match picker.chosen_help(self) {
                Some(id) => self.run_by_id(id),
                None => Vec::new(),
            },
            Some(Overlay::Why(_)) | None => Vec::new(),
        }
    }

    /// Does the action of a row of the table, if it can be done now and here.
    fn run_by_id(&mut self, id: &str) -> Vec<Effect> {
        let Some(spec) = super::action::spec_of(id) else { return Vec::new() };
        if !self.scopes().contains(&spec.scope) {
            self.say(Toast::note(format!("{} belongs to: {}", spec.title, spec.scope.title())));
            return Vec::new();
        }
        match (spec.readiness)(self) {
            Readiness::Ready => self.act(spec.action),
            Readiness::Blocked(reason) => {
                self.say(Toast::note(format!("{} is not possible: {reason}", spec.title)));
                Vec::new()
            }
        }
    }

    fn answer(&mut self, prompt: Prompt) -> Vec<Effect> {
        let text = prompt.text();
        match prompt.question {
            Question::ImportPath if !text.is_empty() => {
                vec![Effect::Send(Command::ImportFile(PathBuf::from(text)))]
            }
            Question::PeopleFilter(_) => vec![Effect::Send(Command::LoadPeople { filter: text })],
            Question::SegmentName if !text.is_empty() => self.rooms.segments.begin(&text),
            _ => Vec::new(),
        }
    }

    /// Effects that are the app's own business are done here; the others are the runtime's.
    fn settle(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let (asked, outside): (Vec<_>, Vec<_>) =
            effects.into_iter().partition(|effect| matches!(effect, Effect::Ask(_)));
        for effect in asked {
            if let Effect::Ask(question) = effect {
                self.overlays.push(Overlay::asking(question));
            }
        }
        if let Some(copied) = outside.iter().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text.clone()),
            _ => None,
        }) {
            self.say(Toast::note(format!("copied: {copied}")));
        }
        outside
    }

    fn quit(&mut self) -> Vec<Effect> {
        if !self.demo && self.rooms.segments.has_draft() {
            self.overlays.push(Overlay::Confirm(Question::LoseDraft));
            return Vec::new();
        }
        vec![Effect::Quit]
    }

    fn open(&mut self, overlay: Overlay) -> Vec<Effect> {
        self.overlays.push(overlay);
        Vec::new()
    }

    fn toggle(&mut self, flag: fn(&mut Self) -> &mut bool) -> Vec<Effect> {
        let flag = flag(self);
        *flag = !*flag;
        Vec::new()
    }

    /// Goes to a room.
    pub(crate) fn go(&mut self, room: Room) -> Vec<Effect> {
        self.overlays.clear();
        if self.room == room {
            return Vec::new();
        }
        self.room = room;
        self.zoomed = false;
        vec![Effect::Send(Command::Show(room))]
    }

    /// Closes one thing: the zoom, the toast, then what the room has open.
    fn back(&mut self) -> Vec<Effect> {
        if self.toast.take().is_some() {
            return Vec::new();
        }
        if std::mem::take(&mut self.zoomed) {
            return Vec::new();
        }
        self.rooms.get_mut(self.room).act(Action::Back)
    }

    fn walk(&mut self, by: usize) -> Vec<Effect> {
        let screen = self.rooms.get_mut(self.room);
        let count = screen.pane_names().len().max(1);
        let by = if by == usize::MAX { count - 1 } else { by };
        screen.set_focus((screen.focus() + by) % count);
        Vec::new()
    }

    fn pause(&mut self) -> Vec<Effect> {
        self.clock.paused = !self.clock.paused;
        vec![Effect::Send(if self.clock.paused { Command::Pause } else { Command::Resume })]
    }

    fn why(&mut self) -> Vec<Effect> {
        let line = self.screen().selected_line(self.mask).unwrap_or_default();
        let lines = self.selected_why().unwrap_or_default().to_vec();
        self.open(Overlay::Why(WhyWindow::new(line, lines)))
    }

    fn tour_step(&mut self, by: i8) -> Vec<Effect> {
        if self.tour.as_mut().is_some_and(|tour| tour.step(by)) {
            return self.enter_stop();
        }
        self.tour = None;
        Vec::new()
    }

    /// Brings what the tour's stop talks about into view.
    fn enter_stop(&mut self) -> Vec<Effect> {
        let Some(stop) = self.tour.as_ref().and_then(Tour::stop).cloned() else { return Vec::new() };
        let mut effects = self.go(stop.room);
        effects.extend(self.rooms.get_mut(stop.room).show(&stop.show));
        effects
    }

    /// The mouse was clicked.
    pub(crate) fn click(&mut self, at: Position) -> Vec<Effect> {
        if !self.overlays.is_empty() {
            return Vec::new();
        }
        let plan = self.plan();
        if let Some(room) = plan.tab_at(at) {
            let effects = self.go(room);
            return self.settle(effects);
        }
        let panes = self.panes(&plan);
        let Some(pane) = panes.iter().position(|area| area.contains(at)) else { return Vec::new() };
        let area = panes[pane];
        let screen = self.rooms.get_mut(self.room);
        screen.set_focus(pane);
        let effects = screen.click(pane, area, at);
        self.settle(effects)
    }

    /// The wheel was turned over a place.
    pub(crate) fn scroll(&mut self, at: Position, action: Action) -> Vec<Effect> {
        if self.overlays.is_empty() {
            let panes = self.panes(&self.plan());
            if let Some(pane) = panes.iter().position(|area| area.contains(at)) {
                self.rooms.get_mut(self.room).set_focus(pane);
            }
        }
        self.act(action)
    }

    /// A text comes back from `$EDITOR`.
    pub(crate) fn edited(&mut self, text: Option<String>) -> Vec<Effect> {
        match text {
            Some(text) => {
                let effects = self.rooms.segments.edited(&text);
                self.settle(effects)
            }
            None => {
                self.say(Toast::problem(
                    Problem::new("editor-failed", "the editor could not be run, the text is as it was")
                        .help("set EDITOR to a program on your path, such as EDITOR=vi"),
                ));
                Vec::new()
            }
        }
    }

    /// Something is told from outside.
    pub(crate) fn receive(&mut self, update: Update) -> Vec<Effect> {
        match update {
            Update::Clock(clock) => self.clock = clock,
            Update::Toast(problem) => self.say(Toast::problem(problem)),
            Update::Note(text) => self.say(Toast::note(text)),
            other => {
                let effects = self.rooms.receive(other);
                return self.settle(effects);
            }
        }
        Vec::new()
    }

    /// Shows a message in place of the one before.
    pub(crate) fn say(&mut self, toast: Toast) {
        let serial = self.toast.as_ref().map_or(0, |before| before.serial).wrapping_add(1);
        self.toast = Some(Toast { serial, ..toast });
    }

    /// Takes a message away if it is still the same.
    pub(crate) fn expire(&mut self, serial: u64) {
        if self.toast.as_ref().is_some_and(|toast| toast.serial == serial) {
            self.toast = None;
        }
    }

    /// The trace behind the selected line of the current room.
    pub(crate) fn selected_why(&self) -> Option<&[WhyLine]> {
        self.screen().selected_why()
    }

    /// The selected line of the current room as text.
    pub(crate) fn selected_line(&self) -> Option<String> {
        self.screen().selected_line(self.mask)
    }
}
