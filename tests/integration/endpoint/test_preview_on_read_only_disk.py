"""A scan and a preview need nothing written to the disk that they look at, and leave it as it was."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests import infection
from tests.infection_of_windows import infect
from tests.snapshot import snapshot
from tests.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[3]
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
_READ_ONLY = (
    'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && ! touch "$1/x" 2>/dev/null && shift && exec "$@"'
)


def _linux(root: Path) -> None:
    infection.write(root, b"/etc/crontab", b"@reboot root /srv/eicar.com\n")


@pytest.fixture(params=[_linux, infect], ids=["linux", "windows"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    plant: Callable[[Path], None] = request.param
    root = tmp_path / "root"
    root.mkdir()
    plant(root)
    infection.write(root, b"/srv/eicar.com", EICAR)
    return root


def _run(root: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    namespace = ("unshare", "--mount", "--propagation", "private", "sh", "-c", _READ_ONLY, "sh", root)
    command = [sys.executable, "-m", "quetsach.cli.main", *words, "--root", root, "--state", root.parent / "state"]
    return subprocess.run([*namespace, *command], cwd=ROOT, capture_output=True, timeout=PATIENCE_SECONDS, check=False)


@pytest.mark.isolated
@pytest.mark.parametrize("words", [("scan",), ("clean", "--dry-run")])
def test_on_a_disk_that_cannot_be_written_to(root: Path, words: tuple[str, ...]) -> None:
    before = snapshot(root)
    run = _run(root, *words)
    assert run.returncode == 10, run.stderr
    assert snapshot(root) == before


@pytest.mark.isolated
def test_cleaning_such_a_disk_is_refused_with_advice_before_anything_begins(root: Path) -> None:
    run = _run(root, "clean", "--yes")
    assert (run.returncode, b"remount,rw" in run.stderr) == (1, True)
    assert not (root.parent / "state").exists()
