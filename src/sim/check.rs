//! What TOML alone cannot tell of a world: whether its numbers can be played at all.

use super::world::{Reaction, Satisfaction, World};
use crate::model::{Problem, Span, Time};

/// A run is never longer than this.
pub const MOST_DAYS: u32 = 3_650;

/// A run never has more people than this: each takes about a kilobyte.
pub const MOST_PEOPLE: u32 = 5_000_000;

/// No survey asks for more points than this; zero to ten are eleven.
const MOST_POINTS: usize = 11;

/// A fault and the key it is about.
pub(super) struct Fault {
    /// The table, such as `session`; empty for the top of the file.
    table: &'static str,
    /// Which of several tables of this name, from 0.
    nth: usize,
    key: &'static str,
    problem: Problem,
}

impl Fault {
    /// The problem with the line of its key, or of its table where the key is not written.
    pub(super) fn in_text(self, text: &str) -> Problem {
        let place =
            if self.table.is_empty() { self.key.to_owned() } else { format!("{}.{}", self.table, self.key) };
        let problem = self.problem.in_column(place);
        match line_of(text, self.table, self.nth, self.key) {
            Some(line) => problem.at_line(line),
            None => problem,
        }
    }
}

fn line_of(text: &str, table: &str, nth: usize, key: &str) -> Option<u64> {
    let (mut section, mut met, mut head) = (String::new(), 0, None);
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.split(']').next().unwrap_or_default().trim_matches('[').trim().to_owned();
            if section == table {
                head = head.or((met == nth).then_some(number));
                met += 1;
            }
            if section == format!("{table}.{key}") {
                return Some(number);
            }
            continue;
        }
        let here = section == table && (table.is_empty() || met == nth + 1);
        let assigned = line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
        if here && assigned {
            return Some(number);
        }
    }
    head
}

type Checked = Result<(), Fault>;

/// A key of a table.
#[derive(Clone, Copy)]
struct At(&'static str, usize, &'static str);

fn wrong(At(table, nth, key): At, what: impl Into<String>, help: &str) -> Checked {
    Err(Fault { table, nth, key, problem: Problem::new("world", what).help(help) })
}

fn within(at: At, name: &str, value: f64, (low, high): (f64, f64)) -> Checked {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    wrong(at, format!("{name} is {value}"), &format!("write a number between {low} and {high}"))
}

impl World {
    pub(super) fn check(&self) -> Checked {
        self.check_clock()?;
        self.check_visits()?;
        self.check_products()?;
        self.check_population()?;
        self.check_session()?;
        self.check_reactions()?;
        self.check_answers()?;
        let fatigue = &self.fatigue;
        within(At("fatigue", 0, "open_damping"), "fatigue.open_damping", fatigue.open_damping, (0.0, 100.0))?;
        within(
            At("fatigue", 0, "unsubscribe_rise"),
            "fatigue.unsubscribe_rise",
            fatigue.unsubscribe_rise,
            (0.0, 1e6),
        )
    }

    fn check_clock(&self) -> Checked {
        if self.join < self.start {
            return wrong(
                At("", 0, "join"),
                "the console would join before the run begins",
                "let join be at or after start",
            );
        }
        let latest = Time(Span::days(365 * 230).0);
        if self.start < Time(0) || self.start > latest {
            return wrong(
                At("", 0, "start"),
                "the world begins before 1970 or after 2199",
                "write a date between",
            );
        }
        if self.join - self.start > Span::days(i64::from(MOST_DAYS)) {
            return wrong(
                At("", 0, "join"),
                format!("the console would join more than {MOST_DAYS} days after start"),
                "let start be nearer to it",
            );
        }
        within(At("", 0, "people"), "people", f64::from(self.people), (1.0, f64::from(MOST_PEOPLE)))
    }

    fn check_visits(&self) -> Checked {
        let (visits, hours) = (&self.visits, At("visits", 0, "hours"));
        if visits.hours.len() != 24 {
            return wrong(hours, "visits.hours has not 24 weights", "write one for each UTC hour");
        }
        if visits.hours.iter().any(|weight| !(0.0..=1e6).contains(weight)) {
            return wrong(hours, "an hour's weight is below 0", "weights are 0 or more, at most a million");
        }
        if visits.hours.iter().sum::<f64>() <= 0.0 {
            return wrong(hours, "nobody ever comes", "some hour must be above 0");
        }
        within(At("visits", 0, "per_day"), "visits.per_day", visits.per_day, (1e-6, 100.0))?;
        within(At("visits", 0, "spread"), "visits.spread", visits.spread, (0.0, 3.0))
    }

