"""Figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import noctule


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


def test_pictures_of_designs(tmp_path: Path) -> None:
    design = noctule.design("pilots")
    svg = design.plot(tmp_path / "powers.svg")
    assert svg.startswith("<svg") and ">user 1<" in svg
    assert (tmp_path / "powers.svg").read_text(encoding="utf-8").startswith(svg.rstrip())
    design.plot(tmp_path / "powers.svg", "scene")  # one of ours is replaced
    beams = noctule.design("beamforming")
    assert ">targets<" in beams.plot(kind="pattern")
    assert ">target 1<" in beams.plot(kind="scene")
    assert ">channel updates<" in noctule.design("frame").plot()
    # Places are those of the draw; a document has arrays alone.
    cellfree = noctule.design("cellfree", scheme="mrt")
    assert ">target 1<" in cellfree.plot(kind="scene")
    cellfree.save(tmp_path / "cellfree.json")
    with pytest.raises(noctule.InvalidInput, match="does not know"):
        noctule.Design.load(tmp_path / "cellfree.json").plot(kind="scene")
    with pytest.raises(noctule.InvalidInput, match="pilots has no such picture"):
        design.plot(kind="map")
    with pytest.raises(noctule.InvalidInput, match="no picture of that name"):
        design.plot(kind="sketch")


KINDS = {
    "beamforming": ["pattern", "map", "scene", "allocation"], "cellfree": ["pattern", "scene", "allocation"],
    "pilots": ["scene", "allocation"], "surfaces": ["scene", "pattern", "allocation"],
    "frame": ["timeline", "allocation"],
}


@pytest.mark.parametrize("system", noctule.systems())
def test_designs_are_drawn_with_matplotlib(system: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from noctule import plot

    design = noctule.design(system)
    for kind in KINDS[system]:
        drawn = plot.picture(design, kind, title=True)
        axes = drawn.axes[0]
        assert axes.get_xlabel() and axes.get_title(), kind
        sizes = {}
        for ending in (".pdf", ".eps", ".svg", ".png"):
            design.plot(tmp_path / f"{kind}{ending}", kind)
            sizes[ending] = (tmp_path / f"{kind}{ending}").read_bytes()
        assert sizes[".pdf"].startswith(b"%PDF-") and sizes[".eps"].startswith(b"%!PS-Adobe")
        assert plot.written(plot.picture(design, kind), ".eps") == sizes[".eps"], "no clock in it"
    assert plot.picture(design).axes[0].get_xlabel() == plot.picture(design, KINDS[system][0]).axes[0].get_xlabel()
    with pytest.raises(noctule.InvalidInput, match="picture"):
        plot.picture(design, "portrait")


def test_pictures_show_the_numbers_of_the_design() -> None:
    """Bars are powers of streams, places are where everybody stands, and a cut is the pattern of the SVG."""
    pytest.importorskip("matplotlib")
    from noctule import plot

    design = noctule.design("beamforming")
    heights = [bar.get_height() for bar in plot.picture(design, "allocation").axes[0].patches]
    assert np.allclose(heights, (np.abs(design["beams"]) ** 2).sum(axis=1))
    pilots = noctule.design("pilots")
    axes = plot.picture(pilots, "scene").axes[0]
    shown = np.concatenate([np.column_stack(line.get_data()) for line in axes.get_lines()])
    places = np.concatenate([pilots.instance["point_m"], pilots.instance["user_m"]])
    assert np.allclose(np.sort(shown, axis=0), np.sort(places, axis=0))
    bars = plot.picture(pilots, "allocation").axes[0].patches
    assert np.isclose(sum(bar.get_height() for bar in bars), pilots["fractions"].sum())


def test_a_frame_of_subcarriers_has_an_allocation(tmp_path: Path) -> None:
    design = noctule.design(noctule.beamforming.Scenario(ofdm={"subcarriers": 4}))
    figure = noctule.plot.picture(design, "allocation")
    heights = sum(bar.get_height() for bar in figure.axes[0].patches)
    assert heights == pytest.approx(float((np.abs(design["band_beams"]) ** 2).sum()), rel=1e-9)


def test_a_curve_needs_a_trace(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    traced = noctule.design("beamforming", trace_rows=50)
    assert traced.plot(tmp_path / "curve.eps", "curve").count("<svg") == 1
    with pytest.raises(noctule.InvalidInput, match="trace_rows"):
        noctule.design("beamforming").plot(kind="curve")
