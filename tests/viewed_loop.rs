//! An experiment that ran in another tool, read out from its log: `Experiment Viewed` and what people did, imported and read as a
//! person types it. Every ready metric is held against plain SQL over the same events.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use segue::experiment::ready;
use segue::panel::Experiments;
use segue::tui::Update;
use segue::work::console::{Subject, start};
use segue::work::port::{Command as Asked, Room};
use serde_json::{Value, json};

fn segue(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
    command.current_dir(folder).args(["--workspace", "shop.db"]).args(words).output().unwrap()
}

#[track_caller]
fn done(folder: &Path, words: &[&str]) -> String {
    let output = segue(folder, words);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{words:?}\n{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[track_caller]
fn read_out(folder: &Path, words: &[&str]) -> Value {
    serde_json::from_str(&done(folder, &[words, &["--json"]].concat())).unwrap()
}

/// A number between 0 and 1 from two numbers.
fn draw(person: u64, n: u64) -> f64 {
    let mixed = (person * 1_000_003 + n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 40) as f64 / (1_u64 << 24) as f64
}

/// One thing that happened: who, on which minute of April 2026, what, and its amount or score.
struct Did {
    person: u64,
    minute: u64,
    name: &'static str,
    channel: &'static str,
    amount: Option<u64>,
}

const PEOPLE: u64 = 600;
const DAY: u64 = 1440;

/// Everybody sees a variant in the first ten days, the second of them on the side of the odd; the odd buy more.
fn shop() -> Vec<Did> {
    let mut did = Vec::new();
    for person in 1..=PEOPLE {
        let mut add =
            |minute: u64, name, channel, amount| did.push(Did { person, minute, name, channel, amount });
        let exposed = exposed(person);
        for n in 0..6 {
            let start = (draw(person, n) * 29.0) as u64 * DAY + (draw(person, n + 50) * 1300.0) as u64;
            for page in 0..(draw(person, n + 100) * 4.0) as u64 {
                add(start + page * 13, "Product Viewed", "web", None);
            }
        }
        let buys = if person % 2 == 1 { 0.45 } else { 0.25 };
        for n in 0..2 {
            if draw(person, n + 200) < buys {
                let at = exposed + 60 + (draw(person, n + 210) * 13.0) as u64 * DAY;
                add(at, "Order Completed", "web", Some(20 + (draw(person, n + 220) * 80.0) as u64));
                if draw(person, n + 230) < 0.2 {
                    add(at + 2 * DAY, "Order Refunded", "unknown", Some(10 + person % 9));
                }
            }
        }
        if draw(person, 300) < 0.15 {
            add(exposed + 3 * DAY, "Unsubscribed", "email", None);
        }
        if draw(person, 301) < 0.08 {
            add(exposed + 4 * DAY, "Email Marked as Spam", "email", None);
        }
        if draw(person, 302) < 0.6 {
            add(exposed + 5 * DAY, "Survey Answered", "web", Some(1 + (draw(person, 303) * 5.0) as u64));
        }
    }
    did
}

/// The odd see the badge.
fn side(person: u64) -> &'static str {
    if person % 2 == 1 { "badge" } else { "plain" }
}

fn exposed(person: u64) -> u64 {
    (draw(person, 400) * 10.0) as u64 * DAY + (draw(person, 401) * 1400.0) as u64
}

fn moment(minute: u64) -> String {
    format!("2026-04-{:02}T{:02}:{:02}:00Z", 1 + minute / DAY, minute % DAY / 60, minute % 60)
}

fn line(
    text: &mut String,
    id: &str,
    person: u64,
    minute: u64,
    (name, channel): (&str, &str),
    properties: &Value,
) {
    let track = json!({"type": "track", "messageId": id, "timestamp": moment(minute), "userId": format!("c-{person}"),
        "event": name, "channel": channel, "properties": properties});
    writeln!(text, "{track}").unwrap();
}

/// The log of another tool: by name, by id, and under that tool's own word for it.
fn log() -> String {
    let mut text = String::new();
    for (n, did) in shop().iter().enumerate() {
        let properties = match did.name {
            "Survey Answered" => json!({"score": did.amount}),
            "Order Completed" => json!({"order_id": format!("o{n}"), "total": did.amount, "currency": "EUR"}),
            // Some tools write what was paid back below zero.
            "Order Refunded" if n % 2 == 0 => {
                json!({"total": did.amount.map(|amount| -(amount as i64)), "currency": "EUR"})
            }
            "Order Refunded" => json!({"total": did.amount, "currency": "EUR"}),
            _ => json!({}),
        };
        line(&mut text, &format!("d{n}"), did.person, did.minute, (did.name, did.channel), &properties);
    }
    for person in 1..=PEOPLE {
        let (properties, name) = match person % 3 {
            0 => (json!({"experiment_name": "badge", "variation_name": side(person)}), "Experiment Viewed"),
            1 => (
                json!({"experiment_id": "badge", "variation_id": (person % 2).to_string()}),
                "experiment_viewed",
            ),
            _ => (json!({"experiment_name": "badge", "variation_name": side(person)}), "$experiment_started"),
        };
        line(&mut text, &format!("v{person}"), person, exposed(person), (name, "web"), &properties);
        // Seen again later, in the same variant: the first time counts.
        if person % 5 == 0 {
            line(
                &mut text,
                &format!("w{person}"),
                person,
                exposed(person) + DAY,
                ("Experiment Viewed", "web"),
                &json!({"experiment_name": "badge", "variation_name": side(person)}),
            );
        }
    }
    // Six people saw both, four one the design does not have, and another experiment is none of ours.
    for person in 1..=6 {
        line(
            &mut text,
            &format!("x{person}"),
            person,
            exposed(person) + DAY,
            ("Experiment Viewed", "web"),
            &json!({"experiment_name": "badge", "variation_name": side(person + 1)}),
        );
    }
    for person in 901..=904 {
        line(
            &mut text,
            &format!("y{person}"),
            person,
            900,
            ("Experiment Viewed", "web"),
            &json!({"experiment_name": "badge", "variation_name": "banner"}),
        );
        line(
            &mut text,
            &format!("z{person}"),
            person,
            950,
            ("Experiment Viewed", "web"),
            &json!({"experiment_name": "price", "variation_name": "plain"}),
        );
    }
    // The end of the log, so that every window has elapsed.
    line(&mut text, "end", 999, 29 * DAY + 1439, ("Product Viewed", "web"), &json!({}));
    text
}

fn design(engine: &str) -> String {
    let names: Vec<String> = ready::NAMES[1..].iter().map(|name| format!("\"{name}\"")).collect();
    format!(
        "name = \"badge\"\nplanned_days = 28\nplanned_n = 600\n[[variants]]\nname = \"plain\"\n[[variants]]\nname = \"badge\"\n\
         [metrics]\nprimary = [\"conversion\"]\nsecondary = [{}]\n[analysis]\nengine = \"{engine}\"\n",
        names.join(", ")
    )
}

fn workspace(engine: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("log.ndjson"), log()).unwrap();
    std::fs::create_dir_all(at.join("experiment")).unwrap();
    std::fs::write(at.join("experiment/badge.toml"), design(engine)).unwrap();
    done(at, &["import", "log.ndjson"]);
    done(at, &["define", "experiment"]);
    folder
}

