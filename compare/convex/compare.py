"""Every convex problem that noctule writes as a CVXPY script, solved by CVXPY, beside our optimum.

    python compare.py --out docs/compare/convex.md

The scripts are what `instance.to_cvxpy()` returns, run as they are; they hold the numbers of an
instance and nothing of noctule. It needs the package noctule, numpy and cvxpy; `cargo xtask
compare` installs all three. Ends with exit code 1 where an optimum differs.
"""

import argparse
import contextlib
import io
import os
import platform
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cvxpy
import noctule

#: Relative difference beyond which the two do not agree, by what CVXPY says of its own answer.
AGREEMENT = {"optimal": 1e-5, "optimal_inaccurate": 1e-4}

#: Problem, what the instance is, scenario, arrays that replace its own, trial.
BEAMS = {"sensing_noise_dbm": -30.0}
SMALL = {"transmit_array": {"horizontal": 3, "vertical": 2}, **BEAMS}
TARGETS = {"azimuth_rad": [-0.6, 0.2, 0.8], "polar_rad": [1.2, 1.5, 1.7],
           "reflection": [0.1, 0.1j, 0.07 - 0.07j]}
RATES = {"crb_weight": 0.0, "rate_weight_per_nat": 1.0}
SITES = {"sites": [[46.0, 7.5], [55.0, -6.0], [40.0, 19.0], [61.0, -24.0], [52.0, 38.0], [35.0, -41.0]]}
APART = {"target_m": [90.0, 25.0], "first_sites": 2, "elements": 64, "crb_limit_db": -14.0}
#: Goals under requirements, a convex form and a metric each.
FEW = {"transmit_array": {"horizontal": 3, "vertical": 2}, "users": 2}
FLOORS = {"sinr_db": 8.0}


def asked(scene, goal, **require):
    return {**scene, "goal": goal, "require": {**require}}


def smallest(metric, scene=FEW, **require):
    return asked(scene, {"kind": "min-crb", "metric": {"kind": metric}}, **(require or FLOORS))


LIMITS = [{"metric": {"kind": "sensing-snr", "target": 0}, "limit": 14.0},
          {"metric": {"kind": "worst-angle"}, "limit": 4.0}]
LINEAR = {
    "users": 2, "transmit_elements": {"kind": "linear", "elements": 8},
    "receive_elements": {"kind": "linear", "elements": 9},
    "unknown": {"azimuth": True, "polar": False, "reflection": True}, "template": {},
    "targets": {"fixed": [{"azimuth_deg": 0.0, "polar_deg": 90.0, "reflection": [0.1, 0.0]},
                          {"azimuth_deg": 35.0, "polar_deg": 90.0, "reflection": [0.0, 0.1]}]},
}
CLUTTER = {"clutter": [{"azimuth_deg": 20.0, "polar_deg": 40.0, "over_noise_db": 20.0},
                       {"azimuth_deg": -40.0, "polar_deg": 80.0, "over_noise_db": 10.0}]}
