"""What a release hands out, from the program of this build."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

if sys.version_info < (3, 11):
    pytest.skip("reads Cargo.toml by the standard library", allow_module_level=True)

TARGET = "x86_64-unknown-linux-musl"


@pytest.fixture(scope="module")
def dist() -> Any:
    path = Path(__file__).resolve().parents[1] / "dist.py"
    spec = importlib.util.spec_from_file_location("dist", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def members(deb: bytes) -> dict[str, bytes]:
    """The members of an `ar` file, by its own description."""
    assert deb.startswith(b"!<arch>\n")
    found, at = {}, 8
    while at < len(deb):
        name, size = deb[at:at + 16].decode().strip(), int(deb[at + 48:at + 58])
        assert deb[at + 58:at + 60] == b"`\n"
        found[name] = deb[at + 60:at + 60 + size]
        at += 60 + size + size % 2
    return found


def test_the_archive_holds_the_program_and_its_pages(dist: Any, program: Path, tmp_path: Path) -> None:
    path = dist.archive(program, TARGET, tmp_path)
    with tarfile.open(path) as archive:
        names = set(archive.getnames())
        top = f"noctule-{dist.version()}-{TARGET}"
        for file in ("noctule", "man/noctule.1", "man/noctule-design.1", "completions/noctule.bash",
                     "completions/_noctule", "completions/noctule.fish", "LICENSE-MIT", "README.md"):
            assert f"{top}/{file}" in names, file
        entry = archive.getmember(f"{top}/noctule")
        assert entry.mode == 0o755 and entry.uname == "root" and entry.mtime == 0
        held = archive.extractfile(entry)
        assert held is not None and held.read() == program.read_bytes()
    first = path.read_bytes()
    assert dist.archive(program, TARGET, tmp_path).read_bytes() == first, "no clock in it"


def test_every_verb_has_a_page(dist: Any, program: Path) -> None:
    help_text = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
    commands = help_text[help_text.index("Commands:"):help_text.index("Options:")]
    verbs = [line.split()[0] for line in commands.splitlines() if line.startswith("  ") and line[2] != " "]
    pages = dist.pages(program)
    assert len(verbs) > 10
    for verb in set(verbs) - {"help"}:
        assert pages[f"man/noctule-{verb}.1"].startswith(b".ie"), verb


def test_the_debian_package_is_one(dist: Any, program: Path, tmp_path: Path) -> None:
    path = dist.debian(program, TARGET, tmp_path)
    parts = members(path.read_bytes())
    assert list(parts) == ["debian-binary", "control.tar.gz", "data.tar.gz"]
    assert parts["debian-binary"] == b"2.0\n"
    with tarfile.open(fileobj=io.BytesIO(parts["control.tar.gz"])) as archive:
        control = archive.extractfile("./control").read().decode()  # type: ignore[union-attr]
        sums = archive.extractfile("./md5sums").read().decode()  # type: ignore[union-attr]
    assert "Architecture: amd64\n" in control and f"Version: {dist.version()}\n" in control
    with tarfile.open(fileobj=io.BytesIO(parts["data.tar.gz"])) as archive:
        for line in sums.splitlines():
            digest, name = line.split("  ")
            content = archive.extractfile(f"./{name}").read()  # type: ignore[union-attr]
            assert hashlib.md5(content).hexdigest() == digest, name
            if name.endswith(".gz"):
                assert gzip.decompress(content)
    if shutil.which("dpkg-deb"):
        told = subprocess.run(["dpkg-deb", "--contents", path], check=True, capture_output=True, text=True)
        assert "./usr/bin/noctule" in told.stdout and "root/root" in told.stdout


def test_the_bill_names_what_is_linked(dist: Any, root: Path, tmp_path: Path) -> None:
    if shutil.which("cargo") is None:
        pytest.skip("it asks cargo")
    document = json.loads(dist.bill(tmp_path).read_text(encoding="utf-8"))
    parts = {one["name"]: one for one in document["components"]}
    assert {"noctule", "noctule-cli", "noctule-py", "faer", "clarabel", "pyo3", "clap"} <= set(parts)
    assert "criterion" not in parts and "insta" not in parts, "tests are not handed out"
    assert all("licenses" in one for one in parts.values())
    locked = (root / "Cargo.lock").read_text(encoding="utf-8")
    assert parts["faer"]["hashes"][0]["content"] in locked
    refs = {one["bom-ref"] for one in document["components"]}
    assert all(set(one["dependsOn"]) <= refs for one in document["dependencies"])


def test_digests_are_those_of_the_files(dist: Any, tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_bytes(b"a")
    told = dist.sums(tmp_path).read_text()
    assert told == f"{hashlib.sha256(b'a').hexdigest()}  a.whl\n"
    assert dist.sums(tmp_path).read_text() == told, "its own digest is not in it"
