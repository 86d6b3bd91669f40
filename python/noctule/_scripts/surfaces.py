"""The convex problem of reflecting surfaces: the best covariance at given phases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._input import refuse
from .._instance import Instance
from ..cvxpy import assigned, data, problem


@problem("surfaces", "covariance", compare="full-covariance")
def covariance(instance: Instance, at: Mapping[str, Any] | None = None) -> str:
    """The largest rate over all covariances, at phases aligned to the user or those of a design."""
    count = len(instance["site_m"])
    if at is None:
        sites = np.arange(count)
        phases = ("[np.exp(1j * np.angle(to_user)) for to_user, _, _, _ in path]"
                  "  # every surface aligned to the user")
    else:
        if np.shape(at["phases"])[0] != 1:
            raise refuse("the phases change with time", "phases", f"{len(at['phases'])} modes",
                         "a design with one mode")
        sites = np.asarray(at["sites"], int)
        phases = ("np.split(given_phases, np.cumsum([len(to_user) for to_user, _, _, _ in path])"
                  "[:-1])  # those of the design")
    elements = "elements" if "elements" in instance else "shared_elements"
    known = data(instance, "base_m", "user_m", "target_m", "site_m", "base_axis", "user_axis",
                 "site_axis", elements, "transmit_antennas", "user_antennas", "sensors",
                 "snapshots", "power_w", "user_noise_w", "sensing_noise_w", "reference_gain",
                 "path_loss_exponent", "reflection_gain", "exact_paths", "crb_limit")
    known += "\n" + assigned("sites", sites)
    if at is not None:
        known += "\n" + assigned("given_phases", np.asarray(at["phases"])[0])
    each = "elements[site]" if elements == "elements" else "shared_elements / len(sites)"
    return f'''"""Largest rate of a user behind reflecting surfaces at given phases (a max-det problem):

    maximise over R >= 0   log2 det(I + H R H^H / s^2)   subject to   tr R <= P,   g^H R g >= G

with the limit G on the illumination of the target for which the bound (21) of its spatial frequency
is the largest allowed. To be compared with `rate_bps_hz` of the scheme `full-covariance` where its
phases are these. Needs numpy and cvxpy only.
"""

import cvxpy as cp
import numpy as np

{known}


def direction(start, end):
    return (end - start) / np.linalg.norm(end - start)


def gain(start, end):
    return reference_gain * np.linalg.norm(end - start) ** -path_loss_exponent


def response(count, frequency):
    """A line of half wavelengths, its phase counted from the middle."""
    return np.exp(1j * np.pi * frequency * (np.arange(count) - (count - 1) / 2))


# For every surface: the phases that align it to user and target, the response of the base station,
# and its part of the channel at aligned phases.
path, b, to_target = [], [], []
for site in sites:
    place, count = site_m[site], int({each})
    arrival = site_axis[site] @ direction(base_m, place)
    to_user = response(count, site_axis[site] @ direction(place, user_m) - arrival)
    lit = response(count, site_axis[site] @ direction(place, target_m) - arrival)
    sent = response(int(transmit_antennas), base_axis @ direction(base_m, place))
    heard = response(int(user_antennas), user_axis @ direction(user_m, place))
    heard = heard * np.sqrt(gain(base_m, place) * gain(place, user_m) / user_noise_w)
    path.append((to_user, lit, sent, heard))
    b.append(np.sqrt(gain(base_m, place)))
    to_target.append(gain(place, target_m))
strongest = max(to_target)
if exact_paths:
    b = [weight * np.sqrt(there / strongest) for weight, there in zip(b, to_target)]
v = {phases}
H = sum((to_user.conj() @ x) * np.outer(heard, sent.conj())
        for (to_user, _, sent, heard), x in zip(path, v))
g = sum(weight * (lit.conj() @ x).conj() * sent
        for (_, lit, sent, _), weight, x in zip(path, b, v))

# (21): the bound of the spatial frequency is `per_light` over the illumination g^H R g.
slope = np.pi**2 * sensors * (sensors**2 - 1) / 12
echo = reflection_gain * to_target[0] * strongest
per_light = sensing_noise_w / (2 * snapshots * echo * slope)

# Nothing outside the span of the base station's responses helps; R = P B X B^H.
B = np.linalg.svd(np.array([sent for _, _, sent, _ in path]).T, full_matrices=False)[0]
H, g = np.sqrt(power_w) * H @ B, B.conj().T @ g
light = np.linalg.norm(g) ** 2
X = cp.Variable((H.shape[1], H.shape[1]), hermitian=True)
constraints = [X >> 0, cp.real(cp.trace(X)) <= 1]
if crb_limit > 0:
    needed = per_light / crb_limit / (power_w * light)
    constraints.append(cp.real((g / np.sqrt(light)).conj() @ X @ (g / np.sqrt(light))) >= needed)
rate = cp.log_det(np.eye(H.shape[0]) + H @ X @ H.conj().T) / np.log(2)
problem = cp.Problem(cp.Maximize(rate), constraints)
problem.solve(solver=cp.CLARABEL)
print("status", problem.status)
print("rate_bps_hz", problem.value)
'''
