"""WMMSE-SDR and the sensing-only optimum as one would write them with CVXPY, and descents of other packages (`peers.py`),
beside noctule.

usage: python compare.py --noctule PATH_TO_BINARY --out docs/compare/beamforming.md
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import time
import tomllib

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cvxpy as cp
import numpy as np

import peers

ROUNDS = 12  # semidefinite programs of WMMSE-SDR at most
STOP = 1e-4  # change of the objective at which it stops


# The setting of the paper; the default scene is another.
PAPER = {
    "sensing_noise_dbm": "0.0",
    "rate_weight_per_nat": "0.25",
    "crb_weight": "1.0",
    "targets": "{ fixed = ["
    "{ azimuth_deg = 42.389293101946436, polar_deg = 37.64877463467947,"
    " reflection = [0.087019702225907, 6.253569048812e-5] },"
    "{ azimuth_deg = 48.919368627744305, polar_deg = 18.53271275483428,"
    " reflection = [-0.039920687408772, 0.117000274239637] }] }",
}


def noctule(binary, *arguments):
    for name, value in PAPER.items():
        arguments += ("-s", f"scenario.{name}={value}")
    done = subprocess.run([binary, *arguments, "--json"], capture_output=True, check=True)
    return json.loads(done.stdout)


def seconds_a_design(binary, scheme, trials, repeat=50):
    """Processor seconds of a whole `noctule bench`, start and drawing included, over its designs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    noctule(
        binary, "bench", "beamforming", "--trials", str(trials), "--repeat", str(repeat),
        "--scheme", scheme,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent / (trials * repeat)


def complex_array(nested):
    array = np.asarray(nested, dtype=float)
    return array[..., 0] + 1j * array[..., 1]


def steering(shape, azimuth, polar):
    """Steering vector of a planar array, corner element first, and its derivatives by both angles."""
    horizontal, vertical = (int(n) for n in shape)
    h, v = np.arange(horizontal), np.arange(vertical)
    norm = 1 / np.sqrt(horizontal * vertical)
    phase = np.pi * (
        h[:, None] * np.sin(azimuth) * np.sin(polar) + v[None, :] * np.cos(polar)
    )
    by_azimuth = np.pi * h[:, None] * np.cos(azimuth) * np.sin(polar) + 0 * v[None, :]
    by_polar = np.pi * (
        h[:, None] * np.sin(azimuth) * np.cos(polar) - v[None, :] * np.sin(polar)
    )
    a = np.exp(1j * phase) * norm
    return a.ravel(), (1j * by_azimuth * a).ravel(), (1j * by_polar * a).ravel()


class Problem:
    """One instance, with everything divided by noise and power: unit power, unit noise."""

    def __init__(self, instance):
        power = instance["power_w"]
        noise = np.asarray(instance["user_noise_w"])
        self.channels = complex_array(instance["channels"]).T * np.sqrt(power / noise)
        self.rate_weight = instance["rate_weight_per_nat"]
        self.crb_weight = instance["crb_weight"]
        kappa = 2 * instance["snapshots"] / instance["sensing_noise_w"] * power
        alpha = complex_array(instance["reflection"])
        derivatives = [[], [], [], []]
        for azimuth, polar, reflection in zip(
            instance["azimuth_rad"], instance["polar_rad"], alpha
        ):
            a, a1, a2 = steering(instance["transmit_shape"], azimuth, polar)
            b, b1, b2 = steering(instance["receive_shape"], azimuth, polar)
            outer = lambda x, y: np.outer(x, y.conj())
            derivatives[0].append(reflection * (outer(b1, a) + outer(b, a1)))
            derivatives[1].append(reflection * (outer(b2, a) + outer(b, a2)))
            derivatives[2].append(outer(b, a))
            derivatives[3].append(1j * outer(b, a))
        flat = [d for kind in derivatives for d in kind]
        n = len(flat)
        # F_ij = Re tr(G_ij R) with Hermitian G_ij
        self.maps = [[None] * n for _ in range(n)]
        for i in range(n):
            for j in range(n):
                product = kappa * flat[i].conj().T @ flat[j]
                self.maps[i][j] = (product + product.conj().T) / 2
        nt = self.channels.shape[0]
        isotropic = self.fisher(np.eye(nt) / nt)
        # Without whitening an interior-point solver returns answers that are wrong in the first
        # digits, and calls them optimal.
        self.whiten = np.linalg.inv(np.linalg.cholesky(isotropic))

    def fisher(self, covariance):
        return np.array(
            [[np.real(np.trace(g @ covariance)) for g in row] for row in self.maps]
        )

    def objective(self, beams):
        users = self.channels.shape[1]
        received = np.abs(self.channels.conj().T @ beams) ** 2
        signal = np.diag(received[:, :users])
        interference = received.sum(axis=1) - signal + 1
        rate = np.log1p(signal / interference).sum()
        crb = np.trace(np.linalg.inv(self.fisher(beams @ beams.conj().T)))
        return self.rate_weight * rate - self.crb_weight * crb

    def crb_expression(self, covariance):
        n = len(self.maps)
        white = np.einsum("ia,jb,abkl->ijkl", self.whiten, self.whiten, np.array(self.maps))
        # tr(G R) as an inner product of vectors, all entries of the matrix at once
        entries = cp.real(white.reshape(n * n, -1) @ cp.vec(covariance, order="F"))
        fisher = cp.reshape(entries, (n, n), order="C")
        # F = C F̃ Cᵀ with C⁻¹ = whiten, so tr F⁻¹ = tr(C⁻ᵀ F̃⁻¹ C⁻¹)
        return cp.matrix_frac(self.whiten, (fisher + fisher.T) / 2)


def sensing_only(problem):
    nt = problem.channels.shape[0]
    covariance = cp.Variable((nt, nt), hermitian=True)
    program = cp.Problem(
        cp.Minimize(problem.crb_expression(covariance)),
        [covariance >> 0, cp.real(cp.trace(covariance)) <= 1],
    )
    begin = time.process_time()
    program.solve(solver=cp.CLARABEL)
    return program.value, time.process_time() - begin, program.status


def wmmse_sdr(problem, start):
    """Minorise the rates, solve the semidefinite program, repeat (the corrected, monotone form)."""
    channels = problem.channels
    nt, users = channels.shape
    beams = start / np.linalg.norm(start)
    history = [problem.objective(beams)]
    seconds, statuses = 0.0, []
    for _ in range(ROUNDS):
        begin = time.process_time()
        amplitudes = channels.conj().T @ beams
        received = (np.abs(amplitudes) ** 2).sum(axis=1) + 1
        signal = np.abs(np.diag(amplitudes[:, :users])) ** 2
        interference = received - signal
        eta = np.diag(amplitudes[:, :users]).conj() / interference
        beta = signal / (interference * received)
        data = cp.Variable((nt, users), complex=True)
        covariance = cp.Variable((nt, nt), hermitian=True)
        rate = 0
        for k in range(users):
            h = channels[:, k : k + 1]
            rate += 2 * cp.real(eta[k] * (h.conj().T @ data[:, k])[0])
            rate -= beta[k] * (cp.real(cp.trace(h @ h.conj().T @ covariance)) + 1)
        crb = problem.crb_expression(covariance)
        program = cp.Problem(
            cp.Maximize(problem.rate_weight * rate - problem.crb_weight * crb),
            [
                cp.bmat([[covariance, data], [data.H, np.eye(users)]]) >> 0,
                cp.real(cp.trace(covariance)) <= 1,
            ],
        )
        program.solve(solver=cp.CLARABEL)
        statuses.append(program.status)
        rest = covariance.value - data.value @ data.value.conj().T
        values, vectors = np.linalg.eigh((rest + rest.conj().T) / 2)
        sensing = vectors * np.sqrt(np.maximum(values, 0))
        beams = np.hstack([data.value, sensing])
        beams /= np.linalg.norm(beams)
        seconds += time.process_time() - begin
        history.append(problem.objective(beams))
        if history[-1] - history[-2] < STOP:
            break
    return history, seconds, statuses


def regularised_zero_forcing(problem, streams):
    h = problem.channels
    users = h.shape[1]
    data = h @ np.linalg.inv(h.conj().T @ h + users * np.eye(users))
    data /= np.linalg.norm(data, axis=0)
    rng = np.random.default_rng(0)
    sensing = rng.normal(size=(h.shape[0], streams)) + 1j * rng.normal(size=(h.shape[0], streams))
    sensing /= np.linalg.norm(sensing, axis=0)
    return np.hstack([data, sensing])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--noctule", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--trials", type=int, default=3)
    options = parser.parse_args()

    one, four, sensing_time = (
        seconds_a_design(options.noctule, scheme, options.trials)
        for scheme in ("balanced", "balanced-4", "sensing-only")
    )
    rows, sensing_rows, ratios, problems = [], [], [], []
    for trial in range(options.trials):
        ask = lambda scheme, *more: noctule(
            options.noctule, "design", "--trial", str(trial), "--scheme", scheme, *more
        )
        best = ask("balanced", "-s", "scheme.certify=false")
        sensing = ask("sensing-only")
        problem = Problem(best["instance"])
        problems.append(problem)
        beams = complex_array(best["beams"]).T / np.sqrt(best["instance"]["power_w"])
        ours = problem.objective(beams)
        excess = np.linalg.norm(beams) ** 2 - 1
        history, seconds, statuses = wmmse_sdr(problem, regularised_zero_forcing(problem, 6))
        ratio = seconds / four
        ratios.append(ratio)
        inaccurate = sum(status != "optimal" for status in statuses)
        rows.append(
            f"| {trial} | {history[-1]:.5f} | {len(history) - 1}"
            f"{f' ({inaccurate} inaccurate)' if inaccurate else ''} | {seconds:.1f} s "
            f"| {best['metrics']['objective']:.5f} | {ours:.5f} | {excess:.0e} "
            f"| {ratio:.0f} |"
        )
        value, seconds, status = sensing_only(problem)
        bound = -sensing["proof"]["bound"]["value"]
        sensing_rows.append(
            f"| {trial} | {value:.7f} ({status}) | {seconds:.2f} s "
            f"| {sensing['metrics']['crb_trace_mixed']:.7f} | {bound:.7f} "
            f"| {seconds / sensing_time:.0f} |"
        )
        print(rows[-1], sensing_rows[-1], sep="\n", flush=True)

    scenario = {name: tomllib.loads(f"x = {value}")["x"] for name, value in PAPER.items()}
    others = peers.section(scenario, problems, regularised_zero_forcing)

    text = f"""# Beamforming beside other solvers

Written by `compare/beamforming/compare.py` (`cargo xtask compare beamforming`) on {platform.machine()} with CVXPY
{cp.__version__} and Clarabel as its solver. The instances are the first trials of seed 1 of the paper's scenario: 16
transmit and 20 receive antennas, 4 users, 2 targets. All times are processor seconds, so that other work on the machine
does not count; ours are those of a whole `noctule bench` over the number of its designs, the start of the program and the
drawing of instances included. Take ratios as good to a factor of two.

Ours: {1e3 * one:.2f} ms with one start, {1e3 * four:.2f} ms for the best of four starts, {1e3 * sensing_time:.2f} ms for
sensing only.

## The trade-off

*CVXPY* is WMMSE-SDR in its monotone form ([E22](../errata.md#beamforming-e22)), as a user would write it: a semidefinite
program at full size in every round, until a round gains less than {STOP:g} or after {ROUNDS} rounds, with the Fisher
matrix whitened (without that, Clarabel's answers are wrong in the first digits, and it says they are optimal). *Ours* is
`noctule design`, the objective recomputed from its beams by the script; *excess* is its power above the limit, relative.
The time of CVXPY includes building the programs, as it does for a user.

| trial | CVXPY: objective | programs | time | ours: objective | recomputed | excess | CVXPY over ours |
|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}

CVXPY takes {min(ratios):.0f} to {max(ratios):.0f} times as long as the best of our four starts.

{others}
## Sensing only

The smallest trace of the Cramér–Rao bound, users ignored: a convex problem, so both must agree. *Proven* is the lower
bound of our certificate. The channels do not matter to it.

| trial | CVXPY | time | ours | proven | CVXPY over ours |
|---|---|---|---|---|---|
{chr(10).join(sensing_rows)}
"""
    with open(options.out, "w", encoding="utf-8") as out:
        out.write(text)


if __name__ == "__main__":
    main()
