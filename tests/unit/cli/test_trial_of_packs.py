"""What the trial of packs stands on: its picture of a tree misses nothing, and it sees only its own processes."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from quetsach.cli.trial import pack
from quetsach.cli.trial.pack import try_goodware, try_innocent_drives
from quetsach.cli.trial.specimen import differences, picture_of, running_host
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.walk import Candidate
from quetsach.packs.goodware import Sample
from quetsach.packs.load import load_pack
from quetsach.packs.specimen.innocent import INNOCENT

EICAR = load_pack(Path(__file__).parents[3] / "packs/eicar")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small tree."""
    root = tmp_path / "disk"
    (root / "folder").mkdir(parents=True)
    (root / "folder/file").write_bytes(b"content")
    (root / "link").symlink_to("folder/file")
    for path in (root / "folder/file", root / "folder", root):
        os.utime(path, ns=(10**18, 10**18))
    return root


def _keep_times(path: Path) -> None:
    os.utime(path, ns=(10**18, 10**18))


def _rewrite(root: Path) -> None:
    (root / "folder/file").write_bytes(b"CONTENT")
    _keep_times(root / "folder/file")


def _relink(root: Path) -> None:
    (root / "link").unlink()
    (root / "link").symlink_to("folder")
    _keep_times(root)


def _add(root: Path) -> None:
    (root / "folder/new").touch()
    _keep_times(root / "folder")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (_rewrite, b"folder/file"),
        (_relink, b"link"),
        (_add, b"folder/new"),
        (lambda root: (root / "folder").chmod(0o700), b"folder"),
        (lambda root: os.utime(root / "folder/file", ns=(1, 1)), b"folder/file"),
        (lambda root: os.setxattr(root / "folder/file", "user.mark", b"1"), b"folder/file"),
    ],
)
def test_every_change_is_a_difference(root: Path, change: Callable[[Path], object], path: bytes) -> None:
    before = picture_of(root)
    change(root)
    found = differences(before, picture_of(root))
    assert path in found
    assert found == [name for name in found if name in (path, b"link")]  # a link has a time of its own


def test_the_same_tree_has_no_difference(root: Path) -> None:
    before = picture_of(root)
    (root / "folder/file").read_bytes()
    assert differences(before, picture_of(root)) == []


def test_only_processes_of_the_folder_are_seen_and_their_paths_are_inside(root: Path) -> None:
    program, script = root / "sleeper", root / "script.sh"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    script.write_text("read _")
    with (
        subprocess.Popen([program, "60"]) as own,
        subprocess.Popen(["/bin/sh", script], stdin=subprocess.PIPE) as scripted,
        subprocess.Popen(["sleep", "60"]) as other,
    ):
        seen = {process.pid: process for process in running_host(root).processes or ()}
        for process in (own, scripted, other):
            process.kill()
    assert seen.keys() == {own.pid, scripted.pid}
    assert seen[own.pid].executable == b"/sleeper"
    assert seen[scripted.pid].arguments[1] == b"/script.sh"


@pytest.mark.parametrize("platform", INNOCENT)
def test_each_innocent_drive_is_one_of_its_platform(platform: str, root: Path) -> None:
    INNOCENT[platform](root)
    assert open_mounted(root).platform == platform


def test_without_packs_nothing_is_looked_at() -> None:
    assert try_innocent_drives([]).files == 0


def test_no_honest_file_is_not_no_finding_in_honest_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "goodware", lambda _folder: Sample((), 0))
    [told] = try_goodware([EICAR], None).problems["eicar"]
    assert "no honest file" in told


def test_an_honest_file_that_breaks_the_matcher_off_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "honest").write_text("Kính gửi")

    def broken(_opener: object, candidate: Candidate, *_: object, **__: object) -> ScanIssue:
        return ScanIssue(candidate.path, Reason.TIMED_OUT)

    monkeypatch.setattr("quetsach.endpoint.scanner.worker_pool.scan_file", broken)
    [told] = try_goodware([EICAR], tmp_path).problems["eicar"]
    assert f"not looked at to its end (timed-out): {tmp_path}/honest" in told
