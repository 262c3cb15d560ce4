//! gbstats of growthbook 8f1db44: fixed, sequential and Bayesian, relative and absolute, means, shares, ratios, CUPED.
//! `pypi_0_8_0_where_different` inside the cases is the answer of an older version and is not compared.

use std::collections::{BTreeMap, BTreeSet};

use segue::experiment::calc::Question;
use segue::stats::power::running::{self, Aim};
use segue::stats::{Engine, Moments, Pair, Summary, cuped};
use serde_json::{Value, json};

use crate::reference::{
    ask, cases, close, close_end, close_p, count, id, number, read, versus, with, within,
};

/// Cases that gbstats cannot compute, on a scale, and what Segue says: a code, or that it is finite. gbstats wants a positive
/// baseline and variance in both arms even for absolute differences; Segue needs variance in one. A proper prior on the relative
/// change says nothing of an absolute one where the control's mean is zero, so that alone is withheld there.
const NOT_COMPUTED_BY_THE_PEER: &[(&str, &str, &str)] = &[
    ("syn_m_zero_base", "absolute", "finite,mean-not-positive"),
    ("syn_m_zero_base", "relative", "mean-not-positive"),
    ("syn_m_zero_var_one", "absolute", "finite"),
    ("syn_m_zero_var_one", "relative", "finite"),
    ("syn_p_all_treat", "absolute", "finite"),
    ("syn_p_all_treat", "relative", "finite"),
    ("syn_p_empty_ctrl", "absolute", "empty-arm"),
    ("syn_p_empty_ctrl", "relative", "empty-arm"),
    ("syn_p_zero_ctrl", "absolute", "finite,mean-not-positive"),
    ("syn_p_zero_ctrl", "relative", "mean-not-positive"),
];

/// A proportion has no sum of squares.
fn sums(name: &str, statistic: &Value, into: &mut Value) {
    let (sum, squares) = (format!("{name}sum"), format!("{name}sum_squares"));
    into[sum] = statistic["sum"].clone();
    if statistic["kind"] != "proportion" {
        into[squares] = statistic["sum_squares"].clone();
    }
}

fn variant(name: &str, statistic: &Value) -> Value {
    let mut told = json!({"name": name, "n": statistic["n"]});
    match statistic["kind"].as_str().unwrap() {
        "proportion" | "mean" => sums("", statistic, &mut told),
        "ratio" => {
            sums("", &statistic["m"], &mut told);
            sums("denominator_", &statistic["d"], &mut told);
            told["cross_sum"] = statistic["m_d_sum_of_products"].clone();
        }
        "regression_adjusted" => {
            sums("", &statistic["post"], &mut told);
            sums("pre_", &statistic["pre"], &mut told);
            told["pre_cross_sum"] = statistic["post_pre_sum_of_products"].clone();
        }
        other => panic!("unknown kind {other}"),
    }
    told
}

fn line(input: &Value) -> Value {
    let statistic = &input["a"];
    let metric = match statistic["kind"].as_str().unwrap() {
        "regression_adjusted" => statistic["post"]["kind"].clone(),
        _ => statistic["kind"].clone(),
    };
    json!({"metric": metric, "variants": [variant("A", statistic), variant("B", &input["b"])]})
}

/// What a key such as `sequential_two_sided_relative_a10_tune500` or `bayes_proper_N0.05_0.15_relative_inverse` asks.
fn settings(key: &str) -> Value {
    let mut settings = json!({
        "alpha": if key.contains("_a10") { 0.1 } else { 0.05 },
        "difference": if key.contains("absolute") { "absolute" } else { "relative" },
        "engine": "fixed",
    });
    if key.contains("greater") || key.contains("lesser") {
        settings["alternative"] = json!(if key.contains("greater") { "greater" } else { "less" });
    }
    if let Some((_, tuning)) = key.split_once("_tune") {
        settings["engine"] = json!("sequential");
        settings["sequential_tuning"] = json!(tuning.parse::<f64>().unwrap());
    }
    if key.starts_with("bayes") {
        settings["engine"] = json!("bayesian");
        settings["better"] = json!(if key.contains("inverse") { "lower" } else { "higher" });
    }
    if let Some((_, prior)) = key.split_once("proper_N") {
        let parts: Vec<f64> = prior.split('_').take(2).map(|part| part.parse().unwrap()).collect();
        settings["prior"] = json!({"mean": parts[0], "sd": parts[1], "proper": true});
    }
    settings
}

