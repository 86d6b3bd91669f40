"""Pack a wheel around an extension module that Cargo has built already.

    python python/pack.py target/ci/lib_noctule.so target/wheels

`pip install .` builds a wheel too, by maturin, which calls Cargo for one package; one package
alone has other features of shared dependencies than the workspace, so that the linear algebra is
compiled a second time. What is tested here is the library of the workspace build itself.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import sysconfig
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def version() -> str:
    text = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    found = re.search(r'^\[workspace\.package\]\nversion = "([^"]+)"', text, re.MULTILINE)
    if found is None:
        raise SystemExit("Cargo.toml does not say the version")
    return found[1]


def list_of(name: str) -> list[str]:
    """A list of strings of pyproject.toml (its reader comes with Python 3.11 only)."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(rf"^{name} = \[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    return re.findall(r'"([^"]+)"', found[1]) if found else []


def script() -> str:
    """What the command `noctule` calls."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^\[project\.scripts\]\nnoctule = "([^"]+)"', text, re.MULTILINE)
    if found is None:
        raise SystemExit("pyproject.toml does not say what the command is")
    return found[1]


def metadata() -> str:
    lines = ["Metadata-Version: 2.1", "Name: noctule", f"Version: {version()}",
             "Summary: Design of integrated sensing-and-communication (ISAC) systems, with proofs",
             "License: MIT OR Apache-2.0", "Requires-Python: >=3.10"]
    lines += [f"Requires-Dist: {need}" for need in list_of("dependencies")]
    for extra in ("pandas", "plot", "cvxpy", "test"):
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {need}; extra == '{extra}'" for need in list_of(extra)]
    return "\n".join(lines) + "\n"


def pack(library: Path, out: Path) -> Path:
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    tag = f"cp310-abi3-{platform}"
    info = f"noctule-{version()}.dist-info"
    suffix = ".pyd" if sys.platform == "win32" else ".abi3.so"
    files = {f"noctule/_noctule{suffix}": library.read_bytes()}
    package = ROOT / "python" / "noctule"
    for path in sorted(package.rglob("*")):
        if path.is_file() and (path.suffix in {".py", ".pyi"} or path.name == "py.typed"):
            files[f"noctule/{path.relative_to(package).as_posix()}"] = path.read_bytes()
    files[f"{info}/METADATA"] = metadata().encode()
    files[f"{info}/entry_points.txt"] = f"[console_scripts]\nnoctule = {script()}\n".encode()
    wheel = f"Wheel-Version: 1.0\nGenerator: pack.py\nRoot-Is-Purelib: false\nTag: {tag}\n"
    files[f"{info}/WHEEL"] = wheel.encode()
    record = ""
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(content)}\n"
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"noctule-{version()}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    print(pack(Path(sys.argv[1]), Path(sys.argv[2])))
