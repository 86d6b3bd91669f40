//! Powers of pilots: no worst error is below the value. Lagrange multipliers of errors, positions and powers show it for
//! every interval of θ = b/(a + b), over which `ab/(a + b) ≥ lo·hi·a + (1 − lo)(1 − hi)·b`.

use crate::ball::{Ball, U, sum};
use crate::cover::covers;
use crate::planes::pair;
use crate::{Outcome, Read, Refused, unproven};

const LIGHT_M_S: f64 = 299_792_458.0;

/// The lists of a proof, and those of earlier versions.
const LISTS: [&str; 9] =
    ["crb", "empty", "envelope_high", "envelope_low", "error", "high", "inverse", "low", "power"];
const LISTS_BEFORE: [&str; 8] =
    ["crb", "envelope_high", "envelope_low", "error", "high", "inverse", "low", "power"];

/// Points × users.
type Table = Vec<Vec<Ball>>;

struct Network {
    /// s·β and s·γ.
    gain: Table,
    estimate: Table,
    /// |G_jk|² of the downlink pilots, users × users, none on the diagonal.
    overlap: Vec<f64>,
    energy: f64,
    limit: Option<f64>,
    /// Of every user, what the echo of a point's unit of energy knows of its position: xx, yy, xy.
    echoes: Vec<Vec<[Ball; 3]>>,
    shares: Vec<Ball>,
}

pub(crate) fn check(read: &Read<'_>, value: f64) -> Outcome<usize> {
    if read.scheme != "optimal" || !read.has("error") || read.upper {
        return Err(Refused::NotHere("bounds of other goals than the worst error".to_owned()));
    }
    let level = value;
    let net = Network::read(read)?;
    let (points, users) = (net.gain.len(), net.overlap.len().isqrt());
    let count = read.length("low") / users;
    let list = |name: &str, each: usize| read.list(name, count * each);
    let (low, high) = (list("low", users)?, list("high", users)?);
    let (from, to) = (list("envelope_low", users)?, list("envelope_high", users)?);
    let (error, crb, power) = (list("error", users)?, list("crb", users)?, list("power", points)?);
    let inverse = list("inverse", 3 * users)?;
    if read.has("empty") {
        list("empty", 1)?;
    }
    read.lists_are(if read.has("empty") { &LISTS } else { &LISTS_BEFORE })?;
    if error.iter().chain(&crb).chain(&power).any(|x| *x < 0.0)
        || net.limit.is_none() && crb.iter().any(|x| *x > 0.0)
    {
        return unproven("a multiplier is negative");
    }
    // θ of all allocations at stake, with a ≤ Σ sβ, b ≥ 1 and error ≥ θ/(1 + Σ γ/β).
    let one = Ball::real(1.0);
    let bottom = |k: usize| Ok(one.over(one + sum(net.gain.iter().map(|row| row[k])))?.lower());
    let bottom: Vec<f64> = (0..users).map(bottom).collect::<Outcome<_>>()?;
    let top: Vec<f64> = (0..users).map(|k| net.ceiling(k, level).min(1.0)).collect();
    if bottom.iter().zip(&top).any(|(b, t)| b > t) {
        return Ok(1);
    }
    let corners: Vec<_> = (0..count)
        .map(|b| b * users..(b + 1) * users)
        .map(|at| (&low[at.clone()], &high[at]))
        .collect();
    if count == 0 || !covers(&corners, bottom, top) {
        return unproven("the intervals leave something uncovered");
    }
    for leaf in 0..count {
        let at = leaf * users..(leaf + 1) * users;
        if !at
            .clone()
            .all(|i| 0.0 < from[i] && from[i] <= low[i] && low[i] <= high[i] && high[i] <= to[i])
        {
            return unproven("an interval is not inside the one whose multipliers prove it");
        }
        let part = Part {
            low: &from[at.clone()],
            high: &to[at.clone()],
            error: &error[at.clone()],
            crb: &crb[at],
            inverse: &inverse[3 * leaf * users..3 * (leaf + 1) * users],
            power: &power[leaf * points..(leaf + 1) * points],
        };
        if !net.reaches_nothing(level, &part)? {
            return unproven(format!("region {leaf} may hold a smaller error"));
        }
    }
    Ok(count)
}

