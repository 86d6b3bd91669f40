//! A file of channels that is open, seen as trials.

use std::path::PathBuf;
use std::sync::OnceLock;

use noctule_num::{C64, CMat, InputError};
use noctule_phy::channels::antennas::Antennas;
use noctule_phy::channels::table::{Beyond, ChannelTable, MeanPower, Survey, Wanted};

use super::own::{Own, about};
use super::{ChannelScale, DirectionCheck};
use crate::data::{self, Rows};

/// Where entries come from.
#[derive(Debug)]
pub(super) enum Store {
    /// `[trial, user, antenna(, subcarrier)]`, row by row.
    Streamed(Rows),
    Kept(ChannelTable),
}

/// A file that is open.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) store: Store,
    /// Rows, users, antennas, subcarriers.
    pub(super) shape: [usize; 4],
    pub(super) notes: Vec<String>,
    /// Which element of the file is ours, where it is not the same.
    pub(super) order: Option<Vec<usize>>,
    pub(super) digest: OnceLock<String>,
    pub(super) survey: OnceLock<Result<Survey, InputError>>,
    pub(super) unit_mean: OnceLock<Result<f64, InputError>>,
    pub(super) path: PathBuf,
}

impl Opened {
    pub(super) fn digest(&self) -> Result<&str, InputError> {
        if let Some(digest) = self.digest.get() {
            return Ok(digest);
        }
        let digest = data::digest(&self.path)?;
        Ok(self.digest.get_or_init(|| digest))
    }

    /// What the readers decided.
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How many rows there are.
    pub(super) const fn rows(&self) -> usize {
        self.shape[0]
    }

    /// All entries of a row, `[user][antenna][subcarrier]`.
    fn row(&self, row: usize) -> Result<Vec<C64>, InputError> {
        let [_, users, antennas, subcarriers] = self.shape;
        let each = users * antennas * subcarriers;
        match &self.store {
            Store::Streamed(rows) => rows.entries(row * each, each),
            Store::Kept(table) => Ok(table.entries()[row * each..(row + 1) * each].to_vec()),
        }
    }

    /// What all entries say, looked at once.
    fn survey(&self) -> Result<&Survey, InputError> {
        let look = || {
            let mut survey = Survey::new(self.shape);
            for row in 0..self.rows() {
                survey.push(&self.row(row)?);
            }
            Ok(survey)
        };
        self.survey.get_or_init(look).as_ref().map_err(Clone::clone)
    }

    /// The factor of `unit-mean`, which only that asks for.
    fn unit_mean(&self) -> Result<f64, InputError> {
        let look = || {
            let mut power = MeanPower::default();
            for row in 0..self.rows() {
                power.push(&self.row(row)?);
            }
            let factor = power.unit_mean_factor().unwrap_or(1.0);
            if factor.is_finite() {
                return Ok(factor);
            }
            let what = "the channels are too small to be scaled to a mean of one";
            let error =
                InputError::new(what, "", "a factor beyond double precision", "above 1e-300");
            Err(about(error, &self.path))
        };
        self.unit_mean.get_or_init(look).clone()
    }

    /// Refuse what the scenario cannot use, in the order of [`noctule_phy::channels::table`].
    pub(super) fn check(
        &self,
        own: &Own,
        array: &dyn Antennas,
        (users, subcarriers): (usize, usize),
        trials: usize,
    ) -> Result<(), InputError> {
        let mut shape = self.shape;
        if let Some(index) = own.subcarrier {
            if index >= shape[3] {
                let what = "the file has no such subcarrier";
                let allowed = format!("0 to {}", shape[3] - 1);
                return Err(InputError::new(what, "subcarrier", index.to_string(), allowed));
            }
            shape[3] = 1;
        }
        let wanted = Wanted {
            trials,
            users,
            antennas: array.elements(),
            subcarriers,
            beyond: own.beyond,
            zero_users: own.zero_users,
        };
        let located = |error: InputError| about(error, &self.path);
        wanted.check_shape(shape).map_err(|error| match error.found.ends_with("subcarriers") {
            true => located(error.hint("`subcarrier = 0` takes one of them for all")),
            false => located(error),
        })?;
        self.survey()?.check(&wanted).map_err(located)?;
        own.direction_check.map_or(Ok(()), |check| self.direction(own, array, &check))
    }

