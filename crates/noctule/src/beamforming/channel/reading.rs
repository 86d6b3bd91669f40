//! Channels of one's own: from what a scenario says of a file to the file, open.
//!
//! Trial t is row t. Rows of a file that NumPy wrote uncompressed are read one at a time, so that memory
//! does not grow with the file; other files, and those of other programs, are read whole, once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use noctule_num::InputError;
use noctule_phy::arrays::PlanarArray;
use noctule_phy::channels::table::ChannelTable;

use super::beside::{Beside, real};
use super::import::{complex, imported};
use super::opened::{Opened, Store};
use super::own::{Own, about};
use crate::data::{self, Array, Reading, Rows};

/// The name that the array of channels has, unless another is said.
const USUAL: &str = "channels";
/// Files that are kept open: more than a comparison has.
const KEPT: usize = 16;

/// What decides how a file is read: its place and when it was written last, and what of a scenario it is
/// read by. Compared in every trial.
#[derive(Debug)]
struct Key {
    place: PathBuf,
    written: (u64, Option<SystemTime>),
    sides: (usize, usize),
    own: Own,
}

impl Key {
    fn is(&self, place: &Path, written: (u64, Option<SystemTime>), sides: (usize, usize)) -> bool {
        self.place == place && self.written == written && self.sides == sides
    }
}

/// Files that were looked at: where those of a digest are, and what is open, the latest last.
#[derive(Debug, Default)]
struct Known {
    places: Vec<(String, PathBuf)>,
    open: Vec<(Key, Arc<Opened>)>,
}

static KNOWN: Mutex<Known> = Mutex::new(Known { places: Vec::new(), open: Vec::new() });

