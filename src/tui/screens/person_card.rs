//! One person: what they are known by, what holds for them, and what happened, newest first.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::View;
use crate::model::consent::ConsentState;
use crate::panel::live::Tone;
use crate::panel::people::{ConsentLine, LineKind, PersonCard, TimelineLine};
use crate::panel::privacy;
use crate::tui::theme::Role;
use crate::tui::widgets::frame::{Frame, Stack, line_at};
use crate::tui::widgets::row::{Row, wrap};
use crate::tui::widgets::table::{self, Cursor};

/// Draws the card.
pub(super) fn draw(
    card: Option<&PersonCard>,
    timeline: Cursor,
    area: Rect,
    buffer: &mut Buffer,
    view: &View,
    focused: bool,
) {
    let name = card.map_or(String::new(), |card| privacy::name(card.name.as_deref(), view.mask));
    let note = card.map_or(String::new(), |card| card.id.to_string());
    let inner = view.frame(Frame { title: "Person", about: &name, note: &note, focused }, area, buffer);
    let Some(card) = card else {
        return view.teach("Nobody is open.", "Enter opens the selected person", inner, buffer);
    };
    let facts = facts(card, usize::from(inner.width), view);
    let room = usize::from(inner.height);
    // The timeline keeps at least two fifths: it is what the card is opened for.
    let height = facts.len().min(room * 3 / 5);
    let (top, rest) = crate::tui::layout::take_top(inner, height as u16);
    facts.draw(top, buffer);
    line_at(view.row().put(Role::Title, "what happened").muted(", newest first"), rest, 0, buffer);
    let (_, list) = crate::tui::layout::take_top(rest, 1);
    if card.timeline.is_empty() {
        return line_at(view.row().muted("nothing was recorded yet"), list, 0, buffer);
    }
    table::draw(&card.timeline, timeline, focused, list, buffer, |line| timeline_row(line, view));
}

fn facts(card: &PersonCard, width: usize, view: &View) -> Stack {
    let mut stack = Stack::default();
    for line in wrap(&card.sentence, width).into_iter().take(2) {
        stack.push(0, view.row().put(Role::Loud, line));
    }
    let intent = card.intent.as_deref().unwrap_or("not in a session");
    stack.push(
        1,
        field(view, "stage").text(card.lifecycle.as_deref().unwrap_or("–")).muted("   intent ").text(intent),
    );
    let segments = if card.segments.is_empty() { "none".to_owned() } else { card.segments.join(", ") };
    stack.push(2, field(view, "segments").text(segments));
    for (index, identity) in card.identities.iter().enumerate() {
        let row = field(view, if index == 0 { "known by" } else { "" })
            .cell(Role::Muted, &identity.namespace, 13)
            .gap(1)
            .text(privacy::address(&identity.value, view.mask))
            .muted(format!("  {}", identity.source));
        stack.push(3 + index.min(3) as u8, row);
    }
    for (index, consent) in card.consents.iter().enumerate() {
        let row = consent_row(field(view, if index == 0 { "consent" } else { "" }), consent);
        stack.push(4 + index.min(3) as u8, row);
    }
    for (index, line) in card.traits.iter().enumerate() {
        let value =
            if line.personal { privacy::name(Some(&line.value), view.mask) } else { line.value.clone() };
        let row = field(view, if index == 0 { "traits" } else { "" })
            .cell(Role::Muted, &line.name, 13)
            .gap(1)
            .text(value)
            .muted(format!("  {}", line.source));
        stack.push(7 + index.min(20) as u8, row);
    }
    stack
}

fn field(view: &View, name: &str) -> Row {
    view.row().cell(Role::Muted, name, 9)
}

fn consent_row(row: Row, consent: &ConsentLine) -> Row {
    let (role, mark) = match consent.state {
        ConsentState::Granted => (Role::Up, "✔"),
        ConsentState::Pending | ConsentState::Unknown => (Role::Held, "?"),
        ConsentState::Denied | ConsentState::Revoked => (Role::Down, "✘"),
    };
    let what = format!("{} · {}", consent.channel, consent.purpose);
    let since =
        consent.at.map(|at| format!(" {}", at.short(&TimeZone::UTC).chars().take(10).collect::<String>()));
    row.cell(Role::Muted, what, 18)
        .gap(1)
        .put(role, mark)
        .gap(1)
        .put(role, consent.state.name())
        .muted(format!("  {}{}", consent.basis, since.unwrap_or_default()))
}

fn timeline_row(line: &TimelineLine, view: &View) -> Row {
    let role = match line.tone {
        Tone::Plain => Role::Text,
        Tone::Sent => Role::Ink,
        Tone::Held => Role::Held,
        Tone::Good => Role::Up,
        Tone::Bad => Role::Down,
    };
    let mark = match line.kind {
        LineKind::Event => "·",
        LineKind::Message if line.tone == Tone::Held => "‖",
        LineKind::Message => "→",
        LineKind::Decision => "◆",
    };
    let row = view.row().muted(line.at.short(&TimeZone::UTC).chars().skip(5).collect::<String>()).gap(1);
    row.put(role, mark).gap(1).put(role, &line.text)
}
