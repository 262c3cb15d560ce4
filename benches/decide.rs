//! What a decision costs: `cargo bench --bench decide`. Prints nanoseconds per decision with the trace off and on, and the
//! time for a million people at one placement on two threads. What the same answer costs written out by hand stands beside
//! it: the ratio means something on a busy machine too.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;

use jiff::tz::TimeZone;
use segue::contact::Sent;
use segue::contact::suppression::Entry;
use segue::decide::{self, GateNote, Library, State};
use segue::experiment::bucket::{self, HashVersion};
use segue::model::consent::{ConsentState, Purpose, SuppressionReason};
use segue::model::definition::{Definition, Kind};
use segue::model::{Channel, Datum, Seed, Span, Time};
use segue::rule::{Occurrence, OpenCatalog, Point, Subject};
use segue::traffic::compile;

const NOW: Time = Time(1_778_673_600_000);
const PEOPLE: usize = 1_000_000;
const ROUND: usize = 400;

/// A person as ids and codes.
struct Coded<'a> {
    id: &'a str,
    german: bool,
    mobile: bool,
    consent: ConsentState,
    sends: &'a [Sent],
    zone: &'a TimeZone,
}

impl Subject for Coded<'_> {
    fn attribute(&self, name: &str) -> Datum<'_> {
        match name {
            "country" => Datum::Text(if self.german { "DE" } else { "FR" }),
            "device" => Datum::Text(if self.mobile { "mobile" } else { "desktop" }),
            _ => Datum::Missing,
        }
    }
    fn events(&self, _: &str, _: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {}
    fn consent(&self, _: Channel, _: Purpose, _: Point) -> ConsentState {
        self.consent
    }
    fn lifecycle(&self) -> Option<&str> {
        None
    }
    fn intent(&self) -> Option<&str> {
        None
    }
    fn in_list(&self, _: &str) -> bool {
        false
    }
    fn every_event(&self, _: &mut dyn FnMut(&dyn Occurrence) -> ControlFlow<()>) {}
    fn suppressed(&self, _: Channel, _: SuppressionReason, _: Point) -> bool {
        false
    }
    fn cut_by(&self) -> Option<&str> {
        None
    }
    fn home(&self) -> (TimeZone, &'static str) {
        (TimeZone::UTC, "default")
    }
}

impl State for Coded<'_> {
    fn identity(&self, namespace: &str) -> Option<&str> {
        (namespace == "user_id").then_some(self.id)
    }
    fn reachable(&self, channel: Channel) -> bool {
        channel == Channel::Email
    }
    fn stopped(&self, _: Channel, _: Purpose, _: Point) -> Option<Entry> {
        None
    }
    fn sends(&self) -> &[Sent] {
        self.sends
    }
    fn zone(&self) -> (&TimeZone, &'static str) {
        (self.zone, "default")
    }
}

fn definition(kind: Kind, text: &str) -> Definition {
    Definition { kind, name: segue::work::sample::name_of(text).unwrap(), version: 1, text: text.to_owned() }
}

fn library(definitions: &[Definition]) -> Library {
    compile(definitions, &OpenCatalog, Seed(0)).map_err(|problems| format!("{problems:?}")).unwrap().library
}

/// One candidate with two conditions and a split.
fn one() -> Library {
    let hero = "name = \"hero\"\nform = \"hero\"\nchannel = \"web\"\npurpose = \"onsite\"\nplacements = [\"home.hero\"]\n\
                only_if = 'country = \"DE\" and device = \"mobile\"'\nexperiment = \"look\"\n";
    let test = "name = \"look\"\n[[variants]]\nname = \"A\"\n[[variants]]\nname = \"B\"\n[metrics]\nprimary = [\"orders\"]\n";
    library(&[definition(Kind::Experience, hero), definition(Kind::Experiment, test)])
}

/// Twenty candidates with consent, three caps, pressure, a holdout and ranking by value.
fn twenty() -> Library {
    let mut definitions: Vec<Definition> = (0..20)
        .map(|n| {
            let text = format!(
                "name = \"offer {n}\"\nform = \"email\"\nchannel = \"email\"\npurpose = \"marketing\"\nplacements = [\"email.weekly\"]\n\
                 categories = [\"offer\"]\nworth = {}\nchance = 0.1\nonly_if = 'country = \"DE\" or device = \"mobile\"'\n",
                10 + n
            );
            definition(Kind::Experience, &text)
        })
        .collect();
    let policy = "name = \"default\"\n[[cap]]\nchannels = [\"email\"]\nlimit = 9\nwindow = \"7d\"\n[[cap]]\ncategories = [\"offer\"]\nlimit = 6\n\
                  window = \"3d\"\n[[cap]]\nlimit = 4\nwindow = \"1d\"\n[holdout]\nname = \"global\"\nshare = 0.05\n\
                  [[placement]]\nname = \"email.weekly\"\nranking = \"value\"\n[pressure]\nbudget = 3.5\nprice = 0.1\n";
    definitions.push(definition(Kind::ContactPolicy, policy));
    library(&definitions)
}

