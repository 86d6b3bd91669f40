//! Cell-free networks: the boxes of [`beamforming`](crate::beamforming) with a power and a price of each access point, and
//! interference that errors of estimation add; errors of beampatterns by tangents.

use crate::ball::{Ball, Matrix, UP, largest, sum};
use crate::cover::covers;
use crate::packed::{Packed, below_all};
use crate::patterns::{Pattern, patterns};
use crate::planes::{chord, envelope, pair};
use crate::{Outcome, Read, Refused, unproven};

pub(crate) fn check(read: &Read<'_>, value: f64) -> Outcome<usize> {
    if read.upper && !read.has("t") {
        return Err(Refused::NotHere("bounds without multipliers".to_owned()));
    }
    if read.has("t") && read.rows("channels") == 0 {
        return Err(Refused::NotHere("rates of networks without users".to_owned()));
    }
    let (users, aps, antennas) = shape(read)?;
    if !read.has("t") {
        read.lists_are(&["lags"])?;
        let patterns = patterns(read, (aps, antennas))?;
        let lags = read.list("lags", (2 * antennas - 1) * patterns.len())?;
        let mut total = Ball::ZERO;
        for (pattern, lags) in patterns.iter().zip(lags.chunks(2 * antennas - 1)) {
            // E(Z) ≥ ⟨G, Z⟩ − E₀ ≥ λ_min(G) − E₀ for signals of power one: |G| + λ_min(G) by the largest of |G| − G.
            let (error, slopes) = pattern.tangent(lags);
            let size = 2.0
                * (0..antennas)
                    .map(|j| slopes.at(0, j).re.abs() + slopes.at(0, j).im.abs())
                    .sum::<f64>();
            let turned = Matrix::of(antennas, antennas, |i, j| {
                if i == j { Ball::real(size) - slopes.at(i, j) } else { -slopes.at(i, j) }
            });
            total = total
                + Ball::real(
                    (Ball::real(size) - largest(&turned)?.into() - error).lower().max(0.0),
                );
        }
        let mean = total.over((patterns.len() as f64).into())?.lower();
        return if mean >= value {
            Ok(patterns.len())
        } else {
            unproven("the tangents do not reach the value")
        };
    }
    boxes(read, value, (users, aps, antennas))
}

fn shape(read: &Read<'_>) -> Outcome<(usize, usize, usize)> {
    let length = |list: &serde_json::Value| list.as_array().map_or(0, Vec::len);
    let channels = &read.instance["channels"];
    let (users, mut aps, mut antennas) =
        (length(channels), length(&channels[0]), length(&channels[0][0]));
    if users == 0 {
        // an empty list of channels says nothing of either
        aps = read.rows("power_over_noise");
        antennas = read.count("antennas", 1..1_000_000)?;
    }
    if antennas == 0 || read.array("channels")?.len() != 2 * users * aps * antennas {
        return unproven("the channels do not fit");
    }
    Ok((users, aps, antennas))
}

/// What users hear with every access point at a power of one.
struct Heard {
    /// Through the estimated channel of each user, and in all with what errors of estimation add.
    own: Vec<Vec<Ball>>,
    every: Vec<Packed>,
    /// The least and the most that a user can receive, noise of power one included.
    least: Vec<f64>,
    most: Vec<f64>,
}

impl Heard {
    fn read(read: &Read<'_>, (users, aps, antennas): (usize, usize, usize)) -> Outcome<Self> {
        let size = aps * antennas;
        let power = read.array("power_over_noise")?;
        let (channels, blocks) = (read.array("channels")?, read.array("error_blocks")?);
        let (factors, weights) = (read.array("error_factors")?, read.array("error_weights")?);
        let rank = weights.len() / users;
        if power.len() != aps
            || power.iter().any(|p| *p <= 0.0)
            || blocks.len() != 2 * users * size * antennas
            || factors.len() != 2 * rank * users * size
        {
            return unproven("powers and estimation errors do not fit");
        }
        let budget: Vec<Ball> =
            power.iter().map(|p| Ball::real(*p).sqrt()).collect::<Outcome<_>>()?;
        let column = |list: &[f64], at: usize| {
            (0..size).map(|n| pair(list, at * size + n) * budget[n / antennas]).collect::<Vec<_>>()
        };
        let mut heard =
            Self { own: Vec::new(), every: Vec::new(), least: Vec::new(), most: Vec::new() };
        for k in 0..users {
            let h = column(&channels, k);
            let scaled: Vec<Matrix> = (0..aps)
                .map(|m| {
                    let at = (k * aps + m) * antennas * antennas;
                    let entry = |i, j| pair(&blocks, at + i * antennas + j);
                    Matrix::of(antennas, antennas, |i, j| entry(i, j) * budget[m] * budget[m])
                })
                .collect();
            let factors: Vec<_> =
                (k * rank..(k + 1) * rank).map(|at| (weights[at], column(&factors, at))).collect();
            heard.push(&h, &scaled, &factors, antennas)?;
        }
        Ok(heard)
    }