struct Part<'a> {
    low: &'a [f64],
    high: &'a [f64],
    error: &'a [f64],
    crb: &'a [f64],
    inverse: &'a [f64],
    power: &'a [f64],
}

impl Network {
    fn read(read: &Read<'_>) -> Outcome<Self> {
        let grams = [read.array("uplink_gram")?, read.array("downlink_gram")?];
        let users = (grams[0].len() / 2).isqrt();
        let beta = read.array("channel_gain")?;
        if users == 0
            || grams.iter().any(|gram| gram.len() != 2 * users * users)
            || beta.is_empty()
            || beta.len() % users > 0
            || beta.iter().any(|b| *b <= 0.0)
        {
            return unproven("gains and pilots do not fit");
        }
        let straight = |gram: &&Vec<f64>| {
            (0..users * users).all(|at| {
                at / users == at % users || gram[2 * at] == 0.0 && gram[2 * at + 1] == 0.0
            })
        };
        if !grams.iter().any(|gram| straight(&gram)) {
            return Err(Refused::NotHere(
                "pilots that are correlated in both directions".to_owned(),
            ));
        }
        let square = |way: usize, j: usize, k: usize| pair(&grams[way], j * users + k).square();
        let energies = (read.number("uplink_energy")?, read.number("downlink_energy")?);
        let known = read.array("estimate_gain")?;
        if !(energies.0 >= 0.0 && energies.1 > 0.0)
            || !(known.is_empty() || known.len() == beta.len())
        {
            return unproven("energies and estimates do not fit");
        }
        let (mut gain, mut estimate) = (Table::new(), Table::new());
        for (m, beta) in beta.chunks(users).enumerate() {
            gain.push(beta.iter().map(|b| Ball::real(*b) * energies.1).collect());
            let of = |k: usize| {
                let heard =
                    sum((0..users).map(|j| square(0, k, j) * beta[j])) * energies.0 + 1.0.into();
                let gamma = match known.get(m * users + k) {
                    Some(gamma) => Ball::real(*gamma),
                    None => (Ball::real(beta[k]) * beta[k] * energies.0).over(heard)?,
                };
                if gamma.re <= 0.0 {
                    return Err(Refused::NotHere("channels without an estimate".to_owned()));
                }
                Ok(gamma * energies.1)
            };
            estimate.push((0..users).map(of).collect::<Outcome<_>>()?);
        }
        let overlap = |at: usize| {
            if at / users == at % users { 0.0 } else { square(1, at / users, at % users).re }
        };
        let share = |k: usize| {
            Ok(sum(gain
                .iter()
                .zip(&estimate)
                .map(|(g, e)| e[k].over(g[k]))
                .collect::<Outcome<Vec<_>>>()?))
        };
        let limit = read.number("crb_limit_m2").ok();
        let echoes = if limit.is_some() { echoes(read, users, gain.len())? } else { Vec::new() };
        Ok(Self {
            shares: (0..users).map(share).collect::<Outcome<_>>()?,
            overlap: (0..users * users).map(overlap).collect(),
            energy: energies.1,
            gain,
            estimate,
            limit,
            echoes,
        })
    }

    /// θ of a user whose error is below the level.
    fn ceiling(&self, k: usize, level: f64) -> f64 {
        ((Ball::real(1.0) + self.shares[k]) * level).upper()
    }

