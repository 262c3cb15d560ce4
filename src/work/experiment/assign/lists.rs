//! One list per variant.

use super::sending::Sending;
use super::split::Split;
use crate::exchange::sheet::{self, Sheet};
use crate::experience::{Experience, content};
use crate::experiment::Design;
use crate::model::{Datum, Person};
use crate::work::frame::Picture;

/// One list per variant that is sent something. All have the same columns, so that nothing but the variant tells them apart.
pub(super) fn of(
    split: &Split,
    picture: &Picture,
    design: &Design,
    sending: &Sending,
    number: u32,
) -> Vec<(usize, Sheet)> {
    let fields = fields(picture, design, sending);
    let texts = design.variants.iter().enumerate().any(|(arm, _)| has_text(sending.experience(arm)));
    let (mut sheets, mut taken) = (Vec::new(), Vec::new());
    for (arm, variant) in design.variants.iter().enumerate() {
        let Some(what) = sending.content(arm) else { continue };
        let name = if number == 1 { variant.name.clone() } else { format!("{} wave {number}", variant.name) };
        let file = sheet::file_name(&name, &taken);
        taken.push(file.clone());
        let address = what.channel.address().unwrap_or("email");
        let mut header = vec![address.to_owned(), "profile".to_owned()];
        header.extend(["experiment", "variant"].map(str::to_owned));
        header.extend(fields.iter().cloned());
        if texts {
            header.extend(["subject", "body"].map(str::to_owned));
        }
        let rows = split.units.iter().filter(|unit| unit.arm == arm && unit.written).map(|unit| {
            let mut row = row(picture, unit.person, address, design, arm);
            let people = picture.frame().people();
            let told = |name: &str| people.datum_for(unit.person, name, what.purpose);
            row.extend(fields.iter().map(|field| said(told(field))));
            if texts {
                let text = sending.experience(arm).map(|experience| content::render(experience, &told));
                row.extend(
                    text.map_or_else(|| [String::new(), String::new()], |text| [text.subject, text.body]),
                );
            }
            row
        });
        sheets.push((arm, Sheet { file, header, rows: rows.collect() }));
    }
    sheets
}

fn row(picture: &Picture, person: Person, address: &str, design: &Design, arm: usize) -> Vec<String> {
    let people = picture.frame().people();
    vec![
        people.identity_in(person, address).unwrap_or_default().to_owned(),
        people.profile(person).to_string(),
        design.name.clone(),
        design.variants[arm].name.clone(),
    ]
}

/// A trait as a cell: what is not known stays empty.
fn said(datum: Datum<'_>) -> String {
    if datum.is_missing() { String::new() } else { datum.to_string() }
}

fn has_text(experience: Option<&Experience>) -> bool {
    experience.is_some_and(|experience| !experience.subject.is_empty() || !experience.body.is_empty())
}

/// Traits merged in: those the design names, those the texts ask for, else the name.
fn fields(picture: &Picture, design: &Design, sending: &Sending) -> Vec<String> {
    let mut fields: Vec<String> = design.send.iter().flat_map(|send| send.fields.clone()).collect();
    for experience in (0..design.variants.len()).filter_map(|arm| sending.experience(arm)) {
        fields.extend(content::tags(&experience.subject));
        fields.extend(content::tags(&experience.body));
    }
    if fields.is_empty() {
        fields.extend(["first_name", "last_name"].map(str::to_owned));
        fields.retain(|field| picture.frame().people().attribute(field).is_some());
    }
    let mut seen = std::collections::BTreeSet::new();
    fields.retain(|field| seen.insert(field.clone()));
    fields
}