fn compare(got: &Value, want: &Value, key: &str, what: &str) {
    close(number(&got["uplift"]), number(&want["expected"]), what);
    close(number(&got["standard_error"]), number(&want["stddev"]), what);
    close_end(&got["ci_low"], &want["ci"][0], what);
    close_end(&got["ci_high"], &want["ci"][1], what);
    if key.starts_with("bayes") {
        close(number(&got["chance_to_win"]), number(&want["chance_to_win"]), what);
        close(number(&got["risk_control"]), number(&want["risk"][0]), what);
        close(number(&got["risk_treatment"]), number(&want["risk"][1]), what);
        assert!(got["p_value"].is_null(), "{what}");
    } else if key.starts_with("sequential") && !key.contains("two_sided") {
        // gbstats searches between these two levels and stops at a thousandth.
        let p = number(&got["p_value"]).clamp(1e-5, 0.4999);
        within(p, number(&want["p_value"]), 0.0, 1e-3, what);
    } else {
        close_p(number(&got["p_value"]), number(&want["p_value"]), what);
    }
}

fn theta(input: &Value) -> f64 {
    let pair = |statistic: &Value| {
        let moments = |part: &Value| match part["kind"].as_str().unwrap() {
            "proportion" => Moments::of_flags(count(&part["n"]), count(&part["sum"])),
            _ => Moments::from_sums(count(&part["n"]), number(&part["sum"]), number(&part["sum_squares"])),
        };
        let products = number(&statistic["post_pre_sum_of_products"]);
        Pair::from_sums(moments(&statistic["post"]), moments(&statistic["pre"]), products)
    };
    cuped::theta(&pair(&input["a"]), &pair(&input["b"]))
}

