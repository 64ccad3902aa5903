"""The Linux bundle: nothing of the server in it, the same bytes twice, and it runs where there is no Python."""

import hashlib
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from release.linux.build import FROM_A_DESKTOP, FROM_THE_SYSTEM, OLDEST_GLIBC, build
from release.linux.elf import is_elf, wants_of
from tests.release.linux_bundle import NEWER, at_version, built_wheel, sealed, unpacked

from quetsach.packs.downloads import LIST_FILE, read_downloads
from quetsach.packs.keys import load_keys, new_keys
from quetsach.packs.repository import publish

EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SYSTEMS = ("bullseye", "bookworm", "trixie")
"""Releases of Debian that its archive still holds for this: 11 to 13, with glibc 2.31 to 2.41."""
MOST_BYTES = 16_000_000


class Centre:
    """A repository in a folder, whose root of trust the bundle carries."""

    def __init__(self, folder: Path) -> None:
        self.repository, self.keys = folder / "repository", folder / "keys"
        new_keys(self.keys)
        self.offer()
        self.root = (self.repository / "metadata" / "1.root.json").read_bytes()

    def offer(self, *tools: Path) -> None:
        publish(
            out=self.repository, keys=load_keys(self.keys), packs=None, tools=list(tools) or None, now=datetime.now(UTC)
        )


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    return Centre(tmp_path_factory.mktemp("centre"))


