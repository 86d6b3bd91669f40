//! What makes an instance acceptable.

use noctule_num::input::{in_count, in_range};
use noctule_num::linalg::{Cholesky, HermitianEigen};
use noctule_num::{C64, CMat, InputError};
use noctule_phy::aggregated::Covariance;

use super::{Parts, Requirement};

/// Most access points.
pub(in crate::cellfree) const MOST_APS: usize = 1024;
/// Most antennas of an access point.
pub(in crate::cellfree) const MOST_ANTENNAS: usize = 512;
/// Most users.
pub(in crate::cellfree) const MOST_USERS: usize = 1024;
/// Most targets.
pub(in crate::cellfree) const MOST_TARGETS: usize = 256;
/// Most directions of the grid.
pub(in crate::cellfree) const MOST_POINTS: usize = 100_000;

/// The largest power that a user may receive, over its noise.
const MOST_RECEIVED: f64 = 1e60;

/// By how much an entry may differ from the conjugate of its mirror, over the largest entry: what
/// files of nine digits make.
const HERMITIAN: f64 = 1e-9;

/// Order up to which a covariance with factors of negative weight is checked as a dense matrix.
const LARGEST_DENSE: usize = 4096;

/// Refuse what cannot be an instance.
pub(super) fn check(parts: &Parts) -> Result<(), InputError> {
    let aps = parts.power_over_noise.len();
    let (n, users) = (parts.antennas, parts.channels.cols());
    in_count("power_over_noise", aps, 1, MOST_APS)?;
    in_count("antennas", n, 1, MOST_ANTENNAS)?;
    in_count("channels", users, 0, MOST_USERS)?;
    shapes(parts)?;
    numbers(parts)?;
    in_range("window_rad", parts.window_rad, 1e-6, std::f64::consts::PI, "radians")?;
    in_range("spacing", parts.spacing, 1e-3, 100.0, "wavelengths")?;
    in_range("payload_symbols", parts.payload_symbols, 0.0, 1e12, "symbols")?;
    in_count("grid_points", parts.grid_points, 2, MOST_POINTS)?;
    let sensing = parts.targets_rad.iter().any(|targets| !targets.is_empty());
    if sensing && parts.grid_points < 2 * n - 1 {
        return Err(InputError::new(
            "the grid is too coarse for the array",
            "grid_points",
            parts.grid_points.to_string(),
            format!("at least {}, two for each antenna less one", 2 * n - 1),
        ));
    }
    for (ap, targets) in parts.targets_rad.iter().enumerate() {
        in_count("targets_rad", targets.len(), 0, MOST_TARGETS)?;
        for &angle in targets {
            let place = format!("target_rad of access point {ap}");
            in_range(&place, angle, -std::f64::consts::PI, std::f64::consts::PI, "radians")?;
        }
    }
    for (user, covariance) in parts.error.iter().enumerate() {
        check_covariance(parts, user, covariance)?;
    }
    requirement(parts)
}

/// Refuse parts of lengths that do not fit together.
fn shapes(parts: &Parts) -> Result<(), InputError> {
    let aps = parts.power_over_noise.len();
    let (n, users) = (parts.antennas, parts.channels.cols());
    let fits = |what: &str, place: &str, found: usize, expected: usize| {
        if found == expected {
            return Ok(());
        }
        Err(InputError::new(what, place, found.to_string(), expected.to_string()))
    };
    fits("the channels have the wrong length", "channels", parts.channels.rows(), aps * n)?;
    fits("there is not one covariance a user", "error_covariance", parts.error.len(), users)?;
    fits("not every access point is accounted for", "targets_rad", parts.targets_rad.len(), aps)
}

/// Refuse powers and channels that are no numbers.
fn numbers(parts: &Parts) -> Result<(), InputError> {
    for (ap, &power) in parts.power_over_noise.iter().enumerate() {
        if !(power.is_finite() && power > 0.0) {
            let place = format!("power_over_noise[{ap}]");
            let allowed = "a positive finite ratio (linear, not decibels)";
            return Err(InputError::new(
                "the power is not positive",
                place,
                power.to_string(),
                allowed,
            ));
        }
    }
    if let Err(error) = parts.channels.check_finite("channels") {
        let what = "an entry is not a finite number";
        return Err(InputError::new(what, "channels", error.to_string(), "finite numbers"));
    }
    Ok(())
}

