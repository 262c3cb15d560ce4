//! A segment's text: a rule, a list, or set algebra of other segments, with what people need to know about it.

use serde::{Deserialize, Serialize};

use crate::model::{Identity, Problem};
use crate::rule::Diagnostic;

/// A named set of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// Who answers for it.
    pub owner: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// What it may be used for.
    pub purpose: Option<String>,
    /// Who is in it.
    pub body: Body,
}

/// Who is in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Whoever a rule holds for.
    Rule(String),
    /// Named people.
    List(Vec<Identity>),
    /// Whoever is in one of these segments.
    Union(Vec<String>),
    /// Whoever is in all of these segments.
    Intersect(Vec<String>),
    /// Whoever is in the first of these segments and in none of the others.
    Minus(Vec<String>),
}

impl Body {
    /// The segments it names by set algebra.
    #[must_use]
    pub fn operands(&self) -> &[String] {
        match self {
            Self::Union(names) | Self::Intersect(names) | Self::Minus(names) => names,
            Self::Rule(_) | Self::List(_) => &[],
        }
    }

    /// Whether a rule may take its place without more being said: who is on a list would be lost.
    ///
    /// # Errors
    /// What it is, where it is no rule.
    pub fn may_become_rule(&self, name: &str) -> Result<(), Problem> {
        let what = match self {
            Self::Rule(_) => return Ok(()),
            Self::List(members) if members.len() == 1 => "a list of 1 identity".to_owned(),
            Self::List(members) => format!("a list of {} identities", members.len()),
            Self::Union(_) | Self::Intersect(_) | Self::Minus(_) => {
                let operands: Vec<String> =
                    self.operands().iter().map(|operand| format!("“{operand}”")).collect();
                format!("made of the segments {}", operands.join(", "))
            }
        };
        let message = format!("segment “{name}” is {what}, and a rule would replace that");
        Err(Problem::new("segment-no-rule", message)
            .help("give the rule another name, or save it with `segue segment save --replace`"))
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Text {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    owner: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    union: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intersect: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minus: Option<Vec<String>>,
}

const ONE_BODY: &str = "give exactly one of rule, list, union, intersect, minus";

impl Segment {
    /// A segment that is only a rule.
    #[must_use]
    pub fn of_rule(name: &str, rule: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            owner: String::new(),
            tags: Vec::new(),
            purpose: None,
            body: Body::Rule(rule.to_owned()),
        }
    }

    /// Takes over what an earlier version said about itself, where this one says nothing.
    pub fn inherit(&mut self, earlier: Self) {
        if self.description.is_empty() {
            self.description = earlier.description;
        }
        if self.owner.is_empty() {
            self.owner = earlier.owner;
        }
        if self.tags.is_empty() {
            self.tags = earlier.tags;
        }
        self.purpose = self.purpose.take().or(earlier.purpose);
    }

    /// Reads a definition. The name in the text gives way to the name it is stored by.
    ///
    /// # Errors
    /// What is wrong with the text, apart from the rule itself.
    pub fn parse(stored: Option<&str>, text: &str) -> Result<Self, Problem> {
        let read: Text = toml::from_str(text).map_err(|error| not_toml("segment", text, &error))?;
        let Text { name, description, owner, tags, purpose, rule, list, union, intersect, minus } = read;
        let mut bodies: Vec<Body> = Vec::new();
        bodies.extend(rule.map(Body::Rule));
        if let Some(list) = list {
            bodies.push(Body::List(list.iter().map(|member| member_of(member)).collect::<Result<_, _>>()?));
        }
        bodies.extend(union.map(Body::Union));
        bodies.extend(intersect.map(Body::Intersect));
        bodies.extend(minus.map(Body::Minus));
        let name = stored.map_or(name, str::to_owned);
        if name.trim().is_empty() {
            return Err(Problem::new("segment-name", "the segment has no name").help("add name = \"…\""));
        }
        let (Some(body), true) = (bodies.pop(), bodies.is_empty()) else {
            return Err(Problem::new(
                "segment-body",
                format!("segment \"{name}\" does not say who is in it"),
            )
            .help(ONE_BODY));
        };
        if !matches!(body, Body::Rule(_) | Body::List(_)) && body.operands().is_empty() {
            let problem = Problem::new("segment-body", format!("segment \"{name}\" combines no segments"));
            return Err(problem.help("name at least one segment"));
        }
        Ok(Self { name, description, owner, tags, purpose, body })
    }

    /// The definition as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = Text {
            name: self.name.clone(),
            description: self.description.clone(),
            owner: self.owner.clone(),
            tags: self.tags.clone(),
            purpose: self.purpose.clone(),
            ..Text::default()
        };
        match &self.body {
            Body::Rule(rule) => text.rule = Some(rule.clone()),
            Body::List(members) => text.list = Some(members.iter().map(ToString::to_string).collect()),
            Body::Union(names) => text.union = Some(names.clone()),
            Body::Intersect(names) => text.intersect = Some(names.clone()),
            Body::Minus(names) => text.minus = Some(names.clone()),
        }
        toml::to_string(&text).unwrap_or_default()
    }
}

