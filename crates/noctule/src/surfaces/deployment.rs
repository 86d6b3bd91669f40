//! What is designed: where surfaces stand, how they reflect, and what is transmitted.

use noctule_num::{C64, CMat, InputError};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::{Instance, Requirement};
use crate::Error;
use crate::data::{Array, ArraySet, FieldInfo, Taker, as_count};

/// A stretch of the time with its own phases and covariances. All schemes but time switching have
/// one.
#[derive(Clone, Debug, PartialEq)]
pub struct Mode {
    /// Share of the time, in (0, 1].
    pub share: f64,
    /// Whether the sensors use the echoes of this stretch.
    pub sensed: bool,
    /// Reflection coefficients v of each surface that is built, of unit modulus.
    pub phases: Vec<Vec<C64>>,
    /// Covariance R_c of what carries data, antennas × antennas, in watts.
    pub information: CMat,
    /// Covariance R_s of the dedicated sensing signal; the user knows and removes it.
    pub sensing: CMat,
}

impl Mode {
    /// R_c + R_s.
    pub fn total(&self) -> CMat {
        let (c, s) = (&self.information, &self.sensing);
        CMat::from_fn(c.rows(), c.cols(), |i, j| c[(i, j)] + s[(i, j)])
    }

    /// Transmit power in watts.
    pub fn power_w(&self) -> f64 {
        let n = self.information.rows();
        (0..n).map(|i| self.information[(i, i)].re + self.sensing[(i, i)].re).sum()
    }

    /// Refuse phases of other lengths, covariances of other sizes, and what is not finite.
    fn check(&self, lengths: &[usize], antennas: usize) -> Result<(), InputError> {
        let found: Vec<usize> = self.phases.iter().map(Vec::len).collect();
        if found != lengths {
            let allowed = format!("surfaces with {lengths:?} elements");
            let what = "the phases do not fit";
            return Err(InputError::new(what, "phases", format!("{found:?}"), allowed));
        }
        if !self.phases.iter().flatten().all(|z| z.is_finite()) {
            let what = "the phases are not finite";
            return Err(InputError::new(what, "phases", "an entry that is not", "numbers"));
        }
        for (place, r) in [("information", &self.information), ("sensing", &self.sensing)] {
            let fits = r.rows() == antennas && r.cols() == antennas;
            if !fits || !r.as_slice().iter().all(|z| z.is_finite()) {
                let found = format!("{} × {}", r.rows(), r.cols());
                let allowed = format!("finite, {antennas} × {antennas}");
                return Err(InputError::new("the covariance does not fit", place, found, allowed));
            }
        }
        Ok(())
    }
}

/// Elements of the surfaces of a deployment.
fn lengths(instance: &Instance, sites: &[usize]) -> Vec<usize> {
    sites.iter().map(|&site| instance.elements(site, sites.len())).collect()
}

/// Sites that are built, and what happens there over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Indices of sites, ascending; the first is site 0, where the sensors stand.
    pub sites: Vec<usize>,
    /// Stretches of time; their shares add up to one.
    pub modes: Vec<Mode>,
    /// Which bound it is meant to keep below the limit.
    pub requirement: Requirement,
}

/// The arrays a deployment travels as.
pub const FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "sites",
        dimensions: &["surface"],
        complex: false,
        summary: "sites that are built, counted from zero; the first is site 0",
    },
    FieldInfo {
        name: "phases",
        dimensions: &["mode", "element"],
        complex: true,
        summary: "reflection coefficients of the surfaces one after the other, unit modulus",
    },
    FieldInfo {
        name: "information",
        dimensions: &["mode", "antenna", "antenna"],
        complex: true,
        summary: "covariance of what carries data, in watts",
    },
    FieldInfo {
        name: "sensing",
        dimensions: &["mode", "antenna", "antenna"],
        complex: true,
        summary: "covariance of the dedicated sensing signal, in watts (absent: none)",
    },
    FieldInfo {
        name: "share",
        dimensions: &["mode"],
        complex: false,
        summary: "share of the time of each mode (absent: one mode)",
    },
    FieldInfo {
        name: "sensed",
        dimensions: &["mode"],
        complex: false,
        summary: "1 where the sensors use the echoes of a mode (absent: everywhere)",
    },
    FieldInfo {
        name: "exact_bound",
        dimensions: &[],
        complex: false,
        summary: "1 where the limit is meant for the bound (16) itself, 0 for (21) (absent: 0)",
    },
];

