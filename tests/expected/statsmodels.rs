//! statsmodels 0.15.0 and SciPy 1.17.1: two proportions, two means, multiplicity, power, intervals of a share.

use segue::experiment::calc::Question;
use segue::stats::{
    Difference, Engine, Law, Moments, Plan, Spread, Summary, Tail, compare, exact, two_proportions, wilson,
};
use serde_json::{Value, json};

use crate::reference::{Listed, ask, cases, close, close_p, count, id, number, shares, versus, with, within};

const PROPORTIONS_DIFFERENT: &[(&str, &str)] = &[
    ("ci95_diff_agresti-caffo", "for small counts Segue has Newcombe's interval"),
    ("ci95_diff_score", "for small counts Segue has Newcombe's interval"),
    ("ci95_ratio_log-adjusted", "Segue adds no half successes: a share of zero has no ratio"),
    ("ci95_ratio_score", "ratios are on the log scale (Katz)"),
    ("ci95_odds-ratio_logit", "Segue speaks of shares, never of odds"),
    ("ci95_odds-ratio_logit-adjusted", "Segue speaks of shares, never of odds"),
    ("ci95_odds-ratio_score", "Segue speaks of shares, never of odds"),
    ("score_test", "Miettinen and Nurminen's variance; Segue has Pearson's pooled one"),
];

/// Cases whose log ratio statsmodels cannot compute.
const NO_RATIO: &[(&str, &str)] = &[("syn_p_zero_ctrl", "nothing happened in the control")];

fn share(input: &Value, side: &str) -> (u64, u64) {
    (count(&input[format!("x_{side}")]), count(&input[format!("n_{side}")]))
}

fn normal(
    control: (u64, u64),
    treatment: (u64, u64),
    difference: Difference,
) -> Option<segue::stats::Comparison> {
    let arm = |(successes, n): (u64, u64)| Summary::Proportion { n, successes };
    let plan = Plan::new(Engine::Fixed).on(difference);
    compare::compare_by(&arm(control), &arm(treatment), &plan, Law::Normal).ok()
}

#[test]
fn two_proportions_by_every_method_offered() {
    let (mut listed, mut no_ratio) = (Listed::new(PROPORTIONS_DIFFERENT), Listed::new(NO_RATIO));
    let cases = cases("statsmodels/two_proportions.json");
    for case in &cases {
        let what = id(case);
        let (control, treatment) = (share(&case["input"], "control"), share(&case["input"], "treatment"));
        for (key, want) in case["expected"].as_object().unwrap() {
            match key.as_str() {
                "ztest_pooled_two-sided" | "ztest_pooled_larger" | "ztest_pooled_smaller" => {
                    let tail = match key.as_str() {
                        "ztest_pooled_larger" => Tail::Greater,
                        "ztest_pooled_smaller" => Tail::Less,
                        _ => Tail::Two,
                    };
                    let (z, p) = two_proportions::pooled_z(control, treatment, tail).unwrap();
                    close(z, number(&want["z"]), what);
                    close_p(p, number(&want["p_value"]), what);
                }
                "ztest_unpooled_two-sided" => {
                    let found = normal(control, treatment, Difference::Absolute).unwrap();
                    close(found.uplift_absolute / found.standard_error, number(&want["z"]), what);
                    close_p(found.p_value, number(&want["p_value"]), what);
                }
                "ci95_diff_wald" => {
                    let found = normal(control, treatment, Difference::Absolute).unwrap();
                    close(found.ci_low, number(&want[0]), what);
                    close(found.ci_high, number(&want[1]), what);
                }
                "ci95_diff_newcomb" => {
                    let (low, high) = two_proportions::newcombe(control, treatment, 0.05).unwrap();
                    close(low, number(&want[0]), what);
                    close(high, number(&want[1]), what);
                }
                "ci95_ratio_log" if want.get("exception").is_some() => {
                    assert!(no_ratio.holds(what), "{what}");
                    assert_eq!(normal(control, treatment, Difference::RelativeLog), None);
                }
                "ci95_ratio_log" => {
                    let found = normal(control, treatment, Difference::RelativeLog).unwrap();
                    close(1.0 + found.ci_low, number(&want[0]), what);
                    close(1.0 + found.ci_high, number(&want[1]), what);
                }
                "fisher_two_sided" => {
                    close_p(exact::fisher(control, treatment, Tail::Two).unwrap(), number(want), what);
                    // The calculator shows it where counts are small.
                    if two_proportions::are_small(control, treatment) {
                        let got = versus(&shares(control, treatment));
                        close_p(number(&got["exact"]["p_value"]), number(want), what);
                    }
                }
                other => assert!(listed.holds(other), "{what}: {other} is neither compared nor listed"),
            }
        }
    }
    if !cases.is_empty() {
        listed.done();
        no_ratio.done();
    }
}

