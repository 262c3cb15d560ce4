//! Laws of the statistics room: hostile input gets a number or a reason, and looking often does not cry wolf.

use proptest::prelude::*;
use segue::model::{Draw, Seed};
use segue::stats::{Difference, Engine, Moments, Pair, Plan, Ratio, Reading, Spread, Summary, Tail, compare};

fn number() -> BoxedStrategy<f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f64::MIN_POSITIVE),
        Just(1e300),
        Just(-1e300),
        Just(f64::NAN),
        Just(f64::INFINITY),
        -1e9..1e9_f64,
        -1.0..1.0_f64,
    ]
    .boxed()
}

fn units() -> BoxedStrategy<u64> {
    prop_oneof![Just(0_u64), Just(1), Just(2), 3..1000_u64, Just(1_000_000_000), Just(u64::MAX / 4)].boxed()
}

fn moments() -> BoxedStrategy<Moments> {
    prop_oneof![
        (units(), number(), number()).prop_map(|(n, sum, squares)| Moments::from_sums(n, sum, squares)),
        proptest::collection::vec(-1e6..1e6_f64, 0..5).prop_map(|values| values.into_iter().collect()),
        (units(), number()).prop_map(|(n, value)| Moments { n, mean: value, squares: 0.0 }),
    ]
    .boxed()
}

fn pair() -> BoxedStrategy<Pair> {
    prop_oneof![
        (moments(), moments(), number()).prop_map(|(y, x, products)| Pair {
            y,
            x: Moments { n: y.n, ..x },
            products
        }),
        proptest::collection::vec((-1e6..1e6_f64, -1e6..1e6_f64), 0..5).prop_map(|values| {
            let mut pair = Pair::default();
            values.into_iter().for_each(|(y, x)| pair.push(y, x));
            pair
        }),
    ]
    .boxed()
}

fn spread() -> impl Strategy<Value = Spread> {
    prop_oneof![Just(Spread::Sample), Just(Spread::Population)]
}

fn summary() -> BoxedStrategy<Summary> {
    prop_oneof![
        (units(), units()).prop_map(|(n, successes)| Summary::Proportion { n, successes }),
        units().prop_map(|n| Summary::Proportion { n, successes: n }),
        moments().prop_map(Summary::Mean),
        (pair(), spread(), spread()).prop_map(|(pair, numerator, denominator)| Summary::Ratio(Ratio {
            pair,
            numerator,
            denominator
        })),
        (pair(), spread()).prop_map(|(pair, spread)| Summary::Adjusted { pair, spread }),
    ]
    .boxed()
}

