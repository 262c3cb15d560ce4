//! Experiments imported and read out as a person types it, against gbstats where the data lie beside the project.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use segue::experiment::Settings;
use segue::model::Seed;
use segue::model::definition::Kind;
use segue::panel::experiments::{Advice, HealthState, Unit};
use segue::stats::Reading;
use segue::store::Store;
use segue::tui::headless::Headless;
use segue::tui::{Options, Update};
use segue::work::run::{Plan, Prepared};
use segue::work::{experiment, sample};
use serde_json::Value;

fn segue(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
    command.current_dir(folder).args(["--workspace", "shop.db"]).args(words).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", complained(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A path below the folder of shared data, or none, said aloud, where it is not there.
fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not here", path.display());
    None
}

fn expected(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[track_caller]
fn close(got: &Value, want: &Value, what: &str) {
    let got = got.as_f64().unwrap_or_else(|| panic!("{what}: {got} is no number"));
    let want = want.as_f64().unwrap();
    let both_nothing = (0.0..1e-15).contains(&got) && (0.0..1e-15).contains(&want);
    assert!(
        both_nothing || (got - want).abs() <= 1e-9_f64.max(1e-6 * want.abs()),
        "{what}: got {got:e}, want {want:e}"
    );
}

fn named<'v>(list: &'v Value, key: &str, name: &str) -> &'v Value {
    let found = list.as_array().unwrap().iter().find(|entry| entry[key] == name);
    found.unwrap_or_else(|| panic!("no {key} {name} in {list}"))
}

/// Holds a comparison against a case of gbstats, read under `key`.
fn agrees(analysis: &Value, metric: &str, variant: &str, case: &Value, key: &str) {
    let metric = named(&analysis["metrics"], "metric", metric);
    let found = named(&metric["comparisons"], "variant", variant);
    let (want, what) = (&case["expected"][key], format!("{} {key}", case["id"]));
    let absolute = analysis["difference"] == "absolute";
    close(&found[if absolute { "uplift_absolute" } else { "uplift" }], &want["expected"], &what);
    close(&found["standard_error"], &want["stddev"], &what);
    close(&found["ci_low"], &want["ci"][0], &what);
    close(&found["ci_high"], &want["ci"][1], &what);
    close(&found["p_value"], &want["p_value"], &what);
    for (arm, input) in [
        (&metric["arms"][0], &case["input"]["a"]),
        (named(&metric["arms"], "variant", variant), &case["input"]["b"]),
    ] {
        assert_eq!(arm["n"], input["n"], "{what}");
        if input["kind"] == "proportion" {
            let mean = input["sum"].as_f64().unwrap() / input["n"].as_f64().unwrap();
            close(&arm["mean"], &Value::from(mean), &what);
        }
    }
}

fn email_test(folder: &Path, file: &Path) {
    let imported = segue(
        folder,
        &[
            "import",
            file.to_str().unwrap(),
            "--as",
            "experiment",
            "--name",
            "email-test",
            "--variant",
            "segment",
            "--control",
            "No E-Mail",
            "--metric",
            "visit:proportion",
            "--metric",
            "conversion:proportion",
            "--metric",
            "spend:mean",
            "--covariate",
            "history",
        ],
    );
    assert_eq!(imported.status.code(), Some(0), "{}", complained(&imported));
}

