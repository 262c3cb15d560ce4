//! What a file may be besides what it was taken for, told without asking and without stopping.

use std::io::Write;
use std::path::Path;

use crate::exchange::resemblance::{NearlyNumbers, as_experiment, nearly_numbers};
use crate::exchange::{ExperimentColumns, Form, MappingKind, Recognised};
use crate::model::privacy::plain;
use crate::panel::figures;

/// What is worth a second look.
#[derive(Debug, Default)]
pub(super) struct Notice {
    file: String,
    /// The command that would import the file as a finished experiment, where it looks like one.
    pub(super) command: Option<String>,
    /// Columns kept as text for the sake of a few values.
    pub(super) nearly_numbers: Vec<NearlyNumbers>,
}

impl Notice {
    /// Looks at a file that was taken as people or events. Who said what its rows are is not asked again.
    pub(super) fn of(recognised: &Recognised, asked: Option<MappingKind>, workspace: Option<&Path>) -> Self {
        let Form::Table(form) = &recognised.form else { return Self::default() };
        let path = recognised.input.path();
        let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let name = stem.split('.').next().unwrap_or_default();
        let columns = if form.guessed && asked.is_none() { as_experiment(&form.table, name) } else { None };
        Self {
            file: recognised.input.name(),
            command: columns.map(|columns| command(&columns, path, workspace)),
            nearly_numbers: nearly_numbers(form),
        }
    }

    pub(super) fn say(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if let Some(command) = &self.command {
            writeln!(
                out,
                "{} looks like the export of a finished test: one row per unit, with arm and outcomes. If it is one:\n  {}",
                plain(&self.file),
                plain(command)
            )?;
        }
        for column in &self.nearly_numbers {
            writeln!(
                out,
                "{}: `{}` is kept as text, because {} of its first {} are no numbers, such as `{}` in row {}",
                plain(&self.file),
                plain(&column.column),
                figures::count(column.others),
                figures::plural(column.seen, "value", "values"),
                plain(&column.example),
                column.row
            )?;
        }
        Ok(())
    }
}

fn command(columns: &ExperimentColumns, path: &Path, workspace: Option<&Path>) -> String {
    let mut words = vec!["segue import".to_owned(), shell(&path.display().to_string())];
    if let Some(workspace) = workspace {
        words.push(format!("-w {}", shell(&workspace.display().to_string())));
    }
    words.push("--as experiment".to_owned());
    words.push(format!("--name {}", shell(&columns.name)));
    words.push(format!("--variant {}", shell(&columns.variant)));
    words.push(format!("--control {}", shell(&columns.control)));
    for metric in &columns.metrics {
        words.push(format!("--metric {}", shell(&format!("{}:{}", metric.column, metric.kind.name()))));
    }
    if let Some(unit) = &columns.unit {
        words.push(format!("--unit {}", shell(unit)));
    }
    words.join(" ")
}

/// A word as a shell takes it.
fn shell(word: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || "_-./:=@".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::shell;

    #[test]
    fn a_word_survives_the_shell() {
        assert_eq!(shell("spend:mean"), "spend:mean");
        assert_eq!(shell("No E-Mail"), "'No E-Mail'");
        assert_eq!(shell("it's"), "'it'\\''s'");
        assert_eq!(shell(""), "''");
    }
}
