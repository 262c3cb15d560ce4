//! Conditions on an event.

use super::{Parsed, Parser};
use crate::model::Channel;
use crate::rule::lex::Kind;
use crate::rule::tree::{Filter, FilterBody};

impl Parser {
    pub(super) fn filter_clause(&mut self) -> Parsed<FilterBody> {
        if self.is_word("any") && self.is_word_at(1, "item") {
            self.deeper()?;
            self.at += 2;
            if !self.eat_word("where") {
                return self.stop(
                    "missing-where",
                    "`any item` is followed by `where`",
                    "write any item where category = \"shoes\"",
                );
            }
            let part = self.either::<Filter>();
            self.depth -= 1;
            return Ok(FilterBody::AnyItem(Box::new(part)));
        }
        if self.is_word("channel") {
            self.at += 1;
            let names = Channel::ALL.map(Channel::name);
            let (channels, negated) = self.choices("channel", &names, |text| text.parse().ok())?;
            return Ok(FilterBody::Channel { channels, negated });
        }
        if !matches!(self.kind(), Kind::Word(_) | Kind::Name(_)) || self.is_word("and") || self.is_word("or")
        {
            let found = self.describe();
            return self.stop(
                "no-condition",
                format!("a property is expected and {found} was found"),
                "write one such as category = \"shoes\"",
            );
        }
        let name = self.name("a property")?;
        Ok(FilterBody::Property { name, test: self.test()? })
    }
}