/// Every ready metric per person in plain SQL, windows of fourteen days; those who saw both variants are left out.
const SQL: &str = "
WITH hit AS (
  SELECT d.person, d.name, abs(d.amount) AS amount, d.channel = 'web' AS site,
    CASE WHEN d.channel = 'web' THEN d.minute - lag(d.minute) OVER (PARTITION BY d.person, d.channel = 'web' ORDER BY d.minute) END AS gap
  FROM seen x JOIN did d ON d.person = x.person AND d.minute >= x.minute AND d.minute < x.minute + 14 * 1440),
unit AS (
  SELECT person,
    max(name = 'Order Completed') AS m0,
    total(CASE name WHEN 'Order Completed' THEN amount WHEN 'Order Refunded' THEN -amount END) AS m1,
    total(CASE name WHEN 'Order Completed' THEN amount END) AS m2, sum(name = 'Order Completed') AS orders,
    sum(name = 'Order Completed') >= 2 AS m3,
    sum(site AND (gap IS NULL OR gap >= 30)) AS m4,
    total(CASE WHEN gap < 30 THEN gap END) AS m5,
    max(name = 'Unsubscribed') AS m6,
    max(name = 'Email Marked as Spam') AS m7,
    sum(name = 'Survey Answered' AND amount >= 4) AS m8, sum(name = 'Survey Answered') AS answers,
    sum(name = 'Order Refunded') AS m9
  FROM hit GROUP BY person)
