//! Read-outs of running tests, from evidence made up unit by unit.

use super::*;
use crate::experiment::analysis::{self, Evidence, MetricEvidence, Settings};
use crate::experiment::health::ArmTraffic;
use crate::experiment::{Better, Collected, Crossing, MetricKind, Progress, UnitValue};
use crate::model::definition::ContentHash;
use crate::model::{Decimal, Problem};
use crate::stats::{Engine, Plan, Why};

fn arm(kind: MetricKind, n: u64, ones: u64, one: i64) -> Collected {
    let mut collected = Collected::new(kind);
    for unit in 0..n {
        let amount = if unit < ones { one + unit as i64 % 7 * i64::from(one > 1) } else { 0 };
        collected.push(&UnitValue::given(Decimal::from_int(amount).unwrap()), None);
    }
    collected
}

fn metric(name: &str, kind: MetricKind, role: analysis::Role, arms: [Collected; 2]) -> MetricEvidence {
    let better = if name == "unsubscribes" { Better::Lower } else { Better::Higher };
    MetricEvidence { metric: name.to_owned(), kind, role, better, covariate: None, arms: arms.to_vec() }
}

/// Cart recovery with so many orders in the treatment, and units in its arms.
fn evidence(orders: u64, units: [u64; 2]) -> Evidence {
    let proportion = |ones: [u64; 2]| [0, 1].map(|a| arm(MetricKind::Proportion, units[a], ones[a], 1));
    let revenue = [arm(MetricKind::Mean, units[0], 200, 50), arm(MetricKind::Mean, units[1], orders, 50)];
    let traffic = |variant: &str, exposed| ArmTraffic {
        variant: variant.to_owned(),
        weight: 0.5,
        exposed,
        excluded: 0,
    };
    Evidence {
        experiment: "cart".to_owned(),
        as_of: Time(1_778_000_000_000),
        arms: vec![traffic("10 % off", units[0]), traffic("bundle", units[1])],
        excluded: 0,
        metrics: vec![
            metric("orders", MetricKind::Proportion, analysis::Role::Primary, proportion([200, orders])),
            metric("revenue", MetricKind::Mean, analysis::Role::Secondary, revenue),
            metric(
                "unsubscribes",
                MetricKind::Proportion,
                analysis::Role::Guardrail { margin: Some(0.5) },
                proportion([300, 290]),
            ),
        ],
    }
}

fn about() -> About {
    About {
        name: "cart recovery".to_owned(),
        title: "cart recovery".to_owned(),
        definition: ContentHash::of(b"cart"),
        currency: Some("€".to_owned()),
        amounts: vec!["revenue".to_owned()],
        rejected: 0,
    }
}

fn read_out(evidence: &Evidence, engine: Engine, days: f64, crossed: &[Crossing]) -> Experiment {
    let settings = Settings { plan: Plan::new(engine), cuped: false, ended: days >= 14.0, margin: None };
    let progress =
        Progress { days, planned_days: 14, units: 4_000, planned_n: Some(8_000), minimum_weeks: 1 };
    Experiment::running(&Look { about: &about(), evidence, settings: &settings }, &progress, crossed)
}

const SEQUENTIAL: Engine = Engine::Sequential { tuning: 4_000.0 };

