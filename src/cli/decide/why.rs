//! What would have turned a decision round, and what fills a cap.

use std::io::{Write, stdout};

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::cli::Common;
use crate::cli::segment::print_json;
use crate::decide::Context;
use crate::model::privacy::plain;
use crate::panel::Origin;
use crate::panel::contact::Scene;
use crate::panel::contact::why::{self, Answer, Question, Standing, Subject};
use crate::panel::crowd::{AtHand, Crowd};
use crate::rule::Point;
use crate::traffic::{Profile, Setup};

/// Asks why about one person at the picture's point.
pub(super) fn answer(
    setup: &Setup,
    profile: &Profile,
    point: Point,
    subject: Subject,
    context: &Context,
) -> Option<Answer> {
    let crowd = Crowd::AtHand(AtHand::of(Box::new(|| vec![profile]), setup, point.at, None));
    let scene = Scene { crowd, setup, now: point.at, origin: Origin::Observed, recorded: None };
    let question = Question { profile: profile.id, subject, at: None };
    why::ask(&scene, &question, context)
}

pub(super) fn print(answer: &Answer) -> std::io::Result<()> {
    let mut out = stdout().lock();
    if let Some((cap, filled)) = &answer.full {
        writeln!(out, "  filled by, {}:", plain(cap))?;
        for sent in filled {
            let journey = sent.journey.as_deref().unwrap_or("no journey");
            let at = sent.at.short(&TimeZone::UTC);
            writeln!(out, "    {at}  {}  ({})", plain(&sent.what), plain(journey))?;
        }
    }
    writeln!(out, "  what would turn it round, the smallest first:")?;
    for flip in &answer.flips {
        writeln!(out, "    {}: {}", plain(&flip.changes.join(" and ")), plain(&flip.then))?;
    }
    if answer.flips.is_empty() {
        writeln!(out, "    no single change, and no two together")?;
    }
    Ok(())
}

/// The fields of a decision's JSON that tell why.
pub(super) fn as_json(answer: &Answer) -> Map<String, Value> {
    let full = answer.full.as_ref().map(|(cap, filled)| json!({ "cap": cap, "sends": filled }));
    let fields = [
        ("flips", json!(answer.flips)),
        ("full_cap", json!(full)),
        ("losers", json!(answer.losers)),
        ("hashes", json!(answer.hashes)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn everything(answer: Option<&Answer>, common: &Common) -> anyhow::Result<()> {
    let Some(answer) = answer else { anyhow::bail!("this person is not here any more") };
    if common.json {
        print_json(&json!({
            "profile": answer.question.profile.to_string(),
            "at": answer.at,
            "sentence": answer.sentence,
            "everything": answer.stood,
        }))?;
        return Ok(());
    }
    let mut out = stdout().lock();
    writeln!(out, "{} {}", answer.question.profile, answer.sentence)?;
    for one in &answer.stood {
        let mark = match one.standing {
            Standing::Goes | Standing::Shown => "passed",
            Standing::Held | Standing::Nothing => "closed",
        };
        writeln!(out, "  {mark}  {:<24} {}", plain(&one.name), plain(&one.detail))?;
        if let Some(flip) = &one.flip {
            writeln!(out, "{:<34} unless: {}", "", plain(&flip.changes.join(" and ")))?;
        }
    }
    Ok(())
}
