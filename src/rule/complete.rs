//! What may come at a place of a rule that is being written. The parser itself is asked: whatever it takes there without a
//! fault is offered, so that what is offered can never drift from what is understood.

mod probe;
mod words;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::catalog::{Catalog, Known, Noun};
use super::lex::{Kind, Token, lex};
use super::parse::parse;
use super::print;
use crate::model::ValueType;
use probe::{Found, Probe};

pub use words::operators;

/// The longest clause that is looked at, in bytes.
const MOST_BYTES: usize = 1 << 14;
/// The most names or values offered at once.
const MOST: usize = 200;

/// What a suggestion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SuggestionKind {
    /// A trait.
    Trait,
    /// A property of an event or of its items.
    Property,
    /// An event.
    Event,
    /// A segment or a list.
    Set,
    /// A stage of the lifecycle or an intent.
    Stage,
    /// A value that is there.
    Value,
    /// A comparison or another test.
    Operator,
    /// A word of the language.
    Word,
}

/// Something that may come next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What it is.
    pub kind: SuggestionKind,
    /// How it is called.
    pub label: String,
    /// The text to put there.
    pub insert: String,
    /// Which bytes of the text it takes the place of.
    pub replace: Range<usize>,
}

/// Whose values are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueOf<'a> {
    /// Of a trait.
    Trait(&'a str),
    /// Of a property of an event.
    Property(&'a str, &'a str),
    /// Of a property of an event's items.
    ItemProperty(&'a str, &'a str),
}

/// A value that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// The value.
    pub label: String,
    /// How it stands in a rule.
    pub text: String,
}

/// What is being written, up to the cursor.
struct Place<'a> {
    /// The clause before the word at the cursor.
    before: &'a str,
    /// The part of the word that is there, without its quote.
    partial: String,
    /// Whether a quote is open.
    quoted: bool,
    /// The bytes of the word in the whole text.
    replace: Range<usize>,
}

/// What may come at a cursor, a byte of the text. `values` tells the values there are, commonest first.
#[must_use]
pub fn complete(
    text: &str,
    cursor: usize,
    catalog: &dyn Catalog,
    values: &dyn Fn(ValueOf<'_>) -> Vec<Present>,
) -> Vec<Suggestion> {
    let Some(place) = place(text, cursor) else { return Vec::new() };
    let mut offers = Offers { place: &place, found: Vec::new() };
    if offers.accepts("`~`") && !place.quoted {
        names(&mut offers, catalog);
    } else {
        if offers.accepts("\"~\"") {
            texts(&mut offers, catalog, values);
        }
        if !place.quoted {
            rest(&mut offers, catalog);
        }
    }
    offers.found.truncate(MOST);
    offers.found
}

/// Where a clause is being written; none inside a comment.
fn place(text: &str, cursor: usize) -> Option<Place<'_>> {
    let mut cursor = cursor.min(text.len());
    while !text.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let head = text.get(..cursor)?;
    let lexed = lex(head);
    if lexed.comments.iter().any(|comment| comment.end == cursor && cursor > comment.start) {
        return None;
    }
    let quote = lexed.faults.iter().rfind(|fault| fault.code == "open-quote").map(|fault| fault.span.start);
    let mut tokens = lexed.tokens;
    tokens.pop();
    let (start, partial, quoted) = match (quote, tokens.last()) {
        (Some(quote), Some(Token { kind: Kind::Text(partial), .. })) => (quote, partial.clone(), true),
        (None, Some(Token { kind: Kind::Word(word), span })) if span.end == cursor => {
            (span.start, word.clone(), false)
        }
        _ => (cursor, String::new(), false),
    };
    tokens.retain(|token| token.span.end <= start);
    let before = head.get(clause_start(&tokens)..start)?;
    let closed = quoted && text.get(cursor..).is_some_and(|rest| rest.starts_with('"'));
    let replace = start..cursor + usize::from(closed);
    (before.len() <= MOST_BYTES).then_some(Place { before, partial, quoted, replace })
}

