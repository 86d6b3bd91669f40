//! Reflecting surfaces: of every deployment the Lagrangian dual of rate, power and light, whatever the phases are
//! (`docs/proofs.md`). Two Hermitian forms over phases are bounded by multipliers of their moduli.

use std::f64::consts::PI;

use crate::ball::{Ball, Matrix, U, sum};
use crate::forms::{bounded, eliminated, lifted};
use crate::{Outcome, Read, Refused, unproven};

/// What is asked for: which deployments count, and whether light is.
pub(crate) struct Asked<'a> {
    pub(crate) select: &'a str,
    pub(crate) requirement: &'a str,
}

/// What all deployments share.
struct Scene {
    sites: Vec<Site>,
    elements: Elements,
    transmit: usize,
    receive: usize,
    power: f64,
    noise: f64,
    /// c₀/ε times the gains of the echo that depend on the deployment; none where nothing is required.
    required: Option<Ball>,
    exact_paths: bool,
    /// Whether user and target are one place.
    tied: bool,
}

enum Elements {
    Each(Vec<f64>),
    Shared(f64),
}

struct Site {
    /// ρ² to base station, user and target.
    base: Ball,
    user: Ball,
    target: Ball,
    /// Spatial frequencies at base station and user.
    departure: Ball,
    arrival: Ball,
}

pub(crate) fn check(read: &Read<'_>, asked: &Asked<'_>, value: f64) -> Outcome<usize> {
    if read.scheme != "full-covariance" || !read.has("lifted") {
        return Err(Refused::NotHere("bounds of other signals than any covariance".to_owned()));
    }
    if !["illumination", "exact-bound"].contains(&asked.requirement) {
        return unproven("it is not said what is required");
    }
    let scene = Scene::read(read)?;
    let deployments = scene.deployments(asked.select)?;
    let apart = ["between", "lifted", "light", "paths", "power", "raised", "sensing"];
    read.lists_are(if scene.tied { &apart[1..] } else { &apart })?;
    let each = |power: i32| -> usize {
        deployments.iter().map(|sites| sites.len().pow(power as u32)).sum()
    };
    let between = if scene.tied { 0 } else { each(1) };
    let lists = Lists {
        power: &read.list("power", deployments.len())?,
        sensing: &read.list("sensing", deployments.len())?,
        raised: &read.list("raised", deployments.len())?,
        light: &read.list("light", each(1))?,
        paths: &read.list("paths", each(1))?,
        between: &if between > 0 { read.list("between", between)? } else { Vec::new() },
        lifted: &read.list("lifted", 2 * each(2))?,
    };
    let nats = (Ball::real(value) * Ball::real(2.0).ln()?).lower();
    let (mut at, mut square) = (0, 0);
    for (index, sites) in deployments.iter().enumerate() {
        let k = sites.len();
        let one = lists.of(index, at..at + k, square..square + 2 * k * k);
        (at, square) = (at + k, square + 2 * k * k);
        let required = scene.required.filter(|_| asked.requirement == "illumination");
        if !scene.exceeded_nowhere(sites, &one, required, nats)? {
            return unproven(format!("deployment {sites:?} may exceed the value"));
        }
    }
    Ok(deployments.len())
}

struct Lists<'a> {
    power: &'a [f64],
    sensing: &'a [f64],
    raised: &'a [f64],
    light: &'a [f64],
    paths: &'a [f64],
    between: &'a [f64],
    lifted: &'a [f64],
}

/// The numbers of one deployment.
struct One<'a> {
    power: f64,
    sensing: f64,
    raised: f64,
    light: &'a [f64],
    paths: &'a [f64],
    between: &'a [f64],
    lifted: &'a [f64],
}

