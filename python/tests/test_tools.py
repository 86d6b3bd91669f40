"""Solver, conversions, figures, scripts for CVXPY, generated modules, types, documentation."""

from __future__ import annotations

import doctest
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule
from noctule import _noctule, convert, optim


def test_a_rayleigh_quotient(rng: np.random.Generator) -> None:
    a = rng.normal(size=(6, 6, 2)) @ np.array([1, 1j])
    a = a @ a.conj().T

    def quotient(x: Any) -> Any:
        return np.vdot(x, a @ x).real, 2 * a @ x

    found = optim.minimize(quotient, optim.sphere(6), rng.normal(size=6) + 0j, tolerance=1e-10)
    assert found.converged and np.isclose(found.value, np.linalg.eigvalsh(a)[0])
    assert optim.check_gradient(quotient, optim.sphere(6), found.x).passed
    wrong = optim.check_gradient(lambda x: (quotient(x)[0], 2.01 * a @ x), optim.sphere(6),
                                 rng.normal(size=6) + 0j)
    assert not wrong.passed and wrong.slope < 1.5
    assert found.trace.shape[1] == 5 and found.trace[-1, 2] == found.value


def test_phase_shifters(rng: np.random.Generator) -> None:
    """|aᴴx| over unit-modulus x is the sum of magnitudes, at x = a/|a|."""
    a = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))

    def gain(x: Any) -> Any:
        inner = np.vdot(a, x)
        return -abs(inner) ** 2, -2 * inner * a

    found = optim.minimize(gain, optim.circles(12), np.ones((3, 4)), tolerance=1e-9)
    assert found.x.shape == (3, 4) and np.allclose(abs(found.x), 1)
    assert np.isclose(-found.value, np.abs(a).sum() ** 2)


def test_objectives_that_fail() -> None:
    sphere = optim.sphere(3)
    start = np.ones(3)

    def broken(x: Any) -> Any:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        optim.minimize(broken, sphere, start)
    for wrong in (lambda x: 1.0, lambda x: (1.0, x[:2]), lambda x: (1.0, x * np.nan),
                  lambda x: (1.0, None), lambda x: None):
        with pytest.raises(noctule.InvalidInput):
            optim.minimize(wrong, sphere, start)
    outside = optim.minimize(lambda x: (np.nan, x), sphere, start)
    assert outside.stop == "stalled" and outside.value == np.inf and not outside.converged
    for arguments in ((optim.sphere(4), start), (sphere, start * np.nan), (sphere, []),
                      (sphere, ["a", "b", "c"])):
        with pytest.raises(noctule.InvalidInput):
            optim.minimize(lambda x: (0.0, x), *arguments)
    with pytest.raises(noctule.InvalidInput):
        optim.minimize(lambda x: (0.0, x), sphere, start, tolerance=2.0)
    with pytest.raises(noctule.InvalidInput):
        optim.sphere(3, -1.0)


def test_the_system_s_own_objective_from_its_parts(instance: noctule.Instance) -> None:
    """Rate and bound with gradients, climbed from Python: the optimum that Rust finds."""
    h, noise = instance["channels"], instance["user_noise_w"]
    scene = {name: instance[name] for name in
             ("transmit_shape", "receive_shape", "azimuth_rad", "polar_rad", "reflection")}
    information = 2 * instance["snapshots"] / instance["sensing_noise_w"]
    weight, price = instance["rate_weight_per_nat"], instance["crb_weight"]

    def objective(w: Any) -> Any:
        rate, by_rate = noctule.phy.sum_rate(h, w, noise)
        crb, by_crb = noctule.beamforming.crb_trace(w, **scene, information=information)
        return price * crb - weight * rate, price * by_crb - weight * by_rate

    ours = instance.design()
    sphere = optim.sphere_of_power(instance["power_w"], ours.beams.shape)
    assert optim.check_gradient(objective, sphere, ours.beams * 1j + 1e-3).passed
    start = instance.design("rzf").beams + 1e-3
    found = optim.minimize(objective, sphere, start, tolerance=1e-7)
    assert np.isclose(-found.value, ours.metrics.objective, rtol=1e-6)
    assert np.isclose(instance.evaluate(found.x).metrics.objective, -found.value, rtol=1e-9)


