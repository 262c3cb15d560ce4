//! Whole runs: threads, steps, draws, truth, and panels recounted by hand.

use std::collections::BTreeMap;

use segue::model::consent::Purpose;
use segue::model::definition::{Definition, Kind};
use segue::model::{Channel, Seed, Span, Time};
use segue::panel::{Csat, Live};
use segue::rule::OpenCatalog;
use segue::sim::{Behaviour, World, people, truth, truth::Question};
use segue::stats::{Reading, Why};
use segue::survey::benchmark::Benchmarks;
use segue::traffic::profile::SurveyAnswer;
use segue::traffic::{MessageLog, Profile, Traffic, compile};
use segue::work::observed::Observed;
use segue::work::run::{Plan, Prepared, Run};
use segue::work::sample;

use crate::lab::person;

fn prepared(definitions: Vec<Definition>, seed: u64, people: u32, threads: usize) -> Prepared {
    let plan =
        Plan { workspace: "t".to_owned(), definitions, seed: Seed(seed), people: Some(people), threads };
    Prepared::new(plan, Observed::nobody()).unwrap()
}

fn run(seed: u64, people: u32, threads: usize) -> Run {
    prepared(sample::definitions().unwrap(), seed, people, threads).begin()
}

fn day(days: i64) -> Time {
    "2026-05-07T00:00:00Z".parse::<Time>().unwrap() + Span::days(days)
}

fn bytes(run: &Run) -> String {
    serde_json::to_string(&run.panels()).unwrap()
}

#[test]
fn threads_and_steps_change_no_byte_and_the_seed_does() {
    let at = day(3) + Span::minutes(83);
    let panels = |seed, threads| {
        let mut run = run(seed, 900, threads);
        run.advance(at);
        bytes(&run)
    };
    let one = panels(7, 1);
    for threads in [2, 3] {
        assert_eq!(one, panels(7, threads), "{threads} threads");
    }
    assert_ne!(one, panels(8, 1));
    let mut stepped = run(7, 900, 2);
    let mut to = day(0).back(Span::days(2));
    stepped.advance(to);
    while to < at {
        to = (to + Span::minutes(97)).min(at);
        stepped.advance(to);
    }
    let live: Live = serde_json::from_str(&one).unwrap();
    assert_eq!(stepped.panels().uplift.trend, live.uplift.trend);
    assert_eq!(one, bytes(&stepped), "many small steps are one big one");
    assert!(!live.ticker.is_empty());
}

fn without(kind: Kind, name: &str) -> Vec<Definition> {
    let all = sample::definitions().unwrap();
    let rest: Vec<_> =
        all.iter().filter(|known| (known.kind, known.name.as_str()) != (kind, name)).cloned().collect();
    assert_eq!(rest.len() + 1, all.len());
    rest
}

/// What people do of their own accord: nothing a message leads to has these names.
fn organic(run: &Run) -> Vec<Vec<(Time, u32)>> {
    let words = &run.traffic().setup().words;
    let own = ["Page Viewed", "Product List Viewed", "Product Added"].map(|name| words.find(name).unwrap());
    let events = |profile: &Profile| {
        let own = profile.history.iter().filter(|event| own.contains(&event.name));
        own.map(|event| (event.at, event.name)).collect()
    };
    run.traffic().profiles().map(events).collect()
}

#[test]
fn a_journey_more_moves_no_visit_and_no_other_journeys_draws() {
    let mut with = run(3, 600, 2);
    let mut less = prepared(without(Kind::Journey, "newsletter"), 3, 600, 2).begin();
    with.advance(day(2));
    less.advance(day(2));
    // Codes of words may differ, so names are compared by what they stand for.
    let named = |run: &Run| -> Vec<Vec<(Time, String)>> {
        let words = &run.traffic().setup().words;
        let one = |events: Vec<(Time, u32)>| {
            events.into_iter().map(|(at, name)| (at, words.word(name).to_owned())).collect()
        };
        organic(run).into_iter().map(one).collect()
    };
    assert!(named(&with) == named(&less), "a visit moved");
    assert!(
        with.traffic().profiles().map(|p| p.messages.len()).sum::<usize>()
            > less.traffic().profiles().map(|p| p.messages.len()).sum()
    );
    let exposed = |run: &Run| run.traffic().profiles().filter(|p| !p.exposures.is_empty()).count();
    assert!(exposed(&less) > 20);
}