/// Where the last clause outside all parentheses begins. The `and` of `between … and …` joins no clauses.
fn clause_start(tokens: &[Token]) -> usize {
    let (mut open, mut between, mut start) = (0_usize, false, 0);
    for token in tokens {
        match &token.kind {
            Kind::Open => open += 1,
            Kind::Close => open = open.saturating_sub(1),
            Kind::Word(word) if word.eq_ignore_ascii_case("between") => between = true,
            Kind::Word(word) if word.eq_ignore_ascii_case("and") && between => between = false,
            Kind::Word(word) if open == 0 && matches!(word.to_ascii_lowercase().as_str(), "and" | "or") => {
                start = token.span.end;
            }
            _ => {}
        }
    }
    start
}

struct Offers<'a> {
    place: &'a Place<'a>,
    found: Vec<Suggestion>,
}

impl Offers<'_> {
    /// Whether the parser takes something here: it finds no fault at it, nor a new one before it.
    fn accepts(&self, candidate: &str) -> bool {
        let before = self.place.before;
        let end = before.trim_end().len();
        let earlier = |text: &str| match parse(text) {
            Ok(_) => (0, false),
            Err(faults) => {
                let limit = before.len() + candidate.trim_end().len();
                let at = faults.iter().any(|fault| (end..limit).contains(&fault.span.start));
                (faults.iter().filter(|fault| fault.span.start < end).count(), at)
            }
        };
        let (was, _) = earlier(before);
        let (is, at) = earlier(&format!("{before}{candidate}"));
        !at && is <= was
    }

    fn add(&mut self, kind: SuggestionKind, label: &str, insert: String) {
        let wanted = self.place.partial.to_lowercase();
        if label.to_lowercase().contains(&wanted) && self.found.iter().all(|known| known.insert != insert) {
            let replace = self.place.replace.clone();
            self.found.push(Suggestion { kind, label: label.to_owned(), insert, replace });
        }
    }

    /// Adds names, those that begin with what is written first.
    fn add_all(&mut self, kind: SuggestionKind, names: Vec<String>, write: impl Fn(&str) -> String) {
        let wanted = self.place.partial.to_lowercase();
        let begins = |name: &String| name.to_lowercase().starts_with(&wanted);
        let (first, others): (Vec<String>, Vec<String>) = names.into_iter().partition(begins);
        for name in first.iter().chain(&others).take(MOST) {
            self.add(kind, name, write(name));
        }
    }

    /// Adds values, those that begin with what is written first; within a quote texts alone.
    fn values(&mut self, values: Vec<Present>) {
        let wanted = self.place.partial.to_lowercase();
        let quoted = self.place.quoted;
        let fits = values.into_iter().filter(|value| !quoted || value.text.starts_with('"'));
        let (first, others): (Vec<Present>, Vec<Present>) =
            fits.partition(|value| value.label.to_lowercase().starts_with(&wanted));
        for value in first.into_iter().chain(others).take(MOST) {
            self.add(SuggestionKind::Value, &value.label, value.text);
        }
    }

    fn words(&mut self, kind: SuggestionKind, words: &[&str]) {
        for word in words.iter().filter(|word| self.accepts(word)).collect::<Vec<_>>() {
            let space = if word.ends_with('(') { "" } else { " " };
            self.add(kind, word, format!("{word}{space}"));
        }
    }
}

/// Where a name may stand: a trait, or a property of what is being asked about.
fn names(offers: &mut Offers<'_>, catalog: &dyn Catalog) {
    match Probe::ask(offers.place.before, "`~`", probe::AFTER_NAME) {
        Some(Found::Property(event)) => {
            offers.add_all(SuggestionKind::Property, catalog.names(Noun::Property(&event)), print::name);
            offers.words(SuggestionKind::Word, words::IN_FILTER);
        }
        Some(Found::ItemProperty(event)) => {
            offers.add_all(SuggestionKind::Property, catalog.names(Noun::ItemProperty(&event)), print::name);
            offers.words(SuggestionKind::Word, &["not"]);
        }
        _ => {
            offers.add_all(SuggestionKind::Trait, catalog.names(Noun::Trait), print::name);
            offers.words(SuggestionKind::Word, words::CLAUSES);
        }
    }
}

