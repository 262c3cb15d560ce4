//! Held-out people are outside of every test inside a journey, whichever of the two kinds of holdout keeps them out.

use segue::experiment::bucket::held_out;
use segue::model::definition::Definition;
use segue::traffic::Profile;

use crate::lab::{Act, begin, experiment, hour, journey, mail, orders, person, policy};

const PEOPLE: u64 = 200;

/// Two tests one after the other, each with what is said of it.
fn definitions(said: [&str; 2]) -> Vec<Definition> {
    let step = |n: usize, next: &str| {
        format!(
            "[[step]]\nid = \"test {n}\"\nexperiment = \"test {n}\"\narms = {{ a = \"mail {n}\", b = \"{next}\" }}\nnext = \"{next}\"\n\
             [[step]]\nid = \"mail {n}\"\nexperience = \"offer {n}\"\nnext = \"{next}\"\n"
        )
    };
    let text = format!(
        "name = \"tested\"\n[entry]\nevent = \"Product Added\"\n{}{}[[step]]\nid = \"rest\"\nwait = \"1h\"\n",
        step(1, "test 2"),
        step(2, "rest")
    );
    let design = |n: usize| {
        let said = said[n - 1];
        experiment(&format!(
            "name = \"test {n}\"\n[[variants]]\nname = \"a\"\n[[variants]]\nname = \"b\"\n{said}"
        ))
    };
    vec![mail("offer 1"), mail("offer 2"), orders(), design(1), design(2), journey(&text)]
}

fn lived(definitions: &[Definition]) -> Vec<Profile> {
    let acts: Vec<_> = (1..=PEOPLE).map(|unit| (unit, hour(1.0), Act::Event("Product Added"))).collect();
    let mut traffic = begin(definitions, (1..=PEOPLE).map(person).collect(), &acts);
    traffic.advance(hour(10.0), 1, false);
    traffic.profiles().cloned().collect()
}

fn is_out(profile: &Profile, share: f64) -> bool {
    held_out(&format!("u{}", profile.unit), "global", share)
}

#[test]
fn a_holdout_of_a_design_keeps_people_out_of_it_and_out_of_no_other() {
    let both = "[holdout]\nname = \"global\"\nshare = 0.3\n";
    let people = lived(&definitions([both, both]));
    let out = people.iter().filter(|profile| is_out(profile, 0.3)).count();
    assert!((40..=80).contains(&out), "{out}");
    for profile in &people {
        // One name draws the same people for every design that names it.
        let wanted = if is_out(profile, 0.3) { 0 } else { 2 };
        assert_eq!(profile.exposures.len(), wanted, "u{}", profile.unit);
    }
    for profile in lived(&definitions([both, ""])) {
        let wanted = if is_out(&profile, 0.3) { vec![1] } else { vec![0, 1] };
        let exposed: Vec<u32> = profile.exposures.iter().map(|exposure| exposure.experiment).collect();
        assert_eq!(exposed, wanted, "u{}", profile.unit);
    }
}

#[test]
fn a_holdout_of_the_contact_policy_keeps_people_out_of_every_test_of_messages() {
    let mut definitions = definitions(["", ""]);
    definitions.push(policy("[holdout]\nname = \"global\"\nshare = 0.3\n"));
    for profile in lived(&definitions) {
        let out = is_out(&profile, 0.3);
        assert_eq!(profile.exposures.is_empty(), out, "u{}", profile.unit);
        assert!(!out || profile.messages.iter().all(|log| log.sent.is_none()), "u{}", profile.unit);
    }
}
