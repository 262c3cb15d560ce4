//! What a contact policy must say beyond what TOML can check.

use jiff::tz::TimeZone;

use super::cooldown::CoolDown;
use super::policy::{Cap, Policy, WindowKind};
use super::rules::MOST;
use crate::model::Problem;

/// The first thing that is wrong.
pub(super) fn policy(policy: &Policy) -> Result<(), Problem> {
    let limits = policy.caps.len() + policy.cooldowns.len();
    if limits > MOST {
        let message = format!("{limits} caps and cool-downs are more than the {MOST} one policy may have");
        return Err(Problem::new("policy-caps", message).help("every one of them must pass: join some"));
    }
    for (index, known) in policy.caps.iter().enumerate() {
        cap(index + 1, known)?;
    }
    for (index, known) in policy.cooldowns.iter().enumerate() {
        cooldown(index + 1, known)?;
    }
    for (index, quiet) in policy.quiet.iter().enumerate() {
        if quiet.from == quiet.to {
            let message = format!("quiet period {} begins and ends at {}", index + 1, quiet.from);
            return Err(Problem::new("policy-quiet", message)
                .help("write from = \"21:00\" and to = \"08:00\", or give days"));
        }
    }
    if policy.pressure.half_life.0 <= 0 {
        return Err(Problem::new("policy-half-life", "a half-life must be longer than nothing"));
    }
    let numbers =
        policy.pressure.weights.values().chain([&policy.pressure.price]).chain(&policy.pressure.budget);
    if let Some(wrong) = numbers.copied().find(|number| !(number.is_finite() && *number >= 0.0)) {
        return Err(Problem::new(
            "policy-pressure",
            format!("{wrong} is no weight, price or budget of pressure"),
        )
        .help("write 0 or more"));
    }
    match &policy.holdout {
        Some(holdout) if !(0.0..=1.0).contains(&holdout.share) => {
            Err(Problem::new("policy-holdout", format!("a share of {} is none", holdout.share))
                .help("write a share between 0 and 1, such as 0.05"))
        }
        _ => Ok(()),
    }
}

fn cap(number: usize, cap: &Cap) -> Result<(), Problem> {
    if cap.window.0 <= 0 {
        return Err(Problem::new("policy-window", format!("cap {number} has no window"))
            .help("write a length such as window = \"7d\""));
    }
    let unit = cap.per.written();
    if cap.kind == WindowKind::Calendar && cap.window.0 % unit.0 != 0 {
        let (units, window) = (format!("{:?}s", cap.per).to_lowercase(), cap.window);
        let message = format!("cap {number} counts calendar {units}, but {window} is not whole {units}");
        return Err(Problem::new("policy-window", message)
            .help(format!("write a multiple of {unit}, or kind = \"rolling\"")));
    }
    match &cap.zone {
        Some(zone) if TimeZone::get(zone).is_err() => {
            Err(Problem::new("policy-zone", format!("cap {number}: no zone is called `{zone}`"))
                .help("write a name such as Europe/Berlin or UTC"))
        }
        _ => Ok(()),
    }
}

fn cooldown(number: usize, rule: &CoolDown) -> Result<(), Problem> {
    let wrong = |what: &str, help: &str| {
        Err(Problem::new("policy-cooldown", format!("cool-down {number} {what}")).help(help))
    };
    if rule.count == 0 {
        return wrong("waits for nothing", "write count = 5");
    }
    if rule.pause.0 <= 0 || rule.patience.0 < 0 {
        return wrong("has no pause", "write pause = \"14d\"");
    }
    if rule.within.is_some_and(|within| within.0 <= 0) {
        return wrong("looks at no time at all", "write within = \"30d\", or leave it out to count in a row");
    }
    Ok(())
}
