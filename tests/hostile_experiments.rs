//! Experiments as they must not be, through the accumulator, the analysis and the program: each comparison has a reading or a
//! reason, and no number that is none.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

use segue::experiment::analysis::readings;
use segue::experiment::calc::{self, Question};
use segue::experiment::verdict::{Decision, Progress, verdicts};
use segue::experiment::{Design, Metric, MetricKind, Recorder, Settings, UnitValue, analyse};
use segue::model::{Decimal, Time};
use segue::stats::{Difference, Engine, Moments, Plan, Prior, Reading, Summary, compare};
use serde_json::{Value, json};

/// The amounts of each arm; none for a unit whose window has not elapsed.
type Arms = Vec<Vec<i64>>;

/// Every way of reading.
fn settings() -> Vec<Settings> {
    let believed = Engine::Bayesian { prior: Prior::normal(0.02, 0.1), risk: 0.001 };
    let engines = [Engine::Fixed, Engine::Sequential { tuning: 5000.0 }, Engine::bayesian(), believed];
    let scales = [Difference::Absolute, Difference::RelativeDelta, Difference::RelativeLog];
    engines
        .into_iter()
        .flat_map(|engine| scales.map(|scale| Plan::new(engine).on(scale)))
        .flat_map(|plan| [false, true].map(|cuped| Settings { plan, cuped, ended: true, margin: Some(0.1) }))
        .collect()
}

fn design(weights: &[f64]) -> Design {
    let mut text = "name = \"hostile\"\n".to_owned();
    for (arm, weight) in weights.iter().enumerate() {
        writeln!(text, "[[variants]]\nname = \"v{arm}\"\nweight = {weight}").unwrap();
    }
    text.push_str(
        "[metrics]\nprimary = [\"share\", \"spent\"]\nguardrails = [{ metric = \"loss\", margin = 0.1 }]\n",
    );
    Design::read(&text).unwrap()
}

/// Reads it every way; nothing in the answer is infinite or no number, and each comparison has numbers or a reason.
fn read(name: &str, weights: &[f64], arms: &Arms, known: Option<f64>) -> Vec<Value> {
    let design = design(weights);
    let metrics = [
        Metric::given("share", MetricKind::Proportion),
        Metric::given("spent", MetricKind::Mean),
        Metric::given("loss", MetricKind::Ratio),
    ];
    // A ratio given per unit has no denominator, so it must always be a reason.
    let mut recorder = match Recorder::new(&design, &metrics) {
        Ok(recorder) => recorder,
        Err(_) => Recorder::new(
            &design,
            &[metrics[0].clone(), metrics[1].clone(), Metric::given("loss", MetricKind::Mean)],
        )
        .unwrap(),
    };
    for (arm, amounts) in arms.iter().enumerate() {
        for amount in amounts {
            let value = |amount: i64| UnitValue::given(Decimal::from_int(amount).unwrap());
            recorder.unit(
                arm,
                [(value(i64::from(*amount > 0)), known), (value(*amount), known), (value(-amount), known)],
            );
        }
    }
    recorder.excluded(0);
    let mut evidence = recorder.evidence(Time(0), None);
    if known.is_some() {
        evidence.metrics.iter_mut().for_each(|metric| metric.covariate = Some("before".to_owned()));
    }
    let progress = Progress { days: 0.0, planned_days: 14, units: 0, planned_n: Some(0), minimum_weeks: 0 };
    let mut answers = Vec::new();
    for settings in settings() {
        let answer = serde_json::to_value(analyse(&evidence, &settings)).unwrap();
        for metric in answer["metrics"].as_array().unwrap() {
            for comparison in metric["comparisons"].as_array().unwrap() {
                // A test has a p-value, a posterior a chance, and neither has the other's.
                let sure = [&comparison["p_value"], &comparison["chance_to_win"]].map(Value::is_number);
                let believed = answer["engine"] == "bayesian";
                let numbers = comparison["uplift_absolute"].is_number() && sure[usize::from(believed)];
                assert!(!sure[usize::from(!believed)], "{name}: {comparison}");
                let reason =
                    comparison["withheld"]["reason"].as_str().is_some_and(|reason| !reason.is_empty());
                assert!(numbers != reason, "{name}: {comparison}");
            }
        }
        for metric in &evidence.metrics {
            for arm in 1..weights.len() {
                let found = readings(&evidence, metric, arm, &settings);
                for reading in [found.absolute, found.relative] {
                    sound(name, &reading);
                }
            }
        }
        for verdict in verdicts(&evidence, &settings, &progress, &[]) {
            assert!(!verdict.decision.sentence(&verdict.variant).contains("NaN"), "{name}");
            assert!(
                verdict.decision != Decision::Ship || arms.iter().all(|arm| arm.len() > 50),
                "{name}: {verdict:?}"
            );
        }
        answers.push(answer);
    }
    answers
}

