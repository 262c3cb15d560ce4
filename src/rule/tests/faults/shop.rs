//! A small shop, whose names are known.

use crate::model::ValueType;
use crate::rule::{Catalog, Known, Noun, Resolved};

/// A small shop.
pub(super) struct Shop;

impl Catalog for Shop {
    fn attribute(&self, name: &str) -> Known {
        match name {
            "country" => Known::Typed(ValueType::Text),
            "age" => Known::Typed(ValueType::Number),
            "vip" => Known::Typed(ValueType::Flag),
            "signed_up" => Known::Typed(ValueType::Time),
            "tags" => Known::Typed(ValueType::List),
            _ => Known::No,
        }
    }
    fn event(&self, name: &str) -> bool {
        name == "Order Completed"
    }
    fn property(&self, _event: &str, name: &str) -> Known {
        match name {
            "total" => Known::Typed(ValueType::Number),
            "coupon" | "currency" => Known::Typed(ValueType::Text),
            _ => Known::No,
        }
    }
    fn item_property(&self, _event: &str, name: &str) -> Known {
        if name == "category" { Known::Typed(ValueType::Text) } else { Known::No }
    }
    fn segment(&self, name: &str) -> Resolved {
        match name {
            "VIP" => Resolved::List,
            "Broken" => Resolved::Faulty("it refers to itself".to_owned()),
            _ => Resolved::Unknown,
        }
    }
    fn list(&self, name: &str) -> bool {
        name == "Staff"
    }
    fn stage(&self, name: &str) -> bool {
        name == "loyal"
    }
    fn intent(&self, name: &str) -> bool {
        name == "exploring"
    }
    fn names(&self, noun: Noun<'_>) -> Vec<String> {
        let names: &[&str] = match noun {
            Noun::Trait => &["country", "age", "vip", "signed_up", "tags"],
            Noun::Event => &["Order Completed"],
            Noun::Property(_) => &["total", "coupon", "currency"],
            Noun::ItemProperty(_) => &["category"],
            Noun::Segment => &["VIP", "Broken"],
            Noun::List => &["Staff"],
            Noun::Stage => &["loyal"],
            Noun::Intent => &["exploring"],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }
    fn currencies(&self, _event: &str) -> Vec<String> {
        ["EUR", "USD"].map(str::to_owned).to_vec()
    }
}
