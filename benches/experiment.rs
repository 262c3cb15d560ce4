//! Experiments measured and read: `cargo bench --bench experiment -- [S|M]`, S by default.
//!
//! Tests of nothing by the thousand, once through exposures and the accumulator of one person, once from moments; then one
//! experiment with ten metrics over a frame, beside the same sums in SQL on an SQLite database in memory that holds the same
//! events in plain columns with an index; then everything a read-out looks at. S plays 1,000 tests and measures 100,000 people
//! with a million events; M plays 10,000 and measures a million with ten. `SEGUE_BENCH_SQL=1` asks SQLite at M too, which
//! takes minutes. Wall time and processor time stand beside each other: what else the machine does adds to the first only.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use segue::experiment::calibrate::{self, Outcome as Kind};
use segue::experiment::{Design, Evidence, Metric, Recorder, Settings, analyse, measure, ready};
use segue::frame::{Builder, EventFact, Frame};
use segue::model::definition::Kind as Defined;
use segue::model::value::Datum;
use segue::model::{Channel, Decimal, Draw, Identity, Person, Seed, Span, Time};
use segue::rule::{Occurrence, Point};
use segue::store::{BatchKind, BatchMeta, Begun, Elsewhere, ExposureFact, Store};
use segue::work::experiment::exposure::Exposure;
use segue::work::experiment::measured::{Asked, Measured, evidence};
use segue::work::experiment::wave::Wave;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const SEED: Seed = Seed(20_260_630);
const START: Time = Time(1_767_225_600_000);
/// Events lie in so many days from the start.
const DAYS: i64 = 30;
const PEOPLE: u32 = 10_000;

const DESIGN: &str = "name = \"cart\"\nplanned_days = 30\n[[variants]]\nname = \"a\"\n[[variants]]\nname = \"b\"\n\
    [metrics]\nprimary = [\"conversion\"]\nsecondary = [\"revenue per person\"]\n";

fn main() -> Outcome<()> {
    let large = std::env::args().any(|word| word == "M");
    let (tests, people, events) =
        if large { (10_000, 1_000_000, 10_000_000) } else { (1_000, 100_000, 1_000_000) };
    nothing(tests)?;
    moments(tests)?;
    let world = World::new(people, events);
    let sql = !large || std::env::var_os("SEGUE_BENCH_SQL").is_some();
    let ours = one(&world)?;
    if sql {
        beside(&world, &ours)?;
    }
    read_out(&world)
}

/// Wall and processor seconds of something.
fn timed<T>(what: impl FnOnce() -> T) -> (T, f64, f64) {
    let (started, before) = (Instant::now(), processor());
    let done = what();
    (done, started.elapsed().as_secs_f64(), processor() - before)
}

/// Processor seconds of this process so far, where the system tells.
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn say(what: &str, wall: f64, cpu: f64) -> Outcome<()> {
    Ok(writeln!(std::io::stdout(), "{what:<64} wall {wall:>8.3} s   processor {cpu:>8.2} s")?)
}

/// Somebody's orders.
struct Order {
    at: Time,
    total: Decimal,
}

impl Occurrence for Order {
    fn at(&self) -> Time {
        self.at
    }
    fn channel(&self) -> Channel {
        Channel::Web
    }
    fn property(&self, name: &str) -> Datum<'_> {
        if name == "total" { Datum::Number(self.total) } else { Datum::Missing }
    }
}

