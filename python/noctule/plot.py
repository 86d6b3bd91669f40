"""Figures with matplotlib, one IEEE column wide, as PDF, EPS, SVG or PNG.

The numbers are those of the report: the same lines, error bars and distribution functions that
``noctule run`` draws. Curves are told apart by colour (Okabe and Ito), marker and dashes at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _noctule
from ._design import Design
from ._input import refuse

if TYPE_CHECKING:
    from ._experiment import Records

#: Settings of matplotlib: 252 pt wide, eight-point Times, embedded fonts.
IEEE: Mapping[str, Any] = {
    "figure.figsize": (3.5, 2.6),
    "figure.dpi": 150,
    "savefig.dpi": 300,
    "savefig.bbox": "tight",
    "savefig.pad_inches": 0.02,
    "font.family": "serif",
    "font.serif": ["Times New Roman", "Times", "Nimbus Roman", "STIXGeneral", "DejaVu Serif"],
    "mathtext.fontset": "stix",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "lines.markersize": 4,
    "grid.linewidth": 0.4,
    "grid.color": "0.85",
    "axes.grid": True,
    "axes.axisbelow": True,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "0.7",
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "noctule",
}

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "x", "+", "*")
DASHES: tuple[Any, ...] = (
    "-", (0, (4.5, 1.8)), (0, (5.5, 1.6, 1.2, 1.6)), (0, (1.4, 1.5)), (0, (8, 2)),
    (0, (5.5, 1.5, 1.2, 1.5, 1.2, 1.5)),
)
#: More points than this are marked now and then only, and more than this many bars are a band.
MARK_ALL, BAR_POINTS = 16, 12


def _matplotlib() -> Any:
    try:
        import matplotlib
        import matplotlib.figure
    except ImportError:
        raise ImportError("figures need matplotlib: pip install noctule[plot]") from None
    return matplotlib


def _caption(axis: Mapping[str, Any]) -> str:
    return f"{axis['label']} ({axis['unit']})" if axis["unit"] else str(axis["label"])


def data(records: Records | str | Path) -> dict[str, dict[str, Any]]:
    """The figures of a run as plain data, by name: axes, lines with intervals, surfaces."""
    folder = records if isinstance(records, (str, Path)) else records.folder
    figures = json.loads(_noctule.figures(Path(folder)))
    counts: dict[str, int] = {}
    named = {}
    for found in figures:
        # One surface for each scheme: they share the experiment's name of the figure.
        number = counts[found["id"]] = counts.get(found["id"], 0) + 1
        named[found["id"] if number == 1 else f"{found['id']}-{number}"] = found
    return named


def figure(records: Records | str | Path, name: str | None = None, *, ax: Any = None,
           path: str | Path | None = None, title: bool = False) -> Any:
    """Draw a figure of an experiment.

    Parameters
    ----------
    records
        What :func:`noctule.run` returned, or the folder of a run.
    name
        Name of the figure; the first by default. :func:`data` lists them.
    ax
        Axes to draw into; by default a new figure in the style of an IEEE column.
    path
        Where to save it: ``.pdf``, ``.eps``, ``.svg`` or ``.png``.
    title
        Whether to write the title above (papers have captions below).

    Returns
    -------
    matplotlib.figure.Figure
    """
    found = data(records)
    if not found:
        raise refuse("the experiment has no figures", "figure", "none", "a [[figure]] in its file")
    if name is not None and name not in found:
        raise _noctule.unknown(name, "figure", list(found))
    spec = found[name] if name is not None else next(iter(found.values()))
    return _shown(spec, ax, path, title)


def _shown(spec: Mapping[str, Any], ax: Any, path: str | Path | None, title: bool) -> Any:
    """A figure from its data, and saved where a path says so."""
    matplotlib = _matplotlib()
    with matplotlib.rc_context(dict(IEEE)):
        drawn, axes = _axes(matplotlib, ax)
        if spec["kind"] == "heat":
            _heat(drawn, axes, spec["heat"])
        elif spec["kind"] == "scene":
            _scene(axes, spec["heat"])
        elif spec["kind"] == "bars":
            _bars(axes, spec)
        else:
            _lines(axes, spec)
        for which in ("x", "y"):
            getattr(axes, f"set_{which}label")(_caption(spec[which]))
            if spec[which]["log"]:
                getattr(axes, f"set_{which}scale")("log")
                _plain_ticks(getattr(axes, f"{which}axis"))
        if title:
            axes.set_title(spec["title"])
        if path is not None:
            save(drawn, path)
    return drawn


def _axes(matplotlib: Any, ax: Any) -> tuple[Any, Any]:
    if ax is not None:
        return ax.figure, ax
    # Without pyplot: no window, no global state, nothing to close.
    drawn = matplotlib.figure.Figure(layout="constrained")
    return drawn, drawn.subplots()


def _plain_ticks(axis: Any) -> None:
    """Less than two decades are told by 1, 2, 5 and not by powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = sorted(axis.get_view_interval())
    if 0 < low < high < 100 * low:
        axis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _lines(axes: Any, spec: Mapping[str, Any]) -> None:
    curves = [line for line in spec["lines"] if line["x"]]
    log = {which: spec[which]["log"] for which in ("x", "y")}
    for number, line in enumerate(spec["lines"]):
        if not line["x"]:
            continue
        place = number if line["place"] is None else line["place"]
        columns = {
            name: np.array([np.nan if v is None else v for v in line[name]], dtype=float)
            for name in ("x", "y", "low", "high")
        }
        x, y = columns["x"], columns["y"]
        for which, values in (("x", x), ("y", y)):
            if log[which]:
                values[~(values > 0)] = np.nan
        look: dict[str, Any] = {"label": line["label"], "color": COLOURS[place % len(COLOURS)],
                                "linestyle": DASHES[place % len(DASHES)]}
        if line["reference"]:
            look.update(color="#595959", linestyle="--", linewidth=0.8)
        elif spec["kind"] != "cdf":
            look.update(marker=MARKERS[place % len(MARKERS)],
                        markerfacecolor=None if place % 2 else "white")
            if spec["x"].get("names"):
                # kinds, not numbers: nothing lies between them
                look["linestyle"] = "none"
            if len(x) > MARK_ALL:
                look["markevery"] = (number % 5, len(x) // 9)
        if spec["kind"] == "cdf":
            axes.plot(np.concatenate([x[:1], x]), np.concatenate([[0.0], y]),
                      drawstyle="steps-post", **look)
            continue
        known = np.isfinite(columns["low"]) & np.isfinite(columns["high"])
        if known.any() and len(x) > BAR_POINTS:
            axes.fill_between(x[known], columns["low"][known], columns["high"][known],
                              color=look["color"], alpha=0.18, linewidth=0)
        if known.any() and len(x) <= BAR_POINTS:
            below = np.where(known, np.maximum(y - columns["low"], 0), 0)
            above = np.where(known, np.maximum(columns["high"] - y, 0), 0)
            axes.errorbar(x, y, yerr=[below, above], capsize=2, elinewidth=0.6, **look)
        else:
            axes.plot(x, y, **look)
    if spec["x"].get("names"):
        axes.set_xticks(range(len(spec["x"]["names"])), spec["x"]["names"])
    if len(curves) > 1:
        axes.legend()
    if not curves:
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center")


def _heat(drawn: Any, axes: Any, heat: Mapping[str, Any]) -> None:
    from matplotlib.colors import LogNorm

    x, y = np.array(heat["x"], dtype=float), np.array(heat["y"], dtype=float)
    values = np.array([np.nan if v is None else v for v in heat["values"]], dtype=float)
    grid = np.full(len(x) * len(y), np.nan)
    grid[: len(values)] = values[: len(grid)]
    masked = np.ma.masked_invalid(grid.reshape(len(y), len(x)))
    shown = axes.pcolormesh(x, y, masked, shading="nearest", cmap="viridis",
                            norm=LogNorm() if heat["log"] else None, rasterized=True)
    drawn.colorbar(shown, ax=axes, label=_caption(heat))
    for mark in heat["marks"]:
        axes.plot(mark[0], mark[1], "k*", markersize=5)
        axes.annotate(mark[2], (mark[0], mark[1]), textcoords="offset points", xytext=(3, 3))
    axes.grid(False)


def picture(design: Design, kind: str | None = None, *, ax: Any = None,
            path: str | Path | None = None, title: bool = False) -> Any:
    """Draw a design: the pictures of :meth:`noctule.Design.plot` with matplotlib, and two more.

    Parameters
    ----------
    design
        What was designed.
    kind
        ``scene`` (who stands where, and where beams go), ``pattern`` (power against direction),
        ``map`` (power over azimuth and polar angle), ``timeline`` (the parts of a frame); by default the
        first that the system has. ``allocation`` shows what was divided among whom, ``curve`` how
        the best run went (scheme setting ``trace_rows``).
    ax
        Axes to draw into; by default a new figure in the style of an IEEE column.
    path
        Where to save it: ``.pdf``, ``.eps``, ``.svg`` or ``.png``.
    title
        Whether to write the title above (papers have captions below).

    Returns
    -------
    matplotlib.figure.Figure
    """
    if kind == "curve":
        return trace(design, ax=ax, path=path)
    spec = _allocation(design) if kind == "allocation" else json.loads(design._told.picture_data(kind))
    return _shown(spec, ax, path, title)


def _allocation(design: Design) -> dict[str, Any]:
    """What was divided among whom, as the data of a figure with stacked bars: `bars[place, part]`."""
    variables, part = design.variables, ""
    if design.system == "pilots":
        bars, what, part, label, unit = variables["fractions"], "Access point", "user", "Share of pilot power", ""
    elif design.system == "frame":
        bars, what, label, unit = variables["blocks_per_update"], "Update", "Blocks of data", ""
    elif design.system == "surfaces":
        sent = variables["information"] + variables["sensing"]
        powers = np.linalg.eigvalsh(np.tensordot(variables["share"], sent, axes=1))[::-1]
        bars, what, label, unit = powers[powers > 1e-9 * powers[0]], "Stream", "Power", "W"
    elif design.system == "cellfree":
        bars = (np.abs(variables["data_beams"]) ** 2).sum(axis=-1).T
        what, part, label, unit = "Access point", "user", "Power over its limit", ""
    else:
        # a frame has beams of every subcarrier, [subcarrier, stream, antenna]
        part = "stream" if "band_beams" in variables else ""
        beams = np.asarray(variables["band_beams" if part else "beams"])
        what = "Subcarrier" if part else "Stream"
        bars, label, unit = (np.abs(beams) ** 2).sum(axis=-1), "Power", "W"
    bars = np.asarray(bars, dtype=float)
    bars = bars.reshape(len(bars), -1)
    names = [f"{part} {k}" if part else "" for k in range(bars.shape[1])]
    return {"title": design._told.title, "kind": "bars", "names": names, "bars": bars,
            "x": {"label": what, "unit": "", "log": False}, "y": {"label": label, "unit": unit, "log": False}}


def _bars(axes: Any, spec: Mapping[str, Any]) -> None:
    values = np.asarray(spec["bars"], dtype=float)
    base, place = np.zeros(len(values)), np.arange(len(values))
    for k, name in enumerate(spec["names"]):
        axes.bar(place, values[:, k], bottom=base, color=COLOURS[k % len(COLOURS)], width=0.7,
                 edgecolor="white", linewidth=0.4, label=name or None, hatch=None if k < len(COLOURS) else "//")
        base += values[:, k]
    if len(values) <= MARK_ALL:
        axes.set_xticks(place)
    if len(spec["names"]) > 1:
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(5, len(spec["names"])))


