//! What is decided on made-up evidence, and what is said of what is wanting.

use super::*;
use crate::experiment::Numbers;
use crate::experiment::analysis::MetricEvidence;
use crate::experiment::collect::Collected;
use crate::experiment::health::ArmTraffic;
use crate::experiment::measure::UnitValue;
use crate::experiment::metric::{Metric, MetricKind};
use crate::model::{Decimal, Span};
use crate::rule::Point;
use crate::stats::{Caution, Engine, Prior, Reading};

fn metric(role: Role, better: Better, conversions: [u64; 2]) -> MetricEvidence {
    let arm = |ones: u64| {
        let mut collected = Collected::new(MetricKind::Proportion);
        for unit in 0..2000 {
            let value = if unit < ones { Decimal::ONE } else { Decimal::ZERO };
            collected.push(&UnitValue::given(value), None);
        }
        collected
    };
    MetricEvidence {
        metric: if role == Role::Primary { "orders" } else { "unsubscribes" }.to_owned(),
        kind: MetricKind::Proportion,
        role,
        better,
        covariate: None,
        arms: conversions.map(arm).to_vec(),
    }
}

fn evidence(metrics: Vec<MetricEvidence>, exposed: [u64; 2]) -> Evidence {
    let arm = |variant: &str, exposed| ArmTraffic {
        variant: variant.to_owned(),
        weight: 0.5,
        exposed,
        excluded: 0,
    };
    Evidence {
        experiment: "cart".to_owned(),
        as_of: Time(0),
        arms: vec![arm("10 % off", exposed[0]), arm("bundle", exposed[1])],
        excluded: 0,
        metrics,
    }
}

fn running(engine: Engine) -> Settings {
    Settings { plan: Plan::new(engine), cuped: false, ended: false, margin: None }
}

fn decision(metrics: Vec<MetricEvidence>, days: f64) -> Decision {
    let settings = running(Engine::Sequential { tuning: 4000.0 });
    let progress = Progress { days, planned_days: 14, units: 4000, planned_n: Some(8000), minimum_weeks: 1 };
    verdicts(&evidence(metrics, [2000, 2000]), &settings, &progress, &[]).remove(0).decision
}

fn orders(control: u64, treatment: u64) -> MetricEvidence {
    metric(Role::Primary, Better::Higher, [control, treatment])
}

fn unsubscribes(control: u64, treatment: u64) -> MetricEvidence {
    metric(Role::Guardrail { margin: Some(0.5) }, Better::Lower, [control, treatment])
}

#[test]
fn ship_stop_wait_or_give_up() {
    assert_eq!(decision(vec![orders(200, 350), unsubscribes(300, 290)], 8.0), Decision::Ship);
    assert_eq!(
        decision(vec![orders(200, 350)], 6.0),
        Decision::KeepRunning { days: 6 },
        "a whole week first"
    );
    assert_eq!(decision(vec![orders(350, 200)], 8.0), Decision::Stop { metric: "orders".to_owned() });
    let harmed = decision(vec![orders(200, 350), unsubscribes(100, 300)], 8.0);
    assert_eq!(harmed, Decision::Stop { metric: "unsubscribes".to_owned() });
    let unsure = decision(vec![orders(200, 350), unsubscribes(30, 30)], 8.0);
    assert_eq!(unsure, Decision::KeepRunning { days: 8 }, "the guardrail cannot be told yet");
    assert_eq!(decision(vec![orders(200, 210)], 2.0), Decision::KeepRunning { days: 5 });
}

#[test]
fn what_was_proven_once_stays_proven() {
    let settings = Settings::finished();
    let progress = Progress { days: 8.0, planned_days: 14, units: 4000, planned_n: None, minimum_weeks: 1 };
    let then = crossings(&evidence(vec![orders(200, 350)], [2000, 2000]), &settings);
    assert_eq!(then.iter().map(|crossing| crossing.improved).collect::<Vec<_>>(), [true]);
    let now = evidence(vec![orders(200, 210)], [2000, 2000]);
    let decision = |crossed: &[Crossing]| verdicts(&now, &settings, &progress, crossed).remove(0).decision;
    assert_eq!(decision(&[]), Decision::KeepRunning { days: 6 });
    assert_eq!(decision(&then), Decision::Ship);
}

