//! Who wins a placement: ranking, tests, promises.

use segue::contact::policy::Ranking;
use segue::decide::{self, Candidate, Context, GateNote};
use segue::model::definition::{Definition, Kind};
use segue::model::{Seed, Span};
use segue::rule::{OpenCatalog, Point};
use segue::traffic::compile;
use segue::traffic::profile::Exposure;

use crate::shop::{NOW, Shop, context, days, experiment, message, person, policy};

fn hero(name: &str, more: &str) -> Definition {
    message(name, "web", "onsite", &format!("placements = [\"home\"]\n{more}"))
}

fn ranked(ranking: &str) -> Definition {
    policy(&format!("[[placement]]\nname = \"home\"\nranking = \"{ranking}\"\n[pressure]\nprice = 1.0\n"))
}

#[test]
fn a_split_divides_people_by_shares_and_says_how_likely_it_was() {
    let shop =
        Shop::new(&[hero("a", "share = 3"), hero("b", ""), hero("none", "share = 0"), ranked("split")]);
    let mut shown = [0; 2];
    for unit in 0..4_000 {
        let decision = shop.place(&person(unit), "home", &Context::default(), NOW).shown.unwrap();
        let first = decision.content == shop.content("a");
        assert!((decision.propensity - if first { 0.75 } else { 0.25 }).abs() < 1e-12);
        assert_ne!(decision.content, shop.content("none"));
        shown[usize::from(first)] += 1;
    }
    assert!((2_900..3_100).contains(&shown[1]), "{shown:?}");
    let mut nobody = person(1);
    nobody.identities.clear();
    assert_eq!(shop.shows(&nobody, "home"), Some("a"), "without anything to hash, by priority and name");
}

#[test]
fn value_is_chance_times_worth_times_context_less_the_price_of_pressure() {
    let mail = |name: &str, more: &str| {
        message(name, "email", "marketing", &format!("placements = [\"home\"]\n{more}"))
    };
    let shop = Shop::new(&[
        mail("big", "worth = 100\nchance = 0.02"),
        mail("small", "worth = 10\nchance = 0.15\n[[boost]]\nif = 'context.weather = \"rain\"'\nby = 2"),
        ranked("value"),
    ]);
    let mut anne = person(1);
    assert_eq!(shop.shows(&anne, "home"), Some("big"), "2.0 before 1.5, each less 1");
    assert_eq!(
        shop.shows_in(&anne, "home", &context(&[("weather", "rain")])),
        Some("small"),
        "3.0 before 2.0"
    );
    anne.sends = shop.sent(&[("big", Span::HOUR), ("big", Span::hours(2))]);
    assert_eq!(shop.shows(&anne, "home"), None, "under pressure nothing is worth what it costs");
}

fn arms(more: &str) -> Shop {
    Shop::new(&[
        hero("a", "priority = 1\nexperiment = \"look\"\nvariant = \"A\""),
        hero("b", "priority = 1\nexperiment = \"look\"\nvariant = \"B\""),
        hero("top", "priority = 9\nonly_if = 'country = \"DE\"'"),
        experiment(&format!(
            "name = \"look\"\n{more}\n[[variants]]\nname = \"A\"\n[[variants]]\nname = \"B\""
        )),
    ])
}

#[test]
fn an_arm_is_shown_to_its_own_and_counts_when_the_arms_differ() {
    let shop = arms("");
    for unit in 0..200 {
        let mut anne = person(unit);
        let decision = shop.place(&anne, "home", &Context::default(), NOW);
        let (shown, exposed) = (decision.shown.unwrap(), decision.exposures().next().unwrap());
        let design = &shop.0.library.experiments()[0];
        let assigned = design.assign(&anne.identities[0].value).unwrap().variant as u8;
        assert_eq!((exposed.variant, shown.variant), (assigned, Some((0, assigned))));
        assert_eq!(shown.content, shop.content(if assigned == 0 { "a" } else { "b" }));
        assert!((shown.propensity - 0.5).abs() < 1e-12 && (exposed.propensity - 0.5).abs() < 1e-12);
        // Somebody who would see the same in either arm tells nothing about them.
        anne.traits = vec![("country".into(), "DE".into())];
        let decision = shop.place(&anne, "home", &Context::default(), NOW);
        assert_eq!(decision.shown.unwrap().content, shop.content("top"));
        assert_eq!(decision.exposures().count(), 0);
    }
}