#[test]
fn the_email_test_is_what_gbstats_says() {
    let (Some(data), Some(reference)) =
        (shared("data/hillstrom/hillstrom.csv.gz"), shared("expected/gbstats/hillstrom.json"))
    else {
        return;
    };
    let (folder, reference) = (tempfile::tempdir().unwrap(), expected(&reference));
    email_test(folder.path(), &data);
    let analyze = |words: &[&str]| {
        let all = [&["experiment", "analyze", "email-test", "--json"], words].concat();
        json(&segue(folder.path(), &all))
    };
    let case = |metric: &str| named(&reference["cases"], "id", &format!("hill_all_mens_vs_none_{metric}"));
    let fixed = analyze(&["--engine", "fixed"]);
    assert_eq!(fixed, analyze(&[]), "a finished import is read as fixed");
    assert_eq!(fixed, analyze(&["--difference", "absolute"]), "tests are on the absolute difference");
    // What peers decide by is there for whoever asks, and decides nothing.
    let delta = |words: &[&str]| analyze(&[&["--difference", "relative"], words].concat());
    assert_eq!(delta(&[])["found"], fixed["found"]);
    let readings = [
        (fixed.clone(), "frequentist_two_sided_absolute_a05"),
        (delta(&[]), "frequentist_two_sided_relative_a05"),
        (delta(&["--alpha", "0.1"]), "frequentist_two_sided_relative_a10"),
        (delta(&["--engine", "sequential"]), "sequential_two_sided_relative_a05_tune5000"),
    ];
    for (analysis, key) in &readings {
        for metric in ["visit", "conversion", "spend"] {
            agrees(analysis, metric, "Mens E-Mail", case(metric), key);
        }
    }
    for (adjusted, key) in [
        (delta(&["--cuped", "--engine", "fixed"]), "frequentist_two_sided_relative_a05"),
        (delta(&["--cuped", "--engine", "sequential"]), "sequential_two_sided_relative_a05_tune5000"),
        (analyze(&["--cuped"]), "frequentist_two_sided_absolute_a05"),
    ] {
        agrees(&adjusted, "spend", "Mens E-Mail", case("spend_cuped_history"), key);
        let beside = &named(&adjusted["metrics"], "metric", "spend")["comparisons"][0]["unadjusted"];
        close(&beside["p_value"], &case("spend")["expected"][key]["p_value"], "unadjusted beside adjusted");
    }
    assert_eq!(fixed["units_excluded"], 0);
    close(&fixed["srm_p"], &Value::from(0.903_692_957_560_419_6), "srm");
    the_screen_shows_the_same(folder.path(), &analyze(&["--difference", "absolute"]));
}

/// The Experiments screen reads the same workspace: absolute differences are the same numbers, relative ones the same estimate with
/// an interval on the log-ratio scale.
fn the_screen_shows_the_same(folder: &Path, absolute: &Value) {
    let store = Store::open_read_only(&folder.join("shop.db")).unwrap();
    let screen = experiment::experiments(&store, Vec::new()).unwrap();
    assert_eq!(screen.sentence, "1 was imported");
    let row = &screen.rows[0];
    assert_eq!((row.state.as_str(), row.advice, row.as_of), ("imported", Advice::None, None));
    assert_eq!(row.sentence, absolute["found"].as_str().unwrap());
    let found = "Mens E-Mail raises visit by 7.66 points (+72 %), conversion by 0.681 points (+119 %) and spend by 0.770; Womens";
    assert!(row.sentence.starts_with(found), "{}", row.sentence);
    assert_eq!((row.exposed, row.matured, row.excluded), (64_000, 64_000, 0));
    assert_eq!(row.arms.iter().map(|arm| arm.n).collect::<Vec<_>>(), [21_306, 21_307, 21_387]);
    assert!(row.health.iter().all(|check| check.state == HealthState::Fine), "{:?}", row.health);
    assert!(
        row.notes.iter().any(|note| note.starts_with("With CUPED on history: visit as if ")),
        "{:?}",
        row.notes
    );
    for (metric, found) in row.metrics.iter().zip(absolute["metrics"].as_array().unwrap()) {
        close(&metric.control.into(), &found["arms"][0]["mean"], &metric.name);
        for (shown, said) in metric.comparisons.iter().zip(found["comparisons"].as_array().unwrap()) {
            let Reading::Estimate(estimate) = &shown.absolute else { panic!("{shown:?}") };
            close(&estimate.value.into(), &said["uplift_absolute"], "value");
            close(&estimate.low.into(), &said["ci_low"], "low");
            close(&estimate.high.into(), &said["ci_high"], "high");
            close(&estimate.p_value.into(), &said["p_value"], "p");
            close(&shown.p_adjusted.into(), &said["p_adjusted"], "adjusted p");
            match &shown.relative {
                Reading::Estimate(relative) => {
                    close(&relative.value.into(), &said["uplift"], "relative");
                    close(&relative.low.into(), &said["relative"]["ci_low"], "relative, low");
                }
                // Half a percent of the customers spent: their mean is no base to divide by at a fixed look.
                Reading::Withheld(why) => {
                    assert!(metric.name == "spend" && why.sentence().contains("too uncertain"), "{shown:?}");
                    assert_eq!(said["relative"]["withheld"]["reason"], why.sentence());
                    assert!(said["uplift"].is_null(), "no number where the screen shows none");
                }
            }
        }
    }
}

