//! The two public experiments read from their own rows, through the room that takes imports, against gbstats. The rows may not be
//! shipped, so without the data folder beside the project these tests only say that they were skipped.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "unreadable data should stop the test where it is read"
)]

use std::fs::File;
use std::path::PathBuf;

use segue::experiment::analysis::readings;
use segue::experiment::given::{GivenDesign, GivenUnits};
use segue::experiment::{Analysis, Metric, MetricKind, Settings, analyse};
use segue::model::{Decimal, Time};
use segue::stats::{Caution, Difference, Engine, Plan};
use serde_json::Value;

struct Row {
    unit: String,
    variant: String,
    values: Vec<Option<Decimal>>,
    covariates: Vec<Option<Decimal>>,
}

fn decimal(text: &str) -> Option<Decimal> {
    match text {
        "TRUE" => Some(Decimal::ONE),
        "FALSE" => Some(Decimal::ZERO),
        number => number.parse().ok(),
    }
}

/// The rows of a gzipped CSV, or none where it is not there.
fn rows(
    path: &str,
    unit: Option<&str>,
    variant: &str,
    values: &[&str],
    covariates: &[&str],
) -> Option<Vec<Row>> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    let Ok(file) = File::open(&file) else {
        println!("skipped: {} is not here", file.display());
        return None;
    };
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let cells = |record: &csv::StringRecord, names: &[&str]| {
        names.iter().map(|name| decimal(&record[column(name)])).collect()
    };
    let read = reader.records().enumerate().map(|(line, record)| {
        let record = record.unwrap();
        Row {
            unit: unit.map_or_else(|| line.to_string(), |unit| record[column(unit)].to_owned()),
            variant: record[column(variant)].to_owned(),
            values: cells(&record, values),
            covariates: cells(&record, covariates),
        }
    });
    Some(read.collect())
}

fn units(design: GivenDesign, rows: &[Row]) -> GivenUnits {
    let mut units = GivenUnits::new(design);
    for row in rows {
        units.push(&row.unit, &row.variant, &row.values, &row.covariates);
    }
    units
}

fn hillstrom(control: &str) -> Option<(GivenDesign, Vec<Row>)> {
    let covariates = ["history", "womens", "recency"];
    let rows = rows(
        "hillstrom/hillstrom.csv.gz",
        None,
        "segment",
        &["visit", "conversion", "spend", "visit"],
        &covariates,
    )?;
    let design = GivenDesign {
        name: "email-test".to_owned(),
        control: control.to_owned(),
        weights: None,
        metrics: vec![
            Metric::given("visit", MetricKind::Proportion),
            Metric::given("conversion", MetricKind::Proportion),
            Metric::given("spend", MetricKind::Mean),
            Metric::given("visitmean", MetricKind::Mean),
        ],
        covariates: covariates.map(str::to_owned).to_vec(),
    };
    Some((design, rows))
}

fn settings(engine: Engine, difference: Difference, alpha: f64, cuped: bool) -> Settings {
    Settings { plan: Plan { alpha, ..Plan::new(engine).on(difference) }, cuped, ended: true, margin: None }
}

#[track_caller]
fn close(got: Option<f64>, want: &Value, what: &str) {
    let (got, want) = (got.unwrap(), want.as_f64().unwrap());
    let near = (got - want).abs() <= 1e-9_f64.max(1e-6 * want.abs());
    assert!(
        near || (got < 1e-15 && want < 1e-15 && got >= 0.0 && want >= 0.0),
        "{what}: got {got:e}, want {want:e}"
    );
}

fn expected(file: &str, id: &str) -> Value {
    let file: Value = serde_json::from_str(file).unwrap();
    let case = file["cases"].as_array().unwrap().iter().find(|case| case["id"] == id);
    case.unwrap_or_else(|| panic!("no case {id}"))["expected"].clone()
}

const EMAIL: &str = include_str!("golden/stats/gbstats_hillstrom.json");
const RETENTION: &str = include_str!("golden/stats/gbstats_cookie_cats.json");

