"""The same pilot-power problems solved the way one would by hand: CVXPY with Clarabel.

    python compare.py --noctule target/ci/noctule --out docs/compare/pilots.md

Instances and our designs come from `noctule design pilots --json`. CVXPY solves them by the θ-iteration:
for fixed θ one second-order-cone program, rebuilt each time ("rebuilt") or with parameters compiled once
("DPP"). Times are process CPU seconds of the solve, without the import of CVXPY; ours are those of the
whole process, start and output included.
"""

import argparse
import json
import resource
import subprocess
import time

import cvxpy as cp
import numpy as np

SEED = 1
CASES = [
    ("K = 2, orthogonal, 1.3 × best Γ", ["scenario.crb_limit.over_best=1.3"], range(2)),
    ("K = 6, orthogonal, 1.3 × best Γ",
     ["scenario.users.drawn.count=6", "scenario.crb_limit.over_best=1.3"], range(1)),
    ("K = 2, correlation 0.4, no Γ",
     ["scenario.crb_limit=none", "scenario.downlink_correlation=0.4"], range(2)),
]


def design(noctule, settings, trial):
    """Our design document, and the CPU time of the whole process."""
    command = [noctule, "design", "pilots", "--json", "--seed", str(SEED), "--trial", str(trial)]
    for setting in settings:
        command += ["--set", setting]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(out), spent


class Problem:
    """An instance in the numbers of the model."""

    def __init__(self, instance):
        self.beta = np.array(instance["channel_gain"])
        self.m, self.k = self.beta.shape
        su, self.sd = instance["uplink_energy"], instance["downlink_energy"]
        self.gamma = su * self.beta**2 / (su * self.beta + 1)
        gram = np.array(instance["downlink_gram"])
        self.c = gram[..., 0] ** 2 + gram[..., 1] ** 2
        np.fill_diagonal(self.c, 0)
        self.limit = instance.get("crb_limit_m2")
        points, users = np.array(instance["point_m"]), np.array(instance["user_m"])
        light = 299792458.0
        wave = light / instance["frequency_hz"]
        delta = points[:, None, :] - users[None]
        far = np.linalg.norm(delta, axis=-1)
        unit = delta / far[..., None]
        near = np.maximum(far, 1.0)
        alpha = wave**2 * instance["cross_section_m2"] / (
            (4 * np.pi) ** 3 * near[:, None, :] ** 2 * near[None, :, :] ** 2)
        w = alpha * 8 * np.pi**2 * instance["effective_bandwidth_hz"] ** 2 / light**2
        u = unit[:, None] + unit[None]
        self.ra = self.sd * (w * u[..., 0] ** 2).sum(1)
        self.rb = self.sd * (w * u[..., 1] ** 2).sum(1)
        self.rc = self.sd * (w * u[..., 0] * u[..., 1]).sum(1)

    def terms(self, x):
        """a, b and s_d E|a|² of every user."""
        s = self.sd * self.beta.T @ x  # s[k, j]: power of pilot j at user k
        a = np.diag(s)
        b = 1 + (self.c * s).sum(1)
        z = np.sqrt(self.sd * self.gamma * x).sum(0)
        return a, b, z**2 + a

    def error(self, x):
        a, b, power = self.terms(x)
        return a * b / (a + b) / power

    def violation(self, x):
        worst = max(x.sum(1).max() - 1, -x.min(), 0)
        if self.limit:
            a, b, c = (self.ra * x).sum(0), (self.rb * x).sum(0), (self.rc * x).sum(0)
            worst = max(worst, ((a + b) / (a * b - c**2) / self.limit).max() - 1)
        return worst


