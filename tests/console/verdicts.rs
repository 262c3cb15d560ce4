//! Tests as they end: a clear winner, a clear loser, too early to say, a split that is off, a harmed guardrail.

use segue::experiment::closer::{
    Ahead, Cause, Closer, Cut, Daily, Look, Part, Parts, Start, Trend, Uneven, Wear,
};
use segue::model::{Span, Time};
use segue::panel::answers::{Answers, Basis, Did, Milestone};
use segue::panel::experiments::{Advice, ArmCount, Comparison, Experiment, HealthState, Metric, Role, Unit};
use segue::panel::uplift::GuardrailVerdict;
use segue::stats::{Reading, Why};

use crate::console::{estimate, health, time, too_few};

fn orders(control: Option<f64>, mean: Option<f64>, absolute: Reading, relative: Reading) -> Metric {
    Metric {
        name: "orders".to_owned(),
        role: Role::Primary,
        better: segue::experiment::Better::Higher,
        unit: Unit::Share,
        currency: None,
        control,
        comparisons: vec![Comparison {
            variant: "bundle".to_owned(),
            mean,
            absolute,
            relative,
            p_adjusted: None,
            belief: None,
            guardrail: None,
            denominator: None,
        }],
    }
}

fn unsubscribes(mean: f64, absolute: Reading, relative: Reading, verdict: GuardrailVerdict) -> Metric {
    Metric {
        name: "unsubscribe per 1,000".to_owned(),
        role: Role::Guardrail,
        better: segue::experiment::Better::Higher,
        unit: Unit::PerThousand,
        currency: None,
        control: Some(0.02),
        comparisons: vec![Comparison {
            variant: "bundle".to_owned(),
            mean: Some(mean),
            absolute,
            relative,
            p_adjusted: None,
            belief: None,
            guardrail: Some(verdict),
            denominator: None,
        }],
    }
}

fn trend(looks: &[(f64, f64, f64)]) -> Trend {
    let begin = time("2026-05-06");
    let look = |(day, (value, low, high)): (usize, &(f64, f64, f64))| Look {
        at: begin + Span::days(day as i64 + 1),
        day: day as f64 + 1.0,
        relative: estimate(*value, *low, *high),
        absolute: estimate(*value / 10.0, *low / 10.0, *high / 10.0),
    };
    // Each day by itself swings wider than everybody so far.
    let alone = |(day, (value, low, high)): (usize, &(f64, f64, f64))| {
        let swing = if day % 2 == 0 { 0.3 } else { -0.3 } * (high - low);
        look((day, &(value + swing, low - 0.2, high + 0.2)))
    };
    Trend {
        metric: "orders".to_owned(),
        variant: "bundle".to_owned(),
        daily: looks.iter().enumerate().map(alone).collect(),
        looks: looks.iter().enumerate().map(look).collect(),
        first_crossed_at: None,
        withheld: None,
    }
}

fn parts() -> Parts {
    let part = |name: &str, n, own, shrunk| Part {
        name: name.to_owned(),
        control_n: n,
        treatment_n: n + 7,
        own,
        shrunk,
    };
    Parts {
        metric: "orders".to_owned(),
        variant: "bundle".to_owned(),
        cut: Cut::Lifecycle,
        exploratory: false,
        rows: vec![
            part("new", 610, estimate(0.07, 0.02, 0.12), Some(estimate(0.048, 0.01, 0.09))),
            part("active", 1_420, estimate(0.035, 0.004, 0.066), Some(estimate(0.037, 0.012, 0.062))),
            part("lapsed", 12, too_few("conversions per arm", 1, 25), None),
        ],
        p_homogeneous: Some(0.31),
        read_once: true,
        withheld: None,
    }
}

fn wear() -> Wear {
    let day = |day: u32, value: f64| Daily { day, effect: estimate(value, value - 0.012, value + 0.012) };
    Wear {
        metric: "orders".to_owned(),
        variant: "bundle".to_owned(),
        days: vec![day(0, 0.024), day(1, 0.011), day(2, 0.004), day(3, 0.001)],
        slope: estimate(-0.008, -0.012, -0.003),
        read_once: true,
        sentence: "The effect wears off with the days since exposure. Days are read as if looked at once and are not corrected for their number.".to_owned(),
    }
}

fn closer(course: &[(f64, f64, f64)]) -> Closer {
    Closer {
        balance: vec![Start {
            covariate: "orders in the 30 days before".to_owned(),
            variant: "bundle".to_owned(),
            standardised: Some(0.01),
            p_adjusted: Some(0.64),
            failed: false,
            withheld: None,
        }],
        sample_ratio_cause: None,
        novelty: vec![wear()],
        segments: vec![parts()],
        days_left: vec![Ahead {
            metric: "orders".to_owned(),
            variant: "bundle".to_owned(),
            effect: Some(0.2),
            power_now: Some(0.61),
            more_units: Some(2_240.0),
            days: Some(4.2),
            withheld: None,
        }],
        trend: vec![trend(course)],
    }
}