#[test]
fn everything_planned_and_nothing_found_is_inconclusive() {
    let settings = Settings::finished();
    let progress = Progress { days: 14.0, planned_days: 14, units: 4000, planned_n: None, minimum_weeks: 2 };
    let verdict =
        verdicts(&evidence(vec![orders(200, 210)], [2000, 2000]), &settings, &progress, &[]).remove(0);
    assert_eq!(verdict.decision, Decision::Inconclusive);
    let said = |metrics, progress: &Progress| {
        verdicts(&evidence(metrics, [2000, 2000]), &settings, progress, &[]).remove(0).sentence()
    };
    let lead = "Everything planned was seen, and not all that shipping bundle asks for is met: ";
    assert_eq!(said(vec![orders(200, 210)], &progress), format!("{lead}orders is not shown to be better."));
    let guarded = || vec![orders(200, 350), unsubscribes(30, 30)];
    assert_eq!(said(guarded(), &progress), format!("{lead}unsubscribes is not shown to be safe."));
    let early = Progress { days: 3.0, ..progress };
    assert_eq!(
        said(guarded(), &early),
        "Keep running for 11 more days: unsubscribes is not shown to be safe; 2 whole weeks have not passed."
    );
}

#[test]
fn readings_say_what_to_mind() {
    let rare = evidence(vec![orders(4, 30)], [2000, 2000]);
    let found = readings(&rare, &rare.metrics[0], 1, &Settings::finished());
    // The absolute difference is read by Newcombe and Fisher, and says so; no rough interval stands beside it.
    assert_eq!(found.absolute.estimate().unwrap().cautions, [Caution::SmallCounts]);
    let Reading::Withheld(why) = &found.relative else { panic!("{found:?}") };
    assert_eq!(why.sentence(), "counts are small, so only the difference is read, exactly");
    let none = evidence(vec![orders(40, 0)], [2000, 2000]);
    let found = readings(&none, &none.metrics[0], 1, &Settings::finished());
    assert!(found.relative.estimate().is_none() && found.absolute.estimate().is_some());
}

/// Nobody against half or everybody: the numbers, the sentence's p-value and the panel's interval are one exact reading.
#[test]
fn nobody_against_everybody_is_read_exactly() {
    for (of, conversions) in [(20, [0, 20]), (200, [0, 100]), (20, [20, 0])] {
        let arm = |ones: u64| {
            let mut collected = Collected::new(MetricKind::Proportion);
            (0..of).for_each(|unit| {
                let value = if unit < ones { Decimal::ONE } else { Decimal::ZERO };
                collected.push(&UnitValue::given(value), None);
            });
            collected
        };
        let metric = MetricEvidence { arms: conversions.map(arm).to_vec(), ..orders(1, 1) };
        let evidence = evidence(vec![metric], [of, of]);
        let analysis = analyse(&evidence, &Settings::finished());
        let found = &analysis.metrics[0].comparisons[0];
        let shown = found.readings.absolute.estimate().unwrap();
        assert!(found.exact && found.withheld.is_none(), "{found:?}");
        assert_eq!((found.numbers.p_value, found.numbers.ci_low), (shown.p_value, Some(shown.low)));
        assert!(found.p_adjusted.unwrap() < 1e-6 && shown.low * shown.high > 0.0);
        assert!(found.relative.as_ref().unwrap().withheld.is_some());
        // As peers print it there is no number, and the reason is true.
        let delta = Settings {
            plan: Settings::finished().plan.on(Difference::RelativeDelta),
            ..Settings::finished()
        };
        let peers = analyse(&evidence, &delta).metrics[0].comparisons[0].withheld.clone().unwrap();
        assert!(!peers.reason.contains("every unit has the same value"), "{peers:?}");
    }
}