fn sound(name: &str, reading: &Reading) {
    match reading {
        Reading::Estimate(found) => {
            let numbers = [found.value, found.low, found.high];
            assert!(
                numbers.iter().all(|number| !number.is_nan()) && found.value.is_finite(),
                "{name}: {found:?}"
            );
            assert!(found.low <= found.value && found.value <= found.high, "{name}: {found:?}");
            assert!(found.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)), "{name}: {found:?}");
        }
        Reading::Withheld(why) => assert!(!why.sentence().is_empty(), "{name}"),
    }
}

fn code(answers: &[Value], metric: usize) -> String {
    answers[0]["metrics"][metric]["comparisons"][0]["withheld"]["code"].as_str().unwrap_or("").to_owned()
}

#[test]
fn whatever_was_measured_is_read_or_held_back_with_a_reason() {
    let same = |n: usize, amount: i64| vec![amount; n];
    let mixed = |n: i64| -> Vec<i64> { (0..n).map(|unit| unit % 7).collect() };
    let even = [0.5, 0.5];
    let cases: [(&str, &[f64], Arms, Option<f64>); 14] = [
        ("nobody", &even, vec![vec![], vec![]], None),
        ("one arm empty", &even, vec![mixed(7), vec![]], None),
        ("the control empty", &even, vec![vec![], mixed(7)], None),
        ("nobody varies", &even, vec![same(100, 3), same(100, 3)], None),
        ("nobody varies, another value", &even, vec![same(100, 3), same(100, 4)], None),
        ("all converted", &even, vec![same(200, 1), same(200, 1)], None),
        ("nothing ever happened", &even, vec![same(200, 0), same(200, 0)], None),
        ("one person each", &even, vec![vec![1], vec![2]], None),
        ("one person and many", &even, vec![vec![1], mixed(9)], None),
        (
            "negative revenue",
            &even,
            vec![(0..300).map(|n| -(n % 9)).collect(), (0..300).map(|n| n % 5 - 20).collect()],
            None,
        ),
        ("sums to zero", &even, vec![vec![5, -5, 3, -3], vec![1, -1, 2, -2]], None),
        ("vast amounts", &even, vec![same(50, 900_000_000_000_000), mixed(50)], None),
        ("a covariate that never varies", &even, vec![mixed(100), mixed(100)], Some(3.0)),
        ("a covariate beyond all numbers", &even, vec![mixed(100), mixed(100)], Some(1e308)),
    ];
    for (name, weights, arms, known) in cases {
        let answers = read(name, weights, &arms, known);
        match name {
            "one arm empty" | "the control empty" => assert_eq!(code(&answers, 0), "empty-arm", "{name}"),
            "nobody varies" | "nothing ever happened" | "all converted" => {
                assert_eq!(code(&answers, 1), "no-variance", "{name}");
                // Shares that nobody differs in are counts, and counts are read exactly.
                let share = &answers[0]["metrics"][0]["comparisons"][0];
                assert_eq!(
                    (&share["exact"], &share["p_value"]),
                    (&Value::from(true), &Value::from(1.0)),
                    "{name}"
                );
            }
            "one person each" => assert_eq!(code(&answers, 0), "too-few", "{name}"),
            _ => {}
        }
    }
}

/// Weights are shares of their sum where a test is only read; a design that assigns by them must have them right.
#[test]
fn weights_that_do_not_sum_to_one() {
    let uneven = "name = \"x\"\n[[variants]]\nname = \"a\"\nweight = 0.9\n[[variants]]\nname = \"b\"\nweight = 0.9\n[metrics]\nprimary = [\"m\"]\n";
    assert!(Design::read(uneven).unwrap_err().iter().any(|problem| problem.code == "experiment-weights"));
    let arms = json!([{"name": "A", "n": 600, "sum": 60}, {"name": "B", "n": 200, "sum": 30}]);
    let ask = |weights: Value| {
        let line = json!({"metric": "proportion", "variants": arms, "weights": weights}).to_string();
        serde_json::to_value(calc::answer(Question::Compare, line.as_bytes(), 1)).unwrap()
    };
    assert_eq!(ask(json!([3, 1]))["srm_p"], ask(json!([0.75, 0.25]))["srm_p"]);
    assert!(ask(json!([3, 1]))["srm_p"].as_f64().unwrap() > 0.99);
    assert!(ask(json!([1e-300, 1e300]))["comparisons"][0]["uplift"].is_number());
}

