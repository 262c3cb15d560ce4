//! One frame: header, tabs, the room, the footer, and what lies above them.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::action::{ACTIONS, Action, ActionSpec, Readiness, Scope};
use super::app::App;
use super::layout::{Breakpoint, Plan, speed_label, tab_label, take_top};
use super::overlay::Overlay;
use super::port::Room;
use super::screens::View;
use super::theme::Role;
use super::toast::ToastText;
use super::widgets::frame::{Frame, line_at};
use super::widgets::row::{Row, wrap};
use crate::model::Time;
use crate::panel::figures;
use crate::panel::live::Origin;

/// Draws the whole state.
pub(crate) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let plan = app.plan_of(area);
    let view = View { theme: app.theme, mask: app.mask, size: plan.size, full: app.zoomed };
    header(app, &plan, buffer, &view);
    tabs(app, &plan, buffer, &view);
    strip(app, &plan, buffer, &view);
    app.screen().draw(&app.panes(&plan), buffer, &view);
    footer(app, &plan, buffer, &view);
    tour(app, &plan, buffer, &view);
    toast(app, &plan, buffer, &view);
    for overlay in &app.overlays {
        if matches!(overlay, Overlay::Lesson(_)) {
            overlay.draw(app, area, buffer, &view);
            continue;
        }
        let (_, below) = take_top(area, u16::from(plan.size > Breakpoint::Tiny));
        overlay.draw(app, below, buffer, &view);
    }
}

fn header(app: &App, plan: &Plan, buffer: &mut Buffer, view: &View) {
    let stamp = &app.rooms.live.newest().stamp;
    let tiny = plan.size == Breakpoint::Tiny;
    let gap = if tiny || plan.size == Breakpoint::Narrow { 1 } else { 3 };
    let lead = if tiny { "segue" } else { " segue" };
    let mut row = view.row().put(Role::Focus, lead).gap(gap).put(Role::Title, &app.workspace).gap(gap);
    row = match (stamp.origin, plan.size) {
        (Origin::Simulated { .. }, Breakpoint::Tiny | Breakpoint::Narrow) => row.put(Role::Simulated, "SIM"),
        (Origin::Simulated { seed }, _) => row.put(Role::Simulated, format!("SIMULATED seed {seed}")),
        (Origin::Observed, _) => row.muted("observed"),
    };
    if app.mask && plan.size > Breakpoint::Narrow {
        let words = if plan.size == Breakpoint::Wide { "names masked" } else { "masked" };
        row = row.gap(gap).muted(words);
    }
    let width = usize::from(plan.header.width);
    let row = [Breakpoint::Wide, Breakpoint::Regular, Breakpoint::Tiny]
        .into_iter()
        .filter(|detail| *detail <= plan.size)
        .map(|detail| clock(app, detail, view))
        .find(|clock| row.width() + clock.width() + 1 < width)
        .map_or(row.clone(), |clock| row.clone().with_end(clock, width));
    line_at(row, plan.header, 0, buffer);
}

/// The clock and the rates, each in a column of its own so that nothing jumps.
fn clock(app: &App, detail: Breakpoint, view: &View) -> Row {
    let frozen = app.rooms.live.is_frozen();
    let hours = |time: Time| time.clock(&TimeZone::UTC).chars().take(5).collect::<String>();
    let (time, room) = match detail {
        Breakpoint::Wide => (app.clock.now.long(&TimeZone::UTC), 21),
        Breakpoint::Regular => (app.clock.now.long(&TimeZone::UTC).chars().skip(4).collect(), 17),
        Breakpoint::Narrow | Breakpoint::Tiny => (hours(app.clock.now), 5),
    };
    let mut row = view.row();
    if app.clock.now == Time(0) {
        // A workspace that is still being read has no moment yet, and nobody to count.
        return row;
    }
    row = if frozen {
        let time = format!("frozen {}", hours(app.rooms.live.shown().stamp.as_of));
        row.right(Role::Held, time, room.max(12))
    } else {
        row.right(Role::Text, time, room)
    };
    if app.clock.flows {
        let speed = speed_label(app.clock.speed);
        row = row.gap(2);
        row = if app.clock.paused {
            row.cell(Role::Held, "‖ paused", 10)
        } else {
            row.cell(Role::Up, format!("▶ {speed}"), 10)
        };
    }
    if detail == Breakpoint::Wide {
        let stamp = &app.rooms.live.newest().stamp;
        row = row.right(Role::Text, figures::count(stamp.people), 10).muted(" people");
        let rate = app.clock.events_per_second.map_or("–".to_owned(), figures::rate);
        row = row.right(Role::Text, rate, 7).muted(" events/s");
    }
    row
}

