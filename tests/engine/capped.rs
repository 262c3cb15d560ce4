//! The ready cap experiment in the simulated world: its arms live under different caps, and its cost is the world's own.

use segue::experiment::library;
use segue::model::definition::{Definition, Kind};
use segue::model::{Seed, Span, Time};
use segue::panel::Origin;
use segue::panel::contact::Scene;
use segue::panel::contact::cost::{Cost, costs};
use segue::panel::crowd::{AtHand, Crowd};
use segue::rule::OpenCatalog;
use segue::sim::{Behaviour, World, people};
use segue::stats::Reading;
use segue::traffic::{Profile, Traffic, compile};
use segue::work::sample;

const TEST: &str = "contact cap: 4 or 2 a week";
const SEED: Seed = Seed(11);

/// The sample with the ready design and its parts, in a world where every newsletter loses some people.
fn definitions() -> Vec<Definition> {
    let ready = library::find("contact cap").unwrap();
    let mut definitions = sample::definitions().unwrap();
    let parts = ready.parts.iter().copied().chain([(Kind::Experiment, ready.text)]);
    for (kind, text) in parts {
        let name = sample::name_of(text).unwrap();
        definitions.retain(|known| known.kind != kind || known.name != name);
        definitions.push(Definition { kind, name, version: 1, text: text.to_owned() });
    }
    let world = definitions.iter_mut().find(|known| known.kind == Kind::World).unwrap();
    let harsh = world.text.replace("order = 0.05\nunsubscribe = 0.0012", "order = 0.05\nunsubscribe = 0.02");
    assert_ne!(harsh, world.text, "the newsletter of the sample is what is made harsher");
    world.text = harsh;
    definitions
}

fn played(forced: Option<u8>) -> (u32, Traffic<Behaviour>) {
    let definitions = definitions();
    let mut setup = compile(&definitions, &OpenCatalog, SEED).unwrap();
    let test = setup.library.experiment(TEST).unwrap();
    setup.forced = forced.map(|variant| (test, variant));
    let world = definitions.iter().find(|known| known.kind == Kind::World).unwrap();
    let behaviour =
        Behaviour::new(World::parse(&world.text).unwrap(), SEED, &setup.library, &mut setup.words);
    let everyone = people::make(behaviour.world(), SEED, &mut setup.words, 0, 5_000);
    let start = behaviour.world().start;
    let mut traffic = Traffic::new(setup, behaviour, everyone, start);
    traffic.advance(start + Span::days(30), 2, false);
    (test, traffic)
}

fn read(traffic: &Traffic<Behaviour>) -> Cost {
    let scene = Scene {
        crowd: Crowd::AtHand(AtHand::of(
            Box::new(|| traffic.profiles().collect()),
            traffic.setup(),
            traffic.now(),
            None,
        )),
        setup: traffic.setup(),
        now: traffic.now(),
        origin: Origin::Simulated { seed: SEED.0 },
        recorded: None,
    };
    costs(&scene).unwrap().remove(0)
}

/// The most e-mails within any seven days that began after the person was assigned.
fn fullest_week(profile: &Profile, from: Time) -> usize {
    let sends: Vec<Time> = profile.sends.iter().map(|sent| sent.at).filter(|at| *at > from).collect();
    let within =
        |first: &Time| sends.iter().filter(|at| **at >= *first && **at <= *first + Span::days(7)).count();
    sends.iter().map(within).max().unwrap_or(0)
}

#[test]
fn arms_live_under_their_caps_and_the_cost_of_a_message_is_the_worlds_own() {
    let (test, traffic) = played(None);
    let mut fullest = [0, 0];
    for profile in traffic.profiles() {
        if let Some(exposure) = profile.exposures.iter().find(|known| known.experiment == test) {
            let arm = usize::from(exposure.variant);
            fullest[arm] = fullest[arm].max(fullest_week(profile, exposure.at));
        }
    }
    assert_eq!(fullest, [4, 2], "each arm comes to its cap and not beyond");
    let cost = read(&traffic);
    assert!(cost.arms.iter().all(|arm| arm.people > 1_000), "{cost:?}");
    let [control, treatment] = [0, 1].map(|arm| cost.arms[arm].messages.unwrap());
    assert!(control > treatment + 0.5, "{control} against {treatment}");
    let outcome = &cost.outcomes[0];
    assert_eq!(outcome.metric, "unsubscribe");
    let Reading::Estimate(estimate) = &outcome.per_message else { panic!("{outcome:?}") };
    // The truth: the same world with everybody under the one cap, and with everybody under the other.
    let forced = |variant: u8| {
        let alone = read(&played(Some(variant)).1);
        let arm = usize::from(variant);
        (alone.outcomes[0].means[arm].unwrap(), alone.arms[arm].messages.unwrap())
    };
    let ((lost, many), (kept, few)) = (forced(0), forced(1));
    let truth = (kept - lost) / (few - many);
    assert!(truth > 0.0, "in this world a message more loses people: {truth}");
    assert!(estimate.low < truth && truth < estimate.high, "{truth} outside of {estimate:?}");
    assert!(cost.sentence.contains("one message more changes unsubscribe by"), "{}", cost.sentence);
}

#[test]
fn without_a_test_of_caps_a_cost_is_withheld() {
    let setup = compile(&sample::definitions().unwrap(), &OpenCatalog, SEED).unwrap();
    let origin = Origin::Simulated { seed: 7 };
    let crowd = Crowd::AtHand(AtHand::of(Box::new(Vec::new), &setup, Time(0), None));
    let scene = Scene { crowd, setup: &setup, now: Time(0), origin, recorded: None };
    assert!(costs(&scene).unwrap_err().contains("segue experiment library"));
}
