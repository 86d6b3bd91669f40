//! Named arrays as NumPy's `.npz`: a zip archive with one `.npy` an array.
//!
//! Nothing is unpacked before its header has said that it is wanted and fits: an archive of two
//! megabytes can promise gigabytes.

use std::io::{BufReader, Cursor, Read, Seek, Write};
use std::path::Path;

use noctule_num::InputError;
use npyz::WriterBuilder;
use zip::ZipArchive;
use zip::write::SimpleFileOptions;

use super::budget::Budget;
use super::npy_head;
use super::raw::{Kind, Layout, entries_to_c_order};
use crate::data::set::check_name;
use crate::data::{Array, ArraySet, Entries, FieldInfo, file};

/// A text of more letters is none of ours.
const MOST_TEXT: usize = 1 << 12;

fn damaged_archive(error: &zip::result::ZipError) -> InputError {
    InputError::new(
        "this is not a readable .npz archive",
        "",
        error.to_string(),
        "an archive written by numpy.savez or numpy.savez_compressed",
    )
}

fn archive<R: Read + Seek>(reader: R) -> Result<ZipArchive<R>, InputError> {
    let allowed = "an archive written by numpy.savez or numpy.savez_compressed";
    let archive = ZipArchive::new(reader).map_err(|error| damaged_archive(&error))?;
    if archive.has_duplicate_names() {
        let what = "a member of the archive is there twice";
        return Err(InputError::new(what, "", "two members of one name", allowed));
    }
    if archive.is_empty() {
        return Err(InputError::new("the archive holds no arrays", "", "nothing", allowed));
    }
    Ok(archive)
}

/// The name of a member as NumPy gives it: without the ending.
fn name_of(raw: &str) -> Result<String, InputError> {
    let name = raw.strip_suffix(".npy").unwrap_or(raw);
    if name.is_empty() || name.chars().any(char::is_control) {
        let what = "a member of the archive has no proper name";
        return Err(InputError::new(what, "", format!("{raw:?}"), "names of arrays"));
    }
    Ok(name.to_owned())
}

/// The names of the arrays in an archive of any length, in its order.
pub(super) fn names(path: &Path) -> Result<Vec<String>, InputError> {
    let mut archive = archive(BufReader::new(file::open(path, u64::MAX)?))?;
    (0..archive.len())
        .map(|index| {
            let member = archive.by_index(index).map_err(|error| damaged_archive(&error))?;
            name_of(&member.name().map_err(|error| damaged_archive(&error))?)
        })
        .collect()
}

/// Every array of the archive; each must be one of `fields`.
pub(super) fn read(path: &Path, fields: &[FieldInfo]) -> Result<ArraySet, InputError> {
    let mut archive = archive(BufReader::new(file::open(path, file::MOST_ARRAY_BYTES)?))?;
    let mut set = ArraySet::new();
    let mut budget = Budget::default();
    let alone = archive.len() == 1;
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|error| damaged_archive(&error))?;
        let name = name_of(&member.name().map_err(|error| damaged_archive(&error))?)?;
        check_name(&name, fields, |field| alone && field.complex)?;
        let field = fields.iter().find(|field| field.name == name);
        let array = array(&mut member, &mut budget, field.map(|field| field.dimensions.len()));
        let array = array.map_err(|error| error.inside(&name))?;
        if set.get(&name).is_some() {
            let what = "a member of the archive is there twice";
            return Err(InputError::new(what, name, "two of this name", "every name once"));
        }
        set.insert(name, array);
    }
    Ok(set)
}

/// One array of the archive by name.
pub(super) fn member(path: &Path, name: &str) -> Result<Option<Array>, InputError> {
    let mut archive = archive(BufReader::new(file::open(path, file::MOST_ARRAY_BYTES)?))?;
    let found = [format!("{name}.npy"), name.to_owned()]
        .into_iter()
        .find_map(|full| archive.index_for_name(&full));
    let Some(index) = found else { return Ok(None) };
    let mut member = archive.by_index(index).map_err(|error| damaged_archive(&error))?;
    array(&mut member, &mut Budget::default(), None).map(Some).map_err(|error| error.inside(name))
}

/// Where the bytes of a member begin and how many there are; `None` of one that is compressed.
pub(super) fn stored(path: &Path, name: &str) -> Result<Option<(u64, u64)>, InputError> {
    let mut archive = archive(BufReader::new(file::open(path, u64::MAX)?))?;
    let found = [format!("{name}.npy"), name.to_owned()]
        .into_iter()
        .find_map(|full| archive.index_for_name(&full));
    let Some(index) = found else { return Ok(None) };
    let member = archive.by_index(index).map_err(|error| damaged_archive(&error))?;
    let plain = member.compression() == zip::CompressionMethod::Stored && !member.encrypted();
    Ok(member.data_start().filter(|_| plain).map(|begin| (begin, member.size())))
}

