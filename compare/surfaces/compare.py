"""The surfaces design as a CVXPY user would write it, beside noctule, on the same instances.

    python compare.py --noctule PATH_TO_BINARY --out docs/compare/surfaces.md

Instances and designs come from `noctule design surfaces --json`. With user and target in one place the
script aligns every surface and gives the covariance problem to CVXPY: `log_det` of the K × K
channel in the span of the base station's responses (full covariance), or the separable problem of
streams and a sensing signal. Apart, it runs the alternation of the paper (powers, then phases under
linearised quadratics) with CVXPY in both steps, from phases aligned to the target and from the
midway blend, and keeps the better. It needs numpy and cvxpy.
"""

import argparse
import json
import platform
import subprocess
import time

import cvxpy as cp
import numpy as np

CASES = [
    ("one place, 8 surfaces, N = 840, −32 dB", "full-covariance", ["scenario.elements=840"], []),
    ("one place, 8 surfaces, N = 840, −32 dB", "dedicated-signal", ["scenario.elements=840"], []),
    ("one place, 8 surfaces, N = 1600, −38 dB", "full-covariance",
     ["scenario.elements=1600", "scenario.crb_limit_db=-38"], []),
    ("one place, skew, N = 840, −30 dB", "full-covariance",
     ["scenario.layout=skew", "scenario.crb_limit_db=-30"], []),
    ("one place, skew, N = 840, −30 dB", "dedicated-signal",
     ["scenario.layout=skew", "scenario.crb_limit_db=-30"], []),
    ("one place, six measured sites, N = 800, −32 dB", "full-covariance",
     ["scenario.layout={ sites = [[46.0, 7.5], [55.0, -6.0], [40.0, 19.0], [61.0, -24.0], "
      "[52.0, 38.0], [35.0, -41.0]] }", "scenario.elements=800"], []),
    ("apart (90, 25), 2 surfaces, N = 64, −14 dB", "dedicated-signal",
     ["scenario.target_m=[90.0, 25.0]", "scenario.first_sites=2", "scenario.elements=64",
      "scenario.crb_limit_db=-14"], []),
    ("apart (60, 40), 4 surfaces, N = 128, −14 dB", "dedicated-signal",
     ["scenario.target_m=[60.0, 40.0]", "scenario.first_sites=4", "scenario.elements=128",
      "scenario.crb_limit_db=-14"], []),
]