fn tabs(app: &App, plan: &Plan, buffer: &mut Buffer, view: &View) {
    for (room, area) in &plan.tabs {
        let label = tab_label(*room, plan.tab_row.width);
        let (number, title) = label.split_at(1);
        let mut row = view.row();
        row = if *room == app.room {
            row.put(Role::Focus, number).put(Role::Focus, title).reversed()
        } else {
            row.put(Role::Muted, number).put(Role::Text, title)
        };
        line_at(row, *area, 0, buffer);
    }
    let used = plan.tabs.last().map_or(plan.tab_row.x, |(_, area)| area.right());
    let (wide, running) = (plan.tab_row.width.saturating_sub(used), app.rooms.jobs.running());
    let mut end = view.row();
    if running > 0 {
        end = end.put(Role::Held, format!("↻ {running}")).gap(2);
    }
    for (action, title) in [(Action::Palette, " find "), (Action::Help, " help ")] {
        if let Some(key) = key_of(app, action) {
            end = end.gap(1).put(Role::Key, key).muted(title);
        }
    }
    if plan.tab_row.height > 0 && end.width() < usize::from(wide) {
        let rest = Rect { x: used, width: wide, ..plan.tab_row };
        line_at(view.row().with_end(end, usize::from(wide)), rest, 0, buffer);
    }
}

/// The key that does something where one is; none where it does something else there.
fn key_of(app: &App, action: Action) -> Option<String> {
    let scopes = app.scopes_below();
    let specs = scopes.iter().flat_map(|scope| ACTIONS.iter().filter(move |spec| spec.scope == *scope));
    let mut known = specs.filter(|spec| spec.action == action);
    known.find_map(|spec| {
        let first = app.keymap.of(spec).first()?;
        let does = app.keymap.resolve(&scopes, *first)?;
        (does.action == action).then(|| first.to_string())
    })
}

/// Where one panel is shown at a time: which ones there are.
fn strip(app: &App, plan: &Plan, buffer: &mut Buffer, view: &View) {
    let screen = app.screen();
    if plan.size != Breakpoint::Narrow || screen.pane_names().len() < 2 {
        return;
    }
    let mut row = view.row().gap(1);
    for (index, name) in screen.pane_names().iter().enumerate() {
        row = if index == screen.focus() {
            row.put(Role::Focus, format!("[{name}]"))
        } else {
            row.muted(format!(" {name} "))
        };
    }
    line_at(row.gap(2).put(Role::Key, "Tab").muted(" next"), plan.body, 0, buffer);
}

/// What can be done here, and why not where it cannot.
fn footer(app: &App, plan: &Plan, buffer: &mut Buffer, view: &View) {
    let width = usize::from(plan.footer.width);
    if let Some(note) = footer_note(app, plan) {
        let row = view.row().put(Role::Loud, format!(" {note}"));
        let close = view.row().put(Role::Key, "Esc").muted(" closes ");
        let row = if row.width() + close.width() < width { row.with_end(close, width) } else { row };
        return line_at(row, plan.footer, 0, buffer);
    }
    if plan.size == Breakpoint::Tiny && app.scopes().contains(&Scope::Form) {
        let row = view.row().put(Role::Key, "^S").muted(" save ").put(Role::Key, "^W").muted(" beside ");
        return line_at(row.put(Role::Key, "Esc").muted(" leave"), plan.footer, 0, buffer);
    }
    if plan.size == Breakpoint::Tiny && app.scopes().contains(&Scope::Editor) {
        let row = view.row().put(Role::Key, "^S").muted(" save ").put(Role::Key, "^R").muted(" rows ");
        let row = row.put(Role::Key, "F1").muted(" help ").put(Role::Key, "Esc").muted(" leave");
        return line_at(row, plan.footer, 0, buffer);
    }
    if plan.size == Breakpoint::Tiny {
        let row =
            view.row().put(Role::Key, "1-6 8").muted(" screens ").put(Role::Key, "space").muted(" pause ");
        return line_at(row.put(Role::Key, "?").muted(" help"), plan.footer, 0, buffer);
    }
    let (last, others): (Vec<_>, Vec<_>) =
        footer_specs(app).into_iter().partition(|spec| spec.action == Action::Quit);
    let end = last.first().map_or(view.row(), |spec| entry(app, spec, false, view).gap(1));
    let room = width.saturating_sub(end.width() + 3);
    let mut entries: Vec<Row> = others.iter().map(|spec| entry(app, spec, false, view)).collect();
    let total = |entries: &[Row], gap: usize| entries.iter().map(|entry| entry.width() + gap).sum::<usize>();
    let gap = if total(&entries, 3) <= room { 3 } else { 2 };
    // Reasons are told as far as there is room for them; what can be done comes first.
    for (index, spec) in others.iter().enumerate() {
        let told = entry(app, spec, true, view);
        if total(&entries, gap) - entries[index].width() + told.width() <= room {
            entries[index] = told;
        }
    }
    let mut row = view.row().gap(1);
    for entry in entries {
        row = if row.width() + entry.width() <= room { row.then(entry).gap(gap) } else { row };
    }
    line_at(row.with_end(end, width), plan.footer, 0, buffer);
}

