"""Draw the instances of the benchmark again and certify them: python3 freeze.py NOCTULE FOLDER [PER_FORM].

Every instance is drawn by `noctule design`, its numbers are rounded to six digits, and the rounded instance is designed
again from its arrays alone, with a bound. What is frozen is that instance; the draw is of no further use.
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

# form, how many, the scenario by which it is drawn, the settings by which it is certified. A pair of numbers is a range
# of which each instance has its own.
SMALL = {"transmit_array.horizontal": 4, "transmit_array.vertical": 2}
CERTIFY = {"scheme.certify.nodes": 3000, "scheme.certify.gap": 1e-4}
REGION = {"scheme.certify.nodes": 500, "scheme.certify.gap": 1e-3}
FORMS = {
    "beamforming": [
        ("weighted-sum", 100, {"users": 2, "power_dbm": (5.0, 15.0), **SMALL}, CERTIFY),
        ("weighted-sum-3", 60, {"users": 3, "power_dbm": (5.0, 15.0), **SMALL}, CERTIFY),
        ("min-crb", 40, {"goal.kind": "min-crb", "require.sinr_db": (3.0, 10.0), "users": 2, **SMALL}, {}),
        ("min-power", 40, {"goal.kind": "min-power", "require.sinr_db": (3.0, 10.0), "users": 3, **SMALL}, {}),
        ("max-min-rate", 40, {"goal.kind": "max-min-rate", "require.azimuth_deg": (5.0, 10.0), "users": 2, **SMALL}, {}),
    ],
    "cellfree": [
        ("region", 120, {"aps": 2, "antennas": 4, "users": 2, "targets": 1}, REGION),
        ("region-3", 80, {"aps": 3, "antennas": 2, "users": 3, "targets": 1}, REGION),
    ],
    "pilots": [
        ("two-users", 120, {"users.drawn.count": 2, "crb_limit.m2": (0.3, 1.0)}, {}),
        ("three-users", 80, {"users.drawn.count": 3, "crb_limit.m2": (0.3, 1.0)}, {}),
    ],
    "surfaces": [
        ("deployment", 160, {"power_dbm": (20.0, 40.0), "user_m[0]": (60.0, 140.0), "crb_limit_db": (-35.0, -25.0)}, {}),
    ],
    "frame": [
        ("five-users", 160, {"echo_snr_db": (0.0, 10.0), "power_dbm": (18.0, 28.0), "aging.correlation": (0.95, 0.995),
                             "angular_spread_deg": (0.5, 3.0)}, {}),
    ],
}


def drawn_scenario(form, number, scenario):
    """The scenario of one instance: of every range a number of its own."""
    rng = random.Random(f"{form}/{number}")
    pick = lambda x: round(rng.uniform(*x), 3) if isinstance(x, tuple) else x
    return {f"scenario.{key}": pick(value) for key, value in scenario.items()}


def rounded(value):
    """Six digits of every number that is not a whole one."""
    if isinstance(value, list):
        return [rounded(x) for x in value]
    if isinstance(value, float):
        return value if value == int(value) and abs(value) < 1e15 else float(f"{value:.5e}")
    return value


def designed(noctule, given, options, folder, seed=None):
    """The document of a design, or None with what was said."""
    out = folder / "design.json"
    out.unlink(missing_ok=True)
    changes = [f"--set={key}={json.dumps(value)}" for key, value in options.items()]
    draw = ["--seed", "2027", "--trial", str(seed)] if seed is not None else []
    told = subprocess.run([noctule, "design", str(given), "--out", str(out), "--force", *draw, *changes],
                          capture_output=True, text=True, check=False)
    if not out.exists():
        return None, told.stderr
    return json.loads(out.read_text()), told.stderr


# what the bound of a system's first scheme is of
METRIC = {"beamforming": "objective", "cellfree": "sum_rate_bps_hz", "pilots": "worst_error", "surfaces": "rate_bps_hz",
          "frame": "sum_rate_bps_hz"}


def reached_metric(document):
    """The metric that the bound is of, and its value: of goals that of the goal."""
    bound, goal = document["proof"].get("bound"), document["metrics"].get("goal")
    if not bound or bound.get("problem"):
        return None
    name = "goal/value" if goal else METRIC[document["system"]]
    value = goal["value"] if goal else document["metrics"][name]
    sign = 1.0 if bound["sense"] == "upper" else -1.0
    said = bound["value"] - sign * bound["gap_abs"]
    if abs(said - value) > 1e-6 * abs(value) + 2 * bound.get("margin", 0.0):
        return None
    return name, value


def frozen(noctule, system, form, number, scenario, settings, folder):
    """One line of the benchmark, or the reason why there is none."""
    drawn, said = designed(noctule, system, drawn_scenario(form, number, scenario), folder, number)
    if drawn is None:
        return None, said
    instance = {key: rounded(value) for key, value in drawn["instance"].items()}
    place = folder / "instance.json"
    place.write_text(json.dumps(instance))
    document, said = designed(noctule, place, settings, folder)
    if document is None:
        place.write_text(json.dumps(drawn["instance"]))
        instance = drawn["instance"]
        document, said = designed(noctule, place, settings, folder)
        if document is None:
            return None, said
    infeasible = document["proof"].get("infeasible")
    found = reached_metric(document)
    if infeasible or not found or not document.get("meets_requirements", True):
        return None, f"no bound: {str(document['proof'])[:200]}"
    bound = document["proof"]["bound"]
    line = {
        "id": f"{system}/{form}/{number:03d}", "system": system, "form": form, "metric": found[0],
        "sense": "maximise" if bound["sense"] == "upper" else "minimise",
        "reached": found[1], "bound": bound["value"], "margin": bound.get("margin", 0.0), "method": bound["method"],
        "scheme": document["scheme"], "settings": settings, "instance": instance,
    }
    return line, said


def main():
    noctule, target = sys.argv[1], pathlib.Path(sys.argv[2])
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else None
    everything = []
    with tempfile.TemporaryDirectory() as folder:
        for system in FORMS:
            lines, left_out = [], []
            for form, count, scenario, settings in FORMS[system]:
                done, number, wanted = 0, 0, min(count, limit or count)
                while done < wanted and number < 3 * count:
                    line, said = frozen(noctule, system, form, number, scenario, settings, pathlib.Path(folder))
                    number += 1
                    if line is None:
                        left_out.append((form, number - 1, said.strip()[:300]))
                        continue
                    lines.append(json.dumps(line, separators=(",", ":"), sort_keys=True))
                    done += 1
            everything += lines
            print(system, len(lines), "instances;", len(left_out), "left out", left_out[:3])
    (target / "instances.jsonl").write_text("".join(line + "\n" for line in everything))


if __name__ == "__main__":
    main()