#[test]
fn a_running_test_says_what_to_do_and_in_which_units() {
    let shown = read_out(&evidence(350, [2_000, 2_000]), SEQUENTIAL, 8.0, &[]);
    assert_eq!((shown.state.as_str(), shown.advice), ("running, day 9 of 14", Advice::Ship));
    // What was found comes before what to do.
    let found = "bundle raises orders by 7.50 points (+75 %) and revenue by ";
    let advised = ", no effect on unsubscribes is shown. Ship bundle.";
    assert!(shown.sentence.starts_with(found) && shown.sentence.ends_with(advised), "{}", shown.sentence);
    assert_eq!(shown.method, "always valid 95 %");
    let metrics: Vec<_> =
        shown.metrics.iter().map(|metric| (metric.name.as_str(), metric.role, metric.unit)).collect();
    assert_eq!(
        metrics,
        [
            ("orders", Role::Primary, Unit::Share),
            ("revenue per person", Role::Secondary, Unit::Money),
            ("unsubscribes per 1,000", Role::Guardrail, Unit::PerThousand),
        ]
    );
    assert_eq!(shown.metrics[1].currency.as_deref(), Some("€"));
    assert_eq!((shown.metrics[0].control, shown.metrics[0].comparisons[0].mean), (Some(0.1), Some(0.175)));
    let guardrail = &shown.metrics[2].comparisons[0];
    assert_eq!((guardrail.guardrail, guardrail.p_adjusted), (Some(GuardrailVerdict::Safe), None));
    let low = shown.metrics[0].comparisons[0].relative.estimate().unwrap().low;
    assert!(low > -1.0, "an interval on the log-ratio scale never falls below −100 %");
    assert_eq!((shown.exposed, shown.matured), (4_000, 4_000));
    assert!(shown.as_of.is_some());

    let waiting = read_out(&evidence(210, [2_000, 2_000]), SEQUENTIAL, 2.0, &[]);
    assert_eq!(waiting.advice, Advice::KeepRunning);
    assert_eq!(
        waiting.sentence,
        "bundle: no effect on orders, revenue and unsubscribes is shown. Keep running for 5 more days: orders is not shown to be \
         better; a whole week has not passed."
    );
}

#[test]
fn what_was_proven_once_is_said_with_its_day() {
    let crossing = Crossing {
        metric: "orders".to_owned(),
        variant: "bundle".to_owned(),
        at: "2026-05-11T03:00:00Z".parse().unwrap(),
        improved: true,
    };
    let shown = read_out(&evidence(210, [2_000, 2_000]), SEQUENTIAL, 8.0, &[crossing]);
    assert_eq!(shown.advice, Advice::Ship);
    assert_eq!(shown.notes[0], "orders of bundle was first proven better on Mon 11 May 2026 03:00.");
}

#[test]
fn a_fixed_plan_shows_no_mean_before_its_end() {
    let evidence = evidence(350, [2_000, 2_000]);
    let running = read_out(&evidence, Engine::Fixed, 8.0, &[]);
    let metric = &running.metrics[0];
    assert_eq!((metric.control, metric.comparisons[0].mean), (None, None));
    assert_eq!(metric.comparisons[0].absolute, Reading::Withheld(Why::FixedPlanRunning));
    let ended = read_out(&evidence, Engine::Fixed, 14.0, &[]);
    assert_eq!((ended.state.as_str(), ended.metrics[0].control), ("ended after 14 days", Some(0.1)));
}

#[test]
fn a_broken_split_gives_no_advice_and_no_number() {
    let shown = read_out(&evidence(350, [2_000, 2_400]), SEQUENTIAL, 8.0, &[]);
    assert_eq!((shown.advice, shown.health[0].state), (Advice::None, HealthState::Broken));
    // What is wrong is said by the check, and only there.
    assert!(shown.health[0].detail.starts_with("The arms are not the sizes they should be"));
    assert!(shown.sentence.starts_with("Find what loses or doubles people"), "{}", shown.sentence);
    assert!(!shown.sentence.contains("sizes they should be"));
    assert!(shown.metrics.iter().all(|metric| metric.control.is_none()));
    assert!(shown.health[0].detail.contains("(p < 0.0001)"), "{}", shown.health[0].detail);
}

#[test]
fn receipts_follow_the_data_and_the_plan() {
    let receipt = |orders, engine| read_out(&evidence(orders, [2_000, 2_000]), engine, 8.0, &[]).receipt;
    assert_eq!(receipt(350, SEQUENTIAL), receipt(350, SEQUENTIAL));
    assert_eq!(receipt(350, SEQUENTIAL).len(), 8);
    assert_ne!(receipt(350, SEQUENTIAL), receipt(351, SEQUENTIAL));
    assert_ne!(receipt(350, SEQUENTIAL), receipt(350, Engine::Fixed));
}