def _scene(axes: Any, found: Mapping[str, Any]) -> None:
    places = [spot[1:] for group in found["groups"] for spot in group["spots"]]
    side = float(np.ptp(np.array(places), axis=0).max()) if places else 1.0
    for k, group in enumerate(found["groups"]):
        names, x, y = zip(*group["spots"]) if group["spots"] else ((), (), ())
        axes.plot(x, y, linestyle="none", marker=MARKERS[k % len(MARKERS)], color=COLOURS[k % len(COLOURS)],
                  markerfacecolor=None if k % 2 else "white", label=group["label"], zorder=3)
        for name, a, b in zip(names, x, y):
            axes.annotate(name, (a, b), textcoords="offset points", xytext=(4, 3), fontsize=6)
    for x, y, towards, share, group in found["beams"]:
        length = 0.22 * side * share
        tip = (x + length * np.cos(np.radians(towards)), y + length * np.sin(np.radians(towards)))
        colour = COLOURS[(group or 0) % len(COLOURS)]
        axes.annotate("", tip, (x, y), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 0.8,
                                                   "shrinkA": 0, "shrinkB": 0, "mutation_scale": 5})
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.12)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)


def trace(design: Design, *, ax: Any = None, path: str | Path | None = None) -> Any:
    """The residual of a design over its iterations (scheme setting ``trace_rows``)."""
    rows = design.trace
    if len(rows["iteration"]) == 0:
        raise refuse("the design keeps no trace", "design.trace", "no rows",
                     "a design with the setting trace_rows", "noctule.design(…, trace_rows=1000)")
    matplotlib = _matplotlib()
    with matplotlib.rc_context(dict(IEEE)):
        drawn, axes = _axes(matplotlib, ax)
        axes.semilogy(rows["iteration"], rows["residual"], color=COLOURS[0])
        axes.set_xlabel("Iteration")
        axes.set_ylabel("Residual of stationarity")
        if path is not None:
            save(drawn, path)
    return drawn