fn plan() -> BoxedStrategy<Plan> {
    let engine = prop_oneof![
        Just(Engine::Fixed),
        Just(Engine::Sequential { tuning: 5000.0 }),
        number().prop_map(|tuning| Engine::Sequential { tuning }),
    ];
    let difference = prop_oneof![
        Just(Difference::Absolute),
        Just(Difference::RelativeDelta),
        Just(Difference::RelativeLog)
    ];
    let tail = prop_oneof![Just(Tail::Two), Just(Tail::Greater), Just(Tail::Less)];
    (engine, prop_oneof![Just(0.05), Just(0.1), number()], difference, tail)
        .prop_map(|(engine, alpha, difference, tail)| Plan { engine, alpha, difference, tail })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_arms_get_a_number_or_a_reason(control in summary(), treatment in summary(), plan in plan()) {
        match compare(&control, &treatment, &plan) {
            Ok(found) => {
                prop_assert!(found.uplift_absolute.is_finite(), "{found:?}");
                prop_assert!(found.uplift.is_none_or(f64::is_finite), "{found:?}");
                prop_assert!(found.standard_error > 0.0 && found.standard_error.is_finite(), "{found:?}");
                prop_assert!((0.0..=1.0).contains(&found.p_value), "{found:?}");
                prop_assert!(found.ci_low <= found.ci_high, "{found:?}");
            }
            Err(why) => prop_assert!(!why.sentence().is_empty()),
        }
        if let Reading::Estimate(estimate) = compare::reading(&control, &treatment, &plan, Vec::new()) {
            prop_assert!(!estimate.value.is_nan() && !estimate.low.is_nan() && !estimate.high.is_nan());
        }
    }

    #[test]
    fn swapping_the_arms_turns_the_difference_round(
        a in proptest::collection::vec(0.1..100_f64, 2..40),
        b in proptest::collection::vec(0.1..100_f64, 2..40),
    ) {
        let (a, b) = (Summary::Mean(a.into_iter().collect()), Summary::Mean(b.into_iter().collect()));
        let plan = Plan::new(Engine::Fixed).on(Difference::Absolute);
        if let (Ok(there), Ok(back)) = (compare(&a, &b, &plan), compare(&b, &a, &plan)) {
            prop_assert!((there.ci_low + back.ci_high).abs() <= 1e-9 * there.ci_low.abs().max(1.0));
            prop_assert!((there.p_value - back.p_value).abs() <= 1e-12);
        }
    }

    #[test]
    fn a_reading_survives_json(control in summary(), treatment in summary(), plan in plan()) {
        let before = compare::reading(&control, &treatment, &plan, Vec::new());
        let after: Reading = serde_json::from_str(&serde_json::to_string(&before).unwrap()).unwrap();
        match (&before, &after) {
            (Reading::Estimate(before), Reading::Estimate(after)) => {
                // serde_json's fast float parser may be off in the last bit.
                let same = |a: f64, b: f64| a.total_cmp(&b).is_eq() || (a - b).abs() <= 1e-15 * b.abs();
                prop_assert!(same(before.value, after.value) && same(before.low, after.low));
                prop_assert!(same(before.high, after.high) && same(before.level, after.level));
            }
            _ => prop_assert_eq!(before, after),
        }
    }
}

/// 100 looks at an A/A test: the share of experiments that ever call a difference must stay within α plus three Monte Carlo
/// errors for the sequential engine, and is far above it for the fixed one, which is why panels of running tests use the former.
#[test]
fn a_hundred_looks_at_no_effect_seldom_call_one() {
    const RUNS: u64 = 1000;
    const LOOKS: u64 = 100;
    const PER_LOOK: u64 = 100;
    let (seed, draw) = (Seed(11), Draw::of("a/a"));
    let sequential = Plan::new(Engine::Sequential { tuning: 5000.0 }).on(Difference::Absolute);
    let fixed = Plan::new(Engine::Fixed).on(Difference::Absolute);
    let (mut alarms, mut fixed_alarms) = (0_u32, 0_u32);
    for run in 0..RUNS {
        let (mut control, mut treatment) = (Moments::default(), Moments::default());
        let (mut alarmed, mut fixed_alarmed) = (false, false);
        for look in 0..LOOKS {
            for unit in 0..PER_LOOK {
                let occurrence = look * PER_LOOK + unit;
                // A skewed outcome, as money is.
                let value = -seed.uniform(run, draw, occurrence).max(1e-12).ln();
                if unit % 2 == 0 { control.push(value) } else { treatment.push(value) }
            }
            let (a, b) = (Summary::Mean(control), Summary::Mean(treatment));
            alarmed |= compare(&a, &b, &sequential).unwrap().p_value <= 0.05;
            fixed_alarmed |= compare(&a, &b, &fixed).unwrap().p_value <= 0.05;
        }
        alarms += u32::from(alarmed);
        fixed_alarms += u32::from(fixed_alarmed);
    }
    let rate = f64::from(alarms) / RUNS as f64;
    let error = (0.05 * 0.95 / RUNS as f64).sqrt();
    assert!(rate <= 0.05 + 3.0 * error, "sequential: {rate}");
    let fixed_rate = f64::from(fixed_alarms) / RUNS as f64;
    assert!(fixed_rate > 0.2, "fixed: {fixed_rate}");
    println!("false alarms under 100 looks: sequential {rate}, fixed {fixed_rate}");
}
