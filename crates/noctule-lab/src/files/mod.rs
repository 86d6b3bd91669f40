//! Files of people: written whole or not at all, read within limits, never taken for ours.
//!
//! Everything that noctule writes for somebody goes through here. A file is written under another
//! name in the same folder and then renamed, so that a full disk, a signal or a power cut leaves
//! what was there; the other name is removed when writing fails, and swept later where the process
//! was killed ([`sweep`]). Nothing is read before its size is known, and nothing but a regular file
//! is read at all: a link to a device has no end.

mod temporary;

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Read as _, Write};
use std::path::{Path, PathBuf};

use noctule_num::InputError;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

pub(crate) use temporary::is_temporary;
pub use temporary::{Temporary, sweep};

use crate::canonical::hex;
use crate::error::LabError;

/// Stands in files of ours whose format has a place for a remark: words that a file of somebody
/// else, who merely names the program or a folder, does not have.
pub const MARK: &str = "written by noctule";
/// How many links may lead to a file.
const MAX_LINKS: usize = 40;
/// Bytes at either end of a file in which [`MARK`] is looked for.
const MARK_WITHIN: u64 = 4096;

/// A file that takes the place of another when it is finished, and leaves no trace otherwise.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    temporary: Temporary,
    file: BufWriter<File>,
}

impl Draft {
    /// Begin a file. A link of this name will be replaced, not followed.
    ///
    /// # Errors
    /// When the folder does not take files.
    pub fn of(path: &Path) -> Result<Self, LabError> {
        let temporary = Temporary::beside(path);
        let file = temporary.create().map_err(LabError::io("write", path))?;
        let file = BufWriter::with_capacity(1 << 16, file);
        Ok(Self { path: path.to_owned(), temporary, file })
    }

    /// Append.
    ///
    /// # Errors
    /// When the disk is full, for instance; dropping the draft then removes it.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), LabError> {
        self.file.write_all(bytes).map_err(LabError::io("write", &self.path))
    }

    /// Put it in place.
    ///
    /// # Errors
    /// When the last bytes do not fit; what had the name before is then untouched.
    pub fn finish(self) -> Result<(), LabError> {
        let fail = LabError::io("write", &self.path);
        let file = self.file.into_inner().map_err(|error| fail(error.into_error()))?;
        // Some disks say only when flushed that they are full, and a name must not outlive its
        // content when the power goes.
        file.sync_all().map_err(LabError::io("write", &self.path))?;
        drop(file);
        self.temporary.rename(&self.path).map_err(LabError::io("write", &self.path))
    }
}

/// Write a file that somebody named: whole, or not at all.
///
/// A link is followed, and stays; a file that may not be written (mode 0444) is refused, as any
/// program would be; other modes are kept.
///
/// # Errors
/// [`LabError::Io`], and what was there is untouched.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), LabError> {
    let fail = |error: io::Error| LabError::io("write", path)(error);
    let target = behind_links(path).map_err(fail)?;
    let found = match fs::metadata(&target) {
        Ok(found) => Some(found),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(fail(error)),
    };
    if let Some(found) = &found {
        if found.is_dir() {
            return Err(fail(io::Error::new(ErrorKind::IsADirectory, "it is a folder")));
        }
        if found.permissions().readonly() {
            return Err(fail(io::Error::new(ErrorKind::PermissionDenied, "it is read-only")));
        }
        if !found.is_file() {
            // A pipe or a device holds nothing that could be lost.
            let open = File::options().write(true).open(&target);
            return open.and_then(|mut file| file.write_all(bytes)).map_err(fail);
        }
    }
    if let Some(folder) = target.parent() {
        sweep(folder);
    }
    let temporary = Temporary::beside(&target);
    let mut file = temporary.create().map_err(fail)?;
    // Some disks say only when flushed that they are full.
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail)?;
    drop(file);
    if let Some(found) = found {
        // Where modes cannot be set, there are none to be kept.
        let _ = fs::set_permissions(temporary.path(), found.permissions());
    }
    temporary.rename(&target).map_err(fail)
}

/// The file that a name means, through links, whether it exists or not.
///
/// # Errors
/// Where links lead in a circle, or cannot be read.
pub fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.file_type().is_symlink() => {
                let to = fs::read_link(&path)?;
                path = path.parent().map_or_else(|| to.clone(), |folder| folder.join(&to));
            }
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("too many links lead to it"))
}

/// Why a file was not read.
#[derive(Debug)]
pub enum Unread {
    /// The system refused.
    Io(io::Error),
    /// It is no regular file: what it is.
    NoFile(&'static str),
    /// It has more bytes than allowed.
    TooLarge(u64),
}

/// The bytes of a regular file of at most so many.
///
/// # Errors
/// [`Unread`]; nothing is read of what is too large, or no file.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    let found = fs::metadata(path).map_err(Unread::Io)?;
    if found.is_dir() {
        return Err(Unread::NoFile("a folder"));
    }
    if !found.is_file() {
        return Err(Unread::NoFile("a device or a pipe"));
    }
    if found.len() > most {
        return Err(Unread::TooLarge(found.len()));
    }
    let mut bytes = Vec::with_capacity(found.len() as usize);
    // A file may grow while it is read.
    let file = File::open(path).map_err(Unread::Io)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(Unread::Io)?;
    if bytes.len() as u64 > most {
        return Err(Unread::TooLarge(bytes.len() as u64));
    }
    Ok(bytes)
}

/// SHA-256 of a regular file, of whatever size.
///
/// # Errors
/// When it cannot be read, or is no regular file.
pub fn sha256(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file"));
    }
    let (mut file, mut digest) = (File::open(path)?, Sha256::new());
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part)? {
            0 => return Ok(hex(&digest.finalize())),
            count => digest.update(&part[..count]),
        }
    }
}

