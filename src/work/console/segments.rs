//! Segments as the console edits them: checked when read, faults told in lines and characters.

use crate::model::definition::Definition;
use crate::panel::segments::Diagnostic;
use crate::rule::{self, OpenCatalog, Plan as RulePlan};
use crate::segment::Segment;
use crate::segment::definition::Body;

/// A segment of the workspace, checked.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) text: String,
    pub(super) plan: Option<RulePlan>,
}

/// A definition, checked.
pub(super) fn named(definition: &Definition) -> Named {
    let parsed = Segment::parse(Some(&definition.name), &definition.text);
    let text = match parsed.map(|segment| segment.body) {
        Ok(Body::Rule(rule)) => rule,
        _ => String::new(),
    };
    let plan = rule::compile(&text, &OpenCatalog).ok();
    Named { name: definition.name.clone(), version: definition.version, text, plan }
}

/// A rule's fault in lines and characters, as the editor counts.
pub(super) fn diagnostic(found: &rule::Diagnostic, text: &str) -> Diagnostic {
    let before = text.get(..found.span.start).unwrap_or("");
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
    let covered = text.get(found.span.clone()).unwrap_or("").chars().count() as u32;
    let replacement = found
        .help
        .as_deref()
        .and_then(|help| help.strip_prefix("did you mean `"))
        .and_then(|rest| rest.strip_suffix("`?"));
    Diagnostic {
        line: before.matches('\n').count() as u32 + 1,
        column,
        length: covered.max(1),
        error: true,
        message: found.message.clone(),
        help: found.help.clone(),
        replacement: replacement.map(str::to_owned),
    }
}
