"""A goal under requirements as a semidefinite relaxation: everything of it that is convex."""

from __future__ import annotations

import numpy as np

from .._input import refuse
from .._instance import Instance
from ..cvxpy import assigned, data, problem
from . import beamforming_band

#: What `goal` says: the convex ones.
_SENSE = {
    2: "maximise  the worst ln(1 + SINR_k)/v_k, by the power that a common t = ln(1 + SINR_k)/v_k takes",
    4: "minimise  the metric",
    5: "minimise  the power",
    6: "maximise  the metric",
}

#: What kinds of metrics are there; the numbers are those of `goal_metric` and `limits`.
_KINDS = range(14)

#: What may be around users and targets; `None` where it is not.
_AROUND = ("template", "template_azimuth_rad", "template_polar_rad", "clutter_covariance", "station",
           "towards_targets")

_HEAD = '''"""{sense}

over covariances X_1, ..., X_K of the users and X_0 for sensing, all >= 0, with R = X_0 + ... + X_K:

    (1 + 1/g_k) h_k^H X_k h_k >= h_k^H R h_k + s_k^2      for every user with a floor g_k
    metrics of R within their limits,  {power}

The relaxation is tight: w_k = X_k h_k / sqrt(h_k^H X_k h_k) with the rest of R for sensing are beams with the
same metrics and no lower SINR. To be compared with `goal.value` among the metrics of the scheme `balanced`: nats,
squared radians, watts. Needs numpy and cvxpy only.
"""

import cvxpy as cp
import numpy as np

{data}
'''