DETECTED = {"metric": {"kind": "detection"}, "limit": 0.9}
STATIONS = {
    "places_m": [[0.0, 0.0], [60.0, 10.0]], "elements": 4, "power_dbm": 10.0, "echo_db": 3.0,
    "users_m": [[20.0, 30.0], [45.0, 25.0]], "targets_m": [[30.0, 40.0], [10.0, 50.0]],
}
GOALS = [
    ("min-crb, 16 antennas, 4 users", smallest("angles", {}, sinr_db=10.0)),
    ("min-crb, 16 antennas, 4 users, trial 1", smallest("angles", {}, sinr_db=10.0)),
    ("min-crb, 8 users, 32 antennas", smallest(
        "angles", {"users": 8, "transmit_array": {"horizontal": 8, "vertical": 4}}, sinr_db=10.0)),
    ("min-crb, angles", smallest("angles")),
    ("min-crb, power for each antenna", {**smallest("angles", sinr_db=4.0), "power_constraint": "per-antenna"}),
    ("min-crb, streams taken out", {**smallest("angles"), "streams_cancelled": True}),
    ("min-crb, linear arrays, polar angles known", {
        **smallest("angles"), "transmit_elements": {"kind": "linear", "elements": 6},
        "receive_elements": {"kind": "circular", "elements": 9, "radius": 0.8},
        "unknown": {"azimuth": True, "polar": False, "reflection": True}}),
    ("min-crb, worst target", smallest("worst-target")),
    ("min-crb, worst angle", smallest("worst-angle")),
    ("min-crb, largest eigenvalue", smallest("largest-eigenvalue")),
    ("min-crb, log det", smallest("log-det")),
    ("min-crb, extended", smallest("extended")),
    ("min-crb, weights, reflections too", asked(
        FEW, {"kind": "min-crb", "metric": {"kind": "trace", "azimuth": 2.0, "polar": 1.0,
                                            "reflection": 0.1, "targets": [1.0, 3.0]}}, **FLOORS)),
    ("min-crb, limits beside it", smallest("angles", limits=LIMITS, sinr_db=4.0)),
    ("min-power, floors and limits", asked({**FEW, "power_dbm": 30.0}, {"kind": "min-power"},
                                           sinr_db=8.0, azimuth_deg=2.0, limits=LIMITS)),
    ("min-power, 16 antennas, 4 users", asked({"power_dbm": 30.0}, {"kind": "min-power"},
                                              sinr_db=10.0, azimuth_deg=1.0)),
    ("min-power, illumination", asked({**FEW, "power_dbm": 30.0}, {"kind": "min-power"}, sinr_db=8.0, limits=[
        {"metric": {"kind": "illumination", "target": 1}, "limit": 12.0},
        {"metric": {"kind": "mutual-information"}, "limit": 9.0}])),
    ("max-sensing, worst target", asked(FEW, {"kind": "max-sensing"}, **FLOORS)),
    ("min-crb, groups of antennas, channel errors", {
        **smallest("angles", sinr_db=4.0, groups=[{"antennas": [0, 1, 2], "power_dbm": 6.0}]), "channel_error_db": -20.0}),
    ("max-min-rate, limits", asked(FEW, {"kind": "max-min-rate"}, azimuth_deg=3.0)),
    ("min-crb, beampattern", smallest("beampattern", LINEAR)),
    ("max-sensing, beampattern within a limit", asked(LINEAR, {"kind": "max-sensing"}, sinr_db=6.0, limits=[
        {"metric": {"kind": "beampattern"}, "limit": 0.08}])),
    ("max-sensing, SCNR in clutter", asked({**FEW, **CLUTTER}, {
        "kind": "max-sensing", "metric": {"kind": "scnr"}}, **FLOORS)),
    ("min-power, detection in clutter", asked({**FEW, **CLUTTER, "power_dbm": 30.0}, {"kind": "min-power"},
                                              sinr_db=8.0, limits=[DETECTED])),
    ("max-sensing, stations", asked({"stations": STATIONS}, {"kind": "max-sensing"}, sinr_db=6.0)),
    ("min-crb, mean over uncertain angles", smallest("angles", {**FEW, "uncertain": {"over": "expected"}})),
    ("min-crb, worst of uncertain angles", smallest("angles", {**FEW, "uncertain": {"over": "worst"}})),
    ("min-crb, Bayesian bound", smallest("angles", {**FEW, "uncertain": {"over": "bayesian", "law": "gaussian"}})),
    ("max-sensing, worst of uncertain angles", asked(
        {**FEW, "uncertain": {"over": "worst", "polar_deg": 2.0}}, {"kind": "max-sensing"}, **FLOORS)),
]
CASES = [
    ("beamforming", "sensing-only", "16 antennas, 2 targets", BEAMS, {}, 0),
    ("beamforming", "sensing-only", "16 antennas, 3 targets of our own", BEAMS, TARGETS, 0),
    ("beamforming", "sensing-only", "6 antennas", SMALL, {}, 0),
    ("beamforming", "sensing-only", "6 antennas, power for each",
     {**SMALL, "power_constraint": "per-antenna"}, {"rate_weight_per_nat": 0.0}, 0),
    ("beamforming", "sum-rate-bound", "2 users", {"users": 2}, RATES, 0),
    ("beamforming", "sum-rate-bound", "4 users", {}, RATES, 0),
    ("beamforming", "sum-rate-bound", "8 users, 20 dBm", {"users": 8, "power_dbm": 20.0}, RATES, 0),
    *[("beamforming", "goal", name, scenario, {}, int(name.endswith("trial 1"))) for name, scenario in GOALS],
    ("cellfree", "sensing-only", "6 antennas", {"antennas": 6}, {}, 0),
    ("cellfree", "sensing-only", "8 antennas, trial 1", {"antennas": 8}, {}, 1),
    ("cellfree", "sensing-only", "12 antennas", {}, {}, 0),
    ("pilots", "best-crb", "2 users", {}, {}, 0),
    ("pilots", "best-crb", "2 users, trial 1", {}, {}, 1),
    ("pilots", "best-crb", "6 users, no limit",
     {"users": {"drawn": {"count": 6}}, "crb_limit": "none"}, {}, 0),
    ("surfaces", "covariance", "one place, 8 surfaces", {}, {}, 0),
    ("surfaces", "covariance", "the same without a limit", {"crb_limit_db": None}, {}, 0),
    ("surfaces", "covariance", "one place, skew, −30 dB", {"layout": "skew", "crb_limit_db": -30.0}, {}, 0),
    ("surfaces", "covariance", "one place, six measured sites",
     {"layout": SITES, "elements": 800}, {}, 0),
    ("surfaces", "covariance", "apart, at the phases of our design", APART, {}, 0),
]


