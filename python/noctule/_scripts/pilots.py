"""The convex problem of downlink pilots: the best localisation."""

from __future__ import annotations

from .._input import refuse
from .._instance import Instance
from ..cvxpy import data, problem


@problem("pilots", "best-crb", compare="best-crb")
def best_crb(instance: Instance) -> str:
    """Smallest worst bound on a position over all powers of the access points."""
    arrays = instance.arrays
    if "information" in arrays:
        known = data(instance, "information", "downlink_energy")
        known += "\nR = np.array([[[[r[0], r[2]], [r[2], r[1]]] for r in row] for row in information])"
    elif "point_m" in arrays:
        known = data(instance, "point_m", "user_m", "frequency_hz", "effective_bandwidth_hz",
                     "cross_section_m2", "downlink_energy")
        known += _GEOMETRY
    else:
        raise refuse("nobody can be located", "point_m", "no positions",
                     "positions of access points and users, or their information")
    return f'''"""Smallest worst bound on a position over all powers of the access points (convex):

    minimise  max_k tr (s sum_m x_mk R_mk)^-1   subject to   x >= 0, sum_k x_mk <= 1

Its square root is to be compared with `worst_position_rcrb_m` of the scheme `best-crb`. Needs numpy
and cvxpy only.
"""

import cvxpy as cp
import numpy as np

{known}

points, users = R.shape[:2]
unit = np.trace(R.sum(axis=0).mean(axis=0)) * downlink_energy
x = cp.Variable((points, users), nonneg=True)
bounds = []
for k in range(users):
    J = sum(x[m, k] * (downlink_energy / unit * R[m, k]) for m in range(points))
    bounds.append(cp.matrix_frac(np.eye(2), J))
problem = cp.Problem(cp.Minimize(cp.maximum(*bounds) if users > 1 else bounds[0]),
                     [cp.sum(x, axis=1) <= 1])
problem.solve(solver=cp.CLARABEL)
print("status", problem.status)
print("worst_position_rcrb_m", np.sqrt(problem.value / unit))
'''


_GEOMETRY = """
C = 299_792_458.0
D = np.linalg.norm(point_m[:, None] - user_m, axis=2)                    # [point, user]
e = (point_m[:, None] - user_m) / D[..., None]                           # from the user to the point
wavelength = C / frequency_hz
R = np.zeros((len(point_m), len(user_m), 2, 2))
for m in range(len(point_m)):
    for k in range(len(user_m)):
        for n in range(len(point_m)):
            gain = wavelength**2 * cross_section_m2 / ((4 * np.pi) ** 3 * D[m, k]**2 * D[n, k]**2)
            u = e[m, k] + e[n, k]
            R[m, k] += 8 * (np.pi * effective_bandwidth_hz / C) ** 2 * gain * np.outer(u, u)
"""
