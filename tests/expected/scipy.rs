//! SciPy 1.17.1: goodness of fit of a split, and two shares under Beta priors by quadrature.

use segue::experiment::calc::Question;
use segue::stats::beta::{self, Beta};
use serde_json::json;

use crate::reference::{Listed, ask, cases, close, close_p, count, id, number, within};

const DIFFERENT: &[(&str, &str)] = &[
    ("g", "the likelihood-ratio form of the same test; GrowthBook and Segue use Pearson's"),
    ("g_p_value", "the likelihood-ratio form of the same test"),
];

#[test]
fn sample_ratios() {
    let mut listed = Listed::new(DIFFERENT);
    let cases = cases("scipy/srm_chisquare.json");
    for case in &cases {
        let (input, what) = (&case["input"], id(case));
        let got =
            ask(Question::SampleRatio, &json!({"counts": input["observed"], "weights": input["weights"]}));
        for (key, want) in case["expected"].as_object().unwrap() {
            match key.as_str() {
                "chi2" => close(number(&got["chi_square"]), number(want), what),
                "p_value" => close_p(number(&got["p"]), number(want), what),
                "binom_exact_p" => close_p(number(&got["p_exact"]), number(want), what),
                "df" => assert_eq!(count(want) as usize, input["observed"].as_array().unwrap().len() - 1),
                other => assert!(listed.holds(other), "{what}: {other} is neither compared nor listed"),
            }
        }
    }
    if !cases.is_empty() {
        listed.done();
    }
}

/// SciPy's quadrature leaves up to 1e-11 of rounding, below which even a loss may be negative there.
#[test]
fn two_shares_under_beta_priors() {
    for case in cases("scipy/beta_binomial.json") {
        let input = &case["input"];
        let arm = |x: &str, n: &str| (count(&input[x]), count(&input[n]));
        for (name, want) in case["expected"].as_object().unwrap() {
            let what = format!("{} {name}", id(&case));
            let prior = &input["priors"][name];
            let prior = Beta { successes: number(&prior[0]), failures: number(&prior[1]) };
            let found =
                beta::shares(arm("x_control", "n_control"), arm("x_treatment", "n_treatment"), prior, 0.05)
                    .unwrap();
            close(found.chance_to_win, number(&want["chance_treatment_better"]), &what);
            within(found.risk_treatment, number(&want["expected_loss_choose_treatment"]), 1e-6, 1e-9, &what);
            within(found.risk_control, number(&want["expected_loss_choose_control"]), 1e-6, 1e-9, &what);
            for (got, want) in
                [(found.control, &want["ci95_control"]), (found.treatment, &want["ci95_treatment"])]
            {
                close(got.0, number(&want[0]), &what);
                close(got.1, number(&want[1]), &what);
            }
            assert_eq!(want.as_object().unwrap().len(), 5, "{what}: a key is not compared");
        }
    }
}
