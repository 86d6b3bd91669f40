//! What a file of MATLAB holds: arrays in structures and cells, and picking one by name.

use noctule_num::{InputError, hint};

use crate::data::Array;

/// A value of MATLAB.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Numbers.
    Array(Array),
    /// A text.
    Text(String),
    /// A structure: names and values in order.
    Struct(Vec<(String, Node)>),
    /// A cell array, or an array of structures: its shape, and its values first index fastest.
    Cells(Vec<usize>, Vec<Node>),
    /// What is not read, in words.
    Other(String),
}

impl Node {
    /// What it is, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Array(array) => format!("an array of shape {:?}", array.shape),
            Self::Text(_) => "a text".to_owned(),
            Self::Struct(fields) => {
                let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                format!("a structure with {}", hint::list(&names))
            }
            Self::Cells(shape, _) => format!("a cell array of shape {shape:?}"),
            Self::Other(words) => words.clone(),
        }
    }

    /// What `path` leads to from here: `.field`, `{2}` or `(2)`, `{1,2}`, counted from 1 as in
    /// MATLAB.
    ///
    /// # Errors
    /// A step that leads nowhere, with what is there instead.
    pub fn pick(&self, path: &str) -> Result<&Self, InputError> {
        let mut here = self;
        let mut rest = path;
        while !rest.is_empty() {
            let done = path.len() - rest.len();
            let lost = |found: String, allowed: String| {
                let what = "the path into the file leads nowhere";
                InputError::new(what, &path[..done.max(1).min(path.len())], found, allowed)
            };
            if let Some(inside) = rest.strip_prefix(['{', '(']) {
                let end = inside.find(['}', ')']).ok_or_else(|| {
                    lost(rest.to_owned(), "a closing brace, such as {2}".to_owned())
                })?;
                let Self::Cells(shape, items) = here else {
                    return Err(lost(here.words(), "a cell array".to_owned()));
                };
                let index = flat(&inside[..end], shape);
                here = index.and_then(|index| items.get(index)).ok_or_else(|| {
                    let allowed = format!("an index from 1, inside shape {shape:?}");
                    lost(format!("{{{}}}", &inside[..end]), allowed)
                })?;
                rest = &inside[end + 1..];
            } else {
                let name = rest.strip_prefix('.').unwrap_or(rest);
                let end = name.find(['.', '{', '(']).unwrap_or(name.len());
                let Self::Struct(fields) = here else {
                    return Err(lost(here.words(), "a structure".to_owned()));
                };
                let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                let found = fields.iter().find(|(known, _)| *known == name[..end]);
                here = &found
                    .ok_or_else(|| {
                        let error = lost(format!("`{}`", &name[..end]), hint::list(&names));
                        hint::with_guess(error, &name[..end], &names)
                    })?
                    .1;
                rest = &name[end..];
            }
        }
        Ok(here)
    }
}

/// The place, first index fastest, of an index such as `2` or `1,2`.
fn flat(index: &str, shape: &[usize]) -> Option<usize> {
    let parts: Option<Vec<usize>> =
        index.split(',').map(|part| part.trim().parse::<usize>().ok()?.checked_sub(1)).collect();
    let parts = parts?;
    if let [only] = parts[..] {
        return Some(only);
    }
    if parts.len() != shape.len() || parts.iter().zip(shape).any(|(i, n)| i >= n) {
        return None;
    }
    Some(parts.iter().zip(shape).rev().fold(0, |flat, (i, n)| flat * n + i))
}

/// The name of the variable at the head of a path, and what follows it.
pub(super) fn head(path: &str) -> (&str, &str) {
    path.split_at(path.find(['.', '{', '(']).unwrap_or(path.len()))
}
