"""The convex problems of noctule as plain CVXPY scripts, for whoever trusts another solver more.

A script holds the numbers of one instance and nothing of noctule: it builds the problem from its
definition, normalises it (raw watts mislead conic solvers), solves it, and prints the optimal
value with the name of the metric it is to be compared with.

    instance = noctule.beamforming.Scenario().realize()
    Path("check.py").write_text(instance.to_cvxpy())      # then: python check.py

One function a problem, registered by :func:`problem`; a further system adds its own here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import _noctule
from ._design import Instance, refuse

Writer = Callable[[Instance], str]
_PROBLEMS: dict[str, dict[str, Writer]] = {}


def problem(system: str, name: str) -> Callable[[Writer], Writer]:
    """Register a writer of scripts for a convex problem of a system."""

    def keep(writer: Writer) -> Writer:
        _PROBLEMS.setdefault(system, {})[name] = writer
        return writer

    return keep


def problems(system: str) -> list[str]:
    """Names of the convex problems of a system.

    >>> import noctule
    >>> noctule.cvxpy.problems("beamforming")
    ['sensing-only']
    """
    return list(_PROBLEMS.get(system, {}))


def script(instance: Instance, problem: str | None = None) -> str:
    """The script of one of :func:`problems`, the first by default."""
    known = _PROBLEMS.get(instance.system, {})
    if not known:
        raise refuse("this system has no convex problem", "system", instance.system,
                     ", ".join(_PROBLEMS))
    if problem is not None and problem not in known:
        raise _noctule.unknown(problem, "problem", list(known))
    return known[problem or next(iter(known))](instance)


def _written(name: str, value: Any) -> str:
    """An assignment that reads back to the last bit."""
    array = np.asarray(value)
    if array.ndim == 0:
        return f"{name} = {array.item()!r}"
    return f"{name} = np.array({array.tolist()!r})"


def _data(instance: Instance, *names: str) -> str:
    return "\n".join(_written(name, instance[name]) for name in names)


@problem("beamforming", "sensing-only")
def _sensing_only(instance: Instance) -> str:
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

{_data(instance, "transmit_shape", "receive_shape", "azimuth_rad", "polar_rad", "reflection",
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
unit = value_unit = float(np.sum(1 / scale**2))
constraints = [X >> 0] + {limit}
problem = cp.Problem(cp.Minimize(value / unit), constraints)
problem.solve(solver=cp.CLARABEL)
information = 2 * snapshots * power_w / sensing_noise_w
print("status", problem.status)
print("crb_trace_mixed", float(value.value) / information)
'''


__all__ = ["problem", "problems", "script"]