/// Where a text may stand: a name in quotes, or a value.
fn texts(offers: &mut Offers<'_>, catalog: &dyn Catalog, values: &dyn Fn(ValueOf<'_>) -> Vec<Present>) {
    let (kind, names) = match Probe::ask(offers.place.before, "\"~\"", probe::AFTER_TEXT) {
        Some(Found::Event) => (SuggestionKind::Event, catalog.names(Noun::Event)),
        Some(Found::Segment) => (SuggestionKind::Set, catalog.names(Noun::Segment)),
        Some(Found::List) => (SuggestionKind::Set, catalog.names(Noun::List)),
        Some(Found::Stage) => (SuggestionKind::Stage, catalog.names(Noun::Stage)),
        Some(Found::Intent) => (SuggestionKind::Stage, catalog.names(Noun::Intent)),
        Some(Found::ValueOfTrait(name)) => return offers.values(values(ValueOf::Trait(&name))),
        Some(Found::ValueOfProperty(event, name)) => {
            return offers.values(values(ValueOf::Property(&event, &name)));
        }
        Some(Found::ValueOfItemProperty(event, name)) => {
            return offers.values(values(ValueOf::ItemProperty(&event, &name)));
        }
        _ => return,
    };
    offers.add_all(kind, names, print::text);
}

