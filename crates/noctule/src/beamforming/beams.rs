//! What is designed: beams.

use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::{CMat, InputError};
use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::Instance;
use crate::Error;
use crate::data::{Array, ArraySet, FieldInfo, Taker};

/// Beams that send more than this times the power of their instance are a mistake of units, and
/// what they achieve may leave double precision.
const MOST_POWER: f64 = 1e12;

/// An eigenvalue of a covariance above this share of the power is a stream: fifty decibels below the
/// whole, and far above what a residual of 10⁻⁶ leaves of a stream that is off.
const STREAM: f64 = 1e-5;

/// Beams, the first `users` of which carry data.
#[derive(Clone, Debug, PartialEq)]
pub struct Beams {
    /// Antennas × streams, in √W.
    pub matrix: CMat,
    /// Number of data beams.
    pub users: usize,
}

/// The arrays beams travel as.
pub const BEAM_FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "beams",
        dimensions: &["stream", "antenna"],
        complex: true,
        summary: "beams in √W, data streams first; antenna n sends Σ beams[stream][n] · symbol[stream]",
    },
    FieldInfo {
        name: "covariances",
        dimensions: &["covariance", "antenna", "antenna"],
        complex: true,
        summary: "in place of beams: a covariance in W for each user, then one for sensing; they become \
                  beams that do the same",
    },
];

impl Beams {
    /// Refuse beams that do not fit an instance. The number of sensing beams is free, and so is
    /// the power, up to 10¹² times that of the instance.
    ///
    /// # Errors
    /// [`Error::Input`] with what was found and what is needed.
    pub fn check(&self, instance: &Instance) -> Result<(), Error> {
        let (found, limit) = (self.matrix.norm_sqr(), instance.parts().power_w);
        check_fit(&self.matrix, self.users, instance)?;
        if found <= MOST_POWER * limit {
            return Ok(());
        }
        let allowed = format!("at most {MOST_POWER:e} times power_w = {limit:e} W");
        let what = "the beams send more power than can be meant";
        let error = InputError::new(what, "beams", format!("{found:e} W"), allowed);
        Err(error.hint("entries are in √W: scale the beams to the power of the instance").into())
    }

    /// Rank of the transmit covariance `WWᴴ`: eigenvalues above 10⁻⁵ of the power.
    ///
    /// # Errors
    /// When an entry is not finite.
    pub fn rank(&self) -> Result<usize, Error> {
        rank_of(&self.matrix, self.matrix.norm_sqr())
    }

    /// Sensing streams in use: eigenvalues of the covariance of the beams without data above 10⁻⁵
    /// of the total power. Their number does not depend on how the beams are mixed among
    /// themselves, which changes nothing.
    ///
    /// # Errors
    /// When an entry is not finite.
    pub fn sensing_streams_in_use(&self) -> Result<usize, Error> {
        rank_of(&self.matrix.columns(self.users..self.matrix.cols()), self.matrix.norm_sqr())
    }

    /// Beams of `users` data streams from a file of shape `[stream, antenna]`: `.npz` with an
    /// array `beams`, `.npy`, or a `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file.
    pub fn read(path: &std::path::Path, users: usize) -> Result<Self, Error> {
        let place = path.display().to_string();
        let set = ArraySet::read(path, "design", BEAM_FIELDS)?;
        Self::from_arrays(&set, users).map_err(|error| match error {
            Error::Input(error) => Error::Input(error.in_file(&place)),
            other => other,
        })
    }

    /// Beams of `users` data streams from a set with an array `beams` ([`BEAM_FIELDS`]).
    ///
    /// # Errors
    /// [`Error::Input`] when there is none, or it is damaged.
    pub fn from_arrays(set: &ArraySet, users: usize) -> Result<Self, Error> {
        let mut taker = Taker::new(set, BEAM_FIELDS);
        let entries = taker.complex("beams")?;
        let length = |dimension| taker.length(dimension).unwrap_or(0);
        let matrix = CMat::from_columns(length("antenna"), length("stream"), entries)?;
        Ok(Self { matrix, users })
    }

    /// The beams as a named array of shape `[stream, antenna]`.
    pub fn to_arrays(&self) -> ArraySet {
        let mut set = ArraySet::new();
        let shape = vec![self.matrix.cols(), self.matrix.rows()];
        set.insert("beams", Array::complex(shape, self.matrix.as_slice().to_vec()));
        set
    }
}

/// As a list of beams, each a list of `[re, im]` for every antenna.
impl Serialize for Beams {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.matrix.cols()))?;
        for stream in 0..self.matrix.cols() {
            let beam: Vec<[f64; 2]> =
                self.matrix.col(stream).iter().map(|z| [z.re, z.im]).collect();
            list.serialize_element(&beam)?;
        }
        list.end()
    }
}

/// Eigenvalues of `WᴴW` above 10⁻⁵ of `power`.
fn rank_of(beams: &CMat, power: f64) -> Result<usize, Error> {
    if beams.cols() == 0 {
        return Ok(0);
    }
    let gram = product(beams, Op::Adjoint, beams, Op::Plain);
    let mut eigen = HermitianEigen::new(gram.rows());
    eigen.compute(&gram)?;
    Ok(eigen.values().iter().filter(|value| **value > STREAM * power).count())
}

/// Refuse beams of another shape, or with an entry that is not finite.
fn check_fit(beams: &CMat, users: usize, instance: &Instance) -> Result<(), Error> {
    let fits =
        beams.rows() == instance.antennas() && users == instance.users() && beams.cols() >= users;
    if fits && beams.as_slice().iter().all(|z| z.is_finite()) {
        return Ok(());
    }
    let allowed = format!(
        "finite entries, shape [streams ≥ {}, {}]: a beam for each user, then sensing beams",
        instance.users(),
        instance.antennas()
    );
    let found = format!(
        "shape [{}, {}] for {users} users{}",
        beams.cols(),
        beams.rows(),
        if fits { ", with an entry that is not finite" } else { "" }
    );
    Err(InputError::new("the beams do not fit the instance", "beams", found, allowed).into())
}

/// Refuse a start whose shape is not antennas × streams of the instance, or with an entry that is
/// not finite. Its power is free: starts are scaled.
pub(super) fn check_start(instance: &Instance, start: &CMat) -> Result<(), Error> {
    check_fit(start, instance.users(), instance)?;
    if start.cols() == instance.streams() {
        return Ok(());
    }
    let found = format!("{} streams", start.cols());
    let allowed = format!("{} streams, users first", instance.streams());
    Err(InputError::new("the start does not fit the instance", "start", found, allowed).into())
}
