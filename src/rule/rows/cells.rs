//! The cells of a clause of simple shape: what is asked about, the test, the value, the window.

use serde::{Deserialize, Serialize};

use super::About;
use crate::rule::print;
use crate::rule::tree::{Clause, EventClause, EventName, Messages, Question, Test, Window};

/// A cell of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// What is asked about.
    Attribute,
    /// How it is tested.
    Operator,
    /// Against what.
    Value,
    /// When.
    Window,
}

impl Cell {
    /// Every cell, from left to right.
    pub const ALL: [Self; 4] = [Self::Attribute, Self::Operator, Self::Value, Self::Window];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Attribute => "attribute",
            Self::Operator => "test",
            Self::Value => "value",
            Self::Window => "when",
        }
    }
}

/// A clause in cells, each as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// What is asked about.
    pub attribute: String,
    /// The test.
    pub operator: String,
    /// The value, or the values.
    pub value: String,
    /// The window.
    pub window: String,
    /// Whose values the value is one of.
    pub about: About,
    literals: Vec<String>,
    counts: bool,
}

impl Cells {
    /// The text of a cell.
    #[must_use]
    pub fn cell(&self, cell: Cell) -> &str {
        match cell {
            Cell::Attribute => &self.attribute,
            Cell::Operator => &self.operator,
            Cell::Value => &self.value,
            Cell::Window => &self.window,
        }
    }

    /// The clause put together again.
    #[must_use]
    pub fn clause(&self) -> String {
        join([&self.attribute, &self.operator, &self.value, &self.window])
    }

    /// Whether how many there are is asked.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.counts
    }

    /// The clause with another text in a cell.
    pub(super) fn with(&self, cell: Cell, chosen: &str, fallback: &str) -> String {
        let chosen = chosen.trim();
        match cell {
            Cell::Attribute if !chosen.contains('(') && !chosen.contains(' ') || chosen.starts_with('`') => {
                join([chosen, "present", "", ""])
            }
            Cell::Attribute if self.attribute.starts_with("did(") && chosen.starts_with("did(") => {
                join([chosen, &self.operator, &self.value, &self.window])
            }
            Cell::Attribute => chosen.to_owned(),
            Cell::Operator => self.tested(chosen.trim_end_matches('(').trim_end(), fallback),
            Cell::Value if takes_list(&self.operator) && !chosen.starts_with('(') => {
                join([&self.attribute, &self.operator, &format!("({chosen})"), &self.window])
            }
            Cell::Value if self.operator.is_empty() && self.about == About::Number => {
                join([&self.attribute, ">=", chosen, &self.window])
            }
            Cell::Value if matches!(self.operator.as_str(), "missing" | "present" | "empty") => {
                join([&self.attribute, "=", chosen, ""])
            }
            Cell::Value => join([&self.attribute, &self.operator, chosen, &self.window]),
            Cell::Window if self.counts => join([&self.attribute, &self.operator, &self.value, chosen]),
            Cell::Window if chosen.is_empty() => join([&self.attribute, "present", "", ""]),
            Cell::Window => join([&self.attribute, "", "", chosen]),
        }
    }

    fn tested(&self, operator: &str, fallback: &str) -> String {
        let first = self.literals.first().map_or(fallback, String::as_str);
        let second = self.literals.get(1).map_or(first, String::as_str);
        let all = if self.literals.is_empty() { first.to_owned() } else { self.literals.join(", ") };
        let window = if self.counts { self.window.as_str() } else { "" };
        let value = match operator {
            "missing" | "present" | "empty" => String::new(),
            "between" => format!("{first} and {second}"),
            "size" => return join([&self.attribute, "size >=", "1", window]),
            _ if takes_list(operator) => format!("({all})"),
            _ => first.to_owned(),
        };
        join([&self.attribute, operator, &value, window])
    }
}

fn takes_list(operator: &str) -> bool {
    matches!(
        operator,
        "in" | "not in" | "contains any" | "contains all" | "not contains any" | "not contains all"
    )
}

