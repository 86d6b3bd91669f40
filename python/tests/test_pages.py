"""Every block of code of the documentation is run, or says why it is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pages
import pytest
from pages import Block, Desk

import noctule

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")),
         *sorted((ROOT / "docs" / "tutorials").glob("*.md"))]
#: Pages that programs write hold what was run when they were written.
GENERATED = {"claims.md", "schemes-and-metrics.md"}
NAMES = {path: path.relative_to(ROOT).as_posix() for path in PAGES if path.name not in GENERATED}
ALL = {name: pages.blocks(path, name) for path, name in NAMES.items()}


def draw(*shape: int) -> Any:
    rng = np.random.default_rng(sum(shape))
    return (rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)


def common(folder: Path) -> dict[str, Any]:
    """What readers of all pages have: channels, beams and a study in the usual shapes."""
    np.savez(folder / "channels.npz", channels=draw(4, 16))
    np.savez(folder / "measured.npz", channels=draw(3, 4, 16))
    default = noctule.Instance("beamforming", scenario={})
    np.savez(folder / "beams.npz", beams=default.design("rzf").beams)
    np.savez(folder / "mine.npz", beams=default.design("rzf").beams)
    (folder / "scene.toml").write_text(
        'format = "noctule-scenario/1"\nsystem = "beamforming"\n[scenario]\nusers = 3\n')
    (folder / "sites.csv").write_text("x;y\n50,0;40,5\n30;30\n70;30\n")
    (folder / "examples").symlink_to(ROOT / "examples")
    return {"np": np, "noctule": noctule, "__name__": "page"}


def which_problem(folder: Path) -> dict[str, Any]:
    np.save(folder / "H.npy", draw(8, 32))
    return {}


def files(folder: Path) -> dict[str, Any]:
    savemat = pytest.importorskip("scipy.io").savemat
    cells = np.empty((2, 1), dtype=object)
    cells[0, 0], cells[1, 0] = "first", draw(16, 4)
    savemat(folder / "H.mat", {"H": draw(16, 4)})
    savemat(folder / "work.mat", {"chan": {"H": draw(16, 4)}, "cell": cells})
    beams = np.load(folder / "beams.npz")["beams"]
    savemat(folder / "W.mat", {"W": beams.T})
    (folder / "named.csv").write_text("Ost;Nord\n50,0;40,5\n30;30\n70;30\n")
    np.savez(folder / "lone.npz", H=draw(4, 16))
    np.save(folder / "sionna.npy", draw(1, 4, 1, 1, 16, 14, 2))
    return {"sionna_h": draw(3, 4, 1, 1, 16, 14, 2), "deepmimo_h": draw(5, 1, 16, 1),
            "fr": draw(1, 16, 2, 3), "estimate": draw(12, 14, 1, 16),
            "element_position": np.array([np.zeros(16), np.arange(16) % 4, np.arange(16) // 4])}


def python(folder: Path) -> dict[str, Any]:
    savemat = pytest.importorskip("scipy.io").savemat
    channels = np.ones((6, 16)) + 1j * np.eye(6, 16)
    savemat(folder / "channels.mat", {"channels": channels})
    savemat(folder / "H.mat", {"H": channels.T})
    return {"channels": channels, "tensor": np.ones((3, 6, 16)) + 1j * np.eye(6, 16),
            "beams": np.ones((6, 16)) * (0.01 + 0j), "h": np.ones((2, 16)) + 1j * np.eye(2, 16),
            "noise": np.ones(2), "start": np.eye(2, 16) + 0j}


def pilots(folder: Path) -> dict[str, Any]:
    hall = noctule.Instance("pilots", scenario={
        "access_points": {"fixed": [[0, 0], [40, 0], [80, 0], [0, 30], [40, 30], [80, 30]]},
        "users": {"fixed": [[22, 11], [61, 19], [35, 4]]}})
    np.savetxt(folder / "gains.csv", hall["channel_gain"], delimiter=",")
    np.save(folder / "gram.npy", hall["downlink_gram"])
    return {}


#: What one page's readers have besides.
OWN: dict[str, Callable[[Path], dict[str, Any]]] = {
    "docs/which-problem.md": which_problem, "docs/files.md": files, "docs/python.md": python,
    "docs/pilots.md": pilots,
}


#: What a reader waits for and a test need not: numbers of trials whose results are not shown.
SMALLER = {
    "docs/python.md": {"trials=1000": "trials=4", "trials=20": "trials=2", "--trials 20": "--trials 2"},
    "docs/cluster.md": {"trials = 400": "trials = 3"},
}


def smaller(block: Block) -> Block:
    text = block.text
    for much, few in SMALLER.get(block.page, {}).items():
        text = text.replace(much, few)
    return replace(block, text=text)


@pytest.mark.parametrize("name", [name for name, found in ALL.items() if found])
def test_blocks_run(name: str, program: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    names = common(folder) | OWN.get(name, lambda _: {})(folder)
    desk = Desk(folder, program, names)
    for block in ALL[name]:
        if (block.language in pages.RUN or block.file) and not block.not_run:
            desk.run(smaller(block))
    if desk.missing:
        pytest.skip(f"all blocks passed but {', '.join(desk.missing)}")


def included() -> set[str]:
    """The pages that crates include as doctests."""
    found = set()
    for path in ROOT.glob("crates/*/src/**/*.rs"):
        for said in re.findall(r'include_str!\("([^"]+\.md)"\)', path.read_text(encoding="utf-8")):
            found.add((path.parent / said).resolve().relative_to(ROOT).as_posix())
    return found


def test_every_block_has_a_language_that_is_known() -> None:
    """A block without one would be run by nobody; output and formulas are `text` and `math`."""
    doctests = included()
    for block in (block for found in ALL.values() for block in found):
        known = block.language in (*pages.RUN, *pages.SHOWN, "rust,ignore")
        assert known, f"{block.place}: what is `{block.language}`?"
        if block.language == "rust":
            assert block.page in doctests and not block.not_run, f"{block.place}: no crate includes it"
        if block.language == "rust,ignore":
            assert block.not_run, f"{block.place}: say why it is not run"
        assert block.not_run == "" or len(block.not_run) > 12, f"{block.place}: a reason has words"


def test_most_blocks_are_run() -> None:
    """Marks are exceptions: nine of ten blocks are run."""
    runnable = [block for found in ALL.values() for block in found if block.language in pages.RUN]
    marked = [block.place for block in runnable if block.not_run]
    assert len(runnable) > 90 and len(marked) * 10 <= len(runnable) * 2, marked


def page(folder: Path, text: str) -> list[Block]:
    (folder / "page.md").write_text(text, encoding="utf-8")
    return pages.blocks(folder / "page.md", "page.md")


@pytest.mark.parametrize("text", [
    "```sh\nnoctule design -s scenario.user=4\n```\n",
    "```sh\nnoctule schema frame   # exit code 4\n```\n",
    "```python\nassert 1 == 2\n```\n",
    '```toml\nformat = "noctule-experiment/1"\nsystem = "beamforming"\nno = 1\n```\n',
    "```json\n{,}\n```\n",
    "```console\n$ noctule --version\nnoctuel 0.1.0\n```\n",
    "```console\n$ echo 3.14 m\n3.94 m\n```\n",
    "```console\n$ noctule schema frame\nerror: no\n```\n",
])
def test_what_is_wrong_fails(text: str, program: Path, tmp_path: Path) -> None:
    """The attack: a page that says something false does not pass."""
    (tmp_path / "desk").mkdir()
    block, = page(tmp_path, text)
    with pytest.raises((AssertionError, json.JSONDecodeError)):
        Desk(tmp_path / "desk", program, {}).run(block)


def test_marks_are_read(tmp_path: Path) -> None:
    text = ("<!-- first:\na = 1\n-->\n```python\nassert a == 1\n```\n\nwords <!-- not run: far away -->\n"
            "and more\n\n```sh\ntrue\n```\n\n<!-- file: b.toml -->\n<!-- not run: it takes a cluster -->\n"
            "```toml\n```\n")
    first, second, third = page(tmp_path, text)
    assert first.first == "a = 1" and not second.not_run
    assert third.file == "b.toml" and third.not_run == "it takes a cluster"
