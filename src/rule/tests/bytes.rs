//! Any bytes as a rule: an answer, never a panic, with places on the boundaries of characters; and limits that are said.

use std::time::{Duration, Instant};

use super::people::Someone;
use crate::model::Time;
use crate::rule::grammar::FORMS;
use crate::rule::{OpenCatalog, Point, compile, parse, render};

/// Random numbers by splitmix.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// How long: two seconds unless `SEGUE_FUZZ_SECONDS` says otherwise.
fn how_long() -> Duration {
    let seconds = std::env::var("SEGUE_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs_f64(seconds.unwrap_or(2.0))
}

fn bytes(rng: &mut Rng) -> Vec<u8> {
    if rng.below(4) == 0 {
        return (0..rng.below(120)).map(|_| rng.next() as u8).collect();
    }
    let mut bytes = FORMS[rng.below(FORMS.len())].example.as_bytes().to_vec();
    for _ in 0..1 + rng.below(6) {
        let at = rng.below(bytes.len() + 1);
        match rng.below(5) {
            0 if at < bytes.len() => bytes[at] = rng.next() as u8,
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.insert(at, b" ()\"`#.,<>=!&|-0123456789\n"[rng.below(26)]),
            3 => {
                let other = FORMS[rng.below(FORMS.len())].example.as_bytes();
                let from = rng.below(other.len());
                let to = from + rng.below(other.len() - from + 1);
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            _ => {
                let word = ["ä", "🦀", "\u{202e}", "\0", "9999999999999999999", "not ", " and ", "within "]
                    [rng.below(8)];
                bytes.splice(at..at, word.bytes());
            }
        }
    }
    bytes
}

#[test]
fn any_bytes_are_answered() {
    let (start, limit) = (Instant::now(), how_long());
    let mut rng = Rng(20_261_121);
    let nobody = Someone::default();
    let (mut read, mut refused) = (0_u32, 0_u32);
    while start.elapsed() < limit {
        let text = String::from_utf8_lossy(&bytes(&mut rng)).into_owned();
        match compile(&text, &OpenCatalog) {
            Ok(plan) => {
                read += 1;
                let _ = plan.explain(&nobody, Point::before(Time(i64::from(read) * 86_400_000)));
                let tree = parse(&text).unwrap();
                let printed = tree.to_string();
                assert_eq!(parse(&printed).as_ref(), Ok(&tree), "{text:?} printed as {printed:?}");
                assert_eq!(parse(&printed).unwrap().to_string(), printed);
            }
            Err(faults) => {
                refused += 1;
                assert!(!faults.is_empty());
                for fault in &faults {
                    assert!(text.get(fault.span.clone()).is_some(), "{text:?}: {fault:?}");
                }
                let _ = render(&text, &faults);
            }
        }
    }
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}

/// A thread as small as any the program starts.
fn in_two_megabytes(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn long_and_deep_rules_are_answered_in_a_small_stack() {
    in_two_megabytes(|| {
        let nobody = Someone::default();
        let point = Point::before(Time(0));
        for between in [" or ", " and "] {
            let many = vec!["did(\"X\" where a = 1) within 30d"; 10_000].join(between);
            let plan = compile(&many, &OpenCatalog).unwrap();
            assert_eq!(plan.clauses(), 10_000);
            let _ = plan.explain(&nobody, point);
        }
        for deep in [
            format!("{}a = 1{}", "(".repeat(200), ")".repeat(200)),
            format!("did(\"X\" where {}a = 1{})", "(".repeat(200), ")".repeat(200)),
            "not ".repeat(200) + "a = 1",
            "has been ".repeat(200) + "a = 1",
            format!("did(\"X\" where {}a = 1)", "any item where ".repeat(200)),
            "(".repeat(100_000),
        ] {
            let faults = parse(&deep).unwrap_err();
            assert!(faults.iter().any(|fault| fault.code == "too-deep"), "{faults:?}");
        }
        let allowed = format!("{}a = 1 and (b = 2 or c = 3){}", "not (".repeat(31), ")".repeat(31));
        let plan = compile(&allowed, &OpenCatalog).unwrap();
        let _ = plan.explain(&nobody, point);
        let tree = parse(&allowed).unwrap();
        assert_eq!(parse(&tree.to_string()), Ok(tree));
    });
}

#[test]
fn every_form_of_the_table_reads_and_prints_what_it_means() {
    for form in FORMS {
        let tree = parse(form.example).unwrap_or_else(|faults| panic!("{}", render(form.example, &faults)));
        assert_eq!(parse(&tree.to_string()).as_ref(), Ok(&tree), "{}", form.example);
        assert!(form.meaning.ends_with('.'), "{}", form.meaning);
        compile(form.example, &OpenCatalog)
            .unwrap_or_else(|faults| panic!("{}", render(form.example, &faults)));
    }
}

/// The README holds the table between these lines; `SEGUE_GOLDEN=write` renews it.
#[test]
fn the_readme_holds_the_table() {
    const START: &str = "<!-- the rule language -->\n";
    const END: &str = "<!-- end of the rule language -->";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(START).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let fresh = crate::rule::grammar::markdown();
    if std::env::var("SEGUE_GOLDEN").is_ok_and(|golden| golden == "write") {
        std::fs::write(&path, format!("{before}{START}{fresh}{END}{after}")).unwrap();
    } else {
        assert_eq!(table, fresh, "SEGUE_GOLDEN=write renews the table");
    }
}
