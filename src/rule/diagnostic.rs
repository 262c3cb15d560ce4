//! What is wrong with a rule, where in its text, and what to write instead. One renderer for every front end.

use std::ops::Range;

use serde::Serialize;
use unicode_width::UnicodeWidthChar;

use crate::model::Problem;
use crate::model::problem::printable;

/// A place in a rule's text, in bytes, always on character boundaries.
pub type Span = Range<usize>;

/// One fault of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// A stable short name such as `unknown-trait`.
    pub code: &'static str,
    /// Where, in bytes.
    pub span: Span,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Diagnostic {
    /// A fault without help.
    #[must_use]
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), help: None }
    }

    /// With what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With the nearest of the known names, if one is near.
    #[must_use]
    pub fn suggest(self, wrong: &str, known: impl IntoIterator<Item = String>) -> Self {
        match nearest(wrong, known) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// The fault as a problem of a definition, its place counted from line 1 and column 1.
    #[must_use]
    pub fn problem(&self, text: &str) -> Problem {
        let spot = Spot::of(text, self.span.start);
        let mut problem = Problem::new(self.code, self.message.clone())
            .at_line(spot.line as u64)
            .in_column(spot.column.to_string());
        problem.help = self.help.clone();
        problem
    }
}

/// The known name nearest to a wrong one; `None` if nothing is near enough to be meant.
#[must_use]
pub fn nearest(wrong: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    let folded = wrong.to_lowercase();
    // A slip of a letter or two beats a common beginning, which only long names share by chance.
    let slips = 1.max(folded.chars().count() / 4);
    known
        .into_iter()
        .filter_map(|name| {
            let candidate = name.to_lowercase();
            let distance = strsim::osa_distance(&folded, &candidate);
            let likeness = strsim::jaro_winkler(&folded, &candidate);
            let near = distance <= slips;
            (near || likeness >= 0.82).then_some((
                near,
                usize::MAX - if near { distance } else { 0 },
                likeness,
                name,
            ))
        })
        .max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)).then_with(|| b.3.cmp(&a.3)))
        .map(|(.., name)| name)
}

/// Line and column of a byte of a text.
struct Spot<'a> {
    line: usize,
    column: usize,
    before: &'a str,
    text: &'a str,
}

impl<'a> Spot<'a> {
    fn of(text: &'a str, at: usize) -> Self {
        // What is missing at the end is missing behind the last word, not on the empty line below it.
        let at = floor(text, at).min(text.trim_end().len());
        let head = text.get(..at).unwrap_or("");
        let start = head.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = text.get(start..).unwrap_or("");
        let before = head.get(start..).unwrap_or("");
        Self {
            line: head.matches('\n').count() + 1,
            column: before.chars().count() + 1,
            before,
            text: rest.lines().next().unwrap_or(""),
        }
    }
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn cells(text: &str) -> usize {
    text.chars().map(|c| if c == '\t' { 1 } else { c.width().unwrap_or(1) }).sum()
}

/// The longest piece of a line that is shown with its carets, in characters.
const SHOWN: usize = 100;

/// Plain text: each fault with its line, carets under the place, and help. The command line and the console print it
/// as it is.
#[must_use]
pub fn render(text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let spot = Spot::of(text, diagnostic.span.start);
        out.push_str(&format!("{}:{}: {}\n", spot.line, spot.column, diagnostic.message));
        let skipped = spot.before.chars().count().saturating_sub(SHOWN / 2);
        let shown: String = spot.text.chars().skip(skipped).take(SHOWN).collect();
        if !shown.trim().is_empty() {
            let lead: String = spot.before.chars().skip(skipped).collect();
            let end = floor(text, diagnostic.span.end.max(diagnostic.span.start));
            let marked = text.get(floor(text, diagnostic.span.start)..end).unwrap_or("");
            let room = cells(&shown).saturating_sub(cells(&lead)).max(1);
            let width = cells(marked.lines().next().unwrap_or("")).clamp(1, room);
            out.push_str(&format!("  {}\n", shown.replace('\t', " ")));
            out.push_str(&format!("  {}{}\n", " ".repeat(cells(&lead)), "^".repeat(width)));
        }
        if let Some(help) = &diagnostic.help {
            out.push_str(&format!("  help: {help}\n"));
        }
    }
    printable(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_wide_and_tabbed_text() {
        let text = "city = \"東京\" and\n\tcontry = \"DE\"";
        let at = text.find("contry").unwrap();
        let one = Diagnostic::new("unknown-trait", at..at + 6, "trait `contry` is not known").help("x");
        assert_eq!(
            render(text, &[one]),
            "2:2: trait `contry` is not known\n   contry = \"DE\"\n   ^^^^^^\n  help: x\n"
        );
        let after = text.find(" and").unwrap();
        let two = Diagnostic::new("x", after..after + 4, "here");
        assert!(render(text, &[two]).contains("\n               ^^^^\n"));
    }

    #[test]
    fn a_place_inside_a_character_or_beyond_the_text_is_moved() {
        let text = "ä";
        assert!(render(text, &[Diagnostic::new("x", 1..9, "m")]).starts_with("1:1: m\n"));
        assert!(render("", &[Diagnostic::new("x", 5..9, "m")]).starts_with("1:1: m\n"));
    }

    #[test]
    fn only_near_names_are_suggested() {
        let known = || ["country", "city"].map(String::from);
        assert_eq!(nearest("contry", known()), Some("country".to_owned()));
        assert_eq!(nearest("COUNTRY", known()), Some("country".to_owned()));
        assert_eq!(nearest("zebra", known()), None);
    }
}
