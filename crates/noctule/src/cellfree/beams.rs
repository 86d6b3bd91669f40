//! What is designed: the beams of all access points.

use std::path::Path;

use noctule_num::{C64, CMat, InputError};
use serde::Serialize;
use serde::ser::Serializer;

use super::{Instance, SYSTEM};
use crate::Error;
use crate::data::{Array, ArraySet, FieldInfo, Taker};

/// Beams of all access points, as shares of their power: access point `m` sends
/// `√p_m (Σ_k w_mk s_k + V_m z)` with independent symbols of power one.
#[derive(Clone, Debug, PartialEq)]
pub struct Beams {
    /// Beams w_k in columns, stacked over access points, `M N × K`.
    pub data: CMat,
    /// A factor `V_m` of the covariance `Z_m = V_m V_mᴴ` of each access point's own sensing signal,
    /// `N × streams`; no columns where there is none.
    pub sensing: Vec<CMat>,
}

/// The arrays beams travel as.
pub const BEAM_FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "data_beams",
        dimensions: &["user", "ap", "antenna"],
        complex: true,
        summary: "beams w, as shares of each access point's power (Σ |w|² ≤ 1)",
    },
    FieldInfo {
        name: "sensing_beams",
        dimensions: &["stream", "ap", "antenna"],
        complex: true,
        summary: "beams of the sensing signals, independent between access points",
    },
];

impl Beams {
    /// No power anywhere.
    pub fn silent(instance: &Instance) -> Self {
        let n = instance.antennas();
        Self {
            data: CMat::zeros(instance.aps() * n, instance.users()),
            sensing: vec![CMat::zeros(n, 0); instance.aps()],
        }
    }

    /// Refuse beams that do not fit an instance. The number of sensing streams is free.
    ///
    /// # Errors
    /// [`Error::Input`] with the shape found and the shape needed.
    pub fn check(&self, instance: &Instance) -> Result<(), Error> {
        let (aps, n, users) = (instance.aps(), instance.antennas(), instance.users());
        let fits = self.data.rows() == aps * n
            && self.data.cols() == users
            && self.sensing.len() == aps
            && self.sensing.iter().all(|v| v.rows() == n);
        let finite = |m: &CMat| m.as_slice().iter().all(|z| z.is_finite());
        if fits && finite(&self.data) && self.sensing.iter().all(finite) {
            return Ok(());
        }
        let allowed = format!("finite entries, shape [{users}, {aps}, {n}]");
        let found = format!(
            "{} entries for {} users and {} sensing matrices{}",
            self.data.as_slice().len(),
            self.data.cols(),
            self.sensing.len(),
            if fits { ", with an entry that is not finite" } else { "" }
        );
        Err(InputError::new("the beams do not fit the instance", "data_beams", found, allowed)
            .into())
    }

    /// Power of the data beams of an access point, as a share.
    pub fn data_power(&self, ap: usize) -> f64 {
        let n = self.sensing[ap].rows();
        // `sum` of nobody is −0
        (0..self.data.cols())
            .flat_map(|k| &self.data.col(k)[ap * n..(ap + 1) * n])
            .map(C64::norm_sqr)
            .fold(0.0, |sum, power| sum + power)
    }

    /// Power of an access point, as a share.
    pub fn power(&self, ap: usize) -> f64 {
        self.data_power(ap) + self.sensing[ap].norm_sqr()
    }

    /// Beams from a file: `.npz` with `data_beams` and perhaps `sensing_beams`, `.npy`, or a
    /// `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let place = path.display().to_string();
        let set = ArraySet::read(path, "design", BEAM_FIELDS)?;
        Self::from_arrays(&set).map_err(|error| match error {
            Error::Input(error) => Error::Input(error.in_file(&place)),
            other => other,
        })
    }

    /// The beams of a `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] when there are none, or they are damaged.
    pub fn from_document(document: &serde_json::Value) -> Result<Self, Error> {
        let set = ArraySet::from_value(document, "design", BEAM_FIELDS)?;
        Self::from_arrays(&set)
    }

    /// The beams of named arrays ([`BEAM_FIELDS`]).
    ///
    /// # Errors
    /// [`Error::Input`] naming the array.
    pub fn from_arrays(set: &ArraySet) -> Result<Self, Error> {
        let mut taker = Taker::new(set, BEAM_FIELDS);
        let data = taker.complex("data_beams")?;
        let length = |taker: &Taker<'_>, name: &str| taker.length(name).unwrap_or(0);
        let users = length(&taker, "user");
        let sensing = match taker.has("sensing_beams") {
            true => taker.complex("sensing_beams")?,
            false => Vec::new(),
        };
        let (aps, n) = (length(&taker, "ap"), length(&taker, "antenna"));
        let streams = length(&taker, "stream");
        let data = CMat::from_columns(aps * n, users, data)?;
        let sensing = (0..aps)
            .map(|ap| CMat::from_fn(n, streams, |i, s| sensing[s * aps * n + ap * n + i]))
            .collect();
        Ok(Self { data, sensing })
    }

    /// The beams as named arrays.
    pub fn to_arrays(&self) -> ArraySet {
        let aps = self.sensing.len();
        let n = self.data.rows() / aps.max(1);
        let mut set = ArraySet::new();
        let data = self.data.as_slice().to_vec();
        set.insert("data_beams", Array::complex(vec![self.data.cols(), aps, n], data));
        let streams = self.sensing.iter().map(CMat::cols).max().unwrap_or(0);
        if streams > 0 {
            let mut values = Vec::with_capacity(streams * aps * n);
            for stream in 0..streams {
                for v in &self.sensing {
                    match stream < v.cols() {
                        true => values.extend_from_slice(v.col(stream)),
                        false => values.extend(std::iter::repeat_n(C64::ZERO, n)),
                    }
                }
            }
            set.insert("sensing_beams", Array::complex(vec![streams, aps, n], values));
        }
        set
    }

    /// A beam for each user (`Σ_m` stacked) as nested lists `[ap][antenna]` of `[re, im]`.
    pub fn to_json(&self) -> serde_json::Value {
        self.to_arrays().to_json("design", SYSTEM)
    }
}

/// As the arrays of [`Beams::to_arrays`].
impl Serialize for Beams {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