def test_conventions_give_the_same_received_signal(rng: np.random.Generator) -> None:
    def draw(*shape: int) -> Any:
        return rng.normal(size=shape) + 1j * rng.normal(size=shape)

    x = draw(5)

    def received(h: Any) -> Any:
        return h.conj() @ x

    columns = draw(5, 3)                               # y = H' x
    assert np.allclose(received(convert.channels(columns, "columns")), columns.conj().T @ x)
    rows = draw(3, 5)                                  # y = H x
    assert np.allclose(received(convert.channels(rows, "rows")), rows @ x)
    assert np.allclose(received(convert.channels(rows, "noctule")), rows.conj() @ x)
    book = draw(5, 7, 3)                               # y = H(:,n,k)' x
    found = convert.channels(book, "bjornson")
    assert found.shape == (7, 3, 5) and found.flags.c_contiguous
    assert np.allclose(received(found[2]), [book[:, 2, k].conj() @ x for k in range(3)])
    assert convert.channels(draw(3, 2, 5), "demirhan").shape == (3, 2, 5)
    tensor = draw(4, 3, 2, 1, 5, 6, 8)                 # y = H x
    found = convert.sionna(tensor, array=None, symbol=2, subcarrier=7, receive_antenna=1)
    assert np.allclose(received(found[1]), tensor[1, :, 1, 0, :, 2, 7] @ x)
    rays = draw(9, 1, 5, 4)                            # y = H x
    found = convert.deepmimo(rays, users=[2, 8], array=None, subcarrier=3)
    assert np.allclose(received(found), rays[[2, 8], 0, :, 3] @ x)
    named = convert.channels(tensor[:, :, 0, 0, :, :1, 0], axes="batch, user, antenna, time",
                             conjugate=True)
    with pytest.warns(UserWarning, match="first of 2 along `rx_ant`"):
        assert np.allclose(named[1], convert.sionna(tensor, array=None)[1])
    w = draw(5, 4)
    assert np.array_equal(convert.beams(w), w.T)
    a, *_ = noctule.phy.planar_steering([2, 2], [0.3], [1.0], unit_modulus=True)
    b, *_ = noctule.phy.planar_steering([2, 2], [0.3], [1.0])
    assert np.allclose(convert.steering(a, normalised=False), b)


def line_of_sight(places: Any, azimuth: float, polar: float) -> Any:
    """e^{+jk u·r}: y and z of every element in half wavelengths."""
    y, z = np.asarray(places, dtype=float).T
    phase = y * np.sin(azimuth) * np.sin(polar) + z * np.cos(polar)
    return 0.3 * np.exp(1j * np.pi * phase)


