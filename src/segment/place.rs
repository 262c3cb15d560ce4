//! Where a rule stands in the definition it is written in, so that a fault is told in lines of the file.

use serde::Deserialize;
use toml::Spanned;

use crate::model::Problem;

#[derive(Deserialize)]
struct RuleOnly {
    rule: Option<Spanned<String>>,
}

/// A fault whose place is counted within the rule, told in lines of the definition's text. Where the rule's characters
/// are written as escapes, only the line is certain.
#[must_use]
pub fn in_definition(problem: Problem, definition: &str) -> Problem {
    let Some((start, raw)) = written(definition) else { return problem };
    let lines_before = definition.get(..start).unwrap_or("").matches('\n').count() as u64;
    let multiline = ["\"\"\"", "'''"].into_iter().find(|quote| raw.starts_with(quote));
    let literal = !raw.contains('\\') || raw.starts_with('\'');
    let Some(line) = problem.place.line else { return problem };
    // A line break right behind the opening quotes belongs to the quotes, not to the rule.
    let opened = multiline.is_some_and(|quote| {
        raw.get(quote.len()..).is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("\r\n"))
    });
    let mut problem = problem;
    let within = if multiline.is_some() { line } else { 1 };
    problem.place.line = Some(lines_before + within + u64::from(opened));
    let column = problem.place.column.as_ref().and_then(|column| column.parse::<usize>().ok());
    let shift = match multiline {
        _ if opened || within > 1 => 0,
        quotes => {
            let line = definition.get(..start).unwrap_or("").rsplit('\n').next().unwrap_or("");
            line.chars().count() + quotes.map_or(1, str::len)
        }
    };
    problem.place.column = column.filter(|_| literal).map(|column| (column + shift).to_string());
    problem
}

/// Where the rule's value begins, quotes included, and how it is written.
fn written(definition: &str) -> Option<(usize, &str)> {
    let rule = toml::from_str::<RuleOnly>(definition).ok()?.rule?;
    let span = rule.span();
    Some((span.start, definition.get(span)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_in_lines_of_the_file() {
        let at = |definition: &str, line: u64, column: &str| {
            let problem = Problem::new("x", "m").at_line(line).in_column(column);
            in_definition(problem, definition).to_string()
        };
        let single = "name = \"a\"\n\nrule = 'contry = 1'\n";
        assert_eq!(at(single, 1, "1"), "line 3, column 9: m");
        let several = "name = \"a\"\nrule = \"\"\"\ncountry = 1 and\n  contry = 2\n\"\"\"\n";
        assert_eq!(at(several, 2, "3"), "line 4, column 3: m");
        let same = "name = \"a\"\nrule = '''a = 1\nb = 2'''\n";
        assert_eq!(at(same, 1, "1"), "line 2, column 11: m");
        assert_eq!(at(same, 2, "1"), "line 3, column 1: m");
        // Escaped quotes shift columns, and an escaped line break is none in the file.
        assert_eq!(at("rule = \"a = \\\"x\\\"\\nand\"", 2, "1"), "line 1: m");
        assert_eq!(at("name = \"a\"\nlist = []", 1, "1"), "line 1, column 1: m");
    }
}
