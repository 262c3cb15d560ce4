//! The statistics on summary numbers of tests run elsewhere: a line of JSON in, a line out.
//!
//! Every line is answered. What it asks may be answered with a reading, or *withheld* with a code and a reason where the numbers
//! allow none; a line that cannot be understood is *refused* with its number, what is wrong and help. No answer holds NaN.

mod adjust;
mod fields;
mod power;
mod split;
mod summary;
mod versus;

use serde::Serialize;
use serde_json::{Map, Value};

pub use adjust::Adjusted;
pub use power::Powered;
pub use split::Split;
pub use versus::{Compared, Exact, NotWorse, Versus};

use self::fields::Fields;
use super::analysis::Withheld;
use crate::model::Problem;

/// What a line asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Treatments against a control.
    Compare,
    /// Sample size, power or detectable effect.
    Power,
    /// Whether a split is as it should be.
    SampleRatio,
    /// p-values within their family.
    Adjust,
}

/// What is said to a line, in the words of its JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Treatments compared.
    Compared(Compared),
    /// Sizes and power.
    Powered(Powered),
    /// The split tested.
    Split(Split),
    /// p-values adjusted.
    Adjusted(Adjusted),
    /// The line was not understood.
    Refused(Refused),
}

impl Answer {
    /// Whether the line was understood.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// What was wrong with a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refused {
    /// The line's own id, where it has one.
    pub id: Value,
    /// The line's number, from 1.
    pub line: u64,
    /// Nothing, so that a reader of comparisons finds a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparisons: Option<[(); 0]>,
    /// The same in the form of a withheld reading.
    pub withheld: Withheld,
    /// What is wrong and what to do.
    pub error: Fault,
}

/// A fault of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// A stable short name.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Ids longer than this are no ids.
const LONGEST_ID: usize = 1024;

/// Answers one line. `number` is its place in the input, from 1.
#[must_use]
pub fn answer(question: Question, line: &[u8], number: u64) -> Answer {
    let object = match object(line) {
        Ok(object) => object,
        Err(problem) => return refused(question, Value::Null, number, *problem),
    };
    let id = object.get("id").cloned().unwrap_or(Value::Null);
    if let Err(problem) = check_id(&id) {
        return refused(question, Value::Null, number, *problem);
    }
    let fields = Fields::new(&object, String::new());
    let answer = match question {
        Question::Compare => versus::answer(&fields, id.clone()).map(Answer::Compared),
        Question::Power => power::answer(&fields, id.clone()).map(Answer::Powered),
        Question::SampleRatio => split::answer(&fields, id.clone()).map(Answer::Split),
        Question::Adjust => adjust::answer(&fields, id.clone()).map(Answer::Adjusted),
    };
    answer.unwrap_or_else(|problem| {
        let missing = problem.code == "missing-field" && problem.help.is_none();
        refused(question, id, number, if missing { problem.help(example(question)) } else { *problem })
    })
}

/// The answer to a line that was too long to be read.
#[must_use]
pub fn too_long(question: Question, number: u64, limit: usize) -> Answer {
    let problem = Problem::new("line-too-long", format!("a line holds at most {limit} bytes"))
        .help("write one JSON object per line");
    refused(question, Value::Null, number, problem)
}

fn object(line: &[u8]) -> Result<Map<String, Value>, Box<Problem>> {
    match serde_json::from_slice(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Box::new(Problem::new("not-an-object", "a line is one JSON object").help(EXAMPLE))),
        Err(error) => {
            let text = error.to_string();
            let column =
                format!("{} (column {})", text.split(" at line ").next().unwrap_or(&text), error.column());
            Err(Box::new(Problem::new("not-json", column).help(match line.trim_ascii_start().first() {
                Some(b'{' | b'[') => "numbers are finite; NaN and Infinity are no JSON",
                _ => "a line is one JSON object; the lines of a file are read by: segue calc < FILE",
            })))
        }
    }
}

fn example(question: Question) -> &'static str {
    match question {
        Question::Compare => EXAMPLE,
        Question::Power => "write {\"metric\":\"proportion\",\"baseline\":0.1,\"effect\":0.2,\"power\":0.8}",
        Question::SampleRatio => "write {\"counts\":[1000,1040],\"weights\":[0.5,0.5]}",
        Question::Adjust => "write {\"p_values\":[0.01,0.04],\"method\":\"holm\"}",
    }
}

const EXAMPLE: &str = "write {\"metric\":\"proportion\",\"variants\":[{\"name\":\"A\",\"n\":1000,\"sum\":100},{\"name\":\"B\",\"n\":1000,\"sum\":120}]}";

fn check_id(id: &Value) -> Result<(), Box<Problem>> {
    let fits = match id {
        Value::Null | Value::Number(_) => true,
        Value::String(text) => text.len() <= LONGEST_ID,
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        let message = format!("an id is a number or text of at most {LONGEST_ID} bytes");
        Err(Box::new(Problem::new("bad-id", message)))
    }
}

fn refused(question: Question, id: Value, line: u64, problem: Problem) -> Answer {
    let Problem { code, message, help, .. } = problem;
    Answer::Refused(Refused {
        id,
        line,
        comparisons: (question == Question::Compare).then_some([]),
        withheld: Withheld { code, reason: message.clone() },
        error: Fault { code, message, help },
    })
}
