//! The part of a scenario that says the problem: goal, requirements, what is unknown, arrays of any
//! shape.

use noctule_num::InputError;
use noctule_num::input::{in_count, in_range};
use noctule_phy::channels::antennas::Antennas;
use noctule_phy::channels::array::UniformArray;
use noctule_phy::elements::ElementArray;
use noctule_phy::multistatic::LIGHT_M_S;

use super::problem::{Problem, asked};
use super::words::{Elements, Goal, Measure, Unknown};
use crate::beamforming::instance::checks::MOST_ELEMENTS;
use crate::beamforming::{Channel, Scenario, Shapes, Targets};

impl Elements {
    /// Number of elements.
    pub const fn count(&self) -> usize {
        match self {
            Self::Linear { elements, .. } | Self::Circular { elements, .. } => *elements,
            // what overflows is refused by its size
            Self::Planar { horizontal, vertical, .. } => horizontal.saturating_mul(*vertical),
            Self::Positions { wavelengths } => wavelengths.len(),
            Self::Placed { positions_m, .. } => positions_m.len(),
        }
    }

    /// The array.
    pub fn array(&self) -> ElementArray {
        match self {
            Self::Linear { elements, spacing, centred: false } => {
                ElementArray::linear(*elements, *spacing)
            }
            Self::Linear { elements, spacing, centred: true } => {
                ElementArray::centred(*elements, *spacing)
            }
            Self::Circular { elements, radius } => ElementArray::circular(*elements, *radius),
            Self::Planar { .. } => {
                let uniform = self.uniform().unwrap_or_else(|| UniformArray::new(1, 1));
                ElementArray::new(uniform.offsets().map(|[y, z]| [0.0, y, z]).collect())
            }
            Self::Positions { wavelengths } => ElementArray::new(wavelengths.clone()),
            Self::Placed { positions_m, carrier_ghz } => {
                let per_metre = carrier_ghz * 1e9 / LIGHT_M_S;
                ElementArray::new(positions_m.iter().map(|p| p.map(|x| x * per_metre)).collect())
            }
        }
    }

    /// The array as the transmit side is steered: places in metres are those of elements, and what they
    /// send is conjugated, so that they count against the axes of `e^{+j2πpᵀu}`. Places in wavelengths
    /// are those of the response on either side.
    pub(in crate::beamforming) fn transmitting(&self) -> ElementArray {
        let mut array = self.array();
        if matches!(self, Self::Placed { .. }) {
            // a zero stays a positive one
            array.positions.iter_mut().flatten().for_each(|x| *x = 0.0 - *x);
        }
        array
    }

    /// Elements in a row and in a column; an array without such is a row.
    pub(in crate::beamforming) const fn sides(&self) -> (usize, usize) {
        match self {
            Self::Planar { horizontal, vertical, .. } => (*horizontal, *vertical),
            _ => (self.count(), 1),
        }
    }

    /// The array by its rows and columns, where it has such.
    fn uniform(&self) -> Option<UniformArray> {
        let (sides, spacings, centred) = match self {
            Self::Linear { elements, spacing, centred } => {
                ((*elements, 1), [*spacing; 2], *centred)
            }
            Self::Planar { horizontal, vertical, spacings, centred } => {
                ((*horizontal, *vertical), *spacings, *centred)
            }
            _ => return None,
        };
        let array = UniformArray::new(sides.0, sides.1).spaced(spacings);
        Some(if centred { array.centred() } else { array })
    }

    /// The transmit array as models of channels see it.
    pub(in crate::beamforming) fn antennas(&self) -> Box<dyn Antennas> {
        match self.uniform() {
            Some(uniform) => Box::new(uniform),
            None => Box::new(self.transmitting()),
        }
    }

    /// The carrier that places in metres are for.
    const fn carrier_ghz(&self) -> Option<f64> {
        match self {
            Self::Placed { carrier_ghz, .. } => Some(*carrier_ghz),
            _ => None,
        }
    }

