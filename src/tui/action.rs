//! The one table of everything that can be done. Keymap, footer, help, palette and the README's key table come from it.

mod ready;

use super::app::App;
use super::port::Room;

pub(crate) use ready::Readiness;
use ready::{
    always, can_cancel, can_copy_rule, can_edit_design, can_edit_segment, can_revert, can_save_form,
    can_save_rule, can_slow_down, can_speed_up, flows, has_journey, has_line, has_segment, has_suggestion,
    has_tabs, has_text, has_why,
};

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

const LIVE: Scope = Scope::Room(Room::Live);
const DATA: Scope = Scope::Room(Room::Data);
const PEOPLE: Scope = Scope::Room(Room::People);
const SEGMENTS: Scope = Scope::Room(Room::Segments);
const JOURNEYS: Scope = Scope::Room(Room::Journeys);
const EXPERIMENTS: Scope = Scope::Room(Room::Experiments);
const JOBS: Scope = Scope::Room(Room::Jobs);

/// Everything that can be done, in the order help shows it.
pub(crate) const ACTIONS: &[ActionSpec] = &[
    spec("pause", Action::Pause, Scope::Global, "pause", "Stop the virtual clock, or let it run again")
        .shown()
        .when(flows),
    spec(
        "open",
        Action::Open,
        Scope::Global,
        "open",
        "Open what is selected: a panel full size, a person, a rule",
    )
    .shown(),
    spec("help", Action::Help, Scope::Global, "help", "Every key, filtered by typing").shown(),
    spec("faster", Action::Faster, Scope::Global, "faster", "Run the virtual clock faster")
        .shown()
        .when(can_speed_up),
    spec("slower", Action::Slower, Scope::Global, "slower", "Run the virtual clock slower")
        .shown()
        .when(can_slow_down),
    spec("next-moment", Action::NextMoment, LIVE, "next moment", "Jump to the next interesting moment")
        .shown()
        .when(flows),
    spec("freeze", Action::Freeze, LIVE, "freeze", "Hold the live panels still while traffic goes on")
        .shown(),
    spec(
        "contact",
        Action::Contact,
        LIVE,
        "contact",
        "Fatigue in full, the forecast, other policies, who gets what, where people are lost",
    )
    .shown(),
    spec(
        "budget",
        Action::Budget,
        LIVE,
        "budget",
        "What enforcing the fatigue budget would have held, on the same messages",
    ),
    spec("why", Action::Why, LIVE, "why", "Show the gates of the selected decision").shown().when(has_why),
    spec("filter", Action::Filter, PEOPLE, "find", "List the people a name, an address or an id matches")
        .shown(),
    spec(
        "why-person",
        Action::Why,
        PEOPLE,
        "why",
        "Why a message went or did not, or what this person would get now, and what would change that",
    )
    .shown()
    .when(has_why),
    spec(
        "why-journey",
        Action::Why,
        JOURNEYS,
        "why",
        "Where the people of the selected journey are lost, gate by gate",
    )
    .shown()
    .when(has_journey),
    spec("import", Action::Import, DATA, "import", "Import a file by its path").shown(),
    spec("revert", Action::Revert, DATA, "revert", "Take the selected import back as a whole")
        .shown()
        .when(can_revert),
    spec("new-segment", Action::NewSegment, SEGMENTS, "new", "Write the rule of a new segment").shown(),
    spec("edit", Action::EditExternally, SEGMENTS, "in $EDITOR", "Open the rule's text in $EDITOR")
        .shown()
        .when(can_edit_segment),
    spec("new-design", Action::NewDesign, EXPERIMENTS, "new", "Design an experiment in a form").shown(),
    spec(
        "edit-design",
        Action::EditDesign,
        EXPERIMENTS,
        "edit",
        "Change the design of the selected experiment",
    )
    .shown()
    .when(can_edit_design),
    spec("library", Action::Library, SEGMENTS, "library", "Begin with a ready segment, as text").shown(),
    spec(
        "history",
        Action::History,
        SEGMENTS,
        "history",
        "Show earlier versions and sizes, or the rule again",
    )
    .shown()
    .when(has_segment),
    spec(
        "define",
        Action::Define,
        SEGMENTS,
        "definition",
        "Open the whole definition in $EDITOR: description, owner, tags, purpose, lists",
    )
    .shown()
    .when(has_segment),
    spec(
        "answers",
        Action::Answers,
        EXPERIMENTS,
        "what it can answer",
        "What this data can answer: for each question the smallest effect it could show",
    )
    .shown(),
    spec(
        "calculate",
        Action::Calculate,
        EXPERIMENTS,
        "calculator",
        "The statistics on summary numbers of a test that ran elsewhere, or of one that is planned",
    )
    .shown(),
    spec(
        "lesson",
        Action::Lesson,
        EXPERIMENTS,
        "peeking",
        "A lesson: what looking every day does to tests of nothing",
    )
    .shown(),
    spec("cancel-job", Action::CancelJob, JOBS, "cancel", "End the selected job").shown().when(can_cancel),
    spec(
        "zoom",
        Action::Zoom,
        Scope::Global,
        "zoom",
        "Give the whole screen to one panel, or share it again",
    )
    .shown(),
    spec("copy", Action::Copy, Scope::Global, "copy", "Copy the selected line to the clipboard (OSC 52)")
        .when(has_line),
    spec("mask", Action::Mask, Scope::Global, "mask", "Cover or show names and addresses on every screen")
        .shown(),
    spec(
        "mouse",
        Action::Mouse,
        Scope::Global,
        "mouse",
        "Let the console have the mouse, or the terminal (to select text)",
    ),
    spec(
        "theme",
        Action::Theme,
        Scope::Global,
        "theme",
        "Walk through the themes dark, light, colour-safe and mono",
    ),
    spec("repaint", Action::Repaint, Scope::Global, "repaint", "Draw the whole screen again"),
    spec(
        "live",
        Action::Go(Room::Live),
        Scope::Global,
        "Live",
        "The running test, fatigue, satisfaction, where people are",
    ),
    spec("data", Action::Go(Room::Data), Scope::Global, "Data", "Sources and imports"),
    spec("people", Action::Go(Room::People), Scope::Global, "People", "People, and everything known of one"),
    spec("segments", Action::Go(Room::Segments), Scope::Global, "Segments", "Segments and their rules"),
    spec(
        "journeys",
        Action::Go(Room::Journeys),
        Scope::Global,
        "Journeys",
        "Journeys with the people on them",
    ),
    spec(
        "experiments",
        Action::Go(Room::Experiments),
        Scope::Global,
        "Experiments",
        "Tests and their read-outs",
    ),
    spec("jobs", Action::Go(Room::Jobs), Scope::Global, "Jobs", "Long work: rate, time left, cancel"),
    spec("up", Action::Up, Scope::Global, "up", "Move up"),
    spec("down", Action::Down, Scope::Global, "down", "Move down"),
    spec("left", Action::Left, Scope::Global, "left", "Move left"),
    spec("right", Action::Right, Scope::Global, "right", "Move right"),
    spec("page-up", Action::PageUp, Scope::Global, "page up", "Move ten lines up"),
    spec("page-down", Action::PageDown, Scope::Global, "page down", "Move ten lines down"),
    spec("top", Action::Top, Scope::Global, "top", "Go to the first line"),
    spec("bottom", Action::Bottom, Scope::Global, "bottom", "Go to the last line"),
    spec("next-pane", Action::NextPane, Scope::Global, "next panel", "Give the keys to the next panel"),
    spec(
        "previous-pane",
        Action::PreviousPane,
        Scope::Global,
        "previous panel",
        "Give the keys to the panel before",
    ),
    spec("back", Action::Back, Scope::Global, "back", "Close what is open, one thing at a time"),
    spec(
        "palette",
        Action::Palette,
        Scope::Global,
        "find",
        "Find any action, person, segment, journey or test by typing",
    ),
    spec("quit", Action::Quit, Scope::Global, "quit", "Leave the console").shown(),
    spec("editor-save", Action::EditorSave, Scope::Editor, "save", "Keep the rule as a new version")
        .shown()
        .when(can_save_rule),
    spec(
        "editor-accept",
        Action::EditorAccept,
        Scope::Editor,
        "accept",
        "Take the suggested word, or indent",
    )
    .shown()
    .when(has_suggestion),
    spec("editor-rows", Action::EditorRows, Scope::Editor, "rows", "Show the rule as rows, or as text again")
        .shown(),
    spec("editor-who", Action::EditorWho, Scope::Editor, "who", "Look at the people shown, or write on")
        .shown(),
    spec(
        "editor-leave",
        Action::EditorLeave,
        Scope::Editor,
        "leave",
        "Leave the editor; the draft is kept until you quit",
    )
    .shown(),
    spec("popup-take", Action::EditorAccept, Scope::Popup, "take it", "Put what is offered into the rule")
        .shown()
        .when(has_suggestion),
    spec(
        "popup-next",
        Action::PopupNext,
        Scope::Popup,
        "next",
        "Walk to the next offer; Enter takes it then",
    )
    .shown(),
    spec("popup-before", Action::PopupBefore, Scope::Popup, "before", "Walk to the offer before"),
    spec("popup-close", Action::EditorLeave, Scope::Popup, "close", "Close what is offered and write on")
        .shown(),
    spec(
        "editor-save-as",
        Action::EditorSaveAs,
        Scope::Editor,
        "save as",
        "Keep the rule as another segment",
    )
    .shown()
    .when(can_copy_rule),
    spec(
        "editor-complete",
        Action::EditorComplete,
        Scope::Editor,
        "what next",
        "Show what may come next where the cursor is",
    ),
    spec(
        "editor-tab",
        Action::EditorTab,
        Scope::Editor,
        "people",
        "Turn to the next heading beside the rule: people, spread, overlap, what stands out, history",
    )
    .shown(),
    spec("editor-undo", Action::EditorUndo, Scope::Editor, "undo", "Take the last edit back").shown(),
    spec("editor-redo", Action::EditorRedo, Scope::Editor, "redo", "Do the last undone edit again").shown(),
    spec("editor-open", Action::EditorExternally, Scope::Editor, "$EDITOR", "Go on in $EDITOR").shown(),
    spec("rows-open", Action::RowsOpen, Scope::Rows, "choose", "Choose what the cell is filled with").shown(),
    spec("rows-add", Action::RowsAdd, Scope::Rows, "add", "Add a row below").shown(),
    spec("rows-remove", Action::RowsRemove, Scope::Rows, "remove", "Take the row out").shown(),
    spec("rows-negate", Action::RowsNegate, Scope::Rows, "not", "Ask for the opposite of the row").shown(),
    spec(
        "rows-join",
        Action::RowsJoin,
        Scope::Rows,
        "and/or",
        "Join the row to those before it by the other word",
    )
    .shown(),
    spec("rows-up", Action::Up, Scope::Rows, "up", "Move to the row above"),
    spec("rows-down", Action::Down, Scope::Rows, "down", "Move to the row below"),
    spec("rows-left", Action::Left, Scope::Rows, "left", "Move to the cell before"),
    spec("rows-right", Action::Right, Scope::Rows, "right", "Move to the next cell"),
    spec("rows-help", Action::Help, Scope::Rows, "help", "Every key and every form of the language"),
    spec(
        "sample-explain",
        Action::RowsOpen,
        Scope::Sample,
        "explain",
        "Show why the rule holds for this person, or ask in the rule for what stands out",
    )
    .shown(),
    spec("sample-left", Action::Left, Scope::Sample, "left", "Turn to the heading before"),
    spec("sample-right", Action::Right, Scope::Sample, "next heading", "Turn to the next heading").shown(),
    spec("sample-page-up", Action::PageUp, Scope::Sample, "page up", "Move ten lines up"),
    spec("sample-page-down", Action::PageDown, Scope::Sample, "page down", "Move ten lines down"),
    spec("sample-up", Action::Up, Scope::Sample, "up", "Move to the person above"),
    spec("sample-down", Action::Down, Scope::Sample, "down", "Move to the person below"),
    spec("editor-help", Action::Help, Scope::Editor, "help", "Every key and every form of the language")
        .shown(),
    spec("lesson-pause", Action::Pause, Scope::Lesson, "pause", "Stop the lesson, or let it go on").shown(),
    spec("lesson-step", Action::LessonStep, Scope::Lesson, "one look", "Take one look and stand still")
        .shown(),
    spec("lesson-faster", Action::Faster, Scope::Lesson, "faster", "Take more looks a second").shown(),
    spec("lesson-slower", Action::Slower, Scope::Lesson, "slower", "Take fewer looks a second").shown(),
    spec("lesson-again", Action::LessonAgain, Scope::Lesson, "again", "Begin the lesson again").shown(),
    spec("lesson-help", Action::Help, Scope::Lesson, "help", "Every key"),
    spec("lesson-leave", Action::Back, Scope::Lesson, "leave", "Leave the lesson").shown(),
    spec("form-save", Action::EditorSave, Scope::Form, "save", "Keep what is written as a new version")
        .shown()
        .when(can_save_form),
    spec(
        "form-enter",
        Action::FormEnter,
        Scope::Form,
        "choose",
        "Pick from what there is, or go to the next cell",
    )
    .shown(),
    spec("form-next", Action::FormNext, Scope::Form, "next", "Go to the next cell").shown(),
    spec("form-back", Action::FormBack, Scope::Form, "back", "Go to the cell before"),
    spec("form-up", Action::Up, Scope::Form, "up", "Go to the row above"),
    spec("form-down", Action::Down, Scope::Form, "down", "Go to the row below"),
    spec("form-page-up", Action::PageUp, Scope::Form, "page up", "Go ten rows up"),
    spec("form-page-down", Action::PageDown, Scope::Form, "page down", "Go ten rows down"),
    spec("form-side", Action::EditorWho, Scope::Form, "beside", "Look at what follows from it, or write on")
        .shown(),
    spec(
        "form-leave",
        Action::EditorLeave,
        Scope::Form,
        "leave",
        "Leave the form; a draft is kept until you quit",
    )
    .shown(),
    spec("form-tab", Action::FormTab, Scope::Form, "other form", "A test that ran, or a test to plan")
        .when(has_tabs),
    spec("form-copy", Action::Copy, Scope::Form, "copy", "Copy what is written, as text or as a command"),
    spec("form-undo", Action::EditorUndo, Scope::Form, "undo", "Take the last edit back").shown(),
    spec("form-redo", Action::EditorRedo, Scope::Form, "redo", "Do the last undone edit again"),
    spec("form-open", Action::EditorExternally, Scope::Form, "$EDITOR", "Go on in the text, in $EDITOR")
        .when(has_text),
    spec("form-help", Action::Help, Scope::Form, "help", "Every key").shown(),
    spec("accept", Action::Accept, Scope::Typing, "take it", "Take what was typed or is selected").shown(),
    spec("dismiss", Action::Back, Scope::Typing, "close", "Close the window").shown(),
    spec("typing-up", Action::Up, Scope::Typing, "up", "Move up"),
    spec("typing-down", Action::Down, Scope::Typing, "down", "Move down"),
    spec("confirm", Action::Confirm, Scope::Question, "yes", "Do what the question asks about").shown(),
    spec("refuse", Action::Back, Scope::Question, "no", "Leave everything as it is").shown(),
    spec("tour-next", Action::TourNext, Scope::Tour, "next stop", "Go on with the tour").shown(),
    spec("tour-back", Action::TourBack, Scope::Tour, "back", "Go back to the stop before").shown(),
    spec("tour-leave", Action::TourLeave, Scope::Tour, "leave the tour", "Close the tour's card").shown(),
];

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