#: What is written into files: no clock, and who wrote it.
_METADATA: Mapping[str, Mapping[str, Any]] = {
    ".pdf": {"CreationDate": None, "Creator": "written by noctule"},
    ".eps": {"Creator": "written by noctule"},
    ".svg": {"Date": None, "Creator": "written by noctule"},
    ".png": {"Software": "written by noctule"},
}


def written(drawn: Any, ending: str) -> bytes:
    """A figure as the bytes of a file with such an ending: the same figure, the same bytes."""
    if ending not in _METADATA:
        raise refuse("the file's ending does not tell its format", "ending",
                     ending or "no ending", ", ".join(_METADATA))
    content = BytesIO()
    with _matplotlib().rc_context(dict(IEEE)):
        drawn.savefig(content, format=ending[1:], metadata=dict(_METADATA[ending]))
    if ending == ".eps":
        return re.sub(rb"%%CreationDate: .*\n", b"", content.getvalue())
    return content.getvalue()


def save(drawn: Any, path: str | Path, force: bool = False) -> None:
    """Save a figure; the same figure gives the same bytes (no clock in the file). A file of the
    same name that noctule did not write is replaced only with ``force``."""
    _noctule.write(path, written(drawn, Path(path).suffix.lower()), force)


__all__ = ["COLOURS", "DASHES", "IEEE", "MARKERS", "data", "figure", "picture", "save", "trace", "written"]


def __dir__() -> list[str]:
    return sorted(__all__)
