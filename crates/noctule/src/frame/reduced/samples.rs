//! The SINRs of all users at sensing times, with everything that bounds need of them.

use noctule_num::linalg::{Op, product};
use noctule_num::{CMat, InputError};

use super::layout::{Layout, ratio};
use super::user::{Full, User};
use crate::Error;
use crate::frame::prior::{Prior, inside};
use crate::frame::{Instance, SinrForm};

/// Entries of the matrices of all pairs of users: a gibibyte.
const MOST_ENTRIES: usize = 1 << 26;

/// The SINR of all users as a function of the sensing time, with everything sampled so far.
#[derive(Debug)]
pub(in crate::frame) struct Reduced {
    pub(super) users: Vec<User>,
    pub(super) form: SinrForm,
    /// B_iᴴ R_k B_i and its norm, at `k * users + i`.
    pub(super) cross: Vec<(CMat, f64)>,
    /// Samples one after the other; see [`Layout`].
    arena: Vec<f64>,
    pub(super) times: Vec<f64>,
    pub(super) layout: Layout,
    factorisations: u64,
}

impl Reduced {
    /// The reduced form of an instance whose users have these priors.
    ///
    /// # Errors
    /// [`Error::Numerics`] when an eigenvalue cannot be found, which checked input excludes.
    pub(in crate::frame) fn new(instance: &Instance, priors: &[Prior]) -> Result<Self, Error> {
        let count = priors.len();
        let (mut users, mut bases) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for (k, prior) in priors.iter().enumerate() {
            let Full { user, basis } = User::reduce(instance, k, prior)?;
            users.push(user);
            bases.push(basis);
        }
        let form = instance.parts().sinr;
        let cross = match form {
            SinrForm::LowerBound => Vec::new(),
            _ => pairs(&users, &bases)?,
        };
        Ok(Self {
            users,
            form,
            cross,
            arena: Vec::new(),
            times: Vec::new(),
            layout: Layout { users: count },
            // The correlations.
            factorisations: count as u64,
        })
    }

    /// Number of samples taken.
    pub(in crate::frame) const fn samples(&self) -> usize {
        self.times.len()
    }

    /// Eigendecompositions made.
    pub(in crate::frame) const fn factorisations(&self) -> u64 {
        self.factorisations
    }

    /// Sensing time of a sample in seconds.
    pub(in crate::frame) fn time(&self, sample: usize) -> f64 {
        self.times[sample]
    }

    pub(super) fn field(&self, sample: usize, from: usize, length: usize) -> &[f64] {
        let start = sample * self.layout.size() + from;
        &self.arena[start..start + length]
    }

    /// SINRs of a sample.
    pub(in crate::frame) fn sinr(&self, sample: usize) -> &[f64] {
        self.field(sample, 0, self.layout.users)
    }

    /// Take a sample at a sensing time; its number.
    pub(in crate::frame) fn sample(&mut self, time: f64) -> Result<usize, Error> {
        let number = self.times.len();
        let size = self.layout.size();
        self.times.push(time);
        self.arena.resize((number + 1) * size, 0.0);
        let out = &mut self.arena[number * size..];
        self.factorisations += self.users.len() as u64;
        let physical = self.form == SinrForm::Physical;
        for (i, user) in self.users.iter_mut().enumerate() {
            user.fill(1.0 / time, i, &self.cross, physical, out, self.layout)?;
        }
        Sample { users: &self.users, form: self.form, layout: self.layout, time }.fill(out);
        Ok(number)
    }
}

/// A sample on its way from traces to SINRs.
struct Sample<'a> {
    users: &'a [User],
    form: SinrForm,
    layout: Layout,
    time: f64,
}

impl Sample<'_> {
    /// The SINRs of all users. With `s κ = κ/T` the parts that only the physical form keeps are added
    /// to those of the belief; they are zero elsewhere.
    fn fill(&self, out: &mut [f64]) {
        let total: f64 = self.users.iter().map(|user| user.power).sum();
        for (k, user) in self.users.iter().enumerate() {
            let own = self.power(out, k);
            let received = match self.form {
                SinrForm::LowerBound => user.strongest * total,
                _ => self.received(out, k),
            };
            let signal = match self.form {
                SinrForm::Physical => {
                    let inner = out[self.layout.trace() + k]
                        + user.kappa / self.time * out[self.layout.filtered() + k];
                    ratio(inner * inner, own, 0.0)
                }
                _ => own,
            };
            out[k] = user.power * signal / (received + user.receiver_noise);
        }
    }

    /// Power of an estimate: as believed, or as it is.
    fn power(&self, out: &[f64], i: usize) -> f64 {
        out[self.layout.trace() + i]
            + self.users[i].kappa / self.time * out[self.layout.filtered_twice() + i]
    }

    /// What user `k` receives of all beams. Of an estimate without power nothing is known but that a
    /// beam of power one brings at most `‖R_k‖₂`.
    fn received(&self, out: &[f64], k: usize) -> f64 {
        let mut received = 0.0;
        for (i, other) in self.users.iter().enumerate() {
            let (pair, power) = (k * self.users.len() + i, self.power(out, i));
            let towards = out[self.layout.cross() + pair]
                + other.kappa / self.time * out[self.layout.cross_filtered() + pair];
            let share = if power > 0.0 { towards / power } else { self.users[k].strongest };
            received += other.power * share;
        }
        received
    }
}

/// `B_iᴴ R_k B_i` and its norm, at `k * users + i`. All of `R_k` lies in the span of `B_k`, so that it is
/// turned by a small matrix from there.
fn pairs(users: &[User], bases: &[CMat]) -> Result<Vec<(CMat, f64)>, InputError> {
    check_size(bases)?;
    let mut cross = Vec::with_capacity(users.len() * bases.len());
    for (user, own) in users.iter().zip(bases) {
        for basis in bases {
            let inner = inside(&product(own, Op::Adjoint, basis, Op::Plain), &user.correlation);
            let norm = inner.norm();
            cross.push((inner, norm));
        }
    }
    Ok(cross)
}

/// Refuse what would take gigabytes: every user's correlation in the basis of every other.
fn check_size(bases: &[CMat]) -> Result<(), InputError> {
    let entries = bases.len() * bases.iter().map(|basis| basis.cols().pow(2)).sum::<usize>();
    if entries <= MOST_ENTRIES {
        return Ok(());
    }
    let found = format!("{entries} entries (users² · rank²)");
    let what = "the matrices of all pairs of users are too large together";
    Err(InputError::new(what, "users", found, format!("up to {MOST_ENTRIES}"))
        .hint("fewer users or antennas, a narrower spread, or `sinr = \"lower-bound\"`"))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
