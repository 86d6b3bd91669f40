//! What is designed: beams.

use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::{CMat, InputError};
use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::Instance;
use super::band::Band;
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
    /// Antennas × streams, in √W; over a band antennas × (subcarriers · streams), the streams of a
    /// subcarrier side by side.
    pub matrix: CMat,
    /// Number of data beams, on every subcarrier.
    pub users: usize,
    /// Number of subcarriers.
    pub subcarriers: usize,
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
    FieldInfo {
        name: "band_beams",
        dimensions: &["subcarrier", "stream", "antenna"],
        complex: true,
        summary: "beams on every subcarrier of a band in √W, data streams first, in place of `beams`",
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
        check_fit(&self.matrix, (self.users, self.subcarriers), instance)?;
        if found <= MOST_POWER * limit {
            return Ok(());
        }
        let allowed = format!("at most {MOST_POWER:e} times power_w = {limit:e} W");
        let what = "the beams send more power than can be meant";
        let error = InputError::new(what, "beams", format!("{found:e} W"), allowed);
        Err(error.hint("entries are in √W: scale the beams to the power of the instance").into())
    }

    /// Streams of a subcarrier.
    pub const fn streams(&self) -> usize {
        // without subcarriers there is nothing, and nothing fits
        match self.matrix.cols().checked_div(self.subcarriers) {
            Some(streams) => streams,
            None => 0,
        }
    }

    /// The beams of a subcarrier, antennas × streams.
    ///
    /// # Panics
    /// When there is no such subcarrier.
    pub fn of_subcarrier(&self, n: usize) -> CMat {
        let streams = self.streams();
        self.matrix.columns(n * streams..(n + 1) * streams)
    }

    /// Rank of the transmit covariance `WWᴴ`: eigenvalues above 10⁻⁵ of the power.
    ///
    /// # Errors
    /// When an entry is not finite.
    pub fn rank(&self) -> Result<usize, Error> {
        if self.subcarriers > 1 {
            // far more columns than antennas
            let covariance = product(&self.matrix, Op::Plain, &self.matrix, Op::Adjoint);
            return above(&covariance, self.matrix.norm_sqr());
        }
        rank_of(&self.matrix, self.matrix.norm_sqr())
    }

    /// Sensing streams in use: eigenvalues of the covariance of the beams without data above 10⁻⁵
    /// of the total power. Their number does not depend on how the beams are mixed among
    /// themselves, which changes nothing. Over a band that of the subcarrier that uses most, whose share of
    /// the power is one of N.
    ///
    /// # Errors
    /// When an entry is not finite.
    pub fn sensing_streams_in_use(&self) -> Result<usize, Error> {
        let power = self.matrix.norm_sqr() / self.subcarriers.max(1) as f64;
        let mut most = 0;
        for n in 0..self.subcarriers {
            let own = self.of_subcarrier(n);
            most = most.max(rank_of(&own.columns(self.users..own.cols()), power)?);
        }
        Ok(most)
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
        if taker.has("band_beams") {
            return Self::of_band(&mut taker, users);
        }
        let entries = taker.complex("beams")?;
        let length = |dimension| taker.length(dimension).unwrap_or(0);
        let matrix = CMat::from_columns(length("antenna"), length("stream"), entries)?;
        Ok(Self { matrix, users, subcarriers: 1 })
    }

    fn of_band(taker: &mut Taker<'_>, users: usize) -> Result<Self, Error> {
        if taker.has("beams") {
            let what = "beams of a band and of one frequency";
            let error = InputError::new(what, "band_beams", "`beams` beside it", "one of both");
            return Err(error.into());
        }
        let entries = taker.complex("band_beams")?;
        let length = |dimension| taker.length(dimension).unwrap_or(0);
        let (subcarriers, streams) = (length("subcarrier"), length("stream"));
        let matrix = CMat::from_columns(length("antenna"), subcarriers * streams, entries)?;
        Ok(Self { matrix, users, subcarriers })
    }

    /// The beams as a named array of shape `[stream, antenna]`, over a band of shape `[subcarrier, stream,
    /// antenna]`.
    pub fn to_arrays(&self) -> ArraySet {
        let mut set = ArraySet::new();
        let (rows, entries) = (self.matrix.rows(), self.matrix.as_slice().to_vec());
        if self.subcarriers != 1 {
            let shape = vec![self.subcarriers, self.streams(), rows];
            set.insert("band_beams", Array::complex(shape, entries));
        } else {
            set.insert("beams", Array::complex(vec![self.matrix.cols(), rows], entries));
        }
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
    above(&product(beams, Op::Adjoint, beams, Op::Plain), power)
}

/// Eigenvalues of a Hermitian matrix above 10⁻⁵ of `power`.
fn above(matrix: &CMat, power: f64) -> Result<usize, Error> {
    let mut eigen = HermitianEigen::new(matrix.rows());
    eigen.compute(matrix)?;
    Ok(eigen.values().iter().filter(|value| **value > STREAM * power).count())
}

/// Refuse beams of another shape, or with an entry that is not finite.
fn check_fit(
    beams: &CMat,
    (users, subcarriers): (usize, usize),
    instance: &Instance,
) -> Result<(), Error> {
    let wanted = instance.band().map_or(1, Band::subcarriers);
    if subcarriers != wanted {
        let found = format!("beams of {subcarriers} subcarriers");
        let allowed = format!(
            "beams of {wanted}: `band_beams` of shape [{wanted}, streams ≥ {}, {}]",
            instance.users(),
            instance.antennas()
        );
        let what = "the beams are of another band";
        return Err(InputError::new(what, "beams", found, allowed).into());
    }
    let fits = beams.rows() == instance.antennas()
        && users == instance.users()
        && beams.cols() >= users * subcarriers
        && beams.cols().is_multiple_of(subcarriers);
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
    check_fit(start, (instance.users(), 1), instance)?;
    if start.cols() == instance.streams() {
        return Ok(());
    }
    let found = format!("{} streams", start.cols());
    let allowed = format!("{} streams, users first", instance.streams());
    Err(InputError::new("the start does not fit the instance", "start", found, allowed).into())
}
