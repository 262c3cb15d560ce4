//! A recognised file, read once from start to end: facts to an outlet, bad rows to the reject file, figures back.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::container::Input;
use super::encoding::Encoding;
use super::fault::Fault;
use super::groups::GroupedFacts;
use super::guess::guess;
use super::mapping::{Mapping, MappingKind};
use super::outlet::{Deliver, Outlet, Stopped};
use super::plan::Plan;
use super::records::{Malformed, Next, Records, Row};
use super::rejects::{RejectForm, Rejects, restored};
use super::segment_spec;
use super::sniff::{Content, Sniffed, TableShape, sniff, unreadable};
use super::survey::{Scattered, settle};
use super::table::TableFacts;
use super::tally::Tally;
use crate::model::consent::{Claim, Purpose};
use crate::model::{Channel, Problem, Time};

/// What a file is and how its rows become facts.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// Where the rows are.
    pub input: Input,
    pub(crate) sniffed: Sniffed,
    /// How they become facts.
    pub form: Form,
    /// What somebody says of the consent of everybody in it.
    pub claim: Option<Claim>,
}

/// How rows become facts.
#[derive(Debug, Clone)]
pub enum Form {
    /// Segment messages, which need no mapping.
    Messages,
    /// Delimited rows with a mapping, guessed or given.
    Table(Box<TableForm>),
}

/// Delimited rows with a mapping.
#[derive(Debug, Clone)]
pub struct TableForm {
    /// The columns.
    pub table: TableShape,
    /// Their meaning, with every format settled.
    pub mapping: Mapping,
    /// Whether the mapping was guessed here.
    pub guessed: bool,
    scattered: Scattered,
}

impl Recognised {
    /// The encoding of the file.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.sniffed.encoding
    }

    /// Where rejected rows go unless somebody says otherwise.
    #[must_use]
    pub fn rejects_path(&self) -> PathBuf {
        self.input.rejects_path(match self.form {
            Form::Messages => "ndjson",
            Form::Table(_) => "csv",
        })
    }

    /// Whether it says itself who may be written to on a channel.
    #[must_use]
    pub fn says_consent(&self, channel: Channel, purpose: Purpose) -> bool {
        match &self.form {
            Form::Messages => false,
            Form::Table(form) => {
                form.mapping.consent.iter().any(|said| said.channel == channel && said.purpose == purpose)
            }
        }
    }

    /// Whether its rows are people, so that somebody has to say whether they may be written to.
    #[must_use]
    pub fn names_people(&self) -> bool {
        match &self.form {
            Form::Messages => self.sniffed.identifies,
            Form::Table(form) => form.mapping.kind == MappingKind::Profiles,
        }
    }

    /// The source its facts belong to.
    #[must_use]
    pub fn source(&self) -> &str {
        match &self.form {
            Form::Messages => "segment",
            Form::Table(form) => &form.mapping.source,
        }
    }
}

/// Recognises a stream and settles what its rows mean.
///
/// # Errors
/// Its content is none we read, its columns do not say what they mean, or the mapping does not fit it.
pub fn recognise(
    input: Input,
    mapping: Option<&Mapping>,
    wanted: Option<MappingKind>,
) -> Result<Recognised, Problem> {
    let sniffed = sniff(&input)?;
    let form = match &sniffed.content {
        Content::Messages => Form::Messages,
        Content::Table(table) => {
            let in_file = |problem: Problem| match problem.place.file {
                Some(_) => problem,
                None => problem.in_file(input.name()),
            };
            if table.sample.is_empty() {
                return Err(Problem::new("no-rows", "has a header and no rows")
                    .help("export it again with its data; nothing was imported")
                    .in_file(input.name()));
            }
            let guessed = mapping.is_none();
            let mut mapping = match mapping {
                Some(mapping) => mapping.clone(),
                None => guess(table, wanted).map_err(in_file)?,
            };
            // The plan is made once beforehand, so that a misspelt column is said before a long survey.
            Plan::of(&mapping, table).map_err(in_file)?;
            let scattered = settle(&mut mapping, &input, &sniffed, table)?;
            Form::Table(Box::new(TableForm { table: table.clone(), mapping, guessed, scattered }))
        }
    };
    Ok(Recognised { input, sniffed, form, claim: None })
}

/// What a reading needs from outside.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// When the import happens: when its rows are learned.
    pub import: Time,
    /// When rows without a moment of their own held: when the file was written.
    pub held: Time,
    /// The reject file; none keeps only the first problems.
    pub rejects: Option<PathBuf>,
    /// Bytes taken from the disk so far, for progress.
    pub taken: Arc<AtomicU64>,
}

