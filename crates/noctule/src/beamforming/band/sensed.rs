//! The bound of a model over a band: Fisher matrix, inverse, and what the gradient needs of them.

use noctule_num::CMat;
use noctule_phy::channels::radar::{FisherForm, OfdmRadar};
use noctule_phy::fisher::FisherInverse;

use super::Band;

/// The bound and what it takes.
#[derive(Clone, Debug)]
pub(super) struct Sensing {
    pub(super) form: FisherForm,
    /// ω of every parameter that is counted.
    weights: Vec<f64>,
    /// Where the parameters of the form went, where ranges are linked.
    into: Option<Vec<usize>>,
    whole: Vec<f64>,
    fisher: Vec<f64>,
    inverse: Vec<f64>,
    phi: Vec<f64>,
    dual: CMat,
    inverter: FisherInverse,
    /// δ_s over the unit and the power.
    weight: f64,
}

impl Sensing {
    pub(super) fn new(radar: &OfdmRadar, band: &Band, weight: f64) -> Self {
        let form = radar.form();
        let (all, order) = (form.parameters(), form.order());
        let (counted, into) = band.counted(radar);
        let n = counted.len();
        Self {
            weights: counted.iter().map(|p| band.weights.of(p.0)).collect(),
            into,
            whole: vec![0.0; all * all],
            fisher: vec![0.0; n * n],
            inverse: vec![0.0; n * n],
            phi: vec![0.0; n * n],
            dual: CMat::zeros(order, order),
            inverter: FisherInverse::new(n),
            form,
            weight,
        }
    }

    /// The bound at the moments, weighted, and its derivative by them; `None` outside the domain.
    pub(super) fn value(&mut self) -> Option<f64> {
        let n = self.weights.len();
        match &self.into {
            None => self.form.fisher(&mut self.fisher),
            Some(into) => {
                self.form.fisher(&mut self.whole);
                self.fisher.fill(0.0);
                for (row, i) in self.whole.chunks_exact(into.len()).zip(into) {
                    row.iter().zip(into).for_each(|(f, j)| self.fisher[i * n + j] += f);
                }
            }
        }
        self.inverter.invert(&self.fisher, &mut self.inverse)?;
        let trace: f64 = (0..n).map(|i| self.weights[i] * self.inverse[i * n + i]).sum();
        if !trace.is_finite() {
            return None;
        }
        // d(−Σω[F⁻¹]_ii) = tr(Φ dF), Φ = F⁻¹ΩF⁻¹
        for i in 0..n {
            for j in 0..=i {
                let (a, b) = (&self.inverse[i * n..(i + 1) * n], &self.inverse[j * n..(j + 1) * n]);
                let both = a.iter().zip(b).zip(&self.weights);
                let sum: f64 = both.map(|((a, b), w)| a * b * w).sum();
                (self.phi[i * n + j], self.phi[j * n + i]) = (sum, sum);
            }
        }
        match &self.into {
            None => self.form.set_dual(&self.phi),
            Some(into) => {
                for (row, i) in self.whole.chunks_exact_mut(into.len()).zip(into) {
                    row.iter_mut().zip(into).for_each(|(f, j)| *f = self.phi[i * n + j]);
                }
                self.form.set_dual(&self.whole);
            }
        }
        Some(self.weight * trace)
    }

    /// The coefficients of a subcarrier's coordinates.
    pub(super) fn add(
        &mut self,
        k: usize,
        users: usize,
        amplitudes: &CMat,
        coefficients: &mut CMat,
    ) {
        self.form.dual(k, &mut self.dual);
        let order = self.dual.rows();
        for stream in 0..amplitudes.cols() {
            let seen = &amplitudes.col(stream)[users..users + order];
            let out = &mut coefficients.col_mut(stream)[users..users + order];
            for (b, amplitude) in seen.iter().enumerate() {
                let factor = amplitude * self.weight;
                out.iter_mut().zip(self.dual.col(b)).for_each(|(c, k)| *c += k * factor);
            }
        }
    }
}
