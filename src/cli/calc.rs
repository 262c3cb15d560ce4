//! `segue calc`: the statistics on summary numbers of tests run elsewhere, a line of JSON in, a line out.

use std::io::{BufRead, Write};

use clap::Subcommand;

use crate::cli::{Common, Exit};
use crate::experiment::calc::{self, Answer, Compared, Exact, Powered, Question, Versus};
use crate::model::Problem;
use crate::panel::experiments::denominator;

/// Compare arms by their sums, plan sizes, check splits, adjust p-values; reads lines of JSON from standard input unless given
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_long_help = HELP,
)]
pub struct CalcArguments {
    #[command(subcommand)]
    question: Option<CalcQuestion>,
    /// Questions as JSON objects instead of standard input
    #[arg(value_name = "JSON")]
    lines: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum CalcQuestion {
    /// Sample size of an effect, power of n, or the effect that n can show
    Power {
        /// Questions as JSON objects instead of standard input
        #[arg(value_name = "JSON")]
        lines: Vec<String>,
    },
    /// Whether counts fit their weights
    Srm {
        /// Questions as JSON objects instead of standard input
        #[arg(value_name = "JSON")]
        lines: Vec<String>,
    },
    /// p-values within their family, by Holm or Benjamini and Hochberg
    Adjust {
        /// Questions as JSON objects instead of standard input
        #[arg(value_name = "JSON")]
        lines: Vec<String>,
    },
}

const HELP: &str = r#"A line in:
  {"id", "metric": "proportion" | "mean" | "ratio",
   "variants": [{"name", "n", "sum", "sum_squares" (or "mean", "variance"),
                 "denominator_sum", "denominator_sum_squares", "cross_sum",
                 "pre_sum", "pre_sum_squares", "pre_cross_sum"} ...],   the control first; pre_* asks for CUPED,
                 which for a ratio takes the same ratio before: "pre_denominator_sum", "pre_denominator_sum_squares",
                 and sums of products: "pre_within_cross_sum" (both before), "pre_cross_sum" (numerators now and before),
                 "pre_denominator_cross_sum" (numerator now, denominator before), "denominator_pre_cross_sum",
                 "denominator_pre_denominator_cross_sum"
   "weights": [...],                      the split meant; even unless said
   "engine": "fixed" | "sequential" | "bayesian", "alpha": 0.05,
   "difference": "relative" | "absolute", "relative": "delta" | "log",
   "sequential_tuning": 5000, "prior": {"mean": 0, "sd": 0.3, "proper": false},
   "alternative": "two-sided" | "less" | "greater",
   "better": "higher" | "lower",          whose chance to win, and the bad side of a margin
   "margin": 0.02}                        non-inferiority, on the scale of difference
A line out:
  {"id", "srm_p", "comparisons": [{"variant", "control_mean", "treatment_mean", "uplift", "uplift_absolute",
   "standard_error", "ci_low", "ci_high", "p_value", "chance_to_win", "risk_control", "risk_treatment",
   "cautions", "withheld"} ...], "withheld": null | {"code", "reason"}}
  Ratios carry "denominator", small counts "exact" (Fisher, Newcombe), CUPED the adjusted means.

power:  {"id", "metric", "method": "normal" | "pooled" | "arcsine" | "t", "baseline", "sd", "effect", "difference",
         "alpha", "power", "ratio" (treatment / control), "alternative", "rho", "arms", "engine", "n" (control units)}
        answers n_control, n_treatment, n_total unrounded; with n the power; with n and no effect detectable_effect.
        A ratio is planned with the sd of its linearised contributions. An engine of "sequential" is played out on its
        real boundary, tightest at the planned total or at "sequential_tuning".
srm:    {"id", "counts", "weights"} answers p, chi_square, failed, for two arms p_exact.
adjust: {"id", "p_values", "method": "holm" | "bh"} answers adjusted; null stays null and counts as a member.

A field left out or null has its default. A line that cannot be understood is answered with "line" and
"error": {"code", "message", "help"}; the others go on and the exit code is 1."#;

/// A line longer than this is not read.
const LONGEST_LINE: usize = 4 << 20;

/// Answers what is asked.
///
/// # Errors
/// What kept it from reading or writing.
pub fn run(arguments: &CalcArguments, common: &Common) -> anyhow::Result<Exit> {
    let (question, lines) = match &arguments.question {
        None => (Question::Compare, &arguments.lines),
        Some(CalcQuestion::Power { lines }) => (Question::Power, lines),
        Some(CalcQuestion::Srm { lines }) => (Question::SampleRatio, lines),
        Some(CalcQuestion::Adjust { lines }) => (Question::Adjust, lines),
    };
    if let Some(blank) = lines.iter().position(|line| line.trim().is_empty()) {
        let problem = Problem::new("line-empty", format!("argument {} says nothing", blank + 1));
        return Err(problem
            .help("write a line of JSON in quotes, or nothing at all to read lines from stdin")
            .into());
    }
    let output = std::io::BufWriter::new(std::io::stdout().lock());
    if lines.is_empty() {
        answers(question, std::io::stdin().lock(), output, common.json)
    } else {
        answers(question, lines.join("\n").as_bytes(), output, common.json)
    }
}

/// Answers every line that holds something with one line.
fn answers(
    question: Question,
    mut input: impl BufRead,
    mut output: impl Write,
    json: bool,
) -> anyhow::Result<Exit> {
    let (mut line, mut number, mut exit) = (Vec::new(), 0, Exit::Done);
    loop {
        line.clear();
        let Some(whole) = read_line(&mut input, &mut line)? else { break };
        number += 1;
        if whole && line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = if whole {
            calc::answer(question, &line, number)
        } else {
            calc::too_long(question, number, LONGEST_LINE)
        };
        if answer.is_refused() {
            exit = Exit::ProblemsFound;
        }
        if json {
            // A JSON error hides the closed pipe it came from; an I/O error shows it.
            serde_json::to_writer(&mut output, &answer).map_err(std::io::Error::from)?;
            writeln!(output)?;
        } else {
            tell(&answer, &mut output)?;
        }
    }
    output.flush()?;
    Ok(exit)
}

/// Reads up to the end of a line, and says whether it was short enough to be kept; none at the end of input.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<bool>> {
    let (mut whole, mut any) = (true, false);
    loop {
        let part = input.fill_buf()?;
        if part.is_empty() {
            return Ok(any.then_some(whole));
        }
        any = true;
        let end = part.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(part.len());
        whole &= line.len() + taken <= LONGEST_LINE;
        if whole {
            line.extend_from_slice(&part[..taken]);
        }
        input.consume(taken + usize::from(end.is_some()));
        if end.is_some() {
            return Ok(Some(whole));
        }
    }
}