def program(p, parametrised):
    """The cone program of one θ; returns the variable and a function that sets θ, t and scales."""
    x, w = cp.Variable((p.m, p.k), nonneg=True), cp.Variable((p.m, p.k))
    r, v = cp.Variable(p.k), cp.Variable()
    make = (lambda n: cp.Parameter(n, nonneg=True)) if parametrised else None
    by_a, by_b, inverse, root = (make(p.k) for _ in range(4)) if parametrised else (None,) * 4

    def constraints(by_a, by_b, inverse, root):
        out = [cp.sum(x, axis=1) <= 1]
        for k in range(p.k):
            gain = p.sd * p.beta[:, k]
            a = gain @ x[:, k]
            interference = sum(p.c[k, j] * (gain @ x[:, j]) for j in range(p.k) if j != k)
            out.append(by_a[k] * a + by_b[k] * (1 + interference) - r[k] - inverse[k] * a <= v)
            for m in range(p.m):
                out.append(cp.SOC(x[m, k] + r[k], cp.hstack([x[m, k] - r[k], 2 * w[m, k]])))
            out.append(root[k] * (np.sqrt(p.sd * p.gamma[:, k]) @ w[:, k]) >= r[k])
            if p.limit:
                h = p.limit / 2
                s, d = h * (p.ra + p.rb)[:, k], h * (p.ra - p.rb)[:, k]
                out.append(cp.SOC(s @ x[:, k] - 1,
                                  cp.hstack([d @ x[:, k], 2 * h * p.rc[:, k] @ x[:, k], 1.0])))
        return out

    if parametrised:
        built = cp.Problem(cp.Minimize(v), constraints(by_a, by_b, inverse, root))

    def solve(values):
        if parametrised:
            for parameter, value in zip((by_a, by_b, inverse, root), values):
                parameter.value = value
            problem = built
        else:
            problem = cp.Problem(cp.Minimize(v), constraints(*values))
        problem.solve(solver=cp.CLARABEL)
        return np.maximum(x.value, 0)

    return solve


def iterate(p, parametrised):
    """The θ-iteration from equal shares: error, allocation, programs, CPU seconds."""
    start = time.process_time()
    solve = program(p, parametrised)
    x, best = np.full((p.m, p.k), 1 / p.k), (np.inf, None)
    for count in range(1, 31):
        a, b, power = p.terms(x)
        theta, t = b / (a + b), p.error(x).max()
        x = solve((theta**2 / (t * power), (1 - theta) ** 2 / (t * power), 1 / power, power**-0.5))
        value = p.error(x).max()
        if value >= best[0] * (1 - 1e-7):
            break
        best = (value, x)
    return *best, count, time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--noctule", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    lines = [
        "# `pilots` beside CVXPY",
        "",
        "Written by `compare/pilots/compare.py`. The same instances, solved by the θ-iteration in CVXPY",
        f"{cp.__version__} with Clarabel (rebuilt for every program, and with DPP parameters), and by noctule.",
        "Errors are recomputed by the script for both, violations too (relative, of power limits and Γ). CVXPY:",
        "CPU seconds of the iteration. noctule: CPU seconds of the *whole process*, with start-up and output.",
        "",
        "| instance | trial | error, CVXPY | error, noctule | difference | violation, CVXPY | violation, noctule"
        " | programs | rebuilt (s) | DPP (s) | noctule process (s) | ratio to DPP |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, settings, trials in CASES:
        for trial in trials:
            document, ours_s = design(arguments.noctule, settings, trial)
            p = Problem(document["instance"])
            x = np.array(document["fractions"])
            ours = p.error(x).max()
            theirs, y, count, rebuilt = iterate(p, False)
            *_, dpp = iterate(p, True)
            lines.append(
                f"| {name} | {trial} | {theirs:.6e} | {ours:.6e} | {ours / theirs - 1:+.1e} |"
                f" {p.violation(y):.0e} | {p.violation(x):.0e} | {count} | {rebuilt:.2f} | {dpp:.3f} |"
                f" {ours_s:.3f} | {dpp / ours_s:.0f} |")
            print(lines[-1], flush=True)
    with open(arguments.out, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
