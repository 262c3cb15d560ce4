//! The segments of the open workspace, resolved together: listed, checked while they are written, rebuilt after a save.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::known::Known;

use crate::frame::{Bitmap, Frame, FrameCatalog};
use crate::model::Problem;
use crate::model::definition::Definition;
use crate::panel::SegmentVerdict;
use crate::panel::audience::{self, Audience, DraftRule, NamedPlan, Observed};
use crate::panel::crowd::AtHand;
use crate::panel::figures;
use crate::panel::segments::{Diagnostic, SegmentKind, Segments as List, StandsOut};
use crate::rule::{self, Catalog, Plan, Point};
use crate::segment::against::against_unless;
use crate::segment::breakdown::Cuts;
use crate::segment::library::with_lists;
use crate::segment::resolve::{Overlay, Plans, Segments, resolve};
use crate::segment::{Body, Segment};
use crate::work::frame::threads;
use crate::work::free_names::FreeNames;
use crate::work::names::Names;

/// Whom rules are asked of.
pub(super) enum Ground {
    /// Imported facts, which stand still until something is imported: asked column by column.
    Observed { frame: Frame, point: Point },
    /// People in a run, which only their own state describes: asked one by one.
    Run(Names),
}

/// A definition as the list shows it.
struct Entry {
    version: u32,
    kind: SegmentKind,
    text: String,
    /// The whole definition.
    definition: String,
    unreadable: Option<Problem>,
}

/// The segments.
pub(super) struct Shelf {
    ground: Ground,
    entries: BTreeMap<String, Entry>,
    segments: Segments,
    plans: Plans,
    /// What the people who stand still can be cut by, worked out aside.
    cuts: Arc<OnceLock<Cuts>>,
    known: Known,
    /// What journeys, experiments and surveys are called here.
    names: FreeNames,
    /// Who is in which, where people stand still: counting again for every key would tell nothing new.
    members: BTreeMap<String, Bitmap>,
}

impl Shelf {
    /// No segments, and nobody.
    pub(super) fn empty() -> Self {
        Self {
            ground: Ground::Run(Names::default()),
            entries: BTreeMap::new(),
            segments: Segments::new(),
            plans: Plans::new(),
            cuts: Arc::default(),
            known: Known::default(),
            names: FreeNames::default(),
            members: BTreeMap::new(),
        }
    }

    /// Puts people under the same segments.
    pub(super) fn stand_on(&mut self, ground: Ground) {
        self.ground = ground;
        self.known.forget();
        self.cuts = Arc::default();
        self.resolve();
        if let Ground::Observed { frame, point } = &self.ground {
            let (frame, point, cuts) = (frame.clone(), *point, Arc::clone(&self.cuts));
            // Everybody's newest events are gone through once: nobody who types waits for that.
            std::thread::spawn(move || cuts.get_or_init(|| Cuts::of(&frame, point)).is_empty());
        }
    }

    /// Takes what journeys, experiments and surveys are called here.
    pub(super) fn learn(&mut self, names: FreeNames) {
        self.names = names;
    }

    /// Whether people can be cut already.
    pub(super) fn can_cut(&self) -> bool {
        matches!(self.ground, Ground::Run(_)) || self.cuts.get().is_some()
    }

    /// What there is to write rules with.
    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    /// How many are in a segment of this name, where that is known already.
    pub(super) fn size_of(&self, name: &str) -> Option<u64> {
        self.members.get(name).map(Bitmap::count)
    }

    /// Takes the newest version of each segment; whatever refers to one that changed is built anew with it.
    pub(super) fn fill(&mut self, definitions: &[&Definition]) {
        self.entries.clear();
        self.segments.clear();
        for definition in definitions {
            let read = Segment::parse(Some(&definition.name), &definition.text);
            let entry = Entry {
                version: definition.version,
                kind: read.as_ref().map_or(SegmentKind::Unreadable, |segment| kind(&segment.body)),
                text: read.as_ref().map_or(String::new(), |segment| text(&segment.body)),
                definition: definition.text.clone(),
                unreadable: read.as_ref().err().cloned(),
            };
            self.entries.insert(definition.name.clone(), entry);
            self.segments.extend(read.ok().map(|segment| (definition.name.clone(), segment)));
        }
        self.resolve();
    }