/// The text of a member, as `numpy.savez` writes one, or a list of texts with commas between;
/// `None` where there is no such member.
pub(super) fn text(path: &Path, name: &str) -> Result<Option<String>, InputError> {
    let mut archive = archive(BufReader::new(file::open(path, u64::MAX)?))?;
    let Some(index) = archive.index_for_name(&format!("{name}.npy")) else { return Ok(None) };
    let mut member = archive.by_index(index).map_err(|error| damaged_archive(&error))?;
    let head = npy_head::read(&mut member)?;
    let big_endian = head.descr.starts_with('>');
    let code = head.descr.trim_start_matches(['<', '>', '|', '=']);
    let units = code.get(1..).and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
    let width = match code.chars().next() {
        Some('U') => 4,
        Some('S') => 1,
        _ => 0,
    };
    let count = head.shape.iter().try_fold(1_usize, |count, &side| count.checked_mul(side));
    let letters = count.and_then(|count| count.checked_mul(units)).unwrap_or(usize::MAX);
    if width == 0 || letters > MOST_TEXT {
        let found = format!("{} of shape {:?}", head.descr, head.shape);
        let what = "this is no text";
        return Err(InputError::new(what, name, found, "one text, as numpy.savez writes it"));
    }
    let mut bytes = vec![0; letters * width];
    member.read_exact(&mut bytes).map_err(|error| npy_head::damaged(error.to_string()))?;
    let letter = |part: &[u8]| {
        let fold = |code: u32, byte: &u8| code << 8 | u32::from(*byte);
        let code =
            if big_endian { part.iter().fold(0, fold) } else { part.iter().rev().fold(0, fold) };
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    let text = |part: &[u8]| -> String {
        let text: String = part.chunks_exact(width).map(letter).collect();
        text.trim_end_matches('\0').to_owned()
    };
    // a text of no letters has no bytes
    let texts: Vec<String> = bytes.chunks_exact((units * width).max(1)).map(text).collect();
    Ok(Some(texts.join(",")))
}

/// The array of a `.npy` file.
pub(super) fn single(path: &Path) -> Result<Array, InputError> {
    let file = file::open(path, file::MOST_ARRAY_BYTES)?;
    array(&mut BufReader::new(file), &mut Budget::default(), None)
}

/// An array from its header and as many bytes as that promises, which `budget` allows before
/// anything is read. `dimensions` is how many it must have, where that is known: a number and a
/// list are not looked for in an array of more.
fn array(
    reader: &mut impl Read,
    budget: &mut Budget,
    dimensions: Option<usize>,
) -> Result<Array, InputError> {
    let head = npy_head::read(reader)?;
    let shape = head.shape;
    let layout = layout(&head.descr)?;
    let length = budget.take(&shape)?;
    if dimensions.is_some_and(|wanted| wanted < shape.len()) && length > 1 {
        let what = "the array has the wrong number of dimensions";
        let allowed = format!("{} dimensions", dimensions.unwrap_or(0));
        return Err(InputError::new(what, "", format!("shape {shape:?}"), allowed));
    }
    let wanted = length * layout.bytes();
    let mut bytes = Vec::new();
    reader
        .take(wanted as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| npy_head::damaged(error.to_string()))?;
    if bytes.len() < wanted {
        let what = "the array's header promises more than the file holds";
        let found = format!("shape {shape:?} in {} bytes", bytes.len());
        let error = InputError::new(what, "", found, "a whole array");
        return Err(error.hint("the file may be truncated"));
    }
    // To the end, where an archive compares its checksum; a byte more is none of ours.
    let beyond = reader.read(&mut [0]).map_err(|error| npy_head::damaged(error.to_string()))?;
    if beyond > 0 {
        let what = "the array goes on beyond what its header says";
        return Err(InputError::new(what, "", format!("more than {wanted} bytes"), "one array"));
    }
    let entries = layout.decode(&bytes);
    let entries = if head.fortran { entries_to_c_order(entries, &shape) } else { entries };
    Ok(Array { shape, entries })
}

/// The types of numbers that NumPy writes; a structure, text or an object is none.
pub(super) fn layout(descr: &str) -> Result<Layout, InputError> {
    let big_endian = descr.starts_with('>');
    let code = descr.trim_start_matches(['<', '>', '|', '=']);
    let bytes = code.get(1..).and_then(|size| size.parse::<usize>().ok()).unwrap_or(0);
    let real = |kind: Kind| Layout { kind, big_endian, complex: false };
    let found = match code.chars().next() {
        Some('f') => Some(real(Kind::Float(bytes))),
        Some('i') => Some(real(Kind::Signed(bytes))),
        Some('u' | 'b') => Some(real(Kind::Unsigned(bytes))),
        Some('c') => Some(Layout { complex: true, ..real(Kind::Float(bytes / 2)) }),
        _ => None,
    };
    found.filter(|layout| layout.kind.known()).ok_or_else(|| {
        let what = "the array's type is not numeric";
        InputError::new(what, "", descr, "float, complex or integer entries")
            .hint("numpy.save(\"file.npy\", array.astype(complex)) writes numbers")
    })
}

pub(super) fn write(set: &ArraySet) -> std::io::Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // By which a file of ours is known where one is to be replaced; it is short enough for a zip.
    let _ = archive.set_comment("written by noctule");
    // Stored, and with a fixed time: the same arrays give the same bytes.
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default());
    for (name, array) in set.iter() {
        archive.start_file(format!("{name}.npy"), options)?;
        let mut content = Cursor::new(Vec::new());
        write_array(array, &mut content)?;
        archive.write_all(content.get_ref())?;
    }
    Ok(archive.finish()?.into_inner())
}

pub(in crate::data) fn write_array(
    array: &Array,
    out: &mut (impl Write + Seek),
) -> std::io::Result<()> {
    let shape: Vec<u64> = array.shape.iter().map(|&n| n as u64).collect();
    match &array.entries {
        Entries::Real(values) => {
            let mut writer =
                npyz::WriteOptions::new().default_dtype().shape(&shape).writer(out).begin_nd()?;
            writer.extend(values)?;
            writer.finish()
        }
        Entries::Complex(values) => {
            let mut writer =
                npyz::WriteOptions::new().default_dtype().shape(&shape).writer(out).begin_nd()?;
            writer.extend(values)?;
            writer.finish()
        }
    }
}
