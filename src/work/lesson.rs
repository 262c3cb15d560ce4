//! The lesson on peeking as it plays: a thread of its own with a pace that can be changed.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::port::{LessonState, Update};
use crate::experiment::calibrate::Settings;
use crate::experiment::calibrate::course::Course;
use crate::panel::lesson::Peeking;

/// What may be asked of a lesson that plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Stand still.
    Pause,
    /// Go on.
    Resume,
    /// Take one look and stand still.
    Step,
    /// Look faster.
    Faster,
    /// Look slower.
    Slower,
    /// Begin again.
    Again,
}

/// Looks per second, slowest first. At the usual one the lesson takes under two minutes, captions read along.
const SPEEDS: [u32; 5] = [1, 2, 4, 10, 25];
/// The usual speed's place.
const USUAL: usize = 0;

/// The thread that plays; it ends when this is dropped.
#[derive(Debug)]
pub struct Teacher {
    asks: Sender<Pace>,
}

impl Teacher {
    /// Begins a lesson.
    #[must_use]
    pub fn begin(settings: Settings, tell: Sender<Update>) -> Self {
        let (asks, asked) = channel();
        std::thread::spawn(move || play(settings, &tell, &asked));
        Self { asks }
    }

    /// Changes its pace.
    pub fn pace(&self, pace: Pace) {
        // A lesson that is over by itself needs no pace.
        let _ = self.asks.send(pace);
    }
}

fn play(settings: Settings, tell: &Sender<Update>, asked: &Receiver<Pace>) {
    let mut course = Course::new(settings);
    let (mut paused, mut speed) = (false, USUAL);
    let mut due = Instant::now();
    let mut dirty = true;
    loop {
        if dirty {
            let state = LessonState { paused, speed: SPEEDS[speed] };
            if tell.send(Update::Lesson(Arc::new(Peeking::of(&course)), state)).is_err() {
                return;
            }
            due = Instant::now() + Duration::from_secs(1) / SPEEDS[speed];
        }
        dirty = true;
        let still = paused || course.is_over();
        let wait =
            if still { Duration::from_secs(3600) } else { due.saturating_duration_since(Instant::now()) };
        match asked.recv_timeout(wait) {
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) if still => dirty = false,
            Err(RecvTimeoutError::Timeout) => course.advance(),
            Ok(Pace::Pause) => paused = true,
            Ok(Pace::Resume) => paused = false,
            Ok(Pace::Step) => {
                paused = true;
                course.advance();
            }
            Ok(Pace::Faster) => speed = (speed + 1).min(SPEEDS.len() - 1),
            Ok(Pace::Slower) => speed = speed.saturating_sub(1),
            Ok(Pace::Again) => {
                course = Course::new(settings);
                paused = false;
            }
        }
    }
}

/// The lesson played to its end without waiting.
#[must_use]
pub fn whole(settings: Settings) -> Peeking {
    let mut course = Course::new(settings);
    while !course.is_over() {
        course.advance();
    }
    Peeking::of(&course)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { people: 2_000, looks: 12, ..Settings::new(40, 5) }
    }

    #[test]
    fn a_lesson_steps_pauses_and_begins_again_and_ends_as_the_headless_one() {
        let (tell, told) = channel();
        let teacher = Teacher::begin(settings(), tell);
        let next = || match told.recv_timeout(Duration::from_secs(30)).unwrap() {
            Update::Lesson(lesson, state) => (lesson, state),
            other => panic!("{other:?}"),
        };
        assert_eq!(next().0.look(), 0);
        teacher.pace(Pace::Pause);
        let mut at = next();
        while !at.1.paused {
            at = next();
        }
        let look = at.0.look();
        teacher.pace(Pace::Step);
        assert_eq!(next().0.look(), look + 1);
        (0..9).for_each(|_| teacher.pace(Pace::Faster));
        (0..8).for_each(|_| drop(next()));
        assert_eq!(next().1.speed, 25);
        teacher.pace(Pace::Resume);
        let mut last = next().0;
        while !last.is_over() {
            last = next().0;
        }
        assert_eq!(*last, whole(settings()));
        teacher.pace(Pace::Again);
        assert_eq!(next().0.look(), 0);
    }
}
