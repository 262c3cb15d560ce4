//! Each answer on small made-up data: it is seen where it is there, and held back where nothing is known.

use super::*;
use crate::experiment::analysis::MetricEvidence;
use crate::experiment::design::Criteria;
use crate::experiment::health::ArmTraffic;
use crate::experiment::{Better, Collected, MetricKind, Progress, UnitValue};
use crate::model::{Decimal, Time};
use crate::stats::novelty::Day;
use crate::stats::{Caution, Moments, Plan, Reading};

fn flags(n: u64, ones: u64) -> Collected {
    let mut arm = Collected::new(MetricKind::Proportion);
    for unit in 0..n {
        arm.push(&UnitValue::given(if unit < ones { Decimal::ONE } else { Decimal::ZERO }), None);
    }
    arm
}

fn traffic(units: [u64; 2]) -> Vec<ArmTraffic> {
    ["a", "b"]
        .into_iter()
        .zip(units)
        .map(|(variant, exposed)| ArmTraffic {
            variant: variant.to_owned(),
            weight: 1.0,
            exposed,
            excluded: 0,
        })
        .collect()
}

fn evidence(units: [u64; 2], ones: [u64; 2]) -> Evidence {
    Evidence {
        experiment: "cart".to_owned(),
        as_of: Time(0),
        arms: traffic(units),
        excluded: 0,
        metrics: vec![MetricEvidence {
            metric: "orders".to_owned(),
            kind: MetricKind::Proportion,
            role: Role::Primary,
            better: Better::Higher,
            covariate: None,
            arms: vec![flags(units[0], ones[0]), flags(units[1], ones[1])],
        }],
    }
}

fn running() -> Settings {
    Settings {
        plan: Plan::new(Engine::Sequential { tuning: 5000.0 }),
        cuped: false,
        ended: false,
        margin: None,
    }
}

#[test]
fn arms_that_differed_before_are_told_and_no_history_is_held_back() {
    let variants = ["a".to_owned(), "b".to_owned()];
    let known = |name: &str, arms: [Moments; 2]| (name.to_owned(), arms.to_vec());
    let found = Start::of(
        &[
            known("orders", [Moments::of_flags(1000, 100), Moments::of_flags(1000, 180)]),
            known("visits", [Moments::of_flags(1000, 500), Moments::of_flags(1000, 505)]),
            known("refunds", [Moments::of_flags(1000, 0), Moments::of_flags(1000, 0)]),
        ],
        &variants,
    );
    assert_eq!(found.iter().map(|start| start.failed).collect::<Vec<_>>(), [true, false, false]);
    assert!(found[1].p_adjusted.is_some() && found[2].withheld.is_some());
}

#[test]
fn a_split_that_is_off_names_where() {
    let mut census = Census::default();
    for (value, units) in [("Safari", [900_u64, 600]), ("Chrome", [1000, 1010])] {
        for (arm, n) in units.into_iter().enumerate() {
            (0..n).for_each(|_| census.count("device", value, arm, 2));
        }
    }
    let cause = Cause::of(&census, &traffic([1900, 1610]));
    assert_eq!(cause.sentence, "It stands out in device Safari: begin there.");
    assert_eq!((cause.values[0].value.as_str(), cause.values[0].uneven), ("Safari", true));
    assert!(!cause.values[1].uneven);
    assert!(Cause::of(&Census::default(), &traffic([1, 1])).withheld.is_some());
}

#[test]
fn an_effect_that_wears_off_is_told() {
    let day = |day: u32, ones: u64| Day {
        day,
        control: Moments::of_flags(10_000, 500),
        treatment: Moments::of_flags(10_000, ones),
    };
    let fading = [day(0, 900), day(1, 800), day(2, 650), day(3, 520)];
    let once = Settings::finished();
    let wear = Wear::of("orders", "b", &fading, &once);
    assert_eq!(wear.sentence, "The effect wears off with the days since exposure.");
    let steady = Wear::of("orders", "b", &[day(0, 600), day(1, 605), day(2, 595)], &once);
    assert!(steady.sentence.contains("neither"), "{}", steady.sentence);
    assert!(Wear::of("orders", "b", &[day(0, 600)], &once).sentence.contains("cannot be said"));
    // Under a plan that looks often it is said that days are read as if looked at once.
    let often = Wear::of("orders", "b", &fading, &running());
    assert!(often.sentence.ends_with("are not corrected for their number."), "{}", often.sentence);
    let cautions = &often.slope.estimate().unwrap().cautions;
    assert!(cautions.iter().any(|caution| matches!(caution, Caution::Other(said) if said.contains("once"))));
}

