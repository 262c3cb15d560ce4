//! What a small shop is told.

use super::*;

fn did(people: u64, did: u64) -> Did {
    Did { people, did }
}

/// 800 customers and three exports.
fn small_shop() -> Basis {
    let milestone =
        |event: &str, visitors, reachable| Milestone { event: event.to_owned(), visitors, reachable };
    Basis {
        people: 800,
        reachable: 520,
        weeks: 13,
        reach: Reach { known: 800, by_week: vec![60, 110, 150, 185, 215, 240] },
        milestones: vec![
            milestone("Order Completed", did(660, 53), did(3_120, 60)),
            milestone("Product Added", did(660, 160), did(3_120, 170)),
            milestone("Product Viewed", did(660, 500), did(3_120, 540)),
        ],
        revenue: [Some((4.2, 19.0)), Some((1.1, 9.0))],
        foretold: Some(0.5),
        parts: vec![Part { segment: "VIP".to_owned(), reachable: 40, ordered: did(240, 20) }],
        moments: vec![
            Moment { name: "purchase".to_owned(), answers: 22, satisfied: 18, weeks: 10 },
            Moment { name: "support".to_owned(), answers: 90, satisfied: 63, weeks: 10 },
        ],
    }
}

fn row<'a>(answers: &'a Answers, id: &str) -> &'a Question {
    answers.rows.iter().find(|row| row.id == id).unwrap()
}

#[test]
fn a_small_shop_is_told_what_it_cannot_see_and_what_would_help() {
    let answers = Answers::of("shop", Time(0), &small_shop());
    let orders = row(&answers, "visitors-order");
    assert!(orders.detectable.unwrap() > 1.0, "{orders:?}");
    assert!(orders.sentence.contains("only if it changes by"), "{}", orders.sentence);
    assert!(orders.helps[0].detectable.unwrap() < 0.25 && orders.helps[0].what.contains("Product Viewed"));
    let send = row(&answers, "send-or-hold-back");
    let pooled = send.helps.iter().find(|help| help.what.contains("pool 12")).unwrap();
    assert!(pooled.detectable.unwrap() < send.detectable.unwrap());
    let spend = row(&answers, "visitors-spend");
    assert!(spend.helps[0].detectable.unwrap() < spend.detectable.unwrap(), "adjusting helps");
}

#[test]
fn what_rests_on_too_little_is_withheld() {
    let answers = Answers::of("shop", Time(0), &small_shop());
    let vip = row(&answers, "segment:VIP");
    assert_eq!(vip.withheld.as_ref().unwrap().code, "too-few");
    assert_eq!((vip.detectable, vip.sentence.starts_with("Nothing can be said")), (None, true));
    assert_eq!(
        row(&answers, "csat:purchase").withheld.as_ref().unwrap().reason,
        "fewer than 30 answers (22 so far)"
    );
    let support = row(&answers, "csat:support");
    assert!(support.detectable.unwrap() > 0.1 && support.baseline == Some(0.7));
    let empty = Answers::of("empty", Time(0), &Basis::default());
    assert!(empty.rows.iter().all(|row| row.withheld.is_some() && row.detectable.is_none()));
    assert!(empty.sentence.contains("none of 4 questions"), "{}", empty.sentence);
}

#[test]
fn more_people_never_see_less() {
    let small = small_shop();
    let mut large = small.clone();
    large.reach.by_week.iter_mut().for_each(|people| *people *= 100);
    large.reachable *= 100;
    let of = |basis: &Basis, id| row(&Answers::of("", Time(0), basis), id).detectable.unwrap();
    for id in ["visitors-order", "visitors-spend", "send-or-hold-back"] {
        assert!(of(&large, id) < of(&small, id), "{id}");
    }
    assert!(row(&Answers::of("", Time(0), &large), "visitors-order").weeks.is_some());
}
