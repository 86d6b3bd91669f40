//! Which parameters of a model make sense.

use noctule_num::InputError;
use noctule_num::input::{in_count, in_range};
use noctule_phy::channels::model::Model;

use super::around::Around;
use super::{Channel, ChannelTool, ReceiveAntennas};

/// A factor K of so many decibels is no other than infinity.
pub(super) const K_ENDS_DB: f64 = 300.0;

fn range(place: &str, [low, high]: [f64; 2], ends: [f64; 2], unit: &str) -> Result<(), InputError> {
    in_range(place, low, ends[0], ends[1], unit)?;
    in_range(place, high, low, ends[1], &format!("{unit}, not below the lower end"))
}

fn k_factor(db: f64) -> Result<(), InputError> {
    let unit = "dB; 300 is a line of sight alone, −300 scatter alone";
    in_range("k_factor_db", db, -K_ENDS_DB, K_ENDS_DB, unit)
}

impl Around {
    fn validate(&self) -> Result<(), InputError> {
        range("azimuth_deg", self.azimuth_deg, [-360.0, 360.0], "degrees")?;
        range("polar_deg", self.polar_deg, [-360.0, 360.0], "degrees")?;
        self.validate_spreads()
    }

    fn validate_spreads(&self) -> Result<(), InputError> {
        let azimuth = self.azimuth_std_deg.unwrap_or(0.0);
        in_range("azimuth_std_deg", azimuth, 0.0, 360.0, "degrees")?;
        in_range("polar_std_deg", self.polar_std_deg, 0.0, 90.0, "degrees")?;
        if self.azimuth_std_deg.is_none() && self.polar_std_deg > 0.0 {
            let what =
                "scatter without a spread of the azimuth is independent from antenna to antenna";
            let (found, allowed) =
                ("no `azimuth_std_deg`", "`azimuth_std_deg` beside it, which may be 0");
            return Err(InputError::new(what, "polar_std_deg", found, allowed));
        }
        Ok(())
    }
}

impl Channel {
    /// Refuse parameters that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the field, below `channel`.
    pub fn validate(&self) -> Result<(), InputError> {
        self.ranges().map_err(|error| error.inside("channel"))?;
        // What only the model itself can refuse: a factor K of a profile without line of sight.
        if let Model::DelayLine { line, .. } = self.model() {
            line.rays().map_err(|error| error.inside("channel"))?;
        }
        if let Model::Cell { cell, .. } = self.model() {
            let link = cell.link(cell.radius_m[1]);
            let formulas = cell.scenario;
            formulas
                .path_loss_db(&link, true)
                .and_then(|_| formulas.line_of_sight_probability(&link, None))
                .map_err(|error| key_of_scenarios(error, cell.user_height_m).inside("channel"))?;
        }
        Ok(())
    }

    fn ranges(&self) -> Result<(), InputError> {
        match self {
            Self::Rayleigh {} => Ok(()),
            Self::File { .. } => self.file_words(),
            Self::Correlated { .. } => self.around().validate(),
            Self::Rician { k_factor_db, users_deg, .. } => {
                k_factor(*k_factor_db)?;
                for (user, direction) in users_deg.iter().enumerate() {
                    for angle in direction {
                        in_range(&format!("users_deg[{user}]"), *angle, -360.0, 360.0, "degrees")?;
                    }
                }
                self.around().validate()
            }
            Self::Clustered { clusters, rays, decaying, powers, k_factor_db, .. } => {
                in_count("clusters", *clusters, 1, 1000)?;
                in_count("rays", *rays, 1, 1000)?;
                k_factor_db.map_or(Ok(()), k_factor)?;
                if let Some(powers) = powers {
                    given_powers(powers, *clusters, *decaying)?;
                }
                self.around().validate()
            }
            Self::Cdl { k_factor_db, polar_deg, polar_spread_deg, .. } => {
                k_factor_db.map_or(Ok(()), k_factor)?;
                let Around { azimuth_deg, polar_deg: polar, azimuth_std_deg, polar_std_deg } =
                    self.around();
                range("azimuth_deg", azimuth_deg, [-360.0, 360.0], "degrees")?;
                range("polar_deg", polar, [-360.0, 360.0], "degrees")?;
                let spread = azimuth_std_deg.unwrap_or(0.0);
                in_range("azimuth_spread_deg", spread, 0.0, 360.0, "degrees")?;
                in_range("polar_spread_deg", polar_std_deg, 0.0, 360.0, "degrees")?;
                if polar_spread_deg.is_some() && polar_deg.is_none() {
                    let what = "a spread of the polar angle needs its mean";
                    let allowed = "`polar_deg` beside it";
                    return Err(InputError::new(what, "polar_spread_deg", "no mean", allowed));
                }
                Ok(())
            }
            Self::Geometry { .. } => self.cell_ranges(),
        }
    }

