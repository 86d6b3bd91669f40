//! MATLAB's version 7.3: HDF5 as its first format has it, which MATLAB and h5py write by default
//! (groups as symbol tables, version 1 of object headers and B-trees; data contiguous, compact, or
//! in chunks that are deflated or shuffled).
//!
//! MATLAB's axes lie in the file in reverse; they come out as MATLAB shows them.

mod chunks;
mod heap;
mod object;
mod source;
mod tree;

use std::io::{Read, Seek, SeekFrom};

use noctule_num::InputError;

use self::object::{Data, Object, Type};
pub(super) use self::source::base;
use self::source::{File, damaged, int};
use super::variable::Variable;
use crate::data::formats::node::Node;
use crate::data::formats::raw::entries_to_c_order;
use crate::data::{Array, Entries};

/// Groups in groups: no file is nested as deep as this.
const MOST_NESTED: usize = 32;

/// See [`super::read`].
pub(super) fn read<R: Read + Seek>(
    mut reader: R,
    base: u64,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Variable>, InputError> {
    let length = reader.seek(SeekFrom::End(0)).map_err(|error| damaged(error.to_string()))?;
    let mut file = File::new(reader, base, length);
    let head = file.at(0, 96.min(length.saturating_sub(base) as usize))?;
    if int(&head, 8, 1) > 1 || int(&head, 13, 1) != 8 || int(&head, 14, 1) != 8 {
        let found = format!("version {} of the superblock", int(&head, 8, 1));
        let what = "the file is of a newer HDF5 than MATLAB's version 7.3";
        return Err(InputError::new(what, "", found, "version 0 or 1, as MATLAB and h5py write")
            .hint("in MATLAB: save('file.mat', ..., '-v7'); in h5py: libver='earliest'"));
    }
    let extra = if int(&head, 8, 1) == 1 { 4 } else { 0 };
    // base, free space, end, driver, then the root's entry: name, address
    let root = int(&head, 24 + extra + 32 + 8, 8);
    let root = Object::read(&mut file, root)?;
    let Data::Group(members) = root.data else {
        return Err(damaged("a root that is no group"));
    };
    let mut variables = Vec::new();
    for (name, address) in members {
        // `#refs#` and `#subsystem#` hold the insides of cells and objects.
        if name.starts_with('#') {
            continue;
        }
        let object = Object::read(&mut file, address)?;
        let numbers = object.numbers();
        let value = match wanted(&name) {
            true => Some(node(&mut file, object, 0).map_err(|error| error.inside(&name))?),
            false => None,
        };
        variables.push(Variable { name, value, numbers });
    }
    Ok(variables)
}

/// What an object is to MATLAB.
fn node<R: Read + Seek>(
    file: &mut File<R>,
    object: Object,
    depth: usize,
) -> Result<Node, InputError> {
    if depth > MOST_NESTED {
        return Err(damaged("objects that are nested too deep"));
    }
    let text = object.class.as_deref() == Some("char");
    let shape: Vec<usize> = object.shape.iter().rev().copied().collect();
    match (&object.data, &object.kind) {
        (Data::Group(members), _) => {
            let mut fields = Vec::new();
            for (name, address) in members {
                let inner = Object::read(file, *address)?;
                fields.push((name.clone(), node(file, inner, depth + 1)?));
            }
            Ok(Node::Struct(fields))
        }
        (_, _) if object.empty => match text {
            true => Ok(Node::Text(String::new())),
            false => {
                let shape = vec![0, 0];
                Ok(Node::Array(Array { shape, entries: Entries::Real(Vec::new()) }))
            }
        },
        (_, Some(Type::Reference)) => {
            let count = file.budget.take(&shape)?;
            let bytes = chunks::bytes(file, &object, 8)?;
            let mut items = Vec::new();
            for index in 0..count {
                let inner = Object::read(file, int(&bytes, 8 * index, 8))?;
                items.push(node(file, inner, depth + 1)?);
            }
            Ok(Node::Cells(shape, items))
        }
        (_, Some(Type::Numbers(layout))) => {
            file.budget.take(&shape)?;
            let bytes = chunks::bytes(file, &object, layout.bytes())?;
            let entries = layout.decode(&bytes);
            if let (true, Entries::Real(codes)) = (text, &entries) {
                let units: Vec<u16> = codes.iter().map(|&code| code as u16).collect();
                return Ok(Node::Text(String::from_utf16_lossy(&units)));
            }
            Ok(Node::Array(Array { entries: entries_to_c_order(entries, &shape), shape }))
        }
        (_, Some(Type::Text(bytes))) if shape.iter().product::<usize>() == 1 => {
            heap::text(file, &object, *bytes).map(Node::Text)
        }
        (_, Some(Type::Text(_))) => Ok(Node::Other("texts".to_owned())),
        (_, Some(Type::Other(words))) => Ok(Node::Other((*words).to_owned())),
        (_, None) => Err(damaged("an object without a type")),
    }
}