/// Where neither may stand: a test of what was named, or a word that goes on.
fn rest(offers: &mut Offers<'_>, catalog: &dyn Catalog) {
    if offers.accepts("missing") {
        let kind = match Probe::ask(offers.place.before, "missing", probe::AFTER_TEST) {
            Some(Found::ValueOfTrait(name)) => catalog.attribute(&name),
            Some(Found::ValueOfProperty(event, name)) => catalog.property(&event, &name),
            Some(Found::ValueOfItemProperty(event, name)) => catalog.item_property(&event, &name),
            _ => Known::Typed(ValueType::Text),
        };
        let kind = if let Known::Typed(kind) = kind { Some(kind) } else { None };
        offers.words(SuggestionKind::Operator, operators(kind));
    } else {
        offers.words(SuggestionKind::Operator, words::COMPARISONS);
    }
    offers.words(SuggestionKind::Word, words::ONWARD);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::grammar::FORMS;
    use crate::rule::{Plan, Resolved};

    struct Shop;

    impl Catalog for Shop {
        fn attribute(&self, name: &str) -> Known {
            match name {
                "country" => Known::Typed(ValueType::Text),
                "age" => Known::Typed(ValueType::Number),
                "club" => Known::Typed(ValueType::Flag),
                _ => Known::No,
            }
        }
        fn event(&self, name: &str) -> bool {
            name == "Order Completed"
        }
        fn property(&self, _: &str, name: &str) -> Known {
            if name == "total" { Known::Typed(ValueType::Number) } else { Known::Typed(ValueType::Text) }
        }
        fn item_property(&self, _: &str, _: &str) -> Known {
            Known::Open
        }
        fn segment(&self, _: &str) -> Resolved {
            Resolved::Plan(Plan::list("VIP"))
        }
        fn list(&self, _: &str) -> bool {
            true
        }
        fn stage(&self, _: &str) -> bool {
            true
        }
        fn intent(&self, _: &str) -> bool {
            true
        }
        fn names(&self, noun: Noun<'_>) -> Vec<String> {
            let names: &[&str] = match noun {
                Noun::Trait => &["country", "age", "club", "first name"],
                Noun::Event => &["Order Completed", "Product Viewed"],
                Noun::Property("Order Completed") => &["total", "coupon"],
                Noun::Property(_) => &["category"],
                Noun::ItemProperty(_) => &["price"],
                Noun::Segment => &["VIP"],
                Noun::List => &["Press"],
                Noun::Stage => &["loyal", "lapsing"],
                Noun::Intent => &["exploring"],
            };
            names.iter().map(|name| (*name).to_owned()).collect()
        }
    }

    fn values(of: ValueOf<'_>) -> Vec<Present> {
        let text = |label: String| vec![Present { text: print::text(&label), label }];
        match of {
            ValueOf::Trait("age") => vec![Present { label: "30".to_owned(), text: "30".to_owned() }],
            ValueOf::Trait(name) => text(format!("a {name}")),
            ValueOf::Property(event, name) => text(format!("a {name} of {event}")),
            ValueOf::ItemProperty(_, name) => text(format!("an item's {name}")),
        }
    }

    /// What is offered at the mark `|`.
    fn at(marked: &str) -> Vec<Suggestion> {
        let cursor = marked.find('|').unwrap();
        complete(&marked.replacen('|', "", 1), cursor, &Shop, &values)
    }

    fn inserts(marked: &str) -> Vec<String> {
        at(marked).into_iter().map(|suggestion| suggestion.insert).collect()
    }

    fn offers(marked: &str, wanted: &[&str]) {
        let found = inserts(marked);
        for wanted in wanted {
            assert!(
                found.iter().any(|insert| insert.trim_end() == *wanted),
                "{marked}: {wanted} in {found:?}"
            );
        }
    }

    fn never(marked: &str, unwanted: &[&str]) {
        let found = inserts(marked);
        for unwanted in unwanted {
            assert!(
                found.iter().all(|insert| insert.trim_end() != *unwanted),
                "{marked}: {unwanted} in {found:?}"
            );
        }
    }

    #[test]
    fn a_clause_begins_with_a_trait_or_a_form() {
        offers("|", &["country", "age", "`first name`", "did(", "not", "everyone", "in segment", "consent("]);
        offers("country = \"DE\" and |", &["country", "did(", "has been"]);
        offers("contry = = and (age > 3 or |", &["country", "did("]);
        never("|", &["within", "and", "email", "granted"]);
        assert_eq!(inserts("country = \"DE\" and c|").first().map(String::as_str), Some("country"));
    }

    #[test]
    fn tests_fit_the_type() {
        offers("country |", &["=", "!=", "in (", "starts with", "missing"]);
        offers("age |", &["=", ">=", "between"]);
        never("age |", &["starts with", "and"]);
        never("club |", &[">=", "contains"]);
        offers("did(\"Order Completed\" where total |", &[">=", "missing"]);
        never("did(\"Order Completed\" where total |", &["contains"]);
    }

    #[test]
    fn names_and_values_are_those_of_the_place() {
        offers("did(|", &["\"Order Completed\"", "\"Product Viewed\""]);
        offers("did(\"Ord|", &["\"Order Completed\""]);
        never("did(\"Ord|", &["\"Product Viewed\""]);
        offers("sum(\"Order Completed\".|", &["total", "coupon"]);
        offers("did(\"Order Completed\" where |", &["total", "any item where", "channel", "not"]);
        offers("did(\"Order Completed\" where any item where |", &["price"]);
        offers("country = |", &["\"a country\""]);
        offers("country in (\"DE\", |", &["\"a country\""]);
        offers("age = |", &["30"]);
        never("age = \"|", &["30", "\"30\""]);
        offers("did(\"Order Completed\" where coupon = |", &["\"a coupon of Order Completed\""]);
        offers("last(\"Order Completed\".coupon) = \"|", &["\"a coupon of Order Completed\""]);
        offers("in segment |", &["\"VIP\""]);
        offers("not in list \"|", &["\"Press\""]);
        offers("lifecycle = |", &["\"loyal\"", "\"lapsing\""]);
        offers("did \"Product Viewed\" then |", &["\"Order Completed\""]);
    }

    #[test]
    fn what_goes_on_is_a_word_the_parser_takes() {
        offers("did(\"Order Completed\") |", &[">=", "within", "and", "or"]);
        offers("country = \"DE\" |", &["and", "or", "ignoring case"]);
        never("country = \"DE\" |", &["within", "country", "then"]);
        offers("did(\"Order Completed\" |", &["where", ")"]);
        offers("consent(|", &["email", "sms"]);
        offers("consent(email, |", &["marketing"]);
        offers("consent(email, marketing) = |", &["granted", "denied"]);
        offers("suppressed(email) |", &["=", "and"]);
    }

    #[test]
    fn a_word_is_replaced_with_its_quotes() {
        let found = at("did(\"Ord|\") >= 2");
        assert_eq!((found[0].insert.as_str(), found[0].replace.clone()), ("\"Order Completed\"", 4..9));
        assert_eq!(at("cou|ntry")[0].replace, 0..3);
        assert_eq!(at("country = \"DE\" # and |"), [], "a comment is for people");
    }

    #[test]
    fn every_place_of_every_form_gets_an_answer() {
        for form in FORMS {
            for cursor in 0..=form.example.len() {
                for suggestion in complete(form.example, cursor, &Shop, &values) {
                    let replace = suggestion.replace;
                    assert!(form.example.is_char_boundary(replace.start), "{}", form.example);
                    assert!(replace.start <= replace.end && replace.end <= form.example.len());
                }
            }
        }
        let odd = "länge = \"ä\" and “ü";
        (0..=odd.len() + 3).for_each(|cursor| drop(complete(odd, cursor, &Shop, &values)));
    }
}
