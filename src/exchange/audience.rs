//! Lists of people for other tools: one CSV per variant, all of them or none.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::rejects::defused;
use crate::model::Problem;

/// One list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The file's name, without its folder.
    pub file: String,
    /// The columns.
    pub header: Vec<String>,
    /// The rows, in the order of the columns.
    pub rows: Vec<Vec<String>>,
}

/// Lists that are written and not yet to be seen. Dropped, they are gone.
#[derive(Debug)]
pub struct Written {
    files: Vec<(NamedTempFile, PathBuf)>,
}

/// Writes lists into a folder, which is made if need be, without showing them yet. Cells that a spreadsheet would run as formulas
/// are made harmless.
///
/// # Errors
/// A file of that name is there already, or the folder cannot be written.
pub fn write(folder: &Path, sheets: &[Sheet]) -> Result<Written, Problem> {
    std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let mut files = Vec::new();
    for sheet in sheets {
        let path = folder.join(&sheet.file);
        if path.exists() {
            return Err(Problem::new("audience-exists", "a file of this name is there already")
                .in_file(path.display().to_string())
                .help("name another folder: --out DIR"));
        }
        let file = one(folder, sheet).map_err(|error| unwritable(&path, &error))?;
        files.push((file, path));
    }
    Ok(Written { files })
}

fn one(folder: &Path, sheet: &Sheet) -> std::io::Result<NamedTempFile> {
    let mut writer = csv::Writer::from_writer(NamedTempFile::new_in(folder)?);
    for row in std::iter::once(&sheet.header).chain(&sheet.rows) {
        for cell in row {
            writer.write_field(defused(cell).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    let mut file = writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?;
    file.flush()?;
    file.as_file().sync_all()?;
    Ok(file)
}

impl Written {
    /// Gives every list its name. When one cannot have it, none has.
    ///
    /// # Errors
    /// The file that could not be put in its place.
    pub fn show(self) -> Result<Shown, Problem> {
        let mut shown = Shown { paths: Vec::new() };
        for (file, path) in self.files {
            match file.persist_noclobber(&path) {
                Ok(_) => shown.paths.push(path),
                Err(error) => {
                    shown.take_back();
                    return Err(unwritable(&path, &error.error));
                }
            }
        }
        Ok(shown)
    }
}

/// Lists that are in their place.
#[derive(Debug)]
pub struct Shown {
    /// Where.
    pub paths: Vec<PathBuf>,
}

impl Shown {
    /// Removes them again, because what they say was not recorded.
    pub fn take_back(&self) {
        for path in &self.paths {
            // What cannot be removed is a list nobody was assigned by; the error that led here is told.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new("audience-unwritable", format!("cannot be written: {error}"))
        .in_file(path.display().to_string())
        .help("name a folder that may be written: --out DIR")
}

/// A file name made of a text: small letters, digits and hyphens, never empty and none of those `taken`.
#[must_use]
pub fn file_name(text: &str, taken: &[String]) -> String {
    let mut plain = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            c if c.is_alphanumeric() => plain.push(c),
            _ if plain.ends_with('-') || plain.is_empty() => {}
            _ => plain.push('-'),
        }
    }
    let plain: String = plain.trim_end_matches('-').chars().take(60).collect();
    let plain = if plain.is_empty() { "variant".to_owned() } else { plain };
    let named = |n: u32| if n == 1 { format!("{plain}.csv") } else { format!("{plain}-{n}.csv") };
    (1..).map(named).find(|name| !taken.contains(name)).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(file: &str, cell: &str) -> Sheet {
        Sheet { file: file.to_owned(), header: vec!["email".to_owned()], rows: vec![vec![cell.to_owned()]] }
    }

    #[test]
    fn all_lists_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let shown = write(&out, &[sheet("a.csv", "=1+1"), sheet("b.csv", "x,y")]).unwrap().show().unwrap();
        assert_eq!(std::fs::read_to_string(&shown.paths[0]).unwrap(), "email\n'=1+1\n");
        assert_eq!(std::fs::read_to_string(&shown.paths[1]).unwrap(), "email\n\"x,y\"\n");
        let problem = write(&out, &[sheet("c.csv", "x"), sheet("b.csv", "x")]).unwrap_err();
        assert_eq!(problem.code, "audience-exists");
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 2, "nothing half written is left behind");
        drop(write(&out, &[sheet("d.csv", "x")]).unwrap());
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 2);
        shown.take_back();
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    }

    #[test]
    fn names_are_safe_for_every_file_system() {
        assert_eq!(file_name("10 % off", &[]), "10-off.csv");
        assert_eq!(file_name("../../etc", &[]), "etc.csv");
        assert_eq!(file_name("%", &["variant.csv".to_owned()]), "variant-2.csv");
        assert_eq!(file_name("Größe", &[]), "größe.csv");
    }
}