#[test]
fn the_list_counts_what_there_is() {
    let evidence = evidence(350, [2_000, 2_000]);
    let settings = Settings::finished();
    let imported = Experiment::imported(&Look { about: &about(), evidence: &evidence, settings: &settings });
    assert_eq!((imported.state.as_str(), imported.advice, imported.as_of), ("imported", Advice::None, None));
    let found = "bundle raises orders by 7.50 points (+75 %) and revenue by ";
    assert!(imported.sentence.starts_with(found), "{}", imported.sentence);
    assert!(imported.sentence.ends_with(", no effect on unsubscribes is shown."), "{}", imported.sentence);
    let planned = Experiment::planned(&about(), &settings, &["a".to_owned(), "b".to_owned()], None);
    assert_eq!(planned.sentence, "Nobody has met it yet.");
    let problem = Problem::new("experiment-primary", "an experiment needs a primary metric");
    let faulty = Experiment::planned(&about(), &settings, &[], Some(&problem));
    assert_eq!(
        (faulty.state.as_str(), faulty.sentence.as_str()),
        ("faulty", "It cannot run: an experiment needs a primary metric.")
    );
    let running = read_out(&evidence, SEQUENTIAL, 8.0, &[]);
    let ended = read_out(&evidence, SEQUENTIAL, 20.0, &[]);
    let after = Experiments::of(vec![ended.clone()]);
    assert_eq!((ended.state.as_str(), after.sentence.as_str()), ("ended after 14 days", "1 has ended"));
    let all = Experiments::of(vec![running, imported.clone(), imported, planned]);
    assert_eq!(all.sentence, "1 is running, 2 were imported and 1 has nothing measured");
    assert_eq!(Experiments::of(Vec::new()).sentence, "");
}

/// The command line's table and the screen take p-values, intervals and sentence from one analysis.
#[test]
fn the_screen_and_the_analysis_say_the_same() {
    let ratio = |orders: [u64; 2]| {
        [0, 1].map(|arm| {
            let mut collected = Collected::new(MetricKind::Ratio);
            for unit in 0..2_000 {
                let (n, each) = if unit < orders[arm] { (1, 40 + unit as i64 % 9) } else { (0, 0) };
                let of = |x: i64| Decimal::from_int(x).unwrap();
                collected.push(&UnitValue::over(of(n * each), of(n)), None);
            }
            collected
        })
    };
    let mut evidence = evidence(350, [2_000, 2_000]);
    evidence.metrics.push(metric(
        "order value",
        MetricKind::Ratio,
        analysis::Role::Secondary,
        ratio([200, 350]),
    ));
    for engine in [Engine::Fixed, SEQUENTIAL] {
        let settings = Settings { plan: Plan::new(engine), cuped: false, ended: true, margin: None };
        let shown = Experiment::imported(&Look { about: &about(), evidence: &evidence, settings: &settings });
        let said = analysis::analyse(&evidence, &settings.deciding());
        assert_eq!(shown.sentence, finding(&said));
        for (metric, found) in shown.metrics.iter().zip(&said.metrics) {
            let (screen, numbers) = (&metric.comparisons[0], &found.comparisons[0]);
            let estimate = screen.absolute.estimate().unwrap();
            assert_eq!(
                (estimate.p_value, Some(estimate.low), Some(estimate.high)),
                (numbers.numbers.p_value, numbers.numbers.ci_low, numbers.numbers.ci_high)
            );
            assert_eq!(screen.p_adjusted, numbers.p_adjusted);
            let relative = numbers.relative.as_ref().unwrap();
            assert_eq!(screen.relative.estimate().map(|found| found.low), relative.ci_low);
        }
        // Three of every four more ordered: the ratio's denominator is beside it, and that it moved is a check.
        let denominator = shown.metrics[3].comparisons[0].denominator.unwrap();
        assert!(denominator.has_moved() && (denominator.uplift.unwrap() - 0.75).abs() < 1e-9);
        let check = shown.health.iter().find(|check| check.name == "denominator").unwrap();
        assert!(check.detail.contains("order value of bundle (p < 0.0001)"), "{}", check.detail);
        assert!(serde_json::to_string(&said).unwrap().contains("\"denominator\":{\"control_mean\":0.1"));
    }
}