#[test]
fn other_covariates_are_asked_for_by_name() {
    let (Some(data), Some(reference)) =
        (shared("data/hillstrom/hillstrom.csv.gz"), shared("expected/gbstats/hillstrom.json"))
    else {
        return;
    };
    let (folder, reference) = (tempfile::tempdir().unwrap(), expected(&reference));
    let words = "import FILE --as experiment --name e --variant segment --metric visit:proportion --covariate womens --covariate recency --control";
    let mut words: Vec<&str> = words.split(' ').collect();
    words[1] = data.to_str().unwrap();
    words.push("No E-Mail");
    assert_eq!(segue(folder.path(), &words).status.code(), Some(0));
    let adjusted = json(&segue(
        folder.path(),
        &["experiment", "analyze", "e", "--cuped", "womens", "--difference", "relative", "--json"],
    ));
    let case = named(&reference["cases"], "id", "hill_all_mens_vs_none_visit_cuped_womens");
    agrees(&adjusted, "visit", "Mens E-Mail", case, "frequentist_two_sided_relative_a05");
    assert_eq!(adjusted["metrics"][0]["covariate"], "womens");
    let which = segue(folder.path(), &["experiment", "analyze", "e", "--cuped"]);
    assert_eq!(which.status.code(), Some(2));
    assert_eq!(
        complained(&which),
        "segue: e has several covariates\n  help: name one, such as --cuped womens; there are: `womens`, `recency`\n"
    );
    let unknown = segue(folder.path(), &["experiment", "analyze", "e", "--cuped", "women"]);
    assert_eq!(
        complained(&unknown),
        "segue: e has no covariate `women`\n  help: did you mean `womens`? there are: `womens`, `recency`\n"
    );
}