fn agrees(analysis: &Analysis, metric: &str, variant: &str, want: &Value) {
    let metric = analysis.metrics.iter().find(|found| found.metric == metric).unwrap();
    let found = metric.comparisons.iter().find(|found| found.variant == variant).unwrap();
    let what = format!("{} {variant} {} {}", metric.metric, analysis.engine, analysis.difference);
    let effect =
        if analysis.difference == "absolute" { found.numbers.uplift_absolute } else { found.numbers.uplift };
    close(effect, &want["expected"], &what);
    close(found.numbers.standard_error, &want["stddev"], &what);
    close(found.numbers.ci_low, &want["ci"][0], &what);
    close(found.numbers.ci_high, &want["ci"][1], &what);
    close(found.numbers.p_value, &want["p_value"], &what);
}

#[test]
fn the_email_test_from_its_rows() {
    let Some((design, rows)) = hillstrom("No E-Mail") else { return };
    let units = units(design, &rows);
    let analysis = |covariate, engine, difference, alpha| {
        let evidence = units.evidence(Time(0), covariate);
        analyse(&evidence, &settings(engine, difference, alpha, covariate.is_some()))
    };
    let readings = [
        ("frequentist_two_sided_relative_a05", Engine::Fixed, Difference::RelativeDelta, 0.05),
        ("frequentist_two_sided_absolute_a05", Engine::Fixed, Difference::Absolute, 0.05),
        ("frequentist_two_sided_relative_a10", Engine::Fixed, Difference::RelativeDelta, 0.10),
        (
            "sequential_two_sided_relative_a05_tune5000",
            Engine::Sequential { tuning: 5000.0 },
            Difference::RelativeDelta,
            0.05,
        ),
    ];
    for (key, engine, difference, alpha) in readings {
        let plain = analysis(None, engine, difference, alpha);
        for metric in ["visit", "conversion", "spend"] {
            let want = &expected(EMAIL, &format!("hill_all_mens_vs_none_{metric}"))[key];
            agrees(&plain, metric, "Mens E-Mail", want);
        }
        for (metric, covariate) in [("spend", "history"), ("visit", "womens"), ("visitmean", "recency")] {
            let adjusted = analysis(Some(covariate), engine, difference, alpha);
            let want = &expected(EMAIL, &format!("hill_all_mens_vs_none_{metric}_cuped_{covariate}"))[key];
            agrees(&adjusted, metric, "Mens E-Mail", want);
        }
    }
    let plain = analysis(None, Engine::Fixed, Difference::RelativeDelta, 0.05);
    let arms: Vec<_> = plain.metrics[0].arms.iter().map(|arm| (arm.variant.as_str(), arm.n)).collect();
    assert_eq!(arms, [("No E-Mail", 21_306), ("Mens E-Mail", 21_307), ("Womens E-Mail", 21_387)]);
    close(plain.srm_p, &Value::from(0.903_692_957_560_419_6), "srm");
}

#[test]
fn looks_along_the_growing_email_test() {
    let file: Value =
        serde_json::from_str(include_str!("golden/stats/gbstats_sequential_paths.json")).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let input = &case["input"];
        let Some((design, rows)) = hillstrom(input["control"].as_str().unwrap()) else { return };
        let (metric, treatment) = (input["metric"].as_str().unwrap(), input["treatment"].as_str().unwrap());
        let engine = Engine::Sequential { tuning: input["tuning"].as_f64().unwrap() };
        for look in case["expected"].as_array().unwrap() {
            let first = look["first_rows"].as_u64().unwrap() as usize;
            let evidence = units(design.clone(), &rows[..first.min(rows.len())]).evidence(Time(0), None);
            for (engine, ci, p) in [(engine, "seq_ci", "seq_p"), (Engine::Fixed, "fixed_ci", "fixed_p")] {
                let analysis = analyse(&evidence, &settings(engine, Difference::RelativeDelta, 0.05, false));
                let metric = analysis.metrics.iter().find(|found| found.metric == metric).unwrap();
                let found = metric.comparisons.iter().find(|found| found.variant == treatment).unwrap();
                let what = format!("{} at {first} {ci}", case["id"]);
                if let Some(withheld) = &found.withheld {
                    // Early looks have too few conversions for a sequential reading; the peer shows one all the same.
                    assert_eq!(withheld.code, "too-few", "{what}");
                    continue;
                }
                close(found.numbers.uplift, &look["effect"], &what);
                close(found.numbers.ci_low, &look[ci][0], &what);
                close(found.numbers.ci_high, &look[ci][1], &what);
                close(found.numbers.p_value, &look[p], &what);
            }
        }
    }
}

