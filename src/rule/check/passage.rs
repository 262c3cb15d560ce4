//! Visits, messages and answers: clauses that stand for events told under names of their own.

use super::Checker;
use crate::model::Value;
use crate::model::event::names::SURVEY_ANSWERED;
use crate::rule::diagnostic::Span;
use crate::rule::plan::{Asked, Check, Condition, Constant, EventAsk, SessionAsk, Which};
use crate::rule::tree::{Answers, Messages, Operator, SessionClause, Sessions};

/// Properties that name the survey an answer belongs to.
const SURVEY: [&str; 3] = ["survey", "survey_name", "campaign_name"];

impl Checker<'_> {
    pub(super) fn session(&mut self, clause: &SessionClause, span: &Span) -> SessionAsk {
        self.past(clause.window, span);
        if let Sessions::Count(_, n) = clause.which {
            self.whole(n, span);
        }
        // A session says what its events say, whatever their names.
        let condition = clause.filter.as_ref().map(|filter| self.filter(filter, Self::known_scope(None)));
        let mut properties = Vec::new();
        if let Some(condition) = &condition {
            condition.properties(&mut properties);
        }
        SessionAsk { which: clause.which, condition, properties, window: clause.window }
    }

    pub(super) fn messages(&mut self, clause: &Messages, span: &Span) -> EventAsk {
        self.past(clause.window, span);
        self.whole(clause.n, span);
        let events = clause.reached.events(clause.channel);
        let told = events.iter().find(|event| self.catalog.happened(event)).or(events.first());
        let event = told.copied().unwrap_or_default();
        let scope = Self::known_scope(Some(event));
        let condition = clause.filter.as_ref().map(|filter| self.filter(filter, scope));
        EventAsk {
            event: Which::One(event.to_owned()),
            condition,
            window: clause.window,
            question: Asked::Count(clause.operator, clause.n),
        }
    }

    pub(super) fn answers(&mut self, clause: &Answers, span: &Span) -> EventAsk {
        self.past(clause.window, span);
        self.whole(clause.n, span);
        let constant = Constant { value: Value::Text(clause.survey.text.clone()), time: None };
        let named = SURVEY.map(|name| {
            let check = Check::Compare(Operator::Equal, constant.clone());
            Condition::Property(name.to_owned(), check)
        });
        let mut parts = vec![Condition::Any(named.into())];
        let scope = Self::known_scope(Some(SURVEY_ANSWERED));
        parts.extend(clause.filter.as_ref().map(|filter| self.filter(filter, scope)));
        EventAsk {
            event: Which::One(SURVEY_ANSWERED.to_owned()),
            condition: Some(Condition::All(parts)),
            window: clause.window,
            question: Asked::Count(clause.operator, clause.n),
        }
    }
}
