//! Metrics that need no definition: what a shop asks for first, by name, over the events of the Segment specification.

use super::metric::{Aggregate, Better, Measure, Metric, MetricKind};
use crate::model::event::names;
use crate::model::{Decimal, Problem, Span};

/// Every ready metric's name.
pub const NAMES: [&str; 11] = [
    "conversion",
    "revenue per person",
    "average order value",
    "repeat purchase",
    "sessions",
    "time on site",
    "unsubscribe",
    "complaint",
    "CSAT",
    "return rate",
    "messages received",
];

/// The ready metric of a name, in any case and with spaces, hyphens or underscores. Its window is a fortnight, the time in which
/// most of what a message causes has happened; a design's overrides change it. Revenue is what is left once refunds inside the
/// window are taken off, on the day of the refund; the average order value is of orders as they were placed.
#[must_use]
pub fn metric(name: &str) -> Option<Metric> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_'], " ");
    let known = NAMES.into_iter().find(|known| plain(known) == plain(name))?;
    let order = names::ORDER_COMPLETED;
    let orders = || Measure::of(order, Aggregate::Count);
    let spent = || Measure::sum(order, "total");
    let base = |kind, measure| Metric {
        measure: Some(measure),
        window: Some(Span::days(14)),
        ..Metric::given(name, kind)
    };
    let share = |event: &str| base(MetricKind::Proportion, Measure::of(event, Aggregate::Any));
    let worse = |metric: Metric| Metric { better: Better::Lower, ..metric };
    let ratio = |measure, over| Metric { denominator: Some(over), ..base(MetricKind::Ratio, measure) };
    Some(match known {
        "conversion" => share(order),
        "revenue per person" => Metric {
            less: Some(Measure::sum(names::ORDER_REFUNDED, "total")),
            ..base(MetricKind::Mean, spent())
        },
        "average order value" => ratio(spent(), orders()),
        "repeat purchase" => {
            base(MetricKind::Proportion, Measure { times: Some(2), ..Measure::of(order, Aggregate::Any) })
        }
        "sessions" => base(MetricKind::Mean, Measure::of("*", Aggregate::Visits)),
        "time on site" => base(MetricKind::Mean, Measure::of("*", Aggregate::Minutes)),
        "unsubscribe" => worse(share(names::UNSUBSCRIBED)),
        "complaint" => worse(share("Email Marked as Spam")),
        "messages received" => base(MetricKind::Mean, Measure::of(names::EMAIL_DELIVERED, Aggregate::Count)),
        "CSAT" => ratio(top_box(), Measure::of(names::SURVEY_ANSWERED, Aggregate::Count)),
        _ => worse(ratio(Measure::of(names::ORDER_REFUNDED, Aggregate::Count), orders())),
    })
}

/// Answers in the top two boxes of five.
fn top_box() -> Measure {
    Measure {
        property: Some("score".to_owned()),
        minimum: Decimal::from_int(4),
        ..Measure::of(names::SURVEY_ANSWERED, Aggregate::Count)
    }
}

/// The problem of a name that is neither defined nor ready.
#[must_use]
pub fn unknown(name: &str, defined: &[Metric]) -> Problem {
    let known = defined.iter().map(|metric| metric.name.clone()).chain(NAMES.map(str::to_owned));
    let near = crate::rule::diagnostic::nearest(name, known);
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("define it, or use a ready one: {}", NAMES.join(", ")),
    };
    Problem::new("experiment-metric-unknown", format!("metric {name} is not defined")).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_sound_metric_under_the_name_asked_for() {
        for name in NAMES {
            let metric = metric(name).unwrap();
            assert_eq!(metric.problems(), [], "{name}");
            assert_eq!(metric.name, name);
            assert_eq!(Metric::read(&toml::to_string(&metric).unwrap()), Ok(metric), "{name}");
        }
        assert_eq!(metric("Revenue_per-person").unwrap().name, "Revenue_per-person");
        assert_eq!(metric("gross margin"), None);
    }

    #[test]
    fn what_should_fall_is_better_lower() {
        for name in ["unsubscribe", "complaint", "return rate"] {
            assert_eq!(metric(name).unwrap().better, Better::Lower, "{name}");
        }
        assert!(metric("revenue per person").unwrap().is_amount());
    }

    #[test]
    fn a_slip_is_answered_with_what_was_meant() {
        assert_eq!(unknown("conversions", &[]).help.unwrap(), "did you mean `conversion`?");
        assert!(unknown("x", &[]).help.unwrap().contains("repeat purchase"));
    }
}