#[test]
fn disjoint_parts_are_drawn_together_and_overlapping_ones_are_not() {
    let part = |name: &str, ones| (name.to_owned(), vec![flags(400, 40), flags(400, ones)]);
    let parts = [part("new", 80), part("active", 50), part("lapsed", 42)];
    let (whole, once) = (evidence([1200, 1200], [120, 172]), Settings::finished());
    let within = Within { evidence: &whole, settings: &once, metric: 0, arm: 1 };
    let shrunk = Parts::of(&within, Cut::Lifecycle, &parts);
    let value = |reading: &Reading| reading.estimate().unwrap().value;
    let spread = |of: &dyn Fn(&Part) -> f64| of(&shrunk.rows[0]) - of(&shrunk.rows[2]);
    assert!(spread(&|part| value(part.shrunk.as_ref().unwrap())) < spread(&|part| value(&part.own)));
    assert!(shrunk.p_homogeneous.is_some() && !shrunk.exploratory);
    let overlapping = Parts::of(&within, Cut::Segments, &parts);
    assert!(overlapping.exploratory && overlapping.rows.iter().all(|part| part.shrunk.is_none()));
    let exploratory = &overlapping.rows[0].own.estimate().unwrap().cautions;
    assert!(exploratory.contains(&Caution::Uncorrected) && exploratory.len() == 2, "{exploratory:?}");
    let two = Parts::of(&within, Cut::Lifecycle, &parts[..2]);
    let said = |parts: &Parts| parts.withheld.as_ref().map(Why::sentence).unwrap();
    assert_eq!(said(&two), "it takes 3 stages with a standard error, and there is one for 2 of 2");
    let small = |name: &str| (name.to_owned(), vec![flags(21, 1), flags(23, 9)]);
    let few = Parts::of(&within, Cut::Lifecycle, &[part("new", 80), small("lapsed"), small("lead")]);
    assert_eq!(
        said(&few),
        "it takes 3 stages with a standard error, and there is one for 1 of 3: counts are so small that they are read exactly, without a \
         standard error, in lapsed (44 people), lead (44 people)"
    );
}

/// A running always-valid plan reads its parts by the same engine: wider, and held back while there are too few.
#[test]
fn parts_of_a_running_test_are_always_valid() {
    let part = |name: &str, ones| (name.to_owned(), vec![flags(400, 40), flags(400, ones)]);
    let parts = [part("new", 80), part("active", 50), part("lapsed", 20)];
    let whole = evidence([1200, 1200], [120, 150]);
    let read = |settings: &Settings| {
        Parts::of(&Within { evidence: &whole, settings, metric: 0, arm: 1 }, Cut::Lifecycle, &parts)
    };
    let (often, once) = (read(&running()), read(&Settings::finished()));
    let width = |parts: &Parts| parts.rows[0].own.estimate().map(|own| own.high - own.low).unwrap();
    assert!(width(&often) > 1.3 * width(&once));
    assert!(matches!(often.rows[2].own, Reading::Withheld(Why::TooFew { need: 25, .. })));
    assert!(once.rows[2].own.estimate().is_some());
    let why = often.withheld.as_ref().map(Why::sentence).unwrap();
    assert!(why.ends_with("for 2 of 3: nothing is told of lapsed (800 people)"), "{why}");
}

fn days_left(evidence: &Evidence, settings: &Settings, effect: f64) -> Vec<Ahead> {
    let units = evidence.arms.iter().map(|arm| arm.exposed).sum();
    let progress = Progress { days: 5.0, planned_days: 14, units, planned_n: None, minimum_weeks: 1 };
    let wanted = Criteria { effect: Some(effect), ..Criteria::default() };
    Ahead::of(evidence, settings, &wanted, &progress)
}