fn cart(name: &str, advice: Advice, sentence: &str, metrics: Vec<Metric>, closer: Closer) -> Experiment {
    Experiment {
        name: name.to_owned(),
        title: format!("Cart recovery: {name}"),
        state: "running, day 9 of 14".to_owned(),
        advice,
        sentence: sentence.to_owned(),
        method: "always valid 95 %".to_owned(),
        health: vec![health("sample ratio", HealthState::Fine, "The arms are the sizes they should be. (p = 0.71)")],
        exposed: 4_070,
        matured: 4_061,
        excluded: 3,
        as_of: Some(time("2026-05-15T08:00:00Z")),
        receipt: "9f2c41aa".to_owned(),
        arms: vec![
            ArmCount { variant: "10 % off".to_owned(), n: 2_030 },
            ArmCount { variant: "bundle".to_owned(), n: 2_037 },
        ],
        metrics,
        notes: vec!["Adjusted for orders in the 90 days before by CUPED: orders as if 12 % more people had been asked.".to_owned()],
        closer,
    }
}

fn safe() -> Metric {
    unsubscribes(0.019, estimate(-0.001, -0.004, 0.002), estimate(-0.05, -0.2, 0.1), GuardrailVerdict::Safe)
}

pub(crate) fn winner() -> Experiment {
    let effect = orders(Some(0.091), Some(0.126), estimate(0.035, 0.012, 0.058), estimate(0.385, 0.12, 0.71));
    let course =
        [(0.5, -0.6, 2.1), (0.42, -0.3, 1.4), (0.4, -0.02, 1.0), (0.39, 0.08, 0.8), (0.385, 0.12, 0.71)];
    cart("a clear winner", Advice::Ship, "Ship bundle.", vec![effect, safe()], closer(&course))
}

pub(crate) fn loser() -> Experiment {
    let effect =
        orders(Some(0.126), Some(0.091), estimate(-0.035, -0.058, -0.012), estimate(-0.278, -0.42, -0.1));
    let course = [(-0.2, -0.8, 1.1), (-0.3, -0.6, 0.3), (-0.28, -0.46, -0.04), (-0.278, -0.42, -0.1)];
    let said = "Stop bundle: orders is worse than in the control.";
    cart("a clear loser", Advice::Stop, said, vec![effect, safe()], closer(&course))
}

pub(crate) fn early() -> Experiment {
    let few = || too_few("conversions per arm", 11, 25);
    let mut found = closer(&[]);
    found.trend[0].looks = vec![Look { at: Time(0), day: 1.0, relative: few(), absolute: few() }];
    found.novelty = vec![Wear::withheld(
        "orders",
        "bundle",
        Why::TooFew { what: "days with an effect".to_owned(), have: 1, need: 3 },
    )];
    let why = Why::TooFew { what: "segments".to_owned(), have: 2, need: 3 };
    found.segments = vec![Parts { rows: Vec::new(), p_homogeneous: None, withheld: Some(why), ..parts() }];
    let said = "Keep running for 12 more days.";
    cart("too early", Advice::KeepRunning, said, vec![orders(Some(0.08), Some(0.1), few(), few())], found)
}

pub(crate) fn uneven() -> Experiment {
    let why = || Why::SampleRatio { p: 2.1e-7 };
    let withheld = || Reading::Withheld(why());
    let value = |dimension: &str, value: &str, excess, p_adjusted, uneven| Uneven {
        dimension: dimension.to_owned(),
        value: value.to_owned(),
        units: 1_311,
        p_adjusted,
        variant: "bundle".to_owned(),
        excess,
        uneven,
    };
    let cause = Cause {
        sentence: "It stands out in device mobile: begin there.".to_owned(),
        values: vec![
            value("device", "mobile", -142.0, 1e-9, true),
            value("country", "DE", -31.0, 0.24, false),
        ],
        withheld: None,
    };
    let found = Closer {
        sample_ratio_cause: Some(cause),
        novelty: vec![Wear::withheld("orders", "bundle", why())],
        segments: vec![Parts { rows: Vec::new(), p_homogeneous: None, withheld: Some(why()), ..parts() }],
        trend: vec![Trend { withheld: Some(why()), ..trend(&[]) }],
        ..closer(&[])
    };
    let said = "No verdict: the arms are not the sizes they should be (sample ratio p = 2.10e-7).";
    let mut shown =
        cart("the split is off", Advice::None, said, vec![orders(None, None, withheld(), withheld())], found);
    let detail = "The arms are not the sizes they should be: a fair assignment gives a split this uneven less than once in a \
                  million times. Something loses or doubles people on one side, so no comparison is shown. (p < 0.0001)";
    shown.health = vec![health("sample ratio", HealthState::Broken, detail)];
    shown
}

pub(crate) fn harmed() -> Experiment {
    let effect = orders(Some(0.091), Some(0.126), estimate(0.035, 0.012, 0.058), estimate(0.385, 0.12, 0.71));
    let guard = unsubscribes(
        0.041,
        estimate(0.021, 0.008, 0.034),
        estimate(1.05, 0.3, 2.2),
        GuardrailVerdict::Harmed,
    );
    let course = [(0.42, -0.3, 1.4), (0.39, 0.08, 0.8), (0.385, 0.12, 0.71)];
    let said = "Stop bundle: unsubscribe is worse than in the control.";
    cart("a harmed guardrail", Advice::Stop, said, vec![effect, guard], closer(&course))
}

/// What a small shop's data can answer.
pub(crate) fn answers() -> Answers {
    let did = |people, did| Did { people, did };
    let step = |event: &str, visitors, reachable| Milestone { event: event.to_owned(), visitors, reachable };
    let basis = Basis {
        people: 800,
        reachable: 410,
        weeks: 26,
        milestones: vec![
            step("Order Completed", did(2_100, 84), did(4_920, 98)),
            step("Product Added", did(2_100, 310), did(4_920, 352)),
        ],
        ..Basis::default()
    };
    Answers::of("small shop", time("2026-05-12"), &basis)
}
