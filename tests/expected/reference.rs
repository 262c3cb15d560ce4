//! Reading references, asking the calculator, comparing.

use std::collections::BTreeSet;
use std::path::Path;

use segue::experiment::calc::{self, Question};
use serde_json::{Value, json};

/// A reference file; none where the references are absent.
pub(crate) fn read(name: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/expected").join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(_) => {
            println!("skipped: {name} is not beside the repository");
            None
        }
    }
}

/// The cases of a reference file; none where it is absent.
pub(crate) fn cases(name: &str) -> Vec<Value> {
    read(name).map(|file| file["cases"].as_array().unwrap().clone()).unwrap_or_default()
}

pub(crate) fn id(case: &Value) -> &str {
    case["id"].as_str().unwrap()
}

pub(crate) fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        Some("NaN") => f64::NAN,
        _ => value.as_f64().unwrap_or_else(|| panic!("no number: {value}")),
    }
}

pub(crate) fn count(value: &Value) -> u64 {
    number(value) as u64
}

/// The answer to a line, which must be understood and hold no NaN.
pub(crate) fn ask(question: Question, line: &Value) -> Value {
    let answer = calc::answer(question, line.to_string().as_bytes(), 1);
    assert!(!answer.is_refused(), "{line}: {answer:?}");
    serde_json::to_value(&answer).unwrap()
}

/// The only comparison of an answer.
pub(crate) fn versus(line: &Value) -> Value {
    ask(Question::Compare, line)["comparisons"][0].clone()
}

/// An end of an interval: null stands for the infinity that is wanted.
#[track_caller]
pub(crate) fn close_end(got: &Value, want: &Value, what: &str) {
    let want = number(want);
    if want.is_infinite() {
        assert!(got.is_null(), "{what}: got {got}, want {want}");
    } else {
        close(number(got), want, what);
    }
}

/// 1e-6 relative, 1e-9 absolute near zero.
#[track_caller]
pub(crate) fn close(got: f64, want: f64, what: &str) {
    within(got, want, 1e-6, 1e-9, what);
}

#[track_caller]
pub(crate) fn within(got: f64, want: f64, relative: f64, absolute: f64, what: &str) {
    let near = (got - want).abs() <= absolute.max(relative * want.abs());
    assert!(near, "{what}: got {got:e}, want {want:e}");
}

/// p-values: 1e-6 relative, and everything below 1e-15 is equal. A peer that takes 1 − cdf carries 2e-16 of cancellation.
#[track_caller]
pub(crate) fn close_p(got: f64, want: f64, what: &str) {
    let near = (got - want).abs() <= 1e-15_f64.max(1e-6 * want);
    let cancelled = want < 1e-9 && (got - want).abs() < 5e-16;
    assert!(near || cancelled, "{what}: got {got:e}, want {want:e}");
}

/// Two arms of a proportion as a line.
pub(crate) fn shares(control: (u64, u64), treatment: (u64, u64)) -> Value {
    let arm = |name: &str, (sum, n): (u64, u64)| json!({"name": name, "n": n, "sum": sum});
    json!({"metric": "proportion", "variants": [arm("A", control), arm("B", treatment)]})
}

/// The line with more fields.
pub(crate) fn with(line: &Value, fields: &Value) -> Value {
    let mut line = line.clone();
    for (name, value) in fields.as_object().unwrap() {
        line[name] = value.clone();
    }
    line
}

/// What was met of a list of things defined differently: the list must be exact.
pub(crate) struct Listed {
    listed: &'static [(&'static str, &'static str)],
    met: BTreeSet<&'static str>,
}

impl Listed {
    pub(crate) fn new(listed: &'static [(&'static str, &'static str)]) -> Self {
        Self { listed, met: BTreeSet::new() }
    }

    /// Whether a name is on the list; it is ticked off then.
    pub(crate) fn holds(&mut self, name: &str) -> bool {
        let found = self.listed.iter().find(|(listed, _)| *listed == name);
        found.is_some_and(|(listed, _)| {
            self.met.insert(listed);
            true
        })
    }

    /// Everything listed was met.
    pub(crate) fn done(&self) {
        let stale: Vec<_> = self.listed.iter().filter(|(name, _)| !self.met.contains(name)).collect();
        assert!(stale.is_empty(), "listed as different and never met: {stale:?}");
        for (name, reason) in self.listed {
            println!("different on purpose: {name}: {reason}");
        }
    }
}