impl<'a> Lists<'a> {
    fn of(
        &self,
        index: usize,
        at: std::ops::Range<usize>,
        square: std::ops::Range<usize>,
    ) -> One<'a> {
        One {
            power: self.power[index],
            sensing: self.sensing[index],
            raised: self.raised[index],
            light: &self.light[at.clone()],
            paths: &self.paths[at.clone()],
            between: if self.between.is_empty() { &[] } else { &self.between[at] },
            lifted: &self.lifted[square],
        }
    }
}

fn point(list: &[f64], at: usize) -> [Ball; 2] {
    [Ball::real(list[2 * at]), Ball::real(list[2 * at + 1])]
}

impl Scene {
    fn read(read: &Read<'_>) -> Outcome<Self> {
        let (sites, axes) = (read.array("site_m")?, read.array("site_axis")?);
        let pair = |name: &str| -> Outcome<Vec<f64>> {
            let found = read.array(name)?;
            if found.len() == 2 { Ok(found) } else { unproven(format!("'{name}' is no point")) }
        };
        let (base, user, target) = (pair("base_m")?, pair("user_m")?, pair("target_m")?);
        let (base_axis, user_axis) = (pair("base_axis")?, pair("user_axis")?);
        let count = sites.len() / 2;
        if count == 0 || sites.len() % 2 == 1 || axes.len() != sites.len() {
            return unproven("the sites do not fit");
        }
        let loss = (read.number("reference_gain")?, read.number("path_loss_exponent")?);
        let ends = Ends { base, user, target, base_axis, user_axis, loss };
        let each = read.array("elements")?;
        let elements = if each.is_empty() {
            Elements::Shared(read.number("shared_elements")?)
        } else {
            Elements::Each(each)
        };
        if matches!(&elements, Elements::Each(each) if each.len() != count) {
            return unproven("the elements do not fit");
        }
        let whole = |name: &str| -> Outcome<usize> {
            let found = read.number(name)?;
            let fits = found >= 1.0 && found.fract() == 0.0 && found < 1e6;
            if fits { Ok(found as usize) } else { unproven(format!("'{name}' is no count")) }
        };
        let scene = Self {
            sites: (0..count).map(|i| ends.site(point(&sites, i))).collect::<Outcome<_>>()?,
            elements,
            transmit: whole("transmit_antennas")?,
            receive: whole("user_antennas")?,
            power: read.number("power_w")?,
            noise: read.number("user_noise_w")?,
            required: requirement(read, whole("sensors")? as f64)?,
            exact_paths: read.number("exact_paths")? != 0.0,
            tied: ends.user == ends.target,
        };
        let positive = scene.power > 0.0 && scene.noise > 0.0;
        if positive { Ok(scene) } else { unproven("a power is not positive") }
    }

    fn count(&self, site: usize, built: usize) -> f64 {
        match &self.elements {
            Elements::Each(each) => each[site],
            Elements::Shared(total) => (total / built as f64).floor(),
        }
    }

    /// The deployments that count, in the order of documents: the first site in all, one bit for each other.
    fn deployments(&self, select: &str) -> Outcome<Vec<Vec<usize>>> {
        let others = self.sites.len() - 1;
        let found: Vec<Vec<usize>> = match select {
            "all" => vec![(0..=others).collect()],
            "single" => vec![vec![0]],
            "best" if others < 16 => (0..1_usize << others)
                .map(|mask| {
                    let beyond = (0..others).filter(|i| mask >> i & 1 == 1).map(|i| i + 1);
                    std::iter::once(0).chain(beyond).collect()
                })
                .collect(),
            _ => return unproven("it is not said which deployments the bound is about"),
        };
        let built = |sites: &Vec<usize>| sites.iter().all(|s| self.count(*s, sites.len()) >= 1.0);
        Ok(found.into_iter().filter(built).collect())
    }

