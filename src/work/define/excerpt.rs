//! A fault with the line it is in, as the rule language shows its own.

use crate::model::Problem;
use crate::rule::diagnostic::{Diagnostic, render};

/// A problem as text, with the line of the file and a caret under the place where both are known.
#[must_use]
pub fn with_excerpt(problem: &Problem, text: &str) -> String {
    let column = problem.place.column.as_ref().and_then(|column| column.parse::<usize>().ok());
    let (Some(line), Some(column)) = (problem.place.line, column) else { return problem.to_string() };
    let Some(start) = offset(text, line, column) else { return problem.to_string() };
    let (before, rest) = text.split_at(start);
    // A name that is a whole value of the definition; in a rule the quotes of a name are part of its place.
    let named = ["unknown-event", "unknown-segment", "experiment-metric-unknown"].contains(&problem.code);
    let quote = before.chars().next_back().filter(|c| named && ['"', '\''].contains(c));
    let whole = quote.and_then(|quote| rest.find([quote, '\n']));
    let place = start..start + whole.unwrap_or_else(|| length(rest));
    let mark = Diagnostic::new(problem.code, place, "");
    let shown = render(text, &[mark]);
    let (mut problem, help) = (problem.clone(), problem.help.clone());
    problem.help = None;
    let lines: Vec<&str> = shown.lines().skip(1).collect();
    let mut said = format!("{problem}\n{}", lines.join("\n"));
    if let Some(help) = help {
        said.push_str(&format!("\n  help: {help}"));
    }
    said
}

/// The byte a line and column stand for, both counted from one.
fn offset(text: &str, line: u64, column: usize) -> Option<usize> {
    let above = usize::try_from(line).ok()?.checked_sub(1)?;
    if above >= text.lines().count() {
        return None;
    }
    let before: usize = text.split_inclusive('\n').take(above).map(str::len).sum();
    let rest = text.get(before..)?;
    let within = rest.char_indices().map(|(at, _)| at).chain([rest.len()]).nth(column.checked_sub(1)?)?;
    Some(before + within)
}

/// How much of a line a fault is about: the name that begins there, or what is in quotes.
fn length(rest: &str) -> usize {
    let mut characters = rest.chars();
    let first = characters.next();
    match first {
        Some(quote @ ('"' | '`')) => {
            characters.as_str().find(quote).map_or(1, |end| end + 2 * quote.len_utf8())
        }
        Some(letter) if letter.is_alphanumeric() || letter == '_' => {
            rest.find(|c: char| !(c.is_alphanumeric() || "_.".contains(c))).unwrap_or(rest.len())
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_shown_with_a_caret_under_the_name() {
        let text = "name = \"a\"\nrule = 'contry = \"DE\" and did(\"Ordr\")'\n";
        let at = |line: u64, column: &str| {
            let problem = Problem::new("x", "not known").at_line(line).in_column(column).in_file("a.toml");
            with_excerpt(&problem.help("say it"), text)
        };
        assert_eq!(
            at(2, "9"),
            "a.toml:2, column 9: not known\n  rule = 'contry = \"DE\" and did(\"Ordr\")'\n          ^^^^^^\n  help: say it"
        );
        assert!(at(2, "31").contains("\n                                ^^^^^^\n"), "{}", at(2, "31"));
        let whole = Problem::new("unknown-event", "not known").at_line(1).in_column("10");
        assert!(with_excerpt(&whole, "event = \"Ticket Closed\"\n").contains("\n           ^^^^^^^^^^^^^"));
        for (line, column) in [(7, "1"), (2, "400"), (0, "0"), (1, "name")] {
            assert_eq!(at(line, column).lines().count(), 2, "{line} {column}");
        }
    }
}