_MODEL = '''

def steering(positions, azimuth, polar):
    """Vectors and derivatives, element x direction, of elements at places in wavelengths."""
    a, p = np.atleast_1d(azimuth), np.atleast_1d(polar)
    u = np.array([np.cos(a) * np.sin(p), np.sin(a) * np.sin(p), np.cos(p)])
    by_azimuth = np.array([-np.sin(a) * np.sin(p), np.cos(a) * np.sin(p), 0 * p])
    by_polar = np.array([np.cos(a) * np.cos(p), np.sin(a) * np.cos(p), -np.sin(p)])
    out = np.exp(2j * np.pi * positions @ u)
    if not unit_modulus_steering:
        out = out / np.sqrt(len(positions))
    return out, 2j * np.pi * (positions @ by_azimuth) * out, 2j * np.pi * (positions @ by_polar) * out


targets, N, K = len(azimuth_rad), len(transmit_positions), len(channels)
receivers = len(receive_positions)
kinds = np.array([i for i in range(4) for m in range(targets) if unknown[m][min(i, 2)]], int)
owners = np.array([m for i in range(4) for m in range(targets) if unknown[m][min(i, 2)]], int)
n = len(kinds)

# Offsets that the angles of all targets may have: shares of one, or each by itself where the worst counts.
if angle_over == 0:
    offsets = [(1.0, 0.0, 0.0)]
else:
    shares = np.ones(len(angle_shares)) if angle_over == 2 else angle_shares / np.sum(angle_shares)
    offsets = [(share, *turn) for share, turn in zip(shares, angle_offsets_rad)]

# In units of a power and of the users' noise.
X = [cp.Variable((N, N), hermitian=True) for _ in range(K + 1)]
R, T = sum(X), (sum(X[1:]) if streams_cancelled and K else sum(X))
g = channels.T * np.sqrt(unit_w) / np.sqrt(user_noise_w) if K else np.zeros((N, 0))
constraints = [x >> 0 for x in X]
information = 2 * snapshots * unit_w / sensing_noise_w


def forms(turn, tilt):
    """F_ij = Re tr(D_i^H D_j R): the Hermitian matrices of these products, with D the derivative of B U A^H by
    every parameter that is unknown: by kind, inside a kind by target."""
    (A, A_t, A_p), (B, B_t, B_p) = (steering(at, azimuth_rad + turn, polar_rad + tilt)
                                    for at in (transmit_positions, receive_positions))
    D = []
    for kind, m in zip(kinds, owners):
        b, a, c = B[:, [m]], A[:, [m]].conj().T, reflection[m]
        if kind == 0:
            D.append(c * (B_t[:, [m]] @ a + b @ A_t[:, [m]].conj().T))
        elif kind == 1:
            D.append(c * (B_p[:, [m]] @ a + b @ A_p[:, [m]].conj().T))
        else:
            D.append((1 if kind == 2 else 1j) * b @ a)
    return np.array([[(p.conj().T @ q + q.conj().T @ p) / 2 for q in D] for p in D])


def scene(G, prior):
    """F as L^-1 F L^-T, with L L^T = F where every antenna sends the same: one there. And L."""
    L = np.linalg.cholesky(np.trace(G, axis1=2, axis2=3).real / N + np.diag(prior))
    root = np.linalg.inv(L)
    G = np.einsum("ai,ijmn,bj->bamn", root, G, root)
    G = G.transpose(0, 1, 3, 2).reshape(n * n, N * N)  # columns first, as cp.vec
    F = cp.reshape(G.real @ cp.vec(cp.real(R), order="F") + G.imag @ cp.vec(cp.imag(R), order="F"),
                   (n, n), order="F") + root @ np.diag(prior) @ root.T
    return (F + F.T) / 2, L


scenes = []  # a share, F and L of every offset
if n and angle_over == 3:  # one matrix, the mean, and what the law of the angles tells
    known = np.append(angle_prior, [0.0, 0.0])[kinds] / information
    scenes = [(1.0, *scene(sum(share * forms(*turn) for share, *turn in offsets), known))]
elif n:
    scenes = [(share, *scene(forms(*turn), np.zeros(n))) for share, *turn in offsets]


def columns(L, weights):
    """L^-1 times the columns sqrt(w_i) e_i of parameters with a weight."""
    return np.linalg.solve(L, np.diag(np.sqrt(weights))[:, weights > 0])


def traces(parts):
    """The largest of tr E^T F^-1 E, over all lists of weights, in a unit that is the second number."""
    parts = [weights for weights in parts if weights.any()]
    size = max(np.linalg.norm(columns(L, weights)) for weights in parts for _, _, L in scenes)
    values = []
    for weights in parts:
        each = [share * cp.matrix_frac(columns(L, weights) / size, F) for share, F, L in scenes]
        values += each if angle_over == 2 else [sum(each)]
    return (values[0] if len(values) == 1 else cp.max(cp.hstack(values))), size**2 / information


def along(v, Y):
    """v^H Y v"""
    Q = np.outer(v, v.conj()).flatten(order="F")
    return Q.real @ cp.vec(cp.real(Y), order="F") + Q.imag @ cp.vec(cp.imag(Y), order="F")


def heard(k, Y):
    return along(g[:, k], Y)


def echo(kind, m, turn, tilt):
    """What a watt towards a target is worth: a watt; its SNR; its SNR with the best receive beam in clutter."""
    if kind == 8:
        return 1.0
    b = steering(receive_positions, azimuth_rad[m] + turn, polar_rad[m] + tilt)[0][:, 0]
    noise = sensing_noise_w * np.eye(receivers)
    if kind > 9 and clutter_covariance is not None:
        noise = noise + clutter_covariance
    return snapshots * abs(reflection[m]) ** 2 * (b.conj() @ np.linalg.solve(noise, b)).real


def lit(kind, m):
    """Lists of (vector, factor) whose powers add up: one, or one for each offset where the worst counts."""
    if towards_targets is not None:  # stations that see the target each in a direction of its own
        stations = range(int(np.max(station)) + 1)
        return [[(np.where(station == s, towards_targets[m], 0), echo(kind, m, 0, 0)) for s in stations]]
    each = []
    for share, turn, tilt in offsets:
        a = steering(transmit_positions, azimuth_rad[m] + turn, polar_rad[m] + tilt)[0][:, 0]
        each.append((a, share * echo(kind, m, turn, tilt)))
    return [[one] for one in each] if angle_over == 2 else [each]


def log_det_hermitian(M):
    """log det of a Hermitian expression, as half that of its real form."""
    re, im = cp.real(M), cp.imag(M)
    return cp.log_det(cp.bmat([[re, -im], [im, re]])) / 2


def metric(row, by_target):
    """An expression of order one, and the factor (of log det: the summand) that makes it the metric in SI units."""
    kind, target = int(row[0]), int(row[1])
    angles = (kinds < 2).astype(float)
    if kind <= 4:
        parts = [angles]
        if kind in (1, 2):
            parts = [np.array([row[2], row[3], row[4], row[4]])[kinds]]
            if kind == 1 and by_target is not None:
                parts[0] = parts[0] * np.asarray(by_target)[owners]
            if kind == 2:
                parts[0] = parts[0] * (owners == target)
        if kind == 3:
            parts = [angles * (owners == m) for m in range(targets)]
        if kind == 4:
            parts = list(np.eye(n)[kinds < 2])
        return traces(parts)
    if kind == 5:
        _, F, L = scenes[0]
        E, t = columns(L, angles), cp.Variable()
        size = np.linalg.norm(E)
        constraints.append(cp.bmat([[F, E / size], [E.T / size, t * np.eye(E.shape[1])]]) >> 0)
        return t, size**2 / information
    if kind == 6:  # log det E^T F^-1 E = -log det Z for the largest Z with F >= E Z E^T
        _, F, L = scenes[0]
        Q, triangle = np.linalg.qr(columns(L, angles))
        Z = cp.Variable((Q.shape[1], Q.shape[1]), symmetric=True)
        constraints.append(F - Q @ Z @ Q.T >> 0)
        return -cp.log_det(Z), 2 * np.linalg.slogdet(triangle)[1] - len(triangle) * np.log(information)
    if kind == 7:
        re, im = cp.real(R), cp.imag(R)
        form = cp.bmat([[re, -im], [im, re]])
        return cp.matrix_frac(np.eye(2 * N) / N, form) / 2, N**2 * sensing_noise_w * receivers / snapshots / unit_w
    if kind in (8, 9, 12, 13):  # of one target, or of the worst
        members = [one for m in (range(targets) if target < 0 else [target]) for one in lit(kind, m)]
        most = max(factor * np.sum(np.abs(a) ** 2) for one in members for a, factor in one)
        values = [sum(along(a, R) * (factor / most) for a, factor in one) for one in members]
        return (values[0] if len(values) == 1 else cp.min(cp.hstack(values))), most * unit_w
    if kind == 11:  # the shape of the beampattern, of beams that send all the power
        a = steering(transmit_positions, template_azimuth_rad, template_polar_rad)[0]
        a = a / np.linalg.norm(a, axis=0)
        Q = np.einsum("in,jn->nji", a, a.conj()).reshape(-1, N * N)  # as in `along`, all at once
        pattern = Q.real @ cp.vec(cp.real(R), order="F") + Q.imag @ cp.vec(cp.imag(R), order="F")
        off, t = cp.Variable() * template - N * pattern, cp.Variable()
        constraints.append(cp.sum_squares(off) / len(template) <= t)  # a cone; as an objective it is a form
        return t, 1 / N**2
    A, B = (steering(at, azimuth_rad, polar_rad)[0] for at in (transmit_positions, receive_positions))
    S = A * np.abs(reflection) * np.linalg.norm(B, axis=0) / np.sqrt(receivers)
    snr = snapshots / sensing_noise_w * unit_w
    return log_det_hermitian(np.eye(targets) + snr * S.conj().T @ R @ S), float(receivers)


for i, row in enumerate(limits):
    value, factor = metric(row, None if limit_targets is None else limit_targets[i])
    if row[0] == 6:
        constraints.append(value <= row[5] - factor)
    elif row[0] >= 8 and row[0] != 11:
        constraints.append(value >= row[5] / factor)
    else:
        constraints.append(value * (factor / row[5]) <= 1)
'''

