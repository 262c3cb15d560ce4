//! What a file is wrapped in: nothing, gzip, or a zip whose members are files of their own.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Crc;
use flate2::read::{DeflateDecoder, MultiGzDecoder};
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, ZipArchive};

use crate::model::definition::ContentHash;
use crate::model::{Problem, Time};

/// One stream of rows: a file, or a member of a zip.
#[derive(Debug, Clone)]
pub struct Input {
    path: PathBuf,
    wrapping: Wrapping,
    /// Bytes on disk, for progress.
    pub bytes: u64,
}

#[derive(Debug, Clone)]
enum Wrapping {
    Plain,
    Gzip,
    Member { name: String, start: u64, packed: u64, deflated: bool, crc: u32 },
}

const NOT_OURS: [(&[u8], &str); 6] = [
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Office document"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
];

impl Input {
    /// The streams in a file, recognised by its first bytes and never by its name.
    ///
    /// # Errors
    /// The file cannot be opened, or its wrapping is damaged or none we read.
    pub fn of(path: &Path) -> Result<Vec<Self>, Problem> {
        let file = path.display().to_string();
        let opened = File::open(path).map_err(|error| cannot_open(&file, &error))?;
        let about = opened.metadata().map_err(|error| cannot_open(&file, &error))?;
        if about.is_dir() {
            return Err(Problem::new("file-is-folder", "is a folder")
                .help("name the files in it, such as FOLDER/*.csv")
                .in_file(file));
        }
        let mut start = Vec::new();
        opened.take(16).read_to_end(&mut start).map_err(|error| cannot_open(&file, &error))?;
        if let Some((_, what)) = NOT_OURS.iter().find(|(magic, _)| start.starts_with(magic)) {
            return Err(Problem::new("file-not-rows", format!("is {what}, not rows of text"))
                .help("export the data as CSV or as one JSON object per line")
                .in_file(file));
        }
        let plain = |wrapping| Self { path: path.to_owned(), wrapping, bytes: about.len() };
        match start.as_slice() {
            [] => Err(Problem::new("file-empty", "is empty").help("export it again").in_file(file)),
            [0x1f, 0x8b, ..] => Ok(vec![plain(Wrapping::Gzip)]),
            [b'P', b'K', 3 | 5 | 7, ..] => members(path, &file),
            _ => Ok(vec![plain(Wrapping::Plain)]),
        }
    }

    /// The name people know it by: the path, and the member of a zip.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.wrapping {
            Wrapping::Member { name, .. } => format!("{} > {name}", self.path.display()),
            _ => self.path.display().to_string(),
        }
    }

    /// The path of the file on disk.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// When the file was last written, if the disk knows: the moment rows without one of their own held.
    #[must_use]
    pub fn written(&self) -> Option<Time> {
        let modified = std::fs::metadata(&self.path).ok()?.modified().ok()?;
        jiff::Timestamp::try_from(modified).ok().map(Time::from_timestamp)
    }

    /// The SHA-256 of the file on disk, wrapping included.
    ///
    /// # Errors
    /// The file cannot be read any more.
    pub fn hash(&self) -> io::Result<ContentHash> {
        let mut file = File::open(&self.path)?;
        let mut hasher = Sha256::new();
        if let Wrapping::Member { name, .. } = &self.wrapping {
            hasher.update(name.as_bytes());
        }
        let mut buffer = vec![0; 1 << 18];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(ContentHash(hasher.finalize().into())),
                n => hasher.update(buffer.get(..n).unwrap_or_default()),
            }
        }
    }

    /// Where its reject file goes when nobody says: beside the file.
    #[must_use]
    pub fn rejects_path(&self, extension: &str) -> PathBuf {
        let member = match &self.wrapping {
            Wrapping::Member { name, .. } => Some(name.as_str()),
            _ => None,
        };
        Self::rejects_beside(&self.path, member, extension)
    }

    /// Where the reject file of a path lies when nobody says, or of a member of the zip there.
    #[must_use]
    pub fn rejects_beside(path: &Path, member: Option<&str>, extension: &str) -> PathBuf {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        if let Some(member) = member {
            let member: String = member
                .chars()
                .map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' })
                .collect();
            name.push(format!(".{member}"));
        }
        name.push(format!(".rejects.{extension}"));
        path.with_file_name(name)
    }

    /// The unwrapped bytes from the start; bytes taken from the disk are added to `taken`.
    ///
    /// # Errors
    /// The file cannot be opened any more.
    pub fn open(&self, taken: &Arc<AtomicU64>) -> io::Result<Box<dyn Read + Send>> {
        let mut file = File::open(&self.path)?;
        let counted = |inner| Counted { inner, taken: Arc::clone(taken) };
        Ok(match &self.wrapping {
            Wrapping::Plain => Box::new(counted(Box::new(file))),
            Wrapping::Gzip => {
                Box::new(MultiGzDecoder::new(io::BufReader::with_capacity(1 << 16, counted(Box::new(file)))))
            }
            Wrapping::Member { start, packed, deflated, crc, .. } => {
                file.seek(SeekFrom::Start(*start))?;
                let packed = io::BufReader::with_capacity(1 << 16, counted(Box::new(file.take(*packed))));
                let inner: Box<dyn Read + Send> =
                    if *deflated { Box::new(DeflateDecoder::new(packed)) } else { Box::new(packed) };
                Box::new(Checked { inner, crc: Crc::new(), expected: *crc })
            }
        })
    }
}