struct Lab {
    setup: segue::traffic::Setup,
    behaviour: Behaviour,
    people: Vec<Profile>,
    start: Time,
}

fn lab(seed: u64, count: u32, change: impl Fn(&str) -> String) -> Lab {
    let mut definitions = sample::definitions().unwrap();
    for definition in &mut definitions {
        if definition.kind == Kind::World {
            definition.text = change(&definition.text);
        }
    }
    let text = definitions.iter().find(|definition| definition.kind == Kind::World).unwrap();
    let world = World::parse(&text.text).unwrap();
    let mut setup = compile(&definitions, &OpenCatalog, Seed(seed)).unwrap();
    let start = world.start;
    let behaviour = Behaviour::new(world, Seed(seed), &setup.library, &mut setup.words);
    let people = people::make(behaviour.world(), Seed(seed), &mut setup.words, 0, count);
    Lab { setup, behaviour, people, start }
}

impl Lab {
    fn forced(&self, forced: Option<(u32, u8)>, until: Time) -> Traffic<Behaviour> {
        let setup = segue::traffic::Setup { forced, ..self.setup.clone() };
        let mut traffic = Traffic::new(setup, self.behaviour.clone(), self.people.clone(), self.start);
        traffic.advance(until, 2, false);
        traffic
    }

    fn truth(&self, metric: &str, until: Time) -> segue::sim::Truth {
        let metric = self.setup.metrics.iter().find(|known| known.name == metric).unwrap();
        let question = Question { experiment: 0, treatment: 1, metric, until };
        truth(&self.setup, &self.behaviour, &self.people, self.start, question, 2)
    }
}

#[test]
fn forcing_an_arm_changes_nothing_before_the_exposure() {
    let lab = lab(5, 700, str::to_owned);
    let until = day(4);
    let (free, a, b) =
        (lab.forced(None, until), lab.forced(Some((0, 0)), until), lab.forced(Some((0, 1)), until));
    let mut exposed = 0;
    for ((free, a), b) in free.profiles().zip(a.profiles()).zip(b.profiles()) {
        let first = |profile: &Profile| profile.exposures.first().map(|exposure| exposure.at);
        assert_eq!((first(free), first(free)), (first(a), first(b)), "{}", free.id);
        let before = first(free).unwrap_or(Time::MAX);
        let past = |profile: &Profile| -> Vec<_> {
            profile.history.iter().filter(|event| event.at < before).cloned().collect()
        };
        assert!(past(free) == past(a) && past(free) == past(b), "{}", free.id);
        for (profile, arm) in [(a, 0), (b, 1)] {
            assert!(profile.exposures.iter().all(|exposure| exposure.variant == arm));
        }
        exposed += usize::from(before < Time::MAX);
    }
    assert!(exposed > 50, "{exposed}");
}

#[test]
fn equal_reactions_have_no_effect_and_better_ones_have() {
    let same = |text: &str| {
        // The bundle gets the reaction to the discount, whatever the sample's figures are.
        let mut world: World = toml::from_str(text).unwrap();
        let of =
            |world: &World, name: &str| world.reactions.iter().position(|r| r.experience == name).unwrap();
        let (discount, bundle) = (of(&world, "10 % off e-mail"), of(&world, "bundle e-mail"));
        let experience = world.reactions[bundle].experience.clone();
        world.reactions[bundle] =
            segue::sim::world::Reaction { experience, ..world.reactions[discount].clone() };
        toml::to_string(&world).unwrap()
    };
    let equal = lab(11, 900, same);
    for metric in ["orders", "revenue", "unsubscribes"] {
        let truth = equal.truth(metric, day(6));
        assert!(truth.exposed > 80);
        assert!(truth.absolute().abs() < 1e-15, "{metric}: {truth:?}");
    }
    let better = lab(11, 900, str::to_owned).truth("orders", day(6));
    assert!(better.relative().unwrap() > 0.1, "{better:?}");
}

