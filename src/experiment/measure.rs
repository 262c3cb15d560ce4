//! One accumulator over one unit's ordered events: exposure and events in, the metric's value out. Simulation, import and live
//! traffic feed the same one, and nothing in it allocates.

use crate::model::value::Datum;
use crate::model::{Channel, Decimal, Span, Time};
use crate::rule::{Occurrence, Point};
use crate::stats::winsor::Cuts;

use super::metric::{Aggregate, Measure, Metric};
use crate::model::decimal::Currency;

/// What a metric came to for one unit. Amounts are exact; floats begin at [`UnitValue::numerator`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnitValue {
    pub(super) numerator: Exact,
    pub(super) denominator: Exact,
    /// Whether the unit's whole window had elapsed at the point.
    pub matured: bool,
    /// When it does, where it had not.
    pub(super) closes: Time,
    /// In which currency the amounts were.
    pub currency: CurrencySeen,
}

/// The currencies seen among amounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CurrencySeen {
    /// None was named.
    #[default]
    None,
    /// Always this one.
    One(Currency),
    /// Two or more, which cannot be summed.
    Several,
}

impl CurrencySeen {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, seen) | (seen, Self::None) => seen,
            (Self::One(a), Self::One(b)) if a == b => self,
            _ => Self::Several,
        }
    }
}

/// A sum of decimals in ten-thousandths, wide enough that it cannot overflow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Exact(i128);

impl Exact {
    pub(super) fn add(&mut self, amount: Decimal) {
        self.0 += i128::from(amount.scaled());
    }

    /// Takes the size of an amount off: exports write what was paid back with either sign.
    pub(super) fn take(&mut self, amount: Decimal) {
        self.0 -= i128::from(amount.scaled()).abs();
    }

    /// Takes minutes in.
    pub(super) fn add_minutes(&mut self, span: Span) {
        self.0 += i128::from(span.0) * i128::from(Decimal::ONE.scaled()) / i128::from(Span::MINUTE.0);
    }

    fn to_f64(self) -> f64 {
        self.0 as f64 / Decimal::ONE.scaled() as f64
    }
}

impl UnitValue {
    /// A value an import gave; complete as it is.
    #[must_use]
    pub fn given(value: Decimal) -> Self {
        Self { numerator: Exact(i128::from(value.scaled())), matured: true, ..Self::default() }
    }

    /// A sum over a sum as it is.
    #[cfg(test)]
    pub(crate) fn over(numerator: Decimal, denominator: Decimal) -> Self {
        Self { denominator: Exact(i128::from(denominator.scaled())), ..Self::given(numerator) }
    }

    /// Before anything was seen: whether it is complete already depends on where the metric's window ends.
    pub(super) fn begun(metric: &Metric, to: Time, point: Point) -> Self {
        Self { matured: metric.window.is_none() || to <= point.at, closes: to, ..Self::default() }
    }

    /// The value once everything was seen: counts of `any` become one or zero, and what is too large the largest that counts.
    pub(super) fn settled(mut self, metric: &Metric) -> Self {
        settle(metric.measure.as_ref(), &mut self.numerator);
        settle(metric.denominator.as_ref(), &mut self.denominator);
        if let Some(cap) = metric.winsorise {
            self.numerator.0 = self.numerator.0.min(i128::from(cap.scaled()));
        }
        self
    }

    /// The value kept between cuts; a ratio's numerator.
    #[must_use]
    pub fn within(mut self, cuts: &Cuts) -> Self {
        let value = self.numerator();
        let kept = cuts.apply(value);
        if kept.total_cmp(&value).is_ne() {
            self.numerator = Exact((kept * Decimal::ONE.scaled() as f64).round() as i128);
        }
        self
    }

    /// The value, or the numerator of a ratio.
    #[must_use]
    pub fn numerator(&self) -> f64 {
        self.numerator.to_f64()
    }

    /// The denominator of a ratio; zero for other kinds.
    #[must_use]
    pub fn denominator(&self) -> f64 {
        self.denominator.to_f64()
    }
}

/// The running measurement of one metric for one unit.
#[derive(Debug, Clone)]
pub struct Tally<'m> {
    metric: &'m Metric,
    from: Time,
    to: Time,
    point: Point,
    value: UnitValue,
    /// The last event of the running visit, for the numerator and the denominator.
    visit: [Option<Time>; 2],
}

/// A pause as long as this ends a visit.
pub(super) const PAUSE: Span = Span::minutes(30);