impl Deployment {
    /// A deployment with one mode.
    pub fn steady(
        sites: Vec<usize>,
        phases: Vec<Vec<C64>>,
        information: CMat,
        sensing: CMat,
    ) -> Self {
        let mode = Mode { share: 1.0, sensed: true, phases, information, sensing };
        Self { sites, modes: vec![mode], requirement: Requirement::Illumination }
    }

    /// Refuse a deployment whose shapes do not fit the instance. What breaks a constraint by its
    /// values is for [`super::verify()`] to measure.
    ///
    /// # Errors
    /// [`Error::Input`] with what was found and what is needed.
    pub fn check(&self, instance: &Instance) -> Result<(), Error> {
        self.check_sites(instance)?;
        self.check_shares()?;
        let lengths = lengths(instance, &self.sites);
        for mode in &self.modes {
            mode.check(&lengths, instance.parts().transmit_antennas)?;
        }
        Ok(())
    }

    fn check_sites(&self, instance: &Instance) -> Result<(), InputError> {
        let what = "these sites cannot be built";
        let ascending = self.sites.windows(2).all(|pair| pair[0] < pair[1]);
        let last = self.sites.last().copied().unwrap_or(usize::MAX);
        if self.sites.first() != Some(&0) || !ascending || last >= instance.sites() {
            let allowed =
                format!("ascending site numbers below {}, beginning with 0", instance.sites());
            return Err(InputError::new(what, "sites", format!("{:?}", self.sites), allowed));
        }
        if !instance.suffices_for(self.sites.len()) {
            let found = format!("{} surfaces", self.sites.len());
            let allowed = format!("at most {}, an element for each", instance.elements(0, 1));
            return Err(InputError::new(what, "sites", found, allowed));
        }
        Ok(())
    }

    fn check_shares(&self) -> Result<(), InputError> {
        let total: f64 = self.modes.iter().map(|mode| mode.share).sum();
        let positive = self.modes.iter().all(|mode| mode.share > 0.0);
        if !positive || (total - 1.0).abs() > 1e-9 {
            let found = format!("{:?}", self.modes.iter().map(|m| m.share).collect::<Vec<_>>());
            let allowed = "positive shares that add up to one";
            return Err(InputError::new("the time is not shared out", "share", found, allowed));
        }
        Ok(())
    }

    /// The arrays of this deployment.
    pub fn to_arrays(&self) -> ArraySet {
        let mut set = ArraySet::new();
        set.insert("sites", Array::list(self.sites.iter().map(|&s| s as f64).collect()));
        let modes = self.modes.len();
        let phases: Vec<C64> =
            self.modes.iter().flat_map(|mode| mode.phases.iter().flatten().copied()).collect();
        set.insert("phases", Array::complex(vec![modes, phases.len() / modes.max(1)], phases));
        let antennas = self.modes.first().map_or(0, |mode| mode.information.rows());
        // C order: rows first, so the transpose of our columns
        let stack = |of: fn(&Mode) -> &CMat| {
            let mut entries = Vec::with_capacity(modes * antennas * antennas);
            for mode in &self.modes {
                let r = of(mode);
                entries.extend((0..antennas).flat_map(|i| (0..antennas).map(move |j| r[(i, j)])));
            }
            Array::complex(vec![modes, antennas, antennas], entries)
        };
        set.insert("information", stack(|mode| &mode.information));
        set.insert("sensing", stack(|mode| &mode.sensing));
        set.insert("share", Array::list(self.modes.iter().map(|mode| mode.share).collect()));
        let flags = self.modes.iter().map(|mode| f64::from(u8::from(mode.sensed))).collect();
        set.insert("sensed", Array::list(flags));
        let exact = f64::from(u8::from(self.requirement == Requirement::ExactBound));
        set.insert("exact_bound", Array::number(exact));
        set
    }

