"""What the stick does to a drive of Windows: real NTFS, cleaned by the tool and put back. Needs root and FUSE."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.ntfs import make_image, mounted

from quetsach.cli.rescue import run_tool
from quetsach.cli.rescue_session import ON_DRIVE, Drives, Session
from quetsach.rescue import RescueError
from quetsach.rescue.volumes import Unfit, Volume, mount_to_clean, mount_to_look, place_of, unmount, why_unfit

pytestmark = pytest.mark.usefixtures("places")


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUETSACH_LANG", "en")


@dataclass
class Sitting:
    """A session whose answers are given, and what the tool was asked for."""

    volume: Volume
    room: Path | None
    answers: list[str]
    powered: list[str] = field(default_factory=list)
    commands: list[tuple[str, ...]] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    during: Callable[[tuple[str, ...]], None] = lambda words: None

    def run(self) -> None:
        drives = Drives(self.room, lambda: (self.volume,))
        Session("en", drives, self._answer, self._tool, self._power).run()

    def _answer(self, question: str) -> str:
        return self.answers.pop(0)

    def _tool(self, *words: str) -> int:
        self.commands.append(words)
        self.during(words)
        self.codes.append(run_tool(*words, *(["--yes"] if words[0] in {"clean", "undo"} else [])))
        return self.codes[-1]

    def _power(self, how: str) -> bool:
        self.powered.append(how)
        return True


def content(volume: Volume, at: Path) -> dict[str, bytes]:
    with mounted(Path(volume.path), at, "ro") as root:
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture(params=["stick", "drive"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """Where what is removed is kept: on the stick, or where that cannot be written, on the drive."""
    return tmp_path / "room" if request.param == "stick" else None


def test_a_drive_is_scanned_cleaned_and_at_another_start_put_back(
    volume: Volume, room: Path | None, tmp_path: Path
) -> None:
    before = content(volume, tmp_path / "at")
    first = Sitting(volume, room, ["", "c", "t"])
    first.run()
    assert first.codes == [10, 11]
    assert not [words for words in first.commands if "--system" in words]  # it is seen to be a Windows
    assert first.powered == ["poweroff"]
    cleaned = content(volume, tmp_path / "at")
    assert cleaned["Ảnh.jpg"] == b"mine"
    assert {name for name in before if name not in cleaned}
    assert any(name.startswith(ON_DRIVE) for name in cleaned) == (room is None)

    second = Sitting(volume, room, ["1", "h", "k"])
    second.run()
    assert second.codes == [0, 0], second.commands
    after = {name: data for name, data in content(volume, tmp_path / "at").items() if not name.startswith(ON_DRIVE)}
    assert after == before
    assert second.powered == ["reboot"]


def test_looking_changes_not_a_byte_of_the_disk(volume: Volume, tmp_path: Path) -> None:
    before = Path(volume.path).read_bytes()
    sitting = Sitting(volume, tmp_path / "room", ["", "no", "b", "h", "unknown", "t"])
    sitting.run()
    assert Path(volume.path).read_bytes() == before
    assert [words[0] for words in sitting.commands] == ["scan", "report"]


def test_without_consent_nothing_stays_on_the_drive(volume: Volume, tmp_path: Path) -> None:
    def refuse(*words: str) -> int:
        return run_tool(*words) if words[0] == "scan" else run_tool(*words, "--dry-run")

    before = content(volume, tmp_path / "at")
    answers = ["", "c", "t"]
    drives = Drives(None, lambda: (volume,))
    Session("en", drives, lambda _: answers.pop(0), refuse, lambda _: True).run()
    assert content(volume, tmp_path / "at") == before


def test_streams_are_seen_when_looking_and_go_with_their_file_when_cleaning(volume: Volume, tmp_path: Path) -> None:
    with mounted(Path(volume.path), tmp_path / "at", "streams_interface=windows") as root:
        (root / "Ảnh.jpg:hidden").write_bytes(b"secret")
    place = mount_to_look(volume)
    assert place == place_of(volume)
    assert (place / "Ảnh.jpg:hidden").read_bytes() == b"secret"
    unmount(place)
    assert not place.is_mount()
    mount_to_clean(volume)
    assert not (place / "Ảnh.jpg:hidden").exists()
    assert os.getxattr(place / "Ảnh.jpg", "user.hidden") == b"secret"
    unmount(place)


def test_a_drive_without_a_windows_is_taken_as_one_of_windows(tmp_path: Path) -> None:
    image = tmp_path / "data"
    make_image(image)
    data = Volume(str(image), "ntfs", "DATA", "8899AABBCCDDEEFF", 32 << 20, "disk")
    sitting = Sitting(data, tmp_path / "room", ["", "t"])
    sitting.run()
    (scan,) = sitting.commands
    assert scan[scan.index("--system") + 1] == "windows"


def hibernate(volume: Volume, at: Path) -> None:
    with mounted(Path(volume.path), at) as root:
        (root / "hiberfil.sys").write_bytes(b"hibr" + bytes(8192))


def test_a_windows_that_sleeps_is_looked_at_and_not_changed(
    volume: Volume, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hibernate(volume, tmp_path / "at")
    assert why_unfit(volume) is Unfit.HIBERNATED
    before = Path(volume.path).read_bytes()
    sitting = Sitting(volume, tmp_path / "room", ["", "c", "t"])
    sitting.run()
    assert [words[0] for words in sitting.commands] == ["scan"]
    assert "only SLEEPS" in capfd.readouterr().out
    with pytest.raises(RescueError, match="the drive is not written to: hibernated"):
        mount_to_clean(volume)
    assert Path(volume.path).read_bytes() == before


def test_a_drive_that_is_damaged_is_not_changed(volume: Volume, tmp_path: Path) -> None:
    with Path(volume.path).open("r+b") as file:
        file.write(bytes(512))
    assert why_unfit(volume) in {Unfit.DAMAGED, Unfit.UNREADABLE}
    sitting = Sitting(volume, tmp_path / "room", ["", "t"])
    sitting.run()  # it is told, and the next thing can be chosen
    assert sitting.commands == []
    assert sitting.powered == ["poweroff"]


def test_a_drive_that_is_locked_is_told_of(volume: Volume, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sitting = Sitting(replace(volume, kind="bitlocker"), tmp_path / "room", ["", "t"])
    sitting.run()
    assert sitting.commands == []
    assert "is locked by BitLocker" in capfd.readouterr().out
