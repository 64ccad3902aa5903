"""A newer version comes beside the one in use, which is used until the new one has started, whatever happens."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from quetsach.packs.upgrade import UpgradeError, in_use, put_beside

PROGRAM = """#!/bin/sh
case "$1" in
--version) echo "quetsach {version}" ;;
self-test) echo '{{"version": "{version}", "works": true}}' ;;
*) exit 1 ;;
esac
"""


def bundle(version: str, files: dict[str, bytes] | None = None, program: str = PROGRAM) -> bytes:
    """Pack a bundle whose program says its version and does nothing else."""
    held = {f"{version}/quetsach": program.format(version=version).encode(), f"{version}/lib/tool.zip": b"tool"}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", preset=0) as archive:
        for name, content in {"quetsach": b"launcher", "current": b"?", **held, **(files or {})}.items():
            entry = tarfile.TarInfo(f"quetsach/{name}")
            entry.size = len(content)
            entry.mode = 0o755 if name.endswith("quetsach") else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """An installation whose version 1.0 is in use."""
    folder = tmp_path / "quetsach"
    (folder / "1.0").mkdir(parents=True)
    (folder / "1.0" / "quetsach").write_text(PROGRAM.format(version="1.0"))
    (folder / "1.0" / "quetsach").chmod(0o755)
    (folder / "current").write_text("1.0\n")
    return folder


def _starts(top: Path) -> str:
    program = top / in_use(top) / "quetsach"
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def _names(top: Path) -> set[str]:
    return {path.name for path in top.iterdir()} - {".lock"}


def test_a_newer_version_is_used_and_the_old_one_stays(top: Path) -> None:
    assert put_beside(bundle("1.1"), top, "1.1") == top / "1.1"
    assert _starts(top) == "quetsach 1.1"
    assert _names(top) == {"1.0", "1.1", "current"}
    assert (top / "1.1" / "lib" / "tool.zip").read_bytes() == b"tool"
    assert os.access(top / "1.1" / "quetsach", os.X_OK)
    assert not os.access(top / "1.1" / "lib" / "tool.zip", os.X_OK)


def test_only_the_version_before_stays(top: Path) -> None:
    for version in ("1.1", "1.2", "1.3"):
        put_beside(bundle(version), top, version)
    assert _names(top) == {"1.2", "1.3", "current"}


def test_what_a_person_put_there_stays(top: Path) -> None:
    (top / "notes").mkdir()
    (top / "notes" / "a.txt").write_text("mine")
    (top / "licences.txt").write_text("mine")
    put_beside(bundle("1.1"), top, "1.1")
    assert _names(top) == {"1.0", "1.1", "current", "notes", "licences.txt"}


@pytest.mark.parametrize(
    "program",
    [
        "#!/bin/sh\nexit 1\n",
        PROGRAM.replace("{version}", "7"),
        "#!/bin/sh\n[ $1 = --version ] && echo quetsach {version}\n",
        "#!/bin/sh\necho quetsach {version}\n",
        "x",
    ],
    ids=["ends badly", "another version", "starts and cannot scan", "says nothing of a trial", "no program"],
)
def test_a_version_that_does_not_work_never_comes_into_use(top: Path, program: str) -> None:
    with pytest.raises(UpgradeError):
        put_beside(bundle("1.1", program=program), top, "1.1")
    assert _starts(top) == "quetsach 1.0"
    assert _names(top) == {"1.0", "current"}


def _with_link(version: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", preset=0) as archive:
        entry = tarfile.TarInfo(f"quetsach/{version}/quetsach")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/bin/true"
        archive.addfile(entry)
    return packed.getvalue()


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"\xfd7zXZ\x00 and no more",
        bundle("1.1", {"1.1/noise": os.urandom(50_000)})[:40_000],
        bundle("2.0"),
        bundle("1.1", {"1.1/../../evil": b"x"}),
        _with_link("1.1"),
    ],
    ids=["empty", "no archive", "cut", "another version", "out of the folder", "a link"],
)
def test_what_is_no_such_bundle_is_refused(top: Path, archive: bytes) -> None:
    with pytest.raises(UpgradeError):
        put_beside(archive, top, "1.1")
    assert _names(top) == {"1.0", "current"}
    assert not (top.parent / "evil").exists()
    assert _starts(top) == "quetsach 1.0"


def test_two_updates_do_not_mix(top: Path) -> None:
    def meanwhile(_place: Path, _version: str) -> None:
        with pytest.raises(UpgradeError, match="another update"):
            put_beside(bundle("1.2"), top, "1.2")

    put_beside(bundle("1.1"), top, "1.1", trial=meanwhile)
    assert _starts(top) == "quetsach 1.1"


def test_what_was_placed_and_never_used_is_not_believed(top: Path) -> None:
    (top / "1.1").mkdir()
    (top / "1.1" / "quetsach").write_text("#!/bin/sh\nexit 7\n")
    assert put_beside(bundle("1.1"), top, "1.1") == top / "1.1-1"
    assert _starts(top) == "quetsach 1.1"
    assert _names(top) == {"1.0", "1.1-1", "current"}


@pytest.mark.parametrize("content", ["", "\n", "../1.0", "a/b", "x" * 300])
def test_a_pointer_that_names_no_version_is_refused(top: Path, content: str) -> None:
    (top / "current").write_text(content)
    with pytest.raises(UpgradeError, match="names no version"):
        put_beside(bundle("1.1"), top, "1.1")


def test_a_folder_of_somebody_else_stays_theirs(top: Path) -> None:
    for path in (top, *top.rglob("*")):
        os.chown(path, 12345, 12345)
    put_beside(bundle("1.1"), top, "1.1")
    owners = {(path.lstat().st_uid, path.lstat().st_gid) for path in (top, *top.rglob("*")) if path.name != ".lock"}
    assert owners == {(12345, 12345)}


def test_who_may_not_write_there_is_told_so(top: Path) -> None:
    os.seteuid(65534)
    try:
        with pytest.raises(UpgradeError, match="cannot be written") as refused:
            put_beside(bundle("1.1"), top, "1.1")
    finally:
        os.seteuid(0)
    assert "to whom the folder belongs" in refused.value.hint
    assert _names(top) == {"1.0", "current"}


KILLED = """
import os, sys
from pathlib import Path
from tests.unit.packs.test_side_by_side import bundle
from quetsach.packs.upgrade import put_beside

