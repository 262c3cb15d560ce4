//! The file itself.

use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::path::Path;

use super::address;
use super::gate::{self, Gate, LeftOut, Selection};
use crate::exchange::rejects::defused;
use crate::frame::Frame;
use crate::model::{Channel, Datum, Person, Problem};

/// How a file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Profile, address and the traits asked for, for a mail tool or a spreadsheet. Cells that a spreadsheet would run as
    /// a formula begin with an apostrophe.
    Csv {
        /// The traits beside each address.
        traits: Vec<String>,
    },
    /// Google's customer match: `Email` and `Phone`, hashed.
    Google,
    /// Meta's customer list: `email` and `phone`, hashed.
    Meta,
}

impl Form {
    /// The namespaces whose values are written for a channel; on paid advertising, people are found by either.
    fn namespaces(&self, channel: Channel) -> Vec<&'static str> {
        match (self, channel) {
            (Self::Google | Self::Meta, Channel::Ad) => vec!["email", "phone"],
            _ => channel.address().into_iter().collect(),
        }
    }

    /// Whether it can be written for a channel.
    ///
    /// # Errors
    /// Why not, and what can.
    pub fn fits(&self, channel: Channel) -> Result<(), Problem> {
        let Some(namespace) = channel.address() else {
            let problem =
                Problem::new("export-channel", format!("nobody has an address of the channel {channel}"));
            return Err(problem.help("one of email, sms, push, ad, survey, phone"));
        };
        if !matches!(self, Self::Csv { .. }) && !matches!(namespace, "email" | "phone") {
            let message = format!("ad platforms compare no {namespace}");
            return Err(
                Problem::new("export-channel", message).help("--channel ad, email or sms; or --format csv")
            );
        }
        Ok(())
    }

    fn header(&self, namespaces: &[&str]) -> Vec<String> {
        let own = |namespace: &&str| match (self, *namespace) {
            (Self::Google, "email") => "Email".to_owned(),
            (Self::Google, _) => "Phone".to_owned(),
            (_, other) => other.to_owned(),
        };
        let mut header: Vec<String> = namespaces.iter().map(own).collect();
        if let Self::Csv { traits } = self {
            header.insert(0, "profile".to_owned());
            header.extend(traits.iter().cloned());
        }
        header
    }

    /// An address in the form that is asked for; none where it cannot be brought into it.
    fn address(&self, namespace: &str, value: &str, country: Option<&str>) -> Option<String> {
        match (self, namespace) {
            (Self::Csv { .. }, _) => Some(value.to_owned()),
            (Self::Google, "email") => address::email_for_google(value).map(|text| address::hashed(&text)),
            (Self::Meta, "email") => address::email(value).map(|text| address::hashed(&text)),
            (Self::Google, _) => address::phone(value, country).map(|text| address::hashed(&text)),
            (Self::Meta, _) => address::phone(value, country)
                .map(|text| address::hashed(text.strip_prefix('+').unwrap_or(&text))),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Lines beside the header.
    pub lines: u64,
    /// Who passed, and who was left out, those without a usable address included.
    pub selection: Selection,
}

/// A person's cells, or why there are none.
fn cells(frame: &Frame, person: Person, form: &Form, namespaces: &[&str]) -> Result<Vec<String>, LeftOut> {
    let country = match frame.people().datum(person, "country") {
        Datum::Text(text) => Some(text),
        _ => None,
    };
    let mut known = false;
    let mut cells = Vec::with_capacity(namespaces.len());
    for namespace in namespaces {
        let value = gate::address(frame, person, namespace);
        known |= value.is_some();
        cells.push(value.and_then(|value| form.address(namespace, value, country)).unwrap_or_default());
    }
    match (known, cells.iter().any(|cell| !cell.is_empty())) {
        (_, true) => Ok(cells),
        (true, false) => Err(LeftOut::UnreadableAddress),
        (false, false) => Err(LeftOut::NoAddress),
    }
}

/// Writes those who passed a gate, each address once.
///
/// # Errors
/// When the receiver takes no more.
pub fn write(
    frame: &Frame,
    selection: Selection,
    gate: Gate,
    form: &Form,
    out: impl Write,
) -> std::io::Result<Written> {
    let namespaces = form.namespaces(gate.channel);
    let mut table = csv::Writer::from_writer(out);
    table.write_record(form.header(&namespaces)).map_err(io)?;
    let mut seen: HashSet<Vec<String>> = HashSet::new();
    let mut written = Written { lines: 0, selection };
    let passed = std::mem::take(&mut written.selection.people);
    for person in passed {
        let cells = cells(frame, person, form, &namespaces)
            .and_then(|cells| if seen.insert(cells.clone()) { Ok(cells) } else { Err(LeftOut::SameAddress) });
        match cells {
            Err(why) => *written.selection.left_out.entry(why).or_default() += 1,
            Ok(cells) => {
                table.write_record(line(frame, person, gate, form, cells)).map_err(io)?;
                written.lines += 1;
                written.selection.people.push(person);
            }
        }
    }
    table.flush()?;
    Ok(written)
}

fn line(frame: &Frame, person: Person, gate: Gate, form: &Form, addresses: Vec<String>) -> Vec<String> {
    let Form::Csv { traits } = form else { return addresses };
    let people = frame.people();
    let value = |name: &String| match people.datum_for(person, name, gate.purpose) {
        Datum::Missing => String::new(),
        datum => datum.to_string(),
    };
    let safe = |cell: String| defused(&cell).into_owned();
    let mut line = vec![people.profile(person).to_string()];
    line.extend(addresses.into_iter().map(safe));
    line.extend(traits.iter().map(value).map(safe));
    line
}

fn io(error: csv::Error) -> std::io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    }
}