fn known<T>(look: impl FnOnce(&mut Known) -> T) -> T {
    look(&mut KNOWN.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Own {
    /// Look at the file, its path relative to `base`, and remember where its digest lies: the digest
    /// and the number of rows.
    pub(super) fn attach(
        &self,
        base: &Path,
        array: PlanarArray,
    ) -> Result<(String, usize), InputError> {
        let place = base.join(&self.path);
        let opened = self.open_at(&place, array)?;
        let digest = opened.digest()?;
        self.same(&opened, &place)?;
        known(|known| {
            known.places.retain(|(other, _)| other != digest);
            known.places.push((digest.to_owned(), place.clone()));
        });
        Ok((digest.to_owned(), opened.shape[0]))
    }

    /// Refuse a file that is not the one the scenario speaks of.
    fn same(&self, opened: &Opened, place: &Path) -> Result<(), InputError> {
        let rows = opened.rows() as u64;
        if let Some(told) = self.rows.filter(|told| *told != rows) {
            let what = "the file of channels has another number of rows than the scenario says";
            let found = format!("{rows} rows ({})", place.display());
            return Err(InputError::new(what, "rows", found, format!("{told} rows")));
        }
        let Some(told) = &self.sha256 else { return Ok(()) };
        match opened.digest()? {
            digest if told != digest => {
                let what = "the file of channels is not the one that the scenario speaks of";
                let found = format!("{digest} ({})", place.display());
                let error = InputError::new(what, "sha256", found, told.clone());
                Err(error.hint("it was changed, or another one lies there"))
            }
            _ => Ok(()),
        }
    }

    /// The file, open. Without a place that is known for its digest the path is one from here.
    pub(super) fn open(&self, array: PlanarArray) -> Result<Arc<Opened>, InputError> {
        let place = self.sha256.as_ref().and_then(|digest| {
            known(|known| known.places.iter().find(|(other, _)| other == digest).cloned())
        });
        let place = place.map_or_else(|| PathBuf::from(&self.path), |(_, place)| place);
        let opened = self.open_at(&place, array)?;
        self.same(&opened, &place)?;
        Ok(opened)
    }

    fn open_at(&self, place: &Path, array: PlanarArray) -> Result<Arc<Opened>, InputError> {
        let about = std::fs::metadata(place).map_err(|error| {
            let allowed = "a file of channels; a path is relative to the file that names it";
            let found = format!("{}: {error}", place.display());
            InputError::new("there is no such file of channels", "path", found, allowed)
        })?;
        let sides = (array.horizontal, array.vertical);
        let written = (about.len(), about.modified().ok());
        let found = known(|known| {
            let same = |key: &Key| key.is(place, written, sides) && key.own.reads_as(self);
            let at = known.open.iter().position(|(key, _)| same(key))?;
            known.open[at..].rotate_left(1);
            known.open.last().map(|(_, opened)| Arc::clone(opened))
        });
        if let Some(found) = found {
            return Ok(found);
        }
        let opened = Arc::new(self.read(place, sides)?);
        known(|known| {
            if known.open.len() >= KEPT {
                known.open.remove(0);
            }
            let key = Key { place: place.to_owned(), written, sides, own: self.clone() };
            known.open.push((key, Arc::clone(&opened)));
        });
        Ok(opened)
    }

    /// Whether a file is the same channels to both.
    fn reads_as(&self, other: &Self) -> bool {
        let plain = |own: &Self| (own.conjugate, own.tool, own.total_subcarriers, own.selection);
        plain(self) == plain(other)
            && self.variable == other.variable
            && self.axes == other.axes
            && self.element_order == other.element_order
    }

    fn read(&self, place: &Path, sides: (usize, usize)) -> Result<Opened, InputError> {
        let member = self.variable.as_deref();
        let of = |store, shape: [usize; 4], notes| -> Result<Opened, InputError> {
            // Imports have sorted their elements already.
            let order = self.element_order.clone().filter(|_| self.tool.is_none());
            if let Some(order) = &order {
                let named = |error| InputError { place: "element_order".to_owned(), ..error };
                data::check_order(order, shape[2]).map_err(named)?;
            }
            Ok(Opened {
                store,
                shape,
                notes,
                order,
                digest: OnceLock::new(),
                survey: OnceLock::new(),
                unit_mean: OnceLock::new(),
                path: place.to_owned(),
            })
        };
        let beside = Beside::of(place, member, self.axes.as_deref(), self.tool.is_some());
        let beside = beside.map_err(|error| about(error, place))?;
        if self.tool.is_none() {
            let rows = Rows::open(place, member, USUAL).map_err(|error| about(error, place))?;
            if let Some(rows) = rows.filter(|rows| beside.is_ours(rows.shape().len())) {
                let shape = ChannelTable::whole_shape(rows.shape());
                let shape = shape.map_err(|error| about(error, place))?;
                let mut notes = beside.notes;
                notes.extend(real(rows.is_complex()));
                return of(Store::Streamed(rows), shape, notes);
            }
        }
        let array = data::whole(place, member, USUAL).map_err(|error| about(error, place))?;
        let mut notes = beside.notes.clone();
        notes.extend(real(array.is_complex()));
        let table = self.table(array, beside.axes.as_deref(), sides);
        let (table, more) = table.map_err(|error| about(error, place))?;
        notes.extend(more);
        let shape = table.shape();
        of(Store::Kept(table), shape, notes)
    }

    fn table(
        &self,
        array: Array,
        axes: Option<&str>,
        sides: (usize, usize),
    ) -> Result<(ChannelTable, Vec<String>), InputError> {
        let (array, notes) = match self.tool {
            Some(tool) => {
                let how = Reading {
                    order: self.element_order.clone(),
                    total_subcarriers: self.total_subcarriers,
                    ..Reading::default()
                };
                imported(&array, tool, how, sides, self.selection)?
            }
            None => (array, Vec::new()),
        };
        let entries = complex(array.entries);
        let table = match axes {
            Some(axes) => ChannelTable::with_axes(axes, &array.shape, &entries)?,
            None => ChannelTable::new(&array.shape, entries)?,
        };
        Ok((table, notes))
    }
}
