//! Fields as the line of JSON that `segue calc` reads.

use serde_json::{Map, Value, json};

use super::Tab;
use super::fields::{Cells, Field, Quantity};

/// What was typed is not what the field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) field: Field,
    pub(super) message: String,
}

/// Fields of one number each, by their name in the line.
const NUMBERS: [(Field, &str); 10] = [
    (Field::Alpha, "alpha"),
    (Field::Margin, "margin"),
    (Field::Tuning, "sequential_tuning"),
    (Field::Baseline, "baseline"),
    (Field::Sd, "sd"),
    (Field::Effect, "effect"),
    (Field::N, "n"),
    (Field::Power, "power"),
    (Field::Ratio, "ratio"),
    (Field::Arms, "arms"),
];

/// Fields of one word each.
const WORDS: [(Field, &str); 7] = [
    (Field::Metric, "metric"),
    (Field::Engine, "engine"),
    (Field::Difference, "difference"),
    (Field::Relative, "relative"),
    (Field::Alternative, "alternative"),
    (Field::Better, "better"),
    (Field::Method, "method"),
];

/// The line, and what is wrong with what was typed.
pub(super) fn asked(tab: Tab, cells: &Cells) -> (String, Vec<Fault>) {
    let mut writer = Writer { cells, faults: Vec::new() };
    let mut line = Map::new();
    writer.word(&mut line, Field::Metric);
    if tab == Tab::Compare {
        let count = cells.variants();
        let variants: Vec<Value> = (0..count).map(|at| writer.variant(at)).collect();
        line.insert("variants".to_owned(), Value::Array(variants));
        let weight = |at| Field::Of(at, Quantity::Weight);
        if (0..count).any(|at| !cells.get(weight(at)).is_empty()) {
            let weights: Vec<Value> = (0..count).filter_map(|at| writer.number(weight(at))).collect();
            line.insert("weights".to_owned(), Value::Array(weights));
        }
    }
    let relevant = |field: Field| match field {
        Field::Relative => cells.get(Field::Difference) == "relative",
        Field::Alternative => cells.get(Field::Engine) != "bayesian",
        Field::Tuning => cells.get(Field::Engine) == "sequential",
        Field::Sd => cells.get(Field::Metric) != "proportion",
        Field::Metric => false,
        _ => true,
    };
    for (field, _) in WORDS.iter().filter(|(field, _)| relevant(*field)) {
        writer.word(&mut line, *field);
    }
    for (field, key) in NUMBERS.iter().filter(|(field, _)| relevant(*field)) {
        if let Some(number) = writer.number(*field) {
            line.insert((*key).to_owned(), number);
        }
    }
    if let Some(rho) = writer.number(Field::Rho) {
        line.insert("rho".to_owned(), rho);
    }
    if cells.get(Field::Engine) == "bayesian" && cells.get(Field::PriorProper) == "normal" {
        let mut prior = Map::new();
        prior.insert("proper".to_owned(), json!(true));
        for (field, key) in [(Field::PriorMean, "mean"), (Field::PriorSd, "sd")] {
            prior.extend(writer.number(field).map(|number| (key.to_owned(), number)));
        }
        line.insert("prior".to_owned(), Value::Object(prior));
    }
    (Value::Object(line).to_string(), writer.faults)
}

struct Writer<'c> {
    cells: &'c Cells,
    faults: Vec<Fault>,
}

impl Writer<'_> {
    fn word(&self, line: &mut Map<String, Value>, field: Field) {
        let said = self.cells.get(field);
        let key = WORDS.iter().find(|(known, _)| *known == field).map(|(_, key)| *key);
        if let Some(key) = key.filter(|_| !said.is_empty()) {
            line.insert(key.to_owned(), json!(said));
        }
    }

    fn number(&mut self, field: Field) -> Option<Value> {
        let said = self.cells.get(field);
        if said.is_empty() {
            return None;
        }
        let found = read(said);
        if found.is_none() {
            self.faults.push(Fault { field, message: format!("“{said}” is no number") });
        }
        found
    }

    fn variant(&mut self, at: usize) -> Value {
        let mut variant = Map::new();
        variant.insert("name".to_owned(), json!(self.cells.get(Field::Of(at, Quantity::Name))));
        let told = self.cells.quantities().into_iter().filter(|quantity| *quantity != Quantity::Weight);
        for quantity in told {
            if let Some(number) = self.number(Field::Of(at, quantity)) {
                variant.insert(quantity.key().to_owned(), number);
            }
        }
        Value::Object(variant)
    }
}