/// The answer for people.
fn tell(answer: &Answer, output: &mut impl Write) -> std::io::Result<()> {
    match answer {
        Answer::Compared(compared) => tell_compared(compared, output),
        Answer::Powered(powered) => tell_powered(powered, output),
        Answer::Split(split) => {
            let exact = split.p_exact.map_or_else(String::new, |p| format!("   exact p {}", p_text(p)));
            match (split.p, &split.withheld) {
                (Some(p), _) => {
                    let verdict =
                        if split.failed == Some(true) { "not to be believed" } else { "as it should be" };
                    writeln!(output, "The split is {verdict}: p {}{exact}", p_text(p))?;
                }
                (None, Some(why)) => writeln!(output, "withheld: {}", why.reason)?,
                (None, None) => {}
            }
            cautions(&split.cautions, output)
        }
        Answer::Adjusted(adjusted) => {
            let list: Vec<String> =
                adjusted.adjusted.iter().map(|p| p.map_or_else(|| "none".to_owned(), p_text)).collect();
            writeln!(output, "{}", list.join("  "))?;
            cautions(&adjusted.cautions, output)
        }
        Answer::Refused(refused) => {
            let help = refused.error.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
            let (line, message) = (refused.line, clean(&refused.error.message));
            writeln!(output, "line {line}: {message}{help} ({})", refused.error.code)
        }
    }
}

fn tell_compared(compared: &Compared, output: &mut impl Write) -> std::io::Result<()> {
    if let Some(p) = compared.srm_p {
        writeln!(output, "sample ratio p {}", p_text(p))?;
    }
    for versus in &compared.comparisons {
        match &versus.withheld {
            Some(why) => writeln!(output, "{}  withheld: {}", clean(&versus.variant), clean(&why.reason))?,
            None => writeln!(output, "{}", sentence(versus))?,
        }
        if let Some(exact) = &versus.exact {
            writeln!(output, "  {}", exactly(exact, versus))?;
        }
        if let Some(found) = &versus.denominator {
            writeln!(output, "  {}", denominator(found))?;
        }
        cautions(&versus.cautions, output)?;
    }
    Ok(())
}

fn sentence(versus: &Versus) -> String {
    let number = |x: Option<f64>| x.map_or_else(|| "open".to_owned(), |x| format!("{x:.6}"));
    let mut text = format!(
        "{}  {} against {}   effect {} [{}, {}]",
        clean(&versus.variant),
        number(versus.treatment_mean),
        number(versus.control_mean),
        number(versus.numbers.uplift),
        number(versus.numbers.ci_low),
        number(versus.numbers.ci_high)
    );
    if let Some(p) = versus.numbers.p_value {
        text += &format!("   p {}", p_text(p));
    }
    if let Some(chance) = versus.numbers.chance_to_win {
        text += &format!("   chance to win {:.1} %", 100.0 * chance);
    }
    text
}

