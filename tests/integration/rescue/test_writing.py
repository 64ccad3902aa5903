"""A stick is believed only when all of it was read back. The stick is a loop device. Needs root."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from quetsach.rescue import RescueError
from quetsach.rescue.device import device_of, opened, write_stick

MIB = 1 << 20
IMAGE = bytes(510) + b"\x55\xaa" + os.urandom(9 * MIB + 512)
STICK_BYTES = 32 * MIB


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.iso"
    path.write_bytes(IMAGE)
    return path


@pytest.fixture
def backing(tmp_path: Path) -> Path:
    path = tmp_path / "stick"
    path.write_bytes(b"\xff" * STICK_BYTES)
    return path


@pytest.fixture
def stick(backing: Path) -> Iterator[Path]:
    done = subprocess.run(["losetup", "--find", "--show", str(backing)], check=True, capture_output=True, text=True)
    yield Path(done.stdout.strip())
    subprocess.run(["losetup", "--detach", done.stdout.strip()], check=True)


def written(stick: Path, image: Path, told: list[tuple[str, int, int]], after: object = None) -> None:
    with opened(stick, device_of(stick.stat().st_rdev)) as descriptor, image.open("rb") as source:

        def hear(step: str, done: int, total: int) -> None:
            told.append((step, done, total))
            if callable(after):
                after(step, done, total)

        write_stick(descriptor, source, told=hear)


def test_the_image_is_on_the_stick_and_remnants_behind_it_are_gone(stick: Path, backing: Path, image: Path) -> None:
    told: list[tuple[str, int, int]] = []
    written(stick, image, told)
    content = backing.read_bytes()
    assert content[: len(IMAGE)] == IMAGE
    assert not any(content[len(IMAGE) : len(IMAGE) + 4 * MIB])
    assert not any(content[-MIB:])
    assert [step for step, done, total in told if done == total == len(IMAGE)] == ["writing", "checking"]


def test_a_stick_that_gives_back_something_else_is_not_believed(stick: Path, backing: Path, image: Path) -> None:
    def decay(step: str, done: int, total: int) -> None:
        if step == "writing" and done == total:
            with backing.open("r+b") as file:
                file.seek(5 * MIB)
                file.write(bytes(16))
                os.fsync(file.fileno())

    with pytest.raises(RescueError, match="what was read back is not what was written"):
        written(stick, image, [], decay)


def test_a_stick_that_is_pulled_out_before_the_end_does_not_start(stick: Path, backing: Path, image: Path) -> None:
    class PulledOutError(Exception):
        pass

    def pull_out(step: str, done: int, total: int) -> None:
        raise PulledOutError

    with pytest.raises(PulledOutError):
        written(stick, image, [], pull_out)
    assert not any(backing.read_bytes()[:MIB])


def test_a_stick_that_is_too_small_ends_with_a_word_for_people(stick: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.iso"
    with large.open("wb") as file:
        file.truncate(STICK_BYTES + MIB)
    with pytest.raises(RescueError, match="the stick cannot be written"):
        written(stick, large, [])


def test_a_disk_that_is_mounted_meanwhile_is_not_opened(stick: Path, backing: Path, tmp_path: Path) -> None:
    subprocess.run(["mkfs.ext4", "-q", str(stick)], check=True)
    at = tmp_path / "at"
    at.mkdir()
    device = device_of(stick.stat().st_rdev)
    # read-only, so that nobody but the writer could have written what differs
    subprocess.run(["mount", "-o", "ro,noload", str(stick), str(at)], check=True)
    try:
        assert device_of(stick.stat().st_rdev).uses == (str(at),)
        before = backing.read_bytes()
        with pytest.raises(RescueError, match="the disk cannot be opened"), opened(stick, device):
            pass
        os.sync()
        assert backing.read_bytes()[:MIB] == before[:MIB]
    finally:
        subprocess.run(["umount", str(at)], check=True)


def test_another_disk_under_the_same_name_is_not_opened(stick: Path) -> None:
    device = device_of(stick.stat().st_rdev)
    subprocess.run(["losetup", "--set-capacity", str(stick)], check=True)
    with opened(stick, device):
        pass
    other = type(device)(**{name: getattr(device, name) for name in device.__slots__} | {"serial": "another"})
    with pytest.raises(RescueError, match="another disk has this name now"), opened(stick, other):
        pass
