"""The tree of the Windows download: nothing of the server, every file accounted for, nothing that Windows lacks."""

import json
import zipfile
from pathlib import Path

import pytest
from release.reached import reached_modules
from release.windows.imports import asked_of_windows, unknown_to_oldest
from release.windows.programs import CONSOLE, WINDOW
from release.windows.signing import NotSignedError, signer_of
from release.windows.tree import SIGNERS

from quetsach.packs.downloads import read_downloads

MOST_BYTES = 16_000_000
MOST_FILES = 160
UNSIGNED = {"_cffi_backend.cp313-win_amd64.pyd", "_rust.pyd", "boreal.pyd", "python3.dll", CONSOLE, WINDOW}
"""What nobody else signed: the programs, ``python3.dll`` made here, and what makers of packages leave unsigned."""
RUNTIME = {
    *("VCRUNTIME140.dll", "VCRUNTIME140_1.dll", "_bz2.pyd", "_ctypes.pyd", "_decimal.pyd", "_hashlib.pyd", "_lzma.pyd"),
    *("_multiprocessing.pyd", "_queue.pyd", "_socket.pyd", "_ssl.pyd", "libcrypto-3.dll", "libffi-8.dll"),
    *("libssl-3.dll", "pyexpat.pyd", "python3.dll", "python313._pth", "python313.dll", "python313.zip", "select.pyd"),
    *("tool.zip", "unicodedata.pyd"),
}
OF_THE_SERVER = {
    *("altair", "django", "duckdb", "granian", "jsonschema", "lxml", "ninja", "numpy", "openpyxl", "pandas", "pip"),
    *("psycopg", "pyarrow", "pyhanko", "requests", "scipy", "setuptools", "statsmodels", "tkinter", "typst", "yara_x"),
}


def _modules(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as opened:
        code = [name.removesuffix(".pyc") for name in opened.namelist() if name.endswith(".pyc")]
    return {name.removesuffix("/__init__").replace("/", ".") for name in code}


def test_setup_and_portable_are_small(release: Path) -> None:
    sizes = {e.kind: e.size_bytes for e in read_downloads(release) if e.system == "windows"}
    assert set(sizes) == {"setup", "portable"}
    assert max(sizes.values()) <= MOST_BYTES


def test_the_tree_is_what_it_is_said_to_be(tree: Path) -> None:
    assert {path.name for path in tree.iterdir()} == {CONSOLE, WINDOW, "runtime"}
    assert {path.name for path in (tree / "runtime").iterdir()} == RUNTIME | {"bundled", "site"}
    site = {path.name for path in (tree / "runtime" / "site").iterdir()}
    assert site == {"_cffi_backend.cp313-win_amd64.pyd", "boreal", "cryptography"}
    assert len([path for path in tree.rglob("*") if path.is_file()]) <= MOST_FILES


def test_the_tool_has_the_modules_that_its_commands_reach_and_no_other(tree: Path) -> None:
    modules = _modules(tree / "runtime" / "tool.zip")
    assert {name for name in modules if name.split(".")[0] == "quetsach"} == reached_modules()


def test_nothing_of_the_server_is_in_any_archive(tree: Path) -> None:
    names = _modules(tree / "runtime" / "tool.zip") | _modules(tree / "runtime" / "python313.zip")
    assert not {name.split(".")[0].lower() for name in names} & OF_THE_SERVER
    server = tuple(f"quetsach.{name}" for name in ("assess", "campaign", "centre", "feeds", "lake", "network", "web"))
    assert not [name for name in names if name.startswith(server)]


def test_every_library_is_signed_by_whoever_made_it(code: list[Path]) -> None:
    unsigned = set()
    for path in code:
        try:
            assert signer_of(path) in SIGNERS
        except NotSignedError:
            unsigned.add(path.name)
    assert unsigned == UNSIGNED


def test_the_oldest_windows_has_all_that_is_asked_of_it(code: list[Path]) -> None:
    asked = list(asked_of_windows(code))
    assert len(asked) > 1000
    assert unknown_to_oldest(asked) == []


def test_packs_and_licences_are_inside(tree: Path) -> None:
    bundled = tree / "runtime" / "bundled"
    assert "eicar.qsp" in {path.name for path in (bundled / "packs").iterdir()}
    text = (bundled / "LICENSES.txt").read_text("utf-8")
    names = ["boreal-python", "CPython", "OpenSSL", "libffi", "NSIS", "cryptography", "urllib3", "zlib"]
    for name in names:
        assert f"{name} " in text


def test_the_list_of_parts_names_every_file(release: Path, tree: Path) -> None:
    (path,) = release.glob("*-windows.cdx.json")
    listed = {entry["name"] for entry in json.loads(path.read_text("utf-8"))["components"] if entry["type"] == "file"}
    assert listed == {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["python313.zip", "tool.zip"])
def test_archives_hold_compiled_modules_and_no_dates(tree: Path, name: str) -> None:
    with zipfile.ZipFile(tree / "runtime" / name) as opened:
        assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [entry.filename for entry in opened.infolist() if entry.filename.endswith(".py")]