/// Tests of nothing: everybody is assigned by hash, exposed at a moment of their own, measured on two metrics and read.
fn nothing(tests: u32) -> Outcome<()> {
    let draw = Draw::of("bench orders");
    let shop: Vec<(String, Time, Vec<Order>)> = (0..u64::from(PEOPLE))
        .map(|person| {
            let orders = (0..8_u64).filter(|n| SEED.uniform(person, draw, 2 * n) < 0.06);
            let order = |n: u64| Order {
                at: START + Span((SEED.uniform(person, draw, 2 * n + 1) * Span::days(DAYS).0 as f64) as i64),
                total: Decimal::from_int(10 + (person + n) as i64 % 90).unwrap_or_default(),
            };
            let mut orders: Vec<Order> = orders.map(order).collect();
            orders.sort_by_key(|order| order.at);
            let exposed = START + Span((SEED.uniform(person, draw, 99) * Span::days(10).0 as f64) as i64);
            (format!("user-{person}"), exposed, orders)
        })
        .collect();
    let point = Point::before(START + Span::days(DAYS));
    let play = |numbers: std::ops::Range<u32>| -> Outcome<(u32, u32, u32)> {
        let (mut shown, mut called, mut withheld) = (0, 0, 0);
        for number in numbers {
            let design = Design { seed: Some(format!("test-{number}")), ..design(DESIGN)? };
            let mut recorder = Recorder::new(&design, &[]).map_err(|problems| problems[0].to_string())?;
            let metrics: Vec<Metric> = recorder.metrics().cloned().collect();
            for (id, exposed, orders) in &shop {
                let Some(assigned) = design.assign(id) else { continue };
                let value = |metric: &Metric| {
                    let events = orders.iter().map(|order| ("Order Completed", order));
                    (measure::measure(metric, *exposed, point, events), None)
                };
                recorder.unit(assigned.variant, metrics.iter().map(value));
            }
            let analysis = analyse(&recorder.evidence(point.at, None), &Settings::finished());
            let p = analysis.metrics[0].comparisons[0].numbers.p_value;
            shown += u32::from(p.is_some());
            // One in a thousand fair splits is called broken.
            withheld += u32::from(analysis.health.broken.is_some());
            called += u32::from(p.is_some_and(|p| p < 0.05));
        }
        Ok((shown, called, withheld))
    };
    let ((shown, called, withheld), wall, cpu) = timed(|| {
        let half = tests / 2;
        let found = std::thread::scope(|scope| {
            let other = scope.spawn(|| play(half..tests).map_err(|error| error.to_string()));
            let mine = play(0..half).map_err(|error| error.to_string());
            [mine, other.join().unwrap_or_else(|_| Err("a thread broke".to_owned()))]
        });
        found.into_iter().flatten().fold((0, 0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1, sum.2 + one.2))
    });
    let rate = 100.0 * f64::from(called) / f64::from(shown.max(1));
    say(&format!("{tests} tests of nothing, {PEOPLE} people each, by exposures"), wall, cpu)?;
    writeln!(
        std::io::stdout(),
        "  {shown} read, {rate:.2} % called at 5 %, {withheld} withheld for their split"
    )?;
    if shown + withheld != tests {
        return Err(format!("{} tests were not read", tests - shown - withheld).into());
    }
    Ok(())
}

fn design(text: &str) -> Outcome<Design> {
    Design::read(text).map_err(|problems| problems[0].to_string().into())
}

fn moments(tests: u32) -> Outcome<()> {
    let settings = calibrate::Settings::new(tests, 7);
    let cell = calibrate::Cell { outcome: Kind::Binary, rate: 0.05, treatment: 0.5 };
    let (tally, wall, cpu) = timed(|| calibrate::play(&cell, &settings, 0..tests));
    say(&format!("{tests} tests of nothing from moments, a hundred looks each"), wall, cpu)?;
    drop(black_box(tally));
    Ok(())
}

const NAMES: [&str; 6] = [
    "Product Viewed",
    "Order Completed",
    "Order Refunded",
    "Survey Answered",
    "Unsubscribed",
    "Email Marked as Spam",
];

/// One event of the world: person, name, moment, channel, amount or score.
type Event = (u32, usize, Time, Channel, i64);

struct World {
    people: u32,
    events: u64,
    frame: Frame,
    exposures: Vec<Exposure>,
    point: Point,
}

impl World {
    fn new(people: u32, events: u64) -> Self {
        let mut builder = Builder::new();
        (0..people).for_each(|person| {
            builder.identity(i64::from(person) + 1, "user_id", &format!("user-{person}"));
            builder.known(i64::from(person) + 1);
        });
        let mut properties = String::new();
        for number in 0..events {
            let (person, name, at, channel, amount) = event(people, events, number);
            properties.clear();
            match NAMES[name] {
                "Order Completed" | "Order Refunded" => {
                    properties.push_str(&format!("{{\"total\":{amount},\"currency\":\"EUR\"}}"))
                }
                "Survey Answered" => properties.push_str(&format!("{{\"score\":{amount}}}")),
                _ => {}
            }
            builder.event(&EventFact {
                name: NAMES[name],
                at,
                sequence: number as i64,
                channel,
                identity: Some(i64::from(person) + 1),
                properties: &properties,
                items: "",
            });
        }
        let exposures = (0..people).map(|person| Exposure {
            person: Person(person),
            at: exposed(person),
            variant: variant(person),
        });
        let point = Point::before(START + Span::days(DAYS + 20));
        Self { people, events, exposures: exposures.collect(), frame: builder.finish(1), point }
    }
}

fn variant(person: u32) -> usize {
    usize::from(SEED.uniform(u64::from(person), Draw::of("bench variant"), 0) < 0.5)
}

/// Everybody is exposed on the first day, so that nearly every event counts.
fn exposed(person: u32) -> Time {
    START + Span((SEED.uniform(u64::from(person), Draw::of("bench exposed"), 0) * Span::DAY.0 as f64) as i64)
}