#[test]
fn who_is_outside_the_test_sees_none_of_its_arms() {
    let shop = arms("coverage = 0.5");
    let shown = (0..400).filter(|unit| shop.shows(&person(*unit), "home").is_some()).count();
    assert!((160..240).contains(&shown), "{shown}");
}

#[test]
fn who_a_test_is_not_for_gets_the_default_and_counts_nowhere() {
    for targeting in ["rule = 'country = \"DE\"'", "segment = \"Germans\""] {
        let shop = Shop::new(&[
            hero("usual", ""),
            hero("a", "priority = 5\nexperiment = \"look\"\nvariant = \"A\""),
            hero("b", "priority = 5\nexperiment = \"look\"\nvariant = \"B\""),
            crate::shop::definition(Kind::Segment, "name = \"Germans\"\nrule = 'country = \"DE\"'"),
            experiment(&format!(
                "name = \"look\"\ntargeting = {{ {targeting} }}\n[[variants]]\nname = \"A\"\n[[variants]]\nname = \"B\""
            )),
        ]);
        for unit in 0..40 {
            let mut anne = person(unit);
            let outside = shop.place(&anne, "home", &Context::default(), NOW);
            assert_eq!(outside.shown.unwrap().content, shop.content("usual"));
            assert_eq!((outside.exposures().count(), outside.shown.unwrap().variant), (0, None));
            anne.traits = vec![("country".into(), "DE".into())];
            let inside = shop.place(&anne, "home", &Context::default(), NOW);
            assert_ne!(inside.shown.unwrap().content, shop.content("usual"));
            assert_eq!(inside.exposures().count(), 1);
            // Who was taken in stays in, and in the same arm.
            let Some(exposed) = inside.exposures().next() else { panic!("not counted") };
            anne.traits.clear();
            anne.expose(Exposure { experiment: 0, variant: exposed.variant, at: NOW, propensity: 0.5 });
            assert_eq!(shop.place(&anne, "home", &Context::default(), NOW).shown, inside.shown);
        }
        let mut notes = Vec::<GateNote>::new();
        let anne = person(1);
        let point = Point::after(NOW);
        decide::placement(&shop.0.library, "home", &shop.view(&anne), point, &mut notes);
        let told =
            notes.iter().any(|note| !note.passed && note.detail.contains("“look” is for those of whom"));
        assert!(told, "{notes:?}");
    }
}

#[test]
fn a_test_for_a_segment_there_is_not_is_refused_with_its_place() {
    let definitions = [
        hero("a", "experiment = \"look\""),
        experiment(
            "name = \"look\"\ntargeting = { segment = \"Germnas\" }\n[[variants]]\nname = \"A\"\n[[variants]]\nname = \"B\"",
        ),
        crate::shop::definition(Kind::Segment, "name = \"Germans\"\nrule = 'country = \"DE\"'"),
    ];
    let problems = compile(&definitions, &OpenCatalog, Seed(0)).unwrap_err();
    let told = problems
        .iter()
        .find(|problem| problem.place.file.as_deref() == Some("the targeting of experiment “look”"));
    assert!(told.is_some_and(|problem| problem.to_string().contains("Germans")), "{problems:?}");
}

#[test]
fn control_that_sees_nothing_counts_like_treatment() {
    let shop = Shop::new(&[
        hero("b", "experiment = \"look\"\nvariant = \"B\""),
        experiment("name = \"look\"\n[[variants]]\nname = \"A\"\n[[variants]]\nname = \"B\""),
    ]);
    let decisions = (0..100).map(|unit| shop.place(&person(unit), "home", &Context::default(), NOW));
    let (mut blank, mut all) = (0, 0);
    for decision in decisions {
        all += decision.exposures().count();
        blank += usize::from(decision.shown.is_none());
    }
    assert!(all == 100 && (30..70).contains(&blank), "{all} {blank}");
}

