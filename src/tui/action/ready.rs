//! Whether an action can be done now, and if not why.

use super::Readiness;
use crate::tui::app::App;

pub(super) fn always(_: &App) -> Readiness {
    Readiness::Ready
}

pub(super) fn flows(app: &App) -> Readiness {
    Readiness::when(app.clock.flows, "nothing flows in this workspace; segue demo does")
}

pub(super) fn can_speed_up(app: &App) -> Readiness {
    match flows(app) {
        Readiness::Ready => {
            Readiness::when(app.clock.speed.faster() != app.clock.speed, "as fast as it goes already")
        }
        blocked @ Readiness::Blocked(_) => blocked,
    }
}

pub(super) fn can_slow_down(app: &App) -> Readiness {
    match flows(app) {
        Readiness::Ready => Readiness::when(app.clock.speed.slower() != app.clock.speed, "real time already"),
        blocked @ Readiness::Blocked(_) => blocked,
    }
}

pub(super) fn has_why(app: &App) -> Readiness {
    let traced = app.selected_why().is_some_and(|lines| !lines.is_empty());
    Readiness::when(traced || app.screen().why_question().is_some(), "no decision behind this line")
}

pub(super) fn has_journey(app: &App) -> Readiness {
    Readiness::when(app.rooms.journeys.selected_name().is_some(), "no journey is selected")
}

pub(super) fn has_line(app: &App) -> Readiness {
    Readiness::when(app.selected_line().is_some(), "nothing is selected")
}

pub(super) fn can_revert(app: &App) -> Readiness {
    match app.rooms.data.selected_batch() {
        None => Readiness::Blocked("no import is selected".into()),
        Some(batch) => Readiness::when(!batch.reverted, "this import is reverted already"),
    }
}

pub(super) fn can_edit_segment(app: &App) -> Readiness {
    match app.rooms.segments.selected() {
        None => Readiness::Blocked("no segment is selected".into()),
        Some(segment) if segment.is_rule() => Readiness::Ready,
        Some(segment) => {
            Readiness::Blocked(format!("this segment is no rule ({})", segment.kind.name()).into())
        }
    }
}

pub(super) fn has_segment(app: &App) -> Readiness {
    Readiness::when(app.rooms.segments.selected().is_some(), "no segment is selected")
}

pub(super) fn can_copy_rule(app: &App) -> Readiness {
    app.rooms.segments.copy_blocked().map_or(Readiness::Ready, |reason| Readiness::Blocked(reason.into()))
}

pub(super) fn can_save_rule(app: &App) -> Readiness {
    app.rooms.segments.save_blocked().map_or(Readiness::Ready, |reason| Readiness::Blocked(reason.into()))
}

pub(super) fn can_edit_design(app: &App) -> Readiness {
    match app.rooms.experiments.selected() {
        None => Readiness::Blocked("no experiment is selected".into()),
        Some(experiment) => {
            Readiness::when(experiment.state != "imported", "its values were given by an import")
        }
    }
}

pub(super) fn has_tabs(app: &App) -> Readiness {
    Readiness::when(app.rooms.experiments.is_calculating(), "a design has one form")
}

pub(super) fn has_text(app: &App) -> Readiness {
    Readiness::when(!app.rooms.experiments.is_calculating(), "a calculation has no text of its own")
}

pub(super) fn can_save_form(app: &App) -> Readiness {
    app.rooms.experiments.save_blocked().map_or(Readiness::Ready, |reason| Readiness::Blocked(reason.into()))
}

pub(super) fn has_suggestion(app: &App) -> Readiness {
    Readiness::when(app.rooms.segments.has_suggestion(), "nothing to suggest here")
}

pub(super) fn can_cancel(app: &App) -> Readiness {
    match app.rooms.jobs.selected() {
        None => Readiness::Blocked("no job is selected".into()),
        Some(job) => Readiness::when(job.can_end(), "this job has ended"),
    }
}
