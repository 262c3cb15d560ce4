//! Two public data sets through the real program: what it answers equals plain SQL over the workspace, and both equal a
//! count over the lines of the file that knows nothing of either.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use segue::frame::FrameCatalog;
use segue::model::{Decimal, Span, Time};
use segue::rule::tree::Window;
use segue::segment::Funnel;
use segue::store::Store;
use serde_json::Value;
use tempfile::TempDir;

/// A file that may be read where it lies but is not shipped.
fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    let mut stderr = std::io::stderr();
    writeln!(stderr, "skipped: {} is not here", path.display()).unwrap();
    None
}

fn rows(path: &Path, delimiter: u8) -> Vec<csv::StringRecord> {
    let file = flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap());
    csv::ReaderBuilder::new().delimiter(delimiter).from_reader(file).records().map(Result::unwrap).collect()
}

/// A workspace with one file in it.
struct Imported {
    folder: TempDir,
    file: PathBuf,
    mapping: PathBuf,
}

impl Imported {
    fn new(file: PathBuf, mapping: &str) -> (Self, Value) {
        let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/mappings").join(mapping);
        let imported = Self { folder: tempfile::tempdir().unwrap(), file, mapping };
        let said = imported.import();
        (imported, said)
    }

    fn workspace(&self) -> PathBuf {
        self.folder.path().join("real.db")
    }

