//! The variables: fractions of the pilot power of each access point.

use noctule_num::InputError;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};

use super::Instance;
use crate::Error;
use crate::data::{Array, ArraySet, Entries, FieldInfo, Taker};

/// What the symbols that an allocation distributes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PilotUse {
    /// Downlink pilots: they estimate and locate.
    #[default]
    Downlink,
    /// Symbols that locate only; users know the mean of their gain and no more.
    DedicatedSensing,
    /// There are none: all pilot symbols are spent on the uplink, nobody is located. The fractions
    /// are those of the data.
    UplinkOnly,
}

impl PilotUse {
    const ALL: [Self; 3] = [Self::Downlink, Self::DedicatedSensing, Self::UplinkOnly];
}

/// Fractions x_mk of the pilot power of each access point.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// Entry `(m, k)` at `m K + k`: what access point m spends on user k, from 0 to 1.
    pub fractions: Vec<f64>,
    /// Number of users K.
    pub users: usize,
    /// What is sent.
    pub pilots: PilotUse,
}

/// The arrays an allocation travels as.
pub const ALLOCATION_FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "fractions",
        dimensions: &["point", "user"],
        complex: false,
        summary: "fractions of the pilot power of each access point",
    },
    FieldInfo {
        name: "pilot_use",
        dimensions: &[],
        complex: false,
        summary: "0 downlink pilots, 1 dedicated sensing, 2 uplink only; 0 when absent",
    },
];

impl Allocation {
    /// Refuse an allocation that does not fit an instance. Powers above the limit are legal here:
    /// they are counted as violations.
    ///
    /// # Errors
    /// [`Error::Input`] with the shape found and the shape needed.
    pub fn check(&self, instance: &Instance) -> Result<(), Error> {
        let (m, k) = (instance.points(), instance.users());
        let fits = self.users == k && self.fractions.len() == m * k;
        let wrong = self.fractions.iter().position(|x| !(0.0..=1e6).contains(x));
        match (fits, wrong) {
            (true, None) => return Ok(()),
            (true, Some(i)) => {
                return Err(InputError::new(
                    "not a fraction of the pilot power",
                    format!("fractions[{}][{}]", i / k, i % k),
                    self.fractions[i].to_string(),
                    "from 0 on (1 is the power of one access point)",
                )
                .into());
            }
            (false, _) => {}
        }
        let found = format!("{} fractions for {} users", self.fractions.len(), self.users);
        let allowed = format!("shape [{m}, {k}], entries from 0 on (1 is the power of one point)");
        let what = "the allocation does not fit the instance";
        Err(InputError::new(what, "fractions", found, allowed).into())
    }

    /// From fractions that are user by user.
    pub(super) fn from_blocks(x: &[f64], points: usize, users: usize) -> Self {
        let fractions = (0..points * users).map(|i| x[(i % users) * points + i / users]).collect();
        Self { fractions, users, pilots: PilotUse::Downlink }
    }

    /// The fractions user by user.
    pub(super) fn blocks(&self) -> Vec<f64> {
        let points = self.fractions.len() / self.users.max(1);
        (0..self.fractions.len())
            .map(|i| self.fractions[(i % points) * self.users + i / points])
            .collect()
    }

    /// An allocation from named arrays ([`ALLOCATION_FIELDS`]).
    ///
    /// # Errors
    /// [`Error::Input`] for arrays that are missing or misshapen.
    pub fn from_arrays(set: &ArraySet) -> Result<Self, Error> {
        let mut taker = Taker::new(set, ALLOCATION_FIELDS);
        let fractions = taker.real("fractions")?;
        let users = taker.length("user").unwrap_or(0);
        let number = if taker.has("pilot_use") { taker.count("pilot_use")? } else { 0 };
        let pilots = PilotUse::ALL.get(number).copied().ok_or_else(|| {
            InputError::new("not a use of pilots", "pilot_use", number.to_string(), "0, 1 or 2")
        })?;
        Ok(Self { fractions, users, pilots })
    }

    /// The allocation as named arrays.
    pub fn to_arrays(&self) -> ArraySet {
        let mut set = ArraySet::new();
        let points = self.fractions.len() / self.users.max(1);
        let entries = Entries::Real(self.fractions.clone());
        set.insert("fractions", Array { shape: vec![points, self.users], entries });
        set.insert("pilot_use", Array::number(f64::from(self.pilots as u8)));
        set
    }
}

/// As a list of access points, each a list of fractions by user.
struct Rows<'a>(&'a Allocation);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.0.fractions.chunks(self.0.users.max(1));
        let mut list = serializer.serialize_seq(Some(rows.len()))?;
        for row in rows {
            list.serialize_element(row)?;
        }
        list.end()
    }
}

impl Serialize for Allocation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("fractions", &Rows(self))?;
        map.serialize_entry("pilot_use", &(self.pilots as u8))?;
        map.end()
    }
}