    /// Gains a_k N_k², weights b_k N_k² and the light that is required.
    fn numbers(
        &self,
        sites: &[usize],
        required: Option<Ball>,
    ) -> Outcome<(Vec<Ball>, Vec<Ball>, Option<Ball>)> {
        let of = |s: &usize| &self.sites[*s];
        let strongest = sites
            .iter()
            .map(|s| of(s).target)
            .reduce(|a, b| Ball { re: a.re.max(b.re), im: 0.0, rad: a.rad.max(b.rad) })
            .unwrap_or(Ball::ZERO);
        let (mut gains, mut weights) = (Vec::new(), Vec::new());
        for s in sites {
            let square = Ball::real(self.count(*s, sites.len())).square();
            let both = Ball::real((self.transmit * self.receive) as f64);
            gains.push((both * of(s).base * of(s).user * square).over(self.noise.into())?);
            let relative =
                if self.exact_paths { of(s).target.over(strongest)? } else { Ball::real(1.0) };
            weights.push(Ball::real(self.transmit as f64) * of(s).base * relative * square);
        }
        let required = match required {
            Some(c) => Some(c.over(of(&sites[0]).target * strongest)?),
            None => None,
        };
        Ok((gains, weights, required))
    }

    fn gram(&self, sites: &[usize], antennas: usize, of: fn(&Site) -> Ball) -> Matrix {
        let k = sites.len();
        let share = Ball { re: 1.0 / antennas as f64, im: 0.0, rad: U };
        let mut entries = vec![Ball::real(1.0); k * k];
        for i in 0..k {
            for j in 0..i {
                let apart = of(&self.sites[sites[i]]) - of(&self.sites[sites[j]]);
                let pi = Ball { re: PI, im: 0.0, rad: 2.0 * U * PI };
                let step = pi * apart;
                let centre = (antennas as f64 - 1.0) / 2.0;
                let term = |n: usize| (step * (n as f64 - centre)).turned();
                // the imaginary parts of a centred array cancel
                let total = sum((0..antennas).map(|n| Ball { im: 0.0, ..term(n) })) * share;
                (entries[i * k + j], entries[j * k + i]) = (total, total);
            }
        }
        Matrix { rows: k, cols: k, entries }
    }

    /// The matrices of some sites.
    fn built(&self, sites: &[usize], raised: f64, required: Option<Ball>) -> Outcome<Built> {
        let k = sites.len();
        let (gains, weights, required) = self.numbers(sites, required)?;
        let roots = |list: &[Ball]| list.iter().map(|x| x.sqrt()).collect::<Outcome<Vec<_>>>();
        let (amplitude, lit) = (roots(&gains)?, roots(&weights)?);
        let user = self.gram(sites, self.receive, |site| site.arrival);
        let mut base = self.gram(sites, self.transmit, |site| site.departure);
        for i in 0..k {
            base.entries[i * k + i] = base.at(i, i) + raised.into();
        }
        Ok(Built {
            channel: Matrix::of(k, k, |i, j| user.at(i, j) * amplitude[i] * amplitude[j]),
            light: Matrix::of(k, k, |i, j| base.at(i, j) * lit[i] * lit[j]),
            base,
            lit,
            required,
            power: self.power.into(),
            tied: self.tied,
        })
    }

    /// Whether no design over some sites has a rate above `nats`.
    fn exceeded_nowhere(
        &self,
        sites: &[usize],
        one: &One<'_>,
        required: Option<Ball>,
        nats: f64,
    ) -> Outcome<bool> {
        if one.raised < 0.0 || one.sensing < 0.0 || one.power < 0.0 {
            return unproven("a price is negative");
        }
        let built = self.built(sites, one.raised, required)?;
        let light = bounded(&built.light, one.light)?;
        if one.power <= 0.0 {
            // out of reach: there is no design to exceed anything
            let most = (built.power * light).upper();
            return Ok(built.required.is_some_and(|required| most < required.lower()));
        }
        if built.required.is_none() && one.sensing > 0.0 {
            return unproven("a price of light that nobody requires");
        }
        Ok(built.value(one, light)?.upper() <= nats)
    }
}