    /// One more user: its channel, blocks of its error, and factors of it.
    fn push(
        &mut self,
        h: &[Ball],
        blocks: &[Matrix],
        factors: &[(f64, Vec<Ball>)],
        antennas: usize,
    ) -> Outcome<()> {
        let (mut through, mut under) = (Ball::real(1.0), Ball::ZERO);
        let mut theta = outer(h, 1.0);
        for (m, block) in blocks.iter().enumerate() {
            through = through + largest(block)?.into();
            under =
                under + largest(&Matrix::of(antennas, antennas, |i, j| -block.at(i, j)))?.into();
            add_block(&mut theta, m, antennas, block, |entry, x| entry + x);
        }
        for (weight, f) in factors {
            let spread = amplitude(f, antennas)?.square() * weight.abs();
            if *weight > 0.0 {
                through = through + spread;
            } else {
                under = under + spread;
            }
            theta = theta.plus(&outer(f, *weight));
        }
        self.least.push((Ball::real(1.0) - under).lower());
        self.most.push((through + amplitude(h, antennas)?.square()).upper());
        self.every.push(Packed::of(&theta));
        self.own.push(h.to_vec());
        Ok(())
    }
}

/// Change the block of access point `m` of a matrix over all of them by the entries of another.
fn add_block(
    whole: &mut Matrix,
    m: usize,
    antennas: usize,
    block: &Matrix,
    change: impl Fn(Ball, Ball) -> Ball,
) {
    let size = whole.entries.len().isqrt();
    for (at, x) in block.entries.iter().enumerate() {
        let place = (m * antennas + at / antennas) * size + m * antennas + at % antennas;
        whole.entries[place] = change(whole.entries[place], *x);
    }
}

fn boxes(
    read: &Read<'_>,
    value: f64,
    (users, aps, antennas): (usize, usize, usize),
) -> Outcome<usize> {
    let joint = ["error_price", "high", "lags", "low", "price", "slope", "t"];
    let older = ["chord_high", "chord_low", "error_price", "high", "lags", "low", "price", "t"];
    read.lists_are(if read.has("slope") { &joint } else { &older })?;
    let heard = Heard::read(read, (users, aps, antennas))?;
    // Under a limit on the error, who senses sends at full power; otherwise nobody sends more. Beams with a smaller
    // error than the value have a smaller rate than is required if none within it have more.
    let balanced = read.scheme == "balanced";
    let (limit, most) = if read.upper {
        (balanced.then(|| read.number("max_error").ok()).flatten(), value)
    } else {
        (balanced.then_some(value), read.number("min_rate_bps_hz")?)
    };
    if !read.upper && (limit.is_none() || most <= 0.0) {
        return unproven("no rate is required");
    }
    let patterns = if limit.is_some() { patterns(read, (aps, antennas))? } else { Vec::new() };
    let count = read.length("low") / users;
    let list = |name: &str| read.list(name, count * users);
    let (low, high) = (list("low")?, list("high")?);
    // proofs of earlier versions have the chords of a box around each
    let chords = !read.has("slope");
    let price = read.list("error_price", 1)?[0];
    if price < 0.0 || price > 0.0 && patterns.is_empty() || !read.upper && price <= 0.0 {
        return unproven("a price of a limit that there is not");
    }
    let each = if price > 0.0 { (2 * antennas - 1) * patterns.len() } else { 0 };
    let leaves = Leaves {
        heard: &heard,
        patterns: &patterns,
        sizes: (users, aps, antennas),
        ends: (&low, &high),
        slopes: &if chords { Vec::new() } else { list("slope")? },
        outer: &if chords { (list("chord_low")?, list("chord_high")?) } else { Default::default() },
        t: &list("t")?,
        prices: &read.list("price", count * aps)?,
        price,
        limit: limit.unwrap_or(0.0),
        lags: &if each > 0 { read.list("lags", count * each)? } else { Vec::new() },
        each,
    };
    let corners: Vec<_> = (0..count)
        .map(|b| b * users..(b + 1) * users)
        .map(|at| (&low[at.clone()], &high[at]))
        .collect();
    if count == 0 || !covers(&corners, heard.least.clone(), heard.most.clone()) {
        return unproven("the boxes leave something uncovered");
    }
    let nats = (Ball::real(most) * Ball::real(2.0).ln()?).lower();
    for leaf in 0..count {
        leaves.proves(leaf, nats)?;
    }
    Ok(count)
}

/// Boxes with their multipliers.
struct Leaves<'a> {
    heard: &'a Heard,
    patterns: &'a [Pattern],
    sizes: (usize, usize, usize),
    ends: (&'a [f64], &'a [f64]),
    /// λ of the planes above rates, or the boxes whose chords have that slope.
    slopes: &'a [f64],
    outer: &'a (Vec<f64>, Vec<f64>),
    t: &'a [f64],
    prices: &'a [f64],
    price: f64,
    limit: f64,
    lags: &'a [f64],
    /// Numbers of `lags` in a box.
    each: usize,
}

