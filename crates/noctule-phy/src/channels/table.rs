//! Channels of one's own: measured or traced by another program, trial by trial.
//!
//! Axes are `[trial, user, antenna]`, `[trial, user, antenna, subcarrier]`, or `[user, antenna]` for
//! one trial; three axes are never read as a band of one trial. Trial t is row t. A subcarrier axis of
//! length one is a flat channel, repeated over all subcarriers.
//!
//! What does not fit is refused in this order: axes, numbers of trials, users, antennas and
//! subcarriers, entries that are not finite, users of all zeros.

mod survey;

use noctule_num::{C64, CMat, InputError};

pub use survey::{MeanPower, Survey};

/// What to do when there are more trials than rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Beyond {
    /// Refuse, before any trial runs.
    #[default]
    Refuse,
    /// Trial t uses row t modulo their number; standard errors are those of the distinct rows.
    Wrap,
}

/// What to do with users whose channel is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ZeroUsers {
    /// Refuse.
    #[default]
    Refuse,
    /// Keep them: their rate is zero.
    Keep,
}

/// What an experiment wants of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Trials.
    pub trials: usize,
    /// Users; the first ones of each row are taken.
    pub users: usize,
    /// Antennas.
    pub antennas: usize,
    /// Subcarriers.
    pub subcarriers: usize,
    /// What to do beyond the last row.
    pub beyond: Beyond,
    /// What to do with users of all zeros.
    pub zero_users: ZeroUsers,
}

/// Channels of several trials.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelTable {
    rows: usize,
    users: usize,
    antennas: usize,
    subcarriers: usize,
    /// `[row][user][antenna][subcarrier]`.
    entries: Vec<C64>,
}

const AXES: [&str; 4] = ["trial", "user", "antenna", "subcarrier"];

fn shown(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ")
}

fn refuse(what: String, found: usize, allowed: impl std::fmt::Display, axis: &str) -> InputError {
    InputError::new(what, "channels", format!("{found} {axis}s"), format!("{allowed} {axis}s"))
}

impl ChannelTable {
    /// Rows, users, antennas and subcarriers of an array with these axes.
    ///
    /// # Errors
    /// Another number of axes than two to four.
    pub fn whole_shape(shape: &[usize]) -> Result<[usize; 4], InputError> {
        let whole = match *shape {
            [users, antennas] => [1, users, antennas, 1],
            [rows, users, antennas] => [rows, users, antennas, 1],
            [rows, users, antennas, subcarriers] => [rows, users, antennas, subcarriers],
            _ => return Err(wrong_axes(shape)),
        };
        if whole.contains(&0) {
            let what = "an axis has no entries";
            return Err(InputError::new(what, "channels", shown(shape), "at least one of each"));
        }
        Ok(whole)
    }

    /// An array of two to four axes in the order above, entries in C order.
    ///
    /// # Errors
    /// Another number of axes, an axis of length zero, or entries that do not fill the shape.
    pub fn new(shape: &[usize], entries: Vec<C64>) -> Result<Self, InputError> {
        let whole = Self::whole_shape(shape)?;
        if entries.len() != whole.iter().product::<usize>() {
            let found = format!("{} entries", entries.len());
            let what = "the entries do not fill the shape";
            return Err(InputError::new(what, "channels", found, shown(shape)));
        }
        let [rows, users, antennas, subcarriers] = whole;
        Ok(Self { rows, users, antennas, subcarriers, entries })
    }