    /// Whether no allocation with θ in the intervals has all errors below the level and all bounds within the limit.
    fn reaches_nothing(&self, level: f64, part: &Part<'_>) -> Outcome<bool> {
        let users = part.low.len();
        if (0..users).any(|k| part.low[k] >= self.ceiling(k, level)) {
            return Ok(true);
        }
        // The envelope p a + q b of ab/(a + b).
        let one = Ball::real(1.0);
        let p: Vec<Ball> = (0..users).map(|k| Ball::real(part.low[k]) * part.high[k]).collect();
        let q: Vec<Ball> =
            (0..users).map(|k| (one - part.low[k].into()) * (one - part.high[k].into())).collect();
        let mut gained = sum((0..users).map(|k| q[k] * part.error[k]));
        if let Some(limit) = self.limit {
            let of = |k: usize| {
                ((Ball::real(part.inverse[3 * k]) + part.inverse[3 * k + 1].into()) * 2.0
                    - limit.into())
                    * part.crb[k]
            };
            gained = gained + sum((0..users).map(of));
        }
        if gained.lower() <= 0.0 {
            return Ok(false);
        }
        // Prices of power may be scaled until nothing is owed.
        let scale = gained.over(sum(part.power.iter().map(|p| Ball::real(*p))))?;
        for k in 0..users {
            let own = Ball::real(part.error[k]) * level;
            let mut spent = Ball::ZERO;
            for (m, gain) in self.gain.iter().enumerate() {
                let own_cost = scale * part.power[m] + gain[k] * (p[k] * part.error[k]);
                let cost = own_cost + self.cost_beside(part, &q, (k, m));
                // Σ c x − u((Σ √(g x))² + Σ b x) ≥ 0 for all x ≥ 0, by Cauchy and Schwarz.
                let left = cost - gain[k] * own;
                if left.re - left.rad <= 0.0 {
                    return Ok(false);
                }
                spent = spent + self.estimate[m][k].over(left)?;
            }
            if (own * spent).upper() > 1.0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What the energy of point `m` for user `k` costs the others, less what it tells of the user's place.
    fn cost_beside(&self, part: &Part<'_>, q: &[Ball], (k, m): (usize, usize)) -> Ball {
        let users = part.low.len();
        let mut cost = Ball::ZERO;
        if self.limit.is_some() {
            let [xx, yy, xy] = [0, 1, 2].map(|i| Ball::real(part.inverse[3 * k + i]));
            let squares = [xx * xx + xy * xy, yy * yy + xy * xy, (xx * xy + xy * yy) * 2.0];
            let heard = sum(squares.iter().zip(&self.echoes[k][m]).map(|(a, b)| *a * *b));
            cost = cost - heard * self.energy * part.crb[k];
        }
        for j in (0..users).filter(|j| *j != k) {
            let overlap = Ball {
                rad: 8.0 * U * self.overlap[j * users + k],
                ..self.overlap[j * users + k].into()
            };
            cost = cost + self.gain[m][j] * overlap * (q[j] * part.error[j]);
        }
        cost
    }
}

fn echoes(read: &Read<'_>, users: usize, points: usize) -> Outcome<Vec<Vec<[Ball; 3]>>> {
    if !read.instance["information"].is_null() {
        return Err(Refused::NotHere("given information".to_owned()));
    }
    let (place, user) = (read.array("point_m")?, read.array("user_m")?);
    if place.len() != 2 * points || user.len() != 2 * users {
        return unproven("places do not fit");
    }
    let pi = Ball { re: std::f64::consts::PI, im: 0.0, rad: 4.0 * U };
    let (light, band) = (Ball::real(LIGHT_M_S), Ball::real(read.number("effective_bandwidth_hz")?));
    let wave = light.over(read.number("frequency_hz")?.into())?;
    let common = (wave * wave * read.number("cross_section_m2")?).over(pi * pi * pi * 64.0)?;
    let common = (common * pi * pi * 8.0 * band * band).over(light * light)?;
    let mut out = Vec::new();
    for user in user.chunks(2) {
        let ways = place.chunks(2).map(|place| way(place, user)).collect::<Outcome<Vec<_>>>()?;
        let of = |(x, y, weight): &(Ball, Ball, Ball)| {
            let mut total = [Ball::ZERO; 3];
            for (x2, y2, other) in &ways {
                let (u, v, w) = (*x + *x2, *y + *y2, common * *weight * *other);
                let parts = [w * u * u, w * v * v, w * u * v];
                total = [0, 1, 2].map(|i| total[i] + parts[i]);
            }
            total
        };
        out.push(ways.iter().map(of).collect());
    }
    Ok(out)
}

/// Direction from a user to a point, and what is left of power there and back.
fn way(place: &[f64], user: &[f64]) -> Outcome<(Ball, Ball, Ball)> {
    let away = [0, 1].map(|i| Ball::real(place[i]) - user[i].into());
    let square = away[0] * away[0] + away[1] * away[1];
    let distance = square.sqrt()?;
    let weight = Ball::real(1.0).over(Ball { re: square.re.max(1.0), ..square })?;
    Ok((away[0].over(distance)?, away[1].over(distance)?, weight))
}
