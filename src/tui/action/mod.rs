//! The one table of everything that can be done. Keymap, footer, help, palette and the README's key table come from it.

mod ready;
mod table;

use super::app::App;
use super::port::Room;

pub(crate) use ready::Readiness;
use ready::always;
pub(crate) use table::ACTIONS;

/// Something a person can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Quit,
    Help,
    Palette,
    Back,
    Go(Room),
    NextPane,
    PreviousPane,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    Zoom,
    Mask,
    Mouse,
    Theme,
    Repaint,
    Copy,
    Pause,
    Faster,
    Slower,
    NextMoment,
    Freeze,
    Contact,
    Budget,
    Why,
    Import,
    Revert,
    Filter,
    NewSegment,
    Answers,
    NewDesign,
    EditDesign,
    Calculate,
    Lesson,
    LessonStep,
    LessonAgain,
    EditExternally,
    Library,
    Define,
    History,
    EditorSave,
    EditorSaveAs,
    EditorComplete,
    EditorTab,
    PopupNext,
    PopupBefore,
    EditorUndo,
    EditorRedo,
    EditorAccept,
    EditorExternally,
    EditorLeave,
    EditorRows,
    EditorWho,
    RowsOpen,
    RowsAdd,
    RowsRemove,
    RowsNegate,
    RowsJoin,
    FormNext,
    FormBack,
    FormEnter,
    FormTab,
    CancelJob,
    TourNext,
    TourBack,
    TourLeave,
    Confirm,
    Accept,
}

/// Where an action's keys count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// Everywhere but while typing.
    Global,
    /// On one screen.
    Room(Room),
    /// While writing a rule.
    Editor,
    /// While something is offered that may come next in a rule.
    Popup,
    /// While a rule is looked at as rows.
    Rows,
    /// While people of the verdict are looked at.
    Sample,
    /// While a form is filled in.
    Form,
    /// While a lesson plays.
    Lesson,
    /// While typing a line or a filter, and in windows with a list.
    Typing,
    /// While a question waits.
    Question,
    /// While the tour's card is shown.
    Tour,
}

impl Scope {
    /// The heading help gives it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Global => "everywhere",
            Self::Room(room) => room.title(),
            Self::Editor => "rule editor",
            Self::Popup => "what may come next",
            Self::Rows => "rule as rows",
            Self::Sample => "people of a rule",
            Self::Form => "forms",
            Self::Lesson => "lesson",
            Self::Typing => "while typing",
            Self::Question => "questions",
            Self::Tour => "tour",
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub(crate) struct ActionSpec {
    /// The stable name used in keymap files.
    pub(crate) id: &'static str,
    pub(crate) action: Action,
    /// One or two words for the footer.
    pub(crate) title: &'static str,
    /// A sentence for help and palette.
    pub(crate) help: &'static str,
    pub(crate) scope: Scope,
    /// Whether the footer shows it.
    pub(crate) in_footer: bool,
    pub(crate) readiness: fn(&App) -> Readiness,
}

const fn spec(
    id: &'static str,
    action: Action,
    scope: Scope,
    title: &'static str,
    help: &'static str,
) -> ActionSpec {
    ActionSpec { id, action, title, help, scope, in_footer: false, readiness: always }
}

impl ActionSpec {
    const fn shown(mut self) -> Self {
        self.in_footer = true;
        self
    }

    const fn when(mut self, readiness: fn(&App) -> Readiness) -> Self {
        self.readiness = readiness;
        self
    }
}

/// The row of an action in a scope, if it has one.
pub(crate) fn spec_of(id: &str) -> Option<&'static ActionSpec> {
    ACTIONS.iter().find(|spec| spec.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_everything_has_words() {
        let ids: BTreeSet<&str> = ACTIONS.iter().map(|spec| spec.id).collect();
        assert_eq!(ids.len(), ACTIONS.len());
        for spec in ACTIONS {
            assert!(!spec.title.is_empty() && spec.help.len() > 5, "{}", spec.id);
            assert!(!spec.help.ends_with('.'), "{}", spec.id);
        }
    }

    #[test]
    fn every_room_can_be_gone_to() {
        for room in Room::ALL {
            assert!(ACTIONS.iter().any(|spec| spec.action == Action::Go(room)), "{room:?}");
        }
    }
}