_SOLVE = '''

def floors(sinr):
    error = unit_w * channel_error / user_noise_w  # of the estimates, heard of everything that is sent
    return [(1 + 1 / sinr[k]) * heard(k, X[k + 1]) >= heard(k, T) + 1 + error[k] * power
            for k in range(K) if sinr[k] > 0]


def solve(objective, more):
    made = cp.Problem(objective, constraints + more)
    made.solve(solver=cp.CLARABEL)
    return made.status


power = cp.real(cp.trace(R))
limit = {limit}
for group, most in enumerate(group_power_w):
    limit.append(cp.sum(cp.real(cp.diag(R))[np.flatnonzero(power_group == group)]) <= most / unit_w)
'''

_END = {
    4: '''
value, factor = metric(goal_metric, goal_metric_targets)
status = solve(cp.Minimize(value), floors(sinr_floor) + limit)
found = value.value + factor if goal_metric[0] == 6 else value.value * factor
''',
    6: '''
value, factor = metric(goal_metric, None)
status = solve(cp.Maximize(value), floors(sinr_floor) + limit)
found = value.value * factor
''',
    5: '''
status = solve(cp.Minimize(power), floors(sinr_floor) + limit)
found = power.value * unit_w
''',
    2: '''
# The least power grows with t: where it is all there is, t is the best worst rate.
served, low, high = user_weights > 0, 0.0, None
high = float(np.min(np.log1p(np.sum(np.abs(g) ** 2, axis=0))[served] / user_weights[served]))
worst = "optimal"
while high - low > 1e-7 * high:
    middle = (low + high) / 2
    asked = np.where(served, np.expm1(user_weights * middle), 0)
    status = solve(cp.Minimize(power), floors(np.maximum(asked, sinr_floor)) + limit)
    if status == "optimal_inaccurate":
        worst = status
    low, high = (middle, high) if power.value is not None and power.value <= 1 else (low, middle)
status, found = worst, low
''',
}