    /// The same with axes in the order of `axes`, such as `"user,antenna,trial"`.
    ///
    /// # Errors
    /// Names that are unknown, repeated or not as many as axes; no user or antenna axis; and as
    /// [`ChannelTable::new`].
    pub fn with_axes(axes: &str, shape: &[usize], entries: &[C64]) -> Result<Self, InputError> {
        let names: Vec<&str> = axes.split(',').map(str::trim).collect();
        let wrong = || {
            InputError::new(
                "the axes cannot be read",
                "axes",
                format!("`{axes}` for {} axes", shape.len()),
                "each of trial, user, antenna, subcarrier at most once, user and antenna among them",
            )
        };
        let known = names.iter().all(|name| AXES.contains(name));
        let once = (1..names.len()).all(|k| !names[..k].contains(&names[k]));
        let needed = ["user", "antenna"].iter().all(|name| names.contains(name));
        if !(known && once && needed && names.len() == shape.len()) {
            return Err(wrong());
        }
        // The stride and length of each of our axes in theirs; a missing axis has length one.
        let stride = |k: usize| shape[k + 1..].iter().product::<usize>();
        let ours = AXES.map(|axis| {
            names.iter().position(|name| *name == axis).map_or((0, 1), |k| (stride(k), shape[k]))
        });
        let total: usize = shape.iter().product();
        if entries.len() != total {
            return Self::new(shape, entries.to_vec());
        }
        let mut out = Vec::with_capacity(total);
        for t in 0..ours[0].1 {
            for u in 0..ours[1].1 {
                for a in 0..ours[2].1 {
                    for s in 0..ours[3].1 {
                        let at = [t, u, a, s]
                            .iter()
                            .zip(ours)
                            .map(|(i, axis)| i * axis.0)
                            .sum::<usize>();
                        out.push(entries[at]);
                    }
                }
            }
        }
        Self::new(&ours.map(|axis| axis.1), out)
    }

    /// Number of rows, users, antennas and subcarriers.
    pub const fn shape(&self) -> [usize; 4] {
        [self.rows, self.users, self.antennas, self.subcarriers]
    }

    /// All entries, `[row][user][antenna][subcarrier]`.
    pub fn entries(&self) -> &[C64] {
        &self.entries
    }

    fn survey(&self) -> Survey {
        let mut survey = Survey::new(self.shape());
        let each = self.entries.len() / self.rows;
        self.entries.chunks_exact(each).for_each(|row| survey.push(row));
        survey
    }

    /// Whether an experiment can use the table.
    ///
    /// # Errors
    /// In the order of the [module](self); places are named by their indices.
    pub fn check(&self, wanted: &Wanted) -> Result<(), InputError> {
        wanted.check_shape(self.shape())?;
        self.survey().check(wanted)
    }

    /// The row of a trial.
    pub const fn row(&self, trial: u64) -> usize {
        (trial % self.rows as u64) as usize
    }

    /// How many different rows `trials` trials see; standard errors divide by its root.
    pub fn distinct(&self, trials: usize) -> usize {
        trials.min(self.rows)
    }

    /// As [`MeanPower::unit_mean_factor`], of the whole array as stored.
    pub fn unit_mean_factor(&self) -> Option<f64> {
        let mut power = MeanPower::default();
        self.entries.chunks_exact(self.entries.len() / self.rows).for_each(|row| power.push(row));
        power.unit_mean_factor()
    }

    /// The channels of a trial: antennas × users for each of `subcarriers` subcarriers, of the
    /// first `users` users. Call [`ChannelTable::check`] first.
    ///
    /// # Panics
    /// When there are fewer users or other subcarriers.
    pub fn channels(&self, trial: u64, users: usize, subcarriers: usize) -> Vec<CMat> {
        assert!(users <= self.users, "{users} of {} users", self.users);
        assert!([1, subcarriers].contains(&self.subcarriers), "subcarriers");
        let row = self.row(trial);
        (0..subcarriers)
            .map(|n| {
                let s = n.min(self.subcarriers - 1);
                CMat::from_fn(self.antennas, users, |a, u| {
                    let at = ((row * self.users + u) * self.antennas + a) * self.subcarriers + s;
                    self.entries[at]
                })
            })
            .collect()
    }
}

