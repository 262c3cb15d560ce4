//! The statistics keep their own error rates: a small grid of what `segue experiment validate` plays.

use segue::experiment::calibrate::{Account, Cell, Outcome, Settings, Tally, Verdict, grid, play};
use segue::work::Cancel;
use segue::work::calibrate::validate;

fn cell(outcome: Outcome, rate: f64, treatment: f64) -> Cell {
    Cell { outcome, rate, treatment }
}

#[test]
fn what_is_shown_keeps_its_level_and_peeking_does_not() {
    let settings = Settings::new(600, 7);
    let report = validate(&settings, 2, &Cancel::default()).unwrap().unwrap();
    assert_eq!(report.cells.len(), 16);
    for account in &report.cells {
        assert_ne!(account.verdict, Verdict::Fails, "{account:?}");
    }
    assert!(report.holds, "{:?} {:?} {:?}", report.power, report.cuped, report.coverage);
    assert_eq!(report.coverage.len(), 13);
    let shown: Vec<&Account> =
        report.cells.iter().filter(|account| account.seen.always.shown > 500).collect();
    assert!(shown.len() >= 8, "the always-valid reading is shown in enough cells");
    for account in shown {
        assert!(account.width.is_some_and(|width| (1.3..1.7).contains(&width)), "{account:?}");
    }
    let peeked =
        report.cells.iter().find(|account| account.cell == cell(Outcome::Binary, 0.05, 0.5)).unwrap();
    assert!(peeked.seen.peeking.rate().unwrap() > 0.2, "{:?}", peeked.seen.peeking);
    assert!(!peeked.seen.peeking.keeps(0.05));
    // Both tails are looked at: neither holds all misses of a symmetric case.
    assert!(peeked.seen.fixed.low > 0 && peeked.seen.fixed.high > 0);
}

#[test]
fn any_number_of_threads_gives_the_same_figures() {
    let settings = Settings { people: 2000, looks: 20, ..Settings::new(700, 3) };
    let json = |threads| {
        let report = validate(&settings, threads, &Cancel::default()).unwrap().unwrap();
        serde_json::to_string(&report).unwrap()
    };
    assert_eq!(json(1), json(3));
    let cancelled = Cancel::default();
    cancelled.cancel();
    assert!(validate(&settings, 2, &cancelled).unwrap().is_none());
}

#[test]
fn parts_add_up_however_they_are_cut() {
    let settings = Settings { people: 2000, looks: 20, ..Settings::new(40, 5) };
    for cell in grid() {
        let whole = play(&cell, &settings, 0..40);
        let parts = play(&cell, &settings, 0..13).merge(play(&cell, &settings, 13..40));
        assert_eq!(whole, parts);
    }
}

/// An engine that never rejects keeps every level, and an engine that always does keeps none: both must fail.
#[test]
fn an_engine_that_never_rejects_fails_by_its_width() {
    let settings = Settings::new(100, 1);
    let cell = cell(Outcome::Binary, 0.05, 0.5);
    let honest = play(&cell, &settings, 0..100);
    assert_eq!(Account::of(cell, &settings, honest.clone()).verdict, Verdict::Holds);
    let mute = Tally { widths: honest.widths.iter().map(|width| width * 2.0).collect(), ..honest.clone() };
    assert_eq!(Account::of(cell, &settings, mute).verdict, Verdict::Fails);
    let mut eager = honest;
    eager.seen.always.either = eager.seen.always.shown;
    assert_eq!(Account::of(cell, &settings, eager).verdict, Verdict::Fails);
    assert_eq!(Account::of(cell, &settings, Tally::default()).verdict, Verdict::NothingShown);
}
