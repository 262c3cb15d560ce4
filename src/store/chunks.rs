//! What makes opening fast: column chunks in a file beside the workspace. The file is derived and disposable. Each chunk
//! lies there with a signature of the rows it was made from and a hash of its own bytes; what does not match both is as if
//! it were not there. The file is only ever replaced whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use super::Store;
use super::error::Result;
use super::open::{beside, create_private};

/// What the file begins and ends with.
const MAGIC: &[u8; 8] = b"seguecol";

/// The directory's length, its hash and the magic.
const FOOTER: usize = 24;

/// More chunks than this are not ours.
const MOST: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    signature: u64,
    offset: u64,
    len: u64,
    hash: u64,
}

/// The chunks that are there.
#[derive(Debug)]
pub struct Chunks {
    path: PathBuf,
    /// The file as it was when its directory was read, whatever takes its place.
    file: Option<Arc<Mutex<File>>>,
    entries: BTreeMap<String, Entry>,
}

/// A chunk that is read a stretch at a time. It stays what it was when another takes its place.
#[derive(Debug)]
pub struct Lying {
    file: Arc<Mutex<File>>,
    offset: u64,
    len: u64,
}

impl Lying {
    /// So many bytes from a place of the chunk on, if they have a hash (XXH3, 64 bits).
    #[must_use]
    pub fn read(&self, start: u64, len: u64, hash: u64) -> Option<Vec<u8>> {
        if start.checked_add(len)? > self.len {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(len).ok()?];
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.offset + start)).ok()?;
            file.read_exact(&mut bytes).ok()?;
        }
        (xxh3_64(&bytes) == hash).then_some(bytes)
    }
}

impl Store {
    /// The column chunks kept beside the workspace; none where there is no file or it cannot be read.
    #[must_use]
    pub fn chunks(&self) -> Chunks {
        let path = self.chunk_path();
        let (file, entries) = match File::open(&path) {
            Ok(mut file) => {
                let entries = directory(&mut file).unwrap_or_default();
                (Some(Arc::new(Mutex::new(file))), entries)
            }
            Err(_) => (None, BTreeMap::new()),
        };
        Chunks { path, file, entries }
    }

    fn chunk_path(&self) -> PathBuf {
        beside(self.path(), "-columns")
    }

    /// Deletes the chunks: of rows that are taken back no copy may stay.
    ///
    /// # Errors
    /// When the file is there and cannot be deleted.
    pub fn forget_chunks(&self) -> Result<()> {
        match std::fs::remove_file(self.chunk_path()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Chunks {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names of the chunks with the signatures of their rows.
    pub fn names(&self) -> impl Iterator<Item = (&str, u64)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry.signature))
    }

    /// The signature of the rows a chunk was made from.
    #[must_use]
    pub fn signature(&self, name: &str) -> Option<u64> {
        self.entries.get(name).map(|entry| entry.signature)
    }

    /// Whether a chunk of a name was made from the rows of a signature.
    #[must_use]
    pub fn matches(&self, name: &str, signature: u64) -> bool {
        self.entries.get(name).is_some_and(|entry| entry.signature == signature)
    }

    /// The bytes of a chunk made from the rows of a signature, if it is there and undamaged.
    #[must_use]
    pub fn read(&self, name: &str, signature: u64) -> Option<Vec<u8>> {
        let entry = self.entries.get(name).filter(|entry| entry.signature == signature)?;
        let mut file = File::open(&self.path).ok()?;
        let len = usize::try_from(entry.len).ok()?;
        if entry.offset.checked_add(entry.len)? > file.metadata().ok()?.len() {
            return None;
        }
        file.seek(SeekFrom::Start(entry.offset)).ok()?;
        let mut bytes = Vec::with_capacity(len);
        file.take(entry.len).read_to_end(&mut bytes).ok()?;
        (bytes.len() == len && xxh3_64(&bytes) == entry.hash).then_some(bytes)
    }

    /// A chunk made from the rows of a signature, to be read a stretch at a time.
    #[must_use]
    pub fn lying(&self, name: &str, signature: u64) -> Option<Lying> {
        let entry = self.entries.get(name).filter(|entry| entry.signature == signature)?;
        let file = Arc::clone(self.file.as_ref()?);
        let whole = file.lock().unwrap_or_else(PoisonError::into_inner).metadata().ok()?.len();
        (entry.offset.checked_add(entry.len)? <= whole).then_some(Lying {
            file,
            offset: entry.offset,
            len: entry.len,
        })
    }

    /// Puts chunks in place of all that were there. A chunk without new bytes is taken over as it was.
    ///
    /// # Errors
    /// When the folder or the disk does not allow it; what was there stays then.
    pub fn replace(&self, chunks: impl IntoIterator<Item = (String, u64, Option<Vec<u8>>)>) -> Result<()> {
        let draft = beside(&self.path, &format!(".new-{}", std::process::id()));
        let _ = std::fs::remove_file(&draft);
        let written = self.write(&draft, chunks).and_then(|()| Ok(std::fs::rename(&draft, &self.path)?));
        if written.is_err() {
            // The draft is of no use to anybody.
            let _ = std::fs::remove_file(&draft);
        }
        written
    }

