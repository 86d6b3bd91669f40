#!/usr/bin/env python3
"""Check what a design document of noctule claims to be proven. Needs NumPy, and nothing of noctule.

    python check_proof.py design.json [more.json …]

A bound in a document carries multipliers and boxes (`proof.bound.numbers`). They turn the claim "no
design exceeds this" into statements of two kinds, *this Hermitian matrix is positive semidefinite*
and *this sum is at most that*, which this file computes from the instance in the same document.
It contains no optimiser: for any numbers what comes out is a bound, and bad numbers make a bad one.

Rounding is bounded, not guessed. A `Ball` is an array with a radius for every entry, and its
operations add what the standard model of floating point allows them to be off by. That a matrix is
positive semidefinite is concluded from a Cholesky factorisation that succeeds after a shift (Rump,
"Verification of positive definiteness", BIT 46, 2006). What is trusted: IEEE 754 double precision, an error of
at most four units in the last place for exp, sin, cos, log and sqrt, and matrix products that add up products
in any order.

What is checked: `beamforming` with weights (every scheme with a bound), beside an extended target, and its goals under
a total power with floors on SINRs, `cellfree` (rates with and without a limit on the error, errors of sensing), `frame`
(the rate of all frames), `pilots` (the worst error), `surfaces` (the rate with any covariance). What is not is named:
limits on metrics, frames of one kind, several surfaces apart. `noctule verify` does their searches again.

Exit code: 0 all proven, 1 a claim is not proven, 2 a file cannot be read, 3 a document carries nothing that can
be checked here.
"""

import json
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # many small matrices: threads only wait for each other

import numpy as np  # noqa: E402

U = 2.0**-53  # unit roundoff
TINY = 1e-300  # more than all underflow of these sizes
UP = 1.0 + 2.0**-38  # rounding in the radii themselves


class Unproven(Exception):
    """The numbers do not prove what is claimed."""


class NotHere(Exception):
    """A claim of a kind that this file does not know."""


class Ball:
    """Complex or real arrays known to within a radius, entry by entry."""

    __array_ufunc__ = None  # numpy leaves operations with a Ball to it

    def __init__(self, mid, rad=None):
        self.mid = np.asarray(mid)
        self.rad = np.zeros(self.mid.shape) if rad is None else np.broadcast_to(rad, self.mid.shape) * UP + TINY
        if not (np.isfinite(self.mid).all() and np.isfinite(self.rad).all()):
            raise Unproven("a number beyond all numbers")

    @property
    def T(self):
        return Ball(self.mid.T, self.rad.T)

    @property
    def H(self):
        return Ball(self.mid.conj().T, self.rad.T)

    def most(self):
        """No entry is larger in modulus."""
        return (np.abs(self.mid) * (1 + 4 * U) + self.rad) * UP

    def __getitem__(self, at):
        return Ball(self.mid[at], self.rad[at])

    def __add__(self, other):
        other = ball(other)
        mid = self.mid + other.mid
        return Ball(mid, self.rad + other.rad + U * np.abs(mid))

    __radd__ = __add__

    def __neg__(self):
        return Ball(-self.mid, self.rad)

    def __sub__(self, other):
        return self + -ball(other)

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        other = ball(other)
        mid = self.mid * other.mid
        rad = self.most() * other.rad + self.rad * other.most()
        return Ball(mid, rad + 4 * U * np.abs(self.mid) * np.abs(other.mid))

    __rmul__ = __mul__

    def __truediv__(self, other):
        """By something real that is not around zero."""
        other = ball(other)
        least = np.abs(other.mid) - other.rad
        if np.any(least <= 0):
            raise Unproven("a division by what may be zero")
        mid = self.mid / other.mid
        return Ball(mid, (self.rad + np.abs(mid) * other.rad * UP) / least * UP + 4 * U * np.abs(mid))

    def __rtruediv__(self, other):
        return ball(other) / self

    def __matmul__(self, other):
        other = ball(other)
        terms = 2 * self.mid.shape[-1] + 6  # a complex product is four real ones
        error = terms * U / (1 - terms * U) * (np.abs(self.mid) @ np.abs(other.mid))
        return Ball(self.mid @ other.mid, 2 * error + self.most() @ other.rad + self.rad @ other.most())

    def sum(self, axis=None):
        terms = self.mid.size if axis is None else self.mid.shape[axis]
        return Ball(self.mid.sum(axis), self.rad.sum(axis) + terms * U * np.abs(self.mid).sum(axis) * UP)

    def upper(self):
        return float(np.nextafter(self.mid.real + self.rad, np.inf))

    def lower(self):
        return -(-self).upper()


def ball(x):
    return x if isinstance(x, Ball) else Ball(x)


def real(x):
    return Ball(x.mid.real, x.rad)


def log(x):
    """Of something positive."""
    x = ball(x)
    least = x.mid - x.rad
    if np.any(least <= 0):
        raise Unproven("a logarithm of what may be zero")
    mid = np.log(x.mid)
    return Ball(mid, x.rad / least * UP + 4 * U * np.abs(mid))


def sqrt(x):
    """Of something not negative that is exact."""
    mid = np.sqrt(x)
    return Ball(mid, 4 * U * mid)


def turned(phase):
    """exp(j phase)."""
    mid = np.exp(1j * phase.mid)
    return Ball(mid, phase.rad + 8 * U)


def cos(x):
    x = ball(x)
    return Ball(np.cos(x.mid), x.rad + 4 * U)


def sin(x):
    x = ball(x)
    return Ball(np.sin(x.mid), x.rad + 4 * U)


PI = Ball(np.pi, 2 * U * np.pi)


def shift_of(a):
    """So much is lost when a matrix is proven to be positive semidefinite by its factorisation: of n
    complex terms no sum is off by more than γ of 4(n + 2) real operations."""
    m = 4 * (len(a.mid) + 2)
    gamma = m * U / (1 - m * U)
    trace = np.abs(np.diag(a.mid)).sum()
    lost = a.rad + 2 * U * np.abs(a.mid)  # the Hermitian part is off by the mean of an entry and its mirror image
    return (2 * gamma / (1 - 2 * gamma) * trace + np.maximum(lost, lost.T).sum(axis=1).max() + TINY) * UP


def semidefinite(a):
    """Whether every Hermitian matrix in the ball is proven to be positive semidefinite."""
    mid = (a.mid + a.mid.conj().T) / 2
    # The ball's matrices are off by less than the largest row sum.
    try:
        return bool(np.isfinite(np.linalg.cholesky(mid - shift_of(a) * np.eye(len(mid)))).all())
    except np.linalg.LinAlgError:
        return False


def largest(*matrices, least=-np.inf):
    """A number, at least `least`, that no eigenvalue of any Hermitian matrix in the balls exceeds."""
    top = least
    for a in matrices:
        eye = Ball(np.eye(len(a.mid)))
        if top > -np.inf and semidefinite(eye * top - a):
            continue
        guess = np.linalg.eigvalsh((a.mid + a.mid.conj().T) / 2)[-1]
        slack = 2 * shift_of(eye * guess - a) + 8 * len(a.mid) * U * np.abs(a.mid).sum(axis=1).max()
        while not semidefinite(eye * (guess + slack) - a):
            slack *= 2
            if not slack < 1e300:
                raise Unproven("no bound of an eigenvalue could be verified")
        top = max(top, guess + slack)
    return top


def covered(low, high, whole_low, whole_high):
    """Whether boxes cover the whole. A region that is not inside one box is cut along a face of one, where
    the fewest others are cut too, and both parts must be covered."""
    parts = [(np.asarray(whole_low, float), np.asarray(whole_high, float), np.arange(len(low)))]
    while parts:
        bottom, top, inside = parts.pop()
        l, h = low[inside], high[inside]
        if np.any(np.all(l <= bottom, axis=1) & np.all(h >= top, axis=1)):
            continue
        best = None
        for axis in np.flatnonzero(top > bottom):
            for x in set(l[:, axis]) | set(h[:, axis]):
                if bottom[axis] < x < top[axis]:
                    below, above = l[:, axis] < x, h[:, axis] > x
                    score = (np.sum(below & above), max(np.sum(below), np.sum(above)))
                    if best is None or score < best[0]:
                        best = (score, axis, x, inside[below], inside[above])
        if best is None:
            return False
        _, axis, x, below, above = best
        first, second = top.copy(), bottom.copy()
        first[axis] = second[axis] = x
        parts += [(bottom, first, below), (second, top, above)]
    return True


def rows(numbers, name, each, count=None):
    """A list of so many numbers for each box."""
    found = np.asarray(numbers.get(name, []), dtype=float)
    if not np.all(np.isfinite(found)) or each and len(found) % each or count is not None and len(found) != count * each:
        raise Unproven(f"{name} has {len(found)} numbers, and does not fit")
    return found.reshape(-1, each) if each else np.zeros((count or 0, 0))


def lists_are(numbers, names):
    """These lists, and no others."""
    if set(numbers) != set(names):
        raise Unproven("the lists are not those of this problem")


def complex_array(lists):
    pairs = np.asarray(lists, dtype=float)
    return pairs[..., 0] + 1j * pairs[..., 1]


BOXES = ("low", "high", "chord_low", "chord_high")


def boxes(numbers, users, names=BOXES):
    low = rows(numbers, names[0], users)
    low, high, outer_low, outer_high = (rows(numbers, name, users, len(low)) for name in names)
    if not len(low) or np.any(outer_low > low) or np.any(high > outer_high) or np.any(outer_low <= 0):
        raise Unproven("a box is not inside the one whose multipliers prove it")
    return low, high, outer_low, outer_high


def chord(low, high):
    """(slope, offset) with −ln I ≤ offset − slope I on [low, high]; any slope will do, this one is the best."""
    slope = np.where(high > low, np.log(high / low) / np.where(high > low, high - low, 1.0), 1.0 / low)
    # −ln is convex: the line lies above it when it does at both ends.
    at_low, at_high = (slope * Ball(x) - log(x) for x in (low, high))
    return slope, np.maximum(at_low.mid + at_low.rad, at_high.mid + at_high.rad)