left = int(sys.argv[2])
def watch(event, arguments):
    global left
    if event in {EVENTS!r} and str(arguments[0]).startswith(sys.argv[1]):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)
archive = bundle("1.1")
sys.addaudithook(watch)
put_beside(archive, Path(sys.argv[1]), "1.1")
"""
EVENTS = ("open", "os.rename", "os.mkdir", "os.chmod", "os.remove", "os.rmdir", "shutil.rmtree")


def _killed(top: Path, after: int) -> int:
    script = KILLED.replace("{EVENTS!r}", repr(EVENTS))
    root = Path(__file__).parents[3]
    return subprocess.run(
        [sys.executable, "-c", script, str(top), str(after)], check=False, cwd=root, capture_output=True
    ).returncode


def _steps(top: Path) -> Iterator[int]:
    """Yield how many steps were done before the kill, until one run comes to its end."""
    for after in range(200):
        code = _killed(top, after)
        assert code in (0, -9)
        yield after
        if code == 0:
            return
    pytest.fail("it never came to its end")


def test_killed_at_any_step_a_version_starts_and_the_next_update_succeeds(top: Path) -> None:
    seen = []
    for _ in _steps(top):
        seen.append(_starts(top))
        (top / "current").write_text("1.0\n")  # as if it had been killed at first, beside what was left
    assert set(seen) == {"quetsach 1.0", "quetsach 1.1"}
    assert len(seen) > 15
    put_beside(bundle("1.2"), top, "1.2")
    assert _starts(top) == "quetsach 1.2"
    assert not [name for name in _names(top) if name.startswith(".new")]
