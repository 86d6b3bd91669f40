"""Beams over a band as a semidefinite program: the smallest bound or the least power under floors on SINRs."""

from __future__ import annotations

import numpy as np

from .._input import refuse
from .._instance import Instance
from ..cvxpy import assigned, data

_HEAD = '''"""{sense}

over covariances X[n][0], ..., X[n][K] >= 0 of sensing and of the users on every subcarrier n, R_n their sum, with one power:

    sum_n tr R_n <= P{floors}

F_ij = (2/s^2) sum over subcarriers and symbols of Re tr(D_i^H D_j R_n) is linear in all R_n at once, D_i the derivative of
sum_m alpha_m exp(-j 2 pi d_n tau_m + j 2 pi nu_m t_l) b_m a_m^H by the i-th unknown parameter, ranges in metres and
velocities in m/s. To be compared with {compare}. Needs numpy and cvxpy only.
"""

import cvxpy as cp
import numpy as np

{data}
'''

_MODEL = '''
LIGHT = 299792458.0
subcarriers, users, antennas = channels.shape
targets, wavelength = len(azimuth_rad), LIGHT / carrier_hz
d = (np.arange(subcarriers) - (subcarriers - 1) / 2) * spacing_hz
t = (np.arange(int(snapshots)) - (snapshots - 1) / 2) * symbol_period_s


def steering(shape, ratio):
    """Vectors and derivatives, antenna x target: half a wavelength of the carrier apart, the vertical index fastest."""
    h, v = (np.arange(int(n)) - ((n - 1) / 2 if centred else 0) for n in shape)
    h, v = ratio * np.repeat(h, len(v))[:, None], ratio * np.tile(v, len(h))[:, None]
    sin, cos = np.sin, np.cos
    a = np.exp(1j * np.pi * (h * sin(azimuth_rad) * sin(polar_rad) + v * cos(polar_rad)))
    if not unit_modulus_steering:
        a = a / np.sqrt(len(a))
    by_azimuth = 1j * np.pi * h * cos(azimuth_rad) * sin(polar_rad) * a
    by_polar = 1j * np.pi * (h * sin(azimuth_rad) * cos(polar_rad) - v * sin(polar_rad)) * a
    return a, by_azimuth, by_polar


# azimuth, polar angle, range, velocity, parts of the reflection: kind by kind, inside a kind by target
kinds, owners = [], []
for kind, flag in enumerate([0, 1, 2, 3, 4, 4]):
    for m in range(targets):
        if band_unknown[m][flag]:
            kinds, owners = kinds + [kind], owners + [m]
kinds, owners = np.array(kinds, int), np.array(owners, int)
count = len(kinds)


def derivatives(n):
    """What of every derivative does not depend on the symbol."""
    ratio = 1 + d[n] / carrier_hz if squint else 1.0
    (A, A_t, A_p), (B, B_t, B_p) = steering(transmit_shape, ratio), steering(receive_shape, ratio)
    turn = np.exp(-2j * np.pi * d[n] * 2 * range_m / LIGHT)
    out = []
    for kind, m in zip(kinds, owners):
        b, a, alpha = B[:, [m]], A[:, [m]].conj().T, reflection[m]
        echo = b @ a
        one = {0: alpha * (B_t[:, [m]] @ a + b @ A_t[:, [m]].conj().T), 1: alpha * (B_p[:, [m]] @ a + b @ A_p[:, [m]].conj().T),
               2: -4j * np.pi * d[n] / LIGHT * alpha * echo, 3: alpha * echo, 4: echo, 5: 1j * echo}[kind]
        out.append(one * turn[m])
    return out


# what depends on the symbol, summed over all of them
waves = np.array([np.exp(4j * np.pi * velocity_m_s[m] / wavelength * t) * (4j * np.pi * t / wavelength if kind == 3 else 1)
                  for kind, m in zip(kinds, owners)]).reshape(count, len(t))
symbols = waves.conj() @ waves.T
G = []
for n in range(subcarriers):
    D = derivatives(n)
    pairs = np.array([[symbols[i, j] * D[i].conj().T @ D[j] for j in range(count)] for i in range(count)])
    pairs = pairs.reshape(count, count, antennas, antennas)
    G.append((pairs + pairs.conj().transpose(0, 1, 3, 2)) / 2)

X = [[cp.Variable((antennas, antennas), hermitian=True) for _ in range(streams)] for _ in range(subcarriers)]
R = [sum(own) for own in X]
constraints = [x >> 0 for own in X for x in own]
power = sum(cp.real(cp.trace(r)) for r in R)
information = 2 * unit_w / sensing_noise_w


def clean(array):
    """Without what rounding left of zeros: a solver scales rows and columns by their entries."""
    return np.where(np.abs(array) < 1e-13 * np.max(np.abs(array)), 0, array)


# L^-1 F L^-T with L L^T = F where every antenna sends the same on every subcarrier: one there
F = None
if count:
    even = sum(np.trace(g, axis1=2, axis2=3).real for g in G) / (subcarriers * antennas)
    scale = np.diag(1 / np.sqrt(np.diag(even)))
    L = np.linalg.inv(scale) @ np.linalg.cholesky(scale @ even @ scale)
    rows = 0
    for g, r in zip(G, R):
        g = np.einsum("ai,ijmn,bj->bamn", np.linalg.inv(L), g, np.linalg.inv(L))
        g = clean(g.real) + 1j * clean(g.imag)
        g = g.transpose(0, 1, 3, 2).reshape(count * count, antennas**2)  # columns first, as cp.vec
        rows = rows + g.real @ cp.vec(cp.real(r), order="F") + g.imag @ cp.vec(cp.imag(r), order="F")
    F = cp.reshape(rows, (count, count), order="F")
    F = (F + F.T) / 2


def bound(weights):
    """The largest of weighted sums of bounds: an expression of order one, and the factor to squared SI units."""
    parts = [clean(np.linalg.solve(L, np.diag(np.sqrt(w))[:, w > 0])) for w in weights]
    size = max(np.linalg.norm(E) for E in parts)
    values = [cp.matrix_frac(E / size, F) for E in parts]
    return (values[0] if len(values) == 1 else cp.max(cp.hstack(values))), size**2 / information


def metric(row, by_target):
    kind, target = int(row[0]), int(row[1])
    if kind in (1, 2):
        own = np.array([row[2], row[3], row[6], row[7], row[4], row[4]])[kinds]
        if kind == 2:
            own = own * (owners == target)
        elif by_target is not None:
            own = own * np.asarray(by_target)[owners]
        return bound([own])
    if kind == 3:
        return bound([w for m in range(targets) if (w := (kinds < 2) * (owners == m) * 1.0).any()])
    if kind == 0:
        return bound([(kinds < 2) * 1.0])
    which = {4: kinds < 2, 14: kinds == 2, 15: kinds == 3}[kind]
    return bound(list(np.eye(count)[which]))


for i, row in enumerate(limits):
    value, factor = metric(row, None if limit_targets is None else limit_targets[i])
    constraints.append(value * (factor / row[5]) <= 1)


def heard(n, k, Y):
    h = channels[n, k] * np.sqrt(unit_w / user_noise_w[k])
    Q = np.outer(h, h.conj()).flatten(order="F")
    return Q.real @ cp.vec(cp.real(Y), order="F") + Q.imag @ cp.vec(cp.imag(Y), order="F")


for k in range(streams - 1):
    for n in range(subcarriers):
        if sinr_floor[k] > 0:
            constraints.append((1 + 1 / sinr_floor[k]) * heard(n, k, X[n][k + 1]) >= heard(n, k, R[n]) + 1)
'''