    fn write(
        &self,
        draft: &std::path::Path,
        chunks: impl IntoIterator<Item = (String, u64, Option<Vec<u8>>)>,
    ) -> Result<()> {
        create_private(draft)?;
        let mut file = BufWriter::with_capacity(1 << 20, File::options().write(true).open(draft)?);
        file.write_all(MAGIC)?;
        let mut offset = MAGIC.len() as u64;
        let mut directory = Vec::new();
        for (name, signature, bytes) in chunks {
            let Some(bytes) = bytes.or_else(|| self.read(&name, signature)) else { continue };
            file.write_all(&bytes)?;
            directory.extend_from_slice(&(name.len() as u64).to_le_bytes());
            directory.extend_from_slice(name.as_bytes());
            for number in [signature, offset, bytes.len() as u64, xxh3_64(&bytes)] {
                directory.extend_from_slice(&number.to_le_bytes());
            }
            offset += bytes.len() as u64;
        }
        file.write_all(&directory)?;
        file.write_all(&(directory.len() as u64).to_le_bytes())?;
        file.write_all(&xxh3_64(&directory).to_le_bytes())?;
        file.write_all(MAGIC)?;
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        Ok(())
    }
}

fn directory(file: &mut File) -> Option<BTreeMap<String, Entry>> {
    let size = file.metadata().ok()?.len();
    let mut footer = [0_u8; FOOTER];
    file.seek(SeekFrom::Start(size.checked_sub(FOOTER as u64)?)).ok()?;
    file.read_exact(&mut footer).ok()?;
    let (numbers, magic) = footer.split_at(16);
    let ([len, hash], []) = numbers.as_chunks::<8>() else { return None };
    let (len, hash) = (u64::from_le_bytes(*len), u64::from_le_bytes(*hash));
    if magic != MAGIC || len > size {
        return None;
    }
    file.seek(SeekFrom::Start(size.checked_sub(FOOTER as u64 + len)?)).ok()?;
    let mut bytes = Vec::new();
    file.take(len).read_to_end(&mut bytes).ok()?;
    (xxh3_64(&bytes) == hash).then(|| entries(&bytes)).flatten()
}

fn entries(bytes: &[u8]) -> Option<BTreeMap<String, Entry>> {
    let mut rest = bytes;
    let mut entries = BTreeMap::new();
    while !rest.is_empty() && entries.len() < MOST {
        let name = usize::try_from(number(&mut rest)?).ok()?;
        let (name, behind) = rest.split_at_checked(name)?;
        rest = behind;
        let entry = Entry {
            signature: number(&mut rest)?,
            offset: number(&mut rest)?,
            len: number(&mut rest)?,
            hash: number(&mut rest)?,
        };
        entries.insert(std::str::from_utf8(name).ok()?.to_owned(), entry);
    }
    Some(entries)
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let (number, behind) = rest.split_first_chunk::<8>()?;
    *rest = behind;
    Some(u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matches_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("shop.db")).unwrap();
        assert!(store.chunks().is_empty());
        let one = ("one".to_owned(), 7, Some(b"first".to_vec()));
        let two = ("two".to_owned(), 8, Some(b"second".to_vec()));
        store.chunks().replace([one, two]).unwrap();
        let chunks = store.chunks();
        assert_eq!(chunks.len(), 2);
        assert_eq!(chunks.read("one", 7).as_deref(), Some(&b"first"[..]));
        assert_eq!(chunks.read("one", 8), None);
        assert_eq!(chunks.read("three", 7), None);
        // What is kept is taken over; what is not named is gone.
        chunks
            .replace([("two".to_owned(), 8, None), ("new".to_owned(), 9, Some(b"third".to_vec()))])
            .unwrap();
        let chunks = store.chunks();
        assert_eq!((chunks.read("one", 7), chunks.len()), (None, 2));
        assert_eq!(chunks.read("two", 8).as_deref(), Some(&b"second"[..]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&chunks.path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        store.forget_chunks().unwrap();
        store.forget_chunks().unwrap();
        assert!(store.chunks().is_empty() && chunks.read("two", 8).is_none());
    }

    #[test]
    fn damage_is_noticed_wherever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("shop.db")).unwrap();
        store.chunks().replace([("one".to_owned(), 7, Some(b"first".to_vec()))]).unwrap();
        let path = store.chunk_path();
        let sound = std::fs::read(&path).unwrap();
        for at in MAGIC.len()..sound.len() {
            let mut damaged = sound.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, &damaged).unwrap();
            assert_eq!(store.chunks().read("one", 7), None, "byte {at}");
        }
        for len in 0..sound.len() {
            std::fs::write(&path, &sound[..len]).unwrap();
            assert_eq!(store.chunks().read("one", 7), None, "{len} bytes");
        }
    }
}