/// Events come in the order of time, from anybody: most are views on the site, in visits of a few.
fn event(people: u32, events: u64, number: u64) -> Event {
    let draw = |n: u64| SEED.uniform(number, Draw::of("bench events"), n);
    let person = (draw(0) * f64::from(people)) as u32;
    let kind = draw(1);
    let name = [0.84, 0.93, 0.945, 0.975, 0.99].iter().position(|below| kind < *below).unwrap_or(5);
    let step = Span::days(DAYS).0 / events.max(1) as i64;
    let at = START + Span((number as f64 / events as f64 * Span::days(DAYS).0 as f64) as i64 + step.min(1));
    let channel = match (NAMES[name], draw(2)) {
        ("Unsubscribed" | "Email Marked as Spam", _) => Channel::Email,
        (_, web) if web < 0.7 => Channel::Web,
        _ => Channel::App,
    };
    let amount = match NAMES[name] {
        "Survey Answered" => 1 + (draw(3) * 5.0) as i64,
        "Order Refunded" => 5 + (draw(3) * 40.0) as i64,
        _ => 10 + (draw(3) * 190.0) as i64,
    };
    (person, name, at, channel, amount)
}

/// The ten ready metrics over thirty days, so that nearly everything counts.
fn ten() -> Outcome<(Design, Vec<Metric>)> {
    let mut text = "name = \"ten\"\nplanned_days = 30\nplanned_n = 1000000\n[[variants]]\nname = \"a\"\n[[variants]]\nname = \"b\"\n\
        [metrics]\nprimary = [\"conversion\"]\nsecondary = ["
        .to_owned();
    text.push_str(
        &ready::NAMES[1..10].iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "),
    );
    text.push_str("]\n[metrics.overrides]\n");
    ready::NAMES[..10]
        .iter()
        .for_each(|name| text.push_str(&format!("\"{name}\" = {{ window = \"30d\" }}\n")));
    let design = design(&text)?;
    let metrics = design.measured(&[]).map_err(|problems| problems[0].to_string())?;
    Ok((design, metrics))
}

fn one(world: &World) -> Outcome<Evidence> {
    let (design, metrics) = ten()?;
    let mut best: Option<(Evidence, f64, f64)> = None;
    for _ in 0..3 {
        let (found, wall, cpu) =
            timed(|| evidence(&world.frame, &design, &metrics, &world.exposures, world.point));
        let (found, _) = found?;
        if best.as_ref().is_none_or(|(_, known, _)| wall < *known) {
            best = Some((found, wall, cpu));
        }
    }
    let (found, wall, cpu) = best.ok_or("nothing was measured")?;
    say(&format!("{} people, {} events, ten metrics", world.people, world.events), wall, cpu)?;
    let (analysis, wall, cpu) = timed(|| analyse(&found, &Settings::of(&design, true)));
    say("  read", wall, cpu)?;
    black_box(analysis);
    Ok(found)
}

/// Per person, then per variant: the ten metrics as SQL has them.
const SQL: &str = "
WITH hit AS (
  SELECT e.person, e.name, e.amount, e.site,
    CASE WHEN e.site THEN e.at - lag(e.at) OVER (PARTITION BY e.person, e.site ORDER BY e.at) END AS gap
  FROM exposure x JOIN event e ON e.person = x.person AND e.at >= x.at AND e.at < x.at + 2592000000),
unit AS (
  SELECT person,
    max(name = 1) AS m0,
    total(CASE name WHEN 1 THEN amount WHEN 2 THEN -amount END) AS m1,
    total(CASE name WHEN 1 THEN amount END) AS m2, sum(name = 1) AS d2,
    sum(name = 1) >= 2 AS m3,
    sum(site AND (gap IS NULL OR gap >= 1800000)) AS m4,
    total(CASE WHEN gap < 1800000 THEN gap / 60000.0 END) AS m5,
    max(name = 4) AS m6,
    max(name = 5) AS m7,
    sum(name = 3 AND amount >= 4) AS m8, sum(name = 3) AS d8,
    sum(name = 2) AS m9, sum(name = 1) AS d9
  FROM hit GROUP BY person)
SELECT x.variant, count(*),
  total(m0), total(m1), total(m2), total(m3), total(m4), total(m5), total(m6), total(m7), total(m8), total(m9),
  total(m0*m0), total(m1*m1), total(m2*m2), total(m3*m3), total(m4*m4), total(m5*m5), total(m6*m6), total(m7*m7),
  total(m8*m8), total(m9*m9), total(d2), total(d8), total(d9), total(m2*d2), total(m8*d8), total(m9*d9)
