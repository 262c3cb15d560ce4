//! Numbers of the field's own packages, reproduced. `golden/README.md` says where each file comes from.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a malformed golden file should stop the test where it is read"
)]

use segue::stats::{
    Comparison, Difference, Engine, Moments, Pair, Plan, Ratio, Spread, Summary, Tail, Why, compare,
    correction, cuped, sequential, srm, student, wilson,
};
use serde_json::Value;

fn golden(text: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap(),
    }
}

fn count(value: &Value) -> u64 {
    value.as_f64().unwrap() as u64
}

/// Agreement within 1e-6 relative, 1e-9 absolute near zero; infinities must be the same.
#[track_caller]
fn close(got: f64, want: f64, what: &str) {
    let near = (got - want).abs() <= 1e-9_f64.max(1e-6 * want.abs());
    assert!(got.total_cmp(&want).is_eq() || near, "{what}: got {got:e}, want {want:e}");
}

/// p-values: 1e-6 relative, and everything below 1e-15 is equal.
#[track_caller]
fn close_p(got: f64, want: f64, what: &str) {
    let near = (got - want).abs() <= 1e-15_f64.max(1e-6 * want);
    // gbstats takes 1 − cdf, so its own p-values carry 2e-16 of cancellation.
    let cancelled = want < 1e-9 && (got - want).abs() < 5e-16;
    assert!(near || cancelled, "{what}: got {got:e}, want {want:e}");
}

fn moments(value: &Value) -> Moments {
    let n = count(&value["n"]);
    match value["kind"].as_str() {
        Some("proportion") => Moments::of_flags(n, count(&value["sum"])),
        _ => Moments::from_sums(n, number(&value["sum"]), number(&value["sum_squares"])),
    }
}

fn spread(value: &Value) -> Spread {
    if value["kind"] == "proportion" { Spread::Population } else { Spread::Sample }
}

fn summary(value: &Value) -> Summary {
    match value["kind"].as_str().unwrap() {
        "proportion" => Summary::Proportion { n: count(&value["n"]), successes: count(&value["sum"]) },
        "mean" => Summary::Mean(moments(value)),
        "ratio" => Summary::Ratio(Ratio {
            pair: Pair::from_sums(
                moments(&value["m"]),
                moments(&value["d"]),
                number(&value["m_d_sum_of_products"]),
            ),
            numerator: spread(&value["m"]),
            denominator: spread(&value["d"]),
        }),
        "regression_adjusted" => Summary::Adjusted {
            pair: Pair::from_sums(
                moments(&value["post"]),
                moments(&value["pre"]),
                number(&value["post_pre_sum_of_products"]),
            ),
            spread: spread(&value["pre"]),
        },
        other => panic!("unknown kind {other}"),
    }
}

/// The plan a golden key names: `sequential_two_sided_relative_a10_tune500`.
fn plan(key: &str) -> Plan {
    let alpha = if key.contains("_a10") { 0.10 } else { 0.05 };
    let engine = match key.split_once("_tune") {
        Some((_, tuning)) => Engine::Sequential { tuning: tuning.parse().unwrap() },
        None => Engine::Fixed,
    };
    let difference = if key.contains("absolute") { Difference::Absolute } else { Difference::RelativeDelta };
    let tail = match key {
        _ if key.contains("greater") => Tail::Greater,
        _ if key.contains("lesser") => Tail::Less,
        _ => Tail::Two,
    };
    Plan { engine, alpha, difference, tail }
}

fn estimate(found: &Comparison, plan: &Plan) -> f64 {
    if plan.difference == Difference::Absolute { found.uplift_absolute } else { found.uplift.unwrap() }
}