#[test]
fn two_means_by_welch_and_by_student() {
    for case in cases("statsmodels/welch_student_t.json") {
        let what = id(&case);
        let arm = |side: &str| {
            let (told, sd) = (&case["input"][side], number(&case["input"][side]["sd"]));
            json!({"name": side, "n": told["n"], "mean": told["mean"], "variance": sd * sd})
        };
        let asked = json!({"metric": "mean", "difference": "absolute", "variants": [arm("control"), arm("treatment")]});
        let summary = |side: &str| {
            let (told, sd) = (&case["input"][side], number(&case["input"][side]["sd"]));
            let n = count(&told["n"]);
            Summary::Mean(Moments { n, mean: number(&told["mean"]), squares: sd * sd * (n as f64 - 1.0) })
        };
        for (key, want) in case["expected"].as_object().unwrap() {
            let (law, rest) = key.split_once('_').unwrap();
            let tail = [("greater", Tail::Greater), ("less", Tail::Less)];
            let tail = tail.into_iter().find(|(name, _)| *name == rest).map_or(Tail::Two, |(_, tail)| tail);
            let (effect, error, low, high, p) = if law == "welch" {
                let alternative = if rest == "ci95" { "two-sided" } else { rest };
                let got = versus(&with(&asked, &json!({"alternative": alternative})));
                let end = |name: &str| got[name].as_f64();
                let (effect, error) = (number(&got["uplift"]), number(&got["standard_error"]));
                (effect, error, end("ci_low"), end("ci_high"), number(&got["p_value"]))
            } else {
                let plan = Plan { tail, ..Plan::new(Engine::Fixed).on(Difference::Absolute) };
                let found =
                    compare::compare_by(&summary("control"), &summary("treatment"), &plan, Law::Student)
                        .unwrap();
                let (low, high) = (Some(found.ci_low), Some(found.ci_high));
                (found.uplift_absolute, found.standard_error, low, high, found.p_value)
            };
            if rest == "ci95" {
                close(effect, number(&want["diff"]), what);
                close(error, number(&want["se"]), what);
                close(low.unwrap(), number(&want["lo"]), what);
                close(high.unwrap(), number(&want["hi"]), what);
            } else {
                close(effect / error, number(&want["t"]), what);
                close_p(p, number(&want["p_value"]), what);
            }
        }
    }
}

const MULTIPLICITY_DIFFERENT: &[(&str, &str)] = &[
    ("fdr_by", "Benjamini and Yekutieli's form for any dependence; Segue has Benjamini and Hochberg's"),
    ("bonferroni", "Holm's is never weaker"),
    ("sidak", "Holm's needs no independence"),
    ("holm-sidak", "Holm's needs no independence"),
    ("simes-hochberg", "Holm's needs no independence"),
    ("hommel", "Holm's needs no independence"),
];

#[test]
fn families_of_p_values() {
    let mut listed = Listed::new(MULTIPLICITY_DIFFERENT);
    let cases = cases("statsmodels/multiplicity.json");
    for case in &cases {
        for (method, want) in case["expected"].as_object().unwrap() {
            if !["holm", "fdr_bh"].contains(&method.as_str()) {
                assert!(listed.holds(method), "{}: {method} is neither compared nor listed", id(case));
                continue;
            }
            let asked = json!({"p_values": case["input"]["p_values"], "method": method});
            let got = ask(Question::Adjust, &asked);
            let alpha = number(&case["input"]["alpha"]);
            for (at, want_p) in want["p_adjusted"].as_array().unwrap().iter().enumerate() {
                let adjusted = number(&got["adjusted"][at]);
                close(adjusted, number(want_p), id(case));
                // A hair of slack, as statsmodels gives itself at the threshold.
                assert_eq!(
                    json!(adjusted <= alpha * (1.0 + 1e-12)),
                    want["reject"][at],
                    "{} {method} {at}",
                    id(case)
                );
            }
        }
    }
    if !cases.is_empty() {
        listed.done();
    }
}

/// statsmodels returns NaN where power is one to machine accuracy.
const POWER_NOT_COMPUTED: &[(&str, &str)] = &[(
    "mean_d0.5_a0.01_pw0.8_r2",
    "power at 500 is 1 to machine accuracy, and the peer's noncentral t gives NaN",
)];

fn power(asked: &Value, fields: Value) -> Value {
    let got = ask(Question::Power, &with(asked, &fields));
    assert!(got["withheld"].is_null(), "{asked} {fields}: {got}");
    got
}