    /// A deployment of an instance from a file: `.npz`, or a `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file.
    pub fn read(path: &std::path::Path, instance: &Instance) -> Result<Self, Error> {
        let set = ArraySet::read(path, "design", FIELDS)?;
        Self::from_arrays(&set, instance).map_err(|error| error.in_file(path))
    }

    /// The deployment in a `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] when there is none, or it is damaged.
    pub fn from_document(document: &serde_json::Value, instance: &Instance) -> Result<Self, Error> {
        let set = ArraySet::from_value(document, "design", FIELDS)?;
        Self::from_arrays(&set, instance)
    }

    /// A deployment of an instance from named arrays ([`FIELDS`]).
    ///
    /// # Errors
    /// [`Error::Input`] for arrays that are missing, misshapen or do not fit.
    pub fn from_arrays(set: &ArraySet, instance: &Instance) -> Result<Self, Error> {
        let mut taker = Taker::new(set, FIELDS);
        let sites = taken_sites(&mut taker, instance)?;
        let phases = taker.complex("phases")?;
        let (modes, elements) =
            (taker.length("mode").unwrap_or(0), taker.length("element").unwrap_or(0));
        let lengths = lengths(instance, &sites);
        if elements != lengths.iter().sum::<usize>() {
            let allowed = format!("{} in each mode", lengths.iter().sum::<usize>());
            let found = format!("{elements} elements");
            return Err(InputError::new("the phases do not fit", "phases", found, allowed).into());
        }
        let information = taker.complex("information")?;
        let antennas = taker.length("antenna").unwrap_or(0);
        let sensing = if taker.has("sensing") {
            taker.complex("sensing")?
        } else {
            vec![C64::ZERO; information.len()]
        };
        let shares = if taker.has("share") { taker.real("share")? } else { vec![1.0; modes] };
        let sensed = if taker.has("sensed") { taker.flags("sensed")? } else { vec![true; modes] };
        // C order: rows first
        let square = |entries: &[C64], mode: usize| {
            let start = mode * antennas * antennas;
            CMat::from_fn(antennas, antennas, |i, j| entries[start + i * antennas + j])
        };
        let mode = |mode: usize| Mode {
            share: shares[mode],
            sensed: sensed[mode],
            phases: shared_out(&phases[mode * elements..(mode + 1) * elements], &lengths),
            information: square(&information, mode),
            sensing: square(&sensing, mode),
        };
        let modes = (0..modes).map(mode).collect();
        let exact = taker.has("exact_bound") && taker.flag("exact_bound")?;
        let requirement = if exact { Requirement::ExactBound } else { Requirement::Illumination };
        let deployment = Self { sites, modes, requirement };
        deployment.check(instance)?;
        Ok(deployment)
    }
}

fn taken_sites(taker: &mut Taker<'_>, instance: &Instance) -> Result<Vec<usize>, InputError> {
    let sites = taker.real("sites")?;
    let all = instance.sites();
    let numbers = sites.iter().map(|&site| as_count(site).filter(|&s| s < all));
    numbers.collect::<Option<_>>().ok_or_else(|| {
        let found = format!("{sites:?}");
        let allowed = format!("site numbers below {all}");
        InputError::new("these sites cannot be built", "sites", found, allowed)
    })
}

/// The entries of one surface after the other.
fn shared_out(mut entries: &[C64], lengths: &[usize]) -> Vec<Vec<C64>> {
    let surface = |&length: &usize| {
        let (head, tail) = entries.split_at(length);
        entries = tail;
        head.to_vec()
    };
    lengths.iter().map(surface).collect()
}

/// As the arrays of [`Deployment::to_arrays`].
impl Serialize for Deployment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = self.to_arrays().to_json("design", super::SYSTEM);
        let mut out = serializer.serialize_struct("Deployment", FIELDS.len())?;
        for field in FIELDS {
            out.serialize_field(field.name, &document[field.name])?;
        }
        out.end()
    }
}