impl<'m> Tally<'m> {
    /// Begins at a unit's first exposure; the point is when the metric is read.
    #[must_use]
    pub fn new(metric: &'m Metric, exposed: Time, point: Point) -> Self {
        let (from, to) = metric.stretch(exposed);
        let value = UnitValue::begun(metric, to, point);
        Self { metric, from, to, point, value, visit: [None; 2] }
    }

    /// Takes an event of the unit. Those before the exposure, outside the window or not yet recorded do not count.
    pub fn see(&mut self, name: &str, event: &(impl Occurrence + ?Sized)) {
        let at = event.at();
        if at < self.from || at >= self.to || !self.point.sees(at) {
            return;
        }
        let currency = &mut self.value.currency;
        let [visit, other] = &mut self.visit;
        if let Some(measure) = &self.metric.measure {
            accumulate(measure, name, event, &mut self.value.numerator, currency, visit);
        }
        if let Some(measure) = &self.metric.denominator {
            accumulate(measure, name, event, &mut self.value.denominator, currency, other);
        }
        let less = self.metric.less.as_ref().filter(|less| less.counts(name, event));
        if let Some(amount) = less.and_then(|less| less.amount(event)) {
            self.value.numerator.take(amount);
            *currency = currency.and(currency_of(event));
        }
    }

    /// What it came to.
    #[must_use]
    pub fn finish(self) -> UnitValue {
        self.value.settled(self.metric)
    }
}

/// Measures a unit whose events are at hand, oldest first.
pub fn measure<'e, O: Occurrence + ?Sized + 'e>(
    metric: &Metric,
    exposed: Time,
    point: Point,
    events: impl IntoIterator<Item = (&'e str, &'e O)>,
) -> UnitValue {
    let mut tally = Tally::new(metric, exposed, point);
    events.into_iter().for_each(|(name, event)| tally.see(name, event));
    tally.finish()
}

/// What was counted for `any` becomes one or zero.
fn settle(measure: Option<&Measure>, sum: &mut Exact) {
    let Some(measure) = measure.filter(|measure| measure.aggregate == Aggregate::Any) else { return };
    let needed = i128::from(measure.times.unwrap_or(1)) * i128::from(Decimal::ONE.scaled());
    *sum = Exact(if sum.0 >= needed { i128::from(Decimal::ONE.scaled()) } else { 0 });
}

fn accumulate(
    measure: &Measure,
    name: &str,
    event: &(impl Occurrence + ?Sized),
    sum: &mut Exact,
    currency: &mut CurrencySeen,
    visit: &mut Option<Time>,
) {
    if !measure.counts(name, event) {
        return;
    }
    match measure.aggregate {
        Aggregate::Any | Aggregate::Count => sum.add(Decimal::ONE),
        Aggregate::Sum => {
            // A value that is missing or no number adds nothing: it is not known, and it is not zero either.
            if let Some(amount) = measure.amount(event) {
                sum.add(amount);
                *currency = currency.and(currency_of(event));
            }
        }
        Aggregate::Visits | Aggregate::Minutes => {
            let at = event.at();
            let gap = visit.replace(at).map(|last| at - last).filter(|gap| *gap < PAUSE);
            match (measure.aggregate, gap) {
                (Aggregate::Visits, None) => sum.add(Decimal::ONE),
                (Aggregate::Minutes, Some(gap)) => sum.add_minutes(gap),
                _ => {}
            }
        }
    }
}

impl Measure {
    /// Whether an event is one of those it is made of: by its name, or anything done on our own pages, and large enough.
    fn counts(&self, name: &str, event: &(impl Occurrence + ?Sized)) -> bool {
        let named = name == self.event;
        let met = named || (self.event == "*" && matches!(event.channel(), Channel::Web | Channel::App));
        met && self.minimum.is_none_or(|least| self.amount(event).is_some_and(|amount| amount >= least))
    }

    /// The amount of an event, where the measure names a property and it is a number.
    fn amount(&self, event: &(impl Occurrence + ?Sized)) -> Option<Decimal> {
        match event.property(self.property.as_ref()?) {
            Datum::Number(number) => Some(number),
            _ => None,
        }
    }
}

fn currency_of(event: &(impl Occurrence + ?Sized)) -> CurrencySeen {
    currency_said(event.property("currency"))
}

