//! 5 Journeys: the list, and the graph of one with the people on it.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Effect, Loaded, Screen, View, step_of};
use crate::model::Problem;
use crate::panel::figures;
use crate::panel::journeys::{Journey, Journeys, Step, StepKind};
use crate::tui::action::Action;
use crate::tui::layout::{Breakpoint, part, take_top};
use crate::tui::theme::Role;
use crate::tui::widgets::bar::bar;
use crate::tui::widgets::frame::{Frame, line_at};
use crate::tui::widgets::graph::{Node, Placed, Way};
use crate::tui::widgets::row::Row;
use crate::tui::widgets::table::{self, Cursor};

const LIST: usize = 0;
const GRAPH: usize = 1;

/// The room's state.
#[derive(Debug)]
pub(crate) struct JourneysScreen {
    journeys: Loaded<Journeys>,
    cursor: Cursor,
    focus: usize,
    step: usize,
}

impl Default for JourneysScreen {
    fn default() -> Self {
        Self { journeys: Loaded::Waiting, cursor: Cursor::default(), focus: LIST, step: 0 }
    }
}

impl JourneysScreen {
    pub(crate) fn receive(&mut self, journeys: Arc<Journeys>) {
        self.journeys = Loaded::Here(journeys);
    }

    pub(crate) fn fail(&mut self, problem: Problem) {
        self.journeys = Loaded::Failed(problem);
    }

    /// Names and states, for the palette.
    pub(crate) fn names(&self) -> Vec<(String, String)> {
        let rows = self.journeys.here().map(|journeys| journeys.rows.as_slice()).unwrap_or_default();
        rows.iter().map(|journey| (journey.name.clone(), journey.sentence.clone())).collect()
    }

    /// The name of the selected journey.
    pub(crate) fn selected_name(&self) -> Option<&str> {
        self.selected().map(|journey| journey.name.as_str())
    }

    fn selected(&self) -> Option<&Journey> {
        let rows = &self.journeys.here()?.rows;
        self.cursor.within(rows.len()).and_then(|at| rows.get(at))
    }

    fn selected_step(&self) -> Option<&Step> {
        let steps = &self.selected()?.steps;
        steps.get(self.step.min(steps.len().saturating_sub(1)))
    }

    fn walk(&mut self, dx: i8, dy: i8) {
        let Some(journey) = self.selected() else { return };
        let (nodes, ways) = graph_of(journey);
        if let Some(next) =
            Placed::new(&nodes, &ways).neighbour(self.step.min(nodes.len().saturating_sub(1)), dx, dy)
        {
            self.step = next;
        }
    }

    fn draw_list(&self, area: Rect, buffer: &mut Buffer, view: &View) {
        let frame = Frame {
            title: "Journeys",
            about: "",
            note: "passages, since the start",
            focused: self.focus == LIST,
        };
        let inner = view.frame(frame, area, buffer);
        let Some(journeys) = self.journeys.here_or_say(view, inner, buffer) else { return };
        if journeys.rows.is_empty() {
            return view.teach(
                "No journeys yet.",
                "segue demo shows one; segue define FILE.toml brings in your own",
                inner,
                buffer,
            );
        }
        line_at(view.row().text(&journeys.sentence), inner, 0, buffer);
        let columns = Columns::of(inner.width);
        let head = columns.head(view);
        let list = table::headed(head, take_top(inner, 1).1, buffer);
        table::draw(&journeys.rows, self.cursor, self.focus == LIST, list, buffer, |journey| {
            columns.row(journey, view)
        });
    }

    fn draw_graph(&self, area: Rect, buffer: &mut Buffer, view: &View) {
        let focused = self.focus == GRAPH;
        let journey = self.selected();
        let name = journey.map(|journey| journey.name.as_str()).unwrap_or("Journey");
        let about =
            journey.map(|journey| format!("v{}, {}", journey.version, journey.state)).unwrap_or_default();
        let note = journey
            .and_then(|journey| journey.inside)
            .map(|inside| figures::plural(inside, "person inside", "people inside"))
            .unwrap_or_default();
        let inner = view.frame(Frame { title: name, about: &about, note: &note, focused }, area, buffer);
        let Some(journey) = journey else {
            return;
        };
        let from = view.paragraph(Role::Loud, &journey.sentence, inner, 0, buffer);
        let (_, below) = take_top(inner, from + u16::from(inner.height > 12));
        if view.size == Breakpoint::Tiny || inner.width < 60 || below.height < 7 {
            return self.draw_steps(journey, below, buffer, view);
        }
        let (upper, card) = take_top(below, below.height.saturating_sub(3));
        let (nodes, ways) = graph_of(journey);
        let selected = (!nodes.is_empty()).then(|| self.step.min(nodes.len() - 1)).filter(|_| focused);
        let placed = Placed::new(&nodes, &ways);
        let (canvas, list) = take_top(upper, placed.height().min(upper.height));
        // The blank columns beside the frame may be drawn into: a graph needs all the width there is.
        let canvas = Rect { x: canvas.x - 1, width: canvas.width + 2, ..canvas };
        placed.draw(selected, canvas, buffer, view.theme);
        if list.height > 3 {
            self.draw_steps(journey, take_top(list, 1).1, buffer, view);
        }
        self.draw_card(focused, card, buffer, view);
    }