/// Three arms of which one is empty: the other comparison stands.
#[test]
fn an_empty_arm_takes_only_its_own_comparison() {
    let arm = |n: i64| -> Vec<i64> { (0..n).map(|unit| unit % 4).collect() };
    let answers = read("three arms", &[0.34, 0.33, 0.33], &vec![arm(7), arm(6), vec![]], None);
    let comparisons = answers[0]["metrics"][0]["comparisons"].as_array().unwrap();
    assert_eq!(comparisons[1]["withheld"]["code"], "empty-arm");
    assert!(comparisons[0]["withheld"].is_null(), "{comparisons:?}");
}

#[test]
fn a_billion_units() {
    let arm = |successes| Summary::Proportion { n: 1_000_000_000, successes };
    let spent = |mean: f64| Summary::Mean(Moments { n: 1_000_000_000, mean, squares: 4e9 });
    for settings in settings() {
        for (a, b) in [(arm(50_000_000), arm(50_010_000)), (arm(1), arm(0)), (spent(3.0), spent(3.0001))] {
            let reading = compare::reading(&a, &b, &settings.plan, Vec::new());
            sound("a billion", &reading);
        }
    }
}

fn segue(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
    command.current_dir(folder).args(["--workspace", "shop.db"]).args(words).output().unwrap()
}

/// What an import brought, read by the program: JSON that parses, no number that is none, and a sentence.
#[test]
fn whatever_was_imported_is_read_or_held_back_with_a_reason() {
    let rows = |of: &dyn Fn(u32) -> Option<(&'static str, &'static str)>| {
        let mut text = "id,arm,spend\n".to_owned();
        for unit in 0..60 {
            if let Some((arm, spend)) = of(unit) {
                writeln!(text, "{unit},{arm},{spend}").unwrap();
            }
        }
        text
    };
    let side = |unit: u32| if unit.is_multiple_of(2) { "off" } else { "on" };
    let cases: [(&str, String); 8] = [
        ("one arm", rows(&|_| Some(("off", "1")))),
        ("one unit in the other arm", rows(&|unit| Some((if unit == 9 { "on" } else { "off" }, "2")))),
        ("nobody varies", rows(&|unit| Some((side(unit), "5")))),
        ("nobody has a value", rows(&|unit| Some((side(unit), "")))),
        ("all below zero", rows(&|unit| Some((side(unit), if unit % 3 == 0 { "-4" } else { "-9.5" })))),
        ("vast", rows(&|unit| Some((side(unit), if unit % 3 == 0 { "900000000000000" } else { "1" })))),
        ("one row", rows(&|unit| (unit == 0).then_some(("off", "1")))),
        ("three variants and people in all of them", {
            let mut text = rows(&|unit| {
                Some((["off", "on", "third"][unit as usize % 3], ["1", "2", "7"][unit as usize / 3 % 3]))
            });
            for unit in 0..12 {
                for arm in ["off", "on", "third"] {
                    writeln!(text, "{unit},{arm},3").unwrap();
                }
            }
            text
        }),
    ];
    for (name, text) in cases {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rows.csv"), text).unwrap();
        let words = [
            "import",
            "rows.csv",
            "--as",
            "experiment",
            "--name",
            "e",
            "--variant",
            "arm",
            "--control",
            "off",
            "--unit",
            "id",
            "--metric",
            "spend:mean",
        ];
        let imported = segue(folder.path(), &words);
        if imported.status.code() == Some(2) {
            assert!(!imported.stderr.is_empty(), "{name}");
            continue;
        }
        for more in [&[][..], &["--engine", "sequential"], &["--difference", "absolute"]] {
            let asked = [&["experiment", "analyze", "e", "--json"], more].concat();
            let output = segue(folder.path(), &asked);
            assert!(
                matches!(output.status.code(), Some(0 | 1)),
                "{name}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
            for comparison in answer["metrics"][0]["comparisons"].as_array().unwrap() {
                let reading = comparison["uplift_absolute"].is_number() && comparison["p_value"].is_number();
                assert!(reading != comparison["withheld"]["reason"].is_string(), "{name}: {comparison}");
            }
            if name.starts_with("three") {
                assert_eq!(answer["units_excluded"], 12);
            }
        }
        let text = String::from_utf8(segue(folder.path(), &["experiment", "analyze", "e"]).stdout).unwrap();
        assert!(
            !text.contains("NaN") && !text.contains("inf ") && text.lines().count() > 2,
            "{name}: {text}"
        );
    }
}
