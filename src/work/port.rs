//! The console's only two doors: what comes in and what goes out. Whoever drives the console fills the one and empties
//! the other; nothing in here knows a store, a thread pool or a simulation.

use std::path::PathBuf;
use std::sync::Arc;

use crate::experiment::calc;
use crate::model::{BatchId, Problem, ProfileId, Time};
use crate::panel::contact::why::{Answer, Question};
use crate::panel::contact::{Comparison, FatigueInFull, Forecast, GateLosses, Grid};
use crate::panel::designs::{Opened, Verdict};
use crate::panel::lesson::Peeking;
use crate::panel::segments::complete::Completions;
use crate::panel::segments::history::History;
use crate::panel::segments::offers::{Explained, Offers};
use crate::panel::{
    Answers, Data, Experiments, Jobs, Journeys, Live, People, PersonCard, SegmentVerdict, Segments,
};
use crate::rule::rows::About;
use crate::work::lesson::Pace;

/// A screen of the console. The laboratory's number, 7, is kept free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Room {
    /// 1: the live panels.
    Live,
    /// 2: sources and batches.
    Data,
    /// 3: people, and one person.
    People,
    /// 4: segments and their editor.
    Segments,
    /// 5: journeys.
    Journeys,
    /// 6: experiments.
    Experiments,
    /// 8: long work.
    Jobs,
}

impl Room {
    /// Every room in the order of its number.
    pub const ALL: [Self; 7] =
        [Self::Live, Self::Data, Self::People, Self::Segments, Self::Journeys, Self::Experiments, Self::Jobs];

    /// The number that opens it.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Live => 1,
            Self::Data => 2,
            Self::People => 3,
            Self::Segments => 4,
            Self::Journeys => 5,
            Self::Experiments => 6,
            Self::Jobs => 8,
        }
    }

    /// What its tab says.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Data => "Data",
            Self::People => "People",
            Self::Segments => "Segments",
            Self::Journeys => "Journeys",
            Self::Experiments => "Experiments",
            Self::Jobs => "Jobs",
        }
    }

    /// The room whose tab says this, in any case.
    #[must_use]
    pub fn from_title(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|room| room.title().eq_ignore_ascii_case(title))
    }
}

/// How fast the virtual clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// This many virtual seconds per second.
    Times(u32),
    /// As fast as it goes.
    Fastest,
}

impl Speed {
    /// The speeds `+` and `-` walk through, slowest first.
    pub const STEPS: [Self; 7] = [
        Self::Times(1),
        Self::Times(60),
        Self::Times(600),
        Self::Times(3_600),
        Self::Times(21_600),
        Self::Times(86_400),
        Self::Fastest,
    ];

    /// The next faster step, or itself at the end.
    #[must_use]
    pub fn faster(self) -> Self {
        Self::STEPS.into_iter().find(|step| step.per_second() > self.per_second()).unwrap_or(Self::Fastest)
    }

    /// The next slower step, or itself at the end.
    #[must_use]
    pub fn slower(self) -> Self {
        Self::STEPS
            .into_iter()
            .rev()
            .find(|step| step.per_second() < self.per_second())
            .unwrap_or(Self::Times(1))
    }

    /// Virtual seconds per second; the largest number where there is no limit.
    #[must_use]
    pub fn per_second(self) -> u32 {
        match self {
            Self::Times(times) => times,
            Self::Fastest => u32::MAX,
        }
    }
}

/// The virtual clock, or the lack of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockState {
    /// Whether anything moves at all: false where a workspace is only looked at.
    pub flows: bool,
    /// Whether it stands.
    pub paused: bool,
    /// How fast it runs.
    pub speed: Speed,
    /// Where it stands.
    pub now: Time,
    /// Events per second of real time, measured.
    pub events_per_second: Option<f64>,
}

/// How a lesson plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LessonState {
    /// Whether it stands.
    pub paused: bool,
    /// Looks per second.
    pub speed: u32,
}

/// What the console is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// The live panels of one moment.
    Live(Arc<Live>),
    /// Sources and batches.
    Data(Arc<Data>),
    /// An answer to [`Command::LoadPeople`].
    People(Arc<People>),
    /// An answer to [`Command::OpenPerson`].
    Person(Arc<PersonCard>),
    /// The segments.
    Segments(Arc<Segments>),
    /// An answer to [`Command::CheckRule`].
    SegmentVerdict(Arc<SegmentVerdict>),
    /// An answer to [`Command::Complete`].
    Completions(Arc<Completions>),
    /// An answer to [`Command::LoadOffers`].
    Offers(Arc<Offers>),
    /// An answer to [`Command::ExplainPerson`].
    Explained(Arc<Explained>),
    /// An answer to [`Command::LoadHistory`]; it comes again each time more is known.
    SegmentHistory(Arc<History>),
    /// [`Command::SaveSegment`] or [`Command::SaveDefinition`] went well; this version is the newest now.
    SegmentSaved {
        /// The segment.
        name: String,
        /// Its new version.
        version: u32,
    },
    /// An answer to [`Command::OpenDesign`].
    DesignOpened(Arc<Opened>),
    /// An answer to [`Command::CheckDesign`]; a second one follows with what can be expected.
    DesignJudged(Arc<Verdict>),
    /// [`Command::SaveDesign`] went well; this version is the newest now.
    DesignSaved {
        /// The experiment.
        name: String,
        /// Its new version.
        version: u32,
    },
    /// An answer to [`Command::Calculate`].
    Calculated {
        /// The question it answers.
        ticket: u64,
        /// The answer.
        answer: Arc<calc::Answer>,
    },
    /// A lesson that plays, and how fast.
    Lesson(Arc<Peeking>, LessonState),
    /// The journeys.
    Journeys(Arc<Journeys>),
    /// The experiments.
    Experiments(Arc<Experiments>),
    /// An answer to [`Command::Answers`].
    Answers(Result<Arc<Answers>, Problem>),
    /// A page of the contact view, an answer to [`Command::Contact`].
    Contact(ContactPage),
    /// An answer to [`Command::Why`]; none where there is nobody of that id.
    Why(Question, Option<Arc<Answer>>),
    /// Long work.
    Jobs(Arc<Jobs>),
    /// The virtual clock.
    Clock(ClockState),
    /// A room cannot be filled: what, where, what now.
    Failed(Room, Problem),
    /// Something went wrong that belongs to no room.
    Toast(Problem),
    /// Something went well, in a sentence.
    Note(String),
}

