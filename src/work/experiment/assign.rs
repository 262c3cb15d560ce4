//! Assigning a segment to files: consent, suppression and caps first, then the split, then one list per variant, with every
//! exposure and every planned message on record.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::wave::{Standing, Wave};
use crate::decide::library::Source;
use crate::decide::{self, Content, Library, Verdict};
use crate::exchange::sheet::{self, Sheet};
use crate::experience::{Experience, content};
use crate::experiment::{Design, NotAssigned};
use crate::frame::Bitmap;
use crate::model::definition::{Definition, Kind};
use crate::model::message::{HeldReason, Message, MessageState};
use crate::model::{BatchId, Datum, Identity, Person, Problem, Seed, Span, Time};
use crate::rule::diagnostic::nearest;
use crate::rule::{OpenCatalog, Point};
use crate::segment::{Membership, Segment};
use crate::store::{
    BatchKind, BatchMeta, Begun, Elsewhere, ExposureFact, MessageFact, Store, StoredDefinition,
};
use crate::traffic::compile;
use crate::traffic::profile::View;
use crate::work::frame::{Picture, load, threads};
use crate::work::observed::Observed;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The experiment.
    pub name: String,
    /// Whose members are assigned; with a targeting of the design, who is in both.
    pub segment: Option<String>,
    /// The moment the messages go out; just after the newest event if not said.
    pub at: Option<Time>,
    /// What people are hashed with, if not as the design says.
    pub seed: Option<String>,
    /// Whether those assigned before are written again, and new people with them.
    pub again: bool,
    /// Where the lists go.
    pub out: PathBuf,
}

/// One variant of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// The variant.
    pub variant: String,
    /// People in it.
    pub people: u64,
    /// Of them, those who were in it before.
    pub before: u64,
    /// Its list; none for who is held back.
    pub file: Option<PathBuf>,
}

/// What became of everybody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The batch that recorded it.
    pub batch: BatchId,
    /// What was recorded.
    pub wave: Wave,
    /// People who were asked for.
    pub considered: u64,
    /// People left out before the split, by the reason.
    pub left_out: Vec<(String, u64)>,
    /// The variants.
    pub arms: Vec<Arm>,
    /// The earliest moment after a quiet hour of somebody, where the moment is quiet for them.
    pub quiet_until: Option<Time>,
}

/// What an assignment came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was made.
    Assigned(Box<Assigned>),
    /// It was made before and nothing was changed.
    Already(Vec<(BatchId, Wave)>),
}

/// Assigns.
///
/// # Errors
/// There is no such experiment or segment, nothing says what is sent, or files or workspace cannot be written.
pub fn assign(store: &mut Store, request: &Request, now: Time) -> anyhow::Result<Outcome> {
    let standing = Standing::of(store, &request.name)?;
    let waves: Vec<(BatchId, Wave)> = standing.of_phase(standing.phase).cloned().collect();
    if !request.again && !waves.is_empty() {
        return Ok(Outcome::Already(waves));
    }
    let seed = seed(request, &standing, &waves)?;
    let design = Design { seed: Some(seed.clone()), ..standing.design.clone() };
    let (picture, at) = picture(store, request.at)?;
    if let Some((_, last)) = waves.last()
        && at < last.at
    {
        return Err(Problem::new(
            "assign-earlier",
            format!("the last assignment stands for {}, which is later", last.at),
        )
        .help("name a later moment with --at")
        .into());
    }
    let members = members(&picture, request, &design)?;
    let mut sending = Sending::new(store, &design)?;
    // What was booked for the same moment is booked before.
    let mut observed =
        Observed::of(picture.frame()).with_ledger(store, picture.frame(), Some(at + Span(1)))?;
    observed.recall(&mut sending.library);
    let known = super::exposure::first(store, &standing, standing.phase, picture.frame())?;
    let split = Split::of(&picture, &members, &design, &sending, &observed, at, &known);
    if split.units.is_empty() {
        return Err(nobody(&standing.design.name, members.count(), &split.left_out).into());
    }
    let number = waves.len() as u32 + 1;
    let sheets = split.sheets(&picture, &design, &sending, number);
    let files =
        sheet::write(&request.out, &sheets.iter().map(|(_, sheet)| sheet.clone()).collect::<Vec<_>>())?;
    let wave = Wave {
        experiment: standing.design.name.clone(),
        version: standing.stored.definition.version,
        definition: standing.stored.definition.hash().to_string(),
        phase: standing.phase,
        number,
        at,
        segment: request.segment.clone(),
        seed,
        people: split.counts(&design, |_| true),
        joined: split.counts(&design, |unit| !unit.before),
        files: sheets
            .iter()
            .map(|(arm, sheet)| (design.variants[*arm].name.clone(), sheet.file.clone()))
            .collect(),
    };
    let batch = record(store, &standing.stored, &wave, &split, &sending, files, now)?;
    let arms = arms(&design, &split, &sheets, &request.out);
    Ok(Outcome::Assigned(Box::new(Assigned {
        batch,
        wave,
        considered: members.count(),
        left_out: split.left_out.into_iter().collect(),
        arms,
        quiet_until: split.quiet_until,
    })))
}