def design(instance, problem):
    """Our optimum: the design, its value under the name the script prints, what is proven."""
    scheme = noctule.cvxpy.known(instance.system)[problem].scheme
    settings = {}
    if instance.system == "surfaces":
        settings = {"select": "all"}
    elif problem == "sum-rate-bound":
        settings = {"certify": {"nodes": 0}}
    elif problem == "goal":
        return instance.design()
    elif instance.system == "beamforming" and instance["per_antenna_power"]:
        scheme = "balanced"
    return instance.design(scheme, settings=settings)


def value(found, problem, name):
    """The number of a design to compare with, and what is proven of it."""
    bound = found.proof.bound
    if problem == "sum-rate-bound":
        return bound.value / found.instance["rate_weight_per_nat"], "the bound itself"
    if problem == "goal":
        return found.metrics.goal.value, f"{bound.gap_rel:.0e}"
    proven = "–" if bound is None else f"{bound.gap_rel:.0e}"
    return found.metrics[name], proven


def solved(text):
    """The script's status and value, and its processor seconds."""
    told = io.StringIO()
    begin = time.process_time()
    with contextlib.redirect_stdout(told):
        exec(compile(text, "<to_cvxpy>", "exec"), {"__name__": "__main__"})
    seconds = time.process_time() - begin
    lines = [line.split(" ", 1) for line in told.getvalue().splitlines()]
    statuses = {word for name, word in lines if name == "status"}
    status = "optimal" if statuses == {"optimal"} else ", ".join(sorted(statuses - {"optimal"}))
    name, number = lines[-1]
    return status, name, float(number), seconds


#: The whole of one problem at 64 antennas: five cones of 128 rows, whose interior method takes gigabytes.
LARGE = smallest("angles", {"users": 4, "transmit_array": {"horizontal": 8, "vertical": 8}}, sinr_db=10.0)


