//! Arrays too long to be kept: one entry of the first axis at a time, and files read whole where they
//! do not allow that.
//!
//! What NumPy writes uncompressed in C order (`numpy.save`, `numpy.savez`) lies in the file as it lies
//! in memory, so that a row is a range of bytes.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use noctule_num::sha256::Sha256;
use noctule_num::{C64, InputError, hint};

use super::axes::transposed;
use super::load::{numbers, told};
use super::raw::Layout;
use super::{mat, node, npy_head, npz};
use crate::data::{Array, Entries, file};

/// The endings of files whose arrays have axes enough.
const ENDINGS: [&str; 5] = ["npz", "npy", "mat", "h5", "hdf5"];

/// An array in a file, read row by row along its first axis.
#[derive(Debug)]
pub struct Rows {
    file: Mutex<File>,
    place: String,
    begin: u64,
    layout: Layout,
    shape: Vec<usize>,
}

fn unreadable(place: &str, error: &std::io::Error) -> InputError {
    InputError::new("the file cannot be read", place, error.to_string(), "a readable file")
}

/// The ending of a file of arrays, judged before the file is looked at.
fn ending(path: &Path) -> Result<String, InputError> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    if ENDINGS.contains(&ending.as_str()) {
        return Ok(ending);
    }
    let found = if ending.is_empty() { "no ending".to_owned() } else { format!(".{ending}") };
    let what = "the file's ending does not tell its format";
    let allowed = ".npz, .npy, .mat, .h5 or .hdf5";
    Err(InputError::new(what, path.display().to_string(), found, allowed))
}

impl Rows {
    /// The array `member` of a file, by default the one called `usual` or the only one; `None` where
    /// it has to be read whole: compressed, in another order, or another format.
    ///
    /// # Errors
    /// A file that cannot be read or is damaged, a member that is not there.
    pub fn open(
        path: &Path,
        member: Option<&str>,
        usual: &str,
    ) -> Result<Option<Self>, InputError> {
        let place = path.display().to_string();
        let read = || -> Result<Option<Self>, InputError> {
            let (mut begin, mut length) = (0, None);
            match ending(path)?.as_str() {
                "npy" => nameless(member)?,
                "npz" => {
                    let name = npz_member(path, member, usual)?;
                    let Some((at, bytes)) = npz::stored(path, &name)? else { return Ok(None) };
                    (begin, length) = (at, Some(bytes));
                }
                _ => return Ok(None),
            }
            let mut file = file::open(path, u64::MAX)?;
            let failed = |error: std::io::Error| unreadable("", &error);
            let whole = file.metadata().map_err(failed)?.len();
            let end = length.map_or(whole, |length| begin + length).min(whole);
            file.seek(SeekFrom::Start(begin)).map_err(failed)?;
            let head = npy_head::read(&mut file)?;
            let begin = file.stream_position().map_err(failed)?;
            if head.fortran && head.shape.len() > 1 {
                return Ok(None);
            }
            let layout = npz::layout(&head.descr)?;
            let count = head.shape.iter().try_fold(1_u64, |n, &side| n.checked_mul(side as u64));
            let bytes = count.and_then(|n| n.checked_mul(layout.bytes() as u64));
            if bytes.is_none_or(|bytes| bytes > end.saturating_sub(begin)) {
                let what = "the array's header promises more than the file holds";
                let found = format!("shape {:?} in {} bytes", head.shape, end - begin.min(end));
                let error = InputError::new(what, "", found, "a whole array");
                return Err(error.hint("the file may be truncated"));
            }
            let file = Mutex::new(file);
            Ok(Some(Self { file, place: place.clone(), begin, layout, shape: head.shape }))
        };
        read().map_err(|error| error.in_file(&place))
    }

    /// Lengths, first index slowest.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Whether entries are complex as they lie in the file.
    pub const fn is_complex(&self) -> bool {
        self.layout.complex
    }

    /// Entries `from` to `from + count` in C order; real ones as complex numbers.
    ///
    /// # Errors
    /// When the file can no longer be read.
    pub fn entries(&self, from: usize, count: usize) -> Result<Vec<C64>, InputError> {
        let mut bytes = vec![0; count * self.layout.bytes()];
        let at = self.begin + from as u64 * self.layout.bytes() as u64;
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
            read.map_err(|error| unreadable(&self.place, &error))?;
        }
        Ok(match self.layout.decode(&bytes) {
            Entries::Complex(values) => values,
            Entries::Real(values) => values.into_iter().map(C64::from).collect(),
        })
    }
}

fn nameless(member: Option<&str>) -> Result<(), InputError> {
    let what = "the file holds one array, which has no name";
    member.map_or(Ok(()), |name| Err(InputError::new(what, "", name, "no name of an array")))
}

/// What may lie beside an array and is not it.
const COMPANIONS: [&str; 3] = ["axes", "estimates", "error_covariances"];