/// Checks every frequentist and sequential answer of a file and says how many there were.
fn agrees_with_gbstats(text: &str) -> usize {
    let mut checked = 0;
    for case in golden(text) {
        let (control, treatment) = (summary(&case["a"]), summary(&case["b"]));
        for (key, want) in case["expected"].as_object().unwrap() {
            let what = format!("{} {key}", case["id"]);
            if key == "theta" {
                let (Summary::Adjusted { pair: a, .. }, Summary::Adjusted { pair: b, .. }) =
                    (control, treatment)
                else {
                    panic!("{what}")
                };
                close(cuped::theta(&a, &b), number(want), &what);
                continue;
            }
            let plan = plan(key);
            let found = compare(&control, &treatment, &plan);
            if want.get("error_message").is_some_and(|message| !message.is_null()) {
                assert!(found.as_ref().map_or(true, |found| found.p_value.is_finite()), "{what}: {found:?}");
                continue;
            }
            let found = found.unwrap_or_else(|why| panic!("{what}: {why:?}"));
            close(estimate(&found, &plan), number(&want["expected"]), &what);
            close(found.standard_error, number(&want["stddev"]), &what);
            close(found.ci_low, number(&want["ci"][0]), &what);
            close(found.ci_high, number(&want["ci"][1]), &what);
            if plan.engine == Engine::Fixed || plan.tail == Tail::Two {
                close_p(found.p_value, number(&want["p_value"]), &what);
            } else {
                // gbstats searches between these two levels and stops at a thousandth.
                let got = found.p_value.clamp(1e-5, 0.4999);
                assert!((got - number(&want["p_value"])).abs() < 1e-3, "{what}: {got} {want}");
            }
            checked += 1;
        }
    }
    checked
}

#[test]
fn gbstats_on_the_real_email_test() {
    assert_eq!(agrees_with_gbstats(include_str!("golden/stats/gbstats_hillstrom.json")), 640);
}

#[test]
fn gbstats_on_the_real_retention_test() {
    assert_eq!(agrees_with_gbstats(include_str!("golden/stats/gbstats_cookie_cats.json")), 120);
}

#[test]
fn gbstats_on_hard_synthetic_cases() {
    assert!(agrees_with_gbstats(include_str!("golden/stats/gbstats_synthetic.json")) > 250);
}

#[test]
fn sample_ratio_of_gbstats_and_scipy() {
    for case in golden(include_str!("golden/stats/gbstats_srm.json")) {
        let users: Vec<u64> = case["input"]["users"].as_array().unwrap().iter().map(count).collect();
        let weights: Vec<f64> = case["input"]["weights"].as_array().unwrap().iter().map(number).collect();
        let found = srm::pearson(&users, &weights).unwrap();
        close_p(found.p_value, number(&case["expected"]["p_value"]), &case["id"].to_string());
    }
    for case in golden(include_str!("golden/stats/scipy_srm.json")) {
        let users: Vec<u64> = case["input"]["observed"].as_array().unwrap().iter().map(count).collect();
        let weights: Vec<f64> = case["input"]["weights"].as_array().unwrap().iter().map(number).collect();
        let found = srm::pearson(&users, &weights).unwrap();
        close(found.chi_square, number(&case["expected"]["chi2"]), &case["id"].to_string());
        close_p(found.p_value, number(&case["expected"]["p_value"]), &case["id"].to_string());
    }
}

#[test]
fn confidence_sequences_of_confseq() {
    let file: Value = serde_json::from_str(include_str!("golden/stats/confseq.json")).unwrap();
    for case in file["bounds"].as_array().unwrap() {
        let (input, id) = (&case["input"], case["id"].to_string());
        close(number(&input["alpha"]), number(&input["alpha_opt"]), &id);
        // confseq's boundary is on the sum, in units of its intrinsic time v.
        let v = number(&input["v"]);
        let width =
            sequential::half_width(v as u64, number(&input["alpha"]), number(&input["v_opt"]), Tail::Two);
        if v.fract() == 0.0 {
            close(width * v.sqrt(), number(&case["expected"]["normal_mixture_two_sided"]), &id);
        }
    }
    for case in file["sequences"].as_array().unwrap() {
        let (alpha, tuning) = (number(&case["input"]["alpha"]), number(&case["input"]["t_opt"]));
        let (want, id) = (&case["expected"], case["id"].to_string());
        for (look, at) in want["at"].as_array().unwrap().iter().enumerate() {
            let (n, sd) = (count(at), number(&want["sd_ddof0"][look]));
            let half = sequential::half_width(n, alpha, tuning, Tail::Two) * sd / (n as f64).sqrt();
            close(number(&want["mean"][look]) - half, number(&want["lower"][look]), &id);
            close(number(&want["mean"][look]) + half, number(&want["upper"][look]), &id);
        }
    }
}