    fn resolve(&mut self) {
        if let Ground::Observed { frame, .. } = &mut self.ground {
            *frame = with_lists(frame, self.segments.values());
        }
        self.plans = self.with_catalog(|catalog| resolve(&self.segments, catalog));
        self.members = match &self.ground {
            Ground::Observed { frame, point } => {
                let everyone = observed(frame, *point, None);
                let usable = self.plans.iter().filter_map(|(name, plan)| Some((name, plan.as_ref().ok()?)));
                usable.map(|(name, plan)| (name.clone(), everyone.members(plan))).collect()
            }
            Ground::Run(_) => BTreeMap::new(),
        };
    }

    /// Every segment that can be read.
    pub(super) fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.segments.values()
    }

    /// Whom rules are asked of.
    pub(super) fn ground(&self) -> &Ground {
        &self.ground
    }

    pub(super) fn with_catalog<T>(&self, look: impl FnOnce(&dyn Catalog) -> T) -> T {
        match &self.ground {
            Ground::Observed { frame, .. } => look(&FrameCatalog::new(frame)),
            Ground::Run(names) => look(names),
        }
    }

    fn with_audience<T>(&self, at_hand: &AtHand<'_>, ask: impl FnOnce(&dyn Audience) -> T) -> T {
        match &self.ground {
            Ground::Observed { frame, point } => ask(&observed(frame, *point, self.cuts.get())),
            Ground::Run(_) => ask(at_hand),
        }
    }

    /// Every segment as lists and cards need it.
    pub(super) fn plans(&self) -> Vec<NamedPlan<'_>> {
        self.entries.iter().map(|(name, entry)| self.named(name, entry)).collect()
    }

    /// Members of a segment, where people stand still.
    pub(super) fn members(&self, name: &str) -> Option<u64> {
        self.members.get(name).map(Bitmap::count)
    }

    fn named<'a>(&'a self, name: &'a str, entry: &'a Entry) -> NamedPlan<'a> {
        let plan = self.plans.get(name);
        NamedPlan {
            name,
            version: entry.version,
            kind: entry.kind,
            text: &entry.text,
            definition: &entry.definition,
            segment: self.segments.get(name),
            plan: plan.and_then(|plan| plan.as_ref().ok()),
            problem: entry.unreadable.as_ref().or_else(|| plan.and_then(|plan| plan.as_ref().err()?.first())),
            members: self.members.get(name),
        }
    }

    /// The list with sizes.
    pub(super) fn list(&self, at_hand: &AtHand<'_>) -> List {
        self.with_audience(at_hand, |audience| audience::segments(audience, &self.plans()))
    }

    /// A rule as it would read under a name: a reference that leads back to that name is a circle.
    pub(super) fn check(&self, name: Option<&str>, text: &str) -> Result<Plan, Vec<rule::Diagnostic>> {
        let mut segments = self.segments.clone();
        if let Some(name) = name.filter(|name| !name.trim().is_empty()) {
            segments.insert(name.to_owned(), Segment::of_rule(name, text));
        }
        self.with_catalog(|beneath| {
            let plans = resolve(&segments, beneath);
            rule::compile(text, &Overlay { beneath, segments: &segments, plans: &plans })
        })
    }

    /// The names a rule may use, segments and lists among them.
    pub(super) fn with_names<T>(&self, name: Option<&str>, look: impl FnOnce(&dyn Catalog) -> T) -> T {
        let mut segments = self.segments.clone();
        name.map(|name| segments.remove(name));
        self.with_catalog(|beneath| look(&Overlay { beneath, segments: &segments, plans: &self.plans }))
    }

    /// What sets the people of a rule apart from everybody else; none where it cannot be read, where only a run knows
    /// people, or where it was stopped.
    pub(super) fn stands_out(
        &self,
        name: Option<&str>,
        text: &str,
        stop: &mut dyn FnMut() -> bool,
    ) -> Option<StandsOut> {
        let Ground::Observed { frame, point } = &self.ground else { return None };
        let plan = self.check(name, text).ok()?;
        let members = observed(frame, *point, None).members(&plan);
        Some(StandsOut::of(&against_unless(frame, &members, *point, stop)?))
    }

    /// What a rule being written means: how many at first, and for whom once the count has been told.
    pub(super) fn verdict(
        &self,
        name: Option<&str>,
        text: &str,
        ticket: u64,
        whole: bool,
        at_hand: &AtHand<'_>,
    ) -> SegmentVerdict {
        let checked = self.check(name, text);
        let plans = self.plans();
        let saved = plans.iter().find(|plan| Some(plan.name) == name);
        let faults = |found: &Vec<rule::Diagnostic>| found.iter().map(|one| diagnostic(one, text)).collect();
        let checked = checked.as_ref().map_err(faults);
        let now = match &self.ground {
            Ground::Observed { point, .. } => point.at,
            Ground::Run(_) => at_hand.now,
        };
        let draft = DraftRule { ticket, text, checked, saved, now };
        let mut verdict = self.with_audience(at_hand, |audience| match whole {
            true => audience::verdict(audience, &draft, &plans),
            false => audience::count(audience, &draft),
        });
        let doubts = self.names.doubts(text);
        let doubt = |doubt: &rule::Diagnostic| Diagnostic { error: false, ..diagnostic(doubt, text) };
        verdict.diagnostics.extend(doubts.iter().map(doubt));
        verdict
    }

    /// Whether a rule may become the next version of a name.
    ///
    /// # Errors
    /// Where the name belongs to a list, to set algebra, or to what cannot be read.
    pub(super) fn may_be_rule(&self, name: &str) -> Result<(), Problem> {
        if name.trim().is_empty() {
            return Err(Problem::new("segment-name", "the segment has no name").help("give it one"));
        }
        match self.segments.get(name) {
            Some(segment) => segment.body.may_become_rule(name),
            None if self.entries.contains_key(name) => {
                let message = format!("segment “{name}” cannot be read, and a rule would replace it");
                Err(Problem::new("segment-unreadable", message).help("give the rule another name"))
            }
            None => Ok(()),
        }
    }
}