#[test]
fn a_posterior_ships_what_is_better_at_a_risk_one_may_run() {
    let progress = Progress { days: 8.0, planned_days: 14, units: 4000, planned_n: None, minimum_weeks: 1 };
    let of = |orders: MetricEvidence, risk| {
        let settings = running(Engine::Bayesian { prior: Prior::normal(0.0, 0.3), risk });
        verdicts(&evidence(vec![orders], [2000, 2000]), &settings, &progress, &[]).remove(0).decision
    };
    assert_eq!(of(orders(200, 260), 0.0025), Decision::Ship);
    assert_eq!(
        of(orders(200, 260), 1e-9),
        Decision::KeepRunning { days: 6 },
        "sure, and not allowed to lose anything"
    );
    assert_eq!(of(orders(200, 215), 0.0025), Decision::KeepRunning { days: 6 });
    assert_eq!(of(orders(260, 200), 0.0025), Decision::Stop { metric: "orders".to_owned() });
    let fewer = metric(Role::Primary, Better::Lower, [260, 200]);
    assert_eq!(of(fewer, 0.0025), Decision::Ship, "less is better");
    // A prior that expects no harm hides none.
    let blind = running(Engine::Bayesian { prior: Prior::normal(0.0, 1e-3), risk: 0.0025 });
    let complaints = evidence(vec![unsubscribes(100, 180)], [2000, 2000]);
    assert_eq!(guardrail(&complaints, &complaints.metrics[0], 1, &blind, Some(0.1)), Guardrail::Harmed);
}

#[test]
fn a_broken_split_withholds_everything() {
    let progress = Progress { days: 14.0, planned_days: 14, units: 4000, planned_n: None, minimum_weeks: 1 };
    let broken = evidence(vec![orders(200, 350)], [2000, 2400]);
    let verdict = verdicts(&broken, &Settings::finished(), &progress, &[]).remove(0);
    assert!(matches!(verdict.decision, Decision::Withheld { reason: Why::SampleRatio { .. } }));
    let analysis = analyse(&broken, &Settings::finished());
    let comparison = &analysis.metrics[0].comparisons[0];
    assert_eq!(comparison.withheld.as_ref().unwrap().code, "sample-ratio");
    assert_eq!((comparison.numbers, comparison.p_adjusted), (Numbers::default(), None));
}

/// Nobody is missing where people are only still being watched.
#[test]
fn while_windows_are_open_it_is_said_when_the_first_closes() {
    let watched = Metric { window: Some(Span::days(3)), ..Metric::given("orders", MetricKind::Proportion) };
    let arm = |exposed: &[i64]| {
        let mut collected = Collected::new(MetricKind::Proportion);
        for day in exposed {
            let (_, to) = watched.stretch(Time(0) + Span::days(*day));
            collected.push(&UnitValue::begun(&watched, to, Point::before(Time(0) + Span::days(4))), None);
        }
        collected
    };
    let of = |arms: [&[i64]; 2]| {
        let mut evidence = evidence(vec![orders(200, 210)], arms.map(|arm| arm.len() as u64));
        evidence.metrics[0].arms = arms.map(arm).to_vec();
        analyse(&evidence, &running(Engine::Sequential { tuning: 5000.0 })).metrics[0].comparisons[0]
            .withheld
            .clone()
            .unwrap()
    };
    let early = of([&[3, 2, 3], &[3, 3, 3]]);
    let said = "no window has closed yet; the first closes on Tue 6 Jan 1970 00:00";
    assert_eq!((early.code, early.reason.as_str()), ("windows-open", said));
    let one = of([&[0, 2, 3], &[3, 3, 3]]);
    assert_eq!(one.reason, "no window has closed yet in bundle; the first closes on Wed 7 Jan 1970 00:00");
    assert_eq!(of([&[0, 2, 3], &[]]).code, "empty-arm");
}