#[test]
fn an_experience_may_differ_by_variant_itself_and_a_variant_once_given_is_kept() {
    let shop = Shop::new(&[
        hero("a", "experiment = \"look\""),
        experiment("name = \"look\"\n[[variants]]\nname = \"A\"\n[[variants]]\nname = \"B\""),
    ]);
    let mut anne = person(1);
    let first = shop.place(&anne, "home", &Context::default(), NOW);
    let exposed = first.exposures().next().unwrap();
    assert_eq!(first.shown.unwrap().variant, Some((0, exposed.variant)));
    let other = 1 - exposed.variant;
    anne.expose(Exposure { experiment: 0, variant: other, at: NOW, propensity: 0.5 });
    let again = shop.place(&anne, "home", &Context::default(), NOW).shown.unwrap();
    assert_eq!(again.variant, Some((0, other)));
    anne.identities.clear();
    let nameless = shop.place(&anne, "home", &Context::default(), NOW).shown.unwrap();
    assert_eq!(nameless.variant, Some((0, other)), "whatever became of the identity it was drawn by");
}

fn offers() -> Shop {
    let choice = |is: &str| format!("[choice]\nof = \"welcome\"\nis = \"{is}\"\nlasts = \"14d\"");
    Shop::new(&[
        hero("hero-ten", &format!("priority = 1\n{}", choice("ten percent"))),
        hero("hero-free", &format!("priority = 2\n{}", choice("free delivery"))),
        message("mail-ten", "email", "marketing", &choice("ten percent")),
        message("mail-free", "email", "marketing", &choice("free delivery")),
        message("mail-news", "email", "marketing", ""),
    ])
}

#[test]
fn what_is_promised_at_one_place_holds_at_every_other_until_it_expires() {
    let (shop, mut anne) = (offers(), person(1));
    assert_eq!(shop.shows(&anne, "home"), Some("hero-free"));
    let ten = shop.0.library.contents[shop.content("mail-ten") as usize].choice().unwrap();
    let free = shop.0.library.contents[shop.content("mail-free") as usize].choice().unwrap();
    anne.promise(ten, NOW);
    anne.promise(free, NOW + days(1.0));
    assert_eq!(shop.shows(&anne, "home"), Some("hero-ten"), "the mail said ten percent");
    for (name, before, after) in
        [("mail-ten", true, true), ("mail-free", false, true), ("mail-news", true, true)]
    {
        assert_eq!(shop.goes(&anne, name, NOW + days(14.0) + Span(-1)), before, "{name}");
        assert_eq!(shop.goes(&anne, name, NOW + days(14.0)), after, "{name} after it expired");
    }
    anne.promise(free, NOW + days(14.0));
    assert!(!shop.goes(&anne, "mail-ten", NOW + days(15.0)));
}

#[test]
fn journeys_and_experiences_compete_and_their_order_does_not_matter() {
    let (shop, anne) = (offers(), person(1));
    let mut library = shop.0.library.clone();
    library.journeys = vec!["cart".to_owned(), "birthday".to_owned()];
    let candidate =
        |name: &str, journey, priority| Candidate { content: shop.content(name), journey, priority };
    let mut all = [
        candidate("hero-ten", None, 1),
        candidate("hero-free", Some(0), 7),
        candidate("hero-free", Some(1), 7),
        candidate("mail-news", None, 3),
    ];
    for _ in 0..all.len() {
        all.rotate_left(1);
        let (view, mut notes) = (shop.view(&anne), Vec::<GateNote>::new());
        let point = Point::after(NOW);
        let decision = decide::arbitrate(&library, "home", &all, Ranking::Priority, &view, point, &mut notes);
        let shown = decision.shown.unwrap();
        assert_eq!(
            (shown.content, shown.journey),
            (shop.content("hero-free"), Some(1)),
            "birthday before cart"
        );
        let first: Vec<&GateNote> = notes.iter().filter(|note| note.detail.ends_with("goes first")).collect();
        assert!(first.len() == 1 && first[0].detail.contains("of “birthday”"), "{first:?}");
    }
}

#[test]
fn a_holdout_is_kept_from_everything_but_service_and_surveys() {
    let shop = Shop::new(&[
        hero("hero", ""),
        message("offer", "email", "marketing", ""),
        message("receipt", "email", "service", ""),
        policy("[holdout]\nname = \"global\"\nshare = 0.2\n"),
    ]);
    let out: Vec<u64> = (0..1_000).filter(|unit| shop.shows(&person(*unit), "home").is_none()).collect();
    assert!((150..250).contains(&out.len()), "{}", out.len());
    for unit in out {
        assert!(!shop.goes(&person(unit), "offer", NOW) && shop.goes(&person(unit), "receipt", NOW));
    }
}
