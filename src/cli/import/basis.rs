//! On what the consent of a file's people rests, where no column says it: asked where somebody sits at the terminal, taken
//! from the options elsewhere.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use serde_json::{Value, json};

use crate::cli::clock;
use crate::exchange::Recognised;
use crate::model::consent::{Basis, Claim, Purpose};
use crate::model::privacy::plain;
use crate::model::{Channel, Problem};
use crate::panel::figures;
use crate::work::import::Imported;
use crate::work::reach::Reach;

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Consent of the people in a file that does not say it")]
pub(super) struct BasisArguments {
    /// On what it rests: opt-in, existing-customer (marketing by e-mail for your own similar products, nothing else) or
    /// none; asked at a terminal, none elsewhere
    #[arg(long, value_name = "BASIS")]
    basis: Option<Basis>,
    /// Who says so, for the record
    #[arg(long, value_name = "NAME", requires = "basis")]
    basis_by: Option<String>,
    /// What they opted in to: email (without it), sms or push; may be repeated
    #[arg(long, value_name = "CHANNEL", value_parser = channel, requires = "basis")]
    basis_channel: Vec<Channel>,
}

fn channel(text: &str) -> Result<Channel, String> {
    match text.parse() {
        Ok(channel) if Basis::OptIn.covers(channel) => Ok(channel),
        _ => Err("one of email, sms, push".to_owned()),
    }
}

impl BasisArguments {
    /// What is claimed for a file: as the options say, else as somebody answers, else nothing.
    pub(super) fn claim(&self, recognised: &Recognised, may_ask: bool) -> anyhow::Result<Option<Claim>> {
        let said = recognised.says_consent(Channel::Email, Purpose::Marketing);
        let (basis, said_by) = match self.basis {
            Some(basis) => (basis, self.basis_by.clone()),
            None if said || !recognised.names_people() => return Ok(None),
            None if may_ask && stdin().is_terminal() && stderr().is_terminal() => {
                ask(&recognised.input.name(), &mut stdin().lock(), &mut stderr())?
            }
            None => return Ok(None),
        };
        let mut channels = self.basis_channel.clone();
        if channels.is_empty() {
            channels.push(Channel::Email);
        }
        channels.sort_unstable();
        channels.dedup();
        self.allowed(basis, &channels, recognised)?;
        if basis == Basis::None {
            return Ok(None);
        }
        let said_by = said_by.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        Ok(Some(Claim { basis, said_by, channels, purpose: Purpose::Marketing, at: clock::now() }))
    }

    /// A basis speaks for what it covers, and for nobody who is asked by the file itself.
    fn allowed(&self, basis: Basis, channels: &[Channel], recognised: &Recognised) -> Result<(), Problem> {
        let file = recognised.input.name();
        if basis != Basis::None
            && let Some(channel) = channels.iter().find(|channel| !basis.covers(**channel))
        {
            let message = format!("having bought something is no consent to marketing by {channel}");
            return Err(Problem::new("basis-channel", message)
                .help("it covers e-mail for your own similar products; for anything else people opt in")
                .in_file(file));
        }
        let said = channels.iter().find(|channel| recognised.says_consent(**channel, Purpose::Marketing));
        match said {
            Some(channel) if basis != Basis::None => {
                let message = format!("a column says who agreed to marketing by {channel}");
                Err(Problem::new("basis-said", message)
                    .help("leave --basis out: the column holds")
                    .in_file(file))
            }
            _ => Ok(()),
        }
    }
}

/// The question, and the answer of whoever sits there. An end of input is `none`.
fn ask(file: &str, input: &mut dyn BufRead, out: &mut dyn Write) -> std::io::Result<(Basis, Option<String>)> {
    writeln!(out, "{} names people, and no column says whether they may be written to.", plain(file))?;
    writeln!(out, "  1  opt-in: they agreed to marketing by e-mail")?;
    writeln!(
        out,
        "  2  existing-customer: they bought from you; covers e-mail about your own similar products, nothing else"
    )?;
    writeln!(out, "  3  none: nobody becomes reachable for marketing")?;
    let basis = loop {
        write!(out, "On what does their consent rest? [3] ")?;
        out.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            break Basis::None;
        }
        match line.trim() {
            "1" => break Basis::OptIn,
            "2" => break Basis::ExistingCustomer,
            "" | "3" => break Basis::None,
            named => match named.parse() {
                Ok(basis) => break basis,
                Err(_) => writeln!(out, "  one of 1, 2, 3")?,
            },
        }
    };
    if basis == Basis::None {
        return Ok((basis, None));
    }
    write!(out, "Who says so? (a name for the record) ")?;
    out.flush()?;
    let mut name = String::new();
    input.read_line(&mut name)?;
    Ok((basis, Some(name)))
}

/// What the file means for who may be written to.
pub(super) fn print(
    out: &mut dyn Write,
    recognised: &Recognised,
    imported: &Imported,
) -> std::io::Result<()> {
    let Some(claim) = &recognised.claim else {
        if recognised.names_people() && !recognised.says_consent(Channel::Email, Purpose::Marketing) {
            writeln!(
                out,
                "  consent    no basis is claimed for these people, so none of them becomes reachable for marketing; \
                 import again with --basis opt-in or existing-customer if one holds"
            )?;
        }
        return Ok(());
    };
    let by = claim.said_by.as_deref().map_or_else(String::new, |name| format!(", says {}", plain(name)));
    let covers = match claim.basis {
        Basis::ExistingCustomer => ", for your own similar products and nothing else",
        Basis::OptIn | Basis::None => "",
    };
    writeln!(out, "  consent    {} to {}{covers}{by}", claim.basis, claim.purpose.name())?;
    imported
        .reach
        .iter()
        .try_for_each(|reach| writeln!(out, "  {:>14}  {}", reach.channel.name(), words(reach)))
}

fn words(reach: &Reach) -> String {
    let (Some(becomes), Some(already), Some(kept)) = (reach.becomes, reach.already, reach.kept) else {
        let addresses = figures::plural(reach.addresses, "address", "addresses");
        return format!("{addresses} would become reachable, but for those that said otherwise themselves");
    };
    let mut words = figures::plural(becomes, "address becomes reachable", "addresses become reachable");
    if already > 0 {
        words += &format!(", {} were by an earlier claim", figures::count(already));
    }
    if kept > 0 {
        words += &format!(", {} keep what they said themselves", figures::count(kept));
    }
    words
}

pub(super) fn as_json(recognised: &Recognised, imported: &Imported) -> Value {
    match &recognised.claim {
        Some(claim) => json!({ "claim": claim, "reach": imported.reach }),
        None => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(typed: &str) -> (Basis, Option<String>, String) {
        let mut out = Vec::new();
        let (basis, by) = ask("people.csv", &mut typed.as_bytes(), &mut out).unwrap();
        (basis, by, String::from_utf8(out).unwrap())
    }

    #[test]
    fn whoever_sits_there_answers_by_number_or_name_and_none_is_the_default() {
        assert_eq!(answered("2\nAnne\n").0, Basis::ExistingCustomer);
        assert_eq!(answered("opt-in\nAnne\n").1.as_deref(), Some("Anne\n"));
        for nothing in ["", "\n", "3\n", "none\n"] {
            assert_eq!(answered(nothing).0, Basis::None, "{nothing:?}");
        }
        let (basis, _, said) = answered("perhaps\n1\n\n");
        assert_eq!(basis, Basis::OptIn);
        assert!(said.contains("one of 1, 2, 3"), "{said}");
        assert_eq!(answered("\x1b[31mx").0, Basis::None, "an end of input is none");
    }
}