/// A number as people type it: `10000`, `10,000`, `10 000`, `0.05`, `0,05`, `5 %`.
fn read(said: &str) -> Option<Value> {
    let (said, part) = match said.strip_suffix('%') {
        Some(percent) => (percent.trim(), Some(0.01)),
        None => (said, None),
    };
    let plain: String = said.chars().filter(|c| !matches!(c, ' ' | '_' | '\u{a0}' | '\u{202f}')).collect();
    let plain = if is_grouped(&plain) { plain.replace(',', "") } else { plain.replace(',', ".") };
    if part.is_none()
        && let Ok(whole) = plain.parse::<i64>()
    {
        return Some(json!(whole));
    }
    let number = plain
        .parse::<f64>()
        .ok()
        .map(|number| number * part.unwrap_or(1.0))
        .filter(|number| number.is_finite())?;
    serde_json::Number::from_f64(number).map(Value::Number)
}

/// Whether commas stand between groups of three digits.
fn is_grouped(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or(text).trim_start_matches('-');
    let mut groups = whole.split(',');
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let first =
        groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && digits(first) && first != "0");
    let rest: Vec<&str> = groups.collect();
    first && !rest.is_empty() && rest.iter().all(|group| group.len() == 3 && digits(group))
}

/// The field a complaint is about: it begins with the field's name in the line.
pub(super) fn place(message: &str, cells: &Cells) -> Option<Field> {
    let named = message.split(|c: char| c.is_whitespace()).next().unwrap_or("");
    if let Some(rest) = named.strip_prefix("variants[") {
        let (at, key) = rest.split_once("].")?;
        let quantity = cells.quantities().into_iter().find(|quantity| quantity.key() == key);
        return Some(Field::Of(at.parse().ok()?, quantity.unwrap_or(Quantity::Name)));
    }
    match named {
        "weights" => return Some(Field::Of(0, Quantity::Weight)),
        "variants" => return Some(Field::Of(cells.variants(), Quantity::Name)),
        "prior.sd" => return Some(Field::PriorSd),
        "rho" => return Some(Field::Rho),
        _ => {}
    }
    let known = NUMBERS.iter().chain(&WORDS);
    known.clone().find(|(_, key)| *key == named).map(|(field, _)| *field)
}