#[test]
fn the_retention_test_from_its_rows() {
    let Some(rows) = rows(
        "cookie_cats/cookie_cats.csv.gz",
        Some("userid"),
        "version",
        &["retention_1", "retention_7", "sum_gamerounds"],
        &[],
    ) else {
        return;
    };
    let design = GivenDesign {
        name: "gate".to_owned(),
        control: "gate_30".to_owned(),
        weights: None,
        metrics: vec![
            Metric::given("retention_1", MetricKind::Proportion),
            Metric::given("retention_7", MetricKind::Proportion),
            Metric::given("gamerounds", MetricKind::Mean),
        ],
        covariates: Vec::new(),
    };
    let evidence = units(design, &rows).evidence(Time(0), None);
    let analysis = analyse(&evidence, &settings(Engine::Fixed, Difference::RelativeDelta, 0.05, false));
    // One player of 49,854 rounds makes most of the control's variance: the reading says so.
    let rounds = readings(&evidence, &evidence.metrics[2], 1, &Settings::finished());
    assert_eq!(rounds.absolute.estimate().unwrap().cautions, [Caution::Outlier]);
    let retention = readings(&evidence, &evidence.metrics[0], 1, &Settings::finished());
    assert_eq!(retention.relative.estimate().unwrap().cautions, []);
    for metric in ["retention_1", "retention_7", "gamerounds"] {
        let want = &expected(RETENTION, &format!("cats_all_{metric}"))["frequentist_two_sided_relative_a05"];
        agrees(&analysis, metric, "gate_40", want);
    }
    assert!((analysis.srm_p.unwrap() - 0.0086).abs() < 1e-4);
    assert!(analysis.health.sentence().contains("once in 116 times"));
    assert_eq!(analysis.units_excluded, 0);
}

#[test]
fn the_json_has_the_promised_shape() {
    let design = GivenDesign {
        name: "small".to_owned(),
        control: "off".to_owned(),
        weights: None,
        metrics: vec![Metric::given("visit", MetricKind::Proportion)],
        covariates: Vec::new(),
    };
    let mut units = GivenUnits::new(design);
    for unit in 0..8_i64 {
        let variant = if unit < 4 { "off" } else { "on" };
        units.push(&unit.to_string(), variant, &[Decimal::from_int(unit % 2)], &[]);
    }
    let analysis = analyse(&units.evidence("2026-06-30".parse().unwrap(), None), &Settings::finished());
    let read = &analysis.metrics[0].comparisons[0];
    assert!(
        read.exact && read.numbers.p_value == Some(1.0) && read.numbers.standard_error.is_none(),
        "{read:?}"
    );
    let delta = settings(Engine::Fixed, Difference::RelativeDelta, 0.05, false);
    let beside = serde_json::to_value(&analysis).unwrap()["metrics"][0]["comparisons"][0]["relative"].clone();
    assert_eq!(beside["withheld"]["reason"], "counts are small, so only the difference is read, exactly");
    let analysis = analyse(&units.evidence("2026-06-30".parse().unwrap(), None), &delta);
    let json = serde_json::to_string(&analysis).unwrap();
    let start = "{\"experiment\":\"small\",\"as_of\":\"2026-06-30T00:00:00.000Z\",\"engine\":\"fixed\",\"alpha\":0.05,\
        \"difference\":\"relative\",\"srm_p\":null,\"units_excluded\":0,\"metrics\":[{\"metric\":\"visit\",\
        \"kind\":\"proportion\",\"arms\":[{\"variant\":\"off\",\"n\":4,\"mean\":0.5},{\"variant\":\"on\",\"n\":4,\"mean\":0.5}],\
        \"comparisons\":[{\"variant\":\"on\",\"uplift\":0.0,\"uplift_absolute\":0.0,\"standard_error\":";
    assert!(json.starts_with(start), "{json}");
    assert!(json.ends_with("\"p_value\":1.0,\"chance_to_win\":null,\"risk_control\":null,\"risk_treatment\":null,\"p_adjusted\":1.0,\"withheld\":null}]}]}"), "{json}");
}