/// Compares a file and returns how many readings there were and what the peer could not compute.
fn agrees(name: &str) -> (usize, BTreeMap<(String, &'static str), BTreeSet<String>>) {
    let (mut compared, mut errors) = (0, BTreeMap::<_, BTreeSet<String>>::new());
    for case in cases(name) {
        let asked = line(&case["input"]);
        for (key, want) in case["expected"].as_object().unwrap() {
            let what = format!("{} {key}", id(&case));
            if key == "theta" {
                close(theta(&case["input"]), number(want), &what);
                compared += 1;
                continue;
            }
            let got = versus(&with(&asked, &settings(key)));
            if want.get("error_message").is_some_and(|message| !message.is_null()) {
                let scale = if key.contains("absolute") { "absolute" } else { "relative" };
                let said = match got["withheld"]["code"].as_str() {
                    Some(code) => code.to_owned(),
                    None => {
                        assert!(
                            got["uplift"].is_number() && got["standard_error"].is_number(),
                            "{what}: {got}"
                        );
                        "finite".to_owned()
                    }
                };
                errors.entry((id(&case).to_owned(), scale)).or_default().insert(said);
                continue;
            }
            assert!(got["withheld"].is_null(), "{what}: {got}");
            compare(&got, want, key, &what);
            compared += 1;
        }
    }
    (compared, errors)
}

#[test]
fn the_real_email_test() {
    let (compared, errors) = agrees("gbstats/hillstrom.json");
    assert!(compared == 64 * 16 + 21 || compared == 0, "{compared}");
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn the_real_retention_test() {
    let (compared, errors) = agrees("gbstats/cookie_cats.json");
    assert!(compared == 12 * 16 || compared == 0, "{compared}");
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn hard_synthetic_cases() {
    let (compared, errors) = agrees("gbstats/synthetic.json");
    if compared == 0 {
        return;
    }
    let found: Vec<(&str, &str, String)> = errors
        .iter()
        .map(|((id, scale), said)| (id.as_str(), *scale, said.iter().cloned().collect::<Vec<_>>().join(",")))
        .collect();
    let listed: Vec<(&str, &str, String)> =
        NOT_COMPUTED_BY_THE_PEER.iter().map(|(id, scale, said)| (*id, *scale, (*said).to_owned())).collect();
    assert_eq!(found, listed);
    assert!(compared > 400, "{compared}");
}

#[test]
fn sample_ratios() {
    for case in cases("gbstats/srm.json") {
        let asked = json!({"counts": case["input"]["users"], "weights": case["input"]["weights"]});
        let got = ask(Question::SampleRatio, &asked);
        close_p(number(&got["p"]), number(&case["expected"]["p_value"]), id(&case));
    }
}

/// The rows of the e-mail test, if they are there: segment and outcomes in file order.
fn email_rows() -> Option<Vec<(String, f64, f64, f64)>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/hillstrom");
    let file = std::fs::read_dir(folder).ok()?.flatten().find(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.ends_with(".csv.gz") || name.ends_with(".csv")
    })?;
    let bytes = std::fs::File::open(file.path()).ok()?;
    let text: Box<dyn std::io::Read> = if file.path().extension().is_some_and(|end| end == "gz") {
        Box::new(flate2::read::MultiGzDecoder::new(bytes))
    } else {
        Box::new(bytes)
    };
    let mut rows = csv::Reader::from_reader(text);
    let header = rows.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let (segment, visit, conversion, spend) = (at("segment"), at("visit"), at("conversion"), at("spend"));
    let value = |row: &csv::StringRecord, at: usize| row[at].parse::<f64>().unwrap();
    let rows = rows.records().map(|row| row.unwrap()).map(|row| {
        (row[segment].to_owned(), value(&row, visit), value(&row, conversion), value(&row, spend))
    });
    Some(rows.collect())
}

/// Each look of the growing test from its rows: sums in, reading out.
#[test]
fn looks_along_the_growing_email_test() {
    let Some(rows) = email_rows() else { return println!("skipped: the e-mail test's rows are absent") };
    for case in cases("gbstats/sequential_paths.json") {
        let input = &case["input"];
        for look in case["expected"].as_array().unwrap() {
            let what = format!("{} {}", id(&case), look["first_rows"]);
            let metric = input["metric"].as_str().unwrap();
            let arm = |side: &str| {
                let (mut n, mut sum, mut squares) = (0_u64, 0.0, 0.0);
                for row in rows.iter().take(count(&look["first_rows"]) as usize) {
                    if row.0 == input[side].as_str().unwrap() {
                        let value = match metric {
                            "visit" => row.1,
                            "conversion" => row.2,
                            _ => row.3,
                        };
                        n += 1;
                        sum += value;
                        squares += value * value;
                    }
                }
                json!({"name": side, "n": n, "sum": sum, "sum_squares": squares})
            };
            let kind = if metric == "spend" { "mean" } else { "proportion" };
            let variants = [arm("control"), arm("treatment")];
            assert_eq!(variants[0]["n"], look["n_control"], "{what}");
            let asked = json!({"metric": kind, "variants": variants, "alpha": input["alpha"],
                "difference": input["difference"], "sequential_tuning": input["tuning"]});
            for (engine, interval, p) in [("sequential", "seq_ci", "seq_p"), ("fixed", "fixed_ci", "fixed_p")]
            {
                let got = versus(&with(&asked, &json!({"engine": engine})));
                if got["uplift"].is_null() {
                    assert!(look["effect"].as_f64().unwrap_or(0.0).abs() < 1e-12, "{what}: {got}");
                    continue;
                }
                close(number(&got["uplift"]), number(&look["effect"]), &what);
                close_end(&got["ci_low"], &look[interval][0], &what);
                close_end(&got["ci_high"], &look[interval][1], &what);
                close_p(number(&got["p_value"]), number(&look[p]), &what);
            }
        }
    }
}

/// gbstats bisects the scaling until power is within 1e-5, so its scaling is checked by the power Segue finds there, and by
/// Segue's own within a thousandth.
#[test]
fn what_a_running_test_still_needs() {
    if read("gbstats/midexperiment_power.json").is_none() {
        return;
    }
    for case in cases("gbstats/midexperiment_power.json") {
        let (input, want) = (&case["input"], &case["expected"]);
        let arm = |side: &str| {
            let arm = &input[side];
            match arm["kind"].as_str().unwrap() {
                "ProportionStatistic" => {
                    Summary::Proportion { n: count(&arm["n"]), successes: count(&arm["sum"]) }
                }
                _ => Summary::Mean(Moments::from_sums(
                    count(&arm["n"]),
                    number(&arm["sum"]),
                    number(&arm["sum_squares"]),
                )),
            }
        };
        let goals = count(&input["num_goal_metrics"]) as u32;
        let treatments = count(&input["num_variations"]) as u32 - 1;
        let engine = if input["sequential"] == true {
            Engine::Sequential { tuning: number(&input["tuning"]) }
        } else {
            Engine::Fixed
        };
        let aim = Aim {
            effect: number(&input["target_mde"]),
            power: number(&input["target_power"]),
            alpha: number(&input["alpha"]),
            engine,
            goals,
            tests: if input["p_value_corrected"] == true { goals * treatments } else { 1 },
        };
        let (control, treatment) = (arm("a"), arm("b"));
        let found = running::standing(&control, &treatment, &aim).unwrap();
        close(found.power_now, number(&want["power_now"]), id(&case));
        let scaling = number(&want["scaling_factor"]);
        within(found.more, scaling, 1e-3, 1e-3, id(&case));
        assert_eq!(want["additional_users"].is_null(), found.more == 0.0, "{}", id(&case));
        if scaling > 0.0 {
            let units = (control.n() + treatment.n()) as f64;
            close(number(&want["additional_users"]), scaling * units, id(&case));
        }
    }
}
