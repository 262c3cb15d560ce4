//! What actions do: to the windows on top, to the console as a whole, and otherwise to the room.

use std::path::PathBuf;

use super::App;
use crate::tui::action::{Action, Readiness, spec_of};
use crate::tui::overlay::{Help, Overlay, Picker, Prompt, Target, WhyWindow};
use crate::tui::port::{Command, Room};
use crate::tui::screens::{Effect, Question};
use crate::tui::toast::Toast;
use crate::tui::tour::Tour;

impl App {
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
            Action::Open => self.open_selected(),
            Action::Lesson => self.open_lesson(),
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
            (Overlay::Lesson(_), Action::Back) if self.only_lesson => return Some(vec![Effect::Quit]),
            (Overlay::Lesson(_), Action::Back) => {
                self.overlays.pop();
                return Some(vec![Effect::Send(Command::EndLesson)]);
            }
            (Overlay::Lesson(_), Action::Help) => {
                self.overlays.push(Overlay::Help(Picker::default()));
            }
            (Overlay::Lesson(window), other) => {
                return Some(window.act(other).map(Effect::Send).into_iter().collect());
            }
            (_, Action::Back) => {
                self.overlays.pop();
            }
            (
                Overlay::Help(picker) | Overlay::Palette(picker) | Overlay::Choose(picker),
                Action::Up | Action::Down,
            ) => picker.step(action),
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
                Question::ImportPath
                | Question::PeopleFilter(_)
                | Question::SegmentName
                | Question::SegmentCopy(_)
                | Question::Cell => Vec::new(),
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
                Some(Help::Do(spec)) => self.run_by_id(spec.id),
                Some(Help::Write(form)) => self.rooms.segments.write(form.example),
                None => Vec::new(),
            },
            Some(Overlay::Choose(picker)) => match picker.chosen_offer(self) {
                Some(chosen) if self.room == Room::Experiments => self.rooms.experiments.choose(&chosen),
                Some(chosen) => {
                    let (effects, said) = self.rooms.segments.choose(&chosen);
                    said.into_iter().for_each(|said| self.say(Toast::note(said)));
                    effects
                }
                None => Vec::new(),
            },
            Some(Overlay::Why(_) | Overlay::Lesson(_)) | None => Vec::new(),
        }
    }

    /// Does the action of a row of the table, if it can be done now and here.
    fn run_by_id(&mut self, id: &str) -> Vec<Effect> {
        let Some(spec) = spec_of(id) else { return Vec::new() };
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
            Question::SegmentName if !text.is_empty() => {
                let (effects, said) = self.rooms.segments.begin(&text);
                said.into_iter().for_each(|said| self.say(Toast::note(said)));
                effects
            }
            Question::SegmentCopy(_) if !text.is_empty() => {
                let (effects, said) = self.rooms.segments.save_as(&text);
                said.into_iter().for_each(|said| self.say(Toast::note(said)));
                effects
            }
            _ => Vec::new(),
        }
    }

    /// Effects that are the app's own business are done here; the others are the runtime's.
    pub(super) fn settle(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
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

    /// Opens what is selected; where that is shown in a panel of its own, the panel gets the whole screen.
    fn open_selected(&mut self) -> Vec<Effect> {
        let screen = self.rooms.get_mut(self.room);
        let fills = screen.opens_full_size();
        let effects = screen.act(Action::Open);
        if fills {
            self.zoomed = !self.zoomed;
        }
        effects
    }

    fn quit(&mut self) -> Vec<Effect> {
        if !self.demo && (self.rooms.segments.has_draft() || self.rooms.experiments.has_draft()) {
            self.overlays.push(Overlay::Confirm(Question::LoseDraft));
            return Vec::new();
        }
        vec![Effect::Quit]
    }

    /// Opens the lesson on peeking over everything.
    pub(super) fn open_lesson(&mut self) -> Vec<Effect> {
        self.overlays.push(Overlay::Lesson(Box::default()));
        vec![Effect::Send(Command::BeginLesson)]
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
        // What Enter opened full size is closed by one key, back to the list it was opened from.
        let opened = self.screen().opens_full_size() && self.room != Room::Live;
        if std::mem::take(&mut self.zoomed) && !opened {
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
        if self.room == Room::Journeys {
            return self.lost_in_journey();
        }
        let lines = self.selected_why().unwrap_or_default().to_vec();
        let question = self.screen().why_question();
        let asked = question.clone().map(|question| Effect::Send(Command::Why(question)));
        self.overlays.push(Overlay::Why(WhyWindow::new(line, lines, question)));
        asked.into_iter().collect()
    }

    /// Where the people of the selected journey are lost, gate by gate.
    fn lost_in_journey(&mut self) -> Vec<Effect> {
        let Some(name) = self.rooms.journeys.selected_name().map(str::to_owned) else { return Vec::new() };
        let mut effects = self.go(Room::Live);
        effects.extend(self.rooms.live.open_losses(&name));
        effects
    }

    fn tour_step(&mut self, by: i8) -> Vec<Effect> {
        if self.tour.as_mut().is_some_and(|tour| tour.step(by)) {
            return self.enter_stop();
        }
        self.tour = None;
        Vec::new()
    }

    /// Brings what the tour's stop talks about into view.
    pub(super) fn enter_stop(&mut self) -> Vec<Effect> {
        let Some(stop) = self.tour.as_ref().and_then(Tour::stop).cloned() else { return Vec::new() };
        let mut effects = self.go(stop.room);
        effects.extend(self.rooms.get_mut(stop.room).show(&stop.show));
        effects
    }
}