def _positions(instance: Instance, side: str) -> str:
    """Places of the elements: as they are given, or of a planar array, the vertical index fastest."""
    name = f"{side}_positions"
    if name in instance:
        return assigned(name, instance[name])
    h, v = (int(n) for n in instance[f"{side}_shape"])
    places = [[0.0, 0.5 * i, 0.5 * j] for i in range(h) for j in range(v)]
    return assigned(name, places)


@problem("beamforming", "goal", compare="balanced")
def _goal(instance: Instance) -> str:
    """Smallest metric, least power, or best worst rate, under floors and limits."""
    if "carrier_hz" in instance:
        return beamforming_band.script(instance, users=True)
    code = int(instance["goal"]) if "goal" in instance else 0
    if code not in _SENSE:
        found = "a weighted sum" if code == 0 else "a goal that is not convex"
        raise refuse("there is no convex form of this goal", "goal", found,
                     "min-crb, max-sensing, min-power or max-min-rate")
    rows = np.reshape(instance["limits"], (-1, 6)) if "limits" in instance else np.zeros((0, 6))
    metrics = [*rows] + ([instance["goal_metric"]] if code in (4, 6) else [])
    for row in metrics:
        if int(row[0]) not in _KINDS:
            raise refuse("no script states this metric", "limits", f"kind {int(row[0])}", "kinds 0 to 13")
    targets, users = len(instance["azimuth_rad"]), len(instance["channels"])
    per_antenna = bool(instance["per_antenna_power"])
    known = data(instance, "channels", "user_noise_w", "azimuth_rad", "polar_rad", "reflection",
                 "power_w", "sensing_noise_w", "snapshots", "unit_modulus_steering", "sinr_floor")
    optional = [
        assigned("unknown", instance["unknown"] if "unknown" in instance else np.ones((targets, 3))),
        assigned("streams_cancelled", bool(instance["streams_cancelled"])
                 if "streams_cancelled" in instance else False),
        assigned("limits", rows),
        assigned("limit_targets", instance["limit_targets"])
        if "limit_targets" in instance else "limit_targets = None",
        assigned("user_weights", instance["user_weights"]
                 if "user_weights" in instance else np.ones(users)),
        _positions(instance, "transmit"), _positions(instance, "receive"),
    ]
    if "power_group" in instance:
        optional.append(data(instance, "power_group", "group_power_w"))
    else:
        optional.append("power_group, group_power_w = np.zeros(0), []")
    for name in _AROUND:
        optional.append(data(instance, name) if name in instance else f"{name} = None")
    if "angle_offsets_rad" in instance:
        count = len(instance["angle_offsets_rad"])
        optional += [assigned(name, instance[name] if name in instance else absent) for name, absent in [
            ("angle_over", 1), ("angle_offsets_rad", None), ("angle_shares", np.ones(count)),
            ("angle_prior", np.zeros(2))]]
    else:
        optional.append("angle_over = 0  # angles are known")
    optional.append(assigned("channel_error", instance["channel_error"]
                             if "channel_error" in instance else np.zeros(users)))
    if code in (4, 6):
        optional.append(assigned("goal_metric", instance["goal_metric"]))
        optional.append(assigned("goal_metric_targets", instance["goal_metric_targets"])
                        if "goal_metric_targets" in instance else "goal_metric_targets = None")
    shaped = any(int(row[0]) == 11 for row in metrics)  # a beampattern is that of all the power
    sign = "==" if shaped else "<="
    power = "R_nn <= P/N" if per_antenna else f"tr R {sign} P"
    limit = "[cp.real(cp.diag(R)) <= power_w / unit_w / N]" if per_antenna else (
        f"[power {sign} 1]" if code in (4, 6) else "[]  # the power is what is asked for")
    floors, gains = instance["sinr_floor"], np.sum(np.abs(instance["channels"]) ** 2, axis=1)
    each = np.sum(floors * instance["user_noise_w"] / np.maximum(gains, 1e-300)) if users else 0.0
    # a solver wants numbers near one: the least power is measured by that of users who are alone
    optional.append(assigned("unit_w", each) if code == 5 and each > 0 else "unit_w = power_w")
    head = _HEAD.format(sense=_SENSE[code], power=power, data="\n".join([known, *optional]))
    tail = '\nprint("status", status)\nprint("goal_value", float(found))\n'
    return head + _MODEL + _SOLVE.replace("{limit}", limit) + _END[code] + tail
