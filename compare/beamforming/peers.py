"""The best of four starts by general-purpose descents, with a gradient written by hand, beside noctule.

All of them climb from the same kind of starts (regularised zero forcing, perturbed from the second on) at full size, in
one process, with their own stop rules at the tolerances below. Times are processor seconds without imports; every
method has climbed once before it is timed.
"""

import time

import numpy as np
import pymanopt
import scipy
import scipy.optimize
from pymanopt.optimizers import ConjugateGradient, TrustRegions

import noctule

STARTS = 4
GRADIENT = 1e-6  # norm of the gradient at which a descent may stop
ITERATIONS = 3000


class Descent:
    """Minus the objective over beams of unit power, as a real matrix: real parts above imaginary ones."""

    def __init__(self, problem, streams):
        self.problem = problem
        self.shape = (problem.channels.shape[0], streams)
        self.maps = np.array(problem.maps)
        self.flat = self.maps.reshape(len(problem.maps) ** 2, -1)
        self.calls = 0

    def beams(self, x):
        antennas = self.shape[0]
        return x[:antennas] + 1j * x[antennas:]

    def value_and_gradient(self, x):
        self.calls += 1
        problem, w = self.problem, self.beams(x)
        users, n = problem.channels.shape[1], len(problem.maps)
        # tr(G R) is the sum over entries of G times the transpose of R
        fisher = np.real(self.flat @ (w @ w.conj().T).T.ravel()).reshape(n, n)
        inverse = np.linalg.inv((fisher + fisher.T) / 2)
        weights = np.real(inverse @ inverse)
        sensing = -2 * np.tensordot(weights, self.maps, axes=2) @ w
        amplitudes = problem.channels.conj().T @ w
        powers = np.abs(amplitudes) ** 2
        received = powers.sum(axis=1) + 1
        own = np.arange(users)
        interference = received - powers[own, own]
        rate = np.log(received / interference).sum()
        slopes = 2 * amplitudes * (1 / received - 1 / interference)[:, None]
        slopes[own, own] = 2 * amplitudes[own, own] / received
        value = problem.crb_weight * np.trace(inverse) - problem.rate_weight * rate
        gradient = problem.crb_weight * sensing - problem.rate_weight * problem.channels @ slopes
        return value, np.vstack([gradient.real, gradient.imag])

    def check(self, x):
        """The gradient against a difference quotient: it was written by hand."""
        rng = np.random.default_rng(1)
        along = rng.normal(size=x.shape)
        step = 1e-6
        ahead, behind = (self.value_and_gradient(x + s * along)[0] for s in (step, -step))
        quotient, slope = (ahead - behind) / (2 * step), np.sum(self.value_and_gradient(x)[1] * along)
        if abs(quotient - slope) > 1e-5 * max(1, abs(slope)):
            raise SystemExit(f"the gradient is wrong: {slope} and not {quotient}")