def test_a_user_and_a_target_in_one_direction_stay_so_through_every_import() -> None:
    azimuth, polar, horizontal, vertical = 0.52, 1.22, 8, 4
    count = horizontal * vertical
    sides = (horizontal, vertical)
    a = noctule.phy.planar_steering(list(sides), [azimuth], [polar])[0][0]
    n = np.arange(count)
    rows_down = np.stack([n // vertical, -(n % vertical)], axis=1)
    y_fastest = np.stack([n % horizontal, n // horizontal], axis=1)
    shuffled = np.random.default_rng(1).permutation(y_fastest) * 0.7 - 1.3
    position = np.vstack([np.zeros(count), shuffled.T])

    def seen(places: Any) -> Any:
        return line_of_sight(places, azimuth, polar)

    found = [
        convert.sionna(seen(rows_down).reshape(1, 1, 1, 1, count, 1, 1), array=sides)[0, 0],
        convert.deepmimo(seen(y_fastest).reshape(1, 1, count, 1), array=sides,
                         total_subcarriers=1)[0],
        convert.quadriga(seen(shuffled / 0.7).reshape(1, count), positions=position)[0, 0],
        convert.toolbox_5g(seen(shuffled / 0.7).reshape(1, 1, 1, count),
                           positions=position)[0, 0],
        convert.channels(seen(y_fastest)[None], "rows", array_sides=sides, fastest="horizontal",
                         mirror="both")[0],
    ]
    for h in found:
        cosine = abs(a.conj() @ h) / np.linalg.norm(a) / np.linalg.norm(h)
        assert abs(cosine - 1) < 1e-12
    # in the right direction the target is lit by the user's own beam
    scene = noctule.beamforming.Scenario(
        users=1, transmit_array={"horizontal": horizontal, "vertical": vertical},
        targets={"fixed": [{"azimuth_deg": float(np.degrees(azimuth)),
                            "polar_deg": float(np.degrees(polar)), "reflection": [0.1, 0.0]}]})
    beams = scene.realize(channels=found[1][None]).design("mrt").beams
    assert np.isclose(np.sum(np.abs(a.conj() @ beams.T) ** 2) / np.linalg.norm(beams) ** 2, 1.0)


def test_wrong_conventions_are_refused() -> None:
    for call in (
        lambda: convert.channels(np.ones((2, 3))),
        lambda: convert.channels(np.ones((2, 3)), "matlab"),
        lambda: convert.channels(np.ones(3), "columns"),
        lambda: convert.channels(np.ones((2, 3)), axes="user, user"),
        lambda: convert.channels(np.ones((2, 3)), axes="user, antenna, time"),
        lambda: convert.channels(np.ones((2, 3, 4)), axes="user, antenna, time"),
        lambda: convert.channels([["a"]], "columns"),
        lambda: convert.sionna(np.ones((2, 3))),
        lambda: convert.sionna(np.ones((1, 1, 1, 1, 4, 1, 1)), array=(2, 2), symbol=1),
        lambda: convert.sionna(np.ones((1, 1, 1, 1, 4, 1, 1))),
        lambda: convert.sionna(np.ones((1, 1, 1, 1, 4, 1, 1)), array=(4, 2)),
        lambda: convert.sionna(np.ones((1, 1, 1, 2, 4, 1, 1)), array=(2, 2)),
        lambda: convert.quadriga(np.ones((1, 4, 1)), order=[0, 1, 2, 2]),
        lambda: convert.quadriga(np.ones((1, 4, 1)), positions=np.ones((2, 4))),
        lambda: convert.toolbox_5g(np.ones((1, 4, 1))[0, 0]),
        lambda: convert.channels(np.ones((1, 4)), "rows", fastest="horizontal"),
        lambda: convert.channels(np.ones((1, 4)), "rows", array_sides=(3, 2)),
        lambda: convert.deepmimo(np.ones((1, 1, 1, 1)), array=(1, 1), subcarrier=-1),
        lambda: convert.power_w("ten dBm"),
    ):
        with pytest.raises(noctule.InvalidInput):
            call()


def test_a_batch_from_a_channel_tensor(rng: np.random.Generator) -> None:
    tensor = rng.normal(size=(3, 2, 1, 1, 16, 1, 4)) + 0j
    instances = noctule.stack(scenario={}, channels=convert.sionna(tensor, array=(4, 4), subcarrier=1))
    assert len(noctule.design_batch(instances, "rzf")) == 3


@pytest.mark.parametrize("constraint", ["total", "per-antenna"])
def test_cvxpy_agrees(tmp_path: Path, constraint: Any) -> None:
    pytest.importorskip("cvxpy")
    scenario = noctule.beamforming.Scenario(
        transmit_array=noctule.beamforming.ArrayShape(horizontal=3, vertical=2),
        sensing_noise_dbm=-30.0, power_constraint=constraint,
    )
    instance = scenario.realize()
    (tmp_path / "check.py").write_text(instance.to_cvxpy(), encoding="utf-8")
    told = subprocess.run([sys.executable, tmp_path / "check.py"], check=True, text=True,
                          capture_output=True).stdout
    found = dict(line.split(" ", 1) for line in told.splitlines())
    assert found["status"] in ("optimal", "optimal_inaccurate")
    theirs = float(found["crb_trace_mixed"])
    # Under per-antenna power nothing of ours is proven; the climb without users gets there.
    design = instance.design("sensing-only") if constraint == "total" else noctule.Instance(
        scenario=scenario, arrays={"rate_weight_per_nat": 0.0}).design()
    assert np.isclose(design.metrics.crb_trace_mixed, theirs, rtol=1e-5)


def by_cvxpy(folder: Path, text: str) -> tuple[str, float]:
    """What a script prints last, run as its reader would."""
    pytest.importorskip("cvxpy")
    assert "noctule" not in [line.split()[1] for line in text.splitlines()
                             if line.startswith(("import ", "from "))]
    (folder / "check.py").write_text(text, encoding="utf-8")
    told = subprocess.run([sys.executable, folder / "check.py"], check=True, text=True,
                          capture_output=True, encoding="utf-8",
                          env={**os.environ, "PYTHONIOENCODING": "utf-8"}).stdout
    name, value = told.splitlines()[-1].split()
    return name, float(value)


@pytest.mark.parametrize(("system", "scenario"), [
    ("cellfree", {"antennas": 6}), ("pilots", {}), ("surfaces", {"crb_limit_db": -30.0})])
def test_cvxpy_agrees_on_other_systems(tmp_path: Path, system: str, scenario: Any) -> None:
    instance = noctule.Instance(system, scenario=scenario)
    name, value = by_cvxpy(tmp_path, instance.to_cvxpy())
    first = noctule.cvxpy.problems(system)[0]
    scheme = noctule.cvxpy.known(system)[first].scheme
    settings = {"select": "all"} if system == "surfaces" else {}
    ours = instance.design(scheme, settings=settings).metrics[name]
    assert np.isclose(value, ours, rtol=1e-6)


def test_cvxpy_agrees_at_the_phases_of_a_design(tmp_path: Path) -> None:
    instance = noctule.surfaces.Scenario(
        target_m=[90.0, 25.0], first_sites=2, elements=64, crb_limit_db=-14.0).realize()
    design = instance.design(select="all")
    name, value = by_cvxpy(tmp_path, instance.to_cvxpy(at=design))
    assert np.isclose(value, design.metrics[name], rtol=1e-6)
    # Other phases, another optimum: the script does look at them.
    turned = {**design, "phases": design["phases"] * np.exp(0.5j * np.arange(64) ** 2)}
    assert by_cvxpy(tmp_path, instance.to_cvxpy(at=turned))[1] < 0.99 * value
    with pytest.raises(noctule.InvalidInput, match="held fixed"):
        noctule.Instance(scenario={}).to_cvxpy(at=design)


def test_cvxpy_agrees_on_the_bound_of_the_rate(tmp_path: Path) -> None:
    instance = noctule.Instance(scenario={"users": 3}, arrays={
        "crb_weight": 0.0, "rate_weight_per_nat": 1.0})
    _, value = by_cvxpy(tmp_path, instance.to_cvxpy("sum-rate-bound"))
    design = instance.design(settings={"certify": True, "certify_nodes": 0})
    assert np.isclose(design.proof.bound.value, value, rtol=1e-6)
    assert design.metrics.sum_rate_nats < value


def test_a_system_without_a_convex_problem_says_why() -> None:
    with pytest.raises(noctule.InvalidInput, match="not concave"):
        noctule.Instance("frame", scenario={}).to_cvxpy()


def test_scripts_of_problems_that_are_not_there(instance: noctule.Instance) -> None:
    with pytest.raises(noctule.InvalidInput, match="sensing-only"):
        instance.to_cvxpy(problem="sensing")


def test_figures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from noctule import plot

    records = noctule.run("beamforming/region", ci=True, out=tmp_path / "run")
    assert list(plot.data(records)) == ["region", "weight"]
    drawn = records.plot("weight", path=tmp_path / "weight.pdf")
    again = plot.figure(records.folder, "weight", path=tmp_path / "again.pdf", title=False)
    assert (tmp_path / "weight.pdf").read_bytes() == (tmp_path / "again.pdf").read_bytes()
    assert (tmp_path / "weight.pdf").read_bytes()[:5] == b"%PDF-"
    axes = drawn.axes[0]
    assert axes.get_xscale() == "log" and "bit/s/Hz" in axes.get_ylabel()
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["Balanced", "RZF", "MRT"] and again is not drawn
    # The numbers drawn are the means of the summary.
    line = axes.get_lines()[0].get_ydata()
    rows = (records.summary["scheme"] == "balanced") & (
        records.summary["metric"] == "sum_rate_bps_hz")
    assert np.allclose(np.sort(line), np.sort(records.summary["mean"][rows]))
    for name in ("region.svg", "region.png"):
        records.plot("region", path=tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    with pytest.raises(noctule.InvalidInput, match="region"):
        records.plot("regoin")
    with pytest.raises(noctule.InvalidInput):
        records.plot(path=tmp_path / "figure.bmp")


def test_figures_of_every_kind(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    text = noctule.show("beamforming/region").split("[[figure]]")[0] + """
[[figure]]
id = "cdf"
kind = "cdf"
x = "sum_rate_bps_hz"
at = { "scenario.rate_weight_per_nat" = 1e-6 }
"""
    text = text.replace("[[sweep]]", """[[sweep]]
path = "scenario.power_dbm"
values = [0, 10]

[[sweep]]""", 1) + """
[[figure]]
id = "heat"
kind = "heat"
x = "scenario.power_dbm"
y = "scenario.rate_weight_per_nat"
value = "sum_rate_bps_hz"
schemes = ["rzf"]
y_scale = "log"
"""
    records = noctule.run(text, ci=True, out=tmp_path / "run")
    for name in ("cdf", "heat"):
        records.plot(name, path=tmp_path / f"{name}.pdf", title=True)
        assert (tmp_path / f"{name}.pdf").stat().st_size > 2000


def test_traces_are_drawn(instance: noctule.Instance, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from noctule import plot

    plot.trace(instance.design(trace_rows=100), path=tmp_path / "trace.pdf")
    with pytest.raises(noctule.InvalidInput, match="trace_rows"):
        plot.trace(instance.design())


def test_generated_modules_are_what_the_generator_writes(root: Path) -> None:
    told = subprocess.run([sys.executable, root / "python" / "generate.py", "--check"],
                          capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("system", noctule.systems())
def test_dataclasses_are_the_schema(system: str) -> None:
    """The class without arguments is the default scenario, and says every key of the schema."""
    
    described = noctule.describe(system)
    module = importlib.import_module(f"noctule.{system}")
    scenario = module.Scenario()
    assert set(scenario.__dataclass_fields__) == set(described["schema"]["properties"])
    explicit = noctule.Instance(system, scenario=scenario)
    default = noctule.Instance(system, scenario=described["scenario"])
    for name, value in default.arrays.items():
        assert np.array_equal(explicit[name], value), name
    documented = {scheme["name"]: scheme["settings"] for scheme in described["schemes"]}
    for name, settings in documented.items():
        if settings:
            cls = getattr(module, "".join(p.capitalize() for p in name.split("-")) + "Settings")
            assert json.loads(json.dumps(cls().to_dict())).items() <= settings.items()


MODULES = [name for name in ("phy", *noctule.systems()) if hasattr(_noctule, name)]


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_model_functions(module: str) -> None:
    """The doctests in the documentation of the Rust functions."""
    compiled = getattr(_noctule, module)
    names = [name for name in vars(compiled) if not name.startswith("_")]
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    scope = {"np": np, **{name: getattr(compiled, name) for name in names}}
    for name in names:
        examples = parser.get_doctest(getattr(compiled, name).__doc__, dict(scope), name, None, 0)
        assert examples.examples, f"{module}.{name} has no example"
        assert runner.run(examples).failed == 0, f"{module}.{name}"


def complaints(folder: Path, *arguments: str) -> list[str]:
    """What a type checker has against files in a folder."""
    told = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True,
                          check=False, cwd=folder,
                          env={**os.environ, "PYTHONPATH": str(folder)})
    lines = (told.stdout + told.stderr).splitlines()
    found = [line for line in lines if "error:" in line]
    assert told.returncode == 0 or found, lines
    return found


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package: neighbours of an installed one are not its sources."""
    pytest.importorskip("mypy")
    installed = Path(noctule.__file__).parent
    assert (installed / "py.typed").is_file()
    folder = tmp_path_factory.mktemp("typed")
    shutil.copytree(installed, folder / "noctule")
    return folder


def test_types(copied: Path) -> None:
    assert complaints(copied, "mypy", "--strict", "noctule") == []


def test_the_stub_is_the_extension_module(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    # Without the rest of the package, whose types take longer to read than this.
    (tmp_path / "noctule").mkdir()
    (tmp_path / "noctule" / "__init__.py").touch()
    for path in Path(noctule.__file__).parent.glob("_noctule.*"):
        shutil.copy(path, tmp_path / "noctule")
    assert complaints(tmp_path, "mypy.stubtest", "noctule._noctule") == []


def test_modules_of_all_systems_are_declared() -> None:
    assert set(noctule.systems()) <= set(noctule.__all__)
    for name in noctule.__all__:
        assert getattr(noctule, name) is not None


GUIDE = """
from typing import Any
import numpy as np
import noctule
"""


def guide(root: Path) -> list[str]:
    text = (root / "docs" / "python.md").read_text(encoding="utf-8")
    return [part.split("```")[0] for part in text.split("```python\n")[1:]]


def test_the_guide_and_the_examples_have_types(root: Path, copied: Path) -> None:
    """As a reader's own type checker sees them."""
    first, *others = guide(root)
    (copied / "first.py").write_text(first, encoding="utf-8")
    names = "".join(f"{name}: Any = None\n" for name in GIVEN)
    (copied / "guide.py").write_text(GUIDE + names + first + "".join(others), encoding="utf-8")
    examples = [str(path) for path in sorted((root / "examples").glob("*.py"))]
    # A mistake must be found, or a clean answer says nothing.
    wrong = "import noctule\nnoctule.beamforming.Scenario(users=6).desing()\n"
    (copied / "wrong.py").write_text(wrong, encoding="utf-8")
    found = complaints(
        copied, "mypy", "--strict", "--allow-untyped-defs", "--allow-untyped-calls",
        "--ignore-missing-imports", "first.py", "guide.py", "wrong.py", *examples)
    assert len(found) == 1 and "desing" in found[0], found


#: What a reader of the guide brings along.
GIVEN = {
    "channels": np.ones((6, 16)) + 1j * np.eye(6, 16),
    "tensor": np.ones((3, 6, 16)) + 1j * np.eye(6, 16),
    "beams": np.ones((6, 16)) * (0.01 + 0j),
    "h": np.ones((2, 16)) + 1j * np.eye(2, 16),
    "noise": np.ones(2),
    "start": np.eye(2, 16) + 0j,
}


def test_the_guide_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("matplotlib", "pandas", "scipy"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    noctule.beamforming.Scenario(users=6).realize(channels=GIVEN["channels"]).save("channels.mat")
    importlib.import_module("scipy.io").savemat("H.mat", {"H": GIVEN["channels"].T})
    scope: dict[str, Any] = {"np": np, **GIVEN}
    for number, text in enumerate(guide(root)):
        few = text.replace("trials=1000", "trials=4").replace("trials=20", "trials=2")
        exec(compile(few, f"docs/python.md, {number}", "exec"), scope)