def envelope(low, high, t, slope):
    """The least o with ln T − ln I ≤ t T − ln t − 1 + o − slope I for all I in [low, high] and all T ≥ I. The best
    T is 1/t, or I where that is more: slope I − ln I up to I = 1/t and the tangent of −ln there beyond it are
    convex in I together, so that the ends decide."""
    ends = []
    for x in (low, high):
        # −ln x lies above its tangents: where it is not certain which applies, it is the safe one.
        beyond = t * x * (1 - 4 * U) > 1
        line, curve = 1.0 + log(t) - Ball(t) * x, -log(x)
        fallen = Ball(np.where(beyond, line.mid, curve.mid), np.where(beyond, line.rad, curve.rad))
        at = slope * Ball(x) + fallen
        ends.append(at.mid + at.rad * UP)
    return np.maximum(*ends) * (1 + 2 * U * np.sign(np.maximum(*ends)))


# --- beamforming --------------------------------------------------------------------------------


def steering(azimuth, polar, positions, unit_modulus):
    """The response of an array and its derivatives along azimuth and polar angle; positions in wavelengths."""
    y, z = Ball(positions[:, 1]), Ball(positions[:, 2])
    x = Ball(positions[:, 0])
    ca, sa, cp, sp = cos(azimuth), sin(azimuth), cos(polar), sin(polar)
    two_pi = 2.0 * PI
    phase = two_pi * (x * (ca * sp) + y * (sa * sp) + z * cp)
    by_azimuth = two_pi * (x * (-(sa * sp)) + y * (ca * sp))
    by_polar = two_pi * (x * (ca * cp) + y * (sa * cp) - z * sp)
    a = turned(phase)
    if not unit_modulus:
        a = a / sqrt(np.float64(len(positions)))
    return a, a * by_azimuth * Ball(1j), a * by_polar * Ball(1j)


def half_wavelengths(shape):
    """Positions of a planar array."""
    if len(shape) != 2 or any(n not in range(1, 10**6) for n in shape):
        raise Unproven("an array has no two sides")
    return np.array([[0.0, i / 2, j / 2] for i in range(int(shape[0])) for j in range(int(shape[1]))])


def echo_derivatives(instance):
    """∂(Σ α b aᴴ)/∂ω of all azimuths, polar angles, and real and imaginary parts of the reflections."""
    unit = instance.get("unit_modulus_steering", 0.0) > 0

    send, receive = (half_wavelengths(instance[f"{side}_shape"]) for side in ("transmit", "receive"))
    by: list[list[Ball]] = [[], [], [], []]
    for theta, phi, alpha in zip(instance["azimuth_rad"], instance["polar_rad"], complex_array(instance["reflection"])):
        a, at, ap = (Ball(s.mid[:, None], s.rad[:, None]) for s in steering(theta, phi, send, unit))
        b, bt, bp = (Ball(s.mid[:, None], s.rad[:, None]) for s in steering(theta, phi, receive, unit))
        by[0].append((bt @ a.H + b @ at.H) * Ball(alpha))
        by[1].append((bp @ a.H + b @ ap.H) * Ball(alpha))
        by[2].append(b @ a.H)
        by[3].append((b @ a.H) * Ball(1j))
    return [d for kind in by for d in kind]


def sensing_matrix(instance, derivatives, y, weight, weights=None):
    """(2 δ tr Y, δ B(Y)) with tr F⁻¹ ≥ 2 tr Y − ⟨B(Y), R⟩ for symmetric Y, as F_ij = κ Re tr(D_iᴴ D_j R); the bounds of parameters
    may have weights."""
    weights = np.ones(len(derivatives)) if weights is None else weights
    n = len(derivatives)
    y = (y.reshape(n, n) + y.reshape(n, n).T) / 2
    kappa = Ball(2.0 * instance["snapshots"]) / instance["sensing_noise_w"]
    antennas = derivatives[0].mid.shape[1]
    total = Ball(np.zeros((antennas, antennas), complex))
    flat_mid = np.array([d.mid.ravel() for d in derivatives])
    flat_rad = np.array([d.rad.ravel() for d in derivatives])
    mixed = Ball(y) @ Ball(flat_mid, flat_rad)
    for row in range(n):  # tr(Y F Y) = κ Σ_l ‖(Σ_j Y_lj D_j) R^½‖²
        m = Ball(mixed.mid[row].reshape(-1, antennas), mixed.rad[row].reshape(-1, antennas))
        total = total + (m.H @ m) * weights[row]
    return 2.0 * weight * (Ball(np.diag(y)) * weights).sum(), total * (kappa * weight)


def triangle(a):
    """(L Lᴴ, ln det L Lᴴ) of a triangle L such that L Lᴴ is near a matrix; L is exact."""
    try:
        lower = np.linalg.cholesky((a + a.conj().T) / 2)
    except np.linalg.LinAlgError as error:
        raise Unproven("a matrix is not positive definite") from error
    return Ball(lower) @ Ball(lower).H, 2.0 * log(np.diag(lower).real).sum()


def trace(a):
    return real(Ball(np.diag(a.mid), np.diag(a.rad))).sum()


def capacity(h, shares, power):
    """No precoding has a larger sum of ln(1 + SINR): the dual channel's ln det(I + Σ P q_k h_k h_kᴴ), q in the
    simplex, is at most tr Q − ln det Q − N + P max_k h_kᴴ Q h_k for every Q ≻ 0."""
    antennas, users = h.mid.shape
    shares = np.asarray(shares, float)
    if len(shares) != users or np.any(shares < 0) or not shares.sum() > 0:
        raise Unproven("capacity holds no shares of the power")
    inner = np.eye(antennas) + power * (h.mid * (shares / shares.sum())) @ h.mid.conj().T
    q, volume = triangle(np.linalg.inv(inner))
    most = max(real((h[:, [k]].H @ q @ h[:, [k]])[0, 0]).upper() for k in range(users))
    return (trace(q) - volume - float(antennas) + Ball(power * most * UP)).upper()


def cooperation(instance, h, derivatives, numbers):
    """No precoding, linear or not, exceeds this: with users who cooperate under a noise of covariance Z,
    ln det(I + Z⁻¹ Hᴴ R H) ≤ tr Q (Z + Hᴴ R H) − ln det Q − ln det Z − K for every Q ≻ 0."""
    users, weight = h.mid.shape[1], instance["rate_weight_per_nat"]
    z, q = (complex_array(np.reshape(numbers[name], (users, users, 2))).T for name in ("z", "q"))
    z = (z + z.conj().T) / 2
    if np.any(np.abs(np.diag(z) - 1) > 1e-12):
        raise Unproven("Z has no ones on its diagonal")
    np.fill_diagonal(z, 1.0)
    inside, low = triangle(z * (1 - 1e-11))
    if not semidefinite(Ball(z) - inside):  # so that ln det Z is at least that of what is inside
        raise Unproven("Z is not proven to be positive definite")
    q, volume = triangle(q)
    constant = (trace(q @ Ball(z)) - volume - low - float(users)) * weight
    slopes = h @ (q * weight) @ h.H
    if derivatives:
        extra, matrix = sensing_matrix(instance, derivatives, np.asarray(numbers["y"], float), instance["crb_weight"])
        constant, slopes = constant - extra, slopes + matrix
    return (constant + Ball(instance["power_w"] * largest(slopes, least=0.0) * UP)).upper()


def heard_channels(instance):
    """Channels over the noise, antennas × users, of a scene whose parts fit."""
    antennas = len(half_wavelengths(instance["transmit_shape"]))
    half_wavelengths(instance["receive_shape"])
    noise = np.asarray(instance["user_noise_w"], float)
    channels = complex_array(instance["channels"]).T if instance["channels"] else np.zeros((antennas, 0))
    if channels.shape != (antennas, len(noise)) or np.any(noise <= 0):
        raise Unproven("channels, noise and antennas do not fit")
    if instance["crb_weight"] < 0 or instance["rate_weight_per_nat"] < 0 or instance["power_w"] <= 0:
        raise Unproven("weights and power are not positive")
    targets = len(instance["azimuth_rad"]) if instance["crb_weight"] > 0 else 0
    if len(instance["polar_rad"]) < targets or len(instance["reflection"]) < targets:
        raise Unproven("the targets' lists do not fit")
    return Ball(channels) / sqrt(noise)


PLAIN = set(
    "azimuth_rad channels crb_weight format per_antenna_power polar_rad power_w rate_weight_per_nat receive_shape "
    "reflection sensing_noise_w sensing_streams snapshots system transmit_shape unit_modulus_steering user_noise_w".split()
)


def beamforming(document):
    """Σ ln T_k − ln I_k − δ tr F⁻¹, made linear in the covariances: on each box of interference levels I,
    ln T − ln I ≤ t T − ln t − 1 + o − slope I (`envelope`; proofs of earlier versions have chords of −ln I in its
    place); tr F⁻¹ ≥ 2 tr Y − tr(Y F Y). What is linear, ⟨G, R⟩ within a power P, is at most P λ_max(G)."""
    instance, bound = document["instance"], document["proof"]["bound"]
    if "goal" in instance:
        return of_goal(document)
    beyond = set(instance) - PLAIN
    if beyond:
        raise NotHere(f"instances with {', '.join(sorted(beyond))}")
    # Limits of every antenna's power limit the total: what nobody reaches within that holds for them.
    numbers, rho = bound["numbers"], extended_target(document)
    if rho is not None:
        lists_are(numbers, ("low", "high", "t", "y", "slope"))
        # what the claim is not about counts as absent, whatever stands there
        instance = dict(instance, azimuth_rad=[], polar_rad=[], reflection=[], crb_weight=1.0, rate_weight_per_nat=1.0)
        h = heard_channels(instance)
        if not h.mid.shape[1]:
            raise Unproven("nobody has a rate")
        return worst_of_boxes(instance, numbers, h, 1.0, [], None, rho)
    weight, crb_weight, power = instance["rate_weight_per_nat"], instance["crb_weight"], instance["power_w"]
    h = heard_channels(instance)
    users = h.mid.shape[1]
    sensed = crb_weight > 0 and len(instance["azimuth_rad"]) > 0
    derivatives = echo_derivatives(instance) if sensed else []
    size = len(derivatives) ** 2
    # Rates count as nothing only where they have no weight, nobody has one, or the claim says so.
    names, rated, alone = set(numbers), weight > 0 and users > 0, bound.get("problem") == SENSES_ONLY
    if names == {"q", "y", "z"} and not alone:
        return cooperation(instance, h, derivatives, numbers)
    if names == {"y", "capacity"} and not alone or names == {"y"} and (alone or not rated):
        rates = Ball(0.0)
        if names == {"y", "capacity"} and rated:
            rates = Ball(weight * capacity(h, numbers["capacity"], power) * UP)
        if not sensed:
            return rates.upper()
        trace, matrix = sensing_matrix(instance, derivatives, np.asarray(numbers["y"], float), crb_weight)
        return (Ball(power * largest(matrix, least=0.0) * UP) - trace + rates).upper()
    if alone or names not in ({"low", "high", "t", "y", "slope"}, {*BOXES, "t", "y"}):
        raise Unproven("its lists are not those of a proof of its problem")
    return worst_of_boxes(instance, numbers, h, weight, derivatives, None)