def by_scipy(descent, start):
    """L-BFGS-B over all real parts, with the scale taken out: f(x/‖x‖)."""

    def scaled(x):
        norm = np.linalg.norm(x)
        unit = x / norm
        value, gradient = descent.value_and_gradient(unit.reshape(start.shape))
        gradient = gradient.ravel()
        return value, (gradient - unit * (unit @ gradient)) / norm

    options = {"gtol": GRADIENT, "ftol": 1e-15, "maxiter": ITERATIONS, "maxfun": 2 * ITERATIONS}
    found = scipy.optimize.minimize(scaled, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return (found.x / np.linalg.norm(found.x)).reshape(start.shape)


def by_pymanopt(optimizer):
    """On the sphere of real parts, which is that of complex beams."""

    def climb(descent, start):
        manifold = pymanopt.manifolds.Sphere(*start.shape)
        last = {}

        def both(x):
            # cost and gradient at one point are one evaluation
            if last.get("x") is None or not np.array_equal(last["x"], x):
                last["x"], last["both"] = x.copy(), descent.value_and_gradient(x)
            return last["both"]

        cost = pymanopt.function.numpy(manifold)(lambda x: both(x)[0])
        gradient = pymanopt.function.numpy(manifold)(lambda x: both(x)[1])

        @pymanopt.function.numpy(manifold)
        def hessian(x, along):
            step = 1e-6 / max(np.linalg.norm(along), 1e-300)
            ahead, behind = (descent.value_and_gradient(x + s * along)[1] for s in (step, -step))
            return (ahead - behind) / (2 * step)

        problem = pymanopt.Problem(
            manifold, cost, euclidean_gradient=gradient, euclidean_hessian=hessian
        )
        solver = optimizer(min_gradient_norm=GRADIENT, max_iterations=ITERATIONS, max_time=60, verbosity=0)
        return solver.run(problem, initial_point=start).point

    return climb


PEERS = {
    "SciPy, L-BFGS-B": by_scipy,
    "pymanopt, conjugate gradients": by_pymanopt(ConjugateGradient),
    "pymanopt, trust regions": by_pymanopt(TrustRegions),
}


def starts(problem, streams, zero_forcing):
    """Regularised zero forcing with sensing beams, and three perturbed ones, real parts above imaginary ones."""
    first = zero_forcing(problem, streams - problem.channels.shape[1])
    rng = np.random.default_rng(0)
    for index in range(STARTS):
        noise = rng.normal(size=(2, *first.shape)) / np.sqrt(8 * first.shape[0])
        beams = first + (noise[0] + 1j * noise[1] if index else 0)
        beams /= np.linalg.norm(beams)
        yield np.vstack([beams.real, beams.imag])


def ours(scenario, trial, problem, repeat=20):
    """Seconds of one of many designs of this process, the objective by the script, the power above the limit."""
    instance = noctule.Instance("beamforming", scenario=scenario, trial=trial)
    design = noctule.design(instance, "balanced", starts=STARTS)
    begin = time.process_time()
    for _ in range(repeat):
        design = noctule.design(instance, "balanced", starts=STARTS)
    seconds = (time.process_time() - begin) / repeat
    beams = design.beams.T / np.sqrt(instance["power_w"])
    return seconds, problem.objective(beams), np.linalg.norm(beams) ** 2 - 1


def table(scenario, problems, zero_forcing):
    """Rows of the table, and the ratios of each peer."""
    rows, ratios = [], {name: [] for name in PEERS}
    for trial, problem in enumerate(problems):
        own, objective, excess = ours(scenario, trial, problem)
        rows.append(f"| {trial} | noctule | {objective:.7f} | {excess:.0e} | – | {1e3 * own:.1f} ms | 1 |")
        streams = problem.channels.shape[1] + 6
        for name, climb in PEERS.items():
            descent = Descent(problem, streams)
            descent.check(next(starts(problem, streams, zero_forcing)))
            climb(descent, next(starts(problem, streams, zero_forcing)))
            descent.calls, best = 0, None
            begin = time.process_time()
            for start in starts(problem, streams, zero_forcing):
                beams = descent.beams(climb(descent, start))
                reached = problem.objective(beams)
                if best is None or reached > best[0]:
                    best = reached, np.linalg.norm(beams) ** 2 - 1
            seconds = time.process_time() - begin
            ratios[name].append(seconds / own)
            rows.append(
                f"| {trial} | {name} | {best[0]:.7f} | {best[1]:.0e} | {descent.calls} "
                f"| {seconds:.2f} s | {seconds / own:.0f} |"
            )
        print(*rows[-1 - len(PEERS):], sep="\n", flush=True)
    return rows, ratios


def section(scenario, problems, zero_forcing):
    """The text of the table."""
    rows, ratios = table(scenario, problems, zero_forcing)
    said = "; ".join(f"{name}: {min(r):.0f} to {max(r):.0f}" for name, r in ratios.items())
    return f"""## Descents of other packages

The best of {STARTS} starts by SciPy {scipy.__version__} (L-BFGS-B over real parts, the scale taken out) and pymanopt
{pymanopt.__version__} (conjugate gradients and trust regions on the sphere), each with the gradient written by hand in NumPy at
full size, which a difference quotient confirms (trust regions take products with the Hessian from differences of
it), until its norm is {GRADIENT:g} or the solver gives up. Ours is
`noctule.design(instance, "balanced", starts={STARTS})` of the Python package, which climbs twice from each of its own starts, with
few and with all sensing streams, and adds metrics and prediction of thresholds. All in one process; what is imported
and the first climb of each are not timed. The objective of every row is recomputed by the script from the beams, and
*excess* is their power above the limit, relative.

| trial | method | objective | excess | evaluations | time | over ours |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}

Their time over ours: {said}. Most of it is NumPy's on small matrices; the evaluations say how much is the method's.
"""