/// The currency a property names.
pub(super) fn currency_said(said: Datum<'_>) -> CurrencySeen {
    match said {
        Datum::Text(code) => Currency::new(code).map_or(CurrencySeen::None, CurrencySeen::One),
        _ => CurrencySeen::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::metric::MetricKind;
    use crate::model::{Channel, Span};

    struct Order(Time, &'static str, &'static str);

    impl Occurrence for Order {
        fn at(&self) -> Time {
            self.0
        }
        fn channel(&self) -> Channel {
            Channel::Web
        }
        fn property(&self, name: &str) -> Datum<'_> {
            match name {
                "revenue" => self.1.parse().map_or(Datum::Missing, Datum::Number),
                "currency" => Datum::Text(self.2),
                _ => Datum::Missing,
            }
        }
    }

    fn metric(aggregate: Aggregate) -> Metric {
        let property = (aggregate == Aggregate::Sum).then(|| "revenue".to_owned());
        Metric {
            measure: Some(Measure { property, ..Measure::of("Order Completed", aggregate) }),
            window: Some(Span::days(7)),
            delay: Some(Span::hours(1)),
            ..Metric::given("revenue", MetricKind::Mean)
        }
    }

    fn value(metric: &Metric, orders: &[Order], point: Point) -> UnitValue {
        measure(metric, Time(0), point, orders.iter().map(|order| ("Order Completed", order)))
    }

    #[test]
    fn only_the_window_counts_and_only_what_is_recorded() {
        let hour = Span::HOUR.0;
        let orders = [
            Order(Time(hour - 1), "1", "EUR"),
            Order(Time(hour), "2.5", "EUR"),
            Order(Time(hour + Span::days(7).0 - 1), "4", "EUR"),
            Order(Time(hour + Span::days(7).0), "8", "EUR"),
        ];
        let late = Point::before(Time(Span::days(30).0));
        let sum = value(&metric(Aggregate::Sum), &orders, late);
        assert_eq!((sum.numerator, sum.matured), (Exact(65_000), true));
        assert_eq!(value(&metric(Aggregate::Count), &orders, late).numerator, Exact(20_000));
        assert_eq!(value(&metric(Aggregate::Any), &orders, late).numerator, Exact(10_000));

        let early = value(&metric(Aggregate::Sum), &orders, Point::before(Time(hour + 1)));
        assert_eq!((early.numerator, early.matured), (Exact(25_000), false));
        let at_the_event = value(&metric(Aggregate::Count), &orders, Point::before(Time(hour)));
        assert_eq!(at_the_event.numerator, Exact(0));
        assert_eq!(
            value(&metric(Aggregate::Count), &orders, Point::after(Time(hour))).numerator,
            Exact(10_000)
        );
    }

    #[test]
    fn visits_minutes_and_repeats_are_counted() {
        let late = Point::before(Time(Span::days(30).0));
        let minute = Span::MINUTE.0;
        let start = Span::hours(1).0;
        let seen = [0, 10, 39, 70, 71].map(|m| Order(Time(start + m * minute), "3", "EUR"));
        let of = |aggregate, event: &str| Metric {
            measure: Some(Measure::of(event, aggregate)),
            ..metric(Aggregate::Any)
        };
        assert_eq!(value(&of(Aggregate::Visits, "*"), &seen, late).numerator, Exact(20_000));
        assert_eq!(value(&of(Aggregate::Minutes, "*"), &seen, late).numerator, Exact(400_000));
        let times = |times| Metric {
            measure: Some(Measure { times: Some(times), ..Measure::of("Order Completed", Aggregate::Any) }),
            ..metric(Aggregate::Any)
        };
        assert_eq!(value(&times(5), &seen, late).numerator, Exact(10_000));
        assert_eq!(value(&times(6), &seen, late).numerator, Exact(0));
        let minimum = |minimum| Metric {
            measure: Some(Measure {
                property: Some("revenue".to_owned()),
                minimum: Decimal::from_int(minimum),
                ..Measure::of("Order Completed", Aggregate::Count)
            }),
            ..metric(Aggregate::Any)
        };
        assert_eq!(value(&minimum(3), &seen, late).numerator, Exact(50_000));
        assert_eq!(value(&minimum(4), &seen, late).numerator, Exact(0));
    }

    #[test]
    fn caps_missing_values_and_two_currencies() {
        let point = Point::before(Time(Span::days(30).0));
        let day = Span::DAY.0;
        let mut capped = metric(Aggregate::Sum);
        capped.winsorise = Decimal::from_int(5);
        let orders = [Order(Time(day), "400", "EUR"), Order(Time(day), "no number", "USD")];
        let got = value(&capped, &orders, point);
        assert_eq!(got.numerator, Exact(50_000));
        assert_eq!(got.currency, CurrencySeen::One(Currency::new("eur").unwrap()));
        let mixed = [Order(Time(day), "400", "EUR"), Order(Time(day), "1", "USD")];
        assert_eq!(value(&capped, &mixed, point).currency, CurrencySeen::Several);
    }
}
