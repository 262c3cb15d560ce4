//! Merge tags: content filled in for one person, with the fallback where a value is missing.

use std::collections::BTreeMap;

use minijinja::{Environment, UndefinedBehavior, Value as TemplateValue};

use super::definition::Experience;
use crate::model::{Datum, Problem};

/// Content as one person gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Subject line or headline.
    pub subject: String,
    /// Body.
    pub body: String,
    /// Whether a tag without a value fell back.
    pub fell_back: bool,
}

/// Fills in an experience. `attribute` answers the merge tags; what it does not know becomes the tag's own default,
/// else the experience's fallback for the whole text.
#[must_use]
pub fn render<'a>(experience: &Experience, attribute: &dyn Fn(&str) -> Datum<'a>) -> Rendered {
    let mut fell_back = false;
    let mut fill = |text: &str| {
        fill_in(text, attribute).unwrap_or_else(|| {
            fell_back = true;
            experience.fallback.clone()
        })
    };
    let (subject, body) = (fill(&experience.subject), fill(&experience.body));
    Rendered { subject, body, fell_back }
}

/// The names a text merges in.
#[must_use]
pub fn tags(text: &str) -> Vec<String> {
    let environment = Environment::new();
    let Ok(template) = environment.template_from_str(text) else { return Vec::new() };
    let mut tags: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    tags.sort();
    tags
}

/// Refuses text whose tags cannot be read.
pub(super) fn check(experience: &Experience) -> Result<(), Problem> {
    for (part, text) in [("subject", &experience.subject), ("body", &experience.body)] {
        if let Err(error) = Environment::new().template_from_str(text) {
            let detail = error.detail().unwrap_or("not readable").to_owned();
            return Err(Problem::new("merge-tag", format!("the {part} has a broken merge tag: {detail}"))
                .help("write {{ first_name | default(\"there\") }}"));
        }
    }
    Ok(())
}

fn fill_in<'a>(text: &str, attribute: &dyn Fn(&str) -> Datum<'a>) -> Option<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let template = environment.template_from_str(text).ok()?;
    let values: BTreeMap<String, TemplateValue> = template
        .undeclared_variables(false)
        .into_iter()
        .filter_map(|tag| value_of(attribute(&tag)).map(|value| (tag, value)))
        .collect();
    template.render(values).ok()
}

fn value_of(datum: Datum<'_>) -> Option<TemplateValue> {
    match datum {
        Datum::Missing => None,
        Datum::Flag(flag) => Some(flag.into()),
        other => Some(other.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experience(subject: &str) -> Experience {
        Experience::parse(&format!(
            "name='x'\nform='email'\nchannel='email'\npurpose='marketing'\nfallback='Hello'\nsubject='''{subject}'''"
        ))
        .unwrap()
    }

    fn subject(text: &str, name: Option<&str>) -> String {
        let answer = |tag: &str| match (tag, name) {
            ("first_name", Some(name)) => Datum::Text(name),
            _ => Datum::Missing,
        };
        // The closure's data lives for the test only, so it is passed by reference.
        render(&experience(text), &answer).subject
    }

    #[test]
    fn tags_fill_default_and_fall_back() {
        assert_eq!(subject("Hi {{ first_name }}!", Some("Anne")), "Hi Anne!");
        assert_eq!(subject("Hi {{ first_name | default('there') }}!", None), "Hi there!");
        assert_eq!(subject("Hi {{ first_name }}!", None), "Hello");
    }

    #[test]
    fn a_broken_tag_is_refused_when_defined() {
        let text = "name='x'\nform='email'\nchannel='email'\npurpose='marketing'\nsubject='Hi {{ first_name'";
        assert_eq!(Experience::parse(text).unwrap_err().code, "merge-tag");
    }
}
