//! What the builder asks the desk beside the count: what may come next, what cells may hold, why somebody is in, how it was
//! before; and that whoever types on does not wait for any of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use segue::model::Seed;
use segue::model::definition::Kind;
use segue::panel::SegmentVerdict;
use segue::panel::segments::complete::Completion;
use segue::panel::segments::history::History;
use segue::panel::segments::offers::{Explained, Offers};
use segue::rule::complete::SuggestionKind;
use segue::rule::rows::About;
use segue::segment::Segment;
use segue::store::Store;
use segue::work::console::Subject;
use segue::work::port::{Command, Like, Update};

use super::{Desk, shop};

impl Desk {
    fn complete(&self, marked: &str) -> Vec<Completion> {
        let cursor = marked.find('|').unwrap();
        let text = marked.replacen('|', "", 1);
        self.commands.send(Command::Complete { name: None, text, cursor, ticket: 7 }).unwrap();
        self.wait(|update| match update {
            Update::Completions(found) if found.ticket == 7 => Some(found.rows.clone()),
            _ => None,
        })
    }

    fn offers(&self, about: Option<About>) -> Arc<Offers> {
        self.commands.send(Command::LoadOffers(about.clone())).unwrap();
        self.wait(|update| match update {
            Update::Offers(offers) if offers.about == about => Some(Arc::clone(offers)),
            _ => None,
        })
    }

    fn explain(&self, text: &str, id: segue::model::ProfileId) -> Arc<Explained> {
        let text = text.to_owned();
        self.commands.send(Command::ExplainPerson { name: None, text, id }).unwrap();
        self.wait(|update| match update {
            Update::Explained(explained) => Some(Arc::clone(explained)),
            _ => None,
        })
    }

    fn history(&self, name: &str) -> History {
        self.commands.send(Command::LoadHistory(name.to_owned())).unwrap();
        self.wait(|update| match update {
            Update::SegmentHistory(history) if history.name == name && !history.unfinished => {
                Some(History::clone(history))
            }
            _ => None,
        })
    }
}

fn count_of(rows: &[Completion], label: &str) -> Option<u64> {
    rows.iter().find(|row| row.label == label).unwrap_or_else(|| panic!("{label} in {rows:?}")).count
}

#[test]
fn what_may_come_next_is_what_there_is_with_how_many_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    let germans = desk.row("Germans").count;
    assert_eq!(count_of(&desk.complete("country = \"|"), "DE"), germans);
    let values = desk.complete("country = |");
    assert!(values.windows(2).all(|pair| pair[0].count >= pair[1].count), "the commonest first: {values:?}");
    assert_eq!(values[0].kind, SuggestionKind::Value);
    let names = desk.complete("cou|");
    assert!(count_of(&names, "country") >= germans);
    assert_eq!((names[0].label.as_str(), names[0].replace.clone()), ("country", 0..3));
    assert!(count_of(&desk.complete("did(|"), "Product Viewed").is_some_and(|count| count > 10));
    assert_eq!(count_of(&desk.complete("in segment |"), "Germans"), germans);
    assert_eq!(desk.complete("email = \"|"), [], "what points at a person is never listed");
    assert_eq!(desk.complete("country = \"DE\" # c|"), [], "a comment is for people");
    let numbers = desk.complete("did(\"Order Completed\" where total = |");
    assert!(
        numbers.iter().filter(|row| row.kind == SuggestionKind::Value).all(|row| !row.insert.contains('"'))
    );
}

