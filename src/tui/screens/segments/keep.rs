//! Keeping a rule under a name: as the next version, as another segment, out of the library, as a whole definition; and
//! looking at what was kept before.

use std::sync::Arc;

use super::draft::Draft;
use super::verdict::Tab;
use super::{Effect, Question, SegmentsScreen};
use crate::panel::segments::history::History;
use crate::panel::segments::offers::Offer;
use crate::segment::{Body, ready};
use crate::tui::port::{Command, Like};

/// What is chosen in the window of offers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Choosing {
    /// What a cell of the rows is filled with.
    #[default]
    Cell,
    /// A segment of the library.
    Library,
}

impl SegmentsScreen {
    /// Keeps the draft as another segment; the second word says why not.
    pub(crate) fn save_as(&mut self, name: &str) -> (Vec<Effect>, Option<String>) {
        let rows = self.segments.here().map(|segments| segments.rows.as_slice()).unwrap_or_default();
        let Some(draft) = &self.draft else { return (Vec::new(), None) };
        if name == draft.name {
            return (vec![Effect::Send(draft.save())], None);
        }
        if rows.iter().any(|segment| segment.name == name) {
            let said = format!("there is a segment “{name}” already: choose another name");
            return (Vec::new(), Some(said));
        }
        let like = match &draft.like {
            Like::Nothing if draft.version.is_some() => Like::Segment(draft.name.clone()),
            like => like.clone(),
        };
        let (name, text) = (name.to_owned(), draft.text());
        self.renaming = Some((draft.name.clone(), name.clone()));
        (vec![Effect::Send(Command::SaveSegment { name, text, like })], None)
    }

    /// The draft was kept.
    pub(crate) fn saved(&mut self, name: &str, version: u32) -> Vec<Effect> {
        if let Some((from, to)) = self.renaming.take()
            && let Some(draft) = self.draft.as_mut().filter(|draft| draft.name == from && to == name)
        {
            name.clone_into(&mut draft.name);
        }
        let Some(draft) = self.draft.as_mut().filter(|draft| draft.name == name) else { return Vec::new() };
        draft.keep(version);
        // What it was a draft of is another version now: who joins and leaves is counted against that one.
        let asked = if self.editing { self.ask() } else { Vec::new() };
        asked.into_iter().chain(self.look_back()).collect()
    }

    /// Offers the segments of the library.
    pub(super) fn open_library(&mut self) -> Vec<Effect> {
        self.choosing = Choosing::Library;
        vec![Effect::Ask(Question::Cell)]
    }

    /// The library as it is chosen from.
    pub(super) fn library() -> Vec<Offer> {
        let offer = |ready: ready::Ready| Offer {
            kind: ready.segment.tags.first().cloned().unwrap_or_default(),
            label: format!("{}: {}", ready.segment.name, ready.segment.description),
            text: ready.segment.name,
            ..Offer::default()
        };
        ready::all().into_iter().map(offer).collect()
    }

    /// Opens a segment of the library as text; under a name that is free, so that nothing of one's own is replaced.
    pub(super) fn take_ready(&mut self, name: &str) -> (Vec<Effect>, Option<String>) {
        self.choosing = Choosing::Cell;
        let Some(found) = ready::all().into_iter().find(|ready| ready.segment.name == name) else {
            return (Vec::new(), Some(format!("the library has no segment “{name}”")));
        };
        let Body::Rule(rule) = &found.segment.body else { return (Vec::new(), None) };
        let free = self.free_name(name);
        let said = (free != name).then(|| format!("there is a “{name}” already: this one is “{free}”"));
        let mut draft = Draft::new(&free, None, rule.trim());
        draft.like = Like::Ready(name.to_owned());
        self.draft = Some(draft);
        self.editing = true;
        (self.ask(), said)
    }

    fn free_name(&self, name: &str) -> String {
        let rows = self.segments.here().map(|segments| segments.rows.as_slice()).unwrap_or_default();
        let taken = |name: &str| rows.iter().any(|segment| segment.name == name);
        let numbered = (2..).map(|n: u32| format!("{name} {n}"));
        std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }

    /// Opens the whole definition of the selected segment in `$EDITOR`: what it is for, who looks after it, lists and
    /// what is put together.
    pub(super) fn define(&mut self) -> Vec<Effect> {
        let Some(segment) = self.selected() else { return Vec::new() };
        let text = segment.definition.clone();
        self.defining = Some(segment.name.clone());
        vec![Effect::EditExternally(text)]
    }

    /// A definition comes back from `$EDITOR`; none if it was a rule's text.
    pub(super) fn defined(&mut self, text: &str) -> Option<Vec<Effect>> {
        let name = self.defining.take()?;
        let rows = self.segments.here().map(|segments| segments.rows.as_slice()).unwrap_or_default();
        let same =
            rows.iter().any(|segment| segment.name == name && segment.definition.trim() == text.trim());
        let command = Command::SaveDefinition { name, text: text.to_owned() };
        Some(if same { Vec::new() } else { vec![Effect::Send(command)] })
    }

    /// Takes what is known of a segment's history.
    pub(crate) fn remember(&mut self, history: Arc<History>) {
        if self.looked_at().as_deref() == Some(history.name.as_str()) {
            self.history = Some(history);
        }
    }

    /// Turns between the rule and its history on the list, or to the next heading beside the editor.
    pub(super) fn turn_to_past(&mut self) -> Vec<Effect> {
        self.in_past = !self.in_past;
        self.look_back()
    }

    /// The saved segment one looks at.
    fn looked_at(&self) -> Option<String> {
        match self.draft.as_ref().filter(|_| self.editing) {
            Some(draft) => draft.version.map(|_| draft.name.clone()),
            None => self.selected().map(|segment| segment.name.clone()),
        }
    }

    /// Asks for the history of what one looks at, where one looks at histories.
    pub(super) fn look_back(&mut self) -> Vec<Effect> {
        let wanted = if self.editing { self.who.tab == Tab::Past } else { self.in_past };
        let name = self.looked_at().filter(|_| wanted);
        if self.history.as_ref().map(|known| known.name.as_str()) != name.as_deref() {
            self.history = None;
        }
        name.map(|name| Effect::Send(Command::LoadHistory(name))).into_iter().collect()
    }
}