/// The workspace at the moment the messages go out. What an export says without a time of its own is known at its newest
/// event, so a later moment reads everything there is.
pub(super) fn picture(store: &Store, at: Option<Time>) -> anyhow::Result<(Picture, Time)> {
    let mut picture = load(store, None, threads())?;
    let newest = picture.frame().counts().newest;
    let at = at.or_else(|| newest.map(|newest| newest + Span(1))).unwrap_or(picture.point.at);
    if newest.is_some_and(|newest| at <= newest) {
        return Ok((load(store, Some(at), threads())?, at));
    }
    picture.point = Point::before(at);
    let labelled = picture.stages.label(picture.frame(), picture.point, threads());
    let segments: Vec<Segment> = picture.library.segments().cloned().collect();
    picture.library = crate::segment::Library::new(&labelled, segments);
    Ok((picture, at))
}

fn nobody(name: &str, asked: u64, left_out: &BTreeMap<String, u64>) -> Problem {
    let reasons: Vec<String> = left_out.iter().map(|(reason, people)| format!("{people} {reason}")).collect();
    let problem =
        Problem::new("assign-nobody", format!("of {asked} people nobody is left to be assigned to {name}"));
    match reasons.is_empty() {
        true => problem.help("the segment has no members at that moment"),
        false => problem.help(format!("left out: {}", reasons.join(", "))),
    }
}

/// What people are hashed with: once somebody was assigned, that stays.
fn seed(request: &Request, standing: &Standing, waves: &[(BatchId, Wave)]) -> Result<String, Problem> {
    let planned = || request.seed.clone().unwrap_or_else(|| standing.design.seed().to_owned());
    let Some((_, wave)) = waves.first() else { return Ok(planned()) };
    match &request.seed {
        Some(other) if *other != wave.seed => {
            Err(Problem::new("assign-seed", format!("people were assigned with the seed `{}`", wave.seed))
                .help("leave --seed out: another seed would move people to other variants"))
        }
        _ => Ok(wave.seed.clone()),
    }
}