SELECT count(*), total(m0)/count(*), total(m1)/count(*), total(m2)/total(orders), total(m3)/count(*), total(m4)/count(*),
  total(m5)/count(*), total(m6)/count(*), total(m7)/count(*), total(m8)/total(answers), total(m9)/total(orders)
FROM seen x LEFT JOIN unit u ON u.person = x.person GROUP BY x.person % 2 ORDER BY x.person % 2";

fn by_sql() -> Vec<Vec<f64>> {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database
        .execute_batch(
            "CREATE TABLE did (person INTEGER, minute INTEGER, name TEXT, channel TEXT, amount INTEGER);
             CREATE TABLE seen (person INTEGER PRIMARY KEY, minute INTEGER);",
        )
        .unwrap();
    for did in shop() {
        let amount = did.amount.map(|amount| amount as i64);
        let row = (did.person as i64, did.minute as i64, did.name, did.channel, amount);
        database.execute("INSERT INTO did VALUES (?1, ?2, ?3, ?4, ?5)", row).unwrap();
    }
    for person in 7..=PEOPLE {
        // To see a variant is done on the site as well.
        let views = if person % 5 == 0 {
            vec![exposed(person), exposed(person) + DAY]
        } else {
            vec![exposed(person)]
        };
        for minute in views {
            let row = (person as i64, minute as i64, "Experiment Viewed", "web", None::<i64>);
            database.execute("INSERT INTO did VALUES (?1, ?2, ?3, ?4, ?5)", row).unwrap();
        }
        database
            .execute("INSERT INTO seen VALUES (?1, ?2)", (person as i64, exposed(person) as i64))
            .unwrap();
    }
    let mut statement = database.prepare(SQL).unwrap();
    let rows = statement.query_map([], |row| (0..11).map(|at| row.get::<_, f64>(at)).collect()).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn a_log_of_exposures_and_orders_is_read_out() {
    let folder = workspace("fixed");
    let at = folder.path();
    let found = read_out(at, &["experiment", "analyze", "badge"]);
    // Six were seen in both variants and are counted; four in none of the design's.
    assert_eq!(found["units_excluded"], 6);
    let check = |name: &str| {
        let checks = found["health"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap_or(&Value::Null)["detail"].to_string()
    };
    assert!(check("two arms").contains("6 units were seen in two arms"), "{found}");
    assert!(check("other variants").contains("4 people were seen only in variants"), "{found}");
    assert!(found["srm_p"].as_f64().unwrap() > 0.9, "300 and 300");
    assert_eq!(
        found["start"].as_str().unwrap()[..10],
        moment((1..=PEOPLE).map(exposed).min().unwrap())[..10]
    );
    // Every ready metric in both arms is what plain SQL says.
    let theirs = by_sql();
    for (place, name) in ready::NAMES.into_iter().enumerate().take(10) {
        let metric = &found["metrics"][place];
        assert_eq!(metric["metric"], name);
        for (arm, row) in metric["arms"].as_array().unwrap().iter().zip(&theirs) {
            assert_eq!(arm["n"].as_f64(), Some(row[0]), "{name}");
            let mean = arm["mean"].as_f64().unwrap();
            assert!(
                (mean - row[place + 1]).abs() < 1e-9 * row[place + 1].abs().max(1.0),
                "{name}: {mean} {row:?}"
            );
        }
    }
    assert!(found["metrics"][0]["comparisons"][0]["p_value"].as_f64().unwrap() < 0.01);
    let text = done(at, &["experiment", "analyze", "badge"]);
    assert!(text.starts_with("badge raises conversion"), "{text}");
    let listed = read_out(at, &["experiment", "list"]);
    assert_eq!(listed[0]["arms"][1]["units"], 300, "{listed}");
}

/// Looks back do not depend on how far the experiment has come since: the first look that proved it stays.
#[test]
fn the_first_look_that_proved_an_effect_stays() {
    let folder = workspace("sequential");
    let at = folder.path();
    let now = read_out(at, &["experiment", "analyze", "badge"]);
    let trend = &now["trend"][0];
    let first =
        trend["first_crossed_at"].as_str().unwrap_or_else(|| panic!("it was proven: {trend}")).to_owned();
    assert_eq!(now["crossed"][0]["at"].as_str(), Some(first.as_str()));
    let looks = trend["looks"].as_array().unwrap();
    assert!(looks.len() > 20, "one a day: {}", looks.len());
    assert!(looks.windows(2).all(|two| two[0]["at"].as_str() < two[1]["at"].as_str()));
    // As of the moment after that look it is the same, and before it there is none.
    let day = |look: &Value| look["at"].as_str().unwrap().to_owned();
    let place = looks.iter().position(|look| day(look) == first).unwrap();
    let then = read_out(at, &["experiment", "analyze", "badge", "--as-of", &day(&looks[place + 1])]);
    assert_eq!(then["trend"][0]["first_crossed_at"].as_str(), Some(first.as_str()));
    assert_eq!(then["trend"][0]["looks"].as_array().unwrap()[..=place], looks[..=place]);
    let before = read_out(at, &["experiment", "analyze", "badge", "--as-of", &day(&looks[place - 1])]);
    assert_eq!(before["trend"][0]["first_crossed_at"], Value::Null);
    // The band of the last look is today's interval.
    let last = &looks[looks.len() - 1]["absolute"]["estimate"];
    assert!(
        (last["value"].as_f64().unwrap()
            - now["metrics"][0]["comparisons"][0]["uplift_absolute"].as_f64().unwrap())
        .abs()
            < 1e-12
    );
    // Each day's newcomers are told apart, and are marked as uncorrected where they say anything.
    let daily = trend["daily"].as_array().unwrap();
    assert!((8..=11).contains(&daily.len()), "people came on ten days: {daily:?}");
    assert!(
        daily.iter().all(|day| day["absolute"].to_string().contains("uncorrected")
            || day["absolute"]["withheld"].is_object())
    );
}

/// Without a design of its name a log says nothing, and a design that nobody saw says what would help.
#[test]
fn a_design_that_nobody_saw_says_so() {
    let folder = workspace("fixed");
    let at = folder.path();
    std::fs::write(
        at.join("experiment/badge.toml"),
        design("fixed").replace("name = \"badge\"\nplanned", "name = \"unseen\"\nplanned"),
    )
    .unwrap();
    done(at, &["define", "experiment"]);
    let refused = segue(at, &["experiment", "analyze", "unseen"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("no event tells of anybody who saw it") && said.contains("variation_name"),
        "{said}"
    );
}

/// The console reads experiments out beside itself and keeps what it read until the workspace changes.
#[test]
fn the_console_shows_the_log_and_notices_more_of_it() {
    let folder = workspace("fixed");
    let link = start(Subject::Workspace(folder.path().join("shop.db")));
    let shown = |what: &dyn Fn(&Experiments) -> bool| {
        let until = Instant::now() + Duration::from_secs(60);
        while Instant::now() < until {
            if let Ok(Update::Experiments(shown)) = link.updates.recv_timeout(Duration::from_millis(50))
                && what(&shown)
            {
                return shown;
            }
        }
        panic!("the console never showed it");
    };
    let first = shown(&|shown| !shown.rows.is_empty());
    let row = &first.rows[0];
    assert_eq!((row.name.as_str(), row.exposed, row.excluded), ("badge", PEOPLE, 6));
    assert!(row.health.iter().any(|check| check.name == "other variants"));
    // Asked again it is the very same answer, without measuring anybody anew.
    link.commands.send(Asked::Show(Room::Experiments)).unwrap();
    assert_eq!(shown(&|shown| !shown.rows.is_empty()), first);
    // Somebody else brings another person.
    let mut text = String::new();
    line(
        &mut text,
        "late",
        777,
        3 * DAY,
        ("Experiment Viewed", "web"),
        &json!({"experiment_name": "badge", "variation_name": "plain"}),
    );
    std::fs::write(folder.path().join("late.ndjson"), text).unwrap();
    done(folder.path(), &["import", "late.ndjson"]);
    assert_eq!(
        shown(&|shown| shown.rows.first().is_some_and(|row| row.exposed > PEOPLE)).rows[0].exposed,
        PEOPLE + 1
    );
    link.commands.send(Asked::Quit).unwrap();
}