#[test]
fn the_retention_test_is_what_gbstats_says_and_its_split_is_explained() {
    let (Some(data), Some(reference)) =
        (shared("data/cookie_cats/cookie_cats.csv.gz"), shared("expected/gbstats/cookie_cats.json"))
    else {
        return;
    };
    let (folder, reference) = (tempfile::tempdir().unwrap(), expected(&reference));
    let words = "import FILE --as experiment --name gate --variant version --control gate_30 --unit userid --metric retention_1:proportion --metric retention_7:proportion --metric sum_gamerounds:mean";
    let mut words: Vec<&str> = words.split(' ').collect();
    words[1] = data.to_str().unwrap();
    assert_eq!(segue(folder.path(), &words).status.code(), Some(0));
    let analysis =
        json(&segue(folder.path(), &["experiment", "analyze", "gate", "--difference", "relative", "--json"]));
    for (metric, name) in
        [("retention_1", "retention_1"), ("retention_7", "retention_7"), ("sum_gamerounds", "gamerounds")]
    {
        let case = named(&reference["cases"], "id", &format!("cats_all_{name}"));
        agrees(&analysis, metric, "gate_40", case, "frequentist_two_sided_relative_a05");
    }
    assert!((analysis["srm_p"].as_f64().unwrap() - 0.0086).abs() < 5e-5);
    let text = said(&segue(folder.path(), &["experiment", "analyze", "gate"]));
    for line in [
        "gate_40 lowers retention_7 by 0.820 points (−4.3 %), no effect on retention_1 and sum_gamerounds is shown.",
        "  mind    sample ratio  The split is a little uneven: a fair assignment gives one like it once in 116 times. That is above the \
         alarm at 1 in 1,000, so comparisons are shown; check that no arm loses people. (p = 0.0086)",
        "  mind    outliers      One unit alone makes more than half of the variance of sum_gamerounds in an arm: mind its interval.",
        "  gate_40      45,489   18.20 %  −0.82 points [−1.33 … −0.31]  p 0.0016  adjusted p 0.0047  relative −4.3 % [−6.9 … −1.7]",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// Two arms, a proportion, a mean and a covariate that explains much of it.
fn fixture(folder: &Path, first: &str) -> Vec<(bool, f64, f64)> {
    let (mut text, mut rows) = ("customer;arm;bought;spend;before\n".to_owned(), Vec::new());
    for unit in 0_u64..2_000 {
        let noise = unit.wrapping_mul(2_654_435_761) % 1_000;
        let (treated, before) = (unit % 2 == 1, (noise % 97) as f64);
        let bought = noise < if treated { 300 } else { 200 };
        let cents = if bought { 1_000 + before as u64 * 100 + noise } else { 0 };
        let arm = if treated { "offer" } else { first };
        writeln!(text, "c{unit};{arm};{};{},{:02};{before}", u64::from(bought), cents / 100, cents % 100)
            .unwrap();
        rows.push((treated, cents as f64 / 100.0, before));
    }
    std::fs::write(folder.join("shop.csv"), text).unwrap();
    rows
}

const IMPORT: &str = "import shop.csv --as experiment --name offer --variant arm --control none --unit customer --metric bought:proportion --metric spend:mean --covariate before";

fn words(text: &str) -> Vec<&str> {
    text.split(' ').collect()
}

/// Mean and sample variance, the long way.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0))
}

#[test]
fn a_small_shops_export_is_read_out() {
    let folder = tempfile::tempdir().unwrap();
    let rows = fixture(folder.path(), "none");
    assert_eq!(segue(folder.path(), &words(IMPORT)).status.code(), Some(0));
    let again = said(&segue(folder.path(), &words(IMPORT)));
    assert!(again.contains("  imported before as b-00001; nothing changed\n"), "{again}");
    let analysis =
        json(&segue(folder.path(), &words("experiment analyze offer --difference absolute --json")));
    let spend =
        |treated: bool| rows.iter().filter(|row| row.0 == treated).map(|row| row.1).collect::<Vec<_>>();
    let ((control, control_variance), (offer, offer_variance)) =
        (moments(&spend(false)), moments(&spend(true)));
    let (metric, error) = (&analysis["metrics"][1], (control_variance / 1e3 + offer_variance / 1e3).sqrt());
    assert_eq!(
        (&metric["arms"][0]["n"], &metric["arms"][1]["n"]),
        (&Value::from(1_000), &Value::from(1_000))
    );
    close(&metric["arms"][0]["mean"], &Value::from(control), "control");
    let found = &metric["comparisons"][0];
    close(&found["uplift_absolute"], &Value::from(offer - control), "difference");
    close(&found["uplift"], &Value::from(offer / control - 1.0), "uplift");
    close(&found["standard_error"], &Value::from(error), "standard error");
    let half = (found["ci_high"].as_f64().unwrap() - found["ci_low"].as_f64().unwrap()) / 2.0;
    assert!(
        (half / error - 1.961).abs() < 0.001,
        "1.961 standard errors at 2,000 units, not {}",
        half / error
    );

    let adjusted = json(&segue(folder.path(), &words("experiment analyze offer --cuped --json")));
    let found = &adjusted["metrics"][1]["comparisons"][0];
    let narrower = found["standard_error"].as_f64() < found["unadjusted"]["standard_error"].as_f64();
    assert!(narrower, "{found}");

    let text = said(&segue(folder.path(), &words("experiment analyze offer --cuped")));
    assert!(text.starts_with("offer raises bought by 10.0 points (+50 %) and spend by "), "{text}");
    assert!(
        text.contains(
            "offer: fixed 95 % intervals, absolute differences with the relative change beside, adjusted for before by CUPED"
        ),
        "{text}"
    );
    assert!(
        text.contains("  ok      sample ratio  The arms are the sizes they should be. (p = 1.00)"),
        "{text}"
    );
    assert!(text.contains("unadjusted"), "{text}");

    let list = json(&segue(folder.path(), &words("experiment list --json")));
    let want = serde_json::json!([{
        "experiment": "offer", "kind": "imported",
        "arms": [{ "variant": "none", "units": 1_000 }, { "variant": "offer", "units": 1_000 }],
        "units": 2_000, "metrics": ["bought", "spend"], "covariates": ["before"],
    }]);
    assert_eq!(list, want);
    assert!(
        said(&segue(folder.path(), &words("experiment list"))).starts_with("offer  imported, 2,000 units\n")
    );
}

#[test]
fn the_read_out_can_be_asked_to_adjust_and_shows_both() {
    let folder = tempfile::tempdir().unwrap();
    fixture(folder.path(), "none");
    segue(folder.path(), &words(IMPORT));
    let store = Store::open_read_only(&folder.path().join("shop.db")).unwrap();
    let given = experiment::Given::load(&store, "offer", None).unwrap();
    let (plain, asked) =
        (given.read_out(&Settings::finished(), None), given.read_out(&Settings::finished(), Some("before")));
    let width = |row: &segue::panel::experiments::Experiment| {
        let estimate = row.metrics[1].comparisons[0].absolute.estimate().unwrap();
        estimate.high - estimate.low
    };
    assert!(width(&asked) < width(&plain));
    assert_ne!(asked.receipt, plain.receipt, "another way of reading is another result");
    assert_eq!(plain.receipt, given.read_out(&Settings::finished(), None).receipt);
    assert_eq!((plain.metrics[0].unit, plain.metrics[1].unit), (Unit::Share, Unit::Plain));
    assert!(
        asked.notes.iter().any(|note| note.starts_with("Adjusted for before by CUPED: ")),
        "{:?}",
        asked.notes
    );
    assert!(
        asked.notes.iter().any(|note| note.starts_with("Unadjusted, spend of offer: +")),
        "{:?}",
        asked.notes
    );
    assert!(plain.notes.iter().any(|note| note.starts_with("With CUPED on before: ")), "{:?}", plain.notes);
    assert!(plain.notes[0].starts_with("Values were given per unit by an import"), "{:?}", plain.notes);
}

#[test]
fn weights_say_what_split_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    fixture(folder.path(), "none");
    let import = format!("{IMPORT} --weights none=0.9,offer=0.1");
    assert_eq!(segue(folder.path(), &words(&import)).status.code(), Some(0));
    let broken = segue(folder.path(), &words("experiment analyze offer"));
    assert_eq!(broken.status.code(), Some(1));
    let text = said(&broken);
    assert!(text.starts_with("Nothing here can be believed."), "{text}");
    assert!(text.contains("The arms are not the sizes they should be: a fair assignment gives a split this uneven less than once in a million times."), "{text}");
    assert!(
        text.contains("withheld: the arms are not the sizes they should be (sample ratio p < 1e-9)"),
        "{text}"
    );
    let corrected = segue(folder.path(), &words("experiment analyze offer --weights none=1,offer=1 --json"));
    close(&json(&corrected)["srm_p"], &Value::from(1.0), "srm");
    let store = Store::open_read_only(&folder.path().join("shop.db")).unwrap();
    let screen = experiment::experiments(&store, Vec::new()).unwrap();
    assert_eq!(screen.rows[0].health[0].state, HealthState::Broken);
    let metric = &screen.rows[0].metrics[0];
    assert_eq!(
        (metric.control, metric.comparisons[0].mean),
        (None, None),
        "no number where nothing can be compared"
    );
}

