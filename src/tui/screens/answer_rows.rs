//! What this data can answer, as lines: question by question, with what would help.

use super::View;
use crate::panel::answers::{Answers, Help, Question, Scale};
use crate::panel::figures;
use crate::tui::theme::Role;
use crate::tui::widgets::row::{Row, wrap};

/// The page.
pub(super) fn rows(answers: &Answers, width: usize, view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut say = |role: Role, gap: usize, text: &str| {
        let lines = wrap(text, width.saturating_sub(gap));
        rows.extend(lines.into_iter().map(|line| view.row().gap(gap).put(role, line)));
    };
    say(Role::Loud, 0, &answers.sentence);
    if !answers.speaks_of.is_empty() {
        let role = if answers.speaks_of.contains("SIMULATED") { Role::Simulated } else { Role::Muted };
        say(role, 0, &format!("This speaks of {}.", answers.speaks_of));
    }
    let reach = figures::plural(answers.reachable, "person", "people");
    say(Role::Muted, 0, &format!("{reach} can be written to by e-mail; {}", answers.plan));
    for question in &answers.rows {
        say(Role::Text, 0, "");
        say(Role::Title, 0, &question.question);
        let role = if question.weeks.is_some() { Role::Text } else { Role::Held };
        say(role, 2, &sentence(question));
        question.helps.iter().for_each(|help| say(Role::Muted, 2, &helps(help, question.scale)));
    }
    rows
}

fn sentence(question: &Question) -> String {
    match &question.withheld {
        Some(withheld) if question.sentence.is_empty() => format!("withheld: {}", withheld.reason),
        _ => question.sentence.clone(),
    }
}

fn helps(help: &Help, scale: Scale) -> String {
    let sees = help.detectable.map(|effect| match scale {
        Scale::Relative => format!(" → sees {}", figures::percent(effect)),
        Scale::Points => format!(" → sees {} points", figures::fixed(effect * 100.0, 0)),
    });
    format!("· {}{}", help.what, sees.unwrap_or_default())
}
