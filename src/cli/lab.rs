//! `segue lab`: lessons on simulated tests.

use std::io::Write;

use super::{Common, Exit, Outcome};
use crate::experiment::calibrate::Settings;
use crate::panel::figures;
use crate::panel::lesson::Peeking;
use crate::work::console::{Opening, Subject};
use crate::work::lesson::whole;

/// Which lesson.
#[derive(Debug, clap::Subcommand)]
pub enum LabVerb {
    /// Look at tests of nothing every day and see who cries wolf: the ordinary interval, or the always-valid one
    Peeking(Peek),
}

/// How the lesson is played.
#[derive(Debug, clap::Args)]
pub struct Peek {
    /// Play to the end without a console and print what was seen
    #[arg(long)]
    headless: bool,
    /// Tests played side by side
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=20_000))]
    tests: u32,
    /// People in each test
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(500..=100_000))]
    people: u32,
    /// The seed; the same seed gives the same figures
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

/// Runs the verb.
///
/// # Errors
/// What kept it from writing.
pub(super) fn run(verb: &LabVerb, theme: Option<String>, common: &Common) -> anyhow::Result<Outcome> {
    let LabVerb::Peeking(peek) = verb;
    let settings = Settings { people: peek.people, ..Settings::new(peek.tests, peek.seed) };
    if !peek.headless && !common.json {
        let subject = Subject::Lesson(settings);
        return Ok(Outcome::Open(Opening { subject, mask: false, tour: false, theme }));
    }
    let lesson = whole(settings);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if common.json {
        // A JSON error hides the closed pipe it came from; an I/O error shows it.
        serde_json::to_writer_pretty(&mut out, &lesson).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        tell(&lesson, &mut out)?;
    }
    out.flush()?;
    Ok(Exit::Done.into())
}

fn tell(lesson: &Peeking, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{} tests without a difference, {} people each, {} looks; SIMULATED, seed {}\n",
        figures::count(u64::from(lesson.tests)),
        figures::count(u64::from(lesson.people)),
        lesson.looks,
        lesson.seed
    )?;
    writeln!(
        out,
        "{:>6} {:>9} {:>12} {:>14} {:>14}",
        "look", "people", "this look", "any look", "always valid"
    )?;
    let every = (lesson.shares.len() / 10).max(1);
    for share in lesson.shares.iter().skip(every - 1).step_by(every) {
        let of = |tests: u32| figures::percent(lesson.share(tests));
        writeln!(
            out,
            "{:>6} {:>9} {:>12} {:>14} {:>14}",
            share.look,
            figures::count(u64::from(share.people)),
            of(share.this_look),
            of(share.naive),
            of(share.always)
        )?;
    }
    writeln!(out, "\nTest {}: {}", lesson.watched, lesson.told)?;
    writeln!(out, "\n{}", lesson.caption.text)
}