def floored(h, floors, prices, heard, own):
    """Floors on SINRs with prices, λ_k (S_k/γ_k − I_k) ≥ 0: Σλ, and what users hear and what is their own changed by it."""
    if np.any(prices < 0) or np.any(prices[floors <= 0] > 0):
        raise Unproven("a price of a floor that there is not")
    priced = prices > 0
    shares = Ball(np.where(priced, prices, 0.0)) / np.where(priced, floors, 1.0)
    return Ball(prices).sum(), heard - prices, own + prices + shares


def extended_target(document):
    """ρ of a bound that is said to be of an extended target, Σ ln(1 + γ) − ρ tr R⁻¹: that of the settings, and no other."""
    problem, settings = document["proof"]["bound"].get("problem"), document.get("settings")
    if not isinstance(problem, str) or not problem.startswith(EXTENDED) or " nat·W" not in problem:
        return None
    said = problem[len(EXTENDED) :].split(" nat·W")[0]
    weight = settings["weight_nat_w"] if isinstance(settings, dict) and "weight_nat_w" in settings else 0.0
    decimal = said and set(said) <= set("0123456789.e+-")  # which every language reads alike
    try:
        same = decimal and is_number(weight) and weight > 0 and float(said) == float(weight)
    except ValueError:
        same = False
    if not same or document.get("scheme") != "extended-target":
        raise Unproven("the weight of the extended target is not that of the settings")
    return float(weight)


def whole_response(y, rho):
    """2ρ tr Y and ρ Y² of the Hermitian part of Y: tr R⁻¹ ≥ 2 tr Y − tr YRY."""
    n = round((len(y) / 2) ** 0.5)
    y = complex_array(y.reshape(n, n, 2))
    y = Ball((y + y.conj().T) / 2)
    return trace(y) * (2.0 * rho), (y @ y.H) * rho


def worst_of_boxes(instance, numbers, h, weight, derivatives, floors, rho=None):
    """The most that any box allows; under floors γ on SINRs nobody hears more than P‖h‖²/γ beside the signal. With a ρ
    the bounds of parameters have ρ tr R⁻¹ in their place."""
    users, power, sensed = h.mid.shape[1], instance["power_w"], bool(derivatives) or rho is not None
    size = len(derivatives) ** 2 if rho is None else 2 * len(h.mid) ** 2
    sloped = "slope" in numbers
    low, high, outer_low, outer_high = boxes(numbers, users, ("low", "high") * 2 if sloped else BOXES)
    t, y = rows(numbers, "t", users, len(low)), rows(numbers, "y", size, len(low))
    slopes = rows(numbers, "slope", users, len(low)) if sloped else t
    gains = (h.most() ** 2).sum(axis=0) * UP
    most = (1.0 + power * gains) * UP
    if floors is not None:
        asked = floors > 0
        most = np.where(asked, np.minimum(most, np.maximum(power * gains / np.where(asked, floors, 1.0) * UP, 1.0)), most)
    # Boxes that end at the most there is but for its rounding are proven to its end.
    high = np.where((high < most) & (high >= most * (1 - 1e-9)), most, high)
    outer_high = np.maximum(outer_high, high)
    prices = rows(numbers, "lambda", users, len(low)) if "lambda" in numbers else None
    if weight > 0 and not covered(low, high, np.ones(users), most):
        raise Unproven("the boxes leave something uncovered")
    worst = -np.inf
    outer = [h[:, [k]] @ h[:, [k]].H for k in range(users)]
    for box in range(len(low)):
        if np.any(t[box] <= 0):
            raise Unproven("a multiplier is not positive")
        if sloped:
            slope, offset = slopes[box], envelope(low[box], high[box], t[box], slopes[box])
        else:
            slope, offset = chord(outer_low[box], outer_high[box])
        constant = (weight * (Ball(t[box]) - slope - log(t[box]) - 1.0 + offset)).sum()
        heard, own = weight * (Ball(t[box]) - slope), Ball(weight * slope)
        if prices is not None:
            price, heard, own = floored(h, floors, prices[box], heard, own)
            constant = constant - price
        shared = h @ (heard[:, None] * h.H)
        if sensed and rho is None:
            bounds, matrix = sensing_matrix(instance, derivatives, y[box], instance["crb_weight"])
        elif sensed:
            bounds, matrix = whole_response(y[box], rho)
        if sensed:
            constant, shared = constant - bounds, shared + matrix
        top = largest(shared, *(shared + outer[k] * own[k] for k in range(users)), least=0.0)
        worst = np.maximum(worst, (constant + Ball(power * top * UP)).upper())
    return worst


# Goals with floors on SINRs and a limit on the total power: the sense of a bound, and what it is of.
GOALS = {
    1: ("upper", "sum rate in nat/s/Hz"),
    2: ("upper", "smallest rate in nat/s/Hz"),
    4: ("lower", "weighted Cramér–Rao bounds"),
    5: ("lower", "power in watts"),
    6: ("upper", "smallest gain of a target"),
}


def of_goal(document):
    """Goals that are linear in the covariances of the streams, or are made so: a floor S_k ≥ γ_k I_k with a price λ_k adds
    λ_k (S_k/γ_k − I_k), which is not negative, and what is linear is at most an eigenvalue times the power."""
    instance, bound = document["instance"], document["proof"]["bound"]
    numbers, goal = bound["numbers"], instance["goal"]
    beyond = set(instance) - PLAIN - {"goal", "goal_metric", "sinr_floor"} or set(numbers) & {"inverses", "nu", "rho"}
    if beyond:
        raise NotHere(f"goals with {', '.join(sorted(beyond))}")
    h, floors, power = heard_channels(instance), np.asarray(instance["sinr_floor"], float), instance["power_w"]
    users = h.mid.shape[1]
    if floors.shape != (users,) or np.any(floors < 0):
        raise Unproven("floors do not fit")
    if goal == 1:
        lists_are(numbers, [*BOXES, "t", *(["lambda"] if "lambda" in numbers else [])])
        return worst_of_boxes(instance, numbers, h, 1.0, [], floors)
    # without users there are no prices, and an empty list is not written
    lists_are(numbers, [*(["lambda"] if users else []), "sharpness", *(["shares"] if goal in (4, 6) else [])])
    (prices,) = rows(numbers, "lambda", users, 1)
    claim = allowed(document, bound["value"])
    if goal == 6:
        price, matrices = priced(h, floors, prices, gains_of_targets(instance, numbers))
        return (Ball(power * largest(*matrices, least=0.0) * UP) - price).upper()
    if goal == 4:  # 2 tr YW − ⟨B, R⟩ ≥ value for all R
        trace, shared = bounds_of_parameters(document)
        price, matrices = priced(h, floors, prices, shared)
        return (trace + price - Ball(power * largest(*matrices, least=0.0) * UP)).lower()
    if goal == 2:  # with all SINRs above this one there would be no more power
        floors, spent = np.full(users, (exponential(Ball(claim)) - 1.0).lower()), power
        if not users or not floors.min() > 0:
            raise Unproven("a rate that is not positive")
    else:
        spent = claim
        if spent <= 0:
            return claim
    price, matrices = priced(h, floors, prices, None)
    top = (price / spent).lower()
    if not top > 0 or not all(semidefinite(Ball(np.eye(len(m.mid))) * top - m) for m in matrices):
        raise Unproven("a matrix is not proven to be positive semidefinite")
    return claim


def priced(h, floors, prices, shared):
    """Σλ, and the matrices of every user's stream and of those of sensing."""
    price, heard, own = floored(h, floors, prices, Ball(0.0 * prices), Ball(0.0 * prices))
    other = h @ (heard[:, None] * h.H)
    shared = other if shared is None else shared + other
    return price, [*(shared + (h[:, [k]] @ h[:, [k]].H) * own[k] for k in range(len(prices))), shared]


def bounds_of_parameters(document):
    """(F⁻¹)_ii ≥ 2 Y_ii − (Y F Y)_ii for any Y, here about F⁻¹ of the beams of the document, of which nothing else is trusted."""
    instance, metric = document["instance"], document["instance"]["goal_metric"]
    if len(metric) == 0 or not (metric[0] == 0 or metric[0] == 1 and len(metric) >= 5):
        raise NotHere("bounds of other metrics than sums")
    derivatives, each = echo_derivatives(instance), (1.0, 1.0, 0.0) if metric[0] == 0 else metric[2:5]
    targets = len(derivatives) // 4
    weights = np.repeat([*each, each[2]], targets)
    if not targets or min(each) < 0:
        raise Unproven("no bounds are weighed")
    if shape(document.get("beams")) is None:
        raise Unproven("the beams are no array of numbers")
    beams = complex_array(document["beams"]).reshape(-1, derivatives[0].mid.shape[1]).T
    through = [(d.mid @ beams).ravel() for d in derivatives]  # F_ij = κ Re tr D_iᴴ D_j R
    fisher = 2.0 * instance["snapshots"] / instance["sensing_noise_w"] * np.real([[np.vdot(a, b) for b in through] for a in through])
    scale = np.sqrt(np.diag(fisher))
    if not np.all(scale > 0) or not np.all(np.isfinite(scale)):
        raise Unproven("the beams have no Fisher matrix that can be inverted")
    try:
        y = np.linalg.inv(fisher / np.outer(scale, scale)) / np.outer(scale, scale)
    except np.linalg.LinAlgError as error:
        raise Unproven("the beams have no Fisher matrix that can be inverted") from error
    return sensing_matrix(instance, derivatives, y.ravel(), 1.0, weights)


