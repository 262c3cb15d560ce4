//! What a person's orders came to, if that can be said.

use crate::model::Decimal;
use crate::model::event::names;
use crate::traffic::{Happening, Profile, Property, Vocabulary};

use super::figures;

/// What an order came to goes by one of these names; the first that an event has is taken.
const TOTALS: [&str; 3] = ["total", "revenue", "value"];

/// A person's orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Orders {
    /// How many.
    pub(super) count: u64,
    /// What they came to together.
    pub(super) spent: Spent,
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

impl Orders {
    /// A person's orders; those that name no currency are of `usual`. Two currencies are never added up, and an order
    /// without a total is not one of zero.
    pub(super) fn of(profile: &Profile, words: &Vocabulary, usual: Option<&str>) -> Self {
        let ordered = words.find(names::ORDER_COMPLETED);
        let (mut count, mut silent) = (0, 0);
        let mut sum = Some(Decimal::ZERO);
        let mut currencies: Vec<Option<&str>> = Vec::new();
        for order in profile.history.iter().filter(|happening| Some(happening.name) == ordered) {
            count += 1;
            let Some(amount) = amount(order, words) else {
                silent += 1;
                continue;
            };
            sum = sum.and_then(|sum| sum.checked_add(amount));
            let currency = currency(order, words, usual);
            if !currencies.contains(&currency) {
                currencies.push(currency);
            }
        }
        let spent = match (count, silent, currencies.as_slice(), sum) {
            (0, ..) => Spent::Nothing,
            (_, 0, [currency], Some(sum)) => Spent::Known(sum, currency.map(str::to_owned)),
            (_, 0, [_], None) => Spent::Unknown("the sum is too large".to_owned()),
            (_, 0, several, _) => {
                let names: Vec<&str> = several.iter().map(|code| code.unwrap_or("no currency")).collect();
                Spent::Unknown(format!("in {}, which are not added up", names.join(" and ")))
            }
            (n, silent, ..) => {
                Spent::Unknown(format!("{} of {} without a total", figures::count(silent), figures::count(n)))
            }
        };
        Self { count, spent }
    }
}

/// What an event came to.
pub(super) fn amount(event: &Happening, words: &Vocabulary) -> Option<Decimal> {
    TOTALS.iter().find_map(|name| match property(event, words, name)? {
        Property::Number(number) => Some(*number),
        _ => None,
    })
}

/// The currency an event names, else the usual one.
pub(super) fn currency<'a>(
    event: &'a Happening,
    words: &'a Vocabulary,
    usual: Option<&'a str>,
) -> Option<&'a str> {
    match property(event, words, "currency") {
        Some(Property::Word(code)) => Some(words.word(*code)),
        Some(Property::Own(code)) => Some(code),
        _ => usual,
    }
}

fn property<'a>(event: &'a Happening, words: &Vocabulary, name: &str) -> Option<&'a Property> {
    let code = words.find(name)?;
    event.properties.iter().find(|(known, _)| *known == code).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, ProfileId, Time};

    /// Orders as (total, currency).
    fn orders(said: &[(Option<i64>, Option<&str>)], usual: Option<&str>) -> Orders {
        let mut words = Vocabulary::default();
        let [name, total, currency] = [names::ORDER_COMPLETED, "total", "currency"].map(|w| words.code(w));
        let mut profile = Profile::new(1, ProfileId(1), Vec::new());
        for (index, (amount, code)) in said.iter().enumerate() {
            let mut properties = Vec::new();
            properties.extend(amount.map(|n| (total, Property::Number(Decimal::from_scaled(n * 10_000)))));
            properties.extend(code.map(|code| (currency, Property::Word(words.code(code)))));
            profile.history.push(Happening {
                at: Time(index as i64),
                name,
                channel: Channel::Web,
                properties: properties.into(),
                items: Box::default(),
                observed: true,
            });
        }
        Orders::of(&profile, &words, usual)
    }

    #[test]
    fn orders_are_added_up_within_one_currency_only() {
        let eur = orders(&[(Some(40), Some("EUR")), (Some(2), None)], Some("EUR"));
        assert_eq!((eur.count, eur.spent.text().as_deref()), (2, Some("€42.00")));
        let mixed = orders(&[(Some(40), Some("EUR")), (Some(2), Some("USD"))], None);
        assert_eq!(mixed.spent, Spent::Unknown("in EUR and USD, which are not added up".to_owned()));
        let bare = orders(&[(Some(1_200), None)], None);
        assert_eq!(bare.spent.text().as_deref(), Some("1,200.00"), "no currency is made up");
    }

    #[test]
    fn an_order_without_a_total_is_not_one_of_zero() {
        let some = orders(&[(Some(40), None), (None, None), (None, None)], Some("EUR"));
        assert_eq!(
            (some.count, some.spent.clone()),
            (3, Spent::Unknown("2 of 3 without a total".to_owned()))
        );
        assert_eq!(some.spent.text(), None);
        assert_eq!(orders(&[], None).spent, Spent::Nothing);
    }
}