    fn segue(&self, words: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_segue"))
            .args(words)
            .arg("--json")
            .arg("--workspace")
            .arg(self.workspace())
            .output()
            .unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn import(&self) -> Value {
        let (file, mapping) = (self.file.to_str().unwrap(), self.mapping.to_str().unwrap());
        self.segue(&["import", file, "--map", mapping])["files"][0].clone()
    }

    fn members(&self, rule: &str) -> i64 {
        self.segue(&["segment", "count", rule])["count"].as_i64().unwrap()
    }

    fn sql(&self, sql: &str) -> i64 {
        let connection = rusqlite::Connection::open(self.workspace()).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// What the rule, the query and the count over the file say must be one number.
    fn agree(&self, rule: &str, sql: &str, counted: usize) {
        let (members, stored) = (self.members(rule), self.sql(sql));
        assert_eq!((members, stored), (counted as i64, counted as i64), "rule, SQL; {rule}");
        assert!(counted > 0, "{rule} says nothing");
    }

    fn second_import_adds_nothing(&self) {
        let before = self.sql("SELECT count(*) FROM event");
        assert_eq!(self.import()["already_imported"], true);
        assert_eq!(self.sql("SELECT count(*) FROM event"), before);
        assert_eq!(self.sql("SELECT count(*) FROM batch WHERE state = 'complete'"), 1);
    }
}

fn adds_up(counts: &Value) -> bool {
    let sum: u64 = ["accepted", "grouped", "merged", "superseded", "rejected"]
        .iter()
        .map(|part| counts[part].as_u64().unwrap())
        .sum();
    counts["rows"].as_u64() == Some(sum)
}

/// An invoice as its lines say.
#[derive(Default)]
struct Invoice {
    kind: &'static str,
    customer: String,
    at: i64,
    articles: BTreeSet<String>,
    /// Ten-thousandths of a pound.
    value: i128,
}

fn invoices(rows: &[csv::StringRecord]) -> Vec<Invoice> {
    let mut invoices: BTreeMap<&str, Invoice> = BTreeMap::new();
    for row in rows {
        let invoice = invoices.entry(&row[0]).or_insert_with(|| Invoice {
            kind: match (row[0].chars().next(), row[3].starts_with('-')) {
                (Some('C'), _) => "Order Refunded",
                (Some('A'), _) => "Debt Corrected",
                (_, true) => "Stock Corrected",
                _ => "Order Completed",
            },
            customer: row[6].to_owned(),
            at: format!("{}Z", row[4].replace(' ', "T")).parse::<Time>().unwrap().0,
            ..Invoice::default()
        });
        invoice.articles.insert(row[1].to_owned());
        invoice.value +=
            row[3].parse::<i128>().unwrap() * i128::from(row[5].parse::<Decimal>().unwrap().scaled());
    }
    invoices.into_values().collect()
}

/// How many customers have invoices of a kind for which something holds.
fn customers<'i>(invoices: &'i [Invoice], kind: &str, holds: impl Fn(&[&'i Invoice]) -> bool) -> usize {
    let mut of_customer: BTreeMap<&str, Vec<&Invoice>> = BTreeMap::new();
    for invoice in invoices.iter().filter(|invoice| invoice.kind == kind && !invoice.customer.is_empty()) {
        of_customer.entry(&invoice.customer).or_default().push(invoice);
    }
    of_customer.values().filter(|invoices| holds(invoices)).count()
}

/// The customers of a kind of event, each with an aggregate.
fn having(name: &str, condition: &str) -> String {
    format!(
        "SELECT count(*) FROM (SELECT identity FROM events, \
         (SELECT max(at) + 1 AS point FROM events) WHERE name = '{name}' AND identity IS NOT NULL \
         GROUP BY identity HAVING {condition})"
    )
}

const PENCE: &str = "CAST(round(json_extract(properties, '$.revenue') * 10000) AS INTEGER)";

#[test]
fn an_order_history_is_what_its_lines_say() {
    let Some(file) = shared("online_retail/online_retail.csv.gz") else { return };
    let rows = rows(&file, b',');
    let invoices = invoices(&rows);
    let (shop, said) = Imported::new(file, "online_retail.toml");

    let (counts, seen) = (&said["counts"], &said["seen"]);
    assert!(adds_up(counts), "{counts}");
    let lines: BTreeSet<Vec<&str>> = rows.iter().map(|row| row.iter().collect()).collect();
    let expected = [
        (&counts["rows"], rows.len()),
        (&counts["accepted"], invoices.len()),
        (&counts["grouped"], rows.len() - invoices.len()),
        (&counts["rejected"], 0),
        (&counts["anonymous"], invoices.iter().filter(|invoice| invoice.customer.is_empty()).count()),
        (&seen["identical"], rows.len() - lines.len()),
        (&seen["without_identity"], rows.iter().filter(|row| row[6].is_empty()).count()),
    ];
    for (counted, expected) in expected {
        assert_eq!(counted, expected, "{counts} {seen}");
    }
    assert_eq!((rows.len(), invoices.len(), rows.len() - lines.len()), (541_909, 25_900, 5_268));
    shop.second_import_adds_nothing();

    order_values_agree(&shop, &invoices);
    order_segments_agree(&shop, &invoices);
}

/// The order values of the customers, as sums, averages and largest orders at several heights.
fn order_values_agree(shop: &Imported, invoices: &[Invoice]) {
    let sum = |invoices: &[&Invoice]| invoices.iter().map(|invoice| invoice.value).sum::<i128>();
    for pounds in [50_i128, 300, 1_000, 5_000] {
        let height = pounds * 10_000;
        shop.agree(
            &format!("sum(\"Order Completed\".revenue) >= {pounds}"),
            &having("Order Completed", &format!("sum({PENCE}) >= {height}")),
            customers(invoices, "Order Completed", |of| sum(of) >= height),
        );
        shop.agree(
            &format!("average(\"Order Completed\".revenue) >= {pounds}"),
            &having("Order Completed", &format!("sum({PENCE}) >= {height} * count(*)")),
            customers(invoices, "Order Completed", |of| sum(of) >= height * of.len() as i128),
        );
        shop.agree(
            &format!("max(\"Order Completed\".revenue) > {pounds}"),
            &having("Order Completed", &format!("max({PENCE}) > {height}")),
            customers(invoices, "Order Completed", |of| of.iter().any(|invoice| invoice.value > height)),
        );
    }
    let total: i128 = invoices.iter().map(|invoice| invoice.value).sum();
    assert_eq!(i128::from(shop.sql(&format!("SELECT sum({PENCE}) FROM events"))), total);
}

fn order_segments_agree(shop: &Imported, invoices: &[Invoice]) {
    let point = invoices.iter().map(|invoice| invoice.at).max().unwrap() + 1;
    let month = 30 * 86_400_000_i64;
    shop.agree(
        "did(\"Order Completed\") >= 3",
        &having("Order Completed", "count(*) >= 3"),
        customers(invoices, "Order Completed", |of| of.len() >= 3),
    );
    shop.agree(
        "did(\"Order Completed\") >= 2 within 30d",
        &having("Order Completed", &format!("count(*) FILTER (WHERE at >= point - {month}) >= 2")),
        customers(invoices, "Order Completed", |of| {
            of.iter().filter(|invoice| invoice.at >= point - month).count() >= 2
        }),
    );
    shop.agree(
        "did(\"Order Refunded\") between 60d and 30d ago",
        &having(
            "Order Refunded",
            &format!("count(*) FILTER (WHERE at >= point - 2 * {month} AND at < point - {month}) >= 1"),
        ),
        customers(invoices, "Order Refunded", |of| {
            of.iter().any(|invoice| invoice.at >= point - 2 * month && invoice.at < point - month)
        }),
    );
    shop.agree(
        "did(\"Order Completed\" where any item where sku = \"22423\")",
        "SELECT count(DISTINCT identity) FROM events, json_each(items) AS line \
         WHERE name = 'Order Completed' AND json_extract(line.value, '$.sku') = '22423'",
        customers(invoices, "Order Completed", |of| {
            of.iter().any(|invoice| invoice.articles.contains("22423"))
        }),
    );
}

/// The steps of the funnel: trousers, then skirts, then the sale.
const STEPS: [&str; 3] = ["1", "2", "4"];

#[test]
fn a_clickstream_is_what_its_lines_say() {
    let Some(file) = shared("clickstream_uci_eshop/e-shop_clothing_2008.csv.gz") else { return };
    let rows = rows(&file, b';');
    let (shop, said) = Imported::new(file, "uci_eshop.toml");
    assert!(adds_up(&said["counts"]), "{said}");
    assert_eq!((&said["counts"]["rows"], &said["counts"]["accepted"]), (&165_474.into(), &165_474.into()));
    shop.second_import_adds_nothing();

    let mut sessions: BTreeMap<&str, Vec<(Vec<i64>, &str)>> = BTreeMap::new();
    for row in &rows {
        let place = (0..4).map(|cell| row[cell].parse().unwrap()).collect();
        sessions.entry(&row[5]).or_default().push((place, &row[6]));
    }
    sessions.values_mut().for_each(|clicks| clicks.sort());
    shop.agree(
        "did(\"Product Viewed\" where category = \"4\") >= 3 and not did(\"Product Viewed\" where category = \"1\")",
        "SELECT count(*) FROM (SELECT identity FROM events GROUP BY identity \
         HAVING sum(json_extract(properties, '$.category') = '4') >= 3 \
            AND sum(json_extract(properties, '$.category') = '1') = 0)",
        sessions
            .values()
            .filter(|clicks| {
                let of = |category: &str| clicks.iter().filter(|click| click.1 == category).count();
                of("4") >= 3 && of("1") == 0
            })
            .count(),
    );
    let counted = sessions.values().fold([0_u64; 3], |mut reached, clicks| {
        let mut clicks = clicks.iter();
        for (step, reached) in STEPS.iter().zip(&mut reached) {
            if !clicks.any(|click| click.1 == *step) {
                break;
            }
            *reached += 1;
        }
        reached
    });
    assert_eq!(funnel(&shop), counted, "the funnel over the frame");
    assert_eq!(funnel_in_sql(&shop).map(i64::cast_unsigned), counted, "the funnel in SQL");
    assert!(counted[2] > 100 && counted[0] > counted[1] && counted[1] > counted[2], "{counted:?}");
}

fn funnel(shop: &Imported) -> [u64; 3] {
    let store = Store::open_read_only(&shop.workspace()).unwrap();
    let picture = segue::work::frame::load(&store, None, 2).unwrap();
    let steps = STEPS.map(|step| format!("did(\"Product Viewed\" where category = \"{step}\")"));
    let steps = steps.each_ref().map(String::as_str);
    let funnel = Funnel::new(&steps, Span::DAY, Window::Ever, &FrameCatalog::new(picture.frame())).unwrap();
    funnel.reached(picture.frame(), picture.point).try_into().unwrap()
}

fn funnel_in_sql(shop: &Imported) -> [i64; 3] {
    let connection = rusqlite::Connection::open(shop.workspace()).unwrap();
    connection
        .execute_batch(
            "CREATE TEMP TABLE click AS SELECT identity AS who, at * 100000 + sequence AS place, \
                 json_extract(properties, '$.category') AS category FROM events; \
             CREATE INDEX temp.click_who ON click (who, category, place);",
        )
        .unwrap();
    let query = format!(
        "WITH a AS (SELECT who, min(place) AS place FROM click WHERE category = '{}' GROUP BY who), \
         b AS (SELECT who, min(c.place) AS place FROM a JOIN click AS c USING (who) \
               WHERE c.category = '{}' AND c.place > a.place GROUP BY who), \
         c AS (SELECT DISTINCT who FROM b JOIN click AS c USING (who) \
               WHERE c.category = '{}' AND c.place > b.place) \
         SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT count(*) FROM c)",
        STEPS[0], STEPS[1], STEPS[2]
    );
    connection.query_row(&query, [], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?])).unwrap()
}