/// Writes a file whole or not at all. A file that is there is only replaced by `force`; what is written is readable by its
/// owner alone.
///
/// # Errors
/// Where there is such a file already, or where it cannot be written.
pub fn save(
    frame: &Frame,
    selection: Selection,
    gate: Gate,
    form: &Form,
    path: &Path,
    force: bool,
) -> Result<Written, Problem> {
    let cannot = |error: &std::io::Error| {
        Problem::new("file-unwritable", format!("it cannot be written: {error}"))
            .in_file(path.display().to_string())
    };
    let there = || {
        Problem::new("file-exists", "there is such a file already")
            .in_file(path.display().to_string())
            .help("name another file, or replace it with --force")
    };
    if !force && path.symlink_metadata().is_ok() {
        return Err(there());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| cannot(&error))?;
    let written = write(frame, selection, gate, form, BufWriter::new(file.as_file_mut()))
        .map_err(|error| cannot(&error))?;
    let kept = if force { file.persist(path) } else { file.persist_noclobber(path) };
    match kept {
        Ok(_) => Ok(written),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(there()),
        Err(error) => Err(cannot(&error.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::recipients::select;
    use crate::frame::{Bitmap, Builder};
    use crate::model::Time;
    use crate::model::consent::Purpose;

    fn frame() -> Frame {
        let mut builder = Builder::new();
        let people = [
            ("Anne.Keller@gmail.com", r#"{"country":"DE","phone":"0170 1234567","city":"=HYPERLINK(1)"}"#),
            ("bo@example.org", r#"{"country":"AT","city":"-Wien"}"#),
            ("no address", r#"{"city":"Graz","phone":"+49 170 1234567"}"#),
        ];
        for (id, (email, traits)) in (1..).zip(people) {
            builder.identity(id, "email", &email.to_lowercase());
            builder.identify(id, Time(0), traits);
        }
        builder.identity(9, "user_id", "u9");
        builder.identify(9, Time(0), r#"{"country":"DE","phone":"0170/1234567"}"#);
        builder.finish(1)
    }

    fn text(channel: Channel, form: &Form) -> (String, Written) {
        let frame = frame();
        let gate = Gate { channel, purpose: Purpose::Service };
        let selection = select(&frame, &Bitmap::all(4), gate, frame.now());
        let mut out = Vec::new();
        let written = write(&frame, selection, gate, form, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), written)
    }

    #[test]
    fn a_table_defuses_what_a_spreadsheet_would_run() {
        let (text, written) = text(Channel::Email, &Form::Csv { traits: vec!["city".to_owned()] });
        assert_eq!(
            text,
            "profile,email,city\np-00001,anne.keller@gmail.com,'=HYPERLINK(1)\np-00002,bo@example.org,'-Wien\n\
             p-00003,no address,Graz\n"
        );
        assert_eq!(written.lines, 3);
        assert_eq!(written.selection.left_out.get(&LeftOut::NoAddress), Some(&1));
    }

    #[test]
    fn ad_platforms_get_hashes_of_their_own_form() {
        let (google, written) = text(Channel::Ad, &Form::Google);
        let hashes = [address::hashed("annekeller@gmail.com"), address::hashed("+491701234567")];
        let lines: Vec<&str> = google.lines().collect();
        assert_eq!(lines[..2], ["Email,Phone", &hashes.join(",")]);
        assert!(!google.contains('@') && !google.contains("0170"));
        assert_eq!(
            (written.lines, written.selection.people.len()),
            (3, 3),
            "one number stands for two people"
        );
        let (meta, _) = text(Channel::Sms, &Form::Meta);
        assert_eq!(meta, format!("phone\n{}\n", address::hashed("491701234567")), "each number once");
        let (_, written) = text(Channel::Email, &Form::Meta);
        assert_eq!(written.selection.left_out.get(&LeftOut::UnreadableAddress), Some(&1));
    }

    #[test]
    fn a_file_is_replaced_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let (frame, path) = (frame(), folder.path().join("audience.csv"));
        let gate = Gate { channel: Channel::Email, purpose: Purpose::Service };
        let form = Form::Csv { traits: Vec::new() };
        let save = |force| {
            let selection = select(&frame, &Bitmap::all(4), gate, frame.now());
            super::save(&frame, selection, gate, &form, &path, force)
        };
        assert_eq!(save(false).unwrap().lines, 3);
        std::fs::write(&path, "mine").unwrap();
        assert_eq!(save(false).unwrap_err().code, "file-exists");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        assert_eq!(save(true).unwrap().lines, 3);
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("profile,"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn channels_without_addresses_are_refused() {
        assert_eq!(Form::Google.fits(Channel::Web).unwrap_err().code, "export-channel");
        assert_eq!(Form::Meta.fits(Channel::Push).unwrap_err().code, "export-channel");
        assert!(Form::Csv { traits: Vec::new() }.fits(Channel::Push).is_ok());
    }
}