    /// The selected step in words.
    fn draw_card(&self, focused: bool, area: Rect, buffer: &mut Buffer, view: &View) {
        let Some(step) = self.selected_step().filter(|_| focused) else {
            return line_at(
                view.row()
                    .put(Role::Key, "Tab")
                    .muted(" gives the keys to the graph, arrows walk through its steps"),
                area,
                2,
                buffer,
            );
        };
        let row = view.row().put(Role::Focus, step.kind.name()).gap(1).put(Role::Loud, &step.title);
        let row = match step.here.zip(step.seen) {
            Some((here, seen)) => row
                .muted("   here ")
                .text(figures::count(here))
                .muted("   seen ")
                .text(figures::count(seen))
                .muted("   ended here ")
                .text(figures::count(step.ended))
                .muted("   held ")
                .put(Role::Held, figures::count(step.held)),
            None => row,
        };
        line_at(row, area, 1, buffer);
        line_at(view.row().muted(&step.detail), area, 2, buffer);
    }

    /// The steps as a list, where there is no room for boxes.
    fn draw_steps(&self, journey: &Journey, area: Rect, buffer: &mut Buffer, view: &View) {
        let most = journey.steps.iter().filter_map(|step| step.seen).max().unwrap_or(0).max(1);
        let width = usize::from(area.width);
        let cursor = Cursor { at: self.step };
        table::draw(&journey.steps, cursor, self.focus == GRAPH, area, buffer, |step| {
            let title = width.saturating_sub(40).clamp(10, 26);
            let ends = width >= 56;
            let row = view.row().cell(Role::Text, &step.title, title);
            let Some((here, seen)) = step.here.zip(step.seen) else { return row };
            let row = row
                .right(Role::Loud, figures::count(here), 7)
                .muted(" here")
                .right(Role::Text, figures::count(seen), 8)
                .muted(" seen ");
            let row = match step.ended {
                _ if !ends => row,
                0 => row.gap(13),
                ended => row.right(Role::Muted, figures::count(ended), 7).muted(" ended"),
            };
            let row = if ends { row.gap(1) } else { row };
            let room = width.saturating_sub(row.width());
            row.put(Role::Ink, bar(seen as f64 / most as f64, room))
        });
    }
}

/// What is told of each journey in the list, for a width.
struct Columns {
    name: usize,
    state: bool,
    ways: bool,
}

impl Columns {
    fn of(width: u16) -> Self {
        Self { name: if width >= 82 { 30 } else { 18 }, state: width >= 52, ways: width >= 68 }
    }

    fn head(&self, view: &View) -> Row {
        let row = view.row().cell(Role::Muted, "journey", self.name);
        let row = if self.state { row.cell(Role::Muted, "state", 14) } else { row };
        self.figures(row, ["entered", "inside", "goal", "out"].map(|word| (Role::Muted, word)))
    }

    fn row(&self, journey: &Journey, view: &View) -> Row {
        let role = if journey.state == "running" { Role::Up } else { Role::Muted };
        let row = view.row().cell(Role::Text, &journey.name, self.name);
        let row = if self.state { row.cell(role, &journey.state, 14) } else { row };
        let count = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), figures::count);
        let [entered, inside, goal, out] =
            [journey.entered, journey.inside, journey.goal, journey.out].map(count);
        self.figures(
            row,
            [(Role::Text, &*entered), (Role::Loud, &*inside), (Role::Up, &*goal), (Role::Muted, &*out)],
        )
    }

    fn figures(&self, row: Row, [entered, inside, goal, out]: [(Role, &str); 4]) -> Row {
        let row = if self.ways { row.right(entered.0, entered.1, 9) } else { row };
        let row = row.right(inside.0, inside.1, 9).right(goal.0, goal.1, 9);
        if self.ways { row.right(out.0, out.1, 9) } else { row }
    }
}

