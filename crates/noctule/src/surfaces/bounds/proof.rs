//! The numbers a bound of all deployments follows from, for documents and proof files, and the bound that follows from
//! them.

use std::collections::BTreeMap;

use noctule_num::{C64, CMat, InputError};
use noctule_phy::cascade::Cascade;

use super::known::Listed;
use super::overlap::{Corner, Numbers, Overlap, Proven};
use crate::Error;
use crate::surfaces::Instance;
use crate::surfaces::chosen::considered;
use crate::surfaces::model::Link;
use crate::surfaces::settings::{Requirement, Select};

/// Deployments beyond which no numbers are kept.
const MOST: usize = 4096;
/// The lists of a proof: one number of a deployment, of a surface, of a pair of surfaces.
const LISTS: [&str; 7] = ["power", "sensing", "raised", "light", "paths", "between", "lifted"];

/// One deployment with what its bound is about.
struct Case {
    cascade: Cascade,
    link: Link,
}

impl Case {
    fn new(instance: &Instance, sites: &[usize], requirement: Requirement) -> Self {
        let cascade = instance.cascade(sites);
        let mut link = Link::new(instance, &cascade);
        if requirement == Requirement::ExactBound {
            // the Cramér–Rao bound itself may need less light than (21)
            link.required = 0.0;
        }
        Self { cascade, link }
    }

    fn with<T>(&self, of: impl Fn(&Overlap, Corner<'_>) -> Option<T>) -> Option<T> {
        let (gains, weights) = self.link.aligned();
        let (power, required) = (self.link.power, self.link.required);
        let corner = Corner { gains: &gains, weights: &weights, power, required };
        of(&Overlap::new(&self.cascade, self.tied())?, corner)
    }

    /// Whether all deployments have user and target in one place.
    fn tied(&self) -> bool {
        self.link.is_co_located()
    }
}

/// Numbers from which follows what no design over any of the deployments exceeds, in nats, and that
/// bound; none where there are too many deployments, or where user and target are apart.
pub(super) fn numbers(
    instance: &Instance,
    select: Select,
    requirement: Requirement,
) -> Result<Listed, Error> {
    let parts = instance.parts();
    let one_place = parts.user.position == parts.target;
    let all = considered(instance, select)?;
    if !one_place || all.len() > MOST {
        return Ok(None);
    }
    let mut lists: BTreeMap<String, Vec<f64>> = LISTS
        .iter()
        .filter(|name| **name != "between")
        .map(|&name| (name.to_owned(), Vec::new()))
        .collect();
    for sites in &all {
        let case = Case::new(instance, sites, requirement);
        let found = case.with(|overlap, corner| {
            let proven = overlap.bound(corner)?;
            Some((proven, overlap.raised()))
        });
        let Some((proven, raised)) = found else { return Ok(None) };
        push(&mut lists, &proven, raised, sites.len());
    }
    Ok(Some((again(instance, select, requirement, &lists)?, lists)))
}

fn push(lists: &mut BTreeMap<String, Vec<f64>>, proven: &Proven, raised: f64, surfaces: usize) {
    let mut add = |name: &str, list: Vec<f64>| {
        if let Some(all) = lists.get_mut(name) {
            all.extend(list);
        }
    };
    add("raised", vec![raised]);
    add("light", proven.light.clone());
    match &proven.numbers {
        Some(numbers) => {
            add("power", vec![numbers.power]);
            add("sensing", vec![numbers.sensing]);
            add("paths", numbers.paths.clone());
            let row = |i: usize| (0..surfaces).map(move |j| (i, j));
            let entries = (0..surfaces).flat_map(row).map(|at| numbers.lifted[at]);
            add("lifted", entries.flat_map(|z| [z.re, z.im]).collect());
        }
        // out of reach
        None => {
            add("power", vec![0.0]);
            add("sensing", vec![0.0]);
            add("paths", vec![0.0; surfaces]);
            add("lifted", vec![0.0; 2 * surfaces * surfaces]);
        }
    }
}

/// The bound in nats that follows from the numbers of a document.
///
/// # Errors
/// [`Error::Input`] for lists that do not fit the instance, or from which nothing follows.
pub(in crate::surfaces) fn again(
    instance: &Instance,
    select: Select,
    requirement: Requirement,
    lists: &BTreeMap<String, Vec<f64>>,
) -> Result<f64, Error> {
    let all = considered(instance, select)?;
    let each = |power: u32| all.iter().map(|sites| sites.len().pow(power)).sum::<usize>();
    let list = |name: &str, length: usize| -> Result<&[f64], Error> {
        let found = lists.get(name).map_or(&[][..], Vec::as_slice);
        if found.len() == length && found.iter().all(|x| x.is_finite()) {
            return Ok(found);
        }
        let what = "the list does not fit the deployments";
        let allowed = format!("{length} finite numbers");
        Err(InputError::new(what, name, found.len().to_string(), allowed).into())
    };
    let (power, sensing) = (list("power", all.len())?, list("sensing", all.len())?);
    let (light, paths) = (list("light", each(1))?, list("paths", each(1))?);
    let lifted = list("lifted", 2 * each(2))?;
    let (mut highest, mut at, mut square) = (0.0_f64, 0, 0);
    for (index, sites) in all.iter().enumerate() {
        let k = sites.len();
        let entry = |i: usize, j: usize| {
            let place = square + 2 * (i * k + j);
            C64::new(lifted[place], lifted[place + 1])
        };
        let numbers = Numbers {
            power: power[index],
            sensing: sensing[index],
            lifted: CMat::from_fn(k, k, entry),
            paths: paths[at..at + k].to_vec(),
            light: light[at..at + k].to_vec(),
            between: Vec::new(),
        };
        (at, square) = (at + k, square + 2 * k * k);
        let case = Case::new(instance, sites, requirement);
        if !case.tied() {
            let what = "the multipliers are those of user and target in one place";
            let found = format!("a target apart from the user of the deployment {sites:?}");
            return Err(
                InputError::new(what, "numbers", found, "multipliers of its regions").into()
            );
        }
        let Some(nats) = case.with(|overlap, corner| overlap.again(corner, &numbers)) else {
            let what = "no bound follows from the multipliers";
            let found = format!("those of the deployment {sites:?}");
            return Err(InputError::new(what, "numbers", found, "prices that leave room").into());
        };
        highest = highest.max(nats);
    }
    Ok(highest)
}
