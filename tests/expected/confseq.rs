//! confseq 0.0.11: the normal mixture, which gbstats' sequential engine is.

use segue::stats::{Tail, sequential};

use crate::reference::{Listed, cases, close, count, id, number};

const DIFFERENT: &[(&str, &str)] = &[
    (
        "normal_mixture_one_sided",
        "confseq mixes over half a normal exactly; Segue has gbstats' bound (equation 134)",
    ),
    ("normal_one_sided", "the same one-sided mixture"),
    ("poly_stitching_c0", "another boundary than the one declared"),
    ("gamma_exponential_c1", "another boundary than the one declared"),
    ("beta_binomial_two_sided_g03_h07", "another boundary than the one declared"),
    ("ci", "a nonasymptotic sequence for one Bernoulli share, not for a difference"),
    ("conjmix_hoeffding", "a sequence for one bounded mean, not for a difference"),
    ("conjmix_empbern", "a sequence for one bounded mean, not for a difference"),
    ("predmix_empbern", "a sequence for one bounded mean, not for a difference"),
    ("predmix_hoeffding", "a sequence for one bounded mean, not for a difference"),
    ("betting_cs_default_grid1000", "a sequence for one bounded mean, not for a difference"),
];

#[test]
fn the_normal_mixture() {
    let (mut listed, mut compared) = (Listed::new(DIFFERENT), 0);
    let cases = cases("confseq/confidence_sequences.json");
    for case in &cases {
        let (input, what) = (&case["input"], id(case));
        for (key, want) in case["expected"].as_object().unwrap() {
            match key.as_str() {
                "normal_mixture_two_sided" => {
                    // The boundary is on the sum, in units of its intrinsic time v.
                    let v = number(&input["v"]);
                    let width = sequential::half_width_at(
                        v,
                        number(&input["alpha"]),
                        number(&input["v_opt"]),
                        Tail::Two,
                    );
                    close(width * v.sqrt(), number(want), what);
                }
                "normal_two_sided" => {
                    // The logarithm of the mixture's e-value, whose inverse is the p-value.
                    let (s, v) = (number(&input["s"]), number(&input["v"]));
                    let (alpha, tuning) = (number(&input["alpha_opt"]), number(&input["v_opt"]));
                    let p = sequential::p_value(s / v.sqrt(), v as u64, alpha, tuning, Tail::Two);
                    close(-p.ln(), number(want), what);
                }
                "asymptotic_cs" => {
                    let (alpha, tuning) = (number(&input["alpha"]), number(&input["t_opt"]));
                    for (look, at) in want["at"].as_array().unwrap().iter().enumerate() {
                        let (n, sd) = (count(at), number(&want["sd_ddof0"][look]));
                        let half =
                            sequential::half_width(n, alpha, tuning, Tail::Two) * sd / (n as f64).sqrt();
                        close(number(&want["mean"][look]) - half, number(&want["lower"][look]), what);
                        close(number(&want["mean"][look]) + half, number(&want["upper"][look]), what);
                    }
                }
                other => {
                    assert!(listed.holds(other), "{what}: {other} is neither compared nor listed");
                    continue;
                }
            }
            compared += 1;
        }
    }
    if !cases.is_empty() {
        assert_eq!(compared, 18 + 2 + 6);
        listed.done();
    }
}
