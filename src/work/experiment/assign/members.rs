//! Who is asked for.

use crate::experiment::Design;
use crate::frame::Bitmap;
use crate::model::Problem;
use crate::rule::diagnostic::nearest;
use crate::segment::Membership;
use crate::work::experiment::wave::several;
use crate::work::frame::{Picture, threads};

/// Members of the segment asked for, and of the design's targeting.
pub(super) fn of(picture: &Picture, segment: Option<&String>, design: &Design) -> anyhow::Result<Bitmap> {
    let mut members = Bitmap::all(picture.frame().people().len());
    let targeted = design.targeting.as_ref().and_then(|targeting| targeting.segment.as_ref());
    for name in segment.into_iter().chain(targeted) {
        members.and(&of_segment(picture, name)?);
    }
    if let Some(rule) = design.targeting.as_ref().and_then(|targeting| targeting.rule.as_ref()) {
        members.and(&of_rule(picture, rule, &design.name)?);
    }
    Ok(members)
}

/// The members of a segment.
///
/// # Errors
/// There is none of this name, or it cannot be used.
pub(in crate::work::experiment) fn of_segment(picture: &Picture, name: &str) -> anyhow::Result<Bitmap> {
    let plan = match picture.library.plan(name) {
        Some(Ok(plan)) => plan,
        Some(Err(problems)) => return Err(several(name, problems.clone())),
        None => {
            let known = picture.library.segments().map(|segment| segment.name.clone());
            let help = nearest(name, known).map_or_else(
                || "`segue segment list` names them".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Problem::new("unknown-segment", format!("no segment is called `{name}`"))
                .help(help)
                .into());
        }
    };
    Ok(Membership::of(picture.frame(), plan, picture.point, threads()).members().clone())
}

/// Everybody a rule is true for.
///
/// # Errors
/// What is wrong with the rule.
pub(in crate::work::experiment) fn of_rule(
    picture: &Picture,
    rule: &str,
    experiment: &str,
) -> anyhow::Result<Bitmap> {
    let plan = picture
        .library
        .compile(rule)
        .map_err(|faults| several(experiment, faults.iter().map(|fault| fault.problem(rule)).collect()))?;
    Ok(Membership::of(picture.frame(), &plan, picture.point, threads()).members().clone())
}