#[test]
fn welch_of_scipy() {
    let mut checked = 0;
    for case in golden(include_str!("golden/stats/scipy_welch.json")) {
        let arm = |side: &str| {
            let (n, sd) = (count(&case["input"][side]["n"]), number(&case["input"][side]["sd"]));
            let squares = sd * sd * (n as f64 - 1.0);
            Summary::Mean(Moments { n, mean: number(&case["input"][side]["mean"]), squares })
        };
        let (want, what) = (&case["expected"], case["id"].to_string());
        let Ok(two) =
            compare(&arm("control"), &arm("treatment"), &Plan::new(Engine::Fixed).on(Difference::Absolute))
        else {
            continue;
        };
        close(two.ci_low, number(&want["welch_ci95"]["lo"]), &what);
        close(two.ci_high, number(&want["welch_ci95"]["hi"]), &what);
        // SciPy keeps the tail, so here even 1e-265 must agree.
        let p = number(&want["welch_two-sided"]["p_value"]);
        assert!((two.p_value - p).abs() <= 1e-9 * p, "{what}: {:e} {p:e}", two.p_value);
        checked += 1;
    }
    assert!(checked >= 25, "{checked}");
}

#[test]
fn log_ratio_error_of_statsmodels() {
    let mut checked = 0;
    let z = student::normal_upper_quantile(0.025);
    for case in golden(include_str!("golden/stats/statsmodels_two_proportions.json")) {
        let (input, want) = (&case["input"], &case["expected"]["ci95_ratio_log"]);
        if want.is_null() {
            continue;
        }
        let arm = |x: &str, n: &str| Summary::Proportion { n: count(&input[n]), successes: count(&input[x]) };
        let (control, treatment) = (arm("x_control", "n_control"), arm("x_treatment", "n_treatment"));
        let Ok(found) = compare(&control, &treatment, &Plan::new(Engine::Fixed)) else { continue };
        // statsmodels takes the normal law where Segue takes Student's, so the error is compared under the normal one.
        let log = found.uplift.unwrap().ln_1p();
        close((log - z * found.standard_error).exp(), number(&want[0]), &case["id"].to_string());
        close((log + z * found.standard_error).exp(), number(&want[1]), &case["id"].to_string());
        checked += 1;
    }
    assert!(checked >= 30, "{checked}");
}

#[test]
fn log_ratio_and_adjusted_means_of_tea_tasting() {
    for case in golden(include_str!("golden/stats/tea_tasting.json")) {
        let arm = |side: &str| {
            let side = &case[side];
            let n = count(&side["n"]);
            let moments = |mean: &str, var: &str| Moments {
                n,
                mean: number(&side[mean]),
                squares: number(&side[var]) * (n as f64 - 1.0),
            };
            let y = moments("mean", "var");
            let pair = || Pair {
                y,
                x: moments("x_mean", "x_var"),
                products: number(&side["cov"]) * (n as f64 - 1.0),
            };
            match case["kind"].as_str().unwrap() {
                "mean" => Summary::Mean(y),
                "cuped" => Summary::Adjusted { pair: pair(), spread: Spread::Sample },
                _ => Summary::Ratio(Ratio {
                    pair: pair(),
                    numerator: Spread::Sample,
                    denominator: Spread::Sample,
                }),
            }
        };
        let plan = Plan { alpha: 1.0 - number(&case["level"]), ..Plan::new(Engine::Fixed) };
        let (want, what) = (&case["expected"], case["id"].to_string());
        let found = compare(&arm("control"), &arm("treatment"), &plan).unwrap();
        close(found.uplift_absolute, number(&want["effect_size"]), &what);
        close(found.uplift.unwrap(), number(&want["rel_effect_size"]), &what);
        close(found.ci_low, number(&want["rel_effect_size_ci_lower"]), &what);
        close(found.ci_high, number(&want["rel_effect_size_ci_upper"]), &what);
        close_p(found.p_value, number(&want["pvalue"]), &what);
    }
}