/// What `calc power` says to the same question.
fn asked_of_calc(question: &str) -> crate::experiment::calc::Powered {
    use crate::experiment::calc::{Answer, Question, answer};
    match answer(Question::Power, question.as_bytes(), 1) {
        Answer::Powered(powered) => powered,
        other => panic!("{question}: {other:?}"),
    }
}

/// However large the effect looks so far: the plan is asked, with the control's own level.
#[test]
fn how_far_is_what_the_calculator_says() {
    for engine in ["fixed", "sequential"] {
        let settings = match engine {
            "fixed" => Settings { plan: Plan::new(Engine::Fixed), ..running() },
            _ => running(),
        };
        // A fixed plan hides which arm is which, so everybody's level counts.
        let (seen, baseline) = match engine {
            "fixed" => (evidence([86, 86], [7, 39]), 46.0 / 172.0),
            _ => (evidence([86, 86], [7, 39]), 7.0 / 86.0),
        };
        let ahead = &days_left(&seen, &settings, 0.3)[0];
        let ask = format!(
            r#""metric":"proportion","baseline":{baseline},"effect":0.3,"engine":"{engine}","sequential_tuning":5000"#
        );
        let (needed, power) =
            (asked_of_calc(&format!("{{{ask}}}")), asked_of_calc(&format!("{{{ask},\"n\":86}}")));
        assert!((ahead.power_now.unwrap() - power.power.unwrap()).abs() < 1e-9, "{ahead:?} {power:?}");
        let more = needed.n_total.unwrap() - 172.0;
        assert!((ahead.more_units.unwrap() / more - 1.0).abs() < 1e-6, "{ahead:?} {needed:?}");
        assert!((ahead.days.unwrap() - more / 34.4).abs() < 1e-3 * more);
    }
}

#[test]
fn days_left_take_an_effect_worth_acting_on_and_a_test_that_runs() {
    let seen = evidence([1000, 1000], [100, 110]);
    let progress = Progress { days: 5.0, planned_days: 14, units: 2000, planned_n: None, minimum_weeks: 1 };
    let unsaid = &Ahead::of(&seen, &running(), &Criteria::default(), &progress)[0];
    assert!(unsaid.withheld.is_some() && unsaid.days.is_none());
    let over = Settings { ended: true, ..running() };
    assert_eq!(days_left(&seen, &over, 0.2), [], "nobody joins what has ended");
}

#[test]
fn a_trend_is_held_back_where_the_split_is_off_or_it_would_be_peeking() {
    let sound = evidence([1000, 1000], [100, 160]);
    let day = Cohorts {
        until: vec![Time(crate::model::Span::DAY.0), Time(2 * crate::model::Span::DAY.0)],
        measured: vec![vec![vec![flags(300, 30), flags(300, 50)]], vec![vec![flags(0, 0), flags(0, 0)]]],
    };
    let trend = &Trend::of(&[sound.clone(), sound.clone()], &day, Time(0), &running())[0];
    assert_eq!((trend.looks.len(), &trend.withheld), (2, &None));
    assert_eq!(trend.daily.len(), 1, "a day without anybody is no day");
    let newcomers = trend.daily[0].absolute.estimate().unwrap();
    assert!(
        (newcomers.value - 20.0 / 300.0).abs() < 1e-12 && newcomers.cautions.contains(&Caution::Uncorrected)
    );
    let off = &Trend::of(&[evidence([1000, 1500], [100, 160])], &day, Time(0), &running())[0];
    assert!(
        off.looks.is_empty() && off.daily.is_empty() && matches!(off.withheld, Some(Why::SampleRatio { .. }))
    );
    let fixed = Settings { plan: Plan::new(Engine::Fixed), ..running() };
    assert_eq!(Trend::of(&[sound], &day, Time(0), &fixed)[0].withheld, Some(Why::FixedPlanRunning));
}
