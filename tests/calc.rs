//! `segue calc`: golden answers, hostile lines, and laws of merging.

#![expect(clippy::unwrap_used, reason = "a malformed golden file should stop the test where it is read")]

use proptest::prelude::*;
use segue::experiment::calc::{self, Question};
use segue::stats::{Moments, Pair};
use serde_json::{Value, json};

fn question(name: &str) -> Question {
    match name {
        "compare" => Question::Compare,
        "power" => Question::Power,
        "srm" => Question::SampleRatio,
        _ => Question::Adjust,
    }
}

/// The answer to a line. No number in it may be other than finite, which JSON would turn into a null unseen.
fn ask(question: Question, line: &[u8]) -> Value {
    serde_json::to_value(calc::answer(question, line, 1)).unwrap()
}

#[test]
fn golden_answers() {
    let files = [
        include_str!("golden/calc/gbstats.json"),
        include_str!("golden/calc/statsmodels.json"),
        include_str!("golden/calc/scipy.json"),
        include_str!("golden/calc/tea_tasting.json"),
    ];
    let mut checked = 0;
    for file in files {
        let file: Value = serde_json::from_str(file).unwrap();
        for case in file["cases"].as_array().unwrap() {
            let got = ask(question(case["question"].as_str().unwrap()), case["line"].to_string().as_bytes());
            for (path, want) in case["expected"].as_object().unwrap() {
                let found = got.pointer(&format!("/{}", path.replace('.', "/"))).unwrap_or(&Value::Null);
                let what = format!("{} {path}: got {found}, want {want}", case["id"]);
                match want.as_f64() {
                    None => assert!(found.is_null(), "{what}"),
                    Some(want) => {
                        let tolerance = 1e-9_f64.max(case["tolerance"].as_f64().unwrap() * want.abs());
                        assert!((found.as_f64().unwrap() - want).abs() <= tolerance, "{what}");
                    }
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "{checked}");
}

/// A reading or a code with a reason.
fn has_reading_or_reason(answer: &Value) -> bool {
    let reason = |place: &Value| {
        place["withheld"]["code"].is_string()
            && place["withheld"]["reason"].as_str().is_some_and(|reason| !reason.is_empty())
    };
    let comparisons = answer["comparisons"].as_array();
    let each = comparisons.is_none_or(|list| list.iter().all(|one| one["uplift"].is_number() || reason(one)));
    let whole = comparisons.is_some_and(|list| !list.is_empty())
        || ["p", "n_control", "adjusted"].iter().any(|name| !answer[name].is_null())
        || reason(answer);
    each && whole
}

fn arm(name: &str, fields: &Value) -> Value {
    let mut arm = json!({"name": name});
    fields.as_object().unwrap().iter().for_each(|(key, value)| arm[key] = value.clone());
    arm
}

fn pair(metric: &str, control: &Value, treatment: &Value) -> Value {
    json!({"id": 7, "metric": metric, "variants": [arm("A", control), arm("B", treatment)]})
}

/// Each line with the code it must be withheld or refused by; an empty one must have a reading.
#[test]
fn hostile_lines_get_a_reading_or_a_reason() {
    let p = |n: u64, sum: u64| json!({"n": n, "sum": sum});
    let m = |n: u64, mean: f64, variance: f64| json!({"n": n, "mean": mean, "variance": variance});
    let lines = [
        (pair("proportion", &p(0, 0), &p(100, 10)), "empty-arm"),
        (pair("proportion", &p(100, 10), &p(0, 0)), "empty-arm"),
        (pair("proportion", &p(100, 0), &p(100, 0)), "no-variance"),
        (pair("proportion", &p(100, 100), &p(100, 100)), "no-variance"),
        (pair("proportion", &p(100, 100), &p(100, 90)), ""),
        (pair("proportion", &p(1, 1), &p(1, 0)), "too-few"),
        (pair("proportion", &p(1_000_000_000, 50_000_000), &p(1_000_000_000, 50_010_000)), ""),
        (pair("proportion", &p(100, 101), &p(100, 1)), "more-than-everyone"),
        (pair("proportion", &json!({"n": 100, "sum": 1.5}), &p(100, 1)), "not-a-count"),
        (pair("proportion", &json!({"n": -5, "sum": 1}), &p(100, 1)), "not-a-count"),
        (pair("proportion", &json!({"n": 1e300, "sum": 1}), &p(100, 1)), "not-a-count"),
        (pair("proportion", &json!({"n": "100", "sum": 1}), &p(100, 1)), "not-a-number"),
        (pair("proportion", &json!({"sum": 1}), &p(100, 1)), "missing-field"),
        (pair("mean", &m(100, -5.0, 4.0), &m(100, -4.0, 4.0)), ""),
        (pair("mean", &m(100, 5.0, 0.0), &m(100, 6.0, 0.0)), "no-variance"),
        (pair("mean", &m(100, 0.0, 1.0), &m(100, 1.0, 1.0)), "mean-not-positive"),
        (pair("mean", &m(100, 5.0, -1.0), &m(100, 5.0, 1.0)), "impossible-variance"),
        (pair("mean", &m(100, 1e308, 1e308), &m(100, 1e-308, 1e308)), "other"),
        (
            pair("mean", &json!({"n": 10, "sum": 100.0, "sum_squares": 10.0}), &m(10, 1.0, 1.0)),
            "impossible-squares",
        ),
        (
            pair("mean", &json!({"n": 0, "sum": 100.0, "sum_squares": 10.0}), &m(10, 1.0, 1.0)),
            "impossible-sum",
        ),
        (pair("mean", &json!({"n": 10, "sum": 100.0}), &m(10, 1.0, 1.0)), "missing-field"),
        (
            pair(
                "ratio",
                &json!({"n": 10, "sum": 5.0, "sum_squares": 9.0, "denominator_sum": 0, "denominator_sum_squares": 0, "cross_sum": 0}),
                &json!({"n": 10, "sum": 5.0, "sum_squares": 9.0, "denominator_sum": 9, "denominator_sum_squares": 12, "cross_sum": 5}),
            ),
            "other",
        ),
        (
            pair(
                "ratio",
                &json!({"n": 10, "sum": 5.0, "sum_squares": 9.0, "denominator_sum": 9, "denominator_sum_squares": 12, "cross_sum": 500}),
                &json!({"n": 10, "sum": 5.0, "sum_squares": 9.0, "denominator_sum": 9, "denominator_sum_squares": 12, "cross_sum": 5}),
            ),
            "impossible-products",
        ),
        (
            pair(
                "mean",
                &json!({"n": 10, "sum": 5.0, "sum_squares": 9.0, "pre_sum": 4.0, "pre_sum_squares": 8.0, "pre_cross_sum": 1.0}),
                &m(10, 1.0, 1.0),
            ),
            "missing-field",
        ),
        (json!({"metric": "proportion", "variants": []}), "bad-variants"),
        (json!({"metric": "proportion", "variants": [p(10, 1)]}), "bad-variants"),
        (json!({"metric": "proportion", "variants": [1, 2]}), "not-an-object"),
        (json!({"metric": "proportion", "variants": {}}), "not-a-list"),
        (json!({"metric": "proportions", "variants": [p(10, 1), p(10, 2)]}), "unknown-word"),
        (json!({"metric": "x".repeat(1_000_000), "variants": []}), "unknown-word"),
        (json!({"id": "x".repeat(1_000_000)}), "bad-id"),
        (json!({"id": {"a": 1}}), "bad-id"),
        (json!({}), "missing-field"),
    ];
    for (line, code) in &lines {
        let answer = ask(Question::Compare, line.to_string().as_bytes());
        let shown: String = line.to_string().chars().take(200).collect();
        assert!(has_reading_or_reason(&answer), "{shown}: {answer}");
        let said = answer["withheld"]["code"].as_str().unwrap_or_default();
        assert_eq!(said, *code, "{shown}: {answer}");
        assert!(answer.to_string().len() < 5000, "an answer does not repeat a huge text");
    }
}

#[test]
fn hostile_settings_get_a_reading_or_a_reason() {
    let line = pair("proportion", &json!({"n": 1000, "sum": 100}), &json!({"n": 1000, "sum": 130}));
    let with = |fields: Value| {
        let mut line = line.clone();
        fields.as_object().unwrap().iter().for_each(|(key, value)| line[key] = value.clone());
        line
    };
    let lines = [
        (json!({"weights": [5, 5]}), ""),
        (json!({"weights": [0.3, 0.3]}), ""),
        (json!({"weights": [1, 0]}), ""),
        (json!({"weights": [0, 0]}), "bad-weights"),
        (json!({"weights": [-1, 2]}), "bad-weights"),
        (json!({"weights": [1]}), "bad-weights"),
        (json!({"alpha": 0}), "bad-alpha"),
        (json!({"alpha": 1}), "bad-alpha"),
        (json!({"alpha": null}), ""),
        (json!({"sequential_tuning": 0, "engine": "sequential"}), "bad-tuning"),
        (json!({"engine": "magic"}), "unknown-word"),
        (json!({"prior": {"proper": true, "sd": 0}}), "bad-prior"),
        (json!({"prior": {"proper": 1}}), "not-a-flag"),
        (json!({"engine": "bayesian", "relative": "log"}), "other"),
        (json!({"alfa": 0.01}), ""),
        (json!({"margin": -1}), ""),
        (json!({"margin": 0.02, "better": "lower"}), ""),
    ];
    for (fields, code) in lines {
        let answer = ask(Question::Compare, with(fields.clone()).to_string().as_bytes());
        assert!(has_reading_or_reason(&answer), "{fields}: {answer}");
        assert_eq!(answer["withheld"]["code"].as_str().unwrap_or_default(), code, "{fields}: {answer}");
        assert_eq!(answer["id"], 7);
    }
    let typo = ask(Question::Compare, with(json!({"alfa": 0.01})).to_string().as_bytes());
    assert_eq!(typo["comparisons"][0]["cautions"], json!(["ignored-field: \"alfa\" means nothing here"]));
    for text in [
        "",
        "{",
        "null",
        "[1]",
        "{\"metric\":NaN}",
        "{\"metric\":Infinity}",
        "{\"n\":1e999}",
        "\u{0}\u{1}",
        "{\"id\":1}{\"id\":2}",
    ] {
        let answer = ask(Question::Compare, text.as_bytes());
        assert!(answer["error"]["code"].is_string() && has_reading_or_reason(&answer), "{text}: {answer}");
    }
    assert!(ask(Question::Compare, b"\xff\xfe{}")["error"]["code"].is_string());
}

#[test]
fn hostile_plans_and_splits_get_a_reading_or_a_reason() {
    let plans = [
        json!({"metric": "proportion", "baseline": 0, "effect": 0.1}),
        json!({"metric": "proportion", "baseline": 0, "effect": 0.1, "difference": "absolute"}),
        json!({"metric": "proportion", "baseline": 1, "effect": 0.1}),
        json!({"metric": "proportion", "baseline": 0.9, "effect": 0.5}),
        json!({"metric": "proportion", "baseline": 0.1, "effect": 0}),
        json!({"metric": "proportion", "baseline": 0.1, "effect": 1e-300}),
        json!({"metric": "proportion", "baseline": 0.1, "effect": -0.1, "alternative": "greater"}),
        json!({"metric": "proportion", "baseline": 0.1, "effect": 0.1, "power": 1}),
        json!({"metric": "proportion", "baseline": 0.1, "effect": 0.1, "power": 0.01}),
        json!({"metric": "proportion", "baseline": 0.1, "effect": 0.1, "arms": 1}),
        json!({"metric": "proportion", "baseline": 0.1, "effect": 0.1, "arms": 1e9}),
        json!({"metric": "proportion", "baseline": 0.1, "effect": 0.1, "rho": 1}),
        json!({"metric": "proportion", "baseline": 0.1, "effect": 0.1, "ratio": 0}),
        json!({"metric": "proportion", "baseline": 0.1, "effect": 0.1, "method": "t"}),
        json!({"metric": "proportion", "baseline": 0.1, "n": 1}),
        json!({"metric": "proportion", "baseline": 0.1, "n": 3}),
        json!({"metric": "proportion", "baseline": 0.1, "n": 1e300, "effect": 0.1}),
        json!({"metric": "proportion", "baseline": 0.1}),
        json!({"metric": "mean", "effect": 0.1}),
        json!({"metric": "mean", "sd": 0, "effect": 0.1}),
        json!({"metric": "mean", "sd": 1, "effect": 1e9}),
        json!({"metric": "mean", "sd": 1e-300, "baseline": 1e300, "effect": 0.1}),
        json!({"metric": "mean", "sd": 1, "baseline": -2, "effect": 0.1}),
        json!({"metric": "mean", "sd": 1, "effect": 0.1, "engine": "sequential", "sequential_tuning": -1}),
    ];
    for plan in plans {
        let answer = ask(Question::Power, plan.to_string().as_bytes());
        assert!(has_reading_or_reason(&answer), "{plan}: {answer}");
    }
    let splits = [
        json!({"counts": []}),
        json!({"counts": [5]}),
        json!({"counts": [0, 0]}),
        json!({"counts": [5, 5], "weights": [1, 0]}),
        json!({"counts": [1e15, 1e15]}),
        json!({"counts": [-1, 5]}),
        json!({"counts": vec![9_007_199_254_740_992_u64; 3000]}),
        json!({"counts": "many"}),
    ];
    for split in splits {
        let answer = ask(Question::SampleRatio, split.to_string().as_bytes());
        assert!(has_reading_or_reason(&answer), "{answer}");
    }
    for family in [json!({"p_values": []}), json!({"p_values": [null, 0.01]}), json!({"p_values": [-0.1]})] {
        let answer = ask(Question::Adjust, family.to_string().as_bytes());
        assert!(has_reading_or_reason(&answer), "{answer}");
    }
    assert_eq!(ask(Question::Adjust, br#"{"p_values":[null,0.01]}"#)["adjusted"], json!([null, 0.02]));
}

/// A denominator that moved is told beside the ratio, and a split that broke beside every comparison.
#[test]
fn cautions_come_with_the_numbers() {
    let ratio = |n: u64, orders: f64| {
        json!({"n": n, "sum": 50.0 * orders, "sum_squares": 4000.0 * orders,
        "denominator_sum": orders, "denominator_sum_squares": 2.0 * orders, "cross_sum": 60.0 * orders})
    };
    let answer = ask(
        Question::Compare,
        pair("ratio", &ratio(10_000, 2000.0), &ratio(11_000, 3000.0)).to_string().as_bytes(),
    );
    let versus = &answer["comparisons"][0];
    let cautions = versus["cautions"].to_string();
    assert!(versus["denominator"]["p_value"].as_f64().unwrap() < 0.05);
    assert!(cautions.contains("denominator-moved") && cautions.contains("sample-ratio"), "{cautions}");
    let few = pair("proportion", &json!({"n": 40, "sum": 2}), &json!({"n": 40, "sum": 9}));
    let answer = ask(Question::Compare, few.to_string().as_bytes());
    assert!(answer["comparisons"][0]["exact"]["p_value"].is_number());
    let mut margin =
        pair("proportion", &json!({"n": 10_000, "sum": 1000}), &json!({"n": 10_000, "sum": 1000}));
    margin["margin"] = json!(0.1);
    let answer = ask(Question::Compare, margin.to_string().as_bytes());
    assert_eq!(answer["comparisons"][0]["non_inferiority"]["holds"], true);
}

/// A ratio is adjusted by the same ratio before: all of its sums or none, and what is told for means alone changes nothing.
#[test]
fn a_ratio_is_adjusted_by_the_ratio_before() {
    let golden: Value = serde_json::from_str(include_str!("golden/calc/tea_tasting.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["id"] == "seed42_orders_per_session_cuped_default").unwrap();
    let line = case["line"].clone();
    let answer = |line: &Value| ask(Question::Compare, line.to_string().as_bytes());
    let without = |names: &[&str], of: &mut dyn FnMut(&str) -> bool| {
        let mut line = line.clone();
        for variant in line["variants"].as_array_mut().unwrap() {
            let name = variant["name"].as_str().unwrap().to_owned();
            let fields = variant.as_object_mut().unwrap();
            if of(&name) {
                names.iter().for_each(|name| drop(fields.remove(*name)));
            }
        }
        line
    };
    let before: Vec<String> = line["variants"][0]
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| name.contains("pre_"))
        .cloned()
        .collect();
    assert_eq!(before.len(), 9);
    let all: Vec<&str> = before.iter().map(String::as_str).collect();
    let (adjusted, plain) = (answer(&line), answer(&without(&all, &mut |_| true)));
    let error = |answer: &Value| answer["comparisons"][0]["standard_error"].as_f64().unwrap();
    assert!(error(&adjusted) < error(&plain), "the past takes variance away");
    for name in &all {
        let partly = answer(&without(&[name], &mut |_| true));
        assert_eq!(partly["error"]["code"], "missing-field", "{name}: {partly}");
    }
    assert_eq!(answer(&without(&all, &mut |name| name == "B"))["error"]["code"], "missing-field");
    let only_ratios: Vec<&str> = all
        .iter()
        .copied()
        .filter(|name| !["pre_sum", "pre_sum_squares", "pre_cross_sum"].contains(name))
        .collect();
    let told = answer(&without(&only_ratios, &mut |_| true));
    assert!((error(&told) - error(&plain)).abs() < 1e-15);
    assert!(told["comparisons"][0]["cautions"].to_string().contains("no-cuped"), "{told}");
    let mut impossible = line.clone();
    impossible["variants"][0]["denominator_pre_cross_sum"] = json!(1e9);
    assert_eq!(answer(&impossible)["error"]["code"], "impossible-products");
}

/// An always-valid plan needs more people than one look, and says how sure its power is.
#[test]
fn planning_for_looks_costs_people() {
    let plan = |more: Value| {
        let mut line = json!({"metric": "proportion", "baseline": 0.1, "effect": 0.1});
        more.as_object().unwrap().iter().for_each(|(key, value)| line[key] = value.clone());
        ask(Question::Power, line.to_string().as_bytes())
    };
    let n = |answer: &Value| answer["n_control"].as_f64().unwrap();
    let once = plan(json!({}));
    let always = plan(json!({"engine": "sequential"}));
    let more = n(&always) / n(&once);
    assert!((1.3..2.2).contains(&more), "{more}");
    // Its own power at that size is the power asked for.
    let back = plan(json!({"engine": "sequential", "n": n(&always)}));
    assert!((back["power"].as_f64().unwrap() - 0.8).abs() < 0.002, "{back}");
    assert!(back["monte_carlo_error"].as_f64().unwrap() < 0.005);
    let detectable = plan(json!({"engine": "sequential", "n": n(&always), "effect": null}));
    assert!((detectable["detectable_effect"].as_f64().unwrap() - 0.1).abs() < 1e-3, "{detectable}");
    // CUPED with ρ = 0.6 saves 36 %, and a third arm costs a stricter level.
    assert!((n(&plan(json!({"rho": 0.6}))) / n(&once) - 0.64).abs() < 1e-6);
    assert!(n(&plan(json!({"arms": 3}))) > 1.15 * n(&once));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// However a sample is cut and in whatever order its parts are put together, moments agree to 1e-12 relative.
    #[test]
    fn merging_in_any_order_and_chunking_agrees(
        values in proptest::collection::vec((-1e6..1e6_f64, 0.0..1e3_f64), 2..300),
        cuts in proptest::collection::vec(0..300_usize, 0..12),
        order in any::<u64>(),
    ) {
        let mut whole = Pair::default();
        values.iter().for_each(|(y, x)| whole.push(*y, *x));
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % values.len()).chain([0, values.len()]).collect();
        cuts.sort_unstable();
        let mut parts: Vec<Pair> = cuts
            .windows(2)
            .map(|ends| {
                let mut part = Pair::default();
                values[ends[0]..ends[1]].iter().for_each(|(y, x)| part.push(*y, *x));
                part
            })
            .collect();
        parts.sort_by_key(|part| (part.n() ^ order).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // Merge neighbours pairwise, as a tree.
        while parts.len() > 1 {
            parts = parts.chunks(2).map(|two| two.iter().copied().fold(Pair::default(), Pair::merge)).collect();
        }
        let merged = parts[0];
        let close = |a: f64, b: f64, scale: f64| (a - b).abs() <= 1e-12 * scale;
        // A mean or a covariance may be near zero by cancellation; it is relative to the size of what it is made of.
        let size = |m: &Moments| (m.squares / m.n as f64).sqrt() + m.mean.abs();
        prop_assert_eq!(merged.n(), whole.n());
        prop_assert!(close(merged.y.mean, whole.y.mean, size(&whole.y)));
        prop_assert!(close(merged.x.mean, whole.x.mean, size(&whole.x)));
        prop_assert!(close(merged.y.squares, whole.y.squares, whole.y.squares));
        prop_assert!(close(merged.x.squares, whole.x.squares, whole.x.squares));
        prop_assert!(close(merged.products, whole.products, (whole.y.squares * whole.x.squares).sqrt()));
    }

    /// Any JSON of the right shape is answered without a panic.
    #[test]
    fn any_numbers_are_answered(
        metric in prop_oneof![Just("proportion"), Just("mean"), Just("ratio")],
        engine in prop_oneof![Just("fixed"), Just("sequential"), Just("bayesian")],
        relative in prop_oneof![Just("delta"), Just("log")],
        numbers in proptest::collection::vec(prop_oneof![Just(0.0), Just(1.0), Just(1e300), -1e3..1e3_f64, Just(1e9), Just(-1e-300)], 22),
        whole in proptest::collection::vec(0..50_u64, 4),
    ) {
        let arm = |from: usize, n: u64, sum: u64| {
            let at = |offset: usize| numbers[from + offset];
            let mut arm = json!({"n": n, "sum": if metric == "proportion" { json!(sum) } else { json!(at(0)) }, "sum_squares": at(1)});
            if at(9) > 0.5 {
                arm["pre_sum"] = json!(at(2));
                arm["pre_sum_squares"] = json!(at(3));
                arm["pre_cross_sum"] = json!(at(4));
            }
            arm["denominator_sum"] = json!(at(5));
            arm["denominator_sum_squares"] = json!(at(6));
            arm["cross_sum"] = json!(at(7));
            arm
        };
        let line = json!({"metric": metric, "engine": engine, "relative": relative, "variants": [arm(0, whole[0], whole[1]), arm(11, whole[2], whole[3])]});
        let answer = ask(Question::Compare, line.to_string().as_bytes());
        prop_assert!(has_reading_or_reason(&answer), "{line}: {answer}");
    }
}
