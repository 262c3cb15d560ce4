//! The console's whole state and the one update. Nothing here reads a clock, a file or a terminal: keys and updates come
//! in, effects come out.

mod act;

use std::sync::Arc;

use ratatui::layout::{Position, Rect};

use crate::model::{Problem, Time};
use crate::panel::live::WhyLine;
use crate::tui::action::{Action, Readiness, Scope};
use crate::tui::keymap::{Keymap, Stroke};
use crate::tui::layout::{self, Plan};
use crate::tui::overlay::Overlay;
use crate::tui::port::{ClockState, Command, Room, Speed, Update};
use crate::tui::rooms::Rooms;
use crate::tui::screens::{Effect, Screen};
use crate::tui::theme::Theme;
use crate::tui::toast::Toast;
use crate::tui::tour::Tour;
use crate::tui::widgets::row::wrap;

/// What a console is opened with, after the environment was asked.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) theme: Theme,
    pub(crate) mask: bool,
    pub(crate) tour: bool,
    pub(crate) lesson: bool,
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
    /// Whether the lesson is all there is, so that leaving it is leaving.
    pub(crate) only_lesson: bool,
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
            only_lesson: opening.lesson,
            workspace: opening.workspace,
            room: Room::Live,
            zoomed: false,
            clock,
            rooms,
            overlays: Vec::new(),
            tour: None,
            toast: problems.into_iter().next().map(Toast::problem),
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
                self.say(Toast::problem(*problem));
                None
            }
        }
    }

    /// What has to be asked for at the start.
    pub(crate) fn start(&mut self) -> Vec<Effect> {
        if self.only_lesson {
            return self.open_lesson();
        }
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
        let one = self.zoomed || plan.card_leaves_one_pane();
        layout::panes(plan.body, plan.size, one, screen.focus(), count, |body| screen.split(body))
    }

    /// The current room.
    pub(crate) fn screen(&self) -> &dyn Screen {
        self.rooms.get(self.room)
    }

    /// Where keys count now, the narrowest first.
    pub(crate) fn scopes(&self) -> Vec<Scope> {
        match self.overlays.last() {
            Some(Overlay::Help(_) | Overlay::Palette(_) | Overlay::Choose(_) | Overlay::Prompt(_)) => {
                vec![Scope::Typing]
            }
            Some(Overlay::Confirm(_)) => vec![Scope::Question],
            Some(Overlay::Why(_)) => vec![Scope::Global],
            Some(Overlay::Lesson(_)) => vec![Scope::Lesson],
            None => self.scopes_below(),
        }
    }

    /// Where keys would count if no window were open.
    pub(crate) fn scopes_below(&self) -> Vec<Scope> {
        if self.screen().is_typing() {
            let scope = self.screen().typing_scope();
            let editor = (scope != Some(Scope::Form)).then_some(Scope::Editor);
            return scope.into_iter().chain(editor).collect();
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
            Some(Overlay::Help(picker) | Overlay::Palette(picker) | Overlay::Choose(picker)) => {
                picker.type_key(stroke)
            }
            Some(Overlay::Prompt(prompt)) => prompt.type_key(stroke),
            Some(Overlay::Confirm(_) | Overlay::Why(_) | Overlay::Lesson(_)) => {}
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
            Some(Overlay::Help(picker) | Overlay::Palette(picker) | Overlay::Choose(picker)) => {
                picker.paste(text)
            }
            Some(Overlay::Prompt(prompt)) => prompt.paste(text),
            Some(Overlay::Confirm(_) | Overlay::Why(_) | Overlay::Lesson(_)) => {}
            None => {
                let effects = self.rooms.get_mut(self.room).paste(text);
                return self.settle(effects);
            }
        }
        Vec::new()
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
                let effects = match self.room {
                    Room::Experiments => self.rooms.experiments.edited(&text),
                    _ => self.rooms.segments.edited(&text),
                };
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
            Update::Lesson(lesson, state) => {
                let open = self.overlays.iter_mut().find_map(|overlay| match overlay {
                    Overlay::Lesson(window) => Some(window),
                    _ => None,
                });
                open.into_iter().for_each(|window| window.receive(Arc::clone(&lesson), state));
            }
            // The live panels keep their last picture; that it is not renewed is told beside it.
            Update::Failed(Room::Live, problem) => {
                self.rooms.live.fail(&problem);
                self.say(Toast::problem(problem));
            }
            Update::Live(live) => {
                self.clock.now = self.clock.now.max(live.stamp.as_of);
                self.rooms.live.receive(live);
            }
            Update::Why(question, answer) => {
                for overlay in &mut self.overlays {
                    if let Overlay::Why(window) = overlay {
                        window.receive(&question, answer.clone());
                    }
                }
            }
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