class Scene:
    """Geometry and responses from the arrays of an instance, with numpy alone."""

    def __init__(self, a, sites):
        self.a = a
        base, user, target = (np.array(a[k]) for k in ("base_m", "user_m", "target_m"))
        k = len(sites)
        n = [int(a["elements"][s]) if "elements" in a else int(a["shared_elements"]) // k for s in sites]
        unit = lambda p, q: (q - p) / np.linalg.norm(q - p)
        gain = lambda p, q: a["reference_gain"] * np.linalg.norm(q - p) ** -a["path_loss_exponent"]
        self.mt, self.mr = int(a["transmit_antennas"]), int(a["user_antennas"])
        self.q, self.s, self.base_response, self.user_response = [], [], [], []
        self.c, self.b, reach = [], [], []
        for site, count in zip(sites, n):
            p, axis = np.array(a["site_m"][site]), np.array(a["site_axis"][site])
            arrival = axis @ unit(base, p)
            self.q.append(self.ula(count, axis @ unit(p, user) - arrival))
            self.s.append(self.ula(count, axis @ unit(p, target) - arrival))
            self.base_response.append(self.ula(self.mt, np.array(a["base_axis"]) @ unit(base, p)))
            self.user_response.append(self.ula(self.mr, np.array(a["user_axis"]) @ unit(user, p)))
            self.c.append(np.sqrt(gain(base, p) * gain(p, user)))
            self.b.append(np.sqrt(gain(base, p)))
            reach.append(gain(p, target))
        strongest = max(reach)
        if a["exact_paths"]:
            self.b = [x * np.sqrt(r / strongest) for x, r in zip(self.b, reach)]
        nr = a["sensors"]
        echo = a["reflection_gain"] * reach[0] * strongest
        slope = np.pi**2 * nr * (nr**2 - 1) / 12
        self.required = a["sensing_noise_w"] / (2 * a["snapshots"] * echo * slope) / a["crb_limit"]

    @staticmethod
    def ula(m, x):
        return np.exp(1j * np.pi * x * (np.arange(m) - (m - 1) / 2))

    def channel(self, v):
        h = 0
        for q, u, b, c, phases in zip(self.q, self.user_response, self.base_response, self.c, v):
            h = h + c * (q.conj() @ phases) * np.outer(u, b.conj())
        return h / np.sqrt(self.a["user_noise_w"])

    def light(self, v):
        g = 0
        for s, b, r, phases in zip(self.s, self.base_response, self.b, v):
            g = g + r * (s.conj() @ phases).conj() * b
        return g


def solve(problem):
    """The first conic solver of CVXPY that ends with an answer."""
    for solver in ("CLARABEL", "SCS"):
        try:
            problem.solve(solver=solver)
            if problem.status in ("optimal", "optimal_inaccurate"):
                return
        except cp.SolverError:
            continue
    raise RuntimeError(f"no solver: {problem.status}")


def full_covariance(scene, v):
    """max log det(I + H R Hᴴ), tr R ≤ P, gᴴRg ≥ Γ, in an orthonormal basis."""
    p = scene.a["power_w"]
    basis, _ = np.linalg.qr(np.array(scene.base_response).T)
    h, g = scene.channel(v) @ basis, basis.conj().T @ scene.light(v)
    scale = np.linalg.norm(g) ** 2
    r = cp.Variable((h.shape[1],) * 2, hermitian=True)  # in units of P
    problem = cp.Problem(
        cp.Maximize(cp.log_det(np.eye(h.shape[0]) + p * h @ r @ h.conj().T)),
        [r >> 0, cp.real(cp.trace(r)) <= 1,
         cp.real(g.conj() @ r @ g) / scale >= scene.required / (p * scale)])
    solve(problem)
    return problem.value / np.log(2), r.value, basis


def dedicated(a, w, power, required):
    """max Σ log(1 + a p), w·p + p_s Σw ≥ Γ, Σp + p_s ≤ P."""
    p, ps = cp.Variable(len(a), nonneg=True), cp.Variable(nonneg=True)
    total = np.sum(w)
    problem = cp.Problem(
        cp.Maximize(cp.sum(cp.log1p(cp.multiply(a * power, p)))),
        [cp.sum(p) + ps <= 1, (w @ p) / total + ps >= required / (power * total)])
    solve(problem)
    return problem.value / np.log(2), p.value * power, float(ps.value) * power


def gains(scene, v):
    z = np.array([q.conj() @ x for q, x in zip(scene.q, v)])
    y = np.array([s.conj() @ x for s, x in zip(scene.s, v)])
    a = scene.mt * scene.mr * np.array(scene.c) ** 2 / scene.a["user_noise_w"]
    b = scene.mt * np.array(scene.b) ** 2
    return z, y, a, b


def alternate(scene, v, rounds=12):
    """The paper's alternation: powers by the separable problem, phases by problem (65)."""
    power, best, best_v, best_slack = scene.a["power_w"], -np.inf, v, np.nan
    for _ in range(rounds):
        z, y, a, b = gains(scene, v)
        if power * np.sum(b * abs(y) ** 2) < scene.required:
            break
        rate, p, ps = dedicated(a * abs(z) ** 2, b * abs(y) ** 2, power, scene.required)
        if rate <= best * (1 + 1e-4):
            break
        light = b * abs(y) ** 2
        best, best_v, best_slack = rate, v, (light @ p + ps * np.sum(light)) / scene.required - 1
        x = [cp.Variable(len(q), complex=True) for q in scene.q]
        objective, sensed, limits = 0, 0, []
        for k in range(len(v)):
            lower = 2 * cp.real(z[k].conj() * (scene.q[k].conj() @ x[k])) - abs(z[k]) ** 2
            objective += cp.log1p(a[k] * max(p[k], 0) * lower)
            lower = 2 * cp.real(y[k].conj() * (scene.s[k].conj() @ x[k])) - abs(y[k]) ** 2
            sensed += b[k] * (p[k] + ps) * lower / scene.required
            limits.append(cp.abs(x[k]) <= 1)
        try:
            solve(cp.Problem(cp.Maximize(objective), [sensed >= 1, *limits]))
        except RuntimeError:
            break
        v = [np.where(abs(t.value) > 1e-6, t.value / np.maximum(abs(t.value), 1e-12), old)
             for t, old in zip(x, v)]
    return best, best_v, best_slack


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--noctule", required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    rows = []
    for name, scheme, scenario, settings in CASES:
        command = [options.noctule, "design", "surfaces", "--scheme", scheme, "--json"]
        for assignment in [*scenario, "scheme.select=all", *settings]:
            command += ["--set", assignment]
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        whole = time.perf_counter() - started
        if done.returncode not in (0, 4, 5):
            raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
        document = json.loads(done.stdout)
        document = document.get("design", document)
        ours = document["metrics"]["rate_bps_hz"]
        sites = [int(s) for s in document["sites"]]
        scene = Scene(document["instance"], sites)
        started = time.perf_counter()
        if not name.startswith("apart"):
            v = scene.q
            if scheme == "full-covariance":
                theirs, r, basis = full_covariance(scene, v)
                h, g = scene.channel(v) @ basis, basis.conj().T @ scene.light(v)
                p = scene.a["power_w"]
                check = p * np.real(g.conj() @ r @ g) / scene.required - 1
                tool = "CVXPY log_det"
            else:
                z, y, a, b = gains(scene, v)
                theirs, p, ps = dedicated(a * abs(z) ** 2, b * abs(y) ** 2,
                                          scene.a["power_w"], scene.required)
                w = b * abs(y) ** 2
                check = (w @ p + ps * np.sum(w)) / scene.required - 1
                tool = "CVXPY log1p"
        else:
            blend = [np.exp(1j * np.angle(q + s)) for q, s in zip(scene.q, scene.s)]
            results = [alternate(scene, start) for start in (scene.s, blend)]
            theirs, v, check = max(results, key=lambda found: found[0])
            tool = "CVXPY alternation"
        elapsed = time.perf_counter() - started
        # our design, rechecked here: phases and covariances from the document
        flat = np.array(document["phases"][0])
        flat = flat[:, 0] + 1j * flat[:, 1]
        mine, at = [], 0
        for q in scene.q:
            mine.append(flat[at:at + len(q)])
            at += len(q)
        matrix = lambda key: np.array(document[key][0])[..., 0] + 1j * np.array(document[key][0])[..., 1]
        rc, rs = matrix("information"), matrix("sensing")
        h, g = scene.channel(mine), scene.light(mine)
        rate = np.linalg.slogdet(np.eye(h.shape[0]) + h @ rc @ h.conj().T)[1] / np.log(2)
        slack = np.real(g.conj() @ (rc + rs) @ g) / scene.required - 1
        assert abs(rate - ours) < 1e-7 * ours, (rate, ours)
        assert slack > -1e-8, slack
        bound = document["proof"].get("bound")
        rows.append((name, scheme, ours, slack, theirs, check, tool, elapsed, whole,
                     bound["value"] if bound else None))
        print(name, scheme, ours, theirs, f"{elapsed:.3f} s")
    with open(options.out, "w", encoding="utf-8") as out:
        out.write("# Surfaces beside CVXPY\n\n")
        out.write("Written by `compare/surfaces/compare.py`, with CVXPY "
                  f"{cp.__version__} on {platform.machine()}. The rate and the illumination of every "
                  "design of noctule were recomputed by the script from its own geometry. \"whole "
                  "process\" is the time of `noctule design` with starting, witness and printing; "
                  "the times of the kernels are in [the page of the system](../surfaces.md#how-fast). "
                  "Slack: illumination over the required one, minus one.\n\n")
        out.write("| instance | scheme | noctule (bit/s/Hz) | slack | proven at most | CVXPY | slack | "
                  "by | noctule / CVXPY − 1 | CVXPY time (s) | whole process (s) |\n")
        out.write("|---|---|---|---|---|---|---|---|---|---|---|\n")
        for name, scheme, ours, slack, theirs, check, tool, elapsed, whole, bound in rows:
            proven = f"{bound:.6f}" if bound is not None else "–"
            out.write(f"| {name} | {scheme} | {ours:.6f} | {slack:.1e} | {proven} | {theirs:.6f} | "
                      f"{check:.1e} | {tool} | {ours / theirs - 1:+.1e} | {elapsed:.3f} | {whole:.3f} |\n")


if __name__ == "__main__":
    main()
