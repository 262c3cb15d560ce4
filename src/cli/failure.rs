//! What ended a verb: text for people, and with `--json` the same for programs.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::model::Problem;
use crate::rule::{Diagnostic, render};

/// A rule that cannot be used.
#[derive(Debug)]
pub struct FaultyRule {
    /// As it was written.
    pub rule: String,
    /// The file it was read from, if it was.
    pub file: Option<PathBuf>,
    /// What is wrong with it.
    pub faults: Vec<Diagnostic>,
}

impl fmt::Display for FaultyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.file.as_ref().map_or_else(String::new, |file| format!(" in {}", file.display()));
        write!(f, "the rule{place} cannot be used\n{}", render(&self.rule, &self.faults).trim_end())
    }
}

impl std::error::Error for FaultyRule {}

/// Several problems at once.
#[derive(Debug)]
pub struct Several(pub Vec<Problem>);

impl fmt::Display for Several {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Several {}

/// `{"problems": [{"code", "place", "message", "help"}]}`; what has no code of its own is `failed`.
#[must_use]
pub fn as_json(error: &anyhow::Error) -> Value {
    if let Some(FaultyRule { rule, file, faults }) = error.downcast_ref() {
        let placed = |fault: &Diagnostic| {
            let problem = fault.problem(rule);
            match file {
                Some(file) => problem.in_file(file.display().to_string()),
                None => problem,
            }
        };
        return json!({ "problems": faults.iter().map(placed).collect::<Vec<_>>() });
    }
    if let Some(Several(problems)) = error.downcast_ref() {
        return json!({ "problems": problems });
    }
    match error.downcast_ref::<Problem>() {
        Some(problem) => json!({ "problems": [problem] }),
        None => json!({ "problems": [Problem::new("failed", format!("{error:#}"))] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_its_code_place_and_help_to_programs_too() {
        let rule = "country == \"DE\"".to_owned();
        let faults = crate::rule::parse(&rule).unwrap_err();
        let told = as_json(&FaultyRule { rule, file: Some("a.rule".into()), faults }.into());
        let problem = &told["problems"][0];
        assert_eq!((&problem["code"], &problem["help"]), (&json!("other-language"), &json!("write `=`")));
        assert_eq!((&problem["place"]["file"], &problem["place"]["line"]), (&json!("a.rule"), &json!(1)));
        let several = Several(vec![Problem::new("a", "b"), Problem::new("c", "d").help("e")]);
        assert_eq!(as_json(&several.into())["problems"][1]["help"], "e");
        assert_eq!(as_json(&anyhow::anyhow!("no space"))["problems"][0]["code"], "failed");
    }
}