#[test]
fn units_of_two_arms_are_excluded_and_units_without_a_value_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "id,arm,buys,spend\n".to_owned();
    for unit in 0..40 {
        let arm = if unit % 2 == 0 { "off" } else { "on" };
        let spend = if unit == 7 { String::new() } else { (unit % 5).to_string() };
        writeln!(text, "{unit},{arm},{},{spend}", unit % 3 / 2).unwrap();
    }
    text.push_str("3,off,1,4\n4,off,1,4\n");
    std::fs::write(folder.path().join("t.csv"), text).unwrap();
    let import = "import t.csv --as experiment --name t --variant arm --control off --unit id --metric buys:proportion --metric spend:mean";
    let imported = segue(folder.path(), &words(import));
    assert_eq!(imported.status.code(), Some(1), "one row repeats a unit of its own arm");
    assert!(said(&imported).contains(
        "    t.csv:43, column id: the unit `4` has a row already\n      help: keep one row per unit\n"
    ));
    let output = segue(folder.path(), &words("experiment analyze t --json"));
    let analysis = json(&output);
    assert_eq!(analysis["units_excluded"], 1);
    let n = |metric: usize| {
        let arms = analysis["metrics"][metric]["arms"].as_array().unwrap();
        arms.iter().map(|arm| arm["n"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((n(0), n(1)), (vec![20, 19], vec![20, 18]));
    let text = said(&segue(folder.path(), &words("experiment analyze t")));
    for line in [
        "  mind    two arms      1 unit was seen in two arms and left out of every metric.",
        "  mind    values        spend of 1 unit is not known: they are left out of it, not counted as zero.",
        "  mind    rejected      1 row was rejected at import and left out of every number.",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// What is said of a file, with these columns, and that no workspace is left behind.
#[track_caller]
fn refused(text: &str, columns: &str, message: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), text).unwrap();
    let output = segue(folder.path(), &words(&format!("import t.csv --as experiment --name t {columns}")));
    assert_eq!(
        (output.status.code(), complained(&output)),
        (Some(2), format!("segue: {message}\n")),
        "{text}"
    );
    assert!(!folder.path().join("shop.db").exists(), "{message}");
}

#[test]
fn files_that_say_nothing_are_refused_with_what_to_do() {
    const COLUMNS: &str = "--variant arm --control off --metric buys:proportion --metric spend:mean";
    const GOOD: &str = "id,arm,buys,spend\n1,off,0,0\n2,on,1,5.5\n3,off,1,2\n";
    refused("", COLUMNS, "t.csv: is empty\n  help: export it again");
    refused("id,arm,buys,spend\n", COLUMNS, "t.csv: holds a header and no row\n  help: export it again");
    refused(
        GOOD,
        "--variant arms --control off --metric buys:proportion",
        "t.csv: the file has no column `arms`, which --variant names\n  help: did you mean `arm`?",
    );
    refused(
        GOOD,
        "--variant group --control off --metric buys:proportion",
        "t.csv: the file has no column `group`, which --variant names\n  help: the columns are: id, arm, buys, spend",
    );
    refused(
        GOOD,
        "--variant arm --control off --metric bys:mean",
        "t.csv: the file has no column `bys`, which --metric names\n  help: did you mean `buys`?",
    );
    refused(
        GOOD,
        "--variant arm --control none --metric buys:proportion",
        "t.csv, column arm: no row is in the control arm `none`\n  help: the arms are: `off`, `on`",
    );
    refused(
        "id,arm,buys,spend\n1,off,0,cheap\n2,on,1,dear\n",
        COLUMNS,
        "t.csv, column spend: the column holds no number but `cheap`, `dear`\n  help: name a column of numbers",
    );
    refused(
        "id,arm,buys,spend\n1,off,a,1\n2,on,b,2\n",
        COLUMNS,
        "t.csv, column buys: the column holds neither yes nor no but `a`, `b`\n  help: a proportion is 0 or 1, true or false, yes or no for each unit",
    );
    refused(
        "id,arm,buys,spend\n1,off,0,1\n2,off,1,2\n",
        COLUMNS,
        "t.csv, column arm: every row is in the arm `off`, so there is nothing to compare\n  help: name the column of the arm with --variant",
    );
    refused(
        "id,arm,buys,spend\n1,off,0,\"1,234\"\n2,on,1,\"2,345\"\n",
        COLUMNS,
        "t.csv, column spend: every number could be read with a decimal comma or with a thousands comma\n  help: write one of them with its decimals, such as 1234.00, to make it clear",
    );
    refused(
        GOOD,
        &format!("{COLUMNS} --covariate spend"),
        "the column `spend` is named twice\n  help: a column is one metric or one covariate, which must be known before the experiment",
    );
    refused(
        GOOD,
        "--variant arm --control off",
        "no metric was named\n  help: name one: --metric COLUMN:proportion or --metric COLUMN:mean",
    );
    refused(
        GOOD,
        &format!("{COLUMNS} --weights off=0.9"),
        "t.csv: the arm `on` has no weight\n  help: give one to every arm; 0 is that of an arm nobody should be in",
    );
    refused(
        "id,arm,buys\n1,off,0.123456\n2,on,0.654321\n",
        "--variant arm --control off --metric buys:mean",
        "t.csv: no row can be taken (2 rejected; the first: `0.123456` has more than four decimal places)\n  help: column buys: round the column to four places with ROUND in a spreadsheet or in SQL and export it again",
    );
    refused(
        "{\"type\":\"track\",\"event\":\"x\",\"userId\":\"1\"}\n",
        COLUMNS,
        "t.csv: holds messages, not one row per unit\n  help: export a CSV with one row per unit",
    );
}

#[test]
fn rows_that_do_not_fit_are_rejected_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "id,arm,buys,spend\n1,off,0,0\n2,on,2,5.5\n3,off,1,dear\n4,on,1,1.23456\n5,,1,2\n6,on\n,on,1,1\n7,on,0,1\n1,off,0,0\n8,on,,\n9,off,1,999999999999999999\n";
    std::fs::write(folder.path().join("t.csv"), rows).unwrap();
    let import = "import t.csv --as experiment --name t --variant arm --control off --unit id --metric buys:proportion --metric spend:mean";
    let output = segue(folder.path(), &[words(import), vec!["--json"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", complained(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let report = &report["files"][0];
    assert_eq!((&report["rows"], &report["rejected"]), (&Value::from(11), &Value::from(8)));
    let rejects = std::fs::read_to_string(folder.path().join("t.csv.rejects.csv")).unwrap();
    let reasons: Vec<&str> = rejects.lines().skip(1).collect();
    let want = [
        "3,buys,`2` is neither yes nor no,\"write 0 or 1, or name the metric COLUMN:mean\",2,on,2,5.5",
        "4,spend,`dear` is no number,\"write a number such as 12.50, or nothing where it is not known\",3,off,1,dear",
        "5,spend,`1.23456` has more than four decimal places,round the column to four places with ROUND in a spreadsheet or in SQL and export it again,4,on,1,1.23456",
        "6,arm,the row does not say its arm,fill the cell,5,,1,2",
        "7,,2 fields where the header has 4,complete the row,6,on",
        "8,id,the row does not say its unit,fill the cell,,on,1,1",
        "10,id,the unit `1` has a row already,keep one row per unit,1,off,0,0",
        "12,spend,\"`999999999999999999` is beyond ±922,337,203,685,477.5807\",correct it,9,off,1,999999999999999999",
    ];
    assert_eq!(reasons, want);
}

#[test]
fn names_nobody_knows_are_answered_with_those_there_are() {
    let folder = tempfile::tempdir().unwrap();
    fixture(folder.path(), "none");
    segue(folder.path(), &words(IMPORT));
    let complaint = |text: &str| {
        let output = segue(folder.path(), &words(text));
        assert_eq!(output.status.code(), Some(2), "{text}");
        complained(&output)
    };
    assert_eq!(
        complaint("experiment analyze ofer"),
        "segue: there is no experiment `ofer`\n  help: did you mean `offer`? there are: `offer`\n"
    );
    assert_eq!(
        complaint("experiment analyze offer --weights none=1"),
        "segue: the arm `offer` has no weight\n  help: give one to every arm; 0 is that of an arm nobody should be in\n"
    );
    assert!(
        complaint("experiment analyze offer --alpha 0.7")
            .contains("alpha lies between 0 and 0.5, usually 0.05")
    );
    segue(folder.path(), &words("batch revert 1"));
    assert_eq!(
        complaint("experiment analyze offer"),
        "segue: there is no experiment `offer`\n  help: none was imported yet; begin with `segue import F.csv --as experiment`\n"
    );
    assert_eq!(
        said(&segue(folder.path(), &words("experiment list"))),
        "no experiment yet; begin with `segue import F.csv --as experiment`\n"
    );
}

#[test]
fn the_screen_shows_what_runs_and_what_was_imported() {
    let folder = tempfile::tempdir().unwrap();
    fixture(folder.path(), "none");
    segue(folder.path(), &words(IMPORT));
    let store = Store::open_read_only(&folder.path().join("shop.db")).unwrap();
    // What an import defined is no design, and keeps no run from beginning.
    let mut definitions = sample::definitions().unwrap();
    let imported = store.definitions(Kind::Experiment).unwrap();
    assert_eq!(imported.len(), 1);
    definitions.extend(imported.into_iter().map(|stored| stored.definition));
    let plan =
        Plan { workspace: "shop".to_owned(), definitions, seed: Seed(7), people: Some(1_500), threads: 1 };
    let mut run = Prepared::new(plan, segue::work::observed::Observed::nobody()).unwrap().begin();
    run.advance(run.world().join);
    let screen = experiment::experiments(&store, run.experiments()).unwrap();
    assert_eq!(screen.sentence, "1 is running and 1 was imported");
    assert_eq!(screen.rows[0].state, "running, day 6 of 14");
    assert_eq!(screen.rows[0].metrics.len(), 3);
    let mut console = Headless::new(&Options::plain("shop", Arc::new(run.panels())), 120, 36);
    console.update(Update::Experiments(Arc::new(screen)));
    console.keys("6");
    let running = console.screen();
    for line in [
        "│ 1 is running and 1 was imported",
        "│ … keep running   bundle: no effect on orders is shown, nothing can be told of revenue and unsubscribes",
        "│ ✔ sample ratio   The arms are the sizes they should be. (p = ",
        "withheld: fewer than 100 non-zero values per arm (",
        "can't tell yet",
    ] {
        assert!(running.contains(line), "{line}\n{running}");
    }
    console.keys("down");
    for (columns, rows, relative) in [(120, 36, "▲ +50 % [+28 … +75]"), (80, 24, "▲ +50 % [+28 … +75]")]
    {
        console.resize(columns, rows);
        let imported = console.screen();
        for line in ["– no advice      offer raises bought by 10.00 points (+50 %)", "★ bought", relative]
        {
            assert!(imported.contains(line), "{line}\n{imported}");
        }
    }
}