#[test]
fn too_little_for_a_sequential_reading_and_a_fixed_plan_before_its_end() {
    let few = evidence(vec![orders(24, 60)], [2000, 2000]);
    let code =
        |settings: &Settings| analyse(&few, settings).metrics[0].comparisons[0].withheld.clone().unwrap();
    let withheld = code(&running(Engine::Sequential { tuning: 5000.0 }));
    assert_eq!(withheld.reason, "fewer than 25 conversions per arm (24 so far)");
    assert_eq!(code(&running(Engine::Fixed)).code, "fixed-plan-running");
    let enough = evidence(vec![orders(25, 60)], [2000, 2000]);
    let shown = analyse(&enough, &running(Engine::Sequential { tuning: 5000.0 }));
    assert_eq!(shown.metrics[0].comparisons[0].withheld, None);
}

#[test]
fn a_guardrail_without_a_margin_is_never_safe() {
    let judged = |conversions: [u64; 2], margin, settings: &Settings| {
        let metric = metric(Role::Guardrail { margin }, Better::Lower, conversions);
        let evidence = evidence(vec![metric], [2000, 2000]);
        guardrail(&evidence, &evidence.metrics[0], 1, settings, margin)
    };
    let once = Settings::finished();
    assert_eq!(judged([200, 195], None, &once), Guardrail::CantTellYet);
    assert_eq!(judged([200, 195], Some(0.2), &once), Guardrail::Safe);
    assert_eq!(judged([200, 195], Some(0.05), &once), Guardrail::CantTellYet);
    assert_eq!(judged([200, 260], Some(0.05), &once), Guardrail::Harmed);
    assert_eq!(judged([200, 260], None, &once), Guardrail::Harmed);
    // Declared acceptable, so safe although it is worse beyond chance.
    assert_eq!(judged([200, 260], Some(1.0), &once), Guardrail::Safe);
    // Nobody complained in either arm: there is nothing to judge by.
    assert_eq!(judged([0, 0], Some(0.5), &once), Guardrail::CantTellYet);
    // A plan that looks often needs more, and one that looks one way still sees harm on the other side.
    let often = running(Engine::Sequential { tuning: 4000.0 });
    assert_eq!(judged([200, 195], Some(0.2), &often), Guardrail::CantTellYet);
    for tail in [Tail::Greater, Tail::Less] {
        let one_sided = Settings { plan: Plan { tail, ..once.plan }, ..once };
        assert_eq!(judged([200, 260], Some(0.05), &one_sided), Guardrail::Harmed, "{tail:?}");
        assert_eq!(judged([200, 195], Some(0.2), &one_sided), Guardrail::Safe, "{tail:?}");
    }
}

#[test]
fn not_worse_by_the_margin_is_enough_to_ship_where_the_design_says_so() {
    let progress = Progress { days: 14.0, planned_days: 14, units: 4000, planned_n: None, minimum_weeks: 1 };
    let of = |orders: MetricEvidence, margin| {
        let settings = Settings { margin, ..Settings::finished() };
        verdicts(&evidence(vec![orders], [2000, 2000]), &settings, &progress, &[]).remove(0)
    };
    assert_eq!(of(orders(400, 398), None).decision, Decision::Inconclusive);
    let safe = of(orders(400, 398), Some(0.15));
    assert_eq!(safe.decision, Decision::Ship);
    assert_eq!(safe.not_worse, [("orders".to_owned(), Guardrail::Safe)]);
    assert_eq!(of(orders(400, 398), Some(0.05)).decision, Decision::Inconclusive);
    let harmed = of(orders(400, 300), Some(0.15));
    assert_eq!(harmed.decision, Decision::Stop { metric: "orders".to_owned() });
    // A loss that was declared acceptable is no harm.
    assert_eq!(of(orders(400, 340), Some(0.5)).decision, Decision::Ship);
}
