//! What a person's orders came to, if that can be said.

use crate::model::{Datum, Decimal};
use crate::rule::Occurrence;

use super::figures;

/// What an order came to goes by one of these names; the first that an event has is taken.
const TOTALS: [&str; 3] = ["total", "revenue", "value"];

/// A person's orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Orders<'a> {
    usual: Option<&'a str>,
    count: u64,
    /// Those without a total.
    silent: u64,
    sum: Option<Decimal>,
    currencies: Vec<Option<String>>,
}

/// A sum of orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spent {
    /// Nothing was ordered.
    Nothing,
    /// The sum, in its currency if one is known.
    Known(Decimal, Option<String>),
    /// Why there is no sum.
    Unknown(String),
}

impl Spent {
    /// The sum as it is written, where there is one.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Known(amount, currency) => Some(figures::money(*amount, currency.as_deref())),
            Self::Nothing | Self::Unknown(_) => None,
        }
    }
}

impl<'a> Orders<'a> {
    /// Nothing was ordered yet. Orders that name no currency are of `usual`.
    pub(super) fn none(usual: Option<&'a str>) -> Self {
        Self { usual, count: 0, silent: 0, sum: Some(Decimal::ZERO), currencies: Vec::new() }
    }

    /// Takes an order.
    pub(super) fn add(&mut self, order: &dyn Occurrence) {
        self.count += 1;
        let Some(amount) = amount(order) else {
            self.silent += 1;
            return;
        };
        self.sum = self.sum.and_then(|sum| sum.checked_add(amount));
        let currency = currency(order, self.usual);
        if !self.currencies.iter().any(|known| known.as_deref() == currency) {
            self.currencies.push(currency.map(str::to_owned));
        }
    }

    /// How many.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// What they came to together. Two currencies are never added up, and an order without a total is not one of zero.
    pub(super) fn spent(&self) -> Spent {
        match (self.count, self.silent, self.currencies.as_slice(), self.sum) {
            (0, ..) => Spent::Nothing,
            (_, 0, [currency], Some(sum)) => Spent::Known(sum, currency.clone()),
            (_, 0, [_], None) => Spent::Unknown("the sum is too large".to_owned()),
            (_, 0, several, _) => {
                let names: Vec<&str> =
                    several.iter().map(|code| code.as_deref().unwrap_or("no currency")).collect();
                Spent::Unknown(format!("in {}, which are not added up", names.join(" and ")))
            }
            (n, silent, ..) => {
                Spent::Unknown(format!("{} of {} without a total", figures::count(silent), figures::count(n)))
            }
        }
    }
}

/// What an event came to.
pub(super) fn amount(event: &dyn Occurrence) -> Option<Decimal> {
    TOTALS.iter().find_map(|name| match event.property(name) {
        Datum::Number(number) => Some(number),
        _ => None,
    })
}

/// The currency an event names, else the usual one.
pub(super) fn currency<'a>(event: &'a dyn Occurrence, usual: Option<&'a str>) -> Option<&'a str> {
    match event.property("currency") {
        Datum::Text(code) => Some(code),
        _ => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, Time};
    use crate::traffic::profile::Seen;
    use crate::traffic::{Happening, Property, Vocabulary};

    /// Orders as (total, currency).
    fn orders<'a>(said: &[(Option<i64>, Option<&str>)], usual: Option<&'a str>) -> Orders<'a> {
        let mut words = Vocabulary::default();
        let [name, total, currency] = ["Order Completed", "total", "currency"].map(|w| words.code(w));
        let mut orders = Orders::none(usual);
        for (amount, code) in said {
            let mut properties = Vec::new();
            properties.extend(amount.map(|n| (total, Property::Number(Decimal::from_scaled(n * 10_000)))));
            properties.extend(code.map(|code| (currency, Property::Word(words.code(code)))));
            let happening = Happening {
                at: Time(0),
                name,
                channel: Channel::Web,
                properties: properties.into(),
                items: Box::default(),
                observed: true,
            };
            orders.add(&Seen { happening: &happening, words: &words });
        }
        orders
    }

    #[test]
    fn orders_are_added_up_within_one_currency_only() {
        let eur = orders(&[(Some(40), Some("EUR")), (Some(2), None)], Some("EUR"));
        assert_eq!((eur.count(), eur.spent().text().as_deref()), (2, Some("€42.00")));
        let mixed = orders(&[(Some(40), Some("EUR")), (Some(2), Some("USD"))], None);
        assert_eq!(mixed.spent(), Spent::Unknown("in EUR and USD, which are not added up".to_owned()));
        let bare = orders(&[(Some(1_200), None)], None);
        assert_eq!(bare.spent().text().as_deref(), Some("1,200.00"), "no currency is made up");
    }

    #[test]
    fn an_order_without_a_total_is_not_one_of_zero() {
        let some = orders(&[(Some(40), None), (None, None), (None, None)], Some("EUR"));
        assert_eq!((some.count(), some.spent()), (3, Spent::Unknown("2 of 3 without a total".to_owned())));
        assert_eq!(some.spent().text(), None);
        assert_eq!(orders(&[], None).spent(), Spent::Nothing);
    }
}
