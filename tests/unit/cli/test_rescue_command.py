"""The command that makes a stick asks for the very disk; the stick says how old it is."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from quetsach.cli import rescue_make
from quetsach.cli.main import main
from quetsach.cli.rescue import format_age
from quetsach.cli.rescue_make import shelf_of
from quetsach.packs.container import pack
from quetsach.packs.installed import install
from quetsach.packs.load import read_pack
from quetsach.rescue import RescueError, device, programs
from quetsach.rescue.device import Device
from quetsach.rescue.programs import require_builder

PACKS = Path(__file__).parents[3] / "packs"
STICK = Device("sdb", 16 << 30, "SanDisk Ultra", "4C530001", True, False, False, ())
INSIDE = replace(STICK, name="sda", serial="S5GX", is_removable=False)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


type Typed = Callable[[str], None]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Disks that were written to; none really is."""
    disks: list[str] = []
    monkeypatch.setattr(rescue_make, "look_at", lambda path: STICK if path.name == "sdb" else INSIDE)
    monkeypatch.setattr(rescue_make, "require_root", lambda: None)
    monkeypatch.setattr(rescue_make, "_write", lambda path, disk, image, words: disks.append(disk.name))
    (tmp_path / "rescue.iso").write_bytes(b"image")
    monkeypatch.chdir(tmp_path)
    return disks


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    return lambda text: monkeypatch.setattr("sys.stdin", Terminal(text))


def make(*words: str) -> int:
    return main(["rescue", "make", *words, "--image", "rescue.iso", "--lang", "en"])


def test_the_serial_number_that_is_typed_lets_the_stick_be_written(
    written: list[str], typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    typed("4C530001\n")
    assert make("/dev/sdb") == 0
    assert written == ["sdb"]
    said = capsys.readouterr()
    assert "SanDisk Ultra" in said.out
    assert "ALL DATA on it will be lost" in said.out


@pytest.mark.parametrize("answer", ["\n", "y\n", "yes\n", "sdb\n", "4c530001\n", ""])
def test_nothing_else_that_is_typed_does(written: list[str], typed: Typed, answer: str) -> None:
    typed(answer)
    assert make("/dev/sdb") == 1
    assert written == []


def test_without_a_terminal_only_the_serial_number_agrees(
    written: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("4C530001\n"))
    assert make("/dev/sdb") == 1
    assert "add --device-serial" in capsys.readouterr().err
    assert make("/dev/sdb", "--device-serial", "4C530002") == 1
    assert "this is not the stick that was agreed to" in capsys.readouterr().err
    assert written == []
    assert make("/dev/sdb", "--device-serial", "4C530001") == 0
    assert written == ["sdb"]


def test_there_is_no_yes(written: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert make("/dev/sdb", "--yes") == 1
    assert written == []
    assert "--yes" in capsys.readouterr().err


def test_a_disk_inside_is_refused_whatever_is_agreed_to(written: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert make("/dev/sda", "--device-serial", "S5GX") == 1
    assert "the disk is built in" in capsys.readouterr().err
    assert written == []


def test_disks_are_listed_with_what_speaks_against_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rescue_make, "devices", lambda: (INSIDE, STICK))
    assert main(["rescue", "devices", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["refused"] is None for one in told] == [False, True]
    assert main(["rescue", "devices"]) == 0
    out = capsys.readouterr().out
    assert "/dev/sdb" in out
    assert "ổ đĩa gắn trong máy" in out


def test_start_is_for_the_stick_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rescue", "start", "--lang", "en"]) == 1
    assert "this command runs on the rescue stick" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("today", "told"),
    [
        (date(2026, 11, 25), "2 packs, the newest of 25/11/2026."),
        (date(2026, 11, 24), "2 packs, the newest of 25/11/2026."),  # the clock of that machine goes wrong
        (date(2026, 12, 25), "2 packs, the newest of 25/11/2026 (30 days ago)."),
        (date(2027, 11, 25), "! 2 packs, the newest of 25/11/2026: that is 365 days."),
    ],
)
def test_the_stick_says_how_old_its_packs_are(today: date, told: str) -> None:
    assert format_age("en", ["2026.11.25", "2025.01.01"], today).startswith(told)


def test_a_version_that_is_no_date_is_told_as_it_is() -> None:
    assert format_age("en", ["next"], date(2026, 11, 25)) == "1 pack, version next."


def test_a_stick_carries_the_newest_packs_that_this_machine_has(tmp_path: Path) -> None:
    content = read_pack(PACKS / "eicar")
    head = content["pack.toml"].replace(b'version = "2026', b'version = "2099')
    assert head != content["pack.toml"]
    newer = pack({**content, "pack.toml": head})
    install(tmp_path, {"eicar.qsp": newer, "mozi.qsp": pack(read_pack(PACKS / "mozi"))})
    shelf = shelf_of(tmp_path)
    assert shelf.families == ("eicar", "mozi")  # what the centre no longer lists is withdrawn
    assert shelf.files["packs/eicar.qsp"] == newer
    assert shelf.newest.startswith("2099")


def test_without_an_update_a_stick_carries_the_packs_of_this_build(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path)
    assert "wannacry" in shelf.families
    assert len(shelf.families) == len(list(PACKS.glob("*/pack.toml")))


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ({"mksquashfs", "xorriso"}, "Debian packages are missing: squashfs-tools xorriso"),
        (set(), "a rescue stick is made by root"),
    ],
)
def test_what_is_missing_to_make_one_is_named(
    missing: set[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs.os, "geteuid", lambda: 1000)
    with pytest.raises(RescueError) as caught:
        require_builder(tmp_path, find=lambda name: None if name in missing else f"/usr/bin/{name}")
    assert caught.value.what == told


def test_too_little_room_is_seen_before_anything_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "WORK_BYTES", 1 << 60)
    monkeypatch.setattr(programs.os, "geteuid", lambda: 0)
    with pytest.raises(RescueError, match="too little room to work in"):
        require_builder(tmp_path, find=lambda name: name)


def test_the_devices_of_this_machine_can_be_read() -> None:
    assert all(isinstance(one.size_bytes, int) for one in device.devices())