FROM exposure x LEFT JOIN unit u ON u.person = x.person GROUP BY x.variant ORDER BY x.variant";

/// The same sums by SQLite, and whether they are the same.
fn beside(world: &World, ours: &Evidence) -> Outcome<()> {
    let mut database = rusqlite::Connection::open_in_memory()?;
    database.execute_batch(
        "CREATE TABLE event (person INTEGER, at INTEGER, name INTEGER, amount INTEGER, site INTEGER);
         CREATE TABLE exposure (person INTEGER PRIMARY KEY, variant INTEGER, at INTEGER);",
    )?;
    let filling = database.transaction()?;
    {
        let mut event_row = filling.prepare("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for number in 0..world.events {
            let (person, name, at, channel, amount) = event(world.people, world.events, number);
            let site = i64::from(matches!(channel, Channel::Web | Channel::App));
            event_row.execute((person, at.0, name as i64, amount, site))?;
        }
        let mut exposure_row = filling.prepare("INSERT INTO exposure VALUES (?1, ?2, ?3)")?;
        for exposure in &world.exposures {
            exposure_row.execute((exposure.person.0, exposure.variant as i64, exposure.at.0))?;
        }
    }
    filling.commit()?;
    database.execute_batch("CREATE INDEX of_person ON event (person, at); ANALYZE;")?;
    let (rows, wall, cpu) = timed(|| -> rusqlite::Result<Vec<Vec<f64>>> {
        let mut statement = database.prepare(SQL)?;
        let rows = statement.query_map([], |row| (0..28).map(|at| row.get::<_, f64>(at)).collect())?;
        rows.collect()
    });
    say("  the same sums by SQLite", wall, cpu)?;
    // Minutes are kept to the ten-thousandth per pause.
    let near = |ours: f64, theirs: f64, place: usize| {
        (ours - theirs).abs() <= if place == 5 { 1e-4 } else { 1e-9 } * theirs.abs().max(1.0)
    };
    for (arm, row) in rows?.iter().enumerate() {
        for (place, metric) in ours.metrics.iter().enumerate() {
            let (collected, moments) = (&metric.arms[arm], metric.arms[arm].shape().moments);
            let squares = moments.squares + moments.sum() * moments.mean;
            let same = collected.n() == row[1] as u64
                && near(moments.sum(), row[2 + place], place)
                && near(squares, row[12 + place], place);
            if !same {
                let theirs = (row[1], row[2 + place], row[12 + place]);
                return Err(format!("{}: {} {squares} {theirs:?}", metric.metric, moments.sum()).into());
            }
        }
    }
    Ok(writeln!(std::io::stdout(), "  both say the same")?)
}

/// The whole read-out of an experiment of a workspace: looks back, the closer look, balance, parts, days.
fn read_out(world: &World) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let mut store = Store::create(&folder.path().join("shop.db"))?;
    let design = ten()?.0;
    let text = toml::to_string(&design)?;
    let stored = store.define(Defined::Experiment, &design.name, &text, START)?;
    let wave = Wave {
        experiment: design.name.clone(),
        version: 1,
        definition: stored.definition.hash().to_string(),
        phase: 1,
        number: 1,
        at: START,
        segment: None,
        seed: design.name.clone(),
        people: Vec::new(),
        joined: Vec::new(),
        files: Vec::new(),
    };
    let meta = BatchMeta {
        kind: BatchKind::Live,
        file: "assign ten".to_owned(),
        sha256: None,
        mapping: Some(wave.text()?),
        source: None,
    };
    let Begun::New(mut writer) = store.begin(&meta, START)? else { return Err("written before".into()) };
    let facts: Vec<ExposureFact> = world
        .exposures
        .iter()
        .map(|exposure| ExposureFact {
            identity: Identity::new("user_id", &format!("user-{}", exposure.person.0)),
            at: exposure.at,
            experiment: design.name.clone(),
            variant: design.variants[exposure.variant].name.clone(),
            definition: None,
        })
        .collect();
    writer.exposures(&facts, START)?;
    writer.finish(Elsewhere::default(), START)?;
    let asked = Asked { as_of: Some(world.point.at), ..Asked::default() };
    for what in ["the whole read-out, once", "the whole read-out, again"] {
        let (measured, wall, cpu) = timed(|| Measured::over(&store, &world.frame, &design.name, &asked));
        let measured = measured?;
        say(what, wall, cpu)?;
        let looks = measured.closer.trend.first().map_or(0, |trend| trend.looks.len());
        writeln!(std::io::stdout(), "  {} people, {looks} looks", measured.progress.units)?;
    }
    Ok(())
}