fn sends() -> Vec<Sent> {
    (0..8)
        .rev()
        .map(|n| Sent::new(NOW.back(Span::hours(26 + 18 * n)), Channel::Email, n as u32, None))
        .collect()
}

/// Ids of twelve bytes, one after the other.
fn ids() -> String {
    (0..PEOPLE).map(|n| format!("u{n:011}")).collect()
}

fn people<'a>(ids: &'a str, sends: &'a [Sent], zone: &'a TimeZone) -> Vec<Coded<'a>> {
    (0..PEOPLE)
        .map(|n| {
            let consent = if n % 8 == 0 { ConsentState::Denied } else { ConsentState::Granted };
            let id = &ids[12 * n..12 * (n + 1)];
            Coded { id, german: n % 4 != 0, mobile: n % 3 != 0, consent, sends, zone }
        })
        .collect()
}

fn shown(library: &Library, place: &str, people: &[Coded<'_>]) -> u64 {
    let one = |person| decide::placement(library, place, person, Point::after(NOW), &mut ());
    people.iter().map(|person| u64::from(black_box(one(person)).shown.is_some())).sum()
}

/// One candidate with two conditions and a split, written out by hand: the variant of whoever it is shown to.
fn by_hand(person: &Coded<'_>) -> Option<usize> {
    let value = person.identity("user_id")?;
    let bucket = bucket::hash("look", value, HashVersion::V2);
    let variant = bucket::choose(bucket, bucket::ranges(2, 1.0, None));
    let is = |name: &str, wanted: &str| person.attribute(name) == Datum::Text(wanted);
    variant.filter(|_| is("country", "DE") && is("device", "mobile"))
}

/// The best of many short rounds, in nanoseconds per decision: on a busy machine a long round measures the others.
fn nanoseconds(people: &[Coded<'_>], run: impl Fn(&[Coded<'_>]) -> u64) -> f64 {
    let rounds = people.chunks_exact(ROUND).map(|people| {
        let begun = Instant::now();
        black_box(run(people));
        begun.elapsed().as_secs_f64() * 1e9 / people.len() as f64
    });
    rounds.fold(f64::INFINITY, f64::min)
}

fn hand_loop(everyone: &[Coded<'_>], library: &Library) -> f64 {
    let alike = |person: &Coded<'_>| {
        let decision = decide::placement(library, "home.hero", person, Point::after(NOW), &mut ());
        by_hand(person) == decision.shown.and_then(|shown| Some(usize::from(shown.variant?.1)))
    };
    assert!(everyone[..10_000].iter().all(alike), "both ways give the same answer");
    nanoseconds(everyone, |people| {
        people.iter().map(|person| black_box(by_hand(black_box(person))).unwrap_or(0) as u64).sum()
    })
}

fn report(name: &str, aim: &str, library: &Library, place: &str, everyone: &[Coded<'_>]) -> f64 {
    let off = nanoseconds(&everyone[..400_000], |people| shown(library, place, people));
    let on = nanoseconds(&everyone[..20_000], |people| {
        let mut kept = 0;
        for person in people {
            let mut notes: Vec<GateNote> = Vec::new();
            black_box(decide::placement(library, place, person, Point::after(NOW), &mut notes));
            kept += notes.len() as u64;
        }
        kept
    });
    println!("{name}: {off:.0} ns with the trace off (aim {aim}), {on:.0} ns with it on");
    let begun = Instant::now();
    let (left, right) = everyone.split_at(everyone.len() / 2);
    let count = std::thread::scope(|scope| {
        let other = scope.spawn(|| shown(library, place, right));
        shown(library, place, left) + other.join().unwrap()
    });
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{name}: {} people on two threads in {seconds:.3} s (aim 1 s), {count} get something",
        everyone.len()
    );
    off
}

fn main() {
    let (ids, sends, zone) = (ids(), sends(), TimeZone::UTC);
    let everyone = people(&ids, &sends, &zone);
    let one = one();
    let hand = hand_loop(&everyone[..400_000], &one);
    let off = report("one candidate, two conditions, a split", "60", &one, "home.hero", &everyone);
    println!(
        "one candidate written out by hand: {hand:.0} ns, the engine takes {:.2} times that",
        off / hand
    );
    report("twenty candidates, every gate", "2000", &twenty(), "email.weekly", &everyone);
}