/// A page of the contact view.
#[derive(Debug, Clone, PartialEq)]
pub enum ContactPage {
    /// Messages, pressure, caps, and what follows.
    Fatigue(Arc<FatigueInFull>),
    /// Who will reach a cap; it takes a while and comes last.
    Forecast(Result<Arc<Forecast>, Problem>),
    /// The same messages under other policies.
    Policies(Result<Arc<Comparison>, Problem>),
    /// Who gets what.
    Grid(Arc<Grid>),
    /// Where people are lost.
    Gates(Arc<GateLosses>),
}

/// What the console asks for. Nothing is answered in place: the answer, if there is one, is an [`Update`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Stop the virtual clock.
    Pause,
    /// Let it run.
    Resume,
    /// Run the clock at the next of [`Speed::STEPS`].
    Faster,
    /// Run the clock at the one before.
    Slower,
    /// Jump to the next interesting moment.
    NextMoment,
    /// A room came into view; it may be refreshed.
    Show(Room),
    /// List the people a text matches; everyone for an empty one.
    LoadPeople {
        /// What was typed.
        filter: String,
    },
    /// What can this data answer?
    Answers,
    /// Every page of the contact view, as of now.
    Contact,
    /// Why was this decided, or what would be?
    Why(Question),
    /// Everything about one person.
    OpenPerson(ProfileId),
    /// What does this rule mean, and for whom?
    CheckRule {
        /// The name it is to be kept under, so that a circle back to it is noticed.
        name: Option<String>,
        /// The rule's text.
        text: String,
        /// To be repeated in the answer.
        ticket: u64,
    },
    /// What may come next in this rule, at a byte of its text?
    Complete {
        /// The name it is to be kept under.
        name: Option<String>,
        /// The rule's text.
        text: String,
        /// The byte the cursor is at.
        cursor: usize,
        /// To be repeated in the answer.
        ticket: u64,
    },
    /// What may a cell of the builder be filled with: the values of something, or what a row can be about.
    LoadOffers(Option<About>),
    /// Why does this rule hold for a person, or not?
    ExplainPerson {
        /// The name it is to be kept under.
        name: Option<String>,
        /// The rule's text.
        text: String,
        /// The person.
        id: ProfileId,
    },
    /// How was this segment before?
    LoadHistory(String),
    /// Keep this rule as the newest version of a segment.
    SaveSegment {
        /// The segment.
        name: String,
        /// The rule's text.
        text: String,
        /// Where a new one takes what it says of itself from.
        like: Like,
    },
    /// Keep this definition as the newest version of a segment.
    SaveDefinition {
        /// The segment.
        name: String,
        /// The definition's text.
        text: String,
    },
    /// Open the design of an experiment, or a new one.
    OpenDesign(Option<String>),
    /// What is wrong with this design, what does it change, and what can be expected of it?
    CheckDesign {
        /// The definition's text.
        text: String,
        /// To be repeated in the answer.
        ticket: u64,
    },
    /// Keep this design as the newest version of its name.
    SaveDesign {
        /// The definition's text.
        text: String,
    },
    /// What do these summary numbers say?
    Calculate {
        /// What is asked.
        question: calc::Question,
        /// The numbers, as a line of JSON.
        line: String,
        /// To be repeated in the answer.
        ticket: u64,
    },
    /// Play the lesson on peeking.
    BeginLesson,
    /// Change the pace of the lesson that plays.
    LessonPace(Pace),
    /// Nobody watches the lesson any more.
    EndLesson,
    /// Import a file by its path as typed.
    ImportFile(PathBuf),
    /// Take an import back as a whole.
    RevertBatch(BatchId),
    /// End a job.
    CancelJob(u64),
    /// The console closes.
    Quit,
}

/// Where a new segment takes description, owner, tags and purpose from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Like {
    /// From nowhere.
    #[default]
    Nothing,
    /// From a segment that is there.
    Segment(String),
    /// From one of the ready segments.
    Ready(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_walk_from_real_time_to_as_fast_as_it_goes_and_stop_there() {
        let mut speed = Speed::Times(1);
        for expected in &Speed::STEPS[1..] {
            speed = speed.faster();
            assert_eq!(speed, *expected);
        }
        assert_eq!(speed.faster(), Speed::Fastest);
        assert_eq!(Speed::Times(1).slower(), Speed::Times(1));
        assert_eq!(Speed::Times(1_000).faster(), Speed::Times(3_600));
        assert_eq!(Speed::Times(1_000).slower(), Speed::Times(600));
    }

    #[test]
    fn seven_is_kept_free() {
        let numbers: Vec<u8> = Room::ALL.iter().map(|room| room.number()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 8]);
    }
}
