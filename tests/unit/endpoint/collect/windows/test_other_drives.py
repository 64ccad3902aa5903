"""What malware of memory sticks leaves on the root of a drive is looked for on every drive of a running Windows."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.nt_machine import FakeWindows, fake_windows

from quetsach.endpoint.artefact import path_on_drive, show_as_windows
from quetsach.endpoint.collect import collect
from quetsach.endpoint.collect.drop_paths import drop_paths
from quetsach.endpoint.collect.places import Place, places_of
from quetsach.endpoint.collect.reading import Reading, Surroundings
from quetsach.packs.specimen.formats import build_shortcut

REMOVABLE, FIXED, NETWORK = 2, 3, 4


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[FakeWindows]:
    """A Windows with a stick ``D:``, a second disk ``E:`` and a folder of the network ``N:``."""
    windows = replace(fake_windows(tmp_path), is_live=True)
    for letter, kind in (("D", REMOVABLE), ("E", FIXED), ("N", NETWORK)):
        windows.volumes.kinds[f"{letter}:"] = kind
        windows.calls.add(letter)
    windows.calls.file("autorun.inf", b"[autorun]\r\nopen=a.exe\r\n")
    windows.calls.file("D:/autorun.inf", b"[autorun]\r\nopen=worm.exe\r\n")
    windows.calls.file("D:/worm.exe", b"MZ")
    windows.calls.file("D:/USB.lnk", build_shortcut(local_path="D:\\worm.exe"))
    windows.calls.file("E:/RECYCLER/S-1/x.exe", b"MZ")
    windows.calls.file("N:/autorun.inf", b"[autorun]\r\nopen=far.exe\r\n")
    show_as_windows(windows=True)
    yield windows
    show_as_windows(windows=False)


def _place(name: str) -> Place:
    return next(place for place in places_of("windows") if place.name == name)


def test_files_on_the_root_of_each_own_drive_are_looked_at(machine: FakeWindows) -> None:
    found = {place.path for place in drop_paths(machine)}
    assert {b"/autorun.inf", b"/D:/autorun.inf", b"/D:/worm.exe", b"/D:/USB.lnk", b"/E:/Recycler"} <= found
    assert not any(path.startswith(b"/N:") for path in found)


@pytest.mark.parametrize(
    ("name", "paths"),
    [("autorun-inf", {b"/autorun.inf", b"/D:/autorun.inf", b"/E:/autorun.inf"}), ("drive-shortcuts", {b"/D:/USB.lnk"})],
)
def test_a_place_on_the_root_is_one_of_each_drive(machine: FakeWindows, name: str, paths: set[bytes]) -> None:
    assert {path for _, path in Reading(_place(name), Surroundings(machine)).paths()} == paths


def test_what_a_stick_runs_lies_on_the_stick(machine: FakeWindows) -> None:
    found = list(collect(_place("autorun-inf"), Surroundings(machine)))
    assert [one.refers_to for one in found] == [(), (b"/D:/worm.exe",)]


@pytest.mark.usefixtures("machine")
def test_recipes_see_a_path_from_the_root_of_its_drive() -> None:
    assert [path_on_drive(path) for path in (b"/D:/worm.exe", b"/D:", b"/Users/An", b"/d.exe")] == [
        *(b"/worm.exe", b"/", b"/Users/An", b"/d.exe")
    ]


def test_elsewhere_a_folder_may_be_called_like_a_drive() -> None:
    assert path_on_drive(b"/D:/worm.exe") == b"/D:/worm.exe"