    /// Refuse a file whose line of sight does not lie where it is said to.
    fn direction(
        &self,
        own: &Own,
        array: &dyn Antennas,
        check: &DirectionCheck,
    ) -> Result<(), InputError> {
        let [rows, users, ..] = self.shape;
        for (name, found, length) in [("trial", check.trial, rows), ("user", check.user, users)] {
            if found >= length {
                let place = format!("direction_check.{name}");
                let allowed = format!("0 to {}", length - 1);
                let what = "the file has no such row or user";
                return Err(InputError::new(what, place, found.to_string(), allowed));
            }
        }
        let channel = self.channels(own, check.trial, check.user + 1)?;
        let h = channel.col(check.user);
        let (azimuth, polar) = (check.azimuth_deg.to_radians(), check.polar_deg.to_radians());
        let a = array.far_response(azimuth, polar, 1.0);
        let inner: C64 = a.iter().zip(h).map(|(a, h)| a.conj() * h).sum();
        let norm = h.iter().map(C64::norm_sqr).sum::<f64>().sqrt();
        let cosine = if norm > 0.0 { inner.norm() / norm } else { 0.0 };
        if cosine >= check.at_least {
            return Ok(());
        }
        let what = "the line of sight does not lie where it is said to";
        let found = format!("|aᴴh|/‖h‖ = {cosine:.4}");
        let allowed = format!("at least {}", check.at_least);
        Err(InputError::new(what, "direction_check", found, allowed).hint(
            "the sign of the phases (`conjugate`), the order of the elements, or the direction is another",
        ))
    }

    /// The channels of a row, antennas × users, scaled as the scenario asks, on one subcarrier.
    pub(super) fn channels(&self, own: &Own, row: usize, users: usize) -> Result<CMat, InputError> {
        Ok(self.over(own, row, users, 1)?.swap_remove(0))
    }

    fn factor(&self, own: &Own) -> Result<f64, InputError> {
        match own.scale {
            ChannelScale::AsIs => Ok(1.0),
            ChannelScale::UnitMean => self.unit_mean(),
        }
    }

    /// The same on so many subcarriers: one of the file is that of all.
    fn over(
        &self,
        own: &Own,
        row: usize,
        users: usize,
        count: usize,
    ) -> Result<Vec<CMat>, InputError> {
        let [_, _, antennas, subcarriers] = self.shape;
        let (entries, factor) = (self.row(row)?, self.factor(own)?);
        let pick = |n: usize| own.subcarrier.unwrap_or(if subcarriers == count { n } else { 0 });
        let turned = |z: C64| if own.conjugate { z.conj() } else { z };
        let theirs = |a: usize| self.order.as_ref().map_or(a, |order| order[a]);
        let of = |n: usize| {
            let pick = pick(n);
            CMat::from_fn(antennas, users, |a, u| {
                turned(entries[(u * antennas + theirs(a)) * subcarriers + pick]) * factor
            })
        };
        Ok((0..count).map(of).collect())
    }

    /// The channels of a trial on so many subcarriers.
    pub(super) fn trial(
        &self,
        own: &Own,
        trial: u64,
        (users, subcarriers): (usize, usize),
    ) -> Result<Vec<CMat>, InputError> {
        let rows = self.rows() as u64;
        if trial >= rows && own.beyond == Beyond::Refuse {
            let what = format!("there is no row for trial {trial}");
            let found = format!("{rows} rows ({})", self.path.display());
            let error = InputError::new(what, "path", found, format!("at least {}", trial + 1));
            return Err(error.hint("`trials_beyond_file = \"wrap\"` uses rows again"));
        }
        self.over(own, (trial % rows) as usize, users, subcarriers)
    }
}
