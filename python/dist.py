"""Everything that a release hands out, from what Cargo and maturin have built.

    python python/dist.py archive  PROGRAM TARGET OUT    a .tar.gz of the program, its pages and completions
    python python/dist.py debian   PROGRAM TARGET OUT    the same as a .deb
    python python/dist.py bill     OUT                   a software bill of materials (CycloneDX)
    python python/dist.py sums     OUT                   SHA256SUMS of all files there

From Python 3.11 on the standard library is all it takes. What is written depends on its input alone: no clock, no user, no order
of a folder.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # comes with maturin there

ROOT = Path(__file__).resolve().parent.parent
SHELLS = {"bash": "noctule.bash", "zsh": "_noctule", "fish": "noctule.fish"}
LICENCES = ("LICENSE-MIT", "LICENSE-APACHE")
ABOUT = "Design of integrated sensing-and-communication (ISAC) systems, with proofs"


def version() -> str:
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    return str(cargo["workspace"]["package"]["version"])


def epoch() -> int:
    """The time of all files in archives: that of the commit where it is told."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def told(program: Path, *words: str) -> bytes:
    return subprocess.run([program, *words], check=True, capture_output=True).stdout


def pages(program: Path) -> dict[str, bytes]:
    """Manual pages and completions, as the program itself writes them."""
    page = told(program, "man")
    verbs = sorted(set(re.findall(r"noctule\\?-([a-z]+)\(1\)", page.decode())) - {"help"})
    found = {"man/noctule.1": page}
    found |= {f"man/noctule-{verb}.1": told(program, "man", verb) for verb in verbs}
    if not verbs:
        raise SystemExit("the manual page names no verb")
    return found | {f"completions/{name}": told(program, "completions", shell)
                    for shell, name in SHELLS.items()}


def runner(program: Path) -> Path:
    """The program that writes pages: this one, or where it is of another machine `NOCTULE_PROGRAM`."""
    return Path(os.environ.get("NOCTULE_PROGRAM", program))


