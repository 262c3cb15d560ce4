//! What the numbers say: a sentence for each variant, then the figures it rests on.

use super::fields::{Cells, Field, Quantity, label};
use super::question::{in_words, place};
use crate::experiment::calc::{Answer, Compared, Exact, Powered, Versus};
use crate::panel::figures;
use crate::stats::srm;
use crate::tui::screens::View;
use crate::tui::theme::Role;
use crate::tui::widgets::row::{Row, wrap};

/// An answer as rows.
pub(super) fn rows(answer: &Answer, cells: &Cells, width: usize, view: &View) -> Vec<Row> {
    match answer {
        Answer::Compared(found) => compared(found, cells, width, view),
        Answer::Powered(found) => powered(found, cells, width, view),
        Answer::Refused(refused) if refused.error.code == "missing-field" => said(
            Role::Held,
            &format!("Still to be typed: {}.", missing(&refused.error.message, cells)),
            width,
            view,
        ),
        Answer::Refused(refused) => {
            let mut rows =
                said(Role::Error, &format!("✘ {}", in_words(&refused.error.message, cells)), width, view);
            rows.extend(
                refused
                    .error
                    .help
                    .iter()
                    .flat_map(|help| said(Role::Text, &format!("→ {help}"), width, view)),
            );
            rows
        }
        Answer::Split(_) | Answer::Adjusted(_) => Vec::new(),
    }
}

/// What is missing, by the words of the form: `people of A`.
fn missing(message: &str, cells: &Cells) -> String {
    match place(message, cells) {
        Some(Field::Of(at, quantity)) => {
            let name = cells.get(Field::Of(at, Quantity::Name));
            let name = if name.is_empty() { format!("variant {}", at + 1) } else { name.to_owned() };
            format!("{} of {name}", label(quantity, cells))
        }
        _ => message.trim_end_matches(" is missing").to_owned(),
    }
}

/// The same question on the command line.
pub(super) fn command(command: &str, width: usize, view: &View) -> Vec<Row> {
    let mut rows = vec![
        view.row(),
        view.row()
            .put(Role::Title, "the same on the command line")
            .gap(2)
            .put(Role::Key, "^K")
            .muted(" copies"),
    ];
    let letters: Vec<char> = command.chars().collect();
    rows.extend(letters.chunks(width.max(1)).map(|line| view.row().muted(line.iter().collect::<String>())));
    rows
}

fn said(role: Role, text: &str, width: usize, view: &View) -> Vec<Row> {
    wrap(text, width).into_iter().map(|line| view.row().put(role, line)).collect()
}

fn compared(found: &Compared, cells: &Cells, width: usize, view: &View) -> Vec<Row> {
    let mut rows = split(found.srm_p, width, view);
    for versus in &found.comparisons {
        rows.push(view.row());
        rows.extend(one(versus, cells, width, view));
    }
    rows
}

/// The split first: where it is off, nothing below is to be believed.
fn split(p: Option<f64>, width: usize, view: &View) -> Vec<Row> {
    match p {
        Some(p) if p < srm::THRESHOLD => {
            let text = format!(
                "✘ The split is off (p {}): whatever is below, do not believe it before you know why.",
                figures::p_value(p)
            );
            said(Role::Error, &text, width, view)
        }
        Some(p) => said(
            Role::Muted,
            &format!("✔ The arms are the sizes they should be (p {}).", figures::p_value(p)),
            width,
            view,
        ),
        None => said(Role::Held, "Whether the split is sound cannot be said of so few.", width, view),
    }
}