    /// What of a file can be wrong without looking at it.
    fn file_words(&self) -> Result<(), InputError> {
        let Self::File {
            path,
            axes,
            tool,
            total_subcarriers,
            receive_antennas,
            transmitter,
            symbol,
            direction_check,
            ..
        } = self
        else {
            return Ok(());
        };
        if path.is_empty() {
            let what = "no file of channels is named";
            return Err(InputError::new(what, "path", "an empty path", "the path of a file"));
        }
        let told = |what: &str, place: &str, found: &str, allowed: &str| {
            Err(InputError::new(what, place, found, allowed))
        };
        if tool.is_some() && !axes.is_empty() {
            return told("the axes of a tool are known", "axes", axes, "`axes` or `tool`");
        }
        if tool.is_none() && *receive_antennas != ReceiveAntennas::First {
            let what = "only imports have receive antennas";
            let allowed = "`tool` beside it; a file of one's own is [trial, user, antenna]";
            return told(what, "receive_antennas", "no `tool`", allowed);
        }
        if transmitter.is_some() && *tool != Some(ChannelTool::Sionna) {
            let (found, allowed) = ("another tool", "`tool = \"sionna\"` beside it");
            return told("only files of Sionna have transmitters", "transmitter", found, allowed);
        }
        if symbol.is_some() && matches!(tool, None | Some(ChannelTool::Quadriga)) {
            let allowed = "`tool = \"sionna\"`, `\"deepmimo\"` or `\"5g-toolbox\"` beside it";
            return told("the file has no axis of symbols", "symbol", "another tool", allowed);
        }
        if total_subcarriers.is_some() && *tool != Some(ChannelTool::Deepmimo) {
            let (found, allowed) = ("another tool", "`tool = \"deepmimo\"` beside it");
            return told("only DeepMIMO divides amplitudes", "total_subcarriers", found, allowed);
        }
        if let Some(count) = total_subcarriers {
            in_count("total_subcarriers", *count, 1, 1 << 24)?;
        }
        if let Some(check) = direction_check {
            in_range("direction_check.azimuth_deg", check.azimuth_deg, -360.0, 360.0, "degrees")?;
            in_range("direction_check.polar_deg", check.polar_deg, -360.0, 360.0, "degrees")?;
            in_range("direction_check.at_least", check.at_least, 0.0, 1.0, "")?;
        }
        Ok(())
    }

    fn cell_ranges(&self) -> Result<(), InputError> {
        let Self::Geometry {
            carrier_ghz,
            base_height_m,
            bearing_deg,
            downtilt_deg,
            user_height_m,
            radius_m,
            sector_deg,
            bandwidth_mhz,
            noise_figure_db,
            ..
        } = self
        else {
            return Ok(());
        };
        in_range("carrier_ghz", *carrier_ghz, 1e-3, 1e4, "GHz")?;
        in_range("base_height_m", *base_height_m, 0.0, 1e4, "m")?;
        in_range("bearing_deg", *bearing_deg, -360.0, 360.0, "degrees")?;
        in_range("downtilt_deg", *downtilt_deg, -90.0, 90.0, "degrees")?;
        in_range("user_height_m", *user_height_m, 0.0, 1e4, "m")?;
        range("radius_m", *radius_m, [0.1, 1e6], "m")?;
        range("sector_deg", *sector_deg, [-360.0, 360.0], "degrees")?;
        self.around().validate_spreads()?;
        in_range("bandwidth_mhz", bandwidth_mhz.unwrap_or(1.0), 1e-6, 1e6, "MHz")?;
        in_range("noise_figure_db", *noise_figure_db, 0.0, 100.0, "dB")
    }
}

fn given_powers(powers: &[f64], clusters: usize, decaying: bool) -> Result<(), InputError> {
    let told = |what: &str, found: String, allowed: String| {
        Err(InputError::new(what, "powers", found, allowed))
    };
    if decaying {
        let allowed = "one of them".to_owned();
        return told("powers are given or drawn", "`decaying` beside them".to_owned(), allowed);
    }
    if powers.len() != clusters {
        let found = format!("{} powers", powers.len());
        return told("every cluster has a power", found, format!("{clusters}, one a cluster"));
    }
    let sum: f64 = powers.iter().sum();
    if powers.iter().any(|p| !(0.0..=1e12).contains(p)) || sum <= 0.0 {
        let allowed = "0 to 1e12, one of them above 0".to_owned();
        return told("powers of clusters are ratios", format!("{powers:?}"), allowed);
    }
    Ok(())
}

/// A complaint of the formulas at a key that scenarios have: their clutter is that of the report.
fn key_of_scenarios(error: InputError, user_height_m: f64) -> InputError {
    if !error.place.starts_with("clutter") {
        return error;
    }
    InputError {
        what: "the users are not below the clutter".to_owned(),
        place: "user_height_m".to_owned(),
        allowed: format!("less than the {} of the clutter", error.found),
        found: format!("{user_height_m} m"),
        ..error
    }
}