#[test]
fn cells_are_offered_what_there_is_and_nothing_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    let all = desk.offers(None);
    let of = |label: &str| all.rows.iter().find(|row| row.label == label).unwrap().clone();
    assert_eq!((of("country").kind.as_str(), of("Product Viewed").kind.as_str()), ("trait", "event"));
    assert!(of("country").operators.iter().any(|operator| operator == "in ("));
    let countries = desk.offers(Some(About::Trait("country".to_owned())));
    let germany = countries.rows.iter().find(|row| row.text == "\"DE\"").unwrap();
    assert_eq!(germany.count, desk.row("Germans").count);
    assert_eq!(desk.offers(Some(About::Trait("email".to_owned()))).rows, []);
    assert_eq!(*desk.offers(Some(About::Trait("country".to_owned()))), *countries, "and the same again");
    let segments = desk.offers(Some(About::Segment));
    assert!(segments.rows.iter().any(|row| row.label == "VIP" && row.count == Some(1)));
    let stages = desk.offers(Some(About::Stage));
    assert!(stages.rows.iter().any(|row| row.label == "customer"), "{stages:?}");
}

#[test]
fn why_somebody_is_in_is_told_part_by_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    let rule = "country = \"DE\"\nand did(\"Order Completed\") >= 100";
    let verdict = desk.check("Germans", "country = \"DE\"");
    let explained = desk.explain(rule, verdict.sample[0].id);
    assert_eq!(explained.id, verdict.sample[0].id);
    let part = |asked: &str| explained.lines.iter().find(|line| line.asked.starts_with(asked)).unwrap();
    assert_eq!((part("country").holds, part("country").seen.as_deref()), (Some(true), Some("DE")));
    assert_eq!(part("did(").holds, Some(false));
}

#[test]
fn in_a_run_the_same_is_answered_of_its_people() {
    let desk = Desk::on(Subject::Demo { seed: Seed(7), people: Some(300), threads: 1 });
    desk.commands.send(Command::Pause).unwrap();
    let events = desk.complete("did(|");
    assert!(count_of(&events, "Product Viewed").is_some_and(|count| count > 0));
    let verdict = desk.check("Everybody", "everyone");
    let id = verdict.sample[0].id;
    assert_eq!(desk.explain("everyone", id).id, id);
    assert_eq!(verdict.breakdowns.len(), 5, "people of a run are cut as well");
    assert!(verdict.stands_out.is_none());
    let history = desk.history("reachable by e-mail");
    assert_eq!(history.versions.len(), 1);
    assert_eq!(history.versions[0].count, None, "unknown is not nobody");
    assert_eq!(history.versions[0].withheld.as_deref(), Some("not counted over a run"));
}

fn check(ticket: u64, text: &str) -> Command {
    Command::CheckRule { name: None, text: text.to_owned(), ticket }
}

#[test]
fn the_count_comes_first_then_the_people_then_what_sets_them_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    desk.commands.send(check(1, "did(\"Product Viewed\")")).unwrap();
    let mut stages: Vec<Arc<SegmentVerdict>> = Vec::new();
    desk.wait(|update| match update {
        Update::SegmentVerdict(verdict) => {
            stages.push(Arc::clone(verdict));
            verdict.stands_out.as_ref().map(|_| ())
        }
        _ => None,
    });
    let seen: Vec<(bool, bool)> =
        stages.iter().map(|verdict| (verdict.whole, verdict.stands_out.is_some())).collect();
    assert_eq!(seen, [(false, false), (true, false), (true, true)]);
    assert!(stages.iter().all(|verdict| verdict.count == stages[0].count && verdict.ticket == 1));
    assert_eq!(stages[2].breakdowns, stages[1].breakdowns);
    let apart = stages[2].stands_out.as_ref().unwrap();
    assert_eq!(apart.inside + apart.outside, stages[0].people);
}

