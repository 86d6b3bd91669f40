//! What is refused of a table: by its shape alone, and after a look at all entries.

use noctule_num::{C64, InputError};

use super::{Beyond, Wanted, ZeroUsers, refuse};

impl Wanted {
    /// Whether rows, users, antennas and subcarriers are those that are wanted.
    ///
    /// # Errors
    /// The first that is not, with both numbers.
    pub fn check_shape(
        &self,
        [rows, users, antennas, subcarriers]: [usize; 4],
    ) -> Result<(), InputError> {
        if self.trials > rows && self.beyond == Beyond::Refuse {
            let what = format!("there are {} trials and {rows} rows of channels", self.trials);
            return Err(refuse(what, rows, format!("at least {}", self.trials), "row")
                .hint("`trials_beyond_file = \"wrap\"` uses rows again"));
        }
        if self.users > users {
            let what = "the file has too few users".to_owned();
            return Err(refuse(what, users, format!("at least {}", self.users), "user"));
        }
        if self.antennas != antennas {
            let what = "the file is of another array".to_owned();
            return Err(refuse(what, antennas, self.antennas, "antenna"));
        }
        if ![1, self.subcarriers].contains(&subcarriers) {
            let what = "the file has another number of subcarriers".to_owned();
            let allowed = match self.subcarriers {
                1 => "1".to_owned(),
                n => format!("1 or {n}"),
            };
            return Err(refuse(what, subcarriers, allowed, "subcarrier"));
        }
        Ok(())
    }
}

/// What all entries of a table say together, taken row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    shape: [usize; 4],
    rows: usize,
    /// The first entry that is not finite: row, user, antenna, subcarrier, and what it is.
    broken: Option<([usize; 4], C64)>,
    /// The first row in which a user's channel is zero, user by user.
    zero: Vec<Option<usize>>,
}

impl Survey {
    /// Nothing seen yet of a table of this shape.
    pub fn new(shape: [usize; 4]) -> Self {
        Self { shape, rows: 0, broken: None, zero: vec![None; shape[1]] }
    }

    /// Take the next row, `[user][antenna][subcarrier]`.
    pub fn push(&mut self, row: &[C64]) {
        let [_, _, antennas, subcarriers] = self.shape;
        if self.broken.is_none() {
            self.broken = row.iter().position(|z| !z.is_finite()).map(|at| {
                let place = at / subcarriers;
                ([self.rows, place / antennas, place % antennas, at % subcarriers], row[at])
            });
        }
        for (zero, user) in self.zero.iter_mut().zip(row.chunks_exact(antennas * subcarriers)) {
            if zero.is_none() && user.iter().all(|z| *z == C64::ZERO) {
                *zero = Some(self.rows);
            }
        }
        self.rows += 1;
    }

    /// Refuse entries that are not finite, and users of all zeros.
    ///
    /// # Errors
    /// The first, named by its indices.
    pub fn check(&self, wanted: &Wanted) -> Result<(), InputError> {
        if let Some((place, found)) = self.broken {
            // a file of one frequency has no axis of subcarriers
            let axes = if self.shape[3] > 1 { 4 } else { 3 };
            let place: Vec<String> = place[..axes].iter().map(usize::to_string).collect();
            return Err(InputError::new(
                "an entry is not finite",
                format!("channels[{}]", place.join(", ")),
                found.to_string(),
                "finite numbers",
            ));
        }
        let users = self.zero.iter().take(wanted.users).enumerate();
        let found = users.filter_map(|(user, row)| row.map(|row| (row, user))).min();
        match (found, wanted.zero_users) {
            (Some((row, user)), ZeroUsers::Refuse) => Err(InputError::new(
                "a user's channel is zero",
                format!("channels[{row}, {user}]"),
                "zeros only",
                "channels that reach every user",
            )
            .hint("`zero_users = \"keep\"` gives it the rate zero")),
            _ => Ok(()),
        }
    }
}

/// The mean power of all entries of a table, taken row by row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MeanPower {
    entries: usize,
    largest: f64,
    /// Sum of squared magnitudes over `largest²`.
    squares: f64,
}

impl MeanPower {
    /// Take the next row.
    pub fn push(&mut self, row: &[C64]) {
        // Relative to the largest, as squares of path gains may be too small for a number.
        let largest = row.iter().map(|z| z.re.abs().max(z.im.abs())).fold(self.largest, f64::max);
        if largest > 0.0 && largest.is_finite() {
            self.squares *= (self.largest / largest).powi(2);
            self.squares += row.iter().map(|z| (z / largest).norm_sqr()).sum::<f64>();
        }
        self.largest = largest;
        self.entries += row.len();
    }

    /// What brings the mean |h|² of all rows, users, antennas and subcarriers to one: a factor on
    /// amplitudes, its square one on covariances. `None` when all are zero.
    pub fn unit_mean_factor(&self) -> Option<f64> {
        if !(self.largest > 0.0 && self.largest.is_finite()) {
            return None;
        }
        Some(1.0 / (self.largest * (self.squares / self.entries as f64).sqrt()))
    }
}