fn cannot_open(file: &str, error: &io::Error) -> Problem {
    let (message, help) = match error.kind() {
        io::ErrorKind::NotFound => ("does not exist".to_owned(), "check the spelling of the path"),
        io::ErrorKind::PermissionDenied => ("may not be read".to_owned(), "check its permissions"),
        _ => (format!("cannot be read: {error}"), "check the disk and the path"),
    };
    Problem::new("file-unreadable", message).help(help).in_file(file)
}

fn members(path: &Path, file: &str) -> Result<Vec<Input>, Problem> {
    let damaged = |error: &dyn std::fmt::Display| {
        Problem::new("zip-damaged", format!("the zip archive is damaged: {error}"))
            .help("download or copy it again")
            .in_file(file)
    };
    let opened = File::open(path).map_err(|error| cannot_open(file, &error))?;
    let mut archive = ZipArchive::new(io::BufReader::new(opened)).map_err(|error| damaged(&error))?;
    let mut inputs = Vec::new();
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
        let name = String::from_utf8_lossy(member.name_raw()).into_owned();
        if name == "[Content_Types].xml" {
            return Err(Problem::new("file-not-rows", "is an Excel or Office document, not rows of text")
                .help("in Excel choose Save As, CSV UTF-8")
                .in_file(file));
        }
        if member.is_dir() || name.starts_with("__MACOSX/") || name.ends_with(".DS_Store") {
            continue;
        }
        if member.encrypted() {
            return Err(Problem::new("zip-encrypted", format!("the member {name} is encrypted"))
                .help("unpack it with its password and import the files")
                .in_file(file));
        }
        let deflated = match member.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            other => {
                return Err(Problem::new("zip-method", format!("the member {name} is packed with {other}"))
                    .help("unpack the archive and import the files")
                    .in_file(file));
            }
        };
        let start = member.data_start().ok_or_else(|| damaged(&format!("{name} has no data")))?;
        let wrapping =
            Wrapping::Member { name, start, packed: member.compressed_size(), deflated, crc: member.crc32() };
        inputs.push(Input { path: path.to_owned(), wrapping, bytes: member.compressed_size() });
    }
    if inputs.is_empty() {
        return Err(Problem::new("zip-empty", "the zip archive holds no files")
            .help("check that it is the right archive")
            .in_file(file));
    }
    Ok(inputs)
}

struct Counted {
    inner: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// A zip member whose checksum is looked at when its end is reached.
struct Checked {
    inner: Box<dyn Read + Send>,
    crc: Crc,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        if n == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum does not match"));
        }
        self.crc.update(buffer.get(..n).unwrap_or_default());
        Ok(n)
    }
}
