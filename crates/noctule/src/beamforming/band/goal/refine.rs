//! Multipliers: those that the search ended with, and those by which the beams are stationary.

use noctule_num::linalg::{Op, RealCholesky, product, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::augmented_lagrangian::ConstrainedRun;

use super::dual::Values;
use super::program::{Program, Wanted};
use super::task::Aim;

/// Unknowns of one least-squares problem at most: its matrix is dense.
const MOST_UNKNOWNS: usize = 1500;
/// Rounds in which unknowns below zero are left out.
const ROUNDS: usize = 20;
/// Room beyond which a requirement is not active.
const ROOM: f64 = 1e-4;

/// Multipliers of what is wanted, from those of logarithms, where the search ended.
pub(super) fn ended(program: &Program<'_>, run: &ConstrainedRun) -> Values {
    let stack = &*program.stack;
    let (users, n) = (stack.users, stack.subcarriers());
    let nu = || program.wanted.iter().zip(&run.multipliers);
    let others: f64 = nu()
        .filter(|(w, _)| matches!(w, Wanted::Below { .. } | Wanted::Above { .. }))
        .map(|(_, nu)| nu)
        .sum();
    let first = (1.0 - others).max(0.0);
    let aimed = program.task.aimed().len();
    let (bounds, rates) = (&program.bounds, &program.rates);
    let mut shares = Vec::new();
    // what turns a multiplier of logarithms into one of the aim
    let scale = match &program.task.aim {
        Aim::Bound(members) => {
            shares = vec![0.0; members.len()];
            shares[program.of] = first / bounds[program.of];
            for (wanted, nu) in nu() {
                if let Wanted::Below { member } = wanted {
                    shares[*member] = nu / bounds[*member];
                }
            }
            let sum: f64 = shares.iter().sum();
            shares.iter_mut().for_each(|u| *u /= sum);
            1.0 / sum
        }
        Aim::Power => run.value.exp(),
        Aim::Rate(_) => 1.0,
        Aim::LogRate(v) => {
            let own = |(v, r): (&f64, &f64)| if *v > 0.0 { 1.0 / r } else { 0.0 };
            shares = v.iter().zip(rates).map(own).collect();
            1.0
        }
        Aim::WorstRate(v) => {
            shares = vec![0.0; users];
            shares[program.of] = v[program.of] * first / rates[program.of];
            for (wanted, nu) in nu() {
                if let Wanted::Above { user } = wanted {
                    shares[*user] = v[*user] * nu / rates[*user];
                }
            }
            let sum: f64 = shares.iter().sum();
            shares.iter_mut().for_each(|u| *u /= sum);
            1.0 / sum
        }
        Aim::Weighted(..) => program.unit(),
    };
    let mut out = Values {
        lambda: vec![0.0; n * users],
        rho: vec![0.0; program.members.len() - aimed],
        shares,
        eta: vec![0.0; users],
        tangent: Vec::new(),
        fisher: stack.seen.as_ref().map_or_else(Vec::new, |seen| seen.fisher.clone()),
    };
    if !program.task.is_convex() {
        let both = stack.signal.iter().zip(&stack.interference);
        out.tangent = both.map(|(s, i)| 1.0 / (s + i)).collect();
    }
    for (wanted, nu) in nu() {
        match *wanted {
            Wanted::Floor { at, .. } => out.lambda[at] = scale * nu / stack.interference[at],
            Wanted::Rate { user, .. } => out.eta[user] = scale * nu / rates[user],
            Wanted::Cap { member, .. } => out.rho[member - aimed] = scale * nu / bounds[member],
            Wanted::Below { .. } | Wanted::Above { .. } => {}
        }
    }
    out
}

/// A column of the least-squares problem, and the multiplier it stands for.
struct Column {
    /// Where its entries begin: those of one subcarrier, or of all.
    begin: usize,
    entries: Vec<C64>,
    of: Wanted,
    guess: f64,
}

/// Multipliers of a convex task by which its beams are stationary, to the last digits: the certificate of these is
/// sharper by orders. Nothing where there are too many, or the problem is not of that kind.
pub(super) fn refined(program: &mut Program<'_>, v: &[C64], from: &Values) -> Option<Values> {
    let task = program.task;
    if !task.is_convex() || !program.stack.look(v) && task.counted > 0 {
        return None;
    }
    let users = program.stack.users;
    let aimed = task.aimed().len();
    let mut columns: Vec<Column> = Vec::new();
    let mut direction = vec![C64::ZERO; program.stack.dim()];
    let none = vec![0.0; users * program.stack.subcarriers()];
    for (member, weights) in program.members.iter().enumerate() {
        let mut phi = vec![0.0; task.counted * task.counted];
        program.stack.seen.as_ref()?.outer(weights, 1.0, &mut phi);
        program.stack.gradient(&none, &none, Some(&phi), &mut direction);
        let guess = if member < aimed { from.shares[member] } else { from.rho[member - aimed] };
        let active = member < aimed
            || task.capped().nth(member - aimed).is_some_and(|(weights, limit)| {
                program.stack.bound(weights) > limit * (1.0 - ROOM)
            });
        if active {
            let entries = direction.iter().map(|g| g * -0.5).collect();
            columns.push(Column {
                begin: 0,
                entries,
                of: Wanted::Cap { member, limit: 0.0 },
                guess,
            });
        }
    }
    for (at, floor) in task_floors(task, program.stack.subcarriers()) {
        let entries = pulled(program, at, floor);
        let begin = program.stack.place(at / users).start;
        let guess = from.lambda[at];
        columns.push(Column { begin, entries, of: Wanted::Floor { at, floor }, guess });
    }
    if columns.is_empty() || columns.len() > MOST_UNKNOWNS {
        return None;
    }
    let x = positive(&columns, v)?;
    let mut out = Values {
        lambda: vec![0.0; from.lambda.len()],
        rho: vec![0.0; from.rho.len()],
        shares: vec![0.0; aimed],
        ..from.clone()
    };
    for (column, x) in columns.iter().zip(x) {
        match column.of {
            Wanted::Cap { member, .. } if member < aimed => out.shares[member] = x,
            Wanted::Cap { member, .. } => out.rho[member - aimed] = x,
            Wanted::Floor { at, .. } => out.lambda[at] = x,
            _ => {}
        }
    }
    if aimed > 0 {
        let sum: f64 = out.shares.iter().sum();
        if !(sum > 0.0 && sum.is_finite()) {
            return None;
        }
        for list in [&mut out.lambda, &mut out.rho, &mut out.shares] {
            list.iter_mut().for_each(|x| *x /= sum);
        }
    }
    Some(out)
}

/// The entries of `[subcarrier][user]` with a floor.
fn task_floors(task: &super::task::Task, n: usize) -> Vec<(usize, f64)> {
    let users = task.sinr.len();
    let all = (0..n * users).map(|at| (at, task.sinr[at % users.max(1)]));
    all.filter(|(_, floor)| *floor > 0.0).collect()
}

/// `−½∇(I − S/γ)` of an entry, on its subcarrier.
fn pulled(program: &Program<'_>, at: usize, floor: f64) -> Vec<C64> {
    let stack = &*program.stack;
    let (n, k) = (at / stack.users, at % stack.users);
    let carrier = &stack.carriers[n];
    let h = carrier.space.columns(k..k + 1);
    let by = |s: usize| if s == k { 1.0 / floor } else { -1.0 };
    let pull = CMat::from_fn(1, stack.streams, |_, s| carrier.amplitudes[(k, s)] * by(s));
    let mut out = product(&h, Op::Plain, &pull, Op::Plain);
    stack.spread(k, &carrier.point, -1.0, &mut out);
    out.as_slice().to_vec()
}

/// `x ≥ 0` with a small `‖Σ x_i a_i − v‖`: plain least squares, again without what was negative.
fn positive(columns: &[Column], v: &[C64]) -> Option<Vec<f64>> {
    let meet = |a: &Column, b: &Column| -> f64 {
        let (a, b) = if a.entries.len() >= b.entries.len() { (a, b) } else { (b, a) };
        let inside = b.begin >= a.begin && b.begin + b.entries.len() <= a.begin + a.entries.len();
        if !inside {
            return 0.0;
        }
        let from = b.begin - a.begin;
        real_dot(&a.entries[from..from + b.entries.len()], &b.entries)
    };
    let norms: Vec<f64> = columns.iter().map(|c| real_dot(&c.entries, &c.entries).sqrt()).collect();
    let mut kept: Vec<usize> = (0..columns.len()).filter(|i| norms[*i] > 0.0).collect();
    let most = columns.iter().zip(&norms).map(|(c, n)| c.guess * n).fold(0.0, f64::max);
    kept.retain(|i| columns[*i].guess * norms[*i] > 1e-9 * most);
    for _ in 0..ROUNDS {
        let m = kept.len();
        if m == 0 {
            return None;
        }
        let mut matrix = vec![0.0; m * m];
        for (a, i) in kept.iter().enumerate() {
            for (b, j) in kept.iter().enumerate().take(a + 1) {
                let own = meet(&columns[*i], &columns[*j]) / (norms[*i] * norms[*j]);
                matrix[a * m + b] = own;
                matrix[b * m + a] = own;
            }
            matrix[a * m + a] += 1e-14;
        }
        let mut factor = RealCholesky::new(m);
        factor.factor(&matrix)?;
        let right = |i: &usize| {
            let c = &columns[*i];
            real_dot(&c.entries, &v[c.begin..c.begin + c.entries.len()]) / norms[*i]
        };
        let mut x: Vec<f64> = kept.iter().map(right).collect();
        factor.solve_in_place(&mut x);
        if x.iter().all(|x| *x >= 0.0) {
            let mut out = vec![0.0; columns.len()];
            kept.iter().zip(&x).for_each(|(i, x)| out[*i] = x / norms[*i]);
            return Some(out);
        }
        let mut signs = x.iter();
        kept.retain(|_| signs.next().is_some_and(|x| *x >= 0.0));
    }
    None
}