def tar(files: dict[str, tuple[bytes, int]]) -> bytes:
    """A tar file of names, contents and modes, the same every time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        folders: set[str] = set()
        for name, (content, mode) in sorted(files.items()):
            parts = name.split("/")[:-1]
            for folder in ("/".join(parts[:n + 1]) for n in range(len(parts))):
                if folder not in folders | {"."}:
                    folders.add(folder)
                    entry = tarfile.TarInfo(folder)
                    entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, epoch()
                    entry.uname = entry.gname = "root"
                    archive.addfile(entry)
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), mode, epoch()
            entry.uname = entry.gname = "root"
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def zipped(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def archive(program: Path, target: str, out: Path) -> Path:
    """The program with everything beside it."""
    name = f"noctule-{version()}-{target}"
    binary = "noctule.exe" if "windows" in target else "noctule"
    files = {f"{name}/{binary}": (program.read_bytes(), 0o755)}
    files |= {f"{name}/{path}": (content, 0o644) for path, content in pages(runner(program)).items()}
    for path in ("README.md", "CHANGELOG.md", "CITATION.cff", *LICENCES):
        files[f"{name}/{path}"] = ((ROOT / path).read_bytes(), 0o644)
    path = out / f"{name}.tar.gz"
    path.write_bytes(zipped(tar(files)))
    return path


#: Architectures in the words of Debian.
DEBIAN = {"x86_64": "amd64", "aarch64": "arm64"}


def control(architecture: str, installed: int) -> str:
    return (f"Package: noctule\nVersion: {version()}\nArchitecture: {architecture}\nSection: science\n"
            f"Priority: optional\nMaintainer: The noctule developers <noctule@localhost>\n"
            f"Installed-Size: {-(-installed // 1024)}\nDescription: {ABOUT}\n"
            " Given arrays, users, targets, powers and requirements, noctule returns beams, powers,\n"
            " frames or surfaces with the rate, the Cramér–Rao bound and what is proven about them.\n")


def copyright_text() -> bytes:
    """The file of licences that Debian wants."""
    head = ("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
            "Upstream-Name: noctule\n\nFiles: *\nCopyright: The noctule developers\n"
            "License: MIT or Apache-2.0\n\n")
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in LICENCES]
    return (head + "\n\n".join(texts)).encode()


def ar(members: dict[str, bytes]) -> bytes:
    """The outer form of a Debian package."""
    out = b"!<arch>\n"
    for name, content in members.items():
        out += f"{name:<16}{epoch():<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        out += content + b"\n" * (len(content) % 2)
    return out


def debian(program: Path, target: str, out: Path) -> Path:
    """A Debian package: the program is linked statically, so that it depends on nothing."""
    architecture = DEBIAN[target.split("-")[0]]
    files = {"usr/bin/noctule": (program.read_bytes(), 0o755),
             "usr/share/doc/noctule/copyright": (copyright_text(), 0o644),
             "usr/share/doc/noctule/changelog.gz": (zipped((ROOT / "CHANGELOG.md").read_bytes()), 0o644)}
    places = {"noctule.bash": "bash-completion/completions/noctule",
              "_noctule": "zsh/vendor-completions/_noctule",
              "noctule.fish": "fish/vendor_completions.d/noctule.fish"}
    for name, content in pages(runner(program)).items():
        folder, file = name.split("/")
        if folder == "man":
            files[f"usr/share/man/man1/{file}.gz"] = (zipped(content), 0o644)
        else:
            files[f"usr/share/{places[file]}"] = (content, 0o644)
    data = tar({f"./{name}": entry for name, entry in files.items()})
    sums = "".join(f"{hashlib.md5(content).hexdigest()}  {name}\n"
                   for name, (content, _) in sorted(files.items()))
    said = control(architecture, sum(len(content) for content, _ in files.values()))
    head = tar({"./control": (said.encode(), 0o644), "./md5sums": (sums.encode(), 0o644)})
    path = out / f"noctule_{version()}_{architecture}.deb"
    path.write_bytes(ar({"debian-binary": b"2.0\n", "control.tar.gz": zipped(head),
                         "data.tar.gz": zipped(data)}))
    return path


#: The packages that are handed out: what they depend on is what comes along.
HANDED_OUT = ("noctule-cli", "noctule-py")


def components() -> tuple[list[dict[str, object]], dict[str, list[str]]]:
    """What is linked into what is handed out, and what needs what."""
    cargo = os.environ.get("CARGO", "cargo")
    found = subprocess.run([cargo, "metadata", "--format-version", "1", "--locked"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout
    metadata = json.loads(found)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    sums = {(one["name"], one["version"]): one.get("checksum", "")
            for one in tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))["package"]}

    def needs(key: str) -> list[str]:
        kinds = ((one["pkg"], [kind["kind"] for kind in one["dep_kinds"]]) for one in nodes[key]["deps"])
        return sorted(pkg for pkg, kind in kinds if None in kind)

    todo = [key for key, package in packages.items() if package["name"] in HANDED_OUT]
    seen: set[str] = set()
    while todo:
        key = todo.pop()
        if key not in seen:
            seen.add(key)
            todo += needs(key)

    def url(key: str) -> str:
        return f"pkg:cargo/{packages[key]['name']}@{packages[key]['version']}"

    listed: list[dict[str, object]] = []
    for key in sorted(seen, key=url):
        package = packages[key]
        one: dict[str, object] = {"type": "library", "bom-ref": url(key), "name": package["name"],
                                  "version": package["version"], "purl": url(key)}
        if package["license"]:
            one["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        checksum = sums.get((package["name"], package["version"]))
        if checksum:
            one["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        listed.append(one)
    return listed, {url(key): [url(need) for need in needs(key)] for key in sorted(seen, key=url)}


def bill(out: Path) -> Path:
    """A software bill of materials, CycloneDX 1.5."""
    listed, needs = components()
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "noctule", "name": "noctule",
                                   "version": version(),
                                   "licenses": [{"expression": "MIT OR Apache-2.0"}]}},
        "components": listed,
        "dependencies": [{"ref": ref, "dependsOn": on} for ref, on in needs.items()],
    }
    path = out / f"noctule-{version()}.cdx.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def sums(out: Path) -> Path:
    """The digests of all files of a release."""
    path = out / "SHA256SUMS"
    files = sorted(one for one in out.iterdir() if one.is_file() and one != path)
    lines = [f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in files]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def main(words: list[str]) -> Path:
    match words:
        case ["archive", program, target, out]:
            return archive(Path(program), target, Path(out))
        case ["debian", program, target, out]:
            return debian(Path(program), target, Path(out))
        case ["bill", out]:
            return bill(Path(out))
        case ["sums", out]:
            return sums(Path(out))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    print(main(sys.argv[1:]))
