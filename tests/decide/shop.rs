//! A small shop: definitions, a person, questions.

use segue::contact::Sent;
use segue::decide::{self, Context, Decision, GateNote, Verdict, Visitor};
use segue::model::consent::{ConsentRecord, ConsentState, Purpose};
use segue::model::definition::{Definition, Kind};
use segue::model::{Channel, Identity, ProfileId, Seed, Span, Time, Value};
use segue::rule::{OpenCatalog, Point};
use segue::traffic::profile::View;
use segue::traffic::{Profile, Setup, compile};

/// A Wednesday, at noon UTC.
pub(crate) const NOW: Time = Time(1_778_673_600_000);

pub(crate) fn days(n: f64) -> Span {
    Span((n * Span::DAY.0 as f64).round() as i64)
}

pub(crate) fn definition(kind: Kind, text: &str) -> Definition {
    let name = segue::work::sample::name_of(text).unwrap();
    Definition { kind, name, version: 1, text: text.to_owned() }
}

/// An e-mail for marketing, unless `more` is about something else.
pub(crate) fn message(name: &str, channel: &str, purpose: &str, more: &str) -> Definition {
    let text = format!(
        "name = \"{name}\"\nform = \"{form}\"\nchannel = \"{channel}\"\npurpose = \"{purpose}\"\n{more}\n",
        form = if channel == "web" { "hero" } else { "email" }
    );
    definition(Kind::Experience, &text)
}

pub(crate) fn mail(name: &str, categories: &[&str]) -> Definition {
    message(name, "email", "marketing", &format!("categories = {categories:?}"))
}

pub(crate) fn policy(text: &str) -> Definition {
    definition(Kind::ContactPolicy, &format!("name = \"default\"\n{text}"))
}

pub(crate) fn experiment(text: &str) -> Definition {
    let metric = "[metrics]\nprimary = [\"orders\"]\n";
    definition(Kind::Experiment, &format!("start = \"2026-01-01\"\n{text}\n{metric}"))
}

pub(crate) struct Shop(pub(crate) Setup);

impl Shop {
    pub(crate) fn new(definitions: &[Definition]) -> Self {
        match compile(definitions, &OpenCatalog, Seed(0)) {
            Ok(setup) => Self(setup),
            Err(problems) => panic!("{problems:?}"),
        }
    }

    pub(crate) fn content(&self, name: &str) -> u32 {
        self.0.library.content(name).unwrap()
    }

    pub(crate) fn ask(&self, who: &Profile, name: &str, at: Time) -> Verdict {
        self.why(who, name, at).0
    }

    pub(crate) fn goes(&self, who: &Profile, name: &str, at: Time) -> bool {
        self.ask(who, name, at) == Verdict::Pass
    }

    pub(crate) fn why(&self, who: &Profile, name: &str, at: Time) -> (Verdict, Vec<GateNote>) {
        let (view, mut notes) = (self.view(who), Vec::new());
        let (library, content, point) = (&self.0.library, self.content(name), Point::after(at));
        let watched = decide::message(library, content, None, &view, point, &mut notes);
        let unwatched = decide::message(library, content, None, &view, point, &mut ());
        assert_eq!(watched, unwatched, "the trace is the same code observed");
        (watched, notes)
    }

    pub(crate) fn place(&self, who: &Profile, place: &str, context: &Context, at: Time) -> Decision {
        let (view, mut notes) = (self.view(who), Vec::<GateNote>::new());
        let visitor = Visitor { state: &view, context };
        let watched = decide::placement(&self.0.library, place, &visitor, Point::after(at), &mut notes);
        let unwatched = decide::placement(&self.0.library, place, &visitor, Point::after(at), &mut ());
        assert_eq!(watched, unwatched, "the trace is the same code observed");
        assert!(!notes.is_empty());
        watched
    }

    /// The name of what a placement shows.
    pub(crate) fn shows(&self, who: &Profile, place: &str) -> Option<&str> {
        self.shows_in(who, place, &Context::default())
    }

    pub(crate) fn shows_in(&self, who: &Profile, place: &str, context: &Context) -> Option<&str> {
        let shown = self.place(who, place, context, NOW).shown?;
        Some(&self.0.library.contents[shown.content as usize].name)
    }

    pub(crate) fn view<'a>(&'a self, profile: &'a Profile) -> View<'a> {
        View { profile, words: &self.0.words }
    }

    /// What was sent to a person, so long ago each.
    pub(crate) fn sent(&self, sends: &[(&str, Span)]) -> Vec<Sent> {
        let mut sends: Vec<Sent> = sends
            .iter()
            .map(|(name, ago)| {
                let content = self.content(name);
                let channel = self.0.library.contents[content as usize].channel;
                Sent { delivered: true, ..Sent::new(NOW.back(*ago), channel, content, None) }
            })
            .collect();
        sends.sort_by_key(|sent| sent.at);
        sends
    }
}

pub(crate) fn context(fields: &[(&str, &str)]) -> Context {
    Context::new(fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))))
}

/// A person with an address of every kind who agreed to everything a year ago.
pub(crate) fn person(unit: u64) -> Profile {
    let identities = vec![
        Identity::new("user_id", &format!("u{unit}")),
        Identity::new("email", &format!("p{unit}@example.com")),
        Identity::new("phone", &format!("+49{unit}")),
        Identity::new("device_id", &format!("d{unit}")),
    ];
    let mut profile = Profile::new(unit, ProfileId(unit as i64), identities);
    profile.consents = [(Channel::Email, 1), (Channel::Sms, 2), (Channel::Push, 3)]
        .into_iter()
        .flat_map(|(channel, slot)| {
            let identity = profile.identities[slot].clone();
            [Purpose::Marketing, Purpose::Survey]
                .map(|purpose| grant(&identity, channel, purpose, days(365.0)))
        })
        .collect();
    profile
}

pub(crate) fn grant(identity: &Identity, channel: Channel, purpose: Purpose, ago: Span) -> ConsentRecord {
    ConsentRecord {
        identity: identity.clone(),
        channel,
        purpose,
        state: ConsentState::Granted,
        at: NOW.back(ago),
        expires: None,
        basis: "double opt-in".to_owned(),
    }
}