/// A journey's steps as boxes: people who wait are counted where they are, others by how many came by.
fn graph_of(journey: &Journey) -> (Vec<Node>, Vec<Way>) {
    let nodes = journey
        .steps
        .iter()
        .map(|step| Node {
            title: step.title.clone(),
            figure: match (step.kind, step.here, step.seen) {
                (StepKind::Wait, Some(here), _) => format!("{} here", figures::count(here)),
                (StepKind::Exit | StepKind::Goal, _, Some(seen)) => figures::count(seen),
                (_, Some(here), _) if here > 0 => format!("{} here", figures::count(here)),
                (_, _, Some(seen)) => format!("{} seen", figures::count(seen)),
                _ => String::new(),
            },
            note: if step.held > 0 { format!("{} held", figures::count(step.held)) } else { String::new() },
            end: matches!(step.kind, StepKind::Exit | StepKind::Goal),
        })
        .collect();
    let place = |id: &str| journey.steps.iter().position(|step| step.id == id);
    let ways = journey
        .edges
        .iter()
        .filter_map(|edge| {
            Some(Way { from: place(&edge.from)?, to: place(&edge.to)?, label: edge.label.clone() })
        })
        .collect();
    (nodes, ways)
}

impl Screen for JourneysScreen {
    fn pane_names(&self) -> &'static [&'static str] {
        &["Journeys", "Steps"]
    }

    fn focus(&self) -> usize {
        self.focus
    }

    fn set_focus(&mut self, pane: usize) {
        self.focus = pane;
    }

    fn split(&self, body: Rect) -> Vec<Rect> {
        let rows = self.journeys.here().map_or(1, |journeys| journeys.rows.len()) as u16;
        let (list, graph) = take_top(body, rows.saturating_add(4).clamp(5, part(body.height, 35).max(5)));
        vec![list, graph]
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        match (self.focus, action) {
            (LIST, Action::Open) => self.focus = GRAPH,
            (GRAPH, Action::Back) => self.focus = LIST,
            (GRAPH, Action::Left) => self.walk(-1, 0),
            (GRAPH, Action::Right) => self.walk(1, 0),
            (GRAPH, Action::Up) => self.walk(0, -1),
            (GRAPH, Action::Down) => self.walk(0, 1),
            (LIST, _) => {
                if let Some(step) = step_of(action) {
                    let rows = self.journeys.here().map_or(0, |journeys| journeys.rows.len());
                    self.cursor.step(step, rows);
                    self.step = 0;
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn click(&mut self, pane: usize, area: Rect, at: Position) -> Vec<Effect> {
        let rows = self.journeys.here().map_or(0, |journeys| journeys.rows.len());
        if let Some(row) = table::row_at(self.cursor, rows, area, (3, 1), at).filter(|_| pane == LIST) {
            self.cursor.at = row;
            self.step = 0;
        }
        Vec::new()
    }

    fn draw(&self, areas: &[Rect], buffer: &mut Buffer, view: &View) {
        let pane = |index: usize| areas.get(index).copied().filter(|area| !area.is_empty());
        if let Some(area) = pane(LIST) {
            self.draw_list(area, buffer, view);
        }
        if let Some(area) = pane(GRAPH) {
            self.draw_graph(area, buffer, view);
        }
    }

    fn selected_line(&self, _mask: bool) -> Option<String> {
        match self.focus {
            GRAPH => self.selected_step().map(|step| match step.here.zip(step.seen) {
                Some((here, seen)) => {
                    format!("{}: {here} here, {seen} seen, {} held", step.title, step.held)
                }
                None => format!("{}: {}", step.title, step.detail),
            }),
            _ => self.selected().map(|journey| format!("{}: {}", journey.name, journey.sentence)),
        }
    }

    fn show(&mut self, name: &str) -> Vec<Effect> {
        let rows = self.journeys.here().map(|journeys| journeys.rows.as_slice()).unwrap_or_default();
        if let Some(at) = rows.iter().position(|journey| journey.name.eq_ignore_ascii_case(name)) {
            (self.cursor.at, self.step) = (at, 0);
        }
        self.focus = GRAPH;
        Vec::new()
    }
}