    fn validate(&self) -> Result<(), InputError> {
        // an array handed to an instance is described by two sides of at most 4096
        let counted = match self {
            Self::Positions { .. } => "wavelengths",
            Self::Placed { .. } => "positions_m",
            Self::Planar { .. } => "horizontal",
            Self::Linear { .. } | Self::Circular { .. } => "elements",
        };
        in_count(counted, self.count(), 1, MOST_ELEMENTS.min(4096))?;
        match self {
            Self::Linear { spacing, .. } => in_range("spacing", *spacing, 1e-6, 1e6, "wavelengths"),
            Self::Circular { radius, .. } => in_range("radius", *radius, 1e-6, 1e6, "wavelengths"),
            Self::Planar { horizontal, vertical, spacings, .. } => {
                in_count("horizontal", *horizontal, 1, 4096)?;
                in_count("vertical", *vertical, 1, 4096)?;
                spacings.iter().try_for_each(|x| in_range("spacings", *x, 1e-6, 1e6, "wavelengths"))
            }
            Self::Placed { positions_m, carrier_ghz } => {
                in_range("carrier_ghz", *carrier_ghz, 1e-3, 1e4, "GHz")?;
                let all = positions_m.iter().enumerate();
                all.flat_map(|(n, p)| p.iter().map(move |x| (n, *x))).try_for_each(|(n, x)| {
                    in_range(&format!("positions_m[{n}]"), x, -1e4, 1e4, "m")
                })?;
                apart("positions_m", positions_m)
            }
            Self::Positions { wavelengths } => {
                let all = wavelengths.iter().enumerate();
                all.flat_map(|(n, p)| p.iter().map(move |x| (n, *x))).try_for_each(|(n, x)| {
                    in_range(&format!("wavelengths[{n}]"), x, -1e6, 1e6, "wavelengths")
                })?;
                apart("wavelengths", wavelengths)
            }
        }
    }
}

/// Refuse two elements in one place.
pub(super) fn apart(place: &str, positions: &[[f64; 3]]) -> Result<(), InputError> {
    let mut order: Vec<usize> = (0..positions.len()).collect();
    let bits = |n: usize| positions[n].map(|x| (x + 0.0).to_bits());
    order.sort_unstable_by_key(|&n| (bits(n), n));
    match order.windows(2).find(|pair| bits(pair[0]) == bits(pair[1])) {
        None => Ok(()),
        Some(pair) => {
            let what = "two elements are in one place";
            let found = format!("that of element {}: {:?}", pair[0], positions[pair[1]]);
            let place = format!("{place}[{}]", pair[1]);
            Err(InputError::new(what, place, found, "a place of its own for every element"))
        }
    }
}

impl Scenario {
    /// Refuse places in metres that are for another carrier than what is beside them.
    fn check_carriers(&self) -> Result<(), InputError> {
        let of = |own: &Option<Elements>| own.as_ref().and_then(Elements::carrier_ghz);
        let cell = match self.channel_model() {
            Channel::Geometry { carrier_ghz, .. } => Some(*carrier_ghz),
            _ => None,
        };
        let (transmit, receive) = (of(&self.transmit_elements), of(&self.receive_elements));
        for (place, own, other, whose) in [
            ("transmit_elements", transmit, cell, "channel.carrier_ghz"),
            ("receive_elements", receive, cell, "channel.carrier_ghz"),
            ("receive_elements", receive, transmit, "transmit_elements.carrier_ghz"),
        ] {
            if let (Some(own), Some(other)) = (own, other)
                && (own - other).abs() > 1e-9 * other
            {
                let what = "the array is for another carrier";
                let place = format!("{place}.carrier_ghz");
                let allowed = format!("{other} GHz, as `{whose}` says");
                return Err(InputError::new(what, place, format!("{own} GHz"), allowed));
            }
        }
        Ok(())
    }

