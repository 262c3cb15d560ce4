//! `segue segment grammar`: the forms of the rule language.

use std::io::{Write, stdout};

use serde_json::json;

use super::print_json;
use crate::cli::{Common, Exit};
use crate::model::Problem;
use crate::rule::grammar::{FORMS, Form};

/// Prints the forms that a word occurs in, or all of them.
///
/// # Errors
/// Where no form knows the word, or stdout is closed.
pub(super) fn run(word: Option<&str>, common: &Common) -> anyhow::Result<Exit> {
    let wanted = word.unwrap_or("").to_lowercase();
    let is_about = |form: &&Form| {
        [form.about, form.form, form.example, form.meaning]
            .iter()
            .any(|text| text.to_lowercase().contains(&wanted))
    };
    let forms: Vec<&Form> = FORMS.iter().filter(is_about).collect();
    if forms.is_empty() {
        let problem = Problem::new("no-form", format!("no form of the language is about `{wanted}`"));
        return Err(problem.help("`segue segment grammar` prints them all").into());
    }
    if common.json {
        let told = |form: &&Form| json!({ "about": form.about, "form": form.form, "example": form.example, "meaning": form.meaning });
        return print_json(&json!({ "forms": forms.iter().map(told).collect::<Vec<_>>() }));
    }
    let mut out = stdout().lock();
    let mut about = "";
    for form in forms {
        if form.about != about {
            writeln!(out, "{}{}", if about.is_empty() { "" } else { "\n" }, form.about)?;
            about = form.about;
        }
        writeln!(out, "  {}", form.form)?;
        writeln!(out, "      {}", form.meaning)?;
        form.example.lines().try_for_each(|line| writeln!(out, "      {line}"))?;
    }
    Ok(Exit::Done)
}
