//! `segue panel answers`: what this data can answer.

use std::io::{Write, stdout};

use crate::cli::segment::print_json;
use crate::cli::{Common, Exit, workspace};
use crate::model::privacy::plain;
use crate::panel::answers::{Answers, Help, Question, Scale};
use crate::panel::figures;
use crate::work;

/// Runs the verb.
///
/// # Errors
/// The workspace cannot be read, or stdout is closed.
pub(super) fn run(common: &Common) -> anyhow::Result<Exit> {
    let path = workspace::path(common)?;
    let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let answers = work::answers::answers(&workspace::open_read_only(common)?, &name, common.as_of)?;
    if common.json {
        return print_json(&serde_json::to_value(&answers)?);
    }
    let mut out = stdout().lock();
    for line in lines(&answers) {
        writeln!(out, "{}", plain(&line))?;
    }
    Ok(Exit::Done)
}

fn lines(answers: &Answers) -> Vec<String> {
    let mut lines = vec![
        answers.sentence.clone(),
        format!(
            "{} can be written to by e-mail; {} as of {}; {}",
            figures::plural(answers.reachable, "person", "people"),
            answers.speaks_of,
            answers.as_of,
            answers.plan
        ),
    ];
    for question in &answers.rows {
        lines.push(String::new());
        lines.extend(asked(question));
    }
    lines
}

fn asked(question: &Question) -> Vec<String> {
    let mut lines = vec![question.question.clone(), format!("  {}", question.sentence)];
    lines.extend(question.helps.iter().map(|help| helps(help, question.scale)));
    lines
}

fn helps(help: &Help, scale: Scale) -> String {
    let sees = help.detectable.map(|effect| match scale {
        Scale::Relative => format!(" → sees {}", figures::percent(effect)),
        Scale::Points => format!(" → sees {} points", figures::fixed(effect * 100.0, 0)),
    });
    format!("  · {}{}", help.what, sees.unwrap_or_default())
}