#[test]
fn corrections_of_statsmodels() {
    for case in golden(include_str!("golden/stats/statsmodels_multiplicity.json")) {
        let p_values: Vec<f64> = case["input"]["p_values"].as_array().unwrap().iter().map(number).collect();
        let holm = correction::holm(&p_values);
        let bh = correction::benjamini_hochberg(&p_values);
        for index in 0..p_values.len() {
            close(holm[index], number(&case["expected"]["holm"][index]), &case["id"].to_string());
            close(bh[index], number(&case["expected"]["fdr_bh"][index]), &case["id"].to_string());
        }
    }
}

#[test]
fn wilson_of_statsmodels() {
    for case in golden(include_str!("golden/stats/statsmodels_wilson.json")) {
        let (low, high) = wilson::interval(count(&case["satisfied"]), count(&case["n"]), 0.05).unwrap();
        close(low, number(&case["wilson95"][0]), &case["id"].to_string());
        close(high, number(&case["wilson95"][1]), &case["id"].to_string());
    }
    assert_eq!(wilson::interval(0, 0, 0.05), None);
}

#[test]
fn looks_along_the_growing_email_test() {
    let mut checked = 0;
    for case in golden(include_str!("golden/stats/gbstats_sequential_paths.json")) {
        let (input, id) = (&case["input"], case["id"].to_string());
        let tuning = number(&input["tuning"]);
        for look in case["expected"].as_array().unwrap() {
            let n = count(&look["n_control"]) + count(&look["n_treatment"]);
            let (low, high) = (number(&look["seq_ci"][0]), number(&look["seq_ci"][1]));
            // The rows themselves are not ours to ship; interval and p-value must follow from each other without them.
            let half = (high - low) / 2.0;
            let z = number(&look["effect"]) / half * sequential::half_width(n, 0.05, tuning, Tail::Two);
            close_p(sequential::p_value(z, n, 0.05, tuning, Tail::Two), number(&look["seq_p"]), &id);
            checked += 1;
        }
    }
    assert!(checked >= 100, "{checked}");
}

#[test]
fn health_rules_of_the_split() {
    let share = |variant, units, weight| srm::Share { variant, units, weight };
    assert_eq!(
        srm::check(&[share("a", 500, 1.0), share("leak", 1, 0.0), share("b", 510, 1.0)]),
        Err(Why::ZeroWeightArm { variant: "leak".to_owned() })
    );
    assert!(matches!(
        srm::check(&[share("a", 7, 0.5), share("b", 8, 0.5)]),
        Err(Why::TooFew { have: 7, .. })
    ));
    assert!(srm::check(&[share("a", 8, 0.5), share("b", 8, 0.5)]).is_ok());
    assert!(!srm::check(&[share("a", 44_700, 1.0), share("b", 45_489, 1.0)]).unwrap().failed());
    assert!(srm::check(&[share("a", 40_000, 1.0), share("b", 41_000, 1.0)]).unwrap().failed());
    assert_eq!(srm::check(&[share("a", 0, 1.0), share("b", 0, 1.0)]), Err(Why::NoData));
}
