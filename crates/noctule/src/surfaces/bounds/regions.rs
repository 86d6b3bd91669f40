//! The boxes of cells that a bound of deployments apart follows from, for documents, and the bound that follows from
//! them.

use std::collections::BTreeMap;

use noctule_num::InputError;

use super::aligned::aligned_bound;
use super::interval::{Leaf, interval_again};
use super::known::{Known, Listed, rate_alone};
use super::separable::Prices;
use crate::Error;
use crate::surfaces::Instance;
use crate::surfaces::chosen::considered;
use crate::surfaces::model::{Link, ORTHOGONAL};
use crate::surfaces::phases::find::summit;
use crate::surfaces::power::ROUNDING;
use crate::surfaces::settings::Select;

/// Numbers beyond which boxes are not kept.
const MOST: usize = 500_000;

/// Boxes and prices of all deployments, and the bound in nats that follows from them; none where there are
/// too many.
pub(super) fn regions(
    instance: &Instance,
    select: Select,
    mut known: Vec<Known>,
) -> Result<Listed, Error> {
    let names = ["regions", "cell_low", "cell_high", "power", "ratio"];
    let mut lists: BTreeMap<String, Vec<f64>> =
        names.map(|name| (name.to_owned(), Vec::new())).into();
    for sites in considered(instance, select)? {
        let of = known.iter_mut().find(|known| known.sites == sites);
        let leaves = of.map_or_else(Vec::new, |known| std::mem::take(&mut known.leaves));
        let mut add = |name: &str, x: f64| {
            if let Some(list) = lists.get_mut(name) {
                list.push(x);
            }
        };
        add("regions", leaves.len() as f64);
        for (cells, prices) in leaves {
            for (low, high) in cells {
                add("cell_low", low as f64);
                add("cell_high", high as f64);
            }
            add("power", prices.power);
            add("ratio", prices.ratio);
        }
    }
    if lists.values().map(Vec::len).sum::<usize>() > MOST {
        return Ok(None);
    }
    let nats = regions_again(instance, select, &lists)?;
    Ok(Some((nats, lists)))
}

/// Reads the lists of a document one after the other.
struct Reader<'a> {
    lists: &'a BTreeMap<String, Vec<f64>>,
    at: BTreeMap<&'static str, usize>,
}

impl Reader<'_> {
    fn next(&mut self, name: &'static str) -> Result<f64, Error> {
        let at = self.at.entry(name).or_insert(0);
        let found = self.lists.get(name).and_then(|list| list.get(*at)).copied();
        *at += 1;
        found.filter(|x| x.is_finite()).ok_or_else(|| {
            let what = "the list does not fit the deployments";
            InputError::new(what, name, "no further number", "one of every box").into()
        })
    }

    fn cell(&mut self, name: &'static str) -> Result<usize, Error> {
        let found = self.next(name)?;
        if found >= 0.0 && found.fract() == 0.0 && found < 1e9 {
            return Ok(found as usize);
        }
        let what = "not a cell of a trade-off curve";
        Err(InputError::new(what, name, found.to_string(), "whole numbers from 0").into())
    }

    fn leaves(&mut self, surfaces: usize) -> Result<Vec<Leaf>, Error> {
        let count = self.cell("regions")?;
        let mut leaves = Vec::new();
        for _ in 0..count {
            let mut cells = Vec::with_capacity(surfaces);
            for _ in 0..surfaces {
                cells.push((self.cell("cell_low")?, self.cell("cell_high")?));
            }
            let prices = Prices { power: self.next("power")?, ratio: self.next("ratio")? };
            if prices.power <= 0.0 || !(0.0..1.0).contains(&prices.ratio) {
                let what = "not prices of a bound";
                let found = format!("{} and {}", prices.power, prices.ratio);
                let allowed = "a positive number, and one from 0 to below 1";
                return Err(InputError::new(what, "power, ratio", found, allowed).into());
            }
            leaves.push((cells, prices));
        }
        Ok(leaves)
    }

    /// Refuse what is left over.
    fn end(&self) -> Result<(), Error> {
        for (name, list) in self.lists {
            let read = self.at.get(name.as_str()).copied().unwrap_or(0);
            if read != list.len() {
                let what = "the list does not fit the deployments";
                let found = list.len().to_string();
                return Err(InputError::new(what, name, found, read.to_string()).into());
            }
        }
        Ok(())
    }
}

/// The bound in nats that boxes and prices of a document prove.
///
/// # Errors
/// [`Error::Input`] for lists that do not fit, and boxes that leave something uncovered.
pub(in crate::surfaces) fn regions_again(
    instance: &Instance,
    select: Select,
    lists: &BTreeMap<String, Vec<f64>>,
) -> Result<f64, Error> {
    let mut reader = Reader { lists, at: BTreeMap::new() };
    let mut highest = 0.0_f64;
    for sites in considered(instance, select)? {
        let leaves = reader.leaves(sites.len())?;
        highest = highest.max(deployment(instance, &sites, leaves)?);
    }
    reader.end()?;
    Ok(highest)
}

/// The bound of one deployment: by its boxes, or where it has none by what needs no regions.
fn deployment(instance: &Instance, sites: &[usize], leaves: Vec<Leaf>) -> Result<f64, Error> {
    let cascade = instance.cascade(sites);
    let link = Link::new(instance, &cascade);
    if !leaves.is_empty() {
        return interval_again(&cascade, &link, leaves).ok_or_else(|| {
            let what = "the boxes leave something uncovered";
            let found = format!("those of the deployment {sites:?}");
            InputError::new(what, "cell_low, cell_high", found, "boxes that cover all cells").into()
        });
    }
    let (base, user) = cascade.coherence();
    let orthogonal = base.max(user) <= ORTHOGONAL;
    if orthogonal && link.required > link.reachable() * (1.0 + ROUNDING) {
        return Ok(0.0);
    }
    let ideal = aligned_bound(&cascade, &link).0;
    let alone = summit(&link).filter(|_| orthogonal && !link.user_decides());
    Ok(alone.map_or(ideal, |found| rate_alone(&link, found.bound).min(ideal)))
}
