//! Edits of rows, done to the tree.

use crate::rule::diagnostic::Diagnostic;
use crate::rule::parse::parse;
use crate::rule::tree::{Body, Comment, Node, Tree};

/// Puts another part in a row's place.
///
/// # Errors
/// What is wrong with the part as written, or with the whole text.
pub fn replace(text: &str, row: usize, with: &str) -> Result<String, Vec<Diagnostic>> {
    let node = parse(with)?.root;
    let grown = clauses(&node) as isize - 1;
    change(text, |rule| {
        rule.put(row, |_| vec![node]);
        rule.shift(row + 1, grown);
    })
}

/// Puts a part behind a row, joined as the rows of its group are; behind the last row it must hold with all before it.
///
/// # Errors
/// What is wrong with the part as written, or with the whole text.
pub fn insert(text: &str, row: usize, part: &str) -> Result<String, Vec<Diagnostic>> {
    let node = parse(part)?.root;
    if text.trim().is_empty() {
        return Ok(node.to_string());
    }
    let grown = clauses(&node) as isize;
    change(text, |rule| {
        let count = rule.root.as_ref().map_or(0, clauses);
        rule.shift(count.min(row.saturating_add(1)), grown);
        if row < count {
            rule.put(row, |found| vec![found, node]);
        } else {
            rule.root = rule.root.take().map(|whole| group(Kind::All, vec![whole, node]));
        }
    })
}

/// Takes a row out with what was said of it. A rule without rows is empty.
///
/// # Errors
/// What is wrong with the text.
pub fn remove(text: &str, row: usize) -> Result<String, Vec<Diagnostic>> {
    change(text, |rule| {
        if row < rule.root.as_ref().map_or(0, clauses) {
            rule.comments.retain(|comment| comment.clause != row);
            rule.put(row, |_| Vec::new());
            rule.shift(row + 1, -1);
        }
    })
}

/// Asks for the opposite of a row.
///
/// # Errors
/// What is wrong with the text.
pub fn negate(text: &str, row: usize) -> Result<String, Vec<Diagnostic>> {
    change(text, |rule| {
        rule.put(row, |found| {
            vec![match found.body {
                Body::Not(inner) => *inner,
                _ => Node { span: found.span.clone(), body: Body::Not(Box::new(found)) },
            }]
        });
    })
}

/// Joins a row to what stands before it in its group by the other word: of two that must both hold one is enough then, and
/// the other way about. Of more than two the rest stays joined as it is.
///
/// # Errors
/// What is wrong with the text.
pub fn rejoin(text: &str, row: usize) -> Result<String, Vec<Diagnostic>> {
    change(text, |rule| rule.root = rule.root.take().map(|root| rejoined(root, row)))
}

/// Whether all parts of a group must hold or one is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    All,
    Any,
}

impl Kind {
    fn other(self) -> Self {
        match self {
            Self::All => Self::Any,
            Self::Any => Self::All,
        }
    }
}

/// The parts of a group; the node itself where it is none.
fn taken(node: Node) -> Result<(Kind, Vec<Node>), Node> {
    match node.body {
        Body::All(parts) => Ok((Kind::All, parts)),
        Body::Any(parts) => Ok((Kind::Any, parts)),
        body => Err(Node { body, span: node.span }),
    }
}

/// A group, those of its own kind in it taken apart; one part alone is no group.
fn group(kind: Kind, parts: Vec<Node>) -> Node {
    let mut flat: Vec<Node> = Vec::with_capacity(parts.len());
    for part in parts {
        match taken(part) {
            Ok((own, inner)) if own == kind => flat.extend(inner),
            Ok((own, inner)) => flat.push(made(own, inner)),
            Err(node) => flat.push(node),
        }
    }
    match flat.pop() {
        Some(only) if flat.is_empty() => only,
        last => {
            flat.extend(last);
            made(kind, flat)
        }
    }
}

fn made(kind: Kind, parts: Vec<Node>) -> Node {
    let body = match kind {
        Kind::All => Body::All(parts),
        Kind::Any => Body::Any(parts),
    };
    Node { body, span: 0..0 }
}

fn clauses(node: &Node) -> usize {
    let mut count = 0;
    node.each_clause(&mut |_, _| count += 1);
    count
}

/// Whether a part is a row: a clause, perhaps asked not to hold.
fn is_row(node: &Node) -> bool {
    match &node.body {
        Body::Clause(_) => true,
        Body::Not(inner) => is_row(inner),
        Body::All(_) | Body::Any(_) => false,
    }
}

/// The part with other parts in the place of a row; none where nothing is left of it.
fn with_row(node: Node, row: usize, make: impl FnOnce(Node) -> Vec<Node>) -> Vec<Node> {
    if is_row(&node) {
        return if row == 0 { make(node) } else { vec![node] };
    }
    match taken(node) {
        Ok((kind, parts)) => {
            let mut left = Vec::with_capacity(parts.len());
            let (mut from, mut make) = (0, Some(make));
            for part in parts {
                let to = from + clauses(&part);
                match make.take_if(|_| (from..to).contains(&row)) {
                    Some(make) => left.extend(boxed(part, row - from, make)),
                    None => left.push(part),
                }
                from = to;
            }
            if left.is_empty() { Vec::new() } else { vec![group(kind, left)] }
        }
        Err(Node { body: Body::Not(inner), span }) => {
            let left = with_row(*inner, row, make);
            let negate = |inner| Node { body: Body::Not(Box::new(inner)), span: span.clone() };
            left.into_iter().map(negate).collect()
        }
        Err(node) => vec![node],
    }
}

