//! What a rule says, as written: the tree that a form can edit and that prints back as text.

mod events;
mod session;
mod value;
mod window;

use crate::model::consent::{ConsentState, Purpose, SuppressionReason};
use crate::model::{Channel, Decimal, time};

use super::diagnostic::Span;

pub use events::{
    End, EventClause, EventName, Figure, Filter, FilterBody, Gap, Measure, MeasureFigure, Measured, Question,
    Sequence, Step,
};
pub use session::{Answers, Membership, Messages, Reached, SessionClause, Sessions};
pub use value::{Literal, Match, Operator, Test};
pub use window::{Calendar, Period, Window};

/// A parsed rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The whole condition.
    pub root: Node,
    /// What was written beside it, in the order of the text.
    pub comments: Vec<Comment>,
}

/// A comment and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// What it says, without the mark.
    pub text: String,
    /// The clause it stands at, counted from 0 in the order of the text; beyond the last is the end of the rule.
    pub clause: usize,
    /// Whether it stands behind the clause on its line, and not above it.
    pub behind: bool,
}

/// A part of a rule and its place in the text.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it says.
    pub body: Body,
    /// Where it stands, in bytes.
    pub span: Span,
}

/// Places do not matter to what a rule says.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body
    }
}

impl Node {
    /// Visits the clauses in the order of the text, those inside `has been` as the one clause they are part of.
    pub fn each_clause<'a>(&'a self, visit: &mut dyn FnMut(&'a Node, &'a Clause)) {
        match &self.body {
            Body::All(parts) | Body::Any(parts) => parts.iter().for_each(|part| part.each_clause(visit)),
            Body::Not(part) => part.each_clause(visit),
            Body::Clause(clause) => visit(self, clause),
        }
    }
}

/// A condition on a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Every part holds.
    All(Vec<Node>),
    /// At least one part holds.
    Any(Vec<Node>),
    /// The part does not hold.
    Not(Box<Node>),
    /// A single clause.
    Clause(Box<Clause>),
}

/// A name and its place.
#[derive(Debug, Clone)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands, in bytes.
    pub span: Span,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The smallest condition on a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Clause {
    /// `everyone`
    Everyone,
    /// `country = "DE"`
    Trait {
        /// The trait.
        name: Name,
        /// What is asked of its value.
        test: Test,
    },
    /// `lifecycle = "loyal"`
    Lifecycle(Test),
    /// `intent = "exploring"`
    Intent(Test),
    /// `season = "winter"`: the time of year where the person lives.
    Season(Test),
    /// `did("Order Completed") >= 2 within 30d` and everything else about events of one name.
    Events(EventClause),
    /// `did "Product Added" then "Order Completed" within 1d`
    Sequence(Sequence),
    /// `last session(device = "mobile")`
    Session(SessionClause),
    /// `received(email) >= 3 within 7d`
    Messages(Messages),
    /// `answered("Purchase" where score >= 4) within 90d`
    Answers(Answers),
    /// `quintile(sum("Order Completed".total) within 180d) >= 4`
    Band {
        /// Into how many bands people are cut.
        bands: u32,
        /// By what.
        measure: Measure,
        /// How the band is compared; 1 is the lowest.
        operator: Operator,
        /// With which band.
        n: Decimal,
    },
    /// `has been in segment "VIP" for 14d`
    Been {
        /// What has held.
        part: Box<Node>,
        /// For how long.
        span: time::Span,
    },
    /// `consent(email, marketing) = granted`
    Consent {
        /// On which channel.
        channel: Channel,
        /// For which purpose.
        purpose: Purpose,
        /// The states asked for.
        states: Vec<ConsentState>,
        /// Whether the states are those it must not be in.
        negated: bool,
    },
    /// `suppressed(email)`, `suppressed(email) = bounced`
    Suppressed {
        /// On which channel.
        channel: Channel,
        /// For which reasons; none means any.
        reasons: Vec<SuppressionReason>,
        /// Whether the reasons are those that must not stand.
        negated: bool,
    },
    /// `in segment "VIP"`
    Segment(Name),
    /// `in list "VIP"`
    List(Name),
    /// `in journey "Welcome"`, `entered journey "Welcome" within 30d`
    Journey {
        /// The journey.
        name: Name,
        /// What is asked of the passage.
        membership: Membership,
    },
    /// `in experiment "Subject" variant "b"`
    Experiment {
        /// The experiment.
        name: Name,
        /// The variant asked for, any without.
        variant: Option<Name>,
    },
    /// `bucket("spring") < 10 percent`
    Bucket {
        /// What sets this cut apart from every other.
        salt: Name,
        /// How the place is compared.
        operator: Operator,
        /// With which place, in percent.
        share: Decimal,
    },
}

impl Tree {
    /// The segments it refers to, those inside `has been` too.
    #[must_use]
    pub fn segments(&self) -> Vec<&Name> {
        let mut names = Vec::new();
        segments(&self.root, &mut names);
        names
    }
}

fn segments<'a>(node: &'a Node, names: &mut Vec<&'a Name>) {
    node.each_clause(&mut |_, clause| match clause {
        Clause::Segment(name) => names.push(name),
        Clause::Been { part, .. } => segments(part, names),
        _ => {}
    });
}
