//! A workspace that is only looked at: its observed people as of just after the newest event, no run over them. The frame
//! holds them; what screens show of everybody is worked out once while they are read, one person after the other.

use crate::frame::Frame;
use crate::model::definition::{Definition, Kind};
use crate::model::{Person, Problem, ProfileId, Seed, Time};
use crate::panel::contact::Scene;
use crate::panel::crowd::{AtHand, Crowd, Recorded as Everybody, has_address};
use crate::panel::csat::Moments;
use crate::panel::fatigue::Counting;
use crate::panel::{Csat, Fatigue, Live, Origin, Stamp, Whereabouts};
use crate::rule::OpenCatalog;
use crate::store::Store;
use crate::survey::benchmark::Benchmarks;
use crate::traffic::of_frame::Folk;
use crate::traffic::past::{Recall, Remembered};
use crate::traffic::{Ledger, Profile, Recorded, Setup, compile_what_holds};
use crate::work::Cancel;
use crate::work::frame::{self, Picture, threads};
use crate::work::observed;

/// People between two looks at whether anybody still waits.
const STRIDE: u32 = 4_096;

/// Observed people and the definitions over them.
pub struct Quiet {
    /// The definitions that can be used, compiled.
    pub setup: Setup,
    /// What the workspace tells about messages and answers.
    pub recorded: Recorded,
    /// Just after the newest event, or the moment asked for.
    pub now: Time,
    /// Definitions that could not be used.
    pub problems: Vec<Problem>,
    /// Everybody and the facts behind them, with everybody's stage and every list; none of nobody.
    pub frame: Option<Frame>,
    ledger: Ledger,
    panels: Panels,
    origin: Origin,
}

/// What is shown of everybody at once.
struct Panels {
    fatigue: Fatigue,
    csat: Csat,
    whereabouts: Whereabouts,
}

impl Quiet {
    /// Nobody.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            setup: Setup::empty(),
            recorded: Recorded::default(),
            now: Time(0),
            problems: Vec::new(),
            frame: None,
            ledger: Ledger::default(),
            panels: Panels {
                fatigue: Fatigue::none(),
                csat: Csat::none(),
                whereabouts: Whereabouts::default(),
            },
            origin: Origin::Observed,
        }
    }

    /// Everyone in a workspace with its definitions, as of a moment or just after the newest event.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_store(store: &Store, as_of: Option<Time>) -> anyhow::Result<Self> {
        let mut definitions = Vec::new();
        for kind in Kind::ALL {
            definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
        }
        Self::load(store, &definitions, as_of)
    }

    /// Everyone in a workspace, as of a moment or just after the newest event.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn load(store: &Store, definitions: &[Definition], as_of: Option<Time>) -> anyhow::Result<Self> {
        let picture = frame::load(store, as_of, threads())?;
        let read = Self::over(store, picture, definitions, as_of, &Cancel::default())?;
        Ok(read.unwrap_or_else(Self::nobody))
    }

    /// Everyone in a picture of a workspace; none where nobody waits for it any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn over(
        store: &Store,
        picture: Picture,
        definitions: &[Definition],
        as_of: Option<Time>,
        cancel: &Cancel,
    ) -> anyhow::Result<Option<Self>> {
        let frame = picture.frame().clone();
        let ledger = observed::ledger(store, &frame, as_of)?;
        let (mut setup, problems) = compile_what_holds(definitions, &OpenCatalog, Seed(0));
        setup.words = Folk::of(&frame).words();
        let newest = frame.counts().newest;
        let now = as_of.unwrap_or_else(|| Time(newest.map_or(0, |at| at.0.saturating_add(1))));
        let origin = match store.is_run()? {
            Some(run) => Origin::Simulated { seed: run.meta.seed.0 },
            None => Origin::Observed,
        };
        let Some((mut panels, recorded)) = read(&frame, &ledger, &mut setup, now, cancel) else {
            return Ok(None);
        };
        if problems.iter().any(is_of_policy) {
            panels.fatigue = panels.fatigue.without_policy();
        }
        Ok(Some(Self { setup, recorded, now, problems, frame: Some(frame), ledger, panels, origin }))
    }

    /// The live panels over what was observed: whatever needs a running test says so.
    #[must_use]
    pub fn live(&self, name: &str) -> Live {
        let mut live = Live::nothing(name, self.now);
        let frame = self.frame.as_ref();
        live.stamp = Stamp {
            workspace: name.to_owned(),
            origin: self.origin,
            as_of: self.now,
            people: frame.map_or(0, |frame| frame.people().len() as u64),
            events: frame.map_or(0, |frame| frame.counts().events),
            definitions: None,
        };
        live.fatigue = self.panels.fatigue.clone();
        live.csat = self.panels.csat.clone();
        live.whereabouts = self.panels.whereabouts.clone();
        live
    }

    /// Everyone.
    #[must_use]
    pub fn crowd(&self) -> Crowd<'_> {
        let Some(frame) = &self.frame else {
            return Crowd::AtHand(AtHand::of(Box::new(Vec::new), &self.setup, self.now, None));
        };
        Crowd::Recorded(Everybody {
            frame,
            ledger: &self.ledger,
            words: &self.setup.words,
            library: &self.setup.library,
            now: self.now,
            threads: threads(),
        })
    }

    /// Somebody with everything that is known of them.
    #[must_use]
    pub fn person(&self, id: ProfileId) -> Option<Profile> {
        self.crowd().person(id).map(std::borrow::Cow::into_owned)
    }

    /// Everyone with the definitions over them.
    #[must_use]
    pub fn scene(&self) -> Scene<'_> {
        Scene {
            crowd: self.crowd(),
            setup: &self.setup,
            now: self.now,
            origin: self.origin,
            recorded: Some(&self.recorded),
        }
    }

    /// What the workspace keeps a ledger of.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Observed, or of the run whose file this is.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Whether there is a contact policy that could not be used.
    #[must_use]
    pub fn policy_is_unread(&self) -> bool {
        self.problems.iter().any(is_of_policy)
    }
}