impl Leaves<'_> {
    /// That no beams of a box have a sum above `nats`.
    fn proves(&self, leaf: usize, nats: f64) -> Outcome<()> {
        let (users, aps, antennas) = self.sizes;
        let prices = &self.prices[leaf * aps..(leaf + 1) * aps];
        let mut shared = Packed::zeros(aps * antennas);
        for (m, price) in prices.iter().enumerate() {
            shared.add_diagonal(m * antennas..(m + 1) * antennas, -price);
        }
        let (of_users, slopes) = self.planes(leaf, &mut shared)?;
        let constant = of_users + self.tangents(leaf, &mut shared)?;
        let reach = self.reach(prices, constant, nats)?;
        let each: Vec<(f64, &[Ball])> =
            (0..users).map(|k| (slopes[k], &self.heard.own[k][..])).collect();
        if below_all(reach, &shared, &each) {
            return Ok(());
        }
        unproven(format!("a matrix of box {leaf} is not proven to be positive semidefinite"))
    }

    /// Constants of the planes above the rates of a box, and their slopes.
    fn planes(&self, leaf: usize, shared: &mut Packed) -> Outcome<(Ball, Vec<f64>)> {
        let users = self.sizes.0;
        let (mut constant, mut slopes) = (Ball::ZERO, Vec::with_capacity(users));
        for (k, heard) in self.heard.every.iter().enumerate() {
            let at = leaf * users + k;
            let (slope, offset) = self.plane(at)?;
            let rest = Ball::real(self.t[at]) - slope.into();
            constant = constant + rest - Ball::real(self.t[at]).ln()? - 1.0.into() + offset.into();
            shared.add(heard, rest);
            slopes.push(slope);
        }
        Ok((constant, slopes))
    }

    fn plane(&self, at: usize) -> Outcome<(f64, f64)> {
        let (low, high) = (self.ends.0[at], self.ends.1[at]);
        if let Some(slope) = self.slopes.get(at) {
            return Ok((*slope, envelope((low, high), self.t[at], *slope)?));
        }
        let (from, to) = (self.outer.0[at], self.outer.1[at]);
        if !(from <= low && high <= to) {
            return unproven("a box is not inside the one whose chords prove it");
        }
        chord(from, to)
    }

    /// −μ(S − δ) is concave: its tangent lies above it, and S is of degree two.
    fn tangents(&self, leaf: usize, shared: &mut Packed) -> Outcome<Ball> {
        let (antennas, each) = (self.sizes.2, self.each);
        let mut constant = Ball::ZERO;
        let lags = self.lags[leaf * each..(leaf + 1) * each].chunks(2 * antennas - 1);
        for (pattern, lags) in self.patterns.iter().zip(lags) {
            let (error, slope) = pattern.tangent(lags);
            let share = Ball::real(self.price).over((self.patterns.len() as f64).into())?;
            constant = constant + share * (error + self.limit.into());
            shared.add_block(pattern.ap * antennas, &Packed::of(&slope), -share);
        }
        Ok(constant)
    }

    /// The largest τ with constant + Σ (ν + τ) ≤ value, clipped at zero where nobody has to send.
    fn reach(&self, prices: &[f64], constant: Ball, nats: f64) -> Outcome<f64> {
        let senses = |m: usize| self.patterns.iter().any(|pattern| pattern.ap == m);
        let worth = |tau: f64| {
            let each = prices.iter().enumerate().map(|(m, p)| {
                let sum = Ball::real(*p) + tau.into();
                if senses(m) || sum.re > 0.0 { sum } else { Ball { re: 0.0, ..sum } }
            });
            (constant + sum(each)).upper()
        };
        let reach =
            prices.iter().map(|p| p.abs()).sum::<f64>() + nats.abs() + constant.re.abs() + 1.0;
        let (mut under, mut over) = (-reach, reach);
        for _ in 0..100 {
            let middle = 0.5 * (under + over);
            if worth(middle) <= nats { under = middle } else { over = middle }
        }
        if worth(under) > nats {
            return unproven("the constant part is above the value already");
        }
        Ok(under)
    }
}

/// `weight · f fᴴ`.
fn outer(f: &[Ball], weight: f64) -> Matrix {
    Matrix::of(f.len(), f.len(), |i, j| f[i] * f[j].conj() * weight)
}

/// `Σ_m ‖h_m‖`, which is what reaches a user when every access point sends at full power.
fn amplitude(h: &[Ball], antennas: usize) -> Outcome<Ball> {
    let mut total = Ball::ZERO;
    for part in h.chunks(antennas) {
        let square = sum(part.iter().map(|x| x.square()));
        let most = square.upper().max(0.0).sqrt() * UP;
        total = total + Ball::real(most);
    }
    Ok(total)
}