def gains_of_targets(instance, numbers):
    """The smallest gain of a target is at most any mean of gains, c_m a_mᴴ R a_m."""
    metric, unit = instance["goal_metric"], instance.get("unit_modulus_steering", 0.0) > 0
    if not metric or metric[0] not in (8, 9) or metric[1] != -1:
        raise NotHere("bounds of other metrics than the least gain")
    targets = len(instance["azimuth_rad"])
    shares = rows(numbers, "shares", 1, targets).ravel()
    if np.any(shares < 0) or not shares.sum() > 0 or instance["snapshots"] <= 0 or instance["sensing_noise_w"] <= 0:
        raise Unproven("shares or noise are not positive")
    if len(instance["polar_rad"]) != targets or len(instance["reflection"]) != targets:
        raise Unproven("the targets' lists do not fit")
    places = zip(instance["azimuth_rad"], instance["polar_rad"], complex_array(instance["reflection"]))
    shared = Ball(0.0)
    for share, (theta, phi, alpha) in zip(shares, places):
        a, b = (steering(theta, phi, half_wavelengths(instance[f"{side}_shape"]), unit)[0] for side in ("transmit", "receive"))
        power = real(Ball(alpha) * Ball(np.conj(alpha)))
        gain = power * instance["snapshots"] / instance["sensing_noise_w"] * real(Ball(b.mid, b.rad) * Ball(b.mid.conj(), b.rad)).sum()
        column = Ball(a.mid[:, None], a.rad[:, None])
        shared = shared + (column @ column.H) * ((gain if metric[0] == 9 else Ball(1.0)) * share / Ball(shares).sum())
    return shared


def allowed(document, value):
    """A claim with the last digits of a decimal, and of what the two sides call the same sum."""
    upper = document["proof"]["bound"]["sense"] == "upper"
    relative = document["system"] == "pilots" or document["instance"].get("goal") in (4, 5, 6)
    slack = 1e-9 * abs(value) + (0.0 if relative else 1e-9)
    return value + slack if upper else value - slack


# --- cellfree -----------------------------------------------------------------------------------


def amplitude(h, aps):
    """Σ_m ‖h_m‖, which is what reaches a user when every access point sends at full power."""
    return np.sqrt((h.most().reshape(aps, -1) ** 2).sum(axis=1)).sum() * UP


class Pattern:
    """The error of one access point's beampattern, mean (b − η P)² with the best η, of b_i = a_iᴴ Z a_i."""

    def __init__(self, ap, targets, instance, antennas):
        count = int(instance["grid_points"])
        angles = -np.pi / 2 + np.pi * np.arange(count) / (count - 1)
        half = instance["window_rad"] / 2 + 1e-9
        self.ap, self.count = ap, count
        self.ideal = np.any([np.abs(angles - target) <= half for target in targets], axis=0).astype(float)
        phase = 2.0 * PI * instance["spacing"] * sin(Ball(angles, 4 * U * np.pi))
        self.phase = phase
        turns = phase[:, None] * np.arange(antennas, dtype=float)
        self.steering = turned(turns)

    def tangent(self, lags):
        """(E₀, G) with E(Z) ≥ ⟨G, Z⟩ − E₀ for every Z, at the pattern of these lags: Σ Z_ii, then the real and
        the negative imaginary parts of Σ_i Z_(i+l, i)."""
        n = (len(lags) + 1) // 2
        turns = np.outer(self.phase.mid, np.arange(1, n))
        b = lags[0] + 2 * (np.cos(turns) @ lags[1:n] - np.sin(turns) @ lags[n:])
        # Any b will do, so that how it was rounded does not matter; what follows from it does.
        norm = self.ideal.sum()
        scale = (Ball(b) * self.ideal).sum() / norm if norm > 0 else Ball(0.0)
        left = Ball(b) - Ball(self.ideal) * scale
        weights = left * (2.0 / self.count)
        slopes = self.steering.T @ (weights[:, None] * self.steering.H.T)
        return (left * left).sum() / float(self.count), slopes


def sensing_patterns(instance, antennas):
    at, points = instance.get("sensing_ap", []), instance["grid_points"]
    if len(at) != len(instance.get("target_rad", [])):
        raise Unproven("targets and those who sense do not fit")
    if any(m not in range(len(instance["power_over_noise"])) for m in at):
        raise Unproven("an access point that there is not senses")
    if points not in range(2, 10**7):
        raise Unproven("the angles of a beampattern cannot be counted")
    at = [int(m) for m in at]
    targets = instance.get("target_rad", [])
    return [
        Pattern(ap, [t for m, t in zip(at, targets) if m == ap], instance, antennas) for ap in sorted(set(at))
    ]


def error_floor(instance, numbers):
    """No signals of power one have a smaller mean error: E(Z) ≥ λ_min(G) − E₀."""
    antennas = len(instance["channels"][0][0]) if instance["channels"] else instance["antennas"]
    if antennas not in range(1, 10**6):
        raise Unproven("the antennas of an access point cannot be counted")
    antennas = int(antennas)
    patterns = sensing_patterns(instance, antennas)
    lags = rows(numbers, "lags", 2 * antennas - 1, len(patterns))
    total = Ball(0.0)
    for pattern, part in zip(patterns, lags):
        error, slopes = pattern.tangent(part)
        total = total + max(0.0, (Ball(-largest(-slopes)) - error).lower())
    return (total / float(len(patterns))).lower()


def cellfree(document):
    instance, bound = document["instance"], document["proof"]["bound"]
    numbers = bound["numbers"]
    undercut = bound["sense"] == "lower"  # what no error under a required rate does
    if undercut and "t" not in numbers:
        lists_are(numbers, ["lags"])
        return error_floor(instance, numbers)
    if "t" not in numbers:
        raise NotHere("bounds without multipliers")
    if not instance["channels"]:
        raise NotHere("rates of networks without users")
    lists_are(numbers, ["low", "high", "t", "price", "lags", "error_price", *(["slope"] if "slope" in numbers else BOXES[2:])])
    (price,) = numbers["error_price"]
    channels = complex_array(instance["channels"])  # users × access points × antennas
    users, aps, antennas = channels.shape
    powers = np.asarray(instance["power_over_noise"], float)
    if not (powers > 0).all():
        raise Unproven("an access point without power")
    budget = sqrt(np.repeat(powers, antennas))
    h = [(Ball(channels[k].ravel()) * budget)[:, None] for k in range(users)]
    own = [x @ x.H for x in h]
    blocks = complex_array(instance["error_blocks"])
    weights = instance.get("error_weights") or [[]] * users
    factors = complex_array(instance["error_factors"]) if any(weights) else np.zeros((users, 0, aps * antennas))
    every, least, most = [], [], []
    for k in range(users):
        # Θ_k: a block for each access point, and factors that may span several.
        theta, through, under = Ball(np.zeros((aps * antennas,) * 2, complex)), 1.0, 0.0
        for m in range(aps):
            at = slice(m * antennas, (m + 1) * antennas)
            theta.mid[at, at] = blocks[k][m]
            block = theta[at, at] * budget[at, None] * budget[None, at]
            through, under = through + max(0.0, largest(block)), under + max(0.0, largest(-block))
        for f, weight in zip(factors[k].reshape(-1, aps * antennas), weights[k]):
            f = Ball(f)[:, None]
            theta = theta + f @ f.H * weight
            spread = max(0.0, weight) * amplitude(f * budget[:, None], aps) ** 2
            through, under = through + spread, under + max(0.0, -weight) * amplitude(f * budget[:, None], aps) ** 2
        least.append(1.0 - under * UP - 4 * U)
        most.append((through + amplitude(h[k], aps) ** 2) * UP)
        every.append(own[k] + theta * budget[:, None] * budget[None, :])
    # Under a limit on the error, who senses sends at full power; otherwise nobody sends more.
    limit = instance.get("max_error") if document["scheme"] == "balanced" else None
    if undercut:
        required = float(instance["min_rate_bps_hz"])
        if document["scheme"] != "balanced" or required <= 0 or price <= 0:
            raise Unproven("no rate is required, or the error has no price")
        limit = float(bound["value"])
    patterns = sensing_patterns(instance, antennas) if limit is not None else []
    sensing = [pattern.ap for pattern in patterns]
    joint = "slope" in numbers  # proofs of earlier versions have the chords of a box around each
    low, high, outer_low, outer_high = boxes(numbers, users, ("low", "high", "low", "high") if joint else BOXES)
    t, prices = rows(numbers, "t", users, len(low)), rows(numbers, "price", aps, len(low))
    lines = rows(numbers, "slope", users, len(low)) if joint else None
    if np.any(t <= 0) or np.any(low > high):
        raise Unproven("a box or a multiplier is not positive")
    if price < 0 or price > 0 and not patterns:
        raise Unproven("a price of a limit that there is not")
    lags = rows(numbers, "lags", (2 * antennas - 1) * len(patterns), len(low)) if price > 0 else np.zeros((len(low), 0))
    if not covered(low, high, np.array(least), np.array(most)):
        raise Unproven("the boxes leave something uncovered")
    worst = -np.inf
    for box in range(len(low)):
        if lines is None:
            slope, offset = chord(outer_low[box], outer_high[box])
        else:
            slope = lines[box]
            offset = envelope(low[box], high[box], t[box], slope)
        constant = (Ball(t[box]) - slope - log(t[box]) - 1.0 + offset).sum()
        shared = Ball(np.diag(np.repeat(-prices[box], antennas)).astype(complex))
        for k in range(users):
            shared = shared + every[k] * (Ball(t[box][k]) - slope[k])
        for place, pattern in enumerate(patterns if price > 0 else []):
            # −μ (S − δ) is concave: its tangent lies above it, and S is of degree two.
            part = lags[box].reshape(len(patterns), -1)[place]
            error, slopes = pattern.tangent(part)
            share = Ball(price) / float(len(patterns))
            constant = constant + share * (error + limit)
            own_ap = slice(pattern.ap * antennas, (pattern.ap + 1) * antennas)
            inner = shared[own_ap, own_ap] - slopes * share
            shared.mid[own_ap, own_ap], shared.rad[own_ap, own_ap] = inner.mid, inner.rad
        top = largest(*(shared + own[k] * slope[k] for k in range(users)), shared)
        worth = [p + top if m in sensing else max(0.0, p + top) for m, p in enumerate(prices[box])]
        worst = max(worst, (constant + Ball(np.array(worth)).sum()).upper())
    if undercut:  # R − μ(S − S₀) ≤ U for all beams, so that R ≥ ζ leaves S ≥ S₀ − (U − ζ)/μ
        return (Ball(limit) - (Ball(worst) - Ball(required) * log(2.0)) / float(price)).lower()
    return (Ball(worst) / log(2.0)).upper()


