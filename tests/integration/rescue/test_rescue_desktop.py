"""What the window of the stick does to drives of Windows: real NTFS, looked at, cleaned and put back."""

import errno
import os
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.integration.rescue.test_session import content, hibernate
from tests.ntfs import mounted

from quetsach.cli.rescue_desktop import RescueDesktop
from quetsach.cli.rescue_session import ON_DRIVE, Drives
from quetsach.endpoint.report import Kind
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.window.use_cases import OnStick, ScanOutcome, ScanProgress, Target
from quetsach.rescue import RescueError
from quetsach.rescue.volumes import Volume, place_of

pytestmark = pytest.mark.usefixtures("places")


@pytest.fixture(params=["stick", "drive"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """Where what is removed is kept: on the stick, or where that cannot be written, on the drive."""
    return tmp_path / "room" if request.param == "stick" else None


@dataclass
class Desk:
    """The use cases on one drive, and what was told of how far they are."""

    volume: Volume
    room: Path | None
    powered: list[str] = field(default_factory=list)
    courses: list[ScanProgress] = field(default_factory=list)

    @property
    def tool(self) -> RescueDesktop:
        return RescueDesktop(Drives(self.room, lambda: (self.volume,)), "en", self._power)

    def look(self) -> ScanOutcome:
        tool = self.tool
        return tool.look(Target("paths", tool.readiness().drives[0]), self.courses.append, Control())

    def numbers(self, looked: ScanOutcome) -> frozenset[int]:
        assert looked.plan is not None
        return frozenset(step.number for step in looked.plan.steps) - looked.archives

    def _power(self, how: str) -> bool:
        self.powered.append(how)
        return True


def _file_of(looked: ScanOutcome) -> str:
    assert looked.plan is not None
    return next(step.subject for step in looked.plan.steps if step.kind == "quarantine-file")


def is_let_go(volume: Volume) -> bool:
    return not place_of(volume).is_mount()


def test_a_drive_is_looked_at_cleaned_and_at_another_start_put_back(
    volume: Volume, room: Path | None, tmp_path: Path
) -> None:
    before = content(volume, tmp_path / "at")
    image = Path(volume.path).read_bytes()
    desk = Desk(volume, room)
    looked = desk.look()
    assert is_let_go(volume)
    assert Path(volume.path).read_bytes() == image  # not a byte was changed
    assert looked.unfit == ""
    assert desk.tool.excess(looked, desk.numbers(looked)) is None

    report = desk.tool.clean(looked, desk.numbers(looked), desk.courses.append)
    assert is_let_go(volume)
    assert report.exit_code == 11
    assert report.verification is not None
    assert report.verification.clean
    assert [one.is_before for one in desk.courses].count(True) > 0
    cleaned = content(volume, tmp_path / "at")
    assert cleaned["Ảnh.jpg"] == b"mine"
    assert before.keys() - cleaned.keys()
    assert any(name.startswith(ON_DRIVE) for name in cleaned) == (room is None)

    again = Desk(volume, room)
    earlier = again.tool.readiness().earlier
    assert earlier is not None
    assert (earlier.session, earlier.is_undoable) == (report.session, True)
    undone = again.tool.undo(earlier.session, again.courses.append)
    assert undone.kind is Kind.UNDO
    assert is_let_go(volume)
    after = {name: data for name, data in content(volume, tmp_path / "at").items() if not name.startswith(ON_DRIVE)}
    assert after == before
    assert again.tool.readiness().earlier is None


def test_only_what_was_agreed_to_is_removed(volume: Volume, tmp_path: Path) -> None:
    desk = Desk(volume, tmp_path / "room")
    looked = desk.look()
    assert looked.plan is not None
    first, *others = [step for step in looked.plan.steps if step.kind == "quarantine-file"]
    assert others
    report = desk.tool.clean(looked, frozenset({first.number}), desk.courses.append)
    assert [step.subject for step in report.steps] == [first.subject]
    left = content(volume, tmp_path / "at")
    assert first.subject.removeprefix("/") not in left
    assert all(step.subject.removeprefix("/") in left for step in others)


def test_what_is_not_as_it_was_seen_is_not_touched(volume: Volume, tmp_path: Path) -> None:
    desk = Desk(volume, tmp_path / "room")
    looked = desk.look()
    with mounted(Path(volume.path), tmp_path / "at") as root:
        (root / _file_of(looked).removeprefix("/")).unlink()
    before = content(volume, tmp_path / "at")
    with pytest.raises(RescueError, match="not as it was when it was scanned"):
        desk.tool.clean(looked, desk.numbers(looked), desk.courses.append)
    assert is_let_go(volume)
    assert content(volume, tmp_path / "at") == before


@pytest.mark.parametrize("has_room", [True, False])
def test_a_windows_that_sleeps_is_looked_at_and_never_written_to(
    volume: Volume, tmp_path: Path, has_room: bool
) -> None:
    hibernate(volume, tmp_path / "at")
    before = Path(volume.path).read_bytes()
    desk = Desk(volume, tmp_path / "room" if has_room else None)
    looked = desk.look()
    assert looked.unfit == "hibernated"
    for act in (
        lambda: desk.tool.clean(looked, desk.numbers(looked), desk.courses.append),
        lambda: desk.tool.save_page(looked.report, "en"),
    ):
        with pytest.raises(RescueError, match="hibernated"):
            act()
    assert is_let_go(volume)
    assert Path(volume.path).read_bytes() == before


def test_the_report_is_kept_where_its_owner_finds_it(volume: Volume, tmp_path: Path) -> None:
    desk = Desk(volume, tmp_path / "room")
    looked = desk.look()
    told = desk.tool.save_page(looked.report, "en")
    place, _, name = told.rpartition(": ")
    assert place == f"Windows ({volume.path})"
    assert b"njRAT" in content(volume, tmp_path / "at")[name]
    with pytest.raises(RescueError, match="not plugged in any more"):
        replace(desk, volume=replace(volume, identifier="8899AABBCCDDEEFF")).tool.save_page(looked.report, "en")


def test_a_drive_is_let_go_of_also_when_a_look_fails(
    volume: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_words: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    desk = Desk(volume, tmp_path / "room")
    monkeypatch.setattr("quetsach.cli.desktop.make_plan", fail)
    with pytest.raises(OSError, match="Input/output error"):
        desk.look()
    assert is_let_go(volume)


def test_the_stick_says_what_it_is(volume: Volume, room: Path | None) -> None:
    desk = Desk(replace(volume, kind="bitlocker"), room)
    tool = desk.tool
    ready = tool.readiness()
    assert isinstance(tool, OnStick)
    assert ready.stick is not None
    assert ready.stick.keeps_on_stick == (room is not None)
    assert not ready.is_live
    assert ready.drives[0].is_locked
    assert ready.packs_day is not None
    later = ready.packs_day + timedelta(days=40)
    aged = replace(tool, today=lambda: later).readiness().stick
    assert aged is not None
    assert aged.packs_age_days == 40
    assert replace(tool, today=lambda: date(2020, 1, 1)).readiness().stick.packs_age_days == 0
    assert tool.restart()
    assert tool.switch_off()
    assert desk.powered == ["reboot", "poweroff"]
