//! Where comments belong: each to the clause above or before which it stands, so that it stays there when the rule is
//! printed.

use crate::rule::diagnostic::Span;
use crate::rule::tree::{Comment, Node};

/// The comments of a text with their places in its tree.
pub(super) fn placed(text: &str, root: &Node, comments: &[Span]) -> Vec<Comment> {
    if comments.is_empty() {
        return Vec::new();
    }
    let mut starts = Vec::new();
    root.each_clause(&mut |node, _| starts.push(node.span.start));
    let mut placed: Vec<Comment> = Vec::with_capacity(comments.len());
    for span in comments {
        let mut comment = place(text, &starts, span);
        // Only one fits behind a clause; the next stands above the clause after it.
        let taken =
            |last: &Comment| last.clause > comment.clause || (last.behind && last.clause == comment.clause);
        if comment.behind && placed.last().is_some_and(taken) {
            comment = Comment { clause: comment.clause + 1, behind: false, ..comment };
        }
        placed.push(comment);
    }
    placed
}

fn place(text: &str, starts: &[usize], span: &Span) -> Comment {
    let line = text.get(..span.start).unwrap_or("").rfind('\n').map_or(0, |newline| newline + 1);
    let alone =
        text.get(line..span.start).unwrap_or("").chars().all(|c| c.is_whitespace() || c == '\u{feff}');
    let before = starts.partition_point(|start| *start < span.start);
    let said = text.get(span.clone()).unwrap_or("");
    let said = said.trim_start_matches('#').trim().to_owned();
    match before.checked_sub(1) {
        Some(clause) if !alone => Comment { text: said, clause, behind: true },
        _ => Comment { text: said, clause: before, behind: false },
    }
}
