"""Convex problems of a multi-target station: the smallest Cramér–Rao bound, the largest sum rate that
any transmission reaches."""

from __future__ import annotations

import numpy as np

from .._input import refuse
from .._instance import Instance
from ..cvxpy import data, problem
from . import beamforming_band
from . import beamforming_goals as beamforming_goals  # registers its problem


@problem("beamforming", "sensing-only", compare="sensing-only")
def _sensing_only(instance: Instance) -> str:
    if "carrier_hz" in instance:
        return beamforming_band.script(instance, users=False)
    if not len(instance["azimuth_rad"]):
        raise refuse("there is nothing to sense", "azimuth_rad", "no targets", "one or more")
    per_antenna = bool(instance["per_antenna_power"])
    limit = (
        "[cp.real(cp.diag(X)) == 1 / antennas]  # every antenna sends the same share"
        if per_antenna else "[cp.real(cp.trace(X)) <= 1]"
    )
    return f'''"""Smallest trace of the Cramér-Rao bound over all transmit covariances (a semidefinite program):

    minimise  tr F(R)^-1   subject to   R >= 0, {"R_nn = P/N" if per_antenna else "tr R <= P"}

with F_ij = (2L/s^2) Re tr(D_i^H D_j R), D_i the derivative of B U A^H by the i-th parameter of
[azimuths, polar angles, Re and Im of the reflections]. To be compared with `crb_trace_mixed` of
the scheme `sensing-only`. Needs numpy and cvxpy only.
"""

import cvxpy as cp
import numpy as np

{data(instance, "transmit_shape", "receive_shape", "azimuth_rad", "polar_rad", "reflection",
       "power_w", "sensing_noise_w", "snapshots", "unit_modulus_steering")}


def steering(shape):
    """Vectors and derivatives, antenna x target: kron(h, v), corner reference, half wavelength."""
    h, v = (np.arange(int(n)) for n in shape)
    h, v = np.repeat(h, len(v))[:, None], np.tile(v, len(h))[:, None]
    sin, cos = np.sin, np.cos
    a = np.exp(1j * np.pi * (h * sin(azimuth_rad) * sin(polar_rad) + v * cos(polar_rad)))
    if not unit_modulus_steering:
        a = a / np.sqrt(len(a))
    by_azimuth = 1j * np.pi * h * cos(azimuth_rad) * sin(polar_rad) * a
    by_polar = 1j * np.pi * (h * sin(azimuth_rad) * cos(polar_rad) - v * sin(polar_rad)) * a
    return a, by_azimuth, by_polar


(A, A_t, A_p), (B, B_t, B_p) = steering(transmit_shape), steering(receive_shape)
targets, antennas = len(azimuth_rad), len(A)


def outer(b, a, m):
    return np.outer(b[:, m], a[:, m].conj())


D = [reflection[m] * (outer(B_t, A, m) + outer(B, A_t, m)) for m in range(targets)]
D += [reflection[m] * (outer(B_p, A, m) + outer(B, A_p, m)) for m in range(targets)]
D += [outer(B, A, m) for m in range(targets)] + [1j * outer(B, A, m) for m in range(targets)]

# F = (2 L P / s^2) G(X) with R = P X; parameters are scaled so that G(I/N) has a unit diagonal.
G = [[Di.conj().T @ Dj for Dj in D] for Di in D]
scale = np.array([np.sqrt(np.trace(G[i][i]).real / antennas) for i in range(len(D))])
X = cp.Variable((antennas, antennas), hermitian=True)
F = cp.bmat([[cp.real(cp.trace((G[i][j] + G[j][i].conj().T) @ X)) / (2 * scale[i] * scale[j])
              for j in range(len(D))] for i in range(len(D))])
W = np.diag(1 / scale)
value = cp.matrix_frac(W, (F + F.T) / 2)
unit = float(np.sum(1 / scale**2))
constraints = [X >> 0] + {limit}
problem = cp.Problem(cp.Minimize(value / unit), constraints)
problem.solve(solver=cp.CLARABEL)
information = 2 * snapshots * power_w / sensing_noise_w
print("status", problem.status)
print("crb_trace_mixed", float(value.value) / information)
'''


@problem("beamforming", "sum-rate-bound", compare="balanced")
def _sum_rate_bound(instance: Instance) -> str:
    """The sum capacity, by the duality of downlink and uplink."""
    if "carrier_hz" in instance:
        raise refuse("this script is of one frequency", "carrier_hz", "a band", "an instance of one frequency")
    if bool(instance["per_antenna_power"]):
        raise refuse("the duality is that of a total power", "per_antenna_power", "1", "0")
    if not np.any(np.abs(instance["channels"])):
        raise refuse("there is nobody to serve", "channels", "no channels", "one or more")
    return f'''"""The most that beams, or anything else, can reach as a sum of rates: the sum capacity of the downlink,
which is that of its dual uplink (Vishwanath, Jindal and Goldsmith; a concave problem):

    maximise   sum over users of rates = ln det(I + sum_k q_k h_k h_k^H / s_k^2)
    subject to q >= 0,   sum_k q_k <= P

Where only rates count (`crb_weight` zero) it is to be compared with the bound in the proof of a
design of the scheme `balanced`, divided by `rate_weight_per_nat`; no sum rate exceeds it. Needs numpy
and cvxpy only.
"""

import cvxpy as cp
import numpy as np

{data(instance, "channels", "user_noise_w", "power_w")}

G = channels * np.sqrt(power_w / user_noise_w)[:, None]  # user x antenna, unit power and noise
users = len(G)
q = cp.Variable(users, nonneg=True)
gram = G.conj() @ G.T
# det(I + G^T Q G^*) = det(I + Q^1/2 gram Q^1/2), of the smaller size where users are fewer:
# with C C^H = gram both are det(I + C^H Q C).
values, vectors = np.linalg.eigh(gram)
C = vectors * np.sqrt(np.maximum(values, 0))
rate = cp.log_det(np.eye(users) + sum(q[k] * np.outer(C[k].conj(), C[k]) for k in range(users)))
problem = cp.Problem(cp.Maximize(rate), [cp.sum(q) <= 1])
problem.solve(solver=cp.CLARABEL)
print("status", problem.status)
print("sum_rate_nats", problem.value)
'''
