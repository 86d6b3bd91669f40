//! What designs cost, in numbers that do not depend on the clock: the program behind `cargo xtask bench`,
//! which writes the table of `docs/performance.md` with it.
//!
//! Without arguments it runs every kernel once and prints a line each: its name, how many designs it makes,
//! and their evaluations and factorisations. `--time` adds the time of a design as a multiple of that of the
//! calibration product, a complex one of 16 × 16, measured in turn with it, and in microseconds. `--once NAME` runs a kernel
//! once in `counted` and prints nothing: a simulator that counts instructions there counts those of the
//! kernel alone.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that shows its numbers")]

mod kernels;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use kernels::{Error, KERNELS, Kernel, Run};
use noctule::Work;

/// How long a kernel and the product beside it are timed.
const ROUND: Duration = Duration::from_millis(30);
/// The least of so many rounds counts: what else the machine does only adds.
const ROUNDS: usize = 7;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => table(false),
        ["--time"] => table(true),
        ["--once", name] => once(name),
        _ => Err("usage: counter [--time | --once NAME]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("counter: {error}");
            ExitCode::FAILURE
        }
    }
}

fn table(timed: bool) -> Result<(), Error> {
    for kernel in KERNELS {
        let work = (kernel.prepare)()?()?;
        let counts = format!("{}\t{}\t{}", kernel.designs, work.evaluations, work.factorisations);
        if timed {
            let [ratio, micros] = times(kernel)?;
            println!("{}\t{counts}\t{ratio}\t{micros}", kernel.name);
        } else {
            println!("{}\t{counts}", kernel.name);
        }
    }
    Ok(())
}

fn once(name: &str) -> Result<(), Error> {
    let kernel = KERNELS.iter().find(|kernel| kernel.name == name);
    let mut run = (kernel.ok_or_else(|| format!("there is no kernel `{name}`"))?.prepare)()?;
    // What looks for the features of the processor does so at the first call.
    kernels::product()?()?;
    black_box(counted(&mut run)?);
    Ok(())
}

/// By its name a simulator knows when to count.
#[inline(never)]
fn counted(run: &mut Run) -> Result<Work, Error> {
    run()
}

/// The time of a design of this kernel as a multiple of that of the product, timed in turn, and in microseconds.
fn times(kernel: &Kernel) -> Result<[f64; 2], Error> {
    let (mut run, mut product) = ((kernel.prepare)()?, kernels::product()?);
    let (mut own, mut unit) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        unit = unit.min(seconds(&mut product)?);
        own = own.min(seconds(&mut run)?);
    }
    let own = own / f64::from(kernel.designs);
    Ok([own / unit, 1e6 * own])
}

/// Seconds of one call: the mean over a round of them.
fn seconds(run: &mut Run) -> Result<f64, Error> {
    let begin = Instant::now();
    let mut calls = 0_u32;
    while calls == 0 || begin.elapsed() < ROUND {
        // A clock costs as much as a small kernel does.
        for _ in 0..=calls / 2 {
            black_box(run()?);
            calls += 1;
        }
    }
    Ok(begin.elapsed().as_secs_f64() / f64::from(calls))
}
