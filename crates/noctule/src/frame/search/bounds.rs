//! What no plan of an interval exceeds.
//!
//! # The bound inside one block
//!
//! Let the SINRs satisfy `c ≤ c₀ + τ Δ` with τ from 0 at the left end `a` to 1 at the right end,
//! linear in `1/T`. Rates are concave in `c`, so each block's rate is at most
//! `Φ_n(c₀) + τ g_n` with `g` the tangent; the best placement of a linear function of τ is convex in
//! τ, so at most `(1 − τ) V₀ + τ V₁` with one placement problem at each end. Sensing longer costs
//! `(T(τ) − a) Φ_1`. The sum is concave in τ and maximised in closed form. It is exact at `a`, and
//! where the rate falls from there — at block boundaries it usually does
//! (`docs/errata.md#frame-e10`) — one such step closes the interval. No concavity of the rate in
//! the sensing time is assumed; the paper's holds only for small errors
//! (`docs/errata.md#frame-e9`).

use super::intervals::{Region, Search};
use crate::frame::model::block_rates;

/// A block that sensing and a pilot fill to within this, in blocks, is full.
const ROUNDED: f64 = 1e-12;

impl Search<'_> {
    /// The rate no plan of the region exceeds.
    pub(super) fn bound(&mut self, region: &mut Region) -> f64 {
        self.reduced.envelope(region.short, region.long, &mut self.envelope);
        if region.last - region.first > 1 { self.coarse(region) } else { self.fine(region) }
    }

    /// Over several blocks: the best plan with SINRs that no time of the region exceeds.
    fn coarse(&mut self, region: &Region) -> f64 {
        let data = self.instance.blocks() - region.first;
        if self.envelope.ceiling.iter().any(|c| !c.is_finite()) {
            return f64::INFINITY;
        }
        block_rates(self.instance, &self.envelope.ceiling, &mut self.rates[..data]);
        let lead = self.rates[0];
        let cost = self.pilot * lead;
        let mut value =
            |blocks: usize| self.placer.value(&self.rates[..data], cost, blocks, self.pattern);
        let (here, next) = (value(data), value(data - 1));
        let rest = self.rest(region.short, region.first);
        // Where sensing and pilot take more than the block, its data would count negative, and the
        // largest rate is no bound on what is paid.
        let paid = if rest + self.pilot <= 1.0 + ROUNDED { rest * lead } else { 0.0 };
        (here - paid).max(next)
    }

    /// Inside one block: see the module page.
    pub(super) fn fine(&mut self, region: &mut Region) -> f64 {
        let data = self.instance.blocks() - region.first;
        if self.envelope.start.iter().chain(&self.envelope.end).any(|c| !c.is_finite()) {
            return f64::INFINITY;
        }
        let from = self.reduced.time(region.short);
        let to = self.reduced.time(region.long).min(self.latest(region.first));
        let rest = self.rest(region.short, region.first);
        self.tangents(data);
        block_rates(self.instance, &self.envelope.floor, &mut self.floor);
        let least = self.floor[0].max(0.0);
        // What is spent in the first block already: at the enclosure's own rate where every plan
        // keeps some of that block for data, else at the smallest rate.
        let together = rest + self.pilot <= 1.0 + ROUNDED;
        let mut worth = |rates: &[f64]| {
            let cost = self.pilot * rates[0];
            let paid = rest * if together { rates[0] } else { least };
            self.placer.value(rates, cost, data, self.pattern) - paid
        };
        let now = worth(&self.rates[..data]);
        let then = worth(&self.risen[..data]);
        let (cost, rise) = (least / self.block, then - now);
        let (peak_s, tau) = peak((from, to, self.reduced.time(region.long)), rise, cost);
        region.peak_s = peak_s;
        now + tau * rise - (peak_s - from) * cost
    }

    /// Rates of the blocks at the left end, and those of their tangents at the right one: rates are
    /// concave in the SINR, so that tangents lie above.
    fn tangents(&mut self, data: usize) {
        block_rates(self.instance, &self.envelope.start, &mut self.rates[..data]);
        self.risen[..data].copy_from_slice(&self.rates[..data]);
        for (k, sequence) in self.instance.parts().aging.iter().enumerate() {
            let (start, end) = (self.envelope.start[k], self.envelope.end[k]);
            let climb = (end - start) / std::f64::consts::LN_2;
            for (rate, rho) in self.risen[..data].iter_mut().zip(sequence) {
                let gain = rho * rho;
                *rate += gain * climb / (1.0 + gain * start);
            }
        }
    }
}

/// Where `τ rise − (T − from) cost` is largest for `s = 1/T` between the ends, and τ there: the bound is
/// linear in τ = (1/from − s)/width, and `T = 1/s` is convex in s, so that the sum is concave and its
/// slope is zero at `s² = cost · width / rise`. Plans end at `to`, the interval at `long`.
fn peak((from, to, long): (f64, f64, f64), rise: f64, cost: f64) -> (f64, f64) {
    let (s_from, s_to) = (1.0 / from, 1.0 / long);
    let width = s_from - s_to;
    let s_best = if rise > 0.0 && cost > 0.0 {
        (cost * width / rise).sqrt()
    } else if rise > 0.0 {
        0.0
    } else {
        s_from
    };
    let s_best = s_best.clamp(1.0 / to.max(from), s_from);
    let tau = if width > 0.0 { (s_from - s_best) / width } else { 0.0 };
    (1.0 / s_best, tau)
}