/// Fisher's test and Newcombe's interval of the absolute difference.
fn exactly(exact: &Exact, versus: &Versus) -> String {
    let difference = versus.numbers.uplift_absolute.map_or_else(|| "open".to_owned(), |x| format!("{x:.6}"));
    format!(
        "exactly, the difference: {difference} [{:.6}, {:.6}]   p {}",
        exact.ci_low,
        exact.ci_high,
        p_text(exact.p_value)
    )
}

fn tell_powered(powered: &Powered, output: &mut impl Write) -> std::io::Result<()> {
    match (powered.n_control, powered.n_treatment, powered.power) {
        (Some(control), Some(treatment), Some(power)) => {
            // A person asks for whole people, enough of them.
            let effect = powered
                .detectable_effect
                .map_or_else(String::new, |effect| format!("   detectable effect {effect:.6}"));
            writeln!(
                output,
                "{:.0} in the control, {:.0} in each treatment   power {:.1} %{effect}",
                control.ceil(),
                treatment.ceil(),
                100.0 * power
            )?;
        }
        _ => {
            if let Some(why) = &powered.withheld {
                writeln!(output, "withheld: {}", why.reason)?;
            }
        }
    }
    cautions(&powered.cautions, output)
}

fn cautions(cautions: &[String], output: &mut impl Write) -> std::io::Result<()> {
    for caution in cautions {
        writeln!(output, "  {}", clean(caution))?;
    }
    Ok(())
}

fn p_text(p: f64) -> String {
    if p > 0.0 && p < 1e-4 { format!("{p:.2e}") } else { format!("{p:.6}") }
}

/// What others wrote, without control characters.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(question: Question, input: &[u8], json: bool) -> (String, Exit) {
        let mut output = Vec::new();
        let exit = answers(question, input, &mut output, json).unwrap();
        (String::from_utf8(output).unwrap(), exit)
    }

    #[test]
    fn every_line_is_answered_and_bad_ones_are_named() {
        let input = b"{\"p_values\":[0.01,0.04],\"id\":1}\n\n{\"p_values\":[NaN]}\n{\"id\":\"x\",\"p_values\":[2]}\n[]";
        let (output, exit) = run(Question::Adjust, input, true);
        let lines: Vec<serde_json::Value> =
            output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(exit, Exit::ProblemsFound);
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0]["adjusted"], serde_json::json!([0.02, 0.04]));
        assert_eq!((&lines[1]["line"], &lines[1]["error"]["code"]), (&3.into(), &"not-json".into()));
        assert_eq!((&lines[2]["id"], &lines[2]["error"]["code"]), (&"x".into(), &"bad-p-value".into()));
        assert_eq!((&lines[3]["line"], &lines[3]["withheld"]["code"]), (&5.into(), &"not-an-object".into()));
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut input = vec![b'['; LONGEST_LINE + 10];
        input.extend(b"\n{\"counts\":[10,10]}\n");
        let (output, exit) = run(Question::SampleRatio, &input, true);
        assert_eq!(exit, Exit::ProblemsFound);
        assert!(output.starts_with("{\"id\":null,\"line\":1"), "{}", &output[..80]);
        assert!(output.lines().nth(1).unwrap().contains("\"p\":1.0"), "{output}");
        // As deep as it is long is refused as well.
        let (output, _) = run(Question::SampleRatio, &vec![b'['; 100_000], true);
        assert!(output.contains("recursion limit"), "{output}");
    }

    #[test]
    fn people_get_words() {
        let arms = r#"{"metric":"proportion","variants":[{"name":"A","n":1000,"sum":100},{"name":"B\u0007","n":1000,"sum":130}]}"#;
        let (output, _) = run(Question::Compare, arms.as_bytes(), false);
        assert!(
            output.contains("B  0.130000 against 0.100000   effect 0.300000 [") && !output.contains('\u{7}'),
            "{output}"
        );
        let few = r#"{"metric":"proportion","variants":[{"name":"A","n":20,"sum":0},{"name":"B","n":20,"sum":20}]}"#;
        let (output, _) = run(Question::Compare, few.as_bytes(), false);
        assert!(
            output.contains("exactly, the difference: 1.000000 [0.7") && output.contains("p 1.45e-11"),
            "{output}"
        );
        assert!(!output.contains("every unit has the same value"), "{output}");
        let (output, _) =
            run(Question::Power, br#"{"metric":"proportion","baseline":0.1,"effect":0.1}"#, false);
        assert!(output.contains("in each treatment   power 80.0 %"), "{output}");
    }
}