/// Goes through everybody once: what reached them and what they answered is counted and, where nothing here defines it any
/// more, added to the library. None where nobody waits for it any more.
fn read(
    frame: &Frame,
    ledger: &Ledger,
    setup: &mut Setup,
    now: Time,
    cancel: &Cancel,
) -> Option<(Panels, Recorded)> {
    let (folk, people) = (Folk::of(frame), frame.people());
    let policy = setup.library.policy.clone();
    let mut counting = Counting::recorded(&policy, now);
    let mut moments = Moments::of(&setup.library);
    let mut recall = Recall::new(&mut setup.library);
    let tells = folk.tells_anything(ledger);
    for row in 0..people.len() as u32 {
        if row % STRIDE == 0 && cancel.is_cancelled() {
            return None;
        }
        let person = Person(row);
        let remembered = match tells {
            true => folk.remember(person, ledger, &mut recall),
            false => Remembered::default(),
        };
        if has_address(people.identities(person).map(|(namespace, _)| namespace)) {
            counting.reach(&remembered.messages);
        }
        moments.see(row, remembered.messages.iter(), &remembered.answers, recall.library());
    }
    let recorded = recall.recorded();
    let csat = |benchmarks: Benchmarks| {
        Csat::recorded(&moments, &setup.library, &benchmarks, "internet retail", now, &recorded)
    };
    let panels = Panels {
        fatigue: Fatigue::recorded(counting, &recorded),
        csat: Benchmarks::shipped().map_or_else(|_| Csat::none(), csat),
        whereabouts: Whereabouts::recorded(frame, &setup.stages),
    };
    // Whoever looks at people next wants to know what they did: everybody's events are put in order here, where nobody
    // waits for it.
    drop(frame.history(Person(0)));
    Some((panels, recorded))
}

/// Whether a problem is one of a contact policy, without which nothing may be sent.
#[must_use]
pub fn is_of_policy(problem: &Problem) -> bool {
    let place = problem.place.file.as_deref().unwrap_or_default();
    problem.code == "policy-several" || place.starts_with(Kind::ContactPolicy.name())
}