/// The rows of the table whose keys count now, narrow scopes first, each action once.
fn footer_specs(app: &App) -> Vec<&'static ActionSpec> {
    let mut specs: Vec<&ActionSpec> = Vec::new();
    for scope in app.scopes() {
        for spec in ACTIONS.iter().filter(|spec| spec.scope == scope && spec.in_footer) {
            let taken = app
                .keymap
                .of(spec)
                .first()
                .is_some_and(|key| specs.iter().any(|earlier| app.keymap.of(earlier).contains(key)));
            let idle = matches!(spec.action, Action::Pause | Action::Faster | Action::Slower)
                && (!app.clock.flows || (scope == Scope::Global && !matches!(app.room, Room::Live)));
            let told_above = spec.action == Action::Help
                && Breakpoint::of(app.plan().footer.width, 99) == Breakpoint::Wide;
            if !taken && !idle && !told_above {
                specs.push(spec);
            }
        }
    }
    specs
}

fn entry(app: &App, spec: &ActionSpec, with_reason: bool, view: &View) -> Row {
    let key = app.keymap.shown(spec);
    match (spec.readiness)(app) {
        Readiness::Ready => view.row().put(Role::Key, key).gap(1).muted(spec.title),
        Readiness::Blocked(reason) if with_reason => {
            view.row().muted(key).gap(1).put(Role::Border, format!("{}: {reason}", spec.title))
        }
        Readiness::Blocked(_) => view.row().muted(key).gap(1).put(Role::Border, format!("{} ✘", spec.title)),
    }
}

/// The tour's card.
fn tour(app: &App, plan: &Plan, buffer: &mut Buffer, view: &View) {
    let Some((tour, stop)) = app.tour.as_ref().and_then(|tour| Some((tour, tour.stop()?))) else { return };
    Clear.render(plan.card, buffer);
    let note = format!("tour, {}", tour.place());
    let frame = Frame { title: &stop.title, about: "", note: &note, focused: true };
    let inner = frame.draw(plan.card, buffer, view.theme);
    view.paragraph(Role::Text, &stop.text, inner, 0, buffer);
    let keys = view.row().put(Role::Key, "Enter").muted(" next   ").put(Role::Key, "←").muted(" back   ");
    let keys = keys.put(Role::Key, "Esc").muted(" leave the tour");
    line_at(keys, inner, inner.height.saturating_sub(1), buffer);
}

/// A note short enough to be told in the footer's place, where it covers nothing.
fn footer_note<'a>(app: &'a App, plan: &Plan) -> Option<&'a str> {
    match &app.toast.as_ref()?.text {
        ToastText::Note(text) => {
            Some(text.as_str()).filter(|text| text.chars().count() + 2 < usize::from(plan.footer.width))
        }
        ToastText::Problem(_) => None,
    }
}

/// A message too long for the footer, above it.
fn toast(app: &App, plan: &Plan, buffer: &mut Buffer, view: &View) {
    let Some(toast) = &app.toast else { return };
    if footer_note(app, plan).is_some() {
        return;
    }
    let width = 64.min(plan.body.width);
    let inside = usize::from(width.saturating_sub(4));
    let (role, title, text, help) = match &toast.text {
        ToastText::Note(text) => (Role::Text, "Note", text.clone(), None),
        ToastText::Problem(problem) => {
            let place = problem_place(problem);
            (Role::Error, "Problem", format!("✘ {place}{}", problem.message), problem.help.clone())
        }
    };
    let lines = wrap(&text, inside);
    let helps = help.map(|help| wrap(&format!("→ {help}"), inside)).unwrap_or_default();
    let height = ((lines.len() + helps.len()) as u16 + 2).min(plan.body.height);
    let area = Rect { x: plan.body.right() - width, y: plan.body.bottom() - height, width, height };
    Clear.render(area, buffer);
    let inner = Frame { title, about: "", note: "Esc closes", focused: true }.draw(area, buffer, view.theme);
    let rows = lines.into_iter().map(|line| view.row().put(role, line));
    for (index, row) in rows.chain(helps.into_iter().map(|line| view.row().text(line))).enumerate() {
        line_at(row, inner, index as u16, buffer);
    }
}

fn problem_place(problem: &crate::model::Problem) -> String {
    let mut place = problem.place.file.clone().unwrap_or_default();
    if let Some(line) = problem.place.line {
        place.push_str(&format!(":{line}"));
    }
    if place.is_empty() { place } else { place + ": " }
}
