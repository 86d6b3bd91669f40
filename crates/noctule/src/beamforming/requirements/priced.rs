//! Multipliers of least powers, from beams that spend it.

use noctule_num::CMat;

use super::certificate::Dual;
use super::groups::Groups;
use super::metric::Metric;
use super::minorant::Minorant;
use super::multipliers::{Columns, capped, share_with_whole};
use super::program::Cap;
use super::required::{Requirements, Standing};
use super::world::Space;

/// A least power at beams.
pub(super) struct Priced<'a> {
    pub(super) space: &'a Space,
    pub(super) required: &'a Requirements,
    pub(super) caps: &'a [Cap],
    pub(super) at: &'a Standing,
    pub(super) beams: &'a CMat,
    pub(super) sharpness: i32,
}

impl Priced<'_> {
    pub(super) fn dual(&self, lambda: Vec<f64>, rho: &[f64]) -> Dual {
        let minorant =
            |metric: &Metric| self.at.sensed.minorant(self.space, metric, self.sharpness);
        Dual {
            lambda,
            metric: Minorant::nothing(self.space.dim()),
            caps: capped(self.caps, rho, self.required, minorant),
        }
    }

    /// The users with a floor.
    fn floored(&self) -> Vec<usize> {
        (0..self.space.users()).filter(|k| self.required.sinr[*k] > 0.0).collect()
    }

    /// Caps, then floors: with non-negative factors they are the spent directions.
    fn columns(&self) -> Columns {
        let mut columns = Columns::new();
        columns.push_caps(self.space, self.at, self.beams, self.caps, self.sharpness);
        for k in self.floored() {
            columns.push_floor(self.space, self.at, self.beams, k, self.required.sinr[k]);
        }
        columns
    }

    /// ρ of the caps and λ by which the power is stationary at the beams.
    pub(super) fn multipliers(&self) -> (Vec<f64>, Vec<f64>) {
        let x = self.columns().solve(self.beams);
        let (rho, lambda) = x.split_at(self.caps.len());
        (rho.to_vec(), self.spread(lambda))
    }

    fn spread(&self, x: &[f64]) -> Vec<f64> {
        let mut lambda = vec![0.0; self.space.users()];
        for (k, l) in self.floored().into_iter().zip(x) {
            lambda[k] = *l;
        }
        lambda
    }

    /// Multipliers of a power: those of the search, and those of `W + Σ ν_g W_g = Σ ρ_i B_i W − Σ λ_k D_k`.
    pub(super) fn powers(
        &self,
        groups: Option<&Groups>,
        lambda: Vec<f64>,
        rho: Vec<f64>,
    ) -> Vec<(Dual, Vec<f64>)> {
        let mut columns = self.columns();
        let count = columns.columns.len();
        for g in 0..groups.map_or(0, Groups::count) {
            let mut own = groups.map_or_else(|| self.beams.clone(), |all| all.rows(g, self.beams));
            own.scale(-1.0);
            columns.columns.push(own);
        }
        let mut x = columns.solve(self.beams);
        if let Some(groups) = groups {
            let (others, nu) = x.split_at_mut(count);
            share_with_whole(groups, self.caps, nu, &mut others[..self.caps.len()]);
        }
        let refined = self.dual(self.spread(&x[self.caps.len()..count]), &x[..self.caps.len()]);
        let mut out = vec![(refined, x[count..].to_vec())];
        if groups.is_none() {
            out.push((self.dual(lambda, &rho), Vec::new()));
        }
        out
    }

    /// Multipliers of a factor: ν with Σ ν_g P_g = 1 from those of the search by stationarity, then the
    /// others from ν.
    pub(super) fn factors(
        &self,
        groups: &Groups,
        lambda: &[f64],
        rho: &[f64],
    ) -> Vec<(Dual, Vec<f64>)> {
        let all = self.columns();
        let powers: Vec<usize> =
            (0..self.caps.len()).filter(|i| is_power(&self.caps[*i])).collect();
        // what is asked for pushes, limits on power push back
        let mut asked = Columns::new();
        let mut places = Vec::new();
        let mut factors = Vec::new();
        let own = rho.iter().copied().chain(self.floored().into_iter().map(|k| lambda[k]));
        for (i, (column, factor)) in all.columns.iter().zip(own).enumerate() {
            if !powers.contains(&i) {
                asked.columns.push(column.clone());
                places.push(i);
                factors.push(factor);
            }
        }
        let mut limited = Columns::new();
        limited.columns.extend((0..groups.count()).map(|g| groups.rows(g, self.beams)));
        for &i in &powers {
            let mut column = all.columns[i].clone();
            column.scale(-1.0);
            limited.columns.push(column);
        }
        let mut nu = limited.solve(&self.sum(&asked, &factors));
        let spending: Vec<Cap> = powers.iter().map(|i| self.caps[*i].clone()).collect();
        let (of_groups, of_caps) = nu.split_at_mut(groups.count());
        share_with_whole(groups, &spending, of_groups, of_caps);
        let limits = powers.iter().map(|i| self.caps[*i].limit);
        let limits: Vec<f64> = groups.limits.iter().copied().chain(limits).collect();
        let price: f64 = nu.iter().zip(&limits).map(|(nu, limit)| nu * limit).sum();
        if !(price > 0.0 && price.is_finite()) {
            return Vec::new();
        }
        nu.iter_mut().for_each(|nu| *nu /= price);
        let refined = asked.solve(&self.sum(&limited, &nu));
        let scaled: Vec<f64> = factors.iter().map(|factor| factor / price).collect();
        let told = |x: &[f64]| {
            let mut whole = vec![0.0; all.columns.len()];
            for (place, x) in places.iter().zip(x) {
                whole[*place] = *x;
            }
            for (i, nu) in powers.iter().zip(&nu[groups.count()..]) {
                whole[*i] = *nu;
            }
            let (rho, floors) = whole.split_at(self.caps.len());
            (self.dual(self.spread(floors), rho), nu[..groups.count()].to_vec())
        };
        vec![told(&refined), told(&scaled)]
    }

    fn sum(&self, columns: &Columns, factors: &[f64]) -> CMat {
        let mut out = CMat::zeros(self.beams.rows(), self.beams.cols());
        for (column, factor) in columns.columns.iter().zip(factors) {
            for (sum, one) in out.as_mut_slice().iter_mut().zip(column.as_slice()) {
                *sum += one * *factor;
            }
        }
        out
    }
}

const fn is_power(cap: &Cap) -> bool {
    matches!(cap.metric, Metric::Power(_))
}
