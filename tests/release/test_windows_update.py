"""An installed tool replaces itself by a newer one that the centre signed; the old one stays until that has started."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from release.windows.installers import build_installer
from release.windows.runtime import link
from release.windows.tree import lay_out
from tests.release.driven import CONSOLE, PLACE, Driven, bring_driver
from tests.release.linux_bundle import NEWER, at_version, built_wheel
from tests.windows.bed import build
from tests.windows.bed.wine import Windows

from quetsach import __version__
from quetsach.packs.downloads import LIST_FILE, add_downloads, described, read_downloads
from quetsach.packs.keys import load_keys, new_keys
from quetsach.packs.repository import publish

GET = "C:\\get"


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The files of a release that holds a newer setup."""
    folder = tmp_path_factory.mktemp("newer")
    (folder / "built").mkdir()
    wheel = at_version(built_wheel(folder / "built"), NEWER, folder / "wheel")
    lay_out(folder / "tree", wheel=wheel, version=NEWER)
    setup = folder / f"QuetSach-{NEWER}-setup.exe"
    build_installer("setup", folder / "tree", setup, version=NEWER, signer=None)
    portable = _small_portable(folder)
    kinds = {"setup": setup, "portable": portable}
    add_downloads(folder, [described(p, system="windows", kind=kind, version=NEWER) for kind, p in kinds.items()])
    return [setup, portable, folder / LIST_FILE]


def _small_portable(folder: Path) -> Path:
    """Make a portable whose programs only say what a self-test says: all that is asked of a new one."""
    (folder / "small").mkdir()
    told = f'{{\\"version\\": \\"{NEWER}\\", \\"works\\": true}}'
    (folder / "starts.c").write_text(f'#include <stdio.h>\nint wmain(void) {{ puts("{told}"); return 0; }}\n')
    for name in ("quetsach.exe", "QuetSachWindow.exe"):
        link(str(folder / "starts.c"), target=folder / "small" / name)
    portable = folder / f"QuetSach-{NEWER}-portable.exe"
    build_installer("portable", folder / "small", portable, version=NEWER, signer=None)
    return portable


@pytest.fixture(scope="module")
def repository(newer: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("centre")
    new_keys(folder / "keys")
    publish(out=folder / "repository", keys=load_keys(folder / "keys"), packs=None, tools=newer, now=datetime.now(UTC))
    return folder / "repository"


@pytest.fixture
def installed(release: Path, repository: Path, tmp_path: Path) -> Iterator[Windows]:
    """A Windows with the setup of the release installed, and the centre's repository on a stick."""
    windows = Windows(tmp_path / "windows")
    subprocess.run(["cp", "--archive", build.prefix(), windows.folder], check=True)
    try:
        windows.boot()
        setup = next(e.name for e in read_downloads(release) if (e.system, e.kind) == ("windows", "setup"))
        windows.inside(GET).mkdir()
        shutil.copy(release / setup, windows.inside(f"{GET}\\{setup}"))
        shutil.copytree(repository, windows.inside(f"{GET}\\repository"))
        windows.run("wine", f"{GET}\\{setup}", "/S")
        yield windows
    finally:
        windows.stop()


def _update(windows: Windows, *words: str, code: int = 0, program: str = CONSOLE) -> str:
    root = f"{GET}\\repository\\metadata\\1.root.json"
    source = ("--repository", f"{GET}\\repository", "--trust-root", root, "--state", f"{GET}\\state")
    return windows.run("wine", program, "update", *source, "--lang", "en", *words, code=code, seconds=400).told


def _in_use(windows: Windows) -> str:
    return windows.inside(f"{PLACE}\\current").read_text()


def test_it_replaces_itself_by_a_newer_version(installed: Windows) -> None:
    before = _in_use(installed)
    assert f"newer version of the tool: {NEWER}" in _update(installed)
    assert _in_use(installed) == before
    told = json.loads(_update(installed, "--yes", "--json"))["tool"]
    assert (told["version"], told["newer"], told["installed"]) == (__version__, NEWER, True)
    assert _in_use(installed).startswith(f"{NEWER}-")
    assert installed.run("wine", CONSOLE, "--version").told == f"quetsach {NEWER}\n"
    assert f"up to date (version {NEWER})" in _update(installed)


def test_the_window_replaces_the_tool_and_opens_the_new_version(installed: Windows) -> None:
    repository = f"{GET}\\repository"
    trust = ("--repository", repository, "--trust-root", f"{repository}\\metadata\\1.root.json")
    installed.run("wine", CONSOLE, "update", *trust, "--packs-only")  # a build of a centre knows its own
    bring_driver(installed)
    person = Driven(installed)
    person.open()
    person.wait("Kiểm tra máy tính này")
    person.press("Cập nhật")
    person.wait("Cập nhật Quét Sạch?")
    person.press("Cập nhật")
    person.wait(f"Có phiên bản mới của công cụ: {NEWER}")
    assert not _in_use(installed).startswith(NEWER)  # nothing without a word
    person.press("Thay bằng bản mới")
    person.wait(f"Đã có phiên bản {NEWER}", seconds=300)
    assert _in_use(installed).startswith(f"{NEWER}-")
    person.press("Mở phiên bản mới")
    assert person.ended() == 0
    person.wait("Kiểm tra máy tính này")
    person.press("Giới thiệu")
    person.wait(f"Quét Sạch {NEWER},")


def test_an_altered_setup_is_refused_and_the_version_in_use_stays(installed: Windows) -> None:
    before = _in_use(installed)
    setup = next(installed.inside(f"{GET}\\repository\\targets\\tools").glob("*setup.exe"))
    content = setup.read_bytes()
    setup.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    _update(installed, "--yes", code=3)
    assert _in_use(installed) == before
    assert installed.run("wine", CONSOLE, "--version").told == f"quetsach {__version__}\n"


def test_a_portable_lays_the_newer_file_beside_itself(installed: Windows, release: Path) -> None:
    name = next(e.name for e in read_downloads(release) if (e.system, e.kind) == ("windows", "portable"))
    shutil.copy(release / name, installed.inside(f"{GET}\\{name}"))
    told = json.loads(_update(installed, "--yes", "--json", program=f"{GET}\\{name}"))["tool"]
    assert (told["newer"], told["installed"]) == (NEWER, True)
    assert told["place"].endswith(f"QuetSach-{NEWER}-portable.exe")
    new = installed.inside(f"{GET}\\QuetSach-{NEWER}-portable.exe")
    assert new.read_bytes() == next(installed.inside(f"{GET}\\repository").rglob("*portable.exe")).read_bytes()
    assert installed.inside(f"{GET}\\{name}").is_file()