fn wrong_axes(shape: &[usize]) -> InputError {
    InputError::new(
        "the channels have the wrong number of axes",
        "channels",
        format!("{} axes: {}", shape.len(), shown(shape)),
        "[user, antenna], [trial, user, antenna] or [trial, user, antenna, subcarrier]",
    )
    .hint("a band of one trial has a leading axis of length 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> ChannelTable {
        let entries = (1..=24).map(|k| C64::from(f64::from(k))).collect();
        ChannelTable::new(&[2, 3, 2, 2], entries).unwrap()
    }

    fn wanted() -> Wanted {
        Wanted {
            trials: 2,
            users: 2,
            antennas: 2,
            subcarriers: 2,
            beyond: Beyond::Refuse,
            zero_users: ZeroUsers::Refuse,
        }
    }

    #[test]
    fn refusals_come_in_their_order_and_name_both_numbers() {
        let what = |wanted: Wanted| table().check(&wanted).unwrap_err();
        assert!(table().check(&wanted()).is_ok());
        let error = what(Wanted { trials: 5, users: 9, ..wanted() });
        assert!(error.what.contains("5 trials and 2 rows"), "{error}");
        let error = what(Wanted { users: 9, antennas: 4, ..wanted() });
        assert_eq!((&*error.found, &*error.allowed), ("3 users", "at least 9 users"));
        let error = what(Wanted { antennas: 4, subcarriers: 3, ..wanted() });
        assert_eq!((&*error.found, &*error.allowed), ("2 antennas", "4 antennas"));
        let error = what(Wanted { subcarriers: 3, ..wanted() });
        assert_eq!((&*error.found, &*error.allowed), ("2 subcarriers", "1 or 3 subcarriers"));
        assert!(table().check(&Wanted { trials: 5, beyond: Beyond::Wrap, ..wanted() }).is_ok());
        assert_eq!(table().distinct(5), 2);
        for shape in [vec![2], vec![2; 5]] {
            assert!(ChannelTable::new(&shape, vec![C64::ONE; 32]).is_err());
        }
        assert!(ChannelTable::new(&[2, 2], vec![C64::ONE; 3]).is_err());
        assert!(ChannelTable::new(&[0, 2, 2], vec![]).is_err());
    }

    #[test]
    fn what_is_wrong_inside_is_named_by_its_indices() {
        let mut bad = table();
        bad.entries[23].im = f64::NAN;
        assert_eq!(bad.check(&wanted()).unwrap_err().place, "channels[1, 2, 1, 1]");
        let mut zero = table();
        zero.entries[16..20].fill(C64::ZERO);
        assert_eq!(zero.check(&wanted()).unwrap_err().place, "channels[1, 1]");
        assert!(zero.check(&Wanted { zero_users: ZeroUsers::Keep, ..wanted() }).is_ok());
        // A user that is not taken may be zero.
        assert!(zero.check(&Wanted { users: 1, ..wanted() }).is_ok());
    }

    #[test]
    fn axes_are_permuted_by_name() {
        let ours = table();
        let theirs: Vec<C64> = (0..24)
            .map(|k| {
                // [antenna, subcarrier, trial, user]
                let (a, s, t, u) = (k / 12, k / 6 % 2, k / 3 % 2, k % 3);
                ours.entries[((t * 3 + u) * 2 + a) * 2 + s]
            })
            .collect();
        let axes = "antenna, subcarrier,trial,user";
        assert_eq!(ChannelTable::with_axes(axes, &[2, 2, 2, 3], &theirs).unwrap(), ours);
        for axes in ["user,antenna", "user,user,antenna,trial", "user,antenna,trial,time"] {
            assert!(ChannelTable::with_axes(axes, &[2, 2, 2, 3], &theirs).is_err(), "{axes}");
        }
    }

    #[test]
    fn the_unit_mean_survives_path_gains_of_any_size() {
        let factor = table().unit_mean_factor().unwrap();
        for scale in [1e-200, 1e-5, 1e200] {
            let mut scaled = table();
            scaled.entries.iter_mut().for_each(|z| *z *= scale);
            let found = scaled.unit_mean_factor().unwrap() * scale;
            assert!((found / factor - 1.0).abs() < 1e-14);
        }
    }
}