/// Refuse a requirement that makes no sense.
pub(in crate::cellfree) fn requirement(parts: &Parts) -> Result<(), InputError> {
    let sensing = parts.targets_rad.iter().any(|targets| !targets.is_empty());
    let needs_sensing = |place: &str| {
        Err(InputError::new(
            "no access point senses",
            place,
            "a requirement on sensing",
            "an access point with a target",
        ))
    };
    match parts.requirement {
        Requirement::None => Ok(()),
        Requirement::MaxError(_) if !sensing => needs_sensing("max_error"),
        Requirement::MinRate(_) if !sensing => needs_sensing("min_rate_bps_hz"),
        Requirement::MaxError(limit) => in_range("max_error", limit, 0.0, 1e12, "(p_m = 1)"),
        Requirement::MinRate(rate) => in_range("min_rate_bps_hz", rate, 0.0, 1e9, "bit/s/Hz"),
    }
}

fn check_covariance(parts: &Parts, user: usize, covariance: &Covariance) -> Result<(), InputError> {
    let (aps, n) = (parts.power_over_noise.len(), parts.antennas);
    let fits = covariance.blocks.len() == aps
        && covariance.blocks.iter().all(|b| b.rows() == n && b.cols() == n)
        && covariance.factors.rows() == aps * n
        && covariance.factors.cols() == covariance.weights.len();
    if !fits {
        return Err(InputError::new(
            "the covariance has the wrong shape",
            format!("error_covariance[{user}]"),
            format!("{} blocks", covariance.blocks.len()),
            format!("{aps} blocks of order {n}, factors of length {}", aps * n),
        ));
    }
    let finite = covariance.factors.as_slice().iter().all(|z| z.is_finite())
        && covariance.weights.iter().all(|w| w.is_finite());
    if !finite {
        let what = "an entry is not a finite number";
        let place = format!("error_factors[{user}]");
        return Err(InputError::new(what, place, "NaN or infinity", "finite numbers"));
    }
    semidefinite(&format!("error_covariance[{user}]"), covariance, &parts.power_over_noise)?;
    received(parts, user, covariance)
}

/// Refuse a user whose received power over the noise leaves double precision: products of it would
/// be infinite, and rates no numbers.
fn received(parts: &Parts, user: usize, covariance: &Covariance) -> Result<(), InputError> {
    let n = parts.antennas;
    let (mut known, mut unknown) = (0.0, 0.0);
    for (ap, &power) in parts.power_over_noise.iter().enumerate() {
        let h = &parts.channels.col(user)[ap * n..(ap + 1) * n];
        known += power * h.iter().map(C64::norm_sqr).sum::<f64>();
        let full = covariance.full_block(ap);
        unknown += power * (0..n).map(|i| full[(i, i)].norm()).sum::<f64>();
    }
    for (name, value) in [("channels", known), ("error_covariance", unknown)] {
        if !(0.0..=MOST_RECEIVED).contains(&value) {
            return Err(InputError::new(
                "the received power leaves double precision",
                format!("{name}[{user}]"),
                format!("{value:e} times the noise at full power"),
                format!("at most {MOST_RECEIVED:e} times the noise"),
            ));
        }
    }
    Ok(())
}

/// By how much the eigenvalues of a covariance may fall below zero, for each access point: `10⁻⁹` of
/// its own largest variance and `10⁻¹²` of the largest of all, which is what rounding in files and in
/// sums of factors makes; but, over all access points at full power, no more than a quarter of the
/// noise, so that what users receive stays positive.
pub(in crate::cellfree) fn allowance(covariance: &Covariance, powers: &[f64]) -> Vec<f64> {
    let variances: Vec<f64> = (0..covariance.blocks.len())
        .map(|ap| {
            let (own, full) = (&covariance.blocks[ap], covariance.full_block(ap));
            (0..full.rows())
                .map(|i| full[(i, i)].norm().max(own[(i, i)].norm()))
                .fold(0.0, f64::max)
        })
        .collect();
    let largest = variances.iter().copied().fold(0.0, f64::max);
    let total: f64 = powers.iter().sum();
    let rounding = 1e-15 * covariance.order() as f64 * largest;
    variances
        .iter()
        .map(|own| (1e-9 * own + 1e-12 * largest).min(0.25 / total).max(rounding))
        .collect()
}