def first_order(minutes):
    """The script at 64 antennas with a first-order solver, stopped after so long: a sentence of what it came to."""
    instance = noctule.Instance("beamforming", scenario=LARGE)
    spent = float("inf")
    for _ in range(5):
        begin = time.process_time()
        ours = instance.design()
        spent = min(spent, time.process_time() - begin)
    text = instance.to_cvxpy()
    solver = f"solver=cp.SCS, eps_abs=1e-7, eps_rel=1e-7, max_iters=10**6, time_limit_secs={60 * minutes}"
    assert text.count("solver=cp.CLARABEL") == 1
    status, _, theirs, seconds = solved(text.replace("solver=cp.CLARABEL", solver))
    mine = ours.metrics.goal.value
    return (f"At 64 antennas and four users Clarabel needs gigabytes. SCS, given {minutes} minutes, ends as `{status}` after "
            f"{seconds:.0f} s with {theirs:.9g}, where ours is {mine:.9g}, proven to {ours.proof.bound.gap_rel:.0e} in "
            f"{1e3 * spent:.1f} ms: {seconds / spent:.0f} times as long, and {abs(theirs / mine - 1):.0e} off.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--noctule", help="not used: designs come from the Python package")
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=int, default=5, help="of the first-order solver at 64 antennas; 0 leaves it out")
    options = parser.parse_args()
    missing = {(system, problem) for system in noctule.systems()
               for problem in noctule.cvxpy.problems(system)} - {case[:2] for case in CASES}
    if missing:
        raise SystemExit(f"no instance for {sorted(missing)}")
    rows, wrong = [], []
    for system, problem, name, scenario, arrays, trial in CASES:
        instance = noctule.Instance(system, scenario=scenario, arrays=arrays, trial=trial)
        spent = float("inf")
        for _ in range(5):
            begin = time.process_time()
            ours = design(instance, problem)
            spent = min(spent, time.process_time() - begin)
        held = noctule.cvxpy.known(system)[problem].held
        text = instance.to_cvxpy(problem, at=ours if held else None)
        status, metric, theirs, seconds = solved(text)
        mine, proven = value(ours, problem, metric)
        difference = mine / theirs - 1
        if not abs(difference) <= AGREEMENT.get(status, 0.0):
            wrong.append(f"{system} {problem}, {name}: {mine} and {theirs} ({status})")
        rows.append(f"| {system} | {problem} | {name} | `{metric}` | {theirs:.9g} | {status} | {mine:.9g} "
                    f"| {difference:+.0e} | {proven} | {seconds:.2f} s | {1e3 * spent:.1f} ms "
                    f"| {seconds / spent:.0f} |")
        print(rows[-1], flush=True)
    without = [system for system in noctule.systems() if not noctule.cvxpy.problems(system)]
    text = f"""# Convex problems, by CVXPY

Written by `compare/convex/compare.py` (`cargo xtask compare convex`) on {platform.machine()} with CVXPY
{cvxpy.__version__} and Clarabel. Every row is the script of `instance.to_cvxpy()`, run as it is: it holds the numbers of
an instance, states the problem from its definition, and knows nothing of noctule. *Status* is what CVXPY says of its
answer; *difference* is ours over theirs minus one; *proven* is the relative gap of our own proof (– without one). Times
are processor seconds: theirs with building the problem and without importing CVXPY, ours of `instance.design`, the least
of five calls, in the build of the tests: assertions and overflow checks are on. *Ratio* is theirs over ours.

| system | problem | instance | number | CVXPY | status | noctule | difference | proven | CVXPY time | ours | ratio |
|---|---|---|---|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}

`goal` is the semidefinite relaxation of a goal under requirements, in all its convex forms: the number is the metric in
squared radians, the power in watts, or the rate in nats. Our times hold the story, the witness and Python; a limit of Clarabel is
told by its status. `sensing-only` of beamforming under a power limit for each antenna is the climb of `balanced` without users. The
`sum-rate-bound` is what the bound in our proof rests on where only rates count: the sum capacity, which beams do not
reach. `covariance` of surfaces is convex at fixed phases; with user and target apart they are those of our design.
"""
    if options.minutes:
        text += "\n" + first_order(options.minutes) + "\n"
    for system in without:
        text += f"\n`{system}` has no convex problem: {reason(system)}.\n"
    with open(options.out, "w", encoding="utf-8") as out:
        out.write(text)
    if wrong:
        raise SystemExit("not the same optimum:\n" + "\n".join(wrong))


def reason(system):
    try:
        noctule.Instance(system, scenario={}).to_cvxpy()
    except noctule.InvalidInput as error:
        return error.hint


if __name__ == "__main__":
    main()