/// Which of a file's arrays is meant.
fn chosen(names: &[String], member: Option<&str>, usual: &str) -> Result<String, InputError> {
    let others: Vec<&str> = names.iter().map(String::as_str).collect();
    let arrays: Vec<&str> =
        others.iter().copied().filter(|name| !COMPANIONS.contains(name)).collect();
    let wanted = match (member, &arrays[..]) {
        (Some(name), _) => name,
        (None, [only]) => only,
        (None, _) => usual,
    };
    if others.contains(&wanted) {
        return Ok(wanted.to_owned());
    }
    let what = "there is no array of that name in the file";
    let error = InputError::new(what, "", format!("`{wanted}`"), hint::list(&others));
    Err(match member {
        Some(_) => hint::with_guess(error, wanted, &others),
        None => error.hint("`variable` says which of them is meant"),
    })
}

/// Which of `axes`, `estimates` and `error_covariances` a file has beside its channels, by name.
///
/// # Errors
/// A file that cannot be read.
pub fn companions(path: &Path) -> Result<Vec<&'static str>, InputError> {
    let names: Vec<String> = match ending(path)?.as_str() {
        "npy" => Vec::new(),
        "npz" => npz::names(path)?,
        _ => mat::read(path, &|_| false)?.into_iter().map(|known| known.name).collect(),
    };
    Ok(COMPANIONS.into_iter().filter(|known| names.iter().any(|name| name == known)).collect())
}

/// The text called `name` that lies beside the arrays of a file; `None` where there is none.
///
/// # Errors
/// Something of this name that is no text.
pub fn text_beside(path: &Path, name: &str) -> Result<Option<String>, InputError> {
    match ending(path)?.as_str() {
        "npy" => Ok(None),
        "npz" => npz::text(path, name),
        _ => {
            let found = mat::read(path, &|other| other == name)?;
            let value = found.into_iter().find(|v| v.name == name).and_then(|v| v.value);
            match value {
                None => Ok(None),
                Some(node::Node::Text(text)) => Ok(Some(text)),
                Some(other) => {
                    Err(InputError::new("this is no text", name, other.words(), "one text"))
                }
            }
        }
    }
}

fn npz_member(path: &Path, member: Option<&str>, usual: &str) -> Result<String, InputError> {
    chosen(&npz::names(path)?, member, usual)
}

/// An array of a file with all its axes: those of `.npz`, `.npy`, `.h5` and `.hdf5` as Python shows
/// them, those of `.mat` as MATLAB does.
///
/// # Errors
/// As [`Rows::open`]; also more numbers than [`MOST_ENTRIES`](crate::data::MOST_ENTRIES).
pub fn whole(path: &Path, member: Option<&str>, usual: &str) -> Result<Array, InputError> {
    let read = || -> Result<Array, InputError> {
        let ending = ending(path)?;
        match ending.as_str() {
            "npy" => {
                nameless(member)?;
                npz::single(path)
            }
            "npz" => {
                let name = npz_member(path, member, usual)?;
                let found = npz::member(path, &name)?;
                found.ok_or_else(|| InputError::new("the array is gone", "", name, "an array"))
            }
            _ => {
                // groups of HDF5 are written with a slash
                let dotted = member.map(|path| path.trim_start_matches('/').replace('/', "."));
                let (variable, rest) = match dotted.as_deref() {
                    Some(path) => {
                        let (head, rest) = node::head(path);
                        (Some(head), rest)
                    }
                    None => (None, ""),
                };
                let known = mat::read(path, &|_| false)?;
                let names: Vec<String> = known.into_iter().map(|v| v.name).collect();
                let name = chosen(&names, variable, usual)?;
                let found = mat::read(path, &|other| other == name)?;
                let value = found.into_iter().find(|v| v.name == name).and_then(|v| v.value);
                let none = || InputError::new("the array is gone", "", &name, "an array");
                let node = value.ok_or_else(none)?;
                let array = numbers(node.pick(rest)?, &name)?;
                // MATLAB's axes lie in reverse, those of Python do not.
                let turn: Vec<usize> = (0..array.shape.len()).rev().collect();
                Ok(if ending == "mat" { array } else { transposed(&array, &turn) })
            }
        }
    };
    read().map_err(|error| told(error, &path.display().to_string()))
}

/// SHA-256 of a file of any length, in hexadecimal.
///
/// # Errors
/// A file that cannot be read.
pub fn digest(path: &Path) -> Result<String, InputError> {
    let place = path.display().to_string();
    let mut file = BufReader::with_capacity(1 << 16, file::open(path, u64::MAX)?);
    let (mut all, mut piece) = (Sha256::default(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut piece).map_err(|error| unreadable(&place, &error))? {
            0 => return Ok(all.hex()),
            read => all.update(&piece[..read]),
        }
    }
}