/// Refuse a covariance with an entry that is not finite, one that is not Hermitian, and one that is
/// not positive semidefinite: its blocks, and the whole of it.
pub(super) fn semidefinite(
    name: &str,
    covariance: &Covariance,
    powers: &[f64],
) -> Result<(), InputError> {
    let n = covariance.blocks.first().map_or(0, CMat::rows);
    let allowed = allowance(covariance, powers);
    let mut eigen = HermitianEigen::new(n);
    for (ap, block) in covariance.blocks.iter().enumerate() {
        let place = format!("{name}, access point {ap}");
        hermitian(&place, block)?;
        if is_dominant(block) {
            continue;
        }
        let smallest = match eigen.compute(block) {
            Ok(()) => eigen.min(),
            Err(_) => f64::NAN,
        };
        if smallest.is_nan() || smallest < -allowed[ap] {
            return Err(indefinite(place, format!("an eigenvalue of {smallest:.3e}")));
        }
    }
    // Blocks and factors of weight zero or more are enough; one factor of negative weight is not.
    match covariance.weights.iter().all(|weight| *weight >= 0.0) {
        true => Ok(()),
        false => whole(name, covariance, &allowed),
    }
}

/// Refuse a block with an entry that is not finite, and one that is not Hermitian.
fn hermitian(place: &str, block: &CMat) -> Result<(), InputError> {
    if let Err(error) = block.check_finite("error covariance") {
        let what = "an entry is not a finite number";
        return Err(InputError::new(what, place, error.to_string(), "finite numbers"));
    }
    let scale = block.max_abs();
    for j in 0..block.rows() {
        for i in 0..=j {
            if (block[(i, j)] - block[(j, i)].conj()).norm() > HERMITIAN * scale {
                return Err(InputError::new(
                    "the covariance is not Hermitian",
                    place,
                    format!("entries ({i}, {j}) and ({j}, {i})"),
                    "a matrix equal to its conjugate transpose",
                ));
            }
        }
    }
    Ok(())
}

/// Whether the diagonal of a block outweighs the rest (Gershgorin): multiples of the identity, as most
/// are, need no eigenvalues.
fn is_dominant(block: &CMat) -> bool {
    let n = block.rows();
    let off = (0..n)
        .flat_map(|i| (0..n).map(move |j| (i, j)))
        .filter(|(i, j)| i != j)
        .map(|at| block[at].norm())
        .fold(0.0, f64::max);
    let diagonal = (0..n).map(|i| block[(i, i)].re).fold(f64::INFINITY, f64::min);
    diagonal >= off * n as f64
}

/// Refuse a covariance that is not positive semidefinite as a whole.
fn whole(name: &str, covariance: &Covariance, allowed: &[f64]) -> Result<(), InputError> {
    let order = covariance.order();
    if order > LARGEST_DENSE {
        let found = format!("factors of negative weight, order {order}");
        let allowed = format!("weights of zero or more, or an order of at most {LARGEST_DENSE}");
        let what = "the covariance is too large to be checked";
        return Err(InputError::new(what, name, found, allowed));
    }
    let n = covariance.blocks.first().map_or(0, CMat::rows);
    let mut whole = covariance.dense();
    for i in 0..order {
        whole[(i, i)] += allowed[i / n.max(1)];
    }
    Cholesky::new(order).factor(&whole, "error covariance").map_err(|_| {
        let found = "a negative eigenvalue over all access points together";
        indefinite(name.to_owned(), found.to_owned())
    })
}

fn indefinite(place: String, found: String) -> InputError {
    let what = "the covariance is not positive semidefinite";
    InputError::new(what, place, found, "eigenvalues of zero or more")
}