_SENSING = '''
value, factor = {value}
problem = cp.Problem(cp.Minimize(value), constraints + [power <= 1])
problem.solve(solver=cp.CLARABEL, static_regularization_constant=1e-7)
print("status", problem.status)
print("{name}", float(value.value) * factor)
'''

_POWER = '''
problem = cp.Problem(cp.Minimize(power), constraints)
problem.solve(solver=cp.CLARABEL, static_regularization_constant=1e-7)
print("status", problem.status)
print("goal_value", float(power.value) * unit_w)
'''


def script(instance: Instance, *, users: bool) -> str:
    """The script of an instance over a band: with its users, or of sensing alone."""
    for name, found in (("near_field", "spherical waves"), ("band_estimates", "estimates in place of channels")):
        if name in instance:
            raise refuse("no script states this band", name, found, "plane waves and channels that are known")
    code = int(instance["goal"]) if "goal" in instance else 0
    if code not in ((4, 5) if users else (0, 4)):
        found = "a weighted sum" if code == 0 else "a goal that is not convex, or no bound"
        raise refuse("there is no convex form of this goal over a band", "goal", found, "min-crb or min-power")
    rates = instance["rate_floor"] if "rate_floor" in instance else np.zeros(0)
    if users and np.any(np.asarray(rates) > 0):
        raise refuse("mean rates over a band are not convex", "rate_floor", "floors of rates", "floors of SINRs")
    if not len(instance["azimuth_rad"]) and (code != 5 or "limits" in instance):
        raise refuse("there is nothing to sense", "azimuth_rad", "no targets", "one or more")
    count = len(instance["channels"])
    known = data(instance, "transmit_shape", "receive_shape", "azimuth_rad", "polar_rad", "reflection", "range_m",
                 "velocity_m_s", "band_unknown", "power_w", "user_noise_w", "sensing_noise_w", "snapshots",
                 "unit_modulus_steering", "carrier_hz", "spacing_hz", "symbol_period_s", "squint", "centred")
    floors = np.asarray(instance["sinr_floor"]) if users and "sinr_floor" in instance else np.zeros(count)
    rows = np.reshape(instance["limits"], (-1, 8)) if code and "limits" in instance else np.zeros((0, 8))
    unit = float(instance["power_w"])
    if code == 5 and users and np.any(floors > 0):
        # a solver wants numbers near one: the least power is measured by that of users who are alone
        gains = np.sum(np.abs(np.asarray(instance["band_channels"])) ** 2, axis=-1)
        unit = float(np.sum(floors * np.asarray(instance["user_noise_w"]) / gains))
    more = [
        assigned("channels", instance["band_channels"]), assigned("unit_w", unit),
        assigned("streams", 1 + (count if users else 0)), assigned("sinr_floor", floors), assigned("limits", rows),
        assigned("limit_targets", instance["limit_targets"]) if "limit_targets" in instance else "limit_targets = None",
    ]
    sense, compare, end = "minimise  the power", "`goal.value` of the scheme `balanced` in watts", _POWER
    if code == 4:
        more.append(assigned("goal_metric", instance["goal_metric"]))
        more.append(assigned("goal_metric_targets", instance["goal_metric_targets"])
                    if "goal_metric_targets" in instance else "goal_metric_targets = None")
        sense = "minimise  the metric of the goal"
        compare = f"`goal.value` of the scheme `{'balanced' if users else 'sensing-only'}`"
        end = _SENSING.replace("{value}", "metric(goal_metric, goal_metric_targets)").replace("{name}", "goal_value")
    elif code == 0:
        more.append(assigned("bound_weights", instance["bound_weights"]))
        sense = "minimise  the weighted sum of Cramér-Rao bounds"
        compare = "`band.weighted_bound` of the scheme `sensing-only`"
        weights = "bound([np.array([*bound_weights, bound_weights[4]])[kinds]])"
        end = _SENSING.replace("{value}", weights).replace("{name}", "weighted_bound")
    text = "\n    (1 + 1/g_k) h^H X[n][k] h >= h^H R_n h + s_k^2   on every subcarrier, for every user with a floor g_k"
    head = _HEAD.format(sense=sense, floors=text if users else "", compare=compare, data="\n".join([known, *more]))
    return head + _MODEL + end


__all__ = ["script"]