/// `email:anne@example.org`, or an address alone.
fn member_of(text: &str) -> Result<Identity, Problem> {
    match text.split_once(':') {
        Some((namespace, value)) if !namespace.trim().is_empty() && !value.trim().is_empty() => {
            Ok(Identity::new(namespace.trim(), value))
        }
        None if text.contains('@') => Ok(Identity::new("email", text)),
        _ => Err(Problem::new("segment-member", format!("`{text}` is no identity"))
            .help("write namespace and value, such as email:anne@example.org")),
    }
}

/// What TOML cannot be read, as a problem with its line.
pub(super) fn not_toml(what: &str, text: &str, error: &toml::de::Error) -> Problem {
    let mut problem =
        Problem::new("definition-text", format!("the {what} cannot be read: {}", error.message()));
    if let Some(span) = error.span() {
        let line = text.get(..span.start).unwrap_or("").matches('\n').count() + 1;
        problem = problem.at_line(line as u64);
    }
    problem
}

/// The faults of a rule inside a definition, each as a problem that names its place in the rule.
#[must_use]
pub fn rule_problems(owner: &str, rule: &str, faults: &[Diagnostic]) -> Vec<Problem> {
    faults.iter().map(|fault| fault.problem(rule).in_file(owner)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_reads_and_prints() {
        for text in [
            "name = \"a\"\ndescription = \"who\"\nowner = \"Mo\"\ntags = [\"x\"]\npurpose = \"marketing\"\nrule = \"everyone\"\n",
            "name = \"a\"\nlist = [\"email:anne@example.org\", \"user_id:7\"]\n",
            "name = \"a\"\nunion = [\"b\", \"c\"]\n",
            "name = \"a\"\nintersect = [\"b\", \"c\"]\n",
            "name = \"a\"\nminus = [\"b\", \"c\"]\n",
        ] {
            assert_eq!(Segment::parse(None, text).unwrap().to_text(), text);
        }
        let members = Segment::parse(Some("a"), "list = [\"Anne@Example.org\"]").unwrap().body;
        assert_eq!(members, Body::List(vec![Identity::new("email", "anne@example.org")]));
    }

    #[test]
    fn faults_are_said() {
        let said = |text: &str| Segment::parse(None, text).unwrap_err().to_string();
        assert_eq!(said("rule = \"everyone\""), "the segment has no name\n  help: add name = \"…\"");
        assert_eq!(
            said("name = \"a\""),
            format!("segment \"a\" does not say who is in it\n  help: {ONE_BODY}")
        );
        assert_eq!(
            said("name = \"a\"\nrule = \"everyone\"\nlist = []"),
            format!("segment \"a\" does not say who is in it\n  help: {ONE_BODY}")
        );
        assert_eq!(
            said("name = \"a\"\nunion = []"),
            "segment \"a\" combines no segments\n  help: name at least one segment"
        );
        assert_eq!(
            said("name = \"a\"\nlist = [\"anne\"]"),
            "`anne` is no identity\n  help: write namespace and value, such as email:anne@example.org"
        );
        assert!(
            said("name = \"a\"\nrul = \"x\"")
                .starts_with("line 2: the segment cannot be read: unknown field `rul`")
        );
    }
}