    /// Refuse what of the problem can be wrong without looking at users and targets.
    pub(in crate::beamforming) fn validate_goal(&self) -> Result<(), InputError> {
        for (name, elements) in [
            ("transmit_elements", &self.transmit_elements),
            ("receive_elements", &self.receive_elements),
        ] {
            if let Some(elements) = elements {
                elements.validate().map_err(|error| error.inside(name))?;
            }
        }
        self.check_carriers()?;
        self.validate_around()?;
        if !self.goal.is_weighted() {
            let targets =
                self.stations.as_ref().map_or(self.targets.count(), |s| s.targets_m.len());
            return self.problem(targets).map(drop);
        }
        let goals =
            "a goal: sum-rate, max-min-rate, proportional-fair, min-crb, max-sensing, min-power";
        let refuse = |what: &str, place: &str, found: &str| {
            let hint = "`scenario.goal.kind=min-crb`, for one";
            Err(InputError::new(what, place, found, goals).hint(hint))
        };
        if !self.require.is_nothing() {
            let what = "the weighted sum has no requirements";
            return refuse(what, "require", "requirements, and no goal beside them");
        }
        // over a band every parameter may be known
        let known = |u: &Unknown| !self.is_band() && !u.is_all();
        if known(&self.unknown) || self.targets.unknown().iter().flatten().any(known) {
            let what = "the weighted sum counts every parameter of a target as unknown";
            return refuse(what, "unknown", "a parameter that is known, and no goal beside it");
        }
        for (name, given) in [
            ("template", self.template.is_some()),
            ("clutter", !self.clutter.is_empty()),
            ("uncertain", self.uncertain.is_some()),
            ("channel_error_db", self.channel_error_db.is_some()),
            ("stations", self.stations.is_some()),
        ] {
            if given {
                let what = "the weighted sum does not know of this";
                return refuse(what, name, "given, and no goal beside it");
            }
        }
        if self.streams_cancelled {
            let what = "the weighted sum counts sensing streams as interference";
            return refuse(what, "streams_cancelled", "true, and no goal beside it");
        }
        Ok(())
    }

    /// What is asked for; `None` where that is the weighted sum.
    pub(in crate::beamforming) fn problem(
        &self,
        targets: usize,
    ) -> Result<Option<Problem>, InputError> {
        if self.goal.is_weighted() {
            return Ok(None);
        }
        if let Some(stations) = &self.stations {
            // every station sees them in another direction: nothing of them is estimated
            let known = Unknown { azimuth: false, polar: false, reflection: false, ..Unknown::ALL };
            let (users, unknown) = (stations.users_m.len(), vec![known; targets]);
            let users = (users, false);
            return asked(&self.goal, &self.require, users, unknown, self.streams_cancelled)
                .map(Some);
        }
        let mut unknown = vec![self.unknown; targets];
        for (slot, own) in unknown.iter_mut().zip(self.targets.unknown()) {
            *slot = own.unwrap_or(*slot);
        }
        let users = (self.users, self.is_band());
        asked(&self.goal, &self.require, users, unknown, self.streams_cancelled).map(Some)
    }

    /// Whether a metric needs streams in every direction.
    pub(in crate::beamforming) fn needs_all(&self) -> bool {
        let all = |m: &Measure| {
            matches!(m, Measure::Extended | Measure::MutualInformation | Measure::Beampattern)
        };
        let goal = match &self.goal {
            Goal::MinCrb { metric } | Goal::MaxSensing { metric } => all(metric),
            _ => false,
        };
        goal || self.require.limits.iter().any(|limit| all(&limit.metric))
            || self.require.over_best.iter().any(|relative| all(&relative.metric))
    }

    /// Arrays that are not planar.
    pub(in crate::beamforming) fn shapes(&self) -> Shapes {
        let transmit = self.transmit_elements.as_ref().map(Elements::transmitting);
        let receive = self.receive_elements.as_ref().map(Elements::array);
        Shapes { transmit, receive }
    }
}

impl Targets {
    /// How many.
    pub(in crate::beamforming) const fn count(&self) -> usize {
        match self {
            Self::Fixed(targets) => targets.len(),
            Self::Drawn(law) => law.count,
            Self::Placed(targets) => targets.len(),
        }
    }

    /// What each says of itself.
    pub(in crate::beamforming) fn unknown(&self) -> Vec<Option<Unknown>> {
        match self {
            Self::Fixed(targets) => targets.iter().map(|target| target.unknown).collect(),
            Self::Drawn(law) => vec![None; law.count],
            Self::Placed(targets) => targets.iter().map(|target| target.unknown).collect(),
        }
    }
}
