"""Wheels for a system, whatever this one is: exactly those that ``uv.lock`` names, checked by their SHA-256."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = "3.13"
"""The Python of the download; its minor version is that of wheels, runtime and standard library."""

_TOOL = ("--no-dev",)
WINDOWS = "x86_64-pc-windows-msvc"
_PREBUILT = ("--python-version", PYTHON, "--only-binary", ":all:")


def locked(*groups: str) -> str:
    """Return the requirements of dependency groups with their hashes, those of the tool itself if none is named."""
    chosen = [word for group in groups for word in ("--only-group", group)] or _TOOL
    return _uv("export", "--quiet", "--frozen", "--no-header", "--no-emit-project", *chosen)


def install(requirements: str, into: Path, *, platform: str = WINDOWS) -> None:
    """Put wheels for a system into a folder.

    Environment markers are those of that system: ``pip download --platform`` would evaluate them for Linux, and leave
    out what only Windows needs.
    """
    _uv(
        *("pip", "install", "--quiet", "--python", sys.executable, "--python-platform", platform, *_PREBUILT),
        *("--require-hashes", "--no-deps", "--target", str(into), "--requirements", "-"),
        given=requirements,
    )


def _uv(*words: str, given: str = "") -> str:
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])) or "uv"
    return subprocess.run([uv, *words], cwd=ROOT, input=given, stdout=subprocess.PIPE, text=True, check=True).stdout