# --- pilots -------------------------------------------------------------------------------------

LIGHT_M_S = 299_792_458.0


def known_of_channels(instance, gain, energy):
    """γ, the variance of what an access point knows of a channel: access points × users."""
    if instance.get("estimate_gain"):
        return Ball(np.asarray(instance["estimate_gain"], float))
    overlap = np.abs(complex_array(instance["uplink_gram"])) ** 2
    heard = (Ball(gain) @ Ball(overlap.T, 8 * U * overlap.T)) * energy + 1.0
    return Ball(gain) * gain * energy / heard


def information_of_echoes(instance):
    """R_m of every user: what its echo of a unit of energy from an access point knows of its position."""
    if "information" in instance:
        raise NotHere("given information")
    wave = Ball(LIGHT_M_S) / instance["frequency_hz"]
    common = wave * wave * instance["cross_section_m2"] / (64.0 * PI * PI * PI)
    common = common * 8.0 * PI * PI * instance["effective_bandwidth_hz"] * instance["effective_bandwidth_hz"]
    common = common / (LIGHT_M_S * LIGHT_M_S)
    out = []
    for user in instance["user_m"]:
        away = Ball(np.asarray(instance["point_m"], float)) - np.asarray(user, float)
        square = (away * away)[:, 0] + (away * away)[:, 1]
        distance = Ball(np.sqrt(square.mid), square.rad / np.sqrt(square.mid) + 4 * U * np.sqrt(square.mid))
        unit = away / distance[:, None]
        weight = 1.0 / Ball(np.maximum(square.mid, 1.0), square.rad)
        both = unit[:, None, :] + unit[None, :, :]
        weights = common * weight[:, None] * weight[None, :]
        out.append([(weights * both[:, :, i] * both[:, :, j]).sum(axis=1) for i, j in ((0, 0), (1, 1), (0, 1))])
    return out


def pilots(document):
    """No worst error is below the level claimed: Lagrange multipliers λ (errors), ν with Y (positions) and μ
    (powers) of each interval of θ = b/(a+b) show that no allocation reaches it there."""
    instance, bound = document["instance"], document["proof"]["bound"]
    numbers, level = bound["numbers"], allowed(document, bound["value"])
    if document["scheme"] != "optimal" or "error" not in numbers:
        raise NotHere("bounds of other goals than the worst error")
    grams = [complex_array(instance[f"{way}_gram"]) for way in ("uplink", "downlink")]
    beta, energy = np.asarray(instance["channel_gain"], float), instance["downlink_energy"]
    if beta.ndim != 2 or not beta.size or np.any(beta <= 0) or any(gram.shape != 2 * beta.shape[1:] for gram in grams):
        raise Unproven("gains and pilots do not fit")
    if not any(np.array_equal(gram, np.diag(np.diag(gram))) for gram in grams):
        raise NotHere("pilots that are correlated in both directions")
    if instance["uplink_energy"] < 0 or not energy > 0 or instance.get("estimate_gain") and np.shape(instance["estimate_gain"]) != beta.shape:
        raise Unproven("energies and estimates do not fit")
    gamma = known_of_channels(instance, beta, instance["uplink_energy"])
    if np.any(gamma.mid <= 0):
        raise NotHere("channels without an estimate")
    gain, estimate = Ball(beta) * energy, gamma * energy
    points, users = beta.shape
    overlap = np.abs(grams[1]) ** 2 * (1 - np.eye(users))
    overlap = Ball(overlap, 8 * U * overlap)
    limit = instance.get("crb_limit_m2")
    echoes = information_of_echoes(instance) if limit is not None else None
    names = ("low", "high", "envelope_low", "envelope_high")
    empty = ["empty"] if "empty" in numbers else []  # of no proof of earlier versions
    lists_are(numbers, [*names, "error", "crb", "inverse", "power", *empty])
    low, high, outer_low, outer_high = boxes(numbers, users, names)
    if empty:
        rows(numbers, "empty", 1, len(low))
    error, crb, inverse, power = (
        rows(numbers, name, each, len(low))
        for name, each in (("error", users), ("crb", users), ("inverse", 3 * users), ("power", points))
    )
    if min(error.min(), crb.min(), power.min()) < 0 or limit is None and crb.any():
        raise Unproven("a multiplier is negative")
    # θ = b/(a+b) of all allocations at stake, with a ≤ Σ s β, b ≥ 1 and error ≥ θ/(1 + Σ γ/β).
    shares = [(estimate[:, k] / gain[:, k]).sum() for k in range(users)]
    bottom = [(1.0 / (1.0 + gain[:, k].sum())).lower() for k in range(users)]
    top = [min(1.0, (level * (1.0 + shares[k])).upper()) for k in range(users)]
    if any(b > t for b, t in zip(bottom, top)):
        return level
    if not covered(low, high, bottom, top):
        raise Unproven("the regions leave something uncovered")
    for box in range(len(low)):
        if not reaches_nothing(
            level, outer_low[box], outer_high[box], error[box], crb[box], inverse[box].reshape(users, 3), power[box],
            gain, estimate, overlap, energy, echoes, limit, shares,
        ):  # fmt: skip
            raise Unproven(f"region {box} may hold a smaller error")
    return level


def reaches_nothing(level, low, high, error, crb, inverse, power, gain, estimate, overlap, energy, echoes, limit, shares):
    """Whether no allocation with θ in [low, high] has all errors below the level and all bounds within the limit."""
    points, users = gain.mid.shape
    if any(low[k] >= (level * (1.0 + shares[k])).upper() for k in range(users)):
        return True
    p, q = Ball(low) * high, (1.0 - Ball(low)) * (1.0 - Ball(high))  # envelope p a + q b of ab/(a+b)
    gained = Ball(0.0)
    for k in range(users):
        gained = gained + q[k] * error[k]
        if limit is not None:
            gained = gained + (2.0 * (Ball(inverse[k][0]) + inverse[k][1]) - limit) * crb[k]
    if not gained.lower() > 0:
        return False
    scale = gained / Ball(power).sum()  # prices of power may be scaled until nothing is owed
    for k in range(users):
        cost = scale * power + gain[:, k] * (p[k] * error[k])
        if limit is not None:
            xx, yy, xy = inverse[k]
            squares = (Ball(xx) * xx + Ball(xy) * xy, Ball(yy) * yy + Ball(xy) * xy, 2.0 * (Ball(xx) * xy + Ball(xy) * yy))
            for square, r in zip(squares, echoes[k]):
                cost = cost - r * square * (energy * crb[k])
        for j in range(users):
            if j != k:
                cost = cost + gain[:, j] * (overlap[j, k] * q[j] * error[j])
        # Σ c x − u ((Σ √(g x))² + Σ b x) ≥ 0 for all x ≥ 0, by Cauchy and Schwarz.
        u = Ball(error[k]) * level
        left = cost - gain[:, k] * u
        if not np.all(left.mid - left.rad > 0) or not (u * (estimate[:, k] / left).sum()).upper() <= 1.0:
            return False
    return True


# --- surfaces -----------------------------------------------------------------------------------


def exponential(x):
    mid = np.exp(x.mid)
    return Ball(mid, mid * (x.rad * np.exp(x.rad) + 4 * U) * UP)


def root(x):
    """Of something positive."""
    least = x.mid - x.rad
    if np.any(least <= 0):
        raise Unproven("a root of what may be zero")
    mid = np.sqrt(x.mid)
    return Ball(mid, x.rad / mid * UP + 4 * U * mid)


def links(instance):
    """ρ² of every site to base station, user and target, and the spatial frequencies at base station and user."""
    sites = np.asarray(instance["site_m"], dtype=float)
    if sites.ndim != 2 or sites.shape[1] != 2 or not len(sites) or np.shape(instance["site_axis"]) != sites.shape:
        raise Unproven("the sites do not fit")
    if any(np.shape(instance[name]) != (2,) for name in ("base_m", "user_m", "target_m", "base_axis", "user_axis")):
        raise Unproven("a place is no point")
    gains, along = [], []
    for end, axis in (("base", "base_axis"), ("user", "user_axis"), ("target", None)):
        x, y = (Ball(sites[:, i]) - float(instance[f"{end}_m"][i]) for i in (0, 1))
        distance = root(x * x + y * y)
        gains.append(exponential(log(distance) * -float(instance["path_loss_exponent"])) * float(instance["reference_gain"]))
        if axis:
            along.append((x * float(instance[axis][0]) + y * float(instance[axis][1])) / distance)
    return gains, along


def gram(frequency, antennas):
    """Inner products of the responses of a centred array, of length one."""
    apart = Ball(frequency.mid[:, None], frequency.rad[:, None]) - Ball(frequency.mid[None, :], frequency.rad[None, :])
    total = Ball(np.zeros(apart.mid.shape))
    for n in range(antennas):
        total = total + cos(PI * apart * (n - (antennas - 1) / 2))
    total = total / float(antennas)
    np.fill_diagonal(total.mid, 1.0)
    np.fill_diagonal(total.rad, 0.0)
    return total


def outer_root(x):
    r = root(x)
    return Ball(r.mid[:, None], r.rad[:, None]) * Ball(r.mid[None, :], r.rad[None, :])


def form_of_phases(a, multipliers):
    """φᴴ A φ of unit-modulus φ is at most tr A + Σ y + K max(0, λmax(A without its diagonal − diag y))."""
    k = len(multipliers)
    left = Ball(np.where(np.eye(k, dtype=bool), -np.diag(multipliers), a.mid), np.where(np.eye(k, dtype=bool), 0.0, a.rad))
    excess = max(largest(left), 0.0)
    return real(Ball(np.diag(a.mid), np.diag(a.rad)).sum()) + Ball(multipliers).sum() + Ball(float(k)) * excess