#[test]
fn the_interval_covers_the_truth() {
    let (mut covered, mut read) = (0, 0);
    for seed in 1..=4 {
        let prepared = prepared(sample::definitions().unwrap(), seed, 2_500, 2);
        let truth = prepared.truth().unwrap();
        let mut run = prepared.begin();
        run.advance(day(9));
        run.tell_truth(truth);
        let panel = run.panels().uplift;
        if let Some(inside) = panel.truth.unwrap().inside {
            read += 1;
            covered += u32::from(inside);
        }
    }
    assert!(read >= 3 && covered + 1 >= read, "{covered} of {read}");
}

#[test]
fn panels_equal_a_count_by_hand() {
    let mut run = run(7, 900, 2);
    let now = day(5);
    run.advance(now);
    let live = run.panels();
    let library = &run.traffic().setup().library;
    let profiles: Vec<&Profile> = run.traffic().profiles().collect();
    let logs: Vec<&MessageLog> = profiles.iter().flat_map(|profile| &profile.messages).collect();

    // Fatigue: the first cap's window is a week.
    let from = now.back(Span::days(7));
    let mut counts: Vec<u32> = profiles
        .iter()
        .map(|profile| {
            profile.messages.iter().filter(|log| log.sent.is_some_and(|at| at >= from)).count() as u32
        })
        .collect();
    counts.sort_unstable();
    let n = counts.len();
    assert_eq!(live.fatigue.people, n as u64);
    assert_eq!(live.fatigue.sent, Some(counts.iter().map(|count| u64::from(*count)).sum::<u64>()));
    // The smallest value that half, or 95 %, of people do not exceed.
    let quantile = |q: f64| {
        (0..100)
            .find(|value| counts.iter().filter(|count| *count <= value).count() as f64 >= q * n as f64)
            .unwrap()
    };
    assert_eq!((live.fatigue.median, live.fatigue.p95), (Some(quantile(0.5)), Some(quantile(0.95))));
    let share = |messages: u32| counts.iter().filter(|count| **count == messages).count() as f64 / n as f64;
    assert!((live.fatigue.shares[2] - share(2)).abs() < 1e-12);
    assert!((live.fatigue.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(*counts.last().unwrap() <= 4, "the cap is four a week");
    let mut held: BTreeMap<&str, u64> = BTreeMap::new();
    for log in logs.iter().filter(|log| log.at >= from) {
        if let Some(reason) = log.held {
            *held.entry(reason.name()).or_default() += 1;
        }
    }
    assert_eq!(
        live.fatigue.held_by.iter().map(|(reason, n)| (reason.as_str(), *n)).collect::<BTreeMap<_, _>>(),
        held
    );
    assert!(live.fatigue.held_by.windows(2).all(|pair| pair[0].1 >= pair[1].1));
    let delivered = logs.iter().filter(|log| log.delivered.is_some() && log.channel == Channel::Email);
    assert_eq!(
        live.fatigue.unsubscribes.iter().map(|band| band.delivered).sum::<u64>(),
        delivered.count() as u64
    );
    assert_eq!(
        live.fatigue.unsubscribes.iter().map(|band| band.unsubscribed).sum::<u64>(),
        logs.iter().filter(|log| log.unsubscribed.is_some()).count() as u64
    );

    // Satisfaction.
    for moment in &live.csat.moments {
        let survey = |content: u32| {
            matches!(&library.contents[content as usize].source,
                segue::decide::library::Source::Survey(survey) if survey.moment == moment.name)
        };
        let asked = profiles.iter().filter(|profile| {
            profile.messages.iter().any(|log| survey(log.content) && log.delivered.is_some())
        });
        let latest = profiles.iter().filter_map(|profile| {
            profile.answers.iter().filter(|answer| survey(answer.content)).max_by_key(|answer| answer.at)
        });
        let scores: Vec<u8> = latest.map(|answer| answer.score).collect();
        assert_eq!((moment.asked, moment.answers), (Some(asked.count() as u64), scores.len() as u64));
        match &moment.score {
            Reading::Withheld(_) => assert!(scores.len() < 30),
            Reading::Estimate(estimate) => {
                let satisfied = scores.iter().filter(|score| **score >= 4).count() as f64;
                assert!((estimate.value - satisfied / scores.len() as f64).abs() < 1e-12);
            }
        }
    }

    // Where people are.
    for (name, count) in &live.whereabouts.lifecycle {
        let here = profiles.iter().filter(|profile| profile.lifecycle.as_deref() == Some(name.as_str()));
        assert_eq!(*count, here.count() as u64, "{name}");
    }
    assert!(live.whereabouts.lifecycle.iter().map(|(_, n)| n).sum::<u64>() > 400);
    for journey in &live.whereabouts.journeys {
        let index = library.journeys.iter().position(|name| *name == journey.name).unwrap() as u32;
        let passages = || {
            profiles.iter().flat_map(|profile| &profile.passages).filter(|p| p.enrollment.journey == index)
        };
        let inside = passages().filter(|passage| passage.enrollment.is_inside()).count() as u64;
        assert_eq!(journey.waiting + journey.in_test, inside);
        assert_eq!(journey.steps.iter().map(|step| step.here).sum::<u64>(), inside);
        assert_eq!(journey.goal + journey.out + inside, passages().count() as u64);
        assert_eq!(journey.steps[0].seen > 0, passages().count() > 0);
    }

    // The test.
    let arm = |variant: u8| profiles.iter().filter(move |p| p.exposures.iter().any(|e| e.variant == variant));
    assert_eq!(live.uplift.exposed, (arm(0).count() + arm(1).count()) as u64);
    let words = &run.traffic().setup().words;
    let ordered = words.find("Order Completed").unwrap();
    for (variant, shown) in [(0, &live.uplift.control), (1, &live.uplift.treatment)] {
        let matured: Vec<bool> = arm(variant)
            .map(|profile| (profile, profile.exposures[0].at))
            .filter(|(_, at)| *at + Span::DAY <= now)
            .map(|(profile, at)| {
                profile.history.iter().any(|e| e.name == ordered && e.at >= at && e.at < at + Span::DAY)
            })
            .collect();
        assert_eq!(shown.n, matured.len() as u64);
        let mean = matured.iter().filter(|converted| **converted).count() as f64 / matured.len() as f64;
        assert!((shown.mean - mean).abs() < 1e-12);
    }
    let credited = arm(1)
        .map(|profile| {
            let orders =
                profile.history.iter().filter(|e| e.name == ordered && e.at >= profile.exposures[0].at);
            orders
                .filter(|order| {
                    profile.messages.iter().filter(|log| log.purpose != Purpose::Survey).any(|log| {
                        log.delivered.is_some()
                            && log.clicked.is_some_and(|at| at <= order.at && order.at - at <= Span::days(5))
                    })
                })
                .count()
        })
        .sum::<usize>();
    assert!((live.uplift.attributed_per_day - credited as f64 / 5.0).abs() < 1e-12);
}

#[test]
fn satisfaction_is_hidden_under_thirty_answers() {
    let setup = compile(&sample::definitions().unwrap(), &OpenCatalog, Seed(1)).unwrap();
    let survey = setup.library.content("purchase CSAT").unwrap();
    let now = day(0);
    let panel = |people: u64| {
        let profiles: Vec<Profile> = (1..=people)
            .map(|unit| {
                let mut profile = person(unit);
                // Two answers of one person are one, the later.
                for (hours, score) in [(2, 1), (1, 5)] {
                    profile.answers.push(SurveyAnswer {
                        content: survey,
                        at: now.back(Span::hours(hours)),
                        score,
                    });
                }
                profile
            })
            .collect();
        let benchmarks = Benchmarks::shipped().unwrap();
        Csat::of(profiles.iter(), &setup.library, &benchmarks, "internet retail", now).moments
    };
    let moment = |people: u64| panel(people).into_iter().find(|moment| moment.name == "purchase").unwrap();
    let few = moment(29);
    assert_eq!(few.answers, 29);
    assert_eq!(few.score, Reading::Withheld(Why::TooFew { what: "answers".to_owned(), have: 29, need: 30 }));
    assert!((moment(30).score.estimate().unwrap().value - 1.0).abs() < 1e-12);
}
