//! Named arrays as NumPy's `.npz`: a zip archive with one `.npy` an array.

use std::io::{Cursor, Read, Seek, Write};

use noctule_num::{C64, InputError};
use npyz::{NpyFile, Order, WriterBuilder};
use zip::write::SimpleFileOptions;

use super::{Array, ArraySet, Entries, FieldInfo};

/// More numbers than this in one array are refused before they are read: a damaged header can
/// promise anything.
const MOST_ENTRIES: u64 = 1 << 27;

pub(super) fn parse(bytes: &[u8], fields: &[FieldInfo]) -> Result<ArraySet, InputError> {
    let damaged = |error: zip::result::ZipError| {
        InputError::new(
            "this is not a readable .npz archive",
            "",
            error.to_string(),
            "an archive written by numpy.savez or numpy.savez_compressed",
        )
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut set = ArraySet::new();
    for index in 0..archive.len() {
        let alone = archive.len() == 1;
        let mut member = archive.by_index(index).map_err(damaged)?;
        let name = member.name().map_err(damaged)?.trim_end_matches(".npy").to_owned();
        // Before anything is decompressed: an archive must not fill the memory with arrays that
        // nobody asked for.
        super::check_name(&name, fields, |field| alone && field.complex)?;
        let mut content = Vec::new();
        // The cap keeps an archive bomb from filling the memory.
        let read = (&mut member).take(MOST_ENTRIES * 16 + 4096).read_to_end(&mut content);
        read.map_err(|error| {
            InputError::new("the array cannot be read", &name, error.to_string(), "a whole array")
                .hint("the archive may be truncated")
        })?;
        let array = parse_array(&content).map_err(|error| error.inside(&name))?;
        set.insert(name, array);
    }
    Ok(set)
}

pub(super) fn parse_single(bytes: &[u8], name: &str) -> Result<ArraySet, InputError> {
    let mut set = ArraySet::new();
    set.insert(name, parse_array(bytes).map_err(|error| error.inside(name))?);
    Ok(set)
}

fn parse_array(bytes: &[u8]) -> Result<Array, InputError> {
    let damaged = |error: std::io::Error| {
        InputError::new("this is not a readable .npy array", "", error.to_string(), "a whole array")
            .hint("the file may be truncated")
    };
    let file = NpyFile::new(bytes).map_err(damaged)?;
    let shape: Vec<usize> = file.shape().iter().map(|&n| n as usize).collect();
    // Each side too: a zero among them would hide a side that no memory holds.
    let sides = shape.iter().all(|&n| n as u64 <= MOST_ENTRIES);
    let length =
        shape.iter().try_fold(1_u64, |product, &n| product.checked_mul(n as u64)).filter(|_| sides);
    // Every entry takes at least one byte, so a whole file bounds the length too.
    if length.is_none_or(|length| length > MOST_ENTRIES || length > bytes.len() as u64) {
        return Err(InputError::new(
            "the array's header promises more than the file holds",
            "",
            format!("shape {shape:?} in {} bytes", bytes.len()),
            "a whole array",
        )
        .hint("the file may be truncated"));
    }
    let order = file.order();
    let kind = file.dtype().descr();
    let entries = read_entries(file, &kind).map_err(|problem| match problem {
        Unreadable::Damaged(error) => damaged(error),
        Unreadable::Type => InputError::new(
            "the array's type is not numeric",
            "",
            kind.clone(),
            "float, complex or integer entries",
        ),
    })?;
    let entries = match order {
        Order::C => entries,
        Order::Fortran => match entries {
            Entries::Real(values) => Entries::Real(to_c_order(&values, &shape)),
            Entries::Complex(values) => Entries::Complex(to_c_order(&values, &shape)),
        },
    };
    Ok(Array { shape, entries })
}

enum Unreadable {
    Damaged(std::io::Error),
    Type,
}

/// The entries in the order of the file, whatever numeric type they have.
fn read_entries<R: Read>(file: NpyFile<R>, kind: &str) -> Result<Entries, Unreadable> {
    fn all<T: npyz::Deserialize, R: Read>(file: NpyFile<R>) -> Result<Vec<T>, Unreadable> {
        file.into_vec::<T>().map_err(Unreadable::Damaged)
    }
    let widen = |values: Vec<f64>| Ok(Entries::Real(values));
    // The descriptor of a plain type is a quoted string such as '<c16'.
    let code = kind.trim_matches('\'').trim_start_matches(['<', '>', '|', '=']);
    match code {
        "c16" => Ok(Entries::Complex(all::<C64, R>(file)?)),
        "c8" => Ok(Entries::Complex(
            all::<num_complex_32::C32, R>(file)?
                .into_iter()
                .map(|z| C64::new(f64::from(z.re), f64::from(z.im)))
                .collect(),
        )),
        "f8" => widen(all::<f64, R>(file)?),
        "f4" => widen(all::<f32, R>(file)?.into_iter().map(f64::from).collect()),
        "i8" => widen(all::<i64, R>(file)?.into_iter().map(|x| x as f64).collect()),
        "i4" => widen(all::<i32, R>(file)?.into_iter().map(f64::from).collect()),
        "i2" => widen(all::<i16, R>(file)?.into_iter().map(f64::from).collect()),
        "i1" => widen(all::<i8, R>(file)?.into_iter().map(f64::from).collect()),
        "u8" => widen(all::<u64, R>(file)?.into_iter().map(|x| x as f64).collect()),
        "u4" => widen(all::<u32, R>(file)?.into_iter().map(f64::from).collect()),
        "u2" => widen(all::<u16, R>(file)?.into_iter().map(f64::from).collect()),
        "u1" => widen(all::<u8, R>(file)?.into_iter().map(f64::from).collect()),
        "b1" => widen(all::<bool, R>(file)?.into_iter().map(|x| f64::from(u8::from(x))).collect()),
        _ => Err(Unreadable::Type),
    }
}

mod num_complex_32 {
    pub(super) type C32 = num_complex::Complex32;
}

/// Entries stored first index fastest, reordered last index fastest.
fn to_c_order<T: Copy>(values: &[T], shape: &[usize]) -> Vec<T> {
    let mut index = vec![0_usize; shape.len()];
    let mut out = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        let mut flat = 0;
        for (&i, &n) in index.iter().zip(shape).rev() {
            flat = flat * n + i;
        }
        out.push(values[flat]);
        for (slot, &n) in index.iter_mut().zip(shape).rev() {
            *slot += 1;
            if *slot < n {
                break;
            }
            *slot = 0;
        }
    }
    out
}

pub(super) fn write(set: &ArraySet) -> std::io::Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // By which a file of ours is known where one is to be replaced; it is short enough for a zip.
    let _ = archive.set_comment("noctule");
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

pub(super) fn write_array(array: &Array, out: &mut (impl Write + Seek)) -> std::io::Result<()> {
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
