//! Cell-free networks: the boxes of [`beamforming`](crate::beamforming) with a power and a price of each access point, and
//! interference that errors of estimation add; errors of beampatterns by tangents.

use crate::ball::{Ball, Matrix, U, UP, below, largest, sum};
use crate::beamforming::{chord, pair};
use crate::cover::covers;
use crate::{Outcome, Read, Refused, unproven};

pub(crate) fn check(read: &Read<'_>, value: f64) -> Outcome<usize> {
    let (users, aps, antennas) = shape(read)?;
    if !read.upper {
        let patterns = patterns(read, antennas)?;
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
    if !read.has("t") {
        return Err(Refused::NotHere("bounds without multipliers".to_owned()));
    }
    if users == 0 {
        return Err(Refused::NotHere("rates of networks without users".to_owned()));
    }
    boxes(read, value, (users, aps, antennas))
}

fn shape(read: &Read<'_>) -> Outcome<(usize, usize, usize)> {
    let length = |list: &serde_json::Value| list.as_array().map_or(0, Vec::len);
    let channels = &read.instance["channels"];
    let (users, aps, mut antennas) =
        (length(channels), length(&channels[0]), length(&channels[0][0]));
    if users == 0 {
        antennas = read.number("antennas")? as usize;
    }
    if antennas == 0 || read.array("channels")?.len() != 2 * users * aps * antennas {
        return unproven("the channels do not fit");
    }
    Ok((users, aps, antennas))
}

/// What users hear with every access point at a power of one.
struct Heard {
    /// Through the estimated channel of each user, and in all with what errors of estimation add.
    own: Vec<Matrix>,
    every: Vec<Matrix>,
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
        self.every.push(theta);
        self.own.push(outer(h, 1.0));
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
    let heard = Heard::read(read, (users, aps, antennas))?;
    // Under a limit on the error, who senses sends at full power; otherwise nobody sends more.
    let limit = (read.scheme == "balanced").then(|| read.number("max_error").ok()).flatten();
    let patterns = if limit.is_some() { patterns(read, antennas)? } else { Vec::new() };
    let count = read.length("low") / users;
    let list = |name: &str| read.list(name, count * users);
    let (low, high) = (list("low")?, list("high")?);
    let price = if read.length("error_price") > 0 {
        read.list("error_price", read.length("error_price"))?[0]
    } else {
        0.0
    };
    if price < 0.0 || price > 0.0 && patterns.is_empty() {
        return unproven("a price of a limit that there is not");
    }
    let each = if price > 0.0 { (2 * antennas - 1) * patterns.len() } else { 0 };
    let leaves = Leaves {
        heard: &heard,
        patterns: &patterns,
        sizes: (users, aps, antennas),
        ends: (&low, &high, &list("chord_low")?, &list("chord_high")?),
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
    let nats = (Ball::real(value) * Ball::real(2.0).ln()?).lower();
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
    /// Of boxes, and of those whose chords prove them.
    ends: (&'a [f64], &'a [f64], &'a [f64], &'a [f64]),
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
        let size = aps * antennas;
        let mut shared = Matrix::of(size, size, |i, j| {
            if i == j { Ball::real(-prices[i / antennas]) } else { Ball::ZERO }
        });
        let (of_users, slopes) = self.chords(leaf, &mut shared)?;
        let constant = of_users + self.tangents(leaf, &mut shared)?;
        let reach = self.reach(prices, constant, nats)?;
        let each = (0..users).map(|k| shared.plus(&self.heard.own[k].scaled(slopes[k].into())));
        for matrix in each.chain([shared.clone()]) {
            if !below(reach, &matrix) {
                return unproven(format!(
                    "a matrix of box {leaf} is not proven to be positive semidefinite"
                ));
            }
        }
        Ok(())
    }

    /// Constants of the chords and logarithms of a box, and slopes of its chords.
    fn chords(&self, leaf: usize, shared: &mut Matrix) -> Outcome<(Ball, Vec<f64>)> {
        let users = self.sizes.0;
        let (low, high, from, to) = self.ends;
        let (mut constant, mut slopes) = (Ball::ZERO, Vec::with_capacity(users));
        for (k, heard) in self.heard.every.iter().enumerate() {
            let at = leaf * users + k;
            if !(from[at] <= low[at] && high[at] <= to[at]) {
                return unproven("a box is not inside the one whose chords prove it");
            }
            let (slope, offset) = chord(from[at], to[at])?;
            let rest = Ball::real(self.t[at]) - slope.into();
            constant = constant + rest - Ball::real(self.t[at]).ln()? - 1.0.into() + offset.into();
            *shared = shared.plus(&heard.scaled(rest));
            slopes.push(slope);
        }
        Ok((constant, slopes))
    }

    /// −μ(S − δ) is concave: its tangent lies above it, and S is of degree two.
    fn tangents(&self, leaf: usize, shared: &mut Matrix) -> Outcome<Ball> {
        let (antennas, each) = (self.sizes.2, self.each);
        let mut constant = Ball::ZERO;
        let lags = self.lags[leaf * each..(leaf + 1) * each].chunks(2 * antennas - 1);
        for (pattern, lags) in self.patterns.iter().zip(lags) {
            let (error, slope) = pattern.tangent(lags);
            let share = Ball::real(self.price).over((self.patterns.len() as f64).into())?;
            constant = constant + share * (error + self.limit.into());
            add_block(shared, pattern.ap, antennas, &slope, |entry, x| entry - x * share);
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

/// The error of one access point's beampattern, the mean of `(b − ηP)²` with the best η, of `b_i = a_iᴴ Z a_i`.
struct Pattern {
    ap: usize,
    antennas: usize,
    ideal: Vec<bool>,
    /// Of every angle, the phase from one antenna to the next.
    phase: Vec<Ball>,
}

fn patterns(read: &Read<'_>, antennas: usize) -> Outcome<Vec<Pattern>> {
    let (at, targets) = (read.array("sensing_ap")?, read.array("target_rad")?);
    let (count, half) = (read.number("grid_points")?, read.number("window_rad")? / 2.0 + 1e-9);
    let pi = std::f64::consts::PI;
    let mut places: Vec<usize> = at.iter().map(|m| *m as usize).collect();
    places.sort_unstable();
    places.dedup();
    let spacing = read.number("spacing")?;
    let angle = |n: usize| -pi / 2.0 + pi * n as f64 / (count - 1.0);
    let of = |ap: usize| {
        let aims: Vec<f64> =
            at.iter().zip(&targets).filter(|(m, _)| **m as usize == ap).map(|(_, t)| *t).collect();
        let phase = |n: usize| {
            let sine = Ball { re: angle(n).sin(), im: 0.0, rad: 12.0 * U * pi };
            Ball { re: 2.0 * pi, im: 0.0, rad: 4.0 * U * pi } * spacing * sine
        };
        let ideal = |n: usize| aims.iter().any(|target| (angle(n) - target).abs() <= half);
        let all = 0..count as usize;
        Pattern {
            ap,
            antennas,
            ideal: all.clone().map(ideal).collect(),
            phase: all.map(phase).collect(),
        }
    };
    Ok(places.into_iter().map(of).collect())
}

impl Pattern {
    /// `(E₀, G)` with `E(Z) ≥ ⟨G, Z⟩ − E₀` for every Z, at the pattern of these lags: Σ Z_ii, then the real and the negative
    /// imaginary parts of Σ_i Z_(i+l, i).
    fn tangent(&self, lags: &[f64]) -> (Ball, Matrix) {
        let n = self.antennas;
        // Any b will do, so that how it was rounded does not matter; what follows from it does.
        let value = |phase: &Ball| {
            let term = |l: usize| {
                (phase.re * l as f64).cos() * lags[l]
                    - (phase.re * l as f64).sin() * lags[n - 1 + l]
            };
            lags[0] + 2.0 * (1..n).map(term).sum::<f64>()
        };
        let b: Vec<f64> = self.phase.iter().map(value).collect();
        let inside = self.ideal.iter().filter(|x| **x).count() as f64;
        let lit = sum(b.iter().zip(&self.ideal).filter(|(_, x)| **x).map(|(b, _)| Ball::real(*b)));
        let scale = lit.over(inside.into()).unwrap_or(Ball::ZERO);
        let left: Vec<Ball> = b
            .iter()
            .zip(&self.ideal)
            .map(|(b, x)| if *x { Ball::real(*b) - scale } else { Ball::real(*b) })
            .collect();
        let share = Ball { re: 1.0 / b.len() as f64, im: 0.0, rad: U };
        let lag = |l: usize| {
            sum(left.iter().zip(&self.phase).map(|(x, phase)| *x * (*phase * l as f64).turned()))
                * share
                * 2.0
        };
        let sums: Vec<Ball> = (0..n).map(lag).collect();
        let slopes = Matrix::of(n, n, |i, j| if i >= j { sums[i - j] } else { sums[j - i].conj() });
        (sum(left.iter().map(|x| x.square())) * share, slopes)
    }
}