fn one(versus: &Versus, cells: &Cells, width: usize, view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    if let (Some(withheld), Some(exact)) = (&versus.withheld, &versus.exact) {
        rows.extend(exactly(&versus.variant, exact, cells, width, view));
        rows.extend(said(
            Role::Held,
            &format!("{} withheld: {}", asked(cells), withheld.reason),
            width,
            view,
        ));
    } else if let Some(withheld) = &versus.withheld {
        rows.extend(said(Role::Loud, &format!("Nothing can be told of {}.", versus.variant), width, view));
        rows.extend(said(Role::Held, &format!("withheld: {}", withheld.reason), width, view));
    } else {
        let (role, sentence) = sentence(versus, cells);
        rows.extend(said(role, &sentence, width, view));
        rows.extend(
            numbers(versus, cells)
                .into_iter()
                .map(|(name, figure)| view.row().cell(Role::Muted, name, 20).gap(1).text(figure)),
        );
    }
    for caution in &versus.cautions {
        let text = caution.split_once(": ").map_or(caution.as_str(), |(_, text)| text);
        rows.extend(said(Role::Warning, &format!("! {text}"), width, view));
    }
    rows
}

/// The scale that was asked for, where only the exact difference can be told.
fn asked(cells: &Cells) -> &'static str {
    if cells.get(Field::Difference) == "absolute" { "by Welch" } else { "relative" }
}

/// What small counts say of the difference by Fisher's test and Newcombe's interval.
fn exactly(name: &str, exact: &Exact, cells: &Cells, width: usize, view: &View) -> Vec<Row> {
    let points = |end: f64| figures::signed(end * 100.0, 2);
    let interval = format!("[{} … {}] points", points(exact.ci_low), points(exact.ci_high));
    let lower = cells.get(Field::Better) == "lower";
    let (role, text) = match (exact.ci_low > 0.0, exact.ci_high < 0.0) {
        (false, false) => (Role::Loud, format!("No difference of {name} is shown: {interval}.")),
        (higher, _) => {
            let (mark, role) = if higher != lower { ("▲", Role::Up) } else { ("▼", Role::Down) };
            (role, format!("{mark} {name} is {} by {interval}.", if higher { "higher" } else { "lower" }))
        }
    };
    let mut rows = said(role, &text, width, view);
    let p = format!("{} by Fisher, the interval by Newcombe", figures::p_value(exact.p_value));
    rows.push(view.row().cell(Role::Muted, "p", 20).gap(1).text(p));
    rows
}

/// A change as the scale that was asked for writes it.
fn scaled(x: f64, cells: &Cells) -> String {
    let relative = cells.get(Field::Difference) != "absolute";
    match (relative, cells.get(Field::Metric)) {
        (true, _) => figures::change(x),
        (false, "proportion") => format!("{} pt", figures::signed(x * 100.0, 2)),
        (false, _) => figures::signed(x, figures::places_for(x)),
    }
}

fn interval(versus: &Versus, cells: &Cells) -> String {
    let end = |end: Option<f64>, open: &str| end.map_or_else(|| open.to_owned(), |end| scaled(end, cells));
    format!("[{} … {}]", end(versus.numbers.ci_low, "−∞"), end(versus.numbers.ci_high, "+∞"))
}

fn sentence(versus: &Versus, cells: &Cells) -> (Role, String) {
    let name = &versus.variant;
    let change = versus.numbers.uplift.map_or_else(|| "–".to_owned(), |uplift| scaled(uplift, cells));
    let interval = interval(versus, cells);
    if let Some(chance) = versus.numbers.chance_to_win {
        let text =
            format!("{name} is better with a chance of {}: {change} {interval}.", figures::percent(chance));
        return (Role::Loud, text);
    }
    let (low, high) =
        (versus.numbers.ci_low.unwrap_or(f64::NEG_INFINITY), versus.numbers.ci_high.unwrap_or(f64::INFINITY));
    let lower = cells.get(Field::Better) == "lower";
    match (low > 0.0, high < 0.0) {
        (true, _) | (_, true) => {
            let good = (low > 0.0) != lower;
            let word = if low > 0.0 { "higher" } else { "lower" };
            let mark = if good { "▲" } else { "▼" };
            let role = if good { Role::Up } else { Role::Down };
            (role, format!("{mark} {name} is {word} by {change} {interval}."))
        }
        _ => (Role::Loud, format!("No difference of {name} is shown: {change} {interval}.")),
    }
}