@pytest.fixture(scope="session")
def wheel(centre: Centre, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sealed(built_wheel(tmp_path_factory.mktemp("wheel")), root=centre.root, repository=centre.repository)


@pytest.fixture(scope="session")
def archive(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(wheel, tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="session")
def pristine(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(archive, tmp_path_factory.mktemp("pristine"))


@pytest.fixture
def bundle(pristine: Path, tmp_path: Path) -> Path:
    """An installation of a test's own, in a folder with a difficult name."""
    return Path(shutil.copytree(pristine, tmp_path / "Tải về" / "quetsach"))


def _run(bundle: Path, *words: str, check: int = 0, **more: str) -> str:
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **more}
    done = subprocess.run([bundle / "quetsach", *words], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == check, done.stdout + done.stderr
    return done.stdout


def _modules(pristine: Path) -> set[str]:
    with zipfile.ZipFile(next(pristine.glob("*/lib/tool.zip"))) as tool:
        return {name for name in tool.namelist() if name.endswith(".pyc")}


def test_it_is_in_the_list_and_small_enough(archive: Path) -> None:
    (entry,) = read_downloads(archive.parent)
    assert (entry.name, entry.system, entry.kind) == (archive.name, "linux", "bundle")
    assert entry.size_bytes <= MOST_BYTES


def test_the_same_wheel_gives_the_same_bytes(archive: Path, wheel: Path, tmp_path: Path) -> None:
    again = build(wheel, tmp_path)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(archive.read_bytes()).digest()
    lists = [next(folder.glob("*.cdx.json")).read_bytes() for folder in (archive.parent, tmp_path)]
    assert lists[0] == lists[1]


def test_nothing_of_the_server_is_in_it(pristine: Path) -> None:
    rooms = {name.split("/")[1] for name in _modules(pristine) if name.startswith("quetsach/")}
    assert rooms.isdisjoint({"web", "centre", "lake", "simulate", "assess", "campaign", "feeds", "network"})
    assert not [name for name in _modules(pristine) if name.startswith(("quetsach/cli/center", "quetsach/cli/packs"))]
    packages = {name.split("/")[0] for name in _modules(pristine)}
    assert packages <= {"quetsach", "securesystemslib", "tuf", "urllib3"}
    assert {path.name for path in next(pristine.glob("*/lib/site")).iterdir()} == {
        *("boreal", "cryptography", "_cffi_backend.cpython-313-x86_64-linux-gnu.so")
    }
    version = next(pristine.glob("*/bin")).parent
    assert {path.name for path in version.iterdir()} == {"bin", "lib", "quetsach"}
    assert {path.name for path in (version / "lib").iterdir()} == {
        *("bundled", "freeze_core.libs", "python3.13", "python313.zip", "site", "tcl8.6", "tk8.6", "tool.zip")
    }


def test_packs_trust_and_licences_are_in_it(pristine: Path, centre: Centre) -> None:
    bundled = next(pristine.glob("*/lib/bundled"))
    assert len(list((bundled / "packs").glob("*.qsp"))) > 15
    assert (bundled / "trust" / "root.json").read_bytes() == centre.root
    licences = (bundled / "LICENSES.txt").read_text()
    for part in ("CPython 3.13", "OpenSSL 3.", "Tcl 8.6", "cryptography", "boreal-python", "libXft 2."):
        assert part in licences


def test_the_list_of_parts_names_every_file(archive: Path, pristine: Path) -> None:
    listed = json.loads(next(archive.parent.glob("*.cdx.json")).read_text())["components"]
    hashes = {part["name"]: part["hashes"][0]["content"] for part in listed if part["type"] == "file"}
    files = {p.relative_to(pristine).as_posix(): p for p in pristine.rglob("*") if p.is_file()}
    assert hashes == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def test_no_file_asks_for_more_than_the_oldest_system_has(pristine: Path) -> None:
    files = [path for path in pristine.rglob("*") if path.is_file() and is_elf(path)]
    own = {path.name for path in files}
    assert len(files) > 50
    assert max(wants_of(path).glibc for path in files) <= OLDEST_GLIBC
    outside = {name for path in files for name in wants_of(path).libraries} - own
    assert outside <= FROM_THE_SYSTEM | FROM_A_DESKTOP
    window = {"libtk8-b117a508.6.so", "libXft-c8adce8d.so.2.3.2", "libfontconfig-42c558d2.so.1.11.1"}
    asking = {path.name for path in files if set(wants_of(path).libraries) & FROM_A_DESKTOP}
    assert asking <= window


def test_it_starts_through_a_link_and_from_anywhere(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "qs").symlink_to(bundle / "quetsach")
    done = subprocess.run([tmp_path / "qs", "--version"], capture_output=True, check=True, cwd="/")
    assert done.stdout.startswith(b"quetsach ")


def test_nothing_is_written_into_it(bundle: Path, tmp_path: Path) -> None:
    before = {path: path.lstat().st_mtime_ns for path in bundle.rglob("*")}
    (tmp_path / "a.txt").write_text("a")
    _run(bundle, "scan", str(tmp_path / "a.txt"), "--state", str(tmp_path / "state"))
    assert {path: path.lstat().st_mtime_ns for path in bundle.rglob("*")} == before


def test_no_python_of_the_user_gets_into_the_tool_or_its_workers(bundle: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil"
    user = tmp_path / "user" / "lib" / "python3.13" / "site-packages"
    for folder in (evil, user):
        folder.mkdir(parents=True)
        for name in ("json", "hashlib", "boreal", "quetsach", "sitecustomize", "usercustomize"):
            (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'taken')!r}, 'a').write('x')\n")
    (tmp_path / "looked-at").mkdir()
    (tmp_path / "looked-at" / "a.txt").write_text("a")
    hostile = {"PYTHONPATH": str(evil), "PYTHONUSERBASE": str(tmp_path / "user"), "PYTHONHOME": str(evil)}
    _run(bundle, "scan", str(tmp_path / "looked-at"), "--state", str(tmp_path / "state"), **hostile)
    assert not (tmp_path / "taken").exists()


def test_every_module_that_it_holds_can_be_imported(bundle: Path) -> None:
    python = next(bundle.glob("*/bin/python3.13"))
    names = sorted(name.removesuffix(".pyc").removesuffix("/__init__").replace("/", ".") for name in _modules(bundle))
    wanted = [name for name in names if name.startswith("quetsach.") and not name.endswith("__main__")]
    others = [name for name in wanted if ".host.nt" not in name]
    script = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = subprocess.run([python, "-I", "-c", script, *others], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session", params=SYSTEMS)
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small Debian without Python, as its own installer's tool makes it."""
    root = tmp_path_factory.mktemp(request.param) / "root"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", request.param, root]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    assert not list(root.glob("usr/bin/python3*"))
    return root


def _inside(root: Path, *words: str, check: int = 0) -> str:
    environment = {"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    command = ["chroot", str(root), "/opt/quetsach/quetsach", *words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert done.returncode == check, done.stdout + done.stderr
    return done.stdout


def test_it_finds_removes_and_puts_back_on_a_system_without_python(system: Path, pristine: Path) -> None:
    shutil.copytree(pristine, system / "opt" / "quetsach")
    try:
        planted = system / "srv" / "tệp.txt"
        planted.write_text(EICAR)
        (system / "srv" / "ghi chú.txt").write_text("a")
        state = ("--state", "/var/tmp/state")
        assert "EICAR" in _inside(system, "scan", "/srv", *state, check=10)
        _inside(system, "clean", "/srv", "--yes", *state, check=11)
        assert not planted.exists()
        _inside(system, "scan", "/srv", *state)
        _inside(system, "undo", "--last", "--yes", *state)
        assert planted.read_text() == EICAR
    finally:
        shutil.rmtree(system / "opt" / "quetsach")
        shutil.rmtree(system / "var" / "tmp" / "state", ignore_errors=True)


@pytest.fixture(scope="session")
def release(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The files of a release with a newer bundle."""
    folder = tmp_path_factory.mktemp("newer")
    newer = build(at_version(wheel, NEWER, folder / "wheel"), folder)
    return [newer, folder / LIST_FILE]


@pytest.fixture
def offered(centre: Centre, release: list[Path]) -> Iterator[None]:
    centre.offer(*release)
    yield
    centre.offer(release[0])


@pytest.mark.usefixtures("offered")
def test_it_replaces_itself_by_a_newer_version(bundle: Path, tmp_path: Path) -> None:
    own = _run(bundle, "--version").split()[1]
    state = ("--state", str(tmp_path / "state"), "--lang", "en")
    assert f"newer version of the tool: {NEWER}" in _run(bundle, "update", *state)
    assert _run(bundle, "--version") == f"quetsach {own}\n"
    told = json.loads(_run(bundle, "update", "--yes", "--json", *state))["tool"]
    assert (told["newer"], told["installed"]) == (NEWER, True)
    assert _run(bundle, "--version") == f"quetsach {NEWER}\n"
    assert {path.name for path in bundle.iterdir()} == {".lock", "current", "quetsach", own, NEWER}
    assert f"up to date (version {NEWER})" in _run(bundle, "update", *state)


@pytest.mark.usefixtures("offered")
def test_an_altered_file_is_refused_and_the_version_in_use_stays(centre: Centre, bundle: Path, tmp_path: Path) -> None:
    target = next((centre.repository / "targets" / "tools").glob("*.tar.xz"))
    whole = target.read_bytes()
    target.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        _run(bundle, "update", "--yes", "--state", str(tmp_path / "state"), check=3)
    finally:
        target.write_bytes(whole)
    assert _run(bundle, "--version") != f"quetsach {NEWER}\n"
    assert NEWER not in {path.name for path in bundle.iterdir()}
