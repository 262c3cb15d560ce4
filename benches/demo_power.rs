//! The sample test's power and truth over many seeds: `cargo bench --bench demo_power -- [SEEDS]` (200 by default).
//! A seed counts as a win if the always-valid interval excluded zero at some look by the end of day 10.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use segue::model::{Seed, Span};
use segue::work::observed::Observed;
use segue::work::run::{Plan, Prepared};
use segue::work::sample;

fn main() {
    let seeds: u64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(200);
    let (mut wins, mut by_six, mut truths, mut covered, mut looks) = (0, 0, Vec::new(), 0, 0);
    for seed in 1..=seeds {
        let plan = Plan {
            workspace: "demo shop".to_owned(),
            definitions: sample::definitions().unwrap(),
            seed: Seed(seed),
            people: None,
            threads: 2,
        };
        let prepared = Prepared::new(plan, Observed::nobody()).unwrap();
        let truth = if seed <= 20 { prepared.truth().and_then(|truth| truth.relative()) } else { None };
        let mut run = prepared.begin();
        let start = run.traffic().setup().library.experiments()[0].start.unwrap();
        run.advance(start + Span::days(10));
        let panel = run.panels().uplift;
        wins += u64::from(panel.trend.iter().any(|point| point.low > 0.0));
        by_six += u64::from(panel.trend.iter().any(|point| point.day < 6.0 && point.low > 0.0));
        if let Some(truth) = truth {
            truths.push(truth);
            looks += 1;
            covered += u64::from(panel.trend.iter().all(|p| p.low <= truth && truth <= p.high));
        }
        if seed == 1 {
            println!(
                "seed 1: control {:?} treatment {:?} exposed {}",
                panel.control, panel.treatment, panel.exposed
            );
        }
    }
    let mean = truths.iter().sum::<f64>() / truths.len() as f64;
    let share = wins as f64 / seeds as f64;
    println!(
        "power by day 10: {:.1} % of {seeds} seeds (by day 6: {:.1} %)",
        share * 100.0,
        by_six as f64 / seeds as f64 * 100.0
    );
    println!(
        "truth: mean {:+.1} % over {} seeds; inside the band at every look in {covered} of {looks}",
        mean * 100.0,
        truths.len()
    );
}