/// Members of the segment asked for, and of the design's targeting.
fn members(picture: &Picture, request: &Request, design: &Design) -> anyhow::Result<Bitmap> {
    let mut members = Bitmap::all(picture.frame().people().len());
    let targeted = design.targeting.as_ref().and_then(|targeting| targeting.segment.as_ref());
    for name in request.segment.iter().chain(targeted) {
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
pub(super) fn of_segment(picture: &Picture, name: &str) -> anyhow::Result<Bitmap> {
    let plan = match picture.library.plan(name) {
        Some(Ok(plan)) => plan,
        Some(Err(problems)) => return Err(super::wave::several(name, problems.clone())),
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
pub(super) fn of_rule(picture: &Picture, rule: &str, experiment: &str) -> anyhow::Result<Bitmap> {
    let plan = picture.library.compile(rule).map_err(|faults| {
        super::wave::several(experiment, faults.iter().map(|fault| fault.problem(rule)).collect())
    })?;
    Ok(Membership::of(picture.frame(), &plan, picture.point, threads()).members().clone())
}

/// What each variant sends and the rules it goes by.
struct Sending {
    library: Library,
    /// By variant: the content, or none for who is held back.
    contents: Vec<Option<u32>>,
}

impl Sending {
    const KINDS: [Kind; 5] =
        [Kind::Experience, Kind::Survey, Kind::ContactPolicy, Kind::Segment, Kind::Stages];

    fn new(store: &Store, design: &Design) -> anyhow::Result<Self> {
        let mut definitions: Vec<Definition> = Vec::new();
        for kind in Self::KINDS {
            definitions.extend(store.definitions(kind)?.into_iter().map(|stored| stored.definition));
        }
        let setup = compile(&definitions, &OpenCatalog, Seed(0))
            .map_err(|problems| super::wave::several(&design.name, problems))?;
        let mut library = setup.library;
        let mut contents = Vec::new();
        for variant in &design.variants {
            contents.push(match (&variant.experience, variant.hold_back) {
                (_, true) => None,
                (Some(name), false) => Some(experience(&library, name)?),
                (None, false) => Some(plain(&mut library, design)?),
            });
        }
        Ok(Self { library, contents })
    }

    fn content(&self, arm: usize) -> Option<&Content> {
        self.library.contents.get(self.contents.get(arm).copied().flatten()? as usize)
    }

    fn experience(&self, arm: usize) -> Option<&Experience> {
        match &self.content(arm)?.source {
            Source::Experience(experience) => Some(experience),
            Source::Survey(_) => None,
        }
    }
}

fn experience(library: &Library, name: &str) -> Result<u32, Problem> {
    library.content(name).ok_or_else(|| {
        let help = nearest(name, library.contents.iter().map(|content| content.name.clone())).map_or_else(
            || "define it first: segue define FILE --kind experience".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Problem::new("assign-experience", format!("no experience is called `{name}`")).help(help)
    })
}

/// A message whose text another tool has.
fn plain(library: &mut Library, design: &Design) -> Result<u32, Problem> {
    if let Some(known) = library.content(&design.name) {
        return Ok(known);
    }
    let Some(send) = &design.send else {
        return Err(Problem::new("assign-send", format!("nothing says what {} sends", design.name)).help(
            "write experience = \"…\" under each variant, or, where the text is in another tool, [send] with \
             channel = \"email\"",
        ));
    };
    let experience = Experience {
        name: design.name.clone(),
        form: crate::experience::Form::Email,
        channel: send.channel,
        purpose: send.purpose,
        categories: send.categories.clone(),
        placements: Vec::new(),
        priority: 0,
        only_if: None,
        experiment: None,
        variant: None,
        share: 1.0,
        worth: 0.0,
        chance: 1.0,
        boosts: Vec::new(),
        choice: None,
        subject: String::new(),
        body: String::new(),
        fallback: String::new(),
    };
    library.add_experience(experience, &OpenCatalog)?;
    Ok(library.contents.len() as u32 - 1)
}

/// One assigned person.
struct Unit {
    person: Person,
    identity: Identity,
    arm: usize,
    /// Whether they were in it before.
    before: bool,
}

/// Everybody's place, or why they have none.
struct Split {
    units: Vec<Unit>,
    left_out: BTreeMap<String, u64>,
    quiet_until: Option<Time>,
}

impl Split {
    fn of(
        picture: &Picture,
        members: &Bitmap,
        design: &Design,
        sending: &Sending,
        observed: &Observed,
        at: Time,
        known: &HashMap<Person, (usize, Time)>,
    ) -> Self {
        let people = picture.frame().people();
        let mut split = Self { units: Vec::new(), left_out: BTreeMap::new(), quiet_until: None };
        for row in members.rows() {
            let (person, Some(profile)) = (Person(row as u32), observed.people.get(row)) else { continue };
            let view = View { profile, words: &observed.words };
            if let Some(reason) = split.held(sending, &view, at) {
                split.leave_out(reason.to_owned());
                continue;
            }
            let before = known.get(&person).map(|(arm, _)| *arm);
            let value = hashed(design, |namespace| people.identity_in(person, namespace));
            let placed = match (before, &value) {
                (Some(arm), _) => Ok(arm),
                (None, Some((_, value))) => design.place(value).map(|assigned| assigned.variant),
                (None, None) => Err(NotAssigned::NoIdentity),
            };
            match (placed, value) {
                (Ok(arm), Some((namespace, value))) => {
                    let identity = Identity::new(namespace, value);
                    split.units.push(Unit { person, identity, arm, before: before.is_some() });
                }
                (Ok(_), None) => split.leave_out(not_assigned(design, NotAssigned::NoIdentity)),
                (Err(reason), _) => split.leave_out(not_assigned(design, reason)),
            }
        }
        split
    }

    fn leave_out(&mut self, reason: String) {
        *self.left_out.entry(reason).or_default() += 1;
    }

    /// The first gate closed to any variant's message. Every variant is asked for everybody, so that who is left out does not
    /// depend on the variant. A quiet hour is no reason: the list is sent by hand, and the hour is told.
    fn held(&mut self, sending: &Sending, view: &View<'_>, at: Time) -> Option<&'static str> {
        for content in sending.contents.iter().flatten() {
            let asked =
                |at| decide::message(&sending.library, *content, None, view, Point::after(at), &mut ());
            let verdict = match asked(at) {
                Verdict::Held { reason: HeldReason::QuietHours, until: Some(until), .. } => {
                    self.quiet_until = Some(self.quiet_until.map_or(until, |known| known.max(until)));
                    asked(until)
                }
                verdict => verdict,
            };
            match verdict {
                Verdict::Pass | Verdict::Held { reason: HeldReason::QuietHours, .. } => {}
                Verdict::Held { reason, .. } => return Some(reason.name()),
            }
        }
        None
    }

    fn counts(&self, design: &Design, counts: impl Fn(&Unit) -> bool) -> Vec<(String, u64)> {
        let of = |arm: usize| self.units.iter().filter(|unit| unit.arm == arm && counts(unit)).count() as u64;
        design.variants.iter().enumerate().map(|(arm, variant)| (variant.name.clone(), of(arm))).collect()
    }

    /// One list per variant that is sent something. All have the same columns, so that nothing but the variant tells them apart.
    fn sheets(
        &self,
        picture: &Picture,
        design: &Design,
        sending: &Sending,
        number: u32,
    ) -> Vec<(usize, Sheet)> {
        let fields = fields(picture, design, sending);
        let texts = design.variants.iter().enumerate().any(|(arm, _)| has_text(sending.experience(arm)));
        let (mut sheets, mut taken) = (Vec::new(), Vec::new());
        for (arm, variant) in design.variants.iter().enumerate() {
            let Some(what) = sending.content(arm) else { continue };
            let name =
                if number == 1 { variant.name.clone() } else { format!("{} wave {number}", variant.name) };
            let file = sheet::file_name(&name, &taken);
            taken.push(file.clone());
            let address = what.channel.address().unwrap_or("email");
            let mut header = vec![address.to_owned(), "profile".to_owned()];
            header.extend(["experiment", "variant"].map(str::to_owned));
            header.extend(fields.iter().cloned());
            if texts {
                header.extend(["subject", "body"].map(str::to_owned));
            }
            let rows = self.units.iter().filter(|unit| unit.arm == arm).map(|unit| {
                let mut row = row(picture, unit.person, address, design, arm);
                let people = picture.frame().people();
                let purpose = what.purpose;
                row.extend(fields.iter().map(|field| said(people.datum_for(unit.person, field, purpose))));
                if texts {
                    let told = |tag: &str| people.datum_for(unit.person, tag, purpose);
                    let text = sending.experience(arm).map(|experience| content::render(experience, &told));
                    row.extend(
                        text.map_or_else(|| [String::new(), String::new()], |text| [text.subject, text.body]),
                    );
                }
                row
            });
            sheets.push((arm, Sheet { file, header, rows: rows.collect() }));
        }
        sheets
    }
}

fn row(picture: &Picture, person: Person, address: &str, design: &Design, arm: usize) -> Vec<String> {
    let people = picture.frame().people();
    vec![
        people.identity_in(person, address).unwrap_or_default().to_owned(),
        people.profile(person).to_string(),
        design.name.clone(),
        design.variants[arm].name.clone(),
    ]
}

/// A trait as a cell: what is not known stays empty.
fn said(datum: Datum<'_>) -> String {
    if datum.is_missing() { String::new() } else { datum.to_string() }
}

fn has_text(experience: Option<&Experience>) -> bool {
    experience.is_some_and(|experience| !experience.subject.is_empty() || !experience.body.is_empty())
}

/// Traits merged in: those the design names, those the texts ask for, else the name.
fn fields(picture: &Picture, design: &Design, sending: &Sending) -> Vec<String> {
    let mut fields: Vec<String> = design.send.iter().flat_map(|send| send.fields.clone()).collect();
    for experience in (0..design.variants.len()).filter_map(|arm| sending.experience(arm)) {
        fields.extend(content::tags(&experience.subject));
        fields.extend(content::tags(&experience.body));
    }
    if fields.is_empty() {
        fields.extend(["first_name", "last_name"].map(str::to_owned));
        fields.retain(|field| picture.frame().people().attribute(field).is_some());
    }
    let mut seen = std::collections::BTreeSet::new();
    fields.retain(|field| seen.insert(field.clone()));
    fields
}

/// The namespace and value that are hashed for somebody.
pub(super) fn hashed<'a>(
    design: &'a Design,
    of: impl Fn(&str) -> Option<&'a str>,
) -> Option<(&'a str, &'a str)> {
    let namespaces = std::iter::once(design.hash_attribute.as_str()).chain(design.fallback.as_deref());
    namespaces.filter_map(|namespace| Some((namespace, of(namespace)?))).find(|(_, value)| !value.is_empty())
}

fn not_assigned(design: &Design, reason: NotAssigned) -> String {
    match reason {
        NotAssigned::NoIdentity => format!("no {} to assign by", design.hash_attribute),
        NotAssigned::HeldOut => {
            format!("held out by {}", design.holdout.as_ref().map_or("", |holdout| holdout.name.as_str()))
        }
        NotAssigned::OtherLayerPart => {
            format!(
                "in another part of layer {}",
                design.layer.as_ref().map_or("", |layer| layer.name.as_str())
            )
        }
        NotAssigned::NotCovered => "not covered".to_owned(),
    }
}

/// Writes exposures, planned messages and files; all of it or nothing.
fn record(
    store: &mut Store,
    stored: &StoredDefinition,
    wave: &Wave,
    split: &Split,
    sending: &Sending,
    files: sheet::Written,
    now: Time,
) -> anyhow::Result<BatchId> {
    let meta = BatchMeta {
        kind: BatchKind::Live,
        file: format!("assign {}", wave.experiment),
        sha256: None,
        mapping: Some(wave.text()?),
        source: None,
    };
    let definition = Some(stored.definition.hash());
    let fresh = split.units.iter().filter(|unit| !unit.before);
    let exposures: Vec<ExposureFact> = fresh
        .map(|unit| ExposureFact {
            identity: unit.identity.clone(),
            at: wave.at,
            experiment: wave.experiment.clone(),
            variant: wave.people[unit.arm].0.clone(),
            definition,
        })
        .collect();
    let messages: Vec<MessageFact> = split
        .units
        .iter()
        .filter_map(|unit| {
            let what = sending.content(unit.arm)?;
            let message = Message {
                at: wave.at,
                channel: what.channel,
                purpose: what.purpose,
                experience: what.name.clone(),
                journey: None,
                categories: what.categories.clone(),
                state: MessageState::Planned,
                held: None,
                updated: wave.at,
            };
            Some(MessageFact { identity: unit.identity.clone(), message, definition })
        })
        .collect();
    let mut writer = match store.begin(&meta, now)? {
        Begun::New(writer) => writer,
        Begun::Already(batch) => return Ok(batch.id),
    };
    writer.exposures(&exposures, now)?;
    writer.messages(&messages, now)?;
    let shown = match files.show() {
        Ok(shown) => shown,
        Err(problem) => {
            writer.abandon(now)?;
            return Err(problem.into());
        }
    };
    match writer.finish(Elsewhere::default(), now) {
        Ok(batch) => Ok(batch.id),
        Err(error) => {
            shown.take_back();
            Err(error.into())
        }
    }
}

fn arms(design: &Design, split: &Split, sheets: &[(usize, Sheet)], out: &Path) -> Vec<Arm> {
    let of = |(arm, variant): (usize, &crate::experiment::design::Variant)| {
        let units = split.units.iter().filter(|unit| unit.arm == arm);
        let sheet = sheets.iter().find(|(of, _)| *of == arm);
        Arm {
            variant: variant.name.clone(),
            people: units.clone().count() as u64,
            before: units.filter(|unit| unit.before).count() as u64,
            file: sheet.map(|(_, sheet)| out.join(&sheet.file)),
        }
    };
    design.variants.iter().enumerate().map(of).collect()
}