/// The same behind a pointer: parts lie in parts.
fn boxed<'a>(node: Node, row: usize, make: impl FnOnce(Node) -> Vec<Node> + 'a) -> Vec<Node> {
    let make: Box<dyn FnOnce(Node) -> Vec<Node> + 'a> = Box::new(make);
    with_row(node, row, make)
}

fn rejoined(node: Node, row: usize) -> Node {
    let (kind, mut parts) = match taken(node) {
        Ok(taken) => taken,
        Err(Node { body: Body::Not(inner), span }) => {
            return Node { body: Body::Not(Box::new(rejoined(*inner, row))), span };
        }
        Err(node) => return node,
    };
    let mut from = 0;
    let mut found = None;
    for (place, part) in parts.iter().enumerate() {
        let to = from + clauses(part);
        if (from..to).contains(&row) {
            found = Some((place, from));
            break;
        }
        from = to;
    }
    let Some((place, from)) = found else { return made(kind, parts) };
    if place > 0 && from == row {
        if parts.len() == 2 {
            return group(kind.other(), parts);
        }
        let own = parts.remove(place);
        let before = parts.remove(place - 1);
        parts.insert(place - 1, group(kind.other(), vec![before, own]));
        return group(kind, parts);
    }
    let part = parts.remove(place);
    parts.insert(place, rejoined(part, row - from));
    group(kind, parts)
}

/// A rule while it is edited.
struct Rule {
    root: Option<Node>,
    comments: Vec<Comment>,
}

impl Rule {
    fn put(&mut self, row: usize, make: impl FnOnce(Node) -> Vec<Node>) {
        let Some(root) = self.root.take() else { return };
        let left = with_row(root, row, make);
        // Beside a rule of one row another one must hold as well.
        self.root = (!left.is_empty()).then(|| group(Kind::All, left));
    }

    /// Comments at clauses from one on move along with them.
    fn shift(&mut self, from: usize, by: isize) {
        for comment in self.comments.iter_mut().filter(|comment| comment.clause >= from) {
            comment.clause = comment.clause.saturating_add_signed(by);
        }
    }
}

fn change(text: &str, edit: impl FnOnce(&mut Rule)) -> Result<String, Vec<Diagnostic>> {
    let Tree { root, comments } = parse(text)?;
    let mut rule = Rule { root: Some(root), comments };
    edit(&mut rule);
    Ok(Parts::of(rule).print())
}

/// A part with the comments that belong to it, counted from its own first clause.
struct Part {
    node: Node,
    comments: Vec<Comment>,
}

/// A rule taken apart into lines.
struct Parts {
    between: &'static str,
    parts: Vec<Part>,
    /// What is said after the last clause.
    end: Vec<Comment>,
}

impl Parts {
    fn of(Rule { root, comments }: Rule) -> Self {
        let (kind, nodes) = match root.map(taken) {
            None => (Kind::All, Vec::new()),
            Some(Ok(group)) => group,
            Some(Err(node)) => (Kind::All, vec![node]),
        };
        let mut parts = Vec::new();
        let mut from = 0;
        for node in nodes {
            let to = from + clauses(&node);
            let own = comments.iter().filter(|comment| (from..to).contains(&comment.clause));
            let own = own.map(|comment| Comment { clause: comment.clause - from, ..comment.clone() });
            parts.push(Part { comments: own.collect(), node });
            from = to;
        }
        let end = comments.into_iter().filter(|comment| comment.clause >= from).collect();
        Self { between: if kind == Kind::All { "and " } else { "or " }, parts, end }
    }

    fn print(self) -> String {
        let joined = self.parts.len() > 1;
        let mut lines: Vec<String> = Vec::new();
        for (index, part) in self.parts.into_iter().enumerate() {
            let last = clauses(&part.node).saturating_sub(1);
            let is_above = |comment: &Comment| !comment.behind && comment.clause == 0;
            let is_behind = |comment: &Comment| comment.behind && comment.clause == last;
            let say = |comment: &Comment| format!("# {}", comment.text).trim_end().to_owned();
            lines.extend(part.comments.iter().filter(|comment| is_above(comment)).map(say));
            let behind = part.comments.iter().find(|comment| is_behind(comment)).map(say);
            let inside =
                part.comments.into_iter().filter(|comment| !is_above(comment) && !is_behind(comment));
            let wrap = joined && matches!(part.node.body, Body::Any(_) | Body::All(_));
            let text = Tree { root: part.node, comments: inside.collect() }.to_string();
            let text = if wrap { format!("({text})") } else { text };
            let lead = if index > 0 { self.between } else { "" };
            lines.push(format!("{lead}{text}{}", behind.map_or(String::new(), |said| format!(" {said}"))));
        }
        lines.extend(self.end.iter().map(|comment| format!("# {}", comment.text).trim_end().to_owned()));
        lines.join("\n")
    }
}