fn join(cells: [&str; 4]) -> String {
    cells.into_iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The cells of a clause; none where it has another shape.
pub(super) fn of(clause: &Clause) -> Option<Cells> {
    match clause {
        Clause::Trait { name, test } => {
            tested(print::name(&name.text), test, About::Trait(name.text.clone()), Window::Ever)
        }
        Clause::Lifecycle(test) => tested("lifecycle".to_owned(), test, About::Stage, Window::Ever),
        Clause::Intent(test) => tested("intent".to_owned(), test, About::Intent, Window::Ever),
        Clause::Season(test) => tested("season".to_owned(), test, About::Season, Window::Ever),
        Clause::Segment(name) => Some(named("in segment", &name.text, About::Segment)),
        Clause::List(name) => Some(named("in list", &name.text, About::List)),
        Clause::Events(events) => of_events(events),
        Clause::Messages(Messages { operator, n, window, .. }) => {
            let mut once = clause.clone();
            if let Clause::Messages(once) = &mut once {
                (once.operator, once.window) = (AT_LEAST, Window::Ever);
                once.n = crate::model::Decimal::ONE;
            }
            Some(counted(once.to_string(), operator.symbol(), n.to_string(), *window))
        }
        _ => None,
    }
}

const AT_LEAST: crate::rule::tree::Operator = crate::rule::tree::Operator::GreaterOrEqual;

fn named(attribute: &str, name: &str, about: About) -> Cells {
    let value = print::text(name);
    Cells {
        attribute: attribute.to_owned(),
        operator: String::new(),
        literals: vec![value.clone()],
        value,
        window: String::new(),
        about,
        counts: false,
    }
}

fn counted(attribute: String, operator: &str, n: String, window: Window) -> Cells {
    Cells {
        attribute,
        operator: operator.to_owned(),
        literals: vec![n.clone()],
        value: n,
        window: window.to_string(),
        about: About::Number,
        counts: true,
    }
}

fn of_events(events: &EventClause) -> Option<Cells> {
    let property = |name: &str| match &events.event {
        EventName::One(event) => About::Property(event.text.clone(), name.to_owned()),
        EventName::Any => About::Number,
    };
    // What stands before the test is printed with the whole, so that there is one printer.
    let head = |test: &str| {
        let whole = EventClause { window: Window::Ever, ..events.clone() }.to_string();
        whole.strip_suffix(test).map(|head| head.trim_end().to_owned())
    };
    match &events.question {
        Question::Count(operator, n) => {
            let question = Question::Count(AT_LEAST, crate::model::Decimal::ONE);
            let once = EventClause { window: Window::Ever, question, ..events.clone() };
            Some(counted(once.to_string(), operator.symbol(), n.to_string(), events.window))
        }
        Question::Figure(_, _, operator, n) => {
            let attribute = head(&format!("{} {n}", operator.symbol()))?;
            Some(counted(attribute, operator.symbol(), n.to_string(), events.window))
        }
        Question::When(_, window) if events.window == Window::Ever => {
            let attribute = head(&window.to_string())?;
            Some(Cells {
                operator: String::new(),
                value: String::new(),
                literals: Vec::new(),
                ..counted(attribute, "", String::new(), *window)
            })
        }
        Question::Of(_, name, test) | Question::MostFrequent(name, test)
            if !matches!(test, Test::During(_)) =>
        {
            let attribute = head(&test.to_string())?;
            let mut cells = tested(attribute, test, property(&name.text), events.window)?;
            cells.counts = true;
            Some(cells)
        }
        _ => None,
    }
}

fn tested(attribute: String, test: &Test, about: About, window: Window) -> Option<Cells> {
    let (operator, value, literals, during) = test_cells(test)?;
    let window = if during.is_empty() { window.to_string() } else { during };
    Some(Cells { attribute, operator, value, window, about, literals, counts: false })
}

/// Operator, value, the single values, window.
type TestCells = (String, String, Vec<String>, String);

fn test_cells(test: &Test) -> Option<TestCells> {
    let plain = |operator: &str, literals: Vec<String>| {
        let value = literals.join(" and ");
        Some((operator.to_owned(), value, literals, String::new()))
    };
    let listed = |operator: &str, literals: Vec<String>| {
        Some((operator.to_owned(), format!("({})", literals.join(", ")), literals, String::new()))
    };
    let each = |values: &[crate::rule::tree::Literal]| values.iter().map(ToString::to_string).collect();
    match test {
        Test::Compare(operator, literal) => plain(operator.symbol(), vec![literal.to_string()]),
        Test::OneOf { negated, values } => listed(if *negated { "not in" } else { "in" }, each(values)),
        Test::Match(how, literal) => plain(how.words(), vec![literal.to_string()]),
        Test::Missing => plain("missing", Vec::new()),
        Test::Present => plain("present", Vec::new()),
        Test::Empty => plain("empty", Vec::new()),
        Test::During(window) => Some((String::new(), String::new(), Vec::new(), window.to_string())),
        Test::Between(low, high) => plain("between", vec![low.to_string(), high.to_string()]),
        Test::Contains { all, values } => {
            listed(if *all { "contains all" } else { "contains any" }, each(values))
        }
        Test::Pattern(literal) => plain("matches", vec![literal.to_string()]),
        Test::Size(operator, n) => plain(&format!("size {}", operator.symbol()), vec![n.to_string()]),
        Test::Version(operator, literal) => {
            plain(&format!("{} version", operator.symbol()), vec![literal.to_string()])
        }
        Test::Not(inner) => {
            let (operator, value, literals, window) = test_cells(inner)?;
            let operator = Some(operator).filter(|operator| !operator.is_empty())?;
            Some((format!("not {operator}"), value, literals, window))
        }
        Test::IgnoringCase(inner) => {
            let (operator, value, literals, window) = test_cells(inner)?;
            Some((operator, format!("{value} ignoring case"), literals, window))
        }
    }
}