fn observed<'a>(frame: &'a Frame, point: Point, cuts: Option<&'a Cuts>) -> Observed<'a> {
    Observed { frame, point, threads: threads(), cuts }
}

fn kind(body: &Body) -> SegmentKind {
    match body {
        Body::Rule(_) => SegmentKind::Rule,
        Body::List(_) => SegmentKind::List,
        Body::Union(_) | Body::Intersect(_) | Body::Minus(_) => SegmentKind::Algebra,
    }
}

/// A rule's text, or what the segment is instead of a rule.
fn text(body: &Body) -> String {
    let joined = |names: &[String], by: &str| {
        names.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(by)
    };
    match body {
        Body::Rule(rule) => rule.clone(),
        Body::List(members) => {
            format!("a list of {}", figures::plural(members.len() as u64, "identity", "identities"))
        }
        Body::Union(names) => format!("everyone in {}", joined(names, " or ")),
        Body::Intersect(names) => format!("everyone in {}", joined(names, " and ")),
        Body::Minus(names) => match names.split_first() {
            Some((first, others)) if !others.is_empty() => {
                format!("everyone in “{first}” who is not in {}", joined(others, " or "))
            }
            _ => format!("everyone in {}", joined(names, "")),
        },
    }
}

/// A rule's fault in lines and characters, as the editor counts.
fn diagnostic(found: &rule::Diagnostic, text: &str) -> Diagnostic {
    let before = text.get(..found.span.start).unwrap_or("");
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
    let covered = text.get(found.span.clone()).unwrap_or("").chars().count() as u32;
    let replacement = found
        .help
        .as_deref()
        .and_then(|help| help.strip_prefix("did you mean `"))
        .and_then(|rest| rest.strip_suffix("`?"));
    Diagnostic {
        line: before.matches('\n').count() as u32 + 1,
        column,
        length: covered.max(1),
        error: true,
        message: found.message.clone(),
        help: found.help.clone(),
        replacement: replacement.map(str::to_owned),
    }
}