    fn check_products(&self) -> Checked {
        if self.products.is_empty() {
            return wrong(At("products", 0, "id"), "there is nothing to look at", "add [[products]]");
        }
        for (nth, product) in self.products.iter().enumerate() {
            let named = |key: &str| format!("the {key} of product {}", product.id);
            if !(0.0..=1e9).contains(&product.weight) {
                return wrong(
                    At("products", nth, "weight"),
                    "products need weights of 0 or more, not all of them 0, and prices",
                    "correct [[products]]",
                );
            }
            within(At("products", nth, "price"), &named("price"), product.price, (0.0, 1e9))?;
        }
        if self.products.iter().map(|product| product.weight).sum::<f64>() <= 0.0 {
            return wrong(
                At("products", 0, "weight"),
                "products need weights of 0 or more, not all of them 0, and prices",
                "correct [[products]]",
            );
        }
        Ok(())
    }

    fn check_population(&self) -> Checked {
        let population = &self.population;
        let lists = [
            ("countries", population.countries.is_empty()),
            ("first_names", population.first_names.is_empty()),
            ("last_names", population.last_names.is_empty()),
        ];
        if let Some((key, _)) = lists.into_iter().find(|(_, empty)| *empty) {
            return wrong(
                At("population", 0, key),
                "people need countries, first_names and last_names",
                "fill them in population",
            );
        }
        let shares = population.countries.values();
        if shares.clone().any(|share| !(0.0..=1e9).contains(share)) || shares.sum::<f64>() <= 0.0 {
            return wrong(
                At("population", 0, "countries"),
                "the shares of countries are no shares",
                "write 0 or more for each, and more than 0 for one",
            );
        }
        for (key, share) in [
            ("email_consent", population.email_consent),
            ("survey_consent", population.survey_consent),
            ("customers", population.customers),
        ] {
            probability(At("population", 0, key), &format!("population.{key}"), share)?;
        }
        Ok(())
    }

    fn check_session(&self) -> Checked {
        let session = &self.session;
        for (key, share) in [
            ("add", session.add),
            ("checkout", session.checkout),
            ("order", session.order),
            ("remove", session.remove),
            ("come_back", session.come_back),
            ("app", session.app),
            ("support", session.support),
        ] {
            probability(At("session", 0, key), &format!("session.{key}"), share)?;
        }
        within(At("session", 0, "views"), "session.views", session.views, (1.0, 20.0))?;
        let days = session.come_back_within.as_days();
        within(At("session", 0, "come_back_within"), "session.come_back_within in days", days, (0.0, 365.0))
    }

    fn check_reactions(&self) -> Checked {
        for (nth, reaction) in self.reactions.iter().enumerate() {
            let Reaction { experience, open, click, order, unsubscribe, basket } = reaction;
            for (key, share) in
                [("open", open), ("click", click), ("order", order), ("unsubscribe", unsubscribe)]
            {
                let name = format!("{key} of the reaction to {experience}");
                probability(At("reaction", nth, key), &name, *share)?;
            }
            let name = format!("basket of the reaction to {experience}");
            within(At("reaction", nth, "basket"), &name, *basket, (0.0, 1_000.0))?;
        }
        Ok(())
    }

    fn check_answers(&self) -> Checked {
        for (nth, satisfaction) in self.satisfactions.iter().enumerate() {
            let Satisfaction { survey, answer, scores } = satisfaction;
            probability(At("satisfaction", nth, "answer"), &format!("answer of {survey}"), *answer)?;
            let at = At("satisfaction", nth, "scores");
            if scores.iter().any(|share| !(0.0..=1e9).contains(share)) || scores.iter().sum::<f64>() <= 0.0 {
                return wrong(
                    at,
                    format!("the scores of {survey} are no shares"),
                    "write one share for each point",
                );
            }
            if scores.len() > MOST_POINTS {
                let what = format!("the scores of {survey} are {} points", scores.len());
                return wrong(at, what, &format!("a survey has at most {MOST_POINTS} points"));
            }
        }
        Ok(())
    }
}

fn probability(at: At, name: &str, share: f64) -> Checked {
    if (0.0..=1.0).contains(&share) {
        return Ok(());
    }
    wrong(at, format!("{name} is {share}"), "probabilities are between 0 and 1")
}