/// A complaint in the words of the form: `n of control` for `variants[0].n`.
pub(super) fn in_words(message: &str, cells: &Cells) -> String {
    let named = message.split(|c: char| c.is_whitespace()).next().unwrap_or("");
    let Some(Field::Of(at, quantity)) = place(message, cells).filter(|_| named.starts_with("variants["))
    else {
        return message.to_owned();
    };
    let name = cells.get(Field::Of(at, Quantity::Name));
    let of = match (name.trim(), at) {
        ("", 0) => "the control".to_owned(),
        ("", at) => format!("variant {}", at + 1),
        (name, 0) => format!("{name}, the control"),
        (name, _) => name.to_owned(),
    };
    message.replacen(named, &format!("{} of {of}", quantity.label()), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::calc::{Answer, Question, answer};

    fn filled(cells: &[(Field, &str)]) -> Cells {
        let mut all = Cells::fresh(Tab::Compare);
        cells.iter().for_each(|(field, text)| all.set(*field, text));
        all
    }

    #[test]
    fn numbers_are_read_as_people_type_them() {
        let said = ["10000", "10,000", "1,234,567.5", "0,05", "10 000", "5 %", "-3", "0,123"];
        let wanted = [10000.0, 10000.0, 1_234_567.5, 0.05, 10000.0, 0.05, -3.0, 0.123];
        for (said, wanted) in said.iter().zip(wanted) {
            assert_eq!(read(said).and_then(|value| value.as_f64()), Some(wanted), "{said}");
        }
        for said in ["", "x", "1,2,3", "1e999", "--1"] {
            assert_eq!(read(said), None, "{said}");
        }
    }

    #[test]
    fn complaints_name_what_the_form_calls_it() {
        let cells = filled(&[(Field::Of(1, Quantity::Name), "bundle")]);
        assert_eq!(in_words("variants[0].n is missing", &cells), "people of A, the control is missing");
        let sum = in_words("variants[1].sum is 30, more than the 20 units of the arm", &cells);
        assert_eq!(sum, "sum of bundle is 30, more than the 20 units of the arm");
        assert_eq!(in_words("alpha must lie between 0 and 0.5", &cells), "alpha must lie between 0 and 0.5");
    }

    #[test]
    fn a_filled_form_asks_what_the_command_line_asks() {
        let of = |at, quantity| Field::Of(at, quantity);
        let cells = filled(&[
            (of(0, Quantity::N), "10,000"),
            (of(0, Quantity::Sum), "820"),
            (of(1, Quantity::N), "10020"),
            (of(1, Quantity::Sum), "905"),
        ]);
        let (line, faults) = asked(Tab::Compare, &cells);
        assert_eq!(faults, []);
        assert_eq!(
            line,
            r#"{"metric":"proportion","variants":[{"name":"A","n":10000,"sum":820},{"name":"B","n":10020,"sum":905}],"engine":"fixed","difference":"relative","relative":"delta","alternative":"two-sided","better":"higher","alpha":0.05}"#
        );
        match answer(Question::Compare, line.as_bytes(), 1) {
            Answer::Compared(found) => assert!(found.comparisons[0].numbers.p_value.unwrap() < 0.05),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_engine_metric_and_way_of_telling_makes_a_line_that_is_understood() {
        for metric in ["proportion", "mean", "ratio"] {
            for told in ["sums", "mean and variance"] {
                for engine in ["fixed", "sequential", "bayesian"] {
                    for adjusted in ["no", "yes"] {
                        let mut cells = filled(&[
                            (Field::Metric, metric),
                            (Field::Told, told),
                            (Field::Engine, engine),
                            (Field::Adjusted, adjusted),
                            (Field::PriorProper, "normal"),
                            (Field::PriorSd, "0.3"),
                        ]);
                        for at in 0..2 {
                            for quantity in cells.quantities() {
                                let text = match quantity {
                                    Quantity::N => "1000",
                                    Quantity::Mean => "1.2",
                                    Quantity::Variance => "2",
                                    Quantity::Sum | Quantity::Before => "400",
                                    Quantity::Denominator => "500",
                                    Quantity::Weight => "50",
                                    Quantity::Cross | Quantity::BeforeCross => "300",
                                    _ => "900",
                                };
                                cells.set(Field::Of(at, quantity), text);
                            }
                        }
                        let (line, faults) = asked(Tab::Compare, &cells);
                        assert_eq!(faults, []);
                        let found = answer(Question::Compare, line.as_bytes(), 1);
                        assert!(!found.is_refused(), "{line}\n{found:?}");
                    }
                }
            }
        }
        for metric in ["proportion", "mean", "ratio"] {
            let mut cells = Cells::fresh(Tab::Power);
            cells.set(Field::Metric, metric);
            cells.set(Field::Sd, "3");
            let (line, _) = asked(Tab::Power, &cells);
            let Answer::Powered(found) = answer(Question::Power, line.as_bytes(), 1) else {
                panic!("{line}")
            };
            assert!(found.n_total.unwrap() > 100.0, "{found:?}");
        }
    }

    #[test]
    fn complaints_are_told_at_their_field() {
        let told = |cells: &[(Field, &str)]| {
            let mut all = vec![
                (Field::Of(0, Quantity::N), "10"),
                (Field::Of(0, Quantity::Sum), "5"),
                (Field::Of(1, Quantity::N), "10"),
                (Field::Of(1, Quantity::Sum), "5"),
            ];
            all.extend(cells);
            let cells = filled(&all);
            let (line, _) = asked(Tab::Compare, &cells);
            match answer(Question::Compare, line.as_bytes(), 1) {
                Answer::Refused(refused) => place(&refused.error.message, &cells),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(told(&[(Field::Of(1, Quantity::Sum), "11")]), Some(Field::Of(1, Quantity::Sum)));
        assert_eq!(told(&[(Field::Of(0, Quantity::N), "1.5")]), Some(Field::Of(0, Quantity::N)));
        assert_eq!(told(&[(Field::Alpha, "0.9")]), Some(Field::Alpha));
        assert_eq!(told(&[(Field::Of(1, Quantity::Name), "")]), Some(Field::Of(1, Quantity::Name)));
        assert_eq!(
            told(&[(Field::Of(0, Quantity::Weight), "-1"), (Field::Of(1, Quantity::Weight), "1")]),
            Some(Field::Of(0, Quantity::Weight))
        );
        let (_, faults) = asked(Tab::Compare, &filled(&[(Field::Alpha, "five")]));
        assert_eq!(faults[0].field, Field::Alpha);
    }
}