fn numbers(versus: &Versus, cells: &Cells) -> Vec<(&'static str, String)> {
    let share = cells.get(Field::Metric) == "proportion";
    let mean = |mean: f64| if share { figures::percent(mean) } else { figures::mean(mean) };
    let mut rows = Vec::new();
    let mut put = |name, figure: Option<String>| rows.extend(figure.map(|figure| (name, figure)));
    let pair = |a: Option<f64>, b: Option<f64>| Some(format!("{} → {}", mean(a?), mean(b?)));
    put("control → variant", pair(versus.control_mean, versus.treatment_mean));
    put("adjusted", pair(versus.control_mean_adjusted, versus.treatment_mean_adjusted));
    put("p", versus.numbers.p_value.map(figures::p_value));
    put(
        "standard error",
        versus.numbers.standard_error.map(|error| figures::fixed(error, figures::places_for(error))),
    );
    put("risk of keeping", versus.numbers.risk_control.map(|risk| scaled(risk, cells)));
    put("risk of changing", versus.numbers.risk_treatment.map(|risk| scaled(risk, cells)));
    put("exact p (Fisher)", versus.exact.map(|exact| figures::p_value(exact.p_value)));
    put(
        "exact (Newcombe)",
        versus.exact.map(|exact| {
            format!(
                "[{} … {}] pt",
                figures::signed(exact.ci_low * 100.0, 2),
                figures::signed(exact.ci_high * 100.0, 2)
            )
        }),
    );
    put(
        "what it is over",
        versus.denominator.map(|over| {
            format!(
                "{} → {}, p {}",
                figures::mean(over.control_mean),
                figures::mean(over.treatment_mean),
                figures::p_value(over.p_value)
            )
        }),
    );
    put(
        "not worse",
        versus.non_inferiority.map(|found| {
            let holds = if found.holds { "yes" } else { "not shown" };
            format!("{holds}, p {}", figures::p_value(found.p_value))
        }),
    );
    rows
}

fn powered(found: &Powered, cells: &Cells, width: usize, view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(withheld) = &found.withheld {
        rows.extend(said(Role::Loud, "Nothing can be planned with this.", width, view));
        rows.extend(said(Role::Held, &format!("withheld: {}", withheld.reason), width, view));
        return rows;
    }
    let people = |n: f64| figures::count(n.ceil().max(0.0) as u64);
    let (total, power) = (found.n_total.unwrap_or(0.0), found.power.unwrap_or(0.0));
    let sentence = match found.detectable_effect {
        Some(effect) => format!(
            "{} people see a change of {} with {}.",
            people(total),
            scaled(effect, cells),
            figures::percent(power)
        ),
        None if cells.get(Field::N).is_empty() => {
            format!("{} people are needed in all to see it with {}.", people(total), figures::percent(power))
        }
        None => format!("{} people see it with a chance of {}.", people(total), figures::percent(power)),
    };
    rows.extend(said(Role::Loud, &sentence, width, view));
    let mut put = |name: &str, figure: Option<String>| {
        rows.extend(figure.map(|figure| view.row().cell(Role::Muted, name, 20).gap(1).text(figure)));
    };
    put("control", found.n_control.map(|n| format!("{} people", people(n))));
    put("each treatment", found.n_treatment.map(|n| format!("{} people", people(n))));
    put("chance to see", found.power.map(figures::percent));
    put("smallest change", found.detectable_effect.map(|effect| scaled(effect, cells)));
    put(
        "played out, ±",
        found.monte_carlo_error.map(|error| format!("{} pt", figures::fixed(error * 100.0, 2))),
    );
    for caution in &found.cautions {
        let text = caution.split_once(": ").map_or(caution.as_str(), |(_, text)| text);
        rows.extend(said(Role::Warning, &format!("! {text}"), width, view));
    }
    rows
}