/// The text of a file that somebody wrote, such as "a scenario file".
///
/// # Errors
/// [`InputError`] when it is absent, too large, no file, or no text.
pub fn read_text(path: &Path, most: u64, kind: &str) -> Result<String, InputError> {
    let place = path.display().to_string();
    let bytes = read(path, most).map_err(|unread| match unread {
        Unread::Io(error) => {
            let allowed = format!("a readable file: {kind}");
            InputError::new("the file cannot be read", &place, error.to_string(), allowed)
        }
        Unread::NoFile(found) => InputError::new("this is no file", &place, found, kind),
        Unread::TooLarge(bytes) => {
            let allowed = format!("{kind} of at most {} MiB", most >> 20);
            InputError::new("the file is too large", &place, format!("{bytes} bytes"), allowed)
        }
    })?;
    String::from_utf8(bytes).map_err(|_| {
        InputError::new("the file is not text", &place, "bytes that are not UTF-8", kind)
    })
}

/// Refuse to write over a file that noctule did not write.
///
/// # Errors
/// [`InputError`] that names the file.
pub fn check_replaceable(path: &Path, option: &str) -> Result<(), InputError> {
    if is_ours(path) {
        return Ok(());
    }
    let what = "there is a file of this name already, and noctule did not write it";
    let place = path.display().to_string();
    let error = InputError::new(what, place, "another kind of file", "a name that is free");
    Err(error.hint(format!("{option} replaces it")))
}

/// Whether nothing is lost when a file is replaced: there is none, it is empty, or it is a document
/// of ours. JSON documents say so in `format`; other files carry [`MARK`] near one of their ends.
fn is_ours(path: &Path) -> bool {
    let Ok(found) = fs::metadata(path) else { return true };
    if !found.is_file() || found.len() == 0 {
        // What cannot be replaced is refused when it is written.
        return true;
    }
    let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let Ok(file) = File::open(path) else { return false };
    if json { says_format(file) } else { has_mark(file, found.len()).unwrap_or(false) }
}

/// Whether a JSON document has a `format` of ours; nothing else of it is kept.
fn says_format(file: File) -> bool {
    #[derive(Deserialize)]
    struct Head {
        format: String,
    }
    let head: Result<Head, _> = serde_json::from_reader(io::BufReader::new(file));
    head.is_ok_and(|head| head.format.starts_with("noctule-"))
}

fn has_mark(mut file: File, length: u64) -> io::Result<bool> {
    use std::io::{Seek as _, SeekFrom};
    let mut ends = Vec::new();
    (&mut file).take(MARK_WITHIN).read_to_end(&mut ends)?;
    file.seek(SeekFrom::Start(length.saturating_sub(MARK_WITHIN)))?;
    file.take(MARK_WITHIN).read_to_end(&mut ends)?;
    Ok(ends.windows(MARK.len()).any(|bytes| bytes == MARK.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_draft_that_is_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "before").unwrap();
        let mut draft = Draft::of(&path).unwrap();
        draft.push(b"half").unwrap();
        drop(draft);
        assert_eq!(
            (names(folder.path()), fs::read(&path).unwrap()),
            (vec!["a".into()], b"before".to_vec())
        );
        let mut draft = Draft::of(&path).unwrap();
        draft.push(b"after").unwrap();
        draft.finish().unwrap();
        assert_eq!(
            (names(folder.path()), fs::read(&path).unwrap()),
            (vec!["a".into()], b"after".to_vec())
        );
    }

    #[test]
    fn a_long_name_has_a_temporary_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ü".repeat(127));
        write(&path, b"x").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"x");
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_and_modes_are_kept() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("real"), "old").unwrap();
        fs::set_permissions(at("real"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real", at("link")).unwrap();
        symlink("absent", at("dangling")).unwrap();
        symlink("loop", at("loop")).unwrap();
        write(&at("link"), b"new").unwrap();
        write(&at("dangling"), b"new").unwrap();
        assert!(write(&at("loop"), b"new").is_err());
        assert!(at("link").is_symlink() && at("dangling").is_symlink());
        assert_eq!(fs::read(at("real")).unwrap(), b"new");
        assert_eq!(fs::read(at("absent")).unwrap(), b"new");
        assert_eq!(fs::metadata(at("real")).unwrap().permissions().mode() & 0o777, 0o640);
        fs::set_permissions(at("real"), fs::Permissions::from_mode(0o440)).unwrap();
        assert!(write(&at("real"), b"newer").is_err());
        assert_eq!(fs::read(at("real")).unwrap(), b"new");
    }

    #[test]
    fn only_documents_of_ours_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content, ours) in [
            ("a.json", "{\"x\": [1, {}], \"format\": \"noctule-design/1\"}", true),
            ("b.json", "{\"format\": \"mine/1\"}", false),
            ("c.json", "{\"format\": \"noctule-design/1\"", false),
            ("d.json", "", true),
            ("e.npz", "PK..written by noctule", true),
            ("f.npz", "PK..", false),
            ("g.svg", "<svg docname='/home/me/noctule/x.svg'>", false),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            assert_eq!(check_replaceable(&path, "--force").is_ok(), ours, "{name}");
        }
        check_replaceable(&folder.path().join("absent.json"), "--force").unwrap();
    }

    #[test]
    fn reading_knows_its_limit_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert!(matches!(read(&path, 4), Err(Unread::TooLarge(5))));
        assert!(matches!(read(folder.path(), 4), Err(Unread::NoFile("a folder"))));
        #[cfg(unix)]
        {
            let link = folder.path().join("zero.toml");
            std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
            let error = read_text(&link, 4 << 20, "an experiment file").unwrap_err();
            assert!(error.to_string().contains("a device or a pipe"), "{error}");
        }
    }
}
