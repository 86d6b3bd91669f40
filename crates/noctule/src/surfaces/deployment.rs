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
        let refuse = |what: &str, place: &str, found: String, allowed: String| {
            Err(Error::Input(InputError::new(what, place, found, allowed)))
        };
        let ascending = self.sites.windows(2).all(|pair| pair[0] < pair[1]);
        let last = self.sites.last().copied().unwrap_or(usize::MAX);
        if self.sites.first() != Some(&0) || !ascending || last >= instance.sites() {
            let allowed =
                format!("ascending site numbers below {}, beginning with 0", instance.sites());
            return refuse(
                "these sites cannot be built",
                "sites",
                format!("{:?}", self.sites),
                allowed,
            );
        }
        if !instance.suffices_for(self.sites.len()) {
            let found = format!("{} surfaces", self.sites.len());
            let allowed = format!("at most {}, an element for each", instance.elements(0, 1));
            return refuse("these sites cannot be built", "sites", found, allowed);
        }
        let antennas = instance.parts().transmit_antennas;
        let lengths: Vec<usize> =
            self.sites.iter().map(|&site| instance.elements(site, self.sites.len())).collect();
        let total: f64 = self.modes.iter().map(|mode| mode.share).sum();
        let positive = self.modes.iter().all(|mode| mode.share > 0.0);
        if !positive || (total - 1.0).abs() > 1e-9 {
            let found = format!("{:?}", self.modes.iter().map(|m| m.share).collect::<Vec<_>>());
            let allowed = "positive shares that add up to one".to_owned();
            return refuse("the time is not shared out", "share", found, allowed);
        }
        for mode in &self.modes {
            let found: Vec<usize> = mode.phases.iter().map(Vec::len).collect();
            if found != lengths {
                let allowed = format!("surfaces with {lengths:?} elements");
                return refuse("the phases do not fit", "phases", format!("{found:?}"), allowed);
            }
            if !mode.phases.iter().flatten().all(|z| z.is_finite()) {
                let found = "an entry that is not".to_owned();
                return refuse("the phases are not finite", "phases", found, "numbers".to_owned());
            }
            for (place, r) in [("information", &mode.information), ("sensing", &mode.sensing)] {
                let fits = r.rows() == antennas && r.cols() == antennas;
                if !fits || !r.as_slice().iter().all(|z| z.is_finite()) {
                    let found = format!("{} × {}", r.rows(), r.cols());
                    let allowed = format!("finite, {antennas} × {antennas}");
                    return refuse("the covariance does not fit", place, found, allowed);
                }
            }
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
        Self::from_arrays(&set, instance).map_err(|error| match error {
            Error::Input(error) => Error::Input(error.in_file(&path.display().to_string())),
            other => other,
        })
    }

    /// The deployment in a `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] when there is none, or it is damaged.
    pub fn from_document(document: &serde_json::Value, instance: &Instance) -> Result<Self, Error> {
        let set = ArraySet::from_json(document.to_string().as_bytes(), "design", FIELDS)?;
        Self::from_arrays(&set, instance)
    }

    /// A deployment of an instance from named arrays ([`FIELDS`]).
    ///
    /// # Errors
    /// [`Error::Input`] for arrays that are missing, misshapen or do not fit.
    pub fn from_arrays(set: &ArraySet, instance: &Instance) -> Result<Self, Error> {
        let mut taker = Taker::new(set, FIELDS);
        let sites = taker.real("sites")?;
        let sites: Vec<usize> = sites
            .iter()
            .map(|&site| as_count(site).filter(|&s| s < instance.sites()))
            .collect::<Option<_>>()
            .ok_or_else(|| {
                let allowed = format!("site numbers below {}", instance.sites());
                InputError::new(
                    "these sites cannot be built",
                    "sites",
                    format!("{sites:?}"),
                    allowed,
                )
            })?;
        let phases = taker.complex("phases")?;
        let (modes, elements) =
            (taker.length("mode").unwrap_or(0), taker.length("element").unwrap_or(0));
        let lengths: Vec<usize> =
            sites.iter().map(|&site| instance.elements(site, sites.len())).collect();
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
        let sensed = if taker.has("sensed") { taker.real("sensed")? } else { vec![1.0; modes] };
        let square = |entries: &[C64], mode: usize| {
            let start = mode * antennas * antennas;
            CMat::from_fn(antennas, antennas, |i, j| entries[start + i * antennas + j])
        };
        let modes = (0..modes)
            .map(|mode| {
                let mut rest = &phases[mode * elements..(mode + 1) * elements];
                let phases = lengths
                    .iter()
                    .map(|&length| {
                        let (head, tail) = rest.split_at(length);
                        rest = tail;
                        head.to_vec()
                    })
                    .collect();
                Mode {
                    share: shares[mode],
                    sensed: sensed[mode] != 0.0,
                    phases,
                    information: square(&information, mode),
                    sensing: square(&sensing, mode),
                }
            })
            .collect();
        let exact = taker.has("exact_bound") && taker.number("exact_bound")? != 0.0;
        let requirement = if exact { Requirement::ExactBound } else { Requirement::Illumination };
        let deployment = Self { sites, modes, requirement };
        deployment.check(instance)?;
        Ok(deployment)
    }
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
