"""The convex problem of a cell-free network: the best beampatterns when nobody is served."""

from __future__ import annotations

import numpy as np

from .._input import refuse
from .._instance import Instance
from ..cvxpy import data, problem


@problem("cellfree", "sensing-only", compare="sensing-only")
def sensing_only(instance: Instance) -> str:
    """P1 of Mao et al.: one semidefinite program for every access point that senses."""
    if not len(instance["target_rad"]):
        raise refuse("there is nothing to sense", "target_rad", "no targets", "one or more")
    antennas = int(np.shape(instance["channels"])[2])
    return f'''"""Smallest mean error of the beampatterns when nobody is served (semidefinite programs):

    minimise over Z, eta   1/n sum_i (eta P_i - a(t_i)^H Z a(t_i))^2   subject to  Z >= 0, tr Z = 1

for every access point that senses; P_i is one within half a window of one of its targets. To be
compared with the metric `error` of the scheme `sensing-only`. Needs numpy and cvxpy only.
"""

import cvxpy as cp
import numpy as np

antennas = {antennas}
{data(instance, "sensing_ap", "target_rad", "window_rad", "grid_points", "spacing")}

angles = np.linspace(-np.pi / 2, np.pi / 2, int(grid_points))
A = np.exp(2j * np.pi * spacing * np.outer(np.arange(antennas), np.sin(angles)))
errors = []
for ap in np.unique(sensing_ap):
    targets = target_rad[sensing_ap == ap]
    ideal = (np.abs(angles[:, None] - targets) <= window_rad / 2 + 1e-9).any(axis=1).astype(float)
    Z, eta = cp.Variable((antennas, antennas), hermitian=True), cp.Variable()
    # a^H Z a for all angles at once, real for a Hermitian Z.
    pattern = cp.real(cp.sum(cp.multiply(A.conj(), Z @ A), axis=0))
    error = cp.sum_squares(eta * ideal - pattern) / len(angles)
    problem = cp.Problem(cp.Minimize(error), [Z >> 0, cp.real(cp.trace(Z)) == 1])
    problem.solve(solver=cp.CLARABEL)
    print("status", problem.status)
    errors.append(error.value)
print("error", float(np.mean(errors)))
'''