/// How a reading ended.
#[derive(Debug)]
pub struct Finished {
    /// The figures.
    pub tally: Tally,
    /// What was rejected.
    pub rejects: Rejects,
    /// Whether the receiver stopped it.
    pub stopped: bool,
    /// The encoding, which may have turned out to be Windows-1252 only on the way.
    pub encoding: Encoding,
}

/// Reads a recognised file, handing chunks of facts on as they fill.
///
/// # Errors
/// The file breaks off or is damaged.
pub fn read<'a>(
    recognised: &Recognised,
    options: &ReadOptions,
    deliver: &'a mut Deliver<'a>,
) -> Result<Finished, Problem> {
    let mut out = Outlet::new(deliver);
    let mut finished = match &recognised.form {
        Form::Messages => segment_spec::read(recognised, options, &mut out)?,
        Form::Table(form) => read_table(recognised, form, options, &mut out)?,
    };
    finished.stopped |= out.flush().is_err();
    finished.rejects.finish();
    Ok(finished)
}

enum Facts<'p> {
    Single(Box<TableFacts<'p>>),
    Grouped(Box<GroupedFacts<'p>>),
}

fn read_table(
    recognised: &Recognised,
    form: &TableForm,
    options: &ReadOptions,
    out: &mut Outlet<'_>,
) -> Result<Finished, Problem> {
    let (input, table) = (&recognised.input, &form.table);
    let plan = Plan::of(&form.mapping, table).map_err(|problem| problem.in_file(input.name()))?;
    let reject_form =
        RejectForm::Table { header: table.original.clone(), delimiter: table.dialect.delimiter };
    let mut rejects = Rejects::new(options.rejects.clone(), input.name(), reject_form);
    let mut facts = match &plan.group {
        Some(group) => {
            let scattered = form.scattered.clone();
            Facts::Grouped(Box::new(GroupedFacts::new(&plan, group, scattered, options)))
        }
        None => Facts::Single(Box::new(TableFacts::new(&plan, options))),
    };
    let mut records = recognised.sniffed.open_table(input, table, &options.taken)?;
    let mut plain = Unadded::default();
    let stopped = loop {
        let taken = match next(&mut records, table, &mut plain, input)? {
            Next::End => break false,
            Next::Row(row) => match &mut facts {
                Facts::Single(facts) => facts.row(&row, out, &mut rejects),
                Facts::Grouped(facts) => facts.row(&row, out, &mut rejects),
            },
            Next::Malformed(why, line, text) => {
                rejects.reject(std::iter::once(text.as_str()), malformed(why).problem(&table.header, line));
                match &mut facts {
                    Facts::Single(facts) => facts.malformed(out),
                    Facts::Grouped(facts) => facts.malformed(out),
                }
            }
        };
        if taken == Err(Stopped) {
            break true;
        }
    };
    let encoding =
        if records.is_windows_1252() { Encoding::Windows1252 } else { recognised.sniffed.encoding };
    let tally = match facts {
        Facts::Single(facts) => facts.finish(),
        Facts::Grouped(facts) => facts.finish(out, &mut rejects),
    };
    Ok(Finished { tally, rejects, stopped, encoding })
}

fn next<'a>(
    records: &'a mut Records,
    table: &TableShape,
    plain: &'a mut Unadded,
    input: &Input,
) -> Result<Next<'a>, Problem> {
    let next = records.next_row().map_err(|error| unreadable(input, &error))?;
    Ok(match next {
        Next::Row(row) if table.added > 0 => Next::Row(plain.row(&row, table.added)),
        other => other,
    })
}

/// A row of a reject file without the columns that were added and the apostrophes that made formulas harmless.
#[derive(Default)]
struct Unadded {
    text: String,
    fields: Vec<(u32, u32)>,
}

impl Unadded {
    fn row(&mut self, row: &Row<'_>, added: usize) -> Row<'_> {
        self.text.clear();
        self.fields.clear();
        for cell in row.iter().skip(added) {
            let start = self.text.len() as u32;
            self.text.push_str(restored(cell));
            self.fields.push((start, self.text.len() as u32));
        }
        Row { text: &self.text, fields: &self.fields, line: row.line }
    }
}

pub(crate) fn malformed(why: Malformed) -> Fault {
    match why {
        Malformed::TooLong => Fault::new(
            "row-too-long",
            "the row is longer than a megabyte",
            "check for a missing line break or a quote that never closes",
        ),
        Malformed::OpenQuote => Fault::new(
            "csv-open-quote",
            "a quote opens on this line and never closes",
            "close it, or write a quote inside a quoted cell twice",
        ),
        Malformed::NotUtf8 => Fault::new(
            "text-not-utf8",
            "the row is not UTF-8, while rows before it were",
            "save the whole file in one encoding",
        ),
    }
}
