"""A Linux bundle as people get it, built once for all tests, and a newer one for updates."""

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from quetsach.packs.downloads import seal_tool

ROOT = Path(__file__).parents[2]
NEWER = "9.9"


def built_wheel(folder: Path) -> Path:
    """Build the tool's wheel from this source."""
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "build", "--quiet", "--wheel", "--out-dir", folder], check=True, cwd=ROOT)
    return next(folder.glob("quetsach-*.whl"))


def sealed(wheel: Path, *, root: bytes, repository: Path) -> Path:
    """Seal a wheel with a centre's root of trust, in place."""
    wheel.write_bytes(seal_tool(wheel.read_bytes(), root=root, repository=str(repository)))
    return wheel


def at_version(wheel: Path, version: str, folder: Path) -> Path:
    """Return the same wheel as a release of another version."""
    old = wheel.name.split("-")[1]
    folder.mkdir(parents=True)
    path = folder / wheel.name.replace(old, version)
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "quetsach/__init__.py":
                content = content.replace(f'"{old}"'.encode(), f'"{version}"'.encode())
            target.writestr(name, content)
    return path


def unpacked(archive: Path, folder: Path) -> Path:
    """Unpack a bundle and return its folder."""
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes()), mode="r:xz") as packed:
        packed.extractall(folder, filter="data")
    return folder / "quetsach"
