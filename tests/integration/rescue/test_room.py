"""Room on the stick for what is removed, made at the first start and never of anything that is there. Needs root."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from quetsach.rescue import volumes
from quetsach.rescue.volumes import open_room, stick_of

MIB = 1 << 20


class Machine:
    """A stick in a machine: a loop device with the two partitions of our image, the first mounted as the medium."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.backing = folder / "stick"
        with self.backing.open("wb") as file:
            file.truncate(megabytes * MIB)
        self._run("sfdisk", "--quiet", str(self.backing), given="1MiB,16MiB,83,*\n17MiB,8MiB,ef\n")
        self.medium = folder / "medium"
        self.medium.mkdir()
        self.plug_in()
        self._run("mkfs.ext4", "-q", f"{self.loop}p1")
        self.mount()

    def plug_in(self, *options: str) -> None:
        self.loop = self._run("losetup", "--find", "--show", "--partscan", *options, str(self.backing)).strip()
        if not Path(f"{self.loop}p1").exists():  # a kernel that does not know this kind of table itself
            self._run("partx", "--add", self.loop)

    def mount(self, *options: str) -> None:
        self._run("mount", *options, f"{self.loop}p1", str(self.medium))

    def pull_out(self) -> None:
        for place in (volumes.ROOM, self.medium):
            if place.is_mount():
                self._run("umount", str(place))
        self._run("partx", "--delete", self.loop)
        self._run("losetup", "--detach", self.loop)

    def _run(self, *words: str, given: str = "") -> str:
        return subprocess.run(words, input=given, check=True, capture_output=True, text=True).stdout

    def table(self) -> str:
        return self._run("sfdisk", "--dump", str(self.backing))

    def format(self, *words: str) -> None:
        self._run(*words, f"{self.loop}p3")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(volumes, "ROOM", tmp_path / "room")
    return tmp_path / "room"


@pytest.fixture
def machine(tmp_path: Path, place: Path) -> Iterator[Machine]:
    made = Machine(tmp_path, 160)
    yield made
    made.pull_out()


def test_room_is_made_at_the_first_start_and_found_again_at_the_next(machine: Machine, place: Path) -> None:
    before = machine.table()
    assert open_room(stick_of(machine.medium)) == place
    assert place.is_mount()
    (place / "kept").write_text("sealed")
    assert machine.table().startswith(before.rstrip())
    machine.pull_out()
    machine.plug_in()
    machine.mount()
    assert open_room(stick_of(machine.medium)) == place
    assert (place / "kept").read_text() == "sealed"


def test_a_stick_that_cannot_be_written_has_no_room(machine: Machine, place: Path) -> None:
    machine.pull_out()
    before = machine.backing.read_bytes()
    machine.plug_in("--read-only")
    machine.mount("-o", "ro,noload")
    assert open_room(stick_of(machine.medium)) is None
    assert not place.exists()
    assert machine.backing.read_bytes() == before


def test_what_somebody_else_put_behind_the_image_is_left(machine: Machine, place: Path) -> None:
    open_room(stick_of(machine.medium))
    subprocess.run(["umount", str(place)], check=True)
    machine.format("mkfs.ext4", "-q", "-F", "-L", "mine")
    before = machine.backing.read_bytes()
    assert open_room(stick_of(machine.medium)) is None
    assert machine.backing.read_bytes() == before


def test_a_stick_as_large_as_its_image_has_no_room(tmp_path: Path, place: Path) -> None:
    machine = Machine(tmp_path, 32)
    try:
        before = machine.table()
        assert open_room(stick_of(machine.medium)) is None
        assert machine.table() == before
    finally:
        machine.pull_out()


def test_a_disc_has_no_partitions_and_no_room(tmp_path: Path) -> None:
    assert stick_of(Path("/proc")) is None
    assert open_room(None) is None