#[test]
fn sizes_power_and_effects() {
    let mut listed = Listed::new(POWER_NOT_COMPUTED);
    let cases = cases("statsmodels/power_sample_size.json");
    for case in &cases {
        let (input, what) = (&case["input"], id(case));
        let mut asked = json!({"alpha": input["alpha"], "power": input["power"],
            "ratio": input["ratio_treatment_over_control"]});
        let up = match input.get("cohen_d") {
            Some(d) => {
                asked = with(
                    &asked,
                    &json!({"metric": "mean", "sd": 1.0, "effect": d, "difference": "absolute"}),
                );
                number(d) > 0.0
            }
            None => {
                let (baseline, treated) = (number(&input["p_control"]), number(&input["p_treatment"]));
                let effect = treated / baseline - 1.0;
                asked =
                    with(&asked, &json!({"metric": "proportion", "baseline": baseline, "effect": effect}));
                effect > 0.0
            }
        };
        let side = if up { "greater" } else { "less" };
        let half = number(&input["alpha"]) / 2.0;
        for (key, want) in case["expected"].as_object().unwrap() {
            let (fields, answer) = match key.as_str() {
                "cohen_h" => {
                    let (p, q) = (number(&input["p_control"]), number(&input["p_treatment"]));
                    close(2.0 * (q.sqrt().asin() - p.sqrt().asin()), number(want), what);
                    continue;
                }
                "n_control_arcsine_two_sided" => (json!({"method": "arcsine"}), "n_control"),
                "n_control_arcsine_one_sided" => {
                    (json!({"method": "arcsine", "alternative": side}), "n_control")
                }
                // statsmodels counts the dominant tail only, which is one side at half of alpha.
                "n_control_normal_two_sided" => {
                    (json!({"method": "pooled", "alternative": side, "alpha": half}), "n_control")
                }
                "power_at_n_control_10000" => (json!({"method": "pooled", "n": 10_000}), "power"),
                "n_control_t_two_sided" => (json!({"method": "t"}), "n_control"),
                "n_control_t_one_sided" => (json!({"method": "t", "alternative": side}), "n_control"),
                "n_control_z_two_sided" => (json!({"method": "normal"}), "n_control"),
                "power_t_at_n500" => (json!({"n": 500}), "power"),
                "mde_t_at_n500" => (json!({"n": 500, "effect": null}), "detectable_effect"),
                other => panic!("{what}: {other} is not compared"),
            };
            let got = number(&power(&asked, fields)[answer]);
            if answer == "detectable_effect" {
                // statsmodels looks for an effect to an absolute 1e-5 (`brentq_expanding`, xtol).
                within(got, number(want), 0.0, 1e-5, &format!("{what} {key}"));
            } else if want.as_str() == Some("NaN") {
                assert!(listed.holds(what) && got > 1.0 - 1e-9, "{what} {key}: {got}");
            } else {
                close(got, number(want), &format!("{what} {key}"));
            }
        }
    }
    if !cases.is_empty() {
        listed.done();
    }
}

const SHARES_DIFFERENT: &[(&str, &str)] = &[
    ("normal", "CSAT is shown with Wilson's interval (design, CSAT)"),
    ("agresti_coull", "CSAT is shown with Wilson's interval"),
    ("beta", "CSAT is shown with Wilson's interval"),
    ("jeffreys", "CSAT is shown with Wilson's interval"),
    ("median", "a share in the top box is shown, and no median of answers"),
];

#[test]
fn satisfaction() {
    let mut listed = Listed::new(SHARES_DIFFERENT);
    let cases = cases("statsmodels/csat_intervals.json");
    for case in &cases {
        let (input, what) = (&case["input"], id(case));
        let (n, satisfied) = (count(&input["n"]), count(&input["satisfied"]));
        let answers: Moments = (1..=5)
            .flat_map(|score: u32| {
                let times = input["counts"].get(score.to_string()).map_or(0, count);
                std::iter::repeat_n(f64::from(score), times as usize)
            })
            .collect();
        for (key, want) in case["expected"].as_object().unwrap() {
            match key.as_str() {
                "csat" => close(satisfied as f64 / n as f64, number(want), what),
                "mean" => close(answers.mean, number(want), what),
                "sd" => close(answers.variance(Spread::Sample).unwrap().sqrt(), number(want), what),
                "ci95" => {
                    for (method, want) in want.as_object().unwrap() {
                        if method == "wilson" {
                            let (low, high) = wilson::interval(satisfied, n, 0.05).unwrap();
                            close(low, number(&want[0]), what);
                            close(high, number(&want[1]), what);
                        } else {
                            assert!(listed.holds(method), "{what}: {method} is neither compared nor listed");
                        }
                    }
                }
                other => assert!(listed.holds(other), "{what}: {other} is neither compared nor listed"),
            }
        }
    }
    if !cases.is_empty() {
        listed.done();
    }
}