/// What stands in the dual function of a deployment.
struct Built {
    channel: Matrix,
    base: Matrix,
    light: Matrix,
    lit: Vec<Ball>,
    required: Option<Ball>,
    power: Ball,
    tied: bool,
}

impl Built {
    /// What no design exceeds, by some prices and the most light there can be for a watt.
    fn value(&self, one: &One<'_>, light: Ball) -> Outcome<Ball> {
        let k = self.lit.len();
        let (lambda, mu) = (Ball::real(one.power), Ball::real(one.sensing));
        let (inverse, log_lifted) = eliminated(&lifted(one.lifted, &self.channel)?)?;
        let (undone, log_base) = eliminated(&self.base)?;
        // −ln(1 − μE/λ) is convex in E: from zero to the most light it is below its chord
        let rising = -(Ball::real(1.0) - mu.over(lambda)? * light).ln()?;
        let chord = if self.tied { rising.over(light)? } else { Ball::ZERO };
        let form = Matrix::of(k, k, |i, j| {
            inverse.at(i, j) * undone.at(j, i) * lambda + self.light.at(i, j) * chord
        });
        let phases = bounded(&form, one.paths)?;
        let beside = Matrix::of(k, k, |i, j| -inverse.at(i, j) * self.lit[i] * self.lit[j]);
        let beside = match self.tied {
            _ if one.sensing <= 0.0 => Ball::ZERO,
            true => Ball { im: 0.0, ..sum(beside.entries.iter().copied()) },
            false => bounded(&beside, one.between)?,
        };
        let surfaces = Ball::real(k as f64);
        let apart = if self.tied { Ball::ZERO } else { rising };
        Ok(lambda * self.power
            - mu * self.required.unwrap_or(Ball::ZERO)
            - surfaces * (Ball::real(1.0) + lambda.ln()?)
            + log_base
            + log_lifted
            + phases
            + mu * beside
            + apart)
    }
}

/// c₀/ε without the gains of the way to the target and back.
fn requirement(read: &Read<'_>, sensors: f64) -> Outcome<Option<Ball>> {
    let limit = read.number("crb_limit")?;
    if limit <= 0.0 {
        return Ok(None);
    }
    let pi = Ball { re: PI, im: 0.0, rad: 2.0 * U * PI };
    let slope = pi.square() * sensors * (sensors * sensors - 1.0);
    let slope = slope.over(12.0.into())?;
    let below = Ball::real(2.0) * read.number("snapshots")? * read.number("reflection_gain")?;
    let noise = Ball::real(read.number("sensing_noise_w")?);
    Ok(Some(noise.over(below * slope * limit)?))
}

/// Everything but the sites.
struct Ends {
    base: Vec<f64>,
    user: Vec<f64>,
    target: Vec<f64>,
    base_axis: Vec<f64>,
    user_axis: Vec<f64>,
    loss: (f64, f64),
}

impl Ends {
    fn site(&self, at: [Ball; 2]) -> Outcome<Site> {
        let away = |from: &[f64]| -> Outcome<([Ball; 2], Ball)> {
            let from = point(from, 0);
            let step = [at[0] - from[0], at[1] - from[1]];
            let distance = (step[0].square() + step[1].square()).sqrt()?;
            Ok((step, distance))
        };
        let gain = |distance: Ball| -> Outcome<Ball> {
            let decay = distance.ln()? * -self.loss.1;
            Ok(decay.exp() * self.loss.0)
        };
        let along = |(step, distance): ([Ball; 2], Ball), axis: &[f64]| -> Outcome<Ball> {
            (step[0] * axis[0] + step[1] * axis[1]).over(distance)
        };
        let (base, user, target) = (away(&self.base)?, away(&self.user)?, away(&self.target)?);
        Ok(Site {
            base: gain(base.1)?,
            user: gain(user.1)?,
            target: gain(target.1)?,
            departure: along(base, &self.base_axis)?,
            arrival: along(user, &self.user_axis)?,
        })
    }
}
