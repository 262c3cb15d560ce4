//! A decision that nobody watches allocates nothing.

use segue::decide::{self, Context, GateNote, Visitor};
use segue::model::Span;
use segue::rule::Point;

use crate::shop::{NOW, Shop, context, experiment, mail, message, person, policy};

fn shop() -> Shop {
    let mut definitions: Vec<_> = (0..20)
        .map(|n| {
            let rest = "placements = [\"weekly\"]\ncategories = [\"offer\"]\nworth = 50\nchance = 0.1\n";
            message(
                &format!("offer-{n}"),
                "email",
                "marketing",
                &format!("{rest}only_if = 'country = \"DE\"'"),
            )
        })
        .collect();
    definitions.extend([
        mail("news", &["news"]),
        message("hero-a", "web", "onsite", "placements = [\"home\"]\nexperiment = \"look\"\nvariant = \"A\""),
        message("hero-b", "web", "onsite", "placements = [\"home\"]\nexperiment = \"look\"\nvariant = \"B\""),
        experiment("name = \"look\"\n[[variants]]\nname = \"A\"\n[[variants]]\nname = \"B\""),
        policy(
            "[[cap]]\nlimit = 9\nwindow = \"7d\"\n[[cap]]\ncategories = [\"offer\"]\nlimit = 6\nwindow = \"3d\"\nkind = \"calendar\"\n\
             [[cap]]\nlimit = 3\nwindow = \"1d\"\non_cap = \"hold\"\nonly_if = 'country = \"DE\"'\n\
             [[cooldown]]\nafter = \"ignored\"\ncount = 9\npause = \"14d\"\n[[quiet]]\nfrom = \"22:00\"\nto = \"07:00\"\n\
             [holdout]\nname = \"global\"\nshare = 0.05\n[[placement]]\nname = \"weekly\"\nranking = \"value\"\n\
             [pressure]\nbudget = 3.5\nprice = 0.1\n",
        ),
    ]);
    Shop::new(&definitions)
}

#[test]
fn a_decision_with_the_trace_off_allocates_nothing() {
    let shop = shop();
    let mut anne = person(1);
    anne.traits = vec![("country".into(), "DE".into())];
    anne.zone = (jiff::tz::TimeZone::get("Europe/Berlin").unwrap(), "country");
    anne.sends = shop.sent(&[("news", Span::hours(30)), ("offer-3", Span::hours(50))]);
    let mut full = anne.clone();
    full.sends =
        shop.sent(&[("news", Span::hours(1)), ("news", Span::hours(2)), ("offer-3", Span::hours(3))]);
    let (context, library) = (context(&[("device", "mobile")]), &shop.0.library);
    let news = shop.content("news");
    for (who, at) in [(&anne, NOW), (&full, NOW), (&anne, NOW + Span::hours(11))] {
        let view = shop.view(who);
        let visitor = Visitor { state: &view, context: &context };
        let point = Point::after(at);
        let all = || {
            let shown =
                ["weekly", "home"].map(|place| decide::placement(library, place, &visitor, point, &mut ()));
            let verdict = decide::message(library, news, Some(0), &view, point, &mut ());
            let test = decide::test(library, 0, &[news], 0, &view, point, &mut ());
            (shown, verdict, test)
        };
        let before = all();
        let mut after = before;
        let counted = allocation_counter::measure(|| after = all());
        assert_eq!(before, after);
        assert!(before.0[1].shown.is_some() && before.2.is_some());
        assert_eq!(counted.count_total, 0, "{counted:?}");
    }
}

#[test]
fn the_counter_counts() {
    let (shop, anne) = (shop(), person(1));
    let (view, mut notes) = (shop.view(&anne), Vec::<GateNote>::new());
    let empty = Context::default();
    let visitor = Visitor { state: &view, context: &empty };
    let library = &shop.0.library;
    let counted = allocation_counter::measure(|| {
        decide::placement(library, "home", &visitor, Point::after(NOW), &mut notes);
    });
    assert!(counted.count_total > 0 && !notes.is_empty());
}