def eliminated(a):
    """Inverse and logarithm of the determinant of a positive definite matrix."""
    k = len(a.mid)
    left, right, logs = a, Ball(np.eye(k)), Ball(0.0)
    for p in range(k):
        pivot = real(left[p, p])
        logs = logs + log(pivot)
        factor = left[:, p] / pivot
        factor = Ball(np.where(np.arange(k) == p, 0.0, factor.mid), np.where(np.arange(k) == p, 0.0, factor.rad))
        column = Ball(factor.mid[:, None], factor.rad[:, None])
        left, right = (m - column * Ball(m.mid[None, p], m.rad[None, p]) for m in (left, right))
    pivots = real(Ball(np.diag(left.mid), np.diag(left.rad)))
    return right / Ball(pivots.mid[:, None], pivots.rad[:, None]), logs


def deployments(instance, select):
    """The sites that are built, in the order of documents."""
    count = len(instance["site_m"])
    beyond = range(1, count)
    if select == "all":
        found = [list(range(count))]
    elif select == "single":
        found = [[0]]
    elif select == "best" and count <= 16:
        found = [[0] + [i for i in beyond if mask >> (i - 1) & 1] for mask in range(2 ** (count - 1))]
    else:
        raise Unproven("it is not said which deployments the bound is about")
    each = instance.get("elements")
    elements = [[each[i] if each else instance["shared_elements"] // len(sites) for i in sites] for sites in found]
    return [(s, np.asarray(e, dtype=float)) for s, e in zip(found, elements) if min(e) >= 1]


def surfaces(document):
    """The rate of reflecting surfaces: of every deployment the Lagrangian dual of rate, power and light."""
    instance, numbers = document["instance"], document["proof"]["bound"]["numbers"]
    settings = document.get("settings") or {}
    if document.get("scheme") != "full-covariance" or "lifted" not in numbers:
        raise NotHere("bounds of other signals than any covariance")
    tied = list(instance["user_m"]) == list(instance["target_m"])
    lists = {"power", "sensing", "raised", "light", "paths", "lifted"} | (set() if tied else {"between"})
    lists_are(numbers, lists)
    gains, (departure, arrival) = links(instance)
    cases = deployments(instance, settings.get("select"))
    if settings.get("requirement") not in ("illumination", "exact-bound"):
        raise Unproven("it is not said what is required")
    sizes = [len(sites) for sites, _ in cases]
    flat = {name: rows(numbers, name, 1, count) for name, count in (
        ("power", len(cases)), ("sensing", len(cases)), ("raised", len(cases)), ("light", sum(sizes)),
        ("paths", sum(sizes)), ("lifted", 2 * sum(k * k for k in sizes)),
    )}  # fmt: skip
    if not tied:
        flat["between"] = rows(numbers, "between", 1, sum(sizes))
    flat = {name: entries.ravel() for name, entries in flat.items()}
    required = None
    if instance["crb_limit"] > 0 and settings["requirement"] == "illumination":
        nr = float(instance["sensors"])
        slope = PI * PI * (nr * (nr * nr - 1.0)) / 12.0
        below = slope * (2.0 * float(instance["snapshots"])) * float(instance["reflection_gain"]) * float(instance["crb_limit"])
        required = Ball(float(instance["sensing_noise_w"])) / below
    worst, at, square = 0.0, 0, 0
    for index, (sites, elements) in enumerate(cases):
        k = len(sites)
        own = {name: flat[name][at : at + k] for name in flat if name in ("light", "paths", "between")}
        own |= {name: float(flat[name][index]) for name in ("power", "sensing", "raised")}
        own["lifted"] = complex_array(flat["lifted"][square : square + 2 * k * k].reshape(k, k, 2))
        at, square = at + k, square + 2 * k * k
        here = [x[sites] for x in (*gains, departure, arrival)]
        worst = max(worst, rate_of_sites(instance, here, elements, own, required, tied))
    return (Ball(worst) / log(2.0)).upper()


def rate_of_sites(instance, here, elements, own, required, tied):
    """What no design over some sites exceeds, in nats; zero where the requirement is out of their reach."""
    to_base, to_user, to_target, departure, arrival = here
    k, square = len(elements), Ball(elements) * elements
    nt, nr, power = instance["transmit_antennas"], instance["user_antennas"], float(instance["power_w"])
    if min(own["power"], own["sensing"], own["raised"]) < 0 or power <= 0:
        raise Unproven("a price is negative")
    strongest = Ball(to_target.mid.max(), to_target.rad.max())
    gain = to_base * to_user * square * float(nt * nr) / float(instance["user_noise_w"])
    weight = to_base * square * float(nt)
    if instance["exact_paths"] != 0:
        weight = weight * (to_target / strongest)
    base = gram(departure, int(nt)) + own["raised"] * np.eye(k)
    light = form_of_phases(base * outer_root(weight), own["light"])
    if required is not None:
        required = required / (to_target[0] * strongest)
    if own["power"] == 0:
        if required is None or not (light * power).upper() < required.lower():
            raise Unproven("a deployment is said to be out of reach, and is not")
        return 0.0
    if required is None and own["sensing"] > 0:
        raise Unproven("a price of light that nobody requires")
    price, mu = own["power"], own["sensing"]
    channel = gram(arrival, int(nr)) * outer_root(gain)
    lifted = Ball(np.tril(own["lifted"], -1) + np.tril(own["lifted"], -1).conj().T + np.diag(np.diag(own["lifted"]).real))
    lifted = lifted + Ball(max(largest(channel - lifted), 0.0)) * np.eye(k)
    (inverse, log_lifted), (undone, log_base) = eliminated(lifted), eliminated(base)
    # −ln(1 − μE/λ) is convex in E: from zero to the most light it is below its chord
    rising = -log(1.0 - Ball(mu) / price * light)
    form = inverse * undone.T * price
    if tied:
        form = form + base * outer_root(weight) * (rising / light)
    phases = form_of_phases(form, own["paths"])
    beside = -inverse * outer_root(weight)
    if mu == 0:
        beside = Ball(0.0)
    else:
        beside = real(beside.sum()) if tied else form_of_phases(beside, own["between"])
    value = Ball(price) * power - float(k) - float(k) * log(price) + log_base + log_lifted + phases + mu * beside
    if not tied:
        value = value + rising
    if required is not None:
        value = value - required * mu
    return real(value).upper()


# --- frame --------------------------------------------------------------------------------------


class Span:
    """Real intervals, entry by entry, wider by more than their rounding."""

    def __init__(self, low, high):
        low, high = np.asarray(low, float), np.asarray(high, float)
        self.low, self.high = low - 4 * U * np.abs(low) - TINY, high + 4 * U * np.abs(high) + TINY
        if not (np.isfinite(self.low).all() and np.isfinite(self.high).all()):
            raise Unproven("a number beyond all numbers")

    @staticmethod
    def of(x):
        return Span(x.mid.real - x.rad, x.mid.real + x.rad)

    def __add__(self, other):
        return Span(self.low + other.low, self.high + other.high)

    def __sub__(self, other):
        return Span(self.low - other.high, self.high - other.low)

    def __mul__(self, other):
        ends = [x * y for x in (self.low, self.high) for y in (other.low, other.high)]
        return Span(np.minimum.reduce(ends), np.maximum.reduce(ends))

    def __truediv__(self, other):
        """By something positive."""
        if np.any(other.low <= 0):
            raise Unproven("a division by what may be zero")
        return self * Span(1 / other.high, 1 / other.low)

    def sum(self):
        """Over users."""
        terms = self.low.shape[-1] * 2 * U
        low, high = (x.sum(axis=-1) for x in (self.low, self.high))
        return Span(low - terms * np.abs(self.low).sum(axis=-1), high + terms * np.abs(self.high).sum(axis=-1))

    def near(self, by, least=-np.inf, most=np.inf):
        """What is off by no more, and known to be no smaller and no larger."""
        by = by * UP
        return Span(np.maximum(self.low - by, least), np.minimum(self.high + by, most))


def frobenius(a):
    """At least the Frobenius norm of every matrix in the ball."""
    return float(np.sqrt((a.most() ** 2).sum()) * (1 + 2 * a.mid.size * U) + TINY)


def clenshaw_curtis(n):
    """Nodes and weights, on [−1, 1], of the rule that is exact for polynomials of degree n (even)."""
    at = np.arange(n + 1)
    steps = np.arange(1, n // 2 + 1)
    cosines = cos(PI * np.outer(at, 2 * steps) / n)
    shares = Ball(np.where(steps == n // 2, 1.0, 2.0)) / (4.0 * steps * steps - 1.0)
    less = (cosines * shares).sum(axis=1)
    return cos(PI * at / n), (1.0 - less) * Ball(np.where((at == 0) | (at == n), 1.0, 2.0)) / n


# Power-angle spectra: at t Δ from the middle, and their most on an ellipse with semi-axes a, b around half a ring.
SPECTRA = (
    (lambda t: Ball(np.ones(t.mid.shape)), lambda a, b: 1.0),
    (lambda t: exponential(t * t * -2.0), lambda a, b: np.exp(b * b / 2)),
    (lambda t: exponential(t * np.where(t.mid < 0, 2.0, -2.0)), lambda a, b: np.exp(a - 1)),
    (lambda t: 1.0 + cos(PI * t), lambda a, b: 1 + np.cosh(np.pi * b / 2)),
)


def rings(instance, user):
    """∫ S e^(−jπ l sin ϑ) and ∫ S π² cos²ϑ e^(−jπ l sin ϑ), over the ring of a user, for the lags l of an array. A function
    that is at most M on the ellipse of parameter ρ has Chebyshev coefficients of at most 2Mρ^(−k); a rule with positive weights that
    is exact up to degree n is therefore off by no more than 8Mρ^(−n)/(ρ − 1)."""
    angle, spread = instance["angle_rad"][user], instance["spread_rad"][user]
    shape, largest_shape = SPECTRA[int(instance["spectrum"])]
    lags = np.arange(int(instance["transmit_antennas"]))
    rho = 1.2 ** np.arange(1, 60)
    a, b = (rho + 1 / rho) / 2, (rho - 1 / rho) / 2
    y = np.minimum(abs(spread) * b / 2, 50.0)
    most = np.log(largest_shape(a, b)) + np.pi * lags[-1] * np.sinh(y) + 2 * np.log(np.pi * np.cosh(y))
    for n in (16, 32, 64, 128, 256, 512, 1024, 2048):
        off = 8.1 * np.exp(np.min((most - n * np.log(rho) - np.log(rho - 1))[abs(spread) * b / 2 < 50.0]))
        if off < 1e-17:
            break
    else:
        raise NotHere("rings as wide as these, seen by so many antennas")
    nodes, weights = clenshaw_curtis(n)
    plain, sloped, total = Ball(0.0), Ball(0.0), Ball(0.0)
    for side in (-1.0, 1.0):  # two halves: one spectrum has a corner in the middle
        t = (nodes + 1.0) * (side / 2)
        part = weights * shape(t) * 0.5
        at = t * spread + angle
        slope = PI * cos(at)
        turns = turned(PI * sin(at)[:, None] * -lags.astype(float))
        plain = plain + (turns * part[:, None]).sum(axis=0)
        sloped = sloped + (turns * (part * slope * slope)[:, None]).sum(axis=0)
        total = total + part.sum()
    plain, sloped, total = (Ball(x.mid, x.rad + off) for x in (plain, sloped, total))
    share = total * float(len(lags))
    return plain / share, sloped / share


def toeplitz(lags):
    n = len(lags.mid)
    apart = np.subtract.outer(np.arange(n), np.arange(n))
    mid = np.where(apart >= 0, lags.mid[np.abs(apart)], lags.mid[np.abs(apart)].conj())
    return Ball(mid, lags.rad[np.abs(apart)])


class Frames:
    """Users with R, the covariance of their channels, and D, that of what an error of a radian adds. After sensing for T = 1/s
    seconds the prior is the positive part of A = R − sκD, and C = ψ(A), ψ(λ) = λ₊²/(λ₊ + ν), what an estimate keeps of it."""

    def __init__(self, instance):
        if instance["project_prior"] == 0:
            raise NotHere("frames whose prior is not projected")
        if instance["project_prior"] == 1 and instance["sinr"] == 2:
            raise NotHere("frames in the physical form of the SINR")
        if instance["project_prior"] != 1 or instance["sinr"] not in (0, 1):
            raise Unproven("a form of the SINR or of the prior is none")
        if any(instance[name] not in allowed for name, allowed in (
            ("spectrum", range(4)), ("reference", range(2)), ("error_shape", range(3)), ("whole_pilots", range(2)),
            ("transmit_antennas", range(1, 257)), ("receive_antennas", range(2, 10**6)), ("block_symbols", range(1, 10**9)),
            ("pilot_symbols", range(int(instance["block_symbols"]))),
        )):  # fmt: skip
            raise Unproven("the frame is not one")
        column = {}
        for name in "angle_rad spread_rad gain power_w noise_w pilot_snr echo_snr crb_limit_rad2".split():
            column[name] = np.asarray(instance[name], float)
            count = len(column["angle_rad"])
            if column[name].shape != (count,) or not count or name not in ("angle_rad", "spread_rad") and np.any(column[name] <= 0):
                raise Unproven(f"{name} does not fit")
        aging = np.asarray(instance["aging"], float)
        if aging.ndim != 2 or len(aging) != count or not aging.shape[1] or not np.abs(aging).max() <= 1:
            raise Unproven("aging does not fit")
        if aging.shape[1] > 2000:
            raise NotHere("frames of so many blocks")
        self.blocks = aging.shape[1]
        self.bare = instance["sinr"] == 1
        self.aged = Ball(aging) * aging
        self.block = Ball(instance["symbol_time_s"]) * instance["block_symbols"]
        self.pilot = Ball(float(instance["pilot_symbols"])) / float(instance["block_symbols"])
        self.whole = instance["whole_pilots"] == 1
        elements = float(instance["receive_antennas"])
        slope = PI * cos(Ball(column["angle_rad"]))
        bracket = slope * slope * (elements * elements - 1.0) / 12.0
        self.kappa = Ball(instance["crb_scale"]) * instance["symbol_time_s"] / (bracket * 2.0 * column["echo_snr"])
        needed = Span.of(self.kappa / column["crb_limit_rad2"] / self.block)
        self.shortest = float(needed.low.max())
        self.noise = Ball(np.ones(count)) / (Ball(column["gain"]) * column["pilot_snr"])
        self.power, self.heard = column["power_w"], Ball(column["noise_w"]) / column["gain"]
        both = [self.matrices(instance, k) for k in range(count)]
        self.r, self.d = ([pair[i] for pair in both] for i in (0, 1))
        self.all = Ball(*(np.concatenate([getattr(r, part) for r in self.r]) for part in ("mid", "rad")))
        self.size = np.array([frobenius(r) for r in self.r])
        speed = Span(0.0, np.array([frobenius(d) for d in self.d])) * Span.of(self.kappa)
        self.first = np.outer(self.size, speed.high) * UP  # most of |dm/ds|
        self.bend = 2 * speed.high**2 / Span.of(self.noise).low * UP  # of d²n/ds², and with R's size of |d²m/ds²|
        self.known = {}
        if self.bare:
            tops = [Ball(np.linalg.eigh((r.mid + r.mid.conj().T) / 2)[1][:, -1:]) for r in self.r]
            lit = [Span.of(real((v.H @ r @ v)[0, 0] / real((v.H @ v)[0, 0]))).low for v, r in zip(tops, self.r)]
            self.strongest = np.array(lit)

    def matrices(self, instance, k):
        n = int(instance["transmit_antennas"])
        plain, sloped = rings(instance, k)
        place = np.arange(n) - (0.0 if instance["reference"] == 0 else (n - 1) / 2)
        weights = np.outer(place, place)
        if instance["error_shape"] < 2:
            # one direction: a' of a plane wave, or that of length one
            sine, slope = sin(Ball(instance["angle_rad"][k])), PI * cos(Ball(instance["angle_rad"][k]))
            scale = slope * slope / float(n) if instance["error_shape"] == 0 else Ball(1.0) / max(float(place @ place), TINY)
            sloped = turned(PI * sine * -np.arange(n, dtype=float)) * scale
        return toeplitz(plain), toeplitz(sloped) * weights

    def at(self, x):
        """n_i = tr C_i and m_ki = tr R_k C_i after sensing for x blocks. ψ moves no further than its argument, in the norm of
        Frobenius, so that the eigenvectors need not be exact: what they are off by is computed."""
        if x not in self.known:
            own, cross = [], []
            s = 1.0 / (self.block * x)
            count = len(self.r)
            for i, (r, d) in enumerate(zip(self.r, self.d)):
                a = r - d * (s * self.kappa[i])
                values, vectors = np.linalg.eigh((a.mid + a.mid.conj().T) / 2)
                v, size = Ball(vectors), float(np.abs(values).max())
                turned_away = frobenius(v.H @ v - np.eye(len(values)))
                off = frobenius(a - (v * values) @ v.H) + turned_away * (2 + turned_away) * size
                noise = Span.of(self.noise[i]).low
                off *= min(1.0, 2 * (max(values[-1], 0.0) + off) / noise) * UP  # the slope of ψ is at most 1, and 2λ/ν
                x_plus = Ball(np.maximum(values, 0.0))
                psi = x_plus * (x_plus / (x_plus + self.noise[i]))
                total = Span.of(psi.sum())
                reach = np.sqrt(len(values)) * off * UP
                own.append(Span(max(total.low - reach, 0.0), total.high + reach))
                seen = self.all @ v
                seen = Ball(*(y.reshape(count, len(values), -1) for y in (seen.mid, seen.rad)))
                forms = real(Ball(v.mid.conj()) * seen)
                forms = Span.of(Ball(forms.mid.sum(axis=1), forms.rad.sum(axis=1) + 2 * len(values) * U * np.abs(forms.mid).sum(axis=1)))
                towards = (forms * Span.of(psi)).sum()
                reach = self.size * (off + total.high * turned_away * (2 + turned_away)) * UP
                cross.append(Span(np.maximum(towards.low - reach, 0.0), towards.high + reach))
            stack = lambda list_, axis: Span(*(np.stack([getattr(y, end) for y in list_], axis) for end in ("low", "high")))  # noqa: E731
            self.known[x] = stack(own, 0), stack(cross, 1)
        return self.known[x]

    def levels(self, low, high):
        """Between two sensing times, (start, end, ceiling, floor): SINRs are at most start + τ (end − start), where τ goes from 0 to 1 as
        1/T goes from one to the other, and lie between floor and ceiling."""
        (n_a, m_a), (n_b, m_b) = self.at(low), self.at(high)
        power, heard = Span(self.power, self.power), Span.of(self.heard)
        if self.bare:  # n is convex in 1/T: it lies below its chord
            total = Span(self.strongest, self.size) * power.sum() + heard
            start, end = power * n_a / total, power * n_b / total
            return start.high, end.high, end.high, start.low
        w = max(float(Span.of(1.0 / (self.block * low) - 1.0 / (self.block * high)).high), 0.0) * UP
        bend, steep, wide = self.bend * w * w * UP, self.first * w * UP, np.outer(self.size, self.bend) * w * w * UP
        # n falls in 1/T; m is off its chord by what its second derivative allows, or its first
        n = Span(n_a.low, np.maximum(n_a.high, n_b.high))
        apart = np.maximum(np.maximum(m_a.low - m_b.high, m_b.low - m_a.high), 0.0)
        ends = Span(np.minimum(m_a.low, m_b.low), np.maximum(m_a.high, m_b.high))
        m = ends.near(np.minimum(wide / 8, np.maximum(steep - apart, 0.0) / 2), least=0.0)
        most, fewest = Span(n.high, n.high), Span(m.low, m.low)
        ceiling = (power * most / ((power * (fewest / most)).sum() + heard)).high
        if min(n.low.min(), n_a.low.min()) <= 0:
            return ceiling, ceiling, ceiling, 0 * ceiling
        now = (power * n_a / ((power * (m_a / n_a)).sum() + heard)).high
        share = m / n
        total = (power * share).sum() + heard
        level = Span((power * n / total).low, ceiling)
        # slopes by τ are off those of chords by half of what they can change
        n_slope, m_slope = (n_b - n_a).near(bend / 2, least=0.0), (m_b - m_a).near(wide / 2, -steep, steep)
        slope = (power * n_slope - level * (power * ((m_slope - share * n_slope) / n)).sum()) / total
        line = slope.high <= 3 * (ceiling - now)
        end = np.where(line, np.maximum(now + slope.high, 0.0) * UP, ceiling)
        return np.where(line, now, ceiling), end, ceiling, np.maximum(level.low, 0.0)

    def carried(self, rates, updates):
        """The most that updates carry of blocks with these rates by age, less their pilots."""
        data, pilot = len(rates), float(Span.of(self.pilot).low) * rates[0]
        sums = np.concatenate([[0.0], np.cumsum(rates)])
        best = np.concatenate([[0.0], np.full(data, -np.inf)])
        if updates is None:
            for n in range(1, data + 1):
                best[n] = (best[n - 1 :: -1] + sums[1 : n + 1]).max() - pilot
        for _ in range(updates or 0):
            best = np.array([-np.inf] + [(best[n - 1 :: -1] + sums[1 : n + 1]).max() - pilot for n in range(1, data + 1)])
        return best[data] + 16 * (data + 2) ** 2 * U * rates.max()

    def most(self, low, high, updates):
        """What no frame carries whose sensing takes between `low` and `high` blocks, in blocks · bit/s/Hz. For given updates it is a linear function
        of the rates, which are concave in the SINRs: below their tangents. So of τ it is a convex function, less Φ_1 for the time spent."""
        first = int(np.floor(low))
        start, end, ceiling, floor = self.levels(low, high)
        aged = Ball(self.aged.mid[:, : self.blocks - first], self.aged.rad[:, : self.blocks - first])
        if high > first + 1:
            rates = (log(aged * ceiling[:, None] + 1.0) / log(2.0)).sum(axis=0)
            return self.carried(Span.of(rates).high, updates)
        rest = low - first
        if self.whole and rest + float(Span.of(self.pilot).low) > 1 + 4 * U:
            return 0.0  # no room for a pilot
        received = aged * start[:, None] + 1.0
        now = Span.of((log(received) / log(2.0)).sum(axis=0)).high
        climb = Span.of((aged * (end - start)[:, None] / received / log(2.0)).sum(axis=0)).high
        then = Span(now, now).high + climb
        least = max(float(Span.of((log(aged[:, 0] * floor + 1.0) / log(2.0)).sum()).low), 0.0)
        # what is spent of the first block costs its rate, the same as everywhere in the bound where the block keeps more than that
        together = float(Span.of(self.pilot + rest).high) <= 1
        values = [self.carried(r, updates) - rest * (r[0] if together else least) * (1 - 4 * U) for r in (now, then)]
        last = min(high, float(Span.of(1.0 + first - self.pilot).high)) if self.whole else high
        if last <= low:
            return values[0] * (1 + 8 * U)
        gained = Span(values[1], values[1]) - Span(values[0], values[0])
        one, x = Span(1.0, 1.0), Span(low, low)
        width = one / x - one / Span(high, high)
        # 1/s lies above its tangents: any will do, this one is the best
        s_0 = np.sqrt(least * float(width.high) / float(gained.high)) if gained.high > 0 else 1 / low
        s_0 = Span(*[np.clip(s_0, 1 / last, 1 / low)] * 2)
        def at(end):
            s = one / Span(end, end)
            gone = (Span(2.0, 2.0) - s / s_0) / s_0 - x
            return (Span(values[0], values[0]) + gained * ((one / x - s) / width) - gone * Span(least, least)).high
        return float(max(at(low), at(last)))


def frame(document):
    """The rate of all frames: intervals of the sensing time, in blocks, that leave no room between them."""
    if document.get("scheme") != "optimal":
        raise NotHere("bounds of frames of one kind")
    settings, numbers = document.get("settings") or {}, document["proof"]["bound"]["numbers"]
    if settings.get("sensing_blocks") is not None:
        raise NotHere("bounds of frames with a given sensing time")
    updates = settings.get("updates")
    lists_are(numbers, ["low", "high"])
    low = rows(numbers, "low", 1).ravel()
    high = rows(numbers, "high", 1, len(low)).ravel()
    frames = Frames(document["instance"])
    if updates is not None and (type(updates) is not int or not 1 <= updates <= frames.blocks):
        raise Unproven("so many updates do not fit")
    end = frames.blocks - (updates or 1) + 1  # data start in an earlier block
    if not len(low) or np.any(low <= 0) or np.any(high <= low) or np.any(high > end):
        raise Unproven("an interval is none of sensing times")

    def next_start(x):
        """The next sensing time with room: where a block has none for its pilot, the next block."""
        full = np.floor(x) + 1 - (float(Span.of(frames.pilot).low) if frames.whole else 0.0)
        return np.floor(x) + 1 if x >= full and x > np.floor(x) else x

    reached, worst = next_start(frames.shortest), 0.0
    for at in range(len(low)):
        if low[at] > reached:
            raise Unproven("the intervals leave something uncovered")
        reached = max(reached, next_start(high[at]))
        worst = max(worst, frames.most(float(low[at]), float(high[at]), updates))
    if reached < end:
        raise Unproven("the intervals leave something uncovered")
    return float(worst / frames.blocks * (1 + 8 * U))


SYSTEMS = {"beamforming": beamforming, "cellfree": cellfree, "frame": frame, "pilots": pilots, "surfaces": surfaces}
EXTENDED = "sum rate in nats − ρ tr R⁻¹ of an extended target, ρ = "  # and its weight, and that of the design itself
SENSES_ONLY = "sensing only, users ignored"  # what a bound that counts no rates is called where rates have a weight
QUANTITIES = {
    ("beamforming", "upper"): "weighted objective",
    ("cellfree", "upper"): "sum rate in bit/s/Hz",
    ("cellfree", "lower"): "mean error of the beampatterns",
    ("frame", "upper"): "rate in bit/s/Hz",
    ("pilots", "lower"): "worst error of the estimates",
    ("surfaces", "upper"): "rate in bit/s/Hz",
}


def is_number(x):
    return isinstance(x, (int, float)) and not isinstance(x, bool) and abs(x) <= sys.float_info.max


def shape(value):
    """The lengths of an array's sides; none where its rows differ or hold something else."""
    if not isinstance(value, list):
        return () if is_number(value) else None
    inner = {shape(row) for row in value}
    return None if len(inner) > 1 or None in inner else (len(value), *(inner.pop() if inner else ()))


def whole(document):
    """Whether lists and arrays are flat, of finite numbers, and with rows of one length."""
    for name, numbers in document["proof"]["bound"]["numbers"].items():
        if not isinstance(numbers, list) or not all(is_number(x) for x in numbers):
            raise Unproven(f"{name} is no list of numbers")
    if not isinstance(document.get("instance"), dict):
        raise Unproven("there is no instance")
    for name, value in document["instance"].items():
        if not (isinstance(value, str) if name in ("format", "system") else shape(value) is not None):
            raise Unproven(f"{name} is no array of numbers")
    if not isinstance(document.get("settings"), (dict, type(None))):
        raise Unproven("the settings are none")


# a claim beyond this is none: differences from it are beyond all numbers
MOST = 1e290


def check(document):
    """What is proven of a document, in a sentence."""
    bound = document
    for name in ("proof", "bound"):
        bound = bound.get(name) if isinstance(bound, dict) else None
    numbers = bound.get("numbers") if isinstance(bound, dict) else None
    if not isinstance(numbers, dict) or not numbers or "left_out" in numbers:
        raise NotHere("it has no bound with all of its multipliers")
    system, instance = str(document.get("system")), document.get("instance")
    if system not in SYSTEMS:
        raise NotHere(f"proofs of the system {system!r}")
    goal = instance.get("goal") if isinstance(instance, dict) and system == "beamforming" else None
    if goal is not None and not (is_number(goal) and goal in GOALS):
        raise NotHere(f"bounds of the goal {goal!r}")
    value, upper = bound.get("value"), bound.get("sense") == "upper"
    quantity = QUANTITIES.get((system, str(bound.get("sense"))))
    if goal is not None:
        quantity = GOALS[goal][1] if bound.get("sense") == GOALS[goal][0] else None
    if quantity is None or not is_number(value) or abs(value) > MOST:
        raise Unproven("the bound has no value, or a sense that is not one of its system")
    problem = bound.get("problem")
    extended = system == "beamforming" and goal is None and extended_target(document) is not None
    if problem is not None and not extended and (goal is not None or (system, problem) != ("beamforming", SENSES_ONLY)):
        raise NotHere(f"bounds of the problem {problem!r}")
    if extended:
        quantity = "sum rate in nat/s/Hz less ρ tr R⁻¹"
    whole(document)
    try:
        with np.errstate(all="ignore"):  # what is beyond all numbers is refused by every Ball
            proven = SYSTEMS[system](document)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, MemoryError) as error:
        raise Unproven(f"the document is not whole ({type(error).__name__}: {error})") from error
    claim = allowed(document, value)
    if not (proven <= claim if upper else proven >= claim):
        raise Unproven(f"what follows is {proven:.12g}, claimed is {value:.12g}")
    metrics = document.get("metrics")
    reached = metrics.get("objective") if isinstance(metrics, dict) else None
    if system == "beamforming" and problem is None and goal is None and is_number(reached) and reached > claim:
        raise Unproven("the document's own design is better")
    of = f" ({problem})" if problem else ""
    verb = "exceeds" if upper else "undercuts"
    return f"no design{of} {verb} {float(proven)!r} in its {quantity} (claimed: {value!r})"


def finite(text):
    """Numbers beyond all numbers, and what is none, are not JSON."""
    number = float(text)
    if not np.isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file, parse_float=finite, parse_constant=finite)


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    codes = set()
    for path in sys.argv[1:]:
        try:
            print(f"{path}: proven: {check(read(path))}")
        except Unproven as why:
            print(f"{path}: NOT PROVEN: {why}")
            codes.add(1)
        except NotHere as why:
            print(f"{path}: not checked: {why}")
            codes.add(3)
        except (OSError, ValueError, RecursionError) as error:
            print(f"{path}: not read: {error}")
            codes.add(2)
    return min(codes, default=0)


if __name__ == "__main__":
    sys.exit(main())