#[test]
fn who_types_on_waits_for_nothing_and_the_last_text_is_looked_at_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    let text = "country = \"DE\" and did(\"Product Viewed\") >= 2";
    for ticket in 1..=120 {
        let typed = &text[..(ticket as usize).min(text.len())];
        desk.commands
            .send(Command::Complete { name: None, text: typed.to_owned(), cursor: typed.len(), ticket })
            .unwrap();
        desk.commands.send(check(ticket, typed)).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    let (began, mut last) = (Instant::now(), 0);
    desk.wait(|update| match update {
        Update::SegmentVerdict(verdict) => {
            assert!(verdict.ticket >= last, "no answer to an older text comes after one to a newer");
            last = verdict.ticket;
            (verdict.ticket == 120 && verdict.stands_out.is_some()).then_some(())
        }
        _ => None,
    });
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn a_closer_look_goes_on_after_another_question() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    desk.commands.send(check(3, "everyone")).unwrap();
    desk.commands.send(Command::LoadOffers(None)).unwrap();
    desk.wait(|update| match update {
        Update::SegmentVerdict(verdict) => verdict.whole.then_some(()),
        _ => None,
    });
}

#[test]
fn a_new_name_takes_over_what_was_said_and_a_definition_is_kept_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    let keep = |command| {
        desk.commands.send(command).unwrap();
        desk.wait(|update| match update {
            Update::SegmentSaved { version, .. } => Some(Ok(*version)),
            Update::Toast(problem) => Some(Err(problem.clone())),
            _ => None,
        })
    };
    let define =
        |name: &str, text: &str| Command::SaveDefinition { name: name.to_owned(), text: text.to_owned() };
    let said =
        "description = \"who lives near\"\nowner = \"Mo\"\ntags = [\"home\"]\nrule = 'country = \"DE\"'\n";
    assert_eq!(keep(define("Germans", said)), Ok(2));
    let row = desk.row("Germans");
    assert_eq!((row.description.as_str(), row.owner.as_str(), row.tags.len()), ("who lives near", "Mo", 1));
    assert_eq!(row.definition, said, "as it was written");
    let like = |name: &str, like| Command::SaveSegment {
        name: name.to_owned(),
        text: "country = \"AT\"".to_owned(),
        like,
    };
    assert_eq!(keep(like("Austrians", Like::Segment("Germans".to_owned()))), Ok(1));
    assert_eq!(desk.row("Austrians").owner, "Mo");
    assert_eq!(keep(like("Germans", Like::Nothing)), Ok(3));
    assert_eq!(desk.row("Germans").owner, "Mo", "the next version says what the one before did");
    assert_eq!(keep(like("Best", Like::Ready("VIP".to_owned()))), Ok(1));
    assert!(!desk.row("Best").description.is_empty());
    let refused = keep(define("Germans", "rule = 'contry = \"DE\"'")).unwrap_err();
    assert!(refused.message.contains("contry"), "{refused}");
    assert!(keep(define("Germans", "nothing = 1")).is_err());
    assert_eq!(desk.row("Germans").version, 3);
    // A list is edited like anything else.
    assert_eq!(keep(define("VIP", "list = [\"nobody@example.org\"]")), Ok(2));
    assert_eq!(desk.row("VIP").count, Some(0));
}

#[test]
fn the_history_counts_versions_over_todays_people_and_sizes_from_date_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = shop(folder.path());
    let desk = Desk::open(&path);
    desk.save("Germans", "country in (\"DE\", \"AT\")").unwrap();
    let history = desk.history("Germans");
    let counts: Vec<Option<u64>> = history.versions.iter().map(|stand| stand.count).collect();
    let size = |text: &str| desk.check("Other", text).count;
    assert_eq!(counts, [size("country = \"DE\""), size("country in (\"DE\", \"AT\")")]);
    assert_eq!((history.versions[0].joined, history.versions[1].left), (None, Some(0)));
    assert_eq!(history.versions[1].joined, size("country = \"AT\""));
    assert_eq!(history.problem, None);
    let last = history.sizes.last().unwrap();
    assert_eq!(last.count, desk.row("Germans").count, "the last moment is now");
    assert!(history.sizes.windows(2).all(|pair| pair[0].at < pair[1].at));
    let store = Store::open_read_only(&path).unwrap();
    let saved = store.definition_history(Kind::Segment, "Germans").unwrap();
    assert!(Segment::parse(Some("Germans"), &saved[1].definition.text).is_ok());
}
