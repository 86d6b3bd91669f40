//! What is known of a variable, whichever version its file has.

use std::io::Read;

use crate::data::formats::node::Node;

/// A variable of a file.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data::formats) struct Variable {
    pub(in crate::data::formats) name: String,
    /// Its value, where it was asked for.
    pub(in crate::data::formats) value: Option<Node>,
    /// Whether it is an array of numbers, and its shape.
    pub(in crate::data::formats) numbers: Option<Vec<usize>>,
}

/// As many bytes as there are.
pub(super) fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> usize {
    let mut length = 0;
    while length < buffer.len() {
        match reader.read(&mut buffer[length..]) {
            Ok(0) | Err(_) => break,
            Ok(more) => length += more,
        }
    }
    length
}
